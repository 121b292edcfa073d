"""The command segment: adds a person-level extract up to segment spend; the work is in `baseline.persons`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from capmodel.baseline.engines import MEMORY
from capmodel.baseline.persons import LINKED_AT_LEAST
from capmodel.commands.arguments import GOOD
from capmodel.console import console, print_idle, progress_bar
from capmodel.errors import LISTED, BadInput, Problem, gathered


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Check a linked extract, put everybody into a segment and add spend up. Writes OUT (spend), OUT-people.csv, OUT.html (the report) and OUT.json. Only aggregates are written, small numbers suppressed."
    parser.add_argument(
        "people", type=Path, metavar="PERSONS", help="a CSV or Parquet file, or a folder of them, one row a person and year"
    )
    parser.add_argument("--place", required=True, metavar="PLACE", help="the place whose persons.yaml maps the columns")
    parser.add_argument(
        "--lines",
        type=Path,
        metavar="FILE",
        help=f"activity lines beside the people, where persons.yaml maps them; refused where less than {LINKED_AT_LEAST} of a year's lines, or of their cost, find their person, unless persons.yaml says otherwise (linked_at_least:)",
    )
    parser.add_argument(
        "--scheme",
        action="append",
        default=[],
        metavar="S",
        help="segmentation scheme (default: the one persons.yaml names); twice for a cross table",
    )
    parser.add_argument("--engine", default="duckdb", metavar="E", help="data engine: duckdb or spark (default: duckdb)")
    parser.add_argument("--master", metavar="URL", help="cluster of the spark engine, such as spark://host:7077 (default: this machine)")
    parser.add_argument("--memory", metavar="SIZE", help=f"memory the engine may take before it spills (default: {MEMORY})")
    parser.add_argument(
        "--pseudonymise", action="store_true", help="replace identifiers by a salted hash as they are read; the salt is kept nowhere"
    )
    parser.add_argument(
        "--pack", action="store_true", help="keep a packed copy without identifiers beside the extract; later runs start from it"
    )
    parser.add_argument("--feed", action="store_true", help="write the result into the place's tables and set its basis to person-level")
    parser.add_argument(
        "--out", type=Path, default=Path("workbooks/spend.csv"), metavar="FILE", help="the spend table (default: workbooks/spend.csv)"
    )
    parser.set_defaults(command=make_segments, writes=True)


def make_segments(options: argparse.Namespace) -> int:
    """Segment an extract, write what may be written, and say what came of it."""
    import secrets

    from capmodel.assumptions.load import sound_pack
    from capmodel.assumptions.scaffold import known_place
    from capmodel.baseline.persons.extract.packed import folder_of
    from capmodel.baseline.persons.feed import check_feed, feed
    from capmodel.baseline.persons.output import outputs_of, write_outputs
    from capmodel.baseline.persons.report.record import record_of
    from capmodel.baseline.persons.segment import segment_people
    from capmodel.baseline.persons.sums.add_up import CHECKING, READING, Request, check_fed_scheme, packed_if_done
    from capmodel.files import all_or_none, check_outputs, check_table
    from capmodel.place.steps import members_of_people

    problems = list[Problem]()
    with gathered(problems):
        check_table(options.out)
    with gathered(problems):
        check_outputs(outputs_of(options.out), [options.people, options.lines])
    with gathered(problems):
        folder = known_place(options.place)
        pack = sound_pack(folder, members_of_people(folder))
    if problems:
        raise BadInput(problems)
    # The folder one stands in has a name only when it is asked for.
    people = options.people if options.people.name else options.people.resolve()
    request = Request(
        people=people,
        lines=options.lines,
        schemes=tuple(options.scheme),
        engine=options.engine,
        master=options.master,
        memory=options.memory or MEMORY,
        salt=secrets.token_hex(16) if options.pseudonymise else None,
        keep=options.pack,
    )
    if options.feed:
        check_fed_scheme(pack, request)
    stages: set[str] = set()
    # A run that is refused writes nothing, and leaves no packed copy of people either.
    with packed_if_done(people) as is_packed:
        with progress_bar() as progress:

            def at(stage: str, done: int, of: int) -> None:
                stages.add(stage)
                progress(stage, done, of)

            made = segment_people(pack, request, at)
        fed = check_feed(made) if options.feed else {}
        record = record_of(made)
        idle = (
            {}
            if options.memory is None or READING in stages
            else {f"--memory {options.memory}": "the packed copy is added up in the memory of this program"}
        )
        record |= {"options_without_effect": idle} if idle else {}
        with all_or_none():
            written = write_outputs(made, record, options.out)
            written += feed(fed)
        packed = folder_of(people)
        written += [packed] if is_packed() else []
    _print(record)
    print_idle(idle)
    if CHECKING not in stages:
        console().print(
            f"Added up from the packed copy {packed}, made when the extract was last read and checked", markup=False, soft_wrap=True
        )
    console().print("Written: " + ", ".join(str(path) for path in written), markup=False)
    if packed in written:
        console().print(
            f"{packed} holds a row of every person, without identifiers: it is personal data, kept as the extract is",
            markup=False,
            soft_wrap=True,
        )
    return GOOD


def _print(record: Mapping[str, Any]) -> None:
    """What the report tells, in short; nothing that the report does not tell."""
    from rich.markup import escape
    from rich.table import Table

    from capmodel.baseline.persons.report.record import slips

    window = console()
    total, small = record["total"], record["small_numbers"]
    scheme = record["schemes"][0]["title"].lower()
    window.print(
        f"[bold]{escape(record['title'].removeprefix('Segment spend of '))}[/bold], person-level data, {record['status']}{', synthetic' if record['synthetic'] else ''}; {scheme}, {record['year_label']}\n"
        f"{record['rows']:,} rows of people passed {record['checks_passed']} checks. "
        f"{_described(total['person_years'], ',.1f')} person-years, £{_described(total['spend_gbp'], ',.2f')}\n"
    )
    table = Table(box=None, pad_edge=False)
    columns = {
        "People": ("people", ","),
        "Person-years": ("person_years", ",.1f"),
        "£ a person-year": ("gbp_per_person_year", ",.2f"),
        "Share of people": ("share_of_people", ".1%"),
        "Share of spend": ("share_of_spend", ".1%"),
    }
    table.add_column("Segment")
    for heading in columns:
        table.add_column(heading, justify="right")
    for row in record["segments"]:
        table.add_row(escape(row["label"]), *(_described(row.get(name), form) for name, form in columns.values()))
    window.print(table, "")
    localities = [f"{each['label']} {_described(each['people'], ',')}" for each in record["localities"]]
    more = f"; {len(localities) - LISTED:,} more in the record" if len(localities) > LISTED else ""
    window.print(f"Localities, {len(localities):,}: {', '.join(localities[:LISTED])}{more}", markup=False, soft_wrap=True)
    for said in slips(record["localities"]):
        window.print(said, markup=False, soft_wrap=True)
    for blank in record["blanks"]:
        window.print(blank, markup=False)
    for held in record["stability"]:
        share, kappa = _described(held["same_segment_share"], ".0%"), _described(held["kappa"], ".2f")
        window.print(f"In the same segment a year later, {held['scheme']}: {share} (kappa {kappa})")
    for link in record["linkage"]:
        window.print(f"Linked to a person, {link['label']}: {_described(link['cost_linked_share'], '.1%')} of cost", markup=False)
    accounts = record["accounts"][-1] if record["accounts"] else {}
    if accounts.get("accounts_gbp") is None:
        window.print("No accounts were given (tables/accounts_gbp.csv): nothing to reconcile with")
    else:
        window.print(
            f"Accounts £{_described(accounts['accounts_gbp'], ',.2f')}; of them £{_described(accounts['outside_gbp'], ',.2f')} is in no segment"
        )
    window.print(
        f"Small numbers (below {small['threshold']}): {small['primary']:,} suppressed, {small['secondary']:,} more that would give them away"
    )
    window.print("Readiness: " + ", ".join(f"{count} {mark}" for mark, count in record["marks"].items()))


def _described(value: Any, form: str) -> str:
    """A figure as the report has it: a star where it is suppressed, a dash where there is none."""
    if value is None or value == "suppressed":
        return "-" if value is None else "*"
    return format(float(value) if form != "," else value, form)

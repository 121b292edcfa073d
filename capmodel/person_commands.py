"""The commands for person-level data: `capmodel persons` makes a synthetic extract, `capmodel segment` adds an extract up.

They only parse, call and print; the work is in `capmodel.baseline.persons`.
"""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capmodel.errors import BadInput, Problem
from capmodel.window import console, progress_bar

if TYPE_CHECKING:
    from capmodel.baseline.persons.segment import Segmented

GOOD = 0


def add_commands(commands: Any) -> None:
    """Declare the two commands among the others."""
    persons = commands.add_parser(
        "persons",
        help="make a synthetic person-level extract of a place",
        description="Make people up who add up to the place's segment table, in the columns its persons.yaml maps: to try everything without restricted data. Nobody in the file exists.",
    )
    persons.add_argument("place", metavar="PLACE", help="a place's folder or name")
    persons.add_argument("--people", type=int, required=True, metavar="N", help="how many people in the base year")
    persons.add_argument("--seed", type=int, default=1, metavar="S", help="another seed makes other people (default: 1)")
    persons.add_argument("--years", type=int, default=1, metavar="Y", help="how many years, ending in the base year (default: 1)")
    persons.add_argument("--scheme", metavar="S", help="segmentation scheme (default: the one persons.yaml names)")
    persons.add_argument("--out", type=Path, required=True, metavar="FILE", help="a .parquet or .csv file, or a folder for parts")
    persons.set_defaults(command=make_persons)

    segment = commands.add_parser(
        "segment",
        help="person-level extract to segment spend, with a data-quality report",
        description="Check a linked extract, put everybody into a segment and add spend up. Writes OUT (spend), OUT-people.csv, OUT.html (the report) and OUT.json. Only aggregates are written, small numbers suppressed.",
    )
    segment.add_argument(
        "people", type=Path, metavar="PERSONS", help="a CSV or Parquet file, or a folder of them, one row a person and year"
    )
    segment.add_argument("--place", required=True, metavar="PLACE", help="the place whose persons.yaml maps the columns")
    segment.add_argument("--lines", type=Path, metavar="FILE", help="activity lines beside the people, where persons.yaml maps them")
    segment.add_argument(
        "--scheme",
        action="append",
        default=[],
        metavar="S",
        help="segmentation scheme (default: the one persons.yaml names); twice for a cross table",
    )
    segment.add_argument("--engine", default="duckdb", metavar="E", help="data engine: duckdb or spark (default: duckdb)")
    segment.add_argument("--master", metavar="URL", help="cluster of the spark engine, such as spark://host:7077 (default: this machine)")
    segment.add_argument("--memory", default="1200MB", metavar="SIZE", help="memory the engine may take before it spills (default: 1200MB)")
    segment.add_argument(
        "--pseudonymise", action="store_true", help="replace identifiers by a salted hash as they are read; the salt is kept nowhere"
    )
    segment.add_argument(
        "--pack", action="store_true", help="keep a packed copy without identifiers beside the extract; later runs start from it"
    )
    segment.add_argument("--feed", action="store_true", help="write the result into the place's tables and set its basis to person-level")
    segment.add_argument(
        "--out", type=Path, default=Path("workbooks/spend.csv"), metavar="FILE", help="the spend table (default: workbooks/spend.csv)"
    )
    segment.set_defaults(command=make_segments)


def make_persons(options: argparse.Namespace) -> int:
    """Make a synthetic extract and say what is in it."""
    from capmodel.assumptions.pack import year_label
    from capmodel.assumptions.scaffold import find_place
    from capmodel.baseline.persons.column_map import Route, read_map
    from capmodel.baseline.persons.scheme import read_scheme
    from capmodel.baseline.synthetic.extract import make_people
    from capmodel.model import load

    place = load(find_place(options.place))
    columns = read_map(place.pack.folder, place.pack.dimensions)
    scheme = read_scheme(options.scheme or columns.scheme, place.pack.folder)
    # Only segment spend is asked for, so no option is chosen.
    result = place.run(chosen={})
    price = result.column("segment", "base_price_gbp_per_person")
    segments = {segment: (persons, price[segment,]) for (segment,), persons in result.column("segment", "segment_persons").items()}
    routes: dict[str, dict[Route, float]] = {segment: {} for segment in segments}
    for (segment, *route), share in result.column("spend", "part_share").items():
        routes[segment][Route(*route)] = share
    with progress_bar() as progress:
        made = make_people(
            segments,
            routes,
            scheme,
            columns,
            options.people,
            options.seed,
            options.out,
            options.years,
            lambda done, of: progress("people", done, of),
            place.pack.base_year,
            "line" if columns.lines else "person",
        )
    spent = ", ".join(f"{year_label(year)} £{made.spend_gbp[year]:,.2f}" for year in made.years)
    console().print(
        f"{made.people:,} people in {year_label(place.pack.base_year)}, {sum(made.rows.values()):,} rows over {len(made.years)} "
        f"year{'s' if len(made.years) > 1 else ''}: {spent}. Synthetic: nobody in it exists.\nWritten: {' and '.join(map(str, made.files))}",
        markup=False,
    )
    return GOOD


def make_segments(options: argparse.Namespace) -> int:
    """Segment an extract, write what may be written, and say what came of it."""
    from capmodel.assumptions.load import load_pack, raise_if_any
    from capmodel.assumptions.scaffold import find_place
    from capmodel.baseline.persons.add_up import Request
    from capmodel.baseline.persons.feed import feed
    from capmodel.baseline.persons.output import write_outputs
    from capmodel.baseline.persons.segment import segment_people

    if options.out.suffix.lower() != ".csv":
        raise BadInput([Problem(f"--out {options.out}", "it does not end in .csv", "segment spend is a table", "Name a .csv file")])
    problems: list[Problem] = []
    pack = load_pack(find_place(options.place), problems)
    raise_if_any(problems)
    assert pack is not None
    request = Request(
        people=options.people,
        lines=options.lines,
        schemes=tuple(options.scheme),
        engine=options.engine,
        master=options.master,
        memory=options.memory,
        salt=secrets.token_hex(16) if options.pseudonymise else None,
        keep=options.pack,
    )
    with progress_bar() as progress:
        made = segment_people(pack, request, progress)
    written = write_outputs(made, options.out)
    written += feed(made) if options.feed else []
    _print(made)
    console().print("Written: " + ", ".join(str(path) for path in written), markup=False)
    return GOOD


def _print(made: Segmented) -> None:
    from rich.table import Table

    from capmodel.assumptions.pack import year_label
    from capmodel.baseline.persons.readiness import readiness
    from capmodel.baseline.persons.segment import by_segment

    window = console()
    threshold = made.columns.small_numbers
    months = sum(count for count, _ in by_segment(made, made.year).values())
    pence = sum(cost for _, cost in by_segment(made, made.year).values())
    window.print(
        f"[bold]{made.pack.title}[/bold], person-level data, {made.columns.status}; {made.scheme.title.lower()}, {year_label(made.year)}\n"
        f"{made.quality.rows:,} rows of people passed {made.quality.rules} checks. {months / 12:,.1f} person-years, £{pence / 100:,.2f}\n"
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("Segment", "Person-years", "£ a person-year", "Share of people", "Share of spend"):
        table.add_column(heading, justify="left" if heading == "Segment" else "right")
    hidden = {
        row.segment
        for row in made.shown.totals.itertuples()
        if row.year == made.year and row.place == "all" and row.setting == "all" and row.suppressed
    }
    for segment in made.scheme.segments:
        own_months, own_pence = by_segment(made, made.year)[segment.id]
        if segment.id in hidden:
            table.add_row(segment.label, *["*"] * 4)
            continue
        price = f"{own_pence / 100 / (own_months / 12):,.2f}" if own_months else ""
        table.add_row(
            segment.label, f"{own_months / 12:,.1f}", price, f"{own_months / months:.1%}", f"{own_pence / pence:.1%}" if pence else ""
        )
    window.print(table, "")
    for name, share in made.comparison.stability().items() if made.comparison else ():
        window.print(
            f"In the same segment a year later, {name}: {share:.1%} (kappa {made.comparison.kappa()[name]:.2f})" if made.comparison else ""
        )
    accounts = made.reconciliation["accounts_pence"]
    if accounts.notna().any():
        window.print(
            f"Accounts £{int(accounts.sum()) / 100:,.2f}; unallocated £{int(made.reconciliation['unallocated_pence'].sum()) / 100:,.2f}"
        )
    else:
        window.print("No accounts in the place's tables (accounts_gbp.csv): nothing to reconcile with")
    window.print(
        f"Small numbers (below {threshold}): {made.shown.primary:,} figures suppressed, and {made.shown.secondary:,} more that would give them away"
    )
    states = [condition.met for condition in readiness(made)]
    window.print("Readiness: " + ", ".join(f"{states.count(state)} {state}" for state in ("met", "partly", "not met", "not known")))

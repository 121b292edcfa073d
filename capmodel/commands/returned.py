"""The command `returned`: what the other side changed in a workbook, and what each change is worth to each party in each year.

It only parses, calls and prints; the work is done in `workbook.returned`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capmodel.commands.arguments import FAILED, GOOD
from capmodel.commands.uncollected import uncollected
from capmodel.console import console

if TYPE_CHECKING:
    from capmodel.model import Place
    from capmodel.workbook.returned.round_trip import RoundTrip
    from capmodel.workbook.returned.verify import Returned

#: So many changes are shown with all their effects, and so many alterations are named; of more, the rest in short.
IN_FULL, NAMED = 5, 20
#: So many books are named where two that came back are merged.
BOTH = 3


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Say what was changed in a workbook that came back: every input with what it was and what it is, and the pounds effect of each change alone and of all together on every party and year. The book that was sent is made again from its run; name its file first where its own inputs were changed before it was sent. With three files the two that came back are merged: what they changed differently is listed as a conflict, and the rest is taken. Formulas that were changed, and all else that nobody may change, are named and never taken. Exit code 1 if anything but an input was changed, or a check fails on the inputs of the book."
    parser.add_argument(
        "books",
        nargs="+",
        type=Path,
        metavar="WORKBOOK",
        help="the .xlsx file that came back; or the file that was sent, then the one that came back, or the two that are to be merged",
    )
    parser.add_argument(
        "--place",
        metavar="PLACE",
        help="the place it was made from (default: the one of that name in assumptions/places, or that came with capmodel)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write the report to this folder too, as a page (.html), a workbook (.xlsx) and data (.json)",
    )
    parser.add_argument(
        "--accept",
        action="store_true",
        help="take the changed inputs into the place, as a version in accepted.yaml beside its files; each figure is local, with who and when",
    )
    parser.add_argument("--by", default="", metavar="NAME", help="who accepts; needed with --accept")
    parser.add_argument("--why", default="", metavar="TEXT", help="why, for the change log of the next book")
    parser.set_defaults(command=run_returned, writes=True)


def run_returned(options: argparse.Namespace) -> int:
    """Say what came back, and write the report where that is asked for."""
    with uncollected():
        return _said(options)


def _said(options: argparse.Namespace) -> int:
    options.writes = options.out is not None or options.accept
    _check_accepting(options)
    reports = _reports(options)
    files = _read(options.books)
    place, current = _places(options.place, files[-1])
    from capmodel.files import all_or_none
    from capmodel.reports.returned import merge_record, record_of
    from capmodel.reports.returned_files import write_reports
    from capmodel.workbook.returned.merged import merge
    from capmodel.workbook.returned.round_trip import round_trip

    at_odds: list[str] = []
    if len(files) == BOTH:
        merged = merge(place, *files)
        trip, record = merged.trip, merge_record(merged)
        at_odds = [each["name"] for each in record["conflicts"]]
    else:
        trip = round_trip(place, files[-1], *files[:-1])
        record = record_of(trip)
    with all_or_none():
        if options.accept:
            record["accepted"] = _accept(trip, current, options, at_odds)
        if reports:
            write_reports(record, reports, place.pack.as_at)
    window = console()
    for each in _described(record):
        window.print(each, markup=False, soft_wrap=isinstance(each, str))
    if reports:
        window.print(f"wrote {', '.join(map(str, reports))}", markup=False, soft_wrap=True)
    window.print("PASS: only inputs were changed, and every check holds on them" if record["passed"] else "FAIL", markup=False)
    window.print("capmodel verify recalculates every formula of the file", markup=False)
    return GOOD if record["passed"] and not (record["accepted"] or {}).get("refused") else FAILED


def _reports(options: argparse.Namespace) -> list[Path]:
    """The files of the report, which must be ones that can be written; none where it is not asked for."""
    if options.out is None:
        return []
    from capmodel.files import check_outputs
    from capmodel.reports.returned_files import report_files

    both = options.books[-1] if len(options.books) < BOTH else Path(f"{options.books[1].stem}-{options.books[2].stem}.xlsx")
    found = report_files(options.out, both)
    check_outputs(found, options.books)
    return found


def _read(paths: list[Path]) -> list[Returned]:
    """The files, all that is refused of them in one report."""
    from capmodel.errors import BadInput, Problem, gathered

    if len(paths) > BOTH:
        why = "one book, or two, are compared with the one that was sent"
        remedy = "Name RETURNED alone, or SENT and RETURNED, or SENT and the two that came back"
        raise BadInput([Problem(str(paths[BOTH]), f"{len(paths)} workbooks are named", why, remedy)])
    from capmodel.workbook.returned.bounds import scan

    problems: list[Problem] = []
    contents = []
    for path in paths:
        with gathered(problems):
            contents.append(scan(path))
    if problems:
        raise BadInput(problems)
    # A file that is refused is refused before anything heavy is loaded.
    from capmodel.workbook.returned.verify import read_returned

    return [read_returned(path, each) for path, each in zip(paths, contents, strict=True)]


def _check_accepting(options: argparse.Namespace) -> None:
    from capmodel.errors import BadInput, Problem

    if options.accept and not options.by.strip():
        why = "each accepted figure says who accepted it"
        raise BadInput([Problem("--accept", "nobody is named", why, 'Write --by "NAME"')])
    idle = [f"--{name}" for name in ("by", "why") if getattr(options, name) and not options.accept]
    if idle:
        why = "it is written with what is accepted"
        raise BadInput([Problem(" and ".join(idle), "nothing is accepted", why, "Add --accept, or leave it out")])


def _places(named: str | None, returned: Returned) -> tuple[Place, Place]:
    """The place that is named, or the one of the name that the book gives: as it was when the book was made, and as it is."""
    from capmodel.assumptions.accepted import count_of
    from capmodel.assumptions.scaffold import known_place
    from capmodel.errors import BadInput, Problem
    from capmodel.model import load
    from capmodel.workbook.returned.sent import NOTHING_TAKEN
    from capmodel.workbook.returned.verify import place_of

    folder, reason = (known_place(named), "") if named else place_of(returned)
    if folder is None:
        what, _, remedy = reason.rpartition("; ")
        why = f"the book that was sent is made again from its place, {NOTHING_TAKEN}"
        raise BadInput([Problem(str(returned.path), what, why, remedy[:1].upper() + remedy[1:])])
    current = load(folder)
    versions = count_of(tuple(returned.claim.packs))
    return (load(folder, versions) if versions < len(current.pack.accepted) else current), current


def _accept(trip: RoundTrip, current: Place, options: argparse.Namespace, at_odds: list[str]) -> dict[str, Any]:
    """Take the changed inputs into the place as it is; what was taken, and what was not."""
    import datetime as dt

    from capmodel.reports.returned import accepted_record
    from capmodel.workbook.returned.accepting import accept

    return accepted_record(accept(trip, current, options.by.strip(), dt.date.today(), options.why.strip(), at_odds))


def _described(record: dict[str, Any]) -> Iterator[Any]:
    """What was found, line by line and table by table."""
    from capmodel.reports.returned import conflicts, from_to, largest, moved, sections

    beside = f", on the inputs of {record['sent']}" if record["sent"] else ""
    yield f"{record['returned']}: compared with the book of run {record['run'][:12]}, made again from its packs{beside}"
    scenario, now = record["scenario"], record["scenario_returned"]
    yield f"  {record['place']}, scenario {scenario}" + (f"; it came back in {now}" if now != scenario else "")
    held = record["checks"] - len(record["failing"])
    at_odds = f"; inputs in conflict, left as they were sent: {len(record['conflicts'])}" if record["conflicts"] else ""
    yield f"  inputs changed: {len(record['changes'])}{at_odds}; anything else altered: {len(record['altered'])}; checks on its inputs: {held} of {record['checks']} hold"
    yield from (f"    CHECK: {text}" for text in record["failing"])
    yield from (f"  ALTERED: {text}" for text in record["altered"][:NAMED])
    if len(record["altered"]) > NAMED:
        yield f"  and {len(record['altered']) - NAMED} more alterations"
    changes = sorted(record["changes"], key=lambda change: -moved(change["effects_gbp"]))
    if changes:
        yield f"  What each change is worth by itself, in pounds. {record['note']}."
    for i, change in enumerate(changes):
        yield f"{'' if change['no_effect'] else chr(10)}{change['label']} ({change['cell']}): {from_to(change)}"
        if change["no_effect"]:
            yield f"  NO EFFECT: {change['name']} moves no money of any party: {change['no_effect']}"
        elif i < IN_FULL:
            yield _table(change["effects_gbp"], record["years"])
        else:
            yield f"  largest effect: {largest(change['effects_gbp'])}"
    if len(changes) > IN_FULL:
        yield f"\n  {IN_FULL} changes are shown in full; --out writes the effects of all of them"
    for title, found in (*conflicts(record), *(sections(record) if changes else ())):
        yield f"\n{title}" + ("" if found or title.startswith("CONFLICT") else ": no money moves")
        if found:
            yield _table(found, record["years"])
    yield from _taken(record["accepted"]) if record["accepted"] else ()


def _taken(accepted: dict[str, Any]) -> Iterator[str]:
    """What was taken into the place, and what was not."""
    if not accepted["figures"]:
        yield "\nACCEPTED: nothing"
    else:
        yield f"\nACCEPTED: {len(accepted['figures'])} input{'s' if len(accepted['figures']) > 1 else ''}, as version {accepted['version']} in {accepted['file']}, by {accepted['by']} on {accepted['on']}"
    yield from (f"  {name}" for name in accepted["figures"])
    yield from (f"  NOT ACCEPTED: {name}: {why}" for name, why in accepted["refused"].items())


def _table(found: list[dict[str, Any]], years: list[str]) -> Any:
    """Effects with years across; the kind of money stands over its lines."""
    from rich.table import Table

    from capmodel.reports.returned import by_kind

    table = Table(box=None, pad_edge=False)
    table.add_column("£")
    for year in (*years, "All years"):
        table.add_column(year, justify="right")
    for kind, lines in by_kind(found, years):
        table.add_row(kind)
        for who, gbp in lines:
            table.add_row(f"  {who}", *("" if each is None else f"{each:,.2f}" for each in gbp))
    return table

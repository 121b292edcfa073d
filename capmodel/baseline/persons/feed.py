"""Hands segment spend to the place's pack, so that `capmodel run` starts from people: four tables and the basis.

The tables are those of the person-level route in `baseline.recorded`. What is written is open to every reader of the
workbook, so a line of spend behind which fewer people stand than the threshold is added to a larger line of the same
segment and payer, and the note of that line says so; segment and payer totals stay as they were.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from capmodel.baseline.persons.reconcile import RECORDED
from capmodel.baseline.persons.segment import ACCOUNTS, NO_ACCOUNTS, Segmented, accounts_of, pounds
from capmodel.errors import BadInput, Problem
from capmodel.files import written_whole

KEYS = ["segment", "setting", "provider", "payer"]
PROVENANCE = ["value", "status", "source", "as_at", "note"]
#: The source of fed tables where persons.yaml names none.
EXTRACT = "extract"


@dataclass
class Line:
    """A line of spend that the pack will hold: whole pence, the people behind it, and what was added to it."""

    pence: int = 0
    users: int = 0
    pooled: int = 0


def feed(made: Segmented) -> list[Path]:
    """Write recorded_cost_gbp, recorded_persons, accounts_gbp and scaling_index into the place's tables, and set its basis.

    Returns:
        the files written, all of them or none.

    Raises:
        BadInput: the scheme's segments are not the place's, or a segment has fewer people than the threshold.
    """
    lines, months = lines_of(made)
    _check(made, lines)
    as_at = f"{made.year + 1}-03-31"
    source = made.columns.source or EXTRACT
    given = {"status": made.columns.status, "source": source, "as_at": as_at}
    scale = {(str(row.payer), str(row.setting)): row for row in made.reconciliation.itertuples()}
    tables = {
        "recorded_cost_gbp": (
            KEYS,
            [
                {**dict(zip(KEYS, key, strict=True)), "value": pounds(line.pence), **given, "note": _note(line, made)}
                for key, line in lines.items()
            ],
        ),
        "recorded_persons": (
            ["segment"],
            [
                {
                    "segment": segment,
                    "value": f"{count / 12:.10g}",
                    **given,
                    "note": f"{count:,} person-months over 12, from people in the extract",
                }
                for segment, count in months.items()
            ],
        ),
        "scaling_index": (
            ["payer", "setting"],
            [
                {"payer": payer, "setting": setting, "value": f"{row.scaling_index:.12g}", **given, "note": _scaling_note(row)}
                for (payer, setting), row in scale.items()
            ],
        ),
    }
    if not accounts_of(made.pack):
        tables[ACCOUNTS] = (
            ["payer", "setting"],
            [
                {
                    "payer": payer,
                    "setting": setting,
                    "value": pounds(int(row.recorded_pence) + int(row.apportioned_pence)),
                    **given,
                    "status": "illustrative",
                    "note": NO_ACCOUNTS,
                }
                for (payer, setting), row in scale.items()
            ],
        )
    return _write(made.pack.folder, tables, source)


def lines_of(made: Segmented) -> tuple[dict[tuple[str, ...], Line], dict[str, int]]:
    """Spend of the base year by segment and route with small lines pooled, and person-months by segment.

    Every segment has a line for every route of the place's extract, noughts included, so that nothing is left open.
    """
    of_year = made.spend[made.spend["year"] == made.year]
    segments = [segment.id for segment in made.scheme.segments]
    routes = list(dict.fromkeys(zip(of_year["setting"], of_year["provider"], of_year["payer"], strict=True)))
    lines = {(segment, *route): Line() for segment in segments for route in routes}
    for row in of_year.itertuples():
        line = lines[str(row.segment), str(row.setting), str(row.provider), str(row.payer)]
        line.pence += int(row.cost_pence)
        # Different people may stand behind the places and parts of a line; a place's people are never counted twice.
        line.users += int(row.users) if row.basis == RECORDED else 0
        if row.basis != RECORDED:
            line.users = max(line.users, int(row.users))
    for segment in segments:
        _pool({key: line for key, line in lines.items() if key[0] == segment}, made.columns.small_numbers)
    people = made.aggregates.people[made.aggregates.people["year"] == made.year]
    months = people.groupby("segment")["person_months"].sum()
    return lines, {segment: int(months.get(segment, 0)) for segment in segments}


def _pool(lines: Mapping[tuple[str, ...], Line], threshold: int) -> None:
    """Add small lines to the largest line of their payer, in their own setting where one is large enough."""
    small = [key for key, line in lines.items() if 0 < line.users < threshold]
    for key in small:
        setting, payer = key[1], key[3]
        large = [other for other, line in lines.items() if other[3] == payer and line.users >= threshold]
        own = [other for other in large if other[1] == setting]
        for target in sorted(own or large, key=lambda other: (-lines[other].users, other))[:1]:
            lines[target].pence += lines[key].pence
            lines[target].pooled += lines[key].pence
            lines[key].pence, lines[key].users = 0, 0


def _note(line: Line, made: Segmented) -> str:
    what = "From the person-level extract and block contracts" if made.columns.blocks else "From the person-level extract"
    return what + (
        f"; includes GBP {pounds(line.pooled)} of lines with fewer than {made.columns.small_numbers} people" if line.pooled else ""
    )


def _scaling_note(row: Any) -> str:
    return "Scaled to the accounts, as the pack asks" if row.scaled_pence else "Not scaled"


def _check(made: Segmented, lines: Mapping[tuple[str, ...], Line]) -> None:
    problems: list[Problem] = []
    ours = [entry.id for entry in made.pack.dimensions["segment"]]
    theirs = [segment.id for segment in made.scheme.segments]
    if set(ours) != set(theirs):
        odd = [name for name in (*ours, *theirs) if (name in ours) != (name in theirs)]
        problems.append(
            Problem(
                f"--scheme {made.scheme.name}",
                f"its segments are not those of place.yaml ({', '.join(odd[:4])}{', ...' if len(odd) > 4 else ''})",
                "the pack prices the segments it names",
                "Use the scheme of the place, or write its segments into place.yaml",
            )
        )
    people = made.aggregates.people[made.aggregates.people["year"] == made.year].groupby("segment")["people"].sum()
    for segment, count in people.items():
        if 0 < count < made.columns.small_numbers:
            problems.append(
                Problem(
                    str(segment),
                    f"fewer than {made.columns.small_numbers} people are in it",
                    "its price would tell what single people cost",
                    "Merge it with another in the scheme",
                )
            )
    for segment in dict.fromkeys(key[0] for key, line in lines.items() if 0 < line.users < made.columns.small_numbers):
        problems.append(
            Problem(
                segment,
                f"it has lines with fewer than {made.columns.small_numbers} people and no larger line of the same payer",
                "what single people cost would be shown",
                "Merge the segment with another in the scheme",
            )
        )
    if problems:
        raise BadInput(problems)


def _write(folder: Path, tables: Mapping[str, tuple[list[str], Sequence[Mapping[str, Any]]]], source: str) -> list[Path]:
    """All files beside their place first; they are renamed together when the last is whole."""
    place, sources = folder / "place.yaml", folder / "sources.yaml"
    written = []
    with ExitStack() as stack:
        # Renamed in the reverse order of opening: the tables stand before place.yaml says that they are used.
        text = place.read_text(encoding="utf-8")
        stack.enter_context(written_whole(place)).write_text(re.sub(r"(?m)^basis:.*$", "basis: person-level", text), encoding="utf-8")
        known = yaml.safe_load(sources.read_text(encoding="utf-8")) or {}
        if source not in known:
            entry = {
                source: {
                    "title": "Person-level extract of the place, segmented by capmodel",
                    "publisher": "The place itself",
                    "page": "See the data-quality report",
                    "date": "undated",
                    "licence": "Held under the place's own agreements; not published",
                }
            }
            kept = sources.read_text(encoding="utf-8").rstrip("\n") + "\n" + yaml.safe_dump(entry, sort_keys=False, allow_unicode=True)
            stack.enter_context(written_whole(sources)).write_text(kept, encoding="utf-8")
            written.append(sources)
        for name, (keys, rows) in tables.items():
            path = folder / "tables" / f"{name}.csv"
            beside = stack.enter_context(written_whole(path))
            with beside.open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, fieldnames=[*keys, *PROVENANCE], lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
            written.append(path)
    return [*written, place]

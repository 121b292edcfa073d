"""Hands segment spend to the place's pack, so that `capmodel run` starts from people: four tables and the basis.

The tables are those of the person-level route in `baseline.recorded`, and every reader of the workbook sees them. Where the
spend of a segment on a route is suppressed, a stand-in takes its place: pounds that are worked out from the totals shown, and
from nothing else, and keep every one of them. So a segment, a route, a payer and a setting cost what they cost, and the
tables tell nobody what the suppressed figures are.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from capmodel.baseline.persons.aggregate import ROUTE
from capmodel.baseline.persons.segment import ACCOUNTS, NO_ACCOUNTS, Segmented, accounts_of, pounds
from capmodel.baseline.persons.suppress import ALL
from capmodel.errors import BadInput, CapmodelError, Problem
from capmodel.files import written_whole

PROVENANCE = ["value", "status", "source", "as_at", "note"]
#: The source of fed tables where persons.yaml names none.
EXTRACT = "extract"
STAND_IN = "A stand-in that keeps every total: too few people are behind this line, or it would tell of one with too few"

#: A segment, and a setting, provider and payer.
Line = tuple[str, tuple[str, str, str]]


def feed(made: Segmented) -> list[Path]:
    """Write recorded_cost_gbp, recorded_persons, accounts_gbp and scaling_index into the place's tables, and set its basis.

    Returns:
        the files written, all of them or none.

    Raises:
        BadInput: the scheme's segments are not the place's, or a segment or route is too small to be shown at all.
    """
    lines = _lines(made)
    hidden = _hidden(made)
    _check(made, hidden)
    lines |= stand_ins(lines, hidden)
    people = made.aggregates.people[made.aggregates.people["year"] == made.year]
    months = {str(segment): int(count) for segment, count in people.groupby("segment")["person_months"].sum().to_dict().items()}
    source = made.columns.source or EXTRACT
    given = {"status": made.columns.status, "source": source, "as_at": f"{made.year + 1}-03-31"}
    recorded = "From the person-level extract" + (" and block contracts" if made.columns.blocks else "")
    accounts: list[dict[str, Any]] = [{str(name): value for name, value in row.items()} for row in made.reconciliation.to_dict("records")]
    tables: dict[str, tuple[list[str], list[dict[str, Any]]]] = {
        "recorded_cost_gbp": (
            ["segment", *ROUTE],
            [
                {
                    "segment": segment,
                    **dict(zip(ROUTE, route, strict=True)),
                    **given,
                    "value": pounds(pence),
                    **({"status": "derived", "note": STAND_IN} if (segment, route) in hidden else {"note": recorded}),
                }
                for (segment, route), pence in lines.items()
            ],
        ),
        "recorded_persons": (
            ["segment"],
            [
                {**given, "segment": segment, "value": f"{count / 12:.10g}", "note": f"{count:,} person-months over 12"}
                for segment, count in ((segment.id, months.get(segment.id, 0)) for segment in made.scheme.segments)
            ],
        ),
        "scaling_index": (
            ["payer", "setting"],
            [
                {
                    **given,
                    "payer": row["payer"],
                    "setting": row["setting"],
                    "value": f"{row['scaling_index']:.12g}",
                    "note": "Scaled to the accounts, as persons.yaml asks" if row["scaled_pence"] else "Not scaled",
                }
                for row in accounts
            ],
        ),
    }
    if not accounts_of(made.pack):
        tables[ACCOUNTS] = (
            ["payer", "setting"],
            [
                {
                    **given,
                    "payer": row["payer"],
                    "setting": row["setting"],
                    "value": pounds(int(row["recorded_pence"]) + int(row["apportioned_pence"])),
                    "status": "illustrative",
                    "note": NO_ACCOUNTS,
                }
                for row in accounts
            ],
        )
    return _write(made.pack.folder, tables, source)


def _lines(made: Segmented) -> dict[Line, int]:
    """Pence of the base year by segment and route, noughts included, so that no line is left open."""
    of_year = made.spend[made.spend["year"] == made.year]
    cost = of_year.groupby(["segment", *ROUTE])["cost_pence"].sum()
    routes = list(dict.fromkeys(zip(*(of_year[name] for name in ROUTE), strict=True)))
    return {(segment.id, route): int(cost.get((segment.id, *route), 0)) for segment in made.scheme.segments for route in routes}


def _hidden(made: Segmented) -> set[Line]:
    """The lines of the base year, and with `all` the totals, that may not be shown."""
    totals = made.shown.totals
    rows = totals[(totals["year"] == made.year) & (totals["place"] == ALL) & totals["suppressed"]]
    return {(str(row.segment), (str(row.setting), str(row.provider), str(row.payer))) for row in rows.itertuples()}


def stand_ins(lines: Mapping[Line, int], hidden: set[Line]) -> dict[Line, int]:
    """Pence for the suppressed lines that keep every segment's and every route's total.

    They start from what the totals alone suggest (a segment's suppressed pounds spread as its routes' suppressed pounds are)
    and move from there as little as the totals require; the actual figures have no part in it.

    Args:
        lines: pence by segment and route.
        hidden: which of them are suppressed.

    Two segments and two routes, all suppressed: the same totals, other figures.

    >>> a, b = ("gp", "t", "nhs"), ("ward", "t", "nhs")
    >>> made = stand_ins({("x", a): 10, ("x", b): 90, ("y", a): 90, ("y", b): 10}, {("x", a), ("x", b), ("y", a), ("y", b)})
    >>> [made[line] for line in (("x", a), ("x", b), ("y", a), ("y", b))]
    [50, 50, 50, 50]
    """
    import pulp

    cells = sorted(line for line in lines if line in hidden)
    if not cells:
        return {}
    by_segment, by_route = (
        {part: sum(lines[cell] for cell in cells if cell[i] == part) for part in {cell[i] for cell in cells}} for i in (0, 1)
    )
    whole = sum(by_segment.values())
    model = pulp.LpProblem("stand_ins", pulp.LpMinimize)
    guess = [by_segment[segment] * by_route[route] // whole if whole else 0 for segment, route in cells]
    more = [model.add_variable(f"more_{i:05d}", 0) for i in range(len(cells))]
    less = [model.add_variable(f"less_{i:05d}", 0, guess[i]) for i in range(len(cells))]
    model += pulp.lpSum(more) + pulp.lpSum(less)
    for axis, wanted in enumerate((by_segment, by_route)):
        for number, (part, pence) in enumerate(sorted(wanted.items())):
            own = [i for i, cell in enumerate(cells) if cell[axis] == part]
            model += (pulp.lpSum(more[i] - less[i] for i in own) == pence - sum(guess[i] for i in own), f"total_{axis}_{number:05d}")
    model.solve(pulp.HiGHS(msg=False, threads=1, random_seed=0, parallel="off"))
    # Moves along a network between whole totals are whole; adding up again proves it.
    found = {cell: guess[i] + round(more[i].varValue or 0) - round(less[i].varValue or 0) for i, cell in enumerate(cells)}
    kept = all(
        sum(pence for cell, pence in found.items() if cell[axis] == part) == total
        for axis, wanted in enumerate((by_segment, by_route))
        for part, total in wanted.items()
    )
    if not kept:
        raise CapmodelError("no stand-ins keep the totals of the suppressed lines. Merge small segments in the scheme, and feed again")
    return found


def _check(made: Segmented, hidden: set[Line]) -> None:
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
    for segment, route in sorted(hidden):
        if segment == ALL or set(route) == {ALL}:
            problems.append(
                Problem(
                    ", ".join(route) if segment == ALL else segment,
                    "too few people are behind it, or it would tell of one with too few",
                    "its total would be shown",
                    "Map the route to a larger provider under codes:" if segment == ALL else "Merge it with another in the scheme",
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

"""Hands segment spend to the place's pack, so that `capmodel run` starts from people: its tables and the basis.

The tables are those of the person-level route in `baseline.recorded`, and every reader of the workbook sees them. Where the
spend of a segment on a route is suppressed, an imputed value takes its place: pounds that are worked out from the totals shown, and
from nothing else, and keep every one of them. So a segment, a route, a payer and a setting cost what they cost, and the
tables tell nobody what the suppressed figures are. What cannot be fed is refused before anything is written.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import yaml

from capmodel.algebra.quiet import silence_highs
from capmodel.baseline.persons.report.disclosable import SUPPRESSED, Disclosable
from capmodel.baseline.persons.segment import ACCOUNTS, NO_ACCOUNTS, Segmented, accounts_of, pounds
from capmodel.baseline.persons.sums.add_up import foreign_segments
from capmodel.baseline.persons.sums.aggregate import ROUTE
from capmodel.baseline.persons.sums.reconcile import APPORTIONED, RECORDED
from capmodel.baseline.persons.suppress import ALL
from capmodel.errors import BadInput, CapmodelError, Problem
from capmodel.files import write_tables

PROVENANCE = ["value", "status", "source", "as_at", "note"]
ACCOUNT = ["payer", "setting"]
GIVEN = "accounts_given_flag"
#: The source of fed tables where persons.yaml names none.
EXTRACT = "extract"
IMPUTED = "An imputed value that keeps every total: too few people are behind this line, or it would tell of one with too few"
UNDISCLOSED = "Suppressed: too few lines are behind it. It is part of what is in no segment"
SYNTHETIC = "The people are synthetic: nobody in the extract exists"

#: A segment, and a setting, provider and payer.
Line = tuple[str, tuple[str, str, str]]
#: The content of each file of the pack that is fed.
Fed = dict[Path, str]
#: Keys, and rows of text.
FedTable = tuple[list[str], list[dict[str, str]]]


def check_feed(made: Segmented) -> Fed:
    """Work out what will be fed, and find out whether it can be; nothing is written.

    Raises:
        BadInput: the scheme's segments are not the place's, a segment or route is too small to be shown at all, a segment costs
            something and has nobody in it, or the accounts of the pack leave out something that was recorded.
        CapmodelError: the pack's folder does not take the files.
    """
    fed = _texts(made)
    _writable(fed)
    return fed


def feed(fed: Fed) -> list[Path]:
    """Write what `check_feed` worked out into the place's pack: the tables of the person-level route, and its basis.

    Returns:
        the files written, all of them or none.

    Raises:
        CapmodelError: the pack's folder does not take the files.
    """
    # Checked again, since what could be written when it was worked out may be open elsewhere by now.
    _writable(fed)
    write_tables({}, fed)
    return list(fed)


def _texts(made: Segmented) -> Fed:
    """The content of every file, place.yaml last: the tables stand before it says that they are used."""
    hidden = {basis: _hidden(made, basis) for basis in (RECORDED, APPORTIONED)}
    lines = _lines(made)
    _check(made, hidden[RECORDED] | hidden[APPORTIONED], lines)
    for basis, own in lines.items():
        own |= imputed_values(own, hidden[basis])
    source = made.columns.source or EXTRACT
    folder = made.pack.folder
    place, sources = folder / "place.yaml", folder / "sources.yaml"
    texts: Fed = {}
    for name, (keys, rows) in _tables(made, lines, hidden, source).items():
        out = io.StringIO()
        writer = csv.DictWriter(out, fieldnames=[*keys, *PROVENANCE], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        texts[folder / "tables" / f"{name}.csv"] = out.getvalue()
    before = sources.read_text(encoding="utf-8")
    if source not in (yaml.safe_load(before) or {}):
        whose = "Synthetic people made for the place" if made.synthetic else "Person-level extract of the place"
        entry = {
            source: {
                "title": f"{whose}, segmented by capmodel",
                "publisher": "The place itself",
                "page": "See the data-quality report",
                "date": "undated",
                "licence": "Held under the place's own agreements; not published",
            }
        }
        texts[sources] = before.rstrip("\n") + "\n" + yaml.safe_dump(entry, sort_keys=False, allow_unicode=True)
    texts[place] = re.sub(r"(?m)^basis:.*$", "basis: person-level", place.read_text(encoding="utf-8"))
    return texts


def _tables(made: Segmented, lines: Mapping[str, Mapping[Line, int]], hidden: Mapping[str, set[Line]], source: str) -> dict[str, FedTable]:
    """The rows of every table; each says what is true of it."""
    status = made.status

    def row(keys: Sequence[str], key: Sequence[str], value: str, note: str, known: str = status) -> dict[str, str]:
        full_note = f"{note}. {SYNTHETIC}" if made.synthetic and note != NO_ACCOUNTS else note
        as_known = "illustrative" if made.synthetic else known
        return {
            **dict(zip(keys, key, strict=True)),
            "value": value,
            "status": as_known,
            "source": source,
            "as_at": as_at,
            "note": full_note,
        }

    as_at = f"{made.year + 1}-03-31"
    of_line = ["segment", *ROUTE]
    cost: dict[str, list[dict[str, str]]] = {RECORDED: [], APPORTIONED: []}
    for basis, own in lines.items():
        for (segment, route), pence in own.items():
            if (segment, route) in hidden[basis]:
                note, known = IMPUTED, "derived"
            elif basis == RECORDED:
                note, known = "From the person-level extract", status
            else:
                note, known = _block_note(made, route, status)
            cost[basis].append(row(of_line, (segment, *route), pounds(pence), note, known))
    months = _months(made)
    booked, made_up = _booked(made), _made_up(made)
    found = {(str(each["payer"]), str(each["setting"])): each for each in made.reconciliation.to_dict("records")}
    # Where accounts were given, every row of theirs has its row in the other tables.
    keys = sorted({*found, *booked}) if set(booked) - made_up else sorted(found)
    flags, scaled, unlinked = [], [], []
    undisclosed = {(row["payer"], row["setting"]) for row in Disclosable(made).linkage() if row["unlinked_gbp"] == SUPPRESSED}
    for key in keys:
        here = found.get(key, {})
        is_given = key in booked and key not in made_up
        reached = int(here.get("recorded_pence", 0)) + int(here.get("apportioned_pence", 0))
        is_scaled = is_given and reached > 0 and key[1] in made.columns.scale_to_accounts
        flags.append(row(ACCOUNT, key, str(int(is_given)), "Given in accounts_gbp.csv" if is_given else NO_ACCOUNTS))
        note = "Scaled to the accounts, as persons.yaml asks" if is_scaled else "Not scaled"
        scaled.append(row(ACCOUNT, key, str(int(is_scaled)), note))
        pence = 0 if key in undisclosed else int(here.get("unlinked_pence", 0))
        note = UNDISCLOSED if key in undisclosed else "Activity lines of nobody in the extract" if pence else "None is known"
        unlinked.append(row(ACCOUNT, key, pounds(pence), note))
    tables: dict[str, FedTable] = {
        "recorded_cost_gbp": (of_line, cost[RECORDED]),
        "apportioned_cost_gbp": (of_line, cost[APPORTIONED]),
        "recorded_persons": (
            ["segment"],
            [row(["segment"], (name,), f"{count / 12:.10g}", f"{count:,} person-months over 12") for name, count in months.items()],
        ),
        GIVEN: (ACCOUNT, flags),
        "scaled_flag": (ACCOUNT, scaled),
        "unlinked_gbp": (ACCOUNT, unlinked),
    }
    if not set(booked) - made_up:
        tables[ACCOUNTS] = (ACCOUNT, [row(ACCOUNT, key, "0.00", NO_ACCOUNTS, "illustrative") for key in keys])
    return tables


def _block_note(made: Segmented, route: tuple[str, str, str], status: str) -> tuple[str, str]:
    """What a block contract's part on a route is based on, and how it is known: no better than the contract and the extract."""
    blocks = [block for block in made.columns.blocks if (block.route.setting, block.route.provider, block.route.payer) == route]
    if not blocks:
        return "No block contract on this route", status
    named = "; ".join(f"block contract {block.id} by {block.driver.replace('_', ' ')} (source {block.source})" for block in blocks)
    statuses = {status, *(block.status for block in blocks)}
    return named[:1].upper() + named[1:], "illustrative" if "illustrative" in statuses else "derived"


def _months(made: Segmented) -> dict[str, int]:
    people = made.aggregates.people[made.aggregates.people["year"] == made.year]
    months = {str(segment): int(count) for segment, count in people.groupby("segment")["person_months"].sum().to_dict().items()}
    return {segment.id: months.get(segment.id, 0) for segment in made.scheme.segments}


def _booked(made: Segmented) -> dict[tuple[str, str], float]:
    """What stands in the pack's accounts, by payer and setting."""
    return _by_account(made, ACCOUNTS)


def _made_up(made: Segmented) -> set[tuple[str, str]]:
    """The accounts that a feed wrote for want of any: said not to be given, and with the note that says so not replaced."""
    given = accounts_of(made.pack)
    return {key for key, flag in _by_account(made, GIVEN).items() if not flag > 0 and key not in given}


def _by_account(made: Segmented, name: str) -> dict[tuple[str, str], float]:
    column = made.pack.columns.get(name)
    if column is None:
        return {}
    at = [column.keys.index(key) for key in ACCOUNT]
    return {(key[at[0]], key[at[1]]): figure.value for (key, _), figure in column.figures.items()}


def _lines(made: Segmented) -> dict[str, dict[Line, int]]:
    """Recorded and apportioned pence of the base year by segment and route, zeros included, so that no line is left open."""
    of_year = made.spend[made.spend["year"] == made.year]
    routes = list(dict.fromkeys(zip(*(of_year[name] for name in ROUTE), strict=True)))
    lines = {}
    for basis in (RECORDED, APPORTIONED):
        cost = of_year[of_year["basis"] == basis].groupby(["segment", *ROUTE])["cost_pence"].sum().to_dict()
        lines[basis] = {(each.id, route): int(cost.get((each.id, *route), 0)) for each in made.scheme.segments for route in routes}
    return lines


def _hidden(made: Segmented, basis: str) -> set[Line]:
    """The lines of the base year on a basis, and with `all` the totals, that may not be shown."""
    totals = made.shown.totals
    rows = totals[(totals["year"] == made.year) & (totals["locality"] == ALL) & totals["suppressed"] & totals["basis"].isin([basis, ALL])]
    return {(str(row.segment), (str(row.setting), str(row.provider), str(row.payer))) for row in rows.itertuples()}


def imputed_values(lines: Mapping[Line, int], hidden: set[Line]) -> dict[Line, int]:
    """Pence for the suppressed lines that keep every segment's and every route's total.

    They start from what the totals alone suggest (a segment's suppressed pounds spread as its routes' suppressed pounds are)
    and move from there as little as the totals require; the actual figures have no part in it.

    Args:
        lines: pence by segment and route.
        hidden: which of them are suppressed.

    Two segments and two routes, all suppressed: the same totals, other figures.

    >>> a, b = ("gp", "t", "nhs"), ("ward", "t", "nhs")
    >>> made = imputed_values({("x", a): 10, ("x", b): 90, ("y", a): 90, ("y", b): 10}, {("x", a), ("x", b), ("y", a), ("y", b)})
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
    model = pulp.LpProblem("imputed_values", pulp.LpMinimize)
    guess = [by_segment[segment] * by_route[route] // whole if whole else 0 for segment, route in cells]
    more = [model.add_variable(f"more_{i:05d}", 0) for i in range(len(cells))]
    less = [model.add_variable(f"less_{i:05d}", 0, guess[i]) for i in range(len(cells))]
    model += pulp.lpSum(more) + pulp.lpSum(less)
    for axis, wanted in enumerate((by_segment, by_route)):
        for number, (part, pence) in enumerate(sorted(wanted.items())):
            own = [i for i, cell in enumerate(cells) if cell[axis] == part]
            model += (pulp.lpSum(more[i] - less[i] for i in own) == pence - sum(guess[i] for i in own), f"total_{axis}_{number:05d}")
    silence_highs()
    model.solve(pulp.HiGHS(msg=False, threads=1, random_seed=0, parallel="off"))
    # Moves along a network between whole totals are whole; adding up again proves it.
    found = {cell: guess[i] + round(more[i].varValue or 0) - round(less[i].varValue or 0) for i, cell in enumerate(cells)}
    kept = all(
        sum(pence for cell, pence in found.items() if cell[axis] == part) == total
        for axis, wanted in enumerate((by_segment, by_route))
        for part, total in wanted.items()
    )
    if not kept:
        raise CapmodelError("no imputed values keep the totals of the suppressed lines. Merge small segments in the scheme, and feed again")
    return found


def _check(made: Segmented, hidden: set[Line], lines: Mapping[str, Mapping[Line, int]]) -> None:
    problems = foreign_segments(made.pack, made.scheme)
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
    for name, months in _months(made).items():
        if not months and any(pence for own in lines.values() for (segment, _), pence in own.items() if segment == name):
            what = f"{name} has spend in {made.year}, and its people have no months there"
            problems.append(Problem("the extract", what, "weighted by people, its spend would go to others", "Correct the months"))
    if not any(lines[RECORDED].values()):
        what = f"nobody has any recorded spend in {made.year}"
        problems.append(Problem("the extract", what, "the place would hold no spend", "Correct the amounts, or the base year"))
    _check_accounts(made, problems)
    if problems:
        raise BadInput(problems)


def _check_accounts(made: Segmented, problems: list[Problem]) -> None:
    """Report accounts that leave out what was recorded, that were edited and not declared, or that nothing can be scaled to."""
    file = f"{ACCOUNTS}.csv"
    booked, made_up = _booked(made), _made_up(made)
    given = set(booked) - made_up
    for key in sorted(key for key in made_up if abs(booked.get(key, 0.0)) > 0):
        what, why = f"{', '.join(key)} is {booked[key]:.2f}, and its note still says: {NO_ACCOUNTS}", "it would be overwritten"
        problems.append(Problem(file, what, why, "Write in the note where the figure comes from, or 0 here"))
    for each in made.reconciliation.to_dict("records") if given else ():
        key = (str(each["payer"]), str(each["setting"]))
        reached = any(each[f"{name}_pence"] for name in (RECORDED, APPORTIONED, "unlinked"))
        if key not in booked and reached:
            what, why = f"there is no row for {', '.join(key)}, for which spend was recorded", "the place would not run"
            problems.append(Problem(file, what, why, "Add the row, 0 if the accounts have none"))
        if key in given and pd.isna(each["accounts_pence"]):
            what, why = f"{', '.join(key)} is given, and its note still says: {NO_ACCOUNTS}", "it is one or the other"
            problems.append(Problem(file, what, why, "Write in the note where the figure comes from"))
        if each["scaled_pence"] and booked.get(key, 0.0) < 0:
            what, why = f"{', '.join(key)} is to be scaled to {booked[key]:.2f}", "spend is not below zero"
            problems.append(Problem(file, what, why, f"Take {key[1]} out of scale_to_accounts, or correct the sign"))


def _writable(paths: Iterable[Path]) -> None:
    """Find out whether every file can be replaced.

    Raises:
        CapmodelError: one cannot; it is named.
    """
    path = Path()
    try:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                with path.open("r+b"):
                    pass
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.stem}-"):
                pass
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> CapmodelError:
    why = error.strerror or error
    return CapmodelError(f"{path} cannot be written ({why}). Nothing was fed. Close it where it is open, or allow writing there")

"""Tables of two attributes and of two years that may be disclosed: supplements, two schemes crossed, conditions by locality, movers.

A table by two attributes goes through a suppression of its own. Its rows are those whose totals the report tells anyway,
and one row for all others together, whose total is what those leave; so it says nothing of a single segment or locality that
is suppressed elsewhere. If its own suppression would need the total of a row, the table is not disclosed at all. Two tables of
one population could each show what the other hides, so where the table of two schemes is disclosed the supplements are not.
Movers have no table: a count of them, taken from a segment's people, would leave the few who died or left. They are shown in whole per
cent of large groups. Left to others: everything of one attribute.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from capmodel.baseline.persons.report.disclosable import SUPPRESSED, Disclosable, Row
from capmodel.baseline.persons.suppress import ALL, suppress_pairs

#: Movers are shown in whole per cent, of groups of which one per cent is at least the smallest count shown.
HUNDRED = 100
#: Why the people of a supplement are not disclosed.
TOO_FEW = "too few to tell by segment"
BESIDE = (
    "not disclosed beside the table of two schemes, since each could give back what the other suppresses; "
    "a report of the first scheme alone tells them: pass one of the two reports on, never both"
)
#: The row of all segments, or localities, whose totals are suppressed; no id is written so.
OTHERS = "(others)"


def two_way(counts: Mapping[tuple[str, str], int], threshold: int) -> dict[tuple[str, str], Any] | None:
    """A table of people by two attributes with small numbers and their partners out; None where its margins do not allow it.

    The totals of the rows are public; those of the columns stand under the row `all`. Zero stays zero.

    Two people of a group are disclosed neither by their number nor by what is left of the totals:

    >>> table = {("a", "with"): 2, ("a", "without"): 98, ("b", "with"): 40, ("b", "without"): 60}
    >>> sorted(two_way(table, 5).items())[:3]
    [(('a', 'with'), 'suppressed'), (('a', 'without'), 'suppressed'), (('all', 'with'), 42)]
    """
    known = {pair: people for pair, people in counts.items() if people}
    if not known:
        return {}
    rows, columns = (sorted({pair[axis] for pair in known}) for axis in (0, 1))
    table = np.array([[known.get((row, column), 0) for column in columns] for row in rows], dtype=float)
    figures, hidden, exposed = suppress_pairs(table, threshold)
    if exposed or hidden[:, -1].any():
        return None
    at = {(row, column): (rows.index(row), columns.index(column)) for row, column in sorted(known)}
    at |= {(ALL, column): (-1, j) for j, column in enumerate(columns)}
    return {pair: SUPPRESSED if hidden[here] else int(figures[here]) for pair, here in at.items()}


def rows_of(disclosable: Disclosable, sizes: Mapping[str, Any]) -> dict[str, int]:
    """The rows of a table of two attributes: those whose people are disclosed, and what they leave of everybody as one more."""
    known = {name: size for name, size in sizes.items() if size not in (SUPPRESSED, 0)}
    left = disclosable.total("people", disclosable.year) - sum(known.values())
    return {**known, **({OTHERS: left} if left else {})}


def _segments(disclosable: Disclosable) -> dict[str, int]:
    return rows_of(disclosable, {one.id: disclosable.total("people", disclosable.year, one.id) for one in disclosable.made.scheme.segments})


def _with(sizes: Mapping[str, int], having: Mapping[str, int], threshold: int) -> dict[str, Any] | None:
    """The people of each row who have something, from those of each segment or locality; None where none may be disclosed."""
    counts = {(row, "with"): sum(people for name, people in having.items() if _row(name, sizes) == row) for row in sizes}
    cells = two_way(counts | {(row, "without"): size - counts[row, "with"] for row, size in sizes.items()}, threshold)
    return None if cells is None else {row: cells.get((row, "with"), 0) for row in (*sizes, ALL)}


def _row(name: str, sizes: Mapping[str, int]) -> str:
    return name if name in sizes else OTHERS


def supplements(disclosable: Disclosable, crossed: Row | None) -> list[Row]:
    """For each supplement the people of each segment who carry it, in the base year.

    `people` is None where none may be disclosed, and `not_disclosed` says why. Where the table of two schemes is disclosed, none is: a segment
    of the second scheme may be a supplement of the first, or made up of some, and each table would show what the other hides.

    Args:
        disclosable: the segmented extract.
        crossed: what `cross` found of it.
    """
    made, frame, sizes = disclosable.made, disclosable.made.aggregates.supplements, _segments(disclosable)
    beside = crossed is not None and crossed["people"] is not None
    rows = []
    for supplement in made.scheme.supplements:
        row: Row = {"supplement": supplement.id, "label": supplement.label, "who": supplement.when.words()}
        if beside:
            rows.append({**row, "people": None, "not_disclosed": BESIDE})
            continue
        here = frame[(frame["supplement"] == supplement.id) & (frame["year"] == disclosable.year)]
        having = {str(row["segment"]): int(row["people"]) for row in here.to_dict("records")}
        people = _with(sizes, having, made.columns.small_numbers)
        rows.append({**row, "people": people, "not_disclosed": TOO_FEW if people is None else None})
    return rows


def cross(disclosable: Disclosable) -> Row | None:
    """People of the base year by two schemes; None without a second scheme, `people` None where none may be disclosed."""
    made = disclosable.made
    if made.comparison is None or len(made.schemes) < 2:
        return None
    first, second = made.schemes
    frame, sizes = made.comparison.cross, _segments(disclosable)
    counts: Counter[tuple[str, str]] = Counter()
    for row in frame[frame["year"] == disclosable.year].to_dict("records"):
        counts[_row(str(row[first.name]), sizes), str(row[second.name])] += int(row["people"])
    cells = two_way(counts, made.columns.small_numbers)
    columns = [segment.id for segment in second.segments]
    return {
        "rows_of": first.title,
        "columns_of": second.title,
        "columns": {segment.id: segment.label for segment in second.segments},
        "people": None if cells is None else {row: {name: cells.get((row, name), 0) for name in columns} for row in (*sizes, ALL)},
    }


def prevalence(disclosable: Disclosable) -> list[Row]:
    """Each condition's share of the people of each locality in the base year; empty where the checks did not count it.

    A share is shown to the tenth of a per cent, or to the per cent, whichever step is at least the smallest count shown;
    where even one per cent is fewer, it is not disclosed. Under one step it is a text that says so. Where a segment that asks about a
    condition is suppressed in a locality, the locality's share of that condition could give it back, and is not disclosed. `steps` says of
    each locality how many steps the whole has, 1000 or 100; None where no step is large enough.
    """
    recorded = [row for row in disclosable.made.quality.recorded if row["year"] == disclosable.year]
    localities = sorted({str(row["locality"]) for row in recorded})
    sizes = rows_of(disclosable, {locality: disclosable.total("people", disclosable.year, ALL, locality) for locality in localities})
    people_of, asked = disclosable.made.shown.people, {one.id: one.when.conditions for one in disclosable.made.scheme.segments}
    hidden = people_of[people_of["suppressed"].astype(bool) & (people_of["year"] == disclosable.year)]
    decides = {
        (str(locality), name)
        for segment, locality in zip(hidden["segment"], hidden["locality"], strict=True)
        for name in asked[str(segment)]
    }
    steps = {locality: _steps(sizes.get(locality, 0), disclosable.least) for locality in localities}
    rows = []
    for condition in dict.fromkeys(str(row["condition"]) for row in recorded):
        having = {str(row["locality"]): int(row["people"]) for row in recorded if row["condition"] == condition}
        people = _with(sizes, having, disclosable.made.columns.small_numbers) or {}
        shares: dict[str, Any] = {}
        for locality in localities:
            found: Any = SUPPRESSED if (locality, condition) in decides else people.get(locality, SUPPRESSED)
            shares[locality] = found if found in (0, SUPPRESSED) else _share(found, sizes[locality], steps[locality])
        rows.append({"condition": condition, "share": shares, "steps": steps})
    return rows


def _steps(size: int, least: int) -> int | None:
    return next((steps for steps in (1000, 100) if size / steps >= least), None)


def _share(people: int, size: int, steps: int | None) -> Any:
    if steps is None:
        return SUPPRESSED
    # Somebody is never shown as nobody.
    return round(people / size * steps) / steps or f"under {100 / steps:g}%"


def stability(disclosable: Disclosable) -> list[Row]:
    """For each scheme, the share of people who are in the same segment in the next year, as a whole and by segment."""
    found = disclosable.made.comparison
    if found is None or found.moves.empty:
        return []
    share, kappa = found.stability(), found.kappa()
    rows = []
    for scheme in disclosable.made.schemes:
        moves = found.moves[found.moves["scheme"] == scheme.name]
        if moves.empty:
            continue
        large = int(moves["people"].sum()) >= HUNDRED * disclosable.least
        rows.append(
            {
                "scheme": scheme.name,
                "title": scheme.title,
                "same_segment_share": round(share[scheme.name], 2) if large else SUPPRESSED,
                "kappa": (None if math.isnan(kappa[scheme.name]) else round(kappa[scheme.name], 2)) if large else SUPPRESSED,
                "segments": [_movers(disclosable, moves, segment.id, scheme.name) for segment in scheme.segments],
            }
        )
    return rows


def _movers(disclosable: Disclosable, moves: pd.DataFrame, segment: str, scheme: str) -> Row:
    going = moves[moves["segment"] == segment].groupby("next_segment")["people"].sum()
    there = int(going.sum())
    row: Row = {"segment": segment, "label": disclosable.segment_labels[segment], "stay_share": SUPPRESSED, "next": []}
    if there < HUNDRED * disclosable.least:
        return row
    if scheme == disclosable.made.scheme.name and SUPPRESSED in [
        disclosable.total("people", year, segment) for year in disclosable.made.years
    ]:
        return row
    # Less than one per cent is not disclosed, be it nobody or a few.
    shares = {str(name): round(int(people) / there, 2) for name, people in going.items() if int(people) * HUNDRED >= there}
    row["stay_share"] = shares.pop(segment, 0.0)
    most = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:3]
    row["next"] = [{"segment": name, "label": disclosable.segment_labels[name], "share": part} for name, part in most]
    return row

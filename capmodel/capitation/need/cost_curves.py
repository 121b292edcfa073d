"""Need from cost curves: the cost a head of each age band and sex, and where wished each decile of deprivation, applied to counts.

The curve may be national and the counts local: only the make-up of a population counts, not what it uses now.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.capitation.need import Fallback, Need, Origin, Paid, how, settle
from capmodel.errors import BadInput, Problem

BASIS = "cost curves by age, sex and deprivation"
#: Age band and sex, or age band, sex and decile.
Cell = tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """A curve, pounds a person-year by cell, and the person-years of each group in each cell (a row a group, in the order paid)."""

    cells: tuple[Cell, ...]
    cost_gbp_per_person: Floats
    person_years: Floats


def from_rows(paid: Paid, curve: Iterable[tuple[Cell, float]], counts: Iterable[tuple[str, Cell, float]]) -> Given:
    """A curve and counts from their rows.

    Args:
        paid: the groups.
        curve: cell and pounds a person-year.
        counts: group, cell and person-years; a cell that is not there has nobody in it.

    Raises:
        BadInput: a cell or a group twice, in one table and not in the other, or with a figure that cannot be: all in one report.

    >>> paid = Paid("locality", ("north",), np.array([30.0]), "2026/27")
    >>> from_rows(paid, [(("0-64", "F"), 900.0)], [("north", ("0-64", "F"), 30.0)]).person_years.tolist()
    [[30.0]]
    """
    problems: list[Problem] = []
    cost: dict[Cell, float] = {}
    for cell, gbp in curve:
        where = f"curve, {', '.join(cell)}"
        if cell in cost:
            problems.append(Problem(where, "it is there twice", "the second would silently win", "Remove one"))
        if not 0 <= gbp < math.inf:
            problems.append(Problem(where, f"its cost is {gbp:g}", "a cost a head is zero or more", "Correct it"))
        cost[cell] = gbp
    if len({len(cell) for cell in cost}) > 1:
        problems.append(Problem("curve", "some cells have a decile and some have none", "cells must be alike", "Write all the same way"))
    at = {cell: i for i, cell in enumerate(cost)}
    years, seen, of = np.zeros((len(paid.ids), len(at))), set(), paid.of
    for name, cell, people in counts:
        where = f"{paid.key} {name}, {', '.join(cell)}"
        if name not in of:
            problems.append(Problem(where, f"there is no {paid.key} {name}", "its people would be left out", "Add it, or remove the row"))
        elif cell not in at:
            problems.append(Problem(where, "the curve has no such cell", "its people would cost nothing", "Add it to the curve"))
        elif (name, cell) in seen:
            problems.append(Problem(where, "it is there twice", "its people would be counted twice", "Remove one"))
        elif not 0 <= people < math.inf:
            problems.append(Problem(where, f"its person-years are {people:g}", "people are zero or more", "Correct them"))
        else:
            seen.add((name, cell))
            years[of[name], at[cell]] = people
    if problems:
        raise BadInput(problems)
    return Given(tuple(cost), np.array(list(cost.values()), dtype=float), years)


def expected_gbp_per_person(given: Given) -> Floats:
    """What a person-year of each group would cost on the curve; not a number where a group is empty."""
    time = given.person_years.sum(axis=1)
    spent = given.person_years @ given.cost_gbp_per_person
    return np.where(time > 0, spent / np.where(time > 0, time, 1), math.nan)


def fitted(rows: Sequence[tuple[Cell, float, float]]) -> Mapping[Cell, float]:
    """A curve of one's own: pounds over person-years of each cell; a cell without people is left out, never zero.

    Args:
        rows: cell, person-years and pounds, as often as wished.

    >>> fitted([(("0-64", "F"), 10.0, 5000.0), (("0-64", "F"), 10.0, 7000.0), (("65+", "F"), 0.0, 0.0)])
    {('0-64', 'F'): 600.0}
    """
    time: dict[Cell, float] = {}
    spent: dict[Cell, float] = {}
    for cell, years, gbp in rows:
        time[cell] = time.get(cell, 0.0) + years
        spent[cell] = spent.get(cell, 0.0) + gbp
    return {cell: spent[cell] / years for cell, years in time.items() if years > 0}


def work_out(paid: Paid, given: Given, origin: Origin, fallback: Fallback | None = None) -> Need:
    """The need index of each group: what its people would cost on the curve, over what everybody paid for would.

    Raises:
        BadInput: the counts of a group do not add up to its person-years, or a figure cannot be.

    >>> paid = Paid("locality", ("young", "old"), np.array([100.0, 100.0]), "2026/27")
    >>> counts = np.array([[80.0, 20.0], [40.0, 60.0]])
    >>> given = Given((("0-64", "F"), ("65+", "F")), np.array([500.0, 3000.0]), counts)
    >>> need = work_out(paid, given, Origin("concurrent", "2025/26", "illustrative", "worked by hand"))
    >>> need.raw.tolist(), need.need_index.round(6).tolist()
    ([1000.0, 2000.0], [0.666667, 1.333333])
    """
    shape = (len(paid.ids), len(given.cells))
    if given.person_years.shape != shape or given.cost_gbp_per_person.shape != shape[1:]:
        raise BadInput([Problem("cost curve", "counts and curve have other cells", "they are read together", "Use from_rows")])
    bad = [
        Problem(f"{paid.key} {paid.ids[i]}", "it has a count below zero or no number", "people are zero or more", "Correct it")
        for i in np.flatnonzero(~((given.person_years >= 0) & np.isfinite(given.person_years)).all(axis=1)).tolist()
    ]
    bad += [
        Problem(f"curve, {', '.join(given.cells[i])}", "its cost is below zero or no number", "need is zero or more", "Correct it")
        for i in np.flatnonzero(~((given.cost_gbp_per_person >= 0) & np.isfinite(given.cost_gbp_per_person))).tolist()
    ]
    if bad:
        raise BadInput(bad)
    time = given.person_years.sum(axis=1)
    apart = np.flatnonzero(np.abs(time - paid.person_years) > 1e-9 * np.maximum(time, 1))
    if apart.size:
        raise BadInput(
            [
                Problem(
                    f"{paid.key} {paid.ids[i]}",
                    f"its cells hold {time[i]:,.6g} person-years and {paid.person_years[i]:,.6g} are paid for",
                    "the index would be of other people",
                    "Make the two agree",
                )
                for i in apart.tolist()
            ]
        )
    raw = expected_gbp_per_person(given)
    data = (paid.ids, given.cells, given.cost_gbp_per_person, given.person_years)
    provenance = how("cost_curves", BASIS, paid, origin, data, cells=len(given.cells), keys=len(given.cells[0]) if given.cells else 0)
    return settle(paid, raw, "GBP/persons", provenance, fallback)

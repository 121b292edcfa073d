"""Reads a small CSV table of figures by code: weights by segment, supply by place. What the figures mean is for the caller to say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.assumptions.cells import in_digits, number
from capmodel.assumptions.tables import read_csv
from capmodel.errors import BadInput, Problem, nearest


def read_keyed(path: Path, key: str, codes: Sequence[str], wanted: str | None = None) -> dict[str, dict[str, float]]:
    """The columns of a table, each a figure by code.

    Args:
        path: a CSV file with the key among its headings.
        key: what the codes are of.
        codes: the codes there are; any other is refused.
        wanted: the one column to read; every column where left out.

    Raises:
        BadInput: with everything that is wrong with the table, in one report.
    """
    problems: list[Problem] = []
    headings, rows = read_csv(path, problems)
    names = [name for name in headings if name != key] if wanted is None else [wanted]
    if not problems and (not rows or not names or not {key, *names} <= set(headings)):
        what = f"it has the headings {', '.join(headings)}" if rows else "there are no rows"
        remedy = f"Write the headings {key} and {wanted or 'what the figures are'}, and a row for each {key}"
        problems.append(Problem(path.name, what, "columns are read by their headings", remedy))
    if problems:
        raise BadInput(problems)
    found: dict[str, dict[str, float]] = {name: {} for name in names}
    for row in rows:
        code = row.cells[key]
        if code in found[names[0]]:
            problems.append(Problem(row.where, f"the {key} {code!r} is there twice", "the second would silently win", "Remove one"))
        if code not in codes:
            problems.append(Problem(row.where, f"there is no {key} {code!r}", "tables are joined by exact code", nearest(code, codes)))
        for name in names:
            value = found[name][code] = number(row.cells[name], "")
            if not math.isfinite(value):
                what = f"{name} is {row.cells[name] or 'blank'} for {code}"
                problems.append(Problem(row.where, what, "a number is needed here, and a gap is never filled", in_digits(row.cells[name])))
    if problems:
        raise BadInput(problems)
    return found


def in_order_of(path: Path, key: str, codes: Sequence[str]) -> dict[str, Floats]:
    """The columns of a table in the order of the codes, each of which must be there."""
    found = read_keyed(path, key, codes)
    lacking = [code for code in codes if code not in next(iter(found.values()))]
    if lacking:
        what = f"there is no row for {', '.join(lacking)}"
        raise BadInput([Problem(path.name, what, f"every {key} needs its figures, and a gap is never filled", "Add the rows")])
    return {name: np.array([figures[code] for code in codes]) for name, figures in found.items()}

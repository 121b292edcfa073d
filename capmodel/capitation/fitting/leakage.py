"""Whether something made of the cost itself is among what explains it: looked for in every fit, whatever its R2.

Three signs, each of a column alone: it explains more of the cost than a cause could; it puts people in the order of their cost; a flag
is given back by one cut of the cost (`cost above £10,000`), or by a cut of the cost in one setting, as no condition is. None proves a
leak, and a column made of several parts of the cost may show none of them: what was recorded in the year paid is suspected for that
alone. So a suspected column is refused until somebody records when it was made. The limits are illustrative.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capmodel.algebra.rows import Floats
from capmodel.capitation.fit import Fit, mean
from capmodel.errors import BadInput, Problem

#: The R2 above which a fit is not certified without a leakage check, by timing: just above the best that is published. For hospital
#: care in England, prospectively, 0.12 a person (Dixon et al, BMJ 2011;343:d6608, table 1); for American veterans, with scores made for
#: them, 0.33 prospectively and 0.67 concurrently (Lin et al, Medical Care 2020;58:169). The limits themselves are illustrative.
PLAUSIBLE_R2: Mapping[str, float] = {"prospective": 0.35, "concurrent": 0.70}
#: One column that alone explains so much of the cost is suspected of being made of it, or of the order of people by cost.
SUSPECT_R2, SUSPECT_RANK_R2 = 0.30, 0.60
#: A flag so much of which one cut of the cost gives back, as the R2 between the two; of a part of the cost, which a condition may well
#: be the ground of (maternity care), only where hardly anything is missing.
SUSPECT_CUT_R2, SUSPECT_PART_R2 = 0.50, 0.95


@dataclass(frozen=True)
class LeakageCheck:
    """A finished check that nothing in the prediction was made of the cost it predicts: who did it, when, and what was found."""

    by: str
    on: str
    findings: str
    passed: bool


def line_r2(x: Floats, y: Floats, w: Floats) -> float:
    """The R2 of y as a straight line of x alone, weighted by person-years; a pure number, zero where x is the same for all.

    >>> line_r2(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 30.0]), np.ones(3))
    1.0
    """
    x, y = x - mean(x, w), y - mean(y, w)
    spread = float(w @ (x * x)) * float(w @ (y * y))
    return round(float(w @ (x * y)) ** 2 / spread, 12) if spread > 0 else 0.0


def suspects(columns: Mapping[str, NDArray[Any]], y: Floats, w: Floats, limit: float = SUSPECT_R2) -> dict[str, float]:
    """Columns that alone explain more of the cost than a cause could, with the R2 of each as a straight line.

    >>> cost = np.array([0.0, 10.0, 400.0, 20.0])
    >>> suspects({"age": np.array([50, 20, 40, 60]), "paid_last_month": cost * 2}, cost, np.ones(4))
    {'paid_last_month': 1.0}
    """
    found = {name: line_r2(values.astype(float), y, w) for name, values in columns.items()}
    return {name: share for name, share in found.items() if share > limit}


def cut_r2(flags: NDArray[Any], cost: Floats) -> tuple[Floats, Floats]:
    """How much of each flag the best single cut of the cost gives back, as the R2 between the two, and the pounds of that cut.

    Args:
        flags: zeros and ones, a row a person and a column a flag.
        cost: pounds of each person.

    >>> cost = np.array([100.0, 200.0, 9000.0, 12000.0])
    >>> share, cut = cut_r2(np.array([[0, 1], [0, 0], [0, 0], [1, 1]]), cost)
    >>> share.round(2).tolist(), cut.tolist()
    ([1.0, 0.33], [9000.0, 100.0])
    """
    order = np.argsort(cost, kind="stable")
    ordered, people = cost[order], len(cost)
    ends = np.flatnonzero(np.diff(ordered) > 0)
    have = flags.mean(axis=0)
    if not len(ends):
        return np.zeros(flags.shape[1]), np.zeros(flags.shape[1])
    above = 1 - (ends + 1) / people
    best, at = np.zeros(flags.shape[1]), np.zeros(flags.shape[1])
    # A column at a time, so that only one running total is held.
    for j in range(flags.shape[1]):
        spread = have[j] * (1 - have[j]) * above * (1 - above)
        below = np.cumsum(flags[order, j].astype(float))[ends]
        shared = (have[j] * people - below) / people - have[j] * above
        share = np.divide(shared**2, spread, out=np.zeros(len(ends)), where=spread > 0)
        best[j], at[j] = share.max(), ordered[ends[int(share.argmax())]]
    return best.round(12), at


def _ranks(values: NDArray[Any]) -> Floats:
    """The place of each value in their order, from 1; equals share the middle of theirs."""
    return np.asarray(pd.Series(values).rank(), dtype=float)


def findings(columns: Mapping[str, NDArray[Any]], y: Floats, w: Floats, parts: Mapping[str, Floats]) -> dict[str, str]:
    """What speaks against a column, in words, by column; columns that nothing speaks against are left out.

    Args:
        columns: what explains the cost, a figure a person.
        y: annual cost, pounds a person-year.
        w: person-years.
        parts: pounds by setting, which add up to the cost.

    >>> cost = np.r_[np.arange(90.0), np.arange(20_000.0, 20_010.0)]
    >>> signs = findings({"costly": cost > 10_000, "odd": np.arange(100) % 2 == 1}, cost, np.ones(100), {})
    >>> list(signs), "gives it back" in signs["costly"]
    (['costly'], True)
    """
    signs = {name: f"alone it explains {share:.0%} of the cost" for name, share in suspects(columns, y, w).items()}
    ranks = _ranks(y)
    flags = []
    for name, values in columns.items():
        # Three values or more are an order; two are a cut.
        if pd.unique(values).size == 2:
            flags.append(name)
        elif (share := line_r2(_ranks(values), ranks, w)) > SUSPECT_RANK_R2:
            signs.setdefault(name, f"alone it explains {share:.0%} of the order of people by their cost")
    if not flags:
        return signs
    marked = np.column_stack([columns[name] == np.max(columns[name]) for name in flags])
    # Cost is cut as it was spent, and made annual: a flag may be made of either.
    outcomes = [("cost", y, SUSPECT_CUT_R2), ("cost", y * w, SUSPECT_CUT_R2)]
    cuts: dict[str, str] = {}
    for part, cost, limit in (*outcomes, *((f"{name} cost", pounds, SUSPECT_PART_R2) for name, pounds in parts.items())):
        shares, at = cut_r2(marked, cost)
        for name, share, cut in zip(flags, shares.tolist(), at.tolist(), strict=True):
            if share > limit:
                # The cut is the cost of one person, so that it is shown coarsely.
                cuts.setdefault(name, f"a cut of the {part} at about £{float(f'{cut:.1g}'):,.0f} gives it back (R2 {share:.2f})")
    return signs | {name: f"{signs[name]}, and {what}" if name in signs else what for name, what in cuts.items()}


def certify(fit: Fit, timing: str, check: LeakageCheck | None = None) -> Fit:
    """The fit, if it may be shown as one: measured on people held out, and not above what is plausible without a leakage check.

    Raises:
        BadInput: it was measured on the people it was fitted on, or is too good and was not checked or failed the check.
    """
    problems = []
    limit = PLAUSIBLE_R2[timing]
    if not fit.held_out:
        problems.append(
            Problem("fit", "it was measured on the people it was fitted on", "it flatters itself", "Measure it on people held out")
        )
    if fit.r2 > limit and (check is None or not check.passed):
        said = "no leakage check is recorded" if check is None else f"the leakage check of {check.on} failed ({check.findings})"
        problems.append(
            Problem(
                "fit",
                f"R2 is {fit.r2:.3f}, a {timing} model reaches at most about {limit:.2f}, and {said}",
                "something made of the cost itself may be among the columns",
                "Check when each column was recorded, and record the check",
            )
        )
    if problems:
        raise BadInput(problems)
    return fit


def read_leakage_check(text: str) -> LeakageCheck:
    """A finished leakage check as it is written on the command line: who, when, and what was found.

    >>> read_leakage_check("A Analyst, 2026-05-01: every column was recorded before the year paid").by
    'A Analyst'

    Raises:
        BadInput: one of the three is missing.
    """
    match = re.fullmatch(r"\s*(.*\w.*?),\s*(\d{4}-\d{2}-\d{2}):\s*(.*\w.*)", text)
    try:
        on = date.fromisoformat(match[2]).isoformat() if match else ""
    except ValueError:
        on = ""
    if match is None or not on:
        why, remedy = "a check is somebody's, of a day, and finds something", 'Write "NAME, YYYY-MM-DD: what was found"'
        raise BadInput([Problem("--leakage-check", f"it is {text!r}", why, remedy)])
    return LeakageCheck(match[1].strip(), on, match[3].strip(), passed=True)

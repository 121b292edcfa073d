"""Works a rule out over all bodies at once, year after year, and compares what comes out with what was published.

Every line is a column. Numbers to be solved are found by bisection, so that a total comes out as the rule says; levels
are rolled up by adding money and people. Rules come from `checks`, figures from `figures`; exact shares are
cut in `share_out`. Nothing is written here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from capmodel.algebra.check import holds
from capmodel.algebra.expression import STEPS, Across, Expression, compute
from capmodel.algebra.functions import to_pence
from capmodel.algebra.rows import Floats, Positions
from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.cells import NAMED, a_few
from capmodel.assumptions.published import Comparison, compare_with_published
from capmodel.capitation.rules.checks import read_rule
from capmodel.capitation.rules.figures import BodyFigures, read_figures
from capmodel.capitation.rules.rule import Constant, Rule
from capmodel.capitation.rules.share_out import share_out
from capmodel.errors import BadInput, Problem, RuleError, nearest, respelt

#: A check_ line holds within half a penny, or half a hundredth of a person; anything else within this.
CHECK_WITHIN = {"GBP": 0.005, "persons": 0.005}
ELSE_WITHIN = 1e-9
MOST_HALVINGS = 200


@dataclass(frozen=True)
class Worked:
    """What a rule gave: figures, solved numbers and lines by name, years by bodies."""

    rule: Rule
    bodies: BodyFigures
    columns: Mapping[str, Floats]


def allocate(rule: Rule, bodies: BodyFigures) -> Worked:
    """Work every line of a rule out for every body and year.

    Raises:
        BadInput: a figure is outside a limit, a line is not a finite number for a body, a solved number does not exist.
    """
    columns = {name: np.empty((len(bodies.years), len(bodies.keys))) for name in rule.order}
    problems: list[Problem] = []
    constants = [_constants(rule, bodies, t, problems) for t in range(len(bodies.years))]
    if problems:
        raise BadInput(problems)
    for t in range(len(bodies.years)):
        known = {name: figures[t] for name, figures in bodies.figures.items()} | constants[t]
        before = {name: found[t - 1] for name, found in {**bodies.figures, **columns}.items()} if t else None
        year = _Year(rule, bodies, t, known, before, problems)
        for name in rule.order:
            # What cannot be divided is found by line(), and named with its body.
            with np.errstate(all="ignore"):
                known[name] = columns[name][t] = year.solved(name) if name in rule.goals else year.line(name)
            if problems:
                raise BadInput(problems)
    _limits(rule, bodies, columns, problems)
    if problems:
        raise BadInput(problems)
    return Worked(rule, bodies, {**bodies.figures, **columns})


def allocate_file(rule: str | Path, *figures: str | Path) -> Worked:
    """Work a rule file out for the bodies of a table; `.columns` holds every step, years by bodies.

    Args:
        rule: a rule file.
        figures: one file that holds everything, or one for each block of figures in the order of the rule.

    Raises:
        BadInput: with everything that is wrong with the rule or the figures.
    """
    read = read_rule(Path(rule))
    return allocate(read, read_figures(read, [Path(path) for path in figures], []))


def add_up_by(values: Floats, member: Positions, count: int) -> Floats:
    """Sums of the rows of each member.

    >>> add_up_by(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 0]), 2).tolist()
    [5.0, 2.0]
    """
    return np.bincount(member, weights=values, minlength=count).astype(float)


def _constants(rule: Rule, bodies: BodyFigures, t: int, problems: list[Problem]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, constant in rule.file.constants.items():
        if constant.by is None:
            found[name] = _of_year(constant, bodies.years[t])
            continue
        members, member = bodies.groups[constant.by]
        values = constant.values or {}
        lacking = [each for each in members if each not in values]
        if lacking and not t:
            what = f"{name} has no value for {', '.join(lacking[:NAMED])}"
            unused = [each for each in values if each not in members]
            remedy = nearest(lacking[0], unused) if respelt(lacking, unused)[1] else "Add it"
            problems.append(rule.document.problem(("constants", name), what, f"there are bodies whose {constant.by} it is", remedy))
        found[name] = np.array([values.get(each, math.nan) for each in members])[member]
    return found


def _of_year(constant: Constant, year: int | None) -> float:
    return constant.value if constant.value is not None else (constant.values or {})[str(year)]


def _limits(rule: Rule, bodies: BodyFigures, columns: Mapping[str, Floats], problems: list[Problem]) -> None:
    """What is worked out is within its limits; figures given were tested where they were read."""
    for name in rule.file.limits.keys() & columns.keys():
        limit, values = rule.file.limits[name], columns[name]
        remedy = "Correct the figures, or leave the body out and say so"
        outside = [
            rule.document.problem(
                ("limits", name),
                f"{name} is {values[t, p]:,.6g} for {_body(bodies, int(t), int(p))}, and must be {limit.bounds}",
                limit.why,
                remedy,
            )
            for t, p in np.argwhere(limit.outside(values, unit_by_name(name)))
        ]
        problems += a_few(outside, f"figures of {name} are outside it")


def _body(bodies: BodyFigures, t: int, p: int) -> str:
    year = bodies.years[t]
    return bodies.keys[p] + (f" in {year}" if year is not None else "")


@dataclass
class _Year:
    """One year of a run: what is known, and last year's columns."""

    rule: Rule
    bodies: BodyFigures
    t: int
    known: dict[str, Any]
    before: Mapping[str, Floats] | None
    problems: list[Problem]

    def line(self, name: str) -> Floats:
        """A line for all bodies; what is not a finite number is a problem."""
        steps = ("lines", name, "rule")
        try:
            found = self.formula(self.rule.lines[name], self.known)
        except RuleError as error:
            what, _, remedy = str(error).partition("; ")
            remedy = remedy.capitalize() or "Correct the figures or the rule"
            self.problems.append(self.rule.document.problem(steps, f"{name}: {what}", "nothing can be shared so", remedy))
            return np.zeros(len(self.bodies.keys))
        why = "something is divided by zero, or grows beyond all bounds"
        remedy = "Use ratio(top, bottom) where the bottom may be zero, or correct the figures"
        wrong = [
            self.rule.document.problem(steps, f"{name} is not a finite number for {_body(self.bodies, self.t, int(p))}", why, remedy)
            for p in np.flatnonzero(~np.isfinite(found))
        ]
        self.problems += a_few(wrong, f"bodies have no {name}")
        return found

    def formula(self, expression: Expression, known: Mapping[str, Any]) -> Floats:
        """A formula for all bodies, its ingredients over many bodies first."""
        if expression.across:
            known = {**known, **{name: self.across(each, known) for name, each in expression.across.items()}}
        # Adding zero turns minus zero into zero.
        result = compute(expression.tree, known) + 0.0
        return np.full(len(self.bodies.keys), result) if np.ndim(result) == 0 else result

    def across(self, each: Across, known: Mapping[str, Any]) -> Floats:
        """A total, a largest or smallest, last year's figure, or a share cut exactly."""
        if each.kind == "prior":
            return self.formula(each.parts[1], known) if self.before is None else self.before[each.parts[0].text]
        values = [self.formula(part, known) for part in each.parts]
        within = each.options.get("within")
        member = self.bodies.groups[within][1] if within else np.zeros(len(self.bodies.keys), dtype=np.intp)
        count = len(self.bodies.groups[within][0]) if within else 1
        if each.kind == "total":
            return add_up_by(values[0], member, count)[member] if within else np.full(len(member), values[0].sum())
        if each.kind in ("largest", "smallest"):
            found = np.full(count, -math.inf if each.kind == "largest" else math.inf)
            (np.maximum if each.kind == "largest" else np.minimum).at(found, member, values[0])
            return found[member]
        residual = each.options.get("residual")
        if residual is not None and residual not in self.bodies.keys:
            raise RuleError(f"the rest goes to {residual!r}, which is no body here; name a body of the figures")
        row = self.bodies.keys.index(residual) if residual is not None else None
        if (values[1] < 0).any():
            below = self.bodies.keys[int(np.argmax(values[1] < 0))]
            raise RuleError(
                f"share_out: the weight of {below} is below zero; correct its figures, or floor the weight with maximum(..., 0)"
            )
        return share_out(values[0], values[1], member, STEPS[each.options["to"]], row)

    def solved(self, name: str) -> Floats:
        """The number that makes one total equal another, by halving the span it lies in."""
        entry = self.rule.file.solve[name]
        such_that, equals = self.rule.goals[name]
        size = len(self.bodies.keys)
        wanted = self.formula(equals, self.known)
        goal = float(wanted[0])
        if (wanted != goal).any():
            self._unsolved(
                name, "equals: is not the same for all bodies", "one number is found for all of them", "Write total(...) or a constant"
            )
            return np.zeros(size)

        def excess(trial: float) -> float:
            known = {**self.known, name: np.full(size, trial)}
            for step in self.rule.waits[name]:
                known[step] = self.formula(self.rule.lines[step], known)
            return float(self.formula(such_that, known)[0]) - goal

        try:
            low, high = entry.between
            below, above = excess(low), excess(high)
            if not (math.isfinite(below) and math.isfinite(above)) or min(below, above) > entry.within or max(below, above) < -entry.within:
                ends = f"with {low:g} it comes to {below + goal:,.2f}, with {high:g} to {above + goal:,.2f}, and {goal:,.2f} is wanted"
                remedy = "Floors may cost more than there is, or ceilings hold back more; change them, the total, or between:"
                self._unsolved(name, f"no {name} makes {entry.such_that} equal {entry.equals}: {ends}", "the rule cannot be kept", remedy)
                return np.zeros(size)
            rising = above >= below
            for _ in range(MOST_HALVINGS):
                middle = (low + high) / 2
                if middle in (low, high):
                    break
                low, high = (middle, high) if (excess(middle) < 0) == rising else (low, middle)
            best = min((low, high), key=lambda trial: abs(excess(trial)))
            miss = excess(best)
        except RuleError as error:
            self._unsolved(name, str(error), "the lines it waits for cannot be worked out", "Cut to pence after solving, not before")
            return np.zeros(size)
        if not abs(miss) <= entry.within:
            self._unsolved(
                name,
                f"{entry.such_that} misses {goal:,.2f} by {miss:,.4f}",
                "it jumps over the total",
                "Round after solving, not before, or widen within:",
            )
        return np.full(size, best)

    def _unsolved(self, name: str, what: str, why: str, remedy: str) -> None:
        year = self.bodies.years[self.t]
        self.problems.append(self.rule.document.problem(("solve", name), what + (f" ({year})" if year is not None else ""), why, remedy))


# ------------------------------------------------------------------ what came of it


def compare(worked: Worked) -> list[Comparison]:
    """Each published figure against ours."""
    columns, bodies = worked.columns, worked.bodies
    return [
        compare_with_published(
            name, bodies.keys, bodies.years, columns[name], columns[entry.against], entry.tolerance, relative=entry.relative
        )
        for name, entry in worked.rule.file.published.items()
    ]


def failing(worked: Worked) -> list[tuple[str, float]]:
    """The check_ lines that are not zero, with how far they are off."""
    worst = {name: float(np.abs(worked.columns[name]).max()) for name in worked.rule.lines if name.startswith("check_")}
    return [(name, off) for name, off in worst.items() if not holds(off, CHECK_WITHIN.get(unit_by_name(name), ELSE_WITHIN))]


def roll_up(worked: Worked, level: str) -> dict[str, Floats]:
    """The columns of a level, years by members of the level in the order in which they first stand.

    Raises:
        BadInput: a column said to be the same for all of a member is not.
    """
    members, member = worked.bodies.groups[level]
    entry = worked.rule.file.levels[level]
    found: dict[str, Floats] = {}
    for name in entry.sum:
        total = np.array([add_up_by(row, member, len(members)) for row in worked.columns[name]])
        # Sums of whole pence are whole pence; what adding left in the last bits is taken off.
        found[name] = to_pence(total) if (to_pence(worked.columns[name]) == worked.columns[name]).all() else total
    for name in entry.same:
        first = np.zeros(len(members), dtype=np.intp)
        first[member[::-1]] = np.arange(len(member) - 1, -1, -1)
        found[name] = worked.columns[name][:, first]
        differs = np.flatnonzero((found[name][:, member] != worked.columns[name]).any(axis=0))
        if differs.size:
            what = f"{name} is not the same for all of {members[member[differs[0]]]}"
            raise BadInput(
                [
                    worked.rule.document.problem(
                        ("levels", level),
                        what,
                        f"it stands once for each {level}",
                        "Put it under sum:, or work it out with total(..., within=...)",
                    )
                ]
            )
    return found

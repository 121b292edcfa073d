"""Says why no choice of options can be made: which rules cannot all be kept, or what is short, in pounds, and the least that would do.

The constraints in pounds are made elastic: each may be given an amount, and the amounts together are made as small as they can be. What a
pound more in a budget adds to the years that come after is read off the rules of `planning`, worked out with a pound more. Rules of options
cost no pounds; where they contradict one another, the fewest that do are named. Who chooses is in `choose`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from capmodel.algebra.evaluate import Values, evaluate
from capmodel.algebra.rows import YEAR, Floats, Node
from capmodel.algebra.table import Table
from capmodel.errors import listed
from capmodel.money import pounds
from capmodel.reinvestment.planning import DECISION, KEYS, SLACKS, with_choice
from capmodel.reinvestment.ranking import ranked
from capmodel.reinvestment.short import RELAXABLE, Label, Short, amount_of
from capmodel.reinvestment.solve import TIME_LIMIT_S, best_choice, find_solver
from capmodel.reinvestment.solvers import TOLERANCE, Problem, slacks_of, worth_of

MANDATORY_SLACK = ("option", "mandatory_slack_flag")
BUDGET, BUDGET_SLACK = ("budget", "budget_gbp"), ("budget", "budget_slack_gbp")
#: The solver of the elastic problem, whichever chooses options: it needs amounts beside choices of 0 and 1.
SOLVER = "highs"


@dataclass(frozen=True)
class Infeasible:
    """Why no choice keeps every constraint: rules that contradict one another, or else what is short and the choice it would pay for.

    `short` is for `least`, the choice that lacks least. `proved` says that no choice lacks less in all. `best` is worth most once
    the amounts are there.
    """

    rules: tuple[tuple[Node, tuple[str, ...]], ...]
    least: tuple[int, ...]
    short: tuple[Short, ...]
    best: tuple[int, ...]
    best_gbp: float
    proved: bool

    @property
    def short_gbp(self) -> float:
        """The least relaxation in pounds, over all constraints and years."""
        return sum(each.short_gbp for each in self.short if each.of.unit == "GBP")

    @property
    def short_units(self) -> float:
        """The least relaxation in units of capacity."""
        return sum(each.short_gbp for each in self.short if each.of.unit != "GBP")


def explained(known: Values, tables: Sequence[Table], problem: Problem) -> Infeasible:
    """Why no choice of options keeps every constraint of a problem.

    Args:
        known: everything worked out before the options, and any choice of them.
        tables: the tables the problem was read off.
        problem: the problem that has no answer.
    """
    nodes = constraints_of(known)
    in_pounds = np.array([node in RELAXABLE for node, _ in nodes])
    rules = _only(problem, ~in_pounds)
    if best_choice(SOLVER, rules).chosen is None:
        of_rules = np.flatnonzero(~in_pounds)
        return Infeasible(tuple(nodes[of_rules[i]] for i in _contradiction(rules)), (), (), (), math.nan, True)
    adds = _adds(known, tables, nodes)[:, in_pounds]
    least, bound = least_lacking(problem, adds)
    amounts = lacking(problem, adds, least)
    raised = replace(problem, constants=problem.constants + adds @ amounts)
    found = ranked(SOLVER, raised, most=1).best
    best = found.chosen or least
    worked = evaluate(tables, with_choice(known, least))
    asked = np.concatenate([worked.figure(RELAXABLE[node].asked) for node in SLACKS if node in RELAXABLE])
    # What there is once the years before are made good; what is asked is rounded up with what is short, so that the line adds up.
    there = asked + slacks_of(problem, np.array([least]))[0][in_pounds] + (adds[in_pounds] - np.eye(len(amounts))) @ amounts
    where = [nodes[i] for i in np.flatnonzero(in_pounds)]
    short = [
        Short(node, key, float(held + amount), float(held), float(amount))
        for (node, key), held, amount in zip(where, there, amounts, strict=True)
        if amount
    ]
    # Each amount is rounded up to the penny.
    proved = bound is not None and amounts.sum() <= bound + 0.01 * (1 + np.count_nonzero(amounts))
    return Infeasible((), least, tuple(short), best, worth_of(problem, best), bool(proved))


def constraints_of(known: Values) -> list[tuple[Node, tuple[str, ...]]]:
    """Each constraint of the optimiser's model in order: the slack it is, and the key of its row, the year last."""
    rows = known.inputs.rows
    found = []
    for node in SLACKS:
        table = rows[node[0]]
        columns = [*KEYS[node[0]], *([YEAR] if table.years else [])]
        found += [(node, key) for key in table.keys(columns)]
    return found


def lacking(problem: Problem, adds: Floats, chosen: Sequence[int]) -> Floats:
    """What each constraint in pounds must be given for a choice, in order, to the penny upwards; what earlier amounts add comes first.

    >>> lacking(Problem(np.ones(1), np.array([10.0, 0.0]), np.array([[-12.0], [-12.5]])), np.array([[1.0, 0.0], [1.0, 1.0]]), (1,)).tolist()
    [2.0, 10.5]
    """
    slack = slacks_of(problem, np.array([chosen]))[0]
    amounts = np.zeros(adds.shape[1])
    for j, i in enumerate(adds.argmax(axis=0)):
        lacks = -(slack[i] + adds[i] @ amounts)
        if lacks > TOLERANCE:
            amounts[j] = math.ceil(round(lacks * 100, 2)) / 100
    return amounts


def _only(problem: Problem, kept: Floats) -> Problem:
    return replace(problem, constants=problem.constants[kept], coefficients=problem.coefficients[kept])


def _contradiction(rules: Problem) -> list[int]:
    """Rules that cannot all be kept, of which any one could be given up: each rule is left out in turn, for good where the rest still cannot."""
    kept = [i for i in range(len(rules.constants)) if rules.coefficients[i].any() or rules.constants[i] < -TOLERANCE]
    for rule in [*kept]:
        without = [i for i in kept if i != rule]
        if best_choice(SOLVER, _only(rules, np.array(without, dtype=int))).chosen is None:
            kept = without
    return kept


def _adds(known: Values, tables: Sequence[Table], nodes: Sequence[tuple[Node, tuple[str, ...]]]) -> Floats:
    """What a pound more for each constraint (across) adds to each constraint (down): itself, and the years that an unspent budget is carried to."""
    adds = np.eye(len(nodes))
    at = [i for i, (node, _) in enumerate(nodes) if node == BUDGET_SLACK]
    inputs = replace(known.inputs, given={**known.inputs.given, DECISION: np.zeros(known.inputs.rows["start"].lines)}, resolved_links={})
    budget = evaluate(tables, Values(inputs, known.figures)).figure(BUDGET)
    more = {BUDGET: np.vstack([budget, budget + np.eye(len(budget))])}
    slack = evaluate(tables, Values(replace(inputs, given={**inputs.given, **more}), known.figures)).figure(BUDGET_SLACK)
    adds[np.ix_(at, at)] = np.round(slack[1:] - slack[:1], 6).T
    return adds


def least_lacking(problem: Problem, adds: Floats) -> tuple[tuple[int, ...], float | None]:
    """The choice that keeps the rules and lacks the fewest pounds, and the fewest that were proved; none where time ran out."""
    units = np.abs(problem.coefficients).max(axis=1, initial=1.0)[adds.argmax(axis=0)]
    elastic = replace(
        problem,
        values=np.append(np.zeros(len(problem.values)), -units / units.max()),
        coefficients=np.hstack([problem.coefficients, adds * units]),
        amounts=len(units),
        looser=0.0,
    )
    answer = find_solver(SOLVER).solve(elastic, TIME_LIMIT_S)
    chosen = answer.chosen or (0,) * problem.decisions
    return chosen, -answer.bound * float(units.max()) if answer.proved else None


def report(found: Infeasible, known: Values, label: Label = str) -> str:
    """The explanation as it is read: what is short by constraint and year, the least relaxation, and what it would pay for.

    Args:
        found: the explanation.
        known: the inputs it was found with.
        label: how an id is called.
    """
    if found.rules:
        rules = [f"  {_rule(node, key, label)}" for node, key in found.rules]
        return "\n".join(["These rules cannot all be kept, whatever the budgets are; one of them must be given up:", *rules])
    starts = known.inputs.rows["start"].columns
    must = dict(zip(known.inputs.rows["option"].columns["option"], known.inputs.given["option", "mandatory_flag"], strict=True))
    forced = {start for start, option in zip(starts["start"], starts["option"], strict=True) if must[option]}
    named = _names(found.least, starts["start"], lambda start: f"{label(start)}{' (must be done)' if start in forced else ''}")
    lines = [f"What is short, at the least, for each constraint and year. The choice that lacks least is {named}:"]
    lines += [f"  {each.line(known, label)}" for each in found.short]
    first = "The least relaxation" if found.proved else "A relaxation that would do, not proved the least,"
    amounts = [pounds(found.short_gbp)] if found.short_gbp or not found.short_units else []
    amounts += [amount_of("number", found.short_units)] if found.short_units else []
    lines.append(f"{first} is {listed(amounts)} in all:")
    lines += [f"  {each.relaxed(known, label)}" for each in found.short]
    lines.append(f"With it the best choice is {_names(found.best, starts['start'], label)}, of present value {pounds(found.best_gbp)}.")
    return "\n".join(lines)


def _names(chosen: Sequence[int], starts: Sequence[str], label: Label) -> str:
    return listed([label(start) for start, taken in zip(starts, chosen, strict=True) if taken]) or "no option"


def _rule(node: Node, key: tuple[str, ...], label: Label) -> str:
    kind = {
        MANDATORY_SLACK: "must be done (mandatory)",
        ("option", "start_slack_flag"): "is begun once at the most",
        ("requirement", "requirement_slack_flag"): "(requires)",
        ("exclusion", "exclusion_slack_flag"): "allows one option only (exclusive)",
    }
    return f"{label(key[0])} {kind[node]}"

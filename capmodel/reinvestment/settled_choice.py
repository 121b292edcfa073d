"""Chooses options by what parties keep after settlement: every plan that keeps the constraints is settled by the contract's own rules.

A settlement has thresholds, bands, caps and whole pennies, so that what a party keeps is not a sum over options, and no linear model is
exact. So nothing is modelled: the constraints of the options rule out what cannot be, each plan that is left is settled, and the best is
best of all. Of more plans than can be settled none is called the best: the choice is refused, with what would make them fewer. Which plans there
are is in `solvers.enumerate`; what a plan is worth before settlement is chosen in `choose`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from capmodel.algebra.evaluate import Values, evaluate
from capmodel.algebra.fuse import fuse
from capmodel.algebra.rows import Floats
from capmodel.algebra.stream import plan as stream_of
from capmodel.algebra.table import Table
from capmodel.errors import NoPlan
from capmodel.money import HALF_A_PENNY, pounds
from capmodel.reinvestment.after_settlement import FLOOR, settled_floor
from capmodel.reinvestment.choose import Other, Otherwise, Plan, Settled, binding, no_choice
from capmodel.reinvestment.model import problem_of
from capmodel.reinvestment.planning import DECISION, OBJECTIVE, SLACKS, starts_by_option, with_choice
from capmodel.reinvestment.ranking import MOST, NEAR_SHARE, Choice, order_of
from capmodel.reinvestment.short import Label
from capmodel.reinvestment.solve import LATE, TIME_LIMIT_S
from capmodel.reinvestment.solvers import TOLERANCE, Answer, Problem, enumerate

#: So many choices are looked through, and so many plans are settled, at the most.
MOST_CHOICES, MOST_PLANS = 1 << 20, 100_000
#: Plans settled together.
_AT_ONCE = 512
SOLVER, SETTLED = "enumerate", "Every plan settled"


def choose_settled(
    known: Values,
    tables: Sequence[Table],
    near_share: float = NEAR_SHARE,
    most: int = MOST,
    time_limit_s: float = TIME_LIMIT_S,
    label: Label = str,
) -> Plan:
    """The best choice of options by the objective of some tables, in which the contract is settled on the plan.

    Args:
        known: everything worked out before the options.
        tables: the tables that a choice of options decides on, the settlement among them.
        near_share: other choices worth within this share of the best are listed.
        most: so many at the most.
        time_limit_s: for all of it.
        label: how an id is called in a message.

    Raises:
        NoPlan: nothing keeps every constraint and floor, or there are more plans than can be settled in the time.
    """
    # The objective of the linear rules is another line of the same name: its links are not those of this place.
    linear = Values(replace(known.inputs, resolved_links={}), known.figures)
    problem, end = problem_of(linear), time.monotonic() + time_limit_s
    plans = _plans(problem, end, time_limit_s)
    if not len(plans):
        raise NoPlan(no_choice(SOLVER, Answer(None, -np.inf, True, "Infeasible"), time_limit_s, problem, linear, label=label))
    central = evaluate(tables, with_choice(known, [0] * problem.decisions))
    none = float(central.figure(OBJECTIVE)[0])
    worths, floors = _settled(central, tables, plans, end, time_limit_s)
    kept = np.flatnonzero((floors >= -TOLERANCE).all(axis=1))
    if not len(kept):
        raise NoPlan(_short(known, floors, label))
    order = sorted((order_of(worths[i], _choice(plans[i])), int(i)) for i in kept)
    ranked = [i for _, i in order]
    best = ranked[0]
    chosen = _choice(plans[best])
    values = evaluate(tables, with_choice(known, chosen))
    objective = float(values.figure(OBJECTIVE)[0])
    if abs(objective - worths[best]) > HALF_A_PENNY or any((values.figure(node) < -TOLERANCE).any() for node in (*SLACKS, FLOOR)):
        raise NoPlan("the best plan is not worth by the rules what it was found to be worth, or breaks a constraint; it is not used")
    near = [i for i in ranked[1:] if worths[i] >= objective - near_share * abs(objective) - HALF_A_PENNY]
    starts = known.inputs.rows["start"].columns["start"]

    def named(i: int) -> dict[str, int]:
        return dict(zip(starts, _choice(plans[i]), strict=True))

    return Plan(
        chosen=named(best),
        objective_gbp=objective,
        bound_gbp=objective,
        gap_share=0.0,
        proved=True,
        solver=SOLVER,
        version=enumerate.version(),
        status=f"{SETTLED}: {len(plans):,}",
        time_limit_s=time_limit_s,
        next_best_gbp=round(float(worths[ranked[1]]), 2) if len(ranked) > 1 else None,
        others=tuple(Other(named(i), float(worths[i])) for i in near[:most]),
        near_share=near_share,
        all_listed=len(near) <= most,
        checked=len(problem.constants) + floors.shape[1],
        binding=binding(values),
        loss=None,
        settled=Settled(len(plans), none, _otherwise(known, plans[kept], worths[kept], chosen)),
    )


def _otherwise(known: Values, plans: Floats, worths: Floats, chosen: Choice) -> tuple[Otherwise, ...]:
    """The most that a plan with the other decision on each option is worth."""
    found = []
    for option, own in starts_by_option(known).items():
        taken = not any(chosen[each] for each in own)
        others = worths[plans[:, own].any(axis=1) == taken]
        found.append(Otherwise(option, taken, float(others.max()) if len(others) else None))
    return tuple(found)


def _choice(plan: Floats) -> Choice:
    return tuple(int(each) for each in plan)


def _plans(problem: Problem, end: float, time_limit_s: float) -> Floats:
    """Every choice that keeps the constraints of the options, a row each."""
    if (count := enumerate.choices_of(problem)) > MOST_CHOICES:
        raise NoPlan(_too_many(f"there are {count:,} choices, and every one of up to {MOST_CHOICES:,} is looked at"))
    found: list[Floats] = []
    for choices, value in enumerate.blocks(problem):
        found.append(choices[np.isfinite(value)])
        if sum(map(len, found)) > MOST_PLANS:
            raise NoPlan(_too_many(f"more than {MOST_PLANS:,} plans keep the constraints, and every one of up to that many is settled"))
        if time.monotonic() > end:
            raise NoPlan(_late(time_limit_s))
    return np.concatenate(found)


def _settled(central: Values, tables: Sequence[Table], plans: Floats, end: float, time_limit_s: float) -> tuple[Floats, Floats]:
    """What each plan is worth after settlement, and what each floor after settlement has left; around a plan that is settled."""
    stream = fuse(stream_of(tables, central, [DECISION], [OBJECTIVE, FLOOR]))
    worths, floors = [], []
    for first in range(0, len(plans), _AT_ONCE):
        made = stream.run({DECISION: plans[first : first + _AT_ONCE]})
        size = len(plans[first : first + _AT_ONCE])
        worths.append(made[OBJECTIVE].reshape(size, -1)[:, 0])
        floors.append(made[FLOOR].reshape(size, -1))
        if time.monotonic() > end:
            raise NoPlan(_late(time_limit_s))
    return np.concatenate(worths), np.concatenate(floors)


def _too_many(what: str) -> str:
    return (
        f"A plan that is best after settlement cannot be proved here: {what}. What parties keep after settlement is not linear in the options "
        "(thresholds, bands, caps, pennies), so that no other plan is ruled out without settling it. "
        "Leave settled out of the perspective and its floors, or give fewer options, starts and steps of scale"
    )


def _late(time_limit_s: float) -> str:
    return (
        f"{LATE}: not every plan could be settled in {time_limit_s:g} seconds, so that none is known to be best. Use a longer --time-limit"
    )


def _short(known: Values, floors: Floats, label: Label) -> str:
    """Why no plan keeps the floors after settlement: by the plan that lacks least in all, what is short of each."""
    short = np.maximum(-floors, 0)
    least = short[int(np.argmin(short.sum(axis=1)))]
    keys = known.inputs.rows[settled_floor.name].keys(("party", "year"))
    lines = [
        f"  {label(party)} {label(year)}: {pounds(float(gbp))}" for (party, year), gbp in zip(keys, least, strict=True) if gbp > TOLERANCE
    ]
    return "\n".join(["No choice of options keeps every floor after settlement. The choice that lacks least is short of:", *lines])

"""HiGHS through PuLP: the default solver, on every platform and on both PuLP 3 and 4.

PuLP calls a time-limited answer optimal and hands numbers back for a problem without one, so the state, the bound and
the gap are read from HiGHS itself. One thread, no gap allowed, and names in sorted order make the answer repeatable.
"""

from __future__ import annotations

import importlib.util
import math
from importlib.metadata import version as version_of
from typing import Any

from capmodel.algebra.quiet import silence_highs
from capmodel.reinvestment.solvers import Answer, Problem

#: What a constraint may fail by: as small as HiGHS takes with room to spare.
FINEST = 1e-9


def available() -> bool:
    """True where PuLP and highspy are installed."""
    return all(importlib.util.find_spec(name) for name in ("pulp", "highspy"))


def version() -> str:
    """The versions of HiGHS and PuLP."""
    return f"HiGHS {version_of('highspy')}, PuLP {version_of('pulp')}"


def solve(problem: Problem, time_limit_s: float) -> Answer:
    """The best choice, with the state HiGHS itself reports."""
    import highspy
    import pulp

    silence_highs()
    model, decisions = build(problem)
    fine = dict.fromkeys(("mip_feasibility_tolerance", "primal_feasibility_tolerance"), FINEST)
    gaps = {"gapRel": problem.gap_share, "gapAbs": 0.0}
    solver = pulp.HiGHS(msg=False, timeLimit=time_limit_s, threads=1, random_seed=0, parallel="off", **gaps, **fine)
    model.solve(solver)
    engine = model.solverModel
    state, info = engine.getModelStatus(), engine.getInfo()
    found = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    states = highspy.HighsModelStatus
    found = found and state in (states.kOptimal, states.kTimeLimit, states.kInterrupt)
    # PuLP 3 turns a maximum into a minimum for HiGHS, PuLP 4 does not.
    sign = -1.0 if engine.getObjectiveSense()[1] == highspy.ObjSense.kMinimize else 1.0
    bound = sign * info.mip_dual_bound
    return Answer(
        chosen=tuple(round(decision.varValue or 0) for decision in decisions) if found else None,
        bound=min(bound, problem.most) if math.isfinite(bound) else problem.most,
        proved=state in (states.kInfeasible, states.kUnboundedOrInfeasible) or (state == states.kOptimal and not problem.gap_share),
        status=engine.modelStatusToString(state),
    )


def build(problem: Problem) -> tuple[Any, list[Any]]:
    """The problem in PuLP's terms, and its decisions of 0 and 1.

    Each constraint stands in units of its largest term, since a solver's tolerances are absolute, and is read looser by the
    part the problem allows. What defines a product is not: it is no less than the decision and its part together leave, and no more
    than either.
    """
    import pulp

    model = pulp.LpProblem("plan", pulp.LpMaximize)
    # Padded names, because PuLP 3 orders variables by name.
    count = problem.decisions
    decisions = [model.add_variable(f"option_{i:04d}", cat="Binary") for i in range(count)]
    products = [model.add_variable(f"product_{i:05d}", lowBound=0, upBound=1) for i in range(len(problem.products))]
    amounts = [model.add_variable(f"other_{i:04d}", lowBound=0) for i in range(problem.amounts)]
    every = decisions + products + amounts
    model += pulp.lpSum(float(value) * each for value, each in zip(problem.values, every, strict=True) if value)
    for i, (constant, coefficients) in enumerate(zip(problem.constants, problem.coefficients, strict=True)):
        unit = float(abs(coefficients).max(initial=0.0))
        if unit:
            terms = [float(coefficients[j] / unit) * every[j] for j in coefficients.nonzero()[0]]
            model += (pulp.lpSum(terms) >= -float(constant / unit + problem.looser), f"constraint_{i:04d}")
    for i, (product, amount) in enumerate(zip(problem.products, products, strict=True)):
        part = pulp.lpSum(float(c) * every[j] for j, c in zip(product.columns, product.coefficients, strict=True))
        model += (amount - decisions[product.decision] <= 0, f"product_{i:05d}_chosen")
        model += (amount - part <= float(product.constant), f"product_{i:05d}_part")
        model += (amount - part - decisions[product.decision] >= float(product.constant) - 1, f"product_{i:05d}_both")
    return model, decisions

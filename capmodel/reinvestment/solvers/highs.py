"""HiGHS: the default solver, on every platform.

The model is handed over as arrays, and the state, the bound and the gap are read from HiGHS itself. One thread, no gap but the one the
problem allows, and decisions in their order make the answer repeatable.
"""

from __future__ import annotations

import importlib.util
import math
from importlib.metadata import version as version_of
from typing import Any

import numpy as np

from capmodel.algebra.quiet import silence_highs
from capmodel.reinvestment.solvers import Answer, Problem, in_units

#: What a constraint may fail by: less than a problem is read looser by, so that no choice is lost. A finer one takes twice the time.
FINE = 1e-8
#: For amounts, whose figures count in the value as they are: as small as HiGHS takes with room to spare.
FINEST = 1e-9
#: A problem of so few columns is searched in less time without being simplified first: 18 options in 5.8 and not 7.2 milliseconds.
SMALL = 100
#: One thread and no chance, so that an answer repeats. Beginning anew once decisions are settled, and jumping for a first choice, cost
#: more than they save where constraints are few (`tests/benchmarks/optimiser.py`).
WAY = {"threads": 1, "random_seed": 0, "parallel": "off", "mip_allow_restart": False, "mip_heuristic_run_feasibility_jump": False}


def available() -> bool:
    """True where highspy is installed."""
    return importlib.util.find_spec("highspy") is not None


def version() -> str:
    """The version of HiGHS."""
    return f"HiGHS {version_of('highspy')}"


def solve(problem: Problem, time_limit_s: float) -> Answer:
    """The best choice, with the state HiGHS itself reports."""
    import highspy

    silence_highs()
    make: Any = highspy.Highs
    engine = make()
    engine.setOptionValue("output_flag", False)
    fine = FINE if problem.decisions == len(problem.values) else FINEST
    options: dict[str, Any] = dict.fromkeys(("mip_feasibility_tolerance", "primal_feasibility_tolerance"), fine)
    if problem.gap_share and problem.amounts:
        # Where an answer near the best will do, its own tolerances are fine enough: at the finest it may search without end.
        options = {}
    if len(problem.values) <= SMALL:
        options["presolve"] = "off"
    options |= {"time_limit": time_limit_s, "mip_rel_gap": problem.gap_share, "mip_abs_gap": 0.0}
    for name, value in (options | WAY).items():
        engine.setOptionValue(name, value)
    engine.passModel(build(problem))
    engine.run()
    state, info = engine.getModelStatus(), engine.getInfo()
    found = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    states = highspy.HighsModelStatus
    found = found and state in (states.kOptimal, states.kTimeLimit, states.kInterrupt)
    decided = np.rint(engine.getSolution().col_value[: problem.decisions]) if found else ()
    bound = info.mip_dual_bound
    return Answer(
        chosen=tuple(int(taken) for taken in decided) if found else None,
        bound=min(bound, problem.most) if math.isfinite(bound) else problem.most,
        proved=state in (states.kInfeasible, states.kUnboundedOrInfeasible) or (state == states.kOptimal and not problem.gap_share),
        status=engine.modelStatusToString(state),
    )


def build(problem: Problem) -> Any:
    """The problem as HiGHS takes it: its constraints row by row, without the terms that are zero."""
    import highspy

    limits, terms = in_units(problem)
    row, column = np.nonzero(terms)
    count, whole, amounts = len(problem.values), problem.decisions, problem.amounts
    model: Any = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, len(limits)
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = problem.values
    model.col_lower_, model.col_upper_ = np.zeros(count), np.repeat([1.0, highspy.kHighsInf], [count - amounts, amounts])
    model.row_lower_, model.row_upper_ = limits, np.full(len(limits), highspy.kHighsInf)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.searchsorted(row, np.arange(len(limits) + 1))
    model.a_matrix_.index_, model.a_matrix_.value_ = column, terms[row, column]
    kinds = highspy.HighsVarType
    model.integrality_ = [kinds.kInteger] * whole + [kinds.kContinuous] * (count - whole)
    return model

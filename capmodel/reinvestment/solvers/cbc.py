"""CBC through PuLP, where it is installed: PuLP 3 bundles it, PuLP 4 takes it from `pulp[cbc]`.

CBC hands back no bound, so an answer counts as proved only where it says so itself within its time.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import time
from functools import cache
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from capmodel.reinvestment.solvers import Answer, Problem, in_units, worth_of

#: What a decision and a constraint may fail by, as small as CBC takes it.
FINEST = ["integerTolerance 1e-12", "primalTolerance 1e-12"]


def available() -> bool:
    """True where PuLP finds a CBC program."""
    return bool(importlib.util.find_spec("pulp")) and _solver() is not None


@cache
def version() -> str:
    """The versions of CBC, as it says itself, and of PuLP."""
    said = subprocess.run([_solver().path, "-quit"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL).stdout
    found = re.search(r"Version: *(\S+)", said)
    return f"CBC {found[1] if found else 'of unknown version'}, PuLP {version_of('pulp')}"


def solve(problem: Problem, time_limit_s: float) -> Answer:
    """The best choice CBC finds."""
    model, decisions = build(problem)
    started = time.monotonic()
    # Not threads=1: with a thread of its own CBC waits ten seconds one time in a hundred. Without, it has one.
    solver = _solver(timeLimit=time_limit_s, gapRel=problem.gap_share, options=[] if problem.gap_share else FINEST)
    outcome = model.solve(solver)
    # PuLP calls a choice that CBC was stopped at optimal too, and says in `sol_status` that it is only feasible (2).
    in_time = time.monotonic() - started < time_limit_s and getattr(model, "sol_status", 1) != 2
    status = str(getattr(outcome, "status", outcome))
    found = status == "1" or "optimal" in status.lower()
    chosen = tuple(round(decision.varValue or 0) for decision in decisions) if found else None
    value = worth_of(problem, chosen) if chosen and not problem.amounts else problem.most
    proved = in_time and ((found and not problem.gap_share) or status == "-1" or "infeasible" in status.lower())
    label = ("Optimal" if found else "Infeasible" if proved else "Not solved") if in_time else "Time limit reached"
    return Answer(chosen, value if proved and found else problem.most, proved, label)


def build(problem: Problem) -> tuple[Any, list[Any]]:
    """The problem in PuLP's terms, and its decisions of 0 and 1."""
    import pulp

    model = pulp.LpProblem("plan", pulp.LpMaximize)
    # Padded names, because PuLP 3 orders variables by name.
    decisions = [model.add_variable(f"option_{i:04d}", cat="Binary") for i in range(problem.decisions)]
    products = [model.add_variable(f"product_{i:05d}", lowBound=0, upBound=1) for i in range(len(problem.products))]
    amounts = [model.add_variable(f"other_{i:04d}", lowBound=0) for i in range(problem.amounts)]
    every = decisions + products + amounts
    model += pulp.lpSum(value * each for value, each in zip(problem.values.tolist(), every, strict=True) if value)
    limits, rows = in_units(problem)
    for i, (limit, terms) in enumerate(zip(limits.tolist(), rows, strict=True)):
        added = pulp.lpSum(float(terms[j]) * every[j] for j in terms.nonzero()[0])
        model += (added >= limit, f"constraint_{i:05d}")
    return model, decisions


def _solver(**options: Any) -> Any:
    import pulp

    bundled = getattr(getattr(pulp, "PULP_CBC_CMD", None), "pulp_cbc_path", None)
    solver = pulp.COIN_CMD(msg=False, path=bundled if bundled and Path(bundled).is_file() else None, **options)
    return solver if solver.available() else None

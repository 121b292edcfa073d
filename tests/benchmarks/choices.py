"""Random instances of the choice of options by every solver, held against the exhaustive search: `python -m tests.benchmarks.choices [COUNT]`.

Prints for each solver how many instances agree in the choice, in its value and in all choices near it, and the seconds an instance takes.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from drawn_options import drawn_problem, drawn_starts

from capmodel.reinvestment.ranking import ranked
from capmodel.reinvestment.solve import best_choice
from capmodel.reinvestment.solvers import cbc, enumerate, worth_of


def main(count: int) -> int:
    """Compare, print, and return 1 where a solver disagrees."""
    problems = [drawn_problem(seed) for seed in range(count)]
    expected = [ranked("enumerate", problem) for problem in problems]
    print(f"{count} instances, {sum(each.best.chosen is None for each in expected)} without a choice")  # noqa: T201
    wrong = 0
    solvers = ["highs", *(["cbc"] if cbc.available() else [])]
    for solver in solvers:
        began = time.perf_counter()
        # With few=0 the solver itself is asked for every choice.
        found = [ranked(solver, problem, few=0, most=1 << 12) for problem in problems]
        seconds = (time.perf_counter() - began) / count
        agree = sum(
            (a.best.chosen, a.best.proved, a.others) == (b.best.chosen, b.best.proved, b.others)
            and abs(a.best.bound - b.best.bound) < 0.005
            for a, b in zip(found, expected, strict=True)
            if a.best.chosen is not None or b.best.chosen is not None
        ) + sum(a.best.chosen is None and b.best.chosen is None and a.best.proved for a, b in zip(found, expected, strict=True))
        wrong += count - agree
        print(f"{solver}: {agree} of {count} agree; {seconds:.3f} s an instance")  # noqa: T201
    return int(wrong + of_starts(count, solvers) > 0)


def of_starts(count: int, solvers: list[str]) -> int:
    """Up to twelve options with start years and scales: the best of every choice against what each solver finds; how often one is wrong."""
    problems = [drawn_starts(seed) for seed in range(count)]
    began = time.perf_counter()
    expected = [enumerate.solve(problem, 600.0) for problem in problems]
    tried = sum(enumerate.choices_of(problem) for problem in problems)
    none = sum(each.chosen is None for each in expected)
    seconds = time.perf_counter() - began
    print(f"{count} instances with starts, {none} without a choice; {tried:,} choices tried in {seconds:.1f} s")  # noqa: T201
    wrong = 0
    for solver in solvers:
        began = time.perf_counter()
        agree = 0
        for problem, best in zip(problems, expected, strict=True):
            found = best_choice(solver, problem)
            same = (found.chosen is None) == (best.chosen is None)
            agree += found.proved and same and (found.chosen is None or abs(worth_of(problem, found.chosen) - best.bound) < 0.005)
        wrong += count - agree
        print(f"{solver}: {agree} of {count} agree; {(time.perf_counter() - began) / count:.3f} s an instance")  # noqa: T201
    return wrong


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))

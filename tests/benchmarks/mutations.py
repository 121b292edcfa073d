"""The share of single faults in the rules that the tests catch: `python -m tests.benchmarks.mutations [--faults 300] [--seed 1]`.

A fault is one change of one sign, comparison, number, condition or function name in a file of the rules, drawn at random.
The package and its tests are copied to a temporary folder; there each fault is written into the copy, and the examples of the
file and the tests named here for its folder are run until one fails. The listing of formulas is not among them, because it would
catch every change of a traced rule without knowing whether the figure is right. What other tests alone would catch counts as survived.

Cosmic Ray makes the faults; it is in the `benchmarks` extra. The faults that survive are printed as differences, for a person to
judge: some of them change nothing.
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator

from tests.benchmarks.__main__ import ROOT, row, say

#: Folders in which money is worked out.
RULES = (
    *("baseline/*.py", "capitation/**/*.py", "care_budgets/**/*.py", "contracts/**/*.py", "reinvestment/**/*.py"),
    "uncertainty/*.py",
)
CASES, WHOLE = "place/test_cases.py", "place/test_no_effect.py"
FIT = tuple(
    f"capitation/test_{name}.py" for name in ("fit", "fit_edges", "risk_adjustment", "leakage", "fit_extract", "fit_command", "fit_privacy")
)
NEED = tuple(f"capitation/test_{name}.py" for name in ("need_edges", "need", "risk_adjustment", "fit_command"))
SETTLE = tuple(f"contracts/test_{name}.py" for name in ("settle_edges", "settle_columns", "settle"))
TERMS = tuple(f"contracts/test_{name}.py" for name in ("contract_edges", "contracts"))
#: For the files of each folder the tests that are run, the quickest first; the longest name of a folder counts.
TESTS = {
    "baseline": ("baseline/test_spend_edges.py", CASES, "baseline/test_accounts.py", WHOLE, "baseline/test_recorded_spend.py"),
    "baseline/files": ("baseline/test_engine_files.py", "commands/test_files.py"),
    "capitation": (CASES, "capitation/test_risk_adjustment.py", WHOLE),
    "capitation/fit": FIT,
    "capitation/need/": NEED,
    "capitation/score_models": NEED,
    "capitation/rules": ("capitation/test_allocate_across.py", "capitation/test_allocate.py", "published/test_allocations.py"),
    "care_budgets": (TERMS[0], "care_budgets", CASES, WHOLE),
    "contracts": (CASES, *TERMS, *SETTLE, "contracts/test_cliffs_of_settlement.py", "contracts/test_settlement_properties.py"),
    "contracts/many": (*SETTLE, "contracts/test_column_terms.py"),
    "contracts/mechanisms": ("contracts/test_mechanisms.py", "contracts/test_mechanism_scope.py", CASES),
    "reinvestment": ("reinvestment", CASES),
    "uncertainty": ("uncertainty",),
}
PAIRS = {"maximum": "minimum", "at_least": "above", "at_most": "below"}
SWAPS = {**PAIRS, **{theirs: ours for ours, theirs in PAIRS.items()}}
LIBRARY = [
    *(f"ReplaceBinaryOperator_{pair}" for pair in ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "Add_Mul", "Mul_Add")),
    *(f"ReplaceComparisonOperator_{pair}" for pair in ("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Lt_Gt", "Gt_Lt", "Eq_NotEq", "NotEq_Eq")),
    "ReplaceUnaryOperator_Delete_USub",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "NumberReplacer",
]
#: Seconds after which the tests of one fault are ended; a fault that makes them run for so long has been caught.
MOST_SECONDS = 900.0


class SwapNames(Operator):
    """Takes a function of the rules for its counterpart."""

    def mutation_positions(self, node: parso.tree.NodeOrLeaf) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Every such name."""
        if node.type == "name" and node.value in SWAPS:
            yield node.start_pos, node.end_pos

    def mutate(self, node: parso.tree.NodeOrLeaf, index: int) -> parso.tree.NodeOrLeaf:
        """Its counterpart in its place."""
        return parso.python.tree.Name(SWAPS[node.value], node.start_pos, node.prefix)

    @classmethod
    def examples(cls) -> Sequence[object]:
        """None: the library asks for them in its own tests only."""
        return ()


@dataclass(frozen=True)
class Fault:
    """One change: the file, its line, and the text of the file with the change in it."""

    path: Path
    line: int
    text: str

    def shown(self) -> str:
        """The lines that differ."""
        then, now = (ROOT / self.path).read_text(encoding="utf-8").splitlines(), self.text.splitlines()
        changed = [
            line for line in difflib.unified_diff(then, now, n=0, lineterm="") if line[:1] in "+-" and line[:3] not in ("+++", "---")
        ]
        return f"{self.path}:{self.line}\n" + "\n".join(f"    {line}" for line in changed)


def operators() -> list[Operator]:
    """The changes that are made."""
    return [SwapNames(), *(get_operator(f"core/{name}")() for name in LIBRARY)]


def faults_of(path: Path) -> list[tuple[Path, Operator, int, int]]:
    """Every change that can be made to a file: file, operator, occurrence, line."""
    found = []
    nodes = list(ast_nodes(get_ast((ROOT / path).read_text(encoding="utf-8"))))
    for operator in operators():
        starts = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        found += [(path, operator, occurrence, line) for occurrence, (line, _) in enumerate(starts)]
    return found


def drawn(paths: Sequence[Path], count: int, seed: int) -> list[Fault]:
    """As many faults as asked for, drawn without regard to where they are; a change that does not compile is not one."""
    possible = [fault for path in paths for fault in faults_of(path)]
    random.Random(seed).shuffle(possible)
    found: list[Fault] = []
    for path, operator, occurrence, line in possible:
        text = mutate_code((ROOT / path).read_text(encoding="utf-8"), operator, occurrence)
        try:
            compile(text, str(path), "exec")
        except SyntaxError:
            continue
        found.append(Fault(path, line, text))
        if len(found) == count:
            break
    return found


def rules() -> list[Path]:
    """The files of the rules, from the root of the clone."""
    return sorted({path.relative_to(ROOT) for pattern in RULES for path in (ROOT / "capmodel").glob(pattern)})


def tests_of(path: Path) -> list[str]:
    """What is run for a fault in a file: its own examples, then the tests of its folder."""
    inside = path.as_posix().removeprefix("capmodel/")
    folder = max((name for name in TESTS if inside.startswith(name)), key=len)
    return [path.as_posix(), *(f"tests/{name}" for name in TESTS[folder])]


def copied(folder: Path) -> Path:
    """The tracked files of the clone, in a folder beside a link to the data that published tests read."""
    target = folder / "clone"
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    if (ROOT.parent / "shared").exists():
        (folder / "shared").symlink_to((ROOT.parent / "shared").resolve())
    return target


def pytest_in(clone: Path, *arguments: str, seconds: float | None = None) -> int:
    """Run pytest in a copy, on the package of the copy; a run that does not end in time has failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    try:
        return subprocess.run(
            command, cwd=clone, env={**os.environ, "PYTHONPATH": str(clone)}, capture_output=True, check=False, timeout=seconds
        ).returncode
    except subprocess.TimeoutExpired:
        return 1


def is_caught(clone: Path, fault: Fault) -> bool:
    """Whether a test fails, or the package refuses to be imported."""
    target = clone / fault.path
    original = target.read_bytes()
    target.write_text(fault.text, encoding="utf-8")
    try:
        # A workbook's formula is made of the same rule and follows the fault, so that its recalculation is left out.
        return pytest_in(clone, "-x", "-k", "not recalculated", *tests_of(fault.path), seconds=MOST_SECONDS) != 0
    finally:
        target.write_bytes(original)


def main() -> None:
    """Draw the faults, try each, and print the share caught and what survived."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--faults", type=int, default=300, help="how many faults (default 300)")
    parser.add_argument("--seed", type=int, default=1, help="which faults (default 1)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many are tried at once")
    asked = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        clones = [copied(Path(folder) / str(number)) for number in range(asked.workers)]
        every = sorted({test for path in rules() for test in tests_of(path)})
        if pytest_in(clones[0], f"-n{asked.workers}", *every):
            raise SystemExit("the tests do not pass as they are; mend that first")
        say(f"the tests pass without a fault, {time.perf_counter() - began:,.0f} s")
        faults = drawn(rules(), asked.faults, asked.seed)
        survived: list[Fault] = []

        def attempt(number: int) -> None:
            for fault in faults[number :: asked.workers]:
                if not is_caught(clones[number], fault):
                    survived.append(fault)
                    say(fault.shown())
                    sys.stdout.flush()

        with ThreadPoolExecutor(asked.workers) as pool:
            list(pool.map(attempt, range(asked.workers)))
    say(f"{len(faults)} single faults in {len(rules())} files of rules, seed {asked.seed}, {time.perf_counter() - began:,.0f} s")
    row("caught", f"{len(faults) - len(survived)}", f"{1 - len(survived) / len(faults):.1%}")
    for path, count in sorted(Counter(fault.path.as_posix() for fault in survived).items()):
        row(path.removeprefix("capmodel/"), f"{count} survived")


if __name__ == "__main__":
    main()

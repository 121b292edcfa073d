"""The share of single faults in the rules that the tests catch: `python -m tests.benchmarks.mutations [--faults 300] [--seed 1]`.

A fault is one change of one sign, comparison, number, condition or function name in a file of the rules, drawn at random.
The package and its tests are copied to a temporary folder; there one run of the suite records which test executes which line,
then each fault is written into the copy and the tests that execute its line are run until one fails. The listing of formulas
is left out, because it would catch every change of a traced rule without knowing whether the figure is right; tests of files,
extracts, books and commands are left out to save time, and what they alone would catch counts as survived.

Cosmic Ray makes the faults and pytest-cov records the lines; both are in the `benchmarks` extra. The faults that survive are
printed as differences, for a person to judge: some of them change nothing.
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
import xml.etree.ElementTree as ElementTree
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
from coverage import CoverageData

from tests.benchmarks.__main__ import ROOT, row, say

#: Folders in which money is worked out.
RULES = ("baseline/*.py", "capitation/**/*.py", "care_budgets/**/*.py", "contracts/**/*.py", "reinvestment/**/*.py")
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
#: Seconds of tests run for one fault, by their own durations, before it counts as survived.
MOST_SECONDS = 120.0
#: Tests of the listing of formulas, and those of files, extracts, books and commands, which look at no rule of money.
APART = (
    *("formula_listing", "docs", "architecture", "mutated_packs", "hostile_books", "read_back", "issued", "verify", "verify_provenance"),
    *("engines", "packed", "report", "segment", "suppress", "schemes", "fold", "nhs_numbers", "fit_privacy", "block_parts", "synthetic"),
    *("person_blanks", "person_commands", "person_dates", "person_faults", "person_linkage", "files", "readers", "one_fault", "accounts"),
    *("commands", "bad_input", "recorded_spend", "recalculation", "workbook", "workbook_outputs", "certificate", "structure", "packs"),
    *("new_place", "readme_outputs", "fit_extract", "stream", "yaml", "labels"),
)
LEFT_OUT = ("--ignore=tests/benchmarks", *(f"--ignore-glob=*/test_{name}.py" for name in APART))


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


def faults_of(path: Path, tested: set[int]) -> list[tuple[Path, Operator, int, int]]:
    """Every change that can be made to the lines of a file that tests execute: file, operator, occurrence, line."""
    found = []
    nodes = list(ast_nodes(get_ast((ROOT / path).read_text(encoding="utf-8"))))
    for operator in operators():
        starts = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        found += [(path, operator, occurrence, line) for occurrence, (line, _) in enumerate(starts) if line in tested]
    return found


def drawn(tests_by_line: dict[Path, dict[int, list[str]]], count: int, seed: int) -> list[Fault]:
    """As many faults as asked for, drawn without regard to where they are; a change that does not compile is not one."""
    possible = [fault for path, lines in sorted(tests_by_line.items()) for fault in faults_of(path, set(lines))]
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


def recorded(clone: Path, workers: int) -> tuple[dict[Path, dict[int, list[str]]], dict[str, float]]:
    """Which tests execute each line of the rules, and how long each test takes."""
    report = clone.parent / "durations.xml"
    code = pytest_in(
        clone,
        f"-n{workers}",
        "--cov=capmodel",
        "--cov-context=test",
        "--cov-report=",
        f"--junitxml={report}",
        "-o",
        "junit_family=xunit1",
        *LEFT_OUT,
    )
    if code:
        raise SystemExit("the suite does not pass as it is; mend that first")
    seconds: dict[str, float] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        seconds[f"{case.get('file')}::{case.get('name')}"] = float(case.get("time") or 0)
    data = CoverageData(str(clone / ".coverage"))
    data.read()
    lines: dict[Path, dict[int, list[str]]] = {}
    for path in sorted({path for pattern in RULES for path in (clone / "capmodel").glob(pattern)}):
        contexts = {
            line: sorted({name.split("|")[0] for name in names if name}) for line, names in data.contexts_by_lineno(str(path)).items()
        }
        lines[path.relative_to(clone)] = {line: tests for line, tests in contexts.items() if tests}
    return lines, seconds


def is_caught(clone: Path, fault: Fault, tests: Sequence[str], seconds: dict[str, float]) -> bool:
    """Whether a test fails, the quickest tests first."""
    wanted, spent = [], 0.0
    for test in sorted(tests, key=lambda name: seconds.get(name, 1.0)):
        spent += seconds.get(test, 1.0)
        if spent > MOST_SECONDS and wanted:
            break
        wanted.append(test)
    listed = clone.parent / "tests.txt"
    listed.write_text("\n".join(wanted), encoding="utf-8")
    target = clone / fault.path
    original = target.read_bytes()
    target.write_text(fault.text, encoding="utf-8")
    try:
        return pytest_in(clone, "-x", f"@{listed}", seconds=60 + 4 * spent) != 0
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
        tests_by_line, seconds = recorded(clones[0], asked.workers)
        say(f"suite recorded in {time.perf_counter() - began:,.0f} s")
        faults = drawn(tests_by_line, asked.faults, asked.seed)
        survived: list[Fault] = []

        def attempt(number: int) -> None:
            for fault in faults[number :: asked.workers]:
                if not is_caught(clones[number], fault, tests_by_line[fault.path][fault.line], seconds):
                    survived.append(fault)
                    say(fault.shown())
                    sys.stdout.flush()

        with ThreadPoolExecutor(asked.workers) as pool:
            list(pool.map(attempt, range(asked.workers)))
    say(f"{len(faults)} single faults in {len(tests_by_line)} files of rules, seed {asked.seed}, {time.perf_counter() - began:,.0f} s")
    row("caught", f"{len(faults) - len(survived)}", f"{1 - len(survived) / len(faults):.1%}")
    for path, count in sorted(Counter(fault.path.as_posix() for fault in survived).items()):
        row(path.removeprefix("capmodel/"), f"{count} survived")


if __name__ == "__main__":
    main()

"""The house rules that can be checked: who imports whom, what the algebra may know, sizes, documentation, and the contract of plug-ins.

The rule of imports: folders stand in the order the money flows, and a module imports only from its own folder and those below
it. The leaves (errors, version, console, files, money, plugins) may be imported by anyone and import only each other. No files import each
other in a ring. Imports inside functions and imports for types count like any other.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import capmodel
from capmodel.algebra.cell import excel
from capmodel.algebra.evaluate import Values
from capmodel.algebra.unit import parse, unit_by_name
from capmodel.model import Place, Result
from capmodel.place.chain import CHAINS, Chain
from capmodel.reinvestment import solvers
from capmodel.reinvestment.model import problem_of
from capmodel.reinvestment.solvers import Problem

PACKAGE = Path(capmodel.__file__).parent
#: Folders and files of the top level, in the order the money flows, up to the roof.
ORDER = [
    "algebra",
    "assumptions",
    "baseline",
    "capitation",
    "care_budgets",
    "contracts",
    "reinvestment",
    "place",
    "uncertainty",
    "workbook",
    "model",
    "__init__",
    "reports",
    "commands",
    "cli",
]
LEAVES = {"errors", "version", "console", "files", "money", "plugins"}
FILES = sorted(path for path in PACKAGE.rglob("*.py"))
TESTS = sorted(Path(__file__).parent.rglob("*.py"))


def module_of(path: Path) -> str:
    """The name a file is imported by."""
    return ".".join(("capmodel", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def room(module: str) -> str:
    """The folder or file of the top level that a module belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


def imports(path: Path) -> set[str]:
    """Modules of capmodel that a file imports: at run time, inside a function, or for its types."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "capmodel":
            names = [f"{node.module}.{name.name}" for name in node.names]
            found |= {name if name in MODULES else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names if name.name.split(".")[0] == "capmodel"}
    return found


@pytest.fixture(scope="module")
def imported_by() -> dict[str, set[str]]:
    """Modules of capmodel that each module imports. A fixture, since reading every file takes seconds of each process that collects."""
    return {module: imports(path) for module, path in MODULES.items()}


def test_every_room_has_its_place_in_the_order() -> None:
    assert {room(module) for module in MODULES} == {*ORDER, *LEAVES}


@pytest.mark.parametrize("module", MODULES)
def test_a_file_imports_only_from_below(module: str, imported_by: dict[str, set[str]]) -> None:
    mine = room(module)
    for imported in imported_by[module]:
        theirs = room(imported)
        if theirs in LEAVES or mine == theirs:
            continue
        assert mine not in LEAVES, f"{module} is a leaf and imports {imported}"
        assert ORDER.index(theirs) < ORDER.index(mine), f"{module} imports {imported}"


def test_no_files_import_each_other_in_a_ring(imported_by: dict[str, set[str]]) -> None:
    left = dict(imported_by)
    while free := [module for module, imported in left.items() if not imported & left.keys() - {module}]:
        for module in free:
            del left[module]
    assert sorted(left) == []


def test_relative_imports_are_not_used() -> None:
    assert [
        path.name for path in FILES for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom) and node.level
    ] == []


HEALTH_WORDS = {
    "nhs", "icb", "ccg", "capitation", "capitated", "segment", "segments", "patient", "patients", "hospital", "alliance", "settlement",
    "commissioner", "council", "provider", "providers", "payer", "payers", "care", "health", "gp", "acute", "contract", "contracts",
    "reinvestment", "budget", "budgets", "envelope", "party", "parties", "transfer", "gain", "loss",
}  # fmt: skip
#: Where units are spelt and checks are reported, money and people have their names.
NAMED_UNITS = {"unit.py", "check.py", "functions.py", "explain.py"}


def words_of(path: Path) -> Iterator[tuple[int, str]]:
    """Words of identifiers and of strings that are not documentation."""
    tree = ast.parse(path.read_text())
    documented = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node)}  # fmt: skip
    for node in ast.walk(tree):
        texts = [getattr(node, name) for name in ("name", "id", "attr", "arg") if isinstance(getattr(node, name, None), str)]
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            texts.append(node.value)
        for text in texts:
            yield from ((getattr(node, "lineno", 0), word.lower()) for word in re.findall(r"[A-Za-z]+", text.replace("_", " ")))


@pytest.mark.parametrize("path", sorted((PACKAGE / "algebra").rglob("*.py")), ids=lambda path: path.name)
def test_the_algebra_knows_no_word_of_health_care(path: Path) -> None:
    money = set() if path.name in NAMED_UNITS else {"gbp", "pounds"}
    assert {f"line {line}: {word}" for line, word in words_of(path) if word in HEALTH_WORDS | money} == set()


def test_no_file_of_the_package_or_of_tests_is_longer_than_400_lines() -> None:
    assert not [path.name for path in (*FILES, *TESTS) if len(path.read_text(encoding="utf-8").splitlines()) > 400]


def test_no_test_file_imports_another() -> None:
    assert not [path.name for path in TESTS if re.search(r"^(from|import) test_", path.read_text(encoding="utf-8"), re.MULTILINE)]


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(PACKAGE).as_posix() for path in FILES])
def test_everything_public_is_documented(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "the file says what it does"
    public = [node for node in [*tree.body, *(inner for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") for inner in node.body)]]  # fmt: skip
    lacking = [
        node.name
        for node in public
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert lacking == []


# ------------------------------------------------------------------ tables and lines

TABLES = list(dict.fromkeys(table for chain in CHAINS.values() for table in chain.tables))
#: Every line once: two tables may have a line in common.
LINES = list({id(line): (table, line) for table in reversed(TABLES) for line in table.lines.values()}.values())


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_the_chain_has_tables_and_lines(chain: Chain) -> None:
    assert len(chain.by_name) == len(chain.tables) > 30
    assert sum(len(table.lines) for table in chain.tables) > 100


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_every_table_a_chain_reads_is_in_it(chain: Chain) -> None:
    read = {
        link.table.name for table in chain.tables for line in table.lines.values() for link in line.links.values() if hasattr(link, "table")
    }
    assert read <= set(chain.by_name)


def test_no_rule_is_written_twice_for_the_two_routes() -> None:
    """Where both routes have a line that reads the same columns by the same formula, it is one line."""
    first, second = (chain.by_name for chain in CHAINS.values())
    for name in first.keys() & second.keys():
        for column in first[name].lines.keys() & second[name].lines.keys():
            one, other = first[name].lines[column], second[name].lines[column]
            same = (excel(one.tree, {}), one.links) == (excel(other.tree, {}), other.links) and one.arguments == other.arguments
            assert one is other or not same, f"{name}.{column}"


@pytest.mark.parametrize(("table", "line"), LINES, ids=[f"{table.name}.{line.name}" for table, line in LINES])
def test_every_line_explains_itself_and_is_named_by_its_unit(table: object, line: object) -> None:
    assert len(line.meaning.split()) >= 4
    assert line.label[:1].isupper()
    assert not line.label.endswith(".")
    assert parse(unit_by_name(line.name)) == parse(line.unit)


def test_every_input_is_named_by_its_unit() -> None:
    wrong = [f"{table.name}.{name}" for table in TABLES for name, column in table.inputs.items() if unit_by_name(name) != column.unit]
    assert wrong == []


def test_no_two_lines_of_a_table_share_a_label_and_no_two_share_a_meaning() -> None:
    for table in TABLES:
        labels = [column.label for column in (*table.inputs.values(), *table.lines.values())]
        assert len(set(labels)) == len(labels), f"{table.name}: {sorted(label for label in labels if labels.count(label) > 1)}"
    meanings = [line.meaning for _, line in LINES]
    assert sorted({meaning for meaning in meanings if meanings.count(meaning) > 1}) == []


def test_every_assumption_and_input_is_read_by_some_line(place: Place) -> None:
    read = {link.name for _, line in LINES for link in line.links.values() if hasattr(link, "name")}
    unread = set(place.assumptions) - read - {"check_tolerance_gbp", "check_tolerance_share"}
    assert unread == set()


# ------------------------------------------------------------------ solvers

SOLVERS = [module.name for module in pkgutil.iter_modules(solvers.__path__)]
AVAILABLE = [name for name in SOLVERS if importlib.import_module(f"{solvers.__name__}.{name}").available()]


def test_there_are_at_least_two_solvers_here() -> None:
    assert {"highs", "enumerate"} <= set(AVAILABLE)


@pytest.mark.parametrize("name", SOLVERS)
def test_a_solver_keeps_the_contract_of_its_family(name: str) -> None:
    module = importlib.import_module(f"{solvers.__name__}.{name}")
    assert isinstance(module.available(), bool)
    assert list(inspect.signature(module.solve).parameters) == ["problem", "time_limit_s"]
    assert module.__doc__


def small(random: np.random.Generator) -> Problem:
    options, rules = int(random.integers(1, 8)), int(random.integers(1, 5))
    values = np.round(random.normal(scale=100, size=options), 2)
    coefficients = np.round(random.normal(scale=10, size=(rules, options)), 1)
    return Problem(values, np.round(random.normal(loc=5, scale=10, size=rules), 1), coefficients)


def brute_force(problem: Problem) -> float | None:
    """Every choice in turn, in plain Python."""
    best = None
    for choice in itertools.product((0, 1), repeat=len(problem.values)):
        left = [
            constant + sum(c * x for c, x in zip(row, choice, strict=True))
            for constant, row in zip(problem.constants, problem.coefficients, strict=True)
        ]
        if min(left) >= -1e-9:
            worth = sum(v * x for v, x in zip(problem.values, choice, strict=True))
            best = worth if best is None else max(best, worth)
    return best


@pytest.mark.parametrize("name", AVAILABLE)
def test_every_solver_finds_the_best_of_small_problems(name: str) -> None:
    random = np.random.default_rng(5)
    module = importlib.import_module(f"{solvers.__name__}.{name}")
    impossible = 0
    for _ in range(12):
        problem = small(random)
        answer, best = module.solve(problem, 20.0), brute_force(problem)
        if best is None:
            impossible += 1
            assert answer.chosen is None
            continue
        assert answer.proved
        assert set(answer.chosen) <= {0, 1}
        assert float(problem.values @ np.array(answer.chosen)) == pytest.approx(best, abs=1e-6)
        assert (problem.constants + problem.coefficients @ np.array(answer.chosen) >= -1e-6).all()
    assert impossible, "some of the problems have no answer"


def test_the_plan_of_the_example_is_the_best_of_all_choices(place: Place, result: Result) -> None:
    chain = place.chain
    known = chain.before_options(Values(place.inputs("base", [])))
    problem = problem_of(known)
    count = len(place.choices.options)
    numbers = np.arange(1 << count)
    choices = ((numbers[:, None] >> np.arange(count)) & 1).astype(float)
    blocks = np.split(choices, 16)
    worth = np.concatenate([np.where(solvers.keeps(problem, block), solvers.worths_of(problem, block), -np.inf) for block in blocks])
    assert worth.max() == pytest.approx(result.plan.objective_gbp, abs=0.005)
    assert worth[int(sum(value << i for i, value in enumerate(result.plan.chosen.values())))] == pytest.approx(worth.max(), abs=0.005)
    assert np.sort(worth)[-2] == pytest.approx(result.plan.next_best_gbp, abs=0.01)
    assert 0 < sum(result.plan.chosen.values()) < count, "the budget leaves some options out"

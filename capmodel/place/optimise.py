"""Chooses the options of a place and tests every one of them, with what it takes to repeat it to the penny.

The tests are in `reinvestment.option_tests`; here the place gives them its chain, its ranges and its scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from capmodel.algebra.evaluate import Inputs, Values
from capmodel.assumptions.load import raise_if_any
from capmodel.assumptions.step import OPTIONS, names_read
from capmodel.errors import BadInput, Problem
from capmodel.place.place import Changes, Place
from capmodel.place.result import Result
from capmodel.place.run import run_place
from capmodel.place.scenarios import BASE
from capmodel.reinvestment.choose import Plan
from capmodel.reinvestment.option_tests.every import OptionTest, every_test
from capmodel.reinvestment.option_tests.in_plan import Asking
from capmodel.reinvestment.option_tests.switches import Setting
from capmodel.version import __version__

#: The packages by which a solver works; a solver that is not named is part of capmodel.
PACKAGES = {"highs": ("highspy", "pulp"), "cbc": ("pulp",)}


@dataclass(frozen=True)
class Provenance:
    """What the tests were made from."""

    place: str
    title: str
    scenario: str
    changes: Mapping[str, float]
    solver: str
    solver_versions: Mapping[str, str]
    version: str
    rules: str
    run: str
    packs: tuple[tuple[str, str], ...]  # id and fingerprint
    as_at: str


@dataclass(frozen=True)
class Optimised:
    """The best plan of a place and the tests of its options.

    Attributes:
        provenance: place, scenario, solver and its version, fingerprints, date of the packs.
        result: the run with the best plan.
        plan: the best plan, with its bound and gap.
        tests: what was found about each option, in the order of the options.
        questions: how often the solver was asked. `spared` is how often the best plan was the answer already.
        unproved: how many of the answers are not proved best.
        scenarios: the other scenarios in which the decisions were tried.
    """

    provenance: Provenance
    result: Result
    plan: Plan
    tests: tuple[OptionTest, ...]
    questions: int
    spared: int
    unproved: int
    scenarios: tuple[str, ...]


def optimise_place(place: Place, scenario: str = BASE, changes: Changes | None = None, solver: str = "highs") -> Optimised:
    """Choose the options of a place and test every one of them.

    Args:
        place: the place.
        scenario: the scenario that is optimised; the decisions are tried in the place's other scenarios too.
        changes: single figures to change, by name; another scenario reads a change where it has no figure of its own.
        solver: the solver that chooses options.

    Raises:
        BadInput: the place has no options, or a scenario or a changed figure cannot be.
        NoPlan: no choice of options keeps every constraint.
    """
    place.need(OPTIONS)
    if not place.choices.options:
        why = "there is nothing to choose from and nothing to test"
        raise BadInput([Problem(f"{place.pack.id}, options.yaml", "it lists no option", why, "Add an option")])
    result = run_place(place, scenario, changes, solver)
    assert result.plan is not None
    changed, chain = result.place, place.chain

    def before(inputs: Inputs) -> Values:
        return chain.before_options(Values(inputs))

    problems: list[Problem] = []
    others = tuple(name for name in changed.scenarios if name != scenario)
    inputs = {name: changed.inputs(name, problems) for name in (scenario, *others)}
    raise_if_any(problems)
    known = {name: before(each) for name, each in inputs.items()}
    ranges = {
        name: assumed.range for name, assumed in changed.assumptions.items() if assumed.range and name in known[scenario].inputs.assumptions
    }
    asking = Asking(solver)
    setting = Setting(known[scenario], place.choices.options, ranges, before, names_read(chain.to_settlement), chain.calculate)
    tests = every_test(setting, result.plan, asking, {name: known[name] for name in others})
    pack = place.pack
    made = Provenance(
        place=pack.id,
        title=pack.title,
        scenario=scenario,
        changes=dict(sorted((changes or {}).items())),
        solver=solver,
        solver_versions={name: _version(name) for name in PACKAGES.get(solver, ())},
        version=__version__,
        rules=chain.rules_fingerprint(),
        run=result.run_id,
        packs=tuple((edition.id, edition.sha256) for edition in pack.editions),
        as_at=pack.as_at,
    )
    return Optimised(made, result, result.plan, tests, asking.questions, asking.spared, asking.unproved, others)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

"""The optimiser's model read again: the same problem as read anew, and only what is otherwise is worked out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from capmodel.algebra import evaluate as evaluating
from capmodel.algebra.evaluate import Inputs, Values
from capmodel.model import Place
from capmodel.reinvestment.budgets import multiplied
from capmodel.reinvestment.frontier.perspectives import in_perspective
from capmodel.reinvestment.model import Model, model_of, problem_of
from capmodel.reinvestment.option_tests.alone import EFFECT, with_given
from capmodel.reinvestment.solvers import Problem, aligned, slacks_of, worths_of

COST = ("option_year", "setup_cost_gbp")


@pytest.fixture(scope="module")
def known(place: Place) -> Values:
    return place.chain.before_options(Values(place.inputs("base", [])))


@pytest.fixture(scope="module")
def model(known: Values) -> Model:
    return model_of(known)


def moved(known: Values, node: tuple[str, str], factor: float, first: int = 0) -> Values:
    """What is known, with the figures of a column from the first on multiplied."""
    figures = known.inputs.given[node]
    return with_given(known, {node: np.where(np.arange(len(figures)) >= first, figures * factor, figures)})


def assumed(known: Values, name: str, figure: float) -> Values:
    inputs: Inputs = replace(known.inputs, assumptions={**known.inputs.assumptions, name: np.full(1, figure)})
    return Values(inputs, known.figures)


OTHERWISE: dict[str, Callable[[Values], Values]] = {
    "nothing": lambda known: Values(replace(known.inputs, given=dict(known.inputs.given)), dict(known.figures)),
    "effects": lambda known: moved(known, EFFECT, 0.7, first=5),
    "effects that come to nothing": lambda known: moved(known, EFFECT, 0.0),
    "cost": lambda known: moved(known, COST, 1.3),
    "budget": lambda known: multiplied(known, 0.4),
    "perspective": lambda known: in_perspective(known, "commissioner"),
    "prudence": lambda known: assumed(known, "prudence_share", 0.41),
    "mandatory": lambda known: moved(known, ("option", "mandatory_flag"), 0.0),
}


def same(one: Problem, other: Problem, choices: Any) -> None:
    assert np.allclose(worths_of(one, choices), worths_of(other, choices), rtol=0, atol=1e-5)
    assert np.allclose(slacks_of(one, choices), slacks_of(other, choices), rtol=0, atol=1e-5)
    assert len(one.products) == len(other.products)


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_model_read_again_is_the_model_read_anew(name: str, known: Values, model: Model) -> None:
    drawn = np.random.default_rng(5)
    choices = drawn.integers(0, 2, (60, model.problem.decisions))
    view = OTHERWISE[name](known)
    same(model.problem_of(view), problem_of(view), choices)
    assert len(model.problem.products) == len(problem_of(known).products), "the first model is as it was"


def test_only_what_is_otherwise_is_worked_out_again(known: Values, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[str] = []
    right = evaluating._work_out

    def counted(table: Any, line: Any, *rest: Any) -> Any:
        worked.append(f"{table.name}.{line.name}")
        return right(table, line, *rest)

    monkeypatch.setattr(evaluating, "_work_out", counted)
    model.problem_of(OTHERWISE["nothing"](known))
    assert worked == []
    model.problem_of(multiplied(known, 0.4))
    assert {each.split(".")[0] for each in worked} == {"overall_budget", "budget"}
    worked.clear()
    model.problem_of(OTHERWISE["cost"](known))
    assert "start_year.cost_gbp" in worked
    assert not [each for each in worked if each.startswith("overlap")], "costs move no saving"


def test_aligned_problems_name_each_product_once(known: Values, model: Model) -> None:
    views = [known, moved(known, EFFECT, 0.5), in_perspective(known, "commissioner")]
    problems = [problem_of(each) for each in views]
    found = aligned(problems)
    choices = np.random.default_rng(6).integers(0, 2, (40, model.problem.decisions))
    for one, other in zip(problems, found, strict=True):
        assert np.allclose(worths_of(one, choices), worths_of(other, choices), rtol=0, atol=1e-5)
        assert np.allclose(slacks_of(one, choices), slacks_of(other, choices), rtol=0, atol=1e-5)
    keys = [product.key for product in found[0].products]
    assert len(set(keys)) == len(keys) < sum(len(each.products) for each in problems)
    assert found[0].products == found[1].products


@pytest.mark.parametrize("name", ["efficiency_share", "fitted_need_share", "prudence_share", None])
def test_the_steps_before_the_options_are_worked_out_again_only_as_far_as_they_follow(
    name: str | None, place: Place, known: Values
) -> None:
    years = 1 if name is None else len(known.inputs.assumptions[name])
    held = {} if name is None else {name: np.full(years, 0.3)}
    inputs = replace(known.inputs, assumptions={**known.inputs.assumptions, **held})
    again, anew = place.chain.before_options(Values(inputs), known), place.chain.before_options(Values(inputs))
    assert again.figures.keys() == anew.figures.keys()
    assert all(np.array_equal(again.figures[node], figures) for node, figures in anew.figures.items())
    kept = sum(again.figures[node] is known.figures[node] for node in anew.figures)
    assert (kept == len(anew.figures)) == (name in ("prudence_share", None)) and kept > 0

"""Options that are chosen by what parties keep after settlement: the best of every plan, and what is refused."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from place_kinds import edit

import capmodel
from capmodel.cli import main
from capmodel.errors import BadInput, NoPlan
from capmodel.model import Place, Result
from capmodel.reinvestment import settled_choice
from capmodel.reinvestment.planning import SLACKS

from conftest import Case  # isort: skip

KNOWN = {"status": "illustrative", "source": "p90"}


@pytest.fixture
def made(small: Case, tmp_path: Path) -> Callable[..., Path]:
    """The small place that settles the plan, with another perspective and floors."""

    def make(perspective: dict[str, Any], floors: list[dict[str, Any]] | None = None, name: str = "one") -> Path:
        folder = Path(shutil.copytree(small.folder.parents[1], tmp_path / name)) / "places" / small.folder.name
        edit(folder / "place.yaml", lambda stated: stated.update(actual_cost="plan"))

        def change(stated: dict[str, Any]) -> None:
            stated["perspective"] = {**KNOWN, **perspective}
            # Only the budget and the needs of options limit the choice, so that there are many plans.
            stated["options"] = [{**each, "mandatory": False} for each in stated["options"]]
            stated["floors"] = {"parties": [{**KNOWN, **each} for each in floors or []]}

        edit(folder / "options.yaml", change)
        return folder

    return make


def every_plan(place: Place) -> list[tuple[float, dict[str, int], Result]]:
    """Every plan that keeps the constraints by the rules themselves, settled one by one, the best first."""
    found = []
    options = place.choices.options
    for taken in itertools.product((0, 1), repeat=len(options)):
        run = place.run(chosen=dict(zip(options, taken, strict=True)))
        if all((run.values.figure(node) >= -1e-4).all() for node in SLACKS):
            found.append((run.column("objective", "plan_value_gbp")[()], run.choice, run))
    return sorted(found, key=lambda each: -each[0])


@pytest.mark.parametrize("view", ["acute_trusts", "nhs_commissioner", "reinvestment_fund"])
def test_the_plan_is_the_best_of_every_plan_that_is_settled_by_itself(made: Callable[..., Path], view: str) -> None:
    place = capmodel.load(made({"view": view, "settled": True}))
    plan, plans = place.run().plan, every_plan(place)
    assert plan is not None and plan.settled is not None and plan.proved and plan.bound_gbp == plan.objective_gbp
    assert plan.objective_gbp == pytest.approx(plans[0][0], abs=0.005) and plan.settled.plans == len(plans)
    assert plan.next_best_gbp == pytest.approx(plans[1][0], abs=0.01)
    equal = [chosen for worth, chosen, _ in plans if round(worth, 2) == round(plans[0][0], 2)]
    assert dict(plan.chosen) in equal and sum(plan.chosen.values()) == min(sum(each.values()) for each in equal)
    for other in plan.settled.otherwise:
        worth = [value for value, chosen, _ in plans if chosen[other.option] == other.taken]
        assert other.worth_gbp == (pytest.approx(worth[0], abs=0.005) if worth else None)
    kept = plans[0][2].column("after_settlement", "counted_kept_gbp")
    assert plan.objective_gbp == pytest.approx(sum(value for (party, _), value in kept.items() if party == view), abs=0.01)


def test_another_view_of_the_settlement_may_choose_other_options(made: Callable[..., Path]) -> None:
    settled = capmodel.load(made({"view": "acute_trusts", "settled": True})).run()
    before = capmodel.load(made({"view": "acute_trusts"}, name="two")).run()
    # Before settlement trusts only lose income by a saving; after it they have a share of what is released.
    assert settled.column("objective", "unsettled_value_gbp")[()] <= before.column("objective", "plan_value_gbp")[()]
    assert settled.choice != before.choice


def test_counted_alike_all_parties_choose_as_they_do_before_settlement(made: Callable[..., Path]) -> None:
    settled, before = (capmodel.load(made({"view": "system", **each}, name=f"{len(each)}")).run() for each in ({"settled": True}, {}))
    assert settled.choice == before.choice


def test_a_floor_after_settlement_rules_out_the_plans_that_break_it(made: Callable[..., Path]) -> None:
    free = capmodel.load(made({"view": "system"}))
    plans = every_plan(free)
    party = "acute_trusts"
    kept = [run.column("after_settlement", "kept_gbp")[party, "2027"] for _, _, run in plans]
    least = (kept[0] + max(kept)) / 2 if max(kept) > kept[0] else kept[0]
    floor = {"party": party, "least_gbp": {2026: -1e9, 2027: round(least, 2)}, "settled": True}
    held = capmodel.load(made({"view": "system"}, [floor], "held")).run()
    assert held.plan is not None and max(kept) > kept[0]
    allowed = [worth for (worth, _, _), gbp in zip(plans, kept, strict=True) if gbp >= round(least, 2) - 1e-4]
    assert held.plan.objective_gbp == pytest.approx(allowed[0], abs=0.005) and allowed[0] < plans[0][0]
    assert all(check.passed for check in held.checks)
    assert held.column("settled_floor", "settled_slack_gbp")[party, "2027"] >= 0
    # The best plan without the floor fails the check of its slack.
    other = held.place.run(chosen=plans[0][1])
    assert [check.name for check in other.checks if not check.passed] == ["settled_floor.settled_slack_gbp"]


def test_floors_that_no_plan_keeps_are_short_by_named_pounds(made: Callable[..., Path]) -> None:
    floor = {"party": "council", "least_gbp": {2026: 9e9, 2027: -9e9}, "settled": True}
    with pytest.raises(NoPlan) as raised:
        capmodel.load(made({"view": "system"}, [floor])).run()
    first, *lines = str(raised.value).splitlines()
    assert first == "No choice of options keeps every floor after settlement. The choice that lacks least is short of:"
    assert len(lines) == 1 and lines[0].startswith("  Councils 2026/27: £9,001,7")


def test_more_plans_than_can_be_settled_are_refused_and_none_is_called_best(
    made: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = capmodel.load(made({"view": "council", "settled": True}))
    monkeypatch.setattr(settled_choice, "MOST_PLANS", 3)
    with pytest.raises(NoPlan, match="cannot be proved here: more than 3 plans keep the constraints"):
        place.run()
    monkeypatch.setattr(settled_choice, "MOST_CHOICES", 3)
    with pytest.raises(NoPlan, match="there are 32 choices, and every one of up to 3 is looked at"):
        place.run()
    monkeypatch.undo()
    with pytest.raises(NoPlan, match="Time limit reached: not every plan could be settled in 1e-09 seconds"):
        place.run(time_limit_s=1e-9)


def test_the_summary_says_that_the_value_is_after_settlement(made: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    folder = made({"view": "council", "settled": True})
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Present value after settlement, against the target" in text and "To choose no option would be worth" in text
    assert "The value is by the view council after settlement, against the target: it counts the pounds of Councils" in text
    assert main(["verify", str(tmp_path / "small-place.xlsx"), "--place", str(folder)]) == 0


def test_the_tests_of_options_are_refused_where_the_choice_is_after_settlement(made: Callable[..., Path]) -> None:
    with pytest.raises(BadInput, match="the tests of options are by value before settlement"):
        capmodel.load(made({"view": "council", "settled": True})).optimise()


# ------------------------------------------------------------------ what cannot be


def test_after_settlement_cannot_be_asked_for_where_the_plan_is_not_settled(small_broken: Path) -> None:
    edit(small_broken / "options.yaml", lambda stated: stated.update(perspective={**KNOWN, "view": "council", "settled": True}))
    with pytest.raises(BadInput) as raised:
        capmodel.load(small_broken)
    (problem,) = map(str, raised.value.problems)
    assert problem.startswith("options.yaml, line ") and "settled is true, and the contract does not settle the plan" in problem
    assert problem.endswith("Write actual_cost: plan in place.yaml, or leave settled out.")


def test_outcomes_are_not_settled(made: Callable[..., Path]) -> None:
    with pytest.raises(BadInput, match="the perspective is settled and counts outcomes"):
        capmodel.load(made({"views": {"outcomes": 0.5, "council": 0.5}, "settled": True}))


def test_a_party_has_one_floor_before_and_one_after_settlement(made: Callable[..., Path]) -> None:
    floor = {"party": "council", "least_gbp": {2026: -9e9, 2027: -9e9}}
    capmodel.load(made({"view": "system"}, [floor, {**floor, "settled": True}]))
    with pytest.raises(BadInput, match="council has two floors after settlement"):
        capmodel.load(made({"view": "system"}, [{**floor, "settled": True}] * 2, "two"))

"""Outcomes that options are for: faults in one report, what is said of them, the views between which plans are listed, and the workbook."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from option_files import effect, option, read, stated, texts
from place_kinds import edit

from capmodel.algebra.evaluate import Values
from capmodel.errors import BadInput
from capmodel.model import load
from capmodel.place.trials import Trials
from capmodel.reinvestment.frontier.perspectives import perspective_frontier
from capmodel.workbook.pages.plan import PLAN
from capmodel.workbook.pages.records import recorded_of
from capmodel.workbook.sheets import certified

KNOWN = {"status": "illustrative", "source": "s1"}
LIFE: dict[str, Any] = {"id": "life_years", "label": "Life years", "unit_gbp": 50, "health": True, **KNOWN}


def gives(**changes: Any) -> dict[str, Any]:
    return {"measure": "life_years", "units_each": 0.1, "number": {2026: 5, 2027: 5}, **KNOWN, **changes}


def file(measures: list[dict[str, Any]], *outcomes: dict[str, Any], **perspective: Any) -> dict[str, Any]:
    content = stated(option("a", effect("e1"), outcomes=list(outcomes)), outcomes=measures)
    return {**content, "perspective": {**KNOWN, **perspective}} if perspective else content


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "an outcome that is none": (file([LIFE], gives(measure="life_year")), "Did you mean life_years"),
    "no measures at all": (file([], gives()), "State life_years under outcomes:"),
    "a year too many": (file([LIFE], gives(number={2026: 5, 2027: 5, 2028: 5})), "number has a figure for 2028/29"),
    "an outcome that is said twice": (file([LIFE], gives(), gives()), "a states life_years twice"),
    "a unit that counts for nothing": (file([{**LIFE, "unit_gbp": 0}], gives()), "unit_gbp is 0"),
    "two rates": (file([{**LIFE, "discount_rate_share": 0.02}], gives()), "health and discount_rate_share are both stated"),
    "no rate": (file([{**LIFE, "health": False}], gives()), "Write health: true for 1.5%, or the rate"),
    "a view of outcomes that nobody states": (file([LIFE], view="outcomes"), "no option states an outcome"),
    "a view that is none": (file([LIFE], gives(), view="outcome"), "Did you mean outcomes"),
    "a view that is none in a blend": (file([LIFE], gives(), views={"sistem": 1}), "Did you mean system"),
    "a weight below zero": (file([LIFE], gives(), views={"system": -1, "outcomes": 1}), "the weight of system is -1"),
    "a blend of nothing": (file([LIFE], gives(), views={"system": 0}), "no view has a weight"),
    "a view and a blend": (file([LIFE], gives(), view="system", views={"outcomes": 1}), "states both a view and a blend of views"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_is_refused(name: str, tmp_path: Path) -> None:
    content, says = FAULTS[name]
    found, problems = read(tmp_path, content)
    assert found is None and says in "\n".join(texts(problems)) and len(problems) == 1, texts(problems)


def test_what_has_no_effect_and_what_a_blend_counts_is_said(tmp_path: Path) -> None:
    found, problems = read(tmp_path, file([LIFE, {**LIFE, "id": "falls", "label": "Falls"}], gives()))
    assert found is not None and not problems
    assert "Without effect: the outcome Falls, since no option states it" in found.remarks
    assert "Outcomes are shown and are no part of the value: the perspective gives them no weight" in found.remarks
    found, _ = read(tmp_path, file([LIFE], gives(), views={"system": 0.7, "council": 0.1, "outcomes": 0.2}))
    assert found is not None
    said = "The value is by the views system (0.7), council (0.1) and outcomes (0.2): it counts the pounds of commissioner, council, trust and what the options do for people"
    assert said in found.remarks
    assert [figure.value for figure in found.columns["perspective_index"].figures.values()] == pytest.approx([0.7, 0.8, 0.7])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, small: Any) -> Path:
    packs = Path(shutil.copytree(small.folder.parents[1], tmp_path_factory.mktemp("outcomes") / "assumptions"))
    found = packs / "places" / small.folder.name
    reaches = {"frailty_teams": (1000, 2000), "risk_profiling": (9000, 9000)}

    def change(content: dict[str, Any]) -> None:
        content["outcomes"] = [{**LIFE, "source": "p90"}]
        for each in content["options"]:
            if each["id"] in reaches:
                each["outcomes"] = [gives(number=dict(zip((2026, 2027), reaches[each["id"]], strict=True)), source="p90")]

    edit(found / "options.yaml", change)
    return found


def test_plans_are_listed_between_every_pair_of_views(folder: Path) -> None:
    place = load(folder)
    result = place.run(solver="enumerate")
    assert result.plan is not None
    known, chosen = place.chain.before_options(Values(place.inputs(result.scenario, []))), result.plan.chosen
    for between in (("system", "outcomes"), ("commissioner", "outcomes"), ("system", "commissioner")):
        found = perspective_frontier(known, list(chosen), between, list(chosen.values()), "enumerate")
        points = found.points
        assert (found.first, found.second) == between and points
        if between[1] == "outcomes":
            result = place.run(chosen={name: taken for name, taken in points[-1].chosen.items()})
            units = result.column("plan_outcome", "plan_outcome_number")
            worth = 50 * (units["life_years", "2026"] + units["life_years", "2027"] / 1.015)
            assert points[-1].second_gbp == pytest.approx(worth, abs=0.005) and worth > 0


def test_the_plan_page_shows_the_outcomes_and_the_book_recalculates(folder: Path) -> None:
    result = load(folder).run()
    made = certified(result, recorded_of(result))
    assert made.certificate.passed, made.certificate.differences[:3]
    cells = made.book.sheet(PLAN).cells
    (row,) = (row for (row, column), cell in cells.items() if column == 0 and cell.value == "Life years")
    assert cells[row, 2].value == result.column("plan_outcome", "plan_outcome_number")["life_years", "2027"]


def test_a_view_of_outcomes_is_refused_where_no_option_states_one(small: Any) -> None:
    with pytest.raises(BadInput, match="--between outcomes: no option states an outcome"):
        small.place.optimise(trials=Trials(between=("system", "outcomes")))

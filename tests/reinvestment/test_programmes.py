"""Places that carry published programmes: each runs from its own files, and gives the pounds and shares that were printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import capmodel
from capmodel.model import Result

PLACES = Path(__file__).parents[2] / "assumptions/places"
#: Each programme, the options that are chosen, and how many figures of its options are the published ones.
PROGRAMMES = {
    "chester-hospital-at-home": (["hospital_at_home"], 0),
    "birmingham-intermediate-care": (["home_first"], 1),
    "northumberland-frail-elderly": (["frailty_teams"], 1),
    "pennine-liaison-psychiatry": (["liaison_psychiatry"], 0),
    "nottingham-telehealth": (["telehealth", "neighbourhood_teams"], 2),
    "leeds-shared-record": (["shared_record", "joint_care_plans", "care_coordinators"], 0),
    "greenwich-reablement": (["reablement"], 1),
}


def run(name: str, **given: Any) -> Result:
    return capmodel.load(PLACES / name).run(**given)


@pytest.mark.parametrize("name", PROGRAMMES)
def test_a_programme_runs_from_its_own_files_and_marks_what_is_published(name: str) -> None:
    result = run(name)
    chosen, published = PROGRAMMES[name]
    assert result.passed and result.plan is not None and result.plan.proved
    assert [option for option, taken in result.plan.chosen.items() if taken] == chosen
    effects = result.place.choices.columns["effect_share"].figures.values()
    assert sum(figure.status == "published" for figure in effects) == published


def claimed(result: Result) -> dict[int, float]:
    """What the chosen options claim to save by year, before prudence; more spend is left out."""
    rows = result.tables["effect_year"]
    chosen = [option for option, taken in result.choice.items() if taken]
    saved = rows[(rows["claimed_gbp"] > 0) & rows["option"].isin(chosen)]
    by_year = saved.groupby("year")["claimed_gbp"].sum()
    return {int(year): round(float(value), -2) for year, value in by_year.items()}


def test_chester_claims_what_was_printed_and_counts_half_of_it() -> None:
    result = run("chester-hospital-at-home")
    by_year = claimed(result)
    assert by_year[2026] + by_year[2027] == 500_000
    assert [by_year[year] for year in (2028, 2029, 2030)] == [1_400_000] * 3
    plan = result.tables["plan"]
    assert plan["plan_saving_gbp"].sum() == pytest.approx(0.5 * sum(by_year.values()), abs=1)


def test_birmingham_claims_the_ends_of_the_printed_range() -> None:
    assert claimed(run("birmingham-intermediate-care"))[2030] == 15_300_000


def test_northumberland_ends_36_per_cent_below_business_as_usual() -> None:
    rows = run("northumberland-frail-elderly").tables["outturn_month"]
    july = rows[(rows["setting"] == "acute_emergency") & (rows["month"] == "jul") & (rows["year"].astype(int) == 2028)]
    assert float(july["month_actual_gbp"].iloc[0]) == pytest.approx(0.64 * float(july["month_plan_gbp"].iloc[0]), abs=0.01)


def test_the_record_of_leeds_saves_nothing_and_is_chosen_for_what_needs_it() -> None:
    alone = run("leeds-shared-record", chosen={"shared_record": 1})
    assert alone.tables["plan"]["plan_saving_gbp"].sum() == 0
    assert alone.tables["objective"]["plan_value_gbp"].iloc[0] < -2_000_000

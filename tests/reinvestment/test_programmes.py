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


def saved(result: Result) -> dict[int, float]:
    """What the chosen options save by year, each by itself; more spend is left out."""
    rows = result.tables["effect_year"]
    by_year = rows[rows["chosen_saving_gbp"] > 0].groupby("year")["chosen_saving_gbp"].sum()
    return {int(year): round(float(value), -2) for year, value in by_year.items()}


def test_chester_claims_what_was_printed_and_counts_half_of_it() -> None:
    claimed = saved(run("chester-hospital-at-home", scenario="as_claimed"))
    assert claimed[2026] + claimed[2027] == 500_000
    assert [claimed[year] for year in (2028, 2029, 2030)] == [1_400_000] * 3
    plan = run("chester-hospital-at-home").tables["plan"]
    assert plan["plan_saving_gbp"].sum() == pytest.approx(0.5 * sum(claimed.values()), abs=1)


def test_birmingham_saves_the_ends_of_the_printed_range() -> None:
    name = "birmingham-intermediate-care"
    assert saved(run(name, scenario="as_claimed", chosen={"home_first": 1}))[2030] == 15_300_000
    both = run(name, scenario="as_claimed", chosen={"home_first": 1, "full_potential": 1})
    # The two act on the same care, so that together they save less than each by itself adds up to.
    assert saved(both)[2030] > 21_100_000
    assert both.tables["plan"]["plan_saving_gbp"].iloc[-1] == pytest.approx(21e6, abs=100)


def test_northumberland_ends_36_per_cent_below_business_as_usual() -> None:
    rows = run("northumberland-frail-elderly").tables["outturn_month"]
    july = rows[(rows["setting"] == "acute_emergency") & (rows["month"] == "jul") & (rows["year"].astype(int) == 2028)]
    assert float(july["month_actual_gbp"].iloc[0]) == pytest.approx(0.64 * float(july["month_plan_gbp"].iloc[0]), abs=0.01)


def test_the_record_of_leeds_saves_nothing_and_is_chosen_for_what_needs_it() -> None:
    alone = run("leeds-shared-record", chosen={"shared_record": 1})
    assert alone.tables["plan"]["plan_saving_gbp"].sum() == 0
    assert alone.tables["objective"]["plan_value_gbp"].iloc[0] < -2_000_000

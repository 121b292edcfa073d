"""Budgets by month and the outturn: nothing is lost between months, faulty files are refused in one report, and a contract settles on it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import Case
from hypothesis import given, settings
from hypothesis import strategies as st
from place_kinds import edit

import capmodel
from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.rows import Rows
from capmodel.care_budgets.months.by_month import TABLES
from capmodel.care_budgets.months.calendar import MONTHS
from capmodel.care_budgets.year_of_care import care_budget
from capmodel.cli import main

MONTHS_FILE: dict[str, Any] = {
    "id": "months", "title": "Months", "status": "illustrative", "source": "p90", "profile": "equal",
    "settings": {"acute_emergency": "winter"},
    "profiles": [
        {"id": "equal", "label": "Equal months", "kind": "equal"},
        {"id": "winter", "label": "Winter", "kind": "seasonal", "weights": dict(zip(MONTHS, range(5, 17), strict=True))},
    ],
    "list_changes": [
        {"segment": "chronic_elderly", "follows_share": 0.5, "planned_persons": {2026: 1000, 2027: 1000},
         "persons": {2026: {"apr": 1000, "may": 1010}}, "rest": "last"},
    ],
}  # fmt: skip
OUTTURN_FILE: dict[str, Any] = {
    "id": "outturn", "title": "Outturn", "status": "illustrative", "source": "p90", "actuals": "outturn.csv", "rule": "run_rate",
    "rules": [{"setting": "social_care", "rule": "budget"}, {"setting": "mental_health", "rule": "pressure"}],
}  # fmt: skip
RATES = {"acute_emergency": 1.03, "social_care": 1.01, "mental_health": 1.02}


def write(folder: Path, file: str, content: dict[str, Any]) -> None:
    (folder / file).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def write_actuals(folder: Path, months: int = 7) -> None:
    """Actual cost of some months, at a rate of the budget that differs by setting."""
    budgets = capmodel.load(folder).run().column("month_service", "month_service_gbp")
    known = list(MONTHS)[:months]
    with (folder / "outturn.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["setting", "provider", "payer", "year", "month", "actual_gbp"])
        for (setting, provider, payer, month, year), gbp in budgets.items():
            if year == "2026" and month in known and setting in RATES:
                writer.writerow([setting, provider, payer, year, month, round(gbp * RATES[setting], 2)])


@pytest.fixture
def place(small_broken: Path) -> Path:
    """The small place with budgets by month."""
    write(small_broken, "months.yaml", MONTHS_FILE)
    return small_broken


# ------------------------------------------------------------------ nothing is lost


@settings(max_examples=40, deadline=None)
@given(
    budgets=st.lists(st.integers(-(10**9), 10**12), min_size=1, max_size=4),
    weights=st.lists(st.integers(0, 40), min_size=12, max_size=12).filter(any),
    people=st.lists(st.integers(0, 2000), min_size=12, max_size=12),
)
def test_twelve_months_are_the_year_to_the_penny(budgets: list[int], weights: list[int], people: list[int]) -> None:
    lines = [f"s{i}" for i in range(len(budgets))]
    months = tuple(MONTHS)
    keys = {"segment": tuple(lines), "setting": ("x",) * len(lines), "provider": ("p",) * len(lines), "payer": ("q",) * len(lines)}
    each = {name: tuple(value for value in values for _ in months) for name, values in keys.items()} | {"month": months * len(lines)}
    by_month, service = {"month": months}, {"setting": ("x",) * 12, "provider": ("p",) * 12, "payer": ("q",) * 12, "month": months}
    one = (2026,)
    rows = {
        "care_budget": Rows(keys, one), "month_profile": Rows({"profile": ("only",) * 12, **by_month}, one),
        "month_list": Rows({"segment": ("s0",) * 12, **by_month}, one), "month_people": Rows({"segment": ("s0",)}, one),
        "month_budget": Rows({**each, "profile": ("only",) * 12 * len(lines)}, one), "month_line": Rows(keys, one),
        "month_service": Rows(service, one), "month_setting": Rows({"setting": ("x",) * 12, **by_month}, one),
        "month_total": Rows(by_month, one), "month_year": Rows({}, one),
    }  # fmt: skip
    inputs = {
        ("care_budget", "budget_gbp"): np.array(budgets) / 100,
        ("month_profile", "month_weight_number"): np.array(weights, dtype=float),
        ("month_list", "list_planned_persons"): np.full(12, 1000.0),
        ("month_list", "list_persons"): np.array(people, dtype=float),
        ("month_list", "list_follows_share"): np.full(12, 0.5),
    }
    done = evaluate((care_budget, *TABLES), Values(Inputs(rows=rows, given=inputs, assumptions={}, by_year={}, resolved_links={})))
    for table, check in (("month_line", "check_months_gbp"), ("month_year", "check_year_gbp")):
        assert np.abs(done.figure((table, check))).max() < 0.005
    cut = done.figure(("month_budget", "month_budget_gbp")).reshape(len(lines), 12)
    assert np.allclose(cut.sum(axis=1), np.array(budgets) / 100, rtol=1e-12, atol=0.001)
    assert not cut[:, np.array(weights) == 0].any()


# ------------------------------------------------------------------ refusals

FAULTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "unknown profile": (lambda m: m.update(profile="flat"), "'flat' is no profile"),
    "profile that no setting has": (lambda m: m.update(settings={}), "the profile winter has no effect"),
    "unknown setting": (lambda m: m["settings"].update(dental="winter"), "'dental' is not a setting"),
    "negative weight": (lambda m: m["profiles"][1]["weights"].update(may=-1), "the weight is -1"),
    "a thirteenth month": (lambda m: m["profiles"][1]["weights"].update(tre=1), "'tre' is no month"),
    "a missing month": (lambda m: m["profiles"][1]["weights"].pop("may"), "there is no weight for may"),
    "all weights zero": (lambda m: m["profiles"][1].update(weights=dict.fromkeys(MONTHS, 0)), "all weights are zero"),
    "weights of equal months": (lambda m: m["profiles"][0].update(weights=dict.fromkeys(MONTHS, 1)), "the profile equal has weights"),
    "holidays of equal months": (lambda m: m["profiles"][0].update(holidays=["2026-04-03"]), "holidays have no effect"),
    "two profiles of one id": (lambda m: m["profiles"][1].update(id="equal"), "equal is there twice"),
    "share above one": (lambda m: m["list_changes"][0].update(follows_share=1.2), "follows_share is 1.2"),
    "unknown segment": (lambda m: m["list_changes"][0].update(segment="teens"), "'teens' is not a segment"),
    "a plan for nobody": (lambda m: m["list_changes"][0]["planned_persons"].update({2027: 0}), "the plan is for no people"),
    "a plan without a year": (lambda m: m["list_changes"][0]["planned_persons"].pop(2027), "there is no figure for 2027"),
    "people below zero": (lambda m: m["list_changes"][0]["persons"][2026].update(may=-5), "there are -5 people"),
    "months with a gap": (lambda m: m["list_changes"][0]["persons"][2026].update(jul=1000), "the months are apr, may and jul"),
    "no rule for the rest": (lambda m: m["list_changes"][0].pop("rest"), "does not say what is taken for them"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_months_is_refused_with_its_line(name: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, words = FAULTS[name]
    edit(place / "months.yaml", change)
    assert main(["run", str(place), "--out", str(place.parent / "out")]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert words in said and "months.yaml, line" in said
    assert not (place.parent / "out").exists()


ROW_FAULTS = {
    "unknown line": ("social_care,", "dental,", "'dental' is not a setting"),
    "a month twice": (",2026,may,", ",2026,apr,", "has two rows for April"),
    "no month": (",2026,may,", ",2026,maybe,", "'maybe' is no month"),
    "another year": (",2026,apr,", ",2031,apr,", "the year is 2031"),
    "a blank": (",apr,", ",apr,x", "actual_gbp is x"),
}


@pytest.mark.parametrize("name", ROW_FAULTS)
def test_a_fault_of_actual_cost_is_refused_with_its_line(name: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_actuals(place, 2)
    write(place, "outturn.yaml", OUTTURN_FILE)
    old, new, words = ROW_FAULTS[name]
    text = (place / "outturn.csv").read_text(encoding="utf-8")
    (place / "outturn.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    assert main(["run", str(place), "--out", str(place.parent / "out")]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert words in said and "outturn.csv" in said


RULE_FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a rule for no line": ({"setting": "prescribing", "rule": "budget"}, "the rule of prescribing has no effect"),
    "two rules": ({"setting": "social_care", "payer": "council", "rule": "run_rate"}, "has two rules"),
    "stated without figures": ({"setting": "acute_emergency", "provider": "acute_trusts", "rule": "stated"}, "there are no stated_gbp"),
    "figures without their rule": (
        {"setting": "acute_emergency", "rule": "budget", "stated_gbp": {2026: {"nov": 1}}}, "stated_gbp has no effect"
    ),
    "a forecast of a month that is in": (
        {"setting": "acute_emergency", "provider": "acute_trusts", "rule": "stated",
         "stated_gbp": {2026: dict.fromkeys(["apr", *list(MONTHS)[7:]], 1)}},
        "the forecast of April 2026/27 has no effect",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RULE_FAULTS)
def test_a_fault_of_a_forecast_is_refused(name: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_actuals(place)
    entry, words = RULE_FAULTS[name]
    write(place, "outturn.yaml", OUTTURN_FILE | {"rules": [*OUTTURN_FILE["rules"], entry]})
    assert main(["run", str(place), "--out", str(place.parent / "out")]) == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_pressure_needs_a_contract_and_an_outturn_needs_months(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_actuals(place)
    write(place, "outturn.yaml", OUTTURN_FILE)
    edit(place / "place.yaml", lambda stated: stated.update(steps=["spend", "capitation", "care_budgets", "months", "outturn"]))
    assert main(["run", str(place), "--out", str(place.parent / "out")]) == 2
    assert "the rule pressure has no effect" in " ".join(capsys.readouterr().err.split())
    edit(place / "place.yaml", lambda stated: stated.pop("steps"))
    (place / "months.yaml").unlink()
    assert main(["run", str(place), "--out", str(place.parent / "out")]) == 2
    assert "needs budgets by month, which the place does not have" in " ".join(capsys.readouterr().err.split())


def test_a_misspelt_profile_is_one_problem(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(place, "months.yaml", MONTHS_FILE | {"profile": "equl"})
    assert main(["run", str(place), "--out", str(place.parent / "out")]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "1 problem found" in said and "'equl' is no profile; profiles lists them. Did you mean equal?" in said


# ------------------------------------------------------------------ the settlement follows


def test_a_contract_settles_on_the_outturn_at_month_seven(place: Path, small: Case, capsys: pytest.CaptureFixture[str]) -> None:
    write_actuals(place)
    write(place, "outturn.yaml", OUTTURN_FILE)
    out = place.parent / "out"
    assert main(["run", str(place), "--out", str(out)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Outturn 2026/27, 7 months in" in said and "No actual cost is given for" in said
    result = capmodel.load(place).run()
    before = small.result.column("service", "actual_gbp")
    after = result.column("service", "actual_gbp")
    outturn, plan = (result.column("outturn_line", name) for name in ("outturn_gbp", "line_plan_gbp"))
    for key, gbp in after.items():
        if key not in outturn or key[-1] == "2027":
            assert gbp == before[key]
        elif key[0] == "acute_emergency":
            assert gbp == outturn[key] != before[key]
            assert gbp == pytest.approx(plan[key] * 1.03, abs=1)
    assert result.column("pool", "pool_actual_gbp") != small.result.column("pool", "pool_actual_gbp")
    assert main(["verify", str(out / f"{place.name}.xlsx"), "--place", str(place)]) == 0


def test_a_rate_so_far_without_a_budget_so_far_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line that has cost and no budget gives no rate to forecast by; its months to come cost their budget, which the run says."""
    place = shutil.copytree("assumptions/places/northumberland-frail-elderly", tmp_path / "places/frail")
    shutil.copytree("assumptions/england", tmp_path / "england")
    budgets = place / "tables/budget_gbp.csv"
    budgets.write_text(budgets.read_text().replace("24000000,24000000,24000000", "24000000,24000000,0"))
    edit(place / "place.yaml", lambda stated: stated.update(id="frail"))
    assert main(["run", str(place), "--out", str(tmp_path / "out")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "rate so far has no effect on Acute hospital, emergency, Hospital trust, NHS commissioner in 2028/29" in said
    assert "in 2027/28, which has" not in said


def test_pressure_acts_on_the_months_to_come_alone(place: Path) -> None:
    write_actuals(place)
    write(place, "outturn.yaml", OUTTURN_FILE)
    loaded = capmodel.load(place)
    calm, pressed = (loaded.run(changes={"demand_pressure_share": share}) for share in (0.0, 0.01))
    key = next(key for key in calm.column("outturn_line", "rest_gbp") if key[0] == "mental_health" and key[-1] == "2026")
    more = pressed.column("service", "actual_gbp")[key] - calm.column("service", "actual_gbp")[key]
    assert more == pytest.approx(0.01 * calm.column("outturn_line", "rest_gbp")[key], abs=0.011)


def test_people_and_cost_of_months_that_nobody_reported_are_not_called_reported(place: Path) -> None:
    changes = [MONTHS_FILE["list_changes"][0] | {"status": "published"}]
    write(place, "months.yaml", MONTHS_FILE | {"list_changes": changes})
    write_actuals(place, 2)
    write(place, "outturn.yaml", OUTTURN_FILE | {"status": "local"})
    columns = capmodel.load(place).columns
    people = {key[1]: figure for (key, year), figure in columns["list_persons"].figures.items() if year == 2026}
    there = ("apr", "may")
    assert {month: each.status for month, each in people.items()} == {each: "published" if each in there else "derived" for each in MONTHS}
    assert people["jun"].note == "As in the last month that is known"
    in_2027 = {figure.note for (_, year), figure in columns["list_persons"].figures.items() if year == 2027}
    assert in_2027 == {"As planned, since no month of the year is known"}
    costs = {(key[-1], year): figure.status for (key, year), figure in columns["month_actual_gbp"].figures.items()}
    assert {when for when, status in costs.items() if status == "local"} == {(month, 2026) for month in there}

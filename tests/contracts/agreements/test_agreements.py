"""Agreements of a place: what a run prints, what has no effect, and what an alliance shares of what they pay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from agreement_places import AGREEMENTS, CONTACTS, ELECTIVE, EMERGENCY, TABLES, write_place

import capmodel
from capmodel.cli import main
from capmodel.contracts.agreements.idle import without_effect
from capmodel.errors import BadInput
from capmodel.place.agreed import agreed_of

LINE = TABLES["plan_activity_number"][0]
SHARED = {"icb": 0.5, "trust": 0.5}
BAND = [{"from": 0, "to": None, "shares": SHARED}]
CONTRACT: dict[str, Any] = {
    "id": "alliance", "title": "Alliance", "status": "illustrative", "source": "o01", "variance_held_by": "payer", "residual_party": "icb",
    "bands": {"gain": BAND, "loss": BAND}, "outcomes": {"mode": "none"},
    "parties": {"icb": {"at_risk": False}, "trust": {"at_risk": True}, "clinic": {"at_risk": False}},
}  # fmt: skip
TARGETS = {("acute", "trust", "icb"): 3_000_000, ("community", "clinic", "icb"): 300_000}


def alliance(root: Path, scope: float = 0, **written: Any) -> Path:
    """The place with an alliance on a given target; `scope` says whether community care is in it."""
    tables = {
        "in_scope_flag": (("setting",), {("acute",): 1, ("community",): scope}),
        "agreed_target_gbp": (("setting", "provider", "payer"), TARGETS),
        **written.pop("tables", {}),
    }
    folder = write_place(root, tables=tables, files={"contract.yaml": yaml.safe_dump(CONTRACT)}, **written)
    stated = yaml.safe_load((folder / "parameters.yaml").read_text(encoding="utf-8"))
    known = {"status": "illustrative", "source": "o01", "as_at": "2026-11"}
    stated["alliance_discount_share"] = {"label": "Discount", "unit": "share", "values": {2026: 0, 2027: 0}, **known}
    (folder / "parameters.yaml").write_text(yaml.safe_dump(stated), encoding="utf-8")
    return folder


def test_a_run_says_what_each_agreement_pays_who_bears_the_variance_and_what_nobody_covers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_place(tmp_path)
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    # Elective 1,030 x 1,200.50 x 1.05; emergency 2,000 x 800.25 x 1.05 and a fifth of 60 more.
    assert "Elective care: activity at unit prices, 1 line, paid £1,298,340.75, of it £37,815.75 on the variance" in said
    assert "Emergency care: blended, 1 line, paid £1,690,608.15, of it £10,083.15 on the variance" in said
    assert "Trust receives £2,988,948.90, of it £47,898.90 on the variance; it bears £40,332.60 at unit prices" in said
    assert "No agreement covers Community, Contacts, Clinic, Icb: £309,000.00, which nothing here pays" in said
    assert main(["verify", str(tmp_path / "town.xlsx"), "--place", str(folder)]) == 0
    assert main(["explain", str(folder), f"service_line.payment_gbp[{','.join(EMERGENCY)},2026]"]) == 0
    assert "£1,690,608.15" in capsys.readouterr().out


def test_activity_follows_the_scenario_the_point_of_delivery_and_what_is_given(tmp_path: Path) -> None:
    tables = {
        "delivery_variance_share": (("setting", "point_of_delivery"), {("acute", "emergency"): -0.05}),
        "actual_activity_number": (LINE, {CONTACTS: 5100}),
    }
    place = capmodel.load(write_place(tmp_path, tables=tables))
    activity = place.run(changes={"activity_variance_share": 0.1}).column("service_line", "activity_number")
    assert [activity[(*line, "2026")] for line in (ELECTIVE, EMERGENCY, CONTACTS)] == pytest.approx([1100, 2100, 5100])


def test_what_has_no_effect_is_said_in_the_run_the_record_and_the_workbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agreements = [
        {**AGREEMENTS[0], "lines": {"points_of_delivery": ["elective"], "providers": ["trust", "clinic"]}},
        {**AGREEMENTS[1], "terms": {"fixed": "plan_value", "above_plan_share": 0.2, "below_plan_share": 0}},
        {
            "id": "by_volume", "label": "By volume", "mechanism": "cost_and_volume", "lines": {"rest": True},
            "terms": {"fixed": "plan_value", "above_plan": [{"up_to_share": 0.5, "paid_share": 1}, {"paid_share": 0.5}], "below_plan": []},
        },
    ]  # fmt: skip
    tables = {
        "fixed_payment_gbp": (LINE, {ELECTIVE: 10.0}),
        "actual_activity_number": (LINE, dict.fromkeys((ELECTIVE, EMERGENCY, CONTACTS), 3000)),
    }
    folder = write_place(tmp_path, agreements, tables)
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 0
    said = [
        "Clinic in providers of Elective care: the agreement has no line of it",
        "the share paid below plan in Emergency care: it is zero, so that the payment stays fixed",
        "band 2 above plan of By volume: no line's activity reaches it",
        "the stated sum of Acute, Elective, Trust, Icb: Elective care does not read it",
        "activity_variance_share: actual activity is given for every line",
    ]
    printed = capsys.readouterr().out
    assert [f"NO EFFECT: {text}" in printed for text in said] == [True] * len(said)
    assert json.loads((tmp_path / "town.json").read_text(encoding="utf-8"))["agreements"]["without_effect"] == said
    book = capmodel.load(folder).run().to_workbook(tmp_path / "book.xlsx")
    import openpyxl

    rows = list(openpyxl.load_workbook(book, data_only=True)["Out 17 Agreements"].iter_rows(values_only=True))
    page = {str(row[0]) for row in rows}
    # Plan and actual activity, price, factor, value of the plan, fixed part, variance in activity and at price, paid on it, and the payment.
    emergency = next(row for row in rows if row[0] == "Acute, Emergency, Trust")
    assert emergency[1:5] == (2000, 3000, 800.25, 1.05)
    assert emergency[5:11] == (1_680_525, 1_680_525, 1000, 840_262.5, 168_052.5, 1_848_577.5)
    assert all(text[:1].upper() + text[1:] in page for text in said)


def test_an_alliance_shares_what_agreements_leave_of_its_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = alliance(tmp_path)
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "Acute, Trust, Icb: £5,977,897.80 under agreements on 2 lines of service" in said
    result = capmodel.load(folder).run()
    assert result.column("service", "actual_gbp")["acute", "trust", "icb", "2026"] == 2_988_948.90
    # A target of 3,000,000 less what is paid is 11,051.10, half of it the trust's.
    assert result.column("settlement", "transfer_gbp")["trust", "2026"] == 5_525.55
    assert main(["verify", str(tmp_path / "town.xlsx"), "--place", str(folder)]) == 0


def test_lines_without_an_agreement_are_in_the_actual_cost_of_an_alliance_beside_those_that_have_one(tmp_path: Path) -> None:
    plan = {**TABLES["plan_activity_number"][1], ("acute", "contacts", "trust", "icb"): 100}
    tables = {"plan_activity_number": (LINE, plan), "unit_price_gbp": (TABLES["unit_price_gbp"][0], {**TABLES["unit_price_gbp"][1], ("acute", "contacts"): 10})}  # fmt: skip
    result = capmodel.load(alliance(tmp_path, tables=tables)).run()
    # 100 contacts, 3% more, at 10 x 1.05.
    assert result.column("service", "actual_gbp")["acute", "trust", "icb", "2026"] == pytest.approx(2_988_948.90 + 1_081.50)


REFUSED = {
    "a target without lines": ({"scope": 1, "tables": {"agreed_target_gbp": (("setting", "provider", "payer"), {**TARGETS, ("community", "trust", "icb"): 1})}}, "community, trust, icb has a target and no line of service; its actual cost would be nil"),
    "an actual cost beside": ({"tables": {"actual_cost_gbp": (("setting", "provider", "payer"), TARGETS)}}, "tables/actual_cost_gbp.csv: it and agreements.yaml both give the actual cost that the contract settles"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_an_actual_cost_that_two_files_give_or_none_is_refused(fault: str, tmp_path: Path) -> None:
    written, expected = REFUSED[fault]
    with pytest.raises(BadInput) as refused:
        capmodel.load(alliance(tmp_path, **written)).run()
    assert [expected in str(problem) for problem in refused.value.problems] == [True], refused.value.problems


def test_an_agreement_without_an_effect_to_name_names_none(tmp_path: Path) -> None:
    assert without_effect(agreed_of(capmodel.load(write_place(tmp_path)).run())) == []


def test_a_share_by_year_may_stand_beside_one_for_all_years(tmp_path: Path) -> None:
    yearly = {**AGREEMENTS[1], "terms": {"fixed": "plan_value", "variance_share": {2026: 0.2, 2027: 0.5}}}
    result = capmodel.load(write_place(tmp_path, [AGREEMENTS[0], yearly])).run()
    paid = result.column("service_line", "variance_paid_gbp")
    # 60 more admissions at 800.25 x 1.05; 30 more elective spells at 1,200.50 x 1.05.
    assert [paid[(*EMERGENCY, year)] for year in ("2026", "2027")] == [10_083.15, 25_207.88]
    assert [paid[(*ELECTIVE, year)] for year in ("2026", "2027")] == [37_815.75, 37_815.75]


PAYMENTS: dict[str, Any] = {
    "id": "payments", "title": "Payments", "status": "illustrative", "source": "o01", "roster": {"file": "roster.csv"},
    "results": {"file": "results.csv"}, "paid": "yearly", "judged": "unit", "rule": "all_or_nothing", "linked_share": {2026: 1, 2027: 1},
    "bands": [{"id": "child", "label": "Child with diabetes", "price_gbp_per_person": {2026: 3600, 2027: 3600}}],
    "units": [{"id": "one", "label": "Unit one"}, {"id": "two", "label": "Unit two"}],
    "criteria": [{"id": "tests", "label": "Tests"}], "interval": {"deviates_number": 1.96, "list_sizes": [50]},
}  # fmt: skip
ROSTER = "".join(f"{unit},child,{year},{months}\n" for unit, months in (("one", 1200), ("two", 600)) for year in (2026, 2027))
#: Unit two fails its criterion in 2027.
RESULTS = "unit,criterion,year,met,of\none,tests,2026,1,\none,tests,2027,1,\ntwo,tests,2026,1,\ntwo,tests,2027,0,\n"
UNITS = {"id": "care_year", "label": "Year of care", "mechanism": "year_of_care_payment", "lines": {"providers": ["clinic"]}, "terms": {"units": {"one": "clinic", "two": "clinic"}}}  # fmt: skip


def test_a_year_of_care_payment_is_what_the_step_payments_pays_its_units(tmp_path: Path) -> None:
    files = {"payments.yaml": yaml.safe_dump(PAYMENTS), "roster.csv": "unit,band,year,months\n" + ROSTER, "results.csv": RESULTS}
    result = capmodel.load(write_place(tmp_path, [*AGREEMENTS, UNITS], files=files)).run()
    assert result.passed
    paid = result.column("service_line", "payment_gbp")
    # 100 and 50 children at 3,600 a year; in 2027 the fifty are paid nothing.
    assert [paid[(*CONTACTS, year)] for year in ("2026", "2027")] == [540_000, 360_000]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ({"one": "clinic", "three": "clinic"}, "there is no unit 'three' in payments.yaml; its payment is read. Use one of: one, two."),
        ({"one": "clinic", "two": "trust"}, "trust has no line in care_year; the unit's payment is that of one line."),
    ],
)
def test_units_that_are_not_there_and_providers_without_a_line_are_refused(units: dict[str, str], expected: str, tmp_path: Path) -> None:
    files = {"payments.yaml": yaml.safe_dump(PAYMENTS), "roster.csv": "unit,band,year,months\n" + ROSTER, "results.csv": RESULTS}
    folder = write_place(tmp_path, [*AGREEMENTS, {**UNITS, "terms": {"units": units}}], files=files)
    with pytest.raises(BadInput) as refused:
        capmodel.load(folder)
    assert any(expected in str(problem) for problem in refused.value.problems), refused.value.problems


def test_a_unit_in_two_agreements_is_refused_as_it_would_be_paid_twice(tmp_path: Path) -> None:
    files = {"payments.yaml": yaml.safe_dump(PAYMENTS), "roster.csv": "unit,band,year,months\n" + ROSTER, "results.csv": RESULTS}
    other = {
        **UNITS,
        "id": "care_again",
        "label": "Again",
        "lines": {"points_of_delivery": ["emergency"]},
        "terms": {"units": {"one": "trust"}},
    }
    with pytest.raises(BadInput, match="care_year pays the unit one too; it would be paid twice"):
        capmodel.load(write_place(tmp_path, [AGREEMENTS[0], UNITS, other], files=files))

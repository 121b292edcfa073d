"""A place whose options state everything they may: it runs, says what a reader must know, and its workbook recalculates with no difference."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from place_kinds import edit

from capmodel.cli import main
from capmodel.model import load
from capmodel.workbook.pages.records import recorded_of
from capmodel.workbook.sheets import certified

YEARS = (2026, 2027)
KNOWN = {"status": "illustrative", "source": "p90"}
NONE, ALL = dict.fromkeys(YEARS, 0), dict.fromkeys(YEARS, 1)


def everything(stated: dict[str, Any]) -> None:
    options = {each["id"]: each for each in stated["options"]}
    bias = {"capital_bias_index": 0.5, "programme_bias_index": 0.1, "benefit_bias_share": 0.15}
    design = {"id": "design", "label": "Design of the service", "contribution_share": 0.2, "mitigated_share": 0.5}
    stated["grades"] = [{"id": "pilot", "label": "Uncontrolled pilot", **bias, "mitigation": [design], **KNOWN}]
    home = options["hospital_at_home"]
    home |= {"owner": "Chief nurse", "capital_cost_gbp": {2026: 1000, 2027: 0}, "uses": {"nurses": dict.fromkeys(YEARS, 10)}}
    home["cost"]["grade"] = home["effects"][0]["grade"] = "pilot"
    options["frailty_teams"].pop("delivery_share")
    options["frailty_teams"]["by_month"] = {"first_month": 4, "ramp_months": 9, "decay_share": 0.01, "running_cost_gbp": 100}
    stated["capacity"] = [{"id": "nurses", "label": "Community nurses", "number": dict.fromkeys(YEARS, 15), **KNOWN}]
    capital = {
        "id": "capital",
        "label": "Capital of the fund",
        "party": "reinvestment_fund",
        "kind": "capital",
        "gbp": dict.fromkeys(YEARS, 5000),
    }
    stated["budgets"] = [{**capital, "carry_forward": True, "recycled": {"share": 0.1, "settings": ["acute_emergency"]}, **KNOWN}]
    frail = {"id": "least", "label": "Least for elderly people", "group": "elderly_chronic", "of": "saving", "least_share": 0.1, **KNOWN}
    trusts = {"party": "acute_trusts", "least_gbp": dict.fromkeys(YEARS, -50_000_000), **KNOWN}
    stated["floors"] = {"parties": [trusts], "groups": [frail]}
    where = {"setting": "acute_emergency", "provider": "acute_trusts"}
    stated["release"] = [{**where, "variable_share": 0.25, "unit_gbp": 1600, **KNOWN}]
    ward = {"id": "close_ward", "label": "Close a ward", "paid_by": "nhs_commissioner", "setup_cost_gbp": NONE, "running_cost_gbp": ALL}
    closes = {**where, "capacity": 1, "cost_gbp": dict.fromkeys(YEARS, 900), **KNOWN}
    stated["options"].append({**ward, "delivery_share": {2026: 0, 2027: 1}, "cost": KNOWN, "delivery": KNOWN, "closes": closes})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, small: Any) -> Path:
    packs = Path(shutil.copytree(small.folder.parents[1], tmp_path_factory.mktemp("terms") / "assumptions"))
    found = packs / "places" / small.folder.name
    edit(found / "options.yaml", everything)
    return found


def test_the_workbook_of_a_place_with_every_term_recalculates_with_no_difference(folder: Path) -> None:
    result = load(folder).run()
    certificate = certified(result, recorded_of(result)).certificate
    assert certificate.passed and certificate.formulas > 1000, certificate.differences[:3]
    assert all(check.passed for check in result.checks)


def test_the_run_and_the_tests_say_what_is_not_graded_and_who_answers(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["optimise", str(folder), "--solver", "enumerate", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "Without an evidence grade, and so without optimism bias: the cost of 5 of 6 options" in printed
    record = json.loads(next(tmp_path.glob("*-options.json")).read_text(encoding="utf-8"))
    assert record["owners"] == {"hospital_at_home": "Chief nurse"} and record["remarks"][0] in printed
    for test in record["options"]:
        alone = test["alone"]
        years = zip(alone["released_gbp"], alone["not_cashable_gbp"], alone["cost_gbp"], strict=True)
        # Both parts of the saving count in the economic case; the cash of the system has the first alone.
        assert (alone["economic_gbp"] - alone["present_gbp"] > 0) == (sum(free for _, free, _ in years) > 0), test["option"]

"""Contracts within contracts of a place: what a run prints, what has no effect, what is refused, and the two places that show them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

import capmodel
from capmodel.cli import main
from capmodel.errors import BadInput

PLACES = Path(__file__).parents[3] / "assumptions/places"
YEARS = (2026, 2027)


def budget(budget_gbp: float, cost_gbp: float) -> dict[str, Any]:
    return {"budget_gbp": dict.fromkeys(YEARS, budget_gbp), "cost_gbp": dict.fromkeys(YEARS, cost_gbp)}


HOLDERS: dict[str, Any] = {
    "id": "town-holders", "title": "Contracts of the town", "status": "illustrative", "source": "o01",
    "services": [{"id": "care", "label": "Care"}, {"id": "transport", "label": "Transport"}],
    "holders": [
        {"id": "board", "label": "Board", "people": 1000, "services": {"care": budget(1000, 95), "transport": budget(50, 50)}},
        {"id": "lead", "label": "Lead provider", "parent": "board", "people": 1000, "gain_to_parent_share": 0.4, "loss_to_parent_share": 0.4, "services": {"care": budget(900, 420)}},
        {"id": "clinic", "label": "Clinic", "parent": "lead", "people": 600, "gain_to_parent_share": 0.5, "loss_to_parent_share": 0.5, "services": {"care": budget(400, 380)}},
    ],
}  # fmt: skip


def town(root: Path, change: Callable[[dict[str, Any]], Any] = lambda stated: None) -> Path:
    """A place with three holders, of which something is changed."""
    assert main(["new", "town", "--root", str(root / "assumptions"), "--with", "holders", "--years", "2026,2027"]) == 0
    folder = root / "assumptions/places/town"
    stated = copy.deepcopy(HOLDERS)
    change(stated)
    (folder / "holders.yaml").write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
    return folder


def test_a_run_says_what_each_holder_passes_and_bears_and_the_workbook_recalculates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = town(tmp_path)
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    # The clinic saves 20 and passes 10; the lead provider saves 80 of its own 500, has 90 and passes 36.
    assert "    Lead provider: budget £900.00, of it its own £500.00; saved £80.00; receives £10.00 from its contracts; passes £36.00 of the gain to its parent; keeps £54.00" in said  # fmt: skip
    assert (
        "      Clinic: budget £400.00, of it its own £400.00; saved £20.00; passes £10.00 of the gain to its parent; keeps £10.00" in said
    )
    assert main(["verify", str(tmp_path / "town.xlsx"), "--place", str(folder)]) == 0
    page = list(openpyxl.load_workbook(tmp_path / "town.xlsx", data_only=True)["Out 20 Holders"].iter_rows(values_only=True))
    assert next(row for row in page if row[0] and row[0].strip() == "Clinic")[1:9] == (400, 400 / 600, 400, 380, 20, 0, 10, 10)
    assert main(["explain", str(folder), "holder_year.borne_by_holder_gbp[lead,2026]"]) == 0
    assert "£54.00" in capsys.readouterr().out


def test_a_changed_share_moves_what_is_passed_and_nothing_of_the_variance(tmp_path: Path) -> None:
    result = capmodel.load(town(tmp_path)).run(changes={"gain_to_parent_share[clinic]": 1})
    assert result.column("holder_contract", "passed_gbp")["lead", "clinic", "2026"] == 20
    assert result.column("holders_all", "all_holders_borne_gbp")[("2026",)] == 105 and result.passed


def of(stated: dict[str, Any], name: str) -> dict[str, Any]:
    """A holder of the file."""
    found: dict[str, Any] = next(each for each in stated["holders"] if each["id"] == name)
    return found


def test_terms_without_effect_are_said_in_the_run_the_record_and_the_workbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(stated: dict[str, Any]) -> None:
        of(stated, "board").update(cap_share=0.1)
        of(stated, "lead").update(cap_share=0.5, gate_share=0)
        of(stated, "clinic").update(cap_share=0)

    said = [
        "cap_share of Board: it has no parent to share with",
        "gate_share of Lead provider: it has no gate above zero",
        "cap_share of Lead provider: its part is below the cap in every year",
        "the shares of Clinic: its cap is zero, so that all of its variance in scope goes to Lead provider",
    ]
    folder = town(tmp_path, change)
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert [f"NO EFFECT: {text}" in printed for text in said] == [True] * len(said)
    assert json.loads((tmp_path / "town.json").read_text(encoding="utf-8"))["holders"]["without_effect"] == said
    page = {str(row[0]) for row in openpyxl.load_workbook(tmp_path / "town.xlsx", data_only=True)["Out 20 Holders"].values}
    assert all(text[:1].upper() + text[1:] in page for text in said)


def circle(stated: dict[str, Any]) -> None:
    of(stated, "lead").update(parent="clinic")


#: What is written otherwise, and what is said of it: the one problem of the report.
FAULTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "an unknown parent": (lambda stated: of(stated, "clinic").update(parent="leed"), "there is no holder 'leed', the parent of clinic; a contract is between two holders of the file. Did you mean lead?"),
    "a circle of holders": (circle, "the holders lead -> clinic -> lead are a circle; no budget would come into it"),
    "its own parent": (lambda stated: of(stated, "clinic").update(parent="clinic"), "clinic is its own parent"),
    "two roots": (lambda stated: [of(stated, "lead").pop(name) for name in ("parent", "gain_to_parent_share", "loss_to_parent_share")], "board and lead have no parent; one tree has one root"),
    "a budget above the parent's": (lambda stated: of(stated, "clinic")["services"].update(care=budget(900.01, 0)), "clinic has GBP 900.01 for care in 2026/27, and lead has GBP 900.00; a budget pays the budgets of its contracts"),
    "a service that the parent does not have": (lambda stated: of(stated, "clinic")["services"].update(transport=budget(1, 0)), "clinic has GBP 1.00 for transport in 2026/27, and lead has GBP 0.00"),
    "a share above 1": (lambda stated: of(stated, "lead").update(gain_to_parent_share=40), "gain_to_parent_share in entry 2 of holders is 40; a share is a part of 1"),
    "a share below 0": (lambda stated: of(stated, "lead").update(cap_share=-0.1), "cap_share in entry 2 of holders is -0.1; a share cannot be below zero"),
    "a scope that names a service twice": (lambda stated: of(stated, "lead").update(scope=["care", "care"]), "care is twice in the scope of lead; its variance is counted once"),
    "a scope without a budget": (lambda stated: of(stated, "lead").update(scope=["care", "transport"]), "transport is in the scope of lead, which has no budget for it"),
    "an unknown service": (lambda stated: of(stated, "board")["services"].update(cars=budget(1, 1)), "'cars' is no service"),
    "a service of nobody": (lambda stated: stated["services"].append({"id": "beds", "label": "Beds"}), "no holder has a budget for beds; it would have no effect"),
    "a gate without a score": (lambda stated: of(stated, "lead").update(gate_share=0.8), "lead has a gate and no score_share"),
    "a contract without a share": (lambda stated: of(stated, "lead").pop("loss_to_parent_share"), "lead has no loss_to_parent_share"),
    "no people": (lambda stated: of(stated, "lead").update(people=0), "people in entry 2 of holders is 0"),
    "a year that lacks": (lambda stated: of(stated, "lead")["services"]["care"]["cost_gbp"].pop(2027), "there is no figure for 2027"),
    "one holder twice": (lambda stated: stated["holders"].append(copy.deepcopy(of(stated, "clinic")) | {"label": "Another"}), "clinic is there twice"),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town(tmp_path_factory.mktemp("town"))


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_is_refused_with_its_line(folder: Path, fault: str) -> None:
    change, message = FAULTS[fault]
    stated = copy.deepcopy(HOLDERS)
    change(stated)
    (folder / "holders.yaml").write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        capmodel.load(folder).run()
    said = [str(problem) for problem in refused.value.problems]
    assert len(said) == 1 and said[0].startswith("holders.yaml, line ") and message in said[0], said


def test_every_fault_of_a_file_is_in_one_report(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    stated = copy.deepcopy(HOLDERS)
    for fault in ("an unknown parent", "a share above 1", "a scope that names a service twice", "a service of nobody"):
        FAULTS[fault][0](stated)
    (folder / "holders.yaml").write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 2
    assert "4 problems found" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.xlsx"))


def test_several_trees_are_taken_where_the_file_says_so(tmp_path: Path) -> None:
    def change(stated: dict[str, Any]) -> None:
        stated["several_roots"] = True
        stated["holders"].append({"id": "other", "label": "Other board", "people": 10, "services": {"care": budget(10, 9)}})

    result = capmodel.load(town(tmp_path, change)).run()
    assert result.passed and result.column("holders_all", "all_holders_budget_gbp")[("2026",)] == 1060
    assert result.column("holder_year", "borne_by_holder_gbp")["other", "2026"] == 1


@pytest.mark.parametrize("name", ["oldham-musculoskeletal", "haverstock-urgent-care"])
def test_the_places_bear_every_pound_once_and_every_figure_is_illustrative(name: str) -> None:
    place = capmodel.load(PLACES / name)
    result = place.run()
    assert result.passed
    borne, own = (result.column("holder_year", column) for column in ("borne_by_holder_gbp", "all_own_variance_gbp"))
    for year in ("2025", "2026"):
        pence = [sum(round(100 * value) for key, value in each.items() if key[-1] == year) for each in (borne, own)]
        assert pence[0] == pence[1] != 0
    money = (place.columns[name] for name in ("holder_budget_gbp", "holder_cost_gbp", "gain_to_parent_share", "holder_cap_share"))
    assert {figure.status for column in money for figure in column.figures.values()} == {"illustrative"}


def test_the_lead_provider_of_oldham_is_settled_as_by_hand() -> None:
    result = capmodel.load(PLACES / "oldham-musculoskeletal").run()
    passed = result.column("holder_contract", "passed_gbp")
    # The trust overspends 389,000.00 and bears 1% of 12,100,000.00; the hospital passes all; physiotherapy 40% of 88,999.90.
    assert [passed["lead", name, "2025"] for name in ("trust", "independent", "therapy", "pain_service")] == [
        -268_000,
        -133_410.2,
        35_599.96,
        0,
    ]
    # Its own gain of 183,199.65 less 365,810.24 is a loss of 182,610.59, of which it bears half.
    assert passed["icb", "lead", "2025"] == -91_305.3
    # In 2026/27 it does not pass its gate: the whole gain of 237,709.10 and 41,062.23 goes to the board.
    assert passed["icb", "lead", "2026"] == pytest.approx(278_771.33, abs=1e-9)

"""Budgets of partners in the place of the investment budget: one definition of a budget, and every budget shown, tested and explained."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from place_kinds import edit

from capmodel.cli import main
from capmodel.errors import BadInput, NoPlan
from capmodel.model import load
from capmodel.money import HALF_A_PENNY
from capmodel.place.option_tables import tables_of_tests
from capmodel.reinvestment.options.limits import INVESTMENT, OVERALL
from capmodel.workbook.pages.frontier import FRONTIER
from capmodel.workbook.pages.plan import PLAN
from capmodel.workbook.pages.records import recorded_of
from capmodel.workbook.sheets import certified

YEARS = (2026, 2027)
KNOWN = {"status": "illustrative", "source": "p90"}
TERMS = ("carry_forward_flag", "recycle_share")


def budget(name: str, gbp: Any, **terms: Any) -> dict[str, Any]:
    return {"id": name, "label": name.capitalize(), "kind": "all", "gbp": dict(zip(YEARS, gbp, strict=True)), **KNOWN, **terms}


def place_with(small: Any, tmp_path: Path, budgets: list[dict[str, Any]], without: tuple[str, ...] = (INVESTMENT, *TERMS)) -> Path:
    packs = Path(shutil.copytree(small.folder.parents[1], tmp_path / "assumptions"))
    folder = packs / "places" / small.folder.name
    edit(folder / "options.yaml", lambda stated: stated.update(budgets=budgets))
    for name in ("parameters", "scenarios", "risk"):
        file = folder / f"{name}.yaml"
        stated = yaml.safe_load(file.read_text(encoding="utf-8"))
        left = {key: value for key, value in stated.items() if key not in without} if name == "parameters" else stated
        file.write_text(yaml.safe_dump(left, sort_keys=False), encoding="utf-8")
    return folder


def test_a_budget_over_all_partners_in_the_options_is_the_investment_budget(small: Any, tmp_path: Path) -> None:
    assumed = {name: load(small.folder).assumptions[name].values for name in (INVESTMENT, *TERMS)}
    gbp = [assumed[INVESTMENT][year].value for year in YEARS]
    share, carries = assumed["recycle_share"][None].value, bool(assumed["carry_forward_flag"][None].value)
    folder = place_with(small, tmp_path, [budget("whole", gbp, carry_forward=carries, recycled={"share": share})])
    one, other = load(small.folder).run(), load(folder).run()
    assert one.choice == other.choice and one.plan is not None and other.plan is not None
    assert one.plan.objective_gbp == pytest.approx(other.plan.objective_gbp, abs=HALF_A_PENNY)
    for line in ("budget_gbp", "budget_brought_gbp", "budget_recycled_gbp", "budget_cost_gbp", "budget_slack_gbp"):
        stated = other.column("budget", line)
        for (name, year), value in one.column("budget", line).items():
            assert name == OVERALL and stated["whole", year] == pytest.approx(value, abs=HALF_A_PENNY), line
    assert INVESTMENT not in other.place.assumptions and one.plan.binding == other.plan.binding


def test_the_page_of_the_plan_and_the_book_show_every_budget(small: Any, tmp_path: Path) -> None:
    folder = place_with(small, tmp_path, [budget("fund", (9e6, 9e6), party="reinvestment_fund"), budget("capital", (5, 6), kind="capital")])
    result = load(folder).run()
    made = certified(result, recorded_of(result))
    assert made.certificate.passed, made.certificate.differences[:3]
    cells = made.book.sheet(PLAN).cells
    labels = {cell.value: row for (row, column), cell in cells.items() if column == 0}
    left = [row for (row, column), cell in cells.items() if column == 0 and cell.value == "Left; in brackets: overspent"]
    assert [cells[row, 1].value for row in left] == [
        result.column("budget", "budget_slack_gbp")[name, "2026"] for name in ("fund", "capital")
    ]
    assert {"Fund of the year", "Capital of the year"} <= labels.keys() and "Investment budget of the year" not in labels
    assert any("the budget Capital, since no option of its party has capital cost" in remark for remark in result.place.choices.remarks)


def test_an_option_alone_is_held_against_every_budget(small: Any, tmp_path: Path) -> None:
    stated = [budget("payer", (0, 0), party="nhs_commissioner"), budget("whole", (1e9, 1e9))]
    folder = place_with(small, tmp_path, stated)
    edit(folder / "options.yaml", lambda content: content["options"][1].update(paid_by="nhs_commissioner"))
    found = load(folder).optimise(solver="enumerate")
    alone = {test.option: test.alone for test in found.tests}
    own = alone["risk_profiling"]
    assert not own.fits and own.short_of == ("payer", "payer") and own.short_gbp == pytest.approx(own.cost_gbp)
    assert all(each.fits for name, each in alone.items() if name != "risk_profiling")
    assert not found.result.choice["risk_profiling"]


def test_an_option_alone_is_held_against_capacity_and_the_table_says_what_it_uses_too_much_of(small: Any, tmp_path: Path) -> None:
    folder = place_with(small, tmp_path, [budget("whole", (1e9, 1e9))])
    nurses = {"id": "nurses", "label": "Nurses", "number": dict.fromkeys(YEARS, 5), **KNOWN}
    edit(folder / "options.yaml", lambda content: content.update(capacity=[nurses]))
    edit(folder / "options.yaml", lambda content: content["options"][1].update(uses={"nurses": dict.fromkeys(YEARS, 6)}))
    found = load(folder).optimise(solver="enumerate")
    alone = {test.option: test.alone for test in found.tests}
    assert alone["risk_profiling"].over_capacity == ("nurses",) and not alone["risk_profiling"].fits
    assert all(each.fits for name, each in alone.items() if name != "risk_profiling")
    (cash,) = (table for table in tables_of_tests(found) if table.headings[-1] == "Budgets and capacity alone")
    said = [row[-1].value for row in cash.rows]
    assert said.count("uses more Nurses than there is") == 1 and said.count("fits") == len(said) - 1


def test_what_is_short_is_said_of_the_budget_of_the_partner(small: Any, tmp_path: Path) -> None:
    folder = place_with(small, tmp_path, [budget("fund", (1_000_000, 9e6), party="reinvestment_fund")])
    with pytest.raises(NoPlan, match=r"budget Fund 2026/27: from £1,000,000.00 to £3,100,000.00"):
        load(folder).run()


def test_terms_of_an_investment_budget_that_is_not_there_are_said_to_have_no_effect(
    small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = place_with(small, tmp_path, [budget("fund", (9e6, 9e6))], without=(INVESTMENT,))
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 0
    assert (
        "Without effect: carry_forward_flag and recycle_share, since the place states no investment_budget_gbp" in capsys.readouterr().out
    )


def test_a_place_without_any_budget_is_refused(small: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="the assumption investment_budget_gbp is missing"):
        load(place_with(small, tmp_path, [], without=(INVESTMENT,)))


def test_other_budgets_are_multiples_of_every_budget(small: Any, tmp_path: Path) -> None:
    folder = place_with(small, tmp_path, [budget("fund", (6e6, 6e6), party="reinvestment_fund")])
    found = load(folder).optimise(solver="enumerate")
    points = found.tried.budgets.points
    assert {point.factor: point.budget_gbp for point in points}[0.5] == (3e6, 3e6)
    assert points[-1].objective_gbp is not None and points[0].chosen != points[-1].chosen
    page = certified(found.result, recorded_of(found.result, optimised=found)).book.sheet(FRONTIER).cells
    (row,) = (row for (row, column), cell in page.items() if column == 0 and cell.value == "As the inputs stand now")
    assert page[row, 1].value == 12e6

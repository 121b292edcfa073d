"""Options with start windows and scales in a place: the tests of every option against every choice of starts, and the workbook."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from place_kinds import edit

from capmodel.algebra.evaluate import Values, evaluate
from capmodel.cli import main
from capmodel.errors import NoPlan
from capmodel.model import Place, load
from capmodel.money import HALF_A_PENNY
from capmodel.place.optimise import Optimised
from capmodel.place.option_tables import tables_of_tests
from capmodel.reinvestment.option_tests.alone import with_given
from capmodel.reinvestment.planning import DECISION, OBJECTIVE, SLACKS, TABLES
from capmodel.reinvestment.solvers import TOLERANCE
from capmodel.workbook.pages.records import recorded_of
from capmodel.workbook.sheets import certified
from capmodel.workbook.writing.book import FIRST_YEAR

BUDGET = 130_000
COSTS = {
    "shared_care_record": (50_000, 60_000),
    "risk_profiling": (20_000, 30_000),
    "hospital_at_home": (75_000, 90_000),
    "virtual_wards": (135_000, 20_000),
    "frailty_teams": (10_000, 12_000),
}
WINDOW = {"first": 2026, "last": 2027}
STATED: dict[str, dict[str, Any]] = {
    "shared_care_record": {"starts": WINDOW},
    "risk_profiling": {"starts": WINDOW},
    "hospital_at_home": {"starts": WINDOW, "scale": {"steps": 2}},
    "virtual_wards": {"scale": {"steps": 3}},
}


def change(content: dict[str, Any]) -> None:
    for option in content["options"]:
        option["setup_cost_gbp"] = {2026: 0, 2027: 0}
        option["running_cost_gbp"] = dict(zip((2026, 2027), COSTS[option["id"]], strict=True))
        option.update(STATED.get(option["id"], {}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, small: Any) -> Path:
    packs = Path(shutil.copytree(small.folder.parents[1], tmp_path_factory.mktemp("starts") / "assumptions"))
    found = packs / "places" / small.folder.name
    edit(found / "options.yaml", change)
    return found


@pytest.fixture(scope="module")
def tried(folder: Path) -> Optimised:
    return load(folder).optimise(changes={"investment_budget_gbp": BUDGET}, solver="enumerate")


class Every:
    """Every choice of at most one start of each option, worked out by the rules."""

    def __init__(self, place: Any, free: str = "") -> None:
        known = place.chain.before_options(Values(place.inputs("base", [])))
        if free:
            mandatory = known.inputs.given["option", "mandatory_flag"].copy()
            mandatory[place.choices.options.index(free)] = 0
            known = with_given(known, {("option", "mandatory_flag"): mandatory})
        self.starts = place.choices.starts
        own = {option: [i for i, start in enumerate(self.starts) if start.option == option] for option in place.choices.options}
        self.own = own
        self.plans = np.zeros((0, len(self.starts)))
        for taken in itertools.product(*([None, *each] for each in own.values())):
            plan = np.zeros((1, len(self.starts)))
            plan[0, [each for each in taken if each is not None]] = 1
            self.plans = np.vstack([self.plans, plan])
        figures = evaluate(TABLES, with_given(known, {DECISION: self.plans}))
        kept = [(figures.figure(node) >= -TOLERANCE).all(axis=-1) for node in SLACKS]
        self.kept = np.logical_and.reduce([np.broadcast_to(each, len(self.plans)) for each in kept])
        self.value = figures.figure(OBJECTIVE)[..., 0]

    def best(self, option: str = "", taken: bool = False) -> float | None:
        which = self.kept if not option else self.kept & (self.plans[:, self.own[option]].any(axis=1) == taken)
        return float(self.value[which].max()) if which.any() else None


def test_the_best_plan_is_the_best_of_every_choice_of_starts(tried: Optimised) -> None:
    every = Every(tried.result.place)
    assert len(every.plans) == 3 * 3 * 5 * 4 * 2
    assert tried.plan.objective_gbp == pytest.approx(every.best(), abs=HALF_A_PENNY)
    assert tried.unproved == 0 and len(tried.plan.chosen) == len(every.starts) == 12


@pytest.mark.parametrize("position", range(len(COSTS)), ids=COSTS)
def test_left_out_is_none_of_its_starts_and_forced_in_is_any_of_them(tried: Optimised, position: int) -> None:
    test = tried.tests[position]
    assert test.in_plan.with_gbp == pytest.approx(Every(tried.result.place).best(test.option, True), abs=HALF_A_PENNY)
    assert test.in_plan.without_gbp == pytest.approx(Every(tried.result.place, test.option).best(test.option, False), abs=HALF_A_PENNY)
    starts = {start.id: start for start in tried.result.place.choices.starts if start.option == test.option}
    if test.in_plan.with_gbp is not None:
        assert test.start is not None and test.start in starts
        assert (test.start_year, test.scale_share) == (starts[test.start].year, starts[test.start].scale_share)
    if test.chosen:
        assert test.start is not None and tried.plan.chosen[test.start] == 1
    # Alone it is shown in the start that is worth most.
    values = {start: tried.result.column("start", "value_gbp")[(start,)] for start in starts}
    assert test.alone.value_gbp == pytest.approx(max(values.values()), abs=HALF_A_PENNY)
    assert test.alone.value_gbp == pytest.approx(values[test.alone.start], abs=HALF_A_PENNY)


def test_other_solvers_find_the_same_and_say_the_start(tried: Optimised, folder: Path) -> None:
    again = load(folder).optimise(changes={"investment_budget_gbp": BUDGET})
    for one, other in zip(tried.tests, again.tests, strict=True):
        assert (one.start, one.in_plan.added, one.in_plan.dropped) == (other.start, other.in_plan.added, other.in_plan.dropped)
        assert one.in_plan.marginal_gbp == pytest.approx(other.in_plan.marginal_gbp, abs=HALF_A_PENNY)
        assert [(each.name, each.decides) for each in one.switches] == [(each.name, each.decides) for each in other.switches]


def test_a_half_costs_and_saves_half_of_the_whole(tried: Optimised) -> None:
    result = tried.result
    for line in ("cost_gbp", "start_saving_gbp", "year_value_gbp"):
        figures = result.column("start_year", line)
        for year in ("2026", "2027"):
            half, whole = (figures[f"hospital_at_home_2026{at}", year] for at in ("_1_of_2", ""))
            assert half == pytest.approx(whole / 2, abs=1e-6) and (whole or line == "start_saving_gbp")


def test_the_command_says_when_and_at_what_scale_an_option_is_begun(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["optimise", str(folder), "--set", f"investment_budget_gbp={BUDGET}", "--solver", "enumerate", "--out", str(tmp_path)]
    assert main(arguments) == 0
    printed = " ".join(capsys.readouterr().out.split())
    record = json.loads(next(tmp_path.glob("*.json")).read_text(encoding="utf-8"))
    begun = next(test for test in record["options"] if test["option"] == "shared_care_record")
    assert f"must be from {begun['start_year']}/{begun['start_year'] - 1999}" in printed
    assert begun["start"] in record["plan"]["chosen"]


def test_a_budget_that_pays_for_no_start_of_a_mandatory_option_is_explained(folder: Path) -> None:
    with pytest.raises(NoPlan) as refused:
        load(folder).run(changes={"investment_budget_gbp": 10_000})
    message = str(refused.value)
    # Begun in 2027/28 it costs in that year alone what it costs in its first, at the prices of that year.
    assert "The choice that lacks least is Shared care record from 2027/28 (must be done)" in message
    assert "investment budget 2027/28" in message and "investment budget 2026/27" not in message


def test_two_starts_of_one_option_break_a_rule_of_the_plan(folder: Path) -> None:
    place: Place = load(folder)
    result = place.run(chosen={"risk_profiling_2026": 1, "risk_profiling_2027": 1, "shared_care_record_2026": 1})
    failing = [check.label for check in result.checks if not check.passed]
    assert any("an option is begun once at the most" in label for label in failing), failing


def test_the_workbook_of_a_place_with_windows_recalculates_with_no_difference(folder: Path) -> None:
    result = load(folder).run(changes={"investment_budget_gbp": BUDGET})
    certificate = certified(result, recorded_of(result)).certificate
    assert certificate.passed and certificate.formulas > 1000, certificate.differences[:3]


def test_a_moved_line_of_the_workbook_has_one_formula_for_all_its_years_beside_the_number_of_years(folder: Path) -> None:
    sheet = certified((result := load(folder).run(changes={"investment_budget_gbp": BUDGET})), recorded_of(result)).book.sheet(
        "Calc 5 Options"
    )
    (top,) = (
        row for (row, column), cell in sheet.cells.items() if column == 0 and cell.value == "Revenue cost, earlier by the delay in years"
    )
    moved = next(
        row for row in itertools.count(top + 1) if sheet.cells[row, 0].value == "Hospital at home" and sheet.cells[row, 1].value == "1"
    )
    formulas = [sheet.cells[moved, FIRST_YEAR + t].formula for t in range(2)]
    assert formulas[0].replace("(H$4,", "(I$4,") == formulas[1]
    assert "0" not in formulas and "INDEX(" in formulas[0], formulas


def test_the_tables_name_the_start_in_which_an_option_is_shown_alone(tried: Optimised) -> None:
    """Cost and cash of a quarter must not pass for those of the whole option."""
    labels = {start.id: start.label for start in tried.result.place.choices.starts}
    worth, cash, parties, *_ = tables_of_tests(tried)
    shown = [labels[test.alone.start] for test in tried.tests]
    assert any(label != tried.result.place.label(test.option) for label, test in zip(shown, tried.tests, strict=True))
    assert [cells[0].value for cells in cash.rows] == shown == [cells[0].value for cells in parties.rows]
    assert "in the start in which it is worth most" in worth.note

"""Out 4, the plan: decisions switched by hand in the file are recalculated as the engine has them, and the sheet says what they cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from capmodel.workbook.pages.plan import BROKEN, OTHER, SAME, STALE
from capmodel.workbook.pages.records import recorded_of
from capmodel.workbook.sheets import make_book, write_workbook
from capmodel.workbook.writing.book import Book

from conftest import Case  # isort: skip
from book_cells import differences, inputs  # isort: skip
from workbook_files import Recalculated  # isort: skip

PLAN = "Out 4 Plan"
WORTH, BEST, LESS = "Present value of the plan as it stands", "Present value of the recorded optimum, as it was found", "What the present decisions add to it, or cost (in brackets)"  # fmt: skip
SWITCHED, CHANGED = "Decisions switched by hand", "Other inputs changed since issue"
CASES = {
    "small": ("risk_profiling", "hospital_at_home", "virtual_wards"),
    "example": ("telehealth", "medicines_review", "risk_profiling"),
}


def case_named(request: pytest.FixtureRequest, name: str) -> Case:
    if name == "small":
        return request.getfixturevalue("small")  # type: ignore[no-any-return]
    return Case(*(request.getfixturevalue(each) for each in ("place", "result", "workbook", "recorded", "book")))


def rows_of(book: Book, sheet: str = PLAN) -> dict[str, int]:
    """The first row of each label."""
    found: dict[str, int] = {}
    for (row, column), content in sorted(book.sheet(sheet).cells.items()):
        if column == 0 and isinstance(content.value, str):
            found.setdefault(content.value, row)
    return found


def said(book: Book, values: dict[tuple[str, int, int], Any], label: str) -> Any:
    return values[PLAN, rows_of(book)[label], 1]


def verdict_row(book: Book) -> int:
    return rows_of(book)["The plan as it stands beside the recorded optimum"] + 1


def switched(case: Case, options: tuple[str, ...], **others: float) -> tuple[dict[tuple[str, int, int], Any], dict[str, int]]:
    """The cells of the file with some decisions turned round by hand, worked out by IronCalc, and the choice that this is."""
    file, free = Recalculated(case.workbook), inputs(case.book)
    choice = dict(case.result.choice)
    for option in options:
        choice[option] = 1 - choice[option]
        file.set(free[f"chosen_flag[{option}]"][0], choice[option])
    for name, value in others.items():
        file.set(free[f"{name}@base"][0], value)
    return file.values(), choice


@pytest.mark.parametrize("name", CASES)
def test_three_decisions_switched_by_hand_have_the_consequences_that_the_engine_gives_them(
    name: str, request: pytest.FixtureRequest
) -> None:
    case = case_named(request, name)
    values, choice = switched(case, CASES[name])
    again = case.place.run(chosen=choice)
    # Every formula cell of the book: costs, budgets, rules, parties, cash, settlement, checks and the objective.
    assert differences(make_book(again, case.recorded).book, values) == []
    plan = case.result.plan
    assert plan is not None
    objective = again.column("objective", "plan_value_gbp")[()]
    assert said(case.book, values, WORTH) == pytest.approx(objective, abs=0.005)
    assert said(case.book, values, BEST) == pytest.approx(plan.objective_gbp, abs=0.005)
    assert said(case.book, values, LESS) == pytest.approx(objective - plan.objective_gbp, abs=0.01)
    assert said(case.book, values, SWITCHED) == 3 and said(case.book, values, CHANGED) == 0
    broken = any(not check.passed for check in again.checks)
    assert values[PLAN, verdict_row(case.book), 0] == OTHER + (BROKEN if broken else "")
    left = rows_of(case.book)["Left; in brackets: overspent"]
    slack = again.column("budget", "budget_slack_gbp")
    assert [values[PLAN, left, 1 + t] for t in range(len(slack))] == pytest.approx(list(slack.values()), abs=0.005)


def test_the_sheet_says_that_the_optimum_was_found_for_other_figures(small: Case) -> None:
    values, _ = switched(small, (), prudence_share=0.4)
    assert values[PLAN, verdict_row(small.book), 0] == SAME + STALE and said(small.book, values, CHANGED) == 1
    values, _ = switched(small, ("hospital_at_home",), prudence_share=0.4)
    assert values[PLAN, verdict_row(small.book), 0] == OTHER + STALE
    assert (said(small.book, values, SWITCHED), said(small.book, values, CHANGED)) == (1, 1)


def test_as_issued_it_is_the_recorded_optimum_and_every_rule_is_kept(small: Case) -> None:
    cells, rows = small.book.sheet(PLAN).cells, rows_of(small.book)
    assert cells[verdict_row(small.book), 0].value == SAME and cells[rows[LESS], 1].value == 0
    rules = [row for row, column in small.book.sheet(PLAN).verdicts if column == 2]
    assert len(rules) == 5 and all(cells[row, 2].value == "OK" for row in rules)


def test_a_rule_that_a_switched_decision_breaks_turns_its_verdict(small: Case) -> None:
    values, choice = switched(small, ("shared_care_record",))
    mandatory = rows_of(small.book)["Mandatory options are chosen"]
    assert choice["shared_care_record"] == 0 and values[PLAN, mandatory, 1] == 1 and values[PLAN, mandatory, 2] == "CHECK"
    assert values[PLAN, verdict_row(small.book), 0] == OTHER + BROKEN


def test_choices_worth_nearly_as_much_are_listed_with_what_they_are_worth_less(small: Case) -> None:
    result = small.place.run(solver="enumerate", near_share=0.6)
    assert result.plan is not None and len(result.plan.others) >= 2
    cells = make_book(result).book.sheet(PLAN).cells
    first = next(
        row for (row, column), content in cells.items() if column == 0 and content.value == "In what it differs from the recorded optimum"
    )
    for row, other in enumerate(result.plan.others, first + 1):
        assert cells[row, 1].value == pytest.approx(other.objective_gbp, abs=0.005)
        assert cells[row, 2].value == pytest.approx(result.plan.objective_gbp - other.objective_gbp, abs=0.01)
        assert str(cells[row, 1].formula).startswith("'Recorded plan'!")


def test_a_choice_that_was_given_is_not_called_an_optimum(small: Case) -> None:
    given = small.place.run(chosen={"shared_care_record": 1, "risk_profiling": 1})
    cells = make_book(given, recorded_of(given, scenarios=False)).book.sheet(PLAN).cells
    texts = [str(content.value) for content in cells.values()]
    assert any("nothing was optimised" in text for text in texts) and not any("proved best" in text for text in texts)


def test_budgets_and_cash_are_those_of_the_plan_and_the_break_even_is_that_of_the_rules(small: Case, tmp_path: Path) -> None:
    rows, cells = rows_of(small.book), small.book.sheet(PLAN).cells
    result, years = small.result, small.place.pack.years
    for t, year in enumerate(years):
        there, cost = cells[rows["There is"], 1 + t].value, result.column("plan", "plan_cost_gbp")[str(year),]
        assert there == pytest.approx(result.column("budget", "budget_slack_gbp")["investment_budget", str(year)] + cost)
        assert cells[rows["Cumulative cash at the end of the year"], 1 + t].value == result.column("plan_cash", "closing_gbp")[str(year),]
    assert cells[rows["Break-even, months from the start of the first year"], 1].value == "not by the end of 2027/28"


def test_the_waterfall_goes_from_the_cost_to_the_system_effect_and_each_bar_is_drawn_whole(small: Case, tmp_path: Path) -> None:
    result = small.place.run(chosen={"shared_care_record": 1, "hospital_at_home": 1})
    book = tmp_path / "book.xlsx"
    write_workbook(result, book)
    values = Recalculated(book).values()
    sheet = make_book(result).book.sheet("Out 17 Who pays")
    top = next(row for (row, column), content in sheet.cells.items() if content.value == "What the waterfall draws")
    parties = small.place.pack.dimensions["party"]
    bars = [row for row in range(top + 1, top + 5 + len(parties)) if (row, 4) in sheet.cells]
    assert len(bars) == len(parties) + 2
    for row in bars:
        amount, end, start, clear, *parts = (float(values.get(("Out 17 Who pays", row, column)) or 0) for column in range(1, 11))
        assert end - start == pytest.approx(amount, abs=0.005)
        up, down = sum(part for part in parts if part > 0), sum(part for part in parts if part < 0)
        # Stacked columns draw upwards from the clear part above zero, and downwards from the clear part below it.
        highest = max(clear, 0) + up if up else min(clear, 0)
        lowest = min(clear, 0) + down if down else max(clear, 0)
        if amount:
            assert (lowest, highest) == pytest.approx((min(start, end), max(start, end)), abs=0.005)
    system = sum(result.column("system_effect", "system_in_year_gbp").values())
    assert values["Out 17 Who pays", bars[-1], 1] == pytest.approx(system, abs=0.05)

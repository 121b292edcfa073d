"""The summary says what the chosen plan needs at its worst moment and when it pays back, as the page of the plan has it."""

from __future__ import annotations

from capmodel.money import pounds
from capmodel.place.option_tables import cash_line

from conftest import Case  # isort: skip


def test_the_line_has_the_peak_and_the_break_even_of_the_page_of_the_plan(small: Case) -> None:
    result = small.place.run(chosen={"hospital_at_home": 1})
    peak = max(result.column("plan_cash", "peak_gbp").values())
    closing = list(result.column("plan_cash", "closing_gbp").values())
    assert peak > 0
    line = cash_line(result)
    assert line.startswith(f"Cash of the plan, cost released less cost: at its lowest {pounds(-peak)} at the end of 20")
    assert ("; pays back " in line) == (closing[-1] >= 0)
    assert ("; not paid back by 2027/28" in line) == (closing[-1] < 0)


def test_a_plan_that_is_never_below_zero_needs_nothing(small: Case) -> None:
    line = cash_line(small.place.run(chosen={}))
    assert line == "Cash of the plan, cost released less cost: never below zero"

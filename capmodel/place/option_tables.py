"""The tests of every option as tables: a row an option, or a row for each switching value, under headings with units.

The screen and the workbook show the same tables. What a test means is in `reinvestment.option_tests`; how a figure is written is up to
whoever shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capmodel.assumptions.years import year_label
from capmodel.errors import listed
from capmodel.money import pounds
from capmodel.reinvestment.option_tests.cash import cash_of
from capmodel.reinvestment.option_tests.switches import OWN_COST, OWN_EFFECT, Switching
from capmodel.reinvestment.options.limits import OVERALL
from capmodel.reinvestment.short import Label

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised
    from capmodel.place.result import Result
    from capmodel.reinvestment.option_tests.alone import Alone
    from capmodel.reinvestment.option_tests.cash import Cash
    from capmodel.reinvestment.option_tests.every import OptionTest

#: What is moved beside the assumptions of a place.
OWN_LABELS = {OWN_EFFECT: "Its effects, times what is stated", OWN_COST: "Its cost, times what is stated"}
DECIDES = {"value": "its value is positive", "chosen": "it is chosen"}
HALF_A_POUND = 0.5
MONEY, INDEX, TEXT = "whole GBP", "index", ""


@dataclass(frozen=True)
class Entry:
    """One cell: a text or a figure, and the unit of a figure."""

    value: float | str
    unit: str = TEXT


@dataclass(frozen=True)
class OptionTable:
    """One table of the tests.

    Attributes:
        title: what it shows.
        headings: the first ones stand over texts.
        rows: the cells below each heading.
        left: how many columns hold names.
        note: how to read a column that its heading does not explain.
        words: how many of the last columns hold words, which stand to the left.
        in_thousands: the screen has no room for the pounds of so many columns and shows thousands.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    left: int = 1
    note: str = ""
    in_thousands: bool = False
    words: int = 0


def proof_of(found: Optimised) -> str:
    """How far the best plan is proved, in words."""
    plan = found.plan
    if plan.proved:
        return "proved best"
    return f"not proved best: at most {pounds(plan.bound_gbp)} is possible, a gap of {plan.gap_share:.4%}"


def tables_of_tests(found: Optimised) -> tuple[OptionTable, ...]:
    """Every table, in the order in which they are shown: worth, cash, parties, the other decision, switching values."""
    return _worth(found), _cash(found), _parties(found), _in_place(found), _switching(found)


def money(value: float | None) -> Entry:
    """Pounds, or `none`."""
    return Entry("none") if value is None else Entry(value, MONEY)


def texts(*written: str) -> list[Entry]:
    """Cells of text."""
    return [Entry(text) for text in written]


def _label(found: Optimised, test: OptionTest) -> Entry:
    return Entry(found.result.place.label(test.option))


def _alone(found: Optimised, test: OptionTest) -> Entry:
    """The start in which an option is shown alone."""
    return Entry(next(start.label for start in found.result.place.choices.starts if start.id == test.alone.start))


def _begun(found: Optimised, test: OptionTest) -> str:
    """When and at what scale an option is begun, where it could be begun otherwise."""
    label = next((start.label for start in found.result.place.choices.starts if start.id == test.start), "")
    return label.removeprefix(found.result.place.label(test.option))


def _worth(found: Optimised) -> OptionTable:
    headings = ("Option", "Chosen", "Value alone", "To all parties", "Marginal value", "Other decision loses", "Value at half its effects", "Chosen then")  # fmt: skip
    rows = []
    for test in found.tests:
        alone, within = test.alone, test.in_plan
        chosen = f"{'must be' if test.mandatory else 'yes'}{_begun(found, test)}" if test.chosen else "no"
        then = "no plan" if within.chosen_at_half is None else "yes" if within.chosen_at_half else "no"
        figures = (alone.value_gbp, alone.present_gbp, within.marginal_gbp, within.regret_gbp, alone.half_value_gbp)
        rows.append((_label(found, test), Entry(chosen), *map(money, figures), Entry(then)))
    several = any(test.alone.start != test.option for test in found.tests)
    note = "Alone: an option by itself, in the start in which it is worth most; the next table names that start" if several else ""
    return OptionTable("What each option is worth, £ of the first year, discounted", headings, tuple(rows), left=2, note=note)


def payback(cash: Cash, last: int) -> str:
    """When a cash flow has paid back, in words.

    >>> from capmodel.reinvestment.option_tests.cash import cash_of
    >>> payback(cash_of([-100, 50, 100], [2026, 2027, 2028]), 2028)
    '2028/29, month 30'
    """
    if cash.payback_year is None:
        return f"not by {year_label(last)}"
    return f"{year_label(cash.payback_year)}, month {cash.break_even_month}" if cash.break_even_month else "at once"


def cash_line(result: Result) -> str:
    """What the chosen plan needs at its worst moment, in pounds of the years, and when it pays back."""
    years = result.place.pack.years
    released, cost = (list(result.column("plan", name).values()) for name in ("plan_released_gbp", "plan_cost_gbp"))
    cash = cash_of([gained - paid for gained, paid in zip(released, cost, strict=True)], years)
    start = "Cash of the plan, cost released less cost: "
    if cash.peak_year is None:
        return f"{start}never below zero"
    back = "not paid back by" if cash.payback_year is None else "pays back"
    when = year_label(years[-1]) if cash.payback_year is None else payback(cash, years[-1])
    return f"{start}at its lowest {pounds(-cash.peak_gbp)} at the end of {year_label(cash.peak_year)}; {back} {when}"


def _cash(found: Optimised) -> OptionTable:
    years = found.result.place.pack.years
    headings = ("Option", "Cost, all years", "Cost released", "Peak funding", "At the end of", "Pays back", "Budgets and capacity alone")
    rows = []
    for test in found.tests:
        alone = test.alone
        peak = year_label(alone.cash.peak_year) if alone.cash.peak_year is not None else "none"
        figures = (sum(alone.cost_gbp), sum(alone.released_gbp), alone.cash.peak_gbp)
        words = texts(peak, payback(alone.cash, years[-1]), _fits(alone, years, found.result.place.label))
        rows.append((_alone(found, test), *map(money, figures), *words))
    return OptionTable("Cash of the system by each option alone, £ of each year: cost released less cost", headings, tuple(rows))


def _fits(alone: Alone, years: Sequence[int], label: Label) -> str:
    over = f"uses more {listed([label(resource) for resource in alone.over_capacity])} than there is" if alone.over_capacity else ""
    if not any(alone.short_gbp):
        return over or "fits"
    amount, year, budget = max(zip(alone.short_gbp, years, alone.short_of, strict=True), key=lambda each: each[0])
    of = "" if budget == OVERALL else f" of {label(budget)}"
    return f"{round(amount):,} short{of} {year_label(year)}" + (f"; {over}" if over else "")


def _parties(found: Optimised) -> OptionTable:
    """Present values by party; parties that no option touches are left out."""
    touched = [
        each.party for each in found.tests[0].alone.parties if any(abs(_of(test, each.party)) >= HALF_A_POUND for test in found.tests)
    ]
    rows = []
    for test in found.tests:
        returns = [f"{each.return_index:.2f}" for each in test.alone.parties if each.return_index is not None]
        rows.append((_alone(found, test), *(money(_of(test, party)) for party in touched), Entry(", ".join(returns))))
    return OptionTable(
        "What each party gains (plus) or pays (minus) by each option alone, present value",
        ("Option", *(found.result.place.label(party) for party in touched), "Return"),
        tuple(rows),
        note="Return: what comes back to who pays the option's cost for each pound paid",
        in_thousands=True,
    )


def _of(test: OptionTest, party: str) -> float:
    return next(each.present_gbp for each in test.alone.parties if each.party == party)


def _in_place(found: Optimised) -> OptionTable:
    headings = ("Option", "Then chosen", "Then left out", "Plan worth then", "Most lost elsewhere")
    place = found.result.place
    rows = []
    for test in found.tests:
        within = test.in_plan
        added, dropped = (listed([place.label(option) for option in options]) for options in (within.added, within.dropped))
        other = within.without_gbp if test.chosen else within.with_gbp
        worth = Entry("no plan") if other is None else Entry(other, MONEY)
        if not within.proved:
            worth = Entry(f"{worth.value if other is None else f'{round(other):,}'}, not proved")
        rows.append((_label(found, test), *texts(added or "none", dropped or "none"), worth, _elsewhere(test)))
    title = "The best plan with the other decision on each option, and what the present decision loses in other scenarios, £"
    return OptionTable(title, headings, tuple(rows), left=3)


def _elsewhere(test: OptionTest) -> Entry:
    lost = {name: value for name, value in test.in_plan.regret_by_scenario.items() if value}
    impossible = [name for name, value in test.in_plan.regret_by_scenario.items() if value is None]
    worst = max(lost, key=lambda name: lost[name] or 0.0, default="")
    parts = [f"{round(lost[worst] or 0.0):,} ({worst})"] if worst else []
    words = "; ".join([*parts, *(f"no plan ({name})" for name in impossible)])
    return Entry(words) if words else Entry(0.0, MONEY)


def _switching(found: Optimised) -> OptionTable:
    headings = ("Option", "Assumption", "Decides", "Now, least", "Now, most", "Switches at", "Lowest tried", "Highest tried", "Beyond it")
    place = found.result.place
    rows = []
    for test in found.tests:
        for each in test.switches:
            assumed = place.assumptions.get(each.name)
            label, unit = (
                (OWN_LABELS[each.name], INDEX)
                if assumed is None
                else (f"{assumed.label}, £" if assumed.unit == "GBP" else assumed.label, assumed.unit)
            )
            figures = [Entry(value, MONEY if unit == "GBP" else unit) for value in (*each.present, each.switches_at, each.low, each.high)]
            decides = f"{DECIDES[each.decides]} {'above' if each.at_high_gbp > each.at_low_gbp else 'below'}"
            rows.append((_label(found, test), *texts(label, decides), *figures, Entry(_beyond(each, figures[0].unit))))
    title = "Switching values: where one assumption, moved by itself, changes the answer"
    note = (
        "The change nearest to what is assumed on either side is shown. Whether an option is chosen is tried at steps outward from there, "
        "and a change that is undone within one step may be missed. Where only the ends of the range are tried, one change is shown."
    )
    return OptionTable(title, headings, tuple(rows), left=3, note=note, words=1)


def _beyond(found: Switching, unit: str) -> str:
    """Whether the answer changes again beyond a switching value, as far as was tried, in words."""
    if found.step is None:
        return "only the ends were tried"
    step = f"in steps of {found.step:,.0f}" if unit == MONEY else f"in steps of {found.step:.4g}"
    if found.below >= found.present[0] and found.above <= found.present[1]:
        return f"lies between what is assumed for single years, {step}"
    side = "below" if found.above <= found.present[0] else "above"
    return f"changes again {side}: {found.further_number} more found, {step}" if found.further_number else f"no other found {side}, {step}"

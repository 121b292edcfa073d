"""The tests of every option as printed tables. Nothing is worked out here; what a test means is in `reinvestment.option_tests`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from capmodel.assumptions.years import year_label
from capmodel.errors import listed
from capmodel.money import pounds
from capmodel.reinvestment.option_tests.switches import OWN_COST, OWN_EFFECT
from capmodel.reports.summary import idle_lines

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised
    from capmodel.reinvestment.option_tests.alone import Alone
    from capmodel.reinvestment.option_tests.cash import Cash
    from capmodel.reinvestment.option_tests.every import OptionTest

#: What is moved beside the assumptions of a place.
OWN_LABELS = {OWN_EFFECT: "Its effects, times what is stated", OWN_COST: "Its cost, times what is stated"}
HALF_A_POUND = 0.5


def print_tests(console: Console, found: Optimised) -> None:
    """Print the best plan, and of every option its worth, its cash, each party's part, what takes its place and what would change it."""
    for name, value in found.result.changes.items():
        console.print(f"Set for this run: {name} = {value:.15g}", markup=False)
    for text in idle_lines(found.result):
        console.print(text, markup=False, soft_wrap=True)
    for text in (*_heading(found), *found.result.place.choices.remarks):
        console.print(text, markup=False, soft_wrap=True)
    for table in (_worth(found), _cash(found), _parties(found), _in_place(found), _switching(found)):
        console.print("", table)


def _heading(found: Optimised) -> list[str]:
    run, plan = found.result, found.plan
    count = sum(test.chosen for test in found.tests)
    proof = (
        "proved best" if plan.proved else f"not proved best: at most {pounds(plan.bound_gbp)} is possible, a gap of {plan.gap_share:.4%}"
    )
    solver = ", ".join(f"{name} {version}" for name, version in found.solver_versions.items())
    lines = [
        f"{run.place.pack.title}, scenario {run.scenario}: {count} of {len(found.tests)} options chosen, worth {pounds(plan.objective_gbp)}, {proof}",
        f"Solver {plan.solver}{f' ({solver})' if solver else ''}: {found.questions:,} questions asked, {found.spared:,} answered by a plan that was known",
    ]
    if found.unproved:
        lines.append(f"WARNING: {found.unproved:,} answers of the solver are not proved best; figures that follow from them may be better")
    return lines


def _table(title: str, *headings: str, left: int = 1) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for i, heading in enumerate(headings):
        table.add_column(heading, justify="left" if i < left else "right")
    return table


def _gbp(value: float | None) -> str:
    """Whole pounds; what rounds to zero has no minus."""
    return "none" if value is None else f"{round(value) + 0:,}"


def _label(found: Optimised, test: OptionTest) -> str:
    return found.result.place.label(test.option)


def _worth(found: Optimised) -> Table:
    table = _table(
        "What each option is worth, £ of the first year, discounted",
        "Option", "Chosen", "Value alone", "To all parties", "Marginal value", "Other decision loses", "Value at half its effects", "Chosen then",
        left=2,
    )  # fmt: skip
    for test in found.tests:
        within = test.in_plan
        table.add_row(
            _label(found, test),
            ("must be" if test.mandatory else "yes") if test.chosen else "no",
            *map(_gbp, (test.alone.value_gbp, test.alone.present_gbp, within.marginal_gbp, within.regret_gbp, test.alone.half_value_gbp)),
            "no plan" if within.chosen_at_half is None else "yes" if within.chosen_at_half else "no",
        )
    return table


def payback(cash: Cash, last: int) -> str:
    """When a cash flow has paid back, in words.

    >>> from capmodel.reinvestment.option_tests.cash import cash_of
    >>> payback(cash_of([-100, 50, 100], [2026, 2027, 2028]), 2028)
    '2028/29, month 30'
    """
    if cash.payback_year is None:
        return f"not by {year_label(last)}"
    return f"{year_label(cash.payback_year)}, month {cash.break_even_month}" if cash.break_even_month else "at once"


def _cash(found: Optimised) -> Table:
    years = found.result.place.pack.years
    table = _table(
        "Cash of the system by each option alone, £ of each year: cost released less cost",
        "Option", "Cost, all years", "Cost released", "Peak funding", "At the end of", "Pays back", "Budgets alone",
    )  # fmt: skip
    for test in found.tests:
        alone = test.alone
        peak = year_label(alone.cash.peak_year) if alone.cash.peak_year is not None else ""
        figures = (sum(alone.cost_gbp), sum(alone.released_gbp), alone.cash.peak_gbp)
        table.add_row(_label(found, test), *map(_gbp, figures), peak, payback(alone.cash, years[-1]), _fits(alone, years))
    return table


def _fits(alone: Alone, years: tuple[int, ...]) -> str:
    if alone.fits:
        return "fits"
    worst = max(zip(alone.short_gbp, years, strict=True), key=lambda each: each[0])
    short = [f"{_gbp(worst[0])} short {year_label(worst[1])}"] if worst[0] else []
    return "; ".join([*short, *([f"claims {_gbp(alone.overclaimed_gbp)} too much"] if alone.overclaimed_gbp else [])])


def _parties(found: Optimised) -> Table:
    """Present values by party; parties that no option touches are left out."""
    touched = [
        each.party for each in found.tests[0].alone.parties if any(abs(_of(test, each.party)) >= HALF_A_POUND for test in found.tests)
    ]
    labels = [found.result.place.label(party) for party in touched]
    table = _table(
        "What each party gains (plus) or pays (minus) by each option alone, present value, £ thousand", "Option", *labels, "Return"
    )
    for test in found.tests:
        returns = [f"{each.return_index:.2f}" for each in test.alone.parties if each.return_index is not None]
        table.add_row(_label(found, test), *(f"{round(_of(test, party) / 1e3) + 0:,}" for party in touched), ", ".join(returns))
    table.caption = "Return: what comes back to who pays the option's cost for each pound paid"
    table.caption_justify = "left"
    return table


def _of(test: OptionTest, party: str) -> float:
    return next(each.present_gbp for each in test.alone.parties if each.party == party)


def _in_place(found: Optimised) -> Table:
    headings = ("Option", "Then chosen", "Then left out", "Plan worth, £", "Most lost elsewhere, £")
    table = _table("The best plan with the other decision on each option, and what the present decision loses in other scenarios", *headings, left=3)  # fmt: skip
    place = found.result.place
    for test in found.tests:
        within = test.in_plan
        added, dropped = (listed([place.label(option) for option in options]) for options in (within.added, within.dropped))
        other = within.without_gbp if test.chosen else within.with_gbp
        value = ("no plan" if other is None else _gbp(other)) + ("" if within.proved else ", not proved")
        table.add_row(_label(found, test), added or "none", dropped or "none", value, _elsewhere(test))
    return table


def _elsewhere(test: OptionTest) -> str:
    lost = {name: value for name, value in test.in_plan.regret_by_scenario.items() if value}
    impossible = [name for name, value in test.in_plan.regret_by_scenario.items() if value is None]
    worst = max(lost, key=lambda name: lost[name] or 0.0, default="")
    parts = [f"{_gbp(lost[worst])} ({worst})"] if worst else []
    return "; ".join([*parts, *(f"no plan ({name})" for name in impossible)]) or "0"


def _switching(found: Optimised) -> Table:
    table = _table(
        "Switching values: where one assumption, moved by itself, changes the answer",
        "Option", "Assumption", "Decides", "Now", "Switches at", "Range tried",
        left=3,
    )  # fmt: skip
    place = found.result.place
    decides = {"value": "its value is positive", "chosen": "it is chosen"}
    for test in found.tests:
        for each in test.switches:
            label = OWN_LABELS.get(each.name) or place.assumptions[each.name].label
            now = " to ".join(dict.fromkeys(_figure(each.name, value) for value in each.present))
            reach = f"{_figure(each.name, each.low)} to {_figure(each.name, each.high)}"
            table.add_row(_label(found, test), label, decides[each.decides], now, _figure(each.name, each.switches_at), reach)
    return table


def _figure(name: str, value: float) -> str:
    return f"{value:,.0f}" if name.endswith("_gbp") else f"{value:.4g}"

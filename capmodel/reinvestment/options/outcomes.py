"""Outcomes of options.yaml: the measures, and what each option does for people; what of them is refused, and the rows and figures they give."""

from __future__ import annotations

from collections.abc import Mapping

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Step
from capmodel.assumptions.labels import check_label
from capmodel.assumptions.pack import Column, Figure, Key
from capmodel.baseline.spend import columns_of
from capmodel.errors import listed, nearest
from capmodel.reinvestment.options.check import Check
from capmodel.reinvestment.options.laid import FILE, Laid, Writer
from capmodel.reinvestment.options.stated import Measure, Options

#: The rate at which effects on health are discounted. Source: HM Treasury, The Green Book (2022), annex 6.
HEALTH_RATE_SHARE = 0.015
_HEALTH_NOTE = "HM Treasury, The Green Book (2022), annex 6: effects on health are discounted at 1.5% a year"


def check_outcomes(check: Check, content: Options, seen: set[str]) -> None:
    """Report every fault of the measures and of what options state of them."""
    labels: set[str] = set()
    known = [each.id for each in content.outcomes]
    for i, each in enumerate(content.outcomes):
        here: list[Step] = ["outcomes", i]
        check.once([*here, "id"], each.id, seen)
        check_label(check.document, [*here, "label"], each.label, labels, check.problems)
        check.source([*here, "source"], each.source)
        if each.unit_gbp <= 0:
            why = "a unit counts for something, or a plan for people would be worth nothing"
            check.fault([*here, "unit_gbp"], f"unit_gbp is {each.unit_gbp:g}", why, "Write what a unit counts as, above zero")
        _check_rate(check, here, each)
    for i, option in enumerate(content.options):
        named: set[str] = set()
        for j, stated in enumerate(option.outcomes):
            steps: list[Step] = ["options", i, "outcomes", j]
            check.source([*steps, "source"], stated.source)
            check.yearly([*steps, "number"], stated.number)
            if stated.measure not in known:
                remedy = nearest(stated.measure, known) if known else f"State {stated.measure} under outcomes:"
                check.fault(
                    [*steps, "measure"], f"{stated.measure!r} is no outcome of the file", "nothing says what a unit is worth", remedy
                )
            if stated.measure in named:
                what = f"{option.id} states {stated.measure} twice"
                check.fault(steps, what, "the second would be counted on top of the first", "Make one entry of them")
            named.add(stated.measure)


def _check_rate(check: Check, here: list[Step], each: Measure) -> None:
    rate = each.discount_rate_share
    if each.health == (rate is not None):
        what = "health and discount_rate_share are both stated" if each.health else "neither health nor discount_rate_share is stated"
        check.fault(here, what, "the units of later years are discounted at one rate", f"Write health: true for {HEALTH_RATE_SHARE:.1%}, or the rate")  # fmt: skip
    if rate is not None:
        check.part([*here, "discount_rate_share"], "discount_rate_share", rate)


def lay_out_outcomes(content: Options, weight: float, write: Writer, laid: Laid) -> None:
    """The rows, figures and labels of outcomes; `weight` is the one that the perspective gives them."""
    measures = content.outcomes
    names = tuple(each.id for each in measures)
    stated = [(option.id, each) for option in content.options for each in option.outcomes]
    pairs = [(option, each.measure) for option, each in stated]
    laid.rows.update(
        {
            "measure": Rows({"measure": names}),
            "measure_year": Rows({"measure": names}, write.years),
            "plan_outcome": Rows({"measure": names}, write.years),
            "option_measure": columns_of(("option", "measure"), pairs),
            "option_reach": columns_of(("option", "measure"), pairs, write.years),
        }
    )
    by_measure: Mapping[str, dict[tuple[str], Figure]] = {
        "unit_worth_gbp": {(each.id,): write.figure(each.unit_gbp, each) for each in measures},
        "outcome_discount_share": {(each.id,): _rate(each, write) for each in measures},
        "outcome_index": {(each.id,): write.figure(weight, content.perspective) for each in measures},
    }
    laid.columns.extend(write.column(name, ("measure",), figures) for name, figures in by_measure.items())
    each_of = {(option, each.measure): write.figure(each.units_each, each) for option, each in stated}
    laid.columns.append(write.column("units_each_number", ("option", "measure"), each_of))
    reached: dict[tuple[Key, int | None], Figure] = {
        ((option, each.measure), year): write.figure(each.number[year], each) for option, each in stated for year in write.years
    }
    laid.columns.append(Column("reached_number", ("option", "measure"), reached, FILE))
    laid.labels.update({each.id: each.label for each in measures})
    idle = [f"the outcome {each.label}, since no option states it" for each in measures if each.id not in {of for _, of in pairs}]
    if idle:
        laid.remarks.append(f"Without effect: {listed(idle)}")
    if pairs and not weight:
        laid.remarks.append("Outcomes are shown and are no part of the value: the perspective gives them no weight")


def _rate(each: Measure, write: Writer) -> Figure:
    if each.discount_rate_share is not None:
        return write.figure(each.discount_rate_share, each)
    return Figure(HEALTH_RATE_SHARE, "published", "", write.as_at, _HEALTH_NOTE)

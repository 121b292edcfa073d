"""What options do for people: units of a stated outcome by start and year, and what they count as in the value of a plan.

An option states how many people it reaches, or how much activity it gives, by year, and the units of the outcome for each of them. A later
start moves them and a smaller scale takes its part, as with cost; the prudence factor is applied as to a saving. A unit counts as a stated
number of pounds of the first year and is discounted at the rate of its measure. Outcomes of several options are added.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.links import assumption, earlier, lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import columns_of
from capmodel.reinvestment.evidence import SHEET
from capmodel.reinvestment.options.choices import Choices
from capmodel.reinvestment.starts import PLAN_SHEET, start

measure = Table("measure", ("measure",), "Outcomes that options are for", SHEET)
measure.input("unit_worth_gbp", "GBP", "What a unit of the outcome counts as")
measure.input("outcome_discount_share", "share", "Discount rate of the outcome")
measure.input("outcome_index", "index", "Weight of the outcome in the objective")

measure_year = Table("measure_year", ("measure", "year"), "What a unit of each outcome counts as by year", SHEET)

option_measure = Table("option_measure", ("option", "measure"), "Outcome for each person reached or unit of activity", SHEET)
option_measure.input("units_each_number", "number", "Units of the outcome for each")

option_reach = Table("option_reach", ("option", "measure", "year"), "People reached, or units of activity", SHEET)
option_reach.input("reached_number", "number", "People reached, or units of activity")

start_outcome = Table("start_outcome", ("start", "measure", "year"), "Outcomes by start of an option", SHEET, beside=("option",))

plan_outcome = Table("plan_outcome", ("measure", "year"), "Outcomes of the plan", PLAN_SHEET)

TABLES = (measure, measure_year, option_measure, option_reach, start_outcome, plan_outcome)


@measure_year.line("index", "Discount factor of the outcome", prior("next_outcome_index", first=1))
def outcome_factor_index() -> Any:
    """What a unit of the year is worth in the first model year, which is not discounted. Source: HM Treasury, Green Book."""


@measure_year.line("index", "Discount factor of the outcome in the year after", rate=lookup(measure, "outcome_discount_share"))
def next_outcome_index(outcome_factor_index: Any, rate: Any) -> Any:
    """The factor, one year on.

    >>> round(next_outcome_index(1.0, 0.015), 6)
    0.985222
    """
    return outcome_factor_index / (1 + rate)


@start_outcome.line(
    "number",
    "Units of the outcome",
    reached=earlier(option_reach, "reached_number", years="delay"),
    each=lookup(option_measure, "units_each_number"),
    scale=lookup(start, "scale_share"),
    prudence=assumption("prudence_share"),
)
def outcome_number(reached: Any, each: Any, scale: Any, prudence: Any) -> Any:
    """What the start gives people in the year: those reached, times the units for each, at its scale and after the prudence factor.

    >>> outcome_number(1000.0, 0.02, 0.5, 0.5)
    5.0
    """
    return reached * each * scale * prudence


@start_outcome.line(
    "GBP",
    "Value of the outcome that counts",
    worth=lookup(measure, "unit_worth_gbp"),
    factor=lookup(measure_year, "outcome_factor_index"),
    weight=lookup(measure, "outcome_index"),
)
def outcome_counted_gbp(outcome_number: Any, worth: Any, factor: Any, weight: Any) -> Any:
    """The units at what each counts as, discounted, with the weight that the perspective gives outcomes.

    >>> outcome_counted_gbp(5.0, 70_000.0, 1.0, 0.5)
    175000.0
    """
    return outcome_number * worth * factor * weight


@start_outcome.line("number", "Units of the outcome if chosen", chosen=lookup(start, "chosen_flag"))
def chosen_outcome_number(outcome_number: Any, chosen: Any) -> Any:
    """What a chosen start gives."""
    return outcome_number * chosen


@plan_outcome.line("number", "Units of the outcome of the plan", total(start_outcome, "chosen_outcome_number", "measure", "year"))
def plan_outcome_number() -> Any:
    """What the chosen options give together."""


def rows(pack: Pack, choices: Choices) -> dict[str, Rows]:
    """The rows that depend on the starts of options; those of what options.yaml states are with the options."""
    stated = choices.rows[option_measure.name].columns
    pairs = list(zip(stated["option"], stated["measure"], strict=True))
    lines = [(each.id, str(each.delay), each.option, of) for each in choices.starts for option, of in pairs if option == each.option]
    return {start_outcome.name: columns_of(("start", "delay", "option", "measure"), lines, pack.years)}

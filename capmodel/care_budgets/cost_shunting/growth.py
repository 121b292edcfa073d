"""Growth of each partner over some past years against comparators, as compound annual growth (CAGR), in points and in pounds.

A partner is a group of flows, such as all that is paid for acute care, or spend that the file states by year. A comparator has figures
of its own for the first and the last year, or a stated growth a year. The flows are in `flows`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.cost_shunting import SHEET, flows
from capmodel.care_budgets.cost_shunting.flows import flow

flow_counted = Table("flow_counted", ("partner", "payer", "provider", "setting", "period"), "Flows that count for each partner", SHEET)

flow_partner_year = Table("flow_partner_year", ("partner", "period"), "Spend of each partner", SHEET)
flow_partner_year.input("partner_stated_gbp", "GBP", "Spend that the file states, where no flows count for the partner")

flow_partner = Table("flow_partner", ("partner",), "Compound growth of each partner", SHEET)
flow_partner.input("partner_years_number", "number", "Years from the first to the last", internal=True)

flow_comparator = Table("flow_comparator", ("comparator",), "Growth of each comparator", SHEET)
flow_comparator.input("comparator_first_index", "index", "Figure of the first year")
flow_comparator.input("comparator_last_index", "index", "Figure of the last year")
flow_comparator.input("comparator_stated_growth_share", "share", "Stated growth a year")
flow_comparator.input("comparator_stated_flag", "flag", "Growth a year is stated", internal=True)
flow_comparator.input("comparator_years_number", "number", "Years from the first to the last", internal=True)

flow_against = Table("flow_against", ("partner", "comparator"), "Growth of each partner against comparators", SHEET)
flow_against.input("against_stated_index", "index", "Growth as a part of the comparator's, as stated")
flow_against.input("against_stated_flag", "flag", "A part of the comparator's growth is stated", internal=True)

TABLES = (*flows.TABLES, flow_counted, flow_partner_year, flow_partner, flow_comparator, flow_against)


@flow_counted.line("GBP", "Flow that counts", paid=lookup(flow, "flow_gbp"))
def counted_gbp(paid: Any) -> Any:
    """The flow, which counts for the partner."""
    return to_pence(paid)


@flow_partner_year.line("GBP", "Spend", counted=total(flow_counted, "counted_gbp", "partner", "period"))
def partner_gbp(counted: Any, partner_stated_gbp: Any) -> Any:
    """The flows that count for the partner in the year, or what the file states of it."""
    return counted + partner_stated_gbp


@flow_partner_year.line("share", "Growth on the year before", before=prior("partner_gbp", first="partner_gbp", along=("period",)))
def partner_year_growth_share(partner_gbp: Any, before: Any) -> Any:
    """What the partner's spend grows in the year; zero in the first.

    >>> float(round(partner_year_growth_share(103.0, 100.0), 6))
    0.03
    """
    return ratio(partner_gbp, before, otherwise=1, decimals=AMOUNTS) - 1


@flow_partner.line("GBP", "Spend of the first year", lookup(flow_partner_year, "partner_gbp", period="first_period"))
def partner_first_gbp() -> Any:
    """What the partner's spend grows from."""


@flow_partner.line("GBP", "Spend of the last year", lookup(flow_partner_year, "partner_gbp", period="last_period"))
def partner_last_gbp() -> Any:
    """What the partner's spend grows to."""


@flow_partner.line("share", "Compound growth a year")
def partner_growth_share(partner_first_gbp: Any, partner_last_gbp: Any, partner_years_number: Any) -> Any:
    """The even growth a year that leads from the first year's spend to the last year's (CAGR).

    >>> float(round(partner_growth_share(100.0, 109.2727, 3.0), 6))
    0.03
    """
    return ratio(partner_last_gbp, partner_first_gbp, otherwise=1, decimals=AMOUNTS) ** (1 / partner_years_number) - 1


@flow_comparator.line("share", "Compound growth a year")
def comparator_growth_share(
    comparator_first_index: Any,
    comparator_last_index: Any,
    comparator_stated_growth_share: Any,
    comparator_stated_flag: Any,
    comparator_years_number: Any,
) -> Any:
    """The growth a year that is stated of the comparator, or the even growth from its first figure to its last.

    >>> stated, figures = np.array([1, 0]), (np.array([0.0, 100.0]), np.array([0.0, 121.0]))
    >>> comparator_growth_share(*figures, np.array([0.06, 0.0]), stated, np.array([3.0, 2.0])).round(6).tolist()
    [0.06, 0.1]
    """
    even = ratio(comparator_last_index, comparator_first_index, otherwise=1) ** (1 / comparator_years_number) - 1
    return np.where(comparator_stated_flag > 0, comparator_stated_growth_share, even)


@flow_against.line("share", "Compound growth a year", lookup(flow_partner, "partner_growth_share"))
def against_growth_share() -> Any:
    """The growth of the partner."""


@flow_against.line("share", "Compound growth a year of the comparator", lookup(flow_comparator, "comparator_growth_share"))
def against_theirs_share() -> Any:
    """The growth that the partner's is held against."""


@flow_against.line("share", "Difference of growth, in points")
def against_points_share(against_growth_share: Any, against_theirs_share: Any) -> Any:
    """The partner's growth a year less the comparator's: minus 0.03 is three points a year less.

    >>> round(against_points_share(0.03, 0.06), 6)
    -0.03
    """
    return against_growth_share - against_theirs_share


@flow_against.line("index", "Growth as a part of the comparator's")
def against_part_index(against_growth_share: Any, against_theirs_share: Any) -> Any:
    """The partner's growth over the comparator's: 0.5 is half of it; zero where the comparator does not grow.

    >>> float(against_part_index(0.03, 0.06))
    0.5
    """
    return ratio(against_growth_share, against_theirs_share)


@flow_against.line("index", "That less the part that is stated")
def against_gap_index(against_part_index: Any, against_stated_index: Any, against_stated_flag: Any) -> Any:
    """How far the figures are from a part that a source states, such as about half; zero where none is stated."""
    return np.where(against_stated_flag > 0, against_part_index - against_stated_index, 0)


@flow_against.line(
    "GBP",
    "Spend of the last year at the comparator's growth",
    first=lookup(flow_partner, "partner_first_gbp"),
    years=lookup(flow_partner, "partner_years_number"),
)
def against_spend_gbp(first: Any, years: Any, against_theirs_share: Any) -> Any:
    """What the partner would spend in the last year, had it grown as the comparator.

    >>> round(against_spend_gbp(100_000_000.0, 3.0, 0.06), 2)
    119101600.0
    """
    return first * (1 + against_theirs_share) ** years


@flow_against.line("GBP", "Difference in the last year, in pounds", last=lookup(flow_partner, "partner_last_gbp"))
def against_gbp(last: Any, against_spend_gbp: Any) -> Any:
    """What the partner spends more than at the comparator's growth, or less (minus), in the last year.

    >>> round(against_gbp(109_272_700.0, 119_101_600.0), 2)
    -9828900.0
    """
    return last - against_spend_gbp

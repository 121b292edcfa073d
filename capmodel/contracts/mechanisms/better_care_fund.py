"""Better Care Fund payment for performance: the pooled fund earns a pot as emergency admissions fall, and nothing is clawed back.

Better Care Fund of 2015/16: the pot is the planned fall in admissions times an average cost; what is not earned pays for NHS services
agreed by the health and wellbeing board (House of Lords, HL838, July 2014). The average cost used then, 1,490 pounds, is from memory and
is a term to be stated. Over a year this is a one-sided share of all the saving up to the pot; the payments by quarter, on either
reading of "cumulative", are in `capmodel.care_budgets.pooled.performance_pot`.
"""

from __future__ import annotations

from typing import Any

from capmodel.assumptions.document import Strict
from capmodel.contracts.mechanisms import Head, Party, Size, one_band

REPORTED_AT = {"residual_party": "commissioner", "pool_caps": "planned_avoided_number"}


class Terms(Strict):
    """The commissioner that holds the saving, the pooled fund that earns it, the planned fall, and the price of an admission."""

    commissioner: Party
    fund: Party
    planned_avoided_number: Size
    admission_price_gbp: Size


def contract(terms: Terms, head: Head) -> dict[str, Any]:
    """Target: baseline admissions at the price; actual: admissions at the price; the fund has the saving up to the pot.

    >>> terms = Terms(commissioner="board", fund="pool", planned_avoided_number=700, admission_price_gbp=1490)
    >>> contract(terms, Head(("board", "pool"), (2015,)))["pool_caps"]
    [{'side': 'gain', 'amount_gbp': 1043000.0}]
    """
    return {
        "variance_held_by": "payer",
        "residual_party": terms.commissioner,
        "pool_caps": [{"side": "gain", "amount_gbp": terms.planned_avoided_number * terms.admission_price_gbp}],
        "bands": {"gain": one_band({terms.fund: 1}), "loss": one_band({terms.commissioner: 1})},
        "parties": head.at_risk(terms.fund),
    }

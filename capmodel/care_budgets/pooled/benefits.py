"""Benefits of a pool and the claims on them: a saving has one owner, and a pound of it pays for one commitment only."""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import total
from capmodel.algebra.table import Table
from capmodel.care_budgets.pooled import SHEET

benefit = Table("benefit", ("benefit", "year"), "Benefits and what is claimed of them", SHEET, beside=("owner",))
benefit.input("benefit_gbp", "GBP", "Benefit")

benefit_claim = Table("benefit_claim", ("benefit", "claim", "year"), "Claims on benefits", SHEET)
benefit_claim.input("claim_gbp", "GBP", "Claim")

TABLES = (benefit_claim, benefit)


@benefit.line("GBP", "Claimed", total(benefit_claim, "claim_gbp", "benefit", "year"))
def claimed_gbp() -> Any:
    """What plans count on of this benefit: each pound may fund one commitment only."""


@benefit.line("GBP", "Not claimed")
def unclaimed_gbp(benefit_gbp: Any, claimed_gbp: Any) -> Any:
    """What may still be promised to somebody."""
    return np.maximum(benefit_gbp - claimed_gbp, 0)


@benefit.line("GBP", "Check: no more is claimed than there is")
def check_claims_gbp(benefit_gbp: Any, claimed_gbp: Any) -> Any:
    """Zero unless the same saving is counted more than once.

    >>> check_claims_gbp(1_000_000.0, 1_150_000.0)
    150000.0
    """
    return to_pence(np.maximum(claimed_gbp - benefit_gbp, 0))

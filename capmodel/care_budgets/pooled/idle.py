"""Terms of a pooled budget that have no effect, in words: a rule without a case, a limit without a line, a figure that another replaces.

They are read off what the agreement says, whatever its figures; what a change of a figure moves is found from the rules themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from capmodel.care_budgets.pooled.conditions import METRICS
from capmodel.care_budgets.pooled.terms import FundLine, PooledBudget
from capmodel.errors import listed

SHARED = ("shared", "variable")


def idle_terms(agreed: PooledBudget, years: Sequence[int]) -> Iterator[str]:
    """Each term without effect, after NO EFFECT, and each condition that is not checked, after NOT CHECKED."""
    for text in (*_waterfall(agreed), *_partners(agreed), *_vat(agreed)):
        yield f"NO EFFECT: {text}"
    for line in agreed.lines:
        for text in _line(line, years):
            yield f"NO EFFECT: {text}"
    yield from _conditions(agreed)


def _waterfall(agreed: PooledBudget) -> Iterator[str]:
    order = agreed.order
    shared = any(line.overspend in SHARED for line in agreed.lines)
    held = {"risk_pool": agreed.risk_pool_gbp is not None, "uncommitted": agreed.uncommitted_gbp is not None}
    for name, there in held.items():
        if order is not None and name in order and not there:
            yield f"{name} in order: the agreement states no {name}_gbp"
        if order is not None and name not in order and there:
            yield f"{name}_gbp meets no overspend: order leaves {name} out"
    if not shared:
        found = [name for name, stated in (("order", order is not None), ("risk_pool_gbp", held["risk_pool"])) if stated]
        if found:
            yield f"{listed(found)}: no line's overspend is shared through the waterfall"


def _partners(agreed: PooledBudget) -> Iterator[str]:
    limited = any(line.overspend in (*SHARED, "pro_rata_to_limit") for line in agreed.lines)
    for name, partner in agreed.partners.items():
        if partner.most_loss_gbp is not None and not limited and name != agreed.host:
            yield f"most_loss_gbp of {name}: no line's overspend is shared up to limits"
        if partner.may_carry_forward and not partner.carry_forward_limit_share:
            yield f"may_carry_forward of {name}: carry_forward_limit_share is zero, so that nothing is carried"
        owned = any(line.contract_holder == name for line in agreed.lines)
        if partner.kind == "council" and not (agreed.vat is not None and owned):
            yield f"kind of {name}: a council may carry forward what the agreement permits, and no VAT depends on it"


def _vat(agreed: PooledBudget) -> Iterator[str]:
    holders = [line for line in agreed.lines if line.contract_holder is not None]
    if agreed.vat is not None and not holders:
        yield "vat: no line says who holds its contract"
    for line in agreed.lines:
        lacking = "vat: is not stated" if agreed.vat is None else "contract_holder is not stated"
        stated = [name for name in ("contract_holder", "taxable_share", "vat_rate_share") if getattr(line, name) is not None]
        if stated and (agreed.vat is None or line.contract_holder is None):
            yield f"{listed(stated)} of {line.id}: {lacking}"


def _line(line: FundLine, years: Sequence[int]) -> Iterator[str]:
    months = line.spend_by_month_gbp or {}
    whole = [year for year in years if len(months.get(year, [])) == 12]
    if line.forecast is not None and len(whole) == len(years):
        yield f"forecast of {line.id}: every month is in"
    if line.forecast in ("run_rate", "profile") and not months:
        yield f"forecast of {line.id}: no month is in, so that spend_gbp holds"
    for year in sorted(line.spend_gbp or {}):
        if year in whole:
            yield f"spend_gbp of {line.id} for {year}: every month is in"
        elif line.forecast == "budget" or (months.get(year) and line.forecast in ("run_rate", "profile")):
            yield f"spend_gbp of {line.id} for {year}: the rest of the year is forecast by {line.forecast}"


def _conditions(agreed: PooledBudget) -> Iterator[str]:
    conditions = agreed.conditions
    if conditions is None:
        return
    stated = {
        "the NHS minimum contribution": conditions.nhs_minimum is not None,
        "the minimum for adult social care": conditions.adult_social_care_minimum is not None,
        "grants that have to be pooled": bool(conditions.grants),
        f"goals for {listed([name.replace('_', ' ') for name in METRICS])}": bool(conditions.metrics),
        "sign-off": bool(conditions.signed),
    }
    for name, there in stated.items():
        if not there:
            yield f"NOT CHECKED: {name} of the Better Care Fund {conditions.edition}, which the agreement does not state"

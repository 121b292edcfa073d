"""The agreement of a pooled budget as rows and figures of its tables, and what its ids are called.

It is sound when it comes here: what is refused is in `agreement_checks`. The entries of the ledger are laid out in `ledger_rows`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from capmodel.algebra.rows import Rows
from capmodel.assumptions.entries import Known
from capmodel.assumptions.laid_out import Figures, LaidOut, columns_given
from capmodel.assumptions.pack import Column, Figure
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.months.calendar import MONTHS
from capmodel.care_budgets.pooled import NOBODY, conditions
from capmodel.care_budgets.pooled.ledger_rows import entry_names, ledger_given, ledger_labels, ledger_rows
from capmodel.care_budgets.pooled.terms import ORDER, FundLine, PooledBudget

Given = dict[str, tuple[tuple[str, ...], Figures]]
#: The variance rules by the flag of `fund_line` that they set; a shared line has none.
_FLAGS = {
    "host_bears_flag": ("host", "fixed"),
    "fund_own_risk_flag": ("own_risk",),
    "fund_pro_rata_flag": ("pro_rata",),
    "fund_to_limit_flag": ("pro_rata_to_limit",),
}
_FORECASTS = {"fund_run_rate_flag": "run_rate", "fund_by_profile_flag": "profile", "fund_by_budget_flag": "budget"}
#: The columns of what a line spends, which may be known otherwise than its budget.
_SPEND = ("line_spend_gbp", "fund_month_actual_gbp", "fund_month_in_flag")
_BODIES = {"nhs": "an NHS body", "council": "a council"}
EQUAL_MONTHS = "Equal months, since the agreement states no profile"


def laid_out(agreed: PooledBudget, years: tuple[int, ...]) -> LaidOut:
    """Rows, input columns, and labels of a sound agreement."""
    known = Figure(0.0, agreed.status, agreed.source, agreed.as_at)
    given = {
        **_of_lines(agreed),
        **_of_contributions(agreed, years),
        **_of_pool(agreed, years),
        **_of_pots_and_vat(agreed),
        **_of_conditions(agreed, years),
        **ledger_given(agreed),
    }
    columns = _own_provenance(agreed, columns_given(given, agreed.id, known))
    return LaidOut({**_rows(agreed, years), **ledger_rows(agreed, years)}, columns, labels_of(agreed), {})


def by_month(line: FundLine) -> bool:
    """True where the spend of a line is given by month, or forecast."""
    return bool(line.spend_by_month_gbp) or line.forecast is not None


def holder_kind(agreed: PooledBudget, line: FundLine) -> str:
    """The kind of body that holds the contract of a line."""
    holder = str(line.contract_holder)
    return body_of(str(agreed.partners[holder].kind) if holder in agreed.partners else holder)


def body_of(kind: str) -> str:
    """The id of a kind of body, which is no id of a partner: a council may be called council."""
    return f"{kind}_body"


def taxed(agreed: PooledBudget) -> list[FundLine]:
    """The lines on whose spend VAT is charged."""
    return [line for line in agreed.lines if line.contract_holder is not None] if agreed.vat else []


def labels_of(agreed: PooledBudget) -> dict[str, str]:
    """What every id is called; two ids with one label are told apart by their id."""
    found: dict[str, str] = {name: partner.label or name for name, partner in agreed.partners.items()}
    named = [(line.id, line.label) for line in agreed.lines] + [(each.id, each.label) for each in agreed.contributions]
    named += [(benefit.id, benefit.label) for benefit in agreed.benefits] + [(pot.id, pot.label) for pot in agreed.performance_pots]
    named += [(outcome.id, outcome.label) for pot in agreed.performance_pots for outcome in pot.outcomes]
    for name, label in named:
        taken = label in {other for known, other in found.items() if known != name}
        found[name] = f"{label} ({name})" if taken else label
    bodies = {body_of(kind): _BODIES.get(kind, kind) for kind in (agreed.vat.recoverable_share if agreed.vat else ())}
    return {**found, **bodies, **MONTHS, **ledger_labels(agreed, found)}


def _rows(agreed: PooledBudget, years: tuple[int, ...]) -> dict[str, Rows]:
    lines, pots = agreed.lines, agreed.performance_pots
    months = [(line.id, month) for line in lines for month in MONTHS]
    contributions = _contribution_rows(agreed)
    claims = [(benefit.id, claim) for benefit in agreed.benefits for claim in benefit.claims]
    vat = [(line.id, holder_kind(agreed, line)) for line in taxed(agreed)]
    kinds = [body_of(kind) for kind in agreed.vat.recoverable_share] if agreed.vat and vat else []
    return {
        "pool_waterfall": Rows({}),
        "fund_line": columns_of(("fund_line",), [(line.id,) for line in lines]),
        "line_year": columns_of(
            ("fund_line", "giver", "line_owner"), [(line.id, line.grant_of or NOBODY, line.owner or NOBODY) for line in lines], years
        ),
        "fund_line_month": columns_of(("fund_line", "month"), months, years),
        "fund_month_profile": columns_of(("fund_line", "month"), months),
        "fund_month_actual": columns_of(
            ("fund_line", "month"), [(line.id, month) for line in lines if by_month(line) for month in MONTHS], years
        ),
        "pool_contribution": columns_of(("contribution",), [(name,) for name, *_ in contributions]),
        "pool_contribution_year": columns_of(("contribution", "owner", "whole_of", "ring_fenced_to"), contributions, years),
        "pool_contribution_growth": columns_of(
            ("contribution",), [(each.id,) for each in agreed.contributions if each.base_gbp is not None], years
        ),
        "fund": Rows({}, years),
        "partner": Rows({"partner": tuple(agreed.partners)}),
        "partner_year": Rows({"partner": tuple(agreed.partners)}, years),
        "benefit_claim": columns_of(("benefit", "claim"), claims, years),
        "benefit": columns_of(("benefit", "owner"), [(each.id, each.owner) for each in agreed.benefits], years),
        "pool_pot_outcome": columns_of(("pot", "outcome"), [(pot.id, each.id) for pot in pots for each in pot.outcomes]),
        "pool_pot_outcome_year": columns_of(("pot", "outcome"), [(pot.id, each.id) for pot in pots for each in pot.outcomes], years),
        "pool_pot": columns_of(("pot", "fund_line", "giver"), [(pot.id, pot.line, pot.giver) for pot in pots], years),
        "pool_vat_kind": columns_of(("holder_kind",), [(kind,) for kind in kinds]),
        "pool_vat_line": columns_of(("fund_line", "holder_kind"), vat, years),
        "pool_vat_if": columns_of(("holder_kind",), [(kind,) for kind in kinds], years),
        "pool_vat_month": columns_of(("fund_line", "month"), [(name, month) for name, _ in vat for month in MONTHS], years),
        **_condition_rows(agreed, years),
    }


def _contribution_rows(agreed: PooledBudget) -> list[tuple[str, ...]]:
    """Id, owner, the partner whose one contribution it is, and the line it is ring-fenced to."""
    whole = [(name, name, name, NOBODY) for name, partner in agreed.partners.items() if partner.contribution_gbp is not None]
    return [*whole, *((each.id, each.owner, NOBODY, each.ring_fenced_to or NOBODY) for each in agreed.contributions)]


def _of_lines(agreed: PooledBudget) -> Given:
    lines, line = agreed.lines, ("fund_line",)
    monthly = [each for each in lines if by_month(each)]
    in_month = {
        (each.id, month): (each.spend_by_month_gbp or {}, k) for each in monthly for k, month in enumerate(MONTHS)
    }  # fmt: skip
    years = sorted({year for each in lines for year in each.budget_gbp})
    none = dict.fromkeys(years, 0.0)
    return {
        **{flag: (line, {(each.id,): each.overspend in rules for each in lines}) for flag, rules in _FLAGS.items()},
        **{flag: (line, {(each.id,): each.forecast == rule for each in lines}) for flag, rule in _FORECASTS.items()},
        "returns_flag": (line, {(each.id,): each.grant_of is not None for each in lines}),
        "fund_recurrent_flag": (line, {(each.id,): each.recurrent for each in lines}),
        "line_budget_gbp": (line, {(each.id,): each.budget_gbp for each in lines}),
        "line_spend_gbp": (line, {(each.id,): {**none, **(each.spend_gbp or {})} for each in lines}),
        "fund_month_weight_number": (
            ("fund_line", "month"),
            {(each.id, month): each.profile[k] if each.profile else 1.0 for each in lines for k, month in enumerate(MONTHS)},
        ),
        "fund_month_actual_gbp": (
            ("fund_line", "month"),
            {key: {year: _in(given, year, k) or 0.0 for year in years} for key, (given, k) in in_month.items()},
        ),
        "fund_month_in_flag": (
            ("fund_line", "month"),
            {key: {year: float(_in(given, year, k) is not None) for year in years} for key, (given, k) in in_month.items()},
        ),
    }


def _in(given: Mapping[int, list[float]], year: int, k: int) -> float | None:
    """The spend of the k-th month of a year; None where it is not in."""
    months = given.get(year, [])
    return months[k] if k < len(months) else None


def _of_contributions(agreed: PooledBudget, years: tuple[int, ...]) -> Given:
    by, each_of, based = ("contribution",), agreed.contributions, [each for each in agreed.contributions if each.base_gbp is not None]
    rows, none = _contribution_rows(agreed), dict.fromkeys(years, 0.0)
    stated = {each.id: each.gbp or none for each in each_of}
    terms = {each.id: each for each in each_of}
    index = {each.id: each.index or dict.fromkeys((*years, each.base_year or 0), 1.0) for each in based}
    return {
        "contribution_stated_gbp": (by, {(name,): stated.get(name, none) for name, *_ in rows}),
        "contribution_in_kind_flag": (by, {(name,): name in terms and terms[name].in_kind for name, *_ in rows}),
        "contribution_recurrent_flag": (by, {(name,): name not in terms or terms[name].recurrent for name, *_ in rows}),
        "contribution_ring_fenced_flag": (by, {(name,): fenced != NOBODY for name, _, _, fenced in rows}),
        "contribution_base_gbp": (by, {(each.id,): each.base_gbp or 0.0 for each in based}),
        "contribution_growth_share": (by, {(each.id,): each.growth_share or 0.0 for each in based}),
        "contribution_since_base_number": (
            by,
            {(each.id,): {year: float(year - (each.base_year or 0)) for year in years} for each in based},
        ),
        "contribution_year_index": (by, {(each.id,): {year: index[each.id][year] for year in years} for each in based}),
        "contribution_base_index": (by, {(each.id,): index[each.id][each.base_year or 0] for each in based}),
    }


def _of_pool(agreed: PooledBudget, years: tuple[int, ...]) -> Given:
    partners, by_partner, none = agreed.partners, ("partner",), dict.fromkeys(years, 0.0)
    order = list(agreed.order or ORDER)
    place = {name: float(order.index(name) + 1) if name in order else 0.0 for name in ORDER}
    return {
        "pool_lines_order_number": ((), {(): place["underspends"]}),
        "pool_risk_pool_order_number": ((), {(): place["risk_pool"]}),
        "pool_uncommitted_order_number": ((), {(): place["uncommitted"]}),
        "risk_pool_added_gbp": ((), {(): agreed.risk_pool_gbp or none}),
        "uncommitted_gbp": ((), {(): agreed.uncommitted_gbp or none}),
        "host_flag": (by_partner, {(name,): name == agreed.host for name in partners}),
        "loss_limit_gbp": (by_partner, {(name,): each.most_loss_gbp or 0 for name, each in partners.items()}),
        "loss_limit_flag": (by_partner, {(name,): each.most_loss_gbp is not None for name, each in partners.items()}),
        "carry_limit_share": (by_partner, {(name,): each.carry_forward_limit_share for name, each in partners.items()}),
        "contribution_gbp": (by_partner, {(name,): each.contribution_gbp or none for name, each in partners.items()}),
        "benefit_gbp": (("benefit",), {(each.id,): each.gbp for each in agreed.benefits}),
        "claim_gbp": (("benefit", "claim"), {(each.id, claim): each.claims[claim] for each in agreed.benefits for claim in each.claims}),
    }


def _of_pots_and_vat(agreed: PooledBudget) -> Given:
    pots, by_outcome = agreed.performance_pots, ("pot", "outcome")
    outcomes = [(pot.id, each) for pot in pots for each in pot.outcomes]
    lines, rate = taxed(agreed), agreed.vat.rate_share if agreed.vat else 0.0
    kinds = agreed.vat.recoverable_share if agreed.vat and lines else {}
    return {
        "pot_lower_is_better_flag": (by_outcome, {(pot, each.id): each.better == "lower" for pot, each in outcomes}),
        "pot_goal_number": (by_outcome, {(pot, each.id): each.goal_number for pot, each in outcomes}),
        "pot_reported_number": (by_outcome, {(pot, each.id): each.reported_number for pot, each in outcomes}),
        "pot_in_pool_gbp": (("pot",), {(pot.id,): pot.gbp for pot in pots}),
        "pot_withheld_share": (("pot",), {(pot.id,): pot.withheld_share for pot in pots}),
        "vat_recoverable_share": (("holder_kind",), {(body_of(kind),): share for kind, share in kinds.items()}),
        "vat_taxable_share": (("fund_line",), {(line.id,): 1.0 if line.taxable_share is None else line.taxable_share for line in lines}),
        "vat_rate_share": (("fund_line",), {(line.id,): rate if line.vat_rate_share is None else line.vat_rate_share for line in lines}),
    }


def _condition_rows(agreed: PooledBudget, years: tuple[int, ...]) -> dict[str, Rows]:
    stated = agreed.conditions
    if stated is None:
        return {}
    least, care = stated.nhs_minimum, stated.adult_social_care_minimum
    rows = {
        "bcf_nhs_minimum": columns_of(("nhs_body",), [(least.owner,)] if least else [], years),
        "bcf_social_care_line": columns_of(("fund_line",), [(name,) for name in (care.lines if care else {})], years),
        # No row where the minimum is not stated: it is then not checked.
        "bcf_social_care": columns_of(("minimum",), [("social_care",)] if care else [], years),
        "bcf_grant": columns_of(("contribution",), [(each.contribution,) for each in stated.grants], years),
        "bcf_metric": columns_of(("metric",), [(name,) for name in conditions.METRICS] if stated.metrics else [], years),
        "bcf_signature": columns_of(("partner",), [(name,) for name in agreed.partners] if stated.signed else [], years),
    }
    return rows


def _of_conditions(agreed: PooledBudget, years: tuple[int, ...]) -> Given:
    stated = agreed.conditions
    if stated is None:
        return {}
    least, care = stated.nhs_minimum, stated.adult_social_care_minimum
    goals = stated.metrics
    metrics = [(name, goals.get(name, {})) for name in conditions.METRICS] if goals else []
    signed = stated.signed
    given: Given = {
        "bcf_nhs_minimum_gbp": (("nhs_body",), {(least.owner,): least.gbp} if least else {}),
        "bcf_social_care_minimum_gbp": (("minimum",), {("social_care",): care.gbp} if care else {}),
        "bcf_social_care_part_share": (("fund_line",), {(name,): share for name, share in (care.lines if care else {}).items()}),
        "bcf_grant_due_gbp": (("contribution",), {(each.contribution,): each.gbp for each in stated.grants}),
        "bcf_goal_stated_flag": (("metric",), {(name,): {year: float(year in own) for year in years} for name, own in metrics}),
        "bcf_goal_number": (("metric",), {(name,): {year: own.get(year, 0.0) for year in years} for name, own in metrics}),
        "bcf_signed_flag": (("partner",), {(name,): bool(signed.get(name)) for name in agreed.partners} if signed else {}),
    }
    # A condition that is not stated has no table, and therefore no figures.
    return {name: each for name, each in given.items() if each[1]}


def _own_provenance(agreed: PooledBudget, columns: Mapping[str, Column]) -> dict[str, Column]:
    """Figures of contributions, lines and pots that state their own source or status have it; equal months say that nobody stated them."""
    own: dict[str, Known] = {line.id: line for line in agreed.lines}
    own |= {each.id: each for each in agreed.contributions} | {pot.id: pot for pot in agreed.performance_pots}
    own |= {name: entry for entry in agreed.entries for name in entry_names(entry)}
    plain = {line.id for line in agreed.lines if line.profile is None}

    def known_by(name: str, column: Column, key: tuple[str, ...], figure: Figure) -> Figure:
        keyed = column.keys[:1] in (("contribution",), ("fund_line",), ("pot",), ("entry",))
        of = own.get(key[0]) if keyed and key and not name.startswith("bcf_") else None
        if name in _SPEND and isinstance(of, FundLine) and of.spend_known is not None:
            of = of.spend_known
        found = replace(of.figure(figure), value=figure.value) if of else figure
        return replace(found, note=EQUAL_MONTHS) if name == "fund_month_weight_number" and key[0] in plain else found

    return {
        name: replace(column, figures={(key, year): known_by(name, column, key, each) for (key, year), each in column.figures.items()})
        for name, column in columns.items()
    }

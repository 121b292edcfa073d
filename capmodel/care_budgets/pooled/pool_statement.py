"""A pooled budget of one year in words and pounds: what is put in, lines, waterfall, partners, VAT, pots, ledger, conditions, benefits."""

from __future__ import annotations

from collections.abc import Iterator

from capmodel.care_budgets.pooled.agreed_figures import AgreedFigures, shares
from capmodel.care_budgets.pooled.tables import partner_year
from capmodel.money import HALF_A_PENNY, pounds

_STEPS = {
    "lines": ("other lines' underspends", "met_by_lines_gbp", "underspend_gbp"),
    "risk_pool": ("the risk pool", "met_by_risk_pool_gbp", "risk_pool_gbp"),
    "uncommitted": ("uncommitted money", "met_by_uncommitted_gbp", "uncommitted_gbp"),
}


def of_year(done: AgreedFigures, year: int) -> Iterator[str]:
    """Every part of the statement of one year, in the order in which the money moves."""
    yield from _put_in(done, year)
    yield from _lines(done, year)
    yield from _pots(done, year)
    yield from _vat(done, year)
    yield from _waterfall(done, year)
    yield from _partners(done, year)
    yield from _ledger(done, year)
    yield from _conditions(done, year)
    yield from _benefits(done, year)


def _name(done: AgreedFigures, name: str) -> str:
    return done.labels.get(name, name)


def _put_in(done: AgreedFigures, year: int) -> Iterator[str]:
    partners = [name for (name,) in done.ids("partner")]
    yield f"Put in: {shares([(_name(done, name), done.at('partner_year', 'put_in_gbp', year, name)) for name in partners])}"
    contributions = [name for (name,) in done.ids("pool_contribution")]
    for name in contributions if set(contributions) - set(partners) else ():
        amount = done.at("pool_contribution_year", "amount_gbp", year, name)
        terms = {
            "in kind": done.at("pool_contribution", "contribution_in_kind_flag", year, name) > 0,
            "for this year only": not done.at("pool_contribution", "contribution_recurrent_flag", year, name),
            "ring-fenced": done.at("pool_contribution", "contribution_ring_fenced_flag", year, name) > 0,
        }
        described = [words for words, holds in terms.items() if holds]
        back = done.at("pool_contribution_year", "back_gbp", year, name)
        described += [f"{pounds(back)} not spent, which goes back"] if back else []
        yield f"  {_name(done, name)}: {pounds(amount)}{' (' + ', '.join(described) + ')' if described else ''}"
    if gap := done.at("fund", "recurrent_gap_gbp", year):
        yield f"  Lines that are spent on every year have {pounds(gap)} more than contributions that are put in every year"


def _lines(done: AgreedFigures, year: int) -> Iterator[str]:
    host = _host(done, year)
    owners = dict(zip(done.figures.inputs.rows["line_year"].columns["fund_line"], done.figures.inputs.rows["line_year"].columns["line_owner"], strict=True))  # fmt: skip
    months = {name for name, _ in done.ids("fund_month_actual")}
    for (line,) in done.ids("line_year"):

        def of(name: str, line: str = line) -> float:
            return done.at("line_year", name, year, line)

        budget, spend = of("available_gbp"), of("spent_gbp")
        over = spend - budget
        described = "on budget" if abs(over) < HALF_A_PENNY else f"{pounds(abs(over))} {'over' if over > 0 else 'under'}"
        whose = owners[line] if of("own_over_gbp") or of("own_under_gbp") else host if of("host_over_gbp") else ""
        alone = f", which {_name(done, whose)} {'bears' if over > 0 else 'has'} alone" if whose else ""
        shared = ", which partners share by what they put in" if of("pro_rata_over_gbp") or of("to_limit_over_gbp") or of("pro_rata_under_gbp") else ""  # fmt: skip
        some = of("grant_back_gbp")
        back = f", {'' if some >= -over - HALF_A_PENNY else f'{pounds(some)} of '}which goes back to who granted it" if some else ""
        yield f"{_name(done, line)}: spent {pounds(spend)} of {pounds(budget)}, {described}{alone}{shared}{back}"
        if line in months:
            there = sum(done.at("fund_month_actual", "fund_month_in_flag", year, line, month) for name, month in done.ids("fund_month_actual") if name == line)  # fmt: skip
            if there:
                yield f"  {there:.0f} of 12 months are in, {pounds(of('actual_gbp'))}; the rest is forecast at {pounds(of('rest_gbp'))}"


def _pots(done: AgreedFigures, year: int) -> Iterator[str]:
    for (pot,) in done.ids("pool_pot"):
        withheld, lost = (done.at("pool_pot", name, year, pot) for name in ("withheld_gbp", "unearned_pot_gbp"))
        missed = [
            _name(done, outcome)
            for of, outcome in done.ids("pool_pot_outcome_year")
            if of == pot and done.at("pool_pot_outcome_year", "missed_flag", year, of, outcome)
        ]
        met = f"{pounds(lost)} goes back, since {', '.join(missed)} missed the goal" if missed else "every outcome is met, and it is paid"
        yield f"{_name(done, pot)}: {pounds(withheld)} withheld of {pounds(done.at('pool_pot', 'pot_in_pool_gbp', year, pot))}; {met}"


def _vat(done: AgreedFigures, year: int) -> Iterator[str]:
    for (line,) in done.ids("pool_vat_line"):
        charged, lost = (done.at("pool_vat_line", name, year, line) for name in ("charged_gbp", "irrecoverable_gbp"))
        yield f"VAT on {_name(done, line)}: {pounds(charged)} charged, {pounds(lost)} not recovered"
    kinds = [(kind, done.at("pool_vat_if", "if_held_gbp", year, kind)) for (kind,) in done.ids("pool_vat_if")]
    if kinds:
        yield f"VAT not recovered if every contract were held by: {shares([(_name(done, kind), amount) for kind, amount in kinds])}"


def _waterfall(done: AgreedFigures, year: int) -> Iterator[str]:
    def fund(name: str) -> float:
        return done.at("fund", name, year)

    yield f"Overspend the partners share: {pounds(fund('overspend_gbp'))}"
    places = {name: done.at("pool_waterfall", f"pool_{name}_order_number", year) for name in _STEPS}
    used = sorted((name for name in _STEPS if places[name]), key=lambda name: places[name])
    for number, name in enumerate(used, start=1):
        words, met, of = _STEPS[name]
        stays = f"; {pounds(fund('risk_pool_left_gbp'))} stays in it" if name == "risk_pool" else ""
        yield f"  {number}. met by {words}: {_met(fund(met), fund(of), stays)}"
    yield f"  {len(used) + 1}. left for the partners: {pounds(fund('deficit_gbp'))}"
    yield f"Surplus of the pool: {pounds(fund('surplus_gbp'))}"


def _met(met: float, of: float, more: str = "") -> str:
    """What a source met of an overspend, of what it had.

    >>> _met(50, 80), _met(0, 0)
    ('£50.00 of £80.00', 'there is none')
    """
    return f"{pounds(met)} of {pounds(of)}{more}" if of else "there is none"


def _partners(done: AgreedFigures, year: int) -> Iterator[str]:
    host = _host(done, year)
    for (name,) in done.ids("partner"):
        yield f"{_name(done, name)}{' (host)' if name == host else ''}: {'; '.join(_partner(done, year, name))}"


def _host(done: AgreedFigures, year: int) -> str:
    return next(name for (name,) in done.ids("partner") if done.at("partner", "host_flag", year, name))


def _partner(done: AgreedFigures, year: int, name: str) -> Iterator[str]:
    """What one partner bears and has, and what it pays or receives in cash at the end of the year."""
    own = {column: done.at("partner_year", column, year, name) for column in partner_year.lines}
    yield f"{own['contribution_share']:.4%} of contributions"
    beyond = own["beyond_limit_gbp"] + own["beyond_line_limit_gbp"]
    limited = f" (its limit left {pounds(beyond)} to the host)" if beyond else ""
    if own["deficit_part_gbp"] or limited:
        yield f"bears {pounds(own['deficit_part_gbp'])} of what is over{limited}"
    if own["from_held_gbp"]:
        yield f"{pounds(own['from_held_gbp'])} of it from what it carried forward"
    if own["surplus_part_gbp"]:
        yield f"has {pounds(own['surplus_part_gbp'])} of the surplus, {pounds(own['carried_gbp'])} carried forward and {pounds(own['refunded_gbp'])} refunded"
    if own["grants_returned_gbp"]:
        yield f"{pounds(own['grants_returned_gbp'])} of its grant comes back"
    if own["held_gbp"]:
        yield f"{pounds(own['held_gbp'])} held for it in the pool"
    cash = own["received_gbp"]
    yield f"{'pays' if cash < 0 else 'receives'} {pounds(abs(cash))}" if cash else "pays and receives nothing"


def _ledger(done: AgreedFigures, year: int) -> Iterator[str]:
    """The memorandum account, and whether the ledger balances."""
    for (name,) in done.ids("pool_memorandum"):
        spend, paid, received = (
            done.at("pool_memorandum", column, year, name) for column in ("spend_part_gbp", "cash_in_gbp", "cash_out_gbp")
        )
        yield f"Memorandum account of {_name(done, name)}: books {pounds(spend)} of spend; paid {pounds(paid)} in cash and received {pounds(received)}"
    out = max(abs(done.at("pool_trial_balance", "check_trial_gbp", year, month)) for (month,) in done.ids("pool_trial_balance"))
    posted = sum(1 for key in done.ids("pool_entry") if done.at("pool_entry", "entry_gbp", year, *key))
    words = "all balances add up to zero at the end of every month" if out < HALF_A_PENNY else f"balances are {pounds(out)} out"
    yield f"Ledger: {posted:,} entries between {len(done.ids('pool_account_year'))} accounts; {words}"


#: Each condition: its table, what is needed and what is there, and the check.
_CONDITIONS = {
    "bcf_nhs_minimum": ("bcf_nhs_minimum_gbp", "nhs_put_in_gbp", "check_nhs_minimum_gbp", "NHS minimum contribution"),
    "bcf_social_care": ("bcf_social_care_minimum_gbp", "social_care_budgets_gbp", "check_social_care_gbp", "Minimum for adult social care"),
    "bcf_grant": ("bcf_grant_due_gbp", "pooled_grant_gbp", "check_grant_gbp", "Grant pooled"),
    "bcf_signature": ("signed_for_gbp", "signed_for_gbp", "check_signed_gbp", "Sign-off"),
}


def _conditions(done: AgreedFigures, year: int) -> Iterator[str]:
    for table, (due, found, check, words) in _CONDITIONS.items():
        for key in done.ids(table):
            short = done.at(table, check, year, *key)
            met = f"{pounds(short)} short" if short else "met"
            whose = f" ({_name(done, key[0])})" if table != "bcf_social_care" else ""
            amounts = f"{pounds(done.at(table, found, year, *key))} of {pounds(done.at(table, due, year, *key))}; " if due != found else ""
            yield f"Condition: {words}{whose}: {amounts}{met}"
    metrics = [name for (name,) in done.ids("bcf_metric")]
    lacking = [name for name in metrics if done.at("bcf_metric", "check_goal_number", year, name)]
    if metrics:
        yield f"Condition: goals stated: {'missing for ' + ', '.join(_name(done, name) for name in lacking) if lacking else 'met'}"


def _benefits(done: AgreedFigures, year: int) -> Iterator[str]:
    for benefit, *_ in done.ids("benefit"):
        claims = [
            (claim, done.at("benefit_claim", "claim_gbp", year, of, claim)) for of, claim in done.ids("benefit_claim") if of == benefit
        ]
        gbp, free = (done.at("benefit", name, year, benefit) for name in ("benefit_gbp", "unclaimed_gbp"))
        yield f"{_name(done, benefit)}: brings {pounds(gbp)}; claimed by {shares(claims) or 'nobody'}; {pounds(free)} not claimed"

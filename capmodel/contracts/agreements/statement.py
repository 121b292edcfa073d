"""Agreements in words and pounds: what each pays, who receives and who pays, who bears the variance, and what nobody covers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from capmodel.assumptions.years import year_label
from capmodel.contracts.agreements import SERVICE_LINE, UNCOVERED
from capmodel.contracts.agreements.idle import AgreedRun, without_effect
from capmodel.money import is_nil

Pounds = Callable[[float], str]


def statement(run: AgreedRun, pounds: Pounds) -> list[str]:
    """The agreements year by year.

    Args:
        run: the agreements of a run.
        pounds: an amount in words.
    """
    given, assumed = (len(run.lines(table)) for table in ("recorded_activity", "expected_activity"))
    activity = [f"as given for {in_lines(given)}"] if given else []
    activity += [f"the plan moved by activity_variance_share for {in_lines(assumed)}"] if assumed else []
    scheme = run.agreements.scheme
    edition = f", {scheme.title}" if scheme else ""
    found = [f"Agreements by line of service: {run.stated.title}{edition}", f"Actual activity: {'; '.join(activity)}"]
    found += [f"  {text}" for text in from_edition(run)]
    for year in map(str, run.years):
        found += _year(run, year, pounds)
    return [*found, *(f"NO EFFECT: {text}" for text in without_effect(run))]


def from_edition(run: AgreedRun) -> list[str]:
    """What each agreement takes from the edition, and how each figure of that is known, a sentence each."""
    return [
        f"{each.label}: from {taken.scheme.title}, {', '.join(f'{name} {part.in_words}' for name, part in taken.parameters.items())}"
        for each in run.stated.agreements
        if (taken := run.agreements.inherited.get(each.id)) and taken.parameters
    ]


def in_lines(number: int) -> str:
    """So many lines, in words."""
    return f"{number} line{'' if number == 1 else 's'}"


def _year(run: AgreedRun, year: str, pounds: Pounds) -> Iterator[str]:
    whole, on_variance = (run.column("agreement_all", name)[(year,)] for name in ("all_agreed_gbp", "all_variance_paid_gbp"))
    yield f"{year_label(int(year))}: paid {pounds(whole)}{_of_it(on_variance, pounds)}"
    of = list(run.agreement_of.values())
    for each in run.stated.agreements:
        plan, paid, variance, borne = (
            run.column("agreement_year", f"agreement_{name}_gbp")[each.id, year] for name in ("plan", "payment", "variance_paid", "borne")
        )
        at_price = f"; plan at unit prices {pounds(plan)}" if not is_nil(plan) else ""
        words = f"{each.label}: {each.mechanism.replace('_', ' ')}, {in_lines(of.count(each.id))}, paid {pounds(paid)}{_of_it(variance, pounds)}"
        yield f"  {words}{at_price}{_borne('providers', borne, pounds)}"
    for (provider, at), paid in run.column("provider_income", "provider_payment_gbp").items():
        if at == year:
            variance, borne = (
                run.column("provider_income", name)[provider, at] for name in ("provider_variance_paid_gbp", "provider_borne_gbp")
            )
            yield f"  {run.label(provider)} receives {pounds(paid)}{_of_it(variance, pounds)}{_borne('it', borne, pounds)}"
    for (payer, at), paid in run.column("payer_cost", "payer_payment_gbp").items():
        if at == year:
            yield f"  {run.label(payer)} pays {pounds(paid)}"
    for line, agreement in run.agreement_of.items():
        if agreement == UNCOVERED:
            worth = run.column("service_line", "uncovered_gbp")[(*line, year)]
            known = (
                f"{pounds(worth)}, which nothing here pays"
                if not is_nil(worth)
                else "its pounds are not known: it has no price and no stated sum"
            )
            yield f"  No agreement covers {run.name(line[: len(SERVICE_LINE)])}: {known}"


def _of_it(variance: float, pounds: Pounds) -> str:
    """What of a payment is paid on the variance, or was given back."""
    if is_nil(variance):
        return ""
    return f", of it {pounds(variance)} on the variance" if variance > 0 else f", with {pounds(-variance)} given back on the variance"


def _borne(who: str, borne: float, pounds: Pounds) -> str:
    """Who bears what is not paid of the variance, or keeps what is not given back."""
    if is_nil(borne):
        return ""
    verb = ("bear" if borne > 0 else "keep") + ("s" if who == "it" else "")
    return f"; {who} {verb} {pounds(abs(borne))} at unit prices"

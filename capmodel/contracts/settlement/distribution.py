"""Distribution keys: how the providers' share of a pool is divided among them.

A key is made of parts, each dividing a share of the providers' money by the product of its factors: equal parts, income,
or weights that the contract states (equity, performance, investment need, falls of budget). A part may be kept whole for
one party, such as a fund for reinvestment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import Field

from capmodel.algebra.functions import AMOUNTS, ratio
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import Number, Step, Strict
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.year_of_care import party_budget
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.check import SHARES_ADD_UP, Check
from capmodel.contracts.settlement.term import WORD, Content, NoColumn, Stated, value_at
from capmodel.errors import nearest

#: The name under which bands give providers a share by key, and the factors whose weights the model works out.
PROVIDERS = "providers"
#: What is said of a key that divides nothing.
NO_SHARE_FOR_PROVIDERS = "there is a distribution key, and no band has a share for providers"
EQUAL, INCOME = "equal", "income"


class Part(Strict):
    """A part of the distribution key: weights by the product of these factors, or the whole for one party."""

    share: Number
    by: list[str] = Field(default_factory=list)
    retain: str | None = None


class Distribution(Strict):
    """How the share that bands give to providers is divided among them."""

    among: list[str] = Field(min_length=1)
    parts: list[Part] = Field(min_length=1)
    weights: dict[str, dict[str, Number]] = Field(default_factory=dict)

    @property
    def named(self) -> dict[str, Part]:
        """The parts of the key by name."""
        return {f"part_{i + 1}": part for i, part in enumerate(self.parts)}


def check_distribution(check: Check, distribution: Distribution | None, has_share: bool) -> None:
    """Report keys whose parts do not add up, whose weights are missing, or that nothing uses.

    Args:
        check: the contract that is being checked.
        distribution: its key.
        has_share: whether a band has a share for providers.
    """
    if distribution is None:
        return
    here: list[Step] = ["distribution"]
    if not has_share:
        check.report(
            here,
            NO_SHARE_FOR_PROVIDERS,
            "the key would have no effect",
            f"Write shares: {{{PROVIDERS}: ...}} in a band, or leave the key out",
        )
    for i, name in enumerate(distribution.among):
        check.party([*here, "among", i], name)
        if name in distribution.among[:i]:
            check.report([*here, "among", i], f"{name} is there twice", "it would count once or twice", "Name each party once")
    _check_factors(check, distribution)
    added = sum(part.share for part in distribution.parts)
    if abs(added - 1) > SHARES_ADD_UP:
        what = f"the parts of the distribution key add up to {added:g}"
        check.report([*here, "parts"], what, "every pound of the providers' share belongs to one", "Make them add up to 1")
    for i, part in enumerate(distribution.parts):
        _check_part(check, distribution, i, part)
    for factor, weights in distribution.weights.items():
        for name, weight in weights.items():
            check.party([*here, "weights", factor, name], name)
            if weight < 0:
                what = f"the weight of {name} is {weight:g}"
                check.report([*here, "weights", factor, name], what, "a negative weight would turn a gain into a loss", "Write 0 or more")


def _check_factors(check: Check, distribution: Distribution) -> None:
    used = {factor for part in distribution.parts for factor in part.by}
    for factor in distribution.weights:
        here: list[Step] = ["distribution", "weights", factor]
        if factor in (EQUAL, INCOME):
            why = "the model works these weights out, and would leave yours aside"
            check.report(here, f"{factor!r} has weights of its own", why, "Give your weights another name")
        elif factor not in used:
            why = "the weights would have no effect"
            check.report(here, f"no part of the key goes by {factor!r}", why, "Name it in by:, or leave it out")


def _check_part(check: Check, distribution: Distribution, i: int, part: Part) -> None:
    here: list[Step] = ["distribution", "parts", i]
    stated = [factor for factor in part.by if factor in distribution.weights]
    check.part([*here, "share"], "share", part.share)
    check.party([*here, "retain"], part.retain)
    if bool(part.by) == bool(part.retain):
        what = f"part {i + 1} has {'a key and a party' if part.by else 'neither key nor party'}"
        check.report(here, what, "its money goes by key or to one party", "Write by: or retain:")
    for twice in sorted({factor for factor in part.by if part.by.count(factor) > 1}):
        check.report([*here, "by"], f"{twice!r} is there twice", "the weights would be multiplied by themselves", "Name it once")
    for factor in part.by:
        if factor in (EQUAL, INCOME):
            continue
        if factor not in distribution.weights:
            remedy = nearest(factor, [EQUAL, INCOME, *distribution.weights])
            check.report([*here, "by"], f"{factor!r} has no weights", "it is no known key", remedy)
            continue
        for name in distribution.among:
            if name not in distribution.weights[factor]:
                place: list[Step] = ["distribution", "weights", factor]
                check.report(place, f"{name} has no weight", "gaps are not filled", f"Write {name}: 0 if it has none")
    if stated and not any(all(distribution.weights[factor].get(name, 0) > 0 for factor in stated) for name in distribution.among):
        what, why = f"part {i + 1} has no weight above zero", "its money would have nowhere to go"
        check.report(here, what, why, "Give a party a weight, or retain it")


def key_rows(distribution: Distribution | None, parties: tuple[str, ...], years: tuple[int, ...]) -> dict[str, Rows]:
    """A row for each part of the key, each party it divides among, and each factor it goes by."""
    parts = distribution.named if distribution else {}
    factors_of = {name: tuple(part.by) or (EQUAL,) for name, part in parts.items()}
    among = distribution.among if distribution else []
    members = [(name, party, factors_of[name][-1]) for name, part in parts.items() for party in ([part.retain] if part.retain else among)]
    factors = [(name, party, factor) for name, party, _ in members for factor in factors_of[name]]
    return {
        "key_part": Rows({"key_part": tuple(parts)}),
        "key_factor": columns_of(("key_part", "party", "factor"), factors, years),
        "key_member": columns_of(("key_part", "party", "last_factor"), members, years),
        "key_party": Rows({"party": parties}, years),
    }


def _no_weight(contract: Content, key: Mapping[str, str]) -> NoColumn | None:
    """Weights that the model works out have no place, nor has a weight that several parts go by."""
    if key["factor"] in (EQUAL, INCOME):
        return WORD
    parts = value_at(contract, ("distribution", "parts")) or []
    if sum(key["factor"] in (part.get("by") or []) for part in parts if isinstance(part, dict)) > 1:
        return NoColumn(
            f"several parts of the key go by {key['factor']}, and a column is of one", "Give each part a weight of its own name"
        )
    return None


key_part = Table("key_part", ("key_part",), "Parts of the distribution key", SHEET)
key_part.take(
    Stated("key_part_share", "share", "Share of the providers' money divided by this part", at="distribution.parts[#key_part].share", related=True)
)  # fmt: skip

key_factor = Table("key_factor", ("key_part", "party", "factor", "year"), "Factors of the distribution key", SHEET)
key_factor.take(
    Stated("factor_weight_number", "number", "Weight", at="distribution.weights.{factor}.{party}", of=lambda weight, _: 1 if weight is None else weight, refused=_no_weight, related=True)
)  # fmt: skip
key_factor.take(
    Stated("factor_is_income_flag", "flag", "The weight is the party's income", internal=True, follows=lambda _, key, *years: key["factor"] == INCOME)
)  # fmt: skip

key_member = Table("key_member", ("key_part", "party", "year"), "Each party's part of the key", SHEET)

key_party = Table("key_party", ("party", "year"), "Each party's share of the providers' money", SHEET)

TABLES = (key_part, key_factor, key_member, key_party)


@key_factor.line(
    "share", "Share of all income", income=lookup(party_budget, "income_gbp"), of_all=total(party_budget, "income_gbp", "year")
)
def income_share(income: Any, of_all: Any) -> Any:
    """The party's income as a share of everyone's."""
    return ratio(income, of_all, decimals=AMOUNTS)


@key_factor.line("number", "Weight, with the factors before it", before=prior("product_number", first=1, along=("factor",)))
def product_number(before: Any, factor_weight_number: Any, factor_is_income_flag: Any, income_share: Any) -> Any:
    """The product of the part's factors so far.

    >>> round(product_number(0.6, 0.0, 1, 0.3).item(), 4)
    0.18
    """
    return before * np.where(factor_is_income_flag > 0, income_share, factor_weight_number)


@key_member.line("number", "Weight of the party", lookup(key_factor, "product_number", factor="last_factor"))
def member_number() -> Any:
    """The party's weight in this part: the product of its factors."""


@key_member.line(
    "share",
    "Share of the providers' money by this part",
    of_key=lookup(key_part, "key_part_share"),
    weights=total(key_member, "member_number", "key_part", "year"),
)
def member_share(member_number: Any, of_key: Any, weights: Any) -> Any:
    """The party's weight over all weights of the part, times the part's share of the money.

    >>> round(member_share(0.18, 1.0, 0.72).item(), 4)
    0.25
    """
    return of_key * ratio(member_number, weights)


@key_party.line("share", "Share of the providers' money", total(key_member, "member_share", "party", "year"))
def key_share() -> Any:
    """What the party has of every pound that is distributed among providers; zero where it is not one of them."""

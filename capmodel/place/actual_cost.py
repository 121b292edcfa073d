"""Whose actual cost a run settles, in words: as the contract assumes it, as given, the outturn, or that of the chosen plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from capmodel.algebra.functions import add_up
from capmodel.assumptions.step import AGREEMENTS, CONTRACT, OUTTURN
from capmodel.assumptions.years import of_years
from capmodel.contracts.given_target import ACTUAL
from capmodel.errors import listed
from capmodel.money import HALF_A_PENNY, pounds
from capmodel.place.agreed import in_alliance

if TYPE_CHECKING:
    from capmodel.place.place import Place
    from capmodel.place.result import Result

#: What the record of a run says of it.
ASSUMED, GIVEN, PLAN, AGREED = "assumed", "given", "plan", "agreements"


def kind_of(place: Place) -> str:
    """Whose actual cost a place with a contract settles, in one word."""
    return PLAN if place.chain.on_plan else AGREED if place.chain.has(AGREEMENTS) else GIVEN if ACTUAL in place.chain.reads else ASSUMED


#: What the page of options says of the variance, by whose actual cost is settled.
BESIDE_OPTIONS = {
    ASSUMED: "The variance follows from the assumed actual cost, not from these options: compare it with the saving they are counted for.",
    GIVEN: "The variance follows from the actual cost that the place gives, not from these options: compare it with the saving they are counted for.",
    AGREED: "The variance follows from what agreements pay, not from these options: compare it with the saving they are counted for.",
    PLAN: "Actual cost is that of the chosen plan: what these options release in scope has come off it, so that the variance follows from them.",
}


def in_words(place: Place) -> str:
    """Whose actual cost a place with a contract settles."""
    words = {
        ASSUMED: "as assumed by the contract",
        GIVEN: "as given by the place",
        PLAN: "that of the chosen plan",
        AGREED: "what agreements pay, and as assumed by the contract where none covers a line",
    }[kind_of(place)]
    return f"{words}; the outturn where months are in" if place.chain.has(OUTTURN) else words


def statement(result: Result) -> list[str]:
    """Whose actual cost a run settles, what the plan takes off it, and what of it the plan does not touch; a line each."""
    place = result.place
    if not place.chain.has(CONTRACT):
        return []
    line = f"Actual cost: {in_words(place)}"
    if kind_of(place) == AGREED:
        return [f"{line}, over {of_years(len(place.pack.years))}", *in_alliance(result)]
    if not place.chain.on_plan:
        return [line]
    effect = result.column("service", "plan_effect_gbp")
    labels = {entry.id: entry.label for entry in place.pack.dimensions["setting"]}
    in_scope = [name for name, flag in ((key[0], flag) for key, flag in result.column("scope", "in_scope_flag").items()) if flag]
    touched = {key[0] for key, value in effect.items() if abs(value) >= HALF_A_PENNY}
    if not touched:
        return [line]
    untouched = [labels[name] for name in in_scope if name not in touched and any(key[0] == name for key in effect)]
    settled, taken = (
        add_up(list(result.column(*node).values())) for node in (("pool", "pool_actual_gbp"), ("plan_in_contract", "settled_effect_gbp"))
    )
    moved = f"takes {pounds(taken)} off it" if taken >= 0 else f"adds {pounds(-taken)} to it"
    how = f"  The plan {moved}: without the plan it would be {pounds(settled + taken)}"
    left = [f"  The plan changes no actual cost in scope of {listed(untouched)}"] if untouched else []
    outside, cost = (
        add_up(list(result.column("plan_in_contract", name).values())) for name in ("released_outside_gbp", "cost_outside_gbp")
    )
    beside = f"  Outside actual cost: {pounds(round(outside, 2) + 0.0)} released out of scope, {pounds(round(cost, 2) + 0.0)} cost of options that payers or funds pay or that is capital"
    return [f"{line}, {pounds(settled)} over {of_years(len(place.pack.years))}", how, *left, beside]


def record(result: Result) -> dict[str, Any]:
    """Whose actual cost a run settles; where it is that of the plan, what the plan takes off it by year and what each party keeps in all."""
    kind = kind_of(result.place)
    if kind != PLAN:
        return {"of": kind}
    years = result.column("plan_in_contract", "settled_effect_gbp")
    kept: dict[str, float] = {}
    for (party, _), value in result.column("after_settlement", "kept_gbp").items():
        kept[party] = kept.get(party, 0.0) + value
    return {
        "of": kind,
        "taken_off_gbp": {year: round(value, 2) for (year,), value in years.items()},
        "kept_gbp": {party: round(value, 2) for party, value in kept.items()},
    }


def without_effect(result: Result) -> list[str]:
    """That what place.yaml says of actual cost changes nothing, where it does not, and why; a line or none."""
    place = result.place
    said = f"NO EFFECT: actual_cost: {place.pack.actual_cost} in place.yaml"
    if place.pack.actual_cost is None:
        return []
    if not place.chain.has(CONTRACT):
        return [f"{said} changes nothing: the place has no contract to settle"]
    if not place.chain.on_plan or any(result.column("service", "plan_effect_gbp").values()):
        return []
    why = "the chosen options change no cost on a line of the contract in a year without an outturn"
    return [f"{said} changes no actual cost: {why if any(result.choice.values()) else 'no option is chosen'}"]

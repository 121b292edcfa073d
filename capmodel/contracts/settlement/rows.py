"""The rows of the settlement: which parties, steps, bands and routes a contract leads to, and to whom each step's money goes.

A row's attributes name the rows it reads or pays: the side of a cap, the last step, the party that takes what a step leaves.
"""

from __future__ import annotations

from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import columns_of
from capmodel.contracts.alliance import OTHERS, SIDES
from capmodel.contracts.terms.figures import Terms

#: Stands where a row has nothing to name.
NOBODY = "-"


def rows(pack: Pack, terms: Terms, routes: Rows) -> dict[str, Rows]:
    """The rows of a place's settlement."""
    settings = tuple(entry.id for entry in pack.dimensions["setting"])
    segments = tuple(entry.id for entry in pack.dimensions["segment"])
    ways = list(dict.fromkeys(zip(routes.columns["setting"], routes.columns["provider"], routes.columns["payer"], strict=True)))
    care = list(dict.fromkeys(zip(routes.columns["segment"], routes.columns["setting"], strict=True)))
    return {
        "scope": Rows({"setting": settings}),
        "segment_scope": columns_of(("segment", "setting"), care, pack.years),
        "variation": Rows({"segment": segments}, pack.years),
        "service": columns_of(("setting", "provider", "payer"), ways, pack.years),
        **contract_rows(tuple(entry.id for entry in pack.dimensions["party"]), terms, pack.years),
    }


def contract_rows(parties: tuple[str, ...], terms: Terms, years: tuple[int, ...]) -> dict[str, Rows]:
    """The rows that a contract alone decides."""
    bands = list(terms.bands)
    band_parties = [(side, name, party) for side, name in bands for party in parties]
    caps = [(party, side) for party in parties for side in SIDES]
    last = terms.steps[-1]
    passing = [
        (party, step, *SIDES, terms.taker[party, step, "gain"], terms.taker[party, step, "loss"])
        for party in parties
        for step in terms.steps
    ]
    own = [
        (party, last, "withhold", terms.residual_party, *((OTHERS, OTHERS) if party == terms.residual_party else (NOBODY, NOBODY)))
        for party in parties
    ]
    return {
        "chance": Rows({}, years),
        "pool": Rows({}, years),
        "people_range": Rows({"people_range": terms.ranges}),
        "range_year": Rows({"people_range": terms.ranges}, years),
        "side": Rows({"side": SIDES}),
        "pool_side": Rows({"side": SIDES}, years),
        "indicator": Rows({"indicator": terms.indicators}),
        "indicator_year": Rows({"indicator": terms.indicators}, years),
        "rung": Rows({"rung": terms.rungs}),
        "rung_year": Rows({"rung": terms.rungs}, years),
        **_key_rows(parties, terms, years),
        "band": columns_of(("side", "band"), bands),
        "band_year": columns_of(("side", "band"), bands, years),
        "band_party": columns_of(("side", "band", "party"), band_parties),
        "party_slice": columns_of(("side", "band", "party"), band_parties, years),
        "party_terms": Rows({"party": parties}),
        "step": Rows({"step": terms.steps}),
        "passage": Rows({"step": terms.steps}, years),
        "entitlement": Rows({"party": parties}, years),
        "cap": columns_of(("party", "side"), caps),
        "cap_year": columns_of(("party", "side"), caps, years),
        "party_step": columns_of(("party", "step", "gain_side", "loss_side", "gain_to", "loss_to"), passing, years),
        **_spread_rows(parties, terms, years),
        **_bank_rows(terms, years),
        "settlement": columns_of(("party", "last_step", "withhold_step", "released_by", "rest_of_gain", "rest_of_loss"), own, years),
    }


def _key_rows(parties: tuple[str, ...], terms: Terms, years: tuple[int, ...]) -> dict[str, Rows]:
    members = [(part, party, factors[-1]) for part, factors in terms.key_parts.items() for party in terms.key_members[part]]
    factors = [(part, party, factor) for part, party, _ in members for factor in terms.key_parts[part]]
    return {
        "key_part": Rows({"key_part": tuple(terms.key_parts)}),
        "key_factor": columns_of(("key_part", "party", "factor"), factors, years),
        "key_member": columns_of(("key_part", "party", "last_factor"), members, years),
        "key_party": Rows({"party": parties}, years),
    }


def _spread_rows(parties: tuple[str, ...], terms: Terms, years: tuple[int, ...]) -> dict[str, Rows]:
    """As many rounds as there are caps that may bind one after the other."""
    rounds = {side: tuple(f"round_{i + 1}" for i in range(terms.spread_rounds[side])) for side in SIDES}
    by_side = [
        (side, name, OTHERS if side == "gain" else NOBODY, OTHERS if side == "loss" else NOBODY, terms.residual_party)
        for side in SIDES
        for name in rounds[side]
    ]
    by_party = [(side, party, name, terms.steps[-1]) for side in SIDES if rounds[side] for party in parties for name in rounds[side]]
    return {
        "spread": columns_of(("side", "spread_round", "spread_gain", "spread_loss", "rest_to"), by_side, years),
        "spread_party": columns_of(("side", "party", "spread_round", "last_step"), by_party, years),
    }


def _bank_rows(terms: Terms, years: tuple[int, ...]) -> dict[str, Rows]:
    banks = [(party, side, "caps", terms.steps[-1], stood_in_by) for (party, side), stood_in_by in terms.banks.items()]
    due = [(party, side, str(origin)) for party, side in terms.banks for origin in years]
    return {
        "bank_terms": columns_of(("party", "side"), list(terms.banks)),
        "bank": columns_of(("party", "side", "caps_step", "last_step", "stood_in_by"), banks, years),
        "bank_due": columns_of(("party", "side", "origin"), due, years),
    }

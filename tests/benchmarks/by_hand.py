"""The named alternative of the simulation: the example's contract by hand in plain numpy, draws on the leading axis, 2,000 at a time.

It is written for this one contract: what the contract does not use is left out, terms are numbers, and rounding is the plain
`rint(x * 100) / 100`. It gives the figures of the rules to the penny, but where a sum stands at half a penny. Nothing of capmodel's
algebra runs here; the central figures it starts from are handed to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pence(amount: Floats) -> Floats:
    """To the penny, as most would write it."""
    return np.rint(amount * 100) / 100


@dataclass(frozen=True)
class Contract:
    """The example in numbers, ready to multiply: what depends on no draw is worked out beforehand."""

    base: Floats  # ways x years: what actual cost is a multiple of
    setting_of: NDArray[np.intp]  # the setting of each way
    payer_rows: list[NDArray[np.intp]]  # for each payer, its ways
    payers: list[int]  # and its number among the parties
    target: Floats  # by year
    way_target: Floats  # payers x years
    in_scope: Floats  # segments x years, part of all
    threshold: tuple[float, float]
    bands: dict[str, list[tuple[float, float, Floats]]]  # side -> from, to, share by party
    at_risk: Floats
    phase: dict[str, Floats]
    gate: float
    fund: int
    residual: int
    limits: dict[str, Floats]  # side -> party x year
    to: dict[str, NDArray[np.intp]]  # side -> who takes what a cap leaves


def settle(contract: Contract, pressure: Floats, setting: Floats, score: Floats, variation: Floats) -> Floats:
    """Positions, draws x parties x years, of one chunk."""
    draws, years = pressure.shape
    parties = len(contract.at_risk)
    chance = (variation.reshape(draws, -1, years) * contract.in_scope).sum(axis=1)
    actual = pence(contract.base * (1 + pressure[:, None, :] + setting[:, contract.setting_of, None] + chance[:, None, :]))
    spent = np.stack([actual[:, rows].sum(axis=1) for rows in contract.payer_rows], axis=1)
    own = contract.way_target - spent
    variance = pence(contract.target - pence(spent.sum(axis=1)))
    gains = variance >= 0
    edge = pence(contract.target * np.where(gains, *contract.threshold))
    size = np.maximum(np.abs(variance) - edge, 0)
    pool = pence(np.where(gains, size, -size))

    share = np.zeros((draws, parties, years))
    for side, sign in (("gain", 1.0), ("loss", -1.0)):
        on_side = np.maximum(pool * sign, 0)
        for low, high, shares in contract.bands[side]:
            part = np.clip(on_side - low * contract.target, 0, (high - low) * contract.target)
            share += sign * shares[:, None] * part[:, None, :]
    gain = share >= 0
    risk = contract.at_risk[:, None]
    phased = share * (1 - risk * (1 - np.where(gain, contract.phase["gain"], contract.phase["loss"])))
    left = share - phased
    passed = np.where(score >= contract.gate, 1.0, 0.0)[:, None, :]
    earned = np.where(gain, phased * (1 - risk * (1 - passed)), phased)
    forfeited = phased - earned
    capped = np.maximum(np.minimum(earned, contract.limits["gain"]), -contract.limits["loss"])
    beyond = earned - capped
    due = capped
    due[:, contract.residual] += left.sum(axis=1)
    due[:, contract.fund] += forfeited.sum(axis=1)
    for party in range(parties):
        over = beyond[:, party]
        due[:, contract.to["gain"][party]] += np.maximum(over, 0)
        due[:, contract.to["loss"][party]] += np.minimum(over, 0)

    paid = np.diff(pence(np.cumsum(due, axis=1)), axis=1, prepend=0.0)
    held = np.zeros((draws, parties, years))
    part = np.divide(pool, variance, out=np.zeros_like(pool), where=variance != 0)
    for i, party in enumerate(contract.payers):
        held[:, party] = own[:, i] * part
    holding = np.diff(pence(np.cumsum(held, axis=1)), axis=1, prepend=0.0)
    position = pence(pence(paid) - pence(holding))
    for i, party in enumerate(contract.payers):
        position[:, party] += own[:, i]
    return position


def of_example(place: object, central: object, figures: Mapping[tuple[str, str], Floats]) -> Contract:
    """The example's terms as numbers."""
    pack, terms = place.pack, place.terms  # type: ignore[attr-defined]
    rows, assumed = central.inputs.rows, central.assumed  # type: ignore[attr-defined]
    years = len(pack.years)
    parties = [entry.id for entry in pack.dimensions["party"]]
    settings = rows["scope"].values("setting")
    ways = list(zip(*(rows["service"].columns[key] for key in ("setting", "provider", "payer")), strict=True))
    payers = list(dict.fromkeys(way[2] for way in ways))
    budget, scope, change = (figures["service", name] for name in ("budget_gbp", "out_of_scope_gbp", "scope_change_gbp"))
    base = (budget - scope + figures["service", "adjustment_gbp"] + change).reshape(-1, years)
    way_target = figures["service", "target_gbp"].reshape(-1, years)
    payer_rows = [np.array([i for i, way in enumerate(ways) if way[2] == payer], dtype=np.intp) for payer in payers]
    in_scope = figures["variation", "segment_in_scope_gbp"].reshape(-1, years)
    target = figures["pool", "pool_target_gbp"]
    shares = dict(zip(rows["band_party"].keys(("side", "band", "party")), figures["band_party", "band_party_share"].tolist(), strict=True))
    edges = {key: i for i, key in enumerate(rows["band"].keys(("side", "band")))}
    bands: dict[str, list[tuple[float, float, Floats]]] = {"gain": [], "loss": []}
    for side, band in terms.bands:
        i = edges[side, band]
        bounded = figures["band", "band_bounded_flag"][i] > 0
        high = float(figures["band", "band_upper_share"][i]) if bounded else 1e6
        part = np.array([shares[side, band, party] for party in parties])
        bands[side].append((float(figures["band", "band_lower_share"][i]), high, part))
    at = {key: i for i, key in enumerate(rows["cap"].keys(("party", "side")))}
    income = figures["party_budget", "income_gbp"].reshape(-1, years)
    limits = {}
    for side in ("gain", "loss"):
        limit = np.full((len(parties), years), 1e15)
        for p, party in enumerate(parties):
            for name, flag, base_of in (("cap_gbp", "cap_gbp_flag", 1.0), ("cap_of_target_share", "cap_of_target_flag", target), ("cap_of_income_share", "cap_of_income_flag", income[p])):  # fmt: skip
                if figures["cap", flag][at[party, side]] > 0:
                    limit[p] = np.minimum(limit[p], figures["cap", name][at[party, side]] * base_of)
        limits[side] = limit
    return Contract(
        base=base,
        setting_of=np.array([settings.index(way[0]) for way in ways], dtype=np.intp),
        payer_rows=payer_rows,
        payers=[parties.index(payer) for payer in payers],
        target=target,
        way_target=np.stack([way_target[own].sum(axis=0) for own in payer_rows]),
        in_scope=in_scope / in_scope.sum(axis=0),
        threshold=(float(assumed("gain_threshold_share")[0]), float(assumed("loss_threshold_share")[0])),
        bands=bands,
        at_risk=figures["party_terms", "at_risk_flag"],
        phase={side: assumed(f"{side}_phase_share") for side in ("gain", "loss")},
        gate=float(assumed("outcome_gate_share")[0]),
        fund=parties.index("reinvestment_fund"),
        residual=parties.index(terms.residual_party),
        limits=limits,
        to={
            side: np.array([parties.index(_taker(terms, party, "caps", side, parties)) for party in parties], dtype=np.intp)
            for side in ("gain", "loss")
        },
    )


def _taker(terms: object, party: str, step: str, side: str, parties: list[str]) -> str:
    rows = terms.rows["party_step"]  # type: ignore[attr-defined]
    taker = next(to for own, at, to in rows.keys(("party", "step", f"{side}_to")) if (own, at) == (party, step))
    return taker if taker in parties else terms.residual_party  # type: ignore[attr-defined]

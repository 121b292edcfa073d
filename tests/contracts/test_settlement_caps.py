"""What caps leave is shared again until nothing new binds, and what is carried forward is paid oldest first."""

from __future__ import annotations

from typing import Any

import numpy as np
from drawn_contracts import PARTIES, SPREAD, TRY, YEARS, contracts, party, settle
from hypothesis import given

from capmodel.algebra.evaluate import Values

# ------------------------------------------------------------------ caps shared again, and carried forward, by other means


@TRY
@given(contracts())
def test_what_caps_leave_is_shared_until_nothing_new_binds(contract: dict[str, Any]) -> None:
    sharers = {(cap["party"], cap["side"]) for cap in contract["caps"] if cap["residual_to"] == "others"}
    known = settle(contract, SPREAD)
    banded, own = party(known, "banded_gbp", "entitlement"), party(known, "own_gbp")
    spread = party(known, "respread_gbp")
    limits = known.figure(("cap_year", "limit_gbp")).reshape(-1, len(PARTIES), 2, len(YEARS))
    steps = known.inputs.rows["party_step"].columns
    for s, side in enumerate(("gain", "loss")):
        sign = 1 if side == "gain" else -1
        left_by = known.figure(("party_step", f"taken_of_{side}_gbp")) * sign
        to_others = np.array([to == "others" for to in steps[f"{side}_to"]])
        left = left_by.reshape(*left_by.shape[:-1], -1, len(YEARS))[:, to_others].sum(axis=1)
        assert sharers or left.max(initial=0) == 0
        for d, t in zip(*np.nonzero(left > 0.005), strict=True):
            room = {p: max(limits[d, p, s, t] - max(own[d, p, t] * sign, 0), 0) for p in range(len(PARTIES))}
            weight = {p: max(banded[d, p, t] * sign, 0) for p in range(len(PARTIES))}
            got, rest = shared_again(left[d, t], room, weight)
            got[PARTIES.index("payer")] += rest
            if left_on_other_side(known, steps, side, d, t):
                continue
            for p, amount in got.items():
                assert abs(spread[d, p, t] * sign - amount) < 1e-5, (PARTIES[p], side)


def left_on_other_side(known: Values, steps: Any, side: str, d: int, t: int) -> bool:
    other = "loss" if side == "gain" else "gain"
    figures = known.figure(("party_step", f"taken_of_{other}_gbp"))
    to_others = np.array([to == "others" for to in steps[f"{other}_to"]])
    return bool(np.abs(figures.reshape(*figures.shape[:-1], -1, len(YEARS))[d, to_others, t]).sum() > 0)


def shared_again(left: float, room: dict[int, float], weight: dict[int, float]) -> tuple[dict[int, float], float]:
    """Water rising in vessels of different widths, a vessel at a time: each step fills the one that is full first."""
    got = dict.fromkeys(room, 0.0)
    while left > 1e-9:
        open_ = [p for p in room if weight[p] > 0 and room[p] - got[p] > 1e-9]
        if not open_:
            break
        width = sum(weight[p] for p in open_)
        rise = min(left / width, *((room[p] - got[p]) / weight[p] for p in open_))
        for p in open_:
            got[p] += rise * weight[p]
        left -= rise * width
    return got, left


@TRY
@given(contracts(spread=False))
def test_what_is_carried_forward_foots_and_is_paid_oldest_first(contract: dict[str, Any]) -> None:
    known = settle(contract, SPREAD)
    keys = known.inputs.rows["bank"].keys(("party", "side"))
    lines = list(dict.fromkeys(keys))
    if not lines:
        return
    found = {
        name: known.figure(("bank", name))
        for name in ("added_gbp", "available_gbp", "offset_gbp", "expired_gbp", "closing_gbp", "brought_gbp")
    }
    shaped = {
        name: np.broadcast_to(values, (len(SPREAD), values.shape[-1])).reshape(-1, len(lines), len(YEARS)) for name, values in found.items()
    }
    closing = shaped["closing_gbp"]
    opening = np.concatenate([shaped["brought_gbp"][..., :1], closing[..., :-1]], axis=2)
    roll = opening + shaped["added_gbp"] - shaped["offset_gbp"] - shaped["expired_gbp"] - closing
    assert np.abs(roll).max() < 1e-6
    assert closing.min() > -1e-6
    for name in ("added_gbp", "offset_gbp", "expired_gbp"):
        assert shaped[name].min() >= 0, name
    keeps = contract.get("carry_forward", {}).get("expires_after_years")
    carries = {(cap["party"], cap["side"]): cap.get("carry_forward", False) for cap in contract["caps"]}
    for i, key in enumerate(lines):
        assert carries[key] or shaped["added_gbp"][:, i].max() == 0, "only what the contract carries is carried"
        for d in range(len(SPREAD)):
            debts = [(YEARS[0] - 1, float(shaped["brought_gbp"][d, i, 0]))]
            for t, year in enumerate(YEARS):
                pay = float(shaped["available_gbp"][d, i, t])
                paid, debts = oldest_first(debts, pay)
                debts.append((year, float(shaped["added_gbp"][d, i, t])))
                lost = sum(amount for origin, amount in debts if keeps is not None and origin + keeps <= year)
                debts = [(origin, amount) for origin, amount in debts if keeps is None or origin + keeps > year]
                assert abs(paid - shaped["offset_gbp"][d, i, t]) < 1e-6
                assert abs(lost - shaped["expired_gbp"][d, i, t]) < 1e-6
                assert abs(sum(amount for _, amount in debts) - closing[d, i, t]) < 1e-6


def oldest_first(debts: list[tuple[int, float]], pay: float) -> tuple[float, list[tuple[int, float]]]:
    paid, left = 0.0, []
    for origin, amount in debts:
        now = min(amount, pay - paid)
        paid += now
        left.append((origin, amount - now))
    return paid, left

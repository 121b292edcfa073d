"""Properties that must hold of every settlement, whatever the contract: contracts are drawn with every term there is.

A drawn contract is first read by the package's own checks, so that only what a negotiator may write is tried. The oracles are
not the engine's: counting in whole pence for splits and thresholds, a list of debts paid oldest first for what is carried forward,
and a loop until nothing new binds for what caps leave. Every draw of a contract is settled for many variances in one evaluation.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from drawn_contracts import PARTIES, PROVIDERS, SPREAD, TARGET, TRY, YEARS, by_year, contracts, part, party, settle, whole
from hypothesis import given
from hypothesis import strategies as st

from capmodel.contracts.settlement import transfer as settlement

SMOOTH = ("none", "excess_only")
CHECKS = [(table.name, line.name) for table in settlement.TABLES for line in table.lines.values() if line.is_check]


def in_pence(figures: np.ndarray) -> np.ndarray:
    pence = figures * 100
    assert np.abs(pence - np.rint(pence)).max() < 0.01, "a payment is not in whole pence"
    return np.rint(pence).astype(np.int64)


@TRY
@given(contracts())
def test_shares_and_cash_positions_add_up_to_the_pool_and_transfers_to_zero(contract: dict[str, Any]) -> None:
    known = settle(contract, SPREAD)
    pool = in_pence(known.figure(("pool", "pool_gbp")))
    share, holding, transfer = (in_pence(party(known, line)) for line in ("share_gbp", "cash_position_gbp", "transfer_gbp"))
    assert (share.sum(axis=1) == pool).all()
    assert (holding.sum(axis=1) == pool).all()
    assert (transfer.sum(axis=1) == 0).all()
    assert (transfer == share - holding).all()
    for node in CHECKS:
        assert np.abs(known.figure(node)).max(initial=0) < 1e-9, node


@TRY
@given(contracts())
def test_a_party_without_a_share_gets_exactly_nothing(contract: dict[str, Any]) -> None:
    known = settle(contract, SPREAD)
    for line in ("entitled_gbp", "share_gbp", "cash_position_gbp", "transfer_gbp"):
        figures = party(known, line)[:, PARTIES.index("nobody")]
        assert (figures == 0).all()
        assert line == "entitled_gbp" or not np.signbit(figures).any(), "no minus zero is printed"


def turned(contract: dict[str, Any]) -> dict[str, Any]:
    """The same contract with what is carried forward on the other side."""
    other = {"gain": "loss", "loss": "gain"}
    return {**contract, "caps": [{**cap, "side": other[cap["side"]]} for cap in contract["caps"]]}


@TRY
@given(contracts(mirrored=True))
def test_symmetric_terms_mirror(contract: dict[str, Any]) -> None:
    gain, loss = settle(contract, SPREAD), settle(turned(contract), -SPREAD)
    for line in ("share_gbp", "cash_position_gbp", "transfer_gbp"):
        assert (in_pence(party(gain, line)) == -in_pence(party(loss, line))).all()


@TRY
@given(contracts(banks=False))
def test_no_variance_moves_no_money(contract: dict[str, Any]) -> None:
    known = settle(contract, np.zeros(1))
    for line in ("share_gbp", "cash_position_gbp", "transfer_gbp"):
        assert (party(known, line) == 0).all()
        assert not np.signbit(party(known, line)).any()


@TRY
@given(contracts(modes=SMOOTH))
def test_a_better_outturn_never_lowers_what_a_party_keeps(contract: dict[str, Any]) -> None:
    """Without a declared cliff; the residual party may lose what others cannot bear, so its own part is looked at."""
    known = settle(contract, np.linspace(-400_000, 400_000, 161))
    assert np.diff(party(known, "own_gbp"), axis=0).min() > -1e-6


@TRY
@given(contracts(modes=SMOOTH, banks=False))
def test_a_better_outturn_never_lowers_the_share_of_a_provider(contract: dict[str, Any]) -> None:
    """With what caps leave shared again, in one band: over several, what is left goes by shares that change with the variance."""
    every = [band["shares"] for of in contract["bands"].values() for band in of]
    one = next((each for each in every if each.get("providers")), every[0])
    contract["bands"] = {side: [{"from": 0, "to": None, "shares": one}] for side in ("gain", "loss")}
    known = settle(contract, np.linspace(-400_000, 400_000, 161))
    before = party(known, "entitled_gbp")[:, [PARTIES.index(name) for name in PROVIDERS]]
    assert np.diff(before, axis=0).min() > -1e-6


def exactly(value: float) -> Fraction:
    """A figure as it is written, in decimals."""
    return Fraction(str(value))


def counted_in_pence(contract: dict[str, Any], variance: float, year: int) -> int:
    """What counts of a variance: the months that do, out of twelve."""
    return whole(exactly(round(variance, 2)) * 100 * (12 - contract.get("exclusions", {}).get("months", {}).get(year, 0)) / 12)


def threshold_in_pence(threshold: dict[str, Any], gains: bool, year: int) -> int:
    """The threshold of a side and a year, from the contract as it is written."""
    if threshold["mode"] == "none":
        return 0
    target, side = int(TARGET) * 100, "gain" if gains else "loss"
    if "by_persons" not in threshold:
        return whole(target * exactly(threshold[f"{side}_share"]) + 100 * exactly(threshold[f"{side}_gbp"]))
    people = threshold["persons"][year]
    inside = next(each for each in threshold["by_persons"] if each["to"] is None or people <= each["to"])
    share = exactly(inside["at_start"])
    if inside["to"] is not None:
        way = Fraction(people - inside["from"], inside["to"] - inside["from"])
        share += way * (exactly(inside["at_end"]) - share)
    return whole(target * share)


def is_met(threshold: dict[str, Any], counted: int, needed: int) -> bool:
    return abs(counted) > needed if threshold.get("comparator") == ">" else abs(counted) >= needed


def met_by_hand(contract: dict[str, Any], variances: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Variance that counts and threshold, in pence, and whether it is met: by draw and year."""
    counted = np.array([[counted_in_pence(contract, draw[t], year) for t, year in enumerate(YEARS)] for draw in variances])
    threshold = contract["threshold"]
    needed = np.array([[threshold_in_pence(threshold, each[t] >= 0, year) for t, year in enumerate(YEARS)] for each in counted])
    met = np.array([[is_met(threshold, *pair) for pair in zip(*rows, strict=True)] for rows in zip(counted, needed, strict=True)])
    return counted, needed, met


def near_thresholds(contract: dict[str, Any]) -> np.ndarray:
    """Variances at the threshold, a penny below and a penny above, on either side, in every year; and none."""
    around = np.array([[-1], [0], [1]])
    gain, loss = (np.array([threshold_in_pence(contract["threshold"], gains, year) for year in YEARS]) for gains in (True, False))
    return np.concatenate([gain + around, -(loss + around), np.zeros((1, len(YEARS)))]) / 100


@TRY
@given(contracts())
def test_a_threshold_decides_to_the_penny_how_much_is_shared(contract: dict[str, Any]) -> None:
    """From the first pound or the excess only; below it the whole of a gain where a part of it is paid, and nothing of a loss."""
    threshold = contract["threshold"]
    for terms in (contract, {**contract, "exclusions": {}}):
        variances = np.concatenate([SPREAD, near_thresholds(contract)])
        known = settle({**terms, "caps": [], "pool_caps": []}, variances)
        counted, needed, met = met_by_hand(terms, variances)
        full = np.abs(counted) - (needed if threshold["mode"] == "excess_only" else 0)
        paid_below = (threshold.get("below_share", 0) > 0) & (counted >= 0)
        size = np.where(met, full, np.where(paid_below, np.abs(counted), 0))
        assert (in_pence(known.figure(("pool", "counted_variance_gbp"))) == counted).all()
        assert (in_pence(known.figure(("pool", "pool_gbp"))) == size * np.sign(counted)).all()


@TRY
@given(contracts(modes=("first_pound",)), part(), st.booleans())
def test_below_a_threshold_nothing_but_a_consolation_is_paid(contract: dict[str, Any], below_share: float, pays: bool) -> None:
    """Held against the same contract without a threshold: of a gain a party at risk has the below-threshold part, others all of theirs."""
    below_threshold = below_share if pays else 0
    without_caps = {**contract, "caps": [], "threshold": {**contract["threshold"], "below_share": below_threshold}}
    if "steps" in contract:
        without_caps["steps"] = list(dict.fromkeys([*contract["steps"], "below_threshold"]))
    variances = np.concatenate([SPREAD, near_thresholds(contract)])
    counted, _, met = met_by_hand(contract, variances)
    with_it, without = (settle({**without_caps, "threshold": each}, variances) for each in (without_caps["threshold"], {"mode": "none"}))
    own, full = party(with_it, "own_gbp"), party(without, "own_gbp")
    below = ~met
    at_risk = np.array([contract["parties"][name]["at_risk"] for name in PARTIES])[None, :, None]
    paid = np.where(at_risk, below_threshold, 1) * full if below_threshold else 0 * full
    expected = np.where((below & (counted >= 0))[:, None, :], paid, np.where(below[:, None, :], 0, full))
    assert np.abs(own - expected).max() < 1e-6


@st.composite
def own_parts(draw: Callable[..., Any]) -> np.ndarray:
    """What three providers under- and overspend, large and against each other, so that a few pence are left in all; by draw and year."""
    pence = st.integers(-30_000_000, 30_000_000)
    found = [
        [(one := draw(pence)), (two := draw(pence)), draw(st.integers(-3, 3)) - one - two] if draw(st.booleans()) else [draw(pence), draw(pence), draw(pence)]
        for _ in range(8 * len(YEARS))
    ]  # fmt: skip
    return np.moveaxis(np.array(found).reshape(8, len(YEARS), len(PROVIDERS)), 2, 1) / 100


@TRY
@given(contracts(), own_parts(), by_year(st.integers(-200_000, 200_000)))
def test_where_all_is_shared_a_cash_position_is_the_party_s_own_variance(
    contract: dict[str, Any], parts: np.ndarray, shock: dict[int, int]
) -> None:
    """Without a threshold and a cap of the pool nobody holds more than its own variance that counts.

    Cutting pennies along the parties moves less than a penny, and rounding the pool to the penny half of one.
    """
    months = contract.get("exclusions", {}).get("months", dict.fromkeys(YEARS, 0))
    open_ = {
        **contract,
        "variance_held_by": "provider",
        "threshold": {"mode": "none", "comparator": ">="},
        "pool_caps": [],
        "exclusions": {"months": months, "shock_gbp": shock},
    }
    known = settle(open_, parts.sum(axis=1), falls=parts)
    counts = np.array([(12 - months[year]) / 12 for year in YEARS])
    own = np.zeros((len(parts), len(PARTIES), len(YEARS)))
    for i, name in enumerate(PROVIDERS):
        own[:, PARTIES.index(name)] = (parts[:, i] - np.array([shock[year] for year in YEARS]) / len(PROVIDERS)) * counts
    holding = party(known, "cash_position_gbp")
    assert (np.abs(holding) - np.abs(own)).max() < 0.01 + 0.005 + 1e-6
    assert np.abs(holding - own).max() < 0.01 + 0.005 + 1e-6


@TRY
@given(contracts(spread=False), st.integers(1, 100_000))
def test_raising_a_cap_never_lowers_the_party_s_own_share(contract: dict[str, Any], more: int) -> None:
    bases = {"amount_gbp": more, "share_of_target": more / 1e6, "share_of_income": more / 1e6}

    def raised(cap: dict[str, Any]) -> dict[str, Any]:
        return {
            **cap,
            **{base: min(cap[base] + extra, 1) if "share" in base else cap[base] + extra for base, extra in bases.items() if base in cap},
        }

    before = settle(contract, SPREAD)
    after = settle({**contract, "caps": [raised(cap) for cap in contract["caps"]]}, SPREAD)
    change = np.abs(party(after, "own_gbp")) - np.abs(party(before, "own_gbp"))
    assert change.min() > -1e-6


MONEY = ("amount_gbp", "gain_gbp", "loss_gbp", "brought_forward_gbp")


def times(given_: Any, k: int, inside: str = "") -> Any:
    """A contract with every sum of money k times as large."""
    if isinstance(given_, dict):
        return {name: times(value, k, "gbp" if inside == "gbp" or name == "gbp" else str(name)) for name, value in given_.items()}
    if isinstance(given_, list):
        return [times(each, k) for each in given_]
    return given_ * k if inside in MONEY or inside == "gbp" else given_


@TRY
@given(contracts(modes=SMOOTH), st.sampled_from([2, 10, 1000]))
def test_money_k_times_as_large_is_shared_k_times_as_large(contract: dict[str, Any], k: int) -> None:
    one = party(settle(contract, SPREAD), "entitled_gbp")
    many = party(settle(times(contract, k), SPREAD * k, TARGET * k, 1e6 * k), "entitled_gbp")
    assert np.abs(many - one * k).max() <= 0.05 * k

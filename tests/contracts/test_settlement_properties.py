"""Properties that must hold of every settlement, whatever the contract: contracts are drawn with every term there is.

A drawn contract is first read by the package's own checks, so that only what a negotiator may write is tried. The oracles are
not the engine's: counting in whole pence for splits and thresholds, a list of debts paid oldest first for what is carried forward,
and a loop until nothing new binds for what caps leave. Every draw of a contract is settled for many variances in one evaluation.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from capmodel.algebra.evaluate import Values
from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.pack import Entry
from capmodel.contracts.read import read_terms
from capmodel.contracts.settlement import standalone
from capmodel.contracts.settlement import transfer as settlement
from capmodel.errors import Problem

TRY = settings(derandomize=True, max_examples=60, phases=(Phase.explicit, Phase.generate))
#: The residual party, a fund that takes forfeits, three providers, and one that has no share of anything.
PARTIES = ("payer", "alpha", "nobody", "beta", "gamma", "fund")
PROVIDERS = ("alpha", "beta", "gamma")
ROUTES = [("care", "alpha", "payer"), ("care", "beta", "payer"), ("care", "gamma", "payer")]
YEARS = (2026, 2027, 2028, 2029)
TARGET = 3_000_000.0
ALL = ("none", "first_pound", "excess_only")
SMOOTH = ("none", "excess_only")
CHECKS = [(table.name, line.name) for table in settlement.TABLES for line in table.lines.values() if line.is_check]


# ------------------------------------------------------------------ contracts, drawn


def part(most: int = 100) -> Any:
    return st.integers(0, most).map(lambda whole: whole / 100)


def by_year(of: Any) -> Any:
    return st.lists(of, min_size=len(YEARS), max_size=len(YEARS)).map(lambda values: dict(zip(YEARS, values, strict=True)))


@st.composite
def shares(draw: Callable[..., Any], names: tuple[str, ...]) -> dict[str, float]:
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=len(names) - 1, max_size=len(names) - 1)))
    return {name: int(whole) / 100 for name, whole in zip(names, np.diff([0, *cuts, 100]), strict=True)}


@st.composite
def bands(draw: Callable[..., Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    edges = [0.0, *(edge / 1000 for edge in sorted(draw(st.lists(st.integers(1, 99), max_size=2, unique=True))))]
    return [{"from": edge, "to": upper, "shares": draw(shares(names))} for edge, upper in zip(edges, [*edges[1:], None], strict=True)]


@st.composite
def ranges(draw: Callable[..., Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    edges = [0.0, *(edge / 1000 for edge in sorted(draw(st.lists(st.integers(900, 1100), max_size=4, unique=True))))]
    return [{"from": edge, "to": upper, "shares": draw(shares(names))} for edge, upper in zip(edges, [*edges[1:], None], strict=True)]


@st.composite
def distributions(draw: Callable[..., Any]) -> dict[str, Any]:
    among = [*PROVIDERS[: draw(st.integers(2, 3))]]
    weights = {name: draw(st.integers(0, 5)) for name in among}
    weights[among[0]] += 1
    keys = draw(st.lists(st.sampled_from([["equal"], ["income"], ["merit"], ["income", "merit"]]), min_size=1, max_size=2))
    parts = draw(shares(tuple(f"part_{i}" for i in range(len(keys) + 1))))
    return {
        "among": among,
        "parts": [*({"share": parts[f"part_{i}"], "by": key} for i, key in enumerate(keys)), {"share": parts[f"part_{len(keys)}"], "retain": "fund"}],
        "weights": {"merit": weights} if any("merit" in key for key in keys) else {},
    }  # fmt: skip


@st.composite
def thresholds(draw: Callable[..., Any], modes: tuple[str, ...], mirrored: bool) -> dict[str, Any]:
    mode = draw(st.sampled_from(modes))
    if mode == "none":
        return {"mode": mode}
    found: dict[str, Any] = {"mode": mode, "comparator": draw(st.sampled_from([">=", ">"]))}
    if draw(st.booleans()):
        found["by_persons"] = [
            {"from": 100, "to": 199, "at_start": 0.06, "at_end": 0.04},
            {"from": 200, "to": 999, "at_start": 0.04, "at_end": 0.02},
            {"from": 1000, "to": None, "at_start": draw(st.integers(0, 20)) / 1000},
        ]
        found["persons"] = draw(by_year(st.integers(100, 1500)))
    else:
        for base, most in (("share", 50), ("gbp", 30_000)):
            size = draw(st.integers(0, most)) / (1000 if base == "share" else 1)
            other = size if mirrored else draw(st.integers(0, most)) / (1000 if base == "share" else 1)
            found |= {f"gain_{base}": size, f"loss_{base}": other}
    if mode == "first_pound" and not mirrored and draw(st.booleans()):
        found["below_share"] = draw(part())
    return found


@st.composite
def all_caps(draw: Callable[..., Any], mirrored: bool, spread: bool) -> list[dict[str, Any]]:
    caps = []
    for name in PROVIDERS:
        carried = draw(st.sampled_from(["gain", "loss"]))  # a party carries forward on one side at most
        for side in ("both",) if mirrored else ("gain", "loss"):
            if not draw(st.booleans()):
                continue
            bases = {
                "amount_gbp": draw(st.integers(0, 50_000)) * 1.0,
                "share_of_target": draw(st.integers(0, 30)) / 1000,
                "share_of_income": draw(st.integers(0, 50)) / 1000,
            }
            used = draw(st.sets(st.sampled_from(sorted(bases)), min_size=1))
            to = draw(st.sampled_from(["payer", "fund", *(["others"] * 3 if spread else [])]))
            terms = {"party": name, "residual_to": to, **{base: bases[base] for base in sorted(used)}}
            bank: dict[str, Any] = {}
            if to != "others" and side in ("both", carried):
                bank |= {"carry_forward": True} if draw(st.booleans()) else {}
                bank |= {"brought_forward_gbp": draw(st.integers(0, 20_000)) * 1.0} if draw(st.booleans()) else {}
            for each in ("gain", "loss") if side == "both" else (side,):
                caps.append({**terms, **(bank if each == carried else {}), "side": each})
    return caps


@st.composite
def outcomes(draw: Callable[..., Any]) -> dict[str, Any]:
    mode = draw(st.sampled_from(["none", "gate", "multiplier", "ladder"]))
    found: dict[str, Any] = {"mode": mode, "gate_share": draw(part()), "forfeited_to": "fund"}
    if draw(st.booleans()):
        found["score_share"] = draw(by_year(part()))
    else:
        readings = st.builds(
            lambda all_of, some: {"numerator": min(all_of, some), "denominator": all_of}, st.integers(5, 40), st.integers(0, 40)
        )
        found["indicators"] = [
            {"id": "more", "label": "More", "weight": 2, "baseline_share": 0.2, "target_share": 0.8, "results": draw(by_year(readings))},
            {"id": "less", "label": "Less", "weight": 1, "baseline_share": 0.5, "target_share": 0.1, "all_or_nothing": draw(st.booleans()), "smallest_number": 20, "results": draw(by_year(st.one_of(readings, st.just({"late": True}))))},
        ]  # fmt: skip
    if mode == "ladder":
        rungs = sorted(draw(st.lists(st.integers(0, 100), min_size=1, max_size=3, unique=True)))
        released = sorted(draw(st.lists(part(), min_size=len(rungs), max_size=len(rungs))))
        found["ladder"] = [{"at_least": rung / 100, "share": each} for rung, each in zip(rungs, released, strict=True)]
    if draw(st.booleans()):
        low, high = sorted([draw(part()), draw(part())])
        found["losses"] = {"steepness_share": draw(part()), "floor_share": low, "ceiling_share": high}
    return found


@st.composite
def contracts(
    draw: Callable[..., Any], mirrored: bool = False, modes: tuple[str, ...] = ALL, spread: bool = True, banks: bool = True
) -> dict[str, Any]:
    """A contract with any of the terms; mirrored: the same on both sides, and nothing that knows gains from losses."""
    keyed = draw(st.booleans())
    names = ("payer", "fund", *PROVIDERS, *(["providers"] if keyed else []))
    gain = draw(bands(names))
    by_side = {"gain": gain, "loss": gain if mirrored else draw(bands(names))}
    pool_caps = [
        {"side": "gain", "amount_gbp": draw(st.integers(0, 300_000)) * 1.0},
        {"side": "loss", "share_of_target": draw(st.integers(0, 100)) / 1000},
    ]
    if mirrored:
        pool_caps[1] = {**pool_caps[0], "side": "loss"}
    threshold = draw(thresholds(modes, mirrored))
    in_ranges = not mirrored and threshold["mode"] != "excess_only" and draw(st.booleans())
    caps = draw(all_caps(mirrored, spread))
    caps_last = any(cap["residual_to"] == "others" for cap in caps)
    if not banks:
        caps = [{name: value for name, value in cap.items() if name not in ("carry_forward", "brought_forward_gbp")} for cap in caps]
    phase = draw(by_year(part()))
    contract: dict[str, Any] = {
        "id": "drawn", "title": "Drawn", "status": "illustrative", "source": "none",
        "variance_held_by": draw(st.sampled_from(["payer", "provider"])),
        "residual_party": "payer",
        "threshold": threshold,
        "pool_caps": draw(st.lists(st.sampled_from(pool_caps), unique_by=lambda cap: cap["side"])) if not mirrored else draw(st.sampled_from([[], pool_caps])),
        "bands": {"ranges": draw(ranges(names))} if in_ranges else by_side,
        "phase": {"gain_share": phase, "loss_share": phase if mirrored else draw(by_year(part()))},
        "outcomes": {"mode": "none"},
        "caps": caps,
        "parties": {name: {"at_risk": name not in ("payer", "fund") and draw(st.booleans())} for name in PARTIES},
    }  # fmt: skip
    if draw(st.booleans()):
        contract["carry_forward"] = {"expires_after_years": draw(st.integers(1, 3))}
    if not mirrored:
        contract["outcomes"] = draw(outcomes())
        contract["deduction_share"] = draw(part(30))
        if contract["outcomes"]["mode"] != "none" and not caps_last and draw(st.booleans()):
            contract["withhold"] = {"share": draw(part(30)), "released": draw(st.sampled_from(["next_year", "next_year_if_passed"]))}
        if draw(st.booleans()):
            relieved = [name for name in PROVIDERS[:2] if contract["parties"][name]["at_risk"]]
            amounts = {name: draw(by_year(st.integers(0, 20_000).map(float))) for name in relieved}
            contract["relief"] = {"share": draw(by_year(part())), "gbp": amounts}
        contract["exclusions"] = {"months": draw(by_year(st.integers(0, 11)))}
    used = [bands_["shares"] for of in contract["bands"].values() for bands_ in of]
    if any(each.get("providers") for each in used):
        contract["distribution"] = draw(distributions())
    else:
        for each in used:
            each.pop("providers", None)
    steps = ["phase", "outcomes", "deduction", "caps"]
    steps += ["consolation"] * bool(threshold.get("below_share")) + ["relief"] * ("relief" in contract)
    if draw(st.booleans()) or (caps_last and "relief" in contract):
        order = draw(st.permutations(steps))
        if caps_last:
            order = [*(step for step in order if step != "caps"), "caps"]
        if "withhold" in contract:
            first = max(order.index("outcomes"), order.index("caps")) + 1
            order = draw(st.integers(first, len(order)).map(lambda at: [*order[:at], "withhold", *order[at:]]))
        contract["steps"] = order
    return contract


# ------------------------------------------------------------------ settled


def settle(
    contract: dict[str, Any], variances: np.ndarray, target: float = TARGET, income: float = 1e6, falls: np.ndarray | None = None
) -> Values:
    """Settle a contract for many variances at once, one a year or one for all years.

    The variance falls on providers 3 : 2 : 1, or as it is told: by draw, provider and year.
    """
    routes = Rows(dict(zip(("setting", "provider", "payer"), zip(*ROUTES, strict=True), strict=True)))
    problems: list[Problem] = []
    entries = [Entry(name, name, {}) for name in PARTIES]
    terms = read_terms(Document(Path("drawn.yaml"), copy.deepcopy(contract)), entries, ["care"], YEARS, routes, problems)
    assert terms is not None, "\n".join(map(str, problems))
    rows = standalone.standalone_rows(terms, PARTIES, ROUTES, YEARS)
    across = np.broadcast_to(variances[:, None] if variances.ndim == 1 else variances, (len(variances), len(YEARS)))
    targets = np.full((len(across), len(ROUTES) * len(YEARS)), target / len(ROUTES))
    half, third = np.round(across / 2, 2), np.round(across / 3, 2)
    parts = np.stack([half, third, np.round(across - half - third, 2)], axis=1) if falls is None else falls
    figures = {
        ("service", "budget_gbp"): targets,
        ("service", "actual_gbp"): np.round(targets - parts.reshape(targets.shape), 2),
        ("party_budget", "income_gbp"): np.repeat([income * i for i in range(1, len(PARTIES) + 1)], len(YEARS)),
    }
    return standalone.settle(standalone.standalone_inputs(terms, rows, YEARS, {}), figures, {})


def party(known: Values, line: str, table: str = "settlement") -> np.ndarray:
    """Figures by draw, party and year."""
    figures = known.figure((table, line))
    return figures.reshape(-1, len(PARTIES), len(YEARS))


def in_pence(figures: np.ndarray) -> np.ndarray:
    pence = figures * 100
    assert np.abs(pence - np.rint(pence)).max() < 0.01, "a payment is not in whole pence"
    return np.rint(pence).astype(np.int64)


random = np.random.default_rng(20261122)
SPREAD = np.concatenate(
    [
        np.broadcast_to(np.linspace(-400_000, 400_000, 41)[:, None], (41, len(YEARS))),
        np.round(random.normal(0, 120_000, (40, len(YEARS))), 2),
        np.array([[0.01, -0.01, 33_333.33, -123_456.78], [29_999.99, -60_000, 60_000, 0]]),
    ]
)


@TRY
@given(contracts())
def test_shares_and_holdings_add_up_to_the_pool_and_transfers_to_zero(contract: dict[str, Any]) -> None:
    known = settle(contract, SPREAD)
    pool = in_pence(known.figure(("pool", "pool_gbp")))
    share, holding, transfer = (in_pence(party(known, line)) for line in ("share_gbp", "holding_gbp", "transfer_gbp"))
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
    for line in ("entitled_gbp", "share_gbp", "holding_gbp", "transfer_gbp"):
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
    for line in ("share_gbp", "holding_gbp", "transfer_gbp"):
        assert (in_pence(party(gain, line)) == -in_pence(party(loss, line))).all()


@TRY
@given(contracts(banks=False))
def test_no_variance_moves_no_money(contract: dict[str, Any]) -> None:
    known = settle(contract, np.zeros(1))
    for line in ("share_gbp", "holding_gbp", "transfer_gbp"):
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


def whole(pence: Fraction) -> int:
    """To the penny, half a penny away from zero."""
    size = int(abs(pence) + Fraction(1, 2))
    return size if pence >= 0 else -size


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
    """Held against the same contract without a threshold: of a gain a party at risk has the consolation part, others all of theirs."""
    consolation = below_share if pays else 0
    without_caps = {**contract, "caps": [], "threshold": {**contract["threshold"], "below_share": consolation}}
    if "steps" in contract:
        without_caps["steps"] = list(dict.fromkeys([*contract["steps"], "consolation"]))
    variances = np.concatenate([SPREAD, near_thresholds(contract)])
    counted, _, met = met_by_hand(contract, variances)
    with_it, without = (settle({**without_caps, "threshold": each}, variances) for each in (without_caps["threshold"], {"mode": "none"}))
    own, full = party(with_it, "own_gbp"), party(without, "own_gbp")
    below = ~met
    at_risk = np.array([contract["parties"][name]["at_risk"] for name in PARTIES])[None, :, None]
    paid = np.where(at_risk, consolation, 1) * full if consolation else 0 * full
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
def test_where_all_is_shared_a_holding_is_the_party_s_own_variance(
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
    holding = party(known, "holding_gbp")
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

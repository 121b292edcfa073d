"""Contracts drawn with every term, and their settlement."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st

from capmodel.algebra.evaluate import Values
from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.pack import Entry
from capmodel.contracts.read import read_terms
from capmodel.contracts.settlement import standalone
from capmodel.errors import Problem

TRY = settings(derandomize=True, max_examples=25, phases=(Phase.explicit, Phase.generate))
#: The residual party, a fund that takes forfeits, three providers, and one that has no share of anything.
PARTIES = ("payer", "alpha", "nobody", "beta", "gamma", "fund")
PROVIDERS = ("alpha", "beta", "gamma")
ROUTES = [("care", "alpha", "payer"), ("care", "beta", "payer"), ("care", "gamma", "payer")]
YEARS = (2026, 2027, 2028, 2029)
TARGET = 3_000_000.0
ALL = ("none", "first_pound", "excess_only")


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
        tiers = sorted(draw(st.lists(st.integers(0, 100), min_size=1, max_size=3, unique=True)))
        released = sorted(draw(st.lists(part(), min_size=len(tiers), max_size=len(tiers))))
        found["ladder"] = [{"at_least": tier / 100, "share": each} for tier, each in zip(tiers, released, strict=True)]
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
    steps += ["below_threshold"] * bool(threshold.get("below_share")) + ["relief"] * ("relief" in contract)
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

    The variance falls on providers 3 : 2 : 1, or as it is reported: by draw, provider and year.
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


random = np.random.default_rng(20261122)
SPREAD = np.concatenate(
    [
        np.broadcast_to(np.linspace(-400_000, 400_000, 41)[:, None], (41, len(YEARS))),
        np.round(random.normal(0, 120_000, (40, len(YEARS))), 2),
        np.array([[0.01, -0.01, 33_333.33, -123_456.78], [29_999.99, -60_000, 60_000, 0]]),
    ]
)


def whole(pence: Fraction) -> int:
    """To the penny, half a penny away from zero."""
    size = int(abs(pence) + Fraction(1, 2))
    return size if pence >= 0 else -size

"""Every cliff of a settlement, with figures just under, exactly on and just over it: the engine and a recalculated book pay alike.

Each contract has three years, one for each side of the cliff and one exactly on it. The figures are such that adding them up
leaves noise in the last bits. Books are small: the tables of one settlement, recalculated by IronCalc, some by LibreOffice too.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import case_runner
import pytest
from cliffs import ON, OVER, UNDER, YEARS, agrees, around, of_year, settled
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capmodel.workbook.writing.write import write

from workbook_files import by_libreoffice, without_values  # isort: skip


def indicators(results: Sequence[Mapping[int, tuple[float, float]]], weights: Sequence[float], **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": f"i{i}", "label": f"Indicator {i}", "weight": weight, "baseline_share": 0, "target_share": 1,
            "results": {year: {"numerator": top, "denominator": bottom} for year, (top, bottom) in by_year.items()}, **more,
        }
        for i, (by_year, weight) in enumerate(zip(results, weights, strict=True))
    ]  # fmt: skip


ALWAYS_A_GAIN = dict.fromkeys(YEARS, 40_000.0)


# ------------------------------------------------------------------ scores


def test_three_indicators_of_60_70_and_80_pass_a_gate_of_70() -> None:
    measured = indicators(
        [dict.fromkeys(YEARS, (60, 100)), {**dict.fromkeys(YEARS, (70, 100)), UNDER: (69.999, 100)}, dict.fromkeys(YEARS, (80, 100))],
        [1, 1, 1],
    )
    done = settled(ALWAYS_A_GAIN, outcomes={"mode": "gate", "gate_share": 0.70, "forfeited_to": "commissioner", "indicators": measured})
    assert of_year(done, "pool", "score_share")[1] < 0.70, "the noise is there"
    assert of_year(done, "pool", "passed_flag") == [0, 1, 1]
    assert of_year(done, "settlement", "share_gbp", "trust") == [0, 28_000, 28_000]
    agrees(done)


@example([(60, 1), (70, 1), (80, 1)], "gate")
@example([(60, 1), (70, 1), (80, 1)], "ladder")
@example([(29, 1), (58, 2)], "multiplier")
@settings(derandomize=True, max_examples=6)
@given(
    st.lists(st.tuples(st.integers(1, 99), st.integers(1, 9)), min_size=2, max_size=4), st.sampled_from(["gate", "ladder", "multiplier"])
)
def test_a_score_on_its_gate_or_tier_is_met_whatever_its_parts(parts: list[tuple[int, int]], mode: str) -> None:
    weights = [weight for _, weight in parts]
    score = Fraction(sum(top * weight for top, weight in parts), 100 * sum(weights))
    first = parts[0][0]
    results = [
        {UNDER: (first - 1e-6, 100), ON: (first, 100), OVER: (first + 1e-6, 100)},
        *(dict.fromkeys(YEARS, (top, 100)) for top, _ in parts[1:]),
    ]
    outcomes = {"mode": mode, "forfeited_to": "commissioner", "indicators": indicators(results, weights)}
    written = f"{score.numerator}/{score.denominator}"
    ladder = {"ladder": [{"at_least": written, "share": 0.5}]}
    done = settled(ALWAYS_A_GAIN, outcomes={**outcomes, **(ladder if mode == "ladder" else {"gate_share": written})})
    released = of_year(done, "pool", "score_release_share")
    wanted = {"gate": [0, 1, 1], "ladder": [0, 0.5, 0.5]}.get(mode, [0, float(score), float(score)])
    assert released == pytest.approx(wanted, abs=1e-6)
    assert (released[0] > 0, released[1] > 0) == (False, True)
    agrees(done)


@pytest.mark.parametrize(("baseline", "target", "top", "bottom"), [(0.2, 0.1 + 0.2, 3.0, 10.0), (0.9, 0.7, 2.1, 3.0)])
def test_an_indicator_on_its_target_scores_in_full(baseline: float, target: float, top: float, bottom: float) -> None:
    sign = 1 if target > baseline else -1
    assert (top / bottom - target) * sign < 0, "the noise is there"
    results = {year: (value, bottom) for year, value in around(top, sign * 1e-6).items()}
    measured = indicators([results], [1], baseline_share=baseline, target_share=target, all_or_nothing=True)
    done = settled(ALWAYS_A_GAIN, outcomes={"mode": "multiplier", "gate_share": 0, "forfeited_to": "commissioner", "indicators": measured})
    assert of_year(done, "indicator_year", "indicator_score_share", "i0") == [0, 1, 1]
    agrees(done)


def test_a_denominator_on_the_smallest_number_counts() -> None:
    results = {UNDER: (9.0, 19.999), ON: (9.0, 20.0), OVER: (9.0, 20.001)}
    measured = indicators([results, dict.fromkeys(YEARS, (90, 100))], [1, 1], smallest_number=20)
    done = settled(ALWAYS_A_GAIN, outcomes={"mode": "gate", "gate_share": 0.1, "forfeited_to": "commissioner", "indicators": measured})
    assert of_year(done, "indicator_year", "counts_flag", "i0") == [0, 1, 1]
    agrees(done)


# ------------------------------------------------------------------ thresholds, and no variance at all


@pytest.mark.parametrize("side", ["gain", "loss"])
@pytest.mark.parametrize(("comparator", "met"), [(">=", [0, 1, 1]), (">", [0, 0, 1])])
@pytest.mark.parametrize("terms", [{"share": 0.021}, {"gbp": 21_000.0}, {"share": 0.0007, "gbp": 20_300.0}, {"share": "7/333"}])
def test_a_variance_on_the_threshold(side: str, comparator: str, met: list[int], terms: dict[str, Any]) -> None:
    edge = round(1_000_000 * 7 / 333, 2) if "/" in str(terms.get("share")) else 21_000.0
    sign = 1 if side == "gain" else -1
    threshold = {"mode": "first_pound", "comparator": comparator, **{f"{side}_{name}": value for name, value in terms.items()}}
    done = settled({year: sign * value for year, value in around(edge, 0.01).items()}, threshold=threshold)
    assert of_year(done, "pool", "threshold_met_flag") == met
    assert [abs(value) > 0 for value in of_year(done, "settlement", "share_gbp", "trust")] == [bool(each) for each in met]
    agrees(done)


def test_a_variance_on_the_threshold_after_months_and_shocks_are_taken_out() -> None:
    exclusions = {"months": dict.fromkeys(YEARS, 5), "shock_gbp": dict.fromkeys(YEARS, 123.45)}
    # Seven twelfths of 36,000 are the threshold of 21,000; a penny less of variance is more than half a penny less of seven twelfths.
    done = settled(around(36_123.45, 0.02), exclusions=exclusions, threshold={"mode": "first_pound", "gain_share": 0.021})
    assert of_year(done, "pool", "threshold_met_flag") == [0, 1, 1]
    agrees(done)


@pytest.mark.parametrize("people", [around(6000, 0.001), around(6000, 1), around(5000 + 0.1 + 0.2 - 0.3, 0.001)])
def test_people_on_the_edge_of_a_range_are_in_it(people: dict[int, float]) -> None:
    table = [
        {"from": 4000, "to": 4999, "at_start": 0.05, "at_end": 0.04},
        {"from": 5000, "to": 5999, "at_start": 0.03, "at_end": 0.02},
        {"from": 6000, "to": None, "at_start": 0.01},
    ]
    done = settled(ALWAYS_A_GAIN, threshold={"mode": "first_pound", "by_persons": table, "persons": people})
    found = of_year(done, "pool", "table_threshold_share")
    assert found[0] > found[1] >= found[2], found
    assert found[1] == (0.01 if people[ON] > 5500 else 0.03)
    agrees(done)


def test_no_variance_is_neither_gain_nor_loss() -> None:
    done = settled(
        around(0.0, 0.01),
        threshold={"mode": "none"},
        phase={"gain_share": dict.fromkeys(YEARS, 0.5), "loss_share": dict.fromkeys(YEARS, 0.5)},
    )
    assert of_year(done, "pool", "pool_gbp") == [-0.01, 0, 0.01]
    agrees(done)


# ------------------------------------------------------------------ bands, caps, and what caps leave


@pytest.mark.parametrize("sign", [1, -1])
def test_a_pool_on_the_edge_of_a_band_and_of_its_caps(sign: int) -> None:
    side = "gain" if sign > 0 else "loss"
    bands = [
        {"from": 0, "to": 0.021, "shares": {"trust": 0.9, "commissioner": 0.1}},
        {"from": 0.021, "to": None, "shares": {"trust": 0.1, "commissioner": 0.9}},
    ]
    whole = [{"from": 0, "to": None, "shares": {"commissioner": 1}}]
    done = settled(
        {year: sign * value for year, value in around(21_000.0, 0.01).items()},
        bands={side: bands, "loss" if sign > 0 else "gain": whole},
        pool_caps=[{"side": side, "share_of_target": 0.021, "amount_gbp": 21_000.005}],
        caps=[{"party": "trust", "side": side, "amount_gbp": 18_900, "share_of_target": 0.0189, "residual_to": "commissioner"}],
    )
    assert [abs(value) for value in of_year(done, "pool", "pool_gbp")] == [20_999.99, 21_000.0, 21_000.0]
    assert [abs(value) for value in of_year(done, "settlement", "share_gbp", "trust")] == [18_899.99, 18_900.0, 18_900.0]
    agrees(done)


def test_a_party_exactly_on_its_cap_takes_nothing_of_what_others_leave() -> None:
    # The second trust's own share of the pool is its cap but for noise: 0.1 + 0.2 of 30,000 a year, in three parts.
    parties = {"commissioner": {"at_risk": False}, "trust": {"at_risk": True}, "other": {"at_risk": True}, "third": {"at_risk": True}}
    shares = {"trust": 0.4, "other": 0.1 + 0.2, "third": 0.2, "commissioner": 0.1}
    caps = [
        {"party": name, "side": "gain", "amount_gbp": most, "residual_to": "others"}
        for name, most in (("trust", 6_000), ("other", 9_000), ("third", 8_000))
    ]
    bands = {side: [{"from": 0, "to": None, "shares": shares}] for side in ("gain", "loss")}
    done = settled(around(30_000.0, 0.01), parties=parties, bands=bands, caps=caps)
    assert of_year(done, "settlement", "share_gbp", "other")[1:] == [9_000.0, 9_000.0]
    assert sum(of_year(done, "settlement", "share_gbp", name)[1] for name in parties) == pytest.approx(30_000.0, abs=1e-9)
    agrees(done)


# ------------------------------------------------------------------ another program


@pytest.mark.libreoffice
@pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed, so the second recalculation engine was not asked"
)
def test_libreoffice_pays_alike_on_a_gate_and_on_a_threshold(tmp_path: Path) -> None:
    measured = indicators([dict.fromkeys(YEARS, (top, 100)) for top in (60, 70, 80)], [1, 1, 1])
    done = settled(
        around(21_000.0, 0.01),
        threshold={"mode": "first_pound", "gain_share": 0.021},
        outcomes={"mode": "gate", "gate_share": 0.70, "forfeited_to": "commissioner", "indicators": measured},
    )
    assert of_year(done, "settlement", "share_gbp", "trust") == [0, 14_700, 14_700.01]
    made, layout = case_runner.book_of(done)
    path = without_values(write(made, tmp_path / "written.xlsx"), tmp_path / "bare.xlsx")
    (tmp_path / "out").mkdir()
    values = by_libreoffice(path, tmp_path / "out")
    home = layout.homes["settlement", "share_gbp"]
    line = done.prepared.values.inputs.rows["settlement"].columns["party"].index("trust")
    found = [values[home.sheet, home.top + line, home.column(t)] for t in range(len(YEARS))]
    assert found == pytest.approx([0, 14_700, 14_700.01], abs=1e-9)

"""What may be made of the cost is looked for in every fit, whatever its R2, and a fit worse than the average prices no place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from extracts import people, town, written

from capmodel import cli
from capmodel.capitation.fit import Fit
from capmodel.capitation.fitting.leakage import LeakageCheck, certify, cut_r2, findings, suspects
from capmodel.errors import BadInput


def plain(r2: float, held_out: bool = True) -> Fit:
    return Fit(100, 100.0, held_out, r2, 0.1, 900.0, 1000.0, 1000.0)


def test_a_plausible_fit_on_people_held_out_is_certified() -> None:
    assert certify(plain(0.2), "prospective").r2 == 0.2
    assert certify(plain(0.5), "concurrent").r2 == 0.5


@pytest.mark.parametrize(
    ("message", "timing", "check", "why"),
    [
        (plain(0.5), "prospective", None, "no leakage check is recorded"),
        (plain(0.9), "concurrent", None, "no leakage check is recorded"),
        (plain(0.5), "prospective", LeakageCheck("A. Analyst", "2026-04-01", "paid amount among the columns", False), "failed"),
        (plain(0.2, held_out=False), "prospective", None, "flatters itself"),
    ],
)
def test_a_fit_too_good_to_be_true_is_not_certified(message: Fit, timing: str, check: LeakageCheck | None, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        certify(message, timing, check)


def test_a_recorded_check_that_passed_lets_it_through() -> None:
    check = LeakageCheck("A. Analyst", "2026-04-01", "costs truncated at £20,000; columns recorded in the year before", True)
    assert certify(plain(0.5), "prospective", check).r2 == 0.5


def test_a_column_made_of_the_cost_is_suspected() -> None:
    draw = np.random.default_rng(5)
    y, w = draw.gamma(1, 1000, 5_000), np.ones(5_000)
    found = suspects({"age": draw.integers(0, 90, 5_000), "bill": y * 1.1 + draw.normal(0, 100, 5_000), "flat": np.ones(5_000)}, y, w)
    assert list(found) == ["bill"]
    assert found["bill"] > 0.9


# ------------------------------------------------------------------ what a cut of the cost gives back


def test_the_best_cut_is_the_best_of_all_cuts() -> None:
    draw = np.random.default_rng(8)
    cost = draw.integers(0, 12, 60).astype(float)
    flags = np.column_stack([draw.random(60) < 0.3, cost > 7, cost <= 2, np.ones(60)])
    share, cut = cut_r2(flags, cost)
    for j in range(3):
        every = {float(at): np.corrcoef(flags[:, j], cost > at)[0, 1] ** 2 for at in np.unique(cost)[:-1]}
        assert share[j] == pytest.approx(max(every.values())) and every[cut[j]] == pytest.approx(share[j])
    assert share[1] == pytest.approx(1) and share[2] == pytest.approx(1) and share[3] == 0
    assert cut_r2(flags, np.ones(60))[0].tolist() == [0, 0, 0, 0]


def test_flags_and_orders_made_of_the_cost_are_found_and_causes_are_not() -> None:
    draw = np.random.default_rng(9)
    ill = draw.random(4_000) < 0.1
    cost, years = draw.gamma(0.5, 2_000 + 6_000 * ill), draw.integers(1, 13, 4_000) / 12
    ward = np.where(draw.random(4_000) < 0.3, draw.gamma(1, 3_000, 4_000), 0)
    spent = cost * years
    noisy = np.where(draw.random(4_000) < 0.1, draw.random(4_000) < 0.05, cost > 8_000)
    found = findings(
        {
            "ill": ill, "age": draw.integers(0, 95, 4_000), "made_annual": cost > 10_000, "as_spent": spent > 5_000, "cheap": cost < 500,
            "noisy": noisy, "decile": np.searchsorted(np.quantile(cost, np.arange(0.1, 1, 0.1)), cost), "on_a_ward": ward > 0,
            "often_there": (ward > 0) & (draw.random(4_000) < 0.6), "same": np.ones(4_000),
        },
        cost, years, {"acute_emergency": ward, "primary": spent - ward},
    )  # fmt: skip
    assert set(found) == {"made_annual", "as_spent", "cheap", "noisy", "decile", "on_a_ward"}
    assert found["made_annual"].endswith("a cut of the cost at about £10,000 gives it back (R2 1.00)")
    assert found["on_a_ward"] == "a cut of the acute_emergency cost at about £0 gives it back (R2 1.00)"
    assert "of the order of people by their cost" in found["decile"] or "of the cost" in found["decile"]


# ------------------------------------------------------------------ the command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A town whose people cost what chance makes them cost, and a little for diabetes."""
    town(tmp_path, source="t01", status="local")
    monkeypatch.chdir(tmp_path)
    frame = people(3_000)
    frame["ward_gbp"] = (frame["ward_gbp"] + 600 * frame["diabetes"] * frame["months"] / 12).round(2)
    written(frame, tmp_path / "p.parquet")
    return tmp_path


def fit(*options: str) -> int:
    return cli.main(["fit", "p.parquet", "--place", "town", "--out", "need.csv", *options])


def test_a_flag_made_of_the_cost_is_refused_below_the_r2_that_is_implausible(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.read_parquet(folder / "p.parquet")
    total = frame[["gp_gbp", "ward_gbp", "care_gbp"]].sum(axis=1)
    assert fit("--need", "regression", "--need", "scores:column") == 0, "nothing speaks against conditions that were drawn by chance"
    (folder / "need.csv").unlink()
    frame["stroke"], frame["cancer"] = total > 3_000, frame["care_gbp"] > 100
    written(frame, folder / "p.parquet")
    capsys.readouterr()
    assert fit() == 2 and not (folder / "need.csv").exists()
    message = " ".join(capsys.readouterr().err.split())
    assert "--need regression: R2 is" not in message, "the fit itself is plausible"
    assert "column stroke: alone it explains" in message and "a cut of the cost at about £3,000 gives it back" in message
    assert "column cancer: a cut of the social_care cost at about £100 gives it back" in message
    assert fit("--leakage-check", "A Analyst, 2026-05-01: stroke was recorded before the year") == 0


def test_a_score_made_of_the_cost_is_refused_where_it_is_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.read_parquet(folder / "p.parquet")
    frame["score"] = np.log1p(frame[["gp_gbp", "ward_gbp", "care_gbp"]].sum(axis=1)).round(1)
    frame["pain"] = frame["ward_gbp"] > 100
    written(frame, folder / "p.parquet")
    assert fit() == 0, "no regression uses the score, nor a column that only a score asks for"
    assert fit("--need", "scores:column") == 2
    assert "column score: alone it explains" in " ".join(capsys.readouterr().err.split())
    (folder / "map.yaml").write_text("anxiety: pain\n", encoding="utf-8")
    assert fit("--need", "scores:cambridge", "--partial", "--conditions", "map.yaml") == 2
    assert "column anxiety: a cut of the acute_emergency cost" in " ".join(capsys.readouterr().err.split())


def test_a_fit_worse_than_the_average_is_said_and_feeds_no_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = folder / "assumptions/places/town/tables/fitted_need_index.csv"
    before = table.read_bytes()
    assert fit("--need", "scores:cambridge", "--partial") == 0
    assert "worse than paying everybody the average" in " ".join(capsys.readouterr().out.split())
    (folder / "need.csv").unlink()
    town(folder, source="nobody", status="local")
    assert fit("--need", "scores:cambridge", "--partial", "--feed") == 2
    message = " ".join(capsys.readouterr().err.split())
    assert "--feed, --need scores:cambridge: R2 is -" in message and "worse than paying everybody the average" in message
    assert "the source 'nobody' is not in sources.yaml" in message, "both in one report"
    assert table.read_bytes() == before and not (folder / "need.csv").exists()

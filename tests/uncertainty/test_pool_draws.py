"""Draws of a pooled budget: what partners receive follows the waterfall in every draw, months that are in are not drawn, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import capmodel
from capmodel.cli import main
from capmodel.errors import BadInput

from conftest import ASSUMPTIONS  # isort: skip

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def lewisham(tmp_path: Path) -> Callable[[Change], Path]:
    """The place lewisham-better-care-fund with a change of its pool."""
    packs = Path(shutil.copytree(ASSUMPTIONS, tmp_path / "assumptions"))
    folder = packs / "places/lewisham-better-care-fund"

    def changed(change: Change) -> Path:
        stated = yaml.safe_load((folder / "pool.yaml").read_text(encoding="utf-8"))
        change(stated)
        (folder / "pool.yaml").write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
        return folder

    return changed


def only(line: int, low: float, high: float) -> Change:
    """A pool of which one line alone is uncertain."""

    def change(stated: dict[str, Any]) -> None:
        for each in stated["lines"]:
            each.pop("spend_range_share", None)
        stated["lines"][line]["spend_range_share"] = [low, high]

    return change


def test_what_is_drawn_is_shared_by_the_waterfall(lewisham: Callable[[Change], Path]) -> None:
    """Home care's 2,364,285.71 to come may be a tenth more and no less: partners bear 114,629.35 to 351,057.92 of 2025/26 between them."""
    found = capmodel.load(lewisham(only(3, 0.0, 0.1))).simulate(draws=400)
    system, board = found.of("system", 2025), found.of("icb", 2025)
    assert found.passed and system.central_gbp == pytest.approx(-114_629.35)
    assert -351_057.93 <= system.low_gbp < system.mean_gbp < system.high_gbp <= -114_629.35
    # The mean of a triangle from 0 to a tenth with its mode at 0 is a thirtieth.
    assert system.mean_gbp == pytest.approx(-114_629.35 - 2_364_285.71 / 30, abs=4 * system.mean_error_gbp)
    assert board.mean_gbp == pytest.approx(system.mean_gbp * 32_348_460 / 53_440_286, abs=0.01)


def test_months_that_are_in_are_not_drawn(lewisham: Callable[[Change], Path]) -> None:
    def change(stated: dict[str, Any]) -> None:
        only(3, -0.5, 0.5)(stated)
        stated["lines"][3]["spend_by_month_gbp"][2025] = [470_000] * 12

    found = capmodel.load(lewisham(change)).simulate(draws=100)
    certain, drawn = found.of("icb", 2025), found.of("icb", 2026)
    assert certain.low_gbp == certain.high_gbp == certain.central_gbp and drawn.low_gbp < drawn.high_gbp


def test_the_command_prints_and_writes_each_partner(
    lewisham: Callable[[Change], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = lewisham(lambda stated: None)
    assert main(["simulate", str(folder), "--draws", "200", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "Received from the pool at the end of the year (paid: minus)" in printed and "By chance alone" not in printed
    assert (tmp_path / "lewisham-better-care-fund-risk.csv").read_text().startswith("party,year,central_gbp")
    assert main(["simulate", str(folder), "--draws", "200", "--workbook", "--out", str(tmp_path)]) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda stated: [line.pop("spend_range_share", None) for line in stated["lines"]], "no line says how far its spend may turn out otherwise"),
        (only(3, 0.02, 0.1), "spend_range_share is 0.02 to 0.1; it is around the forecast"),
        (only(3, 0.0, 0.0), "spend_range_share is 0 to 0"),
    ],
)  # fmt: skip
def test_a_range_that_is_none_is_refused(change: Change, words: str, lewisham: Callable[[Change], Path]) -> None:
    with pytest.raises(BadInput, match=words):
        capmodel.load(lewisham(change)).simulate(draws=100)

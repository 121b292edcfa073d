"""Edges of judging designs: no share of losses, the low end of a position, a search that stays within shares, and outcomes counted once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from capmodel.cli import main
from capmodel.uncertainty.designs import Exposed, not_beaten, walk_away, warnings_of, worth_of
from capmodel.uncertainty.measures import percentile, reserve_needed
from capmodel.uncertainty.payoff import _Released

EXPOSED = Exposed(("Trust", "Council"), np.array([0.2, 0.0]), np.array([0.5, 0.5]), (False, False), (True, True), 0.1, False, (0, 50))


def test_a_party_without_a_share_of_losses_needs_no_cap() -> None:
    (warning,) = warnings_of(EXPOSED)
    assert warning.startswith("Trust bears losses without a cap")
    assert len(warnings_of(replace(EXPOSED, loss_share=np.array([0.2, 1e-6])))) == 2


@pytest.mark.parametrize("draws", [1, 2, 19, 20, 21, 100, 257])
def test_the_low_end_of_a_position_is_the_draw_that_5_per_cent_are_no_better_than(draws: int) -> None:
    positions = np.random.default_rng(draws).permutation(draws).astype(float)
    found = worth_of(np.stack([positions, -positions], axis=1), 0.05)
    assert found.low.tolist() == [percentile(positions, 0.05), percentile(-positions, 0.05)]
    assert found.low[0] == max(np.ceil(draws * 0.05), 1) - 1


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_walk_away_share_is_tried_between_0_and_1_alone(mirrored: bool) -> None:
    """The safe end loses 90 pence, which is no loss, so that the straight line meets zero beyond it."""
    tried = []

    def gain(share: float) -> float:
        tried.append(share)
        return -0.9 - 1000 * (share if mirrored else 1 - share)

    found = walk_away(gain, smallest=not mirrored)
    assert found is not None and gain(found) >= -1.0
    assert min(tried) >= 0 and max(tried) <= 1


@pytest.mark.parametrize(("better", "stands"), [(0.99, True), (1.01, False)])
def test_a_design_stands_against_another_that_is_better_by_less_than_a_pound(better: float, stands: bool) -> None:
    assert not_beaten(np.array([[1e6, -2e6], [1e6, -2e6 + better]])) == [stands, True]
    assert not_beaten(np.array([[-0.1, 0.1], [-0.1, 0.1 + better]])) == [stands, True]


def test_a_sure_gain_needs_no_reserve_and_a_sure_loss_all_of_it() -> None:
    assert reserve_needed(np.full(40, 0.5)) == 0 and reserve_needed(np.full(40, -0.5)) == 0.5


def test_each_pair_of_what_outcomes_release_and_leave_is_counted_once() -> None:
    released, borne = np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([[0.4, 0.4], [0.4, 0.4]])
    found = _Released.of(released, borne)
    assert found.classes == [(1.0, 0.4), (0.5, 0.4)]
    assert found.number.tolist() == [[0, 1], [1, 0]]


def test_a_place_that_declares_no_uncertainties_is_refused_with_where_one_is_shown(
    small_broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small_broken / "risk.yaml").unlink()
    assert main(["simulate", str(small_broken), "--draws", "100", "--out", str(tmp_path)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "1 problem found" in said and "risk.yaml: there is no file" in said
    assert "it declares what is drawn" in said and "docs/guide/04a-risk.md shows one" in said

"""The diagram of positions by variance ends for figures so large that they have no pennies, which are rounded to their fifteen digits."""

from __future__ import annotations

import numpy as np

from capmodel.algebra.functions import _exact, to_pence
from capmodel.uncertainty.payoff_curves import EDGE, payoff_curves

from conftest import Case  # isort: skip


def test_an_index_of_a_million_ends(small: Case) -> None:
    """Pools of thousands of billions have no pennies: edges of the threshold were looked for between them without end."""
    result = small.place.run(changes={"actual_completion_index[2026]@base": 1_000_000.0}, chosen=small.result.choice)
    assert max(map(abs, result.column("pool", "variance_gbp").values())) > 1e14
    assert any(point.what == EDGE for curve in payoff_curves(result) for point in curve.points)


def test_figures_without_pennies_are_rounded_to_fifteen_digits_at_once_as_one_by_one() -> None:
    draws = np.random.default_rng(1)
    halves = np.floor(10 ** draws.uniform(12, 16, 2_000)) + 0.5
    edges = [1e12, 1e13, 1e15, 1e16, 999_999_999_999_999.0, 999_999_999_999_999.9, 99_999_999_999_999.95, 1e22]
    sizes = np.concatenate([10 ** draws.uniform(12, 20, 2_000), np.round(10 ** draws.uniform(12, 15, 2_000), 2) + 0.005, halves, edges])
    assert to_pence(-sizes).tolist() == [-_exact(size) for size in sizes.tolist()]

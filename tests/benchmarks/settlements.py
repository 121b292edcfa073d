"""Speed of settlements of many contracts: `python -m tests.benchmarks.settlements FIGURES.csv [ROUNDS]`.

FIGURES is the published table of performance year 2022, 482 contracts. It is settled by the contract file, every step a column, and
by the same terms written by hand in numpy for this one question (each party's payment and nothing else), turn and turn about in one
process after import. Both must give the published payments. Times are printed as a table, never asserted.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from capmodel.commands.settle import find_contract
from capmodel.contracts.many.contract import read_many
from capmodel.contracts.many.figures import ManyFigures, read_figures
from capmodel.contracts.many.settle import compare, settle_many

RATES = {"basic_a_b": 0.4, "basic_c": 0.5, "basic_d": 0.5, "basic_e": 0.5, "enhanced": 0.75}
CAPS = {"basic_a_b": 0.1, "basic_c": 0.1, "basic_d": 0.1, "basic_e": 0.1, "enhanced": 0.2}
KEPT = 0.98
RANGES = [(5000, 5999, 3.9, 3.6), (6000, 6999, 3.6, 3.4), (7000, 7999, 3.4, 3.2), (8000, 8999, 3.2, 3.1), (9000, 9999, 3.1, 3.0), (10000, 14999, 3.0, 2.7), (15000, 19999, 2.7, 2.5), (20000, 49999, 2.5, 2.2), (50000, 59999, 2.2, 2.0)]  # fmt: skip
RANGES = [(500, 999, 12.2, 8.7), (1000, 2999, 8.7, 5.0), (3000, 4999, 5.0, 3.9), *RANGES]


def by_hand(figures: ManyFigures) -> NDArray[np.float64]:
    """The same payments for this one year, in which no losses were charged."""
    target, variance = figures.figures["target_gbp"][:, 0], figures.figures["variance_gbp"][:, 0]
    people, elected = figures.figures["threshold_persons"][:, 0], figures.figures["gain_threshold_share"][:, 0]
    kinds = np.array(figures.kinds)
    rate = np.array([RATES[kind] for kind in kinds])
    cap = np.array([CAPS[kind] for kind in kinds])
    starts = np.array([row[0] for row in RANGES] + [60000])
    at = np.clip(np.searchsorted(starts, people, side="right") - 1, 0, len(RANGES) - 1)
    low, high, first, last = np.array(RANGES, dtype=float)[at].T
    table = np.where(people >= 60000, 2.0, first - (first - last) * (people - low) / (high - low)) / 100
    threshold = np.round(target * np.where(kinds == "basic_a_b", table, elected), 2)
    met = (variance >= threshold) & (variance > 0) & (figures.figures["outcome_standard_flag"][:, 0] > 0)
    return np.where(met, np.round(np.minimum(variance * rate * KEPT, cap * target), 2), 0.0)


def main(path: Path, rounds: int) -> None:
    """Print medians of both ways, and how many payments each reproduces."""
    many = read_many(find_contract("us-mssp-2022"))
    figures = read_figures(many, path)
    first = time.perf_counter()
    done = settle_many(many, figures)
    first = time.perf_counter() - first
    published = figures.published["settlement.share_gbp[aco]"][:, 0]
    hand = by_hand(figures)
    times: dict[str, list[float]] = {"settle": [], "by hand": [], "reading the table": []}
    for _ in range(rounds):
        for name, work in (("settle", lambda: settle_many(many, figures)), ("by hand", lambda: by_hand(figures)), ("reading the table", lambda: read_figures(many, path))):  # fmt: skip
            begin = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - begin)
    agree = next(each for each in compare(done) if each.name == "settlement.share_gbp[aco]").agree
    columns = sum(1 for _ in done.columns(2022))
    sys.stdout.write(
        f"{len(figures.keys)} contracts, {columns} columns; {agree} payments reproduce, by hand {int((np.abs(hand - published) <= 1).sum())}\n"
    )
    sys.stdout.write(f"first time after import: {first * 1000:.1f} ms\n")
    for name, each in times.items():
        sys.stdout.write(f"{name:18} {statistics.median(each) * 1000:8.2f} ms, median of {rounds}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 15)

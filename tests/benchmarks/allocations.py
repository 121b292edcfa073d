"""Speed of allocation rules: `python -m tests.benchmarks.allocations [ROUNDS]`.

The published practice target of 2018/19, 7,325 practices, as a rule over five years with pace of change, against the same
formula written by hand in numpy, turn and turn about in one process after import. Both must give the same figures. Times are
printed as a table, never asserted.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from capmodel.capitation.rules.allocate import allocate
from capmodel.capitation.rules.checks import read_rule
from capmodel.capitation.rules.figures import BodyFigures, read_figures
from capmodel.capitation.rules.rule import Rule
from capmodel.commands.allocate import find_rule

DATA = Path(__file__).resolve().parents[1] / "published/data/practice-target-2018.csv.gz"
YEARS = (2018, 2019, 2020, 2021, 2022)
GROWTH, SLOPE, FLOOR, CEILING = 0.03, 0.2, 0.01, 0.06
PACE = """
  grown_target_gbp: {label: Target of the year, rule: quantum_gbp * share_of(remote_target_gbp), source: n02}
  opening_gbp: {label: Last year, rule: "prior(allocation_gbp, start_gbp)", source: n02}
  start_gbp: {label: Start, rule: total(remote_target_gbp) * share_of(list_persons), source: n02}
  quantum_gbp: {label: Money, rule: total(opening_gbp) * (1 + growth_share), source: n02}
  distance_share: {label: Distance, rule: opening_gbp * (1 + growth_share) / grown_target_gbp - 1, source: n02}
  pace_share: {label: Growth, rule: "clip(growth_share - slope_share * distance_share, floor_share, ceiling_share)", source: n02}
  paced_gbp: {label: At that growth, rule: opening_gbp * (1 + pace_share), source: n02}
  allocation_gbp: {label: Allocation, rule: quantum_gbp * share_of(paced_gbp), source: n02}
"""
NUMBERS = f"""
  growth_share: {{label: Growth, value: {GROWTH}, status: illustrative, source: n02}}
  slope_share: {{label: Slope, value: {SLOPE}, status: illustrative, source: n02}}
  floor_share: {{label: Floor, value: {FLOOR}, status: illustrative, source: n02}}
  ceiling_share: {{label: Ceiling, value: {CEILING}, status: illustrative, source: n02}}
"""


def five_years(folder: Path) -> Rule:
    """The published rule with five years of pace of change after it."""
    text = find_rule("practice-target-2018").read_text(encoding="utf-8")
    text = text.replace("\nfigures:", f"\nyears: [{', '.join(map(str, YEARS))}]\nfigures:", 1)
    text = text.replace("\nlines:", f"\nlines:{PACE}", 1).replace("\nconstants:", f"\nconstants:{NUMBERS}", 1)
    path = folder / "five-years.yaml"
    path.write_text(text, encoding="utf-8")
    return read_rule(path)


def by_hand(figures: dict[str, NDArray[np.float64]], k: dict[str, float]) -> NDArray[np.float64]:
    """The same in numpy, for this one question: allocations by year and practice."""
    services = (
        k["acute_share"] * figures["acute_persons"]
        + k["community_share"] * figures["community_persons"]
        + k["mental_health_share"] * figures["mental_health_persons"]
        + k["maternity_share"] * figures["maternity_persons"]
    )
    need, deaths = k["need_share"], k["early_death_share"]
    with_cost = (need * services + deaths * figures["early_death_persons"]) * figures["market_forces_index"] * figures["ambulance_index"]
    prescribing = need * figures["prescribing_persons"] + deaths * figures["early_death_persons"]
    target = k["services_pot_gbp"] * (with_cost / with_cost.sum(axis=1, keepdims=True))
    target = target + k["prescribing_pot_gbp"] * (prescribing / prescribing.sum(axis=1, keepdims=True))
    target = target * (figures["published_remote_target_gbp"] / figures["published_target_gbp"])
    weighted = figures["list_persons"].sum(axis=1, keepdims=True) * (target / target.sum(axis=1, keepdims=True))
    index = weighted / figures["list_persons"]
    opening = target[0].sum() * (figures["list_persons"][0] / figures["list_persons"][0].sum())
    allocations = np.empty_like(index)
    for t in range(len(allocations)):
        quantum = opening.sum() * (1 + GROWTH)
        grown = quantum * (target[t] / target[t].sum())
        distance = opening * (1 + GROWTH) / grown - 1
        paced = opening * (1 + np.clip(GROWTH - SLOPE * distance, FLOOR, CEILING))
        opening = allocations[t] = quantum * (paced / paced.sum())
    return allocations


def measure(rounds: int, folder: Path) -> list[tuple[str, float, float]]:
    """Median and fastest seconds of reading, of the rule and of the hand-written numpy."""
    began = time.perf_counter()
    rule = five_years(folder)
    read_once = time.perf_counter() - began
    began = time.perf_counter()
    bodies: BodyFigures = read_figures(rule, [DATA], [])
    figures_once = time.perf_counter() - began
    constants = {name: constant.value or 0.0 for name, constant in rule.file.constants.items()}
    figures = dict(bodies.figures)
    mine: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        ours = allocate(rule, bodies).columns["allocation_gbp"]
        mine.append(time.perf_counter() - began)
        began = time.perf_counter()
        hand = by_hand(figures, constants)
        theirs.append(time.perf_counter() - began)
        np.testing.assert_allclose(ours, hand, rtol=1e-12)
    return [
        ("reading the rule", read_once, read_once),
        ("reading the figures", figures_once, figures_once),
        ("the rule, every step kept", statistics.median(mine[1:]), min(mine[1:])),
        ("numpy by hand", statistics.median(theirs[1:]), min(theirs[1:])),
    ]


def main() -> None:
    """Print the table."""
    import tempfile

    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(rounds, Path(folder))
    print(f"7,325 practices x {len(YEARS)} years, {rounds} rounds; seconds")  # noqa: T201
    for name, middle, fastest in rows:
        print(f"  {name:30}{middle:10.4f}{fastest:10.4f}")  # noqa: T201
    print(f"  {'ratio':30}{rows[2][1] / rows[3][1]:10.2f}{rows[2][2] / rows[3][2]:10.2f}")  # noqa: T201


if __name__ == "__main__":
    main()

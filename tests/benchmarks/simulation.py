"""Speed and sureness of the simulation: `python -m tests.benchmarks.simulation [--draws N] [--rounds R]`.

(a) the example from the traced rules against the same contract by hand (`by_hand`), turn and turn about, figures compared;
(b) another contract on the same draws against simulating again; (c) what common draws are worth; (d) Sobol points against plain
draws; (e) the whole command and its memory. Medians of at least five rounds, in processor seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import capmodel
from capmodel.algebra.fuse import fuse
from capmodel.model import Place
from capmodel.uncertainty.designs import worth_of
from capmodel.uncertainty.negotiate import Bench
from capmodel.uncertainty.shocks import PRESSURE, SCORE, SETTING, VARIATION
from capmodel.uncertainty.simulate import POSITION, VARIANCE, make_ready, simulate
from tests.benchmarks import by_hand

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "assumptions/places/north-west-london"


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of one piece of work, all in one thread; what else the machine does is not counted."""
    began = time.process_time()
    work()
    return time.process_time() - began


def say(text: str) -> None:
    """A line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def by_rules_and_by_hand(place: Place, draws: int, rounds: int) -> None:
    """(a) Positions of every draw, party and year, from the rules and by hand, from the same blocks of shocks."""
    ready = make_ready(place, "base", {}, draws, 1, False)
    plan = ready.stream([POSITION])
    stream = fuse(plan)
    contract = by_hand.of_example(ready.place, ready.central, ready.central.figures)
    shape = (len(ready.parties), len(place.pack.years))

    def rules(draw: bool) -> Callable[[], None]:
        def work() -> None:
            for block in blocks(draw):
                stream.run(block)

        return work

    def hand(draw: bool) -> Callable[[], None]:
        def work() -> None:
            for block in blocks(draw):
                by_hand.settle(contract, block[PRESSURE], block[SETTING], block[SCORE], block[VARIATION])

        return work

    some = [ready.shocks.of(block) for _, block in zip(range(4), ready.shocks.draws.blocks(), strict=False)]

    def blocks(draw: bool):  # type: ignore[no-untyped-def]
        if draw:
            yield from (ready.shocks.of(block) for block in ready.shocks.draws.blocks())
        else:
            for i in range(draws // 2000):
                yield some[i % len(some)]

    apart = timed(lambda: fuse(plan))
    furthest = 0.0
    for block in some:
        mine = stream.run(block)[POSITION].reshape(-1, *shape)
        theirs = by_hand.settle(contract, block[PRESSURE], block[SETTING], block[SCORE], block[VARIATION])
        furthest = max(furthest, float(np.abs(mine - theirs).max()))
    say(
        f"(a) {draws:,} draws, {len(ready.uncertainties.variation)} segments, {shape[1]} years, {shape[0]} parties; {len(plan.lines)} lines, {plan.rows:,} figures a draw, {stream.size:,} left; taken apart in {apart:.3f} s"
    )
    say(
        f"    largest difference between the two, of {sum(len(block[PRESSURE]) for block in some) * shape[0] * shape[1]:,} positions: £{furthest:.2f}"
    )
    for draw, name in ((False, "rules alone, 2,000 draws at a time"), (True, "and drawing them")):
        mine_s, theirs_s = [], []
        for work in (rules(draw), hand(draw)):
            work()
        for _ in range(rounds):
            mine_s.append(timed(rules(draw)))
            theirs_s.append(timed(hand(draw)))
        a, b = statistics.median(mine_s), statistics.median(theirs_s)
        say(
            f"    {name:<40} rules {a:.3f} s, by hand {b:.3f} s, ratio {a / b:.2f} (target 1.2); fastest {min(mine_s):.3f} and {min(theirs_s):.3f}"
        )


def another_contract(place: Place, draws: int, rounds: int) -> None:
    """(b) Another contract on the draws that are kept, against simulating again."""
    bench = Bench(make_ready(place, "base", {}, draws, 1, False), "nhs_commissioner", 0.05, 1.0)
    again = Bench(make_ready(place, "base", {}, draws, 1, False), "nhs_commissioner", 0.05, 1.0)
    bench.worth({})
    design, whole, both = [], [], []

    def once_more() -> None:
        again.__dict__.pop("_draws", None)
        stream = fuse(again.ready.stream([POSITION, VARIANCE]))
        parts = [stream.run(again.ready.shocks.of(block))[POSITION] for block in again.ready.shocks.draws.blocks()]
        positions = np.concatenate(parts)
        worth_of(positions.reshape(len(positions), -1, len(place.pack.years)).sum(axis=2), 0.05)

    for i in range(rounds):
        changes = {"gain_threshold_share": 0.004 + 0.0001 * i, "loss_threshold_share": 0.006}
        design.append(timed(lambda changes=changes: bench.worth(changes)))  # type: ignore[misc]
        whole.append(timed(once_more))
        both.append(timed(lambda: simulate(place, draws)))
    a, b, c = (statistics.median(seconds) for seconds in (design, whole, both))
    say(
        f"(b) another contract on {draws:,} kept draws {a:.3f} s; drawing, settling and measuring again {b:.3f} s, a {b / a:.0f}th (target 15th)"
    )
    say(f"    a whole simulation with chance, every year and errors {c:.3f} s, a {c / a:.0f}th")


def common_draws(place: Place, draws: int, rounds: int) -> None:
    """(c) The variance of the difference between two contracts, each on its own draws and both on the same."""
    ends = []
    for seed in range(max(rounds, 12)):
        bench = Bench(make_ready(place, "base", {}, draws, seed, False), "nhs_commissioner", 0.05, 1.0)
        ends.append((bench.worth({}).mean, bench.worth({"gain_threshold_share": 0.006}).mean))
    before, after = (np.array(part) for part in zip(*ends, strict=True))
    same = (after - before).var(axis=0)
    apart = (after - np.roll(before, 1, axis=0)).var(axis=0)
    found = dict(zip(bench.ready.parties, np.divide(apart, same, out=np.full(len(same), np.inf), where=same > 0), strict=True))
    say(
        f"(c) common draws cut the variance of a difference of means ({draws:,} draws, {len(ends)} seeds; threshold of gains 0.5% or 0.6%):"
    )
    say("    " + ", ".join(f"{party} {times:,.0f} times" for party, times in found.items()))


def sobol_or_plain(place: Place, rounds: int) -> None:
    """(d) How far the system's 5% point is from that of a million draws, over seeds, for plain draws and for Sobol points."""
    truth = simulate(place, 1_000_000, seed=99).of("system")
    say(
        f"(d) root mean square error over {rounds} seeds, £ million; the system's 5% point is {truth.low_gbp / 1e6:,.1f}, its mean {truth.mean_gbp / 1e6:,.1f}"
    )
    for sobol, sizes in ((False, (16_384, 50_000)), (True, (4_096, 16_384))):
        for draws in sizes:
            low, mean = [], []
            for seed in range(rounds):
                found = simulate(place, draws, seed=seed, sobol=sobol).of("system")
                low.append(found.low_gbp - truth.low_gbp)
                mean.append(found.mean_gbp - truth.mean_gbp)
            name = f"{draws:,} {'Sobol points' if sobol else 'plain draws'}"
            say(f"    {name:<24} 5% point {np.sqrt(np.mean(np.square(low))) / 1e6:.2f}, mean {np.sqrt(np.mean(np.square(mean))) / 1e6:.2f}")


PEAK = """
import pathlib, re, sys
from capmodel.cli import main
sys.stdout = open(sys.argv[2] + "/printed", "w")
main(["simulate", "north-west-london", "--draws", sys.argv[1], "--out", sys.argv[2]])
sys.stdout = sys.__stdout__
print(int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024)
"""


def whole_command(rounds: int) -> None:
    """(e) The command as a process of its own: seconds and memory at its peak."""
    for draws in (100_000, 1_000_000):
        seconds, peaks = [], []
        for _ in range(rounds if draws == 100_000 else 1):
            with tempfile.TemporaryDirectory() as folder:
                began = time.perf_counter()
                done = subprocess.run(
                    [sys.executable, "-c", PEAK, str(draws), folder], capture_output=True, text=True, check=True, cwd=ROOT
                )
                seconds.append(time.perf_counter() - began)
                peaks.append(float(done.stdout))
        say(f"(e) capmodel simulate, {draws:,} draws: {statistics.median(seconds):.2f} s, peak {max(peaks):.0f} MB (at most 200)")


def main() -> None:
    """All of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="abcde")
    asked = parser.parse_args()
    rounds = max(5, asked.rounds)
    place = capmodel.load(EXAMPLE)
    say(f"Python {sys.version.split()[0]}, numpy {np.__version__}, {os.cpu_count()} cores, {rounds} rounds, load {os.getloadavg()[0]:.1f}")
    if "a" in asked.only:
        by_rules_and_by_hand(place, asked.draws, rounds)
    if "b" in asked.only:
        another_contract(place, asked.draws, rounds)
    if "c" in asked.only:
        common_draws(place, 2000, rounds)
    if "d" in asked.only:
        sobol_or_plain(place, rounds)
    if "e" in asked.only:
        whole_command(rounds)


if __name__ == "__main__":
    main()

"""Budgets by month of a large place, against the same arithmetic in plain numpy: `python -m tests.benchmarks.months [ROUNDS] [--book]`.

40 segments by 12 providers by 10 settings by 60 months (twelve of each of five years): 288,000 monthly budgets, adjusted for the people
on the list of every segment, totalled by service, setting and month, and held against the year. Both work turn and turn about, in one
process, and give the same pence. `links` counts the first working out of a place, where the rows that each link reads are found;
`figures` every later one over the same rows, such as another scenario. With `--book` the workbook of such a place is made in a process
of its own, and the most memory it takes is printed.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.functions import pence_between, to_pence
from capmodel.algebra.rows import Rows
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.months.by_month import TABLES
from capmodel.care_budgets.months.calendar import MONTHS
from capmodel.care_budgets.step import care_budget

ROOT = Path(__file__).resolve().parents[2]
SEGMENTS, SETTINGS, PROVIDERS, YEARS = 40, 10, 12, (2026, 2027, 2028, 2029, 2030)
PAYER, PROFILE = "commissioner", "seasonal"
TARGET, MOST_MB = 2.0, 500


def ids(name: str, count: int) -> list[str]:
    """So many ids of a kind."""
    return [f"{name}_{i + 1}" for i in range(count)]


def rows_made() -> dict[str, Rows]:
    """The rows of every table, made afresh."""
    months = list(MONTHS)
    segments, settings, providers = ids("segment", SEGMENTS), ids("setting", SETTINGS), ids("provider", PROVIDERS)
    lines = [(segment, setting, provider, PAYER) for segment in segments for setting in settings for provider in providers]
    names = ("segment", "setting", "provider", "payer")
    services = [(setting, provider, PAYER) for setting in settings for provider in providers]
    return {
        "care_budget": columns_of(names, lines, YEARS),
        "month_profile": columns_of(("profile", "month"), [(PROFILE, month) for month in months], YEARS),
        "month_list": columns_of(("segment", "month"), [(segment, month) for segment in segments for month in months], YEARS),
        "month_people": columns_of(("segment",), [(segment,) for segment in segments], YEARS),
        "month_budget": columns_of((*names, "month", "profile"), [(*line, month, PROFILE) for line in lines for month in months], YEARS),
        "month_line": columns_of(names, lines, YEARS),
        "month_service": columns_of((*names[1:], "month"), [(*service, month) for service in services for month in months], YEARS),
        "month_setting": columns_of(("setting", "month"), [(setting, month) for setting in settings for month in months], YEARS),
        "month_total": columns_of(("month",), [(month,) for month in months], YEARS),
        "month_year": Rows({}, YEARS),
    }


def figures_made() -> dict[tuple[str, str], Any]:
    """Made-up budgets, a seasonal profile and lists that change."""
    drawn = np.random.default_rng(13)
    planned = np.repeat(drawn.integers(1_000, 60_000, SEGMENTS * len(YEARS)).reshape(SEGMENTS, 1, -1), 12, axis=1).astype(float)
    return {
        ("care_budget", "budget_gbp"): np.round(drawn.uniform(1e4, 1e6, SEGMENTS * SETTINGS * PROVIDERS * len(YEARS)), 2),
        ("month_profile", "month_weight_number"): np.repeat(drawn.integers(18, 24, 12).astype(float), len(YEARS)),
        ("month_list", "list_planned_persons"): planned.ravel(),
        ("month_list", "list_persons"): np.round(planned * drawn.uniform(0.97, 1.05, planned.shape)).ravel(),
        ("month_list", "list_follows_share"): np.full(planned.size, 0.6),
    }


def by_rules(rows: dict[str, Rows], given: dict[tuple[str, str], Any], links: dict[Any, Any]) -> Values:
    """The rules of capmodel."""
    return evaluate((care_budget, *TABLES), Values(Inputs(rows, given, {}, {}, links)))


def by_hand(given: dict[tuple[str, str], Any]) -> dict[str, Any]:
    """The same arithmetic in plain numpy, on arrays of the right shape: nothing has to be found."""
    years = len(YEARS)
    weights = given["month_profile", "month_weight_number"].reshape(12, years)
    so_far = np.cumsum(weights, axis=0) / weights.sum(axis=0)
    before = np.vstack([np.zeros((1, years)), so_far[:-1]])
    planned, people, follows = (
        given["month_list", name].reshape(SEGMENTS, 12, years) for name in ("list_planned_persons", "list_persons", "list_follows_share")
    )
    change = (people - planned) / planned * follows
    budget = given["care_budget", "budget_gbp"].reshape(SEGMENTS, SETTINGS, PROVIDERS, 1, years)
    month = pence_between(budget * so_far, budget * before)
    changed = to_pence(month * change[:, None, None])
    adjusted = month + changed
    twelve = month.sum(axis=3)
    service = adjusted.sum(axis=0)
    setting = service.sum(axis=1)
    total = setting.sum(axis=0)
    year, added = budget.sum(axis=(0, 1, 2, 3)), changed.sum(axis=(0, 1, 2, 3))
    return {
        "month_budget.month_adjusted_gbp": adjusted,
        "month_line.check_months_gbp": to_pence(twelve - budget[:, :, :, 0]),
        "month_people.person_months_persons": people.sum(axis=1),
        "month_people.planned_months_persons": planned.sum(axis=1),
        "month_total.month_so_far_gbp": np.cumsum(total, axis=0),
        "month_service.month_service_gbp": service,
        "month_setting.month_setting_gbp": setting,
        "month_year.check_year_gbp": to_pence(total.sum(axis=0) - year - added),
    }


def seconds(work: Callable[[], Any]) -> float:
    """How much of the processor's time it takes once."""
    began = time.process_time()
    work()
    return time.process_time() - began


def compared(rounds: int) -> None:
    """Medians of both, turn and turn about, and whether they give the same pence."""
    given, links = figures_made(), dict[Any, Any]()
    known = rows_made()
    for name, figures in by_hand(given).items():
        table, column = name.split(".")
        gap = np.abs(by_rules(known, given, links).figure((table, column)) - figures.ravel()).max()
        assert gap < 0.005, (name, gap)
    hand, found, first = [], [], []
    for _ in range(rounds):
        fresh = rows_made()
        hand.append(seconds(lambda: by_hand(given)))
        first.append(seconds(lambda: by_rules(fresh, given, {})))  # noqa: B023
        found.append(seconds(lambda: by_rules(known, given, links)))
    middle = statistics.median(hand)
    sys.stdout.write(
        f"{SEGMENTS * SETTINGS * PROVIDERS * 12 * len(YEARS):,} monthly budgets, {rounds} rounds, milliseconds of the processor: median, fastest, median over that of plain numpy\n"
    )
    for label, times in (("plain numpy", hand), ("capmodel, links", first), ("capmodel, figures", found)):
        ratio = statistics.median(times) / middle
        sys.stdout.write(f"  {label:<20}{1000 * statistics.median(times):>10.1f}{1000 * min(times):>10.1f}{ratio:>8.2f}\n")
    sys.stdout.write(f"  at most {TARGET} times is aimed at\n")


# ------------------------------------------------------------------ the workbook

#: Runs a place and says how long that takes and the most memory it has had.
MEASURED = """
import resource, sys, time
from capmodel.cli import main
began = time.perf_counter()
code = main(["run", sys.argv[1], "--out", sys.argv[2]])
print(code, time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def place_made(root: Path) -> Path:
    """A place of the same size: its budgets as a table, and its months."""
    folder = root / "places" / "many-lines"
    shutil.copytree(ROOT / "assumptions" / "england", root / "england")
    (folder / "tables").mkdir(parents=True)
    segments, settings, providers = ids("segment", SEGMENTS), ids("setting", SETTINGS), ids("provider", PROVIDERS)
    known = {"status": "illustrative", "source": "m01"}
    dimensions = {
        "group": [{"id": "all_people", "label": "All people"}],
        "segment": [{"id": name, "label": name, "group": "all_people"} for name in segments],
        "setting": [{"id": name, "label": name} for name in settings],
        "party": [{"id": PAYER, "label": PAYER, "role": "payer"}, *({"id": name, "label": name, "role": "provider"} for name in providers)],
    }
    files = {
        "place": {
            "id": "many-lines", "title": "Many lines", "edition": "1.0", "as_at": "2026-11-30", "national": "england/2025.1",
            "base_year": 2025, "years": list(YEARS), "owner": "", "basis": "aggregate", "steps": ["months"], "dimensions": dimensions,
        },
        "sources": {"m01": {"title": "Made up for a benchmark", "publisher": "capmodel"}},
        "parameters": {},
        "scenarios": {"base": {"label": "Base case", "description": "", "set": {}, "status": "local", "source": "m01"}},
        "months": {
            "id": "m", "title": "Months", **known, "profile": "equal",
            "profiles": [{"id": "equal", "label": "Equal months", "kind": "equal"}],
        },
    }  # fmt: skip
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    budgets = iter(figures_made()["care_budget", "budget_gbp"].reshape(-1, len(YEARS)))
    with (folder / "tables" / "budget_gbp.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["segment", "setting", "provider", "payer", *YEARS, "status", "source", "as_at", "note"])
        for line in ((segment, setting, provider, PAYER) for segment in segments for setting in settings for provider in providers):
            writer.writerow([*line, *(f"{gbp:.2f}" for gbp in next(budgets)), *known.values(), "2026-11", ""])
    return folder


def book() -> None:
    """The workbook of such a place, certificate included, in a process of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = place_made(Path(temporary))
        command = [sys.executable, "-c", MEASURED, str(folder), temporary]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, stdin=subprocess.DEVNULL)
        code, took, most = done.stdout.split()[-3:]
        size = (Path(temporary) / "many-lines.xlsx").stat().st_size / 1e6
    said = f"capmodel run of it: exit {code}, {float(took):.0f} seconds, at most {float(most):.0f} MB (aimed at {MOST_MB}), a book of {size:.0f} MB"
    sys.stdout.write(said + "\n")


def main() -> None:
    """The arithmetic, and the workbook where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=15)
    parser.add_argument("--book", action="store_true", help="make the workbook too")
    asked = parser.parse_args()
    compared(asked.rounds)
    if asked.book:
        book()


if __name__ == "__main__":
    main()

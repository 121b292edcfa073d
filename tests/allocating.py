"""A rule of allocation and its areas, for tests."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from capmodel.capitation.rules.allocate import allocate
from capmodel.capitation.rules.checks import read_rule
from capmodel.capitation.rules.figures import read_figures
from capmodel.commands.allocate import declare
from capmodel.errors import BadInput

# Floor, then catch-up (NHS-05): everybody gets the floor, and what is left goes to places under target by their shortfall.
CATCH_UP = """
id: catch-up
title: Floor and catch-up
description: A floor for everybody, and the rest by shortfall.
sources: {t01: {title: Worked case, publisher: Nobody}}
figures:
  areas: {source: t01, key: area, text: {region: region}, columns: {baseline_gbp: baseline, target_gbp: target}}
constants:
  floor_share: {label: Floor, value: 0.01, status: illustrative, source: t01}
  growth_share: {label: Growth in all, value: 0.03, status: illustrative, source: t01}
lines:
  quantum_gbp: {label: Money in all, rule: total(baseline_gbp) * (1 + growth_share), source: t01}
  new_target_gbp: {label: Target, rule: quantum_gbp * share_of(target_gbp), source: t01}
  floor_gbp: {label: Floor in pounds, rule: baseline_gbp * (1 + floor_share), source: t01}
  short_gbp: {label: Shortfall after the floor, rule: "maximum(new_target_gbp - floor_gbp, 0)", source: t01}
  allocation_gbp: {label: Allocation, rule: floor_gbp + (quantum_gbp - total(floor_gbp)) * share_of(short_gbp), source: t01}
  distance_share: {label: Distance, rule: allocation_gbp / new_target_gbp - 1, source: t01}
  check_quantum_gbp: {label: Check that it adds up, rule: total(allocation_gbp) - quantum_gbp, source: t01}
levels: {region: {sum: [allocation_gbp]}}
published: {}
"""
AREAS = "area,region,baseline,target\na,n,100,110\nb,n,100,103\nc,s,100,97\nd,s,100,90\n"

# The general form: growth falls with distance, between a floor and a ceiling, shifted until the money is used up.
TAPER = """
id: taper
title: Taper
description: Growth by distance between a floor and a ceiling, nobody more than 5% under.
years: [2026, 2027, 2028]
sources: {t01: {title: Worked case, publisher: Nobody}}
figures:
  areas: {source: t01, key: area, text: {region: region}, columns: {baseline_gbp: baseline, target_gbp: target}}
constants:
  floor_share: {label: Floor, value: 0.01, status: illustrative, source: t01}
  ceiling_share: {label: Ceiling, value: 0.08, status: illustrative, source: t01}
  slope_share: {label: Slope, value: 0.3, status: illustrative, source: t01}
  furthest_share: {label: Furthest under target, value: 0.05, status: illustrative, source: t01}
  growth_share: {label: Growth, values: {2026: 0.03, 2027: 0.02, 2028: 0.025}, status: illustrative, source: t01}
lines:
  opening_gbp: {label: Opening, rule: "prior(allocation_gbp, baseline_gbp)", source: t01}
  quantum_gbp: {label: Money, rule: to_whole(total(opening_gbp) * (1 + growth_share)), source: t01}
  new_target_gbp: {label: Target, rule: quantum_gbp * share_of(target_gbp), source: t01}
  distance_share: {label: Distance, rule: opening_gbp * (1 + growth_share) / new_target_gbp - 1, source: t01}
  pace_share: {label: Growth, rule: "clip(shift_share - slope_share * distance_share, floor_share, ceiling_share)", source: t01}
  paced_gbp: {label: At that growth, rule: "maximum(opening_gbp * (1 + pace_share), new_target_gbp * (1 - furthest_share))", source: t01}
  allocation_gbp: {label: Allocation, rule: "share_out(quantum_gbp, paced_gbp, to=whole)", source: t01}
  check_quantum_gbp: {label: Check, rule: total(allocation_gbp) - quantum_gbp, source: t01}
solve:
  shift_share: {label: Shift, such_that: total(paced_gbp), equals: quantum_gbp, between: [-0.5, 0.5], source: t01}
"""
MILLIONS = "area,region,baseline,target\na,n,100e6,111e6\nb,n,100e6,103e6\nc,s,100e6,97e6\nd,s,100e6,89e6\n"


def write(folder: Path, rule: str, *tables: str) -> tuple[Path, list[Path]]:
    path = folder / "rule.yaml"
    path.write_text(rule, encoding="utf-8")
    files = [folder / f"figures{i or ''}.csv" for i in range(len(tables))]
    for file, text in zip(files, tables, strict=True):
        file.write_text(text, encoding="utf-8")
    return path, files


def run_command(*arguments: Path) -> int:
    """The command on a rule, figures and where to write; bad input is raised."""
    parser = argparse.ArgumentParser()
    declare(parser)
    *given, out = map(str, arguments)
    options = parser.parse_args([*given, "--out", out])
    code: int = options.command(options)
    return code


def run(folder: Path, rule: str, *tables: str, out: str = "out.csv") -> int:
    """The command on a rule and figures written to a folder; bad input is raised."""
    path, files = write(folder, rule, *tables)
    return run_command(path, *files, folder / out)


def refused(folder: Path, rule: str, *tables: str) -> str:
    """The report of a refusal; nothing may be written."""
    with pytest.raises(BadInput) as caught:
        run(folder, rule, *tables)
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith("out")) == []
    return str(caught.value)


def worked(folder: Path, rule: str, *tables: str) -> dict[str, np.ndarray]:
    path, files = write(folder, rule, *tables)
    read = read_rule(path)
    return dict(allocate(read, read_figures(read, files, [])).columns)

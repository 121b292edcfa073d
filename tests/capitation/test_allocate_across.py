"""What an allocation rule works out over many bodies, in all and within a level, and a number that is solved for from either side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from capmodel.capitation.rules.allocate import allocate
from capmodel.capitation.rules.checks import read_rule
from capmodel.capitation.rules.figures import read_figures
from capmodel.errors import BadInput

RULE = """
id: across
title: Across bodies
description: Figures over many bodies.
sources: {{t01: {{title: Worked case, publisher: Nobody}}}}
figures:
  areas: {{source: t01, key: area, text: {{region: region}}, columns: {{need_gbp: need}}}}
{solve}
lines:
{lines}
levels: {{region: {{sum: [need_gbp]}}}}
published: {{}}
"""
AREAS = "area,region,need\na,north,7\nb,south,3\nc,north,2\nd,south,8\n"


def worked(folder: Path, lines: str, solve: str = "") -> dict[str, list[float]]:
    (folder / "rule.yaml").write_text(RULE.format(lines=lines, solve=solve), encoding="utf-8")
    (folder / "areas.csv").write_text(AREAS, encoding="utf-8")
    read = read_rule(folder / "rule.yaml")
    made = allocate(read, read_figures(read, [folder / "areas.csv"], [])).columns
    return {name: np.asarray(values)[0].tolist() for name, values in made.items()}


@pytest.mark.parametrize(
    ("rule", "in_all", "within"),
    [
        ("largest", [8, 8, 8, 8], [7, 8, 7, 8]),
        ("smallest", [2, 2, 2, 2], [2, 3, 2, 3]),
        ("total", [20, 20, 20, 20], [9, 11, 9, 11]),
        ("share_of", [0.35, 0.15, 0.1, 0.4], [7 / 9, 3 / 11, 2 / 9, 8 / 11]),
    ],
)
def test_figures_over_bodies_are_those_of_all_or_of_the_level(rule: str, in_all: list[float], within: list[float], tmp_path: Path) -> None:
    unit = "share" if rule == "share_of" else "gbp"
    lines = f'  all_{unit}: {{label: In all, rule: "{rule}(need_gbp)", source: t01}}\n'
    lines += f'  own_{unit}: {{label: In its region, rule: "{rule}(need_gbp, within=region)", source: t01}}'
    found = worked(tmp_path, lines)
    assert found[f"all_{unit}"] == pytest.approx(in_all) and found[f"own_{unit}"] == pytest.approx(within)


SOLVE = """
constants:
  wanted_gbp: {{label: Money, value: {wanted}, status: illustrative, source: t01}}
solve:
  pace_share: {{label: Pace, between: [{between}], such_that: total(paid_gbp), equals: wanted_gbp, source: t01}}
"""
RISING, FALLING = "need_gbp * (1 + pace_share)", "need_gbp * (1 - pace_share)"


@pytest.mark.parametrize(
    ("rule", "between", "wanted", "expected"),
    [
        (RISING, "0, 1", 22, 0.1),
        (FALLING, "0, 1", 18, 0.1),
        (RISING, "0, 1", 20, 0.0),
        (RISING, "0, 1", 40, 1.0),
        (FALLING, "0, 1", 20, 0.0),
        (FALLING, "0, 1", 0, 1.0),
        (RISING, "-1, -0.25", 12, -0.4),
    ],
)
def test_a_number_is_solved_for_from_either_side_and_at_both_ends(
    rule: str, between: str, wanted: float, expected: float, tmp_path: Path
) -> None:
    lines = f'  paid_gbp: {{label: Paid, rule: "{rule}", source: t01}}'
    found = worked(tmp_path, lines, SOLVE.format(between=between, wanted=wanted))
    assert sum(found["paid_gbp"]) == pytest.approx(wanted, abs=1e-6)
    assert found["pace_share"] == pytest.approx([expected] * 4, abs=1e-6)


@pytest.mark.parametrize(
    ("rule", "wanted"), [(RISING, 19.96), (RISING, 40.04), (FALLING, 20.04), (FALLING, -0.04)]
)  # fmt: skip
def test_a_total_beyond_either_end_is_refused(rule: str, wanted: float, tmp_path: Path) -> None:
    lines = f'  paid_gbp: {{label: Paid, rule: "{rule}", source: t01}}'
    with pytest.raises(BadInput, match="no pace_share makes"):
        worked(tmp_path, lines, SOLVE.format(between="0, 1", wanted=wanted))

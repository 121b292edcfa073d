"""Faults of an agreement on a pooled budget or a performance pot: each is one problem, by the command, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from capmodel.cli import main

POOL = """\
id: pool
title: Pool
status: illustrative
source: by hand
host: board
partners:
  board: {contribution_gbp: {2026: 900}}
  council: {contribution_gbp: {2026: 100}}
lines:
  - {id: home_care, label: Home care, budget_gbp: {2026: 1000}, spend_gbp: {2026: 1100}}
benefits:
  - {id: admissions, label: Fewer admissions, owner: board, gbp: {2026: 500}}
"""
POT = """\
id: pot
title: Pot
status: illustrative
source: by hand
reading: plan_to_date
admission_price_gbp: {2026: 1000}
planned_number: {2026: [10, 10, 10, 10]}
avoided_number: {2026: [10, 10, 10, 10]}
stated: {pot_gbp: {2026: 80000}, fall_share: {2026: 0.042}}
"""
LINE = "  - {id: home_care, label: Home care, budget_gbp: {2026: 1000}, spend_gbp: {2026: 1100}}\n"
FAULTS = {
    "a fall of more than all": (POT, "2026: 0.042", "2026: 4.2", "the fall stated for 2026 is 4.2; it is a part of the admissions in the baseline. Write 0.042 if 4.2 per cent is meant"),
    "no fall": (POT, "2026: 0.042", "2026: 0", "the fall stated for 2026 is 0"),
    "an owner that is nearly a partner": (POOL, "owner: board", "owner: bord", "'bord' is not a partner; a benefit has one owner, who may stand outside the pool. Did you mean board?"),
    "a line that is there twice": (POOL, LINE, LINE * 2, "home_care is there twice"),
    "a pool of one": (POOL, "  council: {contribution_gbp: {2026: 100}}\n", "", "partners holds 1; 2 or more are needed. Add what is missing"),
}  # fmt: skip


@pytest.mark.parametrize(("agreement", "owner"), [(POT, ""), (POOL, "board"), (POOL, "ambulance_trust")])
def test_a_sound_agreement_is_worked_out(agreement: str, owner: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(agreement.replace("owner: board", f"owner: {owner}"), encoding="utf-8")
    assert main(["pool", str(path)]) == 0


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_an_agreement_is_one_problem(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agreement, old, new, words = FAULTS[name]
    path = tmp_path / "a.yaml"
    assert old in agreement
    path.write_text(agreement.replace(old, new), encoding="utf-8")
    assert main(["pool", str(path), "--out", str(tmp_path / "o.csv")]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "1 problem found" in said and words in said
    assert not (tmp_path / "o.csv").exists()

"""A contract of two kinds for many alliances and its table, as files for `settle`."""

from __future__ import annotations

from pathlib import Path

import pytest

from capmodel.cli import main

CONTRACT = """\
id: alliance
title: Alliance
status: illustrative
source: by hand
years: [2026, 2027]
parties:
  payer: {at_risk: false}
  trust: {at_risk: true}
  practice: {at_risk: true}
routes: [{provider: trust, payer: payer}]
figures:
  key: name
  year: year
  kind: {heading: kind}
  columns:
    target_gbp: target
    actual_gbp: actual
    outcome_score_share: score
terms:
  variance_held_by: payer
  residual_party: payer
  threshold: {mode: first_pound, gain_share: 0.01, loss_share: 0.01}
  bands:
    gain: [{from: 0, to: null, shares: {payer: 0.5, trust: 0.3, practice: 0.2}}]
    loss: [{from: 0, to: null, shares: {payer: 0.6, trust: 0.4}}]
  outcomes: {mode: multiplier, gate_share: 0.5, forfeited_to: payer}
  caps:
    - {party: trust, side: loss, amount_gbp: 30000, residual_to: payer, carry_forward: true}
kinds:
  plain:
  ladder:
    outcomes: {mode: ladder, ladder: [{at_least: 0.5, share: 0.4}, {at_least: 0.8, share: 1}]}
"""
TABLE = """\
name,year,kind,target,actual,score
north,2026,plain,1000000,1100000,0.8
north,2027,plain,1000000,900000,0.9
south,2026,ladder,2000000,1800000,0.6
south,2027,ladder,2000000,2000000,0.7
"""
ACTUAL = "    actual_gbp: actual\n"


def files(folder: Path, contract: str = CONTRACT, table: str | bytes = TABLE) -> tuple[Path, Path]:
    (folder / "contract.yaml").write_text(contract, encoding="utf-8")
    (folder / "figures.csv").write_bytes(table if isinstance(table, bytes) else table.encode("utf-8"))
    return folder / "contract.yaml", folder / "figures.csv"


def settled(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    code = main(["settle", str(folder / "contract.yaml"), str(folder / "figures.csv"), "--out", str(folder / "out.csv"), *more])
    said = capsys.readouterr()
    return code, said.out, said.err

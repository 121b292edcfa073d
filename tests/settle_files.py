"""A small contract for many and its table, as files for `settle`, with columns added to it."""

from __future__ import annotations

from pathlib import Path

CONTRACT = """\
id: local
title: Local
status: illustrative
source: by hand
years: [2026]
parties: {board: {at_risk: false}, trust: {at_risk: true}}
routes: [{provider: trust, payer: board}]
figures:
  key: name
  columns:
    target_gbp: target
    actual_gbp: actual
terms:
  variance_held_by: payer
  residual_party: board
  bands:
    gain: [{from: 0, to: null, shares: {board: 0.5, trust: 0.5}}]
    loss: [{from: 0, to: null, shares: {board: 0.5, trust: 0.5}}]
  outcomes: {mode: none}
"""
TABLE = "name,target,actual,own,months\na,1000000,1100000,10000,12\nb,1000000,1200000,10000,6\n"
ACTUAL = "    actual_gbp: actual\n"


def write(folder: Path, text: str, table: str = TABLE) -> list[str]:
    (folder / "c.yaml").write_text(text, encoding="utf-8")
    (folder / "f.csv").write_text(table, encoding="utf-8")
    return ["settle", str(folder / "c.yaml"), str(folder / "f.csv"), "--out", str(folder / "o.csv")]


def with_columns(*lines: str, terms: str = "") -> str:
    return CONTRACT.replace(ACTUAL, ACTUAL + "".join(f"    {line}\n" for line in lines)) + terms

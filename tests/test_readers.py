"""The one reader of tables: bounded before anything is parsed, packed text everywhere, by every command and from Python."""

from __future__ import annotations

import gzip
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

import capmodel
from capmodel.assumptions import guard
from capmodel.errors import BadInput

from conftest import ROOT  # isort: skip

CONTRACT = """\
id: alliance
title: Alliance
status: illustrative
source: by hand
years: [2026]
parties: {payer: {at_risk: false}, trust: {at_risk: true}}
routes: [{provider: trust, payer: payer}]
figures:
  key: name
  workbook: {sheet: Sheet}
  columns: {target_gbp: target, actual_gbp: actual}
terms:
  variance_held_by: payer
  residual_party: payer
  bands:
    gain: [{from: 0, to: null, shares: {payer: 0.5, trust: 0.5}}]
    loss: [{from: 0, to: null, shares: {payer: 0.6, trust: 0.4}}]
  outcomes: {mode: none}
"""
RULE = """\
id: local
title: Local
description: Growth alike for all.
sources: {a01: {title: Agreement, publisher: The alliance}}
figures: {areas: {source: a01, key: name, workbook: {sheet: Sheet}, columns: {baseline_gbp: target, outturn_gbp: actual}}}
lines: {allocation_gbp: {label: Allocation, rule: baseline_gbp + outturn_gbp, source: a01}}
"""
ROWS = (("name", "target", "actual"), ("north", 1_000_000, 900_000), ("south", 2_000_000, 2_100_000), ("west", 1_500_000, 1_400_000))
PART = "xl/worksheets/sheet1.xml"
TEXT = "".join(",".join(map(str, row)) + "\n" for row in ROWS)
DOORS: dict[str, tuple[str, Callable[[Path, Path], object]]] = {
    "settle": (CONTRACT, lambda terms, table: capmodel.settle(terms, table)),
    "allocate": (RULE, lambda terms, table: capmodel.allocate(terms, table)),
}


def book(path: Path) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    made.save(path)
    return path


def padded(path: Path, size: int) -> Path:
    """The same workbook with a part that unpacks to so many bytes more."""
    sound = book(path.with_name("sound.xlsx"))
    with zipfile.ZipFile(sound) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for name in source.namelist():
            data = source.read(name)
            out.writestr(name, data + b" " * size if name == PART else data)
    return path


@pytest.mark.parametrize("door", DOORS)
def test_python_refuses_a_workbook_that_unpacks_to_far_more_than_it_holds(door: str, tmp_path: Path) -> None:
    terms, call = DOORS[door]
    (tmp_path / "terms.yaml").write_text(terms)
    assert call(tmp_path / "terms.yaml", book(tmp_path / "sound.xlsx"))
    with pytest.raises(BadInput) as refused:
        call(tmp_path / "terms.yaml", padded(tmp_path / "bomb.xlsx", 30_000_000))
    assert "the part xl/worksheets/sheet1.xml unpacks to 30,00" in str(refused.value)


@pytest.mark.parametrize("door", DOORS)
def test_packed_text_is_read_and_bounded(door: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terms, call = DOORS[door]
    (tmp_path / "terms.yaml").write_text(terms)
    table = tmp_path / "figures.csv.gz"
    table.write_bytes(gzip.compress(TEXT.encode()))
    assert call(tmp_path / "terms.yaml", table)
    monkeypatch.setattr(guard, "LARGEST_TEXT", len(TEXT) - 1)
    with pytest.raises(BadInput) as refused:
        call(tmp_path / "terms.yaml", table)
    assert str(refused.value).startswith("figures.csv.gz: it holds over")
    assert "when it is unpacked" in str(refused.value)


@pytest.mark.parametrize("door", DOORS)
def test_packed_text_that_is_cut_short_is_refused(door: str, tmp_path: Path) -> None:
    terms, call = DOORS[door]
    (tmp_path / "terms.yaml").write_text(terms)
    table = tmp_path / "figures.csv.gz"
    table.write_bytes(gzip.compress(TEXT.encode())[:-12])
    with pytest.raises(BadInput, match=r"figures.csv.gz: the file cannot be read"):
        call(tmp_path / "terms.yaml", table)


def test_tables_of_a_place_are_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "assumptions", tmp_path / "assumptions")
    monkeypatch.setattr(guard, "LARGEST_TEXT", 100)
    with pytest.raises(BadInput, match=r"\.csv: it holds over 100 bytes"):
        capmodel.load(tmp_path / "assumptions/places/north-west-london")

"""Every place that comes with capmodel, beside the example, runs with all checks held, and its workbook is verified as it was sent."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from capmodel.cli import main

from conftest import EXAMPLE  # isort: skip

PLACES = sorted(path for path in EXAMPLE.parent.iterdir() if path.is_dir() and path != EXAMPLE)


@pytest.mark.parametrize("place", PLACES, ids=lambda path: path.name)
def test_a_place_of_the_packs_runs_and_is_verified(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(place), "--out", str(tmp_path)]) == 0
    assert (place / "NOTES.md").is_file()
    book = tmp_path / f"{place.name}.xlsx"
    capsys.readouterr()
    assert main(["verify", str(book), "--place", str(place)]) == 0, capsys.readouterr().out
    sheets = openpyxl.load_workbook(book).worksheets
    assert {sheet.title: sheet.page_setup.scale for sheet in sheets if sheet.page_setup.scale and sheet.page_setup.scale < 40} == {}

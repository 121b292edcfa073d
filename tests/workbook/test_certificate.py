"""A recalculation that differs from the engine is a failed check: in the book, in the record, on the screen and in the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from capmodel.cli import main
from capmodel.contracts.settlement.transfer import settlement
from capmodel.model import Result

from conftest import Case  # isort: skip

FLAG = "B2"


def by_a_penny(rule: Callable[..., Any]) -> Callable[..., Any]:
    """The rule as the engine runs it gives a penny more than its formula does."""
    return lambda **columns: rule(**columns) + 0.01


@pytest.fixture
def disagreeing(monkeypatch: pytest.MonkeyPatch) -> None:
    line = settlement.lines["still_due_gbp"]
    monkeypatch.setitem(settlement.lines, "still_due_gbp", replace(line, rule=by_a_penny(line.rule)))


@pytest.mark.usefixtures("small", "disagreeing")  # the small place is made first, by the rules as they are
def test_a_book_that_recalculates_to_other_figures_fails_everywhere(
    small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["run", str(small.folder), "--out", str(tmp_path)])
    said = capsys.readouterr().out
    record = json.loads((tmp_path / f"{small.folder.name}.json").read_text())
    opened = openpyxl.load_workbook(tmp_path / f"{small.folder.name}.xlsx", data_only=True)
    found = next(check for check in record["checks"] if check["name"] == "certificate")
    assert found["difference"] >= len(small.place.pack.dimensions["party"]) * len(small.place.pack.years), "every party in every year"
    assert not found["passed"] and not record["passed"]
    assert code == 1
    assert f"CHECK Formula cells that an independent recalculation disagrees with: {found['difference']:,.0f}" in said
    assert f"Checks: {len(record['checks']) - 1} of {len(record['checks'])} passed" in said
    assert {sheet[FLAG].value for sheet in opened} == {"CHECK"}
    shown = {row[0].value: row[1].value for row in opened["Certificate"].iter_rows() if row[0].value}
    assert shown["Cells that differ by more than half a penny, or show an error"] == found["difference"]
    rows = {row[0].value: [cell.value for cell in row[1:5]] for row in opened["Checks"].iter_rows()}
    assert rows["Formula cells that an independent recalculation disagrees with"] == ["Certificate", found["difference"], 0, "CHECK"]


def test_a_book_that_agrees_says_so_among_its_checks(workbook: Path, result: Result, written: dict[tuple[str, int, int], Any]) -> None:
    last = max(row for sheet, row, column in written if sheet == "Checks" and written[sheet, row, column] is not None)
    assert [written["Checks", last, column] for column in range(5)] == [
        "Formula cells that an independent recalculation disagrees with", "Certificate", 0, 0, "OK",
    ]  # fmt: skip
    assert written["Checks", 1, 1] == "OK"
    assert "certificate" not in [check.name for check in result.checks], "a run alone recalculates nothing"

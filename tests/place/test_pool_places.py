"""A place with a pooled budget of every term: it runs, its workbook is verified, and its figures are explained and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pool_files import full, written

from capmodel.cli import main

PLACE = {
    "id": "town", "title": "Town", "edition": "1", "as_at": "2026-11-01", "national": "england/2025.1", "base_year": 2024,
    "years": [2025, 2026], "basis": "aggregate", "dimensions": {},
}  # fmt: skip


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A place with a pooled budget alone, of years before those of the national pack."""
    assert main(["new", "town", "--root", str(tmp_path / "assumptions"), "--with", "pool", "--years", "2025-2026", "--parties", "b:payer,c:payer", "--settings", "a"]) == 0  # fmt: skip
    folder = tmp_path / "assumptions/places/town"
    files = {"place.yaml": PLACE, "sources.yaml": {"p90": {"title": "Test", "publisher": "Us"}}}
    files["scenarios.yaml"] = {"base": {"label": "Base case", "set": {}, "status": "illustrative", "source": "p90"}}
    for name, content in files.items():
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    written(folder, full())
    return folder


def test_a_pool_with_every_term_runs_and_its_ledger_is_verified(town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The engine, the formulas of the workbook and the independent recalculation agree on the ledger and the conditions."""
    assert main(["run", str(town), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "entries between 20 accounts; all balances add up to zero at the end of every month" in printed
    assert main(["verify", str(tmp_path / "town.xlsx"), "--place", str(town)]) == 0
    assert main(["explain", str(town), "pool_memorandum.spend_part_gbp[council,2025]"]) == 0
    assert main(["compare", str(town), str(town), "--figure", "fund.surplus_gbp[2025]"]) == 0


def test_a_condition_that_is_not_met_fails_the_run(town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(town, full(lambda content: content["conditions"]["signed"].update(council=False)))
    assert main(["run", str(town), "--out", str(tmp_path)]) == 1
    assert "CHECK the plan is signed: 4,774,000.00 (bcf_signature.check_signed_gbp)" in " ".join(capsys.readouterr().out.split())


def test_a_source_of_a_line_that_is_not_there_is_reported(town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(content: dict[str, Any]) -> None:
        content["lines"][0].update(source="p99", status="derived", spend_known={"source": "p98"})
        content["contributions"][0]["source"] = "p97"

    written(town, full(change))
    assert main(["run", str(town), "--out", str(tmp_path)]) == 2
    printed = " ".join(capsys.readouterr().err.split())
    assert "3 problems found" in printed and all(name in printed for name in ("p99", "p98", "p97"))


def test_two_lines_with_one_label_are_kept_apart_in_the_workbook(town: Path, tmp_path: Path) -> None:
    written(town, full(lambda content: content["lines"][1].update(label="Home care")))
    assert main(["run", str(town), "--out", str(tmp_path)]) == 0
    assert main(["verify", str(tmp_path / "town.xlsx"), "--place", str(town)]) == 0

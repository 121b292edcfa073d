"""A table with too many lines for a book is left out: what is read of it stands as recorded, the rest is live, and the book says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

import capmodel
from capmodel.cli import main
from capmodel.workbook.sheets import make_book
from capmodel.workbook.writing import emit

from conftest import EXAMPLE  # isort: skip


@pytest.fixture
def with_months(tmp_path: Path) -> Path:
    """The example with budgets by month, and nothing after them."""
    folder = tmp_path / "assumptions/places/by-month"
    shutil.copytree(EXAMPLE.parents[1] / "england", tmp_path / "assumptions/england")
    shutil.copytree(EXAMPLE, folder)
    stated = yaml.safe_load((folder / "place.yaml").read_text(encoding="utf-8"))
    stated |= {"id": "by-month", "steps": ["spend", "capitation", "care_budgets", "months"]}
    (folder / "place.yaml").write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
    for name in (
        "contract.yaml",
        "options.yaml",
        "risk.yaml",
        "tables/in_scope_flag.csv",
        "tables/release_share.csv",
        "tables/setting_pressure_share.csv",
    ):
        (folder / name).unlink(missing_ok=True)
    for name in ("parameters.yaml", "scenarios.yaml"):
        text = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
        gone = (
            "alliance_discount_share",
            "demand_pressure_share",
            "carry_forward_flag",
            "recycle_share",
            "investment_budget_gbp",
            "prudence_share",
        )
        for key in gone:
            text.pop(key, None)
            text.get("overrides", {}).pop(key, None) if isinstance(text.get("overrides"), dict) else None
        for each in text.values():
            if isinstance(each, dict) and "set" in each:
                each["set"] = {key: value for key, value in each["set"].items() if key not in gone}
        (folder / name).write_text(yaml.safe_dump(text, sort_keys=False), encoding="utf-8")
    months = {"id": "m", "title": "Months", "status": "illustrative", "source": next(iter(yaml.safe_load((folder / "sources.yaml").read_text(encoding="utf-8")))), "profile": "equal", "profiles": [{"id": "equal", "label": "Equal months", "kind": "equal"}]}  # fmt: skip
    (folder / "months.yaml").write_text(yaml.safe_dump(months, sort_keys=False), encoding="utf-8")
    return folder


def test_the_rest_of_the_book_is_live_and_verifies(with_months: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emit, "MOST_LINES", 1_000)
    run = capmodel.load(with_months).run()
    made = make_book(run)
    assert ("month_budget", "month_budget_gbp") not in made.layout.homes and ("month_line", "check_months_gbp") in made.layout.homes
    cells = made.book.sheet("Calc 3 Months").cells
    texts = [str(content.value) for content in cells.values() if isinstance(content.value, str)]
    assert any("lines are too many for a book: what is read of them stands as recorded" in text for text in texts)
    home = made.layout.homes["month_service", "month_service_gbp"]
    recorded = cells[home.top, home.column(0)]
    assert recorded.role == "record" and not recorded.formula
    total = made.layout.homes["month_total", "month_gbp"]
    assert cells[total.top, total.column(0)].formula
    assert main(["run", str(with_months), "--out", str(tmp_path)]) == 0
    assert main(["verify", str(tmp_path / "by-month.xlsx"), "--place", str(with_months)]) == 0

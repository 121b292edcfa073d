"""A table with too many lines for a book is left out: what is read of it stands as recorded, the rest is live, and the book says so."""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import Path

import pytest
import yaml

import capmodel
from capmodel.cli import main
from capmodel.workbook.sheets import make_book
from capmodel.workbook.writing import emit

from conftest import EXAMPLE  # isort: skip

KNOWN = {"status": "illustrative", "source": "m01"}
SEGMENTS, SETTINGS, PROVIDERS = ("well", "frail"), ("hospital", "home"), ("trust", "charity")
FILES = {
    "place": {
        "id": "by-month", "title": "By month", "edition": "1.0", "as_at": "2026-11-30", "national": "england/2025.1", "base_year": 2025,
        "years": [2026, 2027], "owner": "", "basis": "aggregate", "steps": ["months"],
        "dimensions": {
            "group": [{"id": "all_people", "label": "All people"}],
            "segment": [{"id": name, "label": name, "group": "all_people"} for name in SEGMENTS],
            "setting": [{"id": name, "label": name} for name in SETTINGS],
            "party": [{"id": "icb", "label": "icb", "role": "payer"}, *({"id": name, "label": name, "role": "provider"} for name in PROVIDERS)],
        },
    },
    "sources": {"m01": {"title": "Made up", "publisher": "capmodel"}},
    "parameters": {},
    "scenarios": {"base": {"label": "Base case", "description": "", "set": {}, "status": "local", "source": "m01"}},
    "months": {"id": "m", "title": "Months", **KNOWN, "profile": "equal", "profiles": [{"id": "equal", "label": "Equal", "kind": "equal"}]},
}  # fmt: skip


@pytest.fixture
def by_month(tmp_path: Path) -> Path:
    """A place of budgets by month alone: 96 lines of two years."""
    folder = tmp_path / "assumptions/places/by-month"
    shutil.copytree(EXAMPLE.parents[1] / "england", tmp_path / "assumptions/england")
    (folder / "tables").mkdir(parents=True)
    for name, content in FILES.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    lines = [f"{','.join(line)},icb,{1000 + 7 * i},{1100 + 9 * i},illustrative,m01,2026-11," for i, line in enumerate(product(SEGMENTS, SETTINGS, PROVIDERS))]  # fmt: skip
    heading = "segment,setting,provider,payer,2026,2027,status,source,as_at,note"
    (folder / "tables/budget_gbp.csv").write_text("\n".join([heading, *lines, ""]), encoding="utf-8")
    return folder


def test_the_rest_of_the_book_is_live_and_verifies(by_month: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = capmodel.load(by_month).run()
    assert ("month_budget", "month_budget_gbp") in make_book(run).layout.homes
    monkeypatch.setattr(emit, "MOST_LINES", 90)
    made = make_book(run)
    assert ("month_budget", "month_budget_gbp") not in made.layout.homes and ("month_line", "check_months_gbp") in made.layout.homes
    cells = made.book.sheet("Calc 3 Months").cells
    texts = [str(content.value) for content in cells.values() if isinstance(content.value, str)]
    assert any("Its 96 lines are too many for a book: what is read of them stands as recorded" in text for text in texts)
    home = made.layout.homes["month_service", "month_service_gbp"]
    recorded = cells[home.top, home.column(0)]
    assert recorded.role == "record" and not recorded.formula
    total = made.layout.homes["month_total", "month_gbp"]
    assert cells[total.top, total.column(0)].formula
    assert main(["run", str(by_month), "--out", str(tmp_path)]) == 0
    assert main(["verify", str(tmp_path / "by-month.xlsx"), "--place", str(by_month)]) == 0

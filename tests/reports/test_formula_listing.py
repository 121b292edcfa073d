"""The listing of every calculation, in words and as the Excel formula of its first row, as a text that a review can read.

A change of a rule shows as a changed line in workbooks/north-west-london.formulas.txt. Write it anew with
CAPMODEL_UPDATE=1 python -m pytest tests/reports/test_formula_listing.py
"""

from __future__ import annotations

import difflib
import os

import pytest

from capmodel.model import Result
from capmodel.workbook.sheets import make_book

from conftest import ROOT  # isort: skip

LISTING = ROOT / "workbooks" / "north-west-london.formulas.txt"


def listing(result: Result) -> str:
    made = make_book(result)
    labels = {name: assumed.label for name, assumed in result.place.assumptions.items()}
    message = [
        "Every calculation of the example workbook, in the order of its tables: what it is, its unit, its rule, and its first formula.",
        "",
    ]
    for table in result.chain.tables:
        message += [f"## {table.title} ({table.name}), sheet {table.sheet}", ""]
        for name, line in table.lines.items():
            home = made.layout.homes.get((table.name, name))
            content = made.book.sheet(home.sheet).cells[home.top, home.column(0)] if home else None
            message += [
                f"{line.label} ({table.name}.{name}), {line.unit}",
                f"    {table.formula_in_words(name, labels)}",
                f"    ={content.formula}" if content else "    not in this workbook: the table has no rows",
                "",
            ]
    return "\n".join(message)


def test_every_formula_is_as_listed(result: Result) -> None:
    now = listing(result)
    if os.environ.get("CAPMODEL_UPDATE") == "1":
        LISTING.write_text(now, encoding="utf-8")
    then = LISTING.read_text(encoding="utf-8")
    changed = list(difflib.unified_diff(then.splitlines(), now.splitlines(), "listed", "now", lineterm="", n=1))
    assert not changed, "\n".join(changed[:40]) + "\nWrite the listing anew with CAPMODEL_UPDATE=1 if this is meant"


def test_every_line_of_every_table_is_listed(result: Result) -> None:
    text = listing(result)
    for table in result.chain.tables:
        for name in table.lines:
            assert f"({table.name}.{name})" in text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("settlement.transfer_gbp", "Share of the pool - Cash position before settlement, to the penny"),
        ("pool.variance_gbp", "Target - Actual cost, to the penny"),
        ("capitation.persons", "People (the year before) × (1 + Population growth on the year before)"),
    ],
)
def test_lines_that_a_negotiator_looks_up_read_plainly(line: str, words: str, result: Result) -> None:
    block = listing(result).split(f"({line})", 1)[1]
    assert block.splitlines()[1].strip() == words

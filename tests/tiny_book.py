"""A book of a few cells, written by the package's own writer: every kind of cell, rule, chart and setting that a book has, in milliseconds."""

from __future__ import annotations

import datetime
from pathlib import Path

from capmodel.algebra.check import FAILED, OK
from capmodel.workbook.returned.bounds import OURS
from capmodel.workbook.writing.book import Alert, Book, Chart, Sheet, Validation
from capmodel.workbook.writing.write import write

SUMMARY, DATA = "Out 1 Summary", "Data"
PARTIES = ("Acute trust", "Community trust", "Council", "GP federation", "Mental health trust", "Ambulance trust")
SHARES = (0.35, 0.2, 0.15, 0.1, 0.1, 0.1)
POOL = 1_000_000.0


def assumptions() -> Sheet:
    sheet = Sheet("Assumptions", "Assumptions", widths={0: 40, 1: 16, 2: 16}, frozen=(4, 1), repeat_rows=(0, 3))
    sheet.text(0, "Assumptions", role="title")
    sheet.text(3, "Name", "Figure", "Status", role="timeline")
    sheet.put(4, 0, "label", "Pool")
    sheet.put(4, 1, "input", POOL, "GBP", change="pool_gbp")
    sheet.put(4, 2, "status illustrative", "illustrative")
    for i, (party, share) in enumerate(zip(PARTIES, SHARES, strict=True)):
        sheet.put(5 + i, 0, "label", f"Share of the {party.lower()}")
        sheet.put(5 + i, 1, "input", share, "share", change=f"share[{i}]")
        sheet.put(5 + i, 2, "status published", "published")
        words = {
            "error_title": "A share",
            "error_message": "A share is a part of 1.",
            "input_title": "Range",
            "input_message": "0.35 to 0.65",
        }
        sheet.validations.append(
            Validation(5 + i, 1, 5 + i, 1, {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1, **words})
        )
    sheet.put(11, 0, "label", "Scenario")
    sheet.put(11, 1, "input", 1.0, "number", change="scenario")
    sheet.validations.append(Validation(11, 1, 11, 1, {"validate": "list", "source": [1, 2, 3]}))
    return sheet


def summary() -> Sheet:
    sheet = Sheet(SUMMARY, "Summary", widths={0: 30, 1: 18, 2: 18, 3: 18}, repeat_rows=(0, 3), frozen=(4, 1), breaks=[20])
    sheet.text(0, "Summary", role="title")
    sheet.text(1, "What each party receives", role="subtitle")
    sheet.text(3, "Party", "Share", "Payment", "Recorded", role="timeline")
    for i, (party, share) in enumerate(zip(PARTIES, SHARES, strict=True)):
        row = 4 + i
        sheet.put(row, 0, "label", party)
        sheet.put(row, 1, "formula", share, "share", formula=f"Assumptions!$B${6 + i}")
        sheet.put(row, 2, "formula", share * POOL, "GBP", formula=f"B{row + 1}*Assumptions!$B$5")
        sheet.put(row, 3, "record", share * POOL, "GBP")
    sheet.put(10, 0, "label", "In all")
    sheet.put(10, 1, "total", 1.0, "share", formula="SUM(B5:B10)")
    sheet.put(10, 2, "total", POOL, "GBP", formula="SUM(C5:C10)")
    sheet.put(12, 0, "label", "As issued")
    sheet.put(12, 1, "issued", POOL, "GBP")
    sheet.put(12, 2, "word", "As issued", formula='IF(C11=B13,"As issued","Changed")')
    sheet.alerts.append(Alert(12, 2, 12, 2, "!=", "As issued"))
    sheet.faint = (4, 1, 10, 3)
    sheet.put(14, 0, "note", "A note that is written over more than one line of the sheet, since it is long.")
    sheet.heights[14] = 30
    series = [{"name": "Payment", "categories": f"='{SUMMARY}'!$A$5:$A$10", "values": f"='{SUMMARY}'!$C$5:$C$10"}]
    sheet.charts.append(Chart("Payments by party", "Bars", {"type": "bar"}, series, 21, 0, "£", "#,##0", from_zero=True, legend=False))
    lines = [
        {"name": "Share", "line": {"color": "#1F3864"}, "categories": f"='{SUMMARY}'!$A$5:$A$10", "values": f"='{SUMMARY}'!$B$5:$B$10"}
    ]
    sheet.charts.append(Chart("Shares by party", "Lines", {"type": "line"}, lines, 46, 0, "share", "0%"))
    return sheet


def tiny_book() -> Book:
    cover = Sheet("Cover", "Cover", widths={0: 30, 1: 40})
    cover.text(0, "A tiny place", role="title")
    for i, name in enumerate(("Assumptions", SUMMARY, "Checks")):
        cover.put(4 + i, 0, "link", name, link=f"'{name}'!A1")
    cover.put(9, 0, "strong", "Purpose")
    checks = Sheet("Checks", "Checks", widths={0: 40, 1: 12}, verdicts=[(4, 1), (5, 1)])
    checks.text(0, "Checks", role="title")
    for i, (label, formula) in enumerate((("Shares add up", f"'{SUMMARY}'!B11-1"), ("Payments add up", f"'{SUMMARY}'!C11-Assumptions!B5"))):
        checks.put(4 + i, 0, "check", label)
        checks.put(4 + i, 1, "verdict", OK, formula=f'IF(ABS({formula})<0.005,"{OK}","{FAILED}")')
    certificate = Sheet("Certificate", "Certificate")
    certificate.text(0, "Certificate", role="title")
    certificate.put(2, 0, "label", "Formulas")
    certificate.put(2, 1, "record", 17.0, "count")
    signed = Sheet("Sign-off", "Sign-off", widths={0: 20, 1: 30, 2: 20}, heights={4: 30})
    signed.text(3, "Role", "Name", "Date", role="timeline")
    for i, role in enumerate(("Finance lead", "Auditor")):
        signed.put(4 + i, 0, "strong", role)
        signed.put(4 + i, 1, "entry", None)
        signed.put(4 + i, 2, "entry", None)
    sheets = [cover, assumptions(), summary(), checks, certificate, signed]
    assert {sheet.name for sheet in sheets} >= OURS
    properties = {
        "title": "A tiny place",
        "author": "capmodel",
        "company": "A tiny place",
        "keywords": "capitation; open book",
        "created": datetime.datetime(2026, 11, 22, 9),
    }
    return Book(sheets, properties, {"run_id": "0" * 64, "place": "tiny-place", "solver": "highs", "capmodel_version": "0.1.0"})


def written_tiny(path: Path) -> Path:
    return write(tiny_book(), path)

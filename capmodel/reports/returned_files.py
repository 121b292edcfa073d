"""The report of a book that came back as files: a page, a workbook of one sheet, and the record as data.

Each says what the record (`returned`) says. Every text is escaped in the page, and written as text, never as a formula, in the sheet.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from capmodel.baseline.persons.report import markup as m
from capmodel.files import all_or_none, written_whole
from capmodel.money import pounds
from capmodel.reports.returned import Record, by_kind, conflicts, from_to, sections
from capmodel.workbook.writing.book import Book, Sheet
from capmodel.workbook.writing.write import write

TITLE = "What came back"
SHEET = "Returned"
TOTAL = "All years"


def report_files(folder: Path, returned: Path) -> list[Path]:
    """The page, the workbook and the data; they are called after the file that came back.

    >>> [path.name for path in report_files(Path("out"), Path("theirs.xlsx"))]
    ['theirs-changes.html', 'theirs-changes.xlsx', 'theirs-changes.json']
    """
    return [folder / f"{returned.stem}-changes{ending}" for ending in (".html", ".xlsx", ".json")]


def write_reports(record: Record, files: Sequence[Path], as_at: str) -> None:
    """Write the page, the workbook and the data, all or none.

    Args:
        record: what was found.
        files: what `report_files` gives.
        as_at: the date of the packs, which the workbook is dated by.

    Raises:
        CapmodelError: the folder does not take a file.
    """
    page, book, data = files
    with all_or_none():
        for path, text in ((page, page_of(record)), (data, json.dumps(record, indent=2, ensure_ascii=False) + "\n")):
            with written_whole(path) as beside:
                beside.write_text(text, encoding="utf-8", newline="\n")
        write(book_of(record, as_at), book)


def facts(record: Record) -> list[tuple[str, str]]:
    """What the report is of."""
    now = record["scenario_returned"]
    held = record["checks"] - len(record["failing"])
    return [
        ("Place", record["place"]),
        ("Came back", record["returned"]),
        ("Compared with", f"the book of run {record['run']}, made again from its packs" + (f", on the inputs of {record['sent']}" if record["sent"] else "")),
        ("Scenario", record["scenario"] + (f"; it came back in {now}" if now != record["scenario"] else "")),
        ("Inputs changed", f"{len(record['changes']):,}"),
        *([("Inputs in conflict", f"{len(record['conflicts']):,}")] if record["conflicts"] else []),
        ("Anything else altered", f"{len(record['altered']):,}"),
        ("Checks on its inputs", f"{held} of {record['checks']} hold"),
        ("How to read it", f"{record['note']}."),
        *_accepted(record["accepted"]),
    ]  # fmt: skip


def _accepted(accepted: Record | None) -> list[tuple[str, str]]:
    """What was taken into the place, and what was not."""
    if accepted is None:
        return []
    taken = f"version {accepted['version']}, by {accepted['by']} on {accepted['on']}: {', '.join(accepted['figures'])}"
    refused = [("Not accepted", f"{name}: {why}") for name, why in accepted["refused"].items()]
    return [("Accepted", taken if accepted["figures"] else "nothing"), *refused]


# ------------------------------------------------------------------ the page


def page_of(record: Record) -> str:
    """The page."""
    listed = "".join(f"<dt>{m.text(name)}</dt><dd>{m.text(value)}</dd>" for name, value in facts(record))
    verdict = "only inputs were changed" if record["passed"] else "look at what else was altered" if record["altered"] else "a check fails"
    parts = [f'<h1>{TITLE}: {m.text(record["place"])}</h1>\n<p class="status">{m.text(verdict)}</p>\n<dl>{listed}</dl>\n<main>\n']
    for title, texts in (("Altered, and not taken", record["altered"]), ("Checks that fail", record["failing"])):
        if texts:
            parts.append(f"<h2>{title}</h2>\n<ul>{''.join(f'<li>{m.text(text)}</li>' for text in texts)}</ul>\n")
    parts.append("<h2>Inputs that were changed</h2>\n" + (_changes(record) if record["changes"] else "<p>None.</p>\n"))
    for change in record["changes"]:
        parts.append(f"<h3>{m.text(change['label'])}</h3>\n<p>{m.text(change['cell'])}: {m.text(from_to(change))}</p>\n")
        parts.append(
            _effects(change["effects_gbp"], record["years"]) or f"<p>No money of any party moves: {m.text(change['no_effect'])}.</p>\n"
        )
    for title, found in conflicts(record):
        parts.append(f"<h3>{m.text(title)}</h3>\n{_effects(found, record['years'])}")
    for title, found in sections(record) if record["changes"] else ():
        parts.append(f"<h2>{m.text(title)}</h2>\n" + (_effects(found, record["years"]) or "<p>No money moves.</p>\n"))
    return m.page(f"{TITLE}: {record['place']}", "".join(parts) + "</main>\n")


def _changes(record: Record) -> str:
    rows = [
        [m.head(each["label"]), m.words(m.text(each["cell"])), m.number(f"{each['old']:,.15g}"), m.number(f"{each['new']:,.15g}"), m.words(m.text(each["unit"]))]
        for each in record["changes"]
    ]  # fmt: skip
    return m.table("Each input, as it was sent and as it came back", ("Input", "Cell", "#Sent", "#Came back", "Unit"), rows)


def _effects(found: Sequence[Record], years: Sequence[str]) -> str:
    columns = ("Party", *(f"#{year}" for year in years), f"#{TOTAL}")
    return "".join(
        m.table(
            f"{kind}, £", columns, [[m.head(who), *(m.number("" if each is None else pounds(each)) for each in gbp)] for who, gbp in lines]
        )
        for kind, lines in by_kind(found, years)
    )


# ------------------------------------------------------------------ the sheet


def book_of(record: Record, as_at: str) -> Book:
    """The workbook of one sheet, all of it values: what was changed, and below it what each change is worth."""
    sheet = Sheet(SHEET, TITLE)
    sheet.put(0, 0, "title", f"{TITLE}: {record['place']}")
    row = 2
    for name, value in facts(record):
        sheet.put(row, 0, "strong", name)
        sheet.put(row, 1, "label", value)
        row += 1
    for title, texts in (("Altered, and not taken", record["altered"]), ("Checks that fail", record["failing"])):
        row = _listed(sheet, row + 1, title, texts)
    row = _changed(sheet, row + 1, record)
    for title, found in _blocks(record):
        row = _block(sheet, row + 1, title, found, record["years"])
    sheet.widths = {0: 84, 1: 28, **dict.fromkeys(range(2, 4 + len(record["years"])), 18)}
    sheet.pages_across = 1
    created = dt.datetime.combine(dt.date.fromisoformat(as_at), dt.time(9))
    return Book([sheet], {"title": f"capmodel: {TITLE.lower()}", "author": "capmodel", "created": created}, {})


def _listed(sheet: Sheet, row: int, title: str, texts: Sequence[str]) -> int:
    if not texts:
        return row
    sheet.put(row, 0, "table", title)
    for text in texts:
        row += 1
        sheet.put(row, 0, "label", text)
    return row + 1


def _changed(sheet: Sheet, row: int, record: Record) -> int:
    sheet.put(row, 0, "table", "Inputs that were changed")
    row += 1
    for column, text in enumerate(("Input", "Cell", "Sent", "Came back", "Unit")):
        sheet.put(row, column, "timeline" if column > 1 else "timeline_left", text)
    for change in record["changes"]:
        row += 1
        for column, value in enumerate((change["label"], change["cell"])):
            sheet.put(row, column, "label", value)
        for column, value in ((2, change["old"]), (3, change["new"])):
            sheet.put(row, column, "issued", value, change["unit"])
        sheet.put(row, 4, "unit", f"  {change['unit']}")
    return row + 1


def _blocks(record: Record) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for change in record["changes"]:
        still = f"; no money of any party moves: {change['no_effect']}" if change["no_effect"] else ""
        yield f"{change['label']} ({change['cell']}): {from_to(change)}{still}", change["effects_gbp"]
    yield from conflicts(record)
    if record["changes"]:
        yield from sections(record)


def _block(sheet: Sheet, row: int, title: str, found: Sequence[Record], years: Sequence[str]) -> int:
    sheet.put(row, 0, "table", title)
    if not found:
        return row + 1
    row += 1
    for column, text in enumerate(("Party, £", "", *years, TOTAL)):
        sheet.put(row, column, "timeline" if column > 1 else "timeline_left", text)
    for kind, lines in by_kind(found, years):
        row += 1
        sheet.put(row, 0, "heading", kind)
        for who, gbp in lines:
            row += 1
            sheet.put(row, 0, "label", who)
            for column, value in enumerate(gbp, 2):
                if value is not None:
                    sheet.put(row, column, "record", value, "GBP")
    return row + 1

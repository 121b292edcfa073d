"""Out 18, the tests of every option: what each is worth, alone and in the plan, beside the live figures; and the records behind it.

It stands in a book only where the options were tested. The tests are values with their provenance, on two sheets of records, in the
order in which `capmodel optimise` prints them. The same place gives the same tests again, so that `capmodel verify` compares them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from capmodel.place.option_tables import MONEY, Entry, OptionTable, tables_of_tests
from capmodel.version import __version__
from capmodel.workbook.pages.page import FIRST_ROW, Page, unit_label
from capmodel.workbook.pages.recorded_plan import Fact, answer_facts
from capmodel.workbook.writing.book import Chart, Sheet, address, quoted

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised

TESTS, RECORDED_TESTS, RECORDED_DECISIONS = "Out 18 Option tests", "Recorded tests", "Recorded decisions"
#: The printed tables on each sheet of records.
FIGURES, DECISIONS = slice(0, 3), slice(3, None)
LABEL_WIDTH, FIGURE_WIDTH, WORDS_WIDTH, LINE_HEIGHT = 36, 18, 46, 13.5
BAR_PIXELS, FRAME_PIXELS, ROW_PIXELS = 34, 130, 20
TAKEN, VALUE = ("option", "taken_flag"), ("start", "value_gbp")


def _asked(found: Optimised) -> list[Fact]:
    """What was asked, how the answer was found and from what."""
    place = found.result.place
    others = ", ".join(place.scenarios[name].label for name in found.scenarios)
    asked = f"the best plan of {len(found.tests)} options; each alone, with the other decision on it, and with half its effects"
    return [
        ("What was asked", asked, ""),
        ("Scenarios in which the decisions were tried too", others or "none: the place has one scenario", ""),
        ("What was moved", "each assumption with a declared range, and each option's own effects and cost", ""),
        *answer_facts(found.plan),
        ("Questions asked of the solver", float(found.questions), "count"),
        ("Questions that a plan which was known answered", float(found.spared), "count"),
        ("Answers that are not proved best", float(found.unproved), "count"),
        ("Scenario", place.scenarios[found.result.scenario].label, ""),
        ("Date of the packs", place.pack.as_at, ""),
        *((f"Pack {edition.id}", edition.sha256, "") for edition in place.pack.editions),
        ("Rules", found.result.chain.rules_fingerprint(), ""),
        ("Made by", f"capmodel {__version__}, run {found.result.run_id}", ""),
    ]


def fill_tests(page: Page, records: tuple[Sheet, Sheet], found: Optimised) -> None:
    """Fill the sheet and the two sheets of records behind it.

    Args:
        page: the sheet that is read.
        records: the sheets of recorded figures and of recorded decisions.
        found: the tests of the run that the book is issued of.
    """
    tables = tables_of_tests(found)
    facts = _asked(found)
    row = _facts(records[0], facts)
    records[0].widths = {0: LABEL_WIDTH + 10, **dict.fromkeys(range(1, max(len(each.headings) for each in tables[FIGURES])), FIGURE_WIDTH)}
    firsts = put_tables(records[0], row, tables[FIGURES])
    records[1].put(FIRST_ROW, 0, "words", f"How this was found is on {RECORDED_TESTS}: solver, version, status, bound, gap, packs.")
    records[1].widths = {0: LABEL_WIDTH, 1: WORDS_WIDTH, 2: WORDS_WIDTH, **dict.fromkeys(range(3, 8), FIGURE_WIDTH), 8: WORDS_WIDTH}
    put_tables(records[1], FIRST_ROW + 2, tables[DECISIONS])
    _at_a_glance(page, found, tables, firsts)
    page.keep_together()


def _facts(sheet: Sheet, facts: list[Fact]) -> int:
    """Write the provenance, and return the next free row."""
    for offset, (label, value, unit) in enumerate(facts):
        sheet.put(FIRST_ROW + offset, 0, "label", label)
        sheet.put(FIRST_ROW + offset, 1, "record", value, unit)
    return FIRST_ROW + len(facts) + 1


def put_tables(sheet: Sheet, row: int, tables: tuple[OptionTable, ...]) -> list[int]:
    """Write recorded tables one below the other, and return the first row of figures of each."""
    firsts = []
    for table in tables:
        sheet.blocks.append(row)
        sheet.put(row, 0, "table", table.title)
        for column in range(1, len(table.headings)):
            sheet.put(row, column, "table", None)
        for column, heading in enumerate(table.headings):
            money = any(cells[column].unit == MONEY for cells in table.rows) and not table.title.startswith("Switching")
            text = f"{heading} ({unit_label(MONEY)})" if money else heading
            sheet.put(
                row + 1, column, "timeline_left" if column < table.left or column >= len(table.headings) - table.words else "timeline", text
            )
        sheet.heights[row + 1] = 44
        firsts.append(row + 2)
        for at, cells in enumerate(table.rows, row + 2):
            _row(sheet, at, cells)
        row += len(table.rows) + 3
        if table.note:
            sheet.put(row - 1, 0, "words", table.note)
            row += 1
    return firsts


def _row(sheet: Sheet, row: int, cells: tuple[Entry, ...]) -> None:
    lines = 1
    for column, cell in enumerate(cells):
        words = isinstance(cell.value, str)
        if words and not column:
            sheet.put(row, 0, "label", cell.value)
            continue
        sheet.put(row, column, "record words" if words else "record", _recorded(cell), cell.unit)
        lines = max(lines, -(-len(str(cell.value)) // int(sheet.widths.get(column, FIGURE_WIDTH) - 2))) if words else lines
    if lines > 1:
        sheet.heights[row] = LINE_HEIGHT * lines


def _recorded(cell: Entry) -> float | str:
    """To the penny, other figures to a millionth, so that the same tests give the same record on any machine."""
    return cell.value if isinstance(cell.value, str) else round(cell.value, 2 if cell.unit == MONEY else 6) + 0.0


def _at_a_glance(page: Page, found: Optimised, tables: tuple[OptionTable, ...], firsts: list[int]) -> None:
    """A row an option: the live decision and value beside what was recorded, with a chart; its value is that of the start shown alone."""
    starts = [start.id for start in found.result.place.choices.starts]
    shown_starts = [starts.index(test.alone.start) for test in found.tests]
    worth, cash = tables[0], tables[1]
    shown = [
        ("Chosen now (0 or 1)", None, None),
        ("In the plan as recorded", worth, "Chosen"),
        ("Value alone, now (£)", None, None),
        ("Value alone, as recorded (£)", worth, "Value alone"),
        ("What it adds to the best plan (£)", worth, "Marginal value"),
        ("Lost by the other decision (£)", worth, "Other decision loses"),
        ("Value at half its effects (£)", worth, "Value at half its effects"),
        ("Peak funding (£)", cash, "Peak funding"),
        ("Pays back", cash, "Pays back"),
    ]
    page.note(
        "What each option does alone and what it adds to the best plan. Columns that say now are live; the rest are as recorded, and do not "
        f"follow a changed input. All that was found is on {RECORDED_TESTS} and {RECORDED_DECISIONS}."
    )
    page.row -= 1
    page.note(
        "What an option adds to the plan is the best plan with it less the best plan without it, every other option being chosen anew. Value "
        "is discounted, in money of the first year."
    )
    page.heading("Every option, alone and in the plan", len(shown))
    page.sheet.put(page.row, 0, "timeline_left", "Option")
    page.sheet.heights[page.row] = 44
    first = page.row + 1
    for column, (heading, table, name) in enumerate(shown, 1):
        page.sheet.put(page.row, column, "timeline", heading)
        for line, cells in enumerate(worth.rows):
            if column == 1:
                page.sheet.put(first + line, 0, "label", cells[0].value)
            if table is None:
                if column == 1:
                    page.refer(first + line, column, TAKEN, line, None, "flag")
                else:
                    page.refer(first + line, column, VALUE, shown_starts[line], None, MONEY)
                continue
            at = table.headings.index(name or "")
            cell = table.rows[line][at]
            there = f"{quoted(RECORDED_TESTS)}!{address(firsts[tables.index(table)] + line, at)}"
            page.sheet.put(first + line, column, "formula" if cell.unit else "word", _recorded(cell), cell.unit, formula=there)
    last = first + len(worth.rows) - 1
    page.row = last + 2
    page.sheet.widths = {0: LABEL_WIDTH, **dict.fromkeys(range(1, 1 + len(shown)), FIGURE_WIDTH)}
    _chart(page, first, last)


def _zero_end(page: Page, first: int, last: int, columns: list[int]) -> tuple[bool, bool]:
    """Bars begin at zero, also where all of them lie on one side of it; these figures are recorded and stay there."""
    found = [page.sheet.cells[row, column].value for row in range(first, last + 1) for column in columns]
    values = [value for value in found if isinstance(value, float)]
    return min(values, default=0.0) >= 0, max(values, default=0.0) <= 0


def _chart(page: Page, first: int, last: int) -> None:
    """Bars for each option: its value alone, what it adds to the plan, and its value with half its effects."""
    looks = (("Value alone", 4), ("What it adds to the best plan", 5), ("Value at half its effects", 7))
    height = FRAME_PIXELS + BAR_PIXELS * (last - first + 1)
    categories = page.span(first, last, 0)
    axis = page.money_axis(first, last, [column for _, column in looks])
    above, below = _zero_end(page, first, last, [column for _, column in looks])
    page.sheet.charts.append(
        Chart(
            title="What each option is worth: alone, in the best plan, and if its evidence is half right",
            description="Bar chart of the value of each option alone, of what it adds to the best plan and of its value with half its effects, as recorded; the figures are in the table of this sheet.",
            kind={"type": "bar"},
            series=[{"name": name, "categories": categories, "values": page.span(first, last, column)} for name, column in looks],
            row=page.row,
            column=0,
            value_title=f"Present value, {axis['value_title']}",
            value_format=axis["value_format"],
            category_title="Option",
            from_zero=above,
            to_zero=below,
            size=(1100, height),
        )
    )
    page.row += -(-height // ROW_PIXELS) + 2

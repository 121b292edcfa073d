"""The sheet As issued: every input as the book was issued, beside what stands in the book now, and how many differ.

Whether the checks hold and whether the figures are those that were issued are two questions. `checks` answers the first;
this sheet answers the second by live formulas, and every sheet shows its answer under the master flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from capmodel.workbook.writing.book import Alert, Content, Sheet, address, literal, quoted
from capmodel.workbook.writing.formats import UNIT_LABELS
from capmodel.workbook.writing.timeline import TIMELINE

ISSUED = "As issued"
#: Where the answer stands: how many inputs differ, and the same in words.
COUNT, WORDS, SAME = (TIMELINE + 1, 1), (TIMELINE + 2, 1), (TIMELINE + 3, 1)
HEADINGS = TIMELINE + 5
FIRST = HEADINGS + 1
#: A spreadsheet program keeps fifteen digits of a figure that is entered again, a file of capmodel sixteen.
SAME_SHARE = 1e-14
ABOUT, WHERE, UNIT_OF, THEN, NOW, CHANGED, NUMBER, PACK = range(8)
UNCHANGED = "As issued"
#: How many changed inputs the change log lists.
LISTED = 15
#: A formula cell always holds a value: an empty text is read back as none.
NOTHING = "-"


@dataclass(frozen=True)
class Issue:
    """How the inputs of a book differ from those it was issued with: one row each, with what is counted up to it."""

    rows: tuple[tuple[str, int, int, Content], ...]  # sheet, row, column, content
    issued: Mapping[str, Content]
    numbers: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many inputs differ."""
        return self.numbers[-1] if self.numbers else 0

    @property
    def words(self) -> str:
        """The answer in words."""
        return UNCHANGED if not self.count else f"{self.count} {'inputs' if self.count > 1 else 'input'} changed since issue"

    @property
    def set_for_run(self) -> list[Content]:
        """The figures that the user of the run set, in which the book as issued differs from its packs."""
        return [content for content in self.issued.values() if content.pack is not None]

    @property
    def last(self) -> int:
        """The last row of the list."""
        return FIRST + len(self.rows) - 1

    def changed(self, number: int) -> tuple[str, float, float] | None:
        """The input that is the n-th to differ: what it is, as issued, and now."""
        if number not in self.numbers:
            return None
        *_, content = self.rows[self.numbers.index(number)]
        return content.about, _number(self.issued[content.change]), _number(content)


def issue_of(sheets: Mapping[str, Sheet], issued: Mapping[str, Content]) -> Issue:
    """Compare the inputs on the sheets with those as issued, by the name of the figure."""
    rows = [(name, *place, content) for name, sheet in sheets.items() for place, content in sorted(sheet.cells.items()) if content.is_input]
    numbers, count = [], 0
    for *_, content in rows:
        count += differs(_number(content), _number(issued[content.change]))
        numbers.append(count)
    return Issue(tuple(rows), issued, tuple(numbers))


def differs(now: float, issued: float) -> int:
    """1 where a figure is another one than was issued, as far as spreadsheet programs keep digits; else 0.

    >>> differs(0.1 + 0.2, 0.3), differs(0.31, 0.3), differs(0.0, 0.3)
    (0, 1, 1)
    """
    return int(abs(now - issued) > SAME_SHARE * abs(issued))


def differs_in_excel(now: str, issued: str, same: str) -> str:
    """The same as a formula; a number is below every text, so that a text or an empty cell counts as another figure.

    >>> differs_in_excel("E9", "D9", "$B$7")
    'IF(E9<"",IF(ABS(E9-D9)>$B$7*ABS(D9),1,0),1)'
    """
    return f'IF({now}<"",IF(ABS({now}-{issued})>{same}*ABS({issued}),1,0),1)'


def inputs_in(sheets: Mapping[str, Sheet]) -> dict[str, Content]:
    """Every figure of the packs on some sheets, locked or not, by its name."""
    return {content.change: content for sheet in sheets.values() for _, content in sorted(sheet.cells.items()) if content.change}


def fill_issued(sheet: Sheet, issue: Issue) -> None:
    """Write the answer, and below it every input."""
    count = f"SUM({_span(CHANGED, issue)})"
    sheet.put(COUNT[0], 0, "label", "Inputs changed since issue")
    sheet.put(*COUNT, "formula", float(issue.count), "count", formula=count)
    sheet.put(WORDS[0], 0, "label", "In words, as on every sheet")
    at = address(*COUNT)
    words = f'IF({at}<1,"{UNCHANGED}",{at}&IF({at}>1," inputs"," input")&" changed since issue")'
    sheet.put(*WORDS, "wrapped", issue.words, formula=words)
    sheet.put(SAME[0], 0, "label", "Two figures are the same where they differ by no more than this part")
    sheet.put(*SAME, "record", SAME_SHARE)
    headings = (
        "Input",
        "Where it stands",
        "Unit",
        UNCHANGED,
        "Now",
        "Changed: 1",
        "Changed so far",
        "The pack says, where the figure was set for the run",
    )
    for column, text in enumerate(headings):
        sheet.put(HEADINGS, column, "timeline" if column > WHERE else "timeline_left", text)
    for i, (name, row, column, content) in enumerate(issue.rows):
        _fill_row(sheet, FIRST + i, issue, i, f"{quoted(name)}!{address(row, column)}", content)
    sheet.alerts.append(Alert(FIRST, CHANGED, issue.last, CHANGED, ">", 0))
    sheet.widths = {ABOUT: 84, WHERE: 28, UNIT_OF: 12, THEN: 20, NOW: 20, CHANGED: 11, NUMBER: 11, PACK: 20}
    sheet.frozen, sheet.repeat_rows = (HEADINGS + 1, 1), (0, HEADINGS)


def _fill_row(sheet: Sheet, row: int, issue: Issue, i: int, where: str, content: Content) -> None:
    issued, number = issue.issued[content.change], issue.numbers[i]
    before = issue.numbers[i - 1] if i else 0
    sheet.put(row, ABOUT, "label", content.about)
    sheet.put(row, WHERE, "link", where.replace("'", ""), link=where)
    sheet.put(row, UNIT_OF, "unit", UNIT_LABELS[content.unit])
    sheet.put(row, THEN, "issued", issued.value, content.unit)
    sheet.put(row, NOW, "now", content.value, content.unit, formula=where)
    test = differs_in_excel(address(row, NOW), address(row, THEN), address(*SAME, True, True))
    if issued.pack is not None:
        sheet.put(row, PACK, "issued", issued.pack, content.unit)
    sheet.put(row, CHANGED, "formula", float(number - before), "count", formula=test)
    so_far = f"{address(row - 1, NUMBER)}+{address(row, CHANGED)}" if i else address(row, CHANGED)
    sheet.put(row, NUMBER, "formula", float(number), "count", formula=so_far)


def fill_changes(sheet: Sheet, row: int, issue: Issue) -> None:
    """The first inputs that differ, listed by formulas on the change log: which, as issued, and now."""
    sheet.put(row, 0, "table", "Inputs changed since issue")
    for column, text in enumerate(("No.", "Input", "As issued", "Now")):
        sheet.put(row + 1, column, "timeline_left", text)
    numbers = _span(NUMBER, issue, ISSUED)
    count = f"{quoted(ISSUED)}!{address(*COUNT, True, True)}"
    for n in range(1, LISTED + 1):
        at, found = row + 1 + n, issue.changed(n)
        own = address(at, 0, fixed_column=True)
        sheet.put(at, 0, "wrapped", float(n), "count", formula="1" if n == 1 else f"{address(at - 1, 0)}+1")
        for column, shown in ((1, ABOUT), (2, THEN), (3, NOW)):
            value = NOTHING if found is None else found[column - 1]
            text = f'IF({own}>{count},"{NOTHING}",INDEX({_span(shown, issue, ISSUED)},MATCH({own},{numbers},0)))'
            sheet.put(at, column, "wrapped", value, formula=text)
    sheet.put(
        row + LISTED + 2,
        0,
        "words",
        f"The first {LISTED} are listed, without texts that somebody typed; the sheet {ISSUED} shows all of them.",
    )


def words_cell(here: str) -> str:
    """The cell that says in words whether the book is as issued."""
    return address(*WORDS) if here == ISSUED else f"{quoted(ISSUED)}!{address(*WORDS, True, True)}"


def either(here: str, issue: Issue, as_issued: str, changed: str) -> tuple[str, str]:
    """A sentence for the book as issued and one for a changed book, which opens with the count: its text now, and its formula."""
    count = address(*COUNT) if here == ISSUED else f"{quoted(ISSUED)}!{address(*COUNT, True, True)}"
    formula = f"IF({count}<1,{literal(as_issued)},{words_cell(here)}&{literal(changed)})"
    return (f"{issue.words}{changed}" if issue.count else as_issued), formula


def _span(column: int, issue: Issue, sheet: str = "") -> str:
    span = f"{address(FIRST, column, True, True)}:{address(issue.last, column, True, True)}"
    return f"{quoted(sheet)}!{span}" if sheet else span


def _number(content: Content) -> float:
    assert isinstance(content.value, (int, float)), "an input is a number"
    return float(content.value)

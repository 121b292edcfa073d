"""Finds every difference between two workbooks by what they mean: each with its class, its place, and what was and is there.

Whoever holds a book may change its inputs, and make entries in its sign-off and change log; these differences are `allowed`. Everything
else is not. What programs write on their own when they save a book is no difference: most of it never becomes a fact (`facts` and its
readers say what and why), the rest is in the tables below.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from capmodel.workbook.returned.alignment import Alignment, aligned, with_names
from capmodel.workbook.returned.areas import boxes
from capmodel.workbook.returned.cells import Row, Written
from capmodel.workbook.returned.difference import SHEET, Difference, Value
from capmodel.workbook.returned.drawn import Drawn
from capmodel.workbook.returned.facts import ENTRIES, FIGURES, INPUTS, LABELS, LOOKS, RULES, SECURITY
from capmodel.workbook.returned.formulas import same_formula
from capmodel.workbook.returned.lines import COLUMN, COLUMNS, ROWS, Axis, Lines, with_lines
from capmodel.workbook.returned.looks import Look
from capmodel.workbook.returned.meaning import Meaning, Page, Where, held_by
from capmodel.workbook.returned.read import same_figure
from capmodel.workbook.writing.book import address

#: A row below this height in points, or this part of the height that was sent, cuts what it shows.
LOWEST, LOWEST_PART = 9.0, 0.6
#: By how much programs differ in the width of a column: digits, and a part of it.
WIDTH, WIDTH_PART = 1.0, 0.08
#: By how much programs differ in what a chart covers: columns or rows, and a part of them.
COVERED, COVERED_PART = 1.5, 0.2
#: Objects of a sheet that are compared one by one, and the part of their properties that one and the same object keeps.
MOST_DRAWN, LEAST_ALIKE = 100, 0.5
#: Facts that a program loses when it saves a book, and that hide nothing where they are lost.
MAY_BE_LOST = {"the panes": "LibreOffice without a window keeps no frozen panes", "the page breaks (rows)": "Google Sheets keeps none"}
#: Properties may be lost together, as Google Sheets loses them; one that is lost or changed alone was taken away.
LOST_TOGETHER = (
    "the property",
    "the title",
    "the subject",
    "the creator",
    "the keywords",
    "the description",
    "the category",
    "the Company",
)


def differences(sent: Meaning, returned: Meaning, alignment: Alignment | None = None) -> list[Difference]:
    """Every difference between the workbook that was sent and the one that came back, allowed or not, sheet by sheet.

    Args:
        sent: the workbook that was sent.
        returned: the one that came back.
        alignment: which sheets, rows and columns are which, where it is known already.
    """
    known = alignment or aligned(sent, returned)
    found = [Difference(RULES, old, "", SHEET, old, new) for new, old in known.names.items()]
    returned = with_names(returned, known.names)
    found += _sheets(sent, returned)
    for name, lines in known.lines.items():
        found += _lines(lines, sent.pages[name], returned.pages[name])
    if known.lines:
        sent = with_lines(sent, known.lines)
    alike: dict[tuple[int, int], list[tuple[str, str, str]]] = {}
    held = functools.partial(held_by, returned)
    for name, page in sent.pages.items():
        if name in returned.pages and returned.pages[name] is not page:
            found += _Sheet(page, returned.pages[name], sent.looks, returned.looks, held, alike, known.lines.get(name)).differences()
    common = {"", *(name for name in sent.pages if name in returned.pages)}
    return found + [each for each in _facts(sent, returned, common) if not _is_of_new_line(each, known.lines.get(each.sheet))]


# ---------------------------------------------------------------------- sheets and facts


def _sheets(sent: Meaning, returned: Meaning) -> Iterator[Difference]:
    for name in sent.pages:
        if name not in returned.pages:
            yield Difference(RULES, name, "", SHEET, name, None)
    for name in returned.pages:
        if name not in sent.pages:
            yield Difference(RULES, name, "", SHEET, None, name)
    before, after = ([name for name in book.pages if name in other.pages] for book, other in ((sent, returned), (returned, sent)))
    if before != after:
        moved = next(name for name, other in zip(after, before, strict=True) if name != other)
        yield Difference(LOOKS, "", "", "the order of the sheets", ", ".join(before), f"{', '.join(after)} (from {moved})")


def _lines(known: Lines, sent: Page, returned: Page) -> Iterator[Difference]:
    """The rows or columns that were deleted, inserted or moved, each by its labels."""

    def what(line: int) -> str:
        return f"the {known.called(line)}"

    for line in known.deleted:
        yield Difference(RULES, sent.name, "", what(line), _labels(sent, line, known.axis), None)
    for line in known.inserted:
        yield Difference(RULES, sent.name, "", what(line), None, _labels(returned, line, known.axis))
    for now, line in known.moved.items():
        labels = _labels(sent, line, known.axis)
        yield Difference(RULES, sent.name, "", what(line), f"{labels}, to {known.called(now)}", known.called(now))


def _is_of_new_line(found: Difference, lines: Lines | None) -> bool:
    """True where a fact is about a row or column that was inserted, which is named as such."""
    if lines is None or not lines.inserted:
        return False
    column = COLUMN.match(found.what)
    if column and lines.axis == COLUMNS:
        return int(column[1]) - 1 in lines.inserted
    return any((top, left) == (bottom, right) and lines.is_new((top - 1, left - 1)) for top, left, bottom, right in boxes(found.cell))


def _labels(page: Page, line: int, axis: Axis) -> str:
    """What a row or a column says, from its first texts."""
    found = (cell for where, cell in sorted(page.cells.items()) if where[axis] == line and isinstance(cell.value, str) and cell.value)
    return ", ".join(str(cell.value) for cell in itertools.islice(found, 2)) or "without a label"


def _facts(sent: Meaning, returned: Meaning, sheets: set[str]) -> Iterator[Difference]:
    lost = tuple(name for name in LOST_TOGETHER if not any(what.startswith(name) for _, _, what in returned.facts))
    for key in sent.facts | returned.facts:
        before, after = sent.facts.get(key), returned.facts.get(key)
        sheet, cell, what = key
        if before == after or sheet not in sheets:
            continue
        if after is None and (what in MAY_BE_LOST or what.startswith(lost or "\0")):
            continue
        if before and after and _close_width(what, before[1], after[1]):
            continue
        kind = (before or after or ("", ""))[0]
        yield Difference(kind, sheet, cell, what, before[1] if before else None, after[1] if after else None)


def _close_width(what: str, one: str, other: str) -> bool:
    return what.endswith(": width") and _close(one, other, WIDTH, WIDTH_PART)


def _close(one: str, other: str, by: float, part: float) -> bool:
    first, second = float(one), float(other)
    return abs(first - second) <= max(by, part * max(first, second))


# ---------------------------------------------------------------------- one sheet


@dataclass(frozen=True)
class _Sheet:
    """The differences of one sheet in what its cells hold and look like, its rows, its links and what is drawn over it.

    Attributes:
        sent: the sheet that was sent, with the rows of the one that came back.
        returned: the sheet that came back.
        sent_looks: the looks of the book that was sent.
        looks: the looks of the book that came back.
        held: what the cells of a reference hold in the book that came back.
        alike: how two looks differ, by their numbers; all sheets share it.
        lines: what was done to its rows or columns; those that were inserted are named as such.
    """

    sent: Page
    returned: Page
    sent_looks: list[Look]
    looks: list[Look]
    held: Callable[[str], str]
    alike: dict[tuple[int, int], list[tuple[str, str, str]]]
    lines: Lines | None

    def differences(self) -> Iterator[Difference]:
        yield from self._cells()
        yield from self._rows()
        yield from self._links()
        yield from self._drawn()

    def _is_new(self, at: Where) -> bool:
        return self.lines is not None and self.lines.is_new(at)

    def _found(self, kind: str, at: Where | None, what: str, old: Value, new: Value) -> Difference:
        return Difference(kind, self.sent.name, address(*at) if at else "", what, old, new)

    # ------------------------------------------------------------------ cells

    def _cells(self) -> Iterator[Difference]:
        sent, returned = self.sent, self.returned
        for at, cell in sent.cells.items():
            other = returned.cells.get(at)
            # TRUE equals 1, and is no number.
            if other is None or other[2:4] != cell[2:4] or type(other[2]) is not type(cell[2]) or other.rich != cell.rich:
                yield from self._held(at, cell, other)
            yield from self._look(at, cell, other or returned.empty.get(at))
        for at, cell in sent.empty.items():
            other = returned.cells.get(at)
            if other is not None:
                yield from self._held(at, cell, other)
            yield from self._look(at, cell, other or returned.empty.get(at))
        for at, cell in returned.cells.items():
            if at not in sent.cells and at not in sent.empty and not self._is_new(at):
                yield self._found(_kind_of(cell), at, "the cell", None, _content(cell))
        for at, cell in returned.empty.items():
            if at not in sent.cells and at not in sent.empty and not self._is_new(at):
                yield from self._empty(at, self.looks[cell.look])

    def _held(self, at: Where, cell: Written, other: Written | None) -> Iterator[Difference]:
        """How what a cell holds differs."""
        look = self.sent_looks[cell.look]
        old, new = _content(cell), _content(other)
        if not look.is_locked and not cell.formula:
            yield from self._typed(at, cell, other, is_input=isinstance(cell.value, float) and look.number_format != "@")
            return
        if cell.formula is not None or (other is not None and other.formula is not None):
            same = (
                other is not None and cell.formula is not None and other.formula is not None and same_formula(cell.formula, other.formula)
            )
            if not same:
                yield self._found(RULES, at, "the formula" if cell.formula is not None else _holds(cell.value), old, new)
        elif not _same(cell.value, other.value if other else None):
            yield self._found(FIGURES if isinstance(cell.value, float) else LABELS, at, _holds(cell.value), old, new)
        if other is not None and cell.rich != other.rich:
            yield self._found(LOOKS, at, "how its letters are written", cell.rich or None, other.rich or None)

    def _typed(self, at: Where, cell: Written, other: Written | None, is_input: bool) -> Iterator[Difference]:
        """How an input or an entry differs: inputs take numbers, entries texts and numbers, neither takes a formula."""
        old, new = _content(cell), _content(other)
        if other is not None and other.formula is not None:
            yield self._found(RULES, at, "the input" if is_input else "the entry", old, new)
        elif is_input and not isinstance(other.value if other else None, float):
            yield self._found(FIGURES, at, "the input", old, new)
        elif not _same(cell.value, other.value if other else None):
            yield self._found(INPUTS if is_input else ENTRIES, at, "the input" if is_input else "the entry", old, new)
        if is_input and other is not None and cell.rich != other.rich:
            yield self._found(LOOKS, at, "how its letters are written", cell.rich or None, other.rich or None)

    def _look(self, at: Where, cell: Written, other: Written | None) -> Iterator[Difference]:
        """How the look of a cell differs; a cell that is gone and held nothing to see has lost nothing."""
        if other is None:
            look = self.sent_looks[cell.look]
            if cell.value in (None, "") and cell.formula is None and not look.is_plain:
                yield self._found(LOOKS, at, "the look of an empty cell", dict(look.shown).get("ground"), None)
            return
        pair = (cell.look, other.look)
        known = self.alike.get(pair)
        if known is None:
            known = self.alike[pair] = list(_looks(self.sent_looks[cell.look], self.looks[other.look]))
        for kind, what, values in known:
            old, new = values.split("\0")
            if what == "hides its formula" and cell.formula is None:
                continue
            yield self._found(kind, at, what, old or None, new or None)

    def _empty(self, at: Where, look: Look) -> Iterator[Difference]:
        if not look.is_plain:
            yield self._found(LOOKS, at, "the look of an empty cell", None, dict(look.shown).get("ground"))
        if not look.is_locked:
            yield self._found(SECURITY, at, "locked", "yes", "no")

    # ------------------------------------------------------------------ rows, links and drawings

    def _rows(self) -> Iterator[Difference]:
        new = set(self.lines.inserted) if self.lines and self.lines.axis == ROWS else set()
        for row in sorted((self.sent.rows.keys() | self.returned.rows.keys()) - new):
            before, after = (rows.get(row, Row(None, False)) for rows in (self.sent.rows, self.returned.rows))
            grounds = [_ground(each.look, looks) for each, looks in ((before, self.sent_looks), (after, self.looks))]
            if grounds[0] != grounds[1]:
                yield self._found(LOOKS, None, f"row {row + 1}: the look of empty cells", *grounds)
            if before.is_hidden != after.is_hidden:
                yield self._found(LOOKS, None, f"row {row + 1}: hidden", *("yes" if each.is_hidden else "no" for each in (before, after)))
            elif (after.height is not None and after.height < min(LOWEST, before.height or LOWEST)) or (
                after.height is not None and before.height and after.height < LOWEST_PART * before.height
            ):
                yield self._found(LOOKS, None, f"row {row + 1}: height in points", before.height, after.height)

    def _links(self) -> Iterator[Difference]:
        for where in self.sent.links | self.returned.links:
            before, after = (_link(links.get(where, "")) for links in (self.sent.links, self.returned.links))
            if before != after and not self._leads_to_itself(where, after):
                yield Difference(SECURITY, self.sent.name, where, "the link", before or None, after or None)

    def _leads_to_itself(self, where: str, after: str) -> bool:
        """A program may make a link of an address that a cell shows; it leads where it says."""
        cells = (cell for cell in self.returned.cells.values() if address(cell.row, cell.column) == where)
        shown = str(next(cells, Written(0, 0, "", None, 0)).value).strip().rstrip("/")
        return bool(shown) and after.rstrip("/") in (shown, f"mailto:{shown}", f"http://{shown}", f"https://{shown}")

    def _drawn(self) -> Iterator[Difference]:
        pairs, gone, left = _paired(self.sent.drawn, self.returned.drawn)
        for known, other in pairs:
            yield from self._object(known, other)
        yield from (
            self._found(FIGURES if each.kind == "chart" else LOOKS, (each.row, each.column), each.called, each.kind, None) for each in gone
        )
        for each in left:
            text = each.properties.get("text", "")
            yield self._found(LOOKS, (each.row, each.column), each.called, None, f"{each.kind} over the cells{f': {text}' if text else ''}")

    def _as_in_cells(self, chart: Drawn, name: str, kept: str) -> bool:
        """Whether a chart keeps no figures, or those that its cells hold where inputs were changed."""
        called = f"{name.partition(':')[0]}: {'values' if 'figures' in name else 'categories'}"
        return not kept or kept == self.held(chart.properties.get(called, ""))

    def _object(self, known: Drawn, other: Drawn) -> Iterator[Difference]:
        at = (known.row, known.column)
        if abs(known.row - other.row) > 1 or abs(known.column - other.column) > 1:
            yield self._found(LOOKS, at, f"the place of {known.called}", address(*at), address(other.row, other.column))
        for name in known.properties | other.properties:
            before, after = known.properties.get(name, ""), other.properties.get(name, "")
            if (
                before == after
                or (name.endswith("drawn") and self._as_in_cells(other, name, after))
                or (name.endswith("covered") and (not before or not after or _close(before, after, COVERED, COVERED_PART)))
            ):
                continue
            kind = FIGURES if "figures drawn" in name or "values" in name else LABELS if "title" in name or "name" in name else LOOKS
            yield self._found(kind, at, f"{known.called}, {name}", before or None, after or None)


def _ground(look: int, looks: list[Look]) -> str | None:
    return dict(looks[look].shown)["ground"] if look < len(looks) and not looks[look].is_plain else None


def _paired(sent: list[Drawn], returned: list[Drawn]) -> tuple[list[tuple[Drawn, Drawn]], list[Drawn], list[Drawn]]:
    """Which object of one file is which of another, the most alike first; and those of either that have none."""
    likeness = [
        (_likeness(known, other), -abs(i - j), i, j)
        for i, known in enumerate(sent[:MOST_DRAWN])
        for j, other in enumerate(returned[:MOST_DRAWN])
    ]
    before, after = dict(enumerate(sent)), dict(enumerate(returned))
    pairs = []
    for alike, _, i, j in sorted(likeness, reverse=True):
        if alike >= LEAST_ALIKE and i in before and j in after:
            pairs.append((i, before.pop(i), after.pop(j)))
    return [(known, other) for _, known, other in sorted(pairs, key=lambda pair: pair[0])], list(before.values()), list(after.values())


def _likeness(one: Drawn, other: Drawn) -> float:
    """The part of the properties that two objects share; none where they are of another kind."""
    if one.kind != other.kind:
        return 0.0
    return sum(other.properties.get(name) == value for name, value in one.properties.items()) / max(len(one.properties), 1)


def _looks(sent: Look, returned: Look) -> Iterator[tuple[str, str, str]]:
    """How two looks differ: the class, the property, and both values with a zero between them."""
    if sent.is_locked != returned.is_locked:
        yield SECURITY, "locked", "yes\0no" if sent.is_locked else "no\0yes"
    if sent.is_hidden != returned.is_hidden:
        yield SECURITY, "hides its formula", "no\0yes" if returned.is_hidden else "yes\0no"
    before, after = dict(sent.shown), dict(returned.shown)
    for name in before | after:
        if before.get(name) != after.get(name) and not (name == "number format" and _typed_format(sent, after[name])):
            yield LOOKS, name, f"{before.get(name, '')}\0{after.get(name, '')}"


def _typed_format(sent: Look, now: str) -> bool:
    """Whether an unlocked cell without a format of its own has taken that of what was typed, such as 5% or £5."""
    own = dict(sent.shown)["number format"]
    plain = not any(sign in now for sign in '"\\[;,_*') or now in ("#,##0", "#,##0.00")
    return not sent.is_locked and own in ("general", "@") and plain and any(sign in now for sign in "0#@dmyhsgeneral")


def _holds(value: Value) -> str:
    return "the figure" if isinstance(value, float) else "the text" if value not in (None, "") else "the cell"


def _kind_of(cell: Written) -> str:
    return RULES if cell.formula is not None else FIGURES if isinstance(cell.value, float) else LABELS


def _content(cell: Written | None) -> Value:
    """What a cell holds: its formula with the equals sign, or its value; None where it holds nothing."""
    if cell is None or (cell.formula is None and cell.value in (None, "")):
        return None
    return f"={cell.formula}" if cell.formula is not None else cell.value


def _same(one: Value, other: Value) -> bool:
    """Whether two values are the same as far as a file keeps digits; an empty text and nothing are one."""
    if isinstance(one, float) and isinstance(other, float):
        return same_figure(one, other)
    return (one in (None, "") and other in (None, "")) or (type(one) is type(other) and one == other)


def _link(text: str) -> str:
    return text.replace("'", "").replace("$", "").lstrip("#")

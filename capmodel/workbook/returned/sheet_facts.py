"""The facts of one sheet beside its cells: what it shows and hides, how it is printed and protected, its conditions, choices and links."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from capmodel.workbook.returned.areas import area, boxes, cells_of
from capmodel.workbook.returned.cells import MOST_COLUMNS, unescaped
from capmodel.workbook.returned.facts import BEHAVIOUR, LOOKS, SECURITY, Fact, plain, said
from capmodel.workbook.returned.formulas import canonical
from capmodel.workbook.returned.looks import Look, condition_look
from capmodel.workbook.returned.palette import WHITE, Palette
from capmodel.workbook.returned.tree import Node, as_number

#: Cells up to which what a cell accepts is stated cell by cell.
MOST_CELLS = 20_000
#: Columns and cells that the rules of a sheet together may cover before they are compared as they are written.
ROOM = 400_000
#: What is taken for granted, by element and attribute.
USUAL: dict[str, dict[str, str]] = {
    "sheetView": {
        "showFormulas": "0",
        "showRowColHeaders": "1",
        "showZeros": "1",
        "rightToLeft": "0",
        "showOutlineSymbols": "1",
        "defaultGridColor": "1",
        "view": "normal",
        "zoomScale": "100",
        "windowProtection": "0",
    },
    "pageSetUpPr": {"fitToPage": "0", "autoPageBreaks": "1"},
    "sheetProtection": {
        **dict.fromkeys(("sheet", "objects", "scenarios", "selectLockedCells", "selectUnlockedCells"), "0"),
        **dict.fromkeys(("formatCells", "formatColumns", "formatRows", "insertColumns", "insertRows", "insertHyperlinks"), "1"),
        **dict.fromkeys(("deleteColumns", "deleteRows", "sort", "autoFilter", "pivotTables"), "1"),
    },
    "printOptions": {"headings": "0", "gridLines": "0", "gridLinesSet": "1", "horizontalCentered": "0", "verticalCentered": "0"},
    "pageSetup": {
        "paperSize": "1",
        "scale": "100",
        "fitToWidth": "1",
        "fitToHeight": "1",
        "orientation": "default",
        "pageOrder": "downThenOver",
        "blackAndWhite": "0",
        "draft": "0",
        "cellComments": "none",
        "errors": "displayed",
        "firstPageNumber": "1",
        "useFirstPageNumber": "0",
    },
    "headerFooter": {"differentFirst": "0", "differentOddEven": "0", "scaleWithDoc": "1", "alignWithMargins": "1"},
    "dataValidation": {"errorStyle": "stop", "operator": "between", "allowBlank": "0", "showDropDown": "0", "showErrorMessage": "0", "showInputMessage": "0", "imeMode": "noControl"},
}  # fmt: skip
#: What programs write on their own account: where a reader was last, the printer, and grid lines, which hide nothing.
IGNORED: dict[str, tuple[str, ...]] = {
    "sheetView": ("tabSelected", "colorId", "workbookViewId", "showGridLines", "topLeftCell", "zoomScaleNormal", "zoomScalePageLayoutView", "zoomScaleSheetLayoutView", "showRuler", "showWhiteSpace"),
    "pageSetup": ("horizontalDpi", "verticalDpi", "copies", "usePrinterDefaults", "id"),
}  # fmt: skip
#: Elements that say nothing a reader of figures sees: how far the cells reach, the last selection, guides to pronunciation.
SILENT = ("dimension", "sheetCalcPr", "phoneticPr", "sheetData", "drawing", "legacyDrawing", "mc:AlternateContent")
WORDS = {"sheetView": "the view", "pageSetUpPr": "the print set-up", "pageSetup": "the print set-up", "printOptions": "the print set-up", "headerFooter": "the header and footer"}  # fmt: skip
RULE_DEFAULTS = {"aboveAverage": ("1", "0"), "equalAverage": ("0",), "bottom": ("0",), "percent": ("0",), "rank": ("0",), "stopIfTrue": ("0",), "text": ("",), "stdDev": ("0",)}  # fmt: skip
THINNEST = 0.6  # digits; a column below it cannot be seen
CLOSE_MARGIN = 0.25  # inches by which programs differ in what they take for a margin
PRINTED = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")

Facts = Iterator[Fact]


class SheetFacts:
    """Reads the facts of one sheet."""

    def __init__(self, sheet: str, tree: Node, palette: Palette, conditions: list[str], looks: list[Look]) -> None:
        self.sheet, self.tree, self.palette, self.conditions, self.looks = sheet, tree, palette, conditions, looks
        self.room = ROOM
        self.readers: dict[str, Callable[[Node], Facts]] = {
            "sheetPr": self._properties,
            "sheetViews": self._views,
            "sheetFormatPr": self._usual,
            "cols": self._columns,
            "sheetProtection": self._protection,
            "mergeCells": self._merged,
            "conditionalFormatting": self._conditions,
            "dataValidations": self._validations,
            "hyperlinks": lambda _: iter(()),  # links are read with the cells they lie over
            "printOptions": self._options,
            "pageMargins": self._margins,
            "pageSetup": self._page,
            "headerFooter": self._printed,
            "rowBreaks": self._breaks,
            "colBreaks": self._breaks,
            "ignoredErrors": self._ignored,
            "autoFilter": self._filter,
            "extLst": self._extensions,
        }

    def __iter__(self) -> Facts:
        """Every fact."""
        for node in self.tree.children:
            if node.name not in SILENT:
                yield from self.readers.get(node.name, self._other)(node)
            elif node.name == "mc:AlternateContent":
                yield from (self._fact(LOOKS, f"holds {each.name}", "yes") for branch in node.children for each in branch.children)

    def _fact(self, kind: str, what: str, value: str, cell: str = "") -> Fact:
        return Fact(kind, self.sheet, cell, what, value)

    def _area(self, covered: str) -> str:
        """The cells of a rule in one way, while the rules of the sheet together cover no more than can be worked out at once."""
        self.room -= sum(right - left + 1 for _, left, _, right in boxes(covered))
        return area(covered) if self.room > 0 else covered

    def _other(self, node: Node) -> Facts:
        yield self._fact(BEHAVIOUR, f"holds {node.name.rpartition(' ')[2]}", "yes")

    def _said(self, node: Node, kind: str) -> Facts:
        about = WORDS.get(node.name, node.name)
        for name, value in said(node, USUAL.get(node.name, {}), IGNORED.get(node.name, ())):
            yield self._fact(kind, f"{about}: {name}", value)

    # ------------------------------------------------------------------ what is shown

    def _properties(self, node: Node) -> Facts:
        for name, value in said(node, {"filterMode": "0", "published": "1", "enableFormatConditionsCalculation": "1"}, ("codeName",)):
            yield self._fact(BEHAVIOUR, f"the sheet: {name}", value)
        for child in node.children:
            if child.name == "tabColor":
                yield self._fact(LOOKS, "the colour of its tab", self.palette.colour(child, WHITE))
            elif child.name == "pageSetUpPr":
                yield from self._said(child, LOOKS)

    def _views(self, node: Node) -> Facts:
        for i, view in enumerate(node.all("sheetView")):
            if i:
                yield self._fact(LOOKS, "another view of the sheet", "yes")
                continue
            yield from self._said(view, LOOKS)
            pane = view.first("pane")
            if pane is not None:
                frozen = pane.get("state", "split")
                place = f"{plain(pane.get('xSplit', '0'))} columns and {plain(pane.get('ySplit', '0'))} rows"
                yield self._fact(LOOKS, "the panes", f"{'frozen' if frozen.startswith('frozen') else frozen} at {place}")
                if frozen.startswith("frozen") and view.get("topLeftCell", "A1") != "A1":
                    yield self._fact(LOOKS, "the first cell that can be reached", view.get("topLeftCell"))

    def _usual(self, node: Node) -> Facts:
        if node.is_true("zeroHeight"):
            yield self._fact(LOOKS, "rows that say nothing of their height", "hidden")
        height, width = as_number(node.get("defaultRowHeight", "15")), as_number(node.get("defaultColWidth", "9"))
        if height < THINNEST * 12:
            yield self._fact(LOOKS, "the height of rows that say nothing of it", f"{height:g} points")
        if width < THINNEST * 8:
            yield self._fact(LOOKS, "the width of columns that say nothing of it", f"{width:g} digits")

    def _columns(self, node: Node) -> Facts:
        for column in itertools.islice(node.all("col"), MOST_COLUMNS):
            first, last = (int(as_number(column.get(name, "1"))) for name in ("min", "max"))
            for number in range(max(first, 1), min(last, MOST_COLUMNS) + 1):
                where = f"column {number}"
                if column.is_true("hidden"):
                    yield self._fact(LOOKS, f"{where}: hidden", "yes")
                look = column.get("style", "0")
                if look.isdecimal() and int(look) < len(self.looks) and not self.looks[int(look)].is_plain:
                    yield self._fact(LOOKS, f"{where}: the look of empty cells", dict(self.looks[int(look)].shown)["ground"])
                if column.is_true("customWidth") and not column.is_true("hidden"):
                    yield self._fact(LOOKS, f"{where}: width", f"{as_number(column.get('width')):.1f}")

    def _merged(self, node: Node) -> Facts:
        for each in node.all("mergeCell"):
            yield self._fact(LOOKS, "merged cells", "yes", each.get("ref"))

    # ------------------------------------------------------------------ conditions and choices

    def _conditions(self, node: Node, over: str = "") -> Facts:
        covered = over or node.get("sqref")
        for rule in node.all("cfRule"):
            look = self._look(rule)
            formulas = " and ".join(canonical(each.text) for each in rule.all("formula"))
            more = [
                f"{name} {value}"
                for name, value in said(rule, {}, ("type", "priority", "dxfId", "operator", "id"))
                if value not in RULE_DEFAULTS.get(name, ())
            ]
            drawn = [_described(each) for each in rule.children if each.name not in ("formula", "extLst")]
            words = " ".join(each for each in (rule.get("type"), rule.get("operator"), formulas, *more, *drawn) if each)
            yield self._fact(LOOKS, f"the conditional format {words}: {look or 'no look'}", self._area(covered))

    def _look(self, rule: Node) -> str:
        number = rule.get("dxfId")
        return self.conditions[int(number)] if number.isdecimal() and len(number) < 8 and int(number) < len(self.conditions) else ""

    def _validations(self, node: Node) -> Facts:
        for rule in node.all("dataValidation"):
            yield from self._validation(rule, rule.get("sqref"))

    def _validation(self, rule: Node, over: str) -> Facts:
        words = _accepted(rule)
        beside = {name: plain(unescaped(rule.get(name))) for name in ("promptTitle", "prompt", "errorTitle", "error")}
        cells = cells_of(over, min(self.room, MOST_CELLS))
        self.room -= len(cells or ())
        for cell in [self._area(over)] if cells is None else cells:
            yield self._fact(BEHAVIOUR, "what the cell accepts", words, cell)
            for name, text in beside.items():
                if text:
                    yield self._fact("labels and sources", f"what the cell says ({name})", text, cell)

    def _ignored(self, node: Node) -> Facts:
        for each in node.all("ignoredError"):
            for name, _ in said(each, {}, ("sqref",)):
                yield self._fact(BEHAVIOUR, f"warnings that are not shown: {name}", self._area(each.get("sqref")))

    def _filter(self, node: Node) -> Facts:
        yield self._fact(BEHAVIOUR, "a filter, which may hide rows", node.get("ref"))

    def _extensions(self, node: Node) -> Facts:
        """What newer programs keep in an extension: conditions and choices like any other, and anything else by its name."""
        for extension in node.children:
            for holder in extension.children:
                if holder.name == "x14:conditionalFormattings":
                    for each in holder.children:
                        yield from self._extended(each)
                elif holder.name == "x14:dataValidations":
                    for rule in holder.children:
                        yield from self._validation(_renamed(rule), _words(rule, "xm:sqref"))
                else:
                    yield self._fact(LOOKS, f"holds {holder.name.rpartition(' ')[2]}", "yes")

    def _extended(self, node: Node) -> Facts:
        for rule in node.children:
            if rule.name != "x14:cfRule":
                continue
            dxf = next((each for each in rule.children if each.name == "x14:dxf"), None)
            look = condition_look(dxf, self.palette) if dxf else ""
            formulas = " and ".join(canonical(each.text) for each in rule.children if each.name == "xm:f")
            drawn = [_described(each) for each in rule.children if each.name not in ("x14:dxf", "xm:f")]
            words = " ".join(each for each in (rule.get("type"), rule.get("operator"), formulas, *drawn) if each)
            yield self._fact(LOOKS, f"the conditional format {words}: {look or 'no look'}", self._area(_words(node, "xm:sqref")))

    # ------------------------------------------------------------------ protection and print

    def _protection(self, node: Node) -> Facts:
        secret = ("password", "hashValue", "saltValue", "spinCount", "algorithmName")
        if any(node.get(name) for name in ("password", "hashValue")):
            yield self._fact(SECURITY, "a password of the protection", "yes")
        if not node.is_true("sheet"):
            return
        yield self._fact(SECURITY, "the protection of the sheet", "yes")
        for name, value in said(node, USUAL["sheetProtection"], (*secret, "sheet")):
            yield self._fact(SECURITY, f"the protection of the sheet: {name}", value)

    def _options(self, node: Node) -> Facts:
        yield from self._said(node, LOOKS)

    def _margins(self, node: Node) -> Facts:
        for name in ("left", "right", "top", "bottom"):
            yield self._fact(
                LOOKS, f"the margin {name}", f"{round(as_number(node.get(name, '0')) / CLOSE_MARGIN) * CLOSE_MARGIN:g} inches or so"
            )

    def _page(self, node: Node) -> Facts:
        set_up = self.tree.first("sheetPr", "pageSetUpPr")
        fits = set_up is not None and set_up.is_true("fitToPage")
        for fact in self._said(node, LOOKS):
            # A sheet that fits its pages has no scale of its own, and one with a scale fits nothing.
            if not fact.what.endswith(("fitToWidth", "fitToHeight") if not fits else ("scale",)):
                yield fact

    def _printed(self, node: Node) -> Facts:
        yield from self._said(node, LOOKS)
        for each in node.children:
            if each.name in PRINTED and each.text.strip():
                yield self._fact(LOOKS, f"the printed {each.name}", " ".join(each.text.split()))

    def _breaks(self, node: Node) -> Facts:
        at = sorted(int(as_number(each.get("id", "0"))) for each in node.all("brk") if each.is_true("man"))
        if at:
            yield self._fact(LOOKS, f"the page breaks ({'rows' if node.name == 'rowBreaks' else 'columns'})", " ".join(map(str, at)))


def _accepted(rule: Node) -> str:
    """What a cell accepts, in words; a list has no operator, and only a range has two bounds."""
    kind, operator = rule.get("type", "none"), rule.get("operator", "between")
    bounds = [canonical(each.text or each.words()) for each in rule.children if each.name in ("formula1", "formula2")]
    if kind in ("list", "custom") or operator not in ("between", "notBetween"):
        bounds = bounds[:1]
    sign = "" if kind in ("list", "custom", "none") else f" {operator}"
    more = [name for name in ("showErrorMessage", "showInputMessage") if not rule.is_true(name)]
    more += [name for name in ("showDropDown",) if rule.is_true(name)]
    style = rule.get("errorStyle", "stop")
    more += [style] if style != "stop" else []
    return f"{kind}{sign} {' and '.join(bounds)}{', ' if more else ''}{', '.join(f'not {name}' if name.startswith('showE') or name.startswith('showI') else name for name in more)}".strip()


def _described(node: Node) -> str:
    inside = " ".join(_described(each) for each in node.children)
    return " ".join(each for each in (node.name, *(f"{name}={value}" for name, value in said(node, {})), node.text.strip(), inside) if each)


def _renamed(rule: Node) -> Node:
    """A rule of an extension as a rule of the sheet."""
    return Node(
        "dataValidation", rule.attributes, [Node(each.name.removeprefix("x14:"), {}, each.children, each.text) for each in rule.children]
    )


def _words(node: Node, name: str) -> str:
    return next((each.words() for each in node.children if each.name == name), "")

"""What lies over the cells of a sheet: each chart with its kind, titles, series, axes and cached figures, and each picture or shape.

A chart is a mapping from a property to its value; which chart of one file is which of another is found by `differences`. What a program
adds of its own (text sizes, thin lines, marks of every series) is left out; any other element of a chart is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from capmodel.workbook.returned.facts import plain
from capmodel.workbook.returned.formulas import canonical, canonical_format
from capmodel.workbook.returned.package import Relation
from capmodel.workbook.returned.tree import Node, as_number

KINDS = ("barChart", "bar3DChart", "lineChart", "line3DChart", "scatterChart", "areaChart", "area3DChart", "pieChart", "pie3DChart", "doughnutChart", "ofPieChart", "radarChart", "surfaceChart", "surface3DChart", "stockChart", "bubbleChart")  # fmt: skip
LINES = ("lineChart", "scatterChart", "radarChart", "stockChart")
AXES = ("catAx", "valAx", "dateAx", "serAx")
#: Elements of a chart that no book has and no program adds by itself: they draw more, or other, than the figures.
FURTHER = ("trendline", "errBars", "userShapes", "dTable", "upDownBars", "hiLowLines", "dropLines", "pivotSource", "externalData", "clrMapOvr", "dispUnits", "bandFmts", "pictureOptions", "blipFill")  # fmt: skip
LABELS = ("showVal", "showCatName", "showSerName", "showPercent", "showBubbleSize")
PIXELS, EMU = 7, 9_525


@dataclass
class Drawn:
    """One object over the cells: what it is, its place and its properties."""

    kind: str  # chart, picture, shape
    name: str
    row: int
    column: int
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """The object as a message names it."""
        title = self.properties.get("title", "")
        return f"the {self.kind} {title or self.name!r}" if not title else f"the {self.kind} {title!r}"


def drawn_on(part: str, trees: Mapping[str, Node], relations: tuple[Relation, ...]) -> list[Drawn]:
    """The objects over the cells of the sheet in a part, in their order."""
    found: list[Drawn] = []
    for drawing in (each.target for each in relations if each.source == part and each.kind == "drawing"):
        charts = {each.name: each.target for each in relations if each.source == drawing}
        tree = trees.get(drawing)
        for anchor in tree.children if tree else []:
            found.append(_object(anchor, charts, trees))
    return found


def _object(anchor: Node, charts: Mapping[str, str], trees: Mapping[str, Node]) -> Drawn:
    start = anchor.first("from")
    row, column = (int(float(plain(_text(start, name)) or 0)) for name in ("row", "col")) if start else (0, 0)
    about = next(anchor.within("cNvPr"), None)
    name = about.get("name") if about else ""
    chart = next((each for each in anchor.within("chart") if each.get("id")), None)
    tree = trees.get(charts.get(chart.get("id"), "")) if chart else None
    if tree is None or any(each.name in ("pic", "sp", "cxnSp", "grpSp", "mc:AlternateContent") for each in anchor.children):
        words = " ".join(" ".join(each.text for each in anchor.within("t")).split())
        kind = "picture" if next(anchor.within("pic"), None) else "shape"
        return Drawn(kind, name or "without a name", row, column, {"text": words[:200]})
    found = Drawn("chart", name, row, column, dict(_chart(tree)))
    if about is not None and about.is_true("hidden"):
        found.properties["hidden"] = "yes"
    found.properties |= _size(anchor, start)
    return found


def _size(anchor: Node, start: Node | None) -> dict[str, str]:
    """How many columns and rows it covers; a program that keeps its size in another way says nothing here."""
    end = anchor.first("to")
    if start is None or end is None:
        return {}
    rows, columns = (_reach(start, end, name, one) for name, one in (("row", 190_500), ("col", 609_600)))
    return {"rows covered": f"{rows:.1f}", "columns covered": f"{columns:.1f}"}


def _reach(start: Node, end: Node, name: str, one: int) -> float:
    return sum(
        sign * (as_number(_text(node, name)) + min(as_number(_text(node, f"{name}Off")) / one, 1.0))
        for sign, node in ((-1, start), (1, end))
    )


def _chart(tree: Node) -> Iterator[tuple[str, str]]:
    chart = tree.first("chart") or Node("chart")
    plot = chart.first("plotArea") or Node("plotArea")
    yield "title", _words(chart.first("title"))
    legend = chart.first("legend")
    # A legend left out of some series names them.
    yield "legend", "none" if legend is None else f"without {sorted(_value(each, 'idx') for each in legend.all('legendEntry'))}"
    yield "hidden cells drawn", "no" if _value(chart, "plotVisOnly", "1") == "1" else "yes"
    for i, group in enumerate(each for each in plot.children if each.name in KINDS):
        about = " ".join(_value(group, name) for name in ("barDir", "grouping", "scatterStyle") if _value(group, name))
        yield f"kind {i + 1}", f"{group.name} {about}"
        for j, series in enumerate(group.all("ser")):
            yield from _series(series, f"series {i + 1}.{j + 1}", group.name in LINES)
    axes = [each for each in plot.children if each.name in AXES]
    yield "axes", str(len(axes))
    for i, axis in enumerate(axes):
        yield from _axis(axis, f"axis {i + 1}")
    for name in FURTHER:
        if any(not _is_unseen(each) for each in tree.within(name)):
            yield f"holds {name}", "yes"


def _is_unseen(node: Node) -> bool:
    """Whether an element is drawn with lines that cannot be seen, as LibreOffice writes lines between highs and lows."""
    return node.first("spPr", "ln", "noFill") is not None


def _series(node: Node, called: str, is_line: bool) -> Iterator[tuple[str, str]]:
    yield f"{called}: name", _reference(node.first("tx"))
    for name in ("cat", "xVal", "val", "yVal", "bubbleSize"):
        part = node.first(name)
        if part is not None:
            yield f"{called}: {'categories' if name in ('cat', 'xVal') else 'values'}", _reference(part)
            if name in ("val", "yVal"):
                yield f"{called}: figures drawn", _cached(part)
            else:
                yield f"{called}: categories drawn", _cached(part)
    yield f"{called}: colour", _series_colour(node, is_line)
    for i, point in enumerate(node.all("dPt")):
        yield f"{called}: point {_value(point, 'idx') or i}", _fill(point.first("spPr"))
    labels = node.first("dLbls")
    shown = [name for name in LABELS if labels is not None and any(_value(each, name) == "1" for each in (labels, *labels.all("dLbl")))]
    own = " ".join(_words(each) for each in (labels.all("dLbl") if labels else ()))
    if shown or own.strip():
        number = labels.first("numFmt") if labels else None
        yield f"{called}: labels", " ".join((*shown, own, canonical_format(number.get("formatCode")) if number else "")).strip()


def _axis(node: Node, called: str) -> Iterator[tuple[str, str]]:
    scaling = node.first("scaling") or Node("scaling")
    yield f"{called}: title", _words(node.first("title"))
    for name, usual in (("min", ""), ("max", ""), ("logBase", ""), ("orientation", "minMax")):
        value = plain(_value(scaling, name, usual))
        if value != usual:
            yield f"{called}: {name}", value
    number = node.first("numFmt")
    if number is not None and not number.is_true("sourceLinked"):
        yield f"{called}: number format", canonical_format(number.get("formatCode"))
    if _value(node, "delete", "0") == "1":
        yield f"{called}: removed", "yes"
    if _value(node, "tickLblPos", "nextTo") == "none":
        yield f"{called}: figures beside it", "none"
    crosses = plain(_value(node, "crossesAt"))
    if crosses:
        yield f"{called}: crosses at", crosses


def _reference(node: Node | None) -> str:
    """The cells a part of a series is drawn from, or the text it is given."""
    if node is None:
        return ""
    formula = next(node.within("f"), None)
    if formula is None:
        return " ".join(each.text for each in node.within("v"))
    found = canonical(formula.text).replace("$", "")
    return found.strip('"')


def _cached(node: Node) -> str:
    """The figures or texts kept with a series, to twelve digits."""
    points = sorted((int(as_number(each.get("idx", "0"))), _words(each)) for each in node.within("pt"))
    return "; ".join(shortened(text) for _, text in points if text != "")


def shortened(text: str) -> str:
    """A figure to the digits that all programs keep; any other text as it is."""
    try:
        return f"{float(text):.12g}"
    except ValueError:
        return text


def _series_colour(node: Node, is_line: bool) -> str:
    """The colour of bars or areas, or of the line and the marks of a series that is drawn as a line."""
    if not is_line:
        return _fill(node.first("spPr"))
    symbol = node.first("marker", "symbol")
    marks = "" if symbol is None or symbol.get("val") == "none" else f" with marks in {_fill(node.first('marker', 'spPr'))}"
    return f"{_fill(node.first('spPr', 'ln'))}{marks}"


def _fill(node: Node | None) -> str:
    if node is None:
        return ""
    solid = node.first("solidFill")
    if solid is None:
        return "none" if node.first("noFill") is not None else ""
    return solid.children[0].get("val").upper() if solid.children else ""


def _value(node: Node, name: str, otherwise: str = "") -> str:
    found = node.first(name)
    return found.get("val", "1") if found is not None else otherwise


def _words(node: Node | None) -> str:
    """The text of a title or label, or the cell that it is taken from."""
    if node is None:
        return ""
    formula = next(node.within("f"), None)
    if formula is not None:
        return canonical(formula.text)
    return re.sub(r"\s+", " ", "".join(each.text for name in ("t", "v") for each in node.within(name))).strip()


def _text(node: Node, name: str) -> str:
    found = node.first(name)
    return found.text if found else ""

"""Writes a book with xlsxwriter: a thin wrapper that checks every call, because xlsxwriter says nothing when it drops a cell.

The same book gives the same bytes: the date is fixed and nothing depends on the machine. The file is written beside its
place and renamed, so that an existing workbook is replaced whole or not at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from capmodel.algebra.check import FAILED, OK
from capmodel.errors import CapmodelError
from capmodel.files import written_whole
from capmodel.workbook.writing.book import LONGEST_FORMULA, Book, Chart, Content, Sheet, column_name
from capmodel.workbook.writing.formats import AMBER, FAIL, FAINT, FONT, FOOTER, LINE, PALETTE, PASS, style
from capmodel.workbook.writing.page_xml import QuickSheet
from capmodel.workbook.writing.printed import page_breaks, print_scale

#: A property takes no more, and xlsxwriter leaves a longer one out without an error.
LONGEST_PROPERTY = 255


def write(book: Book, path: Path) -> Path:
    """Write a book to a file.

    Raises:
        CapmodelError: a cell could not be written, or the folder does not take the file.
    """
    with written_whole(path) as beside:
        try:
            _Writer(book, str(beside)).write()
        except FileCreateError as error:
            raise OSError(error.args[0].errno, error.args[0].strerror) from error
    return path


class _Writer:
    def __init__(self, book: Book, path: str) -> None:
        self.book = book
        options: dict[str, Any] = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        # Widths are counted in digits of the default font, which therefore is the one that cells are written in.
        options |= {"default_format_properties": {"font_name": FONT["font_name"], "font_size": FONT["font_size"]}}
        self.file = xlsxwriter.Workbook(path, options)
        self.formats: dict[tuple[str, str], Any] = {}

    def write(self) -> None:
        self.file.set_properties(self.book.properties)
        for name, value in self.book.custom.items():
            if len(value) > LONGEST_PROPERTY:
                raise CapmodelError(f"the property {name} is longer than a workbook takes: {value[:60]}...")
            self.file.set_custom_property(name, value)
        self.passing, self.failing, self.amber, self.faint = (self.file.add_format(look) for look in (PASS, FAIL, AMBER, FAINT))
        for sheet in self.book.sheets:
            self._sheet(sheet)
        self.file.close()

    def _format(self, role: str, unit: str) -> Any:
        key = (role, unit)
        if key not in self.formats:
            self.formats[key] = self.file.add_format(style(role, unit))
        return self.formats[key]

    def _sheet(self, sheet: Sheet) -> None:
        page = self.file.add_worksheet(sheet.name, QuickSheet)
        for column, width in sheet.widths.items():
            page.set_column(column, column, width)
        for row, height in sheet.heights.items():
            page.set_row(row, height)
        for (row, column), content in sorted(sheet.cells.items()):
            self._cell(page, sheet.name, row, column, content)
        if sheet.frozen != (0, 0):
            page.freeze_panes(*sheet.frozen)
        for validation in sheet.validations:
            place = (validation.row, validation.column, validation.last_row, validation.last_column)
            _checked(page.data_validation(*place, validation.rule), sheet.name, place)
        for row, column in sheet.verdicts:
            for text, look in ((OK, self.passing), (FAILED, self.failing)):
                rule = {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": look}
                _checked(page.conditional_format(row, column, row, column, rule), sheet.name, (row, column))
        for alert in sheet.alerts:
            place = (alert.row, alert.column, alert.last_row, alert.last_column)
            value = f'"{alert.value}"' if isinstance(alert.value, str) else alert.value
            rule = {"type": "cell", "criteria": alert.criteria, "value": value, "format": self.amber}
            _checked(page.conditional_format(*place, rule), sheet.name, place)
        if sheet.faint:
            rule = {"type": "cell", "criteria": "==", "value": 0, "format": self.faint}
            _checked(page.conditional_format(*sheet.faint, rule), sheet.name, sheet.faint)
        for chart in sheet.charts:
            self._chart(page, sheet.name, chart)
        page.hide_gridlines(2)
        page.protect("", {"format_columns": True, "format_rows": True, "select_locked_cells": True, "select_unlocked_cells": True})
        page.set_paper(9)
        page.set_portrait() if sheet.portrait else page.set_landscape()
        breaks = page_breaks(sheet)
        if breaks or sheet.blocks:
            # Excel pays no heed to breaks where it fits a sheet to pages.
            page.set_print_scale(print_scale(sheet))
            page.set_h_pagebreaks(breaks)
        else:
            page.fit_to_pages(sheet.pages_across, sheet.pages_down)
        if sheet.pages_across > 1:
            page.repeat_columns(0, 3)
        page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        page.set_footer(FOOTER)
        if sheet.repeat_rows:
            page.repeat_rows(*sheet.repeat_rows)

    def _cell(self, page: Any, name: str, row: int, column: int, content: Content) -> None:
        look = self._format(content.role, content.unit)
        if content.formula:
            if len(content.formula) > LONGEST_FORMULA:
                raise CapmodelError(f"{name}!{column_name(column)}{row + 1}: the formula is longer than Excel takes")
            result = page.write_formula(row, column, f"={content.formula}", look, content.value)
        elif content.link:
            result = page.write_url(row, column, f"internal:{content.link}", look, str(content.value))
        elif content.value is None:
            result = page.write_blank(row, column, None, look)
        elif isinstance(content.value, str):
            result = page.write_string(row, column, content.value, look)
        else:
            result = page.write_number(row, column, content.value, look)
        _checked(result, name, (row, column))

    def _chart(self, page: Any, name: str, chart: Chart) -> None:
        drawn = self.file.add_chart(chart.kind)
        filled = chart.kind["type"] in ("bar", "column")
        for i, series in enumerate(chart.series):
            drawn.add_series({"fill": {"color": PALETTE[i % len(PALETTE)]}, "gap": 60, **series} if filled else series)
        if chart.lines:
            over = self.file.add_chart({"type": "line"})
            for series in chart.lines:
                over.add_series(series)
            drawn.combine(over)
        font = {"name": FONT["font_name"], "size": 9}
        lines = {"major_gridlines": {"visible": True, "line": {"color": LINE}}}
        drawn.set_title({"name": chart.title, "name_font": {"name": FONT["font_name"], "size": 12, "bold": True}, "overlay": False})
        categories: dict[str, Any] = {"num_font": font, "label_position": "low"}
        if chart.category_title:
            categories |= {"name": chart.category_title, "name_font": font, "num_format": chart.category_format}
        if chart.category_range:
            categories |= {"min": chart.category_range[0], "max": chart.category_range[1]}
        values: dict[str, Any] = {"num_font": font, "name": chart.value_title, "name_font": font, "num_format": chart.value_format}
        if chart.from_zero:
            values["min"] = 0
        if chart.to_zero:
            values["max"] = 0
        if chart.kind["type"] == "bar":
            # The categories of a bar chart run up the y axis; the first one belongs at the top.
            drawn.set_y_axis({**categories, "reverse": True})
            drawn.set_x_axis({**values, "label_position": "high", **lines})
        else:
            drawn.set_x_axis({**categories, **lines} if chart.kind["type"] == "scatter" else categories)
            drawn.set_y_axis({**values, **({} if filled else {"label_position": "low"}), **lines})
        drawn.set_legend(
            {"position": "bottom", "font": font, "delete_series": list(chart.without_legend)} if chart.legend else {"none": True}
        )
        drawn.set_size({"width": chart.size[0], "height": chart.size[1]})
        _checked(page.insert_chart(chart.row, chart.column, drawn, {"description": chart.description}), name, (chart.row, chart.column))


def _checked(result: int | None, sheet: str, place: tuple[int, ...]) -> None:
    """A negative answer from xlsxwriter means that something was dropped."""
    if result:
        raise CapmodelError(f"{sheet}!{column_name(place[1])}{place[0] + 1} could not be written (xlsxwriter answered {result})")

"""The sheets of the steps beside the chain: labels, headings, axes, and how they are printed."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import place_kinds
import pytest

import capmodel
from capmodel.workbook.pages.step_page import left_of
from capmodel.workbook.writing.book import Chart, Content, Sheet
from capmodel.workbook.writing.printed import FILLED, PAGE_PIXELS, PAGE_POINTS, ROW_POINTS, page_breaks, print_scale


@pytest.fixture(scope="module")
def books(small: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The workbook of a place of each kind."""
    written = {}
    for kind in ("packages", "pool"):
        packs = Path(shutil.copytree(small.folder.parents[1], tmp_path_factory.mktemp(kind) / "assumptions"))
        folder = place_kinds.of_kind(kind, packs / "places" / small.folder.name, small.result)
        written[kind] = packs / f"{kind}.xlsx"
        capmodel.load(folder).run().to_workbook(written[kind])
    return written


def column_a(book: Path, sheet: str) -> list[str]:
    """The texts of the first column of a sheet."""
    return [str(cell.value) for cell in openpyxl.load_workbook(book)[sheet]["A"] if cell.value is not None]


def test_the_heading_of_a_block_says_what_its_lines_are(books: dict[str, Path]) -> None:
    texts = column_a(books["packages"], "Out 10 Packages")
    assert texts[texts.index("Cost") + 1] == "Month (£)"
    assert texts[texts.index("Cost of staff") + 1] == "Role (£)"
    texts = column_a(books["pool"], "Out 9 Pool")
    assert texts[texts.index("Allocated to the line") + 1] == "Line (£)"
    assert texts[texts.index("Put in") + 1] == "Partner (£)"


@pytest.mark.parametrize(("kind", "sheet"), [("packages", "Out 10 Packages"), ("pool", "Out 9 Pool")])
def test_no_two_blocks_of_a_sheet_have_one_title_and_no_label_says_a_name_twice(kind: str, sheet: str, books: dict[str, Path]) -> None:
    cells = [cell for row in openpyxl.load_workbook(books[kind])[sheet].iter_rows(max_col=1, min_row=5) for cell in row if cell.value]
    titles = [cell.value for cell in cells if cell.font.b and cell.fill.fgColor.rgb == "FFD9E2F3"]
    assert len(titles) == len(set(titles)) > 3
    for cell in cells:
        parts = str(cell.value).split(", ")
        assert len(parts) == len(set(parts)), cell.value


def test_blocks_are_kept_on_a_page_and_a_sheet_of_blocks_is_as_wide_as_its_chart() -> None:
    sheet = Sheet("Out", "Out", {(row, 0): Content("label", "a") for row in range(60)}, widths={0: 40}, blocks=[0, 20, 45])
    room = FILLED * PAGE_POINTS / (print_scale(sheet) / 100) / ROW_POINTS
    assert page_breaks(sheet) == [20, 45] and 20 < room < 45
    wide = print_scale(sheet)
    sheet.charts.append(Chart("Cost", "Cost", {"type": "column"}, [], row=45, column=0, size=(1400, 300)))
    assert print_scale(sheet) < wide


def test_an_axis_of_pounds_is_in_a_unit_in_which_its_figures_can_be_read(books: dict[str, Path]) -> None:
    with zipfile.ZipFile(books["packages"]) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    assert charts and all("£ million" not in chart for chart in charts)


def test_a_table_of_the_place_alone_is_headed_in_total() -> None:
    from capmodel.care_budgets.packages.totals import package_all

    assert left_of(package_all) == "In total"


def test_a_line_of_text_that_runs_on_is_on_the_printed_page_to_its_end() -> None:
    # The line of Birmingham's frontier, whose last four letters were printed on a page of their own.
    text = Content("subtitle", "x" * len("Birmingham, intermediate care; scenario in use: Base case; aggregate data; figures marked illustrative are invented, and results based on them are no evidence"))  # fmt: skip
    widths = {0: 52, **dict.fromkeys(range(1, 12), 20)}
    sheet = Sheet("Out", "Out", {(2, 1): text}, widths=widths, blocks=[0])
    assert 5.7 * len(text.value) > 6 * (7 * 20 + 5), "six columns are too few for letters as wide as LibreOffice draws them"
    assert print_scale(sheet) == int(100 * FILLED * PAGE_PIXELS / (7 * 52 + 5 + 7 * (7 * 20 + 5)))

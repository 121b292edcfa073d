"""Cells of a book as the engine has worked it out: its inputs, and where another program differs."""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.workbook.writing.book import Book, Content, address


def same(one: Any, other: Any) -> bool:
    """To half a penny in pounds, and to nine digits where a figure is small."""
    if isinstance(one, str) or isinstance(other, str) or one is None or other is None:
        return (one or "") == (other or "")
    return abs(one - other) <= min(0.005, 1e-9 * max(1.0, abs(one)) + 1e-8)


def differences(book: Book, values: dict[tuple[str, int, int], Any]) -> list[str]:
    """The formula cells of a book of the engine whose recalculated value is another."""
    return [
        f"{sheet.name}!{address(row, column)}: engine {content.value}, recalculated {values.get((sheet.name, row, column))}"
        for sheet in book.sheets
        for (row, column), content in sheet.cells.items()
        if content.formula and not same(content.value, values.get((sheet.name, row, column)))
    ]


def inputs(book: Book) -> dict[str, tuple[tuple[str, int, int], Content]]:
    return {
        content.change: ((sheet.name, *place), content)
        for sheet in book.sheets
        for place, content in sheet.cells.items()
        if content.is_input
    }


def asides(book: Book, sheet: str) -> dict[int, int]:
    """The columns of the words beside inputs, such as "no effect", by row."""
    return {row: column for (row, column), content in book.sheet(sheet).cells.items() if content.role == "aside"}


def word_beside(book: Book, place: tuple[str, int, int]) -> str:
    """The word beside an input; empty where there is none."""
    columns = asides(book, place[0])
    return str(book.sheet(place[0]).cells[place[1], columns[place[1]]].value) if place[1] in columns else ""


def input_cell(book: Book, change: str) -> tuple[str, str]:
    (sheet, row, column), _ = inputs(book)[change]
    return sheet, address(row, column)


def perturbed(content: Content, random: np.random.Generator) -> float:
    """Another figure of the same kind, drawn at random."""
    assert isinstance(content.value, float)
    if content.unit == "flag":
        return 1 - content.value
    if content.unit == "share":
        towards = 1 if content.value < 0.03 else -1 if content.value > 0.97 else float(random.choice([-1, 1]))
        return round(content.value + towards * float(random.uniform(0.001, 0.03)), 6)
    if content.unit == "GBP" and content.value == 0:
        return round(float(random.uniform(0, 1_000_000)), 2)
    return round(content.value * float(random.uniform(0.8, 1.25)), 4)

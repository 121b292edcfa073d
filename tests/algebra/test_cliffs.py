"""A figure that is exactly on a cliff falls the same way in the engine and in every spreadsheet.

Programs that add up in different ways differ in the last bits. Comparisons round those away by one idiom of the algebra, which
a rule cannot do without, and pence are cut from six decimals. Here both are held against an independent engine, and wrong
rules are refused.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from capmodel.algebra.cell import Cell, excel
from capmodel.algebra.functions import AMOUNTS, SHARES, above, add_up, at_least, at_most, below, ratio, to_pence
from capmodel.algebra.links import total
from capmodel.algebra.table import Table, check_wiring
from capmodel.contracts.settlement import outcomes
from capmodel.errors import RuleError
from capmodel.workbook.recalculate import recalculate_book
from capmodel.workbook.writing.book import Book, Sheet
from capmodel.workbook.writing.write import write

from workbook_files import by_libreoffice, without_values  # isort: skip

COMPARE: dict[str, Callable[..., Any]] = {"above": above, "at_least": at_least, "below": below, "at_most": at_most}


def recalculated(formulas: list[str], *columns: list[float]) -> list[Any]:
    """One formula a row, of the figures in the columns A, B, ... of that row; `{row}` is the row."""
    book = Book([Sheet("Cliffs", "")], {}, {})
    for row, formula in enumerate(formulas):
        for column, values in enumerate(columns):
            book.sheets[0].put(row, column, "input", values[row])
        book.sheets[0].put(row, 9, "formula", 0.0, formula=formula.format(row=row + 1))
    found = recalculate_book(book)
    return [found["Cliffs", row, 9] for row in range(len(formulas))]


# ------------------------------------------------------------------ the idiom, here and there


def near_one_another(decimals: int, largest: float) -> tuple[list[float], list[float]]:
    """Pairs that are equal but for noise, or a unit of the last decimal apart, either way."""
    random = np.random.default_rng(20261130)
    left = np.round(random.uniform(-1, 1, 400) * largest ** random.uniform(0, 1, 400), 4)
    noise = left * (1 + random.integers(-3, 4, 400) * 2.2e-16)
    return left.tolist(), (noise + random.choice([0, 0, 1, -1], 400) * 10.0**-decimals).tolist()


@pytest.mark.parametrize("name", COMPARE)
@pytest.mark.parametrize(("decimals", "largest"), [(SHARES, 10.0), (AMOUNTS, 1e10)])
def test_noise_decides_no_comparison_and_a_spreadsheet_agrees(name: str, decimals: int, largest: float) -> None:
    left, right = near_one_another(decimals, largest)
    formula = excel(np.where(COMPARE[name](Cell("a"), Cell("b"), decimals), 1, 0), {"a": "A{row}", "b": "B{row}"})
    ours = COMPARE[name](np.array(left), np.array(right), decimals).astype(int).tolist()
    assert recalculated([formula] * len(left), left, right) == ours
    apart = [round((a - b) * 10.0**decimals) for a, b in zip(left, right, strict=True)]
    wanted = {
        "above": [x > 0 for x in apart],
        "at_least": [x >= 0 for x in apart],
        "below": [x < 0 for x in apart],
        "at_most": [x <= 0 for x in apart],
    }
    assert ours == [int(each) for each in wanted[name]]
    assert {0, 1} == set(ours)


@pytest.mark.parametrize(("bits", "wanted"), [(-2, 1), (-1, 1), (0, 1), (1, 1), (2, 1)])
def test_a_score_on_the_gate_passes_whatever_its_last_bits_are(bits: int, wanted: int) -> None:
    score = 0.70
    for _ in range(abs(bits)):
        score = math.nextafter(score, math.copysign(2, bits))
    assert outcomes.passed_flag(score, 0.70, 1) == wanted
    assert outcomes.reached_share(score, 0.70, 0.5) == 0.5
    assert outcomes.passed_flag(0.7 - 1e-9, 0.70, 1) == 0


def test_a_sum_that_cancels_is_zero_below_a_line() -> None:
    noise = 0.1 + 0.2 - 0.3
    assert noise > 0
    assert ratio(1.0, np.array([noise, 0.3]), otherwise=9).tolist() == [9.0, 1.0 / 0.3]
    assert ratio(1.0, np.array([noise * 1e9, 0.01]), otherwise=9, decimals=AMOUNTS).tolist() == [9.0, 100.0]
    assert recalculated([excel(ratio(Cell("b"), Cell("a"), 1), {"a": "A{row}", "b": "B{row}"})] * 2, [noise, 0.5], [1.0, 1.0]) == [1.0, 2.0]


# ------------------------------------------------------------------ pence


def test_noise_on_half_a_penny_moves_no_penny_and_a_spreadsheet_agrees() -> None:
    random = np.random.default_rng(7)
    pence = np.floor(10 ** random.uniform(0, 10, 600))
    half = (2 * pence + 1) / 200
    values = (half + random.uniform(-1, 1, 600) * np.minimum(4e-7, half * 1e-15 * 8)) * random.choice([-1, 1], 600)
    cut = to_pence(values)
    assert cut.tolist() == (np.sign(values) * np.round((pence + 1) / 100, 2)).tolist()
    found = recalculated([excel(to_pence(Cell("a")), {"a": "A{row}"})] * 600, values.tolist())
    assert [round(value, 2) for value in found] == cut.tolist()


@pytest.mark.libreoffice
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed, so its compensated sums were not asked")
def test_a_long_sum_on_half_a_penny_is_cut_alike_by_libreoffice_which_compensates_sums(tmp_path: Path) -> None:
    """Each row adds up to half a penny on paper; added one after the other, or compensated, it is a little above or below."""
    random, sheet = np.random.default_rng(11), Sheet("Sums", "")
    rows = []
    for row in range(40):
        parts = np.round(random.uniform(-10_000_000, 10_000_000, 24), 3)
        parts[-1] = 100 + row * 0.01 + 0.005 - float(parts[:-1].sum())
        rows.append([round(float(part), 3) for part in parts])
        for column, part in enumerate(rows[-1]):
            sheet.put(row, column, "input", part)
        formula = excel(to_pence(Cell("sum")), {"sum": f"SUM(A{row + 1}:X{row + 1})"})
        sheet.put(row, 30, "formula", float(to_pence(add_up(rows[-1]))), formula=formula)
    assert any(round(add_up(row), 2) != round(math.fsum(row), 2) for row in rows), "the noise moves a penny"
    path = without_values(write(Book([sheet], {}, {}), tmp_path / "written.xlsx"), tmp_path / "bare.xlsx")
    (tmp_path / "out").mkdir()
    found = by_libreoffice(path, tmp_path / "out")
    assert [found["Sums", row, 30] for row in range(40)] == [float(to_pence(add_up(row))) for row in rows]


def test_a_hundred_thousandth_of_a_penny_below_the_half_is_cut_down() -> None:
    assert to_pence(np.array([0.004999, 0.0049994, 0.0049995, 0.005, -0.0049994, -0.0049996])).tolist() == [0, 0, 0.01, 0.01, 0, -0.01]


# ------------------------------------------------------------------ a rule cannot do without


def wired(rule: Callable[..., Any], unit: str, **inputs: str) -> None:
    table = Table("t", ("row",), "T", "S")
    for name, of in inputs.items():
        table.input(name, of, name)
    table.line(unit, "Line")(rule)
    check_wiring([table])


def of_money(a: Any) -> Any:
    return np.where(a > 0, 1, 0)


def of_shares(a: Any, b: Any) -> Any:
    return np.where(at_least(a, b), 1, 0)


def of_pounds(a: Any, b: Any) -> Any:
    return np.where(at_least(a, b, AMOUNTS), 1, 0)


def divided(a: Any, b: Any) -> Any:
    return ratio(a, b)


def halved(a: Any, b: Any) -> Any:
    return a / b


@pytest.mark.parametrize(
    ("rule", "unit", "inputs", "message"),
    [
        (of_money, "flag", {"a": "GBP"}, "t.of_money: a is compared with 0 as it is, and is no flag but GBP; write above(a, 0, AMOUNTS)"),
        (of_money, "flag", {"a": "share"}, "write above(a, 0)"),
        (of_shares, "flag", {"a": "GBP", "b": "GBP"}, "at_least compares GBP to 12 decimals; write decimals=AMOUNTS"),
        (of_shares, "flag", {"a": "persons", "b": "persons"}, "write decimals=AMOUNTS"),
        (of_pounds, "flag", {"a": "share", "b": "share"}, "at_least compares a pure number to 4 decimals; write decimals=SHARES"),
        (divided, "index", {"a": "GBP", "b": "GBP"}, "write decimals=AMOUNTS"),
        (halved, "flag", {"a": "flag", "b": "flag"}, "t.halved is declared a flag, but its rule works with figures"),
    ],
)
def test_a_comparison_that_noise_could_decide_is_refused(rule: Callable[..., Any], unit: str, inputs: dict[str, str], message: str) -> None:
    with pytest.raises(RuleError) as refused:
        wired(rule, unit, **inputs)
    assert message in str(refused.value)


def test_comparisons_by_the_idiom_are_taken() -> None:
    wired(of_money, "flag", a="flag")
    wired(of_shares, "flag", a="share", b="index")
    wired(of_pounds, "flag", a="GBP", b="GBP")


def test_two_tables_of_one_name_are_refused() -> None:
    one, other, reader = Table("t", ("row",), "T", "S"), Table("t", ("row",), "T", "S"), Table("r", ("row",), "R", "S")
    for table in (one, other):
        table.input("a_gbp", "GBP", "A")

    @reader.line("GBP", "Sum", read=total(one, "a_gbp", "row"))
    def sum_gbp(read: Any) -> Any:
        return read

    with pytest.raises(RuleError, match=r"two tables are called t; .* rename one"):
        check_wiring([one, other, reader])

"""The workbook as a file: what stands in it, what may not, and that two independent programs work it out as the engine does.

Inputs drawn at random, scenarios and choices of options are changed in the file itself, recalculated there, and compared
cell by cell with a run of the engine on the same changes.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from openpyxl.formula import Tokenizer

from capmodel.cli import main
from capmodel.errors import BadInput
from capmodel.model import Place
from capmodel.result import Result
from capmodel.simulation import Simulation
from capmodel.workbook.book import Book, Content, address
from capmodel.workbook.curves import CENTRAL, EDGE, payoff_curves
from capmodel.workbook.records import Recorded, recorded_of
from capmodel.workbook.sheets import make_book

from conftest import ROOT  # isort: skip
from workbook_files import Recalculated, by_libreoffice, rewritten, part_of, with_cell, without_values  # isort: skip

SHEETS = [
    "Cover", "Change log", "How to use", "Assumptions", "Contract terms", "Data 1 Spend", "Data 2 Options", "Sources",
    "Calc 0 Scenario in use", "Calc 1 Segment spend", "Calc 2 Capitation", "Calc 3 Care budgets", "Calc 4 Settlement",
    "Calc 5 Options", "Calc 6 Plan", "Out 1 Summary", "Out 2 Segments", "Out 3 Parties", "Out 4 Plan", "Out 5 Comparison",
    "Out 6 Statements", "Out 7 Payoff", "Recorded runs", "Recorded payoff", "Checks", "Certificate", "Sign-off",
]  # fmt: skip
INPUT_SHEETS = {"Assumptions", "Contract terms", "Data 1 Spend", "Data 2 Options"}
#: DESIGN, section 6: what Excel, LibreOffice and Google Sheets agree on.
FUNCTIONS = {
    "SUM", "SUMPRODUCT", "SUMIF", "SUMIFS", "COUNTIF", "COUNTIFS", "INDEX", "MATCH", "MIN", "MAX", "MEDIAN", "IF", "AND", "OR",
    "NOT", "CHOOSE", "ROUND", "ROUNDUP", "ROUNDDOWN", "ABS", "INT", "MOD", "NPV", "DATE", "YEAR", "MONTH", "TEXT", "LARGE",
    "SMALL", "RANK", "IFERROR",
}  # fmt: skip
NUMBERS = {"0", "1", "12", "100", "1000"}
YELLOW, GREY = "FFFFF2CC", "FFEDEDED"
FLAG = (1, 1)  # B2 on every sheet


def kept(make: Callable[..., Any]) -> Callable[..., Any]:
    """What a fixture makes is large and stays: out of the garbage collector's sight, or every later test waits for it."""

    @functools.wraps(make)
    def made(**given: Any) -> Any:
        found = make(**given)
        gc.collect()
        gc.freeze()
        return found

    return made


@pytest.fixture(scope="module")
@kept
def opened(workbook: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(workbook)


@pytest.fixture(scope="module")
@kept
def written(workbook: Path) -> dict[tuple[str, int, int], Any]:
    book = openpyxl.load_workbook(workbook, data_only=True)
    return {(sheet.title, cell.row - 1, cell.column - 1): cell.value for sheet in book for row in sheet.iter_rows() for cell in row}


@pytest.fixture(scope="module")
def recorded(result: Result) -> Recorded:
    return recorded_of(result)


@pytest.fixture(scope="module")
@kept
def book(result: Result, recorded: Recorded) -> Book:
    return make_book(result, recorded).book


def cells(opened: openpyxl.Workbook) -> Iterator[Any]:
    for sheet in opened:
        for row in sheet.iter_rows():
            yield from (cell for cell in row if cell.value is not None)


def formulas(opened: openpyxl.Workbook) -> Iterator[Any]:
    return (cell for cell in cells(opened) if cell.data_type == "f")


def shapes(opened: openpyxl.Workbook) -> dict[str, str]:
    """Each kind of formula once, with every reference called A1, and a cell that holds it."""
    found: dict[str, str] = {}
    for cell in formulas(opened):
        plain = re.sub(r"('[^']+'|\b\w+)!", "", cell.value)
        found.setdefault(re.sub(r"\$?\b[A-Z]{1,3}\$?\d+\b", "A1", plain), f"{cell.parent.title}!{cell.coordinate}")
    return found


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
        content.change: ((sheet.name, *place), content) for sheet in book.sheets for place, content in sheet.cells.items() if content.change
    }


# ------------------------------------------------------------------ what stands in it


def test_the_sheets_stand_in_order(opened: openpyxl.Workbook) -> None:
    assert opened.sheetnames == SHEETS


def test_only_inputs_and_entries_are_unlocked(opened: openpyxl.Workbook, book: Book) -> None:
    unlocked = {(cell.parent.title, cell.row - 1, cell.column - 1) for cell in cells(opened) if not cell.protection.locked}
    assert {sheet for sheet, _, _ in unlocked} == INPUT_SHEETS
    assert {place for place, _ in inputs(book).values()} == unlocked


def test_inputs_are_numbers_on_yellow_and_formulas_are_locked(opened: openpyxl.Workbook) -> None:
    for cell in cells(opened):
        if not cell.protection.locked and cell.parent.title in INPUT_SHEETS:
            assert cell.data_type == "n", cell
            assert cell.fill.fgColor.rgb == YELLOW, cell
    assert all(cell.protection.locked for cell in formulas(opened))


def test_every_sheet_is_protected_without_a_password_and_shown(opened: openpyxl.Workbook) -> None:
    for sheet in opened:
        assert sheet.protection.sheet, sheet.title
        assert not sheet.protection.password, sheet.title
        assert sheet.sheet_state == "visible", sheet.title
        assert not any(row.hidden for row in sheet.row_dimensions.values()), sheet.title
        assert not any(column.hidden for column in sheet.column_dimensions.values()), sheet.title


def test_there_are_no_merged_cells_and_no_defined_names(opened: openpyxl.Workbook) -> None:
    assert not opened.defined_names
    for sheet in opened:
        assert not sheet.merged_cells.ranges, sheet.title
        assert not sheet.defined_names, sheet.title


def test_only_functions_that_spreadsheets_agree_on(opened: openpyxl.Workbook) -> None:
    used = {name: where for shape, where in shapes(opened).items() for name in re.findall(r"([A-Z][A-Z0-9.]*)\(", shape)}
    assert {name: where for name, where in used.items() if name not in FUNCTIONS} == {}
    assert {"SUM", "SUMIFS", "IF", "MAX", "MIN", "ROUND", "ABS", "CHOOSE"} <= set(used)


def test_no_number_of_its_own_in_a_formula(opened: openpyxl.Workbook) -> None:
    wrong = []
    for shape, where in shapes(opened).items():
        around: list[str] = []
        before = ""
        for token in Tokenizer(shape).items:
            if token.type == "FUNC" and token.subtype == "OPEN":
                around.append(token.value)
            elif token.type == "FUNC":
                around.pop()
            digits_of_round = token.value == "2" and before == "," and around[-1:] == ["ROUND("]
            if token.type == "OPERAND" and token.subtype == "NUMBER" and token.value not in NUMBERS and not digits_of_round:
                wrong.append(f"{where}: {shape}")
            before = token.value
    assert wrong == []


def test_formulas_compare_no_figures_for_equality(opened: openpyxl.Workbook) -> None:
    # Labels may be compared with the labels above them, and the verdicts that hold may be counted.
    compared = {test for shape in shapes(opened) for test in re.findall(r"[^(,]*[^<>]=[^,]*", shape[1:])}
    assert {test for test in compared if test.rstrip(")") != "A1=A1" and "COUNTIF" not in shape_around(test, opened)} == set()


def shape_around(test: str, opened: openpyxl.Workbook) -> str:
    return next(shape for shape in shapes(opened) if test in shape)


def test_formulas_are_short_and_refer_to_no_whole_column(opened: openpyxl.Workbook) -> None:
    lengths = [len(cell.value) for cell in formulas(opened)]
    assert len(lengths) > 10_000
    assert max(lengths) <= 400
    assert sum(length > 120 for length in lengths) / len(lengths) < 0.05
    assert not [where for shape, where in shapes(opened).items() if re.search(r"\$?[A-Z]+:\$?[A-Z]+(?!\d)", shape.replace("A1:A1", ""))]


def test_at_least_nine_in_ten_numeric_cells_are_live(opened: openpyxl.Workbook, written: dict[tuple[str, int, int], Any]) -> None:
    live = sum(isinstance(written[cell.parent.title, cell.row - 1, cell.column - 1], (int, float)) for cell in formulas(opened))
    typed = [cell for cell in cells(opened) if cell.data_type == "n" and cell.protection.locked and cell.fill.fgColor.rgb != GREY]
    assert live / (live + len(typed)) >= 0.9
    assert live > 15_000


def test_every_sheet_shows_the_master_flag(opened: openpyxl.Workbook, written: dict[tuple[str, int, int], Any]) -> None:
    for name in SHEETS:
        flag = opened[name]["B2"].value
        assert flag.startswith("=IF(SUMPRODUCT(" if name == "Checks" else "=Checks!$B$2"), name
        assert written[name, *FLAG] == "OK"


def test_every_input_says_how_it_is_known(opened: openpyxl.Workbook, book: Book) -> None:
    statuses = {"published", "derived", "fitted", "local", "illustrative"}
    for (sheet, row, _), _ in inputs(book).values():
        beside = {cell.value for cell in opened[sheet][row + 1]}
        assert beside & statuses, f"{sheet} row {row + 1}"


def test_the_charts_are_there_and_described(workbook: Path) -> None:
    with zipfile.ZipFile(workbook) as package:
        charts = [name for name in package.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]
        titles = " ".join("".join(re.findall(r"<a:t>([^<]*)</a:t>", package.read(name).decode())) for name in charts)
        drawings = "".join(package.read(name).decode() for name in package.namelist() if name.startswith("xl/drawings/drawing"))
    assert len(charts) >= 2
    assert "segment" in titles.lower()
    assert "party" in titles.lower() or "parties" in titles.lower()
    assert len(re.findall(r'descr="[^"]{10,}"', drawings)) == len(charts)


def test_the_certificate_tells_what_was_found(opened: openpyxl.Workbook) -> None:
    told = {row[0].value: row[1].value for row in opened["Certificate"].iter_rows(max_col=2)}
    assert told["Formula cells recalculated"] == len(list(formulas(opened)))
    assert told["Cells that differ by more than half a penny"] == 0
    assert told["Cells that show an error"] == 0


def test_every_source_that_is_used_is_listed(opened: openpyxl.Workbook, place: Place) -> None:
    listed = {row[0].value for row in opened["Sources"].iter_rows()}
    used = {figure.source for column in place.columns.values() for figure in column.figures.values()} - {"optimiser"}
    assert used <= listed


# ------------------------------------------------------------------ recalculated elsewhere


def test_ironcalc_finds_no_difference_in_the_file(
    workbook: Path, opened: openpyxl.Workbook, written: dict[tuple[str, int, int], Any], tmp_path: Path
) -> None:
    values = Recalculated(without_values(workbook, tmp_path / "bare.xlsx")).values()
    places = [(cell.parent.title, cell.row - 1, cell.column - 1) for cell in formulas(opened)]
    wrong = [f"{place}: {written[place]} {values.get(place)}" for place in places if not same(written[place], values.get(place))]
    assert len(places) > 10_000
    assert wrong == []


@pytest.mark.libreoffice
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed: a book saved by it is not verified here")
def test_a_book_opened_and_saved_by_libreoffice_still_verifies(workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_libreoffice(workbook, tmp_path / "out")
    code = main(["verify", str(tmp_path / "out" / workbook.name)])
    said = capsys.readouterr().out
    assert "inputs changed since it was made: 0; anything else altered: 0" in said, said
    assert code == 0


@pytest.mark.libreoffice
@pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed, so the second recalculation engine was not asked"
)
def test_libreoffice_finds_no_difference_in_the_file(
    workbook: Path, opened: openpyxl.Workbook, written: dict[tuple[str, int, int], Any], tmp_path: Path
) -> None:
    bare = without_values(workbook, tmp_path / "bare.xlsx")
    (tmp_path / "out").mkdir()
    values = by_libreoffice(bare, tmp_path / "out")
    places = [(cell.parent.title, cell.row - 1, cell.column - 1) for cell in formulas(opened)]
    wrong = [f"{place}: {written[place]} {values.get(place)}" for place in places if not same(written[place], values.get(place))]
    assert wrong == []


def test_the_file_holds_what_the_engine_worked_out(result: Result, written: dict[tuple[str, int, int], Any], book: Book) -> None:
    assert differences(book, written) == []
    shown = {value for value in written.values() if isinstance(value, float)}
    for table, line in (("envelope", "envelope_gbp"), ("settlement", "transfer_gbp"), ("capitation", "allocation_gbp")):
        assert set(result.column(table, line).values()) - {0.0} <= shown


# ------------------------------------------------------------------ change it there, run it here


def perturbed(content: Content, random: np.random.Generator) -> float:
    assert isinstance(content.value, float)
    if content.unit == "flag":
        return 1 - content.value
    if content.unit == "share":
        towards = 1 if content.value < 0.03 else -1 if content.value > 0.97 else float(random.choice([-1, 1]))
        return round(content.value + towards * float(random.uniform(0.001, 0.03)), 6)
    if content.unit == "GBP" and content.value == 0:
        return round(float(random.uniform(0, 1_000_000)), 2)
    return round(content.value * float(random.uniform(0.8, 1.25)), 4)


#: Terms that move nothing until the contract has rows they speak of: a table of thresholds, a part held back.
DORMANT = {"threshold_persons", "withhold_if_passed_flag"}
#: Two flags decide which group the population is worked back from; without one there is no population and no model.
NOT_DRAWN = ("scenario@", "anchor_flag", "calibrated_flag", "check_tolerance")


@pytest.mark.parametrize("seed", range(12))
def test_ten_inputs_changed_at_random_agree_with_the_engine(
    seed: int, workbook: Path, book: Book, place: Place, recorded: Recorded
) -> None:
    random = np.random.default_rng(seed)
    free = {name: cell for name, cell in inputs(book).items() if not name.startswith(NOT_DRAWN)}
    drawn = [str(name) for name in random.choice(sorted(free), 10, replace=False)]
    changes = {name: perturbed(free[name][1], random) for name in drawn}
    file = Recalculated(workbook)
    for name, value in changes.items():
        file.set(free[name][0], value)
    chosen = {
        option: int(changes.pop(f"chosen_flag[{option}]", inputs(book)[f"chosen_flag[{option}]"][1].value))
        for option in place.choices.options
    }
    again = place.run(changes=changes, chosen=chosen)
    assert differences(make_book(again, recorded).book, file.values()) == []


def test_every_kind_of_input_moves_something(workbook: Path, book: Book) -> None:
    file, random = Recalculated(workbook), np.random.default_rng(1)
    before = {place: value for place, value in file.values().items() if place[0].startswith(("Out", "Calc"))}
    order = sorted(before, key=lambda place: (place[0].startswith("Calc"), place))
    kinds: dict[str, list[str]] = {}
    for name in inputs(book):
        if not name.startswith(NOT_DRAWN):
            kinds.setdefault(re.split(r"[\[@]", name)[0], []).append(name)
    free, still = inputs(book), []
    for kind, names in kinds.items():
        for name in names:
            file.set(free[name][0], perturbed(free[name][1], random))
        file.model.evaluate()
        if all(same(before[place], file.value(place)) for place in order):
            still.append(kind)
        for name in names:
            file.set(free[name][0], free[name][1].value)
    assert len(kinds) > 30
    assert set(still) <= DORMANT, "inputs that nothing depends on"


@pytest.mark.parametrize(("number", "scenario"), [(1, "base"), (2, "prudent"), (3, "stretch")])
def test_the_scenario_selector_gives_the_engine_s_run_of_the_scenario(
    number: int, scenario: str, workbook: Path, book: Book, place: Place, result: Result, recorded: Recorded
) -> None:
    file = Recalculated(workbook)
    file.set(inputs(book)["scenario@base"][0], number)
    again = place.run(scenario, chosen={option: int(value) for (option,), value in result.column("option", "chosen_flag").items()})
    assert differences(make_book(again, recorded).book, file.values()) == []


def test_an_overspent_budget_turns_every_flag_to_check(workbook: Path, book: Book, place: Place) -> None:
    file = Recalculated(workbook)
    for option in place.choices.options:
        file.set(inputs(book)[f"chosen_flag[{option}]"][0], 1)
    values = file.values()
    assert {values[name, *FLAG] for name in SHEETS} == {"CHECK"}
    verdicts = {values["Checks", row, 0]: values["Checks", row, 4] for row in range(5, 60) if values.get(("Checks", row, 4))}
    failing = {label for label, verdict in verdicts.items() if verdict == "CHECK"}
    assert any("not overspent" in label for label in failing)
    assert len(failing) < len(verdicts), "only what is broken fails"


@pytest.mark.parametrize(
    ("change", "value", "label"),
    [
        ("group_share[chronic_adults]", 0.9, "hares of the group add up to 1"),
        ("setting_share[chronic_elderly,primary]", 0.2, "hares by setting add up to 1"),
        ("band_party_share[gain,band_1,council]", 0.2, "hares of the band add up to 1"),
        ("chosen_flag[shared_care_record]", 0, "andatory options are chosen"),
    ],
)
def test_a_broken_sum_turns_its_check(change: str, value: float, label: str, workbook: Path, book: Book) -> None:
    file = Recalculated(workbook)
    file.set(inputs(book)[change][0], value)
    values = file.values()
    failing = [values["Checks", row, 0] for row in range(5, 60) if values.get(("Checks", row, 4)) == "CHECK"]
    assert any(label in text for text in failing), failing
    assert values["Cover", *FLAG] == "CHECK"


# ------------------------------------------------------------------ the same bytes


def fingerprints(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("regenerated")
    assert main(["run", str(ROOT / "assumptions" / "places" / "north-west-london"), "--out", str(out)]) == 0
    return out


def test_two_runs_give_the_same_bytes_whatever_the_machine_says(regenerated: Path, tmp_path: Path) -> None:
    strange = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "COLUMNS": "60"}
    command = [sys.executable, "-m", "capmodel.cli", "run", "assumptions/places/north-west-london", "--out", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, env=strange, capture_output=True)
    assert fingerprints(tmp_path) == fingerprints(regenerated)


@pytest.mark.parametrize("name", ["north-west-london.xlsx", "north-west-london.json"])
def test_the_committed_example_is_regenerated_byte_for_byte(name: str, regenerated: Path) -> None:
    committed = ROOT / "workbooks" / name
    assert hashlib.sha256(committed.read_bytes()).hexdigest() == fingerprints(regenerated)[name], (
        f"{name} is stale; run capmodel run and commit it"
    )


# ------------------------------------------------------------------ what comes back


def formula_cell(book: Book, sheet: str) -> str:
    return next(
        address(*place)
        for place, content in sorted(book.sheet(sheet).cells.items())
        if content.formula and isinstance(content.value, float) and place[0] > 5
    )


def input_cell(book: Book, change: str) -> tuple[str, str]:
    (sheet, row, column), _ = inputs(book)[change]
    return sheet, address(row, column)


def test_verify_finds_a_changed_formula_and_one_replaced_by_its_value(
    workbook: Path, book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settled, allocated = formula_cell(book, "Calc 4 Settlement"), formula_cell(book, "Calc 2 Capitation")
    one, two = tmp_path / "one.xlsx", tmp_path / "two.xlsx"
    with_cell(workbook, one, "Calc 4 Settlement", settled, lambda xml: xml.replace("</f>", "+0</f>"))
    with_cell(one, two, "Calc 2 Capitation", allocated, lambda xml: re.sub(r"<f>.*?</f>", "", xml))
    assert main(["verify", str(two)]) == 1
    said = capsys.readouterr().out
    assert "0 differ by more than half a penny" in said
    assert "anything else altered: 2" in said
    assert f"Calc 4 Settlement!{settled} no longer holds what was sent" in said
    assert f"Calc 2 Capitation!{allocated} no longer holds what was sent" in said
    assert "FAIL" in said


def forged(workbook: Path, target: Path, part: str, change: Callable[[str], str]) -> Path:
    with zipfile.ZipFile(workbook) as sent, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as received:
        for name in sent.namelist():
            text = sent.read(name)
            changed = change(text.decode()).encode() if name == part else text
            assert name != part or changed != text, f"{part} was to be changed"
            received.writestr(name, changed)
    return target


FORGERIES: dict[str, tuple[str, Callable[[str], str], str]] = {
    "an illustrative figure that says it is published": ("xl/sharedStrings.xml", lambda xml: xml.replace("<t>illustrative</t>", "<t>published</t>"), "no longer holds what was sent"),
    "a hidden sheet": ("xl/workbook.xml", lambda xml: xml.replace('name="Contract terms"', 'name="Contract terms" state="hidden"'), "the sheet Contract terms is hidden"),
    "a sheet without its lock": ("xl/worksheets/sheet13.xml", lambda xml: re.sub(r"<sheetProtection[^>]*/>", "", xml), "is no longer protected"),
    "a fingerprint of a pack": ("docProps/custom.xml", lambda xml: re.sub(r"(england/2025.1 )[0-9a-f]{8}", r"\g<1>00000000", xml), "NOT COMPARED"),
    "the name of the place": ("docProps/custom.xml", lambda xml: xml.replace("<vt:lpwstr>north-west-london</vt:lpwstr>", "<vt:lpwstr>elsewhere</vt:lpwstr>"), "NOT COMPARED"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_verify_never_passes_a_forged_workbook(name: str, workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part, change, found = FORGERIES[name]
    assert main(["verify", str(forged(workbook, tmp_path / "forged.xlsx", part, change))]) == 1
    said = capsys.readouterr().out
    assert found in said
    assert "FAIL" in said and "PASS" not in said


def test_verify_finds_a_changed_record(workbook: Path, book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = {place: content for place, content in book.sheet("Recorded runs").cells.items() if content.role == "record"}
    (row, column), _ = next((place, content) for place, content in places.items() if isinstance(content.value, float))
    cell = address(row, column)
    changed = with_cell(
        workbook, tmp_path / "changed.xlsx", "Recorded runs", cell, lambda xml: re.sub(r"<v>.*?</v>", "<v>123456789</v>", xml)
    )
    assert main(["verify", str(changed)]) == 1
    assert f"Recorded runs!{cell} no longer holds what was sent" in capsys.readouterr().out


def test_verify_finds_a_stale_value(workbook: Path, book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = formula_cell(book, "Calc 2 Capitation")
    changed = with_cell(workbook, tmp_path / "changed.xlsx", "Calc 2 Capitation", cell, lambda xml: re.sub(r"<v>.*?</v>", "<v>1</v>", xml))
    assert main(["verify", str(changed)]) == 1
    said = capsys.readouterr().out
    assert "1 differ by more than half a penny" in said
    assert f"Calc 2 Capitation!{cell}: written 1.0" in said


def test_verify_reads_the_inputs_that_were_changed(workbook: Path, book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet, cell = input_cell(book, "outcome_gate_share@base")
    changed = with_cell(workbook, tmp_path / "changed.xlsx", sheet, cell, lambda xml: re.sub(r"<v>.*?</v>", "<v>0.99</v>", xml))
    assert main(["verify", str(changed)]) == 1, "the values beside the changed input are stale"
    said = capsys.readouterr().out
    assert "inputs changed since it was made: 1; anything else altered: 0" in said
    assert "outcome_gate_share@base = 0.99" in said
    assert re.search(r"against capmodel run on its inputs: [\d,]+ cells, 0 differ, 0 errors", said)


def test_inputs_that_are_no_typed_numbers_are_all_reported(
    workbook: Path, book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet, texted = input_cell(book, "group_persons[severe_complex]")
    _, emptied = input_cell(book, "group_persons[mostly_healthy]")
    _, formula = input_cell(book, "group_persons[elderly_chronic]")
    one, two, three = (tmp_path / f"{i}.xlsx" for i in range(3))
    typed = ' t="inlineStr"><is><t>about 200k</t></is></c>'
    with_cell(workbook, one, sheet, texted, lambda xml: re.sub(r"><v>.*</c>", typed, xml))
    with_cell(one, two, sheet, emptied, lambda xml: "")
    with_cell(two, three, sheet, formula, lambda xml: xml.replace("<v>", "<f>100*3014</f><v>"))
    assert main(["verify", str(three)]) == 2
    said = capsys.readouterr().err
    assert f"{sheet}!{texted}: the input holds 'about 200k'; a typed number is needed here. Write a number; it was 228800" in said
    assert f"{sheet}!{emptied}: the input is empty; a typed number is needed here" in said
    assert f"{sheet}!{formula}: the input holds '=100*3014'; a typed number is needed here" in said


def test_a_scenario_that_does_not_exist_is_reported(workbook: Path, book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet, cell = input_cell(book, "scenario@base")
    changed = with_cell(workbook, tmp_path / "changed.xlsx", sheet, cell, lambda xml: re.sub(r"<v>.*?</v>", "<v>4</v>", xml))
    assert main(["verify", str(changed)]) == 2
    assert "Write a number from 1 to 3" in capsys.readouterr().err


def test_a_share_of_40_in_a_returned_workbook_is_reported(
    workbook: Path, book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet, cell = input_cell(book, "outcome_gate_share@base")
    changed = with_cell(workbook, tmp_path / "changed.xlsx", sheet, cell, lambda xml: re.sub(r"<v>.*?</v>", "<v>40</v>", xml))
    assert main(["verify", str(changed)]) == 2
    assert "a share is a part of 1" in capsys.readouterr().err


def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, package = tmp_path / "text.xlsx", tmp_path / "package.xlsx"
    text.write_text("Dear colleague")
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("hello.txt", "hello")
    for path, word in (
        (text, "cannot be opened as a workbook"),
        (package, "it holds no workbook"),
        (tmp_path / "none.xlsx", "there is no such file"),
    ):
        assert main(["verify", str(path)]) == 2
        assert word in capsys.readouterr().err


def test_a_zip_bomb_is_refused_before_it_is_opened(workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bomb = rewritten(workbook, tmp_path / "bomb.xlsx", lambda part, xml: xml + " " * 60_000_000 if part.endswith("sheet5.xml") else xml)
    assert bomb.stat().st_size < 2_000_000
    assert main(["verify", str(bomb)]) == 2
    assert "it could exhaust the machine" in capsys.readouterr().err


def test_a_stray_far_cell_is_refused(workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    part = part_of(workbook, "Sign-off")
    stray = rewritten(workbook, tmp_path / "stray.xlsx", lambda name, xml: xml.replace("</sheetData>", far) if name == part else xml)
    assert main(["verify", str(stray)]) == 2
    assert "sheet Sign-off reaches 1,048,576 rows" in capsys.readouterr().err


def test_an_entity_in_the_file_is_not_followed(workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declared = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    evil = rewritten(workbook, tmp_path / "evil.xlsx", lambda _, xml: xml.replace("?>", f"?>{declared}", 1))
    assert main(["verify", str(evil)]) == 2
    assert "cannot be read" in capsys.readouterr().err


# ------------------------------------------------------------------ statements, payoff and risk


def labelled(book: Book, sheet: str, label: str) -> list[int]:
    return [row for (row, column), content in sorted(book.sheet(sheet).cells.items()) if column == 0 and content.value == label]


def numbers(book: Book, sheet: str, row: int, columns: int, first: int = 1) -> list[float]:
    cells = book.sheet(sheet).cells
    return [float(cells[row, column].value or 0) for column in range(first, first + columns)]


def test_each_statement_leads_from_the_bands_to_what_is_still_to_be_paid(book: Book, result: Result, place: Place) -> None:
    years, parties = len(place.pack.years), [entry.id for entry in place.pack.dimensions["party"]]
    opens, closes = labelled(book, "Out 6 Statements", "Share by bands"), labelled(book, "Out 6 Statements", "Share of the pool")
    assert len(opens) == len(closes) == len(parties) == 1 + len(book.sheet("Out 6 Statements").breaks)
    lines = {
        "Share of the pool": "share_gbp",
        "Holding: where the pool lies beforehand": "holding_gbp",
        "Transfer: share less holding": "transfer_gbp",
        "Still to be paid: transfer less on account": "still_due_gbp",
        "After settlement: own variance and transfer": "position_gbp",
    }
    for i, party in enumerate(parties):
        way = [numbers(book, "Out 6 Statements", row, years) for row in range(opens[i], closes[i])]
        share = numbers(book, "Out 6 Statements", closes[i], years)
        assert np.allclose(np.sum(way, axis=0), share, rtol=0, atol=1e-6), party
        for label, name in lines.items():
            row = labelled(book, "Out 6 Statements", label)[i]
            worked_out = [result.column("settlement", name)[party, str(year)] for year in place.pack.years]
            assert numbers(book, "Out 6 Statements", row, years + 1) == pytest.approx([*worked_out, sum(worked_out)], abs=1e-6)
    transfers = [
        numbers(book, "Out 6 Statements", row, years + 1) for row in labelled(book, "Out 6 Statements", "Transfer: share less holding")
    ]
    assert np.abs(np.sum(transfers, axis=0)).max() < 0.005
    figures = [content for content in book.sheet("Out 6 Statements").cells.values() if isinstance(content.value, float)]
    assert all(
        re.fullmatch(r"(-?'[\w ]+'!\$?[A-Z]+\d+)([+-]'[\w ]+'!\$?[A-Z]+\d+)*|SUM\([A-Z]+\d+:[A-Z]+\d+\)", each.formula) for each in figures
    )


def test_the_way_of_all_parties_adds_up_across_and_down(book: Book, place: Place) -> None:
    across = len(place.pack.dimensions["party"])
    opens = labelled(book, "Out 3 Parties", "Share by bands")
    assert len(opens) == len(place.pack.years)
    for start in opens:
        rows = {str(book.sheet("Out 3 Parties").cells[row, 0].value): numbers(book, "Out 3 Parties", row, across + 1) for row in range(start, start + 20) if (row, 1) in book.sheet("Out 3 Parties").cells}  # fmt: skip
        labels = list(rows)
        way = [rows[label] for label in labels[: labels.index("Share of the pool")]]
        assert np.allclose(np.sum(way, axis=0), rows["Share of the pool"], rtol=0, atol=1e-6)
        assert abs(rows["Transfer: share less holding"][-1]) < 0.005
        assert all(abs(sum(row[:-1]) - row[-1]) < 1e-6 for row in rows.values())


def test_statements_are_printed_one_a_page(opened: openpyxl.Workbook, place: Place) -> None:
    sheet = opened["Out 6 Statements"]
    assert len(sheet.row_breaks.brk) == len(place.pack.dimensions["party"]) - 1
    assert 50 <= sheet.page_setup.scale <= 100
    assert not (sheet.sheet_properties.pageSetUpPr and sheet.sheet_properties.pageSetUpPr.fitToPage), "Excel pays no heed to breaks then"
    assert sheet.print_title_rows == "$1:$3"


def test_the_steps_at_the_head_of_the_settlement_lead_to_where_they_are_taken(book: Book, place: Place) -> None:
    cells = book.sheet("Calc 4 Settlement").cells
    links = [content for (_, column), content in sorted(cells.items()) if column == 0 and content.link]
    assert len(links) == 9 + len(place.terms.steps)
    for content in links:
        target = re.fullmatch(r"'Calc 4 Settlement'!A(\d+)", content.link)
        assert target and isinstance(cells[int(target[1]) - 1, 7].value, float), content.value


def test_a_heading_says_live_whether_a_term_is_in_use(workbook: Path, book: Book) -> None:
    sheet = book.sheet("Contract terms").cells
    (row,) = labelled(book, "Contract terms", "Cap of the pool, an amount")
    assert sheet[row, 6].value == "not in use"
    file = Recalculated(workbook)
    file.set(inputs(book)["pool_cap_gbp[gain]"][0], 1_000_000)
    assert file.values()["Contract terms", row, 6] == "in use"


def test_the_payoff_passes_through_the_central_case_and_adds_up(recorded: Recorded, result: Result) -> None:
    for curve in recorded.curves:
        assert len(curve.rungs) >= 42
        assert [rung.variance_gbp for rung in curve.rungs] == sorted({rung.variance_gbp for rung in curve.rungs})
        assert max(abs(sum(rung.positions) - rung.variance_gbp) for rung in curve.rungs) < 0.06
        (central,) = (rung for rung in curve.rungs if rung.what == CENTRAL)
        worked_out = [value for (_, year), value in result.column("settlement", "position_gbp").items() if year == str(curve.year)]
        assert central.positions == pytest.approx(worked_out, abs=0.005)


def test_the_payoff_says_what_the_engine_says_at_another_variance(recorded: Recorded, place: Place, result: Result) -> None:
    pressure = result.place.assumptions["demand_pressure_share"].values
    again = place.run(changes={"demand_pressure_share[2030]": pressure[2030].value - 0.004}, chosen={})
    curve = recorded.curves[-1]
    variance = again.column("pool", "variance_gbp")[("2030",)]
    assert abs(variance - result.column("pool", "variance_gbp")[("2030",)]) > 1e6
    for i, (party, year) in enumerate(again.column("settlement", "position_gbp")):
        i //= len(place.pack.years)
        if year == "2030" and again.column("settlement", "own_target_gbp")[party, year] == 0:
            told = np.interp(variance, [rung.variance_gbp for rung in curve.rungs], [rung.positions[i] for rung in curve.rungs])
            assert told == pytest.approx(again.column("settlement", "position_gbp")[party, year], abs=0.05), party


def test_a_cliff_is_two_points_a_penny_apart(place: Place) -> None:
    curve = payoff_curves(place.run(changes={"first_pound_flag": 1}, chosen={}))[2]
    edges = [(a, b) for a, b in itertools.pairwise(curve.rungs) if a.what == b.what == EDGE]
    assert [round(b.variance_gbp - a.variance_gbp, 2) for a, b in edges] == [0.01, 0.01]
    assert all(max(abs(x - y) for x, y in zip(a.positions, b.positions, strict=True)) > 1_000_000 for a, b in edges)


def test_the_live_case_stands_on_the_recorded_curve_until_a_term_changes(workbook: Path, book: Book) -> None:
    file = Recalculated(workbook)
    rows = labelled(book, "Out 7 Payoff", "Live less recorded")
    assert all(file.value(("Out 7 Payoff", row, column)) == 0 for row in rows for column in range(3, 12))
    file.set(inputs(book)["gain_threshold_share@base"][0], 0.01)
    values = file.values()
    assert any(abs(values["Out 7 Payoff", row, column]) > 100_000 for row in rows for column in range(3, 12))
    assert values["Cover", *FLAG] == "OK", "a record that is out of date breaks no check"


@pytest.fixture(scope="module")
def simulated(place: Place, result: Result, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Simulation]:
    found = place.simulate(draws=256, seed=7)
    return result.to_workbook(tmp_path_factory.mktemp("risk") / "north-west-london-risk.xlsx", found), found


def test_a_simulated_place_shows_its_risk_and_verifies(
    simulated: tuple[Path, Simulation], result: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, found = simulated
    book = make_book(result, recorded_of(result, found, scenarios=False)).book
    for party, label in found.parties.items():
        row = labelled(book, "Out 8 Risk", label)[0]
        measure = found.of(party)
        told = [measure.central_gbp, measure.mean_gbp, measure.loss_probability, measure.low_gbp, measure.high_gbp, measure.shortfall_gbp]
        assert numbers(book, "Out 8 Risk", row, 6) == pytest.approx(told, abs=0.006)
    shown = [content for content in book.sheet("Out 8 Risk").cells.values() if isinstance(content.value, float)]
    assert all(content.formula.startswith("'Recorded risk'!") for content in shown)
    assert main(["verify", str(path)]) == 0
    assert "anything else altered: 0" in capsys.readouterr().out
    assert result.to_workbook(tmp_path / "again.xlsx", found).read_bytes() == path.read_bytes()


def test_a_changed_record_of_risk_is_found(simulated: tuple[Path, Simulation], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = with_cell(simulated[0], tmp_path / "kinder.xlsx", "Recorded risk", "E18", lambda xml: re.sub(r"<v>.*?</v>", "<v>1</v>", xml))
    assert main(["verify", str(changed)]) == 1
    assert "Recorded risk!E18 no longer holds what was sent" in capsys.readouterr().out


def test_another_seed_in_the_file_is_found(simulated: tuple[Path, Simulation], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text, code in (("8", 1), ("many", 2)):
        change = lambda xml, text=text: re.sub(r'(name="seed"><vt:lpwstr>)7', rf"\g<1>{text}", xml)  # noqa: E731
        assert main(["verify", str(forged(simulated[0], tmp_path / f"{text}.xlsx", "docProps/custom.xml", change))]) == code
    said = capsys.readouterr()
    assert "Recorded risk!" in said.out
    assert "they are numbers" in said.err


def test_the_risk_of_another_run_is_refused(simulated: tuple[Path, Simulation], place: Place, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="the simulation is one of another run"):
        place.run("prudent", chosen={}).to_workbook(tmp_path / "wrong.xlsx", simulated[1])


def test_simulate_writes_the_book_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(ROOT / "assumptions" / "places" / "north-west-london")
    assert main(["simulate", place, "--draws", "128", "--workbook", "--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {f"north-west-london-risk.{kind}" for kind in ("csv", "json", "xlsx")}
    opened = openpyxl.load_workbook(tmp_path / "north-west-london-risk.xlsx", read_only=True)
    assert [name for name in opened.sheetnames if "isk" in name] == ["Out 8 Risk", "Recorded risk"]

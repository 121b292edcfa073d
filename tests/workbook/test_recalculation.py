"""Two independent programs work the workbook out as the engine does.

Inputs drawn at random, scenarios and choices of options are changed in the file itself, recalculated there, and compared
cell by cell with a run of the engine on the same changes.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from capmodel.cli import main
from capmodel.model import Place, Result
from capmodel.workbook.pages.records import recorded_of
from capmodel.workbook.recalculate import compare
from capmodel.workbook.returned.read import ReadCell
from capmodel.workbook.sheets import certified, make_book
from capmodel.workbook.writing.book import Book
from capmodel.workbook.writing.write import write

from conftest import Case  # isort: skip
from workbook_files import Recalculated, formulas, saved_by_libreoffice, values_in, without_values  # isort: skip
from book_cells import asides, differences, inputs, perturbed, same  # isort: skip

FLAG = (1, 1)  # B2 on every sheet


# ------------------------------------------------------------------ recalculated elsewhere


def test_ironcalc_finds_no_difference_in_the_file(
    workbook: Path, opened: openpyxl.Workbook, written: dict[tuple[str, int, int], Any], tmp_path: Path
) -> None:
    values = Recalculated(without_values(workbook, tmp_path / "bare.xlsx")).values()
    places = [(cell.parent.title, cell.row - 1, cell.column - 1) for cell in formulas(opened)]
    wrong = [f"{place}: {written[place]} {values.get(place)}" for place in places if not same(written[place], values.get(place))]
    assert len(places) > 10_000
    assert wrong == []


@pytest.fixture(scope="module")
def billions(small: Case) -> Book:
    """So many people that a share of billions of pounds is within noise of half a penny, and the noise is of totals."""
    result = small.place.run(changes={"group_persons[mostly_healthy]": 1_716_500.0})
    return certified(result, recorded_of(result)).book


@pytest.fixture(scope="module")
def saved(billions: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its workbook without a value in its formula cells, opened, worked out and saved by LibreOffice."""
    folder = tmp_path_factory.mktemp("libreoffice")
    return saved_by_libreoffice(without_values(write(billions, folder / "made.xlsx"), folder / "small-place.xlsx"), folder / "out")


@pytest.mark.libreoffice
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed: a book saved by it is not verified here")
def test_a_book_opened_and_saved_by_libreoffice_still_verifies(saved: Path, small: Case, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["verify", str(saved), "--place", str(small.folder)])
    said = capsys.readouterr().out
    assert "inputs changed since it was made: 0; anything else altered: 0" in said, said
    assert code == 0


@pytest.mark.libreoffice
@pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed, so the second recalculation engine was not asked"
)
def test_libreoffice_which_compensates_sums_moves_no_penny(saved: Path, billions: Book) -> None:
    assert sum(1 for sheet in billions.sheets for cell in sheet.cells.values() if cell.formula) > 10_000
    assert differences(billions, values_in(saved)) == []


def test_the_file_holds_what_the_engine_worked_out(result: Result, written: dict[tuple[str, int, int], Any], book: Book) -> None:
    assert differences(book, written) == []
    shown = {value for value in written.values() if isinstance(value, float)}
    for table, line in (("envelope", "envelope_gbp"), ("settlement", "transfer_gbp"), ("capitation", "allocation_gbp")):
        assert set(result.column(table, line).values()) - {0.0} <= shown


# ------------------------------------------------------------------ change it there, run it here


NOT_DRAWN = "scenario@"


@pytest.fixture
def drawn_from(request: pytest.FixtureRequest, small: Case) -> Case:
    """The small place, or the example where it is asked for."""
    if request.param == "small":
        return small
    return Case(*(request.getfixturevalue(name) for name in ("place", "result", "workbook", "recorded", "book")))


@pytest.mark.parametrize(("seed", "drawn_from"), [*((seed, "small") for seed in range(7)), (10, "example")], indirect=["drawn_from"])
def test_ten_inputs_changed_at_random_agree_with_the_engine(seed: int, drawn_from: Case) -> None:
    place, workbook, recorded, book = drawn_from.place, drawn_from.workbook, drawn_from.recorded, drawn_from.book
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


def test_every_kind_of_input_moves_something(small: Case) -> None:
    book = small.book
    file, random = Recalculated(small.workbook), np.random.default_rng(1)
    before = {place: value for place, value in file.values().items() if place[0].startswith(("Out", "Calc"))}
    order = sorted(before, key=lambda place: (place[0].startswith("Calc"), place))
    kinds: dict[str, list[str]] = {}
    words = {sheet: asides(book, sheet) for sheet in {place[0] for place, _ in inputs(book).values()}}
    for name, ((sheet, row, _), _) in inputs(book).items():
        idle = row in words[sheet] and book.sheet(sheet).cells[row, words[sheet][row]].value == "no effect"
        if not name.startswith(NOT_DRAWN) and not idle:
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
    assert still == [], "inputs that nothing depends on"


@pytest.mark.parametrize(("number", "scenario"), [(1, "base"), (2, "prudent"), (3, "stretch")])
def test_the_scenario_selector_gives_the_engine_s_run_of_the_scenario(number: int, scenario: str, small: Case) -> None:
    file = Recalculated(small.workbook)
    file.set(inputs(small.book)["scenario@base"][0], number)
    chosen = {option: int(value) for (option,), value in small.result.column("start", "chosen_flag").items()}
    again = small.place.run(scenario, chosen=chosen)
    assert differences(make_book(again, small.recorded).book, file.values()) == []


def test_an_overspent_budget_turns_every_flag_to_check(workbook: Path, book: Book, place: Place) -> None:
    file = Recalculated(workbook)
    for option in place.choices.options:
        file.set(inputs(book)[f"chosen_flag[{option}]"][0], 1)
    values = file.values()
    assert {values[name, *FLAG] for name in (sheet.name for sheet in book.sheets)} == {"CHECK"}
    verdicts = {values["Checks", row, 0]: values["Checks", row, 4] for row in range(5, 60) if values.get(("Checks", row, 4))}
    failing = {label for label, verdict in verdicts.items() if verdict == "CHECK"}
    assert any("budget is overspent" in label for label in failing)
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
def test_a_broken_sum_turns_its_check(change: str, value: float, label: str, small: Case) -> None:
    file = Recalculated(small.workbook)
    file.set(inputs(small.book)[change][0], value)
    values = file.values()
    failing = [values["Checks", row, 0] for row in range(5, 60) if values.get(("Checks", row, 4)) == "CHECK"]
    assert any(label in text for text in failing), failing
    assert values["Cover", *FLAG] == "CHECK"


@pytest.mark.parametrize(
    ("written", "by", "is_money", "differs"),
    [
        (4_000_000.0, 0.004, True, True),
        (4_000_000.0, 5e-6, True, False),
        (2e9, 1e-5, True, False),
        (0.35, 1e-7, False, True),
        (0.35, 1e-7, True, False),
        (0.35, 1e-12, False, False),
        (1.0, 0.006, True, True),
    ],
)
def test_a_value_off_by_less_than_half_a_penny_differs_where_programs_would_not(
    written: float, by: float, is_money: bool, differs: bool
) -> None:
    at = ("Out", 0, 0)
    cells = {at: ReadCell(written, "=A2", True, False, False)}
    assert compare(cells, {at: written + by}, () if is_money else {at}).passed is not differs

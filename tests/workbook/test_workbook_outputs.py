"""Statements, payoff and risk: the sheets that parties take from the workbook."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from capmodel.cli import main
from capmodel.errors import BadInput
from capmodel.model import Place, Result
from capmodel.uncertainty.payoff_curves import CENTRAL, EDGE, payoff_curves
from capmodel.uncertainty.simulate import Simulation
from capmodel.workbook.pages.records import Recorded, recorded_of
from capmodel.workbook.sheets import make_book
from capmodel.workbook.writing.book import Book

from conftest import Case  # isort: skip
from workbook_files import Recalculated, forged, with_cell  # isort: skip
from book_cells import inputs  # isort: skip

FLAG = (1, 1)  # B2 on every sheet


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
        "Cash position before settlement: where the pool lies beforehand": "cash_position_gbp",
        "Transfer: share less cash position before settlement": "transfer_gbp",
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
        numbers(book, "Out 6 Statements", row, years + 1)
        for row in labelled(book, "Out 6 Statements", "Transfer: share less cash position before settlement")
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
        assert abs(rows["Transfer: share less cash position before settlement"][-1]) < 0.005
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
    (row,) = labelled(book, "Contract terms", "Cost of the scheme, met before anything is shared")
    assert sheet[row, 6].value == "not in use"
    file = Recalculated(workbook)
    file.set(("Contract terms", row + 1, 6), 1_000_000)
    assert file.values()["Contract terms", row, 6] == "in use"


def test_the_payoff_passes_through_the_central_case_and_adds_up(recorded: Recorded, result: Result) -> None:
    for curve in recorded.curves:
        assert len(curve.points) >= 42
        assert [point.variance_gbp for point in curve.points] == sorted({point.variance_gbp for point in curve.points})
        assert max(abs(sum(point.positions) - point.variance_gbp) for point in curve.points) < 0.06
        (central,) = (point for point in curve.points if point.what == CENTRAL)
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
            message = np.interp(variance, [point.variance_gbp for point in curve.points], [point.positions[i] for point in curve.points])
            assert message == pytest.approx(again.column("settlement", "position_gbp")[party, year], abs=0.05), party


def test_a_cliff_is_two_points_a_penny_apart(place: Place) -> None:
    curve = payoff_curves(place.run(changes={"first_pound_flag": 1}, chosen={}))[2]
    edges = [(a, b) for a, b in itertools.pairwise(curve.points) if a.what == b.what == EDGE]
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
def simulated(small: Case, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Simulation]:
    found = small.place.simulate(draws=256, seed=7)
    return small.result.to_workbook(tmp_path_factory.mktemp("risk") / "small-risk.xlsx", found), found


def test_a_simulated_place_shows_its_risk_and_verifies(
    simulated: tuple[Path, Simulation], small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, found = simulated
    book = make_book(small.result, recorded_of(small.result, found, scenarios=False)).book
    for party, label in found.parties.items():
        row = labelled(book, "Out 8 Risk", label)[0]
        measure = found.of(party)
        message = [
            measure.central_gbp,
            measure.mean_gbp,
            measure.loss_probability,
            measure.low_gbp,
            measure.high_gbp,
            measure.shortfall_gbp,
        ]
        assert numbers(book, "Out 8 Risk", row, 6) == pytest.approx(message, abs=0.006)
    shown = [content for content in book.sheet("Out 8 Risk").cells.values() if isinstance(content.value, float)]
    assert all(content.formula.startswith("'Recorded risk'!") for content in shown)
    assert main(["verify", str(path), "--place", str(small.folder)]) == 0
    assert "anything else altered: 0" in capsys.readouterr().out
    assert small.result.to_workbook(tmp_path / "again.xlsx", found).read_bytes() == path.read_bytes()


def test_a_changed_record_of_risk_is_found(
    simulated: tuple[Path, Simulation], small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = with_cell(simulated[0], tmp_path / "kinder.xlsx", "Recorded risk", "E18", lambda xml: re.sub(r"<v>.*?</v>", "<v>1</v>", xml))
    assert main(["verify", str(changed), "--place", str(small.folder)]) == 1
    assert "ALTERED: figures: Recorded risk!E18: the figure was " in capsys.readouterr().out


def test_another_seed_in_the_file_is_found(
    simulated: tuple[Path, Simulation], small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, code in (("8", 1), ("many", 2)):
        change = lambda xml, text=text: re.sub(r'(name="seed"><vt:lpwstr>)7', rf"\g<1>{text}", xml)  # noqa: E731
        other = forged(simulated[0], tmp_path / f"{text}.xlsx", "docProps/custom.xml", change)
        assert main(["verify", str(other), "--place", str(small.folder)]) == code
    said = capsys.readouterr()
    assert "Recorded risk!" in said.out
    assert "they are whole numbers" in said.err


def test_the_risk_of_another_run_is_refused(simulated: tuple[Path, Simulation], small: Case, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="the simulation is one of another run"):
        small.place.run("prudent", chosen={}).to_workbook(tmp_path / "wrong.xlsx", simulated[1])


def test_simulate_writes_the_book_when_asked(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(small.folder), "--draws", "128", "--workbook", "--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {f"small-place-risk.{kind}" for kind in ("csv", "json", "xlsx")}
    opened = openpyxl.load_workbook(tmp_path / "small-place-risk.xlsx", read_only=True)
    assert [name for name in opened.sheetnames if "isk" in name] == ["Out 8 Risk", "Recorded risk"]

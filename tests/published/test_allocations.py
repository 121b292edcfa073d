"""Published NHS England allocations, row by row: how many figures the shipped rules reproduce, and how closely."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

from capmodel.capitation.component_weights import component_weights
from capmodel.capitation.rules.allocate import Comparison, Worked, allocate, compare, failing, roll_up
from capmodel.capitation.rules.checks import read_rule
from capmodel.capitation.rules.figures import read_figures
from capmodel.capitation.rules.words import HEADINGS, columns_in_words
from capmodel.commands.allocate import find_rule

DATA = Path(__file__).parent / "data"
BOARDS = ("icb-core-2023", "icb-core-2024", "icb-primary-medical-2023", "icb-primary-medical-2024")
EVERY = (*BOARDS, "practice-target-2018", "practice-weighted-populations-2025", "ccg-2018")


def file_of(name: str) -> Path:
    return next(path for path in (DATA / f"{name}.csv", DATA / f"{name}.csv.gz") if path.exists())


@cache
def worked(name: str) -> Worked:
    rule = read_rule(find_rule(name))
    return allocate(rule, read_figures(rule, [file_of(name)], []))


def compared(name: str) -> dict[str, Comparison]:
    return {each.name: each for each in compare(worked(name))}


@pytest.mark.parametrize("name", EVERY)
def test_every_published_figure_of_a_rule_reproduces(name: str, message: list[str]) -> None:
    for each in compared(name).values():
        message.append(f"{name}: {worked(name).rule.labels[each.name]}: {each.agree:,} of {each.of:,} ({each.largest:.2g})")
        assert each.differences == ()
    assert failing(worked(name)) == []


def test_168_of_168_board_allocations_to_the_thousand_pounds(message: list[str]) -> None:
    found = [compared(name) for name in BOARDS]
    for line, closest in (("baseline_gbp", 0.005), ("allocation_gbp", 0.0), ("convergence_share", 1e-9), ("distance_share", 1e-15)):
        message.append(f"boards, {line}: {sum(each[line].agree for each in found)} of {sum(each[line].of for each in found)}")
        assert sum(each[line].agree for each in found) == 168
        assert max(each[line].largest for each in found) <= closest


def test_the_new_target_needs_no_published_result_in_three_of_the_four_rules() -> None:
    """Targets grow by the published base growth; only core 2024/25 needs its total, and without it the rates still agree to 1e-8."""
    made = worked("icb-core-2024").columns
    grown = made["target_gbp"] * (1 + made["base_growth_share"])
    apart = made["new_target_gbp"] / grown - 1
    assert apart.min() > 5.08e-9
    assert apart.max() < 5.10e-9
    for name in BOARDS:
        if name != "icb-core-2024":
            assert "total" not in worked(name).rule.file.lines["new_target_gbp"].rule


def test_7325_of_7325_practice_targets(message: list[str]) -> None:
    found = compared("practice-target-2018")
    message.append(
        f"practices, target: {found['target_gbp'].agree:,} of {found['target_gbp'].of:,}, largest relative difference {found['target_gbp'].largest:.2g}"
    )
    assert (found["target_gbp"].agree, found["target_gbp"].of) == (7325, 7325)
    assert found["target_gbp"].largest < 1e-14
    made = worked("practice-target-2018").columns
    assert int((np.abs(made["remoteness_index"] - 1) > 1e-9).sum()) == 268
    assert made["remoteness_index"].max() == pytest.approx(1.030486558752125)
    assert made["remote_target_gbp"].sum() / made["list_persons"].sum() == pytest.approx(1255.6754, abs=0.0001)


def test_practices_foot_at_every_level() -> None:
    made = worked("practice-target-2018")
    whole = {name: made.columns[name].sum() for name in ("list_persons", "weighted_persons", "remote_target_gbp")}
    counts = {"pcn": 1256, "ccg": 192, "icb": 42, "region": 7}
    for level, count in counts.items():
        rolled = roll_up(made, level)
        assert len(made.bodies.groups[level][0]) == count
        for name, total in whole.items():
            assert rolled[name].sum() == pytest.approx(total, rel=1e-13)


def test_every_component_of_2025_is_normalised_and_rolls_up_to_42_boards(message: list[str]) -> None:
    """NHS-01, on the 2025/26 file: each weighted population sums to the projected population within 0.001."""
    made = worked("practice-weighted-populations-2025")
    people = made.columns["list_persons"].sum()
    checks = [name for name in made.rule.lines if name.startswith("check_")]
    assert len(checks) == 9
    assert max(float(np.abs(made.columns[name]).max()) for name in checks) < 0.001
    rolled = roll_up(made, "icb")
    assert len(made.bodies.groups["icb"][0]) == 42
    for name in ("core_persons", "blended_persons"):
        assert rolled[name].sum() == pytest.approx(people, abs=0.001)
    weighted = (rolled["icb_core_index"] * rolled["list_persons"]).sum()
    assert weighted == pytest.approx(people, abs=0.001)
    message.append(f"2025/26: 9 of 9 components sum to {people:,.4f} people within 0.001, over practices and over 42 boards")


def test_nhs_02_the_place_index_of_four_practices(tmp_path: Path) -> None:
    """The tool's default place, 2022/23: the four practices as one row, and the rest of their board as another."""
    place = [32014.823789, 33081.213694, 32095.453151, 21721.653399, 20239.311685, 21633.629104, 33457.531144, 30265.462945]
    board = [2617433.31513, 2531479.015319, 2520550.01957, 2678070.087295, 2823164.878177, 3297425.829411, 2627063.445903, 2639150.129022]
    headings = ["Population", "G&A WP", "CS WP", "MH WP", "Mat WP", "Health Ineq WP", "Prescr WP", "Final WP"]
    rows = [
        ["place", "default", "QWO", *map(repr, place)],
        ["rest", "rest", "QWO", *(repr(b - p) for b, p in zip(board, place, strict=True))],
    ]
    rule = read_rule(find_rule("place-index"))
    path = tmp_path / "places.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["Practice_Code", "Place", "ICB", *headings], *rows])
    made = allocate(rule, read_figures(rule, [path], []))
    expected = {
        "acute": 1.068394,
        "community": 1.041053,
        "mental_health": 0.663125,
        "maternity": 0.586117,
        "inequalities": 0.536388,
        "prescribing": 1.041233,
        "core": 0.937579,
    }
    for name, index in expected.items():
        assert made.columns[f"{name}_index"][0, 0] == pytest.approx(index, abs=1e-6)


def test_nhs_04_weights_of_components_are_found_by_least_squares() -> None:
    """The 2022/23 file of the case is not among the data; on 2018/19 the same fit gives the shipped weights to twelve digits."""
    made = worked("practice-target-2018")
    parts = ("acute", "community", "mental_health", "maternity")
    columns = {name: made.columns[f"{name}_persons"][0] for name in parts}
    fitted = component_weights(columns, made.columns["published_services_persons"][0], relative=True)
    for name in parts:
        assert fitted.weights[name] == pytest.approx(made.rule.file.constants[f"{name}_share"].value, abs=1e-12)
    assert fitted.r2_share == pytest.approx(1, abs=1e-12)
    assert fitted.largest_share < 1e-13
    plain = component_weights(columns, made.columns["published_services_persons"][0])
    assert sum(plain.weights.values()) == pytest.approx(1, abs=1e-9)


def test_ccg_rows_are_read_under_the_shifted_header(message: list[str]) -> None:
    found = compared("ccg-2018")
    message.append(
        f"groups: pounds a head {found['price_gbp_per_person'].agree} of 209, closing distance {found['closing_distance_share'].agree} of 209"
    )
    assert found["price_gbp_per_person"].agree == found["closing_distance_share"].agree == 209
    keys = worked("ccg-2018").bodies.keys
    assert [key for key in keys if "Leicester City" in key or "East Leicester" in key] == [
        "NHS East Leicestershire and Rutland CCG",
        "NHS Leicester City CCG",
        "NHS Leicester City CCG (2)",
    ]
    assert worked("ccg-2018").columns["registered_persons"].sum() == 58_814_789


@pytest.mark.parametrize("name", EVERY)
def test_every_column_is_reported_in_words_with_its_source(name: str) -> None:
    rows = columns_in_words(worked(name).rule)
    assert rows[0] == HEADINGS
    for row in rows[1:]:
        of = dict(zip(HEADINGS, row, strict=True))
        assert of["label"] and of["unit"] and of["source"]
        assert of["in_words"] or (of["kind"] == "constant" and of["value"] and of["status"])


@pytest.mark.parametrize("name", BOARDS)
def test_the_workbook_itself_gives_what_its_cut_gives(name: str, tmp_path: Path) -> None:
    """A workbook laid out as NHS England's: a title above, headings with line breaks in row 3, regions and a total below."""
    rule = read_rule(find_rule(name))
    with file_of(name).open(encoding="utf-8", newline="") as file:
        cut = list(csv.DictReader(file))
    path = tmp_path / "published.xlsx"
    book = xlsxwriter.Workbook(str(path))
    for block in rule.file.figures.values():
        assert block.workbook is not None
        sheet = book.add_worksheet(block.workbook.sheet)
        sheet.write_string(0, 0, "Allocations")
        headings = list(
            dict.fromkeys(
                [
                    block.key,
                    *(block.described(each).heading for each in block.text),
                    *(block.column(each).heading for each in block.columns),
                ]
            )
        )
        numbers = {block.column(each).heading for each in block.columns}
        for c, heading in enumerate(headings):
            sheet.write_string(2, c, heading.replace(" (£k)", " \n(£k)"))
            for r, row in enumerate(cut):
                write = sheet.write_number if heading in numbers else sheet.write_string
                write(4 + r, c, float(row[heading]) if heading in numbers else row[heading])
        sheet.write_string(5 + len(cut), 0, "Total")
        sheet.write_string(5 + len(cut), 1, " 94,591,175 ")
    book.close()
    made = allocate(rule, read_figures(rule, [path], []))
    assert made.bodies.keys == worked(name).bodies.keys
    assert made.bodies.text == worked(name).bodies.text
    for column, figures in made.bodies.figures.items():
        # xlsxwriter writes sixteen digits, one fewer than a float may need.
        np.testing.assert_allclose(figures, worked(name).columns[column], rtol=1e-15, err_msg=column)
    assert all(not each.differences for each in compare(made))


def test_the_files_are_small_and_carry_no_date() -> None:
    sizes = {path.name: path.stat().st_size for path in DATA.iterdir()}
    assert sum(sizes.values()) < 1_200_000
    for path in DATA.glob("*.gz"):
        assert path.read_bytes()[4:8] == b"\0\0\0\0"
        assert gzip.decompress(path.read_bytes()).decode("utf-8").count("\n") in (7326, 6349)

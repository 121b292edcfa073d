"""What `capmodel verify` says of a workbook that comes back: changed, forged, broken, or with other inputs."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from capmodel.cli import main
from capmodel.workbook.writing.book import Book, address

from conftest import Case  # isort: skip
from workbook_files import forged, rewritten, part_of, with_cell  # isort: skip
from book_cells import input_cell  # isort: skip


def verified(path: Path, case: Case) -> int:
    return main(["verify", str(path), "--place", str(case.folder)])


def formula_cell(book: Book, sheet: str) -> str:
    return next(
        address(*place)
        for place, content in sorted(book.sheet(sheet).cells.items())
        if content.formula and isinstance(content.value, float) and place[0] > 5
    )


def test_verify_finds_a_changed_formula_and_one_replaced_by_its_value(
    small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settled, allocated = formula_cell(small.book, "Calc 4 Settlement"), formula_cell(small.book, "Calc 2 Capitation")
    one, two = tmp_path / "one.xlsx", tmp_path / "two.xlsx"
    with_cell(small.workbook, one, "Calc 4 Settlement", settled, lambda xml: xml.replace("</f>", "+0</f>"))
    with_cell(one, two, "Calc 2 Capitation", allocated, lambda xml: re.sub(r"<f>.*?</f>", "", xml))
    assert verified(two, small) == 1
    said = capsys.readouterr().out
    assert "0 differ by more than half a penny" in said
    assert "anything else altered: 2" in said
    assert f"rules: Calc 4 Settlement!{settled}: the formula was" in said
    assert f"rules: Calc 2 Capitation!{allocated}: the formula was" in said
    assert "FAIL" in said


FORGERIES: dict[str, tuple[str, Callable[[str], str], str]] = {
    "an illustrative figure that says it is published": ("xl/sharedStrings.xml", lambda xml: xml.replace("<t>illustrative</t>", "<t>published</t>"), "labels and sources: "),
    "a hidden sheet": ("xl/workbook.xml", lambda xml: xml.replace('name="Contract terms"', 'name="Contract terms" state="hidden"'), "looks: Contract terms: the sheet is shown was added: 'hidden'"),
    "a sheet without its lock": ("xl/worksheets/sheet13.xml", lambda xml: re.sub(r"<sheetProtection[^>]*/>", "", xml), "the protection of the sheet is gone"),
    "a fingerprint of a pack": ("docProps/custom.xml", lambda xml: re.sub(r"(england/2025.1 )[0-9a-f]{8}", r"\g<1>00000000", xml), "NOT COMPARED"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_verify_never_passes_a_forged_workbook(name: str, small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part, change, found = FORGERIES[name]
    assert verified(forged(small.workbook, tmp_path / "forged.xlsx", part, change), small) == 1
    said = capsys.readouterr().out
    assert found in said
    assert "FAIL" in said and "PASS" not in said


def test_a_forged_name_of_the_place_is_not_compared(workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = lambda xml: xml.replace("<vt:lpwstr>north-west-london</vt:lpwstr>", "<vt:lpwstr>elsewhere</vt:lpwstr>")  # noqa: E731
    assert main(["verify", str(forged(workbook, tmp_path / "forged.xlsx", "docProps/custom.xml", named))]) == 1
    said = capsys.readouterr().out
    assert "NOT COMPARED" in said
    assert "FAIL" in said and "PASS" not in said


def test_the_example_as_it_was_made_passes(workbook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(workbook)]) == 0
    said = capsys.readouterr().out
    assert "inputs changed since it was made: 0; anything else altered: 0" in said
    assert said.endswith("PASS\n")


def test_verify_finds_a_changed_record(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = {place: content for place, content in small.book.sheet("Recorded runs").cells.items() if content.role == "record"}
    (row, column), _ = next((place, content) for place, content in places.items() if isinstance(content.value, float))
    cell = address(row, column)
    changed = with_cell(
        small.workbook, tmp_path / "changed.xlsx", "Recorded runs", cell, lambda xml: re.sub(r"<v>.*?</v>", "<v>123456789</v>", xml)
    )
    assert verified(changed, small) == 1
    assert f"figures: Recorded runs!{cell}: the figure was" in capsys.readouterr().out


def test_verify_finds_a_stale_value(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = formula_cell(small.book, "Calc 2 Capitation")
    changed = with_cell(
        small.workbook, tmp_path / "changed.xlsx", "Calc 2 Capitation", cell, lambda xml: re.sub(r"<v>.*?</v>", "<v>1</v>", xml)
    )
    assert verified(changed, small) == 1
    said = capsys.readouterr().out
    assert "1 differ by more than half a penny" in said
    assert f"Calc 2 Capitation!{cell}: written 1.0" in said


def test_verify_reads_the_inputs_that_were_changed(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet, cell = input_cell(small.book, "outcome_gate_share@base")
    changed = with_cell(small.workbook, tmp_path / "changed.xlsx", sheet, cell, lambda xml: re.sub(r"<v>.*?</v>", "<v>0.99</v>", xml))
    assert verified(changed, small) == 1, "the values beside the changed input are stale"
    said = capsys.readouterr().out
    assert "inputs changed since it was made: 1; anything else altered: 0" in said
    assert "outcome_gate_share@base = 0.99" in said
    assert re.search(r"against capmodel run on its inputs: [\d,]+ cells, 0 differ, 0 errors", said)


def test_inputs_that_are_no_typed_numbers_are_all_reported(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet, texted = input_cell(small.book, "group_persons[severe_complex]")
    _, emptied = input_cell(small.book, "group_persons[mostly_healthy]")
    _, formula = input_cell(small.book, "group_persons[elderly_chronic]")
    one, two, three = (tmp_path / f"{i}.xlsx" for i in range(3))
    typed = ' t="inlineStr"><is><t>about 200k</t></is></c>'
    with_cell(small.workbook, one, sheet, texted, lambda xml: re.sub(r"><v>.*</c>", typed, xml))
    with_cell(one, two, sheet, emptied, lambda xml: "")
    with_cell(two, three, sheet, formula, lambda xml: xml.replace("<v>", "<f>100*3014</f><v>"))
    assert verified(three, small) == 2
    said = capsys.readouterr().err
    assert f"{sheet}!{texted}: the input holds 'about 200k'; a typed number is needed here. Write a number; it was 228800" in said
    assert f"{sheet}!{emptied}: the input is empty; a typed number is needed here" in said
    assert f"{sheet}!{formula}: the input holds '=100*3014'; a typed number is needed here" in said


def test_a_scenario_that_does_not_exist_is_reported(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet, cell = input_cell(small.book, "scenario@base")
    changed = with_cell(small.workbook, tmp_path / "changed.xlsx", sheet, cell, lambda xml: re.sub(r"<v>.*?</v>", "<v>4</v>", xml))
    assert verified(changed, small) == 2
    assert "Write a number from 1 to 3" in capsys.readouterr().err


def test_a_share_of_40_in_a_returned_workbook_is_reported(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet, cell = input_cell(small.book, "outcome_gate_share@base")
    changed = with_cell(small.workbook, tmp_path / "changed.xlsx", sheet, cell, lambda xml: re.sub(r"<v>.*?</v>", "<v>40</v>", xml))
    assert verified(changed, small) == 2
    assert "a share is a part of 1" in capsys.readouterr().err


def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, package = tmp_path / "text.xlsx", tmp_path / "package.xlsx"
    text.write_text("Dear colleague")
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("hello.txt", "hello")
    for path, word in (
        (text, "it is a text file"),
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


def test_a_deleted_row_is_named_as_such_and_nobody_is_asked_to_type_its_figures(
    small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Programs move what is below up; before, every input below was called empty, with the advice to write a number."""
    part = part_of(small.workbook, "Assumptions")

    def without(xml: str) -> str:
        rows = re.findall(r'<row r="(\d+)"', xml)
        gone = int(rows[8])
        xml = re.sub(rf'<row r="{gone}".*?</row>', "", xml)
        up = lambda match: f"{match[1]}{int(match[2]) - (int(match[2]) > gone)}{match[3]}"  # noqa: E731
        return re.sub(r'(<(?:row r="|c r="[A-Z]+))(\d+)(")', up, xml)

    changed = rewritten(small.workbook, tmp_path / "changed.xlsx", lambda name, xml: without(xml) if name == part else xml)
    assert verified(changed, small) == 1
    said = capsys.readouterr()
    assert re.search(r"ALTERED: rules: Assumptions: the row \d+ was deleted: '", said.out)
    assert "NOT COMPARED, because its inputs do not stand where they were sent" in said.out
    assert said.err == ""

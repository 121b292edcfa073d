"""Workbooks built to exhaust or mislead are refused by `verify` before anything of them is loaded or evaluated."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from capmodel.cli import main
from capmodel.errors import BadInput
from capmodel.workbook.returned.bounds import OURS, scan
from capmodel.workbook.returned.foreign import refuse_foreign
from capmodel.workbook.returned.package import open_package
from capmodel.workbook.writing.book import Book

from hostile_books import EXHAUSTING, FILES, LIST, MISLEADING, SHEET, added, sheet, skeleton, types, written  # isort: skip

CPU_SECONDS, KILOBYTES = 2.0, 200_000


#: Runs the command and then says what it took; the high-water mark of the process alone, not of the one it was forked from.
MEASURED = """
import sys, time
from capmodel.cli import main
code = main(sys.argv[1:])
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(code, time.process_time(), peak)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="what a process took is read from /proc")
@pytest.mark.parametrize("name", EXHAUSTING)
def test_what_could_exhaust_the_machine_is_refused_at_once(name: str, tmp_path: Path) -> None:
    parts, words = EXHAUSTING[name]
    file = written(tmp_path / "hostile.xlsx", {**skeleton(), **parts})
    assert file.stat().st_size < 1_100_000
    done = subprocess.run([sys.executable, "-c", MEASURED, "verify", str(file)], capture_output=True, text=True, check=True)
    code, seconds, kilobytes = map(float, done.stdout.split())
    assert code == 2
    assert words in done.stderr
    assert seconds < CPU_SECONDS
    assert kilobytes < KILOBYTES


@pytest.mark.parametrize("name", MISLEADING)
def test_what_nobody_may_add_is_refused_by_name(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts, words = MISLEADING[name]
    assert main(["verify", str(written(tmp_path / "foreign.xlsx", {**skeleton(), **parts}))]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "foreign.xlsx" in said


@pytest.mark.parametrize("command", ["verify", "returned"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_sound_package_is_refused(
    name: str, command: str, sound: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, words = FILES[name]
    file = tmp_path / "hostile.xlsx"
    file.write_bytes(change(sound))
    begin = time.process_time()
    assert main([command, str(file)]) == 2
    assert time.process_time() - begin < CPU_SECONDS
    said = capsys.readouterr().err
    assert words in said and "hostile.xlsx" in said


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return written(tmp_path_factory.mktemp("sound") / "sound.xlsx", skeleton()).read_bytes()


def test_there_are_81_kinds_of_hostile_files() -> None:
    assert len({*EXHAUSTING, *MISLEADING, *FILES}) >= 81


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes among its files")
def test_a_folder_a_pipe_and_a_device_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "device.xlsx").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.xlsx")
    for name, words in (("folder", "it is a folder"), ("device", "it is a device or a pipe"), ("pipe", "it is a device or a pipe")):
        assert main(["returned", str(tmp_path / f"{name}.xlsx")]) == 2
        assert words in capsys.readouterr().err


def test_a_part_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        file = written(tmp_path / "twice.xlsx", skeleton(), twice=SHEET)
    with pytest.raises(BadInput, match=r"the part xl/worksheets/sheet1.xml is given twice"):
        scan(file)
    capitals = written(tmp_path / "capitals.xlsx", {**skeleton(), SHEET.upper(): sheet()})
    with pytest.raises(BadInput, match="is given twice"):
        scan(capitals)


def test_everything_foreign_is_reported_in_one_report(tmp_path: Path) -> None:
    parts = {**skeleton(), **added("xl/connections.xml", "connections"), "xl/one.bin": b"1", "xl/two.bin": b"2"}
    with pytest.raises(BadInput) as message:
        scan(written(tmp_path / "three.xlsx", parts))
    assert len(message.value.problems) == 3


def test_what_spreadsheet_programs_add_by_themselves_is_allowed(tmp_path: Path) -> None:
    own = {
        "xl/calcChain.xml": "calcChain",
        "xl/theme/theme1.xml": "theme",
        "xl/printerSettings/printerSettings1.bin": "printerSettings",
        "xl/persons/person.xml": "http://schemas.microsoft.com/office/2017/10/relationships/person",
        "docMetadata/LabelInfo.xml": "http://schemas.microsoft.com/office/2020/02/relationships/classificationlabels",
        "customXml/item1.xml": "customXml",
    }
    for part, kind in own.items():
        package = open_package(written(tmp_path / "own.xlsx", {**skeleton(), **added(part, kind)}))
        refuse_foreign(package)


def test_the_skeleton_itself_is_let_through(tmp_path: Path) -> None:
    found = scan(written(tmp_path / "skeleton.xlsx", skeleton()))
    assert set(found.sheets) == OURS
    assert found.properties["place"] == "north-west-london"


def test_every_book_has_the_sheets_by_which_it_is_known(book: Book) -> None:
    assert {each.name for each in book.sheets} >= OURS


def test_two_parts_that_are_each_the_texts_are_refused(tmp_path: Path) -> None:
    strings = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    parts = {**skeleton(), LIST: types(("xl/one.xml", strings), ("xl/two.xml", strings))}
    with pytest.raises(BadInput, match="are each said to be the sharedStrings"):
        scan(written(tmp_path / "texts.xlsx", parts))

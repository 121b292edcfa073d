"""What the tests do to workbook files without a spreadsheet program: edit the XML, strip cached values, recalculate elsewhere.

Nothing here writes with openpyxl, which would lose the values cached in a file, and nothing is taken from capmodel.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import ironcalc
import openpyxl

Place = tuple[str, int, int]  # sheet, row and column, from zero
_RECALCULATE_ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="FirstRun" oor:op="fuse"><value>false</value></prop></item>
</oor:items>
"""


def part_of(path: Path, sheet: str) -> str:
    """The part of the package that holds a sheet; xlsxwriter numbers them in their order."""
    with zipfile.ZipFile(path) as package:
        names = re.findall(r'<sheet name="([^"]+)"', package.read("xl/workbook.xml").decode())
    return f"xl/worksheets/sheet{names.index(sheet) + 1}.xml"


def rewritten(path: Path, to: Path, change: Callable[[str, str], str], parts: str = "xl/worksheets/sheet") -> Path:
    """A copy of a workbook whose sheets, or other parts, went through `change(part, xml)`."""
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.namelist():
            content = before.read(part)
            if part.startswith(parts):
                content = change(part, content.decode()).encode()
            after.writestr(part, content)
    return to


def without_values(path: Path, to: Path) -> Path:
    """A copy in which no formula cell has a value, so that whatever is read back was worked out by who read it."""
    return rewritten(path, to, lambda _, xml: re.sub(r"</f><v>[^<]*</v>", "</f>", xml))


def with_cell(path: Path, to: Path, sheet: str, cell: str, change: Callable[[str], str]) -> Path:
    """A copy in which one cell's element went through `change`."""
    wanted = part_of(path, sheet)
    seen = []

    def edit(part: str, xml: str) -> str:
        if part != wanted:
            return xml
        found = re.search(rf'<c r="{cell}"[^>]*>.*?</c>', xml)
        assert found, f"{sheet}!{cell} is not in the file"
        seen.append(cell)
        return xml[: found.start()] + change(found[0]) + xml[found.end() :]

    rewritten(path, to, edit)
    assert seen
    return to


class Recalculated:
    """A workbook file opened by IronCalc, whose inputs can be changed and which is worked out anew."""

    def __init__(self, path: Path) -> None:
        """Open a file."""
        self.model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        self.sheets = [sheet["name"] for sheet in self.model.get_worksheets_properties()]

    def set(self, place: Place, value: float) -> None:
        """Write a number into a cell."""
        self.model.update_cell_with_number(self.sheets.index(place[0]), place[1] + 1, place[2] + 1, value)

    def value(self, place: Place) -> Any:
        """One cell as last worked out."""
        return self.model.get_cell_value(self.sheets.index(place[0]), place[1] + 1, place[2] + 1)

    def values(self) -> dict[Place, Any]:
        """Every cell after recalculation."""
        self.model.evaluate()
        return {
            (self.sheets[sheet], row - 1, column - 1): self.model.get_cell_value(sheet, row, column)
            for sheet, row, column in self.model.get_all_cells()
        }


def saved_by_libreoffice(path: Path, folder: Path) -> Path:
    """A file as LibreOffice saves it, in a throw-away profile that always recalculates."""
    program = shutil.which("soffice")
    assert program
    with tempfile.TemporaryDirectory() as profile:
        user = Path(profile) / "user"
        user.mkdir()
        (user / "registrymodifications.xcu").write_text(_RECALCULATE_ALWAYS)
        command = [
            program,
            f"-env:UserInstallation=file://{profile}",
            "--headless",
            "--norestore",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(folder),
            str(path),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=110)
    return folder / path.name


def values_in(path: Path) -> dict[Place, Any]:
    """Every value in a file."""
    book = openpyxl.load_workbook(path, data_only=True, read_only=True)
    return {
        (sheet.title, cell.row - 1, cell.column - 1): cell.value
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def by_libreoffice(path: Path, folder: Path) -> dict[Place, Any]:
    """Every cell of a file as LibreOffice works it out."""
    return values_in(saved_by_libreoffice(path, folder))


def forged(workbook: Path, target: Path, part: str, change: Callable[[str], str]) -> Path:
    with zipfile.ZipFile(workbook) as sent, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as received:
        for name in sent.namelist():
            text = sent.read(name)
            changed = change(text.decode()).encode() if name == part else text
            assert name != part or changed != text, f"{part} was to be changed"
            received.writestr(name, changed)
    return target


def edited(path: Path, to: Path, changes: Mapping[str, Callable[[str], str]], without: str = "") -> Path:
    """A copy of a workbook in which some parts went through a change, and one is left out."""
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name in changes:
                text = changes[name](content.decode())
                assert text != content.decode(), f"{name} was to be changed"
                content = text.encode()
            if name != without:
                after.writestr(name, content)
    return to


def without_properties(path: Path, to: Path, **also: Callable[[str], str]) -> Path:
    lost = {
        "[Content_Types].xml": lambda xml: re.sub(r'<Override PartName="/docProps/custom.xml"[^>]*/>', "", xml),
        "_rels/.rels": lambda xml: re.sub(r"<Relationship [^>]*custom-properties[^>]*/>", "", xml),
    }
    return edited(path, to, lost, without="docProps/custom.xml")


def cells(opened: openpyxl.Workbook) -> Iterator[Any]:
    for sheet in opened:
        for row in sheet.iter_rows():
            yield from (cell for cell in row if cell.value is not None)


def formulas(opened: openpyxl.Workbook) -> Iterator[Any]:
    return (cell for cell in cells(opened) if cell.data_type == "f")

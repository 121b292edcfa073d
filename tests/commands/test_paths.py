"""What is given in the place of a file: a folder, a device, a loop of links, a name that no file can have. One message says what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

import capmodel
from capmodel.assumptions.cells import in_digits, plain_number
from capmodel.cli import main
from capmodel.errors import BadInput


@pytest.fixture(params=["a folder", "a device", "a loop of links"])
def no_file(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "given.yaml"
    if request.param == "a folder":
        path.mkdir()
        return path, "it is a folder"
    if request.param == "a device":
        path.symlink_to("/dev/null")
        return path, "it is a device"
    path.symlink_to(path)
    return path, "it is a link that leads to itself or to nothing"


@pytest.mark.parametrize("command", ["pool", "settle", "allocate"])
def test_what_is_no_file_is_called_what_it_is(
    command: str, no_file: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, words = no_file
    rest = [] if command == "pool" else [str(tmp_path / "figures.csv"), "--out", str(tmp_path / "out.csv")]
    assert main([command, str(path), *rest]) == 2
    said = capsys.readouterr().err
    assert f"given.yaml: {words}" in said
    assert "Errno" not in said


@pytest.mark.parametrize("call", [capmodel.settle, capmodel.allocate])
def test_a_name_with_a_character_that_cannot_be_seen_is_refused(call: object, tmp_path: Path) -> None:
    for names in [("a\0b.yaml", "c.csv"), ("us-mssp-2015", "c\0d.csv"), ("icb-core-2023", "c\0d.csv")]:
        with pytest.raises(BadInput):
            call(*names)  # type: ignore[operator]


def test_digits_of_other_scripts_are_no_number_in_tables_as_in_yaml() -> None:
    for text in ("\uff11\uff12", "\u0661\u0662", "10\u00b2"):
        assert plain_number(text) != plain_number(text), text
        assert in_digits(text) == "Write it with the digits 0 to 9 of the keyboard"

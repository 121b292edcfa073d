"""The reader of books on damaged and hostile files: whatever the bytes are, it ends in a meaning or in one clear refusal."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capmodel.errors import BadInput
from capmodel.workbook.returned.differences import differences
from capmodel.workbook.returned.meaning import Meaning, meaning_of_file

from tiny_book import written_tiny  # isort: skip

#: What an attacker, or a broken program, puts in place of some of a part.
PIECES = [
    b"", b"\0", b"<", b"/>", b"</c>", b"<c/>", b"<c r='A1'/>", b"<row r='9'/>", b'<f t="shared" si="0"/>', b"1e999", b"-1", b"NaN", b"99999999999", b"theme", b"\xff\xfe",
    b"<!DOCTYPE x>", b"&#0;", b"&amp;", b"<extLst><ext><x/></ext></extLst>", b'sqref="A1:XFD9"', b'min="1" max="16384"', b'r="ZZZ1"', b's="77"', b"<is><t>x</t></is>",
]  # fmt: skip


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_tiny(tmp_path_factory.mktemp("tiny") / "tiny.xlsx")


@pytest.fixture(scope="module")
def sent(book: Path) -> Meaning:
    return meaning_of_file(book)


def outcome(sent: Meaning, file: Path) -> str:
    """What comes of a file: compared, or refused with a message of one or more problems."""
    try:
        return f"{len(differences(sent, meaning_of_file(file)))} differences"
    except BadInput as error:
        assert error.problems
        return "refused"


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.integers(0, 40), at=st.floats(0, 1), cut=st.integers(0, 60), piece=st.sampled_from(PIECES))
def test_a_part_with_other_bytes_is_compared_or_refused(
    part: int, at: float, cut: int, piece: bytes, sent: Meaning, book: Path, tmp_path: Path
) -> None:
    file = tmp_path / "fuzzed.xlsx"
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        names = source.namelist()
        for i, name in enumerate(names):
            content = source.read(name)
            if i == part % len(names):
                start = int(at * len(content))
                content = content[:start] + piece + content[start + cut :]
            made.writestr(name, content)
    assert outcome(sent, file)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), length=st.integers(0, 400), fill=st.binary(max_size=8))
def test_a_damaged_package_is_compared_or_refused(at: float, length: int, fill: bytes, sent: Meaning, book: Path, tmp_path: Path) -> None:
    content = book.read_bytes()
    start = int(at * len(content))
    file = tmp_path / "damaged.xlsx"
    file.write_bytes(content[:start] + fill + content[start + length :])
    assert outcome(sent, file)

"""NHS numbers are found however they are written, in every column of every file, and ordinary long figures are let pass."""

from __future__ import annotations

import hashlib
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from extracts import LINE_MAP, as_lines, nhs_numbers, pack_of, people, town, written

from capmodel.baseline.engines import duckdb
from capmodel.baseline.persons.extract.nhs_numbers import SCRIPTS, check_digit_holds, columns_with_numbers
from capmodel.baseline.persons.segment import segment_people
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.errors import BadInput

COUNT = 60
RANDOM = np.random.default_rng(3)


def parted(sign: str) -> Callable[[str], str]:
    return lambda number: f"{number[:3]}{sign}{number[3:6]}{sign}{number[6:]}"


def in_script(zero: str) -> Callable[[str], str]:
    return lambda number: "".join(chr(ord(zero) + int(digit)) for digit in number)


SPELT: dict[str, Callable[[str], str]] = {
    "plain": str,
    "padded": lambda number: number.zfill(12),
    "one_before": lambda number: f"1{number}",
    "some_before": lambda number: f"{RANDOM.integers(1, 99_999)}{number}",
    "thousands": lambda number: f"{int(number):,}",
    **{f"parted_{i}": parted(sign) for i, sign in enumerate(" ;–—−\u2009\u202f\u00a0\u200b|:#./_")},
    "each_parted": lambda number: "-".join(number),
    "by_letters": parted("x"),
    "decimals": lambda number: f"{number}.00",
    "after": lambda number: f"{number}/012",
    "exponent": lambda number: f"{int(number):.9e}",
    "full_width": in_script("０"),
    "arabic": in_script("٠"),
    "devanagari": in_script("०"),
    "mathematical": in_script("𝟎"),
    "superscript": lambda number: "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in number),
    "in_words": lambda number: f"Mrs S, NHS no. {parted(' ')(number)}, ward {RANDOM.integers(99)}, seen {RANDOM.integers(1, 40)} times",
    "beside_dates": lambda number: f"2025-04-{RANDOM.integers(10, 30)} 10:{RANDOM.integers(10, 59)}:00 {number} 1950-02-01",
    "british_date": lambda number: f"{number} {RANDOM.integers(1, 28)}/{RANDOM.integers(1, 12)}/1950",
    "json": lambda number: f'{{"nhs": "{number}", "episode": {RANDOM.integers(10**6)}}}',
}
ORDINARY: dict[str, Callable[[int], str]] = {
    "serial": lambda i: str(4_000_000_000 + i),
    "hash": lambda i: hashlib.sha256(str(i).encode()).hexdigest(),
    "uuid": lambda i: str(uuid.uuid5(uuid.NAMESPACE_DNS, str(i))),
    "telephone": lambda i: f"07{RANDOM.integers(10**9):09d}",
    "property": lambda i: str(RANDOM.integers(10**11, 10**12)),
    "moment": lambda i: f"2025-{1 + i % 12:02d}-{1 + i % 28:02d} {i % 24:02d}:00:00",
    "seconds": lambda i: str(1_743_379_200 + 60 * i),
    "amount": lambda i: f"{RANDOM.random() * 1e7:.4f}",
    "one_code": lambda i: nhs_numbers(1)[0],
    "filled": lambda i: "9999999999",
    "nothing": lambda i: "",
}


def test_the_check_digit_is_that_of_modulus_11() -> None:
    """9434765919 is the example number that the NHS publishes."""

    def holds(number: int) -> bool:
        digits = str(number)
        return sum(int(digit) * (10 - i) for i, digit in enumerate(digits)) % 11 == 0

    session = duckdb.open_session()
    numbers = [9434765919, 9434765918, *map(int, RANDOM.integers(10**9, 10**10, 500))]
    rows = ", ".join(f"({number})" for number in numbers)
    found = dict(session.query(f"SELECT n, {check_digit_holds('n')} FROM (VALUES {rows}) AS t(n)"))
    session.close()
    assert found == {number: holds(number) for number in numbers} and found[9434765919]


def test_no_script_has_digits_beyond_the_code_points_that_are_looked_at() -> None:
    assert not [point for point in range(SCRIPTS, sys.maxunicode + 1) if chr(point).isdigit()]


@pytest.mark.parametrize("name", ["p.csv", "p.parquet"])
def test_numbers_are_found_however_they_are_written_and_in_columns_that_are_not_read(name: str, tmp_path: Path) -> None:
    numbers = nhs_numbers(COUNT)
    frame = people(COUNT).assign(**{f"x_{spelt}": [write(number) for number in numbers] for spelt, write in SPELT.items()})
    frame = frame.assign(**{f"y_{kind}": [write(i) for i in range(COUNT)] for kind, write in ORDINARY.items()})
    if name.endswith("parquet"):
        frame = frame.assign(x_whole=np.array(numbers, dtype="int64"), x_float=np.array(numbers, dtype=float))
    with pytest.raises(BadInput) as refused:
        segment_people(pack_of(town(tmp_path)), Request(written(frame, tmp_path / name)))
    found = {where: (problem.what, problem.remedy) for problem in refused.value.problems for where in (problem.where, *problem.also)}
    assert set(found) == {f"people, column {column!r}" for column in frame if column.startswith("x_")}
    assert set(found.values()) == {(f"it holds {COUNT} valid NHS numbers", "Take the column out of the extract")}


def test_ordinary_figures_are_let_pass(tmp_path: Path) -> None:
    frame = people(COUNT).assign(**{f"y_{kind}": [write(i) for i in range(COUNT)] for kind, write in ORDINARY.items()})
    assert segment_people(pack_of(town(tmp_path)), Request(written(frame, tmp_path / "p.csv"))).quality.rows == COUNT


@pytest.mark.parametrize("salt", [None, "ab"])
def test_every_column_of_the_lines_is_looked_at_and_a_pseudonym_excuses_the_identifier_alone(salt: str | None, tmp_path: Path) -> None:
    persons, lines = as_lines(people(COUNT))
    number = dict(zip(persons["id"], nhs_numbers(COUNT), strict=True))
    persons, lines = (
        persons.assign(id=persons["id"].map(number)),
        lines.assign(id=lines["id"].map(number), note="ref " + lines["id"].map(number)),
    )
    files = written(persons.assign(copy="0" + persons["id"]), tmp_path / "p.parquet"), written(lines, tmp_path / "l.csv")
    with pytest.raises(BadInput) as refused:
        segment_people(pack_of(town(tmp_path, LINE_MAP)), Request(*files, salt=salt))
    own = [] if salt else ["people, column 'id'", "activity lines, column 'id'"]
    assert {problem.where for problem in refused.value.problems} == {*own, "people, column 'copy'", "activity lines, column 'note'"}
    assert not any(text in str(refused.value) for text in number.values())
    if salt:
        files = written(persons, tmp_path / "p.parquet"), written(lines.drop(columns="note"), tmp_path / "l.csv")
        assert segment_people(pack_of(town(tmp_path, LINE_MAP)), Request(*files, salt=salt)).quality.identifiers_replaced


def test_few_numbers_among_many_others_are_found_and_two_are_not_distinguished_from_chance() -> None:
    session = duckdb.open_session()
    others = [str(5_000_000_000 + 7 * i) for i in range(3_000)]
    frame = pd.DataFrame(
        {"some": [*nhs_numbers(300), *others[:2_700]], "three": [*nhs_numbers(3), *[""] * 2_997], "two": [*nhs_numbers(2), *[""] * 2_998]}
    )
    session.connection.register("frame", frame)
    found = columns_with_numbers(session, "frame", dict.fromkeys(frame, "text"), list(frame))
    session.close()
    assert [held.column for held in found] == ["some", "three"]


def test_plain_numbers_are_found_among_identifiers_of_letters_and_digits() -> None:
    """Ten digits of a hash are spread over it: they are not counted beside ten that stand together."""
    session = duckdb.open_session()
    hashes = [f"P{hashlib.sha256(str(i).encode()).hexdigest()[:14]}" for i in range(3_000)]
    session.connection.register("frame", pd.DataFrame({"id": [*nhs_numbers(8), *hashes[8:]], "all": hashes}))
    found = columns_with_numbers(session, "frame", {"id": "text", "all": "text"}, ["id", "all"])
    session.close()
    assert [(held.column, held.numbers) for held in found] == [("id", 8)]


def test_numbers_in_very_many_columns_are_found_in_the_memory_of_a_few() -> None:
    session = duckdb.open_session(memory="300MB")
    frame = pd.DataFrame({f"c{i}": nhs_numbers(20) for i in range(60)})
    session.connection.register("frame", frame)
    found = columns_with_numbers(session, "frame", dict.fromkeys(frame, "text"), list(frame))
    session.close()
    assert [held.column for held in found] == list(frame)


@pytest.mark.parametrize("write", [str, parted(" "), parted("-"), in_script("０"), lambda number: f"NHS{number}"])
def test_names_of_columns_that_hold_a_number_are_refused_by_position(write: Callable[[str], str], tmp_path: Path) -> None:
    persons, lines = as_lines(people(COUNT))
    names = [write(number) for number in nhs_numbers(2)]
    persons, lines = persons.assign(**{names[0]: 0, "spend 2025-26": 1, "ref_1234567890": 0}), lines.assign(**{names[1]: 0})
    files = written(persons, tmp_path / "p.csv"), written(lines, tmp_path / "l.parquet")
    with pytest.raises(BadInput) as refused:
        segment_people(pack_of(town(tmp_path, LINE_MAP)), Request(*files))
    wanted = [("people", persons.shape[1] - 2), ("activity lines", lines.shape[1])]
    (problem,) = refused.value.problems
    assert [problem.where, *problem.also] == [f"{of}, the name of column {at}" for of, at in wanted]
    assert not any(name in str(refused.value) for name in names)


@pytest.mark.parametrize("given", ["folder", "file", "folder of a file"])
def test_files_that_are_named_by_a_number_are_refused_by_position(given: str, tmp_path: Path) -> None:
    """The record of a run and its messages name files."""
    number, folder = nhs_numbers(1)[0], tmp_path / "given"
    place = pack_of(town(tmp_path))
    name = {"folder": f"{number}.csv", "file": f"{parted('-')(number)}.csv", "folder of a file": f"nhs={number}/part.csv"}[given]
    (folder / name).parent.mkdir(parents=True)
    for i, file in enumerate((folder / name, folder / "a_2025-04-01_12-30-00.csv", folder / "extract_202504011230.csv")):
        written(people(COUNT).iloc[i * 20 : (i + 1) * 20].assign(age=150), file)
    request = Request(folder / name if given == "file" else folder)
    with pytest.raises(BadInput) as refused:
        segment_people(place, request)
    (problem,) = refused.value.problems
    at = "the name of the file or folder" if given == "file" else f"the name of file {1 if given == 'folder' else 3} of the folder"
    assert problem.where == f"people, {at}" and number not in str(refused.value).replace("-", "")


def test_one_number_in_a_column_of_places_is_refused_since_places_are_written(tmp_path: Path) -> None:
    (number,) = nhs_numbers(1)
    frame = people(COUNT)
    frame.loc[7, "town"] = number
    with pytest.raises(BadInput) as refused:
        segment_people(pack_of(town(tmp_path)), Request(written(frame, tmp_path / "p.csv")))
    (problem,) = refused.value.problems
    assert (problem.where, problem.what) == ("column 'town'", "1 of its 4 values hold a valid NHS number")
    assert number not in str(refused.value)
    assert (
        segment_people(
            pack_of(
                town(
                    tmp_path, codes={"locality": {name: "south" if name == number else name for name in (number, "east", "west", "north")}}
                )
            ),
            Request(tmp_path / "p.csv"),
        ).quality.rows
        == COUNT
    )


def test_a_number_in_the_map_is_refused_where_what_stands_there_is_written(tmp_path: Path) -> None:
    """What the codes make of a place is a row of every output; what the extract writes for it is in none."""
    (number,) = nhs_numbers(1)
    file = written(people(COUNT), tmp_path / "p.csv")
    names = dict.fromkeys(("east", "west", "north"), "south")
    for codes, wrong in (({**names, "west": parted(" ")(number)}, True), ({**names, number: "south"}, False)):
        place = pack_of(town(tmp_path, codes={"locality": codes}))
        if not wrong:
            assert segment_people(place, Request(file)).quality.rows == COUNT
            continue
        with pytest.raises(BadInput) as refused:
            segment_people(place, Request(file))
        (problem,) = refused.value.problems
        assert (problem.where, problem.what) == ("persons.yaml, a text under codes: locality:", "it holds a valid NHS number")
        assert number not in str(refused.value).replace(" ", "")

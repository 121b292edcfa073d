"""How made-up people are written: the column map's own columns, codes and unit, to Parquet or CSV, one file or a folder of parts.

How files take their places whole is in `capmodel.files`. What stands in them is decided elsewhere; here each person-year
becomes a row of people and, where the map reads activity lines, lines that sum to the same pence.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from capmodel.baseline.files import SYNTHETIC
from capmodel.baseline.persons.extract.column_map import EVERYWHERE, ColumnMap, Route
from capmodel.baseline.synthetic.spend import Profiles
from capmodel.baseline.synthetic.years import PersonYears
from capmodel.errors import CapmodelError, Problem
from capmodel.files import all_or_none, written_whole

Array = npt.NDArray[Any]
SUFFIXES = (".parquet", ".csv")
#: Chunks a part file, where a folder of them is written.
PART = 8
#: A person's contacts on one route are at most so many activity lines.
MOST_LINES = 3
_HEX = np.array([f"{i:02x}".encode() for i in range(256)], dtype="S2").view(np.uint16)
#: Odd numbers that spread the bits of a person's number over an identifier.
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9))
_SIXTY_BITS = np.uint64((1 << 60) - 1)


@dataclass
class Added:
    """What was written of one year of a chunk, in pence and months: by segment where asked for, and by route."""

    rows: int
    lines: int
    months: Array
    by_segment: Array
    by_route: Array


def arrow() -> Any:
    """The library that writes Parquet, imported when it is needed.

    Raises:
        CapmodelError: it is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError as error:
        raise CapmodelError(
            "pyarrow is not installed; people are written with it. Install it with: pip install 'capmodel[persons]'"
        ) from error
    return pa


def sexes_of(columns: ColumnMap) -> tuple[tuple[str, str], tuple[str, str]]:
    """The words for women and men, as schemes read them and as the extract writes them."""
    found = {member[:1].lower(): (member, code) for code, member in reversed(list(columns.codes.get("sex", {}).items()))}
    woman, man = found.get("f", found.get("w", ("F", "F"))), found.get("m", ("M", "M"))
    return (woman[0], man[0]), (woman[1], man[1])


def codes_of(columns: ColumnMap, attribute: str) -> dict[str, str]:
    """How the extract writes each id; the first code where there are several."""
    return {member: code for code, member in reversed(list(columns.codes.get(attribute, {}).items()))}


def localities_of(columns: ColumnMap) -> list[str]:
    """The localities as the extract writes them, in the order of the map."""
    return list(codes_of(columns, "locality").values())[::-1] or [EVERYWHERE]


def lines_beside(out: Path) -> Path:
    """Where activity lines go: beside the people.

    >>> lines_beside(Path("people.parquet")).name
    'people-lines.parquet'
    """
    return out.with_name(f"{out.stem}-lines{out.suffix}")


def identifiers(number: Array, seed: int) -> Array:
    """Identifiers as bytes, 16 a person: P and 15 hexadecimal digits, different for different numbers, never an NHS number."""
    mixed = (number.astype(np.uint64) ^ np.uint64(seed & 0xFFFFFFFF) << np.uint64(28)) & _SIXTY_BITS
    for odd in _MIX:
        # Each step can be undone within sixty bits, so that no two people share an identifier.
        mixed ^= mixed >> np.uint64(31)
        mixed = (mixed * odd) & _SIXTY_BITS
    mixed ^= mixed >> np.uint64(29)
    text = _HEX[mixed.astype(">u8").view(np.uint8)].view(np.uint8)
    text[::16] = ord("P")
    return text


class Layout:
    """The columns of one extract.

    Args:
        columns: the column map.
        profiles: the routes of the spend.
        practices: how many practices there are.
        seed: the seed, for identifiers.
        line: whether spend is written as activity lines instead of columns.
    """

    def __init__(self, columns: ColumnMap, profiles: Profiles, practices: int, seed: int, line: bool) -> None:
        self.pa = arrow()
        self.columns, self.profiles, self.seed, self.line = columns, profiles, seed, line
        text = self.pa.string()
        self.sexes = self.pa.array(sexes_of(columns)[1], text)
        self.localities = self.pa.array(localities_of(columns), text)
        self.practices = self.pa.array([f"GP{i:05d}" for i in range(1, practices + 1)], text)
        self.spend = {} if line else {item.route: item for item in columns.spend}
        self.money = {columns.lines.cost} if line and columns.lines else {item.column for item in columns.spend}

    def note(self) -> dict[str, str]:
        """What a Parquet file says of itself to its reader."""
        return {"note": f"{SYNTHETIC}, seed {self.seed}: made-up people, illustrative, nobody's record"}

    def people(self, of: PersonYears, segments: int) -> tuple[Any, Added, list[Array]]:
        """One year of people as a table, what was added up, and the pence of each route where lines follow."""
        pa, columns, rows = self.pa, self.columns, len(of.person)
        made = {
            "person": self._identifiers(of.person),
            "age": of.age,
            "months": of.months,
            "year": np.full(rows, of.year, dtype=np.int16),
            "locality": self._coded(of.locality, self.localities),
            "practice": self._coded(of.practice, self.practices),
            "sex": self._coded(1 - of.woman.astype(np.int8), self.sexes),
            "deprivation": of.deprivation,
            "score": of.score,
        }
        arrays = {column: made[name] for name, column in columns.columns.items()}
        for name, column in columns.conditions.items():
            held = np.packbits((of.mask & np.uint64(1 << columns.bit[name])) != 0, bitorder="little")
            arrays[column] = pa.Array.from_buffers(pa.bool_(), rows, [None, pa.py_buffer(held)])
        by_route = np.zeros(len(self.profiles.routes), dtype=np.int64)
        person_pence, kept = np.zeros(rows), []
        for i, route in enumerate(self.profiles.routes):
            pence = np.rint(np.take(self.profiles.share[i], of.profile) * of.total)
            by_route[i] = pence.sum()
            person_pence += pence
            if self.line:
                kept.append(pence.astype(np.int32))
            else:
                arrays |= self._spend(route, i, pence, of)
        nothing = np.zeros(rows, dtype=np.int32)
        for route, item in self.spend.items():
            if route not in self.profiles.routes:
                arrays |= {name: nothing for name in (item.column, item.activity) if name}
        order = [*columns.columns.values(), *columns.conditions.values()]
        order += [name for item in self.spend.values() for name in (item.column, item.activity) if name]
        table = pa.table({name: arrays[name] for name in order}).replace_schema_metadata(self.note())
        by_segment = np.bincount(of.segment, person_pence, segments).astype(np.int64)
        return table, Added(rows, 0, np.bincount(of.segment, of.months, segments).astype(np.int64), by_segment, by_route), kept

    def _spend(self, route: Route, i: int, pence: Array, of: PersonYears) -> dict[str, Array]:
        item = self.spend[route]
        found = {item.column: pence / 100 if self.columns.pence == 100 else pence.astype(np.int64)}
        if item.activity:
            found[item.activity] = self._contacts(i, pence, of)
        return found

    def _contacts(self, i: int, pence: Array, of: PersonYears) -> Array:
        """Contacts: at least one wherever there is spend, none where there is none."""
        contacts: Array = np.ceil(np.take(self.profiles.contacts[i], of.profile) * of.total).astype(np.int32)
        np.maximum(contacts, 1, out=contacts)
        contacts *= pence > 0
        return contacts

    def lines(self, of: PersonYears, kept: Sequence[Array], person: Any, random: np.random.Generator) -> Any:
        """The activity lines of one year of people, which sum to the pence of each route."""
        pa, named = self.pa, self.columns.lines
        assert named is not None
        parts: dict[str, list[Array]] = {name: [] for name in ("row", "route", "pence", "activity")}
        for i, pence in enumerate(kept):
            rows = np.flatnonzero(pence)
            contacts = self._contacts(i, pence, of)[rows]
            lines = np.minimum(contacts, MOST_LINES)
            number = np.arange(lines.sum()) - np.repeat(np.cumsum(lines) - lines, lines)
            several = np.repeat(lines, lines)
            parts["row"].append(np.repeat(rows, lines))
            parts["route"].append(np.full(len(several), i, dtype=np.int16))
            for name, whole in (("pence", pence[rows]), ("activity", contacts)):
                # What does not divide evenly falls on the first lines, so that nothing is lost.
                each = np.repeat(whole, lines)
                parts[name].append(each // several + (number < each % several))
        row, route, pence, activity = (np.concatenate(parts[name]) for name in parts)
        start = (datetime.date(of.year, 4, 1) - datetime.date(1970, 1, 1)).days
        days = of.months[row] * 30
        day = start + (random.random(len(row)) * days).astype(np.int32) + np.where(of.late[row], 365 - days, 0)
        found = {
            named.person: person.take(pa.array(row)),
            named.date: pa.array(day.astype(np.int32)).cast(pa.date32()),
            **{getattr(named, name): self._coded(route, self._members(name)) for name in ("setting", "provider", "payer")},
            named.cost: pence / 100 if self.columns.pence == 100 else pence.astype(np.int64),
        }
        if named.activity:
            found[named.activity] = activity.astype(np.int32)
        return pa.table(found).replace_schema_metadata(self.note())

    def _members(self, name: str) -> Any:
        codes = codes_of(self.columns, name)
        return self.pa.array([codes.get(getattr(route, name), getattr(route, name)) for route in self.profiles.routes], self.pa.string())

    def _coded(self, positions: Array, values: Any) -> Any:
        """Text as positions in a list; a list that says a thing twice, as settings of routes do, is shortened."""
        different = values.unique()
        if len(different) < len(values):
            where = {value: i for i, value in enumerate(different.to_pylist())}
            positions = np.array([where[value] for value in values.to_pylist()], dtype=np.int32)[positions]
        return self.pa.DictionaryArray.from_arrays(self.pa.array(positions.astype(np.int32)), different)

    def _identifiers(self, number: Array) -> Any:
        text = identifiers(number, self.seed)
        ends = np.arange(0, 16 * len(number) + 1, 16, dtype=np.int32)
        return self.pa.Array.from_buffers(self.pa.string(), len(number), [None, self.pa.py_buffer(ends), self.pa.py_buffer(text)])


class Writer:
    """Writes tables to one file, or to the parts of a folder, in the order in which they come."""

    def __init__(self, path: Path, folder: bool, delimiter: str, money: Container[str]) -> None:
        self.path, self.folder, self.delimiter, self.money = path, folder, delimiter, money
        self._writer: Any = None
        self._part = -1

    def write(self, table: Any, chunk: int) -> None:
        """Write one more table."""
        part = chunk // PART if self.folder else 0
        if part != self._part:
            self.close()
            self._writer = self._open(self.path / f"part-{part:05d}.parquet" if self.folder else self.path, table)
            self._part = part
        self._writer.write_table(table if self.folder or self.path.suffix == ".parquet" else _plain(table, self.money))

    def _open(self, path: Path, table: Any) -> Any:
        pa = arrow()
        if path.suffix == ".csv":
            return pa.csv.CSVWriter(
                str(path), _plain(table, self.money).schema, write_options=pa.csv.WriteOptions(delimiter=self.delimiter)
            )
        # A dictionary of amounts would cost more time than it saves space.
        coded = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
        return pa.parquet.ParquetWriter(str(path), table.schema, compression="snappy", use_dictionary=coded, write_statistics=coded)

    def close(self) -> None:
        """Finish the file that is open."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _plain(table: Any, money: Container[str]) -> Any:
    """A table as CSV has it: texts in every row, amounts always with two decimals, and a last column that says that nobody in it exists."""
    pa = arrow()

    def with_type(name: str, column: Any) -> Any:
        if pa.types.is_dictionary(column.type):
            return column.cast(pa.string())
        if name not in money or not pa.types.is_floating(column.type):
            return column
        # A decimal of Arrow is a whole number of 128 bits, here of pence.
        words = np.zeros((len(column), 2), dtype=np.int64)
        words[:, 0] = np.rint(column.to_numpy() * 100)
        return pa.Array.from_buffers(pa.decimal128(14, 2), len(column), [None, pa.py_buffer(words)])

    found = {name: with_type(name, column) for name, column in zip(table.column_names, table.columns, strict=True)}
    return pa.table({**found, SYNTHETIC: pa.repeat(1, table.num_rows)})


def out_problems(out: Path) -> Iterator[Problem]:
    """Why an extract cannot be written there: a kind of file that is none, or a folder that holds something already."""
    if out.suffix and out.suffix not in SUFFIXES:
        yield Problem(str(out), f"{out.suffix} is no kind of extract", "people are written as Parquet or CSV", "End it in .parquet or .csv")
    elif out.is_dir() and (out.suffix or any(out.iterdir())):
        yield Problem(str(out), "it exists already", "part files would be mixed with what is there", "Name another folder, or empty it")
    elif not out.suffix and out.is_file():
        yield Problem(
            str(out), "it is a file", "a name without .parquet or .csv is that of a folder for parts", "End it in .parquet or .csv"
        )


@contextlib.contextmanager
def written(outs: Mapping[str, Path], delimiter: str, money: Container[str]) -> Iterator[dict[str, Writer]]:
    """Writers beside the places of these files, which are all put in place together when the block ends well.

    Raises:
        CapmodelError: the folder does not take the file.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(all_or_none())
        beside = {name: stack.enter_context(written_whole(out)) for name, out in outs.items()}
        writers: dict[str, Writer] = {}
        for name, out in outs.items():
            if not out.suffix:
                beside[name].mkdir()
            writers[name] = Writer(beside[name], not out.suffix, delimiter, money)
        try:
            yield writers
            for writer in writers.values():
                writer.close()
        finally:
            for writer in writers.values():
                with contextlib.suppress(Exception):
                    writer.close()

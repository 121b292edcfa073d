"""Single faults put into a copy of a place's files at random, by a seed, and what reading them back gives."""

from __future__ import annotations

import csv
import io
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import capmodel
from capmodel.assumptions import columns, document
from capmodel.assumptions.uncertainties import read_uncertainties
from capmodel.errors import BadInput, Problem
from capmodel.model import Place

NUMBER = re.compile(r"(?<![\w.'\"-])-?\d+(?:\.\d+)?(?![\w.'\"/-])")
ODD = [",", ":", '"', "'", "\t", "#", "-", " ", "\u00a0", "\u200b", "é", "{", "]", "&a ", "*a", "!!str ", "|", "\x00", "²", "\n", "0"]
NO_NUMBER = ["nan", "inf", "1,000", "1_000", "0x10", "²", "٣", "½", "1e308", "1e400", "--1", "1.0.0", "=1+1", "#REF!", "true", "null", "5%"]
#: Keys whose text is free: nothing follows from it but itself.
FREE = ("note:", "description:", "title:", "label:", "page:", "publisher:", "date:", "licence:", "url:", "sha256:", "#")


@dataclass(frozen=True)
class Mutation:
    """One fault: what was done to which file, and whether it surely means something else."""

    file: str
    what: str
    means: bool


class Copy:
    """A copy of the packs, one file of which is changed at a time and put back."""

    def __init__(self, packs: Path, folder: Path, place: str = "north-west-london") -> None:
        self.root = folder / "assumptions"
        shutil.copytree(packs / "england/2025.1", self.root / "england/2025.1")
        self.place = self.root / "places" / place
        shutil.copytree(packs / "places" / place, self.place)
        # A released edition is refused for any change; one that is not says what is wrong with it.
        pack = self.root / "england/2025.1/pack.yaml"
        pack.write_text(re.sub(r"(?m)^(released|sha256):.*\n", "", pack.read_text()))
        found = [path for path in self.root.rglob("*") if path.suffix in (".yaml", ".csv") and path.name != "persons.yaml"]
        # Large files have no more to say than small ones.
        self.files = sorted(found) + sorted(path for path in found if path.parent.name == place)

    @contextmanager
    def mutated(self, seed: int) -> Iterator[Mutation]:
        """The copy with one fault in it, put right afterwards."""
        drawn = random.Random(seed)
        path = drawn.choice(self.files)
        before = path.read_bytes()
        kinds: list[Callable[[random.Random, Path], Mutation | None]] = [
            _number,
            _number,
            _row if path.suffix == ".csv" else _line,
            _text,
            _text,
            _file,
        ]
        stray = path.with_name(f"old_{path.name}")
        try:
            made = None
            while made is None:
                made = drawn.choice(kinds)(drawn, path)
            yield made
        finally:
            for left in (path, stray, path.with_name(f"{path.stem} - Copy{path.suffix}")):
                if left.is_symlink() or left.is_file():
                    left.unlink()
                elif left.is_dir():
                    left.rmdir()
            path.write_bytes(before)


def _named(path: Path, what: str, means: bool) -> Mutation:
    return Mutation(path.name, what, means)


def _is_free(line: str) -> bool:
    return line.strip().removeprefix("- ").startswith(FREE) or ":" not in line


def _number(drawn: random.Random, path: Path) -> Mutation | None:
    """Another number, or no number, in place of one."""
    lines = path.read_text(encoding="utf-8").split("\n")
    at = drawn.randrange(len(lines))
    if path.suffix == ".csv":
        return _cell(drawn, path, lines, at)
    line = lines[at]
    found = [] if _is_free(line) else [match for match in NUMBER.finditer(line) if "note" not in line[: match.start()]]
    if not found:
        return None
    match = drawn.choice(found)
    new = _other(drawn, match[0])
    lines[at] = line[: match.start()] + new + line[match.end() :]
    path.write_text("\n".join(lines), encoding="utf-8")
    # A year in a mapping of years is a key, and 1.0 for 1 is the same number.
    return _named(path, f"line {at + 1}: {match[0]} became {new}", not same_number(match[0], new))


def _cell(drawn: random.Random, path: Path, lines: list[str], at: int) -> Mutation | None:
    header = next(csv.reader(lines[:1]))
    cells = next(csv.reader([lines[at]]), [])
    wanted = [i for i, name in enumerate(header) if name == "value" or name.isdigit()]
    if at == 0 or len(cells) != len(header):
        return None
    column = drawn.choice(wanted)
    before, cells[column] = cells[column], _other(drawn, cells[column])
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    lines[at] = out.getvalue()
    path.write_text("\n".join(lines), encoding="utf-8")
    means = not same_number(before, cells[column]) and not of_another_board(path, lines[at])
    return _named(path, f"line {at + 1}: {before} became {cells[column]}", means)


def of_another_board(path: Path, line: str) -> bool:
    """True for a row of a board that the example does not pin, which has no say in it."""
    return path.name == "icb_allocation_gbp.csv" and not line.startswith(("QRV", "icb"))


def same_number(one: str, other: str) -> bool:
    """True where two texts are one number."""
    try:
        return float(one) == float(other) or float(one) == float(other.removeprefix("+"))
    except ValueError:
        return False


def _other(drawn: random.Random, text: str) -> str:
    value = float(text)
    return drawn.choice(
        [
            f"{-value:.10g}",
            f"{value * 10:.10g}",
            f"{value / 100:.10g}",
            f"{value + 1:.10g}",
            f"{value * 1.001:.10g}",
            f"{value * 1e6:.10g}",
            "",
            drawn.choice(NO_NUMBER),
        ]
    )


def _row(drawn: random.Random, path: Path) -> Mutation | None:
    """A row lost, doubled, cut, lengthened, or with two cells changed over; a heading renamed or lost."""
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    at = drawn.randrange(len(lines))
    cells = next(csv.reader([lines[at]]))
    means = not of_another_board(path, lines[at])
    kind = drawn.choice(["lost", "doubled", "cut", "lengthened", "cells changed over", "padded"])
    if kind == "lost":
        del lines[at]
    elif kind == "doubled":
        lines.insert(at, lines[at])
    elif kind == "padded":
        cells = [f" {cell} " for cell in cells]
    elif kind == "cut":
        del cells[drawn.randrange(len(cells))]
    elif kind == "lengthened":
        cells.insert(drawn.randrange(len(cells)), drawn.choice(["", "1", cells[0]]))
    else:
        one, other = drawn.sample(range(len(cells)), 2)
        cells[one], cells[other] = cells[other], cells[one]
    if kind not in ("lost", "doubled"):
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow(cells)
        same = next(csv.reader([lines[at]])) == cells
        lines[at] = out.getvalue()
        if same:
            return None
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return _named(path, f"line {at + 1}: {kind}", means and kind != "padded")


def _line(drawn: random.Random, path: Path) -> Mutation | None:
    """A line of YAML lost, doubled, moved in or out, or with its key renamed."""
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    at = drawn.randrange(len(lines))
    if _is_free(lines[at]) or lines[at].lstrip().startswith("#"):
        return None
    kind = drawn.choice(["lost", "doubled", "moved in", "key renamed", "key doubled"])
    key, colon, rest = lines[at].partition(":")
    if kind == "lost":
        del lines[at]
    elif kind == "doubled":
        lines.insert(at, lines[at])
    elif kind == "moved in":
        lines[at] = f"  {lines[at]}"
    elif kind == "key renamed":
        lines[at] = f"{key}x{colon}{rest}"
    else:
        lines.insert(at, f"{key}{colon} 7")
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return _named(path, f"line {at + 1}: {kind}", kind in ("key renamed", "key doubled"))


def _text(drawn: random.Random, path: Path) -> Mutation:
    """A character lost or put in, a file cut short or saved in other ways."""
    data = path.read_bytes()
    at = drawn.randrange(len(data))
    kind = drawn.choice(["lost", "put in", "put in", "cut short", "CRLF", "BOM", "latin-1", "utf-16", "swapped"])
    changed = {
        "lost": data[:at] + data[at + 1 :],
        "put in": data[:at] + drawn.choice(ODD).encode() + data[at:],
        "cut short": data[:at],
        "CRLF": data.replace(b"\n", b"\r\n"),
        "BOM": b"\xef\xbb\xbf" + data,
        "latin-1": data[:at] + b"\xe9" + data[at:],
        "utf-16": data.decode().encode("utf-16"),
        "swapped": data[:at] + data[at + 1 : at + 2] + data[at : at + 1] + data[at + 2 :],
    }[kind]
    path.write_bytes(changed)
    return _named(path, f"byte {at}: {kind}", False)


def _file(drawn: random.Random, path: Path) -> Mutation | None:
    """A file lost, emptied, replaced by a folder or a link to itself, or a table beside it under another name."""
    kind = drawn.choice(["lost", "empty", "a folder", "a link to itself", "a copy", "an old copy"])
    if kind in ("a copy", "an old copy"):
        if path.suffix != ".csv":
            return None
        beside = path.with_name(f"{path.stem} - Copy.csv" if kind == "a copy" else f"old_{path.name}")
        shutil.copy(path, beside)
        return _named(beside, kind, True)
    if kind == "empty":
        path.write_bytes(b"")
        return _named(path, kind, True)
    path.unlink()
    if kind == "a folder":
        path.mkdir()
    elif kind == "a link to itself":
        path.symlink_to(path)
    return _named(path, kind, path.name != "risk.yaml" or kind != "lost")


def seen(place: Place) -> str:
    """What a reader of the results sees of the inputs: every figure with its provenance, names, years, and what belongs to what."""
    pack = place.pack
    risk = read_uncertainties(pack, place.assumptions, []) if (pack.folder / "risk.yaml").is_file() else None
    columns = [(name, column.keys, sorted(map(repr, column.figures.items()))) for name, column in sorted(place.columns.items())]
    parts = [pack.title, pack.description, pack.edition, pack.as_at, pack.owner, pack.basis, pack.base_year, pack.years, pack.copied]
    national = (pack.editions[0].id, pack.editions[0].title, pack.editions[0].released)
    return repr(
        (parts, national, pack.dimensions, columns, place.assumptions, place.scenarios, pack.sources, place.terms, place.choices, risk)
    )


def inputs(place: Place) -> dict[str, Any]:
    """What the engine works with, in every scenario."""
    found = {}
    for scenario in place.scenarios:
        given = place.inputs(scenario, [])
        found[scenario] = (
            {node: values.tolist() for node, values in given.given.items()},
            {name: values.tolist() for name, values in given.assumptions.items()},
            given.rows,
        )
    return found


def once_each(read: Callable[[Path, list[Problem]], Any]) -> Callable[[Path, list[Problem]], Any]:
    """Reads a sound file once for as long as it stays the same: of a pack with one fault most files do."""
    sound: dict[tuple[Path, bytes], Any] = {}

    def reading(path: Path, problems: list[Problem]) -> Any:
        held = path.read_bytes() if path.is_file() else b""
        if (path, held) in sound:
            return sound[path, held]
        before = len(problems)
        found = read(path, problems)
        if len(problems) == before:
            sound[path, held] = found
        return found

    return reading


def judged(copy: Copy, seeds: Iterable[int]) -> tuple[Counter[str], list[str]]:
    """How many faults are refused, seen and of no effect, and those that are taken without a word, crash or are refused without a name."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(document, "read_yaml", once_each(document.read_yaml))
        patched.setattr(columns, "read_csv", once_each(columns.read_csv))
        sound = capmodel.load(copy.place)
        as_seen, as_worked = seen(sound), inputs(sound)
        outcomes: Counter[str] = Counter()
        wrong = []
        for seed in seeds:
            with copy.mutated(seed) as mutation:
                message = f"{seed} {mutation.file} {mutation.what}"
                try:
                    place = capmodel.load(copy.place)
                except BadInput as error:
                    outcomes["refused"] += 1
                    # Members are named in place.yaml and looked for in the tables.
                    named = mutation.file in str(error) or mutation.file == "place.yaml"
                    wrong += [] if named and error.problems else [f"{message}: refused without the file's name: {error}"]
                    continue
                except Exception as error:
                    wrong.append(f"{message}: {type(error).__name__}: {error}")
                    continue
                changed = seen(place) != as_seen
                outcomes["seen" if changed else "the same"] += 1
                if not changed and mutation.means:
                    wrong.append(f"{message}: taken without a word")
                if not changed and inputs(place) != as_worked:
                    wrong.append(f"{message}: worked with other figures, shown as before")
    return outcomes, wrong

"""Two thousand packs with one fault each: refused with the file's name, the same as before, or changed where everybody sees it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import capmodel
from capmodel.assumptions import columns, document
from capmodel.assumptions.uncertainties import read_uncertainties
from capmodel.errors import BadInput, Problem
from capmodel.model import Place

from conftest import ASSUMPTIONS, Case  # isort: skip
from mutated_packs import Copy  # isort: skip

MUTATIONS, PARTS = 2000, 8


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


@pytest.mark.parametrize("part", range(PARTS))
def test_a_fault_in_a_pack_is_refused_by_name_or_seen(part: int, small: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "read_yaml", once_each(document.read_yaml))
    monkeypatch.setattr(columns, "read_csv", once_each(columns.read_csv))
    # A quarter of the faults are put into the files as people write them, all others into a smaller place, which is read in two thirds of the time.
    copy = Copy(ASSUMPTIONS, tmp_path) if part % 4 == 1 else Copy(small.folder.parents[1], tmp_path, small.folder.name)
    sound = capmodel.load(copy.place)
    as_seen, as_worked = seen(sound), inputs(sound)
    outcomes: Counter[str] = Counter()
    wrong = []
    for seed in range(part, MUTATIONS, PARTS):
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
    assert wrong == [], "\n".join([json.dumps(outcomes), *wrong])
    assert all(outcomes[kind] > 10 for kind in ("refused", "seen", "the same")), outcomes

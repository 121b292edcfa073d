"""Books as the other side sends them back: the same file with other figures in some inputs; and what the model says these are worth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from capmodel.algebra.functions import to_pence
from capmodel.place.place import Changes
from capmodel.place.result import Result
from capmodel.place.run import run_place

from conftest import Case  # isort: skip
from book_cells import input_cell  # isort: skip
from workbook_files import part_of, rewritten  # isort: skip

POSITION = "Position after settlement"


def with_inputs(case: Case, to: Path, changes: Mapping[str, float | str], of: Path | None = None) -> Path:
    """A copy of the book of a case, or of another file of it, with figures typed into inputs; a text is typed as a text."""
    source = of or case.workbook
    typed: dict[str, dict[str, float | str]] = {}
    for change, value in changes.items():
        sheet, cell = input_cell(case.book, change)
        typed.setdefault(part_of(source, sheet), {})[cell] = value

    def edit(part: str, xml: str) -> str:
        for cell, value in typed.get(part, {}).items():
            written = f"<v>{value!r}</v>" if not isinstance(value, str) else f"<is><t>{value}</t></is>"
            kind = ' t="inlineStr"' if isinstance(value, str) else ""
            xml, count = re.subn(rf'(<c r="{cell}"[^>]*)><v>[^<]*</v>', rf"\g<1>{kind}>{written}", xml)
            assert count == 1, cell
        return xml

    return rewritten(source, to, edit)


def run_with(case: Case, changes: Changes, scenario: str = "base", **chosen: int) -> Result:
    return run_place(case.place, scenario, changes, chosen={**case.result.choice, **chosen})


def positions(run: Result) -> dict[tuple[str, ...], float]:
    return {key: float(to_pence(gbp)) for key, gbp in run.column("settlement", "position_gbp").items()}


def moved(before: Result, after: Result) -> dict[str, list[float]]:
    """How each party's position moves in each year, as two runs of the model have it."""
    one, other = positions(before), positions(after)
    found: dict[str, list[float]] = {}
    for (party, year), gbp in one.items():
        found.setdefault(before.place.label(party), []).append(round(other[party, year] - gbp, 2))
    return {party: years for party, years in found.items() if any(years)}


def in_record(effects: list[dict[str, object]]) -> dict[str, list[float]]:
    return {str(line["who"]): list(line["gbp"].values()) for line in effects if line["kind"] == POSITION}  # type: ignore[attr-defined]

"""Books as the other side sends them back: the same file with other figures in some inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from conftest import Case  # isort: skip
from book_cells import input_cell  # isort: skip
from workbook_files import part_of, rewritten  # isort: skip


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

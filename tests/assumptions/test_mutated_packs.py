"""Packs with one fault each: refused with the file's name, the same as before, or changed where everybody sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import ASSUMPTIONS, Case  # isort: skip
from mutated_packs import Copy, judged  # isort: skip


@pytest.mark.parametrize(("part", "faults"), [("example", 60), ("small", 150)])
def test_a_fault_in_a_pack_is_refused_by_name_or_seen(part: str, faults: int, small: Case, tmp_path: Path) -> None:
    # Some faults are put into the files as people write them, the others into a smaller place, which is read in two thirds of the time.
    copy = Copy(ASSUMPTIONS, tmp_path) if part == "example" else Copy(small.folder.parents[1], tmp_path, small.folder.name)
    outcomes, wrong = judged(copy, range(faults))
    assert wrong == [], "\n".join([json.dumps(outcomes), *wrong])
    assert all(outcomes[kind] > 10 for kind in ("refused", "seen", "the same")), outcomes

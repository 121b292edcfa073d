"""Edits of a book that comes back, drawn by a seed; `python -m tests.benchmarks.edits` makes a thousand of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from capmodel.workbook.returned.meaning import meaning_of_file

from conftest import Case  # isort: skip
from judged_edits import Sent, judged  # isort: skip
from seeded_edits import KINDS  # isort: skip
from tiny_book import written_tiny  # isort: skip


@pytest.fixture(scope="module")
def sent(small: Case, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    tiny = written_tiny(tmp_path_factory.mktemp("tiny") / "tiny.xlsx")
    return Sent(small, tiny, meaning_of_file(tiny))


@pytest.mark.parametrize("seed", range(2 * len(KINDS)))
def test_each_edit_is_found_named_classed_and_priced_and_none_is_invented(seed: int, sent: Sent, tmp_path: Path) -> None:
    found = judged(seed, sent, tmp_path)
    assert found.wrong == [], found.kind

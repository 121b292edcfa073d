"""What tests of published results share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """Lines to print past the capture, so that a run of the tests states the counts."""
    lines: list[str] = []
    yield lines
    with capsys.disabled():
        print("".join(f"\n  {line}" for line in lines), end="")  # noqa: T201

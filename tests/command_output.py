"""What a command prints, for tests."""

from __future__ import annotations

import pytest

from capmodel.cli import main


def said(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert main(arguments) == code
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out

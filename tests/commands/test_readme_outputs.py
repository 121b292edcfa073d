"""What README and guide print of quick commands is what the commands print; `...` stands for anything that is left out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from capmodel.cli import main

from conftest import ROOT  # isort: skip

#: Commands that take no more than a second; a run does where it refuses and writes nothing.
QUICK = ("explain", "compare", "packs", "new")


def blocks() -> list[tuple[str, str]]:
    """The printed examples all of whose commands are quick, each with its page."""
    found = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs/guide").glob("*.md"))):
        for block in re.findall(r"^```text\n(\$ capmodel .*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            names = re.findall(r"^\$ capmodel (\w+)", block, re.MULTILINE)
            if all(name in QUICK or (name == "run" and "Nothing was written" in block) for name in names) and "extract" not in block:
                found.append((page.name, block))
    return found


def plain(text: str) -> str:
    """A text without the breaks and rules that the width of a window decides on."""
    return " ".join(re.sub(r"[│├└─]", " ", text).split())


def test_there_are_such_examples() -> None:
    assert len(blocks()) >= 5


@pytest.mark.parametrize(("page", "block"), blocks(), ids=[f"{page}: {block.splitlines()[0][11:60]}" for page, block in blocks()])
def test_a_printed_example_is_what_the_command_prints(
    page: str, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for command, shown in re.findall(r"^\$ capmodel (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
        main(shlex.split(command))
        output = capsys.readouterr()
        printed, wanted = plain(output.out + output.err), plain(shown)
        pattern = ".*".join(re.escape(part.strip()) + r"\s*" for part in wanted.split("..."))
        assert re.fullmatch(pattern + ".*", printed, re.DOTALL), f"{page}, {command}:\n{printed}\ndoes not read\n{wanted}"

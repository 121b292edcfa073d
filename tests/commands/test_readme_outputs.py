"""What README and guide print of quick commands is what the commands print; `...` stands for anything that is left out."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path

import pytest
from rich.console import Console

from capmodel.assumptions.scaffold import new_place
from capmodel.cli import main
from capmodel.model import Result, load
from capmodel.reports.summary import print_summary

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


def summaries() -> list[tuple[str, str]]:
    """The printed summaries of runs, each with its page: of the example, or of a new place, as it is."""
    found = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs/guide").glob("*.md"))):
        blocks = re.findall(r"^```text\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        found += [(page.name, block) for block in blocks if block.startswith(("North West London, worked example, base", "My Place, base"))]
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
        assert_reads(f"{page}, {command}", output.out + output.err, shown)


def assert_reads(where: str, output: str, shown: str) -> None:
    """What is shown is what is printed, where `...` stands for anything."""
    printed, wanted = plain(output), plain(shown)
    pattern = ".*".join(re.escape(part.strip()) + r"\s*" for part in wanted.split("..."))
    assert re.fullmatch(pattern + ".*", printed, re.DOTALL), f"{where}:\n{printed}\ndoes not read\n{wanted}"


def test_printed_summaries_are_what_a_run_prints(tmp_path: Path, result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"README.md", "01-segment-spend.md"} <= {page for page, _ in summaries()}
    monkeypatch.chdir(tmp_path)
    new_place("my-place", tmp_path / "assumptions")
    runs = {"North West London": result, "My Place": load("my-place").run(chosen={})}
    for page, block in summaries():
        written = io.StringIO()
        window = Console(highlight=False, width=160, file=written)
        # A run that writes its book counts the certificate among its checks.
        print_summary(window, runs[block.partition(",")[0]].recalculated("certificate", 0, True), Path("book.xlsx"), Path("record.json"))
        assert_reads(page, written.getvalue(), block)

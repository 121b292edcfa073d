"""The documents say what the program does: generated pages, commands and options, links, solvers, the README's commands."""

from __future__ import annotations

import argparse
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from capmodel import cli, plugins
from capmodel.reinvestment import solvers
from capmodel.reports import method_pages as document

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs/guide").glob("*.md")))
WRITTEN = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = {
    "run": "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/capmodel run assumptions/places/north-west-london",
    "test": ".venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest -n auto",
}


def test_generated_pages_are_as_the_rules_are(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert document.main(["--check"]) == 0, capsys.readouterr().err


def test_stale_and_stray_pages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(document, "FOLDER", tmp_path)
    assert document.main([]) == 0
    (tmp_path / "method/02-capitation.md").write_text("old", encoding="utf-8")
    (tmp_path / "method/99-gone.md").write_text("old", encoding="utf-8")
    assert document.main(["--check"]) == 1
    message = capsys.readouterr().err
    assert "02-capitation.md" in message and "99-gone.md" in message and "01-segment-spend.md" not in message
    assert document.main([]) == 0 and document.main(["--check"]) == 0


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for name in cli.COMMANDS:
        for action in cli._parser([name])._actions:
            if isinstance(action, argparse._SubParsersAction):
                yield name, action.choices[name]


def test_contributing_names_the_file_of_each_rule_that_people_look_for() -> None:
    table = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8").partition("| The rule for |")[2].partition("\n\n")[0]
    named = re.findall(r"`([\w/]+\.py)`", table)
    assert len(named) >= 10
    assert [name for name in named if not (ROOT / "capmodel" / name).is_file()] == []


def test_every_command_and_option_is_in_the_readme_or_the_guide() -> None:
    message = README + GUIDE
    missing = []
    for name, parser in commands():
        if f"capmodel {name}" not in message:
            missing.append(name)
        options = [text for action in parser._actions for text in action.option_strings if text.startswith("--")]
        missing += [f"{name} {option}" for option in options if not re.search(rf"{option}\b", message)]
    assert not missing


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as they are made where the repository is shown."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_relative_link_resolves(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_page_names_a_folder_of_one_machine(page: Path) -> None:
    assert not re.findall(r"(?<![\w.])/(?:home|root|tmp|work|Users)/\S*", page.read_text(encoding="utf-8"))


def test_every_solver_is_in_the_page_on_extending() -> None:
    page = (ROOT / "docs/extend.md").read_text(encoding="utf-8")
    assert [name for name in plugins.names(solvers) if f"`{name}`" not in page] == []


def test_every_step_has_a_guide_and_a_decision_note_its_four_parts() -> None:
    assert sorted({path.name[:2] for path in (ROOT / "docs/guide").glob("*.md")}) == ["00", "01", "02", "03", "04", "05", "06"]
    notes = sorted((ROOT / "docs/decisions").glob("*.md"))
    for i, note in enumerate(notes):
        text = note.read_text(encoding="utf-8")
        assert note.name.startswith(f"{i + 1:04d}-") and text.startswith(f"# {i + 1:04d} ")
        assert [part for part in ("Context", "Decision", "Why", "Consequences") if f"**{part}.**" not in text] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_gives_the_command_and_the_build_runs_it(name: str) -> None:
    assert f"<!-- {name} -->\n```sh\n{COMMANDS[name]}\n```" in README
    build = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert f"readme_block {name} >" in build
    function = re.search(r"^readme_block\(\) \{.*?^\}", build, re.MULTILINE | re.DOTALL)
    assert function
    done = subprocess.run(["bash", "-c", f"{function[0]}\nreadme_block {name}"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == COMMANDS[name]


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a page that are no code, table, heading, picture or comment."""
    in_code = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        in_code ^= line.lstrip().startswith("```")
        if not in_code and not line.lstrip().startswith(("|", "<", "![", "#", "```")):
            yield number, line


def test_lines_of_prose_are_short_enough_to_be_read_and_compared() -> None:
    assert not [f"{path.name}, line {number}" for path in WRITTEN for number, line in prose(path) if len(line) > 120]

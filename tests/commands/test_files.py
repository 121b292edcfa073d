"""Outputs take their places all or none, whatever stops a run, and nothing is left over; where one cannot be written, one message says so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alliance_files import PLAIN_CONTRACT, PLAIN_RULE

from capmodel.cli import main
from capmodel.files import write_tables

from conftest import Case  # isort: skip

KILLED = """
import os, signal, sys
from pathlib import Path
from capmodel.files import write_tables
replace, done = Path.replace, []
def dies(self, target):
    done.append(target)
    if len(done) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
Path.replace = dies
write_tables({Path("a.csv"): [["new"]], Path("deep/b.csv"): [["new"]], Path("c.csv"): [["new"]]})
"""
NAMES = ("a.csv", "deep/b.csv", "c.csv")


def held(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("earlier", [True, False])
@pytest.mark.parametrize("renames", range(1, 7))
def test_a_run_that_is_killed_leaves_no_mixture_and_the_next_puts_it_right(renames: int, earlier: bool, tmp_path: Path) -> None:
    if earlier:
        write_tables({tmp_path / name: [["old"]] for name in NAMES})
    ended = subprocess.run([sys.executable, "-c", KILLED, str(renames)], cwd=tmp_path, check=False)
    at_work = 6 if earlier else 3
    assert ended.returncode == (-signal.SIGKILL if renames <= at_work else 0)
    shown = {text for name, text in held(tmp_path).items() if name in NAMES}
    assert len(shown) <= 1, "an old file stands beside a new one"
    write_tables({tmp_path / "other.csv": [["other"]]})
    after = held(tmp_path)
    assert after.pop("other.csv") == "other\n"
    begun = renames > (3 if earlier else 0)
    assert after == ({} if not earlier and not begun else dict.fromkeys(NAMES, "new\n" if begun else "old\n"))


def test_a_folder_of_a_run_that_still_writes_is_left_alone(tmp_path: Path) -> None:
    write_tables({tmp_path / "a.csv": [["old"]]})
    write = "import sys, time\nfrom pathlib import Path\nfrom capmodel.files import written_whole\nwith written_whole(Path('b.csv')) as beside:\n    beside.write_text('b')\n    print('at it', flush=True)\n    sys.stdin.read()\n"
    with subprocess.Popen([sys.executable, "-c", write], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"at it\n"
        write_tables({tmp_path / "a.csv": [["new"]]})
        other.communicate(b"")
    assert held(tmp_path) == {"a.csv": "new\n", "b.csv": "b"}


# ------------------------------------------------------------------ every command

TABLE = "name,target,actual\nnorth,1000000,900000\nsouth,2000000,2100000\nwest,1500000,1400000\n"
COMMANDS: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "settle": (["settle", "contract.yaml", "table.csv", "--out", "out/x.csv"], ("x.csv", "x-columns.csv")),
    "allocate": (["allocate", "rule.yaml", "table.csv", "--out", "out/x.csv"], ("x.csv", "x-columns.csv")),
    "run": (["run", "PLACE", "--out", "out"], ("small-place.xlsx", "small-place.json")),
    "simulate": (["simulate", "PLACE", "--draws", "100", "--out", "out"], ("small-place-risk.json", "small-place-risk.csv")),
}


def at(place: Case, arguments: list[str]) -> list[str]:
    return [str(place.folder) if each == "PLACE" else each for each in arguments]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("contract.yaml", PLAIN_CONTRACT), ("rule.yaml", PLAIN_RULE), ("table.csv", TABLE)):
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("stop", [KeyboardInterrupt, PermissionError])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_stopped_between_two_files_puts_the_earlier_ones_back(
    command: str,
    stop: type[BaseException],
    small: Case,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments, names = COMMANDS[command]
    (folder / "out").mkdir()
    for name in names:
        (folder / "out" / name).write_text("earlier")
    replace, placed = Path.replace, []

    def stops(self: Path, target: Path) -> Path:
        if Path(target).parent.name == "out":
            placed.append(target)
            if len(placed) == 2:
                raise stop()
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", stops)
    assert main(at(small, arguments)) == (130 if stop is KeyboardInterrupt else 2)
    assert "Traceback" not in capsys.readouterr().err
    assert held(folder / "out") == dict.fromkeys(names, "earlier")
    assert sorted(path.name for path in (folder / "out").iterdir()) == sorted(names)


FULL = """
import resource, signal, sys
from capmodel.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "arguments", [*(COMMANDS[name][0] for name in ("settle", "run")), ["new", "town", "--root", "out/packs"]], ids=["settle", "run", "new"]
)
def test_a_full_disk_is_one_message_and_leaves_nothing(arguments: list[str], small: Case, folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, *at(small, arguments)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr
    assert "cannot be written (File too large)" in done.stderr and "free some space" in done.stderr
    assert not (folder / "out").exists()


def _folder(out: Path) -> None:
    out.mkdir()


def _loop(out: Path) -> None:
    out.symlink_to(out.with_name("other"))
    out.with_name("other").symlink_to(out)


def _pipe(out: Path) -> None:
    os.mkfifo(out)


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("x.csv", _folder, "a folder has this name"),
        ("x.csv", _loop, "too long, or a link that leads back to itself"),
        ("x.csv", _pipe, "it is a device or a pipe"),
        ("x" * 300 + ".csv", None, "too long"),
        ("table.csv/x.csv", None, "this is no folder"),
        ("loop.csv/x.csv", None, "a link that leads back to itself"),
    ],
)
@pytest.mark.parametrize("command", ["settle", "allocate"])
def test_an_output_that_cannot_be_is_refused_before_anything_is_read(
    command: str, name: str, make: Callable[[Path], None] | None, words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    if make:
        make(folder / name)
    before = sorted(folder.iterdir())
    assert main([*COMMANDS[command][0][:-1], name]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 2, said
    assert sorted(folder.iterdir()) == before


def test_a_new_place_under_a_file_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = held(folder)
    assert main(["new", "town", "--root", "table.csv"]) == 2
    assert "--root table.csv: it is a file; packs cannot be anywhere but in a folder." in capsys.readouterr().err
    assert held(folder) == before

"""What the whole suite shares: the example place, its run and its workbook, made once, and copies of the packs to break."""

from __future__ import annotations

import contextlib
import functools
import gc
import shutil
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import openpyxl
import pytest
from benches import bench  # noqa: F401 (a fixture)
from engine_sessions import CLUSTER, engine_of
from reported import large_report, small_report  # noqa: F401 (fixtures)
from small_place import small_place
from xdist.scheduler import LoadFileScheduling

import capmodel
from capmodel.baseline.engines import Session
from capmodel.model import Place, Result
from capmodel.workbook.pages.records import Recorded, recorded_of
from capmodel.workbook.returned import sent, verify
from capmodel.workbook.returned.made_again import why_not
from capmodel.workbook.returned.provenance import Claim
from capmodel.workbook.sheets import make_book
from capmodel.workbook.writing.book import Book

ROOT = Path(__file__).resolve().parents[1]
ASSUMPTIONS = ROOT / "assumptions"
EXAMPLE = ASSUMPTIONS / "places" / "north-west-london"
KEPT = 3  # books that were sent
# How long an example takes depends on what else the machine does; speed is measured in the benchmarks.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")
# Nearly all that the tests make is freed without the garbage collector; at its usual pace it took 4 of 20 seconds of the mutated packs.
gc.set_threshold(100_000, 50, 100)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Run the tests of a file in one process, since they share what it makes, in the order of their names.

    The short doctests of the package come last and level the processes.
    """
    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


@pytest.fixture(autouse=True)
def _stand_in_the_clone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "200")
    yield


@contextlib.contextmanager
def sent_books_kept() -> Iterator[None]:
    """Keep the last few books that were made again for a comparison, since most tests change the same few and make them anew each."""
    sents: OrderedDict[tuple[str, ...], sent.Sent] = OrderedDict()
    remade = sent.remade

    def kept_or_remade(claim: Claim, cells: Any, place: Place) -> sent.Sent | str:
        if why_not(claim, place) or not (claim.solver or claim.chosen is not None):
            return remade(claim, cells, place)
        key = (repr(claim), str(place.pack.folder), *(edition.sha256 for edition in place.pack.editions))
        if key not in sents:
            found = remade(claim, cells, place)
            if isinstance(found, str):
                return found
            sents[key] = found
        sents.move_to_end(key)
        while len(sents) > KEPT:
            sents.popitem(last=False)
        return sents[key]

    with pytest.MonkeyPatch.context() as patched:
        for module in (sent, verify):
            patched.setattr(module, "remade", kept_or_remade)
        yield


@pytest.fixture(scope="session", autouse=True)
def _sent_books_are_kept() -> Iterator[None]:
    with sent_books_kept():
        yield


@pytest.fixture(scope="session")
def place() -> Place:
    return capmodel.load(EXAMPLE)


@pytest.fixture(scope="session")
def result(place: Place) -> Result:
    return place.run()


@pytest.fixture(scope="session")
def workbook(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return result.to_workbook(tmp_path_factory.mktemp("book") / "north-west-london.xlsx")


def kept(make: Callable[..., Any]) -> Callable[..., Any]:
    """What a fixture makes is large and stays: out of the garbage collector's sight, or every later test waits for it."""

    @functools.wraps(make)
    def made(**given: Any) -> Any:
        found = make(**given)
        gc.collect()
        gc.freeze()
        return found

    return made


@pytest.fixture(scope="session")
@kept
def opened(workbook: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(workbook)


@pytest.fixture(scope="session")
@kept
def written(workbook: Path) -> dict[tuple[str, int, int], Any]:
    book = openpyxl.load_workbook(workbook, data_only=True, read_only=True)
    rows = ((sheet.title, i, row) for sheet in book.worksheets for i, row in enumerate(sheet.iter_rows(values_only=True)))
    return {(title, i, j): value for title, i, row in rows for j, value in enumerate(row)}


@pytest.fixture(scope="session")
def recorded(result: Result) -> Recorded:
    return recorded_of(result)


@pytest.fixture(scope="session")
@kept
def book(result: Result, recorded: Recorded) -> Book:
    return make_book(result, recorded).book


@pytest.fixture(scope="session")
def session_of() -> Iterator[Callable[[str], Session]]:
    """An open session of a data engine by name; each is opened once, since Spark takes some seconds to start."""
    sessions: dict[str, Session] = {}

    def opened(name: str) -> Session:
        if name not in sessions:
            sessions[name] = engine_of(name).open_session(memory="1200MB", master=CLUSTER)
        return sessions[name]

    with pytest.MonkeyPatch.context() as patched:
        # The quick compiler only: these few thousand rows are done before the thorough one pays, and three times as soon.
        patched.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        yield opened
    for session in sessions.values():
        session.close()


def copied_packs(to: Path) -> Path:
    # Not the places of whoever works in this clone.
    of_others = [path.name for path in (ASSUMPTIONS / "places").iterdir() if path != EXAMPLE]
    shutil.copytree(ASSUMPTIONS, to, ignore=shutil.ignore_patterns(*of_others) if of_others else None)
    return to


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return copied_packs(tmp_path / "assumptions")


@pytest.fixture
def broken(packs: Path) -> Path:
    return packs / "places" / "north-west-london"


# ------------------------------------------------------------------ the small place, where the full example is not asked for


@dataclass(frozen=True)
class Case:
    """A place, its run, and its workbook as a file and in memory."""

    place: Place
    result: Result
    workbook: Path
    recorded: Recorded
    book: Book

    @property
    def folder(self) -> Path:
        return self.place.pack.folder


def case_of(result: Result, recorded: Recorded, workbook: Path) -> Case:
    return Case(result.place, result, workbook, recorded, make_book(result, recorded).book)


def small_case(folder: Path) -> Case:
    """The small place with its book, in a folder."""
    packs = copied_packs(folder / "assumptions")
    result = capmodel.load(small_place(packs, EXAMPLE)).run()
    return case_of(result, recorded_of(result), result.to_workbook(packs.parent / "small.xlsx"))


@pytest.fixture(scope="session")
@kept
def small(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return small_case(tmp_path_factory.mktemp("small"))


@pytest.fixture
def small_broken(small: Case, tmp_path: Path) -> Path:
    """A copy of the small place to break."""
    return Path(shutil.copytree(small.folder.parents[1], tmp_path / "small")) / "places" / small.folder.name


@pytest.fixture
def message(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """Lines to print past the capture, so that a run of the tests states the counts."""
    lines: list[str] = []
    yield lines
    with capsys.disabled():
        print("".join(f"\n  {line}" for line in lines), end="")  # noqa: T201

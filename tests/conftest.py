"""What the whole suite shares: the example place, its run and its workbook, made once, and copies of the packs to break."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import capmodel
from capmodel.model import Place
from capmodel.result import Result

ROOT = Path(__file__).resolve().parents[1]
ASSUMPTIONS = ROOT / "assumptions"
EXAMPLE = ASSUMPTIONS / "places" / "north-west-london"


@pytest.fixture(autouse=True)
def _stand_in_the_clone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "200")
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


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    copied = tmp_path / "assumptions"
    shutil.copytree(ASSUMPTIONS, copied)
    return copied


@pytest.fixture
def broken(packs: Path) -> Path:
    return packs / "places" / "north-west-london"

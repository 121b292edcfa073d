"""A packed copy is used while nothing it was made from has changed, is replaced whole, and never holds an identifier."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from packing import ODD, SCORED, Place, own_scheme, people

from capmodel.baseline.persons.extract.packed import MANIFEST, folder_of, open_packed, remove_left_over, why_not
from capmodel.baseline.persons.schemes.scheme import read_scheme
from capmodel.baseline.persons.sums.fold import aggregate_packed
from capmodel.errors import BadInput, CapmodelError


def packed_place(folder: Path) -> Iterator[Place]:
    made = Place(folder, people(200, seed=5))
    made.pack()
    yield made
    made.session.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Place]:
    yield from packed_place(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """As `own`, for tests that leave it as it was."""
    yield from packed_place(tmp_path_factory.mktemp("shared"))


def test_touched_file(own: Place) -> None:
    assert why_not(own.columns, own.file) is None
    message = own.file.stat()
    os.utime(own.file, ns=(message.st_atime_ns, message.st_mtime_ns + 1))
    assert why_not(own.columns, own.file) == "the extract has changed"
    assert open_packed(own.columns, own.file) is None


def test_another_file_of_the_same_size_and_time(own: Place) -> None:
    message, held = own.file.stat(), bytearray(own.file.read_bytes())
    held[4] ^= 1
    own.file.write_bytes(held)
    os.utime(own.file, ns=(message.st_atime_ns, message.st_mtime_ns))
    assert own.file.stat().st_size == message.st_size
    assert why_not(own.columns, own.file) == "the extract has changed"


def test_changed_map(shared: Place) -> None:
    assert why_not(replace(shared.columns, money="pence"), shared.file) == "persons.yaml has changed"
    assert why_not(replace(shared.columns, codes={"locality": {"p0": "p1"}}), shared.file) == "persons.yaml has changed"
    # What does not decide how a row is read may change.
    assert why_not(replace(shared.columns, truncation_share=0.95, scheme="risk_stratum"), shared.file) is None


def test_identifiers_read_another_way(shared: Place) -> None:
    assert why_not(shared.columns, shared.file, salted=True) == "identifiers were read another way"


def test_another_version(shared: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capmodel.baseline.persons.extract.packed.__version__", "99.0")
    assert why_not(shared.columns, shared.file) == "it is of another version of capmodel"


def test_no_cache_and_a_broken_one(own: Place) -> None:
    (folder_of(own.file) / MANIFEST).write_text("{", "utf-8")
    assert why_not(own.columns, own.file) == f"{MANIFEST} cannot be read"
    shutil.rmtree(folder_of(own.file))
    assert why_not(own.columns, own.file) == "there is none"


def test_a_file_cut_short(own: Place) -> None:
    path = folder_of(own.file) / "2024-s0"
    path.write_bytes(path.read_bytes()[:-1])
    assert why_not(own.columns, own.file) == "a file of it is missing or cut short"


@pytest.mark.parametrize("more", [True, False])
@pytest.mark.parametrize(
    ("name", "text"),
    [*((name, ODD) for name in ("s0", "a0", "months", "locality", "age", "sex", "deprivation", "mask")), ("score", SCORED)],
)
def test_a_changed_value_is_found_out(shared: Place, name: str, text: str, more: bool) -> None:
    packed = open_packed(shared.columns, shared.file)
    assert packed is not None
    values = packed.read(name, 2024)
    at = int(np.flatnonzero(values > 0)[0])
    before = packed.path(name, 2024).read_bytes()
    values[at] = values[at] + 1 if more else values[at] - 1
    packed.path(name, 2024).write_bytes(values.tobytes())
    with pytest.raises(CapmodelError, match="damaged"):
        aggregate_packed(packed, own_scheme(shared.folder, text, "asked"), 0.99)
    packed.path(name, 2024).write_bytes(before)
    aggregate_packed(packed, own_scheme(shared.folder, text, "asked"), 0.99)


def test_a_place_that_the_cache_does_not_know_is_found_out(own: Place) -> None:
    packed = open_packed(own.columns, own.file)
    assert packed is not None
    values = packed.read("locality", 2024)
    values[0] = len(packed.localities)
    packed.path("locality", 2024).write_bytes(values.tobytes())
    with pytest.raises(CapmodelError, match="damaged"):
        aggregate_packed(packed, read_scheme("age_condition"), 0.99)


def test_a_stopped_run_leaves_the_earlier_cache(own: Place) -> None:
    before = {path.name: path.read_bytes() for path in folder_of(own.file).iterdir()}

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        own.pack(progress=stop)
    assert {path.name: path.read_bytes() for path in folder_of(own.file).iterdir()} == before
    assert sorted(path.name for path in own.folder.iterdir()) == ["people.parquet", "people.parquet.packed", "persons.yaml"]


def test_a_stopped_first_run_leaves_nothing(own: Place) -> None:
    shutil.rmtree(folder_of(own.file))

    def full(done: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(CapmodelError, match="No space left"):
        own.pack(progress=full)
    assert sorted(path.name for path in own.folder.iterdir()) == ["people.parquet", "persons.yaml"]


def test_what_a_killed_run_left_is_removed_after_a_while(own: Place) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    gone, here, elsewhere = (own.folder / f"people.parquet.packed.part-{name}-x" for name in (ended.pid, os.getpid(), "far"))

    def left(seconds: float) -> list[Path]:
        for path in (gone, here, elsewhere):
            path.mkdir(exist_ok=True)
            (path / "2024-s0").write_bytes(b"0")
            for written in (path / "2024-s0", path):
                os.utime(written, (time.time() - seconds,) * 2)
        remove_left_over(own.file)
        return [path for path in (gone, here, elsewhere) if path.exists()]

    assert left(0) == [gone, here, elsewhere]
    assert left(100) == ([here, elsewhere] if os.name == "posix" else [gone, here, elsewhere])
    assert left(4000) == []
    assert why_not(own.columns, own.file) is None


def test_a_negative_amount_is_not_packed(tmp_path: Path) -> None:
    made = Place(tmp_path, people(20))
    data = people(20)
    data["s0"] = [-1.0] * 20
    pq.write_table(pa.table(data), made.file)
    with pytest.raises(BadInput, match="less than zero"):
        made.pack()
    made.session.close()


def test_a_scheme_that_asks_for_more_than_is_mapped(shared: Place) -> None:
    packed = open_packed(shared.columns, shared.file)
    assert packed is not None
    fewer = replace(packed, columns=replace(shared.columns, conditions={"cancer": "cancer"}, columns={"person": "person"}))
    with pytest.raises(BadInput, match="which is not mapped"):
        aggregate_packed(fewer, read_scheme("age_condition"), 0.99)


def test_findings_come_back(own: Place) -> None:
    packed = own.pack(findings={"unlinked": [["nhs", "acute", 12]]})
    opened = open_packed(own.columns, own.file)
    assert opened is not None
    assert opened.findings == packed.findings == {"unlinked": [["nhs", "acute", 12]]}
    assert opened.quality == own.quality

"""Steps with a file of their own, beside the chain or alone: what is said of a file that is not read, and what is compared without a name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import place_kinds
import pytest
import yaml
from place_kinds import edit

from capmodel.cli import main


@pytest.fixture
def own(small: Any, tmp_path: Path) -> Callable[[str], Path]:
    """A place of a kind, made for one test."""

    def made(kind: str) -> Path:
        packs = Path(shutil.copytree(small.folder.parents[1], tmp_path / "assumptions"))
        return place_kinds.of_kind(kind, packs / "places" / small.folder.name, small.result)

    return made


def test_a_file_that_steps_leaves_out_is_reported(own: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = own("spend")
    for file, content in (place_kinds.BESIDE["pool"], place_kinds.BESIDE["packages"]):
        (folder / file).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    edit(folder / "place.yaml", lambda stated: stated.update(steps=["spend", "pool"]))
    assert main(["run", str(folder), "--out", str(tmp_path / "out")]) == 0
    assert "NO EFFECT: packages.yaml, since steps: in place.yaml leaves it out" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("kind", [*place_kinds.BESIDE, "spend"])
def test_a_place_of_any_steps_is_compared_by_a_figure_that_it_has(
    kind: str, own: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = own(kind)
    assert main(["compare", str(folder), str(folder)]) == 0
    assert "Opening" in capsys.readouterr().out


def test_the_record_of_a_run_keeps_pounds_apart_from_other_figures(own: Callable[[str], Path], tmp_path: Path) -> None:
    folder = own("packages")
    assert main(["run", str(folder), "--out", str(tmp_path / "out")]) == 0
    record = json.loads((tmp_path / "out" / f"{folder.name}.json").read_text(encoding="utf-8"))
    assert "Cost of all packages in the financial year 2026/27" in record["figures_gbp"]
    assert not any("Whole-time" in label for label in record["figures_gbp"])
    staff = record["figures_of_other_units"]["Whole-time equivalents of all packages, average of the months 2026/27"]
    assert staff["unit"] == "WTE" and 0 < staff["value"] < 1

"""Fields of options.yaml that have no effect as the rest of the file stands are said, each with why; what has one is not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from option_files import YEARS, effect, option, read, stated, texts
from place_kinds import edit

from capmodel.model import load

KNOWN = {"status": "illustrative", "source": "s1"}
TRUST = {"setting": "acute", "provider": "trust", "variable_share": 0.2, **KNOWN}
FALLS = {"id": "falls", "label": "Falls", "unit_gbp": 9, "health": True, **KNOWN}
NO_FALLS = {"measure": "falls", "units_each": 0.1, "number": dict.fromkeys(YEARS, 0), **KNOWN}
IDLE: dict[str, tuple[dict[str, Any], str]] = {
    "a lag of nothing": (stated(option("a", effect("e1")), release=[{**TRUST, "step_lag_years": 1}]), "step_lag_years of trust in acute, since its step_share is zero"),
    "a lag of no closure": (stated(option("a", effect("e1")), release=[{**TRUST, "closure_lag_years": 1}]), "closure_lag_years of trust in acute, since nothing there is closed"),
    "an outcome of nothing": (stated(option("a", effect("e1"), outcomes=[NO_FALLS]), outcomes=[FALLS]), "the outcome falls of Option a, since it is zero in every year"),
}  # fmt: skip


@pytest.mark.parametrize("name", IDLE)
def test_what_has_no_effect_is_said(name: str, tmp_path: Path) -> None:
    content, says = IDLE[name]
    found, problems = read(tmp_path, content)
    assert found is not None, texts(problems)
    (said,) = (each for each in found.remarks if each.startswith("Without effect"))
    assert says in said


def test_a_lag_of_what_is_released_is_not_said(tmp_path: Path) -> None:
    found, _ = read(tmp_path, stated(option("a", effect("e1")), release=[{**TRUST, "variable_lag_years": 1}]))
    assert found is not None and not [each for each in found.remarks if each.startswith("Without effect")]


def test_an_investment_budget_of_nothing_is_said(small: Any, tmp_path: Path) -> None:
    packs = Path(shutil.copytree(small.folder.parents[1], tmp_path / "assumptions"))
    folder = packs / "places" / small.folder.name
    assert not [each for each in load(folder).choices.remarks if each.startswith("Without effect")]

    def free(content: dict[str, Any]) -> None:
        content["options"] = [each for each in content["options"] if each["effects"]][:1]
        content["options"][0].update({name: dict.fromkeys(YEARS, 0) for name in ("setup_cost_gbp", "running_cost_gbp")})
        content["requires"], content["exclusive"] = [], []

    edit(folder / "options.yaml", free)
    assert "Without effect: investment_budget_gbp, since no option has a cost" in load(folder).choices.remarks

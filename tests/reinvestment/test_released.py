"""What providers release and what is closed: faults in one report, what is short for a closure, and parties that add up to the system."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import case_files
import case_runner
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from option_files import effect, option, read, stated, texts

from capmodel.errors import NoPlan

CASES = {case.name: case for case in case_files.read_cases() if case.id in ("APP-07", "REL-01")}
KNOWN = {"status": "illustrative", "source": "s1"}
RELEASE = {"setting": "acute", "provider": "trust", "variable_share": 0.2, "unit_gbp": 300, **KNOWN}
CLOSES = {"setting": "acute", "provider": "trust", "capacity": 100, "cost_gbp": {2026: 10, 2027: 10}, **KNOWN}
FAULTS: dict[str, tuple[Any, Any, str]] = {
    "an unknown provider": ({**RELEASE, "provider": "trst"}, None, "Did you mean trust"),
    "a payer as provider": ({**RELEASE, "provider": "council"}, None, "council is a payer, not a provider"),
    "an unknown provider of a closure": (RELEASE, {**CLOSES, "provider": "trst"}, "Did you mean trust"),
    "more released than saved": ({**RELEASE, "step_share": 0.9}, None, "are 1.1 of a saving"),
    "a share above 1": ({**RELEASE, "variable_share": 20}, None, "variable_share is 20"),
    "half a year": ({**RELEASE, "step_lag_years": 0.5}, None, "step_lag_years is 0.5"),
    "a price of nothing": ({**RELEASE, "unit_gbp": 0}, None, "unit_gbp is 0"),
    "no price for a closure": ({**RELEASE, "unit_gbp": None}, CLOSES, "nothing says what a unit of activity of trust in acute costs"),
    "step cost claimed twice": ({**RELEASE, "step_share": 0.3}, CLOSES, "the step cost of trust in acute is claimed twice"),
    "a closure of nothing": (RELEASE, {**CLOSES, "capacity": 0}, "capacity is 0"),
    "a closure without a year": (RELEASE, {**CLOSES, "cost_gbp": {2026: 10}}, "cost_gbp has no figure for 2027"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_release_or_closure_is_one_problem(tmp_path: Path, fault: str) -> None:
    release, closes, says = FAULTS[fault]
    entry = {name: value for name, value in release.items() if value is not None}
    options = [option("a", effect("e")), option("ward", closes=closes)]
    choices, problems = read(tmp_path, stated(*options, release=[entry]))
    found = [text for text in texts(problems) if says in text]
    assert choices is None and len(found) == 1 and "options.yaml, line " in found[0], texts(problems)
    assert len(problems) == 1, texts(problems)


def test_a_release_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    _, problems = read(tmp_path, stated(option("a", effect("e")), release=[RELEASE, RELEASE]))
    assert [text for text in texts(problems) if "is there twice" in text] and len(problems) == 1


def test_a_closure_that_nothing_covers_is_explained_in_units() -> None:
    case = CASES["APP-07a"]
    content = deepcopy(dict(case.given))
    content["options"]["options"][0]["mandatory"] = content["options"]["options"][1]["mandatory"] = True
    with pytest.raises(NoPlan) as raised:
        case_runner.run(replace(case, given=content))
    assert "closures in acute, trust 2027/28: 8,687 units closed, 8,000 units there, 687 units short" in str(raised.value)
    assert "687 units more avoided, or fewer closed" in str(raised.value)


@settings(max_examples=10, deadline=None)
@given(
    variable=st.sampled_from((0.0, 0.2, 0.6)),
    step=st.sampled_from((0.0, 0.4)),
    lag=st.integers(0, 1),
    share=st.sampled_from((-0.5, 0.3, 1.0)),
)
def test_parties_add_up_to_the_system_whatever_is_released(variable: float, step: float, lag: int, share: float) -> None:
    case = CASES["REL-01"]
    content = deepcopy(dict(case.given))
    content["options"]["release"][0] |= {"variable_share": variable, "step_share": step, "step_lag_years": lag}
    only = content["options"]["options"][0]
    only["mandatory"] = True
    only["effects"][0]["effect_share"] = share
    done = case_runner.run(replace(case, given=content))
    assert not case_runner.failing_checks(done)
    saved = np.array([1000.0, 1000.0]) * share
    late = np.array([saved[0] if lag == 0 else 0.0, saved[0]])
    own = saved * 0.6 if share < 0 else saved * 0.6 * variable + late * 0.6 * step
    assert done.values.figure(("plan", "plan_released_gbp")) == pytest.approx(own + saved * 0.4 * (1 if share < 0 else 0.5))

"""Terms of options.yaml that could not be kept, would mean nothing, or do nothing: each is refused in one line, or said to be without effect."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from option_files import effect, grade, option, read, stated, texts
from place_kinds import edit

from capmodel.cli import main

KNOWN = {"status": "illustrative", "source": "s1"}
NONE = {2026: 0, 2027: 0}
NURSES = {"id": "nurses", "label": "Nurses", "number": {2026: 1, 2027: 1}, **KNOWN}


def floor(name: str, **changes: Any) -> dict[str, Any]:
    return {"id": name, "label": f"Floor {name}", "group": "frail", "of": "saving", "least_share": 0.3, **KNOWN, **changes}


def floored(*floors: dict[str, Any]) -> dict[str, Any]:
    return stated(option("a", effect("e")), floors={"groups": list(floors)})


def weighed(**weights: float) -> dict[str, Any]:
    return stated(option("a", effect("e")), perspective={**KNOWN, "weights": {"commissioner": 1, "council": 1, "trust": 1, **weights}})


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a floor of a group that nothing acts on": (floored(floor("f", group="healthy")), "no option saves on the care of healthy, and the floor f asks for a part of every saving"),
    "a floor of reinvestment of nobody": (floored(floor("f", group="healthy", of="reinvestment")), "no option is for healthy, and the floor f asks for a part of every reinvestment"),
    "floors of more than all": (floored(floor("f", least_share=0.7), floor("g", group="healthy", least_share=0.7)), "floors ask for 1.4 of the saving"),
    "two floors of one group": (floored(floor("f"), floor("g")), "frail has two floors of the saving"),
    "no weight at all": (weighed(commissioner=0, council=0, trust=0), "no party has a weight"),
    "a weight below zero": (weighed(council=-1), "the weight of council is -1"),
    "capacity used below zero": (stated(option("a", effect("e"), uses={"nurses": {2026: -1, 2027: 0}}), capacity=[NURSES]), "Correct the sign."),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_could_not_be_kept_or_would_mean_nothing_is_one_problem(tmp_path: Path, fault: str) -> None:
    content, says = FAULTS[fault]
    if fault == "floors of more than all":
        content["options"].append(option("b", effect("e_b", group="healthy")))
    choices, problems = read(tmp_path, content)
    assert choices is None and len(problems) == 1, texts(problems)
    assert says in str(problems[0]) and "options.yaml, line " in str(problems[0]), texts(problems)


def test_a_saving_that_three_effects_claim_is_one_problem_whose_remedy_has_all_three(tmp_path: Path) -> None:
    _, problems = read(tmp_path, stated(option("a", effect("e"), effect("f"), effect("g"))))
    assert len(problems) == 1, texts(problems)
    # Each takes a tenth; together 1 - 0.9 cubed, among half of the people.
    assert "e, f and g of a claim" in str(problems[0]) and "effect_share: 0.542 with reach_share: 0.5" in str(problems[0])


RELEASE = {"setting": "acute", "provider": "trust", "variable_share": 0.2, **KNOWN}
BUDGET = {"id": "own", "label": "Own", "party": "commissioner", "kind": "all", "gbp": {2026: 900, 2027: 900}, **KNOWN}
IDLE: dict[str, tuple[dict[str, Any], str]] = {
    "a floor of nothing": (floored(floor("f", least_share=0)), "the floor Floor f, since it asks for nothing"),
    "release where nothing acts": (stated(option("a", effect("e")), release=[{**RELEASE, "setting": "community"}]), "the release of trust in community, since no option acts on it"),
    "a price without a closure": (stated(option("a", effect("e")), release=[{**RELEASE, "unit_gbp": 5}]), "unit_gbp of trust in acute, since nothing there is closed"),
    "a lag beyond the years": (stated(option("a", effect("e")), release=[{**RELEASE, "step_share": 0.3, "step_lag_years": 2}]), "step_share of trust in acute, since its lag of 2 years leads beyond the last model year"),
    "capacity used of zero": (stated(option("a", effect("e"), uses={"nurses": NONE}), capacity=[NURSES]), "the capacity Nurses, since no option uses it"),
    "nothing recycled": (stated(option("a", effect("e")), budgets=[{**BUDGET, "recycled": {"share": 0, "settings": ["acute"]}}]), "recycled of the budget Own, since nothing that is released joins it"),
    "recycled where nothing is released": (stated(option("a", effect("e")), budgets=[{**BUDGET, "recycled": {"share": 1, "settings": ["community"]}}]), "recycled of the budget Own, since nothing that is released joins it"),
    "effects never delivered": (stated(option("a", effect("e"), delivery_share=NONE)), "the effects of Option a, since nothing of it is delivered"),
    "an effect of nothing beside a cost": (stated(option("a", effect("e", effect_share=0))), "the effect e of Option a, since its size or reach is zero"),
}  # fmt: skip


@pytest.mark.parametrize("idle", IDLE)
def test_what_does_nothing_is_said(tmp_path: Path, idle: str) -> None:
    content, says = IDLE[idle]
    choices, problems = read(tmp_path, content)
    assert choices is not None, texts(problems)
    assert any(remark.startswith("Without effect: ") and says in remark for remark in choices.remarks), choices.remarks


def test_what_does_something_is_not_said_to_do_nothing(tmp_path: Path) -> None:
    budget = {**BUDGET, "recycled": {"share": 1, "settings": ["acute"]}}
    content = stated(
        option("a", effect("e", grade="pilot"), uses={"nurses": {2026: 1, 2027: 0}}),
        grades=[grade("pilot")],
        release=[{**RELEASE, "step_share": 0.3}],
        budgets=[budget],
        capacity=[NURSES],
        floors={"groups": [floor("f")]},
    )
    choices, problems = read(tmp_path, content)
    assert choices is not None, texts(problems)
    assert not any("Without effect" in remark for remark in choices.remarks), choices.remarks


def test_a_provider_that_does_not_provide_in_the_setting_is_reported_with_its_line(
    small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packs = Path(shutil.copytree(small.folder.parents[1], tmp_path / "assumptions"))
    folder = packs / "places" / small.folder.name
    provided = {(row.split(",")[0], row.split(",")[1]) for row in (folder / "tables/provider_share.csv").read_text().splitlines()[1:]}
    settings, providers = ({pair[i] for pair in provided} for i in (0, 1))
    setting, provider = next((s, p) for s in sorted(settings) for p in sorted(providers) if (s, p) not in provided)
    source = {"status": "illustrative", "source": "p90"}
    edit(
        folder / "options.yaml",
        lambda content: content.update(release=[{"setting": setting, "provider": provider, "variable_share": 0.2, **source}]),
    )
    assert main(["run", str(folder), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    text = said.out + said.err
    assert "1 problem found" in text and "options.yaml, line " in text, text
    assert f"{provider} provides no care in {setting}" in text

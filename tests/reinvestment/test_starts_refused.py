"""What of a start window and of a scale is refused: with the place in the file, and together with every other fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from place_kinds import edit

from capmodel.errors import BadInput
from capmodel.model import load

RAMP = {2026: 0.3, 2027: 0.6}


def stated(folder: Path, **changes: Any) -> str:
    """What is said of the small place once the option hospital_at_home states something else."""

    def change(content: dict[str, Any]) -> None:
        option = next(each for each in content["options"] if each["id"] == "hospital_at_home")
        option.update(changes)
        if changes.get("effects") == []:
            option.update(setup_cost_gbp=dict.fromkeys(RAMP, 0), running_cost_gbp=dict.fromkeys(RAMP, 0))

    edit(folder / "options.yaml", change)
    with pytest.raises(BadInput) as refused:
        load(folder)
    return str(refused.value)


REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a first start outside the years": (
        {"starts": {"first": 2025, "last": 2027}},
        ["first is 2025/26; the model years are 2026/27 to 2027/28"],
    ),
    "a last start outside the years": ({"starts": {"first": 2026, "last": 2031}}, ["last is 2031/32; the model years are"]),
    "last before first": ({"starts": {"first": 2027, "last": 2026}}, ["the last start 2026/27 is before the first, 2027/28"]),
    "only the first model year": ({"starts": {"first": 2026, "last": 2026}}, ["the only start is 2026/27", "it changes nothing"]),
    "figures before the first start": (
        {"starts": {"first": 2027, "last": 2027}},
        ["setup_cost_gbp 2026/27 is 900000", "running_cost_gbp 2026/27 is 600000", "delivery_share 2026/27 is 0.3", "starts in 2027/28"],
    ),
    "nothing left to do": (
        {
            "starts": {"first": 2026, "last": 2027},
            "setup_cost_gbp": {2026: 0, 2027: 0},
            "running_cost_gbp": {2026: 0, 2027: 100},
            "delivery_share": {2026: 0, 2027: 1},
        },
        ["a start in 2027/28 leaves nothing to do", "Let the last start be 2026/27"],
    ),
    "a window without effect": ({"starts": {"first": 2026, "last": 2027}, "effects": []}, ["has neither effect nor cost"]),
    "a scale without effect": ({"scale": {"steps": 2}, "effects": []}, ["has neither effect nor cost"]),
    "any scale": ({"scale": {"least": 0.25}}, ["the least scale is 0.25, and no steps are stated", "Write steps too, up to 100"]),
    "a least scale between two steps": ({"scale": {"least": 0.33, "steps": 10}}, ["is none of the 10 steps", "Write 0.3 or 0.4, or"]),
    "a least scale that is the first step": ({"scale": {"least": 0.1, "steps": 10}}, ["that is the first step", "Leave least out"]),
    "a least scale of the whole": ({"scale": {"least": 1, "steps": 10}}, ["the least scale is 1", "above 0 and below 1"]),
    "a least scale below zero": ({"scale": {"least": -0.5, "steps": 10}}, ["the least scale is -0.5"]),
    "steps too fine": ({"scale": {"least": 0.5, "steps": 200}}, ["there are 200 steps", "2 to 100"]),
    "no scale": ({"scale": {}}, ["scale states no steps"]),
    "no step": ({"scale": {"steps": 0}}, ["there are 0 steps"]),
    "less than no step": ({"scale": {"steps": -4}}, ["there are -4 steps"]),
    "half a step": ({"scale": {"steps": 2.5}}, ["there are 2.5 steps"]),
    "too many steps": ({"scale": {"steps": 1000}}, ["there are 1000 steps", "2 to 20"]),
    "one step": ({"scale": {"steps": 1}}, ["there is 1 step", "Leave scale out"]),
    "a misspelt part": ({"starts": {"frist": 2026, "last": 2027}}, ["frist", "first"]),
    "no year": ({"starts": {"first": "soon", "last": 2027}}, ["first"]),
    "two years that do not follow each other": ({"starts": {"first": "2026/28", "last": 2027}}, ["first", "2026/28"]),
    "a list": ({"starts": [2026, 2027]}, ["starts"]),
    "an id that a start has": ({"id": "virtual_wards_2027", "starts": None}, ["there is an option virtual_wards_2027"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_window_or_scale_that_cannot_be_is_refused_where_it_is_written(name: str, small_broken: Path) -> None:
    changes, said = REFUSED[name]
    if "id" in changes:
        wards = next_option(small_broken, "virtual_wards")
        wards["starts"] = {"first": 2026, "last": 2027}
        edit(small_broken / "options.yaml", lambda content: replaced(content, wards))
    message = stated(small_broken, **changes)
    assert all(each in message for each in said), message
    if "id" not in changes:
        assert message.count("options.yaml, line ") == (3 if name == "figures before the first start" else 1), message
    assert "options.yaml, line " in message and "Traceback" not in message


def next_option(folder: Path, name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    edit(folder / "options.yaml", lambda content: found.extend(each for each in content["options"] if each["id"] == name))
    return found[0]


def replaced(content: dict[str, Any], option: dict[str, Any]) -> None:
    content["options"] = [option if each["id"] == option["id"] else each for each in content["options"]]


def test_every_fault_is_in_one_report_and_none_follows_from_another(small_broken: Path) -> None:
    message = stated(small_broken, starts={"first": 2031, "last": 2025}, scale={"steps": 0.5})
    assert message.count("options.yaml") == 4, message
    for said in ("first is 2031/32", "last is 2025/26", "is before the first", "there are 0.5 steps"):
        assert said in message


def test_a_window_of_one_later_year_moves_nothing_and_states_when_the_option_begins(small_broken: Path) -> None:
    late = {"setup_cost_gbp": {2026: 0, 2027: 9000}, "running_cost_gbp": {2026: 0, 2027: 500}, "delivery_share": {2026: 0, 2027: 0.5}}
    wards = next_option(small_broken, "virtual_wards")
    edit(small_broken / "options.yaml", lambda content: replaced(content, wards | late))
    without = load(small_broken)
    edit(small_broken / "options.yaml", lambda content: replaced(content, wards | late | {"starts": {"first": 2027, "last": 2027}}))
    place = load(small_broken)
    assert [start.id for start in place.choices.starts] == list(place.choices.options)
    one, other = (each.run(chosen={"virtual_wards": 1}) for each in (without, place))
    assert one.column("start_year", "cost_gbp") == other.column("start_year", "cost_gbp")
    assert one.column("start", "value_gbp") == other.column("start", "value_gbp")
    assert other.column("start_year", "begun_flag")[("virtual_wards", "2026")] == 0


def test_what_follows_from_the_window_cannot_be_set_for_a_run(small_broken: Path) -> None:
    for name in ("scale_share[virtual_wards]", "begun_flag[virtual_wards]"):
        with pytest.raises(BadInput, match=r"it says how options.yaml is built"):
            load(small_broken).run(changes={name: 0})


def test_a_choice_that_is_given_names_a_start_and_not_an_option_of_several(small_broken: Path) -> None:
    wards = next_option(small_broken, "virtual_wards") | {"starts": {"first": 2026, "last": 2027}, "scale": {"steps": 2}}
    edit(small_broken / "options.yaml", lambda content: replaced(content, wards))
    place = load(small_broken)
    assert place.run(chosen={"virtual_wards_2027_1_of_2": 1}).choice["virtual_wards_2027_1_of_2"] == 1
    with pytest.raises(BadInput) as refused:
        place.run(chosen={"virtual_wards": 1, "telehaelth": 1})
    assert "may start in several ways, virtual_wards_2026_1_of_2, virtual_wards_2026" in str(refused.value)
    assert "the place has no such option" in str(refused.value)


def test_an_option_that_is_delivered_by_month_starts_in_the_first_year_or_later_by_its_delay(small_broken: Path) -> None:
    month = {"delivery_share": None, "by_month": {"first_month": 4, "ramp_months": 3}}
    none = dict.fromkeys(RAMP, 0)
    late = stated(small_broken, setup_cost_gbp=none, running_cost_gbp=none, starts={"first": 2027, "last": 2027}, **month)
    assert "by_month counts from 2026/27, and the option starts in 2027/28 at the earliest" in late
    option = next_option(small_broken, "hospital_at_home") | {"starts": {"first": 2026, "last": 2027}}
    edit(small_broken / "options.yaml", lambda content: replaced(content, option))
    delivered = load(small_broken).run(chosen={}).column("start_year", "start_delivery_share")
    assert delivered["hospital_at_home_2026", "2026"] == delivered["hospital_at_home_2027", "2027"] > 0
    assert delivered["hospital_at_home_2027", "2026"] == 0

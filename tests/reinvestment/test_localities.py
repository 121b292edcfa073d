"""Floors of localities: refused where the place has none, faults in one report, what has no effect, what is short, and a place of its own."""

from __future__ import annotations

import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import case_files
import case_runner
import pytest
from option_files import effect, option, read, stated, texts
from place_kinds import edit

from capmodel.errors import BadInput, NoPlan
from capmodel.model import load
from capmodel.workbook.pages.records import recorded_of
from capmodel.workbook.sheets import certified

KNOWN = {"status": "illustrative", "source": "p90"}


def floor(**changes: Any) -> dict[str, Any]:
    return {"id": "south_floor", "label": "South", "locality": "south", "of": "saving", "least_share": 0.3, **KNOWN, **changes}


def test_a_place_without_localities_refuses_each_of_them(tmp_path: Path) -> None:
    content = stated(option("a", effect("e1"), localities={"south": 1}), floors={"localities": [floor(source="s1")]})
    found, problems = read(tmp_path, content)
    said = texts(problems)
    assert found is None and len(said) == 2
    assert all("south is named, and the place has no localities" in each and "locality: under dimensions" in each for each in said), said


def localities(small: Any, tmp_path: Path, parts: dict[str, Any], floors: list[dict[str, Any]]) -> Path:
    packs = Path(shutil.copytree(small.folder.parents[1], tmp_path / "assumptions"))
    folder = packs / "places" / small.folder.name
    members = [{"id": "north", "label": "Locality in the north"}, {"id": "south", "label": "Locality in the south"}]
    edit(folder / "place.yaml", lambda content: content["dimensions"].update(locality=members))

    def change(content: dict[str, Any]) -> None:
        content["floors"] = {"localities": floors}
        for each in content["options"]:
            if each["id"] in parts:
                each["localities"] = parts[each["id"]]

    edit(folder / "options.yaml", change)
    return folder


def test_every_fault_is_in_one_report(small: Any, tmp_path: Path) -> None:
    parts = {"hospital_at_home": {"north": 0.7, "south": 0.7}, "frailty_teams": {"suth": 1}}
    with pytest.raises(BadInput, match=r"add up to 1\.4") as raised:
        load(localities(small, tmp_path, parts, [floor(least_share=1.5), floor(label="Again", locality="east")]))
    for says in ("Did you mean south", "least_share is 1.5", "the id south_floor is used twice", "'east'"):
        assert says in str(raised.value), says


def test_floors_that_no_plan_could_keep_are_refused(small: Any, tmp_path: Path) -> None:
    floors = [floor(least_share=0.7), floor(id="north_floor", label="North", locality="north", least_share=0.7)]
    with pytest.raises(BadInput, match=r"floors of localities ask for 1\.4 of the saving") as raised:
        load(localities(small, tmp_path, {"frailty_teams": {"north": 1}}, floors))
    assert "no option is for south, and the floor south_floor asks for a part of every saving" in str(raised.value)


def test_a_floor_is_a_rule_of_the_plan_and_the_book_recalculates(small: Any, tmp_path: Path) -> None:
    parts = {"shared_care_record": {"south": 1}, "hospital_at_home": {"north": 1}, "frailty_teams": {"north": 0.5, "south": 0.5}}
    folder = localities(small, tmp_path, parts, [floor(of="reinvestment", least_share=0.9)])
    result = load(folder).run()
    assert all(check.passed for check in result.checks)
    given = load(folder).run(chosen={**dict.fromkeys(result.choice, 0), "shared_care_record": 1, "hospital_at_home": 1})
    assert any("no locality has less than its part" in check.label for check in given.checks if not check.passed)
    has, must = (result.column("locality_floor", name)["south_floor",] for name in ("locality_has_gbp", "locality_must_gbp"))
    assert has >= must - 0.005
    certificate = certified(result, recorded_of(result)).certificate
    assert certificate.passed, certificate.differences[:3]


def test_localities_that_no_floor_names_are_said_to_have_no_effect(small: Any, tmp_path: Path) -> None:
    place = load(localities(small, tmp_path, {"frailty_teams": {"north": 1}}, []))
    assert "Without effect: the localities of Frailty teams, since no floor is of a locality" in place.choices.remarks


def test_what_is_short_is_said_of_the_floor() -> None:
    case = next(case for case in case_files.read_cases() if case.name == "LIM-06b")
    given = deepcopy(dict(case.given))
    for each in given["options"]["options"]:
        each["mandatory"] = True
    with pytest.raises(NoPlan) as raised:
        case_runner.run(replace(case, given=given))
    assert "floor least_for_south: £164.00 asked, £160.00 there, £4.00 short" in str(raised.value)
    assert "£4.00 more for the locality, or a smaller least_share" in str(raised.value)

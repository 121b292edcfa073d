"""A row of totals in a place's own tables is found by its figures or its name, and a place may say that a row is none."""

from __future__ import annotations

from pathlib import Path

import pytest

import capmodel
from capmodel.assumptions.totals import totals_of_place
from capmodel.errors import BadInput

PAYERS, SETTINGS = ("board", "council"), ("wards", "clinics", "homes")
SPENT = {
    ("board", "wards"): 181_204_117.12,
    ("board", "clinics"): 64_310_998.40,
    ("board", "homes"): 12_007_331.09,
    ("council", "clinics"): 7_311_654.75,
    ("council", "homes"): 90_551_020.31,
}
LABELS = {"wards": "Wards", "every_setting": "All settings total"}


def found(figures: dict[tuple[str, str], float], known: tuple[str, ...] = ()) -> list[str]:
    rows = {key: ",".join(key) for key in figures}
    given = {(key, None): value for key, value in figures.items()}
    return [problem.where for problem in totals_of_place(rows, given, ("payer", "setting"), LABELS, known)]


def of_board() -> float:
    return round(sum(value for (payer, _), value in SPENT.items() if payer == "board"), 2)


def test_accounts_without_totals_are_taken() -> None:
    assert found(SPENT) == []


def test_a_total_of_one_payer_or_of_all_is_found_wherever_it_stands() -> None:
    assert found({**SPENT, ("board", "care"): of_board()}) == ["board,care"]
    assert found({("board", "care"): of_board(), **SPENT}) == ["board,care"]
    assert found({**SPENT, ("board", "care"): of_board() + 0.4}) == [], "pounds and pence add up, or it is no total"
    assert found({**SPENT, ("system", "care"): round(sum(SPENT.values()), 2)}) == ["system,care"]
    assert found({**SPENT, ("board", "care"): float(round(of_board() / 1000) * 1000)}) == ["board,care"], "printed in thousands"


def test_a_total_is_found_by_its_name_though_its_figures_are_not_those_of_its_parts() -> None:
    assert found({**SPENT, ("board", "every_setting"): 3.0}) == ["board,every_setting"]
    assert found({**SPENT, ("board", "all_settings_total"): 3.0}, ("board,all_settings_total",)) == []


def test_a_row_that_is_known_to_be_none_is_taken() -> None:
    assert found({**SPENT, ("board", "care"): of_board()}, ("board,care",)) == []


def refused(place: Path) -> list[str]:
    with pytest.raises(BadInput) as error:
        capmodel.load(place)
    return [str(problem) for problem in error.value.problems]


def test_a_group_that_holds_all_people_is_refused_with_its_line_unless_place_yaml_says_otherwise(broken: Path) -> None:
    table, file = broken / "tables/group_persons.csv", broken / "place.yaml"
    lines = table.read_text(encoding="utf-8").splitlines()
    people = {line.split(",")[0]: int(line.split(",")[1]) for line in lines[1:]}
    last = list(people)[-1]
    whole = 0
    for i, name in enumerate(people, 1):
        own = people[name] + 13 * i
        whole += own if name != last else 0
        lines[i] = lines[i].replace(f"{name},{people[name]}", f"{name},{own if name != last else whole}")
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (said,) = refused(broken)
    assert f"group_persons.csv, line {len(lines)}: the figures of {last} are those of all other rows added up" in said
    assert f"not_totals: ['{last}']" in said
    text = file.read_text(encoding="utf-8")
    file.write_text(text + f"not_totals: {{group_persons: [{last}]}}\n", encoding="utf-8")
    assert capmodel.load(broken).columns["group_persons"].figures[(last,), None].value == whole
    file.write_text(text + f"not_totals: {{group_persons: [{last}, nobody], none_gbp: [a]}}\n", encoding="utf-8")
    assert [
        "place.yaml, not_totals: group_persons: there is no row 'nobody'" in each or "none_gbp: there is no row 'a'" in each
        for each in refused(broken)
    ] == [True, True]

"""What a YAML file says is what its author wrote: keys once, codes as text, figures as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from pydantic import Field, create_model

import capmodel
from capmodel.assumptions.document import ByYear, Number, Strict, read_mapping, read_yaml, sound_mapping
from capmodel.capitation.rules.allocate import allocate_file
from capmodel.commands.arguments import read_changes
from capmodel.errors import BadInput, Problem


class Holder(Strict):
    """Text, figures, and both by key."""

    code: str = ""
    codes: list[str] = Field(default_factory=list)
    size: Number = 0
    by: dict[str, Number] = Field(default_factory=dict)
    years: ByYear = Field(default_factory=dict)


def read(folder: Path, text: str) -> tuple[Any, list[str]]:
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    document = read_yaml(path, problems)
    found = document.parse(Holder, (), problems) if document else None
    return found, [str(problem) for problem in problems]


CODES = ["5E1", "001", "0x1F", "1_000", "012", "yes", "no", "on", "off", "2025-04-01", "1.10", "1e3", "+5", "0085", ".5", "1:30", "0o17"]


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_the_text_that_is_written(code: str, tmp_path: Path) -> None:
    found, problems = read(tmp_path, f"code: {code}\ncodes: [{code}, '{code}', !!str {code}]\nby: {{{code}: 1}}\n")
    assert problems == []
    assert (found.code, found.codes, list(found.by)) == (code, [code] * 3, [code])


@pytest.mark.parametrize("code", ["null", "~", "true", "false"])
def test_what_is_no_text_asks_for_quotation_marks(code: str, tmp_path: Path) -> None:
    _, problems = read(tmp_path, f"code: {code}\n")
    assert len(problems) == 1
    assert problems[0].endswith("text is needed here. Write it in quotation marks.")
    found, problems = read(tmp_path, f"code: '{code}'\nby: {{{code}: 1}}\n")
    assert problems == [] and found.code == code and list(found.by) == [code]


@pytest.mark.parametrize(("text", "size"), [("5E1", 50.0), ("0.10", 0.1), ("012", 12.0), ("1/3", 1 / 3), ("-5", -5.0), (".5", 0.5)])
def test_a_figure_is_the_number_that_is_written(text: str, size: float, tmp_path: Path) -> None:
    found, problems = read(tmp_path, f"size: {text}\n")
    assert problems == [] and found.size == size and type(found.size) is float


@pytest.mark.parametrize("text", ["!!str 5", "'5'", "1_000", "0x1F", "1,000", ".inf", "nan", "1e999"])
def test_a_figure_that_is_text_is_refused(text: str, tmp_path: Path) -> None:
    _, problems = read(tmp_path, f"size: {text}\n")
    assert len(problems) == 1 and "a number is needed here" in problems[0]


SAME = [("2028", '"2028"'), ("2028", '" 2028"'), ("2028", "+2028"), ("2028", "2028.0"), ("2027", "2027/28"), ("2027/28", "2027-28"), ("5", "'5'"), ("2028", "２０２８"), ("2028", '"2028\\u200b"'), ("2028", "!!str 2028")]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
@pytest.mark.parametrize("where", ["years", "by"])
def test_two_spellings_of_a_key_are_one_key_given_twice(where: str, one: str, other: str, tmp_path: Path) -> None:
    for first, second in ((one, other), (other, one)):
        _, problems = read(tmp_path, f"{where}:\n  {first}: 0.5\n  {second}: 0.123\n")
        said = [text for text in problems if "is written twice" in text]
        assert len(said) == 1 and said[0].startswith("a.yaml, line 3:"), problems


def test_keys_that_differ_as_codes_stay_two(tmp_path: Path) -> None:
    found, problems = read(tmp_path, "by: {1: 0.1, 01: 0.2, 001: 0.3, 5E1: 0.4, 50: 0.5, 1.1: 0.6, 1.10: 0.7}\n")
    assert problems == []
    assert found.by == {"1": 0.1, "01": 0.2, "001": 0.3, "5E1": 0.4, "50": 0.5, "1.1": 0.6, "1.10": 0.7}


def test_years_are_read_as_people_write_them(tmp_path: Path) -> None:
    found, problems = read(tmp_path, 'years: {2026: 1, 2027/28: 2, "2028-29": 3, 2029-2030: 4}\n')
    assert problems == []
    assert found.years == {2026: 1, 2027: 2, 2028: 3, 2029: 4}
    _, problems = read(tmp_path, "years: {2027/29: 2}\n")
    assert len(problems) == 1
    assert "2027/29 is no financial year; one runs into the next. Write 2027/28 or 2027" in problems[0]


@pytest.mark.parametrize("text", ["size: !!int '5'\n", "size: !!float 5\n", "code: !secret x\n", "by: !!map {a: 1}\n"])
def test_other_tags_are_refused(text: str, tmp_path: Path) -> None:
    _, problems = read(tmp_path, text)
    assert any("the tag !" in each and "Take the tag out" in each for each in problems)


def test_aliases_that_multiply_are_bounded(tmp_path: Path) -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    text += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9))
    _, problems = read(tmp_path, text)
    assert len(problems) == 1 and "it could exhaust the machine" in problems[0]


def test_a_copy_of_a_file_keeps_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("code: 5E1\nsize: 0.10\nn: 001\n", encoding="utf-8")
    content = sound_mapping(tmp_path / "a.yaml").content
    assert yaml.safe_dump(content, sort_keys=False) == "code: 5E1\nsize: 0.10\nn: 001\n"


CODED = """\
id: local
title: Local
description: Two trusts with codes of old.
sources: {a01: {title: Agreement, publisher: The alliance}}
figures:
  practices: {source: a01, key: practice, text: {trust: trust}, columns: {list_persons: people, baseline_gbp: money}}
constants:
  growth_share: {label: Growth, by: trust, values: {7E2: 0.02, 0012: 0.03}, status: local, source: a01}
lines:
  allocation_gbp: {label: Allocation, rule: "to_pence(baseline_gbp * (1 + growth_share))", source: a01}
"""


def test_constants_by_code_find_their_members(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(CODED, encoding="utf-8")
    (tmp_path / "f.csv").write_text("practice,trust,people,money\nA,7E2,10,100\nB,0012,20,200\n", encoding="utf-8")
    assert allocate_file(tmp_path / "r.yaml", tmp_path / "f.csv").columns["allocation_gbp"].tolist() == [[102.0, 206.0]]
    (tmp_path / "f.csv").write_text("practice,trust,people,money\nA,7E2,10,100\nB,12,20,200\n", encoding="utf-8")
    with pytest.raises(BadInput, match="growth_share has no value for 12"):
        allocate_file(tmp_path / "r.yaml", tmp_path / "f.csv")


def test_years_are_understood_wherever_a_figure_is_named(tmp_path: Path) -> None:
    assert read_changes(["efficiency_share[2027/28]=0.015"]) == read_changes(["efficiency_share[2027]=0.015"])
    with pytest.raises(BadInput, match=r"2027/29 is no financial year; one runs into the next\. Write 2027/28 or 2027"):
        read_changes(["efficiency_share[2027/29]=0.015"])
    with pytest.raises(BadInput, match=r"efficiency_share\[2027\] is set twice"):
        read_changes(["efficiency_share[2027]=0.01", "efficiency_share[2027-28]=0.02"])
    place = capmodel.load("assumptions/places/north-west-london")
    assert place.changed({"efficiency_share[2027/28]": 0.015}).assumptions == place.changed({"efficiency_share[2027]": 0.015}).assumptions  # fmt: skip
    with pytest.raises(BadInput) as refused:
        place.changed({"efficiency_share[2041/42]": 0.015})
    assert "efficiency_share[2027]" in str(refused.value) and "efficiency_share=" not in str(refused.value)
    result = place.run(chosen={})
    assert result.find("pool.pool_gbp[2028-29]") == result.find("pool.pool_gbp[2028]")


YEARLY = CODED.replace("key: practice, text", "key: practice, year: year, text").replace(
    "sources:", "years: [2026/27, 2027-28]\nsources:", 1
)
YEARLY = YEARLY.replace("by: trust, values: {7E2: 0.02, 0012: 0.03}", "values: {2026/27: 0.02, 2027: 0.03}")


def test_years_in_a_table_and_in_constants_are_read_as_people_write_them(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(YEARLY, encoding="utf-8")
    (tmp_path / "f.csv").write_text("practice,trust,people,money,year\nA,x,10,100,2026/27\nA,x,10,100,2027-28\n", encoding="utf-8")
    assert allocate_file(tmp_path / "r.yaml", tmp_path / "f.csv").columns["allocation_gbp"].tolist() == [[102.0], [103.0]]
    (tmp_path / "f.csv").write_text("practice,trust,people,money,year\nA,x,10,100,2026/27\nA,x,10,100,2026\n", encoding="utf-8")
    with pytest.raises(BadInput, match="'A' is there twice"):
        allocate_file(tmp_path / "r.yaml", tmp_path / "f.csv")
    (tmp_path / "f.csv").write_text("practice,trust,people,money,year\nA,x,10,100,2026/28\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"f\.csv, line 2: 2026/28 is no financial year"):
        allocate_file(tmp_path / "r.yaml", tmp_path / "f.csv")


def test_what_stands_under_a_name_that_is_no_choice_is_not_held_against_it(tmp_path: Path) -> None:
    """A mapping of columns that is written under codes: gets one problem for each name, not one more for each value."""
    named = dict[Literal["sex", "place"], dict[str, str]]
    model = create_model("Map", __base__=Strict, codes=(named, ...))
    path = tmp_path / "map.yaml"
    path.write_text("codes:\n  stroke: stroke\n  sex: {f: F}\n", encoding="utf-8")
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    assert document is not None and document.parse(model, (), problems) is None
    assert [str(problem) for problem in problems] == [
        "map.yaml, line 2: codes.stroke is 'stroke'; it is not a known choice. Write 'sex' or 'place'."
    ]


def test_a_file_read_again_is_its_own_copy_under_its_own_name(tmp_path: Path) -> None:
    """What a sound text holds is kept: changing what was read changes nothing that is read later, nor does another name."""
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    for path in (one, two):
        path.write_text("parties:\n  - {id: trust, share: 0.5}\nyears: [2026]\n", encoding="utf-8")
    problems: list[Problem] = []
    first = read_yaml(one, problems)
    assert first is not None
    first.content["parties"][0]["share"] = 9
    first.content["years"].append(2027)
    first.lines[("years",)] = 99
    second = read_yaml(two, problems)
    assert second is not None and not problems
    assert second.content == {"parties": [{"id": "trust", "share": 0.5}], "years": [2026]}
    assert second.where(["years"]) == "two.yaml, line 3"


def test_a_faulty_file_is_reported_each_time_it_is_read(tmp_path: Path) -> None:
    reports = []
    for name in ("one.yaml", "two.yaml", "one.yaml"):
        (tmp_path / name).write_text("share: 1\nshare: 2\n", encoding="utf-8")
        problems: list[Problem] = []
        read_yaml(tmp_path / name, problems)
        reports.append("; ".join(map(str, problems)))
    assert reports[0] == reports[2] == reports[1].replace("two.yaml", "one.yaml") and "written twice" in reports[0]

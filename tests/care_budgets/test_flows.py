"""Flows of past years: the matrix adds up both ways and positions foot for any flows; growth by hand; and what a file may not say."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.algebra.evaluate import Values
from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.laid_out import worked_out
from capmodel.care_budgets.cost_shunting.growth import TABLES
from capmodel.care_budgets.cost_shunting.read import read_flows
from capmodel.care_budgets.cost_shunting.statement import growth_in_words
from capmodel.cli import main
from capmodel.errors import Problem

YEARS = (2012, 2013, 2014)
STATED: dict[str, Any] = {
    "id": "map", "title": "Two boroughs", "status": "illustrative", "source": "s", "years": list(YEARS),
    "organisations": [
        {"id": "state", "label": "Government", "outside": True},
        {"id": "ccg", "label": "Commissioner", "opening_gbp": {2012: 10, 2013: 20, 2014: 15}, "closing_gbp": {2012: 20, 2013: 15, 2014: 15}},
        {"id": "trust", "label": "Trust", "opening_gbp": {2012: -5, 2013: 85, 2014: 190.5}, "closing_gbp": {2012: 85, 2013: 190.5, 2014: 300.5}},
        {"id": "council", "label": "Council", "opening_gbp": {2012: 0, 2013: 0, 2014: 0}, "closing_gbp": {2012: 0, 2013: 0, 2014: 0}},
    ],
    "settings": [{"id": "acute", "label": "Acute"}, {"id": "care", "label": "Social care"}, {"id": "grant", "label": "Grants"}],
    "flows": [
        {"payer": "state", "provider": "ccg", "setting": "grant", "gbp": {2012: 110, 2013: 110.5, 2014: 121}},
        {"payer": "ccg", "provider": "trust", "setting": "acute", "gbp": {2012: 90, 2013: 105.5, 2014: 110}},
        {"payer": "ccg", "provider": "council", "setting": "care", "gbp": {2012: 10, 2013: 10, 2014: 11}},
        {"payer": "council", "provider": "state", "setting": "care", "gbp": {2012: 10, 2013: 10, 2014: 11}},
    ],
    "comparators": [{"id": "england", "label": "England", "figures": {2012: 100, 2014: 121}}],
    "growth": [{"id": "acute_spend", "label": "Acute spend", "settings": ["acute"], "against": [{"comparator": "england"}]}],
}  # fmt: skip


def read(folder: Path, stated: dict[str, Any]) -> tuple[Values | None, list[str]]:
    path = folder / "flows.yaml"
    path.write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    assert document is not None
    given_ = read_flows(document, problems)
    return worked_out(given_, TABLES, YEARS) if given_ else None, [str(problem) for problem in problems]


def column(values: Values, table: str, name: str) -> dict[tuple[str, ...], float]:
    rows = values.inputs.rows[table]
    keys = next(each.keys for each in TABLES if each.name == table)
    return dict(zip(rows.keys(keys), values.figure((table, name)).tolist(), strict=True))


def test_by_hand(tmp_path: Path) -> None:
    values, problems = read(tmp_path, STATED)
    assert values is not None, problems
    assert column(values, "flow_pair", "pair_change_gbp")["ccg", "trust", "2013"] == 15.5
    assert column(values, "flow_payer", "paid_gbp")["ccg", "2014"] == 121
    assert column(values, "flow_provider", "received_gbp")["state", "2012"] == 10
    assert column(values, "flow_position", "position_net_gbp")["ccg", "2013"] == -5
    growth = (110 / 90) ** 0.5 - 1
    assert column(values, "flow_partner", "partner_growth_share")[("acute_spend",)] == pytest.approx(growth)
    assert column(values, "flow_comparator", "comparator_growth_share")[("england",)] == pytest.approx(0.1)
    assert column(values, "flow_against", "against_points_share")["acute_spend", "england"] == pytest.approx(growth - 0.1)
    assert column(values, "flow_against", "against_gbp")["acute_spend", "england"] == pytest.approx(110 - 90 * 1.21)


AMOUNTS = st.integers(0, 10**11).map(lambda pence: pence / 100)


@settings(max_examples=12)
@given(st.data())
def test_any_flows_add_up_both_ways_and_any_position_foots(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    stated = copy.deepcopy(STATED)
    pairs = data.draw(
        st.lists(
            st.tuples(*(st.sampled_from(names) for names in (("state", "ccg", "trust", "council"),) * 2), st.sampled_from(("acute", "care", "grant"))),
            unique=True, max_size=12,
        )
    )  # fmt: skip
    # Every organisation and setting has a flow, and those drawn come on top.
    keys = dict.fromkeys(
        [*((each["payer"], each["provider"], each["setting"]) for each in stated["flows"]), *(key for key in pairs if key[0] != key[1])]
    )
    stated["flows"] = [
        {"payer": payer, "provider": provider, "setting": setting, "gbp": {year: data.draw(AMOUNTS) for year in YEARS}}
        for payer, provider, setting in keys
    ]
    stated["growth"][0] = {"id": "all", "label": "All", "spend_gbp": {2012: 5, 2013: 6, 2014: 7}, "against": [{"comparator": "england"}]}
    for each in stated["organisations"][1:]:
        position = data.draw(st.integers(-(10**9), 10**9)) / 100
        for year in YEARS:
            each["opening_gbp"][year] = position
            position += sum(flow["gbp"][year] for flow in stated["flows"] if flow["provider"] == each["id"])
            position -= sum(flow["gbp"][year] for flow in stated["flows"] if flow["payer"] == each["id"])
            position = each["closing_gbp"][year] = round(position, 2)
    values, problems = read(tmp_path_factory.mktemp("flows"), stated)
    assert values is not None, problems
    totals = column(values, "flow_period", "all_flows_gbp")
    for (year,), total in totals.items():
        for table, name in (("flow_payer", "paid_gbp"), ("flow_provider", "received_gbp"), ("flow_setting", "setting_gbp")):
            assert sum(gbp for key, gbp in column(values, table, name).items() if key[-1] == year) == pytest.approx(total, abs=0.005)
    for table in TABLES:
        for line in (line for line in table.lines.values() if line.is_check):
            assert np.abs(values.figure((table.name, line.name))).max() < 0.005, line.name
    # All that organisations of the map gain came from outside or went there.
    positions = values.figure(("flow_position", "position_closing_gbp")) - values.figure(("flow_position", "position_opening_gbp"))
    net = column(values, "flow_provider", "received_gbp"), column(values, "flow_payer", "paid_gbp")
    outside = sum(net[1].get(("state", str(year)), 0) - net[0].get(("state", str(year)), 0) for year in YEARS)
    assert positions.sum() == pytest.approx(outside, abs=0.05)


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    stated = copy.deepcopy(STATED)
    change(stated)
    return stated


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a flow without owner": (lambda s: s["flows"][1].pop("payer"), "'payer' is missing from entry 2 of flows"),
    "a flow of nobody": (lambda s: s["flows"][1].update(payer=""), "the flow has no payer; every flow has a from and a to"),
    "a flow of a stranger": (lambda s: s["flows"][1].update(payer="cgg"), "the payer is 'cgg', which is no organisation of the file"),
    "a flow to itself": (lambda s: s["flows"][1].update(payer="trust"), "trust pays itself"),
    "a flow twice": (lambda s: s["flows"].append(copy.deepcopy(s["flows"][1])), "the flow ccg, trust, acute is there twice"),
    "a year without figure": (lambda s: s["flows"][1]["gbp"].pop(2013), "there is no figure for 2013; each year needs one"),
    "a year of its own": (lambda s: s["flows"][1]["gbp"].update({2020: 1}), "there is a figure for 2020; it is no year of the flows"),
    "a negative flow": (lambda s: s["flows"][3]["gbp"].update({2013: -10}), "the figure is -10"),
    "a position that does not foot": (
        lambda s: s["organisations"][1]["closing_gbp"].update({2014: 14}),
        "ccg opens 2014/15 with 15.00, receives 121.00, pays 121.00 and closes with 14.00: 1.00 less than that gives; positions must foot",
    ),
    "a year that opens with another figure": (
        lambda s: (s["organisations"][1]["opening_gbp"].update({2014: 16}), s["organisations"][1]["closing_gbp"].update({2014: 16})),
        "ccg closes 2013/14 with 15.00 and opens 2014/15 with 16.00: 1.00 more",
    ),
    "no position": (lambda s: s["organisations"][1].pop("opening_gbp"), "there is no opening_gbp for 2012/13, 2013/14 and 2014/15"),
    "a position outside": (lambda s: s["organisations"][0].update(opening_gbp={2012: 1}), "state is outside and has a position"),
    "a gap between years": (lambda s: s.update(years=[2012, 2014]), "the years are 2012, 2014"),
    "a setting without a flow": (lambda s: s["settings"].append({"id": "gp", "label": "GP"}), "gp has no flow; it would have no effect"),
    "a comparator of nobody": (lambda s: s["growth"][0].pop("against"), "no partner is held against england"),
    "a growth in per cent": (
        lambda s: s["comparators"].__setitem__(0, {"id": "england", "label": "England", "growth_share_a_year": 6}),
        "growth_share_a_year is 6; a share is a part of 1. Write 0.06 if 6 per cent is meant",
    ),
    "growth from nothing": (
        lambda s: s["growth"].append({"id": "none", "label": "None", "spend_gbp": {2012: 0, 2013: 1, 2014: 2}}),
        "none spends 0.00 in 2012/13; growth from or to nothing has no rate",
    ),
    "spend below zero": (
        lambda s: s["growth"].append({"id": "none", "label": "None", "spend_gbp": {2012: 5, 2013: 1, 2014: -2}}),
        "the figure is -2",
    ),
    "an opening that is wrong": (lambda s: s["organisations"][1]["opening_gbp"].update({2013: 5}), "and opens 2013/14 with 5.00"),
    "a closing that is wrong": (lambda s: s["organisations"][1]["closing_gbp"].update({2013: 5}), "and closes with 5.00"),
    "a partner of nothing": (lambda s: s["growth"][0].pop("settings"), "acute_spend has neither flows nor spend_gbp"),
    "an id with two labels": (
        lambda s: s["growth"][0].update(id="acute"),
        "acute is called 'Acute spend', and 'Acute' elsewhere in the place; an id has one label",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_file_of_flows_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    change, wanted = FAULTS[name]
    values, problems = read(tmp_path, changed(change))
    assert values is None
    assert [problem for problem in problems if wanted in problem and problem.startswith("flows.yaml, line ")], problems
    assert len(problems) == 1, problems


def test_all_faults_are_in_one_report(tmp_path: Path) -> None:
    def change(stated: dict[str, Any]) -> None:
        stated["flows"][3]["gbp"][2013] = -10
        stated["growth"][0].pop("against")
        stated["organisations"][2].pop("opening_gbp")

    problems = read(tmp_path, changed(change))[1]
    assert [text.partition(": ")[2].partition(";")[0] for text in problems] == [
        "the figure is -10",
        "no partner is held against england",
        "there is no opening_gbp for 2012/13, 2013/14 and 2014/15",
    ]


def test_the_place_runs_is_printed_and_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "torbay", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "Health and care together: 3.00% a year" in printed
    assert "-3.00 points, 0.50 times its growth, £19,151,562.77 less in the last year; the source states 0.50 times" in printed
    assert main(["verify", str(tmp_path / "torbay.xlsx")]) == 0
    names = openpyxl.load_workbook(tmp_path / "torbay.xlsx", read_only=True).sheetnames
    assert [name for name in names if "Flows" in name] == ["Data 10 Flows", "Calc 4 Flows", "Out 16 Flows"]


def test_a_comparator_that_does_not_grow_has_no_multiple() -> None:
    columns = {
        "partner_growth_share": {("x",): 0.1},
        "comparator_growth_share": {("flat",): 0.0, ("falls",): -0.02},
        "against_points_share": {("x", "flat"): 0.1, ("x", "falls"): 0.12},
        "against_part_index": {("x", "flat"): 0.0, ("x", "falls"): -5.0},
        "against_gbp": {("x", "flat"): 33.1, ("x", "falls"): 38.98},
        "against_gap_index": {("x", "flat"): 0.0, ("x", "falls"): 0.0},
        "against_stated_flag": {("x", "flat"): 0.0, ("x", "falls"): 0.0},
    }
    printed = [*growth_in_words(lambda _, name: columns[name], str, lambda gbp: f"{gbp:.2f}")]
    assert printed[1] == "    against flat, 0.00% a year: +10.00 points, 33.10 more in the last year"
    assert printed[2] == "    against falls, -2.00% a year: +12.00 points, 38.98 more in the last year"


def test_only_what_is_published_is_called_published() -> None:
    """The published figure of Torbay is the part of the national growth, and nothing else."""
    import capmodel

    place = capmodel.load("torbay")
    published = [
        (name, key) for name, each in place.columns.items() for key, figure in each.figures.items() if figure.status == "published"
    ]
    assert {name for name, _ in published} == {"against_stated_index", "against_stated_flag"}
    assert {key[0] for _, key in published} == {("health_and_care", "england")}

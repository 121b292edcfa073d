"""One fault, one problem: what follows from a fault is not reported beside it, several faults come at once, and a remedy keeps the meaning.

Each case edits a copy of the example in one place, or calls a command with wrong arguments, and counts the problems.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

import capmodel
from capmodel.assumptions.dimensions import NEEDED
from capmodel.cli import main
from capmodel.errors import BadInput, Problem

#: Where a fault is made, what is replaced (None: the file is removed), by what (None: the row is removed), and what the one problem says.
FAULTS = {
    "a tab in the assumptions": ("parameters.yaml", "  label: Mostly", "\tlabel: Mostly", ("a tab stands in this line", "Write blanks where the tab is")),
    "no assumptions": ("parameters.yaml", None, "", ("there is no file",)),
    "an assumption that is a word": ("parameters.yaml", "value: 0.64", "value: most", ("is 'most'",)),
    "an assumption that a scenario changes": ("parameters.yaml", "  label: Actual cost", "  lable: Actual cost", ("Did you mean label",)),
    "no sources": ("sources.yaml", None, "", ("there is no file",)),
    "a source without a title": ("sources.yaml", "p90:\n  title:", "p90:\n  titel:", ("Did you mean title",)),
    "a misspelt group of a segment": ("place.yaml", "group: severe_complex", "group: severe_complx", ("Did you mean severe_complex",)),
    "a segment without a group": ("place.yaml", ", group: severe_complex", "", ("has no group",)),
    "a misspelt setting of a payer": ("tables/payer_share.csv", "primary,", "primry,", ("Did you mean primary",)),
    "a misspelt provider": ("tables/provider_share.csv", ",gp_federations,", ",gp_federation,", ("Did you mean gp_federations",)),
    "a provider twice": ("tables/provider_share.csv", "primary,pharmacies,", "primary,gp_federations,", ("is there twice",)),
    "the group that anchors is misspelt": ("tables/group_persons.csv", "mostly_healthy,", "mostly_helthy,", ("Did you mean mostly_healthy",)),
    "pounds with commas in braces": ("contract.yaml", "amount_gbp: 18000000", "amount_gbp: £18,000,000", ("'£18,000,000'", "18000000")),
    "digits with commas in braces": ("contract.yaml", "amount_gbp: 18000000", "amount_gbp: 18,000,000", ("'18,000,000'", ": 18000000")),
    "a per cent sign in a contract": ("contract.yaml", "gate_share: 0.70", "gate_share: 70%", ("Write 0.7 if 70 per cent is meant",)),
    "a per cent sign in a table": ("tables/group_share.csv", "chronic_children,0.2,", "chronic_children,1%,", ("Write 0.01 if 1 per cent is meant",)),
    "brackets of an accountant": ("tables/population_growth_share.csv", "-0.010284", "(0.010284)", ("Write -0.010284 if minus 0.010284 is meant",)),
    "thousands": ("tables/group_persons.csv", "301400", "301.4k", ("Write 301400 if 301.4 thousand is meant",)),
    "a column of a misspelt status": ("tables/group_persons.csv", "published", "publshed", ("Did you mean published",)),
    "an id of another segment": ("place.yaml", "{id: mostly_healthy_children,", "{id: mostly_healthy_adults,", ("is a segment already",)),
    "an id of another setting": ("place.yaml", "{id: community,", "{id: mental_health,", ("is a setting already",)),
    "a misspelt id of a setting": ("place.yaml", "{id: community,", "{id: comunity,", ("in_scope_flag.csv, line 4; payer_share.csv, line 4 and line 5", "options.yaml", "Did you mean comunity")),
    "a misspelt id of a party": ("place.yaml", "{id: pharmacies,", "{id: pharmcies,", ("provider_share.csv, line 3 and line 5; contract.yaml", "Did you mean pharmcies")),
    "a setting without an id": ("place.yaml", "{id: community, ", "{", ("has no id",)),
    "a setting without a label": ("place.yaml", '{id: community, label: "Community services"}', "{id: community}", ("has no label",)),
    "a party without a role": ("place.yaml", ", role: provider", "", ("has no role",)),
    "a base year that is none": ("place.yaml", "base_year: 2025}", "base_year: x}", ("the base year of mostly_healthy_children is x",)),
    "no folder of tables": ("tables", None, "", ("there is no folder",)),
    "a scenario without a source": ("scenarios.yaml", "  source: p90\n", "", ("'source' is missing from base",)),
    "a year that is none": ("scenarios.yaml", "{2026: 0", "{x: 0", ("'x' under prudent.set.demand_pressure_share is no year", "2027/28")),
    "a per cent in a scenario": ("scenarios.yaml", "prudence_share: 0.35", "prudence_share: 35%", ("Write 0.35 if 35 per cent is meant",)),
    "two entries of a list in one": ("options.yaml", "  - id: wellbeing_programme\n", "", ("'label', 'intervention'", "are written twice", "begin a new entry with a hyphen")),
    "two assumptions in one": ("parameters.yaml", "recycle_share:\n", "", ("are written twice", "write the name that the second set belongs to")),
    "a name of an assumption": ("parameters.yaml", "alliance_discount_share", "aliance_discount_share", ("Did you mean aliance_discount_share",)),
    "an entry without most of it": ("contract.yaml", "    - from: 0.01\n", "    - from: 0.01\n    - from: 0.01\n", ("'to' and 'shares' are missing from entry 2 of bands.gain",)),
    "a source that is a list": ("contract.yaml", "source: p90\n", "source: [p90]\n", ("text is needed here",)),
    "a source that is true": ("contract.yaml", "source: p90\n", "source: true\n", ("text is needed here",)),
    "an edge that is empty": ("contract.yaml", "to: 0.01", "to:", ("gain band 1 is open-ended",)),
    "an edge beyond all money": ("contract.yaml", "to: 0.01", "to: 1e308", ("ends at 1e+308", "Write a part of 1")),
    "a share below zero": ("contract.yaml", "nhs_commissioner: 0.44", "nhs_commissioner: -0.44", ("it cannot be below zero",)),
    "a row of years that is not there": ("tables/population_growth_share.csv", "adults,", None, ("adults in 2026/27, 2027/28, 2028/29, 2029/30 and 2030/31",)),
    "a part of a whole that is not there": ("tables/setting_share.csv", "cancer_children,mental_health,", None, ("there is no figure for cancer_children, mental_health",)),
    "the anchor that is not there": ("tables/anchor_flag.csv", "mostly_healthy,", None, ("there is no figure for mostly_healthy",)),
    "a table without headings": ("tables/population_growth_share.csv", "age_band,", None, ("no line of headings",)),
    "an entry of a list by its number": ("contract.yaml", "amount_gbp: 18000000", "amount_gbp: x", ("amount_gbp in entry 1 of caps is 'x'",)),
    "a figure of 5,000 digits": ("contract.yaml", "amount_gbp: 18000000", f"amount_gbp: {'9' * 5000}", ("99999999999999999999... (5,000 characters)",)),
    "a tag before a figure": ("risk.yaml", "    semi_elderly: 1.3", "    semi_elderly: !!set {a}", ("the tag !!set is written before a value",)),
    "a part that is there twice, once empty": ("contract.yaml", "bands:\n", "bands:\nbands:\n", ("'bands' is written twice",)),
    "a blank": ("tables/group_persons.csv", "301400", "", ("value is blank",)),
}  # fmt: skip


def refused(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(BadInput) as error:
        capmodel.load(folder)
    return error.value.problems


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_one_problem(name: str, broken: Path) -> None:
    file, old, new, words = FAULTS[name]
    path = broken / file
    if old is None:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif new is None:
        path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith(old)))
    else:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
    problems = refused(broken)
    assert len(problems) == 1, [str(problem) for problem in problems]
    assert all(word in " ".join(map(str, problems)) for word in words), [str(problem) for problem in problems]


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("empty", [True, False])
def test_a_dimension_that_is_missing_or_empty_is_one_problem(name: str, empty: bool, broken: Path) -> None:
    file = broken / "place.yaml"
    stated = yaml.safe_load(file.read_text(encoding="utf-8"))
    del stated["dimensions"][name]
    stated["dimensions"] |= {name: []} if empty else {}
    file.write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
    (problem,) = refused(broken)
    assert problem.what == f"the dimension {name} is missing"


def test_risk_does_not_ask_again_for_an_assumption_that_could_not_be_read(broken: Path) -> None:
    risk, parameters = broken / "risk.yaml", broken / "parameters.yaml"
    entry = "uncertainties:\n  ramp: {label: Recycling, moves: assumption, assumption: recycle_share, over_years: same, range_of: recycle_share, "
    entry += "distribution: uniform, unit: share, status: illustrative, source: p90}\n"
    risk.write_text(risk.read_text().replace("uncertainties:\n", entry, 1))
    capmodel.load(broken)
    parameters.write_text(parameters.read_text().replace("recycle_share:\n  label", "recycle_share:\n  lable", 1))
    assert [problem.what for problem in refused(broken)] == ["'lable' is not a known name"]


def test_a_table_without_rows_is_said_row_by_row_and_no_group_is_miscounted(broken: Path) -> None:
    path = broken / "tables/group_persons.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert {problem.why for problem in refused(broken)} == {"gaps are never filled"}


#: Arguments of commands, and what every one of the problems of one report is about.
ARGUMENTS = {
    "two changes": (["run", "north-west-london", "--set", "efficiency_share[2027]=0.01,5", "--set", "cap_gbp[councl,loss]=3"], ["is not a number", "councl"]),
    "a scenario and a change": (["run", "north-west-london", "--scenario", "worst", "--set", "efficiency_shar=1"], ["'worst'", "efficiency_shar"]),
    "both runs": (["compare", "north-west-london@bse", "north-west-london@prudnt"], ["north-west-london@bse", "north-west-london@prudnt"]),
    "of a simulation": (["simulate", "north-west-london", "--scenario", "worst", "--set", "x=y"], ["'worst'", "'y'"]),
    "of an explanation": (["explain", "north-west-london@worst", "pool", "--set", "x=y"], ["'worst'", "'y'"]),
    "of a negotiation": (["negotiate", "north-west-london", "--scenario", "worst"], ["--vary", "'worst'"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ARGUMENTS)
def test_all_that_is_wrong_with_arguments_is_in_one_report(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, words = ARGUMENTS[name]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    lines = said.splitlines()
    assert f"{len(words)} problems found:" in lines[0]
    assert len(lines) == 1 + len(words)
    assert all(any(word in line for line in lines[1:]) for word in words), said


def test_a_per_cent_on_the_command_line_gets_the_figure_it_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "north-west-london", "--set", "outcome_gate_share=65%"]) == 2
    assert "Write 0.65 if 65 per cent is meant." in capsys.readouterr().err


@pytest.mark.parametrize("command", [["packs"], ["new", "my-town"]])
def test_a_root_that_is_a_file_is_said(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("x")
    assert main([*command, "--root", str(file)]) == 2
    assert re.search(r"--root .*notes.txt: it is a file; packs cannot be anywhere but in a folder", capsys.readouterr().err)


@pytest.mark.parametrize("there", [False, True])
def test_a_root_without_packs_is_said(there: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "none"
    if there:
        root.mkdir()
    assert main(["packs", "--root", str(root)]) == 2
    assert ("there is no pack in it" if there else "there is no such folder") in capsys.readouterr().err


def test_a_new_place_says_how_its_years_cease_to_be_the_examples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "my-town", "--root", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "What copied: there says is the example's until you write another value; take it out where yours is the same" in said
    path = tmp_path / "places/my-town/place.yaml"
    left = capmodel.load(path.parent).inherited.by_file["place.yaml"]
    path.write_text(path.read_text().replace("  price_year: 2015\n", "", 1))
    assert set(left) - set(capmodel.load(path.parent).inherited.by_file["place.yaml"]) == {"price_year"}

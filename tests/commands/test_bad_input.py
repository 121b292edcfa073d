"""Bad input, one fault at a time: exit code 2, one report that says where, what, why and what to do, nothing written, no traceback.

Every case edits a copy of the shipped packs in one place and runs the command line on it. The line a message must name is
counted in the edited file, not taken from the engine.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import capmodel
from capmodel.cli import main
from capmodel.errors import BadInput
from capmodel.model import Place, Result

from conftest import Case  # isort: skip


@dataclass(frozen=True)
class Fault:
    """One edit: `old` becomes `new` in `file`; the report names the line of `at`, or the file alone where `at` is None."""

    name: str
    file: str
    old: str
    new: str
    at: str | None
    words: tuple[str, ...]


GROUP_SHARE, PROVIDER_SHARE = "tables/group_share.csv", "tables/provider_share.csv"
SEMI = '{id: semi_children, label: "Children with severe mental illness", group: severe_complex'
FIRST_GAIN = "    - from: 0\n      to: 0.01\n      shares: {nhs_commissioner: 0.28, council: 0.12,"

FAULTS = [
    # names
    Fault("a name is missing in the place", "place.yaml", "base_year: 2025\nyears", "years", "id: north", ("'base_year' is missing", "the model needs it", "Add a line base_year:")),
    Fault("a name is misspelt in the place", "place.yaml", "owner: Finance", "onwer: Finance", "onwer:", ("'onwer' is not a known name", "it would be ignored", "Did you mean owner")),
    Fault("a name is missing in an assumption", "parameters.yaml", "  label: Share of released cash put back in\n", "", "recycle_share:", ("'label' is missing from recycle_share", "the model needs it", "Add a line label:")),
    Fault("a name is misspelt in an assumption", "parameters.yaml", "  label: Share of released cash", "  lable: Share of released cash", "  lable:", ("'lable' is not a known name", "it would be ignored", "Did you mean label")),
    Fault("an assumption is missing", "parameters.yaml", "recycle_share:", "recycling_share:", None, ("recycle_share", "Did you mean recycling_share")),
    Fault("an assumption does not end in its unit", "parameters.yaml", "recycle_share:", "recycle_rate:", "recycle_rate:", ("does not end in its unit", "the unit is read from the name", "Rename it")),
    Fault("a unit and a name disagree", "parameters.yaml", "  label: Share of released cash put back in\n  unit: share", "  label: Share of released cash put back in\n  unit: GBP", "  label: Share of released cash put back in\n>  unit: GBP", ("the unit is GBP", "the name says share", "Make them agree")),
    Fault("an override names nothing national", "parameters.yaml", "  efficiency_share:\n    values", "  eficiency_share:\n    values", "  eficiency_share:", ("'eficiency_share' is not a national assumption", "a place overrides only what exists", "Did you mean efficiency_share")),
    Fault("a scenario changes nothing that exists", "scenarios.yaml", "    prudence_share: 0.35", "    prudense_share: 0.35", "    prudense_share", ("'prudense_share' is not an assumption", "a scenario changes only what exists", "Did you mean prudence_share")),
    Fault("there is no base scenario", "scenarios.yaml", "base:\n", "basis:\n", "basis:", ("there is no scenario base", "it is what a run takes by default", "Add one with set: {}")),
    Fault("a segment of an unknown group", "place.yaml", SEMI, SEMI.replace("severe_complex", "severe_complexx"), "severe_complexx", ("'severe_complexx' is not a group of the place", "the model has no row for it", "Did you mean severe_complex")),
    Fault("a segment without a group", "place.yaml", SEMI, SEMI.removesuffix(", group: severe_complex"), "semi_children", ("group", "semi_children")),
    Fault("a segment id twice", "place.yaml", "{id: cancer_children", "{id: semi_children", "Children with cancer", ("semi_children is a segment already", "an id names one thing", "Give one of them another id")),
    Fault("a segment without a label", "place.yaml", "{id: cancer_children, label: \"Children with cancer\", ", "{id: cancer_children, ", "{id: cancer_children", ("cancer_children has no label", "Add label:")),
    Fault("a label Excel would read as a pattern", "place.yaml", "Children with cancer", "Children* with cancer", "Children* with cancer", ("'Children* with cancer' cannot be used", "labels are matched as text", "Reword it")),
    Fault("an unknown national pack", "place.yaml", "england/2025.1", "england/2025.2", "england/2025.2", ("there is no national pack england/2025.2", "Did you mean england/2025.1")),
    Fault("years with a gap", "place.yaml", "[2026, 2027, 2028, 2029, 2030]", "[2026, 2028]", "[2026, 2028]", ("the years are [2026, 2028]", "without a gap", "Write them so")),
    Fault("nobody pays", "place.yaml", "role: payer", "role: pays", None, ("payer", "role")),
    # figures
    Fault("a share written as 40 in a table", GROUP_SHARE, "chronic_children,0.2,", "chronic_children,40,", "chronic_children,40", ("is 40", "a share is a part of 1", "Write 0.4 if 40 per cent is meant")),
    Fault("a share written as 40 in an assumption", "parameters.yaml", "value: 0.64", "value: 64", "value: 64", ("mostly_healthy_people_share is 64", "a share is a part of 1", "Write 0.64 if 64 per cent is meant")),
    Fault("a share written as 40 in a scenario", "scenarios.yaml", "prudence_share: 0.35", "prudence_share: 35", "prudence_share: 35", ("prudence_share is 35", "a share is a part of 1", "Write 0.35 if 35 per cent is meant")),
    Fault("shares of a group that do not sum to 1", GROUP_SHARE, "chronic_children,0.2,", "chronic_children,0.3,", None, ("chronic_residual", "1.1", "1")),
    Fault("shares of settings that do not sum to 1", "tables/setting_share.csv", "chronic_elderly,primary,0.1,", "chronic_elderly,primary,0.2,", None, ("chronic_elderly", "1.1", "1")),
    Fault("shares of providers that do not sum to 1", PROVIDER_SHARE, "primary,pharmacies,0.08,", "primary,pharmacies,0.18,", None, ("primary", "1.1", "1")),
    Fault("shares of payers that do not sum to 1", "tables/payer_share.csv", "community,council,0.07,", "community,council,0.17,", None, ("community", "1.1", "1")),
    Fault("negative people", "tables/group_persons.csv", "301400", "-301400", None, ("group_persons is -301400", "it cannot be below zero", "Correct the sign")),
    Fault("text in a number of a table", "tables/group_persons.csv", "301400", "about 300k", "about 300k", ("value is 'about 300k'", "a number is needed here", "Write digits only")),
    Fault("a number with commas", "tables/group_persons.csv", "301400", "\"301,400\"", "301,400", ("value is '301,400'", "a number is needed here", "Write digits only")),
    Fault("a number that is not one", "tables/group_persons.csv", "301400", "nan", ",nan,", ("nan", "a number is needed here")),
    Fault("a number without end", "tables/group_persons.csv", "301400", "inf", ",inf,", ("inf", "a number is needed here")),
    Fault("no number at all", "tables/group_persons.csv", "301400", "", "elderly_chronic,,", ("value is blank", "a number is needed here")),
    Fault("text in a number of an assumption", "parameters.yaml", "value: 0.64", "value: most", "value: most", ("is 'most'", "a number is needed here", "Write digits only")),
    Fault("a year without a figure", "parameters.yaml", "2029: 10000000, ", "", "values: {2026: 9500000", ("investment_budget_gbp has no figure for 2029",)),
    Fault("a table without a year", "tables/population_growth_share.csv", "2029,2030,", "2029,2031,", "age_band,2026", ("there is no column 2030", "each model year needs a figure", "Add it")),
    Fault("an unknown status", "tables/group_persons.csv", "301400,published", "301400,publised", "301400,publised", ("the status is 'publised'", "it says how a figure is known", "Did you mean published")),
    Fault("an unknown source in a table", "tables/group_persons.csv", "301400,published,p01", "301400,published,p77", "301400,published,p77", ("the source 'p77' is not in sources.yaml", "every figure states where it comes from", "Did you mean p")),
    Fault("an unknown source in an assumption", "parameters.yaml", "  source: p01\n", "  source: p77\n", "  source: p77", ("the source 'p77' is not in sources.yaml", "every figure states where it comes from")),
    Fault("an unknown source in a scenario", "scenarios.yaml", "    prudence_share: 0.35\n  status: illustrative\n  source: p90", "    prudence_share: 0.35\n  status: illustrative\n  source: p77", "source: p77", ("p77", "every figure states where it comes from")),
    Fault("an unknown source in the contract", "contract.yaml", "source: p90", "source: p77", "source: p77", ("'p77' is not in sources.yaml", "every term states where it comes from")),
    Fault("an unknown source in an option", "options.yaml", "effect_source: p90", "effect_source: p77", "effect_source: p77", ("the source 'p77' is not in sources.yaml", "every figure states where it comes from")),
    # rows
    Fault("a key twice in YAML", "parameters.yaml", "  value: 0.64\n", "  value: 0.64\n  value: 0.65\n", "  value: 0.65", ("'value' is written twice", "the second would silently win", "Remove one")),
    Fault("a key twice in a table", GROUP_SHARE, "chronic_children,0.2,", "chronic_adults,0.2,", "chronic_adults,0.8", ("chronic_adults is there twice", "one of them would silently win", "Remove one")),
    Fault("a missing row", "tables/in_scope_flag.csv", "prescribing,1,illustrative,p90,2026-11-22,Inside the alliance\n", "", None, ("there is no figure for prescribing", "gaps are never filled", "Add a row for it")),
    Fault("a stray row", "tables/in_scope_flag.csv", "prescribing,1,", "dentistry,1,illustrative,p90,2026-11-22,Stray\nprescribing,1,", "dentistry,1", ("'dentistry' is not a setting of the place", "the model has no row for it", "Use one of: ")),
    Fault("a stray row that is misspelt", PROVIDER_SHARE, "primary,pharmacies,0.08,", "primery,pharmacies,0.08,", "primery,pharmacies", ("'primery' is not a setting of the place", "Did you mean primary")),
    Fault("a row with a cell too many", "tables/in_scope_flag.csv", "prescribing,1,illustrative,", "prescribing,1,1,illustrative,", "prescribing,1,1", ("7 cells under 6 headings", "cells would shift", "Give each heading one cell")),
    Fault("a heading twice", "tables/in_scope_flag.csv", "setting,value,status,source,as_at,note", "setting,value,value,source,as_at,note", "setting,value,value", ("a name is there twice", "columns are read by name", "Name each")),
    Fault("a table without a status", "tables/in_scope_flag.csv", "setting,value,status,source,as_at,note", "setting,value,state,source,as_at,note", "setting,value,state", ("there is no column status", "every figure needs it", "Add it")),
    Fault("a table keyed by something else", "tables/in_scope_flag.csv", "setting,value", "party,value", None, ("party", "setting")),
    # people
    Fault("a population of zero", "tables/group_persons.csv", "EVERYONE", "", None, ("the population is zero", "there is nobody to share the envelope among", "Give the groups their people")),
    Fault("nobody in the group that gives the population", "tables/group_persons.csv", "mostly_healthy,1754000", "mostly_healthy,0", None, ("population",)),
    # the contract
    Fault("a threshold without a mode", "contract.yaml", "{mode: excess_only, comparator", "{comparator", "threshold:", ("the threshold has no mode", "the same percentage pays very differently", "Write mode: none, first_pound or excess_only")),
    Fault("an unknown mode", "contract.yaml", "mode: excess_only", "mode: excess", "threshold:", ("'excess'", "it is not a known choice", "'excess_only'")),
    Fault("bands that overlap", "contract.yaml", "    - from: 0.01\n", "    - from: 0.005\n", "    - from: 0.005", ("gain band 2 starts at 0.005 and overlaps the band before", "every pound belongs to one band", "Write from: 0.01")),
    Fault("bands that leave a gap", "contract.yaml", "    - from: 0.01\n", "    - from: 0.02\n", "    - from: 0.02", ("gain band 2 starts at 0.02 and leaves a gap", "every pound belongs to one band", "Write from: 0.01")),
    Fault("a last band that ends", "contract.yaml", "to: null", "to: 0.5", "to: 0.5", ("gain band 2 ends the list", "Write to: null in the last band only")),
    Fault("band shares that do not sum to 1", "contract.yaml", FIRST_GAIN, FIRST_GAIN.replace("0.28", "0.27"), "nhs_commissioner: 0.27", ("the shares of gain band 1 add up to 0.99", "every pound of a band belongs to a party", "Make them add up to 1")),
    Fault("a band share written as 28", "contract.yaml", FIRST_GAIN, FIRST_GAIN.replace("0.28", "28"), "nhs_commissioner: 28", ("the share of nhs_commissioner is 28", "a share is a part of 1", "Write 0.28")),
    Fault("a band of an unknown party", "contract.yaml", FIRST_GAIN, FIRST_GAIN.replace("council:", "counsil:"), "counsil: 0.12", ("'counsil' is not a party of the place", "the model has no row for it", "Did you mean council")),
    Fault("a cap without a residual rule", "contract.yaml", "share_of_income: 0.02, residual_to: reinvestment_fund}\n  - {party: acute_trusts, side: loss", "share_of_income: 0.02}\n  - {party: acute_trusts, side: loss", "party: acute_trusts, side: gain", ("the cap of acute_trusts has no residual rule", "what the cap leaves must go somewhere", "Write residual_to: and a party")),
    Fault("a gate without a score", "contract.yaml", "  score_share: {2026: 0.72, 2027: 0.74, 2028: 0.68, 2029: 0.76, 2030: 0.79}\n", "", "outcomes:", ("the outcome gate has no score", "a missing score never passes a gate", "Write score_share: with one score a year")),
    Fault("a gate without the score of a year", "contract.yaml", "2028: 0.68, ", "", "score_share: {2026", ("there is no figure for 2028", "each model year needs one", "Add it")),
    Fault("a name deep in the contract is misspelt", "contract.yaml", "  - from: 0\n      to: 0.01", "  - form: 0\n      to: 0.01", "form: 0", ("'form' is not a known name", "Did you mean from")),
    Fault("a forfeit without a destination", "contract.yaml", "  forfeited_to: reinvestment_fund\n", "", "outcomes:", ("money forfeited at the gate has no destination", "Write forfeited_to: and a party")),
    Fault("a party the contract forgets", "contract.yaml", "  council: {at_risk: false}\n", "", "parties:", ("council is not mentioned", "it must be said whether a party is at risk", "Add council: {at_risk: false}")),
    # the options
    Fault("an option paid by an unknown party", "options.yaml", "paid_by: council", "paid_by: counsil", "paid_by: counsil", ("'counsil' is not a party", "the model has no row for it", "Did you mean council")),
    Fault("an option without a year of cost", "options.yaml", "setup_cost_gbp: {2026: 2500000, 2027: 800000, 2028: 0, ", "setup_cost_gbp: {2026: 2500000, 2027: 800000, ", "2026: 2500000", ("setup_cost_gbp has no figure for 2028", "each model year needs one", "Add it")),
    Fault("a party without a weight", "options.yaml", "council: 1, acute", "acute", "weights:", ("council has no weight", "it must be said whose pounds count", "Add council: 1, or 0")),
    Fault("an option that needs an unknown one", "options.yaml", "needs: risk_profiling", "needs: risk_profilling", "needs: risk_profilling", ("'risk_profilling' is not an option", "Did you mean risk_profiling")),
    Fault("a rule of the file under an option", "options.yaml", "- id: telecare\n", "- id: telecare\n    requires: [telehealth]\n", "requires: [telehealth]", ("'requires' is not a name of entry", "it is a name of the file as a whole", "Write requires: there, at the start of a line")),
    Fault("an option id twice", "options.yaml", "- id: telecare\n", "- id: telehealth\n", "- id: telehealth\n>    label: Telecare", ("the id telehealth is used twice", "each row needs its own")),
    Fault("an effect of 40", "options.yaml", "effect_share: 0.45", "effect_share: 45", "effect_share: 45", ("effect_share is 45", "a share is a part of 1", "Write 0.45")),
    # files
    Fault("YAML that cannot be read", "contract.yaml", "bands:\n", "bands: [\n", "", ("the YAML cannot be read", "nothing in it can be used", "Correct it")),
    Fault("YAML with a forbidden character", "contract.yaml", "bands:\n", "bands: \x07\n", None, ("contract.yaml", "cannot be read")),
    Fault("an empty file", "contract.yaml", "ALL", "", None, ("the file is empty", "the model needs it", "Fill it in")),
    Fault("a list where names belong", "parameters.yaml", "ALL", "- 1\n- 2\n", None, ("parameters.yaml",)),
    Fault("a text where names belong", "scenarios.yaml", "ALL", "none\n", None, ("scenarios.yaml",)),
]  # fmt: skip


def edit(place: Path, fault: Fault) -> str:
    """Make the fault; give back the file, and line, that a report must name."""
    path = place / fault.file
    text = path.read_text()
    if fault.old == "ALL":
        text = fault.new
    elif fault.old == "EVERYONE":
        text = re.sub(r"(?m)^(\w+),\d+,", r"\1,0,", text)
    else:
        assert fault.old in text, f"the shipped file has no {fault.old!r}"
        text = text.replace(fault.old, fault.new, 99 if fault.old == "role: payer" else 1)
    path.write_text(text)
    if not fault.at:
        return path.name
    before, _, after = fault.at.partition("\n>")
    whole = f"{before}\n{after}" if after else before
    assert text.count(whole) >= 1, f"the edited file has no {whole!r}"
    line = text[: text.index(whole)].count("\n") + 1
    return f"{path.name}, line {line + (1 if after and not before.startswith('- id') else 0)}:"


def report(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    code = main(arguments)
    said = capsys.readouterr()
    assert code == 2, said.out + said.err
    if arguments[0] == "run":
        assert said.err.startswith("Nothing was written. ") == (arguments[0] in ("run", "new"))
    assert "Traceback" not in said.err
    assert said.out == ""
    return said.err


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_one_fault_gets_one_clear_report(fault: Fault, broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = edit(broken, fault)
    out = tmp_path / "out"
    said = report(["run", str(broken), "--out", str(out)], capsys)
    assert not out.exists()
    lines = [line for line in said.splitlines() if where in line]
    assert lines, f"{where} is not named in\n{said}"
    assert any(all(word in line for word in fault.words) for line in lines), said


@pytest.mark.parametrize("name", ["place.yaml", "parameters.yaml", "scenarios.yaml", "sources.yaml", "contract.yaml", "options.yaml", "tables/group_share.csv", "tables/payer_share.csv"])  # fmt: skip
def test_a_missing_file_is_reported_and_nothing_is_written(
    name: str, broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (broken / name).unlink()
    said = report(["run", str(broken), "--out", str(tmp_path / "out")], capsys)
    assert Path(name).name in said
    assert "Add it" in said
    assert not (tmp_path / "out").exists()


def test_faults_in_several_files_come_in_one_report(broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = [
        "a share written as 40 in a table",
        "negative people",
        "bands that overlap",
        "band shares that do not sum to 1",
        "an option paid by an unknown party",
    ]
    faults = [next(fault for fault in FAULTS if fault.name == name) for name in chosen]
    assert len({fault.file for fault in faults}) >= 3
    for fault in faults:
        edit(broken, fault)
    said = report(["run", str(broken), "--out", str(tmp_path / "out")], capsys)
    for fault in faults:
        assert all(word in said for word in fault.words), fault.name
    assert not (tmp_path / "out").exists()


def test_a_changed_released_pack_is_reported(packs: Path, broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = packs / "england" / "2025.1" / "tables" / "gdp_deflator_index.csv"
    path.write_text(path.read_text().replace("103.2388", "103.2389"))
    said = report(["run", str(broken), "--out", str(tmp_path / "out")], capsys)
    for word in (
        "pack.yaml, line ",
        "its files have changed since",
        "their fingerprint is",
        "Restore the files, or copy them to a new edition",
    ):
        assert word in said
    assert not (tmp_path / "out").exists()


WRONG_ARGUMENTS = {
    "an unknown place": (["run", "assumptions/places/north-west-londom"], ("there is no such place", "Did you mean north-west-london")),
    "an unknown scenario": (["run", "north-west-london", "--scenario", "prudnt"], ("there is no scenario 'prudnt'", "the place does not define it", "Did you mean prudent")),
    "an unknown name": (["run", "north-west-london", "--set", "price_uplft_share=0.02"], ("there is no figure 'price_uplft_share'", "only figures of the packs can be set", "Did you mean price_uplift_share")),
    "an unknown year": (["run", "north-west-london", "--set", "price_uplift_share[2035]=0.02"], ("price_uplift_share has no figure for 2035", "2026, 2027")),
    "an unknown key": (["run", "north-west-london", "--set", "group_persons[severe_complx]=1"], ("group_persons has no figure for severe_complx", "its keys are group", "Did you mean severe_complex")),
    "a key that is missing": (["run", "north-west-london", "--set", "group_persons=1"], ("group_persons has no figure for no key", "its keys are group")),
    "a share of 40": (["run", "north-west-london", "--set", "price_uplift_share[2026]=40"], ("price_uplift_share is 40", "a share is a part of 1", "Write 0.4")),
    "no number": (["run", "north-west-london", "--set", "price_uplift_share=high"], ("'high' is not a number", "a figure is set to a number", "Write --set name=0.02")),
    "no equals sign": (["run", "north-west-london", "--set", "price_uplift_share"], ("there is no =", "Write --set name=0.02")),
    "nan": (["run", "north-west-london", "--set", "price_uplift_share=nan"], ("--set price_uplift_share", "not a number")),
    "infinity": (["run", "north-west-london", "--set", "investment_budget_gbp[2026]=inf"], ("--set investment_budget_gbp", "not a number")),
    "negative people": (["run", "north-west-london", "--set", "group_persons[severe_complex]=-1"], ("group_persons is -1", "it cannot be below zero", "Correct the sign")),
    "an unknown scenario of a change": (["run", "north-west-london", "--set", "prudence_share@prudnt=0.3"], ("prudnt", "Did you mean prudent")),
    "an unknown solver": (["run", "north-west-london", "--solver", "hihgs"], ("there is no solver 'hihgs'", "Did you mean highs")),
    "an unknown figure": (["explain", "north-west-london", "settlement.trasfer_gbp[council,2026]"], ("there is no such figure", "table.column[key,...]", "Did you mean settlement.transfer_gbp")),
    "an unknown row": (["explain", "north-west-london", "settlement.transfer_gbp[counsil,2026]"], ("there is no row counsil,2026", "its keys are party, year", "Did you mean council,2026")),
    "an unknown run": (["compare", "north-west-london@base", "north-west-london@prudnt"], ("there is no scenario 'prudnt'", "Did you mean prudent")),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_ARGUMENTS)
def test_a_wrong_argument_gets_one_clear_report(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, words = WRONG_ARGUMENTS[name]
    out = ["--out", str(tmp_path / "out")] if arguments[0] == "run" else []
    said = report([*arguments, *out], capsys)
    assert all(word in said for word in words), said
    assert not (tmp_path / "out").exists()


def test_two_wrong_changes_come_in_one_report(place: Place) -> None:
    with pytest.raises(BadInput) as refused:
        place.changed({"price_uplft_share": 0.1, "efficiency_share": 11})
    assert len(refused.value.problems) == 2


# ------------------------------------------------------------------ an empty segment, and no plan


@pytest.fixture(scope="module")
def without_children(place: Place) -> Result:
    return place.run(changes={"group_share[chronic_children]": 0, "group_share[chronic_adults]": 1})


def test_an_empty_segment_gets_exactly_nothing(without_children: Result) -> None:
    assert without_children.passed
    for table, line in (("capitation", "allocation_gbp"), ("segment_budget", "year_of_care_gbp"), ("segment", "base_cost_gbp")):
        figures = [value for key, value in without_children.column(table, line).items() if key[0] == "chronic_children"]
        assert figures == [0.0] * len(figures) != []


def test_an_empty_segment_is_priced_by_the_named_fallback(without_children: Result) -> None:
    price = without_children.column("capitation", "price_gbp_per_person")["chronic_children", "2026"]
    average = without_children.column("capitation", "average_price_of_year_gbp_per_person")["chronic_children", "2026"]
    need = without_children.column("need", "need_index")["chronic_children",]
    assert price == pytest.approx(average * need)
    assert price > 0
    words = without_children.explain("capitation.price_gbp_per_person[chronic_children,2026]").words
    assert "otherwise Average price per head × Need index" in words


@pytest.mark.parametrize("solver", ["highs", "enumerate"])
def test_a_plan_that_cannot_be_is_refused_and_writes_nothing(solver: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = report(
        ["run", "north-west-london", "--set", "investment_budget_gbp=0", "--solver", solver, "--out", str(tmp_path / "out")], capsys
    )
    assert "No choice of options keeps every constraint" in said
    assert "What is short" in said and "With it the best choice is Shared care record" in said
    assert not (tmp_path / "out").exists()


# ------------------------------------------------------------------ nothing is written half


def test_an_out_folder_that_is_a_file_is_reported_and_kept(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    said = report(["run", str(small.folder), "--out", str(taken)], capsys)
    assert str(taken) in said
    assert taken.read_text() == "mine"


def test_a_workbook_that_cannot_be_replaced_is_kept_whole_and_leaves_no_rest(
    small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A folder that stands where the workbook should go makes the last step fail, after everything else has been done.
    standing = tmp_path / "small-place.xlsx"
    standing.mkdir()
    (standing / "kept.txt").write_text("mine")
    said = report(["run", str(small.folder), "--out", str(tmp_path)], capsys)
    assert "cannot be written" in said
    assert [path.name for path in tmp_path.iterdir()] == ["small-place.xlsx"]
    assert (standing / "kept.txt").read_text() == "mine"


def test_a_record_that_cannot_be_replaced_is_reported_and_leaves_no_rest(
    small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    standing = tmp_path / "small-place.json"
    standing.mkdir()
    (standing / "kept.txt").write_text("mine")
    code = main(["run", str(small.folder), "--out", str(tmp_path)])
    assert code == 2
    assert "cannot be written" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} <= {"small-place.json", "small-place.xlsx"}


def test_a_bad_run_leaves_the_last_good_workbook_as_it_is(
    workbook: Path, broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    kept = out / "north-west-london.xlsx"
    kept.write_bytes(workbook.read_bytes())
    edit(broken, next(fault for fault in FAULTS if fault.name == "bands that overlap"))
    report(["run", str(broken), "--out", str(out)], capsys)
    assert kept.read_bytes() == workbook.read_bytes()
    assert [path.name for path in out.iterdir()] == ["north-west-london.xlsx"]


def test_written_files_can_be_read_by_others(small: Case, tmp_path: Path) -> None:
    assert main(["run", str(small.folder), "--out", str(tmp_path / "deep" / "out")]) == 0
    for path in (tmp_path / "deep" / "out").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_python_callers_get_every_problem_as_data(broken: Path) -> None:
    edit(broken, next(fault for fault in FAULTS if fault.name == "bands that overlap"))
    with pytest.raises(BadInput) as refused:
        capmodel.load(broken)
    (problem,) = refused.value.problems
    assert problem.where.startswith("contract.yaml, line ")
    assert problem.remedy == "Write from: 0.01"

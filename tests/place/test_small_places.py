"""A place is as large as its files: places of one, two or three steps run, are verified, and say which steps they do not have."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import place_kinds
import pytest
import yaml
from conftest import Case
from place_kinds import KINDS, edit

import capmodel
from capmodel.baseline.step import RECORDED
from capmodel.care_budgets.pooled import performance_pot, pooled_budget
from capmodel.care_budgets.pooled.statement import work_out
from capmodel.cli import main
from capmodel.errors import BadInput
from capmodel.model import Result
from capmodel.place.chain import CHAINS

SHEETS = {
    "spend": {"Data 1 Spend", "Calc 1 Segment spend", "Out 2 Segments", "Out 5 Comparison"},
    "capitation": {"Data 1 Spend", "Calc 1 Segment spend", "Calc 2 Capitation", "Out 2 Segments", "Out 5 Comparison"},
    "budgets": {"Data 1 Spend", "Calc 1 Segment spend", "Calc 2 Capitation", "Calc 3 Care budgets", "Out 2 Segments", "Out 5 Comparison"},
    "no options": {
        "Contract terms", "Data 1 Spend", "Calc 1 Segment spend", "Calc 2 Capitation", "Calc 3 Care budgets", "Calc 4 Settlement",
        "Out 2 Segments", "Out 3 Parties", "Out 5 Comparison", "Out 6 Statements", "Out 7 Payoff", "Recorded payoff",
    },
    "options of given budgets": {
        "Data 1 Spend", "Data 2 Options", "Calc 3 Care budgets", "Calc 5 Options", "Calc 6 Plan", "Calc 7 Who pays", "Out 4 Plan",
        "Out 17 Who pays", "Recorded plan",
    },
    "contract of given targets": {
        "Contract terms", "Data 1 Spend", "Calc 4 Settlement", "Out 3 Parties", "Out 6 Statements", "Out 7 Payoff",
        "Recorded payoff",
    },
    "pool": {"Data 3 Pool", "Calc 4 Pooled budget", "Calc 4 Pool ledger", "Out 9 Pool"},
    "pot": {"Data 3 Pool", "Calc 4 Pooled budget", "Out 9 Pool"},
    "packages": {"Data 4 Packages", "Calc 3 Packages", "Out 10 Packages"},
}  # fmt: skip
#: The sheets that every book has.
ALWAYS = {
    "Cover", "Change log", "How to use", "Assumptions", "Structure", "Sources", "Calc 0 Scenario in use", "Out 1 Summary", "As issued",
    "Recorded runs", "Checks", "Certificate", "Sign-off",
}  # fmt: skip


@pytest.fixture(scope="module")
def made_of(small: Case, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a place of a kind, made once."""
    made: dict[str, Path] = {}

    def folder(kind: str) -> Path:
        if kind not in made:
            packs = Path(shutil.copytree(small.folder.parents[1], tmp_path_factory.mktemp("kind") / "assumptions"))
            made[kind] = place_kinds.of_kind(kind, packs / "places" / small.folder.name, small.result)
        return made[kind]

    return folder


@pytest.fixture
def own(made_of: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a place of a kind, to break."""
    return lambda kind: Path(shutil.copytree(made_of(kind).parents[1], tmp_path / "own")) / "places" / made_of(kind).name


def refusal(folder: Path) -> str:
    with pytest.raises(BadInput) as error:
        capmodel.load(folder)
    return str(error.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_place_of_a_few_steps_runs_and_is_verified(
    kind: str, made_of: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made_of(kind)
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "Steps: " in printed and "not in this place: " in printed
    book = tmp_path / "small-place.xlsx"
    assert main(["verify", str(book), "--place", str(folder)]) == 0, capsys.readouterr().out
    assert "PASS" in capsys.readouterr().out
    opened = openpyxl.load_workbook(book)
    assert set(opened.sheetnames) - ALWAYS == SHEETS[kind]
    cover = [str(row[1]) for row in opened["Cover"].iter_rows(max_col=2, values_only=True)]
    assert any(text.startswith("This book shows ") and "does not have" in text for text in cover)
    before = book.read_bytes()
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 0
    assert book.read_bytes() == before


@pytest.mark.parametrize(
    ("kind", "nodes"),
    [
        ("spend", [("spend", "cost_gbp")]),
        ("capitation", [("capitation", "allocation_gbp"), ("envelope", "envelope_gbp")]),
        ("budgets", [("party_budget", "income_gbp")]),
        ("no options", [("settlement", "transfer_gbp")]),
        ("options of given budgets", [("start", "value_gbp"), ("plan_party", "plan_net_gbp")]),
        ("contract of given targets", [("settlement", "transfer_gbp"), ("pool", "pool_gbp"), ("party_budget", "income_gbp")]),
    ],
)
def test_its_figures_are_those_of_the_whole_place(
    kind: str, nodes: list[tuple[str, str]], made_of: Callable[[str], Path], small: Case
) -> None:
    place = capmodel.load(made_of(kind))
    result = place.run(chosen=small.result.choice if place.choices.options else None)
    for table, name in nodes:
        # Sums of the same figures by another way differ in the last bits.
        assert result.column(table, name) == pytest.approx(small.result.column(table, name), abs=1e-6)


def test_what_a_place_does_not_have_is_refused_with_the_files_that_would_add_it(made_of: Callable[[str], Path]) -> None:
    place = capmodel.load(made_of("capitation"))
    result: Result = place.run()
    asked: list[Callable[[], object]] = [
        lambda: place.terms,
        lambda: place.simulate(),
        lambda: result.column("settlement", "share_gbp"),
        lambda: result.explain("pool.pool_gbp[2026]"),
        lambda: place.run(changes={"alliance_discount_share[2026]": 0.1}),
    ]
    for ask in asked:
        with pytest.raises(BadInput, match=r"contract.*Add contract\.yaml"):
            ask()
    with pytest.raises(BadInput, match=r"options.*Add options\.yaml"):
        place.run(changes={"prudence_share": 0.4})


@pytest.mark.parametrize(
    ("command", "step"),
    [
        (["simulate", "PLACE"], "contract"),
        (["negotiate", "PLACE", "--vary", "deduction_share=0,0.1"], "contract"),
        (["explain", "PLACE", "pool.pool_gbp[2026]"], "contract"),
        (["compare", "PLACE", "PLACE@prudent", "--statement", "council"], "contract"),
        (["compare", "PLACE", "PLACE@prudent", "--figure", "plan.plan_cost_gbp[2026]"], "options"),
        (["run", "PLACE", "--set", "deduction_share=0.1"], "contract"),
        (["explain", "PLACE", "investment_budget_gbp[2026]"], "options"),
    ],
)
def test_a_command_that_needs_an_absent_step_names_it(
    command: list[str], step: str, made_of: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(made_of("budgets"))
    assert main([text.replace("PLACE", folder) for text in command]) == 2
    said = capsys.readouterr().err
    assert "1 problem found" in said
    assert f"{step}.yaml" in said and "does not have" in said


def test_a_place_without_any_step_is_refused(own: Callable[[str], Path]) -> None:
    folder = place_kinds.without(own("spend"), "spend")
    assert "the place has no step" in refusal(folder)


def test_a_step_without_what_it_starts_from_is_refused_with_the_tables_that_may_give_it(own: Callable[[str], Path]) -> None:
    folder = own("contract of given targets")
    for name in ("agreed_target_gbp", "actual_cost_gbp"):
        (folder / "tables" / f"{name}.csv").unlink()
    said = refusal(folder)
    assert "the contract needs care budgets, which the place does not have" in said
    assert "tables/budget_gbp.csv" in said and "tables/agreed_target_gbp.csv and tables/actual_cost_gbp.csv" in said
    assert said.count("\n") == 0


def test_half_of_what_a_step_starts_from_is_asked_for(own: Callable[[str], Path]) -> None:
    folder = own("contract of given targets")
    (folder / "tables/actual_cost_gbp.csv").unlink()
    assert "tables/actual_cost_gbp.csv: the file is missing; the contract reads the target and the actual cost" in refusal(folder)


def test_two_files_that_give_one_figure_are_refused(own: Callable[[str], Path], made_of: Callable[[str], Path]) -> None:
    folder = own("no options")
    given = made_of("options of given budgets") / "tables/budget_gbp.csv"
    shutil.copy(given, folder / "tables/budget_gbp.csv")
    shutil.copy(folder / "tables/in_scope_flag.csv", folder / "tables/cap_gbp.csv")
    edit(folder / "parameters.yaml", lambda stated: stated.update(deduction_share={**stated["alliance_discount_share"], "label": "Twice"}))
    said = refusal(folder)
    assert "tables/budget_gbp.csv: it and care budgets both give the budgets" in said
    assert "parameters.yaml: it and contract.yaml both give deduction_share" in said
    assert "tables/cap_gbp.csv: it and contract.yaml both give cap_gbp" in said


def test_a_file_that_names_a_figure_of_an_absent_step_is_refused(own: Callable[[str], Path], small: Case) -> None:
    folder = own("budgets")
    kept = small.folder
    shutil.copy(kept / "risk.yaml", folder / "risk.yaml")
    edit(folder / "scenarios.yaml", lambda stated: stated["prudent"].update(set={"prudence_share": 0.3}))
    lines = (kept / "parameters.yaml").read_text()
    (folder / "parameters.yaml").write_text(lines)
    said = refusal(folder)
    assert "scenarios.yaml, prudent: options read prudence_share, and the place does not have that step" in said
    assert "parameters.yaml: the contract reads alliance_discount_share, and the place does not have that step" in said
    assert "risk.yaml: the place does not have the step contract" in said


def test_steps_that_are_named_in_place_yaml_are_steps(own: Callable[[str], Path]) -> None:
    folder = own("budgets")
    edit(folder / "place.yaml", lambda stated: stated.update(steps=["spend", "capitaton"]))
    assert "'capitaton' is no step" in refusal(folder) and "Did you mean capitation" in refusal(folder)


def test_a_step_that_is_named_without_its_files_is_refused(own: Callable[[str], Path]) -> None:
    folder = own("budgets")
    edit(folder / "place.yaml", lambda stated: stated.update(steps=["spend", "capitation", "care_budgets", "contract"]))
    said = refusal(folder)
    assert "contract.yaml: there is no file" in said and "tables/in_scope_flag.csv: the file is missing" in said
    assert "the assumption alliance_discount_share is missing" in said


def test_no_two_tables_of_all_steps_and_agreements_have_one_name() -> None:
    tables = {table for chain in CHAINS.values() for table in chain.tables} - set(RECORDED.tables)
    tables |= {*pooled_budget.TABLES, *performance_pot.TABLES}
    names = [table.name for table in tables]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def one_table(folder: Path) -> Path:
    """The two tables of a contract of given targets as two columns of one."""
    read = {name: folder / "tables" / f"{name}.csv" for name in ("agreed_target_gbp", "actual_cost_gbp")}
    rows = {name: list(csv.DictReader(path.read_text().splitlines())) for name, path in read.items()}
    lines = ["setting,provider,payer,year,agreed_target_gbp,actual_cost_gbp,status,source,as_at,note"]
    for target, actual in zip(*rows.values(), strict=True):
        route = ",".join(target[key] for key in ("setting", "provider", "payer"))
        for when, written in (("2026", "2026/27"), ("2027", "2027")):
            lines.append(f"{route},{written},{target[when]},{actual[when]},illustrative,p90,2026-11,")
    for path in read.values():
        path.unlink()
    (folder / "tables/target_and_actual.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_target_and_actual_may_be_two_columns_of_one_table(own: Callable[[str], Path], small: Case) -> None:
    result = capmodel.load(one_table(own("contract of given targets"))).run()
    assert result.column("settlement", "transfer_gbp") == small.result.column("settlement", "transfer_gbp")


def test_a_column_of_a_table_that_another_table_gives_is_refused(own: Callable[[str], Path]) -> None:
    folder = own("contract of given targets")
    kept = (folder / "tables/actual_cost_gbp.csv").read_text()
    one_table(folder)
    (folder / "tables/actual_cost_gbp.csv").write_text(kept)
    assert "tables/target_and_actual.csv: it and tables/actual_cost_gbp.csv both give actual_cost_gbp" in refusal(folder)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (",2027,", ",soon,", "the year is 'soon'"),
        (",2027,", ",2027/29,", "2027/29 is no financial year"),
        ("acute_trusts", "acute_trust", "'acute_trust' is not a party of the place"),
        (",illustrative,", ",,", "the status is ''"),
        ("as_at", "date", "there is no column as_at"),
        ("acute_emergency,acute_trusts,nhs_commissioner,2027", "acute_planned,acute_trusts,nhs_commissioner,2027", "is there twice"),
    ],
)
def test_what_is_wrong_in_a_table_of_several_columns_is_reported_once(
    old: str, new: str, expected: str, own: Callable[[str], Path]
) -> None:
    table = one_table(own("contract of given targets")) / "tables/target_and_actual.csv"
    table.write_text(table.read_text().replace(old, new, 1))
    assert refusal(table.parents[1]).count(expected) == 1


def test_a_table_of_the_place_does_not_silently_replace_one_of_the_national_pack(own: Callable[[str], Path]) -> None:
    folder = own("spend")
    shutil.copy(folder.parents[1] / "england/2025.1/tables/gdp_deflator_index.csv", folder / "tables")
    assert "tables/gdp_deflator_index.csv: it and the national pack both give gdp_deflator_index" in refusal(folder)


def test_a_pool_is_worked_out_as_capmodel_pool_works_it_out(made_of: Callable[[str], Path]) -> None:
    folder = made_of("pool")
    result, alone = capmodel.load(folder).run(), work_out(folder / "pool.yaml")
    for table in alone.tables:
        for name in table.lines:
            assert result.values.figure((table.name, name)).tolist() == alone.figures.figure((table.name, name)).tolist()
    more = capmodel.load(folder).run(changes={"line_spend_gbp[home_care,2026]": 860.0})
    assert more.column("fund", "deficit_gbp")["2026",] == 170 - 20


def test_a_pool_stands_beside_the_other_steps(own: Callable[[str], Path], small: Case, tmp_path: Path) -> None:
    folder = own("spend")
    (folder / "pool.yaml").write_text(yaml.safe_dump(place_kinds.POOLED, sort_keys=False))
    result = capmodel.load(folder).run()
    assert [step.name for step in result.chain.steps] == ["spend", "pool"]
    assert result.column("spend", "cost_gbp") == small.result.column("spend", "cost_gbp")
    book = result.to_workbook(tmp_path / "book.xlsx")
    assert main(["verify", str(book), "--place", str(folder)]) == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"years": [2026]}, "there is a figure for 2027; it is no year of the model"),
        ({"source": "p99"}, "the source 'p99' is not in sources.yaml"),
        ({"host": "nobody"}, "'nobody' is not a partner"),
    ],
)
def test_what_is_wrong_with_a_pool_is_reported(change: dict[str, Any], expected: str, own: Callable[[str], Path]) -> None:
    folder = own("pool")
    file = "place" if "years" in change else "pool"
    edit(folder / f"{file}.yaml", lambda stated: stated.update(change))
    if file == "place":
        edit(folder / "scenarios.yaml", lambda stated: stated["prudent"].update(set={}))
    assert expected in refusal(folder)


def test_a_pool_that_is_neither_kind_of_agreement_is_refused(own: Callable[[str], Path]) -> None:
    folder = own("pool")
    (folder / "pool.yaml").write_text("title: Nothing\n")
    assert "pool.yaml, line 1: the file is neither a pooled budget nor a performance pot" in refusal(folder)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], "the place has no step"),
        (["pool"], "pool.yaml: there is no file"),
        (["care_budgets"], "care budgets need segment spend, which the place does not have"),
        (["spend", "options"], "options need care budgets, which the place does not have"),
        ("spend", "steps"),
    ],
)
def test_steps_that_cannot_be_are_refused_with_what_to_add(steps: Any, expected: str, own: Callable[[str], Path]) -> None:
    folder = own("spend")
    edit(folder / "place.yaml", lambda stated: stated.update(steps=steps))
    assert expected in refusal(folder)


def test_a_contract_of_both_budgets_and_targets_is_refused(own: Callable[[str], Path], made_of: Callable[[str], Path]) -> None:
    folder = own("contract of given targets")
    shutil.copy(made_of("options of given budgets") / "tables/budget_gbp.csv", folder / "tables")
    said = refusal(folder)
    assert "tables/actual_cost_gbp.csv" in said and "it and tables/budget_gbp.csv both give what the contract starts from" in said


def test_a_contract_may_start_from_budgets_that_are_given(own: Callable[[str], Path], made_of: Callable[[str], Path], small: Case) -> None:
    folder = place_kinds.without(own("no options"), "spend", "capitation")
    edit(folder / "risk.yaml", lambda stated: stated.pop("persons", None))
    shutil.copy(made_of("options of given budgets") / "tables/budget_gbp.csv", folder / "tables")
    place = capmodel.load(folder)
    assert place.run().column("settlement", "transfer_gbp") == small.result.column("settlement", "transfer_gbp")
    assert place.simulate(draws=200).measures, "the budgets are known, so that what may turn out otherwise can be drawn"


def test_chance_among_people_asks_for_people(own: Callable[[str], Path], made_of: Callable[[str], Path]) -> None:
    folder = place_kinds.without(own("no options"), "spend", "capitation")
    shutil.copy(made_of("options of given budgets") / "tables/budget_gbp.csv", folder / "tables")
    assert "risk.yaml, persons: persons: is given, and the place does not have the step capitation" in refusal(folder)


def test_a_term_to_negotiate_that_only_an_absent_step_reads_names_the_step(
    made_of: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["negotiate", str(made_of("no options")), "--vary", "prudence_share=0.3,0.4"]) == 2
    assert "options read prudence_share, and the place does not have that step" in capsys.readouterr().err


def test_an_uncertainty_of_an_absent_step_names_the_step(own: Callable[[str], Path]) -> None:
    folder = own("no options")
    drawn = {"label": "Money", "moves": "assumption", "assumption": "investment_budget_gbp", "over_years": "same", "unit": "GBP"}
    drawn |= {"distribution": "normal", "mean": 1, "sd": 1, "status": "illustrative", "source": "p90"}
    edit(folder / "risk.yaml", lambda stated: stated["uncertainties"].update(money=drawn))
    said = refusal(folder)
    assert "options read investment_budget_gbp, and the place does not have that step; it would move nothing" in said
    assert said.count("\n") == 0


def test_files_that_steps_in_place_yaml_leave_out_are_said(own: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    folder = own("budgets")
    edit(folder / "place.yaml", lambda stated: stated.update(steps=["spend", "capitation"]))
    (folder / "contract.yaml").write_text("id: other\n", encoding="utf-8")
    assert main(["run", str(folder), "--out", str(folder / "out")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "NO EFFECT: contract.yaml, since steps: in place.yaml leaves it out" in said
    edit(folder / "place.yaml", lambda stated: stated.update(steps=["spend", "care_budgets"]))
    assert "Add capitation to steps: in place.yaml" in refusal(folder)

"""The commands as a user types them: what each prints on a good day, its help, its exit code, and how quickly help comes."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_output import said

import capmodel
from capmodel import cli, plugins
from capmodel.algebra.explain import Explainer, Explanation
from capmodel.algebra.unit import BASE, PURE
from capmodel.baseline.persons.schemes.scheme import scheme_names
from capmodel.cli import COMMANDS as COMMAND_LINES
from capmodel.cli import main
from capmodel.commands import explain as explain_command
from capmodel.contracts import mechanisms
from capmodel.model import Place, Result
from capmodel.reinvestment import solvers

from conftest import ROOT, Case  # isort: skip

NWL = "assumptions/places/north-west-london"
COMMANDS = {
    "run": ["PLACE", "--set", "--scenario", "--out", "--solver", "NAME=VALUE"],
    "explain": ["PLACE", "FIGURE", "--set", "--scenario", "--depth", "--list"],
    "compare": ["A", "B", "--figure", "--statement", "PLACE@SCENARIO"],
    "verify": ["WORKBOOK", "--place"],
    "pool": ["FILE.yaml", "--out"],
    "catalogue": ["KIND", "mechanism", "score model"],
    "packs": ["PLACE", "--root"],
    "new": ["PLACE", "--root"],
}


# ------------------------------------------------------------------ help


@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_every_argument(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    message = capsys.readouterr().out
    assert all(word in message for word in COMMANDS[command]), message


def test_help_lists_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    message = capsys.readouterr().out
    assert all(re.search(rf"^\s+{command}\b", message, re.MULTILINE) for command in COMMANDS)
    assert "0 all is well, 1 a check failed, 2 bad input" in message


def test_the_version_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.strip() == f"capmodel {capmodel.__version__}"


@pytest.mark.parametrize("arguments", [[], ["rnu"], ["run"], ["run", NWL, "--scenari"]])
def test_a_command_that_is_none_ends_with_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: capmodel" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "own"), [(["--help"], set()), (["run", "--help"], {"capmodel.commands.run"})])
def test_help_imports_nothing_heavy(arguments: list[str], own: set[str]) -> None:
    program = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); from capmodel.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True, cwd=ROOT)
    modules = set(done.stderr.split())
    imported = {name.split(".")[0] for name in modules}
    assert "argparse" in imported
    heavy = {"dataclasses", "inspect", "json", "csv", "tempfile", "secrets", "difflib", "shutil", "bz2", "lzma"}
    heavy |= {"pandas", "numpy", "pydantic", "xlsxwriter", "openpyxl", "pulp", "highspy", "ironcalc", "rich", "yaml"}
    assert not imported & heavy
    assert {name for name in modules if name.removeprefix("capmodel.commands.") in COMMAND_LINES} == own
    if not own:
        assert not imported & {"typing", "pathlib"} and "capmodel.errors" not in modules


@pytest.mark.parametrize("width", ["60", "0", "wide", None])
@pytest.mark.parametrize("command", [[], ["new"]])
def test_help_is_as_wide_as_argparse_makes_it(
    command: list[str], width: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if width is not None:
        monkeypatch.setenv("COLUMNS", width)
    texts = []
    for form in (cli.Help, argparse.HelpFormatter):
        monkeypatch.setattr(cli, "Help", form)
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


def test_every_command_has_its_file() -> None:
    shared = {"__init__", "arguments", "blank", "carry_out", "uncollected"}
    assert {path.stem for path in (ROOT / "capmodel" / "commands").glob("*.py")} == shared | set(COMMAND_LINES)


def test_the_installed_program_answers() -> None:
    done = subprocess.run([Path(sys.executable).parent / "capmodel", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("capmodel ")


def test_the_catalogue_names_what_comes_with_capmodel_and_what_each_is(capsys: pytest.CaptureFixture[str]) -> None:
    everything = said(["catalogue"], capsys)
    for name in (*plugins.names(mechanisms), *plugins.names(solvers), *scheme_names(), "icb-core-2024", "us-mssp-2022", "cms_hcc_v24"):
        assert re.search(rf"^  {name}  +\w", everything, re.MULTILINE), name
    one = said(["catalogue", "solver"], capsys)
    assert one in everything and "highs" in one and "block_contract" not in one


# ------------------------------------------------------------------ run


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    out = tmp_path_factory.mktemp("ran")
    done = subprocess.run(
        [sys.executable, "-m", "capmodel.cli", "run", NWL, "--out", str(out)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout, out


def test_run_prints_the_envelope_prices_shares_choice_and_checks(ran: tuple[str, Path], result: Result) -> None:
    message, out = ran
    envelope = result.column("envelope", "envelope_gbp")
    assert f"Envelope: 2026/27 £{envelope['2026',]:,.2f}, 2030/31 £{envelope['2030',]:,.2f}" in message
    price = result.column("capitation", "price_gbp_per_person")
    for entry in result.place.pack.dimensions["segment"]:
        assert re.search(rf"^{re.escape(entry.label)} +{price[entry.id, '2026']:,.2f} ", message, re.MULTILINE), entry.label
    columns = [result.column("settlement", name) for name in ("share_gbp", "transfer_gbp", "position_gbp")]
    for entry in result.place.pack.dimensions["party"]:
        figures = [f"{column[entry.id, '2026']:,.2f}" for column in columns]
        assert re.search(rf"^{re.escape(entry.label)} +{' +'.join(map(re.escape, figures))}", message, re.MULTILINE), entry.label
    chosen = [result.place.labels[option] for option, taken in result.plan.chosen.items() if taken]
    assert f"Options chosen: {', '.join(chosen)}" in message
    checks = len(result.checks) + 1  # the recalculation of the book is one more
    assert f"Checks: {checks} of {checks} passed" in message
    assert str(out / "north-west-london.xlsx") in message.replace("\n", "")
    assert "nan" not in message.lower()


def test_the_record_holds_headlines_checks_and_the_manifest(ran: tuple[str, Path], result: Result) -> None:
    record = json.loads((ran[1] / "north-west-london.json").read_text())
    assert record["passed"] is True
    assert record["figures_gbp"]["Envelope 2026/27"] == round(result.column("envelope", "envelope_gbp")["2026",], 2)
    shares = [value for label, value in record["figures_gbp"].items() if label.startswith("Share 2026/27")]
    assert round(sum(shares), 2) == record["figures_gbp"]["Pool 2026/27"]
    assert [check["name"] for check in record["checks"]] == [*(check.name for check in result.checks), "certificate"]
    assert record["manifest"]["capmodel"] == capmodel.__version__
    assert [pack["id"] for pack in record["manifest"]["packs"]] == ["england/2025.1", "north-west-london"]
    assert all(re.fullmatch(r"[0-9a-f]{64}", pack["sha256"]) for pack in record["manifest"]["packs"])


def test_a_scenario_and_a_change_are_part_of_the_file_s_name(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = said(
        ["run", str(small.folder), "--scenario", "prudent", "--set", "investment_budget_gbp[2026]=12000000", "--out", str(tmp_path)],
        capsys,
    )
    assert "prudent case" in message
    assert {path.name for path in tmp_path.iterdir()} == {
        "small-place-prudent-changed.xlsx",
        "small-place-prudent-changed.json",
    }
    assert json.loads((tmp_path / "small-place-prudent-changed.json").read_text())["manifest"]["changes"] == {
        "investment_budget_gbp[2026]": 12_000_000
    }


def test_a_check_that_fails_ends_with_one_and_is_named(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = said(
        ["run", str(small.folder), "--set", "setting_share[chronic_elderly,primary]=0.2", "--out", str(tmp_path)], capsys, code=1
    )
    assert re.search(r"CHECK .*shares by setting add up to 1", message, re.IGNORECASE)
    assert "segment.check_setting_share" in message
    assert json.loads((tmp_path / "small-place-changed.json").read_text())["passed"] is False


@pytest.mark.parametrize("solver", ["highs", "enumerate"])
def test_every_solver_gives_the_same_plan(solver: str, place: Place, result: Result) -> None:
    plan = place.run(solver=solver).plan
    assert plan.chosen == result.plan.chosen
    assert plan.proved
    assert plan.objective_gbp == pytest.approx(result.plan.objective_gbp, abs=0.005)


# ------------------------------------------------------------------ explain


def test_explain_prints_the_tree_down_to_sources(capsys: pytest.CaptureFixture[str], result: Result) -> None:
    message = said(["explain", NWL, "start_year.cost_gbp[telehealth,2027]"], capsys)
    assert "Cost: Telehealth, 2027" in message
    assert "= £700,000.00" in message
    assert "Revenue cost + Capital cost  (start_year.cost_gbp[telehealth,2027])" in message
    assert "illustrative, p90: " in message


def test_explain_names_the_publication_behind_a_figure(capsys: pytest.CaptureFixture[str], result: Result) -> None:
    message = said(["explain", NWL, "place.population_persons", "--depth", "9"], capsys)
    assert "Population = 2,740,625.0 persons" in message
    assert "published, p01: " in message


def test_explain_lists_every_figure_and_every_row_of_one(capsys: pytest.CaptureFixture[str], result: Result) -> None:
    names = said(["explain", NWL, "all", "--list"], capsys)
    assert "pool.pool_gbp[year]: Pool" in names and "settlement.transfer_gbp[party,year]: Transfer" in names
    assert "efficiency_share[2027]" in names and "setting_share[mostly_healthy_children,primary]" in names
    rows = said(["explain", NWL, "pool.pool_gbp", "--list"], capsys)
    assert len(rows.splitlines()) == len(result.place.pack.years) and "pool.pool_gbp[2028] = £52,320,462.52" in rows


def test_a_list_that_is_cut_says_how_many_more_and_where_all_are(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--set", "zzzz=1", "pool.pool_gbp[2028]"], ["qqqq"]):
        assert main(["explain", NWL, *arguments]) == 2
        assert re.search(r", and \d+ more; capmodel explain PLACE all --list gives all", capsys.readouterr().err)


def test_explain_says_how_to_see_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is more below, explain" in said(
        ["explain", NWL, "segment.base_price_gbp_per_person[chronic_elderly]", "--depth", "1"], capsys
    )


def walk(explanation: Explanation) -> list[Explanation]:
    return [explanation, *(deeper for part in explanation.ingredients for deeper in walk(part))]


FIGURES = ["segment.base_cost_gbp[chronic_elderly]", "start.value_gbp[telehealth]", "place.place_cost_gbp"]


@pytest.mark.parametrize("figure", FIGURES)
def test_every_branch_reaches_a_source_or_says_where_to_go_on(figure: str, result: Result) -> None:
    leaves = list(result.explain(figure, depth=9).leaves())
    assert any(re.match(r"(published|derived|local|illustrative), \w\d\d: ", leaf.source) for leaf in leaves)
    for leaf in leaves:
        assert (
            leaf.source
            or "there is more below, explain" in leaf.words
            or leaf.words in ("the smaller rows together", "sum of 0 rows")
            or leaf.words.endswith("before)")
        ), leaf


@pytest.mark.parametrize("figure", FIGURES)
def test_the_parts_of_a_total_add_up_to_it(figure: str, result: Result) -> None:
    totals = [part for part in walk(result.explain(figure)) if part.words.startswith("sum of")]
    assert totals
    for total in totals:
        assert sum(part.value for part in total.ingredients) == pytest.approx(total.value, rel=1e-12, abs=1e-6)


def test_a_transfer_is_explained_by_its_share_and_holding(result: Result) -> None:
    # Two levels are enough here; the whole tree behind a transfer has tens of thousands of branches.
    labels = {name: assumed.label for name, assumed in result.place.assumptions.items()}
    shallow = Explainer(result.chain.by_name, result.values, result.provenance, labels, deepest=2)
    tree = shallow.explain(*result.find("settlement.transfer_gbp[council,2028]"))
    values = {part.name: part.value for part in tree.ingredients}
    assert tree.value == pytest.approx(values["settlement.share_gbp"] - values["settlement.cash_position_gbp"], abs=0.001)
    assert tree.words == "Share of the pool - Cash position before settlement, to the penny"


def test_a_changed_figure_explains_that_it_was_set(place: Place) -> None:
    changed = place.run(changes={"discount_rate_share": 0.01})
    sources = [leaf.source for leaf in changed.explain("discount.next_index[2026]").leaves()]
    assert any("local" in source and "0.035" in source for source in sources), sources


@pytest.mark.parametrize("unit", sorted(PURE | BASE | {"GBP/persons"}))
def test_a_figure_of_any_unit_can_be_explained(unit: str, result: Result) -> None:
    """A unit without a format of its own once ended in a traceback."""
    assert "= " in explain_command._described(result, Explanation("Figure", "pool.pool_gbp", (), 0.25, unit, "words"))


# ------------------------------------------------------------------ compare


def pence(text: str) -> int:
    return round(float(text.replace(",", "")) * 100)


def bridge_of(message: str) -> list[tuple[str, int]]:
    found = [re.fullmatch(r"(.*?) +(-?[\d,]+\.\d\d)", line.rstrip()) for line in message.splitlines()]
    return [(match[1].strip(), pence(match[2])) for match in found if match]


def test_compare_leads_from_one_run_to_the_other_to_the_penny(capsys: pytest.CaptureFixture[str], place: Place) -> None:
    message = bridge_of(said(["compare", "north-west-london@base", "north-west-london@prudent", "--figure", "pool.pool_gbp[2029]"], capsys))
    (first, opening), *causes, (last, closing) = message
    assert (first, last) == ("Opening", "Closing")
    assert opening == round(place.run("base").column("pool", "pool_gbp")["2029",] * 100)
    assert closing == round(place.run("prudent").column("pool", "pool_gbp")["2029",] * 100)
    assert opening + sum(effect for _, effect in causes) == closing
    assert causes[-1][0].endswith("(interaction)")


def test_causes_that_work_on_each_other_have_an_interaction(place: Place, result: Result) -> None:
    other = place.run(
        changes={"price_uplift_share": 0.04, "efficiency_share": 0.0, "group_persons[severe_complex]": 300_000}, chosen=result.plan.chosen
    )
    bridge = result.bridge(other, "envelope.envelope_gbp[2030]")
    assert len(bridge.causes) == 3
    assert all(effect != 0 for _, effect in bridge.causes)
    assert bridge.interaction != 0
    assert round((bridge.opening + sum(effect for _, effect in bridge.causes) + bridge.interaction) * 100) == round(bridge.closing * 100)


def test_each_cause_alone_is_a_run_with_that_change_alone(place: Place, result: Result) -> None:
    changes = {"price_uplift_share": 0.04, "efficiency_share": 0.0}
    figure = "envelope.envelope_gbp[2030]"
    bridge = result.bridge(place.run(changes=changes, chosen=result.plan.chosen), figure)
    for (_, effect), name in zip(bridge.causes, ("price_uplift_share", "efficiency_share"), strict=True):
        alone = place.run(changes={name: changes[name]}, chosen=result.plan.chosen).column("envelope", "envelope_gbp")["2030",]
        assert effect == pytest.approx(alone - bridge.opening, abs=0.005)


def test_a_statement_is_restated_line_by_line_with_the_effect_of_each_cause(capsys: pytest.CaptureFixture[str], place: Place) -> None:
    message = said(["compare", "north-west-london@base", "north-west-london@prudent", "--statement", "acute_trusts"], capsys)
    _, _, transfer = message.partition("\nTransfer\n")
    rows = {line.split("  ")[0] or line.strip().split("  ")[0]: line for line in transfer.partition("\n\n")[0].splitlines()}
    before, after = (place.run(scenario).column("settlement", "transfer_gbp")["acute_trusts", "2027"] for scenario in ("base", "prudent"))
    assert f"{before:,.2f}" in rows["Opening"] and f"{after:,.2f}" in rows["Closing"]
    assert f"{after - before:,.2f}" in message
    assert "Options chosen, alone" not in message, "causes that move nothing are left out"
    assert (
        "Without effect on this statement: " in message and "Options chosen" in message.partition("Without effect on this statement: ")[2]
    )
    assert main(["compare", "north-west-london@base", "north-west-london@prudent", "--statement", "acute_trust"]) == 2
    assert "Did you mean acute_trusts" in capsys.readouterr().err


def test_a_run_compared_with_itself_has_no_cause(result: Result) -> None:
    bridge = result.bridge(result, "pool.pool_gbp[2028]")
    assert (bridge.causes, bridge.interaction) == ((), 0.0)
    assert bridge.opening == bridge.closing


# ------------------------------------------------------------------ verify, packs, and Python


def test_verify_tells_what_it_compared(small: Case, capsys: pytest.CaptureFixture[str]) -> None:
    message = said(["verify", str(small.workbook), "--place", str(small.folder)], capsys)
    assert "recalculated by ironcalc" in message
    assert "against the values in the cells: 0 differ by more than half a penny, 0 errors" in message
    assert re.search(r"against capmodel run on its inputs: [\d,]+ cells, 0 differ, 0 errors", message)
    assert message.rstrip().endswith("PASS")


def test_packs_lists_and_checks_every_pack(packs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = said(["packs", "--root", str(packs)], capsys)
    assert re.search(r"england/2025.1: .*released 2026-11-22; sha256 1a6fdc8dcf04", message)
    assert re.search(r"north-west-london: North West London, worked example; .* over england/2025.1; figures: .*illustrative", message)


def test_packs_reports_a_broken_pack(packs: Path, broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (broken / "contract.yaml").unlink()
    assert main(["packs", "--root", str(packs)]) == 2
    assert "contract.yaml" in capsys.readouterr().err


def test_tables_are_frames_with_keys_and_every_column(result: Result) -> None:
    frame = result.tables["settlement"]
    assert list(frame.columns[:2]) == ["party", "year"]
    assert len(frame) == len(result.place.pack.dimensions["party"]) * 5
    assert frame["transfer_gbp"].sum() == pytest.approx(0, abs=0.001)
    assert set(frame["year"]) == {2026, 2027, 2028, 2029, 2030}


def test_python_gives_what_the_command_gives(ran: tuple[str, Path], workbook: Path) -> None:
    assert workbook.read_bytes() == (ran[1] / "north-west-london.xlsx").read_bytes()

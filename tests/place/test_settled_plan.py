"""A contract that settles the actual cost of the chosen plan: what the options do comes off it, in every command and in the workbook."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from place_kinds import by_key, edit, without, write_table
from recorded_place import record_place

import capmodel
from capmodel.cli import main
from capmodel.errors import BadInput
from capmodel.model import Place, Result
from capmodel.money import pounds
from capmodel.place.actual_cost import statement
from capmodel.reports.option_record import option_record
from capmodel.reports.run_record import record_of
from capmodel.uncertainty.shocks import CLAIMED
from capmodel.uncertainty.simulate import make_ready
from capmodel.workbook.pages.records import recorded_of
from capmodel.workbook.sheets import make_book

from conftest import Case, kept  # isort: skip
from book_cells import differences, inputs  # isort: skip
from workbook_files import Recalculated  # isort: skip

TURNED = ("risk_profiling", "hospital_at_home", "virtual_wards")


def settled_on(folder: Path, what: str = "plan") -> Path:
    edit(folder / "place.yaml", lambda stated: stated.update(actual_cost=what))
    return folder


@pytest.fixture(scope="module")
def folder(small: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    packs = Path(shutil.copytree(small.folder.parents[1], tmp_path_factory.mktemp("on-plan") / "assumptions"))
    return settled_on(packs / "places" / small.folder.name)


@pytest.fixture(scope="module")
def place(folder: Path) -> Place:
    return capmodel.load(folder)


@pytest.fixture(scope="module")
@kept
def on_plan(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Case:
    result = place.run(chosen=dict.fromkeys(("shared_care_record", *TURNED[1:2]), 1))
    recorded = recorded_of(result)
    return Case(place, result, result.to_workbook(tmp_path_factory.mktemp("book") / "on-plan.xlsx"), recorded, make_book(result, recorded).book)  # fmt: skip


def by_year(column: Mapping[tuple[str, ...], float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in column.items():
        found[key[-1]] = found.get(key[-1], 0.0) + value
    return found


# ------------------------------------------------------------------ what is settled


def test_actual_cost_is_the_assumed_one_less_what_the_plan_takes_off_each_line(small: Case, on_plan: Case) -> None:
    assumed = small.place.run(chosen=on_plan.result.choice)
    before, after = assumed.column("service", "actual_gbp"), on_plan.result.column("service", "actual_gbp")
    effect = on_plan.result.column("service", "plan_effect_gbp")
    assert on_plan.result.column("service", "unplanned_actual_gbp") == before
    assert {key: round(before[key] - after[key], 2) for key in before} == {key: round(value, 2) for key, value in effect.items()}
    assert any(value > 0 for value in effect.values()) and any(value < 0 for value in effect.values())
    # The trusts release a part of the price that is saved, and more community care is all cost: who pays and who gains has both.
    released = {key: value for key, value in on_plan.result.column("plan_setting", "released_in_year_gbp").items() if value}
    in_settings: dict[tuple[str, str], float] = {}
    for (setting, _, _, year), value in effect.items():
        in_settings[setting, year] = in_settings.get((setting, year), 0.0) + value
    assert {key: in_settings[key] for key in released} == pytest.approx(released, abs=0.05)
    assert all(check.passed for check in on_plan.result.checks)
    # The example's place says nothing, and settles what the contract assumes.
    assert "unplanned_actual_gbp" not in small.result.chain.by_name["service"].lines


def test_without_a_chosen_option_the_settlement_is_that_on_assumed_cost(small: Case, place: Place) -> None:
    none, assumed = place.run(chosen={}), small.place.run(chosen={})
    for node in (("settlement", "share_gbp"), ("settlement", "transfer_gbp"), ("net_position", "net_position_gbp"), ("pool", "pool_gbp")):
        assert none.column(*node) == assumed.column(*node)


@settings(max_examples=12)
@given(chosen=st.lists(st.sampled_from(["shared_care_record", *TURNED, "frailty_teams"]), unique=True))
def test_whatever_is_chosen_all_parties_together_keep_what_the_system_gains(place: Place, chosen: list[str]) -> None:
    run, none = (place.run(chosen=dict.fromkeys(names, 1)) for names in (chosen, []))
    before, after = (by_year(each.column("after_settlement", "kept_gbp")) for each in (none, run))
    system = {year: value for (year,), value in run.column("system_effect", "system_in_year_gbp").items()}
    assert {year: after[year] - before[year] for year in system} == pytest.approx(system, abs=0.5)
    assert run.column("pool", "check_transfers_gbp") == dict.fromkeys(run.column("pool", "check_transfers_gbp"), 0.0)


def test_decisions_switched_in_the_sheet_settle_as_the_engine_does(on_plan: Case) -> None:
    file, free = Recalculated(on_plan.workbook), inputs(on_plan.book)
    choice = dict(on_plan.result.choice)
    for option in TURNED:
        choice[option] = 1 - choice[option]
        file.set(free[f"chosen_flag[{option}]"][0], choice[option])
    again = on_plan.place.run(chosen=choice)
    # Shares, transfers, the fund, net positions and what each party keeps are among the cells that are compared: all of them.
    assert differences(make_book(again, on_plan.recorded).book, file.values()) == []
    for node in (("settlement", "share_gbp"), ("settlement", "transfer_gbp"), ("ledger", "closing_balance_gbp"), ("net_position", "net_position_gbp")):  # fmt: skip
        assert again.column(*node) != on_plan.result.column(*node)


def test_a_place_of_given_budgets_and_one_of_persons_settle_the_same_plan(small: Case, on_plan: Case, small_broken: Path, tmp_path: Path) -> None:  # fmt: skip
    persons = Path(shutil.copytree(small_broken.parents[1], tmp_path / "persons")) / "places" / small_broken.name
    record_place(settled_on(persons), small.result)
    mixes = {name: (small_broken / "tables" / name).read_bytes() for name in ("provider_share.csv", "payer_share.csv")}
    without(settled_on(small_broken), "spend", "capitation")
    (small_broken / "risk.yaml").unlink()
    for name, content in mixes.items():
        (small_broken / "tables" / name).write_bytes(content)
    keys = ("segment", "setting", "provider", "payer")
    write_table(small_broken, "budget_gbp", keys, by_key(small.result.column("care_budget", "budget_gbp")))
    wanted = on_plan.result.column("settlement", "share_gbp")
    for folder in (small_broken, persons):
        run = capmodel.load(folder).run(chosen=on_plan.result.choice)
        assert run.column("settlement", "share_gbp") == pytest.approx(wanted, abs=0.05)
        assert all(check.passed for check in run.checks)


# ------------------------------------------------------------------ what the commands say


def said(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    assert main([str(each) for each in arguments]) == code
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


def test_the_summary_the_record_and_the_cover_say_whose_actual_cost_is_settled(
    small: Case, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert statement(small.result) == ["Actual cost: as assumed by the contract"]
    assert record_of(small.result)["actual_cost"] == {"of": "assumed"}
    text = said(capsys, "run", folder, "--out", tmp_path)
    record = json.loads((tmp_path / "small-place.json").read_text(encoding="utf-8"))["actual_cost"]
    assert "Actual cost: that of the chosen plan" in text
    assert record["of"] == "plan" and set(record["taken_off_gbp"]) == {"2026", "2027"} and "acute_trusts" in record["kept_gbp"]
    said(capsys, "verify", tmp_path / "small-place.xlsx", "--place", folder)


def test_the_summary_says_what_is_settled_and_what_it_would_be_without_the_plan(small: Case, on_plan: Case) -> None:
    """One figure for each: actual cost as it is settled, what the plan takes off it, and actual cost without the plan."""
    settled, without_plan = (sum(case.result.column("pool", "pool_actual_gbp").values()) for case in (on_plan, small))
    (_, taken, *_) = said = statement(on_plan.result)
    assert said[0] == f"Actual cost: that of the chosen plan, {pounds(settled)} over 2 years"
    assert taken == f"  The plan takes {pounds(without_plan - settled)} off it: without the plan it would be {pounds(without_plan)}"


def test_the_summary_sheet_says_what_the_variance_follows_from(small: Case, on_plan: Case) -> None:
    """The sheet of a contract that settles the plan must not say that the options have no part in the variance."""
    assumed, planned = (
        " ".join(str(cell.value) for cell in case.book.sheet("Out 1 Summary").cells.values() if isinstance(cell.value, str))
        for case in (small, on_plan)
    )
    assert "The variance follows from the assumed actual cost, not from these options" in assumed
    assert "not from these options" not in planned
    assert "Actual cost is that of the chosen plan" in planned


def test_a_run_is_compared_and_verified_with_its_plan(
    folder: Path, place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "compare", folder, f"{folder}@prudent", "--figure", "settlement.transfer_gbp[council,2027]")
    assert re.search(r"From .* to .*settlement.transfer_gbp", text)
    base, prudent = place.run(), place.run("prudent")
    bridge = base.bridge(prudent, "settlement.transfer_gbp[council,2027]")
    moved = prudent.column("settlement", "transfer_gbp")["council", "2027"] - base.column("settlement", "transfer_gbp")["council", "2027"]
    assert bridge.closing - bridge.opening == pytest.approx(moved, abs=0.01)


def test_runs_on_different_actual_cost_are_not_bridged(small: Case, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "compare", small.folder, folder, code=2)
    assert "one settles the actual cost of the chosen plan, the other does not" in text and text.startswith("1 problem")


def test_draws_and_designs_keep_the_plan_of_the_run(folder: Path, place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "simulate", folder, "--draws", 100, "--out", tmp_path)
    assert "Actual cost: that of the chosen plan" in text
    record = json.loads((tmp_path / "small-place-risk.json").read_text(encoding="utf-8"))
    assert record["provenance"]["actual_cost"].startswith("that of the chosen plan")
    central = {(each.party, each.year): each.central_gbp for each in place.simulate(draws=100).measures}
    run = place.run().column("settlement", "position_gbp")
    assert {key: central[key[0], int(key[1])] for key in run} == pytest.approx(run)
    vary = "gain_threshold_share+loss_threshold_share=0,0.005"
    main(["negotiate", str(folder), "--vary", vary, "--draws", "100", "--out", str(tmp_path)])
    assert "Actual cost: that of the chosen plan" in " ".join(capsys.readouterr().out.split())


def test_the_options_of_a_place_that_settles_the_plan_are_tested_as_before(small: Case, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """What an option is worth before settlement does not depend on what is settled."""
    assert "Actual cost: that of the chosen plan" in said(capsys, "optimise", folder, "--out", tmp_path)
    plan = json.loads(next(tmp_path.glob("*.json")).read_text(encoding="utf-8"))
    assert plan["options"] == json.loads(option_record(small.place.optimise()))["options"]


def test_a_saving_that_is_not_delivered_does_not_come_off_actual_cost(place: Place) -> None:
    ready = make_ready(place, "base", {}, 100, 1, False)
    block = next(iter(ready.shocks.draws.blocks()))
    claimed = ready.central.figure(CLAIMED)
    assert (claimed > 0).any() and (claimed < 0).any()
    nothing = ready.shocks.of(block, 0.0)[CLAIMED]
    assert np.array_equal(nothing, np.tile(np.minimum(claimed, 0), (len(nothing), 1)))


# ------------------------------------------------------------------ what cannot be, and what changes nothing


@pytest.mark.parametrize(("step", "absent"), [("options", "options"), ("contract", "the contract")])
def test_a_plan_cannot_be_settled_without_options_or_without_a_contract(small_broken: Path, step: str, absent: str) -> None:
    settled_on(without(small_broken, step))
    with pytest.raises(BadInput) as raised:
        capmodel.load(small_broken)
    found = [str(each) for each in raised.value.problems]
    assert len(found) == 1
    assert found[0].startswith(f"place.yaml, actual_cost: actual_cost is plan, and the place does not have {absent}; the contract settles")


def test_another_word_is_refused_with_the_words_there_are(small_broken: Path) -> None:
    settled_on(small_broken, "forecast")
    with pytest.raises(BadInput, match=r"actual_cost is 'forecast'; it is not a known choice\. Write 'assumed' or 'plan'"):
        capmodel.load(small_broken)


def test_a_plan_that_changes_no_actual_cost_is_said(folder: Path, place: Place) -> None:
    from capmodel.reports.summary import idle_lines

    def of(result: Result) -> list[str]:
        return [text for text in idle_lines(result) if "actual_cost" in text]

    assert of(place.run(chosen={})) == ["NO EFFECT: actual_cost: plan in place.yaml changes no actual cost: no option is chosen"]
    only = of(place.run(chosen={"risk_profiling": 1}))
    assert only == ["NO EFFECT: actual_cost: plan in place.yaml changes no actual cost: the chosen options change no cost on a line of the contract in a year without an outturn"]  # fmt: skip
    assert of(place.run(chosen={"hospital_at_home": 1})) == []


def test_what_a_place_without_a_contract_says_of_assumed_cost_has_no_effect(small_broken: Path) -> None:
    from capmodel.reports.summary import idle_lines

    settled_on(without(small_broken, "contract"), "assumed")
    run = capmodel.load(small_broken).run(chosen={})
    assert "NO EFFECT: actual_cost: assumed in place.yaml changes nothing: the place has no contract to settle" in idle_lines(run)

"""What somebody meets who starts a place of their own: labels, provenance, messages and remedies of a place with a contract alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from command_output import said
from place_kinds import POOLED

from capmodel import model
from capmodel.care_budgets.pooled import step as pooled
from capmodel.cli import main
from capmodel.place.steps import POOL_LABEL
from capmodel.workbook.sheets import make_book

CONTRACT = """id: c
title: Our agreement
status: local
source: o01
as_at: 2026-11
variance_held_by: payer
residual_party: icb
bands: {gain: [{from: 0, to: null, shares: {icb: 0.5, gp: 0.5}}], loss: [{from: 0, to: null, shares: {icb: 0.5, gp: 0.5}}]}
outcomes: {mode: none}
deduction_share: 0
parties: {icb: {at_risk: false}, gp: {at_risk: true}}
"""
HEAD = "setting,provider,payer,year,agreed_target_gbp,actual_cost_gbp,status,source,as_at,note\n"
ROWS = ["hospital,gp,icb,2026,52000000,51000000,local,o01,2026-11,", "hospital,gp,icb,2027,53000000,54000000,local,o01,2026-11,"]


@pytest.fixture
def ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A place with a contract alone, whose blanks have been filled."""
    make = ["new", "our-gp", "--root", str(tmp_path), "--with", "contract", "--parties", "icb:payer,gp:provider", "--settings", "hospital"]
    assert f"Made {tmp_path / 'england/2025.1'} too" in said([*make, "--years", "2026-2027"], capsys)
    folder = tmp_path / "places/our-gp"
    (folder / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    (folder / "tables/in_scope_flag.csv").write_text("setting,value,status,source,as_at,note\nhospital,1,local,o01,2026-11,\n", "utf-8")
    (folder / "tables/target_and_actual.csv").write_text(HEAD + "\n".join(ROWS) + "\n", encoding="utf-8")
    text = (folder / "parameters.yaml").read_text(encoding="utf-8").replace("{2026: null, 2027: null}", "{2026: 0, 2027: 0}")
    text = text.replace("status: null", "status: local").replace("source: null", "source: o01").replace("as_at: null", "as_at: 2026-11")
    (folder / "parameters.yaml").write_text(text, encoding="utf-8")
    return folder


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    return capsys.readouterr().err


def test_ids_become_labels_as_they_are_written(ours: Path) -> None:
    place = model.load(ours)
    assert (place.label("icb"), place.label("gp"), place.pack.title) == ("ICB", "GP", "Our GP")


def test_a_term_that_nobody_wrote_never_passes_for_the_places_own(ours: Path) -> None:
    place = model.load(ours)
    written, silent = place.assumptions["deduction_share"].values[None], place.assumptions["outcome_gate_share"].values[None]
    assert (written.status, written.source, written.as_at) == ("local", "o01", "2026-11")
    assert (silent.status, silent.source, silent.as_at) == ("default", "", "")
    share, cap = place.columns["band_party_share"].figures, place.columns["cap_gbp"].figures
    assert {figure.source for figure in share.values()} == {"o01"}
    assert {figure.status for figure in cap.values()} == {"default"}


def test_a_book_of_a_contract_alone_speaks_of_no_step_it_lacks(ours: Path) -> None:
    book = make_book(model.load(ours).run()).book
    words = [
        (sheet.name, str(content.value))
        for sheet in book.sheets
        if sheet.name not in ("How to use", "Sources")
        for content in sheet.cells.values()
        if isinstance(content.value, str)
    ]
    assert [found for found in words if "Year of Care" in found[1] or "Envelope" in found[1]] == []
    cover = {content.value for content in book.sheets[0].cells.values()}
    assert "Base case" in cover and not any(str(value).endswith(": ") for value in cover)
    assert any("capitation, care budgets, options and the pooled budget" in str(value) for value in cover)


def test_no_heading_of_a_small_book_has_nothing_below_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make = ["new", "town", "--root", str(tmp_path), "--with", "pool", "--parties", "icb:payer,council:payer", "--settings", "home_care"]
    said([*make, "--years", "2026-2027"], capsys)
    folder = tmp_path / "places/town"
    (folder / "pool.yaml").write_text(yaml.safe_dump({**POOLED, "source": "o01"}), encoding="utf-8")
    for sheet in make_book(model.load(folder).run()).book.sheets:
        first = {row: content for (row, column), content in sheet.cells.items() if column == 0}
        rows = sorted({row for row, _ in sheet.cells})
        for row, below in zip(rows, [*rows[1:], None], strict=True):
            if row in first and first[row].role == "table":
                assert below is not None and getattr(first.get(below), "role", "") != "table", (sheet.name, first[row].value)


def test_simulation_of_a_given_cost_is_refused_before_a_risk_file_is_asked_for(ours: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(["simulate", str(ours)], capsys)
    assert message.startswith("Nothing was written. 1 problem found:\n  our-gp: the actual cost of the place is given by a table;")


def test_a_number_with_commas_is_taken_for_one_number_and_reported_once(ours: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = ours / "tables/target_and_actual.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("52000000", "52,000,000"), encoding="utf-8")
    message = refused(["run", str(ours)], capsys)
    assert "1 problem found" in message
    what = "line 2: 12 cells under 10 headings; 52,000,000 looks like one number, and its commas separate cells. Write 52000000."
    assert what in message


def test_years_beyond_the_national_pack_name_the_pack_and_what_the_place_can_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(["new", "town", "--root", str(tmp_path)], capsys)
    folder = tmp_path / "places/town"
    place, parameters = folder / "place.yaml", folder / "parameters.yaml"
    text = place.read_text(encoding="utf-8")
    assert "2029\n- 2030\n" in text or "2029, 2030]" in text
    place.write_text(text.replace("2029\n- 2030\n", "2029\n- 2030\n- 2031\n").replace("2029, 2030]", "2029, 2030, 2031]"), "utf-8")
    message = refused(["run", str(folder)], capsys)
    assert (
        "england/2025.1, parameters.yaml, line" in message
        and "efficiency_share has no figure for 2031; this is the national pack" in message
    )
    assert "england/2025.1, gdp_deflator_index.csv: there is no figure for 2031; this is the national pack" in message
    own = "overrides:\n  efficiency_share: {values: {2026: 0, 2027: 0, 2028: 0, 2029: 0, 2030: 0, 2031: 0}, status: local, source: t01, as_at: 2026-11}\n"
    parameters.write_text(parameters.read_text(encoding="utf-8") + own, encoding="utf-8")
    message = refused(["run", str(folder)], capsys)
    assert "efficiency_share" not in message and "price_uplift_share has no figure for 2031; this is the national pack" in message


def test_a_national_figure_that_no_step_reads_need_not_cover_the_years(ours: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ours / "place.yaml"
    place.write_text(place.read_text(encoding="utf-8").replace("[2026, 2027]", "[2026, 2027, 2028, 2029, 2030, 2031]"), encoding="utf-8")
    message = refused(["run", str(ours)], capsys)
    assert "alliance_discount_share has no figure for 2028, 2029, 2030, 2031" in message and "national" not in message


def test_a_place_that_is_nowhere_near_is_not_answered_with_the_example(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    message = refused(["run", "our-contract"], capsys)
    assert "Write the folder of the place, such as PATH/places/our-contract" in message and "north-west-london" not in message
    assert "Use north-west-london, or make one with" in refused(["run", "north-west-londn"], capsys)


def test_an_absent_pool_is_called_as_a_pool_calls_itself() -> None:
    assert pooled.STEPS[pooled.POOLED].label == POOL_LABEL

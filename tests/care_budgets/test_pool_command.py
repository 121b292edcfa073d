"""`capmodel pool`: a pooled budget or a performance pot in words and pounds, every step as a row; what it refuses; and the guide's blocks.

Hostile input gets exit code 2, one report with place and remedy, no traceback, and nothing is written.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.pack import Entry
from capmodel.care_budgets.pooled import agreement as pool_terms
from capmodel.care_budgets.pooled.statement import WorkedOut, work_out
from capmodel.cli import main
from capmodel.contracts.read import read_contract
from capmodel.errors import BadInput, Problem

from conftest import ROOT  # isort: skip

PAGE = (ROOT / "docs/guide/04c-mechanisms.md").read_text(encoding="utf-8")
POOL, POT = "The waterfall of a pooled budget", "The performance pot by quarter"


def blocks(language: str) -> list[tuple[str, str]]:
    """Every block of a language on the page of mechanisms, under the heading of its section."""
    found = []
    for part in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        found += [(part.splitlines()[0], text) for text in re.findall(rf"^```{language}\n(.*?)^```", part, re.MULTILINE | re.DOTALL)]
    return found


def agreement(heading: str) -> str:
    return next(text for section, text in blocks("yaml") if section == heading)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the two agreements of the guide, in which the command is run."""
    (tmp_path / "pooled-budget.yaml").write_text(agreement(POOL), encoding="utf-8")
    (tmp_path / "performance-pot.yaml").write_text(agreement(POT), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert main(arguments) == code
    captured = capsys.readouterr()
    return captured.err if code == 2 else captured.out


# ------------------------------------------------------------------ a good day


def test_a_pooled_budget_is_reported_step_by_step(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = said(["pool", "pooled-budget.yaml", "--out", "steps.csv"], capsys)
    for line in (
        "2026/27",
        "  Home care: spent £11,400,000.00 of £10,000,000.00, £1,400,000.00 over",
        "  Overspend the partners share: £1,400,000.00",
        "    1. met by other lines' underspends: £300,000.00 of £300,000.00",
        "    2. met by the risk pool: £500,000.00 of £500,000.00; £0.00 stays in it",
        "    3. met by uncommitted money: £250,000.00 of £250,000.00",
        "    4. left for the partners: £350,000.00",
        "  board (host): 75.0000% of contributions; bears £262,500.00 of what is over; pays £262,500.00",
        "  council: 25.0000% of contributions; bears £87,500.00 of what is over; pays £87,500.00",
        "Checks: all hold",
        "Written: steps.csv",
    ):
        assert line in message.splitlines()
    rows = list(csv.DictReader((files / "steps.csv").read_text(encoding="utf-8").splitlines()))
    (borne,) = [row for row in rows if row["figure"] == "partner_year.deficit_part_gbp" and row["key"] == "council"]
    assert (borne["year"], borne["unit"], float(borne["value"])) == ("2026", "GBP", 87_500)
    done = work_out(Path("pooled-budget.yaml"))
    assert {row["figure"] for row in rows} == {f"{table.name}.{name}" for table in done.tables for name in (*table.inputs, *table.lines)}
    assert all(row["label"] and row["in_words"] for row in rows)


def test_a_performance_pot_is_reported_in_both_readings(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = said(["pool", "performance-pot.yaml"], capsys)
    assert "Up to the plan of the whole year: Q1 £149,000.00, Q2 £447,000.00, Q3 £0.00, Q4 £447,000.00; £1,043,000.00 in all" in message
    assert (
        "Up to the plan to date (paid: the agreement states this reading): Q1 £149,000.00, Q2 £372,500.00, Q3 £0.00, Q4 £521,500.00"
        in message
    )
    assert "A pot of £2,800,000.00 as published implies 1,879 fewer admissions, 4.20% of 44,743" in message
    assert sorted(path.name for path in files.iterdir()) == ["performance-pot.yaml", "pooled-budget.yaml"]


def test_surpluses_limits_grants_and_cash_positions_are_reported(files: Path) -> None:
    years = (2026, 2027)

    def every(*figures: float) -> dict[int, float]:
        return dict(zip(years, figures, strict=True))

    content = yaml.safe_load(agreement(POOL)) | {
        "partners": {
            "board": {"contribution_gbp": every(900, 900)},
            "council": {"contribution_gbp": every(300, 300), "most_loss_gbp": 40, "carry_forward_limit_share": 0.02},
        },
        "lines": [
            {"id": "home", "label": "Home care", "budget_gbp": every(900, 900), "spend_gbp": every(800, 1100)},
            {"id": "host", "label": "Stores", "overspend": "host", "budget_gbp": every(200, 200), "spend_gbp": every(230, 200)},
            {"id": "grant", "label": "Grant", "grant_of": "council", "budget_gbp": every(100, 100), "spend_gbp": every(90, 100)},
        ],
        "benefits": [],
    }
    del content["risk_pool_gbp"], content["uncommitted_gbp"]
    Path("two-years.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    message = work_out(Path("two-years.yaml")).statement()
    assert "  Stores: spent £230.00 of £200.00, £30.00 over, which board bears alone" in message
    assert "  Grant: spent £90.00 of £100.00, £10.00 under, which goes back to who granted it" in message
    assert (
        "  council: 25.0000% of contributions; has £25.00 of the surplus, £6.00 carried forward and £19.00 refunded; £10.00 of its grant comes back; £6.00 held for it in the pool; receives £29.00"
        in message
    )
    assert (
        "  council: 25.0000% of contributions; bears £40.00 of what is over (its limit left £10.00 to the host); £6.00 of it from what it carried forward; pays £34.00"
        in message
    )
    assert "2027/28" in message


def test_a_stated_baseline_is_held_against_the_one_the_pot_implies(files: Path) -> None:
    text = agreement(POT).replace("fall_share: {2026: 0.042}", "fall_share: {2026: 0.042}, baseline_number: {2026: 40000}")
    Path("pot.yaml").write_text(text, encoding="utf-8")
    assert work_out(Path("pot.yaml")).statement()[-1].endswith("4.20% of 44,743; the 40,000 stated are +11.9% away")


def test_a_check_that_fails_is_named_and_ends_with_one(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader refuses claims above a benefit; if one came through, the check says so."""
    monkeypatch.setattr(pool_terms, "_check", lambda *given: None)
    Path("pooled-budget.yaml").write_text(agreement(POOL).replace("{2026: 300000}}", "{2026: 550000}}"), encoding="utf-8")
    message = said(["pool", "pooled-budget.yaml"], capsys, code=1)
    assert "CHECK FAILED: Check: no more is claimed than there is (Fewer admissions), 2026/27: £150,000.00 out" in message
    assert "Checks: every" not in message


# ------------------------------------------------------------------ bad input


def spoilt(heading: str, change: dict[str, Any]) -> None:
    Path("bad.yaml").write_text(yaml.safe_dump(yaml.safe_load(agreement(heading)) | change), encoding="utf-8")


@pytest.mark.parametrize(
    ("heading", "change", "message"),
    [
        (POOL, {"host": "nobody", "benefits": [{"id": "a", "label": "A", "owner": "board", "gbp": {2026: 1}, "claims": {"x": {2026: 2}}}]}, ["'nobody' is not a partner", "x claim 1.00 more than A brings in 2026"]),
        (POOL, {"colour": "blue", "lines": []}, ["'colour' is not a known name", "lines"]),
        (POOL, {"uncommitted_gbp": {2027: 1}}, ["there is no figure for 2026"]),
        (POOL, {"partners": {"board": {"contribution_gbp": {2026: 1, 2028: 1}}, "council": {"contribution_gbp": {2026: 1}}}}, ["the years are 2026, 2028; what a year leaves is carried to the next. Write every year, without a gap"]),
        (POOL, {"partners": {"board": {"contribution_gbp": {}}, "council": {"contribution_gbp": {}}}}, ["there is no year"]),
        (POT, {"reading": "both", "admission_price_gbp": {2026: "*"}}, ["reading is 'both'", "admission_price_gbp.2026 is '*'"]),
        (POT, {"planned_number": {2026: [0, 0, 0, 0]}}, ["nothing is planned for 2026"]),
    ],
)  # fmt: skip
def test_bad_input_is_one_report_and_nothing_is_written(
    files: Path, heading: str, change: dict[str, Any], message: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt(heading, change)
    report = said(["pool", "bad.yaml", "--out", "steps.csv"], capsys, code=2)
    assert report.startswith("Nothing was written. ")
    assert all(text in report for text in message), report
    assert "bad.yaml, line" in report
    assert not (files / "steps.csv").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: x\nbands: {}\n", "the file is neither a pooled budget nor a performance pot; it has the words of neither"),
        ("- a\n", "the file does not hold names with values"),
        ("", "the file is empty"),
        ("a: [\n", "the YAML cannot be read"),
        (None, "there is no file"),
    ],
)
def test_a_file_that_is_no_agreement_is_refused(files: Path, text: str | None, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    if text is not None:
        Path("bad.yaml").write_text(text, encoding="utf-8")
    assert message in said(["pool", "bad.yaml"], capsys, code=2)


def test_what_is_read_is_not_written_over_and_a_table_is_a_csv_file(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "it does not end in .csv" in said(["pool", "pooled-budget.yaml", "--out", "steps.xlsx"], capsys, code=2)
    (files / "agreed.csv").write_text(agreement(POOL), encoding="utf-8")
    assert "it would be written over" in said(["pool", "agreed.csv", "--out", "agreed.csv"], capsys, code=2)
    assert (files / "agreed.csv").read_text(encoding="utf-8") == agreement(POOL)


# ------------------------------------------------------------------ the guide


def test_every_python_block_of_the_page_runs_as_it_is_written(files: Path) -> None:
    found = blocks("python")
    assert [section for section, _ in found] == [POOL, POT]
    for section, text in found:
        known: dict[str, Any] = {}
        exec(text, known)
        assert isinstance(known["done"], WorkedOut), section


@pytest.mark.parametrize(("section", "text"), blocks("yaml"), ids=[section for section, _ in blocks("yaml")])
def test_every_yaml_block_of_the_page_can_be_used(section: str, text: str, tmp_path: Path) -> None:
    """An agreement is worked out; anything else is a sound contract between the parties of the page."""
    path = tmp_path / "contract.yaml"
    if section in (POOL, POT):
        path.write_text(text, encoding="utf-8")
        assert work_out(path).failed() == []
        return
    head = "" if text.startswith("# contract.yaml") else "id: test\ntitle: Test\nstatus: illustrative\nsource: test\n"
    path.write_text(head + text, encoding="utf-8")
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    assert document is not None, BadInput(problems)
    routes = Rows({"setting": ("all_care",), "provider": ("trust",), "payer": ("board",)})
    parties = [Entry(name, name, {}) for name in ("board", "council", "trust", "community", "hub", "fund")]
    assert read_contract(document, parties, ["all_care"], (2026,), routes, problems) is not None, BadInput(problems)


def test_every_command_of_the_page_runs_and_prints_what_it_shows(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines shown under a command are printed by it, word for word; ... stands for lines left out."""
    shown = [text for _, text in blocks("text")]
    assert len(shown) == 2
    for text in shown:
        command, *lines = text.splitlines()
        message = said(command.removeprefix("$ capmodel ").split(), capsys).splitlines()
        assert [line for line in lines if line != "..." and line not in message] == []

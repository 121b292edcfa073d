"""A place whose segment spend was recorded person by person: it foots to its tables, and everything after it is as it was.

The place is the example with its own spend written as if it had been recorded, so the aggregate run says what must come out.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from recorded_place import BEYOND, COUNCIL, NHS, PENNY, Recorded, record_place, to_the_penny
from workbook_files import Recalculated, with_cell, without_values

import capmodel
from capmodel.cli import main
from capmodel.errors import BadInput
from capmodel.model import Result
from capmodel.place.chain import CHAINS
from capmodel.workbook.returned.bounds import scan
from capmodel.workbook.returned.verify import read_returned, verify
from capmodel.workbook.sheets import make_book
from capmodel.workbook.writing.book import Book, address
from capmodel.workbook.writing.layout import Layout

from conftest import Case  # isort: skip


SCALED = {(NHS, "acute_emergency"): 1.02, (COUNCIL, "social_care"): 0.985}
APPORTIONED = {(NHS, "acute_emergency"): "0.37", (NHS, "primary"): "0.05"}
UNLINKED = {(NHS, "acute_emergency"): "777.70", (NHS, "primary"): "4567.89"}
LINE = "mostly_healthy_adults,primary,gp_federations,nhs_commissioner"


@dataclass(frozen=True)
class Made:
    """A place from person-level data, what was written for it, its run and its workbook; and the aggregate run it was made from."""

    folder: Path
    written: Recorded
    result: Result
    file: Path
    book: Book
    layout: Layout
    aggregate: Result


@pytest.fixture(scope="module", params=["unscaled", "scaled"])
def made(request: pytest.FixtureRequest, small: Case, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The small place unscaled, and with all that scaling brings."""
    scaled, aggregate = request.param == "scaled", small.result
    packs = tmp_path_factory.mktemp(request.param) / "assumptions"
    own = aggregate.place.pack.folder
    shutil.copytree(own.parents[1], packs)
    folder = packs / "places" / own.name
    more = (SCALED, BEYOND, False, APPORTIONED, UNLINKED) if scaled else ()
    written = record_place(folder, aggregate, *more)
    done = capmodel.load(folder).run()
    inside = make_book(done)
    return Made(folder, written, done, done.to_workbook(packs / "book.xlsx"), inside.book, inside.layout, aggregate)


# ------------------------------------------------------------------ it foots, and nothing after it changes


def test_it_runs_and_every_check_passes(made: Made) -> None:
    assert made.result.passed, [check for check in made.result.checks if not check.passed]
    assert {"segment.check_empty_gbp", "accounts.check_accounts_gbp", "all_accounts.check_place_gbp"} <= {
        c.name for c in made.result.checks
    }


def test_spend_foots_to_the_recorded_tables_to_the_penny(made: Made) -> None:
    spent = {key: to_the_penny(value) for key, value in made.result.column("spend", "cost_gbp").items()}
    for key, recorded in made.written.cost.items():
        before, account = recorded + made.written.apportioned[key], (key[3], key[1])
        exact = before * Decimal(repr(SCALED[account])) if made.written.scaled[account] else before
        # Cut along the running sum, a line is within a penny of its own rounding; the factor itself is of rounded lines.
        assert abs(spent[key] - exact) <= (exact / 10**8 + PENNY * 2 if made.written.scaled[account] else 0), key
    for segment, cost in made.result.column("segment", "base_cost_gbp").items():
        assert to_the_penny(cost) == sum(value for key, value in spent.items() if key[0] == segment[0])
    assert to_the_penny(made.result.column("place", "place_cost_gbp")[()]) == sum(spent.values())


def test_every_account_is_the_sum_of_its_steps_to_the_penny(made: Made) -> None:
    names = ("recorded_gbp", "apportioned_gbp", "scaling_gbp", "unlinked_left_gbp", "unallocated_gbp")
    steps = [made.result.column("accounts", name) for name in names]
    assert set(steps[0]) == set(made.written.accounts)
    for key, account in made.written.accounts.items():
        assert sum(to_the_penny(step[key]) for step in steps) == account
        for step, lines in zip(steps[:2], (made.written.cost, made.written.apportioned), strict=True):
            assert to_the_penny(step[key]) == sum(value for line, value in lines.items() if (line[3], line[1]) == key)
        if made.written.scaled[key]:
            assert (steps[3][key], steps[4][key]) == (0, 0)
    names = ("recorded", "apportioned", "scaling", "unlinked", "unallocated")
    totals = [to_the_penny(made.result.column("all_accounts", f"all_{name}_gbp")[()]) for name in names]
    assert sum(totals) == sum(made.written.accounts.values())


def test_what_is_unallocated_is_shown_and_not_spread(made: Made) -> None:
    result = made.aggregate
    unallocated = made.result.column("accounts", "unallocated_gbp")
    if (COUNCIL, "acute_planned") in unallocated:
        assert unallocated[COUNCIL, "acute_planned"] == 5000
        assert unallocated[NHS, "primary"] == 1_230_000
    assert made.result.column("place", "place_cost_gbp")[()] == pytest.approx(result.column("place", "place_cost_gbp")[()], abs=0.5)


@pytest.mark.parametrize(
    "table", ["need", "capitation", "envelope", "care_budget", "party_budget", "settlement", "pool", "start_party", "ledger"]
)
def test_everything_after_segment_spend_is_as_in_the_aggregate_run(table: str, made: Made) -> None:
    result = made.aggregate
    for name in result.chain.by_name[table].lines:
        expected, found = result.column(table, name), made.result.column(table, name)
        assert set(found) == set(expected)
        for key, value in expected.items():
            assert found[key] == pytest.approx(value, rel=1e-7, abs=0.5), f"{table}.{name} {key}"
    assert made.result.plan is not None
    assert result.plan is not None
    assert made.result.plan.chosen == result.plan.chosen


def test_only_segment_spend_differs_between_the_chains() -> None:
    aggregate, recorded = (chain.tables for chain in CHAINS.values())
    first = [table.name for table in aggregate].index("need")
    assert aggregate[first:] == recorded[-len(aggregate[first:]) :]


def test_what_only_the_other_route_reads_has_no_say(made: Made) -> None:
    assert "mostly_healthy_people_share" not in made.result.place.assumptions
    assert "group_share" not in made.result.place.columns
    with pytest.raises(BadInput, match="there is no figure 'group_persons"):
        made.result.place.run(changes={"group_persons[mostly_healthy]": 1})


# ------------------------------------------------------------------ the workbook and the commands


def test_the_workbook_agrees_with_an_independent_recalculation(made: Made) -> None:
    found = verify(read_returned(made.file, scan(made.file)), capmodel.load(made.folder))
    assert found.passed
    assert found.engine is not None
    assert found.engine.formulas == sum(1 for sheet in made.book.sheets for cell in sheet.cells.values() if cell.formula)
    assert found.engine.formulas > 5_000
    assert (found.engine.differing, found.engine.errors, found.altered) == (0, 0, ())


def test_the_workbook_follows_changed_inputs_as_the_engine_does(made: Made, tmp_path: Path) -> None:
    changes = {
        f"recorded_cost_gbp[{LINE}]": 31_234_567.89,
        "recorded_persons[dementia_adults]": 2_500.25,
        f"scaled_flag[{NHS},community]": 1,
        f"apportioned_cost_gbp[{LINE}]": 1_234.56,
        f"unlinked_gbp[{NHS},primary]": 0.03,
        f"accounts_gbp[{COUNCIL},social_care]": 1_000_000_000.01,
    }
    file = Recalculated(without_values(made.file, tmp_path / "bare.xlsx"))
    homes = {cell.change: (sheet.name, *place) for sheet in made.book.sheets for place, cell in sheet.cells.items() if cell.change}
    for name, value in changes.items():
        file.set(homes[name], value)
    cells = file.values()
    again = made.result.place.run(changes=changes, chosen=made.result.plan.chosen if made.result.plan else {})
    for node in [
        ("spend", "cost_gbp"),
        ("accounts", "unallocated_gbp"),
        ("all_accounts", "all_scaled_gbp"),
        ("settlement", "transfer_gbp"),
    ]:
        block = made.layout.homes[node]
        rows = again.values.inputs.rows[node[0]]
        for i, value in enumerate(again.values.figure(node)):
            line, t = divmod(i, rows.across)
            assert cells[block.sheet, block.top + line, block.column(t)] == pytest.approx(value, abs=0.005), (node, i)


@pytest.mark.parametrize("made", ["scaled"], indirect=True)
def test_a_returned_workbook_tells_what_changed(made: Made, tmp_path: Path) -> None:
    sheet, place = next(
        (s.name, p) for s in made.book.sheets for p, c in s.cells.items() if c.change == "recorded_persons[dementia_adults]"
    )
    returned = with_cell(
        made.file,
        tmp_path / "back.xlsx",
        sheet,
        address(*place),
        lambda cell: cell.replace(cell[cell.index("<v>") : cell.index("</v>")], "<v>2400.5"),
    )
    found = verify(read_returned(returned, scan(returned)), capmodel.load(made.folder))
    assert found.changes == {"recorded_persons[dementia_adults]": 2400.5}
    assert found.altered == ()


@pytest.mark.parametrize("made", ["scaled"], indirect=True)
def test_every_output_says_the_basis(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(made.folder), "--out", str(tmp_path)]) == 0
    message = capsys.readouterr().out
    assert "person-level data" in message
    assert "Accounts: recorded £" in message
    record = json.loads((tmp_path / f"{made.folder.name}.json").read_text(encoding="utf-8"))
    assert record["basis"] == "person-level"
    assert record["accounts_gbp"]["What the accounts say"] == float(sum(made.written.accounts.values()))
    cover = [str(cell.value) for cell in made.book.sheet("Cover").cells.values()]
    assert "Linked person-level data, aggregated" in cover
    for sheet in made.book.sheets[1:]:
        assert "person-level data" in str(sheet.cells[2, 1].value), sheet.name


def test_the_reconciliation_is_on_the_outputs(made: Made) -> None:
    book = made.book
    shown = {str(cell.value) for cell in book.sheet("Out 5 Comparison").cells.values()}
    assert {
        "Recorded (£)",
        "Block contracts (£)",
        "Unlinked (£)",
        "Difference made by scaling (£)",
        "In the model (£)",
        "Unallocated (£)",
        "Accounts (£)",
    } <= shown
    assert "NHS commissioner: Acute hospital, emergency" in shown
    assert "Unallocated (£)" in {str(cell.value) for cell in book.sheet("Out 1 Summary").cells.values()}
    assert not any("council expenditure" in text for text in shown)


def test_a_price_is_explained_down_to_what_was_recorded(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(made.folder), f"spend.cost_gbp[{LINE}]", "--depth", "6"]) == 0
    message = " ".join(capsys.readouterr().out.split())
    assert "Spend so far - Spend so far (the line before), to the penny" in message
    assert "local, p90" in message


def test_scenarios_are_bridged_and_bases_are_not(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", f"{made.folder}@base", f"{made.folder}@prudent"]) == 0
    assert "Closing" in capsys.readouterr().out
    assert main(["compare", str(made.folder), "north-west-london"]) == 2
    assert "one is based on person-level data, the other on aggregate data" in capsys.readouterr().err

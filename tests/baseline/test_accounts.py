"""Recorded spend and the accounts: scaling to the penny, block contracts, what is unlinked, and what a feed hands to the pack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from case_files import Case, read_cases
from case_runner import prepare
from extracts import LINE_MAP, PERSON_MAP, as_lines, pack_of, people, town, written
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_place import BEYOND, COUNCIL, NHS, record_place, refused, valued

import capmodel
from capmodel.algebra.check import worst
from capmodel.algebra.evaluate import Values, evaluate
from capmodel.assumptions.supply import supply
from capmodel.baseline import recorded
from capmodel.baseline.persons.feed import SYNTHETIC, check_feed, feed
from capmodel.baseline.persons.segment import NO_ACCOUNTS, Segmented, segment_people
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.errors import BadInput, CapmodelError, Problem
from capmodel.model import Result
from capmodel.reports.run_record import record_of
from capmodel.reports.summary import accounts_line
from capmodel.workbook.sheets import make_book

BLOCK = {
    "id": "community-block", "label": "Community block", "setting": "community", "provider": "community_trust", "payer": NHS,
    "amount_gbp": 100_000.01, "driver": "persons", "why": "A block", "status": "local", "source": "e90",
}  # fmt: skip
TABLES = {
    "recorded_cost_gbp", "apportioned_cost_gbp", "recorded_persons", "accounts_gbp", "accounts_given_flag", "scaled_flag", "unlinked_gbp",
}  # fmt: skip


@pytest.fixture
def fed(broken: Path, result: Result) -> Path:
    """A copy to break."""
    record_place(broken, result)
    return broken


# ------------------------------------------------------------------ scaling to the penny


def worked(case: Case) -> Any:
    """The tables of the person-level route of a case."""
    return evaluate(recorded.TABLES, prepare(case).values)


@settings(max_examples=30)
@given(
    st.lists(st.integers(0, 10**9), min_size=9, max_size=9).filter(lambda pence: pence[0] + pence[3] + pence[6] > 0),
    st.lists(st.integers(0, 10**6), min_size=9, max_size=9),
    st.integers(0, 10**11),
)
def test_scaled_lines_add_up_to_the_accounts_and_zero_stays_zero(costs: Sequence[int], blocks: Sequence[int], booked: int) -> None:
    (case,) = [case for case in read_cases() if case.id == "REC-01"]
    columns = dict(case.given["columns"])
    keys = list(columns["recorded_cost_gbp"])
    columns["recorded_persons"] = {"well": 10, "frail": 2.5, "empty": 1}
    columns["recorded_cost_gbp"] = {key: pence / 100 for key, pence in zip(keys, costs, strict=True)}
    columns["apportioned_cost_gbp"] = {key: pence / 100 if pence % 3 else 0 for key, pence in zip(keys, blocks, strict=True)}
    columns["accounts_gbp"] = {**columns["accounts_gbp"], "nhs, hospital": booked / 100}
    values = worked(replace(case, given={**case.given, "columns": columns}))
    rows = values.inputs.rows["accounts"].keys(("payer", "setting"))
    at = rows.index(("nhs", "hospital"))
    assert values.figure(("accounts", "unallocated_gbp"))[at] == 0
    spent, before = values.figure(("spend", "cost_gbp")), values.figure(("spend", "unscaled_gbp"))
    ours = np.array([payer == "nhs" for payer in values.inputs.rows["spend"].columns["payer"]])
    assert sum(round(value * 100) for value in spent[ours]) == booked
    assert (spent[before == 0] == 0).all()
    assert (spent[~ours] == before[~ours]).all()
    assert worst(values.figure(("accounts", "check_accounts_gbp")), False) == 0


def test_the_check_of_the_accounts_fails_where_a_penny_is_lost() -> None:
    lost = recorded.check_accounts_gbp(np.array([1, 0]), np.array([10.0, 9.0]), np.array([3.0, 3.0]), np.array([9.99, 3.01]))
    assert lost.tolist() == [-0.01, 0.01]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"accounts_given_flag": "0", "accounts_gbp": "0.00"}, "no accounts were given for it"),
        ({"accounts_gbp": "-5.00"}, "the accounts are below zero"),
    ],
)
def test_scaling_to_accounts_that_cannot_be_met_is_refused(changes: dict[str, str], message: str, fed: Path) -> None:
    for name, value in {"scaled_flag": "1", **changes}.items():
        valued(fed, f"tables/{name}.csv", f"{NHS},primary", value)
    (problem,) = refused(fed)
    assert problem.startswith(f"scaled_flag.csv: {NHS}, primary is to be scaled to the accounts; {message}")


def test_scaling_where_nothing_was_recorded_is_refused(broken: Path, result: Result) -> None:
    record_place(broken, result, beyond=BEYOND)
    # The account stands in no route.
    valued(broken, "tables/scaled_flag.csv", f"{COUNCIL},acute_planned", "1")
    assert "nothing was recorded that could be scaled" in refused(broken)[0]


def test_accounts_that_are_said_not_to_be_given_are_refused(fed: Path) -> None:
    valued(fed, "tables/accounts_given_flag.csv", f"{NHS},primary", "0")
    assert "accounts_given_flag.csv says that no accounts were given" in refused(fed)[0]


def test_a_table_keyed_by_something_else_is_refused(fed: Path) -> None:
    path = fed / "tables/recorded_cost_gbp.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("provider,payer", "provider,party", 1), encoding="utf-8")
    assert any("the keys are segment, setting, provider, party" in problem for problem in refused(fed))


# ------------------------------------------------------------------ what a feed hands over


def made_in(folder: Path, accounts: dict[tuple[str, str], str] | None = None, **changes: Any) -> Segmented:
    """A town of 3,000 people, added up."""
    place = town(folder, **changes)
    if accounts:
        give_accounts(place, accounts)
    file = folder / "p.parquet"
    return segment_people(pack_of(place), Request(file if file.exists() else written(people(3_000), file)))


def give_accounts(place: Path, accounts: dict[tuple[str, str], str]) -> None:
    rows = "".join(f"{payer},{setting},{value},local,e90,2026-03-31,Ledger\n" for (payer, setting), value in accounts.items())
    (place / "tables/accounts_gbp.csv").write_text("payer,setting,value,status,source,as_at,note\n" + rows, encoding="utf-8")


def table(place: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(place / f"tables/{name}.csv")


@dataclass(frozen=True)
class Chained:
    """What the person-level route makes of a fed pack."""

    values: Values

    def column(self, table: str, name: str) -> dict[tuple[str, ...], float]:
        """One column by key."""
        of = next(each for each in recorded.TABLES if each.name == table)
        rows = self.values.inputs.rows[table].keys(of.keys)
        return dict(zip(rows, map(float, self.values.figure((table, name))), strict=True))

    @property
    def passed(self) -> bool:
        """True where every check of the route holds."""
        checks = [(table.name, line.name) for table in recorded.TABLES for line in table.lines.values() if line.is_check]
        return all(worst(self.values.figure(node), False) < 0.005 for node in checks)


def run_of(made: Segmented) -> Chained:
    """Read a fed pack as the chain does; it must be sound."""
    pack, problems = pack_of(made.pack.folder), list[Problem]()
    recorded.check(pack, problems)
    inputs = supply(recorded.TABLES, recorded.rows(pack), pack.columns, {}, pack.years, resolved_links={}, problems=problems)
    assert not problems
    return Chained(evaluate(recorded.TABLES, Values(inputs)))


def message(made: Segmented) -> str:
    with pytest.raises(BadInput) as found:
        check_feed(made)
    return " | ".join(map(str, found.value.problems))


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


ALL_ACCOUNTS = {(NHS, "primary"): "500000.01", (NHS, "acute_emergency"): "700000.07", (COUNCIL, "social_care"): "123456.78"}


def test_without_accounts_nothing_is_dressed_up_as_accounts(tmp_path: Path) -> None:
    made = made_in(tmp_path)
    feed(check_feed(made))
    place = made.pack.folder
    assert (table(place, "accounts_gbp")["value"] == 0).all() and (table(place, "accounts_given_flag")["value"] == 0).all()
    done = run_of(made)
    assert done.passed
    assert set(done.column("accounts", "unallocated_gbp").values()) == {0}


def test_outputs_say_that_no_accounts_were_given(fed: Path) -> None:
    for name in ("accounts_gbp", "accounts_given_flag"):
        path = fed / f"tables/{name}.csv"
        frame = pd.read_csv(path)
        frame.assign(value=0).to_csv(path, index=False)
    done = capmodel.load(fed).run(chosen={})
    assert all(check.passed for check in done.checks if "accounts" in check.name)
    assert "Accounts: none given" in accounts_line(done) and "unallocated" not in accounts_line(done)
    record = record_of(done)
    assert record["accounts_given"] == "none"
    assert not [label for label in record["accounts_gbp"] if "accounts say" in label or "Unallocated" in label]
    book = make_book(done).book
    for name in ("Out 1 Summary", "Out 5 Comparison"):
        cells = {str(cell.value) for cell in book.sheet(name).cells.values()}
        assert not {"Unallocated (£)", "Accounts (£)"} & cells
        assert any("No accounts were given" in text for text in cells)


def test_outputs_say_where_accounts_were_given_for_some_only(fed: Path) -> None:
    for name in ("accounts_gbp", "accounts_given_flag"):
        valued(fed, f"tables/{name}.csv", f"{NHS},primary", "0")
    done = capmodel.load(fed).run(chosen={})
    spent = done.column("accounts", "scaled_gbp")[NHS, "primary"]
    assert done.column("all_accounts", "all_unbooked_gbp")[()] == spent
    assert f"£{spent:,.2f} has none" in accounts_line(done)
    shown = {str(cell.value) for cell in make_book(done).book.sheet("Out 5 Comparison").cells.values()}
    assert {"Held against no accounts (£)", "Accounts (£)"} <= shown


def test_accounts_are_scaled_to_exactly_through_the_chain(tmp_path: Path) -> None:
    made = made_in(tmp_path, ALL_ACCOUNTS, scale_to_accounts=["primary", "acute_emergency"])
    feed(check_feed(made))
    done = run_of(made)
    left = done.column("accounts", "unallocated_gbp")
    assert left[NHS, "primary"] == left[NHS, "acute_emergency"] == 0 != left[COUNCIL, "social_care"]
    assert done.passed
    assert set(table(made.pack.folder, "accounts_gbp")["note"]) == {"Ledger"}


def test_block_contracts_stand_on_their_own_line_and_only_theirs_mention_them(tmp_path: Path) -> None:
    made = made_in(tmp_path, blocks=[BLOCK])
    feed(check_feed(made))
    place = made.pack.folder
    cost, blocks = table(place, "recorded_cost_gbp"), table(place, "apportioned_cost_gbp")
    keys = ["segment", "setting", "provider", "payer"]
    assert cost[keys].equals(blocks[keys])
    assert not cost["note"].str.contains("block").any()
    own = blocks["setting"] == "community"
    assert blocks["note"].str.contains("community-block").eq(own).all()
    assert (blocks["value"] * 100).round().sum() == 10_000_001 and (blocks.loc[~own, "value"] == 0).all()
    assert run_of(made).column("accounts", "apportioned_gbp")[NHS, "community"] == 100_000.01


def test_a_block_contract_whose_driver_adds_up_to_zero_is_refused(tmp_path: Path) -> None:
    frame = people(300)
    frame[[name for name in map(str, frame) if name.endswith(("_gbp", "_n"))]] = 0
    place = town(tmp_path, blocks=[{**BLOCK, "driver": "activity"}])
    with pytest.raises(BadInput, match=r"community-block: the driver activity adds up to zero in 2025; £100,000.01 would reach no segment"):
        segment_people(pack_of(place), Request(written(frame, tmp_path / "p.parquet")))


def test_a_block_contract_is_shared_out_by_activity_only_where_all_spend_has_it(tmp_path: Path) -> None:
    """With activity of the general practices alone, the parts of the contract would be as large as it is, suppressed or not."""
    driven = [{**BLOCK, "driver": "activity"}]
    spend = [{name: value for name, value in item.items() if name != "activity" or i == 0} for i, item in enumerate(PERSON_MAP["spend"])]
    # There is no extract to read: the map alone is enough to refuse it.
    request = Request(tmp_path / "nowhere.parquet")
    with pytest.raises(BadInput) as refusal:
        segment_people(pack_of(town(tmp_path, blocks=driven, spend=spend, scale_to_accounts=["primary"])), request)
    contract, scaling = map(str, refusal.value.problems)
    assert contract == (
        "persons.yaml, block contract community-block: the driver is activity, and ward_gbp, care_gbp have no activity; what has none would count "
        "for nothing, and the parts would tell suppressed activity of the rest. Map activity: beside every column of spend, or choose persons, "
        "person_months or spend."
    )
    assert "there is nothing to scale to" in scaling
    made = made_in(tmp_path, blocks=driven, small_numbers=0)
    assert made.spend.loc[made.spend["basis"] == "apportioned", "cost_pence"].sum() == 10_000_001
    made_in(tmp_path, blocks=[BLOCK], spend=spend)


def test_what_is_unlinked_has_a_line_of_its_own(tmp_path: Path) -> None:
    frame, lines = as_lines(people(2_000))
    place = town(tmp_path, LINE_MAP)
    lines.loc[lines.index[:7], "id"] = "NOBODY"
    made = segment_people(pack_of(place), Request(written(frame, tmp_path / "p.parquet"), lines=written(lines, tmp_path / "l.parquet")))
    pence = int((lines["gbp"].iloc[:7] * 100).round().sum())
    feed(check_feed(made))
    assert (table(place, "unlinked_gbp")["value"] * 100).round().sum() == pence > 0
    done = run_of(made)
    assert done.column("all_accounts", "all_unlinked_gbp")[()] == pence / 100


def test_accounts_that_leave_out_what_was_recorded_are_not_fed(tmp_path: Path) -> None:
    made = made_in(tmp_path, {(NHS, "primary"): "1.00"})
    before = snapshot(made.pack.folder)
    assert "there is no row for council, social_care" in message(made) and "Add the row, 0 if the accounts have none" in message(made)
    with pytest.raises(BadInput):
        feed(check_feed(made))
    assert snapshot(made.pack.folder) == before


def test_accounts_edited_after_a_feed_are_never_overwritten(tmp_path: Path) -> None:
    feed(check_feed(made_in(tmp_path)))
    feed(check_feed(made_in(tmp_path)))  # Its own rows it may write again.
    place = tmp_path / "assumptions/places/town"
    valued(place, "tables/accounts_gbp.csv", f"{NHS},primary", "12.34")
    assert f"nhs_commissioner, primary is 12.34, and its note still says: {NO_ACCOUNTS}" in message(made_in(tmp_path))
    # Given as the note asks, rows and notes: the flags of the earlier feed follow.
    give_accounts(place, ALL_ACCOUNTS)
    made = made_in(tmp_path)
    feed(check_feed(made))
    assert (table(place, "accounts_given_flag")["value"] == 1).all()
    assert run_of(made).column("all_accounts", "all_accounts_gbp")[()] == 1_323_456.86


def test_spend_on_a_segment_without_months_is_not_fed(tmp_path: Path) -> None:
    made = made_in(tmp_path)
    people = made.aggregates.people.assign(person_months=made.aggregates.people["person_months"] * 0)
    made = replace(made, aggregates=replace(made.aggregates, people=people))
    assert "has spend in 2025, and its people have no months there" in message(made)


def test_made_up_people_are_illustrative_whatever_the_map_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_in(tmp_path, status="local")
    monkeypatch.setattr(type(made), "synthetic", True, raising=False)
    feed(check_feed(made))
    for name in TABLES:
        found = table(made.pack.folder, name)
        assert set(found["status"]) == {"illustrative"}, name
        assert found["note"].str.contains(SYNTHETIC).eq(found["note"] != NO_ACCOUNTS).all(), name


def test_a_file_that_cannot_be_written_stops_the_feed_before_the_first(tmp_path: Path) -> None:
    made = made_in(tmp_path)
    fed = check_feed(made)
    (made.pack.folder / "tables/unlinked_gbp.csv").mkdir()
    before = snapshot(made.pack.folder)
    for call in (lambda: check_feed(made), lambda: feed(fed)):
        with pytest.raises(CapmodelError, match=r"unlinked_gbp\.csv cannot be written") as found:
            call()
        assert "--out" not in str(found.value)
    assert snapshot(made.pack.folder) == before


def test_a_rename_that_fails_half_way_puts_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_in(tmp_path)
    before = snapshot(made.pack.folder)
    replaced = Path.replace

    def fails(self: Path, target: Path) -> Path:
        if target.name == "place.yaml":
            raise PermissionError(13, "Permission denied")
        return replaced(self, target)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(CapmodelError, match=r"place\.yaml cannot be written"):
        feed(check_feed(made))
    assert snapshot(made.pack.folder) == before

"""The parts of block contracts say nothing of suppressed figures: they follow from what is shown, or the driver is refused."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from attackers import KEYS, PEOPLE, SPEND, Attacker, quick, suppressed_of, tables
from extracts import pack_of, people, town, written
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from capmodel import cli
from capmodel.baseline.persons.extract.column_map import Block, Route
from capmodel.baseline.persons.segment import segment_people, shown
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.baseline.persons.sums.reconcile import APPORTIONED, RECORDED, apportion, check_parts
from capmodel.baseline.persons.suppress import ALL, PAIR, Suppressed
from capmodel.errors import BadInput

DRIVERS = {"persons": "people", "person_months": "person_months", "spend": "cost_pence"}
BLOCK = {
    "id": "hospice", "label": "Hospice", "setting": "community", "provider": "community_trust", "payer": "nhs_commissioner", "amount_gbp": 900.0,
    "driver": "activity", "why": "No activity is priced", "status": "local", "source": "t01",
}  # fmt: skip


def block(driver: str) -> Block:
    return Block("b", "B", Route("block", "trust", "nhs"), 9_000.0, driver, "w", "local", "s")


def suppressed_with(people: pd.DataFrame, spend: pd.DataFrame, driver: str, threshold: int) -> Suppressed:
    """What is shown of an extract with a block contract, by a driver."""
    spend = spend.assign(basis=RECORDED, **({} if "activity" in spend else {"activity": 0}))
    made: Any = SimpleNamespace(people=people, spend=spend)
    return shown(people, pd.concat([spend, apportion(made, [block(driver)], 2026)], ignore_index=True), threshold)


def pairs(frame: pd.DataFrame) -> dict[tuple[Any, ...], Any]:
    message = frame[~frame["suppressed"].astype(bool)]
    return dict(zip(message[PAIR].itertuples(index=False, name=None), message.to_dict("records"), strict=True))


@limits(quick, max_examples=15)
@given(tables(anchored=True), st.integers(2, 7), st.sampled_from(sorted(DRIVERS)))
def test_parts_follow_from_what_is_shown_and_are_shown_where_it_is(
    frames: tuple[pd.DataFrame, pd.DataFrame], threshold: int, driver: str
) -> None:
    people, spend = frames
    if not people.loc[people["year"] == 2026, DRIVERS[driver]].sum():
        return
    plain, message = suppressed_of(people, spend, threshold), suppressed_with(people, spend, driver, threshold)
    assert (plain.primary, plain.secondary, plain.exposed) == (message.primary, message.secondary, message.exposed)
    recorded = message.spend[message.spend["basis"] == RECORDED].reset_index(drop=True)
    pd.testing.assert_frame_equal(plain.spend, recorded[plain.spend.columns], check_dtype=False)
    is_head, is_part = message.totals["setting"].eq(ALL), message.totals["basis"].eq(APPORTIONED)
    heads = pairs(pd.concat([plain.people, plain.totals[plain.totals["setting"] == ALL]]))
    after = pairs(pd.concat([message.people, message.totals[is_head]]))
    parts = pairs(pd.concat([message.spend[message.spend["basis"] == APPORTIONED], message.totals[is_part]]))
    assert set(parts) == {key for key in heads if key[0] == 2026} and set(after) == set(heads)
    whole = heads[2026, ALL, ALL][DRIVERS[driver]]
    for key, row in parts.items():
        # Nothing but figures that are shown without the contract, and its amount.
        share = heads[key][DRIVERS[driver]] / whole
        assert abs(row["cost_pence"] - 900_000 * share) <= len(people)
        assert after[key]["cost_pence"] == heads[key]["cost_pence"] + row["cost_pence"]


@limits(quick, max_examples=15)
@given(tables(anchored=True), st.integers(0, 7))
def test_activity_drives_no_contract_where_any_activity_is_suppressed(frames: tuple[pd.DataFrame, pd.DataFrame], threshold: int) -> None:
    people, spend = frames
    if "activity" not in spend or not spend.loc[spend["year"] == 2026, "activity"].sum():
        return
    message = suppressed_with(people, spend, "activity", threshold)
    of_year = message.spend[(message.spend["year"] == 2026) & (message.spend["basis"] == RECORDED)]
    problems = check_parts([block("activity"), block("persons")], message.spend, 2026)
    assert len(problems) == int(of_year["activity"].isna().any())


def test_with_parts_by_activity_two_hidden_lines_are_one_and_one() -> None:
    """Two lines of one contact each are hidden; the part of their segment and place says that they are two."""
    people = pd.DataFrame([(2026, s, p, 90, 1080, 2000) for s in "ab" for p in "xy"], columns=[*PAIR, *PEOPLE])
    lines = [(2026, s, p, r, "t", "nhs", 1 if (s, p) == ("a", "x") else 40, 1000, 1 if (s, p) == ("a", "x") else 40) for s in "ab" for p in "xy" for r in ("acute", "community")]  # fmt: skip
    spend = pd.DataFrame(lines, columns=[*KEYS, *SPEND])
    message = suppressed_with(people, spend, "activity", 5)
    mine = message.spend[(message.spend["segment"] == "a") & (message.spend["locality"] == "x") & (message.spend["basis"] == RECORDED)]
    part = pairs(message.spend[message.spend["basis"] == APPORTIONED])[2026, "a", "x"]["cost_pence"]
    assert mine["activity"].isna().all()
    together = round(part / 900_000 * spend["activity"].sum())
    assert Attacker(1, np.array([1, 1]), np.array([[1, 1]])).pinned(np.eye(2, dtype=int)).all() and together == 2
    (problem,) = check_parts([block("activity")], message.spend, 2026)
    assert "would give them back" in problem.why


def test_the_command_refuses_the_driver_and_says_what_to_choose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, place = written(people(900), tmp_path / "p.parquet"), town(tmp_path, blocks=[BLOCK])
    out = tmp_path / "spend.csv"
    assert cli.main(["segment", str(file), "--place", str(place), "--out", str(out)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert (
        "block contract hospice: the driver is activity" in said and "Choose persons, person_months or spend" in said and not out.exists()
    )
    with pytest.raises(BadInput):
        segment_people(pack_of(place), Request(file))
    made = segment_people(pack_of(town(tmp_path, blocks=[BLOCK], small_numbers=0)), Request(file))
    assert made.spend.loc[made.spend["basis"] == APPORTIONED, "cost_pence"].sum() == 90_000

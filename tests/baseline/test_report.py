"""The data-quality report: what it finds of an extract, and that nobody can be found in it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from extracts import LINE_MAP, PERSON_MAP, as_lines, pack_of, people, town, written

from capmodel.baseline.persons.report.disclosable import SUPPRESSED, Told, chance, coarse
from capmodel.baseline.persons.report.maturity import LEVELS, maturity
from capmodel.baseline.persons.report.page import page_of, write_report
from capmodel.baseline.persons.report.pairs import OTHERS, cross, prevalence, stability, supplements, two_way
from capmodel.baseline.persons.report.readiness import readiness
from capmodel.baseline.persons.report.record import record_of, totals_tie
from capmodel.baseline.persons.segment import Segmented, segment_people, tidy
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.baseline.persons.sums.reconcile import APPORTIONED, RECORDED
from capmodel.baseline.persons.suppress import ALL

BOTH = ("age_condition", "risk_stratum")
BLOCK = {
    "id": "wards", "label": "Ward block", "setting": "acute_planned", "provider": "acute_trusts", "payer": "nhs_commissioner",
    "amount_gbp": 1000.5, "driver": "spend", "why": "Paid by block", "status": "local", "source": "Ledger",
}  # fmt: skip
AGREED = {"data_sharing": True, "lawful_basis": True, "alliance_contract": True, "provider_costing": True}


def made_of(
    folder: Path, frame: pd.DataFrame, *schemes: str, accounts: dict[tuple[str, str], str] | None = None, **changes: Any
) -> Segmented:
    place = town(folder, **changes)
    if accounts:
        rows = [f"{payer},{setting},{value},local,e90,2026-03-31,x" for (payer, setting), value in accounts.items()]
        text = "\n".join(["payer,setting,value,status,source,as_at,note", *rows, ""])
        (place / "tables" / "accounts_gbp.csv").write_text(text, encoding="utf-8")
    pack = pack_of(place)
    return segment_people(pack, Request(written(frame, folder / "people.parquet"), schemes=schemes))


def with_lines(folder: Path, frame: pd.DataFrame, lost: int = 0) -> Segmented:
    """Spend as activity lines; of every ten lines `lost` belong to nobody."""
    persons, lines = as_lines(frame)
    strangers = np.arange(len(lines)) % 10 < lost
    lines.loc[strangers, "id"] = "nobody"
    place = town(folder, LINE_MAP, linked_at_least=0.2)
    request = Request(written(persons, folder / "people.parquet"), written(lines, folder / "lines.parquet"))
    return segment_people(pack_of(place), request)


def marks(made: Segmented) -> dict[str, str]:
    return {condition.id: condition.met for condition in readiness(made)}


def found(made: Segmented, name: str) -> str:
    return next(condition.found for condition in readiness(made) if condition.id == name)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Segmented:
    return made_of(tmp_path_factory.mktemp("large"), people(20_000, years=(2024, 2025)), *BOTH)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Segmented:
    """500 people in 20 segments and three towns, a setting that three people use, a block contract, and accounts."""
    frame = people(500, years=(2024, 2025))
    frame["rare_gbp"] = np.where(frame.index.isin(frame.index[frame["year"] == 2025][:3]), 4321.09, 0.0)
    rare = {"column": "rare_gbp", "setting": "continuing_care", "provider": "care_providers", "payer": "nhs_commissioner"}
    booked = (("nhs_commissioner", "primary"), ("nhs_commissioner", "acute_emergency"), ("nhs_commissioner", "continuing_care"), ("council", "social_care"))  # fmt: skip
    accounts = dict.fromkeys((*booked, ("nhs_commissioner", "acute_planned")), "200000.00")
    folder = tmp_path_factory.mktemp("small")
    return made_of(folder, frame, *BOTH, accounts=accounts, blocks=[BLOCK], spend=[*PERSON_MAP["spend"], rare])


# ------------------------------------------------------------------ readiness


def test_every_condition_says_what_was_found_what_to_do_and_where_it_comes_from(large: Segmented) -> None:
    for condition in readiness(large):
        assert condition.found.endswith(".") and condition.to_do.endswith(".") and condition.source, condition.id


@pytest.mark.parametrize(("lost", "mark"), [(0, "met"), (1, "partly"), (5, "not met")])
def test_linkage_is_judged_by_its_share_of_cost_and_of_lines(tmp_path: Path, lost: int, mark: str) -> None:
    made = with_lines(tmp_path, people(2000), lost)
    assert (marks(made)["matched"], marks(made)["linkage_by_setting"]) == (mark, mark)
    assert found(made, "matched").count("%") == 2


def test_an_extract_of_one_row_a_person_is_judged_by_its_accounts_or_not_at_all(tmp_path: Path) -> None:
    frame = people(2000)
    assert marks(made_of(tmp_path, frame))["matched"] == "not known"
    spent = {("nhs_commissioner", "primary"): "gp", ("nhs_commissioner", "acute_emergency"): "ward", ("council", "social_care"): "care"}
    for factor, mark in ((1.0, "partly"), (1.1, "partly"), (2.0, "not met")):
        accounts = {key: f"{frame[f'{name}_gbp'].sum() * factor:.2f}" for key, name in spent.items()}
        made = made_of(tmp_path / str(factor), frame, accounts=accounts)
        assert marks(made)["matched"] == mark
        assert "do not show that spend stands with its own person" in found(made, "matched")
        assert marks(made)["linkage_by_setting"] == "not known"
        assert marks(made)["reconciled"] == ("met" if factor == 1 else "not met")


def test_settings_without_spend_are_named(large: Segmented, tmp_path: Path) -> None:
    assert marks(large)["settings"] == "not met"
    assert "several settings" in found(large, "settings")
    frame, spend = people(500), [{**PERSON_MAP["spend"][0]}]
    ids = [entry.id for entry in large.pack.dimensions["setting"]]
    for setting in ids[1:5]:
        frame[f"{setting}_gbp"] = 10.0
        spend.append({"column": f"{setting}_gbp", "setting": setting, "provider": "acute_trusts", "payer": "nhs_commissioner"})
    made = made_of(tmp_path, frame, spend=spend)
    assert "multiple settings" in found(made, "settings")
    assert marks(made)["settings"] == "partly"


def test_conditions_that_are_not_recorded_are_named(tmp_path: Path) -> None:
    frame = people(1000)
    assert marks(made_of(tmp_path, frame))["conditions_recorded"] == "met"
    mapped = {name: name for name in PERSON_MAP["conditions"] if name != "dementia"}
    made = made_of(tmp_path, frame, conditions=mapped, not_recorded=["dementia"])
    assert marks(made)["conditions_recorded"] == "partly"
    assert "Not recorded at all: Dementia" in found(made, "conditions_recorded")
    frame["cancer"] = frame["cancer"].astype(object).where(frame.index % 2 == 0, None)
    assert marks(made_of(tmp_path, frame, blank_means_no=["cancer"]))["conditions_recorded"] == "not met"


def test_a_condition_that_one_place_never_sends_is_found(large: Segmented) -> None:
    counted = [
        {"year": 2025, "place": place, "condition": "diabetes", "people": 0 if place == "north" else 400}
        for place in ("east", "north", "west")
    ]
    made = replace(large, quality=replace(large.quality, recorded=counted))
    assert "Nobody has: Diabetes in North" in found(made, "conditions_recorded")
    assert marks(made)["conditions_recorded"] == "partly"
    (row,) = prevalence(Told(made))
    assert row["share"]["north"] == 0
    shown = large.shown.people
    whole = shown["place"].eq("north") & shown["year"].eq(2025)
    asks = next(one.id for one in large.scheme.segments if "diabetes" in one.when.conditions)
    hidden = shown.assign(suppressed=whole & shown["segment"].eq(asks))
    for people_told, told in ((hidden, SUPPRESSED), (shown.assign(suppressed=whole & ~shown["segment"].isin([one.id for one in large.scheme.segments if "diabetes" in one.when.conditions])), 0)):  # fmt: skip
        (row,) = prevalence(Told(replace(made, shown=replace(large.shown, people=people_told))))
        assert row["share"]["north"] == told and row["share"]["east"] != SUPPRESSED
    assert 'style="background:rgba(' in page_of(record_of(made))


def test_block_contracts_agreements_and_threshold_are_judged(tmp_path: Path) -> None:
    frame = people(500)
    assert marks(made_of(tmp_path, frame))["blocks"] == "met"
    for amount, mark in ((30_000, "partly"), (900_000, "not met")):
        assert marks(made_of(tmp_path, frame, blocks=[{**BLOCK, "amount_gbp": amount}]))["blocks"] == mark
    assert marks(made_of(tmp_path, frame))["sharing"] == "not met"
    assert marks(made_of(tmp_path, frame, agreements={"data_sharing": True}))["sharing"] == "partly"
    agreed = marks(made_of(tmp_path, frame, agreements=AGREED, small_numbers=0))
    assert (agreed["sharing"], agreed["contract"], agreed["small_numbers"]) == ("met", "met", "not met")


def test_identifiers_are_known_to_be_pseudonyms_only_where_they_were_replaced(tmp_path: Path) -> None:
    place = town(tmp_path)
    request = Request(written(people(300), tmp_path / "people.parquet"), salt="pepper")
    made = segment_people(pack_of(place), request)
    assert marks(made)["identifiers"] == "met"
    # Nobody is told to keep a salt apart that is kept nowhere.
    (to_do,) = [condition.to_do for condition in readiness(made) if condition.id == "identifiers"]
    assert to_do == "Nothing: the salt is made for the run and kept nowhere, so the pseudonyms of two runs do not match."
    assert marks(segment_people(pack_of(place), replace(request, salt=None)))["identifiers"] == "not known"


def test_the_band_of_chance_is_what_it_is_of_the_people(tmp_path: Path) -> None:
    frame = people(3000)
    made = made_of(tmp_path, frame)
    total = frame[["gp_gbp", "ward_gbp", "care_gbp"]].sum(axis=1)
    row = Told(made).chances()[0]
    assert row["cv"] == pytest.approx(total.std(ddof=0) / total.mean(), abs=0.005)
    assert row["band_share"] == pytest.approx(1.96 * total.std(ddof=0) / total.mean() / np.sqrt(3000), abs=0.0001)
    assert row["band_gbp"] == pytest.approx(1.96 * total.std(ddof=0) / np.sqrt(3000), abs=1)
    assert marks(made)["size"] == "not met"
    assert chance(10**7, 10**12, 2 * 10**17)["band_share"] < 0.01


def test_variation_of_illustrative_data_is_said_to_be_so(tmp_path: Path) -> None:
    assert "illustrative data" in found(made_of(tmp_path, people(3000)), "size")
    assert "illustrative data" not in found(made_of(tmp_path, people(3000), status="local"), "size")


def test_spend_by_segment_and_setting_adds_up_where_all_of_it_is_told(large: Segmented, small: Segmented) -> None:
    for made in (large, small):
        table, record = Told(made).by_setting(), record_of(made)
        spend = made.spend[made.spend["year"] == 2025]
        names = [f"{name}_gbp" for name in table["settings"]]
        assert set(table["settings"]) == set(spend.loc[spend["cost_pence"] > 0, "setting"])
        assert [row["segment"] for row in table["rows"]] == [*(one.id for one in made.scheme.segments), ALL]
        for row in table["rows"]:
            here = spend if row["segment"] == ALL else spend[spend["segment"] == row["segment"]]
            for name in table["settings"]:
                exact = int(here.loc[here["setting"] == name, "cost_pence"].sum())
                assert row[f"{name}_gbp"] in (SUPPRESSED, f"{exact / 100:.2f}")
            if SUPPRESSED not in row.values():
                assert sum(round(float(row[name]) * 100) for name in names) == round(float(row["spend_gbp"]) * 100)
        assert record["by_setting"] == table and "Spend by segment and setting" in page_of(record)
    assert [row["continuing_care_gbp"] for row in Told(small).by_setting()["rows"]].count(SUPPRESSED) > 1


def test_squares_are_exact_and_told_of_large_groups_only(large: Segmented, small: Segmented) -> None:
    sums = large.aggregates.people[large.aggregates.people["year"] == 2025]
    for row in Told(large).segments():
        if row["people"] not in (0, SUPPRESSED) and row["people"] >= 100:
            assert row["recorded_square_pence"] == str(
                sum(int(value) for value in sums.loc[sums["segment"] == row["segment"], "cost_squared"])
            )
    assert {row["recorded_square_pence"] for row in Told(small).segments() if row["people"] == SUPPRESSED or row["people"] < 100} <= {SUPPRESSED, None}  # fmt: skip
    assert all(row["share_of_people"] == round(row["people"] / 20_000, 6) for row in Told(large).segments() if row["people"] != SUPPRESSED)


def test_that_totals_tie_is_found_of_figures_added_up_apart(tmp_path: Path, small: Segmented) -> None:
    assert record_of(small)["small_numbers"]["totals_tie"]
    lost = small.spend.assign(cost_pence=small.spend["cost_pence"] + (small.spend.index == 0))
    assert not totals_tie(replace(small, spend=lost))
    assert not totals_tie(replace(small, quality=replace(small.quality, rows=small.quality.rows + 1)))
    (block,) = small.columns.blocks
    assert not totals_tie(replace(small, columns=replace(small.columns, blocks=(replace(block, amount_gbp=block.amount_gbp + 1),))))
    made = with_lines(tmp_path, people(1000, years=(2024, 2025)), 1)
    first, *rest = made.linkage
    assert totals_tie(made) and not totals_tie(replace(made, linkage=(replace(first, linked_pence=first.linked_pence - 1), *rest)))


def test_pounds_without_a_person_are_told_by_payer_and_setting_where_each_year_has_enough_lines(tmp_path: Path) -> None:
    persons, lines = as_lines(people(1000, years=(2024, 2025)))
    lines.loc[np.arange(len(lines)) % 10 == 0, "id"] = "nobody"
    lines.loc[(lines["setting"] == "primary") & (np.arange(len(lines)) % 3 == 0), "payer"] = "council"
    of_council = lines.index[(lines["setting"] == "primary") & (lines["payer"] == "council") & (lines["on"] < "2025-04")]
    lines.loc[of_council, "id"] = np.where(
        np.arange(len(of_council)) < 3, "nobody", lines.loc[of_council, "id"].where(lambda ids: ids != "nobody", "P000001")
    )
    request = Request(written(persons, tmp_path / "people.parquet"), written(lines, tmp_path / "lines.parquet"))
    told = Told(segment_people(pack_of(town(tmp_path, LINE_MAP)), request))
    pence: dict[tuple[str, str], int] = {}
    for one in told.made.linkage:
        pence[one.account] = pence.get(one.account, 0) + one.unlinked_pence
    few = ("council", "primary")
    linked, booked = (
        {(row["payer"], row["setting"]): row["unlinked_gbp"] for row in rows if row["setting"] != ALL}
        for rows in (told.linkage(), told.accounts())
    )
    assert [account for account, shown in linked.items() if shown == SUPPRESSED] == [few]
    assert {account: round(float(shown) * 100) for account, shown in linked.items() if account != few} == {
        account: total for account, total in pence.items() if account != few
    }
    # What the year before adds is large enough to be told by subtraction, and where it is not the year is hidden too.
    of_year = {one.account: one.unlinked_pence for one in told.made.linkage if one.year == 2025}
    assert {account: round(float(shown) * 100) for account, shown in booked.items() if account != few} == {
        account: total for account, total in of_year.items() if account != few
    }
    assert booked[few] == told.accounts()[-1]["unlinked_gbp"] == SUPPRESSED


def test_stability_needs_two_years_and_is_told_in_whole_per_cent(tmp_path: Path) -> None:
    frame = people(3000)
    assert marks(made_of(tmp_path, frame))["stable"] == "not known"
    same = pd.concat([frame.assign(year=2024), frame], ignore_index=True)
    made = made_of(tmp_path, same)
    assert marks(made)["stable"] == "met"
    assert [row["same_segment_share"] for row in stability(Told(made))] == [1.0]
    assert marks(made_of(tmp_path, people(3000, years=(2024, 2025))))["stable"] == "not met"


def test_the_matrix_claims_no_level_that_an_annual_extract_cannot_show(tmp_path: Path, large: Segmented) -> None:
    assert [one.level for one in maturity(large, readiness(large))] == [LEVELS[0], LEVELS[1]]
    made = with_lines(tmp_path, people(1000))
    made = replace(made, columns=replace(made.columns, agreements=AGREED))
    assert [one.level for one in maturity(made, readiness(made))] == [LEVELS[1], LEVELS[2]]
    assert "not published" in page_of(record_of(made))


# ------------------------------------------------------------------ nobody can be found


def counts_in(value: Any, people: bool = False) -> list[int]:
    """Every count of people in a part of the record, however deep it stands."""
    if isinstance(value, dict):
        return [count for name, inner in value.items() for count in counts_in(inner, people or name == "people")]
    if isinstance(value, list):
        return [count for inner in value for count in counts_in(inner, people)]
    return [value] if people and isinstance(value, int) else []


@pytest.mark.parametrize("seed", range(4))
def test_no_small_count_of_people_is_told(tmp_path: Path, seed: int) -> None:
    made = made_of(tmp_path, people(600, seed, years=(2024, 2025)), *BOTH)
    record = record_of(made)
    counts = counts_in({name: value for name, value in record.items() if name != "small_numbers"})
    assert len(counts) > 20
    assert not [count for count in counts if 0 < count < 5]


def test_known_small_groups_leave_no_trace(tmp_path: Path) -> None:
    """Three children with cancer of 3,000 people: neither their number nor their pounds stand anywhere."""
    frame = people(3000)
    frame["age"] = frame["age"].where(~((frame["age"] < 17) & frame["cancer"]), 40)
    frame.loc[frame.index[:3], "age"], frame.loc[frame.index[:3], "cancer"] = 5, True
    frame.loc[frame.index[:3], ["learning_disability", "physical_disability"]] = False
    frame.loc[frame.index[:3], ["gp_gbp", "ward_gbp", "care_gbp"]] = [7777.77, 0.0, 0.0]
    made = made_of(tmp_path, frame, *BOTH)
    write_report(record_of(made), tmp_path / "r.html", tmp_path / "r.json")
    text = (tmp_path / "r.html").read_text() + (tmp_path / "r.json").read_text()
    record = json.loads((tmp_path / "r.json").read_text())
    (row,) = [row for row in record["segments"] if row["segment"] == "cancer_children"]
    assert {value for name, value in row.items() if name not in ("segment", "label", "who")} == {SUPPRESSED}
    for pence in (777_777, 3 * 777_777):
        assert f"{pence / 100:.2f}" not in text and f"{pence / 100:,.0f}" not in text and str(round(pence / 100, -1)) not in text
    assert "cancer_children" not in record["cross"]["people"] and record["supplements"][0]["people"] is None
    alone = record_of(made_of(tmp_path, frame))
    assert alone["supplements"][0]["people"] and "cancer_children" not in alone["supplements"][0]["people"]


def test_the_report_gives_away_nothing_that_the_tables_do_not(small: Segmented) -> None:
    """Linear algebra: which suppressed pounds the tables written fix, and which they fix once the report's pounds are added."""
    lines = small.spend[small.spend["year"] == 2025].reset_index(drop=True)
    keys = ["segment", "place", "setting", "provider", "payer", "basis"]

    def where(row: dict[Any, Any], **also: str) -> np.ndarray:
        wanted = {name: value for name, value in ({**row, **also}).items() if name in keys and value != ALL}
        return (lines[list(wanted)] == pd.Series(wanted)).all(axis=1).to_numpy(float)

    known, hidden = [], []
    for frame in (small.shown.people, small.shown.spend, small.shown.totals):
        for row in frame[frame["year"] == 2025].to_dict("records"):
            (hidden if row["suppressed"] else known).append(where(row))
    record, more = record_of(small), []
    for row in (*record["accounts"], *record["block_contracts"], *record["segments"], record["by_year"][-1]):
        known_as = {name: row[name] for name in ("segment", "payer", "setting") if name in row}
        for name, basis in (("recorded", RECORDED), ("truncated", RECORDED), ("apportioned", APPORTIONED), ("amount", APPORTIONED), ("outside", ALL), ("spend", ALL)):  # fmt: skip
            told = row.get(f"{name}_gbp") not in (None, SUPPRESSED)
            more += [where(known_as, basis=basis)] if told else []

    def fixed(rows: list[np.ndarray]) -> set[int]:
        matrix, unknown = np.array(rows), np.array(hidden)
        left = unknown - unknown @ np.linalg.pinv(matrix) @ matrix
        return set(np.flatnonzero(np.abs(left).max(axis=1) < 1e-7).tolist())

    assert len(hidden) > 100 and len(more) > 20
    assert SUPPRESSED in [row["recorded_gbp"] for row in record["accounts"]]
    assert fixed(known + more) == fixed(known)


def test_a_table_of_two_attributes_keeps_its_rows_and_hides_its_small_cells() -> None:
    table = {("a", "x"): 50, ("a", "y"): 3, ("b", "x"): 40, ("b", "y"): 60, ("c", "x"): 30, ("c", "y"): 20}
    told = two_way(table, 5)
    assert told is not None
    assert told["a", "y"] == told["a", "x"] == SUPPRESSED
    assert sum(value == SUPPRESSED for (row, _), value in told.items() if row != ALL) == 4
    assert (told[ALL, "x"], told[ALL, "y"]) == (120, 83)
    assert set((two_way({("a", "x"): 3, ("a", "y"): 50}, 5) or {}).values()) == {SUPPRESSED}, "one row alone hides all of it"
    assert two_way({("a", "x"): 3}, 5) is None, "the total of a row would be small"
    assert two_way({}, 5) == {}


def test_a_row_of_the_spend_table_says_where_users_and_activity_are_withheld_and_pounds_are_not(tmp_path: Path) -> None:
    """Three people without any spend are hidden with pairs whose lines have nothing to hide but who is counted in them."""
    frame = people(2000)
    few = frame.index[(frame["town"] == "north") & (frame["age"] < 17)]
    frame.loc[few[3:], "town"] = "east"
    frame.loc[few, [name for name in map(str, frame) if name.endswith(("_gbp", "_n"))]] = 0
    segments = [{"id": "young", "label": "Young", "when": {"age": [0, 16]}}, {"id": "rest", "label": "Rest"}]
    (tmp_path / "ages.yaml").write_text(json.dumps({"title": "Ages", "source": "s", "segments": segments}), encoding="utf-8")
    made = made_of(tmp_path, frame, str(tmp_path / "ages.yaml"), blocks=[BLOCK])
    table = tidy(made).assign(cost_gbp=lambda table: table["cost_gbp"].replace("", pd.NA))
    told, withheld = table[["users", "cost_gbp", "activity"]].notna(), table[table["suppressed"] == 2]
    assert set(table["suppressed"]) == {0, 1, 2}
    assert not told[table["suppressed"] == 1].any(axis=None)
    assert told[(table["suppressed"] == 0) & (table["basis"] == RECORDED)].all(axis=None)
    assert withheld["cost_gbp"].notna().all() and withheld[["users", "activity"]].isna().all(axis=None)
    # A contract has no users of its own: nothing is withheld of it.
    assert set(withheld["basis"]) == {RECORDED}
    hidden = made.shown.people.loc[made.shown.people["suppressed"], ["segment", "place"]].itertuples(index=False, name=None)
    assert set(withheld[["segment", "place"]].itertuples(index=False, name=None)) <= set(hidden)
    assert f"{len(withheld)} rows tell pounds and withhold users and activity" in page_of(record_of(made))


def test_suppressed_segments_are_one_row_of_a_cross_table(small: Segmented) -> None:
    found = cross(Told(small))
    assert found is not None
    hidden = [one.id for one in small.scheme.segments if Told(small).total("people", 2025, one.id) == SUPPRESSED]
    assert hidden
    if found["people"] is not None:
        assert OTHERS in found["people"] and not set(hidden) & set(found["people"])


def worked_out(cross: dict[str, Any], column: str, supplement: dict[str, Any] | None) -> set[tuple[str, str]]:
    """The suppressed cells of a cross table that its totals fix, and its rows and the people of a supplement that is one of its columns."""
    cells = {(row, name): value for row, part in cross.items() if row != ALL for name, value in part.items()}
    cells |= {(row, column): value for row, value in (supplement or {}).items() if row != ALL and value != SUPPRESSED}
    hidden = [key for key, value in cells.items() if value == SUPPRESSED]
    rows = [[float(key[0] == row) for key in hidden] for row in cross]
    columns = [[float(key[1] == name) for key in hidden] for name, total in cross[ALL].items() if total != SUPPRESSED]
    matrix = np.array(rows + columns)
    left = np.eye(len(hidden)) - np.linalg.pinv(matrix) @ matrix
    return {key for key, fixed in zip(hidden, np.abs(left).max(axis=1) < 1e-7, strict=True) if fixed}


def test_supplements_are_not_told_beside_a_table_of_two_schemes_that_they_would_give_back(tmp_path: Path) -> None:
    """A segment of the second scheme is a supplement of the first: told both, two people are found by subtraction."""
    groups = ("cancer", "diabetes", "dementia")
    segments = [*({"id": name, "label": name, "when": {"any": [name]}} for name in groups), {"id": "rest", "label": "Rest"}]
    (tmp_path / "groups.yaml").write_text(json.dumps({"title": "Groups", "source": "s", "segments": segments}), encoding="utf-8")
    made = made_of(tmp_path, people(2000, 106), "age_condition", str(tmp_path / "groups.yaml"))
    (alone,) = supplements(Told(made), None)
    record = record_of(made)
    (told,), crossed = record["supplements"], record["cross"]["people"]
    assert worked_out(crossed, "cancer", alone["people"]), "or this test tests nothing"
    assert told["people"] is None and worked_out(crossed, "cancer", told["people"]) == set()
    assert "the table of two schemes" in told["not_told"] and told["not_told"] in page_of(record)
    assert alone["people"] and alone["not_told"] is None
    untold = record["cross"] | {"people": None}
    assert supplements(Told(made), untold) == [alone], "a table that is not told gives nothing back"


def test_shares_of_places_have_as_many_digits_as_are_known(large: Segmented, tmp_path: Path) -> None:
    """Of 5,000 people and more a tenth of a per cent is five or more; of fewer only a whole per cent is."""
    counts = {"asthma": (1400, 420, 900), "diabetes": (5, 5, 2000)}
    counted = [
        {"year": 2025, "place": place, "condition": name, "people": people}
        for name, of_places in counts.items()
        for place, people in zip(("east", "north", "west"), of_places, strict=True)
    ]
    made = replace(large, quality=replace(large.quality, recorded=counted, completeness={"sex": 0.97}))
    record = record_of(made)
    assert [row["steps"] for row in record["prevalence"]] == [{"east": 1000, "north": 100, "west": 1000}] * 2
    page = page_of(record)
    table = page.split("People with each condition")[1].split("</table>")[0]
    east, north, west, *few = re.findall(r">([^<>]*%)<", table)
    size = {place: Told(large).total("people", 2025, place=place) for place in ("east", "north", "west")}
    assert (east, north, west) == (f"{1400 / size['east']:.1%}", f"{420 / size['north']:.0%}", f"{900 / size['west']:.1%}")
    assert few[:2] == ["under 0.1%", "under 1%"]
    # How much is recorded is told to the whole per cent only.
    assert "</span>97%</td>" in page
    few_people = made_of(tmp_path, people(400))
    few_people.quality.recorded = [{**row, "people": 20} for row in counted]
    assert [(set(row["steps"].values()), set(row["share"].values())) for row in prevalence(Told(few_people))] == [
        ({None}, {SUPPRESSED})
    ] * 2


def test_what_shipped_schemes_say_of_themselves_is_so(tmp_path: Path) -> None:
    """Everybody with cancer is in the supplement; a stratum can be larger than its share, those above a cut together cannot."""
    frame = people(2000)
    frame["score"] = 1 + np.arange(2000) * 0.001
    frame.loc[frame.index[-16:], "score"] = 99.0
    one = record_of(made_of(tmp_path, frame))
    (supplement,), sizes = one["supplements"], {row["segment"]: row["people"] for row in one["segments"]}
    assert supplement["people"]["cancer_adults"] == sizes["cancer_adults"] > 0
    assert supplement["label"] == "Living with cancer, whatever the segment"
    made = made_of(tmp_path, frame, "risk_stratum")
    of_stratum = made.aggregates.people.groupby("segment")["people"].sum().reindex([one.id for one in made.scheme.segments], fill_value=0)
    assert of_stratum.tolist() == [0, 40, 60, 300, 1600]
    assert "the strata above a cut, taken together, are never larger than their share" in made.scheme.note


def test_percentiles_stand_only_where_enough_people_lie_above_them(large: Segmented) -> None:
    for row in Told(large).segments():
        for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
            if row["people"] not in (0, SUPPRESSED):
                assert (row[f"{name}_gbp"] == SUPPRESSED) == (row["people"] * (1 - share) < 5 - 1e-9)
                assert row[f"{name}_gbp"] == SUPPRESSED or row[f"{name}_gbp"] % 10 == 0


def test_a_handful_of_lines_without_a_person_is_not_counted_out(tmp_path: Path) -> None:
    persons, lines = as_lines(people(1000))
    lines.loc[lines.index[:2], "id"] = "nobody"
    request = Request(written(persons, tmp_path / "people.parquet"), written(lines, tmp_path / "lines.parquet"))
    told = Told(segment_people(pack_of(town(tmp_path, LINE_MAP)), request))
    (row,) = [row for row in told.linkage() if row["lines"] == SUPPRESSED]
    assert (row["lines_linked_share"], row["cost_gbp"]) == (0.99, SUPPRESSED)
    assert SUPPRESSED in [row["unlinked_gbp"] for row in told.accounts()]
    assert coarse(0.996) == 0.99


# ------------------------------------------------------------------ the page and the record


class Balance(HTMLParser):
    """Every tag that is opened is closed, in order; tables have captions; nothing comes from outside."""

    VOID = ("meta", "rect", "line", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.anchors: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.anchors += [(given["href"] or "")[1:]] if "href" in given else []
        assert not {"src", "onclick", "onload"} & set(given)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag


@cache
def parsed(page: str) -> Balance:
    reader = Balance()
    reader.feed(page)
    reader.close()
    return reader


def test_the_page_is_whole_and_needs_nothing_from_outside(large: Segmented, small: Segmented) -> None:
    for made in (large, small):
        page = page_of(record_of(made))
        reader = parsed(page)
        assert reader.open == []
        assert set(reader.anchors) <= set(reader.ids) and len(set(reader.ids)) == len(reader.ids)
        assert reader.tags.count("table") == reader.tags.count("caption") > 8
        assert {"script", "link", "img", "iframe"}.isdisjoint(reader.tags)
        assert page.startswith('<!DOCTYPE html>\n<html lang="en-GB">') and "http" not in page and "url(" not in page
        assert "PERSON-LEVEL" in page and not re.search(r"\b(nan|None)\b", page)


@pytest.mark.parametrize(
    ("schemes", "years", "title"),
    [
        (BOTH, (2024, 2025), "Two schemes, and from one year to the next"),
        (BOTH, (2025,), "Two schemes"),
        (BOTH[:1], (2024, 2025), "From one year to the next"),
        (BOTH[:1], (2025,), "Other schemes, other years"),
    ],
)
def test_the_section_of_schemes_and_years_is_called_what_is_in_it(
    tmp_path: Path, schemes: tuple[str, ...], years: tuple[int, ...], title: str
) -> None:
    page = page_of(record_of(made_of(tmp_path, people(400, years=years), *schemes)))
    assert f'<li><a href="#schemes">{title}</a></li>' in page and f'<section id="schemes"><h2>{title}</h2>' in page


def test_the_style_keeps_headings_with_what_they_head_and_hints_where_a_table_goes_on(large: Segmented) -> None:
    """What a browser makes of it was looked at; here is held that the rules are there."""
    style = page_of(record_of(large)).split("<style>")[1].split("</style>")[0]
    printed, screen = style.split("@media print")[1], style.split("@media screen")[1]
    # Chromium keeps a heading with its table only where the heading itself reaches into it.
    assert re.search(r"h2::after, h3::after \{[^}]*height: 11rem; margin-bottom: -11rem", printed)
    assert "local" in screen.split("}")[0] and "scroll" in screen.split("}")[0]
    assert ".n { text-align: right; }" in style and "td.n { white-space: nowrap; }" in style, "names of columns wrap, figures do not"
    assert ".conditions th:nth-child(2) { width: 8.5em; }" in style


def test_the_record_is_strict_json_and_ties_to_the_extract(large: Segmented, tmp_path: Path) -> None:
    write_report(record_of(large), tmp_path / "r.html", tmp_path / "r.json")
    text = (tmp_path / "r.json").read_text(encoding="utf-8")
    assert "NaN" not in text and "Infinity" not in text
    record = json.loads(text)
    assert record == record_of(large)
    assert (record["basis"], record["rows"], record["total"]["people"]) == ("person-level", 40_000, 20_000)
    assert record["small_numbers"]["totals_tie"]
    assert len(record["manifest"]["files"][0]["sha256"]) == len(record["manifest"]["persons_yaml_sha256"]) == 64
    assert record["manifest"]["files"][0]["name"] == "people.parquet"
    pence = sum(int(value) for value in large.spend.loc[large.spend["year"] == 2025, "cost_pence"])
    assert record["total"]["spend_gbp"] == f"{pence // 100}.{pence % 100:02d}"


def test_the_same_inputs_give_the_same_bytes_wherever_they_stand(tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        made = made_of(tmp_path / name, people(800, years=(2024, 2025)), *BOTH)
        write_report(record_of(made), tmp_path / name / "r.html", tmp_path / name / "r.json")
        texts.append([(tmp_path / name / f"r.{kind}").read_bytes() for kind in ("html", "json")])
    assert texts[0] == texts[1]
    assert str(tmp_path).encode() not in texts[0][0] + texts[0][1]


def test_no_identifier_is_in_the_report(large: Segmented) -> None:
    record = record_of(large)
    text = page_of(record) + json.dumps(record)
    assert not re.search(r"P\d{6}", text)


def test_what_a_place_has_written_is_text_and_never_markup(tmp_path: Path) -> None:
    script = "<script>alert('x')</script>"
    frame = people(2000, towns=(script, "b&b"))
    made = made_of(tmp_path, frame, blocks=[{**BLOCK, "label": script, "why": '"><img src=x>', "source": "a & b"}])
    counted = [{"year": 2025, "place": place, "condition": "asthma", "people": 60} for place in (script, "b&b")]
    made = replace(made, quality=replace(made.quality, recorded=counted), pack=replace(made.pack, title=f"{script} & Sons"))
    page = page_of(record_of(made))
    assert "<script" not in page and "<img" not in page
    assert page.count("&lt;script&gt;") >= 3 and "&amp; Sons" in page
    assert parsed(page).open == []


def test_a_block_line_that_tells_a_suppressed_number_is_reported(small: Segmented) -> None:
    pair = small.shown.people[small.shown.people["suppressed"] & (small.shown.people["year"] == 2025)].iloc[0]
    spend, before = small.shown.spend.copy(), Told(small).given_away()
    here = (spend[["year", "segment", "place"]] == pair[["year", "segment", "place"]]).all(axis=1) & (spend["basis"] == APPORTIONED)
    assert here.sum() == 1
    told = [replace(small, shown=replace(small.shown, spend=spend.assign(suppressed=spend["suppressed"].mask(here, hide)))) for hide in (True, False)]  # fmt: skip
    assert Told(told[1]).given_away() == Told(told[0]).given_away() + 1 >= before
    assert marks(told[1])["small_numbers"] == "partly"
    assert "can be worked out all the same" in found(told[1], "small_numbers")
    assert marks(replace(small, shown=replace(small.shown, exposed=1)))["small_numbers"] == "partly"
    assert "Do not pass the tables on" in page_of(record_of(told[1]))

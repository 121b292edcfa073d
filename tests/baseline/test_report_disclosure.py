"""Nobody can be found in a report of an extract: no small count, no difference of two tables, no share that is too exact."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from extracts import LINE_MAP, as_lines, pack_of, people, town, written
from reported import BLOCK, BOTH, found, made_of, marks

from capmodel.baseline.persons.report.disclosable import SUPPRESSED, Disclosable, coarse
from capmodel.baseline.persons.report.page import page_of, write_report
from capmodel.baseline.persons.report.pairs import OTHERS, cross, prevalence, supplements, two_way
from capmodel.baseline.persons.report.record import record_of
from capmodel.baseline.persons.segment import Segmented, segment_people, tidy
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.baseline.persons.sums.reconcile import APPORTIONED, RECORDED
from capmodel.baseline.persons.suppress import ALL

# ------------------------------------------------------------------ nobody can be found


def counts_in(value: Any, people: bool = False) -> list[int]:
    """Every count of people in a part of the record, however deep it stands."""
    if isinstance(value, dict):
        return [count for name, inner in value.items() for count in counts_in(inner, people or name == "people")]
    if isinstance(value, list):
        return [count for inner in value for count in counts_in(inner, people)]
    return [value] if people and isinstance(value, int) else []


@pytest.mark.parametrize("seed", range(4))
def test_no_small_count_of_people_is_reported(tmp_path: Path, seed: int) -> None:
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


def test_the_report_gives_away_nothing_that_the_tables_do_not(small_report: Segmented) -> None:
    """Linear algebra: which suppressed pounds the tables written fix, and which they fix once the report's pounds are added."""
    lines = small_report.spend[small_report.spend["year"] == 2025].reset_index(drop=True)
    keys = ["segment", "locality", "setting", "provider", "payer", "basis"]

    def where(row: dict[Any, Any], **also: str) -> np.ndarray:
        wanted = {name: value for name, value in ({**row, **also}).items() if name in keys and value != ALL}
        return (lines[list(wanted)] == pd.Series(wanted)).all(axis=1).to_numpy(float)

    known, hidden = [], []
    for frame in (small_report.shown.people, small_report.shown.spend, small_report.shown.totals):
        for row in frame[frame["year"] == 2025].to_dict("records"):
            (hidden if row["suppressed"] else known).append(where(row))
    record, more = record_of(small_report), []
    for row in (*record["accounts"], *record["block_contracts"], *record["segments"], record["by_year"][-1]):
        known_as = {name: row[name] for name in ("segment", "payer", "setting") if name in row}
        for name, basis in (("recorded", RECORDED), ("truncated", RECORDED), ("apportioned", APPORTIONED), ("amount", APPORTIONED), ("outside", ALL), ("spend", ALL)):  # fmt: skip
            message = row.get(f"{name}_gbp") not in (None, SUPPRESSED)
            more += [where(known_as, basis=basis)] if message else []

    def fixed(rows: list[np.ndarray]) -> set[int]:
        matrix, unknown = np.array(rows), np.array(hidden)
        left = unknown - unknown @ np.linalg.pinv(matrix) @ matrix
        return set(np.flatnonzero(np.abs(left).max(axis=1) < 1e-7).tolist())

    assert len(hidden) > 100 and len(more) > 20
    assert SUPPRESSED in [row["recorded_gbp"] for row in record["accounts"]]
    assert fixed(known + more) == fixed(known)


def test_a_table_of_two_attributes_keeps_its_rows_and_hides_its_small_cells() -> None:
    table = {("a", "x"): 50, ("a", "y"): 3, ("b", "x"): 40, ("b", "y"): 60, ("c", "x"): 30, ("c", "y"): 20}
    message = two_way(table, 5)
    assert message is not None
    assert message["a", "y"] == message["a", "x"] == SUPPRESSED
    assert sum(value == SUPPRESSED for (row, _), value in message.items() if row != ALL) == 4
    assert (message[ALL, "x"], message[ALL, "y"]) == (120, 83)
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
    message, withheld = table[["users", "cost_gbp", "activity"]].notna(), table[table["suppressed"] == 2]
    assert set(table["suppressed"]) == {0, 1, 2}
    assert not message[table["suppressed"] == 1].any(axis=None)
    assert message[(table["suppressed"] == 0) & (table["basis"] == RECORDED)].all(axis=None)
    assert withheld["cost_gbp"].notna().all() and withheld[["users", "activity"]].isna().all(axis=None)
    # A contract has no users of its own: nothing is withheld of it.
    assert set(withheld["basis"]) == {RECORDED}
    hidden = made.shown.people.loc[made.shown.people["suppressed"], ["segment", "locality"]].itertuples(index=False, name=None)
    assert set(withheld[["segment", "locality"]].itertuples(index=False, name=None)) <= set(hidden)
    assert f"{len(withheld)} rows tell pounds and withhold users and activity" in page_of(record_of(made))


def test_suppressed_segments_are_one_row_of_a_cross_table(small_report: Segmented) -> None:
    found = cross(Disclosable(small_report))
    assert found is not None
    hidden = [one.id for one in small_report.scheme.segments if Disclosable(small_report).total("people", 2025, one.id) == SUPPRESSED]
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


def test_supplements_are_not_reported_beside_a_table_of_two_schemes_that_they_would_give_back(tmp_path: Path) -> None:
    """A segment of the second scheme is a supplement of the first: reported both, two people are found by subtraction."""
    groups = ("cancer", "diabetes", "dementia")
    segments = [*({"id": name, "label": name, "when": {"any": [name]}} for name in groups), {"id": "rest", "label": "Rest"}]
    (tmp_path / "groups.yaml").write_text(json.dumps({"title": "Groups", "source": "s", "segments": segments}), encoding="utf-8")
    made = made_of(tmp_path, people(2000, 106), "age_condition", str(tmp_path / "groups.yaml"))
    (alone,) = supplements(Disclosable(made), None)
    record = record_of(made)
    (message,), crossed = record["supplements"], record["cross"]["people"]
    assert worked_out(crossed, "cancer", alone["people"]), "or this test tests nothing"
    assert message["people"] is None and worked_out(crossed, "cancer", message["people"]) == set()
    assert "the table of two schemes" in message["not_disclosed"] and message["not_disclosed"] in page_of(record)
    assert alone["people"] and alone["not_disclosed"] is None
    undisclosed = record["cross"] | {"people": None}
    assert supplements(Disclosable(made), undisclosed) == [alone], "a table that is not reported gives nothing back"


def test_shares_of_places_have_as_many_digits_as_are_known(large_report: Segmented, tmp_path: Path) -> None:
    """Of 5,000 people and more a tenth of a per cent is five or more; of fewer only a whole per cent is."""
    counts = {"asthma": (1400, 420, 900), "diabetes": (5, 5, 2000)}
    counted = [
        {"year": 2025, "locality": place, "condition": name, "people": people}
        for name, of_places in counts.items()
        for place, people in zip(("east", "north", "west"), of_places, strict=True)
    ]
    made = replace(large_report, quality=replace(large_report.quality, recorded=counted, completeness={"sex": 0.97}))
    record = record_of(made)
    assert [row["steps"] for row in record["prevalence"]] == [{"east": 1000, "north": 100, "west": 1000}] * 2
    page = page_of(record)
    table = page.split("People with each condition")[1].split("</table>")[0]
    east, north, west, *few = re.findall(r">([^<>]*%)<", table)
    size = {place: Disclosable(large_report).total("people", 2025, locality=place) for place in ("east", "north", "west")}
    assert (east, north, west) == (f"{1400 / size['east']:.1%}", f"{420 / size['north']:.0%}", f"{900 / size['west']:.1%}")
    assert few[:2] == ["under 0.1%", "under 1%"]
    # How much is recorded is reported to the whole per cent only.
    assert "</span>97%</td>" in page
    few_people = made_of(tmp_path, people(400))
    few_people.quality.recorded = [{**row, "people": 20} for row in counted]
    assert [(set(row["steps"].values()), set(row["share"].values())) for row in prevalence(Disclosable(few_people))] == [
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


def test_percentiles_stand_only_where_enough_people_lie_above_them(large_report: Segmented) -> None:
    for row in Disclosable(large_report).segments():
        for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
            if row["people"] not in (0, SUPPRESSED):
                assert (row[f"{name}_gbp"] == SUPPRESSED) == (row["people"] * (1 - share) < 5 - 1e-9)
                assert row[f"{name}_gbp"] == SUPPRESSED or row[f"{name}_gbp"] % 10 == 0


def test_a_handful_of_lines_without_a_person_is_not_counted_out(tmp_path: Path) -> None:
    persons, lines = as_lines(people(1000))
    lines.loc[lines.index[:2], "id"] = "nobody"
    request = Request(written(persons, tmp_path / "people.parquet"), written(lines, tmp_path / "lines.parquet"))
    message = Disclosable(segment_people(pack_of(town(tmp_path, LINE_MAP)), request))
    (row,) = [row for row in message.linkage() if row["lines"] == SUPPRESSED]
    assert (row["lines_linked_share"], row["cost_gbp"]) == (0.99, SUPPRESSED)
    assert SUPPRESSED in [row["unlinked_gbp"] for row in message.accounts()]
    assert coarse(0.996) == 0.99


def test_a_block_line_that_tells_a_suppressed_number_is_reported(small_report: Segmented) -> None:
    pair = small_report.shown.people[small_report.shown.people["suppressed"] & (small_report.shown.people["year"] == 2025)].iloc[0]
    spend, before = small_report.shown.spend.copy(), Disclosable(small_report).given_away()
    here = (spend[["year", "segment", "locality"]] == pair[["year", "segment", "locality"]]).all(axis=1) & (spend["basis"] == APPORTIONED)
    assert here.sum() == 1
    message = [replace(small_report, shown=replace(small_report.shown, spend=spend.assign(suppressed=spend["suppressed"].mask(here, hide)))) for hide in (True, False)]  # fmt: skip
    assert Disclosable(message[1]).given_away() == Disclosable(message[0]).given_away() + 1 >= before
    assert marks(message[1])["small_numbers"] == "partly"
    assert "can be worked out all the same" in found(message[1], "small_numbers")
    assert marks(replace(small_report, shown=replace(small_report.shown, exposed=1)))["small_numbers"] == "partly"
    assert "Do not pass the tables on" in page_of(record_of(message[1]))

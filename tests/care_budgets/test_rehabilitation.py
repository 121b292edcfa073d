"""The split of hospital spells at the clinical split point: both parts, the floor, who gains, and what a file may not say."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capmodel.algebra.evaluate import Values
from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.laid_out import LaidOut, worked_out
from capmodel.care_budgets.rehabilitation.split import TABLES
from capmodel.care_budgets.rehabilitation.stated import read_rehabilitation
from capmodel.errors import Problem

YEARS = (2026, 2027)


def each(value: float) -> dict[int, float]:
    return dict.fromkeys(YEARS, value)


SPLIT: dict[str, Any] = {
    "id": "rehabilitation", "title": "Split", "status": "illustrative", "source": "p90",
    "parties": [
        {"id": "icb", "label": "Integrated care board"}, {"id": "trust", "label": "Acute trust"},
        {"id": "community", "label": "Community trust"}, {"id": "council", "label": "Council"},
    ],
    "groups": [
        {
            "id": "hip", "label": "Hip fracture", "split_day": 7, "tariff_gbp": {2026: 9000, 2027: 9180}, "bed_day_gbp": each(280),
            "stays": [{"days": 5, "spells": each(20)}, {"days": 21, "spells": each(100)}, {"days": 45, "spells": each(10)}],
            "payer": "icb", "acute": "trust", "received_by": {"community": 0.75, "council": 0.25},
        },
        {
            "id": "stroke", "label": "Stroke", "split_day": 10, "tariff_gbp": each(7000), "bed_day_gbp": each(300),
            "stays": [{"days": 18, "spells": each(50)}], "payer": "icb", "acute": "trust", "received_by": {"community": 1},
        },
    ],
}  # fmt: skip


def of_group(**changes: Any) -> dict[str, Any]:
    """The file with its first group changed."""
    found = copy.deepcopy(SPLIT)
    found["groups"][0] = {**found["groups"][0], **changes}
    return found


def read(folder: Path, stated: dict[str, Any]) -> tuple[LaidOut | None, list[Problem]]:
    path = folder / "rehabilitation.yaml"
    path.write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    assert document is not None
    return read_rehabilitation(document, YEARS, problems), problems


def worked(folder: Path, stated: dict[str, Any]) -> tuple[LaidOut, Values]:
    given_, problems = read(folder, stated)
    assert given_ is not None, [str(problem) for problem in problems]
    return given_, worked_out(given_, TABLES, YEARS)


def figures(done: tuple[LaidOut, Values], table: str, column: str) -> dict[tuple[str, ...], float]:
    keys = next(table_.keys for table_ in TABLES if table_.name == table)
    return dict(zip(done[0].rows[table].keys(keys), done[1].figure((table, column)).tolist(), strict=True))


def test_bed_days_after_the_split_point_are_paid_by_themselves_and_the_rest_is_acute(tmp_path: Path) -> None:
    done = worked(tmp_path, SPLIT)
    rrr, acute = figures(done, "rehabilitation_stay", "stay_rrr_gbp"), figures(done, "rehabilitation_stay", "stay_acute_gbp")
    # 100 stays of 21 days: 14 days each at 280 is 392,000 of 900,000.
    assert (rrr["hip", "stay_21", "2026"], acute["hip", "stay_21", "2026"]) == (392_000, 508_000)
    assert (rrr["hip", "stay_5", "2026"], acute["hip", "stay_5", "2026"]) == (0, 180_000)


def test_where_bed_days_cost_more_than_the_tariff_the_acute_part_is_zero_and_the_rest_is_reported(tmp_path: Path) -> None:
    done = worked(tmp_path, SPLIT)
    # 10 stays of 45 days: 38 days each at 280 is 106,400, and their tariff 90,000.
    assert figures(done, "rehabilitation_stay", "stay_rrr_gbp")["hip", "stay_45", "2026"] == 90_000
    assert figures(done, "rehabilitation_stay", "stay_acute_gbp")["hip", "stay_45", "2026"] == 0
    assert figures(done, "rehabilitation_stay", "stay_unpaid_gbp")["hip", "stay_45", "2026"] == 16_400
    assert figures(done, "rehabilitation_stay", "floored_flag")["hip", "stay_45", "2026"] == 1
    assert figures(done, "rehabilitation_all", "all_unpaid_gbp")["2026",] == 16_400


def test_each_party_receives_its_part_and_what_some_gain_the_acute_trust_loses(tmp_path: Path) -> None:
    done = worked(tmp_path, SPLIT)
    change = figures(done, "rehabilitation_party_year", "party_change_gbp")
    # Hip: 392,000 + 90,000 of RRR, a quarter to the council; stroke: 50 x 8 x 300 = 120,000 to the community trust.
    assert change["community", "2026"] == 361_500 + 120_000
    assert change["council", "2026"] == 120_500
    assert change["trust", "2026"] == -602_000
    assert figures(done, "rehabilitation_party_year", "party_paid_gbp")["icb", "2026"] == 130 * 9_000 + 50 * 7_000


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    spells=st.lists(st.decimals(0, 500, places=1), min_size=3, max_size=3),
    tariff=st.decimals(0, 20_000, places=2),
    day=st.decimals(0, 900, places=2),
    split=st.integers(0, 60),
    first=st.floats(0, 1),
)
def test_the_total_is_conserved_to_the_penny_through_every_split(
    tmp_path: Path, spells: list[Any], tariff: Any, day: Any, split: int, first: float
) -> None:
    stays = [{"days": days, "spells": each(float(count))} for days, count in zip((3, 17.5, 44), spells, strict=True)]
    receivers = {"community": first, "council": 1 - first}
    stated = of_group(stays=stays, tariff_gbp=each(float(tariff)), bed_day_gbp=each(float(day)), split_day=split, received_by=receivers)
    done = worked(tmp_path, stated)
    for table in TABLES:
        for line in table.lines.values():
            if line.is_check:
                assert not done[1].figure((table.name, line.name)).any(), line.name
    assert min(figures(done, "rehabilitation_stay", "stay_acute_gbp").values()) >= 0
    received = sum(value for key, value in figures(done, "rehabilitation_part", "received_gbp").items() if key[0] == "hip")
    parts = sum(value for key, value in figures(done, "rehabilitation_group_year", "group_rrr_gbp").items() if key[0] == "hip")
    assert round(received, 2) == round(parts, 2)


STAY = SPLIT["groups"][0]["stays"][0]
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a split point below zero": (of_group(split_day=-1), "split_day is -1; a stay begins at day 0"),
    "days below zero": (of_group(stays=[{**STAY, "days": -5}]), "days is -5; a stay begins at day 0"),
    "a length of stay twice": (of_group(stays=[STAY, STAY]), "hip has spells of 5 days twice; one would hide the other. Add their spells up"),
    "a year without spells": (of_group(stays=[{"days": 5, "spells": {2026: 1}}]), "there is no figure for 2027"),
    "spells below zero": (of_group(stays=[{"days": 5, "spells": each(-1)}]), "the figure is -1; it is a size"),
    "an unknown payer": (of_group(payer="icbb"), "'icbb' is no party; parties lists who pays and receives. Did you mean icb"),
    "shares that are no whole": (of_group(received_by={"community": 0.5, "council": 0.4}), "hip: the shares of the RRR payment add up to 0.9"),
    "a share in per cent": (of_group(received_by={"community": 75, "council": 0.25}), "is 75; a share is a part of 1. Write 0.75"),
    "an unknown receiver": (of_group(received_by={"comunity": 0.75, "council": 0.25}), "'comunity' is no party"),
    "a party without a part": (
        {**SPLIT, "parties": [*SPLIT["parties"], {"id": "hospice", "label": "Hospice"}]},
        "hospice pays and receives nothing; it would have no effect",
    ),
    "a group twice": ({**SPLIT, "groups": [*SPLIT["groups"], SPLIT["groups"][0]]}, "hip is there twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_file_of_the_split_is_refused_with_the_line_and_the_remedy(tmp_path: Path, name: str) -> None:
    stated, message = FAULTS[name]
    given_, problems = read(tmp_path, stated)
    found = [str(problem) for problem in problems]
    assert given_ is None
    assert [text for text in found if message in text and text.startswith("rehabilitation.yaml, line")], found
    assert name == "spells below zero" or len(found) == 1, found

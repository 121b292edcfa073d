"""Published results on segments, row by row: what the example place shows again within the printed rounding, and what not."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from capmodel.algebra.evaluate import Values
from capmodel.errors import Problem
from capmodel.model import Place
from capmodel.place.scenarios import BASE

PUBLISHED: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "segmentation.yaml").read_text(encoding="utf-8"))
ROWS: list[dict[str, Any]] = PUBLISHED["rows"]


class Segments:
    """People and pounds of the example place by group, in the money of the publication."""

    def __init__(self, place: Place) -> None:
        problems: list[Problem] = []
        values = place.chain.before_options(Values(place.inputs(BASE, problems)))
        assert problems == []
        group_of = place.rows["segment"].columns["group"]
        people = values.figure(("segment", "segment_persons"))
        spend = people * values.figure(("segment", "calibrated_price_gbp_per_person"))
        self.people = {group: float(people[[own == group for own in group_of]].sum()) for group in group_of}
        self.spend = {group: float(spend[[own == group for own in group_of]].sum()) for group in group_of}

    def measured(self, measure: str, groups: list[str]) -> float:
        people = sum(self.people[group] for group in groups)
        spend = sum(self.spend[group] for group in groups)
        return {
            "people": people,
            "price": spend / people,
            "people_share": people / sum(self.people.values()),
            "spend_share": spend / sum(self.spend.values()),
        }[measure]


@pytest.fixture(scope="module")
def segments(place: Place) -> Segments:
    return Segments(place)


def as_printed(row: dict[str, Any], segments: Segments) -> bool:
    """Whether the model's figure, rounded as the publication rounds, is the printed one."""
    found = segments.measured(row["measure"], row["groups"])
    return math.floor(round(found / row["printed_to"], 9) + 0.5) == round(row["printed"] / row["printed_to"])


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_published_figure_is_met_or_its_difference_is_explained(row: dict[str, Any], segments: Segments) -> None:
    found = segments.measured(row["measure"], row["groups"])
    assert as_printed(row, segments) != ("outside" in row), f"{row['figure']}: the model has {found:.6g}, printed is {row['printed']:.6g}"


def test_a_difference_stays_within_one_step_of_what_is_printed(segments: Segments) -> None:
    for row in ROWS:
        if "outside" in row:
            found = segments.measured(row["measure"], row["groups"])
            assert abs(found - row["printed"]) <= 1.01 * row["printed_to"], row["figure"]
            assert row["outside"].strip()


def test_total_spend_lies_between_the_totals_that_the_percentages_imply(segments: Segments) -> None:
    implied = PUBLISHED["implied_total_spend_gbp"]
    assert min(implied) <= sum(segments.spend.values()) <= max(implied)


def test_as_many_published_figures_are_met_as_ever(
    segments: Segments, request: pytest.FixtureRequest, record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    met = [row["id"] for row in ROWS if as_printed(row, segments)]
    missed = [row["id"] for row in ROWS if row["id"] not in met]
    report = f"{len(met)} of {len(ROWS)} published figures met within their printed rounding; outside: {', '.join(missed)}"
    record_property("published", report)
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        with capsys.disabled():
            terminal.write_line(f"\n{report}")
    assert len(met) >= PUBLISHED["matching"], report

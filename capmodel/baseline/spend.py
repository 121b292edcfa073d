"""Segment spend from published figures: persons, pounds and pounds a head, by segment, setting, provider and payer.

Published spend per head is scaled, group by group, to the published totals of each group; the group that has no published
total is what remains of the population. Spend is then split by setting, provider and payer and brought to the money of
the base year. The other route, from what was recorded person by person, is in `recorded`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, ratio, to_pence
from capmodel.algebra.links import assumption, lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend_checks import check as check
from capmodel.baseline.spend_checks import check_figures as check_figures

SHEET = "Calc 1 Segment spend"

deflator = Table("deflator", ("index_year",), "Price index", SHEET)
deflator.input("gdp_deflator_index", "index", "GDP deflator")

group = Table("group", ("group",), "Groups of segments with published totals", SHEET)
group.input("group_persons", "persons", "Published people in the group")
group.input("group_price_gbp_per_person", "GBP/persons", "Published spend per head of the group")
group.input("calibrated_flag", "flag", "The group has published totals", internal=True)
group.input("anchor_flag", "flag", "The group whose share of all people is published", internal=True)

segment = Table("segment", ("segment",), "Segments", SHEET)
segment.input("published_price_gbp_per_person", "GBP/persons", "Published spend per head")
segment.input("group_share", "share", "Share of the group's people")

place = Table("place", (), "The place as a whole", SHEET)

setting_mix = Table("setting_mix", ("segment", "setting"), "Where each segment's money is spent", SHEET)
setting_mix.input("setting_share", "share", "Setting's share of the segment's spend")

provider_mix = Table("provider_mix", ("setting", "provider"), "Who provides in each setting", SHEET)
provider_mix.input("provider_share", "share", "Provider's share of the setting")

payer_mix = Table("payer_mix", ("setting", "payer"), "Who pays in each setting", SHEET)
payer_mix.input("payer_share", "share", "Payer's share of the setting")

spend = Table("spend", ("segment", "setting", "provider", "payer"), "Spend by segment, setting, provider and payer", SHEET)

TABLES: tuple[Table, ...] = (deflator, group, place, segment, setting_mix, provider_mix, payer_mix, spend)
#: Columns whose keys decide which rows there are.
ROWS_COME_FROM: tuple[str, ...] = ("gdp_deflator_index", "provider_share", "payer_share", "icb_allocation_gbp", "social_care_control_gbp")


@group.line("persons", "People in the anchor group")
def anchor_persons(group_persons: Any, anchor_flag: Any) -> Any:
    """The people of the one group whose share of all people is published; zero for the others.

    Source: The journey to integration (2016), exhibits 14 to 17.
    """
    return group_persons * anchor_flag


@group.line("persons", "People in groups with published totals")
def stated_persons(group_persons: Any, calibrated_flag: Any) -> Any:
    """People counted by the publication itself."""
    return group_persons * calibrated_flag


@place.line(
    "persons",
    "Population",
    anchor=total(group, "anchor_persons"),
    anchor_share=assumption("mostly_healthy_people_share"),
)
def population_persons(anchor: Any, anchor_share: Any) -> Any:
    """All people of the place, worked back from one published group and its published share.

    Source: The journey to integration (2016), exhibits 14 to 17: 1,754,000 people are 64% of all.

    >>> population_persons(1_754_000, 0.64)
    2740625.0
    """
    return anchor / anchor_share


@group.line(
    "persons",
    "People",
    everyone=lookup(place, "population_persons"),
    stated=total(group, "stated_persons"),
)
def persons(group_persons: Any, calibrated_flag: Any, everyone: Any, stated: Any) -> Any:
    """People in the group: as published, or what the published groups leave of the population.

    >>> persons(np.array([1_754_000.0, 0]), np.array([1, 0]), 2_740_625, 2_284_200).tolist()
    [1754000.0, 456425.0]
    """
    return np.where(calibrated_flag > 0, group_persons, everyone - stated)


@group.line("persons", "Check: no group has a negative number of people")
def check_residual_persons(persons: Any) -> Any:
    """Zero unless the published groups add up to more people than there are."""
    return np.minimum(persons, 0)


@segment.line("persons", "People", group_people=lookup(group, "persons"))
def segment_persons(group_share: Any, group_people: Any) -> Any:
    """People in the segment: its share of its group.

    >>> segment_persons(0.25, 1000)
    250.0
    """
    return group_share * group_people


@segment.line("GBP", "Spend at published prices")
def uncalibrated_gbp(segment_persons: Any, published_price_gbp_per_person: Any) -> Any:
    """What the segment would cost at its published spend per head."""
    return segment_persons * published_price_gbp_per_person


@group.line("GBP", "Segments at published prices", total(segment, "uncalibrated_gbp", "group"))
def bottom_up_gbp() -> Any:
    """What the group's segments add up to at their published spend per head."""


@group.line("GBP", "Spend of the group")
def group_cost_gbp(persons: Any, group_price_gbp_per_person: Any, calibrated_flag: Any, bottom_up_gbp: Any) -> Any:
    """The group's spend: people times the published spend per head, or its segments where nothing is published."""
    return np.where(calibrated_flag > 0, persons * group_price_gbp_per_person, bottom_up_gbp)


@group.line("index", "Calibration to the published total")
def calibration_index(group_cost_gbp: Any, bottom_up_gbp: Any) -> Any:
    """What every segment price of the group is multiplied by so that the group meets its published total.

    The factor is shown, never spread silently; an empty group keeps its published prices.

    >>> round(float(calibration_index(6_000_000, 6_522_000)), 6)
    0.919963
    """
    return ratio(group_cost_gbp, bottom_up_gbp, otherwise=1, decimals=AMOUNTS)


@segment.line("GBP/persons", "Spend per head, calibrated", factor=lookup(group, "calibration_index"))
def calibrated_price_gbp_per_person(published_price_gbp_per_person: Any, factor: Any) -> Any:
    """Published spend per head, scaled so that the group meets its published total; in the money of the publication.

    Also the named fallback price of a segment with nobody in it.
    """
    return published_price_gbp_per_person * factor


@segment.line(
    "index",
    "Price growth to the base year",
    now=lookup(deflator, "gdp_deflator_index", index_year="base_year"),
    then=lookup(deflator, "gdp_deflator_index", index_year="price_year"),
)
def uprating_index(now: Any, then: Any) -> Any:
    """How much prices have grown from the year of the publication to the base year.

    Source: HM Treasury GDP deflators, financial years, as an index ratio.

    >>> round(uprating_index(103.2388, 74.5804), 4)
    1.3843
    """
    return now / then


@segment.line("GBP/persons", "Spend per head in the base year")
def base_price_gbp_per_person(calibrated_price_gbp_per_person: Any, uprating_index: Any) -> Any:
    """Spend per head in the money of the base year: the segment's price before any adjustment."""
    return calibrated_price_gbp_per_person * uprating_index


@segment.line("GBP", "Spend in the base year")
def base_cost_gbp(segment_persons: Any, base_price_gbp_per_person: Any) -> Any:
    """What the segment costs in a year, in the money of the base year; exactly zero for an empty segment."""
    return segment_persons * base_price_gbp_per_person


@segment.line("GBP", "Price growth to the base year, in pounds")
def uprating_gbp(segment_persons: Any, calibrated_price_gbp_per_person: Any, base_price_gbp_per_person: Any) -> Any:
    """What bringing the prices of the publication to the base year adds to the segment's spend.

    >>> uprating_gbp(100.0, 1000.0, 1384.0)
    38400.0
    """
    return segment_persons * (base_price_gbp_per_person - calibrated_price_gbp_per_person)


@place.line("GBP", "Price growth to the base year", total(segment, "uprating_gbp"))
def place_uprating_gbp() -> Any:
    """What bringing prices from their price years to the base year adds to the spend of the place."""


@place.line("GBP", "Spend of the place in the base year", total(segment, "base_cost_gbp"))
def place_cost_gbp() -> Any:
    """Health and social care spend of the place in a year, in the money of the base year."""


@place.line("persons", "People in all segments", total(segment, "segment_persons"))
def segmented_persons() -> Any:
    """People in segments; everyone is in exactly one."""


@place.line("persons", "Check: every person is in one segment")
def check_population_persons(population_persons: Any, segmented_persons: Any) -> Any:
    """Zero where the segments add up to the population."""
    return population_persons - segmented_persons


@group.line("share", "Check: shares of the group add up to 1", shares=total(segment, "group_share", "group"))
def check_group_share(shares: Any) -> Any:
    """Zero where the segments' shares of a group's people add up to 1."""
    return shares - 1


@segment.line("share", "Check: shares by setting add up to 1", shares=total(setting_mix, "setting_share", "segment"))
def check_setting_share(shares: Any) -> Any:
    """Zero where a segment's spend by setting adds up to its spend."""
    return shares - 1


@spend.line(
    "share",
    "Part of the segment's spend",
    setting_part=lookup(setting_mix, "setting_share"),
    provider_part=lookup(provider_mix, "provider_share"),
    payer_part=lookup(payer_mix, "payer_share"),
)
def part_share(setting_part: Any, provider_part: Any, payer_part: Any) -> Any:
    """The part of a segment's spend in one setting, at one provider, paid by one payer."""
    return setting_part * provider_part * payer_part


@spend.line("share", "Parts before this line", prior("so_far_share", along=("setting", "provider", "payer")))
def before_share() -> Any:
    """The parts of a segment above this line."""


@spend.line("share", "Parts so far")
def so_far_share(before_share: Any, part_share: Any) -> Any:
    """The parts of a segment down to this line; the last is 1. Budgets are cut along it, so that pennies add up."""
    return before_share + part_share


@spend.line("GBP", "Spend in the base year", segment_cost=lookup(segment, "base_cost_gbp"))
def cost_gbp(part_share: Any, segment_cost: Any) -> Any:
    """Spend on a segment in one setting, at one provider, by one payer."""
    return part_share * segment_cost


@spend.line("GBP/persons", "Spend per head of the segment", segment_price=lookup(segment, "base_price_gbp_per_person"))
def cost_gbp_per_person(part_share: Any, segment_price: Any) -> Any:
    """Spend in one setting, at one provider, by one payer, for each person of the segment."""
    return part_share * segment_price


@place.line("GBP", "Check: spend by line adds up to spend", lines=total(spend, "cost_gbp"))
def check_spend_gbp(place_cost_gbp: Any, lines: Any) -> Any:
    """Zero where spend by setting, provider and payer adds up to the spend of the place."""
    return to_pence(place_cost_gbp - lines)


def rows(pack: Pack) -> dict[str, Rows]:
    """The rows of these tables: members of the place's dimensions, and every setting, provider and payer that meet."""
    segments, groups = pack.dimensions["segment"], pack.dimensions["group"]
    settings = [entry.id for entry in pack.dimensions["setting"]]
    index_years = sorted({key for key, _ in pack.columns["gdp_deflator_index"].figures})
    providers, payers = key_pairs(pack, "provider_share", settings), key_pairs(pack, "payer_share", settings)
    routes = [
        (setting, provider, payer)
        for setting in settings
        for theirs, provider in providers
        if theirs == setting
        for thine, payer in payers
        if thine == setting
    ]
    lines = [(entry.id, *route, entry.text("group")) for entry in segments for route in routes]
    return {
        "deflator": Rows({"index_year": tuple(key[0] for key in index_years)}),
        "group": Rows({"group": tuple(entry.id for entry in groups)}),
        "place": Rows({}),
        "segment": Rows(
            {
                "segment": tuple(entry.id for entry in segments),
                **{name: tuple(entry.text(name) for entry in segments) for name in ("group", "age_band", "price_year", "base_year")},
            }
        ),
        "setting_mix": columns_of(("segment", "setting"), [(entry.id, setting) for entry in segments for setting in settings]),
        "provider_mix": columns_of(("setting", "provider"), providers),
        "payer_mix": columns_of(("setting", "payer"), payers),
        "spend": columns_of(("segment", "setting", "provider", "payer", "group"), lines),
    }


def columns_of(names: tuple[str, ...], lines: Sequence[tuple[str, ...]], years: tuple[int, ...] = ()) -> Rows:
    """Rows from a list of lines."""
    columns = zip(*lines, strict=True) if lines else ((),) * len(names)
    return Rows(dict(zip(names, columns, strict=True)), years)


def key_pairs(pack: Pack, column: str, settings: list[str]) -> list[tuple[str, ...]]:
    """The keys a pack gives figures for, in the order of the settings."""
    keys = dict.fromkeys(key for key, _ in pack.columns[column].figures)
    return sorted((key for key in keys if key[0] in settings), key=lambda key: settings.index(key[0]))

"""Segment spend from person-level data: the same tables as in `spend`, from what was recorded on each segment's people.

The place's pack holds the recorded pounds of every segment by setting, provider and payer, its person-years, what the
accounts of each payer say by setting, and the factor that scales recorded spend to them, which is 1 unless scaling was
asked for. What is recorded is in pounds of the base year. What the accounts hold beyond it is shown and never spread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from capmodel.algebra.functions import ratio, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.dimensions import DIMENSION_OF
from capmodel.assumptions.pack import Column, Pack
from capmodel.baseline import spend as published
from capmodel.baseline.spend import SHEET, columns_of, deflator
from capmodel.errors import Problem, nearest

place = Table("place", (), "The place as a whole, as recorded", SHEET)

segment = Table("segment", ("segment",), "Segments as recorded", SHEET)
segment.input("recorded_persons", "persons", "Person-years recorded")

spend = Table("spend", published.spend.keys, "Recorded spend by segment, setting, provider and payer", SHEET)
spend.input("recorded_cost_gbp", "GBP", "Recorded spend before scaling")

accounts = Table("accounts", ("payer", "setting"), "Reconciliation to the accounts", SHEET)
accounts.input("accounts_gbp", "GBP", "What the accounts say")
accounts.input("scaling_index", "index", "Scaling to the accounts")

all_accounts = Table("all_accounts", (), "Reconciliation to all accounts", SHEET)

provider_mix = Table("provider_mix", published.provider_mix.keys, "Who provides in each setting, as recorded", SHEET)

payer_mix = Table("payer_mix", published.payer_mix.keys, "Who pays in each setting, as recorded", SHEET)

#: The tables that stand in the place of those made from published figures.
OWN_TABLES: tuple[Table, ...] = (place, segment, spend, accounts, all_accounts, provider_mix, payer_mix)
TABLES: tuple[Table, ...] = (deflator, *OWN_TABLES)
#: Columns whose keys decide which rows there are, and those that must stand beside them.
ROWS_COME_FROM: tuple[str, ...] = (
    "gdp_deflator_index",
    "icb_allocation_gbp",
    "recorded_cost_gbp",
    "recorded_persons",
    "accounts_gbp",
    "scaling_index",
)


@segment.line("persons", "People")
def segment_persons(recorded_persons: Any) -> Any:
    """People in the segment: the person-years recorded in it, each month of a person a twelfth."""
    return recorded_persons


@spend.line("GBP", "Spend in the base year", scaling=lookup(accounts, "scaling_index"))
def cost_gbp(recorded_cost_gbp: Any, scaling: Any) -> Any:
    """Recorded spend times the scaling of its payer and setting, to the penny; the factor is 1 unless the place asked for scaling.

    >>> cost_gbp(1_200.25, 1.5)
    1800.38
    """
    return to_pence(recorded_cost_gbp * scaling)


@segment.line("GBP", "Spend in the base year", lines=total(spend, "cost_gbp", "segment"))
def base_cost_gbp(lines: Any) -> Any:
    """What the segment costs in a year: all of its lines, in the money of the base year."""
    return lines


@segment.line("GBP/persons", "Spend per head in the base year")
def base_price_gbp_per_person(base_cost_gbp: Any, segment_persons: Any) -> Any:
    """Spend over person-years. A segment with nobody in it has, as its named fallback, a price of nought, and no budget.

    >>> base_price_gbp_per_person(np.array([3_000.0, 0.0]), np.array([1.5, 0.0])).tolist()
    [2000.0, 0.0]
    """
    return ratio(base_cost_gbp, segment_persons)


@segment.line("GBP", "Check: nothing is spent on a segment with nobody in it")
def check_empty_gbp(base_cost_gbp: Any, segment_persons: Any) -> Any:
    """Nought unless spend is recorded for a segment without person-years: weighted by people, it would go to the others."""
    return np.where(segment_persons > 0, 0, base_cost_gbp)


@place.line("persons", "Population", segments=total(segment, "segment_persons"))
def population_persons(segments: Any) -> Any:
    """All people of the place: the person-years of its segments."""
    return segments


place.as_in(published.place, "place_cost_gbp")


@spend.line("GBP", "Spend of the whole segment", segment_cost=lookup(segment, "base_cost_gbp"))
def whole_cost_gbp(segment_cost: Any) -> Any:
    """What the segment of the line costs altogether."""
    return segment_cost


@spend.line("share", "Part of the segment's spend")
def part_share(cost_gbp: Any, whole_cost_gbp: Any) -> Any:
    """The part of what was recorded on a segment in one setting, at one provider, paid by one payer; nought where nothing was."""
    return ratio(cost_gbp, whole_cost_gbp)


spend.as_in(published.spend, "before_share", "so_far_share", "cost_gbp_per_person")
place.as_in(published.place, "check_spend_gbp")


@accounts.line("GBP", "Recorded spend", lines=total(spend, "recorded_cost_gbp", "payer", "setting"))
def recorded_gbp(lines: Any) -> Any:
    """What was recorded person by person for the payer in the setting."""
    return to_pence(lines)


@accounts.line("GBP", "Spend in the model", lines=total(spend, "cost_gbp", "payer", "setting"))
def scaled_gbp(lines: Any) -> Any:
    """What the model takes for the payer in the setting: recorded spend after scaling."""
    return to_pence(lines)


@accounts.line("GBP", "Difference made by scaling")
def scaling_gbp(recorded_gbp: Any, scaled_gbp: Any) -> Any:
    """Pounds that scaling adds to recorded spend, or takes from it; nought where the factor is 1.

    >>> scaling_gbp(1_000.0, 1_250.0)
    250.0
    """
    return to_pence(scaled_gbp - recorded_gbp)


@accounts.line("GBP", "Unallocated: in the accounts, on no segment")
def unallocated_gbp(accounts_gbp: Any, scaled_gbp: Any) -> Any:
    """What the accounts hold beyond the spend of the model; a minus where they hold less. Shown, never spread over segments.

    >>> unallocated_gbp(1_500.0, 1_250.0)
    250.0
    """
    return to_pence(accounts_gbp - scaled_gbp)


@accounts.line("GBP", "Check: recorded, scaling and unallocated add up to the accounts")
def check_accounts_gbp(recorded_gbp: Any, scaling_gbp: Any, unallocated_gbp: Any, accounts_gbp: Any) -> Any:
    """Nought where recorded spend, what scaling made of it and what is unallocated are the accounts, to the penny."""
    return to_pence(recorded_gbp + scaling_gbp + unallocated_gbp - accounts_gbp)


@all_accounts.line("GBP", "Recorded spend", lines=total(accounts, "recorded_gbp"))
def all_recorded_gbp(lines: Any) -> Any:
    """What was recorded for all payers in all settings."""
    return to_pence(lines)


@all_accounts.line("GBP", "Difference made by scaling", lines=total(accounts, "scaling_gbp"))
def all_scaling_gbp(lines: Any) -> Any:
    """Pounds that scaling adds, or takes, over all payers and settings."""
    return to_pence(lines)


@all_accounts.line("GBP", "Spend in the model", lines=total(accounts, "scaled_gbp"))
def all_scaled_gbp(lines: Any) -> Any:
    """What the model takes for all payers in all settings."""
    return to_pence(lines)


@all_accounts.line("GBP", "Unallocated: in the accounts, on no segment", lines=total(accounts, "unallocated_gbp"))
def all_unallocated_gbp(lines: Any) -> Any:
    """What all accounts together hold beyond the spend of the model."""
    return to_pence(lines)


@all_accounts.line("GBP", "What the accounts say", lines=total(accounts, "accounts_gbp"))
def all_accounts_gbp(lines: Any) -> Any:
    """The accounts of all payers in all settings."""
    return to_pence(lines)


@all_accounts.line("GBP", "Check: the accounts hold all spend of the place", spent=lookup(place, "place_cost_gbp"))
def check_place_gbp(all_scaled_gbp: Any, spent: Any) -> Any:
    """Nought where the spend of all segments is what the model takes for all payers and settings, to the penny."""
    return to_pence(all_scaled_gbp - spent)


@all_accounts.line("GBP", "Check: recorded, scaling and unallocated add up to all accounts")
def check_all_accounts_gbp(all_recorded_gbp: Any, all_scaling_gbp: Any, all_unallocated_gbp: Any, all_accounts_gbp: Any) -> Any:
    """Nought where the totals of recorded spend, scaling and what is unallocated are all accounts together, to the penny."""
    return to_pence(all_recorded_gbp + all_scaling_gbp + all_unallocated_gbp - all_accounts_gbp)


@provider_mix.line(
    "share",
    "Provider's share of the setting",
    own=total(spend, "cost_gbp", "setting", "provider"),
    whole=total(spend, "cost_gbp", "setting"),
)
def provider_share(own: Any, whole: Any) -> Any:
    """The provider's part of what is spent in the setting; nought where nothing is."""
    return ratio(own, whole)


@payer_mix.line(
    "share",
    "Payer's share of the setting",
    own=total(spend, "cost_gbp", "setting", "payer"),
    whole=total(spend, "cost_gbp", "setting"),
)
def payer_share(own: Any, whole: Any) -> Any:
    """The payer's part of what is spent in the setting; nought where nothing is."""
    return ratio(own, whole)


def rows(pack: Pack) -> dict[str, Rows]:
    """The rows of these tables: every segment, every route on which anything is recorded, and every account."""
    segments = pack.dimensions["segment"]
    routes = _known(pack, "recorded_cost_gbp", ("setting", "provider", "payer"))
    lines = [(entry.id, *route, entry.text("group")) for entry in segments for route in routes]
    # A route without an account is a row too, so that what is missing is reported and not dropped.
    told = {*_known(pack, "accounts_gbp", accounts.keys), *((payer, setting) for setting, _, payer in routes)}
    names = ("segment", "group", "age_band")
    return {
        "deflator": columns_of(deflator.keys, sorted({key for key, _ in pack.columns["gdp_deflator_index"].figures})),
        "place": Rows({}),
        "segment": columns_of(names, [(entry.id, entry.text("group"), entry.text("age_band")) for entry in segments]),
        "spend": columns_of((*spend.keys, "group"), lines),
        "accounts": columns_of(accounts.keys, _ordered(pack, told, accounts.keys)),
        "all_accounts": Rows({}),
        "provider_mix": columns_of(provider_mix.keys, list(dict.fromkeys((setting, provider) for setting, provider, _ in routes))),
        "payer_mix": columns_of(payer_mix.keys, list(dict.fromkeys((setting, payer) for setting, _, payer in routes))),
    }


def _known(pack: Pack, name: str, keys: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The keys that a column gives figures for, in the order of the place's dimensions."""
    column = pack.columns[name]
    at = [column.keys.index(key) for key in keys]
    return _ordered(pack, {tuple(given[i] for i in at) for given, _ in column.figures}, keys)


def _ordered(pack: Pack, found: set[tuple[str, ...]], keys: tuple[str, ...]) -> list[tuple[str, ...]]:
    members = [[entry.id for entry in pack.dimensions[DIMENSION_OF.get(key, key)]] for key in keys]
    known = [key for key in found if all(part in own for part, own in zip(key, members, strict=True))]
    return sorted(known, key=lambda key: [own.index(part) for part, own in zip(key, members, strict=True)])


def check(pack: Pack, problems: list[Problem]) -> None:
    """Report what cannot be so in the figures of a place."""
    check_figures(pack.columns, problems)
    indexed = {key[0] for key, _ in pack.columns["gdp_deflator_index"].figures}
    if str(pack.base_year) not in indexed:
        why = "the price index of the national pack does not have it"
        problems.append(Problem("place.yaml", f"the base year is {pack.base_year}", why, nearest(str(pack.base_year), indexed)))


def check_figures(columns: Mapping[str, Column], problems: list[Problem]) -> None:
    """Report a place without people or spend, spend on a segment with nobody in it, and parts of a penny."""
    people, spent = columns["recorded_persons"], columns["recorded_cost_gbp"]
    if not any(figure.value > 0 for figure in people.figures.values()):
        problems.append(Problem(people.file, "the population is nought", "there is nobody to share the envelope among", "Record people"))
    elif not any(figure.value > 0 for figure in spent.figures.values()):
        problems.append(Problem(spent.file, "nothing is spent", "there is no envelope to share", "Record spend"))
    empty = {key[0] for (key, _), figure in people.figures.items() if not figure.value > 0}
    at = spent.keys.index("segment")
    for name in dict.fromkeys(key[at] for (key, _), figure in spent.figures.items() if figure.value > 0 and key[at] in empty):
        why = "weighted by people, its spend would go to other segments"
        problems.append(Problem(people.file, f"{name} has spend and nobody in it", why, "Give it the people who were cared for"))
    for column in (spent, columns["accounts_gbp"]):
        for (key, _), figure in column.figures.items():
            if abs(to_pence(figure.value) - figure.value) > 0:
                what = f"{', '.join(key)} is {figure.value!r}"
                problems.append(Problem(column.file, what, "money is recorded to the penny", f"Write {to_pence(figure.value):.2f}"))

"""Segment spend from person-level data: the same tables as in `spend`, from what was recorded on each segment's people.

The place's pack holds the recorded pounds of every segment by setting, provider and payer, what block contracts add to them,
its person-years, what the accounts of each payer say by setting, and where spend is scaled to them. Pounds are of the base
year. What the accounts hold beyond spend is shown and never spread, and so is what was recorded for nobody known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
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
spend.input("recorded_cost_gbp", "GBP", "Recorded spend")
spend.input("apportioned_cost_gbp", "GBP", "Apportioned from block contracts")

accounts = Table("accounts", ("payer", "setting"), "Reconciliation to the accounts", SHEET)
accounts.input("accounts_gbp", "GBP", "What the accounts say")
accounts.input("accounts_given_flag", "flag", "The accounts are given", internal=True)
accounts.input("scaled_flag", "flag", "Spend is scaled to the accounts")
accounts.input("unlinked_gbp", "GBP", "Recorded for nobody known")

all_accounts = Table("all_accounts", (), "Reconciliation to all accounts", SHEET)

provider_mix = Table("provider_mix", published.provider_mix.keys, "Who provides in each setting, as recorded", SHEET)

payer_mix = Table("payer_mix", published.payer_mix.keys, "Who pays in each setting, as recorded", SHEET)

#: The tables that stand in the place of those made from published figures.
OWN_TABLES: tuple[Table, ...] = (place, segment, spend, accounts, all_accounts, provider_mix, payer_mix)
TABLES: tuple[Table, ...] = (deflator, *OWN_TABLES)
#: Columns that a feed of people gives.
RECORDED = (
    "recorded_cost_gbp",
    "apportioned_cost_gbp",
    "recorded_persons",
    "accounts_gbp",
    "accounts_given_flag",
    "scaled_flag",
    "unlinked_gbp",
)
#: Columns whose keys decide which rows there are, and those that must stand beside them.
ROWS_COME_FROM: tuple[str, ...] = ("gdp_deflator_index", "icb_allocation_gbp", *RECORDED)
#: A line and the one above it of the same payer and setting.
_WITHIN_ACCOUNT = ("segment", "provider")


@segment.line("persons", "People")
def segment_persons(recorded_persons: Any) -> Any:
    """People in the segment: the person-years recorded in it, each month of a person a twelfth."""
    return recorded_persons


@spend.line("GBP", "Spend before scaling")
def unscaled_gbp(recorded_cost_gbp: Any, apportioned_cost_gbp: Any) -> Any:
    """What was recorded on the line and what block contracts add to it.

    >>> unscaled_gbp(1_200.25, 300.10)
    1500.35
    """
    return to_pence(recorded_cost_gbp + apportioned_cost_gbp)


@spend.line("GBP", "Spend before scaling, so far", above=prior("so_far_unscaled_gbp", along=_WITHIN_ACCOUNT))
def so_far_unscaled_gbp(unscaled_gbp: Any, above: Any) -> Any:
    """Spend before scaling of the payer in the setting, down to this line."""
    return to_pence(above + unscaled_gbp)


@spend.line("GBP", "Spend so far", scaling=lookup(accounts, "scaling_index"))
def so_far_gbp(so_far_unscaled_gbp: Any, scaling: Any) -> Any:
    """Spend of the payer in the setting down to this line, scaled, to the penny; on the last line it is the whole.

    >>> so_far_gbp(1_200.25, 1.5)
    1800.38
    """
    return to_pence(so_far_unscaled_gbp * scaling)


@spend.line("GBP", "Spend in the base year", above=prior("so_far_gbp", along=_WITHIN_ACCOUNT))
def cost_gbp(so_far_gbp: Any, above: Any) -> Any:
    """What this line adds to scaled spend so far: cut along the running sum, so that lines add up to the accounts they are scaled to.

    Without scaling it is what was recorded and apportioned; a line of zero is zero.
    """
    return to_pence(so_far_gbp - above)


@segment.line("GBP", "Spend in the base year", total(spend, "cost_gbp", "segment"))
def base_cost_gbp() -> Any:
    """What the segment costs in a year: all of its lines, in the money of the base year."""


@segment.line("GBP/persons", "Spend per head in the base year")
def base_price_gbp_per_person(base_cost_gbp: Any, segment_persons: Any) -> Any:
    """Spend over person-years. A segment with nobody in it has, as its named fallback, a price of zero, and no budget.

    >>> base_price_gbp_per_person(np.array([3_000.0, 0.0]), np.array([1.5, 0.0])).tolist()
    [2000.0, 0.0]
    """
    return ratio(base_cost_gbp, segment_persons, decimals=AMOUNTS)


@segment.line("GBP", "Check: nothing is spent on a segment with nobody in it")
def check_empty_gbp(base_cost_gbp: Any, segment_persons: Any) -> Any:
    """Zero unless spend is recorded for a segment without person-years: weighted by people, it would go to the others."""
    return np.where(above(segment_persons, 0, AMOUNTS), 0, base_cost_gbp)


@place.line("persons", "Population", total(segment, "segment_persons"))
def population_persons() -> Any:
    """All people of the place: the person-years of its segments."""


place.as_in(published.place, "place_cost_gbp")


@spend.line("GBP", "Spend of the whole segment", lookup(segment, "base_cost_gbp"))
def whole_cost_gbp() -> Any:
    """What the segment of the line costs altogether."""


@spend.line("share", "Part of the segment's spend")
def part_share(cost_gbp: Any, whole_cost_gbp: Any) -> Any:
    """The part of what was recorded on a segment in one setting, at one provider, paid by one payer; zero where nothing was."""
    return ratio(cost_gbp, whole_cost_gbp, decimals=AMOUNTS)


spend.as_in(published.spend, "before_share", "so_far_share", "cost_gbp_per_person")
place.as_in(published.place, "check_spend_gbp")


@accounts.line("GBP", "Recorded spend", lines=total(spend, "recorded_cost_gbp", "payer", "setting"))
def recorded_gbp(lines: Any) -> Any:
    """What was recorded person by person for the payer in the setting."""
    return to_pence(lines)


@accounts.line("GBP", "Apportioned from block contracts", lines=total(spend, "apportioned_cost_gbp", "payer", "setting"))
def apportioned_gbp(lines: Any) -> Any:
    """What block contracts of the payer in the setting add to what was recorded."""
    return to_pence(lines)


@accounts.line("GBP", "Spend before scaling")
def before_scaling_gbp(recorded_gbp: Any, apportioned_gbp: Any) -> Any:
    """Recorded and apportioned spend of the payer in the setting."""
    return to_pence(recorded_gbp + apportioned_gbp)


@accounts.line("index", "Scaling to the accounts")
def scaling_index(scaled_flag: Any, accounts_gbp: Any, before_scaling_gbp: Any) -> Any:
    """The accounts over spend before scaling, where the place asks for scaling; 1 elsewhere.

    >>> scaling_index(np.array([1, 0]), np.array([1_500.0, 1_500.0]), np.array([1_000.0, 1_000.0])).tolist()
    [1.5, 1.0]
    """
    return np.where(scaled_flag > 0, ratio(accounts_gbp, before_scaling_gbp, 1, AMOUNTS), 1)


@accounts.line("GBP", "Spend in the model", lines=total(spend, "cost_gbp", "payer", "setting"))
def scaled_gbp(lines: Any) -> Any:
    """What the model takes for the payer in the setting: all of its lines, after scaling."""
    return to_pence(lines)


@accounts.line("GBP", "Difference made by scaling")
def scaling_gbp(before_scaling_gbp: Any, scaled_gbp: Any) -> Any:
    """Pounds that scaling adds to spend, or takes from it; zero where nothing is scaled."""
    return to_pence(scaled_gbp - before_scaling_gbp)


@accounts.line("GBP", "Unlinked: recorded for nobody known, on no segment")
def unlinked_left_gbp(unlinked_gbp: Any, scaled_flag: Any) -> Any:
    """Activity that found no person. Where spend is scaled to the accounts, scaling has brought it in, and nothing is left of it."""
    return np.where(scaled_flag > 0, 0, unlinked_gbp)


@accounts.line("GBP", "Unallocated: in the accounts, on no segment")
def unallocated_gbp(accounts_given_flag: Any, accounts_gbp: Any, scaled_gbp: Any, unlinked_left_gbp: Any) -> Any:
    """What the accounts hold beyond spend and unlinked activity; a minus where they hold less. Shown, never spread over segments.

    Without accounts there is nothing to tell, and it is zero.
    """
    return np.where(accounts_given_flag > 0, to_pence(accounts_gbp - scaled_gbp - unlinked_left_gbp), 0)


@accounts.line("GBP", "Held against no accounts")
def unbooked_gbp(accounts_given_flag: Any, scaled_gbp: Any, unlinked_left_gbp: Any) -> Any:
    """Spend and unlinked activity for which no accounts were given; zero where they were."""
    return np.where(accounts_given_flag > 0, 0, to_pence(scaled_gbp + unlinked_left_gbp))


@accounts.line("GBP", "Check: spend is the accounts where it is scaled to them, and what was recorded elsewhere")
def check_accounts_gbp(scaled_flag: Any, accounts_gbp: Any, before_scaling_gbp: Any, scaled_gbp: Any) -> Any:
    """Zero where the lines of a payer and setting add up, to the penny, to the accounts if scaled, and to what went in if not."""
    return to_pence(scaled_gbp - np.where(scaled_flag > 0, accounts_gbp, before_scaling_gbp))


@all_accounts.line("GBP", "Recorded spend", lines=total(accounts, "recorded_gbp"))
def all_recorded_gbp(lines: Any) -> Any:
    """What was recorded for all payers in all settings."""
    return to_pence(lines)


@all_accounts.line("GBP", "Apportioned from block contracts", lines=total(accounts, "apportioned_gbp"))
def all_apportioned_gbp(lines: Any) -> Any:
    """What block contracts add, over all payers and settings."""
    return to_pence(lines)


@all_accounts.line("GBP", "Difference made by scaling", lines=total(accounts, "scaling_gbp"))
def all_scaling_gbp(lines: Any) -> Any:
    """Pounds that scaling adds, or takes, over all payers and settings."""
    return to_pence(lines)


@all_accounts.line("GBP", "Spend in the model", lines=total(accounts, "scaled_gbp"))
def all_scaled_gbp(lines: Any) -> Any:
    """What the model takes for all payers in all settings."""
    return to_pence(lines)


@all_accounts.line("GBP", "Unlinked: recorded for nobody known, on no segment", lines=total(accounts, "unlinked_left_gbp"))
def all_unlinked_gbp(lines: Any) -> Any:
    """Activity of all payers in all settings that found no person, and that no scaling brought in."""
    return to_pence(lines)


@all_accounts.line("GBP", "Unallocated: in the accounts, on no segment", lines=total(accounts, "unallocated_gbp"))
def all_unallocated_gbp(lines: Any) -> Any:
    """What all accounts together hold beyond spend and unlinked activity."""
    return to_pence(lines)


@all_accounts.line("GBP", "Held against no accounts", lines=total(accounts, "unbooked_gbp"))
def all_unbooked_gbp(lines: Any) -> Any:
    """Spend and unlinked activity of all payers and settings for which no accounts were given."""
    return to_pence(lines)


@all_accounts.line("GBP", "What the accounts say", lines=total(accounts, "accounts_gbp"))
def all_accounts_gbp(lines: Any) -> Any:
    """The accounts of all payers in all settings, as far as they were given."""
    return to_pence(lines)


@all_accounts.line("GBP", "Check: payers and settings hold all spend of the place", spent=lookup(place, "place_cost_gbp"))
def check_place_gbp(all_scaled_gbp: Any, spent: Any) -> Any:
    """Zero where the spend of all segments is what the model takes for all payers and settings, to the penny."""
    return to_pence(all_scaled_gbp - spent)


@provider_mix.line(
    "share",
    "Provider's share of the setting",
    own=total(spend, "cost_gbp", "setting", "provider"),
    whole=total(spend, "cost_gbp", "setting"),
)
def provider_share(own: Any, whole: Any) -> Any:
    """The provider's part of what is spent in the setting; zero where nothing is."""
    return ratio(own, whole, decimals=AMOUNTS)


@payer_mix.line(
    "share",
    "Payer's share of the setting",
    own=total(spend, "cost_gbp", "setting", "payer"),
    whole=total(spend, "cost_gbp", "setting"),
)
def payer_share(own: Any, whole: Any) -> Any:
    """The payer's part of what is spent in the setting; zero where nothing is."""
    return ratio(own, whole, decimals=AMOUNTS)


def rows(pack: Pack) -> dict[str, Rows]:
    """The rows of these tables: every segment, every route on which anything is recorded, and every account."""
    segments = pack.dimensions["segment"]
    of_route = ("setting", "provider", "payer")
    # What stands in one table only is a row too, so that what is missing is reported and not dropped.
    routes = _ordered(
        pack, {key for name in ("recorded_cost_gbp", "apportioned_cost_gbp") for key in _known(pack, name, of_route)}, of_route
    )
    lines = [(entry.id, *route, entry.text("group")) for entry in segments for route in routes]
    accounted = {key for name in accounts.inputs for key in _known(pack, name, accounts.keys)}
    accounted |= {(payer, setting) for setting, _, payer in routes}
    names = ("segment", "group", "age_band")
    return {
        "deflator": columns_of(deflator.keys, sorted({key for key, _ in pack.columns["gdp_deflator_index"].figures})),
        "place": Rows({}),
        "segment": columns_of(names, [(entry.id, entry.text("group"), entry.text("age_band")) for entry in segments]),
        "spend": columns_of((*spend.keys, "group"), lines),
        "accounts": columns_of(accounts.keys, _ordered(pack, accounted, accounts.keys)),
        "all_accounts": Rows({}),
        "provider_mix": columns_of(provider_mix.keys, list(dict.fromkeys((setting, provider) for setting, provider, _ in routes))),
        "payer_mix": columns_of(payer_mix.keys, list(dict.fromkeys((setting, payer) for setting, _, payer in routes))),
    }


def _known(pack: Pack, name: str, keys: tuple[str, ...]) -> set[tuple[str, ...]]:
    """The keys that a column gives figures for."""
    column = pack.columns[name]
    at = [column.keys.index(key) for key in keys]
    return {tuple(given[i] for i in at) for given, _ in column.figures}


def _ordered(pack: Pack, found: set[tuple[str, ...]], keys: tuple[str, ...]) -> list[tuple[str, ...]]:
    members = [[entry.id for entry in pack.dimensions[DIMENSION_OF.get(key, key)]] for key in keys]
    known = [key for key in found if all(part in own for part, own in zip(key, members, strict=True))]
    return sorted(known, key=lambda key: [own.index(part) for part, own in zip(key, members, strict=True)])


def check(pack: Pack, problems: list[Problem]) -> None:
    """Report what cannot be so in the figures of a place."""
    check_figures(pack.columns, problems)
    indexed = {key[0] for key, _ in pack.columns["gdp_deflator_index"].figures}
    if str(pack.base_year) not in indexed and not pack.columns["gdp_deflator_index"].faulty:
        why = "the price index of the national pack does not have it in gdp_deflator_index.csv"
        problems.append(Problem("place.yaml", f"the base year is {pack.base_year}", why, nearest(str(pack.base_year), indexed)))


def check_figures(columns: Mapping[str, Column], problems: list[Problem]) -> None:
    """Report a place without people or spend, spend on a segment with nobody in it, parts of a penny, and impossible accounts."""
    if any(columns[name].faulty for name in RECORDED):
        return
    people, costs = columns["recorded_persons"], [columns[name] for name in ("recorded_cost_gbp", "apportioned_cost_gbp")]
    spent = [(column, dict(zip(column.keys, key, strict=True)), f.value) for column in costs for (key, _), f in column.figures.items()]
    if not any(figure.value > 0 for figure in people.figures.values()):
        problems.append(Problem(people.file, "the population is zero", "there is nobody to share the envelope among", "Record people"))
    elif not any(value > 0 for _, _, value in spent):
        problems.append(Problem(costs[0].file, "nothing is spent", "there is no envelope to share", "Record spend"))
    empty = {key[0] for (key, _), figure in people.figures.items() if not figure.value > 0}
    for name in dict.fromkeys(key["segment"] for _, key, value in spent if value > 0 and key["segment"] in empty):
        why = "weighted by people, its spend would go to other segments"
        problems.append(Problem(people.file, f"{name} has spend and nobody in it", why, "Give it the people who were cared for"))
    for column in (*costs, columns["accounts_gbp"], columns["unlinked_gbp"]):
        for (key, _), figure in column.figures.items():
            what = f"{', '.join(key)} is {figure.value!r}"
            if abs(to_pence(figure.value) - figure.value) > 0:
                problems.append(Problem(column.file, what, "money is recorded to the penny", f"Write {to_pence(figure.value):.2f}"))
            # Whatever else was recorded is refused below zero by its name.
            elif figure.value < 0 and column.name in ("apportioned_cost_gbp", "unlinked_gbp"):
                problems.append(Problem(column.file, what, "it cannot be below zero", "Correct the sign"))
    before: dict[tuple[str, ...], float] = {}
    for _, line, value in spent:
        account = (line["payer"], line["setting"])
        before[account] = before.get(account, 0.0) + value
    _check_accounts(columns, before, problems)


def _check_accounts(columns: Mapping[str, Column], before: Mapping[tuple[str, ...], float], problems: list[Problem]) -> None:
    """Report accounts that are said not to be given, and scaling to accounts that cannot be met; `before` is spend before scaling."""
    booked, given, scaled = (_by_account(columns[name]) for name in ("accounts_gbp", "accounts_given_flag", "scaled_flag"))
    for key, value in booked.items():
        named = ", ".join(key)
        if abs(value) > 0 and not given.get(key, 1) > 0:
            what = f"{named} is {value:.2f}, and {columns['accounts_given_flag'].file} says that no accounts were given"
            remedy = "Feed the extract again, or write 1 there, or 0 here"
            problems.append(Problem(columns["accounts_gbp"].file, what, "a figure is the accounts or it is not", remedy))
        if not scaled.get(key, 0) > 0:
            continue
        whys = {
            "no accounts were given for it": not given.get(key, 1) > 0,
            "the accounts are below zero": value < 0,
            "nothing was recorded that could be scaled": value > 0 and not before.get(key, 0) > 0,
        }
        for why in (why for why, found in whys.items() if found):
            problems.append(Problem(columns["scaled_flag"].file, f"{named} is to be scaled to the accounts", why, "Write 0 for it"))


def accounts_given(columns: Mapping[str, Column]) -> str:
    """Whether the accounts of all payers and settings were given, of some, or of none."""
    given = [figure.value > 0 for figure in columns["accounts_given_flag"].figures.values()]
    return "none" if not any(given) else "all" if all(given) else "some"


def _by_account(column: Column) -> dict[tuple[str, ...], float]:
    at = [column.keys.index(key) for key in accounts.keys if key in column.keys]
    return {tuple(key[i] for i in at): figure.value for (key, _), figure in column.figures.items()}

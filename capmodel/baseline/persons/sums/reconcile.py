"""Holds segment spend against the accounts, by payer and setting, and apportions block contracts by a stated driver.

What the accounts have and people do not is shown as outside the segments, never spread. Scaling to the accounts happens only for the
settings the pack names, as a factor on its own line; the recorded figures stay as they were recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from capmodel.baseline.persons.extract.column_map import Block, ColumnMap
from capmodel.baseline.persons.sums.aggregate import ROUTE, Aggregates
from capmodel.errors import BadInput, Problem

RECORDED, APPORTIONED = "recorded", "apportioned"


def check_drivers(columns: ColumnMap) -> list[Problem]:
    """What is wrong with the drivers of the block contracts of a map, before anything is added up.

    Activity shares a contract out only where every amount has it: the parts are disclosed, and where one route alone has activity
    they are as large as its activity, suppressed or not.
    """
    lacking = [item.column for item in columns.spend if item.activity is None]
    what = f"the driver is activity, and {', '.join(lacking)} {'has' if len(lacking) == 1 else 'have'} no activity"
    why = "what has none would count for nothing, and the parts would tell suppressed activity of the rest"
    remedy = "Map activity: beside every column of spend, or choose persons, person_months or spend"
    return [
        Problem(f"{columns.path.name}, block contract {block.id}", what, why, remedy)
        for block in columns.blocks
        if lacking and block.driver == "activity"
    ]


def check_parts(blocks: Sequence[Block], spend: pd.DataFrame, year: int) -> list[Problem]:
    """What is wrong with showing the parts of block contracts beside the spend that is shown.

    Parts by activity are in proportion to the activity of a segment and locality, and with the amount of the contract they say how much
    activity there is in all. What is shown of the rest leaves the suppressed lines: two that add up to two are one and one. So
    activity shares a contract out only where all activity is shown. People, person-months and spend of a segment and locality are
    suppressed together with the parts, so their parts say nothing that is not shown.

    Args:
        blocks: the block contracts.
        spend: what is shown of spend by segment, locality and route; activity is missing where it is not shown.
        year: the year in which contracts are shared out.
    """
    undisclosed = int((spend["year"].eq(year) & spend["basis"].eq(RECORDED) & spend["activity"].isna()).sum())
    if not undisclosed:
        return []
    what = f"the driver is activity, and {undisclosed:,} figures of activity in {year} are suppressed"
    why = "the parts, which are in proportion to activity, would give them back"
    remedy = "Choose persons, person_months or spend as the driver, or merge small segments, localities and providers"
    return [Problem(f"persons.yaml, block contract {block.id}", what, why, remedy) for block in blocks if block.driver == "activity"]


def apportion(aggregates: Aggregates, blocks: Sequence[Block], year: int) -> pd.DataFrame:
    """Each block contract over segments and localities, in whole pence that add up to it.

    The parts are cut along the running total of the driver, so that nothing is lost and a segment without the driver gets
    nothing.

    Returns:
        year, segment, locality, setting, provider, payer, users (everybody there), cost_pence, activity, basis.

    Raises:
        BadInput: the driver of a contract adds up to zero, so that its money would reach nobody.
    """
    frames, problems = [], []
    for block in blocks:
        people = aggregates.people[aggregates.people["year"] == year]
        driver = people[{"persons": "people", "person_months": "person_months"}.get(block.driver, "cost_pence")]
        if block.driver == "activity":
            by_pair = aggregates.spend.groupby(["year", "segment", "locality"])["activity"].sum()
            driver = pd.Series(
                [by_pair.get(key, 0) for key in people[["year", "segment", "locality"]].itertuples(index=False, name=None)],
                index=people.index,
            )
        if not int(driver.sum()) > 0:
            what = f"the driver {block.driver} adds up to zero in {year}"
            why = f"£{block.amount_gbp:,.2f} would reach no segment"
            remedy = "Choose a driver that the extract has, such as persons, or take the contract out"
            problems.append(Problem(f"persons.yaml, block contract {block.id}", what, why, remedy))
            continue
        frames.append(
            people[["year", "segment", "locality"]].assign(
                setting=block.route.setting,
                provider=block.route.provider,
                payer=block.route.payer,
                users=people["people"],
                cost_pence=split(round(block.amount_gbp * 100), [int(value) for value in driver]),
                activity=0,
                basis=APPORTIONED,
            )
        )
    if problems:
        raise BadInput(problems)
    columns = ["year", "segment", "locality", *ROUTE, "users", "cost_pence", "activity", "basis"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def split(pence: int, driver: Sequence[int]) -> list[int]:
    """An amount cut along the running total of a driver; the parts add up to it.

    >>> split(100, [1, 1, 1]), split(100, [0, 5, 0]), split(100, [0, 0])
    ([33, 33, 34], [0, 100, 0], [0, 0])
    """
    whole, so_far, given, parts = sum(driver), 0, 0, []
    for part in driver:
        so_far += part
        until = pence * so_far // whole if whole else 0
        parts.append(until - given)
        given = until
    return parts


def reconcile(
    spend: pd.DataFrame,
    accounts: Mapping[tuple[str, str], int],
    without_person: Mapping[tuple[str, str], int],
    rounding: Mapping[tuple[str, str], int],
    scaled_settings: Sequence[str],
    year: int,
) -> pd.DataFrame:
    """Segment spend of a year against the accounts.

    Args:
        spend: year, setting, payer, cost_pence, basis; recorded and apportioned.
        accounts: what the accounts say, in pence, by payer and setting; empty where there are none.
        without_person: activity that found no person, in pence, by payer and setting.
        rounding: what writing amounts in whole pence added to what was recorded, in pence, by payer and setting.
        scaled_settings: settings whose spend the pack asks to be scaled to the accounts.
        year: the year the accounts are of.

    Returns:
        payer, setting, recorded_pence, rounding_pence (part of what is recorded), apportioned_pence, scaling_index, scaled_pence (what scaling adds), accounts_pence
        (missing without accounts), unlinked_pence (known activity without a person), outside_pence (accounts less all
        that reached a segment; missing without accounts).
    """
    of_year = spend[spend["year"] == year]
    reached = {basis: rows.groupby(["payer", "setting"])["cost_pence"].sum() for basis, rows in of_year.groupby("basis")}
    none: Mapping[tuple[str, str], int] = {}
    keys = sorted(
        {
            *((str(payer), str(setting)) for payer, setting in zip(of_year["payer"], of_year["setting"], strict=True)),
            *accounts,
            *without_person,
        }
    )
    rows = []
    for key in keys:
        recorded, apportioned = (int(reached.get(basis, none).get(key, 0)) for basis in (RECORDED, APPORTIONED))
        booked = accounts.get(key)
        here = recorded + apportioned
        scaled = booked - here if key[1] in scaled_settings and booked is not None and here else 0
        rows.append(
            {
                "payer": key[0],
                "setting": key[1],
                "recorded_pence": recorded,
                "rounding_pence": rounding.get(key, 0),
                "apportioned_pence": apportioned,
                "scaling_index": (here + scaled) / here if here else 1.0,
                "scaled_pence": scaled,
                "accounts_pence": booked,
                "unlinked_pence": without_person.get(key, 0),
                "outside_pence": None if booked is None else booked - here - scaled,
            }
        )
    frame = pd.DataFrame(rows)
    return frame.astype({"accounts_pence": "Int64", "outside_pence": "Int64"}) if rows else frame

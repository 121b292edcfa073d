"""What cannot be so in the figures of agreements: a priced line without a price, a factor of zero, a plan without activity, and others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.pack import Column, Key
from capmodel.assumptions.years import year_label
from capmodel.contracts.agreements.lines import mean_value_gbp
from capmodel.contracts.agreements.place_tables import (
    FACTOR,
    FIXED,
    MEAN_OF,
    MET,
    PAST,
    PLAN,
    PRICE,
    Given,
    without_lines,
    years_in_mean,
)
from capmodel.contracts.agreements.stated import Agreed
from capmodel.errors import Problem, listed, nearest


def faults(
    document: Document, agreed: Sequence[Agreed], columns: Mapping[str, Given], years: Sequence[int], units: Sequence[str] | None
) -> Iterator[Problem]:
    """Every fault of the figures, each once, with its file.

    Args:
        document: agreements.yaml.
        agreed: the agreements and their lines.
        columns: the columns of the place by name.
        years: the years of the model.
        units: the units of payments.yaml; None where the place does not have it.
    """
    lines = columns[PLAN].keys
    for column in columns.values():
        yield from without_lines(column, lines)
    yield from _sizes(columns)
    priced = [line for each in agreed if each.paid.is_priced for line in each.lines]
    yield from _prices(columns, priced)
    yield from _without_activity(columns[PLAN], priced, years)
    yield from _lacking(columns[FIXED], [line for each in agreed if each.paid.fixed == "stated" for line in each.lines], "stated sum")
    yield from _lacking(columns[MET], [line for each in agreed if each.paid.by_criteria for line in each.lines], "part of the criteria met")
    for i, each in enumerate(agreed):
        if each.paid.fixed == "mean":
            yield from _means(document, i, each, columns[PAST], years)
        if each.paid.units is not None:
            yield from _units(document, i, each, units)
            before = {unit: other.stated.id for other in agreed[:i] for unit in other.paid.units or ()}
            for unit in [unit for unit in each.paid.units if unit in before]:
                what, why = f"{before[unit]} pays the unit {unit} too", "it would be paid twice"
                yield document.problem(["agreements", i, "terms", "units", unit], what, why, "Keep it in one of them")


def figure_faults(columns: Mapping[str, Column], problems: list[Problem]) -> None:
    """Report figures of one run that cannot be: a market forces factor of zero."""
    if FACTOR in columns:
        problems += [_no_factor(FACTOR, key) for (key, _), figure in columns[FACTOR].figures.items() if figure.value == 0]


def _no_factor(where: str, key: Key) -> Problem:
    what, why = f"the market forces factor of {', '.join(key)} is zero", "every price of the provider would be nil"
    return Problem(where, what, why, "Write the factor, 1 where there is none")


def _sizes(columns: Mapping[str, Given]) -> Iterator[Problem]:
    for key in dict.fromkeys(key for (key, _), value in columns[FACTOR].figures.items() if value == 0):
        yield _no_factor(columns[FACTOR].file, key)


def _prices(columns: Mapping[str, Given], priced: Sequence[Key]) -> Iterator[Problem]:
    """Priced lines without a unit price, or whose provider has no factor: each price and each provider once."""
    price, factor = columns[PRICE], columns[FACTOR]
    for key in dict.fromkeys((line[0], line[1]) for line in priced):
        values = [value for (at, _), value in price.figures.items() if at == key]
        if price.whole and not values:
            what, why = f"there is no unit price of {', '.join(key)}", "an agreement pays its lines by price"
            yield Problem(price.file, what, why, "Add it, or pay these lines by a mechanism without prices")
        elif any(value == 0 for value in values):
            what, why = f"the unit price of {', '.join(key)} is zero", "an agreement pays its lines by price"
            yield Problem(price.file, what, why, "Write the price, or pay these lines by a mechanism without prices")
    for provider in dict.fromkeys(line[2] for line in priced):
        if factor.whole and (provider,) not in factor.keys:
            what, why = f"there is no market forces factor of {provider}", "its lines are paid by price and factor"
            yield Problem(factor.file, what, why, "Add it, 1 where there is none")


def _without_activity(plan: Given, priced: Sequence[Key], years: Sequence[int]) -> Iterator[Problem]:
    for line in priced:
        if plan.whole and not any(plan.at(line, year) for year in years):
            what, why = f"the plan of {', '.join(line)} has no activity", "an agreement pays the line by its activity"
            yield Problem(plan.file, what, why, "Write the plan, or pay the line by a stated sum")


def _lacking(column: Given, lines: Sequence[Key], of: str) -> Iterator[Problem]:
    there = set(column.keys)
    for line in lines if column.whole else ():
        if line not in there:
            yield Problem(column.file, f"there is no figure for {', '.join(line)}", f"its agreement pays a {of}", "Add a row for it")


def _means(document: Document, i: int, agreed: Agreed, past: Given, years: Sequence[int]) -> Iterator[Problem]:
    """Past years that cannot be read, lines without three of them, and pairs of provider and payer above the threshold."""
    if not past.whole:
        return
    strange = [key for key in past.keys if not (key[-1].isascii() and key[-1].isdecimal() and len(key[-1]) == len("2024"))]
    for stated in dict.fromkeys(key[-1] for key in strange):
        remedy = "Write the year it starts in, such as 2024"
        yield Problem(past.file, f"the past year {stated!r} is no year", "the mean is of the three latest years before each year", remedy)
    if strange:
        return
    means: dict[tuple[str, str, int], float] = {}
    for line in agreed.lines:
        there = past.past.get(line, [])
        for year in years:
            counted = years_in_mean(there, year)
            if len(counted) < MEAN_OF:
                has = f"has values of {listed([year_label(int(each)) for each in counted])}" if counted else "has no value of a past year"
                what = f"{', '.join(line)} {has} before {year_label(year)}"
                yield Problem(past.file, what, f"its block is the mean of {MEAN_OF} past years", "Add a row for each year that lacks")
                break
            values = sum(past.figures.get(((*line, each), None), 0.0) for each in counted)
            found = float(mean_value_gbp(values, len(counted)))
            means[line[2], line[3], year] = means.get((line[2], line[3], year), 0.0) + found
    over = {(pair[0], pair[1]): (pair[2], value) for pair, value in means.items() if value > agreed.paid.threshold_gbp}
    for (provider, payer), (year, value) in over.items():
        what = f"{provider} and {payer} trade GBP {value:,.2f} a year ({year_label(year)}), above the threshold of GBP {agreed.paid.threshold_gbp:,.2f}"
        here: list[Step] = ["agreements", i, "terms", "threshold_gbp"]
        yield document.problem(here, what, "a low-volume block is for less", "Cover their lines by another agreement")


def _units(document: Document, i: int, agreed: Agreed, units: Sequence[str] | None) -> Iterator[Problem]:
    """Units that payments.yaml does not have, and providers without exactly one line in the agreement."""
    here: list[Step] = ["agreements", i, "terms", "units"]
    if units is None:
        what, why = "the place does not have the step payments", "its payments are those of payments.yaml"
        yield document.problem(here, what, why, "Add payments.yaml, or use best_practice")
        return
    for unit, provider in (agreed.paid.units or {}).items():
        if units and unit not in units:
            yield document.problem(
                [*here, unit], f"there is no unit {unit!r} in payments.yaml", "its payment is read", nearest(unit, units)
            )
        own = [line for line in agreed.lines if line[2] == provider]
        if len(own) != 1:
            what = (
                f"{provider} has {len(own) or 'no'} lines in {agreed.stated.id}" if own else f"{provider} has no line in {agreed.stated.id}"
            )
            yield document.problem([*here, unit], what, "the unit's payment is that of one line", "Cover one line of the provider")
    paid = set((agreed.paid.units or {}).values())
    for line in agreed.lines:
        if line[2] not in paid:
            what = f"no unit is paid through {line[2]}, which has the line {', '.join(line)}"
            yield document.problem(here, what, "the line would be paid nothing", "Name its unit, or take the line out")

"""Long-term-condition bands in words: people, person-years and pounds by band and year, and where they lead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.assumptions.years import year_label
from capmodel.care_budgets.bands.steady import steady_state

#: A column of a run by the keys of its rows, the year last.
ColumnOf = Callable[[str, str], Mapping[tuple[str, ...], float]]


def statement(column: ColumnOf, label: Callable[[str], str], years: Sequence[int], pounds: Callable[[float], str]) -> list[str]:
    """The bands year by year, and their steady state.

    Args:
        column: the columns of a run by table and name.
        label: what an id is called.
        years: the years of the model.
        pounds: an amount in words.
    """
    found = ["Long-term-condition bands"]
    for year in years:
        found.append(f"{year_label(year)}: {_everybody(column, str(year), pounds)}")
        found += [f"  {text}" for text in _of_bands(column, label, str(year), pounds)]
    return [*found, _steady(column, label, years)]


def _everybody(column: ColumnOf, year: str, pounds: Callable[[float], str]) -> str:
    own = {name: column("ltc_all", f"all_{name}_persons")[(year,)] for name in ("start", "deaths", "entries", "moving", "end")}
    counts = f"{own['start']:,.0f} people, {own['deaths']:,.1f} die, {own['entries']:,.1f} enter, {own['moving']:,.1f} change their band"
    return f"{counts}, {own['end']:,.1f} at the end; budget {pounds(column('ltc_all', 'all_budget_gbp')[(year,)])}"


def _of_bands(column: ColumnOf, label: Callable[[str], str], year: str, pounds: Callable[[float], str]) -> Iterator[str]:
    budgets = column("ltc_budget", "ltc_budget_gbp")
    for (band, when), person_years in column("ltc_year", "person_years_persons").items():
        if when == year:
            paid = f"{pounds(budgets[band, year])}" if (band, year) in budgets else "no price: outside the currency"
            yield f"{label(band)}: {person_years:,.1f} person-years, {paid}"


def steady_people(column: ColumnOf, year: str) -> tuple[list[str], Floats | None]:
    """The bands, and the people of each in the steady state of a run if rates and the entries of a year stay as they are."""
    bands = [band for (band,) in column("ltc_start", "ltc_start_persons")]
    deaths = column("ltc_start", "ltc_death_share")
    staying = np.diag([1 - deaths[(band,)] for band in bands])
    for (band, to), share in column("ltc_move", "ltc_move_share").items():
        staying[bands.index(band), bands.index(to)] += share
        staying[bands.index(band), bands.index(band)] -= share
    ends, entries = column("ltc_year", "end_persons"), column("ltc_year", "ltc_entry_persons")
    people = steady_state(np.array([ends[band, year] for band in bands]), staying, np.array([entries[band, year] for band in bands]))
    return bands, people


def _steady(column: ColumnOf, label: Callable[[str], str], years: Sequence[int]) -> str:
    last = str(years[-1])
    bands, people = steady_people(column, last)
    changes = column("ltc_year", "change_persons")
    change = "; ".join(f"{label(band)} {changes[band, last]:+,.1f}" for band in bands)
    if people is None:
        return (
            f"No steady state: with the rates and entries of {year_label(years[-1])} the bands do not settle. Change in that year: {change}"
        )
    where = "; ".join(f"{label(band)} {each:,.1f}" for band, each in zip(bands, people.tolist(), strict=True))
    return f"Steady state, if the rates and entries of {year_label(years[-1])} stay: {where}. Change in that year: {change}"

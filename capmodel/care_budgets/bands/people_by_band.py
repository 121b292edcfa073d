"""People in long-term-condition bands from year to year: who stays, moves, dies and enters, their person-years, and the budget of each band.

People are counted at the start of the year. Of those, a share dies in the year and shares move to another band, at its end; people
who enter are counted from the next year on. Who dies or enters has a part of a year. Source: the Year of Care commissioning
programme's currency by number of conditions; the simulation by annual transitions is ours.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.bands import SHEET

BAND, TO_BAND = "ltc_band", "to_band"

terms = Table("ltc_terms", (), "Parts of a year", SHEET)
terms.input("ltc_death_year_share", "share", "Part of the year that people who die are in their band")
terms.input("ltc_entry_year_share", "share", "Part of the year that people who enter are in their band")

at_start = Table("ltc_start", (BAND,), "People at the start, and who dies", SHEET)
at_start.input("ltc_start_persons", "persons", "People at the start of the first year")
at_start.input("ltc_death_share", "share", "Part of the people who die in a year")

move = Table("ltc_move", (BAND, TO_BAND), "Moves between bands", SHEET)
move.input("ltc_move_share", "share", "Part of the people who move to the other band by the end of a year")

flow = Table("ltc_flow", (BAND, TO_BAND, "year"), "People who move", SHEET)

band_year = Table("ltc_year", (BAND, "year"), "People by band and year", SHEET)
band_year.input("ltc_entry_persons", "persons", "People who enter in the year")

budget = Table("ltc_budget", (BAND, "year"), "Budget by band", SHEET)
budget.input("ltc_price_gbp_per_person", "GBP/persons", "Price a person a year")

everybody = Table("ltc_all", ("year",), "All bands", SHEET)

TABLES = (terms, at_start, move, flow, band_year, budget, everybody)


@band_year.line("persons", "People at the start of the first year", lookup(at_start, "ltc_start_persons"))
def opening_persons() -> Any:
    """Where the count begins."""


@band_year.line("persons", "People at the start of the year", prior("end_persons", first="opening_persons"))
def start_persons() -> Any:
    """The people of the band when the year begins: those who were in it when the year before ended."""


@band_year.line("persons", "Deaths in the year", dying=lookup(at_start, "ltc_death_share"))
def deaths_persons(start_persons: Any, dying: Any) -> Any:
    """People of the band who die in the year.

    >>> deaths_persons(2000.0, 0.03)
    60.0
    """
    return start_persons * dying


@flow.line(
    "persons",
    "People who move",
    people=lookup(band_year, "start_persons"),
    moving=lookup(move, "ltc_move_share"),
)
def moving_persons(people: Any, moving: Any) -> Any:
    """People of one band who are in the other when the year ends.

    >>> moving_persons(2000.0, 0.08)
    160.0
    """
    return people * moving


@band_year.line("persons", "People who move to another band", total(flow, "moving_persons", BAND, "year"))
def moved_out_persons() -> Any:
    """Who leaves the band for another at the end of the year."""


@band_year.line("persons", "People who come from another band", total(flow, "moving_persons", "year", to_band=BAND))
def moved_in_persons() -> Any:
    """Who comes to the band from another at the end of the year."""


@band_year.line("persons", "People at the end of the year")
def end_persons(start_persons: Any, deaths_persons: Any, moved_out_persons: Any, moved_in_persons: Any, ltc_entry_persons: Any) -> Any:
    """The people of the band when the year ends, with those who entered.

    >>> end_persons(2000.0, 60.0, 160.0, 90.0, 50.0)
    1920.0
    """
    return start_persons - deaths_persons - moved_out_persons + moved_in_persons + ltc_entry_persons


@band_year.line("persons", "Change in the year")
def change_persons(end_persons: Any, start_persons: Any) -> Any:
    """How many more people are in the band at the end of the year; zero in a steady state."""
    return end_persons - start_persons


@band_year.line(
    "persons",
    "Person-years",
    of_death=lookup(terms, "ltc_death_year_share"),
    of_entry=lookup(terms, "ltc_entry_year_share"),
)
def person_years_persons(start_persons: Any, deaths_persons: Any, ltc_entry_persons: Any, of_death: Any, of_entry: Any) -> Any:
    """Person-time of the band in years: whoever dies or enters has a part of the year, everybody else the whole.

    >>> person_years_persons(2000.0, 60.0, 50.0, 0.5, 0.5)
    1995.0
    """
    return start_persons - deaths_persons * (1 - of_death) + ltc_entry_persons * of_entry


@band_year.line(
    "share",
    "Check: no more people leave the band than are in it",
    dying=lookup(at_start, "ltc_death_share"),
    moving=total(move, "ltc_move_share", BAND),
)
def check_leaving_share(dying: Any, moving: Any) -> Any:
    """Zero where those who die and those who move are at most all people of the band."""
    return np.maximum(dying + moving - 1, 0)


@budget.line("GBP", "Budget of the band", person_years=lookup(band_year, "person_years_persons"))
def ltc_budget_gbp(person_years: Any, ltc_price_gbp_per_person: Any) -> Any:
    """Person-years of the band at its price, to the penny; bands without a price are outside the currency.

    >>> ltc_budget_gbp(1995.0, 1500.0)
    2992500.0
    """
    return to_pence(person_years * ltc_price_gbp_per_person)


@everybody.line("persons", "People at the start of the year", total(band_year, "start_persons", "year"))
def all_start_persons() -> Any:
    """Everybody in a band when the year begins."""


@everybody.line("persons", "Deaths in the year", total(band_year, "deaths_persons", "year"))
def all_deaths_persons() -> Any:
    """Everybody in a band who dies in the year."""


@everybody.line("persons", "People who enter in the year", total(band_year, "ltc_entry_persons", "year"))
def all_entries_persons() -> Any:
    """Everybody who enters a band in the year."""


@everybody.line("persons", "People at the end of the year", total(band_year, "end_persons", "year"))
def all_end_persons() -> Any:
    """Everybody in a band when the year ends."""


@everybody.line("persons", "Person-years", total(band_year, "person_years_persons", "year"))
def all_person_years_persons() -> Any:
    """Person-time of all bands in the year."""


@everybody.line("GBP", "Budget of all bands", total(budget, "ltc_budget_gbp", "year"))
def all_budget_gbp() -> Any:
    """What all bands with a price come to."""


@everybody.line("persons", "People who move to another band", total(flow, "moving_persons", "year"))
def all_moving_persons() -> Any:
    """Everybody who moves to another band in the year."""


@everybody.line("share", "Change in the year, share of all people")
def change_share(all_end_persons: Any, all_start_persons: Any) -> Any:
    """How much all bands together grow in the year."""
    return ratio(all_end_persons - all_start_persons, all_start_persons, decimals=AMOUNTS)


@everybody.line("persons", "Check: everybody who was there, less deaths, with entries, is there at the end")
def check_people_persons(all_start_persons: Any, all_deaths_persons: Any, all_entries_persons: Any, all_end_persons: Any) -> Any:
    """Zero where nobody is lost or counted twice between bands.

    >>> check_people_persons(6000.0, 90.0, 120.0, 6030.0)
    0.0
    """
    return all_start_persons - all_deaths_persons + all_entries_persons - all_end_persons

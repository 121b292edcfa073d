"""A performance pot by quarter, as in the Better Care Fund of 2015/16: earned as admissions fall, cumulative, without clawback.

The pot is the planned fall times the price of an admission. What is earned to date is the pot times the fall to date over the
plan: of the whole year (first reading), or no more than the plan to date (second). Which one national guidance used is not
confirmed, so both are worked out and the agreement says which is paid. What is not earned pays for other NHS services (House of
Lords, HL838, July 2014). A published pot is held against the activity it implies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import ByYear, Document, Number, Step, Strict
from capmodel.assumptions.figures import as_share
from capmodel.assumptions.laid_out import Figures, LaidOut, check_years, columns_given
from capmodel.assumptions.pack import Figure, Status
from capmodel.assumptions.years import Year
from capmodel.care_budgets.pooled import SHEET
from capmodel.errors import Problem

QUARTERS = ("q1", "q2", "q3", "q4")
#: The two readings of "cumulative", by what the fall to date is held against.
READINGS = {"whole_year": "Up to the plan of the whole year", "plan_to_date": "Up to the plan to date"}
Reading = Literal["whole_year", "plan_to_date"]

quarter = Table("quarter", ("quarter", "year"), "Fall in admissions by quarter", SHEET)
quarter.input("planned_number", "number", "Planned fall")
quarter.input("avoided_number", "number", "Actual fall (a rise: minus)")

pot = Table("pot", ("year",), "The pot, and what is earned of it", SHEET)
pot.input("admission_price_gbp", "GBP", "Price of an admission")

reading = Table("reading", ("reading",), "Readings of cumulative", SHEET)
reading.input("to_date_flag", "flag", "No more counts than the plan to date")
reading.input("agreed_flag", "flag", "The reading that is paid")

earned = Table("earned", ("reading", "quarter", "year"), "Payments by quarter", SHEET)

stated = Table("stated", ("statement", "year"), "A stated pot against the activity it implies", SHEET)
stated.input("stated_pot_gbp", "GBP", "Pot as stated")
stated.input("stated_fall_share", "share", "Fall in admissions as stated")
stated.input("stated_baseline_number", "number", "Admissions in the baseline as stated")

TABLES = (quarter, pot, reading, earned, stated)


@quarter.line("number", "Planned fall to date", before=prior("planned_so_far_number", along=("quarter",)))
def planned_so_far_number(before: Any, planned_number: Any) -> Any:
    """The plan of this quarter and those before it."""
    return before + planned_number


@quarter.line("number", "Fall to date", before=prior("avoided_so_far_number", along=("quarter",)))
def avoided_so_far_number(before: Any, avoided_number: Any) -> Any:
    """The actual fall of this quarter and those before it; a rise takes away from it."""
    return before + avoided_number


@pot.line("number", "Planned fall of the year", total(quarter, "planned_number", "year"))
def planned_year_number() -> Any:
    """The admissions that the plan avoids in all."""


@pot.line("GBP", "Pot")
def pot_gbp(planned_year_number: Any, admission_price_gbp: Any) -> Any:
    """The planned fall at the price of an admission, to the penny.

    >>> pot_gbp(700.0, 1490.0)
    1043000.0
    """
    return to_pence(planned_year_number * admission_price_gbp)


@earned.line(
    "number",
    "Fall that counts to date",
    to_date=lookup(reading, "to_date_flag"),
    avoided=lookup(quarter, "avoided_so_far_number"),
    planned=lookup(quarter, "planned_so_far_number"),
    whole=lookup(pot, "planned_year_number"),
)
def counted_number(to_date: Any, avoided: Any, planned: Any, whole: Any) -> Any:
    """The fall to date, no more than the plan of the reading and no less than zero.

    >>> counted_number(np.array([0, 1]), 400.0, 350.0, 700.0).tolist()
    [400.0, 350.0]
    """
    return np.maximum(np.minimum(avoided, np.where(to_date > 0, planned, whole)), 0)


@earned.line("GBP", "Earned to date", of_pot=lookup(pot, "pot_gbp"), whole=lookup(pot, "planned_year_number"))
def earned_gbp(counted_number: Any, of_pot: Any, whole: Any) -> Any:
    """The pot, as far as the fall that counts has come towards the plan of the year, to the penny.

    >>> earned_gbp(100.0, 1_043_000.0, 700.0)
    149000.0
    """
    return to_pence(of_pot * ratio(counted_number, whole))


@earned.line("GBP", "Paid this quarter", paid=prior("paid_gbp", along=("quarter",)))
def payment_gbp(earned_gbp: Any, paid: Any) -> Any:
    """What is earned to date and not yet paid; nothing is clawed back when the fall to date recedes.

    >>> payment_gbp(521_500.0, 596_000.0).item()
    0.0
    """
    return np.maximum(earned_gbp - paid, 0)


@earned.line("GBP", "Paid to date", before=prior("paid_gbp", along=("quarter",)))
def paid_gbp(before: Any, payment_gbp: Any) -> Any:
    """Everything paid up to this quarter, to the penny."""
    return to_pence(before + payment_gbp)


@earned.line("GBP", "Paid by the reading agreed", agreed=lookup(reading, "agreed_flag"))
def agreed_payment_gbp(payment_gbp: Any, agreed: Any) -> Any:
    """The payment if this is the reading that the agreement states."""
    return payment_gbp * agreed


@pot.line("GBP", "Paid of the pot", payments=total(earned, "agreed_payment_gbp", "year"))
def paid_of_pot_gbp(payments: Any) -> Any:
    """What the pooled fund receives in the year."""
    return to_pence(payments)


@pot.line("GBP", "Not earned")
def unearned_gbp(pot_gbp: Any, paid_of_pot_gbp: Any) -> Any:
    """What pays for other NHS services instead.

    >>> unearned_gbp(1_043_000.0, 596_000.0)
    447000.0
    """
    return to_pence(pot_gbp - paid_of_pot_gbp)


@pot.line("GBP", "Check: no more is paid than the pot")
def check_pot_gbp(pot_gbp: Any, paid_of_pot_gbp: Any) -> Any:
    """Zero as long as the pot is enough for what is paid."""
    return to_pence(np.maximum(paid_of_pot_gbp - pot_gbp, 0))


@stated.line("number", "Fall that the pot implies", price=lookup(pot, "admission_price_gbp"))
def implied_fall_number(stated_pot_gbp: Any, price: Any) -> Any:
    """The stated pot over the price of an admission.

    >>> round(implied_fall_number(2_800_000.0, 1490.0).item())
    1879
    """
    return ratio(stated_pot_gbp, price, decimals=AMOUNTS)


@stated.line("number", "Baseline that the pot implies")
def implied_baseline_number(implied_fall_number: Any, stated_fall_share: Any) -> Any:
    """The admissions of which the stated share is the implied fall: too many or too few for the place, and the pot is wrong.

    >>> round(implied_baseline_number(1879.0, 0.042).item())
    44738
    """
    return ratio(implied_fall_number, stated_fall_share)


@stated.line("share", "Implied baseline against the stated one")
def baseline_gap_share(implied_baseline_number: Any, stated_baseline_number: Any) -> Any:
    """How far the implied baseline is from the admissions stated; zero where none are.

    >>> baseline_gap_share(44_000.0, 40_000.0).item()
    0.1
    """
    return np.where(above(stated_baseline_number, 0), ratio(implied_baseline_number - stated_baseline_number, stated_baseline_number), 0)


class Stated(Strict):
    """A pot as it was published, to be held against the activity it implies."""

    pot_gbp: ByYear
    fall_share: ByYear
    baseline_number: ByYear | None = None


class PerformancePot(Strict):
    """The agreement on a performance pot: four quarters a year, planned and actual."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    admission_price_gbp: ByYear
    reading: Reading
    planned_number: dict[Year, tuple[Number, Number, Number, Number]]
    avoided_number: dict[Year, tuple[Number, Number, Number, Number]]
    stated: Stated | None = None


def read_pot(document: Document, years: tuple[int, ...], problems: list[Problem]) -> LaidOut | None:
    """Read the agreement on a performance pot; every fault is reported with its line, and a faulty one gives None."""
    before = len(problems)
    agreed = document.parse(PerformancePot, (), problems)
    if agreed is None:
        return None
    check_years(document, _by_year(agreed), years, problems)
    for year, planned in agreed.planned_number.items():
        if not sum(planned):
            what = f"nothing is planned for {year}"
            problems.append(document.problem(["planned_number", year], what, "there is no pot to earn", "Write the planned fall"))
    for year, fall in (agreed.stated.fall_share if agreed.stated else {}).items():
        if fall == 0 or fall > 1:
            what, why = f"the fall stated for {year} is {fall:g}", "it is a part of the admissions in the baseline"
            problems.append(
                document.problem(["stated", "fall_share", year], what, why, as_share(fall) if fall else "Write the fall stated")
            )
    if len(problems) > before:
        return None
    falls = {"planned_number": agreed.planned_number, "avoided_number": agreed.avoided_number}
    one = {("published",)} if agreed.stated else set()
    beside = agreed.stated or Stated(pot_gbp={}, fall_share={})
    nothing = dict.fromkeys(years, 0.0)
    given: dict[str, tuple[tuple[str, ...], Figures]] = {
        **{name: (("quarter",), {(q,): {year: of[year][i] for year in years} for i, q in enumerate(QUARTERS)}) for name, of in falls.items()},
        "admission_price_gbp": ((), {(): agreed.admission_price_gbp}),
        "to_date_flag": (("reading",), {(name,): name == "plan_to_date" for name in READINGS}),
        "agreed_flag": (("reading",), {(name,): name == agreed.reading for name in READINGS}),
        "stated_pot_gbp": (("statement",), dict.fromkeys(one, beside.pot_gbp)),
        "stated_fall_share": (("statement",), dict.fromkeys(one, beside.fall_share)),
        "stated_baseline_number": (("statement",), dict.fromkeys(one, beside.baseline_number or nothing)),
    }  # fmt: skip
    known = Figure(0.0, agreed.status, agreed.source, agreed.as_at)
    by_quarter = [(name, each) for name in READINGS for each in QUARTERS]
    rows = {
        "quarter": Rows({"quarter": QUARTERS}, years),
        "pot": Rows({}, years),
        "reading": Rows({"reading": tuple(READINGS)}),
        "earned": Rows({"reading": tuple(r for r, _ in by_quarter), "quarter": tuple(q for _, q in by_quarter)}, years),
        "stated": Rows({"statement": tuple(name for (name,) in one)}, years),
    }
    return LaidOut(rows, columns_given(given, agreed.id, known), {**READINGS, **{each: each.upper() for each in QUARTERS}}, {})


def _by_year(agreed: PerformancePot) -> Iterator[tuple[list[Step], Mapping[int, float]]]:
    yield ["admission_price_gbp"], agreed.admission_price_gbp
    yield ["planned_number"], {year: min(planned) for year, planned in agreed.planned_number.items()}
    yield ["avoided_number"], dict.fromkeys(agreed.avoided_number, 0)
    if agreed.stated:
        yield ["stated", "pot_gbp"], agreed.stated.pot_gbp
        yield ["stated", "fall_share"], agreed.stated.fall_share
        if agreed.stated.baseline_number:
            yield ["stated", "baseline_number"], agreed.stated.baseline_number

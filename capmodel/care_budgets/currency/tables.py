"""The tables of Year of Care payments, in the order in which they are worked out."""

from __future__ import annotations

from capmodel.care_budgets.currency.list_sizes import list_size, person_size, size
from capmodel.care_budgets.currency.payment import band, criterion, line, missed, person, result, score, terms, year_terms
from capmodel.care_budgets.currency.settling import everybody, package, plan_terms, planned, unit_criterion, unit_year

TABLES = (
    terms,
    year_terms,
    band,
    criterion,
    line,
    result,
    score,
    person,
    missed,
    plan_terms,
    planned,
    unit_criterion,
    unit_year,
    package,
    list_size,
    size,
    person_size,
    everybody,
)

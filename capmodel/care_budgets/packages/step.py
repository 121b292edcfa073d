"""The step packages: the care packages of a place, as its packages.yaml holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Column, Pack
from capmodel.assumptions.step import CARE_BUDGETS, PACKAGES, Step
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.packages import contacts, hour, people, reconcile, totals
from capmodel.care_budgets.packages.lay_out import read_packages
from capmodel.care_budgets.packages.terms import NONE
from capmodel.care_budgets.year_of_care import care_budget
from capmodel.errors import Problem

FILE = "packages.yaml"
TABLES: tuple[Table, ...] = (
    hour.package_rate,
    people.package_network,
    people.package_start,
    people.package_case,
    people.package_stay,
    people.package_cohort,
    people.package_stock,
    contacts.package_clock,
    contacts.package_contact,
    contacts.package_due,
    contacts.package_visit,
    contacts.package_calendar,
    contacts.package_person,
    totals.package_contact_price,
    totals.package_role_price,
    totals.package_month_price,
    totals.package_price,
    totals.package_month,
    totals.package_contact_year,
    totals.package_role_month,
    totals.package_role_year,
    totals.package_year,
    totals.package_network_year,
    totals.package_all_month,
    totals.package_all,
    reconcile.package_plan,
    reconcile.package_scale,
    reconcile.package_scaled,
)


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    """The rows of the file, and of its segments the settings that have budgets or contacts."""
    if PACKAGES not in read:
        return {}
    rows = dict(read[PACKAGES].rows)
    if care_budget.name in known:
        visits, budgets = rows["package_segment_contact"].columns, known[care_budget.name].columns
        segments = rows["package_segment_scale"].columns["segment"]
        pairs = [*zip(budgets["segment"], budgets["setting"], strict=True), *zip(visits["segment"], visits["setting"], strict=True)]
        own = [pair for pair in dict.fromkeys(pairs) if pair[0] in segments and pair[1] != NONE]
        rows["package_segment"] = columns_of(("segment", "setting"), own, pack.years)
    return rows


#: What a figure of some columns must be, why, and what to write: as the reader of the file has it.
_BOUNDS: dict[str, tuple[Callable[[float], bool], str, str]] = {
    "contact_group_persons": (lambda value: value >= 1, "a group holds one person or more", "Write 1 or more"),
    "contracted_hours": (lambda value: value > 0, "nobody would be paid for an hour", "Write more than 0"),
    "not_in_contact_share": (lambda value: 0 <= value < 1, "nobody would be seen in any hour", "Write 0 or more, and less than 1"),
    "year_pay_gbp": (lambda value: value >= 0, "it cannot be below zero", "Correct the sign"),
    "plan_gbp": (lambda value: value >= 0, "it cannot be below zero", "Correct the sign"),
}


def _check_figures(columns: Mapping[str, Column], problems: list[Problem]) -> None:
    """Report figures that were set for a run and that the reader of the file would refuse."""
    for name, (holds, why, remedy) in _BOUNDS.items():
        for (key, _), figure in columns[name].figures.items() if name in columns else ():
            if not holds(figure.value):
                problem = Problem(f"{name}[{','.join(key)}]", f"it is {figure.value:g}", why, remedy)
                problems += [problem] if problem not in problems else []


STEP = Step(
    name=PACKAGES,
    label="care packages",
    tables=TABLES,
    rows=_rows,
    files=(FILE,),
    read=read_packages,
    joined={CARE_BUDGETS: reconcile.OF_CARE_BUDGETS},
    check_figures=_check_figures,
)

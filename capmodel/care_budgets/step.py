"""The step Year of Care budgets; and the same budgets where a table of the place gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import CAPITATION, CARE_BUDGETS, SPEND, Given, Step, keys_given
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets import year_of_care

#: The table of the place that may give the budgets.
BUDGET = "budget_gbp"
_KEYS = ("segment", "setting", "provider", "payer")

care_budget = Table(year_of_care.care_budget.name, year_of_care.care_budget.keys, "Year of Care budgets, as given", year_of_care.SHEET)
care_budget.input(BUDGET, "GBP", year_of_care.care_budget.lines[BUDGET].label)


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    return year_of_care.rows(pack, known["spend"])


def _given_rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    groups = {entry.id: entry.text("group") for entry in pack.dimensions["segment"]}
    lines = [(*key, groups.get(key[0], "")) for key in keys_given(pack, BUDGET, _KEYS)]
    return {
        care_budget.name: columns_of((*_KEYS, "group"), lines, pack.years),
        year_of_care.party_budget.name: Rows({"party": tuple(entry.id for entry in pack.dimensions["party"])}, pack.years),
    }


STEP = Step(
    name=CARE_BUDGETS,
    label="care budgets",
    tables=year_of_care.TABLES,
    rows=_rows,
    needs=(SPEND, CAPITATION),
)
GIVEN = Given(
    asks=(BUDGET,),
    what="the budgets by segment, setting, provider and payer",
    tables=(care_budget, year_of_care.party_budget),
    rows=_given_rows,
    routes=care_budget.name,
    members={"segment": (), "setting": (), "party": ("role",)},
)

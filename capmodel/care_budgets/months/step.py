"""The step months: the Year of Care budgets by month, where a place has months.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import CARE_BUDGETS, MONTHS, Step
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.months.agreed import profile_of, read_months
from capmodel.care_budgets.months.by_month import TABLES
from capmodel.care_budgets.months.calendar import MONTHS as EVERY_MONTH
from capmodel.care_budgets.step import GIVEN as GIVEN_BUDGETS

FILE = "months.yaml"


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    """The rows of every month of every line of the budgets, with the profile its setting is paid by."""
    if MONTHS not in read or "care_budget" not in known:
        return {}
    budgets = known["care_budget"].columns
    lines = list(zip(*(budgets[key] for key in ("segment", "setting", "provider", "payer")), strict=True))
    services = list(dict.fromkeys(line[1:] for line in lines))
    settings = list(dict.fromkeys(line[1] for line in lines))
    profiles = {setting: profile_of(pack.documents[FILE], setting) for setting in settings}
    by_month = [(*line, month, profiles[line[1]]) for line in lines for month in EVERY_MONTH]
    return {
        **read[MONTHS].rows,
        "month_budget": columns_of(("segment", "setting", "provider", "payer", "month", "profile"), by_month, pack.years),
        "month_line": columns_of(("segment", "setting", "provider", "payer"), lines, pack.years),
        "month_service": columns_of(
            ("setting", "provider", "payer", "month"), [(*line, month) for line in services for month in EVERY_MONTH], pack.years
        ),
        "month_setting": columns_of(("setting", "month"), [(setting, month) for setting in settings for month in EVERY_MONTH], pack.years),
        "month_total": columns_of(("month",), [(month,) for month in EVERY_MONTH], pack.years),
        "month_year": Rows({}, pack.years),
    }


STEP = Step(
    name=MONTHS,
    label="budgets by month",
    tables=TABLES,
    rows=_rows,
    files=(FILE,),
    read=read_months,
    needs=(CARE_BUDGETS,),
    given={CARE_BUDGETS: (GIVEN_BUDGETS,)},
)

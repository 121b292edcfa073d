"""Comparison of the modelled spend with published totals it was not made from: does the place look like itself?

Nothing is scaled to these totals and no check depends on them; they are shown so that a reader can judge the baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from capmodel.algebra.functions import AMOUNTS, ratio
from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import SHEET, deflator, spend

icb_allocation = Table("icb_allocation", ("stream", "allocation_year"), "Published allocation of the integrated care board", SHEET)
icb_allocation.input("icb_allocation_gbp", "GBP", "Published allocation")

nhs_control = Table("nhs_control", ("allocation_year",), "NHS spend against the published allocation", SHEET)

social_care_control = Table("social_care_control", ("setting",), "Social care against published council expenditure", SHEET)
social_care_control.input("social_care_control_gbp", "GBP", "Published adult social care expenditure")

#: Shown whatever segment spend was made from; council expenditure is compared only where it is not recorded itself.
NHS_TABLES = (icb_allocation, nhs_control)
TABLES = (*NHS_TABLES, social_care_control)


@nhs_control.line("GBP", "Published allocation, core and primary medical", total(icb_allocation, "icb_allocation_gbp", "allocation_year"))
def published_gbp() -> Any:
    """What NHS England allocated to the board in the year. Source: ICB allocations 2023/24 and 2024/25."""


@nhs_control.line(
    "GBP",
    "Modelled NHS spend in the money of that year",
    lines=total(spend, "cost_gbp", payer="payer"),
    then=lookup(deflator, "gdp_deflator_index", index_year="allocation_year"),
    now=lookup(deflator, "gdp_deflator_index", index_year="base_year"),
)
def modelled_gbp(lines: Any, then: Any, now: Any) -> Any:
    """Spend of the NHS commissioner in the model, brought to the money of the allocation year."""
    return lines * (then / now)


@nhs_control.line("share", "Modelled over published")
def nhs_ratio_share(modelled_gbp: Any, published_gbp: Any) -> Any:
    """1 would be the same; the scope differs, since an allocation also pays for what the segment table leaves out."""
    return ratio(modelled_gbp, published_gbp, decimals=AMOUNTS)


@social_care_control.line(
    "GBP",
    "Modelled social care in the money of that year",
    lines=total(spend, "cost_gbp", "setting"),
    then=lookup(deflator, "gdp_deflator_index", index_year="price_year"),
    now=lookup(deflator, "gdp_deflator_index", index_year="base_year"),
)
def modelled_social_care_gbp(lines: Any, then: Any, now: Any) -> Any:
    """Social care spend in the model, children's included, brought to the money of the published year."""
    return lines * (then / now)


@social_care_control.line("share", "Modelled over published")
def social_care_ratio_share(modelled_social_care_gbp: Any, social_care_control_gbp: Any) -> Any:
    """1 would be the same; the published figure is for adults only."""
    return ratio(modelled_social_care_gbp, social_care_control_gbp, decimals=AMOUNTS)


def rows(pack: Pack, tables: Sequence[Table]) -> dict[str, Rows]:
    """The rows of these tables: the years and settings for which the packs hold a published total; none without a pinned board.

    Args:
        pack: the place.
        tables: the tables of its chain; those of them that are not here are left out.
    """
    board = pack.columns.get("icb_allocation_gbp")
    published = list(dict.fromkeys(key for key, _ in board.figures)) if board else []
    years = tuple(dict.fromkeys(year for _, year in published))
    payer = next((entry.id for entry in pack.dimensions["party"] if entry.text("role") == "payer"), "")
    found = {
        "icb_allocation": Rows({"stream": tuple(key[0] for key in published), "allocation_year": tuple(key[1] for key in published)}),
        "nhs_control": Rows({"allocation_year": years, "payer": (payer,) * len(years), "base_year": (str(pack.base_year),) * len(years)}),
    }
    return found | (_social_care_rows(pack) if social_care_control in tables else {})


def _social_care_rows(pack: Pack) -> dict[str, Rows]:
    given = pack.columns.get("social_care_control_gbp")
    figures = given.figures if given and not given.faulty else {}
    controls = tuple(key[0] for key, _ in figures)
    return {
        "social_care_control": Rows(
            {
                "setting": controls,
                # Expenditure of a financial year is dated at its end, in the March after it began.
                "price_year": tuple(str(int(figure.as_at[:4]) - 1) for figure in figures.values()),
                "base_year": (str(pack.base_year),) * len(controls),
            }
        )
    }

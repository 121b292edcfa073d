"""What a run prints of care packages: pounds a person a year, cost and staff, the gap to a budget, and what has no effect."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from capmodel.assumptions.step import CARE_BUDGETS
from capmodel.assumptions.years import year_label
from capmodel.money import pounds
from capmodel.place.result import Result

#: A factor this near to one scales nothing.
_SAME = 1e-12


def summary(console: Console, result: Result) -> None:
    """Pounds a person a year of each package and case, what they cost and need in staff, the gap to the budget, and what has no effect."""
    # Few places have packages, and their rules take time to trace.
    from capmodel.care_budgets.packages.idle import without_effect
    from capmodel.care_budgets.packages.step import FILE
    from capmodel.care_budgets.packages.terms import Packages

    stated = Packages.model_validate(result.place.pack.documents[FILE].content)
    years = [str(year) for year in result.place.pack.years]
    packages = Table(title="Care packages, £ a person a year", title_justify="left", box=None, pad_edge=False)
    packages.add_column("Package")
    for year in years:
        packages.add_column(year_label(int(year)), justify="right")
    packages.add_column(f"People {year_label(int(years[0]))}", justify="right")
    price, people = result.column("package_price", "package_gbp_per_person"), result.column("package_price", "price_persons")
    for package, case in dict.fromkeys(key[:2] for key in price):
        label = f"{result.place.label(package)}: {result.place.label(case).lower()}"
        packages.add_row(label, *(f"{price[package, case, year]:,.2f}" for year in years), f"{people[package, case, years[0]]:,.0f}")
    console.print(packages, "")
    cost, staff = result.column("package_all", "packages_gbp"), result.column("package_all", "packages_wte")
    by_year = ", ".join(f"{year_label(int(year))} {pounds(cost[(year,)])} and {staff[(year,)]:,.1f} WTE" for year in years)
    console.print(f"Cost of packages: {by_year}", markup=False, soft_wrap=True)
    for text in _gaps(result, "package_plan", "plan_gap_gbp", "package_scale", "scale_index", "scope_bottom_up_gbp"):
        console.print(text, markup=False, soft_wrap=True)
    if "package_segment" in result.chain.by_name:
        for text in _gaps(
            result, "package_segment", "segment_gap_gbp", "package_segment_scale", "segment_scale_index", "all_segment_bottom_up_gbp"
        ):
            console.print(text, markup=False, soft_wrap=True)
    for text in without_effect(stated, result.place.pack.years, result.chain.has(CARE_BUDGETS)):
        console.print(f"NO EFFECT: {text}", markup=False, soft_wrap=True)
    console.print("")


def _gaps(result: Result, table: str, gap: str, scale: str, index: str, cost: str) -> list[str]:
    """The gap between budget and packages in each year, by what it is of, and the scale factor where prices are scaled."""
    gaps, factors, costs = result.column(table, gap), result.column(scale, index), result.column(scale, cost)
    texts = []
    for key in dict.fromkeys(key[:-1] for key in gaps):
        by_year = ", ".join(f"{year_label(int(year))} {pounds(value)}" for (*own, year), value in gaps.items() if tuple(own) == key)
        texts.append(f"Budget less cost of packages, {', '.join(result.place.label(name) for name in key)}: {by_year}")
    if result.values.inputs.given[scale, f"{index.removesuffix('index')}flag"].any():
        for name in dict.fromkeys(key[0] for key in factors):
            by_year = ", ".join(f"{year_label(int(year))} {value:.6f}" for (own, year), value in factors.items() if own == name)
            texts.append(f"Scale factor of prices, {result.place.label(name)}: {by_year}")
            if all(abs(value - 1) < _SAME for (own, _), value in factors.items() if own == name):
                why = "what is budgeted" if any(gbp for (own, _), gbp in costs.items() if own == name) else "nothing"
                texts.append(f"NO EFFECT: scale, for {result.place.label(name)}: the packages cost {why}")
    return texts

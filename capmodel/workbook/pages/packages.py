"""Out 10: care packages: a person's year, what an hour of contact costs, cost and staff by month and role, and the gap to the budget."""

from __future__ import annotations

from capmodel.algebra.rows import Node
from capmodel.assumptions.step import PACKAGES
from capmodel.assumptions.years import year_label
from capmodel.workbook.pages.page import Page, Shown
from capmodel.workbook.pages.step_page import StepPage
from capmodel.workbook.writing.book import Chart

HOUR = (
    ("Pay", "contracted_pay_gbp_per_hour"),
    ("On-costs", "on_costs_gbp_per_hour"),
    ("Overheads", "overheads_gbp_per_hour"),
    ("Hours not in contact", "not_in_contact_gbp_per_hour"),
    ("An hour of contact", "contact_hour_gbp_per_hour"),
)
ROLE_COST: Node = ("package_role_month", "role_month_gbp")
ROLE_WTE: Node = ("package_role_month", "role_month_wte")
CONSUMABLES: Node = ("package_all_month", "all_month_consumables_gbp")


def _more(page: Page) -> None:
    """The bridge of an hour, and cost and staff of the first year by month and role, with their chart."""
    result, year = page.result, year_label(page.result.place.pack.years[0])
    rows = result.values.inputs.rows
    roles = [result.place.label(role) for role in rows["package_rate"].columns["role"]]
    months = [result.place.label(month) for month in rows["package_all_month"].columns["month"]]
    page.heading(f"From pay to the cost of an hour of contact, {year}", across=len(HOUR))
    page.grid(
        "Role",
        list(zip(roles, range(len(roles)), strict=True)),
        [Shown(head, ("package_rate", name), "GBP/hours", 0) for head, name in HOUR],
    )
    page.heading(f"Whole-time equivalents by month and role, {year}", across=len(roles))
    page.cross("Month", months, [(role, ROLE_WTE, i * len(months)) for i, role in enumerate(roles)], 0, "wte")
    page.heading(f"Cost by month and role, {year}", across=len(roles) + 1)
    across = [(role, ROLE_COST, i * len(months)) for i, role in enumerate(roles)]
    first, last = page.cross("Month", months, [*across, ("Consumables", CONSUMABLES, 0)], 0, "GBP", total="Year")
    page.sheet.charts.append(
        Chart(
            title=f"Cost of care packages by month and role, {year}",
            description=f"Column chart of the cost of care packages in each month of {year}, one role on the other and consumables on top; the figures are in the table above it.",
            kind={"type": "column", "subtype": "stacked"},
            series=[
                {"name": name, "categories": page.span(first, last, 0), "values": page.span(first, last, 1 + i)}
                for i, name in enumerate([*roles, "Consumables"])
            ],
            row=page.row,
            column=0,
            **page.money_axis(first, last, range(1, 2 + len(roles))),
            size=(1080, 460),
            from_zero=True,
        )
    )
    page.row += 25


PAGE = StepPage(
    sheet="Out 10 Packages",
    title="Packages: a person's year of care, cost by month and role, staff",
    step=PACKAGES,
    shown=(
        ("package_price", "package_gbp_per_person"),
        ("package_year", "average_gbp_per_person"),
        ("package_contact_price", "contact_year_gbp_per_person"),
        ("package_role_price", "role_year_gbp_per_person"),
        ("package_price", "price_persons"),
        ("package_price", "case_gbp"),
        ("package_all", "packages_gbp"),
        ("package_all_month", "all_month_gbp"),
        ("package_role_year", "role_gbp"),
        ("package_role_year", "role_year_wte"),
        ("package_network_year", "network_year_persons"),
        ("package_network_year", "network_year_gbp"),
        ("package_plan", "plan_gap_gbp"),
        ("package_scale", "scale_index"),
        ("package_scaled", "scaled_gbp_per_person"),
        ("package_scaled", "scaled_gbp"),
        ("package_segment", "segment_gap_gbp"),
        ("package_segment_scale", "segment_scale_index"),
        ("package_segment_scaled", "segment_scaled_gbp_per_person"),
    ),
    headlines=(("package_all", "packages_gbp"), ("package_price", "package_gbp_per_person"), ("package_all", "packages_wte")),
    more=_more,
)

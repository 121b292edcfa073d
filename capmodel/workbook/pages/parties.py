"""Out 3: every party beside the others, by year and, year by year, along the way from the bands to what is still to be paid."""

from __future__ import annotations

from capmodel.algebra.functions import add_up
from capmodel.assumptions.step import CAPITATION
from capmodel.assumptions.years import year_label
from capmodel.workbook.pages import share_build_up as way
from capmodel.workbook.pages.page import Page, members, paid_by
from capmodel.workbook.writing.book import Chart, address

PARTIES = "Out 3 Parties"
WAYS_A_PAGE = 2


def fill_parties(page: Page) -> None:
    """Fill the sheet."""
    result = page.result
    parties = members(result, "party")
    page.heading("Share of the pool that is shared: a gain, or a loss (in brackets)")
    first, last = page.by_year("Share", [(label, ("settlement", "share_gbp"), i) for label, i in parties], "GBP", total="Pool")
    years = result.place.pack.years
    page.sheet.charts.append(
        Chart(
            title="Each party's share of the pool by year",
            description="Column chart of each party's share of the pool by year; the figures are in the first table of this sheet.",
            kind={"type": "column"},
            series=[
                {"name": year_label(year), "categories": page.span(first, last, 0), "values": page.span(first, last, 1 + t)}
                for t, year in enumerate(years)
            ],
            row=page.row,
            column=0,
            **page.money_axis(first, last, range(1, 1 + len(years))),
            size=(1080, 460),
        )
    )
    page.row += 25
    page.sheet.breaks.append(page.row)
    page.heading("Cash position before settlement: where the pool lies")
    page.by_year(
        "Cash position before settlement", [(label, ("settlement", "cash_position_gbp"), i) for label, i in parties], "GBP", total="Pool"
    )
    page.heading("Transfer: what each party receives, or pays (in brackets)")
    page.by_year("Transfer", [(label, ("settlement", "transfer_gbp"), i) for label, i in parties], "GBP", total="Adds up to zero")
    page.heading("After settlement: each party against the target, own variance and transfer together")
    page.by_year("After settlement", [(label, ("settlement", "position_gbp"), i) for label, i in parties], "GBP", total="Variance")
    for t, year in enumerate(years):
        if t % WAYS_A_PAGE == 0:
            page.sheet.breaks.append(page.row)
        _way(page, t, year_label(year))
    page.sheet.breaks.append(page.row)
    by, total = paid_by(page.result), "Envelope" if page.result.chain.has(CAPITATION) else "Total"
    page.heading(f"{by}: income as a provider")
    page.by_year("Income", [(label, ("party_budget", "income_gbp"), i) for label, i in parties], "whole GBP", total=total)
    page.heading(f"{by}: contribution as a payer")
    page.by_year("Contribution", [(label, ("party_budget", "contribution_gbp"), i) for label, i in parties], "whole GBP", total=total)


def _way(page: Page, t: int, year: str) -> None:
    """All parties in one year, side by side: one row for each step."""
    result, parties = page.result, members(page.result, "party")
    page.heading(f"Share build-up by party in {year}", 1 + len(parties))
    sheet = page.sheet
    sheet.put(page.row, 0, "timeline_left", "Step (£)")
    for i, (label, _) in enumerate(parties):
        sheet.put(page.row, 1 + i, "timeline", label)
    sheet.put(page.row, 1 + len(parties), "timeline", "All parties")
    sheet.heights[page.row] = 30
    columns = [
        [*way.to_share(result, i), way.figure(result, "share_gbp", i), *way.payment(result, i), way.figure(result, "position_gbp", i)]
        for _, i in parties
    ]
    for stops in zip(*columns, strict=True):
        page.row += 1
        role = "total" if stops[0].parts[0][1] in _TOTALS and len(stops[0].parts) == 1 else "formula"
        sheet.put(page.row, 0, "total" if role == "total" else "label", stops[0].label)
        found = [page.add(page.row, 1 + i, stop.parts, t, "GBP", role) for i, stop in enumerate(stops)]
        span = f"{address(page.row, 1, fixed_column=True)}:{address(page.row, len(found), fixed_column=True)}"
        sheet.put(page.row, 1 + len(found), role, add_up(found), "GBP", formula=f"SUM({span})")
    page.row += 3


_TOTALS = {("settlement", name) for name in ("share_gbp", "transfer_gbp", "still_due_gbp", "position_gbp")}

"""Out 17: what is paid under each agreement: by agreement, provider and payer, and line by line from plan to payment."""

from __future__ import annotations

from capmodel.assumptions.step import AGREEMENTS
from capmodel.assumptions.years import year_label
from capmodel.contracts.agreements import AGREEMENT, SERVICE_LINE, UNCOVERED
from capmodel.contracts.agreements.idle import AgreedRun, without_effect
from capmodel.contracts.agreements.statement import from_edition
from capmodel.place.agreed import agreed_of
from capmodel.workbook.pages.page import Page
from capmodel.workbook.pages.step_page import StepPage
from capmodel.workbook.pages.year_tables import text_rows, year_table
from capmodel.workbook.writing.book import Chart

LABEL_WIDTH, MONEY_WIDTH = 58, 16
ROW_PIXELS = 20
#: The columns of each table: heading, figure, unit.
OF_AGREEMENTS = (
    ("Value of the plan at unit prices", "agreement_plan_gbp", "GBP"),
    ("Fixed part", "agreement_fixed_gbp", "GBP"),
    ("Paid on the variance", "agreement_variance_paid_gbp", "GBP"),
    ("Payment", "agreement_payment_gbp", "GBP"),
    ("Variance that providers bear (keep: minus)", "agreement_borne_gbp", "GBP"),
)
OF_PROVIDERS = (
    ("Income under agreements", "provider_payment_gbp", "GBP"),
    ("Of it paid on the variance", "provider_variance_paid_gbp", "GBP"),
    ("Variance that it bears (keeps: minus)", "provider_borne_gbp", "GBP"),
)
OF_PAYERS = (("Cost under agreements", "payer_payment_gbp", "GBP"), ("Of it paid on the variance", "payer_variance_paid_gbp", "GBP"))
OF_LINES = (
    ("Plan activity", "plan_activity_number", "number"),
    ("Actual activity", "activity_number", "number"),
    ("Unit price", "line_unit_price_gbp", "GBP"),
    ("Market forces factor", "line_factor_index", "index"),
    ("Value of the plan", "plan_value_gbp", "GBP"),
    ("Fixed part", "fixed_gbp", "GBP"),
    ("Variance in activity", "variance_number", "number"),
    ("Variance at unit prices", "variance_value_gbp", "GBP"),
    ("Paid on the variance", "variance_paid_gbp", "GBP"),
    ("Payment", "payment_gbp", "GBP"),
)
#: Columns that are not added up.
_SINGLE = ("line_unit_price_gbp", "line_factor_index", "plan_activity_number", "activity_number", "variance_number")


def _fill(page: Page) -> None:
    """Year by year the totals and then the lines of each agreement; what has no effect at the end."""
    run = agreed_of(page.result)
    text_rows(page, len(OF_LINES), "Taken from an edition of a payment scheme, and not stated by the contract itself", from_edition(run))
    for t, year in enumerate(map(year_label, run.years)):
        if t:
            page.sheet.breaks.append(page.row)
        first, last = year_table(page, _SINGLE, f"Agreements, {year}", "Agreement", "agreement_year", OF_AGREEMENTS, t, "All agreements")
        _chart(page, year, first, last)
        year_table(page, _SINGLE, f"Providers, {year}", "Provider", "provider_income", OF_PROVIDERS, t, "All providers")
        year_table(page, _SINGLE, f"Payers, {year}", "Payer", "payer_cost", OF_PAYERS, t, "All payers")
        for each in run.stated.agreements:
            title = f"{each.label}, {year}: {each.mechanism.replace('_', ' ')}"
            year_table(page, _SINGLE, title, "Line of service", "service_line", OF_LINES, t, "All lines", _lines(run, each.id))
        if uncovered := _lines(run, UNCOVERED):
            columns = (*OF_LINES[:4], ("Pounds that no agreement covers", "uncovered_gbp", "GBP"))
            year_table(
                page,
                _SINGLE,
                f"Lines that no agreement covers, {year}",
                "Line of service",
                "service_line",
                columns,
                t,
                "All lines",
                uncovered,
            )
    text_rows(page, len(OF_LINES), "Without effect in the run that was issued", without_effect(run))
    page.sheet.widths = {0: LABEL_WIDTH, **dict.fromkeys(range(1, 1 + len(OF_LINES)), MONEY_WIDTH)}


def _lines(run: AgreedRun, agreement: str) -> list[tuple[str, int]]:
    """The lines of an agreement, each called by what sets it apart from the others of the place, and their positions."""
    columns = run.rows["service_line"].columns
    apart = [part for part in SERVICE_LINE if len(set(columns[part])) > 1]
    keys = zip(*(columns[part] for part in apart or SERVICE_LINE), strict=True)
    return [(run.name(key), i) for i, (key, own) in enumerate(zip(keys, columns[AGREEMENT], strict=True)) if own == agreement]


def _chart(page: Page, year: str, first: int, last: int) -> None:
    """The fixed part and the payment of each agreement."""
    height = 160 + 44 * (1 + last - first)
    page.sheet.charts.append(
        Chart(
            title=f"Fixed part and payment of each agreement, {year}",
            description=f"Bar chart of the fixed part and the payment of each agreement in {year}; the figures are in the table above it.",
            kind={"type": "bar"},
            series=[
                {"name": name, "categories": page.span(first, last, 0), "values": page.span(first, last, column)}
                for name, column in (("Fixed part", 2), ("Payment", 4))
            ],
            row=page.row,
            column=0,
            **page.money_axis(first, last, (2, 4)),
            from_zero=True,
            size=(900, height),
        )
    )
    page.row += 2 + height // ROW_PIXELS


PAGE = StepPage(
    sheet="Out 17 Agreements",
    title="Agreements: what each line of service is paid, who receives it and who pays",
    step=AGREEMENTS,
    shown=(),
    headlines=(("agreement_all", "all_agreed_gbp"), ("agreement_all", "all_variance_paid_gbp"), ("agreement_all", "all_uncovered_gbp")),
    more=_fill,
)

"""Out 17: what is paid under each agreement: by agreement, provider and payer, and line by line from plan to payment."""

from __future__ import annotations

from collections.abc import Sequence

from capmodel.assumptions.step import AGREEMENTS
from capmodel.assumptions.years import year_label
from capmodel.contracts.agreements import AGREEMENT, SERVICE_LINE, UNCOVERED
from capmodel.contracts.agreements.idle import AgreedRun, without_effect
from capmodel.contracts.agreements.statement import from_edition
from capmodel.place.agreed import agreed_of
from capmodel.workbook.pages.page import Page, Shown
from capmodel.workbook.pages.step_page import StepPage, lines_of
from capmodel.workbook.writing.book import Chart

LABEL_WIDTH, MONEY_WIDTH = 58, 16
#: So many rows are legible on a printed page of this width, and so many does a table have beside its lines.
ROOM, BESIDE_LINES = 46, 6
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
    _texts(page, "Taken from an edition of a payment scheme, and not stated by the contract itself", from_edition(run))
    for t, year in enumerate(map(year_label, run.years)):
        if t:
            page.sheet.breaks.append(page.row)
        first, last = _table(page, f"Agreements, {year}", "Agreement", "agreement_year", OF_AGREEMENTS, t, "All agreements")
        _chart(page, year, first, last)
        _table(page, f"Providers, {year}", "Provider", "provider_income", OF_PROVIDERS, t, "All providers")
        _table(page, f"Payers, {year}", "Payer", "payer_cost", OF_PAYERS, t, "All payers")
        for each in run.stated.agreements:
            title = f"{each.label}, {year}: {each.mechanism.replace('_', ' ')}"
            _table(page, title, "Line of service", "service_line", OF_LINES, t, "All lines", _lines(run, each.id))
        if uncovered := _lines(run, UNCOVERED):
            columns = (*OF_LINES[:4], ("Pounds that no agreement covers", "uncovered_gbp", "GBP"))
            _table(page, f"Lines that no agreement covers, {year}", "Line of service", "service_line", columns, t, "All lines", uncovered)
    _texts(page, "Without effect in the run that was issued", without_effect(run))
    page.sheet.widths = {0: LABEL_WIDTH, **dict.fromkeys(range(1, 1 + len(OF_LINES)), MONEY_WIDTH)}


def _table(
    page: Page,
    title: str,
    left: str,
    table: str,
    columns: Sequence[tuple[str, str, str]],
    t: int,
    total: str,
    lines: Sequence[tuple[str, int]] | None = None,
) -> tuple[int, int]:
    """The lines of a table in one year, with a total where there are several."""
    own = [(label, i) for label, _, i in lines_of(page.result, (table, columns[0][1]))] if lines is None else lines
    _keep_together(page, len(own) + BESIDE_LINES)
    page.heading(title, len(columns))
    shown = [Shown(heading, (table, name), unit, t, summed=name not in _SINGLE) for heading, name, unit in columns]
    return page.grid(left, own, shown, total if len(own) > 1 else "")


def _keep_together(page: Page, rows: int) -> None:
    """Begin a printed page where so many rows do not fit on the one that is begun."""
    begun = page.sheet.breaks[-1] if page.sheet.breaks else 0
    if page.row - begun + rows > ROOM:
        page.sheet.breaks.append(page.row)


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


def _texts(page: Page, heading: str, texts: Sequence[str]) -> None:
    """Sentences below a heading, a row each; nothing where there is none."""
    if texts:
        page.heading(heading, len(OF_LINES))
    for text in texts:
        page.sheet.put(page.row, 0, "words", text[:1].upper() + text[1:])
        page.row += 1


PAGE = StepPage(
    sheet="Out 17 Agreements",
    title="Agreements: what each line of service is paid, who receives it and who pays",
    step=AGREEMENTS,
    shown=(),
    headlines=(("agreement_all", "all_agreed_gbp"), ("agreement_all", "all_variance_paid_gbp"), ("agreement_all", "all_uncovered_gbp")),
    more=_fill,
)

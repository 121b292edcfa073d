"""The sheets a board reads: summary, segments, parties, plan and comparison, each cell a reference to a working.

Nothing is calculated here but sums of what is shown above them. Charts are native and read the same cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from capmodel.algebra.functions import add_up
from capmodel.algebra.rows import Node
from capmodel.assumptions.pack import year_label
from capmodel.baseline.recorded import accounts_given
from capmodel.reinvestment import fund
from capmodel.workbook.book import Chart, Sheet, address, column_name, quoted
from capmodel.workbook.layout import Layout
from capmodel.workbook.look import UNIT_LABELS

if TYPE_CHECKING:
    from capmodel.result import Result

SUMMARY, SEGMENTS, PARTIES, PLAN, COMPARISON = (
    "Out 1 Summary",
    "Out 2 Segments",
    "Out 3 Parties",
    "Out 4 Plan",
    "Out 5 Comparison",
)
FIRST_ROW = 4
#: The steps from what was recorded to what the accounts say.
RECONCILED = {
    "recorded": "Recorded",
    "apportioned": "Block contracts",
    "scaling": "Difference made by scaling",
    "scaled": "In the model",
    "unlinked": "Unlinked",
    "unallocated": "Unallocated",
    "unbooked": "Held against no accounts",
    "accounts": "Accounts",
}
NO_ACCOUNTS = "No accounts were given: there is nothing to hold recorded spend against."


@dataclass(frozen=True)
class Shown:
    """A column of an output table: a heading, the figure it shows, and the unit it is shown in."""

    heading: str
    node: Node
    unit: str
    t: int | None = None
    summed: bool = False


@dataclass
class Page:
    """One output sheet that is being filled, row by row."""

    result: Result
    layout: Layout
    sheet: Sheet
    row: int = FIRST_ROW
    widths: dict[int, float] = field(default_factory=dict)

    def value(self, node: Node, line: int, t: int | None) -> float:
        """The engine's figure."""
        rows = self.result.values.inputs.rows[node[0]]
        return float(self.result.values.figure(node)[line * rows.across + (t or 0)])

    def refer(self, row: int, column: int, node: Node, line: int, t: int | None, unit: str) -> None:
        """Put a reference to a figure."""
        formula = self.layout.homes[node].cell(line, t, self.sheet.name)
        self.sheet.put(row, column, "formula", self.value(node, line, t), unit, formula=formula)

    def heading(self, text: str) -> None:
        """A heading over the next block."""
        self.sheet.put(self.row, 0, "table", text)
        for column in range(1, 1 + len(self.result.place.pack.years)):
            self.sheet.put(self.row, column, "table", None)
        self.row += 1

    def grid(self, left: str, lines: Sequence[tuple[str, int]], columns: Sequence[Shown], total: str = "") -> tuple[int, int]:
        """A table: one row for each line (its label and its position), one column for each figure; returns its rows."""
        self.sheet.put(self.row, 0, "ruler_left", left)
        for i, column in enumerate(columns):
            self.sheet.put(
                self.row, 1 + i, "ruler", column.heading if column.unit == "index" else f"{column.heading} ({_unit(column.unit)})"
            )
        self.sheet.heights[self.row] = 44
        first = self.row + 1
        for offset, (label, line) in enumerate(lines):
            self.sheet.put(first + offset, 0, "label", label)
            for i, column in enumerate(columns):
                self.refer(first + offset, 1 + i, column.node, line, column.t, column.unit)
        last = first + len(lines) - 1
        if total and lines:
            self.sheet.heights[last + 1] = 4  # a thin gap, so that a total does not look like one more line
            self.sheet.put(last + 2, 0, "total", total)
            for i, column in enumerate(columns):
                if column.summed:
                    letter = column_name(1 + i)
                    values = add_up([self.value(column.node, line, column.t) for _, line in lines])
                    self.sheet.put(last + 2, 1 + i, "total", values, column.unit, formula=f"SUM({letter}{first + 1}:{letter}{last + 1})")
        self.row = last + (4 if total else 2)
        return first, last

    def by_year(self, left: str, lines: Sequence[tuple[str, Node, int]], unit: str, total: str = "") -> tuple[int, int]:
        """A table with years across: one row for each label, figure and position."""
        years = self.result.place.pack.years
        self.sheet.put(self.row, 0, "ruler_left", f"{left} ({_unit(unit)})")
        for t, year in enumerate(years):
            self.sheet.put(self.row, 1 + t, "ruler", year_label(year))
        first = self.row + 1
        for offset, (label, node, line) in enumerate(lines):
            self.sheet.put(first + offset, 0, "label", label)
            for t in range(len(years)):
                self.refer(first + offset, 1 + t, node, line, t, unit)
        last = first + len(lines) - 1
        if total:
            self.sheet.put(last + 1, 0, "total", total)
            for t in range(len(years)):
                letter = column_name(1 + t)
                values = add_up([self.value(node, line, t) for _, node, line in lines])
                self.sheet.put(last + 1, 1 + t, "total", values, unit, formula=f"SUM({letter}{first + 1}:{letter}{last + 1})")
        self.row = last + (3 if total else 2)
        return first, last

    def note(self, text: str) -> None:
        """A line under a table that says how to read it."""
        self.sheet.put(self.row, 0, "words", text)
        self.row += 2

    def span(self, first: int, last: int, column: int) -> str:
        """A chart range."""
        return f"={quoted(self.sheet.name)}!{address(first, column, True, True)}:{address(last, column, True, True)}"


def _unit(unit: str) -> str:
    plain = unit.removeprefix("whole ").removeprefix("short ")
    return "£ million" if unit == "million GBP" else UNIT_LABELS[plain]


def fill_outputs(result: Result, layout: Layout, sheets: dict[str, Sheet]) -> None:
    """Fill every output sheet."""
    _summary(Page(result, layout, sheets[SUMMARY]))
    _segments(Page(result, layout, sheets[SEGMENTS]))
    _parties(Page(result, layout, sheets[PARTIES]))
    _plan(Page(result, layout, sheets[PLAN]))
    _comparison(Page(result, layout, sheets[COMPARISON]))


def _members(result: Result, name: str) -> list[tuple[str, int]]:
    return [(entry.label, i) for i, entry in enumerate(result.place.pack.dimensions[name])]


def _summary(page: Page) -> None:
    result = page.result
    page.sheet.pages_down, page.sheet.portrait = 1, True
    page.heading("The envelope and what it pays for")
    page.by_year(
        "Envelope",
        [
            ("Envelope of the year before", ("envelope", "opening_gbp"), 0),
            ("Change for people", ("envelope", "volume_gbp"), 0),
            ("Change for need per head", ("envelope", "mix_gbp"), 0),
            ("Change for prices", ("envelope", "price_gbp"), 0),
            ("Change for efficiency", ("envelope", "efficiency_gbp"), 0),
            ("Envelope", ("envelope", "envelope_gbp"), 0),
        ],
        "whole GBP",
    )
    page.by_year("Population", [("People", ("envelope", "all_persons"), 0)], "whole persons")
    page.heading("The alliance: from target to pool")
    page.by_year(
        "Settlement",
        [
            ("Target", ("pool", "pool_target_gbp"), 0),
            ("Actual cost, expected", ("pool", "pool_actual_gbp"), 0),
            ("Variance: gain, or loss in brackets", ("pool", "variance_gbp"), 0),
            ("Threshold", ("pool", "threshold_gbp"), 0),
            ("Pool that is shared", ("pool", "pool_gbp"), 0),
        ],
        "whole GBP",
    )
    page.by_year("Outcomes", [("Part of gains that outcomes release", ("pool", "outcome_share"), 0)], "short share")
    page.heading("Each party's transfer: what it receives, or pays (in brackets)")
    page.by_year("Transfer", [(label, ("settlement", "transfer_gbp"), i) for label, i in _members(result, "party")], "whole GBP")
    page.heading("Each party's share of the pool")
    page.by_year("Share", [(label, ("settlement", "share_gbp"), i) for label, i in _members(result, "party")], "whole GBP", total="Pool")
    page.heading("Reinvestment")
    page.by_year(
        "Plan",
        [
            ("Saving counted of the chosen options", ("plan", "plan_saving_gbp"), 0),
            ("Cost of the chosen options", ("plan", "plan_cost_gbp"), 0),
            ("Cost they release", ("plan", "plan_released_gbp"), 0),
            ("Budget left", ("plan", "slack_gbp"), 0),
        ],
        "whole GBP",
    )
    page.note("The variance follows from the assumed actual cost, not from these options: compare it with the saving they are counted for.")
    if "accounts" in result.chain.by_name:
        page.heading("How far recorded spend is from the accounts")
        page.grid("Base year", [("All payers and settings", 0)], _reconciled(result, "all_accounts", "all_"))
        if accounts_given(result.place.columns) == "none":
            page.note(NO_ACCOUNTS)
    page.heading("How far the model is from published figures")
    page.grid(
        "Allocation year",
        [(year_label(int(year)), i) for i, year in enumerate(result.values.inputs.rows["nhs_control"].columns["allocation_year"])],
        [Shown("Modelled NHS spend over published allocation", ("nhs_control", "nhs_ratio_share"), "short share")],
    )
    page.note("Gains are plus; losses and payments stand in brackets. Every figure refers to a working; follow it there to its source.")


def _segments(page: Page) -> None:
    result = page.result
    year = year_label(result.place.pack.years[0])
    page.heading("Who lives here, what they need, and what their year of care is worth")
    first, last = page.grid(
        "Segment",
        _members(result, "segment"),
        [
            Shown("People, base year", ("segment", "segment_persons"), "whole persons", summed=True),
            Shown("Spend, base year", ("segment", "base_cost_gbp"), "whole GBP", summed=True),
            Shown("Spend per head, base year", ("segment", "base_price_gbp_per_person"), "GBP/persons"),
            Shown("Need index", ("need", "need_index"), "index"),
            Shown(f"People {year}", ("capitation", "persons"), "whole persons", 0, summed=True),
            Shown(f"Weighted population {year}", ("capitation", "normalised_persons"), "whole persons", 0, summed=True),
            Shown(f"Allocation {year}", ("capitation", "allocation_gbp"), "GBP", 0, summed=True),
            Shown(f"Price per head {year}", ("capitation", "price_gbp_per_person"), "GBP/persons", 0),
        ],
        total="All segments",
    )
    page.heading("Need two ways, and the way from spend to target")
    at_end = len(result.place.pack.years) - 1
    page.grid(
        "Segment",
        _members(result, "segment"),
        [
            Shown("Need by segment price", ("need", "price_need_index"), "index"),
            Shown("Need by fit", ("need", "normalised_need_index"), "index"),
            Shown("Need that counts", ("need", "need_index"), "index"),
            Shown("Distance from target, base year", ("need", "base_distance_share"), "short share"),
            Shown(f"Distance {year_label(result.place.pack.years[-1])}", ("capitation", "closing_distance_share"), "short share", at_end),
            Shown(f"Target {year}", ("capitation", "target_gbp"), "GBP", 0, summed=True),
            Shown(f"Average price {year}", ("capitation", "average_price_of_year_gbp_per_person"), "GBP/persons", 0),
            Shown("Change for need", ("capitation", "need_gbp_per_person"), "GBP/persons", 0),
            Shown("Change for pace", ("capitation", "pace_gbp_per_person"), "GBP/persons", 0),
            Shown(f"Price per head {year}", ("capitation", "price_gbp_per_person"), "GBP/persons", 0),
        ],
        total="All segments",
    )
    page.note("A fit on synthetic people is an illustration; it counts only as far as the assumption says that need is taken from the fit.")
    chart_row = page.row
    page.sheet.charts.append(
        Chart(
            title="Spend by segment in the base year",
            description=f"Bar chart of spend by segment in the base year, {result.place.pack.title}; the figures are in column C of this sheet.",
            kind={"type": "bar"},
            series=[{"name": "Spend, base year", "categories": page.span(first, last, 0), "values": page.span(first, last, 2)}],
            row=chart_row,
            column=0,
            value_format="#,##0,,",
            value_title="£ million",
            size=(1080, 560),
            legend=False,
        )
    )
    page.row = chart_row + 30
    page.heading("Year of Care budget by setting")
    page.by_year(
        "Setting",
        [(label, ("setting_budget", "in_setting_gbp"), i) for label, i in _members(result, "setting")],
        "whole GBP",
        total="Envelope",
    )


def _parties(page: Page) -> None:
    result = page.result
    parties = _members(result, "party")
    page.heading("Share of the pool that is shared: a gain, or a loss (in brackets)")
    first, last = page.by_year("Share", [(label, ("settlement", "share_gbp"), i) for label, i in parties], "GBP", total="Pool")
    years = result.place.pack.years
    page.sheet.charts.append(
        Chart(
            title="Each party's position: share of the pool by year",
            description="Column chart of each party's share of the pool by year; the figures are in the first table of this sheet.",
            kind={"type": "column"},
            series=[
                {"name": year_label(year), "categories": page.span(first, last, 0), "values": page.span(first, last, 1 + t)}
                for t, year in enumerate(years)
            ],
            row=page.row,
            column=0,
            value_format="#,##0.0,,",
            value_title="£ million",
            size=(1080, 460),
        )
    )
    page.row += 25
    page.heading("Holding: where the pool lies before settlement")
    page.by_year("Holding", [(label, ("settlement", "holding_gbp"), i) for label, i in parties], "GBP", total="Pool")
    page.heading("Transfer: what each party receives, or pays (in brackets)")
    page.by_year("Transfer", [(label, ("settlement", "transfer_gbp"), i) for label, i in parties], "GBP", total="Adds up to nought")
    page.heading("After settlement: each party against the target, own variance and transfer together")
    page.by_year("After settlement", [(label, ("settlement", "position_gbp"), i) for label, i in parties], "GBP", total="Variance")
    page.heading("Year of Care budgets: income as a provider")
    page.by_year("Income", [(label, ("party_budget", "income_gbp"), i) for label, i in parties], "whole GBP", total="Envelope")
    page.heading("Year of Care budgets: contribution as a payer")
    page.by_year("Contribution", [(label, ("party_budget", "contribution_gbp"), i) for label, i in parties], "whole GBP", total="Envelope")


def _plan(page: Page) -> None:
    result = page.result
    names = [result.place.labels[option] for option in result.place.choices.options]
    options = [(label, i) for i, label in enumerate(names)]
    page.heading("Which options, at what cost, for what value")
    page.grid(
        "Option",
        options,
        [
            Shown("Chosen", ("option", "chosen_flag"), "flag"),
            Shown("Must be done", ("option", "mandatory_flag"), "flag"),
            Shown("Present value", ("option", "value_gbp"), "whole GBP"),
            Shown("Value if chosen", ("option", "chosen_value_gbp"), "whole GBP", summed=True),
        ],
        total="Present value of the plan",
    )
    page.note("To test another choice, change 0 and 1 on Data 2 Options; costs, budgets left, rules and the objective follow at once.")
    page.heading("Cost if chosen")
    page.by_year("Option", [(label, ("option_year", "chosen_cost_gbp"), i) for label, i in options], "whole GBP", total="Cost of the plan")
    page.heading("Cost released if chosen")
    page.by_year("Option", [(label, ("option_year", "chosen_released_gbp"), i) for label, i in options], "whole GBP", total="Released")
    for i, party in enumerate(result.values.inputs.rows["ledger"].columns["party"]):
        page.heading(f"Ledger: {result.place.labels[party]}")
        lines = [(line.label, ("ledger", line.name), i) for line in fund.ledger.lines.values()]
        page.by_year("Ledger", lines, "whole GBP")
    page.heading("Who pays and who gains: net effect of the plan on each party, before settlement")
    page.by_year(
        "Party", [(label, ("plan_party", "plan_net_gbp"), i) for label, i in _members(result, "party")], "whole GBP", total="System"
    )


def _comparison(page: Page) -> None:
    result = page.result
    rows = result.values.inputs.rows
    page.heading("NHS spend in the model against the published allocation of the integrated care board")
    page.grid(
        "Allocation year",
        [(year_label(int(year)), i) for i, year in enumerate(rows["nhs_control"].columns["allocation_year"])],
        [
            Shown("Published, core and primary medical", ("nhs_control", "published_gbp"), "whole GBP"),
            Shown("Modelled, in that year's money", ("nhs_control", "modelled_gbp"), "whole GBP"),
            Shown("Modelled over published", ("nhs_control", "nhs_ratio_share"), "short share"),
        ],
    )
    if "accounts" in result.chain.by_name:
        _reconciliation(page)
        return
    page.heading("Social care in the model against published council expenditure")
    page.grid(
        "Setting",
        [(result.place.labels[name], i) for i, name in enumerate(rows["social_care_control"].columns["setting"])],
        [
            Shown("Published, adults, sum of eight boroughs", ("social_care_control", "social_care_control_gbp"), "whole GBP"),
            Shown("Modelled, in that year's money", ("social_care_control", "modelled_social_care_gbp"), "whole GBP"),
            Shown("Modelled over published", ("social_care_control", "social_care_ratio_share"), "short share"),
        ],
    )
    page.note("For judgement only: nothing is scaled to these totals, and the scope of the published figures differs.")


def _reconciled(result: Result, table: str, prefix: str) -> list[Shown]:
    """The columns of the reconciliation, from what was recorded to what the accounts say, as far as accounts were given."""
    left_out = {"none": ("unallocated", "unbooked", "accounts"), "all": ("unbooked",)}.get(accounts_given(result.place.columns), ())
    names = {name: "unlinked_left" if name == "unlinked" and not prefix else name for name in RECONCILED if name not in left_out}
    return [Shown(RECONCILED[name], (table, f"{prefix}{line}_gbp"), "GBP", summed=True) for name, line in names.items()]


def _reconciliation(page: Page) -> None:
    labels = page.result.place.labels
    accounts = page.result.values.inputs.rows["accounts"].keys(("payer", "setting"))
    given = accounts_given(page.result.place.columns)
    page.sheet.title = "Comparison with accounts and published totals"
    against = "" if given == "none" else " against the accounts"
    page.heading(f"Recorded spend{against}, by payer and setting, in the base year")
    lines = [(f"{labels[payer]}: {labels[setting]}", i) for i, (payer, setting) in enumerate(accounts)]
    page.grid("Payer and setting", lines, _reconciled(page.result, "accounts", ""), total="All payers and settings")
    less = ", less what is held against no accounts," if given == "some" else ""
    add_up_to = f"Recorded, block contracts, scaling, unlinked and unallocated{less} add up to the accounts."
    page.note(f"{NO_ACCOUNTS if given == 'none' else add_up_to} What is unlinked or unallocated is on no segment, and is never spread.")

"""The sheets of a book, their titles and their order, and which step each belongs to: a book has the sheets of the place's steps.

A sheet of workings is there where a table of the place is worked out on it, a sheet of inputs where one of its figures stands on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from capmodel.algebra.table import Input, Line, Table
from capmodel.assumptions.pack import Assumed
from capmodel.assumptions.step import CONTRACT, OPTIONS, SPEND, Step
from capmodel.contracts import settlement
from capmodel.errors import listed
from capmodel.place.steps import STEPS, absent_labels
from capmodel.reinvestment import evidence, planning, who_pays
from capmodel.workbook.pages import board_tables as outputs
from capmodel.workbook.pages import frontier, issued, option_tests, statements, steps_beside
from capmodel.workbook.pages import payoff as payoff_page
from capmodel.workbook.pages import risk as risk_page
from capmodel.workbook.pages.parties import PARTIES
from capmodel.workbook.pages.plan import PLAN
from capmodel.workbook.pages.recorded_plan import RECORDED_PLAN
from capmodel.workbook.pages.records import RECORDS
from capmodel.workbook.pages.who_pays import WHO_PAYS
from capmodel.workbook.writing.timeline import IN_USE

if TYPE_CHECKING:
    from capmodel.place.chain import Chain
    from capmodel.place.place import Place

COVER, LOG, GUIDE, ASSUMPTIONS, TERMS, STRUCTURE = "Cover", "Change log", "How to use", "Assumptions", "Contract terms", "Structure"
DATA, OPTIONS_DATA, SOURCES = "Data 1 Spend", "Data 2 Options", "Sources"
CHECKS, CERTIFICATE, SIGN_OFF = "Checks", "Certificate", "Sign-off"
INPUTS = {
    ASSUMPTIONS: "Assumptions: value, status, source, owner",
    TERMS: "Contract terms: the alliance agreement as data",
    DATA: "Data: figures that the tables of the place give",
    OPTIONS_DATA: "Data on options, and the choice of options",
    **steps_beside.INPUTS,
    STRUCTURE: "Structure: how the files of the place and its contract are built; locked",
}
CALCS = {
    IN_USE: "The assumptions that a scenario changes, as the chosen scenario has them",
    "Calc 1 Segment spend": "What the place spends on whom",
    "Calc 2 Capitation": "Need, weighted population, envelope and allocation",
    "Calc 3 Care budgets": "Year of Care budgets by segment, setting, provider and payer",
    **steps_beside.CALCS,
    "Calc 4 Settlement": "From the target to each party's transfer, step by step",
    "Calc 5 Options": "What each option costs, saves and releases",
    "Calc 6 Plan": "What the chosen options add up to",
    who_pays.SHEET: "Who pays and who gains by the chosen options, by party and setting",
}
#: The sheet of inputs by the sheet of the workings that read them; any other reads data on people and spend.
INPUT_OF = {settlement.SHEET: TERMS, evidence.SHEET: OPTIONS_DATA, planning.SHEET: OPTIONS_DATA, **steps_beside.INPUT_OF}
#: Sheets that are read, each with its title and the step it shows; the summary shows all that are there.
OUTPUTS = {
    outputs.SUMMARY: ("Summary", ""),
    outputs.SEGMENTS: ("Segments: people, need, price and budget", SPEND),
    PARTIES: ("Parties: share, cash position and transfer, step by step", CONTRACT),
    PLAN: ("Options: cost, release, value and choice", OPTIONS),
    outputs.COMPARISON: ("Comparison with published totals", SPEND),
    statements.STATEMENTS: ("Statements of account, one party a page", CONTRACT),
    payoff_page.PAYOFF: ("Payoff: each party's position against the variance", CONTRACT),
    **{page.sheet: (page.title, page.step) for page in steps_beside.PAGES},
    WHO_PAYS: ("Who pays and who gains, by party and setting", OPTIONS),
}
#: Sheets of recorded values, in the same way.
RECORDED = {
    issued.ISSUED: ("Inputs as issued, and which of them have been changed", ""),
    RECORDS: ("Recorded runs", ""),
    RECORDED_PLAN: ("Recorded plan: what the optimiser found", OPTIONS),
    payoff_page.RECORDED_PAYOFF: ("Recorded payoff: positions by variance", CONTRACT),
}

#: The sheets that show what a simulation found, or the tests of the options, and the sheets of records behind them.
RISK_SHEETS = (
    {risk_page.RISK: "Risk: what each party may gain or lose"},
    {risk_page.RECORDED_RISK: "Recorded risk: what a simulation found"},
)
TEST_SHEETS = (
    {
        option_tests.TESTS: "Option tests: every option, alone and in the best plan",
        frontier.FRONTIER: "Efficient frontier: what other budgets would buy",
    },
    {
        option_tests.RECORDED_TESTS: "Recorded tests: worth, cash and parties of every option",
        option_tests.RECORDED_DECISIONS: "Recorded tests: the other decision on every option, and switching values",
        frontier.RECORDED_FRONTIER: "Recorded frontier: other budgets, two perspectives, plans under uncertainty",
    },
)


@dataclass(frozen=True)
class Contents:
    """The sheets of one book, by their kind, each with its title."""

    inputs: dict[str, str]
    calcs: dict[str, str]
    outputs: dict[str, str]
    records: dict[str, str]

    def titles(self, place: str) -> dict[str, str]:
        """Every sheet in its order, with its title; the cover has that of the place."""
        before = {COVER: place, LOG: "Change log", GUIDE: "How to use this workbook"}
        after = {CHECKS: "Checks", CERTIFICATE: "Certificate of recalculation", SIGN_OFF: "Sign-off"}
        return {**before, **self.inputs, SOURCES: "Sources", **self.calcs, **self.outputs, **self.records, **after}


def contents_of(place: Place, risk: bool = False, tested: bool = False) -> Contents:
    """The sheets of a book of a place; `risk` says that it shows a simulation, `tested` that it shows the tests of the options."""
    chain = place.chain
    worked_out = {IN_USE, *(table.sheet for table in chain.tables if table.lines)}
    given = {input_sheet(chain, table, column) for table in chain.tables for column in table.inputs.values()}
    given |= {ASSUMPTIONS, *(assumption_sheet(assumed) for assumed in place.assumptions.values())}
    shown, records = (
        {name: title for name, (title, step) in sheets.items() if not step or chain.has(step)} for sheets in (OUTPUTS, RECORDED)
    )
    return Contents(
        {name: title for name, title in INPUTS.items() if name in given},
        {name: title for name, title in CALCS.items() if name in worked_out},
        {**shown, **(RISK_SHEETS[0] if risk else {}), **(TEST_SHEETS[0] if tested else {})},
        {**records, **(RISK_SHEETS[1] if risk else {}), **(TEST_SHEETS[1] if tested else {})},
    )


def input_sheet(chain: Chain, table: Table, column: Input | Line) -> str:
    """The sheet on which an input column stands."""
    if isinstance(column, Input) and column.internal:
        return STRUCTURE
    if any(column.name in given.asks for part in chain.parts for given in part.given):
        return DATA
    return INPUT_OF.get(table.sheet, DATA)


def assumption_sheet(assumed: Assumed) -> str:
    """The sheet on which an assumption stands."""
    return STRUCTURE if assumed.internal else TERMS if assumed.clause else ASSUMPTIONS


def absent_steps(place: Place) -> list[Step]:
    """The steps that a place does not have, and its book therefore does not show."""
    return [step for step in STEPS[place.pack.basis] if not place.chain.has(step.name)]


def steps_in_words(place: Place) -> str:
    """Which steps a book shows, and which it does not because the place does not have them; empty where it shows all."""
    absent = absent_labels(place.pack.basis, place.chain.steps)
    shown = listed([step.label for step in place.chain.steps])
    return f"This book shows {shown}. What the place does not have is not in the book: {listed(absent)}." if absent else ""

"""What a run prints of Year of Care payments, long-term-condition bands, and the split of hospital spells."""

from __future__ import annotations

from rich.console import Console

from capmodel.assumptions.step import PAYMENTS
from capmodel.care_budgets.bands import statement as of_bands
from capmodel.care_budgets.currency import statement as of_payments
from capmodel.care_budgets.currency.roster import SMALL_NUMBERS
from capmodel.care_budgets.rehabilitation import statement as of_rehabilitation
from capmodel.money import pounds
from capmodel.place.result import Result


def payments(console: Console, result: Result) -> None:
    """Year of Care payments in words and pounds."""
    pack = result.place.pack
    file = next(step.files[0] for step in result.chain.steps if step.name == PAYMENTS)
    small = int(pack.documents[file].content.get("small_numbers", SMALL_NUMBERS))
    _print(console, of_payments.statement(_there(result), result.place.label, pack.years, pounds, small))


def _there(result: Result) -> of_payments.ColumnOf:
    """The columns of a run by table and name; empty for a table that the place does not have."""
    return lambda table, name: result.column(table, name) if table in result.chain.by_name else {}


def bands(console: Console, result: Result) -> None:
    """People in long-term-condition bands, their budgets, and their steady state."""
    _print(console, of_bands.statement(result.column, result.place.label, result.place.pack.years, pounds))


def rehabilitation(console: Console, result: Result) -> None:
    """The split of hospital spells, who gains by it, and where bed days take more than the tariff."""
    _print(console, of_rehabilitation.statement(result.column, result.place.label, result.place.pack.years, pounds))


def _print(console: Console, lines: list[str]) -> None:
    for text in lines:
        console.print(text, markup=False, soft_wrap=True)
    console.print("")

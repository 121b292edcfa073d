"""What a run prints of agreements by line of service."""

from __future__ import annotations

from rich.console import Console

from capmodel.contracts.agreements.statement import statement
from capmodel.money import pounds
from capmodel.place.agreed import agreed_of
from capmodel.place.result import Result


def agreements(console: Console, result: Result) -> None:
    """What each agreement pays, who receives and pays, who bears the variance, and what has no effect."""
    for text in statement(agreed_of(result), pounds):
        console.print(text, markup=False, soft_wrap=True)
    console.print("")

"""What a run prints of contracts within contracts."""

from __future__ import annotations

from rich.console import Console

from capmodel.contracts.holders.statement import statement
from capmodel.money import pounds
from capmodel.place.held import held_of
from capmodel.place.result import Result


def holders(console: Console, result: Result) -> None:
    """Each holder below its parent, what it passes and bears, and what has no effect."""
    for text in statement(held_of(result), pounds):
        console.print(text, markup=False, soft_wrap=True)
    console.print("")

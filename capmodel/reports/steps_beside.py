"""What a run prints of steps that stand beside the chain and are imported where a place has them: their rules take time to trace."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from capmodel.assumptions.step import POOL
from capmodel.money import pounds
from capmodel.place.result import Result


def pooled(console: Console, result: Result) -> None:
    """The statement of the pooled budget or the performance pot, in words and pounds."""
    from capmodel.care_budgets.pooled.statement import WorkedOut, idle_of, kind_of

    pack, step = result.place.pack, next(step for step in result.chain.steps if step.name == POOL)
    document = pack.documents[step.files[0]]
    title, idle = str(document.content["title"]), idle_of(document, pack.years)
    agreed = WorkedOut(kind_of(document), title, pack.years, step.tables, result.place.labels, result.values, idle)
    _print(console, agreed.statement())


def flows(console: Console, result: Result) -> None:
    """Flows between organisations in words and pounds."""
    from capmodel.care_budgets.cost_shunting.statement import statement

    _print(console, statement(result.column, result.place.label, pounds))


def agreements(console: Console, result: Result) -> None:
    """What each agreement pays, who receives and pays, who bears the variance, and what has no effect."""
    from capmodel.contracts.agreements.statement import statement
    from capmodel.place.agreed import agreed_of

    _print(console, statement(agreed_of(result), pounds))


def holders(console: Console, result: Result) -> None:
    """Each holder below its parent, what it passes and bears, and what has no effect."""
    from capmodel.contracts.holders.statement import statement
    from capmodel.place.held import held_of

    _print(console, statement(held_of(result), pounds))


def _print(console: Console, texts: Iterable[str]) -> None:
    """Sentences, a line each, and an empty line after them."""
    for text in texts:
        console.print(text, markup=False, soft_wrap=True)
    console.print("")

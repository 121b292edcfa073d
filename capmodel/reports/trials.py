"""Plans under uncertainty and efficient frontiers as printed tables. Nothing is worked out here; the tables are those of `place.trial_tables`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from capmodel.place.trial_tables import tables_of_trials, words_of_cases
from capmodel.reports.optimise import printed

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised


def print_trials(console: Console, found: Optimised) -> None:
    """Print the plans under uncertainty side by side, the frontier over budgets and that between two perspectives."""
    console.print()
    for text in words_of_cases(found):
        console.print(text, markup=False, soft_wrap=True)
    for table in tables_of_trials(found):
        console.print("", printed(table))

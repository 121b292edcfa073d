"""Who pays and who gains by a change: figures of two runs by party and setting, as a matrix for each year that adds up both ways.

A budget is income of its provider and a contribution of its payer. Where it grows, the one gains what the other pays: every setting adds
up to zero, and so do all parties together. Any other figures by party and setting are held against each other in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from capmodel.algebra.functions import to_pence
from capmodel.care_budgets.cost_shunting import ALL, BUDGETS, COST, IN_YEAR, RECURRENT

if TYPE_CHECKING:
    import pandas as pd

    from capmodel.algebra.rows import Floats

#: Budgets by segment, setting, provider, payer and year.
Budgets = Mapping[tuple[str, ...], float]
#: The figures of a column of a table by key.
Column = Callable[[str, str], Mapping[tuple[str, ...], float]]


@dataclass(frozen=True)
class Matrix:
    """What each party gains (plus) or pays (minus), by setting and year.

    `figures` has a row for each party, a column for each setting and a layer for each year.
    """

    parties: tuple[str, ...]
    settings: tuple[str, ...]
    years: tuple[int, ...]
    figures: Floats

    @property
    def moves(self) -> bool:
        """True where any figure is half a penny or more."""
        return bool((np.abs(self.figures) >= 0.005).any())

    @property
    def largest(self) -> int:
        """The year in which most money moves; of equal ones the first."""
        return self.years[int(np.argmax(np.abs(self.figures).sum(axis=(0, 1))))]

    def of_year(self, year: int) -> pd.DataFrame:
        """The matrix of a year, with the totals of its rows and columns."""
        import pandas as pd

        cells = self.figures[:, :, self.years.index(year)]
        frame = pd.DataFrame(cells, index=list(self.parties), columns=list(self.settings))
        frame[ALL] = cells.sum(axis=1)
        frame.loc[ALL] = frame.sum(axis=0)
        return frame


def change_of_budgets(before: Budgets, after: Budgets, parties: Sequence[str], settings: Sequence[str], years: Sequence[int]) -> Matrix:
    """Who pays and who gains where budgets change; a line that only one of the runs has is nothing in the other.

    >>> before = {("frail", "hospital", "trust", "icb", "2026"): 100.0}
    >>> after = {("frail", "hospital", "trust", "icb", "2026"): 80.0}
    >>> change_of_budgets(before, after, ["icb", "trust"], ["hospital"], [2026]).figures.ravel().tolist()
    [20.0, -20.0]
    """
    row, column, layer = ({name: i for i, name in enumerate(names)} for names in (parties, settings, map(str, years)))
    figures = np.zeros((len(row), len(column), len(layer)))
    for key in dict.fromkeys((*before, *after)):
        _, setting, provider, payer, year = key
        moved = float(to_pence(after.get(key, 0.0))) - float(to_pence(before.get(key, 0.0)))
        figures[row[provider], column[setting], layer[year]] += moved
        figures[row[payer], column[setting], layer[year]] -= moved
    return Matrix(tuple(parties), tuple(settings), tuple(years), to_pence(figures))


def change_of_figures(
    before: Mapping[tuple[str, ...], float],
    after: Mapping[tuple[str, ...], float],
    parties: Sequence[str],
    settings: Sequence[str],
    years: Sequence[int],
) -> Matrix:
    """Figures of two runs by party, setting and year, the later less the earlier."""
    keys = [(party, setting, str(year)) for party in parties for setting in settings for year in years]
    moved = np.array([after.get(key, 0.0) - before.get(key, 0.0) for key in keys]).reshape(len(parties), len(settings), len(years))
    return Matrix(tuple(parties), tuple(settings), tuple(years), moved)


def who_pays(
    before: Column, after: Column, tables: Collection[str], parties: Sequence[str], settings: Sequence[str], years: Sequence[int]
) -> dict[str, Matrix]:
    """Every matrix of two runs: by their budgets, and by the options chosen, in year and recurrently; see `Result.who_pays`.

    Args:
        before: the figures of the one run.
        after: the figures of the other.
        tables: the tables that both have.
        parties: their parties.
        settings: their settings.
        years: their years.
    """
    found: dict[str, Matrix] = {}
    if "care_budget" in tables:
        own, other = (column("care_budget", "budget_gbp") for column in (before, after))
        found[BUDGETS] = change_of_budgets(own, other, parties, settings, years)
    for way in (IN_YEAR, RECURRENT) if "who_pays" in tables else ():
        own, other = (
            {
                **column("who_pays", f"{way}_gbp"),
                **{(party, COST, year): gbp for (party, year), gbp in column("party_effect", f"{way}_cost_gbp").items()},
            }
            for column in (before, after)
        )
        found[way] = change_of_figures(own, other, parties, [*settings, COST], years)
    return found

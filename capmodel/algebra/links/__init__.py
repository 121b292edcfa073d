"""The five ways a rule reads a figure that is not a column of its own table, a file each.

`assumption` reads the pack, `lookup` one row of another table, `total` a sum over another table, `prior` the row before
(last year, or the line above), `earlier` one row of another table as many years before as our line says. Each link is
written twice, once for arrays and once for Excel, side by side in its file and nowhere else; both read the same
positions, worked out once by `connect`. In the workbook a link is a visible ingredient line, with one row for each
thing it distinguishes.
"""

from __future__ import annotations

from collections.abc import Sequence

from capmodel.algebra.links.assumptions import Assumption, ResolvedAssumption
from capmodel.algebra.links.earlier import Earlier, ResolvedEarlier
from capmodel.algebra.links.lookups import Lookup, ResolvedLookup
from capmodel.algebra.links.priors import Prior, ResolvedPrior
from capmodel.algebra.links.totals import ResolvedTotal, Total
from capmodel.algebra.readable import Readable
from capmodel.algebra.rows import YEAR

__all__ = [
    "Assumption",
    "Earlier",
    "Link",
    "Lookup",
    "Prior",
    "ResolvedAssumption",
    "ResolvedEarlier",
    "ResolvedLookup",
    "ResolvedPrior",
    "ResolvedTotal",
    "Total",
    "assumption",
    "earlier",
    "lookup",
    "prior",
    "total",
]

Link = Assumption | Lookup | Total | Prior | Earlier


def assumption(name: str) -> Assumption:
    """Read a figure of the pack by its name."""
    return Assumption(name)


def lookup(table: Readable, column: str, **on: str) -> Lookup:
    """Read one row of another table; `their_key="our_column"` where the names differ."""
    return Lookup(table, column, tuple(on.items()))


def total(table: Readable, column: str, *same: str, **on: str) -> Total:
    """Sum another table's column over the rows that agree with ours in the columns named."""
    return Total(table, column, tuple((name, name) for name in same) + tuple(on.items()))


def prior(column: str, first: str | int = 0, along: Sequence[str] = (YEAR,)) -> Prior:
    """Read the row before: last year by default, or the line above along other keys."""
    return Prior(column, first, tuple(along))


def earlier(table: Readable, column: str, years: str, **on: str) -> Earlier:
    """Read one row of another table as many years before ours as our column `years` says, and zero before its first year."""
    return Earlier(table, column, years, tuple(on.items()))

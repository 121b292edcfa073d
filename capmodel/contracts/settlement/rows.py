"""The rows of a place's settlement: those that its contract decides, and those of its settings, segments and lines of care.

A row's attributes name the rows it reads or pays: the side of a cap, the last step, the party that takes what a step leaves.
"""

from __future__ import annotations

from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Pack
from capmodel.contracts.settlement.chance import chance_rows
from capmodel.contracts.settlement.routes import line_rows
from capmodel.contracts.terms import Terms


def rows(pack: Pack, terms: Terms, routes: Rows) -> dict[str, Rows]:
    """The rows of a place's settlement."""
    settings = tuple(entry.id for entry in pack.dimensions["setting"])
    segments = tuple(entry.id for entry in pack.dimensions["segment"])
    ways = list(dict.fromkeys(zip(routes.columns["setting"], routes.columns["provider"], routes.columns["payer"], strict=True)))
    care = list(dict.fromkeys(zip(routes.columns["segment"], routes.columns["setting"], strict=True)))
    return {**chance_rows(settings, segments, care, pack.years), "service": line_rows(ways, pack.years), **terms.rows}

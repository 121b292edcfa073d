"""Capitation and pooled-budget model: from what a place spends on whom to an open-book workbook both sides can trust.

>>> import capmodel
>>> place = capmodel.load("assumptions/places/north-west-london")
>>> result = place.run()
>>> result.passed
True
"""

from __future__ import annotations

from capmodel.version import __version__

# The name that type checkers take as true: to import `typing` for it is a tenth of the time of `--help`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from capmodel.capitation.rules.allocate import allocate_file as allocate
    from capmodel.contracts.many.settle import settle_file as settle
    from capmodel.model import Place, Result, load

__all__ = ["Place", "Result", "__version__", "allocate", "load", "settle"]


def __getattr__(name: str) -> Any:
    """Load the model only when it is asked for, so that `capmodel --help` stays instant."""
    if name in ("Place", "Result", "load"):
        from capmodel import model

        return getattr(model, name)
    if name == "allocate":
        from capmodel.capitation.rules.allocate import allocate_file

        return allocate_file
    if name == "settle":
        from capmodel.contracts.many.settle import settle_file

        return settle_file
    raise AttributeError(f"module 'capmodel' has no attribute {name!r}")

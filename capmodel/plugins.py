"""Finds plug-ins: modules of a package that are known by their file name. No registry, no base class.

A plug-in is a module with the functions its family promises; this leaf knows no family.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from capmodel.errors import CapmodelError, nearest


def names(family: ModuleType) -> list[str]:
    """The plug-ins of a family, by file name."""
    return [module.name for module in pkgutil.iter_modules(family.__path__)]


def find(family: ModuleType, name: str, promises: tuple[str, ...]) -> ModuleType:
    """The plug-in of that name.

    Args:
        family: the package that holds the plug-ins.
        name: the file name of one of them.
        promises: the functions it must have.

    Raises:
        CapmodelError: there is none of that name, or it lacks a function.
    """
    kind = family.__name__.rsplit(".", 1)[-1].removesuffix("s")
    if name not in names(family):
        raise CapmodelError(f"there is no {kind} {name!r}. {nearest(name, names(family))}")
    found = importlib.import_module(f"{family.__name__}.{name}")
    lacking = [promise for promise in promises if not hasattr(found, promise)]
    if lacking:
        raise CapmodelError(f"the {kind} {name} has no function {lacking[0]}")
    return found

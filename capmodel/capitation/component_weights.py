"""Which fixed weights of components give a published whole: least squares over places, for rules whose weights are not printed.

The weights come with how well they fit, and go into a rule file as constants with status `fitted`. Regression of need on
people and their conditions is not this; see `need`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.errors import CapmodelError


@dataclass(frozen=True)
class ComponentWeights:
    """Weights by component (share), R squared (share), and the largest relative difference of a place (share)."""

    weights: Mapping[str, float]
    r2_share: float
    largest_share: float


def component_weights(components: Mapping[str, Floats], whole: Floats, relative: bool = False) -> ComponentWeights:
    """Fit the weights with which components come closest to a whole.

    Args:
        components: weighted persons by component, one figure a place.
        whole: the published weighted persons (or GBP) of each place.
        relative: weigh every place alike, instead of by its size; finds exact weights to more digits.

    Source: ordinary least squares without a constant term, as used on NHS England's published practice figures.

    >>> one, two = np.array([10.0, 20.0, 40.0]), np.array([5.0, 30.0, 10.0])
    >>> fitted = component_weights({"one": one, "two": two}, 0.75 * one + 0.25 * two)
    >>> {name: round(weight, 6) for name, weight in fitted.weights.items()}
    {'one': 0.75, 'two': 0.25}

    Raises:
        CapmodelError: there are fewer places than components, a figure is not finite, or components move together.
    """
    columns = np.column_stack([np.asarray(values, dtype=float) for values in components.values()])
    whole = np.asarray(whole, dtype=float)
    if not (np.isfinite(columns).all() and np.isfinite(whole).all()):
        raise CapmodelError("A figure is not a number; weights cannot be fitted to gaps")
    if relative and (whole == 0).any():
        raise CapmodelError("A place's whole is zero; fit without relative, or leave the place out")
    scale = whole if relative else np.ones(len(whole))
    found, _, rank, _ = np.linalg.lstsq(columns / scale[:, None], whole / scale, rcond=None)
    if rank < columns.shape[1]:
        raise CapmodelError("The components move together, or there are too few places; leave one out")
    left = whole - columns @ found
    spread = float(((whole - whole.mean()) ** 2).sum())
    r2 = 1 - float((left**2).sum()) / spread if spread > 0 else 0.0
    off = float(np.abs(left / np.where(whole != 0, whole, 1.0)).max())
    return ComponentWeights(dict(zip(components, found.tolist(), strict=True)), r2, off)

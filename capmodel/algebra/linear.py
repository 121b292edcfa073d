"""Linear terms: what a chain of rules makes of decisions that are not taken yet.

A `Linear` figure is a constant and one coefficient for each decision. It passes through the same rules as an array, as
long as they are affine in the decisions; anything else is refused by name. The optimiser's model is read off the result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.errors import RuleError


class Linear(np.lib.mixins.NDArrayOperatorsMixin):
    """Figures that depend on decisions: `terms[0]` is the constant, `terms[1 + k]` the coefficient of decision k."""

    def __init__(self, terms: Floats) -> None:
        """Take terms of shape (1 + decisions, rows)."""
        self.terms = terms

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Linear:
        name = ufunc.__name__
        if method != "__call__" or kwargs or name not in ("add", "subtract", "multiply", "divide", "negative"):
            self._refuse(name)
        if name == "negative":
            return Linear(-self.terms)
        left, right = inputs
        if name in ("multiply", "divide"):
            varying = [value for value in (left, right) if isinstance(value, Linear)]
            if len(varying) == 2 or (name == "divide" and isinstance(right, Linear)):
                self._refuse(name)
            factor = right if isinstance(left, Linear) else left
            return Linear(varying[0].terms * factor if name == "multiply" else varying[0].terms / factor)
        return Linear(ufunc(lift(left, self.terms), lift(right, self.terms)))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Linear:
        if function is not np.where or isinstance(args[0], Linear):
            self._refuse(function.__name__)
        condition, left, right = args
        return Linear(np.where(condition, lift(left, self.terms), lift(right, self.terms)))

    def _refuse(self, name: str) -> NoReturn:
        raise RuleError(f"np.{name} of a decision is not linear; the optimiser can read sums and fixed multiples of decisions only")


def lift(value: Any, like: Floats) -> Floats:
    """A figure that depends on no decision, as terms: the constant alone."""
    if isinstance(value, Linear):
        return value.terms
    terms = np.zeros((like.shape[0], np.broadcast_shapes(np.shape(value), like.shape[1:])[0]))
    terms[0] = value
    return terms


class LinearArithmetic:
    """How `evaluate` calls rules when some figures depend on decisions: the leading axis holds terms, not draws."""

    by_axes = False

    def __init__(self, decisions: int) -> None:
        """Take the number of decisions."""
        self.leading: tuple[int, ...] = (1 + decisions,)

    def lift(self, figures: Floats, rows: int) -> Floats:
        """Figures with the leading axis, whether they depend on a decision or not."""
        return figures if figures.ndim == 2 else lift(figures, np.zeros((*self.leading, rows)))

    def settle(self, figures: Floats) -> Floats:
        """The constant alone, where no decision has a coefficient."""
        return figures if figures[1:].any() else figures[0]

    def call(self, rule: Callable[..., Any], arguments: dict[str, Floats]) -> Floats:
        """Run a rule on linear terms."""
        wrapped = {name: Linear(value) if value.ndim == 2 else value for name, value in arguments.items()}
        result = rule(**wrapped)
        return result.terms if isinstance(result, Linear) else np.asarray(result, dtype=float)

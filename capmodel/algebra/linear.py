"""Linear terms: what a chain of rules makes of decisions that are not taken yet.

A `Linear` figure is a constant and one coefficient for each decision. It passes through the same rules as an array, as long as they
are affine in the decisions, or products of which one side is made of decisions of 0 or 1 alone; anything else is refused by name. A
product of two figures that both vary is linear in auxiliary amounts, which are worked out with the decisions and follow from them. The
optimiser's model is read off the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

import numpy as np

from capmodel.algebra.rows import Floats, Positions
from capmodel.errors import RuleError

#: A figure that varies by no more than this part of itself is one figure.
_SAME = 1e-12
#: Amounts are from 0 to 1, and the same to so many digits.
_DIGITS = 12


@dataclass(frozen=True, eq=False)
class Product:
    """An auxiliary amount from 0 to 1: a decision of 0 or 1, times a part from 0 to 1 that is made of decisions and of earlier amounts.

    `columns` are positions among the decisions, with the amounts after them; the part is `constant + coefficients @ (their figures)`.
    """

    decision: int
    constant: float
    columns: Positions
    coefficients: Floats

    @cached_property
    def key(self) -> tuple[object, ...]:
        """The same for every product that is the same amount; what sums differ by in their last digits makes no other amount."""
        return self.decision, self.columns.tobytes(), round(self.constant, _DIGITS), (np.round(self.coefficients, _DIGITS) + 0.0).tobytes()


class Linear(np.lib.mixins.NDArrayOperatorsMixin):
    """Figures that depend on decisions: `terms[0]` is the constant, `terms[1 + k]` the coefficient of decision or amount k."""

    def __init__(self, terms: Floats, arithmetic: LinearArithmetic) -> None:
        """Take terms of shape (1 + decisions and amounts, rows), and the arithmetic that adds amounts."""
        self.terms = terms
        self.arithmetic = arithmetic

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Linear:
        name = ufunc.__name__
        if method != "__call__" or kwargs or name not in ("add", "subtract", "multiply", "divide", "negative"):
            self._refuse(name)
        if name == "negative":
            return self._with(-self.terms)
        left, right = inputs
        if name in ("multiply", "divide"):
            if name == "divide" and isinstance(right, Linear):
                self._refuse(name)
            if isinstance(left, Linear) and isinstance(right, Linear):
                return self._with(self.arithmetic.product(left.terms, right.terms))
            factor = right if isinstance(left, Linear) else left
            return self._with(self.terms * factor if name == "multiply" else self.terms / factor)
        return self._with(ufunc(*self._alike(left, right)))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Linear:
        if function is not np.where or isinstance(args[0], Linear):
            self._refuse(function.__name__)
        condition, left, right = args
        return self._with(np.where(condition, *self._alike(left, right)))

    def _with(self, terms: Floats) -> Linear:
        return Linear(terms, self.arithmetic)

    def _alike(self, left: Any, right: Any) -> tuple[Floats, Floats]:
        """Two figures as terms of the same amounts."""
        size = max(len(each.terms) for each in (left, right) if isinstance(each, Linear))
        return lift(left, size, self.terms.shape[1:]), lift(right, size, self.terms.shape[1:])

    def _refuse(self, name: str) -> NoReturn:
        raise RuleError(
            f"np.{name} of a decision is not linear; the optimiser can read sums, fixed multiples and products of decisions of 0 or 1 only"
        )


def lift(value: Any, size: int, shape: tuple[int, ...]) -> Floats:
    """A figure as so many terms: one that depends on no decision is the constant alone, and amounts added since have no say in it."""
    terms = np.zeros((size, np.broadcast_shapes(np.shape(value.terms)[1:] if isinstance(value, Linear) else np.shape(value), shape)[0]))
    if isinstance(value, Linear):
        terms[: len(value.terms)] = value.terms
    else:
        terms[0] = value
    return terms


class LinearArithmetic:
    """How `evaluate` calls rules when some figures depend on decisions: the leading axis holds terms, not draws."""

    by_axes = False

    def __init__(self, decisions: int, products: Sequence[Product] = ()) -> None:
        """Take the number of decisions, and the amounts that figures worked out earlier are made of."""
        self.decisions = decisions
        #: The amounts that products have asked for so far, each once.
        self.products: list[Product] = list(products)
        self._places = {product.key: place for place, product in enumerate(products, 1 + decisions)}

    def lift(self, figures: Floats, rows: int) -> Floats:
        """Figures with the leading axis, whether they depend on a decision or not."""
        return figures if figures.ndim == 2 else lift(figures, 1 + self.decisions, (rows,))

    def put(self, figures: Floats, at: Positions, result: Floats) -> Floats:
        """Figures with those of some rows in their place, which may depend on amounts that the others do not."""
        found = self.lift(result, len(at))
        figures = _longer(figures, len(found))
        figures[: len(found), at], figures[len(found) :, at] = found, 0.0
        return figures

    def settle(self, figures: Floats) -> Floats:
        """The constant alone, where no decision has a coefficient."""
        return figures if figures[1:].any() else figures[0]

    def call(self, rule: Callable[..., Any], arguments: dict[str, Floats]) -> Floats:
        """Run a rule on linear terms."""
        wrapped = {name: Linear(value, self) if value.ndim == 2 else value for name, value in arguments.items()}
        result = rule(**wrapped)
        return result.terms if isinstance(result, Linear) else np.asarray(result, dtype=float)

    def whole(self, figures: Floats) -> Floats:
        """Terms of a line with all amounts there are, also of one that turned out to depend on no decision."""
        return _longer(np.atleast_2d(figures), 1 + self.decisions + len(self.products))

    def product(self, left: Floats, right: Floats) -> Floats:
        """The product of two figures, of which at least one depends on decisions alone, as terms with an amount for each pair that varies.

        >>> arithmetic = LinearArithmetic(2)
        >>> arithmetic.product(np.array([[0.0], [0.5], [0.0]]), np.array([[1.0], [0.0], [-0.2]])).round(6).ravel().tolist()
        [0.0, 0.4, -0.0, 0.1]
        >>> (amount,) = arithmetic.products
        >>> amount.decision, round(float(amount.constant), 6), amount.columns.tolist(), amount.coefficients.round(6).tolist()
        (0, 1.0, [1], [-1.0])
        """
        plain = [each for each in (left, right) if not each[1 + self.decisions :].any()]
        if not plain:
            raise RuleError("a product of two figures that are products of decisions themselves cannot be read by the optimiser")
        chosen = min(plain, key=np.count_nonzero)
        other = right if chosen is left else left
        found = _longer(chosen[:1] * other, 1 + self.decisions)
        decisions, rows = np.nonzero(chosen[1 : 1 + self.decisions])
        factors, terms, each = chosen[1 + decisions, rows], other[:, rows], np.arange(len(rows))
        # A decision times itself is the decision.
        terms[0], terms[1 + decisions, each] = terms[0] + terms[1 + decisions, each], 0.0
        least, most = terms[0] + np.minimum(terms[1:], 0.0).sum(axis=0), terms[0] + np.maximum(terms[1:], 0.0).sum(axis=0)
        found[1 + decisions, rows] += factors * least
        varies = np.flatnonzero(most - least > _SAME * np.maximum(np.abs(most), np.abs(least)))
        terms[0] -= least
        places = [self._place_of(int(decisions[k]), terms[:, k] / (most - least)[k]) for k in varies]
        found = _longer(found, 1 + self.decisions + len(self.products)) if places else found
        found[places, rows[varies]] += (factors * (most - least))[varies]
        return found

    def _place_of(self, decision: int, part: Floats) -> int:
        """Where the amount of a decision times a part stands among the terms, which is added where it is new."""
        columns = np.flatnonzero(part[1:])
        product = Product(decision, float(part[0]), columns, part[1:][columns])
        if product.key not in self._places:
            self.products.append(product)
            self._places[product.key] = self.decisions + len(self.products)
        return self._places[product.key]


def _longer(terms: Floats, size: int) -> Floats:
    """Terms with zeros for amounts that came after them."""
    return terms if len(terms) >= size else np.vstack([terms, np.zeros((size - len(terms), *terms.shape[1:]))])

"""Solvers, one file each; the file name is the solver's name.

A solver is a module with `available() -> bool`, `version() -> str` and `solve(problem: Problem, time_limit_s: float) -> Answer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.linear import Product
from capmodel.algebra.rows import Floats, Positions

#: A constraint may fail by less than this: a hundredth of a penny, for the noise of sums.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Problem:
    """Choose 0 or 1 for each decision: make `values @ x` as large as can be, with `constants + coefficients @ x >= 0`.

    `values` has one entry a decision; `coefficients` one row a constraint. After the decisions come the `products`, from 0 to 1, which
    follow from a choice of them, and last the `amounts`, which may be anything from zero up. Neither is part of the answer's choice. A
    solver that works to a tolerance may read a constraint looser than it is, by `looser` of its largest term: its answer is tried on
    the constraints as they are. A solver may stop where what it found is within `gap_share` of the best; its answer is then
    not proved. Of the decisions with the same name in `groups`, such as the starts of one option, no choice that keeps the
    constraints takes more than one; where there are no groups, each decision is free of the others.
    """

    values: Floats
    constants: Floats
    coefficients: Floats
    looser: float = 3.7e-8  # no round sum of pounds lies so far from another
    amounts: int = 0
    gap_share: float = 0.0
    products: tuple[Product, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def decisions(self) -> int:
        """How many decisions of 0 or 1 there are."""
        return len(self.values) - len(self.products) - self.amounts

    @property
    def most(self) -> float:
        """A value that no choice exceeds, whatever the constraints: all that is worth something."""
        return float(self.values[self.values > 0].sum())


@dataclass(frozen=True)
class Answer:
    """What a solver found: a choice of 0 and 1, the best value it proved possible, and whether the proof is complete."""

    chosen: tuple[int, ...] | None  # None where there is no choice that keeps every constraint
    bound: float
    proved: bool
    status: str


def with_products(problem: Problem, choices: NDArray[Any]) -> Floats:
    """Several choices, a row each, with the products that follow from them.

    >>> product = Product(0, 1.0, np.array([1]), np.array([-0.5]))
    >>> with_products(Problem(np.ones(3), np.zeros(0), np.zeros((0, 3)), products=(product,)), np.array([[1, 1], [0, 1]])).tolist()
    [[1.0, 1.0, 0.5], [0.0, 1.0, 0.0]]
    """
    count = problem.decisions
    found = np.zeros((len(choices), count + len(problem.products)))
    found[:, :count] = choices
    for turn in _in_turns(problem.products, count):
        parts = np.add.reduceat(found[:, turn.columns] * turn.coefficients, turn.starts, axis=1)
        found[:, turn.places] = found[:, turn.decisions] * (turn.constants + parts)
    return found


@dataclass(frozen=True, eq=False)
class _Turn:
    """Products that are worked out at once: those made of decisions, or of these and the products of the turns before.

    Their terms lie one after another, those of each product from its start on.
    """

    places: Positions
    decisions: Positions
    constants: Floats
    columns: Positions
    coefficients: Floats
    starts: Positions


def _turn_of(products: Sequence[Product], places: Sequence[int]) -> _Turn:
    return _Turn(
        places=np.array(places, dtype=np.intp),
        decisions=np.array([product.decision for product in products], dtype=np.intp),
        constants=np.array([product.constant for product in products]),
        columns=np.concatenate([product.columns for product in products]),
        coefficients=np.concatenate([product.coefficients for product in products]),
        starts=np.cumsum([0, *(len(product.columns) for product in products[:-1])]),
    )


@lru_cache(maxsize=64)
def _in_turns(products: tuple[Product, ...], count: int) -> tuple[_Turn, ...]:
    """All products, in the turns in which they are worked out; the same are asked about again and again."""
    turns: dict[int, int] = {}
    for place, product in zip(range(count, count + len(products)), products, strict=True):
        turns[place] = 1 + max((turns.get(column, -1) for column in product.columns.tolist()), default=-1)
    found = [[place for place, turn in turns.items() if turn == each] for each in range(1 + max(turns.values(), default=-1))]
    return tuple(_turn_of([products[place - count] for place in places], places) for places in found)


def aligned(problems: Sequence[Problem]) -> list[Problem]:
    """Problems of the same decisions, each with the products of all of them, each product once, so that a column means the same in each.

    >>> one, other = (Problem(np.ones(3), np.zeros(0), np.zeros((0, 3)), products=(Product(0, part, np.array([1]), np.array([-part])),)) for part in (1.0, 0.5))
    >>> [each.values.tolist() for each in aligned([one, other])], [each.constant for each in aligned([one, other])[0].products]
    ([[1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0]], [1.0, 0.5])
    """
    count, owns = problems[0].decisions, []
    found: dict[tuple[object, ...], tuple[int, Product]] = {}
    for each in problems:
        own = list(range(count))
        for product in each.products:
            places = np.array(own)[product.columns]
            order = np.argsort(places)
            moved = replace(product, columns=places[order], coefficients=product.coefficients[order])
            own.append(found.setdefault(moved.key, (count + len(found), moved))[0])
        owns.append(own)
    products, size = tuple(product for _, product in found.values()), count + len(found)
    return [_with_columns(each, own, size, products) for each, own in zip(problems, owns, strict=True)]


def _with_columns(problem: Problem, own: Sequence[int], size: int, products: tuple[Product, ...]) -> Problem:
    """The same problem where its columns stand among others."""
    values, coefficients = np.zeros(size), np.zeros((len(problem.constants), size))
    values[own], coefficients[:, own] = problem.values, problem.coefficients
    return replace(problem, values=values, coefficients=coefficients, products=products)


def worth_of(problem: Problem, chosen: Sequence[int]) -> float:
    """What a choice is worth.

    >>> worth_of(Problem(np.array([3.0, 2.0]), np.array([1.0]), np.array([[-1.0, -1.0]])), (1, 1))
    5.0
    """
    return float(worths_of(problem, np.array([chosen]))[0])


def worths_of(problem: Problem, choices: NDArray[Any]) -> Floats:
    """What each of several choices, a row each, is worth."""
    worths: Floats = with_products(problem, choices) @ problem.values
    return worths


def slacks_of(problem: Problem, choices: NDArray[Any]) -> Floats:
    """What each constraint (across) has left for each of several choices (down), which is below zero where it is broken."""
    slack: Floats = problem.constants + with_products(problem, choices) @ problem.coefficients.T
    return slack


def keeps(problem: Problem, choices: NDArray[Any]) -> NDArray[np.bool_]:
    """Of several choices, a row each, those that keep every constraint.

    >>> keeps(Problem(np.ones(1), np.array([0.5]), np.array([[-1.0]])), np.array([[0], [1]])).tolist()
    [True, False]
    """
    kept: NDArray[np.bool_] = np.asarray((slacks_of(problem, choices) >= -TOLERANCE).all(axis=1))
    return kept


def in_units(problem: Problem) -> tuple[Floats, Floats]:
    """The constraints as a solver takes them, `terms @ x >= limits`, without those that have no term; and what defines each product.

    Each constraint stands in units of its largest term, since a solver's tolerances are absolute, and is read looser by the part the
    problem allows. What defines a product is not: it is no less than the decision and its part together leave, and no more than either.

    >>> limits, terms = in_units(Problem(np.ones(2), np.array([3.0, 1.0]), np.array([[-2.0, -4.0], [0.0, 0.0]]), looser=0.0))
    >>> limits.tolist(), terms.tolist()
    ([-0.75], [[-0.5, -1.0]])
    """
    units: Floats = np.abs(problem.coefficients).max(axis=1, initial=0.0)
    has_terms = units > 0
    units = units[has_terms]
    limits, terms = -(problem.constants[has_terms] / units + problem.looser), problem.coefficients[has_terms] / units[:, None]
    each = np.arange(len(problem.products))
    defined, least = np.zeros((len(each), 3, len(problem.values))), np.zeros((len(each), 3))
    if len(each):
        every = _turn_of(problem.products, range(problem.decisions, problem.decisions + len(each)))
        chosen, within, both = (defined[:, i] for i in range(3))
        np.add.at(within, (np.repeat(each, np.diff(every.starts, append=len(every.columns))), every.columns), every.coefficients)
        chosen[each, every.decisions] = 1.0
        both -= within + chosen
        defined[each, :, every.places] = -1.0, -1.0, 1.0
        least[:, 1], least[:, 2] = -every.constants, every.constants - 1.0
    return np.append(limits, least.ravel()), np.vstack([terms, defined.reshape(-1, len(problem.values))])

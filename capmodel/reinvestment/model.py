"""Reads the optimiser's model off the linear terms of the appraisal's own rules, and again where some of the inputs are otherwise.

The objective and every constraint are lines of `planning`; nothing is written down a second time. Most questions about options differ
from one another in a few inputs. What does not depend on those keeps its terms, and the amounts that products of decisions have asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.linear import LinearArithmetic, Product
from capmodel.algebra.rows import Floats, Positions
from capmodel.algebra.table import Table
from capmodel.reinvestment.planning import DECISION, OBJECTIVE, SLACKS, TABLES
from capmodel.reinvestment.solvers import Problem


@dataclass(frozen=True)
class Model:
    """The optimiser's model with what it was read off: what is known before the options, the linear terms of every line, and their amounts."""

    known: Values
    problem: Problem
    terms: Values
    products: tuple[Product, ...]
    tables: Sequence[Table]

    def problem_of(self, known: Values) -> Problem:
        """The model of the same tables and rows with other inputs: only what they change is worked out anew."""
        return model_of(known, self.tables, self).problem


def problem_of(known: Values, tables: Sequence[Table] = TABLES) -> Problem:
    """The optimiser's model: a decision for each start of an option."""
    return model_of(known, tables).problem


def model_of(known: Values, tables: Sequence[Table] = TABLES, earlier: Model | None = None) -> Model:
    """The optimiser's model, with what it takes to read it again.

    Args:
        known: everything worked out before the options.
        tables: the tables to appraise with.
        earlier: a model of the same tables; of no use where the rows are others.
    """
    if earlier is not None and not _alike(known.inputs, earlier.terms.inputs):
        earlier = None
    groups = tuple(known.inputs.rows["start"].columns["option"])
    count = len(groups)
    decisions = np.zeros((1 + count, count))
    decisions[1:] = np.eye(count)
    undecided = Values(replace(known.inputs, given={**known.inputs.given, DECISION: decisions}), known.figures)
    arithmetic = LinearArithmetic(count, earlier.products if earlier else ())
    terms = evaluate(tables, undecided, arithmetic, earlier.terms if earlier else None)
    slack = np.concatenate([arithmetic.whole(terms.figure(node)) for node in SLACKS], axis=1)
    values = arithmetic.whole(terms.figure(OBJECTIVE))[1:, 0]
    every = Problem(values, constants=slack[0], coefficients=slack[1:].T, products=tuple(arithmetic.products), groups=groups)
    return Model(known, _in_use(every), terms, every.products, tables)


def _alike(inputs: Inputs, others: Inputs) -> bool:
    """Whether inputs are of the same rows and columns, so that what was worked out for one holds for the other where nothing is otherwise."""
    same_columns = inputs.given.keys() | {DECISION} == others.given.keys() | {DECISION}
    return same_columns and (inputs.rows, inputs.by_year) == (others.rows, others.by_year)


def _in_use(problem: Problem) -> Problem:
    """The same problem without the products that neither a value nor a constraint is made of."""
    count, used = problem.decisions, (problem.values != 0) | problem.coefficients.any(axis=0)
    used[:count] = True
    for place in range(len(used) - 1, count - 1, -1):
        if used[place]:
            used[problem.products[place - count].columns] = True
    if used.all():
        return problem
    places: Positions = np.cumsum(used) - 1
    kept = [
        replace(product, columns=places[product.columns])
        for product, is_used in zip(problem.products, used[count:], strict=True)
        if is_used
    ]
    coefficients: Floats = problem.coefficients[:, used]
    return replace(problem, values=problem.values[used], coefficients=coefficients, products=tuple(kept))

"""Many cases of one run in one calculation: what each case changes stands in a leading row of the inputs, all else is shared.

Which figures a case changes is for the caller to say; `explain` bridges two runs with it, and others price changes one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from capmodel.algebra.evaluate import Inputs
from capmodel.algebra.rows import Floats, Node

#: An assumption by its name, or a column of a table.
Cause = str | Node
#: The figures that a case has in place of those of the opening run.
Case = Mapping[Cause, Floats]


def causes_between(opening: Inputs, closing: Inputs) -> list[Cause]:
    """The assumptions and input columns that differ between two runs of the same shape."""
    names: list[Cause] = [name for name in opening.assumptions if not np.array_equal(opening.assumptions[name], closing.assumptions[name])]
    return names + [node for node in opening.given if not np.array_equal(opening.given[node], closing.given[node])]


def case_between(opening: Inputs, closing: Inputs) -> dict[Cause, Floats]:
    """The closing run as a case of the opening one."""
    return {cause: figures_of_cause(closing, cause) for cause in causes_between(opening, closing)}


def figures_of_cause(inputs: Inputs, cause: Cause) -> Floats:
    """The figures of an assumption or of an input column."""
    return inputs.assumptions[cause] if isinstance(cause, str) else inputs.given[cause]


def stacked(opening: Inputs, cases: Sequence[Case]) -> Inputs:
    """The inputs of many cases, each in its own leading row; a case that changes nothing is the opening run.

    >>> opening = Inputs({}, {}, {"gate_share": np.array([0.6]), "cap_share": np.array([0.1])}, {})
    >>> both = stacked(opening, [{}, {"gate_share": np.array([0.7])}])
    >>> both.assumptions["gate_share"].tolist(), both.assumptions["cap_share"].tolist()
    ([[0.6], [0.7]], [0.1])
    """
    changed = {cause for case in cases for cause in case}

    def put(cause: Cause, before: Floats) -> Floats:
        if cause not in changed:
            return before
        figures = np.repeat(np.atleast_1d(before)[None], len(cases), axis=0)
        for i, case in enumerate(cases):
            if cause in case:
                figures[i] = case[cause]
        return figures

    return replace(
        opening,
        assumptions={name: put(name, value) for name, value in opening.assumptions.items()},
        given={node: put(node, value) for node, value in opening.given.items()},
    )

"""Terms and columns of a contract that move no money, because the contract does not use them: found from the rules, with what would switch them on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from capmodel.algebra.effect import ASSUMED, Marked, switches, why_not, without_effect
from capmodel.algebra.evaluate import Inputs
from capmodel.algebra.rows import Floats, Node
from capmodel.algebra.table import Table
from capmodel.contracts.many.column_terms import states, unshared
from capmodel.contracts.many.columns import BY_PROVIDER, INCOME, kinds_of, nodes_of
from capmodel.contracts.many.contract import ManyContracts, clause_of_column, named, stated_terms
from capmodel.contracts.settlement import transfer as settlement
from capmodel.contracts.settlement.standalone import standalone_inputs
from capmodel.contracts.settlement.term import Clause
from capmodel.contracts.terms import Terms, every_term

REPLACED = "a column gives it in every row"


def idle_terms(
    terms: Terms, inputs: Inputs, known: Mapping[Node, Floats], free: Collection[str] = (), tables: Sequence[Table] = settlement.TABLES
) -> dict[str, str]:
    """Figures that a contract states and that move no money in any row or year, by name, and why not.

    Args:
        terms: the contract.
        inputs: a settlement by it.
        known: what the settlement reads of the tables before it.
        free: names of figures that may take other values.
        tables: the tables of the settlement.
    """
    return _why(inputs, known, _of_terms(terms, inputs, free), free, tables)


def _of_terms(terms: Terms, inputs: Inputs, free: Collection[str]) -> dict[str, Marked]:
    """The figures that a contract states, in all their rows or years."""
    return {name: {node: np.ones_like(figures)} for name, node, figures in _stated(terms, inputs) if name not in free}


def idle_figures(
    inputs: Inputs, known: Mapping[Node, Floats], names: Sequence[str], free: Collection[str] = (), tables: Sequence[Table] = settlement.TABLES
) -> dict[str, str]:  # fmt: skip
    """Those of some figures, all of which may take other values, that move no money whatever they are; by full names, and why not."""
    asked = {name: _marked(inputs, name, tables) for name in names}
    return _why(inputs, known, asked, [*(name.partition("[")[0] for name in names), *free], tables)


def _marked(inputs: Inputs, full: str, tables: Sequence[Table]) -> Marked:
    """The rows, or years, of a figure by its full name."""
    name, _, rest = full.partition("[")
    key = tuple(rest.rstrip("]").split(",")) if rest else ()
    if name in inputs.assumptions:
        years = [str(year) for year in inputs.rows["pool"].years] if inputs.by_year[name] else [""]
        return {(ASSUMED, name): np.array([year == "".join(key) for year in years], dtype=float)}
    table = next(table for table in tables if name in table.inputs)
    return {(table.name, name): np.array([each[: len(key)] == key for each in inputs.rows[table.name].keys(table.keys)], dtype=float)}


def _stated(terms: Terms, inputs: Inputs) -> list[tuple[str, Node, Floats]]:
    """Figures of a contract that differ from those of one that says nothing; flags are words, not figures."""
    least = {name: each.term.otherwise for name, each in every_term().items()}
    assumed = [(name, (ASSUMED, name), np.atleast_1d(inputs.assumptions[name])) for name in terms.assumptions if name in inputs.assumptions]
    columns = [(node[1], node, figures) for node, figures in inputs.given.items() if node[1] in terms.columns]
    found = [each for each in (*assumed, *columns) if not each[0].endswith("_flag")]
    return [(name, node, figures) for name, node, figures in found if np.any(figures != least.get(name, 0.0))]


def _why(
    inputs: Inputs,
    known: Mapping[Node, Floats],
    asked: Mapping[str, Marked],
    free: Collection[str],
    tables: Sequence[Table] = settlement.TABLES,
) -> dict[str, str]:
    dead = without_effect(tables, inputs, known, asked, free)
    ways = switches(tables) if dead else {}
    return {name: why_not(ways.get(next(iter(asked[name])), frozenset()), inputs) for name in dead}


@dataclass(frozen=True)
class Idle:
    """What moves no money in a contract for many: columns, and figures of its terms, with why not."""

    columns: Mapping[str, str]
    terms: Mapping[str, str]


def idle_of(many: ManyContracts) -> Idle:
    """Columns without effect in every kind that they hold for, and figures of terms without effect in every kind."""
    free = {found.name for text in many.file.figures.columns if (found := named(text)) is not None}
    by_kind = {kind: _of_kind(many, kind, free) for kind in many.terms}
    holding = {text: kinds_of(many, text) for text in many.file.figures.columns}
    columns = {
        text: by_kind[kinds[0]].columns[text]
        for text, kinds in holding.items()
        if kinds and all(text in by_kind[kind].columns for kind in kinds)
    }
    stated = {kind: {name for name, *_ in _stated(many.terms[kind], _inputs(many, kind))} for kind in many.terms}
    names = {name: why for each in by_kind.values() for name, why in each.terms.items()}
    idle = {name: why for name, why in names.items() if all(name in by_kind[kind].terms for kind in many.terms if name in stated[kind])}
    return Idle(columns, {**idle, **{text: REPLACED for text in _replaced(many)}})


def _replaced(many: ManyContracts) -> list[str]:
    """Figures of terms that a column gives in every row of the kinds that state them."""
    found = []
    for text in many.file.figures.columns:
        stating = {kind for kind in many.terms if _states(many, kind, text)}
        if stating and stating <= set(kinds_of(many, text)):
            found.append(text)
    return found


def _states(many: ManyContracts, kind: str, text: str) -> bool:
    """Whether the terms of a kind, as they are written, say what a column gives."""
    content = unshared({"parties": many.document.content["parties"], **stated_terms(many.document, kind)})
    _, clause = clause_of_column(text, content)
    return isinstance(clause, Clause) and states(content, clause, many.years)


def _inputs(many: ManyContracts, kind: str) -> Inputs:
    """A settlement of a kind before any figures; what is worked out of them may be anything."""
    inputs = standalone_inputs(many.terms[kind], many.rows[kind], many.years, many.resolved_links.get(kind, {}))
    size = len(many.rows[kind]["service"])
    return replace(inputs, given={**inputs.given, ("service", "budget_gbp"): np.zeros(size), ("service", "actual_gbp"): np.zeros(size)})


def _of_kind(many: ManyContracts, kind: str, free: Collection[str]) -> Idle:
    inputs = _inputs(many, kind)
    known = {("care_budget", "budget_gbp"): np.zeros(0), ("party_budget", INCOME): np.zeros(len(many.rows[kind]["party_budget"]))}
    asked: dict[str, Marked] = {}
    for text in many.file.figures.columns:
        found = named(text)
        if found is None or found.name in BY_PROVIDER or kind not in kinds_of(many, text):
            continue
        if found.name in inputs.assumptions:
            asked[text] = {(ASSUMED, found.name): np.ones_like(np.atleast_1d(inputs.assumptions[found.name]))}
        elif (place := nodes_of(found, many, kind)) is not None:
            node, line = place
            across, size = many.rows[kind][node[0]].across, len(many.rows[kind][node[0]])
            asked[text] = {node: ((np.arange(size) // across) == line).astype(float)}
    # Columns and terms are asked about in one run; no term is asked about that is a column.
    of_terms = _of_terms(many.terms[kind], inputs, free)
    idle = _why(inputs, known, {**asked, **of_terms}, free)
    return Idle({name: why for name, why in idle.items() if name in asked}, {name: why for name, why in idle.items() if name in of_terms})

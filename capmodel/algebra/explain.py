"""Why a figure is what it is: the tree behind it, and the bridge between two runs.

`explain` follows one figure to its ingredients, in words, down to inputs and assumptions with their sources. `bridge`
leads from one run's figure to another's: each cause alone, then what the causes do together. Both read the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from capmodel.algebra.cases import Cause, case_between, stacked
from capmodel.algebra.evaluate import Inputs, Values, connect
from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import ResolvedAssumption, ResolvedTotal
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import Node
from capmodel.algebra.table import Input, Table

#: Says where an input or an assumption comes from: (table or None, column or assumption name, row) -> text.
Provenance = Callable[[str | None, str, int], str]


@dataclass(frozen=True)
class Explanation:
    """One figure, how it is worked out in words, and what it is worked out from."""

    label: str
    name: str
    key: tuple[str, ...]
    value: float
    unit: str
    words: str
    source: str = ""
    ingredients: tuple[Explanation, ...] = field(default=())

    def leaves(self) -> Iterable[Explanation]:
        """The inputs and assumptions at the ends of the tree."""
        if not self.ingredients:
            yield self
        for ingredient in self.ingredients:
            yield from ingredient.leaves()


@dataclass(frozen=True)
class Explainer:
    """Explains figures of one run.

    `widest` bounds how many rows of a sum are followed; the others are gathered in one line, so that trees still add up.
    `deepest` bounds how far down a branch is followed.
    """

    tables: Mapping[str, Table]
    values: Values
    provenance: Provenance
    assumption_labels: Mapping[str, str]
    widest: int = 6
    deepest: int = 12

    def explain(self, node: Node, row: int, depth: int = 0) -> Explanation:
        """The tree behind one figure.

        Args:
            node: table and column.
            row: the position of the row.
            depth: how deep in a larger tree this stands.
        """
        table = self.tables[node[0]]
        column = table.column(node[1])
        key = self.values.inputs.rows[node[0]].keys(table.keys)[row]
        value = float(self.values.figure(node)[row])
        name = f"{node[0]}.{node[1]}"
        if isinstance(column, Input) or node in self.values.inputs.given:
            return Explanation(column.label, name, key, value, column.unit, "given", self.provenance(node[0], node[1], row))
        words = table.formula_in_words(node[1], self.assumption_labels)
        if depth >= self.deepest:
            return Explanation(
                column.label,
                name,
                key,
                value,
                column.unit,
                f"{words}; there is more below, explain {name}" + (f"[{','.join(key)}]" if key else ""),
            )
        resolved_links = connect(table, column, self.values.inputs)
        found: list[Explanation] = []
        for argument in column.arguments:
            if argument in resolved_links:
                found += self._link(
                    table, column.links[argument].label(table, self.assumption_labels), resolved_links[argument], row, depth
                )
            else:
                found.append(self.explain((table.name, argument), row, depth + 1))
        return Explanation(column.label, name, key, value, column.unit, words, ingredients=tuple(found))

    def _link(self, table: Table, label: str, resolved: Resolved, row: int, depth: int) -> list[Explanation]:
        at = np.array([row], dtype=np.intp)
        if isinstance(resolved, ResolvedAssumption):
            year = (self.values.inputs.rows[table.name].values("year")[row],) if resolved.by_year else ()
            value = float(resolved.gather(self.values, at)[0])
            return [
                Explanation(
                    label,
                    resolved.name,
                    year,
                    value,
                    resolved.unit,
                    "given",
                    self.provenance(None, resolved.name, row % resolved.rows.across),
                )
            ]
        if isinstance(resolved, ResolvedTotal):
            return [self._total(label, resolved, row, depth)]
        return [self.explain(node, place, depth + 1) for node, place in resolved.sources(row)]

    def _total(self, label: str, resolved: ResolvedTotal, row: int, depth: int) -> Explanation:
        places = [place for _, place in resolved.sources(row)]
        figures = self.values.figure(resolved.node)
        column = self.tables[resolved.node[0]].column(resolved.node[1])
        largest = sorted(places, key=lambda place: -abs(figures[place]))[: self.widest]
        parts = [self.explain(resolved.node, place, depth + 1) for place in sorted(largest)]
        rest = [place for place in places if place not in largest]
        if rest:
            value = float(figures[rest].sum())
            parts.append(
                Explanation(
                    f"{len(rest)} more", f"{resolved.node[0]}.{resolved.node[1]}", (), value, column.unit, "the smaller rows together"
                )
            )
        value = float(resolved.gather(self.values, np.array([row], dtype=np.intp))[0])
        return Explanation(
            label, f"{resolved.node[0]}.{resolved.node[1]}", (), value, column.unit, f"sum of {len(places)} rows", ingredients=tuple(parts)
        )


@dataclass(frozen=True)
class Bridge:
    """From an opening to a closing figure: each cause alone, and the interaction of all; in pounds it adds up to the penny."""

    figure: str
    unit: str
    opening: float
    causes: tuple[tuple[str, float], ...]
    interaction: float
    closing: float


def bridge(
    opening: Inputs,
    closing: Inputs,
    calculate: Callable[[Inputs], Values],
    node: Node,
    row: int,
    unit: str,
    label_of: Callable[[Cause], str],
) -> Bridge:
    """Lead from one run's figure to another's; one calculation works out every cause, each in its own leading row.

    Args:
        opening: inputs of the run to start from.
        closing: inputs of the run to arrive at, with the same rows.
        calculate: works out a run.
        node: table and column of the figure.
        row: the position of its row.
        unit: its unit; pounds are bridged in whole pence.
        label_of: what a cause is called.
    """
    changed = case_between(opening, closing)
    causes = list(changed)
    inputs = stacked(opening, [{}, *({cause: changed[cause]} for cause in causes), changed])
    cases = len(causes) + 2
    figures = calculate(inputs).figure(node)[..., row]
    found = np.broadcast_to(figures, (cases,))
    exact = to_pence(np.array(found)) if unit == "GBP" else np.array(found)
    effects = exact[1:-1] - exact[0]
    effects = to_pence(effects) if unit == "GBP" else effects
    interaction = exact[-1] - exact[0] - effects.sum()
    return Bridge(
        figure=f"{node[0]}.{node[1]}",
        unit=unit,
        opening=float(exact[0]),
        causes=tuple((label_of(cause), float(effect)) for cause, effect in zip(causes, effects, strict=True)),
        interaction=float(to_pence(interaction)) if unit == "GBP" else float(interaction),
        closing=float(exact[-1]),
    )

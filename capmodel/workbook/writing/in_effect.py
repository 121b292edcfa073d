"""Says beside an input whether it counts: locked where the contract's file leaves it no say, a live word where a yellow switch decides.

Which switches stand between a figure and the money is read off the rules by `algebra.effect`. Switches that are internal are
locked in a book, so what they decide is decided for the book; what other switches decide follows them by a formula.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from capmodel.algebra.effect import ASSUMED, Switch
from capmodel.algebra.evaluate import Inputs
from capmodel.algebra.links import Assumption
from capmodel.algebra.rows import Node
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Assumed
from capmodel.workbook.writing.layout import Layout

IN_USE, NOT_IN_USE, COUNTS, NO_EFFECT, STRUCTURE = "in use", "not in use", "counts", "no effect", "structure"
Ways = Collection[Collection[Switch]]


@dataclass(frozen=True)
class Effects:
    """The switches of every input of a book, with what the contract's file has decided taken off."""

    switches: Mapping[Node, Ways]
    tables: Mapping[str, Table]
    assumptions: Mapping[str, Assumed]
    inputs: Inputs
    read: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Find out which assumptions a table with rows reads."""
        lines = [line for table in self.tables.values() if len(self.inputs.rows[table.name]) for line in table.lines.values()]
        read = frozenset(link.name for line in lines for link in line.links.values() if isinstance(link, Assumption))
        object.__setattr__(self, "read", read)

    def is_internal(self, node: Node) -> bool:
        """True of a figure that says how the contract's file is built."""
        table, name = node
        if table == ASSUMED:
            return name in self.assumptions and self.assumptions[name].internal
        return name in self.tables[table].inputs and self.tables[table].inputs[name].internal

    def ways(self, node: Node, line: int = 0) -> list[frozenset[Switch]] | None:
        """The switches left to whoever holds the book, any of the sets of which will do; none at all where the figure has no say."""
        if node not in self.switches or not self.switches[node]:
            return [frozenset()]
        if node[0] == ASSUMED and self.assumptions[node[1]].clause and node[1] not in self.read:
            return None
        possible = [way for way in self.switches[node] if all(self._holds(each, node, line) for each in way if self.is_internal(each.node))]
        return [frozenset(each for each in way if not self.is_internal(each.node)) for way in possible] or None

    def _holds(self, switch: Switch, node: Node, line: int) -> bool:
        """Whether a locked switch is as wanted: in the row of the figure where it stands beside it, else in some row."""
        table, name = switch.node
        figures = self.inputs.assumptions[name] if table == ASSUMED else self.inputs.given[switch.node]
        if table == node[0] and table != ASSUMED:
            across = self.inputs.rows[table].across
            figures = figures[line * across : (line + 1) * across]
        return bool(np.any((figures > 0) == switch.wanted))

    def live(self, ways: Collection[Collection[Switch]], layout: Layout, here: str) -> tuple[bool, str]:
        """Whether a figure counts as the switches stand now, and the same as a formula; no formula where it always does."""
        if any(not way for way in ways):
            return True, ""
        sets = {frozenset(way) for way in ways}
        shared = frozenset.intersection(*sets)
        rest = sorted({self._all_of(way - shared, layout, here) for way in sets})
        either = [] if "" in rest else rest[:1] if len(rest) == 1 else [f"OR({','.join(rest)})"]
        tests = [*(self._test(switch, layout, here) for switch in _ordered(shared)), *either]
        now = any(all(self._is_on(switch) for switch in way) for way in ways)
        return now, tests[0] if len(tests) == 1 else f"AND({','.join(tests)})"

    def _all_of(self, way: Collection[Switch], layout: Layout, here: str) -> str:
        tests = [self._test(switch, layout, here) for switch in _ordered(way)]
        return tests[0] if len(tests) == 1 else f"AND({','.join(tests)})" if tests else ""

    def _is_on(self, switch: Switch) -> bool:
        table, name = switch.node
        return bool(np.any((self.inputs.assumptions[name] if table == ASSUMED else self.inputs.given[switch.node]) > 0)) == switch.wanted

    @staticmethod
    def _test(switch: Switch, layout: Layout, here: str) -> str:
        table, name = switch.node
        block = layout.assumptions[name] if table == ASSUMED else layout.homes[switch.node]
        alone = block.lines == 1 and not block.by_year
        most = block.cell(0, None, here) if alone else f"MAX({block.span(0, block.lines - 1, None, here)})"
        return f"{most}>0" if switch.wanted else f"{most}<1"


def _ordered(way: Collection[Switch]) -> list[Switch]:
    return sorted(way, key=lambda switch: (switch.node, switch.wanted))


def used_in_excel(span: str, effect: str) -> str:
    """Whether figures are in use: none has an effect while its switch is off, and where all are zero none is used.

    >>> used_in_excel("G8:G9", "MAX(G4)>0")
    'IF(MAX(G4)>0,IF(OR(MAX(G8:G9)>0,MIN(G8:G9)<0),"in use","not in use"),"no effect")'
    """
    used = f'IF(OR(MAX({span})>0,MIN({span})<0),"{IN_USE}","{NOT_IN_USE}")'
    return f'IF({effect},{used},"{NO_EFFECT}")' if effect else used

"""Whether a figure has a say in a run: which switches stand between it and the money.

A rule that chooses by a flag, or multiplies by one, leaves some of its figures without effect while the flag is off. Both the
question for one run, row by row (`without_effect`), and the switches of a figure by name, for the workbook (`switches`), are read
off the recorded trees of the rules, so that no list of special cases is kept. What a rule decides by calculated figures counts as
an effect, since the next year may decide otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from capmodel.algebra.cell import Cell, excel, leaves
from capmodel.algebra.evaluate import ArrayArithmetic, Inputs, Values, evaluate
from capmodel.algebra.expression import compute
from capmodel.algebra.links import Assumption, Lookup
from capmodel.algebra.rows import Floats, Node
from capmodel.algebra.table import Line, Table, in_order, reads
from capmodel.algebra.unit import parse, unit_by_name

#: The table that stands for assumptions where figures go by node.
ASSUMED = ""
#: More ways than these to have a say are not spelt out: the figure then counts as having one.
_MOST_WAYS = 12


@dataclass(frozen=True)
class Condition:
    """A part of a rule, made of given figures alone, and whether it must hold for another part to count."""

    text: str
    wanted: bool
    tree: Cell = field(compare=False)

    def holds(self, figures: Mapping[str, Any]) -> Any:
        """Whether it is as wanted, row by row."""
        found = np.asarray(compute(self.tree, figures)) != 0
        return found if self.wanted else ~found


#: Ways in which a figure may have a say: in each of them all conditions must hold.
Ways = frozenset[frozenset[Condition]]
_ALWAYS: Ways = frozenset({frozenset()})


def ways_of(tree: Cell, given: Collection[str]) -> dict[str, Ways]:
    """For each argument of a rule, the conditions under which it counts; `given` are the arguments that no rule works out.

    >>> tree = np.where(Cell("applies") > 0, Cell("limit"), Cell("pool") * (1 - Cell("part")))
    >>> {name: [[(each.text, each.wanted) for each in way] for way in ways] for name, ways in ways_of(tree, {"applies"}).items()}
    {'applies': [[]], 'limit': [[('applies>0', True)]], 'pool': [[('applies>0', False)]], 'part': [[('applies>0', False)]]}
    """
    if not tree.parts:
        return {} if tree.operation.isdigit() else {tree.operation: _ALWAYS}
    found: dict[str, Ways] = {}
    for part, condition in zip(tree.parts, _conditions(tree, given), strict=True):
        for name, ways in ways_of(part, given).items():
            own = ways if condition is None else frozenset(way | {condition} for way in ways)
            found[name] = simpler(found.get(name, frozenset()) | own)
    return found


def _conditions(tree: Cell, given: Collection[str]) -> list[Condition | None]:
    """For each part of an operation, what must hold of the other parts for it to count."""
    if tree.operation == "where":
        return [None, _condition(tree.parts[0], True, given), _condition(tree.parts[0], False, given)]
    if tree.operation in ("multiply", "bitwise_and", "bitwise_or"):
        left, right = tree.parts
        wanted = tree.operation != "bitwise_or"
        return [_condition(right, wanted, given), _condition(left, wanted, given)]
    return [None] * len(tree.parts)


def _condition(tree: Cell, wanted: bool, given: Collection[str]) -> Condition | None:
    names = {name for name in leaves(tree) if not name.isdigit()}
    return Condition(excel(tree, {}), wanted, tree) if names and names <= set(given) else None


def simpler(ways: frozenset[frozenset[Any]]) -> frozenset[frozenset[Any]]:
    """The same ways without those that others make superfluous: a condition that may hold or not is none."""
    found = set(ways)
    while True:
        merged = {
            one - {each}
            for one in found
            for each in one
            if (one - {each}) | {replace(each, wanted=not each.wanted)} in found
        } - found  # fmt: skip
        found |= merged
        found = {one for one in found if not any(other < one for other in found)}
        if not merged & found:
            return frozenset(found)


def _node_of(table: Table, line: Line, argument: str) -> Node | None:
    """The column or assumption that an argument reads row by row; None where it is a sum or a row before."""
    link = line.links.get(argument)
    if link is None:
        return (table.name, argument)
    if isinstance(link, Assumption):
        return (ASSUMED, link.name)
    return (link.table.name, link.column) if isinstance(link, Lookup) else None


def _given(tables: Sequence[Table], free: Collection[str]) -> set[Node]:
    """Every input column and assumption whose figures stay as they are."""
    names = {(table.name, name) for table in tables for name in table.inputs}
    names |= {(ASSUMED, link.name) for table in tables for line in table.lines.values() for link in line.links.values() if isinstance(link, Assumption)}  # fmt: skip
    return {node for node in names if node[1] not in free}


@lru_cache(maxsize=64)
def _ends(tables: tuple[Table, ...], also: frozenset[Node]) -> frozenset[Node]:
    """Where an effect must arrive: checks, and amounts (no pure numbers) that no line reads but those that carry a balance with it."""
    found = set(also)
    groups = {node: i for i, group in enumerate(in_order(tables, ())) for node in group}
    read = {
        groups[node]
        for table in tables
        for line in table.lines.values()
        for node, _ in reads(table, line)
        if node in groups and groups[node] != groups[table.name, line.name]
    }
    for table in tables:
        for line in table.lines.values():
            node = (table.name, line.name)
            if line.is_check or (parse(line.unit) and groups[node] not in read):
                found.add(node)
    return frozenset(found)


# ------------------------------------------------------------------------------------------------ by name


@dataclass(frozen=True)
class Switch:
    """A flag by its node, and whether it must be on for a figure to count."""

    node: Node
    wanted: bool


def switches(tables: Sequence[Table], also: Collection[Node] = (), free: Collection[str] = ()) -> dict[Node, frozenset[frozenset[Switch]]]:
    """For each input column and assumption, the flags that let it move money: any of the ways will do, and each needs all its flags.

    A figure with the empty way always counts; one with no way at all moves no money whatever is switched on. A column of flags is
    on where it is on in some row; that it is off in some row is no condition.

    Args:
        tables: the tables of a run.
        also: lines that count beside money and checks, such as what must not fall below zero.
        free: names of flags that are no switches, since something else decides them.
    """
    return dict(_switches(tuple(tables), frozenset(also), frozenset(free)))


@lru_cache(maxsize=64)
def _switches(tables: tuple[Table, ...], also: frozenset[Node], free: frozenset[str]) -> dict[Node, frozenset[frozenset[Switch]]]:
    given = {node for node in _given(tables, free) if unit_by_name(node[1]) == "flag"}
    own: list[tuple[Node, Node, frozenset[frozenset[Switch]]]] = []
    for table in tables:
        for line in table.lines.values():
            nodes = {argument: _node_of(table, line, argument) for argument in line.arguments}
            flags = {argument for argument, node in nodes.items() if node in given}
            for argument, ways in ways_of(line.tree, flags).items():
                named = frozenset(frozenset(switch for each in way for switch in _switches_of(each, nodes)) for way in ways)
                link = line.links.get(argument)
                read = [nodes[argument]] if nodes[argument] else [] if link is None else link.nodes(table)
                own += [(node, (table.name, line.name), simpler(named)) for node in read if node is not None]
    found: dict[Node, frozenset[frozenset[Switch]]] = dict.fromkeys(_ends(tables, also), frozenset({frozenset()}))
    changed = True
    while changed:
        changed = False
        for node, line_node, asked in reversed(own):
            further = frozenset(one | other for one in asked for other in found.get(line_node, ()))
            before = found.get(node, frozenset())
            after = simpler(before | frozenset(way for way in further if not _contradicts(way)))
            after = after if len(after) <= _MOST_WAYS else frozenset({frozenset()})
            if after != before:
                found[node], changed = after, True
    inputs = _given(tables, ())
    return {node: found.get(node, frozenset()) for node in inputs}


def _switches_of(condition: Condition, nodes: Mapping[str, Node | None]) -> list[Switch]:
    """A condition on one flag as a switch; one on several flags is left out, so that a figure rather counts than not."""
    names = [name for name in leaves(condition.tree) if not name.isdigit()]
    node = nodes[names[0]] if len(names) == 1 else None
    on, off = (bool(condition.holds({name: value for name in names})) for value in (1.0, 0.0))
    return [Switch(node, on)] if node is not None and on != off and (on or node[0] == ASSUMED) else []


def _contradicts(way: frozenset[Switch]) -> bool:
    return any(Switch(each.node, not each.wanted) in way for each in way)


# ------------------------------------------------------------------------------------------------ in one run

#: Which figures of which columns and assumptions are asked about: a mask over rows, or over years.
Marked = Mapping[Node, Floats]


class _Marks(ArrayArithmetic):
    """Works the figures out on the first plane, and on the others whether what is asked about has come as far as this row."""

    def __init__(self, asked: int, ways: Mapping[Callable[..., Any], Mapping[str, Ways]]) -> None:
        super().__init__((1 + asked,), by_axes=False)
        self.ways = ways

    def call(self, rule: Callable[..., Any], arguments: dict[str, Floats]) -> Floats:
        """The figure of a rule, and which of the figures asked about have a say in it."""
        figures = {name: value[0] if value.ndim > 1 else value for name, value in arguments.items()}
        marks = {name: value[1:] > 0 for name, value in arguments.items() if value.ndim > 1}
        value = np.asarray(rule(**figures), dtype=float)
        size = max(np.shape(each)[-1] for each in arguments.values())
        found = np.zeros((self.leading[0], size))
        found[0] = value
        for name, own in marks.items():
            if np.count_nonzero(own):
                found[1:] += own & self._counts(self.ways[rule][name], figures, marks)
        return found

    @staticmethod
    def _counts(ways: Ways, figures: Mapping[str, Floats], marks: Mapping[str, Any]) -> Any:
        counts: Any = False
        for way in ways:
            holds: Any = True
            for condition in way:
                # A condition that is itself asked about decides nothing: it may turn out either way.
                open_ = [marks[name] for name in leaves(condition.tree) if name in marks]
                holds = holds & (condition.holds(figures) | np.any(open_, axis=0) if open_ else condition.holds(figures))
            counts = counts | holds
        return counts


def _ways_by_rule(tables: tuple[Table, ...], given: frozenset[Node]) -> dict[Callable[..., Any], dict[str, Ways]]:
    """For each rule, the conditions under which each of its arguments counts, over all lines that it works out."""
    return _ways_of_rules(tables, tuple(line.rule for table in tables for line in table.lines.values()), given)


@lru_cache(maxsize=64)
def _ways_of_rules(
    tables: tuple[Table, ...], rules: tuple[Callable[..., Any], ...], given: frozenset[Node]
) -> dict[Callable[..., Any], dict[str, Ways]]:
    """The same, kept as long as the tables have these rules."""
    ways: dict[Callable[..., Any], dict[str, Ways]] = {}
    for table in tables:
        for line in table.lines.values():
            own = {argument for argument in line.arguments if _node_of(table, line, argument) in given}
            before = ways.get(line.rule)
            ways[line.rule] = ways_of(line.tree, own)
            if before is not None:
                ways[line.rule] = {argument: simpler(before[argument] | each) for argument, each in ways[line.rule].items()}
    return ways


def without_effect(
    tables: Sequence[Table],
    inputs: Inputs,
    known: Mapping[Node, Floats],
    asked: Mapping[str, Marked],
    free: Collection[str] = (),
    also: Collection[Node] = (),
) -> list[str]:
    """Which of some figures move no money under the terms and figures of a run, whatever their value is.

    Args:
        tables: the tables of the run.
        inputs: what the run starts from, without leading axes.
        known: lines of other tables that these read.
        asked: by any name, the figures asked about: input columns by node, assumptions under the table `ASSUMED`.
        free: names of columns and assumptions that may change too, and so decide nothing.
        also: lines that count beside money and checks.
    """
    if not asked:
        return []
    names, tables = list(asked), tuple(tables)
    by_node: dict[Node, list[tuple[int, Floats]]] = {}
    for i, name in enumerate(names, 1):
        for node, marks in asked[name].items():
            by_node.setdefault(node, []).append((i, marks))

    def planes(node: Node, figures: Floats) -> Floats:
        found = np.zeros((1 + len(names), *np.shape(figures)))
        found[0] = figures
        for i, marks in by_node.get(node, ()):
            found[i] = marks
        return found

    made = replace(
        inputs,
        given={node: planes(node, figures) for node, figures in inputs.given.items()},
        assumptions={name: planes((ASSUMED, name), np.atleast_1d(figures)) for name, figures in inputs.assumptions.items()},
    )
    upstream = {node: planes(node, figures) for node, figures in known.items()}
    done = evaluate(tables, Values(made, upstream), _Marks(len(names), _ways_by_rule(tables, frozenset(_given(tables, free)))))
    arrived = np.zeros(len(names), dtype=bool)
    for node in _ends(tables, frozenset(also)):
        figures = done.figure(node)
        if figures.ndim > 1 and figures.shape[-1]:
            arrived |= (figures[1:] > 0).any(axis=-1)
    return [name for name, has in zip(names, arrived.tolist(), strict=True) if not has]


def why_not(ways: Collection[Collection[Switch]], inputs: Inputs) -> str:
    """Why a figure without effect has none: the switches that are off, or that nothing reads it."""
    if not ways:
        return "nothing that counts depends on it"
    off = [[each for each in way if not _is_on(inputs, each)] or list(way) for way in ways]
    if not all(off):
        return "nothing that counts depends on it in its row or year"
    least = [way for way in map(frozenset, off) if not any(frozenset(other) < way for other in off)]
    said = dict.fromkeys(" and ".join(sorted(f"{each.node[1]} is {int(each.wanted)}" for each in way)) for way in least)
    return f"it counts only where {', or where '.join(sorted(said, key=lambda text: (len(text), text)))}"


def _is_on(inputs: Inputs, switch: Switch) -> bool:
    table, name = switch.node
    figures = inputs.assumptions[name] if table == ASSUMED else inputs.given[switch.node]
    return bool(np.any((figures > 0) == switch.wanted))

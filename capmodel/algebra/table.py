"""Tables of calculated lines: what a calculation is called, what it reads, and in which order lines can be worked out.

A `Table` has keys (its rows), inputs (columns that come from a pack) and lines (columns that a rule works out). The
argument names of a rule are its wiring: a bare name is a column of the same table, anything else is a link from `links`.
This module holds no value; `evaluate` works the figures out and `capmodel.workbook` writes them as formulas.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, update_wrapper
from typing import Any, TypeVar

from capmodel.algebra.cell import Cell, trace, words
from capmodel.algebra.links import Assumption, Earlier, Link, Lookup, Prior, Total
from capmodel.algebra.readable import Readable
from capmodel.algebra.rows import YEAR, Node
from capmodel.algebra.unit import check_unit, parse
from capmodel.errors import RuleError, nearest

Rule = TypeVar("Rule", bound=Callable[..., Any])
#: The argument of a rule that only takes what one link reads.
SOURCE = "source"


@dataclass(frozen=True)
class Input:
    """A column that comes from a pack or a contract; `label` is what a reader sees.

    `internal` is true of a figure that says how the file is built, not what was agreed: a sign, whether a range has an end, which
    step a row is. It follows from which terms are written, so a workbook shows it locked.
    """

    name: str
    unit: str
    label: str
    internal: bool = False


@dataclass(frozen=True, eq=False)
class Line:
    """A column that a rule works out."""

    name: str
    unit: str
    label: str
    rule: Callable[..., Any]
    arguments: tuple[str, ...]
    links: Mapping[str, Link]
    tree: Cell

    @property
    def meaning(self) -> str:
        """What the figure means: the rule's own documentation."""
        return inspect.getdoc(self.rule) or ""

    @property
    def is_check(self) -> bool:
        """A line named check_... must be zero in every row."""
        return self.name.startswith("check_")


@dataclass(eq=False)
class Table:
    """Rows with keys, columns that are given, and columns that are worked out.

    Keys other than `year` name the rows, which run down; years run across. `sheet` is where
    the workbook shows it, with the attributes `beside` the keys.
    """

    name: str
    keys: tuple[str, ...]
    title: str
    sheet: str
    beside: tuple[str, ...] = ()
    inputs: dict[str, Input] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Table({self.name})"

    @property
    def by_year(self) -> bool:
        """True where the table has one column of figures a year."""
        return YEAR in self.keys

    def input(self, name: str, unit: str, label: str, internal: bool = False) -> None:
        """Declare a column that a pack gives; an `internal` one follows from how the file is built, and is locked in a workbook."""
        self.take(Input(name, unit, label, internal))

    def take(self, column: Input) -> None:
        """Declare a column that is given, which may say more than its name, unit and label."""
        self._refuse_twice(column.name)
        parse(column.unit)
        self.inputs[column.name] = column

    def line(self, unit: str, label: str, source: Link | None = None, /, **links: Link) -> Callable[[Rule], Rule]:
        """Declare a column and the rule that works it out; the rule is traced here, once, and refused if it cannot be.

        A column that only takes what one link reads has that link as its `source`, and a rule without arguments that says what it means.

        >>> from capmodel.algebra.links import total
        >>> spend, place = Table("spend", ("segment",), "Spend", "Calc"), Table("place", (), "Place", "Calc")
        >>> spend.input("cost_gbp", "GBP", "Cost")
        >>> @place.line("GBP", "Cost of the place", total(spend, "cost_gbp"))
        ... def place_cost_gbp() -> Any:
        ...     "What all segments cost."
        >>> place.formula_in_words("place_cost_gbp", {})
        'Total of cost'
        """

        def add(rule: Rule) -> Rule:
            name = rule.__name__
            self._refuse_twice(name)
            arguments = tuple(inspect.signature(rule).parameters)
            stray = set(links) - set(arguments)
            if stray:
                raise RuleError(f"{self.name}.{name}: the links {', '.join(sorted(stray))} name no argument of the rule")
            if source is None:
                self.lines[name] = Line(name, unit, label, rule, arguments, dict(links), trace(rule, arguments))
            elif arguments:
                raise RuleError(
                    f"{self.name}.{name} takes what its source reads; leave out {', '.join(arguments)}, or name the link after one"
                )
            else:
                given = _given_by(rule)
                self.lines[name] = Line(name, unit, label, given, (SOURCE,), {SOURCE: source}, trace(given, (SOURCE,)))
            return rule

        return add

    def as_in(self, other: Table, *names: str) -> None:
        """Take lines of another table as they stand there: one definition, worked out in either table."""
        for name in names:
            self._refuse_twice(name)
            self.lines[name] = other.lines[name]

    def column(self, name: str) -> Input | Line:
        """The input or line of that name.

        Raises:
            RuleError: there is none; the nearest names are listed.
        """
        found = self.inputs.get(name) or self.lines.get(name)
        if found is None:
            raise RuleError(f"{self.name} has no column {name!r}. {nearest(name, [*self.inputs, *self.lines])}")
        return found

    def is_unrounded(self, column: str) -> bool:
        """True for a line whose figures are not cut to pence."""
        return column in self.lines and self.lines[column].tree.operation != "to_pence"

    def _refuse_twice(self, name: str) -> None:
        if name in self.inputs or name in self.lines or name in self.keys:
            raise RuleError(f"{self.name}.{name} is defined twice")

    def labels_of(self, line: Line, assumption_labels: Mapping[str, str]) -> dict[str, str]:
        """What each argument of a line is called in words."""
        return {
            argument: line.links[argument].label(self, assumption_labels) if argument in line.links else self.column(argument).label
            for argument in line.arguments
        }

    def formula_in_words(self, name: str, assumption_labels: Mapping[str, str]) -> str:
        """The rule of a line as a sentence."""
        line = self.lines[name]
        text = words(line.tree, self.labels_of(line, assumption_labels))
        return text[:1].upper() + text[1:]


def _given_by(rule: Callable[..., Any]) -> Callable[..., Any]:
    """The rule of a line that takes what its source reads, under the name and with the meaning of the one it was declared by."""

    def as_it_is(source: Any) -> Any:
        return source

    return update_wrapper(as_it_is, rule)


def check_wiring(tables: Iterable[Table]) -> None:
    """Refuse any line that reads a column that is not there, or whose units do not fit.

    Raises:
        RuleError: naming the line, and the nearest valid name or the two units that clash; or two tables have one name.
    """
    tables = list(tables)
    names = [table.name for table in tables]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise RuleError(f"two tables are called {', '.join(twice)}; links find a table by its name, so rename one")
    by_name: dict[str, Readable] = {table.name: table for table in tables}
    for table in tables:
        for line in table.lines.values():
            units = {}
            for argument in line.arguments:
                link = line.links.get(argument)
                units[argument] = link.unit(table) if link else table.column(argument).unit
                if isinstance(link, (Lookup, Total, Earlier)):
                    _check_same_column(f"{table.name}.{line.name}", link, by_name.get(link.table.name, link.table))
            check_unit(f"{table.name}.{line.name}", line.tree, units, line.unit)


def _check_same_column(name: str, link: Lookup | Total | Earlier, found: Readable) -> None:
    """Links find a table by its name: another table of that name must have the same keys, and the column with its unit and label."""
    theirs, wanted = found.column(link.column), link.table.column(link.column)
    if (found.keys, theirs.unit, theirs.label) != (link.table.keys, wanted.unit, wanted.label):
        raise RuleError(f"{name} reads {found.name}.{link.column}, whose keys, unit or label are not those it was written for")


def reads(table: Table, line: Line) -> list[tuple[Node, bool]]:
    """Each column a line reads, and whether it reads the row before (a prior), which breaks a cycle."""
    found: list[tuple[Node, bool]] = []
    for argument in line.arguments:
        link = line.links.get(argument)
        if link is None:
            found.append(((table.name, argument), False))
        elif not isinstance(link, Assumption):
            found += [(node, isinstance(link, Prior) and node[1] == link.column) for node in link.nodes(table)]
    return found


def in_order(tables: Iterable[Table], given: Iterable[Node]) -> tuple[tuple[Node, ...], ...]:
    """The lines in an order in which they can be worked out, those that wait for each other's row before in one group.

    Raises:
        RuleError: lines read each other in a circle without a prior; the circle is named.
    """
    tables = tuple(tables)
    return _in_order(tables, tuple(len(table.lines) for table in tables), frozenset(given))


# The same tables are worked out again and again; how many lines each has is part of the question, since a table is filled line by line.
@lru_cache(maxsize=256)
def _in_order(tables: tuple[Table, ...], sizes: tuple[int, ...], known: frozenset[Node]) -> tuple[tuple[Node, ...], ...]:
    edges: dict[Node, list[tuple[Node, bool]]] = {}
    for table in tables:
        for line in table.lines.values():
            if (table.name, line.name) not in known:
                edges[table.name, line.name] = [edge for edge in reads(table, line) if edge[0] not in known]
    edges = {node: [edge for edge in read if edge[0] in edges] for node, read in edges.items()}
    _refuse_circles(edges)
    return tuple(map(tuple, _groups(edges)))


def _refuse_circles(edges: Mapping[Node, list[tuple[Node, bool]]]) -> None:
    done: set[Node] = set()

    def visit(node: Node, path: tuple[Node, ...]) -> None:
        if node in path:
            circle = " -> ".join(".".join(step) for step in (*path[path.index(node) :], node))
            raise RuleError(f"{circle} is a circle; read last year's value with prior(...)")
        if node not in done:
            for source, is_prior in edges[node]:
                if not is_prior:
                    visit(source, (*path, node))
            done.add(node)

    for node in edges:
        visit(node, ())


def _groups(edges: Mapping[Node, list[tuple[Node, bool]]]) -> list[list[Node]]:
    """Strongly connected groups in the order of calculation (Tarjan), each in the order of its own same-row reads."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    groups: list[list[Node]] = []

    def visit(node: Node) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for source, _ in edges[node]:
            if source not in index:
                visit(source)
                low[node] = min(low[node], low[source])
            elif source in stack:
                low[node] = min(low[node], index[source])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            groups.append(_same_row_order(group, edges))

    for node in edges:
        if node not in index:
            visit(node)
    return groups


def _same_row_order(group: list[Node], edges: Mapping[Node, list[tuple[Node, bool]]]) -> list[Node]:
    order: list[Node] = []

    def visit(node: Node) -> None:
        for source, is_prior in edges[node]:
            if source in group and not is_prior and source not in order:
                visit(source)
        if node not in order:
            order.append(node)

    for node in group:
        visit(node)
    return order

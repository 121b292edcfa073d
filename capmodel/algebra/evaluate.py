"""Works out the figures of tables: rules meet arrays here, rows on the last axis, draws or scenarios on leading ones.

Lines are taken in the order of `table.in_order`. A line that waits for no row before it is worked out for all rows at
once; lines that carry a balance from row to row are worked out step by step. What a link reads is defined in `links`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from capmodel.algebra.links import Assumption, ResolvedPrior
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import Floats, Node, Positions, Rows, rows_at
from capmodel.algebra.table import Line, Table, in_order, reads
from capmodel.errors import RuleError

#: Positions over so few rows are kept, and found again by the rows' keys; and so few rows are read one by one, not along their axes.
_FEW_ROWS = 1_000
#: In the place of a table, where assumptions stand among columns.
ASSUMED = ""


class Arithmetic(Protocol):
    """How a rule is called: on arrays, or on linear terms; with figures along the axes of the rows, or one a row."""

    @property
    def by_axes(self) -> bool:
        """Whether a rule may be called with figures along the axes of its rows, one of them where all along an axis are the same."""
        ...

    def lift(self, figures: Floats, rows: int) -> Floats:
        """Figures with the leading axes of this run."""
        ...

    def put(self, figures: Floats, at: Positions, result: Floats) -> Floats:
        """Figures with those of some rows in their place."""
        ...

    def settle(self, figures: Floats) -> Floats:
        """Figures without a leading axis they turned out not to need."""
        ...

    def call(self, rule: Callable[..., Any], arguments: dict[str, Floats]) -> Floats:
        """The result of a rule."""
        ...


@dataclass(frozen=True)
class ArrayArithmetic:
    """Plain numpy: leading axes are draws or scenarios."""

    leading: tuple[int, ...] = ()
    by_axes: bool = True

    def lift(self, figures: Floats, rows: int) -> Floats:
        """Broadcast to the draws of this run."""
        return np.broadcast_to(figures, (*self.leading, rows))

    def put(self, figures: Floats, at: Positions, result: Floats) -> Floats:
        """Written into the figures there are."""
        figures[..., at] = result
        return figures

    def settle(self, figures: Floats) -> Floats:
        """Draws stay as they are."""
        return figures

    def call(self, rule: Callable[..., Any], arguments: dict[str, Floats]) -> Floats:
        """Run a rule on arrays."""
        return np.asarray(rule(**arguments), dtype=float)


@dataclass(frozen=True)
class Inputs:
    """What a run starts from: the rows of every table, the columns that are given, and the assumptions in use.

    `given` maps (table, column) to figures, rows on the last axis. `assumptions` maps a name to one figure, or to one
    a year where `by_year` says so. A line that is given is not worked out.
    """

    rows: Mapping[str, Rows]
    given: Mapping[Node, Floats]
    assumptions: Mapping[str, Floats]
    by_year: Mapping[str, bool]
    #: Links with their positions found; they depend on rows alone, so runs over the same rows share them.
    resolved_links: dict[Node, dict[str, Resolved]] = field(default_factory=dict, compare=False, repr=False)


@dataclass
class Values:
    """Every figure of a run, by table and column; grows as the chain is worked through."""

    inputs: Inputs
    figures: dict[Node, Floats] = field(default_factory=dict)

    def figure(self, node: Node) -> Floats:
        """A column, rows on the last axis."""
        return self.figures[node]

    def assumed(self, name: str) -> Floats:
        """An assumption in use."""
        return np.atleast_1d(self.inputs.assumptions[name])


def evaluate(tables: Iterable[Table], values: Values, arithmetic: Arithmetic | None = None, earlier: Values | None = None) -> Values:
    """Work out every line of some tables, on top of what is known already.

    Args:
        tables: the tables to work out; tables they read must be known or among them.
        values: what is known; not changed.
        arithmetic: arrays by default, or linear terms.
        earlier: what the same tables came to over the same rows, with the same columns given. A line that reads nothing that is otherwise
            now is not worked out again.

    Returns:
        What was known and every line of the tables.

    Raises:
        RuleError: a column is missing, lines form a circle, or a rule gives no finite figure.
    """
    arithmetic = arithmetic or ArrayArithmetic(_leading(values))
    tables = list(tables)
    by_name = {table.name: table for table in tables}
    known = Values(values.inputs, dict(values.figures))
    for table in tables:
        for name in table.inputs:
            if (table.name, name) not in values.inputs.given:
                raise RuleError(f"the input {table.name}.{name} is not given")
        for name in (*table.inputs, *table.lines):
            if (table.name, name) in values.inputs.given:
                known.figures[table.name, name] = values.inputs.given[table.name, name]
    groups = in_order(tables, known.figures)
    if earlier is not None:
        moved = _moved(known, earlier)
        known.figures.update((node, earlier.figures[node]) for group in groups for node in group)
        groups = _that_follow(tuple(tables), groups, moved)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for group in groups:
            resolved_links = {node: connect(by_name[node[0]], by_name[node[0]].lines[node[1]], values.inputs) for node in group}
            steps = steps_of(group, by_name, resolved_links, values.inputs)
            if steps:
                _step_by_step(group, by_name, resolved_links, known, arithmetic, steps)
            else:
                _all_at_once(group, by_name, resolved_links, known, arithmetic)
    return known


def _moved(known: Values, earlier: Values) -> frozenset[Node]:
    """What is known before any line is worked out and is not what it was: columns, and assumptions as columns of `ASSUMED`."""
    columns = {node for node, figures in known.figures.items() if not _same(figures, earlier.figures.get(node))}
    before = earlier.inputs.assumptions
    return frozenset(columns.union((ASSUMED, name) for name, now in known.inputs.assumptions.items() if not _same(now, before.get(name))))


def _same(now: Floats, before: Floats | None) -> bool:
    return now is before or (before is not None and np.array_equal(now, before))


@lru_cache(maxsize=256)
def _that_follow(tables: tuple[Table, ...], groups: tuple[tuple[Node, ...], ...], moved: frozenset[Node]) -> tuple[tuple[Node, ...], ...]:
    """The groups of lines that read something that is otherwise, directly or through lines that do."""
    by_name, otherwise = {table.name: table for table in tables}, set(moved)
    found = []
    for group in groups:
        if any(not sources_of(by_name[name], by_name[name].lines[column]).isdisjoint(otherwise) for name, column in group):
            otherwise.update(group)
            found.append(group)
    return tuple(found)


@lru_cache(maxsize=4096)
def sources_of(table: Table, line: Line) -> frozenset[Node]:
    """The columns and the assumptions that a line reads, an assumption as a column of `ASSUMED`."""
    assumed = {(ASSUMED, link.name) for link in line.links.values() if isinstance(link, Assumption)}
    return frozenset(assumed.union(node for node, _ in reads(table, line)))


def _leading(values: Values) -> tuple[int, ...]:
    """The draws or scenarios that the figures of a run vary over."""
    inputs = values.inputs
    return np.broadcast_shapes(
        *(np.shape(figures)[:-1] for figures in (*inputs.given.values(), *map(np.atleast_1d, inputs.assumptions.values())))
    )


def connect(table: Table, line: Line, inputs: Inputs) -> dict[str, Resolved]:
    """The links of a line with their positions found, once for all runs over the same rows."""
    node = (table.name, line.name)
    if node not in inputs.resolved_links:
        inputs.resolved_links[node] = _connect(table, line, inputs) if line.links else {}
    return inputs.resolved_links[node]


def _connect(table: Table, line: Line, inputs: Inputs) -> dict[str, Resolved]:
    names = {table.name, *(name for link in line.links.values() for name, _ in link.nodes(table))}
    assumed = {link.name for link in line.links.values() if isinstance(link, Assumption)}
    rows = tuple((name, inputs.rows[name]) for name in sorted(names))
    if sum(len(each) for _, each in rows) > _FEW_ROWS or not assumed <= inputs.by_year.keys():
        return {argument: link.connect(table, inputs.rows, inputs.by_year) for argument, link in line.links.items()}
    return _connected(table, line, rows, tuple((name, inputs.by_year[name]) for name in sorted(assumed)))


@lru_cache(maxsize=4096)
def _connected(table: Table, line: Line, rows: tuple[tuple[str, Rows], ...], by_year: tuple[tuple[str, bool], ...]) -> dict[str, Resolved]:
    """The links of a line over rows with these keys, which one contract or place after another mostly has."""
    return {argument: link.connect(table, dict(rows), dict(by_year)) for argument, link in line.links.items()}


ResolvedLinks = Mapping[Node, Mapping[str, Resolved]]


def _work_out(
    table: Table, line: Line, resolved_links: Mapping[str, Resolved], known: Values, at: Positions | None, arithmetic: Arithmetic
) -> Floats:
    rows = known.inputs.rows[table.name]
    by_axes = at is None and arithmetic.by_axes and len(rows) > _FEW_ROWS
    arguments = {}
    for name in line.arguments:
        link = resolved_links.get(name)
        if by_axes:
            arguments[name] = link.along_axes(known) if link else rows.along_axes(known.figure((table.name, name)))
        else:
            arguments[name] = link.gather(known, at) if link else rows_at(known.figure((table.name, name)), at)
    try:
        result = arithmetic.call(line.rule, arguments)
        # Adding zero turns minus zero, which a spreadsheet does not know, into zero. What a rule passes on is not its own to change.
        is_new = result.base is None and result.flags.writeable and not any(result is given for given in arguments.values())
        result = np.add(result, 0.0, out=result if is_new and result.ndim else None)
        total = result.sum()
    except RuleError as error:
        raise RuleError(f"{table.name}.{line.name}: {error}") from None
    if at is None:
        result = _one_a_row(result, rows, by_axes)
    # A sum of many figures is finite only where all are; one that is not may be too large a sum.
    if not np.isfinite(total) and not np.isfinite(result).all():
        places = np.arange(len(rows)) if at is None else at
        row = int(places[int(np.argmin(np.isfinite(result).reshape(-1, len(places)).all(axis=0)))])
        key = ", ".join(rows.keys(table.keys)[row])
        raise RuleError(f"{table.name}.{line.name} is not a finite number for {key or 'its only row'}; look for a division by zero")
    return result


def _one_a_row(result: Floats, rows: Rows, by_axes: bool) -> Floats:
    """One figure a row, of what a rule gave for all rows."""
    if not result.ndim:
        return np.full(len(rows), result)
    if by_axes:
        result = rows.in_full(result)
    elif result.shape[-1] != len(rows):
        return np.broadcast_to(result, (*result.shape[:-1], len(rows)))
    result.flags.writeable = False
    return result


def _all_at_once(
    group: Sequence[Node], tables: Mapping[str, Table], resolved_links: ResolvedLinks, known: Values, arithmetic: Arithmetic
) -> None:
    for node in group:
        table = tables[node[0]]
        known.figures[node] = _work_out(table, table.lines[node[1]], resolved_links[node], known, None, arithmetic)


def _step_by_step(
    group: Sequence[Node],
    tables: Mapping[str, Table],
    resolved_links: ResolvedLinks,
    known: Values,
    arithmetic: Arithmetic,
    step_of: Mapping[str, Positions],
) -> None:
    """Work out lines that carry a balance: every line for the first rows, then for the rows after them, and so on."""
    for node in group:
        size = len(known.inputs.rows[node[0]])
        known.figures[node] = np.array(arithmetic.lift(np.full(size, np.nan), size))
    for step in range(1 + max(int(steps.max(initial=-1)) for steps in step_of.values())):
        places = {name: np.flatnonzero(steps == step) for name, steps in step_of.items()}
        for node in group:
            table, at = tables[node[0]], places[node[0]]
            if len(at):
                result = _work_out(table, table.lines[node[1]], resolved_links[node], known, at, arithmetic)
                known.figures[node] = arithmetic.put(known.figures[node], at, result)
    for node in group:
        known.figures[node] = arithmetic.settle(known.figures[node])


def steps_of(group: Sequence[Node], tables: Mapping[str, Table], resolved_links: ResolvedLinks, inputs: Inputs) -> dict[str, Positions]:
    """For each table of a group of lines that carry a balance, the step at which each row is worked out; empty where none does."""
    priors = [
        resolved
        for node in group
        for resolved in resolved_links[node].values()
        if isinstance(resolved, ResolvedPrior) and (node[0], resolved.column) in group
    ]
    found: dict[str, Positions] = {}
    for name in dict.fromkeys(node[0] for node in group) if priors else ():
        own = [resolved for resolved in priors if resolved.table == name]
        rows = inputs.rows[name]
        found[name] = own[0].step if own else np.arange(len(rows), dtype=np.intp) % rows.across
    return found

"""Works out only what shocks reach and what leads to the figures wanted, for many draws, a block of draws at a time.

The rules and the positions of links are those of `evaluate`; what differs is where figures lie. Here a row's draws lie next to
each other, so that picking rows moves whole blocks or nothing at all, a figure that no shock reaches stays one figure, and
each column is freed after its last use. `Stream.run` hands back draws on the leading axis, as everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.evaluate import Values, connect, steps_of
from capmodel.algebra.links import Assumption, ResolvedAssumption, ResolvedEarlier, ResolvedLookup, ResolvedPrior, ResolvedTotal
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import Floats, Node, Positions
from capmodel.algebra.table import Line, Table, in_order, reads
from capmodel.errors import RuleError

#: What a shock moves: a column, or an assumption by its name.
Moved = Node | str
#: Rows of a column: all of them, a run of them, or some by position.
Pick = slice | Positions
ALL = slice(None)
#: Figures of a column worked out at a time, so that it stays near the processor, and the fewest draws they are spread over.
_NEAR, _FEWEST = 49_152, 256


def pick_of(index: Positions, size: int) -> Pick:
    """Positions as a slice where they are evenly spaced, which copies nothing.

    >>> pick_of(np.array([0, 2, 4]), 6), pick_of(np.array([3, 3]), 6).tolist()
    (slice(0, 5, 2), [3, 3])
    """
    if len(index) == size and (index == np.arange(size)).all():
        return ALL
    if len(index) == 1:
        return slice(int(index[0]), int(index[0]) + 1)
    steps = np.diff(index)
    if len(index) and steps[0] > 0 and (steps == steps[0]).all():
        return slice(int(index[0]), int(index[-1]) + 1, int(steps[0]))
    return index


def _picked(figures: Floats, pick: Pick) -> Floats:
    if len(figures) == 1:
        return figures
    return figures[pick] if isinstance(pick, slice) else figures.take(pick, axis=0)


@dataclass(frozen=True)
class RowsOf:
    """An argument that is rows of another column or assumption."""

    source: Moved
    pick: Pick

    def read(self, known: Mapping[Moved, Floats]) -> Floats:
        """The rows picked."""
        return _picked(known[self.source], self.pick)


@dataclass(frozen=True)
class Sum:
    """An argument that is a sum over rows, one after the other."""

    source: Node
    rounds: tuple[tuple[Pick, Pick], ...]  # for the k-th member of each group: the groups, the members
    groups: int
    pick: Pick

    def read(self, known: Mapping[Moved, Floats]) -> Floats:
        """The sums, added in the order of the rows."""
        figures = known[self.source]
        sums = np.zeros((self.groups, figures.shape[1]))
        for i, (groups, members) in enumerate(self.rounds):
            if i == 0 and groups is ALL:
                sums[...] = _picked(figures, members)
            else:
                sums[groups] += _picked(figures, members)
        return _picked(sums, self.pick)


@dataclass(frozen=True)
class Before:
    """An argument that is a row before, or what is read where there is none: the opening figure, or zero."""

    source: Node
    pick: Pick
    opening: NDArray[np.bool_]  # which of the rows open
    first: RowsOf | float

    def read(self, known: Mapping[Moved, Floats]) -> Floats:
        """The rows before, or what opens."""
        first = self.first.read(known) if isinstance(self.first, RowsOf) else np.full((1, 1), self.first)
        if self.opening.all():
            return first
        carried = _picked(known[self.source], self.pick)
        return np.where(self.opening[:, None], first, carried) if self.opening.any() else carried


Argument = RowsOf | Sum | Before


@dataclass(frozen=True)
class Work:
    """One line to work out, for some of its rows."""

    node: Node
    line: Line
    arguments: Mapping[str, Argument]
    at: Pick
    rows: int
    frees: tuple[Node, ...] = ()


def _argument(table: str, resolved: Resolved, at: Positions, sizes: Mapping[str, int]) -> Argument:
    if isinstance(resolved, ResolvedAssumption):
        index = at % resolved.rows.across if resolved.by_year else np.zeros(1, dtype=np.intp)
        return RowsOf(resolved.name, pick_of(index, resolved.rows.across if resolved.by_year else 1))
    if isinstance(resolved, ResolvedLookup):
        return RowsOf(resolved.node, _one_or(resolved.index[at], sizes[resolved.node[0]]))
    if isinstance(resolved, ResolvedEarlier):
        index = resolved.index[at]
        return Before(resolved.node, pick_of(np.maximum(index, 0), sizes[resolved.node[0]]), index < 0, 0.0)
    if isinstance(resolved, ResolvedTotal):
        members: list[list[int]] = [[] for _ in range(resolved.groups)]
        for row, group in enumerate(resolved.member.tolist()):
            if group >= 0:
                members[group].append(row)
        rounds = []
        for turn in range(max(map(len, members), default=0)):
            groups = np.array([g for g, own in enumerate(members) if len(own) > turn], dtype=np.intp)
            rows = np.array([members[g][turn] for g in groups], dtype=np.intp)
            rounds.append((pick_of(groups, resolved.groups), pick_of(rows, sizes[resolved.node[0]])))
        return Sum(resolved.node, tuple(rounds), resolved.groups, _one_or(resolved.group_of[at], resolved.groups))
    assert isinstance(resolved, ResolvedPrior)
    before, size = resolved.before[at], sizes[table]
    first = RowsOf((table, resolved.first), pick_of(at, size)) if isinstance(resolved.first, str) else float(resolved.first)
    return Before((table, resolved.column), pick_of(np.maximum(before, 0), size), before < 0, first)


def _one_or(index: Positions, size: int) -> Pick:
    """One row where all read the same one: the rules spread it."""
    return pick_of(index[:1] if len(index) and (index == index[0]).all() else index, size)


@dataclass
class Stream:
    """What is left to work out for each block of draws, and the figures that no shock reaches.

    Attributes:
        wanted: the columns handed back.
        moved: what is given for each draw, and how many figures of it.
        works: the lines to work out, in order.
        still: columns and assumptions that stay what they are, one figure a row.
    """

    wanted: tuple[Node, ...]
    moved: Mapping[Moved, int]
    works: tuple[Work, ...]
    still: Mapping[Moved, Floats]
    sizes: Mapping[str, int]

    def around(self, central: Values) -> Stream:
        """The same plan around another central case over the same rows."""
        return replace(self, still={name: _still_figures(name, central) for name in self.still})

    @property
    def lines(self) -> list[Node]:
        """The lines it works out, each once, in order."""
        return list(dict.fromkeys(work.node for work in self.works))

    @property
    def rows(self) -> int:
        """How many figures it works out for each draw."""
        return sum(work.rows for work in self.works)

    def run(self, shocks: Mapping[Moved, Floats]) -> dict[Node, Floats]:
        """Work out the wanted columns for one block of draws.

        Args:
            shocks: for each thing moved its figures, draws on the leading axis and rows on the last.

        Returns:
            Each wanted column, draws on the leading axis.

        Raises:
            RuleError: a wanted figure is not finite.
        """
        draws = max((len(figures) for figures in shocks.values()), default=1)
        block = max(_FEWEST, _NEAR // max((work.rows for work in self.works), default=1))
        parts = [self._block({name: figures[i : i + block] for name, figures in shocks.items()}) for i in range(0, draws, block)]
        found = {node: np.concatenate([part[node] for part in parts], axis=1).T for node in self.wanted}
        for node, figures in found.items():
            if not np.isfinite(figures).all():
                raise RuleError(f"{'.'.join(node)} is not a finite number in some draw; look for a division by zero")
        return found

    def _block(self, shocks: Mapping[Moved, Floats]) -> dict[Node, Floats]:
        """Work out a few draws, rows on the leading axis."""
        known: dict[Moved, Floats] = {**self.still, **{name: np.ascontiguousarray(figures.T) for name, figures in shocks.items()}}
        draws = max((figures.shape[1] for figures in known.values()), default=1)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for work in self.works:
                result = np.asarray(
                    work.line.rule(**{name: argument.read(known) for name, argument in work.arguments.items()}), dtype=float
                )
                if work.at is ALL:
                    known[work.node] = result if result.shape[0] == work.rows else np.broadcast_to(result, (work.rows, result.shape[1]))
                else:
                    if work.node not in known:
                        known[work.node] = np.empty((self.sizes[work.node[0]], draws))
                    known[work.node][work.at] = result
                for node in work.frees:
                    del known[node]
        # Adding zero turns minus zero, which a spreadsheet does not know, into zero.
        return {node: np.broadcast_to(known[node], (self.sizes[node[0]], draws)) + 0.0 for node in self.wanted}


def plan(tables: Iterable[Table], central: Values, moved: Iterable[Moved], wanted: Sequence[Node]) -> Stream:
    """Find the lines that shocks reach and that lead to the figures wanted, in order.

    Args:
        tables: the tables to work out; what tables outside them hold stays as it is.
        central: every figure of the run that the draws surround; what no shock reaches is taken from it.
        moved: the columns and assumptions that draws will be given for. A column that a rule works out may be moved too: it is
            then given, and its rule is left out.
        wanted: the columns to hand back.

    Raises:
        RuleError: a wanted column is not in the chain.
    """
    tables, moved = list(tables), frozenset(moved)
    by_name = {table.name: table for table in tables}
    needed = _leading_to(by_name, wanted, moved)
    inputs = central.inputs
    groups = in_order(tables, [*inputs.given, *(node for node in moved if isinstance(node, tuple))])
    sizes = {name: len(rows) for name, rows in inputs.rows.items()}
    reached: set[Moved] = set(moved)
    for group in groups:
        if any(_touched(by_name[table], by_name[table].lines[name], reached) for table, name in group):
            reached.update(node for node in group if sizes[node[0]])
    works: list[Work] = []
    for group in groups:
        kept = [node for node in group if node in needed and node in reached]
        if kept:
            works += _works(kept, by_name, central, sizes)
    still = _still(works, wanted, reached, central)
    given = {name: len(central.assumed(name)) if isinstance(name, str) else sizes[name[0]] for name in sorted(moved, key=str)}
    return Stream(tuple(wanted), given, _with_frees(works, wanted), still, sizes)


def _leading_to(by_name: Mapping[str, Table], wanted: Sequence[Node], moved: frozenset[Moved]) -> set[Node]:
    needed: set[Node] = set()
    waiting = list(wanted)
    while waiting:
        node = waiting.pop()
        if node in needed or node in moved or node[0] not in by_name:
            continue
        needed.add(node)
        table = by_name[node[0]]
        if isinstance(table.column(node[1]), Line):
            waiting += [source for source, _ in reads(table, table.lines[node[1]])]
    return needed


def _touched(table: Table, line: Line, reached: set[Moved]) -> bool:
    assumed = (link.name for link in line.links.values() if isinstance(link, Assumption))
    return any(node in reached for node, _ in reads(table, line)) or any(name in reached for name in assumed)


def _works(group: Sequence[Node], by_name: Mapping[str, Table], central: Values, sizes: Mapping[str, int]) -> list[Work]:
    resolved_links = {node: connect(by_name[node[0]], by_name[node[0]].lines[node[1]], central.inputs) for node in group}
    steps = steps_of(group, by_name, resolved_links, central.inputs)
    found = []
    for step in range(1 + max((int(own.max(initial=-1)) for own in steps.values()), default=0)):
        for node in group:
            table, size = by_name[node[0]], sizes[node[0]]
            at = np.flatnonzero(steps[node[0]] == step).astype(np.intp) if steps else np.arange(size, dtype=np.intp)
            if not len(at):
                continue
            line = table.lines[node[1]]
            arguments: dict[str, Argument] = {
                name: _argument(node[0], resolved_links[node][name], at, sizes)
                if name in resolved_links[node]
                else RowsOf((node[0], name), pick_of(at, size))
                for name in line.arguments
            }
            found.append(Work(node, line, arguments, pick_of(at, size), len(at)))
    return found


def _sources(argument: Argument) -> list[Moved]:
    first = [argument.first.source] if isinstance(argument, Before) and isinstance(argument.first, RowsOf) else []
    return [argument.source, *first]


def _still(works: Sequence[Work], wanted: Sequence[Node], reached: set[Moved], central: Values) -> dict[Moved, Floats]:
    named = {source for work in works for argument in work.arguments.values() for source in _sources(argument)} | set(wanted)
    return {name: _still_figures(name, central) for name in named if name not in reached}


def _still_figures(name: Moved, central: Values) -> Floats:
    return np.ascontiguousarray((central.assumed(name) if isinstance(name, str) else central.figure(name))[:, None])


def _with_frees(works: Sequence[Work], wanted: Sequence[Node]) -> tuple[Work, ...]:
    """Each line with the columns that nothing after it reads."""
    last: dict[Node, int] = {}
    for i, work in enumerate(works):
        for name in (work.node, *(source for argument in work.arguments.values() for source in _sources(argument))):
            if isinstance(name, tuple):
                last[name] = i
    made = {work.node for work in works}
    ends: dict[int, list[Node]] = {}
    for node, i in last.items():
        if node in made and node not in wanted:
            ends.setdefault(i, []).append(node)
    return tuple(replace(work, frees=tuple(ends.get(i, ()))) for i, work in enumerate(works))

"""A plan over draws taken apart row by row: what is known beforehand is worked out once, and only what is left is run.

Every line of a `Stream` is read as its recorded tree, for each of its rows, with the figures that no shock reaches put in. Branches that
cannot be taken fall away, as do nothings added and ones multiplied; a row that is another row is not copied; the same sum or the
same rounding is worked out once. Rows that come to the same shape are run together. Results are those of the engine to the last
bit: nothing is put in another order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from capmodel.algebra.cell import Cell
from capmodel.algebra.expression import CALCULATE
from capmodel.algebra.rows import Floats, Node, Positions
from capmodel.algebra.stream import ALL, Argument, Before, Moved, Pick, RowsOf, Stream, Sum, Work, pick_of
from capmodel.errors import RuleError

#: Draws run together: the figures they need then stay near the processor.
_BLOCK = 400
SUM = "sum"
#: Operations whose results are figures, and may be written over a figure that is used up.
_ARITHMETIC = frozenset({"add", "subtract", "multiply", "divide", "power", "negative", "maximum", "minimum", "absolute", "sqrt"})


class Live:
    """A figure that differs from draw to draw, by its place among those that are worked out."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        """Take a place."""
        self.number = number


#: The operations of a term, its leaves by their numbers.
Shape = int | tuple[Any, ...]
#: A figure known beforehand, one that is not, or an operation on such.
Term = float | Live | tuple[Any, ...]


def simplified(operation: str, parts: Sequence[Term]) -> Term:
    """One operation on terms, with what is known worked out and what changes nothing left out.

    >>> one, two = Live(0), Live(1)
    >>> simplified("add", (one, 0.0)) is one, simplified("multiply", (one, 0.0)), simplified("where", (1.0, one, two)) is one
    (True, 0.0, True)
    """
    if operation == "where" and isinstance(parts[0], float):
        return parts[1] if parts[0] else parts[2]
    if all(isinstance(part, float) for part in parts):
        return float(CALCULATE[operation](*parts))
    first, last = parts[0], parts[-1]
    if operation == "add" and 0.0 in (first, last):
        return last if first == 0.0 else first
    if operation == "multiply" and 0.0 in (first, last):
        return 0.0
    if operation == "multiply" and 1.0 in (first, last):
        return last if first == 1.0 else first
    if (operation == "subtract" and last == 0.0) or (operation == "divide" and last == 1.0):
        return first
    if operation == "subtract" and first == last:
        return 0.0
    if operation == "where" and parts[1] == parts[2]:
        return parts[1]
    return (operation, *parts)


@dataclass(frozen=True)
class _Known:
    """A leaf that no shock reaches: a figure a row, or one for all."""

    figures: Floats


@dataclass(frozen=True)
class _Run:
    """Some rows of one shape: the leaves of the shape are gathered, and the shape is run over them."""

    shape: Shape
    leaves: tuple[Pick | _Known, ...]
    out: slice


@dataclass(frozen=True)
class _Add:
    """Sums of equally many figures, one after the other: members by turn and sum."""

    members: Pick
    turns: int
    out: slice


@dataclass
class Fused:
    """What is left of a stream, ready to run."""

    moved: tuple[tuple[Moved, slice], ...]
    constants: Floats
    runs: tuple[_Run | _Add, ...]
    size: int
    wanted: tuple[tuple[Node, Positions, Floats], ...]  # for each wanted column the number of each row, or -1, and what is known
    space: Floats = field(default_factory=lambda: np.empty((0, 0)), repr=False)  # the figures of a block, used again for the next

    def run(self, shocks: Mapping[Moved, Floats]) -> dict[Node, Floats]:
        """Work out the wanted columns; takes and gives what `Stream.run` does.

        Raises:
            RuleError: a wanted figure is not finite.
        """
        draws = max((len(figures) for figures in shocks.values()), default=1)
        found = {node: np.repeat(known[:, None], draws, axis=1) for node, _, known in self.wanted}
        live = {node: (pick_of(np.flatnonzero(at >= 0), len(at)), pick_of(at[at >= 0], -1)) for node, at, _ in self.wanted}
        blocks = -(-draws // _BLOCK)
        each = -(-draws // blocks)
        # Rows begin where the processor likes them to: at a multiple of 64 bytes, and not at the same place of every page.
        padded = -(-each // 8) * 8
        padded += 8 * (padded % 128 == 0)
        if self.space.shape[1] != padded:
            self.space = np.empty((self.size, padded))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for begin in range(0, draws, each):
                width = min(each, draws - begin)
                figures = self.space[:, :width]
                for name, place in self.moved:
                    figures[place] = shocks[name][begin : begin + width].T
                figures[self.size - len(self.constants) :] = self.constants[:, None]
                for run in self.runs:
                    _run(run, figures)
                for node, (rows, picked) in live.items():
                    part = figures[picked] if isinstance(picked, slice) else figures.take(picked, axis=0)
                    found[node][rows, begin : begin + width] = part
        for node, _, _ in self.wanted:
            # Adding zero turns minus zero, which a spreadsheet does not know, into zero.
            found[node] += 0.0
            if not np.isfinite(found[node]).all():
                raise RuleError(f"{'.'.join(node)} is not a finite number in some draw; look for a division by zero")
        return {node: figures.T for node, figures in found.items()}


def _run(run: _Run | _Add, figures: Floats) -> None:
    if isinstance(run, _Add):
        members = figures[run.members] if isinstance(run.members, slice) else figures.take(run.members, axis=0)
        np.add.reduce(members.reshape(run.turns, -1, figures.shape[1]), axis=0, out=figures[run.out])
        return
    leaves = [
        leaf.figures if isinstance(leaf, _Known) else figures[leaf] if isinstance(leaf, slice) else figures.take(leaf, axis=0)
        for leaf in run.leaves
    ]
    _worked(run.shape, leaves, figures[run.out])


def _worked(shape: Shape, leaves: Sequence[Any], out: Floats | None = None) -> Any:
    """A shape over gathered leaves; the last operation writes where the result belongs, the others over what they have used up."""
    if isinstance(shape, int):
        return leaves[shape]
    operation, *parts = shape
    arguments = [_worked(part, leaves) for part in parts]
    call: Callable[..., Any] = CALCULATE[operation]
    if not isinstance(call, np.ufunc):
        result = call(*arguments)
        if out is None:
            return result
        out[...] = result
        return out
    if out is None and operation in _ARITHMETIC:
        rows = max(len(argument) for argument in arguments)
        used = (argument for part, argument in zip(parts, arguments, strict=True) if not isinstance(part, int) and len(argument) == rows)
        out = next(used, None)
    return call(*arguments, out=out)


@dataclass
class _Maker:
    """Takes a stream apart, and numbers what is left."""

    count: int = 0
    numbers: dict[Term, Live] = field(default_factory=dict)  # operations that are worked out already
    constants: dict[float, int] = field(default_factory=dict)  # known figures that stand in sums; numbered last, from -1 downwards
    runs: list[_Run | _Add] = field(default_factory=list)

    def take(self, rows: int) -> slice:
        """The next numbers."""
        self.count += rows
        return slice(self.count - rows, self.count)

    def define(self, terms: Iterable[Term]) -> dict[Term, Term]:
        """Work out operations, those of one shape together; what stands for each from then on."""
        stands: dict[Term, Term] = {}
        groups: dict[tuple[Any, ...], list[tuple[Term, list[Term]]]] = {}
        for term in dict.fromkeys(terms):
            if not isinstance(term, tuple):
                stands[term] = term
            elif term in self.numbers:
                stands[term] = self.numbers[term]
            elif term[0] == SUM:
                groups.setdefault((SUM, len(term) - 1), []).append((term, list(term[1:])))
            else:
                leaves: list[Term] = []
                shape = _shape(term, leaves)
                groups.setdefault((shape, tuple(isinstance(leaf, float) for leaf in leaves)), []).append((term, leaves))
        for key, members in groups.items():
            out = self.take(len(members))
            self.runs.append(self._adding(members, out) if key[0] == SUM else self._running(key[0], members, out))
            for number, (term, _) in enumerate(members, out.start):
                self.numbers[term] = stands[term] = Live(number)
        return stands

    def _running(self, shape: Shape, members: list[tuple[Term, list[Term]]], out: slice) -> _Run:
        columns = list(zip(*(leaves for _, leaves in members), strict=True))
        return _Run(shape, tuple(_leaf(column) for column in columns), out)

    def _adding(self, members: list[tuple[Term, list[Term]]], out: slice) -> _Add:
        turns = len(members[0][1])
        index = [self._numbered(leaves[turn]) for turn in range(turns) for _, leaves in members]
        return _Add(np.array(index, dtype=np.intp), turns, out)

    def _numbered(self, term: Term) -> int:
        if isinstance(term, float):
            return self.constants.setdefault(term, -1 - len(self.constants))
        assert isinstance(term, Live)
        return term.number


def _leaf(column: Sequence[Any]) -> Pick | _Known:
    if isinstance(column[0], float):
        return _Known(np.array(column[:1] if len(set(column)) == 1 else column)[:, None])
    numbers = [live.number for live in column]
    return pick_of(np.array(numbers[:1] if len(set(numbers)) == 1 else numbers, dtype=np.intp), -1)


def _shape(term: Term, leaves: list[Term]) -> Shape:
    """The operations of a term, its leaves numbered as they are met; the same leaf has one number."""
    if isinstance(term, tuple):
        return (term[0], *(_shape(part, leaves) for part in term[1:]))
    if term not in leaves:
        leaves.append(term)
    return leaves.index(term)


def fuse(stream: Stream) -> Fused:
    """Take a stream apart row by row, and put together what is left to run."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _fused(stream)


def _fused(stream: Stream) -> Fused:
    maker = _Maker()
    known: dict[Moved, list[Term]] = {name: figures[:, 0].tolist() for name, figures in stream.still.items()}
    places = []
    for name, count in stream.moved.items():
        taken = maker.take(count)
        places.append((name, taken))
        known[name] = [Live(number) for number in range(taken.start, taken.stop)]
    for work in stream.works:
        rows = _rows_of(work, known, maker)
        if work.at is ALL:
            known[work.node] = rows
        else:
            column = known.setdefault(work.node, [0.0] * stream.sizes[work.node[0]])
            for place, term in zip(_positions(work.at, len(column)), rows, strict=True):
                column[place] = term
    runs, size = maker.runs, maker.count + len(maker.constants)
    wanted = []
    for node in stream.wanted:
        column = known[node] if len(known[node]) == stream.sizes[node[0]] else known[node] * stream.sizes[node[0]]
        numbers = np.array([term.number if isinstance(term, Live) else -1 for term in column], dtype=np.intp)
        wanted.append((node, numbers, np.array([term if isinstance(term, float) else 0.0 for term in column])))
    constants = np.array(list(maker.constants)[::-1], dtype=float)
    return Fused(tuple(places), constants, tuple(runs), size, tuple(wanted))


def _positions(pick: Pick, size: int) -> list[int]:
    return list(range(size))[pick] if isinstance(pick, slice) else pick.tolist()


def _picked(column: list[Term], pick: Pick) -> list[Term]:
    if len(column) == 1:
        return column
    return column[pick] if isinstance(pick, slice) else [column[i] for i in pick.tolist()]


def _read(argument: Argument, known: Mapping[Moved, list[Term]], maker: _Maker) -> list[Term]:
    """An argument for each row, or one term for all."""
    if isinstance(argument, RowsOf):
        return _picked(known[argument.source], argument.pick)
    if isinstance(argument, Before):
        first = _read(argument.first, known, maker) if isinstance(argument.first, RowsOf) else [float(argument.first)]
        carried = _picked(known[argument.source], argument.pick) if not argument.opening.all() else first
        opening = argument.opening.tolist()
        return [(first if opens else carried)[0 if len(first if opens else carried) == 1 else i] for i, opens in enumerate(opening)]
    assert isinstance(argument, Sum)
    column = known[argument.source]
    members: list[list[Term]] = [[] for _ in range(argument.groups)]
    for groups, rows in argument.rounds:
        for group, term in zip(_positions(groups, argument.groups), itertools.cycle(_picked(column, rows)), strict=False):
            members[group].append(term)
    sums = [_sum(own) for own in members]
    stands = maker.define(sums)
    return _picked([stands[term] for term in sums], argument.pick)


def _sum(members: Sequence[Term]) -> Term:
    """A sum, one figure after the other; zeros change nothing."""
    kept: list[Term] = []
    for term in members:
        if isinstance(term, float) and len(kept) == 1 and isinstance(kept[0], float):
            kept[0] += term
        elif term != 0.0:
            kept.append(term)
    if not kept:
        return 0.0
    return kept[0] if len(kept) == 1 else (SUM, *kept)


def _rows_of(work: Work, known: Mapping[Moved, list[Term]], maker: _Maker) -> list[Term]:
    """What each row of a line comes to, worked out where anything is left to do."""
    arguments = {name: _read(argument, known, maker) for name, argument in work.arguments.items()}
    rows = []
    hoisted: list[Term] = []
    for i in range(work.rows):
        leaves = {name: column[0 if len(column) == 1 else i] for name, column in arguments.items()}
        rows.append(_substituted(work.line.tree, leaves, hoisted))
    # A rounding inside a rule is worked out by itself, since a row often rounds what the row before did.
    inner = [term for term in hoisted if isinstance(term, tuple) and term not in rows]
    stands = maker.define(inner)
    rows = [_replaced(term, stands) for term in rows]
    defined = maker.define(rows)
    return [defined[term] for term in rows]


def _replaced(term: Term, stands: Mapping[Term, Term]) -> Term:
    if not isinstance(term, tuple):
        return term
    return stands[term] if term in stands else (term[0], *(_replaced(part, stands) for part in term[1:]))


def _substituted(tree: Cell, leaves: Mapping[str, Term], hoisted: list[Term]) -> Term:
    if not tree.parts:
        return leaves[tree.operation] if tree.operation in leaves else float(tree.operation)
    term = simplified(tree.operation, [_substituted(part, leaves, hoisted) for part in tree.parts])
    if tree.operation == "to_pence" and isinstance(term, tuple):
        hoisted.append(term)
    return term

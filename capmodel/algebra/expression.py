"""A formula written as text in a rule file, read into the same recorded tree as a rule written in Python.

The text is parsed with Python's own grammar and nothing in it is ever run: operators, comparisons and a few named
functions become a `Cell`, from which units are checked, words are spelt and, over whole columns, figures are worked out.
What looks over many rows at once (`total`, `largest`, `smallest`, `prior`, `share_out`) becomes a named ingredient of
the tree; whoever holds the rows works it out. Which names there are, and what they hold, is not known here.
"""

from __future__ import annotations

import ast
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from capmodel.algebra.cell import PLAIN_NUMBERS, Cell, leaves, words
from capmodel.algebra.functions import AMOUNTS, SHARES, above, at_least, at_most, below, ratio, to_pence
from capmodel.algebra.unit import Powers, spell, unit_by_name, unit_of
from capmodel.algebra.unit import parse as parse_unit
from capmodel.errors import RuleError, nearest

LONGEST = 4000
#: Steps that a share may be cut to.
STEPS = {"pence": 0.01, "whole": 1.0, "thousands": 1000.0}
#: Ingredients over many rows: how many expressions each takes, and its options.
ACROSS: dict[str, tuple[int, frozenset[str]]] = {
    "total": (1, frozenset({"within"})),
    "largest": (1, frozenset({"within"})),
    "smallest": (1, frozenset({"within"})),
    "prior": (2, frozenset()),
    "share_out": (2, frozenset({"to", "within", "residual"})),
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
#: A formula writes the plain sign; figures are compared rounded, as a rule in Python must say itself.
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any, int], Any]] = {
    ast.Gt: above,
    ast.GtE: at_least,
    ast.Lt: below,
    ast.LtE: at_most,
}
#: How each recorded operation is worked out over columns.
CALCULATE: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "power": np.power,
    "negative": np.negative,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "above": above,
    "at_least": at_least,
    "below": below,
    "at_most": at_most,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "absolute": np.absolute,
    "sqrt": np.sqrt,
    "bitwise_and": np.logical_and,
    "bitwise_or": np.logical_or,
    "invert": np.logical_not,
    "where": np.where,
    "to_pence": to_pence,
}


@dataclass(frozen=True)
class Across:
    """An ingredient worked out over many rows: its kind, what it is made of, and its options."""

    kind: str
    parts: tuple[Expression, ...]
    options: Mapping[str, str]


@dataclass(frozen=True)
class Expression:
    """A formula: its text, its tree, and the ingredients over many rows that stand in the tree by name."""

    text: str
    tree: Cell
    across: Mapping[str, Across] = field(default_factory=dict)

    def names(self) -> set[str]:
        """The names it reads of the same row and year, also inside ingredients, save the year before.

        >>> sorted(parse("a_gbp * total(b_share) + prior(c_gbp, d_gbp)").names())
        ['a_gbp', 'b_share', 'd_gbp']
        """
        own = {name for name in leaves(self.tree) - set(self.across) if not name.isdigit()}
        for ingredient in self.across.values():
            parts = ingredient.parts[1:] if ingredient.kind == "prior" else ingredient.parts
            own = own.union(*(part.names() for part in parts))
        return own

    def every(self) -> Iterator[Across]:
        """Its ingredients over many rows, and theirs."""
        for ingredient in self.across.values():
            yield ingredient
            for part in ingredient.parts:
                yield from part.every()


def parse(text: str) -> Expression:
    """Read a formula.

    >>> parse("where(pre > 0, -minimum(pre, cap), 0)").tree.operation
    'where'

    Raises:
        RuleError: it cannot be read, or holds what no formula may hold; the message names the idiom to use.
    """
    across: dict[str, Across] = {}
    return Expression(text, _numeric(_Reader(across, None).read(_syntax(text))), across)


def in_words(expression: Expression, labels: Mapping[str, str]) -> str:
    """The formula as a sentence in the reader's terms.

    >>> in_words(parse("to_whole(a * total(b, within=region))"), {"a": "Share", "b": "Money", "region": "region"})
    'Share × the total of Money within its region, rounded to a whole number'
    """
    return words(_Reader({}, labels).read(_syntax(expression.text)), {})


def compute(tree: Cell, figures: Mapping[str, Any]) -> Any:
    """Work an expression out over columns.

    >>> compute(parse("clip(a, 0, 1)").tree, {"a": np.array([-1.0, 0.5, 3.0])}).tolist()
    [0.0, 0.5, 1.0]
    """
    if not tree.parts:
        return float(tree.operation) if tree.operation.isdigit() else figures[tree.operation]
    return CALCULATE[tree.operation](*(compute(part, figures) for part in tree.parts))


def unit(expression: Expression, units: Mapping[str, Powers]) -> Powers | None:
    """The unit of a formula; None for a bare zero, which fits any.

    >>> unit(parse("total(a) / b"), {"a": {"GBP": 1}, "b": {"persons": 1}})
    {'GBP': 1, 'persons': -1}

    Raises:
        RuleError: it adds, compares or chooses between figures of different units.
    """
    known = dict(units)
    for name, ingredient in expression.across.items():
        found = [unit(part, units) for part in ingredient.parts]
        if ingredient.kind == "prior" and None not in found and found[0] != found[1]:
            raise RuleError(f"prior starts {spell(found[0])} with {spell(found[1])}")
        known[name] = found[0] or {}
    return unit_of(expression.tree, known)


def to_whole(amount: Any) -> Any:
    """Round to a whole number, half away from zero, as a spreadsheet does.

    >>> to_whole(np.array([2.5, -0.5, 1234.49])).tolist()
    [3.0, -1.0, 1234.0]
    """
    return to_pence(to_pence(amount / 100) * 100)


def to_thousands(amount: Any) -> Any:
    """Round to the nearest thousand, half away from zero.

    >>> to_thousands(np.array([2964812500.0, -499.0])).tolist()
    [2964813000.0, 0.0]
    """
    return to_pence(to_pence(amount / 100 / 1000) * 100 * 1000)


def _least(*values: Any) -> Any:
    return functools.reduce(np.minimum, values)


def _greatest(*values: Any) -> Any:
    return functools.reduce(np.maximum, values)


#: Functions of figures of one row: how few and how many arguments each takes.
_FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "where": (np.where, 3, 3),
    "minimum": (_least, 2, 9),
    "maximum": (_greatest, 2, 9),
    "clip": (np.clip, 3, 3),
    "absolute": (np.absolute, 1, 1),
    "ratio": (ratio, 2, 3),
    "to_pence": (to_pence, 1, 1),
    "to_whole": (to_whole, 1, 1),
    "to_thousands": (to_thousands, 1, 1),
}
_ROUNDED = {"to_whole": "a whole number", "to_thousands": "the nearest thousand"}
KNOWN = [*_FUNCTIONS, *ACROSS, "share_of"]


def _syntax(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise RuleError(f"the formula has {len(text):,} characters; give its steps lines of their own")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise RuleError(f"the formula cannot be read at {(error.text or text).strip()[:60]!r} ({error.msg})") from None
    except (ValueError, MemoryError, RecursionError):
        raise RuleError("the formula cannot be read; give its steps lines of their own") from None


def _numeric(tree: Cell) -> Cell:
    if tree.is_condition:
        raise RuleError("the formula gives true or false; write where(condition, 1, 0)")
    return tree


class _Reader:
    """Reads parsed text into a tree; with labels into a tree whose leaves are words, for `in_words`."""

    def __init__(self, across: dict[str, Across], labels: Mapping[str, str] | None) -> None:
        self.across, self.labels = across, labels

    def read(self, node: ast.expr) -> Cell:
        if isinstance(node, ast.Constant):
            return self._number(node.value)
        if isinstance(node, ast.Name):
            return Cell(node.id if self.labels is None else self.labels.get(node.id, node.id))
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            return self._cell(_BINARY[type(node.op)](self.read(node.left), self.read(node.right)))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self._cell(-self.read(node.operand))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._cell(~self.read(node.operand))
        if isinstance(node, ast.BoolOp):
            join = np.bitwise_and if isinstance(node.op, ast.And) else np.bitwise_or
            return functools.reduce(lambda one, other: self._cell(join(one, other)), map(self.read, node.values))
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, ast.IfExp):
            return self._cell(np.where(self.read(node.test), self.read(node.body), self.read(node.orelse)))
        if isinstance(node, ast.Call):
            return self._call(node)
        raise RuleError(f"{ast.unparse(node)!r} has no place in a formula; use + - * / **, comparisons and {', '.join(KNOWN)}")

    @staticmethod
    def _cell(value: Any) -> Cell:
        assert isinstance(value, Cell)
        return value

    @staticmethod
    def _number(value: Any) -> Cell:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise RuleError(f"{value!r} stands in the formula; a formula works on numbers")
        if value not in PLAIN_NUMBERS:
            raise RuleError(f"the number {value} stands in the formula; give it a name, a unit and a source under constants:")
        return Cell(str(int(value)))

    def _compare(self, node: ast.Compare) -> Cell:
        sides = [self.read(side) for side in (node.left, *node.comparators)]
        found = []
        for sign, (left, right) in zip(node.ops, itertools.pairwise(sides), strict=True):
            if type(sign) not in _COMPARE:
                raise RuleError(f"{ast.unparse(node)!r} asks whether figures are the same; compare with >=, <=, > or <")
            found.append(_COMPARE[type(sign)](left, right, self._decimals(left, right)))
        return self._cell(functools.reduce(np.bitwise_and, found))

    def _decimals(self, *sides: Cell) -> int:
        """What figures are compared to, by the units their names end in; clashes and unknown names are reported where units are checked."""
        for side in sides:
            own = Expression("", side, {name: each for name, each in self.across.items() if name in leaves(side)})
            try:
                if unit(own, {name: parse_unit(unit_by_name(name)) for name in own.names()}):
                    return AMOUNTS
            except RuleError:
                continue
        return SHARES

    def _call(self, node: ast.Call) -> Cell:
        name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
        if name == "share_of":
            return self._share_of(node)
        if name in ACROSS:
            return self._over_rows(name, node)
        if name not in _FUNCTIONS:
            raise RuleError(f"there is no function {name}. {nearest(name, KNOWN)}")
        function, fewest, most = _FUNCTIONS[name]
        if node.keywords or not fewest <= len(node.args) <= most:
            wanted = f"{fewest} figures" if fewest == most else f"{fewest} to {most} figures"
            raise RuleError(f"{ast.unparse(node)!r}: {name} takes {wanted}")
        arguments = [self.read(argument) for argument in node.args]
        if self.labels is not None and name in _ROUNDED:
            return Cell(f"{words(arguments[0], {})}, rounded to {_ROUNDED[name]}")
        decimals = {"decimals": self._decimals(arguments[1])} if name == "ratio" else {}
        return self._cell(function(*arguments, **decimals))

    def _share_of(self, node: ast.Call) -> Cell:
        """A share is the figure over its total, in those words and no others."""
        if len(node.args) != 1:
            raise RuleError(f"{ast.unparse(node)!r}: share_of takes 1 figure")
        over = ast.Call(ast.Name("total"), node.args, node.keywords)
        return self._cell(self.read(node.args[0]) / self._over_rows("total", over))

    def _over_rows(self, kind: str, node: ast.Call) -> Cell:
        count, known = ACROSS[kind]
        if len(node.args) != count:
            raise RuleError(f"{ast.unparse(node)!r}: {kind} takes {count} figure{'s' if count > 1 else ''}")
        options = {}
        for option in node.keywords:
            if option.arg not in known:
                raise RuleError(f"{ast.unparse(node)!r}: {kind} has no option {option.arg}. {nearest(str(option.arg), known)}")
            value = option.value
            if isinstance(value, ast.Name):
                options[str(option.arg)] = value.id
            elif isinstance(value, ast.Constant) and isinstance(value.value, str):
                options[str(option.arg)] = value.value
            else:
                raise RuleError(f"{ast.unparse(node)!r}: {option.arg} is one name")
        if kind == "share_out" and options.get("to") not in STEPS:
            raise RuleError(f"{ast.unparse(node)!r}: say what to cut to: to=pence, to=whole or to=thousands")
        if "residual" in options and "within" in options:
            raise RuleError(f"{ast.unparse(node)!r}: one body cannot take the rest of every group; leave out residual or within")
        if self.labels is not None:
            return Cell(self._described(kind, node, options))
        name = ast.unparse(node)
        self.across[name] = Across(kind, tuple(parse(ast.unparse(argument)) for argument in node.args), options)
        return Cell(name)

    def _described(self, kind: str, node: ast.Call, options: Mapping[str, str]) -> str:
        assert self.labels is not None
        parts = []
        for argument in node.args:
            tree = self.read(argument)
            parts.append(f"({words(tree, {})})" if tree.parts else words(tree, {}))
        within = f" within its {self.labels.get(options['within'], options['within'])}" if "within" in options else ""
        if kind == "prior":
            return f"last year's {parts[0]} (in the first year {parts[1]})"
        if kind == "share_out":
            to = {"pence": "the penny", "whole": "a whole number", "thousands": "thousands"}[options["to"]]
            rest = f"{options['residual']} takes the rest" if "residual" in options else "largest remainders first"
            return f"{parts[0]} shared out by {parts[1]}{within}, cut to {to}, {rest}"
        return f"the {kind} of {parts[0]}{within}"

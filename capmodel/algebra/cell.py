"""The placeholder argument that writes down what a rule does to it.

A rule is a plain function of numpy columns. Called with `Cell` arguments it returns a `Cell` that remembers the whole
expression, because numpy hands every operator and `np.*` call to the argument's own class. The recorded tree is then
read as Excel text or as words here, and for its unit in `unit`. This module knows no sheet, no table and no value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from capmodel.errors import RuleError

#: Numbers that may stand in a rule; every other number is an assumption with a source.
PLAIN_NUMBERS = frozenset({0, 1, 12, 100, 1000})

ATOM, CONDITION, SUM, PRODUCT, POWER, NEGATIVE = 9, 2, 3, 4, 6, 7


@dataclass(frozen=True)
class Operation:
    """How one operation is spelt: an infix sign of some precedence, or a function call."""

    excel: str
    words: str
    precedence: int = ATOM
    condition: bool = False  # the result is true or false, not a number


OPERATIONS = {
    "add": Operation("+", "+", SUM),
    "subtract": Operation("-", "-", SUM),
    "multiply": Operation("*", "×", PRODUCT),
    "divide": Operation("/", "÷", PRODUCT),
    "power": Operation("^", "to the power of", POWER),
    "negative": Operation("-", "minus", NEGATIVE),
    "greater": Operation(">", "is above", CONDITION, True),
    "greater_equal": Operation(">=", "is at least", CONDITION, True),
    "less": Operation("<", "is below", CONDITION, True),
    "less_equal": Operation("<=", "is at most", CONDITION, True),
    "above": Operation(">", "is above", CONDITION, True),
    "at_least": Operation(">=", "is at least", CONDITION, True),
    "below": Operation("<", "is below", CONDITION, True),
    "at_most": Operation("<=", "is at most", CONDITION, True),
    "maximum": Operation("MAX", "the greater of"),
    "minimum": Operation("MIN", "the lesser of"),
    "absolute": Operation("ABS", "the size of"),
    "sqrt": Operation("SQRT", "the square root of"),
    "bitwise_and": Operation("AND", "both", condition=True),
    "bitwise_or": Operation("OR", "either", condition=True),
    "invert": Operation("NOT", "not", condition=True),
    "where": Operation("IF", "if"),
    "to_pence": Operation("ROUND", "to the penny"),
}
SYNONYMS = {"logical_and": "bitwise_and", "logical_or": "bitwise_or", "logical_not": "invert", "true_divide": "divide"}
WANT_CONDITIONS = frozenset({"bitwise_and", "bitwise_or", "invert"})
#: Comparisons to the last bit, and the pinned helper that stands in for each. The third part of a helper is its decimals.
RAW = {"greater": "above", "greater_equal": "at_least", "less": "below", "less_equal": "at_most"}
ROUNDED = frozenset(RAW.values())

IDIOMS = {
    "equal": "two computed numbers are rarely equal to the last bit; compare with at_least or at_most, or with a tolerance",
    "not_equal": "two computed numbers are rarely equal to the last bit; compare with above or below, or with a tolerance",
    "round": "use to_pence, which rounds as a spreadsheet does",
    "rint": "use to_pence, which rounds as a spreadsheet does",
    "sum": "read a sum of another table's column with the link total(...)",
    "cumsum": "read the row before with the link prior(...)",
}
BRANCHING = (
    "a rule works on whole columns: write np.where(condition, a, b) for `if`, & and | for `and` and `or`, "
    "np.minimum and np.maximum for min() and max()"
)


class Cell(np.lib.mixins.NDArrayOperatorsMixin):
    """A recorded expression: a named argument, a plain number, or an operation on cells.

    >>> print(excel(np.maximum(Cell("a") - Cell("b"), 0), {"a": "F7", "b": "F8"}))
    MAX(F7-F8,0)
    """

    __slots__ = ("operation", "parts")

    def __init__(self, operation: str, parts: Sequence[Cell] = ()) -> None:
        """Record an argument by its name, or an operation of `OPERATIONS` on its parts."""
        self.operation, self.parts = operation, tuple(parts)

    @property
    def is_condition(self) -> bool:
        """True where the expression is true or false rather than a number."""
        return bool(self.parts) and OPERATIONS[self.operation].condition

    # numpy hands every ufunc and every np.* call on a Cell to these two
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Cell:
        if method != "__call__" or kwargs:
            raise RuleError(f"np.{ufunc.__name__}.{method} has no Excel spelling; write plain arithmetic")
        return record(ufunc.__name__, *inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Cell:
        if function is np.clip and len(args) == 3 and not kwargs:
            value, low, high = args
            return np.maximum(low, np.minimum(high, value))  # type: ignore[no-any-return]
        if kwargs:
            raise RuleError(f"np.{function.__name__} takes no keyword arguments in a rule")
        return record(function.__name__, *args)

    def _branch(self, *_: Any) -> NoReturn:
        raise RuleError(f"the rule tests or unpacks a value; {BRANCHING}")

    def _convert(self, *_: Any, **__: Any) -> NoReturn:
        raise RuleError("the rule turns a column into one Python number; use operators and np.* functions only")

    def _round(self, *_: Any) -> NoReturn:
        raise RuleError(f"the rule calls round(); {IDIOMS['round']}")

    __bool__ = __len__ = __iter__ = __getitem__ = __contains__ = _branch
    __float__ = __int__ = __index__ = __array__ = _convert
    __round__ = __floor__ = __ceil__ = __trunc__ = _round


def record(name: str, *inputs: Any) -> Cell:
    """Record one operation on cells and plain numbers, or refuse it with the idiom to use."""
    name = SYNONYMS.get(name, name)
    if name not in OPERATIONS:
        advice = IDIOMS.get(
            name, f"a rule may use operators and np.{', np.'.join(('where', 'maximum', 'minimum', 'clip', 'absolute', 'sqrt'))}"
        )
        raise RuleError(f"the rule calls np.{name}, which has no Excel spelling here; {advice}")
    parts = [cell(value) for value in inputs]
    wants_condition = [name in WANT_CONDITIONS or (name == "where" and i == 0) for i in range(len(parts))]
    for part, wanted in zip(parts, wants_condition, strict=True):
        if wanted and not part.is_condition:
            raise RuleError(f"{OPERATIONS[name].excel} needs a comparison such as x > 0, and got a number")
        if part.is_condition and not wanted:
            raise RuleError("a comparison is used as a number; write np.where(condition, 1, 0)")
    return Cell(name, parts)


def cell(value: Any) -> Cell:
    """A cell as it is, or a plain number as a cell; any other number belongs in a pack."""
    if isinstance(value, Cell):
        return value
    if isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_)):
        if abs(value) in PLAIN_NUMBERS:
            number = Cell(str(abs(int(value))))
            return Cell("negative", [number]) if value < 0 else number
        raise RuleError(f"the number {value} stands in a rule; make it an assumption with a source and link it")
    raise RuleError(f"a rule works on numbers, and met {value!r}")


def trace(rule: Callable[..., Any], arguments: Sequence[str]) -> Cell:
    """Run a rule once on placeholders and return what it did; refuse what cannot be written in Excel.

    Raises:
        RuleError: the rule branches, calls something with no Excel spelling, holds a number of its own, compares
            figures to the last bit, returns a comparison, or leaves an argument unused.
    """
    try:
        result = cell(rule(**{name: Cell(name) for name in arguments}))
        _refuse_last_bits(result)
    except RuleError as error:
        raise RuleError(f"{rule.__module__}.{rule.__qualname__}: {error}") from None
    except TypeError as error:
        raise RuleError(f"{rule.__module__}.{rule.__qualname__}: {error}; {BRANCHING}") from error
    if result.is_condition:
        raise RuleError(f"{rule.__module__}.{rule.__qualname__} returns a comparison; write np.where(condition, 1, 0)")
    unused = set(arguments) - leaves(result)
    if unused:
        raise RuleError(f"{rule.__module__}.{rule.__qualname__} never uses {', '.join(sorted(unused))}; leave it out")
    return result


def _refuse_last_bits(tree: Cell) -> None:
    """Only an argument may be compared with 0 as it is; that it is a flag is tested where units are known, by `unit.check_unit`."""
    if tree.operation in RAW and (tree.parts[1].operation != "0" or tree.parts[0].parts or tree.parts[0].operation.isdigit()):
        raise RuleError(
            f"the rule compares figures with {OPERATIONS[tree.operation].excel}, which noise in the last bit decides; write "
            f"{RAW[tree.operation]}(left, right), which rounds it away, or {RAW[tree.operation]}(left, right, AMOUNTS) for amounts, "
            "such as money; only a flag is compared with 0 as it is"
        )
    for part in tree.parts:
        _refuse_last_bits(part)


def leaves(tree: Cell) -> set[str]:
    """The names of the arguments, and the plain numbers, that an expression is made of."""
    if not tree.parts:
        return {tree.operation}
    return set().union(*(leaves(part) for part in tree.parts))


def _precedence(tree: Cell) -> int:
    return OPERATIONS[tree.operation].precedence if tree.parts else ATOM


def _wrap(tree: Cell, text: str, weakest: int, right: bool = False) -> str:
    """Parentheses keep the order in which Python calculated, so that both worlds agree to the last bit."""
    own = _precedence(tree)
    return f"({text})" if own < weakest or (right and own in (weakest, NEGATIVE)) else text


def _same_calls(tree: Cell) -> list[Cell]:
    """MAX(MAX(a,b),c) reads better, and is exactly the same, as MAX(a,b,c)."""
    if tree.operation not in ("maximum", "minimum"):
        return list(tree.parts)
    return [deep for part in tree.parts for deep in (_same_calls(part) if part.operation == tree.operation else [part])]


def excel(tree: Cell, references: Mapping[str, str]) -> str:
    """The expression as Excel text, without the leading equals sign.

    A comparison of figures rounds their difference, so that noise in the last bits decides nothing; pence are cut from six decimals.

    >>> excel(-(Cell("a") ** Cell("b")), {"a": "A1", "b": "A2"})
    '-(A1^A2)'
    """
    if not tree.parts:
        return references.get(tree.operation, tree.operation)
    operation, level = OPERATIONS[tree.operation], _precedence(tree)
    if tree.operation == "negative":
        return "-" + _wrap(tree.parts[0], excel(tree.parts[0], references), NEGATIVE)
    if level == ATOM:
        inside = ",".join(excel(part, references) for part in _same_calls(tree))
        return f"ROUND(ROUND({inside},6),2)" if tree.operation == "to_pence" else f"{operation.excel}({inside})"
    if tree.operation in ROUNDED:
        left, right, decimals = tree.parts
        difference = left if right.operation == "0" else Cell("subtract", [left, right])
        return f"ROUND({excel(difference, references)},{decimals.operation}){operation.excel}0"
    left, right = tree.parts
    weakest_left = NEGATIVE + 1 if tree.operation == "power" else level
    return _wrap(left, excel(left, references), weakest_left) + operation.excel + _wrap(right, excel(right, references), level, right=True)


def words(tree: Cell, labels: Mapping[str, str]) -> str:
    """The expression as a sentence in the reader's terms.

    >>> words(np.where(Cell("f") > 0, Cell("v") * Cell("s"), 0), {"f": "Flag", "v": "Variance", "s": "Share"})
    'if Flag is above 0 then Variance × Share otherwise 0'
    """
    if not tree.parts:
        return labels.get(tree.operation, tree.operation)
    operation, level = OPERATIONS[tree.operation], _precedence(tree)
    if tree.operation in ROUNDED:
        tree = Cell(tree.operation, tree.parts[:2])
    if tree.operation == "negative":
        return "minus " + _wrap(tree.parts[0], words(tree.parts[0], labels), NEGATIVE)
    parts = [words(part, labels) for part in _same_calls(tree)]
    if tree.operation == "where":
        nested = [f"({text})" if part.operation == "where" else text for part, text in zip(tree.parts, parts, strict=True)]
        return "if {} then {} otherwise {}".format(*nested)
    if tree.operation in ("bitwise_and", "bitwise_or"):
        joined = [
            f"({text})" if part.operation in ("bitwise_and", "bitwise_or") else text for part, text in zip(tree.parts, parts, strict=True)
        ]
        return f" {'and' if tree.operation == 'bitwise_and' else 'or'} ".join(joined)
    if tree.operation == "to_pence":
        return f"{parts[0]}, to the penny" if not _needs_brackets(tree.parts[0]) else f"({parts[0]}), to the penny"
    if level == ATOM:
        return f"{operation.words} ({', '.join(parts)})"
    left, right = tree.parts
    open_ended = {"where", "to_pence"}
    level = NEGATIVE + 1 if tree.operation == "power" else level
    texts = [
        f"({text})" if part.operation in open_ended else _wrap(part, text, level, right=side)
        for part, text, side in zip((left, right), parts, (False, True), strict=True)
    ]
    return f"{texts[0]} {operation.words} {texts[1]}"


def _needs_brackets(tree: Cell) -> bool:
    return tree.operation == "where"

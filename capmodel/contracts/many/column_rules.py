"""Columns of a table of many contracts that a rule makes of others, written as a formula, as in the rules of `allocate`.

A rule reads figures of the same contract and year by their names: columns of the table under `columns`, and those that only rules read
under `given`. The formula is parsed and never run as code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from capmodel.algebra.cell import leaves
from capmodel.algebra.expression import compute, parse, unit
from capmodel.algebra.rows import Floats
from capmodel.algebra.unit import parse as parse_unit
from capmodel.algebra.unit import spell, unit_by_name
from capmodel.assumptions.cells import a_few
from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.tables import Line
from capmodel.contracts.many.table import ColumnOf, TableOf
from capmodel.errors import Problem, RuleError, nearest

Report = Callable[[list[Step], str, str, str], None]


def check_columns(document: Document, table: TableOf, report: Report) -> None:
    """Report columns with neither heading nor rule, rules that cannot be read, and columns that no rule reads."""
    read: set[str] = set()
    known = {name for name in (*table.columns, *table.given) if name.isidentifier() and table.column(name).heading}
    for part, names in (("columns", table.columns), ("given", table.given)):
        for name in names:
            place: list[Step] = ["figures", part, name]
            column = table.column(name)
            if (column.heading is None) == (column.rule is None):
                what = f"{name} has {'a heading and a rule' if column.rule else 'neither heading nor rule'}"
                report(place, what, "a column is read or worked out", "Write heading:, or rule:")
            elif part == "given" and (column.rule or name in table.columns or not name.isidentifier()):
                report(place, f"{name} cannot stand under given", "what stands there is read for rules, under a name of its own", "Write name: and its heading")  # fmt: skip
            elif column.rule:
                if column.blank is not None or column.no_figure:
                    report(place, f"{name} says what a blank means", "a rule has no blanks", "Say it of the columns that the rule reads")
                read |= _names_of(column.rule, name, known, place, report)
    for name in table.given:
        if name not in read:
            report(["figures", "given", name], f"no rule reads {name}", "it would have no effect", "Leave it out, or name it in a rule")


def _names_of(rule: str, name: str, known: set[str], place: list[Step], report: Report) -> set[str]:
    """The names that a rule reads; what is wrong with it is reported."""
    try:
        formula = parse(rule)
        names = {leaf for leaf in leaves(formula.tree) if not leaf.isdigit()}
        if formula.across:
            report(
                place, f"the rule of {name} goes over other rows", "contracts are settled each by itself", "Name columns of the row only"
            )
            return set()
        for each in sorted(names - known):
            report(place, f"the rule of {name} reads {each}", "there is no column of that name with a heading", nearest(each, known))
        if names <= known:
            wanted, found = parse_unit(unit_by_name(name.partition("[")[0])), unit(formula, {each: parse_unit(unit_by_name(each)) for each in names})  # fmt: skip
            if found is not None and found != wanted:
                report(place, f"the rule of {name} gives {spell(found)}", f"its name promises {spell(wanted)}", "Correct the rule, or the units that names end in")  # fmt: skip
        return names
    except RuleError as error:
        report(place, f"the rule of {name} cannot be used", str(error).rstrip("."), "Correct it")
        return known


def reads_known(rule: str, figures: Mapping[str, Floats]) -> bool:
    """Whether a rule can be worked out of some figures; one that cannot has been reported."""
    try:
        return {leaf for leaf in leaves(parse(rule).tree) if not leaf.isdigit()} <= set(figures)
    except RuleError:
        return False


def by_rule(
    name: str,
    column: ColumnOf,
    figures: Mapping[str, Floats],
    holds: np.ndarray,
    keys: Sequence[str],
    lines: Sequence[Sequence[Line]],
    problems: list[Problem],
) -> Floats:
    """A column that a rule makes of others, contracts by years; zero for contracts it does not hold for."""
    assert column.rule is not None
    tree = parse(column.rule).tree
    with np.errstate(all="ignore"):
        found = np.broadcast_to(compute(tree, figures), next(iter(figures.values())).shape) * column.times
    found = np.where(holds[:, None], found, 0.0)
    wrong = [
        Problem(
            lines[c][t].where, f"the rule of {name} gives no number for {keys[c]}", "it divides by zero", "Correct the row, or the rule"
        )
        for c, t in zip(*np.nonzero(~np.isfinite(found)), strict=True)
    ]
    problems += a_few(wrong, f"figures of {name} are wrong")
    return np.where(np.isfinite(found), found, 0.0)

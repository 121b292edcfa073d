"""Reads the figures of many contracts from a table: targets, costs, scores and terms, one row a contract or a contract and year.

A blank is refused unless the contract file says what it means; a suppressed cell is named, never guessed. What the figures
are worth is worked out in `settle`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from capmodel.algebra.rows import Floats, Node
from capmodel.algebra.table import Table
from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.cells import a_few, plain_text, spelt_otherwise, unwritable, year_remedy, year_text
from capmodel.assumptions.tables import Figures, Line, read_lines
from capmodel.assumptions.totals import totals_problems
from capmodel.contracts.many.column_rules import by_rule, reads_known
from capmodel.contracts.many.column_terms import is_related, is_signed
from capmodel.contracts.many.columns import check_columns_of, kinds_of, known_names, nodes_of
from capmodel.contracts.many.contract import ONLY_KIND, ManyContracts, faults_of_terms, named
from capmodel.contracts.many.table import ColumnOf
from capmodel.contracts.settlement import transfer as settlement
from capmodel.errors import BadInput, Problem, RuleError, nearest, problem_of

LARGEST = 1e12
#: Money of a contract that a row of totals would hold added up.
ADDED = ("target_gbp", "actual_gbp", "variance_gbp")


@dataclass(frozen=True)
class ManyFigures:
    """The contracts of a table: their keys and kinds, and every figure as contracts by years."""

    keys: tuple[str, ...]
    kinds: tuple[str, ...]
    figures: Mapping[str, Floats]
    published: Mapping[str, Floats]


def read_figures(
    many: ManyContracts, path: Path, problems: list[Problem] | None = None, without_effect: Collection[str] = ()
) -> ManyFigures:
    """Read the table of a contract for many.

    Args:
        many: the contract.
        path: the table.
        problems: faults are added here; where it is not given, they are raised.
        without_effect: columns that have been refused because they move no money; their rows are held against no term.

    Raises:
        BadInput: with everything that is wrong, in one report.
    """
    found: list[Problem] = []
    if problems is None:
        check_columns_of(many, found)
    figures = _read(many, path, found, without_effect)
    if problems is None and found:
        raise BadInput(found)
    if problems is not None:
        problems += found
    return figures


def _read(many: ManyContracts, path: Path, problems: list[Problem], without_effect: Collection[str]) -> ManyFigures:
    table = many.file.figures
    texts = [*([table.kind.heading] if table.kind and table.kind.heading else []), *(table.kind.flags if table.kind else ())]
    read = {name: table.column(name) for name in (*table.columns, *table.given)}
    headings = {name: column.heading for name, column in read.items() if column.heading} | {
        f"published {name}": entry.against for name, entry in many.file.published.items()
    }
    block = Figures(
        key=table.key,
        source=many.file.source,
        workbook=table.workbook,
        year=table.year,
        text={name: name for name in texts},
        columns=headings,
    )
    lines = read_lines(path, block, problems)
    if not lines and not problems:
        problems.append(Problem(path.name, "there are no rows", "there is nothing to settle", "Give a row for each contract"))
    if problems:
        return ManyFigures((), (), {}, {})
    by_key = _by_key(many, lines, path, problems)
    kinds = tuple(_kind_of_all(many, key, own, problems) for key, own in by_key.items())
    figures = {
        name: _column(name, column, many, by_key, kinds, problems, given=name in table.columns)
        for name, column in read.items()
        if column.heading
    }
    published = {
        name: _column(
            name, ColumnOf(heading=entry.against, times=entry.times, kinds=entry.kinds), many, by_key, kinds, problems, unpublished=entry.no_figure
        )
        for name, entry in many.file.published.items()
    }  # fmt: skip
    for name, column in read.items():
        if column.rule and not problems and reads_known(column.rule, figures):
            figures[name] = by_rule(name, column, figures, _holds_for(column, kinds), list(by_key), list(by_key.values()), problems)
            _check_sense(name, column, figures[name], by_key, kinds, problems)
    figures = {name: figures[name] for name in read if name in figures}
    _check_people(many, kinds, figures, by_key, problems)
    _check_same(many, figures, by_key, kinds, problems)
    _check_terms(many, {name: values for name, values in figures.items() if name not in without_effect}, by_key, kinds, problems)
    if not problems:
        settled = {name: values.T for name, values in figures.items() if name.partition("[")[0] in ADDED}
        problems += totals_problems(list(by_key), [own[0].where for own in by_key.values()], settled, known=table.not_totals)
    return ManyFigures(tuple(by_key), kinds, figures, published)


def _holds_for(column: ColumnOf, kinds: Sequence[str]) -> np.ndarray:
    """Which contracts a column holds for."""
    return np.array([not column.kinds or kind in column.kinds for kind in kinds], dtype=bool)


def _by_key(many: ManyContracts, lines: Sequence[Line], path: Path, problems: list[Problem]) -> dict[str, list[Line]]:
    """Lines by contract, one for each year."""
    table, years = many.file.figures, [str(year) for year in many.years]
    if table.year is None and len(years) > 1:
        why = f"the contract runs over {', '.join(years)}"
        raise BadInput([many.document.problem(("figures",), "no heading gives the year", why, "Write year: and its heading")])
    found: dict[str, dict[str, Line]] = {}
    spellings: dict[str, tuple[str, str]] = {}
    unread: set[str] = set()  # contracts with a row whose year cannot be read: which years they lack is not known
    for line in lines:
        key = plain_text(line.cells[table.key])
        try:
            year = year_text(line.cells[table.year]) if table.year else years[0]
        except ValueError as error:
            problems.append(problem_of(line.where, error))
            unread.add(key)
            continue
        wrong = unwritable(key)
        if not key or wrong:
            what, why, remedy = (
                (f"the key {wrong[0]}", wrong[1], wrong[2])
                if wrong
                else (
                    "there is no key",
                    "contracts are distinguished by it",
                    "Fill it in (merged cells hold it in the first row only), or take the row out if it is a total",
                )
            )
            problems.append(Problem(line.where, what, why, remedy))
            continue
        if year not in years:
            remedy = year_remedy(year, "")
            unread |= {key} if remedy else set()
            why = f"the contract is for {', '.join(years)}"
            problems.append(Problem(line.where, f"the year is {year!r}", why, remedy or "Take the row out"))
            continue
        key, otherwise = spelt_otherwise(key, line.where, spellings, "contract")
        if otherwise:
            problems.append(otherwise)
        elif year in found.setdefault(key, {}):
            problems.append(Problem(line.where, f"{key} is there twice", f"it stands at {found[key][year].where} too", "Take one out"))
        found[key].setdefault(year, line)
    for key, own in found.items():
        lacking = [year for year in years if year not in own]
        if lacking and key not in unread:
            problems.append(Problem(path.name, f"{key} has no row for {', '.join(lacking)}", "every contract needs every year", "Add it"))
    return {key: [own[year] for year in years if year in own] for key, own in found.items()}


def _check_people(
    many: ManyContracts, kinds: Sequence[str], figures: Mapping[str, Floats], by_key: Mapping[str, list[Line]], problems: list[Problem]
) -> None:
    """A threshold is not guessed for fewer people than its table knows."""
    for c, (key, lines) in enumerate(by_key.items()):
        column = many.terms[kinds[c]].columns["range_from_persons"] if kinds[c] in many.terms else None
        if "threshold_persons" not in figures or column is None or not column.figures:
            continue
        smallest = min(figure.value for figure in column.figures.values())
        for t in np.flatnonzero(figures["threshold_persons"][c] < smallest):
            what = f"{key} has {figures['threshold_persons'][c, t]:g} people, fewer than the table of thresholds knows"
            problems.append(
                Problem(lines[t].where, what, "no threshold is guessed", f"Add a range from below {smallest:g}, or take the row out")
            )


def _check_same(
    many: ManyContracts, figures: Mapping[str, Floats], by_key: Mapping[str, list[Line]], kinds: Sequence[str], problems: list[Problem]
) -> None:
    """A term that holds for the whole contract must not differ between its years; all but the first would be left aside."""
    tables = {table.name: table for table in settlement.TABLES}
    for name in (name for name in many.file.figures.columns if name in figures):
        found, known = named(name), kinds_of(many, name)
        if found is None or not known:
            continue
        values, assumed = figures[name], many.terms[known[0]].assumptions.get(found.name)
        place = nodes_of(found, many, known[0]) if assumed is None else None
        yearly = any(year is not None for year in assumed.values) if assumed else place is None or tables_by_year(place[0], tables)
        wrong = [] if yearly else [
            Problem(lines[t].where, f"{name} is {values[c, t]:g} for {key}, and {values[c, 0]:g} in the first year", "it holds for the whole contract", "Write one figure in all years")
            for c, (key, lines) in enumerate(by_key.items()) if kinds[c] in known for t in np.flatnonzero(values[c] != values[c, 0])
        ]  # fmt: skip
        problems += a_few(wrong, f"figures of {name} are wrong")


def _check_terms(
    many: ManyContracts, figures: Mapping[str, Floats], by_key: Mapping[str, list[Line]], kinds: Sequence[str], problems: list[Problem]
) -> None:
    """Terms that are held against one another in a contract are so in every row, as if they stood in the contract's file."""
    related = [
        text for text in figures if (found := named(text)) is not None and is_related(found.name) and text in many.file.figures.columns
    ]
    if not related or problems:
        return
    known: dict[tuple[object, ...], list[Problem]] = {}
    wrong: list[Problem] = []
    for c, (key, lines) in enumerate(by_key.items()):
        own = {text: figures[text][c].tolist() for text in related if _holds_for(many.file.figures.column(text), kinds)[c]}
        state = (kinds[c], *map(tuple, own.values()))
        if kinds[c] in many.terms and state not in known:
            known[state] = faults_of_terms(many, kinds[c], own)
        wrong += [Problem(lines[0].where, f"{key}: {each.what}", each.why, each.remedy) for each in known.get(state, ())]
    problems += a_few(wrong, "faults of terms")


def tables_by_year(node: Node, tables: Mapping[str, Table]) -> bool:
    """True where the column has a figure for each year."""
    return node[0] not in tables or tables[node[0]].by_year


def _kind(many: ManyContracts, line: Line, problems: list[Problem]) -> str:
    kind = many.file.figures.kind
    if kind is None:
        return ONLY_KIND
    if kind.heading is not None:
        code = plain_text(line.cells[kind.heading])
        name = kind.codes.get(code, code)
        if name not in many.file.kinds:
            known = [*kind.codes, *many.file.kinds]
            problems.append(Problem(line.where, f"{kind.heading} is {code!r}", "the contract has no terms for it", nearest(code, known)))
        return name
    names = [name for heading, name in kind.flags.items() if plain_text(line.cells[heading]) == "1"]
    if len(names) != 1:
        what = f"{len(names)} of {', '.join(kind.flags)} are 1"
        problems.append(Problem(line.where, what, "a contract is of one kind", "Set one of them to 1"))
        return next(iter(many.file.kinds))
    return names[0]


def _kind_of_all(many: ManyContracts, key: str, lines: Sequence[Line], problems: list[Problem]) -> str:
    """The kind of a contract, which is the same in all its years."""
    kinds = [_kind(many, line, problems) for line in lines]
    for kind, line in zip(kinds, lines, strict=True):
        if kind != kinds[0]:
            what = f"{key} is {kind!r} here and {kinds[0]!r} in its first year"
            problems.append(
                Problem(line.where, what, "a contract is settled by the terms of one kind", "Give the later terms a key of their own")
            )
    return kinds[0]


def _unit(name: str) -> str:
    """The unit of a figure; a name that has none is no figure, which is reported where names are checked."""
    try:
        return unit_by_name(name)
    except RuleError:
        return "number"


def _sense(name: str, unit: str, value: float) -> tuple[str, str] | None:
    """Why a figure cannot be meant, and what to do; None where it can."""
    if unit == "share" and not 0 <= value <= 1:
        return "a share is a part of 1", "Write times: 0.01 where the file prints per cent, times: -1 where it prints a minus"
    if unit == "flag" and value not in (0, 1):
        return "it is a yes or a no", "Write 1 or 0"
    if unit == "index" and value <= 0:
        return "an index multiplies; zero would wipe the target out", "Write 1 for no change"
    if value < 0 and name != "variance_gbp" and not is_signed(name):
        return "it is a size", "Correct the sign, or write times: -1 where the file prints a minus"
    return ("no contract has so much", "Correct the size") if abs(value) > LARGEST else None


def _column(
    name: str,
    column: ColumnOf,
    many: ManyContracts,
    by_key: Mapping[str, list[Line]],
    kinds: Sequence[str],
    problems: list[Problem],
    given: bool = True,
    unpublished: Sequence[str] | None = None,
) -> Floats:
    """A column as contracts by years; zero for kinds it does not hold for, which do not read it, and no number where nothing was published."""
    found = named(name.rpartition(".")[2])
    given = given and found is not None and found.name in known_names()
    unit = _unit(found.name if found else name)
    values = np.full((len(by_key), len(many.years)), 0.0 if unpublished is None else np.nan)
    meaning = "name the text under no_figure:"
    if unpublished is None:
        meaning = "say in the contract what blank: means, and under no_figure: which texts mean it"
    wrong: list[Problem] = []
    for c, (key, lines) in enumerate(by_key.items()):
        if column.kinds and kinds[c] not in column.kinds:
            continue
        for t, line in enumerate(lines):
            cell = line.cells[str(column.heading)]
            if unpublished and plain_text(cell) in ("", *unpublished):
                continue
            fault = column.fault(name, key, cell, unit, f"Write a number such as 1234.5 under the heading {column.heading!r}, or {meaning}")
            if fault:
                wrong.append(Problem(line.where, *fault))
                continue
            values[c, t] = column.figure(cell, unit)
            senseless = _sense(found.name, unit, float(values[c, t])) if given and found else None
            if senseless:
                wrong.append(Problem(line.where, f"{name} is {values[c, t]:g} for {key}", *senseless))
    problems += a_few(wrong, f"figures of {name} are wrong")
    return values


def _check_sense(
    name: str, column: ColumnOf, values: Floats, by_key: Mapping[str, list[Line]], kinds: Sequence[str], problems: list[Problem]
) -> None:
    """What a rule makes is held to the same as what is read."""
    found = named(name)
    assert found is not None, "names were checked when the contract was read"
    wrong = []
    for c, (key, lines) in enumerate(by_key.items()):
        for t, line in enumerate(lines if _holds_for(column, kinds)[c] else ()):
            senseless = _sense(found.name, unit_by_name(found.name), float(values[c, t]))
            if senseless:
                wrong.append(
                    Problem(line.where, f"{name} is {values[c, t]:g} by its rule for {key}", senseless[0], "Correct the row, or the rule")
                )
    problems += a_few(wrong, f"figures of {name} are wrong")

"""Reads the figures of many contracts from a table: targets, costs, scores and terms, one row a contract or a contract and year.

A blank is refused unless the contract file says what it means; a suppressed cell is named, never guessed. What the figures
are worth is worked out in `settle_many`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from capmodel.algebra.rows import YEAR, Floats, Node
from capmodel.algebra.table import Table
from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.cells import a_few, number, plain_text, unwritable
from capmodel.assumptions.tables import Figures, Line, read_lines
from capmodel.contracts import settlement
from capmodel.contracts.many import ALL_CARE, ONLY_KIND, ColumnOf, ManyContracts, Named, named
from capmodel.errors import BadInput, Problem, nearest

SUPPRESSED = "*"
#: Figures that are no terms, and the rows of the settlement they stand on: of a route's provider, or of a party.
BY_PROVIDER = ("target_gbp", "actual_gbp", "variance_gbp")
INCOME = "income_gbp"
#: Money that has a sign of its own; all other sums are sizes.
SIGNED = ("variance_gbp", "scope_change_gbp", "excluded_shock_gbp", "on_account_gbp")
LARGEST = 1e12


@dataclass(frozen=True)
class ManyFigures:
    """The contracts of a table: their keys and kinds, and every figure as contracts by years."""

    keys: tuple[str, ...]
    kinds: tuple[str, ...]
    figures: Mapping[str, Floats]
    published: Mapping[str, Floats]


def read_figures(many: ManyContracts, path: Path) -> ManyFigures:
    """Read the table of a contract for many.

    Raises:
        BadInput: with everything that is wrong, in one report.
    """
    problems: list[Problem] = []
    table = many.file.figures
    _check_names(many, problems)
    _check_income(many, problems)
    _check_published(many, problems)
    texts = [*([table.kind.heading] if table.kind and table.kind.heading else []), *(table.kind.flags if table.kind else ())]
    headings = {name: table.column(name).heading for name in table.columns} | {
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
        raise BadInput(problems)
    by_key = _by_key(many, lines, path, problems)
    kinds = tuple(_kind_of_all(many, key, own, problems) for key, own in by_key.items())
    figures = {name: _column(name, table.column(name), many, by_key, kinds, problems) for name in table.columns}
    published = {
        name: _column(name, ColumnOf(heading=entry.against), many, by_key, kinds, problems, given=False)
        for name, entry in many.file.published.items()
    }
    _check_people(many, kinds, figures, by_key, problems)
    _check_same(many, figures, by_key, problems)
    if problems:
        raise BadInput(problems)
    return ManyFigures(tuple(by_key), kinds, figures, published)


def nodes_of(found: Named, many: ManyContracts) -> tuple[Node, int] | None:
    """The column of the settlement a figure stands in, and its line; None where it is no such column."""
    rows = next(iter(many.rows.values()))
    if found.name in BY_PROVIDER:
        providers = [way.provider for way in many.file.routes]
        wanted = found.key or (tuple(providers) if len(providers) == 1 else ())
        return (("service", found.name), providers.index(wanted[0])) if len(wanted) == 1 and wanted[0] in providers else None
    if found.name == INCOME:
        return (
            (("party_budget", INCOME), many.parties.index(found.key[0])) if len(found.key) == 1 and found.key[0] in many.parties else None
        )
    for table in settlement.TABLES:
        if found.name in table.inputs and table.name not in ("scope", "variation"):
            names = [key for key in table.keys if key != YEAR]
            keys = list(dict.fromkeys(rows[table.name].keys(names)))
            wanted_key = found.key if table.name != "service" else (ALL_CARE, *found.key)
            return ((table.name, found.name), keys.index(wanted_key)) if wanted_key in keys else None
    return None


def _check_names(many: ManyContracts, problems: list[Problem]) -> None:
    terms = next(iter(many.terms.values()))
    inputs = [name for table in settlement.TABLES for name in table.inputs]
    for text in many.file.figures.columns:
        found = named(text)
        place = ("figures", "columns", text)
        if found is None:
            problems.append(many.document.problem(place, f"{text!r} is no name", "figures go by name", "Write name, or name[party]"))
        elif found.name in terms.assumptions:
            if found.key:
                problems.append(
                    many.document.problem(place, f"{found.name} has no key", "it holds for the contract", f"Write {found.name}")
                )
        elif nodes_of(found, many) is None:
            known = [*terms.assumptions, *inputs, *BY_PROVIDER, INCOME]
            why = "the settlement has no such figure" if found.name not in known else "the settlement has no such row"
            remedy = nearest(found.name, known) if found.name not in known else f"Keys are parties ({', '.join(many.parties)}) and sides"
            problems.append(many.document.problem(place, f"there is no figure {text!r}", why, remedy))


def _check_income(many: ManyContracts, problems: list[Problem]) -> None:
    """A cap or key that goes by income needs the party's income; without it nobody would be paid."""
    given = {found.key for text in many.file.figures.columns if (found := named(text)) is not None and found.name == INCOME}
    for terms in many.terms.values():
        by_income = [(key[0],) for (key, _), figure in terms.columns["cap_of_income_flag"].figures.items() if figure.value]
        by_income += [(key[1],) for (key, _), figure in terms.columns["factor_is_income_flag"].figures.items() if figure.value]
        for (party,) in dict.fromkeys(key for key in by_income if key not in given):
            what, remedy = (
                f"a cap or key goes by the income of {party}, which no heading gives",
                f'Write "{INCOME}[{party}]": and its heading',
            )
            problem = many.document.problem(("figures", "columns"), what, "it would be taken for nought", remedy)
            if problem not in problems:
                problems.append(problem)


def _check_published(many: ManyContracts, problems: list[Problem]) -> None:
    """What is compared with a published figure must be a line and a row of the settlement of some kind."""
    tables = {table.name: table for table in settlement.TABLES}
    for name, entry in many.file.published.items():
        for text in filter(None, (name, entry.rounding_of)):
            table, _, rest = text.partition(".")
            found = named(rest)
            known = [f"{each.name}.{line}" for each in settlement.TABLES for line in each.lines]
            where = ("published", name)
            if found is None or table not in tables or found.name not in tables[table].lines:
                told = nearest(text.partition("[")[0], known)
                problems.append(many.document.problem(where, f"there is no figure {text!r}", "a line is compared by its name", told))
                continue
            keys = [key for key in tables[table].keys if key != YEAR]
            if not any(found.key in rows[table].keys(keys) for rows in many.rows.values()):
                what, remedy = f"{text!r} has no row", f"Its keys are {', '.join(keys) or 'none'}"
                problems.append(many.document.problem(where, what, "there would be nothing to compare", remedy))


def _by_key(many: ManyContracts, lines: Sequence[Line], path: Path, problems: list[Problem]) -> dict[str, list[Line]]:
    """Lines by contract, one for each year."""
    table, years = many.file.figures, [str(year) for year in many.years]
    if table.year is None and len(years) > 1:
        why = f"the contract runs over {', '.join(years)}"
        raise BadInput([many.document.problem(("figures",), "no heading gives the year", why, "Write year: and its heading")])
    found: dict[str, dict[str, Line]] = {}
    for line in lines:
        key, year = plain_text(line.cells[table.key]), plain_text(line.cells[table.year]) if table.year else years[0]
        wrong = unwritable(key)
        if not key or wrong:
            what, why, remedy = (
                (f"the key {wrong[0]}", wrong[1], wrong[2])
                if wrong
                else ("there is no key", "contracts are told apart by it", "Fill it in")
            )
            problems.append(Problem(line.where, what, why, remedy))
            continue
        if year not in years:
            problems.append(Problem(line.where, f"the year is {year!r}", f"the contract is for {', '.join(years)}", "Take the row out"))
            continue
        if year in found.setdefault(key, {}):
            problems.append(Problem(line.where, f"{key} is there twice", f"it stands at {found[key][year].where} too", "Take one out"))
        found[key].setdefault(year, line)
    for key, own in found.items():
        lacking = [year for year in years if year not in own]
        if lacking:
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


def _check_same(many: ManyContracts, figures: Mapping[str, Floats], by_key: Mapping[str, list[Line]], problems: list[Problem]) -> None:
    """A term that holds for the whole contract must not differ between its years; all but the first would be left aside."""
    terms = next(iter(many.terms.values()))
    tables = {table.name: table for table in settlement.TABLES}
    for name, values in figures.items():
        found = named(name)
        assumed = terms.assumptions.get(found.name) if found else None
        place = nodes_of(found, many) if found and assumed is None else None
        yearly = any(year is not None for year in assumed.values) if assumed else place is None or tables_by_year(place[0], tables)
        wrong = [] if yearly else [
            Problem(lines[t].where, f"{name} is {values[c, t]:g} for {key}, and {values[c, 0]:g} in the first year", "it holds for the whole contract", "Write one figure in all years")
            for c, (key, lines) in enumerate(by_key.items()) for t in np.flatnonzero(values[c] != values[c, 0])
        ]  # fmt: skip
        problems += a_few(wrong, f"figures of {name} are wrong")


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


def _sense(name: str, unit: str, value: float) -> tuple[str, str] | None:
    """Why a figure cannot be meant, and what to do; None where it can."""
    if unit == "share" and not 0 <= value <= 1:
        return "a share is a part of 1", "Write times: 0.01 where the file prints per cent, times: -1 where it prints a minus"
    if unit == "flag" and value not in (0, 1):
        return "it is a yes or a no", "Write 1 or 0"
    if unit == "index" and value <= 0:
        return "an index multiplies; nought would wipe the target out", "Write 1 for no change"
    if value < 0 and name not in SIGNED:
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
) -> Floats:
    """A column as contracts by years; nought for kinds it does not hold for, which do not read it."""
    found = named(name.rpartition(".")[2])
    unit = unit_by_name(found.name if found else name)
    values = np.zeros((len(by_key), len(many.years)))
    wrong: list[Problem] = []
    for c, (key, lines) in enumerate(by_key.items()):
        if column.kinds and kinds[c] not in column.kinds:
            continue
        for t, line in enumerate(lines):
            cell = line.cells[column.heading]
            if column.blank is not None and plain_text(cell) == "":
                values[c, t] = column.blank
                continue
            value = number(cell, unit)
            if not math.isfinite(value):
                if plain_text(cell) == SUPPRESSED:
                    what, why = f"{name} of {key} is suppressed ({SUPPRESSED})", "a suppressed figure is not guessed"
                    wrong.append(Problem(line.where, what, why, "Ask for the figure, or take the row out and say so"))
                else:
                    what = f"{name} is {'blank' if plain_text(cell) == '' else repr(cell)} for {key}"
                    remedy = f"Write digits under {column.heading!r}, or say in the contract what blank: means"
                    wrong.append(Problem(line.where, what, "a number is needed here, and a gap is never filled", remedy))
                continue
            if column.times != 1 and plain_text(cell).endswith("%"):
                what = f"{name} is {cell!r} for {key}, and the contract multiplies it by {column.times:g}"
                wrong.append(Problem(line.where, what, "it would be divided twice", "Leave times: out where the file prints the sign"))
            values[c, t] = value * column.times
            senseless = _sense(found.name, unit, float(values[c, t])) if given and found else None
            if senseless:
                wrong.append(Problem(line.where, f"{name} is {values[c, t]:g} for {key}", *senseless))
    problems += a_few(wrong, f"figures of {name} are wrong")
    return values

"""Columns of a table of many contracts: the rows of the settlement they belong to, and what is wrong with their names before a table is read."""

from __future__ import annotations

from functools import cache

from capmodel.algebra.rows import YEAR, Node
from capmodel.contracts.many.column_terms import known_columns
from capmodel.contracts.many.contract import ALL_CARE, ManyContracts, Named, named
from capmodel.contracts.settlement import transfer as settlement
from capmodel.contracts.terms import every_term
from capmodel.errors import Problem, nearest

#: Figures that are no terms, and the rows of the settlement they belong to: of a route's provider, or of a party.
BY_PROVIDER = ("target_gbp", "actual_gbp", "variance_gbp")
INCOME = "income_gbp"


def kinds_of(many: ManyContracts, text: str) -> list[str]:
    """The kinds that a column holds for, as far as their terms are sound."""
    wanted = many.file.figures.column(text).kinds
    return [kind for kind in many.terms if not wanted or kind in wanted]


def nodes_of(found: Named, many: ManyContracts, kind: str) -> tuple[Node, int] | None:
    """The column of the settlement of a kind that a figure belongs to, and its line; None where it is no such column."""
    table, keys = keys_of(found.name, many, kind)
    wanted = found.key or (keys[0] if found.name in BY_PROVIDER and len(keys) == 1 else ())
    return ((table, found.name), keys.index(wanted)) if wanted in keys else None


def keys_of(name: str, many: ManyContracts, kind: str) -> tuple[str, list[tuple[str, ...]]]:
    """The table of the settlement that a figure belongs to, and the keys that a heading may give it under the terms of a kind."""
    if name in BY_PROVIDER:
        return "service", [(way.provider,) for way in many.file.routes]
    if name == INCOME:
        return "party_budget", [(party,) for party in many.parties]
    for table in settlement.TABLES:
        if name in table.inputs and name in known_columns():
            names = [key for key in table.keys if key != YEAR]
            keys = list(dict.fromkeys(many.rows[kind][table.name].keys(names)))
            return table.name, [key[1:] for key in keys if key[0] == ALL_CARE] if table.name == "service" else keys
    return "", []


def _written(name: str, key: tuple[str, ...]) -> str:
    return name + (f"[{','.join(key)}]" if key else "")


@cache
def known_names() -> tuple[str, ...]:
    """Every figure that a column may be called by."""
    return (*every_term(), *known_columns(), *BY_PROVIDER, INCOME)


def check_names(many: ManyContracts, problems: list[Problem]) -> None:
    """Report columns that name no figure of the settlement, or one that a kind they hold for does not have."""
    for text in many.file.figures.columns:
        found, place = named(text), ("figures", "columns", text)
        if found is None:
            problems.append(many.document.problem(place, f"{text!r} is no name", "figures go by name", "Write name, or name[party]"))
        elif found.name not in known_names():
            remedy = nearest(found.name, known_names())
            problems.append(many.document.problem(place, f"there is no figure {text!r}", "the settlement has no such figure", remedy))
        elif found.name in every_term():
            if found.key:
                problems.append(
                    many.document.problem(place, f"{found.name} has no key", "it holds for the contract", f"Write {found.name}")
                )
        elif any(nodes_of(found, many, kind) is None for kind in kinds_of(many, text)):
            known = {_written(found.name, key) for kind in kinds_of(many, text) for key in keys_of(found.name, many, kind)[1]}
            remedy = nearest(_written(found.name, found.key), known) if known else f"The terms have no row of {found.name}; leave it out"
            problem = many.document.problem(place, f"there is no figure {text!r}", "the settlement has no such row", remedy)
            # A column whose clause is not in the terms has been refused where they were read.
            problems += [problem] if all(each.where != problem.where for each in problems) else []


def check_income(many: ManyContracts, problems: list[Problem]) -> None:
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
            problem = many.document.problem(("figures", "columns"), what, "it would be taken for zero", remedy)
            if problem not in problems:
                problems.append(problem)


def check_published(many: ManyContracts, problems: list[Problem]) -> None:
    """What is compared with a published figure must be a line and a row of the settlement of some kind."""
    tables = {table.name: table for table in settlement.TABLES}
    for name, entry in many.file.published.items() if many.terms else ():
        for text in filter(None, (name, entry.rounding_of)):
            table, _, rest = text.partition(".")
            found = named(rest)
            known = [f"{each.name}.{line}" for each in settlement.TABLES for line in each.lines]
            where = ("published", name)
            if found is None or table not in tables or found.name not in tables[table].lines:
                remedy = nearest(text.partition("[")[0], known)
                problems.append(many.document.problem(where, f"there is no figure {text!r}", "a line is compared by its name", remedy))
                continue
            keys = [key for key in tables[table].keys if key != YEAR]
            if not any(found.key in rows[table].keys(keys) for rows in many.rows.values()):
                what, remedy = f"{text!r} has no row", f"Its keys are {', '.join(keys) or 'none'}"
                problems.append(many.document.problem(where, what, "there would be nothing to compare", remedy))


def check_columns_of(many: ManyContracts, problems: list[Problem]) -> None:
    """Report columns and published figures that name nothing of the settlement, and income that is needed and not given."""
    check_names(many, problems)
    check_income(many, problems)
    check_published(many, problems)

"""Terms that a table of many contracts gives as columns: where each stands in a contract, so that it is read as the term it is.

A column is written into the terms before they are read: as a placeholder, so that steps, flags and order follow from what is given
wherever it is given, and row by row, so that every row meets the checks of a contract. What stands in a contract as a word, such as
a mode, is no figure and cannot be a column. Where a figure stands, what stands in for it and why it may have no place, its step declares.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from capmodel.algebra.unit import unit_by_name
from capmodel.contracts.settlement import chance
from capmodel.contracts.settlement import transfer as settlement
from capmodel.contracts.settlement.pool_caps import SIDES
from capmodel.contracts.settlement.term import WORD, Clause, Content, NoColumn, Place, Stated, Term, keys_of, value_at, write
from capmodel.contracts.terms import every_column, every_term

#: How bands, tiers, ranges and parts of a key are called.
_NAME = re.compile(r"(band|tier|range|part)_[1-9][0-9]*")
_NUMBERED = ("band", "tier", "people_range", "key_part")


@cache
def known_columns() -> Mapping[str, tuple[str, ...]]:
    """The inputs of the settlement and the keys of each; what is in scope, and chance, are not of a contract for many."""
    tables = [table for table in settlement.TABLES if table not in chance.TABLES]
    return {name: keys_of(table.keys) for table in tables for name in table.inputs}


def _column(name: str) -> Stated | None:
    return every_column()[name][1] if name in every_column() else None


def is_by_route(name: str) -> bool:
    """True for a figure that belongs to a line of the target."""
    return "provider" in known_columns().get(name, ())


def _declared(name: str) -> Term | Stated | None:
    return every_term()[name].term if name in every_term() else _column(name)


def is_related(name: str) -> bool:
    """True for a figure that a contract holds against others, or that must not be just any size: every row is checked so."""
    declared = _declared(name)
    return declared is not None and declared.related


def is_signed(name: str) -> bool:
    """True for money of a contract that may be below zero; all other money is a size."""
    declared = _declared(name)
    return declared is not None and declared.signed


def clause_of(name: str, key: tuple[str, ...], content: Content) -> Clause | NoColumn | None:
    """Where a figure stands in a contract; None where it is no term of a contract, or has another key.

    Entries of a list that are not there yet are put in, save one that must say more than its keys, such as a cap.

    >>> clause_of("gain_phase_share", (), {})
    Clause(steps=('phase', 'gain_share'), by_year=True, then=(), times=1.0)
    >>> cap = {"party": "trust", "side": "loss", "residual_to": "board"}
    >>> clause_of("cap_gbp", ("trust", "loss"), {"parties": {"trust": {}}, "caps": [cap]}).steps
    ('caps', 0, 'amount_gbp')
    >>> clause_of("outcome_counts_flag", (), {}).why
    'it is a word of the contract, or follows from others'
    """
    if name in every_term():
        each = every_term()[name]
        is_word = unit_by_name(name) == "flag" and not each.by_year
        return WORD if is_word else Clause(each.clause, each.by_year, times=each.term.times)
    column = _column(name)
    if column is None or not _has_row(name, key, content):
        return None
    if column.is_word:
        return WORD
    row = dict(zip(known_columns()[name], key, strict=True))
    refused = column.refused(content, row) if column.refused else None
    if refused is not None:
        return refused
    clause = column.clause(content, row, fill=column.missing is None)
    if clause is not None or column.missing is not None:
        return clause or (column.missing(row) if column.missing else None)
    entries = ".".join(map(str, column.entries)).format(**row)
    return NoColumn("the contract has no such entry", f"Write it under terms:, in {entries}")


def _has_row(name: str, key: tuple[str, ...], content: Content) -> bool:
    """Whether a name and key may be a figure of the contract; what they are not is reported where the rows are known."""
    keys = known_columns().get(name)
    if keys is None or len(keys) != len(key):
        return False
    parties = content.get("parties") or ()
    known = {"party": parties, "provider": parties, "payer": parties, "side": SIDES}
    return all(
        part in known[each] if each in known else bool(_NAME.fullmatch(part)) if each in _NUMBERED else True
        for each, part in zip(keys, key, strict=True)
    )


def states(content: Content, clause: Clause, years: Sequence[int]) -> bool:
    """Whether a contract says anything where a figure stands, in some year; zero is something.

    >>> states({"threshold": {"gain_share": 0}}, Clause(("threshold", "gain_share")), (2026,))
    True
    """
    return any(value_at(content, place) is not None for place in clause.places(years))


def unshared(content: Any) -> Any:
    """A copy in which no two places are one object, so that what is written in one place stays there."""
    if isinstance(content, dict):
        return {name: unshared(each) for name, each in content.items()}
    return [unshared(each) for each in content] if isinstance(content, list) else content


def value_in(clause: Clause, name: str, figure: float) -> Any:
    """A figure as it is written in a contract."""
    return bool(figure) if unit_by_name(name) == "flag" else figure * clause.times


def placeholder(content: Content, name: str, clause: Clause, years: Sequence[int]) -> list[Place]:
    """Put a column's placeholder where the terms have no figure, or zero; gives the places that were written."""
    declared = every_term()[name].term if name in every_term() else every_column()[name][1]
    written = []
    for place in clause.places(years):
        if not value_at(content, place):
            value = declared.placeholder(content, place) if callable(declared.placeholder) else declared.placeholder
            if value is not None:
                write(content, place, value_in(clause, name, value))
                written.append(place)
    return written

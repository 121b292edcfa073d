"""A sound contract as figures: every term under its clause, as an assumption or an input column of the settlement, and the rows they belong to.

Each step declares its terms and its rows in its own file of `settlement`; here they are put together. No step is known by name but in the order
in which figures are listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel

from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.pack import Assumed, Column, Figure, Key
from capmodel.contracts.alliance import Contract
from capmodel.contracts.settlement import (
    bands,
    caps,
    carry_forward,
    distribution,
    indicators,
    outcomes,
    party_steps,
    pool_caps,
    steps,
    target,
    threshold,
    transfer,
)
from capmodel.contracts.settlement.routes import line_rows
from capmodel.contracts.settlement.term import Content, Declared, Stated, declared, keys_of

_OTHERS = [table for table in transfer.TABLES if table not in (*target.TABLES, transfer.settlement)]
_CAPS = _OTHERS.index(caps.cap)
#: The tables in the order in which a contract's columns are listed: those of the target first, payments on account before caps.
LISTED: tuple[Table, ...] = (*target.TABLES, *_OTHERS[:_CAPS], transfer.settlement, *_OTHERS[_CAPS:])


@dataclass(frozen=True)
class Terms:
    """A contract as the model reads it: assumptions, input columns and the rows they belong to."""

    title: str
    assumptions: Mapping[str, Assumed]
    columns: Mapping[str, Column]
    labels: Mapping[str, str]
    residual_party: str
    bands: tuple[tuple[str, str], ...]  # side, band
    steps: tuple[str, ...]
    rows: Mapping[str, Rows]


@cache
def every_term() -> Mapping[str, Declared]:
    """The terms that hold for a whole contract, by name, in the order of the steps; who holds the variance counts last, in the transfer."""
    found = sorted(declared(Contract), key=lambda each: each.term is transfer.HELD_BY_PROVIDER)
    return {each.term.name: each for each in found}


@cache
def every_column() -> Mapping[str, tuple[Table, Stated]]:
    """The input columns that a contract states, by name, with their tables; steps are listed in the order in which they are taken."""
    order = [f"{step}_step_flag" for step in steps.STEPS]
    found = [(table, each) for table in LISTED for each in table.inputs.values() if isinstance(each, Stated)]
    found.sort(key=lambda each: (LISTED.index(each[0]), order.index(each[1].name) if each[0] is steps.step else 0))
    return {each.name: (table, each) for table, each in found}


def terms_of(contract: Contract, parties: Sequence[str], years: tuple[int, ...], routes: Rows) -> Terms:
    """Turn a sound contract into figures under the names of the settlement's assumptions and inputs."""
    rows = rows_of(contract, tuple(parties), years)
    lines = {key: routes.columns.get(key, ()) for key in ("setting", "provider", "payer", "segment")}
    ways = list(dict.fromkeys(zip(lines["setting"], lines["provider"], lines["payer"], strict=True)))
    of_place = {"service": line_rows(ways), "variation": Rows({"segment": tuple(dict.fromkeys(lines["segment"]))})}
    return Terms(
        title=contract.title,
        assumptions={name: _assumed(contract, each, years) for name, each in every_term().items()},
        columns={each.name: each for each in _columns(contract, {**rows, **of_place}, years)},
        labels=_labels(contract),
        residual_party=contract.residual_party,
        bands=tuple(contract.bands.named),
        steps=contract.order,
        rows=rows,
    )


def rows_of(contract: Contract, parties: tuple[str, ...], years: tuple[int, ...]) -> dict[str, Rows]:
    """The rows that a contract alone decides."""
    order, residual = contract.order, contract.residual_party
    return {
        **pool_caps.pool_rows(years),
        **threshold.threshold_rows(contract.threshold, years),
        **indicators.indicator_rows(contract.outcomes.indicators, years),
        **outcomes.outcome_rows(contract.outcomes, years),
        **distribution.key_rows(contract.distribution, parties, years),
        **bands.band_rows(contract.bands, parties, years),
        **steps.step_rows(order, parties, years),
        **caps.cap_rows(parties, years),
        **party_steps.party_step_rows(order, parties, years, contract.taker),
        **carry_forward.spread_rows(contract.caps, residual, order[-1], parties, years),
        **carry_forward.bank_rows(contract.caps, residual, order[-1], years),
        **transfer.settlement_rows(order[-1], residual, parties, years),
    }


def _labels(contract: Contract) -> dict[str, str]:
    numbered = [*threshold.ranges_of(contract.threshold), *outcomes.tiers_of(contract.outcomes)]
    numbered += contract.distribution.named if contract.distribution else []
    return {
        **pool_caps.SIDE_LABELS,
        **steps.STEP_LABELS,
        **_in_words([name for _, name in contract.bands.named]),
        **{each.id: each.label for each in contract.outcomes.indicators},
        **_in_words(numbered),
    }


def _in_words(names: Sequence[str]) -> dict[str, str]:
    return {name: name.replace("_", " ").capitalize() for name in names}


def _figure(contract: Contract, value: float, is_written: bool, note: str = "") -> Figure:
    """A figure with the provenance of the contract; one that the contract does not write has none, and is never taken for its own."""
    return Figure(value, contract.status, contract.source, contract.as_at, note) if is_written else Figure(value, "default", "", "", note)


def _assumed(contract: Contract, each: Declared, years: Sequence[int]) -> Assumed:
    """A term as an assumption, from the field that declares it; its usual figure where the contract has no such part."""
    term, part = each.term, contract
    for step in each.clause[:-1]:
        part = getattr(part, step, None)  # type: ignore[assignment]
    written = getattr(part, each.clause[-1], None)
    figures: dict[int | None, Figure] = {}
    for year in years if each.by_year else (None,):
        own = (written or {}).get(year) if each.by_year else written
        absent = part is None or (each.by_year and own is None)
        is_written = not absent and part is not None and _field_of(part, each.clause[-1]) in part.model_fields_set
        figures[year] = _figure(contract, float(term.otherwise) if absent else term.figure(own), is_written)
    title = term.title if isinstance(term.title, str) else term.title(part)
    internal = term.internal or (term.internal_if_absent and part is None)
    return Assumed(term.name, title, unit_by_name(term.name), figures, internal=internal, clause=".".join(each.clause))


def _field_of(part: BaseModel, name: str) -> str:
    """The field that a name in the file is read into."""
    return next((field for field, info in type(part).model_fields.items() if info.alias == name), name)


def _columns(contract: Contract, rows: Mapping[str, Rows], years: Sequence[int]) -> Iterator[Column]:
    """Every column that the contract states, with a figure for each row of its table."""
    by_side = contract.model_copy(update={"bands": contract.bands.by_side})
    content: Content = by_side.model_dump(by_alias=True)
    written: Content = by_side.model_dump(by_alias=True, exclude_unset=True)
    for table, column in every_column().values():
        names = keys_of(table.keys)
        keys = list(dict.fromkeys(rows[table.name].keys(names)))
        by_year = column.yearly or (column.by_year and column.is_given(content))
        figures: dict[tuple[Key, int | None], Figure] = {}
        for key in keys:
            for year in years if by_year else (None,):
                row, when = dict(zip(names, key, strict=True)), years[0] if year is None else year
                value, note = column.figure(content, row, when, years)
                figures[key, year] = _figure(contract, value, column.is_written(written, row, when), note)
        yield Column(column.name, names, figures, "contract.yaml")

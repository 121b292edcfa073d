"""Works the settlements of many contracts out at once, each kind by its own terms, and compares them with what was published.

Contracts lie on the leading axis, so that one pass of the rules settles all of a kind; every line is a column of the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capmodel.algebra.evaluate import Inputs, Values
from capmodel.algebra.functions import to_pence
from capmodel.algebra.rows import YEAR, Floats, Node, Positions
from capmodel.assumptions.cells import a_few
from capmodel.assumptions.published import Comparison, compare_with_published
from capmodel.contracts.idle import idle_of
from capmodel.contracts.many.columns import BY_PROVIDER, check_columns_of, nodes_of
from capmodel.contracts.many.contract import ManyContracts, named, read_many
from capmodel.contracts.many.figures import ManyFigures, read_figures
from capmodel.contracts.settlement import transfer as settlement
from capmodel.contracts.settlement.standalone import settle, standalone_inputs
from capmodel.errors import BadInput, Problem

#: How far a check may be out: half a penny, or what a computer loses in the last digits.
CHECK_GBP, CHECK_OTHER = 0.005, 1e-9
#: The tables whose lines are columns of the result, in the order of the steps.
SHOWN = ("service", "pool", "range_year", "pool_side", "indicator_year", "key_party", "band_year", "entitlement", "cap_year", "step_rate", "party_step", "spread", "spread_party", "bank", "settlement")  # fmt: skip


@dataclass(frozen=True)
class Settled:
    """Contracts whose kinds have the same rows, settled: which rows of the table they are, and every figure."""

    at: Positions
    values: Values


@dataclass(frozen=True)
class SettledMany:
    """All contracts of a table, settled."""

    many: ManyContracts
    figures: ManyFigures
    settled: tuple[Settled, ...]

    def column(self, table: str, line: str, key: tuple[str, ...], year: int) -> Floats:
        """One figure for every contract, in the order of the table; not a number where its kind has no such row."""
        found = np.full(len(self.figures.keys), np.nan)
        for each in self.settled:
            rows = each.values.inputs.rows[table]
            names = [name for name in _keys_of(table) if name != YEAR]
            lines = list(dict.fromkeys(rows.keys(names)))
            if key in lines:
                t = rows.years.index(year) if rows.years else 0
                values = each.values.figure((table, line))[..., lines.index(key) * rows.across + t]
                found[each.at] = values
        return found

    def named_column(self, text: str, year: int) -> Floats:
        """A figure by its full name, table.line[key], for every contract; names were checked when the file was read."""
        table, _, rest = text.partition(".")
        found = named(rest)
        assert found is not None
        return self.column(table, found.name, found.key, year)

    def columns(self, year: int) -> Iterator[tuple[str, Floats]]:
        """Every line of every shown table as a column named table.line[key]."""
        for table in settlement.TABLES:
            if table.name not in SHOWN:
                continue
            names = [name for name in table.keys if name != YEAR]
            keys = dict.fromkeys(key for each in self.settled for key in each.values.inputs.rows[table.name].keys(names))
            for key in keys:
                for line in table.lines:
                    name = f"{table.name}.{line}" + (f"[{','.join(key)}]" if key else "")
                    yield name, self.column(table.name, line, key, year)

    def table(self) -> list[list[Any]]:
        """Headings, then a row for each contract and year: what was given, every step, and what was published; gaps are blank."""
        given, by_year = list(self.figures.figures), len(self.many.years) > 1
        rows: list[list[Any]] = []
        for t, year in enumerate(self.many.years):
            columns = dict(self.columns(year))
            published = {f"published {name}": values[:, t] for name, values in self.figures.published.items()}
            if not rows:
                rows.append([self.many.file.figures.key, *(["year"] if by_year else []), "kind", *given, *columns, *published])
            cells = [self.figures.figures[name][:, t] for name in given] + list(columns.values()) + list(published.values())
            for c, key in enumerate(self.figures.keys):
                own = ["" if np.isnan(values[c]) else float(values[c]) for values in cells]
                rows.append([key, *([year] if by_year else []), self.figures.kinds[c], *own])
        return rows

    @property
    def frame(self) -> pd.DataFrame:
        """The table as a pandas frame."""
        headings, *rows = self.table()
        return pd.DataFrame(rows, columns=headings).replace("", np.nan)


def _keys_of(table: str) -> tuple[str, ...]:
    return next(each.keys for each in settlement.TABLES if each.name == table)


def settle_file(contract: str | Path, figures: str | Path) -> SettledMany:
    """Settle the contracts of a table by a contract file; `.frame` holds every step.

    Raises:
        BadInput: with everything that is wrong with the file or the table, in one report.
    """
    many, (read,) = read_all(Path(contract), [Path(figures)])
    done = settle_many(many, read)
    wrong = faults(done, Path(figures).name)
    if wrong:
        raise BadInput(wrong)
    return done


def read_all(contract: Path, tables: Sequence[Path]) -> tuple[ManyContracts, list[ManyFigures]]:
    """A contract for many and tables of figures.

    Raises:
        BadInput: with everything that is wrong in any of the files, in one report.
    """
    problems: list[Problem] = []
    many = read_many(contract, problems)
    check_columns_of(many, problems)
    idle = {} if problems else idle_of(many).columns
    for text, why in idle.items():
        place, remedy = ("figures", "columns", text), "Leave the column out, or write the term that uses it"
        problems.append(many.document.problem(place, f"{text} moves no money", why, remedy))
    figures = [read_figures(many, path, problems, idle) for path in tables]
    if problems:
        raise BadInput(problems)
    return many, figures


def settle_many(many: ManyContracts, figures: ManyFigures) -> SettledMany:
    """Settle every contract of a table by the terms of its kind; kinds with the same rows are settled in one pass."""
    settled = []
    for first, kinds in many.alike.items():
        member = np.array([kinds.index(kind) if kind in kinds else -1 for kind in figures.kinds], dtype=np.intp)
        at = np.flatnonzero(member >= 0)
        if len(at):
            inputs = _by_member(
                [standalone_inputs(many.terms[kind], many.rows[first], many.years, many.resolved_links[first]) for kind in kinds],
                member[at],
            )
            nodes, assumptions = _given(many, figures, kinds, at, inputs)
            settled.append(Settled(at, settle(inputs, nodes, assumptions)))
    return SettledMany(many, figures, tuple(settled))


def faults(done: SettledMany, where: str) -> list[Problem]:
    """Contracts whose own checks fail: terms that their figures changed no longer add up, or a target or the cost that counts is below zero."""
    found: list[Problem] = []
    for table in settlement.TABLES:
        for line in (line for line in table.lines.values() if line.is_check):
            for each in done.settled:
                values, places = each.values.figure((table.name, line.name)), each.at.tolist()
                out = np.broadcast_to(values, (len(each.at), values.shape[-1])) if values.ndim == 1 else values
                for c in np.flatnonzero((np.abs(out) > (CHECK_GBP if line.unit == "GBP" else CHECK_OTHER)).any(axis=-1)):
                    what = f"{line.label.removeprefix('Check: ')}: not so for {done.figures.keys[places[c]]}"
                    found.append(Problem(where, what, "the control totals do not agree", "Correct the row, or the terms it changes"))
    for each in done.settled:
        counted, places = np.atleast_2d(each.values.figure(("service", "counted_gbp"))), each.at.tolist()
        for c in np.flatnonzero((np.broadcast_to(counted, (len(each.at), counted.shape[-1])) < -CHECK_GBP).any(axis=-1)):
            what = f"the actual cost that counts is below zero for {done.figures.keys[places[c]]}"
            why = "more is disallowed, or above the stop-loss, than was spent"
            found.append(Problem(where, what, why, "Correct the row, or the terms it changes"))
    return a_few(found, "contracts fail a check")


def _by_member(kinds: Sequence[Inputs], member: Positions) -> Inputs:
    """The terms of each contract's own kind; a term that is the same in all kinds stays one figure."""

    def choose(values: Sequence[Floats]) -> Floats:
        same = all(np.array_equal(values[0], other) for other in values[1:])
        return values[0] if same else np.stack(values)[member]

    given = {node: choose([kind.given[node] for kind in kinds]) for node in kinds[0].given}
    assumptions = {name: choose([kind.assumptions[name] for kind in kinds]) for name in kinds[0].assumptions}
    return replace(kinds[0], given=given, assumptions=assumptions)


def _given(
    many: ManyContracts, figures: ManyFigures, kinds: Sequence[str], at: Positions, inputs: Inputs
) -> tuple[dict[Node, Floats], dict[str, Floats]]:
    """The figures of some contracts as columns of the settlement, rows on the last axis."""
    rows = inputs.rows
    nodes: dict[Node, Floats] = {}
    assumptions: dict[str, Floats] = {}
    settled = {name: np.zeros((len(at), len(rows["service"]))) for name in BY_PROVIDER}
    own_kind = np.array(figures.kinds)[at]
    for text in many.file.figures.columns:
        values = figures.figures[text]
        column, found = many.file.figures.column(text), named(text)
        # A figure that holds for some kinds only leaves the others the term of their own.
        holds = np.isin(own_kind, column.kinds or kinds)
        if found is None or not holds.any():
            continue
        own = values[at]
        if found.name in inputs.by_year:
            own = own if inputs.by_year[found.name] else own[:, :1]
            assumptions[found.name] = np.where(holds[:, None], own, inputs.assumptions[found.name])
            continue
        place = nodes_of(found, many, kinds[0])
        assert place is not None, "names were checked when the contract was read"
        node, line = place
        table = rows[node[0]]
        across = slice(line * table.across, (line + 1) * table.across)
        if found.name in BY_PROVIDER:
            settled[found.name][:, across] = to_pence(own)
            continue
        start = nodes.get(node, inputs.given.get(node, np.zeros(len(table))))
        changed = np.array(np.broadcast_to(start, (len(at), len(table))))
        changed[:, across] = np.where(holds[:, None], own if table.years else own[:, :1], changed[:, across])
        nodes[node] = changed
    nodes["service", "budget_gbp"] = settled["target_gbp"]
    uses_actual = any((found := named(text)) is not None and found.name == "actual_gbp" for text in figures.figures)
    nodes["service", "actual_gbp"] = settled["actual_gbp"] if uses_actual else settled["target_gbp"] - settled["variance_gbp"]
    return nodes, assumptions


def compare(done: SettledMany) -> list[Comparison]:
    """Each published figure against ours, over all contracts and years."""
    file, years = done.many.file, done.many.years
    compared = []
    for text, entry in file.published.items():

        def by_year(name: str) -> Floats:
            return np.stack([done.named_column(name, year) for year in years])

        of_kind = np.array([not entry.kinds or kind in entry.kinds for kind in done.figures.kinds])
        published = np.where(of_kind, done.figures.published[text].T, np.nan)
        within = entry.within + (entry.rounding_share * np.abs(by_year(entry.rounding_of)) if entry.rounding_of else 0.0)
        compared.append(
            compare_with_published(text, done.figures.keys, years, by_year(text), published, within, reasons=file.known_differences)
        )
    return compared

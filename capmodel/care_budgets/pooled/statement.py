"""A pooled budget or a performance pot from its file to a statement in words and pounds, and to a table of every step.

What a file is follows from what it says: partners and lines make a pooled budget, planned and actual falls a performance pot.
The rules are in `pooled_budget` and `performance_pot`, what an agreement may say in `agreement` and `performance_pot`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capmodel.algebra.table import Table
from capmodel.assumptions.document import Document, sound_mapping
from capmodel.assumptions.laid_out import worked_out
from capmodel.assumptions.years import year_label
from capmodel.care_budgets.pooled import conditions, performance_pot
from capmodel.care_budgets.pooled import pooled_budget as pool
from capmodel.care_budgets.pooled.agreed_figures import AgreedFigures, shares
from capmodel.care_budgets.pooled.agreement import read_pool
from capmodel.care_budgets.pooled.idle import idle_terms
from capmodel.care_budgets.pooled.performance_pot import QUARTERS, READINGS, PerformancePot, read_pot
from capmodel.care_budgets.pooled.pool_statement import of_year
from capmodel.care_budgets.pooled.terms import PooledBudget
from capmodel.errors import BadInput, Problem
from capmodel.money import HALF_A_PENNY, pounds

HEADINGS = ("figure", "key", "year", "label", "unit", "value", "in_words")
#: What each kind of agreement is called, and the words of its file that the other kind does not have.
POOLED, POT = "pooled budget", "performance pot"
WORDS: Mapping[str, frozenset[str]] = {
    POOLED: frozenset(PooledBudget.model_fields) - frozenset(PerformancePot.model_fields),
    POT: frozenset(PerformancePot.model_fields) - frozenset(PooledBudget.model_fields),
}


@dataclass(frozen=True)
class WorkedOut(AgreedFigures):
    """An agreement that has been read and worked out; `idle` are the terms of it that have no effect, in words."""

    idle: tuple[str, ...] = ()

    def failed(self) -> list[str]:
        """Every check that is out by half a penny or more."""
        found = []
        for table in self.tables:
            for line in (line for line in table.lines.values() if line.is_check):
                for key in self.ids(table.name):
                    for year in self.years:
                        if abs(out := self.at(table.name, line.name, year, *key)) >= HALF_A_PENNY:
                            where = f" ({', '.join(self.labels.get(name, name) for name in key)})" if key else ""
                            found.append(
                                f"{line.label}{where}, {year_label(year)}: {pounds(out) if line.unit == 'GBP' else f'{out:g}'} out"
                            )
        return found

    def table(self) -> list[list[Any]]:
        """Headings, then every figure of every step: its name, key, year, label, unit, value, and its rule in words."""
        found: list[list[Any]] = [list(HEADINGS)]
        for table in self.tables:
            for name in (*table.inputs, *table.lines):
                column = table.column(name)
                rule = table.formula_in_words(name, self.labels) if name in table.lines else "as given in the file"
                by_year = bool(self.figures.inputs.rows[table.name].years)
                for key in self.ids(table.name):
                    for year in self.years if by_year else self.years[:1]:
                        own = [f"{table.name}.{name}", ",".join(key), year if by_year else "", column.label, column.unit]
                        found.append([*own, self.at(table.name, name, year, *key), rule])
        return found

    def statement(self) -> list[str]:
        """The agreement year by year, in words and pounds."""
        texts = [f"{self.title}: a {self.kind}", *self.idle]
        for year in self.years:
            texts += [year_label(year), *(f"  {text}" for text in (of_year if self.kind == POOLED else _pot)(self, year))]
        return texts


def work_out(path: Path) -> WorkedOut:
    """Read a pooled budget or a performance pot, whichever the file holds, and work it out.

    Raises:
        BadInput: with every fault of the file, in one report.
    """
    problems: list[Problem] = []
    document = sound_mapping(path)
    kind = kind_of(document)
    model: type[PooledBudget] | type[PerformancePot] = PooledBudget if kind == POOLED else PerformancePot
    agreed = document.parse(model, (), problems)
    if agreed is None:
        raise BadInput(problems)
    years = _years_of(document, agreed)
    agreement = (read_pool if kind == POOLED else read_pot)(document, years, problems)
    if agreement is None:
        raise BadInput(problems)
    tables = tables_of(document)
    figures = worked_out(agreement, tables, years)
    shown = tuple(table for table in tables if len(agreement.rows[table.name]))
    return WorkedOut(kind, agreed.title, years, shown, agreement.labels, figures, idle_of(document, years))


def tables_of(document: Document) -> tuple[Table, ...]:
    """The tables of an agreement: those of its kind, with the conditions that a pooled budget is held against where it states some."""
    if kind_of(document) == POT:
        return performance_pot.TABLES
    stated = document.content.get("conditions")
    return (*pool.TABLES, *conditions.tables_of_conditions(stated)) if isinstance(stated, dict) else pool.TABLES


def idle_of(document: Document, years: Sequence[int]) -> tuple[str, ...]:
    """The terms of an agreement that have no effect, in words; none of a performance pot."""
    if kind_of(document) == POT:
        return ()
    agreed = document.parse(PooledBudget, (), [])
    return tuple(idle_terms(agreed, years)) if agreed is not None else ()


def kind_of(document: Document) -> str:
    """Whether a file holds a pooled budget or a performance pot.

    Raises:
        BadInput: it has the words of neither.
    """
    said = {kind: len(words & set(document.content)) for kind, words in WORDS.items()}
    if not any(said.values()):
        what, why = "the file is neither a pooled budget nor a performance pot", "it has the words of neither"
        remedy = "Write host:, partners: and lines:, or reading:, admission_price_gbp:, planned_number: and avoided_number:"
        raise BadInput([document.problem((), what, why, remedy)])
    return max(said, key=lambda kind: said[kind])


def _years_of(document: Document, agreed: PooledBudget | PerformancePot) -> tuple[int, ...]:
    """The years that contributions or plans are given for."""
    if isinstance(agreed, PooledBudget):
        put_in = [partner.contribution_gbp or {} for partner in agreed.partners.values()]
        put_in += [given.gbp or {} for given in agreed.contributions]
        # Contributions that all grow from a base year have the years of the budgets.
        given = put_in if any(put_in) or not agreed.contributions else [line.budget_gbp for line in agreed.lines]
        place, years = "partners", sorted({year for figures in given for year in figures})
    else:
        place, years = "planned_number", sorted(agreed.planned_number)
    if not years or years != list(range(years[0], years[0] + len(years))):
        what = f"the years are {', '.join(map(str, years))}" if years else "there is no year"
        why = "what a year leaves is carried to the next" if years else "every figure is of a year"
        raise BadInput([document.problem([place], what, why, "Write every year, without a gap")])
    return tuple(years)


def _pot(done: WorkedOut, year: int) -> Iterator[str]:
    """The pot, each quarter's payment in both readings, and a stated pot against the activity it implies."""

    def pot(name: str) -> float:
        return done.at("pot", name, year)

    yield f"Pot: {pounds(pot('pot_gbp'))}, {pot('planned_year_number'):,.10g} fewer admissions at {pounds(pot('admission_price_gbp'))}"
    for each in QUARTERS:
        planned, actual = (done.at("quarter", name, year, each) for name in ("planned_number", "avoided_number"))
        yield f"{each.upper()}: planned fall {planned:,.10g}, actual {actual:,.10g}"
    for name, label in READINGS.items():
        agreed = " (paid: the agreement states this reading)" if done.at("reading", "agreed_flag", year, name) else ""
        parts = [(each.upper(), done.at("earned", "payment_gbp", year, name, each)) for each in QUARTERS]
        yield f"{label}{agreed}: {shares(parts)}; {pounds(sum(amount for _, amount in parts))} in all"
    yield f"Paid: {pounds(pot('paid_of_pot_gbp'))}; not earned: {pounds(pot('unearned_gbp'))}, for other NHS services"
    for (name,) in done.ids("stated"):
        stated = {
            column: done.at("stated", column, year, name) for column in (*performance_pot.stated.inputs, *performance_pot.stated.lines)
        }
        fall, baseline = stated["implied_fall_number"], stated["implied_baseline_number"]
        gap = f"; the {stated['stated_baseline_number']:,.0f} stated are {stated['baseline_gap_share']:+.1%} away" if stated["stated_baseline_number"] else ""  # fmt: skip
        yield f"A pot of {pounds(stated['stated_pot_gbp'])} as published implies {fall:,.0f} fewer admissions, {stated['stated_fall_share']:.2%} of {baseline:,.0f}{gap}"

"""A pooled budget or a performance pot from its file to a statement in words and pounds, and to a table of every step.

What a file is follows from what it says: partners and lines make a pooled budget, planned and actual falls a performance pot.
The rules are in `pooled_budget` and `performance_pot`, what an agreement may say in `agreement` and `performance_pot`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capmodel.algebra.evaluate import Values
from capmodel.algebra.rows import YEAR
from capmodel.algebra.table import Table
from capmodel.assumptions.document import Document, sound_mapping
from capmodel.assumptions.laid_out import worked_out
from capmodel.assumptions.years import year_label
from capmodel.care_budgets.pooled import performance_pot
from capmodel.care_budgets.pooled import pooled_budget as pool
from capmodel.care_budgets.pooled.agreement import PooledBudget, read_pool
from capmodel.care_budgets.pooled.performance_pot import QUARTERS, READINGS, PerformancePot, read_pot
from capmodel.errors import BadInput, Problem

#: How far a check may be out: half a penny.
CHECK_GBP = 0.005
HEADINGS = ("figure", "key", "year", "label", "unit", "value", "in_words")
#: What each kind of agreement is called, and the words of its file that the other kind does not have.
POOLED, POT = "pooled budget", "performance pot"
WORDS: Mapping[str, frozenset[str]] = {
    POOLED: frozenset(PooledBudget.model_fields) - frozenset(PerformancePot.model_fields),
    POT: frozenset(PerformancePot.model_fields) - frozenset(PooledBudget.model_fields),
}


@dataclass(frozen=True)
class WorkedOut:
    """An agreement that has been read and worked out."""

    kind: str
    title: str
    years: tuple[int, ...]
    tables: tuple[Table, ...]
    labels: Mapping[str, str]
    figures: Values

    def at(self, table: str, column: str, year: int, *key: str) -> float:
        """One figure; a figure that holds for all years is the same in each."""
        rows = self.figures.inputs.rows[table]
        lines = list(dict.fromkeys(rows.keys(self._keys(table))))
        t = rows.years.index(year) if rows.years else 0
        return float(self.figures.figure((table, column))[lines.index(key) * rows.across + t]) + 0.0

    def ids(self, table: str) -> list[tuple[str, ...]]:
        """The keys of a table's rows, without the year."""
        return list(dict.fromkeys(self.figures.inputs.rows[table].keys(self._keys(table))))

    def failed(self) -> list[str]:
        """Every check that is out by half a penny or more."""
        found = []
        for table in self.tables:
            for line in (line for line in table.lines.values() if line.is_check):
                for key in self.ids(table.name):
                    for year in self.years:
                        if abs(out := self.at(table.name, line.name, year, *key)) >= CHECK_GBP:
                            where = f" ({', '.join(self.labels.get(name, name) for name in key)})" if key else ""
                            found.append(f"{line.label}{where}, {year_label(year)}: {pounds(out)} out")
        return found

    def table(self) -> list[list[Any]]:
        """Headings, then every figure of every step: its name, key, year, label, unit, value, and its rule in words."""
        found: list[list[Any]] = [list(HEADINGS)]
        for table in self.tables:
            for name in (*table.inputs, *table.lines):
                column = table.column(name)
                described = table.formula_in_words(name, self.labels) if name in table.lines else "as given in the file"
                by_year = bool(self.figures.inputs.rows[table.name].years)
                for key in self.ids(table.name):
                    for year in self.years if by_year else self.years[:1]:
                        own = [f"{table.name}.{name}", ",".join(key), year if by_year else "", column.label, column.unit]
                        found.append([*own, self.at(table.name, name, year, *key), described])
        return found

    def statement(self) -> list[str]:
        """The agreement year by year, in words and pounds."""
        described = [f"{self.title}: a {self.kind}"]
        for year in self.years:
            described += [year_label(year), *(f"  {text}" for text in (_pooled if self.kind == POOLED else _pot)(self, year))]
        return described

    def _keys(self, table: str) -> list[str]:
        return [key for key in next(each.keys for each in self.tables if each.name == table) if key != YEAR]


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
    tables = pool.TABLES if kind == POOLED else performance_pot.TABLES
    return WorkedOut(kind, agreed.title, years, tables, agreement.labels, worked_out(agreement, tables, years))


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
        place, years = "partners", sorted({year for partner in agreed.partners.values() for year in partner.contribution_gbp})
    else:
        place, years = "planned_number", sorted(agreed.planned_number)
    if not years or years != list(range(years[0], years[0] + len(years))):
        what = f"the years are {', '.join(map(str, years))}" if years else "there is no year"
        why = "what a year leaves is carried to the next" if years else "every figure is of a year"
        raise BadInput([document.problem([place], what, why, "Write every year, without a gap")])
    return tuple(years)


def pounds(amount: float) -> str:
    """Pounds and pence, a minus before the sign.

    >>> pounds(-1234.5)
    '-£1,234.50'
    """
    return f"{'-' if round(amount, 2) < 0 else ''}£{abs(amount):,.2f}"


def _shares(parts: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {pounds(amount)}" for name, amount in parts)


def _met(met: float, of: float, more: str = "") -> str:
    """What a source met of an overspend, of what it had.

    >>> _met(50, 80), _met(0, 0)
    ('£50.00 of £80.00', 'there is none')
    """
    return f"{pounds(met)} of {pounds(of)}{more}" if of else "there is none"


def _pooled(done: WorkedOut, year: int) -> Iterator[str]:
    """The waterfall of one year, then each partner's part, cash and cash position, then benefits."""

    def fund(name: str) -> float:
        return done.at("fund", name, year)

    partners = [name for (name,) in done.ids("partner")]
    host = next(name for name in partners if done.at("partner", "host_flag", year, name))
    yield f"Put in: {_shares([(name, done.at('partner_year', 'contribution_gbp', year, name)) for name in partners])}"
    for (line,) in done.ids("line_year"):
        budget, spend = (done.at("line_year", name, year, line) for name in ("line_budget_gbp", "line_spend_gbp"))
        over = spend - budget
        described = "on budget" if abs(over) < CHECK_GBP else f"{pounds(abs(over))} {'over' if over > 0 else 'under'}"
        alone = f", which {host} bears alone" if done.at("line_year", "host_over_gbp", year, line) else ""
        back = ", which goes back to who granted it" if done.at("line_year", "grant_back_gbp", year, line) else ""
        yield f"{done.labels.get(line, line)}: spent {pounds(spend)} of {pounds(budget)}, {described}{alone}{back}"
    yield f"Overspend the partners share: {pounds(fund('overspend_gbp'))}"
    stays = f"; {pounds(fund('risk_pool_left_gbp'))} stays in it"
    yield f"  1. met by other lines' underspends: {_met(fund('met_by_lines_gbp'), fund('underspend_gbp'))}"
    yield f"  2. met by the risk pool: {_met(fund('met_by_risk_pool_gbp'), fund('risk_pool_gbp'), stays)}"
    yield f"  3. met by uncommitted money: {_met(fund('met_by_uncommitted_gbp'), fund('uncommitted_gbp'))}"
    yield f"  4. left for the partners: {pounds(fund('deficit_gbp'))}"
    yield f"Surplus of the pool: {pounds(fund('surplus_gbp'))}"
    for name in partners:
        yield f"{name}{' (host)' if name == host else ''}: {'; '.join(_partner(done, year, name))}"
    for benefit, *_ in done.ids("benefit"):
        claims = [
            (claim, done.at("benefit_claim", "claim_gbp", year, of, claim)) for of, claim in done.ids("benefit_claim") if of == benefit
        ]
        gbp, free = (done.at("benefit", name, year, benefit) for name in ("benefit_gbp", "unclaimed_gbp"))
        yield f"{done.labels.get(benefit, benefit)}: brings {pounds(gbp)}; claimed by {_shares(claims) or 'nobody'}; {pounds(free)} not claimed"


def _partner(done: WorkedOut, year: int, name: str) -> Iterator[str]:
    """What one partner bears and has, and what it pays or receives in cash at the end of the year."""
    own = {column: done.at("partner_year", column, year, name) for column in pool.partner_year.lines}
    yield f"{own['contribution_share']:.4%} of contributions"
    limited = f" (its limit left {pounds(own['beyond_limit_gbp'])} to the host)" if own["beyond_limit_gbp"] else ""
    if own["deficit_part_gbp"] or limited:
        yield f"bears {pounds(own['deficit_part_gbp'])} of what is over{limited}"
    if own["from_held_gbp"]:
        yield f"{pounds(own['from_held_gbp'])} of it from what it carried forward"
    if own["surplus_part_gbp"]:
        yield f"has {pounds(own['surplus_part_gbp'])} of the surplus, {pounds(own['carried_gbp'])} carried forward and {pounds(own['refunded_gbp'])} refunded"
    if own["grants_returned_gbp"]:
        yield f"{pounds(own['grants_returned_gbp'])} of its grant comes back"
    if own["held_gbp"]:
        yield f"{pounds(own['held_gbp'])} held for it in the pool"
    cash = own["received_gbp"]
    yield f"{'pays' if cash < 0 else 'receives'} {pounds(abs(cash))}" if cash else "pays and receives nothing"


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
        yield f"{label}{agreed}: {_shares(parts)}; {pounds(sum(amount for _, amount in parts))} in all"
    yield f"Paid: {pounds(pot('paid_of_pot_gbp'))}; not earned: {pounds(pot('unearned_gbp'))}, for other NHS services"
    for (name,) in done.ids("stated"):
        stated = {
            column: done.at("stated", column, year, name) for column in (*performance_pot.stated.inputs, *performance_pot.stated.lines)
        }
        fall, baseline = stated["implied_fall_number"], stated["implied_baseline_number"]
        gap = f"; the {stated['stated_baseline_number']:,.0f} stated are {stated['baseline_gap_share']:+.1%} away" if stated["stated_baseline_number"] else ""  # fmt: skip
        yield f"A pot of {pounds(stated['stated_pot_gbp'])} as published implies {fall:,.0f} fewer admissions, {stated['stated_fall_share']:.2%} of {baseline:,.0f}{gap}"

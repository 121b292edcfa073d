"""What changes are worth in pounds, to each party in each year: each by itself, all of them together, and the interaction.

The model is worked out once for each change, many of them in one calculation: each is a case of the run that was sent. The choice of
options stays as it is in the book, as it does in a spreadsheet program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from capmodel.algebra.cases import Case, case_between, figures_of_cause, stacked
from capmodel.algebra.evaluate import Inputs
from capmodel.algebra.functions import to_pence
from capmodel.algebra.rows import Floats
from capmodel.assumptions.supply import assumed_values, figures_of
from capmodel.errors import BadInput, Problem, RuleError
from capmodel.place.no_effect import idle_changes
from capmodel.place.place import Place
from capmodel.place.result import Result
from capmodel.reinvestment.planning import DECISION
from capmodel.workbook.returned.changes import Change, without_effect
from capmodel.workbook.returned.money import MoneyLine, money_lines

#: So many cases are worked out in one calculation.
AT_ONCE = 40
#: So many changes that move nothing are looked into.
EXPLAINED = 100
STILL = "as the other figures of the book are, every party has the same in every year"

#: Pounds by line of money: an array of years for each.
Effects = tuple[Floats, ...]


@dataclass(frozen=True)
class Effect:
    """What one change does by itself.

    Attributes:
        change: the input that was changed.
        gbp: pounds by line and year; empty where the change cannot stand by itself.
        why: why it moves nothing, or why it cannot stand by itself; empty where it moves money.
    """

    change: Change
    gbp: Effects
    why: str = ""

    @property
    def moves(self) -> bool:
        """True where any figure moves by a penny or more."""
        return any(line.any() for line in self.gbp)


@dataclass(frozen=True)
class Priced:
    """What changes are worth: `together` is the sum of `alone` and the interaction.

    Attributes:
        lines: the lines of money.
        alone: each change by itself.
        together: pounds by line and year of all changes at once.
        interaction: what they do together beyond each alone; a change that cannot stand by itself is in it.
    """

    lines: tuple[MoneyLine, ...]
    alone: tuple[Effect, ...]
    together: Effects
    interaction: Effects


def price(opening: Result, closing: Result, changes: Sequence[Change]) -> Priced:
    """Price changes.

    Args:
        opening: the run of the book that was sent.
        closing: the run of the book that came back, on the same rows.
        changes: the inputs in which the two differ.

    Raises:
        RuleError: all changes together give no finite figure.
    """
    lines = money_lines(opening)
    before = opening.values.inputs
    # The last case is the closing run, and the first the opening one.
    cases: list[Case | None] = [{}]
    reasons: dict[int, str] = {}
    for i, change in enumerate(changes):
        try:
            cases.append(_case(opening, change))
        except BadInput as error:
            cases.append(None)
            reasons[i] = _by_itself(error)
    cases.append(case_between(before, closing.values.inputs))
    money = _worked_out(opening, lines, cases, reasons)
    together = _less(money[-1], money[0])
    gbp = [_less(own, money[0]) if own else () for own in money[1:-1]]
    alone = tuple(Effect(change, own, reasons.get(i, "")) for i, (change, own) in enumerate(zip(changes, gbp, strict=True)))
    interaction = tuple(
        to_pence(np.asarray(whole - sum((own[i] for own in gbp if own), start=np.zeros(len(whole))))) for i, whole in enumerate(together)
    )
    return Priced(lines, _explained(opening, alone), together, interaction)


def _by_itself(error: BadInput) -> str:
    first = error.problems[0]
    return f"it cannot stand without the other changes: {first.what}; {first.why}"


def _case(opening: Result, change: Change) -> Case:
    """The figures that one change puts in place of those of the opening run.

    Raises:
        BadInput: the figure cannot be, by itself.
    """
    place, before = opening.place, opening.values.inputs
    if change.is_scenario:
        scenario = list(place.scenarios)[int(change.new) - 1]
        return {cause: own for cause, own in case_between(before, place.inputs(scenario, [])).items() if cause != DECISION}
    if change.decision:
        taken = before.given[DECISION].copy()
        taken[[start.id for start in place.choices.starts].index(change.decision)] = change.new
        return {DECISION: taken}
    changed = place.changed({change.name: change.new}, opening.scenario)
    problems: list[Problem] = []
    place.chain.check_figures(changed.columns, problems)
    if problems:
        raise BadInput(problems)
    after = _after(opening, changed, change.figure)
    return {cause: figures for cause, figures in after.items() if not np.array_equal(figures, figures_of_cause(before, cause))}


def _after(opening: Result, changed: Place, name: str) -> Case:
    """An assumption, or every column of a name, as a changed place has it."""
    if name in changed.assumptions:
        own = changed.scenarios[opening.scenario].changes.get(name, {})
        return {name: assumed_values(changed.assumptions[name].with_values(own), changed.pack.years)}
    rows = opening.values.inputs.rows
    return {
        (table.name, name): np.array([figure.value for figure in figures_of(table, name, rows[table.name], changed.columns, [])])
        for table in opening.chain.tables
        if name in table.inputs
    }


def _worked_out(opening: Result, lines: Sequence[MoneyLine], cases: Sequence[Case | None], reasons: dict[int, str]) -> list[Effects]:
    """The money of every case; of one that gives no finite figure none, and the reason is added."""
    money: list[Effects] = [()] * len(cases)
    known = [i for i, case in enumerate(cases) if case is not None]
    for start in range(0, len(known), AT_ONCE):
        some = known[start : start + AT_ONCE]
        asked = [cases[i] or {} for i in some]
        try:
            found = _money(opening, lines, stacked(opening.values.inputs, asked), len(some))
        except RuleError:
            found = [_one(opening, lines, case, i, len(cases), reasons) for i, case in zip(some, asked, strict=True)]
        for i, own in zip(some, found, strict=True):
            money[i] = own
    return money


def _one(opening: Result, lines: Sequence[MoneyLine], case: Case, i: int, count: int, reasons: dict[int, str]) -> Effects:
    try:
        return _money(opening, lines, stacked(opening.values.inputs, [case]), 1)[0]
    except RuleError as error:
        if i in (0, count - 1):
            raise
        reasons[i - 1] = f"it cannot stand without the other changes: {error}"
        return ()


def _money(opening: Result, lines: Sequence[MoneyLine], inputs: Inputs, count: int) -> list[Effects]:
    values = opening.chain.calculate(inputs)
    found = [np.broadcast_to(line.pence(values), (count, len(line.at))) for line in lines]
    return [tuple(figures[i] for figures in found) for i in range(count)]


def _less(after: Effects, before: Effects) -> Effects:
    # Adding zero turns minus zero into zero.
    return tuple(to_pence(np.asarray(one - other)) + 0.0 for one, other in zip(after, before, strict=True))


def _explained(opening: Result, alone: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """The effects, those that move no money with the reason."""
    still = [each.change for each in alone if not each.moves and not each.why]
    known = {change.name: why for change in still if (why := without_effect(change, opening.place, opening.scenario))}
    rest = {change.name: change.new for change in still if change.name not in known and not change.decision and not change.is_scenario}
    found: Mapping[str, str] = {}
    if rest and len(rest) <= EXPLAINED:
        found = idle_changes(opening.place, opening.place.changed(rest, opening.scenario), rest, opening.scenario)
    whys = {**dict.fromkeys((change.name for change in still), STILL), **found, **known}
    return tuple(each if each.why or each.moves else Effect(each.change, each.gbp, whys[each.change.name]) for each in alone)

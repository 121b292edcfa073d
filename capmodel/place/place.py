"""A place that has been read: its figures with their provenance, the rows of its tables, and the same place with figures changed.

Reading it is in `read`, how a scenario applies in `scenarios`, working it out in `run`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from capmodel.algebra.evaluate import Inputs
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import Node, Rows
from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.example import example_values
from capmodel.assumptions.figures import check_figure
from capmodel.assumptions.inherited import Inherited, inherited
from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.load import raise_if_any
from capmodel.assumptions.pack import Assumed, Column, Figure, Key, Pack, Scenario
from capmodel.assumptions.step import CONTRACT, OPTIONS
from capmodel.assumptions.supply import supply
from capmodel.assumptions.years import key_of, year_label, year_of
from capmodel.contracts.read import read_terms
from capmodel.contracts.settlement.transfer import BUILT
from capmodel.contracts.terms import Terms
from capmodel.errors import BadInput, Problem, gathered, nearest, problem_of
from capmodel.place.chain import Chain
from capmodel.place.scenarios import BASE, in_use, unknown, with_change
from capmodel.place.steps import STEPS, with_steps_beside, without
from capmodel.reinvestment.options.choices import Choices

_NAME = re.compile(r"(?P<name>[a-z0-9_]+)(\[(?P<key>[^\]]*)\])?(@(?P<scenario>[a-z0-9_]+))?")
#: Sources of figures that no pack gives.
SET_BY_USER, SET_BY_OPTIMISER = "user", "optimiser"
#: The command that lists every figure.
EVERY_NAME = "capmodel explain PLACE all --list"
Changes = Mapping[str, float]  # a figure's name, as in `name`, `name[2027]` or `column[key,key,2027]` -> its new value


@dataclass(frozen=True)
class Place:
    """A place that has been read and found sound; what may be asked of it and what may be changed in it.

    `assumptions` and `scenarios` hold every assumption and contract term, `columns` every input column, with provenance; `beside` holds
    what was read of the files of steps beside the chain, by the name of the step.
    """

    pack: Pack
    chain: Chain
    contract: Terms | None
    choices: Choices
    assumptions: Mapping[str, Assumed]
    scenarios: Mapping[str, Scenario]
    columns: Mapping[str, Column]
    beside: Mapping[str, LaidOut] = field(default_factory=dict)
    resolved_links: dict[Node, dict[str, Resolved]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def terms(self) -> Terms:
        """The terms of its contract.

        Raises:
            BadInput: the place has no contract.
        """
        self.need(CONTRACT)
        assert self.contract is not None
        return self.contract

    def need(self, *names: str) -> None:
        """Refuse what asks for steps that the place does not have.

        Raises:
            BadInput: naming each step that is absent, and the files that would add it.
        """
        if lacking := [name for name in names if not self.chain.has(name)]:
            steps = {step.name: step for step in (*with_steps_beside(), *STEPS[self.pack.basis])}
            raise BadInput([without(self.pack.id, steps[name]) for name in lacking])

    @cached_property
    def rows(self) -> dict[str, Rows]:
        """The rows of every table of the chain."""
        read: dict[str, Any] = {OPTIONS: self.choices, CONTRACT: self.contract, **self.beside}
        return self.chain.rows(self.pack, {name: each for name, each in read.items() if each is not None})

    @cached_property
    def labels(self) -> dict[str, str]:
        """What every id is called; an id that stands for itself in one file has the label that another words."""
        own = [each.labels for each in (self.contract, self.choices, *self.beside.values()) if each is not None]
        found: dict[str, str] = {}
        for labels in (self.pack.labels(), *own):
            found |= {name: label for name, label in labels.items() if label != name or name not in found}
        return found

    def label(self, name: str) -> str:
        """What one id is called; a year as a financial year, so that it is never mistaken for a number."""
        return self.labels.get(name) or (
            year_label(int(name)) if name.isdecimal() and year_of(name) is not None else name.replace("_", " ")
        )

    @cached_property
    def inherited(self) -> Inherited:
        """The figures that are still the example's, from which the place was started."""
        return inherited(self.assumptions, self.columns, self.scenarios, self.pack.copied, self.pack.folder, example_values(self.pack))

    @property
    def about(self) -> str:
        """What the place says of itself, and how many of its figures are still the example's."""
        left = self.inherited
        copied = f"{left.count:,} of its {left.all_figures:,} figures are still the example's." if left.count else ""
        return " ".join(
            part
            for part in (self.pack.description or "No description is given. Write one under description: in place.yaml.", copied)
            if part
        )

    def in_use(self, scenario: str) -> dict[str, Assumed]:
        """Every assumption as a scenario has it."""
        return in_use(self.assumptions, self.scenarios[scenario])

    def inputs(self, scenario: str, problems: list[Problem]) -> Inputs:
        """What a run starts from."""
        return supply(self.chain.tables, self.rows, self.columns, self.in_use(scenario), self.pack.years, self.resolved_links, problems)

    def changed(self, changes: Changes, scenario: str = BASE, idle: Mapping[str, str] | None = None) -> Place:
        """The same place with single figures changed; a changed figure is local and says what it was.

        Args:
            changes: the new figures by name. `name[2027]` changes what the scenario uses; `name[2027]@prudent` what the
                scenario prudent uses, and `@base` what every scenario without a figure of its own uses.
            scenario: the scenario that a name without `@` speaks of.
            idle: changes that are known to have no effect, and why; their figures say so.

        Raises:
            BadInput: a name or key does not exist, or a share is above 1.
        """
        problems: list[Problem] = []
        made = self
        for text, value in changes.items():
            make = partial(_set_by_user, value=value, idle=(idle or {}).get(text, ""))
            made = made.with_figure(text, value, make, f"--set {text}", scenario, problems)
        if self.contract is not None and in_scope(made.columns) != in_scope(self.columns):
            settings = [entry.id for entry in self.pack.dimensions["setting"]]
            parties, routes = self.pack.dimensions["party"], self.rows[self.chain.routes]
            read_terms(self.pack.contract, parties, settings, self.pack.years, routes, problems, in_scope(made.columns))
        raise_if_any(problems)
        return made

    def in_scenario(self, scenario: str, changes: Changes) -> Place:
        """The same place with single figures changed, for a run in a scenario.

        Raises:
            BadInput: the scenario or a changed figure does not exist or cannot be, all of it in one report.
        """
        problems: list[Problem] = []
        if scenario not in self.scenarios:
            problems.append(unknown("--scenario", scenario, self.scenarios))
        made = self
        with gathered(problems):
            made = self.changed(changes, scenario if scenario in self.scenarios else BASE)
        raise_if_any(problems)
        return made

    def with_figure(
        self, text: str, value: float, make: Callable[[Figure], Figure], where: str, scenario: str, problems: list[Problem]
    ) -> Place:
        """The same place with one figure changed, without a look at what other figures make of it.

        Args:
            text: the name of the figure, as `changed` takes it.
            value: the new figure.
            make: what becomes of the figure there is.
            where: what a message names.
            scenario: the scenario that a name without `@` speaks of.
            problems: a name or key that does not exist, or a figure that cannot be, is added here.
        """
        match = _NAME.fullmatch(text.strip())
        name = match["name"] if match else text
        try:
            parts = tuple(key_of(part) for part in match["key"].split(",")) if match and match["key"] else ()
        except ValueError as error:
            problems.append(problem_of(where, error))
            return self
        year = int(parts[-1]) if parts and parts[-1].isdecimal() and int(parts[-1]) in self.pack.years else None
        named = match["scenario"] if match else None
        fixed = why_fixed(name, self.chain.built)
        if fixed:
            problems.append(Problem(where, f"{name} cannot be set", *fixed))
            return self
        if named is not None and named not in self.scenarios:
            problems.append(unknown(where, named, self.scenarios))
            return self
        if name in self.assumptions:
            assumed = self.assumptions[name]
            check_figure(name, assumed.unit, value, where, problems)
            years = [given for given in assumed.values if year is None or given == year]
            if not years or parts not in ((), (str(year),)):
                problems.append(
                    Problem(
                        where,
                        f"{name} has no figure for {', '.join(parts)}",
                        f"it has {', '.join(str(given or 'one figure') for given in assumed.values)}",
                        f"Write {' or '.join(f'{name}[{given}]' if given else name for given in assumed.values)}",
                    )
                )
                return self
            assumptions, scenarios = with_change(
                self.assumptions,
                self.scenarios,
                name,
                years,
                make,
                named or scenario,
                named == BASE,
            )
            return replace(self, assumptions=assumptions, scenarios=scenarios)
        if name in self.columns:
            column = self.columns[name]
            key: Key = parts if (parts, None) in column.figures or year is None else parts[:-1]
            entries = [entry for entry in column.figures if (entry[0] == key and year in (None, entry[1])) or entry == (parts, None)]
            if not entries:
                known = {",".join((*keys, *((str(when),) if when else ()))) for keys, when in column.figures}
                problems.append(
                    Problem(
                        where,
                        f"{name} has no figure for {', '.join(parts) or 'no key'}",
                        f"its keys are {', '.join(column.keys)}",
                        nearest(",".join(parts), known, EVERY_NAME),
                    )
                )
            check_figure(name, unit_by_name(name), value, where, problems)
            figures = {**column.figures, **{entry: make(column.figures[entry]) for entry in entries}}
            return replace(self, columns={**self.columns, name: replace(column, figures=figures)})
        what, why = f"there is no figure {name!r}", "only figures of the packs can be set"
        remedy = nearest(name, [*self.assumptions, *self.columns], EVERY_NAME)
        problems += self.chain.absent(where, name) or [Problem(where, what, why, remedy)]
        return self


def in_scope(columns: Mapping[str, Column]) -> set[str]:
    """The settings in scope; none where the table is missing, which is reported elsewhere."""
    column = columns.get("in_scope_flag")
    return {key[0] for (key, _), figure in column.figures.items() if key and figure.value} if column else set()


def why_fixed(name: str, built: Mapping[str, str]) -> tuple[str, str] | None:
    """Why a figure cannot be set for a run, and what to do; None where it can. `built` is that of the chain.

    >>> why_fixed("check_tolerance_gbp", {}), why_fixed("cap_gbp", {})
    (('a check that may be loosened checks nothing', 'Leave it out'), None)
    """
    if name.startswith("check_tolerance"):
        return "a check that may be loosened checks nothing", "Leave it out"
    if name == "chosen_flag":
        return "the optimiser chooses; other choices are tested in the workbook", "Leave it out"
    if name in BUILT:
        return "it says how the contract is built, and follows from its terms", "Change the term in contract.yaml"
    if name in built:
        return f"it says how {built[name]} is built, and follows from what is written there", f"Change {built[name]}"
    return None


def _set_by_user(figure: Figure, value: float, idle: str) -> Figure:
    """A figure that the user of a run has set: local, whatever it was; one that moves nothing says why."""
    was = (
        figure.note
        if figure.source == SET_BY_USER
        else f"Set for this run; the pack says {figure.value:.15g} ({figure.status}, {figure.source or 'no source'})"
    )
    pack = figure.pack if figure.source == SET_BY_USER else figure.value
    return replace(figure, value=value, pack=pack, status="local", source=SET_BY_USER, note=f"{was}. No effect: {idle}" if idle else was)

"""The roof: loads a place and takes the six calls in order, from segment spend to the workbook.

    spend -> capitation -> care budgets -> settlement -> options and the choice -> workbook

Each call works out the tables of one folder on top of what the calls before it made. Nothing is calculated here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np


from capmodel.algebra import explain as explaining
from capmodel.algebra.check import worst
from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.links import YEAR, Rows
from capmodel.algebra.table import Node, Table, check_wiring
from capmodel.assumptions import load as loading
from capmodel.assumptions.pack import Assumed, Column, Figure, Key, Pack, Scenario
from capmodel.assumptions.supply import figures_of, supply
from capmodel.baseline import control, spend
from capmodel.capitation import allocation
from capmodel.care_budgets import year_of_care
from capmodel.contracts import settlement
from capmodel.contracts.alliance import Terms, read_contract
from capmodel.errors import BadInput, Problem, nearest
from capmodel.reinvestment import appraise
from capmodel.reinvestment.choose import Plan, choose, find_solver, with_choice
from capmodel.reinvestment.options import Choices, read_options

if TYPE_CHECKING:
    import pandas as pd

#: Every table of the chain, in the order the money flows.
TABLES: tuple[Table, ...] = (
    *spend.TABLES,
    *control.TABLES,
    *allocation.TABLES,
    *year_of_care.TABLES,
    *settlement.TABLES,
    *appraise.TABLES,
)
BY_NAME = {table.name: table for table in TABLES}
BASE = "base"

Changes = Mapping[str, float]  # a figure's name, as in `name`, `name[2027]` or `column[key,key,2027]` -> its new value
_NAME = re.compile(r"(?P<name>[a-z0-9_]+)(\[(?P<key>[^\]]*)\])?(@(?P<scenario>[a-z0-9_]+))?")
#: Sources of figures that no pack gives.
SET_BY_USER, SET_BY_OPTIMISER = "user", "optimiser"


def load(place: str | Path) -> Place:
    """Read a place: its pack, the national pack under it, its contract and its options.

    Args:
        place: the place's folder, such as `assumptions/places/north-west-london`.

    Raises:
        BadInput: with every problem found in any file, in one report.
    """
    problems: list[Problem] = []
    pack = loading.load_pack(Path(place), problems)
    loading.raise_if_any(problems if pack is None else [])
    assert pack is not None
    missing = [name for name in ("segment", "group", "age_band", "setting", "party") if not pack.dimensions.get(name)]
    problems += [
        Problem("place.yaml", f"the dimension {name} is missing", "the model has no rows for it", f"Add {name}: under dimensions")
        for name in missing
    ]
    needed = ("gdp_deflator_index", "provider_share", "payer_share", "icb_allocation_gbp", "social_care_control_gbp")
    problems += [
        Problem(f"tables/{name}.csv", "the file is missing", "it says which rows there are", "Add it")
        for name in needed
        if name not in pack.columns
    ]
    loading.raise_if_any(problems if missing or any(name not in pack.columns for name in needed) else [])
    routes = spend.rows(pack)["spend"]
    settings = [entry.id for entry in pack.dimensions["setting"]]
    terms = read_contract(pack.contract, pack.dimensions["party"], settings, pack.years, routes, problems)
    choices = read_options(pack.options, pack.dimensions, pack.sources, pack.years, pack.as_at, problems)
    if terms is not None and pack.contract.content.get("source") not in pack.sources:
        problems.append(
            pack.contract.problem(
                ["source"],
                f"the source {pack.contract.content.get('source')!r} is not in sources.yaml",
                "every term states where it comes from",
                nearest(str(pack.contract.content.get("source")), pack.sources),
            )
        )
    if terms is None or choices is None:
        raise BadInput(problems)
    unchosen = Figure(0.0, "derived", SET_BY_OPTIMISER, pack.as_at, "0 or 1, chosen by the optimiser; see Recorded runs")
    decisions = Column("chosen_flag", ("option",), {((option,), None): unchosen for option in choices.options}, "optimiser")
    made = Place(
        pack,
        terms,
        choices,
        assumptions={**pack.assumptions, **terms.assumptions},
        scenarios=pack.scenarios,
        columns={**pack.columns, **terms.columns, **choices.columns, decisions.name: decisions},
    )
    if BASE in made.scenarios:
        made.inputs(BASE, problems)
    loading.raise_if_any(problems)
    return made


@dataclass(frozen=True)
class Place:
    """A place that has been read and found sound; `run` works out its model.

    `assumptions` and `scenarios` hold every assumption and contract term, `columns` every input column, with provenance.
    """

    pack: Pack
    terms: Terms
    choices: Choices
    assumptions: Mapping[str, Assumed]
    scenarios: Mapping[str, Scenario]
    columns: Mapping[str, Column]

    @cached_property
    def rows(self) -> dict[str, Rows]:
        """The rows of every table of the chain."""
        baseline = spend.rows(self.pack)
        return {
            **baseline,
            **control.rows(self.pack),
            **allocation.rows(self.pack),
            **year_of_care.rows(self.pack),
            **settlement.rows(self.pack, self.terms, baseline["spend"]),
            **appraise.rows(self.pack, self.choices),
        }

    @cached_property
    def labels(self) -> dict[str, str]:
        """What every id is called."""
        return {**self.pack.labels(), **self.terms.labels, **self.choices.labels}

    def in_use(self, scenario: str) -> dict[str, Assumed]:
        """Every assumption as a scenario has it."""
        changes = self.scenarios[scenario].changes
        return {name: assumed.with_values(changes.get(name, {})) for name, assumed in self.assumptions.items()}

    def inputs(self, scenario: str, problems: list[Problem]) -> Inputs:
        """What a run starts from."""
        _refuse_impossible(self.columns, problems)
        return supply(TABLES, self.rows, self.columns, self.in_use(scenario), self.pack.years, problems)

    def changed(self, changes: Changes, scenario: str = BASE) -> Place:
        """The same place with single figures changed; a changed figure is local and says what it was.

        Args:
            changes: the new figures by name. `name[2027]` changes what the scenario uses; `name[2027]@prudent` what the
                scenario prudent uses, and `@base` what every scenario without a figure of its own uses.
            scenario: the scenario that a name without `@` speaks of.

        Raises:
            BadInput: a name or key does not exist, or a share is above 1.
        """
        problems: list[Problem] = []
        made = self
        for text, value in changes.items():
            made = made._changed(text, value, scenario, problems)
        loading.raise_if_any(problems)
        return made

    def _changed(self, text: str, value: float, scenario: str, problems: list[Problem]) -> Place:
        where = f"--set {text}"
        match = _NAME.fullmatch(text.strip())
        name = match["name"] if match else text
        parts = tuple(part.strip() for part in match["key"].split(",")) if match and match["key"] else ()
        year = int(parts[-1]) if parts and parts[-1].isdigit() and int(parts[-1]) in self.pack.years else None
        if name in self.assumptions:
            assumed = self.assumptions[name]
            loading.check_share(name, assumed.unit, value, where, problems)
            years = [place for place in assumed.values if year is None or place == year]
            if not years or parts not in ((), (str(year),)):
                problems.append(Problem(where, f"{name} has no figure for {', '.join(parts)}", f"it has {', '.join(str(place or 'one figure') for place in assumed.values)}", f"Write --set {name}=..."))
                return self
            return self._with_assumption(assumed, years, value, match["scenario"] if match and match["scenario"] else None, scenario)
        if name in self.columns:
            column = self.columns[name]
            key: Key = parts if (parts, None) in column.figures or year is None else parts[:-1]
            places = [place for place in column.figures if place[0] == key and year in (None, place[1]) or place == (parts, None)]
            if not places:
                known = {",".join((*keys, *((str(when),) if when else ()))) for keys, when in column.figures}
                problems.append(Problem(where, f"{name} has no figure for {', '.join(parts) or 'no key'}", f"its keys are {', '.join(column.keys)}", nearest(",".join(parts), known)))
            loading.check_share(name, "share" if name.endswith("_share") else "", value, where, problems)
            figures = {**column.figures, **{place: _set_by_user(column.figures[place], value) for place in places}}
            return replace(self, columns={**self.columns, name: replace(column, figures=figures)})
        problems.append(Problem(where, f"there is no figure {name!r}", "only figures of the packs can be set", nearest(name, [*self.assumptions, *self.columns])))
        return self

    def _with_assumption(self, assumed: Assumed, years: Sequence[int | None], value: float, named: str | None, scenario: str) -> Place:
        """Change an assumption where the scenario reads it: in its own figures, or in those of the base."""
        made = self
        for year in years:
            own = made.scenarios[named or scenario].changes.get(assumed.name, {})
            if year in own and named != BASE:
                changed = {**made.scenarios[named or scenario].changes, assumed.name: {**own, year: _set_by_user(own[year], value)}}
                kept = replace(made.scenarios[named or scenario], changes=changed)
                made = replace(made, scenarios={**made.scenarios, kept.id: kept})
            else:
                before = made.assumptions[assumed.name]
                after = before.with_values({year: _set_by_user(before.values[year], value)})
                made = replace(made, assumptions={**made.assumptions, assumed.name: after})
        return made

    def run(
        self,
        scenario: str = BASE,
        changes: Changes | None = None,
        solver: str = "highs",
        chosen: Mapping[str, int] | None = None,
    ) -> Result:
        """Work out the whole chain.

        Args:
            scenario: one of the place's scenarios.
            changes: single figures to change, by name.
            solver: the solver that chooses options.
            chosen: options already chosen (1) or not (0), in which case nothing is optimised.

        Raises:
            BadInput: a scenario or a changed figure does not exist or cannot be.
            NoPlan: no choice of options keeps every constraint.
        """
        problems: list[Problem] = []
        if scenario not in self.scenarios:
            raise BadInput([Problem("--scenario", f"there is no scenario {scenario!r}", "the place does not define it", nearest(scenario, self.scenarios))])
        place = self.changed(changes or {}, scenario)
        inputs = place.inputs(scenario, problems)
        loading.raise_if_any(problems)
        find_solver(solver)
        spent = segment_spend(Values(inputs))
        capitated = capitation(spent)
        budgeted = care_budgets(capitated)
        settled = settle(budgeted)
        plan = None if chosen is not None else choose(settled, self.choices.options, solver)
        taken = [int((plan.chosen if plan else chosen or {}).get(option, 0)) for option in self.choices.options]
        return Result(place, scenario, dict(changes or {}), appraised(settled, taken), plan)


def _set_by_user(figure: Figure, value: float) -> Figure:
    """A figure that the user of a run has set: local, whatever it was."""
    was = figure.note if figure.source == SET_BY_USER else f"Set for this run; the pack says {figure.value:g} ({figure.status}, {figure.source or 'no source'})"
    return replace(figure, value=value, status="local", source=SET_BY_USER, note=was)


def _refuse_impossible(columns: Mapping[str, Column], problems: list[Problem]) -> None:
    """Figures that no place can have."""
    for name, column in columns.items():
        if name.endswith(("_persons", "_gbp_per_person")) or name in ("group_share", "setting_share", "provider_share", "payer_share"):
            for (key, _), figure in column.figures.items():
                if figure.value < 0:
                    problems.append(
                        Problem(
                            column.file, f"{name} is {figure.value:g} for {', '.join(key)}", "it cannot be below nought", "Correct the sign"
                        )
                    )
    people = columns.get("group_persons")
    if people and not sum(figure.value for figure in people.figures.values()) > 0:
        problems.append(
            Problem(people.file, "the population is nought", "there is nobody to share the envelope among", "Give the groups their people")
        )


def segment_spend(known: Values) -> Values:
    """Call 1: what is spent on whom."""
    return evaluate((*spend.TABLES, *control.TABLES), known)


def capitation(known: Values) -> Values:
    """Call 2: each segment's risk-adjusted share of the envelope."""
    return evaluate(allocation.TABLES, known)


def care_budgets(known: Values) -> Values:
    """Call 3: Year of Care budgets that add up to the allocation."""
    return evaluate(year_of_care.TABLES, known)


def settle(known: Values) -> Values:
    """Call 4: each party's share and transfer."""
    return evaluate(settlement.TABLES, known)


def appraised(known: Values, chosen: Sequence[int]) -> Values:
    """Call 5: what the options, and a choice of them, are worth."""
    return evaluate(appraise.TABLES, with_choice(known, chosen))


def calculate(inputs: Inputs) -> Values:
    """All figures of a run whose options are already chosen."""
    return evaluate(TABLES, Values(inputs))


@dataclass(frozen=True)
class Check:
    """One thing that must hold: the largest difference found, and whether it is small enough."""

    name: str
    label: str
    unit: str
    worst: float
    passed: bool


@dataclass(frozen=True)
class Result:
    """Every figure of one run, and how to read, explain, compare and write it."""

    place: Place
    scenario: str
    changes: Changes
    values: Values
    plan: Plan | None

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table as a frame: key columns, then inputs and lines."""
        import pandas as pd

        frames = {}
        for table in TABLES:
            rows = self.values.inputs.rows[table.name]
            keys = {key: [int(year) for year in rows.values(key)] if key == YEAR else rows.values(key) for key in table.keys}
            frames[table.name] = pd.DataFrame(
                {**keys, **{name: self.values.figure((table.name, name)) for name in (*table.inputs, *table.lines)}}
            )
        return frames

    def column(self, table: str, name: str) -> dict[tuple[str, ...], float]:
        """One column by key."""
        rows = self.values.inputs.rows[table]
        return dict(zip(rows.keys(BY_NAME[table].keys), self.values.figure((table, name)).tolist(), strict=True))

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Every check line and every constraint of the plan, with its largest difference."""
        found = []
        for table, name in check_nodes():
            line = BY_NAME[table].lines[name]
            figures = self.values.figure((table, name))
            is_slack = (table, name) in appraise.SLACKS
            difference = worst(figures, is_slack)
            tolerance = self.values.assumed(tolerance_name(line.unit))[0]
            found.append(Check(f"{table}.{name}", line.label, line.unit, difference, bool(difference <= tolerance)))
        return tuple(found)

    @property
    def passed(self) -> bool:
        """True where every check holds."""
        return all(check.passed for check in self.checks)

    def find(self, figure: str) -> tuple[Node, int]:
        """The table, column and row that a figure such as `settlement.transfer_gbp[acute_trusts,2026]` names.

        Raises:
            BadInput: there is no such table, column or row; the nearest names are listed.
        """
        match = re.fullmatch(r"([a-z0-9_]+)\.([a-z0-9_]+)(?:\[([^\]]*)\])?", figure.strip())
        names = [f"{table.name}.{name}" for table in TABLES for name in (*table.inputs, *table.lines)]
        name = f"{match[1]}.{match[2]}" if match else figure
        if not match or name not in names:
            ending = [known for known in names if known.endswith(f".{figure}")]
            remedy = f"Did you mean {' or '.join(ending)}" if ending else nearest(name, names)
            raise BadInput([Problem(figure, "there is no such figure", "figures are named table.column[key,...]", remedy)])
        table = BY_NAME[match[1]]
        keys = [",".join(key) for key in self.values.inputs.rows[table.name].keys(table.keys)]
        wanted = ",".join(part.strip() for part in (match[3] or "").split(","))
        if wanted not in keys:
            raise BadInput(
                [
                    Problem(
                        figure,
                        f"there is no row {wanted or 'without a key'}",
                        f"its keys are {', '.join(table.keys)}",
                        nearest(wanted, keys) if wanted else f"Write {name}[{keys[0]}], say",
                    )
                ]
            )
        return (table.name, match[2]), keys.index(wanted)

    def explain(self, figure: str) -> explaining.Explanation:
        """The tree behind a figure, down to sources.

        Raises:
            BadInput: there is no such figure.
        """
        node, row = self.find(figure)
        labels = {name: assumed.label for name, assumed in self.place.assumptions.items()}
        return explaining.Explainer(BY_NAME, self.values, self.provenance, labels).explain(node, row)

    def bridge(self, other: Result, figure: str) -> explaining.Bridge:
        """From this run's figure to another's: each cause alone, the interaction, to the penny.

        Raises:
            BadInput: there is no such figure, or the two runs do not have the same rows.
        """
        node, row = self.find(figure)
        differing = [name for name, rows in self.values.inputs.rows.items() if other.values.inputs.rows.get(name) != rows]
        if differing:
            raise BadInput(
                [
                    Problem(
                        f"{self.place.pack.id} and {other.place.pack.id}",
                        f"the rows of {', '.join(differing[:3])} differ",
                        "a bridge needs the same segments, parties, options and years",
                        "Compare runs of one place, or its scenarios",
                    )
                ]
            )
        return explaining.bridge(
            self.values.inputs, other.values.inputs, calculate, node, row, BY_NAME[node[0]].column(node[1]).unit, self._cause_label
        )

    def _cause_label(self, cause: explaining.Cause) -> str:
        if isinstance(cause, str):
            return self.place.assumptions[cause].label
        if cause == appraise.DECISION:
            return "Options chosen"
        return BY_NAME[cause[0]].column(cause[1]).label

    def provenance(self, table: str | None, name: str, row: int) -> str:
        """How an input or an assumption is known, in one line."""
        figure = self._figure(table, name, row)
        source = self.place.pack.sources.get(figure.source)
        return f"{figure.status}, {figure.source}: {source.title}, {source.page}" if source else f"{figure.status}: {figure.note}"

    def _figure(self, table: str | None, name: str, row: int) -> Figure:
        if table is not None:
            return self.input_figures((table, name))[row]
        values = self.place.in_use(self.scenario)[name].values
        return values[None] if None in values else values[self.place.pack.years[row]]

    def input_figures(self, node: Node) -> list[Figure]:
        """The figures of an input column with their provenance, in the order of its rows."""
        return figures_of(BY_NAME[node[0]], node[1], self.values.inputs.rows[node[0]], self.place.columns, [])

    def to_workbook(self, path: str | Path) -> Path:
        """Call 6: write the open-book workbook; an existing file is replaced whole or not at all."""
        from capmodel.workbook.sheets import write_workbook

        return write_workbook(self, Path(path))


def check_nodes() -> list[Node]:
    """Every check of the chain and every constraint of the plan, in order."""
    checks = [(table.name, line.name) for table in TABLES for line in table.lines.values() if line.is_check]
    return checks + list(appraise.SLACKS)


def tolerance_name(unit: str) -> str:
    """The assumption that says how large a difference a check allows."""
    return "check_tolerance_share" if unit in ("share", "flag", "index") else "check_tolerance_gbp"


check_wiring(TABLES)

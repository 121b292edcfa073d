"""Every figure of one run, and how to read, check, explain and compare it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from capmodel.algebra import explain as explaining
from capmodel.algebra.cases import Cause
from capmodel.algebra.check import holds, worst
from capmodel.algebra.evaluate import Values
from capmodel.algebra.functions import add_up
from capmodel.algebra.links import Assumption
from capmodel.algebra.rows import YEAR, Node
from capmodel.algebra.switching import Switch, switching_values
from capmodel.assumptions.example import example_values
from capmodel.assumptions.inherited import figure_name, is_copied, lines_with_copies
from capmodel.assumptions.pack import Figure
from capmodel.assumptions.step import OPTIONS, SPEND
from capmodel.assumptions.supply import figures_of
from capmodel.assumptions.years import key_of
from capmodel.baseline import control
from capmodel.care_budgets.cost_shunting.change import Matrix, who_pays
from capmodel.contracts.idle import idle_terms
from capmodel.errors import BadInput, Problem, nearest, problem_of
from capmodel.place.chain import Chain, tolerance_name
from capmodel.place.no_effect import idle_between, idle_in_scenario
from capmodel.place.place import EVERY_NAME, Changes, Place
from capmodel.place.steps import absent_table, without
from capmodel.reinvestment import planning
from capmodel.reinvestment.choose import Plan
from capmodel.version import __version__

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Check:
    """One thing that must hold: the largest difference found, and whether it is small enough."""

    name: str
    label: str
    unit: str
    worst: float
    passed: bool

    @property
    def words(self) -> str:
        """What must hold, without the kind of check that its label begins with."""
        return self.label.partition(": ")[2] or self.label


@dataclass(frozen=True)
class Result:
    """Every figure of one run, and how to read, explain and compare it."""

    place: Place
    scenario: str
    changes: Changes
    values: Values
    plan: Plan | None
    #: Changes that move no money, check or constraint, and why not.
    idle: Mapping[str, str] = field(default_factory=dict)
    #: What an independent recalculation of its workbook found; None while there is no workbook.
    recalculation: Check | None = None

    @property
    def chain(self) -> Chain:
        """The tables the run was worked out by."""
        return self.place.chain

    @cached_property
    def idle_terms(self) -> dict[str, str]:
        """Figures that the contract states and that move no money in any row or year, and why not; none where there is no contract."""
        if self.place.contract is None:
            return {}
        tables = self.chain.of_contract
        own = {table.name for table in tables}
        known = {node: figures for node, figures in self.values.figures.items() if node[0] not in own}
        return idle_terms(self.place.contract, self.values.inputs, known, tables=tables)

    @cached_property
    def idle_in_scenario(self) -> dict[str, str]:
        """Figures that the scenario states and that move no money, no check and no constraint of the run, and why not."""
        return idle_in_scenario(self.place, self.scenario)

    def idle_between(self, other: Result) -> dict[str, str]:
        """Figures that differ between this run and another and move no money, no check and no constraint of either, and why not.

        Raises:
            BadInput: the two runs do not have the same basis and rows.
        """
        self._comparable(other)
        return idle_between(self.chain, self.values.inputs, other.values.inputs)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table as a frame: key columns, then inputs and lines."""
        import pandas as pd

        frames = {}
        for table in self.chain.tables:
            rows = self.values.inputs.rows[table.name]
            keys = {key: [int(year) for year in rows.values(key)] if key == YEAR else rows.values(key) for key in table.keys}
            frames[table.name] = pd.DataFrame(
                {**keys, **{name: self.values.figure((table.name, name)) for name in (*table.inputs, *table.lines)}}
            )
        return frames

    def column(self, table: str, name: str) -> dict[tuple[str, ...], float]:
        """One column by key.

        Raises:
            BadInput: the place does not have the step that works the table out.
        """
        self._there(table)
        rows = self.values.inputs.rows[table]
        return dict(zip(rows.keys(self.chain.by_name[table].keys), self.values.figure((table, name)).tolist(), strict=True))

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Every check line, every constraint of the plan, and the recalculation of its workbook, with the largest difference."""
        found = []
        for table, name in self.chain.check_nodes():
            line = self.chain.by_name[table].lines[name]
            figures = self.values.figure((table, name))
            is_slack = (table, name) in self.chain.slacks
            difference = worst(figures, is_slack)
            tolerance = self.values.assumed(tolerance_name(line.unit))[0]
            found.append(Check(f"{table}.{name}", line.label, line.unit, difference, holds(difference, tolerance)))
        return (*found, self.recalculation) if self.recalculation else tuple(found)

    def recalculated(self, label: str, differing: float, passed: bool) -> Result:
        """The same run, with what an independent recalculation of its workbook found among its checks."""
        return replace(self, recalculation=Check("certificate", f"Check: {label}", "number", differing, passed))

    @property
    def passed(self) -> bool:
        """True where every check holds."""
        return all(check.passed for check in self.checks)

    @property
    def failing(self) -> tuple[str, ...]:
        """The checks that do not hold, in words."""
        return tuple(check.words for check in self.checks if not check.passed)

    @cached_property
    def inherited_spend_gbp(self) -> float:
        """Spend of the base year, in pounds, that depends on a figure which is still the example's; 0 in a place of its own."""
        if not self.chain.has(SPEND):
            return 0.0
        route = [table for table in self.chain.parts[0].tables if table not in control.TABLES]
        reads = {
            link.name for table in route for line in table.lines.values() for link in line.links.values() if isinstance(link, Assumption)
        }
        assumed = (self.place.assumptions[name] for name in reads)
        example = example_values(self.place.pack)
        everywhere = any(
            is_copied(figure, figure_name(each.name, (), year), example) for each in assumed for year, figure in each.values.items()
        )
        columns = [self.place.columns[name] for table in route for name in table.inputs if name in self.place.columns]
        lines = lines_with_copies(self.values.inputs.rows["spend"], columns, self.place.pack.dimensions["segment"], example)
        spent = self.values.figure(("spend", "cost_gbp"))
        return add_up([value for value, copied in zip(spent.tolist(), lines, strict=True) if copied or everywhere])

    def find(self, figure: str) -> tuple[Node, int]:
        """The table, column and row that a figure such as `settlement.transfer_gbp[acute_trusts,2026]` names.

        Raises:
            BadInput: there is no such table, column or row; the nearest names are listed.
        """
        match = re.fullmatch(r"([a-z0-9_]+)\.([a-z0-9_]+)(?:\[([^\]]*)\])?", figure.strip())
        names = [f"{table.name}.{name}" for table in self.chain.tables for name in (*table.inputs, *table.lines)]
        name = f"{match[1]}.{match[2]}" if match else figure
        if not match or name not in names:
            self._there(match[1] if match else "")
            if absent := self.chain.absent(figure, figure.partition("[")[0]):
                raise BadInput(absent)
            ending = [known for known in names if known.endswith(f".{figure}")]
            ending = ending or [known for known in names if figure.split("[")[0] in known][:8]
            remedy = f"Did you mean {' or '.join(ending)}" if ending else nearest(name, names, EVERY_NAME)
            raise BadInput([Problem(figure, "there is no such figure", "figures are named table.column[key,...]", remedy)])
        table = self.chain.by_name[match[1]]
        keys = [",".join(key) for key in self.values.inputs.rows[table.name].keys(table.keys)]
        try:
            wanted = ",".join(key_of(part) for part in (match[3] or "").split(","))
        except ValueError as error:
            raise BadInput([problem_of(figure, error)]) from None
        if wanted not in keys:
            raise BadInput(
                [
                    Problem(
                        figure,
                        f"there is no row {wanted or 'without a key'}",
                        f"its keys are {', '.join(table.keys)}",
                        nearest(wanted, keys, f"capmodel explain PLACE {name} --list") if wanted else f"Write {name}[{keys[0]}], say",
                    )
                ]
            )
        return (table.name, match[2]), keys.index(wanted)

    def explain(self, figure: str, depth: int = 3) -> explaining.Explanation:
        """The tree behind a figure, so many levels deep; branches that end above their sources say so.

        Raises:
            BadInput: there is no such figure.
        """
        node, row = self.find(figure)
        labels = {name: assumed.label for name, assumed in self.place.assumptions.items()}
        return explaining.Explainer(self.chain.by_name, self.values, self.provenance, labels, deepest=depth).explain(node, row)

    def bridge(self, other: Result, figure: str) -> explaining.Bridge:
        """From this run's figure to another's: each cause alone, the interaction, to the penny.

        Raises:
            BadInput: there is no such figure, or the two runs do not have the same basis and rows.
        """
        self._comparable(other)
        node, row = self.find(figure)
        return explaining.bridge(
            self.values.inputs,
            other.values.inputs,
            self.chain.calculate,
            node,
            row,
            self.chain.by_name[node[0]].column(node[1]).unit,
            self._cause_label,
        )

    def who_pays(self, other: Result) -> dict[str, Matrix]:
        """What each party gains (plus) or pays (minus) from this run to another, by setting and year, in pounds.

        Returns:
            `budgets`, where both have Year of Care budgets: every setting adds up to zero. `in_year` and `recurrent`, where both have
            options: what the chosen options do, their cost beside the settings; all of it adds up to the change of the system effect.
        """
        packs = (self.place.pack, other.place.pack)
        parties, settings = (
            list(dict.fromkeys(entry.id for pack in packs for entry in pack.dimensions.get(name, ()))) for name in ("party", "setting")
        )
        years = sorted({year for pack in packs for year in pack.years})
        return who_pays(self.column, other.column, self.chain.by_name.keys() & other.chain.by_name.keys(), parties, settings, years)

    def _there(self, table: str) -> None:
        """Refuse a table of a step that the place does not have."""
        if table not in self.chain.by_name and (step := absent_table(table, self.chain.steps)):
            raise BadInput([without(f"{self.place.pack.id}, {table}", step)])

    def _comparable(self, other: Result) -> None:
        """Refuse two runs between which no cause can be changed alone: of another basis, or with other rows."""
        if self.place.pack.basis != other.place.pack.basis:
            what = f"one is based on {self.place.pack.basis} data, the other on {other.place.pack.basis} data"
            where = f"{self.place.pack.id} and {other.place.pack.id}"
            why = "they reach segment spend by other figures, so no cause can be changed alone"
            raise BadInput([Problem(where, what, why, "Compare runs on one basis, or read the two workbooks side by side")])
        if self.chain.on_plan != other.chain.on_plan:
            what, why = "one settles the actual cost of the chosen plan, the other does not", "the plan is a cause in one of them only"
            where = f"{self.place.pack.id} and {other.place.pack.id}"
            raise BadInput(
                [Problem(where, what, why, "Write the same actual_cost in both place.yaml, or read the two summaries side by side")]
            )
        if self.chain.steps != other.chain.steps:
            steps = [", ".join(step.label for step in each.chain.steps) for each in (self, other)]
            what, why = f"one has {steps[0]}, the other {steps[1]}", "no cause can be changed alone between places of other steps"
            where = f"{self.place.pack.id} and {other.place.pack.id}"
            raise BadInput([Problem(where, what, why, "Compare runs of places with the same steps")])
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

    def _cause_label(self, cause: Cause) -> str:
        if isinstance(cause, str):
            return self.place.assumptions[cause].label
        if cause == planning.DECISION:
            return "Options chosen"
        return self.chain.by_name[cause[0]].column(cause[1]).label

    @cached_property
    def switching(self) -> list[Switch]:
        """For every assumption with a declared range: where the plan's value, or the pool of the last year, changes sign."""
        ranges = {name: assumed.range for name, assumed in self.place.assumptions.items() if assumed.range}
        last = len(self.place.pack.years) - 1
        every = [(planning.OBJECTIVE, 0), (("pool", "pool_gbp"), last)]
        answers = [(node, at) for node, at in every if node[0] in self.chain.by_name]
        return switching_values(self.values.inputs, self.chain.calculate, answers, ranges)

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
        if node not in self._known_figures:
            self._known_figures[node] = figures_of(
                self.chain.by_name[node[0]], node[1], self.values.inputs.rows[node[0]], self.place.columns, []
            )
        return self._known_figures[node]

    @cached_property
    def _known_figures(self) -> dict[Node, list[Figure]]:
        return {}

    @property
    def choice(self) -> dict[str, int]:
        """Which options are chosen, 1 or 0; none where the place has no options."""
        taken = self.column(*planning.DECISION) if self.chain.has(OPTIONS) else {}
        return {key[0]: int(value) for key, value in taken.items()}

    @cached_property
    def run_id(self) -> str:
        """One hash of everything a run was made from: version, packs, scenario, changes and choice."""
        made_from = {
            "version": __version__,
            "rules": self.chain.rules_fingerprint(),
            "packs": [[edition.id, edition.sha256] for edition in self.place.pack.editions],
            "scenario": self.scenario,
            "changes": dict(sorted(self.changes.items())),
            "choice": self.choice,
        }
        return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()

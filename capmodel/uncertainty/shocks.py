"""What drawn uncertainties do to a contract: from a block of draws to the figures its rules are given.

pressure           adds to actual cost against the budget, place-wide, year by year
delivery           how much of the planned saving comes about; a planned cost above the budget is left as it is. Where the contract settles the
                   actual cost of the chosen plan, it is the saving of its options too
setting_pressure   adds to the pressure of one setting, all years alike
outcome_score      adds to the outcome score, which stays from 0 to 1
assumption         takes the place of a figure of the pack
persons            chance variation of each segment: its coefficient of variation over the root of its people, each year anew
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from capmodel.algebra.evaluate import Inputs, Values
from capmodel.algebra.rows import Floats, Node
from capmodel.algebra.stream import Moved, plan
from capmodel.algebra.table import Table
from capmodel.assumptions.draws import Block, Draws
from capmodel.assumptions.uncertainties import Uncertainty
from capmodel.capitation.allocation import capitation
from capmodel.contracts.settlement.chance import scope, variation
from capmodel.contracts.settlement.target import pool
from capmodel.errors import BadInput, Problem
from capmodel.reinvestment.appraise import effect_year
from capmodel.reinvestment.on_plan import service

PRESSURE, SCORE = "demand_pressure_share", "outcome_score_share"
SETTING: Node = (scope.name, "setting_pressure_share")
VARIATION: Node = (variation.name, "variation_share")
PERSONS: Node = (capitation.name, "persons")
VARIANCE: Node = (pool.name, "variance_gbp")
#: What options claim, and what the chosen ones take off actual cost, where the contract settles that of the plan.
CLAIMED: Node = (effect_year.name, "claimed_gbp")
PLANNED: Node = (service.name, "plan_effect_gbp")
COUNTED: Node = (pool.name, "counted_variance_gbp")


def chance_deviation(variation_index: Floats, persons: Floats) -> Floats:
    """The standard deviation of a segment's cost by chance, a share: coefficient of variation over the root of its persons.

    The standard error of a mean of N people is their standard deviation over the root of N; zero where there is nobody.

    >>> chance_deviation(np.array([2.5, 2.5]), np.array([10_000.0, 0.0])).tolist()
    [0.025, 0.0]
    """
    return np.divide(variation_index, np.sqrt(persons), out=np.zeros(len(persons)), where=persons > 0)


@dataclass(frozen=True)
class Shocks:
    """Turns blocks of draws into what the rules are given, around a central case."""

    central: Values
    draws: Draws

    def __post_init__(self) -> None:
        constant = [name for name in (PRESSURE, SCORE) if not self.central.inputs.by_year[name]]
        if constant:
            remedy = "Write values: with a figure for each year"
            raise BadInput([Problem(name, "it is one figure for all years", "it is drawn year by year", remedy) for name in constant])

    @cached_property
    def moved(self) -> list[Moved]:
        """The columns and assumptions that are drawn."""
        kinds = {each.moves for each in self.draws.uncertainties.each}
        found: list[Moved] = [PRESSURE]
        found += [SETTING] if "setting_pressure" in kinds else []
        found += [SCORE] if "outcome_score" in kinds else []
        found += dict.fromkeys(each.target for each in self.draws.uncertainties.each if each.moves == "assumption")
        found += [CLAIMED] if self._on_plan else []
        return [*found, *self.by_chance_moved]

    @property
    def _on_plan(self) -> bool:
        return PLANNED in self.central.figures

    @property
    def by_chance_moved(self) -> list[Moved]:
        """The column that chance variation moves; none where no variation of people is declared."""
        return [VARIATION] if self.draws.variations else []

    @cached_property
    def _deviation(self) -> Floats:
        rows = self.central.inputs.rows
        segments = rows[variation.name].values("segment")
        persons = dict(zip(rows[capitation.name].keys(("segment", "year")), self.central.figure(PERSONS).tolist(), strict=True))
        people = np.array([persons[key] for key in rows[variation.name].keys(("segment", "year"))])
        index = self.draws.uncertainties.variation
        return chance_deviation(np.array([index[segment] for segment in segments]), people)

    def of(self, block: Block, saved_share: float = 1.0) -> dict[Moved, Floats]:
        """What the rules are given for these draws, draws on the leading axis.

        `saved_share` is the part of the planned saving that comes about where it is delivered; below 1 where there is no contract.
        """
        found: dict[Moved, Floats] = {}
        for name in self.moved:
            if name != VARIATION:
                own = self.central.assumed(name) if isinstance(name, str) else self.central.figure(name)
                found[name] = np.repeat(own[None, :], len(block.variation), axis=0)
        delivered = np.ones((1, 1))
        for each in self.draws.uncertainties.each:
            drawn = block.figures[each.id]
            if each.moves == "pressure":
                found[PRESSURE] += drawn
            elif each.moves == "delivery":
                delivered = delivered + drawn - 1
            elif each.moves == "setting_pressure":
                found[SETTING][:, self._settings[each.target]] += drawn[:, 0]
            elif each.moves == "outcome_score":
                found[SCORE] += drawn
            else:
                found[each.target][...] = drawn
        found[PRESSURE] += (delivered * saved_share - 1) * np.minimum(self.central.assumed(PRESSURE), 0)
        if CLAIMED in found:
            # Every effect has its years across; more spend comes about in full.
            part = np.tile(
                np.broadcast_to(delivered * saved_share, (len(delivered), len(self.central.assumed(PRESSURE)))),
                self.central.inputs.rows[CLAIMED[0]].lines,
            )
            found[CLAIMED] = np.where(found[CLAIMED] > 0, found[CLAIMED] * part, found[CLAIMED])
        if SCORE in found:
            found[SCORE] = np.clip(found[SCORE], 0, 1)
        return {**found, **self.by_chance(block)}

    def by_chance(self, block: Block) -> dict[Moved, Floats]:
        """Chance variation alone, of the same draws."""
        return {VARIATION: block.variation * self._deviation} if self.draws.variations else {}

    @cached_property
    def _settings(self) -> Mapping[str, int]:
        return {setting: i for i, setting in enumerate(self.central.inputs.rows[scope.name].values("setting"))}

    def calm(self, tables: Sequence[Table]) -> Inputs:
        """The central case with nothing saved or lost: no pressure of settings, and the place's such that no variance is expected."""
        still = np.zeros_like(self.central.figure(SETTING))
        tried = np.array([[0.0], [0.01]])
        pressures = np.repeat(tried, len(self.central.assumed(PRESSURE)), axis=1)
        stream = plan(tables, self.central, [PRESSURE, SETTING], [COUNTED])
        nothing, some = stream.run({PRESSURE: pressures, SETTING: np.array([still, still])})[COUNTED]
        pressure = np.divide(nothing, nothing - some, out=np.zeros_like(nothing), where=np.abs(nothing - some) > 0) * tried[1]
        inputs = self.central.inputs
        return replace(inputs, assumptions={**inputs.assumptions, PRESSURE: pressure}, given={**inputs.given, SETTING: still})


def described(each: Uncertainty) -> str:
    """What an uncertainty moves, in words."""
    over = {"accumulates": "an error each year that adds up", "each": "each year for itself", "same": "the same in all years"}
    what = {
        "pressure": "actual cost against the budget",
        "delivery": "part of the planned saving that is delivered",
        "setting_pressure": f"pressure in {each.target.replace('_', ' ')}",
        "outcome_score": "outcome score",
        "spend": f"spend to come of {each.target.replace('_', ' ')}",
        "assumption": each.target.replace("_", " "),
    }
    return f"{what[each.moves]}, {over[each.over_years]}"

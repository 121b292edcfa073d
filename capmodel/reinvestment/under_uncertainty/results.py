"""What is found about plans under uncertainty: the cases they are valued in, and each plan with its measures. Nothing is worked out here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: The rules by which a plan is chosen, in the order in which plans are shown.
MEAN, BLEND, SAFE, BUDGETED = "mean", "blend", "safe", "budgeted"
RULES = (MEAN, BLEND, SAFE, BUDGETED)


@dataclass(frozen=True)
class Case:
    """One case in which every plan is valued: a scenario of the place, or one draw.

    Attributes:
        name: the scenario, or `draw 1`, `draw 2`, and so on.
        weight: its weight in mean and expected shortfall; all weights add up to 1.
        required: a plan must keep every constraint in it.
        possible: some choice of options keeps every constraint in it.
    """

    name: str
    weight: float
    required: bool
    possible: bool = True


@dataclass(frozen=True)
class Drawn:
    """Something that draws move, and how.

    Attributes:
        name: an assumption, or an effect of an option.
        kind: `assumption` or `effect`.
        distribution: the distribution in one line; that of an effect is of what comes about, as a multiple of what is stated.
        source: where the distribution comes from, in words.
    """

    name: str
    kind: str
    distribution: str
    source: str


@dataclass(frozen=True)
class UncertainPlan:
    """The plan that one rule chooses, and what it is worth in every case. Pounds of the first year, discounted, by the place's perspective.

    Attributes:
        rule: `mean`, `blend`, `safe` (largest expected shortfall) or `budgeted` (largest value when effects fail).
        chosen: 1 or 0 for each option.
        objective_gbp: what the rule makes as large as it can, for this plan.
        bound_gbp: the best that was proved possible for it.
        gap_share: how far the plan may be from it.
        proved: no plan that must be feasible in the same cases is better by the rule.
        status: what the solver says itself.
        mean_gbp: the mean over the cases, by their weights.
        shortfall_gbp: expected shortfall, the mean of the worst cases: of weight 1 less the level together.
        blend_gbp: mean x (1 - w) + expected shortfall x w.
        protected_gbp: its value in the scenario that is optimised, at the least, when the stated number of its effects fail, those that
            hurt most; each loses what its option loses by itself, and less beside others on the same budget.
        worst_gbp: the value in its worst case of any weight above zero; `worst_case` is its name.
        values_gbp: the value in each case, in their order.
        kept: whether it keeps every constraint in each case, in their order.
        failing: the effects whose failing costs it most, as many as may fail.
    """

    rule: str
    chosen: Mapping[str, int]
    objective_gbp: float
    bound_gbp: float
    gap_share: float
    proved: bool
    status: str
    mean_gbp: float
    shortfall_gbp: float
    blend_gbp: float
    protected_gbp: float
    worst_gbp: float
    worst_case: str
    values_gbp: tuple[float, ...]
    kept: tuple[bool, ...]
    failing: tuple[str, ...]

    @property
    def options(self) -> tuple[str, ...]:
        """The options chosen."""
        return tuple(option for option, taken in self.chosen.items() if taken)


@dataclass(frozen=True)
class UnderUncertainty:
    """Plans chosen by different rules over the same cases, side by side.

    Attributes:
        cases: the cases, in order.
        level: the level of expected shortfall: 0.95 is the mean of the worst 5%, 0 the mean of all, 1 the worst case.
        blend_weight: the weight of expected shortfall in the blend.
        failures: how many effects may fail at once in the budgeted plan.
        seed: what the draws were made from; None where there are none.
        draws: how many draws are among the cases.
        drawn: what the draws move.
        plans: one for each rule, in the order of `RULES`; none where no plan can be had.
        reasons: why a rule has no plan, by rule.
        solver: the solver; `version` is its version.
        stated_weights: somebody stated the weights; otherwise scenarios weigh the same, or the draws have all the weight.
    """

    cases: tuple[Case, ...]
    level: float
    blend_weight: float
    failures: int
    seed: int | None
    draws: int
    drawn: tuple[Drawn, ...]
    plans: tuple[UncertainPlan, ...]
    reasons: Mapping[str, str]
    solver: str
    version: str
    stated_weights: bool

    def by(self, rule: str) -> UncertainPlan | None:
        """The plan of one rule; None where there is none."""
        return next((plan for plan in self.plans if plan.rule == rule), None)

"""What an alliance contract may say: the thirteen steps of a settlement, as terms of contract.yaml.

The terms stand here in the order of the steps. `terms.checks` reads a contract and finds every fault in it, `terms.figures`
turns a sound one into figures, and the tables that work a settlement out follow: target, threshold, outcomes,
distribution, bands, steps, carry_forward and transfer, in `settlement`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from capmodel.assumptions.document import ByYear, Flag, Number, Strict
from capmodel.assumptions.pack import Status
from capmodel.assumptions.years import Year

SIDES = ("gain", "loss")
SIDE_LABELS = {"gain": "Gain", "loss": "Loss"}
Side = Literal["gain", "loss"]

#: Whom a cap's residual goes to when the others share it; and the name under which bands give providers a share by key.
OTHERS, PROVIDERS = "others", "providers"
Step = Literal["consolation", "phase", "outcomes", "deduction", "caps", "withhold", "relief"]
#: The steps between bands and shares, in the order in which they are taken unless a contract says otherwise.
STEPS: tuple[Step, ...] = ("consolation", "phase", "outcomes", "deduction", "caps", "withhold", "relief")
#: These stand in every settlement, so that two contracts can be read side by side.
ALWAYS: tuple[Step, ...] = ("phase", "outcomes", "deduction", "caps")
STEP_LABELS = {
    "consolation": "Below the threshold",
    "phase": "Phase of the year",
    "outcomes": "Outcomes",
    "deduction": "Deduction",
    "caps": "Caps",
    "withhold": "Withheld",
    "relief": "Relief",
}
EQUAL, INCOME = "equal", "income"
#: Months in a year, for force majeure.
MONTHS = 12


class Route(Strict):
    """A line of the Year of Care budgets, and pounds a year on it."""

    setting: str
    provider: str
    payer: str
    note: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """The keys of the line."""
        return self.setting, self.provider, self.payer


class Amount(Route):
    """Pounds a year on a line of the budgets."""

    gbp: ByYear


class Excess(Route):
    """What a stop-loss takes out of a line, on both sides: what the target is built on, and actual cost."""

    target_gbp: ByYear
    actual_gbp: ByYear


class StopLoss(Strict):
    """Cost of a person above a point does not count; the same point holds for the base data of the target."""

    point_gbp: Number
    lines: list[Excess] = Field(min_length=1)


class Target(Strict):
    """Step 1: adjustments beyond the Year of Care budgets."""

    population_index: ByYear | None = None
    case_mix_index: ByYear | None = None
    price_index: ByYear | None = None
    efficiency_share: ByYear | None = None


class Actual(Strict):
    """Step 2: actual cost on the basis of the target."""

    completion_index: ByYear | None = None
    disallowed: list[Amount] = Field(default_factory=list)
    fees: list[Amount] = Field(default_factory=list)


class Exclusions(Strict):
    """Step 4: what of the variance does not count; a shock has the sign it has in the variance."""

    shock_gbp: ByYear | None = None
    months: ByYear | None = None


class Range(Strict):
    """A range of numbers of people, and the threshold from its first to its last."""

    start: Number = Field(alias="from")
    end: Number | None = Field(alias="to")
    at_start: Number
    at_end: Number | None = None


class Threshold(Strict):
    """Step 5: when a variance is shared at all, and what is paid below."""

    mode: Literal["none", "first_pound", "excess_only"]
    comparator: Literal[">=", ">"] = ">="
    gain_share: Number = 0
    loss_share: Number = 0
    gain_gbp: Number = 0
    loss_gbp: Number = 0
    by_persons: list[Range] = Field(default_factory=list)
    persons: ByYear | None = None
    below_share: Number = 0


class PoolCap(Strict):
    """The most that is shared on one side; what lies beyond stays with who holds it."""

    side: Side
    amount_gbp: Number | None = None
    share_of_target: Number | None = None


class Part(Strict):
    """A part of the distribution key: weights by the product of these factors, or the whole for one party."""

    share: Number
    by: list[str] = Field(default_factory=list)
    retain: str | None = None


class Distribution(Strict):
    """How the share that bands give to providers is divided among them."""

    among: list[str] = Field(min_length=1)
    parts: list[Part] = Field(min_length=1)
    weights: dict[str, dict[str, Number]] = Field(default_factory=dict)


class Band(Strict):
    """Step 6: a band of the pool, counted from its first pound, in shares of the target."""

    lower: Number = Field(alias="from")
    upper: Number | None = Field(alias="to")
    shares: dict[str, Number]


class Bands(Strict):
    """Bands by side, or ranges of actual cost over target across both sides."""

    gain: list[Band] = Field(default_factory=list)
    loss: list[Band] = Field(default_factory=list)
    ranges: list[Band] = Field(default_factory=list)


class Phase(Strict):
    """Step 7: the part of its share that a party at risk is paid, or bears, in each contract year."""

    gain_share: ByYear
    loss_share: ByYear


class Rung(Strict):
    """A rung of the ladder: from this score on, this part of gains is released."""

    at_least: Number
    share: Number


class Losses(Strict):
    """The part of a loss that is borne: 1 less steepness times the score, between a floor and a ceiling."""

    steepness_share: Number
    floor_share: Number
    ceiling_share: Number


class Reading(Strict):
    """What an indicator came to in one year, or that it is late."""

    numerator: Number | None = None
    denominator: Number | None = None
    late: Flag = False


class Indicator(Strict):
    """An outcome indicator: a share of people or events; a target below the baseline means that lower is better."""

    id: str
    label: str
    weight: Number
    baseline_share: Number
    target_share: Number
    all_or_nothing: Flag = False
    smallest_number: Number = 0
    results: dict[Year, Reading]


class Outcomes(Strict):
    """Step 8: what outcomes do to gains and to losses, and who gets what is forfeited."""

    mode: Literal["none", "gate", "multiplier", "ladder"]
    gate_share: Number = 0
    score_share: ByYear | None = None
    indicators: list[Indicator] = Field(default_factory=list)
    standard_met: dict[Year, Flag] | None = None
    ladder: list[Rung] = Field(default_factory=list)
    losses: Losses | None = None
    forfeited_to: str | None = None


class Cap(Strict):
    """Step 9: the most a party gains or loses, the lowest of its bases, and where the rest goes."""

    party: str
    side: Side
    amount_gbp: Number | None = None
    share_of_target: Number | None = None
    share_of_income: Number | None = None
    residual_to: str | None = None
    carry_forward: Flag = False
    brought_forward_gbp: Number = 0

    @property
    def carries(self) -> bool:
        """True where a balance stands against later years."""
        return self.carry_forward or self.brought_forward_gbp > 0


class Withhold(Strict):
    """Step 10: a part of gains held back for a year; the gate of the next year releases it, or time alone."""

    share: Number
    released: Literal["next_year", "next_year_if_passed"]


class Relief(Strict):
    """Step 10: what lowers the losses of parties at risk, as a part of them or in pounds by party."""

    share: ByYear | None = None
    gbp: dict[str, ByYear] = Field(default_factory=dict)


class CarryForward(Strict):
    """Step 11: how many years after its own an unpaid balance may still be set against the other side."""

    expires_after_years: int | None = Field(default=None, ge=1)


class PartyTerms(Strict):
    """Whether consolation, phase, outcomes, deduction and relief apply to a party."""

    at_risk: Flag


class Contract(Strict):
    """The terms of an alliance contract, as written in contract.yaml."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    variance_held_by: Literal["payer", "provider"]
    residual_party: str
    target: Target = Field(default_factory=Target)
    scope_changes: list[Amount] = Field(default_factory=list)
    stop_loss: StopLoss | None = None
    actual: Actual = Field(default_factory=Actual)
    exclusions: Exclusions = Field(default_factory=Exclusions)
    threshold: Threshold | None = None
    pool_caps: list[PoolCap] = Field(default_factory=list)
    distribution: Distribution | None = None
    bands: Bands
    phase: Phase | None = None
    outcomes: Outcomes
    deduction_share: Number = 0
    caps: list[Cap] = Field(default_factory=list)
    withhold: Withhold | None = None
    relief: Relief = Field(default_factory=Relief)
    carry_forward: CarryForward = Field(default_factory=CarryForward)
    steps: list[Step] | None = None
    on_account_gbp: dict[str, ByYear] = Field(default_factory=dict)
    parties: dict[str, PartyTerms]

    @property
    def order(self) -> tuple[Step, ...]:
        """The steps of this contract in the order in which they are taken."""
        if self.steps is not None:
            return tuple(self.steps)
        uses_relief = bool(self.relief.share or self.relief.gbp)
        used = {
            "consolation": bool(self.threshold and self.threshold.below_share),
            "withhold": self.withhold is not None,
            "relief": uses_relief,
        }
        return tuple(step for step in STEPS if step in ALWAYS or used[step])

    def bands_of(self, side: str) -> list[Band]:
        """The bands of one side; ranges of actual over target are turned into bands of the size of the variance.

        >>> ranges = [{"from": 0, "to": 0.9, "shares": {}}, {"from": 0.9, "to": None, "shares": {}}]
        >>> contract = Contract.model_construct(bands=Bands.model_validate({"ranges": ranges}))
        >>> [(band.lower, band.upper) for band in contract.bands_of("gain")]
        [(0.0, 0.1), (0.1, None)]
        """
        if not self.bands.ranges:
            return self.bands.gain if side == "gain" else self.bands.loss
        found = []
        for each in self.bands.ranges:
            low, high = each.lower, each.upper
            if side == "gain" and low < 1:
                inner = 0.0 if high is None or high >= 1 else _away(high)
                found.append(_band(inner, _away(low) if low > 0 else None, each.shares))
            if side == "loss" and (high is None or high > 1):
                found.append(_band(_away(low) if low > 1 else 0.0, None if high is None else _away(high), each.shares))
        return sorted(found, key=lambda band: band.lower)


def _band(lower: float, upper: float | None, shares: dict[str, float]) -> Band:
    return Band.model_validate({"from": lower, "to": upper, "shares": shares})


def _away(ratio: float) -> float:
    """How far a ratio is from 1, without the noise of binary fractions.

    >>> _away(0.975)
    0.025
    """
    return round(abs(1 - ratio), 12)

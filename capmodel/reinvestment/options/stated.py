"""What options.yaml may say: options with their costs, delivery and effects, the rules between options, and whose pounds count.

Only the shape is held here; what of it is refused is in `checks`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from capmodel.assumptions.document import ByYear, Flag, Number, Strict
from capmodel.assumptions.pack import Status
from capmodel.assumptions.years import Year

#: The costs of an option by year, and all that it states for each year, none of it below zero.
COSTS = ("setup_cost_gbp", "running_cost_gbp", "capital_cost_gbp", "double_running_cost_gbp", "risk_cost_gbp")
YEARLY = (*COSTS, "delivery_share")


class Provenance(Strict):
    """Where figures come from."""

    status: Status
    source: str
    note: str = ""


class Mitigation(Strict):
    """A cause of optimism bias: the part of the bias that it contributes, and the part of that which is mitigated."""

    id: str
    label: str
    contribution_share: Number
    mitigated_share: Number


class Grade(Provenance):
    """An evidence grade: what it adds to cost, as upper bounds, what it takes off a benefit, and how much of the first is managed."""

    id: str
    label: str
    capital_bias_index: Number
    programme_bias_index: Number
    benefit_bias_share: Number
    mitigation: list[Mitigation] = Field(default_factory=list)


class Cost(Provenance):
    """Where the costs of an option come from, and their evidence grade, or several grades, each with its part of the value."""

    grade: str | None = None
    grades: dict[str, Number] | None = None


class ByMonth(Strict):
    """An option that starts in a month: when, how many months until it is delivered in full, what is lost of it after, what a month costs."""

    first_month: Number
    ramp_months: Number
    decay_share: Number | None = None
    running_cost_gbp: Number | None = None


class Release(Provenance):
    """What a provider releases of a saving in a setting: variable and step cost, each after its lag; and the price of a unit of its activity."""

    setting: str
    provider: str
    variable_share: Number
    step_share: Number | None = None
    variable_lag_years: Number = 0
    step_lag_years: Number = 1
    unit_gbp: Number | None = None
    closure_lag_years: Number = 1


class Closes(Provenance):
    """What an option closes: the activity that must be avoided first, and the cost by year that the closure releases."""

    setting: str
    provider: str
    capacity: Number
    cost_gbp: ByYear


class Effect(Strict):
    """What an option does to the spend of a group of segments in a setting."""

    id: str
    group: str
    setting: str
    effect_share: Number
    effect_status: Status
    effect_source: str
    reach_share: Number
    reach_status: Status
    reach_source: str
    grade: str | None = None
    note: str = ""


class Window(Strict):
    """The years in which an option may start, the first and the last of them; what it states by year holds for the first."""

    first: Year
    last: Year


class Scale(Strict):
    """At what part of its whole size an option may be taken: equal steps up to the whole, from `least` on where it is stated."""

    steps: Number | None = None
    least: Number | None = None


class Measure(Provenance):
    """An outcome that options are for: what a unit counts as in pounds of the first year, and the rate at which later years are discounted."""

    id: str
    label: str
    unit_gbp: Number
    health: Flag = False
    discount_rate_share: Number | None = None


class Outcome(Provenance):
    """What an option does for people: how many it reaches, or how much activity it gives, by year, and the units of the outcome for each."""

    measure: str
    units_each: Number
    number: ByYear


class Option(Strict):
    """A reinvestment option: what it costs by year, how much of it is delivered by year or by month, and its effects."""

    id: str
    label: str
    owner: str = ""
    intervention: str = ""
    mandatory: Flag = False
    paid_by: str
    setup_cost_gbp: ByYear
    running_cost_gbp: ByYear
    capital_cost_gbp: ByYear | None = None
    double_running_cost_gbp: ByYear | None = None
    risk_cost_gbp: ByYear | None = None
    delivery_share: ByYear | None = None
    by_month: ByMonth | None = None
    starts: Window | None = None
    scale: Scale | None = None
    cost: Cost
    delivery: Provenance
    uses: dict[str, ByYear] = Field(default_factory=dict)
    closes: Closes | None = None
    localities: dict[str, Number] | None = None
    outcomes: list[Outcome] = Field(default_factory=list)
    effects: list[Effect] = Field(default_factory=list)


class Recycled(Strict):
    """Released cash that joins a budget: which part, of which settings alone (of all, where none is named), and how many years later."""

    share: Number
    settings: list[str] | None = Field(default=None, min_length=1)
    lag_years: Number = 1


class Budget(Provenance):
    """What a party, or all of them where none is named, may spend on options in each year: on capital, on revenue, or on both."""

    id: str
    label: str
    party: str | None = None
    kind: Literal["capital", "revenue", "all"]
    gbp: ByYear
    carry_forward: Flag = False
    recycled: Recycled | None = None


class Capacity(Provenance):
    """What there is by year of something that options use up, such as staff or beds."""

    id: str
    label: str
    number: ByYear


class PartyFloor(Provenance):
    """The least that the plan may leave a party in each year; a minus is what it may lose. Settled: what it keeps after settlement."""

    party: str
    least_gbp: ByYear
    settled: Flag = False


class GroupFloor(Provenance):
    """The least part of the saving, or of the reinvestment, that goes to a group of people over all years."""

    id: str
    label: str
    group: str
    of: Literal["saving", "reinvestment"]
    least_share: Number


class LocalityFloor(Provenance):
    """The least part of the saving, or of the reinvestment, that goes to the people of a locality over all years."""

    id: str
    label: str
    locality: str
    of: Literal["saving", "reinvestment"]
    least_share: Number


class Floors(Strict):
    """What the plan must leave parties, groups and localities."""

    parties: list[PartyFloor] = Field(default_factory=list)
    groups: list[GroupFloor] = Field(default_factory=list)
    localities: list[LocalityFloor] = Field(default_factory=list)


class Exclusive(Strict):
    """A set of options of which at most one is chosen."""

    id: str
    label: str
    options: list[str]


class Requires(Strict):
    """An option that another one needs."""

    id: str
    option: str
    needs: str


class Perspective(Provenance):
    """What counts: a weight for each party's pounds, a view that gives them, or several views with their weights."""

    weights: dict[str, Number] | None = None
    settled: Flag = False
    view: str | None = None
    views: dict[str, Number] | None = None


class Options(Strict):
    """The whole of options.yaml."""

    options: list[Option]
    grades: list[Grade] = Field(default_factory=list)
    release: list[Release] = Field(default_factory=list)
    budgets: list[Budget] = Field(default_factory=list)
    capacity: list[Capacity] = Field(default_factory=list)
    outcomes: list[Measure] = Field(default_factory=list)
    floors: Floors = Field(default_factory=Floors)
    exclusive: list[Exclusive] = Field(default_factory=list)
    requires: list[Requires] = Field(default_factory=list)
    perspective: Perspective

"""What options.yaml may say: options with their costs, delivery and effects, the rules between options, and whose pounds count.

Only the shape is held here; what of it is refused is in `checks`.
"""

from __future__ import annotations

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
    """At what part of its whole size an option may be taken: equal steps up to the whole."""

    steps: Number


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
    effects: list[Effect] = Field(default_factory=list)


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
    """Whose pounds count: a weight for each party, or a view that gives them."""

    weights: dict[str, Number] | None = None
    view: str | None = None


class Options(Strict):
    """The whole of options.yaml."""

    options: list[Option]
    grades: list[Grade] = Field(default_factory=list)
    exclusive: list[Exclusive] = Field(default_factory=list)
    requires: list[Requires] = Field(default_factory=list)
    perspective: Perspective

"""What options.yaml may say: options with their costs, delivery and effects, the rules between options, and whose pounds count.

Only the shape is held here; what of it is refused is in `checks`.
"""

from __future__ import annotations

from pydantic import Field

from capmodel.assumptions.document import ByYear, Flag, Number, Strict
from capmodel.assumptions.pack import Status


class Provenance(Strict):
    """Where figures come from."""

    status: Status
    source: str
    note: str = ""


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
    note: str = ""


class Option(Strict):
    """A reinvestment option: what it costs by year, how much of it is delivered, and its effects."""

    id: str
    label: str
    intervention: str = ""
    mandatory: Flag = False
    paid_by: str
    setup_cost_gbp: ByYear
    running_cost_gbp: ByYear
    delivery_share: ByYear
    cost: Provenance
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
    """Whose pounds count: a weight for each party."""

    weights: dict[str, Number]


class Options(Strict):
    """The whole of options.yaml."""

    options: list[Option]
    exclusive: list[Exclusive] = Field(default_factory=list)
    requires: list[Requires] = Field(default_factory=list)
    perspective: Perspective

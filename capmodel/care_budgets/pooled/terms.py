"""What the file of a pooled budget may say: partners, contributions, lines, entries, performance pots, VAT, and conditions of grants.

The words of the simple form (partners with one contribution each, lines with a budget and a spend) are enough; every other is optional.
What of it is refused is in `agreement_checks`, and what has no effect in `idle`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from capmodel.assumptions.document import ByYear, Flag, Number, Strict
from capmodel.assumptions.entries import Known, Member
from capmodel.assumptions.pack import Status
from capmodel.assumptions.years import Year
from capmodel.care_budgets.pooled.conditions import Conditions

#: The steps of the waterfall, by the place they have unless the agreement states another order.
Stage = Literal["underspends", "risk_pool", "uncommitted", "partners"]
ORDER: tuple[Stage, ...] = ("underspends", "risk_pool", "uncommitted", "partners")
Rule = Literal["shared", "variable", "host", "fixed", "own_risk", "pro_rata", "pro_rata_to_limit"]
Forecast = Literal["run_rate", "profile", "budget", "stated"]


class Partner(Strict):
    """What a partner puts in, the most it bears, and how much of its part of a surplus it may carry forward."""

    contribution_gbp: ByYear | None = None
    most_loss_gbp: Number | None = None
    carry_forward_limit_share: Number = 0
    kind: Literal["nhs", "council"] | None = None
    may_carry_forward: Flag | None = None
    label: str | None = None


class Contribution(Member):
    """One contribution of a partner: an amount a year, or one of a base year that grows or is indexed."""

    owner: str
    gbp: ByYear | None = None
    base_year: Year | None = None
    base_gbp: Number | None = None
    growth_share: Number | None = None
    index: ByYear | None = None
    in_kind: Flag = False
    recurrent: Flag = True
    ring_fenced_to: str | None = None
    paid: Literal["monthly", "quarterly", "yearly"] = "monthly"


class FundLine(Known):
    """A line of the pool: its budget and spend, who bears an overspend, whose grant pays for it, and who holds its contract."""

    id: str
    label: str
    budget_gbp: ByYear
    spend_gbp: ByYear | None = None
    overspend: Rule = "shared"
    grant_of: str | None = None
    owner: str | None = None
    spend_known: Known | None = None
    spend_by_month_gbp: dict[Year, list[Number]] | None = None
    spend_range_share: tuple[Number, Number] | None = None
    forecast: Forecast | None = None
    profile: Annotated[list[Number], Field(min_length=12, max_length=12)] | None = None
    recurrent: Flag = True
    provider: str | None = None
    contract_holder: str | None = None
    taxable_share: Number | None = None
    vat_rate_share: Number | None = None


class Outcome(Member):
    """An outcome that a performance pot waits for: its goal, what is reported, and whether lower or higher is better."""

    better: Literal["lower", "higher"]
    goal_number: ByYear
    reported_number: ByYear


class Pot(Member):
    """Part of the budget of a line that is withheld until every outcome is met, and goes back to its giver if one is not."""

    line: str
    giver: str
    gbp: ByYear
    withheld_share: Number
    outcomes: list[Outcome] = Field(min_length=1)


class Vat(Known):
    """The rate of VAT, and how much of it each kind of body that holds a contract recovers."""

    rate_share: Number
    recoverable_share: dict[str, Number] = Field(min_length=1)


class Entry(Member):
    """An entry of the ledger that the agreement states: pounds by account that pays, and by account that receives."""

    month: str
    paid_from: dict[str, Number] = Field(min_length=1)
    paid_to: dict[str, Number] = Field(min_length=1)


class Benefit(Strict):
    """A saving, the one party that owns it, and which plans count on how much of it."""

    id: str
    label: str
    owner: str
    gbp: ByYear
    claims: dict[str, ByYear] = Field(default_factory=dict)


class PooledBudget(Strict):
    """The agreement of a pooled budget, as its file writes it."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    host: str
    partners: dict[str, Partner] = Field(min_length=2)
    contributions: list[Contribution] = Field(default_factory=list)
    lines: list[FundLine] = Field(min_length=1)
    risk_pool_gbp: ByYear | None = None
    uncommitted_gbp: ByYear | None = None
    order: list[Stage] | None = None
    performance_pots: list[Pot] = Field(default_factory=list)
    vat: Vat | None = None
    entries: list[Entry] = Field(default_factory=list)
    benefits: list[Benefit] = Field(default_factory=list)
    conditions: Conditions | None = None

"""An alliance contract: the terms of every step of a settlement, composed in the order in which contract.yaml gives them.

What a step's terms are, what is refused of them, which figures and rows they make and the rules that read them are in the step's own file of
`settlement`. A contract is read in `read`, and turned into figures in `terms`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from capmodel.assumptions.document import ByYear, Number, Strict
from capmodel.assumptions.pack import Status
from capmodel.contracts.settlement.actual import Actual, Exclusions, check_actual
from capmodel.contracts.settlement.bands import Bands, check_bands
from capmodel.contracts.settlement.caps import Cap, check_caps
from capmodel.contracts.settlement.carry_forward import CarryForward
from capmodel.contracts.settlement.check import Check
from capmodel.contracts.settlement.distribution import Distribution, check_distribution
from capmodel.contracts.settlement.outcomes import Outcomes, check_outcomes
from capmodel.contracts.settlement.pool_caps import PoolCap, check_pool_caps
from capmodel.contracts.settlement.routes import Amount
from capmodel.contracts.settlement.steps import (
    DEDUCTION,
    PartyTerms,
    Phase,
    Relief,
    Step,
    Withhold,
    check_parties,
    check_phase,
    check_relief,
    check_steps,
    check_withhold,
    order_of,
)
from capmodel.contracts.settlement.stop_loss import StopLoss, check_stop_loss
from capmodel.contracts.settlement.target import Target, check_target
from capmodel.contracts.settlement.threshold import Threshold, check_threshold
from capmodel.contracts.settlement.transfer import HELD_BY_PROVIDER, check_on_account


class Contract(Strict):
    """The terms of an alliance contract, as written in contract.yaml."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    variance_held_by: Annotated[Literal["payer", "provider"], HELD_BY_PROVIDER]
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
    deduction_share: Annotated[Number, DEDUCTION] = 0
    caps: list[Cap] = Field(default_factory=list)
    withhold: Withhold | None = None
    relief: Relief = Field(default_factory=Relief)
    carry_forward: CarryForward = Field(default_factory=CarryForward)
    steps: list[Step] | None = None
    on_account_gbp: dict[str, ByYear] = Field(default_factory=dict)
    parties: dict[str, PartyTerms]

    @property
    def used(self) -> dict[Step, bool]:
        """The steps between bands and shares, and whether the contract has terms for each."""
        return {
            "below_threshold": bool(self.threshold and self.threshold.below_share),
            "phase": self.phase is not None,
            "outcomes": self.outcomes.is_used,
            "deduction": self.deduction_share > 0,
            "withhold": self.withhold is not None,
            "caps": bool(self.caps),
            "relief": self.relief.is_used,
        }

    @property
    def order(self) -> tuple[Step, ...]:
        """The steps of this contract in the order in which they are taken."""
        return order_of(self.steps, self.used)

    def taker(self, step: Step, party: str, side: str) -> str:
        """Who takes what a step leaves of a party's gain or loss."""
        if step == "outcomes" and side == "gain":
            return self.outcomes.forfeited_to or self.residual_party
        capped = [cap.residual_to for cap in self.caps if step == "caps" and (cap.party, cap.side) == (party, side)]
        return (capped[-1] if capped else None) or self.residual_party


def check_contract(contract: Contract, check: Check) -> None:
    """Find the faults of every step, each of which is handed its own part of the contract and what it must know of others."""
    forfeited_to, share_with_providers = contract.outcomes.forfeited_to, contract.bands.share_with_providers
    check_parties(check, contract.parties, contract.residual_party, forfeited_to, share_with_providers)
    check_target(check, contract.target, contract.scope_changes)
    check_stop_loss(check, contract.stop_loss)
    check_actual(check, contract.actual, contract.exclusions)
    check_threshold(check, contract.threshold)
    check_pool_caps(check, contract.pool_caps)
    excess_only = contract.threshold is not None and contract.threshold.mode == "excess_only"
    check_bands(check, contract.bands, excess_only, has_key=contract.distribution is not None)
    check_distribution(check, contract.distribution, share_with_providers)
    check_phase(check, contract.phase, contract.deduction_share)
    check_outcomes(check, contract.outcomes)
    check_caps(check, contract.caps, contract.residual_party, forfeited_to, are_last=contract.order[-1:] in (("caps",), ()))
    check_withhold(check, contract.withhold, has_gate=contract.outcomes.mode != "none")
    check_relief(check, contract.relief, contract.parties)
    check_steps(check, contract.steps, contract.used)
    check_on_account(check, contract.on_account_gbp)

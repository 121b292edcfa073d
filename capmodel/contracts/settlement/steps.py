"""Steps 7 to 10 of a settlement in the order the contract states: who is at risk, and what each step takes of a gain or a loss.

The below-threshold payment, phase, outcomes, deduction, caps, what is withheld and relief are rows. Order is data, because contracts order
these steps differently and it changes the money. What a step leaves of each party's share is in `party_steps`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import ByYear, Flag, Number, Strict
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.bands import party_slice
from capmodel.contracts.settlement.caps import OTHERS
from capmodel.contracts.settlement.check import Check
from capmodel.contracts.settlement.distribution import PROVIDERS
from capmodel.contracts.settlement.target import pool
from capmodel.contracts.settlement.term import Stated, Term
from capmodel.errors import nearly

Step = Literal["below_threshold", "phase", "outcomes", "deduction", "caps", "withhold", "relief"]
#: The steps between bands and shares, in the order in which they are taken unless a contract says otherwise.
STEPS: tuple[Step, ...] = ("below_threshold", "phase", "outcomes", "deduction", "caps", "withhold", "relief")
#: These stand in every settlement, so that two contracts can be read side by side.
ALWAYS: tuple[Step, ...] = ("phase", "outcomes", "deduction", "caps")
STEP_LABELS = {
    "below_threshold": "Below the threshold",
    "phase": "Phase of the year",
    "outcomes": "Outcomes",
    "deduction": "Deduction",
    "caps": "Caps",
    "withhold": "Withheld",
    "relief": "Relief",
}
PAID = Term("gain_phase_share", title="Part of its gain an at-risk party is paid", otherwise=1)
BORNE = Term("loss_phase_share", title="Part of its loss an at-risk party bears", otherwise=1)
DEDUCTION = Term("deduction_share", title="Deduction from the gains of at-risk parties")
WITHHELD = Term("withhold_share", title="Part of gains held back for a year")
IF_PASSED = Term(
    "withhold_if_passed_flag", title="What is held back is released only if the next year's gate is passed", of=lambda released: released == "next_year_if_passed", internal_if_absent=True
)  # fmt: skip
RELIEF = Term("relief_share", title="Relief of losses, part of the loss")
#: What is said of a release that depends on a gate.
NO_GATE = "the contract has no outcome gate"


class PartyTerms(Strict):
    """Whether below-threshold payment, phase, outcomes, deduction and relief apply to a party."""

    at_risk: Flag


class Phase(Strict):
    """Step 7: the part of its share that a party at risk is paid, or bears, in each contract year."""

    gain_share: Annotated[ByYear, PAID]
    loss_share: Annotated[ByYear, BORNE]


class Withhold(Strict):
    """Step 10: a part of gains held back for a year; the gate of the next year releases it, or time alone."""

    share: Annotated[Number, WITHHELD]
    released: Annotated[Literal["next_year", "next_year_if_passed"], IF_PASSED]


class Relief(Strict):
    """Step 10: what lowers the losses of parties at risk, as a part of them or in pounds by party."""

    share: Annotated[ByYear | None, RELIEF] = None
    gbp: dict[str, ByYear] = Field(default_factory=dict)

    @property
    def is_used(self) -> bool:
        """True where it lowers a loss."""
        return bool(self.share or self.gbp)


def order_of(steps: Sequence[Step] | None, used: Mapping[Step, bool]) -> tuple[Step, ...]:
    """The steps in the order in which they are taken: as stated, or the usual one as far as they are used.

    >>> order_of(None, {"below_threshold": False, "withhold": True, "relief": False})
    ('phase', 'outcomes', 'deduction', 'caps', 'withhold')
    """
    return tuple(steps) if steps is not None else tuple(step for step in STEPS if step in ALWAYS or used[step])


def check_parties(
    check: Check, parties: Mapping[str, PartyTerms], residual_party: str, forfeited_to: str | None, share_with_providers: bool
) -> None:
    """Report parties that the place does not have or the contract does not mention, and parties at risk that also take what is left over.

    Args:
        check: the contract that is being checked.
        parties: what it says of each party.
        residual_party: who takes what steps leave.
        forfeited_to: who has what gains forfeit.
        share_with_providers: whether a band has a share for providers, whose name no party may then bear.
    """
    check.party(["residual_party"], residual_party)
    for name in parties:
        check.party(["parties", name], name)
        if name == OTHERS or (name == PROVIDERS and share_with_providers):
            check.report(["parties", name], f"a party is called {name!r}", "the word has a meaning of its own in a contract", "Rename it")
    for name in check.parties:
        if name not in parties and not nearly(name, set(parties) - set(check.parties)):
            remedy = f"Add {name}: {{at_risk: false}}"
            check.report(["parties"], f"{name} is not mentioned", "it must be said whether a party is at risk", remedy)
    for name in filter(None, (residual_party, forfeited_to)):
        if name in parties and parties[name].at_risk:
            why = "a gate or phase would then have no destination"
            check.report(["parties", name], f"{name} is at risk and also takes what is left over", why, "Write at_risk: false")


def check_phase(check: Check, phase: Phase | None, deduction_share: float) -> None:
    """Report parts that lack a year or are none."""
    check.yearly(phase, "phase")
    check.part(["deduction_share"], "deduction_share", deduction_share)


def check_withhold(check: Check, withhold: Withhold | None, has_gate: bool) -> None:
    """Report a part that is none, and a release that depends on a gate the contract does not have."""
    if withhold is None:
        return
    check.part(["withhold", "share"], "share", withhold.share)
    if withhold.released == "next_year_if_passed" and not has_gate:
        why, remedy = "what is held back would depend on a gate that nothing passes", "Write released: next_year, or outcomes with a gate"
        check.report(["withhold", "released"], NO_GATE, why, remedy)


def check_relief(check: Check, relief: Relief, parties: Mapping[str, PartyTerms]) -> None:
    """Report relief that lacks a year, is no size, or is given to a party that bears no loss of its own."""
    check.yearly(relief, "relief")
    for name, given in relief.gbp.items():
        check.party(["relief", "gbp", name], name)
        for year, amount in given.items():
            check.size(["relief", "gbp", name, year], "relief", amount)
        if name in parties and not parties[name].at_risk:
            why = "relief lowers the losses of parties at risk"
            check.report(["relief", "gbp", name], f"{name} is given relief and is not at risk", why, "Write at_risk: true, or take it out")


def check_steps(check: Check, steps: Sequence[Step] | None, used: Mapping[Step, bool]) -> None:
    """Report steps that are there twice, left out although the contract has terms for them, or in an order in which money escapes."""
    if steps is None:
        return
    twice = {step for step in steps if steps.count(step) > 1}
    if twice or not steps:
        what = f"{', '.join(sorted(twice))} is there twice" if twice else "the steps are empty"
        check.report(["steps"], what, "each step is taken once", "List each step once")
    for step, is_used in used.items():
        if is_used and step not in steps:
            why = "the contract has terms for it that would have no effect"
            why = "threshold.below_share would have no effect" if step == "below_threshold" else why
            check.report(["steps"], f"the steps leave out {step}", why, f"Add {step}")
    for before in ("outcomes", "caps"):
        if "withhold" in steps and before in steps and steps.index("withhold") < steps.index(before):
            why = "what is held back would pass it, and be released a year later all the same"
            check.report(["steps"], f"withhold comes before {before}", why, f"Put withhold after {before}")


def step_rows(order: tuple[Step, ...], parties: tuple[str, ...], years: tuple[int, ...]) -> dict[str, Rows]:
    """A row for each step, and for each party."""
    return {
        "party_terms": Rows({"party": parties}),
        "step": Rows({"step": order}),
        "step_rate": Rows({"step": order}, years),
        "entitlement": Rows({"party": parties}, years),
    }


party_terms = Table("party_terms", ("party",), "Terms by party", SHEET)
party_terms.take(
    Stated("at_risk_flag", "flag", "Below-threshold payment, phase, outcomes, deduction and relief apply", at="parties.{party}.at_risk")
)

step = Table("step", ("step",), "Steps of the settlement, in the contract's order", SHEET)


def _is(name: Step, label: str) -> None:
    step.take(Stated(f"{name}_step_flag", "flag", label, internal=True, built=True, follows=lambda _, key, *years: key["step"] == name))


_is("below_threshold", "This step pays a part below the threshold")
_is("phase", "This step is the phase of the year")
_is("outcomes", "This step is the outcomes")
_is("deduction", "This step is the deduction from gains")
_is("withhold", "This step holds a part of gains back")
_is("caps", "This step is the caps by party")
_is("relief", "This step is the relief of losses")

step_rate = Table("step_rate", ("step", "year"), "What each step takes", SHEET)

entitlement = Table("entitlement", ("party", "year"), "What each party is due by the bands", SHEET)
entitlement.take(Stated("relief_gbp", "GBP", "Relief of losses, an amount", at="relief.gbp.{party}.{year}"))

TABLES = (party_terms, step, step_rate, entitlement)


@step_rate.line(
    "share",
    "Part of a gain taken",
    is_below_threshold=lookup(step, "below_threshold_step_flag"),
    is_phase=lookup(step, "phase_step_flag"),
    is_outcomes=lookup(step, "outcomes_step_flag"),
    is_deduction=lookup(step, "deduction_step_flag"),
    is_withhold=lookup(step, "withhold_step_flag"),
    entry=lookup(pool, "entry_share"),
    phase=PAID,
    outcome=lookup(pool, "outcome_share"),
    deduction=DEDUCTION,
    withheld=WITHHELD,
)
def gain_taken_share(
    is_below_threshold: Any,
    is_phase: Any,
    is_outcomes: Any,
    is_deduction: Any,
    is_withhold: Any,
    entry: Any,
    phase: Any,
    outcome: Any,
    deduction: Any,
    withheld: Any,
) -> Any:
    """What the step takes of the gain of a party at risk; caps and amounts of relief have rules of their own.

    >>> import numpy as np
    >>> gain_taken_share(0, 0, 0, np.array([1, 0]), 0, 1.0, 0.5, 0.9, 0.02, 0.0).tolist()
    [0.02, 0.0]
    """
    by_phase = is_below_threshold * (1 - entry) + is_phase * (1 - phase)
    return by_phase + is_outcomes * (1 - outcome) + is_deduction * deduction + is_withhold * withheld


@step_rate.line(
    "share",
    "Part of a loss taken",
    is_phase=lookup(step, "phase_step_flag"),
    is_outcomes=lookup(step, "outcomes_step_flag"),
    is_relief=lookup(step, "relief_step_flag"),
    phase=BORNE,
    borne=lookup(pool, "loss_borne_share"),
    relief=RELIEF,
)
def loss_taken_share(is_phase: Any, is_outcomes: Any, is_relief: Any, phase: Any, borne: Any, relief: Any) -> Any:
    """What the step takes of the loss of a party at risk; a deduction lowers no loss.

    >>> import numpy as np
    >>> loss_taken_share(np.array([1, 0, 0]), np.array([0, 1, 0]), np.array([0, 0, 1]), 0.5, 0.625, 1.0).tolist()
    [0.5, 0.375, 1.0]
    """
    return is_phase * (1 - phase) + is_outcomes * (1 - borne) + is_relief * relief


@entitlement.line("GBP", "Share by bands", total(party_slice, "part_gbp", "party", "year"))
def banded_gbp() -> Any:
    """The party's share of the pool by the bands alone."""

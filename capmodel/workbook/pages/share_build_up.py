"""The build-up of each party's share, as references to workings: bands, every step in the contract's order, others, years, payment.

`parties` shows it for all parties side by side, `statements` for one party down its statement of account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from capmodel.contracts.settlement.party_steps import party_step
from capmodel.contracts.settlement.steps import entitlement
from capmodel.contracts.settlement.transfer import settlement
from capmodel.workbook.pages.page import Part

if TYPE_CHECKING:
    from capmodel.place.result import Result

STEP_WORDS = {
    "below_threshold": "What is not paid of a gain below the threshold.",
    "phase": "What the phase of the contract year takes of a gain, or lifts off a loss.",
    "outcomes": "What the outcome score does not release of a gain, or lifts off a loss.",
    "deduction": "What the contract deducts from a gain.",
    "withhold": "What is held back of a gain for a year.",
    "caps": "What lies beyond the party's cap; it goes where the contract says.",
    "relief": "What the contract relieves of a loss.",
}


@dataclass(frozen=True)
class Stop:
    """One line of the way: what it is called, what it is, and the figures it adds up."""

    label: str
    words: str
    parts: tuple[Part, ...]


def words_of(node: tuple[str, str], result: Result) -> str:
    """What a line is, in the first sentence of its rule's own documentation."""
    meaning = result.chain.by_name[node[0]].lines[node[1]].meaning
    return meaning.split("\n\n")[0].replace("\n", " ")


def to_share(result: Result, party: int) -> list[Stop]:
    """The way from the bands to the share: the lines add up to it."""
    found = [Stop("Share by bands", words_of((entitlement.name, "banded_gbp"), result), ((1, (entitlement.name, "banded_gbp"), party),))]
    rows = result.values.inputs.rows
    name = rows[settlement.name].columns["party"][party]
    passing = rows[party_step.name].columns
    for line, (whose, step) in enumerate(zip(passing["party"], passing["step"], strict=True)):
        if whose == name:
            taken = tuple((-1, (party_step.name, f"taken_of_{side}_gbp"), line) for side in ("gain", "loss"))
            found.append(Stop(result.place.label(step), STEP_WORDS[step], taken))
    entitled = settlement.lines["entitled_gbp"]
    for argument in entitled.arguments:
        if argument == "own_gbp":
            continue  # bands and steps, which stand above
        sign = int(entitled.rule(**{other: float(other == argument) for other in entitled.arguments}))
        node = (settlement.name, argument)
        found.append(Stop(settlement.lines[argument].label, words_of(node, result), ((sign, node, party),)))
    rounding: tuple[Part, ...] = ((1, (settlement.name, "share_gbp"), party), (-1, (settlement.name, "entitled_gbp"), party))
    return [*found, Stop("Rounding to the penny", "Shares are cut to the penny so that they add up to the pool.", rounding)]


def figure(result: Result, name: str, party: int, label: str = "") -> Stop:
    """One line of the settlement of a party."""
    node = (settlement.name, name)
    return Stop(label or settlement.column(name).label, words_of(node, result), ((1, node, party),))


def payment(result: Result, party: int) -> list[Stop]:
    """From the share to what is still to be paid."""
    on_account = Stop(
        "Received on account (paid: minus)",
        "What the party has been paid, or has paid, before this settlement.",
        ((1, (settlement.name, "on_account_gbp"), party),),
    )
    return [
        figure(result, "cash_position_gbp", party, "Cash position before settlement: where the pool lies beforehand"),
        figure(result, "transfer_gbp", party, "Transfer: share less cash position before settlement"),
        on_account,
        figure(result, "still_due_gbp", party, "Still to be paid: transfer less on account"),
    ]

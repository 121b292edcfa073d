"""The level of an extract on the two rows of the maturity matrix that it says something about.

The journey to integration (2016), exhibit 2, has nine areas and four levels, from a small start to embedded. What we know of
it is the levels' names and what two of its rows are about: commissioning and payment (the contract, the scale of pooling,
performance) and information (payment linked annually, quarterly, monthly). The placing is our reading of those words, not
a published rule; seven areas are not judged, and levels that an annual extract cannot show are not claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from capmodel.baseline.persons.report.disclosable import Disclosable
from capmodel.baseline.persons.report.readiness import Condition, scope
from capmodel.baseline.persons.segment import Segmented

LEVELS = ("small start", "implementing", "well developed", "embedded")
SOURCE = "The journey to integration (2016), exhibit 2; the placing is our reading and not published"
NOT_JUDGED = "The matrix has nine areas. The other seven are not judged: an extract says nothing about them."


@dataclass(frozen=True)
class Placing:
    """One area of the matrix: the level an extract reaches, and why it is that one and not the next."""

    area: str
    level: str
    because: str
    next: str


def maturity(made: Segmented, conditions: Sequence[Condition]) -> tuple[Placing, ...]:
    """The levels of the row of information and of the row of commissioning and payment.

    Args:
        made: a segmented extract.
        conditions: its readiness.
    """
    marks = {condition.id: condition.met for condition in conditions}
    return (_information(marks), _commissioning(made))


def _information(marks: Mapping[str, str]) -> Placing:
    area = "Information"
    if marks["matched"] in ("met", "partly"):
        return Placing(
            area,
            LEVELS[1],
            "people's spend is linked across services for a whole year at a time",
            f"{LEVELS[2]} and {LEVELS[3]} are read as linked each quarter and each month, which an annual extract cannot show",
        )
    why = (
        "it is not known how well people's spend is linked"
        if marks["matched"] == "not known"
        else "too little of the spend finds its person"
    )
    return Placing(area, LEVELS[0], why, f"{LEVELS[1]} is read as spend linked once a year, with linkage shown to be good")


def _commissioning(made: Segmented) -> Placing:
    area, disclosable = "Commissioning and payment", Disclosable(made)
    word, have, _ = scope(disclosable)
    spend = made.spend[(made.spend["year"] == disclosable.year) & (made.spend["cost_pence"] > 0)]
    payers = int(spend["payer"].nunique())
    pooled = f"spend of {payers} payer{'' if payers == 1 else 's'} in {word} stands together"
    wide = payers > 1 and len(have) > 1
    if made.columns.agreements.get("alliance_contract") and wide:
        return Placing(
            area,
            LEVELS[2],
            f"an alliance contract is stated to be in place, and {pooled}",
            f"{LEVELS[3]} is read as payment that has followed performance for years, which an extract cannot show",
        )
    if wide:
        return Placing(
            area,
            LEVELS[1],
            f"{pooled}, as pooling needs; no alliance contract is stated",
            f"{LEVELS[2]} is read as capitation under an alliance contract",
        )
    return Placing(area, LEVELS[0], pooled, f"{LEVELS[1]} is read as pooling: two payers or more and several settings")

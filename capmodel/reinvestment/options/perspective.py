"""Whose pounds count in the value of a plan: a weight for each party, or a view by its name.

The view `system` counts every party's pounds alike, which is the real cost. The view `commissioner` counts the cash of the payers, with
that of funds, which they fill. The id of a party is its own view. What a plan is worth by a view is in `appraise`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from capmodel.assumptions.pack import Entry
from capmodel.errors import nearest, nearly
from capmodel.reinvestment.options.check import Check
from capmodel.reinvestment.options.stated import Perspective, Provenance

SYSTEM, COMMISSIONER = "system", "commissioner"
#: The parties whose cash is the commissioner's, by their role.
_PAYING = ("payer", "fund")


def weights_of(stated: Perspective, parties: Sequence[Entry]) -> dict[str, float]:
    """The weight of each party's pounds, as it is stated or by the view.

    >>> parties = [Entry("icb", "ICB", {"role": "payer"}), Entry("trust", "Trust", {"role": "provider"})]
    >>> weights_of(Perspective(view="commissioner", status="illustrative", source="s1"), parties)
    {'icb': 1.0, 'trust': 0.0}
    """
    if stated.view is None:
        return {party: float(weight) for party, weight in (stated.weights or {}).items()}
    return {party.id: float(_counts(stated.view, party)) for party in parties}


def _counts(view: str, party: Entry) -> bool:
    return view in (SYSTEM, party.id) or (view == COMMISSIONER and party.text("role") in _PAYING)


def known_of(stated: Perspective) -> Provenance:
    """Where the weights come from: the note says where they are those of a view."""
    if stated.view is None:
        return stated
    return stated.model_copy(update={"note": " ".join(filter(None, (f"By the view {stated.view}.", stated.note)))})


def perspective_remarks(stated: Perspective, parties: Sequence[Entry]) -> tuple[str, ...]:
    """What a view counts, in a sentence; nothing where weights are stated."""
    if stated.view is None:
        return ()
    counted = [party.label for party in parties if _counts(stated.view, party)]
    return (f"The value is by the view {stated.view}: it counts the pounds of {', '.join(counted)}",)


def check_perspective(check: Check, stated: Perspective) -> None:
    """Report a perspective that states both a view and weights or neither, a view that is none, and parties without a weight."""
    parties = [entry.id for entry in check.dimensions.get("party", ())]
    if (stated.view is None) == (stated.weights is None):
        what = (
            "the perspective states both a view and weights"
            if stated.weights is not None
            else "the perspective states neither a view nor weights"
        )
        check.fault(["perspective"], what, "it must be said once whose pounds count", f"Write view: {SYSTEM}, or a weight for each party")
    elif stated.view is not None and parties:
        _check_view(check, stated.view, check.dimensions["party"])
    weights: Mapping[str, object] = stated.weights or {}
    for party in parties if stated.weights is not None else ():
        if party not in weights and not nearly(party, set(weights) - set(parties)):
            check.fault(["perspective", "weights"], f"{party} has no weight", "it must be said whose pounds count", f"Add {party}: 1, or 0")
    for party in weights:
        check.member(["perspective", "weights", party], "party", party)


def _check_view(check: Check, view: str, parties: Sequence[Entry]) -> None:
    known = list(dict.fromkeys((SYSTEM, COMMISSIONER, *(party.id for party in parties))))
    counted = [party.id for party in parties if _counts(view, party)]
    if view not in known:
        check.fault(
            ["perspective", "view"], f"there is no view {view!r}", f"a view is {SYSTEM}, {COMMISSIONER} or a party", nearest(view, known)
        )
    elif not counted:
        why = "every plan would be worth nothing"
        check.fault(["perspective", "view"], f"the view {view} counts no party", why, "Give the parties that pay the role payer")
    elif view in (SYSTEM, COMMISSIONER) and view in counted and len(counted) > 1 and any(party.id == view for party in parties):
        why = f"as a view it counts {', '.join(counted)}"
        check.fault(["perspective", "view"], f"{view} is a view and a party", why, "State weights, or give the party another id")

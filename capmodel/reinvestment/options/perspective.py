"""What counts in the value of a plan: a weight for each party's pounds, a view by its name, or a blend of views by stated weights.

The view `system` counts every party's pounds alike, which is the real cost. The view `commissioner` counts the cash of the payers, with
that of funds, which they fill. The view `outcomes` counts what options do for people, and no pounds. The id of a party is its own view.
What a plan is worth by a view is in `appraise`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from capmodel.assumptions.document import Step
from capmodel.assumptions.pack import Entry
from capmodel.errors import listed, nearest, nearly
from capmodel.reinvestment.options.check import Check
from capmodel.reinvestment.options.stated import Perspective, Provenance

SYSTEM, COMMISSIONER, OUTCOMES = "system", "commissioner", "outcomes"
#: The parties whose cash is the commissioner's, by their role.
_PAYING = ("payer", "fund")


def counts(view: str, party: str, role: str) -> bool:
    """Whether a view counts the pounds of a party.

    >>> counts("commissioner", "icb", "payer"), counts("outcomes", "icb", "payer"), counts("trust", "trust", "provider")
    (True, False, True)
    """
    return view in (SYSTEM, party) or (view == COMMISSIONER and role in _PAYING)


def views_known(parties: Sequence[str]) -> list[str]:
    """The names of all views of a place."""
    return list(dict.fromkeys((SYSTEM, COMMISSIONER, OUTCOMES, *parties)))


def _blend(stated: Perspective) -> Mapping[str, float]:
    """The views of a perspective with their weights; none where weights of parties are stated."""
    if stated.views is not None:
        return {view: float(weight) for view, weight in stated.views.items()}
    return {stated.view: 1.0} if stated.view is not None else {}


def weights_of(stated: Perspective, parties: Sequence[Entry]) -> dict[str, float]:
    """The weight of each party's pounds, as it is stated or by the views.

    >>> parties = [Entry("icb", "ICB", {"role": "payer"}), Entry("trust", "Trust", {"role": "provider"})]
    >>> weights_of(Perspective(views={"commissioner": 0.6, "system": 0.4}, status="illustrative", source="s1"), parties)
    {'icb': 1.0, 'trust': 0.4}
    """
    if stated.weights is not None:
        return {party: float(weight) for party, weight in stated.weights.items()}
    blend = _blend(stated)
    return {party.id: sum(weight for view, weight in blend.items() if counts(view, party.id, party.text("role"))) for party in parties}


def outcome_weight(stated: Perspective) -> float:
    """The weight of outcomes in the value."""
    return float(_blend(stated).get(OUTCOMES, 0.0))


def known_of(stated: Perspective) -> Provenance:
    """Where the weights come from: the note says where they are those of views."""
    blend = _blend(stated)
    if not blend:
        return stated
    by = f"By the view {stated.view}." if stated.view is not None else f"By the views {_in_words(blend)}."
    return stated.model_copy(update={"note": " ".join(filter(None, (by, stated.note)))})


def _in_words(blend: Mapping[str, float]) -> str:
    return listed([f"{view} ({weight:g})" for view, weight in blend.items()])


def perspective_remarks(stated: Perspective, parties: Sequence[Entry]) -> tuple[str, ...]:
    """What the views count, in a sentence; nothing where weights are stated."""
    blend = _blend(stated)
    if not blend:
        return ()
    weights = weights_of(stated, parties)
    counted = [party.label for party in parties if weights[party.id]]
    what = [f"the pounds of {', '.join(counted)}"] if counted else []
    what += ["what the options do for people"] if outcome_weight(stated) else []
    by = f"view {stated.view}" if stated.view is not None else f"views {_in_words(blend)}"
    after = " after settlement, against the target" if stated.settled else ""
    return (f"The value is by the {by}{after}: it counts {' and '.join(what)}",)


def check_perspective(check: Check, stated: Perspective, has_outcomes: bool) -> None:
    """Report a perspective that says twice or not at all what counts, a view that is none, and parties without a weight."""
    here: list[Step] = ["perspective"]
    if stated.settled and outcome_weight(stated):
        why = "a contract settles pounds, and what options do for people is no part of it"
        check.fault([*here, "settled"], "the perspective is settled and counts outcomes", why, f"Leave settled out, or the view {OUTCOMES}")
    parties = [entry.id for entry in check.dimensions.get("party", ())]
    said = [name for name in ("view", "views", "weights") if getattr(stated, name) is not None]
    if len(said) != 1:
        what = f"the perspective states {'both ' if len(said) == 2 else ''}{_said(said)}"
        check.fault(here, what, "it must be said once whose pounds count", f"Write view: {SYSTEM}, or a weight for each party")
    elif stated.view is not None and parties:
        _check_view(check, [*here, "view"], stated.view, has_outcomes)
    elif stated.views is not None and parties:
        _check_blend(check, [*here, "views"], stated.views, has_outcomes)
    weights: Mapping[str, object] = stated.weights or {}
    for party in parties if stated.weights is not None else ():
        if party not in weights and not nearly(party, set(weights) - set(parties)):
            check.fault(["perspective", "weights"], f"{party} has no weight", "it must be said whose pounds count", f"Add {party}: 1, or 0")
    for party, weight in (stated.weights or {}).items():
        check.member(["perspective", "weights", party], "party", party)
        _check_weight(check, ["perspective", "weights", party], party, weight, f"a plan would be chosen because it costs {party} money")
    if stated.weights is not None and not any(stated.weights.values()):
        check.fault(
            ["perspective", "weights"], "no party has a weight", "every plan would be worth nothing", "Give a party a weight above zero"
        )


def _said(said: Sequence[str]) -> str:
    words = {"view": "a view", "views": "a blend of views", "weights": "weights"}
    return listed([words[name] for name in said]) if said else "neither a view nor weights"


def _check_blend(check: Check, steps: list[Step], views: Mapping[str, float], has_outcomes: bool) -> None:
    for view, weight in views.items():
        _check_view(check, [*steps, view], view, has_outcomes)
        _check_weight(check, [*steps, view], view, weight, "a plan would be chosen because it does harm by that view")
    if not any(views.values()):
        check.fault(steps, "no view has a weight", "every plan would be worth nothing", f"Write {SYSTEM}: 1, or weights of several views")


def _check_weight(check: Check, steps: list[Step], name: str, weight: float, why: str) -> None:
    if weight < 0:
        check.fault(steps, f"the weight of {name} is {weight:g}", why, "Write a weight from zero up")


def _check_view(check: Check, steps: list[Step], view: str, has_outcomes: bool) -> None:
    parties = check.dimensions["party"]
    known = views_known([party.id for party in parties])
    counted = [party.id for party in parties if counts(view, party.id, party.text("role"))]
    if view not in known:
        why = f"a view is {SYSTEM}, {COMMISSIONER}, {OUTCOMES} or a party"
        check.fault(steps, f"there is no view {view!r}", why, nearest(view, known))
    elif view == OUTCOMES and not counted:
        if not has_outcomes:
            check.fault(steps, "no option states an outcome", "every plan would be worth nothing", "State outcomes: of the options")
    elif not counted:
        why = "every plan would be worth nothing"
        check.fault(steps, f"the view {view} counts no party", why, "Give the parties that pay the role payer")
    elif view in (SYSTEM, COMMISSIONER, OUTCOMES) and any(party.id == view for party in parties) and (len(counted) > 1 or view == OUTCOMES):
        why = f"as a view it counts {'what options do for people' if view == OUTCOMES else ', '.join(counted)}"
        check.fault(steps, f"{view} is a view and a party", why, "State weights, or give the party another id")

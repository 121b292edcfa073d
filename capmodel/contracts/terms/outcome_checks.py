"""What must hold of the outcomes of a contract: scores, ladders, indicators and the rule for losses. A missing score never passes a gate."""

from __future__ import annotations

from capmodel.assumptions.document import Step
from capmodel.assumptions.labels import check_label
from capmodel.contracts.terms.share_checks import ContractCheck


def check_outcomes(check: ContractCheck, years: tuple[int, ...]) -> None:
    """Report scores, ladders, indicators and loss rules that say two things, nothing, or what cannot be."""
    outcomes = check.contract.outcomes
    here: list[Step] = ["outcomes"]
    if outcomes.score_share and outcomes.indicators:
        check.report(here, "a score is stated and indicators are given", "they would say two things", "Keep one")
    if (outcomes.mode == "ladder") != bool(outcomes.ladder):
        what = "the ladder has no rungs" if outcomes.mode == "ladder" else "there is a ladder that nothing climbs"
        check.report([*here, "ladder"], what, "mode: and ladder: belong together", "Write mode: ladder and the rungs, or neither")
    before = -1.0
    for i, rung in enumerate(outcomes.ladder):
        check.part([*here, "ladder", i, "share"], "share", rung.share)
        check.part([*here, "ladder", i, "at_least"], "at_least", rung.at_least)
        if i and rung.share < outcomes.ladder[i - 1].share:
            what = f"rung {i + 1} releases {rung.share:g}, less than the rung before"
            check.report([*here, "ladder", i, "share"], what, "a better score would be paid less", "Order the shares as the scores")
        if rung.at_least <= before:
            check.report(
                [*here, "ladder", i],
                f"rung {i + 1} starts at {rung.at_least:g}",
                f"the rung before starts at {before:g}",
                "Order the rungs by score",
            )
        before = rung.at_least
    losses = outcomes.losses
    if losses and losses.floor_share > losses.ceiling_share:
        check.report(
            [*here, "losses"],
            f"the floor {losses.floor_share:g} is above the ceiling {losses.ceiling_share:g}",
            "there is no part between them",
            "Swap them",
        )
    seen: set[str] = set()
    labels: set[str] = set()
    for i, indicator in enumerate(outcomes.indicators):
        steps: list[Step] = [*here, "indicators", i]
        if indicator.id in seen:
            check.report([*steps, "id"], f"the indicator {indicator.id} is there twice", "it would count twice", "Remove one")
        seen.add(indicator.id)
        check_label(check.document, [*steps, "label"], indicator.label, labels, check.problems)
        if indicator.weight <= 0:
            check.report(
                [*steps, "weight"],
                f"the weight of {indicator.id} is {indicator.weight:g}",
                "it would not count",
                "Write a weight above zero",
            )
        if indicator.target_share == indicator.baseline_share:
            check.report(
                [*steps, "target_share"],
                f"the target of {indicator.id} is its baseline",
                "there is no way between them",
                "Write the target that was agreed",
            )
        for year in years:
            reading = indicator.results.get(year)
            if reading is None or reading.late:
                continue
            at: list[Step] = [*steps, "results", year]
            if reading.numerator is None or reading.denominator is None:
                check.report(
                    at,
                    f"{indicator.id} has no numerator or denominator",
                    "a missing score never passes a gate",
                    "Write both, or late: true",
                )
            elif reading.numerator < 0 or reading.denominator < 0 or reading.numerator > reading.denominator:
                what = f"{indicator.id} is {reading.numerator:g} of {reading.denominator:g}"
                check.report(at, what, "it counts people or events out of all of them", "Correct the figures")
    if outcomes.indicators and (outcomes.mode != "none" or outcomes.losses) and not check.problems:
        for year in years:
            readings = [(each, each.results[year]) for each in outcomes.indicators]
            if not any(not at.late and (at.denominator or 0) >= max(each.smallest_number, 1) for each, at in readings):
                why = "a missing score never passes a gate, and none counts as one"
                check.report(
                    [*here, "indicators"], f"no indicator counts in {year}", why, "Wait for the data, or agree a score_share for the year"
                )

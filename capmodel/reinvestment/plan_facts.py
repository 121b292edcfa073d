"""What is said of a chosen plan beside its value: how far it is proved, what is as good or nearly so, and why it loses where it does."""

from __future__ import annotations

from collections.abc import Mapping

from capmodel.errors import listed
from capmodel.money import pounds
from capmodel.reinvestment.choose import Plan

#: So many other choices are printed; the record of the run has all.
PRINTED = 10


def plan_facts(plan: Plan, labels: Mapping[str, str]) -> list[str]:
    """The facts, a line each.

    Args:
        plan: a choice of options.
        labels: how options are called.
    """
    return [*_proof(plan), *_near(plan, labels), *_loss(plan, labels), *_settled(plan, labels)]


def _settled(plan: Plan, labels: Mapping[str, str]) -> list[str]:
    """How a plan that is chosen after settlement was found, and what the other decision on each option is worth at the most."""
    if plan.settled is None:
        return []
    found, lines = plan.settled, []
    for each in found.otherwise:
        worth = "no plan" if each.worth_gbp is None else f"{pounds(each.worth_gbp)}, {pounds(plan.objective_gbp - each.worth_gbp)} less"
        lines.append(f"  {'with' if each.taken else 'without'} {labels.get(each.option, each.option)}: {worth}")
    return [
        f"Every plan that keeps the constraints was settled, {found.plans:,} of them, so that no solver is asked and --solver changes nothing",
        f"To choose no option would be worth {pounds(found.none_gbp)}",
        "Worth with the other decision on an option, the others chosen anew:",
        *lines,
    ]


def _proof(plan: Plan) -> list[str]:
    if plan.proved:
        return []
    most = f"no choice is worth more than {pounds(plan.bound_gbp)}, {pounds(plan.bound_gbp - plan.objective_gbp)} more than this one"
    return [f"{plan.solver} ended with: {plan.status} (time limit {plan.time_limit_s:g} seconds). As far as it is proved, {most}"]


def _near(plan: Plan, labels: Mapping[str, str]) -> list[str]:
    within = f"within {100 * plan.near_share:g}% of it"
    if not plan.others and not plan.all_listed:
        return [f"Whether other choices are worth {within} was not found out in the time limit of {plan.time_limit_s:g} seconds"]
    if not plan.others:
        rest = "" if plan.next_best_gbp is None else f"; the next best is worth {pounds(plan.next_best_gbp)}"
        return [f"No other choice is worth {within}{rest}"]
    equal = sum(round(each.objective_gbp, 2) == round(plan.objective_gbp, 2) for each in plan.others)
    count = f"{len(plan.others):,}" if plan.all_listed else f"at least {len(plan.others):,}, and perhaps more"
    first = f"; the first {PRINTED} are shown, and the record has all" if len(plan.others) > PRINTED else ""
    lines = [f"Other choices worth {within}: {count}{first}"]
    for each in plan.others[:PRINTED]:
        lines.append(f"  {pounds(each.objective_gbp)}: {difference(plan.chosen, each.chosen, labels)}")
    if equal:
        rule = "Of equals the choice with fewest options is taken, then the one whose options come first in options.yaml"
        lines.append(f"{equal:,} of them {'is' if equal == 1 else 'are'} worth as much to the penny. {rule}")
    return lines


def difference(chosen: Mapping[str, int], other: Mapping[str, int], labels: Mapping[str, str]) -> str:
    """In what another choice differs, in words.

    >>> difference({"A": 1, "B": 0}, {"A": 0, "B": 1}, {"A": "Telecare"})
    'with B; without Telecare'
    """
    with_, without = (
        [labels.get(option, option) for option in chosen if first[option] > second[option]]
        for first, second in ((other, chosen), (chosen, other))
    )
    return "; ".join([*([f"with {listed(with_)}"] if with_ else []), *([f"without {listed(without)}"] if without else [])])


def _loss(plan: Plan, labels: Mapping[str, str]) -> list[str]:
    if plan.loss is None:
        return []
    if not plan.loss.options:
        return ["The plan loses, and no mandatory option makes it so: a choice worth more would break a budget or another rule"]
    lines = ["The plan loses because of what must be done:"]
    for each in plan.loss.options:
        needs = f" (it needs {listed([labels.get(option, option) for option in each.needs])})" if each.needs else ""
        worth = f"mandatory, worth {pounds(each.value_gbp)} by itself{needs}"
        lines.append(f"  {labels.get(each.option, each.option)}: {worth}; best value without having to do it {_proved(each.without_gbp)}")
    if len(plan.loss.options) > 1:
        lines.append(f"  Best value if no option were mandatory: {_proved(plan.loss.without_all_gbp)}")
    return lines


def _proved(value: float | None) -> str:
    return "not proved" if value is None else pounds(value)

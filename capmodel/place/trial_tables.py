"""Plans under uncertainty and efficient frontiers as tables, in the form of those of the tests: the screen and the workbook show the same.

Nothing is worked out here. What the figures mean is in `reinvestment.under_uncertainty` and `reinvestment.frontier`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from capmodel.errors import listed
from capmodel.money import pounds
from capmodel.place.option_tables import INDEX, Entry, OptionTable, money, texts
from capmodel.reinvestment.options.perspective import COMMISSIONER, OUTCOMES, SYSTEM
from capmodel.reinvestment.under_uncertainty.results import BLEND, BUDGETED, MEAN, SAFE, Case, UnderUncertainty

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised

#: Cases that are named one by one; more than these are counted.
_NAMED = 12
_DRAW = "draw "


def tables_of_trials(found: Optimised) -> tuple[OptionTable, ...]:
    """Every table, in the order in which they are shown: plans side by side, their options, budgets, and between two perspectives."""
    uncertain = (_plans(found), _options(found)) if found.tried.uncertain.plans else ()
    return (*uncertain, _budgets(found), _between(found))


def rule_label(found: Optimised, rule: str) -> str:
    """What a rule is called.

    >>> from types import SimpleNamespace as N
    >>> rule_label(N(tried=N(uncertain=N(failures=2))), "budgeted")
    'Best when 2 effects fail'
    """
    return {MEAN: "Best in the mean", BLEND: "Best blend", SAFE: "Safe", BUDGETED: f"Best {_failing(found)}"}[rule]


def _failing(found: Optimised) -> str:
    failures = found.tried.uncertain.failures
    return "when 1 effect fails" if failures == 1 else f"when {failures} effects fail"


def words_of_cases(found: Optimised) -> list[str]:
    """In which cases plans are valued, what is drawn, where plans are feasible, and why a rule has no plan."""
    uncertain = found.tried.uncertain
    named = [f"{case.name} {case.weight:.4g}" for case in uncertain.cases if case.weight and not case.name.startswith(_DRAW)]
    if uncertain.draws:
        weight = sum(case.weight for case in uncertain.cases if case.name.startswith(_DRAW))
        named.append(f"{uncertain.draws} draws about {found.result.scenario} {weight:.4g} together (seed {uncertain.seed})")
    how = "as stated" if uncertain.stated_weights else _unstated(uncertain)
    lines = [f"Plans under uncertainty. Cases by weight: {', '.join(named)}; {how}"]
    if sum(case.weight > 0 for case in uncertain.cases) == 1:
        lines.append(
            "There is one case of any weight, so that mean and expected shortfall are the same: "
            "the plans differ only with more cases, which are more scenarios in scenarios.yaml or --draws 50"
        )
    if uncertain.draws:
        moved = [f"{each.name} ({each.distribution})" for each in uncertain.drawn if each.kind == "assumption"]
        effects = sum(each.kind == "effect" for each in uncertain.drawn)
        last = f"{effects} effects, by risk.yaml" if effects else "no effect, because risk.yaml states no spread of effects"
        lines.append(f"Drawn: {'; '.join([*moved, last])}")
    required = _named(case for case in uncertain.cases if case.required)
    lines.append(f"Every plan is feasible in {required}" if required else "WARNING: no plan is asked to be feasible in any case")
    if impossible := _named(case for case in uncertain.cases if not case.possible):
        lines.append(f"WARNING: no choice of options keeps every constraint in {impossible}; no plan is feasible there")
    return [*lines, *(f"{rule_label(found, rule)}: no plan, because {reason}" for rule, reason in uncertain.reasons.items())]


def _unstated(uncertain: UnderUncertainty) -> str:
    """What the weights of the cases are where nobody states them."""
    if not uncertain.draws:
        return "no weights are stated, so all weigh the same"
    scenarios = listed([case.name for case in uncertain.cases if not case.name.startswith(_DRAW)])
    without = f"; --weight gives some to scenarios, which have none now: {scenarios}" if scenarios else ""
    return f"no weights are stated, so the draws have all of it{without}"


def _named(cases: Iterable[Case]) -> str:
    names = [case.name for case in cases]
    draws = [name for name in names if name.startswith(_DRAW)]
    return listed(names if len(draws) <= _NAMED else [*(name for name in names if name not in draws), f"{len(draws)} draws"])


def _plans(found: Optimised) -> OptionTable:
    uncertain = found.tried.uncertain
    blend = f"Blend {1 - uncertain.blend_weight:g} : {uncertain.blend_weight:g}"
    headings = ("Plan", "Options", "Mean", "Expected shortfall", blend, "Worst case", "Is", f"At least {_failing(found)}", "Proof")
    rows = []
    for plan in uncertain.plans:
        figures = map(money, (plan.mean_gbp, plan.shortfall_gbp, plan.blend_gbp, plan.worst_gbp))
        worst = "all alike" if len(set(plan.values_gbp)) == 1 else plan.worst_case
        first = (Entry(rule_label(found, plan.rule)), Entry(str(len(plan.options))), *figures, Entry(worst))
        rows.append((*first, money(plan.protected_gbp), Entry(_proof(plan.proved, plan.bound_gbp) or "best")))
    tail = "the worst case" if uncertain.level >= 1 else f"the mean of the worst {100 * (1 - uncertain.level):.4g}% of cases"
    return OptionTable(f"Plans side by side, £ of the first year, discounted; expected shortfall is {tail}", headings, tuple(rows))


def _proof(proved: bool, bound: float | None) -> str:
    return "" if proved or bound is None else f"not proved: at most {pounds(bound)}"


def _options(found: Optimised) -> OptionTable:
    plans, place = found.tried.uncertain.plans, found.result.place
    rows = [
        tuple(texts(start.label, *("yes" if plan.chosen[start.id] else "no" for plan in plans)))
        for start in place.choices.starts
        if any(plan.chosen[start.id] for plan in plans)
    ]
    failing = [listed([place.label(effect) for effect in plan.failing]) or "none" for plan in plans]
    rows.append(tuple(texts("Costs most where it fails", *failing)))
    headings = ("Option", *(rule_label(found, plan.rule) for plan in plans))
    return OptionTable("Options of each plan", headings, tuple(rows), left=len(headings))


def _budgets(found: Optimised) -> OptionTable:
    headings = ("Budget times", "All years", "Plan worth", "A further pound buys", "Then chosen", "Then left out")
    budgets, rows = found.tried.budgets, []
    for point in budgets.points:
        first = point.more_budget_gbp is None or point.gained_gbp is None
        words = (_listed(found, point.options), "") if first else (_listed(found, point.added), _listed(found, point.dropped))
        worth = money(point.objective_gbp)
        if point.objective_gbp is None:
            worth = Entry("no plan" if point.proved else "no plan found")
        elif not point.proved:
            worth = Entry(f"{round(point.objective_gbp):,}, {_proof(False, point.bound_gbp)}")
        buys = Entry("") if point.pound_buys_gbp is None else Entry(round(point.pound_buys_gbp, 4) + 0.0, INDEX)
        rows.append((Entry(point.factor, INDEX), money(sum(point.budget_gbp)), worth, buys, *texts(*words)))
    title = "The best plan at other investment budgets, all years multiplied alike, £"
    return OptionTable(title, headings, tuple(rows), left=0, note=". ".join(where_it_stops(found)), words=2)


def where_it_stops(found: Optimised) -> list[str]:
    """From which budget more money changes nothing, and below which there is no plan."""
    budgets, lines = found.tried.budgets, []
    if budgets.unlimited_gbp is not None and budgets.enough_factor is not None:
        worth = pounds(budgets.unlimited_gbp)
        lines.append(
            f"More money stops mattering at {budgets.enough_factor:.4f} times the budgets: with no limit the best plan is worth {worth}"
        )
    if budgets.least_factor:
        lines.append(f"Below {budgets.least_factor:.4f} times the budgets no plan keeps every constraint")
    return lines


def _between(found: Optimised) -> OptionTable:
    between = found.tried.between
    names = [perspective_label(found, name) for name in (between.first, between.second)]
    rows, before = [], dict[str, int]()
    for point in between.points:
        weighting = (
            "no" if point.weight_share is None else f"from {point.weight_share:.2f} for {names[0]}" if len(between.points) > 1 else "by any"
        )
        added = [option for option in point.options if not before.get(option)]
        dropped = [option for option, taken in before.items() if taken and not point.chosen[option]]
        words = texts(
            weighting + ("; the best plan" if point.present else ""), _listed(found, added), _listed(found, dropped) if before else ""
        )
        rows.append((money(point.first_gbp), money(point.second_gbp), *words))
        before = dict(point.chosen)
    more = "" if between.complete else ": some of them, there are more"
    title = f"Plans that no other beats for both {names[0]} and {names[1]}, £{more}"
    headings = (f"Worth to {names[0]}", f"Worth to {names[1]}", "Best by weighting", "Then chosen", "Then left out")
    return OptionTable(title, headings, tuple(rows), left=0, words=3)


def perspective_label(found: Optimised, name: str) -> str:
    """What a perspective is called."""
    named = {SYSTEM: "the system", COMMISSIONER: "the commissioner", OUTCOMES: "outcomes for people"}
    is_party = any(entry.id == name for entry in found.result.place.pack.dimensions["party"])
    return named[name] if name in named and not is_party else found.result.place.label(name)


def _listed(found: Optimised, options: Iterable[str]) -> str:
    return listed([found.result.place.label(option) for option in options]) or "none"

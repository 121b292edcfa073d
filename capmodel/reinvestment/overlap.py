"""What chosen options save together on one budget: less than the sum of what each saves alone, because they act on the same cost.

Savings on a budget (a group in a setting, in a year) multiply: two options that each save a tenth of it save 1 - 0.9 x 0.9 together and
not two tenths. So what an option does alone stays as it is, and the plan is the sum of its options less the overlap, which payers and
providers share like any saving. More spend is added. An option claims the saving of a budget once, and no effect exceeds it, so that
together options never save more than it holds. Only budgets on which several options act have an overlap. What the plan comes to is in `planning`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.functions import AMOUNTS, ratio
from capmodel.algebra.links import earlier, lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import columns_of, payer_mix, provider_mix
from capmodel.care_budgets.year_of_care import care_budget
from capmodel.reinvestment import appraise
from capmodel.reinvestment.appraise import effect_year, perspective, provider_release, release
from capmodel.reinvestment.discount import discount
from capmodel.reinvestment.options.choices import Choices
from capmodel.reinvestment.starts import PLAN_SHEET

overlap = Table("overlap", ("group", "setting", "year"), "Overlap of the chosen options on each budget", PLAN_SHEET)

overlap_option = Table("overlap_option", ("group", "setting", "option", "year"), "Options on the same budget", PLAN_SHEET)

overlap_party = Table("overlap_party", ("setting", "party", "year"), "Overlap of the chosen options by party", PLAN_SHEET)

overlap_release = Table(
    "overlap_release", ("setting", "provider", "year"), "Overlap on care of providers that state their release", PLAN_SHEET
)

TABLES = (overlap_option, overlap, overlap_release, overlap_party)


@overlap.line("GBP", "Budget of the group in the setting", total(care_budget, "budget_gbp", "group", "setting", "year"))
def shared_budget_gbp() -> Any:
    """What several options act on: the group's Year of Care budgets in the setting."""


@overlap_option.line("GBP", "Saving if chosen", total(effect_year, "chosen_saving_gbp", "group", "setting", "option", "year"))
def added_gbp() -> Any:
    """What the option saves on the budget by itself, where it is chosen; more spend is left out."""


@overlap_option.line("share", "Part of the budget it saves", budget=lookup(overlap, "shared_budget_gbp"))
def taken_share(added_gbp: Any, budget: Any) -> Any:
    """The part of the budget that the option saves by itself, where it is chosen; zero where there is no budget.

    >>> float(taken_share(1000.0, 10_000.0))
    0.1
    """
    return added_gbp * ratio(1, budget, decimals=AMOUNTS)


@overlap_option.line("share", "Left by the options above", prior("left_share", first=1, along=("option",)))
def before_share() -> Any:
    """The part of the budget that the options above leave: the first finds all of it."""


@overlap_option.line("share", "Part of the budget it saves of what is left")
def saved_share(taken_share: Any, before_share: Any) -> Any:
    """What the option saves once those above have saved theirs: the same part, of what they leave.

    >>> round(saved_share(0.1, 0.9), 12)
    0.09
    """
    return taken_share * before_share


@overlap_option.line("share", "Left to the options below")
def left_share(before_share: Any, saved_share: Any) -> Any:
    """What the option leaves: the product of 1 less its part for all options so far.

    >>> round(left_share(0.9, 0.09), 12)
    0.81
    """
    return before_share - saved_share


@overlap_option.line("GBP", "Overlap with the options above", budget=lookup(overlap, "shared_budget_gbp"))
def lost_gbp(taken_share: Any, saved_share: Any, budget: Any) -> Any:
    """What the options above have saved already of what the option saves by itself.

    >>> round(lost_gbp(0.1, 0.09, 10_000.0), 6)
    100.0
    """
    return (taken_share - saved_share) * budget


@overlap.line("GBP", "Overlap in the saving", total(overlap_option, "lost_gbp", "group", "setting", "year"))
def overlap_gbp() -> Any:
    """What the chosen options save on the budget one by one, less what they save together."""


@overlap.line("GBP", "Saving of the options together", added=total(overlap_option, "added_gbp", "group", "setting", "year"))
def together_gbp(added: Any, overlap_gbp: Any) -> Any:
    """What the chosen options save on the budget together: never more than it holds.

    >>> together_gbp(2000.0, 100.0)
    1900.0
    """
    return added - overlap_gbp


@overlap.line("GBP", "Overlap in the cost released", part=lookup(release, "release_share"))
def overlap_released_gbp(overlap_gbp: Any, part: Any) -> Any:
    """The cash-releasing part of the overlap by the rule of the setting, which is not released twice either."""
    return overlap_gbp * part


@overlap_release.line(
    "GBP", "Overlap on the provider", twice=total(overlap, "overlap_gbp", "setting", "year"), part=lookup(provider_mix, "provider_share")
)
def own_overlap_gbp(twice: Any, part: Any) -> Any:
    """The part of the overlap that is on care of the provider."""
    return twice * part


@overlap_release.line(
    "GBP",
    "Released more (plus) or less (minus) of the overlap than by the rule of the setting",
    at_once=earlier(overlap_release, "own_overlap_gbp", years="variable_lag"),
    by_step=earlier(overlap_release, "own_overlap_gbp", years="step_lag"),
    variable=lookup(provider_release, "variable_release_share"),
    step=lookup(provider_release, "step_release_share"),
    rule=lookup(release, "release_share"),
)
def overlap_extra_gbp(own_overlap_gbp: Any, at_once: Any, by_step: Any, variable: Any, step: Any, rule: Any) -> Any:
    """What the provider would release twice after its own lags, less what the share of the setting would release of the overlap.

    >>> round(overlap_extra_gbp(100.0, 100.0, 0.0, 0.2, 0.3, 0.5), 2)
    -30.0
    """
    return appraise.beside_rule_gbp(own_overlap_gbp, at_once, by_step, variable, step, rule)


@overlap_party.line(
    "GBP",
    "Overlap in the effect on the party",
    saved=total(overlap, "overlap_gbp", "setting", "year"),
    released=total(overlap, "overlap_released_gbp", "setting", "year"),
    pays=total(payer_mix, "payer_share", "setting", payer="party"),
    provides=total(provider_mix, "provider_share", "setting", provider="party"),
    extra=total(overlap_release, "overlap_extra_gbp", "setting", "year", provider="party"),
)
def overlap_net_gbp(saved: Any, released: Any, pays: Any, provides: Any, extra: Any) -> Any:
    """What the party, as a payer and as a provider, would gain or lose twice.

    >>> overlap_net_gbp(100.0, 40.0, 0.0, 1.0, -10.0)
    -70.0
    """
    return appraise.payer_gbp(saved, pays) + appraise.provider_gbp(saved, released, provides) + extra


@overlap_party.line(
    "GBP",
    "Overlap in the value that counts",
    weight=lookup(perspective, "perspective_index"),
    real=lookup(discount, "real_index"),
    factor=lookup(discount, "discount_index"),
)
def overlap_counted_gbp(overlap_net_gbp: Any, weight: Any, real: Any, factor: Any) -> Any:
    """The same in money of the first year, discounted, for the parties whose pounds count."""
    return appraise.counted_gbp(overlap_net_gbp, weight, real, factor)


def shared(choices: Choices) -> list[tuple[str, str, str]]:
    """Group, setting and option of all budgets on which several options act, the options of a budget in the order of options.yaml."""
    acting = dict.fromkeys((group, setting, option) for _, option, group, setting in choices.effects)
    budgets = dict.fromkeys(line[:2] for line in acting)
    found = [line for budget in budgets for line in acting if line[:2] == budget]
    return [line for line in found if sum(each[:2] == line[:2] for each in found) > 1]


def rows(pack: Pack, choices: Choices, baseline: Mapping[str, Rows]) -> dict[str, Rows]:
    """The rows of these tables; those of the baseline say who pays and who provides in each setting."""
    lines = shared(choices)
    concerned = {setting for _, setting, _ in lines}
    stated = choices.rows[provider_release.name].columns
    lags = zip(stated["setting"], stated["provider"], stated["variable_lag"], stated["step_lag"], strict=True)
    mixes = [pair for mix in (payer_mix, provider_mix) for pair in baseline[mix.name].keys(mix.keys) if pair[0] in concerned]
    return {
        overlap_option.name: columns_of(overlap_option.keys[:-1], lines, pack.years),
        overlap.name: columns_of(overlap.keys[:-1], list(dict.fromkeys(line[:2] for line in lines)), pack.years),
        overlap_release.name: columns_of(
            ("setting", "provider", "variable_lag", "step_lag"), [line for line in lags if line[0] in concerned], pack.years
        ),
        overlap_party.name: columns_of(overlap_party.keys[:-1], list(dict.fromkeys(mixes)), pack.years),
    }

"""Who pays and who gains by the plan, by party and setting: a cost that is moved to somebody else is seen where it lands.

In year is what the chosen options do in the year, as far as they are delivered, with their set-up cost. Recurrently is what they do
each year once they are delivered in full, on the budgets of the year, without
cost that does not recur (set-up, capital, double running). Parties run down, settings across, with
the cost of the options beside them: rows add up to the effect on a party, columns to that in a setting, and all of it to the system
effect. Source: Making integrated out-of-hospital care a reality (2012), page 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import assumption, lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import payer_mix, provider_mix
from capmodel.reinvestment import appraise, released
from capmodel.reinvestment.appraise import effect, effect_year, option_payer, provider_release, release, start_party
from capmodel.reinvestment.evidence import effect_grade
from capmodel.reinvestment.overlap import overlap, overlap_extra_gbp, overlap_option, overlap_release, own_overlap_gbp
from capmodel.reinvestment.plan_totals import plan
from capmodel.reinvestment.planning import plan_party
from capmodel.reinvestment.released import effect_release, start_closure
from capmodel.reinvestment.starts import start, start_year

SHEET = "Calc 7 Who pays"

plan_effect = Table(
    "plan_effect", ("effect", "start", "year"), "Effects of the chosen options", SHEET, beside=("option", "group", "setting")
)

recurrent_overlap = Table("recurrent_overlap", overlap_option.keys, "Options on the same budget, delivered in full", SHEET)

recurrent_release = Table(
    "recurrent_release", overlap_release.keys, "Overlap on care of providers that state their release, recurrently", SHEET
)

plan_release = Table(
    "plan_release", ("effect", "start", "provider", "year"), "What providers release that state it, recurrently", SHEET, beside=("setting",)
)

plan_cost = Table("plan_cost", ("start", "party", "year"), "Cost of the chosen options that does not recur", SHEET)

plan_setting = Table("plan_setting", ("setting", "year"), "The plan by setting", SHEET)

who_pays = Table("who_pays", ("party", "setting", "year"), "Who pays and who gains, by party and setting", SHEET)

party_effect = Table("party_effect", ("party", "year"), "Who pays and who gains, by party", SHEET)

system_effect = Table("system_effect", ("year",), "Effect on the system", SHEET)

TABLES = (plan_effect, plan_release, recurrent_overlap, recurrent_release, plan_cost, plan_setting, who_pays, party_effect, system_effect)


@plan_effect.line("GBP", "Saving in year", saved=lookup(effect_year, "saving_gbp"), chosen=lookup(start, "chosen_flag"))
def in_year_saving_gbp(saved: Any, chosen: Any) -> Any:
    """What payers pay less in the year, where the option is chosen."""
    return saved * chosen


@plan_effect.line("GBP", "Cost released in year", released=lookup(effect_year, "released_gbp"), chosen=lookup(start, "chosen_flag"))
def in_year_released_gbp(released: Any, chosen: Any) -> Any:
    """What providers spend less in the year, where the option is chosen."""
    return released * chosen


@plan_effect.line(
    "GBP",
    "Recurrent saving",
    base=lookup(effect_year, "base_gbp"),
    effect_of=lookup(effect, "effect_share"),
    reach=lookup(effect, "reach_share"),
    benefit_bias=total(effect_grade, "benefit_part_share", "effect"),
    spend_bias=total(effect_grade, "spend_part_index", "effect"),
    prudence=assumption("prudence_share"),
    scale=lookup(start, "scale_share"),
    begun=lookup(start_year, "chosen_begun_flag"),
)
def recurrent_saving_gbp(
    base: Any, effect_of: Any, reach: Any, benefit_bias: Any, spend_bias: Any, prudence: Any, scale: Any, begun: Any
) -> Any:
    """The saving of a year from the start on, as if all of its scale were delivered.

    The rules are those of `claimed_gbp`, `graded_saving_gbp` and `saving_gbp`.

    >>> float(recurrent_saving_gbp(1_000_000.0, 0.4, 0.05, 0.0, 0.0, 0.5, 1.0, 1.0))
    10000.0
    """
    claimed = appraise.claimed_gbp(base, effect_of, reach, scale)
    return appraise.saving_gbp(appraise.graded_saving_gbp(claimed, benefit_bias, spend_bias), prudence) * begun


@plan_effect.line("GBP", "Cost released recurrently", part=lookup(release, "release_share"))
def recurrent_released_gbp(recurrent_saving_gbp: Any, part: Any) -> Any:
    """The cash-releasing part of the recurrent saving, by the rule of `released_gbp`.

    >>> float(recurrent_released_gbp(10_000.0, 0.4))
    4000.0
    """
    return appraise.released_gbp(recurrent_saving_gbp, part)


@plan_cost.line(
    "GBP",
    "Cost that does not recur",
    one_off=lookup(start_year, "start_one_off_gbp"),
    pays=lookup(option_payer, "pays_flag"),
    chosen=lookup(start, "chosen_flag"),
)
def one_off_gbp(one_off: Any, pays: Any, chosen: Any) -> Any:
    """What the party pays once for a chosen option, and not again."""
    return one_off * pays * chosen


@plan_effect.line("GBP", "Recurrent saving, more spend left out")
def recurrent_fall_gbp(recurrent_saving_gbp: Any) -> Any:
    """The recurrent saving where it is one; more spend on a budget overlaps with nothing."""
    return np.maximum(recurrent_saving_gbp, 0)


@recurrent_overlap.line("GBP", "Recurrent saving if chosen", total(plan_effect, "recurrent_fall_gbp", "group", "setting", "option", "year"))
def added_gbp() -> Any:
    """What the option saves on the budget by itself in a year in which it is delivered in full."""


recurrent_overlap.as_in(overlap_option, *(name for name in overlap_option.lines if name != "added_gbp"))


@plan_setting.line("GBP", "Overlap in year (minus)", twice=total(overlap, "overlap_gbp", "setting", "year"))
def overlap_in_year_gbp(twice: Any) -> Any:
    """What the chosen options would save twice in the setting in the year, as a minus."""
    return -twice


@plan_setting.line("GBP", "Overlap, recurrently (minus)", twice=total(recurrent_overlap, "lost_gbp", "setting", "year"))
def overlap_recurrently_gbp(twice: Any) -> Any:
    """What they would save twice each year, once everything is delivered in full, as a minus."""
    return -twice


@plan_setting.line("GBP", "Saving in year", options=total(plan_effect, "in_year_saving_gbp", "setting", "year"))
def saved_in_year_gbp(options: Any, overlap_in_year_gbp: Any) -> Any:
    """What payers pay less for the setting in the year: the options one by one, less their overlap.

    >>> saved_in_year_gbp(2000.0, -100.0)
    1900.0
    """
    return options + overlap_in_year_gbp


@plan_setting.line(
    "GBP",
    "Cost released in year by the rule of the setting",
    options=total(plan_effect, "in_year_released_gbp", "setting", "year"),
    part=lookup(release, "release_share"),
)
def rule_in_year_gbp(options: Any, overlap_in_year_gbp: Any, part: Any) -> Any:
    """What providers of the setting spend less in the year by its release share.

    >>> rule_in_year_gbp(800.0, -100.0, 0.4)
    760.0
    """
    return options + overlap_in_year_gbp * part


@plan_setting.line(
    "GBP",
    "Cost released in year",
    extra=total(effect_release, "chosen_extra_gbp", "setting", "year"),
    closed=total(start_closure, "chosen_closure_gbp", "setting", "year"),
    twice=total(overlap_release, "overlap_extra_gbp", "setting", "year"),
)
def released_in_year_gbp(rule_in_year_gbp: Any, extra: Any, closed: Any, twice: Any) -> Any:
    """What providers of the setting spend less in the year, with what they state themselves and with closures, less what is twice in it."""
    return rule_in_year_gbp + extra + closed - twice


@plan_setting.line("GBP", "Recurrent saving", options=total(plan_effect, "recurrent_saving_gbp", "setting", "year"))
def saved_recurrently_gbp(options: Any, overlap_recurrently_gbp: Any) -> Any:
    """What payers pay less for the setting each year, once everything is delivered in full."""
    return saved_in_year_gbp(options, overlap_recurrently_gbp)


@plan_release.line(
    "GBP",
    "Released more (plus) or less (minus) than by the rule of the setting, recurrently",
    saved=lookup(plan_effect, "recurrent_saving_gbp"),
    part=lookup(provider_mix, "provider_share"),
    variable=lookup(provider_release, "variable_release_share"),
    step=lookup(provider_release, "step_release_share"),
    rule=lookup(release, "release_share"),
)
def recurrent_extra_gbp(saved: Any, part: Any, variable: Any, step: Any, rule: Any) -> Any:
    """Once all lags are over, by the rule of `extra_released_gbp`.

    >>> round(float(recurrent_extra_gbp(100.0, 1.0, 0.2, 0.3, 0.4)), 2)
    10.0
    """
    fall = released.own_fall_gbp(released.own_saving_gbp(saved, part))
    return released.extra_released_gbp(fall, fall, fall, variable, step, rule)


@recurrent_release.line(
    "GBP",
    "Released more (plus) or less (minus) of the overlap than by the rule of the setting, recurrently",
    twice=total(recurrent_overlap, "lost_gbp", "setting", "year"),
    part=lookup(provider_mix, "provider_share"),
    variable=lookup(provider_release, "variable_release_share"),
    step=lookup(provider_release, "step_release_share"),
    rule=lookup(release, "release_share"),
)
def recurrent_twice_gbp(twice: Any, part: Any, variable: Any, step: Any, rule: Any) -> Any:
    """What a provider that states its release would release twice once all lags are over, by the rule of `overlap_extra_gbp`.

    >>> round(recurrent_twice_gbp(100.0, 1.0, 0.2, 0.3, 0.4), 2)
    10.0
    """
    own = own_overlap_gbp(twice, part)
    return overlap_extra_gbp(own, own, own, variable, step, rule)


@plan_setting.line(
    "GBP",
    "Cost released recurrently by the rule of the setting",
    options=total(plan_effect, "recurrent_released_gbp", "setting", "year"),
    part=lookup(release, "release_share"),
)
def rule_recurrently_gbp(options: Any, overlap_recurrently_gbp: Any, part: Any) -> Any:
    """What providers of the setting spend less each year by its release share."""
    return rule_in_year_gbp(options, overlap_recurrently_gbp, part)


@plan_setting.line(
    "GBP",
    "Cost released recurrently",
    extra=total(plan_release, "recurrent_extra_gbp", "setting", "year"),
    closed=total(start_closure, "recurrent_closure_gbp", "setting", "year"),
    twice=total(recurrent_release, "recurrent_twice_gbp", "setting", "year"),
)
def released_recurrently_gbp(rule_recurrently_gbp: Any, extra: Any, closed: Any, twice: Any) -> Any:
    """What providers of the setting spend less each year, once everything is delivered in full."""
    return released_in_year_gbp(rule_recurrently_gbp, extra, closed, twice)


@who_pays.line(
    "GBP",
    "Gains (plus) or pays (minus) in year",
    saved=lookup(plan_setting, "saved_in_year_gbp"),
    by_rule=lookup(plan_setting, "rule_in_year_gbp"),
    pays=total(payer_mix, "payer_share", "setting", payer="party"),
    provides=total(provider_mix, "provider_share", "setting", provider="party"),
    extra=total(effect_release, "chosen_extra_gbp", "setting", "year", provider="party"),
    closed=total(start_closure, "chosen_closure_gbp", "setting", "year", provider="party"),
    twice=total(overlap_release, "overlap_extra_gbp", "setting", "year", provider="party"),
)
def in_year_gbp(saved: Any, by_rule: Any, pays: Any, provides: Any, extra: Any, closed: Any, twice: Any) -> Any:
    """What the party no longer pays for the setting, and what it loses as its provider.

    >>> in_year_gbp(800_000.0, 320_000.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    -480000.0
    """
    return appraise.payer_gbp(saved, pays) + appraise.provider_gbp(saved, by_rule, provides) + extra + closed - twice


@who_pays.line(
    "GBP",
    "Gains (plus) or pays (minus) recurrently",
    saved=lookup(plan_setting, "saved_recurrently_gbp"),
    by_rule=lookup(plan_setting, "rule_recurrently_gbp"),
    pays=total(payer_mix, "payer_share", "setting", payer="party"),
    provides=total(provider_mix, "provider_share", "setting", provider="party"),
    extra=total(plan_release, "recurrent_extra_gbp", "setting", "year", provider="party"),
    closed=total(start_closure, "recurrent_closure_gbp", "setting", "year", provider="party"),
    twice=total(recurrent_release, "recurrent_twice_gbp", "setting", "year", provider="party"),
)
def recurrent_gbp(saved: Any, by_rule: Any, pays: Any, provides: Any, extra: Any, closed: Any, twice: Any) -> Any:
    """The same in a year in which everything is delivered in full."""
    return in_year_gbp(saved, by_rule, pays, provides, extra, closed, twice)


@party_effect.line("GBP", "Cost of the options (minus) in year", cost=total(start_party, "chosen_own_cost_gbp", "party", "year"))
def in_year_cost_gbp(cost: Any) -> Any:
    """What the party pays for the chosen options, all kinds of cost; it belongs to no setting."""
    return -cost


@party_effect.line("GBP", "Cost of the options (minus) recurrently", one_off=total(plan_cost, "one_off_gbp", "party", "year"))
def recurrent_cost_gbp(in_year_cost_gbp: Any, one_off: Any) -> Any:
    """What the party pays for the chosen options without what does not recur: the running cost of the year.

    >>> recurrent_cost_gbp(-150.0, 100.0)
    -50.0
    """
    return in_year_cost_gbp + one_off


@party_effect.line("GBP", "All of it in year", settings=total(who_pays, "in_year_gbp", "party", "year"))
def in_year_net_gbp(settings: Any, in_year_cost_gbp: Any) -> Any:
    """What the plan does to the party in the year, before settlement: all settings, and what it pays for the options."""
    return settings + in_year_cost_gbp


@party_effect.line("GBP", "All of it recurrently", settings=total(who_pays, "recurrent_gbp", "party", "year"))
def recurrent_net_gbp(settings: Any, recurrent_cost_gbp: Any) -> Any:
    """What the plan does to the party each year, once everything is delivered in full."""
    return settings + recurrent_cost_gbp


@party_effect.line("GBP", "Check: settings add up to the effect on the party", plan_net=lookup(plan_party, "plan_net_gbp"))
def check_party_gbp(in_year_net_gbp: Any, plan_net: Any) -> Any:
    """Zero where the row of a party adds up to the net effect of the plan on it."""
    return to_pence(in_year_net_gbp - plan_net)


@plan_setting.line("GBP", "Check: parties add up to the cost released in year", parties=total(who_pays, "in_year_gbp", "setting", "year"))
def check_in_year_gbp(released_in_year_gbp: Any, parties: Any) -> Any:
    """Zero where the column of a setting adds up: what one party gains and another loses leaves the cost that is released."""
    return to_pence(released_in_year_gbp - parties)


@plan_setting.line(
    "GBP", "Check: parties add up to the cost released recurrently", parties=total(who_pays, "recurrent_gbp", "setting", "year")
)
def check_recurrent_gbp(released_recurrently_gbp: Any, parties: Any) -> Any:
    """Zero where the column of a setting adds up once everything is delivered in full."""
    return to_pence(released_recurrently_gbp - parties)


@system_effect.line("GBP", "System effect in year", total(party_effect, "in_year_net_gbp", "year"))
def system_in_year_gbp() -> Any:
    """What all parties together gain or pay in the year: cost released less the cost of the options."""


@system_effect.line("GBP", "System effect, recurrent", total(party_effect, "recurrent_net_gbp", "year"))
def system_recurrent_gbp() -> Any:
    """What all parties together gain or pay each year, once everything is delivered in full."""


@system_effect.line(
    "GBP",
    "Check: parties add up to the system effect",
    released=lookup(plan, "plan_released_gbp"),
    cost=lookup(plan, "plan_cost_gbp"),
)
def check_system_gbp(system_in_year_gbp: Any, released: Any, cost: Any) -> Any:
    """Zero where the effects on all parties are the cost released by the plan less its cost."""
    return to_pence(system_in_year_gbp - (released - cost))


def rows(pack: Pack, known: Mapping[str, Rows]) -> dict[str, Rows]:
    """The rows of these tables, on those of options by party, effects by year, options that share a budget, and what providers release."""
    settings, parties = (tuple(entry.id for entry in pack.dimensions[name]) for name in ("setting", "party"))
    cells = [(party, setting) for party in parties for setting in settings]
    return {
        plan_effect.name: known[effect_year.name],
        recurrent_overlap.name: known[overlap_option.name],
        recurrent_release.name: known[overlap_release.name],
        plan_release.name: known[effect_release.name],
        plan_cost.name: known[start_party.name],
        plan_setting.name: Rows({"setting": settings}, pack.years),
        who_pays.name: Rows({"party": tuple(party for party, _ in cells), "setting": tuple(setting for _, setting in cells)}, pack.years),
        party_effect.name: Rows({"party": parties}, pack.years),
        system_effect.name: Rows({}, pack.years),
    }

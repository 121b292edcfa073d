"""What each start of an option saves and releases, and what it does to each party by year.

A saving counts after the optimism-bias adjustment; only the part of it that a provider can really release is money for the system. Every
start has a party-by-party effect that adds up to its system effect, so that a cost moved to somebody else is seen. What a start costs
is in `starts`, what a choice adds up to in `planning`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, at_least, to_pence
from capmodel.algebra.links import assumption, lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import columns_of, payer_mix, provider_mix
from capmodel.care_budgets.year_of_care import care_budget
from capmodel.errors import Problem
from capmodel.reinvestment import costs, delivery, evidence, outcomes, starts
from capmodel.reinvestment.discount import discount
from capmodel.reinvestment.evidence import SHEET, effect_grade
from capmodel.reinvestment.options.choices import Choices
from capmodel.reinvestment.outcomes import start_outcome
from capmodel.reinvestment.starts import start_year

release = Table("release", ("setting",), "What a provider can release", SHEET)
release.input("release_share", "share", "Cash-releasing part of a saving")

provider_release = Table("provider_release", ("setting", "provider"), "What providers release that state it", SHEET)
provider_release.input("variable_release_share", "share", "Variable part of a saving")
provider_release.input("step_release_share", "share", "Step part of a saving")
provider_release.input("unit_gbp", "GBP", "Price of a unit of activity")

perspective = Table("perspective", ("party",), "Whose pounds count", SHEET)
perspective.input("perspective_index", "index", "Weight of the party's pounds in the objective")

effect = Table("effect", ("effect",), "Effects of the options", SHEET, beside=("option", "group", "setting"))
effect.input("effect_share", "share", "Fall in spend among the people reached")
effect.input("reach_share", "share", "People reached, share of the group")

effect_year = Table("effect_year", ("effect", "start", "year"), "Effects by start and year", SHEET, beside=("option", "group", "setting"))
effect_payer = Table("effect_payer", ("effect", "start", "payer", "year"), "Effects on payers", SHEET)
effect_provider = Table("effect_provider", ("effect", "start", "provider", "year"), "Effects on providers", SHEET)

option_payer = Table("option_payer", ("option", "party"), "Who pays for an option", SHEET)
option_payer.input("pays_flag", "flag", "The party pays the option's cost")

start_party = Table("start_party", ("start", "party", "year"), "Effect of each start of an option on each party", SHEET)


#: The columns of the rows of effects by start.
EFFECT_COLUMNS = ("effect", "start", "option", "group", "setting")
TABLES = (
    *evidence.TABLES, *delivery.TABLES, *costs.TABLES, discount, *starts.TABLES, *outcomes.TABLES,
    release, provider_release, perspective, effect, effect_year, effect_payer, effect_provider, option_payer, start_party,
)  # fmt: skip


@effect_year.line("GBP", "Budget of the group in the setting", total(care_budget, "budget_gbp", "group", "setting", "year"))
def base_gbp() -> Any:
    """What the effect acts on: the group's Year of Care budgets in the setting."""


@effect_year.line(
    "GBP",
    "Saving claimed",
    effect_of=lookup(effect, "effect_share"),
    reach=lookup(effect, "reach_share"),
    delivery=lookup(start_year, "start_delivery_share"),
)
def claimed_gbp(base_gbp: Any, effect_of: Any, reach: Any, delivery: Any) -> Any:
    """Fall in spend before any adjustment: budget times reach times effect times delivery; a minus is more spend.

    >>> claimed_gbp(1_000_000.0, 0.4, 0.05, 0.5)
    10000.0
    """
    return base_gbp * reach * effect_of * delivery


@effect_year.line(
    "GBP",
    "Saving after optimism bias of its evidence",
    benefit_bias=total(effect_grade, "benefit_part_share", "effect"),
    spend_bias=total(effect_grade, "spend_part_index", "effect"),
)
def graded_saving_gbp(claimed_gbp: Any, benefit_bias: Any, spend_bias: Any) -> Any:
    """The claimed saving less the bias of its evidence grade; more spend is raised. Without a grade it is as claimed.

    >>> float(graded_saving_gbp(1_200_000.0, 0.25, 0.10))
    900000.0
    """
    return evidence.after_bias_gbp(claimed_gbp, benefit_bias, spend_bias)


@effect_year.line("GBP", "Adjusted saving", prudence=assumption("prudence_share"))
def saving_gbp(graded_saving_gbp: Any, prudence: Any) -> Any:
    """The saving after the prudence factor, which is applied once to all that is claimed; more spend is counted in full.

    Source: Health Service Journal integration roundtable (2015), where one service halved its claimed savings.

    >>> saving_gbp(np.array([100.0, -100.0]), 0.5).tolist()
    [50.0, -100.0]
    """
    return np.where(at_least(graded_saving_gbp, 0, AMOUNTS), graded_saving_gbp * prudence, graded_saving_gbp)


@effect_year.line("GBP", "Cost released", part=lookup(release, "release_share"))
def released_gbp(saving_gbp: Any, part: Any) -> Any:
    """The cash-releasing part of a saving by the rule of the setting; the rest is stranded cost. More spend is all cost.

    >>> released_gbp(np.array([800_000.0, -200_000.0]), 0.4).tolist()
    [320000.0, -200000.0]
    """
    return np.where(at_least(saving_gbp, 0, AMOUNTS), saving_gbp * part, saving_gbp)


def beside_rule_gbp(fall: Any, at_once: Any, by_step: Any, variable: Any, step: Any, rule: Any) -> Any:
    """What a provider that states its release lets go of a fall of its income, less what the share of the setting would release.

    >>> round(beside_rule_gbp(100.0, 100.0, 0.0, 0.2, 0.3, 0.4), 2)
    -20.0
    """
    return at_once * variable + by_step * step - fall * rule


@effect_payer.line("GBP", "Payer pays less", saved=lookup(effect_year, "saving_gbp"), part=lookup(payer_mix, "payer_share"))
def payer_gbp(saved: Any, part: Any) -> Any:
    """What the payer of the setting no longer pays."""
    return saved * part


@effect_provider.line(
    "GBP",
    "Provider's income less released cost",
    saved=lookup(effect_year, "saving_gbp"),
    released=lookup(effect_year, "released_gbp"),
    part=lookup(provider_mix, "provider_share"),
)
def provider_gbp(saved: Any, released: Any, part: Any) -> Any:
    """What the provider loses: income that is gone, less cost that goes with it."""
    return (released - saved) * part


@start_year.line("GBP", "Adjusted saving", total(effect_year, "saving_gbp", "start", "year"))
def start_saving_gbp() -> Any:
    """Fall in spend at present prices, after the optimism-bias adjustment."""


@start_party.line("GBP", "As a payer", total(effect_payer, "payer_gbp", "start", "year", payer="party"))
def as_payer_gbp() -> Any:
    """What the party pays less for care."""


@start_party.line("GBP", "Cost of the option", cost=lookup(start_year, "cost_gbp"), pays=lookup(option_payer, "pays_flag"))
def own_cost_gbp(cost: Any, pays: Any) -> Any:
    """The option's cost, for the party that pays it."""
    return cost * pays


@start_party.line("GBP", "Net effect on the party")
def net_gbp(as_payer_gbp: Any, as_provider_gbp: Any, own_cost_gbp: Any) -> Any:
    """Who pays and who gains; over all parties it adds up to cost released less cost. Source: Making integrated out-of-hospital care a reality (2012), page 4."""
    return as_payer_gbp + as_provider_gbp - own_cost_gbp


@start_party.line(
    "GBP",
    "Value that counts",
    weight=lookup(perspective, "perspective_index"),
    real=lookup(discount, "real_index"),
    factor=lookup(discount, "discount_index"),
)
def counted_gbp(net_gbp: Any, weight: Any, real: Any, factor: Any) -> Any:
    """The net effect in money of the first year, discounted, for the parties whose pounds count."""
    return net_gbp * weight * real * factor


@start_year.line(
    "GBP",
    "Value that counts",
    parties=total(start_party, "counted_gbp", "start", "year"),
    people=total(start_outcome, "outcome_counted_gbp", "start", "year"),
)
def year_value_gbp(parties: Any, people: Any) -> Any:
    """The start's discounted value in the year: the pounds of parties, and what it does for people."""
    return parties + people


@start_year.line("GBP", "Check: effects on parties add up to the system effect", parties=total(start_party, "net_gbp", "start", "year"))
def check_parties_gbp(start_released_gbp: Any, cost_gbp: Any, parties: Any) -> Any:
    """Zero where no cost is lost between the parties."""
    return to_pence(start_released_gbp - cost_gbp - parties)


def effect_lines(choices: Choices) -> list[tuple[str, ...]]:
    """Each effect at each start of its option, in the columns of `EFFECT_COLUMNS`."""
    return [(effect, each.id, *rest) for effect, *rest in choices.effects for each in choices.starts if each.option == rest[0]]


def rows(pack: Pack, choices: Choices, baseline: Mapping[str, Rows]) -> dict[str, Rows]:
    """The rows of these tables; those of the baseline say who pays and who provides in each setting."""
    parties = tuple(entry.id for entry in pack.dimensions["party"])
    payers = baseline[payer_mix.name].keys(payer_mix.keys)
    providers = baseline[provider_mix.name].keys(provider_mix.keys)
    names, lines = EFFECT_COLUMNS, effect_lines(choices)
    on_payers = [(*line, payer) for line in lines for where, payer in payers if where == line[4]]
    on_providers = [(*line, provider) for line in lines for where, provider in providers if where == line[4]]
    by_party = [(each.id, each.option, party) for each in choices.starts for party in parties]
    return {
        **starts.rows(pack, choices),
        **outcomes.rows(pack, choices),
        "release": Rows({"setting": tuple(entry.id for entry in pack.dimensions["setting"])}),
        "perspective": columns_of(("party", "role"), [(entry.id, entry.text("role")) for entry in pack.dimensions["party"]]),
        "effect": columns_of(("effect", "option", "group", "setting"), list(choices.effects)),
        "effect_year": columns_of(names, lines, pack.years),
        "effect_payer": columns_of((*names, "payer"), on_payers, pack.years),
        "effect_provider": columns_of((*names, "provider"), on_providers, pack.years),
        "option_payer": columns_of(("option", "party"), [(name, party) for name in choices.options for party in parties]),
        "start_party": columns_of(("start", "option", "party"), by_party, pack.years),
        "discount": Rows({"price_year": (str(pack.years[0]),)}, pack.years),
        "option_year": Rows({"option": choices.options}, pack.years),
        **choices.rows,
    }


def check_index(pack: Pack, problems: list[Problem]) -> None:
    """Report model years that the price index does not cover."""
    index = pack.columns["gdp_deflator_index"]
    known = {key[0] for key, _ in index.figures}
    for year in (str(year) for year in pack.years if str(year) not in known and not index.faulty):
        where = f"{pack.editions[0].id}, gdp_deflator_index.csv" if pack.editions else "gdp_deflator_index.csv"
        why = "this is the national pack; options are put in the money of the first model year"
        problems.append(Problem(where, f"there is no figure for {year}", why, "Take the year out of place.yaml, or use a pack that has it"))

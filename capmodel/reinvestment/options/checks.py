"""What of options.yaml is refused: every fault of the options, of the rules between them and of the perspective, with its line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.labels import check_label
from capmodel.assumptions.pack import Entry, Source
from capmodel.errors import Problem, listed
from capmodel.reinvestment.options.check import Check
from capmodel.reinvestment.options.evidence import check_grades
from capmodel.reinvestment.options.limits import check_limits
from capmodel.reinvestment.options.localities import check_localities
from capmodel.reinvestment.options.outcomes import check_outcomes
from capmodel.reinvestment.options.perspective import check_perspective
from capmodel.reinvestment.options.released import check_released
from capmodel.reinvestment.options.rules import check_rules
from capmodel.reinvestment.options.starts import check_starts, starts_of
from capmodel.reinvestment.options.stated import COSTS, YEARLY, ByMonth, Effect, Option, Options


def check_options(
    document: Document,
    content: Options,
    dimensions: Mapping[str, tuple[Entry, ...]],
    sources: Mapping[str, Source],
    years: tuple[int, ...],
    problems: list[Problem],
) -> None:
    """Report every fault of the file."""
    check = Check(document, dimensions, sources, years, problems)
    seen = {entry.id for entries in dimensions.values() for entry in entries}
    effects: set[str] = set()
    labels: set[str] = set()
    for i, option in enumerate(content.options):
        here: list[Step] = ["options", i]
        check.once([*here, "id"], option.id, seen)
        check_label(document, [*here, "label"], option.label, labels, problems)
        check.member([*here, "paid_by"], "party", option.paid_by)
        for name in ("cost", "delivery"):
            check.source([*here, name, "source"], getattr(option, name).source)
        for name in YEARLY:
            if getattr(option, name) is not None:
                check.yearly([*here, name], getattr(option, name))
        for year, share in (option.delivery_share or {}).items():
            if share > 0 and year in years:
                check.share([*here, "delivery_share", year], "delivery_share", share)
        _check_delivery(check, here, option)
        _check_starts(check, here, option, {each.id for each in content.options})
        for j, effect in enumerate(option.effects):
            check.once([*here, "effects", j, "id"], effect.id, effects)
            _check_effect(check, [*here, "effects", j], effect)
        _check_claims(check, here, option)
        _check_substance(check, here, option)
    check_grades(check, content, seen)
    check_limits(check, content, seen)
    check_released(check, content)
    check_rules(check, content, seen)
    check_outcomes(check, content, seen)
    check_localities(check, content, seen)
    check_perspective(check, content.perspective, any(option.outcomes for option in content.options))


def _check_claims(check: Check, here: list[Step], option: Option) -> None:
    """An option claims the saving of a group in a setting once: what claims it again is reported with the first, at the last of them."""
    claims: dict[tuple[str, str], dict[str, int]] = {}
    for j, effect in enumerate(option.effects):
        claims.setdefault((effect.group, effect.setting), {}).setdefault(effect.id, j)
    for (group, setting), places in claims.items():
        if len(places) > 1:
            check.fault(
                [*here, "effects", max(places.values())],
                f"{listed(list(places))} of {option.id} claim the saving of {group} in {setting} {'twice' if len(places) == 2 else 'more than once'}",
                "what comes later would be counted on top of the first",
                f"Make one effect of them{_together([option.effects[j] for j in places.values()])}",
            )


def _together(effects: Sequence[Effect]) -> str:
    """What one effect states that does what several of different causes do: savings multiply, and more spend is added."""
    parts = [effect.effect_share * effect.reach_share for effect in effects]
    if not all(-1 <= part <= 1 for part in parts) or not any(parts):
        return ""
    all_of_them = 1 - math.prod(1 - part for part in parts) if min(parts) > 0 else sum(parts)
    reach = max(*(effect.reach_share for effect in effects), abs(all_of_them))
    return (
        f". Where they have different causes it is effect_share: {all_of_them / reach:.6g} with reach_share: {reach:.6g}; "
        "where they have one, keep one of them"
    )


def _check_substance(check: Check, here: list[Step], option: Option) -> None:
    """An option has an effect or a cost; without both nothing could depend on it."""
    costs = any(value for name in COSTS for value in (getattr(option, name) or {}).values())
    people = any(each.units_each and any(each.number.values()) for each in option.outcomes)
    if not (costs or people or (option.by_month and option.by_month.running_cost_gbp) or has_effect(option)):
        check.fault(
            here, f"{option.id} has neither effect nor cost", "nothing depends on whether it is chosen", "State its cost or an effect"
        )


def has_effect(option: Option) -> bool:
    """True where some effect of an option changes spend in some year."""
    delivered = option.by_month is not None or any((option.delivery_share or {}).values())
    acts = any(effect.effect_share and effect.reach_share for effect in option.effects)
    closes = option.closes is not None and any(option.closes.cost_gbp.values())
    return delivered and (acts or closes)


def _check_delivery(check: Check, here: list[Step], option: Option) -> None:
    """An option is delivered by year or by month."""
    if option.by_month is None and option.delivery_share is None:
        check.fault(
            here, f"{option.id} has neither delivery_share nor by_month", "one of them says how much is delivered", "Add one of them"
        )
    elif option.by_month is not None and option.delivery_share is not None:
        check.fault(
            [*here, "by_month"],
            f"{option.id} has both delivery_share and by_month",
            "each says how much is delivered",
            "Remove one of them",
        )
    if option.by_month is not None:
        _check_months(check, [*here, "by_month"], option.by_month)


def _check_months(check: Check, steps: list[Step], month: ByMonth) -> None:
    if month.first_month not in range(1, 13):
        check.fault(
            [*steps, "first_month"],
            f"first_month is {month.first_month:g}",
            "it is a month of the first year",
            "Write 1 for its first month, up to 12",
        )
    if month.ramp_months < 1 or month.ramp_months != int(month.ramp_months):
        check.fault(
            [*steps, "ramp_months"],
            f"ramp_months is {month.ramp_months:g}",
            "it is a whole number of months",
            "Write 1 where the first month is delivered in full",
        )
    if month.decay_share is not None:
        check.part([*steps, "decay_share"], "decay_share", month.decay_share)
    if month.running_cost_gbp is not None and month.running_cost_gbp < 0:
        check.fault(
            [*steps, "running_cost_gbp"],
            f"running_cost_gbp is {month.running_cost_gbp:g}",
            "it is not below zero",
            "Show a saving as an effect",
        )


def _check_starts(check: Check, here: list[Step], option: Option, options: set[str]) -> None:
    """Report what cannot be so in the window and the scale, and a start whose id is another option's."""
    if not check_starts(check, here, option):
        return
    for start in starts_of(option, check.years):
        if start.id != option.id and start.id in options:
            why = f"a start of {option.id} is called that"
            check.fault([*here, "id"], f"there is an option {start.id}", why, "Give one of the two options another id")


def _check_effect(check: Check, steps: list[Step], effect: Effect) -> None:
    check.member([*steps, "group"], "group", effect.group)
    check.member([*steps, "setting"], "setting", effect.setting)
    for name in ("effect", "reach"):
        check.share([*steps, f"{name}_share"], f"{name}_share", getattr(effect, f"{name}_share"))
        check.source([*steps, f"{name}_source"], getattr(effect, f"{name}_source"))
    if effect.reach_share < 0:
        check.fault(
            [*steps, "reach_share"],
            f"reach_share is {effect.reach_share:g}",
            "people reached are not below nobody",
            "Give the effect the minus, if spend rises",
        )

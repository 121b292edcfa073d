"""What of options.yaml is refused: every fault of the options, of the rules between them and of the perspective, with its line."""

from __future__ import annotations

from collections.abc import Mapping

from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.labels import check_label
from capmodel.assumptions.pack import Entry, Source
from capmodel.errors import Problem, nearly
from capmodel.reinvestment.options.check import Check
from capmodel.reinvestment.options.evidence import check_grades
from capmodel.reinvestment.options.stated import ByMonth, Effect, Option, Options

#: What an option states for each year, none of it below zero.
YEARLY = ("setup_cost_gbp", "running_cost_gbp", "capital_cost_gbp", "double_running_cost_gbp", "risk_cost_gbp", "delivery_share")


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
                _check_yearly(check, here, option, name)
        _check_delivery(check, here, option)
        for j, effect in enumerate(option.effects):
            check.once([*here, "effects", j, "id"], effect.id, effects)
            _check_effect(check, [*here, "effects", j], effect)
    check_grades(check, content, seen)
    _check_requires(check, content)
    _check_exclusive(check, content)
    _check_perspective(check, content)


def _check_yearly(check: Check, here: list[Step], option: Option, name: str) -> None:
    given = getattr(option, name)
    missing = [str(year) for year in check.years if year not in given]
    if missing:
        check.fault(
            [*here, name], f"{name} has no figure for {', '.join(missing)}", "each model year needs one; gaps are not filled", "Add it"
        )
    for year, value in given.items():
        if value < 0:
            check.fault([*here, name, year], f"{name} is {value:g}", "it is not below zero", "Show a saving as an effect")
        elif name == "delivery_share":
            check.share([*here, name, year], name, value)


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


def _check_requires(check: Check, content: Options) -> None:
    options = [option.id for option in content.options]
    for i, rule in enumerate(content.requires):
        if rule.option == rule.needs:
            check.fault(["requires", i], f"{rule.option} needs itself", "the rule would do nothing", "Name another option, or remove it")
        for name in ("option", "needs"):
            check.known(["requires", i, name], getattr(rule, name), options)


def _check_exclusive(check: Check, content: Options) -> None:
    options = [option.id for option in content.options]
    sets: set[str] = set()
    for i, exclusive in enumerate(content.exclusive):
        check_label(check.document, ["exclusive", i, "label"], exclusive.label, sets, check.problems)
        if len(set(exclusive.options)) < max(2, len(exclusive.options)):
            check.fault(
                ["exclusive", i, "options"],
                f"{exclusive.id} does not name two different options",
                "the rule would do nothing",
                "Name each option once",
            )
        for j, name in enumerate(exclusive.options):
            check.known(["exclusive", i, "options", j], name, options)


def _check_perspective(check: Check, content: Options) -> None:
    parties = [entry.id for entry in check.dimensions.get("party", ())]
    weights = content.perspective.weights
    for party in parties:
        if party not in weights and not nearly(party, set(weights) - set(parties)):
            check.fault(["perspective", "weights"], f"{party} has no weight", "it must be said whose pounds count", f"Add {party}: 1, or 0")
    for party in weights:
        check.member(["perspective", "weights", party], "party", party)

"""What of options.yaml is refused: every fault of the options, of the rules between them and of the perspective, with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from capmodel.assumptions.dimensions import check_member
from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.figures import check_figure, check_source
from capmodel.assumptions.labels import check_label
from capmodel.assumptions.pack import Entry, Source
from capmodel.errors import Problem, nearest, nearly
from capmodel.reinvestment.options.stated import Effect, Option, Options

#: What an option states for each year, none of it below zero.
YEARLY = ("setup_cost_gbp", "running_cost_gbp", "delivery_share")


@dataclass(frozen=True)
class Check:
    """The file that is checked, what its names may be, and where faults are written down."""

    document: Document
    dimensions: Mapping[str, tuple[Entry, ...]]
    sources: Mapping[str, Source]
    years: tuple[int, ...]
    problems: list[Problem]

    def fault(self, steps: list[Step], what: str, why: str, remedy: str) -> None:
        """Report a fault at a place in the file."""
        self.problems.append(self.document.problem(steps, what, why, remedy))

    def member(self, steps: list[Step], kind: str, name: str) -> None:
        """Report a name that is no member of its dimension; a dimension that is missing is reported where it should stand."""
        if kind in self.dimensions:
            check_member(kind, name, self.dimensions, self.document.where(steps), self.problems)

    def source(self, steps: list[Step], name: str) -> None:
        """Report a source that is not known."""
        check_source(name, self.sources, self.document.where(steps), self.problems)

    def share(self, steps: list[Step], name: str, value: float) -> None:
        """Report a share that cannot be one."""
        check_figure(name, "share", value, self.document.where(steps), self.problems)

    def known(self, steps: list[Step], name: str, options: list[str]) -> None:
        """Report a name that is no option."""
        if name not in options:
            self.fault(steps, f"{name!r} is not an option", "the model has no row for it", nearest(name, options))

    def once(self, steps: list[Step], name: str, seen: set[str]) -> None:
        """Report an id that is taken already; `seen` holds those so far."""
        if name in seen:
            self.fault(steps, f"the id {name} is used twice", "each row needs its own", "Give one of them another id")
        seen.add(name)


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
            _check_yearly(check, here, option, name)
        for j, effect in enumerate(option.effects):
            check.once([*here, "effects", j, "id"], effect.id, effects)
            _check_effect(check, [*here, "effects", j], effect)
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

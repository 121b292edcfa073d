"""Reinvestment options as data: read from options.yaml, checked whole, and handed on as figures.

An option has yearly costs, a delivery ramp and effects; each effect lowers (or raises) spend on a group of segments in a
setting, among the people reached. Which options exclude or need one another is part of the file. What an option is worth
is in `appraise`, what a choice adds up to in `planning`, which to take in `choose`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import BaseModel, ConfigDict, Field

from capmodel.assumptions.dimensions import check_member
from capmodel.assumptions.document import Document, Flag, Number, Step
from capmodel.assumptions.figures import check_figure, check_source
from capmodel.assumptions.labels import check_label
from capmodel.assumptions.pack import Column, Entry, Figure, Key, Source, Status
from capmodel.assumptions.years import Year
from capmodel.errors import Problem, nearest, nearly


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class _Provenance(_Strict):
    status: Status
    source: str
    note: str = ""


class _Effect(_Strict):
    id: str
    group: str
    setting: str
    effect_share: Number
    effect_status: Status
    effect_source: str
    reach_share: Number
    reach_status: Status
    reach_source: str
    note: str = ""


class _Option(_Strict):
    id: str
    label: str
    intervention: str = ""
    mandatory: Flag = False
    paid_by: str
    setup_cost_gbp: dict[Year, Number]
    running_cost_gbp: dict[Year, Number]
    delivery_share: dict[Year, Number]
    cost: _Provenance
    delivery: _Provenance
    effects: list[_Effect] = Field(default_factory=list)


class _Exclusive(_Strict):
    id: str
    label: str
    options: list[str]


class _Requires(_Strict):
    id: str
    option: str
    needs: str


class _Perspective(_Provenance):
    weights: dict[str, Number]


class _Options(_Strict):
    options: list[_Option]
    exclusive: list[_Exclusive] = Field(default_factory=list)
    requires: list[_Requires] = Field(default_factory=list)
    perspective: _Perspective


@dataclass(frozen=True)
class Choices:
    """The options as the model reads them: input columns, and the rows they belong to."""

    options: tuple[str, ...]
    effects: tuple[tuple[str, str, str, str], ...]  # effect, option, group, setting
    requires: tuple[tuple[str, str, str], ...]  # rule, option, the option it needs
    exclusive: tuple[tuple[str, str], ...]  # rule, option
    columns: Mapping[str, Column]
    labels: Mapping[str, str]
    interventions: Mapping[str, str]


#: What a place without options has of them.
NO_OPTIONS = Choices((), (), (), (), {}, {}, {})


def read_options(
    document: Document,
    dimensions: Mapping[str, tuple[Entry, ...]],
    sources: Mapping[str, Source],
    years: tuple[int, ...],
    as_at: str,
    problems: list[Problem],
) -> Choices | None:
    """Read and check the options; every fault is reported with its line, and faulty options give None."""
    if document.content is None:
        return None
    before = len(problems)
    content = document.parse(_Options, (), problems)
    if content is None:
        return None
    _check(document, content, dimensions, sources, years, problems)
    return None if len(problems) > before else _choices(content, dimensions, sources, years, as_at)


def _check(
    document: Document,
    content: _Options,
    dimensions: Mapping[str, tuple[Entry, ...]],
    sources: Mapping[str, Source],
    years: tuple[int, ...],
    problems: list[Problem],
) -> None:
    parties = [entry.id for entry in dimensions.get("party", ())]
    options = [option.id for option in content.options]

    def member(steps: list[Step], kind: str, name: str) -> None:
        # A dimension that is missing is reported where it should stand.
        if kind in dimensions:
            check_member(kind, name, dimensions, document.where(steps), problems)

    def known(steps: list[Step], name: str) -> None:
        if name not in options:
            problems.append(document.problem(steps, f"{name!r} is not an option", "the model has no row for it", nearest(name, options)))

    def once(steps: list[Step], name: str, seen: set[str]) -> None:
        if name in seen:
            problems.append(
                document.problem(steps, f"the id {name} is used twice", "each row needs its own", "Give one of them another id")
            )
        seen.add(name)

    seen = {entry.id for entries in dimensions.values() for entry in entries}
    effects: set[str] = set()
    labels: set[str] = set()
    for i, option in enumerate(content.options):
        here: list[Step] = ["options", i]
        once([*here, "id"], option.id, seen)
        check_label(document, [*here, "label"], option.label, labels, problems)
        member([*here, "paid_by"], "party", option.paid_by)
        for name in ("cost", "delivery"):
            check_source(getattr(option, name).source, sources, document.where([*here, name, "source"]), problems)
        for name in ("setup_cost_gbp", "running_cost_gbp", "delivery_share"):
            given = getattr(option, name)
            missing = [str(year) for year in years if year not in given]
            if missing:
                problems.append(
                    document.problem(
                        [*here, name],
                        f"{name} has no figure for {', '.join(missing)}",
                        "each model year needs one; gaps are not filled",
                        "Add it",
                    )
                )
            for year, value in given.items():
                if value < 0:
                    problems.append(
                        document.problem([*here, name, year], f"{name} is {value:g}", "it is not below zero", "Show a saving as an effect")
                    )
                if name == "delivery_share" and value >= 0:
                    check_figure(name, "share", value, document.where([*here, name, year]), problems)
        for j, effect in enumerate(option.effects):
            steps: list[Step] = [*here, "effects", j]
            once([*steps, "id"], effect.id, effects)
            member([*steps, "group"], "group", effect.group)
            member([*steps, "setting"], "setting", effect.setting)
            for name in ("effect", "reach"):
                check_figure(
                    f"{name}_share", "share", getattr(effect, f"{name}_share"), document.where([*steps, f"{name}_share"]), problems
                )
                check_source(getattr(effect, f"{name}_source"), sources, document.where([*steps, f"{name}_source"]), problems)
            if effect.reach_share < 0:
                problems.append(
                    document.problem(
                        [*steps, "reach_share"],
                        f"reach_share is {effect.reach_share:g}",
                        "people reached are not below nobody",
                        "Give the effect the minus, if spend rises",
                    )
                )
    for i, rule in enumerate(content.requires):
        if rule.option == rule.needs:
            problems.append(
                document.problem(
                    ["requires", i], f"{rule.option} needs itself", "the rule would do nothing", "Name another option, or remove it"
                )
            )
        for name in ("option", "needs"):
            known(["requires", i, name], getattr(rule, name))
    sets: set[str] = set()
    for i, exclusive in enumerate(content.exclusive):
        check_label(document, ["exclusive", i, "label"], exclusive.label, sets, problems)
        if len(set(exclusive.options)) < max(2, len(exclusive.options)):
            problems.append(
                document.problem(
                    ["exclusive", i, "options"],
                    f"{exclusive.id} does not name two different options",
                    "the rule would do nothing",
                    "Name each option once",
                )
            )
        for j, name in enumerate(exclusive.options):
            known(["exclusive", i, "options", j], name)
    for party in parties:
        if party not in content.perspective.weights and not nearly(party, set(content.perspective.weights) - set(parties)):
            problems.append(
                document.problem(
                    ["perspective", "weights"], f"{party} has no weight", "it must be said whose pounds count", f"Add {party}: 1, or 0"
                )
            )
    for party in content.perspective.weights:
        member(["perspective", "weights", party], "party", party)


def _choices(
    content: _Options, dimensions: Mapping[str, tuple[Entry, ...]], sources: Mapping[str, Source], years: tuple[int, ...], as_at: str
) -> Choices:
    """Turn sound options into figures under the names of the appraisal's inputs."""
    options = content.options
    effects = [(effect, option) for option in options for effect in option.effects]
    dates = {name: source.date for name, source in sources.items()}

    def figure(value: float, known: _Provenance) -> Figure:
        return Figure(float(value), known.status, known.source, as_at, known.note)

    def column(name: str, keys: tuple[str, ...], figures: Mapping[tuple[Key, int | None], Figure]) -> Column:
        return Column(name, keys, figures, "options.yaml")

    def yearly(name: str, known: str) -> Column:
        return column(
            name,
            ("option",),
            {((option.id,), year): figure(getattr(option, name)[year], getattr(option, known)) for option in options for year in years},
        )

    def effect_column(name: str) -> Column:
        return column(
            f"{name}_share",
            ("effect",),
            {
                ((effect.id,), None): Figure(
                    getattr(effect, f"{name}_share"),
                    cast(Status, getattr(effect, f"{name}_status")),
                    getattr(effect, f"{name}_source"),
                    as_at if getattr(effect, f"{name}_status") == "illustrative" else dates.get(getattr(effect, f"{name}_source")) or as_at,
                    effect.note,
                )
                for effect, _ in effects
            },
        )

    columns = [
        yearly("setup_cost_gbp", "cost"),
        yearly("running_cost_gbp", "cost"),
        yearly("delivery_share", "delivery"),
        effect_column("effect"),
        effect_column("reach"),
        column("mandatory_flag", ("option",), {((option.id,), None): figure(option.mandatory, option.cost) for option in options}),
        column(
            "pays_flag",
            ("option", "party"),
            {
                ((option.id, party.id), None): figure(option.paid_by == party.id, option.cost)
                for option in options
                for party in dimensions["party"]
            },
        ),
        column(
            "perspective_index",
            ("party",),
            {((party,), None): figure(weight, content.perspective) for party, weight in content.perspective.weights.items()},
        ),
    ]
    return Choices(
        options=tuple(option.id for option in options),
        effects=tuple((effect.id, option.id, effect.group, effect.setting) for effect, option in effects),
        requires=tuple((rule.id, rule.option, rule.needs) for rule in content.requires),
        exclusive=tuple((rule.id, option) for rule in content.exclusive for option in rule.options),
        columns={item.name: item for item in columns},
        labels={
            **{option.id: option.label for option in options},
            **{effect.id: f"{option.label} {i + 1}" for option in options for i, effect in enumerate(option.effects)},
            **{rule.id: rule.label for rule in content.exclusive},
            **{rule.id: f"{_label(options, rule.option)} needs {_label(options, rule.needs).lower()}" for rule in content.requires},
        },
        interventions={option.id: option.intervention for option in options},
    )


def _label(options: list[_Option], name: str) -> str:
    return next(option.label for option in options if option.id == name)

"""The options as the model reads them: input columns under the names of the appraisal, and the rows they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from capmodel.assumptions.pack import Column, Entry, Figure, Key, Source, Status
from capmodel.reinvestment.options.stated import Option, Options, Provenance


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


def choices_of(
    content: Options, dimensions: Mapping[str, tuple[Entry, ...]], sources: Mapping[str, Source], years: tuple[int, ...], as_at: str
) -> Choices:
    """Turn sound options into figures under the names of the appraisal's inputs."""
    options = content.options
    effects = [(effect, option) for option in options for effect in option.effects]
    dates = {name: source.date for name, source in sources.items()}

    def figure(value: float, known: Provenance) -> Figure:
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


def _label(options: list[Option], name: str) -> str:
    return next(option.label for option in options if option.id == name)

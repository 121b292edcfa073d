"""The options as the model reads them: input columns under the names of the appraisal, and the rows they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Step
from capmodel.assumptions.pack import Column, Entry, Source
from capmodel.reinvestment.options import evidence
from capmodel.reinvestment.options.idle import idle_remarks
from capmodel.reinvestment.options.laid import Laid, Writer
from capmodel.reinvestment.options.limits import lay_out_limits
from capmodel.reinvestment.options.localities import lay_out_localities
from capmodel.reinvestment.options.outcomes import lay_out_outcomes
from capmodel.reinvestment.options.perspective import known_of, outcome_weight, perspective_remarks, weights_of
from capmodel.reinvestment.options.released import lay_out_released
from capmodel.reinvestment.options.starts import Start, lay_out_starts, starts_of
from capmodel.reinvestment.options.stated import Option, Options, Provenance


@dataclass(frozen=True)
class Choices:
    """The options as the model reads them: input columns, and the rows they belong to.

    `rows` are those of the tables that hold only what some options state, such as capital cost; `remarks` is what a reader of a run must be
    told of the file, such as how many options have no evidence grade; `owners` are the people who answer for an option; `charges` are the options that
    each budget of a partner pays for; `closures` are the options that close something of a provider in a setting. `settled` is where the
    file asks for what parties keep after settlement.
    """

    options: tuple[str, ...]
    starts: tuple[Start, ...]  # every way in which each option can be begun
    effects: tuple[tuple[str, str, str, str], ...]  # effect, option, group, setting
    requires: tuple[tuple[str, str, str], ...]  # rule, option, the option it needs
    exclusive: tuple[tuple[str, str], ...]  # rule, option
    columns: Mapping[str, Column]
    labels: Mapping[str, str]
    interventions: Mapping[str, str]
    rows: Mapping[str, Rows] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    charges: tuple[tuple[str, str], ...] = ()
    closures: tuple[tuple[str, str, str], ...] = ()
    settled: tuple[tuple[Step, ...], ...] = ()


#: What a place without options has of them.
NO_OPTIONS = Choices((), (), (), (), (), {}, {}, {})


def choices_of(
    content: Options, dimensions: Mapping[str, tuple[Entry, ...]], sources: Mapping[str, Source], years: tuple[int, ...], as_at: str
) -> Choices:
    """Turn sound options into figures under the names of the appraisal's inputs."""
    options = content.options
    effects = [(effect, option) for option in options for effect in option.effects]
    write = Writer(years, as_at, {name: source.date for name, source in sources.items()})
    laid = Laid()
    for part in (_costs, _delivery, _effects, _parties):
        part(content, dimensions, write, laid)
    evidence.lay_out(content, write, laid)
    lay_out_limits(content, [entry.id for entry in dimensions["setting"]], write, laid)
    lay_out_released(content, write, laid)
    lay_out_localities(content, write, laid)
    laid.remarks.extend(idle_remarks(content, years))
    lay_out_outcomes(content, outcome_weight(content.perspective), write, laid)
    starts = tuple(each for option in options for each in starts_of(option, years))
    lay_out_starts(starts, {option.id: option.cost for option in options}, write, laid)
    return Choices(
        options=tuple(option.id for option in options),
        starts=starts,
        effects=tuple((effect.id, option.id, effect.group, effect.setting) for effect, option in effects),
        requires=tuple((rule.id, rule.option, rule.needs) for rule in content.requires),
        exclusive=tuple((rule.id, option) for rule in content.exclusive for option in rule.options),
        columns={item.name: item for item in laid.columns},
        labels={
            **{each.id: each.label for each in starts},
            **{option.id: option.label for option in options},
            **{effect.id: f"{option.label} {i + 1}" for option in options for i, effect in enumerate(option.effects)},
            **{rule.id: rule.label for rule in content.exclusive},
            **{rule.id: f"{_label(options, rule.option)} needs {_label(options, rule.needs).lower()}" for rule in content.requires},
            **laid.labels,
        },
        interventions={option.id: option.intervention for option in options},
        rows=laid.rows,
        remarks=tuple(laid.remarks),
        owners={option.id: option.owner for option in options if option.owner},
        charges=tuple(laid.charges),
        closures=tuple((option.id, option.closes.setting, option.closes.provider) for option in options if option.closes),
        settled=_settled(content),
    )


def _settled(content: Options) -> tuple[tuple[Step, ...], ...]:
    found: list[tuple[Step, ...]] = [("perspective", "settled")] if content.perspective.settled else []
    return (*found, *(("floors", "parties", i, "settled") for i, floor in enumerate(content.floors.parties) if floor.settled))


def owned(option: Option) -> Provenance:
    """Where the costs of an option come from, with who answers for it in the note.

    >>> from capmodel.reinvestment.options.stated import Cost
    >>> cost = Cost(status="illustrative", source="s", note="Invented.")
    >>> owned(Option.model_construct(owner="Chief nurse", cost=cost)).note
    'Invented. Owner: Chief nurse'
    """
    note = " ".join(filter(None, (option.cost.note, f"Owner: {option.owner}" if option.owner else "")))
    return Provenance(status=option.cost.status, source=option.cost.source, note=note)


def _costs(content: Options, dimensions: Mapping[str, tuple[Entry, ...]], write: Writer, laid: Laid) -> None:
    """Costs by year: set-up and running of every option, every other kind of those that state it."""
    for name in ("setup_cost_gbp", "running_cost_gbp"):
        laid.columns.append(write.yearly(name, {option.id: (getattr(option, name), owned(option)) for option in content.options}))
    for table, name in (
        ("capital_cost", "capital_cost_gbp"),
        ("double_running", "double_running_cost_gbp"),
        ("risk_cost", "risk_cost_gbp"),
    ):
        stating = {option.id: (getattr(option, name), owned(option)) for option in content.options if getattr(option, name) is not None}
        laid.rows[table] = Rows({"option": tuple(stating)}, write.years)
        laid.columns.append(write.yearly(name, stating))


def _delivery(content: Options, dimensions: Mapping[str, tuple[Entry, ...]], write: Writer, laid: Laid) -> None:
    """Delivery by year, or by month."""
    by_year = {option.id: (option.delivery_share, option.delivery) for option in content.options if option.delivery_share is not None}
    laid.rows["stated_delivery"] = Rows({"option": tuple(by_year)}, write.years)
    laid.columns.append(write.yearly("delivery_share", by_year))
    months = [(option, option.by_month) for option in content.options if option.by_month is not None]
    laid.rows["monthly"] = Rows({"option": tuple(option.id for option, _ in months)})
    laid.rows["monthly_delivery"] = Rows({"option": tuple(option.id for option, _ in months)}, write.years)
    for column, name, known in (
        ("first_month_number", "first_month", "delivery"),
        ("ramp_months_number", "ramp_months", "delivery"),
        ("monthly_decay_share", "decay_share", "delivery"),
        ("monthly_running_gbp", "running_cost_gbp", "cost"),
    ):
        figures = {(option.id,): write.figure_or_none(getattr(month, name), getattr(option, known)) for option, month in months}
        laid.columns.append(write.column(column, ("option",), figures))


def _effects(content: Options, dimensions: Mapping[str, tuple[Entry, ...]], write: Writer, laid: Laid) -> None:
    """The size and the reach of every effect, each with its own source."""
    for name in ("effect", "reach"):
        figures = {
            (effect.id,): write.sourced(
                getattr(effect, f"{name}_share"), getattr(effect, f"{name}_status"), getattr(effect, f"{name}_source"), effect.note
            )
            for option in content.options
            for effect in option.effects
        }
        laid.columns.append(write.column(f"{name}_share", ("effect",), figures))


def _parties(content: Options, dimensions: Mapping[str, tuple[Entry, ...]], write: Writer, laid: Laid) -> None:
    """Which options must be done, who pays for each, and whose pounds count."""
    options = content.options
    mandatory = {(option.id,): write.figure(option.mandatory, option.cost) for option in options}
    pays = {
        (option.id, party.id): write.figure(option.paid_by == party.id, option.cost) for option in options for party in dimensions["party"]
    }
    counted = weights_of(content.perspective, dimensions["party"])
    weights = {(party,): write.figure(weight, known_of(content.perspective)) for party, weight in counted.items()}
    laid.remarks.extend(perspective_remarks(content.perspective, dimensions["party"]))
    laid.columns.extend(
        [
            write.column("mandatory_flag", ("option",), mandatory),
            write.column("pays_flag", ("option", "party"), pays),
            write.column("perspective_index", ("party",), weights),
        ]
    )


def _label(options: list[Option], name: str) -> str:
    return next(option.label for option in options if option.id == name)

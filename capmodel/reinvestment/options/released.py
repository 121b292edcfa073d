"""What providers release, and closures, of options.yaml: what of them is refused, and the rows and figures they give."""

from __future__ import annotations

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Step
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import columns_of
from capmodel.errors import Problem, nearest
from capmodel.reinvestment.options.check import Check
from capmodel.reinvestment.options.laid import Laid, Writer
from capmodel.reinvestment.options.stated import Closes, Options, Release

LAGS = ("variable_lag_years", "step_lag_years", "closure_lag_years")
_WHOLE = 1 + 1e-9


def check_released(check: Check, content: Options) -> None:
    """Report every fault of what providers release and of closures."""
    known: dict[tuple[str, str], Release] = {}
    for i, each in enumerate(content.release):
        here: list[Step] = ["release", i]
        check.source([*here, "source"], each.source)
        check.member([*here, "setting"], "setting", each.setting)
        check.provider([*here, "provider"], each.provider)
        if (each.setting, each.provider) in known:
            check.fault(here, f"the release of {each.provider} in {each.setting} is there twice", "only one can hold", "Remove one of them")
        known.setdefault((each.setting, each.provider), each)
        _check_shares(check, here, each)
        for name in LAGS:
            lag = getattr(each, name)
            if lag < 0 or lag != int(lag):
                check.fault([*here, name], f"{name} is {lag:g}", "it is a whole number of years", "Write 0, 1 or more")
        if each.unit_gbp is not None and each.unit_gbp <= 0:
            check.fault(
                [*here, "unit_gbp"], f"unit_gbp is {each.unit_gbp:g}", "activity is counted at a price above zero", "Write the price"
            )
    for i, option in enumerate(content.options):
        if option.closes:
            _check_closes(check, ["options", i, "closes"], option.closes, known)


def check_provided(pack: Pack, problems: list[Problem]) -> None:
    """Report what a provider releases or closes in a setting in which it provides no care; other faults of the file are reported elsewhere."""
    content = pack.options.parse(Options, (), []) if pack.options.content is not None else None
    mix = pack.columns.get("provider_share")
    if content is None or mix is None or mix.faulty:
        return
    provided = {key for key, _ in mix.figures}
    settings, parties = ({entry.id for entry in pack.dimensions.get(kind, ())} for kind in ("setting", "party"))
    stated: list[tuple[list[Step], Release | Closes]] = [(["release", i, "provider"], each) for i, each in enumerate(content.release)]
    released = {(each.setting, each.provider) for each in content.release}
    for i, option in enumerate(content.options):
        # A closure is reported with its release, where there is one.
        if option.closes and (option.closes.setting, option.closes.provider) not in released:
            stated.append((["options", i, "closes", "provider"], option.closes))
    for steps, each in stated:
        if (each.setting, each.provider) not in provided and each.setting in settings and each.provider in parties:
            what = f"{each.provider} provides no care in {each.setting}"
            why = "provider_share has no row for it, so that it has no cost to release"
            remedy = nearest(each.provider, [provider for setting, provider in provided if setting == each.setting])
            problems.append(pack.options.problem(steps, what, why, remedy))


def _check_shares(check: Check, here: list[Step], each: Release) -> None:
    for name in ("variable_share", "step_share"):
        if getattr(each, name) is not None:
            check.part([*here, name], name, getattr(each, name))
    whole = each.variable_share + (each.step_share or 0)
    if whole > _WHOLE and max(each.variable_share, each.step_share or 0) <= 1:
        what = f"variable and step cost of {each.provider} in {each.setting} are {whole:g} of a saving"
        check.fault(here, what, "no more is released than is saved", "Lower them to 1 in all")


def _check_closes(check: Check, steps: list[Step], closes: Closes, known: dict[tuple[str, str], Release]) -> None:
    check.source([*steps, "source"], closes.source)
    check.member([*steps, "setting"], "setting", closes.setting)
    check.provider([*steps, "provider"], closes.provider)
    check.yearly([*steps, "cost_gbp"], closes.cost_gbp)
    if closes.capacity <= 0:
        check.fault(
            [*steps, "capacity"], f"capacity is {closes.capacity:g}", "it is the activity that must be avoided first", "State it in units"
        )
    stated = known.get((closes.setting, closes.provider))
    if not (check.has("setting", closes.setting) and check.has("party", closes.provider)):
        return
    if stated is None or stated.unit_gbp is None:
        what = f"nothing says what a unit of activity of {closes.provider} in {closes.setting} costs"
        check.fault(steps, what, "without a price savings are no activity", "Add an entry with unit_gbp under release")
    elif stated.step_share:
        what = f"the step cost of {closes.provider} in {closes.setting} is claimed twice"
        check.fault(steps, what, f"step_share releases {stated.step_share:g} of every saving already", "Remove step_share, or the closure")


def lay_out_released(content: Options, write: Writer, laid: Laid) -> None:
    """The rows and figures of what providers release and of closures."""
    stated = content.release
    lags = [(each.setting, each.provider, str(int(each.variable_lag_years)), str(int(each.step_lag_years))) for each in stated]
    laid.rows["provider_release"] = columns_of(("setting", "provider", "variable_lag", "step_lag"), lags)
    for column, name in (
        ("variable_release_share", "variable_share"),
        ("step_release_share", "step_share"),
        ("unit_gbp", "unit_gbp"),
    ):
        figures = {(each.setting, each.provider): write.figure_or_none(getattr(each, name), each) for each in stated}
        laid.columns.append(write.column(column, ("setting", "provider"), figures))
    closing = [(option, option.closes) for option in content.options if option.closes is not None]
    closed = {(closes.setting, closes.provider) for _, closes in closing}
    rooms = [(each.setting, each.provider, str(int(each.closure_lag_years))) for each in stated if (each.setting, each.provider) in closed]
    laid.rows["closure_room"] = columns_of(("setting", "provider", "lag"), rooms, write.years)
    names = tuple(option.id for option, _ in closing)
    laid.rows["closure"] = Rows({"option": names})
    laid.rows["closure_year"] = Rows({"option": names}, write.years)
    laid.columns.append(
        write.column(
            "closure_capacity_number", ("option",), {(option.id,): write.figure(closes.capacity, closes) for option, closes in closing}
        )
    )
    laid.columns.append(write.yearly("closure_gbp", {option.id: (closes.cost_gbp, closes) for option, closes in closing}))

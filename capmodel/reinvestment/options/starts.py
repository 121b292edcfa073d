"""The starts of an option: one for each year of its window at each step of its scale, and what of the two is refused.

An option that states neither has one start, with the id and label of the option. The starts of an option stand in order: the earlier
first, and of one year the smaller scale first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from capmodel.assumptions.document import Step
from capmodel.assumptions.years import year_label
from capmodel.reinvestment.options.check import Check
from capmodel.reinvestment.options.laid import Laid, Writer
from capmodel.reinvestment.options.stated import YEARLY, Option, Provenance

#: More steps than these are refused: each is a start of its own in every year of the window. From a least size on they may be finer.
MOST_STEPS, MOST_FINE = 20, 100
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Start:
    """One way in which an option can be begun.

    Attributes:
        id: its name; that of the option where there is one way only.
        option: the option.
        label: how it is called.
        year: the year it begins in.
        delay: years after the first year of the option's window.
        scale_share: its part of the whole option.
    """

    id: str
    option: str
    label: str
    year: int
    delay: int
    scale_share: float


def starts_of(option: Option, years: Sequence[int]) -> tuple[Start, ...]:
    """Every start of a sound option, in order.

    >>> from types import SimpleNamespace as Any
    >>> ward = Any(id="ward", label="Ward", starts=Any(first=2026, last=2027), scale=Any(steps=2.0, least=None))
    >>> [(each.id, each.label, each.delay, each.scale_share) for each in starts_of(ward, (2026, 2027, 2028))][:3]
    [('ward_2026_1_of_2', 'Ward from 2026/27 at 1/2', 0, 0.5), ('ward_2026', 'Ward from 2026/27', 0, 1.0), ('ward_2027_1_of_2', 'Ward from 2027/28 at 1/2', 1, 0.5)]
    """
    first, last = (option.starts.first, option.starts.last) if option.starts else (years[0], years[0])
    steps = int(option.scale.steps or 1) if option.scale else 1
    smallest = round((option.scale.least or 0) * steps) if option.scale else 1
    found = []
    for year in range(first, last + 1):
        for step in range(max(smallest, 1), steps + 1):
            at = f"_{step}_of_{steps}" if step < steps else ""
            when, label = (f"_{year}", f" from {year_label(year)}") if last > first else ("", "")
            label += f" at {step}/{steps}" if at else ""
            found.append(Start(f"{option.id}{when}{at}", option.id, f"{option.label}{label}", year, year - first, step / steps))
    return tuple(found)


def lay_out_starts(starts: Sequence[Start], known: Mapping[str, Provenance], write: Writer, laid: Laid) -> None:
    """The scale of each start, and the years in which it has been begun; `known` says where the figures of each option come from."""
    note = "Follows from starts and scale of the option"
    stated = {each.id: known[each.option].model_copy(update={"note": note}) for each in starts}
    scales = {(each.id,): write.figure(each.scale_share, stated[each.id]) for each in starts}
    begun = {each.id: ({year: float(year >= each.year) for year in write.years}, stated[each.id]) for each in starts}
    found = (write.column("scale_share", ("start",), scales), write.yearly("begun_flag", begun, "start"))
    laid.columns.extend(replace(each, made=True) for each in found)


def check_starts(check: Check, here: list[Step], option: Option) -> bool:
    """Report what cannot be so in the window and the scale of an option; true where its starts can be listed."""
    sound, fault, years = _check_scale(check, [*here, "scale"], option), check.fault, check.years
    if option.starts is None:
        return sound
    steps, first, last = [*here, "starts"], option.starts.first, option.starts.last
    outside = {name: year for name, year in (("first", first), ("last", last)) if year not in years}
    for name, year in outside.items():
        what = f"{name} is {year_label(year)}"
        fault([*steps, name], what, f"the model years are {year_label(years[0])} to {year_label(years[-1])}", "Name one of them")
    if last < first:
        fault([*steps, "last"], f"the last start {year_label(last)} is before the first, {year_label(first)}", "there is no year to start in", "Write the later year as last")  # fmt: skip
    if outside or last < first:
        return False
    return _check_window(check, here, option) and sound


def _check_scale(check: Check, steps: list[Step], option: Option) -> bool:
    if option.scale is None:
        return True
    fault = check.fault
    count, least = option.scale.steps, option.scale.least
    most = MOST_STEPS if least is None else MOST_FINE
    if count is None and least is not None:
        why = "every size from the least up is taken to the nearest of some fine steps, which the file states"
        fault(steps, f"the least scale is {least:g}, and no steps are stated", why, f"Write steps too, up to {MOST_FINE} to the whole: 20 takes twentieths")  # fmt: skip
    elif count is None:
        fault(
            steps, "scale states no steps", "it goes up to the whole in equal steps", f"Write steps, 2 to {MOST_STEPS}, or leave scale out"
        )
    elif count != int(count) or not 1 <= count <= most:
        why = f"the scale goes up to the whole in equal steps, 2 to {most} of them"
        fault([*steps, "steps"], f"there are {count:g} steps", why, "Write a whole number of steps")
    elif count == 1:
        fault([*steps, "steps"], "there is 1 step", "an option without a scale is whole too, so that it changes nothing", "Leave scale out")
    else:
        return least is None or _check_least(check, [*steps, "least"], least, int(count))
    return False


def _check_least(check: Check, steps: list[Step], least: float, count: int) -> bool:
    at = least * count
    if not 0 < least < 1:
        check.fault(steps, f"the least scale is {least:g}", "it is a part of the whole, above 0 and below 1", "Write 0.25 for a quarter")
    elif abs(at - round(at)) > _ROUNDING * count:
        near = [f"{each / count:.6g}" for each in (int(at), int(at) + 1) if 0 < each < count]
        why = f"it is none of the {count} steps, at which the option is taken"
        check.fault(steps, f"the least scale is {least:g}", why, f"Write {' or '.join(near)}, or other steps")
    elif round(at) == 1:
        check.fault(steps, f"the least scale is {least:g}", "that is the first step, so that it changes nothing", "Leave least out")
    else:
        return True
    return False


def _check_window(check: Check, here: list[Step], option: Option) -> bool:
    assert option.starts is not None
    fault, years = check.fault, check.years
    steps, first, last = [*here, "starts"], option.starts.first, option.starts.last
    if first == last == years[0]:
        why = f"an option without starts begins in {year_label(first)} too, so that it changes nothing"
        fault(steps, f"the only start is {year_label(first)}", why, "Leave starts out, or name a later year")
        return False
    if option.by_month is not None and first != years[0]:
        why = f"by_month counts from {year_label(years[0])}, and the option starts in {year_label(first)} at the earliest"
        fault([*here, "by_month"], "delivery is stated by month", why, "State delivery_share by year")
        return False
    early = [
        (name, year) for name in YEARLY for year, value in (getattr(option, name) or {}).items() if years[0] <= year < first and value != 0
    ]
    for name, year in early:
        what = f"{name} {year_label(year)} is {getattr(option, name)[year]:g}"
        fault([*here, name, year], what, f"the option starts in {year_label(first)} at the earliest", "Write 0, or let it start earlier")
    for j, each in enumerate(option.outcomes):
        for year in (year for year, number in each.number.items() if years[0] <= year < first and number):
            why = f"the option starts in {year_label(first)} at the earliest"
            fault(
                [*here, "outcomes", j, "number", year],
                f"number {year_label(year)} is {each.number[year]:g}",
                why,
                "Write 0, or let it start earlier",
            )
            return False
    active = _acting(option, years)
    # An option that states neither cost nor effect is reported as such.
    if active and not early and min(active) + last - first > years[-1]:
        most = first + years[-1] - min(active)
        what = f"a start in {year_label(last)} leaves nothing to do"
        why = f"what is stated begins in {year_label(min(active))}, and would move beyond {year_label(years[-1])}"
        fault([*steps, "last"], what, why, f"Let the last start be {year_label(most)}")
        return False
    return bool(active) and not early


def _acting(option: Option, years: Sequence[int]) -> list[int]:
    """The model years in which an option states a cost, or delivers an effect."""
    counted = [getattr(option, name) or {} for name in YEARLY if name != "delivery_share" or option.effects]
    found = {year for by_year in counted for year, value in by_year.items() if value != 0 and year in years}
    found |= {year for each in option.outcomes for year, number in each.number.items() if number and year in years}
    if option.by_month is not None and (option.effects or option.by_month.running_cost_gbp):
        found.add(years[0])
    return sorted(found)

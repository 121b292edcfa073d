"""Localities in options.yaml: which part of each option is for each of them, and floors of localities; what is refused, and what they give."""

from __future__ import annotations

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Step
from capmodel.assumptions.labels import check_label
from capmodel.baseline.spend import columns_of
from capmodel.errors import listed
from capmodel.reinvestment.options.check import Check
from capmodel.reinvestment.options.laid import Laid, Writer
from capmodel.reinvestment.options.stated import Options

LOCALITY = "locality"
_ROUNDING = 1e-9


def check_localities(check: Check, content: Options, seen: set[str]) -> None:
    """Report every fault of localities; where the place has none, each is refused."""
    labels = {floor.label for floor in content.floors.groups}
    for i, floor in enumerate(content.floors.localities):
        here: list[Step] = ["floors", "localities", i]
        check.once([*here, "id"], floor.id, seen)
        check_label(check.document, [*here, "label"], floor.label, labels, check.problems)
        check.source([*here, "source"], floor.source)
        check.part([*here, "least_share"], "least_share", floor.least_share)
        _check_member(check, [*here, "locality"], floor.locality)
        if check.has(LOCALITY, floor.locality) and not any((option.localities or {}).get(floor.locality) for option in content.options):
            what = f"no option is for {floor.locality}, and the floor {floor.id} asks for a part of every {floor.of}"
            check.fault(
                [*here, "locality"], what, "no plan but an empty one could keep it", "State localities: of the options, or remove it"
            )
    for of in ("saving", "reinvestment"):
        whole = sum(floor.least_share for floor in content.floors.localities if floor.of == of and floor.least_share <= 1)
        if whole > 1 + _ROUNDING:
            what = f"floors of localities ask for {whole:.6g} of the {of}"
            check.fault(["floors", "localities"], what, "together they have no more than all of it", "Lower them to 1 in all")
    for i, option in enumerate(content.options):
        parts = option.localities
        steps: list[Step] = ["options", i, "localities"]
        if parts is None:
            continue
        for name, part in parts.items():
            _check_member(check, [*steps, name], name)
            check.part([*steps, name], name, part)
        whole = sum(parts.values())
        if all(0 <= part <= 1 for part in parts.values()) and abs(whole - 1) > _ROUNDING:
            what = f"the parts of {option.id} for localities add up to {whole:.6g}"
            check.fault(steps, what, "they are parts of the whole option", "Make them add up to 1")


def _check_member(check: Check, steps: list[Step], name: str) -> None:
    if LOCALITY in check.dimensions:
        check.member(steps, LOCALITY, name)
    else:
        remedy = "List them in place.yaml as locality: under dimensions, or remove it"
        check.fault(steps, f"{name} is named, and the place has no localities", "no part of the benefit is known to reach one", remedy)


def lay_out_localities(content: Options, write: Writer, laid: Laid) -> None:
    """The rows and figures of localities, and what of them has no effect."""
    floors = content.floors.localities
    parts = [(option, name, part) for option in content.options for name, part in (option.localities or {}).items()]
    laid.rows["option_locality"] = columns_of(("option", LOCALITY), [(option.id, name) for option, name, _ in parts])
    known = {(option.id, name): write.figure(part, option.delivery) for option, name, part in parts}
    laid.columns.append(write.column("locality_part_share", ("option", LOCALITY), known))
    laid.rows["locality_floor"] = Rows({"floor": tuple(each.id for each in floors), LOCALITY: tuple(each.locality for each in floors)})
    least = {(each.id,): write.figure(each.least_share, each) for each in floors}
    of_saving = {(each.id,): write.figure(each.of == "saving", each) for each in floors}
    laid.columns.append(write.column("locality_least_share", ("floor",), least))
    laid.columns.append(write.column("locality_saving_flag", ("floor",), of_saving))
    laid.labels.update({each.id: each.label for each in floors})
    if parts and not floors:
        named = listed(list(dict.fromkeys(option.label for option, *_ in parts)))
        laid.remarks.append(f"Without effect: the localities of {named}, since no floor is of a locality")

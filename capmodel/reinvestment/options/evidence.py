"""Evidence grades of options.yaml: what of them is refused, the rows and figures they give, and how much of the file has no grade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Step
from capmodel.assumptions.labels import check_label
from capmodel.baseline.spend import columns_of
from capmodel.errors import nearest
from capmodel.reinvestment.options.check import Check
from capmodel.reinvestment.options.laid import Laid, Writer
from capmodel.reinvestment.options.stated import Cost, Grade, Options

#: The columns of a grade.
BIASES = ("capital_bias_index", "programme_bias_index", "benefit_bias_share")
#: Parts of a whole are added up to this.
_WHOLE = 1e-9


def check_grades(check: Check, content: Options, seen: set[str]) -> None:
    """Report every fault of the grades, and of what options say of theirs."""
    labels: set[str] = set()
    for i, grade in enumerate(content.grades):
        here: list[Step] = ["grades", i]
        check.once([*here, "id"], grade.id, seen)
        check_label(check.document, [*here, "label"], grade.label, labels, check.problems)
        check.source([*here, "source"], grade.source)
        for name in BIASES:
            _check_bias(check, [*here, name], name, getattr(grade, name))
        _check_mitigation(check, here, grade, seen)
    known = [grade.id for grade in content.grades]
    for i, option in enumerate(content.options):
        _check_cost(check, ["options", i, "cost"], option.cost, known)
        for j, effect in enumerate(option.effects):
            if effect.grade is not None:
                _check_known(check, ["options", i, "effects", j, "grade"], effect.grade, known)


def _check_bias(check: Check, steps: list[Step], name: str, value: float) -> None:
    if value < 0:
        check.fault(steps, f"{name} is {value:g}", "a bias adds to cost and is taken off benefits", "Write it without the minus")
    elif name.endswith("_share"):
        check.share(steps, name, value)


def _check_mitigation(check: Check, here: list[Step], grade: Grade, seen: set[str]) -> None:
    for j, factor in enumerate(grade.mitigation):
        steps = [*here, "mitigation", j]
        check.once([*steps, "id"], factor.id, seen)
        check_label(check.document, [*steps, "label"], factor.label, set(), check.problems)
        for name in ("contribution_share", "mitigated_share"):
            check.part([*steps, name], name, getattr(factor, name))
    whole = sum(factor.contribution_share for factor in grade.mitigation)
    if whole > 1 + _WHOLE:
        what = f"the contributions of {grade.id} add up to {whole:g}"
        check.fault([*here, "mitigation"], what, "they are parts of one bias", "Lower them to 1 or less in all")
    if grade.mitigation and not (grade.capital_bias_index or grade.programme_bias_index):
        check.fault(
            [*here, "mitigation"], f"{grade.id} has no bias of cost to mitigate", "it would have no effect", "State the bias, or remove it"
        )


def _check_cost(check: Check, steps: list[Step], cost: Cost, known: Sequence[str]) -> None:
    if cost.grade is not None and cost.grades is not None:
        check.fault([*steps, "grades"], "grade and grades are both given", "a cost is of one grade or of several", "Remove one of them")
    if cost.grade is not None:
        _check_known(check, [*steps, "grade"], cost.grade, known)
    for name, part in (cost.grades or {}).items():
        _check_known(check, [*steps, "grades", name], name, known)
        check.part([*steps, "grades", name], f"the part of {name}", part)
    whole = sum((cost.grades or {}).values())
    if cost.grades is not None and abs(whole - 1) > _WHOLE:
        what = f"the parts of grades add up to {whole:g}"
        check.fault([*steps, "grades"], what, "grades are combined by their parts of the value", "Make them add up to 1")


def _check_known(check: Check, steps: list[Step], name: str, known: Sequence[str]) -> None:
    if name not in known:
        remedy = nearest(name, known) if known else f"Add it under grades:, or remove the grade {name}"
        check.fault(steps, f"{name!r} is not an evidence grade", "nothing says what it adds or takes off", remedy)


def lay_out(content: Options, write: Writer, laid: Laid) -> None:
    """The rows, figures and labels of the grades, and what a run says of them."""
    grades, options = content.grades, content.options
    laid.rows["grade"] = Rows({"grade": tuple(grade.id for grade in grades)})
    for name in BIASES:
        laid.columns.append(write.column(name, ("grade",), {(grade.id,): write.figure(getattr(grade, name), grade) for grade in grades}))
    factors = [(grade, factor) for grade in grades for factor in grade.mitigation]
    laid.rows["mitigation"] = columns_of(("grade", "factor"), [(grade.id, factor.id) for grade, factor in factors])
    for name in ("contribution_share", "mitigated_share"):
        figures = {(grade.id, factor.id): write.figure(getattr(factor, name), grade) for grade, factor in factors}
        laid.columns.append(write.column(name, ("grade", "factor"), figures))
    costs = [(option, grade, part) for option in options for grade, part in parts_of(option.cost).items()]
    laid.rows["cost_grade"] = columns_of(("option", "grade"), [(option.id, grade) for option, grade, _ in costs])
    parts = {(option.id, grade): write.figure(part, option.cost) for option, grade, part in costs}
    laid.columns.append(write.column("value_share", ("option", "grade"), parts))
    effects = [(effect.id, effect.grade) for option in options for effect in option.effects if effect.grade is not None]
    laid.rows["effect_grade"] = columns_of(("effect", "grade"), effects)
    laid.labels.update({grade.id: grade.label for grade in grades})
    laid.labels.update({factor.id: factor.label for _, factor in factors})
    laid.remarks.extend(_remarks(content))


def parts_of(cost: Cost) -> Mapping[str, float]:
    """The grades of a cost, each with its part of the value; none where no grade is stated.

    >>> parts_of(Cost(status="illustrative", source="s", grade="pilot"))
    {'pilot': 1.0}
    """
    return cost.grades or ({cost.grade: 1.0} if cost.grade is not None else {})


def _remarks(content: Options) -> list[str]:
    """How many options and effects have no grade and so no adjustment, and which grades nothing is of."""
    options = content.options
    effects = [effect for option in options for effect in option.effects]
    costs_without = sum(not parts_of(option.cost) for option in options)
    effects_without = sum(effect.grade is None for effect in effects)
    found = []
    if costs_without or effects_without:
        found.append(
            f"Without an evidence grade, and so without optimism bias: the cost of {costs_without} of {len(options)} options, "
            f"{effects_without} of {len(effects)} effects"
        )
    used = {effect.grade for effect in effects} | {grade for option in options for grade in parts_of(option.cost)}
    found += [f"The evidence grade {grade.label} has no effect: nothing is of it" for grade in content.grades if grade.id not in used]
    return found

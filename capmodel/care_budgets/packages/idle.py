"""What packages.yaml states and what moves no money, in words: it is reported with every run, so that nothing is left out silently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from capmodel.care_budgets.packages.terms import CASES, FOR, NEW, Amount, Contact, Package, Packages
from capmodel.errors import listed

_ALL_MONTHS = 12


def without_effect(stated: Packages, years: Sequence[int], has_care_budgets: bool) -> list[str]:
    """Every term of the packages of a place without effect, a sentence each.

    Args:
        stated: the file of the packages.
        years: the years of the model.
        has_care_budgets: whether the place has Year of Care budgets by segment and setting.
    """
    found = [*_roles(stated), *_budgets(stated, has_care_budgets)]
    for package in stated.packages:
        found += [*_people(package, years), *_attrition(package)]
        for contact in package.contacts:
            found += _contact(package, contact, years)
    return found


def _nil(amount: Amount | None, years: Sequence[int]) -> bool:
    """True for a figure that is stated and zero in every year."""
    return amount is not None and not any(amount.at(year) for year in years)


def _roles(stated: Packages) -> Iterator[str]:
    used = {contact.role for package in stated.packages for contact in package.contacts}
    for name in stated.roles:
        if name not in used:
            yield f"the role {name}: no contact names it"


def _budgets(stated: Packages, has_care_budgets: bool) -> Iterator[str]:
    segments = [package.id for package in stated.packages if package.segment]
    if segments and not has_care_budgets:
        yield f"segment of {listed(segments)}: the place has no Year of Care budgets to hold the packages against"
        if stated.scale == "to_budget" and not stated.budgets:
            yield "scale: the place has no Year of Care budgets to scale to"
    by_setting = any(budget.setting for budget in stated.budgets)
    settings = {contact.setting for package in stated.packages for contact in package.contacts if contact.setting and not package.segment}
    if settings and not by_setting:
        yield f"setting ({listed(sorted(settings))}): no budget is by setting"
    if stated.scale == "to_budget" and stated.budgets and segments and has_care_budgets:
        yield f"scale, for the segments of {listed(segments)}: prices are scaled to the budgets of the file"


def _people(package: Package, years: Sequence[int]) -> Iterator[str]:
    if package.starts is not None and not package.people_of(NEW):
        yield f"starts of {package.id}: it has no new cases"
    for case in package.cases:
        if not any(case in FOR[contact.cases] for contact in package.contacts):
            yield f"the {CASES[case].lower()} of {package.id}: no contact is for them"
    groups = [package.people, *(package.people.by_network or {}).values()]
    stated = [amount for group in groups for amount in (group.new, group.existing) if amount is not None]
    stated += [package.people.new_before] if package.people.new_before is not None else []
    if all(_nil(amount, years) for amount in stated):
        yield f"the package {package.id}: it has no people in any year"


def _attrition(package: Package) -> Iterator[str]:
    for case, short in zip(CASES, ("new", "existing"), strict=True):
        leaving = getattr(package.attrition, short)
        if leaving is None:
            continue
        if case not in package.cases:
            yield f"attrition of the {CASES[case].lower()} of {package.id}: it has none"
        elif leaving.care_month == _ALL_MONTHS:
            yield f"attrition of the {CASES[case].lower()} of {package.id}: they leave when their twelve months are over"
        elif not any(leaving.share.figures().values()):
            yield f"attrition of the {CASES[case].lower()} of {package.id}: the share is 0"


def _contact(package: Package, contact: Contact, years: Sequence[int]) -> Iterator[str]:
    name = f"the contact {contact.id} of {package.id}"
    for field in ("share", "uptake_share", "times_a_year", "times_in_month"):
        if _nil(getattr(contact, field), years):
            yield f"{name}: {field} is 0"
            return
    if _nil(contact.minutes, years):
        if contact.consumables_gbp is None or _nil(contact.consumables_gbp, years):
            yield f"{name}: it has no minutes and no consumables, so that it costs nothing"
        elif contact.group_size is not None:
            yield f"group_size of the contact {contact.id} of {package.id}: it has no minutes"

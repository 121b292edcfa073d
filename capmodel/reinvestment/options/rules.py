"""Rules between options that cannot be kept: prerequisites in a circle, options that exclude what they need, what must be done and cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

from capmodel.assumptions.document import Step
from capmodel.assumptions.labels import check_label
from capmodel.assumptions.years import year_label
from capmodel.errors import listed
from capmodel.reinvestment.options.check import Check
from capmodel.reinvestment.options.stated import Options


def check_rules(check: Check, content: Options, seen: set[str]) -> None:
    """Report every fault of prerequisites and exclusive sets; `seen` are the ids that are taken."""
    before = len(check.problems)
    _check_requires(check, content, seen)
    _check_exclusive(check, content, seen)
    if len(check.problems) == before:
        _check_circles(check, content)
        _check_possible(check, content)


def _check_requires(check: Check, content: Options, seen: set[str]) -> None:
    options = [option.id for option in content.options]
    pairs: set[tuple[str, str]] = set()
    for i, rule in enumerate(content.requires):
        check.once(["requires", i, "id"], rule.id, seen)
        if rule.option == rule.needs:
            check.fault(["requires", i], f"{rule.option} needs itself", "the rule would do nothing", "Name another option, or remove it")
        elif (rule.option, rule.needs) in pairs:
            what = f"that {rule.option} needs {rule.needs} is said twice"
            check.fault(["requires", i], what, "the second rule would do nothing", "Remove one of them")
        pairs.add((rule.option, rule.needs))
        for name in ("option", "needs"):
            check.known(["requires", i, name], getattr(rule, name), options)


def _check_exclusive(check: Check, content: Options, seen: set[str]) -> None:
    options = [option.id for option in content.options]
    sets: set[str] = set()
    for i, exclusive in enumerate(content.exclusive):
        check.once(["exclusive", i, "id"], exclusive.id, seen)
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


def _check_circles(check: Check, content: Options) -> None:
    """Each circle of prerequisites is reported once, at the last of its rules in the file."""
    needs = _needs(content)
    reported: set[frozenset[str]] = set()
    for i, rule in reversed(list(enumerate(content.requires))):
        if rule.option not in all_needed([rule.needs], needs):
            continue
        circle = _way(rule.needs, rule.option, needs)
        if frozenset(circle) not in reported and not any(set(circle) & each for each in reported):
            reported.add(frozenset(circle))
            words = " needs ".join([rule.option, *circle])
            steps: list[Step] = ["requires", i]
            check.fault(steps, f"{words}, a circle", "none of them could be the first to begin", "Remove one of these rules")


def _needs(content: Options) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for rule in content.requires:
        found.setdefault(rule.option, []).append(rule.needs)
    return found


def all_needed(options: Iterable[str], needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Some options with all that they need, and what those need, each once.

    >>> all_needed(["a"], {"a": ["b"], "b": ["c"], "d": ["e"]})
    ['a', 'b', 'c']
    """
    found = list(dict.fromkeys(options))
    for each in found:
        found += [needed for needed in dict.fromkeys(needs.get(each, ())) if needed not in found]
    return found


def _way(start: str, end: str, needs: Mapping[str, list[str]]) -> list[str]:
    """The shortest way from an option to one that it needs at some remove."""
    ways = [[start]]
    for way in ways:
        if way[-1] == end:
            return way
        ways += [[*way, each] for each in needs.get(way[-1], []) if each not in way]
    raise AssertionError("there is a way wherever the option is needed")


def _check_possible(check: Check, content: Options) -> None:
    """Options that exclude what they need can never be chosen; options that must all be done may exclude one another."""
    needs = _needs(content)
    never = set()
    for i, option in enumerate(content.options):
        if clash := _clash(all_needed([option.id], needs), content):
            never.add(option.id)
            must = ", and it must be done" if option.mandatory else ""
            what = f"{option.id} can never be chosen{must}"
            remedy = "Take one of the two out of the set, or remove the need"
            check.fault(["options", i], what, f"what it needs is in conflict: {clash}", remedy)
        elif late := _too_late(check, option.id, all_needed([option.id], needs), content):
            never.add(option.id)
            must = ", and it must be done" if option.mandatory else ""
            check.fault(["options", i], f"{option.id} can never be chosen{must}", late, "Let one start later, or the other earlier")
    mandatory = {option.id: i for i, option in enumerate(content.options) if option.mandatory and option.id not in never}
    for first, second in combinations(mandatory, 2):
        if clash := _clash(all_needed([first, second], needs), content):
            what = f"{first} and {second} must both be done and cannot be"
            remedy = "Let one of them off (mandatory: false), or change the set"
            check.fault(["options", mandatory[second], "mandatory"], what, f"they need what is in conflict: {clash}", remedy)


def _too_late(check: Check, option: str, needed: Iterable[str], content: Options) -> str:
    """Which option begins too late for one that needs it, in words; nothing where it begins in time."""
    first_year = check.years[0]
    windows = {each.id: (each.starts.first, each.starts.last) if each.starts else (first_year, first_year) for each in content.options}
    latest = max(needed, key=lambda each: windows[each][0])
    # A window that ends before it begins is reported where it is written.
    unsound = any(windows[each][1] < windows[each][0] for each in (option, latest))
    if unsound or windows[latest][0] <= windows[option][1]:
        return ""
    return f"it begins in {year_label(windows[option][1])} at the latest, and {latest}, which it needs, in {year_label(windows[latest][0])} at the earliest"


def _clash(options: Iterable[str], content: Options) -> str:
    """Which of some options exclude one another, in words; nothing where all of them may be chosen together."""
    for each in content.exclusive:
        together = [option for option in options if option in each.options]
        if len(together) > 1:
            return f"{each.id} allows only one of {listed(together)}"
    return ""

"""Reads a rule file and finds everything wrong with it: names, units, sources, weights, circles, each with its line.

What a rule file may hold is said in `rule`; nothing is worked out here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from capmodel.algebra.cell import leaves
from capmodel.algebra.expression import Expression, parse, unit
from capmodel.algebra.unit import Powers, spell, unit_by_name
from capmodel.algebra.unit import parse as parse_unit
from capmodel.assumptions.document import Document, Step, read_mapping
from capmodel.capitation.rules.rule import Rule, RuleFile, senseless
from capmodel.errors import BadInput, Problem, RuleError, nearest


def read_rule(path: Path) -> Rule:
    """Read a rule file and check it whole.

    Raises:
        BadInput: everything wrong with it, each with its line.
    """
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    file = document.parse(RuleFile, (), problems) if document else None
    if document is None or file is None:
        raise BadInput(problems)
    check = _Check(file, document, problems)
    check.names()
    check.constants()
    lines = {name: check.formula(("lines", name, "rule"), entry.rule) for name, entry in file.lines.items()}
    goals = {
        name: (check.formula(("solve", name, "such_that"), entry.such_that), check.formula(("solve", name, "equals"), entry.equals))
        for name, entry in file.solve.items()
    }
    sound = {name: line for name, line in lines.items() if line}
    aims = {name: (one, other) for name, (one, other) in goals.items() if one and other}
    order: tuple[str, ...] = ()
    waits: dict[str, tuple[str, ...]] = {}
    if not problems:
        check.unused(sound, aims)
        check.units(sound, aims)
        order, waits = check.order(sound, aims)
    # Without an order it is not known which lines are totals, and none is taken for one.
    check.other_sections(_by_body(file, sound, order) if order else check.numbers)
    if problems:
        raise BadInput(problems)
    return Rule(file, document, sound, aims, order, waits)


class _Check:
    def __init__(self, file: RuleFile, document: Document, problems: list[Problem]) -> None:
        self.file, self.document, self.problems = file, document, problems
        self.text = {name for block in file.figures.values() for name in block.text}
        self.numbers = {
            *(name for block in file.figures.values() for name in block.columns),
            *file.constants,
            *file.lines,
            *file.solve,
        }

    def say(self, steps: Iterable[Step], what: str, why: str, remedy: str) -> None:
        self.problems.append(self.document.problem(tuple(steps), what, why, remedy))

    def names(self) -> None:
        """Every name once, ending in its unit; every source known."""
        seen: dict[str, tuple[Step, ...]] = {self.file.key: ("key",), "year": ("years",)}
        named: list[tuple[tuple[Step, ...], str | None]] = []
        for block, entry in self.file.figures.items():
            named.append((("figures", block, "source"), entry.source))
            for part in ("text", "columns"):
                for name in getattr(entry, part):
                    self._once(name, ("figures", block, part, name), seen, has_unit=part == "columns")
        for part in ("constants", "lines", "solve"):
            for name, each in getattr(self.file, part).items():
                self._once(name, (part, name), seen, has_unit=True)
                named.append(((part, name, "source"), each.source))
        for steps, source in named:
            if source not in self.file.sources:
                self.say(
                    steps,
                    f"the source {source!r} is not under sources:",
                    "every figure and step states where it comes from",
                    nearest(str(source), self.file.sources),
                )

    def _once(self, name: str, steps: tuple[Step, ...], seen: dict[str, tuple[Step, ...]], has_unit: bool) -> None:
        if name in seen:
            self.say(steps, f"{name} is there twice", f"it stands at {self.document.where(seen[name])} too", "Rename one")
        seen[name] = steps
        if not name.isidentifier():
            self.say(steps, f"{name!r} cannot be a name", "a formula reads it", "Use small letters, digits and _")
        elif has_unit:
            try:
                unit_by_name(name)
            except RuleError as error:
                self.say(steps, str(error), "the unit is read from the name", "Rename it")

    def constants(self) -> None:
        """One value, or one for each year or member; weights add up to 1."""
        for name, constant in self.file.constants.items():
            steps = ("constants", name)
            if (constant.value is None) == (constant.values is None):
                self.say(
                    steps,
                    f"{name} has {'no value' if constant.value is None else 'both value: and values:'}",
                    "a constant is one figure or a list of them",
                    "Give value: or values:",
                )
            elif constant.by is not None and constant.by not in self.text:
                self.say(
                    (*steps, "by"), f"there is no text column {constant.by!r}", f"{name} is given by it", nearest(constant.by, self.text)
                )
            elif constant.values is not None and constant.by is None:
                lacking = [str(year) for year in self.file.years if str(year) not in constant.values]
                if lacking or not self.file.years:
                    self.say(
                        steps,
                        f"{name} has no value for {', '.join(lacking) or 'a rule without years:'}",
                        "every year needs one",
                        "Add it, or say by: which text column",
                    )
                known = [str(year) for year in self.file.years]
                for strange in [each for each in constant.values if each not in known] if known else ():
                    what, why = (
                        f"{name} has a value for {strange}",
                        f"the rule is for {', '.join(known)}, and it would be left out silently",
                    )
                    self.say((*steps, "values"), what, why, "Remove it, or add the year to years:")
            values = [*(() if constant.value is None else (constant.value,)), *(constant.values or {}).values()]
            odd, why, remedy = senseless(name.rpartition("_")[2], np.array(values))
            if odd.any():
                self.say(steps, f"{name} is {values[int(np.argmax(odd))]:g}", why, remedy)
        for group, weights in self.file.weights.items():
            self.weights(("weights", group), weights.constants, weights.within)
        years = self.file.years
        if any(later != year + 1 for year, later in pairwise(years)):
            what = f"the years are {', '.join(map(str, years))}"
            self.say(("years",), what, "each year is the one after the year before it", "Write them one by one, in order")

    def weights(self, steps: tuple[Step, ...], names: list[str], within: float) -> None:
        """Weights are parts of one whole: each from 0 to 1, together 1, in every year or for every member they differ by."""
        unknown = [name for name in names if name not in self.file.constants]
        for name in unknown:
            self.say(steps, f"there is no constant {name!r}", "weights are constants", nearest(name, self.file.constants))
        if unknown:
            return
        given = [self.file.constants[name] for name in names]
        if len({constant.by for constant in given if constant.values is not None}) > 1:
            self.say(steps, "they differ by year and by member, or by two columns", "their sum cannot be checked", "Give them alike")
            return
        for key in dict.fromkeys(key for constant in given for key in constant.values or {}) or [""]:
            values = [constant.value if constant.value is not None else (constant.values or {}).get(key, 0.0) for constant in given]
            where = f" for {key}" if key else ""
            if abs(sum(values) - 1) > within:
                what = f"the weights {', '.join(names)} add up to {sum(values):.10g}{where}"
                self.say(steps, what, "weights share one whole", "Correct them so that they add up to 1")
            for name, value in zip(names, values, strict=True):
                if not 0 <= value <= 1:
                    self.say(steps, f"{name} is {value:g}{where}", "a weight is from 0 to 1", "Correct it")

    def formula(self, steps: tuple[Step, ...], text: str) -> Expression | None:
        """A formula read, or a problem."""
        try:
            found = parse(text)
        except RuleError as error:
            what, _, remedy = str(error).partition("; ")
            self.say(steps, f"{steps[1]}: {what}", "it has no place in a rule", remedy[:1].upper() + remedy[1:] if remedy else "Correct it")
            return None
        priors = {name for each in found.every() if each.kind == "prior" for name in each.parts[0].names()}
        for name in sorted((found.names() | priors) - self.numbers):
            why = "it is text, and a formula works on numbers" if name in self.text else "nothing of that name is given or worked out"
            self.say(steps, f"{steps[1]} reads {name!r}", why, nearest(name, self.numbers))
        for each in found.every():
            within = each.options.get("within")
            if within is not None and within not in self.text:
                self.say(steps, f"{steps[1]} looks within {within!r}", "there is no such text column", nearest(within, self.text))
            if each.kind == "prior" and (each.parts[0].text not in self.numbers or each.parts[0].text in self.file.constants):
                self.say(
                    steps,
                    f"{steps[1]}: prior({each.parts[0].text}, ...) is not of a column",
                    "last year's figure of a column is carried forward",
                    "Give what is carried forward a line of its own",
                )
            if each.kind == "prior" and not self.file.years:
                self.say(steps, f"{steps[1]} reads the year before", "the rule has no years", "Add years:")
        return found

    def unused(self, lines: Mapping[str, Expression], goals: Mapping[str, tuple[Expression, Expression]]) -> None:
        """A constant that nothing reads was meant for something."""
        every = [*lines.values(), *(side for pair in goals.values() for side in pair)]
        read = {name for each in every for name in each.names()}
        read |= {name for each in every for one in each.every() for part in one.parts for name in part.names()}
        for name in self.file.constants.keys() - read:
            self.say(("constants", name), f"no line reads {name}", "it would change nothing", "Use it in a line, or take it out")

    def units(self, lines: Mapping[str, Expression], goals: Mapping[str, tuple[Expression, Expression]]) -> None:
        """Every line gives the unit its name ends in; both sides of a goal have the same."""
        units: dict[str, Powers] = {name: parse_unit(unit_by_name(name)) for name in self.numbers}
        for name, line in lines.items():
            steps = ("lines", name, "rule")
            try:
                found = unit(line, units)
            except RuleError as error:
                self.say(steps, f"{name}: {error}", "the units clash", "Correct the formula")
                continue
            if found is not None and found != units[name]:
                self.say(steps, f"{name} gives {spell(found)}", f"its name says {spell(units[name])}", "Correct the formula or the name")
        for name, sides in goals.items():
            try:
                one, other = (unit(side, units) for side in sides)
            except RuleError as error:
                self.say(("solve", name), f"{name}: {error}", "the units clash", "Correct the formula")
                continue
            if one is not None and other is not None and one != other:
                self.say(("solve", name), f"{spell(one)} is to equal {spell(other)}", "the units clash", "Correct the formula")

    def other_sections(self, by_body: set[str]) -> None:
        """Limits, levels and published figures name columns that are there."""
        worked = {*self.numbers} - set(self.file.constants)
        if "columns" in self.file.levels:
            why = "columns is the name of the table that says what columns are"
            self.say(("levels", "columns"), "a level is called columns", why, "Rename the text column")
        for name, limit in self.file.limits.items():
            if not limit.bounds:
                self.say(
                    ("limits", name), f"the limit of {name} has no bound", "it would hold for anything", "Say at_least:, at_most: or above:"
                )
            elif max(bound for bound in (limit.at_least, limit.above, -math.inf) if bound is not None) > (
                math.inf if limit.at_most is None else limit.at_most
            ):
                self.say(("limits", name), f"{name} must be {limit.bounds}", "nothing can be both", "Correct the bounds")
        named: list[tuple[tuple[Step, ...], str, set[str]]] = [(("limits", name), name, worked) for name in self.file.limits]
        named += [(("published", name), name, set(self.file.lines)) for name in self.file.published]
        named += [(("published", name, "against"), entry.against, worked) for name, entry in self.file.published.items()]
        named += [(("levels", level), level, self.text) for level in self.file.levels]
        for level, entry in self.file.levels.items():
            named += [(("levels", level), name, worked) for name in (*entry.sum, *entry.same)]
            for name in entry.sum:
                if name in worked and unit_by_name(name) not in ("GBP", "persons"):
                    self.say(
                        ("levels", level),
                        f"{name} is added up",
                        "only money and people add up",
                        "Put it under same:, or work out a line with total(..., within=...)",
                    )
                elif name in worked and name not in by_body:
                    self.say(
                        ("levels", level),
                        f"{name} is added up",
                        "it is a total already and would be counted again for every body",
                        "Put it under same:",
                    )
        for steps, name, known in named:
            if name not in known:
                self.say(
                    steps,
                    f"there is no {'text column' if steps == ('levels', name) else 'column'} {name!r}",
                    "nothing of that name is given or worked out",
                    nearest(name, known),
                )

    def order(
        self, lines: Mapping[str, Expression], goals: Mapping[str, tuple[Expression, Expression]]
    ) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
        """Lines and solved numbers in an order they can be worked out in; a circle is a problem."""
        edges = {name: {other for other in line.names() if other in lines or other in goals} for name, line in lines.items()}
        waits: dict[str, tuple[str, ...]] = {}
        for name, sides in goals.items():
            behind = _behind({other for side in sides for other in side.names()} & (edges.keys() | goals.keys()), edges)
            mutual = [other for other in waits if other in behind and name in _behind({*waits[other], *edges[other]}, edges)]
            if mutual:
                self.say(
                    ("solve", name), f"{name} and {mutual[0]} wait for each other", "one number is found at a time", "Take one of them out"
                )
                return (), {}
            waits[name] = tuple(other for other in lines if other in behind and name in _behind({other}, edges))
            edges[name] = behind - set(waits[name]) - {name}
            if name not in {other for each in waits[name] for other in edges[each]} | {other for side in sides for other in side.names()}:
                self.say(
                    ("solve", name), f"{name} changes neither side", "no value of it can make them equal", "Let a line between them read it"
                )
        order: list[str] = []

        def visit(name: str, path: tuple[str, ...]) -> bool:
            if name in path:
                circle = " -> ".join((*path[path.index(name) :], name))
                part = "lines" if name in lines else "solve"
                self.say(
                    (part, name),
                    f"{circle} is a circle",
                    "no line of it can come first",
                    "Read last year's figure with prior(..., ...), or find the number under solve:",
                )
                return False
            if name not in order:
                if not all(visit(other, (*path, name)) for other in sorted(edges[name])):
                    return False
                order.append(name)
            return True

        all(visit(name, ()) for name in edges)
        return tuple(order), {name: tuple(other for other in order if other in set(waits[name])) for name in waits}


def _by_body(file: RuleFile, lines: Mapping[str, Expression], order: Iterable[str]) -> set[str]:
    """The columns that are each body's own; a line made of totals and constants alone stands again and again."""
    found = {name for block in file.figures.values() for name in block.columns}
    for name in order:
        line = lines.get(name)
        if line is not None:
            own = leaves(line.tree) & found
            if own or any(each.kind in ("prior", "share_out") for each in line.across.values()):
                found.add(name)
    return found


def _behind(names: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    """The names, and everything they are worked out from."""
    found, open_names = set(), list(names)
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names += edges.get(name, ())
    return found

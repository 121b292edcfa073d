"""Reads the figures a rule is applied to: tidy CSV files, or a workbook as it was published, joined by exact code.

A blank, a word or something that is not a number is a problem with its place, never a zero. A code must stand in every
file once, or once a year. Nothing is worked out here; limits of the rule are tested by `allocate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from capmodel.algebra.rows import Floats, Positions
from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.cells import NAMED, a_few, folded, plain_text, spelt_otherwise, unwritable, year_remedy, year_text
from capmodel.assumptions.tables import Figures, Line, read_lines
from capmodel.assumptions.totals import totals_problems
from capmodel.capitation.rules.rule import Rule, senseless
from capmodel.errors import AS_TEXT, BadInput, Problem, problem_of, respelt


@dataclass(frozen=True)
class BodyFigures:
    """The bodies of a run with their text and figures; figures are years by bodies."""

    keys: tuple[str, ...]
    years: tuple[int | None, ...]
    text: Mapping[str, tuple[str, ...]]
    figures: Mapping[str, Floats]

    @cached_property
    def groups(self) -> dict[str, tuple[tuple[str, ...], Positions]]:
        """The members of each text column, in the order in which they first stand, and which of them each body is."""
        found = {}
        for name, text in self.text.items():
            position = {member: i for i, member in enumerate(dict.fromkeys(text))}
            found[name] = (tuple(position), np.array([position[member] for member in text], dtype=np.intp))
        return found


def read_figures(rule: Rule, paths: Sequence[Path], problems: list[Problem]) -> BodyFigures:
    """Read every block of figures of a rule.

    Args:
        rule: the rule that names the columns.
        paths: one file for each block, in the order of the rule, or one file that holds them all.
        problems: what is wrong is added here.

    Raises:
        BadInput: something is wrong; all of it, with what was found before.
    """
    blocks = rule.file.figures
    if len(paths) not in (1, len(blocks)):
        names = ", ".join(blocks)
        problems.append(
            Problem("FIGURES", f"{len(paths)} files are given", f"the rule reads {names}", f"Give one file, or {len(blocks)} in that order")
        )
        raise BadInput(problems)
    years: tuple[int | None, ...] = tuple(rule.file.years) or (None,)
    keys: tuple[str, ...] = ()
    first, where = "", [""]
    text: dict[str, tuple[str, ...]] = {}
    figures: dict[str, Floats] = {}
    for i, (name, block) in enumerate(blocks.items()):
        path = paths[i if len(paths) > 1 else 0]
        lines = read_lines(path, block, problems)
        by_key = _by_key(lines, block, rule, path, problems)
        if not by_key:
            if not problems:
                problems.append(Problem(path.name, "there are no rows", "there is nothing to work out", "Give a row for each body"))
            continue
        if not keys:
            keys, first, where = tuple(by_key), name, [own[0].where for own in by_key.values()]
        _same_codes(keys, by_key, (first, name), path, problems)
        rows = [by_key[key] for key in keys if key in by_key]
        if not rows:
            continue
        text |= {own: _text(own, block, rows, problems) for own in block.text}
        figures |= {own: _column(own, block, rule, rows, problems) for own in block.columns}
    read = BodyFigures(keys, years, text, figures)
    if not problems:
        added = {name: values for name, values in figures.items() if unit_by_name(name) in ("GBP", "persons")}
        members = {name: member for name, (_, member) in read.groups.items()}
        known = [key for block in blocks.values() for key in block.not_totals]
        problems += totals_problems(keys, where, added, members, known)
    if problems:
        raise BadInput(problems)
    return read


# ------------------------------------------------------------------ codes


def _by_key(lines: list[Line], block: Figures, rule: Rule, path: Path, problems: list[Problem]) -> dict[str, list[Line]]:
    """Lines by code: one for a body, or one for each of its years in the order of the rule."""
    if block.rows is not None and lines and len(lines) != block.rows:
        problems.append(
            Problem(
                path.name,
                f"{len(lines)} rows are found",
                f"the rule expects {block.rows}",
                "Check the first and last row, or correct rows: in the rule",
            )
        )
    wanted = tuple(str(year) for year in rule.file.years) if block.year else ("",)
    found: dict[str, dict[str, Line]] = {}
    spellings: dict[str, tuple[str, str]] = {}
    unread: set[str] = set()  # bodies with a row whose year cannot be read: which years they lack is not known
    for line in lines:
        key = plain_text(line.cells[block.key])
        try:
            year = year_text(line.cells[block.year]) if block.year else ""
        except ValueError as error:
            problems.append(problem_of(line.where, error))
            unread.add(key)
            continue
        if not key:
            problems.append(
                Problem(
                    line.where,
                    "there are figures without a code",
                    f"bodies are known by {block.key}",
                    "Give the code (merged cells hold it in the first row only); take the row out if it is a total, or end the rows above it with last_row:",
                )
            )
            continue
        wrong = unwritable(key)
        if wrong:
            problems.append(Problem(line.where, f"the code {wrong[0]}", *wrong[1:]))
            continue
        if key in block.repeats and year in found.get(key, {}):
            key = f"{key} (2)"
        _, otherwise = spelt_otherwise(key, line.where, spellings, "body")
        problems += [otherwise] if otherwise else []
        own = found.setdefault(key, {})
        if year in own:
            problems.append(Problem(line.where, f"the code {key!r} is there twice", f"it stands at {own[year].where} too", "Take one out"))
        elif year not in wanted:
            problems.append(
                Problem(
                    line.where,
                    f"the year is {year!r}",
                    f"the rule is for {', '.join(wanted)}",
                    year_remedy(year, "Take the row out, or add the year to the rule"),
                )
            )
        own.setdefault(year, line)
    unread |= {key for key, own in found.items() if block.year and any(year_remedy(year, "") for year in own)}
    lacking = [f"{key} in {year}" for key, own in found.items() if key not in unread for year in wanted if year not in own]
    if lacking:
        problems.append(Problem(path.name, f"there is no row for {_some(lacking)}", "every body needs every year", "Add the rows"))
    if any(not set(wanted) <= set(own) for own in found.values()):
        return {}
    return {key: [own[year] for year in wanted] for key, own in found.items()}


def _same_codes(keys: Sequence[str], by_key: Mapping[str, Any], names: tuple[str, str], path: Path, problems: list[Problem]) -> None:
    known = set(keys)
    missing, strange = [key for key in keys if key not in by_key], [key for key in by_key if key not in known]
    differs, same = respelt(strange, missing)
    if same:
        what = f"{len(same)} code{'s differ' if len(same) > 1 else ' differs'} from those in {names[0]} but for {differs}: "
        differing = _some([f"{code} ({other})" for code, other in same.items()])
        problems.append(Problem(path.name, what + differing, "files are joined by exact code", AS_TEXT))
    for lacking, there, other in (
        ([key for key in missing if key not in same.values()], *names),
        ([key for key in strange if key not in same], *reversed(names)),
    ):
        if lacking:
            problems.append(
                Problem(
                    path.name,
                    f"{len(lacking)} code{'s are' if len(lacking) > 1 else ' is'} in {there} and not in {other}: {_some(lacking)}",
                    "files are joined by exact code, and nothing is filled in",
                    "Make the codes agree, or take the body out of both",
                )
            )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"


def _text(name: str, block: Figures, bodies: Sequence[Sequence[Line]], problems: list[Problem]) -> tuple[str, ...]:
    """A column of text; a blank, or a member spelt in two ways, is a problem."""
    column = block.described(name)
    found: list[str] = []
    spellings: dict[str, str] = {}
    for line, *later in bodies:
        text = plain_text(line.cells[column.heading]) or column.blank
        found.append(text)
        for other in later:
            again = plain_text(other.cells[column.heading]) or column.blank
            if again != text:
                what = f"{name} is {again!r} for {plain_text(line.cells[block.key])}, and {text!r} in another year"
                problems.append(Problem(other.where, what, "a body is rolled up to one", "Give it two codes, or correct one"))
        if spellings.get(text) == text:
            continue
        wrong = unwritable(text)
        if not text:
            problems.append(Problem(line.where, f"{name} is blank", "it says where the body belongs", f"Fill in {column.heading}"))
        elif wrong:
            problems.append(Problem(line.where, f"{name} {wrong[0]}", *wrong[1:]))
        elif spellings.setdefault(folded(text), text) != text:
            what = f"{name} {text!r} differs from {spellings[folded(text)]!r} in case or spaces only"
            problems.append(Problem(line.where, what, "one would become two", "Spell it one way"))
        else:
            spellings[text] = text
    return tuple(found)


def _column(name: str, block: Figures, rule: Rule, bodies: Sequence[Sequence[Line]], problems: list[Problem]) -> Floats:
    """A column of figures, years by bodies; what is no number, makes no sense or is outside its limit is a problem with its row."""
    column, unit = block.column(name), unit_by_name(name)
    scaled = np.empty((len(bodies[0]), len(bodies)))
    wrong: list[Problem] = []
    remedy = f"Write a number such as 1234.5 under the heading {column.heading!r}, or say in the rule what blank: means, and under no_figure: which texts mean it"
    for p, lines in enumerate(bodies):
        for y, line in enumerate(lines):
            cell = line.cells[column.heading]
            scaled[y, p] = column.figure(cell, unit)
            fault = column.fault(name, plain_text(line.cells[block.key]), cell, unit, remedy)
            if fault:
                scaled[y, p] = np.nan
                wrong.append(Problem(line.where, *fault))

    def described(y: int, p: int) -> str:
        return f"{name} is {scaled[y, p]:g} for {plain_text(bodies[p][y].cells[block.key])}"

    odd, why, remedy = senseless(unit, scaled)
    wrong += [Problem(bodies[p][y].where, described(y, p), why, remedy) for y, p in np.argwhere(odd)]
    if name in rule.file.limits:
        limit, where = rule.file.limits[name], rule.document.where(("limits", name))
        wrong += [
            Problem(
                bodies[p][y].where,
                f"{described(y, p)}, and must be {limit.bounds} ({where})",
                limit.why,
                "Correct the figure, or leave the body out and say so",
            )
            for y, p in np.argwhere(limit.outside(scaled, unit) & ~odd)
        ]
    problems += a_few(wrong, f"figures of {name} are wrong")
    return np.ascontiguousarray(np.broadcast_to(scaled, (len(rule.file.years) or 1, len(bodies))))

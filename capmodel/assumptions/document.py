"""YAML files that remember the line of every value, so that a message can say where.

What a value is, is decided in `scalars`. A key written twice, however it is spelt, is refused. This module knows files, not packs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from capmodel.assumptions.cells import DIGITS_ONLY, in_digits
from capmodel.assumptions.guard import no_file
from capmodel.assumptions.model_parts import NUMBERS, SHAPES, fields_of, meant, misspelt, model_at, name_of
from capmodel.assumptions.model_parts import Step as Step
from capmodel.assumptions.scalars import TEXT, key_of, tag_of, value_of
from capmodel.assumptions.text_file import whole_text
from capmodel.assumptions.years import Year, same_key
from capmodel.errors import BadInput, Problem, listed, nearest, problem_of

Model = TypeVar("Model", bound=BaseModel)
#: A number as a file must give it: no text, no flag, no infinity and nothing that is not a number.
Number = Annotated[float, BeforeValidator(lambda given: _fraction(given)), Field(strict=True, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
#: A figure for each year.
ByYear = dict[Year, Number]

_FRACTION = re.compile(r"([0-9]{1,6})/([1-9][0-9]{0,5})")
#: The most values a YAML file may have, those that an alias repeats counted each time.
MOST_PARTS = 500_000
LARGEST_YAML = 1 << 24
#: The longest text whose content is kept for when it is read again, in characters.
_LONGEST_KEPT = 1 << 18


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Parses YAML without guessing what a value is: `scalars` says that, and the guess takes as long as the parsing."""

    def resolve(self, *_: object) -> str:
        return ""

    def descend_resolver(self, *_: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


class Strict(BaseModel):
    """A part of a file: no name that is not known."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


@dataclass
class Document:
    """A YAML file: its content as plain Python, and the line of every key and item."""

    path: Path
    content: Any = None
    lines: dict[tuple[Step, ...], int] = field(default_factory=dict)
    #: Places that have been reported while the file was read: what they hold is not held against them.
    refused: set[tuple[Step, ...]] = field(default_factory=set)

    def where(self, steps: Sequence[Step] = ()) -> str:
        """File and line of a place in the document, or of the nearest place above it that has one.

        >>> Document(Path("a.yaml"), lines={(): 1, ("x",): 4}).where(["x", "y"])
        'a.yaml, line 4'
        """
        for length in range(len(steps), -1, -1):
            line = self.lines.get(tuple(steps[:length]))
            if line is not None:
                return f"{self.path.name}, line {line}"
        return self.path.name

    def problem(self, steps: Sequence[Step], what: str, why: str, remedy: str) -> Problem:
        """A problem at a place in this document."""
        return Problem(self.where(steps), what, why, remedy)

    def parse(self, model: type[Model], steps: Sequence[Step], problems: list[Problem]) -> Model | None:
        """Validate the part of the document at `steps`; every error becomes a problem with its line."""
        content = self.content
        for step in steps:
            content = content[step]
        try:
            return model.model_validate(content)
        except ValidationError as error:
            details = [each for each in error.errors() if not any((*steps, *each["loc"])[: len(at)] == at for at in self.refused)]
            details = meant(self.lines, steps, details)
            extra = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
            missing: dict[tuple[Step, ...], list[str]] = {}
            for detail in details:
                if detail["type"] != "missing":
                    problems.append(self._explain(model, [*steps, *detail["loc"]], detail))
                elif not misspelt(detail["loc"], extra):
                    missing.setdefault(max(self._there([*steps, *detail["loc"][:-1]]), tuple(steps), key=len), []).append(
                        str(detail["loc"][-1])
                    )
            problems += [self._missing(place, names) for place, names in missing.items()]
            return None

    def named(self, steps: Sequence[Step]) -> str:
        """A place in the document as a reader names it: entries of a list are counted from one.

        >>> Document(Path("a.yaml"), {"caps": [{"gbp": 1}], "x": {2027: 2}}).named(["caps", 0, "gbp"])
        'gbp in entry 1 of caps'
        >>> Document(Path("a.yaml"), {"x": {2027: 2}}).named(["x", 2027])
        'x.2027'
        """
        parts: list[str] = []
        here = self.content
        for step in steps:
            if isinstance(here, list) and isinstance(step, int):
                parts = [f"entry {step + 1} of {_one_name(parts)}" if parts else f"entry {step + 1}", ""]
            elif parts and not parts[-1]:
                parts = [f"{step} in {parts[0]}"]
            else:
                parts = [*parts, str(step)]
            here = _inside(here, step)
        return _one_name(parts)

    def _there(self, steps: Sequence[Step]) -> tuple[Step, ...]:
        """The steps that lead somewhere in the document, without the names of kinds that a validation puts between them."""
        found: tuple[Step, ...] = ()
        for step in steps:
            found = (*found, step) if (*found, step) in self.lines else found
        return found

    def _missing(self, place: tuple[Step, ...], names: Sequence[str]) -> Problem:
        what = f"{listed([repr(name) for name in names])} {'is' if len(names) == 1 else 'are'} missing"
        remedy = f"Add a line {names[0]}: with its value" if len(names) == 1 else "Add a line for each, with its value"
        return self.problem(
            place, what + (f" from {self.named(place)}" if place else ""), f"the model needs {'it' if len(names) == 1 else 'them'}", remedy
        )

    def _explain(self, model: type[BaseModel], steps: list[Step], detail: Any) -> Problem:
        place = self._there(steps) or steps[:-1]
        name = self.named(place) or str(steps[-1])
        kind, given = detail["type"], detail["input"]
        if steps[-1] == "[key]" and kind in (*NUMBERS, "greater_than_equal", "less_than"):
            what = f"{_as_written(given)} under {self.named(self._there(steps[:-2]))} is no year"
            return self.problem(place, what, "it has a figure for each year", "Write a year such as 2027 or 2027/28")
        if kind == "extra_forbidden":
            part = model_at(model, detail["loc"][:-1])
            if now := name_of(part, str(steps[-1])):
                what, why = f"{steps[-1]!r} is called {now!r} today", "one word has one meaning in every file"
                return self.problem(steps, what, why, f"Write {now}: in its place")
            if part is not model and steps[-1] in fields_of(model):
                what = f"{steps[-1]!r} is not a name of {self.named(steps[:-1])}"
                return self.problem(steps, what, "it is a name of the file as a whole", f"Write {steps[-1]}: there, at the start of a line")
            known = fields_of(part)
            return self.problem(steps, f"{steps[-1]!r} is not a known name", "it would be ignored", nearest(str(steps[-1]), known))
        if kind in NUMBERS:
            remedy = in_digits(given) if isinstance(given, str) else DIGITS_ONLY
            return self.problem(steps, f"{name} is {_as_written(given)}", "a number is needed here", remedy)
        if kind in ("bool_type", "bool_parsing"):
            return self.problem(steps, f"{name} is {given!r}", "it is a yes or a no", "Write true or false")
        if kind in (*SHAPES, "string_type"):
            named = ("names with values are", "Write name: and its value, a line each")
            whole = isinstance(given, (dict, list))
            shapes = {
                "dict_type": named,
                "model_type": named,
                "list_type": ("a list is", "Write each entry on a line of its own after a hyphen"),
                "string_type": ("text is", "Write one text" if whole else "Write it in quotation marks"),
            }
            shape, remedy = shapes[kind]
            return self.problem(steps, f"{name} is {_as_written(given)}", f"{shape} needed here", remedy)
        if kind == "literal_error":
            return self.problem(steps, f"{name} is {given!r}", "it is not a known choice", f"Write {detail['ctx']['expected']}")
        if kind == "too_short":
            least = detail["ctx"]["min_length"]
            return self.problem(place, f"{name} holds {len(given)}", f"{least} or more are needed", "Add what is missing")
        if kind == "value_error":
            found = problem_of(self.where(steps), detail["ctx"]["error"])
            return found._replace(what=f"{name}: {found.what}")
        return self.problem(steps, f"{name} is {given!r}", str(detail["msg"]).lower(), "Correct it")


def _one_name(parts: Sequence[str]) -> str:
    return ".".join(part for part in parts if part)


def _inside(content: Any, step: Step) -> Any:
    """What is at a step of a mapping or a list; None where there is nothing."""
    try:
        return content[step]
    except (KeyError, IndexError, TypeError):
        return None


def _as_written(given: Any) -> str:
    """A value in a message, as the file has it."""
    if given is None:
        return "empty"
    return str(given).lower() if isinstance(given, bool) else repr(given)


def _fraction(given: Any) -> Any:
    """A share written as a fraction, such as 1/3, as a number; anything else as it is."""
    match = _FRACTION.fullmatch(given) if isinstance(given, str) else None
    return int(match[1]) / int(match[2]) if match else given


def read_yaml(path: Path, problems: list[Problem]) -> Document | None:
    """Read a YAML file, or report why it cannot be read."""
    text = read_text(path, problems)
    if text is None:
        return None
    kept = _read_before(text) if len(text) <= _LONGEST_KEPT else None
    return _constructed(Document(path), text, problems) if kept is None else Document(path, _copied(kept.content), dict(kept.lines))


@lru_cache(maxsize=64)
def _read_before(text: str) -> Document | None:
    """What a sound file of this text holds: a place and its national pack are read again and again. None where it is not sound."""
    problems: list[Problem] = []
    document = _constructed(Document(Path()), text, problems)
    return None if problems else document


def _copied(content: Any) -> Any:
    """The same content, in mappings and lists of its own."""
    if isinstance(content, dict):
        return {name: _copied(value) for name, value in content.items()}
    return [_copied(each) for each in content] if isinstance(content, list) else content


def _constructed(document: Document, text: str, problems: list[Problem]) -> Document | None:
    """A document filled with what a text holds, or a report why it cannot be read."""
    path = document.path
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else text.count("\n", 0, getattr(error, "position", 0)) + 1
        tab = text.splitlines()[line - 1 : line] and "\t" in text.splitlines()[line - 1]
        reason = "a tab stands in this line" if tab else getattr(error, "problem", None) or getattr(error, "reason", error)
        remedy = "Write blanks where the tab is" if tab else "Correct it, or the line before it"
        problems.append(Problem(f"{path.name}, line {line}", f"the YAML cannot be read ({reason})", "nothing in it can be used", remedy))
        return None
    if root is None:
        problems.append(Problem(path.name, "the file is empty", "the model needs it", "Fill it in, or remove it"))
        return None
    try:
        document.content = _Reading(document, text.splitlines(), problems).construct(root, ())
    except BadInput as error:
        problems += error.problems
        return None
    except RecursionError:
        problems.append(
            Problem(path.name, "a part of the file contains itself", "it would never end", "Remove the anchor that points back")
        )
        return None
    return document


def read_mapping(path: Path, problems: list[Problem]) -> Document | None:
    """Read a YAML file that holds names with values, or report why it cannot be read."""
    document = read_yaml(path, problems)
    if document is None:
        return None
    if not isinstance(document.content, dict) or not all(isinstance(name, str) for name in document.content):
        problems.append(
            document.problem((), "the file does not hold names with values", "it is read by name", "Write name: and its value, a line each")
        )
        return None
    return document


def sound_mapping(path: Path) -> Document:
    """A YAML file that holds names with values.

    Raises:
        BadInput: with everything for which it cannot be read.
    """
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    if document is None or problems:
        raise BadInput(problems)
    return document


@dataclass
class _Reading:
    """A YAML document being turned into plain Python: its text line by line, and what is wrong with it."""

    document: Document
    text: list[str]
    problems: list[Problem]

    def construct(self, node: yaml.Node, steps: tuple[Step, ...]) -> Any:
        """The value of a node; the lines of its parts are written down."""
        document = self.document
        document.lines.setdefault(steps, node.start_mark.line + 1)
        if len(document.lines) > MOST_PARTS:
            raise BadInput([Problem(document.path.name, f"it has over {MOST_PARTS:,} values", "it could exhaust the machine", "Part it")])
        tag = tag_of(node, self.text)
        if tag not in (None, TEXT) or (tag == TEXT and not isinstance(node, yaml.ScalarNode)):
            what, why = f"the tag {tag} is written before a value", "values are read as they are written"
            self.problems.append(document.problem(steps, what, why, "Take the tag out; write text in quotation marks"))
            document.refused.add(steps)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, steps)
        if isinstance(node, yaml.SequenceNode):
            return [self.construct(item, (*steps, i)) for i, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return value_of(node, tag)

    def mapping(self, node: yaml.MappingNode, steps: tuple[Step, ...]) -> dict[Any, Any]:
        """Names with values; one name given twice, in whichever spelling, is a problem."""
        found: dict[Any, Any] = {}
        spelt: dict[Any, Any] = {}
        before: tuple[Any, yaml.Node] | None = None
        twice: list[tuple[int, str, str]] = []
        ahead: list[Any] = []
        for key_node, value_node in node.value:
            if before and node.flow_style and _thousands(key_node, value_node) and isinstance(before[1], yaml.ScalarNode):
                # Between braces a comma ends an entry: 18,000,000 is put together again, so that it is refused as one number.
                found[before[0]] = f"{before[1].value if str(found[before[0]]).count(',') == 0 else found[before[0]]},{key_node.value}"
                continue
            key = key_of(key_node, tag_of(key_node, self.text)) if isinstance(key_node, yaml.ScalarNode) else "?"
            place = (*steps, key)
            first = spelt.setdefault(same_key(key), key)
            if key in found or first != key:
                other = "" if type(first) is type(key) and first == key else f", the first time as {first!r}"
                ahead = ahead or list(found)
                twice.append((key_node.start_mark.line + 1, repr(key), other))
            self.document.lines[place] = key_node.start_mark.line + 1
            # A year is looked for by its number, however it is written.
            self.document.lines.setdefault((*steps, same_key(key)), self.document.lines[place])
            value = self.construct(value_node, place)
            found[key] = value if found.get(key) is None else found[key]
            before = key, value_node
        if twice:
            self.problems.append(self._written_twice(steps, twice))
        # Of two entries that run into each other, the first; what only the second says is not held against it.
        return found if len(twice) < 2 else {name: found[name] for name in ahead}

    def _written_twice(self, steps: tuple[Step, ...], twice: Sequence[tuple[int, str, str]]) -> Problem:
        """One problem for all names that a mapping has twice: several of them are as a rule two entries that run into each other."""
        line, key, other = twice[0]
        where = f"{self.document.path.name}, line {line}"
        if len(twice) == 1:
            return Problem(where, f"{key} is written twice{other}", "the second would silently win", "Remove one")
        in_list = bool(steps) and isinstance(steps[-1], int)
        begin = "begin a new entry with a hyphen" if in_list else "write the name that the second set belongs to above it"
        what = f"{listed([name + spelt for _, name, spelt in twice])} are written twice"
        return Problem(where, what, "the second would silently win", f"Remove one of each, or {begin}")


def _thousands(key: yaml.Node, value: yaml.Node) -> bool:
    """True for three digits that stand alone between commas: the rest of a number that is written with commas."""
    alone = isinstance(value, yaml.ScalarNode) and not value.value and not value.style
    return alone and isinstance(key, yaml.ScalarNode) and not key.style and re.fullmatch(r"[0-9]{3}(\.[0-9]+)?", key.value) is not None


def read_text(path: Path, problems: list[Problem]) -> str | None:
    """The text of a file, or a problem where there is none to be had."""
    odd = "\0" in str(path) or path.is_symlink() or path.is_dir() or path.exists()
    if odd and not path.is_file():
        problems.append(no_file(path, "the model needs a file"))
        return None
    try:
        return whole_text(path, "the model needs it", "Save it as UTF-8 text", LARGEST_YAML)
    except BadInput as error:
        problems += error.problems
    except FileNotFoundError:
        problems.append(Problem(path.name, f"there is no file {path}", "the model needs it", "Add it, or correct the path"))
    return None

"""YAML files that remember the line of every value, so that a message can say where.

What a value is, is decided in `scalars`. A key written twice, however it is spelt, is refused. This module knows files, not packs.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from capmodel.assumptions.cells import DIGITS_ONLY, in_digits
from capmodel.assumptions.guard import bounded
from capmodel.assumptions.scalars import TEXT, key_of, tag_of, value_of
from capmodel.assumptions.years import Year, same_key
from capmodel.errors import BadInput, Problem, nearest, problem_of

Model = TypeVar("Model", bound=BaseModel)
#: A number as a file must give it: no text, no flag, no infinity and nothing that is not a number.
Number = Annotated[float, BeforeValidator(lambda given: _fraction(given)), Field(strict=True, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
#: A figure for each year.
ByYear = dict[Year, Number]
Step = str | int

_FRACTION = re.compile(r"([0-9]{1,6})/([1-9][0-9]{0,5})")
#: The most values a YAML file may have, those that an alias repeats counted each time.
MOST_PARTS = 500_000
LARGEST_YAML = 1 << 24
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Strict(BaseModel):
    """A part of a file: no name that is not known."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


@dataclass
class Document:
    """A YAML file: its content as plain Python, and the line of every key and item."""

    path: Path
    content: Any = None
    lines: dict[tuple[Step, ...], int] = field(default_factory=dict)

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
            details: list[Any] = [*error.errors()]
            extra = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
            for detail in details:
                if detail["type"] != "missing" or not _misspelt(detail["loc"], extra):
                    problems.append(self._explain(model, [*steps, *detail["loc"]], detail))
            return None

    def _explain(self, model: type[BaseModel], steps: list[Step], detail: Any) -> Problem:
        place = [step for step in steps if tuple(steps[: steps.index(step) + 1]) in self.lines] or steps[:-1]
        name = ".".join(str(step) for step in place) or str(steps[-1])
        kind, given = detail["type"], detail["input"]
        if kind == "extra_forbidden":
            known = _fields(_model_at(model, detail["loc"][:-1]))
            return self.problem(steps, f"{steps[-1]!r} is not a known name", "it would be ignored", nearest(str(steps[-1]), known))
        if kind == "missing":
            return self.problem(
                steps[:-1],
                f"{steps[-1]!r} is missing" + (f" from {'.'.join(map(str, steps[:-1]))}" if len(steps) > 1 else ""),
                "the model needs it",
                f"Add a line {steps[-1]}: with its value",
            )
        if kind in ("float_parsing", "float_type", "int_parsing", "int_type", "int_from_float", "finite_number"):
            remedy = in_digits(given) if isinstance(given, str) else DIGITS_ONLY
            return self.problem(steps, f"{name} is {_as_written(given)}", "a number is needed here", remedy)
        if kind in ("bool_type", "bool_parsing"):
            return self.problem(steps, f"{name} is {given!r}", "it is a yes or a no", "Write true or false")
        if kind in ("dict_type", "list_type", "model_type", "string_type"):
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
        if kind == "value_error":
            found = problem_of(self.where(steps), detail["ctx"]["error"])
            return replace(found, what=f"{name}: {found.what}")
        return self.problem(steps, f"{name} is {given!r}", str(detail["msg"]).lower(), "Correct it")


def _misspelt(missing: Sequence[Step], extra: Sequence[Sequence[Step]]) -> bool:
    """True where an unknown name beside it is nearly the missing one: the missing name is what its remedy gives.

    >>> _misspelt(("p90", "title"), [("p90", "titel")]), _misspelt(("p90", "title"), [("p91", "titel")])
    (True, False)
    """
    beside = [str(place[-1]) for place in extra if tuple(place[:-1]) == tuple(missing[:-1])]
    return bool(difflib.get_close_matches(str(missing[-1]), beside))


def _as_written(given: Any) -> str:
    """A value in a message, as the file has it."""
    if given is None:
        return "empty"
    return str(given).lower() if isinstance(given, bool) else repr(given)


def _fraction(given: Any) -> Any:
    """A share written as a fraction, such as 1/3, as a number; anything else as it is."""
    match = _FRACTION.fullmatch(given) if isinstance(given, str) else None
    return int(match[1]) / int(match[2]) if match else given


def _fields(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[BaseModel], steps: Sequence[Step]) -> type[BaseModel]:
    """The model of the part of a document that a place inside it leads to, through lists, mappings and choices.

    >>> from pydantic import create_model
    >>> inner = create_model("Inner", size=(int, 0))
    >>> outer = create_model("Outer", parts=(list[inner] | None, None))
    >>> _model_at(outer, ["parts", 0]).__name__
    'Inner'
    """
    here: Any = model
    for step in steps:
        if isinstance(here, type) and issubclass(here, BaseModel):
            fields = {field.alias or name: field.annotation for name, field in here.model_fields.items()}
            here = fields.get(str(step))
        else:
            here = next(iter(reversed(get_args(here))), None)
        here = _without_none(here)
    return here if isinstance(here, type) and issubclass(here, BaseModel) else model


def _without_none(kind: Any) -> Any:
    """A type that may be left out, without that; for anything else the type as it is."""
    if get_origin(kind) is Annotated:
        return _without_none(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return next(part for part in get_args(kind) if part is not NoneType)
    return kind


def read_yaml(path: Path, problems: list[Problem]) -> Document | None:
    """Read a YAML file, or report why it cannot be read."""
    text = read_text(path, problems)
    if text is None:
        return None
    document = Document(path)
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
        for key_node, value_node in node.value:
            if before and node.flow_style and _thousands(key_node, value_node) and isinstance(before[1], yaml.ScalarNode):
                # Between braces a comma ends an entry: 18,000,000 is put together again, so that it is refused as one number.
                found[before[0]] = f"{before[1].value if str(found[before[0]]).count(',') == 0 else found[before[0]]},{key_node.value}"
                continue
            key = key_of(key_node, tag_of(key_node, self.text)) if isinstance(key_node, yaml.ScalarNode) else "?"
            place = (*steps, key)
            first = spelt.setdefault(same_key(key), key)
            if key in found or first != key:
                line = key_node.start_mark.line + 1
                what = f"{key!r} is written twice" + ("" if type(first) is type(key) and first == key else f", the first time as {first!r}")
                where = f"{self.document.path.name}, line {line}"
                self.problems.append(Problem(where, what, "the second would silently win", "Remove one"))
            self.document.lines[place] = key_node.start_mark.line + 1
            # A year is looked for by its number, however it is written.
            self.document.lines.setdefault((*steps, same_key(key)), self.document.lines[place])
            found[key] = self.construct(value_node, place)
            before = key, value_node
        return found


def _thousands(key: yaml.Node, value: yaml.Node) -> bool:
    """True for three digits that stand alone between commas: the rest of a number that is written with commas."""
    alone = isinstance(value, yaml.ScalarNode) and not value.value and not value.style
    return alone and isinstance(key, yaml.ScalarNode) and not key.style and re.fullmatch(r"[0-9]{3}(\.[0-9]+)?", key.value) is not None


def read_text(path: Path, problems: list[Problem]) -> str | None:
    """The text of a file, or a problem where there is none to be had."""
    try:
        return bounded(path, LARGEST_YAML).decode("utf-8-sig")
    except BadInput as error:
        problems += error.problems
    except FileNotFoundError:
        problems.append(Problem(path.name, f"there is no file {path}", "the model needs it", "Add it, or correct the path"))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(path.name, f"the file cannot be read ({error})", "the model needs it", "Save it as UTF-8 text"))
    return None

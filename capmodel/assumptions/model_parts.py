"""Parts of the models that files are read into, and which of the errors of a validation are what the file's author did.

A value that may be one of several kinds is held against each of them; only what the kind it was meant as says is reported. What is
said of an error, and where it is, is in `document`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from capmodel.errors import nearly

Step = str | int

#: Kinds of errors that say that a number, or names or a list, is needed.
NUMBERS = ("float_parsing", "float_type", "int_parsing", "int_type", "int_from_float", "finite_number")
SHAPES = ("dict_type", "list_type", "model_type")
_SCALARS = (*NUMBERS, "string_type")


def fields_of(model: type[BaseModel]) -> list[str]:
    """The names that a file may write in a part of some model."""
    return [field.alias or name for name, field in model.model_fields.items()]


@dataclass(frozen=True)
class Formerly:
    """What a name of a file was called before: a file that still writes it is refused, and shown the name of today."""

    name: str


def name_of(model: type[BaseModel], formerly: str) -> str | None:
    """The name of today of what a part of a file used to call by another; None where it never did.

    >>> from typing import Annotated
    >>> from pydantic import create_model
    >>> name_of(create_model("Columns", locality=(Annotated[str, Formerly("place")], ...)), "place")
    'locality'
    """
    return next((name for name, field in model.model_fields.items() if Formerly(formerly) in field.metadata), None)


def model_at(model: type[BaseModel], steps: Sequence[Step]) -> type[BaseModel]:
    """The model of the part of a document that a place inside it leads to, through lists, mappings and choices.

    >>> from pydantic import create_model
    >>> inner = create_model("Inner", size=(int, 0))
    >>> outer = create_model("Outer", parts=(list[inner] | None, None), one=(dict[str, str | inner], ...))
    >>> model_at(outer, ["parts", 0]).__name__, model_at(outer, ["one", "name", "Inner"]).__name__
    ('Inner', 'Inner')
    """
    here: Any = model
    for step in steps:
        if isinstance(here, type) and issubclass(here, BaseModel):
            fields = {field.alias or name: field.annotation for name, field in here.model_fields.items()}
            # A validation puts the name of a kind between the steps where a value may be of several.
            here = here if step not in fields and here.__name__ in str(step) else fields.get(str(step))
        else:
            here = next(iter(reversed(get_args(here))), None)
        here = _meant_kind(here)
    return here if isinstance(here, type) and issubclass(here, BaseModel) else model


def _meant_kind(kind: Any) -> Any:
    """A type that may be left out, without that, and of several kinds the model; for anything else the type as it is."""
    if get_origin(kind) is Annotated:
        return _meant_kind(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        parts = [part for part in get_args(kind) if part is not NoneType]
        return next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), parts[0])
    return kind


def meant(lines: Collection[tuple[Step, ...]], steps: Sequence[Step], details: list[Any]) -> list[Any]:
    """What is wrong with a value that may be one of several kinds: only what the kind it was meant as says.

    What stands under a name that is no choice is left out as well.

    Args:
        lines: every place that the document has.
        steps: the part of it that was validated.
        details: the errors of the validation.
    """

    def of_kind(detail: Any) -> tuple[Step, ...] | None:
        place = (*steps, *detail["loc"])
        return place[:-1] if len(place) > 1 and place not in lines and place[:-1] in lines else None

    def other(detail: Any) -> bool:
        place, kind = of_kind(detail), detail["type"]
        if place is None or kind not in (*_SCALARS, *SHAPES):
            return False
        beside = [each for each in details if each is not detail and (*steps, *each["loc"])[: len(place)] == place]
        if not isinstance(detail["input"], (dict, list)):
            return kind in SHAPES and any(each["type"] in _SCALARS for each in beside)
        least = NUMBERS if kind in NUMBERS else _SCALARS
        return kind in _SCALARS and any(each["type"] not in least or of_kind(each) != place for each in beside)

    unknown = [each["loc"][:-1] for each in details if each["loc"][-1:] == ("[key]",)]
    return [
        detail
        for detail in details
        if not other(detail) and (detail["loc"][-1:] == ("[key]",) or not any(detail["loc"][: len(at)] == at for at in unknown))
    ]


def misspelt(missing: Sequence[Step], extra: Sequence[Sequence[Step]]) -> bool:
    """True where an unknown name beside it is nearly the missing one: the missing name is what its remedy gives.

    >>> misspelt(("p90", "title"), [("p90", "titel")]), misspelt(("p90", "title"), [("p91", "titel")])
    (True, False)
    """
    return nearly(str(missing[-1]), [str(place[-1]) for place in extra if tuple(place[:-1]) == tuple(missing[:-1])])

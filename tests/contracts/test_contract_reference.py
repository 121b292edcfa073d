"""The page of contract terms: its contract is sound and settles, its tables have every term of the models with type and default."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel

import capmodel
from capmodel.assumptions.document import Flag
from capmodel.assumptions.years import Year
from capmodel.contracts import alliance, settlement
from capmodel.contracts.alliance import Contract
from capmodel.contracts.settlement.routes import Route
from capmodel.contracts.settlement.steps import STEPS, Step

from conftest import ROOT  # isort: skip

PAGE = (ROOT / "docs/guide/04e-contract-terms.md").read_text(encoding="utf-8")
WHOLE, *INSTEAD = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
#: A term, its type and its default, as a row of the page's tables says them.
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| [^|]{8,} \|$", re.MULTILINE)


def terms(model: type[BaseModel], place: str, seen: set[type[BaseModel]]) -> Iterator[tuple[str, str, str]]:
    """Every term of a model and of the models in it: where it stands, its type and its default, in the words of the page."""
    for name, field in model.model_fields.items():
        path = f"{place}{field.alias or name}"
        default = "needed" if field.is_required() else default_of(field.default)
        yield path, kind_of(field.annotation), default
        for inner, step in models_in(field.annotation, ""):
            if inner not in seen:
                seen.add(inner)
                yield from terms(inner, f"{path}{step}.", seen)


def models_in(kind: Any, step: str) -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind, step
    origin, inner = get_origin(kind), [each for each in get_args(kind) if each is not NoneType]
    if origin is list:
        yield from models_in(inner[0], step + "[]")
    elif origin is dict:
        yield from models_in(inner[1], step + (".YEAR" if inner[0] in (int, Year) else ".PARTY"))
    elif origin in (Union, UnionType, Annotated):
        yield from models_in(inner[0], step)


def default_of(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`" if isinstance(value, str) and value else f"{value:g}" if isinstance(value, float | int) else "empty"


def kind_of(kind: Any) -> str:
    """The type of a term as the page says it."""
    if kind == Flag or kind is bool:
        return "true or false"
    origin, inner = get_origin(kind), [each for each in get_args(kind) if each is not NoneType]
    if kind == Step:
        return "step"
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in inner)
    if origin in (Union, UnionType, Annotated):
        return kind_of(inner[0])
    if origin is list:
        return f"list of {kind_of(inner[0])}"
    if origin is dict:
        return f"{kind_of(inner[1])}, {'by year' if inner[0] in (int, Year) else 'by name'}"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "terms"
    return {float: "number", int: "whole number", str: "text"}[kind]


EVERY = list(terms(Contract, "", {Contract}))


def test_every_term_of_the_models_is_in_the_tables_with_its_type_and_default() -> None:
    assert {path: (kind, default) for path, kind, default in ROW.findall(PAGE)} == {path: (kind, default) for path, kind, default in EVERY}
    assert len(ROW.findall(PAGE)) == len(EVERY)


def test_no_model_of_a_contract_is_left_out() -> None:
    steps = [importlib.import_module(f"{settlement.__name__}.{each.name}") for each in pkgutil.iter_modules(settlement.__path__)]
    named = [
        model
        for module in (alliance, *steps)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, BaseModel)
    ]
    known = {model for model in named if model.__module__.startswith("capmodel.contracts.")}
    seen = {Contract}
    list(terms(Contract, "", seen))
    assert known - seen == {Route}


def names_of(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        for name, value in content.items():
            yield str(name)
            yield from names_of(value)
    elif isinstance(content, list):
        for value in content:
            yield from names_of(value)


def test_every_term_is_written_in_the_contract_or_in_what_may_stand_instead() -> None:
    written = {name for text in (WHOLE, *INSTEAD) for name in names_of(yaml.safe_load(text))}
    assert [path for path, *_ in EVERY if path.rsplit(".", 1)[-1] not in written] == []
    first = set(names_of(yaml.safe_load(WHOLE)))
    assert {path for path, *_ in EVERY if path.rsplit(".", 1)[-1] not in first} == {"bands.ranges", "outcomes.score_share"}


def test_every_line_of_the_contract_says_what_it_does() -> None:
    """A comment stands above each term at the left margin, or beside it."""
    lines = WHOLE.splitlines()
    for i, line in enumerate(lines):
        if re.match(r"[a-z_]+:", line):
            assert "# " in line or lines[i - 1].startswith("# "), line


def test_the_terms_stand_in_the_order_of_the_steps() -> None:
    order = list(yaml.safe_load(WHOLE))
    assert set(order) == {field.alias or name for name, field in Contract.model_fields.items()}
    message = [int(number) for number in re.findall(r"^# Step (\d+)", WHOLE, re.MULTILINE)]
    assert message == sorted(message) and set(message) == set(range(1, 14))
    assert set(yaml.safe_load(WHOLE)["steps"]) == set(STEPS)


@pytest.mark.parametrize("instead", [None, *range(len(INSTEAD))])
def test_the_contract_settles_the_example(instead: int | None, broken: Path) -> None:
    """Written over the example's contract, whole and with each block that may stand instead of its terms."""
    content = yaml.safe_load(WHOLE) | (yaml.safe_load(INSTEAD[instead]) if instead is not None else {})
    (broken / "contract.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    if instead is None:
        (broken / "contract.yaml").write_text(WHOLE, encoding="utf-8")
    done = capmodel.load(broken).run()
    assert done.passed
    settled = done.tables["settlement"]
    assert settled["transfer_gbp"].abs().sum() > 0
    assert settled.groupby("year")["transfer_gbp"].sum().abs().max() < 0.005

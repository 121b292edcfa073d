"""Every figure of a contract is held to what its unit allows, wherever it stands: shares are parts of 1, money and counts are sizes.

The figures and their places are read off the declarations, so that a new term is tried as soon as it is declared. The contract is that of the
page of contract terms, which has every term.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.document import Document
from capmodel.contracts.many.column_terms import is_signed, unshared
from capmodel.contracts.read import read_contract
from capmodel.contracts.settlement.term import write
from capmodel.contracts.terms import every_column, every_term
from capmodel.errors import Problem
from capmodel.model import Place

from conftest import ROOT  # isort: skip

PAGE = (ROOT / "docs/guide/04e-contract-terms.md").read_text(encoding="utf-8")
WHOLE, *INSTEAD = (yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
CONTRACTS = [{**WHOLE, "as_at": "", **instead} for instead in ({}, *INSTEAD)]
#: Where each figure stands, in the notation of `Stated`.
PLACES = {name: ".".join(each.clause) + ".{year}" * each.by_year for name, each in every_term().items()}
PLACES |= {name: column.at for name, (_, column) in every_column().items() if column.at and not column.internal}
UNITS = {name: unit_by_name(name) for name in PLACES}
#: The edges of bands and ranges have bounds of their own; an index may be anything above zero.
WRONG = [(name, 40.0) for name, unit in UNITS.items() if unit == "share"]
WRONG += [(name, -0.5) for name, unit in UNITS.items() if unit not in ("flag", "index") and not is_signed(name)]


def places(content: Any, parts: list[str]) -> Iterator[tuple[Any, ...]]:
    """The places of a contract that a declaration may mean."""
    if not parts:
        yield ()
        return
    names = list(content) if isinstance(content, dict) else list(range(len(content or ())))
    for step in [part for part in names if parts[0][0] in "{[" or part == parts[0]]:
        yield from ((step, *rest) for rest in places(content[step], parts[1:]))


def faults(place: Place, contract: dict[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    dimensions, settings = place.pack.dimensions, [entry.id for entry in place.pack.dimensions["setting"]]
    read_contract(Document(Path("contract.yaml"), contract), dimensions["party"], settings, place.pack.years, place.rows["spend"], found)
    return found


def test_the_contracts_are_sound(place: Place) -> None:
    assert [faults(place, contract) for contract in CONTRACTS] == [[] for _ in CONTRACTS]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_figure_that_its_unit_does_not_allow_is_refused(name: str, value: float, place: Place) -> None:
    tried = 0
    for contract in CONTRACTS:
        at = next(places(contract, re.findall(r"\{\w+\}|\[[^\]]*\]|\w+", PLACES[name])), None)
        if at is not None:
            changed = unshared(contract)
            write(changed, at, value)
            assert any(f"{value:g}" in each.what for each in faults(place, changed)), (name, at)
            tried += 1
    assert tried, "the page has every term"

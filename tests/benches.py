"""A bench of the example on which designs are tried, and terms to try."""

from __future__ import annotations

import pytest

from capmodel.errors import Problem
from capmodel.model import Place
from capmodel.uncertainty.grid import read_term
from capmodel.uncertainty.negotiate import Bench, Term
from capmodel.uncertainty.simulate import make_ready


def term(name: str, *values: str) -> Term:
    problems: list[Problem] = []
    found = read_term(name, values, "test", problems)
    assert not problems
    return found


@pytest.fixture(scope="session")
def bench(place: Place) -> Bench:
    return Bench(make_ready(place, "base", {}, 3000, 1, False), "nhs_commissioner", 0.05, 0.4)

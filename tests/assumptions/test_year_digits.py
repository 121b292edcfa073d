"""Years in digits that are not those of the keyboard are refused wherever a year is read, as numbers and labels in them are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from alliance_files import PLAIN_CONTRACT, PLAIN_RULE

import capmodel
from capmodel.errors import BadInput

from conftest import Case  # isort: skip

SAID = "has other digits than those of the keyboard; programs read it differently. Write it with the digits 0 to 9 of the keyboard"
WIDE = "\uff12\uff10\uff12\uff16"
CONSTANT = "constants: {growth_share: {label: G, values: {YEAR: 0.1}, status: illustrative, source: a01}}\nyears: [2026]\nlines:"
FILES: dict[str, tuple[str, Callable[[Path, Path], object]]] = {
    "a list of years": (PLAIN_CONTRACT.replace("[2026]", "[YEAR]"), lambda terms, table: capmodel.settle(terms, table)),
    "a key of a term": (PLAIN_CONTRACT + "  target: {population_index: {YEAR: 1.1}}\n", lambda terms, table: capmodel.settle(terms, table)),
    "a key of a rule": (
        PLAIN_RULE.replace("lines:", CONSTANT).replace("baseline_gbp +", "baseline_gbp * growth_share +"),
        lambda terms, table: capmodel.allocate(terms, table),
    ),
    "a cell": (PLAIN_CONTRACT.replace("key: name", "key: name\n  year: year"), lambda terms, table: capmodel.settle(terms, table)),
}


@pytest.mark.parametrize("year", [WIDE, f"{WIDE}/27", f"2026/{WIDE[2]}7"])
@pytest.mark.parametrize("door", FILES)
def test_a_year_in_full_width_digits_is_refused(door: str, year: str, tmp_path: Path) -> None:
    terms, call = FILES[door]
    (tmp_path / "terms.yaml").write_text(terms.replace("YEAR", year), encoding="utf-8")
    (tmp_path / "f.csv").write_text(f"name,year,target,actual\na,{year},100,90\n", encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        call(tmp_path / "terms.yaml", tmp_path / "f.csv")
    (problem,) = refused.value.problems
    assert f"the year {year} {SAID}" in str(problem)


def test_a_year_of_set_in_full_width_digits_is_refused(small: Case) -> None:
    with pytest.raises(BadInput, match=SAID):
        small.place.changed({f"efficiency_share[{WIDE}]": 0.01})

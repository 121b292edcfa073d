"""A year in a table that cannot be read gets one problem, and no remedy that would drop its row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from alliance_files import PLAIN_CONTRACT, PLAIN_RULE

import capmodel
from capmodel.errors import BadInput

YEARS = "years: [2026, 2027]\n"
DOORS: dict[str, tuple[str, Callable[[Path, Path], object]]] = {
    "settle": (
        PLAIN_CONTRACT.replace("[2026]", "[2026, 2027]").replace("key: name", "key: name\n  year: year"),
        lambda terms, table: capmodel.settle(terms, table),
    ),
    "allocate": (
        PLAIN_RULE.replace("lines:", YEARS + "lines:").replace("key: name", "key: name, year: year"),
        lambda terms, table: capmodel.allocate(terms, table),
    ),
}
WRITE = "Write the year it begins in, as 2026 or 2026/27"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("year", "said"),
    [
        ("FY2026", f"the year is 'FY2026'; @. {WRITE}"),
        ("20 26", f"the year is '20 26'; @. {WRITE}"),
        ("2026/28", "2026/28 is no financial year"),
        ("2031", "the year is '2031'; @. Take the row out"),
    ],
)
def test_a_year_that_cannot_be_read_is_one_problem_that_keeps_its_row(door: str, year: str, said: str, tmp_path: Path) -> None:
    terms, call = DOORS[door]
    (tmp_path / "terms.yaml").write_text(terms, encoding="utf-8")
    rows = f"a,{year},101,90\na,2027,102,91\nb,2026,203,191\nb,2027,205,192\n"
    (tmp_path / "f.csv").write_text(f"name,year,target,actual\n{rows}", encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        call(tmp_path / "terms.yaml", tmp_path / "f.csv")
    first, *others = map(str, refused.value.problems)
    assert said.partition("@")[0] in first and said.rpartition("@")[2] in first, first
    # A year that is one, and not asked for, leaves its place without the year that is.
    assert len(others) == (year == "2031"), others

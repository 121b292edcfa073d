"""One moment is in one financial year, London's, however it is written and in whatever file; a date without a zone stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from extracts import LINE_MAP, as_lines, pack_of, people, town, written

from capmodel.baseline.persons.segment import segment_people
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.errors import BadInput


def by_year(folder: Path, on: object, name: str) -> dict[int, int]:
    """The number of activity lines in each year, where every line has that date."""
    persons, lines = as_lines(people(60, years=(2024, 2025)))
    dates = lines.assign(on=lines["on"].where(lines.index % 2 == 0, np.nan)) if on is None else lines.assign(on=on)
    place = town(folder, LINE_MAP, linked_at_least=0)
    made = segment_people(pack_of(place), Request(written(persons, folder / "p.parquet"), written(dates, folder / name)))
    return {year: sum(link.rows for link in made.linkage if link.year == year) for year in {link.year for link in made.linkage}}


#: Texts, and the financial year in which each falls.
MOMENTS = {
    2025: [
        "2025-03-31T23:30:00Z",
        "2025-04-01T00:30:00+01:00",
        "2025-03-31 23:30+00",
        "2025-03-31T18:30:00.123-0500",
        "2025-04-01 00:00:00 +01:00",
        "2025-04-01",
    ],
    2024: [
        "2025-03-31T22:59:59Z",
        "2025-03-31T23:30:00+01:00",
        "2025-03-31 23:30",
        "2025-03-31T23:59:59",
        "20250331",
        "2025-04-01T00:30:00+02:00",
    ],
}


@pytest.mark.parametrize("year", MOMENTS)
def test_a_moment_is_in_the_year_it_falls_in_in_london(year: int, tmp_path: Path) -> None:
    persons, lines = as_lines(people(60, years=(2024, 2025)))
    lines["on"] = np.resize(MOMENTS[year], len(lines))
    place = town(tmp_path, LINE_MAP, linked_at_least=0)
    for name in ("l.csv", "l.parquet"):
        made = segment_people(pack_of(place), Request(written(persons, tmp_path / "p.csv"), written(lines, tmp_path / name)))
        assert {link.year for link in made.linkage} == {year}, name


@pytest.mark.parametrize(
    ("on", "year"),
    [
        (pd.Timestamp("2025-03-31T23:30", tz="UTC"), 2025),
        (pd.Timestamp("2025-04-01T00:30", tz="Europe/Paris"), 2024),
        (pd.Timestamp("2025-03-31T23:30"), 2024),
        (pd.Timestamp("2025-03-31T23:30:00.000000001", tz="UTC"), 2025),
        (pd.Timestamp("2025-03-31T22:59:59.999999999", tz="UTC"), 2024),
        (20250401, 2025),
        (20250331.0, 2024),
    ],
)
def test_a_column_of_dates_or_whole_numbers_gives_what_its_text_gives(on: object, year: int, tmp_path: Path) -> None:
    assert set(by_year(tmp_path, on, "l.parquet")) == {year} == set(by_year(tmp_path, on, "l.csv"))


def test_what_is_no_date_is_refused(tmp_path: Path) -> None:
    persons, lines = as_lines(people(60))
    wrong = [
        "30/04/2025",
        "2025-02-30",
        "2025-04-30T24:00:00Z",
        "2025-04-30T10:00 Europe/London",
        "45777",
        "2025-4-3",
        "20250230",
        "2025-04-30+01:00",
        "1743379200",
        "x",
        "2025-03-31T23:30:00+99:00",
        "2025-03-31T23:30:00-16:00",
        "2025-03-31T23:30:00+01:60",
    ]
    lines = lines.iloc[: len(wrong)].assign(on=wrong)
    with pytest.raises(BadInput) as refused:
        segment_people(pack_of(town(tmp_path, LINE_MAP)), Request(written(persons, tmp_path / "p.csv"), written(lines, tmp_path / "l.csv")))
    (problem,) = refused.value.problems
    assert problem.where == f"activity lines, {len(wrong)} rows, first in row 1, 2, 3" and problem.what == "on is not a date"

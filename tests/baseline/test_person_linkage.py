"""Activity lines that do not find their people are refused before anything is written, with a hint at how the identifiers differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from extracts import LINE_MAP, as_lines, pack_of, people, town, written

from capmodel import cli
from capmodel.baseline.persons.feed import UNDISCLOSED, check_feed, feed
from capmodel.baseline.persons.segment import Segmented, segment_people
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.errors import BadInput


def lined(
    folder: Path, persons: pd.DataFrame, lines: pd.DataFrame, salt: str | None = None, keep: bool = False, **changes: object
) -> Segmented:
    files = written(persons, folder / "p.csv"), written(lines, folder / "l.csv")
    return segment_people(pack_of(town(folder, LINE_MAP, **changes)), Request(*files, salt=salt, keep=keep))


def refused(folder: Path, persons: pd.DataFrame, lines: pd.DataFrame, **changes: object) -> list[str]:
    with pytest.raises(BadInput) as found:
        lined(folder, persons, lines, **changes)
    return [str(problem) for problem in found.value.problems]


WRITTEN = {
    "leading zeros": (lambda number: f"{number:06d}", str),
    "capital letters": (lambda number: f"P{number}x", lambda number: f"p{number}X"),
    "blanks, hyphens or quotation marks": (lambda number: f"P{number:06d}", lambda number: f"P-{number:06d}"),
    "a decimal point and zeros at the end": (lambda number: f"{number + 1}", lambda number: f"{number + 1}.0"),
}


@pytest.mark.parametrize("difference", WRITTEN)
def test_nobody_linked_is_refused_with_a_hint_at_the_difference(difference: str, tmp_path: Path) -> None:
    persons, lines = as_lines(people(300))
    of_people, of_lines = WRITTEN[difference]
    number = lines["id"].str[1:].astype(int)
    message = refused(tmp_path, persons.assign(id=[of_people(i) for i in range(300)]), lines.assign(id=number.map(of_lines)))
    assert message[0] == (
        f"activity lines of 2025/26: 0 of {len(lines):,} lines find a person of their year, with 0.0% of the cost; at least 50% is asked for, "
        "since their spend would be in no segment. Write identifiers alike in both files, as text so that leading zeros stay; or set "
        "linked_at_least in persons.yaml."
    )
    assert message[1].startswith(f"columns 'id' and 'id': {len(lines):,} more lines would find their person but for {difference};")
    assert len(message) == 2


def test_the_command_writes_and_feeds_nothing_and_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    persons, lines = as_lines(people(300))
    place = town(tmp_path, LINE_MAP)
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    persons, lines = written(persons, tmp_path / "p.csv"), written(lines.assign(id=lines["id"].str.lower()), tmp_path / "l.csv")
    out = tmp_path / "spend.csv"
    assert cli.main(["segment", str(persons), "--lines", str(lines), "--place", str(place), "--feed", "--out", str(out)]) == 2
    assert "capital letters" in capsys.readouterr().err and not out.exists()
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


def test_one_setting_and_one_year_are_held_to_the_floor_by_themselves(tmp_path: Path) -> None:
    persons, lines = as_lines(people(300, years=(2024, 2025)))
    care = lines["setting"] == "social_care"
    (message,) = refused(tmp_path, persons, lines.assign(id=lines["id"].where(~care | lines["on"].lt("2025-04"), "x" + lines["id"])))
    assert message.startswith("activity lines of 2025/26, social_care paid by council: 0 of ")
    late = lines["on"] >= "2025-04"
    (message,) = refused(tmp_path, persons, lines.assign(id=lines["id"].where(~late, "x" + lines["id"])))
    assert message.startswith("activity lines of 2025/26: 0 of ")
    (message,) = refused(tmp_path, persons, lines[~late])
    assert message.startswith("activity lines: no line is of 2025/26, and people are; everybody's spend would be nil.")
    assert refused(tmp_path, persons, lines[:0]) == [
        "activity lines: there is none in the file; everybody's spend would be nil. Export it again."
    ]


def test_the_floor_counts_cost_as_well_as_lines_and_can_be_set(tmp_path: Path) -> None:
    persons, lines = as_lines(people(400))
    dear = lines["gbp"] > lines["gbp"].quantile(0.7)
    stray = lines.assign(id=lines["id"].where(~dear, "x" + lines["id"]))
    (message, *_) = refused(tmp_path, persons, stray)
    assert "of the cost" in message and message.startswith("activity lines of 2025/26: ")
    made = lined(tmp_path, persons, stray, keep=True, linked_at_least=0.02)
    assert sum(link.linked_rows for link in made.linkage) == (~dear).sum()
    # A copy that was kept is held to the floor of today's map.
    assert "at least 50% is asked for" in refused(tmp_path, persons, stray)[0]
    assert lined(tmp_path, persons, lines.assign(id="x" + lines["id"]), linked_at_least=0).quality.rows == 400


@pytest.mark.parametrize("floor", [0.07, 0.29, 0.55, 0.57, 0.995])
def test_lines_exactly_at_the_floor_are_let_pass_and_one_below_is_not(floor: float, tmp_path: Path) -> None:
    """0.55 times 100 is 55.00000000000001 in binary fractions."""
    persons, lines = as_lines(people(400))
    lines = lines[lines["setting"] == "primary"].iloc[:200].assign(gbp=10.0, activity=1)
    at = round(floor * 200)
    stray = lines.assign(id=lines["id"].where(np.arange(200) < at, "x" + lines["id"]))
    made = lined(tmp_path, persons, stray, linked_at_least=floor)
    assert [link.linked_rows for link in made.linkage] == [at]
    less = lines.assign(id=lines["id"].where(np.arange(200) < at - 1, "x" + lines["id"]))
    message = refused(tmp_path, persons, less, linked_at_least=floor)[0]
    assert f"{at - 1} of 200 lines" in message and f"at least {100 * floor:.3g}% is asked for" in message


def test_what_is_just_below_the_floor_is_not_shown_as_the_floor(tmp_path: Path) -> None:
    persons, lines = as_lines(people(400))
    lines = lines[lines["setting"] == "primary"].iloc[:200].assign(gbp=[10.0, *[10.01] * 100, *[10.0] * 99])
    message = refused(
        tmp_path, persons, lines.assign(id=lines["id"].where((np.arange(200) < 1) | (np.arange(200) > 100), "x" + lines["id"]))
    )[0]
    assert "100 of 200 lines find a person of their year, with 49.9% of the cost; at least 50% is asked for" in message


def test_the_hint_is_given_under_a_pseudonym_too(tmp_path: Path) -> None:
    persons, lines = as_lines(people(300))
    message = refused(tmp_path, persons, lines.assign(id=lines["id"].str.lower()), salt="ab")
    assert "but for capital letters" in message[1]


def test_what_a_few_lines_without_a_person_cost_is_not_fed(tmp_path: Path) -> None:
    persons, lines = as_lines(people(4_000))
    first = lines.index[lines["setting"] == "social_care"][:2]
    lines.loc[first, "id"] = "stranger"
    made = lined(tmp_path, persons, lines)
    feed(check_feed(made))
    fed = pd.read_csv(tmp_path / "assumptions/places/town/tables/unlinked_gbp.csv").set_index(["payer", "setting"])
    assert fed.loc[("council", "social_care"), ["value", "note"]].tolist() == [0, UNDISCLOSED]

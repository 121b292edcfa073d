"""Made-up people: they add up to the place, each is in the wanted segment, they are uneven as people are, and they repeat."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from capmodel.baseline.files import is_synthetic
from capmodel.baseline.persons.extract.column_map import ColumnMap, LineColumns, Route, read_map
from capmodel.baseline.persons.schemes.scheme import Attributes, Scheme, read_scheme
from capmodel.baseline.synthetic.extract import Made, make_people
from capmodel.baseline.synthetic.file import identifiers
from capmodel.errors import BadInput, CapmodelError
from capmodel.model import Place, Result

parquet = pytest.importorskip("pyarrow.parquet")

BASE_YEAR = 2025
PEOPLE = 60_000
#: Persons in a place of 100,000 and GBP a person-year, of the order of the publications behind the schemes; not theirs.
SCHEMES: dict[str, dict[str, tuple[float, float]]] = {
    "salford_tiers": {"lot_of_help": (3_000, 20_000), "more_help": (9_000, 7_000), "some_help": (17_000, 2_500), "able": (71_000, 800)},
    "year_of_care": {"band_e": (150, 14_000), "band_d": (1_350, 9_000), "band_c": (9_000, 5_000), "band_b": (11_500, 2_600), "band_a": (78_000, 900)},
    "bridges_to_health": {
        "short_decline": (500, 25_000), "long_decline": (1_500, 15_000), "limited_reserve": (3_000, 9_000), "stable_disability": (4_000, 12_000),
        "maternal_infant": (3_000, 5_000), "acutely_ill": (5_000, 4_000), "chronic_normal": (28_000, 2_200), "healthy": (55_000, 700),
    },
}  # fmt: skip
Segments = Mapping[str, tuple[float, float]]
Routes = Mapping[str, Mapping[Route, float]]


@pytest.fixture(scope="module")
def columns(place: Place) -> ColumnMap:
    return read_map(place.pack.folder, place.pack.dimensions)


@pytest.fixture(scope="module")
def segments(result: Result) -> Segments:
    return {row.segment: (row.segment_persons, row.base_price_gbp_per_person) for row in result.tables["segment"].itertuples()}


@pytest.fixture(scope="module")
def routes(result: Result) -> Routes:
    found: dict[str, dict[Route, float]] = {}
    for row in result.tables["spend"].itertuples():
        found.setdefault(row.segment, {})[Route(row.setting, row.provider, row.payer)] = row.part_share
    return found


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    return read_scheme("age_condition")


def made_at(out: Path, segments: Segments, routes: Routes, scheme: Scheme, columns: ColumnMap, people: int = 4_000, **changes: Any) -> Made:
    given: dict[str, Any] = {"seed": 3, "years": 1, "progress": None, "base_year": BASE_YEAR, **changes}
    return make_people(segments, routes, scheme, columns, people, out=out, **given)


@pytest.fixture(scope="module")
def extract(
    segments: Segments, routes: Routes, scheme: Scheme, columns: ColumnMap, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Made, pd.DataFrame]:
    out = tmp_path_factory.mktemp("people") / "people.parquet"
    made = made_at(out, segments, routes, scheme, columns, PEOPLE, years=3, chunk=1 << 14)
    frame = pd.read_parquet(out)
    # Summed in pence, or every sum would carry the last bits of its amounts.
    spend = [item.column for item in columns.spend]
    frame["pence"] = np.rint(frame[spend] * 100).sum(axis=1)
    frame["segment"] = [scheme.segments[i].id for i in assigned(frame, scheme, columns)]
    return made, frame


def assigned(frame: pd.DataFrame, scheme: Scheme, columns: ColumnMap) -> np.ndarray[Any, Any]:
    """The segment of each row by the scheme, from what stands in the file."""
    mask = sum(frame[column].to_numpy().astype(np.uint64) << np.uint64(columns.bit[name]) for name, column in columns.conditions.items())
    named = columns.columns
    return scheme.assign(
        Attributes(
            frame[named["age"]].to_numpy(),
            frame[named["deprivation"]].to_numpy(),
            frame[named["sex"]].astype(str).to_numpy(),
            frame[named["score"]].to_numpy(),
            frame[named["year"]].to_numpy(),
            mask,
        ),
        columns.bit,
        {},
    )


def base(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["year"] == BASE_YEAR]


def ranked_together(first: pd.Series, second: pd.Series) -> float:
    return float(np.corrcoef(first.rank(), second.rank())[0, 1])


# ------------------------------------------------------------------ adding up


def test_the_people_of_every_segment_are_the_places_by_largest_remainder(extract: tuple[Made, pd.DataFrame], segments: Segments) -> None:
    made, frame = extract
    counts = base(frame)["segment"].value_counts()
    total = sum(persons for persons, _ in segments.values())
    exact = {name: persons / total * PEOPLE for name, (persons, _) in segments.items()}
    ups = sorted(exact, key=lambda name: math.floor(exact[name]) - exact[name])[: PEOPLE - sum(map(math.floor, exact.values()))]
    assert {name: int(counts[name]) for name in exact} == {name: math.floor(share) + (name in ups) for name, share in exact.items()}
    assert {name: of.people for name, of in made.segments.items()} == {name: int(counts[name]) for name in exact}
    assert made.people == PEOPLE


def test_spend_a_person_year_is_the_price_of_every_segment(extract: tuple[Made, pd.DataFrame], segments: Segments) -> None:
    sums = base(extract[1]).groupby("segment")[["pence", "months_registered"]].sum()
    price = sums["pence"] / 100 / (sums["months_registered"] / 12)
    for name, (_, wanted) in segments.items():
        assert price[name] == pytest.approx(wanted, rel=0.001), name


def test_spend_is_split_by_route_as_in_the_place(
    extract: tuple[Made, pd.DataFrame], segments: Segments, routes: Routes, columns: ColumnMap
) -> None:
    frame = base(extract[1])
    found = frame[[item.column for item in columns.spend]].sum()
    found /= found.sum()
    wanted = {
        item.column: sum(persons * price * routes[name].get(item.route, 0) for name, (persons, price) in segments.items())
        for item in columns.spend
    }
    total = sum(wanted.values())
    for column, share in wanted.items():
        assert found[column] == pytest.approx(share / total, rel=0.05, abs=0.002), column
    # And so within a segment, where there are people enough for chance not to matter.
    healthy = frame[frame["segment"] == "mostly_healthy_adults"]
    for item in columns.spend:
        share = healthy[item.column].sum() * 100 / healthy["pence"].sum()
        assert share == pytest.approx(routes["mostly_healthy_adults"][item.route], abs=0.01), item.column


def test_what_is_returned_is_what_stands_in_the_file(extract: tuple[Made, pd.DataFrame], columns: ColumnMap) -> None:
    made, frame = extract
    assert made.years == (2023, 2024, 2025)
    for year, of_year in frame.groupby("year"):
        assert made.rows[year] == len(of_year)
        assert made.person_years[year] == pytest.approx(of_year["months_registered"].sum() / 12)
        assert made.spend_gbp[year] == pytest.approx(of_year["pence"].sum() / 100, abs=0.005)
    for item in columns.spend:
        assert made.routes[item.route] == pytest.approx(base(frame)[item.column].sum(), abs=0.005)
    assert sum(of.spend_gbp for of in made.segments.values()) == pytest.approx(made.spend_gbp[BASE_YEAR])


@pytest.mark.parametrize("name", SCHEMES)
def test_other_schemes_are_kept_person_by_person(name: str, routes: Routes, columns: ColumnMap, tmp_path: Path) -> None:
    scheme, wanted = read_scheme(name), SCHEMES[name]
    split = {segment: routes["chronic_adults"] for segment in wanted}
    made = made_at(tmp_path / "people.parquet", wanted, split, scheme, columns, 20_000)
    counts = np.bincount(assigned(pd.read_parquet(tmp_path / "people.parquet"), scheme, columns), minlength=len(scheme.segments))
    assert {segment.id: int(counts[i]) for i, segment in enumerate(scheme.segments)} == {
        key: of.people for key, of in made.segments.items()
    }
    total = sum(persons for persons, _ in wanted.values())
    for segment, (persons, price) in wanted.items():
        assert made.segments[segment].people == pytest.approx(persons / total * 20_000, abs=1)
        assert made.segments[segment].price_gbp == pytest.approx(price, rel=0.001)


# ------------------------------------------------------------------ likeness


def top_share(frame: pd.DataFrame, share: float) -> float:
    spend = np.sort(frame["pence"].to_numpy())[::-1]
    return float(spend[: int(len(spend) * share)].sum() / spend.sum())


def test_spend_is_on_few_people_as_published(extract: tuple[Made, pd.DataFrame]) -> None:
    frame = base(extract[1])
    assert 0.09 <= top_share(frame, 0.01) <= 0.13
    assert 0.58 <= top_share(frame, 0.2) <= 0.66


def test_most_people_use_few_settings(extract: tuple[Made, pd.DataFrame], columns: ColumnMap) -> None:
    frame = base(extract[1])
    used = {
        setting: float((frame[[item.column for item in columns.spend if item.route.setting == setting]].sum(axis=1) > 0).mean())
        for setting in ("primary", "acute_emergency", "social_care", "continuing_care")
    }
    assert used["primary"] > 0.75
    assert used["acute_emergency"] < 0.5
    assert used["social_care"] < 0.15
    assert used["continuing_care"] < 0.03
    nothing = (frame["pence"] == 0).mean()
    assert 0.04 < nothing < 0.12
    for item in columns.spend:
        assert ((frame[item.activity] > 0) == (frame[item.column] > 0)).all()


def odds_ratio(frame: pd.DataFrame, first: str, second: str) -> float:
    table = pd.crosstab(frame[first], frame[second])
    return float(table.loc[True, True] * table.loc[False, False] / (table.loc[True, False] * table.loc[False, True]))


@pytest.mark.parametrize(
    ("first", "second"), [("diabetes", "hypertension"), ("depression", "asthma"), ("chronic_kidney_disease", "atrial_fibrillation")]
)
def test_conditions_come_together_at_one_age_too(extract: tuple[Made, pd.DataFrame], first: str, second: str) -> None:
    frame = base(extract[1])
    assert odds_ratio(frame, first, second) > 1.5
    assert odds_ratio(frame[frame["age"].between(70, 79)], first, second) > 1.2


def test_people_are_plausible(extract: tuple[Made, pd.DataFrame], columns: ColumnMap) -> None:
    frame = base(extract[1])
    pregnant = frame[frame["maternity"]]
    assert set(pregnant.loc[pregnant["age"] > 0, "sex"]) == {"F"}
    assert pregnant.loc[pregnant["age"] > 0, "age"].between(15, 44).all()
    assert frame["age"].between(0, 100).all()
    assert frame["months_registered"].between(1, 12).all()
    assert 0.02 < (frame["months_registered"] < 12).mean() < 0.07
    assert set(frame["borough"]) == set(columns.codes["locality"])
    assert frame.groupby("practice", observed=True)["borough"].nunique().max() == 1
    by_decile = frame.groupby("deprivation_decile")["diabetes"].mean()
    assert list(by_decile.index) == list(range(1, 11))
    assert by_decile[:3].mean() > by_decile[7:].mean()
    ages = frame.groupby("borough", observed=True)["age"].mean()
    assert ages.max() - ages.min() > 1
    assert 0.6 < ranked_together(frame["risk_score"], frame["pence"]) < 0.9
    assert not (frame["risk_score"] * 1000 % 1 > 1e-6).all()


def test_years_are_of_the_same_people(extract: tuple[Made, pd.DataFrame]) -> None:
    frame = extract[1]
    assert not frame.duplicated(["person", "year"]).any()
    before, after = frame[frame["year"] == 2024], base(frame)
    both = before.merge(after, on="person", suffixes=("", "_after"))
    assert len(both) == len(before), "whoever is there stays: those who left are not in the base year"
    assert 0.95 * len(after) < len(before) < len(after)
    assert (both["age"] + 1 == both["age_after"]).all()
    assert (both["borough"].astype(str) == both["borough_after"].astype(str)).all()
    assert (after.loc[~after["person"].isin(before["person"]), "months_registered"] <= 12).all()
    assert not (both["diabetes"] & ~both["diabetes_after"]).any(), "a lasting condition stays"
    assert (both["diabetes_after"] & ~both["diabetes"]).any(), "and begins some time"
    assert (both["segment"] == both["segment_after"]).mean() > 0.9
    stable = both[(both["segment"] == "chronic_elderly") & (both["segment_after"] == "chronic_elderly")]
    assert ranked_together(stable["pence"], stable["pence_after"]) == pytest.approx(0.5, abs=0.1)
    assert ranked_together(both["risk_score"], both["risk_score_after"]) < 0.7, "scores swing more than spend"


# ------------------------------------------------------------------ files


def test_the_same_arguments_give_the_same_bytes_on_any_number_of_threads(
    segments: Segments, routes: Routes, scheme: Scheme, columns: ColumnMap, tmp_path: Path
) -> None:
    ways = {"one": {"threads": 1}, "three": {"threads": 3}, "other": {"seed": 4}}
    for name, way in ways.items():
        made_at(tmp_path / f"{name}.parquet", segments, routes, scheme, columns, chunk=1000, years=2, **way)
    one, three, other = ((tmp_path / f"{name}.parquet").read_bytes() for name in ways)
    assert one == three
    assert one != other
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.parquet", "other.parquet", "three.parquet"], "nothing else is left"


def test_csv_and_parts_hold_what_parquet_holds(
    segments: Segments, routes: Routes, scheme: Scheme, columns: ColumnMap, tmp_path: Path
) -> None:
    message: list[tuple[int, int]] = []
    columns = dataclasses.replace(columns, delimiter=";")
    for name in ("people.parquet", "people.csv", "people"):
        made_at(tmp_path / name, segments, routes, scheme, columns, chunk=300, progress=lambda *done: message.append(done))
    whole = pd.read_parquet(tmp_path / "people.parquet")
    text = pd.read_csv(tmp_path / "people.csv", sep=";")
    assert set(text.pop("synthetic")) == {1} and is_synthetic(tmp_path / "people.csv") and is_synthetic(tmp_path / "people")
    assert [path.name for path in sorted((tmp_path / "people").iterdir())] == ["part-00000.parquet", "part-00001.parquet"]
    parts = pd.concat([pd.read_parquet(path) for path in sorted((tmp_path / "people").iterdir())], ignore_index=True)
    for other in (text, parts):
        pd.testing.assert_frame_equal(whole.astype(object), other.astype(object), check_dtype=False)
    assert message[13] == (4_000, 4_000)
    assert [done for done, _ in message[:14]] == sorted(done for done, _ in message[:14])


def test_lines_and_one_row_a_person_are_the_same_spend(
    segments: Segments, routes: Routes, scheme: Scheme, columns: ColumnMap, tmp_path: Path
) -> None:
    named = LineColumns(person="who", date="on", setting="setting", provider="provider", payer="payer", cost="pence", activity="n")
    by_line = dataclasses.replace(columns, spend=(), lines=named, money="pence", codes={**columns.codes, "payer": {"C": "council"}})
    made_at(tmp_path / "people.parquet", segments, routes, scheme, columns, chunk=1500, years=2)
    made = made_at(tmp_path / "lined.parquet", segments, routes, scheme, by_line, chunk=1500, years=2, shape="line")
    assert made.files == (tmp_path / "lined.parquet", tmp_path / "lined-lines.parquet")
    people, lined, lines = (pd.read_parquet(path) for path in (tmp_path / "people.parquet", *made.files))
    assert list(lined["person"]) == list(people["person"])
    assert len(lines) == sum(made.lines.values())
    assert set(lines["payer"]) == {"nhs_commissioner", "C"}
    dates = pd.to_datetime(lines["on"])
    lines["year"] = dates.dt.year - (dates.dt.month < 4)
    assert set(lines["year"]) == {2024, 2025}
    people = people.set_index(["person", "year"])
    for item in columns.spend:
        of_route = (
            (lines["setting"] == item.route.setting)
            & (lines["provider"] == item.route.provider)
            & (lines["payer"] == {"council": "C"}.get(item.route.payer, item.route.payer))
        )
        sums = lines[of_route].groupby(["who", "year"])[["pence", "n"]].sum().rename_axis(["person", "year"])
        sums = sums.reindex(people.index, fill_value=0)
        assert (sums["pence"] == np.rint(people[item.column] * 100)).all(), item.column
        assert (sums["n"] == people[item.activity]).all()


def test_the_file_says_that_it_is_made_up_and_its_columns_are_the_maps(
    segments: Segments, routes: Routes, scheme: Scheme, columns: ColumnMap, tmp_path: Path
) -> None:
    made_at(tmp_path / "people.parquet", segments, routes, scheme, columns)
    schema = parquet.read_schema(tmp_path / "people.parquet")
    assert schema.metadata[b"note"].startswith(b"synthetic, seed 3")
    spend = [name for item in columns.spend for name in (item.column, item.activity)]
    assert schema.names == [*columns.columns.values(), *columns.conditions.values(), *spend]


def test_identifiers_differ_and_are_no_nhs_numbers() -> None:
    numbers = np.concatenate([np.arange(200_000), np.arange(59_000_000, 59_100_000)])
    texts = identifiers(numbers, 7).tobytes()
    people = {texts[i : i + 16] for i in range(0, len(texts), 16)}
    assert len(people) == len(numbers)
    assert all(person.startswith(b"P") for person in people)


# ------------------------------------------------------------------ refusals


def test_schemes_by_score_are_refused(segments: Segments, routes: Routes, columns: ColumnMap, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="it places people by their score"):
        made_at(tmp_path / "people.parquet", {"rest": (1, 1)}, {"rest": routes["chronic_adults"]}, read_scheme("risk_stratum"), columns)


def test_everything_that_cannot_be_is_refused_at_once(
    segments: Segments, routes: Routes, scheme: Scheme, columns: ColumnMap, tmp_path: Path
) -> None:
    few = dataclasses.replace(columns, spend=columns.spend[1:], year=BASE_YEAR)
    wrong = {**segments, "nobodys": (10.0, 10.0), "chronic_adults": (-1.0, 10.0)}
    with pytest.raises(BadInput) as message:
        made_at(tmp_path / "people.parquet", wrong, routes, scheme, few, people=0, years=2)
    messages = str(message.value)
    for expected in (
        "nobodys is no segment",
        "-1.0 persons",
        "every row is of 2025",
        "no spend column is for primary",
        "--people: 0 is out of range",
    ):
        assert expected in messages
    with pytest.raises(BadInput, match="there are no activity lines"):
        made_at(tmp_path / "people.parquet", segments, routes, scheme, columns, shape="line")
    unrecorded = dataclasses.replace(columns, conditions={name: name for name in columns.conditions if name != "dementia"})
    with pytest.raises(BadInput, match=r"segment dementia_.*no made-up person falls in it.*dementia is not mapped"):
        made_at(tmp_path / "people.parquet", segments, routes, scheme, unrecorded)
    assert list(tmp_path.iterdir()) == []


def test_nothing_half_written_is_left_and_folders_are_not_mixed(
    segments: Segments, routes: Routes, scheme: Scheme, columns: ColumnMap, tmp_path: Path
) -> None:
    (tmp_path / "people.parquet").write_text("before")

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made_at(tmp_path / "people.parquet", segments, routes, scheme, columns, chunk=1000, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["people.parquet"]
    assert (tmp_path / "people.parquet").read_text() == "before"
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "mine.txt").touch()
    with pytest.raises(BadInput, match="it exists already"):
        made_at(tmp_path / "parts", segments, routes, scheme, columns)
    with pytest.raises(BadInput, match=r"\.xlsx is no kind of extract"):
        made_at(tmp_path / "people.xlsx", segments, routes, scheme, columns)
    with pytest.raises(CapmodelError, match="cannot be written"):
        made_at(tmp_path / "people.parquet" / "in.parquet", segments, routes, scheme, columns)

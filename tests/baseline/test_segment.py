"""From a person-level extract to segment spend: schemes, checks, sums, reconciliation, and what goes to the place's pack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from extracts import CONDITIONS, LINE_MAP, PERSON_MAP, SPEND, as_lines, nhs_numbers, pack_of, people, report, segmented, town, written
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.baseline.engines import duckdb
from capmodel.baseline.persons.extract.column_map import read_map
from capmodel.baseline.persons.extract.view import define_people, open_extract, routes_of
from capmodel.baseline.persons.report.disclosable import Disclosable
from capmodel.baseline.persons.schemes.conditions import vocabulary
from capmodel.baseline.persons.schemes.scheme import Attributes, Scheme, Segment, When, read_scheme, scheme_names
from capmodel.baseline.persons.segment import segment_people, tidy
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.baseline.persons.sums.aggregate import cuts_of
from capmodel.errors import BadInput

# ------------------------------------------------------------------ schemes

OWN = """
title: Children, and adults who need a bed
source: The place
segments:
  - {id: child, label: Child, when: {age: [null, 17], none: [end_of_life]}}
  - {id: poor_woman, label: Poor woman, when: {sex: [F], deprivation: [1, 2], all: [hypertension, diabetes]}}
  - {id: many, label: Many conditions, when: {count: {of: [long_term], from: 4}, score: [2, null]}}
  - {id: scored, label: Highly scored, when: {top_score: 0.1}}
  - {id: rest, label: The rest}
supplements:
  - {id: dying, label: Near the end of life, when: {any: [end_of_life]}}
"""


def assigned(session: Any, scheme: Scheme) -> tuple[np.ndarray, np.ndarray]:
    """Each person's segment by SQL and by arrays, in the same order."""
    cuts = cuts_of(session, scheme)
    mask = " + ".join(f"(CAST(c_{name} AS BIGINT) << {i})" for i, name in enumerate(CONDITIONS))
    rows = session.query(f"SELECT {scheme.sql(cuts)}, age, deprivation, sex, score, year, {mask} FROM people ORDER BY person, year")
    number, age, deprivation, sex, score, year, bits = map(np.array, zip(*rows, strict=True))
    known = Attributes(age=age, deprivation=deprivation, sex=sex, score=score, year=year, mask=bits.astype(np.uint64))
    return number, scheme.assign(known, {name: i for i, name in enumerate(CONDITIONS)}, cuts)


@pytest.mark.parametrize("name", [*scheme_names(), "own"])
def test_every_scheme_puts_everybody_into_exactly_one_segment_and_sql_and_arrays_agree(name: str, tmp_path: Path) -> None:
    place = town(tmp_path)
    (place / "segmentations").mkdir()
    (place / "segmentations/own.yaml").write_text(OWN, encoding="utf-8")
    scheme, columns = read_scheme(name, place), read_map(place, pack_of(place).dimensions)
    session = duckdb.open_session()
    frame = people(4_000, years=(2024, 2025))
    extract = open_extract(session, columns, written(frame, tmp_path / "people.parquet"), None)
    define_people(extract, routes_of(extract))
    by_sql, by_arrays = assigned(session, scheme)
    assert (by_sql == by_arrays).all()
    cuts = cuts_of(session, scheme)
    # First match wins: nobody in a segment meets the condition of an earlier one, and everybody meets their own.
    wrong = [f"(segment = {i} AND NOT ({segment.when.sql(cuts)}))" for i, segment in enumerate(scheme.segments)]
    wrong += [f"(segment > {i} AND ({segment.when.sql(cuts)}))" for i, segment in enumerate(scheme.segments[:-1])]
    ((everyone, outside, misplaced),) = session.query(
        f"SELECT COUNT(*), COUNT(*) FILTER (WHERE segment IS NULL OR segment < 0 OR segment >= {len(scheme.segments)}), "
        f"COUNT(*) FILTER (WHERE {' OR '.join(wrong)}) FROM (SELECT *, {scheme.sql(cuts)} AS segment FROM people) AS classed"
    )
    session.close()
    assert (everyone, outside, misplaced) == (8_000, 0, 0)
    assert len(set(by_sql.tolist())) >= min(4, len(scheme.segments)), "the people try the scheme out"
    if scheme.top_shares and name != "own":
        for year in (2024, 2025):
            own = by_sql[1::2] if year == 2025 else by_sql[::2]
            for i, share in enumerate(scheme.top_shares):
                assert (own <= i).sum() <= share * 4_000 < (own <= i).sum() + 300, "a tie at the cut falls below it"


@pytest.fixture(scope="module")
def ages() -> Iterator[Any]:
    """An engine with a table of people of every age from -2 to 11 and of none, with cancer and without."""
    session = duckdb.open_session()
    session.define(
        "ages",
        "SELECT age, c_cancer FROM (SELECT UNNEST(RANGE(-2, 12)) AS age UNION ALL SELECT NULL), (VALUES (TRUE), (FALSE)) AS t(c_cancer)",
    )
    yield session
    session.close()


SPANS = st.tuples(st.one_of(st.none(), st.integers(-1, 9)), st.one_of(st.none(), st.integers(-1, 9)))


@settings(derandomize=True, max_examples=60)
@given(asked=st.lists(st.tuples(st.lists(SPANS, max_size=2), st.sampled_from([(), ("cancer",)])), max_size=6))
def test_telling_ages_apart_first_changes_nobodys_segment(
    ages: Any,
    asked: list[tuple[list[tuple[int | None, int | None]], tuple[str, ...]]],
) -> None:
    whens = [When(ranges=tuple(("age", *span) for span in spans), any=some) for spans, some in asked]
    segments = tuple(Segment(f"s{i}", "x", when) for i, when in enumerate([*whens, When()]))
    scheme = Scheme("drawn", "t", "s", "", segments, ())
    in_order = " ".join(f"WHEN {segment.when.sql({})} THEN {i}" for i, segment in enumerate(segments))
    ((everyone, apart),) = ages.query(
        f"SELECT COUNT(*), COUNT(*) FILTER (WHERE {scheme.sql({})} IS DISTINCT FROM CASE {in_order} END) FROM ages"
    )
    assert (everyone, apart) == (30, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "title: t\nsource: s\nsegments:\n  - {id: a, label: A, when: {any: [cancre]}}\n  - {id: b, label: B}\n",
            "there is no condition 'cancre'",
        ),
        ("title: t\nsource: s\nsegments:\n  - {id: a, label: A, when: {any: [cancer]}}\n", "the last segment, a, has a condition"),
        ("title: t\nsource: s\nsegments:\n  - {id: a, label: A}\n  - {id: b, label: B}\n", "a has no condition"),
        ("title: t\nsource: s\nsegments:\n  - {id: a, label: A, when: {age: [0, 5]}}\n  - {id: a, label: B}\n", "a is there twice"),
        (
            "title: t\nsource: s\nsegments:\n  - {id: a, label: A, when: {ages: [0, 5]}}\n  - {id: b, label: B}\n",
            "'ages' is not a known name",
        ),
    ],
)
def test_a_scheme_that_is_not_in_order_is_refused_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=message) as refused:
        read_scheme(str(path))
    assert "mine.yaml, line" in str(refused.value)


def test_an_unknown_scheme_lists_the_nearest() -> None:
    with pytest.raises(BadInput, match="Did you mean age_condition"):
        read_scheme("age_conditions")


# ------------------------------------------------------------------ sums


def test_sums_are_those_of_plain_pandas_to_the_penny(tmp_path: Path) -> None:
    frame = people(3_000)
    made = segmented(tmp_path, frame, "year_of_care")
    ltc = [name for name in CONDITIONS if name in vocabulary().groups["long_term"]]
    count = frame[ltc].sum(axis=1)
    band = np.select([count >= 9, count >= 6, count >= 3, count == 2], ["band_e", "band_d", "band_c", "band_b"], "band_a")
    pence = pd.DataFrame({name: (frame[f"{name}_gbp"] * 100).round().astype("int64") for name, *_ in SPEND})
    total = pence.sum(axis=1)
    found = made.aggregates.people.set_index(["segment", "locality"])
    for key, index in frame.groupby([pd.Series(band), "town"]).groups.items():
        row = found.loc[key]
        assert (row["people"], row["person_months"], row["cost_pence"]) == (
            len(index),
            frame.loc[index, "months"].sum(),
            total[index].sum(),
        )
        assert row["cost_squared"] == sum(int(value) ** 2 for value in total[index])
    assert found["people"].sum() == 3_000
    spread = made.aggregates.spread.set_index("segment")
    for segment in set(band):
        own = np.sort(total[band == segment].to_numpy())
        point = own[-(-99 * len(own) // 100) - 1]
        assert spread.loc[segment, "truncation_pence"] == point
        assert (
            made.aggregates.people.loc[made.aggregates.people["segment"] == segment, "truncated_pence"].sum()
            == np.minimum(own, point).sum()
        )
    spend = made.aggregates.spend
    for name, setting, *_ in SPEND:
        own = spend[spend["setting"] == setting]
        assert own["cost_pence"].sum() == pence[name].sum()
        assert own["users"].sum() == (pence[name] != 0).sum()
        assert own["activity"].sum() == frame[f"{name}_n"].sum()


def test_csv_a_folder_of_parts_and_activity_lines_give_the_same_figures(tmp_path: Path) -> None:
    frame = people(1_500, years=(2024, 2025))
    whole = segmented(tmp_path, frame)
    csv = segment_people(pack_of(town(tmp_path)), Request(written(frame, tmp_path / "people.csv")))
    parts = tmp_path / "parts"
    parts.mkdir()
    for number in range(3):
        written(frame.iloc[number::3], parts / f"part-{number}.parquet")
    folder = segment_people(pack_of(town(tmp_path)), Request(parts))
    persons, lines = as_lines(frame)
    place = town(tmp_path, LINE_MAP)
    lined = segment_people(pack_of(place), Request(written(persons, tmp_path / "persons.csv"), written(lines, tmp_path / "lines.csv")))
    for other in (csv, folder):
        for name in ("people", "spend", "spread", "supplements"):
            pd.testing.assert_frame_equal(getattr(whole.aggregates, name), getattr(other.aggregates, name))
    key = ["year", "segment", "locality", "setting", "provider", "payer"]
    pd.testing.assert_frame_equal(
        whole.aggregates.spend.sort_values(key).reset_index(drop=True), lined.aggregates.spend.sort_values(key).reset_index(drop=True)
    )
    pd.testing.assert_frame_equal(whole.aggregates.people, lined.aggregates.people)
    assert {link.setting: link.linked_rows / link.rows for link in lined.linkage} == {"acute_emergency": 1, "primary": 1, "social_care": 1}


def test_lines_without_a_person_are_counted_by_payer_and_setting_and_left_unallocated(tmp_path: Path) -> None:
    frame = people(600)
    persons, lines = as_lines(frame)
    stray = lines["setting"].eq("social_care") & (np.arange(len(lines)) % 4 == 0)
    lines.loc[stray, "id"] = [f"Q{number}" for number in range(stray.sum())]
    place = town(tmp_path, LINE_MAP)
    pence = (lines["gbp"] * 100).round().astype(int)
    accounts = {("nhs_commissioner", "primary"): 100, ("council", "social_care"): int(pence[lines["setting"] == "social_care"].sum()) + 5}
    text = "payer,setting,value,status,source,as_at,note\n"
    text += "".join(f"{payer},{setting},{value / 100:.2f},local,t01,2026-03-31,Test\n" for (payer, setting), value in accounts.items())
    (place / "tables/accounts_gbp.csv").write_text(text, encoding="utf-8")
    made = segment_people(pack_of(place), Request(written(persons, tmp_path / "p.parquet"), written(lines, tmp_path / "l.parquet")))
    link = next(link for link in made.linkage if link.setting == "social_care")
    assert (link.rows - link.linked_rows, link.cost_pence - link.linked_pence) == (stray.sum(), pence[stray].sum())
    row = made.reconciliation.set_index(["payer", "setting"]).loc["council", "social_care"]
    assert row["unlinked_pence"] == pence[stray].sum()
    assert row["outside_pence"] == pence[stray].sum() + 5
    assert row["recorded_pence"] + row["outside_pence"] == row["accounts_pence"]


@pytest.mark.parametrize("shape", ["columns", "lines"])
def test_what_rounding_to_the_penny_adds_has_a_line_of_its_own(tmp_path: Path, shape: str) -> None:
    frame = people(400, years=(2024, 2025))
    for name, part in (("gp", 0.004), ("ward", 0.005), ("care", 0.0)):
        frame[f"{name}_gbp"] = frame[f"{name}_gbp"].round(2) + np.where(frame[f"{name}_gbp"] > 0, part, 0)
    lines, options = None, {}
    if shape == "lines":
        mapped, pennies = LINE_MAP, frame.copy()
        frame, lines = as_lines(pennies)
        lines["gbp"] += np.select([lines["setting"] == "primary", lines["setting"] == "acute_emergency"], [0.004, 0.005], 0)
        options["lines"] = written(lines, tmp_path / "l.csv")
    else:
        mapped = PERSON_MAP
    made = segment_people(pack_of(town(tmp_path, mapped, small_numbers=0)), Request(written(frame, tmp_path / "p.csv"), **options))
    if lines is None:
        now = frame[frame["year"] == 2025]
        number = {setting: int((now[f"{name}_gbp"] > 0).sum()) for name, setting, *_ in SPEND}
    else:
        of_year = lines[pd.to_datetime(lines["on"]) >= "2025-04-01"]
        number = of_year.groupby("setting").size().to_dict()
    found = made.reconciliation.set_index("setting")["rounding_pence"].to_dict()
    exact = {"primary": -0.4 * number["primary"], "acute_emergency": 0.5 * number["acute_emergency"], "social_care": 0}
    assert found == {setting: int(np.floor(pence + 0.5)) for setting, pence in exact.items()}
    message = {row["setting"]: row["rounding_gbp"] for row in Disclosable(made).accounts()}
    assert message["acute_emergency"] == f"{found['acute_emergency'] / 100:.2f}"
    assert message["all"] == f"{sum(found.values()) / 100:.2f}"


def test_a_block_contract_is_apportioned_by_its_driver_and_adds_up(tmp_path: Path) -> None:
    frame = people(900)
    block = {
        "id": "beds", "label": "Hospice beds", "setting": "community", "provider": "community_trust", "payer": "nhs_commissioner",
        "amount_gbp": 100_000.01, "driver": "person_months", "why": "No activity is recorded", "status": "local", "source": "t01",
    }  # fmt: skip
    made = segmented(tmp_path, frame, blocks=[block])
    own = made.spend[made.spend["basis"] == "apportioned"]
    assert own["cost_pence"].sum() == 10_000_001
    months = made.aggregates.people["person_months"].to_numpy()
    assert np.abs(own["cost_pence"].to_numpy() - 10_000_001 * months / months.sum()).max() < 1
    assert made.reconciliation["apportioned_pence"].sum() == 10_000_001
    shown = tidy(made)
    assert set(shown["basis"]) == {"recorded", "apportioned"}


def test_scaling_happens_only_where_the_pack_asks_for_it(tmp_path: Path) -> None:
    frame = people(900)
    place = town(tmp_path, scale_to_accounts=["primary"])
    text = "payer,setting,value,status,source,as_at,note\nnhs_commissioner,primary,500000.00,local,t01,2026-03-31,T\ncouncil,social_care,1.00,local,t01,2026-03-31,T\n"
    (place / "tables/accounts_gbp.csv").write_text(text, encoding="utf-8")
    made = segment_people(pack_of(place), Request(written(frame, tmp_path / "p.parquet"))).reconciliation.set_index("setting")
    assert made.loc["primary", "outside_pence"] == 0
    assert made.loc["primary", "scaling_index"] == pytest.approx(50_000_000 / made.loc["primary", "recorded_pence"])
    assert made.loc["social_care", "scaling_index"] == 1
    assert made.loc["social_care", "outside_pence"] == 100 - made.loc["social_care", "recorded_pence"]


def test_two_schemes_give_a_cross_table_and_two_years_show_who_moved(tmp_path: Path) -> None:
    made = segmented(tmp_path, people(1_000, years=(2024, 2025)), "salford_tiers", "risk_stratum")
    assert made.comparison is not None
    assert made.comparison.cross.groupby("year")["people"].sum().tolist() == [1_000, 1_000]
    assert made.comparison.moves.groupby("scheme")["people"].sum().tolist() == [1_000, 1_000]
    # Drawn anew each year, people agree with themselves by chance alone.
    assert all(abs(value) < 0.1 for value in made.comparison.kappa().values())
    same = segmented(tmp_path, pd.concat([people(500), people(500).assign(year=2024)]), "salford_tiers")
    assert same.comparison is not None
    assert same.comparison.stability() == {"salford_tiers": 1.0}
    assert same.comparison.kappa()["salford_tiers"] == pytest.approx(1)


# ------------------------------------------------------------------ found by an audit


def test_a_file_is_read_by_its_name_and_not_as_a_pattern_of_others(tmp_path: Path) -> None:
    place = town(tmp_path)
    written(people(700, seed=2), tmp_path / "people1.parquet")
    for name in ("people[1].parquet", "people*.csv", "people?.parquet"):
        made = segment_people(pack_of(place), Request(written(people(300), tmp_path / name)))
        assert made.quality.rows == 300, name


def test_the_name_of_a_folder_is_no_column(tmp_path: Path) -> None:
    place = town(tmp_path)
    frame = people(400)
    for folder in ("cancer=1", "town=neverland", "year=2024"):
        (tmp_path / "parts" / folder).mkdir(parents=True)
        written(frame, tmp_path / "parts" / folder / "p.parquet")
        made = segment_people(pack_of(place), Request(tmp_path / "parts"))
        assert made.quality.rows == 400 and set(made.aggregates.people["locality"]) == {"east", "west", "north"} and made.years == [2025]
        assert made.aggregates.people["people"].sum() == 400
        (tmp_path / "parts" / folder / "p.parquet").unlink()


def test_two_spellings_of_a_number_are_one_person_under_a_pseudonym(tmp_path: Path) -> None:
    numbers = nhs_numbers(300)
    frame = people(300).assign(id=numbers)
    again = frame.iloc[:50].assign(id=[f"{number[:3]} {number[3:6]} {number[6:]}" for number in numbers[:50]])
    place = town(tmp_path)
    path = written(pd.concat([frame, again], ignore_index=True), tmp_path / "p.parquet")
    with pytest.raises(BadInput, match=r"50 persons.*a person is there twice in a year"):
        segment_people(pack_of(place), Request(path, salt="ab"))


def test_nhs_numbers_are_known_as_fractions_among_others_and_in_other_columns(tmp_path: Path) -> None:
    numbers = nhs_numbers(900)
    assert "valid NHS numbers" in report(tmp_path, people(300).assign(id=np.array(numbers[:300], dtype=float)))[0]
    others = [str(4_000_000_000 + 7 * i) for i in range(2_450)]
    assert "valid NHS numbers" in report(tmp_path, people(3_000).assign(id=[*numbers[:550], *others]))[0]
    assert "'town': it holds" in report(tmp_path, people(300).assign(town=numbers[:300]))[0]
    assert "'old_nhs_no': it holds" in report(tmp_path, people(300).assign(old_nhs_no=numbers[:300]))[0]


def test_a_limit_of_a_score_counts_to_its_last_digit(tmp_path: Path) -> None:
    text = "title: t\nsource: s\nsegments:\n  - {id: hi, label: Hi, when: {score: [0.12345678, null]}}\n  - {id: lo, label: Lo}\n"
    (tmp_path / "fine.yaml").write_text(text, encoding="utf-8")
    frame = people(400).assign(score=np.where(np.arange(400) % 2, 0.12345678, 0.1234567))
    made = segmented(tmp_path, frame, str(tmp_path / "fine.yaml"))
    assert made.aggregates.people.groupby("segment")["people"].sum().to_dict() == {"hi": 200, "lo": 200}


def test_free_care_counts_as_use_and_half_a_penny_goes_up_as_it_was_written(tmp_path: Path) -> None:
    frame = people(300).assign(care_gbp=0.0, care_n=0, gp_gbp=1.005)
    frame.loc[:3, "care_n"] = 5
    spend = segmented(tmp_path, frame).aggregates.spend
    assert spend.loc[spend["setting"] == "social_care", "users"].sum() == 4
    assert spend.loc[spend["setting"] == "primary", "cost_pence"].sum() == 300 * 101


def test_places_are_trimmed_and_may_not_be_formulas(tmp_path: Path) -> None:
    frame = people(300)
    frame.loc[::2, "town"] = " " + frame.loc[::2, "town"] + " "
    assert set(segmented(tmp_path, frame).aggregates.people["locality"]) == {"east", "west", "north"}
    frame.loc[7, "town"] = '=HYPERLINK("http://x","a")'
    assert "town begins like a formula" in report(tmp_path, frame)[0]


def test_activity_that_cannot_be_is_refused(tmp_path: Path) -> None:
    frame = people(300).astype({"gp_n": float})
    frame.loc[:1, "gp_n"] = [-3.0, np.inf]
    assert [text.split(": ")[1].split(";")[0] for text in report(tmp_path, frame)] == [
        "gp_n is negative",
        "gp_n is above 100,000,000 or no number",
    ]


def test_scaling_without_accounts_is_refused(tmp_path: Path) -> None:
    assert "there are no accounts" in report(tmp_path, people(300), scale_to_accounts=["primary"])[0]

"""Scores of people by a published model: by table and line by line alike, floored, refused where a condition or band is missing."""

from __future__ import annotations

import dataclasses
import importlib.util
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.capitation.need import Origin, Paid, scores
from capmodel.capitation.score_models import people as people_of
from capmodel.capitation.score_models.people import pack, score_people
from capmodel.capitation.score_models.read import ScoreModel, breakdown, model_names, read_model, score
from capmodel.capitation.score_models.tables import ready
from capmodel.errors import BadInput

ORIGIN = Origin("prospective", "2024/25", "illustrative", "made up for the test", 1000.0)

# ------------------------------------------------------------------ scores

SETS = [(name, chosen) for name in model_names() for chosen in read_model(name).sets]
LOOPS = ["numpy"] + (["compiled"] if importlib.util.find_spec("numba") else [])


def ages_of(model: ScoreModel, chosen: str) -> tuple[int, int]:
    bands = model.sets[chosen].age_sex
    return (min(band.first for band in bands), min(max(band.last for band in bands), 120)) if bands else (0, 120)


@pytest.mark.parametrize("loops", LOOPS)
@pytest.mark.parametrize(("name", "chosen"), SETS)
@pytest.mark.parametrize("layout", ["own", "of the extract"])
def test_scores_by_table_are_those_added_up_line_by_line(name: str, chosen: str, layout: str, loops: str) -> None:
    model, draw = read_model(name), np.random.default_rng(11)
    order = draw.permutation(np.array(list(model.conditions)))
    made = ready(model, chosen, None if layout == "own" else {str(one): i + 3 for i, one in enumerate(order)})
    count = 300
    flags = {one: draw.random(count) < draw.choice([0.02, 0.3, 0.7]) for one in model.conditions}
    first, last = ages_of(model, chosen)
    age, sex = draw.integers(first, last + 1, count), draw.integers(0, 2, count)
    found = score_people(made, pack(flags, made.bit), age, sex, loops=loops)
    wanted = [score(model, [one for one in flags if flags[one][i]], int(age[i]), "FM"[sex[i]], chosen) for i in range(count)]
    assert found.tolist() == wanted


@settings(max_examples=40)
@given(st.data())
def test_any_model_is_scored_alike_by_table_and_line_by_line(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 40))
    names = [f"c{i}" for i in range(size)]
    some = st.lists(st.sampled_from(names), min_size=1, max_size=5, unique=True)
    weight = st.integers(-3000, 3000).map(lambda number: number / 1000)
    part: dict[str, Any] = {"title": "t", "source": "s", "status": "illustrative", "conditions": {name: name for name in names}}
    tops = data.draw(st.lists(st.integers(0, size - 1), max_size=4, unique=True))
    part["hierarchies"] = {names[i]: names[i + 1 : i + 4] for i in tops if names[i + 1 : i + 4]}
    part["combinations"] = {f"k{i}": data.draw(st.lists(some, min_size=1, max_size=3)) for i in range(data.draw(st.integers(0, 4)))}
    part["sets"] = {
        "only": {
            "conditions": {name: data.draw(weight) for name in names},
            "combinations": {name: data.draw(weight) for name in part["combinations"]},
            "counts": {number: data.draw(weight) for number in data.draw(st.lists(st.integers(0, 12), max_size=4, unique=True))},
            "constant": data.draw(weight),
            "divide_by": data.draw(st.sampled_from([1, 36, 0.125])),
        }
    }
    model = model_of(part)
    bit = {name: place for name, place in zip(names, data.draw(st.permutations(range(size + 30))), strict=False)}
    people = data.draw(st.lists(st.sets(st.sampled_from(names)), min_size=1, max_size=8))
    flags = {name: np.array([name in person for person in people]) for name in names}
    wanted = [score(model, person) for person in people]
    for layout in (bit, None):
        try:
            made = ready(model, bit=layout)
        except BadInput as refused:
            assert "reach over" in str(refused)
            continue
        for loops in LOOPS:
            assert score_people(made, pack(flags, made.bit), loops=loops).tolist() == wanted


def model_of(part: dict[str, Any]) -> ScoreModel:
    """A model from what its file would hold."""
    import tempfile

    import yaml

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.yaml"
        path.write_text(yaml.safe_dump(part, sort_keys=False), encoding="utf-8")
        return read_model(str(path))


def test_a_condition_trumps_others_and_combinations_and_counts_are_of_what_is_left() -> None:
    """By hand from the table: 0.302 (diabetes with complications) + 0.331 (heart failure) + 0.121 (both) + 0.386 (woman of 72)."""
    lines = breakdown(read_model("cms_hcc_v24"), ["hcc18", "hcc19", "hcc85"], 72, "F", "community_nondual_aged")
    assert lines == {"hcc18": 0.302, "hcc85": 0.331, "diabetes_hcc85": 0.121, "age_sex": 0.386}
    four = breakdown(read_model("cms_hcc_v24"), ["hcc18", "hcc19", "hcc85", "hcc1", "hcc2"], 72, "F", "community_nondual_aged")
    assert four["count_4"] == 0.006


def test_the_two_outcomes_of_the_multimorbidity_score_are_not_mixed() -> None:
    model = read_model("cambridge_multimorbidity")
    assert list(model.sets) == ["general_outcome"]
    assert min(model.sets["general_outcome"].conditions.values()) > 0
    assert score(model, ["anxiety"]) == score(model, ["depression"]) == score(model, ["anxiety", "depression"]) == 0.5


def test_scores_do_not_depend_on_chunks_or_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    model, draw = read_model("cms_hcc_v24"), np.random.default_rng(4)
    made = ready(model, "institutional")
    mask = draw.integers(0, 1 << 63, (5_000, made.words), dtype=np.uint64)
    age, sex = draw.integers(0, 100, 5_000), draw.integers(0, 2, 5_000)
    whole = score_people(made, mask, age, sex, threads=1)
    monkeypatch.setattr(people_of, "CHUNK", 64)
    for loops in LOOPS:
        assert (score_people(made, mask, age, sex, threads=3, loops=loops) == whole).all()
    assert len(score_people(made, mask[:0], age[:0], sex[:0])) == 0


def test_a_score_model_scores_places_and_negative_scores_are_floored() -> None:
    made = ready(read_model("cambridge_multimorbidity"))
    flags = {"dementia": np.array([True, False, False]), "hypertension": np.array([False, True, False])}
    asked = scores.Given(np.array([0, 0, 1]), np.ones(3), model=made, mask=pack(flags, made.bit), floor_score=0.5)
    paid = Paid("place", ("north", "south"), np.array([2.0, 1.0]), "2026/27")
    found = scores.work_out(paid, asked, ORIGIN)
    assert found.raw.tolist() == pytest.approx([(3.0 + 0.58) / 2, 0.5])
    assert found.how.settings["model"] == "cambridge_multimorbidity"
    below = scores.work_out(paid, scores.Given(np.array([0, 0, 1]), np.ones(3), np.array([-1.0, 2.0, 2.0]), "x"), ORIGIN)
    assert (below.floored.count, below.floored.amount_gbp) == (1, 1000.0)
    assert below.need_index.tolist() == pytest.approx([0.75, 1.5])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"score": None}, "either scores or a model"),
        ({"score": np.array([1.0, math.nan, 1.0])}, "1 of them are missing"),
        ({"score": np.ones(2)}, "2 are given for 3 people"),
        ({"group": np.array([0, 0, 7])}, "somebody is in no group"),
        ({"person_years": np.array([1.0, -1.0, 1.0])}, "below zero"),
        ({"group": np.array([0, 0, 0])}, "place south: it has people and no need"),
    ],
)
def test_scores_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    paid = Paid("place", ("north", "south"), np.array([2.0, 1.0]), "2026/27")
    asked = dataclasses.replace(scores.Given(np.array([0, 0, 1]), np.ones(3), np.ones(3), "x"), **changes)
    with pytest.raises(BadInput, match=message):
        scores.work_out(paid, asked, ORIGIN)


def test_somebody_in_no_band_is_never_scored_as_nothing() -> None:
    made = ready(read_model("cms_hcc_v24"), "community_nondual_aged")
    mask = np.zeros((2, made.words), dtype=np.uint64)
    with pytest.raises(BadInput, match="1 people are in no band of community_nondual_aged, the first in row 2"):
        score_people(made, mask, np.array([70, 40]), np.array([0, 1]))
    with pytest.raises(BadInput, match="needs age"):
        score_people(made, mask)
    with pytest.raises(BadInput, match="some sex is not from 0 to 1"):
        score_people(made, mask, np.array([70, 70]), np.array([0, 2]))
    with pytest.raises(BadInput, match="bits are read from unsigned numbers"):
        score_people(made, mask.astype(np.int64), np.array([70, 70]), np.array([0, 1]))
    with pytest.raises(BadInput, match="the masks have 64 bits"):
        score_people(made, mask[:, 0], np.array([70, 70]), np.array([0, 1]))


def test_a_condition_the_extract_lacks_is_not_read_as_health() -> None:
    with pytest.raises(BadInput, match=r"hearing_loss.*no bit in the mask"):
        ready(read_model("cambridge_multimorbidity"), bit={"hypertension": 0, "diabetes": 1})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sets": {"a": {"conditions": {"cancre": 1}}}}, "there is no condition 'cancre'"),
        ({"hierarchies": {"cancer": ["copd"], "copd": ["cancer"]}}, "trumped by what it trumps"),
        ({"combinations": {"both": []}}, "asks for nothing"),
        ({"sets": {"a": {"conditions": {"cancer": 0.12345678}}}}, "more than six decimals"),
        ({"sets": {"a": {"combinations": {"pair": 1}}}}, "there is no combination 'pair'"),
        ({"groups": {"cancer": ["copd"]}}, "is a condition too"),
        ({"sets": {"a": {"age_sex": [{"age": [0, 9], "weight": 1}, {"sex": "F", "age": [9, 20], "weight": 1}]}}}, "two bands hold"),
        ({"categories": [{"id": "a", "label": "A", "up_to": 1}]}, "edges do not rise"),
        ({"sets": {"a": {"weights": {}}}}, "'weights' is not a known name"),
    ],
)
def test_a_model_that_is_not_in_order_is_refused_with_its_line(change: dict[str, Any], message: str) -> None:
    part = {"title": "t", "source": "s", "status": "illustrative", "conditions": {"cancer": "C", "copd": "D"}}
    with pytest.raises(BadInput, match=message) as refused:
        model_of({**part, "sets": {"a": {"conditions": {"cancer": 1}}}, **change})
    assert "mine.yaml, line" in str(refused.value)


def test_an_unknown_model_or_set_lists_the_nearest() -> None:
    with pytest.raises(BadInput, match="Did you mean cambridge_multimorbidity"):
        read_model("cambridge_multimorbidty")
    with pytest.raises(BadInput, match="Did you mean institutional"):
        read_model("cms_hcc_v24").weights("institutionel")

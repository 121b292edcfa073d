"""Nothing that `segment` and `fit` say of the same people lets a reader solve for a small segment: every equation, and every group."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import highspy
import numpy as np
import pandas as pd
import pytest
from extracts import CONDITIONS, people, town, written

from capmodel import cli
from capmodel.capitation import fit
from capmodel.capitation.fit import held_out
from capmodel.capitation.fitting import read as people_read
from capmodel.capitation.fitting import ways as people_ways
from capmodel.capitation.fitting.columns import carriers, columns_of
from capmodel.capitation.fitting.release import apart, pooled, rounded_count

CHECKED = ["--leakage-check", "A Analyst, 2026-05-01: every column was recorded before the spend"]
WAYS = ("regression", "cost_curves", "weights:weights.csv", "scores:cambridge")


@dataclass
class Outputs:
    """Everything that the two commands left and printed, and beside it what nobody may find: the people by segment, and the groups."""

    need: pd.DataFrame
    measures: pd.DataFrame
    record: dict[str, Any]
    fed: pd.DataFrame
    printed: str
    people: pd.DataFrame
    report: dict[str, Any]
    fewest: int
    truth: pd.DataFrame
    groups: list[np.ndarray]


def sparse(seed: int, count: int = 1_500) -> pd.DataFrame:
    """People of whom some segments have hardly anybody."""
    frame, draw = people(count, seed=seed), np.random.default_rng(seed)
    for name in CONDITIONS:
        frame[name] &= draw.random(count) < draw.choice([0.03, 0.3, 1.0])
    costly = frame["dementia"] * 6_000 + frame["cancer"] * 4_000 + frame["learning_disability"] * 9_000 + 900
    frame["ward_gbp"] = (costly * frame["months"] / 12 * draw.gamma(2, 0.5, count)).round(2)
    return frame


def outputs(
    folder: Path, seed: int, fewest: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], second: str = ""
) -> Outputs:
    """Both commands on the same people, with every way of need and a feed; segments crossed with those of a second scheme, if any."""
    place = town(folder, source="t01", status="local", small_numbers=fewest)
    monkeypatch.chdir(folder)
    written(sparse(seed), folder / "p.parquet")
    segments = pd.read_csv(place / "tables/fitted_need_index.csv")["segment"]
    draw = np.random.default_rng(seed)
    pd.DataFrame({"segment": segments, "weight": draw.gamma(1, 1, len(segments)).round(2) + 0.1}).to_csv("weights.csv", index=False)
    pd.DataFrame({"segment": segments, "need_index": 1.5}).to_csv("national.csv", index=False)
    groups: list[np.ndarray] = []
    fetched: list[dict[str, Any]] = []
    ratios, fetch = fit.predictive_ratios, people_read._fetched
    monkeypatch.setattr(fit, "predictive_ratios", lambda y, p, w, group: groups.append(np.asarray(group)) or ratios(y, p, w, group))
    monkeypatch.setattr(people_read, "_fetched", lambda *given: fetched.append(fetch(*given)) or fetched[-1])
    schemes = ["--scheme", "age_condition", "--scheme", second] if second else []
    assert cli.main(["segment", "p.parquet", "--place", "town", "--out", "spend.csv", *schemes]) == 0
    capsys.readouterr()
    ways = [part for way in WAYS for part in ("--need", way)]
    options = ["--partial", "--fallback", "national.csv", "--feed", "--out", "need.csv"]
    assert cli.main(["fit", "p.parquet", "--place", "town", *ways, *options, *CHECKED]) == 0
    found, ids = fetched[0], segments.tolist()
    there = found["months"] > 0
    truth = pd.DataFrame(
        {
            "person": found["person"],
            "segment": np.array(ids)[found["segment"]],
            "months": found["months"],
            "pence": found["cost"],
            "age": found["age"],
        }
    )
    truth = truth.assign(there=there, test=held_out(found["person"].astype(np.uint64), 1))
    return Outputs(
        pd.read_csv("need.csv").set_index("segment"), pd.read_csv("need-measures.csv", dtype={"group": str}),
        json.loads(Path("need.json").read_text(encoding="utf-8")), pd.read_csv(place / "tables/fitted_need_index.csv", dtype=str),
        capsys.readouterr().out, pd.read_csv("spend-people.csv"), json.loads(Path("spend.json").read_text(encoding="utf-8")), fewest, truth, groups,
    )  # fmt: skip


# ------------------------------------------------------------------ the reader


class Reader:
    """Who writes down every equation that the outputs give of the months and pence of each segment and place of the base year."""

    def __init__(self, given: Outputs) -> None:
        self.given = given
        self.cells = list(given.people[["segment", "locality"]].itertuples(index=False, name=None))
        self.solver = highspy.Highs()
        self.solver.silent()
        self.solver.setOptionValue("threads", 1)  # one process keeps to the number it began with
        for _ in range(2 * len(self.cells)):
            self.solver.addVar(0.0, highspy.kHighsInf)
        for row, (months, gbp) in enumerate(zip(given.people["person_months"], given.people["cost_gbp"], strict=True)):
            if months == months:
                self.fix({row: 1.0}, months)
                self.fix({len(self.cells) + row: 1.0}, gbp * 100)
        heads = {row["segment"]: row for row in given.report["segments"]}
        for name, head in heads.items():
            if head["people"] != "suppressed":
                self.fix(self.sum({name: 1.0}), head["person_months"])
                self.fix(self.sum({name: 1.0}, pence=True), float(head["spend_gbp"]) * 100)
        self.hidden = [name for name, head in heads.items() if head["people"] == "suppressed"]
        self.months = given.report["total"]["person_months"]
        self.pence = float(given.report["total"]["spend_gbp"]) * 100
        self.fix(self.sum(dict.fromkeys(heads, 1.0)), self.months)
        self.fix(self.sum(dict.fromkeys(heads, 1.0), pence=True), self.pence)

    def sum(self, weights: dict[str, float], pence: bool = False) -> dict[int, float]:
        """The weighted sum over segments."""
        return {i + pence * len(self.cells): weights[segment] for i, (segment, _) in enumerate(self.cells) if segment in weights}

    def fix(self, weights: dict[int, float], value: float, by: float = 1e-6) -> None:
        """An equation, known as far as it was rounded."""
        truth = sum(weight * self.true(at) for at, weight in weights.items())
        assert abs(truth - value) <= by + 1e-6 * abs(value), "the reader writes down what is true"
        self.solver.addRow(value - by, value + by, len(weights), np.array(list(weights), np.int32), np.array(list(weights.values())))

    def true(self, at: int) -> float:
        """The months or pence that a cell has."""
        if not hasattr(self, "_true"):
            frame = pd.read_parquet("p.parquet")
            assert sorted(self.given.truth["pence"]) == sorted(round(value * 100) for value in frame.filter(like="_gbp").sum(axis=1))
            by_person = frame.assign(pence=(frame.filter(like="_gbp").sum(axis=1) * 100).round())
            keys = self.given.truth.sort_values(["pence", "months", "age"]).reset_index(drop=True)
            other = by_person.sort_values(["pence", "months", "age"]).reset_index(drop=True)
            sums = pd.DataFrame({"segment": keys["segment"], "locality": other["town"], "months": other["months"], "pence": other["pence"]})
            self._true = sums.groupby(["segment", "locality"])[["months", "pence"]].sum()
        cell = self.cells[at % len(self.cells)]
        return float(self._true.loc[cell, "months" if at < len(self.cells) else "pence"])

    def read_fit(self) -> None:
        """What `fit` adds: person-years, indices that average to 1, and prices."""
        need, average = self.given.need, self.pence / self.months
        pool = [name for name in need.index if need.get("pooled", pd.Series(0, need.index))[name]]
        for name, years in need["person_years"].dropna().items():
            self.fix(self.sum({str(name): 1.0}), round(years * 12))
        for column in need.filter(like="need_by"):
            index = need[column].dropna().to_dict()
            self.fix(self.sum({name: index.get(name, 0.0) - 1 for name in need.index}), 0.0, 1e-4 * self.months)
        price = need["need_by_segment_prices_index"]
        for names in [[name] for name in need.index if name not in pool and price[name] == price[name]] + ([pool] if pool else []):
            both = self.sum(dict.fromkeys(names, 1.0), pence=True) | self.sum(dict.fromkeys(names, -price[names[0]] * average))
            if both:
                self.fix(both, 0.0, 1e-4 * self.pence)

    def interval(self, name: str, pence: bool) -> tuple[float, float]:
        """The least and the most that a segment may have."""
        weights = self.sum({name: 1.0}, pence)
        ends = []
        for sign in (1.0, -1.0):
            for at in range(2 * len(self.cells)):
                self.solver.changeColCost(at, sign * weights.get(at, 0.0))
            self.solver.run()
            assert self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
            ends.append(sign * self.solver.getInfo().objective_function_value)
        return ends[0], ends[1]


EXAMPLES = [(2, 5, ""), (3, 7, "salford_tiers")]


@pytest.mark.parametrize(("seed", "fewest", "second"), EXAMPLES)
def test_no_output_of_segment_and_fit_tells_of_a_small_segment(
    seed: int, fewest: int, second: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = outputs(tmp_path, seed, fewest, monkeypatch, capsys, second)
    if second:
        crossed_rows_are_no_hidden_segment(given)
    equations_add_nothing(given)
    groups_give_no_segment(given)
    everything_is_coarse(given)


def crossed_rows_are_no_hidden_segment(given: Outputs) -> None:
    """A cross table has no row of a segment that `segment` hides or `fit` pools for having few people, and its rows add nothing to others'."""
    rows = given.report["cross"]["people"]
    heads = {row["segment"]: row["people"] for row in given.report["segments"]}
    few = given.truth[given.truth["there"]].groupby("segment").size().loc[lambda count: count < given.fewest]
    hidden = {name for name, count in heads.items() if count == "suppressed"}
    assert hidden and set(few.index) <= set(given.record["pooled"])
    assert not hidden & set(rows) and not set(few.index) & set(rows)
    for name in set(rows) & set(heads):
        shown = [count for count in rows[name].values() if not isinstance(count, str)]
        assert all(count == 0 or count >= given.fewest for count in shown), name


def equations_add_nothing(given: Outputs) -> None:
    """What a reader knows of a hidden segment is the same with and without `fit`: its months and its pence stay as wide."""
    reader = Reader(given)
    assert len(reader.hidden) >= 2
    before = {(name, pence): reader.interval(name, pence) for name in reader.hidden for pence in (False, True)}
    reader.read_fit()
    after = {key: reader.interval(*key) for key in before}
    for key, (least, most) in before.items():
        assert most - least >= 2, f"{key} is known from segment alone"
        assert after[key] == pytest.approx((least, most), rel=1e-4, abs=1e-3), f"fit tells of {key}"


def groups_give_no_segment(given: Outputs) -> None:
    """No sum and difference of the groups measured is a segment of which few people are held out, few are not, or which is hidden."""
    truth = given.truth[given.truth["there"]].reset_index(drop=True)
    test = truth[truth["test"]]
    ways = list(dict.fromkeys(given.measures["way"]))
    names = [list(dict.fromkeys(given.measures[given.measures["way"] == way]["grouping"])) for way in ways]
    at, sets = 0, [np.ones(len(test))]
    for way, groupings in zip(ways, names, strict=True):
        rows = given.measures[given.measures["way"] == way]
        for grouping in groupings[1:]:
            group, at = given.groups[at], at + 1
            message = rows[(rows["grouping"] == grouping) & rows["people"].notna()]
            for name, count in zip(message["group"], message["people"], strict=True):
                sets.append((group == name).astype(float))
                assert sets[-1].sum() >= given.fewest and count == rounded_count(int(sets[-1].sum()), given.fewest)
    hidden = {row["segment"] for row in given.report["segments"] if row["people"] == "suppressed"}
    known = np.array(sets).T
    watched = 0
    for name, own in truth.groupby("segment"):
        held, others = int(own["test"].sum()), int((~own["test"]).sum())
        if held and (held < given.fewest or 0 < others < given.fewest or name in hidden):
            one = (test["segment"] == name).to_numpy(float)
            best = known @ np.linalg.lstsq(known, one, rcond=None)[0]
            assert np.abs(best - one).max() > 1e-6, f"{name}: {held} held out, {others} others"
            watched += 1
    assert watched >= 2 and at == len(given.groups)


def everything_is_coarse(given: Outputs) -> None:
    """Pooled segments have one index, the same in every output; counts are rounded, and no figure has digits to try out."""
    few = given.truth[given.truth["there"]].groupby("segment").size().loc[lambda count: count < given.fewest]
    pool = given.need.index[given.need["pooled"] == 1]
    assert set(few.index) <= set(pool) and len(pool) >= 2 and given.record["pooled"] == list(pool)
    columns = list(given.need.filter(like="need_by"))
    assert (given.need.loc[pool, columns] == given.need.loc[pool[0], columns]).all(axis=None)
    assert given.need.loc[pool, ["person_years", "own_price_credibility_share", "beyond_chance_share"]].isna().all(axis=None)
    assert set(given.fed["segment"]) == set(given.need.index) and len(columns) == 1 + len(WAYS)
    rows = {row.pop("segment"): row for row in pd.read_csv("need.csv", dtype=str).to_dict("records")}
    for name, value in zip(given.fed["segment"], given.fed["value"], strict=True):
        assert value == rows[name]["need_by_regression_index"] and re.fullmatch(r"\d+\.\d{4}", value)
        assert f"{name} {' '.join(rows[name][column] for column in columns)}" in " ".join(given.printed.split())
    for way in given.record["ways"].values():
        message = way["fit"]
        assert message["people"] % (2 * given.fewest) == 0 and message["person_years"] % (2 * given.fewest) == 0
        assert all(
            len(f"{message[name]:.15g}".rstrip("0").replace(".", "")) <= 3 for name in ("mae_gbp", "actual_mean_gbp", "predicted_mean_gbp")
        )
    coefficients = given.record["ways"]["regression"]["how"]["settings"]["gbp"].split(", ")
    assert all(len(part.rsplit(" ", 1)[1].strip("-0.").replace(".", "").rstrip("0")) <= 2 for part in coefficients)
    assert len({way["how"]["data_sha256"] for way in given.record["ways"].values()}) == 1 + len(WAYS)
    held = f"{given.record['ways']['regression']['fit']['people']:,} people held out"
    assert len(re.findall(r"\d people held out", given.printed)) == given.printed.count(held) == len(WAYS)


@pytest.mark.parametrize(("broken", "attack"), [("pooled", equations_add_nothing), ("apart", groups_give_no_segment)])
def test_a_reader_finds_them_where_nothing_is_pooled(
    broken: str, attack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if broken == "pooled":
        monkeypatch.setattr(people_read, "pooled", lambda *given: ())
    else:
        monkeypatch.setattr(people_ways, "apart", lambda group, ids, test, fewest: np.zeros(int(test.sum()), bool))
    given = outputs(tmp_path, 1, 5, monkeypatch, capsys)
    with pytest.raises(AssertionError, match=r"tells of|held out"):
        attack(given)


# ------------------------------------------------------------------ what stands alone


def test_groups_are_pooled_until_two_of_them_hold_enough_people() -> None:
    assert pooled({"a": 9, "b": 9}, (), 5) == ()
    assert pooled({"a": 2, "b": 3, "c": 9}, (), 5) == ("a", "b")
    assert pooled({"a": 2, "b": 2, "c": 9, "d": 8}, (), 5) == ("a", "b", "d")
    assert pooled({"a": 90, "b": 70, "c": 0, "d": 80}, ("a",), 5) == ("a", "b"), "hidden by segment, whatever its number"
    assert pooled({"a": 90, "b": 70, "c": 0}, ("c", "a"), 5) == ("a", "c"), "nobody of it is in the fit: its number is no less secret"
    assert pooled({"a": 1, "b": 1}, (), 1) == (), "nothing is small"


def test_who_is_held_out_stands_apart_with_few_beside_them_too() -> None:
    group = np.repeat([0, 1, 2, 3], [100, 40, 10, 7])
    test = np.zeros(157, bool)
    test[:30], test[100:120], test[140:148], test[150:152] = True, True, True, True
    # Of c eight are held out and two are not; of d two are held out and five are not.
    found = apart(group, ("a", "b", "c", "d"), test, 5)
    assert sorted(set(group[test][found])) == [2, 3] and found.sum() == 10
    assert not apart(group, ("a", "b", "c", "d"), test, 2).any()


def test_a_column_that_few_people_carry_beside_the_others_is_left_out() -> None:
    """Everybody over 80 is male but two: the band for everybody is what those two cost."""
    draw = np.random.default_rng(4)
    old = draw.random(4_000) < 0.1
    male = np.where(old, True, draw.random(4_000) < 0.5)
    male[np.flatnonzero(old)[:2]] = False
    ill = draw.random(4_000) < 0.2
    count = carriers(np.column_stack([old, old & male, ~old & male, ill]).astype(float), np.ones(4_000))
    assert count[0] == pytest.approx(2, abs=0.1) and count[1] == pytest.approx(2, abs=0.1)
    assert count[2] > 1_000 and 500 < count[3] < 1_200


def test_columns_are_counted_on_the_people_who_are_not_held_out() -> None:
    draw = np.random.default_rng(6)
    rare, fitted_on = np.arange(900) < 8, np.ones(900, bool)
    near = np.where(np.arange(900) % 3 == 0, 1.0, 0.0)
    folk = SimpleNamespace(
        band=draw.integers(0, 7, 900), sex=draw.integers(0, 2, 900), decile=np.zeros(900, int), years=np.ones(900), fewest=5,
        flags={"rare": rare, "often": draw.random(900) < 0.3}, own_conditions=("rare", "often"), supply={"near": near},
    )  # fmt: skip
    need, supply, left_out = columns_of(folk, fitted_on)  # type: ignore[arg-type]
    assert {"rare", "often"} <= set(need) and set(supply) == {"near"} and left_out == ()
    fitted_on[:4] = False
    need, _, left_out = columns_of(folk, fitted_on)  # type: ignore[arg-type]
    assert "rare" not in need and left_out == ("rare",)
    folk.supply = {"near": np.where(np.arange(900) < 5, 1.0, 0.0)}
    _, supply, left_out = columns_of(folk, fitted_on)  # type: ignore[arg-type]
    assert supply == {} and "near" in left_out, "one person of those fitted on has it"

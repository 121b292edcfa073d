"""Risk: measures, draws, the file that declares them, the stream that works draws out, and `capmodel simulate`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import capmodel
from capmodel.algebra.stream import plan
from capmodel.assumptions.draws import BATCHES, Draws, Marginal
from capmodel.assumptions.uncertainties import Uncertainties, Uncertainty, gaussian, read_uncertainties
from capmodel.capitation.fitting.credibility import chance_gain_probability
from capmodel.cli import main
from capmodel.errors import BadInput, Problem
from capmodel.model import Place
from capmodel.uncertainty.measures import Measure, error_of, expected_shortfall, loss_probability, measure, percentile, reserve_needed
from capmodel.uncertainty.shocks import PRESSURE, SCORE, SETTING, VARIANCE, VARIATION
from capmodel.uncertainty.simulate import SHARE, Simulation, kept, make_ready, simulate

from conftest import Case  # isort: skip

POUNDS = st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=40, max_size=200).map(np.array)


# ------------------------------------------------------------------------------------------------ measures


def test_measures_worked_by_hand() -> None:
    """Forty positions, minus 4 to 35: the worst 5% are two draws, minus 4 and minus 3."""
    positions = np.arange(-4.0, 36.0)
    found = measure("a", 2026, positions, 10.0)
    assert (found.low_gbp, found.middle_gbp, found.high_gbp) == (-3.0, 15.0, 33.0)
    assert found.shortfall_gbp == -3.5 and found.reserve_gbp == 3.0
    assert found.loss_probability == 4 / 40 and found.mean_gbp == 15.5
    assert found.deviation_gbp == pytest.approx(math.sqrt(40 * 41 / 12))
    assert found.mean_error_gbp == pytest.approx(math.sqrt(40 * 41 / 12) / math.sqrt(40))
    assert (found.half_mean_gbp, found.half_low_gbp) == (5.5, -4.0)


@given(POUNDS)
def test_expected_shortfall_is_never_milder_than_the_percentile(positions: np.ndarray) -> None:
    worst = expected_shortfall(positions)
    assert positions.min() - 1e-3 <= worst <= percentile(positions, 0.05) + 1e-3
    assert percentile(positions, 0.05) <= percentile(positions, 0.5) <= percentile(positions, 0.95)
    assert reserve_needed(positions) == max(0.0, -percentile(positions, 0.05))


@given(st.integers(40, 150).flatmap(lambda n: st.tuples(*(st.lists(st.floats(-1e6, 1e6), min_size=n, max_size=n) for _ in range(2)))))
def test_the_shortfall_of_a_sum_is_no_worse_than_that_of_its_parts(pair: tuple[list[float], list[float]]) -> None:
    a, b = map(np.array, pair)
    assert expected_shortfall(a + b) >= expected_shortfall(a) + expected_shortfall(b) - 1e-6


@given(POUNDS, st.floats(0.01, 100), st.floats(-1e6, 1e6))
def test_measures_scale_and_shift_with_the_money(positions: np.ndarray, times: float, more: float) -> None:
    size = 1e-9 * max(1.0, float(np.abs(positions).max())) * max(times, 1) + 1e-6
    assert expected_shortfall(positions * times + more) == pytest.approx(expected_shortfall(positions) * times + more, abs=size)
    assert percentile(positions * times + more, 0.05) == pytest.approx(percentile(positions, 0.05) * times + more, abs=size)


@given(POUNDS, st.randoms())
def test_measures_of_levels_do_not_depend_on_the_order_of_draws(positions: np.ndarray, random: object) -> None:
    shuffled = positions.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    before, after = measure("a", None, positions, 0.0), measure("a", None, shuffled, 0.0)
    for name in ("low_gbp", "middle_gbp", "high_gbp", "loss_probability", "reserve_gbp"):
        assert getattr(before, name) == getattr(after, name)
    assert before.shortfall_gbp == pytest.approx(after.shortfall_gbp) == pytest.approx(expected_shortfall(positions))


def test_errors_of_percentiles_are_as_large_as_they_turn_out_to_be() -> None:
    """The 5% point of 4,000 normal draws, drawn 200 times over, against the error each set of draws tells of itself."""
    generator = np.random.default_rng(1)
    found = [measure("a", None, generator.standard_normal(4000), 0.0) for _ in range(200)]
    spread = float(np.std([each.low_gbp for each in found]))
    message = float(np.mean([each.low_error_gbp for each in found]))
    assert message == pytest.approx(spread, rel=0.25)


def test_too_few_draws_are_not_measured() -> None:
    with pytest.raises(BadInput, match="Draw more"):
        measure("a", None, np.zeros(10), 0.0)


# ------------------------------------------------------------------------------------------------ draws


def uncertainty(name: str, distribution: str = "normal", over_years: str = "each", **parameters: float) -> Uncertainty:
    given = parameters or {"mean": 0.0, "sd": 1.0}
    return Uncertainty(name, name, "pressure", "", over_years, distribution, given, "share", "illustrative", "p90", "", "")  # type: ignore[arg-type]


def drawn(each: list[Uncertainty], correlation: np.ndarray | None = None, draws: int = 20_000, seed: int = 1, sobol: bool = False) -> dict[str, np.ndarray]:  # fmt: skip
    declared = Uncertainties(tuple(each), np.eye(len(each)) if correlation is None else correlation, {}, ("", "", ""))
    blocks = list(Draws(declared, 3, 2, draws, seed, "sobol" if sobol else "pseudo-random").blocks())
    return {name: np.concatenate([block.figures[name] for block in blocks]) for name in declared.names}


MOMENTS = [
    ("normal", {"mean": 2.0, "sd": 0.5}, 2.0, 0.5),
    ("lognormal", {"mean": 2.0, "sd": 0.5}, 2.0, 0.5),
    ("uniform", {"low": 1.0, "high": 4.0}, 2.5, 3 / math.sqrt(12)),
    ("triangular", {"low": 0.0, "mode": 1.0, "high": 4.0}, 5 / 3, math.sqrt((0 + 1 + 16 - 0 - 0 - 4) / 18)),
    ("pert", {"low": 0.0, "mode": 1.0, "high": 4.0}, 8 / 6, math.sqrt((8 / 6) * (4 - 8 / 6) / 7)),
]


@pytest.mark.parametrize(("kind", "parameters", "mean", "sd"), MOMENTS, ids=[row[0] for row in MOMENTS])
def test_distributions_have_their_mean_and_deviation(kind: str, parameters: dict[str, float], mean: float, sd: float) -> None:
    figures = drawn([uncertainty("a", kind, **parameters)], draws=60_000)["a"].ravel()
    assert figures.mean() == pytest.approx(mean, abs=4 * sd / math.sqrt(figures.size))
    assert figures.std() == pytest.approx(sd, rel=0.01)
    if "low" in parameters:
        assert parameters["low"] <= figures.min() and figures.max() <= parameters["high"]


@given(st.floats(-5, 0), st.floats(0, 1), st.floats(0.1, 5))
@settings(max_examples=30)
def test_bounded_distributions_rise_from_low_to_high(low: float, way: float, width: float) -> None:
    for kind in ("triangular", "pert"):
        figures = Marginal(kind, {"low": low, "mode": low + way * width, "high": low + width}).at(np.linspace(-9, 9, 200))
        assert (np.diff(figures) >= -1e-12).all()
        assert figures[0] == pytest.approx(low, abs=0.01 * width) and figures[-1] == pytest.approx(low + width, abs=0.01 * width)


def ranks(figures: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(figures)).astype(float)


@pytest.mark.parametrize("sobol", [False, True])
def test_rank_correlations_are_those_declared(sobol: bool) -> None:
    each = [uncertainty("a"), uncertainty("b", "pert", low=0.0, mode=0.2, high=4.0), uncertainty("c", over_years="same")]
    wanted = np.array([[1.0, 0.6, -0.5], [0.6, 1.0, 0.0], [-0.5, 0.0, 1.0]])
    found = drawn(each, wanted, draws=40_000, sobol=sobol)
    for year in range(3):
        assert np.corrcoef(ranks(found["a"][:, year]), ranks(found["b"][:, year]))[0, 1] == pytest.approx(0.6, abs=0.02)
    assert np.corrcoef(ranks(found["a"][:, 0]), ranks(found["b"][:, 1]))[0, 1] == pytest.approx(0.0, abs=0.02)
    # What lasts goes with the sum of what does not.
    assert np.corrcoef(ranks(found["a"].sum(axis=1)), ranks(found["c"][:, 0]))[0, 1] == pytest.approx(-0.5, abs=0.02)


def test_what_accumulates_adds_up_and_years_are_drawn_anew() -> None:
    found = drawn([uncertainty("a", over_years="accumulates"), uncertainty("b")], draws=60_000)
    assert found["a"].var(axis=0) == pytest.approx([1, 2, 3], rel=0.03)
    assert np.corrcoef(found["b"].T) == pytest.approx(np.eye(3), abs=0.02)


def test_the_same_seed_gives_the_same_draws_and_another_others() -> None:
    each = [uncertainty("a"), uncertainty("b", over_years="same")]
    first, again, other = drawn(each, draws=4500), drawn(each, draws=4500), drawn(each, draws=4500, seed=2)
    assert all((first[name] == again[name]).all() and not (first[name] == other[name]).any() for name in first)
    # More draws begin with the same blocks.
    assert (drawn(each, draws=9000)["a"][:4000] == first["a"][:4000]).all()


def test_sobol_points_come_in_scramblings_of_a_power_of_two_and_are_nearer_the_mean() -> None:
    declared = Uncertainties((uncertainty("a"),), np.eye(1), {}, ("", "", ""))
    assert Draws(declared, 3, 0, 1000, 1, "sobol").count == BATCHES * 64
    plain = [abs(drawn([uncertainty("a")], draws=1024, seed=seed)["a"].mean()) for seed in range(5)]
    points = [abs(drawn([uncertainty("a")], draws=1024, seed=seed, sobol=True)["a"].mean()) for seed in range(5)]
    assert np.mean(points) < np.mean(plain) / 3


@pytest.mark.parametrize(("draws", "seed"), [(99, 1), (10_000_001, 1), (1000, -1)])
def test_draws_that_cannot_be_are_refused(draws: int, seed: int) -> None:
    declared = Uncertainties((uncertainty("a"),), np.eye(1), {}, ("", "", ""))
    with pytest.raises(BadInput):
        Draws(declared, 3, 0, draws, seed)


# ------------------------------------------------------------------------------------------------ a place


def test_columns_are_kept_beside_memory_and_read_back() -> None:
    blocks = [np.arange(6.0).reshape(2, 3), np.arange(6.0, 14.0).reshape(2, 4)]
    with kept(2) as keeping:
        for block in blocks:
            keeping.add(block)
        assert keeping.column(1).tolist() == [3.0, 4.0, 5.0, 10.0, 11.0, 12.0, 13.0]


@pytest.fixture(scope="module")
def simulated(place: Place) -> Simulation:
    return place.simulate(draws=4000, seed=1)


def test_parties_positions_add_up_to_the_variance_of_every_draw(simulated: Simulation, place: Place) -> None:
    assert simulated.passed and simulated.largest_gap_gbp < 0.01
    for year in (*simulated.years, None):
        parties = sum(simulated.of(party, year).mean_gbp for party in simulated.parties)
        assert parties == pytest.approx(simulated.of("system", year).mean_gbp, abs=1.0)
    assert len(simulated.measures) == (len(simulated.parties) + 1) * (len(place.pack.years) + 1)


def test_central_figures_are_those_of_a_run(simulated: Simulation, result: capmodel.model.Result) -> None:
    for (party, year), figure in result.column("settlement", "position_gbp").items():
        assert simulated.of(party, int(year)).central_gbp == figure


def test_frames_hold_every_measure(simulated: Simulation) -> None:
    frame = simulated.frame
    assert list(frame.columns) == list(Measure.__dataclass_fields__) and len(frame) == len(simulated.measures)
    row = frame[(frame["party"] == "council") & (frame["year"] == 2028)].iloc[0]
    assert row["low_gbp"] == simulated.of("council", 2028).low_gbp


def test_chance_is_that_of_the_normal_approximation(place: Place) -> None:
    """Twenty times the variation: the chance that a share is paid is that a normal figure passes the threshold."""
    ready = make_ready(place, "base", {}, 200, 1, False)
    variation = {name: index * 20 for name, index in ready.uncertainties.variation.items()}
    shocks = replace(ready.shocks, draws=replace(ready.shocks.draws, uncertainties=replace(ready.uncertainties, variation=variation), asked=40_000))  # fmt: skip
    calm = ready.settled(shocks.calm(ready.chain.tables))
    assert np.abs(calm.figure(VARIANCE)).max() < 200
    found = plan(ready.chain.tables, calm, shocks.by_chance_moved, [VARIANCE, SHARE])
    made = [found.run(shocks.by_chance(block)) for block in shocks.draws.blocks()]
    variance, shares = (np.concatenate([part[node] for part in made]) for node in (VARIANCE, SHARE))
    target = calm.figure(("pool", "pool_target_gbp"))
    for year in range(5):
        deviation = float(variance[:, year].std() / target[year])
        assert float((shares[:, year] > 0).mean()) == pytest.approx(chance_gain_probability(0.005, 1.0, deviation), abs=0.01)


def test_what_uncertainties_move(place: Place) -> None:
    ready = make_ready(place, "base", {}, 200, 1, False)
    block = next(ready.shocks.draws.blocks())
    given, central = ready.shocks.of(block), ready.central
    planned = central.assumed(PRESSURE)
    wanted = planned + block.figures["demand_trend"] + block.figures["price_error"] + (block.figures["savings_delivered"] - 1) * planned
    assert given[PRESSURE] == pytest.approx(wanted)
    less = planned + block.figures["demand_trend"] + block.figures["price_error"] + (block.figures["savings_delivered"] * 0.4 - 1) * planned
    assert ready.shocks.of(block, 0.4)[PRESSURE] == pytest.approx(less)
    assert given[SCORE].min() >= 0 and given[SCORE].max() <= 1
    moved = (given[SETTING] != central.figure(SETTING)).any(axis=0)
    assert moved.sum() == 2
    persons = central.figure(("capitation", "persons"))
    index = next(iter(ready.uncertainties.variation.values()))
    assert given[VARIATION][:, 0] == pytest.approx(block.variation[:, 0] * index / math.sqrt(persons[0]))


def test_more_uncertainty_is_more_risk_on_the_same_draws(place: Place, broken: Path) -> None:
    text = (broken / "risk.yaml").read_text(encoding="utf-8")
    (broken / "risk.yaml").write_text(text.replace("sd: 0.006", "sd: 0.012"), encoding="utf-8")
    wider = capmodel.load(broken).simulate(draws=2000)
    usual = place.simulate(draws=2000)
    assert wider.of("system").deviation_gbp > 1.3 * usual.of("system").deviation_gbp
    assert wider.of("acute_trusts").shortfall_gbp < usual.of("acute_trusts").shortfall_gbp


def test_an_assumption_may_be_drawn_from_its_declared_range(broken: Path) -> None:
    entry = "  discount:\n    label: Discount\n    moves: assumption\n    assumption: alliance_discount_share\n    over_years: same\n    distribution: uniform\n    range_of: alliance_discount_share\n    unit: share\n    status: illustrative\n    source: p90\n"  # fmt: skip
    text = (broken / "risk.yaml").read_text(encoding="utf-8").replace("uncertainties:\n", f"uncertainties:\n{entry}", 1)
    (broken / "risk.yaml").write_text(text, encoding="utf-8")
    place = capmodel.load(broken)
    ready = make_ready(place, "base", {}, 500, 1, False)
    given = ready.shocks.of(next(ready.shocks.draws.blocks()))["alliance_discount_share"]
    assert 0 <= given.min() < 0.001 and 0.019 < given.max() <= 0.02 and (given == given[:, :1]).all()
    assert simulate(place, 500).passed


# ------------------------------------------------------------------------------------------------ bad files

FAULTS: list[tuple[str, Callable[[str], str], str, str]] = [
    ("a name misspelt", lambda t: t.replace("    sd: 0.006", "    sdd: 0.006"), "sdd", "'sdd' is not a known name"),
    ("a parameter missing", lambda t: t.replace("    sd: 0.006\n", ""), "demand_trend:", "there is no sd"),
    ("a parameter too many", lambda t: t.replace("    sd: 0.006", "    sd: 0.006\n    low: 0"), "    low: 0", "low is given"),
    ("an unknown kind", lambda t: t.replace("distribution: pert", "distribution: beta"), "distribution: beta", "not a known choice"),
    ("an unknown setting", lambda t: t.replace("setting: acute_emergency", "setting: acute_emergenci"), "acute_emergenci", "Did you mean acute_emergency"),
    ("an unknown source", lambda t: t.replace("    source: p90", "    source: p99", 1), "source: p99", "'p99' is not in sources.yaml"),
    ("a wrong unit", lambda t: t.replace("    unit: share", "    unit: GBP", 1), "unit: GBP", "what it moves is a share"),
    ("low above high", lambda t: t.replace("low: 0.0\n", "low: 2.0\n"), "savings_delivered:", "low, mode and high must rise"),
    ("a spread below zero", lambda t: t.replace("sd: 0.006", "sd: -0.006"), "demand_trend:", "sd is below zero"),
    ("a score that adds up", lambda t: t.replace("outcome_score\n    over_years: each", "outcome_score\n    over_years: accumulates"), None, "only an error in place-wide pressure adds up"),
    ("a setting by year", lambda t: t.replace("acute_emergency\n    over_years: same", "acute_emergency\n    over_years: each"), None, "one figure for all years"),
    ("a segment missing", lambda t: t.replace("    chronic_elderly: 1.9\n", ""), "variation_index:", "no figure for chronic_elderly"),
    ("a segment unknown", lambda t: t.replace("    chronic_elderly:", "    chronic_elders: 1\n    chronic_elderly:"), "chronic_elders", "'chronic_elders' is not a segment"),
    ("a range that is not declared", lambda t: t.replace("    low: -0.010\n    high: 0.020", "    range_of: carry_forward_flag"), "range_of", "a declared range"),
    ("a correlation of nothing", lambda t: t.replace("[demand_trend, savings_delivered]", "[demand_trends, savings_delivered]"), "demand_trends", "Did you mean demand_trend"),
    ("a correlation above one", lambda t: t.replace("rank: 0.4", "rank: 4"), "rank: 4", "from -1 to 1"),
    ("a pair twice", lambda t: t.replace("[demand_trend, savings_delivered]", "[emergency_pressure, demand_trend]"), "[emergency_pressure, demand_trend]", "each pair is given once"),
    ("a share saved above one", lambda t: t.replace("saved_share: 0.4", "saved_share: 1.4"), "saved_share", "saved_share is 1.4"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "at", "words"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_faulty_file_is_refused_with_its_line(
    broken: Path, edit: Callable[[str], str], at: str | None, words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = broken / "risk.yaml"
    text = path.read_text(encoding="utf-8")
    changed = edit(text)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    assert main(["simulate", str(broken), "--draws", "200", "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert words in message and not (tmp_path / "out").exists()
    if at is not None:
        line = next(i for i, row in enumerate(changed.splitlines(), 1) if at in row)
        assert f"risk.yaml, line {line}:" in message


def test_every_fault_of_a_file_is_in_one_report(broken: Path) -> None:
    path = broken / "risk.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("sd: 0.006", "sd: -1").replace("setting: social_care", "setting: nowhere").replace("saved_share: 0.4", "saved_share: 0.4\n  source: p99", 1), encoding="utf-8")  # fmt: skip
    with pytest.raises(BadInput) as error:
        capmodel.load(broken)
    assert len(error.value.problems) >= 3


def test_correlations_that_contradict_each_other_are_refused_and_the_pair_is_named(broken: Path) -> None:
    path = broken / "risk.yaml"
    lines = path.read_text(encoding="utf-8").split("correlations:\n")[0]
    pairs = [("demand_trend", "price_error", 0.9), ("price_error", "outcome_error", 0.9), ("demand_trend", "outcome_error", -0.9)]
    stated = "".join(f"  - {{between: [{a}, {b}], rank: {rank}, status: illustrative, source: p90}}\n" for a, b, rank in pairs)
    path.write_text(f"{lines}correlations:\n{stated}", encoding="utf-8")
    with pytest.raises(BadInput) as error:
        capmodel.load(broken)
    message = str(error.value)
    assert "contradict each other" in message and "write " in message
    least, most = (float(text) for text in message.split("write ")[1].rstrip(".").split(" to "))
    matrix = np.array([[1.0, 0.9, most], [0.9, 1.0, 0.9], [most, 0.9, 1.0]])
    assert "demand_trend and outcome_error" not in message or np.linalg.eigvalsh(gaussian(matrix) + np.eye(3) * 1e-9)[0] > -0.02
    assert least < most


def test_a_place_without_uncertainties_runs_and_cannot_be_simulated(broken: Path) -> None:
    (broken / "risk.yaml").unlink()
    place = capmodel.load(broken)
    with pytest.raises(BadInput, match=r"risk\.yaml"):
        place.simulate(draws=200)


def test_people_may_be_left_out(broken: Path) -> None:
    path = broken / "risk.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("persons:")] + text[text.index("correlations:") :], encoding="utf-8")
    found = capmodel.load(broken).simulate(draws=400)
    assert found.of("council", 2028).false_positive_gain is None and found.passed


def test_figures_of_the_example_are_read_with_what_they_rest_on(place: Place) -> None:
    problems: list[Problem] = []
    found = read_uncertainties(place.pack, place.assumptions, problems)
    assert found is not None and not problems
    assert {each.status for each in found.each} == {"illustrative"} and found.each[2].described == "pert, low 0, mode 0.8, high 1.2"


# ------------------------------------------------------------------------------------------------ the command


def test_simulate_writes_a_record_and_a_table_and_the_same_bytes_again(
    small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("a", "b"):
        assert main(["simulate", str(small.folder), "--draws", "1000", "--seed", "7", "--out", str(tmp_path / folder)]) == 0
    message = capsys.readouterr().out
    assert "1,000 pseudo-random draws, seed 7" in message and "With half of them" in message and "All together" in message
    names = ["small-place-risk.csv", "small-place-risk.json"]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == names
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    record = json.loads((tmp_path / "a" / names[1]).read_text(encoding="utf-8"))
    assert record["provenance"]["seed"] == 7 and record["passed"] and len(record["provenance"]["packs"]) == 2
    assert len((tmp_path / "a" / names[0]).read_text(encoding="utf-8").splitlines()) == 1 + len(record["measures"])


def test_simulate_takes_a_scenario_changes_and_sobol(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["simulate", str(small.folder), "--draws", "500", "--scenario", "prudent", "--set", "gain_threshold_share=0", "--sobol"]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    assert "512 sobol draws" in capsys.readouterr().out
    assert (tmp_path / "small-place-prudent-changed-risk.json").is_file()


@pytest.mark.parametrize("arguments", [["--draws", "5"], ["--scenario", "none"], ["--set", "nothing=1"], ["--seed", "-1"]])
def test_simulate_refuses_what_cannot_be(small: Case, arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(small.folder), *arguments, "--out", str(tmp_path)]) == 2
    assert "Nothing was written" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_new_place_can_be_simulated(tmp_path: Path) -> None:
    assert main(["new", "somewhere", "--root", str(tmp_path)]) == 0
    assert capmodel.load(tmp_path / "places/somewhere").simulate(draws=200).passed


def test_errors_of_batches() -> None:
    assert error_of([2.0] * 16) == 0.0
    assert loss_probability(np.array([-0.004, -0.006])) == 0.5

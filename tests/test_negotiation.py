"""Negotiation: the ladder against the rules, who is no worse off, walk-away shares, warnings, and `capmodel negotiate`."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import capmodel
from capmodel.cli import main
from capmodel.contracts import payoff
from capmodel.contracts.negotiation import Exposed, no_worse_off, not_beaten, search, walk_away, warnings_of, worth_of
from capmodel.contracts.negotiation_terms import Value, read_term
from capmodel.contracts.risk import expected_shortfall
from capmodel.errors import BadInput, Problem
from capmodel.model import Place
from capmodel.negotiate import Bench, Negotiation, Term, negotiate
from capmodel.simulation import make_ready


def term(name: str, *values: str) -> Term:
    problems: list[Problem] = []
    found = read_term(name, values, "test", problems)
    assert not problems
    return found


@pytest.fixture(scope="session")
def bench(place: Place) -> Bench:
    return Bench(make_ready(place, "base", {}, 3000, 1, False), "nhs_commissioner", 0.05, 0.4)


# ------------------------------------------------------------------------------------------------ the ladder

DESIGNS: dict[str, dict[str, float]] = {
    "as it is": {},
    "another corridor": {"gain_threshold_share": 0.01, "loss_threshold_share": 0.0},
    "a cliff": {"first_pound_flag": 1, "gain_threshold_share": 0.01, "loss_threshold_share": 0.02},
    "no phase": {"gain_phase_share": 1, "loss_phase_share": 1},
    "a high gate": {"outcome_gate_share": 0.78},
    "tight caps": {"cap_gbp[acute_trusts,loss]": 100_000, "cap_gbp[acute_trusts,gain]": 250_000},
    "a consolation": {"below_threshold_share": 0.5},
}


@pytest.mark.parametrize("changes", DESIGNS.values(), ids=DESIGNS)
def test_a_ladder_gives_what_settling_every_draw_gives(bench: Bench, changes: dict[str, float]) -> None:
    contract = bench.contract(changes)
    ladder, exact = (bench.payoffs.paid(contract, exact) for exact in (False, True))
    assert exact.exact and not ladder.exact
    assert np.abs(ladder.positions - exact.positions).max() < 500
    assert np.abs(ladder.positions - exact.positions).mean() < 0.1


def test_settling_from_what_was_kept_is_the_simulation(bench: Bench, place: Place) -> None:
    exact = bench.payoffs.paid(bench.ready.central, exact=True)
    whole = place.simulate(draws=3000)
    for i, party in enumerate(bench.ready.parties):
        assert exact.positions[:, i].mean() == pytest.approx(whole.of(party).mean_gbp, abs=0.01)
        assert expected_shortfall(exact.positions[:, i]) == pytest.approx(whole.of(party).shortfall_gbp, abs=0.01)


def test_a_ladder_that_is_off_is_not_used(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payoff, "ROUNDS", 0)
    monkeypatch.setattr(payoff, "RUNGS", 4)
    assert bench.payoffs.paid(bench.ready.central).exact


def test_outcomes_that_are_many_are_settled_draw_by_draw(bench: Bench) -> None:
    """With a multiplier every score releases another part."""
    assert bench.payoffs.paid(bench.contract({"outcome_multiplies_flag": 1})).exact


# ------------------------------------------------------------------------------------------------ judging designs


def test_worth_worked_by_hand() -> None:
    """A hundred positions from 0 to 99 and their opposites: means 49.5 and -49.5, the worst five 2 and -97 on average."""
    found = worth_of(np.stack([np.arange(100.0), -np.arange(100.0)], axis=1), 0.1)
    assert found.mean.tolist() == [49.5, -49.5] and found.shortfall.tolist() == [2.0, -97.0]
    assert found.value.tolist() == pytest.approx([49.5, -49.5 - 9.7])
    assert found.loss_probability.tolist() == [0.0, 0.99]


@given(st.lists(st.floats(-1e6, 1e6), min_size=50, max_size=300))
def test_shortfall_of_the_worst_alone_is_that_of_all(positions: list[float]) -> None:
    found = worth_of(np.array(positions)[:, None], 0.05)
    assert found.shortfall[0] == pytest.approx(expected_shortfall(np.array(positions)), abs=1e-6)


def test_a_design_stands_unless_another_is_better_in_one_aim_and_worse_in_none() -> None:
    points = np.array([[1, 1, -1, -1], [2, 1, -1, -1], [0, 3, -1, -1], [2, 1, -1, -2]]) * 1e6
    assert not_beaten(points) == [False, True, True, False]


@given(st.lists(st.lists(st.floats(-1e7, 1e7), min_size=4, max_size=4), min_size=1, max_size=12))
def test_some_design_always_stands(points: list[list[float]]) -> None:
    assert any(not_beaten(np.array(points)))


def test_nobody_is_worse_off_for_less_than_a_pound() -> None:
    assert no_worse_off(np.array([-0.99, 0.0])) and not no_worse_off(np.array([-1.01, 1e9]))


def test_walk_away_shares() -> None:
    assert walk_away([0.0, 0.1, 0.2], [-300.0, -100.0, 100.0], smallest=True) == pytest.approx(0.15)
    assert walk_away([0.0, 0.1], [5.0, 9.0], smallest=True) == 0.0
    assert walk_away([0.0, 0.1], [-50.0, -9.0], smallest=True) is None
    assert walk_away([0.0, 0.1, 0.2], [300.0, 100.0, -100.0], smallest=False) == pytest.approx(0.15)


def test_search_leaves_a_ridge_where_it_stands() -> None:
    assert search([[1, 2], [1, 2]], lambda at: 1.0 if at == (2, 2) else 0.0 if at == (1, 1) else -1.0) == ((1, 1), 0.0)


EXPOSED = Exposed(("Trust", "Council"), np.array([0.2, 0.1]), np.array([0.5, 0.2]), (True, True), (True, True), 0.1, False, (0, 50))


def test_history_warns() -> None:
    assert warnings_of(EXPOSED) == ()
    (torbay,) = warnings_of(replace(EXPOSED, loss_share=np.array([0.2, 0.31])))
    assert "Council bears 31% of losses" in torbay and "Torbay" in torbay
    (uncapped,) = warnings_of(replace(EXPOSED, capped=(True, False)))
    assert "Council" in uncapped and "no guarantor" in uncapped
    assert warnings_of(replace(EXPOSED, capped=(True, False), at_risk=(True, False))) == ()
    (large,) = warnings_of(replace(EXPOSED, saving_share=178 / 800))
    assert "22% of the contract's value" in large
    assert warnings_of(replace(EXPOSED, saving_share=178 / 800, prudent=True)) == ()
    (unsettled,) = warnings_of(replace(EXPOSED, unsettled=(3, 50)))
    assert "3 of 50 baseline figures" in unsettled


def test_the_example_is_warned_of_a_council_that_bears_more_than_it_can_turn(place: Place, bench: Bench) -> None:
    changed = bench.book.changes([term("band_party_share[loss,*,pharmacies]", "0.3")], [Value(0.3)])
    assert changed is not None
    found = warnings_of(bench.exposed(bench.contract(changed)))
    assert any("Community pharmacies bears 30% of losses" in warning for warning in found)


# ------------------------------------------------------------------------------------------------ terms


def test_names_join_and_stand_for_many(bench: Bench) -> None:
    changes = bench.book.changes([term("gain_threshold_share+loss_threshold_share", "0.02"), term("cap_gbp[*,loss]", "x0.5")], [Value(0.02), Value(0.5, True)])  # fmt: skip
    assert changes is not None
    assert changes["gain_threshold_share"] == changes["loss_threshold_share"] == 0.02
    assert changes["cap_gbp[acute_trusts,loss]"] == 6_000_000 and len(changes) == 2 + 9
    phases = bench.book.changes([term("gain_phase_share", "x2")], [Value(2.0, True)])
    assert phases is not None and phases["gain_phase_share[2026]"] == 1.0


def test_one_party_takes_the_rest_of_shares(bench: Bench) -> None:
    changes = bench.book.changes([term("band_party_share[loss,*,council]", "0.3")], [Value(0.3)])
    assert changes is not None
    assert changes["band_party_share[loss,band_1,nhs_commissioner]"] == pytest.approx(0.44 + 0.14 - 0.3)
    assert changes["band_party_share[loss,band_2,nhs_commissioner]"] == pytest.approx(0.60 + 0.20 - 0.3)
    assert bench.book.changes([term("band_party_share[loss,*,council]", "0.9")], [Value(0.9)]) is None


BAD_TERMS = [
    ("gain_treshold_share", "no term of the contract"),
    ("demand_pressure_share", "no term of the contract"),
    ("alliance_discount_share", "no term of the contract"),
    ("held_by_provider_flag", "changes the variance, not who shares it"),
    ("target_efficiency_share", "changes the variance, not who shares it"),
    ("cap_gbp[acute_trust,loss]", "no figure of cap_gbp fits"),
    ("band_party_share[loss,*,nhs_commissioner]", "that party takes the rest"),
]


@pytest.mark.parametrize(("name", "words"), BAD_TERMS, ids=[name for name, _ in BAD_TERMS])
def test_what_is_no_term_is_refused(place: Place, name: str, words: str) -> None:
    with pytest.raises(BadInput) as error:
        negotiate(place, [term(name, "0.1")], draws=200)
    assert words in str(error.value)


def test_every_fault_of_a_request_is_in_one_report(place: Place) -> None:
    with pytest.raises(BadInput) as error:
        negotiate(place, [term("gain_threshold_share", "0")], draws=200_000, rest="nobody", risk_price=2.0, saved_without=1.5)
    assert len(error.value.problems) == 4
    many = [term(name, *(f"{i / 1000}" for i in range(80))) for name in ("gain_threshold_share", "loss_threshold_share")]
    with pytest.raises(BadInput, match="6,400 designs"):
        negotiate(place, many, draws=200)


# ------------------------------------------------------------------------------------------------ a negotiation


@pytest.fixture(scope="session")
def negotiated(place: Place) -> Negotiation:
    terms = [term("gain_threshold_share+loss_threshold_share", "0", "0.005"), term("band_party_share[loss,*,council]", "x0", "x1", "0.9")]
    return negotiate(place, terms, draws=2000)


def test_designs_are_judged_against_the_alternative(negotiated: Negotiation) -> None:
    assert len(negotiated.designs) == 4 and negotiated.impossible == 2
    for design in negotiated.designs:
        assert design.acceptable == bool((design.gain >= -1).all())
    assert [design.least_gain_gbp for design in negotiated.acceptable] == sorted((design.least_gain_gbp for design in negotiated.acceptable), reverse=True)  # fmt: skip
    same = next(design for design in negotiated.designs if dict(design.terms) == {"gain_threshold_share+loss_threshold_share": "0.005", "band_party_share[loss,*,council]": "x1"})  # fmt: skip
    assert (same.worth.mean == negotiated.present.worth.mean).all()


def test_the_design_whose_least_gainer_gains_most_is_efficient(negotiated: Negotiation) -> None:
    every = [negotiated.present, *negotiated.designs]
    assert max(every, key=lambda design: design.least_gain_gbp).efficient
    assert max(every, key=lambda design: float(design.worth.shortfall.sum())).efficient
    assert all(design.undominated for design in every)


def test_means_of_all_parties_are_the_same_under_every_design(negotiated: Negotiation) -> None:
    """A contract shares a variance and makes none."""
    whole = float(negotiated.present.worth.mean.sum())
    assert all(float(design.worth.mean.sum()) == pytest.approx(whole, abs=5.0) for design in negotiated.designs)


def test_walk_away_shares_leave_a_party_as_it_would_be_without(negotiated: Negotiation, place: Place) -> None:
    trusts = next(each for each in negotiated.walk_aways if (each.party, each.side) == ("acute_trusts", "gain"))
    assert trusts.walk_away_share is not None and 0 < trusts.walk_away_share < trusts.present_share
    found = negotiate(place, [term("band_party_share[gain,*,acute_trusts]", f"{trusts.walk_away_share:.6f}")], draws=2000, walk_aways=False)
    at = list(found.parties).index("acute_trusts")
    # Between the shares that were tried value bends a little.
    assert abs(found.designs[0].gain[at]) < 0.1 * abs(found.present.gain[at])


def test_against_the_present_contract_it_is_no_worse_than_itself(place: Place) -> None:
    found = negotiate(place, [term("gain_threshold_share", "0.005", "0.05")], draws=500, against="present", walk_aways=False)
    assert found.present.acceptable and float(np.abs(found.present.gain).max()) == 0.0
    assert found.designs[0].acceptable and not found.designs[1].acceptable


def test_without_a_contract_nothing_more_is_saved_so_sharing_alone_makes_somebody_worse_off(place: Place) -> None:
    found = negotiate(place, [term("gain_threshold_share", "0", "0.005")], draws=500, saved_without=1.0, risk_price=0.0, walk_aways=False)
    assert not found.acceptable


def test_a_search_finds_the_best_of_a_small_grid(place: Place) -> None:
    terms = [term("gain_threshold_share", "0", "0.005", "0.01"), term("loss_threshold_share", "0", "0.005", "0.01")]
    grid, searched = (negotiate(place, terms, draws=500, by_search=by, walk_aways=False) for by in (False, True))
    best = max(design.least_gain_gbp for design in grid.designs)
    assert max(design.least_gain_gbp for design in searched.designs) == pytest.approx(best)


def test_designs_meet_the_same_draws_so_that_differences_are_sure(place: Place) -> None:
    """Common random numbers: the difference of two designs varies far less than the designs themselves."""
    means = []
    for seed in range(4):
        found = negotiate(place, [term("gain_threshold_share", "0.006")], draws=400, seed=seed, walk_aways=False)
        at = list(found.parties).index("acute_trusts")
        means.append((found.present.worth.mean[at], found.designs[0].worth.mean[at]))
    both = np.array(means)
    assert np.diff(both, axis=1).std() < 0.15 * both[:, 0].std()


# ------------------------------------------------------------------------------------------------ the command

VARY = ["--vary", "gain_threshold_share+loss_threshold_share=0,0.005", "--vary", "band_party_share[loss,*,council]=x0,x1"]


def test_negotiate_writes_every_design_and_the_same_bytes_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("a", "b"):
        assert main(["negotiate", "north-west-london", *VARY, "--draws", "500", "--out", str(tmp_path / folder)]) == 0
    told = capsys.readouterr().out
    assert "4 designs" in told and "Walk-away shares" in told and "WARNING" in told and "Present contract" in told
    one, two = (tmp_path / folder / "north-west-london-designs.csv" for folder in ("a", "b"))
    assert one.read_bytes() == two.read_bytes()
    with one.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["design"] for row in rows] == ["present", "1", "2", "3", "4"]
    assert rows[1]["gain_threshold_share+loss_threshold_share"] == "0" and rows[1]["exact"] == "0"


def test_negotiate_reads_a_grid_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text("vary:\n  gain_threshold_share: [0, 0.005]\n  cap_gbp[*,loss]: [x0.5, x1]\nrest: council\nagainst: present\nrisk_price: 0.1\n", encoding="utf-8")  # fmt: skip
    assert (
        main(["negotiate", "north-west-london", "--grid", str(grid), "--draws", "300", "--search", "--sobol", "--out", str(tmp_path)]) == 0
    )
    assert "against the present contract" in capsys.readouterr().out


def test_negotiate_fails_where_no_design_will_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--vary", "gain_threshold_share=0.005", "--saved-without", "1", "--risk-price", "0", "--draws", "300"]
    assert main(["negotiate", "north-west-london", *arguments, "--out", str(tmp_path)]) == 1
    assert "no design leaves every party no worse off" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing is varied"),
        (["--vary", "gain_threshold_share"], "no name or no value"),
        (["--vary", "gain_threshold_share=a"], "'a' is no value"),
        (["--vary", "gain_threshold_share=40"], "40"),
        (["--grid", "nowhere.yaml"], "there is no file"),
        (["--vary", "gain_threshold_share=0", "--rest", "nobody", "--against", "none"], "'nobody' is no party"),
    ],
)
def test_negotiate_refuses_what_cannot_be(arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["negotiate", "north-west-london", *arguments, "--draws", "200", "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert words in told and "Nothing was written" in told and not list(tmp_path.iterdir())


def test_a_faulty_grid_is_refused_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text("vary:\n  gain_threshold_share: [0, much]\nagainst: nobody\n", encoding="utf-8")
    assert main(["negotiate", "north-west-london", "--grid", str(grid)]) == 2
    assert "grid.yaml, line 3" in capsys.readouterr().err


def test_money_carried_between_years_is_settled_draw_by_draw(broken: Path) -> None:
    contract = broken / "contract.yaml"
    text = contract.read_text(encoding="utf-8")
    carried = text.replace("side: loss, amount_gbp: 12000000,", "side: loss, amount_gbp: 2000000, carry_forward: true,")
    assert carried != text
    contract.write_text(carried, encoding="utf-8")
    place = capmodel.load(broken)
    found = negotiate(place, [term("gain_threshold_share", "0.005")], draws=300, walk_aways=False)
    assert found.present.exact

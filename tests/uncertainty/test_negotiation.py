"""Negotiation: the ladder against the rules, who is no worse off, walk-away shares, warnings, and `capmodel negotiate`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benches import term
from hypothesis import given
from hypothesis import strategies as st

from capmodel.errors import BadInput
from capmodel.model import Place
from capmodel.uncertainty import payoff
from capmodel.uncertainty.designs import (
    Design,
    Exposed,
    gain_parts,
    no_worse_off,
    not_beaten,
    search,
    walk_away,
    warnings_of,
    with_share,
    worth_of,
)
from capmodel.uncertainty.grid import Value
from capmodel.uncertainty.measures import expected_shortfall
from capmodel.uncertainty.negotiate import Bench, negotiate
from capmodel.uncertainty.simulate import make_ready

# ------------------------------------------------------------------------------------------------ the ladder

DESIGNS: dict[str, dict[str, float]] = {
    "as it is": {},
    "another corridor": {"gain_threshold_share": 0.01, "loss_threshold_share": 0.0},
    "a cliff": {"first_pound_flag": 1, "gain_threshold_share": 0.01, "loss_threshold_share": 0.02},
    "no phase": {"gain_phase_share": 1, "loss_phase_share": 1},
    "a high gate": {"outcome_gate_share": 0.78},
    "tight caps": {"cap_gbp[acute_trusts,loss]": 100_000, "cap_gbp[acute_trusts,gain]": 250_000},
    "a below-threshold payment": {"below_threshold_share": 0.5},
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


def test_draws_at_a_cliff_are_settled_by_the_rules(place: Place) -> None:
    """Sharing from the first pound jumps at the threshold; a line across the jump was off by millions for a draw that met it."""
    ready = make_ready(place, "base", {}, 20_000, 1, False)
    bench = Bench(ready, place.terms.residual_party, 0.05, ready.uncertainties.saved_without)
    for gain, loss in ((0.01, 0.01), (0.0, 0.02)):
        contract = bench.contract({"first_pound_flag": 1, "gain_threshold_share": gain, "loss_threshold_share": loss})
        ladder, exact = (bench.payoffs.paid(contract, settled) for settled in (False, True))
        assert not ladder.exact
        assert np.abs(ladder.positions - exact.positions).max() < 500


def test_a_ladder_that_is_off_is_not_used(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payoff, "ROUNDS", 0)
    monkeypatch.setattr(payoff, "POINTS", 4)
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


def capped(share: float) -> float:
    """Rises steeply to a cap at 2% and hardly any more, as a party's gains do; zero at 0.9%."""
    return 1e8 * (min(share, 0.02) - 0.009) + 10.0 * share


def test_walk_away_shares_are_found_where_caps_bend_the_value() -> None:
    found = walk_away(capped, smallest=True)
    assert found == pytest.approx(0.009, abs=1e-5) and capped(found) >= -1 > capped(found - 1e-5)
    largest = walk_away(lambda share: -capped(share), smallest=False)
    assert largest == pytest.approx(0.009, abs=1e-5) and capped(largest) <= 1 < capped(largest + 1e-5)


def test_walk_away_shares_at_the_ends() -> None:
    assert walk_away(lambda share: 5.0 + share, smallest=True) == 0.0
    assert walk_away(lambda share: share - 50.0, smallest=True) is None
    assert walk_away(lambda share: 5.0 - share, smallest=False) == 1.0
    assert walk_away(lambda share: -50.0, smallest=False) is None


@given(st.floats(0.001, 0.999), st.floats(10, 1e9), st.floats(10, 1e9), st.booleans())
def test_a_walk_away_share_will_do_and_one_beyond_it_will_not(root: float, below: float, above: float, smallest: bool) -> None:
    tried = []

    def gain(share: float) -> float:
        tried.append(share)
        way = share - root if smallest else root - share
        return way * (above if way > 0 else below) - (2.0 if way < 0 else 0.0)

    found = walk_away(gain, smallest)
    assert found is not None and abs(found - root) <= 1e-5
    assert gain(found) >= -1 and len(tried) < 50


@given(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), st.floats(0, 1), st.permutations(range(4)))
def test_whoever_takes_or_gives_a_share_every_pound_stays_somebodys(weights: list[float], share: float, order: list[int]) -> None:
    party, other = order[:2]
    found = with_share(np.array([weights, weights[::-1]]) / sum(weights), party, other, share)
    assert found.sum(axis=1) == pytest.approx(1.0) and (found[:, party] == share).all() and (found >= -1e-12).all()


def design_of(*gain: float) -> Design:
    figures, in_scope = np.array(gain), np.array([1000.0, 100.0, 10.0, 0.0]) * 1e6
    worth = worth_of(figures[None, :], 0.0)
    return Design({}, worth, figures, gain_parts(figures, in_scope), no_worse_off(figures), False, False, True, ())


def test_designs_are_ranked_by_the_least_gain_for_a_partys_size_and_then_by_the_next() -> None:
    """Parties of £1,000, £100 and £10 million and a fund: a small party's few pounds do not outweigh what a large one forgoes."""
    best, next_best = design_of(9e6, 1e6, 0.05e6, 0.0), design_of(3e6, 1e6, 0.06e6, 9e6)
    assert best.rank > next_best.rank and (best.least_gainer, next_best.least_gainer) == (2, 0)
    assert best.least_gain_share == pytest.approx(0.005)
    assert design_of(9e6, 2e6, 0.05e6, 0.0).rank > best.rank
    assert design_of(9e6, 2e6, 0.05e6, -2.0).rank < design_of(0.0, 0.0, 0.0, 0.0).rank


def test_a_fund_that_is_worse_off_is_the_least_gainer() -> None:
    assert design_of(9e6, 2e6, 0.05e6, -111.0).least_gainer == 3
    assert design_of(9e6, 2e6, 0.05e6, -111.0).least_gain_share == pytest.approx(-1e-7)


def test_search_leaves_a_ridge_where_it_stands() -> None:
    assert search([[1, 2], [1, 2]], lambda at: (1.0,) if at == (2, 2) else (0.0,) if at == (1, 1) else (-1.0,)) == ((1, 1), (0.0,))  # fmt: skip


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
    (withheld,) = warnings_of(replace(EXPOSED, withheld_with=("Council", 2030)))
    assert "withheld of gains in 2030 counts as kept by Council" in withheld


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

"""Who pays and who gains from one run to another: matrices that add up both ways, to the penny, for any budgets; and what compare prints."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.care_budgets.cost_shunting import ALL, COST
from capmodel.care_budgets.cost_shunting.change import change_of_budgets
from capmodel.cli import main
from capmodel.model import Place, Result

PARTIES, SETTINGS, YEARS = ("icb", "council", "trust"), ("hospital", "home"), (2026, 2027)
KEYS = st.tuples(
    st.sampled_from(("well", "frail")),
    st.sampled_from(SETTINGS),
    st.sampled_from(PARTIES),
    st.sampled_from(PARTIES),
    st.sampled_from(("2026", "2027")),
)
BUDGETS = st.dictionaries(KEYS, st.integers(0, 10**12).map(lambda pence: pence / 100), max_size=20)


@settings(max_examples=25)
@given(BUDGETS, BUDGETS)
def test_any_change_of_budgets_adds_up_both_ways_to_the_penny(
    before: dict[tuple[str, ...], float], after: dict[tuple[str, ...], float]
) -> None:
    matrix = change_of_budgets(before, after, PARTIES, SETTINGS, YEARS)
    for year in YEARS:
        frame = matrix.of_year(year)
        pence = (frame * 100).round().astype(int)
        # What one party gains in a setting another pays.
        assert (pence.loc[ALL] == 0).all()
        assert (pence.loc[list(PARTIES), list(SETTINGS)].sum(axis=1) == pence.loc[list(PARTIES), ALL]).all()
        for party in PARTIES:
            earned, paid = (
                sum(round(sign * 100 * gbp) for sign, run in ((1, after), (-1, before)) for key, gbp in run.items() if key[at] == party and key[4] == str(year))
                for at in (2, 3)
            )  # fmt: skip
            assert pence.loc[party, ALL] == earned - paid


def test_a_line_that_only_one_run_has_is_nothing_in_the_other() -> None:
    key = ("frail", "home", "trust", "council", "2027")
    matrix = change_of_budgets({}, {key: 12.34}, PARTIES, SETTINGS, YEARS)
    assert matrix.largest == 2027 and matrix.moves
    assert matrix.of_year(2027).loc["trust", "home"] == 12.34 and matrix.of_year(2027).loc["council", "home"] == -12.34
    assert not change_of_budgets({key: 5.0}, {key: 5.0}, PARTIES, SETTINGS, YEARS).moves


def test_runs_of_the_example_by_budgets_and_options(place: Place, result: Result) -> None:
    other = place.run(changes={"efficiency_share[2027]": 0.02, "prudence_share": 0.4}, chosen=result.choice)
    found = result.who_pays(other)
    assert list(found) == ["budgets", "in_year", "recurrent"]
    party = {name: column for name, column in ((name, (result.column("party_budget", name), other.column("party_budget", name))) for name in ("income_gbp", "contribution_gbp"))}  # fmt: skip
    for year in place.pack.years:
        frame = found["budgets"].of_year(year)
        assert np.abs(frame.loc[ALL]).max() < 0.005
        for name in (entry.id for entry in place.pack.dimensions["party"]):
            (income, income_after), (paid, paid_after) = party["income_gbp"], party["contribution_gbp"]
            key = (name, str(year))
            assert frame.loc[name, ALL] == pytest.approx(income_after[key] - income[key] - (paid_after[key] - paid[key]), abs=0.005)
        for way in ("in_year", "recurrent"):
            plan = found[way].of_year(year)
            moved = [run.column("system_effect", f"system_{way}_gbp")[(str(year),)] for run in (result, other)]
            assert plan.loc[ALL, ALL] == pytest.approx(moved[1] - moved[0], abs=0.005)
            assert plan[COST].abs().max() == 0.0


def test_compare_prints_who_pays_and_who_gains(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "north-west-london@base", "north-west-london@prudent"]) == 0
    printed = capsys.readouterr().out
    assert "Who pays and who gains by the options chosen, in year, 2030/31, £ (minus pays); --who-pays prints every year" in printed
    (row,) = [line.split() for line in printed.split("recurrently")[1].splitlines() if line.startswith("Councils")]
    assert row == ["Councils", "103,216.64", "0.00", "-10,944,463.04", "0.00", "0.00", "-10,841,246.40"]
    assert main(["compare", "north-west-london@base", "north-west-london@prudent", "--who-pays"]) == 0
    printed = capsys.readouterr().out
    assert "as provider and payer: nothing moves between the runs" in printed
    assert [f"in year, {year}/{year - 1999}, £" in printed for year in range(2026, 2031)] == [True] * 5


def test_a_place_without_budgets_and_options_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "torbay", "torbay", "--who-pays"]) == 2
    assert "the runs have neither Year of Care budgets nor options" in capsys.readouterr().err

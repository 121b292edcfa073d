"""A negotiation of the example: designs against the alternative, walk-away shares, warnings, and the command."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from benches import term

import capmodel
from capmodel.cli import main
from capmodel.commands.negotiate import _edge, _now
from capmodel.model import Place
from capmodel.uncertainty.designs import (
    worth_of,
)
from capmodel.uncertainty.grid import Value
from capmodel.uncertainty.negotiate import Bench, Negotiation, negotiate

from conftest import Case  # isort: skip

# ------------------------------------------------------------------------------------------------ a negotiation


@pytest.fixture(scope="module")
def negotiated(place: Place) -> Negotiation:
    terms = [term("gain_threshold_share+loss_threshold_share", "0", "0.005"), term("band_party_share[loss,*,council]", "x0", "x1", "0.9")]
    return negotiate(place, terms, draws=2000)


def test_designs_are_judged_against_the_alternative(negotiated: Negotiation) -> None:
    assert len(negotiated.designs) == 4 and negotiated.impossible == 2
    for design in negotiated.designs:
        assert design.no_worse_off == bool((design.gain >= -1).all())
    least = [design.least_gain_share for design in negotiated.no_worse_off]
    assert least == sorted(least, reverse=True) and len(least) > 1
    same = next(design for design in negotiated.designs if dict(design.terms) == {"gain_threshold_share+loss_threshold_share": "0.005", "band_party_share[loss,*,council]": "x1"})  # fmt: skip
    assert (same.worth.mean == negotiated.present.worth.mean).all()


def test_the_design_whose_least_gainer_gains_most_is_efficient(negotiated: Negotiation) -> None:
    every = [negotiated.present, *negotiated.designs]
    assert max(every, key=lambda design: design.least_gain_share).efficient
    assert max(every, key=lambda design: float(design.worth.shortfall.sum())).efficient
    assert all(design.undominated for design in every)


def test_means_of_all_parties_are_the_same_under_every_design(negotiated: Negotiation) -> None:
    """A contract shares a variance and makes none."""
    whole = float(negotiated.present.worth.mean.sum())
    assert all(float(design.worth.mean.sum()) == pytest.approx(whole, abs=5.0) for design in negotiated.designs)


@pytest.fixture(scope="module")
def against_present(place: Place) -> Negotiation:
    return negotiate(place, [term("gain_threshold_share", "0.005")], draws=3000, against="present")


#: What a finance lead found by running flat shares one by one, 20,000 draws; the shares that were printed then were far off.
FOUND_BY_HAND = {
    ("pharmacies", "gain"): 0.0089,
    ("gp_federations", "gain"): 0.071,
    ("gp_federations", "loss"): 0.058,
    ("community_trust", "loss"): 0.077,
    ("acute_trusts", "loss"): 0.215,
    ("nhs_commissioner", "loss"): 0.448,
}


def test_walk_away_shares_are_those_found_by_settling_share_after_share(against_present: Negotiation) -> None:
    found = {(each.party, each.side): each.walk_away_share for each in against_present.walk_aways}
    for key, share in FOUND_BY_HAND.items():
        assert found[key] == pytest.approx(share, abs=max(0.0005, 0.03 * share)), key


def test_settled_at_its_walk_away_share_a_party_is_as_well_off_and_just_beyond_it_is_worse_off(against_present: Negotiation, bench: Bench) -> None:  # fmt: skip
    """By names and values, as with --vary, every draw settled by the rules; by a way of its own for the party that takes the rest."""
    parties = list(bench.ready.parties)
    for away in against_present.walk_aways:
        at, share, further = parties.index(away.party), away.walk_away_share, -0.001 if away.side == "gain" else 0.001
        if away.party == bench.rest:
            continue
        assert share is not None
        gains = []
        for tried in (share, share + further):
            changes = bench.book.changes([term(f"band_party_share[{away.side},*,{away.party}]", "1")], [Value(tried)])
            assert changes is not None
            settled = worth_of(bench.payoffs.paid(bench.contract(changes), exact=True).positions, bench.risk_price)
            gains.append(float(settled.value[at] - against_present.present.worth.value[at]))
        slope = abs(gains[0] - gains[1]) / 0.001
        assert -2 <= gains[0] <= 2e-5 * slope + 2, away
        assert gains[1] < -100, away


def test_a_flat_22_per_cent_of_losses_is_never_better_than_22_and_then_12(against_present: Negotiation) -> None:
    trusts = next(each for each in against_present.walk_aways if (each.party, each.side) == ("acute_trusts", "loss"))
    assert trusts.walk_away_share is not None and 0.12 < trusts.walk_away_share < 0.22


def test_who_takes_the_rest_is_nothing_to_a_party_that_takes_nothing_of_others(small: Case) -> None:
    """The commissioner and the fund take what others' caps leave, so for them it is something."""
    terms = [term("gain_threshold_share", "0.005")]
    own, others = (negotiate(small.place, terms, draws=300, against="present", rest=rest).walk_aways for rest in ("", "pharmacies"))
    assert len(own) > 12
    for one, two in zip(own, others, strict=True):
        if one.party not in ("nhs_commissioner", "reinvestment_fund"):
            assert one.walk_away_share == pytest.approx(two.walk_away_share, abs=2e-5), one


def rewritten(folder: Path, **terms: object) -> Place:
    contract = folder / "contract.yaml"
    contract.write_text(yaml.safe_dump({**yaml.safe_load(contract.read_text(encoding="utf-8")), **terms}), encoding="utf-8")
    return capmodel.load(folder)


GAINS = {"nhs_commissioner": 0.4, "acute_trusts": 0.3, "pharmacies": 0.01, "gp_federations": 0.09, "reinvestment_fund": 0.2}
LOSSES = {"nhs_commissioner": 0.6, "acute_trusts": 0.3, "gp_federations": 0.1}


def one_band(shares: dict[str, float]) -> list[dict[str, object]]:
    return [{"from": 0, "to": None, "shares": shares}]


def test_with_a_single_band_the_present_share_is_where_a_party_walks_away_to_the_present_contract(small_broken: Path) -> None:
    found = negotiate(
        rewritten(small_broken, bands={"gain": one_band(GAINS), "loss": one_band(LOSSES)}),
        [term("gain_threshold_share", "0.005")],
        draws=1000,
        against="present",
    )
    assert {each.party for each in found.walk_aways if each.side == "loss"} == set(LOSSES)
    for each in found.walk_aways:
        share = (GAINS if each.side == "gain" else LOSSES).get(each.party, 0.0)
        assert each.present_shares == (share,) and each.walk_away_share == pytest.approx(share, abs=2e-5), each


def test_what_a_distribution_key_gives_is_part_of_a_share(small_broken: Path) -> None:
    key = {"among": ["acute_trusts", "gp_federations"], "parts": [{"share": 1, "by": ["merit"]}], "weights": {"merit": {"acute_trusts": 3, "gp_federations": 1}}}  # fmt: skip
    gains = {"nhs_commissioner": 0.4, "reinvestment_fund": 0.19, "pharmacies": 0.01, "providers": 0.4}
    found = negotiate(
        rewritten(small_broken, bands={"gain": one_band(gains), "loss": one_band(LOSSES)}, distribution=key),
        [term("gain_threshold_share", "0.005")],
        draws=1000,
        against="present",
    )
    away = {(each.party, each.side): each for each in found.walk_aways}
    for party, share in {"acute_trusts": 0.3, "gp_federations": 0.1, "nhs_commissioner": 0.4}.items():
        each = away[party, "gain"]
        assert each.present_shares == (pytest.approx(share),) and each.walk_away_share == pytest.approx(share, abs=2e-5)


def test_a_share_now_is_distinguished_from_its_least_band_to_its_largest(against_present: Negotiation) -> None:
    away = {(each.party, each.side): each for each in against_present.walk_aways}
    assert _now(away["nhs_commissioner", "gain"]) == "28.0% to 38.0%" and _now(away["pharmacies", "gain"]) == "0.5% to 1.0%"
    one = replace(away["pharmacies", "gain"], present_shares=(0.01,), walk_away_share=0.00893)
    assert (_now(one), _edge(one), _edge(replace(one, side="loss"))) == ("1.0%", "below 0.89%", "above 0.89%")
    assert _edge(replace(one, walk_away_share=0.0)) == _edge(replace(one, side="loss", walk_away_share=1.0)) == "no walk-away share"
    assert _edge(replace(one, walk_away_share=None)) == "at any share"


def test_what_is_withheld_in_the_last_year_is_reported(broken: Path) -> None:
    place = rewritten(broken, withhold={"share": 0.1, "released": "next_year"})
    found = negotiate(place, [term("withhold_share", "0", "0.1")], draws=300, walk_aways=False)
    message = ["withheld of gains in 2030 counts as kept by NHS commissioner" in " ".join(design.warnings) for design in found.designs]
    assert message == [False, True]


def test_who_is_worse_off_than_under_the_present_contract(negotiated: Negotiation) -> None:
    best = negotiated.no_worse_off[0]
    worse = negotiated.worse_than_now(best)
    assert negotiated.worse_than_now(negotiated.present) == {} and list(worse) == ["nhs_commissioner"]
    assert worse["nhs_commissioner"] == pytest.approx(negotiated.present.gain[0] - best.gain[0])


def test_against_the_present_contract_it_is_no_worse_than_itself(place: Place) -> None:
    found = negotiate(place, [term("gain_threshold_share", "0.005", "0.05")], draws=500, against="present", walk_aways=False)
    assert found.present.no_worse_off and float(np.abs(found.present.gain).max()) == 0.0
    assert found.designs[0].no_worse_off and not found.designs[1].no_worse_off


def test_without_a_contract_nothing_more_is_saved_so_sharing_alone_makes_somebody_worse_off(place: Place) -> None:
    found = negotiate(place, [term("gain_threshold_share", "0", "0.005")], draws=500, saved_without=1.0, risk_price=0.0, walk_aways=False)
    assert not found.no_worse_off


def test_a_search_finds_the_best_of_a_small_grid(place: Place) -> None:
    terms = [term("gain_threshold_share", "0", "0.005", "0.01"), term("loss_threshold_share", "0", "0.005", "0.01")]
    grid, searched = (negotiate(place, terms, draws=500, by_search=by, walk_aways=False) for by in (False, True))
    best = max(design.rank for design in grid.designs)
    assert max(design.rank for design in searched.designs) == pytest.approx(best)


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


def test_negotiate_writes_every_design_and_the_same_bytes_again(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("a", "b"):
        assert main(["negotiate", str(small.folder), *VARY, "--draws", "500", "--out", str(tmp_path / folder)]) == 0
    message = capsys.readouterr().out
    assert "4 designs" in message and "Walk-away shares" in message and "WARNING" in message and "Present contract" in message
    one, two = (tmp_path / folder / "small-place-designs.csv" for folder in ("a", "b"))
    assert one.read_bytes() == two.read_bytes()
    with one.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["design"] for row in rows] == ["present", "1", "2", "3", "4"]
    assert rows[1]["gain_threshold_share+loss_threshold_share"] == "0" and rows[1]["exact"] == "0"
    assert {row["no_worse_off"] for row in rows} == {"0", "1"} and "acceptable" not in rows[1]
    for row in rows:
        assert (float(row["least_gain_share"]) >= 0) == (row["no_worse_off"] == "1") and row["least_gainer"] in str(list(row))
    message = " ".join(message.split())
    assert "worse off than under the present contract: NHS commissioner by £" in message and "3 are efficient" in message


def test_negotiate_reads_a_grid_from_a_file(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text("vary:\n  gain_threshold_share: [0, 0.005]\n  cap_gbp[*,loss]: [x0.5, x1]\nrest: council\nagainst: present\nrisk_price: 0.1\n", encoding="utf-8")  # fmt: skip
    assert main(["negotiate", str(small.folder), "--grid", str(grid), "--draws", "300", "--search", "--sobol", "--out", str(tmp_path)]) == 0
    message = " ".join(capsys.readouterr().out.split())
    assert "against the present contract" in message and "1 leaves every party" in message
    assert "nobody is worse off than under the present contract" in message


def test_negotiate_fails_where_no_design_will_do(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--vary", "gain_threshold_share=0.005", "--saved-without", "1", "--risk-price", "0", "--draws", "300"]
    assert main(["negotiate", str(small.folder), *arguments, "--out", str(tmp_path)]) == 1
    message = capsys.readouterr().out
    assert "no design leaves every party no worse off" in message and "1 design, 0 more cannot be; 0 leave every party" in message
    assert "1 is efficient" in message


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
def test_negotiate_refuses_what_cannot_be(
    small: Case, arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["negotiate", str(small.folder), *arguments, "--draws", "200", "--out", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert words in message and "Nothing was written" in message and not list(tmp_path.iterdir())


def test_a_faulty_grid_is_refused_with_its_line(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text("vary:\n  gain_threshold_share: [0, much]\nagainst: nobody\n", encoding="utf-8")
    assert main(["negotiate", str(small.folder), "--grid", str(grid)]) == 2
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

"""Many draws at once: both plans over draws give what the engine gives, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import capmodel
from capmodel.algebra.evaluate import Values
from capmodel.algebra.expression import CALCULATE
from capmodel.algebra.fuse import Live, fuse, simplified
from capmodel.algebra.stream import Moved, plan
from capmodel.model import Place
from capmodel.uncertainty.shocks import VARIANCE
from capmodel.uncertainty.simulate import POSITION, SHARE, Setting, make_ready

STREAMS = {
    "as it is": {},
    "a cliff": {"first_pound_flag": 1.0, "below_threshold_share": 0.5},
    "outcomes by multiplier": {"outcome_multiplies_flag": 1.0, "loss_by_outcome_flag": 1.0, "deduction_share": 0.02},
    "held by providers": {"held_by_provider_flag": 1.0, "excluded_shock_gbp": -1_000_000.0},
    "late data": {"actual_completion_index": 1.01, "target_efficiency_share": 0.01},
}


def whole_chain(ready: Setting, shocks: dict[Moved, np.ndarray]) -> Values:
    inputs = ready.central.inputs
    moved = replace(
        inputs,
        given={**inputs.given, **{name: figures for name, figures in shocks.items() if isinstance(name, tuple)}},
        assumptions={**inputs.assumptions, **{name: figures for name, figures in shocks.items() if isinstance(name, str)}},
    )
    return ready.settled(moved)


@pytest.mark.parametrize("changes", STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("scenario", ["base", "prudent"])
def test_streams_give_what_the_engine_gives_to_the_last_bit(place: Place, scenario: str, changes: dict[str, float]) -> None:
    ready = make_ready(place, scenario, changes, 300, 3, False)
    block = next(ready.shocks.draws.blocks())
    shocks = {name: figures[:40] for name, figures in ready.shocks.of(block).items()}
    wanted = [POSITION, SHARE, VARIANCE, ("party_step", "after_gbp"), ("pool", "check_shares_gbp"), ("pool", "pool_target_gbp")]
    stream = plan(place.chain.tables, ready.central, list(shocks), wanted)
    whole = whole_chain(ready, shocks)
    for found in (stream.run(shocks), fuse(stream).run(shocks)):
        for node in wanted:
            assert (found[node] == np.broadcast_to(whole.figure(node), found[node].shape)).all(), node
    assert not {"care_budget", "segment_budget"} & {table for table, _ in stream.lines}
    assert fuse(stream).size < 0.7 * stream.rows


def test_streams_agree_where_money_is_carried_and_shared_again(broken: Path) -> None:
    contract = broken / "contract.yaml"
    text = contract.read_text(encoding="utf-8").replace(
        "side: loss, amount_gbp: 12000000,", "side: loss, amount_gbp: 2000000, carry_forward: true,"
    )
    contract.write_text(
        text.replace(
            "share_of_target: 0.005, share_of_income: 0.01, residual_to: reinvestment_fund", "share_of_target: 0.0005, residual_to: others"
        ),
        encoding="utf-8",
    )
    place = capmodel.load(broken)
    assert "others" in contract.read_text(encoding="utf-8") and place.rows["bank"].lines and place.rows["spread"].lines
    ready = make_ready(place, "prudent", {}, 300, 3, False)
    shocks = {name: figures[:40] for name, figures in ready.shocks.of(next(ready.shocks.draws.blocks())).items()}
    stream = plan(place.chain.tables, ready.central, list(shocks), [POSITION, ("bank", "closing_gbp"), ("settlement", "respread_gbp")])
    whole = whole_chain(ready, shocks)
    for found in (stream.run(shocks), fuse(stream).run(shocks)):
        for node, figures in found.items():
            assert (figures == whole.figure(node)).all() and figures.any(), node


LEAVES = [Live(0), Live(1), 0.0, 1.0, -2.5]


@given(st.sampled_from(["add", "subtract", "multiply", "divide", "maximum", "minimum", "where"]), st.tuples(*[st.integers(0, 4)] * 3))
def test_what_is_left_out_changes_nothing(operation: str, picked: tuple[int, int, int]) -> None:
    figures = {0: np.array([3.25, -7.5, 0.1]), 1: np.array([-0.3, 2.0, 5.5])}
    parts = [LEAVES[i] for i in picked[: 3 if operation == "where" else 2]]
    if operation == "where":
        parts[0] = float(picked[0] > 2)
    if operation == "divide" and parts[1] == 0.0:
        return

    def worked(term: object) -> np.ndarray:
        if isinstance(term, Live):
            return figures[term.number]
        if isinstance(term, tuple):
            return np.asarray(CALCULATE[term[0]](*(worked(part) for part in term[1:])))
        return np.full(3, term)

    assert (worked(simplified(operation, parts)) == worked((operation, *parts))).all()


def test_draws_that_move_nothing_are_the_central_case(place: Place) -> None:
    ready = make_ready(place, "base", {}, 200, 1, False)
    still = {name: np.repeat((ready.central.assumed(name) if isinstance(name, str) else ready.central.figure(name))[None], 3, axis=0) for name in ready.shocks.moved}  # fmt: skip
    found = ready.stream([POSITION]).run(still)[POSITION]
    assert (found == ready.central.figure(POSITION)).all()

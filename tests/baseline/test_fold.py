"""Adding people up at the edges: exact percentiles, totals of more than 31 bits, many groups, and sums that cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.baseline.persons.extract.column_map import Route
from capmodel.baseline.persons.schemes.scheme import Scheme, Segment, When
from capmodel.baseline.persons.sums.fold import Block, Fold
from capmodel.baseline.persons.sums.ranks import percentiles, rank
from capmodel.errors import BadInput


def test_rank_of_a_share_is_worked_out_without_rounding() -> None:
    assert [rank(share, 100) for share in (0.5, 0.9, 0.95, 0.99, 1 - 0.005)] == [49, 89, 94, 98, 99]
    # 0.29 * 100 is 28.999999999999996 in doubles.
    assert rank(0.29, 100) == 28
    assert rank(0.07, 100) == 6
    assert rank(0.99, 1) == 0


@settings(derandomize=True, max_examples=200)
@given(
    amounts=st.lists(
        st.one_of(st.integers(0, 5), st.integers(0, 10**6), st.integers(0, 2**43 - 2), st.sampled_from([2**31, 2**42, 2**42 + 1])),
        min_size=1,
        max_size=80,
    ),
    groups=st.lists(st.integers(0, 3), min_size=1, max_size=7),
    size=st.integers(1, 80),
)
def test_percentiles_are_those_of_the_sorted_amounts(amounts: list[int], groups: list[int], size: int) -> None:
    # Groups 0 and 3 are one pool; the last group may have nobody.
    pool_of, shares = np.array([1, 0, 2, 1]), (0.5, 0.9, 0.99)
    of, values = np.resize(groups, len(amounts)).astype(np.uint16), np.array(amounts)
    blocks = [(of[at : at + size], values[at : at + size]) for at in range(0, len(amounts), size)]
    found = percentiles(blocks, pool_of, shares)
    for pool in range(3):
        held = sorted(values[pool_of[of] == pool].tolist())
        if held:
            assert found[pool] == (len(held), [held[rank(share, len(held))] for share in shares])
        else:
            assert pool not in found


def fold_of(groups: list[int], pence: list[int]) -> Fold:
    """People of one segment by place and what each spent, folded."""
    scheme = Scheme("all", "t", "s", "", (Segment("all", "x", When()),), ())
    fold = Fold(scheme, [Route("acute", "trust", "nhs")])
    homes = fold.homes(2024, [f"p{i}" for i in range(max(groups) + 1)])[groups]
    ones = np.ones(len(groups), dtype=np.uint8)
    fold.add(Block(homes, ones * 0, ones, [(np.array(pence), None)], []))
    return fold


@pytest.mark.parametrize("total", [2**31 - 1, 2**31, 2**31 + 1, 2**42])
def test_a_total_at_the_edge_of_31_bits_is_kept_whole(total: int) -> None:
    message = fold_of([0, 0, 0], [total, 1, 5]).result(0.99)
    assert message.spread["truncation_pence"].tolist() == [total]
    assert message.people["cost_squared"].tolist() == [total**2 + 26]


def test_more_groups_than_16_bits_number() -> None:
    groups = list(range(65_537))
    message = fold_of(groups, groups).result(0.99)
    spent = [int(place.removeprefix("p")) for place in message.people["locality"]]
    assert message.people["cost_pence"].tolist() == spent
    assert message.people["truncated_pence"].tolist() == [min(pence, rank(0.99, len(groups))) for pence in spent]


def test_what_lies_above_the_truncation_point_is_exact_beyond_what_doubles_hold() -> None:
    # 4,097 people at 2^42 less a penny are some 2^54 pence.
    most = 2**42 - 1
    message = fold_of([0] * 9_000, [0] * 4_903 + [most] * 4_097).result(0.5)
    assert message.people["truncated_pence"].tolist() == [0]
    assert message.people["pooled_pence"].tolist() == [4_097 * most]


@pytest.mark.parametrize("pence", [[5, -1], [2**43], [2**42] * (2**21 + 1)], ids=["less than zero", "a person's", "all together"])
def test_what_cannot_be_added_up_exactly_is_refused(pence: list[int]) -> None:
    with pytest.raises(BadInput, match="so much that it cannot be added up"):
        fold_of([0] * len(pence), pence)

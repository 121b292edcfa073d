"""Additive scores of many people at once: conditions as bits of a mask, looked up in tables a block of bits at a time.

Hierarchies and whatever else is decided within a block of bits are worked out once for each pattern of the block. An entry of a
table holds the score, the number of conditions that are left, and a bit for each requirement of a combination that reaches over
blocks; entries are whole numbers and are added, so that the score is exact and the same in any order and any chunk. Here a
set of weights is made ready; people are put through it in `people`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capmodel.capitation.score_models.read import OLDEST, ScoreModel, Weights
from capmodel.errors import BadInput, Problem

Array = NDArray[Any]
#: Bits of a block, so that a table has 65,536 entries at most, and of the index of combinations over blocks.
BLOCK_BITS, CROSS_BITS = 16, 20
#: Where the fields of an entry begin: score in millionths below, the number of conditions, requirements met.
COUNT_AT, MET_AT, COUNT_MOST = 32, 40, 255
#: In place of a weight where a set has no band for an age and sex; far below any score.
NOBODY = -(10**12)


@dataclass(frozen=True)
class Block:
    """Some bits of the mask and what each pattern of them is worth. `runs` say which bits: word, first bit, mask, position in the index."""

    conditions: tuple[str, ...]
    runs: tuple[tuple[int, int, int, int], ...]
    table: Array


@dataclass(frozen=True)
class Compiled:
    """A set of weights made ready: `bit` is the position of each condition in the mask, which has `words` columns of 64 bits.

    `across` is the worth of requirements met over blocks, `of_count` that of a number of conditions; each empty where there is none.
    `demographic` is by condition-flags of `factors`, sex and age.
    """

    model: ScoreModel
    weights: Weights
    bit: Mapping[str, int]
    blocks: tuple[Block, ...]
    across: Array
    of_count: Array
    factors: tuple[str, ...]
    demographic: Array

    @property
    def words(self) -> int:
        """How many columns of 64 bits a mask has."""
        return max(self.bit.values(), default=0) // 64 + 1


# ------------------------------------------------------------------ making ready


def own_bits(model: ScoreModel, set_name: str | None = None) -> dict[str, int]:
    """A position in the mask for each condition of a model, so that whatever is decided together lies together.

    >>> from capmodel.capitation.score_models.read import read_model
    >>> bit = own_bits(read_model("cms_hcc_v24"), "community_nondual_aged")
    >>> {bit[name] // 16 for name in ("hcc85", "hcc17", "hcc111", "hcc134", "hcc82", "hcc96")}
    {0}
    """
    weights = model.weights(set_name)
    parts = _components(model, weights, joined=True)
    pieces = [piece for part in parts for piece in ([part] if len(part) <= BLOCK_BITS else _components(model, weights, False, part))]
    return {name: 16 * i + position for i, names in enumerate(_packed(pieces)) for position, name in enumerate(names)}


def ready(model: ScoreModel, set_name: str | None = None, bit: Mapping[str, int] | None = None) -> Compiled:
    """Make a set of weights ready for masks whose bits are laid out in a given way.

    Args:
        model: the score model.
        set_name: which set of weights; the only one where left out.
        bit: the position of each condition in the mask, as `ColumnMap.bit` gives it; `own_bits` where left out.

    Raises:
        BadInput: a condition that has weight and no position, or more than can be worked out by tables.
    """
    weights = model.weights(set_name)
    used = _used(model, weights)
    position = dict(own_bits(model, set_name) if bit is None else bit)
    missing = [name for name in used if name not in position]
    if missing:
        what = f"{', '.join(missing)} {'has' if len(missing) == 1 else 'have'} no bit in the mask"
        raise BadInput([Problem(f"score model {model.name}", what, "absence would be read as health", "Map them, or use another model")])
    families = _components(model, weights, joined=False, only=used)
    windows: dict[int, list[str]] = {}
    for name in used:
        windows.setdefault(position[name] // BLOCK_BITS, []).append(name)
    whole = all(len({position[name] // BLOCK_BITS for name in family}) == 1 for family in families)
    grouped = list(windows.values()) if whole else _packed(sorted(families, key=lambda family: min(position[name] for name in family)))
    blocks = [sorted(names, key=position.__getitem__) for names in grouped]
    reaching = {
        name: model.combinations[name]
        for name in weights.combinations
        if not any({one for part in model.combinations[name] for one in part} <= set(names) for names in blocks)
    }
    bits, met = _requirements(model, reaching, blocks)
    of_count = np.array([weights.of_count(number) for number in range(COUNT_MOST + 1)] if weights.counts else [], dtype=np.int64)
    factors = tuple(dict.fromkeys(band.condition for band in weights.factors if band.condition))
    return Compiled(
        model,
        weights,
        position,
        tuple(
            Block(tuple(names), tuple(_runs([position[name] for name in names])), _table(model, weights, names, reaching, bits[i]))
            for i, names in enumerate(blocks)
        ),
        _across(weights, reaching, met, sum(map(len, bits))),
        of_count,
        factors,
        _demographic(weights, factors),
    )


def _used(model: ScoreModel, weights: Weights) -> list[str]:
    """The conditions that can change the score, and those that can put them out."""
    used = {name for name, weight in weights.conditions.items() if weight} | {band.condition for band in weights.factors if band.condition}
    used |= {one for name in weights.combinations for part in model.combinations[name] for one in part}
    used |= set(model.counted) if weights.counts else set()
    used |= {name for name, lower in model.hierarchies.items() if used & set(lower)}
    return [name for name in model.conditions if name in used]


def _components(model: ScoreModel, weights: Weights, joined: bool, only: Sequence[str] | None = None) -> list[list[str]]:
    """Conditions that hierarchies tie together, and with `joined` combinations too; the largest first."""
    names = list(only if only is not None else model.conditions)
    root = {name: name for name in names}

    def find(name: str) -> str:
        while root[name] != name:
            name = root[name]
        return name

    ties = [[name, *lower] for name, lower in model.hierarchies.items()]
    ties += [list(itertools.chain(*model.combinations[name])) for name in weights.combinations] if joined else []
    for tie in ties:
        known = [name for name in tie if name in root]
        for name in known[1:]:
            root[find(name)] = find(known[0])
    parts: dict[str, list[str]] = {}
    for name in names:
        parts.setdefault(find(name), []).append(name)
    return sorted(parts.values(), key=len, reverse=True) if joined else list(parts.values())


def _packed(pieces: Iterable[list[str]]) -> list[list[str]]:
    """Pieces put into as few blocks as the first that has room gives."""
    blocks: list[list[str]] = []
    for piece in pieces:
        if len(piece) > BLOCK_BITS:
            what = f"{len(piece)} conditions trump one another"
            raise BadInput([Problem("score model", what, f"at most {BLOCK_BITS} are decided together", "Part the hierarchy")])
        room = next((block for block in blocks if len(block) + len(piece) <= BLOCK_BITS), None)
        if room is None:
            blocks.append(list(piece))
        else:
            room.extend(piece)
    return blocks


def _runs(positions: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """Stretches of bits that lie together, within a word, in the order of the positions."""
    runs: list[tuple[int, int, int, int]] = []
    start = 0
    for i in range(1, len(positions) + 1):
        if i == len(positions) or positions[i] != positions[i - 1] + 1 or positions[i] % 64 == 0:
            length = i - start
            runs.append((positions[start] // 64, positions[start] % 64, (1 << length) - 1, start))
            start = i
    return runs


def _requirements(
    model: ScoreModel, reaching: Mapping[str, tuple[tuple[str, ...], ...]], blocks: Sequence[Sequence[str]]
) -> tuple[list[dict[tuple[str, ...], int]], dict[tuple[str, ...], int]]:
    """For each block the bit of each requirement that it can meet, and for each requirement the bits that say it is met."""
    bits: list[dict[tuple[str, ...], int]] = [{} for _ in blocks]
    met: dict[tuple[str, ...], int] = {}
    number = 0
    for requirement in dict.fromkeys(part for parts in reaching.values() for part in parts):
        for i, names in enumerate(blocks):
            if set(names) & set(requirement):
                bits[i][requirement] = number
                met[requirement] = met.get(requirement, 0) | 1 << number
                number += 1
    if number > CROSS_BITS or len(model.counted) > COUNT_MOST:
        what = f"its combinations reach over {number} parts of the mask"
        raise BadInput([Problem(f"score model {model.name}", what, f"{CROSS_BITS} are distinguished", "Use own_bits, or split the model")])
    return bits, met


def _table(
    model: ScoreModel,
    weights: Weights,
    names: Sequence[str],
    reaching: Mapping[str, Any],
    bits: Mapping[tuple[str, ...], int],
) -> Array:
    """What each pattern of a block's bits is worth."""
    patterns = np.arange(1 << len(names), dtype=np.int64)
    recorded = {name: (patterns >> i & 1).astype(bool) for i, name in enumerate(names)}
    left = dict(recorded)
    for name, lower in model.hierarchies.items():
        for one in lower:
            if name in recorded and one in left:
                left[one] = left[one] & ~recorded[name]
    entry = np.zeros(len(patterns), dtype=np.int64)
    for name in names:
        worth = weights.conditions.get(name, 0) + ((1 << COUNT_AT) if weights.counts and name in model.counted else 0)
        entry += left[name] * np.int64(worth)
    for name, weight in weights.combinations.items():
        if name not in reaching and {one for part in model.combinations[name] for one in part} <= set(names):
            entry += _all(left, model.combinations[name]) * np.int64(weight)
    for requirement, number in bits.items():
        entry += _all(left, [tuple(one for one in requirement if one in left)]) * np.int64(1 << MET_AT + number)
    return entry


def _all(left: Mapping[str, Array], requirements: Iterable[Sequence[str]]) -> Array:
    met: Array = np.logical_and.reduce([np.logical_or.reduce([left[name] for name in requirement]) for requirement in requirements])
    return met


def _across(weights: Weights, reaching: Mapping[str, Sequence[tuple[str, ...]]], met: Mapping[tuple[str, ...], int], bits: int) -> Array:
    if not reaching:
        return np.zeros(0, dtype=np.int64)
    patterns = np.arange(1 << bits, dtype=np.int64)
    worth = np.zeros(len(patterns), dtype=np.int64)
    for name, requirements in reaching.items():
        worth += np.logical_and.reduce([(patterns & met[part]) != 0 for part in requirements]) * np.int64(weights.combinations[name])
    return worth


def _demographic(weights: Weights, factors: Sequence[str]) -> Array:
    """The weight of every age and sex, for every pattern of the conditions that some factor asks for."""
    if not weights.age_sex and not weights.factors:
        return np.zeros(0, dtype=np.int64)
    table = np.zeros((1 << len(factors), 2, OLDEST + 1), dtype=np.int64)
    if weights.age_sex:
        table[:] = NOBODY
        for band in weights.age_sex:
            table[:, _sexes(band.sex), band.first : band.last + 1] = band.weight
    for band in weights.factors:
        at = factors.index(str(band.condition))
        flags = np.array([pattern >> at & 1 for pattern in range(1 << len(factors))], dtype=bool)
        table[np.ix_(flags, np.arange(2)[_sexes(band.sex)], np.arange(band.first, band.last + 1))] += band.weight
    return table.reshape(-1)


def _sexes(sex: str | None) -> slice:
    return slice(None) if sex is None else slice("FM".index(sex), "FM".index(sex) + 1)

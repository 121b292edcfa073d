"""Scores of many people at once: their conditions as bits of a mask, put through the tables of a score model chunk by chunk.

Compiled loops (numba, of the extra `persons`) are used where they are installed, numpy otherwise; both give the same to the last
bit, on any number of threads. What a pattern of conditions is worth is decided in `tables`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.capitation.score_models.read import MILLION, OLDEST
from capmodel.capitation.score_models.tables import COUNT_AT, COUNT_MOST, MET_AT, NOBODY, Array, Compiled
from capmodel.errors import BadInput, CapmodelError, Problem

#: People of a chunk: what is worked on stays in the processor's memory.
CHUNK = 1 << 16
#: The loops of one chunk: a set made ready, masks, what age and sex are worth, and where scores go.
Work = Callable[[Compiled, Array, Array | None, Floats], None]


def pack(flags: Mapping[str, Array], bit: Mapping[str, int], threads: int | None = None) -> Array:
    """Masks from a column of yes or no for each condition: one number a person, or a row of them beyond 64 bits.

    >>> pack({"a": np.array([True, False]), "b": np.array([True, True])}, {"a": 0, "b": 1}).tolist()
    [3, 2]
    """
    strange = [name for name in flags if name not in bit]
    if strange or not flags:
        what = f"{', '.join(strange)} {'has' if len(strange) == 1 else 'have'} no bit" if strange else "there are no columns"
        raise BadInput([Problem("conditions", what, "they would be lost", "Give each a position in the mask")])
    people, highest = len(next(iter(flags.values()))), max(bit.values())
    kind = next(kind for bits, kind in ((8, np.uint8), (16, np.uint16), (32, np.uint32), (highest + 1, np.uint64)) if highest < bits)
    masks = np.zeros((people, highest // 64 + 1), dtype=kind)
    # The columns of each byte of the mask, the highest bit first; None where nobody has the bit.
    at = {position: name for name, position in bit.items() if name in flags}
    bytes_of = [[at.get(position) for position in range(low + 7, low - 1, -1)] for low in range(0, highest + 1, 8)]

    def part(start: int) -> None:
        # Bytes are built eight columns at a time, doubling as they go, since whole bytes are what processors add fastest.
        block = slice(start, start + CHUNK)
        rows = masks[block].view(np.uint8)
        byte = np.empty(len(rows), dtype=np.uint8)
        for position, names in enumerate(bytes_of):
            if not any(names):
                continue
            byte[:] = 0
            for name in names:
                np.add(byte, byte, out=byte)
                if name is not None:
                    np.bitwise_or(byte, np.ascontiguousarray(flags[name][block], dtype=bool).view(np.uint8), out=byte)
            rows[:, position if sys.byteorder == "little" else _swapped(position, rows.shape[1])] = byte

    _in_chunks(people, threads, part)
    return masks if masks.shape[1] > 1 else masks[:, 0]


def _swapped(position: int, width: int) -> int:
    word = min(width, 8)
    return position // word * word + word - 1 - position % word


def _in_chunks(people: int, threads: int | None, part: Callable[[int], None]) -> None:
    """Do a part for the first row of every chunk, on some threads."""
    starts = range(0, people, CHUNK)
    workers = min(threads or os.cpu_count() or 1, max(1, len(starts)))
    if workers == 1:
        for start in starts:
            part(start)
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(part, starts))


def score_people(
    compiled: Compiled, mask: Array, age: Array | None = None, sex: Array | None = None, threads: int | None = None, loops: str = "auto"
) -> Floats:
    """The score of each person, in points over the set's divisor.

    Args:
        compiled: a set of weights made ready for these masks.
        mask: one unsigned number a person, or a row of 64-bit words.
        age: whole years, where the set has bands or factors.
        sex: 0 for F, 1 for M, the same.
        threads: how many chunks are worked out at once; as many as there are processors where left out.
        loops: `compiled`, `numpy`, or `auto` for the faster that is installed.

    Raises:
        BadInput: masks that are too narrow, ages or sexes that cannot be, or somebody in no band of the set.

    >>> from capmodel.capitation.score_models.read import read_model
    >>> from capmodel.capitation.score_models.tables import ready
    >>> made = ready(read_model("cambridge_multimorbidity"))
    >>> mask = sum(1 << made.bit[name] for name in ("hypertension", "diabetes", "copd", "heart_failure"))
    >>> score_people(made, np.array([mask, 0], dtype=np.uint32)).tolist()
    [3.47, 0.0]
    """
    _check(compiled, mask, age, sex)
    wide = mask[:, None] if mask.ndim == 1 else mask
    out = np.empty(len(wide))
    work = _numpy if loops == "numpy" or (loops == "auto" and importlib.util.find_spec("numba") is None) else _kernels()

    def part(start: int) -> None:
        block = slice(start, start + CHUNK)
        base = _base(compiled, wide[block], age, sex, block) if len(compiled.demographic) else None
        work(compiled, wide[block], base, out[block])

    _in_chunks(len(wide), threads, part)
    if compiled.weights.age_sex and len(out) and out.min() < NOBODY / 2 / MILLION / compiled.weights.divide_by:
        lost = np.flatnonzero(out < NOBODY / 2 / MILLION / compiled.weights.divide_by)
        what = f"{len(lost)} people are in no band of {compiled.weights.name}, the first in row {lost[0] + 1}"
        raise BadInput(
            [Problem(f"score model {compiled.model.name}", what, "they have no score", "Score them with the set that is theirs")]
        )
    return out


def _check(compiled: Compiled, mask: Array, age: Array | None, sex: Array | None) -> None:
    where, problems = f"score model {compiled.model.name}", []
    width = mask.dtype.itemsize * 8 * (mask.shape[1] if mask.ndim == 2 else 1)
    used = {run[0] * 64 + run[1] + int(run[2]).bit_length() for block in compiled.blocks for run in block.runs}
    if mask.dtype.kind != "u" or mask.ndim > 2 or (mask.ndim == 2 and mask.shape[1] > 1 and mask.dtype.itemsize != 8):
        problems.append(Problem(where, f"the masks are {mask.dtype}", "bits are read from unsigned numbers", "Use pack"))
    elif width < max(used, default=0):
        problems.append(Problem(where, f"the masks have {width} bits", "the model reads more", "Use pack with the same positions"))
    if len(compiled.demographic):
        for name, column, most in (("age", age, 130), ("sex", sex, 1)):
            if column is None or len(column) != len(mask):
                problems.append(Problem(where, f"the set needs {name}, one a person", "weights differ by it", "Give it"))
            elif column.dtype.kind not in "iub":
                problems.append(Problem(where, f"{name} is {column.dtype}", "whole numbers are needed", "Give whole numbers"))
            elif len(column) and (column.min() < 0 or column.max() > most):
                problems.append(Problem(where, f"some {name} is not from 0 to {most}", "it cannot be", "Correct it"))
    if problems:
        raise BadInput(problems)


def _base(compiled: Compiled, mask: Array, age: Array | None, sex: Array | None, block: slice) -> Array:
    """What age, sex and the conditions that factors ask for are worth."""
    assert age is not None and sex is not None
    # Whoever is older than the oldest distinguished counts as that.
    index = np.minimum(age[block], OLDEST).astype(np.int64)
    index += sex[block].astype(np.int64) * (OLDEST + 1)
    for i, name in enumerate(compiled.factors):
        position = compiled.bit[name]
        flag = (mask[:, position // 64] >> mask.dtype.type(position % 64)) & mask.dtype.type(1)
        index += flag.astype(np.int64) * ((OLDEST + 1) * 2 << i)
    worth: Array = compiled.demographic[index]
    return worth


def _numpy(compiled: Compiled, mask: Array, base: Array | None, out: Floats) -> None:
    total = np.full(len(mask), compiled.weights.constant, dtype=np.int64) if base is None else base + compiled.weights.constant
    index, found = np.empty(len(mask), dtype=np.int64), np.empty(len(mask), dtype=np.int64)
    upper = np.zeros(len(mask), dtype=np.int64)
    fields = len(compiled.across) or len(compiled.of_count)
    for block in compiled.blocks:
        for i, (word, shift, low, position) in enumerate(block.runs):
            bits = mask[:, word] >> mask.dtype.type(shift) if shift else mask[:, word]
            if low < np.iinfo(mask.dtype).max:
                bits = bits & mask.dtype.type(low)
            if i == 0:
                index[:] = bits
            else:
                index |= bits.astype(np.int64) << position
        # An index is always within its table; `clip` spares the check of it.
        np.take(block.table, index, out=found, mode="clip")
        if fields:
            upper += found
        else:
            total += found
    if fields:
        score = (upper << COUNT_AT) >> COUNT_AT
        upper -= score
        upper >>= COUNT_AT
        total += score
        if len(compiled.of_count):
            total += compiled.of_count[upper & COUNT_MOST]
        if len(compiled.across):
            total += compiled.across[upper >> (MET_AT - COUNT_AT)]
    np.divide(total, MILLION * compiled.weights.divide_by, out=out)


@cache
def _kernels() -> Work:
    if importlib.util.find_spec("numba") is None:
        raise CapmodelError("compiled loops need the package numba, which is not installed. Run: pip install 'capmodel[persons]'")
    compile_loop = importlib.import_module("numba").njit(nogil=True, cache=True)
    look_up, gather, add, finish = (compile_loop(loop) for loop in (_look_up, _gather, _add, _finish))
    none = np.zeros(0, dtype=np.int64)

    def work(compiled: Compiled, mask: Array, base: Array | None, out: Floats) -> None:
        total = np.zeros(len(mask), dtype=np.int64)
        for block in compiled.blocks:
            if len(block.runs) == 1:
                ((word, shift, low, _),) = block.runs
                look_up(mask[:, word], shift, low, block.table, total)
                continue
            index = np.zeros(len(mask), dtype=np.int64)
            for word, shift, low, position in block.runs:
                gather(mask[:, word], shift, low, position, index)
            add(index, block.table, total)
        worth = none if base is None else base
        finish(total, worth, compiled.across, compiled.of_count, compiled.weights.constant, MILLION * compiled.weights.divide_by, out)

    return work


def _look_up(mask: Array, shift: int, low: int, table: Array, total: Array) -> None:
    for i in range(mask.shape[0]):
        total[i] += table[(np.uint64(mask[i]) >> np.uint64(shift)) & np.uint64(low)]


def _gather(mask: Array, shift: int, low: int, position: int, index: Array) -> None:
    for i in range(mask.shape[0]):
        index[i] |= np.int64((np.uint64(mask[i]) >> np.uint64(shift)) & np.uint64(low)) << position


def _add(index: Array, table: Array, total: Array) -> None:
    for i in range(index.shape[0]):
        total[i] += table[index[i]]


def _finish(total: Array, base: Array, across: Array, of_count: Array, constant: int, scale: float, out: Floats) -> None:
    for i in range(total.shape[0]):
        score = (total[i] << 32) >> 32
        upper = (total[i] - score) >> 32
        score += constant
        if of_count.shape[0]:
            score += of_count[upper & 255]
        if across.shape[0]:
            score += across[upper >> 8]
        if base.shape[0]:
            score += base[i]
        out[i] = score / scale

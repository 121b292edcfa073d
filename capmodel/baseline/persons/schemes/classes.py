"""Which segment people of a packed cache are in, worked out by `Scheme.assign`.

Where what the scheme can distinguish has few combinations, each is evaluated once; otherwise every person is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from capmodel.baseline.persons.extract.packed import Packed, damaged
from capmodel.baseline.persons.schemes.scheme import Attributes, Cuts, Scheme
from capmodel.baseline.persons.sums.ranks import Array, rank

#: Combinations up to 2 to this power are evaluated once; beyond it every person is.
TABLE_BITS = 20


class Classes:
    """The segments and supplements of people of one year, by what is known of them."""

    def __init__(self, packed: Packed, scheme: Scheme, year: int) -> None:
        self.packed, self.scheme, self.cuts = packed, scheme, cuts_of(packed, scheme, year)
        self.bit = packed.columns.bit
        # One year for all of them: numpy stretches it.
        self.year = np.array([year])
        self.no_deprivation = np.where(np.arange(256) == 0, np.nan, np.arange(256)).astype(np.float32)
        # No sex is a text that no scheme asks for.
        self.sexes = np.array(["\uffff" if sex is None else sex for sex in packed.sexes])
        self.asked = [item.when for item in (*scheme.segments, *scheme.supplements)]
        self.fields, self.flags, self.counts, stands_for, bits = self._fields()
        self.segment: Array | None = None
        self.supplements: list[Array] = []
        if "score" not in scheme.columns and bits <= TABLE_BITS:
            self._fill(stands_for, bits)

    def _fields(self) -> tuple[dict[str, tuple[int, int]], Array, Array, list[tuple[int, int, list[int]]], int]:
        """Where in a key each thing stands that the scheme can distinguish.

        Conditions that are asked about in the same breath everywhere are one: whether any of them is there, or how many where
        they are counted.
        """
        alike: dict[tuple[Any, ...], list[str]] = {}
        for name in self.bit:
            kinds = [[name in when.any, name in when.none, name in when.counted] for when in self.asked]
            alone = name if any(name in when.all for when in self.asked) else None
            if alone or any(map(any, kinds)):
                alike.setdefault((str(kinds), alone), []).append(name)
        counted = {name for when in self.asked for name in when.counted}
        parts = np.dtype(self.packed.kinds["mask"]).itemsize
        flags, counts = np.zeros((parts, 256), dtype=np.int32), np.zeros((parts, 256), dtype=np.int32)
        at, stands_for = 0, []
        for names in alike.values():
            most = len(names) if names[0] in counted else 1
            stands_for.append((at, most.bit_length(), [1 << self.bit[name] for name in names]))
            for name in names:
                part, bit = divmod(self.bit[name], 8)
                has = ((np.arange(256) >> bit) & 1).astype(np.int32)
                if most > 1:
                    counts[part] += has << at
                else:
                    flags[part] |= has << at
            at += most.bit_length()
        fields = {}
        for name, most in (("age", 127), ("deprivation", 15), ("sex", max(len(self.sexes) - 1, 1))):
            if name in self.scheme.columns:
                fields[name] = (at, most)
                at += most.bit_length()
        return fields, flags, counts, stands_for, at

    def _fill(self, stands_for: Sequence[tuple[int, int, list[int]]], bits: int) -> None:
        """Evaluate every combination once, each by somebody who stands for it."""
        keys = np.arange(1 << bits)
        mask = np.zeros(len(keys), dtype=self.packed.kinds["mask"])
        for at, width, members in stands_for:
            number = (keys >> at) & ((1 << width) - 1)
            for i, member in enumerate(members):
                mask |= np.where(number > i, mask.dtype.type(member), mask.dtype.type(0))
        attribute = {name: (keys >> at) & ((1 << most.bit_length()) - 1) for name, (at, most) in self.fields.items()}
        zero = np.zeros(len(keys), dtype=np.uint8)
        sex = np.minimum(attribute.get("sex", zero), len(self.sexes) - 1)
        age, decile = (attribute.get(name, zero) for name in ("age", "deprivation"))
        people = self._people(age, decile, sex, zero, mask)
        self.segment = self.scheme.assign(people, self.bit, self.cuts)
        self.supplements = [supplement.when.holds(people, self.bit, self.cuts) for supplement in self.scheme.supplements]

    def _people(self, age: Array, deprivation: Array, sex: Array, score: Array, mask: Array) -> Attributes:
        asked = self.scheme.columns
        decile = self.no_deprivation[deprivation] if "deprivation" in asked else deprivation
        return Attributes(age, decile, self.sexes[sex] if "sex" in asked else sex, score, self.year, mask)

    def of(self, read: Callable[[str], Array]) -> tuple[Array, list[Array]]:
        """The segment of each person of a block, and whether each supplement holds; `read` gives a column of it."""
        mask = read("mask")
        if self.segment is not None:
            key = self._key(mask)
            for name, (at, _) in self.fields.items():
                key += read(name).astype(np.int32) << at
            if key.max() >= len(self.segment):
                raise damaged(self.packed.folder)
            return self.segment[key], [held[key] for held in self.supplements]
        score = read("score") if "score" in self.packed.kinds else mask
        people = self._people(read("age"), read("deprivation"), read("sex"), score, mask)
        return (
            self.scheme.assign(people, self.bit, self.cuts),
            [supplement.when.holds(people, self.bit, self.cuts) for supplement in self.scheme.supplements],
        )

    def _key(self, mask: Array) -> Array:
        """What the bits of each mask say, a byte at a time: flags are joined, counts are added."""
        joined, number = np.zeros(len(mask), dtype=np.int32), np.zeros(len(mask), dtype=np.int32)
        for byte, flags, counts in zip(mask.view(np.uint8).reshape(len(mask), -1).T, self.flags, self.counts, strict=True):
            if flags.any():
                joined |= flags[byte]
            if counts.any():
                number += counts[byte]
        return joined + number


def cuts_of(packed: Packed, scheme: Scheme, year: int) -> Cuts:
    """The score above which a person of a year is in the top share, for each share the scheme asks for."""
    if not scheme.top_shares:
        return {}
    score = packed.read("score", year)
    # No score goes to the end.
    score.sort()
    people = len(score) - int(np.isnan(score).sum())
    # Where nobody has a score nobody is at the top.
    return {(share, year): float(score[rank(1 - share, people)]) if people else math.inf for share in scheme.top_shares}

"""Who the made-up people are: for every segment a pool of attributes that fall in it, in the base year and in the years before.

People are drawn from the prevalences of the vocabulary, with a frailty that makes one condition bring others, and put into
segments by the scheme itself, so that whoever is in a pool is in its segment. A segment too rare to be met by chance is made:
what it asks for is switched on, what earlier segments ask for is switched off, and the scheme has the last word. All of it is
illustrative. What people spend, and how they are written, is left to others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from capmodel.baseline.persons.schemes.conditions import vocabulary
from capmodel.baseline.persons.schemes.scheme import Attributes, Scheme, Segment
from capmodel.errors import BadInput, Problem

Array = npt.NDArray[Any]
OLDEST = 100
#: How unevenly conditions fall on people of one age: the spread of the logarithm of a person's frailty. It gives two
#: conditions that are independent otherwise odds ratios of about 2.
FRAILTY_SPREAD = 0.8
#: How unevenly people of one segment need care because of their age, frailty and number of conditions (log-normal).
NEED_SPREAD = 0.25
#: A condition of one person in sixteen that has it was recorded for the first time in the year.
ONSET_HALVINGS = 4
#: Conditions of a year rather than of a life: they are drawn anew for every year.
OF_THE_YEAR = ("maternity", "acute_illness", "end_of_life")
#: At most so many templates a segment; a pool is used more than once where a segment has more people.
LARGEST_POOL = 1 << 16
#: A segment met less often by chance is made.
SMALLEST_POOL = 3000
_DRAW = 1 << 18
_ROUNDS = 40
#: Women of 15 to 44 are about so much of everybody of 17 to 69.
_WOMEN_15_TO_44 = 0.27


@dataclass(frozen=True)
class Templates:
    """Pools of people, one after the other: segment `s` has those from `first[s]`, `number[s]` of them.

    The leading axis of `mask`, `segment` and `need` is years back from the base year. `need` is relative to the average of
    the segment (1); `leaving` the chance to die or move away within the base year.
    """

    first: Array
    number: Array
    age: Array
    deprivation: Array
    woman: Array
    leaving: Array
    mask: Array
    segment: Array
    need: Array


@dataclass(frozen=True)
class _World:
    """The scheme, the conditions and what is known of them."""

    scheme: Scheme
    bit: Mapping[str, int]
    sexes: tuple[str, str]
    prevalence: Array
    ages: Array
    random: np.random.Generator

    def bits(self, names: Sequence[str]) -> np.uint64:
        return np.uint64(sum(1 << self.bit[name] for name in names if name in self.bit))

    def assign(self, people: Attributes) -> Array:
        return self.scheme.assign(people, self.bit, {})


def make_templates(
    scheme: Scheme, bit: Mapping[str, int], sexes: tuple[str, str], wanted: Mapping[str, int], years: int, seed: int
) -> Templates:
    """Pools for every segment in which people are wanted.

    Args:
        scheme: the segments.
        bit: the bit of the mask of each condition that the extract records.
        sexes: the scheme's words for women and men.
        wanted: people a segment.
        years: how many years, the base year among them.
        seed: what makes the drawing repeatable.

    Raises:
        BadInput: people are wanted in a segment in which nobody of the recorded conditions can be.
    """
    random = np.random.Generator(np.random.Philox(key=np.array([seed, 1 << 63], dtype=np.uint64)))
    world = _World(scheme, bit, sexes, _prevalence(bit), _ages(), random)
    pools: list[list[tuple[Attributes, Array]]] = [[] for _ in scheme.segments]
    sizes = [0] * len(pools)
    limits = [min(LARGEST_POOL, wanted.get(segment.id, 0)) for segment in scheme.segments]

    def keep(people: Attributes, frailty: Array, segments: Array, only: int | None = None) -> None:
        for i in range(len(pools)) if only is None else (only,):
            rows = np.flatnonzero(segments == i)[: limits[i] - sizes[i]]
            if len(rows):
                pools[i].append((people.take(rows), frailty[rows]))
                sizes[i] += len(rows)

    for _ in range(math.ceil(min(max(sum(wanted.values()), 1 << 16), 1 << 20) / _DRAW)):
        people, frailty = _draw(world, min(_DRAW, max(sum(wanted.values()), 1 << 16)))
        keep(people, frailty, world.assign(people))
    for i, segment in enumerate(scheme.segments):
        enough = min(limits[i], SMALLEST_POOL)
        for _ in range(_ROUNDS):
            if sizes[i] >= enough:
                break
            people, frailty = _draw(world, 1 << 14, segment)
            _force(world, people, i)
            keep(people, frailty, world.assign(people), i)
        if limits[i] and not sizes[i]:
            raise BadInput([_nobody(segment, bit)])
    return _pooled(world, pools, sizes, years)


def _nobody(segment: Segment, bit: Mapping[str, int]) -> Problem:
    lacking = [name for name in segment.when.conditions if name not in bit]
    return Problem(
        f"segment {segment.id}",
        "no made-up person falls in it",
        f"it asks for {segment.when.words()}" + (f", and {', '.join(lacking[:3])} is not mapped" if lacking else ""),
        "Map its conditions in persons.yaml, or want nobody in it",
    )


def _ages() -> Array:
    """The share of each year of age, of the order of an urban English population."""
    weights = np.interp(
        np.arange(OLDEST + 1), (0, 16, 25, 40, 69, 70, 80, 90, OLDEST), (1.2, 1.2, 1.45, 1.45, 0.95, 0.95, 0.55, 0.18, 0.01)
    )
    return np.asarray(weights / weights.sum())


def _prevalence(bit: Mapping[str, int]) -> Array:
    """The share of people of each age with each condition.

    It is the typical share of each of the three ages of life, rising within the latter two as it rises between them.
    """
    age, weights, typical = np.arange(OLDEST + 1), _ages(), vocabulary().typical
    bands = (age <= 16, (age > 16) & (age < 70), age >= 70)
    table = np.zeros((len(bit), OLDEST + 1))
    for name, row in bit.items():
        child, adult, elderly = typical[name]
        slope = min(max(math.log(elderly / adult) / 35, 0.0), 0.06) if adult and elderly else 0.0
        for band, share in zip(bands, (child, adult, elderly), strict=True):
            rise = np.exp(slope * (age - 50)) if share != child else np.ones_like(weights)
            table[row, band] = (share * rise / np.average(rise[band], weights=weights[band]))[band]
    if "maternity" in bit:
        child, adult, _ = typical["maternity"]
        table[bit["maternity"]] = np.where(age == 0, min(child * 17, 1), np.where((age >= 15) & (age <= 44), adult / _WOMEN_15_TO_44, 0))
    return np.minimum(table, 0.97).astype(np.float32)


def _present(world: _World, name: str, age: Array, woman: Array, factor: Array) -> Array:
    """Who has a condition, as its bit of the mask."""
    row = world.bit[name]
    chance = world.prevalence[row][age] * factor
    if name == "maternity":
        chance = np.where(age == 0, 0.97, np.where(woman, chance, 0))
    drawn = world.random.random(len(age), dtype=np.float32) < np.minimum(chance, np.float32(0.97))
    return np.asarray(drawn.astype(np.uint64) << np.uint64(row))


def _draw(world: _World, number: int, segment: Segment | None = None) -> tuple[Attributes, Array]:
    """People as they come, of the ages of a segment where one is given, and their frailty (1 on average).

    Deprived people are iller: by a quarter where it is worst.
    """
    random, ages = world.random, np.arange(OLDEST + 1)
    weights = world.ages.copy()
    for name, low, high in segment.when.ranges if segment else ():
        if name == "age":
            weights *= (ages >= (low or 0)) & (ages <= (OLDEST if high is None else high))
    if not weights.any():
        # Nobody is so old; the scheme will say that none of these is in the segment.
        weights = world.ages
    age = random.choice(OLDEST + 1, number, p=weights / weights.sum())
    deprivation = random.integers(1, 11, number)
    woman = random.random(number) < 0.5 + 0.001 * np.clip(age - 40, 0, 60)
    frailty = np.exp(FRAILTY_SPREAD * np.clip(random.standard_normal(number, dtype=np.float32), -3, 3) - FRAILTY_SPREAD**2 / 2)
    factor = (frailty * (1.25 - (deprivation - 1) / 18)).astype(np.float32)
    mask = np.zeros(number, dtype=np.uint64)
    for name in world.bit:
        mask |= _present(world, name, age, woman, factor)
    sex = np.where(woman, *world.sexes)
    return Attributes(age, deprivation, sex, np.zeros(0), np.zeros(0), mask), factor


def _force(world: _World, people: Attributes, number: int) -> None:
    """Switch conditions so that people come nearer to a segment; the scheme decides afterwards who is in it."""
    when, random = world.scheme.segments[number].when, world.random

    def pressing(names: Sequence[str]) -> Array:
        """For each person a random order of conditions, the more common ones at their age earlier."""
        rows = [world.bit[name] for name in names]
        return random.standard_exponential((len(rows), len(people.age))) / (world.prevalence[rows][:, people.age] + 1e-6)

    def has(names: Sequence[str]) -> Array:
        return np.stack([(people.mask >> np.uint64(world.bit[name])) & np.uint64(1) for name in names]).astype(bool)

    own = world.bits(when.conditions)
    for before in world.scheme.segments[:number]:
        taken = before.when.holds(people, world.bit, {})
        people.mask[taken] &= ~(world.bits((*before.when.any, *before.when.all, *before.when.counted)) & ~own)
    people.mask |= world.bits(when.all)
    some = [name for name in when.any if name in world.bit]
    if some:
        chosen = np.array([world.bit[name] for name in some], dtype=np.uint64)[pressing(some).argmin(axis=0)]
        lacking = (people.mask & world.bits(some)) == 0
        people.mask[lacking] |= np.uint64(1) << chosen[lacking]
    counted = [name for name in when.counted if name in world.bit]
    if counted:
        low_count, high_count = when.count
        had = has(counted)
        target = np.clip(had.sum(axis=0), low_count or 0, len(counted) if high_count is None else high_count)
        # Those a person has come first, in any order, then the others.
        position = np.where(had, random.random(had.shape) - 1, pressing(counted)).argsort(axis=0).argsort(axis=0)
        people.mask &= ~world.bits(counted)
        for row, name in enumerate(counted):
            people.mask |= (position[row] < target).astype(np.uint64) << np.uint64(world.bit[name])
    people.mask &= ~world.bits(when.none)
    pregnant = ((people.mask & world.bits(["maternity"])) != 0) & (people.age > 0)
    people.sex[pregnant] = world.sexes[0]
    people.mask[pregnant & ((people.age < 15) | (people.age > 44))] &= ~world.bits(["maternity"])


def _pooled(world: _World, pools: list[list[tuple[Attributes, Array]]], sizes: list[int], years: int) -> Templates:
    """The pools in one, with the years before: conditions not yet recorded, those of a year drawn anew, a year younger each."""
    parts = [part for pool in pools for part in pool]
    people = Attributes(*(np.concatenate([getattr(part, name) for part, _ in parts]) for name in vars(parts[0][0])))
    factor = np.concatenate([part for _, part in parts])
    woman = people.sex == world.sexes[0]
    number = np.array(sizes)
    masks, segments = [people.mask], [np.repeat(np.arange(len(sizes)), sizes).astype(np.uint8)]
    lasting = ~world.bits(OF_THE_YEAR)
    for back in range(1, years):
        age = np.maximum(people.age - back, 0)
        new = np.full(len(age), ~np.uint64(0))
        for _ in range(ONSET_HALVINGS):
            new &= world.random.integers(0, 1 << 64, len(age), dtype=np.uint64)
        mask = masks[-1] & lasting & ~new
        for name in OF_THE_YEAR[:2]:
            if name in world.bit:
                mask |= _present(world, name, age, woman, factor)
        masks.append(mask)
        segments.append(world.assign(Attributes(age, people.deprivation, people.sex, people.score, people.year, mask)))
    leaving = 0.012 + 0.06 * (people.age >= 85)
    if "end_of_life" in world.bit:
        leaving += 0.4 * ((people.mask & world.bits(["end_of_life"])) != 0)
    return Templates(
        first=np.cumsum(number) - number,
        number=number,
        age=people.age.astype(np.int16),
        deprivation=people.deprivation.astype(np.int16),
        woman=woman,
        leaving=leaving.astype(np.float32),
        mask=np.stack(masks),
        segment=np.stack(segments),
        need=np.stack([_need(people.age - back, factor, masks[back], segments[back]) for back in range(years)]),
    )


def _need(age: Array, factor: Array, mask: Array, segment: Array) -> Array:
    """Need relative to the average of the segment: more with frailty, with each condition, and in old age and infancy."""
    telling = np.log(factor) / 2 + 0.25 * np.bitwise_count(mask) + np.clip(age - 40, 0, 60) / 60 + 0.5 * (age <= 0)
    people = np.maximum(np.bincount(segment), 1)
    mean = np.bincount(segment, telling) / people
    spread = np.sqrt(np.bincount(segment, (telling - mean[segment]) ** 2) / people) + 1e-9
    need = np.exp(NEED_SPREAD * np.clip((telling - mean[segment]) / spread[segment], -3, 3))
    return np.asarray(need / (np.bincount(segment, need) / people)[segment], dtype=np.float32)

"""The years of a chunk of made-up people: who they are, when they came, what they spend and how high they score in each year.

Everything is worked out from the plan, the number of the chunk and the year alone, so that chunks can be made in any order
and by any number of threads. Pools, profiles and own variation are made elsewhere; adding up and writing are left to others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from capmodel.baseline.synthetic.people import Templates
from capmodel.baseline.synthetic.spend import PERSISTENCE, SAME_PROFILE, Profiles, Variation

Array = npt.NDArray[Any]
#: The share of people who come to the place in a year, and are in the extract from then on.
ARRIVING = 0.02
#: Points that fill four dimensions evenly at any number of them: multiples of the powers of the root of x^5 = x + 1.
_STEPS = tuple(np.uint32(round(2**32 / 1.1673039782614187**i)) for i in range(1, 5))


@dataclass(frozen=True)
class Plan:
    """All that a chunk needs to be made.

    `quota` and `before` are the people of each segment in each chunk and in all chunks before it, `prices` GBP a
    person-year by segment, `scale` what brings the average of a segment to its price, `localities` the locality of each of 256
    equal parts of the people of each age of life, `practices` how many practices each locality has.
    """

    seed: int
    base_year: int
    quota: Array
    before: Array
    templates: Templates
    profiles: Profiles
    variation: Variation
    prices: Array
    scale: Array
    localities: Array
    practices: Array


@dataclass(frozen=True)
class PersonYears:
    """One year of a chunk of people, as arrays.

    `person` is a number, `locality` and `practice` are positions, `total` is pence, `profile` a row of the profiles; `late`
    says that the months of a part-year are its last ones.
    """

    year: int
    person: Array
    age: Array
    woman: Array
    deprivation: Array
    locality: Array
    practice: Array
    months: Array
    late: Array
    score: Array
    mask: Array
    segment: Array
    total: Array
    profile: Array


def locality_cuts(weights: Array) -> Array:
    """For each age of life, the locality of each of 256 equal parts of people: localities differ in size and in age."""
    cuts = []
    for life in range(3):
        of_life = weights * np.exp(0.25 * np.cos(1.7 * np.arange(len(weights)) + 2.1 * life))
        cuts.append(np.searchsorted(np.cumsum(of_life / of_life.sum())[:-1], (np.arange(256) + 0.5) / 256))
    return np.concatenate(cuts)


@dataclass(frozen=True)
class BaseYear:
    """People in the base year.

    `relative` is what they spend, relative to the price of a full year; `standing` their own variation as a normal score; `even` a
    number from 0 to 1 that tells when they came; `profile` which of the segment's profiles is theirs.
    """

    template: Array
    months: Array
    late: Array
    relative: Array
    standing: Array
    even: Array
    profile: Array


def base_year_of(plan: Plan, segment: Array, rank: Array) -> BaseYear:
    """The base year of the people of these ranks in their segments.

    Own variation, moving, profile and template come from points that fill the four dimensions evenly, each segment's from its own
    start, so that averages are near what is wanted for few people already.
    """
    templates = plan.templates
    start = (segment * 0x9E3779B1 + (plan.seed & 0xFFFFFF)).astype(np.uint32)
    variation, moving, kind, person = (rank.astype(np.uint32) * step + (start ^ (step >> np.uint32(3))) for step in _STEPS)
    template = templates.first[segment] + (person * templates.number[segment] >> 32)
    standing = plan.variation.quantile[variation >> np.uint32(18)]
    even = moving * np.float32(2**-32)
    months, late = _months(templates.age[template], even, 0, templates.leaving[template])
    relative = templates.need[0][template] * plan.variation.factor(standing, segment, templates.mask[0][template] == 0)
    return BaseYear(template, months, late, relative, standing, even, kind * np.int64(plan.profiles.number) >> 32)


def _months(age: Array, even: Array, back: int, leaving: Array | None) -> tuple[Array, Array]:
    """Months registered, and whether they are the last of the year: fewer than 12 for those born, arriving or leaving in it."""
    months = np.full(len(age), 12, dtype=np.int16)
    came = (1 - even) / ARRIVING
    rows = np.flatnonzero((came >= back) & (came < back + 1))
    late = np.zeros(len(age), dtype=bool)
    months[rows], late[rows] = 1 + (11 * np.minimum(came[rows] - back, 0.999)).astype(np.int16), True
    if leaving is not None:
        rows = np.flatnonzero(even < leaving)
        months[rows] = 1 + (11 * even[rows] / leaving[rows]).astype(np.int16)
    rows = np.flatnonzero(age == back)
    months[rows], late[rows] = 1 + (12 * np.minimum(even[rows], 0.999)).astype(np.int16), True
    return months, late


def generator(plan: Plan, chunk: int, stream: int) -> np.random.Generator:
    """Random numbers that belong to a chunk and a stream of it, and to nothing else."""
    return np.random.Generator(np.random.Philox(key=np.array([plan.seed, chunk * 64 + stream], dtype=np.uint64)))


def person_years(plan: Plan, chunk: int, back: int) -> PersonYears:
    """The people of a chunk in one year, `back` years before the base year."""
    quota, templates, random = plan.quota[chunk], plan.templates, generator(plan, chunk, 0)
    number = int(quota.sum())
    order = random.permutation(number)
    own = np.repeat(np.arange(len(quota)), quota)[order]
    rank = (np.arange(number) - np.repeat(np.cumsum(quota) - quota - plan.before[chunk], quota))[order]
    base = base_year_of(plan, own, rank)
    template, standing, profile = base.template, base.standing, base.profile
    months, late, relative = base.months, base.late, base.relative
    age = templates.age[template]
    locality = plan.localities[np.searchsorted((17, 70), age, "right") * 256 + random.integers(0, 256, number, dtype=np.uint8)]
    first = np.cumsum(plan.practices) - plan.practices
    practice = first[locality] + ((random.integers(0, 1 << 32, number, dtype=np.uint32) * plan.practices[locality]) >> 32)
    steps = len(plan.variation.quantile)
    for _ in range(back):
        fresh = plan.variation.quantile[random.integers(0, steps, number, dtype=np.uint16)]
        standing = np.float32(PERSISTENCE) * standing + np.float32((1 - PERSISTENCE**2) ** 0.5) * fresh
        other = random.random(number, dtype=np.float32) >= SAME_PROFILE
        profile = np.where(other, random.integers(0, plan.profiles.number, number, dtype=np.uint16), profile)
    segment = templates.segment[back][template]
    mask = templates.mask[back][template]
    need = templates.need[back][template]
    if back:
        months, late = _months(age, base.even, back, None)
        relative = need * plan.variation.factor(standing, segment, mask == 0)
    price = plan.prices[segment]
    noise = generator(plan, chunk, 32 + back).standard_normal(number, dtype=np.float32)
    score = np.exp(0.7 * np.log(np.maximum(price * need, 1) / 2000) + 0.3 * standing + 0.5 * noise)
    made = PersonYears(
        plan.base_year - back,
        np.arange(number, dtype=np.uint64) + np.uint64(int(plan.before[chunk].sum())),
        age - np.int16(back),
        templates.woman[template],
        templates.deprivation[template],
        locality,
        practice,
        months,
        late,
        np.rint(score * 1000) / 1000,
        mask,
        segment,
        (100 / 12) * (price * plan.scale[segment]) * relative * months,
        segment.astype(np.int64) * plan.profiles.number + profile,
    )
    if not back:
        return made
    here = np.flatnonzero((age >= back) & ((1 - base.even) / ARRIVING >= back))
    return PersonYears(made.year, *(getattr(made, name)[here] for name in vars(made) if name != "year"))

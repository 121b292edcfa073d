"""What made-up people spend: how unevenly within a segment, and on which routes.

A person's total is the price of the segment times months, need and own variation. It is divided by a profile, one of a few thousand
ways in which the money of a segment can fall on routes: most people use few settings, and the average over profiles is
exactly the segment's split. Spread and use are illustrative; where they come from is said beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from capmodel.baseline.persons.extract.column_map import Route

Array = npt.NDArray[Any]
#: How unevenly people of one segment spend beside their need: the spread of the logarithm. The journey to integration (2016)
#: has about 10 per cent of spend on the top 1 to 2 per cent of people and 60 per cent on a cohort of 20 per cent. In the worked
#: example prices alone already put 9.9 per cent on the top 1 and 61.8 on the top 20, which leaves little room: with need and
#: own variation together (a spread of 0.44) people ranked by their own spend come to 12.7 and 64.7. A real extract is more uneven
#: within segments than that, and its segments are less so among themselves.
SPREAD = 0.36
#: The same in segments that cost less than half the average, where it hardly moves the top and most people cost little.
SPREAD_WHERE_CHEAP = 0.7
#: The share of people without any condition who cost nothing in a year.
NO_SPEND = 0.12
#: How much of a person's own variation stays from one year to the next. With need, which stays, amounts of one segment in two years
#: are correlated by ranks at about 0.5; over all segments more, since whoever is in a dear one stays there.
PERSISTENCE = 0.4
#: The share of people whose money falls on routes in the same way as in the year after.
SAME_PROFILE = 0.5
#: The share of people who use a setting at all in a year, where its share of spend does not ask for more.
USE = {
    "primary": 0.9,
    "prescribing": 0.65,
    "community": 0.25,
    "mental_health": 0.12,
    "acute_planned": 0.35,
    "acute_emergency": 0.15,
    "social_care": 0.06,
    "continuing_care": 0.02,
}
OTHER_USE = 0.3
#: What one contact costs, in pence; illustrative, to make counts of activity of a plausible size.
CONTACT_PENCE = {
    "primary": 4_000,
    "prescribing": 1_500,
    "community": 7_000,
    "mental_health": 16_000,
    "acute_planned": 35_000,
    "acute_emergency": 60_000,
    "social_care": 6_000,
    "continuing_care": 90_000,
}
OTHER_CONTACT_PENCE = 10_000
#: Profiles a segment, and where there are few people or many routes.
PROFILES, FEW_PROFILES = 4096, 512
FEW_PEOPLE, MANY_ROUTES = 50_000, 200
#: A share of a setting below this is left out of a profile, so that people have nothing there rather than pence.
_TRIFLE = 0.02


@dataclass(frozen=True)
class Profiles:
    """For each route (leading axis) and each profile of each segment: the share of a person's spend, and contacts a penny of it.

    The profiles of segment `s` are those from `s` times `number`.
    """

    routes: tuple[Route, ...]
    number: int
    share: Array
    contacts: Array


def make_profiles(segments: Sequence[str], routes: Mapping[str, Mapping[Route, float]], people: int, seed: int) -> Profiles:
    """Profiles whose average is each segment's split by route.

    Args:
        segments: the segments in the order of the scheme.
        routes: the share of each route in the spend of a segment; a segment that is not there spends as all the others do.
        people: how many people are to be made.
        seed: what makes the drawing repeatable.
    """
    known = sorted(
        {route for shares in routes.values() for route in shares}, key=lambda route: (route.setting, route.provider, route.payer)
    )
    table = np.array([[routes[name].get(route, 0.0) for route in known] for name in segments if name in routes])
    average = dict.fromkeys(known, 0.0) | dict(zip(known, table.mean(axis=0), strict=True))
    number = PROFILES if people >= FEW_PEOPLE and len(known) <= MANY_ROUTES else FEW_PROFILES
    share = np.zeros((len(known), len(segments) * number), dtype=np.float32)
    contacts = np.zeros_like(share)
    price = np.array([CONTACT_PENCE.get(route.setting, OTHER_CONTACT_PENCE) for route in known])
    for i, name in enumerate(segments):
        random = np.random.Generator(np.random.Philox(key=np.array([seed, (1 << 62) + i], dtype=np.uint64)))
        wanted = np.array([routes.get(name, average).get(route, 0.0) for route in known])
        made = _profiles(known, wanted / wanted.sum(), number, random)
        rows = slice(i * number, (i + 1) * number)
        share[:, rows] = made.T
        contacts[:, rows] = (made * random.uniform(0.6, 1.6, made.shape) / price).T
    return Profiles(tuple(known), number, share, contacts)


def _profiles(routes: Sequence[Route], wanted: Array, number: int, random: np.random.Generator) -> Array:
    settings = list(dict.fromkeys(route.setting for route in routes))
    of = np.array([settings.index(route.setting) for route in routes])
    share = np.bincount(of, wanted)
    use = np.array([USE.get(name, OTHER_USE) for name in settings])
    use = np.where(share > 0, np.clip(np.maximum(use, 1.8 * share), 0, 1), 0)
    used = random.random((number, len(settings))) < use
    # Whoever uses nothing uses what most of the money goes to; and each setting is used by somebody.
    used[~used.any(axis=1), share.argmax()] = True
    made = np.where(used, random.gamma(1.3, size=used.shape) * share / np.maximum(use, 1e-9), 0)
    split = random.gamma(np.maximum(2.5 * wanted / np.maximum(share, 1e-12)[of], 1e-9), size=(number, len(routes)))
    split /= np.maximum(np.stack([split[:, of == i].sum(axis=1) for i in range(len(settings))], axis=1)[:, of], 1e-300)
    made = made[:, of] * np.where((split < _TRIFLE) & (split < 1), 0, split)
    # A route so rare that no profile has it gets one, or its money would be nobody's.
    for lacking in np.flatnonzero((made.sum(axis=0) == 0) & (wanted > 0)):
        made[random.integers(0, number, max(1, number // 64)), lacking] = max(wanted[lacking], 1e-4)
    made[made.sum(axis=1) == 0, wanted.argmax()] = 1
    # Rows that sum to one and columns of the wanted average, by turns; money that is nowhere yet does not move.
    for _ in range(200):
        made /= made.sum(axis=1, keepdims=True)
        ratio = np.divide(wanted, made.mean(axis=0), out=np.ones_like(wanted), where=wanted > 0)
        if np.abs(ratio - 1).max() < 1e-5:
            break
        made *= ratio
    made /= made.sum(axis=1, keepdims=True)
    # Alike ones side by side: even points over the pool then give each kind of profile to every kind of person.
    return np.asarray(made[np.lexsort((made.max(axis=1), made.argmax(axis=1)))])


@dataclass(frozen=True)
class Variation:
    """What a person spends relative to price and need, by quantile: a log-normal of the segment's own spread, 1 on average."""

    quantile: Array
    spread: Array
    nothing_below: float
    scale: Array
    scale_with_nothing: Array

    def factor(self, standing: Array, segment: Array, healthy: Array) -> Array:
        """The factor at a normal standing (0 in the middle); of people without conditions the lowest spend nothing."""
        with_nothing = self.scale_with_nothing[segment] * (standing >= self.nothing_below)
        return np.asarray(np.exp(self.spread[segment] * standing) * np.where(healthy, with_nothing, self.scale[segment]))


def make_variation(prices: Array, average: float) -> Variation:
    """The own variation of each segment, by its price and the average price of everybody, in GBP a person-year."""
    steps = 1 << 14
    points = np.array([NormalDist().inv_cdf((i + 0.5) / steps) for i in range(steps)])
    spread = np.where(prices < average / 2, SPREAD_WHERE_CHEAP, SPREAD)
    drawn = np.exp(spread[:, None] * points)
    nothing_below = NormalDist().inv_cdf(NO_SPEND)
    return Variation(
        points.astype(np.float32),
        spread.astype(np.float32),
        nothing_below,
        (1 / drawn.mean(axis=1)).astype(np.float32),
        (1 / (drawn * (points >= nothing_below)).mean(axis=1)).astype(np.float32),
    )

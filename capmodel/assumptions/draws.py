"""Seeded draws of declared uncertainties: plain pseudo-random ones, or scrambled Sobol points.

Draws come in blocks, each with a seed of its own made from the seed of the run and the number of the block, so that the same
seed gives the same draws whatever is done with them: designs are always compared on the same draws. Correlation is by a
Gaussian copula. Between two yearly uncertainties it holds within each year; between a yearly and a lasting one it is that
of the lasting one with the sum of the yearly one over the years.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.assumptions.uncertainties import Uncertainties, gaussian
from capmodel.errors import BadInput, Problem

Method = Literal["pseudo-random", "sobol"]
#: Draws made and worked out together.
BLOCK = 2000
#: Batches that standard errors are taken from; for Sobol points, scramblings that know nothing of each other.
BATCHES = 16
MOST = 10_000_000
#: Normal deviates at which a distribution is tabled; between them it is read off a straight line, wrong by less than 1e-6 of its range.
_GRID = np.linspace(-8.5, 8.5, 8193)


def normal_share(deviate: Floats) -> Floats:
    """The share of a normal distribution that lies below each deviate.

    >>> normal_share(np.array([-1.959964, 0.0])).round(6).tolist()
    [0.025, 0.5]
    """
    return np.array([math.erfc(-value / math.sqrt(2)) / 2 for value in deviate.tolist()])


def tabled(distribution: str, parameters: Mapping[str, float]) -> Floats:
    """The figures of a bounded distribution at the grid of normal deviates.

    A PERT distribution is a beta between low and high whose mean is (low + 4 mode + high) / 6. Source: Malcolm and others 1959.
    """
    low, high, below = parameters["low"], parameters["high"], normal_share(_GRID)
    if distribution == "uniform":
        return np.asarray(low + (high - low) * below)
    mode, width = parameters["mode"], high - low
    if distribution == "triangular":
        at = (mode - low) / width
        left = low + width * np.sqrt(below * at)
        right = high - width * np.sqrt((1 - below) * (1 - at))
        return np.where(below <= at, left, right)
    a, b = 1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width
    edges = np.linspace(0, 1, 20001)
    middle = (edges[1:] + edges[:-1]) / 2
    mass = np.concatenate([[0.0], np.cumsum(middle ** (a - 1) * (1 - middle) ** (b - 1))])
    return np.asarray(low + width * np.interp(below, mass / mass[-1], edges))


@dataclass(frozen=True)
class Marginal:
    """One distribution, read off by normal deviates.

    >>> Marginal("normal", {"mean": 1.0, "sd": 2.0}).at(np.array([0.0, 1.0])).tolist()
    [1.0, 3.0]
    """

    distribution: str
    parameters: Mapping[str, float]

    @cached_property
    def table(self) -> Floats:
        """The figures at the grid."""
        return tabled(self.distribution, self.parameters)

    def at(self, deviates: Floats) -> Floats:
        """The figures at some normal deviates."""
        if self.distribution in ("normal", "lognormal"):
            mean, sd = self.parameters["mean"], self.parameters["sd"]
            if self.distribution == "normal":
                return np.asarray(mean + sd * deviates)
            spread = math.log1p((sd / mean) ** 2)
            return np.asarray(np.exp(math.log(mean) - spread / 2 + math.sqrt(spread) * deviates))
        return np.interp(deviates, _GRID, self.table)


def root_of(matrix: Floats) -> Floats:
    """The lower root of a correlation matrix, also where some figures follow wholly from others.

    >>> root_of(np.array([[1.0, 0.6], [0.6, 1.0]])).round(6).tolist()
    [[1.0, 0.0], [0.6, 0.8]]
    """
    size = len(matrix)
    root = np.zeros((size, size))
    for j in range(size):
        pivot = matrix[j, j] - float((root[j, :j] ** 2).sum())
        if pivot > 1e-12:
            root[j, j] = math.sqrt(pivot)
            root[j + 1 :, j] = (matrix[j + 1 :, j] - root[j + 1 :, :j] @ root[j, :j]) / root[j, j]
    return root


def over_years(years: int) -> Floats:
    """An orthonormal turn of the years whose first column is their even sum, so that what lasts goes with the sum of what does not."""
    turn = np.zeros((years, years))
    turn[:, 0] = 1 / math.sqrt(years)
    for k in range(1, years):
        turn[:k, k] = 1 / math.sqrt(k * (k + 1))
        turn[k, k] = -k / math.sqrt(k * (k + 1))
    return turn


@dataclass(frozen=True)
class Block:
    """Some draws: figures by uncertainty, years on the last axis (one figure where it lasts), and deviates of chance variation."""

    first: int
    figures: Mapping[str, Floats]
    variation: Floats  # draws x (segments x years), standard normal


@dataclass(frozen=True)
class Draws:
    """Draws of a place's uncertainties.

    Attributes:
        uncertainties: what risk.yaml declares.
        years: how many years.
        variations: how many figures of chance variation each draw has.
        asked: how many draws were asked for; Sobol points come in `BATCHES` scramblings of a power of two, so there may be more.
        seed: another seed draws others.
        method: pseudo-random, or scrambled Sobol points.
    """

    uncertainties: Uncertainties
    years: int
    variations: int
    asked: int
    seed: int
    method: Method = "pseudo-random"

    def __post_init__(self) -> None:
        if not 100 <= self.asked <= MOST:
            why = "percentiles need some hundreds, and more than ten million add nothing"
            raise BadInput([Problem("--draws", f"{self.asked} draws", why, f"Ask for 100 to {MOST:,}")])
        if self.seed < 0:
            raise BadInput([Problem("--seed", f"the seed is {self.seed}", "seeds are whole numbers from zero", "Give one")])

    @property
    def count(self) -> int:
        """How many draws there are."""
        return BATCHES * self._points if self.method == "sobol" else self.asked

    @property
    def _points(self) -> int:
        """Sobol points in each scrambling: a power of two."""
        return int(1 << max(math.ceil(math.log2(self.asked / BATCHES)), 3))

    @cached_property
    def _yearly(self) -> list[int]:
        return [i for i, uncertainty in enumerate(self.uncertainties.each) if uncertainty.yearly]

    @property
    def dimensions(self) -> int:
        """How many deviates each draw is made of."""
        return len(self.uncertainties.each) + (self.years - 1) * len(self._yearly) + self.variations

    def blocks(self) -> Iterator[Block]:
        """The draws, block by block; each call gives the same ones."""
        marginals = {each.id: Marginal(each.distribution, each.parameters) for each in self.uncertainties.each}
        matrix = gaussian(self.uncertainties.correlation)
        np.fill_diagonal(matrix, 1.0)
        whole, within, turn = root_of(matrix), root_of(matrix[np.ix_(self._yearly, self._yearly)]), over_years(self.years)
        first, count, each = 0, len(self.uncertainties.each), len(self._yearly)
        for normals in self._normals():
            lasting = normals[:, :count] @ whole.T
            parts = np.empty((len(normals), self.years, each))
            parts[:, 0] = lasting[:, self._yearly]
            for year in range(1, self.years):
                begin = count + (year - 1) * each
                parts[:, year] = normals[:, begin : begin + each] @ within.T
            by_year = np.einsum("tc,dcj->dtj", turn, parts)
            figures = {}
            for i, uncertainty in enumerate(self.uncertainties.each):
                deviates = by_year[:, :, self._yearly.index(i)] if uncertainty.yearly else lasting[:, i : i + 1]
                drawn = marginals[uncertainty.id].at(np.ascontiguousarray(deviates))
                figures[uncertainty.id] = np.cumsum(drawn, axis=1) if uncertainty.over_years == "accumulates" else drawn
            yield Block(first, figures, normals[:, self.dimensions - self.variations :])
            first += len(normals)

    def _normals(self) -> Iterator[Floats]:
        if self.method == "pseudo-random":
            for block, begin in enumerate(range(0, self.asked, BLOCK)):
                generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, block])))
                yield generator.standard_normal((min(BLOCK, self.asked - begin), self.dimensions))
            return
        try:
            # Stubs are in another package, which nothing else needs.
            from scipy.special import ndtri  # type: ignore[import-untyped, unused-ignore]
            from scipy.stats import qmc  # type: ignore[import-untyped, unused-ignore]
        except ImportError:
            why, remedy = "its tables of directions come with scipy", "Install capmodel[sobol], or leave --sobol out"
            raise BadInput([Problem("--sobol", "scipy is not installed", why, remedy)]) from None
        size = min(self._points, 1 << int(math.log2(BLOCK)))
        for scrambling in range(BATCHES):
            generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, scrambling])))
            engine = qmc.Sobol(self.dimensions, scramble=True, rng=generator)
            for _ in range(self._points // size):
                # A point on the edge would be infinitely far out.
                yield np.asarray(ndtri(np.maximum(engine.random(size), 2.0**-40)))

"""Between which values of one assumption the choice of an option changes: the changes nearest to what is assumed, and how many lie beyond.

An option may be chosen at a budget, not at a larger one, and again at a still larger one. So the choice is tried at equal steps outward
from the assumed value, down and up to the ends of the range. Where it differs between two neighbouring values is a cell; where in the
cell it changes is for `switches` to find. A change that is undone within one step is not found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Parts of the range of an assumption that moves what options are worth, such as a growth rate.
STEPS = 10
#: Parts of the range of one that limits plans alone, such as a budget: there the choice may change many times.
STEPS_OF_LIMITS = 300


@dataclass(frozen=True)
class Cell:
    """Two neighbouring values between which the choice changes, and how many such cells lie beyond it on the same side."""

    low: float
    high: float
    further: int


@dataclass(frozen=True)
class Grid:
    """The values at which the choice is tried, in rising order.

    Attributes:
        values: the values.
        step: how far apart they are; the last one before an end of the range, and those of single years, are nearer.
        assumed: the least and the most that is assumed in a year, within the range.
        taken: for each value, whether each option is in the best plan.
    """

    values: tuple[float, ...]
    step: float
    assumed: tuple[float, float]
    taken: tuple[tuple[bool, ...], ...] = ()

    def nearest(self, taken: Sequence[bool]) -> list[Cell]:
        """The nearest change below what is assumed, every change between the assumed figures of single years, and the nearest above.

        Args:
            taken: for each value, whether the option is chosen.

        >>> grid = grid_of((0.0, 6.0), (4.0, 4.0), 6)
        >>> grid.nearest([False, False, True, False, False, True, True])
        [Cell(low=2.0, high=3.0, further=1), Cell(low=4.0, high=5.0, further=0)]
        """
        least, most = self.assumed
        pairs = list(zip(self.values, self.values[1:], strict=False))
        changes = [pair for pair, before, after in zip(pairs, taken, taken[1:], strict=False) if before != after]
        below = [pair for pair in reversed(changes) if pair[1] <= least]
        above = [pair for pair in changes if pair[0] >= most]
        within = [Cell(*pair, 0) for pair in changes if pair not in below and pair not in above]
        first, last = ([Cell(*side[0], len(side) - 1)] if side else [] for side in (below, above))
        return [*first, *within, *last]


def grid_of(range_: tuple[float, float], present: tuple[float, float], steps: int) -> Grid:
    """The values at which the choice is tried: equal steps outward from what is assumed, to the ends of the range, and between the years.

    Args:
        range_: the lowest and the highest value tried.
        present: the least and the most that is assumed in a year; outside the range its nearer end counts.
        steps: into how many steps the range is cut.

    >>> grid_of((0.0, 6.0), (2.5, 3.0), 3)
    Grid(values=(0.0, 0.5, 2.5, 3.0, 5.0, 6.0), step=2.0, assumed=(2.5, 3.0), taken=())
    """
    low, high = range_
    least, most = (min(max(each, low), high) for each in present)
    step = (high - low) / steps
    fixed = {low, least, most, high}
    between = [least + step * k for k in range(1, steps + 1) if least + step * k < most]
    outward = [each for k in range(1, steps + 1) for each in (least - step * k, most + step * k) if low < each < high]
    # The noise of sums makes no step of its own.
    own = {each for each in (*between, *outward) if min(abs(each - end) for end in fixed) > 1e-6 * step}
    return Grid(tuple(sorted(map(float, fixed | own))), step, (least, most))

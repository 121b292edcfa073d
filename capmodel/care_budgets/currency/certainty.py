"""How sure a share of people is that was observed on a list of some size: the Wilson score interval, as a rule can write it.

The people on the list are taken as a sample of how the unit cares for such people, so a short list has a wide interval. With `added`,
half the square of the standard deviates of the interval, the interval is that of a list with so many people more who are met and
so many who are not. Source: Wilson EB, Journal of the American Statistical Association 22 (1927); Public Health England, Technical
guide: confidence intervals, uses it for proportions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, ratio


def reach(met: Any, people: Any, added: Any) -> Any:
    """How far the interval reaches either way, in people of the list with those added to it.

    Args:
        met: people for whom it is met.
        people: people on the list.
        added: half the square of the standard deviates of the interval; 1.9208 is half the square of 1.96 and covers 95 in 100.

    >>> round(float(reach(45.0, 50.0, 1.9208)), 6)
    4.58003
    """
    # A count that somebody sets above the list has no spread; it is no error in the book.
    return np.sqrt(np.maximum((added + added) * ratio(met * (people - met), people, decimals=AMOUNTS), 0) + added * added)


def lower_bound(met: Any, people: Any, added: Any, reaching: Any) -> Any:
    """The lower end of the interval of the share met; `reaching` is its `reach`.

    >>> round(float(lower_bound(45.0, 50.0, 1.9208, reach(45.0, 50.0, 1.9208))), 6)
    0.786395
    """
    return ratio(met + added - reaching, people + added + added, decimals=AMOUNTS)


def upper_bound(met: Any, people: Any, added: Any, reaching: Any) -> Any:
    """The upper end of the interval of the share met; `reaching` is its `reach`.

    >>> round(float(upper_bound(45.0, 50.0, 1.9208, reach(45.0, 50.0, 1.9208))), 6)
    0.956525
    """
    return ratio(met + added + reaching, people + added + added, decimals=AMOUNTS)

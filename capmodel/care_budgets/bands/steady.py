"""The steady state of bands: the people of each band if rates and entries stay as they are for ever, where there is one.

It is a limit, not a formula of the workbook, which shows the change of each year beside it.
"""

from __future__ import annotations

import numpy as np

from capmodel.algebra.rows import Floats

#: Two to this power of years are looked ahead.
_DOUBLINGS = 30
#: How far, as a part of all people, one more year may move anybody.
_STILL = 1e-9


def steady_state(start: Floats, staying: Floats, entries: Floats) -> Floats | None:
    """The people of each band when nothing changes any more; None where the bands grow for ever or swing.

    Args:
        start: people of each band.
        staying: the part of each band (row) that is in each band (column) a year later; what is left of a row dies.
        entries: people who enter each band in a year.

    Of 100 people a fifth of the first band moves on and half of the second dies; 30 enter each year.

    >>> steady_state(np.array([100.0, 0.0]), np.array([[0.8, 0.2], [0.0, 0.5]]), np.array([30.0, 0.0])).round(6).tolist()
    [150.0, 60.0]
    >>> steady_state(np.array([100.0]), np.array([[1.0]]), np.array([30.0])) is None
    True
    """
    years, entered = staying.copy(), entries.copy()
    for _ in range(_DOUBLINGS):
        entered = entered @ years + entered
        years = years @ years
    found = start @ years + entered
    moved = np.abs(found @ staying + entries - found).max()
    return found if moved <= _STILL * max(float(start.sum() + entries.sum()), 1.0) else None

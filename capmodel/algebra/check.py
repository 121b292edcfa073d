"""What it means for a check to hold: the largest difference it finds, in arrays and in Excel, side by side.

A check line must be zero, a slack must not be below zero. How large a difference may be is an assumption.
"""

from __future__ import annotations

from capmodel.algebra.cell import Cell, excel
from capmodel.algebra.functions import at_most
from capmodel.algebra.rows import Floats

OK, FAILED = "OK", "CHECK"
# A difference is held against its tolerance as pure numbers are, whatever its unit, so that one verdict formula serves every check.


def worst(figures: Floats, is_slack: bool) -> float:
    """The largest difference from zero, or for a slack the furthest below zero.

    >>> import numpy as np
    >>> worst(np.array([0.5, -2.0, 1.0]), False), worst(np.array([0.5, 2.0]), True)
    (2.0, 0.0)
    """
    if not figures.size:
        return 0.0
    return float(max(0.0, -figures.min()) if is_slack else max(figures.max(), -figures.min()))


def worst_in_excel(span: str, is_slack: bool) -> str:
    """The same over a range of cells.

    >>> worst_in_excel("H8:L9", False)
    'MAX(MAX(H8:L9),-MIN(H8:L9))'
    """
    return f"MAX(0,-MIN({span}))" if is_slack else f"MAX(MAX({span}),-MIN({span}))"


def holds(difference: float, tolerance: float) -> bool:
    """True where a difference is within its tolerance, noise aside.

    >>> holds(0.005, 0.005), holds(0.01, 0.005)
    (True, False)
    """
    return bool(at_most(difference, tolerance))


def verdict_in_excel(difference: str, tolerance: str) -> str:
    """OK where a difference is within its tolerance, noise aside.

    >>> verdict_in_excel("G8", "H8")
    'IF(ROUND(G8-H8,12)<=0,"OK","CHECK")'
    """
    within = at_most(Cell("difference"), Cell("tolerance"))
    return f'IF({excel(within, {"difference": difference, "tolerance": tolerance})},"{OK}","{FAILED}")'


def master_in_excel(verdicts: str) -> str:
    """OK where every verdict is; a verdict that is an error shows as one.

    >>> master_in_excel("E6:E9")
    'IF(SUMPRODUCT((E6:E9<>"OK")*1)<1,"OK","CHECK")'
    """
    return f'IF(SUMPRODUCT(({verdicts}<>"{OK}")*1)<1,"{OK}","{FAILED}")'

"""How an amount is printed."""

from __future__ import annotations


def pounds(value: float) -> str:
    """Pounds and pence, the minus before the pound sign.

    >>> pounds(-6431799.5)
    '-£6,431,799.50'
    """
    return f"{'-' if value < 0 else ''}£{abs(value):,.2f}"

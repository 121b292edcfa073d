"""How an amount of money is printed, and how far two amounts may be apart and still be the same."""

from __future__ import annotations

#: Amounts that differ by less than this are the same to the penny.
HALF_A_PENNY = 0.005


def is_nil(amount: float) -> bool:
    """True for an amount that is nothing to the penny.

    >>> is_nil(-0.004), is_nil(0.006)
    (True, False)
    """
    return abs(amount) < HALF_A_PENNY


def pounds(amount: float) -> str:
    """Pounds and pence, the minus before the pound sign; nothing of a penny is below zero.

    >>> pounds(-6431799.5), pounds(-0.001)
    ('-£6,431,799.50', '£0.00')
    """
    return f"{'-' if round(amount, 2) < 0 else ''}£{abs(amount):,.2f}"

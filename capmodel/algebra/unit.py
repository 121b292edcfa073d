"""Units of every figure, and the check that a rule does not add pounds to persons.

A unit is written as in a column heading: `GBP`, `persons`, `GBP/persons`, `share`. Shares, indices and flags are pure
numbers. This module reads the recorded expression of a rule; it knows no value and no table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from capmodel.algebra.cell import RAW, ROUNDED, Cell
from capmodel.algebra.functions import AMOUNTS, SHARES
from capmodel.errors import RuleError

#: Names of pure numbers: they multiply anything and add to one another. A whole-time equivalent (wte) is hours over contracted hours.
PURE = frozenset({"share", "index", "flag", "number", "years", "wte"})
BASE = frozenset({"GBP", "persons", "hours", "minutes"})
#: How a name that ends in one unit for one of another spells the other.
PER = {"person": "persons", "hour": "hours"}

Powers = Mapping[str, int]


def parse(unit: str) -> Powers:
    """Read a unit such as `GBP/persons` as powers of base units.

    >>> parse("GBP/persons")
    {'GBP': 1, 'persons': -1}

    Raises:
        RuleError: a part of the unit is not known.
    """
    powers: Counter[str] = Counter()
    for position, part in enumerate(unit.split("/")):
        if part not in BASE | PURE:
            raise RuleError(f"the unit {unit!r} is not known; use {', '.join(sorted(BASE | PURE))} or a ratio of them")
        if part in BASE:
            powers[part] += 1 if position == 0 else -1
    return {name: power for name, power in powers.items() if power}


def spell(powers: Powers | None) -> str:
    """A unit as text, for messages."""
    if not powers:
        return "a pure number"
    above = "·".join(name for name, power in sorted(powers.items()) for _ in range(max(power, 0))) or "1"
    below = "/".join(name for name, power in sorted(powers.items()) for _ in range(max(-power, 0)))
    return f"{above}/{below}" if below else above


def unit_of(tree: Cell, units: Mapping[str, Powers]) -> Powers | None:
    """The unit of an expression; None for a bare zero, which fits any unit.

    Raises:
        RuleError: the expression adds, compares or chooses between figures of different units.
    """
    if not tree.parts:
        return None if tree.operation == "0" else units.get(tree.operation, {})
    parts = [unit_of(part, units) for part in tree.parts]
    name = tree.operation
    if name in ("multiply", "divide"):
        sign = 1 if name == "multiply" else -1
        joint = Counter({unit: power for unit, power in (parts[0] or {}).items()})
        for unit, power in (parts[1] or {}).items():
            joint[unit] += sign * power
        return {unit: power for unit, power in joint.items() if power}
    if name == "power":
        if parts[0] or parts[1]:
            raise RuleError(f"cannot raise {spell(parts[0])} to the power of {spell(parts[1])}")
        return {}
    if name == "sqrt":
        if any(power % 2 for power in (parts[0] or {}).values()):
            raise RuleError(f"cannot take the square root of {spell(parts[0])}")
        return {unit: power // 2 for unit, power in (parts[0] or {}).items()}
    if name in ("bitwise_and", "bitwise_or", "invert"):
        return {}
    if name == "where":
        return _alike("choose between", parts[1:])
    if name in ROUNDED:
        _check_decimals(tree, _alike("compare", parts[:2]))
        return {}
    if name in RAW:
        return {}
    if name in ("negative", "absolute", "to_pence"):
        return parts[0]
    return _alike({"add": "add", "subtract": "subtract"}.get(name, "compare"), parts)


def _alike(verb: str, parts: list[Powers | None]) -> Powers | None:
    known = [part for part in parts if part is not None]
    if any(part != known[0] for part in known):
        raise RuleError(f"cannot {verb} {' and '.join(spell(part) for part in parts)}")
    return known[0] if known else None


def _check_decimals(tree: Cell, compared: Powers | None) -> None:
    """Pounds and people are compared to the decimals of amounts, pure numbers to those of shares."""
    wanted, word = (AMOUNTS, "AMOUNTS") if compared else (SHARES, "SHARES")
    if compared is not None and tree.parts[2].operation != str(wanted):
        raise RuleError(f"{tree.operation} compares {spell(compared)} to {tree.parts[2].operation} decimals; write decimals={word}")


def _check_flags(tree: Cell, units: Mapping[str, str]) -> None:
    """A comparison as it is, without rounding, is of a flag with 0 and of nothing else."""
    if tree.operation in RAW and tree.parts and units[tree.parts[0].operation] != "flag":
        argument, helper = tree.parts[0].operation, RAW[tree.operation]
        decimals = ", AMOUNTS" if parse(units[argument]) else ""
        raise RuleError(
            f"{argument} is compared with 0 as it is, and is no flag but {units[argument]}; write {helper}({argument}, 0{decimals})"
        )
    for part in tree.parts:
        _check_flags(part, units)


def _is_exact(tree: Cell, units: Mapping[str, str]) -> bool:
    """True where an expression is made of whole numbers and flags alone, so that it has no noise."""
    if not tree.parts:
        return tree.operation.isdigit() or units[tree.operation] == "flag"
    parts = tree.parts[1:] if tree.operation == "where" else tree.parts
    return tree.operation not in ("divide", "power") and all(_is_exact(part, units) for part in parts)


def check_unit(name: str, tree: Cell, units: Mapping[str, str], declared: str) -> None:
    """Refuse a line whose rule does not give the unit its heading promises, or compares figures by their last bits."""
    try:
        _check_flags(tree, units)
        found = unit_of(tree, {argument: parse(unit) for argument, unit in units.items()})
    except RuleError as error:
        raise RuleError(f"{name}: {error}") from None
    if found is not None and found != parse(declared):
        raise RuleError(f"{name} is declared in {declared}, but its rule gives {spell(found)}")
    if declared == "flag" and not _is_exact(tree, units):
        raise RuleError(f"{name} is declared a flag, but its rule works with figures; write np.where(condition, 1, 0)")


def decimals_of(unit: str) -> int:
    """The decimals that figures of a unit are compared to.

    >>> decimals_of("GBP/persons"), decimals_of("share")
    (4, 12)
    """
    return AMOUNTS if parse(unit) else SHARES


@lru_cache(maxsize=10_000)
def unit_by_name(name: str) -> str:
    """The unit that a name ends in.

    >>> unit_by_name("investment_budget_gbp"), unit_by_name("price_gbp_per_person"), unit_by_name("gain_share")
    ('GBP', 'GBP/persons', 'share')
    >>> unit_by_name("contact_minutes"), unit_by_name("pay_gbp_per_hour"), unit_by_name("minutes_per_hour")
    ('minutes', 'GBP/hours', 'minutes/hours')

    Raises:
        RuleError: the name ends in no unit.
    """
    known = {"gbp": "GBP", **{unit: unit for unit in sorted((BASE - {"GBP"}) | PURE)}}
    before, per, of = name.rpartition("_per_")
    top = known.get(before.rsplit("_", 1)[-1])
    if per and of in PER and top:
        return f"{top}/{PER[of]}"
    last = name.rsplit("_", 1)[-1]
    if last not in known:
        raise RuleError(f"the name {name!r} does not end in its unit; end it in _{', _'.join(known)} or _gbp_per_person")
    return known[last]

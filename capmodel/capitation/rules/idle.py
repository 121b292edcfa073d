"""Figures that a rule states and that no body of a run has: said beside the result, since a rule may serve more bodies than a run has."""

from __future__ import annotations

from capmodel.capitation.rules.figures import BodyFigures
from capmodel.capitation.rules.rule import Rule


def idle_values(rule: Rule, bodies: BodyFigures) -> dict[str, str]:
    """Values of constants by the members of a text column, and codes said to be printed twice, that no body has; and why not.

    Years are part of the rule alone, and those that it does not have are refused where it is read.
    """
    found: dict[str, str] = {}
    for name, constant in rule.file.constants.items():
        if constant.by is not None:
            members = set(bodies.groups[constant.by][0])
            found |= {
                f"{name}[{member}]": f"no body has {constant.by} {member}" for member in constant.values or {} if member not in members
            }
    keys = set(bodies.keys)
    for name, block in rule.file.figures.items():
        found |= {f"repeats: {key} of {name}": "no row repeats the code" for key in block.repeats if f"{key} (2)" not in keys}
    return found

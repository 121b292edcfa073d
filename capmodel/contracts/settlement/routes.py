"""Lines of the Year of Care budgets that a contract names, by setting, provider and payer: their terms, their checks and their rows."""

from __future__ import annotations

from collections.abc import Sequence

from capmodel.algebra.rows import Rows
from capmodel.assumptions.dimensions import no_member
from capmodel.assumptions.document import ByYear, Strict
from capmodel.baseline.spend import columns_of
from capmodel.contracts.settlement.check import Check, Line

#: The keys of an entry of a list, as the place of a figure in the contract names them.
LINE = "[setting,provider,payer]"


class Route(Strict):
    """A line of the Year of Care budgets, and pounds a year on it."""

    setting: str
    provider: str
    payer: str
    note: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """The keys of the line."""
        return self.setting, self.provider, self.payer


class Amount(Route):
    """Pounds a year on a line of the budgets."""

    gbp: ByYear


def check_lines(check: Check, given: Sequence[Route], *place: str) -> None:
    """Report lines of a list that the budgets do not have, or that are there twice."""
    seen = set()
    for i, each in enumerate(given):
        if each.setting not in check.settings:
            check.problems.append(no_member("setting", each.setting, check.settings, check.document.where([*place, i, "setting"])))
        elif each.key not in check.lines:
            what = f"nobody pays {each.provider} through {each.payer} for {each.setting}"
            check.report([*place, i], what, "the change would have no budget line", "Use a route of provider_share.csv and payer_share.csv")
        if each.key in seen:
            check.report([*place, i], f"{', '.join(each.key)} is there twice", "one would silently win", "Add them up in one entry")
        seen.add(each.key)


def line_rows(lines: Sequence[Line], years: tuple[int, ...] = ()) -> Rows:
    """A row for each setting, provider and payer of a target."""
    return columns_of(("setting", "provider", "payer"), lines, years)

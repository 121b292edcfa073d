"""The money by which a change is priced: what each party has in each year, and what the place as a whole has.

Each line names columns of the chain; a place has the lines of its steps. How a change moves them is worked out in `priced`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from capmodel.algebra.evaluate import Values
from capmodel.algebra.functions import to_pence
from capmodel.algebra.rows import YEAR, Floats, Node, Positions
from capmodel.assumptions.years import year_label
from capmodel.place.result import Result
from capmodel.workbook.pages.steps_beside import PAGES

#: What each party, or each partner of a pooled budget, has in each year: columns that are added, and columns that are taken off.
OF_PARTIES: dict[str, tuple[tuple[Node, ...], tuple[Node, ...]]] = {
    "Position after settlement": ((("settlement", "position_gbp"),), ()),
    "Net position after settlement and released cost": ((("net_position", "net_position_gbp"),), ()),
    "Year of Care budgets, as provider less as payer": (
        (("party_budget", "income_gbp"),),
        (("party_budget", "contribution_gbp"),),
    ),
    "Chosen options, net effect in year": ((("party_effect", "in_year_net_gbp"),), ()),
    "Received from the pooled budget at the end of the year": ((("partner_year", "received_gbp"),), ()),
}
WHOLE = "The place as a whole"
OF_PLACE: tuple[Node, ...] = (
    ("place", "place_cost_gbp"),
    ("envelope", "envelope_gbp"),
    ("pool", "pool_target_gbp"),
    ("pool", "pool_gbp"),
    ("objective", "plan_value_gbp"),
)
IN_ALL = "in all"


@dataclass(frozen=True)
class MoneyLine:
    """One line of money: of which kind, whose it is, and in which years.

    Attributes:
        kind: what the money is, such as `Position after settlement`.
        who: the label of the party; for the place as a whole, what the figure is.
        years: the label of each year; `in all` for a figure without years.
        plus: the columns that are added up.
        minus: the columns that are taken off.
        at: the rows of these columns, one a year.
    """

    kind: str
    who: str
    years: tuple[str, ...]
    plus: tuple[Node, ...]
    minus: tuple[Node, ...]
    at: Positions

    def pence(self, values: Values) -> Floats:
        """The money to the penny, in pounds, years on the last axis."""
        signs = [(node, 1.0) for node in self.plus] + [(node, -1.0) for node in self.minus]
        total: Floats = sum((sign * values.figure(node)[..., self.at] for node, sign in signs), start=np.zeros(len(self.at)))
        pence: Floats = to_pence(total)
        return pence


def money_lines(result: Result) -> tuple[MoneyLine, ...]:
    """The lines of money of a place, parties before the place as a whole."""
    tables = result.chain.by_name
    found: list[MoneyLine] = []
    for kind, (plus, minus) in OF_PARTIES.items():
        if all(_there(result, node) for node in (*plus, *minus)):
            found += _lines(result, kind, plus, minus)
    beside = [node for page in PAGES if result.chain.has(page.step) for node in page.headlines]
    known = {node for line in found for node in line.plus}
    for node in dict.fromkeys((*OF_PLACE, *beside)):
        if node not in known and _there(result, node) and tables[node[0]].column(node[1]).unit == "GBP":
            found += _lines(result, WHOLE, (node,), ())
    return tuple(found)


def _there(result: Result, node: Node) -> bool:
    table = result.chain.by_name.get(node[0])
    return table is not None and node[1] in (*table.inputs, *table.lines)


def _lines(result: Result, kind: str, plus: tuple[Node, ...], minus: tuple[Node, ...]) -> list[MoneyLine]:
    """One line for each key of a table without its year."""
    table = result.chain.by_name[plus[0][0]]
    of_key: dict[tuple[str, ...], list[int]] = {}
    years: dict[tuple[str, ...], list[str]] = {}
    for at, key in enumerate(result.values.inputs.rows[table.name].keys(table.keys)):
        own = tuple(part for part, name in zip(key, table.keys, strict=True) if name != YEAR)
        when = [part for part, name in zip(key, table.keys, strict=True) if name == YEAR]
        of_key.setdefault(own, []).append(at)
        years.setdefault(own, []).append(year_label(int(when[0])) if when else IN_ALL)
    column = table.column(plus[0][1]).label
    return [
        MoneyLine(kind, _who(result, kind, column, key), tuple(years[key]), plus, minus, np.array(at, dtype=np.intp))
        for key, at in of_key.items()
    ]


def _who(result: Result, kind: str, column: str, key: tuple[str, ...]) -> str:
    labels = ", ".join(result.place.label(part) for part in key)
    return labels if kind != WHOLE else f"{column}: {labels}" if labels else column

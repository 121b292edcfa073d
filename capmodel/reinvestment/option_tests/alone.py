"""What each option is worth by itself: value, cost, cash, each party's part, whether budgets and capacity hold it, and half its effect.

Every figure is read off the rules of `appraise` and `planning`, worked out for all starts of all options at once: each start is the only
one chosen in a row of its own. An option is shown in the start in which it is worth most. What it adds to a plan is in `in_plan`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from capmodel.algebra.evaluate import Values, evaluate
from capmodel.algebra.rows import Floats, Node
from capmodel.reinvestment import appraise
from capmodel.reinvestment.option_tests.cash import Cash, cash_of
from capmodel.reinvestment.planning import DECISION, TABLES, starts_by_option
from capmodel.reinvestment.solvers import TOLERANCE

EFFECT: Node = ("effect", "effect_share")
VALUE: Node = ("start", "value_gbp")
#: The part of the stated effect that is left where the evidence is half right.
HALF = 0.5


@dataclass(frozen=True)
class ForParty:
    """What one option does to one party.

    Attributes:
        party: its id.
        net_gbp: gain (plus) or payment (minus) by year, in pounds of the year.
        present_gbp: the same in money of the first year, discounted, whatever weight the perspective gives the party.
        paid_present_gbp: what the party pays of the option's cost, likewise.
        return_index: pounds that come back for each pound paid, both discounted; None where the party pays nothing.
        cash: payback and peak funding of the party.
    """

    party: str
    net_gbp: tuple[float, ...]
    present_gbp: float
    paid_present_gbp: float
    return_index: float | None
    cash: Cash


@dataclass(frozen=True)
class Alone:
    """An option by itself, before any other is chosen.

    Attributes:
        start: the start in which it is worth most; of equals the first.
        value_gbp: its value by the place's perspective, discounted: what it adds to the objective.
        present_gbp: its net present value to all parties together, each pound counted once.
        half_value_gbp: its value with all its effects, savings and more spend, halved.
        cost_gbp: set-up and running cost by year.
        released_gbp: cost released by year.
        not_cashable_gbp: by year, the part of the saving that leaves no cost behind it; payback counts none of it.
        economic_gbp: cashable and not cashable, less cost, in money of the first year, discounted.
        cash: payback and peak funding of the system: cost released less cost.
        short_gbp: by year, the most that a budget lacks for this option alone; zero where all are enough.
        short_of: by year, the id of that budget; empty where all are enough.
        over_capacity: the ids of what this option alone uses more of, in some year, than there is.
        parties: what it does to each party.
    """

    start: str
    value_gbp: float
    present_gbp: float
    half_value_gbp: float
    cost_gbp: tuple[float, ...]
    released_gbp: tuple[float, ...]
    not_cashable_gbp: tuple[float, ...]
    economic_gbp: float
    cash: Cash
    short_gbp: tuple[float, ...]
    short_of: tuple[str, ...]
    over_capacity: tuple[str, ...]
    parties: tuple[ForParty, ...]

    @property
    def fits(self) -> bool:
        """True where it can be paid for, and there is the capacity for it, in every year."""
        return not any(self.short_gbp) and not self.over_capacity


def with_given(known: Values, given: Mapping[Node, Floats]) -> Values:
    """What is known before the options, with some input columns changed."""
    return Values(replace(known.inputs, given={**known.inputs.given, **given}), known.figures)


def scaled_effects(known: Values, factor: float) -> Floats:
    """The effects of all options, a row for each option in which its own effects are multiplied by a factor."""
    options = known.inputs.rows["option"].columns["option"]
    own = np.array(known.inputs.rows["effect"].values("option"), dtype=object)[None, :] == np.array(options, dtype=object)[:, None]
    return np.where(own, factor, 1.0) * known.inputs.given[EFFECT]


def alone(known: Values) -> tuple[Alone, ...]:
    """Every option by itself.

    Args:
        known: everything worked out before the options.
    """
    starts = known.inputs.rows["start"].columns["start"]
    count = len(starts)
    figures = evaluate(TABLES, with_given(known, {DECISION: np.eye(count)}))
    years = known.inputs.rows["plan"].years
    parties = tuple(dict.fromkeys(known.inputs.rows["start_party"].values("party")))

    def by_start(node: Node, *shape: int) -> Floats:
        # What does not depend on the choice has no row a choice; the rows of these tables are in the order of the starts.
        found = figures.figure(node)
        return (found if found.ndim == 1 else found[0]).reshape(count, *shape, len(years))

    cost, released, free = (by_start(("start_year", name)) for name in ("cost_gbp", "start_released_gbp", "not_cashable_gbp"))
    net, paid = (by_start(("start_party", name), len(parties)) for name in ("net_gbp", "own_cost_gbp"))
    real, factor = (_plain(figures.figure(("discount", name))) for name in ("real_index", "discount_index"))
    net_present, paid_present = (appraise.counted_gbp(each, 1, real, factor).sum(axis=-1) for each in (net, paid))

    def lack(table: str, key: str, line: str) -> tuple[tuple[str, ...], Floats]:
        """The rows of a constraint, and by start, row and year what is lacking where the start is the only one chosen."""
        names = known.inputs.rows[table].columns[key]
        slack = np.broadcast_to(figures.figure((table, line)), (count, len(names) * len(years)))
        return names, np.where(slack < -TOLERANCE, -slack, 0.0).reshape(count, len(names), len(years))

    budgets, lacks = lack("budget", "budget", "budget_slack_gbp")
    resources, over = lack("capacity", "resource", "capacity_slack_number")
    worst = lacks.argmax(axis=1)
    value = _plain(figures.figure(VALUE))
    shown = best_starts(known, value)
    halved = evaluate(TABLES, with_given(known, {EFFECT: scaled_effects(known, HALF), DECISION: np.zeros(count)})).figure(VALUE)
    half = np.broadcast_to(halved, (len(shown), count))
    return tuple(
        Alone(
            start=starts[i],
            value_gbp=float(value[i]),
            present_gbp=float(net_present[i].sum()),
            half_value_gbp=float(half[position, i]),
            cost_gbp=tuple(cost[i].tolist()),
            released_gbp=tuple(released[i].tolist()),
            not_cashable_gbp=tuple(free[i].tolist()),
            economic_gbp=float(appraise.counted_gbp(released[i] + free[i] - cost[i], 1, real, factor).sum()),
            cash=cash_of((released[i] - cost[i]).tolist(), years),
            short_gbp=tuple(lacks[i].max(axis=0).tolist()),
            short_of=tuple(budgets[j] if lacks[i, j, t] else "" for t, j in enumerate(worst[i])),
            over_capacity=tuple(resource for resource, lacking in zip(resources, over[i], strict=True) if lacking.any()),
            parties=tuple(
                ForParty(
                    party=party,
                    net_gbp=tuple(net[i, j].tolist()),
                    present_gbp=float(net_present[i, j]),
                    paid_present_gbp=float(paid_present[i, j]),
                    return_index=float((net_present[i, j] + paid_present[i, j]) / paid_present[i, j]) if paid_present[i, j] else None,
                    cash=cash_of(net[i, j].tolist(), years),
                )
                for j, party in enumerate(parties)
            ),
        )
        for position, i in enumerate(shown)
    )


def best_starts(known: Values, value: Floats) -> list[int]:
    """For each option the position of the start that is worth most by itself; of equals the first."""
    return [own[int(np.argmax(value[own]))] for own in starts_by_option(known).values()]


def _plain(figures: Floats) -> Floats:
    """Figures without the row a choice, which they do not depend on."""
    return figures if figures.ndim == 1 else figures[0]

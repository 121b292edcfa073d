"""Draws of what may turn out otherwise for a place's options, for plans under uncertainty.

Three kinds of figures are drawn, and nothing twice: the assumptions that risk.yaml draws; every other assumption with a declared range,
between the ends of which it moves by a triangular distribution about its present figure, all years alike; and each effect of an option,
by the status of its evidence. Where risk.yaml states no spread of effects, what it draws of savings delivered moves all of them together.
What partners decide, such as a budget, is not drawn. An assumption that moves nothing of the options is not drawn either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from capmodel.algebra.evaluate import Inputs, Values
from capmodel.algebra.rows import Floats, Node
from capmodel.algebra.table import reads
from capmodel.assumptions.draws import Draws
from capmodel.assumptions.load import raise_if_any
from capmodel.assumptions.pack import Assumed
from capmodel.assumptions.step import names_read
from capmodel.assumptions.uncertainties import Uncertainties, Uncertainty, has_risk, read_uncertainties
from capmodel.errors import Problem, listed
from capmodel.place.place import Place
from capmodel.reinvestment.option_tests.alone import EFFECT
from capmodel.reinvestment.planning import TABLES
from capmodel.reinvestment.under_uncertainty.results import Drawn

#: What partners, a method or the Treasury decide: the frontier, scenarios and `--set` try it, and nothing happens to it by chance.
DECIDED = (
    "investment_budget_gbp", "carry_forward_flag", "recycle_share", "discount_rate_share", "fitted_need_share", "pace_of_change_share",
)  # fmt: skip
#: The adjustment for what may not be delivered: not drawn where effects are.
ADJUSTMENT = "prudence_share"
#: Draws asks for so many at the least; the first of them are taken.
_FEWEST = 100
#: Draws worked out together.
_AT_ONCE = 50


@dataclass(frozen=True)
class Moving:
    """What draws move: each with its distribution and what becomes of the inputs for its figures, a draw a row."""

    each: tuple[Uncertainty, ...]
    correlation: Floats
    effects: Mapping[str, str]  # the effect by the id of what is drawn; empty for one that moves all
    ranges: Mapping[str, tuple[float, float]]  # assumptions that move between the ends of a range
    drawn: tuple[Drawn, ...]


def moving_of(place: Place, scenario: str, before: Callable[[Inputs], Values]) -> Moving:
    """What is drawn of a place.

    Args:
        place: the place.
        scenario: the scenario that the draws surround.
        before: works out everything before the options from inputs.

    Raises:
        BadInput: risk.yaml has faults, or states a spread of effects for some kinds of evidence only.
    """
    problems: list[Problem] = []
    declared = read_uncertainties(place.pack, place.assumptions, problems) if has_risk(place.pack.folder) else None
    effects = _effects(place, declared, problems)
    raise_if_any(problems)
    stated = [each for each in declared.each if each.moves == "assumption"] if declared else []
    delivery = [each for each in declared.each if each.moves == "delivery"] if declared and not effects else []
    already = {*DECIDED, *(each.target for each in stated), *([ADJUSTMENT] if effects or delivery else [])}
    in_use = place.in_use(scenario)
    ranges = {name: assumed.range for name, assumed in in_use.items() if assumed.range and name not in already}
    found = _that_move(place, scenario, before, ranges, {each.target: each for each in stated})
    stated = [each for each in stated if each.target in found]
    by_range = {name: range_ for name, range_ in ranges.items() if name in found}
    kept = [*stated, *delivery]
    others = [*(_between(name, in_use[name]) for name in by_range), *(spread for spread, _ in effects.values())]
    each = (*kept, *(replace(spread, id=name) for name, spread in zip([*by_range, *effects], others, strict=True)))
    correlation = np.eye(len(each))
    if declared:
        at = [declared.names.index(one.id) for one in kept]
        correlation[: len(at), : len(at)] = declared.correlation[np.ix_(at, at)]
    return Moving(
        each, correlation, {name: effect for name, (_, effect) in effects.items()}, by_range, _described(place, kept, by_range, effects)
    )


def _effects(place: Place, declared: Uncertainties | None, problems: list[Problem]) -> dict[str, tuple[Uncertainty, str]]:
    """What is drawn of each effect, by an id of its own: the spread of its kind of evidence, and the effect."""
    if declared is None or not declared.effects:
        return {}
    statuses = {key[0]: figure.status for (key, _), figure in place.columns[EFFECT[1]].figures.items()}
    lacking = sorted({status for status in statuses.values() if status not in declared.effects})
    if lacking:
        why = "gaps are not filled: an effect without a spread would be taken as certain"
        of = [name for name, status in statuses.items() if status in lacking]
        what = f"there is no spread for evidence that is {listed(lacking)}, which {listed(of[:3])}{' and others have' if len(of) > 3 else ' has' if len(of) == 1 else ' have'}"
        problems.append(Problem("risk.yaml, effects", what, why, f"Add {listed(lacking)} under effects"))
    return {f"effect {name}": (declared.effects[status], name) for name, status in statuses.items() if status in declared.effects}


def _between(name: str, assumed: Assumed) -> Uncertainty:
    """An assumption between the ends of its range: minus 1 is the low end, 0 the present figure, 1 the high end."""
    parameters = {"low": -1.0, "mode": 0.0, "high": 1.0}
    first = next(iter(assumed.values.values()))
    note = "Between the ends of its declared range"
    return Uncertainty(
        name, assumed.label, "assumption", name, "same", "triangular", parameters, assumed.unit, "derived", first.source, first.as_at, note
    )


def _that_move(
    place: Place,
    scenario: str,
    before: Callable[[Inputs], Values],
    ranges: Mapping[str, tuple[float, float]],
    stated: Mapping[str, Uncertainty],
) -> set[str]:
    """The assumptions that move something an option is valued by."""
    inputs = place.inputs(scenario, [])
    own = names_read(TABLES)
    nodes = needed(before(inputs))
    found = set()
    for name in (*ranges, *stated):
        if name not in inputs.assumptions:
            continue
        ends = ranges[name] if name in ranges else _ends(stated[name])
        moved = np.array([np.full_like(np.atleast_1d(inputs.assumptions[name]), end) for end in ends])
        known = before(replace(inputs, assumptions={**inputs.assumptions, name: moved}, resolved_links=inputs.resolved_links))
        figures = [known.figures[node] for node in nodes if node in known.figures]
        if name in own or any(each.ndim > 1 and np.ptp(each, axis=0).any() for each in figures):
            found.add(name)
    return found


def _ends(each: Uncertainty) -> tuple[float, float]:
    if "low" in each.parameters:
        return each.parameters["low"], each.parameters["high"]
    return each.parameters["mean"] - each.parameters["sd"], each.parameters["mean"] + each.parameters["sd"]


def needed(known: Values) -> list[Node]:
    """The columns worked out before the options that the options read."""
    own = {table.name for table in TABLES}
    nodes = {node for table in TABLES for line in table.lines.values() for node, _ in reads(table, line)}
    return sorted(node for node in nodes if node[0] not in own and node in known.figures)


def _described(
    place: Place, stated: Sequence[Uncertainty], by_range: Mapping[str, tuple[float, float]], effects: Mapping[str, tuple[Uncertainty, str]]
) -> tuple[Drawn, ...]:
    found = [
        Drawn(each.target or each.id, "effect" if each.moves == "delivery" else "assumption", each.described, f"risk.yaml, {each.id}")
        for each in stated
    ]
    for name, (low, high) in by_range.items():
        found.append(Drawn(name, "assumption", f"triangular, low {low:g}, mode as stated, high {high:g}", "its declared range"))
    statuses = {effect: spread for spread, effect in effects.values()}
    found += [Drawn(effect, "effect", spread.described, f"risk.yaml, effects, {spread.target}") for effect, spread in statuses.items()]
    return tuple(found)


def option_draws(
    place: Place, scenario: str, before: Callable[[Inputs], Values], moving: Moving, count: int, seed: int
) -> Iterator[Values]:
    """Everything an option is valued by, in each of so many draws.

    Args:
        place: the place.
        scenario: the scenario that the draws surround.
        before: works out everything before the options from inputs.
        moving: what is drawn.
        count: how many draws.
        seed: another seed draws others.
    """
    inputs = place.inputs(scenario, [])
    draws = Draws(Uncertainties(moving.each, moving.correlation, {}, ("", "", "")), len(place.pack.years), 0, max(count, _FEWEST), seed)
    left = count
    for block in draws.blocks():
        size = min(left, len(block.variation))
        for start in range(0, size, _AT_ONCE):
            at = slice(start, min(start + _AT_ONCE, size))
            moved = _moved(inputs, moving, {name: figures[at] for name, figures in block.figures.items()})
            known = before(moved)
            nodes = needed(known)
            for k in range(at.stop - at.start):
                yield Values(_single(moved, k), {node: _row(known.figures[node], k) for node in nodes})
        left -= size


def _moved(inputs: Inputs, moving: Moving, figures: Mapping[str, Floats]) -> Inputs:
    """The inputs with what is drawn, draws on the leading axis."""
    assumptions, effects = dict(inputs.assumptions), inputs.given[EFFECT]
    names = inputs.rows[EFFECT[0]].values("effect")
    for each in moving.each:
        drawn = figures[each.id]
        if each.moves == "delivery":
            delivered = drawn.mean(axis=1, keepdims=True)
            effects = np.where(effects > 0, effects * delivered, effects)
        elif each.id in moving.effects:
            own = np.array([name == moving.effects[each.id] for name in names])
            # Nothing falls by more than all of it.
            effects = np.where(own, np.minimum(effects * drawn, 1.0), effects)
        elif each.id in moving.ranges:
            present, (low, high) = np.atleast_1d(inputs.assumptions[each.target]), moving.ranges[each.id]
            assumptions[each.target] = (
                present + np.maximum(drawn, 0) * np.maximum(high - present, 0) + np.minimum(drawn, 0) * np.maximum(present - low, 0)
            )
        else:
            assumptions[each.target] = np.broadcast_to(drawn, (len(drawn), len(np.atleast_1d(inputs.assumptions[each.target])))).copy()
    return replace(inputs, assumptions=assumptions, given={**inputs.given, EFFECT: effects})


def _single(inputs: Inputs, k: int) -> Inputs:
    """The inputs of one draw."""
    assumptions = {name: _row(np.atleast_1d(figures), k) for name, figures in inputs.assumptions.items()}
    return replace(inputs, assumptions=assumptions, given={node: _row(figures, k) for node, figures in inputs.given.items()})


def _row(figures: Floats, k: int) -> Floats:
    return figures if figures.ndim == 1 else figures[min(k, len(figures) - 1)]

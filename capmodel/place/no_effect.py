"""Figures that were set and move nothing: found from the rules by `algebra.effect`, and reported with what would switch them on.

One rule serves every figure that can be set: a term whose switch is off, a year that nothing reads, a figure that is what the
place says already. A figure moves something where money, a check or a constraint of the plan may depend on it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from capmodel.algebra.effect import ASSUMED, switches, why_not, without_effect
from capmodel.algebra.evaluate import Inputs, Values
from capmodel.algebra.rows import Floats, Node
from capmodel.algebra.table import Table
from capmodel.assumptions.inherited import figure_name
from capmodel.errors import listed
from capmodel.reinvestment.planning import DECISION

if TYPE_CHECKING:
    from capmodel.place.chain import Chain
    from capmodel.place.place import Changes, Place

AS_BEFORE = "it is what the run has without it"
AS_THEY_ARE = "as the other figures of this run are, every calculated figure stays the same"
#: So many changes are looked at one by one, the columns of more of them as a whole; and for so few the run is repeated without each.
ONE_BY_ONE, FEW = 100, 12


def idle_changes(
    place: Place, changed: Place, changes: Changes, scenario: str, tables: Sequence[Table] = (), free: Collection[str] = ()
) -> dict[str, str]:
    """Those of some changed figures that move no money, no check and no constraint of a run, and why not.

    Args:
        place: the place before the changes.
        changed: the place after all of them.
        changes: the changes by name.
        scenario: the scenario of the run.
        tables: the tables that are worked out, where not all of the chain.
        free: names of figures that may take other values too, such as those that are drawn.
    """
    before, after = place.inputs(scenario, []), changed.inputs(scenario, [])
    asked: dict[str, dict[Node, Floats]] = {}
    found, texts_of = {}, grouped(changes)
    for group, texts in texts_of.items():
        marked = differing(before, place.changed({text: changes[text] for text in texts}, scenario).inputs(scenario, []))
        if marked:
            asked[group] = marked
        else:
            found[group] = AS_BEFORE
    worked_out = tables or place.chain.tables
    also = [node for node in place.chain.slacks if any(table.name == node[0] for table in worked_out)]
    dead = without_effect(worked_out, after, {}, asked, (DECISION[1], *free), also)
    ways = switches(worked_out, also, (DECISION[1],)) if dead else {}
    found |= {group: why_not(ways.get(next(iter(asked[group])), frozenset()), after) for group in dead}
    return {text: found[group] for group, texts in texts_of.items() if group in found for text in texts}


def idle_in_scenario(place: Place, scenario: str, tables: Sequence[Table] = (), free: Collection[str] = ()) -> dict[str, str]:
    """Figures that a scenario states and that move no money, no check and no constraint of its run, and why not.

    A figure that the user has set beside is reported with what was set.

    Args:
        place: the place after what was set.
        scenario: the scenario of the run.
        tables: the tables that are worked out, where not all of the chain.
        free: names of figures that may take other values too, such as those that are drawn.
    """
    own = place.scenarios[scenario]
    stated = {
        figure_name(name, (), year): figure.value
        for name, figures in own.changes.items()
        for year, figure in figures.items()
        if figure.pack is None
    }
    bare = replace(place, scenarios={**place.scenarios, scenario: replace(own, changes={})})
    return idle_changes(bare, place, stated, scenario, tables, free)


def idle_between(chain: Chain, opening: Inputs, closing: Inputs) -> dict[str, str]:
    """Figures that differ between two runs over the same rows and move no money, no check and no constraint of either, and why not.

    Figures are named one by one, or where many differ by their columns. Which options are chosen is no figure.
    """
    tables, slacks = chain.tables, chain.slacks
    differ = {node: mask for node, mask in differing(opening, closing).items() if node != DECISION}
    one_by_one = sum(int(mask.sum()) for mask in differ.values()) <= ONE_BY_ONE
    asked = {name: marked for node, mask in differ.items() for name, marked in _named(tables, closing, node, mask, one_by_one)}
    dead = list(asked)
    for inputs in (opening, closing):
        dead = without_effect(tables, inputs, {}, {name: asked[name] for name in dead}, (DECISION[1],), slacks)
    ways = switches(tables, slacks, (DECISION[1],)) if dead else {}
    return {name: why_not(ways.get(next(iter(asked[name])), frozenset()), closing) for name in dead}


def _named(tables: Sequence[Table], inputs: Inputs, node: Node, mask: Floats, one_by_one: bool) -> Iterator[tuple[str, dict[Node, Floats]]]:
    """The marked figures of a column or an assumption, each under the name that `--set` takes; or all of them under the column's."""
    if not one_by_one:
        yield node[1], {node: mask}
        return
    if node[0] == ASSUMED:
        years = next(rows.years for rows in inputs.rows.values() if rows.years)
        keys: list[tuple[str, ...]] = [(str(year),) for year in years] if inputs.by_year[node[1]] else [()]
    else:
        keys = inputs.rows[node[0]].keys(next(table.keys for table in tables if table.name == node[0]))
    for at in np.flatnonzero(mask).tolist():
        yield figure_name(node[1], keys[at], None), {node: np.eye(1, np.size(mask), at)[0].reshape(np.shape(mask))}


def grouped(changes: Changes) -> dict[str, list[str]]:
    """Changes that are looked at together: each by itself, or where there are many all of one column."""
    if len(changes) <= ONE_BY_ONE:
        return {text: [text] for text in changes}
    found: dict[str, list[str]] = {}
    for text in changes:
        found.setdefault(text.partition("[")[0], []).append(text)
    return found


def unmoved_changes(place: Place, values: Values, changes: Changes, scenario: str) -> dict[str, str]:
    """Those of a few changed figures without which every calculated figure of a run, with the options it chose, would be the same.

    They could move money, as other figures stand they do not: a gate that every score passes either way, a limit that never binds.
    """
    if len(changes) > FEW:
        return {}
    found = {}
    taken = values.figure(DECISION).astype(int).tolist() if DECISION in values.figures else []
    lines = [(table.name, name) for table in place.chain.tables for name in table.lines]
    for text in changes:
        without = place.changed({other: value for other, value in changes.items() if other != text}, scenario).inputs(scenario, [])
        chain = place.chain
        run = chain.appraised(chain.before_options(Values(without)), taken)
        if all(np.array_equal(run.figure(node), values.figure(node)) for node in lines):
            found[text] = AS_THEY_ARE
    return found


def differing(before: Inputs, after: Inputs) -> dict[Node, Floats]:
    """The rows, or years, in which two runs over the same rows start from other figures; columns and assumptions that are the same are left out."""
    pairs = [(node, before.given[node], figures) for node, figures in after.given.items()]
    pairs += [((ASSUMED, name), before.assumptions[name], figures) for name, figures in after.assumptions.items()]
    masks = {node: np.not_equal(old, new).astype(float) for node, old, new in pairs}
    return {node: mask for node, mask in masks.items() if mask.any()}


def said_of_scenario(scenario: str, idle: Mapping[str, str]) -> list[str]:
    """Figures that a scenario states and that have no effect, as lines of text.

    >>> said_of_scenario("prudent", {"months": "it is what the run has without it"})
    ['NO EFFECT: months of the scenario prudent moves no money: it is what the run has without it']
    """
    return [f"NO EFFECT: {name} of the scenario {scenario} moves no money: {why}" for name, why in idle.items()]


def said(changes: Mapping[str, float], idle: Mapping[str, str]) -> list[str]:
    """Changes without effect as lines of text.

    >>> said({"cap_gbp[trust,loss]": 1_234_567.89}, {"cap_gbp[trust,loss]": "it counts only where cap_gbp_flag is 1"})
    ['NO EFFECT: cap_gbp[trust,loss] = 1234567.89 moves no money and no check of this run: it counts only where cap_gbp_flag is 1']
    """
    return [f"NO EFFECT: {text} = {changes[text]:.15g} moves no money and no check of this run: {why}" for text, why in idle.items()]


def said_of_years(outside: Mapping[str, Sequence[int]]) -> list[str]:
    """Figures of a place's own files for years that the model does not have, as lines of text.

    >>> said_of_years({"tables/population_growth_share.csv": [2030, 2031]})
    ['NO EFFECT: tables/population_growth_share.csv gives figures for 2030 and 2031; they are no years of the model']
    """
    return [
        f"NO EFFECT: {where} gives figures for {listed([str(year) for year in years])}; "
        + ("it is no year of the model" if len(years) == 1 else "they are no years of the model")
        for where, years in outside.items()
    ]

"""Simulates a pooled budget: draws of what its lines have still to spend, and what each partner receives or pays at the end of the year.

A line states how far its spend to come may turn out otherwise (`spend_range_share`), from a low to a high share of it around the
forecast; the distribution is triangular, and each line and year is drawn for itself. Months that are in are not drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from capmodel.algebra.evaluate import Values
from capmodel.algebra.functions import to_pence
from capmodel.algebra.fuse import fuse
from capmodel.algebra.rows import Floats, Node
from capmodel.algebra.stream import plan
from capmodel.assumptions.draws import Draws
from capmodel.assumptions.load import raise_if_any
from capmodel.assumptions.step import CONTRACT, POOL
from capmodel.assumptions.uncertainties import Uncertainties, Uncertainty
from capmodel.care_budgets.pooled.terms import FundLine, PooledBudget
from capmodel.console import Progress
from capmodel.errors import BadInput, Problem, nearest
from capmodel.place.no_effect import idle_changes, idle_in_scenario
from capmodel.place.place import Changes, Place
from capmodel.uncertainty.measures import Measure, measure
from capmodel.uncertainty.simulate import SYSTEM, Kept, Provenance, Simulation, kept, simulate
from capmodel.version import __version__

FILE = "pool.yaml"
RECEIVED: Node = ("partner_year", "received_gbp")
CASH: Node = ("fund", "check_cash_gbp")
REST: Node = ("line_year", "rest_gbp")
WHAT = "Received from the pool at the end of the year (paid: minus)"


def simulate_place(
    place: Place,
    draws: int = 10_000,
    seed: int = 1,
    scenario: str = "base",
    changes: Changes | None = None,
    sobol: bool = False,
    progress: Progress | None = None,
) -> Simulation:
    """Simulate the contract of a place or, where it has none, its pooled budget; arguments as in `simulate.simulate`.

    Raises:
        BadInput: something about the place, the draws or the changes cannot be; every fault in one report.
    """
    if place.chain.has(CONTRACT) or not place.chain.has(POOL):
        return simulate(place, draws, seed, scenario, changes, sobol, progress)
    return _simulate_pool(place, draws, seed, scenario, changes or {}, sobol, progress)


def _simulate_pool(
    place: Place, draws: int, seed: int, scenario: str, changes: Changes, sobol: bool, progress: Progress | None
) -> Simulation:
    problems: list[Problem] = []
    if scenario not in place.scenarios:
        why = "the place does not define it"
        problems.append(Problem("--scenario", f"there is no scenario {scenario!r}", why, nearest(scenario, place.scenarios)))
    uncertain = uncertainties_of(place, problems)
    raise_if_any(problems)
    changed = place.changed(changes, scenario)
    inputs = changed.inputs(scenario, problems)
    raise_if_any(problems)
    central, years = changed.chain.calculate(inputs), place.pack.years
    drawn = Draws(uncertain, len(years), 0, draws, seed, "sobol" if sobol else "pseudo-random")
    partners = list(inputs.rows["partner"].columns["partner"])
    stream = fuse(plan(changed.chain.tables, central, [REST], [RECEIVED, CASH]))
    lines = inputs.rows["line_year"].columns["fund_line"]
    gap = 0.0
    with kept(len(partners) * len(years)) as keeping:
        for block in drawn.blocks():
            rest = np.repeat(central.figure(REST)[None, :], len(block.variation), axis=0)
            for each in uncertain.each:
                at = lines.index(each.id) * len(years)
                rest[:, at : at + len(years)] = to_pence(rest[:, at : at + len(years)] * (1 + block.figures[each.id]))
            made = stream.run({REST: rest})
            gap = max(gap, float(np.abs(made[CASH]).max()))
            keeping.add(made[RECEIVED].T)
            if progress:
                progress("draws", block.first + len(block.variation), drawn.count)
        measures = tuple(_measures(partners, years, central, keeping, drawn))
    packs = tuple((edition.id, edition.sha256) for edition in place.pack.editions)
    known = (place.pack.id, place.pack.title, scenario, dict(sorted(changes.items())), drawn.method, seed, drawn.count, drawn.asked)
    provenance = Provenance(*known, __version__, changed.chain.rules_fingerprint(), packs, place.pack.as_at)
    labels = {name: place.label(name) for name in partners}
    idle = idle_changes(place, changed, changes, scenario), idle_in_scenario(changed, scenario)
    return Simulation(provenance, uncertain, measures, labels, years, gap, *idle, what=WHAT)


def uncertainties_of(place: Place, problems: list[Problem]) -> Uncertainties:
    """How far the spend to come of each line may turn out otherwise; a problem where no line says so."""
    document = place.pack.documents[FILE]
    content = document.content or {}
    agreed = document.parse(PooledBudget, (), []) if "lines" in content else None
    each = tuple(_of_line(line, agreed) for line in agreed.lines if line.spend_range_share) if agreed else ()
    if not each:
        what = "no line says how far its spend may turn out otherwise" if agreed else "a performance pot has no spend to draw"
        remedy = "Write spend_range_share: [low, high] for a line, such as [-0.03, 0.08]" if agreed else "Simulate a pooled budget"
        problems.append(Problem(FILE, what, "there is nothing to draw", remedy))
    return Uncertainties(each, np.eye(len(each)), {}, ("", "", ""))


def _of_line(line: FundLine, agreed: PooledBudget) -> Uncertainty:
    assert line.spend_range_share is not None
    low, high = line.spend_range_share
    known = line.spend_known or line
    parameters = {"low": low, "mode": 0.0, "high": high}
    status, source = known.status or line.status or agreed.status, known.source or line.source or agreed.source
    label = f"Spend to come: {line.label}"
    return Uncertainty(
        line.id, label, "spend", line.id, "each", "triangular", parameters, "share", status, source, agreed.as_at, known.note or ""
    )


def _measures(partners: list[str], years: tuple[int, ...], central: Values, keeping: Kept, drawn: Draws) -> Iterator[Measure]:
    """Each partner by year and in total, then all together."""
    expected = central.figure(RECEIVED).reshape(len(partners), len(years))
    columns = np.array([keeping.column(i) for i in range(len(partners) * len(years))]).reshape(len(partners), len(years), -1)
    independent = drawn.method == "pseudo-random"
    everybody: list[tuple[str, Floats, Floats]] = [(name, columns[i], expected[i]) for i, name in enumerate(partners)]
    everybody.append((SYSTEM, columns.sum(axis=0), expected.sum(axis=0)))
    for name, figures, central_gbp in everybody:
        for t, year in enumerate(years):
            yield measure(name, year, figures[t], float(central_gbp[t]), None, independent)
        yield measure(name, None, figures.sum(axis=0), float(central_gbp.sum()), None, independent)


def refuse_workbook(place: Place) -> None:
    """The sheet of risk shows the parties of a contract.

    Raises:
        BadInput: the place has a pooled budget and no contract.
    """
    if not place.chain.has(CONTRACT) and place.chain.has(POOL):
        why = "the sheet of risk shows the parties of a contract"
        raise BadInput(
            [Problem("--workbook", "the place has a pooled budget and no contract", why, "Leave it out; the CSV has every measure")]
        )

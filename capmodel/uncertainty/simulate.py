"""Simulates a place: its contract under seeded draws of what risk.yaml declares, and what each party may gain or lose.

The rules are the model's own, worked out for a block of draws at a time by `algebra.stream`; only the positions that are measured
are kept, in a file beside memory once they grow. The same seed gives the same draws to every scenario and every contract.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import IO, TYPE_CHECKING

import numpy as np

from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.fuse import fuse
from capmodel.algebra.rows import Floats, Node
from capmodel.algebra.stream import Stream, plan
from capmodel.assumptions.draws import Draws, Method
from capmodel.assumptions.load import raise_if_any
from capmodel.assumptions.step import CONTRACT
from capmodel.assumptions.uncertainties import Uncertainties, read_uncertainties
from capmodel.errors import BadInput, Problem, nearest
from capmodel.place import actual_cost
from capmodel.place.chain import Chain
from capmodel.place.no_effect import idle_changes, idle_in_scenario
from capmodel.place.risk import PRESSURE, not_drawn
from capmodel.place.run import run_place
from capmodel.reinvestment.planning import with_choice
from capmodel.uncertainty.measures import Measure, furthest_moved, measure
from capmodel.uncertainty.shocks import VARIANCE, Shocks
from capmodel.version import __version__

if TYPE_CHECKING:
    import pandas as pd

    from capmodel.console import Progress
    from capmodel.place.place import Changes, Place

POSITION: Node = ("settlement", "position_gbp")
SHARE: Node = ("settlement", "share_gbp")
POOL: Node = ("pool", "pool_gbp")
SYSTEM = "system"
#: Positions kept in memory, in bytes; beyond that they lie in a temporary file.
_IN_MEMORY = 16_000_000
#: Positions of a draw must add up to its variance, to half a penny a party.
_ADDS_UP = 0.05


@dataclass(frozen=True)
class Provenance:
    """What a simulation was made from: enough to repeat it to the penny."""

    place: str
    title: str
    scenario: str
    changes: Mapping[str, float]
    method: Method
    seed: int
    draws: int
    asked: int
    version: str
    rules: str
    packs: tuple[tuple[str, str], ...]  # id and fingerprint
    as_at: str
    #: Whose actual cost is settled, in words; empty where nothing is settled.
    actual_cost: str = ""


@dataclass(frozen=True)
class Simulation:
    """What may become of each party: measures by party and year, in total, and for the system as a whole.

    Attributes:
        provenance: place, scenario, method, seed, draws, version, fingerprints.
        uncertainties: what was drawn.
        measures: by party and year, then each party's total (year None), then the system's.
        parties: ids and labels, in the order of the contract.
        years: the contract years.
        largest_gap_gbp: how far the parties' positions of any draw and year are from its variance; pennies.
        idle: changes that move no party's position in any draw, and why not.
        idle_in_scenario: figures that the scenario states and that move no party's position in any draw, and why not.
        what: what is measured of each party.
    """

    provenance: Provenance
    uncertainties: Uncertainties
    measures: tuple[Measure, ...]
    parties: Mapping[str, str]
    years: tuple[int, ...]
    largest_gap_gbp: float
    idle: Mapping[str, str] = field(default_factory=dict)
    idle_in_scenario: Mapping[str, str] = field(default_factory=dict)
    what: str = "Position after settlement"

    @property
    def passed(self) -> bool:
        """True where in every draw what the parties gain and lose is the variance."""
        return self.largest_gap_gbp <= _ADDS_UP * len(self.parties)

    def of(self, party: str, year: int | None = None) -> Measure:
        """One party's measures in one year, or in total.

        Raises:
            BadInput: there is no such party or year.
        """
        for found in self.measures:
            if (found.party, found.year) == (party, year):
                return found
        known = dict.fromkeys(found.party for found in self.measures)
        raise BadInput([Problem(f"{party}, {year}", "there is no such party or year", "only parties are measured", nearest(party, known))])

    @property
    def convergence(self) -> str:
        """How far the figures are to be trusted, in one line."""
        mean, low = furthest_moved(self.measures)
        error = max(found.low_error_gbp for found in self.measures)
        return (
            f"{self.provenance.draws:,} draws. With half of them no mean is further off than £{mean:,.0f} and no 5% point than "
            f"£{low:,.0f}; the largest standard error of a mean is £{max(found.mean_error_gbp for found in self.measures):,.0f}, of a 5% point £{error:,.0f}"
        )

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Every measure as a frame: party, year (zero is the total), and a column a figure."""
        import pandas as pd

        names = [each.name for each in fields(Measure)]
        table = pd.DataFrame([[getattr(found, name) for name in names] for found in self.measures], columns=names)
        return table.assign(year=table["year"].fillna(0).astype(int))


@dataclass(frozen=True)
class Kept:
    """Columns kept from draws, block after block, to be read one column at a time."""

    file: IO[bytes]
    columns: int
    sizes: list[int]

    def add(self, block: Floats) -> None:
        """Keep a block, columns on the leading axis."""
        self.file.write(np.ascontiguousarray(block).tobytes())
        self.sizes.append(block.shape[1])

    def column(self, at: int) -> Floats:
        """One column over all draws, in the order in which they were drawn."""
        parts, begin = [], 0
        for size in self.sizes:
            self.file.seek((begin + at * size) * 8)
            parts.append(np.frombuffer(self.file.read(size * 8)))
            begin += self.columns * size
        return np.concatenate(parts)


@contextmanager
def kept(columns: int) -> Iterator[Kept]:
    """A place for columns, gone when it is left."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        yield Kept(file, columns, [])


@dataclass(frozen=True)
class Setting:
    """A place made ready to simulate: its central case and its draws."""

    place: Place
    scenario: str
    changes: Changes
    uncertainties: Uncertainties
    central: Values
    shocks: Shocks
    #: The place before the changes.
    before: Place

    def idle(self, varied: Collection[str] = ()) -> tuple[dict[str, str], dict[str, str]]:
        """Changes, then figures of the scenario, that move no party's position in any draw, and why not; `varied` takes other values too."""
        free = [*(each if isinstance(each, str) else each[1] for each in self.shocks.moved), *varied]
        tables = self.chain.to_settlement
        changed = idle_changes(self.before, self.place, self.changes, self.scenario, tables, free)
        return changed, idle_in_scenario(self.place, self.scenario, tables, free)

    @property
    def chain(self) -> Chain:
        """The tables of its chain."""
        return self.place.chain

    def settled(self, inputs: Inputs) -> Values:
        """The chain down to the settlement."""
        return settled(self.chain, inputs)

    def stream(self, wanted: Sequence[Node]) -> Stream:
        """The plan for some columns of this simulation."""
        return plan(self.chain.tables, self.central, self.shocks.moved, wanted)

    @property
    def provenance(self) -> Provenance:
        """What it is made from."""
        pack, draws = self.place.pack, self.shocks.draws
        packs = tuple((edition.id, edition.sha256) for edition in pack.editions)
        made = (draws.method, draws.seed, draws.count, draws.asked, __version__, self.chain.rules_fingerprint(), packs, pack.as_at)
        return Provenance(pack.id, pack.title, self.scenario, dict(sorted(self.changes.items())), *made, actual_cost.in_words(self.place))

    @property
    def parties(self) -> dict[str, str]:
        """The parties of the contract, with their labels."""
        return {entry.id: entry.label for entry in self.place.pack.dimensions["party"]}


def settled(chain: Chain, inputs: Inputs) -> Values:
    """The steps of the chain down to the settlement; with the options that the inputs choose, where the actual cost of the plan is settled."""
    known = chain.before_options(Values(inputs))
    return evaluate(chain.of_options, known) if chain.on_plan else known


def make_ready(place: Place, scenario: str, changes: Changes, draws: int, seed: int, sobol: bool) -> Setting:
    """Read the place's uncertainties and work out its central case.

    Raises:
        BadInput: risk.yaml, the scenario, a changed figure, the draws or the seed cannot be, or the place has no contract.
    """
    place.need(CONTRACT)
    if PRESSURE not in place.chain.reads:
        raise BadInput([not_drawn(place.pack.id, "Give budgets in the place of the target and the actual cost, and a risk.yaml")])
    problems: list[Problem] = []
    if scenario not in place.scenarios:
        why = "the place does not define it"
        problems.append(Problem("--scenario", f"there is no scenario {scenario!r}", why, nearest(scenario, place.scenarios)))
    uncertainties = read_uncertainties(place.pack, place.assumptions, problems)
    raise_if_any(problems)
    assert uncertainties is not None
    changed = place.changed(changes, scenario)
    place.chain.check_figures(changed.columns, problems)
    inputs = changed.inputs(scenario, problems)
    raise_if_any(problems)
    if place.chain.on_plan:
        # The best plan of the scenario, as `run` chooses it: the draws do not choose again.
        inputs = with_choice(Values(inputs), list(run_place(place, scenario, changes).choice.values())).inputs
    central = settled(place.chain, inputs)
    variations = len(inputs.rows["variation"]) if uncertainties.variation else 0
    drawn = Draws(uncertainties, len(place.pack.years), variations, draws, seed, "sobol" if sobol else "pseudo-random")
    shocks = Shocks(central, drawn)
    return Setting(changed, scenario, changes, uncertainties, central, shocks, place)


def simulate(
    place: Place,
    draws: int = 10_000,
    seed: int = 1,
    scenario: str = "base",
    changes: Changes | None = None,
    sobol: bool = False,
    progress: Progress | None = None,
) -> Simulation:
    """Draw what may turn out otherwise, settle every draw, and measure each party's position.

    Args:
        place: a place with a risk.yaml.
        draws: how many; at least 100. Sobol points are rounded up to 16 scramblings of a power of two.
        seed: another seed draws others; the same one the same.
        scenario: the scenario that is the central case.
        changes: single figures to change, by name.
        sobol: scrambled Sobol points instead of pseudo-random draws.
        progress: called with how many draws are done.

    Raises:
        BadInput: something about the place, the draws or the changes cannot be; every fault in one report.
    """
    ready = make_ready(place, scenario, changes or {}, draws, seed, sobol)
    parties, years, shocks = list(ready.parties), ready.place.pack.years, ready.shocks
    stream = fuse(ready.stream([POSITION, VARIANCE]))
    calm = ready.settled(shocks.calm(ready.chain.tables)) if shocks.draws.variations else None
    by_chance_alone = fuse(plan(ready.chain.tables, calm, shocks.by_chance_moved, [SHARE, POOL])) if calm else None
    places, gap = len(parties) * len(years), 0.0
    paid, lost, size = np.zeros(places + len(years)), np.zeros(places + len(years)), shocks.draws.count
    with kept(places + len(years)) as keeping:
        for block in shocks.draws.blocks():
            made = stream.run(shocks.of(block))
            position, variance = made[POSITION], made[VARIANCE]
            gap = max(gap, float(np.abs(position.reshape(-1, len(parties), len(years)).sum(axis=1) - variance).max()))
            keeping.add(np.concatenate([position.T, variance.T]))
            if by_chance_alone:
                chanced = by_chance_alone.run(shocks.by_chance(block))
                shares = np.concatenate([chanced[SHARE].T, chanced[POOL].T])
                paid += (shares > 0).sum(axis=1)
                lost += (shares < 0).sum(axis=1)
            if progress:
                progress("draws", block.first + len(block.variation), size)
        by_chance = [(float(a), float(b)) for a, b in zip(paid / size, lost / size, strict=True)] if by_chance_alone else [None] * len(paid)
        measures = list(_measures(ready, keeping, by_chance))
    return Simulation(ready.provenance, ready.uncertainties, tuple(measures), ready.parties, years, gap, *ready.idle())


def _measures(ready: Setting, keeping: Kept, by_chance: Sequence[tuple[float, float] | None]) -> Iterator[Measure]:
    """Each party by year and in total, then the system."""
    years, independent = ready.place.pack.years, ready.shocks.draws.method == "pseudo-random"
    central = np.concatenate([ready.central.figure(POSITION), ready.central.figure(VARIANCE)]).reshape(-1, len(years))
    for i, party in enumerate([*ready.parties, SYSTEM]):
        whole = np.zeros(ready.shocks.draws.count)
        for t, year in enumerate(years):
            figures = keeping.column(i * len(years) + t)
            whole += figures
            yield measure(party, year, figures, central[i, t], by_chance[i * len(years) + t], independent)
        yield measure(party, None, whole, float(central[i].sum()), None, independent)

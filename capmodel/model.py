"""The roof: loads a place, and takes the six calls in order, from segment spend to the workbook.

    spend -> capitation -> care budgets -> settlement -> options and the choice -> workbook

Every door is thin: what stands behind it is in `place`, `uncertainty` and `workbook`. Nothing is calculated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from capmodel.place import place as places
from capmodel.place import result as results
from capmodel.place.place import Changes
from capmodel.place.read import read_place
from capmodel.place.run import run_place
from capmodel.place.scenarios import BASE
from capmodel.reinvestment.ranking import NEAR_SHARE
from capmodel.reinvestment.solve import TIME_LIMIT_S

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised
    from capmodel.place.trials import Trials
    from capmodel.uncertainty.simulate import Simulation

_Kind = TypeVar("_Kind", bound="Place | Result")


def load(place: str | Path, versions: int | None = None) -> Place:
    """Read a place: its pack, the national pack under it, its contract and its options.

    Args:
        place: the place's folder, such as `assumptions/places/north-west-london`.
        versions: how many versions of accepted figures it has; by default, all of them.

    Raises:
        BadInput: with every problem found in any file, in one report.
    """
    return _with_doors(Place, read_place(place, versions))


class Place(places.Place):
    """A place that has been read and found sound; `run` works out its model."""

    def run(
        self,
        scenario: str = BASE,
        changes: Changes | None = None,
        solver: str = "highs",
        chosen: Mapping[str, int] | None = None,
        near_share: float = NEAR_SHARE,
        time_limit_s: float = TIME_LIMIT_S,
    ) -> Result:
        """Work out the whole chain.

        Args:
            scenario: one of the place's scenarios.
            changes: single figures to change, by name.
            solver: the solver that chooses options.
            chosen: options already chosen (1) or not (0), in which case nothing is optimised.
            near_share: other choices of options worth within this share of the best are listed.
            time_limit_s: for all that is asked of the solver.

        Raises:
            BadInput: a scenario or a changed figure does not exist or cannot be.
            NoPlan: no choice of options keeps every constraint.
        """
        return _with_doors(Result, run_place(self, scenario, changes, solver, chosen, near_share, time_limit_s))

    def simulate(
        self,
        draws: int = 10_000,
        seed: int = 1,
        scenario: str = BASE,
        changes: Changes | None = None,
        sobol: bool = False,
    ) -> Simulation:
        """What each party may gain or lose under the uncertainties of risk.yaml, or each partner of a pooled budget; `frame` has the measures.

        Args:
            draws: how many draws.
            seed: another seed draws others.
            scenario: the scenario that is the central case.
            changes: single figures to change, by name.
            sobol: scrambled Sobol points instead of pseudo-random draws.

        Raises:
            BadInput: risk.yaml, the draws, the scenario or a changed figure cannot be.
        """
        from capmodel.uncertainty.pool_draws import simulate_place

        return simulate_place(self, draws, seed, scenario, changes, sobol)

    def optimise(
        self,
        scenario: str = BASE,
        changes: Changes | None = None,
        solver: str = "highs",
        near_share: float = NEAR_SHARE,
        time_limit_s: float = TIME_LIMIT_S,
        trials: Trials | None = None,
    ) -> Optimised:
        """Choose the options and test every one of them; `tests` holds what was found about each, `tried` the plans under uncertainty and the frontiers.

        Args:
            scenario: one of the place's scenarios; the decisions are tried in the others too.
            changes: single figures to change, by name.
            solver: the solver that chooses options.
            near_share: other choices worth within this share of the best are listed.
            time_limit_s: for what is asked of the solver about one plan.
            trials: weights of scenarios, level of expected shortfall, draws, budgets and perspectives that are tried.

        Raises:
            BadInput: the place has no options, or the scenario, a changed figure or what is tried cannot be.
            NoPlan: no choice of options keeps every constraint.
        """
        from capmodel.place.optimise import optimise_place

        return optimise_place(self, scenario, changes, solver, near_share=near_share, time_limit_s=time_limit_s, trials=trials)


class Result(results.Result):
    """Every figure of one run, and how to read, explain, compare and write it."""

    place: Place

    def to_workbook(self, path: str | Path, simulation: Simulation | None = None, optimised: Optimised | None = None) -> Path:
        """Call 6: write the open-book workbook; an existing file is replaced whole or not at all.

        Where an independent recalculation disagrees with a cell, the book's certificate says so and its master flag is CHECK.

        Args:
            path: the file.
            simulation: a simulation of the same run, whose risk is shown in the book.
            optimised: the tests of the options of the same run, which are shown in the book.

        Raises:
            BadInput: the simulation, or the tests, are of another run.
        """
        from capmodel.workbook.sheets import write_workbook

        write_workbook(self, Path(path), simulation, optimised)
        return Path(path)


def _with_doors(kind: type[_Kind], made: places.Place | results.Result) -> _Kind:
    """The same figures, with the doors of the roof."""
    return kind(**{each.name: getattr(made, each.name) for each in fields(made)})

"""Makes the run of a workbook that came back again: as the workbook says it was made, and as its inputs stand now.

What it says of itself is in `provenance`; what is compared with the run is in `verify`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capmodel.errors import BadInput, CapmodelError, Problem
from capmodel.place.optimise import optimise_place
from capmodel.place.run import run_place
from capmodel.version import __version__
from capmodel.workbook.returned.provenance import Claim, limits_of, trials_of
from capmodel.workbook.returned.read import Address, Figures, ReadCell

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised
    from capmodel.place.place import Place
    from capmodel.place.result import Result

CHOSEN = "chosen_flag["  # how the names of decisions begin


def why_not(claim: Claim, place: Place) -> str:
    """Why the book cannot be made again from the packs here; empty where it can."""
    stale = [f"the pack {edition.id}" for edition in place.pack.editions if claim.packs.get(edition.id) != edition.sha256]
    version, rules = claim.made_by
    if version != __version__ or (rules or place.chain.rules_fingerprint()) != place.chain.rules_fingerprint():
        stale.append(f"capmodel (it was {version or 'not said'}, this is {__version__})")
    return f"{' and '.join(stale)} changed since the workbook was made, or it was made from others" if stale else ""


def another_run(claim: Claim, made: Result) -> str:
    """Why the run that was made again is another than the one the workbook names."""
    what = f"the run it names, {claim.run[:12] or 'none'}, is not the one that what it says of itself makes here, {made.run_id[:12]}"
    if claim.solver or claim.chosen is not None:
        return what
    return f"{what}: its options were chosen by hand, and which ones is no longer known, because its properties are lost"


def as_made(claim: Claim, place: Place, scenario: str, changes: Mapping[str, float], standing: Mapping[str, int]) -> Result:
    """The run the workbook says it was made by; whether it says so truly is seen from its run id and its cells."""
    taken = standing if claim.chosen is None else dict.fromkeys(claim.chosen, 1)
    chosen = None if claim.solver else {start.id: taken.get(start.id, 0) for start in place.choices.starts}
    near, limit = limits_of(claim)
    try:
        return run_place(place, scenario, changes, claim.solver or "highs", chosen, near, limit)
    except CapmodelError as error:
        why = "the run it says it was made by cannot be made again"
        raise BadInput([Problem("what the workbook says of its run", str(error), why, "Ask for the workbook again")]) from error


def tests_again(claim: Claim, place: Place, made: Result) -> Optimised | None:
    """The tests of every option of the run, where the workbook says that it shows them, asked within the limits of the run."""
    if not claim.tested or made.plan is None:
        return None
    plan = made.plan
    near, limit, trials = plan.near_share, plan.time_limit_s, trials_of(claim)
    return optimise_place(place, made.scenario, made.changes, plan.solver, near_share=near, time_limit_s=limit, trials=trials)


def choice(cells: Mapping[Address, ReadCell], pack: Figures) -> dict[str, int]:
    """The options chosen as the inputs stand, which is how they were chosen unless somebody has changed them."""
    return {
        content.change[len(CHOSEN) : -1]: int(cell.value == 1)
        for where, content in pack.items()
        if content.change.startswith(CHOSEN) and (cell := cells.get(where)) is not None
    }


def run_again(standing: dict[str, float], scenario: str, place: Place) -> Result:
    """Run the engine with the inputs that stand in a workbook."""
    chosen = {start.id: int(standing.pop(f"{CHOSEN}{start.id}]", 0)) for start in place.choices.starts}
    return run_place(place, scenario, standing, chosen=chosen)

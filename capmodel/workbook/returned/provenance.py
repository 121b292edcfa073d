"""What a workbook says of the run it was made by: its properties, or the same from its cells where a program lost them.

It is a claim. The place is never taken from a path in the file, and whether the claim is true is seen when the run is made again:
the run id is a hash of everything a run is made from.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.assumptions.scaffold import NAME, packs_root
from capmodel.errors import BadInput, Problem
from capmodel.place.trials import Trials, trials_read
from capmodel.reinvestment.ranking import NEAR_SHARE
from capmodel.reinvestment.solve import TIME_LIMIT_S
from capmodel.workbook.pages.frontier import AS_USUAL, ASKED
from capmodel.workbook.returned.read import ReadCell

if TYPE_CHECKING:
    from capmodel.place.place import Place

MOST_DRAWS = 10_000_000
MOST_SECONDS = 86_400
CHANGE = "change_"  # properties that name the figures set for the run
TRIALS = "trials_"  # properties that say what was asked of the trials
CHOSEN = "chosen_"  # properties that name the options taken, where the choice was given
_RUN = re.compile(r"[0-9a-f]{64}")
_SET = re.compile(r"(?P<name>\S+) set to (?P<value>\S+)")
#: Sheets that say what a run was made from.
COVER, LOG, PLAN, RISK, TESTS, CERTIFICATE = "Cover", "Change log", "Recorded plan", "Recorded risk", "Recorded tests", "Certificate"
FRONTIER = "Recorded frontier"

Cells = Mapping[tuple[str, int, int], ReadCell]


@dataclass(frozen=True)
class Claim:
    """The run that a workbook says it was made by.

    Attributes:
        run: the run id.
        place: the name of the place.
        packs: the fingerprint of each pack, by its id.
        made_by: the version of capmodel; and the fingerprint of its rules, empty where it is not known.
        scenario: the id of the scenario, or its label where the properties are lost.
        changes: figures set for the run, by name.
        solver: the solver that chose the options; empty where the choice was given.
        chosen: the options chosen, where the choice was given and is known.
        draws: draws and seed of a simulation, as they are written, and its method; None where none was made.
        asked: within which share of the best other choices are listed, and the time limit in seconds; None where nothing was optimised.
        tested: it shows the tests of every option.
        trials: what was asked of plans under uncertainty and of the frontiers otherwise than usual.
        engine: the program that recalculated it when it was made, with its version, as the certificate has it.
        from_cells: the properties are lost, and all this is read from the cells.
    """

    run: str
    place: str
    packs: Mapping[str, str]
    made_by: tuple[str, str]
    scenario: str
    changes: Mapping[str, str]
    solver: str
    chosen: tuple[str, ...] | None
    draws: tuple[str, str, str] | None
    asked: tuple[str, str] | None = None
    tested: bool = False
    trials: str = ""
    engine: str = ""
    from_cells: bool = False


def claim_of(properties: Mapping[str, str], cells: Cells) -> Claim:
    """What the properties say, or the cells where the properties are lost."""
    if "run_id" not in properties:
        return _claim_of_cells(cells)
    changes = (text.rpartition("=") for name, text in properties.items() if name.startswith(CHANGE))
    packs = (text.rpartition(" ") for name, text in properties.items() if name.startswith("pack_"))
    simulated = (properties.get("draws", ""), properties.get("seed", ""), properties.get("method", ""))
    chosen = tuple(option for name, option in properties.items() if name.startswith(CHOSEN))
    return Claim(
        run=properties["run_id"],
        place=properties.get("place", ""),
        packs={name: sha256 for name, _, sha256 in packs},
        made_by=(properties.get("capmodel_version", ""), properties.get("rules", "")),
        scenario=properties.get("scenario", "base"),
        changes={name: value for name, _, value in changes},
        solver=properties.get("solver", ""),
        chosen=chosen if "choice" in properties else None,
        draws=simulated if "draws" in properties else None,
        asked=(properties["near_share"], properties.get("time_limit_s", "")) if "near_share" in properties else None,
        tested="tests" in properties,
        trials="".join(text for name, text in properties.items() if name.startswith(TRIALS)),
        engine=_beside(cells, CERTIFICATE).get("Recalculated by", ""),
    )


def _claim_of_cells(cells: Cells) -> Claim:
    facts = _beside(cells, COVER)
    packs = {
        label.removeprefix("Pack "): found[0]
        for label, text in facts.items()
        if label.startswith("Pack ") and (found := _RUN.findall(text))
    }
    version = re.search(r"capmodel ([\w.+-]+)", facts.get("Made by", ""))
    run = _RUN.search(facts.get("Run", ""))
    log = [str(cell.value) for (sheet, _, column), cell in cells.items() if sheet == LOG and column == 1 and not cell.is_input]
    changes = {match["name"]: match["value"] for text in log if (match := _SET.fullmatch(text))}
    plan = _beside(cells, PLAN)
    solver, limit = plan.get("Solver", ""), plan.get("Time limit, in seconds")
    near = next((match[1] for label in plan if (match := re.fullmatch(r"Other choices worth within (\S+)% of it", label))), "")
    risk, asked = _beside(cells, RISK), _beside(cells, FRONTIER).get(ASKED, AS_USUAL)
    whole = {name: risk.get(name, "").removesuffix(".0") for name in ("Draws asked for", "Seed")}
    return Claim(
        run=run[0] if run else "",
        place=next((name for name in packs if "/" not in name), ""),
        packs=packs,
        made_by=(version[1] if version else "", ""),
        scenario=facts.get("Made in", "").partition(": ")[0],
        changes=changes,
        solver="" if solver.startswith("none") else solver,
        chosen=None,
        draws=(whole["Draws asked for"], whole["Seed"], risk.get("Method", "")) if risk else None,
        asked=None if limit is None else (_part(near), limit),
        tested=bool(_beside(cells, TESTS)),
        trials="" if asked == AS_USUAL else asked,
        engine=_beside(cells, CERTIFICATE).get("Recalculated by", ""),
        from_cells=True,
    )


def _part(per_cent: str) -> str:
    """A number of per cent as a share, as it is written.

    >>> _part("1"), _part("none")
    ('0.01', 'none')
    """
    try:
        return repr(float(per_cent) / 100)
    except ValueError:
        return per_cent


def _beside(cells: Cells, sheet: str) -> dict[str, str]:
    """The text or formula beside each label of a sheet."""
    found: dict[str, str] = {}
    for (name, row, column), cell in cells.items():
        if name == sheet and column == 0 and (beside := cells.get((sheet, row, 1))) is not None:
            found.setdefault(str(cell.value), f"{beside.formula or beside.value}")
    return found


def place_named(claim: Claim) -> Path | None:
    """The folder of the place a workbook names, among the packs here; a path in a file is not followed."""
    if not re.fullmatch(NAME, claim.place):
        return None
    folders = (Path("assumptions/places") / claim.place, packs_root() / "places" / claim.place)
    return next((folder for folder in folders if folder.is_dir()), None)


def scenario_of(claim: Claim, place: Place) -> str:
    """The id of the scenario a workbook was made in.

    Raises:
        BadInput: the place has none of that name.
    """
    found = [name for name, scenario in place.scenarios.items() if claim.scenario in ((scenario.label,) if claim.from_cells else (name,))]
    if not found:
        why = f"the scenarios of {place.pack.id} are {', '.join(place.scenarios)}"
        raise BadInput([_problem("scenario", f"the workbook says it was made in the scenario {claim.scenario!r}", why)])
    return found[0]


def changes_of(claim: Claim) -> dict[str, float]:
    """The figures that a workbook says were set for its run.

    Raises:
        BadInput: one of them is no number.
    """
    changes: dict[str, float] = {}
    problems = []
    for name, text in claim.changes.items():
        try:
            changes[name] = float(text)
        except ValueError:
            changes[name] = math.nan
        if not name or not math.isfinite(changes[name]):
            problems.append(
                _problem(f"figure set for the run: {name or 'without a name'}", f"the workbook says {text!r}", "a figure is a number")
            )
    if problems:
        raise BadInput(problems)
    return changes


def draws_of(claim: Claim) -> tuple[int, int, bool] | None:
    """Draws, seed and whether they are Sobol points, of the simulation a workbook says it shows.

    Raises:
        BadInput: they are no whole numbers, or more draws than can be made.
    """
    if claim.draws is None:
        return None
    draws, seed, method = claim.draws
    if not all(text.isascii() and text.isdigit() and len(text) < 20 for text in (draws, seed)) or int(draws) > MOST_DRAWS:
        what = f"the workbook says that {draws!r} draws were made from seed {seed!r}"
        raise BadInput([_problem("draws", what, f"they are whole numbers, with {MOST_DRAWS:,} draws at most")])
    return int(draws), int(seed), method == "sobol"


def limits_of(claim: Claim) -> tuple[float, float]:
    """Within which share of the best other choices were listed, and the time limit in seconds; the usual ones where nothing was optimised.

    Raises:
        BadInput: they are no numbers, or no share and no time.
    """
    if claim.asked is None:
        return NEAR_SHARE, TIME_LIMIT_S
    try:
        near, limit = map(float, claim.asked)
    except ValueError:
        near = limit = math.nan
    if not (0 <= near <= 1 and 0 < limit <= MOST_SECONDS):
        what = f"the workbook says that choices within {claim.asked[0]!r} of the best were asked for in {claim.asked[1]!r} seconds"
        raise BadInput([_problem("choice of options", what, f"they are a share and a time, with {MOST_SECONDS:,} seconds at most")])
    return near, limit


def trials_of(claim: Claim) -> Trials:
    """What was asked of plans under uncertainty and of the frontiers.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        return trials_read(claim.trials)
    except (ValueError, AttributeError, RecursionError) as error:
        why = "what it says of it cannot be read"
        raise BadInput([_problem("trials", f"the workbook says {claim.trials[:60]!r} was asked ({error})", why)]) from None


def _problem(where: str, what: str, why: str) -> Problem:
    return Problem(where, what, why, "Ask for the workbook again")

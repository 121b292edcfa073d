"""Whether the uncertainties that a place declares can be drawn in it: risk.yaml moves what the contract's parties gain and lose."""

from __future__ import annotations

from collections.abc import Mapping

from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.pack import Assumed, Pack
from capmodel.assumptions.step import CAPITATION, CONTRACT
from capmodel.assumptions.uncertainties import has_risk, read_uncertainties
from capmodel.errors import Problem
from capmodel.place.chain import Chain
from capmodel.place.steps import why_absent

#: What is drawn in every simulation: actual cost against the budget.
PRESSURE = "demand_pressure_share"
_FILE = "risk.yaml"


def check_risk(pack: Pack, chain: Chain, assumptions: Mapping[str, Assumed], problems: list[Problem]) -> None:
    """Report what is wrong with risk.yaml, where there is one, and what of it no step of the place reads."""
    if not has_risk(pack.folder):
        return
    if not chain.has(CONTRACT):
        why = "it declares how far the contract's parties may gain or lose"
        problems.append(Problem(_FILE, "the place does not have the step contract", why, "Add contract.yaml, or remove the file"))
        return
    if PRESSURE not in chain.reads:
        problems.append(not_drawn(_FILE, "Remove the file, or give budgets in the place of the target and the actual cost"))
        return
    absent = _absent_names(pack, chain)
    found: list[Problem] = []
    uncertainties = read_uncertainties(pack, assumptions, found)
    problems += absent.values()
    # What is said of a name of an absent step would say it twice.
    problems += [problem for problem in found if not any(repr(name) in problem.what for name in absent)]
    if uncertainties and uncertainties.variation and not chain.has(CAPITATION):
        what, why = (
            "persons: is given, and the place does not have the step capitation",
            "chance varies with the people of each segment and year",
        )
        problems.append(Problem(f"{_FILE}, persons", what, why, "Leave persons: out, or add the files of capitation and segment spend"))


def not_drawn(where: str, remedy: str) -> Problem:
    """The report of a place whose actual cost is given, so that there is nothing to draw."""
    what, why = "the actual cost of the place is given by a table", "there is no expected cost that could turn out otherwise"
    return Problem(where, what, why, remedy)


def _absent_names(pack: Pack, chain: Chain) -> dict[str, Problem]:
    """The assumptions of absent steps that the file names."""
    document = read_mapping(pack.folder / _FILE, [])
    declared = document.content.get("uncertainties") if document else None
    found: dict[str, Problem] = {}
    for name, given in declared.items() if isinstance(declared, dict) and document else ():
        for field in ("assumption", "range_of"):
            stated = given.get(field) if isinstance(given, dict) else None
            absent = why_absent(stated, chain.steps) if isinstance(stated, str) else None
            if absent and document and isinstance(stated, str):
                found[stated] = document.problem(["uncertainties", name, field], absent[0], "it would move nothing", absent[1])
    return found

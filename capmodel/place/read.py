"""Reads a place: its pack, the national pack under it, its contract and its options; all that is wrong is one report."""

from __future__ import annotations

from pathlib import Path

from capmodel.assumptions.load import load_pack, raise_if_any
from capmodel.assumptions.pack import Column, Figure, lost, lost_as
from capmodel.assumptions.scaffold import known_place
from capmodel.assumptions.supply import check_names
from capmodel.assumptions.uncertainties import has_risk, read_uncertainties
from capmodel.contracts.read import read_terms
from capmodel.errors import BadInput, Problem, nearest
from capmodel.place.chain import CHAINS
from capmodel.place.place import BASE, SET_BY_OPTIMISER, Place, in_scope
from capmodel.place.whole import check_the_rest, check_unread, every_route, lost_routes, routes_of
from capmodel.reinvestment import appraise
from capmodel.reinvestment.options import read_options


def read_place(place: str | Path) -> Place:
    """Read a place: its pack, the national pack under it, its contract and its options.

    Args:
        place: the place's folder, such as `assumptions/places/north-west-london`.

    Raises:
        BadInput: with every problem found in any file, in one report.
    """
    problems: list[Problem] = []
    pack = load_pack(known_place(str(place)), problems)
    raise_if_any(problems if pack is None else [])
    assert pack is not None
    chain = CHAINS[pack.basis]
    check_unread(pack, problems)
    routes = routes_of(pack, chain, problems)
    if routes is not None:
        chain.route.check(pack, problems)
        appraise.check_index(pack, problems)
    parties, settings = pack.dimensions.get("party", ()), [entry.id for entry in pack.dimensions.get("setting", ())]
    terms = None
    if routes is not None and not (lost_routes(pack, chain, problems) and "mechanism" in (pack.contract.content or {})):
        lines = every_route(pack) if lost_routes(pack, chain, problems) else routes
        terms = read_terms(pack.contract, parties, settings, pack.years, lines, problems, in_scope(pack.columns))
    choices = read_options(pack.options, pack.dimensions, pack.sources, pack.years, pack.as_at, problems)
    source = (pack.contract.content or {}).get("source")
    if source is not None and source not in pack.sources and not lost(pack.sources, str(source)):
        what, why = f"the source {source!r} is not in sources.yaml", "every term states where it comes from"
        problems.append(pack.contract.problem(["source"], what, why, nearest(str(source), pack.sources)))
    if routes is None or terms is None or choices is None or lost_routes(pack, chain, problems):
        check_the_rest(pack, chain, routes is not None, problems)
        raise BadInput(problems)
    unchosen = Figure(0.0, "fitted", SET_BY_OPTIMISER, pack.as_at, "0 or 1, chosen by the optimiser; see Recorded runs")
    decisions = Column("chosen_flag", ("option",), {((option,), None): unchosen for option in choices.options}, "optimiser")
    made = Place(
        pack,
        terms,
        choices,
        assumptions={**chain.used(pack.assumptions), **terms.assumptions},
        scenarios=pack.scenarios,
        columns=lost_as({**chain.used(pack.columns), **terms.columns, **choices.columns, decisions.name: decisions}, pack.columns),
    )
    check_names(chain.tables, made.assumptions, problems, pack.assumptions)
    if has_risk(pack.folder):
        read_uncertainties(pack, made.assumptions, problems)
    if BASE in made.scenarios:
        made.inputs(BASE, problems)
    raise_if_any(problems)
    return made

"""Reads a place: its pack, the national pack under it, and the files of its steps; all that is wrong is one report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.load import load_pack, raise_if_any
from capmodel.assumptions.pack import Column, Figure, Pack, lost, lost_as
from capmodel.assumptions.scaffold import known_place
from capmodel.assumptions.step import CONTRACT, OPTIONS
from capmodel.assumptions.supply import check_names
from capmodel.contracts.agreements.edition import with_scheme
from capmodel.contracts.read import read_terms
from capmodel.contracts.terms import Terms
from capmodel.errors import BadInput, Problem, gathered, nearest
from capmodel.place.accepted import with_accepted
from capmodel.place.chain import Chain, chain_of
from capmodel.place.place import SET_BY_OPTIMISER, Place, in_scope
from capmodel.place.risk import check_risk
from capmodel.place.scenarios import BASE
from capmodel.place.steps import ON_PLAN, check_actual_cost, check_settled, check_steps, members_of, steps_of, tables_in
from capmodel.place.whole import check_given_twice, check_labels, check_the_rest, check_unread, every_route, lost_routes, rows_known
from capmodel.reinvestment.budgets import remarks
from capmodel.reinvestment.options.choices import NO_OPTIONS, Choices
from capmodel.reinvestment.options.read import read_options


def read_place(place: str | Path, versions: int | None = None, changed: Callable[[Pack], Pack] | None = None) -> Place:
    """Read a place: its pack, the national pack under it, and the files of the steps it has.

    Args:
        place: the place's folder, such as `assumptions/places/north-west-london`.
        versions: how many versions of accepted figures it has; by default, all of them.
        changed: what is changed in its files before they are put together.

    Raises:
        BadInput: with every problem found in any file, in one report.
    """
    problems: list[Problem] = []
    folder = known_place(str(place))
    tables = tables_in(folder)
    steps = steps_of(folder, tables)
    needed = [file for step in steps for file in step.files]
    pack = load_pack(folder, problems, members_of(steps, tables), needed, any(step.read is None for step in steps), versions)
    raise_if_any(problems if pack is None else [])
    assert pack is not None
    pack = with_scheme(changed(pack) if changed else pack)
    unknown = len(problems)
    check_steps(pack, steps, tables, problems)
    if not steps or any(problem.where.startswith("place.yaml") for problem in problems[unknown:]):
        raise BadInput(problems)
    return _whole(pack, chain_of(steps, tables), tables, problems)


def _whole(pack: Pack, chain: Chain, tables: Sequence[str], problems: list[Problem]) -> Place:
    """The place of a pack, or one report of all that is wrong with it."""
    problems += [each.lacking for each in chain.used(pack.assumptions).values() if each.lacking]
    check_actual_cost(pack, chain.steps, problems)
    check_unread(pack, chain, tables, problems)
    known = rows_known(pack, chain, tables, problems)
    if known:
        chain.check(pack, problems)
    terms = _terms(pack, chain, known, problems) if chain.has(CONTRACT) else None
    choices = (
        read_options(pack.options, pack.dimensions, pack.sources, pack.years, pack.as_at, problems) if chain.has(OPTIONS) else NO_OPTIONS
    )
    if choices is not None and pack.actual_cost != ON_PLAN:
        check_settled(pack, choices.settled, chain.on_plan, problems)
    beside = _beside(pack, chain, problems)
    files = {step.name: step.files[0] for step in chain.steps if step.read is not None}
    check_labels(pack, {files[name]: each.labels for name, each in beside.items() if each is not None}, problems)
    for document in (pack.contract if chain.has(CONTRACT) else None, *pack.documents.values()):
        source = (document.content or {}).get("source") if document else None
        # Another value than a text is reported where the file is read.
        if document and isinstance(source, str) and source not in pack.sources and not lost(pack.sources, source):
            what, why = f"the source {source!r} is not in sources.yaml", "every term states where it comes from"
            problems.append(document.problem(["source"], what, why, nearest(source, pack.sources)))
    unread = (terms is None and chain.has(CONTRACT)) or choices is None or None in beside.values()
    if not known or unread or choices is None or lost_routes(pack, chain, problems):
        check_the_rest(pack, chain, known, problems)
        raise BadInput(problems)
    choices = replace(choices, remarks=(*choices.remarks, *remarks(pack, choices))) if chain.has(OPTIONS) else choices
    made = _put_together(pack, chain, terms, choices, {name: each for name, each in beside.items() if each is not None}, problems)
    check_names([table for table in chain.tables if len(made.rows[table.name])], made.assumptions, problems, pack.assumptions)
    check_risk(pack, chain, made.assumptions, problems)
    made = with_accepted(made, pack.accepted, problems)
    if BASE in made.scenarios:
        with gathered(problems):
            made.inputs(BASE, problems)
    raise_if_any(problems)
    return made


def _beside(pack: Pack, chain: Chain, problems: list[Problem]) -> dict[str, LaidOut | None]:
    """What the files of the steps beside the chain give, by the name of the step; None for one that is faulty."""
    return {step.name: step.read(pack.documents[step.files[0]], pack, problems) for step in chain.steps if step.read is not None}


def _terms(pack: Pack, chain: Chain, known: bool, problems: list[Problem]) -> Terms | None:
    """The terms of the contract; None where they are faulty, or where the rows they speak of are not known."""
    lost_some = known and lost_routes(pack, chain, problems)
    if not known or (lost_some and "mechanism" in (pack.contract.content or {})):
        return None
    lines = every_route(pack) if lost_some else chain.rows(pack, {})[chain.routes]
    parties, settings = pack.dimensions.get("party", ()), [entry.id for entry in pack.dimensions.get("setting", ())]
    return read_terms(pack.contract, parties, settings, pack.years, lines, problems, in_scope(pack.columns))


def _put_together(
    pack: Pack, chain: Chain, terms: Terms | None, choices: Choices, beside: Mapping[str, LaidOut], problems: list[Problem]
) -> Place:
    unchosen = Figure(0.0, "fitted", SET_BY_OPTIMISER, pack.as_at, "0 or 1, chosen by the optimiser; see Recorded plan")
    chosen = Column("chosen_flag", ("start",), {((start.id,), None): unchosen for start in choices.starts}, "optimiser", made=True)
    decisions = {chosen.name: chosen} if chain.has(OPTIONS) else {}
    of_terms = {name: column for name, column in terms.columns.items() if name in chain.reads} if terms else {}
    of_options = {name: column for name, column in choices.columns.items() if name in chain.reads}
    assumed = {name: each for name, each in terms.assumptions.items() if name in chain.reads} if terms else {}
    files = {step.name: step.files[0] for step in chain.steps if step.read is not None}
    columns_beside = {name: column for each in beside.values() for name, column in each.columns.items()}
    assumed_beside = {name: assumption for each in beside.values() for name, assumption in each.assumptions.items()}
    given = {
        "contract.yaml": (assumed, of_terms),
        "options.yaml": ({}, of_options),
        **{files[name]: (each.assumptions, each.columns) for name, each in beside.items()},
        "the optimiser": ({}, decisions),
    }
    check_given_twice(pack, given, problems)
    return Place(
        pack,
        chain,
        terms,
        choices,
        assumptions={**chain.used(pack.assumptions), **assumed, **assumed_beside},
        scenarios=pack.scenarios,
        columns=lost_as({**chain.used(pack.columns), **of_terms, **of_options, **columns_beside, **decisions}, pack.columns),
        beside=beside,
    )

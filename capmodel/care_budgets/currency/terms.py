"""What of a file of payments is refused, and the sound file as rows and figures of the tables.

Every fault of the file and of the tables beside it is found at once, each with its line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.entries import Member, check_known, check_members
from capmodel.assumptions.figures import as_share
from capmodel.assumptions.laid_out import LaidOut, check_years
from capmodel.assumptions.pack import Figure, Source
from capmodel.assumptions.years import year_label
from capmodel.care_budgets.currency.roster import WHOLE_YEAR, Known, ResultKey, Roster
from capmodel.care_budgets.currency.rows import laid_out
from capmodel.care_budgets.currency.stated import Payments, TableBeside
from capmodel.care_budgets.currency.tables_beside import read_results, read_roster, table_beside
from capmodel.errors import Problem, listed, nearest

#: A normal deviate that leaves nothing outside the interval that a figure could show.
MOST_DEVIATES = 10


def read_payments(
    document: Document,
    folder: Path,
    years: tuple[int, ...],
    problems: list[Problem],
    sources: Mapping[str, Source] | None = None,
    packages: Collection[str] | None = (),
) -> LaidOut | None:
    """Read a file of payments and the tables beside it; every fault is reported with its line, and a faulty one gives None.

    Args:
        document: the file.
        folder: where its tables stand.
        years: the years of the model.
        problems: faults are added here.
        sources: the sources of the place; None for a file that stands alone.
        packages: the ids of the care packages of the place; none where it does not have the step, None where they cannot be read.
    """
    before = len(problems)
    stated = document.parse(Payments, (), problems)
    if stated is None:
        return None
    check_years(document, _by_year(stated), years, problems)
    for kind, members in (("bands", stated.bands), ("units", stated.units), ("criteria", stated.criteria)):
        check_members(document, kind, members, problems)
    check_known(document, stated.entries(), sources, problems)
    _check(document, stated, problems)
    _check_packages(document, stated, packages, problems)
    known = stated.known(years)
    roster = _roster(document, stated.roster, ("roster",), folder, known, problems)
    results = _results(document, stated, folder, known, roster, problems)
    planned = None
    if stated.planning is not None:
        plan = Known(known.units, known.bands, {}, 1.0, False, WHOLE_YEAR, years, 0)
        planned = _planned(document, stated.planning.roster, folder, plan, problems)
    if len(problems) == before:
        _check_complete(document, stated, roster, results, years, problems)
        _check_planned(document, stated, roster, planned, problems)
    if len(problems) > before:
        return None
    figure = Figure(0.0, stated.status, stated.source, stated.as_at, stated.note)
    return laid_out(stated, roster, results, planned, figure, years)


def _by_year(stated: Payments) -> Iterator[tuple[list[Step], Mapping[int, float]]]:
    yield ["linked_share"], stated.linked_share
    for i, band in enumerate(stated.bands):
        yield ["bands", i, "price_gbp_per_person"], band.price_gbp_per_person
        if band.package_gbp_per_person is not None:
            yield ["bands", i, "package_gbp_per_person"], band.package_gbp_per_person
    if stated.planning is not None:
        yield ["planning", "earned_share"], stated.planning.earned_share


def _check(document: Document, stated: Payments, problems: list[Problem]) -> None:
    """Report shares that are none, and terms that would have no effect."""

    def report(steps: list[Step], what: str, why: str, remedy: str) -> None:
        problems.append(document.problem(steps, what, why, remedy))

    shares: list[tuple[list[Step], float]] = [(["linked_share", year], share) for year, share in stated.linked_share.items()]
    shares += [(["needed_share"], stated.needed_share)] if stated.needed_share is not None else []
    shares += [(["criteria", i, "least_share"], each.least_share) for i, each in enumerate(stated.criteria) if each.least_share is not None]
    if stated.planning is not None:
        shares += [(["planning", "earned_share", year], share) for year, share in stated.planning.earned_share.items()]
    for steps, share in shares:
        if share > 1:
            report(steps, f"{document.named(steps)} is {share:g}", "a share is a part of 1", as_share(share))
        elif share < 0 and "earned_share" not in steps and "linked_share" not in steps:
            report(steps, f"{document.named(steps)} is {share:g}", "a share cannot be below zero", "Correct the sign")
    if stated.rule == "at_least_share" and stated.needed_share is None:
        report(["rule"], "the rule at_least_share has no needed_share", "it says how much of the criteria earns the payment", "Add it")
    if stated.rule == "all_or_nothing" and stated.needed_share is not None:
        report(["needed_share"], "needed_share has no effect", "all or nothing needs every criterion", "Remove it, or write at_least_share")
    if not 0 < stated.interval.deviates_number <= MOST_DEVIATES:
        why = "the interval would have no width" if stated.interval.deviates_number <= 0 else "no interval of use is so wide"
        report(["interval", "deviates_number"], f"deviates_number is {stated.interval.deviates_number:g}", why, "Write 1.96 for 95 in 100")
    sizes = stated.interval.list_sizes
    for i, size in enumerate(sizes):
        if size < 1 or size in sizes[:i]:
            what = f"the list size is {size}" + (" a second time" if size >= 1 else "")
            report(["interval", "list_sizes", i], what, "each size is shown once, of one person or more", "Remove it")
    for i, each in enumerate(stated.criteria):
        here: list[Step] = ["criteria", i]
        if each.weight is not None and stated.rule == "all_or_nothing":
            report([*here, "weight"], f"the weight of {each.id} has no effect", "all or nothing needs every criterion", "Remove it")
        elif each.weight is not None and not each.weight > 0:
            report([*here, "weight"], f"the weight of {each.id} is {each.weight:g}", "a criterion counts for something", "Write it above 0")
        if each.least_share is not None and stated.judged == "person":
            why = "each person is judged, and there is no share of people"
            report([*here, "least_share"], f"least_share of {each.id} has no effect", why, "Remove it, or write judged: unit")
    if stated.results is not None and stated.judged == "person":
        report(["results"], "results has no effect", "persons are judged by the columns of the roster", "Remove it, or write judged: unit")


def _check_packages(document: Document, stated: Payments, packages: Collection[str] | None, problems: list[Problem]) -> None:
    """Report bands whose package is given twice, or is no care package of the place."""
    for i, band in enumerate(stated.bands):
        steps: list[Step] = ["bands", i, "package"]
        if band.package is not None and band.package_gbp_per_person is not None:
            why = "package: and package_gbp_per_person: both give it, and one of them would silently win"
            problems.append(document.problem(steps, f"the cost of the package of {band.id} is there twice", why, "Remove one of them"))
        elif band.package is not None and packages is not None and band.package not in packages:
            what = f"{band.package!r} is no care package of the place"
            remedy = nearest(band.package, packages) if packages else "Add packages.yaml, or write package_gbp_per_person: with the cost"
            problems.append(document.problem(steps, what, "its cost is read from packages.yaml", remedy))


def _roster(document: Document, table: TableBeside, steps: tuple[Step, ...], folder: Path, known: Known, problems: list[Problem]) -> Roster:
    headings, rows = table_beside(folder, table.file, document.where([*steps, "file"]), problems)
    return read_roster(headings, rows, table.file, known, problems)


def _planned(document: Document, table: TableBeside, folder: Path, known: Known, problems: list[Problem]) -> Roster:
    headings, rows = table_beside(folder, table.file, document.where(["planning", "roster", "file"]), problems)
    if "person" in headings:
        where = document.where(["planning", "roster"])
        problems.append(Problem(where, "the planned roster holds persons", "a plan is of units and bands", "Add it up by unit and band"))
        return Roster()
    return read_roster(headings, rows, table.file, known, problems)


def _results(
    document: Document, stated: Payments, folder: Path, known: Known, roster: Roster, problems: list[Problem]
) -> dict[ResultKey, tuple[float, float]]:
    """Results by unit: those of the roster's columns, and those of the table of results; each criterion from one of them."""
    found = dict(roster.results)
    if stated.judged == "person" or stated.results is None:
        return found
    sampled = {each.id: each.least_share is not None for each in stated.criteria}
    headings, rows = table_beside(folder, stated.results.file, document.where(["results", "file"]), problems)
    given = read_results(headings, rows, stated.results.file, known, sampled, problems)
    for criterion in sorted({key[1] for key in found} & {key[1] for key in given}):
        what = f"{criterion} is in it and in {stated.roster.file}"
        problems.append(Problem(stated.results.file, what, "one of them would silently win", "Keep it in one of them"))
    return found | given


def _check_complete(
    document: Document,
    stated: Payments,
    roster: Roster,
    results: Mapping[ResultKey, tuple[float, float]],
    years: tuple[int, ...],
    problems: list[Problem],
) -> None:
    """Report criteria that nobody reports, units without a result, and bands and units that nobody is in."""
    units, bands = {pair[0] for pair in roster.pairs}, {pair[1] for pair in roster.pairs}
    listed_here: list[tuple[str, Sequence[Member], set[str]]] = [("units", stated.units, units), ("bands", stated.bands, bands)]
    for kind, members, there in listed_here:
        for i, member in enumerate(members):
            if member.id not in there:
                what = f"nobody on the roster is in {member.id}"
                problems.append(
                    document.problem([kind, i], what, "it would have no effect", f"Remove it, or add rows to {stated.roster.file}")
                )
    if stated.judged == "person":
        if not roster.of_persons:
            what, why = f"{stated.roster.file} has no column person", "each person is judged, and it holds units"
            problems.append(
                document.problem(["judged"], what, why, "Give a roster of persons with a column for each criterion, or write judged: unit")
            )
            return
        reported = {key[2] for key in roster.only_missed}
    else:
        reported = {key[1] for key in results}
    for i, each in enumerate(stated.criteria):
        if each.id not in reported:
            where = f"a column of {stated.roster.file}" if roster.of_persons else "rows of results"
            what = f"nobody reports the criterion {each.id}"
            problems.append(document.problem(["criteria", i], what, "it could not be met", f"Add {where}, or remove the criterion"))
        elif stated.judged == "unit" and each.least_share is None and any(key[1] == each.id for key in roster.results):
            what = f"{each.id} is reported by person and has no least_share"
            problems.append(document.problem(["criteria", i], what, "a unit is judged by a share of people", "Add least_share"))
        elif stated.judged == "unit":
            lacking = [
                f"{unit.id} in {year_label(year)}{f' {period}' if len(stated.periods) > 1 else ''}"
                for unit in stated.units
                if unit.id in units
                for year in years
                for period in stated.periods
                if (unit.id, each.id, period, year) not in results
            ]
            if lacking:
                file = stated.results.file if stated.results else stated.roster.file
                what = f"{each.id} has no result for {listed(lacking[:6])}" + (f" and {len(lacking) - 6} more" if len(lacking) > 6 else "")
                problems.append(Problem(file, what, "gaps are never filled", "Add the rows"))


def _check_planned(document: Document, stated: Payments, roster: Roster, planned: Roster | None, problems: list[Problem]) -> None:
    if planned is None or stated.planning is None:
        return
    for pair in roster.pairs:
        if pair not in planned.pairs:
            what = f"{', '.join(pair)} is on the roster and not in the plan"
            problems.append(
                Problem(stated.planning.roster.file, what, "gaps are never filled", "Add its rows, with 0 months where none are planned")
            )

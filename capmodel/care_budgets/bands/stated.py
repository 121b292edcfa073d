"""What bands.yaml may say, what of it is refused, and the same as rows and figures of `people_by_band`.

The bands are those of a segmentation scheme, which alone says who is in which. People are given by band, or by number of conditions,
which the scheme puts into bands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
from pydantic import Field

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import ByYear, Document, Number, Step, Strict
from capmodel.assumptions.entries import Known, check_known
from capmodel.assumptions.figures import as_share
from capmodel.assumptions.laid_out import Figures, LaidOut, check_years, columns_given
from capmodel.assumptions.pack import Figure, Key, Source, Status
from capmodel.baseline.persons.schemes.scheme import Attributes, Scheme, read_scheme
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.bands.people_by_band import BAND, TO_BAND
from capmodel.errors import BadInput, Problem, nearest

#: How far people of bands may be from a stated total.
_PERSON = 0.005


class Band(Known):
    """A band: the people at the start, who dies, moves and enters, and the price of a year, without which it is outside the currency."""

    id: str
    people: Number | None = None
    death_share: Number
    moves: dict[str, Number] = Field(default_factory=dict)
    entries: ByYear
    price_gbp_per_person: ByYear | None = None


class ByConditions(Known):
    """People by their number of conditions, which the scheme puts into bands."""

    people: dict[int, Number] = Field(min_length=1)


class Bands(Strict):
    """A file of long-term-condition bands."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    note: str = ""
    scheme: str
    bands: list[Band] = Field(min_length=1)
    by_conditions: ByConditions | None = None
    stated_persons: Number | None = None
    death_year_share: Number
    entry_year_share: Number


def read_bands(
    document: Document, folder: Path, years: tuple[int, ...], problems: list[Problem], sources: Mapping[str, Source] | None = None
) -> LaidOut | None:
    """Read a file of bands; every fault is reported with its line, and a faulty one gives None.

    Args:
        document: the file.
        folder: the folder of the place, which may have schemes of its own.
        years: the years of the model.
        problems: faults are added here.
        sources: the sources of the place; None for a file that stands alone.
    """
    before = len(problems)
    stated = document.parse(Bands, (), problems)
    if stated is None:
        return None
    known: dict[tuple[Step, ...], Known] = {("bands", i): band for i, band in enumerate(stated.bands)}
    known |= {("by_conditions",): stated.by_conditions} if stated.by_conditions else {}
    check_known(document, known, sources, problems)
    check_years(document, _by_year(stated), years, problems)
    scheme = _scheme(document, stated, folder, problems)
    problems += _faults(document, stated, {segment.id for segment in scheme.segments} if scheme else set())
    if scheme is None or len(problems) > before:
        return None
    people = _people(document, stated, scheme, problems)
    if len(problems) == before and stated.stated_persons is not None:
        problems += _not_footing(document, stated, people)
    return None if len(problems) > before else _laid_out(stated, scheme, people, years)


def _by_year(stated: Bands) -> Iterator[tuple[list[Step], Mapping[int, float]]]:
    for i, band in enumerate(stated.bands):
        yield ["bands", i, "entries"], band.entries
        if band.price_gbp_per_person is not None:
            yield ["bands", i, "price_gbp_per_person"], band.price_gbp_per_person


def _faults(document: Document, stated: Bands, known: Collection[str]) -> Iterator[Problem]:
    """Bands that are there twice, shares that are none, and rows of the matrix above 1."""
    ids = [band.id for band in stated.bands]
    # A band whose id is misspelt has been reported; moves to it follow from that.
    misspelt = not set(ids) <= set(known)
    shares: list[tuple[list[Step], float]] = [
        (["death_year_share"], stated.death_year_share),
        (["entry_year_share"], stated.entry_year_share),
    ]
    for i, band in enumerate(stated.bands):
        here: list[Step] = ["bands", i]
        shares.append(([*here, "death_share"], band.death_share))
        shares += [([*here, "moves", to], share) for to, share in band.moves.items()]
        if band.id in ids[:i]:
            yield document.problem([*here, "id"], f"{band.id} is there twice", "one would hide the other", "Remove one")
        if band.people is not None and band.people < 0:
            yield document.problem([*here, "people"], f"people is {band.people:g}", "it cannot be below zero", "Correct the sign")
        for to in band.moves:
            if to == band.id:
                why = "who stays is what is left of 1"
                yield document.problem([*here, "moves", to], f"{band.id} has a move to itself", why, "Remove it")
            elif to not in ids and not (misspelt and to in known):
                what, why = f"{to!r} is no band of the file", "nobody could arrive in it"
                yield document.problem([*here, "moves", to], what, why, nearest(to, ids))
        leaving = band.death_share + sum(band.moves.values())
        if leaving > 1 + 1e-12 and max(band.death_share, *band.moves.values(), 0) <= 1:
            what = f"{band.id}: deaths of {band.death_share:g} and moves of {sum(band.moves.values()):g} are {leaving:g} of its people"
            yield document.problem(
                here, what, "no more can leave a band than are in it: a row is at most 1", "Correct death_share or moves"
            )
    for steps, share in shares:
        if share > 1:
            yield document.problem(steps, f"{document.named(steps)} is {share:g}", "a share is a part of 1", as_share(share))
        elif share < 0:
            yield document.problem(steps, f"{document.named(steps)} is {share:g}", "it cannot be below zero", "Correct the sign")
    if not any(band.price_gbp_per_person for band in stated.bands):
        yield document.problem(["bands"], "no band has a price", "there would be no budget", "Add price_gbp_per_person to a band")


def _scheme(document: Document, stated: Bands, folder: Path, problems: list[Problem]) -> Scheme | None:
    """The scheme whose segments are the bands; None where there is none, or a band is no segment of it, which is reported."""
    try:
        scheme = read_scheme(stated.scheme, folder)
    except BadInput as error:
        problems += [
            problem._replace(where=document.where(["scheme"])) if problem.where.startswith("--scheme") else problem
            for problem in error.problems
        ]
        return None
    known = [segment.id for segment in scheme.segments]
    for i, band in enumerate(stated.bands):
        if band.id not in known:
            what = f"{band.id!r} is no segment of the scheme {scheme.name}"
            problems.append(document.problem(["bands", i, "id"], what, "the scheme says who is in which band", nearest(band.id, known)))
    return scheme


def _people(document: Document, stated: Bands, scheme: Scheme, problems: list[Problem]) -> dict[str, float]:
    """The people of each band at the start."""
    given = {band.id: band.people for band in stated.bands if band.people is not None}
    if stated.by_conditions is None:
        for i, band in enumerate(stated.bands):
            if band.people is None:
                what, why = f"{band.id} has no people", "gaps are never filled"
                problems.append(document.problem(["bands", i], what, why, "Add people:, or give all people under by_conditions:"))
        return given
    for i, band in enumerate(stated.bands):
        if band.people is not None:
            why = "by_conditions gives them too, and one of them would silently win"
            problems.append(document.problem(["bands", i, "people"], f"the people of {band.id} are given twice", why, "Remove one of them"))
    return _banded(document, stated.by_conditions, [band.id for band in stated.bands], scheme, problems)


def _banded(document: Document, given: ByConditions, bands: list[str], scheme: Scheme, problems: list[Problem]) -> dict[str, float]:
    found = dict.fromkeys(bands, 0.0)
    most = len(scheme.conditions)
    for count, people in given.people.items():
        steps: list[Step] = ["by_conditions", "people", count]
        if not 0 <= count <= most:
            what, why = f"there are people with {count} conditions", f"the scheme {scheme.name} counts {most}"
            problems.append(
                document.problem(steps, what, why, f"Put them with those who have {most}" if count > most else "Write 0 or more")
            )
        elif people < 0:
            problems.append(document.problem(steps, f"people is {people:g}", "it cannot be below zero", "Correct the sign"))
        elif (band := band_of(count, scheme)) in found:
            found[band] += people
        elif people:
            what = f"{people:g} people with {count} conditions are in {band}"
            problems.append(document.problem(steps, what, "the file has no such band, and they would be lost", f"Add {band} to bands"))
    return found


def band_of(count: int, scheme: Scheme) -> str:
    """The band of somebody with so many conditions, as the scheme has it.

    >>> [band_of(count, read_scheme("year_of_care")) for count in (0, 1, 2, 5, 9)]
    ['band_a', 'band_a', 'band_b', 'band_c', 'band_e']
    """
    none = np.zeros(1)
    person = Attributes(age=none, deprivation=none, sex=none, score=none, year=none, mask=np.array([(1 << count) - 1], dtype=np.uint64))
    bit = {name: i for i, name in enumerate(scheme.conditions)}
    return scheme.segments[int(scheme.assign(person, bit, {})[0])].id


def _not_footing(document: Document, stated: Bands, people: Mapping[str, float]) -> Iterator[Problem]:
    total = sum(people.values())
    gap = (stated.stated_persons or 0) - total
    if abs(gap) >= _PERSON:
        what = f"the bands hold {total:,.10g} people and the stated total is {stated.stated_persons:,.10g}"
        why = f"{abs(gap):,.10g} people {'of the total are in no band' if gap > 0 else 'are in a band and not in the total'}"
        yield document.problem(["stated_persons"], what, why, "Find them in the source; the total is never spread over the bands")


def _laid_out(stated: Bands, scheme: Scheme, people: Mapping[str, float], years: tuple[int, ...]) -> LaidOut:
    known = Figure(0.0, stated.status, stated.source, stated.as_at, stated.note)
    labels = {segment.id: segment.label for segment in scheme.segments}
    ids = [band.id for band in stated.bands]
    moves: dict[Key, float] = {(band.id, to): share for band in stated.bands for to, share in band.moves.items()}
    given: dict[str, tuple[tuple[str, ...], Figures]] = {
        "ltc_death_year_share": ((), {(): stated.death_year_share}),
        "ltc_entry_year_share": ((), {(): stated.entry_year_share}),
        "ltc_start_persons": ((BAND,), {(name,): people[name] for name in ids}),
        "ltc_death_share": ((BAND,), {(band.id,): band.death_share for band in stated.bands}),
        "ltc_move_share": ((BAND, TO_BAND), moves),
        "ltc_entry_persons": ((BAND,), {(band.id,): band.entries for band in stated.bands}),
        "ltc_price_gbp_per_person": (
            (BAND,),
            {(band.id,): band.price_gbp_per_person for band in stated.bands if band.price_gbp_per_person is not None},
        ),
    }
    of_band = {band.id: band.figure(known) for band in stated.bands}
    own: dict[str, dict[Key, Figure]] = {name: {key: of_band[key[0]] for key in figures} for name, (keys, figures) in given.items() if keys}
    if stated.by_conditions is not None:
        own["ltc_start_persons"] = dict.fromkeys(own["ltc_start_persons"], stated.by_conditions.figure(known))
    priced = [band.id for band in stated.bands if band.price_gbp_per_person is not None]
    return LaidOut(
        rows={
            "ltc_terms": Rows({}),
            "ltc_start": Rows({BAND: tuple(ids)}),
            "ltc_move": columns_of((BAND, TO_BAND), list(moves)),
            "ltc_flow": columns_of((BAND, TO_BAND), list(moves), years),
            "ltc_year": Rows({BAND: tuple(ids)}, years),
            "ltc_budget": Rows({BAND: tuple(priced)}, years),
            "ltc_all": Rows({}, years),
        },
        columns=columns_given(given, stated.id, known, own),
        labels={name: labels[name] for name in ids},
    )

"""Reads the people of an extract for a fit, and which segments may not stand apart from others.

The engine hands people over under a hash in the place of an identifier. Concurrent fits explain the cost of a year by what was recorded
in it, prospective ones by what was recorded in the year before. Everything read is checked as for `segment`, and so is a column that only
a score asks for. Nothing is fitted here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.rows import Floats, Positions
from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.keyed_table import in_order_of
from capmodel.assumptions.pack import Pack
from capmodel.baseline.engines import DATE
from capmodel.baseline.engines.duckdb import DuckSession
from capmodel.baseline.persons.extract.checks import Quality, check_conditions
from capmodel.baseline.persons.extract.column_map import ColumnMap, Route
from capmodel.baseline.persons.extract.identity import EXAMPLES, counted, reportable_codes
from capmodel.baseline.persons.extract.view import PEOPLE, RAW_PEOPLE, Extract, selected, text_of, texts
from capmodel.baseline.persons.report.record import blanks
from capmodel.baseline.persons.schemes.conditions import condition_column
from capmodel.baseline.persons.schemes.scheme import Scheme
from capmodel.baseline.persons.segment import shown, with_blocks
from capmodel.baseline.persons.sums.add_up import Request, opened, sound_people, sums_of
from capmodel.baseline.persons.sums.aggregate import cuts_of
from capmodel.baseline.persons.suppress import ALL
from capmodel.capitation.fitting.columns import sex_of
from capmodel.capitation.fitting.people import PeopleFigures, Sources
from capmodel.capitation.fitting.release import POOLED, check_pool, pooled
from capmodel.capitation.need import Paid
from capmodel.errors import BadInput, Problem, nearest


@dataclass(frozen=True)
class Wanted:
    """What is fetched of each person beside the plain attributes, as SQL: sex as a number, cost by setting, and conditions.

    `own` are the conditions of persons.yaml, `others` the columns, or conditions, that a score's conditions are.
    """

    sex: str
    amounts: Mapping[str, str]
    own: Mapping[str, str]
    others: Mapping[str, str]


def read_people(pack: Pack, columns: ColumnMap, scheme: Scheme, sources: Sources) -> PeopleFigures:
    """Read the people of a place's base year.

    Raises:
        BadInput: the extract, the conditions or the supply are refused, or nobody is in it; each in one report.
    """
    before = pack.base_year - (sources.timing == "prospective")
    with opened(columns, sources.request) as extract:
        quality, routes, _ = sound_people(pack, extract, [scheme])
        wanted = _wanted(extract, routes, sources, before)
        found = _fetched(pack, extract, scheme, sources, wanted)
        hidden, sums = added_up(pack, extract, scheme, quality, routes, sources.request)
    years = found["months"] / 12
    there = years > 0
    if not there.any():
        what = f"there is nobody in {pack.base_year} with a record of {before}"
        raise BadInput([Problem("the extract", what, "there is nothing to fit on", "Add the year before, or fit concurrently")])
    segments = tuple(segment.id for segment in scheme.segments)
    ids, pool, group_of = _groups(segments, found["segment"][there].astype(np.intp), hidden, columns.small_numbers)
    months, pence = (np.bincount(group_of, [sums.get(name, (0, 0))[i] for name in segments], len(ids)) for i in (0, 1))
    found, years = {name: values[there] for name, values in found.items()}, years[there]
    group = group_of[found["segment"].astype(np.intp)]
    flags = {name: found[f"is_{name}"].astype(bool) for name in wanted.own}
    flags |= {name: flags[of] if of in flags else found[f"is_{name}"].astype(bool) for name, of in wanted.others.items()}
    sex, decile = found["sex"].astype(np.intp), found["decile"].astype(np.intp)
    return PeopleFigures(
        paid=Paid("segment", ids, np.bincount(group, years, len(ids)).astype(float), str(pack.base_year)),
        segments=segments,
        pooled=pool,
        price_gbp=np.divide(pence * 0.12, months, out=np.full(len(ids), np.nan), where=months > 0),
        person=found["person"].astype(np.uint64),
        group=group,
        years=years,
        cost_gbp=found["cost"] / 100,
        by_setting_gbp={setting: found[f"spent_{n}"] / 100 for n, setting in enumerate(_by_setting(routes))},
        age=found["age"].astype(np.intp),
        sex=sex,
        decile=decile,
        score=found["score"].astype(float),
        flags=flags,
        fewest=columns.small_numbers,
        supply=_supply(sources.supply, found["locality"]) if sources.supply else {},
        own_conditions=tuple(wanted.own),
        unused=_unused(columns, {"sex": bool((sex >= 0).any()), "deprivation": bool(decile.any())}),
        blanks=tuple(blanks(columns, quality)),
    )


def _groups(
    segments: tuple[str, ...], of_people: Positions, hidden: frozenset[str], fewest: int
) -> tuple[tuple[str, ...], tuple[str, ...], Positions]:
    """The groups that people are shown by, the segments that are pooled in the last of them, and the group of each segment."""
    count = dict(zip(segments, np.bincount(of_people, minlength=len(segments)).tolist(), strict=True))
    pool = pooled(count, hidden, fewest)
    check_pool(count, pool, fewest)
    ids = (*(name for name in segments if name not in pool), *((POOLED,) if pool else ()))
    return ids, pool, np.array([ids.index(POOLED if name in pool else name) for name in segments], dtype=np.intp)


def _unused(columns: ColumnMap, known: Mapping[str, bool]) -> tuple[str, ...]:
    """Of attributes that are known of nobody, that they are not used, and why."""
    return tuple(
        f"{name} is not used: " + ("nobody's is known" if name in columns.columns else "persons.yaml maps no column of it")
        for name, is_known in known.items()
        if not is_known
    )


def added_up(
    pack: Pack, extract: Extract, scheme: Scheme, quality: Quality, routes: tuple[Route, ...], request: Request
) -> tuple[frozenset[str], dict[str, tuple[int, int]]]:
    """The segments whose people and cost in the base year `segment` does not show, and the months and pence of every segment.

    Args:
        pack: the place.
        extract: the open extract, which is sound.
        scheme: which segment a person is in.
        quality: what the checks measured.
        routes: the routes of its amounts.
        request: what was asked for.
    """
    found = sums_of(extract, scheme, routes, quality, replace(request, keep=False), [], {})
    # Each year is suppressed by itself, so that the base year alone gives the same.
    heads, spend = (frame[frame["year"] == pack.base_year] for frame in (found.people, with_blocks(found, extract.columns, pack.base_year)))
    totals = shown(heads.reset_index(drop=True), spend.reset_index(drop=True), extract.columns.small_numbers).totals
    whole = totals[(totals["locality"] == ALL) & (totals["setting"] == ALL) & (totals["segment"] != ALL)]
    sums = heads.groupby("segment")[["person_months", "cost_pence"]].sum()
    by_segment = {str(name): (int(months), int(pence)) for name, months, pence in sums.itertuples(name=None)}
    return frozenset(whole.loc[whole["suppressed"].astype(bool), "segment"].astype(str)), by_segment


def _by_setting(routes: Sequence[Route]) -> dict[str, list[int]]:
    """The numbers of the routes of each setting."""
    found: dict[str, list[int]] = {}
    for i, route in enumerate(routes):
        found.setdefault(route.setting, []).append(i)
    return found


def _wanted(extract: Extract, routes: Sequence[Route], sources: Sources, year: int) -> Wanted:
    """What is to be fetched, once what it is read from has been checked.

    Raises:
        BadInput: with every text that is no sex, and everything wrong with the file of conditions and the columns it names.
    """
    spelt = [row[0] for row in extract.session.query(f"SELECT DISTINCT sex FROM {PEOPLE} WHERE year = {year}")]
    problems = check_sexes(extract, [text for text in spelt if text is not None and sex_of(text) is None], year)
    own = {name: f"o.{condition_column(name)}" for name in extract.columns.conditions}
    others = _other_conditions(sources.conditions, extract, problems) if sources.conditions else {}
    if problems:
        raise BadInput(problems)
    known = [(text, sex_of(text)) for text in spelt if text is not None]
    sex = f"CASE o.sex {' '.join(f'WHEN {text_of(text)} THEN {number}' for text, number in known)} ELSE -1 END" if known else "-1"
    amounts = {f"spent_{n}": " + ".join(f"n.s{i}" for i in of) for n, of in enumerate(_by_setting(routes).values())}
    return Wanted(sex, amounts, own, others)


def check_sexes(extract: Extract, strange: Sequence[str], year: int) -> list[Problem]:
    """What is wrong with the sexes of a year: texts, after the codes of the map, that are neither female nor male.

    A text is named where it is a code of many people; another could be anybody's, in a cell that it got into by mistake.
    """
    if not strange:
        return []
    column = extract.columns.columns["sex"]
    sex = extract.coded("sex", column)
    wrong = f"{extract.year_of_person()} = {year} AND {sex} IN ({texts(strange)})"
    ((count,),) = extract.session.query(f"SELECT COUNT(*) FROM {RAW_PEOPLE} WHERE {wrong}")
    codes = reportable_codes(extract, RAW_PEOPLE, wrong, sex)
    where = f"people, {counted(int(count), 'row', extract.session.first_rows(RAW_PEOPLE, wrong, EXAMPLES))}"
    what = f"{column} is neither female nor male" + (f" ({', '.join(codes)})" if codes else "")
    remedy = "Write under codes: in persons.yaml what each code means, as sex: {'1': male, '2': female, '9': not known}"
    return [Problem(where, what, "sex would be left out", remedy)]


def _fetched(pack: Pack, extract: Extract, scheme: Scheme, sources: Sources, wanted: Wanted) -> dict[str, Any]:
    """The people of the base year, one row each in the order of their hash, with what is recorded of them in the year explained by."""
    session = extract.session
    # Only an engine on this machine hands columns over whole.
    assert isinstance(session, DuckSession)
    parts = {
        "person": session.fingerprint(["n.person"]),
        "segment": "n.segment",
        "months": "n.months",
        "cost": "CAST(n.total AS DOUBLE)",
        "age": "o.age",
        "sex": wanted.sex,
        "decile": "COALESCE(o.deprivation, 0)",
        "score": "COALESCE(o.score, CAST('NaN' AS DOUBLE))",
        **{name: f"CAST({amount} AS DOUBLE)" for name, amount in wanted.amounts.items()},
        **{f"is_{name}": flag for name, flag in wanted.own.items()},
    }
    if sources.supply:
        parts["locality"] = "o.locality"
    of, joined = extract.people, ""
    flags = {f"is_{name}": extract.flag(column) for name, column in wanted.others.items() if column not in wanted.own}
    if flags:
        parts |= {name: f"f.{name}" for name in flags}
        named = {"person": extract.person(extract.columns.columns["person"], of), "year": extract.year_of_person()}
        joined = f"JOIN (SELECT {selected(named | flags)} FROM {RAW_PEOPLE}) AS f ON f.person = o.person AND f.year = o.year "
    before = int(sources.timing == "prospective")
    classed = f"SELECT *, {scheme.sql(cuts_of(session, scheme))} AS segment FROM {PEOPLE}"
    found = session.connection.execute(
        f"SELECT {selected(parts)} FROM ({classed}) AS n JOIN {PEOPLE} AS o ON n.person = o.person AND o.year = n.year - {before} "
        f"{joined}WHERE n.year = {pack.base_year} ORDER BY 1"
    ).fetchnumpy()
    return {name: np.asarray(values) for name, values in found.items()}


def _other_conditions(path: Path, extract: Extract, problems: list[Problem]) -> dict[str, str]:
    """What a file says of a score's conditions: which condition of persons.yaml, or which column of the extract, each is.

    A column that persons.yaml does not map is checked as one that it maps: a blank in it is no answer. What is wrong is added to the
    problems.
    """
    document = read_mapping(path, problems)
    given = document.content if document else {}
    found, known = {}, {*extract.columns.conditions, *extract.people}
    for name, column in given.items():
        where = document.where([name]) if document else path.name
        if not str(name).isidentifier():
            problems.append(Problem(where, f"{name!r} cannot be a condition", "scores name theirs in small letters", "Correct the name"))
        elif not isinstance(column, str) or column not in known:
            what = f"{name} is said to be {column!r}, which is no condition of persons.yaml and no column of the extract"
            problems.append(Problem(where, what, "it would be read as health", nearest(str(column), known)))
        elif column not in extract.columns.conditions and extract.people[column] == DATE:
            what = f"{name} is said to be {column!r}, which holds dates"
            problems.append(Problem(where, what, "a condition is a yes or a no", "Name a column of yes and no"))
        else:
            found[str(name)] = column
    unchecked = {name: column for name, column in found.items() if column not in extract.columns.conditions}
    here: list[Problem] = []
    check_conditions(extract, unchecked, here)
    # Of a column that persons.yaml does not map, it cannot say alone what a blank means.
    remedy = "Fill it in; or, where a blank means no in every condition, write blank_means_no: [all] in persons.yaml"
    problems += [problem._replace(remedy=remedy) if problem.what.endswith(" is blank") else problem for problem in here]
    return found


def _supply(path: Path, locality: NDArray[Any]) -> dict[str, Floats]:
    """The supply of each person's locality."""
    localities, at = np.unique(locality.astype(str), return_inverse=True)
    return {f"supply_{name}": figures[at] for name, figures in in_order_of(path, "locality", localities.tolist()).items()}

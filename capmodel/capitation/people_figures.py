"""What a fit reads of the people of an extract: their cost, time and segment, and what may explain the cost, as columns of numbers.

The engine hands them over under a hash in the place of an identifier. Concurrent fits explain the cost of a year by what was
recorded in it, prospective ones by what was recorded in the year before. Segments that may not be told apart from others are one
group from here on (`fit_release`), so that nothing worked out later can tell of one of them. Nothing is fitted here.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.rows import Floats, Places
from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.keyed_table import in_order_of
from capmodel.assumptions.pack import Pack
from capmodel.baseline.engines.duckdb import DuckSession
from capmodel.baseline.persons.add_up import Request, opened, sound_people, sums_of
from capmodel.baseline.persons.aggregate import cuts_of
from capmodel.baseline.persons.checks import Quality
from capmodel.baseline.persons.column_map import ColumnMap, Route
from capmodel.baseline.persons.conditions import condition_column
from capmodel.baseline.persons.scheme import Scheme
from capmodel.baseline.persons.segment import shown, with_blocks
from capmodel.baseline.persons.suppress import ALL
from capmodel.baseline.persons.view import PEOPLE, RAW_PEOPLE, Extract, selected, text_of
from capmodel.capitation.fit_release import POOLED, check_pool, pooled
from capmodel.capitation.need import Paid, fingerprint
from capmodel.capitation.people_columns import BANDS, check_sexes, sex_of
from capmodel.errors import BadInput, Problem, nearest

Timing = Literal["concurrent", "prospective"]


@dataclass(frozen=True)
class Sources:
    """Where a fit reads: the extract, from which year's records, and beside it conditions by other names and supply by place.

    `conditions` is a YAML file that says for a score's condition which condition of persons.yaml, or which column of the extract,
    it is; `supply` a CSV file with a figure for each place of the extract.
    """

    request: Request
    timing: Timing = "concurrent"
    conditions: Path | None = None
    supply: Path | None = None


@dataclass(frozen=True)
class PeopleFigures:
    """The people of the base year, one row each, who were there for some of it.

    `by_setting_gbp` is each person's cost by setting. `paid` are the groups: the segments that stand alone, and in place of those in `pooled` one group of all of them. `spent_gbp` is what
    was spent on each group, on people without a month there too. `age` and `sex` (0 for female, 1 for male, -1 where it is not known) are
    as recorded, as are `decile` (0 where it is not known) and `score` (not a number where there is none). `flags` are the conditions by
    name. `fewest` is the small number below which nothing is told. `unused` says what is explained without sex or deprivation, and why.
    """

    paid: Paid
    segments: tuple[str, ...]
    pooled: tuple[str, ...]
    spent_gbp: Floats
    person: NDArray[np.uint64]
    group: Places
    years: Floats
    cost_gbp: Floats
    by_setting_gbp: Mapping[str, Floats]
    age: Places
    sex: Places
    decile: Places
    score: Floats
    flags: Mapping[str, NDArray[np.bool_]]
    fewest: int
    supply: Mapping[str, Floats] = field(default_factory=dict)
    #: The conditions of persons.yaml, which a regression may use; `flags` may hold others that a score asks for.
    own_conditions: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def annual_gbp(self) -> Floats:
        """Cost made annual, pounds a person-year."""
        return self.cost_gbp / self.years

    @cached_property
    def band(self) -> Places:
        """The number of each person's age band."""
        return np.searchsorted(BANDS, self.age, side="right") - 1

    @cached_property
    def by(self) -> dict[str, NDArray[Any]]:
        """What predictive ratios are shown by: segment, age band and, where it is recorded, decile of deprivation."""
        labels = [f"{low:02d} to {high - 1}" for low, high in itertools.pairwise(BANDS)] + [f"{BANDS[-1]} and over"]
        found: dict[str, NDArray[Any]] = {"segment": np.array(self.paid.ids)[self.group], "age_band": np.array(labels)[self.band]}
        if self.decile.any():
            found["deprivation_decile"] = np.array(["not known", *(f"{n:02d}" for n in range(1, 11))])[self.decile]
        return found

    @cached_property
    def sha256(self) -> str:
        """A fingerprint of every person's figures: whoever has only sums of them cannot try out what stands behind it."""
        parts = (self.person, self.group, self.years, self.cost_gbp, self.age, self.sex, self.decile, self.score)
        return fingerprint(*parts, list(self.flags), *self.flags.values(), list(self.supply), *self.supply.values())

    def expanded(self, by_group: Mapping[str, Any]) -> dict[str, Any]:
        """Figures by group as figures by segment: every segment that is pooled takes that of the pool."""
        return {name: by_group[POOLED if name in self.pooled else name] for name in self.segments}


def read_people(pack: Pack, columns: ColumnMap, scheme: Scheme, sources: Sources) -> PeopleFigures:
    """Read the people of a place's base year.

    Raises:
        BadInput: the extract, the conditions or the supply are refused, or nobody is in it; each in one report.
    """
    before = pack.base_year - (sources.timing == "prospective")
    with opened(columns, sources.request) as extract:
        quality, routes, _ = sound_people(pack, extract, [scheme])
        spelt = [row[0] for row in extract.session.query(f"SELECT DISTINCT sex FROM {PEOPLE} WHERE year = {before}")]
        own = {name: f"o.{condition_column(name)}" for name in columns.conditions}
        others = _other_conditions(sources.conditions, extract, check_sexes(spelt))
        settings: dict[str, list[int]] = {}
        for i, route in enumerate(routes):
            settings.setdefault(route.setting, []).append(i)
        amounts = {f"spent_{n}": " + ".join(f"n.s{i}" for i in of) for n, of in enumerate(settings.values())}
        found = _fetched(pack, extract, scheme, sources, _sex_number(spelt), amounts, own, others)
        hidden = hidden_segments(pack, extract, scheme, quality, routes, sources.request)
    years = found["months"] / 12
    there = years > 0
    if not there.any():
        what = f"there is nobody in {pack.base_year} with a record of {before}"
        raise BadInput([Problem("the extract", what, "there is nothing to fit on", "Add the year before, or fit concurrently")])
    segments, fewest = tuple(segment.id for segment in scheme.segments), columns.small_numbers
    of_segment = found["segment"].astype(np.intp)
    count = dict(zip(segments, np.bincount(of_segment[there], minlength=len(segments)).tolist(), strict=True))
    pool = pooled(count, hidden, fewest)
    check_pool(count, pool, fewest)
    ids = (*(name for name in segments if name not in pool), *((POOLED,) if pool else ()))
    to_group = np.array([ids.index(POOLED if name in pool else name) for name in segments])
    spent = np.bincount(to_group[of_segment], found["cost"] / 100, len(ids))
    found, years = {name: values[there] for name, values in found.items()}, years[there]
    group = to_group[found["segment"].astype(np.intp)]
    flags = {name: found[f"is_{name}"].astype(bool) for name in own}
    flags |= {name: flags[of] if of in flags else found[f"is_{name}"].astype(bool) for name, of in others.items()}
    sex, decile = found["sex"].astype(np.intp), found["decile"].astype(np.intp)
    known = {"sex": bool((sex >= 0).any()), "deprivation": bool(decile.any())}
    return PeopleFigures(
        paid=Paid("segment", ids, np.bincount(group, years, len(ids)).astype(float), str(pack.base_year)),
        segments=segments,
        pooled=pool,
        spent_gbp=spent.astype(float),
        person=found["person"].astype(np.uint64),
        group=group,
        years=years,
        cost_gbp=found["cost"] / 100,
        by_setting_gbp={setting: found[f"spent_{n}"] / 100 for n, setting in enumerate(settings)},
        age=found["age"].astype(np.intp),
        sex=sex,
        decile=decile,
        score=found["score"].astype(float),
        flags=flags,
        fewest=fewest,
        supply=_supply(sources.supply, found["place"]) if sources.supply else {},
        own_conditions=tuple(own),
        unused=tuple(
            f"{name} is not used: " + ("nobody's is known" if name in columns.columns else "persons.yaml maps no column of it")
            for name, is_known in known.items()
            if not is_known
        ),
    )


def hidden_segments(
    pack: Pack, extract: Extract, scheme: Scheme, quality: Quality, routes: tuple[Route, ...], request: Request
) -> frozenset[str]:
    """The segments whose people and cost in the base year `segment` does not show, of an open extract that is sound."""
    found = sums_of(extract, scheme, routes, quality, replace(request, keep=False), [], {})
    # Each year is suppressed by itself, so that the base year alone gives the same.
    heads, spend = (frame[frame["year"] == pack.base_year] for frame in (found.people, with_blocks(found, extract.columns, pack.base_year)))
    totals = shown(heads.reset_index(drop=True), spend.reset_index(drop=True), extract.columns.small_numbers).totals
    whole = totals[(totals["place"] == ALL) & (totals["setting"] == ALL) & (totals["segment"] != ALL)]
    return frozenset(whole.loc[whole["suppressed"].astype(bool), "segment"].astype(str))


def _fetched(
    pack: Pack,
    extract: Extract,
    scheme: Scheme,
    sources: Sources,
    sex: str,
    amounts: Mapping[str, str],
    own: Mapping[str, str],
    others: Mapping[str, str],
) -> dict[str, Any]:
    session = extract.session
    # Only an engine on this machine hands columns over whole.
    assert isinstance(session, DuckSession)
    parts = {
        "person": session.fingerprint(["n.person"]),
        "segment": "n.segment",
        "months": "n.months",
        "cost": "CAST(n.total AS DOUBLE)",
        "age": "o.age",
        "sex": sex,
        "decile": "COALESCE(o.deprivation, 0)",
        "score": "COALESCE(o.score, CAST('NaN' AS DOUBLE))",
        **{name: f"CAST({amount} AS DOUBLE)" for name, amount in amounts.items()},
        **{f"is_{name}": flag for name, flag in own.items()},
    }
    if sources.supply:
        parts["place"] = "o.place"
    of, joined = extract.people, ""
    flags = {f"is_{name}": extract.flag(column) for name, column in others.items() if column not in own}
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


def _sex_number(spelt: Sequence[str | None]) -> str:
    """The number of a person's sex, as SQL."""
    known = [(text, sex_of(text)) for text in spelt if text is not None]
    return f"CASE o.sex {' '.join(f'WHEN {text_of(text)} THEN {number}' for text, number in known)} ELSE -1 END" if known else "-1"


def _other_conditions(path: Path | None, extract: Extract, problems: list[Problem]) -> dict[str, str]:
    """What a file says of a score's conditions: which condition of persons.yaml, or which column of the extract, each is.

    Raises:
        BadInput: with what is wrong with the file, after the problems that are known already.
    """
    document = read_mapping(path, problems) if path else None
    given = document.content if document else {}
    known = {*extract.columns.conditions, *extract.people}
    for name, column in given.items():
        where = document.where([name]) if document else ""
        if not str(name).isidentifier():
            problems.append(Problem(where, f"{name!r} cannot be a condition", "scores name theirs in small letters", "Correct the name"))
        elif not isinstance(column, str) or column not in known:
            what = f"{name} is said to be {column!r}, which is no condition of persons.yaml and no column of the extract"
            problems.append(Problem(where, what, "it would be read as health", nearest(str(column), known)))
    if problems:
        raise BadInput(problems)
    return {str(name): str(column) for name, column in given.items()}


def _supply(path: Path, place: NDArray[Any]) -> dict[str, Floats]:
    """The supply of each person's place."""
    places, at = np.unique(place.astype(str), return_inverse=True)
    return {f"supply_{name}": figures[at] for name, figures in in_order_of(path, "place", places.tolist()).items()}

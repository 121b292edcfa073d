"""What a fit reads of the people of an extract: their cost, time and segment, and what may explain the cost, as columns of numbers.

The engine hands them over under a hash in the place of an identifier. Concurrent fits explain the cost of a year by what was
recorded in it, prospective ones by what was recorded in the year before. Nothing is fitted here.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
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
from capmodel.baseline.persons.add_up import Request, opened, sound_people
from capmodel.baseline.persons.aggregate import cuts_of
from capmodel.baseline.persons.column_map import ColumnMap
from capmodel.baseline.persons.conditions import condition_column
from capmodel.baseline.persons.scheme import Scheme
from capmodel.baseline.persons.view import PEOPLE, RAW_PEOPLE, Extract, selected
from capmodel.capitation.need import Paid
from capmodel.errors import BadInput, Problem, nearest

#: Where the age bands of a fit begin.
BANDS = (0, 5, 17, 40, 55, 70, 80)
#: The decile of somebody whose deprivation is not known, beside a column that says so.
MIDDLE_DECILE = 5.5
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

    `age` and `sex` (0 for F, 1 for M, -1 where it is not known) are as recorded, as are `decile` (0 where it is not known) and `score`
    (not a number where there is none). `flags` are the conditions by name. `fewest` is the small number below which nothing is told.
    """

    paid: Paid
    person: NDArray[np.uint64]
    group: Places
    years: Floats
    cost_gbp: Floats
    age: Places
    sex: Places
    decile: Places
    score: Floats
    flags: Mapping[str, NDArray[np.bool_]]
    fewest: int
    supply: Mapping[str, Floats] = field(default_factory=dict)
    #: The conditions of persons.yaml, which a regression may use; `flags` may hold others that a score asks for.
    own_conditions: tuple[str, ...] = ()

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
    def columns(self) -> tuple[dict[str, Floats], tuple[str, ...]]:
        """The columns of need of a regression, and the names of those left out because too few people differ by them.

        Age band for everybody, and again for males; deprivation; conditions. What is missing has a column that says so. The first
        age band with enough people is what the others are compared with.
        """
        sizes = np.bincount(self.band, minlength=len(BANDS))
        base = int(np.argmax(sizes >= max(self.fewest, 1)))
        found = {f"age_{low}": self.band == i for i, low in enumerate(BANDS) if i != base}
        found |= {f"age_{low}_male": (self.band == i) & (self.sex == 1) for i, low in enumerate(BANDS)}
        found |= {"sex_not_known": (self.sex < 0) & bool((self.sex >= 0).any())}
        found |= {"deprivation_not_known": self.decile == 0, **{name: self.flags[name] for name in self.own_conditions}}
        some = {name: min(int(flag.sum()), int((~flag).sum())) for name, flag in found.items()}
        kept = {name: flag.astype(float) for name, flag in found.items() if some[name] >= max(self.fewest, 1)}
        if self.decile.any():
            kept["deprivation"] = np.where(self.decile > 0, self.decile, MIDDLE_DECILE).astype(float)
        return kept, tuple(name for name, count in some.items() if count > 0 and name not in kept)


def read_people(pack: Pack, columns: ColumnMap, scheme: Scheme, sources: Sources) -> PeopleFigures:
    """Read the people of a place's base year.

    Raises:
        BadInput: the extract, the conditions or the supply are refused, or nobody is in it; each in one report.
    """
    with opened(columns, sources.request) as extract:
        sound_people(pack, extract, [scheme])
        own = {name: f"o.{condition_column(name)}" for name in columns.conditions}
        others = _other_conditions(sources.conditions, extract) if sources.conditions else {}
        found = _fetched(pack, extract, scheme, sources, own, others)
    years = found["months"] / 12
    there = years > 0
    if not there.any():
        before = pack.base_year - (sources.timing == "prospective")
        what = f"there is nobody in {pack.base_year} with a record of {before}"
        raise BadInput([Problem("the extract", what, "there is nothing to fit on", "Add the year before, or fit concurrently")])
    found, years = {name: values[there] for name, values in found.items()}, years[there]
    ids = tuple(segment.id for segment in scheme.segments)
    group = found["segment"].astype(np.intp)
    flags = {name: found[f"is_{name}"].astype(bool) for name in own}
    flags |= {name: flags[of] if of in flags else found[f"is_{name}"].astype(bool) for name, of in others.items()}
    return PeopleFigures(
        paid=Paid("segment", ids, np.bincount(group, years, len(ids)).astype(float), str(pack.base_year)),
        person=found["person"].astype(np.uint64),
        group=group,
        years=years,
        cost_gbp=found["cost"] / 100,
        age=found["age"].astype(np.intp),
        sex=found["sex"].astype(np.intp),
        decile=found["decile"].astype(np.intp),
        score=found["score"].astype(float),
        flags=flags,
        fewest=columns.small_numbers,
        supply=_supply(sources.supply, found["place"]) if sources.supply else {},
        own_conditions=tuple(own),
    )


def _fetched(
    pack: Pack, extract: Extract, scheme: Scheme, sources: Sources, own: Mapping[str, str], others: Mapping[str, str]
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
        "sex": "CASE o.sex WHEN 'F' THEN 0 WHEN 'M' THEN 1 ELSE -1 END",
        "decile": "COALESCE(o.deprivation, 0)",
        "score": "COALESCE(o.score, CAST('NaN' AS DOUBLE))",
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


def _other_conditions(path: Path, extract: Extract) -> dict[str, str]:
    """What a file says of a score's conditions: which condition of persons.yaml, or which column of the extract, each is."""
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    given = document.content if document else {}
    known = {*extract.columns.conditions, *extract.people}
    for name, column in given.items():
        where = document.where([name]) if document else path.name
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

"""Need by segment fitted on the people of an extract: by age, sex, deprivation and conditions, measured on people held out.

What people are like and what they cost is handed over by the engine as columns of numbers, under a hash in the place of an
identifier, and only the fit leaves this module. Concurrent fits explain the cost of a year by what was recorded in it,
prospective ones by what was recorded in the year before.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from capmodel.assumptions.pack import Pack
from capmodel.baseline.engines.duckdb import DuckSession
from capmodel.baseline.persons.add_up import Request, opened, sound_people
from capmodel.baseline.persons.aggregate import cuts_of
from capmodel.baseline.persons.column_map import ColumnMap, read_map
from capmodel.baseline.persons.files import is_synthetic
from capmodel.baseline.persons.scheme import Scheme, condition_column, read_scheme
from capmodel.baseline.persons.view import PEOPLE, selected
from capmodel.capitation.need import Need, Origin, Paid, regression
from capmodel.errors import BadInput, Problem
from capmodel.files import written_whole

#: Where the age bands of the fit begin.
BANDS = (0, 5, 17, 40, 55, 70, 80)
TABLE = "fitted_need_index"
Timing = Literal["concurrent", "prospective"]


@dataclass(frozen=True)
class Asked:
    """How to fit: on which extract, by which family and seed, and from which year's records."""

    request: Request
    family: regression.Family = "ordinary"
    timing: Timing = "concurrent"
    seed: int = 1


@dataclass(frozen=True)
class FittedNeed:
    """Need by segment as fitted, and need by present spend beside it."""

    need: Need
    price_need_index: Mapping[str, float]
    synthetic: bool
    asked: Asked


def fit_people(pack: Pack, asked: Asked) -> FittedNeed:
    """Fit need by segment on an extract of a place, for its base year.

    Raises:
        BadInput: the extract is refused, or holds too little to fit on.
    """
    columns = read_map(pack.folder, pack.dimensions)
    scheme = read_scheme(columns.scheme, pack.folder)
    found = _numbers(pack, columns, scheme, asked)
    years = found["months"] / 12
    there = years > 0
    found = {name: values[there] for name, values in found.items()}
    years = years[there]
    ids = tuple(segment.id for segment in scheme.segments)
    paid = Paid("segment", ids, np.bincount(found["segment"].astype(np.intp), years, len(ids)).astype(float), str(pack.base_year))
    need = {name: values for name, values in found.items() if name not in ("person", "segment", "months", "cost")}
    cost = found["cost"] / 100
    given = regression.Given(
        person=found["person"].astype(np.uint64),
        group=found["segment"].astype(np.intp),
        person_years=years,
        cost_gbp=cost,
        need={name: values for name, values in need.items() if values.any() and not values.all()},
        by={"segment": np.array(ids)[found["segment"].astype(np.intp)]},
        family=asked.family,
        seed=asked.seed,
    )
    synthetic = is_synthetic(asked.request.people)
    recorded = pack.base_year - (asked.timing == "prospective")
    origin = Origin(asked.timing, str(recorded), "illustrative" if synthetic else columns.status, columns.source or "extract")
    spent = np.bincount(given.group, cost, len(ids))
    average = spent.sum() / years.sum()
    price = {name: float(spent[i] / paid.person_years[i] / average) if paid.person_years[i] else 0.0 for i, name in enumerate(ids)}
    return FittedNeed(regression.work_out(paid, given, origin), price, synthetic, asked)


def _numbers(pack: Pack, columns: ColumnMap, scheme: Scheme, asked: Asked) -> dict[str, Any]:
    """The columns of the fit, one figure a person of the base year."""
    with opened(columns, asked.request) as extract:
        sound_people(pack, extract, [scheme])
        session = extract.session
        # Only an engine on this machine hands columns over whole.
        assert isinstance(session, DuckSession)
        parts = {
            "person": session.fingerprint(["n.person"]),
            "segment": "n.segment",
            "months": "n.months",
            "cost": "CAST(n.total AS DOUBLE)",
        }
        for i, low in enumerate(BANDS):
            high = BANDS[i + 1] if i + 1 < len(BANDS) else 999
            for sex in ("F", "M") if "sex" in columns.columns else ("",):
                of_sex = f" AND o.sex = '{sex}'" if sex else ""
                # The first band is what the others are compared with.
                if i or sex == "M":
                    parts[f"age_{low}{sex}"] = f"CAST(o.age >= {low} AND o.age < {high}{of_sex} AS DOUBLE)"
        if "deprivation" in columns.columns:
            parts["deprivation"] = "CAST(COALESCE(o.deprivation, 5.5) AS DOUBLE)"
        parts |= {name: f"CAST(o.{condition_column(name)} AS DOUBLE)" for name in columns.conditions}
        before = int(asked.timing == "prospective")
        classed = f"SELECT *, {scheme.sql(cuts_of(session, scheme))} AS segment FROM {PEOPLE}"
        found: dict[str, Any] = session.connection.execute(
            f"SELECT {selected(parts)} FROM ({classed}) AS n JOIN {PEOPLE} AS o ON n.person = o.person AND o.year = n.year - {before} "
            f"WHERE n.year = {pack.base_year} ORDER BY 1"
        ).fetchnumpy()
    if not len(found["person"]):
        what = f"there is nobody in {pack.base_year} with a record of {pack.base_year - before}"
        raise BadInput([Problem("the extract", what, "there is nothing to fit on", "Add the year before, or fit concurrently")])
    return {name: np.asarray(values) for name, values in found.items()}


def told(fitted: FittedNeed) -> str:
    """How the fit was made and how well it fits, in one line.

    It says the family, the timing, the seed, and R2 and the mean error on the people held out.
    """
    fit = fitted.need.fit
    assert fit is not None
    how = f"{fitted.asked.family} regression, {fitted.asked.timing}, seed {fitted.asked.seed}, {fitted.need.how.library}"
    quality = f"on {fit.people:,} people held out R2 {fit.r2:.3f}, CPM {fit.cpm:.3f}, mean error GBP {fit.mae_gbp:,.0f}"
    return f"{how}; {quality}; data {fitted.need.how.data_sha256[:12]}" + ("; synthetic people" if fitted.synthetic else "")


def write_need(fitted: FittedNeed, out: Path) -> None:
    """Write need by segment both ways, side by side, with the person-years behind it."""
    with written_whole(out) as path, path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(["segment", "person_years", "need_by_price_index", "need_by_fit_index"])
        for name, years in zip(fitted.need.ids, fitted.need.person_years.tolist(), strict=True):
            writer.writerow([name, f"{years:.2f}", f"{fitted.price_need_index[name]:.4f}", f"{fitted.need.by_id[name]:.6f}"])


def feed_need(fitted: FittedNeed, pack: Pack) -> Path:
    """Write the fit into the place's table of fitted need, as values with their provenance.

    Raises:
        BadInput: persons.yaml names no source that sources.yaml has.
    """
    path = pack.folder / "tables" / f"{TABLE}.csv"
    how = fitted.need.how
    if how.source not in pack.sources:
        what = f"the source {how.source!r} is not in sources.yaml"
        raise BadInput(
            [Problem("persons.yaml", what, "every figure states where it comes from", "Write source: with the id of the extract")]
        )
    with written_whole(path) as beside, beside.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(["segment", "value", "status", "source", "as_at", "note"])
        status = "illustrative" if fitted.synthetic else "fitted"
        for name, value in fitted.need.by_id.items():
            writer.writerow([name, f"{value:.6f}", status, how.source, f"{pack.base_year + 1}-03-31", told(fitted)])
    return path

"""Writes what a fit on people gave: need by segment by each way, the measures side by side, the record, and the place's own table.

Everything is written as coarse as `release` says, so that what is written, printed and fed is the same. Groups of few people are left
blank. Nothing is worked out here.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from capmodel.assumptions.pack import Pack
from capmodel.baseline.persons.sums.add_up import foreign_segments
from capmodel.capitation.fit import Fit
from capmodel.capitation.fitting.fit_people import FittedNeed, fit_of
from capmodel.capitation.fitting.release import plain, pooled, rounded_count, rounded_years, significant
from capmodel.capitation.fitting.ways import WayNeed
from capmodel.capitation.need import Floored
from capmodel.errors import BadInput, Problem
from capmodel.files import table_beside, write_tables

TABLE = "fitted_need_index"
MEASURES = ["way", "grouping", "group", "people", "actual_gbp_per_person", "predicted_gbp_per_person", "predictive_ratio"]


def described(fitted: FittedNeed, way: WayNeed) -> str:
    """How an index was made and how well it fits the people held out, in one line."""
    fit, how = fit_of(way), way.need.how
    floored = _floored(way.need.floored, fitted.fewest)
    kind = f"{fitted.asked.family} regression" if way.way == "regression" else way.way
    worse = ", worse than paying everybody the average" if fit.worse_than_average else ""
    parts = [
        f"{kind}, {how.timing}, seed {fitted.asked.seed}, {how.library}",
        f"on {'about ' if fitted.fewest > 1 else ''}{rounded_count(fit.people, fitted.fewest):,} people held out R2 {fit.r2:.3f}{worse}, CPM {fit.cpm:.3f}, mean error GBP {significant(fit.mae_gbp):,.0f}",
        *way.notes,
        *([f"{floored['count']} predictions below zero floored"] if floored["count"] else []),
        *([f"empty segments after {next(iter(way.need.fallbacks.values()))}"] if way.need.fallbacks else []),
        *(
            [f"pooled, since they hold few people or would disclose those that do: {', '.join(fitted.people.pooled)}"]
            if fitted.people.pooled
            else []
        ),
        *(blank.removesuffix(".") for blank in fitted.people.blanks),
        f"data {how.data_sha256[:12]}",
        *([f"leakage check by {check.by} on {check.on}: {check.findings}"] if (check := fitted.asked.checked) else []),
        *(["synthetic people"] if fitted.synthetic else []),
    ]
    return "; ".join(parts)


def index_of(fitted: FittedNeed, way: WayNeed) -> dict[str, str]:
    """The need index by segment as it is shown, each segment of the pool with that of the pool.

    Four decimals: a tenth of a thousandth of the average cost of a person.
    """
    return {name: f"{value:.4f}" for name, value in fitted.people.expanded(way.need.by_id).items()}


def write_fit(fitted: FittedNeed, out: Path, feed: Pack | None = None) -> list[Path]:
    """Write OUT (need by segment), OUT-measures.csv (fit and fairness of every way) and OUT.json (how each was made).

    With a place to feed, its table of fitted need is written with them: all of it or nothing.

    Raises:
        BadInput: the way is not one to feed a place with, or the place knows no source of that name.
    """
    if feed:
        check_feed(fitted, feed)
    tables = {out: _need_rows(fitted), table_beside(out, "measures"): _measure_rows(fitted)}
    record = out.with_suffix(".json")
    fed = {feed.folder / "tables" / f"{TABLE}.csv": _fed_rows(fitted, feed)} if feed else {}
    text = json.dumps(_record(fitted), indent=1, ensure_ascii=False, allow_nan=False)
    write_tables({**tables, **fed}, {record: text + "\n"})
    return [*tables, record, *fed]


def _need_rows(fitted: FittedNeed) -> list[list[Any]]:
    """One row a segment. A pooled one has the index of the pool, and neither people nor chance of its own."""
    people, chance = fitted.people, fitted.chance
    group = {name: i for i, name in enumerate(people.paid.ids)}
    ways = {f"need_by_{way.column}_index": index_of(fitted, way) for way in fitted.all_ways}
    rows: list[list[Any]] = [["segment", "pooled", "person_years", *ways, "own_price_credibility_share", "beyond_chance_share"]]
    for name in people.segments:
        indices = [index[name] for index in ways.values()]
        if name in people.pooled:
            rows.append([name, 1, "", *indices, "", ""])
            continue
        i = group[name]
        z = chance.credibility.z[i] if chance.credibility else float("nan")
        beyond = chance.beyond_chance_share[i]
        rows.append([name, 0, _years(fitted, i), *indices, f"{z:.2f}" if z == z else "", plain(beyond) if beyond == beyond else ""])
    return rows


def _years(fitted: FittedNeed, group: int) -> str:
    """Person-years of a group: those that `segment` shows of it, or of those with a record of the year before, coarsely."""
    years = float(fitted.people.paid.person_years[group])
    return f"{years:.2f}" if fitted.asked.sources.timing == "concurrent" else f"{rounded_years(years, fitted.fewest):g}"


def _measure_rows(fitted: FittedNeed) -> list[list[Any]]:
    rows: list[list[Any]] = [[*MEASURES, "r2", "cpm", "mae_gbp_per_person"]]
    for way in fitted.all_ways:
        fit = fit_of(way)
        whole = _row_of(fit.people, fit.actual_mean_gbp, fit.predicted_mean_gbp, fitted.fewest)
        rows.append([way.way, "all", "all", *whole, f"{fit.r2:.3f}", f"{fit.cpm:.3f}", plain(fit.mae_gbp)])
        for grouping, groups in fit.groups.items():
            blank = pooled({name: group.people for name, group in groups.items()}, (), fitted.fewest)
            for name, group in groups.items():
                means = (group.actual_gbp / group.person_years, group.predicted_gbp / group.person_years)
                row = [""] * 4 if name in blank else _row_of(group.people, *means, fitted.fewest)
                rows.append([way.way, grouping, name, *row, "", "", ""])
    return rows


def _row_of(people: int, actual_gbp: float, predicted_gbp: float, fewest: int) -> list[Any]:
    """People, actual and predicted pounds a person-year and the ratio of the two, as coarse as they are shown."""
    ratio = f"{predicted_gbp / actual_gbp:.2f}" if actual_gbp > 0 else ""
    return [rounded_count(people, fewest), plain(actual_gbp), plain(predicted_gbp), ratio]


def _floored(floored: Floored, fewest: int) -> dict[str, Any]:
    """What flooring did, as it is shown: of few people only that there are some."""
    if 0 < floored.count < fewest:
        return {"count": f"fewer than {fewest}", "person_years": None, "amount": None, "amount_gbp": None}
    amounts = {"amount": floored.amount, "amount_gbp": floored.amount_gbp}
    return {
        "count": rounded_count(floored.count, fewest),
        "person_years": rounded_years(floored.person_years, fewest) if floored.count else 0.0,
        **{name: None if amount is None else significant(amount, 2) for name, amount in amounts.items()},
    }


def _fit(fit: Fit, fewest: int) -> dict[str, Any]:
    """The measures over everybody held out, as they are shown."""
    return {
        "people": rounded_count(fit.people, fewest),
        "person_years": rounded_years(fit.person_years, fewest),
        "held_out": fit.held_out,
        "r2": round(fit.r2, 3),
        "cpm": round(fit.cpm, 3),
        **{name: significant(getattr(fit, name)) for name in ("mae_gbp", "actual_mean_gbp", "predicted_mean_gbp")},
    }


def _record(fitted: FittedNeed) -> dict[str, Any]:
    chance, asked, fewest = fitted.chance, fitted.asked, fitted.fewest
    return {
        "synthetic": fitted.synthetic,
        "fed_with": fitted.ways[0].way,
        "leakage_check": asdict(asked.checked) if asked.checked else None,
        **({"options_without_effect": fitted.idle} if fitted.idle else {}),
        "small_numbers": fewest,
        "pooled": list(fitted.people.pooled),
        "blanks": list(fitted.people.blanks),
        "ways": {
            way.way: {
                "how": {**asdict(way.need.how), "settings": dict(way.need.how.settings)},
                "notes": list(way.notes),
                "floored": _floored(way.need.floored, fewest),
                "fallbacks": dict(way.need.fallbacks),
                "fit": _fit(fit_of(way), fewest),
            }
            for way in fitted.all_ways
        },
        "chance": {
            "variation_after_truncation": chance.variation,
            "buhlmann_k_person_years": significant(chance.credibility.k, 2)
            if chance.credibility and chance.credibility.variance_of_means > 0
            else None,
            "by_list_size": [{name: significant(value) for name, value in asdict(band).items()} for band in chance.lists],
        },
    }


def check_feed(fitted: FittedNeed, pack: Pack) -> None:
    """Refuse to feed a place with what it cannot use, or with what is worse than no fit.

    Raises:
        BadInput: with every reason, in one report.
    """
    way, how = fitted.ways[0], fitted.ways[0].need.how
    problems = foreign_segments(pack, fitted.scheme)
    if how.source not in pack.sources:
        what, remedy = f"the source {how.source!r} is not in sources.yaml", "Write source: with the id of the extract"
        problems.append(Problem("persons.yaml", what, "every figure states where it comes from", remedy))
    if fit_of(way).worse_than_average:
        what = f"R2 is {fit_of(way).r2:.3f} on the people held out"
        why = "that is worse than paying everybody the average, and the place would be priced by it"
        problems.append(Problem(f"--feed, --need {way.way}", what, why, "Feed another way, named first, or leave --feed out"))
    if problems:
        raise BadInput(problems)


def _fed_rows(fitted: FittedNeed, pack: Pack) -> list[list[Any]]:
    """The first of the ways as the place's table holds it: values with their provenance."""
    way, how = fitted.ways[0], fitted.ways[0].need.how
    status = "illustrative" if fitted.synthetic else how.status
    note, as_at = described(fitted, way), f"{pack.base_year + 1}-03-31"
    rows = [[name, value, status, how.source, as_at, note] for name, value in index_of(fitted, way).items()]
    return [["segment", "value", "status", "source", "as_at", "note"], *rows]

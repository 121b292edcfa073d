"""Writes what a fit on people gave: need by segment by each way, the measures side by side, the record, and the place's own table.

Nothing is told of fewer people than the place's small number: such a group is left blank, and with it the next smallest where one
alone could be found by subtraction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from capmodel.assumptions.pack import Pack
from capmodel.capitation.fit_people import FittedNeed, fit_of
from capmodel.capitation.people_ways import WayNeed
from capmodel.errors import BadInput, Problem
from capmodel.files import table_beside, write_tables

TABLE = "fitted_need_index"
MEASURES = ["way", "grouping", "group", "people", "actual_gbp_per_person", "predicted_gbp_per_person", "predictive_ratio"]


def told(fitted: FittedNeed, way: WayNeed) -> str:
    """How an index was made and how well it fits the people held out, in one line."""
    fit, how, floored = fit_of(way), way.need.how, way.need.floored
    kind = f"{fitted.asked.family} regression" if way.way == "regression" else way.way
    parts = [
        f"{kind}, {how.timing}, seed {fitted.asked.seed}, {how.library}",
        f"on {fit.people:,} people held out R2 {fit.r2:.3f}, CPM {fit.cpm:.3f}, mean error GBP {fit.mae_gbp:,.0f}",
        *way.notes,
        *([f"{floored.count:,} predictions below nought floored"] if floored.count else []),
        *([f"empty segments after {next(iter(way.need.fallbacks.values()))}"] if way.need.fallbacks else []),
        f"data {how.data_sha256[:12]}",
        *([f"leakage check by {check.by} on {check.on}: {check.findings}"] if (check := fitted.asked.checked) else []),
        *(["synthetic people"] if fitted.synthetic else []),
    ]
    return "; ".join(parts)


def hidden(people: Mapping[str, int], fewest: int) -> set[str]:
    """The groups that are left blank: those of fewer than the small number, and the next smallest beside one that stands alone.

    >>> sorted(hidden({"a": 3, "b": 40, "c": 900}, 5)), hidden({"a": 0, "b": 40}, 5)
    (['a', 'b'], set())
    """
    small = {name for name, count in people.items() if 0 < count < fewest}
    others = {name: count for name, count in people.items() if count >= fewest}
    return small | ({min(others, key=others.__getitem__)} if len(small) == 1 and others else set())


def write_fit(fitted: FittedNeed, out: Path, feed: Pack | None = None) -> list[Path]:
    """Write OUT (need by segment), OUT-measures.csv (fit and fairness of every way) and OUT.json (how each was made).

    With a place to feed, its table of fitted need is written with them: all of it or nothing.

    Raises:
        BadInput: the place to feed knows no source of that name.
    """
    tables = {out: _need_rows(fitted), table_beside(out, "measures"): _measure_rows(fitted)}
    record = out.with_suffix(".json")
    fed = {feed.folder / "tables" / f"{TABLE}.csv": _fed_rows(fitted, feed)} if feed else {}
    text = json.dumps(_record(fitted), indent=1, ensure_ascii=False, allow_nan=False)
    write_tables({**tables, **fed}, {record: text + "\n"})
    return [*tables, record, *fed]


def _need_rows(fitted: FittedNeed) -> list[list[Any]]:
    need, chance = fitted.prices.need, fitted.chance
    blank = hidden(fitted.people_by_segment, fitted.fewest)
    ways = [f"need_by_{way.column}_index" for way in fitted.all_ways]
    rows: list[list[Any]] = [["segment", "person_years", *ways, "own_price_credibility_share", "beyond_luck_share"]]
    for i, name in enumerate(need.ids):
        z = chance.credibility.z[i] if chance.credibility else float("nan")
        own = [f"{need.person_years[i]:.2f}", f"{need.need_index[i]:.6f}"] if name not in blank else ["", ""]
        # A prediction rests on everybody like these people; only the segment's own spend tells of the few themselves.
        others = [f"{way.need.need_index[i]:.6f}" for way in fitted.all_ways[1:]]
        luck = [f"{value:.4f}" if name not in blank and value == value else "" for value in (z, chance.beyond_luck_share[i])]
        rows.append([name, *own, *others, *luck])
    return rows


def _measure_rows(fitted: FittedNeed) -> list[list[Any]]:
    rows: list[list[Any]] = [[*MEASURES, "r2", "cpm", "mae_gbp_per_person"]]
    for way in fitted.all_ways:
        fit = fit_of(way)
        whole = [f"{fit.actual_mean_gbp:.2f}", f"{fit.predicted_mean_gbp:.2f}", f"{fit.predicted_mean_gbp / fit.actual_mean_gbp:.4f}"]
        rows.append([way.way, "all", "all", fit.people, *whole, f"{fit.r2:.4f}", f"{fit.cpm:.4f}", f"{fit.mae_gbp:.2f}"])
        for grouping, groups in fit.groups.items():
            blank = hidden({name: group.people for name, group in groups.items()}, fitted.fewest)
            for name, group in groups.items():
                told_of = [
                    group.people,
                    f"{group.actual_gbp / group.person_years:.2f}",
                    f"{group.predicted_gbp / group.person_years:.2f}",
                    "" if group.predictive_ratio is None else f"{group.predictive_ratio:.4f}",
                ]
                rows.append([way.way, grouping, name, *(told_of if name not in blank else [""] * 4), "", "", ""])
    return rows


def _record(fitted: FittedNeed) -> dict[str, Any]:
    chance, asked = fitted.chance, fitted.asked
    return {
        "synthetic": fitted.synthetic,
        "fed_with": fitted.ways[0].way,
        "leakage_check": asdict(asked.checked) if asked.checked else None,
        "ways": {
            way.way: {
                "how": {**asdict(way.need.how), "settings": dict(way.need.how.settings)},
                "notes": list(way.notes),
                "floored": asdict(way.need.floored),
                "fallbacks": dict(way.need.fallbacks),
                "fit": {name: value for name, value in asdict(fit_of(way)).items() if name != "groups"},
            }
            for way in fitted.all_ways
        },
        "chance": {
            "variation_after_truncation": chance.variation,
            "buhlmann_k_person_years": chance.credibility.k if chance.credibility and chance.credibility.variance_of_means > 0 else None,
            "by_list_size": [asdict(band) for band in chance.lists],
        },
    }


def _fed_rows(fitted: FittedNeed, pack: Pack) -> list[list[Any]]:
    """The first of the ways as the place's table holds it: values with their provenance."""
    way = fitted.ways[0]
    how = way.need.how
    if how.source not in pack.sources:
        what, remedy = f"the source {how.source!r} is not in sources.yaml", "Write source: with the id of the extract"
        raise BadInput([Problem("persons.yaml", what, "every figure states where it comes from", remedy)])
    status = "illustrative" if fitted.synthetic else how.status
    note, as_at = told(fitted, way), f"{pack.base_year + 1}-03-31"
    rows = [[name, f"{value:.6f}", status, how.source, as_at, note] for name, value in way.need.by_id.items()]
    return [["segment", "value", "status", "source", "as_at", "note"], *rows]

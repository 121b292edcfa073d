"""The data-quality report as data: everything the page says, and the manifest of what it was made from.

Pounds are text with two decimals, shares run from 0 to 1, None means that there is no such figure, and "suppressed" that
there is one that is not disclosed. Nothing in it depends on the machine, the folder or the hour, so that the same inputs give
the same bytes. Left to others: which figures may be disclosed (`disclosable`, `pairs`), and the page (`page`).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from capmodel.assumptions.years import year_label
from capmodel.baseline.files import files_of
from capmodel.baseline.persons.extract.checks import Quality
from capmodel.baseline.persons.extract.column_map import ASKED, EVERY, ColumnMap
from capmodel.baseline.persons.report.disclosable import ATTRIBUTES, Disclosable, Row, coarse
from capmodel.baseline.persons.report.maturity import NOT_JUDGED, SOURCE, maturity
from capmodel.baseline.persons.report.pairs import cross, prevalence, stability, supplements
from capmodel.baseline.persons.report.readiness import readiness
from capmodel.baseline.persons.schemes.conditions import vocabulary
from capmodel.baseline.persons.schemes.scheme import Scheme
from capmodel.baseline.persons.segment import Segmented, withheld
from capmodel.baseline.persons.sums.reconcile import APPORTIONED, RECORDED
from capmodel.baseline.persons.suppress import ALL
from capmodel.errors import FIRST
from capmodel.version import __version__

BASIS = "person-level"
#: Larger extracts, all files together, are named with their size and not hashed: that would read them once more.
HASHED_UP_TO = 200_000_000
LIMITS = (
    "Nobody's spend was guessed.",
    "Activity lines that found no person are in no segment. They stand under the accounts as not linked.",
    "Spend is as the providers recorded it. Whether they cost alike was not checked.",
    "Block contracts are shared out in the base year only, so years before it do not compare with it.",
    "Percentiles and variation are of recorded spend, without block contracts.",
    "Suppression protects the tables of this run. Several runs of one extract, by other schemes, localities or thresholds, passed on together, can be subtracted.",
    "Each year is suppressed by itself. Who knows that the same people are there in several years can hold one year against another.",
    "Who knows something of single people, what one cost or which group one is in, can take it off a figure that is shown.",
    "One person who makes up most of a group's spend is not looked for; the threshold counts people only.",
    "Supplements are shown one by one: of two that make up a third, somebody who knows the rules can subtract.",
    "Movers are people who are there in both years: those who died, were born or moved away are not counted as moving.",
)


def record_of(made: Segmented) -> Row:
    """Everything the report says, as plain values in a fixed order."""
    disclosable = Disclosable(made)
    shares = prevalence(disclosable)
    conditions, crossed = readiness(made, shares), cross(disclosable)
    return {
        "title": f"Segment spend of {made.pack.title}",
        "basis": BASIS,
        "status": made.status,
        "synthetic": made.synthetic,
        "source": _source(made),
        "year": disclosable.year,
        "year_label": year_label(disclosable.year),
        "years": made.years,
        "schemes": [_scheme(scheme) for scheme in made.schemes],
        "rows": made.quality.rows,
        "checks_passed": made.quality.rules,
        "readiness": [asdict(condition) for condition in conditions],
        "marks": dict(sorted(Counter(condition.met for condition in conditions).items())),
        "maturity": {"areas": [asdict(one) for one in maturity(made, conditions)], "note": NOT_JUDGED, "source": SOURCE},
        "total": disclosable.head(disclosable.year),
        "segments": disclosable.segments(),
        "by_setting": disclosable.by_setting(),
        "localities": disclosable.localities(),
        "truncation_share": made.columns.truncation_share,
        "by_year": disclosable.by_year(),
        "chance": disclosable.chances(),
        "linkage": disclosable.linkage(),
        "blanks": blanks(made.columns, made.quality),
        "completeness": {name: coarse(share) for name, share in made.quality.completeness.items()},
        "not_recorded": list(made.columns.not_recorded),
        "prevalence": shares,
        "accounts": disclosable.accounts(),
        "block_contracts": disclosable.blocks(),
        "supplements": supplements(disclosable, crossed),
        "cross": crossed,
        "stability": stability(disclosable),
        "small_numbers": _small_numbers(disclosable),
        "limits": [*blanks(made.columns, made.quality), *slips(disclosable.localities()), *LIMITS],
        "labels": _labels(disclosable),
        "manifest": manifest(made),
    }


def _source(made: Segmented) -> str:
    known = made.pack.sources.get(made.columns.source)
    return f"{known.title} ({known.publisher})" if known else made.columns.source or "not stated"


def blanks(columns: ColumnMap, quality: Quality) -> list[str]:
    """What persons.yaml says that a blank means, and in what share of rows of each column there is one; a sentence each."""
    found = []
    for family, meaning in (("blank_means_no", "no"), ("blank_means_zero", "nil")):
        named = getattr(columns, family)
        spent = [name for item in columns.spend for name in (item.column, item.activity) if name]
        every = [*columns.conditions, *(name for name in ASKED if name in columns.columns)] if meaning == "no" else spent
        empty = {name: 1 - quality.completeness[name] for name in every if {name, EVERY} & {*named}}
        disclosable = ", ".join(f"{name} in {coarse(share):.0%} of rows" for name, share in empty.items() if share > 0)
        found += [f"A blank counts as {meaning}, as {family} in {columns.path.name} says: {disclosable}."] if disclosable else []
    return found


def slips(localities: Sequence[Row]) -> list[str]:
    """What is said of localities whose names could be slips: a sentence, or nothing.

    >>> slips([{"locality": "est", "label": "Est", "people": 3, "few": True}, {"locality": "east", "label": "East", "people": 900, "few": False}])
    ['Very few people beside the largest locality, or suppressed: est. A misspelt name is a locality of its own; list the localities under codes: locality: in persons.yaml, and any other name is refused.']
    """
    few = [locality["locality"] for locality in localities if locality["few"]]
    named = ", ".join(few[:FIRST]) + (f" and {len(few) - FIRST:,} more (localities in the record lists them)" if len(few) > FIRST else "")
    said = "A misspelt name is a locality of its own; list the localities under codes: locality: in persons.yaml, and any other name is refused."
    return [f"Very few people beside the largest locality, or suppressed: {named}. {said}"] if few else []


def _scheme(scheme: Scheme) -> Row:
    return {"name": scheme.name, "title": scheme.title, "source": scheme.source, "note": scheme.note, "sha256": fingerprint(scheme)}


def fingerprint(scheme: Scheme) -> str:
    """The SHA-256 of what a scheme defines: its segments and supplements in order, with every condition, whatever its file looks like."""
    return hashlib.sha256(json.dumps(asdict(scheme), sort_keys=True).encode()).hexdigest()


def _small_numbers(disclosable: Disclosable) -> Row:
    made, shown = disclosable.made, disclosable.made.shown
    cells = {"people": shown.people, "spend": shown.spend, "totals": shown.totals}
    return {
        "threshold": made.columns.small_numbers,
        "primary": shown.primary,
        "secondary": shown.secondary,
        "withheld": int(withheld(shown.spend).sum()),
        "given_away": disclosable.given_away(),
        "cells": {name: {"all": len(frame), "suppressed": int(frame["suppressed"].sum())} for name, frame in cells.items()},
        "totals_tie": totals_tie(made),
    }


def totals_tie(made: Segmented) -> bool:
    """Whether figures that were added up apart are the same: rows of people, linked lines, segments, blocks and what is shown."""
    people, spend, grand = made.aggregates.people, made.spend, made.shown.totals[_grand(made.shown.totals)]
    recorded, blocks = (_pence(spend[spend["basis"] == basis]) for basis in (RECORDED, APPORTIONED))
    ties = [
        made.quality.rows == int(people["people"].sum()) == int(grand["people"].sum()),
        int(people["person_months"].sum()) == int(grand["person_months"].sum()),
        _pence(people) == recorded,
        sum(round(block.amount_gbp * 100) for block in made.columns.blocks) == blocks,
        recorded + blocks == _pence(grand),
    ]
    if made.columns.lines is not None:
        ties.append(sum(one.linked_pence for one in made.linkage) == recorded)
    return all(ties)


def _pence(frame: Any) -> int:
    return sum(int(value) for value in frame["cost_pence"])


def _grand(totals: Any) -> Any:
    return (totals[["segment", "locality", "setting"]] == ALL).all(axis=1)


def _labels(disclosable: Disclosable) -> dict[str, str]:
    made = disclosable.made
    known = {entry.id: entry.label for name in ("setting", "party") for entry in made.pack.dimensions.get(name, ())}
    localities = {str(locality): disclosable.label(str(locality)) for locality in sorted(made.aggregates.people["locality"].unique())}
    return {**ATTRIBUTES, **vocabulary().labels, **disclosable.segment_labels, **localities, **known}


def manifest(made: Segmented) -> Row:
    """What the report was made from: the program, the schemes, the column map and the extract's files by name, size and hash."""
    request = made.request
    files = [file for path in (request.people, request.lines) if path is not None for file in files_of(path)]
    return {
        "capmodel": __version__,
        "engine": request.engine,
        "schemes": {scheme.name: fingerprint(scheme) for scheme in made.schemes},
        "persons_yaml_sha256": _sha256(made.columns.path),
        "files": _files(files),
        "rows": made.quality.rows,
        "threshold": made.columns.small_numbers,
        "truncation_share": made.columns.truncation_share,
    }


def _files(paths: Sequence[Path]) -> list[Row]:
    sizes = [path.stat().st_size for path in paths]
    hashes = [{"sha256": _sha256(path)} if sum(sizes) <= HASHED_UP_TO else {} for path in paths]
    return [{"name": path.name, "bytes": size, **known} for path, size, known in zip(paths, sizes, hashes, strict=True)]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_text(record: Row) -> str:
    """The record as JSON; a figure that is no number is a defect, and is refused.

    >>> as_text({"share": 0.5}).split()
    ['{', '"share":', '0.5', '}']
    """
    return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

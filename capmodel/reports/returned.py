"""The record of a book that came back: what was changed, what it is worth to each party in each year, and what else was altered.

The page, the sheet and what the command prints say what the record says, and look at nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from capmodel.assumptions.step import OPTIONS
from capmodel.money import pounds
from capmodel.workbook.returned.money import IN_ALL
from capmodel.workbook.writing.formats import UNIT_LABELS

if TYPE_CHECKING:
    from capmodel.workbook.returned.accepting import Accepting
    from capmodel.workbook.returned.merged import Merge
    from capmodel.workbook.returned.money import MoneyLine
    from capmodel.workbook.returned.priced import Effect, Effects, Priced
    from capmodel.workbook.returned.round_trip import RoundTrip

Record = dict[str, Any]
SIGNS = "Plus is a gain or more money, minus a loss or less. All years is the plain sum of the years"
#: What is said of an input in conflict, before what each side says of it.
CONFLICT = ("name", "label", "cell", "unit", "old")
SAME_CHOICE = "The options stay as they are chosen in the book"


def record_of(trip: RoundTrip) -> Record:
    """What a round trip found, as plain values."""
    back, opening, closing = trip.back, trip.opening, trip.back.closing
    scenarios = trip.sent.place.scenarios
    return {
        "returned": back.path.name,
        "sent": trip.file.name if trip.file else None,
        "place": trip.sent.place.pack.title,
        "run": trip.sent.run.run_id,
        "packs": [{"id": edition.id, "sha256": edition.sha256} for edition in trip.sent.place.pack.editions],
        "scenario": scenarios[opening.scenario].label,
        "scenario_returned": scenarios[closing.scenario].label,
        "passed": back.passed,
        "checks": len(closing.checks),
        "failing": list(back.failing),
        "note": f"{SIGNS}. {SAME_CHOICE}" if opening.chain.has(OPTIONS) else SIGNS,
        "altered": list(back.altered),
        **priced_record(back.priced),
        "accepted": None,
        "conflicts": [],
    }


def merge_record(merge: Merge) -> Record:
    """What a merge found: the record of the merged changes, whose each is, and the conflicts with what each side's figure is worth."""
    record, lines = record_of(merge.trip), merge.trip.back.priced.lines
    for change in record["changes"]:
        change["by"] = list(merge.by[change["name"]])
    record["conflicts"] = [
        {
            **{name: text for name, text in change_record(next(iter(sides.values())), lines).items() if name in CONFLICT},
            "sides": {
                file: {"new": each.change.new, "effects_gbp": effects(lines, each.gbp), "no_effect": each.why}
                for file, each in sides.items()
            },
        }
        for sides in merge.conflicts
    ]
    record["passed"] = record["passed"] and not merge.conflicts
    return record


def accepted_record(found: Accepting) -> Record:
    """What was taken into the place, and what was not."""
    version = found.version
    return {
        "version": found.number,
        "file": str(found.file) if found.number else None,
        "by": version.by,
        "on": version.on.isoformat(),
        "figures": [figure.name for figure in version.figures],
        "refused": dict(found.refused),
    }


def priced_record(priced: Priced) -> Record:
    """Each change with its effects, all of them together, and the interaction."""
    return {
        "years": list(dict.fromkeys(year for line in priced.lines for year in line.years if year != IN_ALL)),
        "changes": [change_record(each, priced.lines) for each in priced.alone],
        "together_gbp": effects(priced.lines, priced.together),
        "interaction_gbp": effects(priced.lines, priced.interaction),
    }


def change_record(each: Effect, lines: Sequence[MoneyLine]) -> Record:
    """One change with its effects."""
    change = each.change
    return {
        "name": change.name,
        "label": change.label,
        "cell": change.cell,
        "unit": UNIT_LABELS[change.unit],
        "old": change.old,
        "new": change.new,
        "effects_gbp": effects(lines, each.gbp),
        "no_effect": each.why,
        "by": [],
    }


def effects(lines: Sequence[MoneyLine], gbp: Effects) -> list[Record]:
    """The lines of money that move, each with pounds by year."""
    return [
        {"kind": line.kind, "who": line.who, "gbp": dict(zip(line.years, own.tolist(), strict=True))}
        for line, own in zip(lines, gbp, strict=bool(gbp))
        if own.any()
    ]


def moved(found: Sequence[Record]) -> float:
    """How much money some effects move, to put the largest first."""
    return float(sum(abs(gbp) for line in found for gbp in line["gbp"].values()))


def largest(found: Sequence[Record]) -> str:
    """The largest of some effects, in words.

    >>> largest([{"kind": "Position", "who": "Trust", "gbp": {"2026/27": -5.0, "2027/28": 2.0}}])
    'Position, Trust, 2026/27: -£5.00'
    """
    every = [(abs(gbp), line["kind"], line["who"], year, gbp) for line in found for year, gbp in line["gbp"].items()]
    _, kind, who, year, gbp = max(every, key=lambda each: each[0])
    return f"{kind}, {who}, {year}: {pounds(gbp)}"


def from_to(change: Record) -> str:
    """What became of an input.

    >>> from_to({"old": 0.7, "new": 0.65, "unit": "share"})
    '0.7 becomes 0.65 (share)'
    """
    by = f", in {' and '.join(change['by'])}" if change.get("by") else ""
    return f"{change['old']:,.15g} becomes {change['new']:,.15g} ({change['unit']}){by}"


def by_kind(found: Sequence[Record], years: Sequence[str]) -> list[tuple[str, list[tuple[str, list[float | None]]]]]:
    """Effects as tables: for each kind of money its lines, each with a figure for each year and the sum of the years.

    >>> by_kind([{"kind": "Position", "who": "Trust", "gbp": {"2026/27": -5.0}}], ["2026/27", "2027/28"])
    [('Position', [('Trust', [-5.0, None, -5.0])])]
    """
    tables: dict[str, list[tuple[str, list[float | None]]]] = {}
    for line in found:
        own = line["gbp"]
        tables.setdefault(line["kind"], []).append((line["who"], [*(own.get(year) for year in years), round(sum(own.values()), 2) + 0.0]))
    return list(tables.items())


def conflicts(record: Record) -> list[tuple[str, list[Record]]]:
    """What each side of a conflict says, and what its figure is worth by itself."""
    return [
        (
            f"CONFLICT: {each['label']} ({each['cell']}): {each['old']:,.15g} was sent, {side['new']:,.15g} ({each['unit']}) in {file}"
            + (f"; no money of any party moves: {side['no_effect']}" if side["no_effect"] else ""),
            side["effects_gbp"],
        )
        for each in record["conflicts"]
        for file, side in each["sides"].items()
    ]


def sections(record: Record) -> list[tuple[str, list[Record]]]:
    """What is shown after the changes themselves: all together, and the interaction where there is any."""
    merged = " (the merge)" if record["conflicts"] or any(change["by"] for change in record["changes"]) else ""
    found = [(f"All of them together{merged}", record["together_gbp"])]
    if len(record["changes"]) > 1:
        found.append(("Of which interaction: together less each alone", record["interaction_gbp"]))
    return found

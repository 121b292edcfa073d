"""The agreements of a place as rows and figures: which lines each table has, and how each agreement pays as figures of `payment`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.laid_out import Figures, LaidOut, columns_given
from capmodel.assumptions.pack import Figure, Key, Pack
from capmodel.assumptions.step import PAYMENTS
from capmodel.baseline.spend import columns_of
from capmodel.contracts.agreements import AGREEMENT, BAND, PAST_YEAR, POINT, SERVICE_LINE, SIDE, SIDES, UNCOVERED
from capmodel.contracts.agreements.checks import faults
from capmodel.contracts.agreements.mechanisms import Paid
from capmodel.contracts.agreements.place_tables import (
    ACTUAL,
    FACTOR,
    FIXED,
    HOLDERS,
    MET,
    MOVED,
    PAST,
    PLAN,
    PRICE,
    Given,
    given,
    years_in_mean,
)
from capmodel.contracts.agreements.stated import Agreed, Agreements, covered, read_stated
from capmodel.contracts.settlement.term import keys_of
from capmodel.errors import Problem

UNIT = "payment_unit"
_FLAGS = {"fixed_plan_flag": "plan_value", "fixed_stated_flag": "stated", "fixed_mean_flag": "mean", "fixed_linked_flag": "linked"}
_LABELS = {UNCOVERED: "No agreement", "above_plan": "Above plan", "below_plan": "Below plan"}


def read_agreements(document: Document, pack: Pack, problems: list[Problem]) -> LaidOut | None:
    """Read agreements.yaml for a place; every fault is reported with its line, and a faulty file gives None.

    Args:
        document: the file.
        pack: the place, with the tables that the agreements read.
        problems: faults are added here.
    """
    before = len(problems)
    columns = {name: given(pack, name, problems) for name in HOLDERS}
    read = read_stated(document, pack, problems)
    plan = columns[PLAN]
    if not plan.whole or not plan.keys or read is None:
        return None
    agreements, paid = read
    stated = agreements.stated
    lines = covered(document, stated, plan.keys, problems)
    taken = [agreements.inherited.get(each.id) for each in stated.agreements]
    agreed = [Agreed(*each) for each in zip(stated.agreements, paid, lines, taken, strict=True)]
    units = _units(pack)
    problems += faults(document, agreed, columns, pack.years, units)
    return None if len(problems) > before else _laid_out(stated, agreed, columns, pack, linked=units is not None)


def _units(pack: Pack) -> list[str] | None:
    """The units of payments.yaml; None where the place does not have it, and none where it cannot be read, which is reported there."""
    document = pack.documents.get(f"{PAYMENTS}.yaml")
    if document is None:
        return None
    units = document.content.get("units") if isinstance(document.content, dict) else None
    return [str(each.get("id")) for each in units if isinstance(each, dict)] if isinstance(units, list) else []


def _laid_out(stated: Agreements, agreed: Sequence[Agreed], columns: Mapping[str, Given], pack: Pack, linked: bool) -> LaidOut:
    known = Figure(0.0, stated.status, stated.source, stated.as_at, stated.note)
    of = {line: each.stated.id for each in agreed for line in each.lines}
    uncovered = [line for line in columns[PLAN].keys if line not in of]
    lines = [*of, *uncovered]
    rows = {
        **_rows_of_place(columns, lines, agreed, pack.years),
        **_rows_of_terms(agreed, lines, of, pack.years, bool(uncovered)),
        **_rows_of_units(agreed, pack.years, linked),
    }
    own = {each.stated.id: each.stated.figure(known) for each in agreed}
    figures = _figures(agreed, columns, pack.years, uncovered=bool(uncovered))
    # A table that the place does not have is a column without figures.
    empty: dict[str, tuple[tuple[str, ...], Figures]] = {
        name: (keys_of(HOLDERS[name].keys), {}) for name in HOLDERS if name not in pack.columns and name not in figures
    }
    without: dict[str, tuple[tuple[str, ...], Figures]] = {} if linked else {"linked_payment_gbp": (SERVICE_LINE, {})}
    taken = {each.stated.id: each.inherited for each in agreed if each.inherited}
    provenance = {
        name: {key: (taken[key[0]].grounds(name) if key[0] in taken else None) or own.get(key[0], known) for key in values}
        for name, (keys, values) in figures.items()
        if keys[0] == AGREEMENT
    }
    return LaidOut(
        rows=rows,
        columns=columns_given({**figures, **empty, **without}, stated.id, known, provenance),
        labels={**_LABELS, **{each.id: each.label for each in stated.agreements}},
    )


def _rows_of_place(columns: Mapping[str, Given], lines: Sequence[Key], agreed: Sequence[Agreed], years: tuple[int, ...]) -> dict[str, Rows]:
    """The rows of the tables that hold what the place gives: a row for each of its own."""
    there = set(columns[ACTUAL].keys)
    assumed = [line for line in lines if line not in there]
    in_mean = [(each.stated.id, line) for each in agreed if each.paid.fixed == "mean" for line in each.lines]
    counted = [(*line, past) for _, line in in_mean for past in columns[PAST].past.get(line, ())]
    return {
        "guide_price": columns_of(("setting", POINT), columns[PRICE].keys, years),
        "market_forces": columns_of(("provider",), columns[FACTOR].keys, years),
        "fixed_payment": columns_of(SERVICE_LINE, columns[FIXED].keys, years),
        "criteria_met": columns_of(SERVICE_LINE, columns[MET].keys, years),
        "recorded_activity": columns_of(SERVICE_LINE, columns[ACTUAL].keys, years),
        "activity_move": columns_of(("setting", POINT), columns[MOVED].keys, years),
        "expected_activity": columns_of(SERVICE_LINE, assumed, years),
        "past_value": columns_of((*SERVICE_LINE, PAST_YEAR), columns[PAST].keys),
        "past_value_counted": columns_of((*SERVICE_LINE, PAST_YEAR), counted, years),
        "low_volume_line": columns_of((*SERVICE_LINE, AGREEMENT), [(*line, name) for name, line in in_mean], years),
    }


def _rows_of_terms(
    agreed: Sequence[Agreed], lines: Sequence[Key], of: Mapping[Key, str], years: tuple[int, ...], uncovered: bool
) -> dict[str, Rows]:
    """The rows of lines, of the bands of each, and of what they add up to."""
    ids = [each.stated.id for each in agreed]
    banded = [
        (*line, side, band, each.stated.id)
        for each in agreed
        for line in each.lines
        for side in SIDES
        for band in band_ids(len(each.paid.bands(side)))
    ]
    bands = [(each.stated.id, side, band) for each in agreed for side in SIDES for band in band_ids(len(each.paid.bands(side)))]
    pairs = dict.fromkeys((each.stated.id, line[2], line[3]) for each in agreed if each.paid.fixed == "mean" for line in each.lines)
    providers, payers = (tuple(dict.fromkeys(line[i] for line in lines)) for i in (2, 3))
    return {
        "service_line": columns_of((*SERVICE_LINE, AGREEMENT), [(*line, of.get(line, UNCOVERED)) for line in lines], years),
        "service_line_band": columns_of((*SERVICE_LINE, SIDE, BAND, AGREEMENT), banded, years),
        "agreement_terms": Rows({AGREEMENT: (*ids, *((UNCOVERED,) if uncovered else ()))}),
        "variance_side": Rows({SIDE: tuple(SIDES)}),
        "agreement_band": columns_of((AGREEMENT, SIDE, BAND), bands, years),
        "low_volume_terms": Rows({AGREEMENT: tuple(each.stated.id for each in agreed if each.paid.fixed == "mean")}),
        "low_volume_pair": columns_of((AGREEMENT, "provider", "payer"), list(pairs), years),
        "agreement_year": Rows({AGREEMENT: tuple(ids)}, years),
        "agreement_provider": columns_of((AGREEMENT, "provider"), list(dict.fromkeys((name, line[2]) for line, name in of.items())), years),
        "provider_income": Rows({"provider": providers}, years),
        "payer_cost": Rows({"payer": payers}, years),
        "agreement_all": Rows({}, years),
    }


def _rows_of_units(agreed: Sequence[Agreed], years: tuple[int, ...], linked: bool) -> dict[str, Rows]:
    """The rows of Year of Care payments of lines; without any where the place does not have that step."""
    paid = [
        (unit, *line) for each in agreed for unit, provider in (each.paid.units or {}).items() for line in each.lines if line[2] == provider
    ]
    of_lines = columns_of(SERVICE_LINE, list(dict.fromkeys(each[1:] for each in paid)), years)
    return {"linked_payment": of_lines, **({"agreement_unit": columns_of((UNIT, *SERVICE_LINE), paid, years)} if linked else {})}


def band_ids(number: int) -> list[str]:
    """What the bands of a side are called.

    >>> band_ids(2)
    ['break_1', 'break_2']
    """
    return [f"break_{i + 1}" for i in range(number)]


def _figures(
    agreed: Sequence[Agreed], columns: Mapping[str, Given], years: Sequence[int], uncovered: bool
) -> dict[str, tuple[tuple[str, ...], Figures]]:
    """The figures of the agreements' terms, by column: its keys, and its figures by key."""
    low = [each for each in agreed if each.paid.fixed == "mean"]
    found: dict[str, tuple[tuple[str, ...], Figures]] = {
        "agreement_covers_flag": _by_agreement(agreed, lambda paid: 1.0, uncovered),
        "criteria_flag": _by_agreement(agreed, lambda paid: float(paid.by_criteria), uncovered),
        "low_volume_threshold_gbp": ((AGREEMENT,), {(each.stated.id,): each.paid.threshold_gbp for each in low}),
        "plan_side_index": ((SIDE,), {(side,): float(sign) for side, sign in SIDES.items()}),
    }
    for flag, fixed in _FLAGS.items():
        found[flag] = _by_agreement(agreed, partial(_is_fixed, fixed), uncovered)
    begins, ends, is_open, paid = (dict[Key, float | Mapping[int, float]]() for _ in range(4))
    for each in agreed:
        for side in SIDES:
            edge = 0.0
            bands = each.paid.bands(side)
            for name, band in zip(band_ids(len(bands)), bands, strict=True):
                key = (each.stated.id, side, name)
                begins[key], ends[key] = edge, band.up_to_share or 0.0
                is_open[key], paid[key] = float(band.up_to_share is None), band.paid_share
                edge = band.up_to_share or edge
    for column, values in {
        "break_from_share": begins,
        "break_to_share": ends,
        "break_open_flag": is_open,
        "marginal_paid_share": paid,
    }.items():
        found[column] = ((AGREEMENT, SIDE, BAND), values)
    found["past_counted_flag"] = ((*SERVICE_LINE, PAST_YEAR), _in_mean(agreed, columns[PAST], years))
    return found


def _is_fixed(at: str, paid: Paid) -> float:
    """1 where the fixed part of an agreement is of a kind."""
    return float(paid.fixed == at)


def _by_agreement(agreed: Sequence[Agreed], of: Callable[[Paid], float], uncovered: bool) -> tuple[tuple[str, ...], Figures]:
    """A figure of each agreement, and zero for lines without one."""
    figures: dict[Key, float] = {(each.stated.id,): of(each.paid) for each in agreed}
    return (AGREEMENT,), {**figures, **({(UNCOVERED,): 0.0} if uncovered else {})}


def _in_mean(agreed: Sequence[Agreed], values: Given, years: Sequence[int]) -> Figures:
    """1 for the three past years that count in a year."""
    found: dict[Key, Mapping[int, float]] = {}
    for each in agreed:
        for line in each.lines if each.paid.fixed == "mean" else ():
            there = values.past.get(line, [])
            for past in there:
                found[(*line, past)] = {year: float(past in years_in_mean(there, year)) for year in years}
    return found

"""Contracts of mixed agreements, drawn at random, and what each line of service is paid by a plain loop over exact fractions.

The loop states the rules anew and shares nothing with the package, so that the two can only agree by being right.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

from case_files import Case

from capmodel.assumptions.document import Document

SETTINGS, POINTS = ("acute", "community"), ("elective", "emergency", "outpatient", "diagnostic", "contacts")
PROVIDERS, PAYERS = ("trust", "clinic", "hospice"), ("icb", "council")
MECHANISMS = ("activity_at_unit_prices", "fixed_payment", "block", "blended", "cost_and_volume", "low_volume_block", "best_practice")
KEYS = ("setting", "point_of_delivery", "provider", "payer")
LISTS = ("settings", "points_of_delivery", "providers", "payers")
PENNY, SIXTH = Fraction(1, 100), Fraction(1, 10**6)
Line = tuple[str, str, str, str]

# ------------------------------------------------------------------ a contract, drawn


def drawn(seed: int) -> dict[str, Any]:
    """What one contract gives, as a worked case does: years, dimensions, columns, the assumption of activity, and the agreements."""
    pick = random.Random(seed)
    years = [2026, 2027][: pick.randint(1, 2)]
    every = [(s, p, provider, payer) for s in SETTINGS for p in POINTS for provider in PROVIDERS for payer in PAYERS]
    lines = sorted(pick.sample(every, pick.randint(3, 9)), key=every.index)
    points = list(dict.fromkeys(line[1] for line in lines))
    pick.shuffle(points)
    number = pick.randint(1, len(points))
    groups = [points[i::number] for i in range(number)]
    agreements = [_agreement(pick, i, group, years) for i, group in enumerate(groups) if pick.random() < 0.85 or not i]
    if pick.random() < 0.5 and any(
        line[1] not in {p for each in agreements for p in each["lines"]["points_of_delivery"]} for line in lines
    ):
        agreements.append({**_agreement(pick, number, [], years), "lines": {"rest": True}})
    return {
        "years": years,
        "dimensions": {"setting": list(SETTINGS), "point_of_delivery": list(POINTS), "party": [*PAYERS, *PROVIDERS]},
        "assumptions": {"activity_variance_share": pick.choice([-0.1, -0.05, -0.013, 0.0, 0.03, 0.075, 0.2])},
        "columns": _columns(pick, lines, agreements, years),
        "agreement": {"id": "drawn", "title": "Drawn", "status": "illustrative", "source": "drawn", "agreements": agreements},
    }


def _share(pick: random.Random, years: list[int]) -> Any:
    share = lambda: pick.choice([0, 0.1, 0.2, 0.35, 0.5, 0.725, 1])  # noqa: E731
    return {year: share() for year in years} if pick.random() < 0.3 else share()


def _agreement(pick: random.Random, i: int, points: list[str], years: list[int]) -> dict[str, Any]:
    mechanism, terms = pick.choice(MECHANISMS), dict[str, Any]()
    if mechanism in ("fixed_payment", "blended", "cost_and_volume"):
        terms["fixed"] = pick.choice(["plan_value", "stated"])
    if mechanism == "blended":
        names = ["variance_share"] if pick.random() < 0.5 else ["above_plan_share", "below_plan_share"]
        terms |= {name: _share(pick, years) for name in names}
    if mechanism == "cost_and_volume":
        for side in ("above_plan", "below_plan"):
            ends = sorted(pick.sample([0.01, 0.02, 0.05, 0.06, 0.125], pick.randint(0, 3)))
            bands: list[dict[str, Any]] = [{"up_to_share": end, "paid_share": _share(pick, years)} for end in ends]
            terms[side] = bands + ([{"paid_share": _share(pick, years)}] if pick.random() < 0.7 else [])
    if mechanism == "low_volume_block":
        terms["threshold_gbp"] = 10_000_000
    return {"id": f"part_{i}", "label": f"Part {i}", "mechanism": mechanism, "lines": {"points_of_delivery": points}, "terms": terms}


def _columns(pick: random.Random, lines: list[Line], agreements: list[dict[str, Any]], years: list[int]) -> dict[str, Any]:
    """The tables that such a contract needs, and some that it does not."""
    of = {line: agreement_of(line, lines, agreements) for line in lines}

    def text(*key: str) -> str:
        return ", ".join(key)

    def figures(keys: Iterable[Iterable[str]], figure: Callable[[], float]) -> dict[str, Any]:
        """A column with one figure a key, or one a year."""
        by_year = pick.random() < 0.4
        return {text(*key): {year: figure() for year in years} if by_year else figure() for key in keys}

    def mechanism(line: Line) -> str:
        return of[line]["mechanism"] if of[line] else ""

    def stated(line: Line) -> bool:
        return mechanism(line) == "block" or (of[line] or {}).get("terms", {}).get("fixed") == "stated" or pick.random() < 0.05

    prices = list(dict.fromkeys(line[:2] for line in lines))
    given = [line for line in lines if pick.random() < 0.6]
    low = [line for line in lines if mechanism(line) == "low_volume_block"]
    moved = [key for key in prices if pick.random() < 0.3]
    of_criteria = [line for line in lines if mechanism(line) == "best_practice"]
    past = [(*line, str(year)) for line in low for year in range(2026 - pick.randint(3, 5), 2026)]
    found: dict[str, Any] = {
        "plan_activity_number": figures(lines, lambda: pick.randint(1, 4000)),
        "unit_price_gbp": figures(prices, lambda: pick.randint(1, 900_000) / 100),
        "market_forces_index": figures(dict.fromkeys(line[2:3] for line in lines), lambda: pick.randint(9000, 12500) / 10_000),
        "fixed_payment_gbp": figures([line for line in lines if stated(line)], lambda: pick.randint(0, 10**9) / 100),
        "criteria_met_share": figures(of_criteria, lambda: pick.randint(0, 100) / 100),
        "actual_activity_number": figures(given, lambda: pick.randint(0, 9000) / 2),
        "delivery_variance_share": figures(moved, lambda: pick.choice([-0.02, 0.015])),
        "past_value_gbp": {text(*key): pick.randint(0, 10**8) / 100 for key in past},
    }
    return {name: column for name, column in found.items() if column}


def agreement_of(line: Line, lines: Iterable[Line], agreements: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The agreement that covers a line: the one whose lists hold its parts, or the one of the rest."""
    for each in agreements:
        named = [(part, each["lines"].get(name)) for part, name in zip(line, LISTS, strict=True)]
        if not each["lines"].get("rest") and all(allowed is None or part in allowed for part, allowed in named):
            return each
    return next((each for each in agreements if each["lines"].get("rest")), None)


def case_of(seed: int) -> Case:
    """A drawn contract as a worked case, whose expected figures are those of the loop."""
    given = drawn(seed)
    expect = by_hand(given)
    path = Path(f"drawn_{seed}.yaml")
    return Case("drawn", f"-{seed}", "Drawn", "drawn", "A plain loop", "agreements", given, expect, 0.000001, {}, Document(path), ())


# ------------------------------------------------------------------ the plain loop


def exact(value: float) -> Fraction:
    """A figure as it is written."""
    return Fraction(Decimal(str(value)))


def pence(value: Fraction) -> Fraction:
    """To six decimals and then to the penny, half away from zero."""
    for unit in (SIXTH, PENNY):
        value = (1 if value >= 0 else -1) * floor(abs(value) / unit + Fraction(1, 2)) * unit
    return value


def at(column: Mapping[str, Any], key: Iterable[str], year: int) -> Fraction | None:
    """A figure of a year; None where there is none."""
    found = column.get(", ".join(key))
    found = found.get(year) if isinstance(found, dict) else found
    return None if found is None else exact(found)


def rate(share: Any, year: int) -> Fraction:
    """A share that may be one a year."""
    return exact(share[year] if isinstance(share, dict) else share)


def by_hand(given: Mapping[str, Any]) -> dict[str, list[float]]:
    """What every line is paid, who receives, who pays and what nobody covers, year by year."""
    columns, agreements = given["columns"], given["agreement"]["agreements"]
    lines = [tuple(text.split(", ")) for text in columns["plan_activity_number"]]
    found: dict[str, list[Fraction]] = {}
    for t, year in enumerate(given["years"]):
        for line in lines:
            agreement = agreement_of(line, lines, agreements)  # type: ignore[arg-type]
            fixed, paid, worth = _line(line, agreement, columns, exact(given["assumptions"]["activity_variance_share"]), year)
            own = {"fixed_gbp": fixed, "payment_gbp": paid, "variance_paid_gbp": paid - fixed, "uncovered_gbp": worth}
            names = {f"service_line.{name}[{', '.join(line)}]": value for name, value in own.items()}
            names |= {f"provider_income.provider_payment_gbp[{line[2]}]": paid, f"payer_cost.payer_payment_gbp[{line[3]}]": paid}
            names |= {f"agreement_year.agreement_payment_gbp[{agreement['id']}]": paid} if agreement else {}
            names |= {"agreement_all.all_agreed_gbp": paid, "agreement_all.all_uncovered_gbp": worth}
            for name, value in names.items():
                found.setdefault(name, [Fraction(0)] * len(given["years"]))[t] += value
    return {name: [float(value) for value in values] for name, values in found.items()}


def _line(
    line: tuple[str, ...], agreement: Mapping[str, Any] | None, columns: Mapping[str, Any], variance: Fraction, year: int
) -> tuple[Fraction, Fraction, Fraction]:
    """The fixed part and the payment of a line, and what it is worth where nobody covers it."""
    plan = at(columns["plan_activity_number"], line, year) or Fraction(0)
    price = (at(columns["unit_price_gbp"], line[:2], year) or Fraction(0)) * (
        at(columns["market_forces_index"], line[2:3], year) or Fraction(0)
    )
    own = at(columns.get("delivery_variance_share", {}), line[:2], year) or Fraction(0)
    actual = at(columns.get("actual_activity_number", {}), line, year)
    actual = max(plan * (1 + variance + own), Fraction(0)) if actual is None else actual
    stated = at(columns.get("fixed_payment_gbp", {}), line, year) or Fraction(0)
    if agreement is None:
        return Fraction(0), Fraction(0), pence(stated) if stated else pence(actual * price)
    kind, terms = agreement["mechanism"], agreement["terms"]
    if kind == "low_volume_block":
        past = sorted(
            (text.split(", ")[-1], exact(value))
            for text, value in columns["past_value_gbp"].items()
            if tuple(text.split(", ")[:-1]) == line
        )
        mean = sum((value for _, value in past[-3:]), Fraction(0)) / 3
        return pence(mean), pence(mean), Fraction(0)
    if kind == "best_practice":
        price *= at(columns["criteria_met_share"], line, year) or Fraction(0)
    fixed = stated if kind == "block" or terms.get("fixed") == "stated" else plan * price
    if kind in ("activity_at_unit_prices", "best_practice"):
        return pence(fixed), pence(actual * price), Fraction(0)
    paid = fixed
    if kind == "blended":
        name = "above_plan_share" if actual > plan else "below_plan_share"
        paid += (actual - plan) * rate(terms.get("variance_share", terms.get(name)), year) * price
    if kind == "cost_and_volume":
        left, begins = abs(actual - plan), Fraction(0)
        for band in terms["above_plan" if actual > plan else "below_plan"]:
            wide = left if "up_to_share" not in band else min(left, (exact(band["up_to_share"]) - begins) * plan)
            paid += (1 if actual > plan else -1) * wide * rate(band["paid_share"], year) * price
            left, begins = left - wide, begins if "up_to_share" not in band else exact(band["up_to_share"])
    return pence(fixed), pence(paid), Fraction(0)

"""Terms that a table of many contracts gives as columns: where each stands in a contract, so that it is read as the term it is.

A column is written into the terms before they are read: as a stand-in, so that steps, flags and order follow from what is given
wherever it is given, and row by row, so that every row meets the checks of a contract. What stands in a contract as a word, such as
a mode, is no figure and cannot be a column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from capmodel.algebra.rows import YEAR, Rows
from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.document import Step
from capmodel.contracts.alliance import EQUAL, INCOME, MONTHS, PROVIDERS, SIDES, Contract
from capmodel.contracts.settlement import transfer as settlement
from capmodel.contracts.terms.figures import Terms, terms_of

Content = dict[str, Any]


@dataclass(frozen=True)
class Clause:
    """Where a figure stands in a contract: the steps to it, those after the year where it has one, and what it is multiplied by there."""

    steps: tuple[Step, ...]
    by_year: bool = False
    then: tuple[Step, ...] = ()
    times: float = 1.0

    def places(self, years: Sequence[int]) -> list[tuple[Step, ...]]:
        """The steps to each of its values."""
        return [(*self.steps, year, *self.then) for year in years] if self.by_year else [self.steps]


@dataclass(frozen=True)
class NoColumn:
    """Why a figure of a contract cannot be a column, and what to do."""

    why: str
    remedy: str


_BY_KIND = NoColumn("it is a word of the contract, or follows from others", "Write it under terms:, and where it differs under kinds:")
#: Entries of a list that are found by their own keys: where the list stands, the names of the keys, and the figure in the entry.
_ENTRIES: dict[str, tuple[tuple[str, ...], tuple[str, ...], str, bool]] = {
    "pool_cap_gbp": (("pool_caps",), ("side",), "amount_gbp", False),
    "pool_cap_of_target_share": (("pool_caps",), ("side",), "share_of_target", False),
    "cap_gbp": (("caps",), ("party", "side"), "amount_gbp", False),
    "cap_of_target_share": (("caps",), ("party", "side"), "share_of_target", False),
    "cap_of_income_share": (("caps",), ("party", "side"), "share_of_income", False),
    "brought_forward_gbp": (("caps",), ("party", "side"), "brought_forward_gbp", False),
    "scope_change_gbp": (("scope_changes",), ("setting", "provider", "payer"), "gbp", True),
    "disallowed_gbp": (("actual", "disallowed"), ("setting", "provider", "payer"), "gbp", True),
    "fee_gbp": (("actual", "fees"), ("setting", "provider", "payer"), "gbp", True),
    "target_excess_gbp": (("stop_loss", "lines"), ("setting", "provider", "payer"), "target_gbp", True),
    "actual_excess_gbp": (("stop_loss", "lines"), ("setting", "provider", "payer"), "actual_gbp", True),
    "indicator_weight_number": (("outcomes", "indicators"), ("id",), "weight", False),
    "indicator_baseline_share": (("outcomes", "indicators"), ("id",), "baseline_share", False),
    "indicator_target_share": (("outcomes", "indicators"), ("id",), "target_share", False),
    "indicator_smallest_number": (("outcomes", "indicators"), ("id",), "smallest_number", False),
}
#: Entries that are numbered: where the list stands, and the figure in the entry.
_NUMBERED = {
    "rung_score_share": (("outcomes", "ladder"), "at_least"),
    "rung_release_share": (("outcomes", "ladder"), "share"),
    "share_at_start_share": (("threshold", "by_persons"), "at_start"),
    "share_at_end_share": (("threshold", "by_persons"), "at_end"),
    "key_part_share": (("distribution", "parts"), "share"),
}
_BANDS = {"band_lower_share": ("from",), "band_upper_share": ("to",), "band_providers_share": ("shares", PROVIDERS)}
_READINGS = {"indicator_numerator_number": "numerator", "indicator_denominator_number": "denominator"}
_BY_PARTY = {"relief_gbp": ("relief", "gbp"), "on_account_gbp": ("on_account_gbp",)}
#: Inputs that belong to a line of the target, and tables whose inputs are no terms of a contract.
BY_ROUTE = frozenset(name for name, (_, keys, _, _) in _ENTRIES.items() if "provider" in keys)
OTHERS = ("scope", "variation")
#: How bands, tiers, ranges and parts of a key are called.
_NAME = re.compile(r"(band|rung|range|part)_[1-9][0-9]*")
#: Figures that a contract holds against others, or that must not be just any size: where they are columns, every row is checked so.
RELATED = frozenset(
    {"loss_floor_share", "loss_ceiling_share", "on_account_gbp", "factor_weight_number", "excluded_part_share"}
    | {name for name in _ENTRIES if name.startswith("indicator_")}
    | set(_NUMBERED)
    | set(_BANDS)
    | set(_READINGS)
)
#: What stands in for a column while the terms are read, where 1 would say something else.
_STAND_INS = {"loss_floor_share": 0.0, "indicator_baseline_share": 0.0, "indicator_denominator_number": 1e9, "on_account_gbp": 0.0}


@cache
def least_terms() -> Terms:
    """The figures of a contract that says nothing but what it must."""
    band = {"from": 0, "to": None, "shares": {"one": 1}}
    least = Contract.model_validate(
        {
            "id": "least",
            "title": "",
            "status": "illustrative",
            "source": "",
            "variance_held_by": "payer",
            "residual_party": "one",
            "bands": {"gain": [band], "loss": [band]},
            "outcomes": {"mode": "none"},
            "parties": {"one": {"at_risk": False}},
        }
    )
    return terms_of(least, ("one",), (0,), Rows({"setting": (), "provider": (), "payer": ()}))


@cache
def _assumed() -> Mapping[str, Clause | NoColumn]:
    """The clauses of terms that hold for a whole contract, as `terms.figures` states them."""
    found: dict[str, Clause | NoColumn] = {}
    for assumed in least_terms().assumptions.values():
        is_word = assumed.unit == "flag" and not assumed.by_year
        times = MONTHS if assumed.clause == "exclusions.months" else 1
        found[assumed.name] = _BY_KIND if is_word else Clause(tuple(assumed.clause.split(".")), assumed.by_year, times=times)
    return found


def clause_of(name: str, key: tuple[str, ...], content: Content) -> Clause | NoColumn | None:
    """Where a figure stands in a contract; None where it is no term of a contract, or has another key.

    Entries of a list that are not there yet are put in, save a cap, which must say who takes the rest.

    >>> clause_of("gain_phase_share", (), {})
    Clause(steps=('phase', 'gain_share'), by_year=True, then=(), times=1)
    >>> cap = {"party": "trust", "side": "loss", "residual_to": "board"}
    >>> clause_of("cap_gbp", ("trust", "loss"), {"parties": {"trust": {}}, "caps": [cap]}).steps
    ('caps', 0, 'amount_gbp')
    >>> clause_of("outcome_counts_flag", (), {}).why
    'it is a word of the contract, or follows from others'
    """
    if name in _assumed():
        return _assumed()[name]
    if not _has_row(name, key, content):
        return None
    if name in _BY_PARTY:
        return Clause((*_BY_PARTY[name], *key), by_year=True)
    if name in _ENTRIES:
        place, names, figure, by_year = _ENTRIES[name]
        at = _entry(content, place, dict(zip(names, key, strict=True)))
        if at is None and place == ("caps",):
            told = "{" + f"party: {key[0]}, side: {key[1]}, residual_to: ..." + "}"
            return NoColumn("the contract has no cap of this party and side, so what it leaves has nowhere to go", f"Write under terms: caps: [{told}]; its amount is then the column's")  # fmt: skip
        if at is None:
            return NoColumn("the contract has no such entry", f"Write it under terms:, in {'.'.join(place)}")
        return Clause((*place, at, figure), by_year)
    if name in _READINGS:
        at = _entry(content, ("outcomes", "indicators"), {"id": key[0]})
        return None if at is None else Clause(("outcomes", "indicators", at, "results"), True, (_READINGS[name],))
    if name in _NUMBERED:
        place, figure = _NUMBERED[name]
        return Clause((*place, _number(key[0]), figure))
    return _of_shares(name, key, content)


def _of_shares(name: str, key: tuple[str, ...], content: Content) -> Clause | NoColumn:
    """Where a share of a band, an edge of one, or a weight of the distribution key stands."""
    if name in _BANDS or name == "band_party_share":
        if _at(content, ("bands", "ranges")):
            return NoColumn("its bands are written as ranges of actual over target", "Write bands.gain: and bands.loss: instead")
        last = _BANDS[name] if name in _BANDS else ("shares", key[2])
        return Clause(("bands", key[0], _number(key[1]), *last))
    if name == "factor_weight_number" and key[2] not in (EQUAL, INCOME):
        parts = _at(content, ("distribution", "parts")) or []
        if sum(key[2] in (part.get("by") or []) for part in parts if isinstance(part, dict)) > 1:
            return NoColumn(f"several parts of the key go by {key[2]}, and a column is of one", "Give each part a weight of its own name")
        return Clause(("distribution", "weights", key[2], key[1]))
    return _BY_KIND


@cache
def _keys() -> Mapping[str, tuple[str, ...]]:
    """The keys of each input of the settlement."""
    tables = [table for table in settlement.TABLES if table.name not in OTHERS]
    return {name: tuple(key for key in table.keys if key != YEAR) for table in tables for name in table.inputs}


def _has_row(name: str, key: tuple[str, ...], content: Content) -> bool:
    """Whether a name and key may be a figure of the contract; what they are not is reported where the rows are known."""
    keys = _keys().get(name)
    if keys is None or len(keys) != len(key):
        return False
    known = {
        "party": content.get("parties") or (),
        "provider": content.get("parties") or (),
        "payer": content.get("parties") or (),
        "side": SIDES,
    }
    numbered = ("band", "rung", "people_range", "key_part")
    return all(
        part in known[each] if each in known else bool(_NAME.fullmatch(part)) if each in numbered else True
        for each, part in zip(keys, key, strict=True)
    )


def _number(name: str) -> int:
    return int(name.rpartition("_")[2]) - 1


def _entry(content: Content, place: tuple[str, ...], keys: Mapping[str, str]) -> int | None:
    """The position of an entry of a list; one that needs no more than its keys is put in where it is missing."""
    entries = _at(content, place)
    for i, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict) and all(str(entry.get(name)) == key for name, key in keys.items()):
            return i
    if place in (("caps",), ("outcomes", "indicators")) or (place[0] == "stop_loss" and not isinstance(content.get("stop_loss"), dict)):
        return None
    if entries is not None and not isinstance(entries, list):
        return None
    write(content, place, [*(entries or []), dict(keys)])
    return len(entries or [])


def states(content: Content, clause: Clause, years: Sequence[int]) -> bool:
    """Whether a contract says anything where a figure stands, in some year; zero is something.

    >>> states({"threshold": {"gain_share": 0}}, Clause(("threshold", "gain_share")), (2026,))
    True
    """
    return any(_at(content, place) is not None for place in clause.places(years))


def _at(content: Any, place: Sequence[Step]) -> Any:
    for step in place:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            return None
    return content


def unshared(content: Any) -> Any:
    """A copy in which no two places are one object, so that what is written in one place stays there."""
    if isinstance(content, dict):
        return {name: unshared(each) for name, each in content.items()}
    return [unshared(each) for each in content] if isinstance(content, list) else content


def write(content: Content, place: Sequence[Step], value: Any) -> None:
    """Put a value into a contract, with the mappings on the way to it; a contract that is no contract there stays as it is.

    >>> terms = {"threshold": {"mode": "first_pound"}}
    >>> write(terms, ("phase", "gain_share", 2026), 0.5)
    >>> terms
    {'threshold': {'mode': 'first_pound'}, 'phase': {'gain_share': {2026: 0.5}}}
    """
    here: Any = content
    for step in place[:-1]:
        if isinstance(here, dict) and here.get(step) is None:
            here[step] = {}
        here = _at(here, (step,))
    last = place[-1]
    into: Any = here
    if isinstance(here, dict) or (isinstance(here, list) and last in range(len(here))):
        into[last] = value


def value_in(clause: Clause, name: str, figure: float) -> Any:
    """A figure as it is written in a contract."""
    return bool(figure) if unit_by_name(name) == "flag" else figure * clause.times


def stand_in(content: Content, name: str, clause: Clause, years: Sequence[int]) -> list[tuple[Step, ...]]:
    """Put a column's stand-in where the terms have no figure, or zero; gives the places that were written."""
    written = []
    for place in clause.places(years):
        if not _at(content, place):
            value: float | None = _STAND_INS.get(name, 1.0)
            if name == "threshold_persons":
                value = _at(content, ("threshold", "by_persons", 0, "from")) or 1.0
            if name in _BANDS or name == "band_party_share":
                others = _at(content, place[:-1])
                value = max(1 - sum(each for each in others.values() if isinstance(each, (int, float))), 0.0) if isinstance(others, dict) and place[-2] == "shares" else None  # fmt: skip
            if value is not None:
                write(content, place, value_in(clause, name, value))
                written.append(place)
    return written

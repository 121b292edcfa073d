"""The holders of a place as rows and figures of `tree` and `totals`: parents first, the contracts of one parent side by side."""

from __future__ import annotations

from collections.abc import Mapping

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.laid_out import Figures, LaidOut, columns_given
from capmodel.assumptions.pack import Figure, Key, Source
from capmodel.baseline.spend import columns_of
from capmodel.contracts.holders import HOLDER, NO_PARENT, PARENT, SERVICE, TIER, TIER_BELOW, tier_id
from capmodel.contracts.holders.stated import Holder, Holders, read_stated
from capmodel.errors import Problem


def read_holders(
    document: Document, years: tuple[int, ...], problems: list[Problem], sources: Mapping[str, Source] | None = None
) -> LaidOut | None:
    """Read holders.yaml; every fault is reported with its line, and a faulty file gives None.

    Args:
        document: the file.
        years: the years of the model.
        problems: faults are added here.
        sources: the sources of the place; None for a file that stands alone.
    """
    stated = read_stated(document, years, problems, sources)
    return None if stated is None else laid_out(stated, years)


def tiers_of(parents: Mapping[str, str | None]) -> dict[str, int]:
    """The tier of each holder, tier by tier and the contracts of one parent side by side: 1 for a root.

    >>> tiers_of({"ward": "lead", "lead": "board", "board": None, "other": "board"})
    {'board': 1, 'lead': 2, 'other': 2, 'ward': 3}
    """
    below: dict[str | None, list[str]] = {}
    for holder, parent in parents.items():
        below.setdefault(parent, []).append(holder)
    found: dict[str, int] = {}
    there, tier = below.get(None, []), 1
    while there:
        found |= dict.fromkeys(there, tier)
        there, tier = [each for holder in there for each in below.get(holder, ())], tier + 1
    return found


def laid_out(stated: Holders, years: tuple[int, ...]) -> LaidOut:
    """The holders of a file that has been found sound, as rows and figures."""
    tiers = tiers_of({each.id: each.parent for each in stated.holders})
    by_id = {each.id: each for each in stated.holders}
    holders = [by_id[name] for name in tiers]
    known = Figure(0.0, stated.status, stated.source, stated.as_at, stated.note)
    own = {each.id: each.figure(known) for each in holders}
    of_service: dict[Key, Figure] = {
        (each.id, name): budget.figure(own[each.id]) for each in holders for name, budget in each.services.items()
    }
    given = _figures(holders, tiers)
    provenance: dict[str, dict[Key, Figure]] = {
        name: {key: of_service.get(key, own.get(key[0], known)) for key in figures} for name, (_, figures) in given.items()
    }
    levels = {tier_id(tier): f"Tier {tier}" for tier in range(1, 1 + max(tiers.values()))}
    return LaidOut(
        rows=_rows(holders, tiers, years),
        columns=columns_given(given, stated.id, known, provenance),
        labels={
            NO_PARENT: "No parent",
            **levels,
            **{each.id: each.label for members in (stated.services, stated.holders) for each in members},
        },
    )


def _settled(tiers: Mapping[str, int]) -> list[int]:
    """The tiers whose contracts are settled, from the lowest up; the first alone where no holder has a parent."""
    lowest = max(tiers.values())
    return list(range(lowest, 1, -1)) or [lowest]


def _rows(holders: list[Holder], tiers: Mapping[str, int], years: tuple[int, ...]) -> dict[str, Rows]:
    parents = {each.id: each.parent or NO_PARENT for each in holders}
    services = [(each.id, name) for each in holders for name in each.services]
    settled = _settled(tiers)
    steps = [(each.id, tier_id(tier), parents[each.id]) for each in holders for tier in settled]
    contracts = [(parents[each.id], each.id, tier_id(tiers[each.id])) for each in holders if each.parent is not None]
    places = [(each.id, tier_id(tiers[each.id]), tier_id(tiers[each.id] + 1)) for each in holders]
    return {
        "holder_terms": Rows({HOLDER: tuple(parents)}),
        "holder_score": Rows({HOLDER: tuple(each.id for each in holders if each.score_share is not None)}, years),
        "holder_scope": columns_of((HOLDER, SERVICE), services),
        "holder_budget": columns_of((HOLDER, SERVICE, PARENT), [(*key, parents[key[0]]) for key in services], years),
        "holder_tier": columns_of((HOLDER, TIER, PARENT), steps, years),
        "holder_contract": columns_of((PARENT, HOLDER, TIER), contracts, years),
        "holder_year": columns_of((HOLDER, TIER, TIER_BELOW), places, years),
        "contract_tier_year": Rows({TIER: tuple(tier_id(tier) for tier in range(1, 1 + max(tiers.values())))}, years),
        "holders_all": Rows({"root_tier": (tier_id(1),)}, years),
    }


def _figures(holders: list[Holder], tiers: Mapping[str, int]) -> dict[str, tuple[tuple[str, ...], Figures]]:
    """The figures of the file by column: the keys, and the figures by key."""

    def by_holder(name: str) -> Figures:
        return {(each.id,): getattr(each, name) or 0.0 for each in holders}

    settled = _settled(tiers)
    return {
        "holder_people_number": ((HOLDER,), by_holder("people")),
        "gain_to_parent_share": ((HOLDER,), by_holder("gain_to_parent_share")),
        "loss_to_parent_share": ((HOLDER,), by_holder("loss_to_parent_share")),
        "holder_gate_share": ((HOLDER,), by_holder("gate_share")),
        "holder_cap_share": ((HOLDER,), by_holder("cap_share")),
        "holder_capped_flag": ((HOLDER,), {(each.id,): float(each.cap_share is not None) for each in holders}),
        "holder_score_share": ((HOLDER,), {(each.id,): each.score_share for each in holders if each.score_share is not None}),
        "holder_scope_flag": (
            (HOLDER, SERVICE),
            {(each.id, name): float(name in each.in_scope) for each in holders for name in each.services},
        ),
        "holder_budget_gbp": (
            (HOLDER, SERVICE),
            {(each.id, name): budget.budget_gbp for each in holders for name, budget in each.services.items()},
        ),
        "holder_cost_gbp": (
            (HOLDER, SERVICE),
            {(each.id, name): budget.cost_gbp for each in holders for name, budget in each.services.items()},
        ),
        "settles_flag": (
            (HOLDER, TIER),
            {(each.id, tier_id(tier)): float(tier == tiers[each.id]) for each in holders for tier in settled},
        ),
    }

"""The blank files of steps that stand beside the chain: every term of the file without a figure, and the tables beside it as headings.

Who is asked for which rows, and the blank files of the steps of the chain, are in `blank`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from capmodel.assumptions.labels import label_of
from capmodel.baseline.persons.schemes.scheme import read_scheme
from capmodel.care_budgets.outturn.recorded import HEADINGS

#: What a blank file says of itself before anybody has.
_KNOWN = {"status": None, "source": None}


def entry(name: str, **more: str) -> dict[str, str]:
    """An id with the label that readers see until somebody words it."""
    return {"id": name, "label": label_of(name), **more}


def payments(
    name: str, title: str, years: Sequence[int], bands: Sequence[str], units: Sequence[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """A blank payments.yaml with one criterion, and the headings of its roster and results.

    Args:
        name: the name of the place.
        title: its title.
        years: its years.
        bands: the ids of the bands, which are its segments.
        units: the ids of the units, which are its providers.
    """
    stated = {
        "id": f"{name}-payments",
        "title": f"Year of Care payments of {title}",
        **_KNOWN,
        "roster": {"file": "payments-roster.csv"},
        "results": {"file": "payments-results.csv"},
        "paid": "yearly",
        "judged": "unit",
        "rule": "all_or_nothing",
        "linked_share": dict.fromkeys(years),
        "bands": [{**entry(band), "price_gbp_per_person": dict.fromkeys(years)} for band in bands],
        "units": [entry(unit) for unit in units],
        "criteria": [{**entry("criterion_1"), "least_share": None}],
        "interval": {"deviates_number": None, "list_sizes": [50, 100, 500]},
    }
    return stated, {"payments-roster.csv": "unit,band,year,months\n", "payments-results.csv": "unit,criterion,year,met,of\n"}


def packages(name: str, title: str, years: Sequence[int]) -> dict[str, Any]:
    """A blank packages.yaml: one role, and one package with one contact, to be repeated."""
    return {
        "id": f"{name}-packages",
        "title": f"Care packages of {title}",
        **_KNOWN,
        "roles": {
            "role_1": {
                "label": label_of("role_1"),
                "pay_gbp_per_year": None,
                "on_costs_share": None,
                "overheads_share": None,
                "contracted_hours": None,
                "not_in_contact_share": None,
            }
        },
        "packages": [
            {
                **entry("package_1"),
                "people": {"new": dict.fromkeys(years), "existing": dict.fromkeys(years), "new_before": None},
                "contacts": [{**entry("contact_1"), "role": "role_1", "for": "all", "minutes": None, "times_a_year": None}],
            }
        ],
    }


def months(name: str, title: str, source: str) -> dict[str, Any]:
    """A blank months.yaml in equal months, which is an example of a profile and marked so."""
    return {
        "id": f"{name}-months",
        "title": f"Budgets by month of {title}",
        "status": "illustrative",
        "source": source,
        "profile": "equal",
        "profiles": [{"id": "equal", "label": "Equal months", "kind": "equal"}],
    }


def outturn(name: str, title: str) -> tuple[dict[str, Any], dict[str, str]]:
    """A blank outturn.yaml, and the headings of its actual cost."""
    stated = {"id": f"{name}-outturn", "title": f"Outturn of {title}", **_KNOWN, "actuals": "outturn.csv", "rule": None}
    return stated, {"outturn.csv": f"{','.join(HEADINGS)}\n"}


def rehabilitation(name: str, title: str, years: Sequence[int], payers: Sequence[str], providers: Sequence[str]) -> dict[str, Any]:
    """A blank rehabilitation.yaml with one group of spells of one length of stay, for the parties of the place.

    Args:
        name: the name of the place.
        title: its title.
        years: its years.
        payers: the ids of its payers; the first pays.
        providers: the ids of its providers; the first treats, and all receive for the days after the split point.
    """
    stays = [{"days": None, "spells": dict.fromkeys(years)}]
    group = {"split_day": None, "tariff_gbp": dict.fromkeys(years), "bed_day_gbp": dict.fromkeys(years), "stays": stays}
    return {
        "id": f"{name}-rehabilitation",
        "title": f"Recovery, rehabilitation and reablement of {title}",
        **_KNOWN,
        "parties": [entry(party) for party in (payers[0], *providers)],
        "groups": [{**entry("group_1"), **group, "payer": payers[0], "acute": providers[0], "received_by": dict.fromkeys(providers)}],
    }


def bands(name: str, title: str, years: Sequence[int]) -> dict[str, Any]:
    """A blank bands.yaml with the bands of the scheme by number of conditions, each of which may move to those beside it."""
    scheme = read_scheme("year_of_care")
    ids = sorted(segment.id for segment in scheme.segments)
    return {
        "id": f"{name}-bands",
        "title": f"Long-term-condition bands of {title}",
        **_KNOWN,
        "scheme": scheme.name,
        "death_year_share": None,
        "entry_year_share": None,
        "bands": [
            {
                "id": band,
                "people": None,
                "death_share": None,
                "moves": {other: None for j, other in enumerate(ids) if abs(i - j) == 1},
                "entries": dict.fromkeys(years),
                "price_gbp_per_person": dict.fromkeys(years),
            }
            for i, band in enumerate(ids)
        ],
    }


def flows(name: str, title: str, base: int, parties: Mapping[str, str], settings: Sequence[str]) -> dict[str, Any]:
    """A blank flows.yaml of the three years up to the base year: every payer pays every provider for every setting.

    Args:
        name: the name of the place.
        title: its title.
        base: the base year.
        parties: the parties, each with its role.
        settings: the settings of care.
    """
    years = list(range(base - 2, base + 1))
    payers, providers = ([party for party, role in parties.items() if role == wanted] for wanted in ("payer", "provider"))
    return {
        "id": f"{name}-flows",
        "title": f"Flows of {title}",
        **_KNOWN,
        "years": years,
        "organisations": [{**entry(party), "opening_gbp": dict.fromkeys(years), "closing_gbp": dict.fromkeys(years)} for party in parties],
        "settings": [entry(setting) for setting in settings],
        "flows": [
            {"payer": payer, "provider": provider, "setting": setting, "gbp": dict.fromkeys(years)}
            for payer in payers
            for provider in providers
            for setting in settings
        ],
    }


def agreements(name: str, title: str) -> dict[str, Any]:
    """A blank agreements.yaml: one agreement that covers every line, whose mechanism is to be chosen."""
    return {
        "id": f"{name}-agreements",
        "title": f"Agreements of {title}",
        **_KNOWN,
        "agreements": [{**entry("agreement_1"), "mechanism": None, "lines": {"rest": True}, "terms": {}}],
    }


def holders(name: str, title: str, years: Sequence[int]) -> dict[str, Any]:
    """A blank holders.yaml: a root, and one holder that it contracts with, to be repeated."""

    def budgets() -> dict[str, Any]:
        return {"service_1": {"budget_gbp": dict.fromkeys(years), "cost_gbp": dict.fromkeys(years)}}

    contract = {"parent": "holder_1", "people": None, "gain_to_parent_share": None, "loss_to_parent_share": None, "cap_share": None}
    return {
        "id": f"{name}-holders",
        "title": f"Contracts within contracts of {title}",
        **_KNOWN,
        "services": [entry("service_1")],
        "holders": [
            {**entry("holder_1"), "people": None, "services": budgets()},
            {**entry("holder_2"), **contract, "services": budgets()},
        ],
    }

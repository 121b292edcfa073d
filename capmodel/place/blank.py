"""A blank place: the files of the steps that somebody asks for, with their own segments, settings, parties and years as rows.

No figure is filled in. Every cell of a figure is blank, and so is its status, source and date, so that nothing passes for a figure of
the place that nobody entered; a run says how many are missing. How a copy of the example is made is in `assumptions.scaffold`.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from capmodel.algebra.rows import YEAR
from capmodel.algebra.table import Table
from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.columns import PROVENANCE
from capmodel.assumptions.dimensions import DIMENSION_OF
from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.labels import label_of
from capmodel.assumptions.scaffold import EXAMPLE, as_yaml, check_new, packs_root, write_place
from capmodel.assumptions.step import (
    AGREEMENTS,
    BANDS,
    CAPITATION,
    CARE_BUDGETS,
    CONTRACT,
    FLOWS,
    HOLDERS,
    MONTHS,
    OPTIONS,
    OUTTURN,
    PACKAGES,
    PAYMENTS,
    POOL,
    REHABILITATION,
    SPEND,
    Given,
    assumptions_read,
)
from capmodel.contracts.terms import every_term
from capmodel.place.beside import on_agreements
from capmodel.place.blank_beside import agreements, bands, entry, flows, holders, months, outturn, packages, payments, rehabilitation
from capmodel.place.chain import Chain, chain_of
from capmodel.place.steps import AGGREGATE, NAMES, STEPS, members_of, with_steps_beside

#: The one group and age band of a place that states none.
GROUP, AGE_BAND = "all_people", "all_ages"
#: The one point of delivery of a blank place.
POINT = "all_activity"
#: The source that a blank place has, to be described by whoever enters figures.
OWN_SOURCE = "o01"
#: Columns that a file of a step, the national pack or the optimiser gives.
_NO_TABLES = frozenset(("gdp_deflator_index", "icb_allocation_gbp", "chosen_flag"))
_FORM = "# Blank: enter each figure and term with its status (published, derived, fitted, local or illustrative) and source.\n"


@dataclass(frozen=True)
class Asked:
    """What somebody wants of a blank place.

    Attributes:
        steps: the names of its steps.
        years: the model years; the base year is the one before the first.
        segments: each with its age band, where there are several.
        settings: the settings of care.
        parties: each with its role.
        age_bands: the age bands; without any there is one for everybody.
        options: the reinvestment options.
    """

    steps: tuple[str, ...]
    years: tuple[int, ...]
    segments: Mapping[str, str]
    settings: tuple[str, ...]
    parties: Mapping[str, str]
    age_bands: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def with_what_follows(steps: Sequence[str]) -> tuple[str, ...]:
    """Steps in their order, with care budgets where months, contract or options can take their budgets from them.

    >>> with_what_follows(["contract", "capitation", "spend"])
    ('spend', 'capitation', 'care_budgets', 'contract')
    """
    named = set(steps)
    if {SPEND, CAPITATION} <= named and named & {MONTHS, CONTRACT, OPTIONS}:
        named.add(CARE_BUDGETS)
    return tuple(name for name in NAMES if name in named)


def chain_for(steps: Sequence[str]) -> Chain:
    """The chain of some steps; what an absent step would give comes from tables, which options and contract share where both are there."""
    named = set(steps)
    # Of two kinds of a step, the first.
    every = {step.name: step for step in (*reversed(with_steps_beside()), *STEPS[AGGREGATE])}
    if AGREEMENTS in named:
        every[CONTRACT] = on_agreements()
    wanted = [every[name] for name in NAMES if name in named]
    ways = [way for step in wanted for name, each in step.given.items() if name not in named for way in _way(each, named)]
    return chain_of(wanted, {table for way in ways for table in way.asks})


def _way(ways: tuple[Given, ...], named: set[str]) -> tuple[Given, ...]:
    """Budgets where options need them too, otherwise the last way: for a contract by itself, target and actual cost."""
    return ways[:1] if OPTIONS in named else ways[-1:]


def blank_place(name: str, root: Path, asked: Asked) -> Path:
    """Make a blank place under `root`/places, and put the national pack beside it where there is none.

    Raises:
        BadInput: the name cannot be a folder's, or the place is there already.
        CapmodelError: the folder cannot be made.
    """
    check_new(name, root)
    return write_place(name, root, files_of(name, asked), _of_example("place.yaml")["national"])


def _of_example(file: str, folder: str = f"places/{EXAMPLE}") -> dict[str, Any]:
    """What a file of the example, or of the national pack it is over, says."""
    document = read_mapping(packs_root() / folder / file, [])
    return document.content if document else {}


def files_of(name: str, asked: Asked) -> dict[str, str]:
    """The text of every file of a blank place."""
    chain = chain_for(asked.steps)
    title = " ".join(label_of(word) for word in name.split("-"))
    found = {
        "place.yaml": as_yaml(_place(name, title, asked, chain)),
        "sources.yaml": as_yaml({OWN_SOURCE: {"title": f"Figures of {title}: describe where they come from", "publisher": title}}),
        "parameters.yaml": _FORM + as_yaml(_parameters(chain, asked)),
        "scenarios.yaml": as_yaml({"base": {"label": "Base case", "description": "", "set": {}, "status": "local", "source": OWN_SOURCE}}),
    }
    if chain.has(CONTRACT):
        found["contract.yaml"] = _FORM + as_yaml(_contract(name, title, asked))
    if chain.has(FLOWS):
        found["flows.yaml"] = _FORM + as_yaml(flows(name, title, asked.years[0] - 1, asked.parties, asked.settings))
    if chain.has(PACKAGES):
        found["packages.yaml"] = _FORM + as_yaml(packages(name, title, asked.years))
    if chain.has(PAYMENTS):
        providers = [party for party, role in asked.parties.items() if role == "provider"]
        stated, tables = payments(name, title, asked.years, list(asked.segments), providers)
        found |= {"payments.yaml": _FORM + as_yaml(stated), **tables}
    if chain.has(MONTHS):
        found["months.yaml"] = _FORM + as_yaml(months(name, title, OWN_SOURCE))
    if chain.has(OUTTURN):
        stated, tables = outturn(name, title)
        found |= {"outturn.yaml": _FORM + as_yaml(stated), **tables}
    if chain.has(REHABILITATION):
        payers, providers = ([party for party, own in asked.parties.items() if own == role] for role in ("payer", "provider"))
        found["rehabilitation.yaml"] = _FORM + as_yaml(rehabilitation(name, title, asked.years, payers, providers))
    if chain.has(AGREEMENTS):
        found["agreements.yaml"] = _FORM + as_yaml(agreements(name, title))
    if chain.has(HOLDERS):
        found["holders.yaml"] = _FORM + as_yaml(holders(name, title, asked.years))
    if chain.has(BANDS):
        found["bands.yaml"] = _FORM + as_yaml(bands(name, title, asked.years))
    if chain.has(POOL):
        found["pool.yaml"] = _FORM + as_yaml(_pool(name, title, asked))
    if chain.has(OPTIONS):
        found["options.yaml"] = _FORM + as_yaml(_options(asked))
    return {**found, **_tables(chain, asked)}


def _place(name: str, title: str, asked: Asked, chain: Chain) -> dict[str, Any]:
    base = asked.years[0] - 1
    bands = asked.age_bands or (AGE_BAND,)
    priced = {"group": GROUP, "price_year": str(base), "base_year": str(base)} if chain.has(SPEND) else {"group": GROUP}
    banded = {name: {"age_band": band or bands[0]} if chain.has(CAPITATION) else {} for name, band in asked.segments.items()}
    dimensions: dict[str, list[dict[str, str]]] = {
        "group": [entry(GROUP)],
        **({"age_band": [entry(band) for band in bands]} if chain.has(CAPITATION) else {}),
        "segment": [entry(segment, **priced, **banded[segment]) for segment in asked.segments],
        "setting": [entry(setting) for setting in asked.settings],
        "point_of_delivery": [entry(POINT)],
        "party": [entry(party, role=role) for party, role in asked.parties.items()],
    }
    needed = members_of(chain.steps, {name for part in chain.parts for way in part.given for name in way.asks})
    dimensions = {key: entries for key, entries in dimensions.items() if key in needed}
    return {
        "id": name,
        "title": title,
        "edition": "1.0",
        "as_at": dt.date.today(),
        "national": _of_example("place.yaml")["national"],
        "base_year": base,
        "years": list(asked.years),
        "owner": "",
        "basis": AGGREGATE,
        "steps": list(asked.steps),
        "dimensions": dimensions,
    }


def _parameters(chain: Chain, asked: Asked) -> dict[str, Any]:
    """The assumptions that the steps read and neither the national pack nor the contract gives, as the example labels them."""
    labelled = _of_example("parameters.yaml")
    given = {*_of_example("parameters.yaml", _of_example("place.yaml")["national"]), *every_term()}
    found: dict[str, Any] = {}
    for name in sorted(assumptions_read(chain.tables) - given):
        known = labelled.get(name, {})
        figure = {"values": dict.fromkeys(asked.years)} if "values" in known else {"value": None}
        known_by = {"status": None, "source": None, "as_at": None}
        found[name] = {"label": known.get("label", name), "unit": unit_by_name(name), **figure, **known_by}
    return found


def _pool(name: str, title: str, asked: Asked) -> dict[str, Any]:
    """A pooled budget of the parties, with a line for each setting."""
    return {
        "id": f"{name}-pool",
        "title": f"Pooled budget of {title}",
        "status": None,
        "source": None,
        "host": None,
        "partners": {party: {"contribution_gbp": dict.fromkeys(asked.years)} for party in asked.parties},
        "lines": [
            {**entry(setting), "budget_gbp": dict.fromkeys(asked.years), "spend_gbp": dict.fromkeys(asked.years)}
            for setting in asked.settings
        ],
    }


def _contract(name: str, title: str, asked: Asked) -> dict[str, Any]:
    def band() -> dict[str, Any]:
        return {"from": 0, "to": None, "shares": dict.fromkeys(asked.parties)}

    return {
        "id": f"{name}-alliance",
        "title": f"Alliance agreement of {title}",
        "status": None,
        "source": None,
        "variance_held_by": None,
        "residual_party": None,
        "bands": {"gain": [band()], "loss": [band()]},
        "outcomes": {"mode": None},
        "parties": {party: {"at_risk": None} for party in asked.parties},
    }


def _options(asked: Asked) -> dict[str, Any]:
    def known() -> dict[str, None]:
        return {"status": None, "source": None}

    by_year = ("setup_cost_gbp", "running_cost_gbp", "delivery_share")
    return {
        "options": [
            {
                **entry(option),
                "paid_by": None,
                **{name: dict.fromkeys(asked.years) for name in by_year},
                "cost": known(),
                "delivery": known(),
                "effects": [],
            }
            for option in asked.options
        ],
        "perspective": {"weights": dict.fromkeys(asked.parties), **known()},
    }


def _tables(chain: Chain, asked: Asked) -> dict[str, str]:
    """The tables that the steps read, a row for each member, with blank figures."""
    elsewhere = _NO_TABLES | _given_by_files(chain)
    together = {name: way.file for part in chain.parts for way in part.given if way.file for name in way.asks}
    columns: dict[str, tuple[Table, list[str]]] = {}
    for table in chain.tables:
        for name in table.inputs:
            if name not in elsewhere:
                columns.setdefault(together.get(name, name), (table, []))[1].append(name)
    return {f"tables/{file}.csv": _table(table, names, asked, file in together.values()) for file, (table, names) in columns.items()}


def _given_by_files(chain: Chain) -> set[str]:
    """The columns that the files of the steps give, such as the terms of a contract; a step's own tables are no part of them."""
    given = {name for step in chain.steps if step.files for table in step.tables for name in table.inputs}
    return given - {mark for step in chain.steps for mark in step.marks}


def _table(table: Table, names: Sequence[str], asked: Asked, together: bool) -> str:
    """A table with blank figures: one column, its years beside each other, or several columns with a row for each year."""
    keys = tuple(key for key in table.keys if key != YEAR or together)
    figures = list(names) if together else [str(year) for year in asked.years] if table.by_year else ["value"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*keys, *figures, *PROVENANCE])
    # Totals that councils publish are no rows of a place until somebody has them.
    for key in () if "social_care_control_gbp" in names else product(*(_members(key, asked) for key in keys)):
        writer.writerow([*key, *("" for _ in figures), *("" for _ in PROVENANCE)])
    return out.getvalue()


def _members(key: str, asked: Asked) -> tuple[str, ...]:
    """The members of the dimension that a key names: who pays and who provides by their roles."""
    if DIMENSION_OF.get(key) == "party":
        role = key
        return tuple(party for party, own in asked.parties.items() if own == role)
    return {
        YEAR: tuple(map(str, asked.years)),
        "group": (GROUP,),
        "age_band": asked.age_bands or (AGE_BAND,),
        "segment": tuple(asked.segments),
        "setting": asked.settings,
        "point_of_delivery": (POINT,),
        "party": tuple(asked.parties),
    }[key]

"""The record of a run as JSON: headline figures, every check, and the manifest of what the run was made from.

It stands beside the workbook under the same name. Nothing in it depends on the machine or the hour, so that the same
run writes the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capmodel.assumptions.step import AGREEMENTS, CAPITATION, CONTRACT, HOLDERS
from capmodel.baseline.recorded import accounts_given
from capmodel.contracts.agreements.idle import without_effect
from capmodel.contracts.holders import idle as of_holders
from capmodel.files import written_whole
from capmodel.place import actual_cost
from capmodel.place.agreed import agreed_of
from capmodel.place.held import held_of
from capmodel.version import __version__
from capmodel.workbook.pages.contents import absent_steps
from capmodel.workbook.pages.records import headline_nodes
from capmodel.workbook.writing.formats import UNIT_LABELS

if TYPE_CHECKING:
    from capmodel.place.result import Result


def record_of(result: Result) -> dict[str, Any]:
    """Headline figures to the penny, checks, the plan and the manifest."""
    figures: dict[str, float] = {}
    others: dict[str, dict[str, float | str]] = {}
    for label, node, line, t, unit in headline_nodes(result):
        rows = result.values.inputs.rows[node[0]]
        value = float(result.values.figure(node)[line * rows.across + (t or 0)])
        if unit.startswith("GBP"):
            figures[label] = round(value, 2)
        else:
            others[label] = {"value": float(f"{value:.10g}"), "unit": UNIT_LABELS[unit]}
    plan = result.plan
    return {
        "place": result.place.pack.title,
        "scenario": result.scenario,
        "basis": result.place.pack.basis,
        "passed": result.passed,
        "figures_gbp": figures,
        **({"figures_of_other_units": others} if others else {}),
        **(
            {"accounts_given": accounts_given(result.place.columns), "accounts_gbp": _accounts(result)}
            if "all_accounts" in result.chain.by_name
            else {}
        ),
        **({"actual_cost": actual_cost.record(result)} if result.chain.has(CONTRACT) else {}),
        **({"agreements": {"without_effect": without_effect(agreed_of(result))}} if result.chain.has(AGREEMENTS) else {}),
        **({"holders": {"without_effect": of_holders.without_effect(held_of(result))}} if result.chain.has(HOLDERS) else {}),
        **({} if not absent_steps(result.place) else {"steps": [step.name for step in result.chain.steps]}),
        **({"price_per_head_gbp": _prices(result)} if result.chain.has(CAPITATION) else {}),
        "still_the_examples": {
            "figures": result.place.inherited.count,
            "of": result.place.inherited.all_figures,
            "spend_gbp": round(result.inherited_spend_gbp, 2),
            "by_file": {file: list(names) for file, names in result.place.inherited.by_file.items()},
        },
        "price_growth_gbp": round(result.column("place", "place_uprating_gbp")[()], 2)
        if "place_uprating_gbp" in getattr(result.chain.by_name.get("place"), "lines", ())
        else 0.0,
        "chosen": [option for option, taken in result.choice.items() if taken],
        "plan": None
        if plan is None
        else {
            "solver": plan.solver,
            "version": plan.version,
            "status": plan.status,
            "proved": plan.proved,
            "time_limit_s": plan.time_limit_s,
            "constraints_checked": plan.checked,
            "objective_gbp": round(plan.objective_gbp, 2),
            "bound_gbp": round(plan.bound_gbp, 2),
            "gap_share": round(plan.gap_share, 9),
            "next_best_gbp": plan.next_best_gbp,
            "near_share": plan.near_share,
            "all_near_listed": plan.all_listed,
            "near": [
                {"chosen": [option for option, taken in each.chosen.items() if taken], "objective_gbp": round(each.objective_gbp, 2)}
                for each in plan.others
            ],
            **({"loss": asdict(plan.loss)} if plan.loss else {}),
            **({"settled": asdict(plan.settled)} if plan.settled else {}),
        },
        "checks": [
            {
                "name": check.name,
                "label": check.label,
                "unit": check.unit,
                "difference": float(f"{check.worst:.6f}"),
                "passed": check.passed,
            }
            for check in result.checks
        ],
        "manifest": manifest_of(result),
    }


def manifest_of(result: Result) -> dict[str, Any]:
    """What a run was made from: version, rules, packs with their fingerprints, date, and figures that were set."""
    return {
        "capmodel": __version__,
        "rules": result.chain.rules_fingerprint(),
        "run": result.run_id,
        "packs": [
            {"id": edition.id, "title": edition.title, "released": edition.released, "sha256": edition.sha256}
            for edition in result.place.pack.editions
        ],
        "as_at": result.place.pack.as_at,
        "changes": dict(result.changes),
        **({"changes_without_effect": dict(result.idle)} if result.idle else {}),
        **({"terms_without_effect": dict(result.idle_terms)} if result.idle_terms else {}),
        **({"scenario_without_effect": dict(result.idle_in_scenario)} if result.idle_in_scenario else {}),
    }


def _prices(result: Result) -> dict[str, float]:
    """The price per head of each segment in the first year."""
    first = str(result.place.pack.years[0])
    prices = result.column("capitation", "price_gbp_per_person").items()
    return {result.place.labels[segment]: round(value, 2) for (segment, year), value in prices if year == first}


def _accounts(result: Result) -> dict[str, float]:
    """From what was recorded to what the accounts say, over all payers and settings; without accounts, as far as spend goes."""
    left_out = ("all_unallocated_gbp", "all_accounts_gbp") if accounts_given(result.place.columns) == "none" else ()
    lines = [line for line in result.chain.by_name["all_accounts"].lines.values() if not line.is_check and line.name not in left_out]
    return {line.label: round(result.column("all_accounts", line.name)[()], 2) for line in lines}


def write_record(result: Result, path: Path) -> Path:
    """Write the record beside the workbook; an existing file is replaced whole or not at all."""
    with written_whole(path) as beside:
        beside.write_text(json.dumps(record_of(result), indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return path

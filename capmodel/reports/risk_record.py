"""The risk of a place as files: every measure as plain data for JSON, and as rows for CSV.

Nothing is worked out here; what a measure means is in `uncertainty.risk`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from capmodel.uncertainty.simulate import Simulation


def risk_record(found: Simulation) -> str:
    """Everything about a simulation as JSON text: what it was made from, what was drawn, and every measure."""
    uncertain = found.uncertainties
    names = uncertain.names
    pairs = [
        {"between": [names[a], names[b]], "rank": float(uncertain.correlation[a, b])}
        for a in range(len(names))
        for b in range(a + 1, len(names))
        if uncertain.correlation[a, b]
    ]
    status, source, note = uncertain.variation_known
    record = {
        "provenance": asdict(found.provenance),
        **({"changes_without_effect": dict(found.idle)} if found.idle else {}),
        **({"scenario_without_effect": dict(found.idle_in_scenario)} if found.idle_in_scenario else {}),
        "uncertainties": [asdict(each) for each in uncertain.each],
        "correlations": pairs,
        "persons": {"variation_index": dict(uncertain.variation), "status": status, "source": source, "note": note},
        "without_contract": {
            "saved_share": uncertain.saved_without,
            **dict(zip(("status", "source", "note"), uncertain.without_known, strict=True)),
        },
        "convergence": found.convergence,
        "largest_gap_gbp": round(found.largest_gap_gbp, 2),
        "passed": found.passed,
        "measures": _measures(found),
    }
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def risk_table(found: Simulation) -> list[list[Any]]:
    """The measures as rows under a row of names, one for each party and year; the year `total` is all of them."""
    rows = [{**row, "year": row["year"] or "total"} for row in _measures(found)]
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def _measures(found: Simulation) -> list[dict[str, Any]]:
    return [{name: _rounded(name, value) for name, value in asdict(each).items()} for each in found.measures]


def _rounded(name: str, value: Any) -> Any:
    """Money to the penny, probabilities to a millionth; zero is never minus."""
    return round(value, 2 if name.endswith("_gbp") else 6) + 0.0 if isinstance(value, float) else value

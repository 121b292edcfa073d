"""A pooled budget with every term of its file, and ways to spoil it: for the tests of the terms, of the ledger and of what is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from capmodel.care_budgets.pooled.statement import WorkedOut, work_out

#: Two years of a board (the host) and a council. In 2025 seven months of home care are in, and the discharge pot misses its goal.
FULL: dict[str, Any] = yaml.safe_load("""
id: full
title: A pool with every term
status: illustrative
source: p90
host: board
partners:
  board: {label: The board, kind: nhs}
  council: {label: The council, kind: council, carry_forward_limit_share: 0.02, most_loss_gbp: 100000}
contributions:
  - {id: nhs_minimum, label: NHS minimum contribution, owner: board, base_year: 2024, base_gbp: 9000000, growth_share: 0.017}
  - {id: board_extra, label: Additional contribution of the board, owner: board, gbp: {2025: 500000, 2026: 0}, recurrent: false}
  - {id: facilities_grant, label: Disabled facilities grant, owner: council, gbp: {2025: 1200000, 2026: 1250000}, ring_fenced_to: adaptations, paid: yearly}
  - {id: staff, label: Social workers, owner: council, base_year: 2024, base_gbp: 400000, index: {2024: 100, 2025: 103, 2026: 106}, in_kind: true}
  - {id: council_cash, label: Cash of the council, owner: council, gbp: {2025: 3000000, 2026: 3100000}, paid: quarterly}
lines:
  - id: home_care
    label: Home care
    budget_gbp: {2025: 6000000, 2026: 6200000}
    spend_by_month_gbp: {2025: [510000, 512000, 515000, 520000, 518000, 522000, 525000]}
    spend_gbp: {2026: 6300000}
    forecast: run_rate
    contract_holder: council
    taxable_share: 0.5
    provider: care_trust
  - {id: reablement, label: Reablement, budget_gbp: {2025: 3000000, 2026: 3000000}, spend_gbp: {2025: 2900000, 2026: 3050000}, overspend: pro_rata, contract_holder: board, taxable_share: 0.1}
  - {id: adaptations, label: Adaptations, budget_gbp: {2025: 1300000, 2026: 1300000}, spend_gbp: {2025: 1150000, 2026: 1300000}}
  - {id: equipment, label: Equipment, budget_gbp: {2025: 800000, 2026: 800000}, spend_gbp: {2025: 850000, 2026: 790000}, overspend: fixed}
  - {id: nursing, label: Nursing, budget_gbp: {2025: 1500000, 2026: 1500000}, spend_gbp: {2025: 1530000, 2026: 1400000}, overspend: own_risk, owner: board}
  - {id: placements, label: Placements, budget_gbp: {2025: 900000, 2026: 900000}, spend_gbp: {2025: 1000000, 2026: 900000}, overspend: pro_rata_to_limit}
risk_pool_gbp: {2025: 200000, 2026: 100000}
uncommitted_gbp: {2025: 565000, 2026: 282601}
order: [risk_pool, underspends, uncommitted, partners]
performance_pots:
  - id: discharge
    label: Discharge pot
    line: reablement
    giver: board
    gbp: {2025: 300000, 2026: 300000}
    withheld_share: 0.5
    outcomes: [{id: days, label: Days of delay, better: lower, goal_number: {2025: 100, 2026: 90}, reported_number: {2025: 104, 2026: 90}}]
vat: {rate_share: 0.2, recoverable_share: {nhs: 0.3, council: 1, company: 0}}
entries:
  - {id: advance, label: Advance, month: 2025-05, paid_from: {council: 50000, board: 10000}, paid_to: {pool: 60000}}
  - {id: paid_back, label: Advance paid back, month: 2026-02, paid_from: {pool: 60000}, paid_to: {council: 50000, board: 10000}}
conditions:
  edition: 2025/26
  nhs_minimum: {owner: board, gbp: {2025: 9153000, 2026: 9308601}}
  adult_social_care_minimum: {lines: {home_care: 1}, gbp: {2025: 5000000, 2026: 6000000}}
  grants: [{contribution: facilities_grant, gbp: {2025: 1200000, 2026: 1250000}}]
  metrics: {unplanned_admissions: {2025: 100, 2026: 98}, delayed_discharge: {2025: 10, 2026: 9}, care_home_admissions: {2025: 50, 2026: 48}}
  signed: {board: true, council: true}
""")


def full(change: Callable[[dict[str, Any]], Any] | None = None) -> dict[str, Any]:
    """A copy of the whole agreement, changed."""
    content = copy.deepcopy(FULL)
    if change is not None:
        change(content)
    return content


def written(folder: Path, content: dict[str, Any]) -> Path:
    """An agreement as a file."""
    path = folder / "pool.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def worked(folder: Path, content: dict[str, Any]) -> WorkedOut:
    """An agreement from its file to its figures."""
    return work_out(written(folder, content))

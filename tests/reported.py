"""Reports of extracts, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from extracts import PERSON_MAP, pack_of, people, town, written

from capmodel.baseline.persons.report.readiness import readiness
from capmodel.baseline.persons.segment import Segmented, segment_people
from capmodel.baseline.persons.sums.add_up import Request

BOTH = ("age_condition", "risk_stratum")
BLOCK = {
    "id": "wards", "label": "Ward block", "setting": "acute_planned", "provider": "acute_trusts", "payer": "nhs_commissioner",
    "amount_gbp": 1000.5, "driver": "spend", "why": "Paid by block", "status": "local", "source": "Ledger",
}  # fmt: skip


def made_of(
    folder: Path, frame: pd.DataFrame, *schemes: str, accounts: dict[tuple[str, str], str] | None = None, **changes: Any
) -> Segmented:
    place = town(folder, **changes)
    if accounts:
        rows = [f"{payer},{setting},{value},local,e90,2026-03-31,x" for (payer, setting), value in accounts.items()]
        text = "\n".join(["payer,setting,value,status,source,as_at,note", *rows, ""])
        (place / "tables" / "accounts_gbp.csv").write_text(text, encoding="utf-8")
    pack = pack_of(place)
    return segment_people(pack, Request(written(frame, folder / "people.parquet"), schemes=schemes))


def marks(made: Segmented) -> dict[str, str]:
    return {condition.id: condition.met for condition in readiness(made)}


def found(made: Segmented, name: str) -> str:
    return next(condition.found for condition in readiness(made) if condition.id == name)


@pytest.fixture(scope="session")
def large_report(tmp_path_factory: pytest.TempPathFactory) -> Segmented:
    return made_of(tmp_path_factory.mktemp("large"), people(20_000, years=(2024, 2025)), *BOTH)


@pytest.fixture(scope="session")
def small_report(tmp_path_factory: pytest.TempPathFactory) -> Segmented:
    """500 people in 20 segments and three towns, a setting that three people use, a block contract, and accounts."""
    frame = people(500, years=(2024, 2025))
    frame["rare_gbp"] = np.where(frame.index.isin(frame.index[frame["year"] == 2025][:3]), 4321.09, 0.0)
    rare = {"column": "rare_gbp", "setting": "continuing_care", "provider": "care_providers", "payer": "nhs_commissioner"}
    booked = (("nhs_commissioner", "primary"), ("nhs_commissioner", "acute_emergency"), ("nhs_commissioner", "continuing_care"), ("council", "social_care"))  # fmt: skip
    accounts = dict.fromkeys((*booked, ("nhs_commissioner", "acute_planned")), "200000.00")
    folder = tmp_path_factory.mktemp("small")
    return made_of(folder, frame, *BOTH, accounts=accounts, blocks=[BLOCK], spend=[*PERSON_MAP["spend"], rare])

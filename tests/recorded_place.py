"""The example place as if its spend had been recorded person by person: its own segment spend, rounded to pence, as pack tables.

Nothing is invented here but factors, parts and accounts that a test asks for, so every figure after segment spend is known beforehand.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

import capmodel
from capmodel.errors import BadInput
from capmodel.model import Result

PENNY = Decimal("0.01")
#: What only the route from published figures reads.
PUBLISHED_ONLY = (
    "anchor_flag", "calibrated_flag", "group_persons", "group_price_gbp_per_person", "group_share", "payer_share", "provider_share",
    "published_price_gbp_per_person", "setting_share", "social_care_control_gbp",
)  # fmt: skip
Account = tuple[str, str]  # payer, setting
NHS, COUNCIL = "nhs_commissioner", "council"
BEYOND = {(NHS, "primary"): "1234567.89", (COUNCIL, "acute_planned"): "5000.00"}


def to_the_penny(value: float) -> Decimal:
    """Pounds as they are written in a file."""
    return Decimal(repr(float(value))).quantize(PENNY)


@dataclass
class Recorded:
    """What was written: recorded and apportioned pounds by segment, setting, provider and payer; people; accounts; what is scaled."""

    cost: dict[tuple[str, ...], Decimal] = field(default_factory=dict)
    apportioned: dict[tuple[str, ...], Decimal] = field(default_factory=dict)
    persons: dict[str, float] = field(default_factory=dict)
    accounts: dict[Account, Decimal] = field(default_factory=dict)
    scaled: dict[Account, int] = field(default_factory=dict)
    unlinked: dict[Account, Decimal] = field(default_factory=dict)


def write_table(folder: Path, name: str, keys: Sequence[str], figures: Iterable[tuple[Sequence[str], object]]) -> None:
    """One pack table, every figure local."""
    with (folder / "tables" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*keys, "value", "status", "source", "as_at", "note"])
        writer.writerows([*key, value, "local", "p90", "2026-03-31", "Recorded"] for key, value in figures)


def record_place(
    folder: Path,
    result: Result,
    scaling: Mapping[Account, float] | None = None,
    beyond: Mapping[Account, str] | None = None,
    keep: bool = True,
    apportioned: Mapping[Account, str] | None = None,
    unlinked: Mapping[Account, str] | None = None,
) -> Recorded:
    """Turn a copy of the example place into one that works from person-level data.

    Args:
        folder: the copy.
        result: the run of the example that its spend and people are taken from.
        scaling: factors; recorded spend is the example's over its factor, so that scaling to the accounts leads back to it.
        beyond: pounds that an account holds beyond the example's spend, where it is not scaled to.
        keep: keep the tables that only the other route reads.
        apportioned: the part of an account's spend, as a share of each line, that block contracts gave.
        unlinked: pounds of an account that were recorded for nobody known.
    """
    text = (folder / "place.yaml").read_text(encoding="utf-8")
    (folder / "place.yaml").write_text(text.replace("basis: aggregate", "basis: person-level"), encoding="utf-8")
    made = Recorded(persons={key[0]: value for key, value in result.column("segment", "segment_persons").items()})
    spent: dict[Account, Decimal] = {}
    for key, value in result.column("spend", "cost_gbp").items():
        account = (key[3], key[1])
        before = to_the_penny(value / (scaling or {}).get(account, 1.0))
        made.apportioned[key] = (before * Decimal((apportioned or {}).get(account, "0"))).quantize(PENNY)
        made.cost[key] = before - made.apportioned[key]
        spent[account] = spent.get(account, Decimal(0)) + to_the_penny(value)
    for account in {**spent, **dict.fromkeys(beyond or {})}:
        made.scaled[account] = int(account in (scaling or {}))
        made.unlinked[account] = Decimal((unlinked or {}).get(account, "0.00"))
        more = Decimal(0) if made.scaled[account] else Decimal((beyond or {}).get(account, "0"))
        made.accounts[account] = spent.get(account, Decimal(0)) + more
    line, by_account = ("segment", "setting", "provider", "payer"), ("payer", "setting")
    write_table(folder, "recorded_cost_gbp", line, made.cost.items())
    write_table(folder, "apportioned_cost_gbp", line, made.apportioned.items())
    write_table(folder, "recorded_persons", ("segment",), (((name,), repr(value)) for name, value in made.persons.items()))
    write_table(folder, "accounts_gbp", by_account, made.accounts.items())
    write_table(folder, "accounts_given_flag", by_account, ((key, 1) for key in made.accounts))
    write_table(folder, "scaled_flag", by_account, made.scaled.items())
    write_table(folder, "unlinked_gbp", by_account, made.unlinked.items())
    for name in () if keep else PUBLISHED_ONLY:
        (folder / "tables" / f"{name}.csv").unlink()
    return made


def refused(folder: Path) -> list[str]:
    with pytest.raises(BadInput) as found:
        capmodel.load(folder)
    return [str(problem) for problem in found.value.problems]


def valued(folder: Path, file: str, start: str, value: str) -> Path:
    path = folder / file
    lines = path.read_text(encoding="utf-8").splitlines()
    (i,) = [i for i, line in enumerate(lines) if line.startswith(f"{start},")]
    lines[i] = ",".join([start, value, *lines[i].split(",")[start.count(",") + 2 :]])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder

"""Where each party really ends after settlement: a price that is not paid is not a cost that is not borne.

A provider that is paid less loses income at once and releases only a part of the cost; the settlement gives it a share of the
pool and not of what it lost. Over all parties net positions add up to the cost that was released, which is the true saving.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, at_least, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.contracts.settlement.target import service
from capmodel.contracts.settlement.transfer import settlement
from capmodel.reinvestment.appraise import release
from capmodel.reinvestment.planning import SHEET

net_service = Table("net_service", ("setting", "provider", "payer", "year"), "Cost released in the variance", SHEET)

net_position = Table("net_position", ("party", "year"), "Net position of each party after settlement", SHEET)

true_saving = Table("true_saving", ("year",), "What the system really saves", SHEET)

TABLES = (net_service, net_position, true_saving)


@net_service.line("GBP", "Variance", lookup(service, "service_variance_gbp"))
def price_variance_gbp() -> Any:
    """Target less actual, at the price that is paid."""


@net_service.line("GBP", "Cost released", part=lookup(release, "release_share"))
def cost_released_gbp(price_variance_gbp: Any, part: Any) -> Any:
    """The part of a lower spend that a provider really saves; more spend is all cost.

    >>> cost_released_gbp(np.array([800_000.0, -200_000.0]), 0.4).tolist()
    [320000.0, -200000.0]
    """
    return np.where(at_least(price_variance_gbp, 0, AMOUNTS), price_variance_gbp * part, price_variance_gbp)


@net_position.line("GBP", "Own variance and transfer", lookup(settlement, "position_gbp"))
def settled_gbp() -> Any:
    """Where the party ends against the target, at the prices that are paid."""


@net_position.line(
    "GBP",
    "Price not paid that is still cost",
    released=total(net_service, "cost_released_gbp", "year", provider="party"),
    variance=total(net_service, "price_variance_gbp", "year", provider="party"),
)
def stranded_gbp(released: Any, variance: Any) -> Any:
    """What the party, as a provider, is no longer paid for and cannot release.

    >>> stranded_gbp(320_000.0, 800_000.0)
    -480000.0
    """
    return released - variance


@net_position.line("GBP", "Net position after settlement and released cost")
def net_position_gbp(settled_gbp: Any, stranded_gbp: Any) -> Any:
    """Who is better and who is worse off against the target: a share of the gain may not make up for income that is gone.

    >>> net_position_gbp(240_000.0, -480_000.0)
    -240000.0
    """
    return settled_gbp + stranded_gbp


@true_saving.line("GBP", "Cost released", total(net_service, "cost_released_gbp", "year"))
def true_saving_gbp() -> Any:
    """What the system spends less against the target; less than the variance where cost stays behind."""


@true_saving.line("GBP", "Check: net positions add up to the cost released", parties=total(net_position, "net_position_gbp", "year"))
def check_net_gbp(true_saving_gbp: Any, parties: Any) -> Any:
    """Zero where no pound is lost between the parties."""
    return to_pence(true_saving_gbp - parties)


def rows(pack: Pack, services: Rows) -> dict[str, Rows]:
    """The rows of these tables, on the rows of the settlement's services."""
    return {
        "net_service": services,
        "net_position": Rows({"party": tuple(entry.id for entry in pack.dimensions["party"])}, pack.years),
        "true_saving": Rows({}, pack.years),
    }

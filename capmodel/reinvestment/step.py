"""The step options: what reinvestment options are worth, which are chosen, and what that does to each party."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import CARE_BUDGETS, CONTRACT, OPTIONS, SPEND, Given, Step
from capmodel.baseline.spend import columns_of, deflator, key_pairs, payer_mix, provider_mix
from capmodel.baseline.spend_checks import check_shares
from capmodel.care_budgets.step import GIVEN as GIVEN_BUDGETS
from capmodel.errors import Problem
from capmodel.reinvestment import after_settlement, appraise, fund, net_position, on_plan, plan_cash, planning, who_pays
from capmodel.reinvestment.options.released import check_provided


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    """The rows of the options, once they are read; of the fund and of net positions where there is a settlement."""
    if OPTIONS not in read:
        return {}
    own = {**appraise.rows(pack, read[OPTIONS], known), **planning.rows(pack, read[OPTIONS], known)}
    own |= plan_cash.rows(pack)
    own |= who_pays.rows(pack, own)
    if "service" not in known:
        return own
    own |= on_plan.rows(pack, own["start_party"], known[provider_mix.name])
    own |= after_settlement.rows(pack, own["who_pays"])
    return {**own, **fund.rows(pack), **net_position.rows(pack, known["service"])}


def _check(pack: Pack, problems: list[Problem]) -> None:
    appraise.check_index(pack, problems)
    check_provided(pack, problems)


def _given_rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    settings = [entry.id for entry in pack.dimensions["setting"]]
    return {
        deflator.name: columns_of(deflator.keys, sorted({key for key, _ in pack.columns["gdp_deflator_index"].figures})),
        provider_mix.name: columns_of(provider_mix.keys, key_pairs(pack, "provider_share", settings)),
        payer_mix.name: columns_of(payer_mix.keys, key_pairs(pack, "payer_share", settings)),
    }


GIVEN_MIXES = Given(
    asks=("provider_share", "payer_share"),
    what="who provides and who pays in each setting",
    tables=(deflator, provider_mix, payer_mix),
    rows=_given_rows,
    check=check_shares,
)
STEP = Step(
    name=OPTIONS,
    label="options",
    tables=(*planning.TABLES, *plan_cash.TABLES, *who_pays.TABLES),
    rows=_rows,
    files=("options.yaml",),
    marks=("release_share",),
    members={"group": (), "segment": ("group",), "setting": (), "party": ("role",)},
    needs=(SPEND, CARE_BUDGETS),
    given={SPEND: (GIVEN_MIXES,), CARE_BUDGETS: (GIVEN_BUDGETS,)},
    joined={CONTRACT: (*fund.TABLES, *net_position.TABLES)},
    slacks=planning.SLACKS,
    check=_check,
)
#: The same step where the contract settles the actual cost of the chosen plan, and so waits for the options.
ON_PLAN = replace(
    STEP,
    joined={CONTRACT: (*on_plan.TABLES, *fund.TABLES, *net_position.TABLES[1:], *after_settlement.TABLES)},
    remakes={CONTRACT: {"service": on_plan.service_on_plan}},
    slacks=(*planning.SLACKS, after_settlement.FLOOR),
)
#: The same where options are chosen by what parties keep after settlement.
ON_SETTLED_PLAN = replace(
    ON_PLAN, tables=tuple(after_settlement.settled_objective if table is planning.objective else table for table in ON_PLAN.tables)
)

"""The ledger of a pooled budget: for any plan every pound goes from one account to another, and balances add up to zero at every date."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pool_files import full, worked, written

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.laid_out import worked_out
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.months.calendar import MONTHS
from capmodel.care_budgets.pooled.agreement import read_pool
from capmodel.care_budgets.pooled.pooled_budget import TABLES
from capmodel.errors import Problem

YEARS = (2025, 2026)
RULES = ("shared", "host", "fixed", "variable", "pro_rata", "pro_rata_to_limit")
pounds = st.integers(0, 500_000_000).map(lambda pence: pence / 100)
SLOW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def entries(done: Any, year: int) -> list[tuple[str, str, str, float]]:
    """The entries of a year: month, account that pays, account that receives, pounds."""
    rows = done.figures.inputs.rows["pool_entry"].columns
    keys = zip(rows["entry"], rows["month"], rows["from_account"], rows["to_account"], strict=True)
    return [(month, paid, received, done.at("pool_entry", "entry_gbp", year, entry, month)) for entry, month, paid, received in keys]


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """A plan of random sizes: budgets, spends, months that are in, variance rules, order, and what is left over as uncommitted money."""
    content = full()
    for line in content["lines"]:
        line.pop("owner", None)
        line["budget_gbp"] = {year: draw(pounds) for year in YEARS}
        line["spend_gbp"] = {year: draw(pounds) for year in YEARS}
        line["overspend"] = draw(st.sampled_from(RULES))
        line.pop("spend_by_month_gbp", None)
        line.pop("forecast", None)
        if draw(st.booleans()):
            line["spend_by_month_gbp"] = {2025: [draw(pounds) for _ in range(draw(st.integers(1, 12)))]}
            line["forecast"] = draw(st.sampled_from(["run_rate", "budget", "profile"]))
    content["lines"][2]["budget_gbp"] = dict.fromkeys(YEARS, 1_300_000)
    content["lines"][1]["budget_gbp"] = {year: 300_000 + draw(pounds) for year in YEARS}
    content["risk_pool_gbp"] = {year: draw(pounds) for year in YEARS}
    placed = {year: sum(line["budget_gbp"][year] for line in content["lines"]) + content["risk_pool_gbp"][year] for year in YEARS}
    content.pop("uncommitted_gbp")
    put_in = {2025: 9_153_000 + 500_000 + 1_200_000 + 412_000, 2026: 9_308_601 + 1_250_000 + 424_000}
    content["uncommitted_gbp"] = {year: max(put_in[year] - placed[year], 0) for year in YEARS}
    content["contributions"][4]["gbp"] = {year: max(placed[year] - put_in[year], 0) for year in YEARS}
    content["order"] = [*draw(st.permutations(["underspends", "risk_pool", "uncommitted"])), "partners"]
    content.pop("conditions")
    return content


@SLOW
@given(content=plans())
def test_the_ledger_balances_at_every_date_for_any_plan(content: dict[str, Any], tmp_path: Path) -> None:
    done = worked(tmp_path, content)
    assert done.failed() == []
    carried: dict[str, float] = {}
    for year in YEARS:
        posted = entries(done, year)
        for month in MONTHS:
            for dated, paid, received, amount in posted:
                if dated == month:
                    carried[paid] = carried.get(paid, 0) - amount
                    carried[received] = carried.get(received, 0) + amount
            assert abs(sum(carried.values())) < 0.005
            assert done.at("pool_trial_balance", "check_trial_gbp", year, month) == 0
            for (account,) in done.ids("pool_account_year"):
                balance = done.at("pool_account_month", "balance_gbp", year, account, month)
                assert balance == pytest.approx(carried.get(account, 0), abs=0.005)


def test_each_account_of_the_pool_ends_with_what_the_waterfall_leaves(tmp_path: Path) -> None:
    done = worked(tmp_path, full())
    left = {account: done.at("pool_account_year", "closing_balance_gbp", 2025, account) for (account,) in done.ids("pool_account_year")}
    inside = {
        account: balance for account, balance in left.items() if account.startswith(("line ", "held ", "pool", "risk", "uncommitted"))
    }
    assert {account for account, balance in inside.items() if abs(balance) >= 0.005} == {"held council"}
    assert left["held council"] == pytest.approx(92_240)
    assert left["paid to care_trust"] == pytest.approx(6_209_142.86)
    assert left["vat account"] == pytest.approx(40_600)
    assert left["in kind council"] == -412_000


def test_contributions_are_dated_as_they_are_paid(tmp_path: Path) -> None:
    done = worked(tmp_path, full())
    dated = {month: done.at("pool_entry", "entry_gbp", 2025, "in council_cash", month) for entry, month in done.ids("pool_entry") if entry == "in council_cash"}  # fmt: skip
    assert dated == {"apr": 750_000, "jul": 750_000, "oct": 750_000, "jan": 750_000}
    assert done.at("pool_entry", "entry_gbp", 2025, "in facilities_grant", "apr") == 1_200_000
    assert done.at("pool_entry", "entry_gbp", 2025, "spend home_care", "jun") == 515_000


def test_an_entry_of_several_accounts_is_cut_into_pairs(tmp_path: Path) -> None:
    done = worked(tmp_path, full())
    rows = done.figures.inputs.rows["pool_entry"].columns
    stated = {name: (paid, received) for name, paid, received in zip(rows["entry"], rows["from_account"], rows["to_account"], strict=True) if name.startswith("stated")}  # fmt: skip
    assert stated["stated advance 1"] == ("cash council", "pool account")
    assert stated["stated advance 2"] == ("cash board", "pool account")
    without = worked(tmp_path, full(lambda content: content.pop("entries")))
    for month, more in (("apr", 0), ("may", 60_000), ("jan", 60_000), ("feb", 0)):
        balances = [each.at("pool_account_month", "balance_gbp", 2025, "pool account", month) for each in (done, without)]
        assert balances[0] - balances[1] == pytest.approx(more)
    assert done.at("pool_memorandum", "cash_in_gbp", 2025, "council") == pytest.approx(4_311_622.66, abs=0.005)


def test_a_ledger_entry_that_reached_one_account_only_would_fail_its_check(tmp_path: Path) -> None:
    """An account that is missing leaves the trial balance by what it would hold: here what was paid for home care in April."""
    problems: list[Problem] = []
    agreement = read_pool(read_mapping(written(tmp_path, full()), problems), (2025, 2026), problems)
    assert agreement is not None
    there = [name for name in agreement.rows["pool_account_year"].columns["account"] if name != "paid to care_trust"]
    rows = {
        **agreement.rows,
        "pool_account_year": Rows({"account": tuple(there), "held_for": ("-",) * len(there)}, (2025, 2026)),
        "pool_account_month": columns_of(("account", "month"), [(name, month) for name in there for month in MONTHS], (2025, 2026)),
    }
    flags = {name: replace(agreement.columns[name], figures={key: each for key, each in agreement.columns[name].figures.items() if key[0][0] in there}) for name in ("account_inside_flag", "account_holds_risk_pool_flag")}  # fmt: skip
    done = worked_out(replace(agreement, rows=rows, columns={**agreement.columns, **flags}), TABLES, (2025, 2026))
    assert done.figure(("pool_trial_balance", "check_trial_gbp"))[0] == pytest.approx(-510_000)

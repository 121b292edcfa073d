"""Published US shared savings results, row by row: how many payments the shipped contracts reproduce, and which they do not and why.

Every row of five years is settled at once by `settle_many`. A sample of every kind of contract and of outcome is settled a second
time, one by one, as a contract of its own in the engine and in a recalculated workbook.
"""

from __future__ import annotations

import copy
import gzip
from functools import cache
from pathlib import Path
from typing import Any

import case_runner
import numpy as np
import pytest
from case_files import Case

from capmodel.assumptions.document import Document
from capmodel.commands.settle import find_contract
from capmodel.contracts.many.contract import read_many
from capmodel.contracts.many.figures import read_figures
from capmodel.contracts.many.settle import Comparison, SettledMany, compare, settle_many

DATA = Path(__file__).parent / "data" / "shared_savings"
YEARS = (2015, 2017, 2019, 2021, 2022)
SHARE, THRESHOLD = "settlement.share_gbp[aco]", "pool.table_threshold_share"
#: Contracts of the year, those whose payment reproduces, and thresholds from the table: those that reproduce, of so many.
COUNTS = {
    2015: (392, 391, 389, 389),
    2017: (472, 472, 432, 433),
    2019: (475, 474, 389, 389),
    2021: (475, 475, 280, 280),
    2022: (482, 482, 198, 198),
}
#: Every row that does not reproduce, by year and line.
DIFFERS = {(2015, SHARE): ["A92615"], (2017, THRESHOLD): ["A05696"], (2019, SHARE): ["A2392"]}
#: What was paid in all, in whole dollars as published.
PAID = {2022: 2_524_453_557, 2021: 1_959_433_483}


@cache
def settled(year: int) -> SettledMany:
    many = read_many(find_contract(f"us-mssp-{year}"))
    return settle_many(many, read_figures(many, DATA / f"us-mssp-{year}.csv.gz"))


def compared(year: int) -> dict[str, Comparison]:
    return {each.name: each for each in compare(settled(year))}


def of(year: int, table: str, line: str, *key: str) -> np.ndarray:
    return settled(year).column(table, line, key, year)


@pytest.mark.parametrize("year", YEARS)
def test_the_payments_and_thresholds_of_a_year_reproduce(year: int, message: list[str]) -> None:
    contracts, paid, thresholds, tables = COUNTS[year]
    for line, agree, number in ((SHARE, paid, contracts), (THRESHOLD, thresholds, tables)):
        found = compared(year)[line]
        message.append(f"{year}, {line}: {found.agree} of {found.of}")
        assert (found.agree, found.of) == (agree, number)


@pytest.mark.parametrize("year", YEARS)
def test_every_difference_is_named_with_its_reason(year: int, message: list[str]) -> None:
    for line in (SHARE, THRESHOLD):
        found = compared(year)[line]
        assert [each.key for each in found.differences] == DIFFERS.get((year, line), [])
        assert set(found.known) == {each.key for each in found.differences}
        message += [f"{year}, {each}: {found.known[each.key]}" for each in found.differences]
    assert {key for at, keys in DIFFERS.items() if at[0] == year for key in keys} == set(settled(year).many.file.known_differences)


def test_1688_of_1689_thresholds_reproduce(message: list[str]) -> None:
    found = [compared(year)[THRESHOLD] for year in YEARS]
    message.append(f"thresholds by people: {sum(each.agree for each in found):,} of {sum(each.of for each in found):,}")
    assert (sum(each.agree for each in found), sum(each.of for each in found)) == (1688, 1689)


@pytest.mark.parametrize("year", [2021, 2022])
def test_from_2021_every_payment_is_right_to_the_dollar(year: int, message: list[str]) -> None:
    """MSSP-17: the public score no longer enters the payment, so only whole dollars are left: half of one in the payment, and at most 75% of half of one in the saving."""
    ours, published = of(year, "settlement", "share_gbp", "aco"), settled(year).figures.published[SHARE][:, 0]
    paid = published > 0
    message.append(
        f"{year}: {int(paid.sum())} of {int(paid.sum())} payments to the dollar, largest difference {np.abs(ours - published).max():.2f}"
    )
    assert np.abs(ours - published).max() <= 0.5 + 0.75 * 0.98 * 0.5
    assert int(published.sum()) == PAID[year]
    assert int(paid.sum()) == {2021: 274, 2022: 304}[year]


@pytest.mark.parametrize("year", YEARS)
def test_shares_add_up_to_every_variance_that_is_shared(year: int) -> None:
    both = of(year, "settlement", "share_gbp", "aco") + of(year, "settlement", "share_gbp", "medicare")
    assert np.abs(both - of(year, "pool", "pool_gbp")).max() < 1e-6
    assert np.abs(of(year, "settlement", "transfer_gbp", "aco") + of(year, "settlement", "transfer_gbp", "medicare")).max() < 1e-6
    for check in ("check_shares_gbp", "check_transfers_gbp", "check_cash_positions_gbp", "check_slices_gbp"):
        assert (of(year, "pool", check) == 0).all()


def test_gains_losses_zeros_and_caps_are_all_among_the_rows(message: list[str]) -> None:
    counts = {"gain": 0, "loss": 0, "below the threshold": 0, "failed the standard": 0, "held by a cap": 0, "relieved": 0}
    for year in YEARS:
        for name, at in outcomes_of(year).items():
            counts[name] += len(at)
    message.append(", ".join(f"{name} {count:,}" for name, count in counts.items()))
    assert all(counts.values()), counts
    assert counts["gain"] + counts["loss"] > 1000


# ------------------------------------------------------------------ a sample, one by one, through the recalculated workbook


def outcomes_of(year: int) -> dict[str, list[int]]:
    share = of(year, "settlement", "share_gbp", "aco")
    pool, met, passed = of(year, "pool", "pool_gbp"), of(year, "pool", "threshold_met_flag"), of(year, "pool", "passed_flag")
    capped = of(year, "party_step", "taken_of_gain_gbp", "aco", "caps") + of(year, "party_step", "taken_of_loss_gbp", "aco", "caps")
    relieved = _or_zero(of(year, "party_step", "taken_of_loss_gbp", "aco", "relief")) if year != 2015 else np.zeros(len(share))
    found = {
        "gain": share > 0,
        "loss": share < 0,
        "below the threshold": met == 0,
        "failed the standard": (passed == 0) & (pool > 0),
        "held by a cap": np.abs(capped) > 0.005,
        "relieved": relieved < 0,
    }
    return {name: np.flatnonzero(at).tolist() for name, at in found.items()}


def _or_zero(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), 0, values)


def sample() -> list[tuple[int, str]]:
    """The first row of every kind and outcome of every year."""
    rows = []
    for year in YEARS:
        kinds = settled(year).figures.kinds
        for at in outcomes_of(year).values():
            first = {kinds[c]: c for c in reversed(at)}
            rows += [(year, settled(year).figures.keys[c]) for c in first.values()]
    return sorted(set(rows))


def one_contract(year: int, key: str) -> Case:
    """A row as a contract by itself: the terms of its kind with the row's own figures written into them."""
    many, figures = settled(year).many, settled(year).figures
    c = figures.keys.index(key)
    kind = figures.kinds[c]
    content = copy.deepcopy(many.document.content)
    terms = merged(content["terms"], content["kinds"][kind] or {})
    own = {
        name: float(values[c, 0])
        for name, values in figures.figures.items()
        if not many.file.figures.column(name).kinds or kind in many.file.figures.column(name).kinds
    }
    for name, side in (("gain_threshold_share", "gain_share"), ("loss_threshold_share", "loss_share")):
        if name in own:
            terms["threshold"][side] = own[name]
    if "threshold_persons" in own and "by_persons" in terms["threshold"]:
        terms["threshold"]["persons"] = {year: own["threshold_persons"]}
    terms["outcomes"]["score_share"] = {year: own["outcome_score_share"]}
    if "outcome_standard_flag" in own:
        terms["outcomes"]["standard_met"] = {year: own["outcome_standard_flag"] > 0}
    if "relief_gbp[aco]" in own:
        terms["relief"] = {"gbp": {"aco": {year: own["relief_gbp[aco]"]}}}
    contract = {
        "id": key.lower(), "title": key, "status": "published", "source": "published", "parties": content["parties"], **terms,
    }  # fmt: skip
    given = {
        "years": [year],
        "dimensions": {"setting": ["all_care"], "segment": ["everyone"], "party": ["medicare", "aco"]},
        "assumptions": {"alliance_discount_share": 0},
        "columns": {"in_scope_flag": {"all_care": 1}, "setting_pressure_share": {"all_care": 0}},
        "lines": {
            "care_budget.budget_gbp": {"everyone, all_care, aco, medicare": {year: own["target_gbp"]}},
            "service.actual_gbp": {"all_care, aco, medicare": {year: own["target_gbp"] - own["variance_gbp"]}},
        },
        "contract": contract,
    }
    expect = {
        f"{table}.{line}" + (f"[{', '.join(keys)}]" if keys else ""): float(of(year, table, line, *keys)[c])
        for table, line, keys in (
            ("pool", "threshold_gbp", ()),
            ("pool", "pool_gbp", ()),
            ("settlement", "share_gbp", ("aco",)),
            ("settlement", "share_gbp", ("medicare",)),
            ("settlement", "transfer_gbp", ("aco",)),
        )
    }
    return Case(
        id=key, variant=str(year), title=key, source="published", rule="as published", chain="settlement", given=given,
        expect=expect, tolerance=0, tighter={}, document=Document(Path("published.yaml"), given), steps=(),
    )  # fmt: skip


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    found = dict(base)
    for name, value in over.items():
        found[name] = merged(found[name], value) if isinstance(value, dict) and isinstance(found.get(name), dict) else value
    return found


def test_a_sample_of_every_kind_and_outcome_agrees_one_by_one_in_engine_and_workbook(message: list[str]) -> None:
    rows = sample()
    wrong = []
    cells = 0
    for year, key in rows:
        done = case_runner.run(one_contract(year, key))
        book = case_runner.recalculate(done)
        wrong += case_runner.disagreements(done) + case_runner.disagreements(done, book)
        cells += book.certificate.formulas
        assert book.certificate.passed, (year, key, book.certificate.differences[:3])
        assert case_runner.failing_checks(done) == set()
    kinds = {(year, settled(year).figures.kinds[settled(year).figures.keys.index(key)]) for year, key in rows}
    message.append(f"{len(rows)} contracts of {len(kinds)} kinds one by one in the engine and in {cells:,} recalculated cells")
    assert wrong == []
    assert len(rows) >= 40


def test_the_files_are_small_and_carry_no_date() -> None:
    files = sorted(DATA.glob("*.gz"))
    assert [path.name for path in files] == [f"us-mssp-{year}.csv.gz" for year in YEARS]
    assert sum(path.stat().st_size for path in files) < 80_000
    for path in files:
        assert path.read_bytes()[4:8] == b"\0\0\0\0"
        assert gzip.decompress(path.read_bytes()).decode("utf-8").count("\n") == COUNTS[int(path.stem[8:12])][0] + 1

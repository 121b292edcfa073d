"""`capmodel settle`: many contracts at once, what it refuses, what it writes, and restatement by cause.

Hostile input gets exit code 2, one report with place and remedy, no traceback, and nothing is written.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from alliance_table import ACTUAL, CONTRACT, TABLE, files, settled

from capmodel.cli import main
from capmodel.contracts.many.contract import read_many
from capmodel.contracts.many.figures import read_figures
from capmodel.contracts.many.restate import restate
from capmodel.contracts.many.settle import settle_many


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ------------------------------------------------------------------ what it does


def test_every_step_of_every_contract_is_a_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files(tmp_path)
    code, said, _ = settled(tmp_path, capsys)
    assert code == 0
    assert "Alliance: 2 contracts" in said
    rows = {(row["name"], row["year"]): row for row in rows_of(tmp_path / "out.csv")}
    assert list(rows) == [("north", "2026"), ("south", "2026"), ("north", "2027"), ("south", "2027")]
    # 40% of 100,000 is held to 30,000, and 10,000 are carried; 30% of 100,000 at 0.9 is 27,000, less the 10,000.
    assert float(rows["north", "2026"]["settlement.share_gbp[trust]"]) == -30_000
    assert float(rows["north", "2026"]["bank.closing_gbp[trust,loss]"]) == 10_000
    assert float(rows["north", "2027"]["settlement.share_gbp[trust]"]) == 17_000
    assert float(rows["north", "2027"]["bank.closing_gbp[trust,loss]"]) == 0
    # The other kind: 60,000 for a score of 0.6, of which the ladder releases 40%; what it holds back is the payer's.
    assert float(rows["south", "2026"]["settlement.share_gbp[trust]"]) == 24_000
    assert float(rows["south", "2026"]["settlement.share_gbp[payer]"]) == 160_000
    assert float(rows["south", "2027"]["settlement.share_gbp[trust]"]) == 0
    for row in rows.values():
        shares = [float(row[f"settlement.share_gbp[{party}]"]) for party in ("payer", "trust", "practice")]
        assert math.isclose(math.fsum(shares), float(row["pool.pool_gbp"]), abs_tol=1e-9)
    words = {row["column"]: row for row in rows_of(tmp_path / "out-columns.csv")}
    assert set(words) >= set(rows["north", "2026"]) - {"name", "year", "kind"}
    assert words["settlement.transfer_gbp[trust]"]["in words"] == "Share of the pool - Cash position before settlement, to the penny"


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    contract, figures = files(tmp_path)
    head, *rows = TABLE.strip().split("\n")
    (tmp_path / "turned.csv").write_text("\n".join([head, *reversed(rows)]) + "\n", encoding="utf-8")
    many = read_many(contract)
    one, two = (settle_many(many, read_figures(many, path)) for path in (figures, tmp_path / "turned.csv"))
    for year in many.years:
        by_key = dict(zip(two.figures.keys, two.column("settlement", "share_gbp", ("trust",), year), strict=True))
        for key, value in zip(one.figures.keys, one.column("settlement", "share_gbp", ("trust",), year), strict=True):
            assert by_key[key] == value


def test_one_contract_is_settled_as_it_is_among_many(tmp_path: Path) -> None:
    contract, figures = files(tmp_path)
    many = read_many(contract)
    together = settle_many(many, read_figures(many, figures))
    head, *rows = TABLE.strip().split("\n")
    for c, key in enumerate(together.figures.keys):
        path = tmp_path / f"{key}.csv"
        path.write_text("\n".join([head, *(row for row in rows if row.startswith(key))]) + "\n", encoding="utf-8")
        alone = settle_many(many, read_figures(many, path))
        for year in many.years:
            everything = dict(together.columns(year))
            for name, values in alone.columns(year):
                assert np.array_equal(values[0], everything[name][c], equal_nan=True), name


def test_a_figure_for_some_kinds_leaves_the_others_their_own_term(tmp_path: Path) -> None:
    text = CONTRACT.replace(ACTUAL, ACTUAL + '    "cap_gbp[trust, loss]": {heading: cap, kinds: [plain]}\n')
    table = (
        TABLE.replace("score\n", "score,cap\n")
        .replace("0.8\n", "0.8,5000\n")
        .replace("0.9\n", "0.9,5000\n")
        .replace("0.6\n", "0.6,\n")
        .replace("0.7\n", "0.7,\n")
    )
    contract, figures = files(tmp_path, text, table.replace("1800000", "2200000"))
    many = read_many(contract)
    done = settle_many(many, read_figures(many, figures))
    assert done.column("settlement", "share_gbp", ("trust",), 2026).tolist() == [-5_000, -30_000]


def test_terms_of_a_kind_that_no_row_is_of_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract, figures = files(tmp_path)
    start = ["settle", str(contract), str(figures), "--out", str(tmp_path / "o.csv")]
    assert main(start) == 0
    assert "NO EFFECT" not in capsys.readouterr().out
    head, *rows = TABLE.splitlines()
    figures.write_text("\n".join([head, *(row for row in rows if "plain" not in row)]), encoding="utf-8")
    assert main(start) == 0
    assert "NO EFFECT: the kind plain changes nothing: no row is of it" in capsys.readouterr().out


def test_a_variance_may_be_given_instead_of_the_actual_cost(tmp_path: Path) -> None:
    contract, figures = files(tmp_path)
    many = read_many(contract)
    by_actual = settle_many(many, read_figures(many, figures))
    table = (
        TABLE.replace("1100000", "-100000")
        .replace(",900000", ",100000")
        .replace("1800000", "200000")
        .replace("2000000,2000000", "2000000,0")
    )
    contract, figures = files(tmp_path, CONTRACT.replace("actual_gbp", "variance_gbp"), table)
    many = read_many(contract)
    by_variance = settle_many(many, read_figures(many, figures))
    for year in many.years:
        for name, values in by_actual.columns(year):
            assert np.array_equal(dict(by_variance.columns(year))[name], values, equal_nan=True), name


def test_published_figures_are_compared_and_a_difference_is_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published = 'published:\n  "settlement.share_gbp[trust]": {against: paid, within: 0.5}\n'
    table = (
        TABLE.replace("score\n", "score,paid\n")
        .replace("0.8\n", "0.8,-30000\n")
        .replace("0.9\n", "0.9,17000\n")
        .replace("0.6\n", "0.6,24000\n")
        .replace("0.7\n", "0.7,1\n")
    )
    files(tmp_path, CONTRACT + published, table)
    code, said, _ = settled(tmp_path, capsys)
    assert code == 1
    assert "settlement.share_gbp[trust]: 3 of 4 reproduce" in said
    assert "south in 2027: 0, published 1" in said
    files(tmp_path, CONTRACT + published + "known_differences: {south: never paid}\n", table)
    code, said, _ = settled(tmp_path, capsys)
    assert code == 0
    assert "known: never paid" in said
    files(tmp_path, CONTRACT + published + "known_differences: {south: never paid, north: gone}\n", table)
    code, said, _ = settled(tmp_path, capsys)
    assert code == 1
    assert "north is named as different in the contract file and does not differ" in said


# ------------------------------------------------------------------ restatement


def test_a_restatement_says_what_each_cause_moved_and_foots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract, figures = files(tmp_path)
    changed = TABLE.replace("900000,0.9", "880000,0.6").replace(
        "south,2026,ladder,2000000,1800000,0.6", "south,2026,ladder,2000000,1700000,0.6"
    )
    after = changed + "east,2026,plain,500000,450000,1\neast,2027,plain,500000,500000,1\n"
    (tmp_path / "before.csv").write_text(TABLE + "west,2026,plain,500000,480000,1\nwest,2027,plain,500000,500000,1\n", encoding="utf-8")
    files(tmp_path, CONTRACT, after)
    code, said, _ = settled(tmp_path, capsys, "--restates", str(tmp_path / "before.csv"))
    assert code == 0
    assert "Restated: 4 contracts" in said
    many = read_many(contract)
    old, new = read_figures(many, tmp_path / "before.csv"), read_figures(many, figures)
    effects = restate(many, old, new)
    causes = {effect.cause for effect in effects if effect.contract == "north"}
    assert causes == {"actual_gbp", "outcome_score_share", "causes together"}
    assert {effect.cause for effect in effects if effect.contract == "east"} == {"joined the list"}
    assert {effect.cause for effect in effects if effect.contract == "west"} == {"left the list"}
    shares = {}
    for name, table in (("old", old), ("new", new)):
        done = settle_many(many, table)
        for party in many.parties:
            for year in many.years:
                for key, value in zip(table.keys, done.column("settlement", "share_gbp", (party,), year), strict=True):
                    shares[name, key, party, year] = float(value)
    for key in ("north", "south", "east", "west"):
        for party in many.parties:
            for year in many.years:
                moved = sum(each.share_effect_gbp for each in effects if (each.contract, each.party, each.year) == (key, party, year))
                before, now = (shares.get((name, key, party, year), 0.0) for name in ("old", "new"))
                assert moved == pytest.approx(now - before, abs=1e-9), (key, party, year)
    written = rows_of(tmp_path / "out-restatement.csv")
    assert len(written) == len(effects)


def test_a_changed_kind_is_a_cause_of_its_own(tmp_path: Path) -> None:
    contract, figures = files(tmp_path)
    many = read_many(contract)
    (tmp_path / "after.csv").write_text(
        TABLE.replace("south,2026,ladder", "south,2026,plain").replace("south,2027,ladder", "south,2027,plain"), encoding="utf-8"
    )
    effects = restate(many, read_figures(many, figures), read_figures(many, tmp_path / "after.csv"))
    assert {(effect.contract, effect.cause) for effect in effects} == {("south", "kind of contract")}
    assert sum(effect.share_effect_gbp for effect in effects) == pytest.approx(0)


def test_nothing_changed_restates_nothing(tmp_path: Path) -> None:
    contract, figures = files(tmp_path)
    many = read_many(contract)
    assert restate(many, read_figures(many, figures), read_figures(many, figures)) == []

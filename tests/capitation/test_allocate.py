"""Allocation rules: formulas as text, pace of change solved to a total, exact shares, several years, levels, and bad input."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from allocating import AREAS, CATCH_UP, MILLIONS, TAPER, refused, run, worked, write
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.algebra.cell import excel
from capmodel.algebra.expression import KNOWN, in_words, parse, to_thousands, to_whole, unit
from capmodel.capitation.rules.allocate import allocate, roll_up
from capmodel.capitation.rules.checks import read_rule
from capmodel.capitation.rules.figures import read_figures
from capmodel.capitation.rules.share_out import share_out
from capmodel.commands.allocate import find_rule
from capmodel.errors import BadInput, RuleError

from conftest import ROOT  # isort: skip

PAGE = ROOT / "docs/guide/02b-allocations.md"


# ------------------------------------------------------------------ formulas as text


def test_a_formula_becomes_the_tree_that_a_rule_in_python_becomes() -> None:
    text = "where(pre > 0, -minimum(pre, cap), minimum(-pre * slope, most))"
    tree = parse(text).tree
    assert excel(tree, {"pre": "A1", "cap": "B1", "slope": "C1", "most": "D1"}) == "IF(ROUND(A1,12)>0,-MIN(A1,B1),MIN(-A1*C1,D1))"
    words = in_words(parse(text), {"pre": "Distance", "cap": "Cap"})
    assert words == "if Distance is above 0 then minus the lesser of (Distance, Cap) otherwise the lesser of (minus Distance × slope, most)"
    assert (
        excel(parse("a if not (0 < b <= 1 or c > 0) else 1").tree, {})
        == "IF(NOT(OR(AND(ROUND(0-b,12)<0,ROUND(b-1,12)<=0),ROUND(c,12)>0)),a,1)"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.15 * a", "the number 0.15 stands in the formula; give it a name, a unit and a source under constants"),
        ("__import__('os').system('true')", "there is no function __import__('os').system"),
        ("a.b", "has no place in a formula"),
        ("[a for a in b]", "has no place in a formula"),
        ("a == b", "asks whether figures are the same; compare with"),
        ("a > b", "the formula gives true or false"),
        ("where(a, b, c)", "needs a comparison"),
        ("minimm(a, b)", "there is no function minimm. Did you mean minimum"),
        ("total(a, b)", "total takes 1 figure"),
        ("total(a, by=b)", "total has no option by. "),
        ("share_out(a, b)", "say what to cut to"),
        ("share_out(a, b, to=whole, within=c, residual='x')", "one body cannot take the rest of every group"),
        ("a +", "cannot be read"),
        ("a" * 5000, "give its steps lines of their own"),
        ("(" * 300 + "a" + ")" * 300, "cannot be read"),
        ("where(a > 0)", "where takes 3 figures"),
        ("'text'", "a formula works on numbers"),
        ("lambda: a", "has no place in a formula"),
    ],
)
def test_what_has_no_place_in_a_formula_is_refused_with_the_idiom(text: str, words: str) -> None:
    with pytest.raises(RuleError, match=re.escape(words)):
        parse(text)


def test_units_come_from_the_same_tree() -> None:
    units = {"money_gbp": {"GBP": 1}, "list_persons": {"persons": 1}}
    assert unit(parse("share_of(money_gbp)"), units) == {}
    assert unit(parse("share_out(total(money_gbp), list_persons, to=pence)"), units) == {"GBP": 1}
    with pytest.raises(RuleError, match="cannot add GBP and persons"):
        unit(parse("total(money_gbp + list_persons)"), units)
    with pytest.raises(RuleError, match="prior starts GBP with persons"):
        unit(parse("prior(money_gbp, list_persons)"), units)


@settings(max_examples=200)
@given(st.integers(-(10**14), 10**14))
def test_rounding_is_half_away_from_zero(pence: int) -> None:
    pounds, rest = divmod(abs(pence), 100)
    sign = -1 if pence < 0 else 1
    assert to_whole(pence / 100) == sign * (pounds + (rest >= 50)) + 0.0
    thousands, rest = divmod(abs(pence), 100_000)
    assert to_thousands(pence / 100) == sign * (thousands + (rest >= 50_000)) * 1000 + 0.0


def test_every_function_is_in_the_guide() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in KNOWN if f"`{name}(" not in page] == []


# ------------------------------------------------------------------ shares that add up


@settings(max_examples=200)
@given(
    st.lists(st.floats(0, 1e9, allow_subnormal=False), min_size=1, max_size=40),
    st.integers(-(10**13), 10**13),
    st.integers(1, 5),
    st.sampled_from([0.01, 1.0, 1000.0]),
)
def test_shares_add_up_in_every_group_and_nobody_is_a_step_out(weights: list[float], steps: int, groups: int, step: float) -> None:
    weight = np.array(weights)
    member = np.array([i % min(groups, len(weights)) for i in range(len(weights))])
    sums = np.bincount(member, weights=weight)
    if (sums <= 0).any():
        return
    amount = np.full(len(weight), steps / 100 if step == 0.01 else steps * step)
    shares = share_out(amount, weight, member, step)
    counted = np.rint(shares * 100 if step == 0.01 else shares / step)
    for group in range(member.max() + 1):
        own = member == group
        assert sum(int(each) for each in counted[own]) == steps
        assert (np.abs(counted[own] - steps * weight[own] / sums[group]) <= 1 + abs(steps) * 1e-12).all()
    assert (shares[weight == 0] == 0).all()


def test_a_named_body_takes_the_rest(tmp_path: Path) -> None:
    rule = CATCH_UP.replace(
        "lines:",
        "lines:\n  shared_gbp: {label: Shared, rule: \"share_out(to_whole(total(baseline_gbp)), 1 + 0 * floor_share, to=thousands, residual='d')\", source: t01}",
    )
    found = worked(tmp_path, rule, AREAS.replace("100,", "100250,"))["shared_gbp"][0]
    assert found.tolist() == [100_000, 100_000, 100_000, 101_000]


def test_an_amount_that_is_no_whole_number_of_steps_is_refused(tmp_path: Path) -> None:
    rule = CATCH_UP.replace(
        "lines:", 'lines:\n  shared_gbp: {label: Shared, rule: "share_out(quantum_gbp / 12, target_gbp, to=whole)", source: t01}'
    )
    assert "is no whole number of steps of 1; nothing can be shared so. Round it first" in refused(tmp_path, rule, AREAS)


# ------------------------------------------------------------------ pace of change


def test_nhs_05_floor_then_catch_up(tmp_path: Path) -> None:
    found = worked(tmp_path, CATCH_UP, AREAS)
    assert found["allocation_gbp"][0] == pytest.approx([106.658424, 103.341576, 101, 101], abs=1e-6)
    assert found["distance_share"][0] == pytest.approx([-0.058619, -0.025907, 0.010910, 0.089536], abs=1e-6)
    assert found["allocation_gbp"].sum() == pytest.approx(412, abs=1e-9)


def test_a_taper_is_shifted_until_the_money_is_used_up_year_after_year(tmp_path: Path) -> None:
    found = worked(tmp_path, TAPER, MILLIONS)
    assert found["quantum_gbp"][:, 0].tolist() == [412_000_000, 420_240_000, 430_746_000]
    assert (found["allocation_gbp"].sum(axis=1) == found["quantum_gbp"][:, 0]).all()
    assert (found["opening_gbp"][1:] == found["allocation_gbp"][:-1]).all()
    assert (found["pace_share"] >= 0.01).all()
    assert (found["pace_share"] <= 0.08).all()
    under = found["allocation_gbp"] / found["new_target_gbp"] - 1
    assert under.min() >= -0.05 - 1e-7
    assert under[0, 0] == pytest.approx(-0.05, abs=1e-6), "the body furthest under target is on the limit in the first year"


def test_a_pace_that_cannot_be_kept_says_so(tmp_path: Path) -> None:
    message = refused(tmp_path, TAPER.replace("value: 0.01", "value: 0.04"), MILLIONS)
    assert "rule.yaml, line " in message
    assert "no shift_share makes total(paced_gbp) equal quantum_gbp: with -0.5 it comes to " in message
    assert "412,000,000.00 is wanted (2026)" in message
    assert "Floors may cost more than there is" in message


def test_a_number_that_changes_nothing_is_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, TAPER.replace("such_that: total(paced_gbp)", "such_that: total(opening_gbp)"), MILLIONS)
    assert "shift_share changes neither side" in message


def test_a_rule_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="Did you mean icb-core-2024"):
        find_rule("icb-core-2042")
    for name in ("icb-core-2023", "ccg-2018", "place-index"):
        assert read_rule(find_rule(name)).file.id == name


def test_levels_add_up_and_are_written_beside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, TAPER + "levels: {region: {sum: [allocation_gbp], same: [quantum_gbp]}}\n", MILLIONS) == 0
    assert "Shift: " in capsys.readouterr().out
    with (tmp_path / "out-region.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["region"] for row in rows] == ["n"] * 3 + ["s"] * 3
    for year, quantum in (("2026", 412e6), ("2027", 420.24e6), ("2028", 430.746e6)):
        assert sum(float(row["allocation_gbp"]) for row in rows if row["year"] == year) == quantum
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    assert list(first)[:5] == ["place", "region", "year", "baseline_gbp", "target_gbp"]
    assert "shift_share" in first
    with (tmp_path / "out-columns.csv").open(encoding="utf-8") as file:
        message = {row["column"]: row for row in csv.DictReader(file)}
    assert message["opening_gbp"]["in_words"] == "Last year's Allocation (in the first year baseline gbp)"
    assert message["shift_share"]["in_words"] == "The number with which the total of At that growth equals Money"
    assert message["growth_share"]["value"] == "2026: 0.03; 2027: 0.02; 2028: 0.025"


def test_a_column_that_differs_within_a_member_does_not_stand_for_it(tmp_path: Path) -> None:
    message = refused(tmp_path, CATCH_UP.replace("{sum: [allocation_gbp]}", "{same: [allocation_gbp]}"), AREAS)
    assert "allocation_gbp is not the same for all of n" in message


def test_constants_may_differ_by_a_text_column(tmp_path: Path) -> None:
    rule = CATCH_UP.replace("value: 0.01,", "by: region, values: {n: 0.01, s: 0.02},")
    assert worked(tmp_path, rule, AREAS)["floor_gbp"][0].tolist() == [101, 101, 102, 102]
    message = refused(tmp_path, CATCH_UP.replace("value: 0.01,", "by: region, values: {n: 0.01},"), AREAS)
    assert "floor_share has no value for s; there are bodies whose region it is. Add it." in message


# ------------------------------------------------------------------ what is published


def test_exit_code_1_names_the_rows_that_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = CATCH_UP.replace("target_gbp: target}", "target_gbp: target, printed_gbp: printed}").replace(
        "published: {}", "published: {allocation_gbp: {against: printed_gbp, tolerance: 0.0001}}"
    )
    printed = [106.6584, 103.3416, 101.5, 101]
    lines = AREAS.splitlines()
    table = "\n".join([lines[0] + ",printed", *(f"{line},{value}" for line, value in zip(lines[1:], printed, strict=True))])
    assert run(tmp_path, rule, table) == 1
    message = capsys.readouterr().out
    assert "Allocation: 3 of 4 reproduce (largest difference 0.5)" in message
    assert "c: 101, published 101.5" in message
    assert (tmp_path / "out.csv").exists()


def test_a_failing_check_is_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, CATCH_UP.replace("total(allocation_gbp) - quantum_gbp", "total(allocation_gbp) - total(baseline_gbp)"), AREAS) == 1
    assert "CHECK: Check that it adds up is off by 12" in capsys.readouterr().out


# ------------------------------------------------------------------ the guide


def test_the_local_rule_of_the_guide_works_as_the_guide_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    rule, table = (re.search(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("yaml", "csv"))
    assert rule and table and yaml.safe_load(rule[1])["id"]
    assert run(tmp_path, rule[1], table[1]) == 0
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        rows = {(row["practice"], row["year"]): row for row in csv.DictReader(file)}
    printed = re.findall(r"^\| (\w+) \| (\d{4}) \| ([-\d.]+)% \| ([\d,]+\.\d\d) \|$", page, re.MULTILINE)
    assert len(printed) == len(rows)
    for practice, year, distance, allocation in printed:
        row = rows[practice, year]
        assert f"{float(row['distance_share']) * 100:.2f}" == distance
        assert f"{float(row['allocation_gbp']):,.2f}" == allocation


def test_the_trees_of_the_rolled_up_levels_are_any_partition(tmp_path: Path) -> None:
    path, files = write(
        tmp_path,
        CATCH_UP.replace("text: {region: region}", "text: {region: region, other: other}")
        .replace("published: {}", "")
        .replace("levels: {region:", "levels: {other: {sum: [target_gbp]}, region:"),
        AREAS.replace("region", "region,other").replace(",n,", ",n,x,").replace(",s,", ",s,y,").replace("b,n,x", "b,n,y"),
    )
    rule = read_rule(path)
    made = allocate(rule, read_figures(rule, files, []))
    assert roll_up(made, "other")["target_gbp"].tolist() == [[110, 290]]
    assert roll_up(made, "region")["allocation_gbp"].sum() == pytest.approx(412)

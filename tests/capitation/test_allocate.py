"""Allocation rules: formulas as text, pace of change solved to a total, exact shares, several years, levels, and bad input."""

from __future__ import annotations

import argparse
import csv
import re
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.algebra.cell import excel
from capmodel.algebra.expression import KNOWN, in_words, parse, to_thousands, to_whole, unit
from capmodel.capitation.component_weights import component_weights
from capmodel.capitation.rules.allocate import allocate, roll_up
from capmodel.capitation.rules.checks import read_rule
from capmodel.capitation.rules.figures import read_figures
from capmodel.capitation.rules.share_out import share_out
from capmodel.commands.allocate import add_command, find_rule
from capmodel.errors import BadInput, CapmodelError, RuleError

from conftest import ROOT  # isort: skip

PAGE = ROOT / "docs/guide/02b-allocations.md"

# Floor, then catch-up (NHS-05): everybody gets the floor, and what is left goes to places under target by their shortfall.
CATCH_UP = """
id: catch-up
title: Floor and catch-up
description: A floor for everybody, and the rest by shortfall.
sources: {t01: {title: Worked case, publisher: Nobody}}
figures:
  areas: {source: t01, key: area, text: {region: region}, columns: {baseline_gbp: baseline, target_gbp: target}}
constants:
  floor_share: {label: Floor, value: 0.01, status: illustrative, source: t01}
  growth_share: {label: Growth in all, value: 0.03, status: illustrative, source: t01}
lines:
  quantum_gbp: {label: Money in all, rule: total(baseline_gbp) * (1 + growth_share), source: t01}
  new_target_gbp: {label: Target, rule: quantum_gbp * share_of(target_gbp), source: t01}
  floor_gbp: {label: Floor in pounds, rule: baseline_gbp * (1 + floor_share), source: t01}
  short_gbp: {label: Shortfall after the floor, rule: "maximum(new_target_gbp - floor_gbp, 0)", source: t01}
  allocation_gbp: {label: Allocation, rule: floor_gbp + (quantum_gbp - total(floor_gbp)) * share_of(short_gbp), source: t01}
  distance_share: {label: Distance, rule: allocation_gbp / new_target_gbp - 1, source: t01}
  check_quantum_gbp: {label: Check that it adds up, rule: total(allocation_gbp) - quantum_gbp, source: t01}
levels: {region: {sum: [allocation_gbp]}}
published: {}
"""
AREAS = "area,region,baseline,target\na,n,100,110\nb,n,100,103\nc,s,100,97\nd,s,100,90\n"

# The general form: growth falls with distance, between a floor and a ceiling, shifted until the money is used up.
TAPER = """
id: taper
title: Taper
description: Growth by distance between a floor and a ceiling, nobody more than 5% under.
years: [2026, 2027, 2028]
sources: {t01: {title: Worked case, publisher: Nobody}}
figures:
  areas: {source: t01, key: area, text: {region: region}, columns: {baseline_gbp: baseline, target_gbp: target}}
constants:
  floor_share: {label: Floor, value: 0.01, status: illustrative, source: t01}
  ceiling_share: {label: Ceiling, value: 0.08, status: illustrative, source: t01}
  slope_share: {label: Slope, value: 0.3, status: illustrative, source: t01}
  furthest_share: {label: Furthest under target, value: 0.05, status: illustrative, source: t01}
  growth_share: {label: Growth, values: {2026: 0.03, 2027: 0.02, 2028: 0.025}, status: illustrative, source: t01}
lines:
  opening_gbp: {label: Opening, rule: "prior(allocation_gbp, baseline_gbp)", source: t01}
  quantum_gbp: {label: Money, rule: to_whole(total(opening_gbp) * (1 + growth_share)), source: t01}
  new_target_gbp: {label: Target, rule: quantum_gbp * share_of(target_gbp), source: t01}
  distance_share: {label: Distance, rule: opening_gbp * (1 + growth_share) / new_target_gbp - 1, source: t01}
  pace_share: {label: Growth, rule: "clip(shift_share - slope_share * distance_share, floor_share, ceiling_share)", source: t01}
  paced_gbp: {label: At that growth, rule: "maximum(opening_gbp * (1 + pace_share), new_target_gbp * (1 - furthest_share))", source: t01}
  allocation_gbp: {label: Allocation, rule: "share_out(quantum_gbp, paced_gbp, to=whole)", source: t01}
  check_quantum_gbp: {label: Check, rule: total(allocation_gbp) - quantum_gbp, source: t01}
solve:
  shift_share: {label: Shift, such_that: total(paced_gbp), equals: quantum_gbp, between: [-0.5, 0.5], source: t01}
"""
MILLIONS = "area,region,baseline,target\na,n,100e6,111e6\nb,n,100e6,103e6\nc,s,100e6,97e6\nd,s,100e6,89e6\n"


def write(folder: Path, rule: str, *tables: str) -> tuple[Path, list[Path]]:
    path = folder / "rule.yaml"
    path.write_text(rule, encoding="utf-8")
    files = [folder / f"figures{i or ''}.csv" for i in range(len(tables))]
    for file, text in zip(files, tables, strict=True):
        file.write_text(text, encoding="utf-8")
    return path, files


def run_command(*arguments: Path) -> int:
    """The command on a rule, figures and where to write; bad input is raised."""
    parser = argparse.ArgumentParser()
    add_command(parser.add_subparsers())
    *given, out = map(str, arguments)
    options = parser.parse_args(["allocate", *given, "--out", out])
    code: int = options.command(options)
    return code


def run(folder: Path, rule: str, *tables: str, out: str = "out.csv") -> int:
    """The command on a rule and figures written to a folder; bad input is raised."""
    path, files = write(folder, rule, *tables)
    return run_command(path, *files, folder / out)


def refused(folder: Path, rule: str, *tables: str) -> str:
    """The report of a refusal; nothing may be written."""
    with pytest.raises(BadInput) as caught:
        run(folder, rule, *tables)
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith("out")) == []
    return str(caught.value)


def worked(folder: Path, rule: str, *tables: str) -> dict[str, np.ndarray]:
    path, files = write(folder, rule, *tables)
    read = read_rule(path)
    return dict(allocate(read, read_figures(read, files, [])).columns)


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
        ("share_out(a, b, to=whole, within=c, residual='x')", "one place cannot take the rest of every group"),
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


def test_a_named_place_takes_the_rest(tmp_path: Path) -> None:
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
    assert under[0, 0] == pytest.approx(-0.05, abs=1e-6), "the place furthest under target is on the limit in the first year"


def test_a_pace_that_cannot_be_kept_says_so(tmp_path: Path) -> None:
    told = refused(tmp_path, TAPER.replace("value: 0.01", "value: 0.04"), MILLIONS)
    assert "rule.yaml, line " in told
    assert "no shift_share makes total(paced_gbp) equal quantum_gbp: with -0.5 it comes to " in told
    assert "412,000,000.00 is wanted (2026)" in told
    assert "Floors may cost more than there is" in told


def test_a_number_that_changes_nothing_is_refused(tmp_path: Path) -> None:
    told = refused(tmp_path, TAPER.replace("such_that: total(paced_gbp)", "such_that: total(opening_gbp)"), MILLIONS)
    assert "shift_share changes neither side" in told


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
        told = {row["column"]: row for row in csv.DictReader(file)}
    assert told["opening_gbp"]["in_words"] == "Last year's Allocation (in the first year baseline gbp)"
    assert told["shift_share"]["in_words"] == "The number with which the total of At that growth equals Money"
    assert told["growth_share"]["value"] == "2026: 0.03; 2027: 0.02; 2028: 0.025"


def test_a_column_that_differs_within_a_member_does_not_stand_for_it(tmp_path: Path) -> None:
    told = refused(tmp_path, CATCH_UP.replace("{sum: [allocation_gbp]}", "{same: [allocation_gbp]}"), AREAS)
    assert "allocation_gbp is not the same for all of n" in told


def test_constants_may_differ_by_a_text_column(tmp_path: Path) -> None:
    rule = CATCH_UP.replace("value: 0.01,", "by: region, values: {n: 0.01, s: 0.02},")
    assert worked(tmp_path, rule, AREAS)["floor_gbp"][0].tolist() == [101, 101, 102, 102]
    told = refused(tmp_path, CATCH_UP.replace("value: 0.01,", "by: region, values: {n: 0.01},"), AREAS)
    assert "floor_share has no value for s; there are places whose region it is. Add it." in told


# ------------------------------------------------------------------ what is published


def test_exit_code_1_names_the_rows_that_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = CATCH_UP.replace("target_gbp: target}", "target_gbp: target, printed_gbp: printed}").replace(
        "published: {}", "published: {allocation_gbp: {against: printed_gbp, tolerance: 0.0001}}"
    )
    printed = [106.6584, 103.3416, 101.5, 101]
    lines = AREAS.splitlines()
    table = "\n".join([lines[0] + ",printed", *(f"{line},{value}" for line, value in zip(lines[1:], printed, strict=True))])
    assert run(tmp_path, rule, table) == 1
    told = capsys.readouterr().out
    assert "Allocation: 3 of 4 reproduce (largest difference 0.5)" in told
    assert "c: 101, published 101.5" in told
    assert (tmp_path / "out.csv").exists()


def test_a_failing_check_is_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, CATCH_UP.replace("total(allocation_gbp) - quantum_gbp", "total(allocation_gbp) - total(baseline_gbp)"), AREAS) == 1
    assert "CHECK: Check that it adds up is off by 12" in capsys.readouterr().out


# ------------------------------------------------------------------ bad input

TWO = CATCH_UP.replace(
    "  areas: {source: t01, key: area, text: {region: region}, columns: {baseline_gbp: baseline, target_gbp: target}}",
    "  areas: {source: t01, key: area, text: {region: region}, columns: {baseline_gbp: baseline}}\n  targets: {source: t01, key: code, columns: {target_gbp: target}}",
)
BASELINES, TARGETS = "area,region,baseline\na,n,100\nb,n,100\n", "code,target\nb,103\na,110\n"
FIGURES = [
    (
        "a blank",
        AREAS.replace("b,n,100,103", "b,n,,103"),
        "figures.csv, line 3: baseline_gbp is blank for b; a number is needed here, and a gap is never filled",
    ),
    ("not a number", AREAS.replace("b,n,100,103", "b,n,NaN,103"), "figures.csv, line 3: baseline_gbp is 'NaN' for b"),
    ("infinite", AREAS.replace("b,n,100,103", "b,n,inf,103"), "baseline_gbp is 'inf' for b"),
    ("a comma", AREAS.replace("b,n,100,103", 'b,n,"1,000",103'), "baseline_gbp is '1,000' for b"),
    ("a code twice", AREAS + "a,n,1,1\n", "figures.csv, line 6: the code 'a' is there twice; it stands at figures.csv, line 2 too"),
    ("no code", AREAS + ",n,1,1\n", "figures.csv, line 6: there are figures without a code"),
    ("no region", AREAS.replace("c,s", "c,"), "figures.csv, line 4: region is blank"),
    (
        "a heading misspelt",
        AREAS.replace("baseline", "basline"),
        "figures.csv, line 1: there is no heading 'baseline'; the rule reads the column by its heading. Did you mean basline",
    ),
    ("a heading twice", AREAS.replace("region", "target"), "the heading 'target' is there 2 times"),
    ("a cell too many", AREAS.replace("d,s,100,90", "d,s,100,90,5"), "figures.csv, line 5: 5 cells under 4 headings"),
    ("no rows", "area,region,baseline,target\n", "there are no rows"),
    ("nothing", "", "figures.csv: the file is empty"),
    (
        "targets of zero",
        re.sub(r",\d+$", ",0", AREAS, flags=re.MULTILINE),
        "new_target_gbp is not a finite number for a; something is divided by zero",
    ),
]
RULES = [
    ("an unknown column", "maximum(new_target_gbp - floor_gbp, 0)", "maximum(new_targt_gbp - floor_gbp, 0)", "rule.yaml, line 15: short_gbp reads 'new_targt_gbp'; nothing of that name is given or worked out. Did you mean new_target_gbp"),
    ("units that clash", "total(baseline_gbp) * (1 + growth_share)", "total(baseline_gbp) + growth_share", "quantum_gbp: cannot add GBP and a pure number"),
    ("a unit that is not the name's", "{label: Distance, rule: allocation_gbp / new_target_gbp - 1", "{label: Distance, rule: allocation_gbp - new_target_gbp", "distance_share gives GBP; its name says a pure number"),
    ("a circle", "baseline_gbp * (1 + floor_share)", "baseline_gbp * (1 + floor_share) + 0 * short_gbp", "floor_gbp -> short_gbp -> floor_gbp is a circle"),
    ("a name without a unit", "short_gbp: {", "shortfall: {", "does not end in its unit"),
    ("a number in a formula", "(1 + growth_share)", "1.03", "the number 1.03 stands in the formula"),
    ("an unknown source", "status: illustrative, source: t01}\nlines", "status: illustrative, source: t09}\nlines", "the source 't09' is not under sources:"),
    ("an unknown name", "status: illustrative, source: t01}\nlines", "status: illustrative, source: t01, unti: share}\nlines", "'unti' is not a known name"),
    ("a constant that nothing reads", "constants:", "constants:\n  other_share: {label: Other, value: 0.5, status: local, source: t01}", "no line reads other_share"),
    ("text in a formula", "maximum(new_target_gbp - floor_gbp, 0)", "maximum(region - floor_gbp, 0)", "it is text, and a formula works on numbers"),
    ("an unknown level", "floor_gbp + (quantum_gbp - total(floor_gbp)) * share_of(short_gbp)", '"share_of(short_gbp, within=regin) * quantum_gbp"', "there is no such text column. Did you mean region"),
    ("a share rolled up", "{sum: [allocation_gbp]}", "{sum: [distance_share]}", "only money and people add up"),
    ("a total rolled up", "{sum: [allocation_gbp]}", "{sum: [quantum_gbp]}", "it is a total already and would be counted again"),
    ("last year without years", "rule: baseline_gbp * (1 + floor_share)", "rule: \"prior(allocation_gbp, baseline_gbp) * (1 + floor_share)\"", "the rule has no years"),
    ("a name twice", "constants:", "constants:\n  target_gbp: {label: Again, value: 1, status: local, source: t01}", "target_gbp is there twice"),
    ("published without a column", "published: {}", "published: {allocation_gbp: {against: printed_gbp, tolerance: 1}}", "there is no column 'printed_gbp'"),
    ("a constant without a value", "label: Floor, value: 0.01,", "label: Floor,", "floor_share has no value"),
    ("weights that do not add up", "lines:", "weights: {both: {constants: [floor_share, growth_share]}}\nlines:", "the weights floor_share, growth_share add up to 0.04; weights share one whole"),
    ("a limit", "lines:", "limits: {target_gbp: {at_least: 95, why: fewer say nothing}}\nlines:", "figures.csv, line 5: target_gbp is 90 for d, and must be at least 95 (rule.yaml, line 11); fewer say nothing"),
    ("a limit on a line", "lines:", "limits: {distance_share: {at_least: -0.05, why: nobody may be further under}}\nlines:", "distance_share is -0.0586194 for a, and must be at least -0.05"),
    ("rows that are not all there", "{source: t01, key: area,", "{source: t01, rows: 5, key: area,", "4 rows are found; the rule expects 5"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "table", "words"), FIGURES, ids=[name for name, _, _ in FIGURES])
def test_bad_figures_get_one_report_and_nothing_is_written(tmp_path: Path, name: str, table: str, words: str) -> None:
    assert words in refused(tmp_path, CATCH_UP, table)


@pytest.mark.parametrize(("name", "old", "new", "words"), RULES, ids=[name for name, *_ in RULES])
def test_a_bad_rule_gets_one_report_and_nothing_is_written(tmp_path: Path, name: str, old: str, new: str, words: str) -> None:
    assert old in CATCH_UP
    assert words in refused(tmp_path, CATCH_UP.replace(old, new, 1), AREAS)


def test_a_factor_of_zero_is_refused(tmp_path: Path) -> None:
    rule = CATCH_UP.replace("target_gbp: target}", "target_gbp: target, cost_index: cost}").replace(
        "* (1 + floor_share)", "* (1 + floor_share) * cost_index"
    )
    table = (
        AREAS.replace("target\n", "target,cost\n")
        .replace("110\n", "110,1\n")
        .replace("103\n", "103,0\n")
        .replace("97\n", "97,1\n")
        .replace("90\n", "90,1\n")
    )
    assert "figures.csv, line 3: cost_index is 0 for b; a factor of zero or less would wipe the place out" in refused(tmp_path, rule, table)


def test_two_files_are_joined_by_exact_code(tmp_path: Path) -> None:
    assert worked(tmp_path, TWO, BASELINES, TARGETS)["target_gbp"][0].tolist() == [110, 103]
    told = refused(tmp_path, TWO, BASELINES, TARGETS.replace("a,110", "A,110"))
    assert "1 code differs from those in areas but for capital letters: A (a); files are joined by exact code" in told
    told = refused(tmp_path, TWO, BASELINES, TARGETS.replace("a,110", "x,110"))
    assert "1 code is in areas and not in targets: a; files are joined by exact code, and nothing is filled in" in told
    assert "1 code is in targets and not in areas: x" in told


def test_a_share_meant_as_a_per_cent_is_refused_and_a_per_cent_sign_is_read(tmp_path: Path) -> None:
    rule = CATCH_UP.replace("target_gbp: target}", "target_gbp: target, extra_share: extra}").replace(
        "* (1 + floor_share)", "* (1 + floor_share + extra_share)"
    )
    table = "\n".join(f"{line},{extra}" for line, extra in zip(AREAS.splitlines(), ("extra", "1%", "0.01", "0", "0"), strict=True))
    assert worked(tmp_path, rule, table)["floor_gbp"][0].tolist() == pytest.approx([102, 102, 101, 101])
    assert "extra_share is 2 for b; a share is a part of 1. Write 0.02 if 2 per cent" in refused(tmp_path, rule, table.replace("0.01", "2"))


def test_every_problem_is_in_one_report(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        run(tmp_path, CATCH_UP, AREAS.replace("b,n,100,103", "b,n,,x") + "a,n,1,1\n")
    assert len(caught.value.problems) == 3


def test_files_that_are_not_there_or_cannot_be_read_are_reported(tmp_path: Path) -> None:
    path, _ = write(tmp_path, CATCH_UP)
    rule = read_rule(path)
    (tmp_path / "book.xlsx").write_bytes(b"no workbook")
    (tmp_path / "broken.csv.gz").write_bytes(b"\x1f\x8bno")
    for name, words in (
        ("none.csv", "there is no such file"),
        ("book.xlsx", "it is a text file"),
        ("broken.csv.gz", "cannot be read"),
    ):
        with pytest.raises(BadInput, match=words):
            read_figures(rule, [tmp_path / name], [])
    with pytest.raises(BadInput, match="3 files are given"):
        read_figures(rule, [tmp_path / "none.csv"] * 3, [])
    with_sheet = read_rule(write(tmp_path, CATCH_UP.replace("key: area,", "key: area, workbook: {sheet: One},"))[0])
    with pytest.raises(BadInput, match=r"it is a text file; a workbook is read as \.xlsx"):
        read_figures(with_sheet, [tmp_path / "book.xlsx"], [])


def test_weights_are_not_fitted_to_gaps_or_to_twins() -> None:
    one = np.arange(1.0, 9.0)
    with pytest.raises(CapmodelError, match="not a number"):
        component_weights({"one": one}, np.full(8, np.nan))
    with pytest.raises(CapmodelError, match="move together"):
        component_weights({"one": one, "two": 2 * one}, one)
    with pytest.raises(CapmodelError, match="zero"):
        component_weights({"one": one}, one - 1, relative=True)


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


# ------------------------------------------------------------------ what an auditor tries

MORE_FIGURES = [
    ("semicolons", AREAS.replace(",", ";"), "figures.csv, line 1: cells are parted by ';'; they are read between commas"),
    ("tabs", AREAS.replace(",", "\t"), "cells are parted by a tab"),
    ("another table", "x,y\n1,2\n", "figures.csv, line 1: none of the 4 headings the rule reads is there; it holds x, y"),
    ("a per cent in money", AREAS.replace("b,n,100", "b,n,13%"), "baseline_gbp is '13%' for b"),
    ("another spelling", AREAS + "A,n,1,1\n", "figures.csv, line 6: the code 'A' differs from 'a' in case or spaces only"),
    ("a level spelt twice", AREAS.replace("d,s", "d,S"), "figures.csv, line 5: region 'S' differs from 's' in case or spaces only"),
    ("an open quote", AREAS.replace("b,n", '"b,n'), "figures.csv, line 5: the code runs over several lines; a quotation mark is not closed"),
    ("an unseen character", AREAS.replace("b,n", "b\0,n"), "holds a character that cannot be seen"),
    ("a formula for a code", AREAS.replace("b,n", "=1+1,n"), "the code '=1+1' would be run as a formula"),
    ("a formula for a level", AREAS.replace("b,n", "b,@n"), "region '@n' would be run as a formula"),
    ("a row of totals", AREAS + "All,n,400,400\n", "figures.csv, line 6: the figures of All are those of all other rows added up"),
]  # fmt: skip
MORE_RULES = [
    ("a weight below zero", "lines:", "weights: {both: {constants: [one_share, two_share]}}\nlines:", "a weight is from 0 to 1"),
    ("weights by member", "lines:", "weights: {both: {constants: [one_share, by_share]}}\nlines:", "the weights one_share, by_share add up to 2.1 for s"),
    ("a per cent for a share", "label: Floor, value: 0.01", "label: Floor, value: 1.01", "floor_share is 1.01; a share is a part of 1"),
    ("bounds the wrong way round", "lines:", "limits: {target_gbp: {at_least: 9, at_most: 1, why: no}}\nlines:", "target_gbp must be at least 9 and at most 1; nothing can be both"),
    ("a limit without a bound", "lines:", "limits: {target_gbp: {why: no}}\nlines:", "the limit of target_gbp has no bound"),
    ("a level called columns", "levels: {region:", "levels: {columns:", "columns is the name of the table that says what columns are"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "table", "words"), MORE_FIGURES, ids=[name for name, _, _ in MORE_FIGURES])
def test_figures_an_auditor_tries_are_refused(tmp_path: Path, name: str, table: str, words: str) -> None:
    assert words in refused(tmp_path, CATCH_UP, table)


@pytest.mark.parametrize(("name", "old", "new", "words"), MORE_RULES, ids=[name for name, *_ in MORE_RULES])
def test_rules_an_auditor_tries_are_refused(tmp_path: Path, name: str, old: str, new: str, words: str) -> None:
    more = "constants:\n  one_share: {label: One, value: 1.1, status: local, source: t01}\n  two_share: {label: Two, value: -0.1, status: local, source: t01}\n  by_share: {label: By, by: region, values: {n: 0, s: 1}, status: local, source: t01}"
    rule = CATCH_UP.replace("constants:", more).replace(
        "total(baseline_gbp) * (1 +", "total(baseline_gbp) * (1 + 0 * total(one_share * two_share * by_share) +"
    )
    if "value: 1.1" not in new and "one_share" not in new:
        rule = CATCH_UP
    assert words in refused(tmp_path, rule.replace(old, new, 1), AREAS)


def test_weights_by_year_add_up_in_every_year(tmp_path: Path) -> None:
    rule = TAPER.replace("value: 0.3,", "values: {2026: 0.98, 2027: 0.97, 2028: 0.975},").replace(
        "lines:", "weights: {both: {constants: [slope_share, growth_share]}}\nlines:"
    )
    told = refused(tmp_path, rule, MILLIONS)
    assert "the weights slope_share, growth_share add up to 1.01 for 2026" in told
    assert "add up to 0.99 for 2027" in told and "2028" not in told


def test_a_place_belongs_to_the_same_level_in_every_year(tmp_path: Path) -> None:
    rule = TAPER.replace("key: area, text", "key: area, year: year, text")
    lines = MILLIONS.splitlines()
    table = "\n".join([f"year,{lines[0]}", *(f"{year},{line}" for line in lines[1:] for year in (2026, 2027, 2028))])
    assert worked(tmp_path, rule, table)["allocation_gbp"].shape == (3, 4)
    told = refused(tmp_path, rule, table.replace("2027,c,s", "2027,c,n"))
    assert "figures.csv, line 9: region is 'n' for c, and 's' in another year" in told


@pytest.mark.parametrize("years", ["[2026, 2026, 2028]", "[2028, 2027, 2026]", "[2026, 2028]"])
def test_years_follow_each_other(tmp_path: Path, years: str) -> None:
    assert "each year is the one after the year before it" in refused(tmp_path, TAPER.replace("[2026, 2027, 2028]", years), MILLIONS)


def test_a_limit_on_a_figure_names_its_row_once_and_stands_with_everything_else(tmp_path: Path) -> None:
    rule = TAPER.replace("lines:", "limits: {target_gbp: {at_least: 95e6, why: fewer say nothing}}\nlines:")
    told = refused(tmp_path, rule, MILLIONS.replace("b,n,100e6", "b,n,x"))
    assert told.count("target_gbp is 8.9e+07 for d") == 1
    assert "figures.csv, line 5: target_gbp is 8.9e+07 for d, and must be at least 9.5e+07 (rule.yaml, line " in told
    assert "baseline_gbp is 'x' for b" in told


def test_what_is_wrong_in_every_row_is_named_a_few_times_and_counted(tmp_path: Path) -> None:
    told = refused(tmp_path, CATCH_UP, "area,region,baseline,target\n" + "".join(f"a{i},n,x,1\n" for i in range(300)))
    assert told.count("baseline_gbp is 'x'") == 20
    assert "280 more figures of baseline_gbp are wrong" in told


def test_formulas_and_other_sections_are_in_one_report(tmp_path: Path) -> None:
    rule = CATCH_UP.replace("maximum(new_target_gbp", "maximum(new_targt_gbp").replace("sum: [allocation_gbp]", "sum: [allocatn_gbp]")
    told = refused(tmp_path, rule, AREAS)
    assert "reads 'new_targt_gbp'" in told and "no column 'allocatn_gbp'" in told


def test_a_weight_below_zero_names_its_place(tmp_path: Path) -> None:
    shared = '{label: Shared, rule: "share_out(to_whole(total(baseline_gbp)), target_gbp, to=whole)", source: t01}'
    told = refused(tmp_path, CATCH_UP.replace("lines:", f"lines:\n  shared_gbp: {shared}"), AREAS.replace("97", "-97"))
    assert "shared_gbp: share_out: the weight of c is below zero; nothing can be shared so" in told


def test_an_input_is_never_written_over(tmp_path: Path) -> None:
    path, (figures,) = write(tmp_path, CATCH_UP, AREAS)
    beside = tmp_path / "new-region.csv"
    beside.write_text(AREAS, encoding="utf-8")
    for kept, out in ((figures, figures), (beside, tmp_path / "new.csv")):
        with pytest.raises(BadInput, match="it would be written over"):
            run_command(path, kept, out)
        assert kept.read_text(encoding="utf-8") == AREAS
    assert not (tmp_path / "new.csv").exists()


def test_rows_below_an_empty_row_of_a_sheet_are_not_lost(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    rows = list(csv.reader(AREAS.splitlines()))
    for row in (*rows[:3], [], rows[3], ["Source", "note"]):
        book.active.append([float(cell) if cell.isdigit() else cell for cell in row])
    book.save(tmp_path / "book.xlsx")
    rule = write(tmp_path, CATCH_UP.replace("key: area,", "key: area, workbook: {sheet: Sheet},"))[0]
    with pytest.raises(BadInput, match="line 5: figures go on after an empty row"):
        read_figures(read_rule(rule), [tmp_path / "book.xlsx"], [])
    rule = write(tmp_path, CATCH_UP.replace("key: area,", "key: area, workbook: {sheet: Sheet, last_row: 3},"))[0]
    assert read_figures(read_rule(rule), [tmp_path / "book.xlsx"], []).keys == ("a", "b")

"""What an allocation rule and its figures are refused for, in one report with nothing written."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from allocating import AREAS, CATCH_UP, MILLIONS, TAPER, refused, run, run_command, worked, write

from capmodel.capitation.component_weights import component_weights
from capmodel.capitation.rules.checks import read_rule
from capmodel.capitation.rules.figures import read_figures
from capmodel.errors import BadInput, CapmodelError

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
    assert "figures.csv, line 3: cost_index is 0 for b; a factor of zero or less would wipe the body out" in refused(tmp_path, rule, table)


def test_two_files_are_joined_by_exact_code(tmp_path: Path) -> None:
    assert worked(tmp_path, TWO, BASELINES, TARGETS)["target_gbp"][0].tolist() == [110, 103]
    message = refused(tmp_path, TWO, BASELINES, TARGETS.replace("a,110", "A,110"))
    assert "1 code differs from those in areas but for capital letters: A (a); files are joined by exact code" in message
    message = refused(tmp_path, TWO, BASELINES, TARGETS.replace("a,110", "x,110"))
    assert "1 code is in areas and not in targets: a; files are joined by exact code, and nothing is filled in" in message
    assert "1 code is in targets and not in areas: x" in message


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
    message = refused(tmp_path, rule, MILLIONS)
    assert "the weights slope_share, growth_share add up to 1.01 for 2026" in message
    assert "add up to 0.99 for 2027" in message and "2028" not in message


def test_a_body_belongs_to_the_same_level_in_every_year(tmp_path: Path) -> None:
    rule = TAPER.replace("key: area, text", "key: area, year: year, text")
    lines = MILLIONS.splitlines()
    table = "\n".join([f"year,{lines[0]}", *(f"{year},{line}" for line in lines[1:] for year in (2026, 2027, 2028))])
    assert worked(tmp_path, rule, table)["allocation_gbp"].shape == (3, 4)
    message = refused(tmp_path, rule, table.replace("2027,c,s", "2027,c,n"))
    assert "figures.csv, line 9: region is 'n' for c, and 's' in another year" in message


@pytest.mark.parametrize("years", ["[2026, 2026, 2028]", "[2028, 2027, 2026]", "[2026, 2028]"])
def test_years_follow_each_other(tmp_path: Path, years: str) -> None:
    assert "each year is the one after the year before it" in refused(tmp_path, TAPER.replace("[2026, 2027, 2028]", years), MILLIONS)


def test_a_limit_on_a_figure_names_its_row_once_and_stands_with_everything_else(tmp_path: Path) -> None:
    rule = TAPER.replace("lines:", "limits: {target_gbp: {at_least: 95e6, why: fewer say nothing}}\nlines:")
    message = refused(tmp_path, rule, MILLIONS.replace("b,n,100e6", "b,n,x"))
    assert message.count("target_gbp is 8.9e+07 for d") == 1
    assert "figures.csv, line 5: target_gbp is 8.9e+07 for d, and must be at least 9.5e+07 (rule.yaml, line " in message
    assert "baseline_gbp is 'x' for b" in message


def test_what_is_wrong_in_every_row_is_named_a_few_times_and_counted(tmp_path: Path) -> None:
    message = refused(tmp_path, CATCH_UP, "area,region,baseline,target\n" + "".join(f"a{i},n,x,1\n" for i in range(300)))
    assert message.count("baseline_gbp is 'x'") == 20
    assert "280 more figures of baseline_gbp are wrong" in message


def test_formulas_and_other_sections_are_in_one_report(tmp_path: Path) -> None:
    rule = CATCH_UP.replace("maximum(new_target_gbp", "maximum(new_targt_gbp").replace("sum: [allocation_gbp]", "sum: [allocatn_gbp]")
    message = refused(tmp_path, rule, AREAS)
    assert "reads 'new_targt_gbp'" in message and "no column 'allocatn_gbp'" in message


def test_a_weight_below_zero_names_its_body(tmp_path: Path) -> None:
    shared = '{label: Shared, rule: "share_out(to_whole(total(baseline_gbp)), target_gbp, to=whole)", source: t01}'
    message = refused(tmp_path, CATCH_UP.replace("lines:", f"lines:\n  shared_gbp: {shared}"), AREAS.replace("97", "-97"))
    assert "shared_gbp: share_out: the weight of c is below zero; nothing can be shared so" in message


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

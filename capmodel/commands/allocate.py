"""The command `capmodel allocate`: a rule file and figures in, every step a column out, and what was published beside it.

It only parses, calls, writes and prints; rules are read and worked out in `capmodel.capitation`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capmodel.commands.arguments import FAILED, GOOD
from capmodel.console import console, print_idle

if TYPE_CHECKING:
    from capmodel.capitation.rules.allocate import Worked


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Work an allocation rule out for every body of a table, or of the workbook as it was published. Writes OUT (every step a column), OUT-columns.csv (what each column is, in words) and a table for each level of the rule, and says how many published figures reproduce. Exit code 1 if any differs."
    parser.add_argument("rule", metavar="RULE", help="a rule file, or the name of one that comes with capmodel, such as icb-core-2023")
    parser.add_argument(
        "figures",
        type=Path,
        nargs="+",
        metavar="FIGURES",
        help="a .csv, .csv.gz or .xlsx file; one that holds everything, or one for each block of figures in the order of the rule",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="the table to write")
    parser.set_defaults(command=run_allocate, writes=True)


def find_rule(name: str) -> Path:
    """A rule file as given, or the one of that name among those that come with capmodel."""
    from capmodel.assumptions.scaffold import find_shipped

    return find_shipped(name, "england/rules", "rule")


def run_allocate(options: argparse.Namespace) -> int:
    """Work a rule out, write its tables, and say what reproduces."""
    from capmodel.capitation.rules.allocate import allocate, compare, failing
    from capmodel.capitation.rules.checks import read_rule
    from capmodel.capitation.rules.figures import read_figures
    from capmodel.capitation.rules.idle import idle_values
    from capmodel.files import check_outputs, check_table, table_beside, write_tables

    check_table(options.out)
    file = find_rule(options.rule)
    rule = read_rule(file)
    check_outputs([options.out, *(table_beside(options.out, name) for name in ("columns", *rule.file.levels))], [file, *options.figures])
    worked = allocate(rule, read_figures(rule, options.figures, []))
    compared, broken = compare(worked), failing(worked)
    tables = tables_of(worked, options.out)
    write_tables(tables)
    window = console()
    bodies, years = len(worked.bodies.keys), len(worked.bodies.years)
    window.print(
        f"{rule.file.title}: {bodies:,} bod{'ies' if bodies > 1 else 'y'}" + (f", {years} years" if rule.file.years else ""), markup=False
    )
    for name, entry in rule.file.solve.items():
        found = ", ".join(f"{value:.10g}" for value in worked.columns[name][:, 0])
        window.print(f"  {entry.label}: {found}", markup=False)
    for comparison in compared:
        for text in comparison.lines(rule.labels[comparison.name]):
            window.print(f"  {text}", markup=False)
    for name, off in broken:
        window.print(f"  CHECK: {rule.labels[name]} is off by {off:,.6g}", markup=False)
    print_idle(idle_values(rule, worked.bodies))
    window.print("Written: " + ", ".join(map(str, tables)), markup=False)
    return FAILED if broken or any(comparison.differences for comparison in compared) else GOOD


def tables_of(worked: Worked, out: Path) -> dict[Path, list[list[Any]]]:
    """The table, what its columns are, and each level, under the files they are written to."""
    from capmodel.capitation.rules.allocate import roll_up
    from capmodel.capitation.rules.words import columns_in_words
    from capmodel.files import table_beside

    rule, bodies = worked.rule, worked.bodies
    by_year = bool(rule.file.years)
    heading = [rule.file.key, *(["year"] if by_year else [])]
    names = [*rule.columns, *rule.file.solve, *rule.lines]
    tables: dict[Path, list[list[Any]]] = {}
    years = range(len(bodies.years))
    columns = [[worked.columns[name][t].tolist() for name in names] for t in years]
    beside = [[key, *(bodies.text[name][p] for name in rule.text)] for p, key in enumerate(bodies.keys)]
    tables[out] = [[rule.file.key, *rule.text, *(["year"] if by_year else []), *names]] + [
        [*own, *([bodies.years[t]] if by_year else []), *(column[p] for column in columns[t])]
        for p, own in enumerate(beside)
        for t in years
    ]
    tables[table_beside(out, "columns")] = columns_in_words(rule)
    for level, entry in rule.file.levels.items():
        rolled = roll_up(worked, level)
        members = worked.bodies.groups[level][0]
        tables[table_beside(out, level)] = [[level, *heading[1:], *entry.sum, *entry.same]] + [
            [member, *([bodies.years[t]] if by_year else []), *(float(rolled[name][t, m]) for name in rolled)]
            for m, member in enumerate(members)
            for t in years
        ]
    return tables

"""The command `capmodel settle`: a contract and the figures of many in, every step a column out, and what was published beside it.

It only parses, calls, writes and prints; contracts are read and settled in `capmodel.contracts`.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.commands.arguments import FAILED, GOOD
from capmodel.console import console, print_idle
from capmodel.errors import BadInput

if TYPE_CHECKING:
    from capmodel.contracts.many.settle import SettledMany

#: The headline figures of each party that are printed.
HEADLINES = {"share_gbp": "share of the pool", "transfer_gbp": "transfer"}


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Settle every contract of a table by the terms of a contract file. Writes OUT (every step a column) and OUT-columns.csv (what each column is, in words), and says how many published figures reproduce. Exit code 1 if any differs that the contract file does not name."
    parser.add_argument(
        "contract", metavar="CONTRACT", help="a contract file, or the name of one that comes with capmodel, such as us-mssp-2022"
    )
    parser.add_argument(
        "figures", type=Path, metavar="FIGURES", help="a .csv, .csv.gz or .xlsx file with a row for each contract, or contract and year"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="the table to write")
    parser.add_argument("--restates", type=Path, metavar="FIGURES", help="figures settled before: also write OUT-restatement.csv, the pounds effect of each cause")  # fmt: skip
    parser.set_defaults(command=run_settle, writes=True)


def find_contract(name: str) -> Path:
    """A contract file as given, or the one of that name among those that come with capmodel."""
    from capmodel.assumptions.scaffold import find_shipped

    return find_shipped(name, "contracts", "contract")


def run_settle(options: argparse.Namespace) -> int:
    """Settle, write the tables, and say what reproduces."""
    from capmodel.contracts.idle import idle_of
    from capmodel.contracts.many.restate import restate
    from capmodel.contracts.many.settle import compare, faults, read_all, settle_many
    from capmodel.files import check_outputs, check_table, table_beside, write_tables

    check_table(options.out)
    read_from = [path for path in (options.figures, options.restates) if path is not None]
    contract = find_contract(options.contract)
    check_outputs([options.out, *(table_beside(options.out, name) for name in ("columns", "restatement"))], [contract, *read_from])
    many, (figures, *older) = read_all(contract, read_from)
    before = older[0] if older else None
    done = settle_many(many, figures)
    wrong = faults(done, options.figures.name)
    if before is not None:
        wrong += faults(settle_many(many, before), options.restates.name)
    if wrong:
        raise BadInput(wrong)
    compared = compare(done)
    tables = {options.out: done.table(), table_beside(options.out, "columns"): columns_in_words(done)}
    if before is not None:
        effects = restate(many, before, figures)
        rows = [[each.contract, each.year, each.party, each.cause, each.share_effect_gbp, each.transfer_effect_gbp] for each in effects]
        tables[table_beside(options.out, "restatement")] = [
            ["contract", "year", "party", "cause", "share_effect_gbp", "transfer_effect_gbp"],
            *rows,
        ]
    write_tables(tables)
    window = console()
    window.print(f"{many.file.title}: {len(figures.keys):,} contract{'s' if len(figures.keys) > 1 else ''}", markup=False)
    print_idle({f"the kind {kind}": "no row is of it" for kind in many.terms if kind not in figures.kinds})
    for name, why in idle_of(many).terms.items():
        window.print(f"  NO EFFECT: {name} of the terms moves no money: {why}", markup=False, soft_wrap=True)
    for text in _headlines(done):
        window.print(f"  {text}", markup=False)
    for comparison in compared:
        for text in comparison.lines(comparison.name):
            window.print(f"  {text}", markup=False)
    if before is not None:
        touched = len({each.contract for each in effects})
        window.print(f"  Restated: {touched:,} contract{'' if touched == 1 else 's'}, {len(effects):,} effects", markup=False)
    stale = sorted(set(many.file.known_differences) - {key for each in compared for key in each.known})
    for key in stale:
        window.print(f"  {key} is named as different in the contract file and does not differ", markup=False)
    window.print("Written: " + ", ".join(map(str, tables)), markup=False)
    return FAILED if stale or any(each.unexplained for each in compared) else GOOD


def _headlines(done: SettledMany) -> list[str]:
    lines = []
    for party in done.many.parties:
        shown = []
        for line, label in HEADLINES.items():
            total = math.fsum(float(done.column("settlement", line, (party,), year).sum()) for year in done.many.years)
            shown.append(f"{label} {total:,.2f}")
        gains = sum(int((done.column("settlement", "share_gbp", (party,), year) > 0).sum()) for year in done.many.years)
        losses = sum(int((done.column("settlement", "share_gbp", (party,), year) < 0).sum()) for year in done.many.years)
        lines.append(f"{party}: {', '.join(shown)}; {gains:,} gains, {losses:,} losses")
    return lines


def columns_in_words(done: SettledMany) -> list[list[str]]:
    """What every column is: its label, unit, and rule in words."""
    from capmodel.algebra.expression import in_words, parse
    from capmodel.contracts.settlement import transfer as settlement

    tables = {table.name: table for table in settlement.TABLES}
    labels: dict[str, str] = {}
    for terms in done.many.terms.values():
        labels |= {name: assumed.label for name, assumed in terms.assumptions.items()}
    rows = [["column", "label", "unit", "in words"]]
    for name in done.figures.figures:
        column = done.many.file.figures.column(name)
        rule = f"as given under {column.heading}" if column.rule is None else in_words(parse(column.rule), {})
        rows.append([name, labels.get(name, ""), "", rule])
    for name, _ in done.columns(done.many.years[0]):
        table, _, rest = name.partition(".")
        line = tables[table].lines[rest.partition("[")[0]]
        rows.append([name, line.label, line.unit, tables[table].formula_in_words(line.name, labels)])
    return rows

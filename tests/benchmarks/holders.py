"""Trees of holders against a plain loop: `python -m tests.benchmarks.holders [TREES] [BOOKS]`.

Trees are settled by the engine a thousand at once, a board, five holders and 25 neighbourhoods each, and must agree with
`drawn_holders.by_hand` in what every holder passes and bears, with every check holding; the first BOOKS trees are written as workbooks
too and recalculated. What differs is printed, and the exit code is 1.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import case_runner
from drawn_holders import by_hand, case_of, drawn, wrong_in_book

from capmodel.assumptions.laid_out import worked_out
from capmodel.contracts.holders.lay_out import laid_out
from capmodel.contracts.holders.stated import Holders
from capmodel.contracts.holders.totals import TABLES

#: So many trees are settled at once.
AT_ONCE = 1000


def settled(trees: int, seed: int = 1) -> tuple[list[str], tuple[float, float], int]:
    """What differs from the loop, the seconds in which the trees were laid out and settled, and how many figures were compared."""
    given = drawn(seed, trees)
    stated = Holders.model_validate(given["agreement"])
    begin = time.perf_counter()
    tree = laid_out(stated, (2026,))
    between = time.perf_counter()
    values = worked_out(tree, TABLES, (2026,))
    spent = (between - begin, time.perf_counter() - between)
    wanted = by_hand(given)
    found: dict[str, float] = {}
    for table, column in (("holder_contract", "passed_gbp"), ("holder_year", "borne_by_holder_gbp")):
        keys = next(each.keys for each in TABLES if each.name == table)[:-1]
        names = (f"{table}.{column}[{', '.join(key)}]" for key in tree.rows[table].keys(keys))
        found |= dict(zip(names, values.figure((table, column)).tolist(), strict=True))
    wrong = [f"{name}: {found.get(name)} and {value} by hand" for name, value in wanted.items() if abs(found[name] - value) > 0.000001]
    checks = [(table.name, name) for table in TABLES for name, line in table.lines.items() if line.is_check]
    wrong += [f"{'.'.join(node)} does not hold" for node in checks if abs(values.figure(node)).max() > 0]
    return wrong, spent, len(wanted)


def main(trees: int, books: int) -> int:
    """Print how many agree and the time of each; 1 where one does not."""
    wrong: list[str] = []
    laid_out_s = settled_s = 0.0
    figures = 0
    for first in range(0, trees, AT_ONCE):
        differ, seconds, compared = settled(min(AT_ONCE, trees - first), seed=first)
        wrong, figures = wrong + differ, figures + compared
        laid_out_s, settled_s = laid_out_s + seconds[0], settled_s + seconds[1]
    begin, cells = time.perf_counter(), 0
    for seed in range(books):
        done = case_runner.run(case_of(seed))
        book = case_runner.recalculate(done)
        cells += book.certificate.formulas
        wrong += [*case_runner.disagreements(done), *wrong_in_book(done, book)]
    took = f"{trees:,} trees laid out in {laid_out_s:.1f} s and settled in {settled_s:.1f} s, {figures:,} figures compared"
    books_took = f"{books:,} workbooks, {cells:,} formulas recalculated in {time.perf_counter() - begin:.1f} s"
    sys.stdout.write("\n".join([f"{took}; {books_took}", f"{len(wrong):,} figures or checks differ", *wrong[:20], ""]))
    return int(bool(wrong))


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*[*numbers, *(10_000, 100)[len(numbers) :]]))

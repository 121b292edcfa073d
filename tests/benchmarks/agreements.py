"""Contracts of mixed agreements against a plain loop: `python -m tests.benchmarks.agreements [CONTRACTS] [BOOKS]`.

Each drawn contract is worked out by the engine and by `drawn_agreements.by_hand`, and must agree in every line, provider, payer and
agreement, with every check holding; the first BOOKS are written as workbooks too and recalculated. What differs is printed, and the exit code is 1.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import case_runner
from drawn_agreements import case_of


def main(contracts: int, books: int) -> int:
    """Print how many agree and the time of each; 1 where one does not."""
    wrong: list[str] = []
    spent = {"contracts": 0.0, "books": 0.0}
    figures = cells = 0
    for seed in range(contracts):
        case = case_of(seed)
        begin = time.perf_counter()
        done = case_runner.run(case)
        spent["contracts"] += time.perf_counter() - begin
        figures += sum(len(values) for values in case.expect.values())
        wrong += [*case_runner.disagreements(done), *(f"{case.name}: {check} does not hold" for check in case_runner.failing_checks(done))]
        if seed < books:
            begin = time.perf_counter()
            book = case_runner.recalculate(done)
            spent["books"] += time.perf_counter() - begin
            cells += book.certificate.formulas
            wrong += case_runner.disagreements(done, book)
    took = f"{contracts:,} contracts, {figures:,} figures in {spent['contracts']:.1f} s"
    books_took = f"{min(books, contracts):,} workbooks, {cells:,} formulas recalculated in {spent['books']:.1f} s"
    sys.stdout.write("\n".join([f"{took}; {books_took}", f"{len(wrong):,} figures or checks differ", *wrong[:20], ""]))
    return int(bool(wrong))


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*[*numbers, *(10_000, 100)[len(numbers) :]]))

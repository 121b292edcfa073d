"""Edits of a returned book, drawn by a seed: `python -m tests.benchmarks.edits [EDITS]`, by default a thousand.

Each is found, named, classed and, where money moves, priced as a run of the model prices it for each party in each year; what is missed,
invented or priced otherwise is printed, and the exit code is 1.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conftest import sent_books_kept, small_case
from judged_edits import Sent, judged
from tiny_book import written_tiny

from capmodel.workbook.returned.meaning import meaning_of_file


def main(edits: int) -> int:
    """Print how many edits of each kind were judged and what is wrong; 1 where something is."""
    wrong: list[str] = []
    kinds: Counter[str] = Counter()
    priced = 0
    with tempfile.TemporaryDirectory() as name, sent_books_kept():
        folder = Path(name)
        tiny = written_tiny(folder / "tiny-sent.xlsx")
        sent = Sent(small_case(folder), tiny, meaning_of_file(tiny))
        begin = time.perf_counter()
        for seed in range(edits):
            found = judged(seed, sent, folder)
            kinds[found.kind if seed % 2 == 0 else "two or three changes of looks, behaviour, security or identity"] += 1
            priced += found.priced
            wrong += [f"seed {seed}, {found.kind}: {each}" for each in found.wrong]
        took = time.perf_counter() - begin
    lines = [
        f"{edits:,} edits in {took:.0f} s, money moved in {priced:,}",
        *(f"  {count:>5} {kind}" for kind, count in kinds.most_common()),
    ]
    sys.stdout.write("\n".join([*lines, f"{len(wrong):,} are wrong", *wrong[:20], ""]))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000))

"""Faults put into the files of the example, one at a time: `python -m tests.benchmarks.faulty_packs [FAULTS] [FIRST SEED]`.

The suite reads a few hundred of these (`test_mutated_packs`). Here as many are read as are asked for, with seeds that the suite
does not use unless asked to. It prints how many faults are refused, seen and of no effect, and each that passes as none of
these; the exit code is 1 if there is one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from mutated_packs import Copy, judged  # noqa: E402


def main() -> int:
    """Read the faulty packs and print what came of them."""
    given = [int(text) for text in sys.argv[1:]]
    faults, first = (given + [2000, 1000][len(given) :])[:2]
    with tempfile.TemporaryDirectory() as folder:
        outcomes, wrong = judged(Copy(ROOT / "assumptions", Path(folder)), range(first, first + faults))
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(outcomes.items()))
    lines = wrong or ["Every fault is refused by name, seen by a reader of the results, or changes nothing."]
    print(f"{faults} packs with one fault each, seeds from {first}: {counts}", *lines, sep="\n")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

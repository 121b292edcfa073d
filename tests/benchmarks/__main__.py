"""Speed of a run, of formula text, of `--help` and of `verify`, as medians of whole processes: `python -m tests.benchmarks [ROUNDS]`.

A run of the example is measured against the named alternative in `bare.py`, turn and turn about, so that whatever else
the machine does falls on both. The time the alternative takes to read its cells is taken off; nothing is taken off the run.
"""

from __future__ import annotations

import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from capmodel.workbook.writing.formats import NUMBER_FORMATS

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "assumptions/places/north-west-london"
TARGET = 2.5

#: Prints the modules of other projects that a run of the example imports, in the order in which they are imported.
IMPORTED = """
import pathlib, sys, tempfile
from capmodel.cli import main
with tempfile.TemporaryDirectory() as out:
    sys.stdout = open(pathlib.Path(out) / "printed", "w")
    main(["run", sys.argv[1], "--out", out])
    sys.stdout.close()
sys.stdout = sys.__stdout__
for name, module in list(sys.modules.items()):
    if "site-packages" in (getattr(module, "__file__", None) or "") and not name.startswith(("capmodel", "_")):
        print(name)
"""


def measured(command: list[str]) -> tuple[float, float, str]:
    """Wall seconds, processor seconds and output of one process."""
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, stdin=subprocess.DEVNULL)
    wall, after = time.perf_counter() - began, os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system, done.stdout


def importable(names: list[str]) -> list[str]:
    """The modules that a fresh interpreter can import by name."""
    test = (
        "import importlib, sys\nfor name in sys.argv[1:]:\n    try: importlib.import_module(name); print(name)\n    except Exception: pass"
    )
    return subprocess.run([sys.executable, "-c", test, *names], capture_output=True, text=True, check=True).stdout.split()


def example_cells() -> list[tuple[str, list[tuple[int, int, str, object, str, str]]]]:
    """Every cell of the example's workbook, as plain tuples."""
    from capmodel import load
    from capmodel.workbook.sheets import make_book

    sheets = []
    for sheet in make_book(load(EXAMPLE).run()).book.sheets:
        cells = []
        for (row, column), content in sorted(sheet.cells.items()):
            kind = "formula" if content.formula else {str: "text", type(None): "blank"}.get(type(content.value), "number")
            cells.append((row, column, kind, content.value, f"={content.formula}", NUMBER_FORMATS.get(content.unit, "General")))
        sheets.append((sheet.name, cells))
    return sheets


def run_against_bare(rounds: int) -> None:
    """(a) `capmodel run` of the example, against importing its libraries and writing its cells."""
    with tempfile.TemporaryDirectory() as folder:
        names = subprocess.run([sys.executable, "-c", IMPORTED, str(EXAMPLE)], capture_output=True, text=True, check=True).stdout.split()
        modules, sheets = importable(names), example_cells()
        cells = Path(folder) / "cells.pickle"
        cells.write_bytes(pickle.dumps((modules, sheets)))
        ours = [str(Path(sys.executable).parent / "capmodel"), "run", str(EXAMPLE), "--out", folder]
        bare = [sys.executable, "-m", "tests.benchmarks.bare", str(cells), str(Path(folder) / "bare.xlsx")]
        mine, theirs, my_cpu, their_cpu = [], [], [], []
        for command in (ours, bare):
            measured(command)  # once, so that files are in memory and modules compiled
        for _ in range(rounds):
            wall, cpu, _ = measured(ours)
            mine.append(wall)
            my_cpu.append(cpu)
            wall, cpu, printed = measured(bare)
            theirs.append(wall - float(printed))
            their_cpu.append(cpu - float(printed))
    count = sum(len(content) for _, content in sheets)
    formulas = sum(cell[2] == "formula" for _, content in sheets for cell in content)
    say(f"(a) run of the example, {count:,} cells of which {formulas:,} formulas, {len(modules)} modules of other projects")
    row("", "median s", "fastest s", "cpu median s")
    row("capmodel run", *(f"{figure:.3f}" for figure in (statistics.median(mine), min(mine), statistics.median(my_cpu))))
    row(
        "imports and bare xlsxwriter",
        *(f"{figure:.3f}" for figure in (statistics.median(theirs), min(theirs), statistics.median(their_cpu))),
    )
    ratios = (
        statistics.median(mine) / statistics.median(theirs),
        min(mine) / min(theirs),
        statistics.median(my_cpu) / statistics.median(their_cpu),
    )
    row(f"ratio (target {TARGET})", *(f"{figure:.2f}" for figure in ratios))


def formula_text(rounds: int) -> None:
    """(b) every assumption, input and line of the example placed and written as formula text, no file."""
    from capmodel import load
    from capmodel.workbook.sheets import CALCS, INPUTS, make_book, subject_of
    from capmodel.workbook.writing.book import Sheet
    from capmodel.workbook.writing.emit import Emitter

    result = load(EXAMPLE).run()
    subject = subject_of(result)
    emission, whole, formulas = [], [], 0
    for _ in range(rounds):
        sheets = {name: Sheet(name, name) for name in (*INPUTS, *CALCS)}
        began = time.perf_counter()
        Emitter(subject, sheets).emit()
        emission.append(time.perf_counter() - began)
        formulas = sum(bool(content.formula) for sheet in sheets.values() for content in sheet.cells.values())
        began = time.perf_counter()
        make_book(result)
        whole.append(time.perf_counter() - began)
    middle = statistics.median(emission)
    say(f"(b) formula text, {formulas:,} formula cells")
    row("", "median s", "per 20,000", "cells a second")
    row("formula text with its labels", f"{middle:.3f}", f"{middle / formulas * 20_000:.3f}", f"{formulas / middle:,.0f}")
    row("every sheet of the book", f"{statistics.median(whole):.3f}")


def start_up(rounds: int) -> None:
    """(c) `capmodel --help` against a bare interpreter."""
    ours, bare = [str(Path(sys.executable).parent / "capmodel"), "--help"], [sys.executable, "-c", "pass"]
    mine, theirs = [], []
    for _ in range(rounds):
        mine.append(measured(ours)[0])
        theirs.append(measured(bare)[0])
    say("(c) start")
    row("", "median s", "fastest s")
    row("capmodel --help", f"{statistics.median(mine):.3f}", f"{min(mine):.3f}")
    row("python -c pass", f"{statistics.median(theirs):.3f}", f"{min(theirs):.3f}")


def verify_against_run(rounds: int) -> None:
    """(d) `capmodel verify` of the example's book against the run that writes it; verify makes the book again, reads it and recalculates it."""
    with tempfile.TemporaryDirectory() as folder:
        capmodel = str(Path(sys.executable).parent / "capmodel")
        run, verify = [capmodel, "run", str(EXAMPLE), "--out", folder], [capmodel, "verify", str(Path(folder) / f"{EXAMPLE.name}.xlsx")]
        walls, cpus = [], []
        for _ in range(rounds):
            one, other = measured(run), measured(verify)
            walls.append((other[0], one[0], other[0] / one[0]))
            cpus.append((other[1], one[1], other[1] / one[1]))
    say("(d) verify of the example's book")
    row("", "median s", "cpu median s")
    for i, label in enumerate(("capmodel verify", "capmodel run", "ratio")):
        row(label, *(f"{statistics.median(each[i] for each in figures):.2f}" for figures in (walls, cpus)))


def say(text: str) -> None:
    """A heading."""
    sys.stdout.write(f"\n{text}\n")


def row(label: str, *figures: str) -> None:
    """One row of a table."""
    sys.stdout.write(f"  {label:<32}{''.join(f'{figure:>16}' for figure in figures)}\n")


def main() -> None:
    """All four, with the rounds asked for (at least 7)."""
    rounds = max(7, int(sys.argv[1]) if len(sys.argv) > 1 else 11)
    say(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {rounds} rounds")
    run_against_bare(rounds)
    formula_text(rounds)
    start_up(rounds)
    verify_against_run(rounds)


if __name__ == "__main__":
    main()

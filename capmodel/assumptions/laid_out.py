"""What the file of a step gives the model: the rows of its tables, its input columns with provenance, its assumptions, and its labels.

A step that has one file of its own reads it into this; which words the file has and what of them is refused is in the step's folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from capmodel.algebra.evaluate import Values, evaluate
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.pack import Assumed, Column, Figure, Key
from capmodel.assumptions.supply import supply
from capmodel.errors import Problem

#: The figures of a column by key, and by year where they differ.
Figures = Mapping[Key, float | Mapping[int, float]]


@dataclass(frozen=True)
class LaidOut:
    """The file of a step that has been read and found sound: rows, input columns, assumptions and what ids are called."""

    rows: Mapping[str, Rows]
    columns: Mapping[str, Column]
    labels: Mapping[str, str]
    assumptions: Mapping[str, Assumed] = field(default_factory=dict)


def columns_given(
    given: Mapping[str, tuple[tuple[str, ...], Figures]], file: str, known: Figure, own: Mapping[str, Mapping[Key, Figure]] | None = None
) -> dict[str, Column]:
    """Input columns from figures by key, and by year where they differ.

    Args:
        given: for each column its keys and figures.
        file: what the file is called.
        known: the provenance that a figure has where its entry states none of its own.
        own: the provenance that entries state of themselves, by column and key.
    """
    found = {}
    made: dict[tuple[int, float], Figure] = {}
    for name, (keys, values) in given.items():
        figures: dict[tuple[Key, int | None], Figure] = {}
        # Where one figure is given by year, the others of the column hold in each of those years.
        every = tuple(dict.fromkeys(year for each in values.values() if not isinstance(each, float | int) for year in each)) or (None,)
        provenance = (own or {}).get(name, {})
        for key, each in values.items():
            stated = provenance.get(key, known)
            for year, value in [(year, each) for year in every] if isinstance(each, float | int) else each.items():
                # A large file has few different figures of one provenance beside its pounds; each is made once.
                same = (id(stated), float(value))
                if same not in made:
                    made[same] = replace(stated, value=same[1])
                figures[key, year] = made[same]
        found[name] = Column(name, keys, figures, file)
    return found


def worked_out(given: LaidOut, tables: Sequence[Table], years: tuple[int, ...]) -> Values:
    """Every figure of a file that stands alone; `figure((table, column))` gives a column, line by line and years within a line.

    Args:
        given: what the file gives.
        tables: the tables of its step.
        years: the years it was read for.
    """
    inputs = supply(tables, given.rows, given.columns, given.assumptions, years, resolved_links={}, problems=[])
    return evaluate(tables, Values(inputs))


def check_years(
    document: Document,
    given: Iterable[tuple[list[Step], Mapping[int, float]]],
    years: Sequence[int],
    problems: list[Problem],
    of: str = "the model",
) -> None:
    """Report figures that lack a year, have one too many, or are below zero; `of` says whose years they are."""
    for steps, figures in given:
        missing = [str(year) for year in years if year not in figures]
        strange = [str(year) for year in figures if year not in years]
        if missing or strange:
            what = f"there is no figure for {', '.join(missing)}" if missing else f"there is a figure for {', '.join(strange)}"
            why = "each year needs one; gaps are not filled" if missing else f"it is no year of {of}"
            problems.append(document.problem(steps, what, why, "Add it" if missing else "Remove it, or correct the year"))
        for year, value in figures.items():
            if value < 0:
                problems.append(
                    document.problem(
                        [*steps, year],
                        f"the figure is {value:g}",
                        "it is a size",
                        "Check its sign: an income or a credit is no line of its own",
                    )
                )

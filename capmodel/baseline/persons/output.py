"""Writes what may leave the engine: the spend table, the people table and the report, all of them or none."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from capmodel.baseline.persons.figures import Row
from capmodel.baseline.persons.report import write_report
from capmodel.baseline.persons.segment import Segmented, tidy, tidy_people
from capmodel.files import table_beside, written_whole


def outputs_of(out: Path) -> list[Path]:
    """The spend table, the people table, the report as a page and as data, all named after the first.

    >>> [path.name for path in outputs_of(Path("spend.csv"))]
    ['spend.csv', 'spend-people.csv', 'spend.html', 'spend.json']
    """
    return [out, table_beside(out, "people"), out.with_suffix(".html"), out.with_suffix(".json")]


def write_outputs(made: Segmented, record: Row, out: Path) -> list[Path]:
    """Write OUT (spend), OUT-people.csv, OUT.html and OUT.json beside each other.

    Args:
        made: segment spend from people.
        record: what may be told of it.
        out: the path of the spend table.

    Returns:
        the paths written.
    """
    _, people, page, data = outputs_of(out)
    with ExitStack() as stack:
        for path, frame in ((out, tidy(made)), (people, tidy_people(made))):
            frame.to_csv(stack.enter_context(written_whole(path)), index=False, lineterminator="\n")
        # The report is written last of the four and itself whole, so that tables never stand beside another run's report.
        write_report(record, page, data)
    return [out, people, page, data]

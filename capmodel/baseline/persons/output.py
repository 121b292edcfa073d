"""Writes what may leave the engine: the spend table, the people table and the report, all of them or none.

How files take their places together is in `capmodel.files`; the report is the last, so that it never stands beside an earlier run's tables.
"""

from __future__ import annotations

from pathlib import Path

from capmodel.baseline.persons.report.disclosable import Row
from capmodel.baseline.persons.report.page import write_report
from capmodel.baseline.persons.segment import Segmented, tidy, tidy_people
from capmodel.files import all_or_none, table_beside, written_whole


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
        record: what may be disclosed of it.
        out: the path of the spend table.

    Returns:
        the paths written.

    Raises:
        CapmodelError: the folder does not take the files; all are as they were.
    """
    paths = outputs_of(out)
    _, people, page, data = paths
    with all_or_none():
        for path, frame in ((out, tidy(made)), (people, tidy_people(made))):
            with written_whole(path) as beside:
                frame.to_csv(beside, index=False, lineterminator="\n")
        write_report(record, page, data)
    return paths

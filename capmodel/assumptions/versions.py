"""A version of a place: the figures that were accepted at once from a workbook that came back, by whom, when and from which file.

The file of versions is read in `accepted`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import Field

from capmodel.assumptions.document import Number, Strict

Entry = tuple[str, str, str, str]  # date, what, by, why, as they stand in a change log


class AcceptedFigure(Strict):
    """A figure by its name: what it was and what it is, with what it is called."""

    name: str
    label: str = ""
    was: Number
    now: Number


class Version(Strict):
    """What was accepted at once: by whom, when, from which file, and what the other side wrote in its change log."""

    by: str = Field(min_length=1)
    on: dt.date
    file: str
    run: str
    why: str = ""
    figures: list[AcceptedFigure]
    log: list[Entry] = Field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """The version as plain values, as the file has it."""
        content = self.model_dump(mode="json")
        return {**content, "log": [list(entry) for entry in self.log]}

"""What a file of payments may say: its roster, rule, bands, units, criteria, plan and interval. What of it is refused is in `terms`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from capmodel.assumptions.document import ByYear, Number, Step, Strict
from capmodel.assumptions.entries import Known as KnownEntry
from capmodel.assumptions.entries import Member
from capmodel.assumptions.pack import Status
from capmodel.care_budgets.currency.roster import QUARTERS, SMALL_NUMBERS, WHOLE_YEAR, Known


class TableBeside(KnownEntry):
    """A table beside the file, which may state its own provenance."""

    file: str


class Band(Member):
    """A band of people: what a year of care is paid at, and what the package of care costs: a figure, or a care package of the place."""

    price_gbp_per_person: ByYear
    package: str | None = None
    package_gbp_per_person: ByYear | None = None


class Criterion(Member):
    """A criterion: the least share of people for whom a unit must meet it; without one, the unit meets it as a whole or does not."""

    least_share: Number | None = None
    weight: Number | None = None


class Planning(Strict):
    """The plan on which the year is paid; what was earned is corrected in the year after."""

    roster: TableBeside
    earned_share: ByYear


class Interval(Strict):
    """How far the interval of a share reaches, and for which list sizes it is shown."""

    deviates_number: Number
    list_sizes: list[int] = Field(min_length=1)


class Payments(Strict):
    """A file of Year of Care payments."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    note: str = ""
    roster: TableBeside
    results: TableBeside | None = None
    paid: Literal["yearly", "quarterly"]
    judged: Literal["unit", "person"]
    rule: Literal["all_or_nothing", "at_least_share"]
    needed_share: Number | None = None
    linked_share: ByYear
    bands: list[Band] = Field(min_length=1)
    units: list[Member] = Field(min_length=1)
    criteria: list[Criterion] = Field(min_length=1)
    planning: Planning | None = None
    interval: Interval
    small_numbers: int = Field(default=SMALL_NUMBERS, ge=0, le=100)

    @property
    def periods(self) -> tuple[str, ...]:
        """The parts of the year for which the linked part is paid."""
        return QUARTERS if self.paid == "quarterly" else WHOLE_YEAR

    def entries(self) -> dict[tuple[Step, ...], KnownEntry]:
        """Every entry that may state its own provenance, by its place."""
        found: dict[tuple[Step, ...], KnownEntry] = {("roster",): self.roster}
        found |= {("results",): self.results} if self.results else {}
        found |= {("planning", "roster"): self.planning.roster} if self.planning else {}
        for kind, members in (("bands", self.bands), ("units", self.units), ("criteria", self.criteria)):
            found |= {(kind, i): member for i, member in enumerate(members)}
        return found

    def known(self, years: tuple[int, ...]) -> Known:
        """What ids the file defines, for the readers of its tables."""
        return Known(
            [each.id for each in self.units],
            [each.id for each in self.bands],
            {each.id: 1.0 if each.weight is None else each.weight for each in self.criteria},
            1.0 if self.needed_share is None else self.needed_share,
            self.judged == "person",
            self.periods,
            years,
            self.small_numbers,
        )

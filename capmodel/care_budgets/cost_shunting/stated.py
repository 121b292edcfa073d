"""What flows.yaml may say: past years, organisations with their positions, settings, flows, comparators, and growth held against them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from capmodel.assumptions.document import ByYear, Number, Step, Strict
from capmodel.assumptions.entries import Known, Member
from capmodel.assumptions.pack import Status
from capmodel.assumptions.years import Year


class Organisation(Member):
    """An organisation of the map; one that brings money in or takes it out has no position."""

    outside: bool = Field(default=False, strict=True)
    opening_gbp: dict[Year, Number] | None = None
    closing_gbp: dict[Year, Number] | None = None


class Flow(Known):
    """What one organisation pays another for a setting, by year."""

    payer: str
    provider: str
    setting: str
    gbp: ByYear


class Comparator(Member):
    """Whom growth is held against: its figures of the first and the last year, or its growth a year."""

    figures: ByYear | None = None
    growth_share_a_year: Number | None = None


class Against(Known):
    """A comparator, and what a source states of the partner's growth as a part of the comparator's."""

    comparator: str
    stated_part_index: Number | None = None


class Growth(Member):
    """A partner whose growth is worked out: of the flows to some providers or for some settings, or of spend that is stated."""

    providers: list[str] = Field(default_factory=list)
    payers: list[str] = Field(default_factory=list)
    settings: list[str] = Field(default_factory=list)
    spend_gbp: ByYear | None = None
    against: list[Against] = Field(default_factory=list)


class Flows(Strict):
    """The flows of a past period, as flows.yaml writes them."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    note: str = ""
    years: list[Year] = Field(min_length=1)
    organisations: list[Organisation] = Field(min_length=2)
    settings: list[Member] = Field(min_length=1)
    flows: list[Flow] = Field(min_length=1)
    comparators: list[Comparator] = Field(default_factory=list)
    growth: list[Growth] = Field(default_factory=list)

    def entries(self) -> dict[tuple[Step, ...], Known]:
        """Every entry that may state its own provenance, by its place."""
        lists: dict[str, list[Any]] = {
            "organisations": self.organisations,
            "flows": self.flows,
            "comparators": self.comparators,
            "growth": self.growth,
        }
        found: dict[tuple[Step, ...], Known] = {(name, i): each for name, entries in lists.items() for i, each in enumerate(entries)}
        return found | {("growth", i, "against", j): each for i, of in enumerate(self.growth) for j, each in enumerate(of.against)}

    def counts(self, growth: Growth, each: Flow) -> bool:
        """True where a flow counts for a partner: it is of one of the payers, providers and settings that the partner names."""
        named = ((growth.payers, each.payer), (growth.providers, each.provider), (growth.settings, each.setting))
        return growth.spend_gbp is None and all(not names or name in names for names, name in named)

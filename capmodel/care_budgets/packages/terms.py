"""What packages.yaml may say: roles and what they cost, packages with their people and contacts, and the budgets they are held against.

A figure is a number, or a number for each year; written out as `value:` with a status, source, date or note of its own it has that
provenance, otherwise that of its entry, otherwise that of the file. What is refused is in `checks`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from capmodel.assumptions.document import ByYear, Number, Strict
from capmodel.assumptions.entries import Known, Member
from capmodel.assumptions.pack import Status
from capmodel.care_budgets.months.calendar import MONTHS

NEW, EXISTING = "new_cases", "existing_cases"
CASES = {NEW: "New cases", EXISTING: "Existing cases"}
#: Whom a contact may be for, and the cases that it is for.
FOR: dict[str, tuple[str, ...]] = {"new": (NEW,), "existing": (EXISTING,), "all": (NEW, EXISTING)}
For = Literal["new", "existing", "all"]


#: The months of a person's care by their ids.
CARE_MONTHS = {f"c{i:02d}": f"Month {i} of care" for i in range(1, 13)}
#: The network of a file without networks; whom a budget is of that names no package or no setting; a contact without setting or month.
EVERYBODY, ALL_PACKAGES, ALL_SETTINGS, NONE = "everybody", "all_packages", "all_settings", "-"
#: What the ids are called that the file does not define.
LABELS = {
    **CASES,
    **MONTHS,
    **CARE_MONTHS,
    EVERYBODY: "Everybody",
    ALL_PACKAGES: "All packages",
    ALL_SETTINGS: "All settings",
    NONE: "-",
}


class Amount(Known):
    """A figure, or one for each year; written as a bare number, or as years with numbers, it has the provenance of its entry."""

    value: Number | None = None
    values: ByYear | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: Any) -> Any:
        """A figure without provenance as one whose provenance is not stated."""
        if isinstance(given, dict) and not any(isinstance(name, str) and name in cls.model_fields for name in given):
            return {"values": given}
        return given if isinstance(given, dict) else {"value": given}

    @model_validator(mode="after")
    def _one_of_them(self) -> Amount:
        if (self.value is None) == (self.values is None):
            has = "no figure" if self.value is None else "both value and values"
            raise ValueError(f"it has {has}; it needs one of them. Write value: for one figure, values: for one a year")
        return self

    def at(self, year: int) -> float:
        """The figure of a year; zero for a year without one, which is reported."""
        return float(self.value if self.value is not None else (self.values or {}).get(year, 0.0))

    def figures(self) -> dict[int | None, float]:
        """The figures by year; under None the one that holds for all years."""
        return {None: self.value} if self.value is not None else dict((self.values or {}).items())


class Role(Known):
    """A group of staff: its pay a year or an hour, what comes on top of it, and the hours in which it sees people."""

    label: str
    pay_gbp_per_year: Amount | None = None
    pay_gbp_per_hour: Amount | None = None
    on_costs_share: Amount
    overheads_share: Amount
    contracted_hours: Amount
    not_in_contact_share: Amount


class Contact(Member):
    """A contact: who sees whom, for how long, how often or in which months, alone or in a group, and what else it costs."""

    role: str
    cases: For = Field(alias="for")
    minutes: Amount
    times_a_year: Amount | None = None
    in_care_months: list[Number] | None = None
    in_months_of_year: list[Number] | None = None
    times_in_month: Amount | None = None
    share: Amount | None = None
    uptake_share: Amount | None = None
    group_size: Amount | None = None
    consumables_gbp: Amount | None = None
    setting: str | None = None


class NetworkPeople(Known):
    """The people of one network, or of the whole place."""

    new: Amount | None = None
    existing: Amount | None = None


class People(NetworkPeople):
    """The people of a package: new and existing cases, by network where the file has networks, and the total as it was published."""

    new_before: Amount | None = None
    by_network: dict[str, NetworkPeople] | None = None
    total: Amount | None = None


class Attrition(Known):
    """The share of cases that leave, at the end of one month of care or evenly over twelve."""

    share: Amount
    care_month: Number | None = None


class Leaving(Strict):
    """Attrition of new and of existing cases."""

    new: Attrition | None = None
    existing: Attrition | None = None


class Package(Member):
    """The care of one condition: its people, when new cases begin, who leaves, and its contacts."""

    segment: str | None = None
    people: People
    starts: list[Number] | None = None
    attrition: Leaving = Field(default_factory=Leaving)
    contacts: list[Contact] = Field(min_length=1)
    total_minutes: Number | None = None

    def people_of(self, case: str) -> bool:
        """Whether the package has people of a case."""
        short = "new" if case == NEW else "existing"
        own = getattr(self.people, short) is not None
        return own or any(getattr(each, short) is not None for each in (self.people.by_network or {}).values())

    @property
    def cases(self) -> tuple[str, ...]:
        """The cases that the package has people of."""
        return tuple(case for case in CASES if self.people_of(case))


class Network(Strict):
    """A network of practices."""

    label: str


class Budget(Known):
    """A budget of one package or of all, in one setting or in all."""

    package: str | None = None
    setting: str | None = None
    gbp: Amount


class Packages(Strict):
    """The care packages of a place, as packages.yaml writes them."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    roles: dict[str, Role] = Field(min_length=1)
    networks: dict[str, Network] = Field(default_factory=dict)
    packages: list[Package] = Field(min_length=1)
    total_people: Amount | None = None
    budgets: list[Budget] = Field(default_factory=list)
    scale: Literal["none", "to_budget"] = "none"

"""What of packages.yaml cannot be meant: every fault at once, each with its line.

A contact without a rate for its role, minutes below zero, shares beyond one, a month beyond the twelfth, a group of less than one
person, ids that are there twice, people that do not add up to the total that is stated, and budgets of which a part is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from capmodel.algebra.functions import add_up
from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.entries import SAFE_ID, Known, Member, check_known
from capmodel.assumptions.figures import LARGEST, as_share
from capmodel.assumptions.labels import check_label
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.years import year_label
from capmodel.care_budgets.packages.terms import CASES, FOR, LABELS, NEW, Amount, Budget, Contact, Package, Packages, People
from capmodel.errors import Problem, listed, nearest

#: How far shares of twelve months may be from one, and people from the total that is stated.
_SHARES, _PEOPLE, _MONTHS = 1e-9, 0.005, 12
_ID = "an id is made of small letters, digits and underscores, begins with a letter, and is no word of the model"
_SHARE_FIELDS = ("share", "uptake_share", "on_costs_share", "overheads_share", "not_in_contact_share")


@dataclass(frozen=True)
class Checks:
    """Checks of one file: where it is, for which place, and where faults are added."""

    document: Document
    pack: Pack
    problems: list[Problem]
    #: Where faults of this file have been reported: what follows from one is not reported beside it.
    faulty: list[tuple[Step, ...]] = field(default_factory=list)

    def report(self, steps: Sequence[Step], what: str, why: str, remedy: str) -> None:
        """Report a fault at its line."""
        self.problems.append(self.document.problem(steps, what, why, remedy))
        self.faulty.append(tuple(steps))

    def _is_faulty(self, *steps: Step) -> bool:
        """Whether a fault of a part of the file has been reported."""
        return any(each[: len(steps)] == steps for each in self.faulty)

    def all_of(self, stated: Packages) -> None:
        """Everything that cannot be meant."""
        self._ids(stated)
        for steps, amount in amounts_of(stated):
            self._amount(steps, amount)
        entries = {tuple(steps): entry for steps, entry in (*known_of(stated), *amounts_of(stated))}
        check_known(self.document, entries, self.pack.sources, self.problems)
        for name, role in stated.roles.items():
            if (role.pay_gbp_per_year is None) == (role.pay_gbp_per_hour is None):
                what = f"{name} has {'no pay' if role.pay_gbp_per_year is None else 'pay a year and pay an hour'}"
                self.report(
                    ["roles", name], what, "an hour of contact is priced by one of them", "Write pay_gbp_per_year: or pay_gbp_per_hour:"
                )
        for i, package in enumerate(stated.packages):
            self._package(stated, package, ["packages", i])
        self._total_people(stated)
        self._budgets(stated)

    # ------------------------------------------------------------------ ids and figures

    def _ids(self, stated: Packages) -> None:
        """Ids that cannot be one or are there twice, ids that two things have whose labels differ, and labels that are read as one."""
        named = {**self.pack.labels(), **LABELS}
        for kind, members in (("roles", stated.roles), ("networks", stated.networks)):
            labels: set[str] = set()
            for name, each in members.items():
                self._id([kind, name], [kind, name, "label"], name, each.label, named, labels)
        self._members(["packages"], stated.packages, named)
        for i, package in enumerate(stated.packages):
            self._members(["packages", i, "contacts"], package.contacts, named)

    def _members(self, steps: list[Step], members: Sequence[Member], named: dict[str, str]) -> None:
        labels: set[str] = set()
        for i, member in enumerate(members):
            if member.id in [each.id for each in members[:i]]:
                self.report(
                    [*steps, i, "id"], f"{member.id} is there twice", "one would hide the other", "Remove one, or give it an id of its own"
                )
            else:
                self._id([*steps, i, "id"], [*steps, i, "label"], member.id, member.label, named, labels)

    def _id(self, steps: list[Step], at_label: list[Step], name: str, label: str, named: dict[str, str], labels: set[str]) -> None:
        if not SAFE_ID.fullmatch(name):
            self.report(steps, f"the id {name!r} cannot be used", _ID, "Reword it, such as care_plan")
        if named.setdefault(name, label) != label or name in LABELS:
            what = f"the id {name} is called {label!r} here and {named[name]!r} elsewhere"
            self.report(steps, what, "an id is called one thing in every sheet", "Give it an id of its own")
        check_label(self.document, at_label, label, labels, self.problems)

    def _amount(self, steps: list[Step], amount: Amount) -> None:
        """A figure that its field does not allow, or that lacks a year."""
        name, by_year = str(steps[-1]), amount.values
        at = next((place for place in ([*steps, "value"], [*steps, "values"]) if tuple(place) in self.document.lines), steps)
        missing = [year_label(year) for year in self.pack.years if by_year is not None and year not in by_year]
        if missing:
            what = f"{name} has no figure for {listed(missing)}"
            self.report(at, what, "each year of the model needs one; gaps are not filled", "Add it, or write one figure for all years")
        for year in (year for year in by_year or () if year not in self.pack.years):
            self.report([*at, year], f"{name} has a figure for {year}", "it is no year of the model", "Remove it, or correct the year")
        for when, value in amount.figures().items():
            self._value(at if when is None else [*at, when], name, value)

    def _value(self, steps: list[Step], name: str, value: float) -> None:
        if value < 0:
            self.report(steps, f"{name} is {value:g}", "it cannot be below zero", "Correct the sign")
        elif value > LARGEST:
            self.report(steps, f"{name} is {value:g}", "no place has so much", "Correct the size")
        elif name in _SHARE_FIELDS and value > 1:
            self.report(steps, f"{name} is {value:g}", "a share is a part of 1", as_share(value))
        elif name == "not_in_contact_share" and value >= 1:
            self.report(
                steps,
                f"{name} is {value:g}",
                "nobody would be seen in any hour, so that an hour of contact has no cost",
                "Write less than 1",
            )
        elif name == "group_size" and value < 1:
            self.report(steps, f"{name} is {value:g}", "a group holds one person or more", "Write 1 for people who are seen alone")
        elif name == "contracted_hours" and not value:
            self.report(steps, f"{name} is 0", "nobody would be paid for an hour", "Write the hours of one whole-time equivalent a year")

    # ------------------------------------------------------------------ packages

    def _package(self, stated: Packages, package: Package, steps: list[Step]) -> None:
        self._people(stated, package.people, [*steps, "people"], package)
        if package.starts is not None:
            self._starts(package, [*steps, "starts"])
        for short in ("new", "existing"):
            leaving = getattr(package.attrition, short)
            if leaving is not None and leaving.care_month is not None:
                self._month([*steps, "attrition", short, "care_month"], leaving.care_month, "of care")
        segments = [entry.id for entry in self.pack.dimensions.get("segment", ())]
        if package.segment is not None and package.segment not in segments:
            what, why = f"{package.segment!r} is no segment of the place", "its budget is looked for by segment"
            remedy = nearest(package.segment, segments) if segments else "Leave segment: out, since the place has no segments"
            self.report([*steps, "segment"], what, why, remedy)
        for j, contact in enumerate(package.contacts):
            self._contact(stated, package, contact, [*steps, "contacts", j])
        minutes = add_up([contact.minutes.at(self.pack.years[0]) for contact in package.contacts])
        if package.total_minutes is not None and abs(gap := package.total_minutes - minutes) >= _PEOPLE:
            what = f"the minutes of the contacts of {package.id} add up to {minutes:g}, and {package.total_minutes:g} is stated"
            self.report(
                [*steps, "total_minutes"], what, "a table that does not add up holds a mistake", f"Find the {gap:g} minutes between them"
            )

    def _people(self, stated: Packages, people: People, steps: list[Step], package: Package) -> None:
        if people.by_network is not None and (people.new is not None or people.existing is not None):
            what = f"the people of {package.id} are stated for the place and by network"
            self.report(steps, what, "one would hide the other; the place is the sum of its networks", "Keep one of them")
            return
        if people.by_network is None and stated.networks:
            what = f"the people of {package.id} are not stated by network"
            self.report(steps, what, "the file has networks", "Write by_network: with the people of each, or remove networks:")
        for name in people.by_network or ():
            if name not in stated.networks:
                self.report(
                    [*steps, "by_network", name],
                    f"{name!r} is no network of the file",
                    "its people would be nowhere",
                    nearest(name, stated.networks),
                )
        if not package.cases:
            self.report(steps, f"{package.id} has no people", "nobody has the package", "Write new: or existing: with the people, or both")
        by_network = people.by_network
        for network in stated.networks if by_network is not None else ():
            own = (by_network or {}).get(network)
            missing = [
                short
                for case, short in ((NEW, "new"), ("existing_cases", "existing"))
                if package.people_of(case) and getattr(own, short, None) is None
            ]
            if missing:
                what = f"the network {network} has no figure for {listed(missing)} in {package.id}"
                self.report([*steps, "by_network", network], what, "gaps are not filled", "Write the people, or 0")
        if package.people_of(NEW) and people.new_before is None:
            what = f"{package.id} has new cases, and not how many there were in the year before the model"
            self.report(
                steps,
                what,
                "their first twelve months of care run into the first year",
                "Write new_before: with their number, or 0 if the package begins with the model",
            )
        if people.new_before is not None and people.new_before.values is not None:
            self.report(
                [*steps, "new_before"], "new_before has a figure for each year", "it is of the year before the model", "Write one figure"
            )
        if not self._is_faulty(*steps):
            self._held(
                steps,
                f"the people of {package.id}",
                people.total,
                lambda year: add_up([persons for _, _, persons in persons_of(package, year)]),
            )

    def _held(self, steps: list[Step], what: str, stated: Amount | None, found: Callable[[int], float]) -> None:
        """A total as it was published against the sum of its parts."""
        for year in self.pack.years if stated is not None else ():
            assert stated is not None
            there = found(year)
            gap = stated.at(year) - there
            if abs(gap) >= _PEOPLE:
                by_year = f" in {year}" if stated.values is not None or len(self.pack.years) > 1 else ""
                text = f"{what}{by_year} add up to {there:,.10g}, and the total stated is {stated.at(year):,.10g}"
                field: Step = "total" if "people" in steps else "total_people"
                remedy = f"Find the {abs(gap):,.10g} {'missing' if gap > 0 else 'too many'}, or leave the total out and say so in a note"
                self.report([*steps, field], text, "a table that does not add up holds a mistake", remedy)
                return

    def _total_people(self, stated: Packages) -> None:
        faulty = any(self._is_faulty("packages", i, "people") for i in range(len(stated.packages)))
        if not faulty and len({package.id for package in stated.packages}) == len(stated.packages):
            people = "the people of all packages"
            self._held(
                [], people, stated.total_people, lambda year: add_up([n for each in stated.packages for _, _, n in persons_of(each, year)])
            )

    def _starts(self, package: Package, steps: list[Step]) -> None:
        starts = package.starts or []
        if len(starts) != _MONTHS:
            self.report(
                steps,
                f"starts has {len(starts)} shares",
                "new cases begin in twelve months, April first",
                "Write twelve shares that add up to 1",
            )
        elif any(not 0 <= share <= 1 for share in starts) or abs(add_up(starts) - 1) > _SHARES:
            what = f"the shares of starts are {', '.join(f'{share:g}' for share in starts)}, {add_up(starts):.10g} in all"
            self.report(steps, what, "every new case begins in one month", "Write twelve shares from 0 to 1 that add up to 1")

    def _month(self, steps: list[Step], month: float, of: str) -> None:
        if not (float(month).is_integer() and 1 <= month <= _MONTHS):
            self.report(steps, f"the month {of} is {month:g}", "a year has the months 1 to 12", "Write a whole number from 1 to 12")

    def _contact(self, stated: Packages, package: Package, contact: Contact, steps: list[Step]) -> None:
        if contact.role not in stated.roles:
            what, why = f"the role {contact.role!r} of {contact.id} has no rate", "the contact would have no cost"
            self.report([*steps, "role"], what, why, f"{nearest(contact.role, stated.roles)}, or add it under roles:")
        ways = [name for name in ("times_a_year", "in_care_months", "in_months_of_year") if getattr(contact, name) is not None]
        if len(ways) != 1:
            what = f"{contact.id} has {listed([f'{way}:' for way in ways]) if ways else 'neither times nor months'}"
            self.report(
                steps, what, "how often it takes place is said in one way", "Write times_a_year:, in_care_months: or in_months_of_year:"
            )
        if contact.times_a_year is not None and contact.times_in_month is not None:
            self.report(
                [*steps, "times_in_month"],
                f"{contact.id} has times_a_year: and times_in_month:",
                "one would hide the other",
                "Keep one of them",
            )
        for name, of in (("in_care_months", "of care"), ("in_months_of_year", "of the year")):
            months = getattr(contact, name) or []
            if getattr(contact, name) == []:
                self.report(
                    [*steps, name],
                    f"{name} of {contact.id} is empty",
                    "the contact would never take place",
                    "Write its months, from 1 to 12",
                )
            for k, month in enumerate(months):
                self._month([*steps, name, k], month, of)
                if month in months[:k]:
                    why, remedy = "the second would count or not, by how it is read", "Write times_in_month: 2 for two in a month"
                    self.report([*steps, name, k], f"the month {month:g} is there twice", why, remedy)
        if package.cases and not set(FOR[contact.cases]) & set(package.cases):
            what = f"{contact.id} is for {contact.cases} cases, and {package.id} has none"
            self.report([*steps, "for"], what, "nobody would have the contact", f"Add {contact.cases}: to people:, or correct for:")
        self._setting([*steps, "setting"], contact.setting)
        if contact.setting is None and package.segment in [entry.id for entry in self.pack.dimensions.get("segment", ())]:
            what = f"{contact.id} has no setting, and {package.id} belongs to the segment {package.segment}"
            self.report(steps, what, "the Year of Care budget is by segment and setting", "Write setting:")

    # ------------------------------------------------------------------ budgets

    def _setting(self, steps: list[Step], setting: str | None) -> None:
        """A setting is one of the place; a place without settings may call it by any id."""
        settings = [entry.id for entry in self.pack.dimensions.get("setting", ())]
        if setting is not None and settings and setting not in settings:
            why = "budgets are held against packages by setting"
            self.report(steps, f"{setting!r} is no setting of the place", why, nearest(setting, settings))
        elif setting is not None and (not SAFE_ID.fullmatch(setting) or setting in LABELS):
            self.report(steps, f"the setting {setting!r} cannot be used", _ID, "Reword it, such as primary_care")

    def _budgets(self, stated: Packages) -> None:
        if stated.scale == "to_budget" and not stated.budgets and not any(package.segment for package in stated.packages):
            what = "scale is to_budget, and the file has no budget"
            self.report(
                ["scale"], what, "there is nothing to scale to", "Add budgets:, or write segment: in the packages, or leave scale out"
            )
        for part in ("package", "setting"):
            given = [getattr(budget, part) is not None for budget in stated.budgets]
            if len(set(given)) > 1:
                at = given.index(not given[0])
                what, why = f"some budgets have {part}: and some do not", "a budget of a part would lie within one of all"
                self.report(["budgets", at], what, why, f"Write {part}: in all of them, or in none")
                return
        ids = [package.id for package in stated.packages]
        keys = [key_of_budget(budget) for budget in stated.budgets]
        for i, budget in enumerate(stated.budgets):
            self._setting(["budgets", i, "setting"], budget.setting)
            if budget.package is not None and budget.package not in ids:
                self.report(
                    ["budgets", i, "package"],
                    f"{budget.package!r} is no package of the file",
                    "it has no cost to be held against",
                    nearest(budget.package, ids),
                )
            if keys[i] in keys[:i]:
                self.report(
                    ["budgets", i],
                    f"there are two budgets of {', '.join(filter(None, keys[i])) or 'all packages'}",
                    "one would hide the other",
                    "Keep one of them",
                )
        self._budgets_missing(stated, keys)

    def _budgets_missing(self, stated: Packages, keys: Sequence[tuple[str | None, str | None]]) -> None:
        """Contacts whose package has budgets and whose setting has none."""
        if not stated.budgets or self._is_faulty("budgets"):
            return
        by_package, by_setting = (stated.budgets[0].package is not None, stated.budgets[0].setting is not None)
        for i, package in enumerate(stated.packages):
            own = package.id if by_package else None
            if by_package and not any(key[0] == own for key in keys):
                continue
            missing = []
            for j, contact in enumerate(package.contacts):
                if by_setting and contact.setting is None:
                    what = f"{contact.id} has no setting, and the budgets are by setting"
                    self.report(["packages", i, "contacts", j], what, "its cost would be held against no budget", "Write setting:")
                elif by_setting and (own, contact.setting) not in keys:
                    missing.append(str(contact.setting))
            if missing:
                what = f"there is no budget of {', '.join(filter(None, (own, *dict.fromkeys(missing))))}"
                self.report(["budgets"], what, "the contacts there cost money; gaps are not filled", "Add it, or write 0 if there is none")


def key_of_budget(budget: Budget) -> tuple[str | None, str | None]:
    """What a budget is of: a package or all, a setting or all."""
    return budget.package, budget.setting


def persons_of(package: Package, year: int) -> Iterator[tuple[str | None, str, float]]:
    """The people of a package in a year: network (none where the file has none), case, and how many."""
    people = package.people
    networks: Mapping[str | None, object] = dict(people.by_network.items()) if people.by_network is not None else {None: people}
    for network, own in networks.items():
        for case, short in zip(CASES, ("new", "existing"), strict=True):
            amount = getattr(own, short)
            if amount is not None:
                yield network, case, amount.at(year)


def amounts_of(stated: Packages) -> Iterator[tuple[list[Step], Amount]]:
    """Every figure of the file, with the steps that lead to it."""
    for steps, part in known_of(stated):
        for name in type(part).model_fields:
            if isinstance(amount := getattr(part, name), Amount):
                yield [*steps, name], amount
    if stated.total_people is not None:
        yield ["total_people"], stated.total_people


def known_of(stated: Packages) -> Iterator[tuple[list[Step], Known]]:
    """Every part of the file that may state its own provenance, figures written out among them."""
    parts: list[tuple[list[Step], Known]] = [(["roles", name], role) for name, role in stated.roles.items()]
    for i, package in enumerate(stated.packages):
        at: list[Step] = ["packages", i]
        parts += [(at, package), ([*at, "people"], package.people)]
        parts += [([*at, "people", "by_network", name], each) for name, each in (package.people.by_network or {}).items()]
        leaving = {"new": package.attrition.new, "existing": package.attrition.existing}
        parts += [([*at, "attrition", name], each) for name, each in leaving.items() if each is not None]
        parts += [([*at, "contacts", j], contact) for j, contact in enumerate(package.contacts)]
    parts += [(["budgets", i], budget) for i, budget in enumerate(stated.budgets)]
    yield from parts

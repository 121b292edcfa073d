"""The packages of a file as rows and input columns of the tables, each figure with its provenance.

Months of the year run from April; a month of care is counted from the beginning of a person's care. What a file leaves out is taken as
stated here, and its note says so: everybody needs a contact and comes, alone, once, and nobody leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.entries import Known
from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.pack import Column, Figure, Key, Pack
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.months import calendar
from capmodel.care_budgets.packages import terms
from capmodel.care_budgets.packages.checks import Checks, key_of_budget
from capmodel.care_budgets.packages.terms import (
    ALL_PACKAGES,
    ALL_SETTINGS,
    EVERYBODY,
    EXISTING,
    FOR,
    LABELS,
    NEW,
    NONE,
    Amount,
    Contact,
    Package,
    Packages,
)
from capmodel.errors import Problem

#: The months of the year and of care, by their ids.
MONTHS, CARE_MONTHS = tuple(calendar.MONTHS), tuple(terms.CARE_MONTHS)
MINUTES_PER_HOUR = 60


def read_packages(document: Document, pack: Pack, problems: list[Problem]) -> LaidOut | None:
    """Read packages.yaml for a place; every fault is reported with its line, and a faulty file gives None."""
    if document.content is None:
        return None
    before = len(problems)
    stated = document.parse(Packages, (), problems)
    if stated is None:
        return None
    Checks(document, pack, problems).all_of(stated)
    return None if len(problems) > before else LayOut(stated, pack.years, document.path.name).made()


def before_month(month: int, months: int) -> str:
    """The month of the year so many months before another, round the end of the year.

    >>> before_month(1, 3)
    'jan'
    """
    return MONTHS[(month - 1 - months) % 12]


@dataclass
class LayOut:
    """The rows and columns of one file as they are gathered."""

    stated: Packages
    years: tuple[int, ...]
    file: str
    figures: dict[str, tuple[tuple[str, ...], dict[tuple[Key, int | None], Figure]]] = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)

    def made(self) -> LaidOut:
        """Rows, columns and labels of the whole file."""
        stated = self.stated
        self._rates()
        self._people()
        self._contacts()
        self._totals()
        self._budgets()
        own = {name: role.label for name, role in stated.roles.items()} | {name: each.label for name, each in stated.networks.items()}
        for package in stated.packages:
            own |= {package.id: package.label, **{contact.id: contact.label for contact in package.contacts}}
        return LaidOut(self.rows, self._columns(), {**LABELS, **own})

    # ------------------------------------------------------------------ figures and rows

    def put(
        self, name: str, keys: tuple[str, ...], key: Key, amount: Amount | None, *entries: Known, otherwise: float = 0.0, note: str = ""
    ) -> None:
        """A figure of a column: as stated, or what is taken where nothing is; the first entry that states a provenance gives it."""
        known = Figure(0.0, self.stated.status, self.stated.source, self.stated.as_at)
        if amount is None:
            stated: Mapping[int | None, float] = {None: otherwise}
            known = Figure(0.0, "illustrative", self.stated.source, self.stated.as_at, note or f"Not stated in {self.file}")
        else:
            stated = amount.figures()
            for entry in (*reversed(entries), amount):
                known = entry.figure(known)
        held = self.figures.setdefault(name, (keys, {}))[1]
        for year, value in stated.items():
            held[key, year] = replace(known, value=float(value))

    def build(self, name: str, keys: tuple[str, ...], values: Mapping[Key, float]) -> None:
        """Figures that follow from how the file is written."""
        known = Figure(0.0, "derived", self.stated.source, self.stated.as_at, f"From the months and cases in {self.file}")
        self.figures[name] = (
            keys,
            {(key, None): replace(known, value=float(value)) for key, value in values.items()},
        )

    def _columns(self) -> dict[str, Column]:
        """The columns; one of which some figures are by year has all of them by year."""
        found = {}
        for name, (keys, figures) in self.figures.items():
            if any(year is not None for _, year in figures):
                spread = {
                    (key, when): figure for (key, year), figure in figures.items() for when in ([year] if year is not None else self.years)
                }
                figures = {at: figure for at, figure in spread.items() if at[1] in self.years}
            found[name] = Column(name, keys, figures, self.file)
        return found

    def row(self, table: str, names: tuple[str, ...], lines: Sequence[Key], by_year: bool = True) -> None:
        """The rows of a table."""
        self.rows[table] = columns_of(names, list(lines), self.years if by_year else ())

    def cases(self) -> Iterator[tuple[Package, str]]:
        """Every package with each of the cases that it has people of."""
        for package in self.stated.packages:
            for case in package.cases:
                yield package, case

    def contacts(self) -> Iterator[tuple[Package, Contact, str]]:
        """Every contact with each of the cases that it is for."""
        for package in self.stated.packages:
            for contact in package.contacts:
                for case in package.cases:
                    if case in FOR[contact.cases]:
                        yield package, contact, case

    # ------------------------------------------------------------------ roles

    def _rates(self) -> None:
        by_role = ("role",)
        for name, role in self.stated.roles.items():
            for column, amount in (
                ("year_pay_gbp", role.pay_gbp_per_year),
                ("hour_pay_gbp_per_hour", role.pay_gbp_per_hour),
                ("contracted_hours", role.contracted_hours),
                ("on_costs_share", role.on_costs_share),
                ("overheads_share", role.overheads_share),
                ("not_in_contact_share", role.not_in_contact_share),
            ):
                self.put(column, by_role, (name,), amount, role, note="Pay is stated the other way, a year or an hour")
        self.build("pay_by_hour_flag", by_role, {(name,): role.pay_gbp_per_hour is not None for name, role in self.stated.roles.items()})
        self.row("package_rate", by_role, [(name,) for name in self.stated.roles])

    # ------------------------------------------------------------------ people

    def _people(self) -> None:
        self._networks()
        pairs = [(package.id, case) for package, case in self.cases()]
        starts, stays, cohorts = [], [], []
        began: dict[Key, float] = {}
        by_case, by_month, by_care = ("package", "case"), ("package", "case", "month"), ("package", "case", "care_month")
        for package, case in self.cases():
            key = (package.id, case)
            new_before = package.people.new_before if case == NEW else None
            self.put("earlier_persons", by_case, key, new_before, package.people, package, note="Existing cases begin with the year")
            leaving = package.attrition.new if case == NEW else package.attrition.existing
            entries = (leaving, package) if leaving else (package,)
            self.put(
                "attrition_share",
                by_case,
                key,
                leaving.share if leaving else None,
                *entries,
                note=f"Not stated in {self.file}: nobody leaves",
            )
            months = enumerate(MONTHS) if case == NEW else [(0, MONTHS[0])]
            for i, month in months:
                share = 1.0 if case == EXISTING else package.starts[i] if package.starts else 1 / 12
                note = (
                    "Existing cases are in care from the beginning of the year"
                    if case == EXISTING
                    else ""
                    if package.starts
                    else "Not stated: evenly over the year"
                )
                self.put(
                    "start_share", by_month, (*key, month), Amount(value=share) if not note else None, package, otherwise=share, note=note
                )
                starts.append((*key, month))
            for i, care_month in enumerate(CARE_MONTHS, 1):
                single = leaving is not None and leaving.care_month is not None
                share = 1 / 12 if not single else float(leaving is not None and leaving.care_month == i)
                self.put(
                    "leavers_share",
                    by_care,
                    (*key, care_month),
                    Amount(value=share) if single else None,
                    *entries,
                    otherwise=share,
                    note="Not stated: evenly over twelve months",
                )
                stays.append((*key, care_month))
            for at in self._months_in_care(case):
                cohorts.append((*key, *at[:3]))
                began[(*key, *at[:2])] = at[3]
        self.build("began_before_flag", ("package", "case", "care_month", "month"), began)
        self.row("package_case", by_case, pairs)
        self.row("package_start", by_month, starts, by_year=False)
        self.row("package_stay", by_care, stays)
        self.row("package_cohort", ("package", "case", "care_month", "month", "start"), cohorts)
        self.row("package_stock", by_month, [(*pair, month) for pair in pairs for month in MONTHS])

    @staticmethod
    def _months_in_care(case: str) -> Iterator[tuple[str, str, str, float]]:
        """Month of care, month of the year, month in which the care began, and whether that was in the year before."""
        for care in range(1, 13):
            for month in range(1, 13):
                if case == NEW:
                    yield CARE_MONTHS[care - 1], MONTHS[month - 1], before_month(month, care - 1), float(month < care)
                elif care == month:
                    yield CARE_MONTHS[care - 1], MONTHS[month - 1], MONTHS[0], 0.0

    def _networks(self) -> None:
        keys, lines = ("package", "network", "case"), []
        for package in self.stated.packages:
            people = package.people
            for name, own in people.by_network.items() if people.by_network is not None else ((EVERYBODY, people),):
                for case, amount in ((NEW, own.new), (EXISTING, own.existing)):
                    if amount is not None:
                        self.put("network_persons", keys, (package.id, name, case), amount, own, people, package)
                        lines.append((package.id, name, case))
        self.row("package_network", keys, lines)

    # ------------------------------------------------------------------ contacts

    def _contacts(self) -> None:
        by_contact = ("package", "contact")
        lines: list[Key] = []
        for package in self.stated.packages:
            for contact in package.contacts:
                key, known = (package.id, contact.id), (contact, package)
                times = contact.times_a_year or contact.times_in_month
                self.put("contact_minutes", by_contact, key, contact.minutes, *known)
                self.put(
                    "contact_group_persons", by_contact, key, contact.group_size, *known, otherwise=1, note="Not stated: each is seen alone"
                )
                self.put("contact_consumables_gbp_per_person", by_contact, key, contact.consumables_gbp, *known, note="Not stated: none")
                self.put("contact_times_number", by_contact, key, times, *known, otherwise=1, note="Not stated: once in each of its months")
                self.put(
                    "contact_need_share", by_contact, key, contact.share, *known, otherwise=1, note="Not stated: it is meant for everybody"
                )
                self.put(
                    "contact_uptake_share", by_contact, key, contact.uptake_share, *known, otherwise=1, note="Not stated: everybody comes"
                )
                lines.append((*key, contact.role))
        self.row("package_contact", (*by_contact, "role"), lines)
        self.build("minutes_per_hour", (), {(): MINUTES_PER_HOUR})
        self.rows["package_clock"] = Rows({})
        self._visits()
        self._persons()

    def _visits(self) -> None:
        """When contacts take place in the financial year: by month of care for each cohort, or for everybody in care."""
        due, visits = [], []
        shares: dict[Key, float] = {}
        for package, contact, case in self.contacts():
            key, care_months, of_year = (package.id, contact.id, case), contact.in_care_months or (), contact.in_months_of_year or ()
            due += [(*key, *at[:2]) for at in self._months_in_care(case) if CARE_MONTHS.index(at[0]) + 1 in care_months]
            for i, month in enumerate(MONTHS, 1):
                shares[(*key, month)] = 1 / 12 if contact.times_a_year is not None else float(i in of_year)
                visits.append((*key, month, contact.role))
        keys = ("package", "contact", "case")
        self.row("package_due", (*keys, "care_month", "month"), due)
        self.row("package_visit", (*keys, "month", "role"), visits)
        self.build("month_share", (*keys, "month"), shares)

    def _persons(self) -> None:
        """When one case is seen in its twelve months of care; for a month of the year, by when its care began."""
        lines, of_calendar = [], []
        shares: dict[Key, float] = {}
        for package, contact, case in self.contacts():
            key, care_months, of_year = (package.id, contact.id, case), contact.in_care_months or (), contact.in_months_of_year or ()
            for i, care_month in enumerate(CARE_MONTHS, 1):
                at = (*key, care_month)
                # An existing case's months of care are those of the year.
                months = (*care_months, *(of_year if case == EXISTING else ()))
                shares[at] = 1 / 12 if contact.times_a_year is not None else float(i in months)
                if case == NEW:
                    of_calendar += [(*at, MONTHS[int(month) - 1], before_month(int(month), i - 1)) for month in of_year]
                if (case == NEW and of_year) or shares[at]:
                    lines.append((*at, contact.role))
        keys = ("package", "contact", "case", "care_month")
        self.row("package_person", (*keys, "role"), lines)
        self.row("package_calendar", (*keys, "due_month", "start"), of_calendar, by_year=False)
        self.build("care_month_share", keys, {at: shares[at] for at in (line[:-1] for line in lines)})

    # ------------------------------------------------------------------ totals and budgets

    def _totals(self) -> None:
        packages = [package.id for package in self.stated.packages]
        pairs = [(package.id, case) for package, case in self.cases()]
        visits = [(package, contact, case) for package, contact, case in self.contacts()]
        roles = list(self.stated.roles)
        networks = list(self.stated.networks) or [EVERYBODY]
        self.row("package_contact_price", ("package", "contact", "case", "role"), [(p.id, c.id, case, c.role) for p, c, case in visits])
        used = dict.fromkeys((p.id, case, c.role) for p, c, case in visits)
        self.row("package_role_price", ("package", "case", "role"), list(used))
        self.row("package_month_price", ("package", "case", "care_month"), [(*pair, month) for pair in pairs for month in CARE_MONTHS])
        self.row("package_price", ("package", "case"), pairs)
        self.row("package_year", ("package",), [(name,) for name in packages])
        self.row("package_month", ("package", "month"), [(name, month) for name in packages for month in MONTHS])
        by_contact = {(p.id, c.id): (*self._plan_of(p, c), p.segment, c.setting) for p, c, _ in visits}
        self.row(
            "package_contact_year", ("package", "contact", "scope", "plan_setting"), [(*key, *of[:2]) for key, of in by_contact.items()]
        )
        of_segment = [(*key, str(of[2]), of[3] or NONE) for key, of in by_contact.items() if of[2]]
        self.row("package_segment_contact", ("package", "contact", "segment", "setting"), of_segment)
        self.row("package_role_month", ("role", "month"), [(role, month) for role in roles for month in MONTHS])
        self.row("package_role_year", ("role",), [(role,) for role in roles])
        self.row("package_all_month", ("month",), [(month,) for month in MONTHS])
        self.row("package_network_year", ("network",), [(name,) for name in networks])
        self.rows["package_all"] = Rows({}, self.years)

    def _plan_of(self, package: Package, contact: Contact) -> tuple[str, str]:
        """The budget that a contact is held against: whose it is, and its setting."""
        scopes = {key_of_budget(budget)[0] or ALL_PACKAGES for budget in self.stated.budgets}
        scope = next((name for name in (package.id, ALL_PACKAGES) if name in scopes), NONE)
        by_setting = any(budget.setting is not None for budget in self.stated.budgets)
        return scope, NONE if scope == NONE else contact.setting or NONE if by_setting else ALL_SETTINGS

    def _budgets(self) -> None:
        keys = ("scope", "plan_setting")
        plans = [(budget.package or ALL_PACKAGES, budget.setting or ALL_SETTINGS) for budget in self.stated.budgets]
        self.figures["plan_gbp"] = (keys, {})
        for budget, key in zip(self.stated.budgets, plans, strict=True):
            self.put("plan_gbp", keys, key, budget.gbp, budget)
        scopes = list(dict.fromkeys(scope for scope, _ in plans))
        scaled = float(self.stated.scale == "to_budget")
        self._scale("scale_flag", ("scope",), scopes, scaled)
        self.row("package_plan", keys, plans)
        self.row("package_scale", ("scope",), [(scope,) for scope in scopes])
        of_scope = [(scope, package.id, case) for scope in scopes for package, case in self.cases() if scope in (package.id, ALL_PACKAGES)]
        self.row("package_scaled", ("scope", "package", "case"), of_scope)
        segments = list(dict.fromkeys(package.segment for package in self.stated.packages if package.segment))
        self._scale("segment_scale_flag", ("segment",), segments, scaled if not scopes else 0.0)
        self.row("package_segment_scale", ("segment",), [(segment,) for segment in segments])
        of_segment = [(segment, package.id, case) for segment in segments for package, case in self.cases() if package.segment == segment]
        self.row("package_segment_scaled", ("segment", "package", "case"), of_segment)

    def _scale(self, name: str, keys: tuple[str, ...], members: Sequence[str], flag: float) -> None:
        self.figures[name] = (keys, {})
        for member in members:
            self.put(name, keys, (member,), Amount(value=flag))

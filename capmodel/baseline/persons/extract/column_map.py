"""The column map of a place: which columns of its extract hold what, in which codes and units. One file, persons.yaml.

The map is read and checked against the place's dimensions here; whether an extract keeps to it is found out in `checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from capmodel.assumptions.dimensions import check_member
from capmodel.assumptions.document import Document, Flag, Number, Step, Strict, read_mapping
from capmodel.assumptions.model_parts import Formerly
from capmodel.assumptions.pack import Entry, Status
from capmodel.assumptions.years import Year
from capmodel.baseline.persons import LINKED_AT_LEAST
from capmodel.baseline.persons.schemes.conditions import vocabulary
from capmodel.errors import BadInput, Problem, nearest

FILE = "persons.yaml"
#: Where a person is when the extract has no localities.
EVERYWHERE = "everywhere"
#: Stands for every column in a list of those in which a blank has a meaning.
EVERY = "all"
#: Attributes that a scheme may ask about, in which a blank may mean that the person is not the one who is asked for.
ASKED = ("sex", "deprivation", "score")


class _Columns(Strict):
    person: str
    age: str
    months: str
    year: str | None = None
    locality: Annotated[str | None, Formerly("place")] = None
    practice: str | None = None
    sex: str | None = None
    deprivation: str | None = None
    score: str | None = None


class _Codes(Strict):
    locality: Annotated[dict[str, str], Formerly("place")] = Field(default_factory=dict)
    setting: dict[str, str] = Field(default_factory=dict)
    provider: dict[str, str] = Field(default_factory=dict)
    payer: dict[str, str] = Field(default_factory=dict)
    sex: dict[str, str] = Field(default_factory=dict)

    @property
    def given(self) -> dict[str, dict[str, str]]:
        """The attributes that have codes."""
        return {name: codes for name, codes in self.model_dump().items() if codes}


class _Spend(Strict):
    column: str
    setting: str
    provider: str
    payer: str
    activity: str | None = None


class LineColumns(Strict):
    """The columns of activity lines."""

    person: str
    date: str
    setting: str
    provider: str
    payer: str
    cost: str
    activity: str | None = None


class _Lines(Strict):
    columns: LineColumns


class _Block(Strict):
    id: str
    label: str
    setting: str
    provider: str
    payer: str
    amount_gbp: Number = Field(gt=0)
    driver: Literal["persons", "person_months", "spend", "activity"]
    why: str
    status: Status
    source: str


class _Agreements(Strict):
    data_sharing: Flag = False
    lawful_basis: Flag = False
    alliance_contract: Flag = False
    provider_costing: Flag = False


class _Map(Strict):
    scheme: str = "age_condition"
    status: Status = "illustrative"
    source: str = ""
    money: Literal["GBP", "pence"] = "GBP"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    year: Year | None = None
    small_numbers: int = Field(default=5, ge=0, le=100)
    truncation_share: Number = Field(default=0.99, gt=0.5, lt=1)
    linked_at_least: Number = Field(default=LINKED_AT_LEAST, ge=0, le=1)
    columns: _Columns
    conditions: dict[str, str] = Field(default_factory=dict)
    not_recorded: list[str] = Field(default_factory=list)
    blank_means_no: list[str] = Field(default_factory=list)
    blank_means_zero: list[str] = Field(default_factory=list)
    codes: _Codes = Field(default_factory=lambda: _Codes())
    spend: list[_Spend] = Field(default_factory=list)
    lines: _Lines | None = None
    blocks: list[_Block] = Field(default_factory=list)
    scale_to_accounts: list[str] = Field(default_factory=list)
    agreements: _Agreements = Field(default_factory=_Agreements)


@dataclass(frozen=True)
class Route:
    """Where money goes: one setting at one provider, paid by one payer."""

    setting: str
    provider: str
    payer: str


@dataclass(frozen=True)
class SpendColumn:
    """A column of spend in an extract of one row a person, and the column of its activity where there is one."""

    column: str
    route: Route
    activity: str | None


@dataclass(frozen=True)
class Block:
    """A block contract: an amount that no line of activity carries, apportioned to segments by a stated driver."""

    id: str
    label: str
    route: Route
    amount_gbp: float
    driver: str
    why: str
    status: str
    source: str


@dataclass(frozen=True)
class ColumnMap:
    """How a place's extract is read.

    `columns` names the extract's column of each attribute (person, age, months, and where present year, locality, practice,
    sex, deprivation, score); `conditions` the column of each condition; `spend` the spend columns of one row a person, or
    `lines` the columns of activity lines. `codes` turns what the extract writes into the place's own ids. `blank_means_no`
    names the conditions and attributes in which a blank means no, `blank_means_zero` the columns of spend and activity in
    which it means nil; `all` stands for every one.
    """

    path: Path
    scheme: str
    status: Status
    source: str
    money: str
    delimiter: str
    year: int | None
    small_numbers: int
    truncation_share: float
    linked_at_least: float
    columns: Mapping[str, str]
    conditions: Mapping[str, str]
    not_recorded: tuple[str, ...]
    blank_means_no: tuple[str, ...]
    blank_means_zero: tuple[str, ...]
    codes: Mapping[str, Mapping[str, str]]
    spend: tuple[SpendColumn, ...]
    lines: LineColumns | None
    blocks: tuple[Block, ...]
    scale_to_accounts: tuple[str, ...]
    agreements: Mapping[str, bool]

    @property
    def bit(self) -> dict[str, int]:
        """Which bit of a mask each condition is."""
        return {name: i for i, name in enumerate(self.conditions)}

    @property
    def uncounted(self) -> frozenset[int]:
        """The numbers of the spend columns beside which no activity is recorded."""
        return frozenset(i for i, item in enumerate(self.spend) if item.activity is None)

    @property
    def pence(self) -> int:
        """How many pence one unit of the extract's money is."""
        return 100 if self.money == "GBP" else 1


def read_map(folder: Path, dimensions: Mapping[str, tuple[Entry, ...]]) -> ColumnMap:
    """The column map of a place.

    Args:
        folder: the folder of the place.
        dimensions: the place's settings and parties, which spend columns and codes must name.

    Raises:
        BadInput: the file is missing or not in order, with every problem and its line.
    """
    problems: list[Problem] = []
    document = read_mapping(folder / FILE, problems)
    entry = document.parse(_Map, (), problems) if document else None
    if document is None or entry is None:
        raise BadInput(problems)
    known = vocabulary().labels
    for family in ("conditions", "not_recorded"):
        for i, name in enumerate(getattr(entry, family)):
            if name not in known:
                where: list[Step] = [family, name if family == "conditions" else i]
                problems.append(
                    document.problem(where, f"there is no condition {name!r}", "schemes read conditions by name", nearest(name, known))
                )
    for name in set(entry.not_recorded) & set(entry.conditions):
        problems.append(document.problem(["not_recorded"], f"{name} is mapped and not recorded at once", "only one can be", "Remove one"))
    if bool(entry.spend) == bool(entry.lines):
        problems.append(
            document.problem(
                (),
                "there must be either spend: or lines:",
                "an extract has one row a person with spend columns, or activity lines beside it",
                "Write one of the two",
            )
        )
    if (entry.columns.year is None) == (entry.year is None):
        problems.append(
            document.problem(
                ["columns"],
                "the year must be a column or one year for all",
                "spend belongs to a year",
                "Write year: in columns, or year: 2025 beside it",
            )
        )
    for family, given in (("spend", entry.spend), ("blocks", entry.blocks)):
        for i, item in enumerate(given):
            for name in ("setting", "provider", "payer"):
                check_member(name, getattr(item, name), dimensions, document.where([family, i]), problems)
    for name, codes in entry.codes.given.items():
        for code, member in codes.items():
            check_member(name, member, dimensions, document.where(["codes", name, code]), problems)
    for i, setting in enumerate(entry.scale_to_accounts):
        check_member("setting", setting, dimensions, document.where(["scale_to_accounts", i]), problems)
    _check_blanks(document, entry, problems)
    _check_twice(document, entry, problems)
    if problems:
        raise BadInput(problems)
    return ColumnMap(
        path=document.path,
        scheme=entry.scheme,
        status=entry.status,
        source=entry.source,
        money=entry.money,
        delimiter=entry.delimiter,
        year=entry.year,
        small_numbers=entry.small_numbers,
        truncation_share=entry.truncation_share,
        linked_at_least=entry.linked_at_least,
        columns={name: column for name, column in entry.columns.model_dump().items() if column is not None},
        conditions=dict(entry.conditions),
        not_recorded=tuple(entry.not_recorded),
        blank_means_no=tuple(entry.blank_means_no),
        blank_means_zero=tuple(entry.blank_means_zero),
        codes=entry.codes.given,
        spend=tuple(SpendColumn(item.column, Route(item.setting, item.provider, item.payer), item.activity) for item in entry.spend),
        lines=entry.lines.columns if entry.lines else None,
        blocks=tuple(
            Block(
                item.id,
                item.label,
                Route(item.setting, item.provider, item.payer),
                item.amount_gbp,
                item.driver,
                item.why,
                item.status,
                item.source,
            )
            for item in entry.blocks
        ),
        scale_to_accounts=tuple(entry.scale_to_accounts),
        agreements=entry.agreements.model_dump(),
    )


def _check_blanks(document: Document, entry: _Map, problems: list[Problem]) -> None:
    """Report a blank that is given a meaning in a column that the map does not read."""
    spent = [name for item in entry.spend for name in (item.column, item.activity) if name]
    spent += [entry.lines.columns.activity] if entry.lines and entry.lines.columns.activity else []
    asked = [name for name in ASKED if getattr(entry.columns, name)]
    for family, known in (("blank_means_no", [*entry.conditions, *asked]), ("blank_means_zero", spent)):
        for i, name in enumerate(getattr(entry, family)):
            if name not in (*known, EVERY):
                what, why = f"{family} names {name!r}, which is not mapped", "no column of that name is read"
                problems.append(document.problem([family, i], what, why, nearest(name, (*known, EVERY))))


def _check_twice(document: Document, entry: _Map, problems: list[Problem]) -> None:
    """A column read as two things would be counted twice; two columns of one route are one line too many."""
    columns = [
        *(name for name in entry.columns.model_dump().values() if name),
        *entry.conditions.values(),
        *(item.column for item in entry.spend),
    ]
    for column in dict.fromkeys(column for column in columns if columns.count(column) > 1):
        problems.append(document.problem((), f"the column {column!r} is mapped twice", "it would be counted twice", "Map it once"))
    routes = [(item.setting, item.provider, item.payer) for item in entry.spend]
    for route in dict.fromkeys(route for route in routes if routes.count(route) > 1):
        problems.append(
            document.problem(
                ["spend"], f"two columns are {', '.join(route)}", "one line of spend has one column", "Add them up in the extract"
            )
        )
    if len(entry.conditions) > 62:
        problems.append(
            document.problem(["conditions"], f"{len(entry.conditions)} conditions are mapped", "at most 62 are packed", "Map fewer")
        )

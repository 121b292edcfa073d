"""The dimensions of a place: its segments, groups, settings and parties, each with an id, a label and what it belongs to.

Ids are how figures find their rows; labels are what readers see and what SUMIFS matches in the workbook. Both are checked
here, once, so that nothing downstream has to; what a label may be is said in `labels`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from capmodel.assumptions.cells import folded
from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.labels import check_label
from capmodel.assumptions.pack import Entry, Unread
from capmodel.errors import Problem, a_or_an, nearest

#: Key columns that name members of another dimension.
DIMENSION_OF = {"payer": "party", "provider": "party"}
#: What a member must say of itself beside its id and label.
REQUIRED = {"segment": ("group", "age_band"), "party": ("role",)}
#: What only segments with published prices must say.
PRICED = ("price_year", "base_year")
_PRICED_SEGMENT = {"segment": (*REQUIRED["segment"], *PRICED)}
NEEDED = ("group", "age_band", "segment", "setting", "party")
ROLES = ("payer", "provider", "fund")
_SAFE_ID = re.compile(r"[a-z][a-z0-9_]*")


def read_dimensions(
    document: Document,
    given: Mapping[str, list[dict[str, str]]],
    basis: str,
    problems: list[Problem],
    asked: Mapping[str, tuple[str, ...]] | None = None,
) -> Unread[tuple[Entry, ...]]:
    """The members of every dimension; what is wrong with them is reported with its line.

    A dimension that is missing, or has a member without an id or with the id of another, is among the names that were lost: whatever
    seems to be no member of it may be that one. Segments of person-level data need no published price, and no group: without groups, each is a group of its own.

    Args:
        document: place.yaml.
        given: its dimensions.
        basis: the basis of its data.
        problems: what is wrong is added here.
        asked: the dimensions that must be there, and what their members must say; by default, those of all steps.
    """
    recorded = basis == "person-level"
    every: dict[str, tuple[str, ...]] = dict.fromkeys(NEEDED, ())
    required = asked if asked is not None else {**every, **REQUIRED, **({} if recorded else _PRICED_SEGMENT)}
    alone = recorded and "group" not in given and not any("group" in entry for entry in given.get("segment", ()))
    if alone:
        given = {**given, "segment": [{**entry, "group": entry.get("id", "itself")} for entry in given.get("segment", ())]}
    lost = {name for name in required if not given.get(name) and not (alone and name == "group")}
    for name in required:
        if name in lost:
            problems.append(
                document.problem(
                    ["dimensions"], f"the dimension {name} is missing", "the model has no rows for it", f"Add {name}: under dimensions"
                )
            )
    given = {**{name: [] for name in sorted(lost)}, **given}
    owners: dict[str, str] = {}
    dimensions = Unread({name: _members(document, name, entries, required.get(name, ()), owners, lost, problems) for name, entries in given.items()}, lost)  # fmt: skip
    for name, members in dimensions.items():
        for i, member in enumerate(members):
            for attribute, value in member.attributes.items():
                if attribute in dimensions:
                    check_member(attribute, value, dimensions, document.where(["dimensions", name, i, attribute]), problems)
    for i, member in enumerate(dimensions.get("party", ())):
        if member.text("role") and member.text("role") not in ROLES:
            where: list[Step] = ["dimensions", "party", i]
            problems.append(
                document.problem(
                    where,
                    f"the role of {member.id} is {member.text('role')!r}",
                    "it says whether a party pays or provides",
                    nearest(member.text("role"), ROLES),
                )
            )
    if dimensions.get("party") and not any(member.text("role") == "payer" for member in dimensions["party"]):
        problems.append(
            document.problem(["dimensions", "party"], "no party is a payer", "somebody pays for care", "Write role: payer for one of them")
        )
    if alone:
        dimensions["group"] = tuple(Entry(member.id, member.label, {}) for member in dimensions["segment"])
    return dimensions


def _members(
    document: Document,
    name: str,
    entries: list[dict[str, str]],
    required: tuple[str, ...],
    owners: dict[str, str],
    lost: set[str],
    problems: list[Problem],
) -> tuple[Entry, ...]:
    labels: set[str] = set()
    members = []
    for i, entry in enumerate(entries):
        steps: list[Step] = ["dimensions", name, i]
        missing = [field for field in ("id", "label", *required) if not entry.get(field)]
        for field in missing:
            problems.append(
                document.problem(steps, f"{name} {entry.get('id', i + 1)} has no {field}", "it is read by it", f"Add {field}: to it")
            )
        if "id" in missing:
            lost.add(name)
            continue
        identity, label = entry["id"], entry.get("label") or entry["id"]
        if not _SAFE_ID.fullmatch(identity):
            problems.append(
                document.problem(
                    steps, f"the id {identity!r} cannot be used", "ids name rows and figures", "Use small letters, digits and underscores"
                )
            )
        if identity in owners:
            problems.append(
                document.problem(
                    steps,
                    f"the id {identity} is {a_or_an(owners[identity].replace('_', ' '))} already",
                    "an id names one thing in the place",
                    "Give one of them another id",
                )
            )
            lost.update((name, owners[identity]))
            # The label of a line that is there twice is there twice for that reason.
            labels.discard(folded(label))
        owners[identity] = name
        check_label(document, steps, label, labels, problems)
        members.append(Entry(identity, label, {key: value for key, value in entry.items() if key not in ("id", "label")}))
    return tuple(members)


def incomplete(dimensions: Mapping[str, tuple[Entry, ...]], *names: str) -> bool:
    """True where a member of one of the dimensions, or of any, could not be read, which has been reported."""
    lost = getattr(dimensions, "names", None) or ()
    return any(name in lost for name in names or dimensions)


def check_member(column: str, value: str, dimensions: Mapping[str, tuple[Entry, ...]], where: str, problems: list[Problem]) -> bool:
    """Report an id that is no member of the dimension its column names; true where it is."""
    name = DIMENSION_OF.get(column, column)
    members = dimensions.get(name, ())
    for entry in members:
        if entry.id == value:
            return True
    if incomplete(dimensions, name):
        return False
    if name in dimensions:
        problems.append(no_member(name, value, [entry.id for entry in members], where))
        return False
    return True


def no_member(name: str, value: str, valid: Iterable[str], where: str) -> Problem:
    """The problem of an id that is no member of a dimension: the same words in every file, so that one wrong id is one problem.

    >>> str(no_member("age_band", "elder", ["elderly", "adults"], "place.yaml, line 3"))
    "place.yaml, line 3: 'elder' is not an age band of the place; the model has no row for it. Did you mean elderly?"
    """
    what = f"{value!r} is not {a_or_an(name.replace('_', ' '))} of the place"
    return Problem(where, what, "the model has no row for it", nearest(value, valid))

"""What rehabilitation.yaml may say, what of it is refused, and the same as rows and figures of `split`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import Field

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import ByYear, Document, Number, Step, Strict
from capmodel.assumptions.entries import Known, Member, check_known, check_members
from capmodel.assumptions.figures import as_share
from capmodel.assumptions.laid_out import Figures, LaidOut, check_years, columns_given
from capmodel.assumptions.pack import Figure, Key, Source, Status
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.rehabilitation.split import GROUP, LENGTH, PARTY
from capmodel.errors import Problem, nearest

#: How far the shares of those who receive the RRR payment may be from 1.
_WHOLE = 1e-9


class Stay(Known):
    """Spells of one length of stay."""

    days: Number
    spells: ByYear


class Group(Member):
    """A group of spells: its split point, tariff, price of a bed day after the split point, stays, and who pays and receives."""

    split_day: Number
    tariff_gbp: ByYear
    bed_day_gbp: ByYear
    stays: list[Stay] = Field(min_length=1)
    payer: str
    acute: str
    received_by: dict[str, Number] = Field(min_length=1)


class Rehabilitation(Strict):
    """A file of the split at the clinical split point."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    note: str = ""
    parties: list[Member] = Field(min_length=2)
    groups: list[Group] = Field(min_length=1)


def read_rehabilitation(
    document: Document, years: tuple[int, ...], problems: list[Problem], sources: Mapping[str, Source] | None = None
) -> LaidOut | None:
    """Read a file of the split; every fault is reported with its line, and a faulty one gives None.

    Args:
        document: the file.
        years: the years of the model.
        problems: faults are added here.
        sources: the sources of the place; None for a file that stands alone.
    """
    before = len(problems)
    stated = document.parse(Rehabilitation, (), problems)
    if stated is None:
        return None
    known: dict[tuple[Step, ...], Known] = {("parties", i): party for i, party in enumerate(stated.parties)}
    for i, group in enumerate(stated.groups):
        known[("groups", i)] = group
        known |= {("groups", i, "stays", j): stay for j, stay in enumerate(group.stays)}
    check_known(document, known, sources, problems)
    check_years(document, _by_year(stated), years, problems)
    check_members(document, "parties", stated.parties, problems)
    check_members(document, "groups", stated.groups, problems)
    problems += _faults(document, stated)
    return None if len(problems) > before else _laid_out(stated, years)


def _by_year(stated: Rehabilitation) -> Iterator[tuple[list[Step], Mapping[int, float]]]:
    for i, group in enumerate(stated.groups):
        yield ["groups", i, "tariff_gbp"], group.tariff_gbp
        yield ["groups", i, "bed_day_gbp"], group.bed_day_gbp
        for j, stay in enumerate(group.stays):
            yield ["groups", i, "stays", j, "spells"], stay.spells


def _faults(document: Document, stated: Rehabilitation) -> Iterator[Problem]:
    """Days below zero or twice, parties that are not there or have no part, and shares that are not a whole."""
    parties = [party.id for party in stated.parties]
    named: set[str] = set()
    for i, group in enumerate(stated.groups):
        here: list[Step] = ["groups", i]
        if group.split_day < 0:
            what = f"split_day is {group.split_day:g}"
            yield document.problem([*here, "split_day"], what, "a stay begins at day 0", "Correct the sign")
        for j, stay in enumerate(group.stays):
            at: list[Step] = [*here, "stays", j, "days"]
            if stay.days < 0:
                yield document.problem(at, f"days is {stay.days:g}", "a stay begins at day 0", "Correct the sign")
            if stay.days in [each.days for each in group.stays[:j]]:
                what = f"{group.id} has spells of {stay.days:g} days twice"
                yield document.problem(at, what, "one would hide the other", "Add their spells up")
        for step, name in (("payer", group.payer), ("acute", group.acute)):
            named.add(name)
            if name not in parties:
                what = f"{name!r} is no party"
                yield document.problem([*here, step], what, "parties lists who pays and receives", nearest(name, parties))
        yield from _receivers(document, here, group, parties)
        named |= set(group.received_by)
    for i, party in enumerate(stated.parties):
        if party.id not in named and named <= set(parties):
            what = f"{party.id} pays and receives nothing"
            yield document.problem(["parties", i], what, "it would have no effect", "Remove it, or name it in a group")


def _receivers(document: Document, here: list[Step], group: Group, parties: list[str]) -> Iterator[Problem]:
    for name, share in group.received_by.items():
        at = [*here, "received_by", name]
        if name not in parties:
            yield document.problem(at, f"{name!r} is no party", "parties lists who pays and receives", nearest(name, parties))
        if share > 1:
            yield document.problem(at, f"{document.named(at)} is {share:g}", "a share is a part of 1", as_share(share))
        elif share < 0:
            yield document.problem(at, f"{document.named(at)} is {share:g}", "it cannot be below zero", "Correct the sign")
    whole = sum(group.received_by.values())
    if abs(whole - 1) > _WHOLE and all(0 <= share <= 1 for share in group.received_by.values()):
        what = f"{group.id}: the shares of the RRR payment add up to {whole:g}"
        why = "every penny of it is somebody's, and a gap is never filled"
        yield document.problem([*here, "received_by"], what, why, f"Correct them by {1 - whole:+.10g}")


def _laid_out(stated: Rehabilitation, years: tuple[int, ...]) -> LaidOut:
    known = Figure(0.0, stated.status, stated.source, stated.as_at, stated.note)
    groups = [group.id for group in stated.groups]
    lengths = {length_id(stay.days): stay.days for group in stated.groups for stay in sorted(group.stays, key=lambda each: each.days)}
    lengths = dict(sorted(lengths.items(), key=lambda each: each[1]))
    receivers: dict[Key, float] = {(group.id, party): share for group in stated.groups for party, share in group.received_by.items()}
    stays: dict[Key, Mapping[int, float]] = {
        (group.id, length_id(stay.days)): stay.spells for group in stated.groups for stay in group.stays
    }
    given: dict[str, tuple[tuple[str, ...], Figures]] = {
        "rehabilitation_split_number": ((GROUP,), {(group.id,): group.split_day for group in stated.groups}),
        "rehabilitation_days_number": ((LENGTH,), {(name,): days for name, days in lengths.items()}),
        "rehabilitation_tariff_gbp": ((GROUP,), {(group.id,): group.tariff_gbp for group in stated.groups}),
        "rehabilitation_day_gbp": ((GROUP,), {(group.id,): group.bed_day_gbp for group in stated.groups}),
        "rehabilitation_spells_number": ((GROUP, LENGTH), stays),
        "rehabilitation_received_share": ((GROUP, PARTY), receivers),
    }
    of_group = {group.id: group.figure(known) for group in stated.groups}
    of_stay: dict[Key, Figure] = {
        (group.id, length_id(stay.days)): stay.figure(of_group[group.id]) for group in stated.groups for stay in group.stays
    }
    own: dict[str, dict[Key, Figure]] = {
        name: {key: of_group[key[0]] for key in figures} for name, (keys, figures) in given.items() if keys[0] == GROUP
    }
    by_group = [(group.id, group.acute, group.payer) for group in stated.groups]
    return LaidOut(
        rows={
            "rehabilitation_point": Rows({GROUP: tuple(groups)}),
            "rehabilitation_length": Rows({LENGTH: tuple(lengths)}),
            "rehabilitation_price": Rows({GROUP: tuple(groups)}, years),
            "rehabilitation_stay": columns_of((GROUP, LENGTH), list(stays), years),
            "rehabilitation_group_year": columns_of((GROUP, "acute_provider", "payer"), by_group, years),
            "rehabilitation_receiver": columns_of((GROUP, PARTY), list(receivers)),
            "rehabilitation_part": columns_of((GROUP, PARTY), list(receivers), years),
            "rehabilitation_party_year": Rows({PARTY: tuple(party.id for party in stated.parties)}, years),
            "rehabilitation_all": Rows({}, years),
        },
        columns=columns_given(given, stated.id, known, {**own, "rehabilitation_spells_number": of_stay}),
        labels={
            **{each.id: each.label for members in (stated.groups, stated.parties) for each in members},
            **{name: f"Stays of {days:g} day{'' if days == 1 else 's'}" for name, days in lengths.items()},
        },
    )


def length_id(days: float) -> str:
    """What a length of stay is called in keys.

    >>> length_id(21.0), length_id(2.5)
    ('stay_21', 'stay_2_5')
    """
    return f"stay_{days:g}".replace(".", "_")

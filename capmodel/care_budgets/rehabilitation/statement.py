"""The split of hospital spells in words and pounds: both parts, who gains, and where bed days take more than the tariff."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from capmodel.assumptions.years import year_label
from capmodel.money import HALF_A_PENNY

#: A column of a run by the keys of its rows, the year last.
ColumnOf = Callable[[str, str], Mapping[tuple[str, ...], float]]


def statement(column: ColumnOf, label: Callable[[str], str], years: Sequence[int], pounds: Callable[[float], str]) -> list[str]:
    """The split year by year.

    Args:
        column: the columns of a run by table and name.
        label: what an id is called.
        years: the years of the model.
        pounds: an amount in words.
    """
    found = ["Recovery, rehabilitation and reablement (RRR), split from hospital spells"]
    for year in years:
        own = {name: column("rehabilitation_all", f"all_{name}_gbp")[(str(year),)] for name in ("tariff", "acute", "rrr")}
        found.append(
            f"{year_label(year)}: tariff {pounds(own['tariff'])}, acute part {pounds(own['acute'])}, RRR part {pounds(own['rrr'])}"
        )
        found += [f"  {text}" for text in _of_year(column, label, str(year), pounds)]
    days = column("rehabilitation_group_year", "group_rrr_days_number")
    for group in dict.fromkeys(group for group, _ in days):
        if not any(number for (name, _), number in days.items() if name == group):
            found.append(f"NO EFFECT: the split point of {label(group)}, since no stay is longer")
    return found


def _of_year(column: ColumnOf, label: Callable[[str], str], year: str, pounds: Callable[[float], str]) -> Iterator[str]:
    for (party, when), change in column("rehabilitation_party_year", "party_change_gbp").items():
        if when == year:
            received = sum(column("rehabilitation_party_year", name)[party, year] for name in ("party_acute_gbp", "party_rrr_gbp"))
            paid = column("rehabilitation_party_year", "party_paid_gbp")[party, year]
            moved = f", {pounds(abs(change))} {'more' if change > 0 else 'less'} by the split" if abs(change) >= HALF_A_PENNY else ""
            parts = [f"receives {pounds(received)}{moved}"] if received or moved else []
            yield f"{label(party)}: {'; '.join([*parts, *([f'pays {pounds(paid)}'] if paid else [])]) or 'nothing'}"
    for (group, stay, when), unpaid in column("rehabilitation_stay", "stay_unpaid_gbp").items():
        if when == year and unpaid >= HALF_A_PENNY:
            what = f"RRR bed days cost {pounds(unpaid)} more than the tariff, which is unpaid; the acute part is zero"
            yield f"{label(group)}, {label(stay).lower()}: {what}"

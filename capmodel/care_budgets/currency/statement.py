"""Year of Care payments in words and pounds: what each unit is paid, what failed criteria cost it, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from capmodel.assumptions.years import year_label
from capmodel.care_budgets.currency.roster import MONTHS
from capmodel.errors import listed
from capmodel.money import HALF_A_PENNY

#: A column of a run by the keys of its rows, the year last.
ColumnOf = Callable[[str, str], Mapping[tuple[str, ...], float]]
#: So many units are named; the workbook has all of them.
MOST_UNITS = 12


def statement(
    column: ColumnOf, label: Callable[[str], str], years: Sequence[int], pounds: Callable[[float], str], small_numbers: int
) -> list[str]:
    """The payments year by year.

    Args:
        column: the columns of a run by table and name; empty for a table that the place does not have.
        label: what an id is called.
        years: the years of the model.
        pounds: an amount in words.
        small_numbers: the smallest count of people that may be shown without a word.
    """
    found = ["Year of Care payments"]
    for year in years:
        found += [year_label(year), *(f"  {text}" for text in _of_year(column, label, str(year), pounds))]
    found += [
        "NO EFFECT: the criteria, since linked_share is 0 in every year"
        for shares in [column("payment_year_terms", "payment_linked_share").values()]
        if not any(shares)
    ]
    if count := _small(column, small_numbers):
        which = (
            f"{count:,} count{' of people by criterion is' if count == 1 else 's of people by criterion are'} from 1 to {small_numbers - 1}"
        )
        found.append(f"Small numbers: {which}; give the workbook to those only who may see them")
    return found


def _small(column: ColumnOf, small_numbers: int) -> int:
    """How many counts of people by unit and criterion are small: those met, those not, and those who missed one criterion alone."""
    of, sampled = column("payment_result", "payment_of_persons"), column("payment_criterion", "payment_sampled_flag")
    counts = [
        count for key, met in column("payment_result", "payment_met_persons").items() if sampled[key[1:2]] for count in (met, of[key] - met)
    ]
    # Person-months of fewer people than may be shown, each there for the whole of the period at most.
    counts += [months / MONTHS for months in column("payment_missed", "payment_only_missed_persons").values()]
    return sum(0 < count < small_numbers for count in counts)


def _of_year(column: ColumnOf, label: Callable[[str], str], year: str, pounds: Callable[[float], str]) -> Iterator[str]:
    paid, lost = (column("payment_all", name)[(year,)] for name in ("all_payment_gbp", "all_not_earned_gbp"))
    yield f"Payment {pounds(paid)}; {pounds(lost)} of the linked part is not earned"
    units = [unit for unit, when in column("payment_unit_year", "unit_payment_gbp") if when == year]
    for unit in units[:MOST_UNITS]:
        yield f"{label(unit)}: {'; '.join(_of_unit(column, label, unit, year, pounds))}"
    if len(units) > MOST_UNITS:
        yield f"and {len(units) - MOST_UNITS:,} more units, in the workbook"
    for table in ("payment_package", "payment_bottom_up"):
        yield from _packages(column, label, table, year, pounds)


def _packages(column: ColumnOf, label: Callable[[str], str], table: str, year: str, pounds: Callable[[float], str]) -> Iterator[str]:
    """The price of each band against the cost of its package of care, given or worked out."""
    for (band, when), over in column(table, "over_package_gbp_per_person").items():
        if when == year:
            price, roster = column("payment_band", "payment_price_gbp_per_person")[band, year], column(table, "over_package_gbp")
            side = "above" if over > 0 else "below"
            gap = f"{pounds(abs(over))} {side} the package of care, {pounds(abs(roster[band, year]))} for the roster"
            yield f"{label(band)}: price {pounds(price)}, {gap if abs(over) >= HALF_A_PENNY else 'the cost of the package of care'}"


def _of_unit(column: ColumnOf, label: Callable[[str], str], unit: str, year: str, pounds: Callable[[float], str]) -> Iterator[str]:
    own = {name: column("payment_unit_year", name)[unit, year] for name in _SHOWN}
    linked = own["unit_full_gbp"] - own["unit_fixed_gbp"]
    yield f"{pounds(own['unit_payment_gbp'])}, of which {pounds(own['unit_earned_gbp'])} of {pounds(linked)} linked to criteria"
    alone = {
        criterion: lost
        for (of, criterion, when), lost in column("payment_unit_criterion", "criterion_lost_gbp").items()
        if of == unit and when == year and lost >= HALF_A_PENNY
    }
    if alone:
        yield f"lost alone: {listed([f'{label(name)} {pounds(lost)}' for name, lost in alone.items()])}"
    if abs(own["unit_lost_together_gbp"]) >= HALF_A_PENNY:
        yield f"lost by several criteria together {pounds(own['unit_lost_together_gbp'])}"
    low, high = own["unit_low_gbp"], own["unit_high_gbp"]
    if high - low >= HALF_A_PENNY:
        yield f"by the size of its list between {pounds(low)} and {pounds(high)}"
    if abs(own["unit_difference_gbp"]) >= HALF_A_PENNY:
        yield f"paid on the plan {pounds(own['unit_in_year_gbp'])}, {pounds(own['unit_difference_gbp'])} to correct in the next year"
    if abs(own["unit_correction_gbp"]) >= HALF_A_PENNY:
        yield f"correction of the year before {pounds(own['unit_correction_gbp'])}"


_SHOWN = (
    "unit_full_gbp",
    "unit_fixed_gbp",
    "unit_payment_gbp",
    "unit_earned_gbp",
    "unit_lost_together_gbp",
    "unit_low_gbp",
    "unit_high_gbp",
    "unit_in_year_gbp",
    "unit_difference_gbp",
    "unit_correction_gbp",
)

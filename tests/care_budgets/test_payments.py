"""Year of Care payments: units judged as a whole, persons judged one by one, lost pounds, the plan and its correction, and certainty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from payment_files import BY_PERSON, BY_UNIT, ROSTER, YEARS, changed, persons, read, write

from capmodel.algebra.evaluate import Values
from capmodel.assumptions.laid_out import LaidOut, worked_out
from capmodel.care_budgets.currency.tables import TABLES

QUARTERLY = "unit,band,year,quarter,months\n" + "".join(
    f"{unit},{band},{year},q{quarter},{months}\n"
    for unit, band, months in (("north", "stable", 300), ("north", "complex", 60), ("south", "stable", 150), ("south", "complex", 30))
    for year in YEARS
    for quarter in range(1, 5)
)


def sound(path: Path, years: tuple[int, ...] = YEARS) -> tuple[LaidOut, Values]:
    """What a sound file gives, worked out."""
    given, problems = read(path, years)
    assert given is not None, [str(problem) for problem in problems]
    return given, worked_out(given, TABLES, years)


def figures(done: tuple[LaidOut, Values], table: str, column: str) -> dict[tuple[str, ...], float]:
    """A column by the keys of its rows."""
    given, values = done
    keys = next(each.keys for each in TABLES if each.name == table)
    return dict(zip(given.rows[table].keys(keys), values.figure((table, column)).tolist(), strict=True))


def test_units_are_paid_by_person_months_and_lose_the_linked_part_of_a_failed_criterion(tmp_path: Path) -> None:
    done = sound(write(tmp_path, BY_UNIT))
    # North, 2026: 1,200 / 12 x 300 + 240 / 12 x 700; every criterion is met (93.3%, 83.3%, yes).
    assert figures(done, "payment_unit_year", "unit_payment_gbp")["north", "2026"] == 44_000
    # South, 2026: 50 of 60 is below 90%, so 30% of each band is lost: 4,500.00 + 2,108.75 of 7,029.17.
    assert figures(done, "payment_unit_year", "unit_payment_gbp")["south", "2026"] == 15_420.42
    lost = figures(done, "payment_unit_criterion", "criterion_lost_gbp")
    assert lost["south", "plan", "2026"] == 6_608.75
    # North, 2027, fails two: neither alone would have earned it, so all is lost together.
    assert [lost["north", each, "2027"] for each in ("plan", "tests", "lead")] == [0, 0, 0]
    assert figures(done, "payment_unit_year", "unit_lost_together_gbp")["north", "2027"] == 18_780


def test_part_of_the_criteria_is_enough_where_the_rule_says_so(tmp_path: Path) -> None:
    weighted = [{**BY_UNIT["criteria"][0], "weight": 2}, *BY_UNIT["criteria"][1:]]
    stated = changed(BY_UNIT, rule="at_least_share", needed_share=0.5, criteria=weighted)
    done = sound(write(tmp_path, stated))
    earned = figures(done, "payment_score", "earned_flag")
    # Of 4 by weight: north 2027 has plan alone, 2; south 2026 has tests and lead, 2.
    assert earned["north", "whole_year", "2027"] == 1
    assert earned["south", "whole_year", "2026"] == 1
    done = sound(write(tmp_path, {**stated, "needed_share": 0.7}))
    lost = figures(done, "payment_unit_criterion", "criterion_lost_gbp")
    # 2.8 of 4 is needed and 2 are met: either of the two failed criteria would do, so the pounds are counted at each, and taken off together.
    assert lost["north", "tests", "2027"] == lost["north", "lead", "2027"] == 18_780
    assert figures(done, "payment_unit_year", "unit_lost_together_gbp")["north", "2027"] == -18_780


def test_each_quarter_is_judged_by_itself(tmp_path: Path) -> None:
    results = "unit,criterion,year,quarter,met,of\n" + "".join(
        f"{unit},{criterion},{year},q{quarter},{0 if (unit, criterion, quarter) == ('north', 'plan', 3) else 30},30\n"
        for unit in ("north", "south")
        for criterion in ("plan", "tests")
        for year in YEARS
        for quarter in range(1, 5)
    )
    stated = changed(BY_UNIT, paid="quarterly", criteria=BY_UNIT["criteria"][:2])
    done = sound(write(tmp_path, stated, roster=QUARTERLY, results=results))
    # A quarter of north in 2026: 25 x 300 + 5 x 700 = 11,000, of which 30% is lost in the third quarter alone.
    assert figures(done, "payment_unit_criterion", "criterion_lost_gbp")["north", "plan", "2026"] == 3_300
    assert figures(done, "payment_unit_year", "unit_payment_gbp")["north", "2026"] == 44_000 - 3_300


def test_persons_are_judged_one_by_one_and_only_their_sums_leave_the_reader(tmp_path: Path) -> None:
    # 20 children, one of them for six months; 1 and 2 fail tests, 2 and 3 fail feet.
    done = sound(write(tmp_path, BY_PERSON, roster=persons(20, {"tests": [1, 2], "feet": [2, 3]})), (2026,))
    assert figures(done, "payment_line", "payment_months_persons")["clinic", "child", "whole_year", "2026"] == 234
    assert figures(done, "payment_unit_year", "unit_full_gbp")["clinic", "2026"] == 19_500
    assert figures(done, "payment_unit_year", "unit_payment_gbp")["clinic", "2026"] == 16_500
    lost = figures(done, "payment_unit_criterion", "criterion_lost_gbp")
    assert (lost["clinic", "tests", "2026"], lost["clinic", "feet", "2026"]) == (1_000, 1_000)
    assert figures(done, "payment_unit_year", "unit_lost_together_gbp")["clinic", "2026"] == 1_000
    shown = {key for rows in done[0].rows.values() for column in rows.columns.values() for key in column}
    assert not any(key.startswith("p") and key[1:].isdigit() for key in shown)


def test_a_roster_of_persons_also_gives_the_results_of_units(tmp_path: Path) -> None:
    criteria = [{"id": "tests", "label": "Tests", "least_share": 0.9}, {"id": "feet", "label": "Feet", "least_share": 0.91}]
    stated = changed(BY_PERSON, judged="unit", criteria=criteria)
    done = sound(write(tmp_path, stated, roster=persons(20, {"tests": [1, 2], "feet": [2, 3]})), (2026,))
    assert figures(done, "payment_result", "payment_met_persons")["clinic", "tests", "whole_year", "2026"] == 18
    assert figures(done, "payment_result", "met_flag") == {
        ("clinic", "tests", "whole_year", "2026"): 1,
        ("clinic", "feet", "whole_year", "2026"): 0,
    }
    assert figures(done, "payment_unit_year", "unit_payment_gbp")["clinic", "2026"] == 0


def test_what_was_paid_on_a_plan_is_corrected_in_the_next_year(tmp_path: Path) -> None:
    stated = changed(BY_UNIT, planning={"roster": {"file": "plan.csv"}, "earned_share": {2026: 1.0, 2027: 0.5}})
    done = sound(write(tmp_path, stated, plan=ROSTER.replace("north,stable,2026,1200", "north,stable,2026,1260")))
    cash = {name: figures(done, "payment_unit_year", name) for name in ("unit_in_year_gbp", "unit_correction_gbp", "unit_cash_gbp")}
    # The plan has 60 person-months more at 300 a year: 1,500 too much was paid, and comes back in 2027.
    assert (cash["unit_in_year_gbp"]["north", "2026"], cash["unit_correction_gbp"]["north", "2026"]) == (45_500, 0)
    assert cash["unit_correction_gbp"]["north", "2027"] == -1_500
    # 2027 on plan: 46,950 with half of the linked 40%: 37,560, less the correction.
    assert cash["unit_cash_gbp"]["north", "2027"] == 37_560 - 1_500
    assert set(figures(done, "payment_unit_year", "check_cash_gbp").values()) == {0}


def test_a_price_is_held_against_the_package_of_care_and_a_share_against_the_size_of_the_list(tmp_path: Path) -> None:
    done = sound(write(tmp_path, BY_UNIT))
    assert figures(done, "payment_package", "over_package_gbp")["stable", "2026"] == -2_760  # (300 - 318.40) x 150
    low, high = (figures(done, "payment_size", name)["plan", "list_of_50", "2026"] for name in ("size_low_share", "size_high_share"))
    # 162 of 180 met it, 90%; the Wilson interval of 90% of 50 people.
    assert (round(low, 4), round(high, 4)) == (0.7864, 0.9565)
    unsure = figures(done, "payment_size", "unsure_gbp")
    assert unsure["plan", "list_of_50", "2027"] == 0  # 98.4%: even the lower end is above 90%
    assert unsure["tests", "list_of_50", "2026"] == pytest.approx(19_808.75 / 2_160.5 * 12 * 50, abs=0.01)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    months=st.lists(st.decimals(0, 2000, places=2), min_size=8, max_size=8),
    price=st.decimals(0, 3000, places=2),
    linked=st.sampled_from([0.0, 0.1, 1 / 3, 0.7, 1.0]),
    met=st.lists(st.integers(0, 7), min_size=12, max_size=12),
    needed=st.sampled_from([0.34, 0.5, 1.0]),
)
def test_every_penny_of_the_roster_is_paid_or_lost_to_criteria(
    tmp_path: Path, months: list[Any], price: Any, linked: float, met: list[int], needed: float
) -> None:
    bands = [{**band, "price_gbp_per_person": dict.fromkeys(YEARS, float(price) + i)} for i, band in enumerate(BY_UNIT["bands"])]
    stated = changed(BY_UNIT, linked_share=dict.fromkeys(YEARS, linked), bands=bands, rule="at_least_share", needed_share=needed)
    stated["planning"] = {"roster": {"file": "roster.csv"}, "earned_share": dict.fromkeys(YEARS, 0.5)}
    stated["criteria"] = [{**each, "least_share": 0.7} for each in BY_UNIT["criteria"]]
    pairs = [(unit, band, year) for unit in ("north", "south") for band in ("stable", "complex") for year in YEARS]
    roster = "unit,band,year,months\n" + "".join(f"{u},{b},{y},{m}\n" for (u, b, y), m in zip(pairs, months, strict=True))
    keys = [(unit, each["id"], year) for unit in ("north", "south") for each in BY_UNIT["criteria"] for year in YEARS]
    results = "unit,criterion,year,met,of\n" + "".join(f"{u},{c},{y},{m},7\n" for (u, c, y), m in zip(keys, met, strict=True))
    done = sound(write(tmp_path, stated, roster=roster, results=results))
    _, values = done
    for table in TABLES:
        for line in table.lines.values():
            if line.is_check:
                assert not values.figure((table.name, line.name)).any(), line.name
    column = {name: figures(done, "payment_unit_year", name) for name in next(t for t in TABLES if t.name == "payment_unit_year").lines}
    for key in column["unit_full_gbp"]:
        parts = [column[name][key] for name in ("unit_fixed_gbp", "unit_earned_gbp", "unit_lost_alone_gbp", "unit_lost_together_gbp")]
        assert round(sum(parts), 2) == round(column["unit_full_gbp"][key], 2)
        assert column["unit_low_gbp"][key] <= column["unit_payment_gbp"][key] <= column["unit_high_gbp"][key]

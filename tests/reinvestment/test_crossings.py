"""An option that is chosen at a budget, not at a larger one and again at a still larger one, against every plan at every budget."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest
from place_kinds import edit

from capmodel.model import load
from capmodel.place.optimise import Optimised
from capmodel.place.option_tables import tables_of_tests

YEARS = (2026, 2027)
#: What each option costs in the first year. The dearer an option, the more it is worth, so that a larger budget may drop a cheaper one.
COSTS = {"hospital_at_home": 70_000, "virtual_wards": 30_000, "frailty_teams": 20_000}
BUDGET, HIGHEST, EACH = 81_000, 240_000, 500


def three_options(stated: dict[str, Any]) -> None:
    stated |= {"options": [each for each in stated["options"] if each["id"] in COSTS], "requires": [], "exclusive": []}
    for option in stated["options"]:
        option["setup_cost_gbp"] = {2026: COSTS[option["id"]], 2027: 0}
        option["running_cost_gbp"] = dict.fromkeys(YEARS, 0)


def budgets(stated: dict[str, Any]) -> None:
    stated["investment_budget_gbp"] |= {"values": dict.fromkeys(YEARS, BUDGET), "range": [0, HIGHEST]}


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory, small: Any) -> Optimised:
    packs = shutil.copytree(small.folder.parents[1], tmp_path_factory.mktemp("crossings") / "assumptions")
    folder = Path(packs) / "places" / small.folder.name
    edit(folder / "options.yaml", three_options)
    edit(folder / "parameters.yaml", budgets)
    return load(folder).optimise(solver="enumerate")


def changes_of(tried: Optimised, option: str) -> list[int]:
    """The budgets from which on the choice of an option is another one, of every plan tried at every budget."""
    values = {test.option: test.alone.value_gbp for test in tried.tests}
    plans = [each for count in range(4) for each in itertools.combinations(COSTS, count)]

    def taken(budget: int) -> bool:
        kept = [plan for plan in plans if sum(COSTS[each] for each in plan) <= budget]
        return option in max(kept, key=lambda plan: sum(values[each] for each in plan))

    return [budget for budget in range(EACH, HIGHEST + 1, EACH) if taken(budget) != taken(budget - EACH)]


def test_the_place_drops_an_option_at_a_larger_budget(tried: Optimised) -> None:
    assert changes_of(tried, "frailty_teams") == [20_000, 30_000, 50_000, 70_000, 90_000, 100_000, 120_000]


@pytest.mark.parametrize("option", COSTS)
def test_the_nearest_change_on_either_side_is_reported_with_how_many_lie_beyond(tried: Optimised, option: str) -> None:
    changes = changes_of(tried, option)
    below, above = [each for each in changes if each < BUDGET], [each for each in changes if each > BUDGET]
    test = next(each for each in tried.tests if each.option == option)
    found = [each for each in test.switches if (each.name, each.decides) == ("investment_budget_gbp", "chosen")]
    nearest = [(side[0], len(side) - 1) for side in (below[::-1], above) if side]
    assert [(pytest.approx(at, abs=0.01), further) for at, further in nearest] == [
        (each.switches_at, each.further_number) for each in found
    ]
    for each in found:
        assert each.step == HIGHEST / 300 and (each.low, each.high) == (0, HIGHEST)
        assert each.below <= each.switches_at <= each.above <= each.below + each.step * 1.001
        assert (each.at_low_gbp > 0) != (each.at_high_gbp > 0)


def test_the_table_says_that_the_choice_changes_again(tried: Optimised) -> None:
    table = tables_of_tests(tried)[-1]
    place = tried.result.place
    rows = [
        [cell.value for cell in row] for row in table.rows if row[0].value == place.label("frailty_teams") and "budget" in str(row[1].value)
    ]
    assert [(row[2], row[-1]) for row in rows] == [
        ("it is chosen below", "changes again below: 3 more found, in steps of 800"),
        ("it is chosen above", "changes again above: 2 more found, in steps of 800"),
    ]
    assert "may be missed" in table.note

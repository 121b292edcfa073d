"""What is refused of agreements: every fault with its file and line, all in one report, and nothing that follows from another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agreement_places import AGREEMENTS, CONTACTS, TABLES, write_place

import capmodel
from capmodel.errors import BadInput

LINE = TABLES["plan_activity_number"][0]
REST = {"id": "the_rest", "label": "The rest", "mechanism": "block", "lines": {"rest": True}}


def said(folder: Path) -> list[str]:
    with pytest.raises(BadInput) as refused:
        capmodel.load(folder).run()
    return [str(problem) for problem in refused.value.problems]


def changed(i: int, **terms: Any) -> list[dict[str, Any]]:
    """The two agreements with one of them changed."""
    return [{**each, **terms} if j == i else each for j, each in enumerate(AGREEMENTS)]


def without(name: str, *keys: tuple[str, ...]) -> dict[str, Any]:
    """A table without some of its rows."""
    heads, figures = TABLES[name]
    return {name: (heads, {key: value for key, value in figures.items() if key not in keys})}


def moved(name: str, **figures: Any) -> dict[str, Any]:
    """A table with figures in the place of, or beside, its own."""
    heads, own = TABLES[name]
    return {name: (heads, {**own, **{tuple(key.split("__")): value for key, value in figures.items()}})}


LOW = [
    {
        "id": "low",
        "label": "Low volume",
        "mechanism": "low_volume_block",
        "lines": {"providers": ["clinic"]},
        "terms": {"threshold_gbp": 1000},
    }
]
PAST = ((*LINE, "past_year"), {(*CONTACTS, year): 900 for year in ("2023", "2024", "2025")})
#: What is written otherwise, and what is said of it: the one problem of the report.
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a line in two agreements": (
        {"agreements": changed(1, lines={"settings": ["acute"]})},
        "agreements.yaml, line 15: elective_care and emergency_care both cover the line acute, elective, trust, icb; a line is paid once.",
    ),
    "an agreement without lines": (
        {"agreements": changed(1, lines={"providers": ["clinic"], "settings": ["acute"]})},
        "agreements.yaml, line 12: emergency_care covers no line of service; it would pay nothing.",
    ),
    "a scope of nobody": (
        {"agreements": changed(1, lines={"points_of_delivery": ["emergncy"]})},
        "agreements.yaml, line 17: 'emergncy' is not a point of delivery of the place; the model has no row for it. Did you mean emergency?",
    ),
    "a priced line without a price": (
        {"tables": without("unit_price_gbp", ("acute", "elective"))},
        "tables/unit_price_gbp.csv: there is no unit price of acute, elective; an agreement pays its lines by price.",
    ),
    "a price of zero": (
        {"tables": moved("unit_price_gbp", acute__elective=0)},
        "tables/unit_price_gbp.csv: the unit price of acute, elective is zero; an agreement pays its lines by price.",
    ),
    "a price without a line": (
        {"tables": moved("unit_price_gbp", acute__contacts=10)},
        "tables/unit_price_gbp.csv: acute, contacts has a figure and no line of service; its unit price would have no effect.",
    ),
    "a factor of zero": (
        {"tables": moved("market_forces_index", trust=0)},
        "tables/market_forces_index.csv: the market forces factor of trust is zero; every price of the provider would be nil.",
    ),
    "a provider without a factor": (
        {"tables": without("market_forces_index", ("trust",))},
        "tables/market_forces_index.csv: there is no market forces factor of trust; its lines are paid by price and factor.",
    ),
    "a plan without activity": (
        {"tables": moved("plan_activity_number", acute__elective__trust__icb=0)},
        "tables/plan_activity_number.csv: the plan of acute, elective, trust, icb has no activity; an agreement pays the line by its activity.",
    ),
    "a block without a sum": (
        {"agreements": changed(1, mechanism="block", terms={})},
        "tables/fixed_payment_gbp.csv: there is no figure for acute, emergency, trust, icb; its agreement pays a stated sum. Add a row for it.",
    ),
    "actual activity without a line": (
        {"tables": {"actual_activity_number": (LINE, {("acute", "contacts", "trust", "icb"): 5})}},
        "tables/actual_activity_number.csv: acute, contacts, trust, icb has a figure and no line of service;",
    ),
    "no such mechanism": (
        {"agreements": changed(1, mechanism="blend")},
        "agreements.yaml, line 14: there is no mechanism 'blend' of an agreement; its file says how lines are paid. Did you mean blended?",
    ),
    "a blended payment with too many shares": (
        {"agreements": changed(1, terms={"fixed": "plan_value", "variance_share": 0.2, "above_plan_share": 0.1})},
        "a blended payment has variance_share, or above_plan_share and below_plan_share; each side of plan has one share. Write one of the two forms.",
    ),
    "a share of 20": (
        {"agreements": changed(1, terms={"fixed": "plan_value", "variance_share": 20})},
        "20 is no part of 1; a share is between 0 and 1. Write 0.2 if 20 per cent is meant.",
    ),
    "a year too few": (
        {"agreements": changed(1, terms={"fixed": "plan_value", "variance_share": {2026: 0.2}})},
        "agreements.yaml, line 20: there is no figure for 2027; each year needs one; gaps are not filled. Add it.",
    ),
    "bands that run inwards": (
        {
            "agreements": changed(
                1,
                mechanism="cost_and_volume",
                terms={
                    "fixed": "plan_value",
                    "above_plan": [{"up_to_share": 0.1, "paid_share": 1}, {"up_to_share": 0.05, "paid_share": 0.5}],
                    "below_plan": [],
                },
            )
        },
        "band 2 ends at 0.05, and begins at 0.1; bands run outwards from plan as shares of it.",
    ),
    "two that take the rest": (
        {
            "agreements": [*AGREEMENTS, {**REST, "id": "other", "label": "Others"}, REST],
            "tables": {"fixed_payment_gbp": (LINE, {CONTACTS: 1})},
        },
        "other and the_rest all take the rest; a line is paid once. Leave rest in one of them.",
    ),
    "two past years": (
        {"agreements": LOW, "tables": {"past_value_gbp": (PAST[0], dict(list(PAST[1].items())[1:]))}},
        "tables/past_value_gbp.csv: community, contacts, clinic, icb has values of 2024/25 and 2025/26 before 2026/27; its block is the mean of 3 past years.",
    ),
    "above the threshold": (
        {"agreements": LOW, "tables": {"past_value_gbp": (PAST[0], dict.fromkeys(PAST[1], 1000.01))}},
        "agreements.yaml, line 13: clinic and icb trade GBP 1,000.01 a year (2027/28), above the threshold of GBP 1,000.00; a low-volume block is for less.",
    ),
    "a Year of Care payment without that step": (
        {"agreements": [{**REST, "mechanism": "year_of_care_payment", "terms": {"units": {"one": "clinic"}}}]},
        "the place does not have the step payments; its payments are those of payments.yaml. Add payments.yaml, or use best_practice.",
    ),
    "criteria that nobody states": (
        {"agreements": changed(1, mechanism="best_practice", terms={})},
        "tables/criteria_met_share.csv: there is no figure for acute, emergency, trust, icb; its agreement pays a part of the criteria met.",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_one_problem_that_says_where_what_and_what_to_do(fault: str, tmp_path: Path) -> None:
    written, expected = FAULTS[fault]
    found = said(write_place(tmp_path, **written))
    assert len(found) == 1 and expected in found[0], found


def test_every_fault_of_every_file_is_in_one_report(tmp_path: Path) -> None:
    tables = {**moved("market_forces_index", clinic=0), **without("unit_price_gbp", ("acute", "emergency"))}
    found = said(write_place(tmp_path, changed(0, lines={"settings": ["acute"]}), tables))
    assert (
        len(found) == 3 and [any(text in each for each in found) for text in ("both cover", "no unit price", "of clinic")] == [True] * 3
    ), found


def test_what_is_set_for_a_run_is_refused_as_a_figure_of_a_table_is(tmp_path: Path) -> None:
    place = capmodel.load(write_place(tmp_path))
    with pytest.raises(BadInput, match=r"market_forces_index: the market forces factor of trust is zero"):
        place.run(changes={"market_forces_index[trust]": 0})


def test_a_table_of_agreements_without_the_file_of_the_step_says_which_file_is_missing(tmp_path: Path) -> None:
    folder = write_place(tmp_path, steps=["flows"])
    (folder / "agreements.yaml").unlink()
    assert any(
        "agreements by line of service reads plan_activity_number, and the place does not have that step" in each for each in said(folder)
    )


def _delete(folder: Path) -> None:
    (folder / "tables/plan_activity_number.csv").unlink()


def _other_keys(folder: Path) -> None:
    path = folder / "tables/plan_activity_number.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("point_of_delivery", "pod", 1), encoding="utf-8")


@pytest.mark.parametrize(("spoil", "expected"), [(_delete, "tables/plan_activity_number.csv: the file is missing"), (_other_keys, "plan_activity_number.csv, line 1: the keys are setting, pod")])  # fmt: skip
def test_without_lines_nothing_is_said_of_scopes(spoil: Callable[[Path], None], expected: str, tmp_path: Path) -> None:
    folder = write_place(tmp_path)
    spoil(folder)
    found = said(folder)
    assert expected in found[0] and len(found) == 1, found

"""What a place of recorded spend may leave out, and what is refused of its tables, in one report."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorded_place import COUNCIL, NHS, record_place, refused, valued

import capmodel
from capmodel.errors import BadInput
from capmodel.model import Result
from capmodel.workbook.sheets import make_book

COST = "tables/recorded_cost_gbp.csv"
FIRST = "mostly_healthy_children,primary,gp_federations,nhs_commissioner"


FED = tuple(
    ["recorded_cost_gbp", "apportioned_cost_gbp", "recorded_persons", "accounts_gbp", "accounts_given_flag", "scaled_flag", "unlinked_gbp"]
)


@pytest.fixture
def fed(broken: Path, result: Result) -> Path:
    """A copy to break."""
    record_place(broken, result)
    return broken


def edited(folder: Path, file: str, old: str, new: str) -> Path:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


# ------------------------------------------------------------------ what a place may leave out


def test_without_groups_each_segment_is_a_group_of_its_own(fed: Path) -> None:
    place = (fed / "place.yaml").read_text(encoding="utf-8")
    head, rest = place.split("  group:\n", 1)
    rest = rest[rest.index("  age_band:") :]
    for group in ("mostly_healthy", "elderly_chronic", "severe_complex", "chronic_residual"):
        rest = rest.replace(f" group: {group},", "")
    rest = rest.replace(", price_year: 2015, base_year: 2025", "")
    (fed / "place.yaml").write_text(head + rest, encoding="utf-8")
    options = (fed / "options.yaml").read_text(encoding="utf-8")
    for group, segment in {
        "mostly_healthy": "mostly_healthy_adults",
        "elderly_chronic": "chronic_elderly",
        "severe_complex": "physical_disability_elderly",
        "chronic_residual": "chronic_adults",
    }.items():
        options = options.replace(f"group: {group}", f"group: {segment}")
    (fed / "options.yaml").write_text(options, encoding="utf-8")
    for path in (fed / "tables").glob("group_*.csv"):
        path.unlink()
    for name in ("anchor_flag", "calibrated_flag"):
        (fed / "tables" / f"{name}.csv").unlink()
    done = capmodel.load(fed).run()
    assert done.passed
    assert make_book(done).layout.homes


def test_an_empty_segment_has_no_budget_and_a_price_of_zero(fed: Path) -> None:
    path = fed / "tables/recorded_persons.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text(
        "\n".join("cancer_children,0,local,p90,2026,x" if t.startswith("cancer_children,") else t for t in lines) + "\n", encoding="utf-8"
    )
    path = fed / COST
    cells = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("\n".join(",".join([*c[:4], "0", *c[5:]] if c[0] == "cancer_children" else c) for c in cells) + "\n", encoding="utf-8")
    done = capmodel.load(fed).run()
    assert done.passed
    for table, line in (("capitation", "allocation_gbp"), ("segment_budget", "year_of_care_gbp"), ("segment", "base_price_gbp_per_person")):
        figures = [value for key, value in done.column(table, line).items() if key[0] == "cancer_children"]
        assert figures == [0.0] * len(figures) != []


def test_an_aggregate_place_may_keep_recorded_tables(fed: Path, result: Result) -> None:
    edited(fed, "place.yaml", "basis: person-level", "basis: aggregate")
    done = capmodel.load(fed).run()
    assert "recorded_cost_gbp" not in done.place.columns
    assert done.column("envelope", "envelope_gbp") == result.column("envelope", "envelope_gbp")


# ------------------------------------------------------------------ bad input, one report


def dropped(folder: Path, file: str, start: str) -> Path:
    path = folder / file
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(start)]
    assert len(kept) == len(lines) - 1
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return folder


def test_a_gap_is_refused(fed: Path) -> None:
    (problem,) = refused(dropped(fed, COST, FIRST))
    assert "recorded_cost_gbp.csv: there is no figure for" in problem
    assert "gaps are never filled" in problem


def test_a_cost_below_zero_is_refused_with_its_line(fed: Path) -> None:
    (problem,) = refused(valued(fed, COST, FIRST, "-12.50"))
    assert problem.startswith("recorded_cost_gbp.csv, line 2: recorded_cost_gbp is -12.5; it cannot be below zero")


def test_a_cost_below_zero_cannot_be_set_or_typed(fed: Path) -> None:
    place = capmodel.load(fed)
    with pytest.raises(BadInput, match="it cannot be below zero"):
        place.run(changes={f"recorded_cost_gbp[{FIRST}]": -1})
    with pytest.raises(BadInput, match="it cannot be below zero"):
        place.run(changes={f"apportioned_cost_gbp[{FIRST}]": -1})
    with pytest.raises(BadInput, match="it cannot be below zero"):
        place.run(changes={f"unlinked_gbp[{NHS},primary]": -1})


def test_an_unknown_payer_is_refused_once(fed: Path) -> None:
    problems = refused(edited(fed, COST, FIRST, FIRST.replace(NHS, "nhs_comissioner")))
    assert any(
        "line 2: 'nhs_comissioner' is not a party of the place" in problem and "Did you mean nhs_commissioner" in problem
        for problem in problems
    )


@pytest.mark.parametrize("name", FED)
def test_a_missing_file_is_refused(name: str, fed: Path) -> None:
    (fed / "tables" / f"{name}.csv").unlink()
    (problem,) = refused(fed)
    assert problem.startswith(f"tables/{name}.csv: the file is missing")


def test_every_missing_file_is_in_one_report(fed: Path) -> None:
    for name in FED:
        (fed / "tables" / f"{name}.csv").unlink()
    (problem,) = refused(fed)
    assert problem.startswith("; ".join(f"tables/{name}.csv" for name in FED)) and "the file is missing" in problem


def test_recorded_spend_without_an_account_is_refused(fed: Path) -> None:
    (problem,) = refused(dropped(fed, "tables/accounts_gbp.csv", f"{NHS},primary"))
    assert problem.startswith(f"accounts_gbp.csv: there is no figure for {NHS}, primary")


def test_scaling_without_an_account_is_refused(fed: Path) -> None:
    edited(fed, "tables/scaled_flag.csv", f"{NHS},primary", f"{COUNCIL},primary,1,local,p90,2026,x\n{NHS},primary")
    problem = refused(fed)[0]
    assert problem.startswith("accounts_gbp.csv; ") and "there is no figure for council, primary" in problem


def test_parts_of_a_penny_are_refused(fed: Path) -> None:
    (problem,) = refused(valued(fed, COST, FIRST, "12.505"))
    assert "is 12.505; money is recorded to the penny. Write 12.51" in problem


def test_a_place_without_people_is_refused(fed: Path) -> None:
    path = fed / "tables/recorded_persons.csv"
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([head, *(f"{line.split(',')[0]},0,local,p90,2026,x" for line in lines)]) + "\n", encoding="utf-8")
    assert any("the population is zero" in problem for problem in refused(fed))


def test_a_base_year_that_the_price_index_lacks_is_refused(fed: Path) -> None:
    text = (fed / "place.yaml").read_text(encoding="utf-8")
    text = text.replace("base_year: 2025\nyears: [2026, 2027, 2028, 2029, 2030]", "base_year: 1925\nyears: [1926]")
    (fed / "place.yaml").write_text(text, encoding="utf-8")
    assert any("the base year is 1925" in problem for problem in refused(fed))

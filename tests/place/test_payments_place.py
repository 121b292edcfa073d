"""A place with Year of Care payments: it runs and is verified, says what it paid, and no person of its roster is in any output."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import yaml

import capmodel
from capmodel.cli import main

PLACE = {
    "id": "town", "title": "Town", "edition": "1", "as_at": "2026-11-01", "national": "england/2025.1", "base_year": 2025,
    "years": [2026, 2027], "basis": "aggregate", "dimensions": {},
}  # fmt: skip
PAYMENTS = {
    "id": "payments", "title": "Payments", "status": "illustrative", "source": "p90", "roster": {"file": "roster.csv", "status": "local"},
    "paid": "yearly", "judged": "person", "rule": "all_or_nothing", "linked_share": {2026: 1, 2027: 0.5},
    "bands": [{"id": "child", "label": "Child", "price_gbp_per_person": {2026: 1200, 2027: 1200}, "status": "published"}],
    "units": [{"id": "clinic", "label": "Clinic"}], "criteria": [{"id": "tests", "label": "Tests"}, {"id": "feet", "label": "Feet"}],
    "interval": {"deviates_number": 1.96, "list_sizes": [50]},
}  # fmt: skip


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A place with payments alone, of a roster of persons."""
    assert main(["new", "town", "--root", str(tmp_path / "assumptions"), "--with", "payments", "--years", "2026-2027", "--segments", "a", "--parties", "b:provider,c:payer"]) == 0  # fmt: skip
    folder = tmp_path / "assumptions/places/town"
    for name in ("payments-roster.csv", "payments-results.csv"):
        (folder / name).unlink()
    roster = "person,unit,band,year,months,tests,feet\n"
    for year in (2026, 2027):
        roster += "".join(f"SECRET{i},clinic,child,{year},12,1,{int(i > 1)}\n" for i in range(10))
    files = {"place.yaml": PLACE, "payments.yaml": PAYMENTS, "sources.yaml": {"p90": {"title": "Test", "publisher": "Us"}}}
    files["scenarios.yaml"] = {"base": {"label": "Base case", "set": {}, "status": "illustrative", "source": "p90"}}
    for name, content in files.items():
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    (folder / "roster.csv").write_text(roster, encoding="utf-8")
    return folder


def test_it_runs_is_verified_and_holds_no_person(town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["run", str(town), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "Payment £9,600.00; £2,400.00 of the linked part is not earned" in printed
    assert "lost alone: Feet £2,400.00; by the size of its list between £5,881.88 and £11,319.83" in printed
    # Two people fail one criterion alone, in each of two years.
    assert "Small numbers: 2 counts of people by criterion are from 1 to 4; give the workbook to those only who may see them" in printed
    assert main(["verify", str(out / "town.xlsx"), "--place", str(town)]) == 0
    assert main(["explain", str(town), "payment_unit_year.unit_payment_gbp[clinic,2026]"]) == 0
    assert "Clinic, 2026/27 = £9,600.00" in capsys.readouterr().out
    assert "SECRET" not in (out / "town.json").read_text(encoding="utf-8")
    with zipfile.ZipFile(out / "town.xlsx") as book:
        assert not any(b"SECRET" in book.read(name) for name in book.namelist())


def test_each_figure_has_the_provenance_of_its_entry(town: Path) -> None:
    columns = capmodel.load(town).columns
    statuses = {name: {figure.status for figure in columns[name].figures.values()} for name in ("payment_months_persons", "payment_price_gbp_per_person", "payment_linked_share")}  # fmt: skip
    assert statuses == {
        "payment_months_persons": {"local"},
        "payment_price_gbp_per_person": {"published"},
        "payment_linked_share": {"illustrative"},
    }


def test_a_change_of_the_roster_changes_the_fingerprint_of_the_place(town: Path) -> None:
    before = capmodel.load(town).pack.editions[-1].sha256
    roster = town / "roster.csv"
    roster.write_text(
        roster.read_text(encoding="utf-8").replace("SECRET1,clinic,child,2026,12", "SECRET1,clinic,child,2026,11"), encoding="utf-8"
    )
    assert capmodel.load(town).pack.editions[-1].sha256 != before


def test_a_source_that_is_not_listed_is_refused_with_its_line(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = {**PAYMENTS, "bands": [{**PAYMENTS["bands"][0], "source": "s404"}]}  # type: ignore[index, dict-item]
    (town / "payments.yaml").write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf-8")
    assert main(["run", str(town)]) == 2
    assert "the source 's404' is not in sources.yaml" in capsys.readouterr().err


def test_criteria_without_a_linked_part_are_said_to_have_no_effect(town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = {**PAYMENTS, "linked_share": {2026: 0, 2027: 0}}
    (town / "payments.yaml").write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf-8")
    assert main(["run", str(town), "--out", str(tmp_path / "out")]) == 0
    assert "NO EFFECT: the criteria, since linked_share is 0 in every year" in capsys.readouterr().out

"""Places with long-term-condition bands and with the split of hospital spells: what a run prints, explains and verifies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from capmodel.cli import main
from capmodel.place.beside import BESIDE
from capmodel.place.steps import with_steps_beside

EACH = {2026: 10.0, 2027: 10.0}
BANDS: dict[str, Any] = {
    "id": "bands", "title": "Bands", "status": "illustrative", "source": "o01", "scheme": "year_of_care",
    "death_year_share": 0.5, "entry_year_share": 0.5, "stated_persons": 1500,
    "bands": [
        {"id": "band_b", "people": 1000, "death_share": 0.01, "moves": {"band_c": 0.1}, "entries": EACH, "price_gbp_per_person": EACH},
        {"id": "band_c", "people": 500, "death_share": 0.1, "entries": {2026: 0, 2027: 0}},
    ],
}  # fmt: skip
SPLIT: dict[str, Any] = {
    "id": "rehabilitation", "title": "Split", "status": "illustrative", "source": "o01",
    "parties": [{"id": "icb", "label": "Board"}, {"id": "trust", "label": "Trust"}, {"id": "home", "label": "Community trust"}],
    "groups": [
        {
            "id": name, "label": label, "split_day": split, "tariff_gbp": {2026: 2000, 2027: 2000}, "bed_day_gbp": {2026: 250, 2027: 250},
            "stays": [{"days": 10, "spells": EACH}, {"days": 20, "spells": EACH}],
            "payer": "icb", "acute": "trust", "received_by": {"home": 1},
        }
        for name, label, split in (("hip", "Hip fracture", 8), ("knee", "Knee", 30))
    ],
}  # fmt: skip


@pytest.fixture
def town(tmp_path: Path) -> Callable[..., Path]:
    """A place of one step, with its file."""

    def made(step: str, stated: dict[str, Any], *options: str) -> Path:
        assert main(["new", "town", "--root", str(tmp_path / "assumptions"), "--with", step, "--years", "2026-2027", *options]) == 0
        folder = tmp_path / "assumptions/places/town"
        (folder / f"{step}.yaml").write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
        return folder

    return made


def test_bands_are_printed_with_their_steady_state(town: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = town("bands", BANDS)
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "2026/27: 1,500 people, 60.0 die, 10.0 enter, 100.0 change their band, 1,450.0 at the end; budget £10,000.00" in printed
    assert "Band C, three to five conditions: 475.0 person-years, no price: outside the currency" in printed
    # Of B 11% leave a year and 10 enter; of C a tenth dies and a tenth of B comes.
    assert (
        "Steady state, if the rates and entries of 2027/28 stay: Band B, two conditions 90.9; Band C, three to five conditions 90.9."
        in printed
    )
    assert main(["compare", str(folder), str(folder), "--figure", "ltc_all.all_budget_gbp[2027]"]) == 0


def test_the_split_is_printed_with_its_floor_its_gains_and_what_has_no_effect(
    town: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = town("rehabilitation", SPLIT, "--parties", "icb:payer,trust:provider")
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    # 10 x 2 days x 250 is 5,000; 10 x 12 days x 250 is 30,000 against a tariff of 20,000.
    assert "2026/27: tariff £80,000.00, acute part £55,000.00, RRR part £25,000.00" in printed
    assert "Trust: receives £55,000.00, £25,000.00 less by the split" in printed
    assert (
        "Hip fracture, stays of 20 days: RRR bed days cost £10,000.00 more than the tariff, which is unpaid; the acute part is zero"
        in printed
    )
    assert "NO EFFECT: the split point of Knee, since no stay is longer" in printed
    assert main(["verify", str(tmp_path / "town.xlsx"), "--place", str(folder)]) == 0
    assert main(["explain", str(folder), "rehabilitation_stay.stay_acute_gbp[hip,stay_10,2026]"]) == 0
    assert "Hip fracture, Stays of 10 days, 2026/27 = £15,000.00" in capsys.readouterr().out


def test_no_step_beside_the_chain_has_a_table_or_an_input_of_a_name_of_another_so_that_a_place_may_have_any_of_them() -> None:
    beside = {name for name, _ in BESIDE.values()}
    steps = with_steps_beside()
    for step in (step for step in steps if step.name in beside):
        given = {table for each in step.given.values() for way in each for table in way.tables}
        own = [table for table in step.every_table if table not in given]
        others = {table for other in steps if other.name != step.name for table in other.every_table} - set(own)
        names = {table.name for table in others} | {name for table in others for name in table.inputs}
        shared = {table.name for table in own} | {name for table in own for name in table.inputs}
        assert not shared & names, step.name


def test_an_id_has_one_label_in_all_files_of_a_place(town: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    folder = town("rehabilitation", SPLIT, "--parties", "icb:payer,trust:provider")
    band = {"label": "Hospital", "id": "trust", "price_gbp_per_person": {2026: 1, 2027: 1}}
    payments = {
        "id": "payments", "title": "Payments", "status": "illustrative", "source": "o01", "roster": {"file": "roster.csv"},
        "results": {"file": "results.csv"}, "paid": "yearly", "judged": "unit", "rule": "all_or_nothing", "linked_share": {2026: 1, 2027: 1},
        "bands": [band], "units": [{"id": "one", "label": "One"}], "criteria": [{"id": "tests", "label": "Tests"}],
        "interval": {"deviates_number": 1.96, "list_sizes": [50]},
    }  # fmt: skip
    (folder / "payments.yaml").write_text(yaml.safe_dump(payments, sort_keys=False), encoding="utf-8")
    (folder / "roster.csv").write_text("unit,band,year,months\none,trust,2026,12\none,trust,2027,12\n", encoding="utf-8")
    (folder / "results.csv").write_text("unit,criterion,year,met,of\none,tests,2026,1,\none,tests,2027,1,\n", encoding="utf-8")
    place = yaml.safe_load((folder / "place.yaml").read_text(encoding="utf-8"))
    place["steps"].append("payments")
    (folder / "place.yaml").write_text(yaml.safe_dump(place, sort_keys=False), encoding="utf-8")
    assert main(["run", str(folder)]) == 2
    assert "trust is called 'Trust', and 'Hospital' in payments.yaml; a place has one label for an id" in capsys.readouterr().err

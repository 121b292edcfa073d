"""A blank place has the user's own rows and no figure: a run says in one report how many are missing, and takes no blank for zero."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from place_kinds import edit

import capmodel
from capmodel.cli import main
from capmodel.commands.new import STEPS
from capmodel.errors import BadInput
from capmodel.place.steps import NAMES

ROWS = ["--years", "2026-2027", "--segments", "well,frail", "--settings", "hospital,home", "--parties", "icb:payer,trust:provider"]
OF_CONTRACT = ["--years", "2026,2027", "--settings", "hospital,home", "--parties", "icb:payer,trust:provider"]
KINDS = {
    "spend": ROWS,
    "spend,capitation": ROWS,
    "spend,capitation,contract": ROWS,
    "contract": OF_CONTRACT,
    "options": [*ROWS, "--options", "wards"],
    "pool": OF_CONTRACT,
    "rehabilitation": ["--years", "2026,2027", "--parties", "icb:payer,trust:provider"],
    "bands": ["--years", "2026,2027"],
    "flows": OF_CONTRACT,
    "packages": ["--years", "2026,2027"],
    "payments": ["--years", "2026,2027", "--segments", "well,frail", "--parties", "icb:payer,trust:provider"],
    "months": ROWS,
    "months,outturn": ROWS,
    "agreements": OF_CONTRACT,
    "agreements,contract": OF_CONTRACT,
    "holders": ["--years", "2026,2027"],
    "contract,options": [*ROWS, "--options", "wards"],
}
#: A figure for each column; a share of a whole is spread over the rows of it.
FIGURES = {
    "group_persons": 1000, "group_price_gbp_per_person": 2000, "published_price_gbp_per_person": 1500, "group_share": 0.5,
    "setting_share": 0.5, "provider_share": 1, "payer_share": 1, "calibrated_flag": 1, "anchor_flag": 1, "fitted_need_index": 1,
    "population_growth_share": 0.01, "in_scope_flag": 1, "setting_pressure_share": 0, "release_share": 0.4, "budget_gbp": 500_000,
    "agreed_target_gbp": 500_000, "actual_cost_gbp": 450_000,
    "plan_activity_number": 100, "unit_price_gbp": 5000, "market_forces_index": 1.01,
}  # fmt: skip
#: The rows of the tables beside the file of a step.
BESIDE = {
    "payments-roster.csv": "".join(f"trust,{band},{year},120\n" for band in ("well", "frail") for year in (2026, 2027)),
    "outturn.csv": "hospital,trust,icb,2026,apr,40000\n",
    "payments-results.csv": "".join(f"trust,criterion_1,{year},9,10\n" for year in (2026, 2027)),
}
ASSUMED = {"mostly_healthy_people_share": 1, "demand_pressure_share": -0.1, "investment_budget_gbp": 100_000}


def test_the_help_of_new_names_every_step() -> None:
    assert sorted(STEPS.split(", ")) == sorted(NAMES)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    def made(steps: str, *options: str) -> Path:
        assert main(["new", "town", "--root", str(tmp_path / "assumptions"), "--with", steps, *(options or KINDS[steps])]) == 0
        return tmp_path / "assumptions/places/town"

    return made


def refusal(folder: Path) -> str:
    with pytest.raises(BadInput) as error:
        capmodel.load(folder)
    return str(error.value)


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def is_figure(heading: str) -> bool:
    return heading == "value" or heading.isdigit() or heading in FIGURES


def blanks(folder: Path) -> int:
    """Cells of figures that are blank, counted from the files."""
    found = 0
    for path in (folder / "tables").glob("*.csv"):
        found += sum(not cell for row in rows_of(path) for name, cell in row.items() if is_figure(name))
    for path in folder.glob("*.yaml"):
        text = re.sub(r"\b(status|source|as_at|note|to): null", "", path.read_text(encoding="utf-8"))
        found += len(re.findall(r": null\b", text))
    return found


def entered(stated: Any, name: str = "") -> Any:
    """The file of a step beside the chain with every blank entered."""
    if isinstance(stated, dict):
        return {key: entered(each, key if isinstance(key, str) else name) for key, each in stated.items()}
    if isinstance(stated, list):
        return [entered(each, name) for each in stated]
    if stated is not None:
        return stated
    words = {"status": "local", "source": "o01", "trust": 1}
    return words.get(name, 0.1 if name.endswith("share") or name.startswith("band_") else 2)


def fill(folder: Path) -> None:
    """Enter every figure, each with its status and source."""
    for path in (folder / "tables").glob("*.csv"):
        rows = rows_of(path)
        for row in rows:
            row |= {name: str(FIGURES.get(name, FIGURES.get(path.stem))) for name in row if is_figure(name)}
            row |= {"status": "local", "source": "o01", "as_at": "2026-11", "note": ""}
        with path.open("w", encoding="utf-8", newline="") as file:
            if rows:
                writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
            else:
                file.write("setting,value,status,source,as_at,note\n")
    known = {"status": "local", "source": "o01"}

    def parameters(stated: dict[str, Any]) -> None:
        for name, each in stated.items():
            figure = ASSUMED.get(name, 0)
            each |= known | ({"values": dict.fromkeys(each["values"], figure)} if "values" in each else {"value": figure})
            each["as_at"] = "2026-11"

    def contract(stated: dict[str, Any]) -> None:
        stated |= {**known, "variance_held_by": "payer", "residual_party": "icb", "outcomes": {"mode": "none"}}
        for side in stated["bands"].values():
            side[0]["shares"] = {"icb": 0.5, "trust": 0.5}
        stated["parties"] = {"icb": {"at_risk": False}, "trust": {"at_risk": True}}

    def options(stated: dict[str, Any]) -> None:
        for each in stated["options"]:
            each |= {"paid_by": "icb", "cost": dict(known), "delivery": dict(known)}
            each |= {name: dict.fromkeys(each[name], 1) for name in ("setup_cost_gbp", "running_cost_gbp", "delivery_share")}
            effect = {"id": "fewer_days", "group": "all_people", "setting": "hospital", "effect_share": 0.1, "reach_share": 0.5}
            each["effects"] = [effect | {f"{name}_{of}": by for name in ("effect", "reach") for of, by in known.items()}]
        stated["perspective"] = {"weights": {"icb": 1, "trust": 1}, **known}

    def pool(stated: dict[str, Any]) -> None:
        stated |= {**known, "host": "icb"}
        for each in stated["partners"].values():
            each["contribution_gbp"] = dict.fromkeys(each["contribution_gbp"], 100)
        for each in stated["lines"]:
            each |= {name: dict.fromkeys(each[name], 100) for name in ("budget_gbp", "spend_gbp")}

    def flows(stated: dict[str, Any]) -> None:
        # What each of the two settings moves in each year is taken off the payer's position and added to the provider's.
        stated |= known
        for each in stated["flows"]:
            each["gbp"] = dict.fromkeys(each["gbp"], 50)
        for each, sign in zip(stated["organisations"], (-1, 1), strict=True):
            years = list(each["opening_gbp"])
            each["opening_gbp"] = {year: sign * 100 * i for i, year in enumerate(years)}
            each["closing_gbp"] = {year: sign * 100 * (i + 1) for i, year in enumerate(years)}

    def held(stated: dict[str, Any]) -> dict[str, Any]:
        # The first holder pays the budget of the second.
        for each, budget in zip(stated["holders"], (100, 60), strict=True):
            each |= {name: 0.5 for name in each if name.endswith("_share")} | {"people": 10}
            each["services"]["service_1"] = {"budget_gbp": {2026: budget, 2027: budget}, "cost_gbp": {2026: 50, 2027: 50}}
        return {**stated, **known}

    for file, rows in BESIDE.items():
        if (folder / file).is_file():
            (folder / file).write_text((folder / file).read_text() + rows, encoding="utf-8")
    for file in ("packages.yaml", "payments.yaml", "bands.yaml", "rehabilitation.yaml"):
        if (folder / file).is_file():
            edit(folder / file, lambda stated: stated.update(entered(stated)))
    if (folder / "agreements.yaml").is_file():
        edit(folder / "agreements.yaml", lambda stated: stated.update(known))
        edit(folder / "agreements.yaml", lambda stated: stated["agreements"][0].update(mechanism="activity_at_unit_prices"))
    if (folder / "holders.yaml").is_file():
        edit(folder / "holders.yaml", lambda stated: stated.update(held(stated)))
    if (folder / "outturn.yaml").is_file():
        edit(folder / "outturn.yaml", lambda stated: stated.update(known, rule="budget"))
    for name, change in {"parameters": parameters, "contract": contract, "options": options, "pool": pool, "flows": flows}.items():
        if (folder / f"{name}.yaml").is_file():
            edit(folder / f"{name}.yaml", change)


@pytest.mark.parametrize("steps", KINDS)
def test_a_blank_place_says_in_one_report_what_is_still_to_be_entered(
    steps: str, make: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make(steps)
    capsys.readouterr()
    assert main(["run", str(folder), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "1 problem found" in said
    assert f": {blanks(folder)} figures are still to be entered (" in said and "a blank is a missing figure, never zero" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("steps", KINDS)
def test_a_blank_place_runs_and_is_verified_once_every_figure_is_entered(
    steps: str, make: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make(steps)
    fill(folder)
    assert main(["run", str(folder), "--out", str(tmp_path)]) == 0, capsys.readouterr().err
    assert main(["verify", str(tmp_path / "town.xlsx"), "--place", str(folder)]) == 0, capsys.readouterr().out


def test_one_figure_that_is_left_blank_is_asked_for_and_never_taken_for_zero(make: Callable[..., Path]) -> None:
    folder = make("contract")
    fill(folder)
    table = folder / "tables/target_and_actual.csv"
    table.write_text(re.sub(r"home,trust,icb,2027,.*", "home,trust,icb,2027,,,,,,", table.read_text()))
    assert "2 figures are still to be entered (tables/target_and_actual.csv 2)" in refusal(folder)


def test_rows_are_the_users_own(make: Callable[..., Path]) -> None:
    folder = make("spend,capitation", *ROWS[:2], "--segments", "well:adults,frail:older", "--age-bands", "adults,older", *ROWS[4:])
    place = yaml.safe_load((folder / "place.yaml").read_text())
    assert place["years"] == [2026, 2027] and place["base_year"] == 2025 and place["steps"] == ["spend", "capitation"]
    assert [(each["id"], each["age_band"]) for each in place["dimensions"]["segment"]] == [("well", "adults"), ("frail", "older")]
    growth = rows_of(folder / "tables/population_growth_share.csv")
    assert [row["age_band"] for row in growth] == ["adults", "older"] and {"2026", "2027"} <= set(growth[0])
    assert "t01" not in "".join(path.read_text() for path in folder.rglob("*.*"))


def test_what_is_missing_is_said_where_nobody_can_be_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "town", "--root", str(tmp_path), "--with", "contract", "--years", "2026"]) == 2
    said = capsys.readouterr().err
    assert "2 problems found" in said and "--settings hospital,community" in said and "--parties icb:payer,trust:provider" in said
    assert not (tmp_path / "places").exists()


def test_on_a_terminal_each_question_is_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []
    answers = {"step": "contract", "year": "2026-2027", "setting": "hospital", "part": "icb:payer,trust:provider"}

    def answer(question: str) -> str:
        asked.append(question)
        return next(text for word, text in answers.items() if word in question)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", answer)
    assert main(["new", "town", "--root", str(tmp_path), "--with"]) == 0, capsys.readouterr().err
    assert len(asked) == 4
    assert rows_of(tmp_path / "places/town/tables/target_and_actual.csv")[1]["year"] == "2027"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--with", "spend,capitaton", *ROWS], ["'capitaton' is no step", "Did you mean capitation"]),
        (["--with", "capitation", *ROWS], ["capitation needs segment spend", "Add spend"]),
        (["--with", "spend", *ROWS[:6], "--parties", "icb,trust:provder"], ["icb has no role", "trust has the role 'provder'"]),
        (["--with", "spend", *ROWS, "--options", "wards"], ["--options: it would have no effect"]),
        (["--with", "contract", *OF_CONTRACT, "--segments", "well"], ["--segments: it would have no effect"]),
        (["--with", "spend", "--years", "2026,2028", *ROWS[2:]], ["they run on without a gap"]),
        (["--with", "spend", "--years", "soon", *ROWS[2:]], ["'soon' is no year"]),
        (["--with", "spend", *ROWS[:4], "--settings", "well,home", *ROWS[6:]], ["the id well is there twice"]),
        (["--with", "spend", *ROWS[:2], "--segments", "Well off,frail", *ROWS[4:]], ["the id 'Well off' cannot be used"]),
        (["--with", "spend", "--from", "north-west-london", *ROWS], ["a place is a copy or it is blank"]),
        (["--from", "south-east-london"], ["only the example is copied"]),
        (["--segments", "well"], ["--segments: it is given without --with"]),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_in_one_report(
    options: list[str], expected: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "town", "--root", str(tmp_path), *options]) == 2
    said = capsys.readouterr().err
    assert all(text in said for text in expected), said
    assert not (tmp_path / "places").exists()


def test_the_example_is_copied_by_its_name_as_without_any_option(tmp_path: Path) -> None:
    assert main(["new", "town", "--root", str(tmp_path / "a")]) == 0
    assert main(["new", "town", "--root", str(tmp_path / "b"), "--from", "north-west-london"]) == 0
    one, other = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*.*")} for root in (tmp_path / "a/places", tmp_path / "b/places")
    )
    assert one == other

"""`capmodel optimise`: what it writes and prints, the same bytes again, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from place_kinds import of_kind

from capmodel.cli import main
from capmodel.version import __version__

PARTIES, SWITCHING, OPTIONS, RECORD, BOOK = (
    f"small-place-options{ending}" for ending in ("-parties.csv", "-switching.csv", ".csv", ".json", ".xlsx")
)
OTHERS = [f"small-place-options-{name}.csv" for name in ("plans", "cases", "budgets", "between")]
NAMES = sorted([PARTIES, SWITCHING, OPTIONS, RECORD, BOOK, *OTHERS])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_optimise_writes_a_record_and_tables_and_the_same_bytes_again(
    small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("a", "b"):
        assert main(["optimise", str(small.folder), "--solver", "enumerate", "--out", str(tmp_path / folder)]) == 0
    printed = capsys.readouterr().out
    assert "A small place, scenario base: 1 of 5 options chosen, worth -£" in printed and "proved best" in printed
    for title in (
        "What each option is worth",
        "Cash of the system",
        "What each party gains",
        "with the other decision",
        "Switching values",
        "Plans side by side",
        "The best plan at other investment budgets",
        "Plans that no other beats for both the system and NHS commissioner",
    ):
        assert title in printed
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == NAMES
    for name in NAMES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    record = json.loads((tmp_path / "a" / RECORD).read_text(encoding="utf-8"))
    made = record["manifest"]
    assert len(made["packs"]) == 2 and made["as_at"] and made["run"] == small.result.run_id
    assert record["plan"]["solver"] == "enumerate" and record["plan"]["version"] == f"capmodel {__version__}"
    assert record["plan"]["objective_gbp"] == round(small.result.plan.objective_gbp, 2) and record["plan"]["gap_share"] == 0
    assert record["answers_not_proved"] == 0 < record["questions"]
    options, parties, switches = (rows_of(tmp_path / "a" / name) for name in (OPTIONS, PARTIES, SWITCHING))
    assert [row["option"] for row in options] == [test["option"] for test in record["options"]] == list(small.place.choices.options)
    assert len(parties) == len(options) * len(small.place.pack.dimensions["party"])
    assert len(switches) == sum(len(test["switches"]) for test in record["options"]) > 0
    plans, cases = (rows_of(tmp_path / "a" / f"small-place-options-{name}.csv") for name in ("plans", "cases"))
    assert (
        [row["rule"] for row in plans]
        == [plan["rule"] for plan in record["under_uncertainty"]["plans"]]
        == ["mean", "blend", "safe", "budgeted"]
    )
    assert [row["case"] for row in cases] == ["base", "prudent", "stretch"] and record["under_uncertainty"]["seed"] is None
    for row, test in zip(options, record["options"], strict=True):
        assert (
            float(row["value_gbp"]) == test["alone"]["value_gbp"] == round(small.result.column("start", "value_gbp")[(row["option"],)], 2)
        )


def test_a_plan_that_nothing_proved_is_not_called_best(small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    from dataclasses import replace

    from capmodel.reinvestment.solvers import enumerate as tries

    whole = tries.solve
    monkeypatch.setattr(
        tries, "solve", lambda problem, limit: replace(whole(problem, limit), proved=False, bound=1e9, status="Time limit reached")
    )
    assert main(["optimise", str(small.folder), "--solver", "enumerate", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "not proved best: at most £1,000,000,000.00 is possible" in printed and "answers of the solver are not proved best" in printed
    assert json.loads((tmp_path / RECORD).read_text(encoding="utf-8"))["options"][1]["in_plan"]["proved"] is False


def test_a_scenario_and_changes_are_part_of_the_names_and_what_has_no_effect_is_said(
    small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = ["--scenario", "prudent", "--set", "investment_budget_gbp=50,000,000", "--set", "cost_gbp=1"]
    assert main(["optimise", str(small.folder), *changes, "--out", str(tmp_path)]) == 2
    assert "Nothing was written" in capsys.readouterr().err and not list(tmp_path.iterdir())
    arguments = ["--solver", "enumerate", "--scenario", "prudent", "--set", "recycle_share=1", "--seed", "7", "--failures", "99"]
    assert main(["optimise", str(small.folder), *arguments, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "Set for this run: recycle_share = 1" in printed
    assert "NO EFFECT: --seed changes nothing: there are no draws" in printed
    assert "NO EFFECT: --failures changes nothing: the effects of all options are " in printed
    assert (tmp_path / "small-place-prudent-changed-options.json").is_file()


def test_a_place_without_options_is_refused_as_by_any_command_that_needs_them(
    small: Any, small_broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = of_kind("no options", small_broken, small.result)
    assert main(["optimise", str(folder), "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert "Nothing was written" in message and "options.yaml" in message and not (tmp_path / "out").exists()


def test_everything_that_cannot_be_asked_is_in_one_report(small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ["--weight", "base", "--weight", "prudent=1,5", "--level", "2", "--near", "-1", "--time-limit", "0", "--budgets", "1,two"]
    wrong += ["--between", "system", "--feasible-in", "nowhere", "--draws", "-1", "--set", "nothing=1"]
    assert main(["optimise", str(small.folder), *wrong, "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    for words in ("--weight base", "--weight prudent=1,5", "--level", "--near", "--time-limit", "--budgets", "--between", "--set nothing"):
        assert words in message, words
    assert "Traceback" not in message and not (tmp_path / "out").exists()


def test_draws_are_recorded_with_their_seed(small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--solver", "enumerate", "--draws", "4", "--seed", "7", "--weight", "draws=0.5", "--weight", "prudent=0.5", "--budgets", "1"]
    assert main(["optimise", str(small.folder), *asked, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "prudent 0.5, 4 draws about base 0.5 together (seed 7); as stated" in printed and "Drawn: efficiency_share" in printed
    record = json.loads((tmp_path / RECORD).read_text(encoding="utf-8"))["under_uncertainty"]
    assert (record["seed"], record["draws"]) == (7, 4) and len(record["cases"]) == 7 and record["drawn"]
    assert len(rows_of(tmp_path / "small-place-options-budgets.csv")) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--solver", "guess"], "guess"),
        (["--scenario", "none"], "there is no scenario 'none'"),
        (["--set", "investment_budget_gbp=1"], "choice of options keeps every constraint"),
    ],
)
def test_what_cannot_be_optimised_is_refused_and_nothing_is_written(
    arguments: list[str], words: str, small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["optimise", str(small.folder), *arguments, "--out", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert words in message and "Traceback" not in message and not list(tmp_path.iterdir())


def test_options_of_given_budgets_are_tested_without_a_contract(
    small: Any, small_broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = of_kind("options of given budgets", small_broken, small.result)
    stated = yaml.safe_load((folder / "options.yaml").read_text(encoding="utf-8"))
    assert main(["optimise", str(folder), "--solver", "enumerate", "--out", str(tmp_path)]) == 0
    rows = rows_of(tmp_path / f"{folder.name}-options.csv")
    assert [row["option"] for row in rows] == [option["id"] for option in stated["options"]]

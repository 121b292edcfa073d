"""Labels that a spreadsheet program takes for numbers, dates or each other are refused where they are read, with the line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

import capmodel
from capmodel.assumptions.cells import folded
from capmodel.assumptions.labels import reads_as
from capmodel.errors import BadInput

READ_AS = {
    "a number": [
        "1.1",
        "1.10",
        "1E3",
        "1e+05",
        "0085",
        "1,000",
        "£5",
        "5%",
        "(3)",
        "-4",
        "1 1/2",
        "\uff11\uff12",
        "\u0661",
        "\u00b2",
        ".5",
        "\u22125",
        "\u00a55",
        "(5%)",
        "5.",
        "1 000",
    ],
    "a date": [
        "2025-04",
        "Apr-26",
        "apr 26",
        "26 April 2025",
        "1/2",
        "5-9",
        "10-14",
        "1.2.2025",
        "2011/12",
        "2025-04-01",
        "Sept 2026",
        "May1",
        "1-2",
        "Mar 1",
        "1\u22122",
        "1/13",
        "3-Mar",
    ],
    "a time": ["12:30", "1:30", "24:00", "1 a", "7 pm", "1:02:03"],
    "a truth value": ["TRUE", "false", "\uff34\uff32\uff35\uff25"],
    "an error": ["#N/A", "#REF!", "#DIV/0!"],
}
PLAIN = [
    "65-74",
    "0-4",
    "18 to 64",
    "85 and over",
    "Ward 7",
    "May",
    "March team",
    "Band 1",
    "Group 1.1",
    "Type 2 diabetes",
    "A1",
    "2026/27",
    "TRUE ones",
    "No. 5",
]


@pytest.mark.parametrize(("kind", "label"), [(kind, label) for kind, labels in READ_AS.items() for label in labels])
def test_what_a_spreadsheet_program_takes_for_something_else_is_known(kind: str, label: str) -> None:
    assert reads_as(label) == kind


@pytest.mark.parametrize("label", PLAIN)
def test_a_plain_label_is_a_text(label: str) -> None:
    assert reads_as(label) == ""


def test_case_blanks_and_hidden_characters_do_not_tell_labels_apart() -> None:
    assert len({folded(label) for label in ("Acute trusts", "ACUTE  trusts", "Acute\u00a0trusts", "Acute\u200b trusts", " acute trusts ", "Acute\u00adtrusts".replace("\u00ad", "\u00ad "))}) == 1  # fmt: skip


def refused(place: Path) -> str:
    with pytest.raises(BadInput) as error:
        capmodel.load(place)
    return str(error.value)


RULE = """\
id: r
title: R
description: D
sources: {s: {title: S, publisher: P}}
figures: {all: {key: code, source: s, text: {region: region}, columns: {money_gbp: money}}}
lines: {share_gbp: {label: Share, rule: money_gbp, source: s}}
levels: {region: {sum: [share_gbp]}}
"""
DOORS = {
    "a segment": ("place.yaml", 'label: "Children with cancer"'),
    "a setting": ("place.yaml", 'label: "Prescribing"'),
    "a party": ("place.yaml", "label: Acute trusts"),
    "an age band": ("place.yaml", "label: Adults 17 to 69"),
}
BAD = {
    "'1.10'": "takes it for a number",
    "'Apr-26'": "takes it for a date",
    "'TRUE'": "takes it for a truth value",
    "' a'": "begins or ends with a blank",
    '"a\\u200bb"': "ZERO WIDTH SPACE",
    '"a\\u00a0b"': "NO-BREAK SPACE",
    "'a*'": "none of",
    "'<5'": "none of",
    "'=x'": "none of",
    "'a?'": "none of",
    "'a~b'": "none of",
    "'\uff0a'": "none of",
    '"\'a"': "none of",
    "'a '": "begins or ends with a blank",
    '"a\\u00adb"': "SOFT HYPHEN",
    '"a\\ufe0f"': "VARIATION SELECTOR-16",
    '"a\\u3164b"': "HANGUL FILLER",
    "1.10": "takes it for a number",
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("label", BAD)
def test_a_label_that_would_not_stay_a_text_is_refused_at_its_door(door: str, label: str, broken: Path) -> None:
    name, text = DOORS[door]
    file = broken / name
    before = file.read_text(encoding="utf-8")
    assert text in before
    file.write_text(before.replace(text, f"label: {label}", 1), encoding="utf-8")
    said = refused(broken)
    assert BAD[label] in said and "cannot be used" in said and f"{name}, line " in said


def test_labels_that_differ_in_nothing_that_is_seen_are_refused(broken: Path) -> None:
    file = broken / "place.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('label: "Children with cancer"', 'label: "adults  WITH cancer"'), encoding="utf-8")
    assert "another one is the same but for case or blanks" in refused(broken)


def test_two_segments_called_1_1_and_1_10_are_refused_both(broken: Path) -> None:
    file = broken / "place.yaml"
    text = file.read_text(encoding="utf-8").replace('"Children with cancer"', '"1.1"').replace('"Adults with cancer"', '"1.10"')
    file.write_text(text, encoding="utf-8")
    assert refused(broken).count("takes it for a number, and adds up what it takes for equal") == 2


def test_options_and_indicators_have_the_same_door(broken: Path) -> None:
    options, contract = broken / "options.yaml", broken / "contract.yaml"
    text = options.read_text(encoding="utf-8")
    label = next(line for line in text.splitlines() if line.strip().startswith("label:"))
    options.write_text(text.replace(label, f"{label.partition('label:')[0]}label: '2025-04'", 1), encoding="utf-8")
    assert "the label '2025-04' cannot be used" in refused(broken)
    options.write_text(text, encoding="utf-8")
    stated = contract.read_text(encoding="utf-8")
    years = ", ".join(f"{year}: {{numerator: 70, denominator: 100}}" for year in range(2026, 2031))
    lines = stated.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("outcomes:"))
    end = next((i for i in range(at + 1, len(lines)) if lines[i] and not lines[i].startswith((" ", "#"))), len(lines))
    outcomes = ["outcomes:", "  mode: gate", "  gate_share: 0.7", "  indicators:", f"    - {{id: a, label: '1E3', weight: 1, baseline_share: 0, target_share: 1, results: {{{years}}}}}"]  # fmt: skip
    contract.write_text("\n".join([*lines[:at], *outcomes, *lines[end:]]) + "\n", encoding="utf-8")
    assert "the label '1E3' cannot be used" in refused(broken)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Caf\\u00e9", "Cafe\\u0301"), ("Ward A", "\\uff37\\uff41\\uff52\\uff44 A"), ("C\\u00e6sar", "Caesar"), ("Stra\\u00dfe", "STRASSE")],
)
def test_labels_that_differ_only_in_how_letters_are_coded_are_refused(one: str, other: str, broken: Path) -> None:
    file = broken / "place.yaml"
    text = file.read_text(encoding="utf-8").replace('"Children with cancer"', f'"{one}"').replace('"Adults with cancer"', f'"{other}"')
    file.write_text(text, encoding="utf-8")
    assert "a spreadsheet program adds up both" in refused(broken)


def test_codes_and_groups_that_differ_only_in_how_letters_are_coded_are_refused(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RULE, encoding="utf-8")
    table = tmp_path / "f.csv"
    table.write_text("code,region,money\nA,R\u00e9gion,10\nB,Re\u0301gion,20\n\u00c9,x,30\nE\u0301,x,40\n", encoding="utf-8")
    with pytest.raises(BadInput) as error:
        capmodel.allocate(tmp_path / "r.yaml", table)
    assert [problem.where for problem in error.value.problems] == ["f.csv, line 5", "f.csv, line 3"]

"""Editions of a payment scheme: what agreements take from one, how that is known, what is refused, and the bridge between two of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from agreement_places import AGREEMENTS, EMERGENCY, write_place
from drawn_agreements import pence

import capmodel
from capmodel.assumptions.scaffold import packs_root
from capmodel.cli import main
from capmodel.contracts.agreements.edition import FOLDER, Parameter, read_scheme
from capmodel.errors import BadInput
from capmodel.place.agreed import agreed_of
from capmodel.place.editions import edition_bridge
from capmodel.workbook.sheets import make_book

RIVERSIDE = packs_root() / "places" / "riverside-agreements"
THIS, NEXT = "nhs-payment-scheme-2025-26", "nhs-payment-scheme-2026-27"
ELECTIVE = {**{name: value for name, value in AGREEMENTS[0].items() if name != "mechanism"}, "rule": "elective_care"}
URGENT = {
    **{name: value for name, value in AGREEMENTS[1].items() if name not in ("mechanism", "terms")},
    "rule": "urgent_and_emergency_care",
    "terms": {"fixed": "plan_value"},
}


def town(root: Path, *agreements: dict[str, Any], edition: str | int | None = THIS, schemes: dict[str, Any] | None = None) -> Path:
    """A place whose agreements name an edition, with editions of its own beside it."""
    folder = write_place(root, agreements or (ELECTIVE, URGENT))
    file = folder / "agreements.yaml"
    content = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**content, **({"edition": edition} if edition else {})}, sort_keys=False))
    for name, scheme in (schemes or {}).items():
        (root / FOLDER).mkdir(exist_ok=True)
        (root / FOLDER / f"{name}.yaml").write_text(yaml.safe_dump({"id": name, **scheme}, sort_keys=False))
    return folder


def scheme(title: str, **terms: float) -> dict[str, Any]:
    """An edition whose one rule pays by a blend with these terms."""
    known = {"status": "local", "source": f"made_{title.lower()}"}
    rule = {
        "label": "Urgent care",
        "mechanism": {"value": "blended", **known},
        "terms": {name: {"value": value, **known} for name, value in terms.items()},
    }
    sources = {known["source"]: {"title": title, "publisher": "the test"}}
    return {"title": title, "stage": "in_force", "as_at": "2026-11", "sources": sources, "rules": {"urgent_and_emergency_care": rule}}


def said(folder: Path) -> list[str]:
    with pytest.raises(BadInput) as refused:
        capmodel.load(folder)
    return [str(problem) for problem in refused.value.problems]


def test_every_edition_that_comes_with_capmodel_is_sound_and_shows_nothing_from_memory_as_published() -> None:
    files = sorted((packs_root() / FOLDER).glob("*.yaml"))
    assert [path.stem for path in files] == [THIS, NEXT]
    for path in files:
        problems: list[Any] = []
        found = read_scheme(path, problems)
        assert found and not problems
        for rule in found.rules.values():
            for each in rule.parameters.values():
                assert each.from_memory == each.source.startswith("memory") == (each.status == "illustrative")


def test_what_is_from_memory_cannot_be_marked_published() -> None:
    with pytest.raises(ValueError, match="it is from memory and marked published"):
        Parameter(value=0.2, status="published", source="s", from_memory=True)


def test_a_term_that_is_taken_has_the_provenance_of_the_edition_and_one_that_is_stated_its_own(tmp_path: Path) -> None:
    place = capmodel.load(town(tmp_path, ELECTIVE, URGENT, edition=NEXT))
    shares = {key[0]: figure for (key, _), figure in place.columns["marginal_paid_share"].figures.items()}
    urgent = shares["emergency_care"]
    assert (urgent.value, urgent.status, urgent.source) == (0.2, "illustrative", "memory_2026_27")
    assert urgent.note == "From NHS Payment Scheme 2026/27, proposals, urgent and emergency care; Variable part of 20%; from memory"
    assert place.pack.editions[-1].id == f"{FOLDER}/{NEXT}" and "memory_2026_27" in place.pack.sources


def test_a_share_of_its_own_stands_in_the_place_of_the_edition_s(tmp_path: Path) -> None:
    own = {**URGENT, "terms": {"fixed": "plan_value", "above_plan_share": 0.5, "below_plan_share": 0.1}}
    place = capmodel.load(town(tmp_path, ELECTIVE, own, edition=NEXT))
    shares = {key: figure for (key, _), figure in place.columns["marginal_paid_share"].figures.items() if key[0] == "emergency_care"}
    assert sorted(figure.value for figure in shares.values()) == [0.1, 0.5]
    assert {figure.source for figure in shares.values()} == {"o01"}


def test_an_edition_of_which_nothing_is_taken_is_said(tmp_path: Path) -> None:
    own = {**URGENT, "mechanism": "blended", "terms": {"fixed": "plan_value", "variance_share": 0.3}}
    result = capmodel.load(town(tmp_path, *AGREEMENTS)).run()
    text = "edition NHS Payment Scheme 2025/26: no agreement names a rule of it"
    from capmodel.contracts.agreements.idle import without_effect

    assert text in without_effect(agreed_of(result))
    other = capmodel.load(town(tmp_path / "other", ELECTIVE, own, edition=NEXT)).run()
    assert "rule urgent_and_emergency_care of Emergency care: the agreement states everything itself" in without_effect(agreed_of(other))


FAULTS = {
    "an unknown edition": (
        [ELECTIVE, URGENT],
        "nhs-payment-scheme-2025",
        "there is no edition 'nhs-payment-scheme-2025' of a payment scheme",
    ),
    "an edition that is a number": ([ELECTIVE], 2026, "there is no edition 2026 of a payment scheme"),
    "a rule that the edition lacks": ([{**ELECTIVE, "rule": "dental_care"}], THIS, "NHS Payment Scheme 2025/26 has no rule 'dental_care'"),
    "a rule without an edition": ([ELECTIVE], None, "elective_care names the rule 'elective_care', and the file no edition"),
    "another mechanism": ([{**ELECTIVE, "mechanism": "block"}], THIS, "elective_care is paid by block, and the rule elective_care of"),
    "neither": ([{**ELECTIVE, "rule": ""}], THIS, "elective_care has neither a mechanism nor a rule"),
    "a term that neither states": ([{**URGENT, "terms": {}}], THIS, "'fixed' is missing"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    agreements, edition, what = FAULTS[name]
    (problem,) = said(town(tmp_path, *agreements, edition=edition))
    assert what in problem and problem.startswith("agreements.yaml, line ")


def test_a_faulty_edition_is_refused_with_its_line(tmp_path: Path) -> None:
    faulty = scheme("Own", variance_share=0.2)
    faulty["rules"]["urgent_and_emergency_care"]["mechanism"]["source"] = "nowhere"
    (problem,) = said(town(tmp_path, URGENT, edition="own", schemes={"own": faulty}))
    assert problem.startswith("own.yaml, line ") and "the source 'nowhere' is not under sources" in problem


def test_a_source_of_the_place_under_the_id_of_one_of_the_edition_is_refused(tmp_path: Path) -> None:
    own = scheme("Own", variance_share=0.2)
    own["sources"] = {"o01": {"title": "Another", "publisher": "the test"}}
    for each in (
        own["rules"]["urgent_and_emergency_care"]["mechanism"],
        own["rules"]["urgent_and_emergency_care"]["terms"]["variance_share"],
    ):
        each["source"] = "o01"
    (problem,) = said(town(tmp_path, URGENT, edition="own", schemes={"own": own}))
    assert "the place has a source 'o01' of its own, and Own another of that id" in problem


def test_another_edition_without_a_rule_that_an_agreement_takes_is_refused(tmp_path: Path) -> None:
    place = capmodel.load(town(tmp_path, schemes={"own": scheme("Own", variance_share=0.2)}))
    with pytest.raises(BadInput, match="Own has no rule 'elective_care'"):
        edition_bridge(place, "own", "base")


def test_each_parameter_is_changed_in_turn_and_the_bridge_adds_up_to_the_penny(tmp_path: Path) -> None:
    schemes = {
        "one": scheme("One", above_plan_share=0.2, below_plan_share=0.1),
        "two": scheme("Two", above_plan_share=0.45, below_plan_share=0.3),
    }
    place = capmodel.load(
        town(tmp_path, {**ELECTIVE, "rule": "", "mechanism": "activity_at_unit_prices"}, URGENT, edition="one", schemes=schemes)
    )
    bridge = edition_bridge(place, "two", "base")
    assert [(each.parameter, each.before, each.after) for each in bridge.effects] == [
        ("above_plan_share", "0.2 (local)", "0.45 (local)"),
        ("below_plan_share", "0.1 (local)", "0.3 (local)"),
    ]
    for key, opening in bridge.opening.items():
        assert opening + sum(each.pennies[key] for each in bridge.effects) == bridge.closing[key]
    # Activity is 3% above plan, so that the share below plan moves nothing.
    plan = Fraction(2000) * Fraction("800.25") * Fraction("1.05")
    paid = [pence(plan * (1 + Fraction("0.03") * Fraction(share))) for share in ("0.2", "0.45")]
    assert bridge.effects[0].pennies[EMERGENCY[2], "2026"] == 100 * (paid[1] - paid[0])
    assert not any(bridge.effects[1].pennies.values())


def test_riverside_goes_from_one_edition_to_the_next_by_the_emergency_payment_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "riverside-agreements", "--edition", NEXT]) == 0
    printed = capsys.readouterr().out
    assert "Urgent and emergency care, mechanism: from fixed payment (illustrative, from memory) to blended (published)" in printed
    assert "All providers                1,050,045,929.05  2,506,771.68  1,052,552,700.73" in printed


def test_an_edition_that_changes_nothing_a_place_without_one_and_two_runs_at_once_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "riverside-agreements", "--edition", THIS]) == 0
    assert "NO EFFECT: the two editions do not differ" in capsys.readouterr().out
    for arguments, text in (
        (["riverside-agreements", "--edition", "nhs-2026"], "there is no edition 'nhs-2026'"),
        (["riverside-agreements"], "no second run is given without --edition"),
        (["riverside-agreements", "riverside-agreements", "--edition", NEXT], "a second run is given with --edition"),
        (["north-west-london", "--edition", NEXT], "does not have the step agreements"),
    ):
        assert main(["compare", *arguments]) == 2
        assert text in " ".join(capsys.readouterr().err.split())


def test_the_workbook_says_what_is_taken_from_the_edition() -> None:
    result = capmodel.load(RIVERSIDE).run()
    texts = {cell.value for cell in make_book(result).book.sheet("Out 17 Agreements").cells.values()}
    taken = "from NHS Payment Scheme 2025/26, mechanism low volume block (published), threshold_gbp 1,500,000 (published)"
    assert f"Low-volume blocks of trusts out of area: {taken}" in texts

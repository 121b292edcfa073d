"""Values that a rule states for years or members that a run does not have: refused where the rule alone decides, said where the table does."""

from __future__ import annotations

from pathlib import Path

import pytest
from alliance_files import PLAIN_RULE

from capmodel.capitation.rules.checks import read_rule
from capmodel.cli import main
from capmodel.errors import BadInput

TABLE = "name,region,target,actual\na,north,100,90\nb,south,200,210\n"
CONSTANT = "constants: {{growth_share: {{label: Growth, {}, status: illustrative, source: a01}}}}\n"


def rule_with(constant: str, more: str = "") -> str:
    rule = PLAIN_RULE.replace("key: name,", f"key: name,{more} text: {{region: region}},").replace(
        "baseline_gbp +", "baseline_gbp * growth_share +"
    )
    return rule.replace("lines:", CONSTANT.format(constant) + "lines:")


def allocated(tmp_path: Path, rule: str) -> int:
    (tmp_path / "r.yaml").write_text(rule)
    (tmp_path / "f.csv").write_text(TABLE)
    return main(["allocate", str(tmp_path / "r.yaml"), str(tmp_path / "f.csv"), "--out", str(tmp_path / "o.csv")])


@pytest.mark.parametrize("year", ["2025", "2027/28", "north"])
def test_a_value_for_a_year_that_the_rule_does_not_have_is_refused(year: str, tmp_path: Path) -> None:
    rule = rule_with(f"values: {{2026: 0.1, {year}: 0.2}}").replace("lines:", "years: [2026]\nlines:", 1)
    (tmp_path / "r.yaml").write_text(rule)
    with pytest.raises(
        BadInput, match=rf"growth_share has a value for {year[:4]}.*; the rule is for 2026, and it would be left out silently"
    ):
        read_rule(tmp_path / "r.yaml")


def test_values_for_members_that_no_body_has_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert allocated(tmp_path, rule_with("by: region, values: {north: 0.1, south: 0.2, wst: 0.3}", " repeats: {z: printed twice},")) == 0
    said = capsys.readouterr().out
    assert "NO EFFECT: growth_share[wst] changes nothing: no body has region wst" in said
    assert "NO EFFECT: repeats: z of areas changes nothing: no row repeats the code" in said
    assert said.count("NO EFFECT") == 2


def test_a_member_spelt_otherwise_is_named_in_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert allocated(tmp_path, rule_with("by: region, values: {North: 0.1, south: 0.2}")) == 2
    assert "growth_share has no value for north; there are bodies whose region it is. Did you mean North?" in capsys.readouterr().err

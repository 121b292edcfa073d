"""A mechanism settles the money of those it names: care in scope that others provide or pay for is refused, never shared out in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import capmodel
from capmodel.cli import main
from capmodel.contracts.many.contract import read_many
from capmodel.errors import BadInput

BLENDED = {"commissioner": "nhs_commissioner", "provider": "acute_trusts", "marginal_share": 0.2}
LEAD = {"commissioner": "nhs_commissioner", "lead": "acute_trusts", "subcontracts": {"community_trust": {}}}
REMEDY = "Take these settings out of scope (in_scope_flag), name the parties under mechanism_terms if the scheme has a place for them, or write the terms out without mechanism:"


def write(place: Path, mechanism: str, terms: dict[str, Any], scope: tuple[str, ...] | None = None, **beside: Any) -> None:
    """The contract of a place by a mechanism, and which settings are in scope."""
    given = yaml.safe_load((place / "contract.yaml").read_text(encoding="utf-8"))
    head = {name: given[name] for name in ("id", "title", "status", "source", "as_at")}
    content = {**head, "mechanism": mechanism, "mechanism_terms": terms, **beside}
    (place / "contract.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    if scope is not None:
        table = place / "tables" / "in_scope_flag.csv"
        heading, *rows = table.read_text(encoding="utf-8").splitlines()
        made = [",".join([row.split(",")[0], str(int(row.split(",")[0] in scope)), *row.split(",")[2:]]) for row in rows]
        table.write_text("\n".join([heading, *made, ""]), encoding="utf-8")


def refused(place: Path) -> list[str]:
    with pytest.raises(BadInput) as error:
        capmodel.load(place)
    return [str(problem) for problem in error.value.problems]


def test_two_parties_do_not_settle_the_money_of_everybody_in_a_place(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(broken, "blended_payment", BLENDED)
    message = refused(broken)
    assert message == [
        "contract.yaml, line 7: settings in scope are also provided by gp_federations (primary, prescribing, community), pharmacies (primary, prescribing), community_trust (community, acute_emergency, continuing_care), care_providers (community, mental_health, social_care, continuing_care), mental_health_trust (mental_health); "
        f"blended_payment would settle their money between acute_trusts, nhs_commissioner. {REMEDY}.",
        "contract.yaml, line 7: settings in scope are also paid by council (community, mental_health, social_care); "
        f"blended_payment would settle their money between acute_trusts, nhs_commissioner. {REMEDY}.",
    ]
    assert main(["run", str(broken), "--out", str(broken / "out")]) == 2
    assert "settings in scope are also provided by gp_federations" in capsys.readouterr().err
    assert not (broken / "out").exists()


def test_what_is_out_of_scope_is_nobodys_concern_and_the_rest_moves_between_those_named(broken: Path) -> None:
    write(broken, "lead_provider_capitation", LEAD, scope=("acute_planned", "acute_emergency"))
    done = capmodel.load(broken).run()
    assert done.passed
    moved = done.tables["settlement"].groupby("party")["transfer_gbp"].apply(lambda given: given.abs().sum())
    assert moved["acute_trusts"] > 0 and moved["community_trust"] > 0
    assert moved.drop(["acute_trusts", "community_trust", "nhs_commissioner"]).max() == 0


def test_a_provider_that_no_subcontract_names_is_refused(broken: Path) -> None:
    write(broken, "lead_provider_capitation", {**LEAD, "subcontracts": {}}, scope=("acute_planned", "acute_emergency"))
    (message,) = refused(broken)
    assert "provided by community_trust (acute_planned, acute_emergency)" in message


def test_where_payers_hold_the_variance_it_is_payers_that_must_be_named(broken: Path) -> None:
    shares = {"commissioner": "nhs_commissioner", "gain_shares": {"acute_trusts": 0.3}}
    write(broken, "gain_loss_share", shares)
    (message,) = refused(broken)
    assert "paid by council (community, mental_health, social_care)" in message
    write(broken, "gain_loss_share", {**shares, "gain_shares": {"acute_trusts": 0.3, "council": 0}})
    assert capmodel.load(broken).terms is not None


def test_a_setting_brought_into_scope_for_one_run_is_refused_as_well(broken: Path) -> None:
    write(broken, "lead_provider_capitation", LEAD, scope=("acute_planned", "acute_emergency"))
    place = capmodel.load(broken)
    with pytest.raises(BadInput, match=r"provided by care_providers \(social_care\)"):
        place.run(changes={"in_scope_flag[social_care]": 1.0})
    assert place.changed({"in_scope_flag[acute_planned]": 0.0}).columns["in_scope_flag"].figures[("acute_planned",), None].value == 0


def test_parties_a_contract_leaves_out_are_at_risk_as_the_mechanism_says(broken: Path) -> None:
    write(broken, "lead_provider_capitation", LEAD, ("acute_planned",), parties={"community_trust": {"at_risk": False}})
    flags = {key[0]: figure.value for (key, _), figure in capmodel.load(broken).terms.columns["at_risk_flag"].figures.items()}
    assert flags.pop("acute_trusts") == 1
    assert len(flags) == 8 and not any(flags.values())


MANY = """\
id: many
title: Many
status: illustrative
source: by hand
years: [2026]
parties: {board: {at_risk: false}, trust: {at_risk: true}, clinic: {at_risk: true}}
routes: [{provider: trust, payer: board}, {provider: clinic, payer: board}]
figures: {key: name, columns: {"target_gbp[trust]": a, "target_gbp[clinic]": b, "actual_gbp[trust]": c, "actual_gbp[clinic]": d}}
terms:
  mechanism: MECHANISM
"""


def test_a_contract_for_many_is_held_to_the_same(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    blended = "blended_payment\n  mechanism_terms: {commissioner: board, provider: trust, marginal_share: 0.2}"
    path.write_text(MANY.replace("MECHANISM", blended), encoding="utf-8")
    with pytest.raises(BadInput) as error:
        read_many(path)
    (message,) = error.value.problems
    assert message.where == "many.yaml, line 11"
    assert message.what == "settings in scope are also provided by clinic (all_care)"
    lead = "lead_provider_capitation\n  mechanism_terms: {commissioner: board, lead: trust, subcontracts: {clinic: {}}}"
    path.write_text(MANY.replace("MECHANISM", lead), encoding="utf-8")
    assert read_many(path).terms

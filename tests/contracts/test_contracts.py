"""What a contract may not say: every fault gets a message with its line, the reason and the remedy, all of them in one report.

Each case edits one sound contract in one place. The line a message must name is counted in the edited text, not taken from
the engine. What `capmodel settle` refuses besides is in test_settle.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.pack import Entry
from capmodel.contracts.read import read_terms
from capmodel.contracts.terms import Terms
from capmodel.errors import Problem
from capmodel.uncertainty.designs import Exposed, warnings_of

PARTIES = ("payer", "trust", "practice", "fund")
YEARS = (2026, 2027)
ROUTES = Rows({"setting": ("care", "care"), "provider": ("trust", "practice"), "payer": ("payer", "payer")})

SOUND = """\
id: alliance
title: Alliance
status: illustrative
source: by hand
variance_held_by: payer
residual_party: payer
target:
  population_index: {2026: 1.01, 2027: 1.02}
  efficiency_share: {2026: 0.01, 2027: 0.01}
scope_changes:
  - {setting: care, provider: trust, payer: payer, gbp: {2026: 0, 2027: 5000}}
stop_loss:
  point_gbp: 50000
  lines: [{setting: care, provider: trust, payer: payer, target_gbp: {2026: 10, 2027: 10}, actual_gbp: {2026: 20, 2027: 20}}]
actual:
  completion_index: {2026: 1, 2027: 1.01}
  fees: [{setting: care, provider: trust, payer: payer, gbp: {2026: 100, 2027: 100}}]
exclusions:
  months: {2026: 0, 2027: 3}
threshold:
  mode: first_pound
  below_share: 0.5
  by_persons:
    - {from: 1000, to: 1999, at_start: 0.04, at_end: 0.03}
    - {from: 2000, to: null, at_start: 0.03}
  persons: {2026: 1500, 2027: 2500}
pool_caps:
  - {side: gain, share_of_target: 0.05}
distribution:
  among: [trust, practice]
  parts:
    - {share: 0.8, by: [income, merit]}
    - {share: 0.2, retain: fund}
  weights: {merit: {trust: 1, practice: 2}}
bands:
  gain:
    - {from: 0, to: 0.03, shares: {payer: 0.5, providers: 0.5}}
    - {from: 0.03, to: null, shares: {payer: 0.6, trust: 0.4}}
  loss: [{from: 0, to: null, shares: {payer: 0.6, trust: 0.4}}]
phase:
  gain_share: {2026: 0.5, 2027: 1}
  loss_share: {2026: 0, 2027: 1}
outcomes:
  mode: ladder
  gate_share: 0.4
  forfeited_to: fund
  ladder:
    - {at_least: 0.5, share: 0.5}
    - {at_least: 0.8, share: 1}
  losses: {steepness_share: 0.75, floor_share: 0.4, ceiling_share: 0.75}
  indicators:
    - id: falls
      label: Falls reviewed
      weight: 1
      baseline_share: 0.2
      target_share: 0.8
      smallest_number: 10
      results: {2026: {numerator: 5, denominator: 20}, 2027: {numerator: 12, denominator: 20}}
    - {id: stays, label: Long stays, weight: 2, baseline_share: 0.2, target_share: 0.1, results: {2026: {late: true}, 2027: {numerator: 3, denominator: 20}}}
deduction_share: 0.02
caps:
  - {party: trust, side: gain, share_of_income: 0.02, residual_to: payer}
  - {party: trust, side: loss, amount_gbp: 20000, residual_to: payer, carry_forward: true}
relief:
  share: {2026: 0, 2027: 0.1}
carry_forward: {expires_after_years: 2}
steps: [below_threshold, phase, outcomes, deduction, caps, relief]
on_account_gbp: {payer: {2026: -100, 2027: 0}, trust: {2026: 100, 2027: 0}}
parties:
  payer: {at_risk: false}
  trust: {at_risk: true}
  practice: {at_risk: true}
  fund: {at_risk: false}
"""
OTHERS = "{party: trust, side: loss, amount_gbp: 20000, residual_to: payer, carry_forward: true}"
RETAINED = "    - {share: 0.2, retain: fund}"
TABLE = "    - {from: 2000, to: null, at_start: 0.03}"

#: Name, what is written, what is written instead, the text whose line must be named, and words of the message.
FAULTS: list[tuple[str, str, str, str, tuple[str, ...]]] = [
    ("shares of a band that fall short", "trust: 0.4}}]", "trust: 0.3}}]", "trust: 0.3", ("the shares of loss band 1 add up to 0.9", "never rescaled")),
    ("shares of a band in per cent", "payer: 0.6, trust: 0.4}}]", "payer: 60, trust: 40}}]", "payer: 60", ("is 60", "Write 0.6 if 60 per cent is meant")),
    ("a share with a per cent sign", "deduction_share: 0.02", "deduction_share: 2%", "deduction_share", ("'2%'", "a number is needed here")),
    ("a share below zero", "payer: 0.6, trust: 0.4}}]", "payer: 1, trust: -0.4, practice: 0.4}}]", "trust: -0.4", ("the share of trust is -0.4",)),
    ("bands that overlap", "- {from: 0.03, to: null", "- {from: 0.02, to: null", "from: 0.02", ("overlaps the band before", "Write from: 0.03")),
    ("bands with a gap", "- {from: 0.03, to: null", "- {from: 0.04, to: null", "from: 0.04", ("leaves a gap", "Write from: 0.03")),
    ("a band edge in per cent", "to: 0.03, shares", "to: 3, shares", "to: 3, shares", ("gain band 1 ends at 3", "Write 0.03 if 3 per cent is meant")),
    ("a last band that ends", "- {from: 0.03, to: null", "- {from: 0.03, to: 0.5", "to: 0.5", ("ends the list",)),
    ("ranges and bands", "bands:\n", "bands:\n  ranges: [{from: 0, to: null, shares: {payer: 1}}]\n", "bands:", ("ranges and bands by side",)),
    ("a lookalike letter in a party", "payer: 0.6, trust: 0.4}}]", "payer: 0.6, tru\u0455t: 0.4}}]", "tru\u0455t", ("is not a party", "Did you mean trust")),
    ("a threshold without a mode", "  mode: first_pound\n", "", "threshold:", ("no mode", "pays very differently")),
    ("a threshold of an unknown mode", "mode: first_pound", "mode: first_euro", "first_euro", ("not a known choice",)),
    ("an unknown comparator", "  below_share: 0.5", "  below_share: 0.5\n  comparator: '=>'", "comparator", ("not a known choice",)),
    ("a part paid below an excess", "mode: first_pound", "mode: excess_only", "below_share", ("shares the excess only",)),
    ("a table and a share", "  below_share: 0.5", "  below_share: 0.5\n  gain_share: 0.02", "threshold:", ("a table and a share or amount",)),
    ("a table that starts again", "from: 2000, to: null", "from: 2500, to: null", "from: 2500", ("range 2 starts at 2500", "Write from: 2000")),
    ("a table that ends", TABLE, "    - {from: 2000, to: 9999, at_start: 0.03, at_end: 0.02}", "to: 9999", ("ends the table",)),
    ("a range without its end", "at_start: 0.04, at_end: 0.03", "at_start: 0.04", "from: 1000", ("range 1 has no at_end",)),
    ("fewer people than the table knows", "persons: {2026: 1500", "persons: {2026: 500", "persons: {2026: 500", ("500 people in 2026", "no threshold is guessed")),
    ("a table where no threshold holds", "  mode: first_pound\n  below_share: 0.5\n", "  mode: none\n", "by_persons", ("the mode is none", "Write mode: first_pound")),
    ("a table without people", "  persons: {2026: 1500, 2027: 2500}\n", "", "by_persons", ("nothing to be read by",)),
    ("a year too few", "gain_share: {2026: 0.5, 2027: 1}", "gain_share: {2026: 0.5}", "gain_share:", ("no figure for 2027", "gaps are not filled")),
    ("a year too many", "gain_share: {2026: 0.5, 2027: 1}", "gain_share: {2026: 0.5, 2027: 1, 2028: 1}", "gain_share:", ("a figure for 2028", "no year of the model")),
    ("a year that is none", "gain_share: {2026: 0.5, 2027: 1}", "gain_share: {2026/28: 0.5, 2027: 1}", "gain_share:", ("2026/28 is no financial year", "Write 2026/27 or 2026")),
    ("an index of zero", "population_index: {2026: 1.01", "population_index: {2026: 0", "population_index", ("population_index is 0", "Write 1 for no change")),
    ("13 months", "months: {2026: 0, 2027: 3}", "months: {2026: 0, 2027: 13}", "months:", ("months is 13", "a year has 12")),
    ("a cap without a residual rule", "share_of_income: 0.02, residual_to: payer}", "share_of_income: 0.02}", "side: gain, share_of_income", ("no residual rule", "must go somewhere")),
    ("a cap without a base", "share_of_income: 0.02, ", "", "side: gain, residual", ("has no base",)),
    ("a cap below zero", "amount_gbp: 20000", "amount_gbp: -20000", "amount_gbp", ("the cap is -20000", "Write it without a minus")),
    ("a cap without end", "amount_gbp: 20000", "amount_gbp: .inf", "amount_gbp", ("a number is needed here",)),
    ("a cap that is no number", "amount_gbp: 20000", "amount_gbp: .nan", "amount_gbp", ("a number is needed here",)),
    ("a cap of an unknown party", "party: trust, side: gain", "party: trusts, side: gain", "party: trusts", ("'trusts' is not a party", "Did you mean trust")),
    ("a cap of an unknown side", "side: gain, share_of_income", "side: up, share_of_income", "side: up", ("not a known choice",)),
    ("two caps of one side", "side: gain, share_of_income", "side: loss, share_of_income", OTHERS, ("trust has two loss caps", "Merge them")),
    ("a capped residual party", "party: trust, side: gain", "party: payer, side: gain", "party: payer, side", ("payer is capped and takes the residual",)),
    ("a residual that circles", OTHERS, OTHERS + "\n  - {party: practice, side: gain, amount_gbp: 1, residual_to: trust}", "party: practice, side", ("trust takes a residual and is itself capped", "circle")),
    ("a capped party that takes forfeits", "party: trust, side: gain", "party: fund, side: gain", "forfeited_to", ("fund is capped and receives what is forfeited",)),
    ("others share before the end", OTHERS, OTHERS.replace("residual_to: payer, carry_forward: true", "residual_to: others"), "steps:", ("not the last step", "Put caps last")),
    ("others share what is carried", OTHERS, OTHERS.replace("to: payer", "to: others"), "residual_to: others", ("carries forward what the others share",)),
    ("an expiry of no years", "expires_after_years: 2", "expires_after_years: 0", "expires_after_years", ("expires_after_years is 0",)),
    ("two caps of the pool", "  - {side: gain, share_of_target: 0.05}", "  - {side: gain, share_of_target: 0.05}\n  - {side: gain, amount_gbp: 5}", "side: gain, amount_gbp", ("the pool has two gain caps",)),
    ("a cap of the pool without a base", "{side: gain, share_of_target: 0.05}", "{side: gain}", "- {side: gain}", ("has no base",)),
    ("an unknown step", "steps: [below_threshold,", "steps: [consultation,", "steps:", ("not a known choice", "'below_threshold'")),
    ("a step left out", "deduction, caps, relief]", "deduction, caps]", "steps:", ("the steps leave out relief", "Add relief")),
    ("below_threshold left out", "[below_threshold, phase", "[phase", "steps:", ("leave out below_threshold",)),
    ("a step twice", "[below_threshold, phase", "[below_threshold, phase, phase", "steps:", ("phase is there twice",)),
    ("no steps", "steps: [below_threshold, phase, outcomes, deduction, caps, relief]", "steps: []", "steps:", ("the steps are empty",)),
    ("a gate without a score", SOUND[SOUND.index("  indicators:"):SOUND.index("deduction_share")], "", "outcomes:", ("has no score", "a missing score never passes a gate")),
    ("a score and indicators", "  mode: ladder\n", "  mode: ladder\n  score_share: {2026: 1, 2027: 1}\n", "outcomes:", ("a score is stated and indicators are given",)),
    ("a forfeit without a destination", "  forfeited_to: fund\n", "", "outcomes:", ("no destination",)),
    ("a ladder without tiers", "  ladder:\n    - {at_least: 0.5, share: 0.5}\n    - {at_least: 0.8, share: 1}\n", "", "outcomes:", ("the ladder has no tiers",)),
    ("tiers out of order", "at_least: 0.8, share: 1", "at_least: 0.4, share: 1", "at_least: 0.4", ("tier 2 starts at 0.4", "Order the tiers by score")),
    ("a ladder that falls", "at_least: 0.8, share: 1", "at_least: 0.8, share: 0.4", "share: 0.4}\n  losses", ("tier 2 releases 0.4", "a better score would be paid less")),
    ("a tier in per cent", "at_least: 0.8", "at_least: 80", "at_least: 80", ("at_least is 80", "Write 0.8")),
    ("a tier below zero", "at_least: 0.5", "at_least: -0.5", "at_least: -0.5", ("at_least is -0.5",)),
    ("a ladder that pays below zero", "at_least: 0.5, share: 0.5", "at_least: 0.5, share: -0.5", "share: -0.5", ("share is -0.5",)),
    ("a floor above the ceiling", "floor_share: 0.4", "floor_share: 0.8", "losses:", ("the floor 0.8 is above the ceiling 0.75",)),
    ("a target that is the baseline", "target_share: 0.8", "target_share: 0.2", "target_share: 0.2\n", ("the target of falls is its baseline",)),
    ("a weight of zero", "      weight: 1\n", "      weight: 0\n", "weight: 0", ("the weight of falls is 0",)),
    ("an indicator twice", "{id: stays", "{id: falls", "{id: falls", ("the indicator falls is there twice",)),
    ("more than all", "2027: {numerator: 12, denominator: 20}", "2027: {numerator: 32, denominator: 20}", "results: {2026: {numerator: 5", ("falls is 32 of 20",)),
    ("a result without a denominator", "2027: {numerator: 12, denominator: 20}", "2027: {numerator: 12}", "results: {2026: {numerator: 5", ("no numerator or denominator", "a missing score never passes a gate")),
    ("a suppressed result", "{numerator: 12,", "{numerator: '*',", "numerator: '*'", ("numerator is '*'", "a suppressed figure is not guessed", "late: true")),
    ("no indicator that counts", "{numerator: 5, denominator: 20}", "{numerator: 1, denominator: 9}", "indicators:", ("no indicator counts in 2026", "a missing score never passes a gate")),
    ("parts of a key that fall short", "- {share: 0.8, by", "- {share: 0.7, by", "parts:", ("add up to 0.9",)),
    ("a part with no way", RETAINED, "    - {share: 0.2}", "- {share: 0.2}", ("neither key nor party",)),
    ("a key without weights", "by: [income, merit]", "by: [income, merits]", "by: [income", ("'merits' has no weights", "merit")),
    ("a party without a weight", "{trust: 1, practice: 2}", "{trust: 1}", "weights:", ("practice has no weight", "Write practice: 0")),
    ("weights of zero", "{trust: 1, practice: 2}", "{trust: 0, practice: 0}", "- {share: 0.8", ("no weight above zero", "nowhere to go")),
    ("a weight below zero", "{trust: 1, practice: 2}", "{trust: 1, practice: -2}", "weights:", ("the weight of practice is -2",)),
    ("weights that nothing reads", "by: [income, merit]", "by: [income]", "weights:", ("no part of the key goes by 'merit'",)),
    ("a factor twice", "by: [income, merit]", "by: [merit, merit]", "by: [merit", ("'merit' is there twice", "multiplied by themselves")),
    ("a party twice in a key", "among: [trust, practice]", "among: [trust, trust]", "among:", ("trust is there twice",)),
    ("weights of a known key", "weights: {merit:", "weights: {equal: {trust: 1, practice: 1}, merit:", "weights:", ("'equal' has weights of its own",)),
    ("a key that no band uses", "{payer: 0.5, providers: 0.5}", "{payer: 0.5, trust: 0.5}", "distribution:", ("no band has a share for providers",)),
    ("providers without a key", SOUND[SOUND.index("distribution:"):SOUND.index("bands:")], "", "providers: 0.5", ("'providers' is not a party",)),
    ("payments on account that do not cancel", "trust: {2026: 100,", "trust: {2026: 90,", "on_account_gbp:", ("payments on account of 2026 add up to -10.00",)),
    ("a residual party at risk", "  payer: {at_risk: false}", "  payer: {at_risk: true}", "  payer: {at_risk: true}", ("payer is at risk and also takes what is left over",)),
    ("a party that nobody knows", "  fund: {at_risk: false}", "  fund: {at_risk: false}\n  council: {at_risk: false}", "  council:", ("'council' is not a party",)),
    ("a party left out", "  practice: {at_risk: true}\n", "", "parties:", ("practice is not mentioned", "Add practice")),
    ("risk that is no yes or no", "  practice: {at_risk: true}", "  practice: {at_risk: perhaps}", "perhaps", ("it is a yes or a no",)),
    ("a route nobody pays", "  - {setting: care, provider: trust, payer: payer, gbp: {2026: 0", "  - {setting: care, provider: trust, payer: fund, gbp: {2026: 0", "payer: fund", ("nobody pays trust through fund for care",)),
    ("an unknown setting", "fees: [{setting: care", "fees: [{setting: cares", "setting: cares", ("'cares' is not a setting", "Did you mean care")),
    ("an unknown term", "deduction_share: 0.02", "deductions_share: 0.02", "deductions_share", ("not a known name", "Did you mean deduction_share")),
    ("a term twice", "deduction_share: 0.02", "deduction_share: 0.02\ndeduction_share: 0.03", "deduction_share: 0.03", ("written twice", "the second would silently win")),
    ("a list where terms belong", "phase:\n  gain_share: {2026: 0.5, 2027: 1}\n  loss_share: {2026: 0, 2027: 1}", "phase: [1, 2]", "phase:", ("names with values are needed here",)),
    ("text where a list belongs", "caps:\n", "caps: none\nwas:\n", "caps:", ("a list is needed here",)),
]  # fmt: skip


def read(text: str, folder: Path) -> tuple[Terms | None, list[Problem]]:
    path = folder / "contract.yaml"
    path.write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    entries = [Entry(name, name, {}) for name in PARTIES]
    terms = read_terms(document, entries, ["care"], YEARS, ROUTES, problems) if document is not None and not problems else None
    return terms, problems


def edited(old: str, new: str) -> str:
    assert old in SOUND, f"the sound contract has no {old!r}"
    return SOUND.replace(old, new, 1)


def test_the_contract_that_is_broken_is_sound(tmp_path: Path) -> None:
    terms, problems = read(SOUND, tmp_path)
    assert problems == []
    assert terms is not None
    assert terms.steps == ("below_threshold", "phase", "outcomes", "deduction", "caps", "relief")


@pytest.mark.parametrize("fault", FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_fault_is_reported_with_its_line_and_remedy(fault: tuple[str, str, str, str, tuple[str, ...]], tmp_path: Path) -> None:
    _, old, new, at, words = fault
    text = edited(old, new)
    terms, problems = read(text, tmp_path)
    assert terms is None
    line = text[: text.index(at)].count("\n") + 1
    message = [str(problem) for problem in problems]
    assert any(f"contract.yaml, line {line}:" in each and all(word in each for word in words) for each in message), "\n".join(message)
    assert all(problem.what and problem.why and problem.remedy for problem in problems)
    assert len(set(message)) == len(message), "nothing is reported twice"


@pytest.mark.parametrize(
    "chosen",
    [
        ["shares of a band that fall short", "a year too few", "a cap below zero", "tiers out of order", "a party without a weight", "a step left out"],
        ["a cap without a residual rule", "a forfeit without a destination", "a year too few", "a factor twice"],
        ["a threshold without a mode", "a share with a per cent sign", "a suppressed result", "risk that is no yes or no"],
    ],
    ids=["terms that do not fit", "terms missing", "figures that are none"],
)  # fmt: skip
def test_all_faults_come_in_one_report(chosen: list[str], tmp_path: Path) -> None:
    text = SOUND
    faults = [fault for fault in FAULTS if fault[0] in chosen]
    for _, old, new, _, _ in faults:
        assert old in text
        text = text.replace(old, new, 1)
    _, problems = read(text, tmp_path)
    message = "\n".join(map(str, problems))
    assert len(faults) == len(chosen)
    assert all(word in message for fault in faults for word in fault[4])


@pytest.mark.parametrize("name", ["others", "providers"])
def test_a_party_cannot_bear_a_word_of_the_contract(name: str, tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(SOUND.replace("practice", name), encoding="utf-8")
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    assert document is not None
    routes = Rows({"setting": ("care", "care"), "provider": ("trust", name), "payer": ("payer", "payer")})
    read_terms(document, [Entry(each, each, {}) for each in ("payer", "trust", name, "fund")], ["care"], YEARS, routes, problems)
    assert any(f"a party is called {name!r}" in problem.what for problem in problems)


@pytest.mark.parametrize("text", ["", "- 1\n- 2\n", "none\n", "bands: [\n", "bands: \x07\n", "id: &a\n  again: *a\n", "1: 2\n"])
def test_what_is_no_contract_is_refused(text: str, tmp_path: Path) -> None:
    terms, problems = read(text, tmp_path)
    assert terms is None
    assert problems
    assert all(problem.where.startswith("contract.yaml") for problem in problems)


def test_an_anchor_may_be_used_twice(tmp_path: Path) -> None:
    text = edited("  loss: [{from: 0, to: null, shares: {payer: 0.6, trust: 0.4}}]", "  loss: [{from: 0, to: null, shares: *shares}]")
    terms, problems = read(text.replace("shares: {payer: 0.6, trust: 0.4}", "shares: &shares {payer: 0.6, trust: 0.4}"), tmp_path)
    assert problems == []
    assert terms is not None


# ------------------------------------------------------------------ a warning from history


def exposed(saving: float, prudent: bool = False) -> Exposed:
    return Exposed(["provider"], np.array([0.2]), np.array([1.0]), [True], [True], saving, prudent, (0, 10))


def test_setp_12_savings_of_22_per_cent_of_the_contract_s_value_are_warned_of() -> None:
    """UnitingCare: 178 of £800 million, and 34 million more asked for, 21% of the price of the first year, so of 161.9 million."""
    assert round(34 / 0.21, 1) == 161.9
    assert 800 / 5 == 160
    (warning,) = warnings_of(exposed(178 / 800))
    assert "22% of the contract's value" in warning
    assert "UnitingCare" in warning
    assert warnings_of(exposed(0.20)) == ()
    assert warnings_of(exposed(178 / 800, prudent=True)) == ()

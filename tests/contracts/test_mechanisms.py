"""The contract of the family of mechanisms, over every one present; and the tables of pooled budgets and the performance pot."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import case_files
import case_runner
import numpy as np
import pytest
import yaml
from case_files import Case
from hypothesis import given, settings
from hypothesis import strategies as st

import capmodel
from capmodel import plugins
from capmodel.algebra.evaluate import Values, evaluate
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import check_wiring
from capmodel.algebra.unit import parse, unit_by_name
from capmodel.assumptions.document import Document, read_mapping
from capmodel.assumptions.laid_out import worked_out
from capmodel.assumptions.pack import Entry, Figure
from capmodel.care_budgets.pooled import performance_pot
from capmodel.care_budgets.pooled import pooled_budget as pool
from capmodel.care_budgets.pooled.agreement import read_pool
from capmodel.care_budgets.pooled.performance_pot import read_pot
from capmodel.contracts import mechanisms
from capmodel.contracts.alliance import Contract
from capmodel.contracts.many.contract import read_many
from capmodel.contracts.mechanisms.us_shared_savings import TRACKS
from capmodel.contracts.read import read_contract
from capmodel.contracts.terms import Terms
from capmodel.errors import BadInput, Problem

from conftest import ASSUMPTIONS, ROOT  # isort: skip

NAMES = plugins.names(mechanisms)
PAGE = (ROOT / "docs/guide/04c-mechanisms.md").read_text(encoding="utf-8")
WORKED = {case.given["contract"]["mechanism"]: case for case in case_files.read_cases() if "mechanism" in case.given.get("contract", {})}
#: Who the page on mechanisms speaks of.
PARTIES = ("board", "council", "trust", "community", "hub", "fund")
HEAD = "id: test\ntitle: Test\nstatus: illustrative\nsource: test\n"


def section(name: str) -> str:
    found = re.search(rf"^## {re.escape(name)}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"{name} has no section in the guide"
    return found[1]


def example(name: str) -> str:
    found = re.search(r"^```yaml\n(.*?)^```", section(name), re.MULTILINE | re.DOTALL)
    assert found, f"the section on {name} has no YAML"
    return found[1]


def read(folder: Path, text: str) -> tuple[Contract | None, list[Problem]]:
    """A contract between the parties of the page, read as a place's is."""
    path = folder / "contract.yaml"
    path.write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    assert document is not None, problems
    routes = Rows({"setting": ("all_care",), "provider": ("trust",), "payer": ("board",)})
    parties = [Entry(name, name, {}) for name in PARTIES]
    return read_contract(document, parties, ["all_care"], (2026,), routes, problems), problems


# ------------------------------------------------------------------ the contract of the family


def test_the_mechanisms_that_were_asked_for_are_there() -> None:
    wanted = {"gain_loss_share", "aligned_payment_and_incentive", "blended_payment", "lead_provider_capitation", "target_cost"}
    wanted |= {"project_alliance", "section_75", "better_care_fund", "us_shared_savings", "aco_reach"}
    assert wanted <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_mechanism_keeps_the_contract_of_its_family(name: str) -> None:
    module = plugins.find(mechanisms, name, mechanisms.PROMISES)
    assert module.__doc__ and module.contract.__doc__ and module.Terms.__doc__
    assert list(inspect.signature(module.contract).parameters) == ["terms", "head"]
    assert {term.split(".")[0] for term in module.REPORTED_AT.values()} <= set(module.Terms.model_fields)
    assert {place.split(".")[0] for place in module.REPORTED_AT} <= set(Contract.model_fields)
    assert len(inspect.getsource(module).splitlines()) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_a_mechanism_has_a_worked_case(name: str) -> None:
    assert name in WORKED
    assert any(figure.startswith("settlement.") for figure in WORKED[name].expect)


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_and_the_table_of_mechanisms_tell_of_it_and_of_all_its_terms(name: str) -> None:
    module = plugins.find(mechanisms, name, mechanisms.PROMISES)
    assert f"| [`{name}`](#{name}) |" in PAGE
    assert [term for term in module.Terms.model_fields if term not in section(name)] == []
    assert f"`{name}`" in (ROOT / "docs/extend.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_the_guide_is_written_out_as_a_sound_contract(name: str, tmp_path: Path) -> None:
    contract, problems = read(tmp_path, HEAD + example(name))
    assert problems == []
    assert contract is not None
    for side in ("gain", "loss"):
        assert all(abs(sum(band.shares.values()) - 1) < 1e-12 for band in contract.bands.of(side))
    assert set(contract.parties) == set(PARTIES)


@pytest.mark.parametrize("name", NAMES)
def test_bad_terms_are_refused_in_one_report_at_their_own_lines(name: str, tmp_path: Path) -> None:
    terms = yaml.safe_load(example(name))["mechanism_terms"]
    required = [
        term for term, field in plugins.find(mechanisms, name, mechanisms.PROMISES).Terms.model_fields.items() if field.is_required()
    ]
    spoilt = {term: value for term, value in terms.items() if term != required[0]} | {"colour": "blue", required[1]: None}
    contract, problems = read(tmp_path, HEAD + yaml.safe_dump({"mechanism": name, "mechanism_terms": spoilt}))
    message = "\n".join(map(str, problems))
    assert contract is None
    assert f"'{required[0]}' is missing from mechanism_terms" in message
    assert "'colour' is not a known name" in message
    assert f"mechanism_terms.{required[1]}" in message
    assert all(int(problem.where.rsplit(" ", 1)[1]) >= 6 for problem in problems)


@pytest.mark.parametrize("name", NAMES)
def test_a_party_that_is_not_of_the_place_is_named_once(name: str, tmp_path: Path) -> None:
    contract, problems = read(tmp_path, HEAD + re.sub(r"\bboard\b", "bord", example(name), count=1))
    assert contract is None
    assert [problem.what for problem in problems] == ["'bord' is not a party of the place"]
    assert problems[0].remedy == "Did you mean board"


@pytest.mark.parametrize("name", NAMES)
def test_a_term_that_the_mechanism_writes_may_not_stand_beside_it(name: str, tmp_path: Path) -> None:
    contract, problems = read(tmp_path, HEAD + example(name) + "residual_party: council\n")
    assert contract is None
    assert f"residual_party is a term that {name} writes" in str(problems[0])


# ------------------------------------------------------------------ the door


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mechanism: blended_paymnt\nmechanism_terms: {}\n", "there is no mechanism 'blended_paymnt'; its file says what the terms mean. Did you mean blended_payment"),
        ("mechanism_terms: {provider: trust}\n", "there are mechanism_terms and no mechanism"),
        ("mechanism: section_75\n", "'host' and 'contributions_gbp' are missing from mechanism_terms"),
        ("mechanism: blended_payment\nmechanism_terms: {commissioner: board, provider: trust, marginal_share: 20}\n", "20 is no part of 1"),
        ("mechanism: section_75\nmechanism_terms: {host: board, contributions_gbp: {board: -1, council: 5}}\n", "-1 is below zero"),
        ("mechanism: section_75\nmechanism_terms: {host: board, contributions_gbp: {board: 5, council: 5}, most_loss_gbp: {board: 1}}\n", "board hosts the pool and its loss is limited"),
        ("mechanism: section_75\nmechanism_terms: {host: board, contributions_gbp: {board: 0, council: 0}}\n", "the contributions add up to zero"),
        ("mechanism: gain_loss_share\nmechanism_terms: {commissioner: board, gain_shares: {trust: 0.7, hub: 0.6}}\n", "the shares add up to 1.3"),
        ("mechanism: project_alliance\nmechanism_terms: {owner: board, gain_shares: {trust: 0.5}, fee_gbp: {hub: 1}}\n", "trust has no fee at risk"),
        ("mechanism: aco_reach\nmechanism_terms: {option: global, payer: board, organisation: trust}\n", "the global option has no discount_share"),
        ("mechanism: aco_reach\nmechanism_terms: {option: professional, payer: board, organisation: trust, discount_share: {2026: 0.02}}\n", "the professional option has a discount_share"),
        ("mechanism: lead_provider_capitation\nmechanism_terms: {commissioner: board, lead: hub, subcontracts: {trust: {gain_share: 0.8}, fund: {gain_share: 0.5}}}\n", "every gain_share together is 1.3"),
        ("mechanism: lead_provider_capitation\nmechanism_terms: {commissioner: board, lead: hub, subcontracts: {board: {}}}\n", "the lead, the commissioner and subcontractors are not different"),
        ("mechanism: project_alliance\nmechanism_terms: {owner: board, gain_shares: {board: 0.5}, fee_gbp: {board: 1}}\n", "board is at risk and also takes what is left over"),
        ("mechanism: us_shared_savings\nmechanism_terms: {track: basic_c, payer: board, organisation: trust, deduction_share: 0.02}\n", "the outcome gate has no score"),
        ("mechanism: us_shared_savings\nmechanism_terms: {track: basic_a_b, payer: board, organisation: trust, deduction_share: 0, score_share: {2026: 1}}\n", "the table has nothing to be read by"),
    ],
)  # fmt: skip
def test_what_a_mechanism_refuses(text: str, message: str, tmp_path: Path) -> None:
    contract, problems = read(tmp_path, HEAD + text)
    assert contract is None
    assert message in "\n".join(map(str, problems))


def test_a_fault_of_what_is_written_out_is_reported_at_the_line_it_comes_from(tmp_path: Path) -> None:
    ranges = "mechanism: target_cost\nmechanism_terms:\n  client: board\n  contractor: trust\n  share_ranges:\n    - {from: 0, to: 0.8, contractor_share: 0}\n    - {from: 0.9, to: null, contractor_share: 0.5}\n"  # fmt: skip
    _, problems = read(tmp_path, HEAD + ranges)
    assert [(problem.where, problem.what) for problem in problems] == [("contract.yaml, line 11", "range 2 starts at 0.9 and leaves a gap")]
    shares = "mechanism: gain_loss_share\nmechanism_terms:\n  commissioner: board\n  gain_shares:\n    {trust: 0.5, board: 0.4}\n"
    _, problems = read(tmp_path, HEAD + shares)
    assert {problem.where for problem in problems} == {"contract.yaml, line 8"}
    assert problems[0].what == "the shares of gain band 1 add up to 0.9"


def test_a_contract_may_say_who_is_at_risk_and_add_terms_of_its_own(tmp_path: Path) -> None:
    beside = "parties: {board: {at_risk: false}, council: {at_risk: false}, trust: {at_risk: false}, community: {at_risk: true}, hub: {at_risk: false}, fund: {at_risk: false}}\n"
    contract, problems = read(tmp_path, HEAD + example("gain_loss_share") + beside + "relief: {share: {2026: 0.5}}\n")
    assert problems == []
    assert contract is not None
    assert [name for name, terms in contract.parties.items() if terms.at_risk] == ["community"]
    assert contract.relief.share == {2026: 0.5}


def test_a_contract_without_a_mechanism_is_left_as_it_is() -> None:
    document = Document(Path("contract.yaml"), {"id": "x"}, {})
    assert mechanisms.expand(document, [], [], []) is document


def as_figures(terms: Terms) -> Terms:
    """The same terms with every figure alone: a mechanism may write a term that the other contract leaves out, at the same value."""

    def alone(figure: Figure) -> Figure:
        return Figure(figure.value, "local", "", "")

    return replace(
        terms,
        assumptions={
            name: each.with_values({year: alone(figure) for year, figure in each.values.items()})
            for name, each in terms.assumptions.items()
        },
        columns={
            name: replace(each, figures={at: alone(figure) for at, figure in each.figures.items()}) for name, each in terms.columns.items()
        },
    )


def test_the_tracks_are_the_terms_that_reproduce_the_published_results(tmp_path: Path) -> None:
    """A contract for many by name of track is, term by term, the one that settles every organisation of the year."""
    for year in (2021, 2022):
        path = ASSUMPTIONS / "contracts" / f"us-mssp-{year}.yaml"
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        own = {"mechanism": "us_shared_savings", "mechanism_terms": {"payer": "medicare", "organisation": "aco", "deduction_share": 0.02}}
        kept = {term: written["terms"][term] for term in ("relief",) if term in written["terms"]}
        kinds = {kind: {"mechanism_terms": {"track": kind}} for kind in TRACKS}
        figures = written["figures"]
        reported_by = {
            way: {code: kind for code, kind in figures["kind"].get(way, {}).items() if kind in TRACKS} for way in ("codes", "flags")
        }
        figures["kind"] |= reported_by
        for column in figures["columns"].values():
            if isinstance(column, dict) and "kinds" in column:
                column["kinds"] = [kind for kind in column["kinds"] if kind in TRACKS]
        del written["published"]
        made = tmp_path / path.name
        made.write_text(yaml.safe_dump({**written, "terms": {**own, **kept}, "kinds": kinds}, sort_keys=False), encoding="utf-8")
        ours, theirs = read_many(made), read_many(path)
        for kind in TRACKS:
            assert as_figures(ours.terms[kind]) == as_figures(theirs.terms[kind]), kind


def test_a_place_runs_by_a_mechanism(broken: Path) -> None:
    given = yaml.safe_load((broken / "contract.yaml").read_text(encoding="utf-8"))
    head = {name: given[name] for name in ("id", "title", "status", "source", "as_at")}
    terms = {"commissioner": "nhs_commissioner", "gain_shares": {"acute_trusts": 0.3, "council": 0.2}, "dead_band_share": 0.005}
    (broken / "contract.yaml").write_text(yaml.safe_dump({**head, "mechanism": "gain_loss_share", "mechanism_terms": terms}), encoding="utf-8")  # fmt: skip
    place = capmodel.load(broken)
    done = place.run()
    assert place.assumptions["gain_threshold_share"].clause == "threshold.gain_share"
    assert done.passed
    shares = done.tables["settlement"]
    assert set(shares[shares["share_gbp"] != 0]["party"]) <= {"nhs_commissioner", "acute_trusts", "council"}


# ------------------------------------------------------------------ pooled budgets and the performance pot

TABLES = (*pool.TABLES, *performance_pot.TABLES)


def test_units_labels_and_wiring_of_the_tables_hold() -> None:
    check_wiring(pool.TABLES)
    check_wiring(performance_pot.TABLES)
    for table in TABLES:
        labels = [column.label for column in (*table.inputs.values(), *table.lines.values())]
        assert len(set(labels)) == len(labels), table.name
        for column in (*table.inputs.values(), *table.lines.values()):
            assert parse(unit_by_name(column.name)) == parse(column.unit), column.name
        assert all(len(line.meaning.split()) >= 4 for line in table.lines.values())
    meanings = [line.meaning for table in TABLES for line in table.lines.values()]
    assert len(set(meanings)) == len(meanings)


def test_the_agreements_of_the_guide_are_worked_out_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pooled-budget.yaml").write_text(example("The waterfall of a pooled budget"), encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code
    known: dict[str, Any] = {}
    exec(code[1], known)
    assert known["figures"].figure(("partner_year", "deficit_part_gbp")).tolist() == [262_500, 87_500]
    Path("pot.yaml").write_text(example("The performance pot by quarter"), encoding="utf-8")
    problems: list[Problem] = []
    document = read_mapping(Path("pot.yaml"), problems)
    agreement = read_pot(document, (2026,), problems) if document else None
    assert agreement is not None, problems
    paid = worked_out(agreement, performance_pot.TABLES, (2026,)).figure(("earned", "payment_gbp"))
    assert paid.tolist() == [149_000, 447_000, 0, 447_000, 149_000, 372_500, 0, 521_500]


def test_the_check_on_claims_speaks_when_a_claim_is_raised_in_the_workbook() -> None:
    """The reader refuses 1,150,000 of 1,000,000; typed into a workbook, the check line shows the 150,000."""
    case = next(case for case in WORKED_POOLS if case.name == "S75-08-sound")
    prepared = case_runner.prepare(case)
    inputs = prepared.values.inputs
    raised = {**inputs.given, ("benefit_claim", "claim_gbp"): inputs.given["benefit_claim", "claim_gbp"] + np.array([0, 250_000, 0])}
    done = evaluate(prepared.tables, Values(replace(inputs, given=raised)))
    assert done.figure(("benefit", "check_claims_gbp")).tolist() == [150_000, 0]


WORKED_POOLS = [case for case in case_files.read_cases() if case.chain == "pooled_budget"]


def part_of(case: Case, **changes: Any) -> Document:
    document = case.part("agreement")
    return Document(document.path, {**document.content, **changes}, document.lines)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"host": "nobody"}, "'nobody' is not a partner"),
        ({"colour": "blue"}, "'colour' is not a known name"),
        ({"risk_pool_gbp": {2026: 500000}}, "there is no figure for 2027"),
        ({"risk_pool_gbp": {2026: 500000, 2027: 500000, 2031: 1}}, "there is a figure for 2031"),
        ({"uncommitted_gbp": {2026: -1, 2027: 0}}, "the figure is -1"),
        ({"partners": {"board": {"contribution_gbp": {2026: 1, 2027: 1}, "most_loss_gbp": 1}, "council": {"contribution_gbp": {2026: 1, 2027: 1}}}}, "board hosts the pool and its loss is limited"),
        ({"partners": {"board": {"contribution_gbp": {2026: 1, 2027: 1}}, "council": {"contribution_gbp": {2026: 1, 2027: 1}, "most_loss_gbp": -1, "carry_forward_limit_share": 2}}}, "carry_forward_limit_share is 2"),
    ],
)  # fmt: skip
def test_what_an_agreement_of_a_pool_refuses(changes: dict[str, Any], message: str) -> None:
    case = next(case for case in WORKED_POOLS if case.name == "S75-02")
    problems: list[Problem] = []
    assert read_pool(part_of(case, **changes), (2026, 2027), problems) is None
    assert message in "\n".join(map(str, problems))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"planned_number": {2015: [0, 0, 0, 0]}}, "nothing is planned for 2015"),
        ({"planned_number": {2015: [1, 1, -1, 1]}}, "the figure is -1"),
        ({"avoided_number": {2015: [1, 1, 1]}}, "is missing"),
        ({"reading": "both"}, "it is not a known choice"),
        ({"admission_price_gbp": {2016: 1490}}, "there is no figure for 2015"),
    ],
)
def test_what_an_agreement_on_a_pot_refuses(changes: dict[str, Any], message: str) -> None:
    case = next(case for case in case_files.read_cases() if case.name == "S75-06")
    problems: list[Problem] = []
    assert read_pot(part_of(case, **changes), (2015,), problems) is None
    assert message in "\n".join(map(str, problems))


@settings(max_examples=60)
@given(
    spend=st.lists(st.integers(0, 40_000_000), min_size=6, max_size=6),
    limit=st.integers(0, 5_000_000),
    carry=st.integers(0, 10),
    risk=st.integers(0, 1_000_000),
)
def test_every_pound_of_a_pool_is_spent_held_or_paid_whatever_is_spent(spend: list[int], limit: int, carry: int, risk: int) -> None:
    """Pennies included: checks are zero, the risk pool never goes below zero, and no partner bears more than its limit."""
    years, pounds = (2026, 2027), [amount / 100 for amount in spend]
    lines = [
        {
            "id": name,
            "label": name,
            "budget_gbp": dict.fromkeys(years, 150_000),
            "spend_gbp": dict(zip(years, pounds[2 * i :], strict=False)),
        }
        for i, name in enumerate(("shared", "host", "grant"))
    ]
    lines[1] |= {"overspend": "host"}
    lines[2] |= {"grant_of": "council"}
    put_in = 3 * 150_000 + risk / 100
    partners = {
        "board": {"contribution_gbp": dict.fromkeys(years, put_in - 120_000)},
        "council": {
            "contribution_gbp": dict.fromkeys(years, 80_000),
            "most_loss_gbp": limit / 100,
            "carry_forward_limit_share": carry / 10,
        },
        "practices": {"contribution_gbp": dict.fromkeys(years, 40_000), "carry_forward_limit_share": 0.1},
    }
    content = {"id": "p", "title": "P", "status": "illustrative", "source": "p", "host": "board", "partners": partners, "lines": lines}
    content["risk_pool_gbp"] = dict.fromkeys(years, risk / 100)
    problems: list[Problem] = []
    agreement = read_pool(Document(Path("pool.yaml"), content, {}), years, problems)
    assert agreement is not None, BadInput(problems)
    done = worked_out(agreement, pool.TABLES, years)
    for name, line in pool.fund.lines.items():
        if line.is_check:
            assert np.abs(done.figure(("fund", name))).max() < 0.005, name
    assert done.figure(("fund", "risk_pool_left_gbp")).min() >= 0
    borne = done.figure(("partner_year", "deficit_part_gbp")).reshape(3, 2)
    assert borne[1].max() <= limit / 100 + 0.0101
    assert done.figure(("partner_year", "held_gbp")).min() >= 0

"""A step of the settlement is one file: its figures are declared once, it knows no other part of a contract, and its faults are reported with all others."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

import pytest
from contract_terms import ALL_CARE, CONTRACTS, PARTIES, PLAIN, YEARS
from pydantic import BaseModel

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.pack import Entry
from capmodel.contracts import settlement
from capmodel.contracts.alliance import Contract
from capmodel.contracts.many.column_terms import is_related, is_signed
from capmodel.contracts.read import read_contract
from capmodel.contracts.settlement import transfer
from capmodel.contracts.settlement.steps import STEPS
from capmodel.contracts.settlement.term import Stated
from capmodel.contracts.terms import every_column, every_term

FOLDER = Path(settlement.__file__).parent
#: These two put the steps together: the rows of a place, and a settlement by itself.
TOGETHER = ("rows", "standalone")


def faults(**terms: Any) -> list[str]:
    problems: list[Any] = []
    routes = Rows({"setting": (ALL_CARE,), "provider": ("trust",), "payer": ("board",)})
    entries = [Entry(party, party, {}) for party in PARTIES]
    read_contract(Document(Path("contract.yaml"), {**PLAIN, **terms}, {}), entries, [ALL_CARE], YEARS, routes, problems)
    return [problem.what for problem in problems]


@pytest.mark.parametrize("path", [path for path in sorted(FOLDER.glob("*.py")) if path.stem not in TOGETHER], ids=lambda path: path.stem)
def test_a_step_does_not_know_the_contract_it_is_a_part_of(path: Path) -> None:
    above = re.findall(r"capmodel\.contracts\.(alliance|terms|read|many|mechanisms|idle)\b", path.read_text(encoding="utf-8"))
    assert above == []


def test_every_column_that_a_contract_states_is_listed() -> None:
    stated = {name for table in transfer.TABLES for name, column in table.inputs.items() if isinstance(column, Stated)}
    of_the_place = {"in_scope_flag", "setting_pressure_share"}
    assert set(every_column()) == stated
    assert {name for table in transfer.TABLES for name in table.inputs} - stated == of_the_place


def kinds_at(kind: Any, part: str) -> Any:
    """What a step of a place leads to in the models of a contract."""
    inner = [each for each in get_args(kind) if each is not NoneType]
    if NoneType in get_args(kind):
        return kinds_at(inner[0], part)
    if part.startswith("["):
        assert get_origin(kind) is list, part
        return inner[0]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        by_name = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
        if part.startswith("{"):
            return next(iter(by_name.values()))
        return by_name[part]
    assert get_origin(kind) is dict, part
    return inner[1]


@pytest.mark.parametrize("name", [name for name, (_, column) in every_column().items() if column.at])
def test_the_place_of_a_column_is_a_place_of_the_models(name: str) -> None:
    table, column = every_column()[name]
    kind: Any = Contract
    for part in re.findall(r"\{\w+\}|\[[^\]]*\]|\w+", column.at):
        kind = kinds_at(kind, part)
    named = {
        key.partition("=")[2] or key.strip("#")
        for text in re.findall(r"\[([^\]]*)\]|\{(\w+)\}", column.at)
        for key in ",".join(text).split(",")
        if key
    }
    assert named - {"year"} <= set(table.keys)


def test_a_term_is_named_once_and_says_what_it_is() -> None:
    assert set(every_term()) > {"gain_threshold_share", "held_by_provider_flag"}
    assert set(every_term()) & set(every_column()) == set()
    assert all(each.term.title for each in every_term().values())


def test_what_settle_and_set_must_know_of_a_figure_is_declared_with_it() -> None:
    related = {
        "loss_floor_share",
        "on_account_gbp",
        "factor_weight_number",
        "excluded_part_share",
        "tier_score_share",
        "share_at_end_share",
    }
    related |= {"key_part_share", "band_lower_share", "indicator_target_share", "indicator_denominator_number"}
    names = {*every_term(), *every_column()}
    assert related <= {name for name in names if is_related(name)}
    assert {"cap_gbp", "gain_phase_share"}.isdisjoint(name for name in names if is_related(name))
    assert {name for name in names if is_signed(name)} >= {"scope_change_gbp", "excluded_shock_gbp", "on_account_gbp"}
    assert {"cap_gbp", "relief_gbp", "gain_threshold_gbp"}.isdisjoint(name for name in names if is_signed(name))
    built = {"side_sign_index", "range_before_persons", "range_bounded_flag", "band_bounded_flag", "brought_due_flag", "origin_due_flag"}
    assert built | {f"{step}_step_flag" for step in STEPS} <= transfer.BUILT
    assert {"cap_gbp_flag", "carries_flag", "at_risk_flag", "factor_is_income_flag"}.isdisjoint(transfer.BUILT)


def test_a_year_in_which_no_indicator_counts_is_reported_beside_the_faults_of_other_steps() -> None:
    outcomes = {**CONTRACTS["a ladder of indicators, losses by outcome, a key"]["outcomes"]}
    outcomes["indicators"] = [{**each, "smallest_number": 1000} for each in outcomes["indicators"]]
    assert [what for what in faults(outcomes=outcomes) if "no indicator counts" in what] == [
        f"no indicator counts in {year}" for year in YEARS
    ]
    both = faults(outcomes=outcomes, threshold={"mode": "none", "gain_share": 0.02})
    assert "there is a gain_share, and the mode is none" in both
    assert [what for what in both if "no indicator counts" in what] == [f"no indicator counts in {year}" for year in YEARS]


def test_no_steps_and_a_cap_that_others_share_is_a_fault_and_no_traceback() -> None:
    cap = {"party": "trust", "side": "loss", "amount_gbp": 1000, "residual_to": "others"}
    found = faults(steps=[], caps=[cap])
    assert "the steps are empty" in found
    assert not any("not the last step" in what for what in found), "that would follow from there being none"


@pytest.mark.parametrize(("share", "words"), [(40, "share is 40"), (-0.5, "share is -0.5")])
def test_a_share_of_relief_is_a_part_of_the_loss(share: float, words: str) -> None:
    assert words in faults(relief={"share": dict.fromkeys(YEARS, share)})


@pytest.mark.parametrize("first", ["outcomes", "carry_forward"])
def test_the_lines_of_the_pool_are_in_the_order_of_the_steps_whichever_file_is_imported_first(first: str) -> None:
    """The order of lines is that of the workbook, whose bytes must not depend on what a caller imports."""
    names = "from capmodel.contracts.settlement import transfer; print(*transfer.pool.lines)"
    message = subprocess.run(
        [sys.executable, "-c", f"import capmodel.contracts.settlement.{first}; {names}"], capture_output=True, text=True, check=True
    )
    lines = message.stdout.split()
    assert lines == list(transfer.pool.lines)
    order = ["pool_target_gbp", "counted_variance_gbp", "threshold_gbp", "pool_gbp", "check_slices_gbp", "score_share", "check_shares_gbp"]
    assert [line for line in lines if line in order] == order

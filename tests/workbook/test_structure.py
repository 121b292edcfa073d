"""What a workbook keeps locked: how its files are built. The rest is yellow, and either counts or says that it has no effect."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import yaml

import capmodel
from capmodel.algebra.table import Input
from capmodel.errors import BadInput
from capmodel.model import Place
from capmodel.place.chain import CHAINS
from capmodel.workbook.sheets import make_book
from capmodel.workbook.writing.book import Book
from capmodel.workbook.writing.formats import ROLES

from workbook_files import Recalculated  # isort: skip
from book_cells import asides, inputs, word_beside  # isort: skip

FILL = f"FF{ROLES['structure']['bg_color'][1:]}"


def named(book: Book) -> dict[str, tuple[str, str]]:
    """The look of every figure of the packs, and the word beside it."""
    return {
        content.change: (content.role, word_beside(book, (sheet.name, *place)))
        for sheet in book.sheets
        for place, content in sheet.cells.items()
        if content.change
    }


@pytest.fixture(scope="module")
def looks(book: Book) -> dict[str, tuple[str, str]]:
    return named(book)


@pytest.mark.parametrize("basis", CHAINS)
def test_signs_and_steps_and_ends_are_declared_internal_at_their_input(basis: str) -> None:
    declared = {
        column.name for table in CHAINS[basis].tables for column in table.inputs.values() if isinstance(column, Input) and column.internal
    }
    steps = {name for table in CHAINS[basis].tables for name in table.inputs if name.endswith("_step_flag")}
    assert len(steps) == 7 and steps | {"side_sign_index", "band_bounded_flag", "range_before_persons"} <= declared


@pytest.mark.parametrize("name", ["side_sign_index[gain]", "phase_step_flag[caps]", "check_tolerance_gbp@base", "outcome_ladder_flag@base", "band_bounded_flag[gain,band_1]", "anchor_flag[mostly_healthy]"])  # fmt: skip
def test_what_says_how_the_file_is_built_is_locked(name: str, looks: dict[str, tuple[str, str]]) -> None:
    assert looks[name][0] == "structure"


@pytest.mark.parametrize("name", ["side_sign_index[gain]", "phase_step_flag[caps]", "band_bounded_flag[gain,band_1]"])
def test_what_says_how_the_contract_is_built_cannot_be_set_for_a_run(name: str, place: Place) -> None:
    # A sign of zero abolished every gain while all checks held.
    with pytest.raises(BadInput, match=r"(?s)cannot be set.*how the contract is built.*Change the term in contract\.yaml"):
        place.run(changes={name: 0.0})
    with pytest.raises(BadInput, match="how the contract is built"):
        place.simulate(draws=10, seed=1, changes={name: 0.0})


def test_a_locked_figure_is_locked_in_the_file_and_has_a_colour_of_its_own(opened: openpyxl.Workbook) -> None:
    cells = [cell for sheet in opened for row in sheet.iter_rows() for cell in row if cell.fill.fill_type and cell.fill.fgColor.rgb == FILL]
    assert len(cells) > 100
    assert all(cell.protection.locked for cell in cells)


def test_a_cap_that_the_contract_does_not_have_says_that_it_has_no_effect(looks: dict[str, tuple[str, str]]) -> None:
    assert looks["cap_gbp[council,gain]"] == ("input", "no effect")
    assert looks["cap_gbp[acute_trusts,gain]"] == ("input", "")


def test_a_cap_of_pounds_has_no_effect_where_the_cap_is_a_share_of_the_target(broken: Path) -> None:
    contract = broken / "contract.yaml"
    stated = yaml.safe_load(contract.read_text())
    for cap in stated["caps"]:
        for base in ("amount_gbp", "share_of_income"):
            cap.pop(base, None)
        cap["share_of_target"] = 0.01
    contract.write_text(yaml.safe_dump(stated))
    found = named(make_book(capmodel.load(broken).run()).book)
    assert found["cap_gbp[acute_trusts,gain]"] == ("input", "no effect")
    assert found["cap_of_target_share[acute_trusts,gain]"][0] == "input"


def test_a_gate_says_whether_it_counts_as_its_switch_stands(workbook: Path, book: Book) -> None:
    file, free = Recalculated(workbook), inputs(book)
    place = free["outcome_gate_share@base"][0]
    beside = (*place[:2], asides(book, place[0])[place[1]])
    assert file.values()[beside] == "counts"
    file.set(free["outcome_counts_flag@base"][0], 0)
    assert file.values()[beside] == "no effect"


def test_a_figure_set_for_the_run_stands_beside_the_pack_s_own(place: Place) -> None:
    changes = {"efficiency_share[2028]": 0.0123, "cap_gbp[council,gain]": 5e6, "group_persons[mostly_healthy]": 1716500.0}
    book = make_book(place.run(changes=changes)).book
    log = " ".join(str(content.value) for content in book.sheet("Change log").cells.values())
    cover = " ".join(str(content.value) for content in book.sheet("Cover").cells.values())
    pack = place.columns["group_persons"].figures[("mostly_healthy",), None].value
    for text in (log, cover):
        assert f"1716500; the pack says {pack:.15g}" in text
        assert "2028/29 (efficiency_share[2028]@base): 0.0123; the pack says" in text
    home = next(
        (sheet, row)
        for sheet in book.sheets
        for (row, _), content in sheet.cells.items()
        if content.change == "efficiency_share[2028]@base"
    )
    beside = [str(content.value) for (row, _), content in home[0].cells.items() if row == home[1]]
    assert "local" in beside and any("2028/29: Set for this run; the pack says" in text for text in beside), beside


def test_a_book_of_a_given_choice_can_be_made_again_from_what_it_records(place: Place) -> None:
    from capmodel.workbook.returned.made_again import as_made
    from capmodel.workbook.returned.provenance import claim_of

    chosen = {option: int(i % 3 == 0) for i, option in enumerate(place.choices.options)}
    made = place.run(chosen=chosen)
    book = make_book(made).book
    again = as_made(claim_of(book.custom, {}), place, "base", {}, {})
    assert again.run_id == made.run_id
    flag = inputs(book)[f"chosen_flag[{place.choices.options[0]}]"]
    row = [str(content.value) for (at, _), content in book.sheet(flag[0][0]).cells.items() if at == flag[0][1]]
    assert "local" in row and not any("optimiser" in text for text in row), row


def test_a_book_with_a_locked_figure_set_for_its_run_is_run_again_with_it(place: Place) -> None:
    from capmodel.workbook.recalculate import cells_of
    from capmodel.workbook.returned.inputs import figures_at, inputs_of
    from capmodel.workbook.returned.made_again import run_again
    from capmodel.workbook.sheets import input_sheets

    made = place.run(changes={"cap_gbp[council,gain]": 5e6, "cap_gbp_flag[council,loss]": 1.0, "outcome_gate_share": 0.65})
    sent = make_book(made).book
    pack = figures_at(input_sheets(place.run(chosen=dict.fromkeys(place.choices.options, 0))).values())
    standing, changed, scenario = inputs_of(cells_of(sent), figures_at(sent.sheets), pack, list(place.scenarios))
    result = run_again(standing, scenario, place)
    assert changed == {}
    for node in (("cap", "cap_gbp"), ("cap", "cap_gbp_flag")):
        assert (result.values.figure(node) == made.values.figure(node)).all()

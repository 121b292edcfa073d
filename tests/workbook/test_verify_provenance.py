"""What `capmodel verify` believes of a workbook that came back: whose place it is held against, what was set when it was made, what it shows."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import capmodel
from capmodel.cli import main
from capmodel.errors import BadInput
from capmodel.model import Place, Result
from capmodel.workbook.returned.bounds import scan
from capmodel.workbook.returned.formulas import same_format
from capmodel.workbook.returned.provenance import Claim, changes_of, claim_of, draws_of, place_named, scenario_of
from capmodel.workbook.returned.verify import Verification, read_returned, verify

from conftest import Case  # isort: skip
from workbook_files import edited, forged, with_cell, without_properties  # isort: skip
from book_cells import input_cell  # isort: skip


def verified(path: Path, place: Place) -> Verification:
    return verify(read_returned(path, scan(path)), place)


def named(value: str) -> Callable[[str], str]:
    return lambda xml: xml.replace("<vt:lpwstr>small-place</vt:lpwstr>", f"<vt:lpwstr>{value}</vt:lpwstr>")


# ------------------------------------------------------------------ whose place


def test_a_place_named_by_a_path_in_the_file_is_not_followed(
    small: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(small.folder.parent)  # the pack lies beside the book, under the name of the place too
    for value in (str(small.folder), "./small-place", "../places/small-place"):
        assert main(["verify", str(forged(small.workbook, tmp_path / "forged.xlsx", "docProps/custom.xml", named(value)))]) == 1
        said = capsys.readouterr().out
        assert f"it names its place by a path ({value}), and a path in a file is not followed; give the place with --place" in said
        assert "not recalculated" in said and said.endswith("FAIL\n")


def test_a_folder_beside_the_book_is_not_the_place_of_that_name(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(broken.parent)
    claim = claim_of({"run_id": "1", "place": "north-west-london"}, {})
    found = place_named(claim)
    assert found is not None and found.resolve() != broken.resolve()


def test_the_user_names_the_place_and_is_shown_which_packs_were_used(
    small: Case, small_broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    table = small_broken / "tables" / "group_persons.csv"
    table.write_text(table.read_text().replace("228800", "228801"))
    assert main(["verify", str(small.workbook), "--place", str(small_broken)]) == 1
    said = capsys.readouterr().out
    changed = capmodel.load(small_broken).pack.editions[1]
    assert f"compared with the place in {small_broken}" in said
    assert changed.sha256 in said
    assert "NOT COMPARED, because the pack small-place changed since the workbook was made" in said


# ------------------------------------------------------------------ what it was made from


@pytest.fixture(scope="module")
def place(small: Case) -> Place:
    return small.place


@pytest.fixture(scope="module")
def by_hand(place: Place) -> Result:
    options = list(place.choices.options)
    chosen = {option: int(i < 3) for i, option in enumerate(options)}
    return place.run(changes={"investment_budget_gbp[2026]": 12_345_678.91}, chosen=chosen)


@pytest.fixture(scope="module")
def made_by_hand(by_hand: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return by_hand.to_workbook(tmp_path_factory.mktemp("by_hand") / "set.xlsx")


def test_figures_set_and_options_chosen_by_hand_when_it_was_made_are_listed(made_by_hand: Path, place: Place) -> None:
    found = verified(made_by_hand, place)
    assert found.altered == () and found.not_compared == ""
    assert found.changes == {}
    before = place.assumptions["investment_budget_gbp"].values[2026].value
    assert found.set_when_made == (("investment_budget_gbp[2026]@base", before, 12_345_678.91),)
    assert found.chosen_by_hand == tuple(place.choices.options)[:3]
    assert found.itself is not None and found.itself.passed
    assert found.engine is not None and found.engine.passed


def test_a_book_whose_properties_are_lost_is_known_by_its_cells(by_hand: Result, made_by_hand: Path, place: Place, tmp_path: Path) -> None:
    path = without_properties(made_by_hand, tmp_path / "lost.xlsx")
    returned = read_returned(path, scan(path))
    assert returned.claim.from_cells
    assert returned.claim.run == by_hand.run_id
    assert returned.claim.place == place.pack.id
    found = verify(returned, place)
    assert (found.altered, found.not_compared) == ((), "")
    assert [name for name, *_ in found.set_when_made] == ["investment_budget_gbp[2026]@base"]


def test_a_choice_by_hand_that_is_known_no_more_is_said_plainly(made_by_hand: Path, small: Case, tmp_path: Path) -> None:
    place = small.place
    option = next(iter(place.choices.options))
    sheet, cell = input_cell(small.book, f"chosen_flag[{option}]")
    path = without_properties(made_by_hand, tmp_path / "lost.xlsx")
    changed = with_cell(path, tmp_path / "changed.xlsx", sheet, cell, lambda xml: xml.replace("<v>1</v>", "<v>0</v>"))
    found = verified(changed, place)
    assert not found.passed
    assert "its options were chosen by hand, and which ones is no longer known" in found.not_compared


def test_an_empty_owner_that_a_program_leaves_out_is_no_change(small_broken: Path, tmp_path: Path) -> None:
    file = small_broken / "place.yaml"
    file.write_text(re.sub(r"^owner: .*$", 'owner: ""', file.read_text(), flags=re.MULTILINE))
    place = capmodel.load(small_broken)
    path = place.run().to_workbook(tmp_path / "book.xlsx")
    saved = edited(path, tmp_path / "saved.xlsx", {"xl/worksheets/sheet1.xml": lambda xml: re.sub(r'<c r="B13"[^>]*>.*?</c>', "", xml)})
    found = verified(saved, place)
    assert found.altered == ()
    assert found.passed


# ------------------------------------------------------------------ what it shows


def test_what_shows_other_figures_than_the_cells_hold_is_named(small: Case, tmp_path: Path) -> None:
    def chart(xml: str) -> str:
        drawn = re.findall(r"<c:val><c:numRef><c:f>([^<]*)</c:f>", xml)
        return xml.replace(f"<c:val><c:numRef><c:f>{drawn[0]}<", f"<c:val><c:numRef><c:f>{drawn[-1]}<", 1)

    changed = edited(
        small.workbook,
        tmp_path / "shown.xlsx",
        {
            "xl/charts/chart2.xml": chart,
            "xl/styles.xml": lambda xml: xml.replace('formatCode="0.0000_);(0.0000)"', 'formatCode="&quot;1.0000&quot;"').replace(
                "<dxf>", '<dxf><numFmt numFmtId="999" formatCode="&quot;OK&quot;"/>', 1
            ),
            "xl/workbook.xml": lambda xml: xml.replace("<calcPr ", '<calcPr fullPrecision="0" ').replace(
                "<definedNames>", '<definedNames><definedName name="rate">Cover!$A$1</definedName>'
            ),
            "xl/drawings/drawing1.xml": lambda xml: xml.replace("<xdr:clientData/>", "<xdr:clientData/><xdr:sp/>", 1),
        },
    )
    found = verified(changed, small.place)
    assert not found.passed
    message = "\n".join(found.altered)
    assert re.search(r"figures: Out 3 Parties!\w+: the chart .*, series 1.1: values was", message)
    assert re.search(r"looks: [\d,]+ places \(.*\): number format was '0.0000_\);\(0.0000\)', is", message)
    assert "behaviour: how it calculates: fullPrecision was added: '0'" in message
    assert "rules: the name 'rate' was added: 'COVER!$A$1'" in message
    assert "number format" in message and "the conditional format" in message
    assert "over the cells" in message


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0.0%_);(0.0%)", r"0.0%_);\(0.0%\)", True),
        ("#,##0", '"#,##0"', False),
        ("#,##0.00", '#,##0.00"0"', False),
        ("#,##0 £", '#,##0" £"', True),
        ("General", ";;;", False),
        ("0.00", "0.0", False),
    ],
)
def test_a_number_format_is_the_same_where_it_shows_the_same(one: str, other: str, same: bool) -> None:
    assert same_format(one, other) is same


# ------------------------------------------------------------------ what it says of its run


def claim(**said: Any) -> Claim:
    return claim_of({"run_id": "1", **said}, {})


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999", "", "many", "1,5"])
def test_a_figure_set_that_is_no_number_is_reported(value: str) -> None:
    with pytest.raises(BadInput, match=re.escape(f"efficiency_share: the workbook says {value!r}; a figure is a number")):
        changes_of(claim(change_1=f"efficiency_share={value}"))


@pytest.mark.parametrize(("draws", "seed"), [("nan", "1"), ("²", "1"), ("-5", "1"), ("1e3", "1"), ("9" * 19, "1"), ("100", ""), ("", "1")])
def test_draws_that_are_no_numbers_are_reported(draws: str, seed: str) -> None:
    with pytest.raises(BadInput, match="they are whole numbers"):
        draws_of(claim(draws=draws, seed=seed))


def test_a_scenario_that_the_place_does_not_have_is_reported(place: Place) -> None:
    with pytest.raises(BadInput, match="the workbook says it was made in the scenario 'nan'; the scenarios of small-place are base"):
        scenario_of(claim(scenario="nan"), place)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("list.csv", b"a,b\n1,2\n", "it is a text file; a workbook is read as .xlsx"),
        ("book.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "in the format of Excel 97 to 2003"),
        ("book.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "it is encrypted with a password"),
        ("book.pdf", b"%PDF-1.7\n", "it is a PDF"),
        ("empty.xlsx", b"", "the file is empty"),
    ],
)
def test_a_file_of_another_kind_gets_one_clear_message(
    name: str, content: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    assert main(["verify", str(tmp_path / name)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("1 problem found:") and words in said


def test_an_ordinary_workbook_and_an_open_document_are_distinguished(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import openpyxl

    openpyxl.Workbook().save(tmp_path / "ordinary.xlsx")
    assert main(["verify", str(tmp_path / "ordinary.xlsx")]) == 2
    assert "it is no book of capmodel" in capsys.readouterr().err
    with zipfile.ZipFile(tmp_path / "book.ods", "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert main(["verify", str(tmp_path / "book.ods")]) == 2
    assert "saved as OpenDocument (.ods)" in capsys.readouterr().err
    assert main(["verify", str(tmp_path)]) == 2
    assert "it is a folder" in capsys.readouterr().err

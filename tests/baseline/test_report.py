"""The data-quality report: what it finds of an extract, and that nobody can be found in it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from extracts import LINE_MAP, PERSON_MAP, as_lines, pack_of, people, town, written
from reported import BLOCK, BOTH, found, made_of, marks

from capmodel.baseline.persons.report.disclosable import SUPPRESSED, Disclosable, chance
from capmodel.baseline.persons.report.maturity import LEVELS, maturity
from capmodel.baseline.persons.report.page import page_of, write_report
from capmodel.baseline.persons.report.pairs import prevalence, stability
from capmodel.baseline.persons.report.readiness import readiness
from capmodel.baseline.persons.report.record import record_of, totals_tie
from capmodel.baseline.persons.segment import Segmented, segment_people
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.baseline.persons.suppress import ALL

AGREED = {"data_sharing": True, "lawful_basis": True, "alliance_contract": True, "provider_costing": True}


def with_lines(folder: Path, frame: pd.DataFrame, lost: int = 0) -> Segmented:
    """Spend as activity lines; of every ten lines `lost` belong to nobody."""
    persons, lines = as_lines(frame)
    strangers = np.arange(len(lines)) % 10 < lost
    lines.loc[strangers, "id"] = "nobody"
    place = town(folder, LINE_MAP, linked_at_least=0.2)
    request = Request(written(persons, folder / "people.parquet"), written(lines, folder / "lines.parquet"))
    return segment_people(pack_of(place), request)


# ------------------------------------------------------------------ readiness


def test_every_condition_says_what_was_found_what_to_do_and_where_it_comes_from(large_report: Segmented) -> None:
    for condition in readiness(large_report):
        assert condition.found.endswith(".") and condition.to_do.endswith(".") and condition.source, condition.id


@pytest.mark.parametrize(("lost", "mark"), [(0, "met"), (1, "partly"), (5, "not met")])
def test_linkage_is_judged_by_its_share_of_cost_and_of_lines(tmp_path: Path, lost: int, mark: str) -> None:
    made = with_lines(tmp_path, people(2000), lost)
    assert (marks(made)["matched"], marks(made)["linkage_by_setting"]) == (mark, mark)
    assert found(made, "matched").count("%") == 2


def test_an_extract_of_one_row_a_person_is_judged_by_its_accounts_or_not_at_all(tmp_path: Path) -> None:
    frame = people(2000)
    assert marks(made_of(tmp_path, frame))["matched"] == "not known"
    spent = {("nhs_commissioner", "primary"): "gp", ("nhs_commissioner", "acute_emergency"): "ward", ("council", "social_care"): "care"}
    for factor, mark in ((1.0, "partly"), (1.1, "partly"), (2.0, "not met")):
        accounts = {key: f"{frame[f'{name}_gbp'].sum() * factor:.2f}" for key, name in spent.items()}
        made = made_of(tmp_path / str(factor), frame, accounts=accounts)
        assert marks(made)["matched"] == mark
        assert "do not show that spend stands with its own person" in found(made, "matched")
        assert marks(made)["linkage_by_setting"] == "not known"
        assert marks(made)["reconciled"] == ("met" if factor == 1 else "not met")


def test_settings_without_spend_are_named(large_report: Segmented, tmp_path: Path) -> None:
    assert marks(large_report)["settings"] == "not met"
    assert "several settings" in found(large_report, "settings")
    frame, spend = people(500), [{**PERSON_MAP["spend"][0]}]
    ids = [entry.id for entry in large_report.pack.dimensions["setting"]]
    for setting in ids[1:5]:
        frame[f"{setting}_gbp"] = 10.0
        spend.append({"column": f"{setting}_gbp", "setting": setting, "provider": "acute_trusts", "payer": "nhs_commissioner"})
    made = made_of(tmp_path, frame, spend=spend)
    assert "multiple settings" in found(made, "settings")
    assert marks(made)["settings"] == "partly"


def test_conditions_that_are_not_recorded_are_named(tmp_path: Path) -> None:
    frame = people(1000)
    assert marks(made_of(tmp_path, frame))["conditions_recorded"] == "met"
    mapped = {name: name for name in PERSON_MAP["conditions"] if name != "dementia"}
    made = made_of(tmp_path, frame, conditions=mapped, not_recorded=["dementia"])
    assert marks(made)["conditions_recorded"] == "partly"
    assert "Not recorded at all: Dementia" in found(made, "conditions_recorded")
    frame["cancer"] = frame["cancer"].astype(object).where(frame.index % 2 == 0, None)
    assert marks(made_of(tmp_path, frame, blank_means_no=["cancer"]))["conditions_recorded"] == "not met"


def test_a_condition_that_one_place_never_sends_is_found(large_report: Segmented) -> None:
    counted = [
        {"year": 2025, "locality": place, "condition": "diabetes", "people": 0 if place == "north" else 400}
        for place in ("east", "north", "west")
    ]
    made = replace(large_report, quality=replace(large_report.quality, recorded=counted))
    assert "Nobody has: Diabetes in North" in found(made, "conditions_recorded")
    assert marks(made)["conditions_recorded"] == "partly"
    (row,) = prevalence(Disclosable(made))
    assert row["share"]["north"] == 0
    shown = large_report.shown.people
    whole = shown["locality"].eq("north") & shown["year"].eq(2025)
    asks = next(one.id for one in large_report.scheme.segments if "diabetes" in one.when.conditions)
    hidden = shown.assign(suppressed=whole & shown["segment"].eq(asks))
    for people_reported, message in ((hidden, SUPPRESSED), (shown.assign(suppressed=whole & ~shown["segment"].isin([one.id for one in large_report.scheme.segments if "diabetes" in one.when.conditions])), 0)):  # fmt: skip
        (row,) = prevalence(Disclosable(replace(made, shown=replace(large_report.shown, people=people_reported))))
        assert row["share"]["north"] == message and row["share"]["east"] != SUPPRESSED
    assert 'style="background:rgba(' in page_of(record_of(made))


def test_block_contracts_agreements_and_threshold_are_judged(tmp_path: Path) -> None:
    frame = people(500)
    assert marks(made_of(tmp_path, frame))["blocks"] == "met"
    for amount, mark in ((30_000, "partly"), (900_000, "not met")):
        assert marks(made_of(tmp_path, frame, blocks=[{**BLOCK, "amount_gbp": amount}]))["blocks"] == mark
    assert marks(made_of(tmp_path, frame))["sharing"] == "not met"
    assert marks(made_of(tmp_path, frame, agreements={"data_sharing": True}))["sharing"] == "partly"
    agreed = marks(made_of(tmp_path, frame, agreements=AGREED, small_numbers=0))
    assert (agreed["sharing"], agreed["contract"], agreed["small_numbers"]) == ("met", "met", "not met")


def test_identifiers_are_known_to_be_pseudonyms_only_where_they_were_replaced(tmp_path: Path) -> None:
    place = town(tmp_path)
    request = Request(written(people(300), tmp_path / "people.parquet"), salt="pepper")
    made = segment_people(pack_of(place), request)
    assert marks(made)["identifiers"] == "met"
    # Nobody is reported to keep a salt apart that is kept nowhere.
    (to_do,) = [condition.to_do for condition in readiness(made) if condition.id == "identifiers"]
    assert to_do == "Nothing: the salt is made for the run and kept nowhere, so the pseudonyms of two runs do not match."
    assert marks(segment_people(pack_of(place), replace(request, salt=None)))["identifiers"] == "not known"


def test_the_band_of_chance_is_what_it_is_of_the_people(tmp_path: Path) -> None:
    frame = people(3000)
    made = made_of(tmp_path, frame)
    total = frame[["gp_gbp", "ward_gbp", "care_gbp"]].sum(axis=1)
    row = Disclosable(made).chances()[0]
    assert row["cv"] == pytest.approx(total.std(ddof=0) / total.mean(), abs=0.005)
    assert row["band_share"] == pytest.approx(1.96 * total.std(ddof=0) / total.mean() / np.sqrt(3000), abs=0.0001)
    assert row["band_gbp"] == pytest.approx(1.96 * total.std(ddof=0) / np.sqrt(3000), abs=1)
    assert marks(made)["size"] == "not met"
    assert chance(10**7, 10**12, 2 * 10**17)["band_share"] < 0.01


def test_variation_of_illustrative_data_is_said_to_be_so(tmp_path: Path) -> None:
    assert "illustrative data" in found(made_of(tmp_path, people(3000)), "size")
    assert "illustrative data" not in found(made_of(tmp_path, people(3000), status="local"), "size")


def test_spend_by_segment_and_setting_adds_up_where_all_of_it_is_reported(large_report: Segmented, small_report: Segmented) -> None:
    for made in (large_report, small_report):
        table, record = Disclosable(made).by_setting(), record_of(made)
        spend = made.spend[made.spend["year"] == 2025]
        names = [f"{name}_gbp" for name in table["settings"]]
        assert set(table["settings"]) == set(spend.loc[spend["cost_pence"] > 0, "setting"])
        assert [row["segment"] for row in table["rows"]] == [*(one.id for one in made.scheme.segments), ALL]
        for row in table["rows"]:
            here = spend if row["segment"] == ALL else spend[spend["segment"] == row["segment"]]
            for name in table["settings"]:
                exact = int(here.loc[here["setting"] == name, "cost_pence"].sum())
                assert row[f"{name}_gbp"] in (SUPPRESSED, f"{exact / 100:.2f}")
            if SUPPRESSED not in row.values():
                assert sum(round(float(row[name]) * 100) for name in names) == round(float(row["spend_gbp"]) * 100)
        assert record["by_setting"] == table and "Spend by segment and setting" in page_of(record)
    assert [row["continuing_care_gbp"] for row in Disclosable(small_report).by_setting()["rows"]].count(SUPPRESSED) > 1


def test_squares_are_exact_and_reported_of_large_groups_only(large_report: Segmented, small_report: Segmented) -> None:
    sums = large_report.aggregates.people[large_report.aggregates.people["year"] == 2025]
    for row in Disclosable(large_report).segments():
        if row["people"] not in (0, SUPPRESSED) and row["people"] >= 100:
            assert row["recorded_square_pence"] == str(
                sum(int(value) for value in sums.loc[sums["segment"] == row["segment"], "cost_squared"])
            )
    assert {row["recorded_square_pence"] for row in Disclosable(small_report).segments() if row["people"] == SUPPRESSED or row["people"] < 100} <= {SUPPRESSED, None}  # fmt: skip
    assert all(
        row["share_of_people"] == round(row["people"] / 20_000, 6)
        for row in Disclosable(large_report).segments()
        if row["people"] != SUPPRESSED
    )


def test_that_totals_tie_is_found_of_figures_added_up_apart(tmp_path: Path, small_report: Segmented) -> None:
    assert record_of(small_report)["small_numbers"]["totals_tie"]
    lost = small_report.spend.assign(cost_pence=small_report.spend["cost_pence"] + (small_report.spend.index == 0))
    assert not totals_tie(replace(small_report, spend=lost))
    assert not totals_tie(replace(small_report, quality=replace(small_report.quality, rows=small_report.quality.rows + 1)))
    (block,) = small_report.columns.blocks
    assert not totals_tie(
        replace(small_report, columns=replace(small_report.columns, blocks=(replace(block, amount_gbp=block.amount_gbp + 1),)))
    )
    made = with_lines(tmp_path, people(1000, years=(2024, 2025)), 1)
    first, *rest = made.linkage
    assert totals_tie(made) and not totals_tie(replace(made, linkage=(replace(first, linked_pence=first.linked_pence - 1), *rest)))


def test_pounds_without_a_person_are_reported_by_payer_and_setting_where_each_year_has_enough_lines(tmp_path: Path) -> None:
    persons, lines = as_lines(people(1000, years=(2024, 2025)))
    lines.loc[np.arange(len(lines)) % 10 == 0, "id"] = "nobody"
    lines.loc[(lines["setting"] == "primary") & (np.arange(len(lines)) % 3 == 0), "payer"] = "council"
    of_council = lines.index[(lines["setting"] == "primary") & (lines["payer"] == "council") & (lines["on"] < "2025-04")]
    lines.loc[of_council, "id"] = np.where(
        np.arange(len(of_council)) < 3, "nobody", lines.loc[of_council, "id"].where(lambda ids: ids != "nobody", "P000001")
    )
    request = Request(written(persons, tmp_path / "people.parquet"), written(lines, tmp_path / "lines.parquet"))
    message = Disclosable(segment_people(pack_of(town(tmp_path, LINE_MAP)), request))
    pence: dict[tuple[str, str], int] = {}
    for one in message.made.linkage:
        pence[one.account] = pence.get(one.account, 0) + one.unlinked_pence
    few = ("council", "primary")
    linked, booked = (
        {(row["payer"], row["setting"]): row["unlinked_gbp"] for row in rows if row["setting"] != ALL}
        for rows in (message.linkage(), message.accounts())
    )
    assert [account for account, shown in linked.items() if shown == SUPPRESSED] == [few]
    assert {account: round(float(shown) * 100) for account, shown in linked.items() if account != few} == {
        account: total for account, total in pence.items() if account != few
    }
    # What the year before adds is large enough to be reported by subtraction, and where it is not the year is hidden too.
    of_year = {one.account: one.unlinked_pence for one in message.made.linkage if one.year == 2025}
    assert {account: round(float(shown) * 100) for account, shown in booked.items() if account != few} == {
        account: total for account, total in of_year.items() if account != few
    }
    assert booked[few] == message.accounts()[-1]["unlinked_gbp"] == SUPPRESSED


def test_stability_needs_two_years_and_is_reported_in_whole_per_cent(tmp_path: Path) -> None:
    frame = people(3000)
    assert marks(made_of(tmp_path, frame))["stable"] == "not known"
    same = pd.concat([frame.assign(year=2024), frame], ignore_index=True)
    made = made_of(tmp_path, same)
    assert marks(made)["stable"] == "met"
    assert [row["same_segment_share"] for row in stability(Disclosable(made))] == [1.0]
    assert marks(made_of(tmp_path, people(3000, years=(2024, 2025))))["stable"] == "not met"


def test_the_matrix_claims_no_level_that_an_annual_extract_cannot_show(tmp_path: Path, large_report: Segmented) -> None:
    assert [one.level for one in maturity(large_report, readiness(large_report))] == [LEVELS[0], LEVELS[1]]
    made = with_lines(tmp_path, people(1000))
    made = replace(made, columns=replace(made.columns, agreements=AGREED))
    assert [one.level for one in maturity(made, readiness(made))] == [LEVELS[1], LEVELS[2]]
    assert "not published" in page_of(record_of(made))


# ------------------------------------------------------------------ the page and the record


class Balance(HTMLParser):
    """Every tag that is opened is closed, in order; tables have captions; nothing comes from outside."""

    VOID = ("meta", "rect", "line", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.anchors: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.anchors += [(given["href"] or "")[1:]] if "href" in given else []
        assert not {"src", "onclick", "onload"} & set(given)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag


@cache
def parsed(page: str) -> Balance:
    reader = Balance()
    reader.feed(page)
    reader.close()
    return reader


def test_the_page_is_whole_and_needs_nothing_from_outside(large_report: Segmented, small_report: Segmented) -> None:
    for made in (large_report, small_report):
        page = page_of(record_of(made))
        reader = parsed(page)
        assert reader.open == []
        assert set(reader.anchors) <= set(reader.ids) and len(set(reader.ids)) == len(reader.ids)
        assert reader.tags.count("table") == reader.tags.count("caption") > 8
        assert {"script", "link", "img", "iframe"}.isdisjoint(reader.tags)
        assert page.startswith('<!DOCTYPE html>\n<html lang="en-GB">') and "http" not in page and "url(" not in page
        assert "PERSON-LEVEL" in page and not re.search(r"\b(nan|None)\b", page)


@pytest.mark.parametrize(
    ("schemes", "years", "title"),
    [
        (BOTH, (2024, 2025), "Two schemes, and from one year to the next"),
        (BOTH, (2025,), "Two schemes"),
        (BOTH[:1], (2024, 2025), "From one year to the next"),
        (BOTH[:1], (2025,), "Other schemes, other years"),
    ],
)
def test_the_section_of_schemes_and_years_is_called_what_is_in_it(
    tmp_path: Path, schemes: tuple[str, ...], years: tuple[int, ...], title: str
) -> None:
    page = page_of(record_of(made_of(tmp_path, people(400, years=years), *schemes)))
    assert f'<li><a href="#schemes">{title}</a></li>' in page and f'<section id="schemes"><h2>{title}</h2>' in page


def test_the_style_keeps_headings_with_what_they_head_and_hints_where_a_table_goes_on(large_report: Segmented) -> None:
    """What a browser makes of it was looked at; here is held that the rules are there."""
    style = page_of(record_of(large_report)).split("<style>")[1].split("</style>")[0]
    printed, screen = style.split("@media print")[1], style.split("@media screen")[1]
    # Chromium keeps a heading with its table only where the heading itself reaches into it.
    assert re.search(r"h2::after, h3::after \{[^}]*height: 11rem; margin-bottom: -11rem", printed)
    assert "local" in screen.split("}")[0] and "scroll" in screen.split("}")[0]
    assert ".n { text-align: right; }" in style and "td.n { white-space: nowrap; }" in style, "names of columns wrap, figures do not"
    assert ".conditions th:nth-child(2) { width: 8.5em; }" in style


def test_the_record_is_strict_json_and_ties_to_the_extract(large_report: Segmented, tmp_path: Path) -> None:
    write_report(record_of(large_report), tmp_path / "r.html", tmp_path / "r.json")
    text = (tmp_path / "r.json").read_text(encoding="utf-8")
    assert "NaN" not in text and "Infinity" not in text
    record = json.loads(text)
    assert record == record_of(large_report)
    assert (record["basis"], record["rows"], record["total"]["people"]) == ("person-level", 40_000, 20_000)
    assert record["small_numbers"]["totals_tie"]
    assert len(record["manifest"]["files"][0]["sha256"]) == len(record["manifest"]["persons_yaml_sha256"]) == 64
    assert record["manifest"]["files"][0]["name"] == "people.parquet"
    pence = sum(int(value) for value in large_report.spend.loc[large_report.spend["year"] == 2025, "cost_pence"])
    assert record["total"]["spend_gbp"] == f"{pence // 100}.{pence % 100:02d}"


def test_the_same_inputs_give_the_same_bytes_wherever_they_stand(tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        made = made_of(tmp_path / name, people(800, years=(2024, 2025)), *BOTH)
        write_report(record_of(made), tmp_path / name / "r.html", tmp_path / name / "r.json")
        texts.append([(tmp_path / name / f"r.{kind}").read_bytes() for kind in ("html", "json")])
    assert texts[0] == texts[1]
    assert str(tmp_path).encode() not in texts[0][0] + texts[0][1]


def test_no_identifier_is_in_the_report(large_report: Segmented) -> None:
    record = record_of(large_report)
    text = page_of(record) + json.dumps(record)
    assert not re.search(r"P\d{6}", text)


def test_what_a_place_has_written_is_text_and_never_markup(tmp_path: Path) -> None:
    script = "<script>alert('x')</script>"
    frame = people(2000, towns=(script, "b&b"))
    made = made_of(tmp_path, frame, blocks=[{**BLOCK, "label": script, "why": '"><img src=x>', "source": "a & b"}])
    counted = [{"year": 2025, "locality": place, "condition": "asthma", "people": 60} for place in (script, "b&b")]
    made = replace(made, quality=replace(made.quality, recorded=counted), pack=replace(made.pack, title=f"{script} & Sons"))
    page = page_of(record_of(made))
    assert "<script" not in page and "<img" not in page
    assert page.count("&lt;script&gt;") >= 3 and "&amp; Sons" in page
    assert parsed(page).open == []

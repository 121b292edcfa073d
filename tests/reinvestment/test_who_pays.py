"""The matrix of who pays and who gains by a plan adds up both ways, whatever is chosen, and its sheet shows it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capmodel.console import console
from capmodel.model import Place, Result
from capmodel.reports.summary import SHOWN
from capmodel.workbook.pages.who_pays import WHO_PAYS
from capmodel.workbook.writing.book import Book

PENNY = 0.005


def assert_adds_up(run: Result) -> None:
    years = len(run.place.pack.years)
    settings_, parties = (len(run.place.pack.dimensions[name]) for name in ("setting", "party"))

    def figures(table: str, name: str) -> np.ndarray:
        return run.values.figure((table, name)).reshape(-1, years)

    cost = figures("start_year", "chosen_cost_gbp").sum(axis=0)
    running = (figures("option_year", "running_cost_gbp") * run.values.figure(("start", "chosen_flag"))[:, None]).sum(axis=0)
    for way, of_options, spent in (("in_year", "released_in_year_gbp", cost), ("recurrent", "released_recurrently_gbp", running)):
        cells = figures("who_pays", f"{way}_gbp").reshape(parties, settings_, years)
        by_party, released = figures("party_effect", f"{way}_net_gbp"), figures("plan_setting", of_options)
        paid = figures("party_effect", f"{way}_cost_gbp")
        assert np.abs(cells.sum(axis=1) + paid - by_party).max() < PENNY
        assert np.abs(cells.sum(axis=0) - released).max() < PENNY
        assert np.abs(paid.sum(axis=0) + spent).max() < PENNY
        assert np.abs(by_party.sum(axis=0) - (released.sum(axis=0) - spent)).max() < PENNY
    assert np.abs(figures("party_effect", "in_year_net_gbp") - figures("plan_party", "plan_net_gbp")).max() < PENNY


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_rows_and_columns_add_up_for_any_choice_and_any_release(place: Place, data: st.DataObject) -> None:
    chosen = {option: data.draw(st.integers(0, 1), label=option) for option in place.choices.options}
    setting = data.draw(st.sampled_from([entry.id for entry in place.pack.dimensions["setting"]]))
    changes = {
        f"release_share[{setting}]": data.draw(st.floats(0, 1)),
        "prudence_share": data.draw(st.floats(0, 1)),
    }
    run = place.run(changes=changes, chosen=chosen)
    assert_adds_up(run)
    assert not [check.name for check in run.checks if not check.passed and check.name.startswith(("plan_", "party_", "system_"))]


def test_what_is_recurrent_is_what_the_last_year_does_in_full_without_set_up(result: Result) -> None:
    """In the example every chosen option is delivered in full by the last year, when nothing is set up."""
    party = result.tables["party_effect"]
    last = party[party["year"] == result.place.pack.years[-1]]
    assert np.allclose(last["in_year_net_gbp"], last["recurrent_net_gbp"], atol=PENNY)
    first = party[party["year"] == result.place.pack.years[0]]
    assert not np.allclose(first["in_year_net_gbp"], first["recurrent_net_gbp"], atol=PENNY)


@pytest.fixture(scope="module")
def sheet_rows(book: Book) -> dict[int, list[object]]:
    sheet = book.sheet(WHO_PAYS)
    rows: dict[int, list[object]] = {}
    for (row, _), content in sorted(sheet.cells.items()):
        rows.setdefault(row, []).append(content.value)
    return rows


def test_the_sheet_adds_up_both_ways_in_every_matrix_and_draws_a_chart(book: Book, sheet_rows: dict[int, list[object]]) -> None:
    heads = [row for row, values in sheet_rows.items() if values[-1] == "All settings and cost"]
    assert len(heads) == 6
    for head in heads:
        figures = []
        for row in range(head + 1, max(sheet_rows) + 1):
            values = sheet_rows[row]
            numbers = [float(str(value)) for value in values[1:]]
            if values[0] == "System effect":
                assert numbers == pytest.approx(np.sum(figures, axis=0).tolist(), abs=PENNY)
                break
            assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=PENNY)
            figures.append(numbers)
        assert len(figures) == 9
    (chart,) = (each for each in book.sheet(WHO_PAYS).charts if each.kind == {"type": "bar"})
    assert [series["name"] for series in chart.series] == [
        "In year, 2026/27", "In year, 2030/31", "Recurrently, 2030/31"
    ]  # fmt: skip


def test_a_run_prints_who_pays_and_who_gains(result: Result, capsys: pytest.CaptureFixture[str]) -> None:
    SHOWN["options"](console(), result)
    printed = capsys.readouterr().out
    assert "Who pays (minus) and who gains by the options, before settlement, £" in printed
    assert any(line.split() == ["Councils", "4,049,517.89", "13,882,584.64", "13,882,584.64"] for line in printed.splitlines())
    assert any(line.split() == ["System", "effect", "-4,039,046.03", "4,527,760.65", "4,527,760.65"] for line in printed.splitlines())

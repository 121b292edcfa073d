"""What is recorded in a book: scenarios, the payoff curves, a simulation; and the sheet of recorded runs.

Records are values with provenance, as they were when the book was made. They do not follow a changed input; formulas that read
them do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capmodel.algebra.rows import Node
from capmodel.assumptions.step import CAPITATION, CONTRACT, OPTIONS
from capmodel.assumptions.years import year_label
from capmodel.errors import BadInput, Problem
from capmodel.place.run import run_place
from capmodel.reinvestment import planning
from capmodel.uncertainty.payoff_curves import Curve, payoff_curves
from capmodel.workbook.pages.steps_beside import PAGES
from capmodel.workbook.writing.book import Sheet
from capmodel.workbook.writing.layout import Layout
from capmodel.workbook.writing.timeline import FIRST_ROW

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised
    from capmodel.place.result import Result
    from capmodel.uncertainty.simulate import Simulation

RECORDS = "Recorded runs"
ONLY_ASSUMPTIONS = "Only the assumptions of the scenario differ."
SAME_CHOICE = "Recorded with the options chosen in this workbook; only the assumptions of the scenario differ. A run of a scenario by itself chooses its own options."


@dataclass(frozen=True)
class Recorded:
    """What was found when a book was made.

    Attributes:
        run: the run the book was made from.
        scenarios: runs of the place's scenarios, with the same choice of options.
        curves: the payoff of the contract, by year.
        simulation: the risk of each party, where it was simulated.
        optimised: the tests of every option, where they were made.
    """

    run: Result
    scenarios: Mapping[str, Result]
    curves: tuple[Curve, ...]
    simulation: Simulation | None = None
    optimised: Optimised | None = None


def recorded_of(
    result: Result, simulation: Simulation | None = None, scenarios: bool = True, optimised: Optimised | None = None
) -> Recorded:
    """The records of a run.

    Args:
        result: the run.
        simulation: a simulation of the same run.
        scenarios: run the other scenarios too.
        optimised: the tests of the options of the same run.

    Raises:
        BadInput: the simulation, or the tests, are of another run.
    """
    if optimised is not None and optimised.result.run_id != result.run_id:
        why = "a book holds the tests of the run it was made from"
        raise BadInput(
            [Problem(result.place.pack.id, "the tests of the options are of another run", why, "Test this place, scenario and changes")]
        )
    if simulation is not None:
        made = simulation.provenance
        packs = tuple((edition.id, edition.sha256) for edition in result.place.pack.editions)
        theirs = (made.place, made.scenario, dict(made.changes), made.rules, made.packs)
        if theirs != (result.place.pack.id, result.scenario, dict(result.changes), result.chain.rules_fingerprint(), packs):
            why = "a book holds the risk of the run it was made from"
            raise BadInput([Problem(made.place, "the simulation is one of another run", why, "Simulate this place, scenario and changes")])
    runs = _scenario_runs(result) if scenarios else {result.scenario: result}
    return Recorded(result, runs, payoff_curves(result) if result.chain.has(CONTRACT) else (), simulation, optimised)


def _scenario_runs(result: Result) -> dict[str, Result]:
    """Every scenario with the same choice of options, so that only the assumptions differ."""
    return {
        name: result if name == result.scenario else run_place(result.place, name, chosen=result.choice) for name in result.place.scenarios
    }


def fill_records(result: Result, layout: Layout, sheet: Sheet, recorded: Mapping[str, Result]) -> None:
    """Headline figures of every scenario as the engine recorded them, beside the live ones."""
    row = FIRST_ROW - 1
    sheet.put(row, 0, "table", "Scenarios: headline figures as recorded, beside the live workbook")
    row += 1
    sheet.put(row, 0, "timeline_left", "Figure")
    sheet.put(row, 1, "timeline", "Live")
    for i, name in enumerate(recorded):
        sheet.put(row, 2 + i, "timeline", f"{result.place.scenarios[name].label}, recorded")
    for label, node, line, t, unit in headline_nodes(result):
        row += 1
        rows = result.values.inputs.rows[node[0]]
        place = line * rows.across + (t or 0)
        sheet.put(row, 0, "label", label)
        live = layout.homes[node].cell(line, t, sheet.name)
        sheet.put(row, 1, "formula", float(result.values.figure(node)[place]), unit, formula=live)
        for i, run in enumerate(recorded.values()):
            sheet.put(row, 2 + i, "record", float(run.values.figure(node)[place]), unit)
    row += 1
    chosen = result.chain.has(OPTIONS)
    sheet.put(row, 0, "words", SAME_CHOICE if chosen else ONLY_ASSUMPTIONS)
    row = _switching(result, sheet, row + 2)
    sheet.put(row, 0, "table", "The run")
    for at, (label, value) in enumerate((("Run", result.run_id), ("Date of the packs", result.place.pack.as_at)), row + 1):
        sheet.put(at, 0, "label", label)
        sheet.put(at, 1, "record", value)
    sheet.widths = {0: 62, 1: 24, **dict.fromkeys(range(2, max(6, 2 + len(recorded))), 24)}


def _value_label(result: Result) -> str:
    return f"Present value of the chosen options{' after settlement' if result.chain.chosen_settled else ''}"


def _switching(result: Result, sheet: Sheet, row: int) -> int:
    """Where answers change sign, as the engine recorded it; returns the next free row."""
    last = year_label(result.place.pack.years[-1])
    every = {planning.OBJECTIVE: _value_label(result), ("pool", "pool_gbp"): f"Pool {last}"}
    found = {switch.answer[0] for switch in result.switching}
    answers = {node: title for node, title in every.items() if node in found}
    if not answers:
        return row
    sheet.put(row, 0, "table", "Switching values: how far one assumption can move before an answer changes sign")
    row += 1
    headings = (
        "Assumption, held at one value in every year",
        "Lowest",
        "Highest",
        "Answer at the lowest",
        "Answer at the highest",
        "Changes sign at",
    )
    for column, text in enumerate(headings):
        sheet.put(row, column, "timeline_left" if column == 0 else "timeline", text)
    for node, title in answers.items():
        row += 1
        sheet.put(row, 0, "heading", f"{title}, £")
        for switch in result.switching:
            if switch.answer[0] != node:
                continue
            row += 1
            assumed = result.place.assumptions[switch.name]
            sheet.put(row, 0, "label", assumed.label)
            for column, value in ((1, switch.low), (2, switch.high)):
                sheet.put(row, column, "record", value, assumed.unit)
            for column, value in ((3, switch.at_low), (4, switch.at_high)):
                sheet.put(row, column, "record", value, "GBP")
            at = switch.switches_at
            sheet.put(row, 5, "record", "not in this range" if at is None else at, "" if at is None else assumed.unit)
    row += 1
    sheet.put(
        row,
        0,
        "words",
        f"{'Recorded with the options chosen in this workbook; the' if result.chain.has(OPTIONS) else 'The'} ranges are those declared in the packs. All else stays as it is.",
    )
    return row + 2


def headline_nodes(result: Result) -> list[tuple[str, Node, int, int | None, str]]:
    """The headline figures of a run: label, figure, line, year and unit."""
    years = result.place.pack.years
    parties = [entry.label for entry in result.place.pack.dimensions.get("party", ())]
    found: list[tuple[str, Node, int, int | None, str]] = []
    for t, year in enumerate(map(year_label, years)):
        found += [
            (f"Envelope {year}", ("envelope", "envelope_gbp"), 0, t, "GBP"),
            (f"Target {year}", ("pool", "pool_target_gbp"), 0, t, "GBP"),
            (f"Variance {year}", ("pool", "variance_gbp"), 0, t, "GBP"),
            (f"Pool {year}", ("pool", "pool_gbp"), 0, t, "GBP"),
            *((f"Share {year}: {label}", ("settlement", "share_gbp"), i, t, "GBP") for i, label in enumerate(parties)),
        ]
    found.append((_value_label(result), ("objective", "plan_value_gbp"), 0, None, "GBP"))
    found += [each for page in PAGES for each in page.headline_nodes(result)]
    # What is spent is the headline only where nothing follows from it.
    found += [] if result.chain.has(CAPITATION) else [("Spend in the base year", ("place", "place_cost_gbp"), 0, None, "GBP")]
    return [each for each in found if each[1][0] in result.chain.by_name]

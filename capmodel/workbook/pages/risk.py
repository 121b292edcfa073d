"""Out 8, the risk of each party: what a simulation recorded, with method, seed, draws and fingerprints.

It stands in a book only where the place was simulated. Values are on a sheet of records; Out 8 shows them and draws them. The
same seed draws the same again, so that `capmodel verify` makes both sheets anew and compares them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from capmodel.assumptions.years import year_label
from capmodel.uncertainty.payoff_curves import OWN_TARGET
from capmodel.workbook.pages.page import FIRST_ROW, Page, members
from capmodel.workbook.writing.book import Chart, Sheet, address, quoted

if TYPE_CHECKING:
    from capmodel.uncertainty.measures import Measure
    from capmodel.uncertainty.simulate import Simulation

RISK, RECORDED_RISK = "Out 8 Risk", "Recorded risk"
SYSTEM = "system"
#: Heading, figure and unit of every recorded column; the first of them are shown on Out 8.
COLUMNS = (
    ("Central case", "central_gbp", "whole GBP"),
    ("Mean", "mean_gbp", "whole GBP"),
    ("Probability of a loss", "loss_probability", "short share"),
    ("5% of draws are no better", "low_gbp", "whole GBP"),
    ("95% of draws are no better", "high_gbp", "whole GBP"),
    ("Expected shortfall: mean of the worst 5%", "shortfall_gbp", "whole GBP"),
    ("Reserve that meets a loss with 95% certainty", "reserve_gbp", "whole GBP"),
    ("False-positive gain (chance alone)", "false_positive_gain", "share"),
    ("False-positive loss (chance alone)", "false_positive_loss", "share"),
    ("Half of draws are no better", "middle_gbp", "whole GBP"),
    ("Standard deviation", "deviation_gbp", "whole GBP"),
    ("Standard error of the mean", "mean_error_gbp", "whole GBP"),
    ("Standard error of the 5% point", "low_error_gbp", "whole GBP"),
    ("Standard error of the 95% point", "high_error_gbp", "whole GBP"),
    ("Mean of the first half of draws", "half_mean_gbp", "whole GBP"),
    ("5% point of the first half of draws", "half_low_gbp", "whole GBP"),
)
SHOWN = 9
NAMES = tuple(name for _, name, _ in COLUMNS)
MEAN, LOW, HIGH = (1 + NAMES.index(name) for name in ("mean_gbp", "low_gbp", "high_gbp"))
LABEL_WIDTH, MONEY_WIDTH, CHART_ROWS, CHART_HEIGHT = 46, 18, 22, 420
Lines = list[tuple[str, "Measure"]]


def fill_risk(page: Page, record: Sheet, found: Simulation, made_by: str) -> None:
    """Fill the sheet and the sheet of records behind it, from a simulation of the same run."""
    labels = {**found.parties, SYSTEM: "All together: the variance"}
    holding = [party for party, (_, i) in zip(found.parties, members(page.result, "party"), strict=True) if _holds(page, i)]
    others = [party for party in found.parties if party not in holding]
    totals: Lines = [(labels[party], _in_total(found, party)) for party in (*holding, *others, SYSTEM)]
    by_year = {party: [(year_label(each.year), each) for each in found.measures if each.party == party and each.year is not None] for party in labels}  # fmt: skip
    row = _provenance(record, found, made_by)
    row, first_total = _recorded(record, row, "Each party over all years of the contract", "Party", totals)
    firsts = {}
    for party, lines in by_year.items():
        row, firsts[party] = _recorded(record, row, f"{labels[party]}, by year", "Year", lines)
    record.widths = {0: LABEL_WIDTH, **dict.fromkeys(range(1, 1 + len(COLUMNS)), MONEY_WIDTH)}

    page.note(
        "Position after settlement: what a party under- or overspends itself, and what it receives or pays. Plus is a gain, brackets are a loss."
    )
    page.row -= 1
    page.note(f"{found.convergence} Seed {found.provenance.seed}, {found.provenance.method}; all that was recorded is on {RECORDED_RISK}.")
    page.sheet.widths = {0: LABEL_WIDTH, **dict.fromkeys(range(1, 1 + SHOWN), MONEY_WIDTH)}
    page.heading("Each party over all years of the contract", SHOWN)
    charts = page.row
    page.row += CHART_ROWS
    first = _shown(page, "Party", totals, first_total)
    _bars(page, charts, 0, "parties that hold the variance", first, len(holding))
    _bars(page, charts, 5, "the other parties", first + len(holding), len(others))
    page.note(
        "By chance alone: the probability that a share is paid, or lost, where nothing is saved and only chance varies; over all years, in the likeliest one."
    )
    page.sheet.breaks.append(page.row)
    page.heading("The variance, which the parties share, by year", SHOWN)
    charts = page.row
    page.row += CHART_ROWS
    first = _shown(page, "Year", by_year[SYSTEM], firsts[SYSTEM])
    _bars(page, charts, 0, "the variance by year", first, len(by_year[SYSTEM]))


def _holds(page: Page, party: int) -> bool:
    return any(abs(page.value(OWN_TARGET, party, t)) > 0 for t in range(len(page.result.place.pack.years)))


def _in_total(found: Simulation, party: str) -> Measure:
    """A party's measures over all years; by chance alone as in the likeliest year."""
    by_year = [each for each in found.measures if each.party == party and each.year is not None]
    paid = [each.false_positive_gain for each in by_year if each.false_positive_gain is not None]
    lost = [each.false_positive_loss for each in by_year if each.false_positive_loss is not None]
    return replace(found.of(party), false_positive_gain=max(paid, default=None), false_positive_loss=max(lost, default=None))


def _provenance(sheet: Sheet, found: Simulation, made_by: str) -> int:
    """What draws the same again, and how far to trust it; returns the next free row."""
    made = found.provenance
    drawn = [each.label for each in found.uncertainties.each] + (["chance by segment"] if found.uncertainties.variation else [])
    facts: tuple[tuple[str, str | float, str], ...] = (
        ("Method", made.method, ""),
        ("Seed", float(made.seed), "count"),
        ("Draws", float(made.draws), "count"),
        ("Draws asked for", float(made.asked), "count"),
        ("What was drawn", "; ".join(drawn), ""),
        ("How far to trust it", found.convergence, ""),
        ("Positions and variance of any draw differ by at most", round(found.largest_gap_gbp, 2), "GBP"),
        ("Packs", "; ".join(f"{name} {fingerprint}" for name, fingerprint in made.packs), ""),
        ("Rules", made.rules, ""),
        ("Made by", f"capmodel {made.version}, run {made_by}", ""),
    )
    for offset, (label, value, unit) in enumerate(facts):
        sheet.put(FIRST_ROW + offset, 0, "label", label)
        sheet.put(FIRST_ROW + offset, 1, "record", value, unit)
    return FIRST_ROW + len(facts) + 1


def _headings(sheet: Sheet, row: int, left: str, count: int) -> None:
    texts = (left, *(f"{text} (£)" if unit.endswith("GBP") else text for text, _, unit in COLUMNS[:count]))
    for column, text in enumerate(texts):
        sheet.put(row, column, "timeline_left" if column == 0 else "timeline", text)
    sheet.heights[row] = 54


def _recorded(sheet: Sheet, row: int, title: str, left: str, lines: Lines) -> tuple[int, int]:
    """A table of recorded measures; returns the next free row and its first row."""
    sheet.put(row, 0, "table", title)
    _headings(sheet, row + 1, left, len(COLUMNS))
    for at, (label, measure) in enumerate(lines, row + 2):
        sheet.put(at, 0, "label", label)
        for column, (_, name, unit) in enumerate(COLUMNS, 1):
            value = _figure(measure, name)
            sheet.put(at, column, "record", value, unit if isinstance(value, float) else "")
    return row + 3 + len(lines), row + 2


def _shown(page: Page, left: str, lines: Lines, recorded: int) -> int:
    """References to recorded measures; returns the first row."""
    _headings(page.sheet, page.row, left, SHOWN)
    first = page.row + 1
    for offset, (label, measure) in enumerate(lines):
        page.sheet.put(first + offset, 0, "label", label)
        for column, (_, name, unit) in enumerate(COLUMNS[:SHOWN], 1):
            there = f"{quoted(RECORDED_RISK)}!{address(recorded + offset, column)}"
            page.sheet.put(first + offset, column, "formula", _figure(measure, name), unit, formula=there)
    page.row = first + len(lines) + 1
    return first


def _figure(measure: Measure, name: str) -> float | str:
    """To the penny, probabilities to a millionth, so that the same draws give the same record on any machine."""
    value = getattr(measure, name)
    return "not known" if value is None else float(round(value, 2 if name.endswith("_gbp") else 6)) + 0.0


def _bars(page: Page, row: int, column: int, title: str, first: int, count: int) -> None:
    """Bars from the 5% to the 95% point with a mark at the mean, for rows one below the other."""
    if not count:
        return
    black, last = {"color": "#000000"}, first + count - 1
    looks: Sequence[tuple[str, int, dict[str, object]]] = (
        ("95% of draws are no better", HIGH, {"type": "long_dash", "size": 8, "border": black, "fill": black}),
        ("5% of draws are no better", LOW, {"type": "long_dash", "size": 8, "border": black, "fill": black}),
        ("Mean", MEAN, {"type": "diamond", "size": 9, "border": {"color": "#C00000"}, "fill": {"color": "#C00000"}}),
    )
    categories = page.span(first, last, 0)
    page.sheet.charts.append(
        Chart(
            title=f"Position, mean and 5% to 95% of draws: {title}",
            description=f"Chart of the mean and the range from 5% to 95% of draws: {title}; the figures are in the table below it.",
            kind={"type": "stock"},
            series=[
                {"name": name, "categories": categories, "values": page.span(first, last, at), "marker": marker, "line": {"none": True}}
                for name, at, marker in looks
            ],
            row=row,
            column=column,
            value_title="£ million",
            value_format="#,##0,,",
            size=(830 if column == 0 else 640, CHART_HEIGHT),
        )
    )

"""What outturn.yaml may say, and the table of actual cost by month that it names; what of it is refused; the same as rows and figures.

The table has a row for each line and month, under the headings setting, provider, payer, year, month and actual_gbp. The months that
are in are the same for all lines of a year, from April on without a gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field

from capmodel.algebra.rows import Rows
from capmodel.assumptions.cells import in_digits, number
from capmodel.assumptions.dimensions import no_member
from capmodel.assumptions.document import Document, Number, Step, Strict
from capmodel.assumptions.guard import no_file
from capmodel.assumptions.laid_out import Figures, LaidOut, columns_given
from capmodel.assumptions.pack import Figure, Key, Pack, Status
from capmodel.assumptions.step import CONTRACT
from capmodel.assumptions.tables import Row, read_csv
from capmodel.assumptions.years import Year, year_label, year_of
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.months.calendar import MONTHS
from capmodel.errors import Problem, listed, nearest, problem_of

Rule = Literal["budget", "run_rate", "pressure", "stated"]
HEADINGS = ("setting", "provider", "payer", "year", "month", "actual_gbp")
Line = tuple[str, str, str]
#: Actual cost by line, year and month.
Actual = Mapping[Line, Mapping[int, Mapping[str, float]]]
_LINE = ("setting", "provider", "payer")


class LineRule(Strict):
    """The rule by which one line, or the lines of a setting, are forecast; the months to come where they are stated."""

    setting: str
    provider: str | None = None
    payer: str | None = None
    rule: Rule
    stated_gbp: dict[Year, dict[str, Number]] | None = None
    note: str = ""


class Recorded(Strict):
    """The outturn of a place, as outturn.yaml writes it."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    actuals: str
    rule: Rule
    rules: list[LineRule] = Field(default_factory=list)


def read_outturn(document: Document, pack: Pack, problems: list[Problem]) -> LaidOut | None:
    """Read outturn.yaml and the table it names; every fault is reported with its line, and faulty files give None."""
    if document.content is None:
        return None
    before = len(problems)
    recorded = document.parse(Recorded, (), problems)
    if recorded is None:
        return None
    actual: Actual = {}
    if "/" in recorded.actuals or not recorded.actuals.endswith((".csv", ".csv.gz")):
        why = "it belongs to the place, whose files are fingerprinted"
        problems.append(document.problem(["actuals"], f"{recorded.actuals!r} is no CSV file of the place's folder", why, "Put it there"))
    else:
        actual = _actuals(document.path.parent / recorded.actuals, pack, problems)
    if len(problems) == before:
        problems += _rule_faults(document, recorded, actual, pack)
    return None if len(problems) > before else _laid_out(recorded, actual, pack)


# ------------------------------------------------------------------ actual cost


def _actuals(path: Path, pack: Pack, problems: list[Problem]) -> Actual:
    """Actual cost by line, year and month."""
    if not path.is_file():
        problems.append(no_file(path, "actual cost by month is read from it"))
        return {}
    before = len(problems)
    headings, rows = read_csv(path, problems)
    if len(problems) == before and (lacking := [heading for heading in HEADINGS if heading not in headings]):
        why = "each row is the actual cost of a line in a month"
        problems.append(Problem(f"{path.name}, line 1", f"there is no heading {listed(lacking)}", why, f"Write {', '.join(HEADINGS)}"))
    if len(problems) > before:
        return {}
    found: dict[Line, dict[int, dict[str, float]]] = {}
    for row in rows:
        line, when, month, gbp = _row(row, pack, problems)
        if when is None:
            continue
        months = found.setdefault(line, {}).setdefault(when, {})
        if month in months:
            what = f"{', '.join(line)} has two rows for {MONTHS[month]} {year_label(when)}"
            problems.append(Problem(row.where, what, "one would silently win", "Add them up in one row"))
        months[month] = gbp
    if not rows:
        problems.append(Problem(path.name, "there are no rows", "no month is in", "Add the months that are in, or remove outturn.yaml"))
    return {} if len(problems) > before else _complete(path.name, found, problems)


def _row(row: Row, pack: Pack, problems: list[Problem]) -> tuple[Line, int | None, str, float]:
    """The line, year, month and cost of a row; no year where something of it is wrong, which is reported."""
    before = len(problems)
    for heading, dimension in (("setting", "setting"), ("provider", "party"), ("payer", "party")):
        known = [entry.id for entry in pack.dimensions.get(dimension, ())]
        if row.cells[heading] not in known:
            problems.append(no_member(heading, row.cells[heading], known, row.where))
    when = None
    try:
        when = year_of(row.cells["year"])
    except ValueError as error:
        problems.append(problem_of(row.where, error))
    else:
        if when not in pack.years:
            years = ", ".join(map(year_label, pack.years))
            problems.append(Problem(row.where, f"the year is {row.cells['year'] or 'blank'}", "it is no year of the model", f"Use {years}"))
    month = row.cells["month"].strip().lower()[:3]
    if month not in MONTHS or not MONTHS.get(month, "").lower().startswith(row.cells["month"].strip().lower()):
        what = f"{row.cells['month'] or 'blank'!r} is no month"
        problems.append(Problem(row.where, what, "months are written by their English names", "Write apr, or April, to mar"))
    gbp = number(row.cells["actual_gbp"], "GBP")
    if not math.isfinite(gbp):
        what = f"actual_gbp is {row.cells['actual_gbp'] or 'blank'}"
        problems.append(
            Problem(row.where, what, "a number is needed here; a month that is not in has no row", in_digits(row.cells["actual_gbp"]))
        )
    line = (row.cells["setting"], row.cells["provider"], row.cells["payer"])
    return line, when if len(problems) == before else None, month, gbp


def _complete(file: str, found: Actual, problems: list[Problem]) -> Actual:
    """The actual cost, where every line has the same months of a year, from April on."""
    years = sorted({year for of_line in found.values() for year in of_line})
    for year in years:
        most = max((len(of_line.get(year, {})) for of_line in found.values()), default=0)
        wanted = list(MONTHS)[:most]
        for line, of_line in found.items():
            if lacking := [MONTHS[month] for month in wanted if month not in of_line.get(year, {})]:
                what = f"{', '.join(line)} has no row for {listed(lacking)} {year_label(year)}"
                why = f"{most} months of the year are in, and a gap is never filled"
                problems.append(Problem(file, what, why, "Add the rows; write 0 where nothing was spent"))
    return found


# ------------------------------------------------------------------ rules of the forecast


def _rule_faults(document: Document, recorded: Recorded, actual: Actual, pack: Pack) -> Iterator[Problem]:
    without_contract = pack.contract.content is None or (pack.steps is not None and CONTRACT not in pack.steps)
    stated: list[tuple[list[Step], Rule]] = [(["rule"], recorded.rule)]
    stated += [(["rules", i, "rule"], each.rule) for i, each in enumerate(recorded.rules)]
    for steps, rule in stated:
        if rule == "pressure" and without_contract:
            what, why = "the rule pressure has no effect", "the pressure is a term of a contract, and the place has none"
            yield document.problem(steps, what, why, "Write budget, run_rate or stated; or add contract.yaml")
    if recorded.rule == "stated":
        why = "what a month is stated to cost differs by line"
        yield document.problem(
            ["rule"], "all lines are forecast as stated", why, "State the forecasts of lines under rules:, and another rule for the rest"
        )
    open_years = {year for of_line in actual.values() for year, months in of_line.items() if len(months) < len(MONTHS)}
    if not open_years:
        yield document.problem(
            ["rule"],
            "the rule has no effect",
            "every month of the years that are in is in",
            "Remove the last months, or outturn.yaml's years",
        )
    seen: set[Line] = set()
    for i, each in enumerate(recorded.rules):
        place: list[Step] = ["rules", i]
        lines = [line for line in actual if _matches(each, line)]
        if not lines:
            why = "no row of the actual cost has this line"
            yield document.problem(
                place, f"the rule of {_named(each)} has no effect", why, "Correct its setting, provider or payer, or remove it"
            )
        if twice := sorted(set(lines) & seen):
            yield document.problem(place, f"{', '.join(twice[0])} has two rules", "one would silently win", "Leave it one rule")
        seen |= set(lines)
        if (each.rule == "stated") != (each.stated_gbp is not None):
            what = "the rule is stated, and there are no stated_gbp" if each.stated_gbp is None else "stated_gbp has no effect"
            why = "the months to come are not guessed" if each.stated_gbp is None else f"the rule is {each.rule}"
            yield document.problem(
                place, what, why, "Add stated_gbp: by year and month" if each.stated_gbp is None else "Remove it, or write rule: stated"
            )
        if each.stated_gbp is not None and len(lines) > 1:
            why = "each would have the whole amount"
            yield document.problem(
                [*place, "stated_gbp"], f"{len(lines)} lines match {_named(each)}", why, "Name the provider and the payer"
            )
        elif each.stated_gbp is not None and lines:
            yield from _stated_faults(document, [*place, "stated_gbp"], each.stated_gbp, actual[lines[0]], open_years)


def _stated_faults(
    document: Document,
    place: list[Step],
    stated: Mapping[int, Mapping[str, float]],
    actual: Mapping[int, Mapping[str, float]],
    open_years: set[int],
) -> Iterator[Problem]:
    for year in sorted(open_years | set(stated)):
        wanted = [month for month in MONTHS if month not in actual.get(year, {})] if year in open_years else []
        given = stated.get(year, {})
        if lacking := [MONTHS[month] for month in wanted if month not in given]:
            yield document.problem(
                [*place, year], f"there is no forecast for {listed(lacking)} {year_label(year)}", "gaps are not filled", "Add it"
            )
        for month in given:
            if month not in MONTHS:
                yield document.problem(
                    [*place, year, month], f"{month!r} is no month", "months are written apr, may, to mar", nearest(month, MONTHS)
                )
            elif month not in wanted:
                why = "the month is in" if year in actual else "no month of the year is in"
                yield document.problem(
                    [*place, year, month], f"the forecast of {MONTHS[month]} {year_label(year)} has no effect", why, "Remove it"
                )


def _matches(rule: LineRule, line: Line) -> bool:
    return all(own in (None, theirs) for own, theirs in zip((rule.setting, rule.provider, rule.payer), line, strict=True))


def _named(rule: LineRule) -> str:
    return ", ".join(filter(None, (rule.setting, rule.provider, rule.payer)))


# ------------------------------------------------------------------ rows and figures


def _laid_out(recorded: Recorded, actual: Actual, pack: Pack) -> LaidOut:
    known = Figure(0.0, recorded.status, recorded.source, recorded.as_at)
    built = replace(known, status="derived", note=f"Follows from {recorded.actuals} and the rule of the line")
    rule_of = {line: next((each for each in recorded.rules if _matches(each, line)), None) for line in actual}
    names = {line: each.rule if each else recorded.rule for line, each in rule_of.items()}
    by_line, by_month = (*_LINE,), (*_LINE, "month")
    in_year: dict[Line, dict[int, float]] = {line: {year: float(bool(actual[line].get(year))) for year in pack.years} for line in actual}
    # A year of which no month is in is on budget, whatever the rule.
    flags: dict[str, Figures] = {
        f"{rule}_flag": {line: {year: there * (names[line] == rule) for year, there in in_year[line].items()} for line in actual}
        for rule in ("run_rate", "stated", "pressure")
    }
    flags["in_year_flag"] = {line: months for line, months in in_year.items()}
    months: dict[str, dict[Key, dict[int, float]]] = {"month_in_flag": {}, "month_actual_gbp": {}, "month_stated_gbp": {}}
    for line, of_line in actual.items():
        rule = rule_of[line]
        stated = (rule.stated_gbp if rule else None) or {}
        for month in MONTHS:
            key = (*line, month)
            months["month_in_flag"][key] = {year: month in of_line.get(year, {}) for year in pack.years}
            months["month_actual_gbp"][key] = {year: of_line.get(year, {}).get(month, 0.0) for year in pack.years}
            months["month_stated_gbp"][key] = {year: stated.get(year, {}).get(month, 0.0) for year in pack.years}
    columns = columns_given({name: (by_line, figures) for name, figures in flags.items()}, recorded.actuals, built)
    columns |= columns_given({"month_in_flag": (by_month, months.pop("month_in_flag"))}, recorded.actuals, built)
    columns |= columns_given({name: (by_month, figures) for name, figures in months.items()}, recorded.actuals, known)
    stated_there = {
        ((*line, month), year)
        for line, rule in rule_of.items()
        for year, of_year in ((rule.stated_gbp if rule else None) or {}).items()
        for month in of_year
    }
    in_there = {((*line, month), year) for line, of_line in actual.items() for year, of_year in of_line.items() for month in of_year}
    for name, there, note in (
        ("month_actual_gbp", in_there, "The month is not in"),
        ("month_stated_gbp", stated_there, "No forecast is stated for the month"),
    ):
        # A zero where nobody gave a figure does not have the provenance of those that were given.
        marked = {at: each if at in there else replace(each, status="derived", note=note) for at, each in columns[name].figures.items()}
        columns[name] = replace(columns[name], figures=marked)
    return LaidOut(
        rows={
            "outturn_month": columns_of(by_month, list(months["month_actual_gbp"]), pack.years),
            "outturn_line": columns_of(by_line, list(actual), pack.years),
            "outturn_total": Rows({"month": tuple(MONTHS)}, pack.years),
            "outturn_year": Rows({}, pack.years),
        },
        columns=columns,
        labels=dict(MONTHS),
    )

"""Out 4, the plan: whether the decisions are those of the recorded optimum and what they cost, budgets, cash, and each option by year.

The decisions are inputs, and what follows from them is live. What the optimiser found stands beside it as recorded, grey.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from capmodel.algebra.check import OK
from capmodel.algebra.functions import add_up
from capmodel.algebra.rows import Node
from capmodel.assumptions.years import year_label
from capmodel.reinvestment import fund, planning
from capmodel.reinvestment.plan_facts import PRINTED, difference, plan_facts
from capmodel.workbook.pages.issued import COUNT, ISSUED, Issue
from capmodel.workbook.pages.page import Page, budget_labels, members, unit_label
from capmodel.workbook.pages.recorded_plan import RECORDED_PLAN, PlanRecord, fill_recorded_plan
from capmodel.workbook.pages.step_page import lines_of
from capmodel.workbook.writing.book import Alert, Chart, Sheet, address, column_name, literal, quoted
from capmodel.workbook.writing.formats import PALETTE
from capmodel.workbook.writing.layout import Layout
from capmodel.workbook.writing.timeline import FIRST_ROW

if TYPE_CHECKING:
    from capmodel.place.result import Result

PLAN = "Out 4 Plan"
#: The sheet of checks, and the columns of its figures and verdicts.
CHECKS, DIFFERENCE, VERDICT = "Checks", 2, 4
AMOUNT, LABEL_WIDTH, MONEY_WIDTH, CHART_ROWS, CHART_SIZE = "whole GBP", 52, 17, 17, (900, 320)
MUST, VALUE, CHOSEN_VALUE = ("start", "must_flag"), ("start", "value_gbp"), ("start", "chosen_value_gbp")
CHOSEN, AS_RECORDED, SWITCHED = 1, 2, 3
RECORDED = "recorded optimum"
OVERLAP_ROW = "Overlap of the options (minus)"
SAME = "These are the decisions of the recorded optimum."
OTHER = "NOT THE RECORDED OPTIMUM: decisions were switched by hand."
STALE = " Other inputs changed since it was found: run capmodel again."
BROKEN = " It breaks a rule: see what a plan must keep."
GIVEN = "The decisions of this book were given by the user of its run, and nothing was optimised; as issued stands in place of the optimum."


def fill_plan(page: Page, record: Sheet, run: Result, issue: Issue) -> None:
    """Fill the sheet and the sheet of records behind it; `run` is the one the book is issued of."""
    found = fill_recorded_plan(record, run)
    decisions = lines_of(page.result, planning.DECISION)
    page.note("To test another choice, change 0 and 1 on Data 2 Options. Costs, budgets, rules, parties and the objective follow at once.")
    standing = page.row
    page.row += 9
    first = _decisions(page, [label for label, *_ in decisions], run, found)
    kept = _rules(page)
    _standing(page, standing, (first, len(decisions)), kept, run, found, issue)
    _near(page, run, found)
    _budgets(page)
    _outcomes(page)
    _cash(page)
    _by_year(page)
    page.keep_together()
    page.sheet.widths = {0: LABEL_WIDTH, **dict.fromkeys(range(1, 2 + max(7, len(page.result.place.pack.years))), MONEY_WIDTH)}


def checked_nodes(result: Result, layout: Layout) -> list[Node]:
    """The checks of a book, in the order of their rows on the sheet of checks."""
    return [node for node in result.chain.check_nodes() if node in layout.homes]


def _standing(page: Page, row: int, decided: tuple[int, int], rules: tuple[int, int], run: Result, found: PlanRecord, issue: Issue) -> None:
    """Whether the decisions are the recorded ones, and what they are worth beside them."""
    sheet, result, (first, count) = page.sheet, page.result, decided
    page.blocks.append(row)
    sheet.put(row, 0, "table", "The plan as it stands beside the recorded optimum")
    for column in range(1, 4):
        sheet.put(row, column, "table", None)
    now = [value for _, value in sorted(result.choice.items())]
    before = [value for _, value in sorted(run.choice.items())]
    switched = sum(one != other for one, other in zip(now, before, strict=True))
    others = issue.count - switched
    live = page.value(planning.OBJECTIVE, 0, None)
    best = run.plan.objective_gbp if run.plan else float(run.values.figure(planning.OBJECTIVE)[0])
    names = ("Present value of the plan as it stands", f"Present value of the {RECORDED}, as it was found", "What the present decisions add to it, or cost (in brackets)", "Decisions switched by hand", "Other inputs changed since issue")  # fmt: skip
    values, worth, less, own, rest = range(row + 2, row + 7)
    for at, name in zip((values, worth, less, own, rest), names, strict=True):
        sheet.put(at, 0, "total" if at == less else "label", name)
    page.add(values, 1, ((1, planning.OBJECTIVE, 0),), None, AMOUNT)
    sheet.put(worth, 1, "formula", best, AMOUNT, formula=_there(found.objective, 1))
    sheet.put(less, 1, "total", live - best, AMOUNT, formula=f"{address(values, 1)}-{address(worth, 1)}")
    span = f"{address(first, SWITCHED)}:{address(first + count - 1, SWITCHED)}"
    sheet.put(own, 1, "formula", float(switched), "count", formula=f"SUM({span})")
    changed = f"{quoted(ISSUED)}!{address(*COUNT, True, True)}"
    sheet.put(rest, 1, "formula", float(others), "count", formula=f"{changed}-{address(own, 1)}")
    broken = any(sheet.cells[at, 2].value != OK for at in range(rules[0], rules[1] + 1))
    words = f"{OTHER if switched else SAME}{STALE if others else ''}{BROKEN if broken else ''}"
    verdicts = f"{address(rules[0], 2)}:{address(rules[1], 2)}"
    tail = f'IF({address(rest, 1)}<1,"",{literal(STALE)})&IF(SUMPRODUCT(({verdicts}<>"{OK}")*1)<1,"",{literal(BROKEN)})'
    sheet.put(row + 1, 0, "heading", words, formula=f"IF({address(own, 1)}<1,{literal(SAME)},{literal(OTHER)})&{tail}")
    sheet.alerts.append(Alert(row + 1, 0, row + 1, 0, "!=", SAME))
    sheet.alerts += [Alert(at, 1, at, 1, ">", 0) for at in (own, rest)]
    sheet.alerts.append(Alert(less, 1, less, 1, "<", -1))
    said = GIVEN
    if plan := run.plan:
        said = f"Found by {plan.version}: {plan.status}; {plan_facts(plan, {})[0] if not plan.proved else 'proved best'}. Time limit {plan.time_limit_s:g} seconds, gap {plan.gap_share:.4%}."
    sheet.put(row + 7, 0, "words", said)


def _there(row: int, column: int) -> str:
    """A cell of the sheet of records."""
    return f"{quoted(RECORDED_PLAN)}!{address(row, column)}"


def _rules(page: Page) -> tuple[int, int]:
    """Every rule of the plan: how far it is broken, and the verdict of the sheet of checks; returns its rows."""
    result, sheet = page.result, page.sheet
    nodes = checked_nodes(result, page.layout)
    page.heading("What a plan must keep", 2)
    for column, text in enumerate(("Rule", "Broken by at most", "Verdict")):
        sheet.put(page.row, column, "timeline" if column else "timeline_left", text)
    first = page.row + 1
    checks = {check.name: check for check in result.checks}
    for node in planning.SLACKS:
        if node not in nodes:
            continue
        page.row += 1
        check, at = checks[".".join(node)], FIRST_ROW + nodes.index(node)
        sheet.put(page.row, 0, "label", f"{check.words[:1].upper()}{check.words[1:]}")
        unit = AMOUNT if check.unit == "GBP" else "count"
        sheet.put(page.row, 1, "formula", check.worst, unit, formula=f"{CHECKS}!{address(at, DIFFERENCE)}")
        verdict = OK if check.passed else "CHECK"
        sheet.put(page.row, 2, "verdict", verdict, formula=f"{CHECKS}!{address(at, VERDICT)}")
        sheet.verdicts.append((page.row, 2))
    page.row += 2
    return first, page.row - 2


def _decisions(page: Page, labels: list[str], run: Result, found: PlanRecord) -> int:
    """Every decision as it stands beside the recorded one; returns the first row."""
    sheet = page.sheet
    page.heading("Which options, for what value", 6)
    texts = ("Option", "Chosen now (0 or 1)", f"In the {RECORDED} (0 or 1)", "Switched by hand", "Must be done (0 or 1)", "Present value (£)", "Value if chosen (£)")  # fmt: skip
    for column, text in enumerate(texts):
        sheet.put(page.row, column, "timeline" if column else "timeline_left", text)
    sheet.heights[page.row] = 44
    first = page.row + 1
    recorded = run.values.figure(planning.DECISION)
    for line, label in enumerate(labels):
        row, now = first + line, page.value(planning.DECISION, line, None)
        sheet.put(row, 0, "label", label)
        page.refer(row, CHOSEN, planning.DECISION, line, None, "flag")
        there = _there(found.first_decision + line, 1)
        sheet.put(row, AS_RECORDED, "formula", float(recorded[line]), "flag", formula=there)
        away = f"IF(ABS({address(row, CHOSEN)}-{address(row, AS_RECORDED)})>0,1,0)"
        sheet.put(row, SWITCHED, "formula", float(now != recorded[line]), "count", formula=away)
        for column, (node, unit) in enumerate(((MUST, "flag"), (VALUE, AMOUNT), (CHOSEN_VALUE, AMOUNT)), SWITCHED + 1):
            page.refer(row, column, node, line, None, unit)
    last = first + len(labels) - 1
    sheet.alerts.append(Alert(first, SWITCHED, last, SWITCHED, ">", 0))
    # Thin gaps, so that neither the overlap nor the total looks like one more option.
    sheet.heights |= {last + 1: 4, last + 3: 4}
    sheet.put(last + 2, 0, "label", OVERLAP_ROW)
    page.refer(last + 2, len(texts) - 1, ("objective", "overlap_value_gbp"), 0, None, AMOUNT)
    total = last + 4
    sheet.put(total, 0, "total", "Chosen, and present value of the plan")
    for column in range(1, len(texts)):
        if column in (CHOSEN, AS_RECORDED, SWITCHED):
            shown = [page.sheet.cells[row, column].value for row in range(first, last + 1)]
            figures = [value for value in shown if isinstance(value, float)]
            letter = column_name(column)
            sheet.put(total, column, "total", add_up(figures), "count", formula=f"SUM({letter}{first + 1}:{letter}{last + 1})")
        elif column == len(texts) - 1:
            page.add(total, column, ((1, planning.OBJECTIVE, 0),), None, AMOUNT, "total")
        else:
            sheet.put(total, column, "total", None)
    page.row = total + 2
    return first


def _near(page: Page, run: Result, found: PlanRecord) -> None:
    """Choices worth nearly as much as the recorded one."""
    plan, sheet = run.plan, page.sheet
    if plan is None:
        return
    labels = run.place.labels
    page.heading("Other choices worth nearly as much, as recorded", 2)
    if not plan.others:
        page.note(f"{plan_facts(plan, labels)[-1 if plan.loss is None and plan.proved else 0]}.")
        return
    texts = ("In what it differs from the recorded optimum", f"Present value ({unit_label(AMOUNT)})", f"Less than the {RECORDED} ({unit_label(AMOUNT)})")  # fmt: skip
    for column, text in enumerate(texts):
        sheet.put(page.row, column, "timeline" if column else "timeline_left", text)
    sheet.heights[page.row] = 44
    for i, other in enumerate(plan.others[:PRINTED]):
        page.row += 1
        sheet.put(page.row, 0, "label", difference(plan.chosen, other.chosen, labels))
        for column, value in ((1, other.objective_gbp), (2, plan.objective_gbp - other.objective_gbp)):
            sheet.put(page.row, column, "formula", round(value, 2) + 0.0, AMOUNT, formula=_there(found.first_other + i, column))
    page.row += 2
    count = f"{'' if plan.all_listed else 'at least '}{len(plan.others):,} other {'choice' if len(plan.others) == 1 else 'choices'}"
    page.note(f"Within {100 * plan.near_share:g}% of the optimum: {count}; the record of the run has all that were found.")


def _budgets(page: Page) -> None:
    """Of each budget, what there is in each year, what the plan uses of it and what is left; with a chart of the first."""
    labels = budget_labels(page.result)
    for line, label in enumerate(labels):
        _budget(page, line, label, len(labels))


def _budget(page: Page, line: int, label: str, count: int) -> None:
    sheet, years = page.sheet, page.result.place.pack.years
    page.heading("Budget of each year, and what the plan uses of it" + (f": {label}" if count > 1 else ""))
    sheet.put(page.row, 0, "timeline_left", f"Budget ({unit_label(AMOUNT)})")
    head = page.row
    names = (f"{label} of the year", "Unspent budget brought forward", "Recycled of released cash", "There is", "Cost charged to it", "Left; in brackets: overspent")  # fmt: skip
    first = head + 1
    for offset, name in enumerate(names):
        sheet.put(first + offset, 0, "total" if offset in (3, 5) else "label", name)
    for t, year in enumerate(years):
        column, there = 1 + t, 0.0
        sheet.put(head, column, "timeline", year_label(year))
        for offset, name in ((0, "budget_gbp"), (1, "budget_brought_gbp"), (2, "budget_recycled_gbp"), (4, "budget_cost_gbp")):
            page.refer(first + offset, column, ("budget", name), line, t, AMOUNT)
            there += page.value(("budget", name), line, t) if offset < 3 else 0.0
        span = f"{address(first, column)}:{address(first + 2, column)}"
        sheet.put(first + 3, column, "total", there, AMOUNT, formula=f"SUM({span})")
        page.add(first + 5, column, ((1, ("budget", "budget_slack_gbp"), line),), t, AMOUNT, "total")
    last = first + len(names) - 1
    sheet.alerts.append(Alert(last, 1, last, len(years), "<", 0))
    page.row = last + 2
    if line:
        return
    looks = ((3, "There is", PALETTE[2]), (4, "Cost charged to it", PALETTE[0]))
    _chart(
        page,
        "What there is to spend, and what the plan costs" + (f": {label}" if count > 1 else ""),
        "Column chart of the budget that there is in each year and of the cost of the plan",
        [_series(page, head, first + offset, name, colour) for offset, name, colour in looks],
        [],
        (first + 3, first + 4),
        from_zero=True,
    )


def _outcomes(page: Page) -> None:
    """What the plan does for people, by measure and year; nothing where no option states it."""
    result = page.result
    measures = result.values.inputs.rows["plan_outcome"].columns["measure"]
    if measures:
        page.heading("Outcomes of the plan, units of each year after the prudence factor")
        lines = [(result.place.label(name), ("plan_outcome", "plan_outcome_number"), i) for i, name in enumerate(measures)]
        page.by_year("Outcome", lines, "number")


def _cash(page: Page) -> None:
    """Cash released less cost, year by year and together, with its break-even and a chart."""
    sheet, years = page.sheet, page.result.place.pack.years
    page.heading("Cash of the plan: cost released less cost, £ of each year")
    shown = (("plan", "plan_released_gbp"), ("plan", "plan_cost_gbp"), ("plan_cash", "cash_gbp"), ("plan_cash", "closing_gbp"), ("plan_cash", "peak_gbp"))  # fmt: skip
    texts = ("Cost released by the plan", "Cost of the plan", "Cash of the year", "Cumulative cash at the end of the year", "Peak funding up to then")  # fmt: skip
    first, last = page.by_year("Cash", [(text, node, 0) for text, node in zip(texts, shown, strict=True)], AMOUNT)
    page.row = last + 1
    end = len(years) - 1
    closing, back = page.value(("plan_cash", "closing_gbp"), 0, end), page.value(("plan_cash", "break_even_months_number"), 0, end)
    never = f"not by the end of {year_label(years[-1])}"
    sheet.put(page.row, 0, "total", "Break-even, months from the start of the first year")
    there = page.layout.homes["plan_cash", "break_even_months_number"].cell(0, end, sheet.name)
    formula = f"IF(ROUND({address(first + 3, 1 + end)},2)<0,{literal(never)},{there})"
    sheet.put(page.row, 1, "total", never if round(closing, 2) < 0 else back, "number", formula=formula)
    for column in range(2, 1 + len(years)):
        sheet.put(page.row, column, "total", None)
    page.row += 2
    bars = _series(page, first - 1, first + 2, "Cash of the year", PALETTE[2])
    line = _series(page, first - 1, first + 3, "Cumulative cash at the end of the year", PALETTE[0])
    line |= {"line": {"color": PALETTE[0], "width": 2.25}, "marker": {"type": "circle", "size": 6, "fill": {"color": PALETTE[0]}}}
    del line["fill"]
    _chart(
        page,
        "Cash of the plan: it has broken even where the line is back above zero",
        "Column chart of the cash of the plan in each year, with a line of the cumulative cash",
        [bars],
        [line],
        (first + 2, first + 3),
    )


def _series(page: Page, head: int, row: int, name: str, colour: str) -> dict[str, object]:
    """A series of one row with years across."""
    last = len(page.result.place.pack.years)
    sheet = quoted(page.sheet.name)
    spans = [f"={sheet}!{address(at, 1, True, True)}:{address(at, last, True, True)}" for at in (head, row)]
    return {"name": name, "categories": spans[0], "values": spans[1], "fill": {"color": colour}}


def _chart(
    page: Page,
    title: str,
    description: str,
    bars: list[dict[str, object]],
    lines: list[dict[str, object]],
    rows: tuple[int, int],
    from_zero: bool = False,
) -> None:
    years = len(page.result.place.pack.years)
    axis = page.money_axis(*rows, range(1, 1 + years))
    page.sheet.charts.append(
        Chart(
            title=title,
            description=f"{description}; the figures are in the table above it.",
            kind={"type": "column"},
            series=bars,
            lines=lines,
            row=page.row,
            column=0,
            **axis,
            category_title="Financial year",
            size=CHART_SIZE,
            from_zero=from_zero,
        )
    )
    page.row += CHART_ROWS


def _by_year(page: Page) -> None:
    """Cost and release of each option if chosen, the ledgers of funds, and the net effect on each party."""
    result = page.result
    options = [(start.label, i) for i, start in enumerate(result.place.choices.starts)]
    page.heading("Cost if chosen")
    page.by_year("Option", [(label, ("start_year", "chosen_cost_gbp"), i) for label, i in options], AMOUNT, total="Cost of the plan")
    page.heading("Cost released if chosen")
    released = [(label, ("start_year", "chosen_released_gbp"), i) for label, i in options]
    page.by_year("Option", [*released, (OVERLAP_ROW, ("plan", "plan_overlap_released_gbp"), 0)], AMOUNT, total="Released")
    funds = result.values.inputs.rows["ledger"].columns["party"] if "ledger" in result.chain.by_name else ()
    for i, party in enumerate(funds):
        page.heading(f"Ledger: {result.place.labels[party]}")
        page.by_year("Ledger", [(line.label, ("ledger", line.name), i) for line in fund.ledger.lines.values()], AMOUNT)
    page.heading("Who pays and who gains: net effect of the plan on each party, before settlement")
    page.by_year("Party", [(label, ("plan_party", "plan_net_gbp"), i) for label, i in members(result, "party")], AMOUNT, total="System")

"""The sheets that are text: cover, change log, how to use, sources, certificate and sign-off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from capmodel.assumptions.accepted import SOURCE
from capmodel.assumptions.pack import Source
from capmodel.assumptions.step import CAPITATION, CARE_BUDGETS, CONTRACT, OPTIONS, SPEND
from capmodel.assumptions.versions import Version
from capmodel.errors import listed
from capmodel.place import actual_cost
from capmodel.version import __version__
from capmodel.workbook.pages.issued import ISSUED, Issue, either, fill_changes
from capmodel.workbook.writing.book import Content, Sheet, quoted
from capmodel.workbook.writing.timeline import FIRST_ROW, TIMELINE

if TYPE_CHECKING:
    from capmodel.place.chain import Chain
    from capmodel.place.result import Result
    from capmodel.workbook.recalculate import Certificate


#: What some steps are called on the cover; any other by its label.
SHOWN_STEPS = {
    SPEND: "segment spend",
    CAPITATION: "capitation",
    CARE_BUDGETS: "Year of Care budgets",
    CONTRACT: "alliance settlement",
    OPTIONS: "reinvestment options",
}
#: How many figures set for the run the cover names.
SHOWN = 5
OWN_SOURCES = (
    Source("user", "Set by the user of this run or workbook", "The user", "Change log and note beside the figure", "", ""),
    Source("optimiser", "Chosen by the optimiser", "capmodel", "Recorded plan", "", ""),
)


def cover(result: Result, sheets: Mapping[str, Sheet], issue: Issue, steps: str) -> None:
    """What the book is, for whom, from which packs, and where to find what; `steps` says which steps it shows, where not all."""
    sheet, pack = sheets["Cover"], result.place.pack
    row = FIRST_ROW - 1
    scenario = result.place.scenarios[result.scenario]
    figures = issue.set_for_run
    set_for_run = "; ".join(map(_set_figure, figures[:SHOWN])) + (
        f"; and {len(figures) - SHOWN} more, on Change log" if len(figures) > SHOWN else ""
    )
    facts = [
        ("What this is", f"{_shown(result.chain)}, as an open book"),
        *([("Steps", steps)] if steps else []),
        ("For whom", "The parties of the alliance, their finance leads, negotiators and auditors"),
        ("About this place", result.place.about),
        *([("Contract", result.place.terms.title), ("Actual cost", actual_cost.in_words(result.place)[:1].upper() + actual_cost.in_words(result.place)[1:])] if result.chain.has(CONTRACT) else []),
        ("Scenario in use", scenario.label),
        ("Made in", f"{scenario.label}: {scenario.description}" if scenario.description else scenario.label),
        ("Basis of the data", "Aggregate figures; no person-level data were linked" if pack.basis == "aggregate" else "Linked person-level data, aggregated"),
        ("Owner", pack.owner),
        ("Made by", f"capmodel {__version__}, from packs dated {pack.as_at}"),
        *((f"Pack {edition.id}", f"{edition.title}; {'released ' + edition.released if edition.released else 'place pack'}; sha256 {edition.sha256}") for edition in pack.editions),
        *([("Set for this run", set_for_run)] if set_for_run else []),
        ("Run", ""),
    ]  # fmt: skip
    live = {"Run": either(sheet.name, issue, f"{result.run_id} (two books with the same fingerprints hold the same figures)", f", so that the figures are no longer those of a run. The book was issued as run {result.run_id}; {ISSUED} lists what was changed")}  # fmt: skip
    for label, text in facts:
        text, formula = live.get(label, (text, ""))
        sheet.put(row, 0, "strong", label)
        sheet.put(row, 1, "scenario" if label == "Scenario in use" else "wrapped", text, formula=formula)
        sheet.heights[row] = 15.0 * max(2 if formula else 1, -(-len(text) // 100))
        row += 1
    row += 1
    sheet.put(row, 0, "table", "Colours and words")
    row += 1
    for role, label, meaning in (
        ("input sample", "Input", "Blue on yellow, unlocked: change it, and everything follows"),
        (
            "structure",
            "Structure",
            "Black on lilac, locked: how the files of the place and its contract are built; change it in the file",
        ),
        ("formula", "Formula", "Black on white, locked: a live formula"),
        ("record", "Recorded", "Black on grey, locked: a value with provenance, not recalculated"),
    ):
        sheet.put(row, 0, role, label)
        sheet.put(row, 1, "wrapped", meaning)
        row += 1
    for status, meaning in (
        ("published", "printed in a publication, which is named"),
        ("derived", "worked out from published figures; the note says how"),
        ("fitted", "estimated from data by a stated method"),
        ("local", "decided or measured by the place or its user"),
        ("illustrative", "invented for demonstration; never to be quoted as evidence"),
        *([("default", "written by nobody: what capmodel takes where the contract is silent")] if result.chain.has(CONTRACT) else []),
    ):
        sheet.put(row, 0, "label", status)
        sheet.put(row, 1, "wrapped", meaning)
        row += 1
    row += 1
    sheet.put(row, 0, "table", "Contents")
    row += 1
    for name, other in sheets.items():
        if name != "Cover":
            sheet.put(row, 0, "link", name, link=f"{quoted(name)}!A1")
            sheet.put(row, 1, "wrapped", other.title)
            row += 1
    sheet.widths = {0: 30, 1: 100}
    sheet.portrait = True


def _shown(chain: Chain) -> str:
    """What a book shows, in the order the money flows; segment spend is named where nothing follows from it."""
    shown = [step for step in chain.steps if step.name != SPEND or not chain.has(CAPITATION)]
    found = [SHOWN_STEPS.get(step.name, step.label.removeprefix("the ")) for step in shown]
    text = listed(found)
    return text[:1].upper() + text[1:]


def _set_figure(content: Content) -> str:
    """A figure that the user of the run set, with the pack's own."""
    return f"{content.about} ({content.change}): {content.value:.15g}; the pack says {content.pack:.15g}"


def change_log(result: Result, sheet: Sheet, issue: Issue) -> None:
    """How this book was made, and room for what happens to it next."""
    row = TIMELINE
    for column, text in enumerate(("Date", "What", "By", "Why")):
        sheet.put(row, column, "timeline_left", text)
    pack = result.place.pack
    entries = [
        (
            pack.as_at,
            f"Made by capmodel {__version__} from {', '.join(edition.id for edition in pack.editions)}, scenario {result.scenario}",
            "capmodel",
            "First issue of this run",
        )
    ]
    entries += [entry for number, version in enumerate(pack.accepted, 1) for entry in _of_version(number, version)]
    entries += [(pack.as_at, f"{name} set to {f'{value!r}'.removesuffix('.0')}", "user of the run", "Set on the command line or from Python; marked local where it stands") for name, value in result.changes.items()]  # fmt: skip
    entries += [(pack.as_at, _set_figure(content), "capmodel", "A figure that was set for the run, and the pack's own") for content in issue.set_for_run]  # fmt: skip
    for entry in entries:
        row += 1
        for column, text in enumerate(entry):
            sheet.put(row, column, "wrapped", text)
        sheet.heights[row] = 30
    for _ in range(8):
        row += 1
        for column in range(4):
            sheet.put(row, column, "entry", None)
    fill_changes(sheet, row + 2, issue)
    sheet.widths = {0: 14, 1: 74, 2: 24, 3: 60}


def _of_version(number: int, version: Version) -> Iterator[tuple[str, str, str, str]]:
    """What a version of the place took in: what came back, what the other side wrote of it, and each figure."""
    on = version.on.isoformat()
    figures = f"{len(version.figures)} input{'' if len(version.figures) == 1 else 's'}"
    yield on, f"Version {number}: {figures} accepted from {version.file}, sent as run {version.run}", version.by, version.why
    yield from ((date, f"Written in {version.file}: {what}", by, why) for date, what, by, why in version.log)
    for figure in version.figures:
        what = f"{figure.label or figure.name} ({figure.name}): {figure.was:.15g} becomes {figure.now:.15g}"
        yield on, what, version.by, f"Accepted in version {number}"


def guide(chain: Chain, sheet: Sheet, outputs: Sequence[str], inputs: Sequence[str]) -> None:
    """How to read, change, check and return the book.

    Args:
        chain: the steps of the book.
        sheet: the sheet to fill.
        outputs: the sheets that are for a board.
        inputs: the sheets of inputs.
    """
    numbered = [name.rpartition(" ")[0] for name in outputs if name.startswith("Out ")]
    board = f"{numbered[0]} to {numbered[-1]} are" if len(numbered) > 1 else f"{numbered[0]} is"
    changed = [name.rpartition(" ")[0] if name.startswith("Data ") else name for name in inputs if name != "Structure"]
    choice = " The options stay as chosen, so the budget check may turn to CHECK;" if chain.has(OPTIONS) else ""
    watched = (
        " A budget that is overspent, or a rule that is broken, turns the master flag to CHECK."
        if chain.has(OPTIONS)
        else " One that does not hold turns the master flag to CHECK."
    )
    steps: list[tuple[str, str, str]] = [
        ("", "Start at the Cover", "It says what the book is, which packs it was made from, and whether all checks hold. The same flag is on every sheet."),
        ("", "Read the outputs", f"{board} for the board. Every figure there that is not grey is a reference; follow it (Ctrl and [ in Excel) to its working."),
        (CONTRACT, "Send a statement", "Out 6 holds a statement of account for each party, each on a page of its own: print it, or save that sheet as PDF."),
        (CONTRACT, "Find a term", "Contract terms says beside each heading whether the term is in use; zeros are faint, and a figure behind a switch that is off says no effect. What is lilac and locked follows from the file. Calc 4 begins with the steps of the settlement, each with a link."),
        ("", "Follow a figure", "Workings stand in the order the money flows, on the sheets whose names begin with Calc. Each line shows its ingredients above it and its rule in words below its name."),
        ("", "Change an input", f"Inputs are blue on yellow, on {listed(changed)}. Change one and every figure follows at once."),
        ("", "Change the scenario", f"Write the number of a scenario in the first yellow cell of Assumptions.{choice} Recorded runs keeps what each scenario gave when the book was made."),
        (OPTIONS, "Test another choice of options", "Change 0 and 1 on Data 2 Options. Cost, budget left, rules and objective follow; Out 4 Plan says whether the choice is still the recorded optimum and what it costs; what the optimiser found is on Recorded plan."),
        ("", "Watch the checks", f"Checks lists everything that must hold.{watched}"),
        ("", "See what was changed", "The line under the flag says whether every input is as issued, and turns amber with the number that are not. Checks may hold in a changed book: the two are different questions. As issued shows every input as issued and now; Change log lists the first that differ."),
        ("", "Send it back", "Sheets are locked without a password, so that nothing is overwritten by accident. Inputs that were changed can be read back by capmodel; formulas that were changed are found by capmodel verify."),
        ("", "Recalculate it elsewhere", "The book uses only functions that Excel, LibreOffice and Google Sheets agree on. capmodel verify recalculates it with an independent engine."),
        ("", "Signs", "In results, plus is a gain or a receipt, brackets are a loss or a payment. Money is in pounds, shares are parts of 1 shown as per cent, years are financial years from April."),
    ]  # fmt: skip
    for i, (what, how) in enumerate((what, how) for step, what, how in steps if not step or chain.has(step)):
        row = TIMELINE + i
        sheet.put(row, 0, "strong", f"{i + 1}. {what}")
        sheet.put(row, 1, "wrapped", how)
        sheet.heights[row] = 34
    sheet.widths = {0: 36, 1: 104}
    sheet.portrait = True


def sources(result: Result, sheet: Sheet) -> None:
    """Every source by its id."""
    headings = ("Id", "Title", "Publisher", "Page, sheet or table", "Date", "Licence", "Address", "Fingerprint of the file (sha256)")
    for column, text in enumerate(headings):
        sheet.put(TIMELINE, column, "timeline_left", text)
    widths = [10, 50, 30, 44, 12, 34, 34, 34]
    for i, source in enumerate((*result.place.pack.sources.values(), *OWN_SOURCES, *([SOURCE] if result.place.pack.accepted else []))):
        row = TIMELINE + 1 + i
        texts = (source.id, source.title, source.publisher, source.page, source.date, source.licence, source.url, source.sha256)
        for column, text in enumerate(texts):
            if text:
                sheet.put(row, column, "wrapped", text)
        sheet.heights[row] = 13.5 * max(-(-len(text) // int(width * 0.95)) for text, width in zip(texts, widths, strict=True))
    sheet.widths = dict(enumerate(widths))
    sheet.frozen, sheet.repeat_rows = (TIMELINE + 1, 1), (0, TIMELINE)


#: The row of the certificate that states how many cells differ.
DIFFERING = TIMELINE + 2


def state_differences(sheet: Sheet, differences: float) -> None:
    """State how many cells differ, which a check of the book reads here; the rest of the page is known once it is recalculated."""
    sheet.put(DIFFERING, 0, "label", "Cells that differ by more than half a penny, or show an error")
    sheet.put(DIFFERING, 1, "record", differences, "count")


def certificate(result: Result, sheet: Sheet, certificate: Certificate) -> None:
    """What the independent recalculation found."""
    facts: list[tuple[str, str | float, str]] = [
        ("Recalculated by", certificate.engine, ""),
        ("Formula cells recalculated", certificate.formulas, "count"),
        ("Numeric cells that are neither inputs nor records", certificate.numeric, "count"),
        ("of which are live formulas", certificate.live_share, "share"),
        ("Made by", f"capmodel {__version__}; the book was issued as run {result.run_id}", ""),
    ]
    rows = [row for row in range(TIMELINE, TIMELINE + len(facts) + 1) if row != DIFFERING]
    for row, (label, value, unit) in zip(rows, facts, strict=True):
        sheet.put(row, 0, "label", label)
        sheet.put(row, 1, "record", value, unit)
    row = rows[-1] + 2
    for text in (
        "Every formula cell of this book was recalculated from its inputs by a program that shares nothing with capmodel, and",
        "compared with the value capmodel writes in the cell. This page holds what was found of the book as it was issued; the line",
        "under the flag says whether inputs have been changed since. Then, or to repeat it: capmodel verify and the name of this file.",
    ):
        sheet.put(row, 0, "words", text)
        row += 1
    sheet.widths = {0: 52, 1: 84}


def sign_off(result: Result, sheet: Sheet, issue: Issue) -> None:
    """Who signs for what, and which figures."""
    for column, text in enumerate(("Role", "What they sign for", "Name", "Date", "Signature or reference")):
        sheet.put(TIMELINE, column, "timeline_left", text)
    roles = (
        ("Commissioner of the model", "The question is the right one and the model is fit to answer it"),
        ("Analyst", "Inputs are entered as their sources have them; checks hold"),
        ("Assurer, independent of the analyst", "Formulas, sources and limits were reviewed"),
        ("Approver", "The results may be used in negotiation"),
        *(
            (f"For {entry.label}", "The contract terms are the ones agreed")
            for entry in (result.place.pack.dimensions["party"] if result.chain.has(CONTRACT) else ())
        ),
    )
    for i, texts in enumerate(roles):
        row = TIMELINE + 1 + i
        for column, text in enumerate(texts):
            sheet.put(row, column, "wrapped", text)
        for column in (2, 3, 4):
            sheet.put(row, column, "entry", None)
        sheet.heights[row] = 30
    row += 2
    as_issued = f"The figures are those of run {result.run_id}."
    changed = f", so that the figures are no longer those of run {result.run_id}. A signature stands for the book as issued; have the changed book run and issued again."
    text, formula = either(sheet.name, issue, as_issued, changed)
    sheet.put(row, 0, "strong", "What is signed")
    sheet.put(row, 1, "label", text, formula=formula)
    sheet.widths = {0: 36, 1: 52, 2: 28, 3: 16, 4: 34}

"""The short, readable summary that a run prints: envelope, prices, parties, options, checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from capmodel.algebra.functions import add_up
from capmodel.assumptions.accepted import FILE
from capmodel.assumptions.cells import NAMED
from capmodel.assumptions.inherited import Inherited
from capmodel.assumptions.scaffold import name_of
from capmodel.assumptions.step import (
    AGREEMENTS,
    BANDS,
    CAPITATION,
    CONTRACT,
    FLOWS,
    HOLDERS,
    MONTHS,
    OPTIONS,
    OUTTURN,
    PACKAGES,
    PAYMENTS,
    POOL,
    REHABILITATION,
    SPEND,
    Step,
)
from capmodel.assumptions.years import of_years, year_label
from capmodel.errors import listed
from capmodel.money import pounds
from capmodel.place import actual_cost
from capmodel.place.beside import BESIDE
from capmodel.place.no_effect import said, said_of_scenario, said_of_years
from capmodel.place.option_tables import cash_line
from capmodel.place.result import Result
from capmodel.place.steps import STEPS, absent_labels
from capmodel.reinvestment.plan_facts import plan_facts
from capmodel.reports import by_month, care_packages, steps_beside, year_of_care

#: From what was recorded to the accounts.
ACCOUNT_STEPS = {
    "recorded": "recorded",
    "apportioned": "block contracts",
    "scaling": "scaling",
    "unlinked": "unlinked",
    "unallocated": "unallocated",
}


def accounts_line(result: Result) -> str:
    """What stands between recorded spend and the accounts, or that no accounts were given."""
    shown = {name: pounds(result.column("all_accounts", f"all_{name}_gbp")[()]) for name in ACCOUNT_STEPS}
    given = [flag > 0 for flag in result.column("accounts", "accounts_given_flag").values()]
    if not any(given):
        return f"Accounts: none given; recorded {shown['recorded']}, block contracts {shown['apportioned']}, unlinked {shown['unlinked']}"
    steps = ", ".join(f"{label} {shown[name]}" for name, label in ACCOUNT_STEPS.items())
    some = "" if all(given) else f" (given for {sum(given)} of {len(given)} payers and settings; {shown_unbooked(result)} has none)"
    return f"Accounts: {steps}{some}"


def shown_unbooked(result: Result) -> str:
    """The pounds for which no accounts were given."""
    return pounds(result.column("all_accounts", "all_unbooked_gbp")[()])


def open_at_end(result: Result) -> str:
    """What the last year leaves to later ones: money held back, balances carried forward; empty where nothing is left."""
    last = str(result.place.pack.years[-1])
    held = {party: value for (party, year), value in result.column("settlement", "withheld_gbp").items() if year == last and value}
    carried = {key[:2]: value for key, value in result.column("bank", "closing_gbp").items() if key[-1] == last and value}
    balances = [f"{result.place.label(party)} held back {pounds(value)}" for party, value in held.items()]
    balances += [
        f"{result.place.label(party)} carried forward {pounds(value)} ({result.place.label(side).lower()})"
        for (party, side), value in carried.items()
    ]
    return f"Open at the end of {year_label(int(last))}: {'; '.join(balances)}" if balances else ""


def accepted_line(result: Result) -> str:
    """How many figures of a run were accepted from workbooks that came back, and by whom; empty where none were."""
    versions = result.place.pack.accepted
    names = {figure.name for version in versions for figure in version.figures}
    by = listed(list(dict.fromkeys(version.by for version in versions)))
    many = f"{len(versions)} version{'' if len(versions) == 1 else 's'}"
    return f"Accepted from workbooks that came back: {len(names):,} figures in {many}, by {by}; {FILE} of the place" if versions else ""


def inherited_lines(result: Result) -> list[str]:
    """What of a place started from the example is still the example's: how many figures, the pounds that depend on them, where."""
    left = result.place.inherited
    changed = [unsourced_line(left)] if left.unsourced else []
    if not left.count:
        return changed
    depend = ""
    if result.chain.has(SPEND):
        spent = add_up(result.values.figure(("spend", "cost_gbp")).tolist())
        depend = f"; {pounds(result.inherited_spend_gbp)} of {pounds(spent)} spend in the base year depends on them"
    tables = [name for name in left.by_file if name.startswith("tables/")]
    files = [f"{name} {len(names):,}" for name, names in left.by_file.items() if name not in tables]
    in_tables = sum(len(left.by_file[name]) for name in tables)
    files += [f"{len(tables)} table{'' if len(tables) == 1 else 's'} {in_tables:,}"] if tables else []
    return [
        f"Still the example's: {left.count:,} of {left.all_figures:,} figures{depend}",
        f"  {', '.join(files)}; all of them: capmodel packs {name_of(result.place.pack)}",
        *changed,
    ]


def unsourced_line(left: Inherited) -> str:
    """Figures that were changed and whose source is still the example's, which says that they are copied."""
    first = ", ".join(left.unsourced[:NAMED]) + (f" and {len(left.unsourced) - NAMED:,} more" if len(left.unsourced) > NAMED else "")
    return f"Changed, and still with the source of the example: {first}; give each its own source, status and note"


def price_growth_line(result: Result) -> str:
    """The pounds by which prices are brought from their price years to the base year; empty where they are of that year."""
    if not result.chain.has(SPEND):
        return ""
    segments = result.values.inputs.rows["segment"].columns
    base = result.place.pack.base_year
    years = sorted({year for year in segments.get("price_year", ()) if year != str(base)})
    if not years:
        return ""
    added, spent = (result.column("place", name)[()] for name in ("place_uprating_gbp", "place_cost_gbp"))
    named = ", ".join(year_label(int(year)) for year in years)
    whose = ", by the example's price year" if result.place.pack.copied.get("price_year") in years else ""
    return f"Prices of {named} are raised to {year_label(base)}: {pounds(added)} of {pounds(spent)} spend in the base year is that growth{whose}"


def idle_lines(result: Result) -> list[str]:
    """Figures that were set for a run, that its contract states and that its scenario states, and that move no money, a line each."""
    stated = [f"NO EFFECT: {name} of the contract moves no money: {why}" for name, why in result.idle_terms.items()]
    cost = actual_cost.without_effect(result)
    return [*said(result.changes, result.idle), *stated, *cost, *idle_scenario_lines(result), *said_of_years(result.place.pack.outside())]


def idle_scenario_lines(result: Result) -> list[str]:
    """Figures that the scenario of a run states and that move no money, a line each."""
    return said_of_scenario(result.scenario, result.idle_in_scenario)


def print_summary(console: Console, result: Result, book: Path, record: Path) -> None:
    """Print the headline figures of each step of a run, what was chosen, what fails, and where the files are."""
    place = result.place
    scenario = place.scenarios[result.scenario]
    console.print(
        f"[bold]{escape(place.pack.title)}[/bold], {escape(scenario.label.lower())}, {place.pack.basis} data; illustrative figures are marked in the workbook\n"
    )

    for name, value in result.changes.items():
        console.print(f"Set for this run: {name} = {value:.15g}", markup=False)
    for text in filter(
        None, (*idle_lines(result), accepted_line(result), *inherited_lines(result), invented_line(result), price_growth_line(result))
    ):
        console.print(text, markup=False, soft_wrap=True)
    if absent := absent_line(result):
        console.print(absent, markup=False, soft_wrap=True)
    if "all_accounts" in result.chain.by_name:
        console.print(accounts_line(result))
    for step, lines in HEADLINES.items():
        if result.chain.has(step):
            for text in lines(result):
                console.print(text, markup=False)
    console.print("")
    for step, shown in SHOWN.items():
        if result.chain.has(step):
            shown(console, result)
    failing = [check for check in result.checks if not check.passed]
    for check in failing:
        console.print(f"[red]CHECK[/red] {check.label.removeprefix('Check: ')}: {check.worst:,.2f} ({check.name})")
    console.print(f"Checks: {len(result.checks) - len(failing)} of {len(result.checks)} passed\nWritten: {book} and {record}")


def absent_line(result: Result) -> str:
    """Which steps the place has, where it does not have all, and which files its steps leave out; empty where there is neither."""
    absent = [step for step in STEPS[result.place.pack.basis] if not result.chain.has(step.name)]
    there = listed([step.label for step in result.chain.steps])
    left = listed(absent_labels(result.place.pack.basis, result.chain.steps))
    described = [f"Steps: {there}; not in this place: {left}"] if absent else []
    return ". ".join([*described, *_left_out(result, absent)])


def _left_out(result: Result, absent: Sequence[Step]) -> list[str]:
    """The files of steps that place.yaml leaves out by naming others, which are therefore not read."""
    pack = result.place.pack
    beside = [file for file, (name, _) in BESIDE.items() if not result.chain.has(name)]
    named = [*(file for step in absent for file in step.files), *beside] if pack.steps is not None else []
    files = [file for file in named if (pack.folder / file).is_file()]
    return [f"NO EFFECT: {listed(files)}, since steps: in place.yaml leaves {'it' if len(files) == 1 else 'them'} out"] if files else []


def invented_line(result: Result) -> str:
    """The illustrative figures of the national pack that a place without copied figures is based on; empty where there are none."""
    if result.place.inherited.count or not result.place.pack.editions:
        return ""
    read = result.chain.reads
    names = [
        name
        for name, each in result.place.assumptions.items()
        if name in read
        and not each.of_place
        and not each.clause
        and any(figure.status == "illustrative" for figure in each.values.values())
    ]
    whose = result.place.pack.editions[0].id
    return (
        f"Illustrative figures of {whose}: {', '.join(names)}; write the place's own under overrides: in parameters.yaml" if names else ""
    )


def _spent(result: Result) -> list[str]:
    """People and spend, where no envelope follows from them."""
    if result.chain.has(CAPITATION):
        return []
    people, spent = (result.column("place", name)[()] for name in ("population_persons", "place_cost_gbp"))
    return [f"Spend:    {year_label(result.place.pack.base_year)} {pounds(spent)} on {people:,.0f} people"]


def _envelope(result: Result) -> list[str]:
    envelope, years = result.column("envelope", "envelope_gbp"), result.place.pack.years
    return ["Envelope: " + ", ".join(f"{year_label(year)} {pounds(envelope[(str(year),)])}" for year in (years[0], years[-1]))]


def _pool(result: Result) -> list[str]:
    pool = result.column("pool", "pool_gbp")
    pools = ", ".join(f"{year_label(year)} {pounds(pool[(str(year),)])}" for year in result.place.pack.years)
    return [f"Pool:     {pools}", *actual_cost.statement(result)]


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, pad_edge=False)


def _heads(console: Console, result: Result) -> None:
    """Spend per head of each segment, where no price per head follows from it."""
    if result.chain.has(CAPITATION):
        return
    heads = _table("Spend per head in the base year, £")
    heads.add_column("Segment")
    for heading in ("Spend per head", "Spend", "People"):
        heads.add_column(heading, justify="right")
    price, cost, people = (result.column("segment", name) for name in ("base_price_gbp_per_person", "base_cost_gbp", "segment_persons"))
    for entry in result.place.pack.dimensions["segment"]:
        heads.add_row(entry.label, f"{price[(entry.id,)]:,.2f}", f"{cost[(entry.id,)]:,.2f}", f"{people[(entry.id,)]:,.0f}")
    console.print(heads, "")


def _prices(console: Console, result: Result) -> None:
    years = result.place.pack.years
    prices = _table("Price per head, £ a year")
    prices.add_column("Segment")
    price, people = result.column("capitation", "price_gbp_per_person"), result.column("capitation", "persons")
    shown = (years[0], years[-1])
    for year in shown:
        prices.add_column(year_label(year), justify="right")
    prices.add_column(f"People {year_label(years[0])}", justify="right")
    for entry in result.place.pack.dimensions["segment"]:
        prices.add_row(entry.label, *(f"{price[entry.id, str(year)]:,.2f}" for year in shown), f"{people[entry.id, str(years[0])]:,.0f}")
    console.print(prices, "")


def _parties(console: Console, result: Result) -> None:
    years = result.place.pack.years
    first = year_label(years[0])
    columns = {"Share": result.column("settlement", "share_gbp"), "Transfer": result.column("settlement", "transfer_gbp")}
    columns["After it"] = result.column("settlement", "position_gbp")
    parties = _table("Each party: share of the pool, transfer, and position after it, £ (payments are minus)")
    parties.add_column("Party")
    for name in columns:
        parties.add_column(f"{name} {first}", justify="right")
    for name in columns:
        parties.add_column(f"{name}, {of_years(len(years))}", justify="right")
    for entry in result.place.pack.dimensions["party"]:
        in_first = [column[entry.id, str(years[0])] for column in columns.values()]
        in_all = [add_up([column[entry.id, str(year)] for year in years]) for column in columns.values()]
        parties.add_row(entry.label, *map(_signed, (*in_first, *in_all)))
    console.print(parties, "")
    if open_at_end(result):
        console.print(open_at_end(result) + "\n", markup=False)


def _chosen(console: Console, result: Result) -> None:
    chosen = [result.place.labels[option] for option, taken in result.choice.items() if taken]
    value = result.column("objective", "plan_value_gbp")[()]
    when = " after settlement, against the target" if result.chain.chosen_settled else ""
    proved = f", {'proved best' if result.plan.proved else 'not proved best'} by {result.plan.solver}" if result.plan else ""
    facts = plan_facts(result.plan, result.place.labels) if result.plan else []
    if not result.place.choices.options:
        console.print("The place has no options, so that no solver is used: --solver, --near and --time-limit change nothing")
    console.print(
        "\n".join(
            [
                f"Options chosen: {', '.join(chosen) or 'none'}",
                f"Present value{when} {pounds(value)}{proved}",
                *([cash_line(result)] if chosen else []),
                *facts,
                *result.place.choices.remarks,
                "",
            ]
        ),
        markup=False,
    )
    if chosen:
        _who_pays(console, result)
    if result.chain.on_plan:
        _kept(console, result)


def _kept(console: Console, result: Result) -> None:
    """What each party keeps after settlement on the plan, in the first year and in all."""
    years = result.place.pack.years
    kept = _table("What each party keeps after settlement with the plan, against the target, £")
    for heading in ("Party", year_label(years[0]), of_years(len(years))):
        kept.add_column(heading, justify="left" if heading == "Party" else "right")
    column = result.column("after_settlement", "kept_gbp")
    for entry in result.place.pack.dimensions["party"]:
        figures = (column[entry.id, str(years[0])], add_up([column[entry.id, str(year)] for year in years]))
        kept.add_row(entry.label, *map(_signed, figures))
    console.print(kept, "")


def _who_pays(console: Console, result: Result) -> None:
    """What the chosen options do to each party: in the first and the last year, and each year once they are delivered in full."""
    years = result.place.pack.years
    gains = _table("Who pays (minus) and who gains by the options, before settlement, £")
    gains.add_column("Party")
    shown = {f"In year {year_label(year)}": ("party_effect", "in_year_net_gbp", str(year)) for year in dict.fromkeys((years[0], years[-1]))}
    shown[f"Recurrently {year_label(years[-1])}"] = ("party_effect", "recurrent_net_gbp", str(years[-1]))
    figures = {heading: (result.column(table, name), year) for heading, (table, name, year) in shown.items()}
    for heading in figures:
        gains.add_column(heading, justify="right")
    for entry in result.place.pack.dimensions["party"]:
        gains.add_row(entry.label, *(_signed(column[entry.id, year]) for column, year in figures.values()))
    system = [add_up([value for (_, at), value in column.items() if at == year]) for column, year in figures.values()]
    gains.add_row("System effect", *map(_signed, system))
    console.print(gains, "")


def _signed(value: float) -> str:
    """Pounds and pence; what rounds to zero has no minus."""
    return f"{round(value, 2) + 0.0:,.2f}"


#: The headline figures of each step, a line each, and the tables that follow them, in the order in which they are printed.
HEADLINES: dict[str, Callable[[Result], list[str]]] = {SPEND: _spent, CAPITATION: _envelope, CONTRACT: _pool}
SHOWN: dict[str, Callable[[Console, Result], None]] = {
    SPEND: _heads,
    CAPITATION: _prices,
    PACKAGES: care_packages.summary,
    PAYMENTS: year_of_care.payments,
    BANDS: year_of_care.bands,
    REHABILITATION: year_of_care.rehabilitation,
    MONTHS: by_month.budgets,
    OUTTURN: by_month.outturn,
    POOL: steps_beside.pooled,
    FLOWS: steps_beside.flows,
    AGREEMENTS: steps_beside.agreements,
    HOLDERS: steps_beside.holders,
    CONTRACT: _parties,
    OPTIONS: _chosen,
}

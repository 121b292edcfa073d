"""The command `capmodel negotiate`: terms varied on the same draws, and which of them leave every party no worse off."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capmodel.commands.arguments import FAILED, GOOD, add_place, place_and_changes, stem_of, whole
from capmodel.console import console, print_idle, progress_bar
from capmodel.errors import BadInput, Problem, gathered

if TYPE_CHECKING:
    from capmodel.uncertainty.designs import Design, WalkAway
    from capmodel.uncertainty.grid import Grid
    from capmodel.uncertainty.negotiate import Negotiation

#: Designs that leave nobody worse off that are shown; all designs are written.
SHOWN = 5


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Try designs of the place's contract on the same draws and hold each party's value, its mean less a price for its risk, against an alternative. Writes PLACE-designs.csv, a row a design, and prints the best, who loses by them against the present contract, each party's walk-away shares and warnings from history. Exit code 1 if no design leaves everybody no worse off."
    add_place(parser)
    parser.add_argument("--vary", action="append", default=[], metavar="NAME=V,V", help="a term and its values, such as 'gain_threshold_share+loss_threshold_share=0,0.005' or 'band_party_share[loss,*,acute_trusts]=x0.5,x1'; may be repeated")  # fmt: skip
    parser.add_argument("--grid", type=Path, metavar="FILE.yaml", help="the same as a file: vary, rest, against, risk_price")
    parser.add_argument("--search", action="store_true", help="change one term at a time for the better instead of trying the whole grid")
    parser.add_argument("--against", choices=("none", "present"), help="the alternative: no contract, each keeps its own variance, or the present one (default: none)")  # fmt: skip
    parser.add_argument("--rest", default="", metavar="PARTY", help="who takes the rest where shares are varied (default: the contract's residual party)")  # fmt: skip
    parser.add_argument("--risk-price", type=float, metavar="P", help="what a pound of expected shortfall costs a party (default: 0.05)")
    parser.add_argument("--saved-without", type=float, metavar="S", help="part of the planned saving that would come about without a contract (default: as risk.yaml says)")  # fmt: skip
    parser.add_argument("--draws", type=whole, default=20_000, metavar="N", help="how many draws, 100000 at most (default: 20000)")
    parser.add_argument("--seed", type=whole, default=1, metavar="S", help="another seed draws others (default: 1)")
    parser.add_argument("--sobol", action="store_true", help="scrambled Sobol points instead of pseudo-random draws; needs scipy")
    parser.add_argument("--out", type=Path, default=Path("workbooks"), metavar="DIR", help="folder for the table (default: workbooks)")
    parser.set_defaults(command=run_negotiate, writes=True)


def run_negotiate(options: argparse.Namespace) -> int:
    """Negotiate, write every design, and show the best."""
    from capmodel.place.no_effect import said, said_of_scenario
    from capmodel.uncertainty.grid import read_grid, read_term
    from capmodel.uncertainty.negotiate import negotiate

    problems: list[Problem] = []
    grid, terms = read_grid(options.grid, problems) if options.grid else (None, [])
    for text in options.vary:
        name, _, values = text.rpartition("=")
        terms.append(read_term(name, [value for value in values.split(",") if value], f"--vary {text}", problems))
    if not terms and not problems:
        problems.append(Problem("--vary", "nothing is varied", "there is nothing to negotiate", "Give --vary name=0.1,0.2 or --grid"))
    with gathered(problems):
        place, changes = place_and_changes(options)
    if problems:
        raise BadInput(problems)
    price = options.risk_price if options.risk_price is not None else grid.risk_price if grid and grid.risk_price is not None else 0.05
    with progress_bar() as progress:
        found = negotiate(
            place,
            terms,
            options.draws,
            options.seed,
            options.scenario,
            changes,
            options.sobol,
            rest=options.rest or (grid.rest if grid else ""),
            against=options.against or (grid.against if grid else "none"),
            risk_price=price,
            saved_without=options.saved_without,
            by_search=options.search,
            progress=progress,
        )
    written = write_designs(found, options.out / f"{stem_of(found.provenance.place, options.scenario, changes)}-designs.csv")
    show(found)
    print_idle(idle_options(grid, options, found.against))
    for name, why in found.idle.items():
        console().print(f"NO EFFECT: {name} moves no money in any design: {why}", markup=False, soft_wrap=True)
    for text in [*said(changes, found.idle_changes), *said_of_scenario(options.scenario, found.idle_in_scenario)]:
        console().print(text, markup=False, soft_wrap=True)
    console().print(f"Written: {written}", markup=False)
    return GOOD if found.no_worse_off else FAILED


def idle_options(grid: Grid | None, options: argparse.Namespace, against: str) -> dict[str, str]:
    """What an option replaces in the file of a grid, and an option that the alternative does not use; each with the reason."""
    pairs = {"rest": options.rest or None, "against": options.against, "risk_price": options.risk_price}
    found = {
        f"{name}: in {options.grid.name}": f"--{name.replace('_', '-')} {given} replaces it"
        for name, given in pairs.items()
        if grid is not None and given is not None and name in grid.model_fields_set
    }
    if options.saved_without is not None and against == "present":
        found["--saved-without"] = "the alternative is the present contract, and not to have one"
    return found


def write_designs(found: Negotiation, path: Path) -> Path:
    """Write a row for each design, the present contract first: terms, verdict, and each party's figures over all years."""
    from capmodel.files import write_tables

    rows = [_row("present", dict.fromkeys(found.terms, ""), found.present, found)]
    rows += [_row(str(i + 1), dict(design.terms), design, found) for i, design in enumerate(found.designs)]
    write_tables({path: [list(rows[0]), *(list(row.values()) for row in rows)]})
    return path


def _row(number: str, terms: dict[str, str], design: Design, found: Negotiation) -> dict[str, Any]:
    row: dict[str, Any] = {"design": number, **terms}
    row |= {
        "no_worse_off": int(design.no_worse_off),
        "undominated": int(design.undominated),
        "efficient": int(design.efficient),
        "exact": int(design.exact),
    }
    row |= {"least_gain_share": round(design.least_gain_share, 8) + 0.0, "least_gainer": list(found.parties)[design.least_gainer]}
    row["all_shortfalls_gbp"] = round(float(design.worth.shortfall.sum()), 2)
    for i, party in enumerate(found.parties):
        figures = {"mean": design.worth.mean, "shortfall": design.worth.shortfall, "low": design.worth.low, "value_gain": design.gain}
        row |= {f"{party}_{name}_gbp": round(float(each[i]), 2) + 0.0 for name, each in figures.items()}
        row[f"{party}_loss_probability"] = round(float(design.worth.loss_probability[i]), 6)
    return {**row, "warnings": "; ".join(design.warnings)}


def show(found: Negotiation) -> None:
    """Print the verdict, the best designs, walk-away shares and warnings."""
    from rich.table import Table

    window, made = console(), found.provenance
    alone = f"no contract, each party keeping its own variance and {found.saved_without:.0%} of the planned saving coming about"
    against = alone if found.against == "none" else "the present contract"
    window.print(f"{made.title}, scenario {made.scenario}: {made.draws:,} {made.method} draws, seed {made.seed}; against {against}", markup=False)  # fmt: skip
    if made.actual_cost:
        window.print(f"Actual cost: {made.actual_cost}", markup=False)
    best, efficient = found.no_worse_off, sum(design.efficient for design in found.designs)
    window.print(
        f"{_count_of(len(found.designs), 'design')}, {found.impossible} more cannot be; {len(best)} {'leaves' if len(best) == 1 else 'leave'} every party "
        f"no worse off, {efficient} {'is' if efficient == 1 else 'are'} efficient between the gain of who gains least and the risk of all"
    )
    _show_best(found, best[:SHOWN])
    away = Table(box=None, pad_edge=False)
    for heading in ("Walk-away shares", "Side", "Now", "Walks away"):
        away.add_column(heading, justify="left" if heading in ("Walk-away shares", "Side") else "right")
    for each in found.walk_aways:
        away.add_row(found.parties[each.party], each.side, _now(each), _edge(each))
    window.print(away)
    for warning in (best[0] if best else found.present).warnings:
        window.print(f"WARNING: {warning}", markup=False)
    if not best:
        window.print("FAIL: no design leaves every party no worse off")


def _show_best(found: Negotiation, best: Sequence[Design]) -> None:
    """Print what the present contract and the best designs bring each party, and who loses by the change."""
    from rich.table import Table

    window, labels = console(), list(found.parties.values())
    table = Table(box=None, pad_edge=False)
    for heading in ("Value gained, £ million", *labels):
        first = heading.startswith("Value")
        table.add_column(heading, justify="left" if first else "right", no_wrap=first)
    table.add_column("Efficient")
    numbers = {id(design): i + 1 for i, design in enumerate(found.designs)}
    for label, design in [("Present contract", found.present), *((f"Design {numbers[id(design)]}", design) for design in best)]:
        table.add_row(label, *(f"{gain / 1e6:,.1f}" for gain in design.gain), "yes" if design.efficient else "")
    window.print(table)
    if best:
        window.print("The best is the one whose least gainer gains most, as a part of the care in scope that it provides or pays for:")
    for design in best:
        least = f"least gain {design.least_gain_share:.3%}, {labels[design.least_gainer]}"
        terms = ", ".join(f"{name}={value}" for name, value in design.terms.items())
        worse = ", ".join(f"{found.parties[party]} by £{less / 1e6:,.2f}m" for party, less in found.worse_than_now(design).items())
        against = f"worse off than under the present contract: {worse}" if worse else "nobody is worse off than under the present contract"
        window.print(f"Design {numbers[id(design)]}: {terms}; {least}; {against}", markup=False)


def _count_of(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _now(each: WalkAway) -> str:
    """A party's share now, from the least band to the largest."""
    least, most = (f"{share:.1%}" for share in (min(each.present_shares), max(each.present_shares)))
    return least if least == most else f"{least} to {most}"


def _edge(each: WalkAway) -> str:
    """Where a party walks away, in words."""
    share = each.walk_away_share
    if share is None:
        return "at any share"
    if each.side == "gain":
        return f"below {share:.2%}" if share > 0 else "no walk-away share"
    return f"above {share:.2%}" if share < 1 else "no walk-away share"

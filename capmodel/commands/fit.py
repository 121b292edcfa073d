"""The command `capmodel fit`: need by segment on the people of an extract, by several ways beside need by present spend."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.commands.arguments import GOOD, whole
from capmodel.console import console, print_idle

if TYPE_CHECKING:
    from capmodel.capitation.fit import Fit
    from capmodel.capitation.fitting.fit_people import FittedNeed


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Work need by segment out on the people of an extract, by regression, score models, cost curves or given weights, measured side by side on the same people held out. Writes OUT (need by segment), OUT-measures.csv (fit and fairness) and OUT.json (how each was made). With --feed the place holds the first way as values with provenance; fitted_need_share says how far it counts."
    parser.add_argument("people", type=Path, metavar="PERSONS", help="the extract, as for capmodel segment")
    parser.add_argument("--place", required=True, metavar="PLACE", help="the place whose persons.yaml maps the columns")
    parser.add_argument("--lines", type=Path, metavar="FILE", help="activity lines beside the people, where persons.yaml maps them")
    parser.add_argument(
        "--need",
        action="append",
        default=[],
        metavar="WAY",
        help="regression (default), cost_curves, segment_prices, scores:MODEL[:SET], scores:column or weights:FILE.csv; repeat to compare, the first is fed",
    )
    parser.add_argument(
        "--conditions", type=Path, metavar="FILE.yaml", help="which condition or column of the extract each condition of a score is"
    )
    parser.add_argument(
        "--partial", action="store_true", help="take the part of a score whose conditions are recorded; the others are named"
    )
    parser.add_argument(
        "--supply", type=Path, metavar="FILE.csv", help="supply by locality, which a regression explains cost by and holds at its mean"
    )
    parser.add_argument("--fallback", type=Path, metavar="FILE.csv", help="need_index by segment, for segments with nobody in them")
    parser.add_argument(
        "--family", choices=("ordinary", "two_part", "tweedie"), default="ordinary", help="kind of regression (default: ordinary)"
    )
    parser.add_argument("--prospective", action="store_true", help="explain the base year by what was recorded in the year before")
    parser.add_argument("--seed", type=whole, default=1, metavar="S", help="another seed holds other people out (default: 1)")
    parser.add_argument(
        "--leakage-check",
        metavar="TEXT",
        help='"NAME, YYYY-MM-DD: what was found", without which a fit too good to be true, or a column that may be made of the cost, is refused',
    )
    parser.add_argument("--pseudonymise", action="store_true", help="replace identifiers by a salted hash as they are read")
    parser.add_argument("--feed", action="store_true", help="write the first way into the place's tables")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="the table to write")
    parser.set_defaults(command=run_fit, writes=True)


def run_fit(options: argparse.Namespace) -> int:
    """Fit, write, and show needs and measures side by side."""
    import secrets

    from capmodel.assumptions.load import sound_pack
    from capmodel.assumptions.scaffold import known_place
    from capmodel.baseline.persons.sums.add_up import Request
    from capmodel.capitation.fitting.fit_people import Asked, fit_people
    from capmodel.capitation.fitting.leakage import read_leakage_check
    from capmodel.capitation.fitting.people import Sources, Timing
    from capmodel.capitation.fitting.tables import described, write_fit
    from capmodel.files import check_outputs, check_table, table_beside
    from capmodel.place.steps import members_of_people

    check_table(options.out)
    weights = [Path(way.partition(":")[2]) for way in options.need if way.startswith("weights:") and way != "weights:"]
    read = [options.people, options.lines, options.conditions, options.supply, options.fallback, *weights]
    out: Path = options.out
    check_outputs((out, table_beside(out, "measures"), out.with_suffix(".json")), read)
    folder = known_place(options.place)
    pack = sound_pack(folder, members_of_people(folder))
    timing: Timing = "prospective" if options.prospective else "concurrent"
    salt = secrets.token_hex(16) if options.pseudonymise else None
    sources = Sources(Request(options.people, options.lines, salt=salt), timing, options.conditions, options.supply)
    checked = read_leakage_check(options.leakage_check) if options.leakage_check is not None else None
    ways = tuple(options.need) or ("regression",)
    fitted = fit_people(pack, Asked(sources, ways, options.family, options.seed, options.partial, options.fallback, checked))
    written = write_fit(fitted, options.out, pack if options.feed else None)
    show(fitted)
    for way in fitted.ways:
        console().print(described(fitted, way), markup=False)
    print_idle(fitted.idle)
    console().print(f"Written: {', '.join(map(str, written))}", markup=False)
    return GOOD


def costliest_paid(fit: Fit, fewest: int) -> str:
    """What the costliest 1% of those held out are paid, over what they cost; empty where they are few, or cost nothing."""
    group = fit.groups.get("top_1pct_of_cost", {}).get("top 1%")
    if group is None or group.people < fewest or group.predictive_ratio is None:
        return ""
    return f"{group.predictive_ratio:.0%}"


def show(fitted: FittedNeed) -> None:
    """Show need by segment by each way, and how well each fits the people held out."""
    from rich.table import Table

    from capmodel.capitation.fitting.fit_people import fit_of
    from capmodel.capitation.fitting.release import significant
    from capmodel.capitation.fitting.tables import index_of

    needs = Table(box=None, pad_edge=False)
    measures = Table(box=None, pad_edge=False)
    names = {"segment_prices": "By price", "regression": "By regression"}
    headings = [names.get(way.way, f"By {way.way}") for way in fitted.all_ways]
    for heading in ("Segment", *headings):
        needs.add_column(heading, justify="left" if heading == "Segment" else "right")
    indices = [index_of(fitted, way) for way in fitted.all_ways]
    for segment in fitted.people.segments:
        needs.add_row(segment, *(index[segment] for index in indices))
    for heading in ("On people held out", "R2", "CPM", "Mean error", "Costliest 1% paid"):
        measures.add_column(heading, justify="left" if heading == "On people held out" else "right")
    for heading, way in zip(headings, fitted.all_ways, strict=True):
        fit = fit_of(way)
        top = costliest_paid(fit, fitted.fewest)
        measures.add_row(heading, f"{fit.r2:.3f}", f"{fit.cpm:.3f}", f"£{significant(fit.mae_gbp):,.0f}", top)
    console().print(needs)
    console().print()
    console().print(measures)

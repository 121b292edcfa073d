"""The command `capmodel fit`: need by segment fitted on the people of an extract, beside need by present spend."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path
from typing import Any

from capmodel.window import console

GOOD = 0


def add_command(commands: Any) -> None:
    """Declare the command among the others."""
    parser = commands.add_parser(
        "fit",
        help="fit need by segment on a person-level extract, beside need by present spend",
        description="Fit a regression of cost on age, sex, deprivation and conditions, measured on people held out, and write need by segment both ways. With --feed the place holds the fit as values with provenance; fitted_need_share says how far it counts.",
    )
    parser.add_argument("people", type=Path, metavar="PERSONS", help="the extract, as for capmodel segment")
    parser.add_argument("--place", required=True, metavar="PLACE", help="the place whose persons.yaml maps the columns")
    parser.add_argument("--lines", type=Path, metavar="FILE", help="activity lines beside the people, where persons.yaml maps them")
    parser.add_argument(
        "--family", choices=("ordinary", "two_part", "tweedie"), default="ordinary", help="kind of regression (default: ordinary)"
    )
    parser.add_argument("--prospective", action="store_true", help="explain the base year by what was recorded in the year before")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another seed holds other people out (default: 1)")
    parser.add_argument("--pseudonymise", action="store_true", help="replace identifiers by a salted hash as they are read")
    parser.add_argument("--feed", action="store_true", help="write the fit into the place's tables")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help="the table to write")
    parser.set_defaults(command=run_fit)


def run_fit(options: argparse.Namespace) -> int:
    """Fit, write, and show both needs side by side."""
    from rich.table import Table

    from capmodel.assumptions.load import sound_pack
    from capmodel.assumptions.scaffold import find_place
    from capmodel.baseline.persons.add_up import Request
    from capmodel.capitation.fit_people import Asked, Timing, feed_need, fit_people, told, write_need

    pack = sound_pack(find_place(options.place))
    timing: Timing = "prospective" if options.prospective else "concurrent"
    salt = secrets.token_hex(16) if options.pseudonymise else None
    asked = Asked(Request(options.people, options.lines, salt=salt), options.family, timing, options.seed)
    fitted = fit_people(pack, asked)
    fed = [feed_need(fitted, pack)] if options.feed else []
    write_need(fitted, options.out)
    table = Table(box=None, pad_edge=False)
    for heading in ("Segment", "By price", "By fit"):
        table.add_column(heading, justify="left" if heading == "Segment" else "right")
    for name, value in fitted.need.by_id.items():
        table.add_row(name, f"{fitted.price_need_index[name]:.3f}", f"{value:.3f}")
    console().print(table)
    console().print(told(fitted), markup=False)
    console().print(f"Written: {', '.join(map(str, (options.out, *fed)))}", markup=False)
    return GOOD

"""The command new: a place to start from, made from the example."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.commands.arguments import GOOD
from capmodel.console import console

if TYPE_CHECKING:
    from capmodel.commands.arguments import Commands

#: What decides on money in each file of a place.
MONEY_FILES = {
    "place.yaml": "price_year and base_year, which say by how much prices are raised; years; pins. What copied: there says is the example's until you write another value; take it out where yours is the same",
    "parameters.yaml": "discount, demand, recycling, investment budget, prudence of each year",
    "contract.yaml": "every term of the alliance contract",
    "options.yaml": "costs, effects and delivery of every option, and whose pounds count",
    "scenarios.yaml": "figures that each scenario changes",
    "risk.yaml": "uncertainties, for capmodel simulate",
}


def add_command(commands: Commands) -> None:
    """Declare the command."""
    new = commands.add_parser(
        "new",
        help="start a new place from the example",
        description="Make assumptions/places/PLACE from the example. Every figure is marked as the example's until it is replaced.",
    )
    new.add_argument("place", metavar="PLACE", help="small letters, digits and hyphens")
    new.add_argument("--root", type=Path, default=Path("assumptions"), metavar="DIR", help="folder of packs (default: assumptions)")
    new.set_defaults(command=make_place, writes=True)


def make_place(options: argparse.Namespace) -> int:
    """Make a new place, and say which of its files hold money and what was left out."""
    from capmodel.assumptions.scaffold import new_place

    folder = new_place(options.place, options.root)
    window = console()
    window.print(
        f"Made {folder}. It runs as it is. Every figure in it is the example's, marked illustrative with the source t01, until you give\n"
        "it a source of your own: a run says how many are left, and capmodel packs PLACE lists them.\n"
        "These files hold money, or decide on money:",
        markup=False,
    )
    for file, what in _money_files(folder).items():
        window.print(f"  {file}: {what}", markup=False, soft_wrap=True)
    window.print(
        "Left out, because only the example can state it: its overrides of national figures, its description, the names of its areas, the\n"
        "totals of its councils (give yours in tables/social_care_control_gbp.csv) and its board. To be compared with the published\n"
        "allocation of your board, write pins: {icb: CODE} in place.yaml; the codes are in icb_allocation_gbp.csv of the national pack.\n"
        f"Then: capmodel run {folder}",
        markup=False,
    )
    return GOOD


def _money_files(folder: Path) -> dict[str, str]:
    """The files of a place that hold money or decide on it, each with what it holds; every table is one."""
    from capmodel.place.chain import CHAINS

    labels = {name: column.label for chain in CHAINS.values() for table in chain.tables for name, column in table.inputs.items()}
    tables = sorted(path.name for path in (folder / "tables").glob("*.csv"))
    named = {file: what for file, what in MONEY_FILES.items() if (folder / file).is_file()}
    return {**named, **{f"tables/{file}": labels[file.removesuffix(".csv")] for file in tables}}

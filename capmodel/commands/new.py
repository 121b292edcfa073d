"""The command new: a place to start from, a copy of the example or blank (which is made in `commands.blank`)."""

from __future__ import annotations

import argparse
from pathlib import Path

from capmodel.commands.arguments import GOOD
from capmodel.console import console

#: What decides on money in each file of a place.
MONEY_FILES = {
    "place.yaml": "price_year and base_year, which say by how much prices are raised; years; pins. What copied: there says is the example's until you write another value; take it out where yours is the same",
    "parameters.yaml": "discount, demand, recycling, investment budget, prudence of each year",
    "contract.yaml": "every term of the alliance contract",
    "options.yaml": "costs, effects and delivery of every option, and whose pounds count",
    "scenarios.yaml": "figures that each scenario changes",
    "risk.yaml": "uncertainties, for capmodel simulate",
}


#: What a blank place asks for by option: the question on a terminal, an example of an answer, and what it is.
QUESTIONS = {
    "years": ("Which financial years", "2026-2028", "its years"),
    "segments": ("Which segments of people", "well,frail", "its segments; with --age-bands each names its band, as in frail:older"),
    "age_bands": ("Which age bands", "adults,older", "its age bands, where it has several; without it there is one for everybody"),
    "settings": ("Which settings of care", "hospital,community", "its settings of care"),
    "parties": ("Which parties, each with its role: payer, provider or fund", "icb:payer,trust:provider", "its parties, each with its role: payer, provider or fund"),
    "options": ("Which reinvestment options", "virtual_wards,frailty_team", "its reinvestment options"),
}  # fmt: skip
#: The steps of a blank place; `--help` is quick because it reads no step. A test holds them to those there are.
STEPS = "spend, capitation, care_budgets, packages, payments, bands, rehabilitation, months, outturn, pool, flows, agreements, holders, contract, options"


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Make assumptions/places/PLACE. Without --with it is a copy of the example, every figure marked as the example's until it is replaced. With --with it is blank: the files of the steps you name, with your own segments, settings, parties and years as rows, and no figure filled in. What --with needs and is not given is asked on a terminal."
    parser.add_argument("place", metavar="PLACE", help="what the place is to be called, in small letters, digits and hyphens")
    parser.add_argument("--root", type=Path, default=Path("assumptions"), metavar="DIR", help="folder of packs (default: assumptions)")
    parser.add_argument("--from", dest="copied", metavar="EXAMPLE", help="copy the example north-west-london, as without --with")
    parser.add_argument(
        "--with",
        dest="steps",
        nargs="?",
        const="",
        metavar="STEPS",
        help=f"make a blank place of these steps, with commas between: {STEPS}",
    )
    for name, (_, example, what) in QUESTIONS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="LIST", help=f"of a blank place: {what}. Example: {example}")
    parser.set_defaults(command=make_place, writes=True)


def make_place(options: argparse.Namespace) -> int:
    """Make a blank place of the steps that are named, or a copy of the example."""
    if options.steps is None:
        return _copy(options)
    from capmodel.commands.blank import make_blank

    return make_blank(options, QUESTIONS)


def _copy(options: argparse.Namespace) -> int:
    """Copy the example, and say which of its files hold money and what was left out."""
    from capmodel.assumptions.scaffold import EXAMPLE, new_place, packs_in
    from capmodel.commands.blank import say_packs
    from capmodel.errors import BadInput, Problem

    needless = [f"--{name.replace('_', '-')}" for name in QUESTIONS if getattr(options, name) is not None]
    problems = [Problem(option, "it is given without --with", "a copy of the example has the rows of the example", "Leave it out, or write --with and the steps of the place") for option in needless]  # fmt: skip
    if options.copied not in (None, EXAMPLE):
        problems.append(Problem(f"--from {options.copied}", "only the example is copied", "its figures are marked as nobody's", f"Write --from {EXAMPLE}, or leave it out"))  # fmt: skip
    if problems:
        raise BadInput(problems)

    before = packs_in(options.root)
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
    say_packs(options.root, before)
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

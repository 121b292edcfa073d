"""The commands packs and new: what each place is made of and what is still the example's, and a place to start from."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.console import console
from capmodel.errors import BadInput, Problem, counted

if TYPE_CHECKING:
    from rich.console import Console

    from capmodel.model import Place

#: What decides on money in each file of a place.
MONEY_FILES = {
    "place.yaml": "price_year and base_year, which say by how much prices are raised; years; pins. What copied: there says is the example's until you write another value; take it out where yours is the same",
    "parameters.yaml": "discount, demand, recycling, investment budget, prudence of each year",
    "contract.yaml": "every term of the alliance contract",
    "options.yaml": "costs, effects and delivery of every option, and whose pounds count",
    "scenarios.yaml": "figures that each scenario changes",
    "risk.yaml": "uncertainties, for capmodel simulate",
}


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare both commands."""
    packs = commands.add_parser(
        "packs",
        help="list and check every pack",
        description="List every national pack and place with the status of its figures, and check each whole. With PLACE, list every figure of it that is still the example's.",
    )
    packs.add_argument("place", nargs="?", metavar="PLACE", help="a place's folder or name, to list what in it is still the example's")
    packs.add_argument(
        "--root",
        type=Path,
        default=None,
        metavar="DIR",
        help="folder of packs (default: assumptions, or the packs that come with capmodel)",
    )
    packs.set_defaults(command=list_packs)

    new = commands.add_parser(
        "new",
        help="start a new place from the example",
        description="Make assumptions/places/PLACE from the example. Every figure is marked as the example's until it is replaced.",
    )
    new.add_argument("place", metavar="PLACE", help="small letters, digits and hyphens")
    new.add_argument("--root", type=Path, default=Path("assumptions"), metavar="DIR", help="folder of packs (default: assumptions)")
    new.set_defaults(command=make_place)


def list_packs(options: argparse.Namespace) -> int:
    """List and check every pack, or what in one place is still the example's."""
    from capmodel.assumptions.load import read_edition
    from capmodel.assumptions.scaffold import check_root, known_place, packs_root

    window = console()
    if options.place is not None:
        if options.root is not None:
            what, why = f"--root {options.root} is given with the place {options.place}", "a place is found by its folder or its name"
            raise BadInput(
                [Problem("--root", what, why, f"Leave it out, or write {options.root / 'places' / options.place} for the place")]
            )
        _list_inherited(window, _checked(known_place(options.place)))
        return 0
    local = Path("assumptions")
    root = options.root or (local if local.is_dir() else packs_root())
    check_root(root)
    if not any(root.glob("*/*/*.yaml")):
        raise BadInput(
            [Problem(f"--root {root}", "there is no pack in it", "packs are in its folders england and places", "Correct the folder")]
        )
    problems: list[Problem] = []
    for path in sorted(root.glob("*/*/pack.yaml")):
        found: list[Problem] = []
        edition = read_edition(path.parent, found)
        if edition:
            released = f"released {edition.released}" if edition.released else "not released"
            window.print(f"{edition.id}: {edition.title}; {released}; sha256 {edition.sha256[:12]}", soft_wrap=True)
        problems += _in_folder(path.parent, found)
    for path in sorted(root.glob("places/*/place.yaml")):
        try:
            place = _checked(path.parent)
        except BadInput as error:
            problems += _in_folder(path.parent, error.problems)
            window.print(f"{path.parent.name}: {counted(error.problems)}")
            continue
        window.print(_in_one_line(place), soft_wrap=True, markup=False)
    if problems:
        raise BadInput(problems)
    return 0


def _checked(folder: Path) -> Place:
    """A place whose pack is sound, and its map of person-level data too where it has one."""
    from capmodel.baseline.persons.segment import check_person_level
    from capmodel.model import load

    place = load(folder)
    check_person_level(place.pack)
    return place


def _in_folder(folder: Path, problems: list[Problem] | tuple[Problem, ...]) -> list[Problem]:
    """Problems of one pack among several: each file is named with its folder."""
    return [replace(problem, where=f"{folder.name}/{problem.where}") for problem in problems]


def _in_one_line(place: Place) -> str:
    counts = Counter(figure.status for column in place.columns.values() for figure in column.figures.values())
    counts.update(figure.status for assumed in place.assumptions.values() for figure in assumed.values.values())
    known = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    left = place.inherited
    copied = f"; {left.count:,} of {left.all_figures:,} still the example's" if left.count else ""
    own, national = place.pack.editions[1], place.pack.editions[0]
    return f"{own.id}: {own.title}; edition {place.pack.edition} over {national.id}; figures: {known}{copied}; sha256 {own.sha256[:12]}"


def _list_inherited(window: Console, place: Place) -> None:
    left = place.inherited
    if not left.count:
        window.print(f"{place.pack.id}: none of {left.all_figures:,} figures is still the example's", markup=False)
        return
    window.print(f"{place.pack.id}: {left.count:,} of {left.all_figures:,} figures are still the example's", markup=False)
    for file, names in left.by_file.items():
        window.print(f"{file}: {len(names):,}", markup=False)
        for name in names:
            window.print(f"  {name}", markup=False, soft_wrap=True)


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
    return 0


def _money_files(folder: Path) -> dict[str, str]:
    """The files of a place that hold money or decide on it, each with what it holds; every table is one."""
    from capmodel.place.chain import CHAINS

    labels = {name: column.label for chain in CHAINS.values() for table in chain.tables for name, column in table.inputs.items()}
    tables = sorted(path.name for path in (folder / "tables").glob("*.csv"))
    named = {file: what for file, what in MONEY_FILES.items() if (folder / file).is_file()}
    return {**named, **{f"tables/{file}": labels[file.removesuffix(".csv")] for file in tables}}

"""The command packs: what each pack and place is made of, whether it is sound, and which figures are still the example's."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.commands.arguments import GOOD
from capmodel.console import console
from capmodel.errors import BadInput, Problem, counted

if TYPE_CHECKING:
    from rich.console import Console

    from capmodel.model import Place


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "List every national pack and place with the status of its figures, and check each whole. With PLACE, list every figure of it that is still the example's."
    parser.add_argument("place", nargs="?", metavar="PLACE", help="a place's folder or name, to list what in it is still the example's")
    parser.add_argument(
        "--root",
        type=Path,
        default=None,
        metavar="DIR",
        help="folder of packs (default: assumptions, or the packs that come with capmodel)",
    )
    parser.set_defaults(command=list_packs, writes=False)


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
        return GOOD
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
    problems += _list_schemes(window, root)
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
    return GOOD


def _list_schemes(window: Console, root: Path) -> list[Problem]:
    """List the editions of payment schemes with the status of their parameters; what is wrong with them is returned."""
    from capmodel.contracts.agreements.edition import FOLDER, read_scheme

    problems: list[Problem] = []
    for path in sorted((root / FOLDER).glob("*.yaml")):
        found: list[Problem] = []
        scheme = read_scheme(path, found)
        problems += _in_folder(path.parent, found)
        if scheme:
            parameters = [each for rule in scheme.rules.values() for each in rule.parameters.values()]
            known = ", ".join(f"{count} {status}" for status, count in Counter(each.status for each in parameters).most_common())
            memory = sum(each.from_memory for each in parameters)
            text = (
                f"{FOLDER}/{scheme.id}: {scheme.title}; {scheme.stage.replace('_', ' ')}; parameters: {known}, of them {memory} from memory"
            )
            window.print(text, soft_wrap=True, markup=False)
    return problems


def _checked(folder: Path) -> Place:
    """A place whose pack is sound, and its map of person-level data too where it has one."""
    from capmodel.baseline.persons.segment import check_person_level
    from capmodel.model import load

    place = load(folder)
    check_person_level(place.pack)
    return place


def _in_folder(folder: Path, problems: list[Problem] | tuple[Problem, ...]) -> list[Problem]:
    """Problems of one pack among several: each file is named with its folder."""
    return [problem._replace(where=f"{folder.name}/{problem.where}") for problem in problems]


def _in_one_line(place: Place) -> str:
    counts = Counter(figure.status for column in place.columns.values() if not column.made for figure in column.figures.values())
    counts.update(figure.status for assumed in place.assumptions.values() for figure in assumed.values.values())
    known = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    left = place.inherited
    copied = f"; {left.count:,} of {left.all_figures:,} still the example's" if left.count else ""
    own, national = place.pack.editions[1], place.pack.editions[0]
    return f"{own.id}: {own.title}; edition {place.pack.edition} over {national.id}; figures: {known}{copied}; sha256 {own.sha256[:12]}"


def _list_inherited(window: Console, place: Place) -> None:
    from capmodel.reports.summary import unsourced_line

    left = place.inherited
    if left.unsourced:
        window.print(unsourced_line(left), markup=False, soft_wrap=True)
    if not left.count:
        window.print(f"{place.pack.id}: none of {left.all_figures:,} figures is still the example's", markup=False)
        return
    window.print(f"{place.pack.id}: {left.count:,} of {left.all_figures:,} figures are still the example's", markup=False)
    for file, names in left.by_file.items():
        window.print(f"{file}: {len(names):,}", markup=False)
        for name in names:
            window.print(f"  {name}", markup=False, soft_wrap=True)

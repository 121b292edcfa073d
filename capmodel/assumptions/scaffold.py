"""Finds packs, and starts a new place from the example: every figure is kept, and marked as the example's until replaced.

A copied figure must not pass for the new place's own, so every status becomes illustrative and every source the one id that
says so; a note says whose it was. What only the example can state is left out: its board, the totals its councils published,
its overrides of national figures, its description and the names of its areas.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from capmodel.assumptions.document import read_mapping, read_text
from capmodel.assumptions.inherited import COPIED_SOURCE
from capmodel.assumptions.load import raise_if_any
from capmodel.assumptions.pack import Pack
from capmodel.errors import BadInput, Problem, nearest
from capmodel.files import all_or_none, written_whole

EXAMPLE = "north-west-london"
#: What the name of a place looks like.
NAME = r"[a-z0-9][a-z0-9-]*"
COPIED_NOTE = "Copied from the example; replace it"
#: Tables of totals that only the example can state, published by its councils.
OWN_TOTALS = ("social_care_control_gbp.csv",)


def packs_root() -> Path:
    """The packs that come with capmodel: beside the package in a clone, inside it when installed."""
    beside = Path(__file__).resolve().parents[2] / "assumptions"
    return beside if beside.is_dir() else Path(__file__).resolve().parents[1] / "packs"


def find_shipped(name: str, folder: str, what: str) -> Path:
    """A YAML file as given, or the one of that name among those that come with capmodel in a folder of the packs.

    Raises:
        BadInput: there is none of that name; the nearest are listed.
    """
    given = Path(name)
    if given.suffix in (".yaml", ".yml") or len(given.parts) > 1:
        return given
    root = packs_root() / folder
    shipped = sorted(path.stem for path in root.glob("*.yaml"))
    if name not in shipped:
        why = f"{what}s come with capmodel or are a .yaml file"
        raise BadInput([Problem(name, f"there is no {what} of that name", why, nearest(name, shipped))])
    return root / f"{name}.yaml"


def find_place(name: str) -> Path:
    """The folder of a place, given as a folder or by its name."""
    given = Path(name)
    if given.is_dir() or len(given.parts) > 1:
        return given
    local = Path("assumptions/places") / name
    return local if local.is_dir() else packs_root() / "places" / name


def name_of(pack: Pack) -> str:
    """What a command takes for a place: its name where it is found by it, its folder elsewhere."""
    return pack.folder.name if find_place(pack.folder.name).resolve() == pack.folder else str(pack.folder)


def known_place(name: str) -> Path:
    """The folder of a place that is there, given as a folder or by its name.

    Raises:
        BadInput: there is none of that name; where it was looked for, and how to make one.
    """
    found = find_place(name)
    # What is given as a folder is reported as one, with its neighbours, when it is read.
    if found.is_dir() or len(Path(name).parts) > 1:
        return found
    roots = (Path("assumptions/places"), packs_root() / "places")
    places = sorted({path.parent.name for root in roots for path in root.glob("*/place.yaml")})
    close = difflib.get_close_matches(name, places, cutoff=0.6)
    made = name if re.fullmatch(NAME, name) else "my-town"
    why = f"it is looked for in assumptions/places under {Path.cwd()}, then among those that come with capmodel"
    elsewhere = f"Write the folder of the place, such as PATH/places/{name}, or run the command where assumptions is"
    # Nobody who makes places here means the example by a name that is not near it.
    meant = close or (places if any(roots[0].glob("*/place.yaml")) else [])
    use = f"Use {' or '.join(meant)}" if meant else elsewhere
    remedy = f"{use}, or make one with: capmodel new {made}"
    raise BadInput([Problem(name, "there is no such place", why, remedy)])


def check_root(root: Path, there: bool = True) -> None:
    """Refuse a folder of packs that is a file, or that is not there.

    Raises:
        BadInput: it is.
    """
    what = "there is no such folder" if there and not root.exists() else "it is a file" if root.exists() and not root.is_dir() else ""
    if what:
        raise BadInput(
            [Problem(f"--root {root}", what, "packs cannot be anywhere but in a folder", "Correct the folder, or leave --root out")]
        )


def new_place(name: str, root: Path) -> Path:
    """Make a copy of the example under `root`/places, and put the national pack beside it where there is none.

    Raises:
        BadInput: the name cannot be a folder's, or the place is there already.
        CapmodelError: the folder cannot be made.
    """
    check_new(name, root)
    return write_place(name, root, *_files_of(name))


def check_new(name: str, root: Path) -> None:
    """Refuse a name that cannot be a new place's.

    Raises:
        BadInput: the name cannot be a folder's, or the place is there already.
    """
    if not re.fullmatch(NAME, name):
        raise BadInput(
            [
                Problem(
                    name, "this cannot be the name of a place", "it names a folder and a workbook", "Use small letters, digits and hyphens"
                )
            ]
        )
    check_root(root, there=False)
    folder = root / "places" / name
    if folder.exists() or folder.is_symlink():
        raise BadInput([Problem(str(folder), "the place is there already", "nothing is overwritten", "Choose another name, or remove it")])


def packs_in(root: Path) -> set[Path]:
    """The folders of the national packs under `root`."""
    return {path.parent for path in root.glob("*/*/pack.yaml")}


def write_place(name: str, root: Path, files: Mapping[str, str], national: str) -> Path:
    """Write the files of a new place under `root`/places, and put the national pack beside it where there is none; all or nothing.

    Raises:
        CapmodelError: the folder cannot be made.
    """
    folder = root / "places" / name
    with all_or_none():
        if not (root / national).is_dir():
            with written_whole(root / national) as beside:
                shutil.copytree(packs_root() / national, beside)
        with written_whole(folder) as beside:
            (beside / "tables").mkdir(parents=True)
            for file, text in files.items():
                (beside / file).write_text(text, encoding="utf-8", newline="\n")
    return folder


def _files_of(name: str) -> tuple[dict[str, str], str]:
    """The text of every file of a new place, and the national pack that the example is over."""
    example = packs_root() / "places" / EXAMPLE
    problems: list[Problem] = []
    files: dict[str, str] = {"sources.yaml": as_yaml({COPIED_SOURCE: _SOURCE})}
    national = ""
    for path in sorted(example.glob("*.yaml")):
        document = read_mapping(path, problems)
        if document and path.name != "sources.yaml":
            files[path.name] = as_yaml(_own(path.name, _copied(document.content), name))
            national = str(document.content.get("national", national))
    for path in sorted((example / "tables").glob("*.csv")):
        text = read_text(path, problems)
        if text:
            files[f"tables/{path.name}"] = _copied_table(text, path.name in OWN_TOTALS)
    raise_if_any(problems)
    return files, national


_SOURCE = {
    "title": "Copied from the example place, to be replaced",
    "publisher": "capmodel",
    "page": "Not evidence for this place",
    "date": "undated",
    "licence": "The licence of capmodel",
}


def _copied(content: Any) -> Any:
    if isinstance(content, list):
        return [_copied(item) for item in content]
    if not isinstance(content, dict):
        return content
    copied = {}
    for key, value in content.items():
        if key == "note" and isinstance(value, str):
            value = _marked(value)
        elif str(key).endswith("status") and isinstance(value, str):
            value = "illustrative"
        elif (key == "source" or str(key).endswith("_source")) and isinstance(value, str):
            value = COPIED_SOURCE
        copied[key] = _copied(value)
    return copied


def _marked(note: str) -> str:
    """A note of the example as it stands in a new place: what it explains still holds of the figure."""
    return f"{COPIED_NOTE}. Its note: {note}" if note else COPIED_NOTE


def _own(file: str, content: dict[str, Any], name: str) -> dict[str, Any]:
    """A copied file without what only the example can state."""
    if file == "place.yaml":
        own = {"id": name, "title": name.replace("-", " ").title(), "owner": "", "description": "", "pins": {}, "copied": _facts(content)}
        return {**content, **own}
    if file == "contract.yaml":
        return {**content, "id": f"{name}-alliance", "title": "Alliance agreement, copied from the example"}
    if file == "parameters.yaml":
        return {key: value for key, value in content.items() if key != "overrides"}
    if file == "persons.yaml":
        areas = {f"A{i:02d}": f"area_{i:02d}" for i in range(1, len(content["codes"]["locality"]) + 1)}
        return {**content, "codes": {**content["codes"], "locality": areas}}
    return content


def _facts(content: dict[str, Any]) -> dict[str, Any]:
    """What `place.yaml` says beside figures that money depends on, and that is the example's until it says something else."""
    (price_year,) = {segment["price_year"] for segment in content["dimensions"]["segment"] if "price_year" in segment}
    return {"edition": content["edition"], "price_year": price_year, "base_year": content["base_year"], "years": list(content["years"])}


def as_yaml(content: Any) -> str:
    """The text of a YAML file."""
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120))


def _copied_table(text: str, empty: bool) -> str:
    """A table with the mark on every row; only its headings, where the place must state the figures itself."""
    rows = list(csv.DictReader(io.StringIO(text)))
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in [] if empty else rows:
        writer.writerow({**row, "status": "illustrative", "source": COPIED_SOURCE, "note": _marked(row["note"])})
    return out.getvalue()

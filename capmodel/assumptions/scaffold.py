"""Finds packs, and starts a new place from the example: every figure is kept, and marked illustrative until replaced.

A copied figure must not pass for the new place's own, so every status becomes illustrative, every source the one id that
says so, and every note is dropped.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from capmodel.assumptions.document import read_mapping, read_text
from capmodel.assumptions.load import raise_if_any
from capmodel.errors import BadInput, Problem, nearest

EXAMPLE = "north-west-london"
#: What the name of a place looks like.
NAME = r"[a-z0-9][a-z0-9-]*"
COPIED_SOURCE = "t01"
COPIED_NOTE = "Copied from the example place; replace it"


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


def known_place(name: str) -> Path:
    """The folder of a place that is there, given as a folder or by its name.

    Raises:
        BadInput: there is none of that name; where it was looked for, and how to make one.
    """
    found = find_place(name)
    # What is given as a folder is told as one, with its neighbours, when it is read.
    if found.is_dir() or len(Path(name).parts) > 1:
        return found
    roots = (Path("assumptions/places"), packs_root() / "places")
    places = sorted({path.parent.name for root in roots for path in root.glob("*/place.yaml")})
    close = difflib.get_close_matches(name, places, cutoff=0.6)
    made = name if re.fullmatch(NAME, name) else "my-town"
    why = f"it is looked for in assumptions/places under {Path.cwd()}, then among those that come with capmodel"
    remedy = f"Use {' or '.join(close or places)}, or make one with: capmodel new {made}"
    raise BadInput([Problem(name, "there is no such place", why, remedy)])


def new_place(name: str, root: Path) -> Path:
    """Make a new place under `root`/places, and put the national pack beside it where there is none.

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
    folder = root / "places" / name
    if folder.exists():
        raise BadInput([Problem(str(folder), "the place is there already", "nothing is overwritten", "Choose another name, or remove it")])
    example = packs_root() / "places" / EXAMPLE
    problems: list[Problem] = []
    place = read_mapping(example / "place.yaml", problems)
    raise_if_any(problems)
    national = str(place.content["national"]) if place else ""
    if not (root / national).is_dir():
        shutil.copytree(packs_root() / national, root / national)
    (folder / "tables").mkdir(parents=True)
    for path in sorted(example.glob("*.yaml")):
        document = read_mapping(path, problems)
        if document and path.name != "sources.yaml":
            content = _copied(document.content, name if path.name == "place.yaml" else "")
            if path.name == "contract.yaml":
                content |= {"id": f"{name}-alliance", "title": "Alliance agreement, copied from the example"}
            (folder / path.name).write_text(_as_yaml(content), encoding="utf-8")
    (folder / "sources.yaml").write_text(_as_yaml({COPIED_SOURCE: _SOURCE}), encoding="utf-8")
    for path in sorted((example / "tables").glob("*.csv")):
        text = read_text(path, problems)
        if text:
            (folder / "tables" / path.name).write_text(_copied_table(text), encoding="utf-8", newline="")
    raise_if_any(problems)
    return folder


_SOURCE = {
    "title": "Copied from the example place, to be replaced",
    "publisher": "capmodel",
    "page": "Not evidence for this place",
    "date": "undated",
    "licence": "The licence of capmodel",
}


def _copied(content: Any, name: str) -> Any:
    if isinstance(content, list):
        return [_copied(item, "") for item in content]
    if not isinstance(content, dict):
        return content
    copied = {}
    for key, value in content.items():
        if key == "note":
            continue
        if str(key).endswith("status") and isinstance(value, str):
            value = "illustrative"
        elif (key == "source" or str(key).endswith("_source")) and isinstance(value, str):
            value = COPIED_SOURCE
        copied[key] = _copied(value, "")
    if name:
        copied |= {
            "id": name,
            "title": name.replace("-", " ").title(),
            "owner": "",
            "description": "A new place, started from the example. Every figure is the example's until it is replaced.",
        }
    return copied


def _as_yaml(content: Any) -> str:
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120))


def _copied_table(text: str) -> str:
    rows = list(csv.DictReader(io.StringIO(text)))
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "status": "illustrative", "source": COPIED_SOURCE, "note": COPIED_NOTE})
    return out.getvalue()

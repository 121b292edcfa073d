"""The command catalogue: what comes with capmodel by name, such as mechanisms, schemes and contracts, with what each is."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import ModuleType

from capmodel.commands.arguments import GOOD
from capmodel.console import console

#: What each kind is used as.
USED_AS = {
    "mechanism": "mechanism: of a contract",
    "scheme": "--scheme of segment",
    "need": "--need of fit",
    "score model": "--need scores:NAME of fit",
    "rule": "RULE of allocate",
    "contract": "CONTRACT of settle",
    "intervention": "intervention: of an option",
    "solver": "--solver of run",
    "engine": "--engine of segment",
}


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "List what comes with capmodel by name, and what each is: payment mechanisms, segmentation schemes, ways to measure need, score models, allocation rules, contracts, types of intervention, solvers and data engines."
    parser.add_argument("kind", nargs="?", choices=tuple(USED_AS), metavar="KIND", help=f"one kind only: {', '.join(USED_AS)}")
    parser.set_defaults(command=run_catalogue, writes=False)


def run_catalogue(options: argparse.Namespace) -> int:
    """Print every name of each kind, or of one, with what it is."""
    from capmodel.assumptions.scaffold import packs_root
    from capmodel.baseline import engines, segmentations
    from capmodel.capitation import need, score_models
    from capmodel.contracts import mechanisms
    from capmodel.reinvestment import solvers

    found = {
        "mechanism": _modules(mechanisms),
        "scheme": _files(Path(segmentations.__path__[0])),
        "need": _modules(need),
        "score model": _files(Path(score_models.__path__[0])),
        "rule": _files(packs_root() / "england" / "rules"),
        "contract": _files(packs_root() / "contracts"),
        "intervention": _interventions(),
        "solver": _modules(solvers),
        "engine": _modules(engines),
    }
    window = console()
    for kind in (options.kind,) if options.kind else USED_AS:
        window.print(f"{kind} ({USED_AS[kind]})", markup=False, soft_wrap=True)
        width = max(map(len, found[kind]))
        for name, words in found[kind].items():
            window.print(f"  {name:<{width}}  {words}", markup=False, soft_wrap=True)
    return GOOD


def _modules(family: ModuleType) -> dict[str, str]:
    """The plug-ins of a family, each with the first sentence of its documentation."""
    from capmodel import plugins

    found = {name: plugins.find(family, name, ()) for name in plugins.names(family)}
    return {name: " ".join((module.__doc__ or "").split()).partition(". ")[0].rstrip(".") for name, module in found.items()}


def _interventions() -> dict[str, str]:
    """The types of the library, each with the settings it is mapped to and how much is published of its effect."""
    from capmodel.errors import listed
    from capmodel.reinvestment.options.library import read_library

    def words(settings: list[str], sizes: int) -> str:
        published = f"{sizes} published {'size' if sizes == 1 else 'sizes'} of its effect" if sizes else "no published size of its effect"
        return f"{listed([each.replace('_', ' ') for each in settings])}; {published}"

    return {
        name: f"{each.title}: {words(each.mapping.settings, sum(item.effect_share is not None for item in each.evidence))}"
        for name, each in read_library(None, []).items()
    }


def _files(folder: Path) -> dict[str, str]:
    """The YAML files of a folder, each with its title."""
    from capmodel.assumptions.document import read_yaml

    documents = {path.stem: read_yaml(path, []) for path in sorted(folder.glob("*.yaml"))}
    return {name: str(document.content["title"]) for name, document in documents.items() if document}

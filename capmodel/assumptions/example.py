"""The figures of the example place, against which a place that was started from it is compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from capmodel.assumptions.inherited import figure_name
from capmodel.assumptions.load import sound_pack
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.scaffold import EXAMPLE, packs_root


def example_values(pack: Pack) -> Mapping[str, float]:
    """The figures of the example that a place was started from, by the name that `--set` takes.

    Nothing where the place does not say from which edition, or where that edition is no longer the one that comes with capmodel: what
    is copied is then known by its source alone. Figures of the contract and of options are known by their source too.
    """
    edition, values = _values() if pack.copied_edition else ("", {})
    return values if edition == pack.copied_edition else {}


@lru_cache(maxsize=1)
def _values() -> tuple[str, dict[str, float]]:
    example = sound_pack(packs_root() / "places" / EXAMPLE)
    return example.edition, dict(_named(example))


def _named(pack: Pack) -> Iterator[tuple[str, float]]:
    for column in pack.columns.values():
        for (key, year), figure in column.figures.items():
            yield figure_name(column.name, key, year), figure.value
    for assumed in pack.assumptions.values():
        for year, figure in assumed.values.items():
            yield figure_name(assumed.name, (), year), figure.value
    for scenario in pack.scenarios.values():
        for name, changes in scenario.changes.items():
            for year, figure in changes.items():
                yield f"{figure_name(name, (), year)}@{scenario.id}", figure.value

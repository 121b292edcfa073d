"""What of a tree of holders has no effect, in words: a term of a root, a cap of zero, a gate of zero, a contract that passes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Key
from capmodel.assumptions.years import year_label
from capmodel.contracts.holders import HOLDER, NO_PARENT, PARENT
from capmodel.contracts.holders.stated import Holder, Holders
from capmodel.money import is_nil

#: A column of a run by the keys of its rows, the year last.
ColumnOf = Callable[[str, str], Mapping[Key, float]]
_TERMS = ("scope", "gain_to_parent_share", "loss_to_parent_share", "gate_share", "score_share", "cap_share")


@dataclass(frozen=True)
class HeldRun:
    """The holders of a run: its columns and rows, what ids are called, the years, and what the file says."""

    column: ColumnOf
    rows: Mapping[str, Rows]
    label: Callable[[str], str]
    years: Sequence[int]
    stated: Holders

    @property
    def parents(self) -> dict[str, str]:
        """The parent of each holder that has one, the holders of one parent side by side."""
        columns = self.rows["holder_contract"].columns
        return dict(zip(columns[HOLDER], columns[PARENT], strict=True))

    @property
    def holders(self) -> tuple[str, ...]:
        """The holders, tier by tier."""
        return self.rows["holder_year"].columns[HOLDER]

    def from_root(self) -> list[tuple[str, int]]:
        """The holders, each after its parent, with how many are above it."""
        below: dict[str, list[str]] = {}
        for holder, parent in self.parents.items():
            below.setdefault(parent, []).append(holder)
        found: list[tuple[str, int]] = []
        to_show = [(holder, 0) for holder in reversed(self.holders) if holder not in self.parents]
        while to_show:
            holder, depth = to_show.pop()
            found.append((holder, depth))
            to_show += [(each, depth + 1) for each in reversed(below.get(holder, []))]
        return found

    def of_terms(self, name: str, holder: str) -> float:
        """A term of a holder in the run."""
        return self.column("holder_terms", name)[(holder,)]

    def in_year(self, name: str, holder: str, year: int) -> float:
        """A figure of a holder in a year."""
        return self.column("holder_year", name)[holder, str(year)]


def without_effect(run: HeldRun) -> list[str]:
    """Each term without effect in the run, and why, in words."""
    return [text for each in run.stated.holders for text in (_of_root(run, each) if each.parent is None else _of_contract(run, each))]


def _of_root(run: HeldRun, holder: Holder) -> Iterator[str]:
    for name in _TERMS:
        if getattr(holder, name) is not None:
            yield f"{name} of {run.label(holder.id)}: it has no parent to share with"


def _of_contract(run: HeldRun, holder: Holder) -> Iterator[str]:
    name = run.label(holder.id)
    gain, loss, gate, cap = (
        run.of_terms(each, holder.id) for each in ("gain_to_parent_share", "loss_to_parent_share", "holder_gate_share", "holder_cap_share")
    )
    if holder.cap_share is not None and not cap:
        yield f"the shares of {name}: its cap is zero, so that all of its variance in scope goes to {run.label(holder.parent or NO_PARENT)}"
    elif holder.gate_share is not None and gain == 1:
        yield f"gate_share of {name}: the whole of a gain goes to the parent in any case"
    if (holder.gate_share is not None or holder.score_share is not None) and not gate:
        yield f"{'gate_share' if holder.gate_share is not None else 'score_share'} of {name}: it has no gate above zero"
    if not gain and not loss and not gate and holder.cap_share is None:
        yield f"the contract of {name}: both its shares are zero, so that nothing is passed to its parent"
    elif cap and all(_below_cap(run, holder.id, year) for year in run.years):
        yield f"cap_share of {name}: its part is below the cap in every year"
    if not holder.in_scope:
        yield f"the contract of {name}: no service is in its scope"
    for service in holder.services:
        for year in run.years:
            budget = run.column("holder_budget", "holder_budget_gbp")[holder.id, service, str(year)]
            if is_nil(budget) and is_nil(run.column("holder_budget", "holder_cost_gbp")[holder.id, service, str(year)]):
                yield f"{run.label(service)} of {name} in {year_label(year)}: it has neither budget nor cost"


def _below_cap(run: HeldRun, holder: str, year: int) -> bool:
    """Whether the cap takes nothing from the holder's part in a year."""
    tiers = [key for key in run.column("holder_tier", "kept_before_cap_gbp") if key[0] == holder and key[2] == str(year)]
    settled = [
        key
        for key in tiers
        if run.column("holder_tier", "settles_flag").get(key[:2], 0) or run.column("holder_tier", "settles_flag").get(key, 0)
    ]
    before, within = (run.column("holder_tier", name) for name in ("kept_before_cap_gbp", "kept_within_cap_gbp"))
    return all(is_nil(before[key] - within[key]) for key in settled)

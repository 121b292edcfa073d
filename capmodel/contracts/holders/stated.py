"""What holders.yaml may say, and what of it is refused; the same as rows and figures is in `lay_out`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field

from capmodel.assumptions.document import ByYear, Document, Flag, Number, Step, Strict
from capmodel.assumptions.entries import Known, Member, check_known, check_members
from capmodel.assumptions.figures import as_share
from capmodel.assumptions.laid_out import check_years
from capmodel.assumptions.pack import Source, Status
from capmodel.assumptions.years import year_label
from capmodel.contracts.holders import NO_PARENT
from capmodel.errors import Problem, listed, nearest

#: Budgets are compared to half a penny.
_HALF_PENNY = 0.005
_SHARES = ("gain_to_parent_share", "loss_to_parent_share", "gate_share", "cap_share")


class Budget(Known):
    """The budget of a holder for one service, and what it spends of it itself, by year."""

    budget_gbp: ByYear
    cost_gbp: ByYear


class Holder(Member):
    """A holder of budgets: its people, its parent, the terms of its contract with it, and its budgets by service."""

    parent: str | None = None
    people: Number
    scope: list[str] | None = None
    gain_to_parent_share: Number | None = None
    loss_to_parent_share: Number | None = None
    gate_share: Number | None = None
    score_share: ByYear | None = None
    cap_share: Number | None = None
    services: dict[str, Budget] = Field(min_length=1)

    @property
    def in_scope(self) -> tuple[str, ...]:
        """The services whose variance the contract covers: all of them where no scope is stated."""
        return tuple(self.services) if self.scope is None else tuple(self.scope)


class Holders(Strict):
    """A tree of holders, or several where the file says so."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    note: str = ""
    several_roots: Flag = False
    services: list[Member] = Field(min_length=1)
    holders: list[Holder] = Field(min_length=1)


def read_stated(document: Document, years: Sequence[int], problems: list[Problem], sources: Mapping[str, Source] | None) -> Holders | None:
    """The holders of a file; every fault is reported with its line, and a faulty file gives None.

    Args:
        document: holders.yaml.
        years: the years of the model.
        problems: faults are added here.
        sources: the sources of the place; None for a file that stands alone.
    """
    before = len(problems)
    stated = document.parse(Holders, (), problems)
    if stated is None:
        return None
    known: dict[tuple[Step, ...], Known] = {("services", i): each for i, each in enumerate(stated.services)}
    for i, holder in enumerate(stated.holders):
        known[("holders", i)] = holder
        known |= {("holders", i, "services", name): each for name, each in holder.services.items()}
    check_known(document, known, sources, problems)
    check_members(document, "services", stated.services, problems)
    check_members(document, "holders", stated.holders, problems)
    check_years(document, _by_year(stated), years, problems)
    problems += [*_tree_faults(document, stated), *_term_faults(document, stated), *_scope_faults(document, stated)]
    if len(problems) == before:
        problems += _budget_faults(document, stated, years)
    return None if len(problems) > before else stated


def _by_year(stated: Holders) -> Iterator[tuple[list[Step], Mapping[int, float]]]:
    for i, holder in enumerate(stated.holders):
        if holder.score_share is not None:
            yield ["holders", i, "score_share"], holder.score_share
        for name, each in holder.services.items():
            yield ["holders", i, "services", name, "budget_gbp"], each.budget_gbp
            yield ["holders", i, "services", name, "cost_gbp"], each.cost_gbp


def _tree_faults(document: Document, stated: Holders) -> Iterator[Problem]:
    """Parents that are not there, circles of holders, and more than one root where one is meant."""
    parents = {each.id: each.parent for each in stated.holders}
    lost = False
    for i, each in enumerate(stated.holders):
        if each.id == NO_PARENT:
            yield document.problem(["holders", i, "id"], f"the id {NO_PARENT} cannot be used", "roots are shown under it", "Reword it")
        if each.parent is not None and each.parent not in parents:
            lost = True
            what, why = f"there is no holder {each.parent!r}, the parent of {each.id}", "a contract is between two holders of the file"
            yield document.problem(["holders", i, "parent"], what, why, nearest(each.parent, parents))
    in_circles: set[str] = set()
    for i, each in enumerate(stated.holders):
        circle = circle_of(each.id, parents)
        if circle and not in_circles & set(circle):
            in_circles |= set(circle)
            what = f"the holders {' -> '.join([*circle, circle[0]])} are a circle" if len(circle) > 1 else f"{each.id} is its own parent"
            why, remedy = "no budget would come into it", "Take the parent out of the holder whose budget comes from outside"
            yield document.problem(["holders", i, "parent"], what, why, remedy)
    roots = [i for i, each in enumerate(stated.holders) if each.parent is None]
    if len(roots) > 1 and not stated.several_roots:
        names = listed([stated.holders[i].id for i in roots])
        why, remedy = "one tree has one root", "Write the parent of the others, or several_roots: true for several trees"
        yield document.problem(["holders", roots[1]], f"{names} have no parent", why, remedy)
    if not roots and not in_circles and not lost:
        yield document.problem(["holders"], "no holder is a root", "a tree begins with one", "Take the parent out of it")


def circle_of(holder: str, parents: Mapping[str, str | None]) -> list[str]:
    """The circle that a holder is part of, itself first; empty where it is part of none.

    >>> circle_of("a", {"a": "b", "b": "a", "c": "a"}), circle_of("c", {"a": "b", "b": "a", "c": "a"})
    (['a', 'b'], [])
    """
    path = [holder]
    while (above := parents.get(path[-1])) is not None and above not in path:
        path.append(above)
    return path if above == holder else []


def _term_faults(document: Document, stated: Holders) -> Iterator[Problem]:
    """Shares outside 0 to 1, gates without a score and the reverse, and holders without people."""
    for i, each in enumerate(stated.holders):
        here: list[Step] = ["holders", i]
        given = [([*here, name], getattr(each, name)) for name in _SHARES if getattr(each, name) is not None]
        given += [([*here, "score_share", year], share) for year, share in (each.score_share or {}).items()]
        for at, share in given:
            if share > 1:
                yield document.problem(at, f"{document.named(at)} is {share:g}", "a share is a part of 1", as_share(share))
            elif share < 0 and "score_share" not in at:
                yield document.problem(at, f"{document.named(at)} is {share:g}", "a share cannot be below zero", "Correct the sign")
        if each.people < 1:
            at = [*here, "people"]
            yield document.problem(at, f"{document.named(at)} is {each.people:g}", "a budget is for one person or more", "Write the people")
        if each.gate_share and each.score_share is None:
            what, why = f"{each.id} has a gate and no score_share", "the gate looks at it"
            yield document.problem([*here, "gate_share"], what, why, "Add the score of each year")
        if each.parent is not None:
            for name in ("gain_to_parent_share", "loss_to_parent_share"):
                if getattr(each, name) is None:
                    what, why = f"{each.id} has no {name}", "its contract with the parent says who has which part"
                    yield document.problem(here, what, why, "Add it, 0 where nothing is passed to the parent")


def _scope_faults(document: Document, stated: Holders) -> Iterator[Problem]:
    """Services that are not listed, and scopes that name a service twice or one for which the holder has no budget."""
    services = [each.id for each in stated.services]
    for i, each in enumerate(stated.holders):
        for name in each.services:
            if name not in services:
                what, why = f"{name!r} is no service", "services lists them"
                yield document.problem(["holders", i, "services", name], what, why, nearest(name, services))
        for j, name in enumerate(each.scope or ()):
            at: list[Step] = ["holders", i, "scope", j]
            if name in (each.scope or [])[:j]:
                yield document.problem(at, f"{name} is twice in the scope of {each.id}", "its variance is counted once", "Remove one")
            elif name not in each.services:
                what, why = f"{name} is in the scope of {each.id}, which has no budget for it", "there is no variance to share"
                yield document.problem(at, what, why, nearest(name, each.services))
    for i, service in enumerate(stated.services):
        if not any(service.id in each.services for each in stated.holders):
            what = f"no holder has a budget for {service.id}"
            yield document.problem(["services", i], what, "it would have no effect", "Remove it, or give a holder a budget for it")


def _budget_faults(document: Document, stated: Holders, years: Sequence[int]) -> Iterator[Problem]:
    """Budgets of contracts that are together more than the budget of the parent for the service."""
    for i, parent in enumerate(stated.holders):
        own = [each for each in stated.holders if each.parent == parent.id]
        for name in dict.fromkeys(name for each in own for name in each.services):
            parts = [each for each in own if name in each.services]
            above = parent.services.get(name)
            for year in years:
                passed_on = sum(each.services[name].budget_gbp[year] for each in parts)
                has = 0.0 if above is None else above.budget_gbp[year]
                if passed_on > has + _HALF_PENNY:
                    names = listed([each.id for each in parts])
                    what = f"{names} {'has' if len(parts) == 1 else 'have'} GBP {passed_on:,.2f} for {name} in {year_label(year)}, and {parent.id} has GBP {has:,.2f}"
                    at: list[Step] = ["holders", i] if above is None else ["holders", i, "services", name, "budget_gbp", year]
                    why, remedy = "a budget pays the budgets of its contracts", "Lower theirs, or raise the budget of the parent"
                    yield document.problem(at, what, why, remedy)
                    break

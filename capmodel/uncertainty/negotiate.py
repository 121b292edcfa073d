"""Negotiates a place's contract: terms varied over a grid or searched, every design on the same draws, against an alternative.

Draws are made once; each design is worked out by `contracts.payoff` on what they hold. Terms are named as with `--set`; a `*` stands
for every key, a `+` joins terms that move together, and a value such as `x0.5` multiplies what the contract says. Where shares of bands
are varied, one party takes the rest.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from capmodel.algebra.evaluate import Values, evaluate
from capmodel.algebra.fuse import fuse
from capmodel.algebra.rows import Floats, Positions
from capmodel.algebra.stream import Moved, plan
from capmodel.assumptions.supply import supply
from capmodel.contracts.idle import idle_figures
from capmodel.errors import BadInput, Problem, nearest
from capmodel.uncertainty import payoff
from capmodel.uncertainty.designs import (
    SAME_GBP,
    Design,
    Exposed,
    WalkAway,
    Worth,
    gain_parts,
    judged,
    no_worse_off,
    search,
    walk_away,
    warnings_of,
    with_share,
    worth_of,
)
from capmodel.uncertainty.grid import SHARES, TO_PROVIDERS, Book, Term, Value
from capmodel.uncertainty.payoff import Drawn, Paid, Payoffs
from capmodel.uncertainty.simulate import Provenance, Setting, make_ready

if TYPE_CHECKING:
    from capmodel.console import Progress
    from capmodel.place.place import Changes, Place

Alternative = Literal["none", "present"]
MOST_DESIGNS, MOST_DRAWS = 5000, 100_000
_OWN_SHARES = ("band_party", SHARES)


@dataclass(frozen=True)
class Negotiation:
    """Every design that was tried, against the alternative; the present contract first.

    Attributes:
        provenance: what the draws were made from.
        terms: what was varied.
        rest: who takes the rest where shares are varied.
        against: the alternative: no contract, or the present one.
        risk_price: what a pound of expected shortfall costs a party.
        saved_without: the part of the planned saving that would come about without a contract.
        alternative: what walking away is worth.
        present: the contract as it is.
        designs: every design that can be, in the order of the grid.
        impossible: designs whose shares cannot be.
        walk_aways: by party and side.
        parties: ids and labels.
        idle: figures among those varied that move no money in any design, and why not.
        idle_changes: figures set for every design that move no party's position, and why not.
        idle_in_scenario: figures that the scenario states and that move no party's position in any design, and why not.
    """

    provenance: Provenance
    terms: tuple[str, ...]
    rest: str
    against: Alternative
    risk_price: float
    saved_without: float
    alternative: Worth
    present: Design
    designs: tuple[Design, ...]
    impossible: int
    walk_aways: tuple[WalkAway, ...]
    parties: Mapping[str, str]
    idle: Mapping[str, str] = field(default_factory=dict)
    idle_changes: Mapping[str, str] = field(default_factory=dict)
    idle_in_scenario: Mapping[str, str] = field(default_factory=dict)

    @property
    def no_worse_off(self) -> list[Design]:
        """Designs that leave nobody worse off; first the one whose least gainer gains most of its care in scope."""
        return sorted((design for design in self.designs if design.no_worse_off), key=lambda design: design.rank, reverse=True)

    def worse_than_now(self, design: Design) -> dict[str, float]:
        """Who is worse off under a design than under the present contract, and by how many pounds; the largest first."""
        less = zip(self.parties, (self.present.worth.value - design.worth.value).tolist(), strict=True)
        return dict(sorted(((party, each) for party, each in less if each > SAME_GBP), key=lambda pair: -pair[1]))


@dataclass
class Bench:
    """A place's contract under draws that stay the same, and designs of it worked out one by one."""

    ready: Setting
    rest: str
    risk_price: float
    saved_without: float
    progress: Progress | None = None
    #: Figures among those varied that move no money in any design, and why not.
    idle: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _draws(self) -> tuple[Drawn, Floats]:
        shocks, central, years = self.ready.shocks, self.ready.central, len(self.ready.place.pack.years)
        stream, alone = fuse(self.ready.stream([payoff.VARIANCE, payoff.OWN])), fuse(self.ready.stream([payoff.OWN]))
        kept: list[tuple[Floats, Floats, Floats, Floats]] = []
        for block in shocks.draws.blocks():
            given = shocks.of(block)
            made = stream.run(given)
            without = alone.run(shocks.of(block, self.saved_without))[payoff.OWN] if self.saved_without < 1 else made[payoff.OWN]
            score = given.get(payoff.SCORE, np.repeat(central.assumed(payoff.SCORE)[None, :], len(without), axis=0))
            kept.append((made[payoff.VARIANCE], made[payoff.OWN], score, without.reshape(len(without), -1, years).sum(axis=2)))
            if self.progress:
                self.progress("draws", block.first + len(score), shocks.draws.count)
        variance, own, scores, apart = (np.concatenate(part) for part in zip(*kept, strict=True))
        return Drawn(variance, own, scores, years), apart

    @property
    def drawn(self) -> Drawn:
        """Variances, own parts of them and scores, drawn once."""
        return self._draws[0]

    @property
    def without_contract(self) -> Floats:
        """Each party's own variance in total, had there been no contract and less been saved."""
        return self._draws[1]

    @cached_property
    def _upstream(self) -> dict[tuple[str, str], Floats]:
        own = {table.name for table in self.ready.chain.of_contract}
        return {node: figures for node, figures in self.ready.central.figures.items() if node[0] not in own}

    def contract(self, changes: Mapping[str, float]) -> Values:
        """The central case under changed terms."""
        problems: list[Problem] = []
        place, inputs = self.ready.place.changed(changes, self.ready.scenario), self.ready.central.inputs
        terms = place.in_use(self.ready.scenario)
        own = supply(self.ready.chain.of_contract, inputs.rows, place.columns, terms, place.pack.years, inputs.resolved_links, problems)
        if problems:
            raise BadInput(problems)
        return evaluate(self.ready.chain.of_contract, Values(replace(own, given={**inputs.given, **own.given}), self._upstream))

    def positions(self, contract: Values) -> Paid:
        """Each party's position in total under a contract, a draw a row."""
        return self.payoffs.paid(contract)

    @cached_property
    def payoffs(self) -> Payoffs:
        """What works contracts out on these draws."""
        return Payoffs(self.ready.chain.of_contract, self.ready.central, self.drawn)

    @cached_property
    def book(self) -> Book:
        """The contract's terms as they are."""
        place = self.ready.place
        return Book(place.in_use(self.ready.scenario), place.columns, place.terms.bands, tuple(self.ready.parties), self.rest, place.chain)

    def check(self, terms: Sequence[Term], problems: list[Problem]) -> None:
        """Report terms that are none, or that change the variance itself."""
        for term in terms:
            for part in term.parts:
                names = self.book.figures(part, problems)
                if names and self._moves_variance(next(iter(names)).split("[")[0]):
                    what, why = "it changes the variance, not who shares it", "every design must meet the same draws"
                    problems.append(Problem(part, what, why, "Compare runs of capmodel simulate --set instead"))
        if not problems:
            self._check_effect(terms, problems)

    def _check_effect(self, terms: Sequence[Term], problems: list[Problem]) -> None:
        """Report terms none of whose figures moves money in any design; single figures without effect are kept to be said."""
        names = {part: list(self.book.figures(part, [])) for term in terms for part in term.parts}
        moved = [each if isinstance(each, str) else each[1] for each in self.ready.shocks.moved]
        every = [name for own in names.values() for name in own]
        why = idle_figures(self.ready.central.inputs, self._upstream, every, moved, self.ready.chain.of_contract)
        for part, own in names.items():
            if own and all(name in why for name in own):
                remedy = "Vary a figure that counts, or vary what switches it on as well"
                problems.append(Problem(part, "it moves no money in any design", why[own[0]], remedy))
        self.idle = why

    def _moves_variance(self, name: str) -> bool:
        moved: list[Moved] = [name] if name in self.ready.place.assumptions else []
        moved += [(table.name, name) for table in self.ready.chain.of_contract if name in table.inputs]
        return bool(plan(self.ready.chain.of_contract, self.ready.central, moved, [payoff.VARIANCE, payoff.OWN]).works)

    def exposed(self, contract: Values) -> Exposed:
        """What history looks at in a contract."""
        parties, place = list(self.ready.parties), self.ready.place
        rows = contract.inputs.rows
        share = np.zeros(len(parties))
        for (side, _, party), figure in zip(rows["band_party"].keys(("side", "band", "party")), contract.figure(("band_party", SHARES)), strict=True):  # fmt: skip
            if side == "loss":
                share[parties.index(party)] = max(share[parties.index(party)], float(figure))
        whole = float(contract.figure(("service", "target_gbp")).sum())
        flags = ("cap_gbp_flag", "cap_of_target_flag", "cap_of_income_flag")
        at = {key: i for i, key in enumerate(rows["cap"].keys(("party", "side")))}
        capped = [any(contract.figure(("cap", flag))[at[party, "loss"]] > 0 for flag in flags) for party in parties]
        planned = float(np.maximum(contract.figure(payoff.VARIANCE), 0).sum()) / whole
        cautious = any(each.moves == "delivery" for each in self.ready.uncertainties.each)
        baseline = [figure for name in place.chain.rows_come_from for figure in place.columns[name].figures.values()]
        unsettled = sum(figure.status == "illustrative" for figure in baseline)
        return Exposed(
            labels=list(self.ready.parties.values()),
            loss_share=share,
            influence_share=self.in_scope(contract) / whole,
            capped=capped,
            at_risk=[bool(flag) for flag in contract.figure(("party_terms", "at_risk_flag"))],
            saving_share=planned,
            prudent=cautious,
            unsettled=(unsettled, len(baseline)),
            withheld_with=(self.ready.parties[place.terms.residual_party], place.pack.years[-1])
            if contract.assumed("withhold_share").any()
            else None,
        )

    def in_scope(self, contract: Values) -> Floats:
        """The target of the care that each party provides or pays for, whichever is more, over all years, pounds."""
        found = dict.fromkeys(itertools.product(("provider", "payer"), self.ready.parties), 0.0)
        target = contract.figure(("service", "target_gbp")).tolist()
        for pair, figure in zip(contract.inputs.rows["service"].keys(("provider", "payer")), target, strict=True):
            for each in zip(("provider", "payer"), pair, strict=True):
                found[each] += figure
        return np.array([max(found["provider", party], found["payer", party]) for party in self.ready.parties])

    @cached_property
    def _scope(self) -> Floats:
        return self.in_scope(self.ready.central)

    def design(self, terms_set: Mapping[str, str], changes: Mapping[str, float], alternative: Floats) -> Design:
        """One design, its worth and its warnings; whether another beats it is seen among all."""
        contract = self.contract(changes)
        made = self.positions(contract)
        worth = worth_of(made.positions, self.risk_price)
        gain = worth.value - alternative
        judged_alone = (gain_parts(gain, self._scope), no_worse_off(gain), False, False)
        return Design(dict(terms_set), worth, gain, *judged_alone, made.exact, warnings_of(self.exposed(contract)))

    def walk_aways(self, alternative: Floats) -> Iterator[WalkAway]:
        """Each party's walk-away shares, one party and side at a time while all other terms stay; every share tried is settled."""
        parties = list(self.ready.parties)
        wanted = [(side, i) for side in ("gain", "loss") for i in range(len(parties))]
        for done, (side, i) in enumerate(wanted):
            shares = self.shares(side)
            if side == "gain" or shares[:, i].any():
                # Whoever takes the rest bargains with the largest of the others.
                others = [j for j in range(len(parties)) if j != i]
                other = parties.index(self.rest) if parties[i] != self.rest else max(others, key=lambda j: shares[0, j])

                def gain(share: float, side: str = side, shares: Floats = shares, i: int = i, other: int = other) -> float:
                    paid = self.positions(self.sharing(side, with_share(shares, i, other, share))).positions
                    return float(worth_of(paid[:, [i]], self.risk_price).value[0] - alternative[i])

                yield WalkAway(parties[i], side, tuple(shares[:, i].tolist()), walk_away(gain, smallest=side == "gain"))
            if self.progress:
                self.progress("walk-away shares", done + 1, len(wanted))

    def shares(self, side: str) -> Floats:
        """What each party has of every band of a side, a band a row: its own share, and its part by the distribution key."""
        at = self._rows_of(side)
        return np.asarray(self.ready.central.inputs.given[_OWN_SHARES][at] + self._by_key[at])

    def sharing(self, side: str, shares: Floats) -> Values:
        """The central case where each party has so much of every band of a side.

        The key stays as it is: own shares make up the difference, below zero where a party has less than the key gives it.
        """
        inputs, at = self.ready.central.inputs, self._rows_of(side)
        own = inputs.given[_OWN_SHARES].copy()
        own[at] = shares - self._by_key[at]
        return evaluate(self.ready.chain.of_contract, Values(replace(inputs, given={**inputs.given, _OWN_SHARES: own}), self._upstream))

    def _rows_of(self, side: str) -> Positions:
        keys = self.ready.central.inputs.rows["band_party"].keys(("side", "band", "party"))
        at = {tuple(key): i for i, key in enumerate(keys)}
        return np.array([[at[key, band, party] for party in self.ready.parties] for key, band in self.book.bands if key == side])

    @cached_property
    def _by_key(self) -> Floats:
        """What each party has of each band by the distribution key, on average over the years, in the order of `band_party`."""
        central, rows = self.ready.central, self.ready.central.inputs.rows
        keys: dict[str, list[float]] = {party: [] for party in self.ready.parties}
        for (party,), key in zip(rows["key_party"].keys(("party",)), central.figure(("key_party", "key_share")).tolist(), strict=True):
            keys[party].append(key)
        given = dict(zip(rows["band"].keys(("side", "band")), central.figure(("band", TO_PROVIDERS)).tolist(), strict=True))
        found = [
            given[side, band] * float(np.mean(keys[party])) for side, band, party in rows["band_party"].keys(("side", "band", "party"))
        ]
        return np.array(found)

    def worth(self, changes: Mapping[str, float]) -> Worth:
        """What a design is worth to each party."""
        return worth_of(self.positions(self.contract(changes)).positions, self.risk_price)


def negotiate(
    place: Place,
    terms: Sequence[Term],
    draws: int = 20_000,
    seed: int = 1,
    scenario: str = "base",
    changes: Changes | None = None,
    sobol: bool = False,
    rest: str = "",
    against: Alternative = "none",
    risk_price: float = 0.05,
    saved_without: float | None = None,
    by_search: bool = False,
    walk_aways: bool = True,
    progress: Progress | None = None,
) -> Negotiation:
    """Try designs of a contract on the same draws, and say which leave every party no worse off than the alternative.

    Args:
        place: a place with a risk.yaml.
        terms: what to vary, and over which values.
        draws: how many; at most 100,000, since they are kept.
        seed: another seed draws others.
        scenario: the scenario that is the central case.
        changes: single figures to change in every design.
        sobol: scrambled Sobol points instead of pseudo-random draws.
        rest: who takes the rest where shares are varied; the contract's residual party where left out.
        against: what a party walks away to: no contract, or the present one.
        risk_price: what a pound of expected shortfall costs a party.
        saved_without: the part of the planned saving that would come about without a contract; what risk.yaml says where left out.
        by_search: change one term at a time for the better instead of trying the whole grid.
        walk_aways: look for each party's walk-away shares too, some ten designs more for each party and side.
        progress: called with how many draws and designs are done.

    Raises:
        BadInput: a term, a value, a party or a number cannot be; every fault in one report.
    """
    problems: list[Problem] = []
    parties = [entry.id for entry in place.pack.dimensions["party"]]
    taker = rest or place.terms.residual_party
    if taker not in parties:
        problems.append(Problem("--rest", f"{taker!r} is no party", "it takes what shares leave", nearest(taker, parties)))
    if not 0 <= risk_price <= 1:
        problems.append(Problem("--risk-price", f"it is {risk_price:g}", "a pound of risk costs no more than a pound", "Give 0 to 1"))
    if saved_without is not None and not 0 <= saved_without <= 1:
        problems.append(Problem("--saved-without", f"it is {saved_without:g}", "it is a part of the planned saving", "Give 0 to 1"))
    if draws > MOST_DRAWS:
        problems.append(Problem("--draws", f"{draws:,} draws", "they are all kept for every design", f"Ask for {MOST_DRAWS:,} at most"))
    count = 1
    for term in terms:
        count *= len(term.values)
    if count > MOST_DESIGNS and not by_search:
        problems.append(Problem("--vary", f"{count:,} designs", f"more than {MOST_DESIGNS:,} take long", "Vary less, or use --search"))
    if problems:
        raise BadInput(problems)
    ready = make_ready(place, scenario, changes or {}, draws, seed, sobol)
    bench = Bench(ready, taker, risk_price, ready.uncertainties.saved_without if saved_without is None else saved_without, progress)
    bench.check(terms, problems)
    if problems:
        raise BadInput(problems)
    found = _tried(bench, terms, against, by_search, count)
    return replace(found, walk_aways=tuple(bench.walk_aways(found.alternative.value))) if walk_aways else found


def _tried(bench: Bench, terms: Sequence[Term], against: Alternative, by_search: bool, count: int) -> Negotiation:
    present_worth = worth_of(bench.positions(bench.ready.central).positions, bench.risk_price)
    walked = worth_of(bench.without_contract, bench.risk_price) if against == "none" else present_worth
    present = bench.design({}, {}, walked.value)
    found: dict[tuple[Value, ...], Design] = {}
    impossible: set[tuple[Value, ...]] = set()

    def tried(values: tuple[Value, ...]) -> tuple[float, ...]:
        if values not in found and values not in impossible:
            changes = bench.book.changes(terms, values)
            if changes is None:
                impossible.add(values)
            else:
                terms_set = {term.name: value.described for term, value in zip(terms, values, strict=True)}
                found[values] = bench.design(terms_set, changes, walked.value)
            if bench.progress:
                bench.progress("designs", len(found) + len(impossible), count)
        return found[values].rank if values in found else (-np.inf,)

    if by_search:
        search([term.values for term in terms], tried)
    else:
        for values in itertools.product(*(term.values for term in terms)):
            tried(values)
    present, *designs = judged([present, *found.values()])
    names = tuple(term.name for term in terms)
    judgement = (bench.rest, against, bench.risk_price, bench.saved_without, walked, present, tuple(designs), len(impossible), ())
    varied = {part.partition("[")[0] for term in terms for part in term.parts}
    return Negotiation(bench.ready.provenance, names, *judgement, bench.ready.parties, bench.idle, *bench.ready.idle(varied))

"""What must hold of the shares of a contract: bands, distribution keys and caps. Shares are refused, never rescaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from capmodel.assumptions.dimensions import no_member
from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.figures import as_share, check_figure, may_be_negative
from capmodel.contracts.alliance import EQUAL, INCOME, OTHERS, PROVIDERS, Contract
from capmodel.errors import Problem, nearest

#: An edge of a band is a share of the target, one of a range is actual cost over target; beyond these it was meant in per cent.
_LARGEST_EDGE = {"ranges": 10.0, "gain": 1.0, "loss": 2.0}
#: Shares add up to 1 as far as a computer keeps digits; write a third as 1/3.
_SHARES_ADD_UP = 1e-12


@dataclass(frozen=True)
class ContractCheck:
    """A contract that is being checked, and the faults found so far."""

    document: Document
    contract: Contract
    known: tuple[str, ...]  # the parties of the place
    problems: list[Problem]

    def report(self, steps: Sequence[Step], what: str, why: str, remedy: str) -> None:
        """Add a fault at a place in the contract."""
        self.problems.append(self.document.problem(steps, what, why, remedy))

    def party(self, steps: Sequence[Step], name: str | None) -> None:
        """Report a name that is no party of the place."""
        if name is not None and name not in self.known:
            self.problems.append(no_member("party", name, self.known, self.document.where(steps)))

    def part(self, steps: Sequence[Step], name: str, value: float) -> None:
        """Report a share of something that is below zero or above all of it."""
        check_figure(name, "share", value, self.document.where(steps), self.problems)
        if value < 0 and may_be_negative(name, "share"):
            self.report(steps, f"{name} is {value:g}", "a part of something is not below zero", "Write the share without a minus")


def check_bands(check: ContractCheck, side: str) -> None:
    """Report bands that overlap, leave gaps or whose shares do not add up."""
    contract = check.contract
    in_ranges = bool(contract.bands.ranges)
    if in_ranges and (contract.bands.gain or contract.bands.loss):
        if side == "gain":
            check.report(["bands"], "there are ranges and bands by side", "they would say two things", "Keep ranges:, or gain: and loss:")
        return
    if in_ranges and side == "loss":
        return
    if in_ranges and contract.threshold is not None and contract.threshold.mode == "excess_only":
        why = "the excess begins beyond the threshold, and every range would slide by it"
        check.report(["bands", "ranges"], "ranges of actual over target with a threshold that shares the excess only", why, "Write first_pound, or bands by side")  # fmt: skip
    bands = contract.bands.ranges if in_ranges else (contract.bands.gain if side == "gain" else contract.bands.loss)
    name_of = "range" if in_ranges else f"{side} band"
    edge: float | None = 0.0  # None after an edge that is refused: whether there is a gap is then unknown
    for i, band in enumerate(bands):
        steps: list[Step] = ["bands", "ranges" if in_ranges else side, i]
        if edge is not None and band.lower != edge:
            gap = "leaves a gap" if band.lower > edge else "overlaps the band before"
            check.report([*steps, "from"], f"{name_of} {i + 1} starts at {band.lower:g} and {gap}", f"the band before ends at {edge:g}, and every pound belongs to one band", f"Write from: {edge:g}")  # fmt: skip
        last = i == len(bands) - 1
        if (band.upper is None) != last:
            what = f"{name_of} {i + 1} {'is open-ended' if band.upper is None else 'ends the list'}"
            check.report([*steps, "to"], what, "the last band, and no other, has no upper edge", "Write to: null in the last band only")
        if band.upper is not None and band.upper <= band.lower:
            what = f"{name_of} {i + 1} ends at {band.upper:g}, not above {band.lower:g}"
            check.report([*steps, "to"], what, "a band needs room", "Correct its edges")
        most = _LARGEST_EDGE["ranges" if in_ranges else side]
        if band.upper is not None and band.upper > most:
            why = "edges are actual cost over target" if in_ranges else "edges are shares of the target"
            check.report([*steps, "to"], f"{name_of} {i + 1} ends at {band.upper:g}", why, as_share(band.upper))
        edge = band.upper if band.upper is not None and band.lower < band.upper <= most else None
        for name, share in band.shares.items():
            if name != PROVIDERS or contract.distribution is None:
                check.party([*steps, "shares", name], name)
            check.part([*steps, "shares", name], f"the share of {name}", share)
        added = sum(band.shares.values())
        if abs(added - 1) > _SHARES_ADD_UP and min(band.shares.values(), default=0) >= 0:
            what = f"the shares of {name_of} {i + 1} add up to {added:g}"
            check.report([*steps, "shares"], what, "every pound of a band belongs to a party; shares are never rescaled", "Make them add up to 1")  # fmt: skip
    if not bands:
        what, remedy = f"there is no {side} band", "Write at least one band from: 0 to: null"
        check.report(["bands", side], what, "losses and gains are both shared by rule", remedy)


def check_distribution(check: ContractCheck) -> None:
    """Report keys whose parts do not add up, whose weights are missing, or that nothing uses."""
    distribution = check.contract.distribution
    if distribution is None:
        return
    here: list[Step] = ["distribution"]
    bands = [band for side in ("gain", "loss") for band in check.contract.bands_of(side)]
    if not any(band.shares.get(PROVIDERS) for band in bands):
        what = "there is a distribution key, and no band has a share for providers"
        check.report(here, what, "the key would have no effect", f"Write shares: {{{PROVIDERS}: ...}} in a band, or leave the key out")
    for i, name in enumerate(distribution.among):
        check.party([*here, "among", i], name)
        if name in distribution.among[:i]:
            check.report([*here, "among", i], f"{name} is there twice", "it would count once or twice", "Name each party once")
    used = {factor for part in distribution.parts for factor in part.by}
    for factor in distribution.weights:
        if factor in (EQUAL, INCOME):
            why = "the model works these weights out, and would leave yours aside"
            check.report([*here, "weights", factor], f"{factor!r} has weights of its own", why, "Give your weights another name")
        elif factor not in used:
            why = "the weights would have no effect"
            check.report([*here, "weights", factor], f"no part of the key goes by {factor!r}", why, "Name it in by:, or leave it out")
    added = sum(part.share for part in distribution.parts)
    if abs(added - 1) > _SHARES_ADD_UP:
        what = f"the parts of the distribution key add up to {added:g}"
        check.report([*here, "parts"], what, "every pound of the providers' share belongs to one", "Make them add up to 1")
    for i, part in enumerate(distribution.parts):
        steps: list[Step] = [*here, "parts", i]
        check.part([*steps, "share"], "share", part.share)
        check.party([*steps, "retain"], part.retain)
        if bool(part.by) == bool(part.retain):
            check.report(steps, f"part {i + 1} has {'a key and a party' if part.by else 'neither key nor party'}", "its money goes by key or to one party", "Write by: or retain:")  # fmt: skip
        for twice in sorted({factor for factor in part.by if part.by.count(factor) > 1}):
            check.report([*steps, "by"], f"{twice!r} is there twice", "the weights would be multiplied by themselves", "Name it once")
        for factor in part.by:
            if factor in (EQUAL, INCOME):
                continue
            if factor not in distribution.weights:
                check.report([*steps, "by"], f"{factor!r} has no weights", "it is no known key", nearest(factor, [EQUAL, INCOME, *distribution.weights]))  # fmt: skip
                continue
            weights = distribution.weights[factor]
            for name in distribution.among:
                if name not in weights:
                    check.report([*here, "weights", factor], f"{name} has no weight", "gaps are not filled", f"Write {name}: 0 if it has none")  # fmt: skip
        stated = [factor for factor in part.by if factor in distribution.weights]
        if stated and not any(all(distribution.weights[factor].get(name, 0) > 0 for factor in stated) for name in distribution.among):
            check.report(steps, f"part {i + 1} has no weight above zero", "its money would have nowhere to go", "Give a party a weight, or retain it")  # fmt: skip
    for factor, weights in distribution.weights.items():
        for name, weight in weights.items():
            check.party([*here, "weights", factor, name], name)
            if weight < 0:
                what = f"the weight of {name} is {weight:g}"
                check.report([*here, "weights", factor, name], what, "a negative weight would turn a gain into a loss", "Write 0 or more")


def check_caps(check: ContractCheck) -> None:
    """Report caps whose money has nowhere to go, or could circle."""
    contract = check.contract
    seen = set()
    for i, cap in enumerate(contract.caps):
        steps: list[Step] = ["caps", i]
        check.party([*steps, "party"], cap.party)
        if cap.residual_to != OTHERS:
            check.party([*steps, "residual_to"], cap.residual_to)
        if (cap.party, cap.side) in seen:
            what = f"{cap.party} has two {cap.side} caps"
            check.report(steps, what, "the bases of one cap stand in one entry; the lower applies", "Merge them")
        seen.add((cap.party, cap.side))
        if cap.party in (contract.residual_party, cap.residual_to):
            what = f"{cap.party} is capped and takes the residual"
            check.report(steps, what, "the money would have nowhere to go", "Name another party")
        for base in ("share_of_target", "share_of_income"):
            value = getattr(cap, base)
            if value is not None:
                check.part([*steps, base], base, value)
        for base in ("amount_gbp", "brought_forward_gbp"):
            value = getattr(cap, base)
            if value is not None and value < 0:
                check.report([*steps, base], f"the cap is {value:g}" if base == "amount_gbp" else f"{base} is {value:g}", "a cap is a size, on either side", "Write it without a minus")  # fmt: skip
        if cap.residual_to == OTHERS and (cap.carry_forward or cap.brought_forward_gbp):
            why = "somebody must stand in for the party until it pays"
            check.report(steps, f"{cap.party} carries forward what the others share", why, "Name the party that stands in")
    for party in {cap.party for cap in contract.caps}:
        if sum(cap.party == party and cap.carries for cap in contract.caps) > 1:
            why = "it would owe and be owed at once, and either could expire alone"
            check.report(["caps"], f"{party} carries forward on both sides", why, "Let one side be carried forward")
    if any(cap.residual_to == OTHERS for cap in contract.caps) and contract.order[-1] != "caps":
        why = "what caps leave is shared again by the room that is left below them at the end"
        check.report(["steps"], "caps whose residual the others share are not the last step", why, "Put caps last, or name a party")
    capped = {party for party, _ in seen}
    forfeited_to = contract.outcomes.forfeited_to
    if forfeited_to in capped:
        what = f"{forfeited_to} is capped and receives what is forfeited"
        check.report(["outcomes", "forfeited_to"], what, "the money would pass its cap", "Name a party without a cap")
    for i, cap in enumerate(contract.caps):
        if cap.residual_to in capped:
            what = f"{cap.residual_to} takes a residual and is itself capped"
            check.report(["caps", i, "residual_to"], what, "the money could circle", "Name a party without a cap")
    sides = set()
    for i, limit in enumerate(contract.pool_caps):
        if limit.side in sides:
            check.report(["pool_caps", i], f"the pool has two {limit.side} caps", "the lower applies", "Merge them")
        sides.add(limit.side)
        if limit.amount_gbp is None and limit.share_of_target is None:
            check.report(["pool_caps", i], "the cap of the pool has no base", "a cap is a sum of money", "Write amount_gbp: or share_of_target:")  # fmt: skip
        if limit.share_of_target is not None:
            check.part(["pool_caps", i, "share_of_target"], "share_of_target", limit.share_of_target)
        if limit.amount_gbp is not None and limit.amount_gbp < 0:
            check.report(["pool_caps", i, "amount_gbp"], f"the cap is {limit.amount_gbp:g}", "a cap is a size, on either side", "Write it without a minus")  # fmt: skip

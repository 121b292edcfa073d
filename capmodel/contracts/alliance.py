"""The alliance contract as data: its terms are read from contract.yaml and checked whole, every fault with its line.

A contract says when a variance is shared, in which bands and shares, what phases, outcomes and caps do to a share, and who
holds the money. Terms become figures in `terms`; how a settlement is worked out is in `settlement`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document, Flag, Number, Step
from capmodel.assumptions.figures import check_figure
from capmodel.assumptions.pack import Entry, Status
from capmodel.errors import Problem, nearest

SIDES = ("gain", "loss")
SIDE_LABELS = {"gain": "Gain", "loss": "Loss"}
#: Shares add up to 1 as far as a computer keeps digits; write a third as 1/3.
_SHARES_ADD_UP = 1e-12


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, populate_by_name=True)


class Threshold(_Strict):
    """When a variance is shared at all."""

    mode: Literal["none", "first_pound", "excess_only"]
    comparator: Literal[">=", ">"] = ">="
    gain_share: Number = 0
    loss_share: Number = 0


class _Band(_Strict):
    lower: Number = Field(alias="from")
    upper: Number | None = Field(alias="to")
    shares: dict[str, Number]


class _Bands(_Strict):
    gain: list[_Band]
    loss: list[_Band]


class _Phase(_Strict):
    gain_share: dict[int, Number]
    loss_share: dict[int, Number]


class _Outcomes(_Strict):
    mode: Literal["none", "gate", "multiplier"]
    gate_share: Number = 0
    score_share: dict[int, Number] | None = None
    forfeited_to: str | None = None


class _Cap(_Strict):
    party: str
    side: Literal["gain", "loss"]
    amount_gbp: Number | None = None
    share_of_target: Number | None = None
    share_of_income: Number | None = None
    residual_to: str | None = None


class _PartyTerms(_Strict):
    at_risk: Flag


class _ScopeChange(_Strict):
    setting: str
    provider: str
    payer: str
    gbp: dict[int, Number]
    note: str = ""


class Contract(_Strict):
    """The terms of an alliance contract, as written in contract.yaml."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    variance_held_by: Literal["payer", "provider"]
    residual_party: str
    threshold: Threshold | None = None
    bands: _Bands
    phase: _Phase | None = None
    outcomes: _Outcomes
    deduction_share: Number = 0
    caps: list[_Cap] = Field(default_factory=list)
    parties: dict[str, _PartyTerms]
    scope_changes: list[_ScopeChange] = Field(default_factory=list)


def read_contract(
    document: Document, parties: Sequence[Entry], settings: Sequence[str], years: tuple[int, ...], routes: Rows, problems: list[Problem]
) -> Contract | None:
    """Read and check a contract; every fault is reported with its line, and a faulty contract gives None.

    Args:
        document: contract.yaml.
        parties: the parties of the place.
        settings: the settings of the place.
        years: the model years.
        routes: the setting, provider and payer of every line of a Year of Care budget.
        problems: faults are added here.
    """
    if document.content is None:
        return None
    before = len(problems)
    _explain_missing(document, problems)
    if len(problems) > before:
        return None
    contract = document.parse(Contract, (), problems)
    if contract is None:
        return None
    known = [entry.id for entry in parties]
    _check_parties(document, contract, known, problems)
    _check_years(document, contract, years, problems)
    for side in SIDES:
        _check_bands(document, side, getattr(contract.bands, side), known, problems)
    _check_caps(document, contract, known, problems)
    _check_scope(document, contract, settings, routes, problems)
    if len(problems) > before:
        return None
    return contract


def _explain_missing(document: Document, problems: list[Problem]) -> None:
    """Faults that a negotiator makes, in a negotiator's words, before the schema speaks of fields."""
    content = document.content if isinstance(document.content, dict) else {}
    threshold = content.get("threshold")
    if isinstance(threshold, dict) and "mode" not in threshold:
        problems.append(
            document.problem(
                ["threshold"],
                "the threshold has no mode",
                "the same percentage pays very differently once it is passed",
                "Write mode: none, first_pound or excess_only",
            )
        )
    outcomes = content.get("outcomes")
    if isinstance(outcomes, dict) and outcomes.get("mode") in ("gate", "multiplier"):
        if "gate_share" not in outcomes:
            problems.append(
                document.problem(
                    ["outcomes"], "the outcome gate has no gate_share", "there is nothing to pass", "Write gate_share: 0.70, say"
                )
            )
        if not outcomes.get("score_share"):
            problems.append(
                document.problem(
                    ["outcomes"],
                    "the outcome gate has no score",
                    "a missing score never passes a gate",
                    "Write score_share: with one score a year",
                )
            )
        if not outcomes.get("forfeited_to"):
            problems.append(
                document.problem(
                    ["outcomes"],
                    "money forfeited at the gate has no destination",
                    "it must go to a named party",
                    "Write forfeited_to: and a party",
                )
            )
    for i, cap in enumerate(content["caps"] if isinstance(content.get("caps"), list) else []):
        if isinstance(cap, dict) and "residual_to" not in cap:
            problems.append(
                document.problem(
                    ["caps", i],
                    f"the cap of {cap.get('party', 'a party')} has no residual rule",
                    "what the cap leaves must go somewhere",
                    "Write residual_to: and a party",
                )
            )
        if isinstance(cap, dict) and not {"amount_gbp", "share_of_target", "share_of_income"} & set(cap):
            problems.append(
                document.problem(
                    ["caps", i],
                    f"the cap of {cap.get('party', 'a party')} has no base",
                    "a cap is a sum of money",
                    "Write amount_gbp:, share_of_target: or share_of_income:",
                )
            )


def _check_party(document: Document, steps: list[Step], name: str | None, known: Sequence[str], problems: list[Problem]) -> None:
    if name is not None and name not in known:
        problems.append(
            document.problem(steps, f"{name!r} is not a party of the place", "the model has no row for it", nearest(name, known))
        )


def _check_parties(document: Document, contract: Contract, known: Sequence[str], problems: list[Problem]) -> None:
    _check_party(document, ["residual_party"], contract.residual_party, known, problems)
    _check_party(document, ["outcomes", "forfeited_to"], contract.outcomes.forfeited_to, known, problems)
    for name in contract.parties:
        _check_party(document, ["parties", name], name, known, problems)
    for name in known:
        if name not in contract.parties:
            problems.append(
                document.problem(
                    ["parties"], f"{name} is not mentioned", "it must be said whether a party is at risk", f"Add {name}: {{at_risk: false}}"
                )
            )
    for name in filter(None, (contract.residual_party, contract.outcomes.forfeited_to)):
        if name in contract.parties and contract.parties[name].at_risk:
            problems.append(
                document.problem(
                    ["parties", name],
                    f"{name} is at risk and also takes what is left over",
                    "a gate or phase would then have no destination",
                    "Write at_risk: false",
                )
            )


def _check_years(document: Document, contract: Contract, years: tuple[int, ...], problems: list[Problem]) -> None:
    by_year: list[tuple[list[Step], Mapping[int, float]]] = []
    if contract.phase:
        by_year += [(["phase", f"{side}_share"], getattr(contract.phase, f"{side}_share")) for side in SIDES]
    if contract.outcomes.score_share:
        by_year.append((["outcomes", "score_share"], contract.outcomes.score_share))
    for i, change in enumerate(contract.scope_changes):
        by_year.append((["scope_changes", i, "gbp"], change.gbp))
    for steps, given in by_year:
        missing = [str(year) for year in years if year not in given]
        if missing:
            problems.append(
                document.problem(
                    steps, f"there is no figure for {', '.join(missing)}", "each model year needs one; gaps are not filled", "Add it"
                )
            )
        if steps[-1] != "gbp":
            for year, value in given.items():
                _check_part(document, [*steps, year], str(steps[-1]), value, problems)
    shares: list[tuple[list[Step], float]] = [
        (["deduction_share"], contract.deduction_share),
        (["outcomes", "gate_share"], contract.outcomes.gate_share),
    ]
    if contract.threshold:
        shares += [
            (["threshold", "gain_share"], contract.threshold.gain_share),
            (["threshold", "loss_share"], contract.threshold.loss_share),
        ]
    for steps, value in shares:
        _check_part(document, steps, str(steps[-1]), value, problems)


def _check_part(document: Document, steps: list[Step], name: str, value: float, problems: list[Problem]) -> None:
    check_figure(name, "share", value, document.where(steps), problems)
    if value < 0:
        problems.append(
            document.problem(steps, f"{name} is {value:g}", "a part of something is not below nought", "Write the share without a minus")
        )


def _check_bands(document: Document, side: str, bands: list[_Band], known: Sequence[str], problems: list[Problem]) -> None:
    edge = 0.0
    for i, band in enumerate(bands):
        steps: list[Step] = ["bands", side, i]
        if band.lower != edge:
            gap = "leaves a gap" if band.lower > edge else "overlaps the band before"
            problems.append(
                document.problem(
                    [*steps, "from"],
                    f"{side} band {i + 1} starts at {band.lower:g} and {gap}",
                    f"the band before ends at {edge:g}, and every pound belongs to one band",
                    f"Write from: {edge:g}",
                )
            )
        last = i == len(bands) - 1
        if (band.upper is None) != last:
            problems.append(
                document.problem(
                    [*steps, "to"],
                    f"{side} band {i + 1} {'is open-ended' if band.upper is None else 'ends the list'}",
                    "the last band, and no other, has no upper edge",
                    "Write to: null in the last band only",
                )
            )
        if band.upper is not None and band.upper <= band.lower:
            problems.append(
                document.problem(
                    [*steps, "to"],
                    f"{side} band {i + 1} ends at {band.upper:g}, not above {band.lower:g}",
                    "a band needs room",
                    "Correct its edges",
                )
            )
        edge = band.upper if band.upper is not None else edge
        for name, share in band.shares.items():
            _check_party(document, [*steps, "shares", name], name, known, problems)
            _check_part(document, [*steps, "shares", name], f"the share of {name}", share, problems)
        added = sum(band.shares.values())
        if abs(added - 1) > _SHARES_ADD_UP:
            problems.append(
                document.problem(
                    [*steps, "shares"],
                    f"the shares of {side} band {i + 1} add up to {added:g}",
                    "every pound of a band belongs to a party; shares are never rescaled",
                    "Make them add up to 1",
                )
            )
    if not bands:
        problems.append(
            document.problem(
                ["bands", side],
                f"there is no {side} band",
                "losses and gains are both shared by rule",
                "Write at least one band from: 0 to: null",
            )
        )


def _check_caps(document: Document, contract: Contract, known: Sequence[str], problems: list[Problem]) -> None:
    seen = set()
    for i, cap in enumerate(contract.caps):
        steps: list[Step] = ["caps", i]
        _check_party(document, [*steps, "party"], cap.party, known, problems)
        _check_party(document, [*steps, "residual_to"], cap.residual_to, known, problems)
        if (cap.party, cap.side) in seen:
            problems.append(
                document.problem(
                    steps,
                    f"{cap.party} has two {cap.side} caps",
                    "the bases of one cap stand in one entry; the lower applies",
                    "Merge them",
                )
            )
        seen.add((cap.party, cap.side))
        if cap.party in (contract.residual_party, cap.residual_to):
            problems.append(
                document.problem(
                    steps, f"{cap.party} is capped and takes the residual", "the money would have nowhere to go", "Name another party"
                )
            )
        for base in ("share_of_target", "share_of_income"):
            value = getattr(cap, base)
            if value is not None:
                _check_part(document, [*steps, base], base, value, problems)
        if cap.amount_gbp is not None and cap.amount_gbp < 0:
            problems.append(
                document.problem(
                    [*steps, "amount_gbp"], f"the cap is {cap.amount_gbp:g}", "a cap is a size, on either side", "Write it without a minus"
                )
            )
    capped = {party for party, _ in seen}
    if contract.outcomes.forfeited_to in capped:
        problems.append(
            document.problem(
                ["outcomes", "forfeited_to"],
                f"{contract.outcomes.forfeited_to} is capped and receives what is forfeited",
                "the money would pass its cap",
                "Name a party without a cap",
            )
        )
    for i, cap in enumerate(contract.caps):
        if cap.residual_to in capped:
            problems.append(
                document.problem(
                    ["caps", i, "residual_to"],
                    f"{cap.residual_to} takes a residual and is itself capped",
                    "the money could circle",
                    "Name a party without a cap",
                )
            )


def _check_scope(document: Document, contract: Contract, settings: Sequence[str], routes: Rows, problems: list[Problem]) -> None:
    known = set(zip(routes.columns["setting"], routes.columns["provider"], routes.columns["payer"], strict=True))
    for i, change in enumerate(contract.scope_changes):
        if change.setting not in settings:
            problems.append(
                document.problem(
                    ["scope_changes", i, "setting"],
                    f"{change.setting!r} is not a setting",
                    "the model has no row for it",
                    nearest(change.setting, settings),
                )
            )
        elif (change.setting, change.provider, change.payer) not in known:
            problems.append(
                document.problem(
                    ["scope_changes", i],
                    f"nobody pays {change.provider} through {change.payer} for {change.setting}",
                    "the change would have no budget line",
                    "Use a route of provider_share.csv and payer_share.csv",
                )
            )

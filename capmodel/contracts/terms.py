"""A sound contract as figures: every term under its clause, as an assumption or an input column of the settlement.

What a contract may say, and what is refused, is in `alliance`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.pack import Assumed, Column, Entry, Figure, Key
from capmodel.contracts.alliance import SIDE_LABELS, SIDES, Contract, Threshold, read_contract
from capmodel.errors import Problem


@dataclass(frozen=True)
class Terms:
    """A contract as the model reads it: assumptions, input columns and the rows they stand on."""

    title: str
    assumptions: Mapping[str, Assumed]
    columns: Mapping[str, Column]
    bands: tuple[tuple[str, str], ...]  # side, band
    cap_residual: Mapping[tuple[str, str], str]  # party, side -> who takes what the cap leaves
    labels: Mapping[str, str]


def read_terms(
    document: Document, parties: Sequence[Entry], settings: Sequence[str], years: tuple[int, ...], routes: Rows, problems: list[Problem]
) -> Terms | None:
    """Read a contract and turn it into figures; a faulty contract is reported and gives None."""
    contract = read_contract(document, parties, settings, years, routes, problems)
    return None if contract is None else terms_of(contract, [entry.id for entry in parties], years, routes)


def terms_of(contract: Contract, parties: Sequence[str], years: tuple[int, ...], routes: Rows) -> Terms:
    """Turn a sound contract into figures under the names of the settlement's assumptions and inputs."""

    def figure(value: float, note: str = "") -> Figure:
        return Figure(float(value), contract.status, contract.source, contract.as_at, note)

    def one(name: str, label: str, value: float, clause: str) -> Assumed:
        unit = "flag" if name.endswith("_flag") else "share"
        return Assumed(name, label, unit, {None: figure(value)}, clause=clause)

    def yearly(name: str, label: str, values: Mapping[int, float] | None, clause: str) -> Assumed:
        return Assumed(name, label, "share", {year: figure((values or {}).get(year, 1.0)) for year in years}, clause=clause)

    threshold = contract.threshold or Threshold(mode="none")
    counts = threshold.mode != "none"
    outcomes = contract.outcomes
    assumptions = [
        one("first_pound_flag", "Past the threshold, share from the first pound (1) or the excess only (0)", threshold.mode != "excess_only", "threshold.mode"),
        one("above_only_flag", "The threshold must be passed (1) or may be just met (0)", threshold.comparator == ">", "threshold.comparator"),
        one("gain_threshold_share", "Gain threshold, share of the target", threshold.gain_share if counts else 0, "threshold.gain_share"),
        one("loss_threshold_share", "Loss threshold, share of the target", threshold.loss_share if counts else 0, "threshold.loss_share"),
        yearly("gain_phase_share", "Part of its gain an at-risk party is paid", contract.phase.gain_share if contract.phase else None, "phase.gain_share"),
        yearly("loss_phase_share", "Part of its loss an at-risk party bears", contract.phase.loss_share if contract.phase else None, "phase.loss_share"),
        one("outcome_counts_flag", "Gains depend on outcomes", outcomes.mode != "none", "outcomes.mode"),
        one("outcome_multiplies_flag", "A passed gate pays in proportion to the score (1) or in full (0)", outcomes.mode == "multiplier", "outcomes.mode"),
        one("outcome_gate_share", "Score needed to pass the outcome gate", outcomes.gate_share, "outcomes.gate_share"),
        yearly("outcome_score_share", "Outcome score", outcomes.score_share, "outcomes.score_share"),
        one("deduction_share", "Deduction from the gains of at-risk parties", contract.deduction_share, "deduction_share"),
        one("held_by_provider_flag", "Providers hold the variance (1) or payers do (0)", contract.variance_held_by == "provider", "variance_held_by"),
    ]  # fmt: skip
    bands = [(side, f"band_{i + 1}", band) for side in SIDES for i, band in enumerate(getattr(contract.bands, side))]
    caps = {(cap.party, cap.side): cap for cap in contract.caps}
    cap_keys = [(party, side) for party in parties for side in SIDES]
    changes = {(change.setting, change.provider, change.payer): change for change in contract.scope_changes}
    route_keys = list(dict.fromkeys(zip(routes.columns["setting"], routes.columns["provider"], routes.columns["payer"], strict=True)))

    def column(name: str, keys: tuple[str, ...], figures: Mapping[tuple[Key, int | None], Figure]) -> Column:
        return Column(name, keys, figures, "contract.yaml")

    by_band = ("side", "band")
    columns = [
        column("side_sign_index", ("side",), {(("gain",), None): figure(1), (("loss",), None): figure(-1)}),
        column("band_lower_share", by_band, {((side, name), None): figure(band.lower) for side, name, band in bands}),
        column("band_upper_share", by_band, {((side, name), None): figure(band.upper or 0) for side, name, band in bands}),
        column("band_bounded_flag", by_band, {((side, name), None): figure(band.upper is not None) for side, name, band in bands}),
        column(
            "band_party_share",
            ("side", "band", "party"),
            {((side, name, party), None): figure(band.shares.get(party, 0)) for side, name, band in bands for party in parties},
        ),
        column("at_risk_flag", ("party",), {((party,), None): figure(contract.parties[party].at_risk) for party in parties}),
        column("residual_flag", ("party",), {((party,), None): figure(party == contract.residual_party) for party in parties}),
        column("forfeit_flag", ("party",), {((party,), None): figure(party == outcomes.forfeited_to) for party in parties}),
        column(
            "scope_change_gbp",
            ("setting", "provider", "payer"),
            {
                (key, year): figure(changes[key].gbp[year], changes[key].note) if key in changes else figure(0)
                for key in route_keys
                for year in years
            },
        ),
    ]
    for base, name, flag in (
        ("amount_gbp", "cap_gbp", "cap_gbp_flag"),
        ("share_of_target", "cap_of_target_share", "cap_of_target_flag"),
        ("share_of_income", "cap_of_income_share", "cap_of_income_flag"),
    ):
        limits = {key: getattr(caps[key], base) if key in caps else None for key in cap_keys}
        columns += [
            column(name, ("party", "side"), {(key, None): figure(limit or 0) for key, limit in limits.items()}),
            column(flag, ("party", "side"), {(key, None): figure(limit is not None) for key, limit in limits.items()}),
        ]
    return Terms(
        title=contract.title,
        assumptions={assumed.name: assumed for assumed in assumptions},
        columns={item.name: item for item in columns},
        bands=tuple((side, name) for side, name, _ in bands),
        cap_residual={
            key: (caps[key].residual_to or contract.residual_party) if key in caps else contract.residual_party for key in cap_keys
        },
        labels={**SIDE_LABELS, **{name: f"Band {name.removeprefix('band_')}" for _, name, _ in bands}},
    )

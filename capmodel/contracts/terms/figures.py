"""A sound contract as figures: every term under its clause, as an assumption or an input column of the settlement.

What a contract may say is in `alliance`, what is refused in `terms.checks`, which rows follow in `settlement.rows`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from capmodel.algebra.rows import Rows
from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.document import Document
from capmodel.assumptions.pack import Assumed, Column, Entry, Figure, Key
from capmodel.contracts.alliance import (
    EQUAL,
    INCOME,
    MONTHS,
    OTHERS,
    PROVIDERS,
    SIDE_LABELS,
    SIDES,
    STEP_LABELS,
    Amount,
    Cap,
    Contract,
    PoolCap,
    Threshold,
)
from capmodel.contracts.terms.checks import read_contract
from capmodel.errors import Problem

Figures = dict[tuple[Key, int | None], Figure]


@dataclass(frozen=True)
class Terms:
    """A contract as the model reads it: assumptions, input columns and the rows they belong to."""

    title: str
    assumptions: Mapping[str, Assumed]
    columns: Mapping[str, Column]
    labels: Mapping[str, str]
    residual_party: str
    bands: tuple[tuple[str, str], ...]  # side, band
    steps: tuple[str, ...]
    taker: Mapping[tuple[str, str, str], str]  # party, step, side -> who takes what the step leaves
    ranges: tuple[str, ...]
    indicators: tuple[str, ...]
    rungs: tuple[str, ...]
    key_parts: Mapping[str, tuple[str, ...]]  # part of the distribution key -> its factors
    key_members: Mapping[str, tuple[str, ...]]  # part of the distribution key -> the parties it divides among
    spread_rounds: Mapping[str, int]  # side -> rounds in which what caps leave is shared again
    banks: Mapping[tuple[str, str], str]  # party, side carried forward -> who stands in meanwhile


def read_terms(
    document: Document, parties: Sequence[Entry], settings: Sequence[str], years: tuple[int, ...], routes: Rows, problems: list[Problem], in_scope: Collection[str] | None = None
) -> Terms | None:  # fmt: skip
    """Read a contract and turn it into figures; a faulty contract is reported and gives None."""
    contract = read_contract(document, parties, settings, years, routes, problems, in_scope)
    return None if contract is None else terms_of(contract, [entry.id for entry in parties], years, routes)


def terms_of(contract: Contract, parties: Sequence[str], years: tuple[int, ...], routes: Rows) -> Terms:
    """Turn a sound contract into figures under the names of the settlement's assumptions and inputs."""
    make = _Maker(contract, tuple(parties), years, routes)
    bands = [(side, f"band_{i + 1}") for side in SIDES for i in range(len(contract.bands_of(side)))]
    numbered = {name: f"Band {name.removeprefix('band_')}" for _, name in bands}
    caps: dict[tuple[str, str], Cap] = {(cap.party, cap.side): cap for cap in contract.caps}
    taker: dict[tuple[str, str, str], str] = {}
    for party in parties:
        for step in contract.order:
            for side in SIDES:
                taker[party, step, side] = contract.residual_party
                if step == "outcomes" and side == "gain":
                    taker[party, step, side] = contract.outcomes.forfeited_to or contract.residual_party
                if step == "caps" and (party, side) in caps:
                    taker[party, step, side] = caps[party, side].residual_to or contract.residual_party
    spread = {side: any(cap.residual_to == OTHERS for cap in contract.caps if cap.side == side) for side in SIDES}
    return Terms(
        title=contract.title,
        assumptions={assumed.name: assumed for assumed in make.assumptions()},
        columns={column.name: column for column in make.columns()},
        labels={
            **SIDE_LABELS,
            **STEP_LABELS,
            **numbered,
            **{indicator.id: indicator.label for indicator in contract.outcomes.indicators},
            **{name: f"{name.replace('_', ' ').capitalize()}" for name in (*make.ranges, *make.rungs, *make.key_parts)},
        },
        residual_party=contract.residual_party,
        bands=tuple(bands),
        steps=contract.order,
        taker=taker,
        ranges=make.ranges,
        indicators=tuple(indicator.id for indicator in contract.outcomes.indicators),
        rungs=make.rungs,
        key_parts=make.key_parts,
        key_members=make.key_members,
        spread_rounds={side: sum(cap.side == side for cap in contract.caps) + 1 if spread[side] else 0 for side in SIDES},
        banks={
            key: cap.residual_to or contract.residual_party for key, cap in caps.items() if cap.carry_forward or cap.brought_forward_gbp
        },
    )


@dataclass(frozen=True)
class _Maker:
    """Turns the clauses of one contract into figures."""

    contract: Contract
    parties: tuple[str, ...]
    years: tuple[int, ...]
    routes: Rows

    @property
    def threshold(self) -> Threshold:
        return self.contract.threshold or Threshold(mode="none")

    @property
    def ranges(self) -> tuple[str, ...]:
        return tuple(f"range_{i + 1}" for i in range(len(self.threshold.by_persons)))

    @property
    def rungs(self) -> tuple[str, ...]:
        return tuple(f"rung_{i + 1}" for i in range(len(self.contract.outcomes.ladder)))

    @property
    def key_parts(self) -> dict[str, tuple[str, ...]]:
        parts = self.contract.distribution.parts if self.contract.distribution else []
        return {f"part_{i + 1}": tuple(part.by) or (EQUAL,) for i, part in enumerate(parts)}

    @property
    def key_members(self) -> dict[str, tuple[str, ...]]:
        distribution = self.contract.distribution
        parts = distribution.parts if distribution else []
        among = tuple(distribution.among) if distribution else ()
        return {f"part_{i + 1}": (part.retain,) if part.retain else among for i, part in enumerate(parts)}

    def figure(self, value: float, note: str = "") -> Figure:
        return Figure(float(value), self.contract.status, self.contract.source, self.contract.as_at, note)

    def one(self, name: str, label: str, value: float, clause: str, internal: bool = False) -> Assumed:
        return Assumed(name, label, unit_by_name(name), {None: self.figure(value)}, internal=internal, clause=clause)

    def yearly(self, name: str, label: str, values: Mapping[int, float] | None, clause: str, otherwise: float = 0) -> Assumed:
        figures: dict[int | None, Figure] = {year: self.figure((values or {}).get(year, otherwise)) for year in self.years}
        return Assumed(name, label, unit_by_name(name), figures, clause=clause)

    def assumptions(self) -> list[Assumed]:
        """Every term that holds for the whole contract, in the order of the steps."""
        contract, threshold, outcomes = self.contract, self.threshold, self.contract.outcomes
        losses = outcomes.losses
        months = {year: months / MONTHS for year, months in (contract.exclusions.months or {}).items()}
        one, yearly = self.one, self.yearly
        return [
            yearly("target_population_index", "Target adjusted for people", contract.target.population_index, "target.population_index", 1),
            yearly("target_case_mix_index", "Target adjusted for case mix", contract.target.case_mix_index, "target.case_mix_index", 1),
            yearly("target_price_index", "Target adjusted for prices", contract.target.price_index, "target.price_index", 1),
            yearly("target_efficiency_share", "Efficiency taken from the target", contract.target.efficiency_share, "target.efficiency_share"),
            yearly("actual_completion_index", "Actual cost completed for late data", contract.actual.completion_index, "actual.completion_index", 1),
            yearly("excluded_shock_gbp", "Agreed external shocks in the variance", contract.exclusions.shock_gbp, "exclusions.shock_gbp"),
            yearly("excluded_part_share", "Part of the year that does not count", months, "exclusions.months"),
            one("first_pound_flag", "Past the threshold, share from the first pound (1) or the excess only (0)", threshold.mode != "excess_only", "threshold.mode"),
            one("above_only_flag", "The threshold must be passed (1) or may be just met (0)", threshold.comparator == ">", "threshold.comparator"),
            one("gain_threshold_share", "Gain threshold, share of the target", threshold.gain_share, "threshold.gain_share"),
            one("loss_threshold_share", "Loss threshold, share of the target", threshold.loss_share, "threshold.loss_share"),
            one("gain_threshold_gbp", "Gain threshold, an amount", threshold.gain_gbp, "threshold.gain_gbp"),
            one("loss_threshold_gbp", "Loss threshold, an amount", threshold.loss_gbp, "threshold.loss_gbp"),
            yearly("threshold_persons", "People, for the threshold by number of people", threshold.persons, "threshold.persons"),
            one("below_threshold_share", "Part of a gain paid below the threshold", threshold.below_share, "threshold.below_share"),
            yearly("gain_phase_share", "Part of its gain an at-risk party is paid", contract.phase.gain_share if contract.phase else None, "phase.gain_share", 1),
            yearly("loss_phase_share", "Part of its loss an at-risk party bears", contract.phase.loss_share if contract.phase else None, "phase.loss_share", 1),
            one("outcome_counts_flag", "Gains depend on outcomes", outcomes.mode != "none", "outcomes.mode"),
            one("outcome_multiplies_flag", "A passed gate pays in proportion to the score (1) or in full (0)", outcomes.mode == "multiplier", "outcomes.mode"),
            one("outcome_ladder_flag", "A passed gate pays by the ladder", outcomes.mode == "ladder", "outcomes.mode", internal=True),
            one("outcome_gate_share", "Score needed to pass the outcome gate", outcomes.gate_share, "outcomes.gate_share"),
            yearly("outcome_score_share", "Outcome score" + (", as stated: not in use, the score follows from the indicators" if outcomes.indicators else ""), outcomes.score_share, "outcomes.score_share", 1),
            one("score_from_indicators_flag", "The score follows from the indicators", bool(outcomes.indicators), "outcomes.indicators", internal=True),
            yearly("outcome_standard_flag", "The standard judged outside the model is met", outcomes.standard_met, "outcomes.standard_met", 1),
            one("loss_by_outcome_flag", "The part of a loss that is borne depends on outcomes", losses is not None, "outcomes.losses"),
            one("loss_outcome_share", "How much a full score lowers the part of a loss that is borne", losses.steepness_share if losses else 0, "outcomes.losses.steepness_share"),
            one("loss_floor_share", "Least part of a loss that is borne", losses.floor_share if losses else 0, "outcomes.losses.floor_share"),
            one("loss_ceiling_share", "Most of a loss that is borne", losses.ceiling_share if losses else 1, "outcomes.losses.ceiling_share"),
            one("deduction_share", "Deduction from the gains of at-risk parties", contract.deduction_share, "deduction_share"),
            one("withhold_share", "Part of gains held back for a year", contract.withhold.share if contract.withhold else 0, "withhold.share"),
            one("withhold_if_passed_flag", "What is held back is released only if the next year's gate is passed", contract.withhold is not None and contract.withhold.released == "next_year_if_passed", "withhold.released", internal=contract.withhold is None),
            yearly("relief_share", "Relief of losses, part of the loss", contract.relief.share, "relief.share"),
            one("held_by_provider_flag", "Providers hold the variance (1) or payers do (0)", contract.variance_held_by == "provider", "variance_held_by"),
        ]  # fmt: skip

    def columns(self) -> list[Column]:
        """Every term that holds for single parties, sides, bands, indicators or lines of the budget."""
        return [
            *self._service_columns(),
            *self._pool_columns(),
            *self._outcome_columns(),
            *self._key_columns(),
            *self._band_columns(),
            *self._party_columns(),
        ]

    def column(self, name: str, keys: tuple[str, ...], figures: Figures) -> Column:
        return Column(name, keys, figures, "contract.yaml")

    def fixed(self, name: str, keys: tuple[str, ...], values: Mapping[Key, float]) -> Column:
        """A column whose figures are the same in all years."""
        return self.column(name, keys, {(key, None): self.figure(value) for key, value in values.items()})

    def _limits(self, name: str, flag: str, keys: tuple[str, ...], limits: Mapping[Key, float | None]) -> list[Column]:
        return [
            self.fixed(name, keys, {key: limit or 0 for key, limit in limits.items()}),
            self.fixed(flag, keys, {key: limit is not None for key, limit in limits.items()}),
        ]

    def _service_columns(self) -> list[Column]:
        contract, routes = self.contract, self.routes.columns
        stop_loss = contract.stop_loss
        above = f"Above {stop_loss.point_gbp:,.0f} a person" if stop_loss else ""
        excess = stop_loss.lines if stop_loss else []
        amounts: dict[str, Sequence[Amount]] = {
            "scope_change_gbp": contract.scope_changes,
            "target_excess_gbp": [Amount(**each.model_dump(include=_ROUTE), gbp=each.target_gbp, note=above) for each in excess],
            "actual_excess_gbp": [Amount(**each.model_dump(include=_ROUTE), gbp=each.actual_gbp, note=above) for each in excess],
            "disallowed_gbp": contract.actual.disallowed,
            "fee_gbp": contract.actual.fees,
        }
        keys = list(dict.fromkeys(zip(routes["setting"], routes["provider"], routes["payer"], strict=True)))
        found = []
        for name, given in amounts.items():
            stated = {each.key: each for each in given}
            figures: Figures = {}
            for key in keys:
                at = stated.get(key)
                for year in self.years if given else (None,):
                    figures[key, year] = self.figure(at.gbp[year] if at and year is not None else 0, at.note if at else "")
            found.append(self.column(name, ("setting", "provider", "payer"), figures))
        segments = dict.fromkeys(routes.get("segment", ()))
        return [*found, self.fixed("variation_share", ("segment",), {(name,): 0 for name in segments})]

    def _pool_columns(self) -> list[Column]:
        ranges = self.threshold.by_persons
        starts = [each.start for each in ranges] + [0.0]
        by_range: dict[str, Sequence[float]] = {
            "range_from_persons": starts[:-1],
            "range_to_persons": [each.end or 0 for each in ranges],
            "range_before_persons": starts[1:],
            "range_bounded_flag": [each.end is not None for each in ranges],
            "share_at_start_share": [each.at_start for each in ranges],
            "share_at_end_share": [each.at_start if each.at_end is None else each.at_end for each in ranges],
        }
        found = [
            self.fixed(name, ("people_range",), {(key,): value for key, value in zip(self.ranges, values, strict=True)})
            for name, values in by_range.items()
        ]
        found.append(self.fixed("side_sign_index", ("side",), {("gain",): 1, ("loss",): -1}))
        caps: dict[str, PoolCap] = {cap.side: cap for cap in self.contract.pool_caps}
        for base, name, flag in _POOL_BASES:
            found += self._limits(name, flag, ("side",), {(side,): getattr(caps.get(side), base, None) for side in SIDES})
        return found

    def _outcome_columns(self) -> list[Column]:
        indicators = self.contract.outcomes.indicators
        rungs = list(zip(self.rungs, self.contract.outcomes.ladder, strict=True))
        once: dict[str, Sequence[float]] = {
            "indicator_weight_number": [each.weight for each in indicators],
            "indicator_baseline_share": [each.baseline_share for each in indicators],
            "indicator_target_share": [each.target_share for each in indicators],
            "indicator_all_or_nothing_flag": [each.all_or_nothing for each in indicators],
            "indicator_smallest_number": [each.smallest_number for each in indicators],
        }
        by_year: dict[str, Figures] = {
            name: {} for name in ("indicator_numerator_number", "indicator_denominator_number", "indicator_recorded_flag")
        }
        for each in indicators:
            for year in self.years:
                reading = each.results[year]
                values = (reading.numerator or 0, reading.denominator or 0, not reading.late)
                for figures, value in zip(by_year.values(), values, strict=True):
                    figures[(each.id,), year] = self.figure(value)
        return [
            *(
                self.fixed(name, ("indicator",), {(each.id,): value for each, value in zip(indicators, values, strict=True)})
                for name, values in once.items()
            ),
            *(self.column(name, ("indicator",), figures) for name, figures in by_year.items()),
            self.fixed("rung_score_share", ("rung",), {(name,): rung.at_least for name, rung in rungs}),
            self.fixed("rung_release_share", ("rung",), {(name,): rung.share for name, rung in rungs}),
        ]

    def _key_columns(self) -> list[Column]:
        distribution = self.contract.distribution
        weights = distribution.weights if distribution else {}
        parts = zip(self.key_parts, distribution.parts if distribution else [], strict=True)
        cells = [
            (part, party, factor) for part, factors in self.key_parts.items() for party in self.key_members[part] for factor in factors
        ]
        stated: dict[Key, float] = {cell: 1.0 if cell[2] in (EQUAL, INCOME) else weights[cell[2]][cell[1]] for cell in cells}
        keys = ("key_part", "party", "factor")
        return [
            self.fixed("key_part_share", ("key_part",), {(name,): part.share for name, part in parts}),
            self.fixed("factor_weight_number", keys, stated),
            self.fixed("factor_is_income_flag", keys, {cell: cell[2] == INCOME for cell in cells}),
        ]

    def _band_columns(self) -> list[Column]:
        bands = {(side, f"band_{i + 1}"): band for side in SIDES for i, band in enumerate(self.contract.bands_of(side))}
        keys = ("side", "band")
        return [
            self.fixed("band_lower_share", keys, {key: band.lower for key, band in bands.items()}),
            self.fixed("band_upper_share", keys, {key: band.upper or 0 for key, band in bands.items()}),
            self.fixed("band_bounded_flag", keys, {key: band.upper is not None for key, band in bands.items()}),
            self.fixed("band_providers_share", keys, {key: band.shares.get(PROVIDERS, 0) for key, band in bands.items()}),
            self.fixed(
                "band_party_share",
                (*keys, "party"),
                {(*key, party): band.shares.get(party, 0) for key, band in bands.items() for party in self.parties},
            ),
        ]

    def _party_columns(self) -> list[Column]:
        contract = self.contract
        found = [
            self.fixed("at_risk_flag", ("party",), {(party,): contract.parties[party].at_risk for party in self.parties}),
            *(self.fixed(f"{step}_step_flag", ("step",), {(other,): other == step for other in contract.order}) for step in STEP_LABELS),
            self._by_party("relief_gbp", contract.relief.gbp),
            self._by_party("on_account_gbp", contract.on_account_gbp),
        ]
        keys = [(party, side) for party in self.parties for side in SIDES]
        caps: dict[Key, Cap] = {(cap.party, cap.side): cap for cap in contract.caps}
        for base, name, flag in _BASES:
            found += self._limits(name, flag, ("party", "side"), {key: getattr(caps.get(key), base, None) for key in keys})
        banks = {key: cap.brought_forward_gbp for key, cap in caps.items() if cap.carries}
        expires, first = contract.carry_forward.expires_after_years, self.years[0] - 1
        due = {(origin, year): expires is not None and origin + expires <= year for origin in (first, *self.years) for year in self.years}
        brought: Figures = {(key, year): self.figure(due[first, year]) for key in banks for year in self.years}
        origins: Figures = {((*key, str(o)), year): self.figure(due[o, year]) for key in banks for o in self.years for year in self.years}
        return [
            *found,
            self.fixed("brought_forward_gbp", ("party", "side"), banks),
            self.fixed("carries_flag", ("party", "side"), {key: caps[key].carry_forward for key in banks}),
            self.column("brought_due_flag", ("party", "side"), brought),
            self.column("origin_due_flag", ("party", "side", "origin"), origins),
        ]

    def _by_party(self, name: str, given: Mapping[str, Mapping[int, float]]) -> Column:
        figures: Figures = {}
        for party in self.parties:
            for year in self.years if given else (None,):
                figures[(party,), year] = self.figure(given.get(party, {}).get(year, 0) if year is not None else 0)
        return self.column(name, ("party",), figures)


_ROUTE = {"setting", "provider", "payer"}
_BASES = (
    ("amount_gbp", "cap_gbp", "cap_gbp_flag"),
    ("share_of_target", "cap_of_target_share", "cap_of_target_flag"),
    ("share_of_income", "cap_of_income_share", "cap_of_income_flag"),
)
_POOL_BASES = (
    ("amount_gbp", "pool_cap_gbp", "pool_cap_gbp_flag"),
    ("share_of_target", "pool_cap_of_target_share", "pool_cap_of_target_flag"),
)

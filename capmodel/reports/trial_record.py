"""Plans under uncertainty and efficient frontiers as rows for CSV. Nothing is worked out here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised

Row = dict[str, Any]


def trial_rows(found: Optimised) -> dict[str, list[Row]]:
    """One row a plan under uncertainty, one a case, one a budget and one a plan between two perspectives; by the ending of their file."""
    return {
        "options-plans": _plans(found),
        "options-cases": _cases(found),
        "options-budgets": _budgets(found),
        "options-between": _between(found),
    }


def _plans(found: Optimised) -> list[Row]:
    uncertain = found.tried.uncertain
    return [
        {
            "rule": plan.rule,
            "options": " ".join(plan.options),
            "objective_gbp": plan.objective_gbp,
            "bound_gbp": plan.bound_gbp,
            "gap_share": plan.gap_share,
            "proved": int(plan.proved),
            "mean_gbp": plan.mean_gbp,
            "shortfall_gbp": plan.shortfall_gbp,
            "blend_gbp": plan.blend_gbp,
            "protected_gbp": plan.protected_gbp,
            "worst_gbp": plan.worst_gbp,
            "worst_case": plan.worst_case,
            "failing": " ".join(plan.failing),
            "level": uncertain.level,
            "blend_weight": uncertain.blend_weight,
            "failures": uncertain.failures,
        }
        for plan in uncertain.plans
    ] or [{"rule": "", "options": ""}]


def _cases(found: Optimised) -> list[Row]:
    uncertain = found.tried.uncertain
    return [
        {
            "case": case.name,
            "weight_share": case.weight,
            "required": int(case.required),
            "possible": int(case.possible),
            **{f"{plan.rule}_gbp": plan.values_gbp[i] for plan in uncertain.plans},
            **{f"{plan.rule}_kept": int(plan.kept[i]) for plan in uncertain.plans},
        }
        for i, case in enumerate(uncertain.cases)
    ]


def _budgets(found: Optimised) -> list[Row]:
    years = found.result.place.pack.years
    return [
        {
            "factor": point.factor,
            **{f"budget_{year}_gbp": value for year, value in zip(years, point.budget_gbp, strict=True)},
            "options": " ".join(point.options),
            "objective_gbp": point.objective_gbp,
            "bound_gbp": point.bound_gbp,
            "gap_share": point.gap_share,
            "proved": int(point.proved),
            **{f"cost_{year}_gbp": value for year, value in zip(years, point.cost_gbp or [None] * len(years), strict=True)},
            "added": " ".join(point.added),
            "dropped": " ".join(point.dropped),
            "more_budget_gbp": point.more_budget_gbp,
            "gained_gbp": point.gained_gbp,
            "pound_buys_gbp": point.pound_buys_gbp,
        }
        for point in found.tried.budgets.points
    ]


def _between(found: Optimised) -> list[Row]:
    between = found.tried.between
    return [
        {
            "first": between.first,
            "second": between.second,
            "first_gbp": point.first_gbp,
            "second_gbp": point.second_gbp,
            "options": " ".join(point.options),
            "supported": int(point.supported),
            "weight_share": point.weight_share,
            "present": int(point.present),
            "proved": int(point.proved),
        }
        for point in between.points
    ] or [{"first": between.first, "second": between.second}]

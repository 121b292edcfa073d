"""Need from a regression on person-level data: what people like these cost, with supply held at the mean.

Three families: `ordinary` (least squares, by numpy), `two_part` (whether anything is spent, by logistic regression, times how much,
by a gamma model with a logarithmic link) and `tweedie` (both at once), the last two by scikit-learn, which comes with the extra
`fit`. Columns of supply (beds near by, distance to a hospital) stand in the fit, so that need is not blamed for what supply does,
and are held at their mean when need is predicted, so that nobody is paid for them. The fit is measured on people held out.
"""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.rows import Floats, Positions
from capmodel.capitation.fit import Fit, held_out, measure
from capmodel.capitation.fitting.release import OF_COEFFICIENTS, plain
from capmodel.capitation.need import Fallback, Need, Origin, Paid, by_group, floor_people, how, settle
from capmodel.errors import BadInput, CapmodelError, Problem

BASIS = "regression on person-level data"
Family = Literal["ordinary", "two_part", "tweedie"]
Predict = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Given:
    """One row a person and year: who, in which group, for how long, at what cost, and what may explain it.

    `group` is the number of the person's segment or locality in the order paid. `cost_gbp` is what was spent in the time there; it is
    made annual here. `need` and `supply` are columns of numbers, one figure a person, without an intercept. `by` are groupings to
    show predictive ratios by, and `apart` says of those held out who is in a group of their own in each. `power` is that of the Tweedie
    variance, between 1 and 2.
    """

    person: NDArray[Any]
    group: Positions
    person_years: Floats
    cost_gbp: Floats
    need: Mapping[str, Floats]
    supply: Mapping[str, Floats] = field(default_factory=dict)
    by: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    apart: NDArray[np.bool_] | None = None
    family: Family = "ordinary"
    power: float = 1.5
    seed: int = 1
    held_out_share: float = 0.2


@dataclass(frozen=True)
class Fitted:
    """A fitted model: its coefficients by column in pounds (`ordinary`) or on the scale of its links, and how to predict."""

    coefficients: Mapping[str, Mapping[str, float]]
    predict: Predict
    library: str


def work_out(paid: Paid, given: Given, origin: Origin, fallback: Fallback | None = None) -> Need:
    """The need index of each group: the average prediction of its people, supply held at the mean, over everybody's.

    The model is fitted without the people held out, and measured on them with supply as it is. Predictions below zero are
    floored and the rest scaled back to the same total, and the need says how many and how many pounds.

    Raises:
        BadInput: data that cannot be fitted, with every problem; a model that does not settle.
        CapmodelError: scikit-learn is needed and not installed.

    >>> person, ill = np.arange(400), np.arange(400) % 4 == 0
    >>> cost = 500.0 + 3000.0 * ill + np.where(person % 8 < 4, 100.0, -100.0)
    >>> paid = Paid("segment", ("well", "ill"), np.array([300.0, 100.0]), "2026/27")
    >>> given = Given(person, ill.astype(np.intp), np.ones(400), cost, {"ill": ill.astype(float)})
    >>> need = work_out(paid, given, Origin("concurrent", "2025/26", "illustrative", "worked by hand"))
    >>> need.need_index.round(1).tolist(), need.how.status
    ([0.4, 2.8], 'fitted')
    """
    _check(paid, given)
    names = [*given.need, *given.supply]
    columns = np.column_stack([np.asarray(column, dtype=float) for column in (*given.need.values(), *given.supply.values())])
    y, w = given.cost_gbp / given.person_years, given.person_years
    test = held_out(given.person, given.seed, given.held_out_share)
    if not test.any() or test.all():
        raise BadInput([Problem("held-out people", "there are none, or nobody else", "the fit cannot be measured", "Change the share")])
    _tell_apart(names, columns[~test], w[~test])
    model = FAMILIES[given.family](names, columns[~test], y[~test], w[~test], given.power)
    fit = _measured(model, columns, y, w, test, given)
    at_mean = columns.copy()
    for i in range(len(given.need), len(names)):
        at_mean[:, i] = np.average(columns[:, i], weights=w)
    prediction, floor = floor_people(_finite(model.predict(at_mean)), w, "GBP/persons", origin)
    data = (names, columns, given.person, given.group, given.person_years, given.cost_gbp)
    settings = {"family": given.family, "held_out_share": given.held_out_share, "supply_at_mean": ", ".join(given.supply) or "none"}
    if given.family == "tweedie":
        settings["power"] = given.power
    provenance = how(
        "regression", BASIS, paid, origin, data, model.library, seed=given.seed, status="fitted", **settings, **_described(model)
    )
    return settle(paid, by_group(paid, given.group, w, prediction), "GBP/persons", provenance, fallback, floor, fit)


def _measured(model: Fitted, columns: Floats, y: Floats, w: Floats, test: NDArray[np.bool_], given: Given) -> Fit:
    """The fit on those held out, with supply as it is and predictions floored as they will be."""
    prediction = np.maximum(_finite(model.predict(columns[test])), 0)
    return measure(y[test], prediction, w[test], {name: group[test] for name, group in given.by.items()}, apart=given.apart)


def _described(model: Fitted) -> dict[str, str]:
    """The coefficients, coarse: with every digit, who has the need of a small group could be searched for."""
    return {part: ", ".join(f"{name} {plain(value, OF_COEFFICIENTS)}" for name, value in found.items()) for part, found in model.coefficients.items()}  # fmt: skip


def _finite(prediction: Floats) -> Floats:
    if not np.isfinite(prediction).all():
        raise BadInput([Problem("regression", "a prediction is no number", "a column is far out of range", "Check the columns")])
    return prediction


def _check(paid: Paid, given: Given) -> None:
    """Everything wrong with the data of the fit, in one report."""
    problems = []
    count = len(given.person)
    columns = {
        "group": given.group,
        "person_years": given.person_years,
        "cost_gbp": given.cost_gbp,
        **given.need,
        **given.supply,
        **given.by,
    }
    for name, values in columns.items():
        if len(values) != count:
            problems.append(
                Problem(f"column {name}", f"it has {len(values)} figures for {count} people", "each has one", "Give one a person")
            )
        elif name not in given.by and not np.isfinite(np.asarray(values, dtype=float)).all():
            problems.append(
                Problem(
                    f"column {name}",
                    f"{int((~np.isfinite(np.asarray(values, dtype=float))).sum())} of its figures are missing or no number",
                    "missing is not zero and not health",
                    "Fill it by a rule, and add a column that says where it was missing",
                )
            )
    for name in set(given.need) & set(given.supply):
        problems.append(Problem(f"column {name}", "it is both need and supply", "only one can be held at the mean", "Choose one"))
    if not given.need:
        problems.append(Problem("need", "there is no column of need", "everybody would be alike", "Add one"))
    if given.family not in FAMILIES:
        problems.append(Problem("family", f"there is no family {given.family!r}", "a fit has one", f"Use one of: {', '.join(FAMILIES)}"))
    if given.family == "tweedie" and not 1 < given.power < 2:
        problems.append(
            Problem("power", f"it is {given.power:g}", "costs with many zeros lie between 1 and 2", "Choose one between, as 1.5")
        )
    if not problems:
        if (given.person_years <= 0).any():
            problems.append(
                Problem("column person_years", "some are not above zero", "annual cost cannot be worked out", "Leave those people out")
            )
        if given.family != "ordinary" and (given.cost_gbp < 0).any():
            problems.append(
                Problem("column cost_gbp", "some are below zero", f"a {given.family} model has none", "Correct them, or use ordinary")
            )
        if (given.group < 0).any() or (given.group >= len(paid.ids)).any():
            problems.append(Problem("column group", "somebody is in no group", "their need would be lost", f"Use 0 to {len(paid.ids) - 1}"))
        if count <= len(given.need) + len(given.supply) + 1:
            problems.append(Problem("people", f"there are only {count}", "there are more coefficients", "Use fewer columns"))
    if problems:
        raise BadInput(problems)


def _tell_apart(names: list[str], columns: Floats, w: Floats) -> None:
    """Refuse columns that are sums of others: their effects cannot be distinguished, least of all need's from supply's."""
    problems = []
    scaled = _standard(columns, w)[0] * np.sqrt(w)[:, None]
    gram = scaled.T @ scaled / w.sum()
    kept: list[int] = []
    for i, name in enumerate(names):
        left = gram[i, i]
        if kept:
            of_kept = gram[np.ix_(kept, kept)]
            left -= gram[i, kept] @ np.linalg.lstsq(of_kept, gram[kept, i], rcond=None)[0]
        if left < 1e-9:
            problems.append(
                Problem(
                    f"column {name}",
                    "it is the same for all, or follows from columns before it",
                    "its effect cannot be distinguished from theirs",
                    "Leave it out (of bands that cover everybody, leave out one)",
                )
            )
        else:
            kept.append(i)
    if problems:
        raise BadInput(problems)


def _standard(columns: Floats, w: Floats) -> tuple[Floats, Floats, Floats]:
    """Columns with mean zero and spread 1, which fits settle on best; the means and spreads."""
    centre = np.average(columns, axis=0, weights=w)
    spread = np.sqrt(np.average((columns - centre) ** 2, axis=0, weights=w))
    # A column that is the same for all has a spread of a rounding error, which must not be made 1.
    flat = spread <= 1e-9 * np.abs(columns).max(axis=0)
    spread = np.where(flat, 1.0, spread)
    return np.where(flat, 0.0, (columns - centre) / spread), centre, spread


# ------------------------------------------------------------------ the families


def _ordinary(names: list[str], columns: Floats, y: Floats, w: Floats, _: float) -> Fitted:
    scaled, centre, spread = _standard(columns, w)
    root = np.sqrt(w)
    found, *_rest = np.linalg.lstsq(np.column_stack([np.ones(len(y)), scaled]) * root[:, None], y * root, rcond=None)
    slope = found[1:] / spread
    intercept = float(found[0] - slope @ centre)
    coefficients = {"intercept": intercept, **dict(zip(names, slope.tolist(), strict=True))}
    return Fitted({"gbp": coefficients}, lambda given: intercept + given @ slope, "numpy")


def _two_part(names: list[str], columns: Floats, y: Floats, w: Floats, _: float) -> Fitted:
    linear = _library()
    scaled, centre, spread = _standard(columns, w)
    spent = y > 0
    if spent.all() or not spent.any():
        raise BadInput([Problem("column cost_gbp", "everybody or nobody costs something", "there are no two parts", "Use another family")])
    whether = _settled(lambda: linear.LogisticRegression(C=np.inf, max_iter=1000, tol=1e-8).fit(scaled, spent, sample_weight=w))
    unit = float(np.average(y[spent], weights=w[spent]))
    how_much = _settled(
        lambda: linear.GammaRegressor(alpha=0, max_iter=1000, tol=1e-8, solver="newton-cholesky").fit(
            scaled[spent], y[spent] / unit, sample_weight=w[spent]
        )
    )

    def predict(given: Floats) -> Floats:
        z = (given - centre) / spread
        gbp: Floats = whether.predict_proba(z)[:, 1] * how_much.predict(z) * unit
        return gbp

    return Fitted(
        {
            "whether": _link(names, float(whether.intercept_[0]), whether.coef_[0], centre, spread),
            "how_much": _link(names, float(how_much.intercept_ + np.log(unit)), how_much.coef_, centre, spread),
        },
        predict,
        "scikit-learn",
    )


def _tweedie(names: list[str], columns: Floats, y: Floats, w: Floats, power: float) -> Fitted:
    linear = _library()
    scaled, centre, spread = _standard(columns, w)
    unit = float(np.average(y, weights=w))
    if not unit > 0:
        raise BadInput([Problem("column cost_gbp", "nobody costs anything", "there is nothing to fit", "Check the column")])
    model = _settled(
        lambda: linear.TweedieRegressor(power=power, alpha=0, link="log", max_iter=1000, tol=1e-8, solver="newton-cholesky").fit(
            scaled, y / unit, sample_weight=w
        )
    )

    def predict(given: Floats) -> Floats:
        gbp: Floats = model.predict((given - centre) / spread) * unit
        return gbp

    return Fitted({"log": _link(names, float(model.intercept_ + np.log(unit)), model.coef_, centre, spread)}, predict, "scikit-learn")


FAMILIES: Mapping[str, Callable[[list[str], Floats, Floats, Floats, float], Fitted]] = {
    "ordinary": _ordinary,
    "two_part": _two_part,
    "tweedie": _tweedie,
}


def _link(names: list[str], intercept: float, slopes: Floats, centre: Floats, spread: Floats) -> dict[str, float]:
    """Coefficients on the scale of the link, for the columns as they were given."""
    slope = np.asarray(slopes) / spread
    return {"intercept": float(intercept - slope @ centre), **dict(zip(names, slope.tolist(), strict=True))}


def _library() -> Any:
    if importlib.util.find_spec("sklearn") is None:
        raise CapmodelError("two-part and Tweedie models are fitted with scikit-learn, which is not here. Run: pip install 'capmodel[fit]'")
    return importlib.import_module("sklearn.linear_model")


def _settled(fitting: Callable[[], Any]) -> Any:
    """A fitted model; one that did not settle is refused, never shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return fitting()
        except (Warning, ValueError, np.linalg.LinAlgError) as error:
            reason = str(error).strip().splitlines()[0]
            raise BadInput(
                [
                    Problem(
                        "regression",
                        f"the fit did not settle ({reason})",
                        "its coefficients mean nothing",
                        "Use fewer columns, or ordinary",
                    )
                ]
            ) from None

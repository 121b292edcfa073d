"""Ways to a need index on the people of an extract, each measured in pounds on the same people held out.

`segment_prices` is always there to compare with. `regression`, `cost_curves`, `scores:MODEL[:SET]`, `scores:column` (the extract's own
score) and `weights:FILE.csv` are asked for by name. What a way knows of cost, it knows from the people who are not held out;
points become pounds by what a point costs among those. The index itself is worked out in `need`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.rows import Floats, Places
from capmodel.assumptions.keyed_table import read_keyed
from capmodel.capitation.fit import held_out, measure
from capmodel.capitation.need import Fallback, Need, Origin, cost_curves, regression, scores, segment_prices, weights
from capmodel.capitation.people_figures import BANDS, PeopleFigures
from capmodel.capitation.score_models.people import pack, score_people
from capmodel.capitation.score_models.read import ScoreModel, model_names, read_model
from capmodel.capitation.score_models.tables import own_bits, ready
from capmodel.errors import BadInput, Problem

#: The fewest people to fit on in a cell of a cost curve, below which the curve does without deprivation. Illustrative.
FEWEST_OF_CELL = 30
HELD_OUT_SHARE = 0.2


@dataclass(frozen=True)
class How:
    """What a way needs to know beside the people.

    `partial` allows a score some of whose conditions the extract does not record; `fallback` gives empty segments their index by name.
    """

    family: regression.Family
    seed: int
    origin: Origin
    partial: bool = False
    fallback: Fallback | None = None


@dataclass(frozen=True)
class WayNeed:
    """A need index by one way, with its fit on the people held out, and what a reader must know of it."""

    way: str
    need: Need
    notes: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """The way as a name of a column."""
        kind, _, rest = self.way.partition(":")
        return "_".join([kind, *(Path(part).stem for part in rest.split(":") if part)]).replace("-", "_").lower()


def work_out(way: str, people: PeopleFigures, how: How) -> WayNeed:
    """A need index of the people's segments by the way of that name.

    Raises:
        BadInput: there is no such way, or it cannot be worked out from what the extract holds.
    """
    name, _, rest = way.partition(":")
    if name not in WAYS or bool(rest) != (name in ("scores", "weights")):
        told = "Use one of: regression, cost_curves, segment_prices, scores:MODEL, scores:MODEL:SET, scores:column, weights:FILE.csv"
        raise BadInput([Problem(f"--need {way}", f"there is no way {way!r}", "need is worked out in one of the ways there are", told)])
    return replace(WAYS[name](rest, people, how), way=way)


def are_held_out(people: PeopleFigures, seed: int) -> NDArray[np.bool_]:
    """Who is held out, whatever the way."""
    return held_out(people.person, seed, HELD_OUT_SHARE)


def _measured(need: Need, people: PeopleFigures, points: Floats, seed: int) -> Need:
    """The need with its fit: points made pounds by what a point costs among those who are not held out."""
    test, years = are_held_out(people, seed), people.years
    known = float((years * points)[~test].sum())
    if not known > 0:
        raise BadInput([Problem(need.how.method, "nobody has any need", "it says nothing about cost", "Check the columns")])
    pounds = points * (float(people.cost_gbp[~test].sum()) / known)
    by = {name: group[test] for name, group in people.by.items()}
    return replace(need, fit=measure(people.annual_gbp[test], pounds[test], years[test], by))


def _average(people: PeopleFigures, cell: Places, cells: int, seed: int) -> tuple[Floats, Places]:
    """Pounds a person-year by cell among those who are not held out (not a number where there are none), and how many they are."""
    kept = ~are_held_out(people, seed)
    time = np.bincount(cell[kept], people.years[kept], cells)
    spent = np.bincount(cell[kept], people.cost_gbp[kept], cells)
    return np.divide(spent, time, out=np.full(cells, np.nan), where=time > 0), np.bincount(cell[kept], minlength=cells)


# ------------------------------------------------------------------ the ways


def _prices(_: str, people: PeopleFigures, how: How) -> WayNeed:
    """What a segment costs now; somebody of a segment with nobody to learn from is taken at the average of all."""
    paid = people.paid
    spent = np.bincount(people.group, people.cost_gbp, len(paid.ids))
    price = {name: float(spent[i] / paid.person_years[i]) for i, name in enumerate(paid.ids) if paid.person_years[i] > 0}
    need = segment_prices.work_out(paid, segment_prices.Given(price), how.origin, how.fallback)
    average, _count = _average(people, people.group, len(paid.ids), how.seed)
    learned = np.where(np.isnan(average), people.cost_gbp.sum() / people.years.sum(), average)
    return WayNeed("segment_prices", _measured(need, people, learned[people.group], how.seed))


def _regression(_: str, people: PeopleFigures, how: How) -> WayNeed:
    """What people like these cost, supply held at its mean."""
    columns, left_out = people.columns
    given = regression.Given(
        person=people.person,
        group=people.group,
        person_years=people.years,
        cost_gbp=people.cost_gbp,
        need=columns,
        supply=people.supply,
        by=people.by,
        family=how.family,
        seed=how.seed,
        held_out_share=HELD_OUT_SHARE,
    )
    notes = [f"left out, since fewer than {max(people.fewest, 1)} people differ by them: {', '.join(left_out)}"] if left_out else []
    notes += [f"held at the mean: {', '.join(people.supply)}"] if people.supply else []
    return WayNeed("regression", regression.work_out(people.paid, given, how.origin, how.fallback), tuple(notes))


def _curves(_: str, people: PeopleFigures, how: How) -> WayNeed:
    """What people of the same age, sex and, where there are enough of them, decile of deprivation cost."""
    sexes = ("F", "M", "not known")
    alike = people.band * 3 + people.sex % 3
    fine = alike * 11 + people.decile
    cell, deciles = (fine, True) if people.decile.any() else (alike, False)
    used, at = np.unique(cell, return_inverse=True)
    cost, count = _average(people, at, len(used), how.seed)
    if deciles and count.min() < FEWEST_OF_CELL:
        deciles = False
        used, at = np.unique(alike, return_inverse=True)
        cost, count = _average(people, at, len(used), how.seed)
    names = []
    for code in used.tolist():
        of, decile = divmod(code, 11) if deciles else (code, None)
        label = (f"from {BANDS[of // 3]}", sexes[of % 3])
        names.append(label if decile is None else (*label, f"decile {decile or 'not known'}"))
    bare = [", ".join(name) for name, number in zip(names, count.tolist(), strict=True) if not number]
    if bare:
        what = f"there is nobody to learn from in {'; '.join(bare)}"
        raise BadInput([Problem("cost_curves", what, "a curve needs people in every cell", "Use more people, or another --seed")])
    ids = people.paid.ids
    years = np.bincount(people.group * len(used) + at, people.years, len(ids) * len(used)).astype(float).reshape(len(ids), len(used))
    need = cost_curves.work_out(people.paid, cost_curves.Given(tuple(names), cost, years), how.origin, how.fallback)
    kind = "by age, sex and deprivation" if deciles else "by age and sex"
    return WayNeed("cost_curves", _measured(need, people, cost[at], how.seed), (f"curve of this extract {kind}",))


def _scores(rest: str, people: PeopleFigures, how: How) -> WayNeed:
    """A score model over the conditions the extract records, or the score that comes with it."""
    if rest == "column":
        given = scores.Given(people.group, people.years, people.score, "the extract's own score")
        need = scores.work_out(people.paid, given, how.origin, how.fallback)
        return WayNeed("scores", _measured(need, people, np.maximum(people.score, 0), how.seed))
    name, *sets = rest.split(":", 1)
    model, set_name = read_model(_whole_name(name)), sets[0] if sets else None
    weighted = model.weights(set_name)
    missing = _missing(model, people, how.partial)
    bit = own_bits(model, set_name)
    made = ready(model, set_name, bit)
    mask = pack({one: people.flags[one] for one in model.conditions if one in people.flags and one in bit}, bit)
    if weighted.age_sex or weighted.factors:
        unknown = int((people.sex < 0).sum())
        if unknown:
            what = f"the sex of {unknown:,} people is not known, and weights differ by it"
            raise BadInput([Problem(f"--need scores:{rest}", what, "a score is never guessed", "Map sex in persons.yaml")])
    score = score_people(made, mask, people.age, people.sex)
    scored = scores.Given(people.group, people.years, model=made, mask=mask, age=people.age, sex=people.sex)
    need = scores.work_out(people.paid, scored, how.origin, how.fallback)
    notes = (f"{len(missing)} of {len(model.conditions)} conditions are not recorded: {', '.join(missing)}",) if missing else ()
    return WayNeed("scores", _measured(need, people, np.maximum(score, 0), how.seed), notes)


def _whole_name(name: str) -> str:
    """A model's name from its beginning, where only one begins so."""
    begin = [each for each in model_names() if each.startswith(name)]
    return begin[0] if len(begin) == 1 else name


def _missing(model: ScoreModel, people: PeopleFigures, partial: bool) -> list[str]:
    """The conditions of a model that the extract does not record; refused unless a part of the score will do."""
    missing = [name for name in model.conditions if name not in people.flags]
    where = f"--need scores:{model.name}"
    if len(missing) == len(model.conditions):
        told = f"Say with --conditions which column each is: {', '.join(missing[:8])}{', ...' if len(missing) > 8 else ''}"
        raise BadInput([Problem(where, "the extract records none of its conditions", "everybody would score alike", told)])
    if missing and not partial:
        what = f"the extract does not record {len(missing)} of its {len(model.conditions)} conditions: {', '.join(missing)}"
        told = "Say with --conditions which column each is, or take the part that is recorded with --partial"
        raise BadInput([Problem(where, what, "absence would be read as health", told)])
    return missing


def _weights(rest: str, people: PeopleFigures, how: How) -> WayNeed:
    """Weights by segment that somebody else worked out."""
    path, ids = Path(rest), people.paid.ids
    given = read_keyed(path, "segment", ids, "weight")["weight"]
    need = weights.work_out(people.paid, weights.Given(given, path.name), how.origin, how.fallback)
    return WayNeed("weights", _measured(need, people, np.array([given.get(name, 0.0) for name in ids])[people.group], how.seed))


WAYS: Mapping[str, Callable[[str, PeopleFigures, How], WayNeed]] = {
    "segment_prices": _prices,
    "regression": _regression,
    "cost_curves": _curves,
    "scores": _scores,
    "weights": _weights,
}


def suspect_columns(people: PeopleFigures) -> dict[str, Any]:
    """The columns that are looked at where a fit is too good to be true."""
    own = {"score": people.score} if np.isfinite(people.score).all() else {}
    return {**people.columns[0], **own}

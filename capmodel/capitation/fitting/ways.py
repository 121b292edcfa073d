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

from capmodel.algebra.rows import Floats, Positions
from capmodel.assumptions.keyed_table import read_keyed
from capmodel.capitation.fit import held_out, measure
from capmodel.capitation.fitting.columns import columns_of
from capmodel.capitation.fitting.people import BANDS, PeopleFigures
from capmodel.capitation.fitting.release import POOLED, apart
from capmodel.capitation.need import Fallback, Need, Origin, cost_curves, regression, scores, segment_prices, weights
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
        remedy = "Use one of: regression, cost_curves, segment_prices, scores:MODEL, scores:MODEL:SET, scores:column, weights:FILE.csv"
        raise BadInput([Problem(f"--need {way}", f"there is no way {way!r}", "need is worked out in one of the ways there are", remedy)])
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
    few = apart(people.group, people.paid.ids, test, people.fewest)
    return replace(need, fit=measure(people.annual_gbp[test], pounds[test], years[test], by, apart=few))


def _average(people: PeopleFigures, cell: Positions, cells: int, seed: int) -> tuple[Floats, Positions]:
    """Pounds a person-year by cell among those who are not held out (not a number where there are none), and how many they are."""
    kept = ~are_held_out(people, seed)
    time = np.bincount(cell[kept], people.years[kept], cells)
    spent = np.bincount(cell[kept], people.cost_gbp[kept], cells)
    return np.divide(spent, time, out=np.full(cells, np.nan), where=time > 0), np.bincount(cell[kept], minlength=cells)


# ------------------------------------------------------------------ the ways


def _prices(_: str, people: PeopleFigures, how: How) -> WayNeed:
    """What a segment costs now; somebody of a segment with nobody to learn from is taken at the average of all.

    The price is that of `segment`, of people without a month or without a record of the year before too: a price of other people beside
    it would disclose by the difference what those few cost.
    """
    paid = people.paid
    price = {name: value for name, value in zip(paid.ids, people.price_gbp.tolist(), strict=True) if value == value}
    need = segment_prices.work_out(paid, segment_prices.Given(price), how.origin, how.fallback)
    average, _count = _average(people, people.group, len(paid.ids), how.seed)
    learned = np.where(np.isnan(average), people.cost_gbp.sum() / people.years.sum(), average)
    return WayNeed("segment_prices", _measured(need, people, learned[people.group], how.seed))


def _regression(_: str, people: PeopleFigures, how: How) -> WayNeed:
    """What people like these cost, supply held at its mean."""
    test = are_held_out(people, how.seed)
    fitted_on = ~test & (people.cost_gbp > 0) if how.family == "two_part" else ~test
    columns, supply, left_out = columns_of(people, fitted_on)
    given = regression.Given(
        person=people.person,
        group=people.group,
        person_years=people.years,
        cost_gbp=people.cost_gbp,
        need=columns,
        supply=supply,
        by=people.by,
        apart=apart(people.group, people.paid.ids, test, people.fewest),
        family=how.family,
        seed=how.seed,
        held_out_share=HELD_OUT_SHARE,
    )
    notes = [f"left out, since fewer than {max(people.fewest, 1)} people carry them: {', '.join(left_out)}"] if left_out else []
    notes += [f"held at the mean: {', '.join(supply)}"] if supply else []
    notes += people.unused
    return WayNeed("regression", regression.work_out(people.paid, given, how.origin, how.fallback), tuple(notes))


def _curves(_: str, people: PeopleFigures, how: How) -> WayNeed:
    """What people of the same age, sex where it is known and, where there are enough of them, decile of deprivation cost."""
    by_sex = bool((people.sex >= 0).any())
    alike = people.band * 3 + people.sex % 3 if by_sex else people.band * 3
    fine = alike * 11 + people.decile
    used, at = np.unique(fine if people.decile.any() else alike * 11, return_inverse=True)
    cost, count = _average(people, at, len(used), how.seed)
    deciles, notes = bool(people.decile.any()), list(people.unused)
    if deciles and count.min() < FEWEST_OF_CELL:
        deciles = False
        notes.append(f"deprivation is not used: with it a cell has fewer than {FEWEST_OF_CELL} people to learn from")
        used, at = np.unique(alike * 11, return_inverse=True)
        cost, count = _average(people, at, len(used), how.seed)
    cost = _of_enough(people, how, used, cost, count)
    ids = people.paid.ids
    years = np.bincount(people.group * len(used) + at, people.years, len(ids) * len(used)).astype(float).reshape(len(ids), len(used))
    names = tuple(_cell_name(code, by_sex, deciles) for code in used.tolist())
    need = cost_curves.work_out(people.paid, cost_curves.Given(names, cost, years), how.origin, how.fallback)
    kinds = ["age", *(["sex"] if by_sex else []), *(["deprivation"] if deciles else [])]
    kind = f"{', '.join(kinds[:-1])} and {kinds[-1]}" if len(kinds) > 1 else kinds[0]
    need = replace(need, how=replace(need.how, basis=f"cost curves by {kind}"))
    return WayNeed("cost_curves", _measured(need, people, cost[at], how.seed), (f"curve of this extract by {kind}", *notes))


def _cell_name(code: int, by_sex: bool, deciles: bool) -> tuple[str, ...]:
    """The name of a cell of the curve: the beginning of its age band, and the sex and decile where the curve has them."""
    alike, decile = divmod(code, 11)
    sex = (("F", "M", "not known")[alike % 3],) if by_sex else ()
    return (f"from {BANDS[alike // 3]}", *sex, *((f"decile {decile or 'not known'}",) if deciles else ()))


def _of_enough(people: PeopleFigures, how: How, used: Positions, cost: Floats, count: Positions) -> Floats:
    """The curve with the average of the age band in cells with few people to learn from, since theirs would disclose single people.

    Raises:
        BadInput: an age band has too few people.
    """
    fewest = max(people.fewest, 1)
    band, in_band = _average(people, people.band, len(BANDS), how.seed)
    of = used // 33
    bare = [f"from {BANDS[i]}" for i in np.unique(of).tolist() if in_band[i] < fewest]
    if bare:
        what = f"there are fewer than {fewest} people to learn from in the age bands {'; '.join(bare)}"
        raise BadInput([Problem("--need cost_curves", what, "a curve needs people in every band", "Use more people, or another --seed")])
    return np.where(count < fewest, band[of], cost)


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
        remedy = f"Say with --conditions which column each is: {', '.join(missing)}"
        raise BadInput([Problem(where, "the extract records none of its conditions", "everybody would score alike", remedy)])
    if missing and not partial:
        what = f"the extract does not record {len(missing)} of its {len(model.conditions)} conditions: {', '.join(missing)}"
        remedy = "Say with --conditions which column each is, or take the part that is recorded with --partial"
        raise BadInput([Problem(where, what, "absence would be read as health", remedy)])
    return missing


def _weights(rest: str, people: PeopleFigures, how: How) -> WayNeed:
    """Weights by segment that somebody else worked out; segments that are pooled take the plain average of theirs.

    The weights are known to whoever reads the result: an average over the people of the pool would disclose how many are in each.
    """
    path, ids = Path(rest), people.paid.ids
    given = read_keyed(path, "segment", people.segments, "weight")["weight"]
    lacking = [name for name in people.pooled if name not in given]
    if lacking:
        what = f"there is no row for {', '.join(lacking)}"
        raise BadInput([Problem(path.name, what, "a segment with people needs its weight, and a gap is never filled", "Add the rows")])
    weight = {name: figure for name, figure in given.items() if name in ids}
    if people.pooled:
        weight[POOLED] = float(np.mean([given[name] for name in people.pooled]))
    need = weights.work_out(people.paid, weights.Given(weight, path.name), how.origin, how.fallback)
    points = np.array([weight.get(name, 0.0) for name in ids])[people.group]
    return WayNeed("weights", _measured(need, people, points, how.seed))


WAYS: Mapping[str, Callable[[str, PeopleFigures, How], WayNeed]] = {
    "segment_prices": _prices,
    "regression": _regression,
    "cost_curves": _curves,
    "scores": _scores,
    "weights": _weights,
}


def suspect_columns(way: str, people: PeopleFigures, seed: int) -> dict[str, Any]:
    """The columns a way explains cost by, in any of which something made of the cost may stand."""
    name, _, rest = way.partition(":")
    if name == "regression":
        return dict(columns_of(people, ~are_held_out(people, seed))[0])
    if name == "scores":
        return {"score": people.score} if rest == "column" else _scored_flags(rest, people)
    return {}


def _scored_flags(rest: str, people: PeopleFigures) -> dict[str, Any]:
    """The conditions of a score model that the extract records."""
    model = read_model(_whole_name(rest.split(":", 1)[0]))
    return {name: people.flags[name] for name in model.conditions if name in people.flags}

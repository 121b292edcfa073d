"""Need from additive scores: each person's conditions, age and sex put through a score model, or scores that come as a column.

A score model is data (see `score_models`). Scores of a licensed grouper (ACG, CDPS) are accepted as a column; they are never made.
Scores rank need and are not money: a group's index is its average score over everybody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.rows import Floats, Positions
from capmodel.capitation.need import Fallback, Need, Origin, Paid, by_group, floor_people, how, settle
from capmodel.capitation.score_models.people import score_people
from capmodel.capitation.score_models.tables import Compiled
from capmodel.errors import BadInput, Problem

BASIS = "additive scores"


@dataclass(frozen=True)
class Given:
    """One row a person: the number of their group in the order paid, their time, and a score or what it is worked out from.

    Either `score` with `made_by`, who says whose it is, or `model` (a set of weights made ready) with `mask`, and with `age` and
    `sex` (0 for F, 1 for M) where the set has them. `floor_score` is added to everybody where nobody should weigh nothing at all.
    """

    group: Positions
    person_years: Floats
    score: Floats | None = None
    made_by: str = ""
    model: Compiled | None = None
    mask: NDArray[Any] | None = None
    age: NDArray[Any] | None = None
    sex: NDArray[Any] | None = None
    floor_score: float = 0.0


def work_out(paid: Paid, given: Given, origin: Origin, fallback: Fallback | None = None) -> Need:
    """The need index of each group: the average score of its people's time over everybody's.

    Scores below zero are floored and the rest scaled back to the same total.

    Raises:
        BadInput: scores or people that cannot be, or a group of people nobody is scored in.

    >>> paid = Paid("locality", ("north", "south"), np.array([2.0, 1.0]), "2026/27")
    >>> given = Given(np.array([0, 0, 1]), np.ones(3), np.array([0.0, 2.0, 4.0]), "a grouper")
    >>> work_out(paid, given, Origin("prospective", "2025/26", "local", "worked by hand")).need_index.tolist()
    [0.5, 2.0]
    """
    problems = []
    if (given.score is None) == (given.model is None or given.mask is None):
        problems.append(
            Problem("scores", "there must be either scores or a model with masks", "one gives the other", "Give one of the two")
        )
    if len(given.group) != len(given.person_years):
        problems.append(Problem("people", "groups and times differ in number", "each person has one", "Give one a person"))
    elif len(given.group) and (given.group.min() < 0 or given.group.max() >= len(paid.ids)):
        problems.append(Problem("people", "somebody is in no group", "their need would be lost", f"Use 0 to {len(paid.ids) - 1}"))
    if not (np.isfinite(given.person_years) & (given.person_years >= 0)).all():
        problems.append(Problem("people", "some times are below zero or no number", "they are weights", "Correct them"))
    if problems:
        raise BadInput(problems)
    settings = {}
    if given.model is not None and given.mask is not None:
        score = score_people(given.model, given.mask, given.age, given.sex)
        model = given.model
        settings = {"model": model.model.name, "weights": model.weights.name, "model_source": model.model.source}
    else:
        assert given.score is not None
        score = np.asarray(given.score, dtype=float)
        settings = {"made_by": given.made_by}
    if len(score) != len(given.group) or not np.isfinite(score).all():
        missing = int((~np.isfinite(score)).sum())
        what = f"{missing} of them are missing or no number" if missing else f"{len(score)} are given for {len(given.group)} people"
        raise BadInput([Problem("scores", what, "a missing score is not health", "Score everybody, or state a rule for them")])
    if given.floor_score:
        score, settings["floor_score"] = score + given.floor_score, str(given.floor_score)
    score, floor = floor_people(score, given.person_years, "points", origin)
    provenance = how("scores", BASIS, paid, origin, (paid.ids, paid.person_years, given.group, given.person_years, score), **settings)
    return settle(paid, by_group(paid, given.group, given.person_years, score), "points", provenance, fallback, floor)

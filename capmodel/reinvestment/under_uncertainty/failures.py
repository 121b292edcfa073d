"""What is lost when single effects fail: read off the rules, worked out with effects that come to nothing.

An effect fails where nothing of it comes about. More spend that an option causes is no effect that can fail. Each effect belongs to one
option, so one effect of every option is taken away at a time, and each option says what it lost by itself. Beside other options on the
same budget less is lost, because they then save more; a plan that withstands these losses withstands those.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from capmodel.money import HALF_A_PENNY
from capmodel.reinvestment.model import Model
from capmodel.reinvestment.option_tests.alone import EFFECT, with_given
from capmodel.reinvestment.planning import DECISION
from capmodel.reinvestment.solvers import slacks_of, worths_of
from capmodel.reinvestment.under_uncertainty.plans import Losses


def losses_of(model: Model, options: Sequence[str]) -> Losses:
    """What each decision's value and each constraint have less when one effect fails.

    Args:
        model: the optimiser's model of the scenario that is optimised.
        options: the ids of the decisions, in order.
    """
    known = model.known
    effects, owners = (known.inputs.rows["effect"].values(name) for name in ("effect", "option"))
    deciders = known.inputs.rows[DECISION[0]].values("option")
    stated = known.inputs.given[EFFECT]
    may_fail = [i for i in range(len(effects)) if stated[i] > 0]
    whole, alone = model.problem, np.eye(len(options))
    value = np.zeros((len(may_fail), len(options)))
    slack = np.zeros((len(whole.constants), len(may_fail), len(options)))
    place = {i: sum(owners[j] == owners[i] for j in may_fail if j < i) for i in may_fail}
    for turn in range(1 + max(place.values(), default=-1)):
        taken = [i for i in may_fail if place[i] == turn]
        left = stated.copy()
        left[taken] = 0.0
        without = model.problem_of(with_given(known, {EFFECT: left}))
        for i in taken:
            own = np.array([decider == owners[i] for decider in deciders])
            value[may_fail.index(i)] = np.where(own, worths_of(whole, alone) - worths_of(without, alone), 0.0)
            slack[:, may_fail.index(i)] = np.where(own, (slacks_of(whole, alone) - slacks_of(without, alone)).T, 0.0)
    # An effect whose failing costs nothing is none that could hurt; a claim that falls leaves more room.
    slack = np.where(slack > HALF_A_PENNY, slack, 0.0)
    return Losses(tuple(effects[i] for i in may_fail), np.maximum(value, 0.0), slack)

"""What a regression on people explains cost by, as columns of numbers, each carried by enough people; and how sex is spelt.

A coefficient that few people carry is what those few cost. How many carry one is counted as it is worked out: people who differ by a
column only where another column differs too carry little of it. Nothing is fitted here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.rows import Floats
from capmodel.capitation.fitting.people import BANDS, PeopleFigures

#: The decile of somebody whose deprivation is not known, beside a column that says so.
MIDDLE_DECILE = 5.5
FEMALE, MALE = ("f", "female", "woman", "women", "girl"), ("m", "male", "man", "men", "boy")
#: Spellings of a sex that is not known, or that is neither.
NOT_KNOWN = ("", "u", "unk", "unknown", "not known", "not_known", "not stated", "not_stated", "not specified", "not_specified", "indeterminate", "other", "x")  # fmt: skip


def sex_of(text: str | None) -> int | None:
    """The number of a sex, 0 for female, 1 for male, -1 where it is not known; None for a text that says none of these.

    >>> sex_of("Female"), sex_of(" m "), sex_of(None), sex_of("2")
    (0, 1, -1, None)
    """
    spelt = (text or "").strip().lower()
    return 0 if spelt in FEMALE else 1 if spelt in MALE else -1 if spelt in NOT_KNOWN else None


def carriers(columns: Floats, w: Floats) -> Floats:
    """How many people carry each coefficient of a least-squares fit with an intercept: one over the concentration of their parts.

    A coefficient is a sum over people of their cost times a weight, which is what their column leaves after the other columns. The
    number is `(sum of squared weights)^2 / sum of their fourth powers`, so that it is n where n people carry the same, and 1 where
    one person carries it all. Source: the participation ratio, as Kish's effective sample size is defined.

    Two of ten people have a condition; each of the two carries half:

    >>> carriers(np.array([[1.0]] * 2 + [[0.0]] * 98), np.ones(100)).round(1).tolist()
    [2.1]
    """
    whole = np.column_stack([np.ones(len(w)), columns])
    inverse = np.linalg.pinv(whole.T @ (whole * w[:, None]), hermitian=True)
    found = []
    for j in range(1, whole.shape[1]):
        part = w * (whole @ inverse[:, j]) ** 2
        fourth = float(part @ part)
        found.append(float(part.sum()) ** 2 / fourth if fourth > 0 else 0.0)
    return np.array(found)


def columns_of(people: PeopleFigures, fitted_on: NDArray[np.bool_]) -> tuple[dict[str, Floats], dict[str, Floats], tuple[str, ...]]:
    """The columns of need and of supply of a regression, and the names of those left out because too few people carry them.

    Age band for everybody, and again for males; deprivation; conditions. What is missing has a column that says so. The first age band
    with enough people is what the others are compared with.

    Args:
        people: the people of the base year.
        fitted_on: those of them whom the coefficients are learned from.
    """
    fewest = max(people.fewest, 1)
    sizes = np.bincount(people.band[fitted_on], minlength=len(BANDS))
    base = int(np.argmax(sizes >= fewest))
    found = {f"age_{low}": people.band == i for i, low in enumerate(BANDS) if i != base}
    found |= {f"age_{low}_male": (people.band == i) & (people.sex == 1) for i, low in enumerate(BANDS)}
    found |= {"sex_not_known": (people.sex < 0) & bool((people.sex >= 0).any())}
    found |= {"deprivation_not_known": people.decile == 0, **{name: people.flags[name] for name in people.own_conditions}}
    some = {name: _fewer(flag[fitted_on]) for name, flag in found.items()}
    kept = {name: flag.astype(float) for name, flag in found.items() if some[name] >= fewest}
    if people.decile.any():
        kept["deprivation"] = np.where(people.decile > 0, people.decile, MIDDLE_DECILE).astype(float)
    thin = _carried_by_few({**kept, **people.supply}, fitted_on, people.years, fewest)
    out = [name for name, flag in found.items() if _fewer(flag) > 0 and (name not in kept or name in thin)]
    out += [name for name in ("deprivation", *people.supply) if name in thin]
    need, supply = ({name: each for name, each in columns.items() if name not in thin} for columns in (kept, people.supply))
    return need, supply, tuple(out)


def _fewer(flag: NDArray[np.bool_]) -> int:
    """How many have a flag or have it not, whichever is fewer."""
    return min(int(flag.sum()), int((~flag).sum()))


def _carried_by_few(columns: Mapping[str, Floats], fitted_on: NDArray[np.bool_], years: Floats, fewest: int) -> set[str]:
    """The columns to leave out, the least carried first, until enough people carry every one of the others."""
    names, thin, w = list(columns), set[str](), years[fitted_on]
    if fewest <= 1 or not names:
        return thin
    whole = np.column_stack([columns[name][fitted_on] for name in names])
    while names:
        count = carriers(whole, w)
        least = int(count.argmin())
        if count[least] >= fewest:
            break
        thin.add(names.pop(least))
        whole = np.delete(whole, least, axis=1)
    return thin

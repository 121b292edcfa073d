"""Reads an additive score model from YAML, checks it, and adds one person up in plain Python, line by line.

What a model says is kept as it stands in the file. `breakdown` is the definition of a score; `tables` must agree with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import Field

from capmodel.algebra.functions import at_most
from capmodel.assumptions.document import Document, Number, Step, Strict, read_mapping
from capmodel.assumptions.pack import Status
from capmodel.errors import BadInput, Problem, nearest

PACKAGE = "capmodel.capitation.score_models"
Sex = Literal["F", "M"]
#: Weights are kept as whole millionths, so that a sum is exact and the same in any order.
MILLION = 1_000_000
#: The age above which nobody is distinguished.
OLDEST = 127


class _Band(Strict):
    sex: Sex | None = None
    age: tuple[int | None, int | None] = (None, None)
    weight: Number


class _Factor(_Band):
    condition: str


class _Set(Strict):
    conditions: dict[str, Number] = Field(default_factory=dict)
    every_condition: Number | None = None
    combinations: dict[str, Number] = Field(default_factory=dict)
    counts: dict[int, Number] = Field(default_factory=dict)
    age_sex: list[_Band] = Field(default_factory=list)
    factors: list[_Factor] = Field(default_factory=list)
    constant: Number = 0.0
    divide_by: Number = Field(default=1.0, gt=0)


class _Count(Strict):
    but: list[str] = Field(default_factory=list, alias="not")


class _Category(Strict):
    id: str
    label: str
    up_to: Number | None = None


class _Model(Strict):
    title: str
    source: str
    status: Status
    note: str = ""
    conditions: dict[str, str] = Field(min_length=1)
    groups: dict[str, list[str]] = Field(default_factory=dict)
    hierarchies: dict[str, list[str]] = Field(default_factory=dict)
    combinations: dict[str, list[str | list[str]]] = Field(default_factory=dict)
    count: _Count = Field(default_factory=_Count)
    sets: dict[str, _Set] = Field(min_length=1)
    categories: list[_Category] = Field(default_factory=list)


@dataclass(frozen=True)
class Band:
    """A weight, in millionths of a point, for a sex (or both) and ages from and to, where it may ask for a condition."""

    sex: Sex | None
    first: int
    last: int
    weight: int
    condition: str | None = None

    def holds(self, age: int, sex: str) -> bool:
        """Whether somebody is in the band; whoever is older than the oldest distinguished counts as that."""
        return (self.sex is None or self.sex == sex) and self.first <= min(age, OLDEST) <= self.last


@dataclass(frozen=True)
class Weights:
    """A set of weights in millionths of a point: by condition, combination, number of conditions, and band of age and sex."""

    name: str
    conditions: Mapping[str, int]
    combinations: Mapping[str, int]
    counts: Mapping[int, int]
    age_sex: tuple[Band, ...]
    factors: tuple[Band, ...]
    constant: int
    divide_by: float

    def of_count(self, number: int) -> int:
        """The weight of a number of conditions; above the last stated number it is that of the last."""
        return self.counts.get(min(number, max(self.counts)), 0) if self.counts else 0


@dataclass(frozen=True)
class Category:
    """A band of scores: up to and including a score; the last takes the rest."""

    id: str
    label: str
    up_to: float | None


@dataclass(frozen=True)
class ScoreModel:
    """An additive score model. A combination is met when each of its requirements, a list of conditions, has one that is held."""

    name: str
    title: str
    source: str
    status: Status
    note: str
    conditions: Mapping[str, str]
    hierarchies: Mapping[str, tuple[str, ...]]
    combinations: Mapping[str, tuple[tuple[str, ...], ...]]
    counted: tuple[str, ...]
    sets: Mapping[str, Weights]
    categories: tuple[Category, ...]

    def weights(self, name: str | None = None) -> Weights:
        """A set of weights by name; the only one where there is one.

        Raises:
            BadInput: there is none of that name.
        """
        if name is None and len(self.sets) == 1:
            return next(iter(self.sets.values()))
        if name is None or name not in self.sets:
            what = f"there is no set of weights {name!r}" if name else f"it has {len(self.sets)} sets of weights, and none is named"
            raise BadInput([Problem(f"score model {self.name}", what, "a score has one set", nearest(name or "", self.sets))])
        return self.sets[name]

    def category(self, score: float) -> str:
        """The category of a score: the first whose upper edge is not passed (RISK-10).

        >>> efi = read_model("electronic_frailty_index")
        >>> [efi.category(deficits / 36) for deficits in (4, 5, 9, 13)]
        ['fit', 'mild', 'moderate', 'severe']
        """
        return next(entry.id for entry in self.categories if entry.up_to is None or at_most(score, entry.up_to))


def model_names() -> list[str]:
    """The models that come with capmodel, by file name.

    >>> "cambridge_multimorbidity" in model_names()
    True
    """
    return sorted(path.name.removesuffix(".yaml") for path in resources.files(PACKAGE).iterdir() if path.name.endswith(".yaml"))


def held(model: ScoreModel, conditions: Iterable[str]) -> list[str]:
    """The conditions that are left when each that is recorded has put out those it trumps.

    >>> held(read_model("cms_hcc_v24"), ["hcc19", "hcc18", "hcc85"])
    ['hcc18', 'hcc85']
    """
    recorded = dict.fromkeys(conditions)
    out = {lower for name in recorded for lower in model.hierarchies.get(name, ())}
    return [name for name in model.conditions if name in recorded and name not in out]


def breakdown(
    model: ScoreModel, conditions: Iterable[str], age: int | None = None, sex: str | None = None, set_name: str | None = None
) -> dict[str, float]:
    """The lines of one person's score, in points, before it is divided by the set's divisor; `score` adds them up.

    Raises:
        BadInput: a condition the model does not know, or nobody of that age and sex is in a band.

    >>> breakdown(read_model("cambridge_multimorbidity"), ["anxiety", "depression", "painful_condition"])
    {'painful_condition': 0.92, 'anxiety_or_depression': 0.5}
    """
    weights, given = model.weights(set_name), list(conditions)
    strange = [name for name in given if name not in model.conditions]
    if strange:
        remedy = nearest(strange[0], model.conditions)
        raise BadInput([Problem(f"score model {model.name}", f"there is no condition {strange[0]!r}", "it would score nothing", remedy)])
    left = held(model, given)
    lines = {name: weights.conditions[name] for name in left if weights.conditions.get(name)}
    for name, weight in weights.combinations.items():
        if all(any(one in left for one in requirement) for requirement in model.combinations[name]):
            lines[name] = weight
    number = sum(name in model.counted for name in left)
    if weights.of_count(number):
        lines[f"count_{number}"] = weights.of_count(number)
    if weights.constant:
        lines["constant"] = weights.constant
    if weights.age_sex:
        band = [entry for entry in weights.age_sex if age is not None and sex is not None and entry.holds(age, sex)]
        if not band:
            raise BadInput(
                [
                    Problem(
                        f"score model {model.name}", f"{weights.name} has no band for age {age}, sex {sex}", "no score", "Use another set"
                    )
                ]
            )
        lines["age_sex"] = band[0].weight
    for factor in weights.factors:
        if factor.condition in given and age is not None and sex is not None and factor.holds(age, sex):
            lines[f"{factor.condition}_{factor.sex or 'all'}"] = factor.weight
    return {name: weight / MILLION for name, weight in lines.items()}


def score(
    model: ScoreModel, conditions: Iterable[str], age: int | None = None, sex: str | None = None, set_name: str | None = None
) -> float:
    """One person's score, in points (RISK-09).

    >>> score(read_model("cambridge_multimorbidity"), ["hypertension", "diabetes", "copd", "heart_failure"])
    3.47
    """
    lines = breakdown(model, conditions, age, sex, set_name)
    return sum(round(value * MILLION) for value in lines.values()) / (MILLION * model.weights(set_name).divide_by)


# ------------------------------------------------------------------ reading


def read_model(name: str) -> ScoreModel:
    """A score model by the name of its file, or by the path of a YAML file.

    Raises:
        BadInput: there is no such model, or it is not in order, with every problem and its line.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else Path(str(resources.files(PACKAGE) / f"{name}.yaml"))
    if not path.is_file():
        remedy = nearest(name, model_names())
        raise BadInput([Problem(f"score model {name}", f"there is no score model {name!r}", "a model is a file by its name", remedy)])
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    entry = document.parse(_Model, (), problems) if document else None
    if document is None or entry is None or problems:
        raise BadInput(problems)
    _check(document, entry, problems)
    if problems:
        raise BadInput(problems)

    def members(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(member for name in names for member in entry.groups.get(name, [name])))

    return ScoreModel(
        path.stem,
        entry.title,
        entry.source,
        entry.status,
        " ".join(entry.note.split()),
        dict(entry.conditions),
        {name: members(lower) for name, lower in entry.hierarchies.items()},
        {
            name: tuple(members([part] if isinstance(part, str) else part) for part in requirements)
            for name, requirements in entry.combinations.items()
        },
        tuple(name for name in entry.conditions if name not in entry.count.but),
        {name: _weights(name, given, entry) for name, given in entry.sets.items()},
        tuple(Category(found.id, found.label, found.up_to) for found in entry.categories),
    )


def _weights(name: str, given: _Set, model: _Model) -> Weights:
    every = {} if given.every_condition is None else dict.fromkeys(model.conditions, given.every_condition)

    def band(found: _Band) -> Band:
        first, last = found.age
        condition = found.condition if isinstance(found, _Factor) else None
        return Band(found.sex, first or 0, OLDEST if last is None else last, _millionths(found.weight), condition)

    return Weights(
        name,
        {condition: _millionths(weight) for condition, weight in {**every, **given.conditions}.items()},
        {combination: _millionths(weight) for combination, weight in given.combinations.items()},
        {number: _millionths(weight) for number, weight in given.counts.items()},
        tuple(map(band, given.age_sex)),
        tuple(map(band, given.factors)),
        _millionths(given.constant),
        given.divide_by,
    )


def _millionths(weight: float) -> int:
    return round(weight * MILLION)


def _check(document: Document, model: _Model, problems: list[Problem]) -> None:
    """Names that mean nothing, hierarchies that run in circles, weights with more decimals than are kept."""
    conditions = set(model.conditions)

    def known(names: Iterable[str], valid: set[str], steps: list[Step], kind: str = "condition") -> None:
        for name in names:
            if name not in valid:
                problems.append(document.problem(steps, f"there is no {kind} {name!r}", "it would score nothing", nearest(name, valid)))

    for name, members in model.groups.items():
        known(members, conditions, ["groups", name])
        if name in conditions:
            problems.append(document.problem(["groups", name], f"{name} is a condition too", "one would win", "Rename the group"))
    either = conditions | set(model.groups)
    for name, lower in model.hierarchies.items():
        known([name], conditions, ["hierarchies", name])
        known(lower, either, ["hierarchies", name])
        if any(name in model.hierarchies.get(one, ()) or one == name for one in lower):
            problems.append(document.problem(["hierarchies", name], f"{name} is trumped by what it trumps", "neither counts", "Remove one"))
    for name, requirements in model.combinations.items():
        known((one for part in requirements for one in ([part] if isinstance(part, str) else part)), either, ["combinations", name])
        if not requirements or [] in requirements:
            problems.append(document.problem(["combinations", name], f"{name} asks for nothing", "everybody would have it", "Name some"))
    known(model.count.but, conditions, ["count"])
    for name, given in model.sets.items():
        known(given.conditions, conditions, ["sets", name])
        known(given.combinations, set(model.combinations), ["sets", name], "combination")
        known((factor.condition for factor in given.factors), conditions, ["sets", name])
        bands = [*given.age_sex, *given.factors]
        every = [*given.conditions.values(), *given.combinations.values(), *given.counts.values(), *(band.weight for band in bands)]
        if any(abs(value * MILLION - round(value * MILLION)) > 1e-4 or abs(value) > 1000 for value in (*every, given.constant)):
            problems.append(
                document.problem(["sets", name], "a weight has more than six decimals, or is above 1,000", "it cannot be kept exactly",
                "Round it, or use divide_by")
            )  # fmt: skip
        for i, one in enumerate(given.age_sex):
            for other in given.age_sex[:i]:
                low, high = (
                    max(one.age[0] or 0, other.age[0] or 0),
                    min((band.age[1] if band.age[1] is not None else OLDEST) for band in (one, other)),
                )
                if low <= high and (one.sex == other.sex or None in (one.sex, other.sex)):
                    problems.append(
                        document.problem(["sets", name, "age_sex", i], "two bands hold the same people", "one wins", "Part them")
                    )
    edges = [entry.up_to for entry in model.categories]
    if edges and (None in edges[:-1] or edges[-1] is not None or edges[:-1] != sorted({edge for edge in edges[:-1] if edge is not None})):
        problems.append(document.problem(["categories"], "edges do not rise, or the last has one", "a score would have none", "Order them"))

"""Reads risk.yaml: what may turn out otherwise in a place, how far, and what goes together.

    uncertainties:  name -> what it moves, its distribution, status and source
    without_contract: the part of the planned saving that would come about all the same
    effects:        status of evidence -> how much of an option's stated effect comes about, as a multiple of it
    persons:        how much people of each segment vary about their mean, which a list size turns into chance variation
    correlations:   rank correlations between pairs of uncertainties

Every fault of the file is reported, with its line. How figures are drawn is in `draws`; what they do is measured by `moves`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from capmodel.algebra.rows import Floats
from capmodel.assumptions.dimensions import check_member, incomplete
from capmodel.assumptions.document import Document, Number, Step, Strict, read_mapping
from capmodel.assumptions.figures import check_source
from capmodel.assumptions.pack import Assumed, Entry, Pack, Status, lost, lost_as
from capmodel.errors import Problem, nearest

Moves = Literal["pressure", "delivery", "setting_pressure", "outcome_score", "assumption"]
OverYears = Literal["accumulates", "each", "same"]
Kind = Literal["normal", "lognormal", "triangular", "pert", "uniform"]
#: The parameters each distribution is given by.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "normal": ("mean", "sd"),
    "lognormal": ("mean", "sd"),
    "triangular": ("low", "mode", "high"),
    "pert": ("low", "mode", "high"),
    "uniform": ("low", "high"),
}
#: What is moved has one unit, which the file must state.
UNIT = "share"
#: An eigenvalue this far below zero is rounding.
_ROUNDING = -1e-10


class _Spread(Strict):
    distribution: Kind
    mean: Number | None = None
    sd: Number | None = None
    low: Number | None = None
    mode: Number | None = None
    high: Number | None = None
    range_of: str | None = None
    status: Status
    source: str
    as_at: str = ""
    note: str = ""


class _Uncertainty(_Spread):
    label: str
    moves: Moves
    setting: str | None = None
    assumption: str | None = None
    over_years: OverYears
    unit: str


class _Persons(Strict):
    variation_index: dict[str, Number]
    status: Status
    source: str
    as_at: str = ""
    note: str = ""


class _Correlation(Strict):
    between: list[str] = Field(min_length=2, max_length=2)
    rank: Number
    status: Status
    source: str
    note: str = ""


class _Without(Strict):
    saved_share: Number = Field(ge=0, le=1)
    status: Status
    source: str
    note: str = ""


class _Risk(Strict):
    uncertainties: dict[str, _Uncertainty]
    effects: dict[Status, _Spread] = Field(default_factory=dict)
    persons: _Persons | None = None
    without_contract: _Without | None = None
    correlations: list[_Correlation] = Field(default_factory=list)


@dataclass(frozen=True)
class Uncertainty:
    """One thing that may turn out otherwise: what it moves, how over the years, and its distribution with provenance."""

    id: str
    label: str
    moves: Moves | Literal["spend", "effect"]
    target: str  # the setting, the assumption, the line of a pool or the kind of evidence that it moves; empty for the place
    over_years: OverYears
    distribution: Kind
    parameters: Mapping[str, float]
    unit: str
    status: Status
    source: str
    as_at: str
    note: str

    @property
    def yearly(self) -> bool:
        """True where each year is drawn for itself."""
        return self.over_years != "same"

    @property
    def described(self) -> str:
        """The distribution in one line: `pert, low 0.3, mode 0.85, high 1.1`."""
        return ", ".join([self.distribution, *(f"{name} {value:g}" for name, value in self.parameters.items())])


@dataclass(frozen=True)
class Uncertainties:
    """Everything risk.yaml declares.

    Attributes:
        each: what is uncertain.
        correlation: of ranks.
        variation: the coefficient of variation of a person's annual cost, by segment.
        variation_known: status, source and note of those.
        saved_without: the part of the planned saving that would come about without a contract; 1 where the file says nothing.
        without_known: status, source and note of that.
        effects: how much of an option's stated effect comes about, as a multiple of it, by the status of its evidence.
    """

    each: tuple[Uncertainty, ...]
    correlation: Floats
    variation: Mapping[str, float]
    variation_known: tuple[str, str, str]  # status, source, note
    saved_without: float = 1.0
    without_known: tuple[str, str, str] = ("", "", "")
    effects: Mapping[str, Uncertainty] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The ids, in the order of the file."""
        return [uncertainty.id for uncertainty in self.each]


def read_uncertainties(pack: Pack, assumptions: Mapping[str, Assumed], problems: list[Problem]) -> Uncertainties | None:
    """Read and check a place's risk.yaml; every fault is reported, and a faulty file gives None.

    Args:
        pack: the place.
        assumptions: the assumptions of the place, whose declared ranges a distribution may take.
        problems: faults are added here.
    """
    before = len(problems)
    path = pack.folder / "risk.yaml"
    if not path.exists():
        remedy = "Write one: docs/guide/04a-risk.md shows one, and so does the place north-west-london"
        problems.append(Problem(path.name, f"there is no file {path}", "it declares what is drawn", remedy))
        return None
    document = read_mapping(path, problems)
    risk = document.parse(_Risk, (), problems) if document else None
    if document is None or risk is None:
        return None
    # A figure of the packs that could not be read has been reported.
    assumptions = lost_as(assumptions, pack.assumptions)
    found = []
    for name, given in risk.uncertainties.items():
        steps: list[Step] = ["uncertainties", name]
        check_source(given.source, pack.sources, document.where([*steps, "source"]), problems)
        _check_target(document, steps, given, pack.dimensions, assumptions, problems)
        parameters = _parameters(document, steps, given, assumptions, problems)
        target = given.setting or given.assumption or ""
        known = (given.unit, given.status, given.source, given.as_at, given.note)
        found.append(Uncertainty(name, given.label, given.moves, target, given.over_years, given.distribution, parameters, *known))
    if risk.without_contract:
        check_source(risk.without_contract.source, pack.sources, document.where(["without_contract", "source"]), problems)
    if not found:
        problems.append(document.problem(["uncertainties"], "there is none", "nothing could vary", "Declare one at least"))
    effects = _effects(document, risk, pack, assumptions, problems)
    variation = _variation(document, risk.persons, pack, problems)
    correlation = _correlation(document, risk, problems) if len(problems) == before else np.eye(len(found))
    if len(problems) > before:
        return None
    return Uncertainties(
        tuple(found),
        correlation,
        variation,
        _known(risk.persons),
        risk.without_contract.saved_share if risk.without_contract else 1.0,
        _known(risk.without_contract),
        effects,
    )


def _effects(
    document: Document, risk: _Risk, pack: Pack, assumptions: Mapping[str, Assumed], problems: list[Problem]
) -> dict[str, Uncertainty]:
    """How much of an effect comes about, by the status of its evidence."""
    found: dict[str, Uncertainty] = {}
    for status, given in risk.effects.items():
        steps: list[Step] = ["effects", status]
        check_source(given.source, pack.sources, document.where([*steps, "source"]), problems)
        parameters = _parameters(document, steps, given, assumptions, problems)
        if "low" not in PARAMETERS[given.distribution]:
            why = "what comes about of an effect has a least and a most"
            problems.append(
                document.problem([*steps, "distribution"], f"it is {given.distribution}", why, "Write triangular, pert or uniform")
            )
        elif parameters.get("low", 0.0) < 0:
            why = "an effect that fails comes to nothing, and not to its opposite"
            problems.append(document.problem([*steps, "low"], f"low is {parameters['low']:g}", why, "Write 0 or more"))
        known = ("index", given.status, given.source, given.as_at, given.note)
        label = f"What comes about of effects whose evidence is {status}"
        found[status] = Uncertainty(f"effects {status}", label, "effect", status, "same", given.distribution, parameters, *known)
    return found


def _known(given: _Persons | _Without | None) -> tuple[str, str, str]:
    return (given.status, given.source, given.note) if given else ("", "", "")


def _check_target(
    document: Document,
    steps: list[Step],
    given: _Uncertainty,
    dimensions: Mapping[str, tuple[Entry, ...]],
    assumptions: Mapping[str, Assumed],
    problems: list[Problem],
) -> None:
    """What it moves must be there, and nothing else be named."""
    settings = [entry.id for entry in dimensions["setting"]]
    wants = {"setting_pressure": ("setting", settings), "assumption": ("assumption", list(assumptions))}.get(given.moves)
    for name in ("setting", "assumption"):
        if getattr(given, name) is not None and (wants is None or wants[0] != name):
            why = f"one that moves {given.moves} has no {name}"
            problems.append(document.problem([*steps, name], f"{name} is {getattr(given, name)!r}", why, "Leave it out"))
    if lost(assumptions, given.assumption or "") or (given.setting and incomplete(dimensions, "setting")):
        return
    if wants is not None:
        named = getattr(given, wants[0])
        if named not in wants[1]:
            what = f"{wants[0]} is {named!r}" if named else f"there is no {wants[0]}"
            problems.append(document.problem([*steps, wants[0]], what, "the model has none of that name", nearest(named or "", wants[1])))
        elif given.moves == "assumption" and given.over_years == "each" and not assumptions[named].by_year:
            problems.append(
                document.problem([*steps, "over_years"], f"{named} is one figure", "it cannot differ by year", "Write over_years: same")
            )
    if given.over_years == "accumulates" and given.moves != "pressure":
        why = "only an error in place-wide pressure adds up from year to year"
        problems.append(document.problem([*steps, "over_years"], "it accumulates", why, "Write each or same"))
    if given.moves == "setting_pressure" and given.over_years != "same":
        why = "a setting's pressure is one figure for all years"
        problems.append(document.problem([*steps, "over_years"], f"it is {given.over_years}", why, "Write same"))
    unit = assumptions[given.assumption].unit if given.assumption and given.assumption in assumptions else UNIT
    # The unit of what is not there is not known.
    known = given.moves != "assumption" or given.assumption in assumptions
    if known and given.unit != unit:
        problems.append(document.problem([*steps, "unit"], f"the unit is {given.unit}", f"what it moves is a {unit}", f"Write {unit}"))


def _parameters(
    document: Document, steps: list[Step], given: _Spread, assumptions: Mapping[str, Assumed], problems: list[Problem]
) -> dict[str, float]:
    """The parameters of a distribution, from the file or from the declared range of an assumption."""
    wanted = PARAMETERS[given.distribution]
    every = ("mean", "sd", "low", "mode", "high")
    for name in every:
        if getattr(given, name) is not None and (name not in wanted or (given.range_of and name != "mode")):
            why = "the declared range says it" if given.range_of and name in wanted else f"a {given.distribution} distribution has none"
            problems.append(document.problem([*steps, name], f"{name} is given", why, "Leave it out"))
    found = {name: float(value) for name in wanted if (value := getattr(given, name)) is not None}
    if given.range_of is not None:
        assumed = assumptions.get(given.range_of)
        if lost(assumptions, given.range_of):
            return {}
        if assumed is None or assumed.range is None or "low" not in wanted:
            why = "it needs an assumption with a declared range, and a distribution with a low and a high"
            near = nearest(given.range_of, [name for name, known in assumptions.items() if known.range])
            problems.append(document.problem([*steps, "range_of"], f"range_of is {given.range_of!r}", why, near))
            return {}
        found.update(low=float(assumed.range[0]), high=float(assumed.range[1]))
        if "mode" in wanted and "mode" not in found:
            found["mode"] = float(np.mean([figure.value for figure in assumed.values.values()]))
    missing = [name for name in wanted if name not in found]
    if missing:
        why = f"a {given.distribution} distribution is given by {', '.join(wanted)}"
        problems.append(document.problem(steps, f"there is no {' and no '.join(missing)}", why, "Add it"))
        return {}
    if "sd" in found and (found["sd"] < 0 or (given.distribution == "lognormal" and found["mean"] <= 0)):
        problems.append(document.problem(steps, "sd is below zero, or the mean of a lognormal not above it", "there is no such distribution", "Correct it"))  # fmt: skip
    order = [found[name] for name in ("low", "mode", "high") if name in found]
    if "low" in found and (order != sorted(order) or found["low"] >= found["high"]):
        figures = ", ".join(f"{name} {found[name]:g}" for name in wanted)
        problems.append(document.problem(steps, figures, "low, mode and high must rise", "Put them in order"))
    return {name: found[name] for name in wanted}


def _variation(document: Document, persons: _Persons | None, pack: Pack, problems: list[Problem]) -> dict[str, float]:
    """The coefficient of variation of each segment; every segment of the place, and no other."""
    if persons is None:
        return {}
    segments = [entry.id for entry in pack.dimensions["segment"]]
    steps: list[Step] = ["persons", "variation_index"]
    check_source(persons.source, pack.sources, document.where(["persons", "source"]), problems)
    for name, value in persons.variation_index.items():
        check_member("segment", name, pack.dimensions, document.where([*steps, name]), problems)
        if value < 0:
            problems.append(document.problem([*steps, name], f"{name} is {value:g}", "a variation is not below zero", "Correct the sign"))
    missing = [name for name in segments if name not in persons.variation_index]
    if missing and set(persons.variation_index) <= set(segments):
        problems.append(document.problem(steps, f"there is no figure for {', '.join(missing)}", "gaps are not filled", "Add it"))
    return {name: float(persons.variation_index[name]) for name in segments if name in persons.variation_index}


def gaussian(rank: Floats) -> Floats:
    """The correlation of normal figures whose ranks correlate so: `2 sin(pi r / 6)`. Source: Pearson 1907, standard.

    >>> gaussian(np.array([0.0, 0.5, 1.0])).round(4).tolist()
    [0.0, 0.5176, 1.0]
    """
    return np.asarray(2 * np.sin(np.pi * rank / 6))


def _correlation(document: Document, risk: _Risk, problems: list[Problem]) -> Floats:
    """The matrix of rank correlations; refused where no figures could go together so."""
    names = list(risk.uncertainties)
    found = np.eye(len(names))
    pairs: dict[tuple[int, int], list[Step]] = {}
    for i, given in enumerate(risk.correlations):
        steps: list[Step] = ["correlations", i]
        unknown = [name for name in given.between if name not in names]
        for name in unknown:
            problems.append(document.problem(steps, f"{name!r} is not declared", "a correlation is between uncertainties", nearest(name, names)))  # fmt: skip
        if unknown:
            continue
        a, b = sorted(names.index(name) for name in given.between)
        if a == b or (a, b) in pairs:
            problems.append(document.problem(steps, f"{' and '.join(given.between)} is no pair of its own", "each pair is given once", "Remove one"))  # fmt: skip
        if not -1 <= given.rank <= 1:
            problems.append(document.problem([*steps, "rank"], f"the rank correlation is {given.rank:g}", "it lies from -1 to 1", "Correct it"))  # fmt: skip
        pairs[a, b] = steps
        found[a, b] = found[b, a] = given.rank if a != b else 1.0
    if not problems:
        _check_together(document, names, found, pairs, problems)
    return found


def _check_together(
    document: Document, names: Sequence[str], ranks: Floats, pairs: Mapping[tuple[int, int], list[Step]], problems: list[Problem]
) -> None:
    """Refuse correlations that contradict each other, and name the pair that does so most."""
    values, vectors = np.linalg.eigh(gaussian(ranks) * (1 - np.eye(len(names))) + np.eye(len(names)))
    if not len(values) or values[0] >= _ROUNDING:
        return
    (a, b) = min(pairs, key=lambda pair: float(vectors[pair[0], 0] * vectors[pair[1], 0] * ranks[pair]))
    fits = [rank for rank in np.arange(-100, 101) / 100 if _together(ranks, a, b, float(rank))]
    remedy = f"With the others as they are, write {fits[0]:g} to {fits[-1]:g}" if fits else "Bring them all nearer to zero"
    problems.append(
        document.problem(
            pairs[a, b],
            f"the correlations contradict each other, most of all {names[a]} and {names[b]} at {ranks[a, b]:g}",
            f"no figures can go together so (the least eigenvalue is {values[0]:.3g})",
            remedy,
        )
    )


def _together(ranks: Floats, a: int, b: int, rank: float) -> bool:
    tried = ranks.copy()
    tried[a, b] = tried[b, a] = rank
    matrix = gaussian(tried)
    np.fill_diagonal(matrix, 1.0)
    return bool(np.linalg.eigvalsh(matrix)[0] >= _ROUNDING)


def has_risk(folder: Path) -> bool:
    """True where a place declares uncertainties."""
    return (folder / "risk.yaml").is_file()

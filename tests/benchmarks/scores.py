"""Speed of additive scores: `python -m tests.benchmarks.scores [--people N] [--rounds N] [--referenced N]`.

Each score model is worked out for many people by numpy written by hand in chunks of 64k, and by the package with numpy and with
compiled loops, in the same process turn and turn about, from masks and from columns of yes and no. All must give the same scores.
The American table is also given to hccpy and hccinfhir, person by person, where they are installed: both are for this comparison
only, and how far their scores agree is printed beside the rates. Times are printed as a table, never asserted.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import math
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from capmodel.capitation.score_models.people import pack, score_people
from capmodel.capitation.score_models.read import MILLION, ScoreModel, Weights, read_model
from capmodel.capitation.score_models.tables import Compiled, ready

#: Share of people with a condition, drawn for each; older people of a long list have several.
PREVALENCE = (0.002, 0.01, 0.03, 0.08, 0.15)
SETS = (
    ("cambridge_multimorbidity", "general_outcome", (0, 100)),
    ("electronic_frailty_index", "deficits", (65, 100)),
    ("cms_hcc_v24", "community_nondual_aged", (65, 100)),
    ("cms_hcc_v24", "institutional", (65, 100)),
)
Columns = dict[str, np.ndarray]
Ways = dict[str, Callable[[], Any]]
BY_HAND = "from columns: numpy by hand"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def by_hand(model: ScoreModel, weights: Weights, flags: Columns, age: np.ndarray, sex: np.ndarray) -> np.ndarray:
    """What an analyst would write: a column of yes or no a condition, 64k people at a time, one line of numpy a rule."""
    people = len(age)
    out = np.empty(people)
    worth = {name: weight / MILLION for name, weight in weights.conditions.items() if weight}
    used = {*worth, *(one for name in weights.combinations for part in model.combinations[name] for one in part)}
    used |= {one for one in model.counted} if weights.counts else set()
    used |= {band.condition for band in weights.factors if band.condition}
    bands = np.zeros((2, 128))
    for band in weights.age_sex:
        bands[0 if band.sex == "F" else 1, band.first : band.last + 1] = band.weight / MILLION
    of_count = np.array([weights.of_count(number) / MILLION for number in range(len(model.conditions) + 1)])
    for start in range(0, people, 1 << 16):
        part = slice(start, start + (1 << 16))
        left = {name: flags[name][part] for name in used}
        for name, lower in model.hierarchies.items():
            if name in used:
                absent = ~flags[name][part]
                for one in lower:
                    if one in left:
                        left[one] = left[one] & absent
        score = np.zeros(len(age[part]))
        for name, weight in worth.items():
            score += left[name] * weight
        for name, weight in weights.combinations.items():
            met = None
            for requirement in model.combinations[name]:
                any_of = left[requirement[0]]
                for one in requirement[1:]:
                    any_of = any_of | left[one]
                met = any_of if met is None else met & any_of
            score += met * (weight / MILLION)
        if weights.counts:
            number = np.zeros(len(score), dtype=np.int64)
            for name in model.counted:
                number += left[name]
            score += of_count[number]
        if weights.age_sex:
            score += bands[sex[part], age[part]]
        for factor in weights.factors:
            score += (flags[str(factor.condition)][part] & (sex[part] == (0 if factor.sex == "F" else 1))) * (factor.weight / MILLION)
        out[part] = score / weights.divide_by
    return out


def best(rounds: int, ways: Ways) -> dict[str, tuple[float, Any]]:
    """Median seconds and the answer of each way, turn and turn about after one turn to warm up."""
    answers = {name: way() for name, way in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - began)
    return {name: (statistics.median(times[name]), answers[name]) for name in ways}


def drawn(model: ScoreModel, ages: tuple[int, int], people: int) -> tuple[Columns, np.ndarray, np.ndarray]:
    """People made up, the same every time."""
    draw = np.random.default_rng(5)
    shares = draw.choice(PREVALENCE, len(model.conditions))
    flags = {name: draw.random(people, dtype=np.float32) < share for name, share in zip(model.conditions, shares, strict=True)}
    if "disabled" in flags:
        flags["disabled"][:] = False
    return flags, draw.integers(*ages, people, dtype=np.uint8), draw.integers(0, 2, people, dtype=np.uint8)


def ways_of(made: Compiled, weights: Weights, drawn_for: tuple[Columns, np.ndarray, np.ndarray], times_over: int) -> Ways:
    """The ways to be compared: from columns for one part of the people, from masks for all of them."""
    flags, age, sex = drawn_for
    masks = np.concatenate([pack(flags, made.bit)] * times_over)
    all_age, all_sex = np.tile(age, times_over), np.tile(sex, times_over)
    ways: Ways = {BY_HAND: lambda: by_hand(made.model, weights, flags, age, sex)}
    ways["from columns: pack, then tables"] = lambda: score_people(made, pack(flags, made.bit), age, sex)
    for kind in ("numpy", *(("compiled",) if importlib.util.find_spec("numba") else ())):
        for threads in (1, 2):
            message = f"tables, {kind}, {threads} thread{'s' if threads > 1 else ''}"
            ways[message] = partial(score_people, made, masks, all_age, all_sex, threads, kind)
    return ways


def models(people: int, rounds: int) -> None:
    """Every model, by hand and by the package. Columns are drawn for a part and laid end to end, to spare memory."""
    say(f"{people:,} people, median of {rounds}\n")
    say(f"{'model':<54}{'way':<34}{'million a second':>18}{'largest difference':>20}")
    part = min(people, 1_000_000)
    times_over = math.ceil(people / part)
    for name, chosen, ages in SETS:
        model = read_model(name)
        made = ready(model, chosen)
        flags, age, sex = drawn(model, ages, part)
        ways = ways_of(made, model.sets[chosen], (flags, age, sex), times_over)
        found = best(rounds, ways)
        truth = found[BY_HAND][1]
        for way, (seconds, answer) in found.items():
            apart = float(np.abs(answer[:part] - truth).max())
            say(f"{f'{name}, {chosen}':<54}{way:<34}{len(answer) / seconds / 1e6:>18.1f}{apart:>20.1e}")


# ------------------------------------------------------------------ the two references


def of_hccpy(people: list[list[str]], age: list[int], sex: list[str], disabled: list[bool], codes: dict[str, str]) -> list[float]:
    """Scores by hccpy, from one diagnosis a condition."""
    from hccpy.hcc import HCCEngine

    engine = HCCEngine("24")
    return [
        engine.profile([codes[name] for name in held], age=years, sex=kind, elig="CNA", orec="1" if early else "0")["risk_score"]
        for held, years, kind, early in zip(people, age, sex, disabled, strict=True)
    ]


def of_hccinfhir(people: list[list[str]], age: list[int], sex: list[str], disabled: list[bool], codes: dict[str, str]) -> list[float]:
    """Scores by hccinfhir, from the same diagnoses."""
    from hccinfhir import HCCInFHIR

    engine = HCCInFHIR(model_name="CMS-HCC Model V24")
    return [
        engine.calculate_from_diagnosis([codes[name] for name in held], age=years, sex=kind, orec="1" if early else "0", dual_elgbl_cd="NA").risk_score
        for held, years, kind, early in zip(people, age, sex, disabled, strict=True)
    ]  # fmt: skip


def code_of_each(model: ScoreModel) -> dict[str, str]:
    """A diagnosis that both references put into each condition and into no other, where there is one."""
    from hccinfhir.defaults import dx_to_cc_default
    from hccpy.hcc import HCCEngine

    first = HCCEngine("24").dx2cc
    second = {dx: found for (dx, name), found in dx_to_cc_default.items() if name == "CMS-HCC Model V24"}
    codes: dict[str, str] = {}
    for dx in sorted(first):
        condition = f"hcc{first[dx][0].removeprefix('HCC')}"
        if len(first[dx]) == 1 and condition in model.conditions and {f"hcc{one}" for one in second.get(dx, ())} == {condition}:
            codes.setdefault(condition, dx)
    return codes


def references(people: int, rounds: int, compiled: Compiled) -> None:
    """The American table against the two packages, person by person."""
    if importlib.util.find_spec("hccpy") is None or importlib.util.find_spec("hccinfhir") is None:
        say("\nhccpy and hccinfhir are not both installed: pip install hccpy hccinfhir to compare")
        return
    model = compiled.model
    codes = code_of_each(model)
    draw = np.random.default_rng(9)
    flags = {name: draw.random(people) < 0.06 if name in codes else np.zeros(people, dtype=bool) for name in model.conditions}
    age, sex, early = draw.integers(65, 100, people), draw.integers(0, 2, people), draw.random(people) < 0.1
    flags["originally_disabled"] = early
    held = [[name for name in codes if flags[name][i]] for i in range(people)]
    masks = pack(flags, compiled.bit)
    given = (held, age.tolist(), ["FM"[i] for i in sex], early.tolist(), codes)
    say(f"\n{people:,} people, community set of the American table, {len(codes)} of 86 conditions with a diagnosis both packages know")
    say(f"{'way':<34}{'people a second':>18}{'agree to 1e-4':>20}{'largest difference':>20}")
    large = np.concatenate([masks] * math.ceil(1_000_000 / people))
    times = math.ceil(1_000_000 / people)
    found = best(rounds, {"tables": lambda: score_people(compiled, large, np.tile(age, times), np.tile(sex, times))})
    seconds, ours = found["tables"]
    say(f"{'the package':<34}{len(large) / seconds:>18,.0f}{'':>20}{'':>20}")
    for package, work in (("hccpy", of_hccpy), ("hccinfhir", of_hccinfhir)):
        work(*[part[:50] if isinstance(part, list) else part for part in given])  # type: ignore[arg-type]
        began = time.perf_counter()
        theirs = np.array(work(*given))
        seconds_theirs = time.perf_counter() - began
        apart = np.abs(theirs - ours[:people])
        message = f"{package} {importlib.metadata.version(package)}"
        say(f"{message:<34}{people / seconds_theirs:>18,.0f}{int((apart < 1e-4).sum()):>20,}{apart.max():>20.1e}")
        say(f"{'':<34}{(len(large) / seconds) / (people / seconds_theirs):>17,.0f}x")
        for i in np.flatnonzero(apart >= 1e-4)[:3].tolist():
            say(f"    age {age[i]}, {'FM'[sex[i]]}, {held[i]}: {theirs[i]:.4f}, ours {ours[i]:.4f}")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--referenced", type=int, default=10_000)
    asked = parser.parse_args()
    models(asked.people, asked.rounds)
    references(asked.referenced, asked.rounds, ready(read_model("cms_hcc_v24"), "community_nondual_aged"))


if __name__ == "__main__":
    main()

"""Options that contradict themselves or each other, in one report; and the library of interventions that their effects are held against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from option_files import effect, option, read, stated, texts

from capmodel.reinvestment.options.library import read_library


def needs(*pairs: str) -> list[dict[str, str]]:
    return [{"id": f"rule_{i}", "option": pair[0], "needs": pair[1]} for i, pair in enumerate(pairs)]


def one_of(*options: str, name: str = "one") -> dict[str, Any]:
    return {"id": name, "label": f"Set {name}", "options": list(options)}


def abc(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    return [option(name, effect(f"e_{name}"), **changes.get(name, {})) for name in "abcd"]


def viewed(**perspective: Any) -> dict[str, Any]:
    """A file with one option and another perspective."""
    return stated(option("a"), perspective={"status": "illustrative", "source": "s1", **perspective})


MUST = {"mandatory": True}
#: The second year is the first that it can begin in.
LATER = {"starts": {"first": 2027, "last": 2027}, "running_cost_gbp": {2026: 0, 2027: 100}, "delivery_share": {2026: 0, 2027: 1}}
ZERO = {"running_cost_gbp": {2026: 0, 2027: 0}}
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a circle of two": (stated(*abc(), requires=needs("ab", "ba")), "b needs a needs b, a circle"),
    "a circle of three": (stated(*abc(), requires=needs("ab", "bc", "ca", "da")), "c needs a needs b needs c, a circle"),
    "a need that is said twice": (stated(*abc(), requires=needs("ab", "ab")), "that a needs b is said twice"),
    "a rule of another id": (stated(*abc(), exclusive=[one_of("a", "b"), {**one_of("c", "d"), "label": "Other"}]), "the id one is used twice"),
    "what is needed is excluded": (stated(*abc(), requires=needs("ab"), exclusive=[one_of("a", "b")]), "a can never be chosen"),
    "what is needed excludes itself": (stated(*abc(a=MUST), requires=needs("ab", "bc", "ad"), exclusive=[one_of("c", "d")]), "a can never be chosen, and it must be done"),
    "two that must be done": (stated(*abc(a=MUST, c=MUST), requires=needs("ab"), exclusive=[one_of("b", "c")]), "a and c must both be done and cannot be"),
    "what is needed begins too late": (stated(*abc(a=MUST, b=LATER), requires=needs("ab")), "a can never be chosen, and it must be done; it begins in 2026/27 at the latest, and b, which it needs, in 2027/28 at the earliest"),
    "neither effect nor cost": (stated(option("a", **ZERO)), "a has neither effect nor cost"),
    "an effect of nothing": (stated(option("a", effect("e", effect_share=0), **ZERO)), "a has neither effect nor cost"),
    "an effect never delivered": (stated(option("a", effect("e"), **ZERO, delivery_share={2026: 0, 2027: 0})), "a has neither effect nor cost"),
    "an effect above 100%": (stated(option("a", effect("e", effect_share=1.2))), "effect_share is 1.2"),
    "an effect far above 100%": (stated(option("a", effect("e", effect_share=45))), "Write 0.45 if 45 per cent is meant"),
    "reach above everybody": (stated(option("a", effect("e", reach_share=1.5))), "reach_share is 1.5"),
    "a benefit claimed twice": (stated(option("a", effect("e1"), effect("e2"))), "claim the saving of frail in acute twice"),
    "two causes of one saving": (stated(option("a", effect("e1"), effect("e2"))), "it is effect_share: 0.38 with reach_share: 0.5; where"),
    "a saving and more spend": (stated(option("a", effect("e1"), effect("e2", effect_share=-0.1))), "it is effect_share: 0.1 with reach_share: 0.5;"),
    "a view and weights": (viewed(view="system", weights=dict.fromkeys(("commissioner", "council", "trust"), 1)), "the perspective states both a view and weights"),
    "neither a view nor weights": (viewed(), "the perspective states neither a view nor weights"),
    "an unknown view": (viewed(view="sistem"), "Did you mean system"),
    "a party without a weight": (viewed(weights={"commissioner": 1, "council": 0}), "trust has no weight"),
    "an unknown payer": (stated(option("a", paid_by="trst")), "Did you mean trust"),
    "a cost outside the years": (stated(option("a", setup_cost_gbp={2026: 0, 2027: 0, 2031: 5})), "a figure for 2031/32"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_contradiction_is_one_problem_with_its_line(tmp_path: Path, fault: str) -> None:
    content, says = FAULTS[fault]
    choices, problems = read(tmp_path, content)
    assert choices is None and len([text for text in texts(problems) if says in text]) == 1, texts(problems)
    assert len(problems) == 1 and "options.yaml, line " in str(problems[0]), texts(problems)


def test_all_contradictions_come_in_one_report(tmp_path: Path) -> None:
    options = [*abc(a=MUST), option("z", **ZERO), option("y", effect("e1"), effect("e2"))]
    content = stated(*options, requires=needs("bc", "cb", "ad"), exclusive=[one_of("a", "d")])
    _, problems = read(tmp_path, content)
    found = "\n".join(texts(problems))
    for says in ("c needs b needs c, a circle", "a can never be chosen, and it must be done", "z has neither", "claim the saving of frail"):
        assert found.count(says) == 1, found
    assert len(problems) == 4, found


def test_an_enabler_with_a_cost_and_a_chain_of_needs_are_sound(tmp_path: Path) -> None:
    choices, problems = read(tmp_path, stated(option("record"), *abc(), requires=needs("ab", "bc", "ac"), exclusive=[one_of("a", "d")]))
    assert choices is not None and not problems, texts(problems)


def test_the_library_has_the_thirteen_published_types_and_marks_every_figure() -> None:
    problems: list[Any] = []
    library = read_library(None, problems)
    assert not problems and len(library) == 13
    assert {each.mapping.status for each in library.values()} == {"illustrative"}
    sized = [item for each in library.values() for item in each.evidence if item.effect_share]
    assert {item.status for item in sized} == {"published", "derived"} and all(item.source and item.note for item in sized)
    assert all(0 <= item.effect_share.lowest <= item.effect_share.highest <= 1 for item in sized if item.effect_share)


@pytest.mark.parametrize(
    ("share", "says"), [(0.27, "27% in acute is above the 0% to 26% that is derived for rapid response"), (0.26, ""), (0.1, "")]
)
def test_an_effect_outside_the_published_range_is_said(tmp_path: Path, share: float, says: str) -> None:
    choices, _ = read(tmp_path, stated(option("a", effect("e", effect_share=share), intervention="Rapid response")))
    assert choices is not None
    said = [text for text in choices.remarks if "evidence grade" not in text]
    assert (says in said[0]) if says else not said


def test_what_nothing_published_speaks_of_is_said(tmp_path: Path) -> None:
    named = option(
        "a",
        effect("e1"),
        effect("e2", setting="community"),
        effect("e3", effect_share=-0.1, group="healthy"),
        intervention="rapid response",
    )
    choices, _ = read(tmp_path, stated(named, option("b", effect("e4"), intervention="rapid respons")))
    assert choices is not None
    found = "\n".join(choices.remarks)
    assert "Of 2 effects of options that name their intervention, 1 have no published size" in found
    assert "Option b: no intervention of the library is called 'rapid respons'" in found


def test_a_place_may_change_the_library_and_faults_of_it_are_reported(tmp_path: Path) -> None:
    (tmp_path / "interventions").mkdir()
    own = {"title": "Rapid response", "mapping": {"segments": [], "settings": ["acute"], "status": "local", "source": "us"}, "evidence": []}
    file = tmp_path / "interventions" / "rapid_response.yaml"
    file.write_text(yaml.safe_dump(own), encoding="utf-8")
    content = stated(option("a", effect("e", effect_share=0.9), intervention="rapid response"))
    choices, _ = read(tmp_path, content)
    assert choices is not None and "above" not in "".join(choices.remarks)
    file.write_text(yaml.safe_dump({**own, "evidnce": []}), encoding="utf-8")
    choices, problems = read(tmp_path, content)
    assert choices is None and len(problems) == 1 and "rapid_response.yaml, line" in str(problems[0])


def test_a_view_gives_the_weights_and_says_whose_pounds_it_counts(tmp_path: Path) -> None:
    choices, problems = read(tmp_path, viewed(view="trust"))
    assert choices is not None and not problems
    figures = {key[0]: figure for (key, _), figure in choices.columns["perspective_index"].figures.items()}
    assert {party: figure.value for party, figure in figures.items()} == {"commissioner": 0, "council": 0, "trust": 1}
    assert figures["trust"].note == "By the view trust."
    assert "The value is by the view trust: it counts the pounds of trust" in choices.remarks

"""What the guide shows of options.yaml is read as it stands there, beside the options of a place of two years."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import yaml
from place_kinds import edit

import capmodel

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "05-options.md"


def shown() -> list[dict[str, Any]]:
    """The parts of options.yaml in the guide; a window is made as short as the place, telehealth is an option of the place, and what needs a contract that settles the plan is left out."""
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    read = [
        yaml.safe_load(block.replace("last: 2028", "last: 2027").replace("id: telehealth", "id: hospital_at_home"))
        for block in blocks
        if "settled:" not in block
    ]
    return [each if isinstance(each, dict) else {"options": each} for each in read]


def put_in(content: dict[str, Any]) -> None:
    """Put every part of the guide into the options of a place: an option that is there is given what is stated of it."""
    options = {option["id"]: option for option in content["options"]}
    for part in shown():
        for option in part.pop("options", []):
            if option["id"] in options:
                options[option["id"]].update(option)
            else:
                options[option["id"]] = option
                content["options"].append(option)
        content.update(part)


def test_every_example_of_the_guide_is_read_and_worked_out(small: Any, tmp_path: Path) -> None:
    assert len(shown()) >= 5
    packs = Path(shutil.copytree(small.folder.parents[1], tmp_path / "assumptions"))
    folder = packs / "places" / small.folder.name
    edit(folder / "options.yaml", put_in)
    localities = [{"id": name, "label": name.title()} for name in ("north", "south")]
    edit(folder / "place.yaml", lambda content: content["dimensions"].update(locality=localities))
    result = capmodel.load(folder).run(chosen={"scheme": 1, "close_ward": 1})
    # Of the cost of closing the ward, 1.5 million is released in the year in which it is closed; nothing says that this may be done.
    assert list(result.column("start_closure", "chosen_closure_gbp").values()) == [0.0, 1_500_000.0]


def test_every_term_of_an_option_is_in_the_guide() -> None:
    from capmodel.reinvestment.options import stated

    guide = GUIDE.read_text(encoding="utf-8")
    kinds = (stated.Option, stated.Effect, stated.Release, stated.Closes, stated.Budget, stated.Recycled, stated.Capacity, stated.Grade, stated.Mitigation, stated.ByMonth)  # fmt: skip
    missing = [f"{kind.__name__}.{name}" for kind in kinds for name in kind.model_fields if not re.search(rf"\b{name}\b", guide)]
    assert not missing

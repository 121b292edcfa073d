"""Which steps a place has: those whose files are there, or those that `steps:` in place.yaml names.

Care budgets have no file of their own: they are there where segment spend and capitation are, unless `steps:` leaves them out. What
a step is made of is declared in its folder.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from capmodel.algebra.table import Table
from capmodel.assumptions.columns import columns_in
from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import (
    AGREEMENTS,
    BANDS,
    CAPITATION,
    CARE_BUDGETS,
    CONTRACT,
    FLOWS,
    HOLDERS,
    MONTHS,
    OPTIONS,
    OUTTURN,
    PACKAGES,
    PAYMENTS,
    POOL,
    REHABILITATION,
    SPEND,
    Given,
    Members,
    Step,
)
from capmodel.assumptions.table_files import table_files
from capmodel.baseline import step as spend_step
from capmodel.capitation import step as capitation_step
from capmodel.care_budgets import step as care_budgets_step
from capmodel.contracts import step as contract_step
from capmodel.errors import Problem, listed, nearest
from capmodel.place.beside import BESIDE, on_agreements, steps_beside
from capmodel.reinvestment import step as options_step

AGGREGATE = "aggregate"
#: What place.yaml says of actual cost where the contract settles that of the chosen plan.
ON_PLAN = "plan"
#: In the order the money flows.
NAMES = (
    *(SPEND, CAPITATION, CARE_BUDGETS, PACKAGES, PAYMENTS, BANDS, REHABILITATION, MONTHS, OUTTURN, POOL, FLOWS),
    *(AGREEMENTS, HOLDERS, CONTRACT, OPTIONS),
)
#: The steps of the chain by the basis that a place.yaml may state; others stand beside them, where a place has their file.
STEPS: dict[str, tuple[Step, ...]] = {
    basis: (first, capitation_step.STEP, care_budgets_step.STEP, contract_step.STEP, options_step.STEP)
    for basis, first in spend_step.STEPS.items()
}


#: What a pooled budget is called, for places that do not have one: the step itself is imported where there is one.
POOL_LABEL = "the pooled budget"


def absent_labels(basis: str, there: Collection[Step]) -> list[str]:
    """What a place does not have: the steps of the chain that are not there, and where one is not, a pooled budget too."""
    names = {step.name for step in there}
    absent = [step.label for step in STEPS[basis] if step.name not in names]
    return [*absent, *([POOL_LABEL] if POOL not in names else [])] if absent else []


def every_step() -> tuple[Step, ...]:
    """Every step of the chain, segment spend by both its routes."""
    return tuple(dict.fromkeys(step for steps in STEPS.values() for step in steps))


def with_steps_beside() -> tuple[Step, ...]:
    """Every step, those beside the chain too, a pool by both its kinds."""
    from capmodel.care_budgets.pooled import step as pool_step

    others = (step_of(None) for name, step_of in BESIDE.values() if name != POOL)
    return (*every_step(), *others, *pool_step.STEPS.values())


# ------------------------------------------------------------------ the steps of a place


def steps_of(folder: Path, tables: Sequence[str]) -> tuple[Step, ...]:
    """The steps of the place in a folder; all of them where its files do not say, since what is wrong is then reported for all.

    A step that place.yaml names by no known name is reported where the place is read.

    Args:
        folder: the place's folder.
        tables: the names of the tables of the place, by `tables_in`.
    """
    basis, stated, on_plan = _said_of_steps(folder / "place.yaml")
    steps = STEPS.get(basis, STEPS[AGGREGATE])
    if on_plan:
        options = options_step.ON_SETTLED_PLAN if _chosen_settled(folder / "options.yaml") else options_step.ON_PLAN
        steps = tuple(options if step is options_step.STEP else step for step in steps)
    beside = steps_beside(folder, stated or ())
    if any(step.name == AGREEMENTS for step in beside):
        steps = tuple(on_agreements() if step is contract_step.STEP else step for step in steps)
    if stated is not None:
        return _in_order((*steps, *beside), stated)
    alone = bool(beside) and not any((folder / file).exists() for step in steps for file in step.files)
    if not basis or not ((folder / "tables").is_dir() or alone):
        return steps
    found = {step.name for step in every_step() if _is_there(folder, step, tables)}
    found |= {CARE_BUDGETS} if {SPEND, CAPITATION} <= found else set()
    return _in_order((*steps, *beside), {*found, *(step.name for step in beside)})


def _in_order(steps: Iterable[Step], names: Collection[str]) -> tuple[Step, ...]:
    return tuple(sorted((step for step in steps if step.name in names), key=lambda step: NAMES.index(step.name)))


def _said_of_steps(file: Path) -> tuple[str, list[str] | None, bool]:
    """The basis that place.yaml states, the steps that it names, and whether it settles the actual cost of the plan.

    There is no basis where it cannot be read, and None where it names no steps.
    """
    with suppress(OSError):
        text = file.read_text(encoding="utf-8", errors="replace")
        basis = re.search(r"^basis: *([a-z-]+) *$", text, re.MULTILINE)
        # Most places name no steps: the file is then read once only, where everything of it is checked.
        if basis and "steps" not in text and "actual_cost" not in text:
            return basis[1], None, False
        document = read_mapping(file, [])
        content = document.content if document else {}
        stated = content.get("steps")
        steps = [str(name) for name in stated] if isinstance(stated, list) else None
        return str(content.get("basis", "")), steps, content.get("actual_cost") == ON_PLAN
    return "", None, False


def _chosen_settled(file: Path) -> bool:
    """Whether options.yaml chooses by what parties keep after settlement."""
    with suppress(OSError):
        if "settled" in file.read_text(encoding="utf-8", errors="replace"):
            document = read_mapping(file, [])
            perspective = document.content.get("perspective") if document else None
            return isinstance(perspective, dict) and perspective.get("settled") is True
    return False


def _is_there(folder: Path, step: Step, tables: Sequence[str]) -> bool:
    return any((folder / file).exists() for file in step.files) or bool(set(step.marks) & set(tables))


def members_of(steps: Iterable[Step], tables: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The dimensions that some steps need, and what each member must say of itself.

    Args:
        steps: the steps of a place.
        tables: the names of the tables of the place, which may give what an absent step would.
    """
    steps, there = tuple(steps), set(tables)
    named = {step.name for step in steps}
    needed: list[Members] = [step.members for step in steps]
    needed += [
        way.members for step in steps for name, ways in step.given.items() if name not in named for way in ways if there & set(way.asks)
    ]
    found: dict[str, tuple[str, ...]] = {}
    for members in needed:
        for name, attributes in members.items():
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *attributes)))
    return found


def members_of_people(folder: Path) -> dict[str, tuple[str, ...]]:
    """The dimensions that people are put into, beside those of the steps that the place in a folder has."""
    tables = tables_in(folder)
    return {"segment": (), "setting": (), "party": ("role",), **members_of(steps_of(folder, tables), tables)}


def tables_in(folder: Path) -> list[str]:
    """The names of the input columns in the tables of a place."""
    return sorted({name for path in table_files(folder) for name in columns_in(path)})


def ways_of(steps: Sequence[Step], tables: Iterable[str]) -> dict[str, dict[str, Given]]:
    """For each step that needs one that is absent, the tables of the place that stand for it, by the name of the absent step."""
    named, there = {step.name for step in steps}, set(tables)
    return {
        step.name: {
            name: next((way for way in ways if there & set(way.asks)), ways[0])
            for name, ways in step.given.items()
            if name not in named and any(there & set(way.asks) for way in ways)
        }
        for step in steps
    }


def check_steps(pack: Pack, steps: Sequence[Step], tables: Sequence[str], problems: list[Problem]) -> None:
    """Report a place without any step, a name that is no step, and a step whose inputs no step and no table gives."""
    for name in pack.steps or ():
        if name not in NAMES:
            problems.append(Problem("place.yaml, steps", f"{name!r} is no step", "a place is made of steps", nearest(name, NAMES)))
    if not steps and all(name in NAMES for name in pack.steps or ()):
        first = (*STEPS[pack.basis], *steps_beside(pack.folder, NAMES))
        remedy = f"Add the files of a step: {'; '.join(f'{step.label} is read from {step.adds}' for step in first if step.adds)}"
        problems.append(Problem("place.yaml", "the place has no step", "nothing can be worked out", remedy))
    named, ways = {step.name for step in steps}, ways_of(steps, tables)
    for step in steps:
        for name in step.needs:
            if name not in named and name not in ways[step.name]:
                every = {each.name: each for each in (*with_steps_beside(), *STEPS[pack.basis])}
                problems.append(_lacking(step, every[name], every, pack.steps is not None))
        for way in ways[step.name].values():
            problems += [
                Problem(f"tables/{table}.csv", "the file is missing", f"{step.label} reads {way.what} from it", "Add it")
                for table in way.asks
                if table not in pack.columns
            ]


def check_actual_cost(pack: Pack, steps: Sequence[Step], problems: list[Problem]) -> None:
    """Report a place that settles the actual cost of the chosen plan and has no options to choose from, or no contract to settle."""
    absent = [step for step in STEPS[pack.basis] if step.name in (CONTRACT, OPTIONS) and step.name not in {each.name for each in steps}]
    if pack.actual_cost == ON_PLAN and absent:
        what = f"actual_cost is {ON_PLAN}, and the place does not have {listed([step.label for step in absent])}"
        files = listed([step.files[0] for step in absent])
        why = "the contract settles the actual cost of the options that are chosen"
        problems.append(Problem("place.yaml, actual_cost", what, why, f"Add {files}, or leave actual_cost out"))


def check_settled(pack: Pack, settled: Sequence[Sequence[str | int]], on_plan: bool, problems: list[Problem]) -> None:
    """Report options that are chosen by what parties keep after settlement, where no plan is settled: every plan would be alike."""
    if settled and not on_plan:
        what, why = (
            "settled is true, and the contract does not settle the plan",
            "what parties keep after settlement would not follow from it",
        )
        remedy = f"Write actual_cost: {ON_PLAN} in place.yaml, or leave settled out"
        problems.append(pack.options.problem(settled[0], what, why, remedy))


def needs_unmet(names: Sequence[str], where: str) -> list[Problem]:
    """Steps that need one that is not among some steps, and that no table may stand for.

    >>> [str(each) for each in needs_unmet(["capitation"], "--with")]
    ['--with: capitation needs segment spend, which is not among the steps; it would have nothing to start from. Add spend.']
    """
    found = []
    for step in with_steps_beside():
        for name in step.needs if step.name in names else ():
            if name not in names and name not in step.given:
                what = f"{step.label} {'need' if step.label.endswith('s') else 'needs'} {label_of(name)}, which is not among the steps"
                found.append(Problem(where, what, "it would have nothing to start from", f"Add {name}"))
    return found


def _lacking(step: Step, needed: Step, steps: dict[str, Step], stated: bool) -> Problem:
    """A step whose inputs are missing: which step gives them by which files, or which table to add."""
    before = [needed, *(steps[name] for name in needed.needs)] if not needed.adds else [needed]
    files = listed([f"{each.adds} ({each.label})" for each in reversed(before) if each.adds])
    tables = [" and ".join(f"tables/{table}.csv" for table in way.asks) + f" ({way.what})" for way in step.given.get(needed.name, ())]
    what = f"{step.label} {'need' if step.label.endswith('s') else 'needs'} {needed.label}, which the place does not have"
    remedy = f"Add {', or '.join([*tables, files])}"
    if stated:
        remedy = f"Add {needed.name} to steps: in place.yaml, with {files}" if files else f"Add {needed.name} to steps: in place.yaml"
    return Problem("place.yaml", what, f"{step.label} would have nothing to start from", f"{remedy}, or leave {step.label} out")


def label_of(name: str) -> str:
    """What a step is called in a sentence.

    >>> label_of("care_budgets")
    'care budgets'
    """
    return next(step.label for step in with_steps_beside() if step.name == name)


def owner_of(name: str) -> Step | None:
    """The step that reads an input column or an assumption; None where no step does.

    >>> owner_of("alliance_discount_share").name, owner_of("no_such_share")
    ('contract', None)
    """
    return next((step for step in with_steps_beside() if name in step.reads), None)


def why_absent(name: str, steps: Iterable[Step]) -> tuple[str, str] | None:
    """Why a figure of that name has no say in a place with some steps: the step that is absent, and what would add it.

    >>> why_absent("alliance_discount_share", ())
    ('the contract reads alliance_discount_share, and the place does not have that step', 'Add contract.yaml, tables/in_scope_flag.csv and tables/setting_pressure_share.csv, or leave the figure out; where place.yaml has steps:, name contract there too')
    """
    owner = owner_of(name)
    if owner is None or owner.name in {step.name for step in steps}:
        return None
    what = f"{owner.label} {'read' if owner.label.endswith('s') else 'reads'} {name}, and the place does not have that step"
    named = f"; where place.yaml has steps:, name {owner.name} there too"
    return what, f"Add {owner.adds or 'capitation and segment spend'}, or leave the figure out{named}"


def without(where: str, step: Step) -> Problem:
    """What asks for a step that a place does not have: the step, and the files that would add it."""
    files = step.adds or " and ".join(f"the files of {name.replace('_', ' ')}" for name in step.needs)
    return Problem(
        where, f"the place does not have the step {step.name.replace('_', ' ')}", f"this is read from {step.label}", f"Add {files}"
    )


def absent_table(name: str, steps: Iterable[Step]) -> Step | None:
    """The absent step that a table of the chain belongs to; None where no step that is absent has it."""
    there = {step.name for step in steps}
    return next((step for step in with_steps_beside() if step.name not in there and name in {table.name for table in step.tables}), None)


def all_tables() -> tuple[Table, ...]:
    """Every table of every step."""
    return tuple(dict.fromkeys(table for step in every_step() for table in step.every_table))

"""The command `capmodel optimise`: the best plan of a place, what every reinvestment option does, and what uncertainty and other budgets change."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.commands.arguments import FAILED, GOOD, add_limits, add_place, add_solver, place_and_changes, stem_of, whole
from capmodel.console import console, print_idle, progress_bar

if TYPE_CHECKING:
    from capmodel.errors import Problem
    from capmodel.place.trials import Trials


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Choose the options of a place and test every one of them: alone, in the best plan with it left out or forced in, by party, its payback and peak funding, with its effects halved, in the other scenarios, and where an assumption changes the answer. Then put the plan that is best in the mean beside the plans that are safe, and find what other budgets would buy and what one party's best plan costs another. Writes PLACE-options.xlsx, the open book with the tests in it, PLACE-options.json and a table for each kind of answer, PLACE-options.csv and PLACE-options-*.csv. A scenario or changed figures are part of the files' names."
    add_place(parser)
    add_solver(parser)
    add_limits(parser, "each plan that is asked of the solver")
    parser.add_argument("--weight", action="append", default=[], metavar="S=SHARE", help="weight of a scenario, or of all draws (draws=0.5), in mean and expected shortfall; may be repeated; all add up to 1 (default: alike, or the draws alone)")  # fmt: skip
    parser.add_argument("--feasible-in", action="append", metavar="S", help="a scenario, or draws, in which plans under uncertainty must keep every constraint; may be repeated (default: all of any weight)")  # fmt: skip
    parser.add_argument("--level", type=float, default=0.95, metavar="SHARE", help="level of expected shortfall: 0.95 is the mean of the worst 5%%, 1 the worst case (default: 0.95)")  # fmt: skip
    parser.add_argument("--blend", type=float, default=0.5, metavar="SHARE", help="weight of expected shortfall in the blend of it with the mean (default: 0.5)")  # fmt: skip
    parser.add_argument("--failures", type=whole, default=1, metavar="N", help="how many effects may fail at once in the plan that withstands it (default: 1)")  # fmt: skip
    parser.add_argument("--draws", type=whole, default=0, metavar="N", help="seeded draws of the place's declared ranges and of its options' effects (default: none)")  # fmt: skip
    parser.add_argument("--seed", type=whole, metavar="N", help="another seed draws others (default: 1)")
    parser.add_argument("--budgets", metavar="F,F,...", help="multiples of the investment budgets whose best plans are found (default: from 0.5 to 3)")  # fmt: skip
    parser.add_argument("--between", metavar="A,B", help="two perspectives, `system`, `commissioner`, `outcomes` or a party, between which plans are listed that no other beats for both (default: the system and the first payer)")  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path("workbooks"), metavar="DIR", help="folder for the files (default: workbooks)")
    parser.set_defaults(command=run_optimise, writes=True)


def run_optimise(options: argparse.Namespace) -> int:
    """Choose, test, write all files or none, and print the tables."""
    from capmodel.assumptions.load import raise_if_any
    from capmodel.errors import gathered
    from capmodel.files import all_or_none, write_tables
    from capmodel.place.optimise import optimise_place
    from capmodel.place.run import check_limits
    from capmodel.place.trials import check_trials
    from capmodel.reports.optimise import print_tests
    from capmodel.reports.option_record import option_record, option_tables
    from capmodel.reports.trials import print_trials
    from capmodel.workbook.sheets import write_workbook

    problems: list[Problem] = []
    place = None
    with gathered(problems):
        place, changes = place_and_changes(options)
    trials = _trials(options, problems)
    check_limits(options.near, options.time_limit, problems)
    check_trials(place, trials, problems)
    raise_if_any(problems)
    assert place is not None
    with progress_bar() as progress:
        found = optimise_place(place, options.scenario, changes, options.solver, progress, options.near, options.time_limit, trials)
    stem = stem_of(place.pack.id, options.scenario, changes)
    book, record = (options.out / f"{stem}-options.{ending}" for ending in ("xlsx", "json"))
    tables = {options.out / f"{stem}-{name}.csv": rows for name, rows in option_tables(found).items()}
    with all_or_none():
        made = write_workbook(found.result, book, optimised=found)
        write_tables(tables, {record: option_record(found)})
    print_tests(console(), found)
    print_trials(console(), found)
    idle = {"--seed": "there are no draws; ask for some with --draws"} if options.seed is not None and not options.draws else {}
    if options.failures > (effects := len(place.choices.effects)):
        idle["--failures"] = f"the effects of all options are {effects}, and no more can fail"
    print_idle(idle)
    console().print(f"\nWritten: {', '.join(map(str, (book, record, *tables)))}", markup=False)
    return GOOD if made.passed else FAILED


def _trials(options: argparse.Namespace, problems: list[Problem]) -> Trials:
    """What is asked of the trials; texts that cannot be read are reported, and what they would have said is left at its default."""
    from capmodel.place.trials import Trials
    from capmodel.reinvestment.frontier.budgets import FACTORS

    between = None if options.between is None else tuple(name.strip() for name in options.between.split(",") if name.strip())
    return Trials(
        weights=_weights(options.weight, problems) if options.weight else None,
        feasible_in=None if options.feasible_in is None else tuple(options.feasible_in),
        level=options.level,
        blend_weight=options.blend,
        failures=options.failures,
        draws=options.draws,
        seed=1 if options.seed is None else options.seed,
        factors=FACTORS if options.budgets is None else _factors(options.budgets, problems) or FACTORS,
        between=between,
    )


def _weights(texts: list[str], problems: list[Problem]) -> dict[str, float] | None:
    """Weights by scenario; none where one is no weight, which is reported."""
    from capmodel.assumptions.cells import plain_number
    from capmodel.errors import Problem

    before, found = len(problems), dict[str, float]()
    for text in texts:
        name, _, value = (part.strip() for part in text.rpartition("="))
        number = plain_number(value)
        if not name or number != number:
            problems.append(
                Problem(f"--weight {text}", "it is no weight", "a weight is a number of a scenario", "Write --weight prudent=0.3")
            )
        elif name in found:
            problems.append(Problem(f"--weight {text}", f"{name} is weighed twice", "the second would silently win", "Leave one out"))
        else:
            found[name] = number
    return found if len(problems) == before else None


def _factors(text: str, problems: list[Problem]) -> tuple[float, ...]:
    """Multiples of the budgets; empty where one is no number, which is reported."""
    from capmodel.assumptions.cells import plain_number
    from capmodel.errors import Problem

    parts = [part.strip() for part in text.split(",")]
    numbers = [plain_number(part) for part in parts]
    wrong = [part for part, number in zip(parts, numbers, strict=True) if number != number]
    if wrong:
        why = "the budgets are multiplied by each"
        problems.append(Problem("--budgets", f"{wrong[0]!r} is not a number", why, "Write numbers with commas between them: 0.5,1,2"))
        return ()
    return tuple(numbers)

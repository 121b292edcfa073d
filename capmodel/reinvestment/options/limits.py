"""Budgets of partners, capacity and floors of options.yaml: what of them is refused, and the rows and figures they give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Step
from capmodel.assumptions.labels import check_label
from capmodel.assumptions.pack import Column, Figure, Key
from capmodel.assumptions.years import of_years
from capmodel.baseline.spend import columns_of
from capmodel.errors import nearest
from capmodel.reinvestment.options.check import Check
from capmodel.reinvestment.options.laid import FILE, Laid, Writer
from capmodel.reinvestment.options.stated import Budget, Capacity, GroupFloor, Option, Options, Recycled

#: The budget over all partners: the assumption that states it, its id among the budgets, and its label.
INVESTMENT, OVERALL, OVERALL_LABEL = "investment_budget_gbp", "investment_budget", "Investment budget"
#: Which kinds of cost a budget of each kind pays for.
TAKES = {"capital": (1, 0), "revenue": (0, 1), "all": (1, 1)}
_WHOLE = 1 + 1e-9


def check_limits(check: Check, content: Options, seen: set[str]) -> None:
    """Report every fault of budgets, capacity and floors."""
    labels: set[str] = set()
    seen.add(OVERALL)
    for i, budget in enumerate(content.budgets):
        here: list[Step] = ["budgets", i]
        check.once([*here, "id"], budget.id, seen)
        check_label(check.document, [*here, "label"], budget.label, labels, check.problems)
        check.source([*here, "source"], budget.source)
        if budget.party is not None:
            check.member([*here, "party"], "party", budget.party)
        check.yearly([*here, "gbp"], budget.gbp)
        if budget.recycled:
            _check_recycled(check, [*here, "recycled"], budget.recycled)
    _check_twice(check, content)
    _check_capacity(check, content, seen)
    _check_floors(check, content, seen)


def _check_recycled(check: Check, steps: list[Step], recycled: Recycled) -> None:
    check.part([*steps, "share"], "share", recycled.share)
    settings = recycled.settings or []
    for j, setting in enumerate(settings):
        check.member([*steps, "settings", j], "setting", setting)
    if len(set(settings)) < len(settings):
        check.fault([*steps, "settings"], "a setting is named twice", "its released cash is there once", "Name each setting once")
    lag = recycled.lag_years
    if lag < 0 or lag != int(lag):
        check.fault([*steps, "lag_years"], f"lag_years is {lag:g}", "it is a whole number of years", "Write 0, 1 or more")
    elif lag >= len(check.years):
        what = f"lag_years is {lag:g}, and the place has {of_years(len(check.years))}"
        check.fault([*steps, "lag_years"], what, "nothing would come back, so that it has no effect", "Shorten it, or remove recycled")


def _check_twice(check: Check, content: Options) -> None:
    """Budgets of one party that pay for the same kind; cash of one setting that is recycled more than once."""
    owners: dict[tuple[str | None, str], str] = {}
    every = [entry.id for entry in check.dimensions.get("setting", ())]
    parts: dict[str, float] = defaultdict(float)
    for i, budget in enumerate(content.budgets):
        if (budget.party, budget.kind) in owners:
            of = budget.party or "every party"
            what = f"{budget.id} and {owners[budget.party, budget.kind]} are both for {budget.kind} of {of}"
            check.fault(["budgets", i], what, "each cost would be charged to both", "Make one budget of them")
        owners.setdefault((budget.party, budget.kind), budget.id)
        for setting in dict.fromkeys(budget.recycled.settings or every) if budget.recycled else ():
            before = parts[setting]
            parts[setting] += budget.recycled.share if budget.recycled else 0.0
            if before <= _WHOLE < parts[setting]:
                what = f"budgets recycle {parts[setting]:.10g} of the cash released in {setting}"
                check.fault(["budgets", i, "recycled", "share"], what, "a pound is released once", "Lower the shares to 1 in all")


def _check_capacity(check: Check, content: Options, seen: set[str]) -> None:
    labels: set[str] = set()
    known = [each.id for each in content.capacity]
    for i, each in enumerate(content.capacity):
        here: list[Step] = ["capacity", i]
        check.once([*here, "id"], each.id, seen)
        check_label(check.document, [*here, "label"], each.label, labels, check.problems)
        check.source([*here, "source"], each.source)
        check.yearly([*here, "number"], each.number)
    for i, option in enumerate(content.options):
        for name, used in option.uses.items():
            steps: list[Step] = ["options", i, "uses", name]
            if name not in known:
                remedy = nearest(name, known) if known else f"Say under capacity: what there is of {name}"
                check.fault(steps, f"{name!r} is no capacity of the file", "nothing says how much of it there is", remedy)
            check.yearly(steps, used)


def _check_floors(check: Check, content: Options, seen: set[str]) -> None:
    parties: set[tuple[str, bool]] = set()
    for i, floor in enumerate(content.floors.parties):
        here: list[Step] = ["floors", "parties", i]
        check.member([*here, "party"], "party", floor.party)
        check.source([*here, "source"], floor.source)
        check.yearly([*here, "least_gbp"], floor.least_gbp, signed=True)
        if (floor.party, floor.settled) in parties:
            check.fault(
                here,
                f"{floor.party} has two floors{' after settlement' if floor.settled else ''}",
                "one of them would do nothing",
                "Remove one of them",
            )
        parties.add((floor.party, floor.settled))
        for year, least in floor.least_gbp.items():
            if least > 0 and year in check.years and not floor.settled:
                what = f"the floor of {floor.party} is {least:g} in {year}"
                check.fault(
                    [*here, "least_gbp", year],
                    what,
                    "a plan of no option leaves every party nothing",
                    "Write 0, or a minus for what it may lose",
                )
    _check_group_floors(check, content, seen)


def _check_group_floors(check: Check, content: Options, seen: set[str]) -> None:
    labels: set[str] = set()
    stated: set[tuple[str, str]] = set()
    parts: dict[str, float] = defaultdict(float)
    for i, floor in enumerate(content.floors.groups):
        here: list[Step] = ["floors", "groups", i]
        check.once([*here, "id"], floor.id, seen)
        check_label(check.document, [*here, "label"], floor.label, labels, check.problems)
        check.source([*here, "source"], floor.source)
        check.member([*here, "group"], "group", floor.group)
        check.part([*here, "least_share"], "least_share", floor.least_share)
        if (floor.group, floor.of) in stated:
            check.fault(here, f"{floor.group} has two floors of the {floor.of}", "the lower one would do nothing", "Remove one of them")
        stated.add((floor.group, floor.of))
        _check_reached(check, here, floor, content)
        before = parts[floor.of]
        parts[floor.of] += min(max(floor.least_share, 0.0), 1.0)
        if before <= _WHOLE < parts[floor.of]:
            what = f"floors ask for {parts[floor.of]:.10g} of the {floor.of}"
            check.fault([*here, "least_share"], what, "groups share it, and there is no more than all of it", "Lower them to 1 in all")


def _check_reached(check: Check, here: list[Step], floor: GroupFloor, content: Options) -> None:
    """A floor of a group on which no option acts would forbid every option that acts on others."""
    reached = any(
        effect.group == floor.group and effect.reach_share > 0 and (floor.of == "reinvestment" or effect.effect_share > 0)
        for option in content.options
        for effect in option.effects
    )
    if floor.least_share > 0 and not reached and check.has("group", floor.group):
        acts = f"saves on the care of {floor.group}" if floor.of == "saving" else f"is for {floor.group}"
        what = f"no option {acts}, and the floor {floor.id} asks for a part of every {floor.of} for them"
        check.fault(here, what, "every option for other groups would be forbidden", "Add an option for the group, or remove the floor")


def lay_out_limits(content: Options, settings: Sequence[str], write: Writer, laid: Laid) -> None:
    """The rows, figures and labels of budgets, capacity and floors, and which of them limit nothing; `settings` are those of the place."""
    _lay_out_budgets(content, settings, write, laid)
    capacity = content.capacity
    laid.rows["capacity"] = Rows({"resource": tuple(each.id for each in capacity)}, write.years)
    laid.columns.append(write.yearly("capacity_number", {each.id: (each.number, each) for each in capacity}, "resource"))
    used = [(option, name, by_year) for option in content.options for name, by_year in option.uses.items()]
    laid.rows["capacity_use"] = columns_of(("option", "resource"), [(option.id, name) for option, name, _ in used], write.years)
    uses: dict[tuple[Key, int | None], Figure] = {
        ((option.id, name), year): write.figure(by_year[year], option.cost) for option, name, by_year in used for year in write.years
    }
    laid.columns.append(Column("use_number", ("option", "resource"), uses, FILE))
    floors = content.floors
    for table, column, settled in (("party_floor", "floor_gbp", False), ("settled_floor", "settled_floor_gbp", True)):
        of_parties = {each.party: (each.least_gbp, each) for each in floors.parties if bool(each.settled) is settled}
        laid.rows[table] = Rows({"party": tuple(of_parties)}, write.years)
        laid.columns.append(write.yearly(column, of_parties, "party"))
    rows = [(each.id, each.group) for each in floors.groups]
    laid.rows["group_floor"] = columns_of(("floor", "group"), rows)
    laid.rows["group_floor_year"] = columns_of(("floor", "group"), rows, write.years)
    laid.columns.append(
        write.column("group_least_share", ("floor",), {(each.id,): write.figure(each.least_share, each) for each in floors.groups})
    )
    of_saving = {(each.id,): write.figure(each.of == "saving", each) for each in floors.groups}
    laid.columns.append(write.column("of_saving_flag", ("floor",), of_saving))
    named: list[Budget | Capacity | GroupFloor] = [*content.budgets, *capacity, *floors.groups]
    laid.labels.update({OVERALL: OVERALL_LABEL, **{each.id: each.label for each in named}})


def _lay_out_budgets(content: Options, settings: Sequence[str], write: Writer, laid: Laid) -> None:
    budgets = content.budgets
    names = tuple(budget.id for budget in budgets)
    lags = tuple(str(int(budget.recycled.lag_years)) if budget.recycled else "1" for budget in budgets)
    laid.rows["partner_budget"] = Rows({"budget": names}, write.years)
    laid.rows["budget_terms"] = Rows({"budget": names, "lag": lags})
    ringed = [(budget.id, setting) for budget in budgets if budget.recycled for setting in budget.recycled.settings or settings]
    laid.rows["budget_ring"] = columns_of(("budget", "setting"), ringed, write.years)
    laid.columns.append(write.yearly("partner_budget_gbp", {budget.id: (budget.gbp, budget) for budget in budgets}, "budget"))
    terms: Mapping[str, dict[tuple[str], Figure]] = {
        "budget_carries_flag": {(budget.id,): write.figure(budget.carry_forward, budget) for budget in budgets},
        "recycled_part_share": {
            (budget.id,): write.figure_or_none(budget.recycled.share if budget.recycled else None, budget) for budget in budgets
        },
        "takes_capital_flag": {(budget.id,): write.figure(TAKES[budget.kind][0], budget) for budget in budgets},
        "takes_revenue_flag": {(budget.id,): write.figure(TAKES[budget.kind][1], budget) for budget in budgets},
    }
    laid.columns.extend(write.column(name, ("budget",), figures) for name, figures in terms.items())
    laid.charges.extend((budget.id, option.id) for budget in budgets for option in paid_of(budget, content))


def paid_of(budget: Budget, content: Options) -> list[Option]:
    """The options whose cost a budget pays: those of its party, or all."""
    return [option for option in content.options if budget.party in (None, option.paid_by)]

"""Reads flows.yaml: what of it is refused, and the sound file as rows and figures of the tables of `flows` and `growth`.

Every fault is found at once, each with its line: a flow that no organisation pays, a year without figure, a position that does not foot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.entries import check_known, check_members
from capmodel.assumptions.figures import as_share
from capmodel.assumptions.laid_out import Figures, LaidOut, check_years, columns_given
from capmodel.assumptions.pack import Figure, Key, Source
from capmodel.assumptions.years import year_label
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.cost_shunting.stated import Comparator, Flow, Flows, Growth
from capmodel.errors import Problem, listed, nearest
from capmodel.money import HALF_A_PENNY


def read_flows(
    document: Document, problems: list[Problem], sources: Mapping[str, Source] | None = None, labels: Mapping[str, str] | None = None
) -> LaidOut | None:
    """Read the flows of a past period; every fault is reported with its line, and a faulty file gives None.

    Args:
        document: the file.
        problems: faults are added here.
        sources: the sources of the place; None for a file that stands alone.
        labels: what ids of the place are called.
    """
    before = len(problems)
    stated = document.parse(Flows, (), problems)
    if stated is None:
        return None
    years = sorted(set(stated.years))
    if stated.years != list(range(years[0], years[0] + len(stated.years))):
        what, why = f"the years are {', '.join(map(str, stated.years))}", "what a year closes with, the next opens with"
        problems.append(document.problem(["years"], what, why, "Write every year once, in order and without a gap"))
        return None
    for kind, members in (
        ("organisations", stated.organisations),
        ("settings", stated.settings),
        ("comparators", stated.comparators),
        ("growth", stated.growth),
    ):
        check_members(document, kind, members, problems)
    check_known(document, stated.entries(), sources, problems)
    problems += _label_faults(document, stated, labels or {})
    reported = len(problems)
    check_years(document, _by_year(stated), years, problems, of="the flows")
    flow_faults = list(_flow_faults(document, stated))
    # Positions are held against flows that are sound; what a faulty one leaves out would be reported of them too.
    sound = not flow_faults and len(problems) == reported
    problems += [*flow_faults, *(_unused(document, stated) if not flow_faults else ())]
    problems += [*_growth_faults(document, stated), *_position_faults(document, stated, sound)]
    return None if len(problems) > before else _laid_out(stated)


def _by_year(stated: Flows) -> Iterator[tuple[list[Step], Mapping[int, float]]]:
    for i, each in enumerate(stated.flows):
        yield ["flows", i, "gbp"], each.gbp
    for i, growth in enumerate(stated.growth):
        if growth.spend_gbp is not None:
            yield ["growth", i, "spend_gbp"], growth.spend_gbp


def _label_faults(document: Document, stated: Flows, labels: Mapping[str, str]) -> Iterator[Problem]:
    """Ids that are called one thing here and another elsewhere: readers see the label alone."""
    known = dict(labels)
    lists = (
        ("organisations", stated.organisations),
        ("settings", stated.settings),
        ("comparators", stated.comparators),
        ("growth", stated.growth),
    )
    for kind, members in lists:
        for i, member in enumerate(members):
            if known.setdefault(member.id, member.label) != member.label:
                what = f"{member.id} is called {member.label!r}, and {known[member.id]!r} elsewhere in the place"
                yield document.problem([kind, i, "label"], what, "an id has one label", "Use the same label, or another id")


# ------------------------------------------------------------------ flows and positions


def _flow_faults(document: Document, stated: Flows) -> Iterator[Problem]:
    """Flows of organisations or settings that are not there, from an organisation to itself, and those that are there twice."""
    organisations, settings = [each.id for each in stated.organisations], [each.id for each in stated.settings]
    seen: set[tuple[str, str, str]] = set()
    for i, each in enumerate(stated.flows):
        here: list[Step] = ["flows", i]
        for name, word, known in (
            ("payer", "organisation", organisations),
            ("provider", "organisation", organisations),
            ("setting", "setting", settings),
        ):
            if (given := getattr(each, name)) not in known:
                what = f"the {name} is {given!r}, which is no {word} of the file" if given else f"the flow has no {name}"
                yield document.problem([*here, name], what, "every flow has a from and a to", nearest(given, known))
        if each.payer == each.provider:
            yield document.problem(here, f"{each.payer} pays itself", "a flow is between two organisations", "Correct one of them")
        if (key := (each.payer, each.provider, each.setting)) in seen:
            yield document.problem(here, f"the flow {', '.join(key)} is there twice", "one would hide the other", "Add them up in one")
        seen.add(key)


def _unused(document: Document, stated: Flows) -> Iterator[Problem]:
    """Settings and organisations that no flow is of."""
    used = {name for each in stated.flows for name in (each.payer, each.provider, each.setting)}
    for kind, members in (("settings", stated.settings), ("organisations", stated.organisations)):
        for i, member in enumerate(members):
            if member.id not in used:
                yield document.problem([kind, i], f"{member.id} has no flow", "it would have no effect", "Add its flows, or remove it")


def _position_faults(document: Document, stated: Flows, sound: bool) -> Iterator[Problem]:
    """Positions that an organisation lacks or may not have; where the flows are sound also those that do not foot, each with its gap."""
    for i, each in enumerate(stated.organisations):
        here: list[Step] = ["organisations", i]
        positions = {"opening_gbp": each.opening_gbp, "closing_gbp": each.closing_gbp}
        for name, figures in positions.items():
            if each.outside and figures is not None:
                why = "money comes from outside or goes there, and what is left outside is not known"
                yield document.problem([*here, name], f"{each.id} is outside and has a position", why, "Remove it, or outside: true")
            elif not each.outside and (lacking := [year_label(year) for year in stated.years if year not in (figures or {})]):
                why = "an organisation of the map opens and closes every year with a position"
                remedy = "Add it; write outside: true for one that brings money in or takes it out"
                yield document.problem([*here, name] if figures else here, f"there is no {name} for {listed(lacking)}", why, remedy)
            for year in [year for year in figures or {} if year not in stated.years]:
                yield document.problem([*here, name, year], f"there is a figure for {year}", "it is no year of the flows", "Remove it")
        if sound and each.opening_gbp is not None and each.closing_gbp is not None and not each.outside:
            yield from _gaps(document, here, each.id, each.opening_gbp, each.closing_gbp, stated)


def _gaps(
    document: Document, here: list[Step], name: str, opening: Mapping[int, float], closing: Mapping[int, float], stated: Flows
) -> Iterator[Problem]:
    """Years that do not foot, and years that do not open as the last closed; a figure that causes both is reported once."""
    there = [year for year in stated.years if year in opening and year in closing and all(year in each.gbp for each in stated.flows)]
    received = {year: sum(each.gbp[year] for each in stated.flows if each.provider == name) for year in there}
    paid = {year: sum(each.gbp[year] for each in stated.flows if each.payer == name) for year in there}
    foots = {year: closing[year] - (opening[year] + received[year] - paid[year]) for year in there}
    opens = {year: opening[year] - closing[year - 1] for year in there if year - 1 in closing}
    for year in there:
        gap = foots[year]
        # An opening that is wrong by so much; without it the year foots.
        if abs(gap) >= HALF_A_PENNY and abs(gap + opens.get(year, 0)) >= HALF_A_PENNY:
            what = (
                f"{name} opens {year_label(year)} with {opening[year]:,.2f}, receives {received[year]:,.2f}, pays {paid[year]:,.2f} "
                f"and closes with {closing[year]:,.2f}: {abs(gap):,.2f} {'more' if gap > 0 else 'less'} than that gives"
            )
            yield document.problem(
                [*here, "closing_gbp", year], what, "positions must foot", "Correct a figure, or add the flow that is missing"
            )
        # The closing of the year before that is wrong by so much is reported there.
        gap = opens.get(year, 0.0)
        if abs(gap) >= HALF_A_PENNY and abs(gap + foots.get(year - 1, 0)) >= HALF_A_PENNY:
            what = (
                f"{name} closes {year_label(year - 1)} with {closing[year - 1]:,.2f} and opens {year_label(year)} with {opening[year]:,.2f}: "
                f"{abs(gap):,.2f} {'more' if gap > 0 else 'less'}"
            )
            remedy = "Correct one of them; write a restatement as a flow"
            yield document.problem([*here, "opening_gbp", year], what, "money does not come or go between two years", remedy)


# ------------------------------------------------------------------ growth


def _growth_faults(document: Document, stated: Flows) -> Iterator[Problem]:
    """Partners of no spend, comparators without growth, and terms that would have no effect."""
    first, last = stated.years[0], stated.years[-1]
    if len(stated.years) == 1 and stated.growth:
        yield document.problem(["growth"], "there is one year", "growth is from one year to a later one", "Add years, or remove growth")
    for i, comparator in enumerate(stated.comparators):
        yield from _comparator_faults(document, ["comparators", i], comparator, first, last)
        if not any(each.comparator == comparator.id for growth in stated.growth for each in growth.against):
            what = f"no partner is held against {comparator.id}"
            yield document.problem(["comparators", i], what, "it would have no effect", "Name it under against: of a partner, or remove it")
    comparators = [each.id for each in stated.comparators]
    for i, growth in enumerate(stated.growth):
        here: list[Step] = ["growth", i]
        yield from _partner_faults(document, here, growth, stated)
        for j, each in enumerate(growth.against):
            if each.comparator not in comparators:
                what = f"there is no comparator {each.comparator!r}"
                yield document.problem(
                    [*here, "against", j, "comparator"], what, "growth is held against it", nearest(each.comparator, comparators)
                )
            if each.comparator in [other.comparator for other in growth.against[:j]]:
                yield document.problem([*here, "against", j], f"{each.comparator} is there twice", "one would hide the other", "Remove one")


def _comparator_faults(document: Document, here: list[Step], comparator: Comparator, first: int, last: int) -> Iterator[Problem]:
    figures, rate = comparator.figures, comparator.growth_share_a_year
    if (figures is None) == (rate is None):
        what = f"{comparator.id} has {'both figures and growth_share_a_year' if figures else 'neither figures nor growth_share_a_year'}"
        yield document.problem(here, what, "its growth comes from one of them", "Write one of them")
    if rate is not None and not -1 < rate < 1:
        yield document.problem([*here, "growth_share_a_year"], f"growth_share_a_year is {rate:g}", "a share is a part of 1", as_share(rate))
    for year in (first, last) if figures is not None else ():
        if year not in (figures or {}):
            what = f"there is no figure for {year}"
            yield document.problem([*here, "figures"], what, "growth is from the first year to the last", "Add it")
    for year, value in (figures or {}).items():
        if year not in (first, last):
            what = f"there is a figure for {year}"
            yield document.problem([*here, "figures", year], what, "only the first year and the last count for growth", "Remove it")
        elif value <= 0:
            yield document.problem(
                [*here, "figures", year], f"the figure is {value:g}", "growth from or to it has no rate", "Write one above zero"
            )


def _partner_faults(document: Document, here: list[Step], growth: Growth, stated: Flows) -> Iterator[Problem]:
    organisations, settings = [each.id for each in stated.organisations], [each.id for each in stated.settings]
    selects = {
        "payers": (growth.payers, organisations),
        "providers": (growth.providers, organisations),
        "settings": (growth.settings, settings),
    }
    named = [name for name, (names, _) in selects.items() if names]
    before = 0
    for name in named:
        names, known = selects[name]
        for k, each in enumerate(names):
            if each not in known:
                before += 1
                yield document.problem(
                    [*here, name, k],
                    f"{each!r} is none of the {'settings' if name == 'settings' else 'organisations'}",
                    "its flows count for the partner",
                    nearest(each, known),
                )
    if bool(named) == (growth.spend_gbp is not None):
        what = f"{growth.id} has {'both flows and spend_gbp' if named else 'neither flows nor spend_gbp'}"
        yield document.problem(here, what, "its growth is of one of them", "Write payers, providers or settings, or spend_gbp by year")
    elif not before:
        spent = [_spent(stated, growth, year) for year in (stated.years[0], stated.years[-1])]
        for year, value in zip((stated.years[0], stated.years[-1]), spent, strict=True):
            # Spend below zero is reported at its own line.
            if value is not None and 0 <= value < HALF_A_PENNY:
                what = f"{growth.id} spends {value:,.2f} in {year_label(year)}"
                yield document.problem(
                    here, what, "growth from or to nothing has no rate", "Name flows of every year, or remove the partner"
                )


def _spent(stated: Flows, growth: Growth, year: int) -> float | None:
    """What a partner spends in a year; None where a figure that is missing is reported."""
    if growth.spend_gbp is not None:
        return growth.spend_gbp.get(year)
    counted = [each for each in stated.flows if stated.counts(growth, each)]
    return None if any(year not in each.gbp for each in counted) else sum(each.gbp[year] for each in counted)


# ------------------------------------------------------------------ rows and figures


def _laid_out(stated: Flows) -> LaidOut:
    periods = [str(year) for year in stated.years]
    known = Figure(0.0, stated.status, stated.source, stated.as_at, stated.note)
    figures, own = _columns(stated, known)
    members = (*stated.organisations, *stated.settings, *stated.comparators, *stated.growth)
    return LaidOut(
        rows=_rows(stated, periods),
        columns=columns_given(figures, "flows.yaml", known, own),
        labels={each.id: each.label for each in members},
    )


def _rows(stated: Flows, periods: Sequence[str]) -> dict[str, Rows]:
    def by_period(names: tuple[str, ...], keys: Sequence[tuple[str, ...]]) -> Rows:
        return columns_of((*names, "period"), [(*key, period) for key in keys for period in periods])

    flows = [(each.payer, each.provider, each.setting) for each in stated.flows]
    counted = [(growth.id, *_key(each)) for growth in stated.growth for each in stated.flows if stated.counts(growth, each)]
    return {
        "flow": by_period(("payer", "provider", "setting"), flows),
        "flow_pair": by_period(("payer", "provider"), list(dict.fromkeys(key[:2] for key in flows))),
        "flow_payer": by_period(("payer",), list(dict.fromkeys(key[:1] for key in flows))),
        "flow_provider": by_period(("provider",), list(dict.fromkeys(key[1:2] for key in flows))),
        "flow_setting": by_period(("setting",), [(each.id,) for each in stated.settings]),
        "flow_position": by_period(("organisation",), [(each.id,) for each in stated.organisations if not each.outside]),
        "flow_period": by_period((), [()]),
        "flow_counted": by_period(("partner", "payer", "provider", "setting"), counted),
        "flow_partner_year": by_period(("partner",), [(growth.id,) for growth in stated.growth]),
        "flow_partner": columns_of(
            ("partner", "first_period", "last_period"), [(growth.id, periods[0], periods[-1]) for growth in stated.growth]
        ),
        "flow_comparator": columns_of(("comparator",), [(each.id,) for each in stated.comparators]),
        "flow_against": columns_of(
            ("partner", "comparator"), [(growth.id, each.comparator) for growth in stated.growth for each in growth.against]
        ),
    }


def _key(each: Flow) -> tuple[str, str, str]:
    return each.payer, each.provider, each.setting


Given = dict[str, tuple[tuple[str, ...], Figures]]


def _columns(stated: Flows, known: Figure) -> tuple[Given, dict[str, dict[Key, Figure]]]:
    """The figures of every column by key, and the provenance that entries state of themselves."""
    years, span = stated.years, float(len(stated.years) - 1)
    inside = [each for each in stated.organisations if not each.outside]
    given: Given = {
        "flow_gbp": (("payer", "provider", "setting", "period"), {(*_key(each), str(year)): each.gbp[year] for each in stated.flows for year in years}),
        "position_opening_gbp": (("organisation", "period"), {(each.id, str(year)): (each.opening_gbp or {})[year] for each in inside for year in years}),
        "position_closing_gbp": (("organisation", "period"), {(each.id, str(year)): (each.closing_gbp or {})[year] for each in inside for year in years}),
        "partner_stated_gbp": (("partner", "period"), {(each.id, str(year)): (each.spend_gbp or {}).get(year, 0.0) for each in stated.growth for year in years}),
        "partner_years_number": (("partner",), {(each.id,): span for each in stated.growth}),
        "comparator_first_index": (("comparator",), {(each.id,): (each.figures or {}).get(years[0], 0.0) for each in stated.comparators}),
        "comparator_last_index": (("comparator",), {(each.id,): (each.figures or {}).get(years[-1], 0.0) for each in stated.comparators}),
        "comparator_stated_growth_share": (("comparator",), {(each.id,): each.growth_share_a_year or 0.0 for each in stated.comparators}),
        "comparator_stated_flag": (("comparator",), {(each.id,): each.growth_share_a_year is not None for each in stated.comparators}),
        "comparator_years_number": (("comparator",), {(each.id,): span for each in stated.comparators}),
        "against_stated_index": (("partner", "comparator"), {(of.id, each.comparator): each.stated_part_index or 0.0 for of in stated.growth for each in of.against}),
        "against_stated_flag": (("partner", "comparator"), {(of.id, each.comparator): each.stated_part_index is not None for of in stated.growth for each in of.against}),
    }  # fmt: skip
    of_key: dict[Key, Figure] = {_key(each): each.figure(known) for each in stated.flows}
    of_key |= {(each.id,): each.figure(known) for each in (*stated.organisations, *stated.comparators, *stated.growth)}
    of_key |= {(of.id, each.comparator): each.figure(of.figure(known)) for of in stated.growth for each in of.against}
    own = {name: {key: of_key.get(key) or of_key[key[:-1]] for key in values} for name, (_, values) in given.items()}
    return given, own

"""What of a place's agreements has no effect, in words: a share of zero, a band nothing reaches, a figure that no agreement reads.

It is read off the figures of a run, so that a term which a scenario switches off is named too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Key
from capmodel.assumptions.years import year_label
from capmodel.contracts.agreements import AGREEMENT, SERVICE_LINE, SIDES, UNCOVERED
from capmodel.contracts.agreements.stated import LISTS, Agreements, Whole
from capmodel.errors import listed

#: A column of a run by the keys of its rows, the year last.
ColumnOf = Callable[[str, str], Mapping[Key, float]]
#: Activity below this is noise.
_SOME = 1e-9


@dataclass(frozen=True)
class AgreedRun:
    """The agreements of a run: its columns and rows, what ids are called, the years, and what the file says."""

    column: ColumnOf
    rows: Mapping[str, Rows]
    label: Callable[[str], str]
    years: Sequence[int]
    agreements: Whole
    #: The assumption of activity against plan, where it is stated.
    moved_by: tuple[str, ...] = ()

    @property
    def stated(self) -> Agreements:
        """The agreements, with what they take from an edition written out."""
        return self.agreements.stated

    def name(self, key: Key) -> str:
        """A key in words."""
        return ", ".join(self.label(part) for part in key)

    @property
    def agreement_of(self) -> dict[Key, str]:
        """The agreement of each line of service, in the order of the lines."""
        columns = self.rows["service_line"].columns
        return dict(zip(zip(*(columns[part] for part in SERVICE_LINE), strict=True), columns[AGREEMENT], strict=True))

    def lines(self, table: str) -> list[Key]:
        """The lines of service that have a row in a table."""
        columns = self.rows[table].columns
        return list(dict.fromkeys(zip(*(columns[part] for part in SERVICE_LINE), strict=True)))


def without_effect(run: AgreedRun) -> list[str]:
    """Each term and figure without effect, and why, in words."""
    return [*_edition(run), *_scopes(run), *_bands(run), *_unread(run), *_activity(run)]


def _edition(run: AgreedRun) -> Iterator[str]:
    """An edition of which no agreement takes anything, and rules of it of which an agreement states everything itself."""
    scheme = run.agreements.scheme
    if scheme and not run.agreements.inherited:
        yield f"edition {scheme.title}: no agreement names a rule of it"
    for each in run.stated.agreements:
        taken = run.agreements.inherited.get(each.id)
        if taken and not taken.parameters:
            yield f"rule {each.rule} of {each.label}: the agreement states everything itself"


def _scopes(run: AgreedRun) -> Iterator[str]:
    """Members of a scope that no line of the agreement has."""
    of = run.agreement_of
    for each in run.stated.agreements:
        own = [line for line, agreement in of.items() if agreement == each.id]
        for i, name in enumerate(LISTS.values()):
            there = {line[i] for line in own}
            if empty := [member for member in getattr(each.lines, name) or () if member not in there]:
                yield f"{listed([run.label(member) for member in empty])} in {name} of {each.label}: the agreement has no line of it"


def _bands(run: AgreedRun) -> Iterator[str]:
    """Sides whose shares are zero, and bands that no line's activity reaches."""
    paid, activity = run.column("agreement_band", "marginal_paid_share"), run.column("service_line_band", "band_number")
    reached: dict[Key, float] = {}
    columns = run.rows["service_line_band"].columns
    of_row = list(columns[AGREEMENT]) if columns else []
    for i, (key, value) in enumerate(activity.items()):
        band = (of_row[i // len(run.years)], *key[len(SERVICE_LINE) : -1])
        reached[band] = reached.get(band, 0.0) + value
    for each in run.stated.agreements:
        bands = list(dict.fromkeys(key[:-1] for key in paid if key[0] == each.id))
        shares = {band: [value for key, value in paid.items() if key[:-1] == band] for band in bands}
        for side in SIDES:
            own = [band for band in bands if band[1] == side]
            if own and not any(value for band in own for value in shares[band]):
                yield f"the share paid {run.label(side).lower()} in {each.label}: it is zero, so that the payment stays fixed"
                continue
            for i, band in enumerate(own[1:], start=2):
                if reached[band] < _SOME:
                    yield f"band {i} {run.label(side).lower()} of {each.label}: no line's activity reaches it"


def _unread(run: AgreedRun) -> Iterator[str]:
    """Stated sums, criteria and past values of lines whose agreement does not read them."""
    of = run.agreement_of
    flags = {name: run.column("agreement_terms", name) for name in ("fixed_stated_flag", "criteria_flag", "fixed_mean_flag")}
    for table, flag, what in (
        ("fixed_payment", "fixed_stated_flag", "the stated sum"),
        ("criteria_met", "criteria_flag", "the part of the criteria met"),
        ("past_value", "fixed_mean_flag", "the values of past years"),
    ):
        for line in run.lines(table):
            agreement = of[line]
            # A line that nobody covers is shown with its stated sum.
            if not flags[flag][(agreement,)] and (agreement, table) != (UNCOVERED, "fixed_payment"):
                yield f"{what} of {run.name(line)}: {run.label(agreement)} does not read {'them' if table == 'past_value' else 'it'}"
    counted: dict[Key, float] = {}
    for key, value in run.column("past_value_counted", "past_counted_flag").items():
        counted[key[:-1]] = counted.get(key[:-1], 0.0) + value
    for key, value in counted.items():
        if not value:
            yield f"the value of {year_label(int(key[-1]))} of {run.name(key[:-1])}: three later years are in every mean"


def _activity(run: AgreedRun) -> Iterator[str]:
    """What moves activity where all of it is given, and lines paid by activity without a plan in a year."""
    assumed = run.lines("expected_activity")
    for name in run.moved_by if not assumed else ():
        yield f"{name}: actual activity is given for every line"
    points = {line[:2] for line in assumed}
    for key in dict.fromkeys(key[:2] for key in run.column("activity_move", "delivery_variance_share")):
        if key not in points:
            yield f"delivery_variance_share of {run.name(key)}: actual activity is given for its lines"
    banded = set(run.lines("service_line_band"))
    for (*line, year), value in run.column("service_line", "plan_activity_number").items():
        if tuple(line) in banded and value < _SOME:
            yield f"the bands of {run.name(tuple(line))} in {year_label(int(year))}: its plan has no activity in the year"

"""From an extract to segment spend: read, check, put into segments, add up, reconcile, suppress. The order of the whole step.

Each stage is a module of its own; this one only takes them in turn and says how far it has got.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from capmodel.assumptions.pack import Pack
from capmodel.baseline.files import is_synthetic
from capmodel.baseline.persons.extract.checks import Quality, check_scheme
from capmodel.baseline.persons.extract.column_map import FILE, ColumnMap, read_map
from capmodel.baseline.persons.schemes.scheme import Scheme, read_scheme
from capmodel.baseline.persons.sums.add_up import STAGES, Request, add_up
from capmodel.baseline.persons.sums.aggregate import ROUTE, Aggregates, Comparison
from capmodel.baseline.persons.sums.linkage import Linkage, rounding, unlinked
from capmodel.baseline.persons.sums.reconcile import APPORTIONED, RECORDED, apportion, check_drivers, check_parts, reconcile
from capmodel.baseline.persons.suppress import ALL, Suppressed, suppress
from capmodel.errors import BadInput, Problem, gathered

ACCOUNTS = "accounts_gbp"
#: What stands beside accounts that a feed made up for want of any, so that they are never taken for accounts.
NO_ACCOUNTS = "No accounts were given: replace this row, its note too"
PAIR = ["year", "segment", "locality"]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Segmented:
    """Segment spend from people, and all that is known of how good it is.

    `aggregates` are unsuppressed and stay inside; `shown` is what may be written. `spend` adds block contracts to the
    recorded lines (column `basis`), `reconciliation` holds it against the accounts of `year`, the base year of the place.
    """

    pack: Pack
    columns: ColumnMap
    request: Request
    scheme: Scheme
    year: int
    quality: Quality
    linkage: tuple[Linkage, ...]
    aggregates: Aggregates
    spend: pd.DataFrame
    shown: Suppressed
    reconciliation: pd.DataFrame
    comparison: Comparison | None
    schemes: tuple[Scheme, ...]

    @cached_property
    def synthetic(self) -> bool:
        """True where the extract says of itself that its people are made up."""
        return is_synthetic(self.request.people)

    @property
    def status(self) -> str:
        """What the figures are marked as: as persons.yaml says, but made-up people are never more than illustrative."""
        return "illustrative" if self.synthetic else self.columns.status

    @property
    def years(self) -> list[int]:
        """The years of the extract."""
        return sorted(int(year) for year in self.aggregates.people["year"].unique())


def segment_people(pack: Pack, request: Request, progress: Progress = lambda stage, done, of: None) -> Segmented:
    """Segment spend from a person-level extract.

    Args:
        pack: the place, whose persons.yaml maps the extract.
        request: the extract, the schemes and the engine.
        progress: called with the stage, how many are done and of how many.

    Raises:
        BadInput: with everything that is wrong with the map, the schemes or the extract, in one report.
    """
    columns, schemes = map_and_schemes(pack, request.schemes)
    scheme, accounts = schemes[0], accounts_of(pack)

    def at(stage: str) -> None:
        progress(stage, STAGES.index(stage), len(STAGES))

    added = add_up(pack, columns, schemes, request, at)
    found = added.aggregates
    at("suppressing small numbers")
    spend = with_blocks(found, columns, pack.base_year)
    disclosed = shown(found.people, spend, columns.small_numbers)
    problems = check_parts(columns.blocks, disclosed.spend, pack.base_year)
    if problems:
        raise BadInput(problems)
    made = Segmented(
        pack,
        columns,
        request,
        scheme,
        pack.base_year,
        added.quality,
        added.linkage,
        found,
        spend,
        disclosed,
        reconcile(
            spend,
            accounts,
            unlinked(added.linkage, pack.base_year),
            rounding(columns, added.quality, added.linkage, pack.base_year),
            columns.scale_to_accounts,
            pack.base_year,
        ),
        added.comparison,
        schemes,
    )
    progress("done", len(STAGES), len(STAGES))
    return made


def map_and_schemes(pack: Pack, names: Sequence[str] = ()) -> tuple[ColumnMap, tuple[Scheme, ...]]:
    """The column map of a place, and the schemes of those names, or the one that the map names.

    Raises:
        BadInput: with everything that is wrong with the map or the schemes, in one report.
    """
    columns, schemes, problems = None, list[Scheme](), list[Problem]()
    with gathered(problems):
        columns = read_map(pack.folder, pack.dimensions)
    for name in names or ((columns.scheme,) if columns else ()):
        with gathered(problems):
            schemes.append(read_scheme(name, pack.folder))
    if len(names) > 2:
        problems.append(Problem("--scheme", f"{len(names)} schemes are asked for", "two can be crossed", "Name one or two"))
    if columns is not None:
        problems += check_drivers(columns)
        if columns.scale_to_accounts and not accounts_of(pack):
            what = "spend is to be scaled to the accounts, and there are no accounts"
            remedy = "Add tables/accounts_gbp.csv, or take scale_to_accounts out"
            problems.append(Problem(columns.path.name, what, "there is nothing to scale to", remedy))
    if problems or columns is None:
        raise BadInput(problems)
    return columns, tuple(schemes)


def check_person_level(pack: Pack) -> None:
    """Hold the column map of a place, and the schemes in its folder, against what a run would ask of them; a place need not have a map.

    Raises:
        BadInput: with everything that is wrong with them, in one report.
    """
    if not (pack.folder / FILE).is_file():
        return
    problems = list[Problem]()
    for path in sorted(pack.folder.glob("segmentations/*.yaml")):
        with gathered(problems):
            read_scheme(path.stem, pack.folder)
    with gathered(problems):
        columns, (scheme,) = map_and_schemes(pack)
        check_scheme(columns, scheme, problems)
    if problems:
        raise BadInput(list(dict.fromkeys(problems)))


def accounts_of(pack: Pack) -> dict[tuple[str, str], int]:
    """The accounts of the place in pence by payer and setting: its table accounts_gbp, where it has one."""
    column = pack.columns.get(ACCOUNTS)
    if column is None:
        return {}
    order = [column.keys.index(name) for name in ("payer", "setting")]
    return {
        (key[order[0]], key[order[1]]): round(figure.value * 100)
        for (key, _), figure in column.figures.items()
        if figure.note != NO_ACCOUNTS
    }


def with_blocks(found: Aggregates, columns: ColumnMap, year: int) -> pd.DataFrame:
    """Recorded spend and, in the base year, each block contract's part; `basis` says which a line is."""
    blocks = apportion(found, columns.blocks, year)
    recorded = found.spend.assign(basis=RECORDED)
    return pd.concat([recorded, blocks], ignore_index=True) if len(blocks) else recorded


def shown(people: pd.DataFrame, spend: pd.DataFrame, threshold: int) -> Suppressed:
    """What may be shown of people and spend.

    A block contract's part is worked out from figures of its segment and locality, and would tell them: it is hidden wherever
    they are, and shown wherever they are. Users are no more than the people of their segment and locality, and would bound them
    from below: users and activity are disclosed of a line only where it and its people are, and of a total only where they are of
    every line in it, so that nothing disclosed of users says anything of a figure that is not.
    """
    recorded, blocks = (spend[spend["basis"] == basis].drop(columns="basis") for basis in (RECORDED, APPORTIONED))
    cost = recorded.groupby(PAIR)["cost_pence"].sum()
    heads = people[[*PAIR, "people", "person_months"]]
    heads = heads.assign(cost_pence=[int(cost.get(key, 0)) for key in heads[PAIR].itertuples(index=False, name=None)])
    found = _counted(suppress(heads, recorded, threshold))
    lines, totals = (
        found.spend.assign(basis=RECORDED),
        found.totals.assign(basis=[ALL if name == ALL else RECORDED for name in found.totals["setting"]]),
    )
    if blocks.empty:
        return replace(found, spend=lines, totals=totals)
    keys = [PAIR, ["year", "segment"], ["year", "locality"], ["year"]]
    parts = [blocks.groupby([*key, *ROUTE], as_index=False)["cost_pence"].sum() for key in keys]
    parts = [part.assign(**{name: ALL for name in PAIR if name not in part}) for part in parts]
    every = pd.concat(parts, ignore_index=True)
    everybody = pd.concat([found.people, totals[totals["setting"] == ALL]])
    hidden = {tuple(key) for key in everybody.loc[everybody["suppressed"], PAIR].itertuples(index=False, name=None)}
    every["suppressed"] = [tuple(key) in hidden for key in every[PAIR].itertuples(index=False, name=None)]
    added = every.groupby(PAIR)["cost_pence"].sum()
    every["cost_pence"] = every["cost_pence"].astype("Int64").mask(every["suppressed"])
    every = every.assign(basis=APPORTIONED, **{name: pd.array([pd.NA] * len(every), dtype="Int64") for name in ("users", "activity")})
    of_pair = every["segment"].ne(ALL) & every["locality"].ne(ALL)
    return replace(
        found,
        people=_with(found.people, added),
        spend=pd.concat([lines, every[of_pair]], ignore_index=True)[list(lines.columns)],
        totals=pd.concat([_with(totals, added), every[~of_pair]], ignore_index=True)[list(totals.columns)],
    )


def _counted(found: Suppressed) -> Suppressed:
    """The same with users and activity only where no figure beneath them is hidden; what is zero stays zero."""
    lines, totals, counts = found.spend, found.totals, [name for name in ("users", "activity") if name in found.spend]
    hidden = set(found.people.loc[found.people["suppressed"], PAIR].itertuples(index=False, name=None))
    in_hidden = np.array([key in hidden for key in lines[PAIR].itertuples(index=False, name=None)], bool)
    undisclosed = lines["suppressed"].to_numpy(bool) | (in_hidden & (lines[counts].fillna(1) > 0).any(axis=1).to_numpy(bool))
    above = {
        (year, *pair, *route)
        for year, segment, locality, *route in lines.loc[undisclosed, [*PAIR, *ROUTE]].itertuples(index=False, name=None)
        for pair in ((segment, ALL), (ALL, locality), (ALL, ALL))
    }
    over = np.array([key in above for key in totals[[*PAIR, *ROUTE]].itertuples(index=False, name=None)], bool)
    frames = [frame.assign(**{name: frame[name].mask(mask) for name in counts}) for frame, mask in ((lines, undisclosed), (totals, over))]
    return replace(found, spend=frames[0], totals=frames[1])


def _with(frame: pd.DataFrame, added: pd.Series[Any]) -> pd.DataFrame:
    """Heads and their totals with the cost of block contracts in it; what is hidden stays hidden."""
    is_head = frame["setting"].eq(ALL) if "setting" in frame else pd.Series(True, index=frame.index)
    more = [
        int(added.get(key, 0)) if head else 0 for key, head in zip(frame[PAIR].itertuples(index=False, name=None), is_head, strict=True)
    ]
    return frame.assign(cost_pence=frame["cost_pence"] + pd.array(more, dtype="Int64"))


def tidy(made: Segmented) -> pd.DataFrame:
    """The spend that may be written, one row a year, segment, locality and route; money in pounds, what is not disclosed missing.

    `suppressed` is 0 where all of a row is disclosed, 1 where nothing is, and 2 where the pounds are disclosed and users and activity are
    not (`withheld`). Block contracts have neither users nor activity.
    """
    frame = made.shown.spend
    return pd.DataFrame(
        {
            **{name: frame[name] for name in (*PAIR, *ROUTE, "basis")},
            "users": frame["users"].astype("Int64"),
            "cost_gbp": _shown_pounds(frame["cost_pence"]),
            "activity": frame["activity"].astype("Int64"),
            "suppressed": frame["suppressed"].astype(int).mask(withheld(frame), 2),
        }
    )


def withheld(spend: pd.DataFrame) -> pd.Series[bool]:
    """Rows of the spend shown whose pounds are disclosed and whose users and activity are not.

    Their number would say something of the people of the segment and locality, who are suppressed.
    """
    return ~spend["suppressed"].astype(bool) & spend["basis"].eq(RECORDED) & spend["users"].isna()


def tidy_people(made: Segmented) -> pd.DataFrame:
    """The people that may be written, one row a year, segment and locality."""
    frame = made.shown.people
    return pd.DataFrame(
        {
            **{name: frame[name] for name in PAIR},
            "people": frame["people"].astype("Int64"),
            "person_months": frame["person_months"].astype("Int64"),
            "cost_gbp": _shown_pounds(frame["cost_pence"]),
            "suppressed": frame["suppressed"].astype(int),
        }
    )


def pounds(pence: int) -> str:
    """Whole pence as pounds with two decimals, without passing through a fraction.

    >>> pounds(123405)
    '1234.05'
    """
    return f"{pence // 100}.{pence % 100:02d}"


def _shown_pounds(pence: pd.Series[Any]) -> list[str]:
    return ["" if pd.isna(value) else pounds(int(value)) for value in pence]

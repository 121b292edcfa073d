"""The figures of a segmented extract that may be disclosed: everything a report says, with small numbers already out of it.

Here is decided what leaves the engine beside the tables of spend and people; the page and the record only write it down.
Counts and pounds by segment and locality are those of `Segmented.shown`. What is worked out from unsuppressed sums is disclosed
only where it fixes no suppressed figure: percentiles and truncation where enough people lie above them, spread where the
group is large. Left to others: tables of two attributes and of two years (`pairs`), what the figures mean (`readiness`) and how
they look (`page`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import pandas as pd

from capmodel.assumptions.years import year_label
from capmodel.baseline.persons.segment import Segmented, pounds
from capmodel.baseline.persons.sums.reconcile import APPORTIONED, RECORDED
from capmodel.baseline.persons.suppress import ALL, ROUTE

#: Stands for a figure that is known and not disclosed.
SUPPRESSED = "suppressed"
#: A percentile is one person's spend; it is shown to the nearest so many pounds.
ROUNDED_TO = 10
#: The spread of a group is shown where it has at least so many times the smallest count shown.
LARGE = 20
#: A locality is remarked on where the largest has more than so many times its people.
BESIDE_LARGE = 100
#: 95 per cent of a normal distribution lies within so many standard deviations.
Z95 = 1.96
#: Full credibility, by limited fluctuation: 1,082 claims put the mean within 5 per cent in 90 years of a hundred.
FULL_CREDIBILITY = 1082
#: What the attributes of the column map are called.
ATTRIBUTES = {
    "age": "Age",
    "months": "Months registered",
    "year": "Year",
    "locality": "Locality",
    "practice": "Practice",
    "sex": "Sex",
    "deprivation": "Deprivation decile",
    "score": "Risk score",
}
#: Words of a place's name that stay small.
SMALL_WORDS = ("and", "of", "on", "the", "upon", "with")

Row = dict[str, Any]


def chance(people: int, cost_pence: int, squared: int) -> dict[str, float]:
    """How far the mean spend of a group moves by chance alone, from one year to the next.

    The band is 1.96 x CV / sqrt(N) either way, where CV is the standard deviation of spend a person over its mean.

    10,000 people, half of whom cost nothing and half 2,000 pounds: mean 1,000, CV 1, the mean moves by 1.96 per cent.

    >>> chance(10_000, 5_000 * 200_000, 5_000 * 200_000**2)
    {'cv': 1.0, 'band_share': 0.0196, 'band_gbp': 20.0}
    """
    mean = cost_pence / people
    # Exact whole numbers until the root, so that large squares lose nothing.
    deviation = math.sqrt(people * squared - cost_pence * cost_pence) / people
    band = Z95 * deviation / math.sqrt(people)
    cv = round(deviation / mean, 2) if mean else 0.0
    return {"cv": cv, "band_share": round(band / mean, 4) if mean else 0.0, "band_gbp": float(round(band / 100))}


def credibility(people: int) -> float:
    """How much of its own experience a group's price can be based on: Z = min(1, sqrt(n / 1082)).

    >>> credibility(271), credibility(5000)
    (0.5, 1.0)
    """
    return round(min(1.0, math.sqrt(people / FULL_CREDIBILITY)), 2)


def rounded_percentile(pence: int) -> int:
    """A percentile in pounds, to the nearest ten, since to the penny it is what one person cost.

    >>> rounded_percentile(123456)
    1230
    """
    return round(pence / 100 / ROUNDED_TO) * ROUNDED_TO


def coarse(share: float) -> float:
    """A share to the nearest hundredth, at 0 and 1 only where it is exactly so.

    >>> coarse(0.99999), coarse(1.0), coarse(0.004)
    (0.99, 1.0, 0.01)
    """
    return share if share in (0, 1) else min(max(round(share, 2), 0.01), 0.99)


class Disclosable:
    """The figures of one segmented extract; each method is a table of the report, as rows of plain values."""

    def __init__(self, made: Segmented) -> None:
        self.made = made
        self.year = made.year
        self.least = max(made.columns.small_numbers, 1)
        self.labels = made.pack.labels()
        self.segment_labels = {segment.id: segment.label for scheme in made.schemes for segment in scheme.segments}
        names = ["year", "segment", "locality", "setting", "provider", "payer", "basis"]
        self._totals: dict[tuple[Any, ...], Row] = {}
        self._routes: dict[tuple[int, str], list[Row]] = {}
        for row in made.shown.totals.to_dict("records"):
            given = {str(name): value for name, value in row.items()}
            key = tuple(given[name] for name in names)
            self._totals[key] = given
            if key[2] == ALL and key[3] != ALL:
                self._routes.setdefault((key[0], key[1]), []).append(given)

    def label(self, name: str) -> str:
        """The words for an id of the place; localities have no label of their own, so their ids are written out.

        `hammersmith_and_fulham` is written as Hammersmith and Fulham.
        """
        spelt = " ".join(word if word in SMALL_WORDS else word[:1].upper() + word[1:] for word in name.split("_"))
        return self.labels.get(name, spelt)

    def total(self, measure: str, year: int, segment: str = ALL, locality: str = ALL) -> Any:
        """A total over routes; zero where there is nobody, SUPPRESSED where it may not be disclosed."""
        row = self._totals.get((year, segment, locality, ALL, ALL, ALL, ALL))
        if row is None:
            return 0
        return SUPPRESSED if row["suppressed"] else int(row[measure])

    def localities(self) -> list[Row]:
        """The localities of the extract and their people in the base year.

        `few` is true where a name could be a slip, which makes a locality of its own: the people shown are very few beside those of the
        largest locality, or are not shown, and the map does not list the localities. It is found from figures that are shown alone.
        """
        names = sorted({str(locality) for locality in self.made.aggregates.people["locality"]})
        sizes = {name: self.total("people", self.year, locality=name) for name in names}
        largest = max((size for size in sizes.values() if size != SUPPRESSED), default=0)
        listed = bool(self.made.columns.codes.get("locality")) or largest < BESIDE_LARGE * self.least
        return [
            {
                "locality": name,
                "label": self.label(name),
                "people": size,
                "few": not listed and (size == SUPPRESSED or size * BESIDE_LARGE < largest),
            }
            for name, size in sizes.items()
        ]

    def routes(self, years: Iterable[int], segment: str = ALL) -> list[Row]:
        """The totals by route, all localities together."""
        return [row for year in years for row in self._routes.get((year, segment), ())]

    def given_away(self) -> int:
        """Suppressed figures that a reader finds all the same: those the suppression counts, and those a block contract tells.

        A block contract has everybody of a segment and locality among its users; where its line is shown, their number is.
        """
        shown = self.made.shown
        keys = ["year", "segment", "locality"]
        heads = pd.concat([shown.people, shown.totals[shown.totals["setting"] == ALL]])
        lines = pd.concat([shown.spend, shown.totals[shown.totals["setting"] != ALL]])
        apportioned = lines[(lines["basis"] == APPORTIONED) & ~lines["suppressed"].astype(bool)]
        known = {tuple(key) for key in apportioned[keys].itertuples(index=False, name=None)}
        hidden = heads[heads["suppressed"].astype(bool)][keys].itertuples(index=False, name=None)
        return shown.exposed + sum(tuple(key) in known for key in hidden)

    # -- Segments ---------------------------------------------------------------------------------------------------------------

    def head(self, year: int, segment: str = ALL) -> Row:
        """People, person-months, spend and spend a person-year of a segment, or of all."""
        people, months, cost = (self.total(name, year, segment) for name in ("people", "person_months", "cost_pence"))
        if people == SUPPRESSED:
            return dict.fromkeys(("people", "person_months", "person_years", "spend_gbp", "gbp_per_person_year"), SUPPRESSED)
        return {
            "people": people,
            "person_months": months,
            "person_years": round(months / 12, 1),
            "spend_gbp": pounds(cost),
            "gbp_per_person_year": f"{cost * 12 / months / 100:.2f}" if months else None,
        }

    def segments(self) -> list[Row]:
        """Each segment in the base year: people, spend, their shares, percentiles of spend a person, and truncation."""
        whole_people, whole_cost = self.total("people", self.year), self.total("cost_pence", self.year)
        spread = self.made.aggregates.spread
        of_spread = {str(row["segment"]): row for row in spread[spread["year"] == self.year].to_dict("records")}
        sums = self.made.aggregates.people
        of_sums = sums[sums["year"] == self.year].groupby("segment")[["above", "truncated_pence", "pooled_pence", "cost_squared"]].sum()
        spend = self.made.aggregates.spend
        users = spend[spend["year"] == self.year].groupby(["segment", *ROUTE])["users"].sum().groupby("segment").max()
        rows = []
        for segment in self.made.scheme.segments:
            head = self.head(self.year, segment.id)
            people, cost = self.total("people", self.year, segment.id), self.total("cost_pence", self.year, segment.id)
            is_shown = people != SUPPRESSED
            row: Row = {"segment": segment.id, "label": segment.label, "who": segment.when.words(), **head}
            row["share_of_people"] = round(people / whole_people, 6) if is_shown and whole_people else (0.0 if is_shown else SUPPRESSED)
            row["share_of_spend"] = round(cost / whole_cost, 6) if is_shown and whole_cost else (0.0 if is_shown else SUPPRESSED)
            for share in (0.5, 0.9, 0.99):
                row[f"p{round(share * 100)}_gbp"] = self._percentile(of_spread.get(segment.id), people, f"p{round(share * 100)}", share)
            cut = self.made.columns.truncation_share
            row["truncation_gbp"] = self._percentile(of_spread.get(segment.id), people, "truncation", cut)
            row |= self._truncated(segment.id, people, row["truncation_gbp"], of_sums)
            row["recorded_square_pence"] = self._squares(people, users.get(segment.id), of_sums["cost_squared"].get(segment.id))
            rows.append(row)
        return rows

    def _truncated(self, segment: str, people: Any, point: Any, sums: pd.DataFrame) -> Row:
        """Spend up to the truncation point and above it, and the share above."""
        names = ("truncated_gbp", "pooled_gbp", "pooled_share")
        if people == 0:
            return dict.fromkeys(names)
        above, kept, pooled = (int(sums[name][segment]) for name in ("above", "truncated_pence", "pooled_pence"))
        if point == SUPPRESSED or 0 < above < self.least:
            return dict.fromkeys(names, SUPPRESSED)
        share = pooled / (kept + pooled) if pooled else 0.0
        # Truncated and pooled add up to recorded spend, which beside block contracts is a total of its own.
        if self.made.columns.blocks and any(row["suppressed"] for row in self.routes([self.year], segment)):
            return dict(zip(names, (SUPPRESSED, SUPPRESSED, coarse(share)), strict=True))
        return dict(zip(names, (pounds(kept), pounds(pooled), round(share, 3)), strict=True))

    def _squares(self, people: Any, users: Any, squares: Any) -> Any:
        """The sum of squares of recorded spend a person, as text since no float holds it; `users` are those of the route most used.

        With the sum it would tell what one or two people cost: it is disclosed of large groups in which enough people have spend,
        and never of everybody, which would leave the groups not disclosed.
        """
        if people == 0:
            return None
        large = people != SUPPRESSED and people >= LARGE * self.least and (users is None or users >= self.least)
        return str(squares) if large else SUPPRESSED

    def by_setting(self) -> Row:
        """Spend of the base year by segment and setting, block contracts in it; a sum is shown where all that is in it is."""
        found: dict[tuple[str, str], Any] = {}
        for segment in (*(one.id for one in self.made.scheme.segments), ALL):
            for row in self.routes([self.year], segment):
                so_far = found.get((segment, row["setting"]), 0)
                hides = row["suppressed"] or so_far == SUPPRESSED
                found[segment, row["setting"]] = SUPPRESSED if hides else so_far + int(row["cost_pence"])
        spent = {setting for (_, setting), pence in found.items() if pence}
        settings = [entry.id for entry in self.made.pack.dimensions["setting"] if entry.id in spent]
        return {
            "settings": settings,
            "rows": [
                {
                    "segment": segment,
                    "label": self.segment_labels.get(segment, "Total"),
                    **_in_pounds({name: found.get((segment, name), 0) for name in settings}),
                    "spend_gbp": self.head(self.year, segment)["spend_gbp"],
                }
                for segment in (*(one.id for one in self.made.scheme.segments), ALL)
            ],
        }

    def _percentile(self, row: Mapping[Any, Any] | None, people: Any, name: str, share: float) -> Any:
        if row is None:
            return None
        if people == SUPPRESSED or people * (1 - share) < self.least - 1e-9:
            return SUPPRESSED
        return rounded_percentile(int(row[f"{name}_pence"]))

    def chances(self) -> list[Row]:
        """How far mean spend a person moves by chance: the place as a whole, then each segment large enough to tell."""
        sums = self.made.aggregates.people
        of_year = sums[sums["year"] == self.year]
        rows = []
        for segment in (ALL, *(one.id for one in self.made.scheme.segments)):
            people = self.total("people", self.year, segment)
            if people == 0:
                continue
            row: Row = {"segment": segment, "label": "Whole place" if segment == ALL else self.segment_labels[segment], "people": people}
            if people == SUPPRESSED or people < LARGE * self.least:
                rows.append({**row, **dict.fromkeys(("cv", "band_share", "band_gbp", "credibility"), SUPPRESSED)})
                continue
            here = of_year if segment == ALL else of_year[of_year["segment"] == segment]
            cost, squared = (sum(int(value) for value in here[name]) for name in ("cost_pence", "cost_squared"))
            rows.append({**row, **chance(people, cost, squared), "credibility": credibility(people)})
        return rows

    def by_year(self) -> list[Row]:
        """People and spend of each year, and spend a person-year of each segment."""
        rows = []
        for year in self.made.years:
            blocks = self._block_pence() if year == self.year else 0
            whole = self.total("cost_pence", year)
            rows.append(
                {
                    "year": year,
                    "label": year_label(year),
                    **self.head(year),
                    "recorded_gbp": SUPPRESSED if blocks == SUPPRESSED else pounds(whole - blocks),
                    "block_contracts_gbp": blocks if blocks == SUPPRESSED else pounds(blocks),
                    "segments": {
                        one.id: {name: self.head(year, one.id)[name] for name in ("people", "gbp_per_person_year")}
                        for one in self.made.scheme.segments
                    },
                }
            )
        return rows

    # -- Accounts, block contracts, linkage -------------------------------------------------------------------------------------

    def hidden(self, basis: str, setting: str, payer: str | None = None, years: Sequence[int] = ()) -> bool:
        """Whether the whole place's total of some route of a setting is suppressed."""
        return any(
            row["suppressed"]
            for row in self.routes(years or [self.year])
            if row["basis"] == basis and row["setting"] == setting and payer in (None, row["payer"])
        )

    def _block_pence(self) -> Any:
        if any(self.hidden(APPORTIONED, block.route.setting, block.route.payer) for block in self.made.columns.blocks):
            return SUPPRESSED
        spend = self.made.spend
        return int(spend.loc[(spend["basis"] == APPORTIONED) & (spend["year"] == self.year), "cost_pence"].sum())

    def accounts(self) -> list[Row]:
        """The base year against the accounts by payer and setting, and a last row of totals; pounds as text, missing as None."""
        rows = []
        pence: dict[str, list[Any]] = {}
        unclear = {(row["payer"], row["setting"]) for row in self.linkage() if row["unlinked_gbp"] == SUPPRESSED}
        names = ("recorded", "rounding", "apportioned", "scaled", "accounts", "unlinked", "outside")
        for found in self.made.reconciliation.to_dict("records"):
            payer, setting = str(found["payer"]), str(found["setting"])
            values: Row = {name: None if pd.isna(found[f"{name}_pence"]) else int(found[f"{name}_pence"]) for name in names}
            hides = [name for name in (RECORDED, APPORTIONED) if self.hidden(name, setting, payer)]
            # Accounts less the rest would give a suppressed figure back.
            values |= dict.fromkeys((*hides, "rounding", "scaled", "outside"), SUPPRESSED) if hides else {}
            if (payer, setting) in unclear:
                values["unlinked"] = SUPPRESSED
            if hides and values["accounts"] is None:
                values["outside"] = None
            for name in names:
                pence.setdefault(name, []).append(values[name])
            index = None if values["scaled"] in (0, SUPPRESSED) else round(float(found["scaling_index"]), 6)
            rows.append({"payer": payer, "setting": setting, **_in_pounds(values), "scaling_index": index})
        sums: Row = {}
        for name in names:
            known = [value for value in pence.get(name, []) if value is not None]
            sums[name] = SUPPRESSED if SUPPRESSED in known else (sum(known) if known else None)
        if sums["recorded"] == SUPPRESSED and sums["apportioned"] not in (SUPPRESSED, None):
            sums["recorded"] = self.total("cost_pence", self.year) - sums["apportioned"]
        return [*rows, {"payer": ALL, "setting": ALL, **_in_pounds(sums), "scaling_index": None}] if rows else []

    def blocks(self) -> list[Row]:
        """The block contracts of the map, and by what each is shared out."""
        whole = self.total("cost_pence", self.year)
        rows = []
        for block in self.made.columns.blocks:
            hides = self.hidden(APPORTIONED, block.route.setting, block.route.payer)
            pence = round(block.amount_gbp * 100)
            rows.append(
                {
                    "id": block.id,
                    "label": block.label,
                    **{name: getattr(block.route, name) for name in ("setting", "provider", "payer")},
                    "amount_gbp": SUPPRESSED if hides else pounds(pence),
                    "share_of_spend": SUPPRESSED if hides else (round(pence / whole, 4) if whole else 0.0),
                    **{name: getattr(block, name) for name in ("driver", "why", "status", "source")},
                }
            )
        return rows

    def linkage(self) -> list[Row]:
        """How much of the activity lines of each payer and setting found a person; empty where spend stands in the rows of people."""
        rows = []
        for (payer, setting), links in groupby(self.made.linkage, lambda one: one.account):
            years = list(links)
            # What is disclosed of all years and of one must not tell the others by subtraction, so each must be large enough.
            small = any(0 < count < self.least for one in years for count in (one.linked_rows, one.unlinked_rows))
            lines, linked, cost, linked_cost = (
                sum(getattr(one, name) for one in years) for name in ("rows", "linked_rows", "cost_pence", "linked_pence")
            )
            shares = {"lines_linked_share": linked / lines, "cost_linked_share": linked_cost / (cost or 1)}
            figures: Row = {"lines": lines, "cost_gbp": pounds(cost), "unlinked_gbp": pounds(cost - linked_cost)}
            if small or self.hidden(RECORDED, setting, payer, self.made.years):
                figures = dict.fromkeys(figures, SUPPRESSED)
                shares = {name: coarse(share) for name, share in shares.items()}
            shares = {name: round(share, 3) for name, share in shares.items()}
            rows.append({"payer": payer, "setting": setting, "label": f"{self.label(setting)}, {self.label(payer)}", **figures, **shares})
        return rows


def _in_pounds(values: Mapping[str, Any]) -> Row:
    return {f"{name}_gbp": value if value in (None, SUPPRESSED) else signed(value) for name, value in values.items()}


def signed(pence: int) -> str:
    """Whole pence as pounds, below zero too.

    >>> signed(-205)
    '-2.05'
    """
    return f"-{pounds(-pence)}" if pence < 0 else pounds(pence)

"""Whether an extract is fit to set a capitated budget by: one condition after another, what was found, and what to do.

Capitation is impossible without matched person-level data (The journey to integration, chapter 5), so readiness is judged
and stated. The publication has no thresholds: those here are ours, named below, and illustrative. Where an extract cannot
show a thing, the condition is not known, never met. Figures quoted are only those that `disclosable` tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from capmodel.baseline.persons.report.disclosable import ATTRIBUTES, SUPPRESSED, Disclosable, Row, coarse
from capmodel.baseline.persons.report.pairs import prevalence, stability
from capmodel.baseline.persons.schemes.conditions import vocabulary
from capmodel.baseline.persons.segment import Segmented
from capmodel.baseline.persons.sums.reconcile import APPORTIONED

Mark = Literal["met", "partly", "not met", "not known"]

#: Our thresholds, illustrative: the first is for met, the second for partly.
LINKED = (0.95, 0.80)
COMPLETE = (0.95, 0.80)
OUTSIDE = (0.01, 0.05)
APPORTIONED_SHARE = (0.05, 0.25)
#: Plausible savings run from 1 to 5 per cent (The journey to integration, page 18): chance should be smaller.
BAND = (0.01, 0.05)
#: Agreement beyond chance between two years: substantial, and moderate, as the words are commonly used.
KAPPA = (0.6, 0.4)
#: A condition that so many people of a locality should have, going by the other localities, and nobody has, was not sent.
EXPECTED_AT_LEAST = 20
JTI = "The journey to integration (2016)"
OURS = "threshold ours"


@dataclass(frozen=True)
class Condition:
    """One condition of readiness: how far it is met, what was found, what to do, and where it comes from."""

    id: str
    title: str
    met: Mark
    found: str
    to_do: str
    source: str


def at_least(value: float, limits: tuple[float, float]) -> Mark:
    """Met from the first limit up, partly from the second.

    >>> at_least(0.97, LINKED), at_least(0.8, LINKED), at_least(0.79, LINKED)
    ('met', 'partly', 'not met')
    """
    return "met" if value >= limits[0] else "partly" if value >= limits[1] else "not met"


def at_most(value: float, limits: tuple[float, float]) -> Mark:
    """Met up to the first limit, partly up to the second.

    >>> at_most(0.01, BAND), at_most(0.03, BAND), at_most(0.06, BAND)
    ('met', 'partly', 'not met')
    """
    return "met" if value <= limits[0] else "partly" if value <= limits[1] else "not met"


def readiness(made: Segmented, shares: Sequence[Row] | None = None) -> tuple[Condition, ...]:
    """Every condition of readiness, in the order a reader asks about them.

    Args:
        made: a segmented extract.
        shares: what `prevalence` says of it, where that has been worked out already.
    """
    disclosable = Disclosable(made)
    return (
        _matched(disclosable),
        _settings(disclosable),
        _linked_by_setting(disclosable),
        _recorded(disclosable, prevalence(disclosable) if shares is None else shares),
        _reconciled(disclosable),
        _blocks(disclosable),
        _size(disclosable),
        _stable(disclosable),
        _identifiers(disclosable),
        _small_numbers(disclosable),
        *_agreements(disclosable),
    )


def _matched(disclosable: Disclosable) -> Condition:
    title, source = (
        "People's spend is matched across services",
        f"{JTI}, chapter 5: no capitation without matched person-level data; {OURS}",
    )
    made = disclosable.made
    if made.columns.lines is not None:
        lines, linked = (sum(getattr(one, name) for one in made.linkage) for name in ("rows", "linked_rows"))
        cost, found = (sum(getattr(one, name) for one in made.linkage) for name in ("cost_pence", "linked_pence"))
        shares = [found / cost if cost else 0.0, linked / lines if lines else 0.0]
        return Condition(
            "matched",
            title,
            at_least(min(shares), LINKED),
            f"{_percent(shares[0])} of the cost and {_percent(shares[1])} of the activity lines found a person of their year.",
            f"Correct the identifiers of lines without a person; aim at {LINKED[0]:.0%} of both.",
            source,
        )
    begin = "Each row already holds a person's spend in every setting, so how well it was linked cannot be seen in the extract"
    gap = _gap(disclosable)
    if gap is None:
        return Condition(
            "matched", title, "not known", f"{begin}, and there are no accounts to hold it against.",
            "Ask for the linkage rate of each setting, or give the place a table accounts_gbp.", source,
        )  # fmt: skip
    mark = at_least(1 - gap, LINKED)
    return Condition(
        "matched",
        title,
        # Pounds that are all there may stand with the wrong person.
        "partly" if mark == "met" else mark,
        f"{begin}, and accounts that tie do not show that spend stands with its own person. Of the accounts, {_percent(gap)} are in no person's spend, nor in a block contract, in the payers and settings that fall short.",
        "Ask for the linkage rate of each setting, and for the spend that is missing.",
        source,
    )


def _gap(disclosable: Disclosable) -> float | None:
    """The part of the accounts that people and block contracts do not reach, before any scaling; None without accounts."""
    frame = disclosable.made.reconciliation
    booked = frame[frame["accounts_pence"].notna()] if len(frame) else frame
    whole = int(booked["accounts_pence"].sum()) if len(booked) else 0
    if not whole:
        return None
    short = (booked["accounts_pence"] - booked["recorded_pence"] - booked["apportioned_pence"]).clip(lower=0)
    return _careful(disclosable, int(short.sum()) / whole)


def _careful(disclosable: Disclosable, share: float) -> float:
    # Where a line of the accounts is suppressed, a finer share would give it back.
    return coarse(share) if any(SUPPRESSED in row.values() for row in disclosable.accounts()) else share


def scope(disclosable: Disclosable) -> tuple[str, list[str], list[str]]:
    """How many settings have spend, in the words of JTI exhibit 14; those that have it, and those that have not."""
    spend = disclosable.made.spend[disclosable.made.spend["year"] == disclosable.year]
    found = set(spend.loc[spend["cost_pence"] > 0, "setting"])
    ids = [entry.id for entry in disclosable.made.pack.dimensions["setting"]]
    have, lack = [name for name in ids if name in found], [name for name in ids if name not in found]
    word = "all settings" if not lack else "no setting" if not have else "a single setting" if len(have) == 1 else ""
    return word or ("several settings" if len(have) <= 3 else "multiple settings"), have, lack


def _settings(disclosable: Disclosable) -> Condition:
    word, have, lack = scope(disclosable)
    missing = f"; none in {_names(disclosable, lack)}" if lack else ""
    return Condition(
        "settings",
        "Every setting's spend is there",
        "met" if not lack else "partly" if word == "multiple settings" else "not met",
        f"Spend in {len(have)} of the place's {len(have) + len(lack)} settings: {word}{missing}.",
        f"Add the spend of {_names(disclosable, lack)}, or leave them out of the budget as well." if lack else "Nothing.",
        f"{JTI}, exhibit 14: single setting, several, multiple, all; several is read here as two or three",
    )


def _linked_by_setting(disclosable: Disclosable) -> Condition:
    title, source = "No setting is linked badly", f"{JTI}, chapter 5; {OURS}"
    rows = disclosable.linkage()
    if not rows:
        what = "The extract has one row a person: linkage by setting was done before it and is not recorded in it."
        return Condition("linkage_by_setting", title, "not known", what, "Ask whoever linked it for the rate of each setting.", source)
    least = min(rows, key=lambda row: float(row["cost_linked_share"]))
    low = [row["label"] for row in rows if row["cost_linked_share"] < LINKED[0]]
    return Condition(
        "linkage_by_setting",
        title,
        at_least(float(least["cost_linked_share"]), LINKED),
        f"Lowest: {least['label']}, {_percent(least['cost_linked_share'])} of its cost. {len(low)} of {len(rows)} settings by payer are below {LINKED[0]:.0%}.",
        f"Correct the identifiers of {'; '.join(low)}: their spend is understated in every segment." if low else "Nothing.",
        source,
    )


def _recorded(disclosable: Disclosable, shares: Sequence[Row]) -> Condition:
    made, labels = disclosable.made, {**vocabulary().labels, **ATTRIBUTES}
    asked = list(dict.fromkeys(name for scheme in made.schemes for name in (*scheme.conditions, *scheme.columns)))
    lacking = [name for name in asked if name in made.columns.not_recorded]
    share = {name: made.quality.completeness[name] for name in asked if name in made.quality.completeness}
    thin = [name for name, part in share.items() if part < COMPLETE[0]]
    least = min(share.values(), default=0.0)
    empty = [f"{labels[row['condition']]} in {disclosable.label(locality)}" for row, locality in _unsent(disclosable, shares)]
    mark: Mark = at_least(least, COMPLETE)
    if (lacking or empty) and mark == "met":
        mark = "partly"
    if len(lacking) * 2 > len(asked):
        mark = "not met"
    found = (
        f"The schemes ask for {len(asked)} attributes and conditions; the least complete is recorded in {_percent(coarse(least))} of rows."
    )
    found += f" Not recorded at all: {', '.join(labels.get(name, name) for name in lacking)}." if lacking else ""
    found += (
        f" Nobody has: {'; '.join(empty[:5])}{' and others' if len(empty) > 5 else ''}, though it is common elsewhere." if empty else ""
    )
    found += "" if made.quality.recorded else " Whether a locality has sent a condition for nobody was not counted."
    todo = [*(labels.get(name, name) for name in (*lacking, *thin)), *empty]
    return Condition(
        "conditions_recorded",
        "What decides the segment is recorded",
        mark,
        found,
        f"Ask for {', '.join(dict.fromkeys(todo))}: who has no record cannot be in the segment that asks for one." if todo else "Nothing.",
        f"{JTI}, chapter 3; {OURS}",
    )


def _unsent(disclosable: Disclosable, shares: Sequence[Row]) -> Iterator[tuple[Row, str]]:
    """Conditions that nobody of a locality has, though many should, going by the other localities."""
    for row in shares:
        elsewhere = [share for share in row["share"].values() if isinstance(share, float)]
        for locality, share in row["share"].items():
            size = disclosable.total("people", disclosable.year, locality=locality)
            if share == 0 and size != SUPPRESSED and elsewhere and size * min(elsewhere) >= EXPECTED_AT_LEAST:
                yield row, locality


def _reconciled(disclosable: Disclosable) -> Condition:
    title, source = "Spend ties to the accounts", f"{JTI}, chapter 5; {OURS}"
    frame = disclosable.made.reconciliation
    booked = frame[frame["accounts_pence"].notna()] if len(frame) else frame
    whole = int(booked["accounts_pence"].sum()) if len(booked) else 0
    if not whole:
        what, todo = "The place has no table accounts_gbp for the year.", "Give it the accounts by payer and setting."
        return Condition("reconciled", title, "not known", what, todo, source)
    left, scaled = (_careful(disclosable, int(booked[f"{name}_pence"].abs().sum()) / whole) for name in ("outside", "scaled"))
    mark = at_most(left, OUTSIDE)
    if scaled > OUTSIDE[1] and mark == "met":
        mark = "partly"
    worst = [
        f"{disclosable.label(str(row['payer']))}, {disclosable.label(str(row['setting']))}"
        for row in booked.to_dict("records")
        if abs(int(row["outside_pence"])) > OUTSIDE[1] * int(row["accounts_pence"])
    ]
    found = f"Outside the segments, over or under, by payer and setting: {_percent(left)} of the accounts. Scaled to meet them: {_percent(scaled)}."
    without = len(frame) - len(booked)
    found += f" {without} lines of payer and setting have spend and no account." if without else ""
    todo = (
        f"Explain what is more than {OUTSIDE[1]:.0%} off: {'; '.join(worst)}."
        if worst
        else "Explain what is scaled."
        if scaled
        else "Nothing."
    )
    return Condition("reconciled", title, mark, found, todo, source)


def _blocks(disclosable: Disclosable) -> Condition:
    spend = disclosable.made.spend[disclosable.made.spend["year"] == disclosable.year]
    whole = int(spend["cost_pence"].sum())
    share = _careful(disclosable, int(spend.loc[spend["basis"] == APPORTIONED, "cost_pence"].sum()) / whole) if whole else 0.0
    count = len(disclosable.made.columns.blocks)
    named = (
        f"{count} block contract{'' if count == 1 else 's'} shared out by a driver: {_percent(share)} of spend."
        if count
        else "No block contract is shared out."
    )
    return Condition(
        "blocks",
        "Spend is recorded and not shared out",
        at_most(share, APPORTIONED_SHARE),
        named + (" That part of a segment's spend is an assumption and not a record." if count else ""),
        "Have the providers cost contacts, or agree each driver with them." if count else "Nothing, if no provider is paid by block.",
        f"{JTI}, chapter 5: costs a person from every provider; {OURS}",
    )


def _size(disclosable: Disclosable) -> Condition:
    title = "The population is large enough for the savings planned"
    source = f"Limited fluctuation: 1.96 × CV / √N, judged against plausible savings of 1 to 5 per cent ({JTI}, page 18)"
    row = disclosable.chances()[0]
    if row["band_share"] == SUPPRESSED:
        what, todo = "The population is too small to tell its variation.", "Join other localities, or agree no share of savings yet."
        return Condition("size", title, "not met", what, todo, source)
    band = float(row["band_share"])
    made_up = " The variation is that of illustrative data and not of real people." if disclosable.made.status == "illustrative" else ""
    meaning = (
        "even a saving of 1 per cent stands out"
        if band <= BAND[0]
        else "the smaller savings cannot be distinguished from chance"
        if band <= BAND[1]
        else "a saving of 5 per cent cannot be distinguished from chance"
    )
    return Condition(
        "size",
        title,
        at_most(band, BAND),
        f"{row['people']:,} people, coefficient of variation {row['cv']:.2f}: by chance alone the mean moves by ±{band:.1%}, or "
        f"±£{row['band_gbp']:,.0f} a person, in 95 years of a hundred; {meaning}.{made_up}",
        "Set the gate on savings above this band, and cut spend a person at the truncation point in settlement.",
        source,
    )


def _stable(disclosable: Disclosable) -> Condition:
    title, source = (
        "Segments hold from year to year",
        f"{JTI}, chapter 3: segments on age and condition are stable, risk scores swing; {OURS}",
    )
    rows, years = stability(disclosable), len(disclosable.made.years)
    if not rows or rows[0]["kappa"] in (None, SUPPRESSED):
        what = "One year only." if years == 1 else "Too few people are there two years running to tell."
        return Condition("stable", title, "not known", what, "Add the year before under the same identifiers.", source)
    by_scheme = "; ".join(
        f"{row['title']}: {row['same_segment_share']:.0%} in the same segment the next year, kappa {row['kappa']:.2f}"
        for row in rows
        if row["kappa"] not in (None, SUPPRESSED)
    )
    mark = at_least(float(rows[0]["kappa"]), KAPPA)
    todo = "Nothing." if mark == "met" else "Segment on age and condition, or fix each person's segment for the year."
    return Condition("stable", title, mark, f"{years} years. {by_scheme}.", todo, source)


def _identifiers(disclosable: Disclosable) -> Condition:
    title, source = "Identifiers are pseudonyms", "Data protection by design and by default: UK GDPR, article 25"
    if disclosable.made.quality.identifiers_replaced:
        what = "Identifiers were replaced by salted pseudonyms as they were read; nothing written holds one."
        todo = "Nothing: the salt is made for the run and kept nowhere, so the pseudonyms of two runs do not match."
        return Condition("identifiers", title, "met", what, todo, source)
    what = "The identifiers are not NHS numbers. Whether they are pseudonyms, the extract does not say. Nothing written holds one."
    return Condition("identifiers", title, "not known", what, "Ask the sender, or read the extract with --pseudonymise.", source)


def _small_numbers(disclosable: Disclosable) -> Condition:
    least, away = disclosable.made.columns.small_numbers, disclosable.given_away()
    mark: Mark = "not met" if least < 2 else "partly" if away else "met"
    found = f"Counts below {least} are suppressed, with others so that none can be worked out." if least > 1 else "Nothing is suppressed."
    found += f" {away:,} suppressed figures can be worked out all the same." if away else ""
    remedy = "Merge segments or localities, or leave block contracts out." if least > 1 else "Set small_numbers."
    todo = "Nothing." if mark == "met" else f"Do not pass the tables on. {remedy}"
    source = "Anonymisation of published health statistics; the place's own threshold, small_numbers in persons.yaml"
    return Condition("small_numbers", "Nobody can be found in the tables", mark, found, todo, source)


def _agreements(disclosable: Disclosable) -> Iterator[Condition]:
    given = disclosable.made.columns.agreements
    for name, title, flags, todo in (
        ("sharing", "Sharing is agreed and lawful", {"data_sharing": "a data sharing agreement", "lawful_basis": "a lawful basis"}, "Do not use the extract until they are in place."),
        ("contract", "Contract and costing are agreed", {"alliance_contract": "an alliance contract", "provider_costing": "costing by the providers"}, "Agree them before money follows the segments."),
    ):  # fmt: skip
        have, lack = (
            [words for flag, words in flags.items() if given.get(flag)],
            [words for flag, words in flags.items() if not given.get(flag)],
        )
        found = (f"Stated to be in place: {' and '.join(have)}. " if have else "") + (f"Not stated: {' and '.join(lack)}." if lack else "")
        mark: Mark = "met" if not lack else "partly" if have else "not met"
        yield Condition(
            name, title, mark, found.strip(), todo if lack else "Nothing.", f"{JTI}, chapters 4 and 5; stated in persons.yaml, not checked"
        )


def _names(disclosable: Disclosable, ids: list[str]) -> str:
    return ", ".join(disclosable.label(name) for name in ids)


def _percent(share: float) -> str:
    """A share in per cent to one decimal, at 0 and 100 only where it is exactly so."""
    return f"{share:.0%}" if share in (0, 1) else f"{min(max(share, 0.001), 0.999 if share < 1 else share):.1%}"

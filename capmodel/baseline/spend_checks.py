"""What cannot be so in the published figures of a place: shares that are no whole, years without a price index, no anchor."""

from __future__ import annotations

from collections.abc import Mapping

from capmodel.assumptions.example import example_values
from capmodel.assumptions.inherited import figure_name, is_copied
from capmodel.assumptions.pack import Column, Pack
from capmodel.errors import Problem, nearest

#: Columns of shares that add up to 1, and the key they add up within.
WHOLES = {"group_share": "group", "setting_share": "segment", "provider_share": "setting", "payer_share": "setting"}
_ADDS_UP = 1e-9


def check(pack: Pack, problems: list[Problem]) -> None:
    """Report what cannot be so in the figures of a place."""
    check_figures(pack.columns, problems)
    check_shares(pack, problems)
    check_price_years(pack, problems)
    _check_base_years(pack, problems)
    _check_copied_years(pack, problems)


def check_shares(pack: Pack, problems: list[Problem]) -> None:
    """Report shares that do not add up to 1; they are never rescaled."""
    groups = {entry.id: entry.text("group") for entry in pack.dimensions["segment"]}
    # A segment whose group is missing or misspelt is reported there; which shares belong together is then unknown.
    grouped = set(groups.values()) <= {entry.id for entry in pack.dimensions["group"]}
    settings = len(pack.dimensions["setting"])
    for name, within in WHOLES.items():
        column = pack.columns.get(name) if grouped or within != "group" else None
        sums: dict[str, float] = {}
        parts: dict[str, int] = {}
        for key, _ in column.figures if column else ():
            whole = groups.get(key[0], key[0]) if within == "group" else key[0]
            parts[whole] = parts.get(whole, 0) + 1
            sums[whole] = sums.get(whole, 0.0) + column.figures[key, None].value if column else 0.0
        for whole, added in sums.items():
            # A row that is not there is reported as that.
            whole_there = parts[whole] >= (
                list(groups.values()).count(whole) if within == "group" else settings if within == "segment" else 0
            )
            if column and not column.faulty and whole_there and abs(added - 1) > _ADDS_UP:
                what = f"the shares of {whole} add up to {added:.10g}"
                problems.append(
                    Problem(
                        column.file,
                        what,
                        f"the parts of a {within} are the whole of it; shares are never rescaled",
                        "Make them add up to 1",
                    )
                )


def check_price_years(pack: Pack, problems: list[Problem]) -> None:
    """Report a price or base year that the price index does not cover."""
    index = pack.columns["gdp_deflator_index"]
    known = {key[0] for key, _ in index.figures}
    wrong: dict[tuple[str, str], list[str]] = {}
    for entry in pack.dimensions["segment"]:
        for name in ("price_year", "base_year"):
            # A base year that is not the place's is reported as that.
            own = name == "price_year" or entry.text(name) == str(pack.base_year)
            if own and entry.text(name) and entry.text(name) not in known and not index.faulty:
                wrong.setdefault((name, entry.text(name)), []).append(entry.id)
    for (name, year), segments in wrong.items():
        what = f"the {name.replace('_', ' ')} of {', '.join(segments)} is {year}"
        why = f"the price index of the national pack does not have it in {index.file}"
        problems.append(Problem("place.yaml", what, why, nearest(year, known)))


def _check_base_years(pack: Pack, problems: list[Problem]) -> None:
    """Prices are brought to one base year, that of the place."""
    for entry in pack.dimensions["segment"]:
        if entry.text("base_year") not in ("", str(pack.base_year)):
            what, why = f"the base year of {entry.id} is {entry.text('base_year')}", f"that of the place is {pack.base_year}"
            problems.append(Problem("place.yaml", what, why, "Write one year in both"))


def _check_copied_years(pack: Pack, problems: list[Problem]) -> None:
    """The example's price year must not raise prices that are no longer the example's."""
    prices = pack.columns.get("published_price_gbp_per_person")
    if "price_year" not in pack.copied or prices is None:
        return
    example = example_values(pack)
    named = {figure_name(prices.name, key, year): (key[0], figure) for (key, year), figure in prices.figures.items()}
    own = {segment for name, (segment, figure) in named.items() if not is_copied(figure, name, example)}
    years = {pack.copied["price_year"]} - {str(pack.base_year)}
    raised = [entry.id for entry in pack.dimensions["segment"] if entry.id in own and entry.text("price_year") in years]
    if raised:
        what = f"the price year of {', '.join(raised)} is still the example's, and the prices in {prices.file} are not"
        same = f"where it is {pack.copied['price_year']} too, take price_year out of copied"
        remedy = f"Write the year of your prices as price_year of each segment; {same}"
        problems.append(Problem("place.yaml, copied", what, "they would be raised from that year to the base year", remedy))


def check_figures(columns: Mapping[str, Column], problems: list[Problem]) -> None:
    """One group with published totals anchors the population, and it has people."""
    people, anchors, known = (columns.get(name) for name in ("group_persons", "anchor_flag", "calibrated_flag"))
    if people and anchors and known and not any(column.faulty for column in (people, anchors, known)):
        anchored = [key for key, figure in anchors.figures.items() if figure.value > 0]
        rows = {*people.figures, *known.figures, *anchors.figures}
        if any(key not in column.figures for key in rows for column in (people, anchors, known)):
            return  # A row that is not there is reported as that.
        if len(anchored) != 1 or known.figures[anchored[0]].value < 1:
            problems.append(
                Problem(
                    anchors.file,
                    f"{len(anchored)} groups anchor the population"
                    if len(anchored) != 1
                    else "the group that anchors it has no published totals",
                    "the population is worked out from one group with published totals",
                    "Write 1 for that group alone",
                )
            )
        elif not people.figures[anchored[0]].value > 0:
            problems.append(
                Problem(
                    people.file, "the population is zero", "there is nobody to share the envelope among", "Give the groups their people"
                )
            )

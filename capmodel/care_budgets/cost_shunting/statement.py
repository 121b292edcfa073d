"""The flows of past years in words and pounds: what is paid and by whom, what positions come to, and growth against comparators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from capmodel.assumptions.years import year_label

#: A column of a table by its key.
Column = Callable[[str, str], Mapping[tuple[str, ...], float]]


def statement(column: Column, label: Callable[[str], str], pounds: Callable[[float], str]) -> Iterator[str]:
    """The flows, line by line.

    Args:
        column: the figures of a column by key.
        label: what an id is called.
        pounds: pounds and pence as text.
    """
    flows = column("flow_period", "all_flows_gbp")
    periods = [year for (year,) in flows]
    first, last = periods[0], periods[-1]
    named = [year_label(int(year)) for year in (first, last)]
    years = f"{named[0]} to {named[1]}" if first != last else named[0]
    yield f"Flows between organisations, {years}: {', '.join(f'{year_label(int(year))} {pounds(gbp)}' for (year,), gbp in flows.items())}"
    paid, received = column("flow_payer", "paid_gbp"), column("flow_provider", "received_gbp")
    for name in dict.fromkeys(key[0] for key in (*paid, *received)):
        parts = [
            f"{verb} {pounds(found[name, last])} in {named[1]}"
            + (f" ({_more(found[name, last] - found[name, first], pounds)} than in {named[0]})" if first != last else "")
            for verb, found in (("pays", paid), ("receives", received))
            if (name, last) in found
        ]
        yield f"  {label(name)}: {'; '.join(parts)}{_position(column, name, first, last, pounds)}"
    yield from growth_in_words(column, label, pounds)


def _more(amount: float, pounds: Callable[[float], str]) -> str:
    return f"{pounds(abs(amount))} {'less' if amount < 0 else 'more'}"


def _position(column: Column, name: str, first: str, last: str, pounds: Callable[[float], str]) -> str:
    """Where an organisation of the map opens and closes; nothing for one outside it."""
    opening, closing = column("flow_position", "position_opening_gbp"), column("flow_position", "position_closing_gbp")
    return f"; position {pounds(opening[name, first])} to {pounds(closing[name, last])}" if (name, first) in opening else ""


def growth_in_words(column: Column, label: Callable[[str], str], pounds: Callable[[float], str]) -> Iterator[str]:
    """The compound growth of each partner, and how it differs from each comparator's."""
    growth, theirs = column("flow_partner", "partner_growth_share"), column("flow_comparator", "comparator_growth_share")
    against = {
        name: column("flow_against", name) for name in ("against_points_share", "against_part_index", "against_gbp", "against_gap_index")
    }
    stated = column("flow_against", "against_stated_flag")
    for (partner,), share in growth.items():
        yield f"  {label(partner)}: {share:.2%} a year"
        for key in [key for key in stated if key[0] == partner]:
            points, part, more, gap = (against[name][key] for name in against)
            # Growth has no multiple of none, or of a fall.
            multiple = f"{part:.2f} times its growth, " if theirs[key[1:]] > 0 else ""
            words = f"    against {label(key[1])}, {theirs[key[1:]]:.2%} a year: {100 * points:+.2f} points, {multiple}{_more(more, pounds)} in the last year"
            yield words + (f"; the source states {part - gap:.2f} times" if stated[key] else "")

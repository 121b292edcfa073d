"""The command persons: makes a synthetic extract of a place; the work is in `baseline.synthetic`."""

from __future__ import annotations

import argparse
from pathlib import Path

from capmodel.commands.arguments import GOOD, whole
from capmodel.console import console, progress_bar
from capmodel.errors import BadInput, Problem


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Make people up who add up to the place's segment table, in the columns its persons.yaml maps: to try everything without restricted data. Nobody in the file exists."
    parser.add_argument("place", metavar="PLACE", help="a place's folder or name")
    parser.add_argument("--people", type=whole, required=True, metavar="N", help="how many people in the base year")
    parser.add_argument("--seed", type=whole, default=1, metavar="S", help="another seed makes other people (default: 1)")
    parser.add_argument("--years", type=whole, default=1, metavar="Y", help="how many years, ending in the base year (default: 1)")
    parser.add_argument("--scheme", metavar="S", help="segmentation scheme (default: the one persons.yaml names)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a .parquet or .csv file, or a folder for parts")
    parser.set_defaults(command=make_persons, writes=True)


def make_persons(options: argparse.Namespace) -> int:
    """Make a synthetic extract and say what is in it."""
    from capmodel.assumptions.scaffold import known_place
    from capmodel.assumptions.years import year_label
    from capmodel.baseline.persons.extract.column_map import Route, read_map
    from capmodel.baseline.persons.schemes.scheme import read_scheme
    from capmodel.baseline.synthetic.extract import make_people
    from capmodel.model import load

    if options.out.exists():
        raise BadInput(
            [Problem(f"--out {options.out}", "it is there already", "it could be a real extract", "Choose another name, or remove it")]
        )
    place = load(known_place(options.place))
    columns = read_map(place.pack.folder, place.pack.dimensions)
    scheme = read_scheme(options.scheme or columns.scheme, place.pack.folder)
    # Only segment spend is asked for, so no option is chosen.
    result = place.run(chosen={})
    price = result.column("segment", "base_price_gbp_per_person")
    segments = {segment: (persons, price[segment,]) for (segment,), persons in result.column("segment", "segment_persons").items()}
    routes: dict[str, dict[Route, float]] = {segment: {} for segment in segments}
    for (segment, *route), share in result.column("spend", "part_share").items():
        routes[segment][Route(*route)] = share
    with progress_bar() as progress:
        made = make_people(
            segments,
            routes,
            scheme,
            columns,
            options.people,
            options.seed,
            options.out,
            options.years,
            lambda done, of: progress("people", done, of),
            place.pack.base_year,
            "line" if columns.lines else "person",
        )
    spent = ", ".join(f"{year_label(year)} £{made.spend_gbp[year]:,.2f}" for year in made.years)
    console().print(
        f"{made.people:,} people in {year_label(place.pack.base_year)}, {sum(made.rows.values()):,} rows over {len(made.years)} "
        f"year{'s' if len(made.years) > 1 else ''}: {spent}. Synthetic: nobody in it exists.\nWritten: {' and '.join(map(str, made.files))}",
        markup=False,
    )
    return GOOD

"""Every term of a contract given as a column of `settle`: it counts as the term does, wherever it stands, or the column is refused by name."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml
from contract_terms import ALL_CARE, CONTRACTS, PARTIES, PLAIN, YEARS

from capmodel.algebra.rows import Rows
from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.pack import Entry
from capmodel.contracts.many.column_terms import clause_of, is_by_route, unshared, value_in
from capmodel.contracts.many.contract import Document
from capmodel.contracts.many.settle import settle_file
from capmodel.contracts.read import read_terms
from capmodel.contracts.settlement.term import Clause, write
from capmodel.contracts.terms import Terms
from capmodel.errors import BadInput

RICH = {name: terms for name, terms in CONTRACTS.items() if terms}
#: Two values of each unit, both sound and far enough apart to pay otherwise.
VALUES = {
    "share": (0.3, 0.6),
    "GBP": (20_000.0, 5_000.0),
    "number": (3.0, 1.0),
    "persons": (3000.0, 6000.0),
    "index": (1.01, 0.98),
    "flag": (1.0, 0.0),
}
ROWS = [("gain", 1_000_000, 900_000), ("small", 1_000_000, 995_000), ("loss", 1_000_000, 1_060_000)]
HEAD = ("id", "title", "status", "source", "parties")
#: These tests write a thousand contracts, and libyaml writes them quicker.
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def read(terms: dict[str, Any]) -> Terms:
    routes = Rows({"setting": (ALL_CARE,), "provider": ("trust",), "payer": ("board",)})
    found = read_terms(
        Document(Path("terms.yaml"), {**PLAIN, **terms}, {}), [Entry(party, party, {}) for party in PARTIES], [ALL_CARE], YEARS, routes, []
    )
    assert found is not None
    return found


def figures() -> list[tuple[str, str]]:
    """A contract and a figure of it: each name in the plain contract where it stands there, and in the first that uses it, outcomes in each mode."""
    found: dict[tuple[bool | str, str], tuple[str, str]] = {}
    for contract, terms in CONTRACTS.items():
        made = read(terms)
        for name, assumed in made.assumptions.items():
            head = assumed.clause.split(".")[0]
            used = terms["outcomes"]["mode"] if head == "outcomes" and terms else bool(terms) and head in terms
            found.setdefault((used, name), (contract, name))
        for name, column in made.columns.items():
            places = sorted({key for key, _ in column.figures}, key=lambda key: ("trust" not in key, "loss" not in key, key))
            if places:
                key = places[0][1:] if is_by_route(name) else places[0]
                used = any(figure.value for figure in column.figures.values())
                found.setdefault((used and bool(terms), name), (contract, f"{name}[{','.join(key)}]"))
    return list(dict.fromkeys(found.values()))


FIGURES = figures()


def settled(folder: Path, terms: dict[str, Any], text: str, values: tuple[float, ...], income: bool) -> dict[str, list[float]] | str:
    """Shares and transfers of every row and year; a figure that is a column has a value a row. What is refused is its report."""
    columns = {"target_gbp": "target", "actual_gbp": "actual"} | ({f"income_gbp[{party}]": party for party in PARTIES} if income else {})
    columns |= {text: "own"} if text else {}
    file = {name: PLAIN[name] for name in HEAD} | {"years": list(YEARS), "routes": [{"provider": "trust", "payer": "board"}]}
    file |= {
        "figures": {"key": "name", "year": "year", "columns": columns},
        "terms": {name: each for name, each in terms.items() if name not in HEAD},
    }
    (folder / "many.yaml").write_text(yaml.dump(file, Dumper=DUMPER, sort_keys=False), encoding="utf-8")
    with (folder / "figures.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["name", "year", "target", "actual", *PARTIES, "own"])
        for name, target, actual in ROWS:
            for i, value in enumerate(values):
                writer.writerows(
                    [f"{name}_{i}", year, target, actual - 30_000 * t, 500_000, 500_000, 500_000, value] for t, year in enumerate(YEARS)
                )
    try:
        done = settle_file(folder / "many.yaml", folder / "figures.csv")
    except BadInput as error:
        return str(error)
    found: dict[str, list[float]] = {key: [] for key in done.figures.keys}
    for line in ("share_gbp", "transfer_gbp"):
        for party in PARTIES:
            for year in YEARS:
                for key, value in zip(done.figures.keys, done.column("settlement", line, (party,), year).tolist(), strict=True):
                    found[key].append(value)
    return found


def without(terms: dict[str, Any], clause: Clause) -> dict[str, Any]:
    """The terms without the figure; a clause that is then empty goes with it."""
    found = unshared(terms)
    for place in clause.places(YEARS):
        for length in range(len(place), 0, -1):
            here: Any = found
            for step in place[: length - 1]:
                here = here.get(step, {}) if isinstance(here, dict) else here[step]
            if isinstance(here, dict) and (length == len(place) or here.get(place[length - 1]) == {}):
                here.pop(place[length - 1], None)
    return found


@pytest.mark.parametrize(("contract", "text"), FIGURES, ids=[f"{text} in {contract}" for contract, text in FIGURES])
def test_a_term_counts_the_same_in_the_terms_and_as_a_column(contract: str, text: str, tmp_path: Path) -> None:
    terms = unshared({**PLAIN, **CONTRACTS[contract]})
    name, _, rest = text.partition("[")
    key = tuple(rest.rstrip("]").split(",")) if rest else ()
    income = "income" in contract or "share_of_income" in str(terms) or "income" in name
    clause = clause_of(name, (ALL_CARE, *key) if is_by_route(name) else key, terms)
    one, other = VALUES[unit_by_name(name).partition("/")[0]]
    if not isinstance(clause, Clause):
        said = settled(tmp_path, terms, text, (one,), income)
        assert isinstance(said, str) and text in said, said
        return
    stated = []
    for value in (one, other):
        own = unshared(terms)
        for place in clause.places(YEARS):
            write(own, place, value_in(clause, name, value))
        stated.append(settled(tmp_path, own, "", (one, other), income))
    bare = without(terms, clause)
    for start in (terms, bare):
        constant, varying = settled(tmp_path, start, text, (one, one), income), settled(tmp_path, start, text, (one, other), income)
        if isinstance(constant, str) or isinstance(varying, str):
            # A column is refused where the term is, where it leaves the contract something to say, or where it would have no effect.
            assert isinstance(varying, str)
            assert "many.yaml, line" in varying or "figures.csv" in varying or any(isinstance(each, str) for each in stated), varying
            continue
        alone, second = stated
        assert not isinstance(alone, str), (alone, "is refused as a term and taken as a column")
        assert all(constant[f"{row}_0"] == constant[f"{row}_1"] == alone[f"{row}_0"] for row, _, _ in ROWS)
        assert all(varying[f"{row}_0"] == alone[f"{row}_0"] for row, _, _ in ROWS)
        assert not isinstance(second, str), (second, "is refused as a term and taken as a column")
        assert all(varying[f"{row}_1"] == second[f"{row}_1"] for row, _, _ in ROWS)

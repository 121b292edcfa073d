"""What the agreement of a pooled budget may say, what of it is refused, and the same as rows and figures of `pooled_budget`.

Every fault is found at once, each with its line: partners whose money has no place, claims that count a saving twice, a host
whose loss is limited. The agreement is a YAML file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import ByYear, Document, Number, Step, Strict
from capmodel.assumptions.laid_out import Figures, LaidOut, check_years, columns_given
from capmodel.assumptions.pack import Figure, Status
from capmodel.baseline.spend import columns_of
from capmodel.errors import Problem, nearest, nearly

#: Stands where a line has no giver.
NOBODY = "-"
_PENNY = 0.005


class Partner(Strict):
    """What a partner puts in, the most it bears, and how much of its part of a surplus it may carry forward."""

    contribution_gbp: ByYear
    most_loss_gbp: Number | None = None
    carry_forward_limit_share: Number = 0


class FundLine(Strict):
    """A line of the pool: its budget and spend, who bears an overspend, and whose grant pays for it."""

    id: str
    label: str
    budget_gbp: ByYear
    spend_gbp: ByYear
    overspend: Literal["shared", "host"] = "shared"
    grant_of: str | None = None


class Benefit(Strict):
    """A saving, the one party that owns it, and which plans count on how much of it."""

    id: str
    label: str
    owner: str
    gbp: ByYear
    claims: dict[str, ByYear] = Field(default_factory=dict)


class PooledBudget(Strict):
    """The agreement of a pooled budget, as its file writes it."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    host: str
    partners: dict[str, Partner] = Field(min_length=2)
    lines: list[FundLine] = Field(min_length=1)
    risk_pool_gbp: ByYear | None = None
    uncommitted_gbp: ByYear | None = None
    benefits: list[Benefit] = Field(default_factory=list)


def read_pool(document: Document, years: tuple[int, ...], problems: list[Problem]) -> LaidOut | None:
    """Read the agreement of a pooled budget; every fault is reported with its line, and a faulty one gives None.

    Args:
        document: the agreement.
        years: the years it is worked out for.
        problems: faults are added here.
    """
    before = len(problems)
    agreed = document.parse(PooledBudget, (), problems)
    if agreed is None:
        return None
    check_years(document, _by_year(agreed), years, problems)
    if len(problems) == before:
        _check(document, agreed, years, problems)
    return None if len(problems) > before else _laid_out(agreed, years)


def _by_year(agreed: PooledBudget) -> Iterator[tuple[list[Step], Mapping[int, float]]]:
    for name, partner in agreed.partners.items():
        yield ["partners", name, "contribution_gbp"], partner.contribution_gbp
    for i, line in enumerate(agreed.lines):
        yield ["lines", i, "budget_gbp"], line.budget_gbp
        yield ["lines", i, "spend_gbp"], line.spend_gbp
    for name in ("risk_pool_gbp", "uncommitted_gbp"):
        if (given := getattr(agreed, name)) is not None:
            yield [name], given
    for i, benefit in enumerate(agreed.benefits):
        yield ["benefits", i, "gbp"], benefit.gbp
        for claim, figures in benefit.claims.items():
            yield ["benefits", i, "claims", claim], figures


def _check(document: Document, agreed: PooledBudget, years: Sequence[int], problems: list[Problem]) -> None:
    def report(steps: list[Step], what: str, why: str, remedy: str) -> None:
        problems.append(document.problem(steps, what, why, remedy))

    named: list[tuple[list[Step], str | None]] = [(["host"], agreed.host)]
    named += [(["lines", i, "grant_of"], line.grant_of) for i, line in enumerate(agreed.lines)]
    for i, benefit in enumerate(agreed.benefits):
        if benefit.owner not in agreed.partners and nearly(benefit.owner, agreed.partners):
            why = "a benefit has one owner, who may stand outside the pool"
            report(["benefits", i, "owner"], f"{benefit.owner!r} is not a partner", why, nearest(benefit.owner, agreed.partners))
    for place, name in named:
        if name is not None and name not in agreed.partners:
            report(place, f"{name!r} is not a partner", "it has no money in the pool", nearest(name, agreed.partners))
    for party, partner in agreed.partners.items():
        steps: list[Step] = ["partners", party]
        if not 0 <= partner.carry_forward_limit_share <= 1:
            what = f"carry_forward_limit_share is {partner.carry_forward_limit_share:g}"
            report([*steps, "carry_forward_limit_share"], what, "it is a part of what the partner puts in", "Write 0 to 1")
        if partner.most_loss_gbp is not None and partner.most_loss_gbp < 0:
            report([*steps, "most_loss_gbp"], f"the limit is {partner.most_loss_gbp:g}", "it is a size", "Write it without a minus")
        if partner.most_loss_gbp is not None and party == agreed.host:
            report([*steps, "most_loss_gbp"], f"{party} hosts the pool and its loss is limited", "nobody would bear the rest", "Remove it")
    for kind, ids in (("lines", [line.id for line in agreed.lines]), ("benefits", [each.id for each in agreed.benefits])):
        for i, each in enumerate(ids):
            if each in ids[:i]:
                why = "a benefit has one line and one owner" if kind == "benefits" else "one would hide the other"
                report([kind, i, "id"], f"{each} is there twice", why, "Remove one, or give it a name of its own")
    # A line that is there twice is not held against the money that was put in.
    for year in years if len({line.id for line in agreed.lines}) == len(agreed.lines) else ():
        put_in = sum(partner.contribution_gbp[year] for partner in agreed.partners.values())
        placed = sum(line.budget_gbp[year] for line in agreed.lines)
        placed += sum((given or {}).get(year, 0) for given in (agreed.risk_pool_gbp, agreed.uncommitted_gbp))
        if abs(put_in - placed) >= _PENNY:
            what = f"in {year} partners put in {put_in:,.2f}, and lines, risk pool and uncommitted money hold {placed:,.2f}"
            report(["partners"], what, "every pound that is put in has a place", f"Place the difference of {put_in - placed:,.2f}")
    for i, benefit in enumerate(agreed.benefits):
        for year in years:
            over = sum(figures[year] for figures in benefit.claims.values()) - benefit.gbp[year]
            if over >= _PENNY:
                what = f"{', '.join(benefit.claims)} claim {over:,.2f} more than {benefit.label} brings in {year}"
                report(["benefits", i, "claims"], what, "a pound saved funds one commitment only", "Lower a claim, or name another benefit")


def _laid_out(agreed: PooledBudget, years: tuple[int, ...]) -> LaidOut:
    partners, lines, none = agreed.partners, agreed.lines, dict.fromkeys(years, 0.0)
    line_keys = [(line.id,) for line in lines]
    claims = [(benefit.id, claim) for benefit in agreed.benefits for claim in benefit.claims]
    by_line, by_partner = ("fund_line",), ("partner",)
    given: dict[str, tuple[tuple[str, ...], Figures]] = {
        "host_bears_flag": (by_line, {(line.id,): line.overspend == "host" for line in lines}),
        "returns_flag": (by_line, {(line.id,): line.grant_of is not None for line in lines}),
        "line_budget_gbp": (by_line, {(line.id,): line.budget_gbp for line in lines}),
        "line_spend_gbp": (by_line, {(line.id,): line.spend_gbp for line in lines}),
        "risk_pool_added_gbp": ((), {(): agreed.risk_pool_gbp or none}),
        "uncommitted_gbp": ((), {(): agreed.uncommitted_gbp or none}),
        "host_flag": (by_partner, {(name,): name == agreed.host for name in partners}),
        "loss_limit_gbp": (by_partner, {(name,): each.most_loss_gbp or 0 for name, each in partners.items()}),
        "loss_limit_flag": (by_partner, {(name,): each.most_loss_gbp is not None for name, each in partners.items()}),
        "carry_limit_share": (by_partner, {(name,): each.carry_forward_limit_share for name, each in partners.items()}),
        "contribution_gbp": (by_partner, {(name,): each.contribution_gbp for name, each in partners.items()}),
        "benefit_gbp": (("benefit",), {(each.id,): each.gbp for each in agreed.benefits}),
        "claim_gbp": (("benefit", "claim"), {(each.id, claim): each.claims[claim] for each in agreed.benefits for claim in each.claims}),
    }
    return LaidOut(
        rows={
            "fund_line": columns_of(("fund_line",), line_keys),
            "line_year": columns_of(("fund_line", "giver"), [(line.id, line.grant_of or NOBODY) for line in lines], years),
            "fund": Rows({}, years),
            "partner": Rows({"partner": tuple(partners)}),
            "partner_year": Rows({"partner": tuple(partners)}, years),
            "benefit_claim": columns_of(("benefit", "claim"), claims, years),
            "benefit": columns_of(("benefit", "owner"), [(each.id, each.owner) for each in agreed.benefits], years),
        },
        columns=columns_given(given, agreed.id, Figure(0.0, agreed.status, agreed.source, agreed.as_at)),
        labels={**{line.id: line.label for line in lines}, **{each.id: each.label for each in agreed.benefits}},
    )

"""What of the agreement of a pooled budget is refused: names that are not there, money without a place, a waterfall without an end.

Every fault is reported with its line, and no second one that follows from the first. What the file may say is in `terms`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.entries import check_members
from capmodel.assumptions.figures import as_share
from capmodel.care_budgets.pooled.contributions import indexed_gbp
from capmodel.care_budgets.pooled.terms import Contribution, FundLine, Partner, PooledBudget
from capmodel.care_budgets.pooled.terms_checks import TermsCheck
from capmodel.errors import Problem, listed, nearest, nearly
from capmodel.money import HALF_A_PENNY

ByYears = Iterator[tuple[list[Step], Mapping[int, float]]]


def by_year(agreed: PooledBudget) -> ByYears:
    """Every figure by year that is a size and needs each year of the model, with its place."""
    for name, partner in agreed.partners.items():
        if partner.contribution_gbp is not None:
            yield ["partners", name, "contribution_gbp"], partner.contribution_gbp
    for i, given in enumerate(agreed.contributions):
        if given.gbp is not None:
            yield ["contributions", i, "gbp"], given.gbp
    for i, line in enumerate(agreed.lines):
        yield ["lines", i, "budget_gbp"], line.budget_gbp
        if line.spend_gbp is not None and not line.spend_by_month_gbp:
            yield ["lines", i, "spend_gbp"], line.spend_gbp
    for name in ("risk_pool_gbp", "uncommitted_gbp"):
        if (pounds := getattr(agreed, name)) is not None:
            yield [name], pounds
    for i, benefit in enumerate(agreed.benefits):
        yield ["benefits", i, "gbp"], benefit.gbp
        for claim, figures in benefit.claims.items():
            yield ["benefits", i, "claims", claim], figures
    for i, pot in enumerate(agreed.performance_pots):
        yield ["performance_pots", i, "gbp"], pot.gbp
        for k, outcome in enumerate(pot.outcomes):
            yield ["performance_pots", i, "outcomes", k, "goal_number"], outcome.goal_number
            yield ["performance_pots", i, "outcomes", k, "reported_number"], outcome.reported_number
    if (conditions := agreed.conditions) is not None:
        for name in ("nhs_minimum", "adult_social_care_minimum"):
            if (stated := getattr(conditions, name)) is not None:
                yield ["conditions", name, "gbp"], stated.gbp
        for i, grant in enumerate(conditions.grants):
            yield ["conditions", "grants", i, "gbp"], grant.gbp


def check_agreement(document: Document, agreed: PooledBudget, years: Sequence[int], problems: list[Problem]) -> None:
    """Report everything that is wrong between the parts of an agreement whose figures have every year."""
    check = _Check(document, agreed, tuple(years), problems)
    check.names()
    check.lines()
    check.order()
    check.pots()
    check.vat()
    check.entries()
    check.conditions()
    before = len(problems)
    check.partners()
    check.contributions()
    check.twice()
    # What follows from a contribution without an amount, or a line that is there twice, is not held against the agreement again.
    if len(problems) == before:
        check.places()
    check.claims()


class _Check(TermsCheck):
    def names(self) -> None:
        agreed = self.agreed
        self.is_partner(["host"], agreed.host)
        for i, line in enumerate(agreed.lines):
            self.is_partner(["lines", i, "grant_of"], line.grant_of)
            self.is_partner(["lines", i, "owner"], line.owner)
        for i, given in enumerate(agreed.contributions):
            self.is_partner(["contributions", i, "owner"], given.owner)
            self.is_line(["contributions", i, "ring_fenced_to"], given.ring_fenced_to)
        for i, benefit in enumerate(agreed.benefits):
            if benefit.owner not in agreed.partners and nearly(benefit.owner, agreed.partners):
                why = "a benefit has one owner, who may stand outside the pool"
                self.report(["benefits", i, "owner"], f"{benefit.owner!r} is not a partner", why, nearest(benefit.owner, agreed.partners))

    def partners(self) -> None:
        owners = {given.owner for given in self.agreed.contributions}
        for name, partner in self.agreed.partners.items():
            steps: list[Step] = ["partners", name]
            if not 0 <= partner.carry_forward_limit_share <= 1:
                what = f"carry_forward_limit_share is {partner.carry_forward_limit_share:g}"
                self.report([*steps, "carry_forward_limit_share"], what, "it is a part of what the partner puts in", "Write 0 to 1")
            self._carries(steps, name, partner)
            if partner.most_loss_gbp is not None and partner.most_loss_gbp < 0:
                what = f"the limit is {partner.most_loss_gbp:g}"
                self.report([*steps, "most_loss_gbp"], what, "it is a size", "Write it without a minus")
            if partner.most_loss_gbp is not None and name == self.agreed.host:
                what = f"{name} hosts the pool and its loss is limited"
                self.report([*steps, "most_loss_gbp"], what, "nobody would bear the rest", "Remove it")
            if partner.contribution_gbp is None and name not in owners:
                what, remedy = f"{name} puts nothing in", f"Write contribution_gbp:, or a contribution whose owner is {name}"
                self.report(steps, what, "a partner of the pool has money in it", remedy)

    def _carries(self, steps: list[Step], name: str, partner: Partner) -> None:
        if not partner.carry_forward_limit_share:
            return
        if partner.may_carry_forward is False:
            what = f"{name} may not carry forward, and carries {partner.carry_forward_limit_share:.4g} of what it puts in"
            self.report([*steps, "carry_forward_limit_share"], what, "one says no and the other how much", "Remove the one that is wrong")
        elif partner.kind == "nhs" and not partner.may_carry_forward:
            what = f"{name} is an NHS body and carries {partner.carry_forward_limit_share:.4g} of what it puts in forward"
            why = "NHS bodies carry no money across years unless they are permitted to"
            self.report(
                [*steps, "carry_forward_limit_share"], what, why, "Remove it, or write may_carry_forward: true where there is permission"
            )

    def contributions(self) -> None:
        for i, given in enumerate(self.agreed.contributions):
            self._amount(["contributions", i], given)
            line = next((line for line in self.agreed.lines if line.id == given.ring_fenced_to), None)
            if line is not None and line.grant_of is not None:
                what = f"{given.id} is ring-fenced to {line.id}, which goes back to {line.grant_of} as a grant"
                self.report(["contributions", i, "ring_fenced_to"], what, "what is left would go back twice", "Remove grant_of, or ring_fenced_to")  # fmt: skip

    def _amount(self, steps: list[Step], given: Contribution) -> None:
        """An amount by year, or one of a base year with growth or an index: exactly one of them, and whole."""
        based = {name: getattr(given, name) for name in ("base_year", "base_gbp", "growth_share", "index")}
        there = [name for name, value in based.items() if value is not None]
        if given.gbp is not None:
            if there:
                what = f"{given.id} has gbp, and {listed(there)}"
                self.report(steps, what, "the amount of a year would have two sources", "Keep one of the two")
            return
        if given.base_gbp is None or given.base_year is None or (given.growth_share is None) == (given.index is None):
            what = f"{given.id} states no amount" if not there else f"{given.id} has {listed(there)}"
            why = "a contribution has an amount for each year"
            remedy = "Write gbp: with each year, or base_year:, base_gbp: and one of growth_share: and index:"
            self.report(steps, what, why, remedy)
            return
        if given.base_gbp < 0:
            self.report([*steps, "base_gbp"], f"the figure is {given.base_gbp:g}", "it is a size", "Check its sign")
        if given.base_year > min(self.years):
            what = f"the base year is {given.base_year}, after {min(self.years)}"
            self.report([*steps, "base_year"], what, "a contribution grows from its base year on", "Write a base year no later than that")
        if given.growth_share is not None and not -1 < given.growth_share < 1:
            what, remedy = f"growth_share is {given.growth_share:g}", as_share(given.growth_share)
            self.report([*steps, "growth_share"], what, "it is a part of the year before", remedy)
        lacking = [year for year in (given.base_year, *self.years) if given.index is not None and given.index.get(year, 0) <= 0]
        if lacking:
            what = f"the index has no figure above zero for {', '.join(map(str, dict.fromkeys(lacking)))}"
            self.report([*steps, "index"], what, "the amount is raised by it", "Add it")
        if not given.recurrent:
            what = f"{given.id} is not recurrent, and grows from a base year"
            self.report([*steps, "recurrent"], what, "money for one year has no growth", "Write gbp: with each year, or remove recurrent")

    def lines(self) -> None:
        for i, line in enumerate(self.agreed.lines):
            steps: list[Step] = ["lines", i]
            if (line.overspend == "own_risk") != (line.owner is not None):
                what = f"{line.id} has an owner" if line.owner else f"{line.id} is at the risk of its owner, and has none"
                why = "only a line at its owner's own risk has one" if line.owner else "nobody would bear an overspend"
                remedy = "Remove it, or write overspend: own_risk" if line.owner else "Write owner: with a partner"
                self.report([*steps, "owner" if line.owner else "overspend"], what, why, remedy)
            if line.owner is not None and line.grant_of is not None:
                self.report([*steps, "grant_of"], f"{line.id} has an owner and goes back as a grant", "what is left would go back twice", "Remove one of the two")  # fmt: skip
            self._spend(steps, line)
            if line.spend_range_share and not (
                -1 <= line.spend_range_share[0] <= 0 <= line.spend_range_share[1] <= 1 and any(line.spend_range_share)
            ):
                low, high = line.spend_range_share
                self.report([*steps, "spend_range_share"], f"spend_range_share is {low:g} to {high:g}", "it is around the forecast, a part of it", "Write a low from -1 to 0 and a high from 0 to 1, not both zero")  # fmt: skip
            if line.profile is not None and (min(line.profile) < 0 or not sum(line.profile) > 0):
                self.report([*steps, "profile"], f"the profile of {line.id} has a month below zero, or none above it", "the months share the year by it", "Write twelve weights of zero or more")  # fmt: skip

    def _spend(self, steps: list[Step], line: FundLine) -> None:
        """A spend for each year, or months that are in with a rule for the rest."""
        months = line.spend_by_month_gbp or {}
        for year, given in months.items():
            where = [*steps, "spend_by_month_gbp", year]
            if year not in self.years:
                self.report(where, f"there are months of {year}", "it is no year of the model", "Remove them, or correct the year")
            elif len(given) > 12:
                self.report(where, f"{year} has {len(given)} months", "a year has twelve", "Remove what is too many")
        if months and line.forecast is None and any(len(given) < 12 for given in months.values()):
            what = f"the months of {line.id} end within a year, and no forecast is stated"
            self.report([*steps, "spend_by_month_gbp"], what, "months to come are not filled in", "Write forecast: run_rate, profile, budget or stated")  # fmt: skip
            return
        stated = line.spend_gbp or {}
        if months:
            strange = [year for year in stated if year not in self.years]
            for year in strange:
                self.report([*steps, "spend_gbp"], f"there is a figure for {year}", "it is no year of the model", "Remove it, or correct the year")  # fmt: skip
        for year in self.years:
            some = months.get(year, [])
            needs = not some if line.forecast != "budget" else False
            needs = needs or (line.forecast == "stated" and 0 < len(some) < 12)
            if needs and year not in stated and (months or line.spend_gbp is None):
                what = f"{line.id} has no spend for {year}"
                self.report([*steps, "spend_gbp"], what, "each year needs one; gaps are not filled", "Add it, or the months that are in")
            elif sum(some) < 0:
                what = f"the months of {year} that are in come to {sum(some):,.2f}"
                self.report(
                    [*steps, "spend_by_month_gbp", year], what, "a line spends zero or more", "Check the signs; an income is no line"
                )
            elif line.forecast == "stated" and 0 < len(some) < 12 and sum(some) > stated[year] + HALF_A_PENNY:
                what = f"the months of {year} that are in come to {sum(some):,.2f}, above the {stated[year]:,.2f} stated for the year"
                self.report([*steps, "spend_gbp"], what, "months to come would be below zero", "Correct the spend of the year")
            elif 0 < len(some) < 12:
                self._profile(steps, line, year, some)

    def _profile(self, steps: list[Step], line: FundLine, year: int, some: Sequence[float]) -> None:
        """A profile that is zero where the forecast reads it."""
        if line.profile is None or not sum(line.profile) > 0:
            return
        is_in, to_come = sum(line.profile[: len(some)]) > 0, sum(line.profile[len(some) :]) > 0
        rest = (line.spend_gbp or {}).get(year, 0) - sum(some) if line.forecast == "stated" else sum(some)
        if line.forecast == "profile" and not is_in:
            what, why = f"the profile of {line.id} is zero in the months of {year} that are in", "nothing follows from it for the rest"
            self.report([*steps, "profile"], what, why, "Write their weights, or another forecast")
        elif line.forecast in ("run_rate", "stated") and not to_come and rest > HALF_A_PENNY:
            forecast = "what is stated" if line.forecast == "stated" else "what run_rate forecasts"
            what, why = f"the profile of {line.id} is zero in the months of {year} to come", f"{forecast} would fall into no month"
            self.report([*steps, "profile"], what, why, "Write their weights, or forecast: profile where nothing is spent in them")

    def order(self) -> None:
        order = self.agreed.order
        if order is None:
            return
        twice = [name for i, name in enumerate(order) if name in order[:i]]
        if twice:
            what = f"{listed(list(dict.fromkeys(twice)))} stands in the order twice"
            self.report(["order"], what, "a source meets an overspend once", "Remove one")
        elif "partners" not in order:
            what = f"the order ends with {order[-1]}" if order else "the order is empty"
            why = "the waterfall has no end: nobody would bear what is left"
            self.report(["order"], what, why, "Write partners as its last step")
        elif order[-1] != "partners":
            after = listed(list(order[order.index("partners") + 1 :]))
            what = f"{after} stands after partners in the order"
            self.report(["order"], what, "partners bear all that is left, so that nothing reaches it", "Write partners as its last step")

    def twice(self) -> None:
        lists: Mapping[str, Collection[str]] = {
            "lines": [each.id for each in self.agreed.lines],
            "benefits": [each.id for each in self.agreed.benefits],
        }
        for kind, found in lists.items():
            ids = list(found)
            for i, each in enumerate(ids):
                if each in ids[:i]:
                    why = "a benefit has one line and one owner" if kind == "benefits" else "one would hide the other"
                    self.report([kind, i, "id"], f"{each} is there twice", why, "Remove one, or give it a name of its own")
        check_members(self.document, "contributions", self.agreed.contributions, self.problems)
        kinds = {"line": [line.id for line in self.agreed.lines], "partner": list(self.agreed.partners)}
        for i, given in enumerate(self.agreed.contributions):
            for kind in (kind for kind, names in kinds.items() if given.id in names):
                self.report(["contributions", i, "id"], f"{given.id} is a {kind} too", "the two would have one label", "Give the contribution a name of its own")  # fmt: skip

    def places(self) -> None:
        """Every pound that is put in has a place, and what is ring-fenced to a line fits into it."""
        for year in self.years:
            amounts = {given.id: amount_of(given, year) for given in self.agreed.contributions}
            put_in = sum((partner.contribution_gbp or {}).get(year, 0) for partner in self.agreed.partners.values()) + sum(amounts.values())
            placed = sum(line.budget_gbp[year] for line in self.agreed.lines)
            placed += sum((given or {}).get(year, 0) for given in (self.agreed.risk_pool_gbp, self.agreed.uncommitted_gbp))
            if abs(put_in - placed) >= HALF_A_PENNY:
                what = f"in {year} partners put in {put_in:,.2f}, and lines, risk pool and uncommitted money hold {placed:,.2f}"
                why, remedy = "every pound that is put in has a place", f"Place the difference of {put_in - placed:,.2f}"
                self.report(["partners"], what, why, remedy)
            for i, line in enumerate(self.agreed.lines):
                fenced = sum(amounts[given.id] for given in self.agreed.contributions if given.ring_fenced_to == line.id)
                if fenced > line.budget_gbp[year] + HALF_A_PENNY:
                    what = f"{fenced:,.2f} is ring-fenced to {line.id} in {year}, above its budget of {line.budget_gbp[year]:,.2f}"
                    self.report(["lines", i, "budget_gbp"], what, "it may be spent on no other line", "Raise the budget, or lower what is ring-fenced")  # fmt: skip

    def claims(self) -> None:
        for i, benefit in enumerate(self.agreed.benefits):
            for year in self.years:
                over = sum(figures[year] for figures in benefit.claims.values()) - benefit.gbp[year]
                if over >= HALF_A_PENNY:
                    what = f"{', '.join(benefit.claims)} claim {over:,.2f} more than {benefit.label} brings in {year}"
                    why, remedy = "a pound saved funds one commitment only", "Lower a claim, or name another benefit"
                    self.report(["benefits", i, "claims"], what, why, remedy)


def amount_of(given: Contribution, year: int) -> float:
    """What a sound contribution is in a year, to the penny where it is raised from its base year."""
    if given.gbp is not None:
        return given.gbp[year]
    assert given.base_gbp is not None and given.base_year is not None
    index = given.index or {year: 1.0, given.base_year: 1.0}
    raised = indexed_gbp(given.base_gbp, given.growth_share or 0.0, float(year - given.base_year), index[year], index[given.base_year])
    return float(raised)

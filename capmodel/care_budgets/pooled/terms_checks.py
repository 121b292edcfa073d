"""What of performance pots, VAT, entries of the ledger and conditions of a pooled budget is refused."""

from __future__ import annotations

from capmodel.assumptions.document import Step
from capmodel.assumptions.entries import check_members
from capmodel.care_budgets.pooled.check import Check
from capmodel.care_budgets.pooled.conditions import METRICS
from capmodel.care_budgets.pooled.dates import month_of
from capmodel.errors import listed, nearest
from capmodel.money import HALF_A_PENNY


class TermsCheck(Check):
    """The checks of the terms that stand beside contributions, lines and the waterfall."""

    def pots(self) -> None:
        """Pots are part of the budget of their line, and their outcomes are told apart."""
        check_members(self.document, "performance_pots", self.agreed.performance_pots, self.problems)
        lines = {line.id: line for line in self.agreed.lines}
        for i, pot in enumerate(self.agreed.performance_pots):
            steps: list[Step] = ["performance_pots", i]
            self.is_line([*steps, "line"], pot.line)
            self.is_partner([*steps, "giver"], pot.giver)
            ids = [outcome.id for outcome in pot.outcomes]
            for k, name in enumerate(ids):
                if name in ids[:k]:
                    self.report([*steps, "outcomes", k, "id"], f"{name} is there twice", "one would hide the other", "Remove one")
            self.part(steps, "withheld_share", pot.withheld_share, "the pot")
            for year in self.years if pot.line in lines else ():
                all_of_line = sum(each.gbp[year] for each in self.agreed.performance_pots if each.line == pot.line)
                if all_of_line > lines[pot.line].budget_gbp[year] + HALF_A_PENNY:
                    what = f"performance pots of {pot.line} come to {all_of_line:,.2f} in {year}, above its budget of {lines[pot.line].budget_gbp[year]:,.2f}"
                    self.report([*steps, "gbp"], what, "a pot is part of the budget of its line", "Lower the pot, or raise the budget")

    def vat(self) -> None:
        """Rates and shares are parts, and whoever holds a contract has a recoverable share."""
        vat, partners = self.agreed.vat, self.agreed.partners
        if vat is not None:
            self.part(["vat"], "rate_share", vat.rate_share, "the price without VAT")
            for kind, share in vat.recoverable_share.items():
                self.part(["vat", "recoverable_share"], kind, share, "the VAT that is charged")
        for i, line in enumerate(self.agreed.lines):
            steps: list[Step] = ["lines", i]
            self.part(steps, "taxable_share", line.taxable_share, "the spend of the line")
            self.part(steps, "vat_rate_share", line.vat_rate_share, "the price without VAT")
            holder = line.contract_holder
            if holder is None or vat is None:
                continue
            if holder in partners and partners[holder].kind is None:
                what = f"{holder} holds the contract of {line.id}, and its kind is not stated"
                self.report([*steps, "contract_holder"], what, "what VAT is recovered depends on it", f"Write kind: nhs or council under partners.{holder}")  # fmt: skip
                continue
            kind = str(partners[holder].kind) if holder in partners else holder
            if kind not in vat.recoverable_share:
                what = f"there is no recoverable share for {kind}, which holds the contract of {line.id}"
                self.report([*steps, "contract_holder"], what, "what VAT is recovered depends on it", nearest(kind, vat.recoverable_share))

    def entries(self) -> None:
        """Every pound of an entry has an account that pays and another that receives, in a month of the years."""
        check_members(self.document, "entries", self.agreed.entries, self.problems)
        partners, lines = self.agreed.partners, [line.id for line in self.agreed.lines]
        known = [*partners, *lines, "pool", "risk_pool", "uncommitted"]
        for i, entry in enumerate(self.agreed.entries):
            steps: list[Step] = ["entries", i]
            when = month_of(entry.month)
            if when is None or when[0] not in self.years:
                what, why = f"the month is {entry.month!r}", "an entry is dated in a month of the model years"
                self.report([*steps, "month"], what, why, f"Write a month such as {self.years[0]}-04")
            for side in ("paid_from", "paid_to"):
                for account, amount in getattr(entry, side).items():
                    if account not in known:
                        self.report([*steps, side, account], f"{account!r} is no account of the pool", "an entry goes from one account to another", nearest(account, known))  # fmt: skip
                    elif known.count(account) > 1:
                        self.report([*steps, side, account], f"{account!r} names two accounts", "an entry goes to one of them", "Give the partner or the line another id")  # fmt: skip
                    if amount <= 0:
                        self.report([*steps, side, account], f"the figure is {amount:g}", "an entry is of some pounds", "Write it above zero, on the side that it belongs to")  # fmt: skip
            both = [account for account in entry.paid_from if account in entry.paid_to]
            if both:
                what = f"{listed(both)} pays and receives in {entry.id}"
                self.report(steps, what, "it would move nothing", "Keep it on the side that it belongs to, with the difference")
                continue
            paid, received = sum(entry.paid_from.values()), sum(entry.paid_to.values())
            if abs(paid - received) >= HALF_A_PENNY:
                what = (
                    f"{entry.id} takes {paid:,.2f} from its accounts and gives {received:,.2f} to others, {abs(paid - received):,.2f} apart"
                )
                self.report(steps, what, "every pound has an account that pays and one that receives", "Correct the side that is wrong")

    def conditions(self) -> None:
        """Conditions name partners, lines, contributions and goals that there are, each once."""
        conditions = self.agreed.conditions
        if conditions is None:
            return
        at: list[Step] = ["conditions"]
        if conditions.nhs_minimum is not None:
            self.is_partner([*at, "nhs_minimum", "owner"], conditions.nhs_minimum.owner)
        for line, share in (conditions.adult_social_care_minimum.lines if conditions.adult_social_care_minimum else {}).items():
            self.is_line([*at, "adult_social_care_minimum", "lines", line], line)
            self.part([*at, "adult_social_care_minimum", "lines"], line, share, "the line")
        known = [given.id for given in self.agreed.contributions]
        pooled = [grant.contribution for grant in conditions.grants]
        for i, grant in enumerate(conditions.grants):
            if grant.contribution in pooled[:i]:
                what = f"the grant {grant.contribution} is there twice"
                self.report([*at, "grants", i, "contribution"], what, "one would hide the other", "Remove one")
            if grant.contribution not in known:
                what = f"{grant.contribution!r} is no contribution"
                self.report([*at, "grants", i, "contribution"], what, "a grant is pooled as one", nearest(grant.contribution, known))
        for name, goals in (conditions.metrics or {}).items():
            if name not in METRICS:
                what = f"{name!r} is no goal of the Better Care Fund {conditions.edition}"
                self.report([*at, "metrics", name], what, "it would not be checked", nearest(name, METRICS))
            for year in (year for year in goals if year not in self.years):
                what = f"there is a figure for {year}"
                self.report([*at, "metrics", name, year], what, "it is no year of the model", "Remove it, or correct the year")
        for name in conditions.signed or {}:
            self.is_partner([*at, "signed", name], name)

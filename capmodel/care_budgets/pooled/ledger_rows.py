"""The entries of a pool's ledger as rows: which account each goes from and to, in which months, and whose amount it is.

The amounts follow from the rules in `ledger`; an entry that the agreement states is cut into pairs of accounts here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from capmodel.algebra.rows import Rows
from capmodel.assumptions.laid_out import Figures
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.months.calendar import MONTHS
from capmodel.care_budgets.pooled import NOBODY
from capmodel.care_budgets.pooled.dates import month_of
from capmodel.care_budgets.pooled.ledger import OF
from capmodel.care_budgets.pooled.terms import Entry, FundLine, PooledBudget

POOL, RISK_POOL, UNCOMMITTED, VAT = "pool account", "risk pool account", "uncommitted account", "vat account"
#: The months in which a contribution is paid, and the part of the year's amount that is due by then.
DUE = {
    "monthly": {month: (k + 1) / 12 for k, month in enumerate(MONTHS)},
    "quarterly": {month: (k + 1) / 4 for k, month in enumerate(list(MONTHS)[::3])},
    "yearly": {"apr": 1.0},
}
YEAR_END = {"mar": 1.0}
#: Posted month by month from spend, not from an amount of the year.
BY_MONTH = dict.fromkeys(MONTHS, 0.0)


@dataclass(frozen=True)
class _Row:
    """An entry of the ledger: what it is called, its accounts, the months with what is due, and the column that says whose it is."""

    name: str
    label: str
    paid_from: str
    paid_to: str
    due: Mapping[str, float]
    of: str
    whose: str


def _cash(partner: str) -> str:
    return f"cash {partner}"


def _kind(partner: str) -> str:
    return f"in kind {partner}"


def _line(line: str) -> str:
    return f"line {line}"


def _held(partner: str) -> str:
    return f"held {partner}"


def _paid(line: FundLine) -> str:
    """The account of who is paid for a line: its provider's, or one of the line's own."""
    return f"paid to {line.provider}" if line.provider else f"paid for {line.id}"


def _postings(agreed: PooledBudget, labels: Mapping[str, str]) -> Iterator[_Row]:
    """Every entry that follows from the terms, in the order in which the money moves."""
    for name, partner in agreed.partners.items():
        if partner.contribution_gbp is not None:
            yield _Row(f"in {name}", f"Contribution: {labels[name]}", _cash(name), POOL, DUE["monthly"], "of_contribution", name)
    for each in agreed.contributions:
        source = _kind(each.owner) if each.in_kind else _cash(each.owner)
        yield _Row(f"in {each.id}", f"Contribution: {labels[each.id]}", source, POOL, DUE[each.paid], "of_contribution", each.id)
    reserves = {"risk_pool": (RISK_POOL, agreed.risk_pool_gbp), "uncommitted": (UNCOMMITTED, agreed.uncommitted_gbp)}
    for name, (account, given) in reserves.items():
        if given is not None:
            yield _Row(f"set aside {name}", f"Set aside: {_RESERVES[name]}", POOL, account, DUE["monthly"], "of_set_aside", name)
    for line in agreed.lines:
        label = labels[line.id]
        yield _Row(f"allocate {line.id}", f"Allocation: {label}", POOL, _line(line.id), DUE["monthly"], "of_allocation", line.id)
        yield _Row(f"spend {line.id}", f"Spend: {label}", _line(line.id), _paid(line), BY_MONTH, "of_spend", line.id)
        if agreed.vat and line.contract_holder is not None:
            yield _Row(f"vat {line.id}", f"VAT not recovered: {label}", _line(line.id), VAT, BY_MONTH, "of_vat", line.id)
    for line in agreed.lines:
        yield _Row(f"left {line.id}", f"Underspend: {labels[line.id]}", _line(line.id), POOL, YEAR_END, "of_left", line.id)
        yield _Row(f"over {line.id}", f"Overspend: {labels[line.id]}", POOL, _line(line.id), YEAR_END, "of_over", line.id)
    for name, (account, given) in reserves.items():
        if given is not None:
            yield _Row(f"release {name}", f"Released: {_RESERVES[name]}", account, POOL, YEAR_END, "of_released", name)
    for name in agreed.partners:
        label = labels[name]
        yield _Row(f"refund {name}", f"Refund: {label}", POOL, _cash(name), YEAR_END, "of_refund", name)
        yield _Row(f"grant {name}", f"Grants returned: {label}", POOL, _cash(name), YEAR_END, "of_grant", name)
        yield _Row(f"call {name}", f"Called: {label}", _cash(name), POOL, YEAR_END, "of_call", name)
        if agreed.partners[name].carry_forward_limit_share:
            yield _Row(f"carry {name}", f"Carried forward: {label}", POOL, _held(name), YEAR_END, "of_carried", name)
            yield _Row(f"use {name}", f"Used of what was carried forward: {label}", _held(name), POOL, YEAR_END, "of_used", name)


_RESERVES = {"risk_pool": "risk pool", "uncommitted": "uncommitted money"}


def _stated(agreed: PooledBudget) -> Iterator[tuple[str, str, str, str, int, str, float]]:
    """Entries that the agreement states, cut into pairs: id, label, from, to, year, month, pounds."""
    for each in agreed.entries:
        when = month_of(each.month)
        assert when is not None
        for k, (paid_from, paid_to, pounds) in enumerate(_pairs(each.paid_from, each.paid_to)):
            accounts = _account(agreed, paid_from), _account(agreed, paid_to)
            yield entry_names(each)[k], f"{each.label} ({k + 1})", *accounts, *when, pounds


def entry_names(entry: Entry) -> list[str]:
    """The ids of the pairs that a stated entry is cut into."""
    return [f"stated {entry.id} {k + 1}" for k, _ in enumerate(_pairs(entry.paid_from, entry.paid_to))]


def _pairs(paid: Mapping[str, float], received: Mapping[str, float]) -> Iterator[tuple[str, str, float]]:
    """An entry with several accounts on a side as entries of one account on each side.

    >>> list(_pairs({"a": 60.0, "b": 40.0}, {"c": 70.0, "d": 30.0}))
    [('a', 'c', 60.0), ('b', 'c', 10.0), ('b', 'd', 30.0)]
    """
    left, wanted = dict(paid), dict(received)
    for payer in paid:
        for receiver in received:
            pounds = round(min(left[payer], wanted[receiver]), 6)
            if pounds > 0:
                yield payer, receiver, pounds
                left[payer] -= pounds
                wanted[receiver] -= pounds


def _account(agreed: PooledBudget, name: str) -> str:
    """The account that a stated entry names: a partner's cash, a line, or a part of the pool."""
    known = {"pool": POOL, "risk_pool": RISK_POOL, "uncommitted": UNCOMMITTED}
    return known.get(name) or (_cash(name) if name in agreed.partners else _line(name))


def _accounts(agreed: PooledBudget) -> dict[str, tuple[bool, str]]:
    """Every account: whether it is part of the pool, and for whom it holds what was carried forward."""
    named = {name: "" for each in agreed.entries for name in (*each.paid_from, *each.paid_to)}
    found: dict[str, tuple[bool, str]] = {_cash(name): (False, NOBODY) for name in agreed.partners}
    found |= {_kind(each.owner): (False, NOBODY) for each in agreed.contributions if each.in_kind}
    found[POOL] = (True, NOBODY)
    found |= {RISK_POOL: (True, NOBODY)} if agreed.risk_pool_gbp is not None or "risk_pool" in named else {}
    found |= {UNCOMMITTED: (True, NOBODY)} if agreed.uncommitted_gbp is not None or "uncommitted" in named else {}
    found |= {_line(line.id): (True, NOBODY) for line in agreed.lines}
    found |= {_held(name): (True, name) for name, partner in agreed.partners.items() if partner.carry_forward_limit_share}
    found |= {_paid(line): (False, NOBODY) for line in agreed.lines}
    return found | ({VAT: (False, NOBODY)} if agreed.vat and any(line.contract_holder for line in agreed.lines) else {})


def ledger_rows(agreed: PooledBudget, years: tuple[int, ...]) -> dict[str, Rows]:
    """The rows of the tables of the ledger and of the memorandum account."""
    rows = [
        (row.name, month, row.paid_from, row.paid_to, *(row.whose if of == row.of else NOBODY for of in OF))
        for row in _postings(agreed, _Plain())
        for month in row.due
    ]
    stated = [(name, month, paid_from, paid_to) for name, _, paid_from, paid_to, _, month, _ in _stated(agreed)]
    rows += [(*each, *(each[0] if of == "of_stated" else NOBODY for of in OF)) for each in stated]
    accounts = _accounts(agreed)
    return {
        "pool_reserve": columns_of(("reserve",), [(name,) for name in _RESERVES], years),
        "pool_stated_entry": columns_of(("entry", "month"), [each[:2] for each in stated], years),
        "pool_entry": columns_of(("entry", "month", "from_account", "to_account", *OF), rows, years),
        "pool_account_year": columns_of(("account", "held_for"), [(name, held) for name, (_, held) in accounts.items()], years),
        "pool_account_month": columns_of(("account", "month"), [(name, month) for name in accounts for month in MONTHS], years),
        "pool_month": columns_of(("month",), [(month,) for month in MONTHS], years),
        "pool_trial_balance": columns_of(("month",), [(month,) for month in MONTHS], years),
        "pool_memorandum": columns_of(("partner", "cash_account"), [(name, _cash(name)) for name in agreed.partners], years),
        "pool_memorandum_year": Rows({}, years),
    }


def ledger_given(agreed: PooledBudget) -> dict[str, tuple[tuple[str, ...], Figures]]:
    """The input columns of the ledger."""
    accounts, key = _accounts(agreed), ("entry", "month")
    years = sorted({year for line in agreed.lines for year in line.budget_gbp})
    due: dict[tuple[str, ...], float] = {
        (row.name, month): share for row in _postings(agreed, _Plain()) for month, share in row.due.items()
    }
    stated = list(_stated(agreed))
    due |= {(name, month): 0.0 for name, _, _, _, _, month, _ in stated}
    return {
        "reserve_risk_pool_flag": (("reserve",), {(name,): name == "risk_pool" for name in _RESERVES}),
        "entry_due_share": (key, due),
        "pool_stated_entry_gbp": (
            key,
            {(name, month): {each: pounds if each == year else 0.0 for each in years} for name, _, _, _, year, month, pounds in stated},
        ),
        "account_inside_flag": (("account",), {(name,): inside for name, (inside, _) in accounts.items()}),
        "account_holds_risk_pool_flag": (("account",), {(name,): name == RISK_POOL for name in accounts}),
    }


def ledger_labels(agreed: PooledBudget, labels: Mapping[str, str]) -> dict[str, str]:
    """What entries and accounts are called."""
    found = {row.name: row.label for row in _postings(agreed, labels)}
    found |= {name: label for name, label, *_ in _stated(agreed)}
    found |= {POOL: "Pool", RISK_POOL: "Pool: risk pool", UNCOMMITTED: "Pool: uncommitted money", VAT: "HM Revenue and Customs: VAT"}
    found |= {_line(line.id): f"Pool: {labels[line.id]}" for line in agreed.lines}
    for name in agreed.partners:
        found |= {_cash(name): f"{labels[name]}: cash", _kind(name): f"{labels[name]}: in kind"}
        found[_held(name)] = f"Pool: held for {labels[name]}"
    found |= {_paid(line): f"Paid for: {labels[line.id]}" for line in agreed.lines}
    return found | {_paid(line): f"Paid to: {line.provider}" for line in agreed.lines if line.provider}


class _Plain(dict[str, str]):
    """Labels that are not needed: every id stands for itself."""

    def __missing__(self, name: str) -> str:
        return name

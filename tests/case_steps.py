"""The steps beside the chain in worked cases: the tables of each, and how its file is read with the tables that stand beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from case_files import Case

from capmodel.algebra.table import Table
from capmodel.assumptions.document import Document
from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import Step
from capmodel.care_budgets.bands import people_by_band
from capmodel.care_budgets.bands.stated import read_bands
from capmodel.care_budgets.currency.tables import TABLES as PAYMENTS
from capmodel.care_budgets.currency.terms import read_payments
from capmodel.care_budgets.months import by_month
from capmodel.care_budgets.months import step as months_step
from capmodel.care_budgets.outturn import forecast
from capmodel.care_budgets.outturn import step as outturn_step
from capmodel.care_budgets.packages import step as packages
from capmodel.care_budgets.packages.lay_out import read_packages
from capmodel.care_budgets.pooled import performance_pot
from capmodel.care_budgets.pooled import pooled_budget as pool
from capmodel.care_budgets.pooled.agreement import read_pool
from capmodel.care_budgets.pooled.performance_pot import read_pot
from capmodel.care_budgets.rehabilitation import split as rehabilitation
from capmodel.care_budgets.rehabilitation.stated import read_rehabilitation
from capmodel.care_budgets.year_of_care import care_budget
from capmodel.contracts.agreements import totals as agreements
from capmodel.contracts.agreements.lay_out import read_agreements
from capmodel.contracts.holders import totals as holders
from capmodel.contracts.holders.lay_out import read_holders
from capmodel.errors import Problem

#: The tables of chains that stand by themselves, and of steps that stand beside the chain.
ALONE: dict[str, tuple[Table, ...]] = {
    "pooled_budget": pool.TABLES,
    "performance_pot": performance_pot.TABLES,
    "payments": PAYMENTS,
    "bands": people_by_band.TABLES,
    "rehabilitation": rehabilitation.TABLES,
    "care_packages": packages.TABLES,
    "agreements": agreements.TABLES,
    "holders": holders.TABLES,
    "months": (care_budget, *by_month.TABLES),
    "outturn": (care_budget, *by_month.TABLES, *forecast.TABLES),
}
#: How the file of a chain that stands by itself is read, from the folder that holds the tables beside it.
AGREEMENTS: dict[str, Callable[[Document, Pack, Path, list[Problem]], LaidOut | None]] = {
    "pooled_budget": lambda document, pack, folder, problems: read_pool(document, pack.years, problems),
    "performance_pot": lambda document, pack, folder, problems: read_pot(document, pack.years, problems),
    "care_packages": lambda document, pack, folder, problems: read_packages(document, pack, problems),
    "agreements": lambda document, pack, folder, problems: read_agreements(document, pack, problems),
    "holders": lambda document, pack, folder, problems: read_holders(document, pack.years, problems),
    "payments": lambda document, pack, folder, problems: read_payments(document, folder, pack.years, problems),
    "bands": lambda document, pack, folder, problems: read_bands(document, folder, pack.years, problems),
    "rehabilitation": lambda document, pack, folder, problems: read_rehabilitation(document, pack.years, problems),
}
#: Chains of steps that stand beside the chain: each has its file among what is given, under the name of the step.
BESIDE: dict[str, tuple[Step, ...]] = {"months": (months_step.STEP,), "outturn": (months_step.STEP, outturn_step.STEP)}


def read_agreement(case: Case, pack: Pack, problems: list[Problem]) -> LaidOut | None:
    """What the file of a case gives, with the tables that the case states beside it."""
    with TemporaryDirectory() as folder:
        for name, text in case.given.get("files", {}).items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return AGREEMENTS[case.chain](case.part("agreement"), pack, Path(folder), problems)


def together(files: Sequence[LaidOut]) -> LaidOut:
    """What several files give, as one."""
    columns = {name: column for each in files for name, column in each.columns.items()}
    return LaidOut({}, columns, {name: label for each in files for name, label in each.labels.items()})

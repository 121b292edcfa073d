"""The sheets of the steps that stand beside the chain: the page of each, and the sheet on which the inputs of its workings stand.

A step with a file of its own is one line in `PAGES`, one in `INPUTS` with one in `INPUT_OF`, and one in `CALCS` for each of its workings.
"""

from __future__ import annotations

from capmodel.care_budgets import bands as ltc_bands
from capmodel.care_budgets import cost_shunting, currency, pooled
from capmodel.care_budgets import months as by_month
from capmodel.care_budgets import outturn as by_outturn
from capmodel.care_budgets import packages as care_packages
from capmodel.care_budgets import rehabilitation as hospital_spells
from capmodel.contracts import agreements as by_service_line
from capmodel.contracts import holders as trees_of_holders
from capmodel.workbook.pages import agreements, bands, flows, holders, months, outturn, packages, payments, pool, rehabilitation

#: The output sheet of each step, in their order.
PAGES = (
    pool.PAGE,
    packages.PAGE,
    payments.PAGE,
    bands.PAGE,
    rehabilitation.PAGE,
    months.PAGE,
    outturn.PAGE,
    flows.PAGE,
    agreements.PAGE,
    holders.PAGE,
)
POOL_DATA, PAYMENTS_DATA, MONTHS_DATA, OUTTURN_DATA = "Data 3 Pool", "Data 5 Payments", "Data 8 Months", "Data 9 Outturn"
PACKAGES_DATA, BANDS_DATA, FLOWS_DATA = "Data 4 Packages", "Data 6 Bands", "Data 10 Flows"
REHABILITATION_DATA, AGREEMENTS_DATA = "Data 7 Rehabilitation", "Data 11 Agreements"
HOLDERS_DATA = "Data 12 Holders"
#: The sheets of their inputs, each with its title.
INPUTS = {
    POOL_DATA: "Data on the pooled budget",
    PACKAGES_DATA: "Data on care packages: people, contacts with their minutes, and rates of staff",
    PAYMENTS_DATA: "Data on Year of Care payments: roster, price, criteria and results",
    BANDS_DATA: "Data on long-term-condition bands: people, moves, deaths, entries and prices",
    REHABILITATION_DATA: "Data on hospital spells: lengths of stay, split points, tariffs and prices of a bed day",
    MONTHS_DATA: "Data on months: profiles of the year, and people on the list",
    OUTTURN_DATA: "Data on the outturn: actual cost by month",
    FLOWS_DATA: "Data on flows of past years: who paid whom, positions, and growth of comparators",
    AGREEMENTS_DATA: "Data on lines of service: plan and actual activity, unit prices, market forces factors and the terms of agreements",
    HOLDERS_DATA: "Data on holders: people, terms of each contract, budgets and actual cost by service",
}
#: The sheet of inputs by the sheet of workings.
INPUT_OF = {
    pooled.SHEET: POOL_DATA,
    pooled.LEDGER_SHEET: POOL_DATA,
    care_packages.SHEET: PACKAGES_DATA,
    currency.SHEET: PAYMENTS_DATA,
    ltc_bands.SHEET: BANDS_DATA,
    hospital_spells.SHEET: REHABILITATION_DATA,
    by_month.SHEET: MONTHS_DATA,
    by_outturn.SHEET: OUTTURN_DATA,
    cost_shunting.SHEET: FLOWS_DATA,
    by_service_line.SHEET: AGREEMENTS_DATA,
    trees_of_holders.SHEET: HOLDERS_DATA,
}
#: The sheets of their workings, each with its title.
CALCS = {
    hospital_spells.SHEET: "The acute part of hospital spells, and what follows the bed day after the split point",
    ltc_bands.SHEET: "People in long-term-condition bands from year to year, and the budget of each band",
    care_packages.SHEET: "What an hour of contact and a person's year of care cost, by month and role, and the staff they need",
    currency.SHEET: "Year of Care payments: what each unit is paid, and what each failed criterion costs it",
    by_month.SHEET: "The Year of Care budgets by month, and how they follow the people on the list",
    by_outturn.SHEET: "Actual cost by month, the forecast of the months to come, and both against the budget",
    cost_shunting.SHEET: "Flows between organisations over past years, and growth against comparators",
    pooled.SHEET: "What meets an over- or underspend of the pool, and what each partner pays or receives",
    by_service_line.SHEET: "Lines of service from plan to payment, agreement by agreement",
    trees_of_holders.SHEET: "Contracts within contracts, tier by tier: what each holder keeps of its variance and passes to its parent",
    pooled.LEDGER_SHEET: "Spend of the pool by month, the entries of its ledger, and its accounts",
}

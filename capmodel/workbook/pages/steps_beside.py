"""The sheets of the steps that stand beside the chain: the page of each, and the sheet on which the inputs of its workings stand.

A step with a file of its own is one line in `PAGES`, one in `INPUTS` with one in `INPUT_OF`, and one in `CALCS` for each of its workings.
"""

from __future__ import annotations

from capmodel.care_budgets import pooled
from capmodel.workbook.pages import pool

#: The output sheet of each step, in their order.
PAGES = (pool.PAGE,)
POOL_DATA = "Data 3 Pool"
#: The sheets of their inputs, each with its title.
INPUTS = {POOL_DATA: "Data on the pooled budget"}
#: The sheet of inputs by the sheet of workings.
INPUT_OF = {pooled.SHEET: POOL_DATA}
#: The sheets of their workings, each with its title.
CALCS = {pooled.SHEET: "What meets an over- or underspend of the pool, and what each partner pays or receives"}

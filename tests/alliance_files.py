"""A small contract for many and a small rule, as the tests of readers and of files give them to `settle` and `allocate`."""

from __future__ import annotations

CONTRACT = """\
id: alliance
title: Alliance
status: illustrative
source: by hand
years: [2026]
parties: {payer: {at_risk: false}, trust: {at_risk: true}}
routes: [{provider: trust, payer: payer}]
figures:
  key: name
  workbook: {sheet: Sheet}
  columns: {target_gbp: target, actual_gbp: actual}
terms:
  variance_held_by: payer
  residual_party: payer
  bands:
    gain: [{from: 0, to: null, shares: {payer: 0.5, trust: 0.5}}]
    loss: [{from: 0, to: null, shares: {payer: 0.6, trust: 0.4}}]
  outcomes: {mode: none}
"""
RULE = """\
id: local
title: Local
description: Growth alike for all.
sources: {a01: {title: Agreement, publisher: The alliance}}
figures: {areas: {source: a01, key: name, workbook: {sheet: Sheet}, columns: {baseline_gbp: target, outturn_gbp: actual}}}
lines: {allocation_gbp: {label: Allocation, rule: baseline_gbp + outturn_gbp, source: a01}}
"""
PLAIN_CONTRACT = CONTRACT.replace("  workbook: {sheet: Sheet}\n", "")
PLAIN_RULE = RULE.replace(" workbook: {sheet: Sheet},", "")

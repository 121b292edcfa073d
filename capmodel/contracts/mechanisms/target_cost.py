"""Target cost with share ranges: the contractor's share of each slice of the difference between target and actual.

The form of NEC option C, which is used for construction: ranges of actual over target, each with its share; a range in which the
contractor has none is a cap. The target moves with compensation events (`scope_changes`), disallowed cost does not count
(`actual.disallowed`); both stand beside the mechanism. The denominator is the target, never the actual.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from capmodel.assumptions.document import Number, Strict
from capmodel.contracts.mechanisms import Head, Party, Share, rest_to

REPORTED_AT = {"residual_party": "client", "bands.ranges": "share_ranges"}


class ShareRange(Strict):
    """A range of actual cost over target, and the contractor's share in it."""

    start: Number = Field(alias="from")
    end: Number | None = Field(alias="to")
    contractor_share: Share


class Terms(Strict):
    """Client, contractor and share ranges, from zero to no end."""

    client: Party
    contractor: Party
    share_ranges: list[ShareRange] = Field(min_length=1)


def contract(terms: Terms, head: Head) -> dict[str, Any]:
    """Ranges go to the bands as they stand; the client has the rest of each.

    >>> ranges = [{"from": 0, "to": 0.8, "contractor_share": 0}, {"from": 0.8, "to": None, "contractor_share": 0.25}]
    >>> terms = Terms.model_validate({"client": "owner", "contractor": "builder", "share_ranges": ranges})
    >>> contract(terms, Head(("owner", "builder"), (2026,)))["bands"]["ranges"][1]
    {'from': 0.8, 'to': None, 'shares': {'owner': 0.75, 'builder': 0.25}}
    """
    return {
        "variance_held_by": "payer",
        "residual_party": terms.client,
        "bands": {
            "ranges": [
                {"from": each.start, "to": each.end, "shares": rest_to(terms.client, {terms.contractor: each.contractor_share})}
                for each in terms.share_ranges
            ]
        },
        "parties": head.at_risk(terms.contractor),
    }

"""What cells look like: number formats by unit, colours by role. One place, so that a colour always means the same.

Inputs are blue on yellow and unlocked, formulas black on white and locked, recorded values (with provenance, not
recalculated) black on grey and locked.
"""

from __future__ import annotations

from typing import Any

FONT = {"font_name": "Arial", "font_size": 10, "valign": "vcenter"}
BRAND, PALE, LINE, GREY, RULE = "#1F3864", "#D9E2F3", "#BFBFBF", "#595959", "#8EA9DB"
#: Series of a chart, in their order.
PALETTE = (
    "#1F3864",
    "#2E75B6",
    "#9DC3E6",
    "#548235",
    "#BF9000",
    "#7F7F7F",
    "#C00000",
    "#7030A0",
    "#00B0A0",
    "#ED7D31",
    "#806000",
    "#FF66CC",
)

#: What every sheet prints below: the file, the sheet, the page.
FOOTER = "&L&F&C&A&RPage &P of &N"

NUMBER_FORMATS = {
    "GBP": "#,##0.00_);(#,##0.00)",
    "whole GBP": "#,##0_);(#,##0)",
    "million GBP": "#,##0.0_);(#,##0.0)",
    "GBP/persons": "#,##0.00_);(#,##0.00)",
    "GBP/hours": "#,##0.00_);(#,##0.00)",
    "persons": "#,##0.0_);(#,##0.0)",
    "hours": "#,##0.0_);(#,##0.0)",
    "minutes": "#,##0.0_);(#,##0.0)",
    "minutes/hours": "#,##0_);(#,##0)",
    "wte": "#,##0.00_);(#,##0.00)",
    "whole persons": "#,##0_);(#,##0)",
    "share": "0.000%_);(0.000%)",
    "short share": "0.0%_);(0.0%)",
    "index": "0.0000_);(0.0000)",
    "flag": "0_);(0)",
    "number": "#,##0.00_);(#,##0.00)",
    "count": "#,##0_);(#,##0)",
    "tiny": "0.000000000",
}

#: Roles of values that stand with their provenance and do not follow an input.
RECORDED = ("record", "record words", "issued", "structure")
#: Inputs, and what is held against them, show every digit they have.
EXACT = ("input", "issued", "now", "structure")
INPUT_FORMATS = {
    "GBP": "#,##0.00##_);(#,##0.00##)",
    "share": "0.00#######%_);(0.00#######%)",
    "index": "0.00##_);(0.00##)",
    "number": "General",
    "minutes": "General",
}

UNIT_LABELS = {
    "GBP": "£",
    "GBP/persons": "£ per person",
    "GBP/hours": "£ an hour",
    "persons": "persons",
    "hours": "hours",
    "minutes": "minutes",
    "minutes/hours": "minutes an hour",
    "wte": "WTE",
    "share": "share",
    "index": "index",
    "flag": "0 or 1",
    "number": "number",
}

RECORD = {"bg_color": "#EDEDED", "border": 1, "border_color": LINE}
ROLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "font_color": BRAND},
    "subtitle": {"font_color": GREY},
    "timeline": {"bold": True, "bg_color": BRAND, "font_color": "#FFFFFF", "text_wrap": True, "align": "center"},
    "timeline_left": {"bold": True, "bg_color": BRAND, "font_color": "#FFFFFF", "text_wrap": True},
    "table": {"bold": True, "font_size": 12, "bg_color": PALE, "font_color": BRAND},
    "heading": {"bold": True},
    "label": {},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "strong": {"bold": True, "text_wrap": True, "valign": "top"},
    "words": {"italic": True, "font_color": GREY, "font_size": 9},
    "unit": {"font_color": GREY},
    "aside": {"font_color": GREY, "align": "right"},
    "status published": {"indent": 1, "font_color": "#375623", "bold": True},
    "status derived": {"indent": 1, "font_color": "#1F3864"},
    "status fitted": {"indent": 1, "font_color": "#1F3864"},
    "status local": {"indent": 1, "font_color": "#595959"},
    "status illustrative": {"indent": 1, "font_color": "#C00000", "italic": True},
    "status default": {"indent": 1, "font_color": GREY, "italic": True},
    "note": {"font_color": GREY, "text_wrap": True},
    "small": {"font_color": GREY, "font_size": 8, "text_wrap": True, "indent": 1},
    "ingredient": {"italic": True},
    "check": {"font_color": GREY},
    "input": {"bg_color": "#FFF2CC", "font_color": "#0000FF", "border": 1, "border_color": LINE, "locked": False},
    "input sample": {"bg_color": "#FFF2CC", "font_color": "#0000FF", "border": 1, "border_color": LINE},
    "formula": {},
    "word": {"align": "center"},
    "total": {"bold": True, "top": 1},
    "structure": {"bg_color": "#E4DFEC", "border": 1, "border_color": LINE},
    "record": RECORD,
    "record words": {**RECORD, "text_wrap": True, "indent": 1},
    "issued": RECORD,
    "now": {},
    "issue": {"font_color": GREY},
    "verdict": {"bold": True, "align": "left", "border": 1, "border_color": LINE},
    "entry": {"bg_color": "#FFF2CC", "font_color": "#0000FF", "border": 1, "border_color": LINE, "locked": False, "text_wrap": True, "num_format": "@"},
    "link": {"font_color": "#0563C1", "underline": 1},
}  # fmt: skip

PASS = {"bg_color": "#C6EFCE", "font_color": "#006100"}
FAINT = {"font_color": LINE}
AMBER = {"bg_color": "#FFEB9C", "font_color": "#7F6000"}
FAIL = {"bg_color": "#FFC7CE", "font_color": "#9C0006"}


def style(role: str, unit: str = "") -> dict[str, Any]:
    """The properties of a cell of some role that holds a figure of some unit."""
    formats = NUMBER_FORMATS | INPUT_FORMATS if role in EXACT else NUMBER_FORMATS
    number = {"num_format": formats[unit]} if unit else {}
    return {**FONT, **ROLES[role], **number}

"""How many figures of a form are still blank; a form is what `capmodel new --with` writes."""

from __future__ import annotations

from typing import Any

#: Keys beside which a null is no figure that is still to be entered: what is known of a figure, and the open end of a range.
_NO_FIGURES = ("status", "source", "as_at", "note", "label", "title", "to")


def still_to_enter(content: Any) -> int:
    """How many figures and terms of a form are still blank; none where every status in it is stated.

    A form is what `capmodel new --with` writes: a figure and its status are both blank until somebody enters them.

    >>> still_to_enter({"status": None, "values": {2026: None, 2027: 0.1}}), still_to_enter({"status": "local", "to": None})
    (1, 0)
    """
    return _blanks(content) if _has_blank_status(content) else 0


def _has_blank_status(content: Any) -> bool:
    inside = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    blank = isinstance(content, dict) and "status" in content and content["status"] is None
    return blank or any(map(_has_blank_status, inside))


def _blanks(content: Any) -> int:
    if isinstance(content, list):
        return sum(map(_blanks, content))
    if not isinstance(content, dict):
        return 0
    return sum(_blanks(value) if value is not None else key not in _NO_FIGURES for key, value in content.items())

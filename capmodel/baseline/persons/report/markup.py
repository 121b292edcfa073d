"""The pieces of the report's page: escaped text, figures, tables, bars, a chart, and the style they share.

Everything a place has written is escaped here and nowhere else. A page needs nothing from outside: no script, no font, no
picture. Colour is never the only sign. Left to others: what the page says (`page`).
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from capmodel.baseline.persons.report.disclosable import SUPPRESSED

STAR = '<abbr title="suppressed">*</abbr>'
MISSING = '<span title="no such figure">–</span>'
#: A share of so many steps is known to the whole per cent.
HUNDRED = 100
#: No shade is darker than text can be read on.
DARKEST = 0.45
#: How a mark of readiness looks: a sign that differs in shape as well as in colour.
SIGNS = {"met": ("yes", "✓"), "partly": ("part", "◐"), "not met": ("no", "✗"), "not known": ("unknown", "?")}

STYLE = """
:root { --ink: #1b2733; --soft: #55636f; --line: #d5dce2; --blue: #00487c; --pale: #9fc3de; --wash: #f3f6f8; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 2rem 1.5rem 4rem; color: var(--ink); background: #fff;
  font: 15px/1.5 "Segoe UI", "Helvetica Neue", "Liberation Sans", Arial, sans-serif; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .5rem; padding-top: .7rem; border-top: 3px solid var(--blue); } h3 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
p { max-width: 46rem; margin: .4rem 0 .8rem; } .soft, caption, figcaption { color: var(--soft); } .soft { font-size: .94em; }
.basis { display: inline-block; background: var(--blue); color: #fff; font-weight: 700; letter-spacing: .08em; padding: .3rem .8rem; margin-bottom: .9rem; }
.status { display: inline-block; border: 2px solid var(--blue); color: var(--blue); font-weight: 700; padding: .18rem .8rem; margin-left: .4rem; }
dl { display: grid; grid-template-columns: 11rem 1fr; gap: .15rem 1rem; margin: 1rem 0; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .8rem; margin: 1.4rem 0; padding: 0; list-style: none; }
.tiles li { background: var(--wash); padding: .7rem .9rem; border-left: 4px solid var(--blue); } .tiles strong { display: block; font-size: 1.35rem; line-height: 1.3; }
nav ul { columns: 2; padding-left: 1.1rem; max-width: 46rem; } a { color: var(--blue); }
.wide { overflow-x: auto; }
@media screen { .wide { background: linear-gradient(to right, #fff 50%, transparent) 0 0 / 3rem 100% no-repeat local, linear-gradient(to left, #fff 50%, transparent) 100% 0 / 3rem 100% no-repeat local,
  linear-gradient(to right, #9aa7b3, transparent) 0 0 / .9rem 100% no-repeat scroll, linear-gradient(to left, #9aa7b3, transparent) 100% 0 / .9rem 100% no-repeat scroll; } }
table { border-collapse: collapse; width: 100%; margin: .6rem 0 1.2rem; font-size: .86rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .2rem 0 .4rem; font-size: .9rem; }
th, td { padding: .32rem .5rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid var(--ink); vertical-align: bottom; font-weight: 600; } tbody th { font-weight: 400; }
.n { text-align: right; } td.n { white-space: nowrap; } tfoot th, tfoot td { border-top: 2px solid var(--ink); font-weight: 700; }
tr { break-inside: avoid; } caption { break-after: avoid; } tbody th { min-width: 12em; }
.heat th + th, .heat td { width: 9.5%; white-space: normal; } abbr { text-decoration: none; color: var(--soft); }
.mark { display: inline-block; white-space: nowrap; font-weight: 700; padding: .05rem .5rem; border: 1.5px solid; border-radius: 1rem; font-size: .95em; }
.yes { color: #14632f; background: #e6f4ea; } .part { color: #7a4b00; background: #fff3db; } .no { color: #a11a1a; background: #fdeaea; } .unknown { color: #45525d; background: #eef1f3; border-style: dashed; }
.bar { display: inline-block; width: 7rem; height: .7rem; background: #e3e9ee; vertical-align: middle; margin-right: .5rem; } .bar i { display: block; height: 100%; background: var(--blue); }
.level { font-weight: 700; background: var(--blue); color: #fff; } .levels td, .levels thead th + th { text-align: center; width: 18%; }
.conditions th { min-width: 0; } .conditions { table-layout: fixed; overflow-wrap: break-word; } .conditions th:nth-child(1) { width: 15%; } .conditions th:nth-child(2) { width: 8.5em; } .conditions th:nth-child(4) { width: 23%; } .conditions th:nth-child(5) { width: 19%; }
figure { margin: 1rem 0; break-inside: avoid; } svg { width: 100%; height: auto; } svg text { font: 12px "Segoe UI", "Helvetica Neue", "Liberation Sans", Arial, sans-serif; fill: var(--ink); }
@page { size: A4; margin: 14mm 12mm; }
@media print { body { max-width: none; padding: 0; font-size: 9.5pt; } nav { display: none; } .wide { overflow: visible; } h2 { margin-top: 1.6rem; }
  h2, h3, caption { break-after: avoid; break-inside: avoid; } h2::after, h3::after { content: ""; display: block; height: 11rem; margin-bottom: -11rem; } h2 + p { break-after: avoid; }
  ul, p { orphans: 3; widows: 3; } li { break-inside: avoid; }
  tfoot { display: table-row-group; } table { font-size: 7.6pt; } caption { font-size: 8.5pt; } th, td { padding: .2rem .3rem; } .bar { width: 4rem; } .tiles { gap: .4rem; } p, nav ul { max-width: none; } }
@media screen and (max-width: 45rem) { .conditions { min-width: 46rem; } .tiles { grid-template-columns: 1fr 1fr; } dl { grid-template-columns: 1fr; } dt { margin-top: .4rem; } nav ul { columns: 1; } }
"""


def text(value: object) -> str:
    """Text as HTML shows it.

    >>> text("<b>A & B</b>")
    '&lt;b&gt;A &amp; B&lt;/b&gt;'
    """
    return html.escape(str(value), quote=True)


def described(write: Callable[[Any], str]) -> Callable[[Any], str]:
    """A writer of figures that writes a star for one that is suppressed, and a dash where there is none."""
    return lambda value: STAR if value == SUPPRESSED else MISSING if value is None else write(value)


def _gbp(value: Any, step: str = "1") -> str:
    rounded = Decimal(str(value)).quantize(Decimal(step), ROUND_HALF_UP)
    return f"{'−' if rounded < 0 else ''}£{abs(rounded):,}"


#: A count, pounds without and with pence, a share in per cent, a share in whole per cent.
count = described(lambda value: f"{value:,}")
gbp = described(_gbp)
pence = described(lambda value: _gbp(value, "0.01"))
percent = described(lambda value: f"{value:.1%}")
whole_percent = described(lambda value: f"{value:.0%}")


def number(cell: str) -> str:
    """A cell of a table that holds a figure."""
    return f'<td class="n">{cell}</td>'


def words(cell: str) -> str:
    """A cell of a table that holds text; the text is HTML already."""
    return f"<td>{cell}</td>"


def head(cell: object) -> str:
    """The cell that names its row."""
    return f'<th scope="row">{text(cell)}</th>'


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], foot: Sequence[str] = (), kind: str = "") -> str:
    """A table with its caption; a column whose name starts with `#` holds figures.

    Args:
        caption: what the table shows; text.
        columns: the names of the columns; text.
        rows: cells, each with its own tag.
        foot: the cells of the row of totals.
        kind: a class.
    """
    named = "".join(
        f'<th scope="col" class="n">{text(name[1:])}</th>' if name.startswith("#") else f'<th scope="col">{text(name)}</th>'
        for name in columns
    )
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    last = f"\n<tfoot><tr>{''.join(foot)}</tr></tfoot>" if foot else ""
    shape = f' class="{kind}"' if kind else ""
    return (
        f'<div class="wide"><table{shape}><caption>{text(caption)}</caption>\n<thead><tr>{named}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>{last}</table></div>\n"
    )


def bar(share: Any, write: Callable[[Any], str] = percent) -> str:
    """A share as a bar with its figure beside it."""
    if share in (SUPPRESSED, None):
        return write(share)
    return f'<span class="bar"><i style="width:{min(max(share, 0.0), 1.0) * 100:.1f}%"></i></span>{write(share)}'


def shaded(share: Any, most: float, steps: int | None) -> str:
    """A cell with a share, the darker the nearer it is to the most; a share given in words has no shade.

    Args:
        share: the share, zero, suppressed, or words.
        most: the share with the darkest shade.
        steps: how many steps the whole has: of 100, no tenths are known.

    >>> shaded(0.14, 0.28, 100).split(">")[1], shaded(0.14, 0.28, 1000).split(">")[1]
    ('14%</td', '14.0%</td')
    """
    if share in (0, SUPPRESSED):
        return number(whole_percent(share))
    if not isinstance(share, float):
        return number(text(share))
    write = whole_percent if steps == HUNDRED else percent
    return f'<td class="n" style="background:rgba(0,72,124,{share / (most or 1) * DARKEST:.2f})">{write(share)}</td>'


def mark(name: str) -> str:
    """A mark of readiness: its sign and its words."""
    kind, sign = SIGNS[name]
    return f'<span class="mark {kind}"><span aria-hidden="true">{sign}</span> {text(name.capitalize())}</span>'


def pairs_chart(title: str, names: tuple[str, str], rows: Sequence[tuple[str, Any, Any]]) -> str:
    """Two shares side by side for each row: an open bar above a solid one, each with its figure.

    Args:
        title: what a reader who does not see the chart reads.
        names: what the two bars are.
        rows: a label and two shares, which may be suppressed.
    """
    left, across, step = 260, 560, 34
    most = max((share for _, *shares in rows for share in shares if share != SUPPRESSED), default=1.0) or 1.0
    parts = []
    for i, (label, *shares) in enumerate(rows):
        y = 34 + i * step
        parts.append(f'<text x="{left - 10}" y="{y + 17}" text-anchor="end">{text(label)}</text>')
        for j, share in enumerate(shares):
            if share == SUPPRESSED:
                parts.append(f'<text x="{left + 6}" y="{y + 10 + 14 * j}">* suppressed</text>')
                continue
            width, top = share / most * across, y + 13 * j
            parts.append(_rect(left, top, width, j))
            parts.append(f'<text x="{left + width + 6:.1f}" y="{top + 10}">{share:.1%}</text>')
    legend = "".join(
        f'{_rect(left + 170 * j, 6, 22, j)}<text x="{left + 170 * j + 28}" y="16">{text(name)}</text>' for j, name in enumerate(names)
    )
    height = 40 + len(rows) * step
    return (
        f'<figure><svg viewBox="0 0 {left + across + 70} {height}" role="img" aria-labelledby="shares-title"><title id="shares-title">{text(title)}</title>'
        f'{legend}<line x1="{left}" y1="28" x2="{left}" y2="{height - 6}" stroke="#1b2733"/>{"".join(parts)}</svg></figure>\n'
    )


def _rect(x: float, y: float, width: float, kind: int) -> str:
    fill = ('fill="#ffffff" stroke="#00487c" stroke-width="1.5"', 'fill="#00487c" stroke="#00487c" stroke-width="1.5"')[kind]
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="11" {fill}/>'


def page(title: str, body: str) -> str:
    """A whole page: British English, one style, nothing from outside."""
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )

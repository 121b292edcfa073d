"""The data-quality report of a segmented extract: one page for the reader who must decide whether to trust the segment spend.

It writes down the record (`record`) and looks at nothing else, so that the page cannot say more than the record does. Left
to others: which figures may be disclosed (`disclosable`, `pairs`), what they mean (`readiness`), and how a page is put together
(`markup`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from capmodel.assumptions.years import year_label
from capmodel.baseline.persons.report import markup as m
from capmodel.baseline.persons.report.disclosable import SUPPRESSED, Row
from capmodel.baseline.persons.report.maturity import LEVELS
from capmodel.baseline.persons.report.pairs import OTHERS
from capmodel.baseline.persons.report.record import as_text
from capmodel.baseline.persons.suppress import ALL
from capmodel.files import write_tables

SYNTHETIC = ", made-up people: nobody in the extract exists"
#: Files of the extract named at the head of the page; all are at its foot.
FEW = 3
DRIVERS = {"persons": "people", "person_months": "person-months", "spend": "recorded spend", "activity": "recorded activity"}

#: What the section of schemes and years is called, by whether there is a second scheme and whether people are followed.
BESIDE = {
    (True, True): "Two schemes, and from one year to the next",
    (True, False): "Two schemes",
    (False, True): "From one year to the next",
    (False, False): "Other schemes, other years",
}


def write_report(record: Row, path_html: Path, path_json: Path) -> None:
    """Write the report as a page and as data, both or none.

    Args:
        record: what may be disclosed of a segmented extract.
        path_html: the page.
        path_json: the record itself.

    Raises:
        CapmodelError: a file cannot be written.
    """
    write_tables({}, {path_html: page_of(record), path_json: as_text(record)})


def page_of(record: Row) -> str:
    """The page that says what a record says."""
    sections = [
        ("readiness", "Readiness", _readiness(record)),
        ("segments", "People and spend by segment", _segments(record)),
        ("years", "Year by year", _years(record)),
        ("chance", "What chance alone does", _chance(record)),
        ("linkage", "Linkage and completeness", _linkage(record) + _completeness(record) + _prevalence(record)),
        ("accounts", "Against the accounts", _accounts(record) + _blocks(record)),
        ("supplements", "Supplements", _supplements(record)),
        ("schemes", BESIDE[record["cross"] is not None, bool(record["stability"])], _cross(record) + _stability(record)),
        ("small", "Small numbers", _small_numbers(record)),
        ("limits", "What was not done", "<ul>" + "".join(f"<li>{m.text(one)}</li>" for one in record["limits"]) + "</ul>\n"),
        ("manifest", "What this was made from", _manifest(record)),
    ]
    nav = "".join(f'<li><a href="#{name}">{m.text(title)}</a></li>' for name, title, _ in sections)
    body = "".join(f'<section id="{name}"><h2>{m.text(title)}</h2>\n{content}</section>\n' for name, title, content in sections)
    contents = f'<nav aria-label="Contents"><ul>{nav}</ul></nav>\n'
    return m.page(f"{record['title']}, {record['year_label']}", f"{_header(record)}{contents}<main>\n{body}</main>\n")


def _label(record: Row, name: str) -> str:
    return {ALL: "Total", OTHERS: "Segments not shown, together"}.get(name) or str(record["labels"].get(name, name))


def _cells(row: Mapping[str, Any], names: Sequence[str], writers: Sequence[Callable[[Any], str]]) -> list[str]:
    return [m.number(write(row[name])) for name, write in zip(names, writers, strict=True)]


def _header(record: Row) -> str:
    total, marks = record["total"], record["marks"]
    schemes = "; ".join(f"{one['title']} ({one['name']})" for one in record["schemes"])
    given = record["manifest"]["files"]
    files = "; ".join(f"{one['name']} ({one['bytes']:,} bytes)" for one in given[:FEW])
    files += f"; and {len(given) - FEW} more, {sum(one['bytes'] for one in given):,} bytes in all" if len(given) > FEW else ""
    facts = {
        "Base year": record["year_label"],
        "Years in the extract": ", ".join(year_label(year) for year in record["years"]),
        "Scheme": schemes,
        "Extract": files,
        "Source": record["source"],
        "Checks passed": f"{record['checks_passed']} of {record['checks_passed']}, on {record['rows']:,} rows",
        "Small numbers": f"counts below {record['manifest']['threshold']} are suppressed and shown as *",
        "Made with": f"capmodel {record['manifest']['capmodel']}, engine {record['manifest']['engine']}",
    }
    listed = "".join(f"<dt>{m.text(name)}</dt><dd>{m.text(value)}</dd>" for name, value in facts.items())
    tiles = {
        "people": m.count(total["people"]),
        "spend": m.gbp(total["spend_gbp"]),
        "a person-year": m.gbp(total["gbp_per_person_year"]),
        "conditions met": f"{marks.get('met', 0)} of {len(record['readiness'])}",
    }
    tiled = "".join(f"<li><strong>{value}</strong>{name}</li>" for name, value in tiles.items())
    return (
        f'<header>\n<div><span class="basis">{m.text(record["basis"].upper())}</span><span class="status">data: {m.text(record["status"])}{SYNTHETIC if record["synthetic"] else ""}</span></div>\n'
        f'<h1>{m.text(record["title"])}</h1>\n<p class="soft">Data-quality report. It says where the segment spend comes from and how far it can be trusted.</p>\n'
        f'<dl>{listed}</dl>\n<ul class="tiles">{tiled}</ul>\n</header>\n'
    )


def _readiness(record: Row) -> str:
    marks = record["marks"]
    summary = ", ".join(f"{marks[name]} {name}" for name in m.SIGNS if name in marks)
    rows = [
        [
            m.head(one["title"]),
            m.words(m.mark(one["met"])),
            *(m.words(m.text(one[name])) for name in ("found", "to_do")),
            m.words(f'<span class="soft">{m.text(one["source"])}</span>'),
        ]
        for one in record["readiness"]
    ]
    maturity = record["maturity"]
    levels = [
        [m.head(one["area"]), *('<td class="level">● placed here</td>' if level == one["level"] else "<td></td>" for level in LEVELS)]
        for one in maturity["areas"]
    ]
    reasons = "".join(f"<li>{m.text(one['area'])}: {m.text(one['because'])}; {m.text(one['next'])}.</li>" for one in maturity["areas"])
    return (
        f"<p>{m.text(summary.capitalize())}. The conditions are those of the sources named; the thresholds are ours and illustrative.</p>\n"
        + m.table("Conditions of readiness", ["Condition", "Mark", "What was found", "What to do", "Source"], rows, kind="conditions")
        + "<h3>Maturity</h3>\n"
        + m.table(
            f"The level of each area that an extract says something about. {maturity['source']}.",
            ["Area", *(level.capitalize() for level in LEVELS)],
            levels,
            kind="levels",
        )
        + f"<ul>{reasons}</ul>\n<p>{m.text(maturity['note'])}</p>\n"
    )


def _segments(record: Row) -> str:
    total, segments = record["total"], record["segments"]
    chart = m.pairs_chart(
        "Each segment's share of people and its share of spend; the figures are in the table above",
        ("share of people", "share of spend"),
        [(one["label"], one["share_of_people"], one["share_of_spend"]) for one in segments],
    )
    spent = ("people", "person_years", "share_of_people", "spend_gbp", "share_of_spend", "gbp_per_person_year")
    writers = (m.count, m.count, m.percent, m.gbp, m.percent, m.gbp)
    rows = [[m.head(one["label"]), *_cells(one, spent, writers)] for one in segments]
    whole = {**total, "share_of_people": 1.0, "share_of_spend": 1.0}
    foot = [m.head("Total"), *_cells(whole, spent, writers)]
    named = ("p50_gbp", "p90_gbp", "p99_gbp", "truncation_gbp", "truncated_gbp", "pooled_gbp", "pooled_share")
    spread = [[m.head(one["label"]), *_cells(one, named, (*[m.gbp] * 6, m.percent))] for one in segments]
    cut = f"{record['truncation_share']:.1%}".replace(".0%", "%")
    return (
        m.table(
            f"People and spend, {record['year_label']}, block contracts included",
            ["Segment", "#People", "#Person-years", "#Share of people", "#Spend", "#Share of spend", "#£ a person-year"],
            rows,
            foot,
        )
        + _by_setting(record)
        + chart
        + m.table(
            f"Spread of recorded spend a person. Half, 90% and 99% of people cost no more than the percentiles, shown to the nearest £10. "
            f"Spend a person above the {cut} percentile of the segment is cut there (kept) and the rest pooled over everybody.",
            ["Segment", "#50%", "#90%", "#99%", "#Cut at", "#Kept", "#Pooled", "#Share pooled"],
            spread,
        )
        + f'<p class="soft">A percentile is shown only where at least {record["manifest"]["threshold"]} people lie above it.</p>\n'
        + m.table(
            "Who is in each segment; the first that fits takes the person",
            ["Segment", "Who"],
            ([m.head(one["label"]), m.words(m.text(one["who"]))] for one in segments),
        )
    )


def _by_setting(record: Row) -> str:
    found = record["by_setting"]
    names = [*(f"{name}_gbp" for name in found["settings"]), "spend_gbp"]
    *rows, foot = ([m.head(row["label"]), *_cells(row, names, [m.gbp] * len(names))] for row in found["rows"])
    columns = ["Segment", *(f"#{_label(record, name)}" for name in found["settings"]), "#Spend"]
    return m.table(f"Spend by segment and setting, {record['year_label']}, block contracts included", columns, rows, foot)


def _years(record: Row) -> str:
    years = record["by_year"]
    names = ("people", "person_years", "recorded_gbp", "block_contracts_gbp", "spend_gbp", "gbp_per_person_year")
    rows = [[m.head(one["label"]), *_cells(one, names, (m.count, m.count, *[m.gbp] * 4))] for one in years]
    found = m.table(
        "All segments", ["Year", "#People", "#Person-years", "#Recorded", "#Block contracts", "#Spend", "#£ a person-year"], rows
    )
    if len(years) == 1:
        return found + "<p>One year: nothing to compare.</p>\n"
    columns = [name for year in years for name in (f"#People {year['label']}", f"#£ a person-year {year['label']}")]
    cells = []
    for one in record["segments"]:
        of_years = [year["segments"][one["segment"]] for year in years]
        cells.append(
            [
                m.head(one["label"]),
                *(m.number(cell) for of in of_years for cell in (m.count(of["people"]), m.gbp(of["gbp_per_person_year"]))),
            ]
        )
    return found + m.table(f"By segment; block contracts are in {record['year_label']} only", ["Segment", *columns], cells)


def _chance(record: Row) -> str:
    names, decimals = ("people", "cv", "band_share", "band_gbp", "credibility"), m.described(lambda value: f"{value:.2f}")
    writers = (m.count, decimals, m.described(lambda value: f"±{value:.1%}"), m.described(lambda value: f"±£{value:,.0f}"), decimals)
    rows = [[m.head(one["label"]), *_cells(one, names, writers)] for one in record["chance"]]
    return (
        "<p>Spend a person varies so much that the mean of a group moves from year to year though nothing has changed. In 95 years of a hundred it stays "
        "within 1.96 × CV / √N, where CV is the coefficient of variation of spend a person and N the number of people. A saving smaller than the band cannot be "
        "distinguished from chance; plausible savings are 1 to 5 per cent (The journey to integration, page 18). The last column is limited-fluctuation credibility, "
        "√(N/1082) up to 1: how far a segment's price can be based on its own experience.</p>\n"
        + m.table(
            f"Recorded spend a person, {record['year_label']}, before truncation",
            ["Group", "#People", "#CV", "#Band", "#Band, £ a person", "#Credibility"],
            rows,
        )
        + '<p class="soft">After truncation the band is narrower; by how much was not worked out.</p>\n'
    )


def _linkage(record: Row) -> str:
    names = ("lines", "cost_gbp", "unlinked_gbp", "lines_linked_share", "cost_linked_share")
    rows = [[m.head(one["label"]), *_cells(one, names, (m.count, m.gbp, m.gbp, m.bar, m.bar))] for one in record["linkage"]]
    if not rows:
        return "<p>The extract has one row a person, with spend in its columns: its linkage cannot be seen from here.</p>\n"
    columns = ["Setting and payer", "#Lines", "#Cost", "#Not linked", "#Lines linked", "#Cost linked"]
    return m.table("Activity lines that found a person of their year, all years", columns, rows)


def _completeness(record: Row) -> str:
    rows = [[m.head(_label(record, name)), m.number(m.bar(share, m.whole_percent))] for name, share in record["completeness"].items()]
    rows += [[m.head(_label(record, name)), m.number("not recorded")] for name in record["not_recorded"]]
    half = (len(rows) + 1) // 2
    blank = [m.words(""), m.words("")]
    beside = [[*rows[i], *(rows[i + half] if i + half < len(rows) else blank)] for i in range(half)]
    return m.table("Rows in which an attribute or condition is recorded", ["Attribute", "#Recorded", "Attribute", "#Recorded"], beside)


def _prevalence(record: Row) -> str:
    found = record["prevalence"]
    if not found:
        return '<p class="soft">How common each condition is in each locality was not counted.</p>\n'
    localities = list(found[0]["share"])
    rows = []
    for one in found:
        most = max((share for share in one["share"].values() if isinstance(share, float)), default=1.0)
        rows.append(
            [
                m.head(_label(record, one["condition"])),
                *(m.shaded(share, most, one["steps"][locality]) for locality, share in one["share"].items()),
            ]
        )
    return m.table(
        f"People with each condition, {record['year_label']}; the darker, the more common for that condition",
        ["Condition", *(f"#{_label(record, locality)}" for locality in localities)],
        rows,
        kind="heat",
    )


def _accounts(record: Row) -> str:
    names = ("recorded_gbp", "rounding_gbp", "apportioned_gbp", "scaled_gbp", "accounts_gbp", "outside_gbp", "unlinked_gbp")
    writers = [m.gbp, m.pence, *[m.gbp] * 5]
    if not record["accounts"]:
        return "<p>There is no spend to hold against accounts.</p>\n"
    *rows, total = record["accounts"]
    return m.table(
        f"By payer and setting, {record['year_label']}. Outside is accounts less recorded, block and scaling: in no segment, never spread. "
        "Not linked is known activity without a person, part of what is outside; capmodel run shows the two apart, as unlinked and unallocated. Rounding is what writing each amount in whole pence added to what is recorded.",
        ["Payer", "Setting", "#Recorded", "#Rounding", "#Block", "#Scaling", "#Accounts", "#Outside segments", "#Not linked"],
        [
            [m.head(_label(record, row["payer"])), m.words(m.text(_label(record, row["setting"]))), *_cells(row, names, writers)]
            for row in rows
        ],
        [m.head("Total"), m.words(""), *_cells(total, names, writers)],
    )


def _blocks(record: Row) -> str:
    rows = [
        [
            m.head(one["label"]),
            m.words(m.text(f"{_label(record, one['setting'])}, {_label(record, one['provider'])}, {_label(record, one['payer'])}")),
            m.number(m.gbp(one["amount_gbp"])),
            m.number(m.percent(one["share_of_spend"])),
            m.words(m.text(DRIVERS[one["driver"]])),
            m.words(m.text(f"{one['why']} ({one['status']}; {one['source']})")),
        ]
        for one in record["block_contracts"]
    ]
    columns = ["Contract", "Setting, provider, payer", "#Amount", "#Share of spend", "Shared out by", "Why"]
    return m.table("Block contracts: spend no activity line carries", columns, rows) if rows else "<p>No block contract is stated.</p>\n"


def _supplements(record: Row) -> str:
    if not record["supplements"]:
        return "<p>The scheme has no supplements.</p>\n"
    parts = []
    for one in record["supplements"]:
        caption = f"{one['label']} ({one['who']}): people, {record['year_label']}"
        if one["people"] is None:
            parts.append(f"<p>{m.text(caption)}: {m.text(one['not_disclosed'])}.</p>\n")
            continue
        people = dict(one["people"])
        foot = [m.head("Total"), m.number(m.count(people.pop(ALL)))]
        rows = [[m.head(_label(record, name)), m.number(m.count(value))] for name, value in people.items() if value != 0]
        parts.append(m.table(caption, ["Segment", "#People"], rows, foot))
    return "".join(parts)


def _cross(record: Row) -> str:
    found = record["cross"]
    if found is None:
        return "<p>One scheme: nothing to cross. Name a second with --scheme.</p>\n"
    caption = f"People, {record['year_label']}: {found['rows_of']} (rows) by {found['columns_of']} (columns)"
    if found["people"] is None:
        return f"<p>{m.text(caption)}: too few to tell.</p>\n"
    people = dict(found["people"])
    total = people.pop(ALL)
    rows = [[m.head(_label(record, name)), *(m.number(m.count(value)) for value in cells.values())] for name, cells in people.items()]
    foot = [m.head("Total"), *(m.number(m.count(value)) for value in total.values())]
    return m.table(caption, ["Segment", *(f"#{label}" for label in found["columns"].values())], rows, foot)


def _stability(record: Row) -> str:
    if not record["stability"]:
        return "<p>One year: whether people stay in their segments cannot be seen.</p>\n"
    decimals = m.described(lambda value: f"{value:.2f}")
    rows = [
        [m.head(one["title"]), m.number(m.whole_percent(one["same_segment_share"])), m.number(decimals(one["kappa"]))]
        for one in record["stability"]
    ]
    parts = [
        "<p>Segments on age and condition are said to be stable from year to year, while risk scores swing (The journey to integration, chapter 3). "
        "Here is what this extract shows. Kappa is agreement beyond chance: 1 is perfect, 0 is what chance gives.</p>\n",
        m.table("People there two years running", ["Scheme", "#In the same segment", "#Kappa"], rows),
    ]
    nowhere = ('<span class="soft">less than 1% to any</span>', '<span class="soft">too few to tell</span>')
    for one in record["stability"]:
        moves = []
        for segment in one["segments"]:
            stay, going = segment["stay_share"], "; ".join(f"{other['label']} {other['share']:.0%}" for other in segment["next"])
            to = m.words(m.text(going) or nowhere[stay == SUPPRESSED])
            moves.append([m.head(segment["label"]), m.number(m.whole_percent(stay)), to])
        parts.append(
            m.table(
                f"{one['title']}: where the people of each segment are the next year, in whole per cent",
                ["Segment", "#Same", "Elsewhere, 1% or more"],
                moves,
            )
        )
    return "".join(parts)


def _small_numbers(record: Row) -> str:
    found = record["small_numbers"]
    names = {"people": "People by segment and locality", "spend": "Spend by segment, locality and route", "totals": "Totals"}
    rows = [
        [m.head(names[name]), m.number(m.count(cells["all"])), m.number(m.count(cells["suppressed"]))]
        for name, cells in found["cells"].items()
    ]
    away = (
        f"<p><strong>{found['given_away']:,} suppressed figures can be worked out all the same. Do not pass the tables on.</strong></p>\n"
        if found["given_away"]
        else "<p>No suppressed figure is known to be worked out from those shown.</p>\n"
    )
    held = f"{found['withheld']:,} rows tell pounds and withhold users and activity, which would say something of suppressed people: the column suppressed says 2 there. "
    held = held if found["withheld"] else ""
    tie = "People, linked lines, block contracts and segments, each added up apart, tie."
    tie = tie if found["totals_tie"] else "The totals do not add up: do not use the figures before it is known why."
    return (
        f"<p>A figure of 1 to {max(found['threshold'] - 1, 1)} people, and the spend behind it, is suppressed because those people could be known: {found['primary']:,} figures. "
        f"So that no total gives it away, {found['secondary']:,} others are suppressed with it. Zeros are shown. {held}{tie}</p>\n{away}"
        + m.table("Figures, and how many of them are suppressed", ["Table", "#Figures", "#Suppressed"], rows)
        + '<p class="soft">* suppressed. Shares are rounded where a finer one would give a count back; tables of two attributes have a suppression of their own.</p>\n'
    )


def _manifest(record: Row) -> str:
    manifest = record["manifest"]
    hashes = {f"Scheme {name}": value for name, value in manifest["schemes"].items()}
    hashes["Column map, persons.yaml"] = manifest["persons_yaml_sha256"]
    hashes |= {one["name"]: one.get("sha256", f"{one['bytes']:,} bytes; too large to hash") for one in manifest["files"]}
    sources = [[m.head(one["title"]), m.words(m.text(one["source"])), m.words(m.text(one["note"]))] for one in record["schemes"]]
    return m.table("Schemes", ["Scheme", "Source", "Note"], sources) + m.table(
        "Fingerprints (SHA-256)",
        ["What", "Fingerprint"],
        [[m.head(name), f'<td style="overflow-wrap:anywhere"><code>{m.text(value)}</code></td>'] for name, value in hashes.items()],
    )

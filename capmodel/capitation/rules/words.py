"""A rule in words: what each column is, how it is worked out, where it comes from; the table beside every result."""

from __future__ import annotations

from capmodel.algebra.expression import in_words
from capmodel.algebra.unit import unit_by_name
from capmodel.capitation.rules.rule import Rule

HEADINGS = ["column", "label", "unit", "kind", "in_words", "value", "status", "source", "note"]


def columns_in_words(rule: Rule) -> list[list[str]]:
    """One row for each figure, constant, solved number and line of a rule, under `HEADINGS`."""
    file, labels = rule.file, rule.labels
    rows = [HEADINGS]
    for block in file.figures.values():
        for name in block.columns:
            column = block.column(name)
            words = f"{column.heading}, as given" + (f", times {column.times:,.12g}" if column.times != 1 else "")
            rows.append([name, labels[name], unit_by_name(name), "figure", words, "", "", _source(rule, block.source), column.note])
    for name, constant in file.constants.items():
        values = {"": constant.value} if constant.value is not None else constant.values or {}
        value = "; ".join(f"{key}: {each!r}" if key else repr(each) for key, each in values.items())
        rows.append(
            [
                name,
                constant.label,
                unit_by_name(name),
                "constant",
                "",
                value,
                constant.status,
                _source(rule, constant.source),
                constant.note,
            ]
        )
    for name, entry in file.solve.items():
        sides = [in_words(side, labels) for side in rule.goals[name]]
        words = f"The number with which {sides[0]} equals {sides[1]}"
        rows.append([name, entry.label, unit_by_name(name), "solved", words, "", "", _source(rule, entry.source), entry.note])
    for name, line in file.lines.items():
        words = in_words(rule.lines[name], labels)
        words = words[:1].upper() + words[1:]
        rows.append([name, line.label, unit_by_name(name), "line", words, "", "", _source(rule, line.source), line.note])
    return rows


def _source(rule: Rule, name: str) -> str:
    source = rule.file.sources[name]
    return ", ".join(filter(None, (source.publisher, source.title, source.date, source.page)))

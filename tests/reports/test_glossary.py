"""Every word of every label of the workbook is a term of the glossary or a word of everyday English."""

from __future__ import annotations

import re

from capmodel.model import Result
from capmodel.place.steps import with_steps_beside
from capmodel.workbook.sheets import make_book

from conftest import ROOT  # isort: skip

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
TERMS = [term.lower() for term in re.findall(r"\*\*(.+?)\*\*", GLOSSARY)]
ORDINARY = {
    word
    for line in (ROOT / "tests" / "reports" / "ordinary_words.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
}
_WORD = re.compile(r"[a-z][a-z'-]+")
_KNOWN = ORDINARY | {word for term in TERMS for word in _WORD.findall(term)}


def forms(word: str) -> set[str]:
    """A word, and the words that it may be a plural, a possessive or a past tense of."""
    bare = re.sub(r"('s|')$", "", word)
    found = {word, bare}
    for ending, instead in (("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("d", ""), ("ing", ""), ("ions", "ed")):
        found |= {bare.removesuffix(ending) + instead} if bare.endswith(ending) else set()
    return found


def labels_of(result: Result) -> set[str]:
    found = {assumed.label for assumed in result.place.assumptions.values()} | {sheet.name for sheet in make_book(result).book.sheets}
    for step in with_steps_beside():
        for table in step.every_table:
            found |= {table.title, *(line.label for line in table.lines.values()), *(column.label for column in table.inputs.values())}
    return found


def test_every_word_of_a_label_is_defined_or_ordinary(result: Result) -> None:
    labels = labels_of(result)
    assert len(labels) > 400
    unknown = {word: label for label in labels for word in _WORD.findall(label.lower()) if not forms(word) & _KNOWN}
    assert not unknown, "define these in docs/glossary.md, or use other words"


def test_the_terms_are_in_alphabetical_order_and_defined_once() -> None:
    first = [row.split("|")[1].strip(" *").lower().replace("-", " ") for row in GLOSSARY.splitlines() if row.startswith("| **")]
    assert first == sorted(first) and len(TERMS) == len(set(TERMS))


def test_every_ordinary_word_is_used(result: Result) -> None:
    used = {word for label in labels_of(result) for word in _WORD.findall(label.lower())}
    assert not ORDINARY - used, "take out what no label says any more"

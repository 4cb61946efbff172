"""The page that explains each refusal, in each language; the words are those of the catalogue.

It has the anchors to which ``CORSError`` and ``check`` refer: ``troubleshooting.html#CODE``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..fetch.catalogue import CAUSES, NOTES, PAGE, REASONS, Entry, example
from ..fetch.catalogue import link as anchor
from ..fetch.sentences import N_, paragraph, told
from .words import Words

_PARTS = (
    (
        N_("What the browser found"),
        N_("Each is a check of the Fetch standard that failed."),
        REASONS,
    ),
    (
        N_("What causes it"),
        N_("If an answer shows its cause, CORSError and check name the cause too."),
        CAUSES,
    ),
    (N_("What else can go wrong"), N_("None of these is a failed check."), NOTES),
)


class Explanation(NamedTuple):
    """One entry of the catalogue, told with an example."""

    code: str
    title: str
    what: str
    change: str
    #: What the consoles say, by the browser's name.
    consoles: Mapping[str, tuple[str, ...]]


class Part(NamedTuple):
    """A part of the page."""

    heading: str
    lead: str
    entries: list[Explanation]


def explanations(words: Words) -> list[Part]:
    """All that the page explains, in a language."""
    return [
        Part(words(heading), words(lead), [_explanation(*each, words) for each in entries.items()])
        for heading, lead, entries in _PARTS
    ]


def _explanation(code: str, entry: Entry, words: Words) -> Explanation:
    sentences = [entry.what, entry.background] if entry.background else [entry.what]
    values = example(code)
    what = paragraph(told(sentence, values, words) for sentence in sentences)
    change = told(entry.change, values, words)
    return Explanation(code, words(entry.title), what, change, entry.consoles)


def link(code: str, language: str) -> str:
    """Where the page explains one.

    >>> link("method-not-allowed", "ko")
    'troubleshooting.html?lang=ko#method-not-allowed'
    """
    return anchor(code).replace(PAGE, f"{PAGE}?lang={language}")

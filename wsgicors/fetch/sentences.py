"""Sentences that are filled in when they are told, in any language; knows none of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple

#: Takes an English sentence with names in braces, and gives it in a language.
Translate = Callable[[str], str]


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a sentence for the catalogues, to be translated when it is told."""
    return sentence


class Part(NamedTuple):
    """A part of a sentence, itself to be translated."""

    text: str
    values: Mapping[str, Any]


def part(text: str, **values: Any) -> Part:
    """A part of a sentence.

    >>> told("{subject} is late.", {"subject": part("The answer to {method}", method="PUT")})
    'The answer to PUT is late.'
    """
    return Part(text, values)


def told(sentence: str, values: Mapping[str, Any], translate: Translate = str) -> str:
    """The sentence in a language (English unless told), with the values in its braces."""
    filled = {
        name: told(value.text, value.values, translate) if isinstance(value, Part) else value
        for name, value in values.items()
    }
    return translate(sentence).format(**filled)


def paragraph(sentences: Iterable[str]) -> str:
    """Sentences of one language, one behind the other.

    >>> paragraph(["応答がありません。", "ログを見ます。"])
    '応答がありません。ログを見ます。'
    """
    return " ".join(sentences).replace("。 ", "。")

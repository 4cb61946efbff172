"""The page's sentences in each language, from gettext catalogues; knows none of the sentences."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from werkzeug.datastructures import LanguageAccept

#: The languages of the page, by the names that their speakers give them.
LANGUAGES = {"en": "English", "ko": "한국어", "ja": "日本語"}

_LOCALE = Path(__file__).parent / "locale"


class Words:
    """One language.

    :param language: a key of :data:`LANGUAGES`.

    >>> Words("en")("Preflights at the server: {count}", count=2)
    'Preflights at the server: 2'
    """

    def __init__(self, language: str) -> None:
        self.language = language
        # English stands in the source, so it needs no catalogue.
        self._translations = gettext.translation("demo", _LOCALE, [language], fallback=True)

    def __call__(self, sentence: str, **values: Any) -> str:
        """The sentence in this language, with the values in its braces."""
        said = self._translations.gettext(sentence)
        return said.format(**values) if values else said

    @property
    def catalogue(self) -> Mapping[str, str]:
        """Every translation by its English sentence; empty for English."""
        return {
            sentence: said
            for sentence, said in vars(self._translations).get("_catalog", {}).items()
            if sentence
        }


@cache
def words_in(language: str) -> Words:
    """The words of one of the :data:`LANGUAGES`."""
    return Words(language)


def choose(wanted: str | None, accepted: LanguageAccept) -> Words:
    """The language that is asked for, or else the best that the browser accepts.

    >>> choose(None, LanguageAccept([("ko-KR", 1), ("en", 0.5)])).language
    'ko'
    >>> choose("xx", LanguageAccept()).language
    'en'
    """
    if wanted in LANGUAGES:
        return words_in(wanted)
    # Werkzeug would rather take "en" by its whole tag than "ko-KR" by its language.
    tags = (tag.partition("-")[0].lower() for tag, quality in accepted if quality)
    return words_in(next((tag for tag in tags if tag in LANGUAGES), "en"))

"""The search of the documentation in Japanese: finds the English of code and consoles in it, too.

Sphinx takes Japanese apart into words, and what is English between them with it: "(Reason" and "'t"
become words, which no query has.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish
from sphinx.search.ja import SearchJapanese

_ENGLISH = re.compile(r"([A-Za-z0-9_]+)")


class Search(SearchJapanese):
    """As Sphinx does it, but for words of ASCII letters."""

    stopwords = SearchEnglish.stopwords

    def split(self, input: str) -> list[str]:  # noqa: A002 - the name that Sphinx gives it
        """The words of a text."""
        words: list[str] = []
        for number, piece in enumerate(_ENGLISH.split(input)):
            words += [piece] if number % 2 else super().split(piece)
        return words

    def word_filter(self, stemmed_word: str) -> bool:
        """Whether a word is put into the index."""
        if _ENGLISH.fullmatch(stemmed_word):
            # The "t" of "doesn't" too: a query has it.
            return not stemmed_word.isdigit() and stemmed_word.lower() not in self.stopwords
        return super().word_filter(stemmed_word)


def setup(app: Sphinx) -> dict[str, Any]:
    """Have Sphinx use it."""
    app.add_search_language(Search)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

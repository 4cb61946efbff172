"""Writes the last part of ``troubleshooting.rst`` from the catalogue of refusals, and its translations.

Run it after a change of ``wsgicors/fetch/catalogue.py`` or of its translations in
``wsgicors/demo/locale``: ``python docs/write_refusals.py``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po, write_po

from wsgicors.demo.explanations import Explanation, explanations
from wsgicors.demo.words import LANGUAGES, words_in

PAGE = Path(__file__).with_name("troubleshooting.rst")
LOCALE = Path(__file__).with_name("locale")
BEGINNING = ".. From here on, write_refusals.py writes.\n"

_NAMES = {"Chromium": "Chrome, Edge"}
_SPECIAL = re.compile(r"[*`|\\]")
_CODE = re.compile(
    r"(?:allow_|expose_|max_age|refuse_denied|answer_exceptions)\w*(?:=\[[^]]*\]|=\w+)?"
    r"|Access-Control-[A-Z][A-Za-z-]+|credentials=\"[a-z-]+\"|SameSite=\w+(?:; Secure)?|CORSError",
    re.ASCII,
)


def written() -> str:
    """The part of the page that follows from the catalogue."""
    return "\n".join(_lines("en")) + "\n"


def translated(language: str) -> dict[str, str]:
    """The paragraphs of that part in a language, by those in English."""
    pairs = zip(_lines("en"), _lines(language))
    return {
        english.removeprefix("* "): said.removeprefix("* ")
        for english, said in pairs
        if english and not english.startswith((".. ", "~~", "--"))
    }


def _lines(language: str) -> Iterator[str]:
    for heading, lead, entries in explanations(words_in(language)):
        yield from ("", heading, "-" * len(heading), "", _text(lead))
        for entry in entries:
            yield from _section(entry, words_in(language)("What to change:"))


def _section(entry: Explanation, change: str) -> Iterator[str]:
    yield from ("", f".. _{entry.code}:", "", entry.title, "~" * len(entry.title), "")
    yield from (f"``{entry.code}``", "", _text(entry.what))
    yield from ("", f"**{change}** {_text(entry.change)}", "")
    for browser, lines in entry.consoles.items():
        yield from (f"* {_NAMES.get(browser, browser)}: ``{line}``" for line in lines)


def _text(plain: str) -> str:
    """Plain text as reStructuredText has it, with names of settings and headers as code."""
    text, rest = "", plain
    while match := _CODE.search(rest):
        before, rest = rest[: match.start()], rest[match.end() :]
        text += _SPECIAL.sub(r"\\\g<0>", before)
        # Code must not touch a letter: not all languages put a blank between.
        text += "\\ " * _touches(text[-1:] or " ") + f"``{match[0]}``" + "\\ " * _touches(rest[:1])
    return text + _SPECIAL.sub(r"\\\g<0>", rest)


def _touches(character: str) -> bool:
    return bool(character) and unicodedata.category(character)[0] not in "PZ"


def main() -> None:
    """Rewrite the page and its translations."""
    by_hand = PAGE.read_text("utf-8").partition(BEGINNING)[0]
    PAGE.write_text(by_hand + BEGINNING + written(), "utf-8")
    for language in LANGUAGES.keys() - {"en"}:
        _translate(LOCALE / language / "LC_MESSAGES" / "troubleshooting.po", translated(language))


def _translate(file: Path, paragraphs: dict[str, str]) -> None:
    with file.open("rb") as stream:
        catalogue = read_po(stream)
    messages = [message for message in catalogue if message.id]
    first = next(iter(paragraphs))
    for message in messages[[message.id for message in messages].index(first) :]:
        catalogue.delete(message.id)
    for english, said in paragraphs.items():
        catalogue.add(english, said)
    with file.open("wb") as stream:
        write_po(stream, catalogue, width=110)


if __name__ == "__main__":
    main()

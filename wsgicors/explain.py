"""``python -m wsgicors explain``: what the catalogue says of a code, or of a line of a console."""

from __future__ import annotations

import argparse
import difflib
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from .fetch.catalogue import CATALOGUE, CAUSES, NOTES, REASONS, example
from .fetch.sentences import told

UNKNOWN = 2
_MOST_COLUMNS = 100


def main(arguments: Sequence[str]) -> int:
    """Tell what a code or a line of a console means and what to change; without one, which codes there are.

    :returns: the exit status: 0, or 2 for what is not known.

    >>> main(["automatic-options"])
    automatic-options: ...
    0
    """
    asked = _parser().parse_args(arguments).asked
    text = " ".join(asked)
    codes = [text] if text in CATALOGUE else _codes_of(text)
    if asked and not codes:
        sys.stderr.write(f"wsgicors explain: {_unknown(text)}\n")
        return UNKNOWN
    width = min(shutil.get_terminal_size().columns, _MOST_COLUMNS)
    encoding = sys.stdout.encoding or "utf-8"
    for line in _explanation(*codes) if asked else _list():
        # Consoles have quotes of their own, which a terminal may not have.
        filled = textwrap.fill(
            line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        sys.stdout.write(filled.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    return 0


def _codes_of(line: str) -> list[str]:
    """The codes of what a console says, as the search of the documentation finds them.

    Those of the longest message in the line; a connection that failed is likelier than a redirect of
    the same words.
    """
    found = {
        code: max(
            (_letters(message, line) for said in entry.consoles.values() for message in said),
            default=0,
        )
        for code, entry in {**NOTES, **CAUSES, **REASONS}.items()
    }
    most = max(found.values())
    return [code for code, letters in found.items() if letters == most > 0]


def _letters(message: str, line: str) -> int:
    """How many letters of a message are in a line: all of its fixed parts in order, or a piece of it."""
    said, place = f" {_words(line)} ", 0
    # Not every release tells the status.
    pieces = re.sub("Status code: .*", "", message).split("...")
    parts = [words for words in map(_words, pieces) if words]
    for part in parts:
        place = said.find(f" {part} ", place) + len(part) + 1
        if place <= len(part):
            break
    else:
        return len(" ".join(parts))
    # A word or two, or the name of a header, is no piece of a message.
    is_piece = len(line.split()) > 2 or "ERR_" in line
    return len(said) if is_piece and said in f" {' '.join(parts)} " else 0


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def _unknown(text: str) -> str:
    if " " in text:
        return (
            f"no code has the message {text!a}; paste the line into the search of the documentation, or write a"
            " code: without one, the command lists all of them"
        )
    begun = [code for code in CATALOGUE if text and code.startswith(text)]
    near = begun or difflib.get_close_matches(text, CATALOGUE, n=1)
    advice = (
        f"write {' or '.join(near)}" if near else "without a code, the command lists all of them"
    )
    return f"there is no code {text!a}; {advice}"


def _list() -> Iterator[str]:
    for code, entry in CATALOGUE.items():
        yield f"{code}: {entry.title}"


def _explanation(code: str, *others: str) -> Iterator[str]:
    entry, values = CATALOGUE[code], example(code)
    yield f"{code}: {entry.title}"
    yield f"For example: {told(entry.what, values)}"
    if entry.background:
        yield told(entry.background, values)
    yield f"What to change: {told(entry.change, values)}"
    for browser, lines in entry.consoles.items():
        yield from (f"{browser} says: {line}" for line in lines)
    if others:
        yield f"The same message can have other codes: {', '.join(others)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wsgicors explain",
        description="Tell what a code of CORSError, Browser or check means, or a line of a browser's console,"
        " and what to change.",
    )
    parser.add_argument(
        "asked",
        metavar="CODE",
        nargs="*",
        help="such as allow-origin-missing, or what a console says; without one, all are listed",
    )
    return parser

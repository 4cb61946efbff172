"""``python -m wsgicors explain``: what the catalogue says of a code."""

from __future__ import annotations

import argparse
import difflib
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from .fetch.catalogue import CATALOGUE, example
from .fetch.sentences import told

UNKNOWN = 2
_MOST_COLUMNS = 100


def main(arguments: Sequence[str]) -> int:
    """Tell what a code means and what to change; without one, which there are.

    :returns: the exit status: 0, or 2 for a code that does not exist.

    >>> main(["automatic-options"])
    automatic-options: ...
    0
    """
    code = _parser().parse_args(arguments).code
    if code is not None and code not in CATALOGUE:
        near = difflib.get_close_matches(code, CATALOGUE, n=1)
        advice = f"write {near[0]}" if near else "without a code, the command lists all of them"
        sys.stderr.write(f"wsgicors explain: there is no code {code!a}; {advice}\n")
        return UNKNOWN
    width = min(shutil.get_terminal_size().columns, _MOST_COLUMNS)
    encoding = sys.stdout.encoding or "utf-8"
    for line in _list() if code is None else _explanation(code):
        # Consoles have quotes of their own, which a terminal may not have.
        text = textwrap.fill(
            line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    return 0


def _list() -> Iterator[str]:
    for code, entry in CATALOGUE.items():
        yield f"{code}: {entry.title}"


def _explanation(code: str) -> Iterator[str]:
    entry, values = CATALOGUE[code], example(code)
    yield f"{code}: {entry.title}"
    yield f"For example: {told(entry.what, values)}"
    if entry.background:
        yield told(entry.background, values)
    yield f"What to change: {told(entry.change, values)}"
    for browser, lines in entry.consoles.items():
        yield from (f"{browser} says: {line}" for line in lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wsgicors explain",
        description="Tell what a code of CORSError, Browser or check means, and what to change.",
    )
    parser.add_argument(
        "code", nargs="?", help="such as allow-origin-missing; without one, all are listed"
    )
    return parser

"""Writes the last part of ``troubleshooting.rst`` from the catalogue of refusals.

Run it after a change of ``wsgicors/fetch/catalogue.py``: ``python docs/write_refusals.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from wsgicors.fetch.catalogue import CAUSES, NOTES, REASONS, Entry

PAGE = Path(__file__).with_name("troubleshooting.rst")
BEGINNING = ".. From here on, write_refusals.py writes.\n"

# What stands in the place of what differs.
_EXAMPLE = {
    "attribute": "SameSite",
    "found": "no Access-Control-Allow-Credentials",
    "header": "Access-Control-Allow-Methods",
    "headers": "the request header x-token",
    "limit": "20",
    "location": "https://example.com/login",
    "method": "patch",
    "name": "id",
    "origin": "https://app.example.com",
    "quoted": '"x-token"',
    "reason": "SameSite=Lax and the page is of another site",
    "redirect": "error",
    "sent": "Access-Control-Allow-Headers: Content-Type",
    "status": "302",
    "subject": "The response",
    "upper": "PATCH",
    "url": "http://192.168.1.20/items",
    "value": "https://www.example.com",
}
_BROWSERS = (("Chrome, Edge", "chromium"), ("Firefox", "firefox"), ("Safari", "webkit"))
_PARTS = (
    ("What the browser found", "Each is a check of the Fetch standard that failed.", REASONS),
    (
        "What is behind it",
        "If an answer shows why it has no permission, ``CORSError`` and ``check`` name one of these causes, too.",
        CAUSES,
    ),
    ("What else can go wrong", "None of these is a failed check.", NOTES),
)
_SPECIAL = re.compile(r"[*`|\\]")
_CODE = re.compile(
    r"(?:allow_|expose_|max_age|refuse_denied|answer_exceptions)\w*(?:=\[[^]]*\]|=\w+)?"
    r"|Access-Control-[A-Z][A-Za-z-]+|credentials=\"[a-z-]+\"|SameSite=\w+(?:; Secure)?"
)


def written() -> str:
    """The part of the page that follows from the catalogue."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for heading, lead, entries in _PARTS:
        yield from ("", heading, "-" * len(heading), "", lead)
        for code, entry in entries.items():
            yield from _section(code, entry)
    yield ""


def _section(code: str, entry: Entry) -> Iterator[str]:
    yield from ("", f".. _{code}:", "", entry.title, "~" * len(entry.title), "", f"``{code}``", "")
    yield _text(f"{entry.what.format(**_EXAMPLE)} {entry.background}".strip())
    yield from ("", f"**What to change:** {_text(entry.change.format(**_EXAMPLE))}", "")
    for browser, field in _BROWSERS:
        for message in getattr(entry, field):
            yield f"* {browser}: ``{message}``"


def _text(plain: str) -> str:
    """Plain text as reStructuredText has it, with names of settings and headers as code."""
    pieces = re.split(f"({_CODE.pattern})", plain)
    return "".join(
        f"``{piece}``" if number % 2 else _SPECIAL.sub(r"\\\g<0>", piece)
        for number, piece in enumerate(pieces)
    ).replace("````", "``\\ ``")


def main() -> None:
    """Rewrite the page."""
    by_hand = PAGE.read_text("utf-8").partition(BEGINNING)[0]
    PAGE.write_text(by_hand + BEGINNING + written(), "utf-8")


if __name__ == "__main__":
    main()

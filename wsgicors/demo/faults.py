"""Where a refusal shows in an exchange, and what is said of it; which check failed is not found here.

The words are those of :mod:`wsgicors.fetch.catalogue`.
"""

from __future__ import annotations

from typing import Any

from ..fetch.catalogue import CATALOGUE
from ..fetch.sentences import N_
from .explanations import link
from .prediction import Outcome
from .words import Words

# The header that each reason is about, by the beginning of the reason's code. Where there is none,
# it is the status.
_HEADERS = {
    "allow-origin": "Access-Control-Allow-Origin",
    "allow-credentials": "Access-Control-Allow-Credentials",
    "allow-methods": "Access-Control-Allow-Methods",
    "allow-headers": "Access-Control-Allow-Headers",
    "method-not-allowed": "Access-Control-Allow-Methods",
    "headers-not-allowed": "Access-Control-Allow-Headers",
    "preflight-redirect": "Location",
    "redirect": "Location",
}


def fault(outcome: Outcome, words: Words) -> dict[str, Any] | None:
    """What is at fault in the last exchange of a step; ``None`` where the script gets what it asks for."""
    if outcome.ok:
        return None
    if outcome.error is None:
        return _tainted(words)
    refusal = outcome.error.refusal
    return {
        "reason": refusal.reason,
        "title": words(CATALOGUE[refusal.code].title),
        "why": refusal.why_in(words),
        "remedy": refusal.remedy_in(words),
        "more": link(refusal.code, words.language),
        "consoles": _consoles(refusal.reason, outcome.exchanges[-1].kind),
        "message": "response",
        "header": _header(refusal.reason),
    }


def _consoles(reason: str, kind: str) -> dict[str, str]:
    """What each browser's console says where an exchange of this kind failed."""
    said = CATALOGUE[reason].consoles
    return {browser: _fitting(lines, kind) for browser, lines in said.items()}


def _fitting(lines: tuple[str, ...], kind: str) -> str:
    return next((line for line in lines if ("reflight" in line) == (kind == "preflight")), lines[0])


def _header(reason: str) -> str | None:
    return next((name for start, name in _HEADERS.items() if reason.startswith(start)), None)


def _tainted(words: Words) -> dict[str, Any]:
    return {
        "reason": "tainted",
        "title": words(N_("It was loaded without CORS")),
        "why": words(
            N_("The request has no Origin. A page may show what came, but scripts may not read it.")
        ),
        "remedy": words(N_("Write crossorigin on the element, and share the file with the page.")),
        "message": "request",
        "header": "Origin",
    }

"""Where a refusal shows in an exchange, and the words for it; which check failed is not found here."""

from __future__ import annotations

from typing import Any

from .prediction import Outcome
from .words import N_, Words

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
    refusal = outcome.refusal
    if refusal is None:
        return _tainted(words)
    return {
        "reason": refusal.reason,
        "why": refusal.why,
        "remedy": refusal.remedy,
        "message": "response",
        "header": _header(refusal.reason),
    }


def _header(reason: str) -> str | None:
    return next((name for start, name in _HEADERS.items() if reason.startswith(start)), None)


def _tainted(words: Words) -> dict[str, Any]:
    return {
        "reason": "tainted",
        "why": words(
            N_(
                "The page loaded it without CORS: the request has no Origin."
                " Scripts may show it, and may not read it."
            )
        ),
        "remedy": words(N_("Write crossorigin on the element, and share the file with the page.")),
        "message": "request",
        "header": "Origin",
    }

"""What is behind an answer without the headers, as far as it betrays it: a code of the catalogue.

Values in, a code out; nothing is asked, and the words stand elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import fields

if TYPE_CHECKING:
    from .messages import Exchange, HTTPResponse

#: The causes with which it helps to know what software answered.
IN_FRONT = frozenset(
    """airplay bad-request gateway-failed login-in-front method-not-routed not-found
    preflight-login preflight-not-answered preflight-refused redirect-in-front refused-in-front server-failed
    too-large too-many-requests""".split()
)

_BY_STATUS = {
    401: "login-in-front",
    403: "refused-in-front",
    404: "not-found",
    405: "method-not-routed",
    407: "login-in-front",
    410: "not-found",
    413: "too-large",
    429: "too-many-requests",
    431: "too-large",
    500: "server-failed",
    501: "method-not-routed",
    511: "login-in-front",
}
_OF_PREFLIGHTS = {
    "bad-request": "preflight-refused",
    "login-in-front": "preflight-login",
    "method-not-routed": "preflight-not-answered",
    "not-found": "preflight-not-answered",
}
# How wsgicors begins the text of its own refusals.
_OUR_TEXT = b"Cross-origin request denied"
_CACHE_NAMES = ("X-Cache", "X-Cache-Status", "CF-Cache-Status", "X-Proxy-Cache", "Cache-Status")


def of_silence(exchange: Exchange) -> str:
    """Why an answer does not say who may read it; empty if it does not betray why."""
    response = exchange.response
    if _is_ours(response):
        return _ours(exchange)
    is_ok = 200 <= response.status <= 299
    if varies_by_origin(response) and _by_status(response.status) != "redirect-in-front":
        return _of_one_that_varies(response, is_ok=is_ok)
    if exchange.kind == "preflight" and is_ok:
        return "" if _knows_cors(response) else "automatic-options"
    return of_status(exchange)


def _knows_cors(response: HTTPResponse) -> bool:
    """Whether there are other headers of CORS, so that this one was left out or taken away."""
    return any(name.lower().startswith("access-control-allow-") for name, _ in response.headers)


def _of_one_that_varies(response: HTTPResponse, *, is_ok: bool) -> str:
    if _is_from_cache(response):
        return "cached-answer"
    return "origin-denied" if is_ok else "origin-not-listed"


def of_status(exchange: Exchange) -> str:
    """What a status that is not ok tells; empty for those that are."""
    server = fields.get(exchange.response.headers, "Server") or ""
    if "airtunes" in server.lower():
        return "airplay"
    cause = _by_status(exchange.response.status)
    return _OF_PREFLIGHTS.get(cause, cause) if exchange.kind == "preflight" else cause


def of_methods(response: HTTPResponse) -> str:
    """Why a list of methods lacks one; empty if it does not betray why.

    What Flask routes comes sorted, with OPTIONS, and with HEAD beside GET. Who writes a list by hand
    writes another.
    """
    listed = fields.get(response.headers, "Access-Control-Allow-Methods") or ""
    names = [name.strip() for name in listed.split(",")]
    has_additions = "OPTIONS" in names and ("GET" in names) == ("HEAD" in names)
    return "routed-methods" if has_additions and names == sorted(names) else ""


def varies_by_origin(response: HTTPResponse) -> bool:
    """Whether a response says that it depends on who asks."""
    listed = (fields.get(response.headers, "Vary") or "").split(",")
    return any(name.strip().lower() == "origin" for name in listed)


def _by_status(status: int) -> str:
    if status >= 500:
        return _BY_STATUS.get(status, "gateway-failed")
    if status >= 400:
        return _BY_STATUS.get(status, "bad-request")
    return "redirect-in-front" if status in (301, 302, 303, 307, 308) else ""


def _is_ours(response: HTTPResponse) -> bool:
    return response.status == 403 and response.body.startswith(_OUR_TEXT)


def _ours(exchange: Exchange) -> str:
    """A preflight is refused for its origin; so is a request that acts, where it is told to."""
    is_harmless = exchange.request.method in ("GET", "HEAD", "OPTIONS")
    return "origin-denied" if is_harmless else "refuse-denied"


def _is_from_cache(response: HTTPResponse) -> bool:
    said = " ".join(fields.get(response.headers, name) or "" for name in _CACHE_NAMES)
    age = fields.get(response.headers, "Age") or "0"
    return "hit" in said.lower() or (fields.delta_seconds(age) or 0) > 0

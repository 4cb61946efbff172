"""One request as a browser would make it, and what comes of it; prints nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..fetch import CORSError, NetworkError, Response, UserAgent, fetch, fields, run
from ..names import FORBIDDEN_RESPONSE_HEADERS

if TYPE_CHECKING:
    from ..fetch import Exchange, HTTPRequest, HTTPResponse, Request
    from ..fetch.fields import HeaderList

#: A cookie that says nothing, because some servers answer otherwise to a request that has one.
COOKIE = "wsgicors-check=1"


# What is to be mended elsewhere than in the headers.
_MENDED_ELSEWHERE = frozenset(
    """airplay bad-request cached-answer gateway-failed login-in-front method-in-lower-case
    method-not-routed not-found redirect-in-front redirect-with-credentials refuse-denied
    refused-in-front response-header-in-request routed-methods server-failed too-large
    too-many-requests""".split()
)


class Verdict(NamedTuple):
    """What became of a request."""

    request: Request
    #: What the script may read; ``None`` if it was refused.
    response: Response | None
    refusal: NetworkError | None

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that crossed the wire."""
        told = self.refusal or self.response
        return told.exchanges if told else ()

    @property
    def hidden_header_names(self) -> tuple[str, ...]:
        """The response headers that the script cannot read but could, in lower case and sorted."""
        if self.response is None or self.response.type != "cors":
            return ()
        sent = {name.lower() for name, _ in self.exchanges[-1].response.headers}
        hidden = sent.difference(self.response.headers, FORBIDDEN_RESPONSE_HEADERS)
        return tuple(sorted(name for name in hidden if not name.startswith("access-control-")))


def judge(request: Request, send: Callable[[HTTPRequest], HTTPResponse]) -> Verdict:
    """Do what a browser would do that has just been started.

    With credentials it has a cookie without meaning.

    >>> from wsgicors.fetch import HTTPResponse, Request
    >>> request = Request.from_script("https://api.example/", origin="https://app.example")
    >>> judge(request, lambda request: HTTPResponse(200, ())).refusal.reason
    'allow-origin-missing'
    """
    agent = UserAgent()
    agent.cookies.store(
        f"{COOKIE}; SameSite=None; Secure", request.url, same_site=True, now=agent.clock()
    )
    try:
        return Verdict(request, run(fetch(request, agent), send), None)
    except NetworkError as error:
        return Verdict(request, None, error)


def headers_to_send(refusal: NetworkError) -> HeaderList:
    """The headers with which the response that was refused would have passed.

    Nothing where no header would help, where something else is to be mended first, or where the
    advice would be to trust ``null``.
    """
    if not isinstance(refusal, CORSError) or not _MENDED_ELSEWHERE.isdisjoint(
        (refusal.reason, refusal.cause)
    ):
        return ()
    kind, request, _ = refusal.exchanges[-1]
    origin = fields.get(request.headers, "Origin") or "null"
    if origin == "null":
        return ()
    has_credentials = refusal.request.credentials == "include"
    values = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true" if has_credentials else None,
        "Access-Control-Allow-Methods": _requested(request, "Method"),
        "Access-Control-Allow-Headers": _requested(request, "Headers"),
        # A preflight's answer is not for caches.
        "Vary": "Origin" if kind == "actual" else None,
    }
    return tuple((name, value) for name, value in values.items() if value)


def _requested(request: HTTPRequest, what: str) -> str | None:
    return fields.get(request.headers, f"Access-Control-Request-{what}")

"""Why a fetch failed, and what to change on the server; does none of the checks itself.

Each function here words one failure of one check. The remedies are said in the fields of
:class:`~wsgicors.Policy` and with the header that each speaks for, so that they help with any
server.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from . import fields

if TYPE_CHECKING:
    from .fields import MalformedField
    from .messages import Exchange, HTTPResponse, Request
    from .preflights import Need, Permission
    from .urls import URL

# The headers that bear on the outcome, and are shown.
_TOLD = frozenset(
    {"origin", "authorization", "content-type", "cookie", "location", "set-cookie", "vary"}
)
_TOLD_PREFIX = "access-control-"
_MAX_SHOWN = 200


class Refusal(NamedTuple):
    """One failure of one check."""

    #: A short code that stays the same from release to release.
    reason: str
    #: Which check failed, and on what.
    why: str
    #: What to change, and where.
    remedy: str


class NetworkError(TypeError):
    """Raised where ``fetch()`` would reject with a ``TypeError``, after it accepted the request.

    A script learns nothing more; this tells what a browser knows.

    :param refusal: what failed.
    :param request: what the script asked for.
    :param exchanges: what crossed the wire until then.
    """

    def __init__(
        self, refusal: Refusal, request: Request, exchanges: Iterable[Exchange] = ()
    ) -> None:
        self.request = request
        self.exchanges = tuple(exchanges)
        #: A short code that stays the same from release to release.
        self.reason = refusal.reason
        #: Which check failed, and on what.
        self.why = refusal.why
        #: What to change, and where.
        self.remedy = refusal.remedy
        super().__init__(refusal, request, self.exchanges)

    def __str__(self) -> str:
        request = self.request
        lines = [
            f"{request.method} {request.url} by a page of {request.origin} failed: {self.reason}",
            "",
            self.why,
            self.remedy,
        ]
        if self.exchanges:
            lines += ["", *transcript(self.exchanges)]
        return "\n".join(lines)


class CORSError(NetworkError):
    """Raised where the CORS protocol denies a script the request, or its response.

    >>> from wsgicors.testing import Browser
    >>> def application(environ, start_response):
    ...     start_response("200 OK", [("Access-Control-Allow-Origin", "https://www.example.com")])
    ...     return [b"hello"]
    >>> Browser(application, origin="https://app.example.com").fetch("/")
    Traceback (most recent call last):
        ...
    wsgicors.fetch.refusals.CORSError: GET https://api.example.com/ by a page of ...
    <BLANKLINE>
    The response is for https://www.example.com, and the page is of https://app.example.com.
    Add "https://app.example.com" to allow_origins.
    ...
    """


def transcript(exchanges: Iterable[Exchange]) -> list[str]:
    """The exchanges, a line each for what bears on CORS; ``>`` went out, ``<`` came back."""
    lines = []
    for _, request, response in exchanges:
        lines.append(f"> {request.method} {request.url}")
        lines += (f">   {line}" for line in _told(request.headers))
        lines.append(f"< {response.status}")
        lines += (f"<   {line}" for line in _told(response.headers))
    return lines


def _told(headers: fields.HeaderList) -> list[str]:
    return [
        f"{_printable(name)}: {_printable(value)}"
        for name, value in headers
        if name.lower() in _TOLD or name.lower().startswith(_TOLD_PREFIX)
    ]


# --- the CORS check ------------------------------------------------------------------------------


def allow_origin_missing(origin: str, response: HTTPResponse, subject: str) -> Refusal:
    """No ``Access-Control-Allow-Origin`` at all."""
    return Refusal(
        "allow-origin-missing",
        f"{subject} has no Access-Control-Allow-Origin; its status is {response.status}.",
        _join(_silence(response, subject), _list_origin(origin)),
    )


def allow_origin_multiple(value: str, subject: str) -> Refusal:
    """More than one value in ``Access-Control-Allow-Origin``."""
    return Refusal(
        "allow-origin-multiple",
        f"{subject} has more than one value in Access-Control-Allow-Origin: {_printable(value)}.",
        "Let one layer alone write Access-Control-* headers; it names the one origin that asked.",
    )


def allow_origin_wildcard(origin: str, subject: str) -> Refusal:
    """``*`` for a request with credentials."""
    return Refusal(
        "allow-origin-wildcard",
        f"{subject} has Access-Control-Allow-Origin: *, which counts for nothing with credentials.",
        f'{_list_origin(origin)[:-1]} in place of "*", and set allow_credentials=True;'
        ' or fetch with credentials="same-origin".',
    )


def allow_origin_mismatch(origin: str, value: str, subject: str) -> Refusal:
    """Another origin than that of the page."""
    return Refusal(
        "allow-origin-mismatch",
        f"{subject} is for {_printable(value)}, and the page is of {origin}.",
        _join(_near_miss(origin, value), _list_origin(origin)),
    )


def allow_credentials_missing(value: str | None, subject: str) -> Refusal:
    """No ``Access-Control-Allow-Credentials: true`` for a request with credentials."""
    found = "no Access-Control-Allow-Credentials"
    if value is not None:
        found = f"Access-Control-Allow-Credentials: {_printable(value)}, where only 'true' counts"
    return Refusal(
        "allow-credentials-missing",
        f"{subject} has {found}, and the request has credentials.",
        'Set allow_credentials=True; or fetch with credentials="same-origin".',
    )


# --- the CORS-preflight fetch --------------------------------------------------------------------


def preflight_redirect(response: HTTPResponse) -> Refusal:
    """A preflight answered with a redirect."""
    return Refusal(
        "preflight-redirect",
        f"The preflight was redirected ({response.status}) to {_location(response)};"
        " no browser follows.",
        "Fetch the final URL, or answer preflights ahead of the redirect.",
    )


def preflight_status(response: HTTPResponse) -> Refusal:
    """A preflight answered with a status that is not ok."""
    return Refusal(
        "preflight-status",
        f"The preflight was answered {response.status}; only 200 to 299 lets a browser go on.",
        _silence(response, PREFLIGHT) or "Answer preflights with 204.",
    )


def malformed_list(error: MalformedField) -> Refusal:
    """A list of names that is none."""
    field = error.name.lower().partition("access-control-")[2].replace("-", "_")
    return Refusal(
        f"{field.replace('_', '-')}-malformed",
        f"{PREFLIGHT} has a malformed list, {error.name}: {_printable(error.value)}.",
        f"Write names separated by commas; {field} takes them as a list.",
    )


def method_not_allowed(need: Need, permission: Permission, response: HTTPResponse) -> Refusal:
    """A method that the preflight does not permit."""
    remedy = f'Add "{need.method}" to allow_methods.'
    if need.method.upper() in permission.methods:
        remedy = f'Fetch with method="{need.method.upper()}": methods are case-sensitive.'
    sent = _as_sent("Access-Control-Allow-Methods", response, literally=need.credentials)
    return Refusal(
        "method-not-allowed",
        f"The preflight does not permit the method {need.method} ({sent}).",
        remedy,
    )


def headers_not_allowed(
    names: tuple[str, ...], need: Need, permission: Permission, response: HTTPResponse
) -> Refusal:
    """Request headers that the preflight does not permit."""
    beside = ""
    if "*" in permission.header_names and not need.credentials:
        beside = ' beside "*", which does not cover it'
    sent = _as_sent("Access-Control-Allow-Headers", response, literally=need.credentials)
    return Refusal(
        "headers-not-allowed",
        f"The preflight does not permit {_plural('the request header', names)} {', '.join(names)}"
        f" ({sent}).",
        f"Add {_quoted(names)} to allow_headers{beside}.",
    )


def not_final(response: HTTPResponse) -> Refusal:
    """A status with which no answer ends."""
    return Refusal(
        "status-not-final",
        f"The status is {response.status}. From 100 to 199 it only announces an answer, and none came.",
        "Answer with a status from 200 on.",
    )


# --- redirects -----------------------------------------------------------------------------------


def redirect_with_credentials(url: URL) -> Refusal:
    """A redirect to a URL with user and password in it."""
    return Refusal(
        "redirect-with-credentials",
        f"The response redirects to {_printable(str(url))} with credentials in the URL,"
        " which CORS forbids.",
        "Redirect to the URL without user and password.",
    )


def redirect_malformed(response: HTTPResponse) -> Refusal:
    """A redirect to something that is no HTTP(S) URL."""
    return Refusal(
        "redirect-malformed",
        f"The response redirects ({response.status}) to {_location(response)},"
        " which is no http: or https: URL.",
        "Write one URL into Location.",
    )


def redirect_refused(response: HTTPResponse) -> Refusal:
    """A redirect where the script wanted none."""
    return Refusal(
        "redirect-refused",
        f'The response redirects ({response.status}), and the script asked for redirect="error".',
        'Fetch the final URL, or with redirect="follow".',
    )


def too_many_redirects(limit: int) -> Refusal:
    """A redirect too many."""
    return Refusal(
        "too-many-redirects",
        f"The response redirects once more after {limit} redirects.",
        "Look for a loop in the exchanges.",
    )


# --- modes ---------------------------------------------------------------------------------------


def same_origin_mode(request: Request) -> Refusal:
    """Another origin in ``same-origin`` mode."""
    return Refusal(
        "same-origin-mode",
        f'The script asked for mode="same-origin", and {request.url} is not of {request.origin}.',
        'Fetch with mode="cors".',
    )


def no_cors_redirect(request: Request) -> Refusal:
    """A redirect mode that ``no-cors`` does not have."""
    return Refusal(
        "no-cors-redirect",
        f'The script asked for mode="no-cors" with redirect="{request.redirect}".',
        'In this mode fetch with redirect="follow".',
    )


def not_http(request: Request) -> Refusal:
    """A scheme that CORS does not know."""
    return Refusal(
        "not-http",
        f"{request.url} is neither http: nor https:.",
        "Serve it over HTTP.",
    )


def mixed_content(request: Request) -> Refusal:
    """Plain http from an https page."""
    return Refusal(
        "mixed-content",
        f"{request.url} is not encrypted, and a page of {request.origin} loads no such thing.",
        "Serve it over https.",
    )


# --- parts of sentences --------------------------------------------------------------------------

#: How the answer to a preflight is called.
PREFLIGHT = "The answer to the preflight"
#: How the response to the actual request is called.
RESPONSE = "The response"


def _list_origin(origin: str) -> str:
    if origin == "null":
        return (
            "Sandboxed frames, files and pages behind a redirect to a third origin are of origin"
            ' null, so it is anybody\'s: add "null" to allow_origins only for what is public.'
        )
    return f'Add "{origin}" to allow_origins.'


def _near_miss(origin: str, value: str) -> str:
    if value.rstrip("/").lower() == origin:
        return "An origin is compared to the letter: in lower case and with no slash at its end."
    return ""


def _silence(response: HTTPResponse, subject: str) -> str:
    """What probably keeps the server from speaking CORS."""
    if response.status >= 500:
        return "Look at the server's log first: it failed, and CORS headers were lost with it."
    if subject != PREFLIGHT:
        return ""
    if response.status in (401, 407):
        return (
            "Something asks the preflight for a login, and a preflight never has credentials:"
            " let the CORS layer answer ahead of authentication."
        )
    if response.status in (404, 405, 501):
        return "Nothing answers preflights (OPTIONS) at this URL: let a CORS layer govern it."
    return ""


def _as_sent(name: str, response: HTTPResponse, *, literally: bool) -> str:
    value = fields.get(response.headers, name)
    if value is None:
        return f"no {name} was sent"
    note = ', where "*" is a plain name because of the credentials'
    return f"{name}: {_printable(value)}" + (note if literally and "*" in value else "")


def _location(response: HTTPResponse) -> str:
    return _printable(fields.get(response.headers, "Location") or "nowhere")


def _printable(text: str) -> str:
    """What a server sent, unable to forge a line or to command a terminal, and short."""
    shown = text.encode("unicode_escape").decode("ascii")
    return shown if len(shown) <= _MAX_SHOWN else f"{shown[:_MAX_SHOWN]}..."


def _plural(noun: str, items: tuple[str, ...]) -> str:
    return noun if len(items) == 1 else noun + "s"


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _join(*sentences: str) -> str:
    return " ".join(filter(None, sentences))

"""Why a fetch failed, and what to change on the server; does none of the checks itself.

Each function here finds what :mod:`~wsgicors.fetch.catalogue` says of one failure of one check, and
what stands in its braces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..origins import is_origin
from . import causes, fields
from .catalogue import CATALOGUE, link, more_about
from .sentences import N_, Part, Translate, paragraph, part, told

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
# How servers name themselves, in a sentence.
_MAX_SERVER = 60


class Refusal(NamedTuple):
    """One failure of one check: where its words stand in the catalogue, and what stands in their braces."""

    #: A short code that stays the same from release to release.
    reason: str
    #: What is behind it, as far as the answer betrays it: a code that stays the same, or empty.
    cause: str
    #: What stands in the braces; :func:`~wsgicors.fetch.sentences.part` where it is words itself.
    values: Mapping[str, Any]

    @property
    def why(self) -> str:
        """Which check failed, and on what."""
        return self.why_in(str)

    @property
    def remedy(self) -> str:
        """What to change, and where."""
        return self.remedy_in(str)

    @property
    def more(self) -> str:
        """Where the documentation tells more."""
        return link(self.code)

    @property
    def code(self) -> str:
        """The cause where it is known, or else the reason: what is said of the one is nearer."""
        return self.cause or self.reason

    def why_in(self, translate: Translate) -> str:
        """The same as :attr:`why`, in another language."""
        sentences = [CATALOGUE[code].what for code in (self.reason, self.cause) if code]
        if "server" in self.values:
            sentences.append(_SERVER)
        return paragraph(told(sentence, self.values, translate) for sentence in sentences)

    def remedy_in(self, translate: Translate) -> str:
        """The same as :attr:`remedy`, in another language."""
        return told(CATALOGUE[self.code].change, self.values, translate)


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
        #: The failure itself, which can be told in other languages.
        self.refusal = refusal
        self.request = request
        self.exchanges = tuple(exchanges)
        #: A short code that stays the same from release to release.
        self.reason = refusal.reason
        #: Which check failed, and on what.
        self.why = refusal.why
        #: What to change, and where.
        self.remedy = refusal.remedy
        #: What is behind it, as far as the answer betrays it: a code that stays the same, or empty.
        self.cause = refusal.cause
        #: Where the documentation tells more.
        self.more = refusal.more
        super().__init__(refusal, request, self.exchanges)

    def __str__(self) -> str:
        request = self.request
        lines = [
            f"{request.method} {request.url} by a page of {request.origin} failed: {self.reason}",
            "",
            self.why,
            self.remedy,
            more_about(self.refusal.code),
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
    The response is for https://www.example.com, but the page's origin is https://app.example.com.
    Add "https://app.example.com" to allow_origins.
    ...
    """


def transcript(exchanges: Iterable[Exchange]) -> list[str]:
    """The exchanges, a line each for what bears on CORS; ``>`` went out, ``<`` came back."""
    lines = []
    for _, request, response in exchanges:
        lines.append(f"> {request.method} {request.url}")
        lines += (f">   {line}" for line in _shown(request.headers))
        lines.append(f"< {response.status}")
        lines += (f"<   {line}" for line in _shown(response.headers))
    return lines


def _shown(headers: fields.HeaderList) -> list[str]:
    return [
        f"{printable(name)}: {printable(value)}"
        for name, value in headers
        if name.lower() in _TOLD or name.lower().startswith(_TOLD_PREFIX)
    ]


# --- the CORS check ------------------------------------------------------------------------------


def allow_origin_missing(origin: str, exchange: Exchange, subject: Part) -> Refusal:
    """No ``Access-Control-Allow-Origin`` at all."""
    values = {"origin": origin, "subject": subject, "method": exchange.request.method}
    cause = causes.of_silence(exchange)
    if origin == "null" and cause in (
        "",
        "origin-denied",
        "origin-not-listed",
        "refuse-denied",
        "automatic-options",
    ):
        cause = "no-rights-for-null"
    return _answered("allow-origin-missing", exchange.response, cause, **values)


def allow_origin_multiple(value: str, subject: Part) -> Refusal:
    """More than one value in ``Access-Control-Allow-Origin``."""
    return _refusal("allow-origin-multiple", subject=subject, value=printable(value))


def allow_origin_wildcard(origin: str, subject: Part) -> Refusal:
    """``*`` for a request with credentials."""
    cause = "no-rights-for-null" if origin == "null" else ""
    return _refusal("allow-origin-wildcard", cause, origin=origin, subject=subject)


def allow_origin_mismatch(origin: str, value: str, exchange: Exchange, subject: Part) -> Refusal:
    """Another origin than that of the page."""
    cause = "no-rights-for-null" if origin == "null" else _cause_of_mismatch(value, exchange)
    allowed = printable(value) or part(N_("nobody"))
    return _refusal("allow-origin-mismatch", cause, origin=origin, value=allowed, subject=subject)


def _cause_of_mismatch(value: str, exchange: Exchange) -> str:
    if value != "null" and not is_origin(value):
        return "allow-origin-malformed"
    is_cacheable = exchange.kind == "actual" and exchange.request.method in ("GET", "HEAD")
    return "cached-answer" if is_cacheable and causes.varies_by_origin(exchange.response) else ""


def allow_credentials_missing(value: str | None, subject: Part) -> Refusal:
    """No ``Access-Control-Allow-Credentials: true`` for a request with credentials."""
    if value is None:
        found: str | Part = part(N_("no Access-Control-Allow-Credentials"))
    else:
        found = f"Access-Control-Allow-Credentials: {printable(value)}"
    is_meant = (value or "").strip("\"' ").lower() == "true"
    cause = "allow-credentials-malformed" if is_meant else ""
    return _refusal("allow-credentials-missing", cause, subject=subject, found=found)


# --- the CORS-preflight fetch --------------------------------------------------------------------


def preflight_redirect(response: HTTPResponse) -> Refusal:
    """A preflight answered with a redirect."""
    return _answered("preflight-redirect", response)


def preflight_status(exchange: Exchange) -> Refusal:
    """A preflight answered with a status that is not ok."""
    cause = causes.of_status(exchange)
    origin = fields.get(exchange.request.headers, "Origin") or "null"
    return _answered("preflight-status", exchange.response, cause, origin=origin, method="OPTIONS")


def malformed_list(error: MalformedField, subject: Part) -> Refusal:
    """A malformed list of names."""
    field = error.name.lower().partition("access-control-")[2]
    return _refusal(f"{field}-malformed", subject=subject, listed=printable(error.value))


def method_not_allowed(need: Need, permission: Permission, response: HTTPResponse) -> Refusal:
    """A method that the preflight does not permit."""
    upper = need.method.upper()
    return _refusal(
        "method-not-allowed",
        "method-in-lower-case" if upper in permission.methods else causes.of_methods(response),
        method=need.method,
        upper=upper,
        sent=_as_sent("Access-Control-Allow-Methods", response, literally=need.credentials),
    )


def headers_not_allowed(
    names: tuple[str, ...], need: Need, permission: Permission, response: HTTPResponse
) -> Refusal:
    """Request headers that the preflight does not permit."""
    misplaced = tuple(filter(fields.is_cors_response_header_name, names))
    is_bare_wildcard = "*" in permission.header_names and not need.credentials
    cause = "authorization-beside-wildcard" if is_bare_wildcard else ""
    shown = misplaced or names
    return _refusal(
        "headers-not-allowed",
        "response-header-in-request" if misplaced else cause,
        headers=part(_HEADER if len(shown) == 1 else _HEADERS, names=", ".join(shown)),
        sent=_as_sent("Access-Control-Allow-Headers", response, literally=need.credentials),
        quoted=_quoted(shown),
    )


def not_final(response: HTTPResponse) -> Refusal:
    """A status with which no answer ends."""
    return _answered("status-not-final", response)


# --- redirects -----------------------------------------------------------------------------------


def redirect_with_credentials(url: URL) -> Refusal:
    """A redirect to a URL with user and password in it."""
    return _refusal("redirect-with-credentials", location=printable(str(url)))


def redirect_malformed(response: HTTPResponse) -> Refusal:
    """A redirect to something that is no HTTP(S) URL."""
    return _answered("redirect-malformed", response)


def redirect_refused(response: HTTPResponse) -> Refusal:
    """A redirect where the script wanted none."""
    return _answered("redirect-refused", response)


def too_many_redirects(limit: int) -> Refusal:
    """A redirect too many."""
    return _refusal("too-many-redirects", limit=limit)


# --- modes ---------------------------------------------------------------------------------------


def same_origin_mode(request: Request) -> Refusal:
    """Another origin in ``same-origin`` mode."""
    return _refusal("same-origin-mode", url=request.url, origin=request.origin)


def no_cors_redirect(request: Request) -> Refusal:
    """A redirect mode that ``no-cors`` does not have."""
    return _refusal("no-cors-redirect", redirect=request.redirect)


def not_http(request: Request) -> Refusal:
    """A scheme that CORS does not know."""
    return _refusal("not-http", url=request.url)


def unsafe_port(request: Request) -> Refusal:
    """A port that belongs to another protocol."""
    return _refusal("unsafe-port", url=request.url, port=request.url.port)


def mixed_content(request: Request) -> Refusal:
    """Plain http from an https page."""
    return _refusal("mixed-content", url=request.url, origin=request.origin)


# --- parts of sentences --------------------------------------------------------------------------

#: How the answer to a preflight is called.
PREFLIGHT = part(N_("The answer to the preflight"))
#: How the response to the actual request is called.
RESPONSE = part(N_("The response"))


def subject(exchange: Exchange) -> Part:
    """How what answered an exchange is called."""
    return PREFLIGHT if exchange.kind == "preflight" else RESPONSE


_SERVER = N_("It names its server: {server}.")
_HEADER = N_("the request header {names}")
_HEADERS = N_("the request headers {names}")
_LITERALLY = N_('{sent}, where "*" is a plain name because of the credentials')


def _refusal(reason: str, cause: str = "", **values: Any) -> Refusal:
    return Refusal(reason, cause, values)


def _answered(reason: str, response: HTTPResponse, cause: str = "", **values: Any) -> Refusal:
    """The same where what answered may be somebody else."""
    location = fields.get(response.headers, "Location")
    values["location"] = printable(location) if location else part(N_("nowhere"))
    values["status"] = response.status
    server = fields.get(response.headers, "Server")
    if server and cause in causes.IN_FRONT:
        values["server"] = printable(server)[:_MAX_SERVER]
    return Refusal(reason, cause, values)


def _as_sent(name: str, response: HTTPResponse, *, literally: bool) -> Part | str:
    value = fields.get(response.headers, name)
    if value is None:
        return part(N_("no {header} was sent"), header=name)
    sent = f"{name}: {printable(value)}"
    return part(_LITERALLY, sent=sent) if literally and "*" in value else sent


def printable(text: str) -> str:
    """What a server sent, unable to forge a line or to command a terminal, and short."""
    shown = text.encode("unicode_escape").decode("ascii")
    return shown if len(shown) <= _MAX_SHOWN else f"{shown[:_MAX_SHOWN]}..."


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)

"""A server asked by origins that it should not trust, and what is told by its answers.

Nothing is sent but GET requests, preflights, and two requests with a method that no server knows.
None of it changes anything on a server that keeps to HTTP (RFC 9110, sections 9.1 and 9.2.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..diagnosis import parse_pattern
from ..fetch import Exchange, HTTPRequest, HTTPResponse, fields, refusals
from ..fetch.checks import cors_check
from ..origins import OriginSet, is_origin
from . import faults
from .findings import SEVERITIES, Finding
from .hostile import COMMON, STRANGER, Hostile, example_of, resembling
from .mistakes import MISTAKES, let_in
from .target import Unaskable
from .verdict import COOKIE

if TYPE_CHECKING:
    from ..fetch import Request

    Send = Callable[[HTTPRequest], HTTPResponse]


_UNKNOWN_METHOD = "WSGICORS-CHECK"


class Scan(NamedTuple):
    """What has been found out about a server."""

    #: The gravest first.
    findings: tuple[Finding, ...]
    #: The patterns that were taken to be allowed: as given, or as the server let slip.
    known: tuple[str, ...]
    #: The origins that should not be allowed.
    hostile: tuple[str, ...]
    #: The status of a GET that has no Origin.
    status: int
    #: Whether everybody may read the response, without credentials.
    is_public: bool
    #: What is no fault, but worth knowing.
    information: tuple[Finding, ...] = ()


def scan(request: Request, known: Iterable[str], send: Send) -> Scan:
    """Ask a server as many sites would.

    :param request: what a page would send; only its preflight is sent with this method.
    :param known: the patterns of the origins that are meant to be allowed; ``null`` may be among
        them.
    :param send: what takes a request to the server and brings the response.

    >>> from wsgicors.fetch import Request
    >>> request = Request.from_script("https://api.example/", origin="https://app.example")
    >>> def reflect(request):
    ...     origin = dict(request.headers).get("Origin", "*")
    ...     return HTTPResponse(200, (("Access-Control-Allow-Origin", origin),))
    >>> [finding.reason for finding in scan(request, ["https://app.example"], reflect).findings]
    ['any-origin', 'vary-incomplete', 'vary-missing']
    """
    return _Scanner(request, send).scan(tuple(known))


class _Scanner:
    """A scan under way: who has asked already, and what came."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request = request
        self._send = send
        self._asked: dict[str | None, list[Exchange]] = {}

    def scan(self, known: tuple[str, ...]) -> Scan:
        without_origin = self._ask(None)[0]
        to_stranger = self._ask(STRANGER)[0]
        known = known or self._named_by_server()
        hostile = self._hostile(known)
        findings: dict[str, Finding] = {}
        for finding in self._findings(known, hostile):
            findings.setdefault(finding.reason, finding)
        ranked = sorted(findings.values(), key=lambda found: SEVERITIES.index(found.severity))
        origins = tuple(origin for _, origin in hostile)
        is_public = _allowed_origin(to_stranger) == "*"
        status, acting = without_origin.response.status, tuple(self._information())
        return Scan(tuple(ranked), known, origins, status, is_public, acting)

    # --- the requests ----------------------------------------------------------------------------

    def _ask(self, origin: str | None) -> list[Exchange]:
        if origin not in self._asked:
            self._asked[origin] = [
                Exchange(kind, request, self._send(request))
                for kind, request in self._requests(origin)
            ]
        return self._asked[origin]

    def _requests(self, origin: str | None) -> Iterator[tuple[str, HTTPRequest]]:
        url = str(self._request.url)
        headers = fields.with_default(self._request.headers, "Accept", "*/*")
        if origin is None:
            yield "actual", HTTPRequest("GET", url, headers)
            return
        headers = (*headers, ("Origin", origin))
        yield "actual", HTTPRequest("GET", url, headers)
        # Some servers answer otherwise to whoever has a cookie.
        yield "actual", HTTPRequest("GET", url, (*headers, ("Cookie", COOKIE)))
        asked = (("Accept", "*/*"), ("Origin", origin), *self._requested())
        yield "preflight", HTTPRequest("OPTIONS", url, asked)

    def _requested(self) -> fields.HeaderList:
        method = ("Access-Control-Request-Method", self._request.method)
        names = fields.cors_unsafe_request_header_names(self._request.headers)
        return (method, ("Access-Control-Request-Headers", ",".join(names))) if names else (method,)

    def _hostile(self, known: tuple[str, ...]) -> list[Hostile]:
        """Who should not be allowed, each once; ``null`` never with credentials."""
        patterns = [pattern for pattern in known if pattern != "null"]
        hostile = list(COMMON)
        for pattern in patterns or [self._request.url.origin]:
            hostile += resembling(parse_pattern(pattern))
        trusted = OriginSet(patterns)
        unique: dict[str, Hostile] = {}
        for candidate in hostile:
            if candidate.origin not in trusted:
                unique.setdefault(candidate.origin, candidate)
        return list(unique.values())

    def _everything(self) -> Iterator[Exchange]:
        for exchanges in self._asked.values():
            yield from exchanges

    def _named_by_server(self) -> tuple[str, ...]:
        """The origins that it allows, whoever asks."""
        named = dict.fromkeys(filter(None, map(_allowed_origin, self._everything())))
        return tuple(origin for origin in named if origin != STRANGER and is_origin(origin))

    # --- the findings ----------------------------------------------------------------------------

    def _findings(self, known: tuple[str, ...], hostile: list[Hostile]) -> Iterator[Finding]:
        yield from self._hostile_findings(hostile, known)
        for pattern in known:
            yield from self._known_findings(pattern)
        for exchange in self._everything():
            yield from faults.faults(exchange)
        yield from self._vary_findings()

    def _hostile_findings(
        self, hostile: list[Hostile], known: tuple[str, ...]
    ) -> Iterator[Finding]:
        found: dict[str, _Gap] = {}
        for kind, origin in hostile:
            admission = _admission(origin, self._ask(origin))
            # The list may have "null" on it, but not with credentials.
            if admission and (admission.credentials or origin not in known):
                found.setdefault(kind, _Gap(kind)).admissions.append(admission)
        for gap in found.values():
            if not gap.is_implied_by(found):
                yield gap.finding()

    def _known_findings(self, pattern: str) -> Iterator[Finding]:
        if pattern == "null":
            return
        origin = example_of(parse_pattern(pattern))
        first, *_, preflight = self._ask(origin)
        admission = _admission(origin, self._ask(origin))
        if admission and admission.credentials and not parse_pattern(pattern).is_secure:
            yield _Gap("insecure-origin", [admission]).finding()
        refusal = _refusal(origin, first, credentials=False)
        if refusal is None and preflight.response.status >= 400:
            yield faults.preflight_status(preflight)
        if refusal is not None and origin == pattern:
            yield faults.known_origin_refused(refusal, first)

    def _information(self) -> Iterator[Finding]:
        """Whether strangers are kept from acting, tried with a method that does nothing."""
        url = str(self._request.url)
        lines = (("Accept", "*/*"), ("Cookie", COOKIE))
        foreign = (*lines, ("Origin", STRANGER), ("Sec-Fetch-Site", "cross-site"))
        try:
            asked = [HTTPRequest(_UNKNOWN_METHOD, url, each) for each in (lines, foreign)]
            own, strange = (Exchange("actual", each, self._send(each)) for each in asked)
        except Unaskable:
            return  # whatever a server makes of such a method, it tells nothing then
        if own.response.status == strange.response.status:
            yield faults.strangers_act(strange)

    def _vary_findings(self) -> Iterator[Finding]:
        """What caches are to be told.

        Fetch standard, `"CORS protocol and HTTP caches"
        <https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches>`_.
        """
        exchanges = [exchange for exchange in self._everything() if exchange.kind == "actual"]
        if len(set(map(_allowed_origin, exchanges))) == 1:
            return
        for exchange in exchanges:
            if not _varies(exchange):
                is_for_one = _allowed_origin(exchange) not in (None, "", "*")
                yield (faults.vary_missing if is_for_one else faults.vary_incomplete)(exchange)


class _Admission(NamedTuple):
    """An origin is let in."""

    origin: str
    exchange: Exchange
    #: Whether the user's credentials go along.
    credentials: bool

    @property
    def reads(self) -> bool:
        """Whether the response can be read, and not only a preflighted request be sent."""
        return self.exchange.kind == "actual"


def _admission(origin: str, exchanges: list[Exchange]) -> _Admission | None:
    """How an origin is let in by its name (``*`` is meant for everybody), if it is."""
    for credentials in (True, False):
        for exchange in exchanges:
            if (
                _allowed_origin(exchange) != "*"
                and _refusal(origin, exchange, credentials=credentials) is None
            ):
                return _Admission(origin, exchange, credentials)
    return None


def _refusal(origin: str, exchange: Exchange, *, credentials: bool) -> refusals.Refusal | None:
    """What keeps an origin out, whatever method and headers it asks about."""
    kind, _, response = exchange
    if kind == "preflight" and not 200 <= response.status <= 299:
        return refusals.preflight_status(exchange)
    subject = refusals.subject(exchange)
    return cors_check(origin, exchange, credentials=credentials, subject=subject)


class _Gap:
    """A mistake, with those that it lets in."""

    def __init__(self, kind: str, admissions: Iterable[_Admission] = ()) -> None:
        self.kind = kind
        self.admissions = list(admissions)

    @property
    def credentials(self) -> bool:
        return any(admission.credentials for admission in self.admissions)

    def is_implied_by(self, others: dict[str, _Gap]) -> bool:
        """Whether a worse mistake explains it already."""
        worse = (others[kind] for kind in MISTAKES[self.kind].implied_by if kind in others)
        return any(other.credentials >= self.credentials for other in worse)

    def finding(self) -> Finding:
        """The worst of it."""
        worst = [one for one in self.admissions if one.credentials == self.credentials]
        shown = next((one for one in worst if one.reads), worst[0])
        origins = tuple(one.origin for one in worst)
        return let_in(
            self.kind, origins, shown.exchange, reads=shown.reads, credentials=self.credentials
        )


def _allowed_origin(exchange: Exchange) -> str | None:
    return fields.get(exchange.response.headers, "Access-Control-Allow-Origin")


def _varies(exchange: Exchange) -> bool:
    listed = fields.get(exchange.response.headers, "Vary") or ""
    return not {"origin", "*"}.isdisjoint(name.strip().lower() for name in listed.split(","))

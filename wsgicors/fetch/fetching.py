"""Fetch itself, without I/O: a generator that yields requests and is sent the responses.

The functions follow the algorithms of the `Fetch standard <https://fetch.spec.whatwg.org/>`_
by their names and in their order, for the requests that ``fetch()`` makes. Owned up to, what is
left out: HTTP caching, authentication entries and TLS client certificates (of credentials there
are cookies only), service workers, Content Security Policy, ``Cross-Origin-Resource-Policy``,
blocked ports, and every referrer policy but the default.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Generator

from ..names import FORBIDDEN_RESPONSE_HEADERS, SAFELISTED_METHODS
from . import checks, fields, redirects, refusals, urls
from .cookies import CookieJar, RefusedCookie, cookie_name
from .engines import STANDARD, Engine
from .messages import Exchange, HTTPRequest, HTTPResponse, ReadableHeaders, Request, Response
from .preflights import Need, Permission, PreflightCache, read_permission
from .refusals import CORSError, NetworkError, Refusal
from .sentences import Part

#: What a fetch is from outside: it yields requests, is sent responses, and returns or raises.
Steps = Generator[HTTPRequest, HTTPResponse, Response]
_Exchanging = Generator[HTTPRequest, HTTPResponse, HTTPResponse]

_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_NULL_BODY_STATUSES = frozenset({204, 205, 304})
_MAX_REDIRECTS = 20
_NO_CREDENTIALS = 'the script fetched without credentials="include"'
# No two fetches are the same, to an engine that gives each an opaque origin.
_numbers = itertools.count()


class UserAgent:
    """What a browser keeps from one fetch to the next.

    :param engine: in what it departs from the standards.
    :param clock: what tells the time, in seconds; for the ages of preflights and cookies.
    """

    def __init__(self, engine: Engine = STANDARD, clock: Callable[[], float] = time.time) -> None:
        self.engine = engine
        self.clock = clock
        self.cookies = CookieJar(engine)
        self.preflights = PreflightCache(engine)


def fetch(request: Request, agent: UserAgent | None = None) -> Steps:
    """Do what a browser does for ``fetch()``.

    :param request: what the script asked for.
    :param agent: the browser; a fresh one of the standard if left out.
    :return: a generator. It yields each request that crosses the wire, wants to be sent its
        response, and returns what the script may read; :func:`run` does that for you.
    :raises CORSError: out of the generator, where the CORS protocol denies it.
    :raises NetworkError: out of the generator, where it fails otherwise.

    >>> request = Request.from_script("https://api.example/", origin="https://app.example")
    >>> steps = fetch(request)
    >>> next(steps).method
    'GET'
    >>> answer = HTTPResponse(200, (("Access-Control-Allow-Origin", "*"),), b"hello")
    >>> try:
    ...     steps.send(answer)
    ... except StopIteration as finished:
    ...     finished.value.text
    'hello'
    """
    return _Fetch(request, agent or UserAgent()).run()


def run(steps: Steps, send: Callable[[HTTPRequest], HTTPResponse]) -> Response:
    """Drive a fetch to its end.

    :param steps: what :func:`fetch` returned.
    :param send: what takes a request to the server and brings the response; it follows no
        redirect and adds no credentials.
    :raises NetworkError: as the fetch does, or what ``send`` raises.

    >>> request = Request.from_script("https://api.example/", origin="https://app.example")
    >>> run(fetch(request), lambda request: HTTPResponse(500, ()))
    Traceback (most recent call last):
        ...
    wsgicors.fetch.refusals.CORSError: GET https://api.example/ by a page of ...
    """
    try:
        request = next(steps)
        while True:
            request = steps.send(send(request))
    except StopIteration as finished:
        response: Response = finished.value
        return response


class _Fetch:
    """One fetch under way: the request as redirects change it, and what has come of it."""

    def __init__(self, request: Request, agent: UserAgent) -> None:
        self._asked = request
        self._agent = agent
        # As the engine keeps what the script has set.
        self._script = request._replace(headers=self._as_set(request))
        # Fetch standard, "fetch", step 11.
        headers = fields.with_default(self._script.headers, "Accept", "*/*")
        self._request = self._script._replace(headers=headers)
        self._asked_headers = headers
        self._number = next(_numbers)
        self._url_list = [request.url]
        self._tainting = "basic"
        self._has_sent_origin = False
        self._has_been_unsafe = False
        self._exchanges: list[Exchange] = []
        self._refused_cookies: list[RefusedCookie] = []

    def run(self) -> Steps:
        response = yield from self._main_fetch()
        return self._filtered(response)._replace(refused_cookies=tuple(self._refused_cookies))

    # --- the algorithms --------------------------------------------------------------------------

    def _main_fetch(self) -> _Exchanging:
        """`Main fetch <https://fetch.spec.whatwg.org/#main-fetch>`_, steps 1 to 13."""
        request = self._request
        self._check_port()
        self._check_mixed_content()
        if request.url.origin == request.origin and self._tainting == "basic":
            return (yield from self._http_fetch())
        if request.mode == "same-origin":
            raise self._network_error(refusals.same_origin_mode(request))
        if request.mode == "no-cors":
            return (yield from self._no_cors_fetch())
        return (yield from self._cors_fetch())

    def _no_cors_fetch(self) -> _Exchanging:
        if self._request.redirect != "follow":
            raise self._network_error(refusals.no_cors_redirect(self._request))
        self._tainting = "opaque"
        return (yield from self._http_fetch())

    def _cors_fetch(self) -> _Exchanging:
        if not self._request.url.is_http:
            raise self._network_error(refusals.not_http(self._request))
        self._tainting = "cors"
        is_unsafe = self._is_unsafe()
        try:
            if is_unsafe:
                yield from self._ask()
            return (yield from self._http_fetch())
        except NetworkError as error:
            if self._clears(error, is_unsafe=is_unsafe):
                self._agent.preflights.clear(self._need())
            raise

    def _clears(self, error: NetworkError, *, is_unsafe: bool) -> bool:
        """Whether a failure ends what is kept for the URL (Fetch standard, "main fetch", step 12)."""
        failures = self._agent.engine.failures_that_clear
        if failures == "preflight":
            return is_unsafe
        return failures == "all" and error.reason != "redirect-refused"

    def _http_fetch(self) -> _Exchanging:
        """`HTTP fetch <https://fetch.spec.whatwg.org/#http-fetch>`_, from step 4.3."""
        response = yield from self._http_network_fetch()
        if self._tainting == "cors":
            self._check(self._serialized_origin(), refusals.RESPONSE)
        if response.status in _REDIRECT_STATUSES:
            return (yield from self._redirect(response))
        return response

    def _ask(self) -> Generator[HTTPRequest, HTTPResponse, None]:
        """See to it that the request is permitted, by the cache or by the server."""
        need, engine = self._need(), self._agent.engine
        may_be_covered = engine.conditional_requests_are_covered or not fields.is_conditional(
            self._request.headers
        )
        if not (may_be_covered and self._agent.preflights.covers(need, now=self._agent.clock())):
            yield from self._preflight_fetch(need)

    def _preflight_fetch(self, need: Need) -> Generator[HTTPRequest, HTTPResponse, None]:
        """`CORS-preflight fetch <https://fetch.spec.whatwg.org/#cors-preflight-fetch>`_."""
        asked = [("Accept", "*/*"), ("Access-Control-Request-Method", need.method)]
        if need.header_names:
            asked.append(("Access-Control-Request-Headers", ",".join(need.header_names)))
        if self._agent.engine.preflights_carry_user_agent:
            asked += [line for line in self._request.headers if line[0].lower() == "user-agent"]
        headers = (*asked, *self._referer(), ("Origin", need.origin), *self._fetch_metadata())
        response = yield from self._exchange("preflight", HTTPRequest("OPTIONS", need.url, headers))
        self._check_preflight(need, response)

    def _check_preflight(self, need: Need, response: HTTPResponse) -> None:
        """`CORS-preflight fetch <https://fetch.spec.whatwg.org/#cors-preflight-fetch>`_, step 7."""
        # A redirect is told first: whatever else the answer lacks, this is what went wrong.
        if response.status in _REDIRECT_STATUSES:
            raise self._cors_error(refusals.preflight_redirect(response))
        is_own = self._request.url.origin == self._request.origin
        if not is_own or self._agent.engine.checks_preflights_of_own_origin:
            self._check(need.origin, refusals.PREFLIGHT)
        if not 200 <= response.status <= 299:
            raise self._cors_error(refusals.preflight_status(self._exchanges[-1]))
        try:
            permission = read_permission(response.headers, self._agent.engine)
        except fields.MalformedField as error:
            raise self._cors_error(refusals.malformed_list(error, refusals.PREFLIGHT)) from None
        if self._agent.engine.keeps_insufficient_answers:
            self._agent.preflights.store(need, permission, now=self._agent.clock())
        self._check_permission(need, permission, response)
        self._agent.preflights.store(need, permission, now=self._agent.clock())

    def _check_permission(self, need: Need, permission: Permission, response: HTTPResponse) -> None:
        if not permission.covers_method(need):
            raise self._cors_error(refusals.method_not_allowed(need, permission, response))
        uncovered = permission.uncovered_headers(need, self._agent.engine)
        if uncovered:
            raise self._cors_error(
                refusals.headers_not_allowed(uncovered, need, permission, response)
            )

    def _redirect(self, response: HTTPResponse) -> _Exchanging:
        """`HTTP fetch <https://fetch.spec.whatwg.org/#http-fetch>`_, step 6."""
        has_location = redirects.has_location(response, self._agent.engine)
        if self._request.redirect == "error":
            return self._without_redirect(response, has_location=has_location)
        if self._request.redirect == "manual":
            return self._with_redirect(response, has_location=has_location)
        if not has_location:
            return self._without_location(response)
        return (yield from self._redirect_fetch(response))

    def _with_redirect(self, response: HTTPResponse, *, has_location: bool) -> HTTPResponse:
        is_resolved = has_location and self._agent.engine.resolves_manual_redirects
        if is_resolved and not redirects.leads_to_url(response, self._request.url):
            raise self._network_error(refusals.redirect_malformed(response))
        return response

    def _without_redirect(self, response: HTTPResponse, *, has_location: bool) -> HTTPResponse:
        if has_location or self._agent.engine.refuses_redirects_to_nowhere:
            raise self._network_error(refusals.redirect_refused(response))
        return response

    def _without_location(self, response: HTTPResponse) -> HTTPResponse:
        is_empty = fields.get(response.headers, "Location") == ""
        if is_empty and self._agent.engine.empty_location == "error":
            raise self._network_error(refusals.redirect_malformed(response))
        return response

    def _redirect_fetch(self, response: HTTPResponse) -> _Exchanging:
        """`HTTP-redirect fetch <https://fetch.spec.whatwg.org/#http-redirect-fetch>`_."""
        url = self._location_url(response)
        if not url.is_http:
            raise self._network_error(refusals.redirect_malformed(response))
        if len(self._url_list) > _MAX_REDIRECTS:
            raise self._network_error(refusals.too_many_redirects(_MAX_REDIRECTS))
        refusal = self._refusal_of_redirect(url)
        is_late = self._agent.engine.rechecks_redirects and self._tainting == "basic"
        if refusal and not is_late:
            raise self._cors_error(refusal)
        refusal = refusal or self._refusal_of_recheck()
        self._follow(response.status, url)
        if refusal or (self._agent.engine.rechecks_redirects and self._is_mixed_content()):
            yield from self._ask_in_vain()
        if refusal:
            raise self._cors_error(refusal)
        return (yield from self._main_fetch())

    def _refusal_of_redirect(self, url: urls.URL) -> Refusal | None:
        """`HTTP-redirect fetch`_, steps 7 and 8."""
        is_cross_origin = self._request.mode == "cors" and url.origin != self._request.origin
        is_allowed = self._agent.engine.allows_credentials_in_redirects and not (
            is_cross_origin or self._tainting == "cors"
        )
        if not url.credentials or is_allowed:
            return None
        return refusals.redirect_with_credentials(url)

    def _refusal_of_recheck(self) -> Refusal | None:
        """What :attr:`Engine.rechecks_redirects` finds in addition."""
        had_credentials = (
            self._request.credentials == "same-origin"
            and self._asked.url.origin == self._asked.origin
        )
        if not (self._agent.engine.rechecks_redirects and had_credentials):
            return None
        if self._tainting != "cors":
            return None
        origin, last = self._serialized_origin(), self._exchanges[-1]
        return checks.cors_check(origin, last, credentials=True, subject=refusals.RESPONSE)

    def _ask_in_vain(self) -> Generator[HTTPRequest, HTTPResponse, None]:
        """Send the preflight of a request that is refused after it (`Engine.rechecks_redirects`)."""
        is_elsewhere = self._request.url.origin != self._request.origin
        is_cors = self._request.mode == "cors" and (is_elsewhere or self._tainting == "cors")
        if is_cors and self._is_unsafe():
            yield from self._ask()

    def _follow(self, status: int, url: urls.URL) -> None:
        if self._request.url.origin != url.origin:
            self._has_sent_origin = False
        is_elsewhere = url.origin != self._request.origin and self._request.mode == "cors"
        redirect = redirects.Redirect(
            self._request,
            status,
            url,
            script=self._script,
            is_cors=is_elsewhere or self._tainting == "cors",
            engine=self._agent.engine,
        )
        self._asked_headers = redirect.asked_headers
        self._request = now = redirect.result
        self._url_list.append(url)
        if self._tainting == "basic" and url.origin != now.origin and self._keeps_credentials():
            # WebKit starts anew here.
            self._script = now

    def _location_url(self, response: HTTPResponse) -> urls.URL:
        """`Location URL <https://fetch.spec.whatwg.org/#concept-response-location-url>`_."""
        try:
            return redirects.location_url(response, self._request.url)
        except ValueError:
            raise self._network_error(refusals.redirect_malformed(response)) from None

    def _http_network_fetch(self) -> _Exchanging:
        """Send the actual request.

        `HTTP-network-or-cache fetch
        <https://fetch.spec.whatwg.org/#http-network-or-cache-fetch>`_, without a cache.
        """
        request = self._request
        headers = (
            *self._sent_headers(),
            *self._referer(),
            *self._origin_header(),
            *self._fetch_metadata(),
            *self._cookie(),
        )
        response = yield from self._exchange(
            "actual", HTTPRequest(request.method, str(request.url), headers, request.body or b"")
        )
        self._store_cookies(response)
        return response

    def _exchange(self, kind: str, request: HTTPRequest) -> _Exchanging:
        response = yield request
        self._exchanges.append(Exchange(kind, request, response))
        # Fetch standard, "HTTP-network fetch": a browser waits for what comes after these.
        if response.status <= 199:
            raise self._network_error(refusals.not_final(response))
        return response

    # --- headers of the request ------------------------------------------------------------------

    def _sent_headers(self) -> fields.HeaderList:
        headers, engine = self._request.headers, self._agent.engine
        is_at_home_again = self._tainting == "basic" and len(self._url_list) > 1
        if is_at_home_again and not engine.keeps_user_agent:
            headers = fields.without(headers, {"user-agent"})
        # Values are Latin-1 characters that stand for bytes.
        return tuple(
            (name, value.encode(engine.header_encoding).decode("latin-1"))
            for name, value in headers
        )

    def _origin_header(self) -> fields.HeaderList:
        """The header ``Origin``, or none.

        `Append a request Origin header
        <https://fetch.spec.whatwg.org/#append-a-request-origin-header>`_.
        """
        is_kept = self._has_sent_origin and self._agent.engine.keeps_origin_header
        if self._tainting != "cors" and self._request.method in ("GET", "HEAD") and not is_kept:
            return ()
        self._has_sent_origin = True
        origin = "null" if self._is_nulled() else self._serialized_origin()
        return (("Origin", origin),)

    def _is_nulled(self) -> bool:
        """Whether the server may not know the origin, though CORS has no say.

        By the default referrer policy nobody is told of an https page over plain http; of http,
        mixed content leaves but this very machine.
        """
        page, url, engine = self._request.origin, self._request.url, self._agent.engine
        is_downgrade = page.startswith("https:") and url.scheme == "http"
        if is_downgrade and self._tainting != "cors" and engine.nulls_origin_over_http:
            return True
        has_left = len({url.origin for url in self._url_list}) > 1
        is_opaque = self._tainting == "opaque"
        return is_opaque and has_left and self._agent.engine.nulls_origin_when_leaving

    def _referer(self) -> fields.HeaderList:
        """By ``strict-origin-when-cross-origin``; the page's origin stands for its URL."""
        url, referrer = self._request.url, urls.page_at(self._request.origin)
        if referrer is None:
            return ()
        if referrer.is_potentially_trustworthy and not url.is_potentially_trustworthy:
            return ()
        return (("Referer", str(referrer)),)

    def _fetch_metadata(self) -> fields.HeaderList:
        """`Fetch Metadata, section 2 <https://w3c.github.io/webappsec-fetch-metadata/>`_."""
        if not self._request.url.is_potentially_trustworthy:
            return ()
        return (
            ("Sec-Fetch-Dest", "empty"),
            ("Sec-Fetch-Mode", self._request.mode),
            ("Sec-Fetch-Site", self._sec_fetch_site()),
        )

    def _sec_fetch_site(self) -> str:
        origin = self._request.origin
        if all(url.origin == origin for url in self._url_list):
            return "same-origin"
        if all(urls.is_same_site(origin, url.origin) for url in self._url_list):
            return "same-site"
        return "cross-site"

    def _cookie(self) -> fields.HeaderList:
        if not self._includes_credentials():
            return ()
        cookies = self._agent.cookies.header(
            self._request.url,
            same_site=self._is_same_site(),
            now=self._agent.clock(),
            page=self._page_host,
        )
        return (("Cookie", cookies),) if cookies else ()

    def _store_cookies(self, response: HTTPResponse) -> None:
        """Whatever CORS then says of the response (Fetch, "HTTP-network fetch")."""
        refused = map(self._store_cookie, fields.values(response.headers, "Set-Cookie"))
        self._refused_cookies += filter(None, refused)

    def _store_cookie(self, value: str) -> RefusedCookie | None:
        if not self._includes_credentials():
            return RefusedCookie(cookie_name(value), "credentials", _NO_CREDENTIALS)
        now, same_site = self._agent.clock(), self._is_same_site()
        return self._agent.cookies.store(
            value, self._request.url, same_site=same_site, now=now, page=self._page_host
        )

    # --- what is true of the request now ---------------------------------------------------------

    def _includes_credentials(self) -> bool:
        """`Credentials mode <https://fetch.spec.whatwg.org/#concept-request-credentials-mode>`_."""
        if self._request.credentials == "same-origin":
            return self._tainting == "basic" or self._keeps_credentials()
        return self._request.credentials == "include"

    def _keeps_credentials(self) -> bool:
        """Whether credentials outlast the page's own origin (`Engine.ends_same_origin_credentials`)."""
        is_own = self._asked.url.origin == self._asked.origin
        is_bound = self._asked.mode == "no-cors" and self._asked.credentials == "same-origin"
        return is_own and is_bound and not self._agent.engine.ends_same_origin_credentials

    def _serialized_origin(self) -> str:
        """The page's origin as far as the server may know it.

        `Serializing a request origin
        <https://fetch.spec.whatwg.org/#serializing-a-request-origin>`_.
        """
        origin = self._request.origin
        return "null" if redirects.redirect_taints(origin, self._url_list) else origin

    def _need(self) -> Need:
        request, engine = self._request, self._agent.engine
        return Need(
            origin=self._serialized_origin() if engine.taints_preflight_origin else request.origin,
            url=str(request.url),
            method=request.method,
            header_names=fields.cors_unsafe_request_header_names(self._asked_headers, engine),
            credentials=request.credentials == "include",
            cached_for=self._cached_for(),
            fragment=request.url.fragment,
        )

    def _is_unsafe(self) -> bool:
        """Whether it takes a preflight (Fetch standard, "main fetch", step 12)."""
        need, engine = self._need(), self._agent.engine
        is_unsafe = need.method not in SAFELISTED_METHODS or bool(need.header_names)
        if is_unsafe or fields.cors_unsafe_request_header_names(self._script.headers, engine):
            self._has_been_unsafe = True
        return is_unsafe or (self._has_been_unsafe and engine.stays_unsafe)

    def _cached_for(self) -> str | None:
        """Whose the answers in the preflight cache are; ``None`` for nobody's."""
        request, engine = self._request, self._agent.engine
        this_fetch = f"fetch {self._number}"
        if request.origin == "null" and engine.opaque_origins_share_answers:
            return request.origin
        of_page = this_fetch if request.origin == "null" else request.origin
        if not redirects.redirect_taints(request.origin, self._url_list):
            return of_page
        owners = {"null": "null", "page": of_page, "fetch": this_fetch}
        return owners.get(engine.tainted_answers_are_of)

    def _as_set(self, request: Request) -> fields.HeaderList:
        """The headers of a script as the engine keeps them, and the type of the body."""
        headers = request.headers
        if self._agent.engine.combines_repeated_headers:
            headers = fields.combined(headers)
        if not self._agent.engine.lets_scripts_set_user_agent:
            headers = fields.without(headers, {"user-agent"})
        if request.mode == "no-cors":
            headers = tuple(
                header
                for header in headers
                if fields.is_no_cors_safelisted_request_header(*header, self._agent.engine)
            )
        if not request.body_type:
            return headers
        return fields.with_default(headers, "Content-Type", request.body_type)

    @property
    def _page_host(self) -> str:
        """Empty for a page of origin ``null``, and for a file."""
        page = urls.page_at(self._request.origin)
        return "" if page is None else page.host

    def _is_same_site(self) -> bool:
        engine = self._agent.engine
        way = self._url_list if engine.same_site_needs_same_site_redirects else self._url_list[-1:]
        return all(urls.is_same_site(self._request.origin, url.origin, engine) for url in way)

    # --- the outcome -----------------------------------------------------------------------------

    def _check_port(self) -> None:
        """Refuse ports of other protocols (Fetch standard, "port blocking")."""
        port = self._request.url.port
        if port in urls.UNSAFE_PORTS and port not in self._agent.engine.allowed_ports:
            raise self._network_error(refusals.unsafe_port(self._request))

    def _check_mixed_content(self) -> None:
        """Refuse plain http to a page that came over https.

        Mixed Content, `section 4.4
        <https://w3c.github.io/webappsec-mixed-content/#should-block-fetch>`_; as in the engines,
        pages of ``http://localhost`` are exempt.
        """
        if self._is_mixed_content():
            raise self._network_error(refusals.mixed_content(self._request))

    def _is_mixed_content(self) -> bool:
        url, page_is_secure = self._request.url, self._request.origin.startswith("https:")
        is_exempt = url.is_potentially_trustworthy and self._agent.engine.loads_loopback_from_https
        return page_is_secure and url.scheme == "http" and not is_exempt

    def _check(self, origin: str, subject: Part) -> None:
        """The CORS check, of the latest response."""
        credentials, last = self._request.credentials == "include", self._exchanges[-1]
        refusal = checks.cors_check(origin, last, credentials=credentials, subject=subject)
        if refusal is not None:
            raise self._cors_error(refusal)

    def _filtered(self, response: HTTPResponse) -> Response:
        """`Main fetch <https://fetch.spec.whatwg.org/#main-fetch>`_, step 14: what may be read."""
        exchanges = tuple(self._exchanges)
        url = self._request.url.href
        if self._request.redirect == "manual" and response.status in _REDIRECT_STATUSES:
            return Response(
                "opaqueredirect", url, 0, ReadableHeaders(()), self._leaked(response), exchanges
            )
        if self._tainting == "opaque":
            return Response("opaque", "", 0, ReadableHeaders(()), b"", exchanges)
        hidden = self._hidden_names(response)
        headers = ReadableHeaders(fields.without(response.headers, hidden), hidden)
        has_body = self._request.method != "HEAD" and response.status not in _NULL_BODY_STATUSES
        body = response.body if has_body else b""
        return Response(self._tainting, url, response.status, headers, body, exchanges)

    def _leaked(self, response: HTTPResponse) -> bytes:
        engine = self._agent.engine
        if engine.leaks_redirects_to_nowhere and not redirects.has_location(response, engine):
            return response.body
        return b""

    def _hidden_names(self, response: HTTPResponse) -> frozenset[str]:
        if self._tainting == "basic":
            return FORBIDDEN_RESPONSE_HEADERS
        credentials = self._request.credentials == "include"
        names = {name.lower() for name, _ in response.headers}
        return frozenset(
            names - checks.exposed_header_names(response.headers, credentials=credentials)
        )

    def _cors_error(self, refusal: Refusal) -> CORSError:
        return CORSError(refusal, self._asked, self._exchanges)

    def _network_error(self, refusal: Refusal) -> NetworkError:
        return NetworkError(refusal, self._asked, self._exchanges)

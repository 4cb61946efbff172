"""The browser as a test tool: fetches from a WSGI application what a page of an origin could.

Werkzeug's test client carries the requests; what may be sent and read is decided in
:mod:`wsgicors.fetch`. Nothing here listens on a socket.
"""

from __future__ import annotations

import time
import warnings
from io import BytesIO
from json import dumps as json_text
from typing import TYPE_CHECKING, Any, cast

from werkzeug.test import Client, EnvironBuilder

from .errors import called_as, shown
from .fetch import (
    CHROMIUM,
    FIREFOX,
    STANDARD,
    WEBKIT,
    CORSError,
    Engine,
    Exchange,
    HTTPResponse,
    NetworkError,
    RefusedCookie,
    Request,
    Response,
    UserAgent,
    checked_origin,
    fetch,
    fields,
    parse_url,
    run,
)
from .fetch.messages import hinting, pairs_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication

    from .fetch import HTTPRequest
    from .fetch.messages import HeadersInit
    from .fetch.urls import URL

__all__ = [
    "CHROMIUM",
    "FIREFOX",
    "STANDARD",
    "WEBKIT",
    "Browser",
    "CORSError",
    "Engine",
    "Exchange",
    "NetworkError",
    "RefusedCookie",
    "Response",
]

# A script may well send null.
_NOTHING: Any = object()


_METHODS = ("head", "post", "put", "patch", "delete", "options")
_OF_TEST_CLIENTS = {
    **{name: f'fetch(path, method="{name.upper()}")' for name in _METHODS},
    **dict.fromkeys(("get", "open", "request"), "fetch(path), with method= if it is not GET"),
    "cookies": "agent.cookies, or set_cookie(...)",
    "headers": "fetch(path, headers=...)",
}


@hinting(_OF_TEST_CLIENTS)
class Browser:
    """A browser with one page open, whose scripts call a WSGI application.

    It remembers what a browser remembers: cookies, and the answers to preflights. Every host
    leads to the one application, which can tell them apart by ``Host``.

    :param app: a WSGI application; that of a ``webtest.TestApp`` if it is one.
    :param origin: the origin of the page; ``null`` is that of a sandboxed frame.
    :param base_url: where the application is, and what relative URLs are relative to.
    :param engine: whose departures from the standard to share: ``STANDARD`` (of none),
        ``CHROMIUM``, ``FIREFOX`` or ``WEBKIT``.
    :param clock: what tells the time, in seconds; give one that a test can turn on to see
        preflights and cookies expire.
    :raises ValueError: if ``origin`` is not an origin, or ``base_url`` not a URL.

    >>> from wsgicors import CORSMiddleware
    >>> def application(environ, start_response):
    ...     start_response("200 OK", [("Content-Type", "text/plain"), ("X-Total", "1")])
    ...     return [b"hello"]
    >>> application = CORSMiddleware(
    ...     application, allow_origins="https://app.example.com", allow_methods="GET, PUT"
    ... )
    >>> browser = Browser(application, origin="https://app.example.com")
    >>> response = browser.fetch("/items", method="PUT")
    >>> response.status, response.text, dict(response.headers)
    (200, 'hello', {'content-type': 'text/plain'})
    >>> [exchange.request.method for exchange in response.exchanges]
    ['OPTIONS', 'PUT']
    """

    @called_as('Browser(app, origin="https://app.example.com", base_url="https://api.example.com")')
    def __init__(
        self,
        app: WSGIApplication | Any,
        origin: str = "https://app.example.com",
        base_url: str = "https://api.example.com",
        *,
        engine: Engine = STANDARD,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = Client(_wsgi_application(app), use_cookies=False)
        self._base_url = _url_of("base_url", base_url)
        #: The origin of the page.
        self.origin = checked_origin(origin)
        #: What the browser remembers: its ``cookies`` and its ``preflights``.
        self.agent = UserAgent(_engine(engine), _clock(clock))

    @called_as('browser.fetch("/items", method="PUT", headers={...})')
    def fetch(
        self,
        path_or_url: str,
        method: str = "",
        *,
        headers: HeadersInit | None = None,
        body: bytes | str | None = None,
        json: Any = _NOTHING,
        credentials: str = "same-origin",
        mode: str = "cors",
        redirect: str = "follow",
    ) -> Response:
        """Do what ``fetch()`` does in a script of the page.

        What the application raises comes through, as with any test client for WSGI.

        :param path_or_url: relative to ``base_url``, or absolute.
        :param method: ``GET`` if left out, ``POST`` with ``json``.
        :param headers: those that browsers keep to themselves are dropped, with a warning.
        :param body: text goes as UTF-8, and as ``text/plain`` if no header says otherwise.
        :param json: what to send as JSON in place of ``body``: it goes as ``application/json``, for
            which a browser asks first (preflight).
        :param credentials: ``omit``, ``same-origin`` or ``include``.
        :param mode: ``cors``, ``no-cors`` or ``same-origin``.
        :param redirect: ``follow``, ``error`` or ``manual``.
        :return: what the script may read. A status such as 404 is no failure.
        :raises CORSError: if CORS denies the script the request or its response, with which check
            failed and what to change.
        :raises NetworkError: if the fetch fails otherwise, as by a loop of redirects.
        :raises TypeError: for what no browser sends (a ``TRACE``, a ``GET`` with a body). In a
            script all three are a ``TypeError``; here the first is one of the second, and both
            are ``TypeError``.

        >>> from wsgicors.testing import Browser, CORSError
        >>> def application(environ, start_response):
        ...     start_response("200 OK", [])
        ...     return [b"hello"]
        >>> try:
        ...     Browser(application).fetch("/")
        ... except CORSError as error:
        ...     print(error.reason, "-", error.remedy)
        allow-origin-missing - Add "https://app.example.com" to allow_origins. ...
        """
        # What pytest shows of a failure ends where the test fetched.
        __tracebackhide__ = True
        if json is not _NOTHING:
            headers, body = _with_json(headers, body, json)
        request = Request.from_script(
            str(_url_of("path_or_url", path_or_url, self._base_url)),
            origin=self.origin,
            method=method or ("GET" if json is _NOTHING else "POST"),
            headers=headers,
            body=body,
            mode=mode,
            credentials=credentials,
            redirect=redirect,
        )
        for name in request.dropped:
            warnings.warn(f"no browser lets a script set {name}; it is not sent", stacklevel=3)
        try:
            return run(fetch(request, self.agent), self._send)
        except NetworkError as error:
            # Its text tells all; how the checks are made is nothing to read through first.
            raise error.with_traceback(None) from None

    @called_as('browser.set_cookie("id=1; SameSite=None; Secure")')
    def set_cookie(self, set_cookie: str, url: str = "") -> None:
        """Have a cookie in the browser, as if the user had been at the application's own site.

        :param set_cookie: as in a ``Set-Cookie`` header. To come along from another site it needs
            ``SameSite=None; Secure``.
        :param url: where it came from, if not from ``base_url``.
        :raises ValueError: if a browser would refuse it.

        >>> def application(environ, start_response):
        ...     start_response("200 OK", [
        ...         ("Access-Control-Allow-Origin", "https://shop.example"),
        ...         ("Access-Control-Allow-Credentials", "true"),
        ...     ])
        ...     return [environ.get("HTTP_COOKIE", "none").encode()]
        >>> browser = Browser(application, origin="https://shop.example")
        >>> browser.set_cookie("id=1; SameSite=None; Secure")
        >>> browser.fetch("/", credentials="include").text
        'id=1'
        """
        if not isinstance(set_cookie, str):
            raise TypeError(f'{shown(set_cookie)} is not text; write set_cookie("id=1; Secure")')
        source = _url_of("url", url, self._base_url) if url else self._base_url
        now = self.agent.clock()
        refused = self.agent.cookies.store(set_cookie, source, same_site=True, now=now)
        if refused:
            told = f"{refused.attribute}: {refused.reason}"
            raise ValueError(f"no browser takes the cookie {set_cookie!r} from {source}; {told}")

    def _send(self, request: HTTPRequest) -> HTTPResponse:
        with self._client.open(_environ_builder(request)) as response:
            headers = tuple((name, value.strip(" \t")) for name, value in response.headers)
            return HTTPResponse(response.status_code, headers, response.get_data())


def _url_of(argument: str, url: str, base: URL | None = None) -> URL:
    if not isinstance(url, str):
        instead = '"/items"' if base else '"https://api.example.com"'
        raise TypeError(f"{argument}={shown(url)} is not text; write {argument}={instead}")
    try:
        return parse_url(url, base)
    except ValueError as error:
        if base:
            raise
        raise ValueError(f'{error}; write {argument}="https://api.example.com"') from None


def _engine(engine: Engine) -> Engine:
    if not isinstance(engine, Engine):
        message = (
            f"engine={shown(engine)} is none; write engine=FIREFOX, or another of wsgicors.testing"
        )
        raise TypeError(message)
    return engine


def _clock(clock: Callable[[], float]) -> Callable[[], float]:
    if not callable(clock):
        raise TypeError(f"clock={shown(clock)} cannot be called; write clock=time.time")
    return clock


def _with_json(headers: HeadersInit | None, body: object, value: object) -> tuple[HeadersInit, str]:
    if body is not None:
        raise TypeError("write json= or body=, not both")
    lines = fields.with_default(pairs_of(headers), "Content-Type", "application/json")
    try:
        return lines, json_text(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"json={shown(value)}: {error}; write what json.dumps() takes") from None


def _wsgi_application(app: Any) -> WSGIApplication:
    """A webtest.TestApp is not callable and holds the application that is."""
    application = app if callable(app) else getattr(app, "app", None)
    if isinstance(app, Client):
        raise TypeError(
            f"{app!r} is a test client; a browser has cookies of its own and calls the application"
            " itself: write Browser(client.application)"
        )
    if application is None:
        raise TypeError(
            f"{shown(app)} is neither a WSGI application nor a webtest.TestApp; write Browser(app)"
        )
    return cast("WSGIApplication", application)


def _environ_builder(request: HTTPRequest) -> EnvironBuilder:
    url = parse_url(request.url)
    builder = EnvironBuilder(
        base_url=url.origin,
        method=request.method,
        headers=list(request.headers),
        # As a stream, or the builder would write a form of its own where the type is that of one.
        input_stream=BytesIO(request.body),
        content_length=len(request.body) or None,
    )
    # Set here because the constructor would take the path "//a" for a host.
    builder.path, _, builder.query_string = url.target.partition("?")
    builder.request_uri = url.target
    return builder

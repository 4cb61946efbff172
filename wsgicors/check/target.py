"""What is checked, a URL or an application, behind one function; knows nothing of CORS."""

from __future__ import annotations

import os
import re
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx
from werkzeug.test import create_environ
from werkzeug.wrappers import Response

from ..errors import shown
from ..fetch import HTTPResponse, parse_url
from ..hosts import is_loopback
from ..loading import NAME, NotLoaded, load, meant, named, one_line, told_if_late

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from typing_extensions import Self

    from ..fetch import HTTPRequest
    from ..fetch.urls import URL

    Send = Callable[[HTTPRequest], HTTPResponse]

#: For how long to wait for a connection, and then for the whole head of an answer, in seconds.
TIMEOUT = 10.0
#: More requests than any check has reason to send.
MAX_REQUESTS = 600

# The status whose body says who refused, and how much of it is read, in bytes.
_TELLING = 403
_BEGINNING = 64

#: Where an application is as far as it can tell; nothing is sent there.
_BASE_URL = "https://localhost"
_APPLICATION = re.compile(rf"(?P<name>{NAME})(?P<target>/.*)?")


_LATE = "no answer within {:g} seconds"


class Unaskable(Exception):
    """Raised where there is no answer to be had; its text is one line that says why."""


class Target:
    """Something that answers requests, and how many it has been sent.

    :param url: where the check begins.
    :param send: what takes a request there and brings the response.
    :param is_served: whether it is really there, and not called in this process.
    """

    def __init__(self, url: URL, send: Send, *, is_served: bool) -> None:
        self.url = url
        self.is_served = is_served
        self.requests = 0
        self._send = send

    def send(self, request: HTTPRequest) -> HTTPResponse:
        """Send one request; of the response, the body is not read, but for the beginning of a 403's.

        :raises Unaskable: if there is no response, or if there were too many requests already.
        """
        if self.requests == MAX_REQUESTS:
            raise Unaskable(f"gave up after {MAX_REQUESTS} requests; ask about fewer origins")
        self.requests += 1
        return self._send(request)


@contextmanager
def opened(text: str) -> Iterator[Target]:
    """Find what a TARGET of the command line names.

    :param text: a URL; or ``module:application`` with, if need be, a path behind it.
    :raises Unaskable: if it names nothing that could be asked.

    >>> with opened("wsgiref.simple_server:demo_app/items") as target:
    ...     str(target.url)
    'https://localhost/items'
    """
    named = _APPLICATION.fullmatch(text)
    if named:
        send = partial(_call, _load(named["name"]), named["name"])
        yield Target(parse_url(_BASE_URL + (named["target"] or "/")), send, is_served=False)
    else:
        url = _checked_url(text)
        with _client() as client:
            yield Target(url, partial(_send, client, []), is_served=True)


# --- an application ------------------------------------------------------------------------------


def _load(name: str) -> WSGIApplication:
    try:
        return load(name)
    except NotLoaded as error:
        raise Unaskable(str(error)) from error


class _AsSent(Response):
    """A response to which nothing is added."""

    default_mimetype = None


def _call(application: WSGIApplication, name: str, request: HTTPRequest) -> HTTPResponse:
    environ = create_environ(
        request.url,
        parse_url(request.url).origin,
        method=request.method,
        headers=list(request.headers),
        data=request.body,
    )
    asked = f"{request.method} {request.url}"
    late = told_if_late(f"{name} has not yet answered {asked}")
    try:
        with redirect_stdout(sys.stderr), late, _AsSent.from_app(application, environ) as response:
            # On the wire, blanks around a value are none of it.
            headers = tuple((name, value.strip(" \t")) for name, value in response.headers)
            text = response.get_data() if response.status_code == _TELLING else b""
            return HTTPResponse(response.status_code, headers, text[:_BEGINNING])
    except (Exception, SystemExit) as error:
        raise Unaskable(f"{name} raised an exception for {asked}: {named(error)}") from error


# --- a URL ---------------------------------------------------------------------------------------


def _checked_url(text: str) -> URL:
    try:
        url = parse_url(text)
    except ValueError as error:
        url = None
        # It is one, but for a part of it.
        if text.startswith(_SCHEMES):
            raise Unaskable(f"{shown(text)} is no URL: {one_line(str(error))}") from error
    if url is None or not url.is_http:
        raise Unaskable(f"{shown(text)} {_neither(text)}")
    if url.credentials:
        raise Unaskable(f"leave user and password out of the URL, as browsers do: {url}")
    return url


_SCHEMES = ("http://", "https://")


def _neither(text: str) -> str:
    """What to say of something that names neither a server nor an application."""
    application = meant(text)
    if application is not None:
        return f"is a file: name the application in it, {application}"
    url = _meant_url(text)
    if url is not None:
        return f"has no scheme: write {url}"
    return (
        "is neither a URL (write it as https://api.example.com/items, with the scheme) nor an"
        " application (write shop:app, or shop:app/items for a path in it)"
    )


def _meant_url(text: str) -> URL | None:
    """The URL of somebody who left the scheme out; ``None`` if that is not clear."""
    try:
        here, elsewhere = parse_url(f"http://{text}"), parse_url(f"https://{text}")
    except ValueError:
        return None
    if is_loopback(here.host):
        return here
    # A name with dots alone may be a module's, too.
    is_clear = re.fullmatch(r"[a-z0-9.-]+\.[a-z0-9]+", here.host) and re.search("[:/]", text)
    return elsewhere if is_clear else None


def _client() -> httpx.Client:
    try:
        return httpx.Client(
            timeout=TIMEOUT,
            follow_redirects=False,
            headers={"User-Agent": "wsgicors-check"},
            # What a server sets must not come back on its own.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            event_hooks={"response": [_keep_headers]},
        )
    # It reads the environment: a file may be missing or hold something else, a proxy be none.
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
        names = [name for name in os.environ if name.upper() in _READ]
        said = f"{named(error)}; look at {_listed(names)} in the environment"
        raise Unaskable(f"cannot ask anybody: {said}") from error


_READ = ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def _listed(names: list[str]) -> str:
    return ", ".join(sorted(names)) or "the settings of proxies"


class _Deadline:
    """Ends the connection of one exchange when its time is up.

    The timeouts of httpx are for each part of an answer, and an answer may come in parts for ever.

    :param line: the connection that is open, if any: what httpx keeps serves the next exchange too.
    """

    def __init__(self, line: list[socket.socket]) -> None:
        self._line = line
        self._timer = threading.Timer(TIMEOUT, self._end)
        self._timer.daemon = True
        self.is_over = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, told: dict[str, Any]) -> None:
        """Hear from httpx of the connections that it makes."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._line[:] = [told["return_value"].get_extra_info("socket")]

    def _end(self) -> None:
        self.is_over = True
        for each in self._line:
            # Whoever waits on it hears at once that there is nothing more.
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _send(client: httpx.Client, line: list[socket.socket], request: HTTPRequest) -> HTTPResponse:
    method, url, headers, body = request
    with _Deadline(line) as deadline:
        more: Any = {"headers": list(headers), "extensions": {"trace": deadline.trace}}
        try:
            # Bodies are left alone: most say nothing of CORS, and may be large or without an end.
            with client.stream(method, url, content=body, **more) as response:
                text = _beginning(response) if response.status_code == _TELLING else b""
                return HTTPResponse(response.status_code, _decoded(response), text)
        # The last is for a host that the resolver finds impossible ("a..b").
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            reason = _LATE.format(TIMEOUT) if deadline.is_over else _reason(error)
            raise Unaskable(f"cannot ask {url}: {reason}") from error


def _beginning(response: httpx.Response) -> bytes:
    return next(response.iter_raw(_BEGINNING), b"")[:_BEGINNING]


_HEADERS = "wsgicors.headers"


def _keep_headers(response: httpx.Response) -> None:
    """Have httpx not look at ``Location``: it raises for what is no URL, though nothing is followed."""
    response.extensions[_HEADERS] = response.headers.raw
    response.headers.pop("Location", None)


def _decoded(response: httpx.Response) -> tuple[tuple[str, str], ...]:
    lines = response.extensions[_HEADERS]
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in lines)


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return _LATE.format(TIMEOUT)
    cause = _root(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        advice = _NOT_TRUSTED if cause.verify_code in _NO_AUTHORITY else _WRONG_CERTIFICATE
        return f"the TLS certificate is not trusted ({cause.verify_message.rstrip('.')}); {advice}"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed ({one_line(str(cause.reason))}); does the server speak https there?"
    said = cause.strerror if isinstance(cause, OSError) else str(cause)
    hint = next((f"; {hint}" for kind, hint in _HINTS if isinstance(cause, kind)), "")
    return one_line(said or type(cause).__name__) + hint


_NOT_TRUSTED = (
    "to trust an authority of your own, name its file in the environment variable SSL_CERT_FILE"
)
_WRONG_CERTIFICATE = "no browser takes it either: give the server one that fits, or ask by its name"
# The numbers of OpenSSL for a certificate whose authority is not known.
_NO_AUTHORITY = (2, 18, 19, 20, 21)
_HINTS = (
    (ConnectionRefusedError, "does a server run there, and listen on this port?"),
    (
        ConnectionResetError,
        "does the server speak this scheme there, or the other of http and https?",
    ),
    (socket.gaierror, "is the name of the host written correctly?"),
)


def _root(error: BaseException) -> BaseException:
    """The exception with which it began."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return error

"""Exchanges with WSGI applications, checked for conformance, and which pages can make a call.

What should come back, each test says itself.
"""

from __future__ import annotations

import textwrap
import warnings
from typing import NamedTuple
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from werkzeug.middleware.lint import HTTPWarning, LintMiddleware

from wsgicors.testing import Browser, CORSError

PAGE = "https://app.example.com"
ADMIN = "https://admin.example.com"
EVIL = "https://evil.example"
#: The pages that are asked for in `callers`; where all of them can call, anybody can.
EVERYBODY = {PAGE, ADMIN, EVIL, "null"}


class Answer(NamedTuple):
    """What a server would have put on the wire."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    environ: dict[str, object]

    @property
    def decision(self):
        return self.environ.get("wsgicors.decision")

    def values(self, name):
        return [value for header, value in self.headers if header.lower() == name.lower()]

    def __str__(self):
        """The answer as HTTP writes it, without the line end of its body."""
        head = [self.status, *(f"{name}: {value}" for name, value in self.headers)]
        return "\n".join([*head, "", self.body.decode()]).rstrip("\n")


def written(text):
    """An answer as it is written in a table: without the indentation."""
    return textwrap.dedent(text).strip()


def environ_of(path="/", method="GET", origin=None, asks=None, headers=None, **more):
    """A request's environ.

    :param asks: the ``Access-Control-Request-Method``.
    :param headers: the ``Access-Control-Request-Headers``.
    """
    fields = {
        "HTTP_ORIGIN": origin,
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": asks,
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": headers,
    }
    environ = {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": ""}
    environ.update(more)
    environ.update((name, value) for name, value in fields.items() if value is not None)
    setup_testing_defaults(environ)
    return environ


def answer(app, environ):
    """Serve one request as PEP 3333 has it, and be strict about `start_response`."""
    started, chunks = [], []

    def start_response(status, headers, exc_info=None):
        assert not started or exc_info is not None, "started twice without exc_info"
        if exc_info is not None and chunks:
            raise exc_info[1]
        started[:] = [status, headers]
        return chunks.append

    iterable = app(environ, start_response)
    try:
        chunks.extend(iterable)
    finally:
        getattr(iterable, "close", lambda: None)()
    return Answer(*started, b"".join(chunks), environ)


def strict(app):
    """The application between two independent checks of WSGI conformance."""
    return validator(LintMiddleware(app))


def send(app, path="/", **request):
    """One exchange through the checks."""
    with warnings.catch_warnings():
        # RFC 9110, section 8.6 forbids the Content-Length that this check asks for.
        warnings.filterwarnings("ignore", "204 responses must have an empty", HTTPWarning)
        return answer(strict(app), environ_of(path, **request))


def preflight(app, path="/", origin=PAGE, asks="PUT", **request):
    return send(app, path, method="OPTIONS", origin=origin, asks=asks, **request)


def callers(app, path="/", method="GET", *, pages=EVERYBODY, **request):
    """The pages that can make a call and read the response, each in a browser of its own.

    The others are kept from it twice: the preflight stops the call, and where a browser remembers
    one from before, the response is not theirs either. No ``*`` is sent unless everybody can.
    """
    call = {"path": path, "method": method, **request}
    refused = refusals(app, pages, **call)
    assert all(map(is_denied_at_once, refused.values()))
    assert refusals(permitted(app), pages, **call).keys() == refused.keys()
    able = set(pages) - refused.keys()
    with_credentials = refusals(app, able, **{**call, "credentials": "include"})
    reasons = {error.reason for error in with_credentials.values()}
    assert ("allow-origin-wildcard" in reasons) == (able == EVERYBODY)
    return able


def is_denied_at_once(error):
    """Whether the origin was refused, and in the first exchange."""
    (kind, _, response), *later = error.exchanges
    # Where nothing governs a URL, Flask itself answers its OPTIONS with 200.
    is_status_right = kind == "actual" or response.status in (200, 403)
    return error.reason == "allow-origin-missing" and is_status_right and not later


def refusals(app, pages, **call):
    """The pages that cannot make a call and read the response, and why."""
    found = {page: refusal(app, page, **call) for page in pages}
    return {page: error for page, error in found.items() if error is not None}


def refusal(app, page, path, method="GET", **request):
    """Why a page cannot make a call and read the response; ``None`` if it can."""
    try:
        Browser(validator(app), page).fetch(path, method, **request)
    except CORSError as error:
        return error
    return None


def permitted(app):
    """The application as it is to browsers that remember a preflight that was granted."""

    def application(environ, start_response):
        if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" not in environ:
            return app(environ, start_response)
        allowed = {
            "Access-Control-Allow-Origin": environ["HTTP_ORIGIN"],
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Allow-Methods": environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"],
            "Access-Control-Allow-Headers": environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", ""),
        }
        start_response("204 No Content", list(allowed.items()))
        return []

    return application


def site(*headers, status="200 OK", body=b"hello"):
    """An application that answers everything alike, and keeps in ``.calls`` for which methods."""

    def application(environ, start_response):
        application.calls.append(environ["REQUEST_METHOD"])
        start_response(status, [("Content-Type", "text/plain"), *headers])
        return [body]

    application.calls = []
    return application

"""What every server serves: one application under the middleware, and one with the Flask extension.

The middleware is at the root, Flask below ``/flask``. Servers load ``application`` from here, some
of them with another Python than that of the tests.
"""

from __future__ import annotations

import io
import sys
from wsgiref.util import FileWrapper

import flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from wsgicors import CORSMiddleware, Policy
from wsgicors.flask import CORS, cross_origin, same_origin

PARTNERS = Policy(
    allow_origins=["https://app.example.com", "https://*.partner.example"],
    allow_credentials=True,
    allow_methods="*",
    allow_headers="*",
    expose_headers="X-Total",
    max_age=600,
)


class Closing(list):
    """A body that tells whether it was closed, and how often."""

    closed = 0

    def close(self):
        Closing.closed += 1


def site(environ, start_response):
    """An application that responds in each of the ways of PEP 3333."""
    pages = [file, write, late, stream, generator, closing, count, kept]
    page = {f"/{page.__name__}": page for page in pages}.get(environ["PATH_INFO"], plain)
    return page(environ, start_response)


def plain(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [b"hello"]


def file(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Vary", "Accept-Encoding")])
    return environ.get("wsgi.file_wrapper", FileWrapper)(io.BytesIO(b"hello"))


def write(environ, start_response):
    send = start_response(
        "200 OK", [("Content-Type", "text/plain"), ("Access-Control-Allow-Origin", "*")]
    )
    send(b"hel")
    return [b"lo"]


def late(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    try:
        [].pop()
    except IndexError:
        start_response("500 Oh no", [("Content-Type", "text/plain")], sys.exc_info())
    return [b"hello"]


def stream(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return iter([b"hel", b"lo"])


def generator(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"hel"
    yield b"lo"


def closing(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Closing([b"hello"])


def count(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(Closing.closed).encode()]


def kept(environ, start_response):
    """What a cache may keep."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Cache-Control", "max-age=600")])
    return [b"hello"]


def flask_site():
    app = flask.Flask(__name__)
    CORS(app, **PARTNERS.settings())
    app.add_url_rule("/", "index", lambda: "hello", methods=["GET", "PUT", "DELETE"])
    app.add_url_rule(
        "/open", "open", cross_origin(allow_origins="*", allow_credentials=False)(lambda: "hello")
    )
    app.add_url_rule("/closed", "closed", same_origin(lambda: "hello"))
    app.add_url_rule("/stream", "stream", lambda: iter(["hel", "lo"]))
    app.add_url_rule("/kept", "kept", lambda: ("hello", {"Cache-Control": "max-age=600"}))
    return app


application = DispatcherMiddleware(
    CORSMiddleware(
        site,
        PARTNERS,
        routes={
            "/open": Policy(allow_origins="*", allow_credentials=False),
            "/closed": Policy(allow_origins=[]),
            "/untouched": None,
        },
    ),
    {"/flask": flask_site()},
)

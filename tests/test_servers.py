"""The same answers over a socket, from both front doors: gunicorn, Werkzeug threaded, wsgiref."""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.util import FileWrapper

import flask
import pytest
import werkzeug.serving
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from wsgicors import CORSMiddleware, Policy
from wsgicors.flask import CORS, cross_origin, same_origin

ROW = pytest.param
APP = "https://app.example.com"
EVIL = "https://evil.example"
PARTNERS = Policy(
    allow_origins=[APP, "https://*.partner.example"],
    allow_credentials=True,
    allow_methods="*",
    allow_headers="*",
    expose_headers="X-Total",
    max_age=600,
)

# --- what is served: this file is a module of applications too, for gunicorn ---------------------


class Closing(list):
    """A body that tells whether it was closed, and how often."""

    closed = 0

    def close(self):
        Closing.closed += 1


def site(environ, start_response):
    """An application that responds in each of the ways of PEP 3333."""
    pages = [file, write, late, stream, closing, count]
    page = {f"/{page.__name__}": page for page in pages}.get(environ["PATH_INFO"], plain)
    return page(environ, start_response)


def plain(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


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
    yield b"hel"
    yield b"lo"


def closing(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Closing([b"hello"])


def count(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(Closing.closed).encode()]


def flask_site():
    app = flask.Flask(__name__)
    CORS(app, **PARTNERS.settings())
    app.add_url_rule("/", "index", lambda: "hello", methods=["GET", "PUT", "DELETE"])
    app.add_url_rule(
        "/open", "open", cross_origin(allow_origins="*", allow_credentials=False)(lambda: "hello")
    )
    app.add_url_rule("/closed", "closed", same_origin(lambda: "hello"))
    app.add_url_rule("/stream", "stream", lambda: iter(["hel", "lo"]))
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

# --- the servers ---------------------------------------------------------------------------------


@contextlib.contextmanager
def gunicorn():
    pytest.importorskip("gunicorn")
    command = [sys.executable, "-m", "gunicorn", "--threads=4", "--log-level=warning"]
    place = ["--chdir", str(Path(__file__).parent), f"{Path(__file__).stem}:application"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # Whoever connects before it is ready waits; once it is gone nobody does, as it alone listens.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, handle = listening.getsockname()[1], listening.fileno()
        process = subprocess.Popen(
            [*command, f"--bind=fd://{handle}", *place], pass_fds=[handle], env=environment
        )
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def served(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def werkzeug_threaded():
    class Quiet(werkzeug.serving.WSGIRequestHandler):
        def log(self, *args):
            pass

    return served(
        werkzeug.serving.make_server("127.0.0.1", 0, application, True, request_handler=Quiet)
    )


def wsgiref():
    class Quiet(WSGIRequestHandler):
        def log_message(self, *args):
            pass

    return served(make_server("127.0.0.1", 0, application, handler_class=Quiet))


@pytest.fixture(
    scope="module",
    params=[gunicorn, werkzeug_threaded, wsgiref],
    ids=lambda server: server.__name__,
)
def port(request):
    with request.param() as port:
        yield port


# --- the client ----------------------------------------------------------------------------------


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def send(self, path, method="GET", origin=(), asks=(), headers=()):
        """One exchange: the status, the lines that matter to CORS, and the body."""
        fields = {
            "Origin": origin,
            "Access-Control-Request-Method": asks,
            "Access-Control-Request-Headers": headers,
        }
        self.connection.putrequest(method, path)
        for name, values in fields.items():
            for value in [values] if isinstance(values, (str, bytes)) else values:
                self.connection.putheader(name, value)
        self.connection.endheaders()
        response = self.connection.getresponse()
        body = response.read()
        return response.status, cors_lines(response.getheaders()), body

    def preflight(self, path, origin=APP, asks="PUT", headers=()):
        return self.send(path, "OPTIONS", origin, asks, headers)


def cors_lines(lines):
    """What concerns CORS, in any order: Flask and the servers have theirs for the rest."""
    return sorted(
        f"{name}: {value}" for name, value in lines if name.startswith(("Access-Control-", "Vary"))
    )


@pytest.fixture
def client(port):
    client = Client(port)
    with contextlib.closing(client.connection):
        yield client


@pytest.fixture(params=["", "/flask"], ids=["middleware", "flask"])
def door(request):
    """Where the front door stands: the middleware at the root, Flask below a mount point."""
    return request.param


SHARED = [
    "Access-Control-Allow-Credentials: true",
    f"Access-Control-Allow-Origin: {APP}",
    "Access-Control-Expose-Headers: X-Total",
    "Vary: Origin",
]
ON_REQUEST = "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


@pytest.mark.parametrize(
    ("path", "origin", "lines"),
    [
        ROW("/", APP, SHARED, id="origin allowed"),
        ROW(
            "/",
            "https://a.partner.example",
            [line.replace(APP, "https://a.partner.example") for line in SHARED],
            id="origin allowed by a pattern",
        ),
        ROW("/stream", APP, SHARED, id="stream"),
        ROW("/", EVIL, ["Vary: Origin"], id="origin not allowed"),
        ROW("/", (), ["Vary: Origin"], id="no Origin"),
        ROW("/", "null", ["Vary: Origin"], id="null"),
        ROW("/", "", ["Vary: Origin"], id="empty Origin"),
        ROW("/", (APP, EVIL), ["Vary: Origin"], id="two Origin lines"),
        ROW("/", (APP, APP), ["Vary: Origin"], id="the same Origin twice"),
        ROW("/", f"{APP}/", ["Vary: Origin"], id="Origin with a slash"),
        ROW(
            "/",
            "https://ä.partner.example".encode("latin-1"),
            ["Vary: Origin"],
            id="Origin in Latin-1",
        ),
        ROW("/", "https://ä.partner.example".encode(), ["Vary: Origin"], id="Origin in UTF-8"),
        ROW("/", "https://" + "a." * 2000 + "partner.example", ["Vary: Origin"], id="long Origin"),
        ROW(
            "/open",
            APP,
            ["Access-Control-Allow-Origin: *", "Access-Control-Expose-Headers: X-Total"],
            id="everybody",
        ),
        ROW(
            "/open",
            (),
            ["Access-Control-Allow-Origin: *", "Access-Control-Expose-Headers: X-Total"],
            id="everybody, no Origin",
        ),
        ROW("/closed", APP, ["Vary: Origin"], id="nobody"),
    ],
)
def test_actual(client, door, path, origin, lines):
    assert client.send(door + path, origin=origin) == (200, lines, b"hello")


@pytest.mark.parametrize(
    ("path", "request_", "status", "lines"),
    [
        ROW(
            "/",
            {"headers": "x-a,x-b"},
            204,
            [
                "Access-Control-Allow-Credentials: true",
                "Access-Control-Allow-Headers: x-a, x-b",
                "Access-Control-Allow-Methods: PUT",
                f"Access-Control-Allow-Origin: {APP}",
                "Access-Control-Max-Age: 600",
                ON_REQUEST,
            ],
            id="origin allowed",
        ),
        ROW(
            "/",
            {"asks": "a b", "headers": "x a,\xff,cookie,authorization"},
            204,
            [
                "Access-Control-Allow-Credentials: true",
                f"Access-Control-Allow-Origin: {APP}",
                "Access-Control-Max-Age: 600",
                ON_REQUEST,
            ],
            id="nothing that may be granted",
        ),
        ROW(
            "/",
            {"headers": "x," * 3000},
            204,
            [
                "Access-Control-Allow-Credentials: true",
                "Access-Control-Allow-Methods: PUT",
                f"Access-Control-Allow-Origin: {APP}",
                "Access-Control-Max-Age: 600",
                ON_REQUEST,
            ],
            id="more headers than are looked at",
        ),
        ROW("/", {"origin": EVIL}, 403, [ON_REQUEST], id="origin not allowed"),
        ROW("/", {"origin": (APP, EVIL)}, 403, [ON_REQUEST], id="two Origin lines"),
        ROW("/closed", {}, 403, [ON_REQUEST], id="nobody"),
    ],
)
def test_preflight(client, door, path, request_, status, lines):
    body = (
        b"" if status == 204 else b"Cross-origin request denied: this origin is not allowed here.\n"
    )
    assert client.preflight(door + path, **request_) == (status, lines, body)


def test_preflight_and_actual_request_on_one_connection(client, door):
    for _ in range(2):
        assert client.preflight(f"{door}/")[0] == 204
        assert client.send(f"{door}/", "PUT", APP) == (200, SHARED, b"hello")


@pytest.mark.parametrize(
    ("path", "status", "lines"),
    [
        ROW("/file", 200, [*SHARED[:3], "Vary: Accept-Encoding, Origin"], id="file wrapper"),
        ROW("/write", 200, SHARED, id="write()"),
        ROW("/untouched", 200, [], id="not governed"),
    ],
)
def test_each_way_to_answer(client, path, status, lines):
    assert client.send(path, origin=APP) == (status, lines, b"hello")


def test_a_response_that_is_started_again_has_each_line_once(client):
    client.connection.request("GET", "/late", headers={"Origin": APP})
    response = client.connection.getresponse()
    assert (response.status, response.read()) == (500, b"hello")
    # gunicorn sends the lines of both starts, against PEP 3333; the application's own as well.
    starts = len(response.headers.get_all("Content-Type"))
    assert cors_lines(response.getheaders()) == sorted(SHARED * starts)


def test_every_body_is_closed_once(client):
    before = number_closed(client)
    for _ in range(5):
        client.send("/closing", origin=APP)
    # A server closes a body when the client has it already.
    deadline = time.monotonic() + 10
    while number_closed(client) < before + 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert number_closed(client) == before + 5


def number_closed(client):
    return int(client.send("/count")[2])


def test_a_flask_error_is_shared_too(client):
    status, lines, _ = client.send("/flask/nowhere", origin=APP)
    assert (status, lines) == (404, SHARED)


@pytest.mark.parametrize(
    "path",
    [
        ROW("/open/../", id="dot segments"),
        ROW("/open/%2e%2e/", id="encoded dots"),
        ROW("/open/%252e%252e/", id="dots, encoded twice"),
        ROW("/open//x", id="empty segment"),
        ROW("/open%5c..%5c", id="backslashes"),
    ],
)
def test_a_path_in_disguise_is_nobodys(client, path):
    assert client.send(path, origin=APP)[1] == ["Vary: Origin"]
    assert client.preflight(path)[:2] == (403, ["Vary: Origin"])


def test_answers_to_many_at_once_are_not_mixed_up(port, door):
    def exchange(number):
        origin = f"https://n{number}.partner.example"
        client = Client(port)
        with contextlib.closing(client.connection):
            return [
                client.send(f"{door}/", origin=origin)[1][1],
                client.preflight(f"{door}/", origin=origin, asks=f"M{number}")[1][1:3],
            ] == [
                f"Access-Control-Allow-Origin: {origin}",
                [
                    f"Access-Control-Allow-Methods: M{number}",
                    f"Access-Control-Allow-Origin: {origin}",
                ],
            ]

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(exchange, range(40)))

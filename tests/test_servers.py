"""The same answers over a socket, from both front doors, under every server that people use."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from servers import LIGHT, SERVERS, served

ROW = pytest.param
APP = "https://app.example.com"
PARTNER = "https://a.partner.example"
EVIL = "https://evil.example"


def rows_of(names):
    return [ROW(name, marks=[] if name in LIGHT else pytest.mark.servers) for name in names]


@pytest.fixture(scope="module", params=rows_of(SERVERS))
def port(request):
    with served(request.param) as port:
        yield port


def under(*names):
    """For a test that not every server is put to."""
    return pytest.mark.parametrize("port", rows_of(names), indirect=True, scope="module")


def under_all_but(name):
    return under(*(other for other in SERVERS if other != name))


def with_outcome(outcomes):
    """For a test whose ``outcome`` is not the same under every server."""
    rows = [
        ROW(row.values[0], outcomes[row.values[0]], marks=row.marks) for row in rows_of(outcomes)
    ]
    names = ("port", "outcome")
    return pytest.mark.parametrize(names, rows, ids=[*outcomes], indirect=["port"], scope="module")


#: For what depends on how a server reads a request, or on the corners of PEP 3333 that it leaves out.
to_the_letter = under(*LIGHT)


# --- the client ----------------------------------------------------------------------------------


class Client:
    """Sends over one connection, or over another where the server has closed that."""

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
        response = self.last = self.connection.getresponse()
        body = response.read()
        return response.status, cors_lines(response.getheaders()), body

    def preflight(self, path, origin=APP, asks="PUT", headers=()):
        return self.send(path, "OPTIONS", origin, asks, headers)


def cors_lines(lines):
    """What concerns CORS, in any order and case: Flask and the servers have theirs for the rest."""
    written = ((name.title(), ", ".join(re.split(r", *", value))) for name, value in lines)
    return sorted(
        f"{name}: {value}"
        for name, value in written
        if name.startswith("Access-Control-") or name == "Vary"
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
            PARTNER,
            [line.replace(APP, PARTNER) for line in SHARED],
            id="origin allowed by a pattern",
        ),
        ROW("/stream", APP, SHARED, id="stream"),
        ROW("/", EVIL, ["Vary: Origin"], id="origin not allowed"),
        ROW("/", (), ["Vary: Origin"], id="no Origin"),
        ROW("/", "null", ["Vary: Origin"], id="null"),
        ROW("/", "", ["Vary: Origin"], id="empty Origin"),
        ROW("/", f"{APP}/", ["Vary: Origin"], id="Origin with a slash"),
        ROW(
            "/",
            "https://ä.partner.example".encode("latin-1"),
            ["Vary: Origin"],
            id="Origin in Latin-1",
        ),
        ROW("/", "https://ä.partner.example".encode(), ["Vary: Origin"], id="Origin in UTF-8"),
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


@to_the_letter
@pytest.mark.parametrize(
    "origin",
    [
        ROW((APP, EVIL), id="two Origin lines"),
        ROW((APP, APP), id="the same Origin twice"),
        ROW("https://" + "a." * 2000 + "partner.example", id="long Origin"),
    ],
)
def test_an_origin_that_no_browser_sends_is_nobody(client, door, origin):
    assert client.send(f"{door}/", origin=origin) == (200, ["Vary: Origin"], b"hello")


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


@to_the_letter
def test_more_requested_headers_than_are_looked_at_are_not_allowed(client, door):
    assert client.preflight(f"{door}/", headers="x," * 3000)[:2] == (
        204,
        [
            "Access-Control-Allow-Credentials: true",
            "Access-Control-Allow-Methods: PUT",
            f"Access-Control-Allow-Origin: {APP}",
            "Access-Control-Max-Age: 600",
            ON_REQUEST,
        ],
    )


def test_preflight_and_actual_request_on_one_connection(client, door):
    for _ in range(2):
        assert client.preflight(f"{door}/")[0] == 204
        assert client.send(f"{door}/", "PUT", APP) == (200, SHARED, b"hello")


def test_a_closed_path_stays_closed_to_a_preflight_that_encodes_it(client, door):
    assert client.preflight(f"{door}/%63losed")[0] == 403


def test_no_byte_of_a_body_follows_an_answered_preflight(port, door):
    request = f"OPTIONS {door}/ HTTP/1.1\r\nHost: localhost\r\nOrigin: {APP}\r\n"
    request += "Access-Control-Request-Method: PUT\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), 20) as raw:
        raw.sendall(request.encode())
        head, _, body = raw.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == b"204"
    assert body == b""


# Hypercorn answers 500 where the body has no chunk, as Flask's for a HEAD; without CORS as well.
@under_all_but("hypercorn")
def test_head_has_the_headers_of_get_and_no_body(client, door):
    for _ in range(2):
        assert client.send(f"{door}/", "HEAD", APP) == (200, SHARED, b"")
        assert client.send(f"{door}/", origin=APP) == (200, SHARED, b"hello")


@pytest.mark.parametrize("field", ["Origin", "Access-Control-Request-Headers", "Host", "X-Other"])
def test_a_header_of_a_mebibyte_opens_nothing_and_stops_nobody(port, client, door, field):
    with contextlib.suppress(OSError, http.client.HTTPException):  # most servers refuse it
        large = Client(port)
        with contextlib.closing(large.connection):
            large.connection.request("GET", f"{door}/", headers={field: "x" * 2**20})
            assert "Access-Control-Allow-Origin" not in large.connection.getresponse().headers
    assert client.send(f"{door}/", origin=APP) == (200, SHARED, b"hello")


@under("nginx-cache", "varnish")
def test_a_cache_never_gives_one_origin_the_answer_to_another(client, door):
    def answers():
        return {
            origin: (client.send(f"{door}/kept", origin=origin), was_kept(client.last))
            for origin in (APP, PARTNER, EVIL, ())
        }

    lines = {APP: SHARED, PARTNER: [line.replace(APP, PARTNER) for line in SHARED]}
    answers()
    assert answers() == {
        origin: ((200, lines.get(origin, ["Vary: Origin"]), b"hello"), True)
        for origin in (APP, PARTNER, EVIL, ())
    }


def was_kept(response):
    """Whether a cache had the answer already: Varnish then names two requests."""
    varnish = response.getheader("X-Varnish", "")
    return response.getheader("X-Cache") == "HIT" or len(varnish.split()) == 2


@to_the_letter
@pytest.mark.parametrize(
    ("path", "status", "lines"),
    [
        ROW("/file", 200, [*SHARED[:3], "Vary: Accept-Encoding, Origin"], id="file wrapper"),
        ROW("/write", 200, SHARED, id="write()"),
        ROW("/generator", 200, SHARED, id="generator"),
        ROW("/untouched", 200, [], id="not governed"),
    ],
)
def test_each_way_to_answer(client, path, status, lines):
    assert client.send(path, origin=APP) == (status, lines, b"hello")


#: What becomes of a second start, where it is not what PEP 3333 says; of what stands behind a proxy, too.
BOTH = "gunicorn-sync gunicorn-gthread gunicorn-gevent cheroot nginx-proxy nginx-cache"
STARTED_AGAIN = {
    **dict.fromkeys(BOTH.split(), (500, sorted(SHARED * 2), b"hello")),
    "varnish": (500, [*sorted(SHARED[:-1] * 2), "Vary: Origin, Origin"], b"hello"),
    **dict.fromkeys(("uwsgi", "nginx-fastcgi-uwsgi", "nginx-uwsgi"), (500, SHARED, b"")),
    "uvicorn-a2wsgi": (200, SHARED, b"hello"),
}


@with_outcome({**dict.fromkeys(SERVERS, (500, SHARED, b"hello")), **STARTED_AGAIN})
def test_a_response_that_is_started_again(client, outcome):
    assert client.send("/late", origin=APP) == outcome


# The documentation tells of the faults that servers have ("Which server?").


@with_outcome({"granian": (200, [], b"hello")})
def test_a_generator_that_loses_its_headers(client, outcome):
    assert client.send("/generator", origin=APP) == outcome


@with_outcome(dict.fromkeys(("hypercorn", "granian"), (500, [], b"")))
def test_write_that_is_not_there(client, outcome):
    assert client.send("/write", origin=APP) == outcome


@with_outcome({"hypercorn": (500, [], b"")})
def test_a_body_without_a_chunk_that_is_lost(client, outcome):
    assert client.send("/flask/", "HEAD", APP) == outcome


@to_the_letter
def test_every_body_is_closed_once(client):
    before = number_closed(client)
    for _ in range(5):
        client.send("/closing", origin=APP)
    # A server closes a body when the client has it already.
    deadline = time.monotonic() + 30
    while number_closed(client) < before + 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert number_closed(client) == before + 5


def number_closed(client):
    return int(client.send("/count")[2])


def test_a_flask_error_is_shared_too(client):
    status, lines, _ = client.send("/flask/nowhere", origin=APP)
    assert (status, lines) == (404, SHARED)


@to_the_letter
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


@under_all_but("cgi")  # which has a process for each request
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
        assert all(pool.map(exchange, range(16)))

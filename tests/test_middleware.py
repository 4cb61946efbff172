"""The middleware on the wire: section 3 of the design as a table, PEP 3333 to the letter."""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import io
import logging
import pickle
import sys
import threading
import weakref
from collections import UserList
from unittest.mock import Mock
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import a2wsgi
import flask
import pytest
from exchanges import Answer, answer, callers, environ_of, preflight, send, site, written
from hypothesis import given
from hypothesis import strategies as st
from strategies import anything, texts
from webtest import TestApp
from werkzeug.datastructures import Headers
from werkzeug.local import LocalProxy
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.lint import LintMiddleware
from werkzeug.wrappers import Request, Response

from wsgicors import ConfigError, CORSMiddleware, Policy, cors
from wsgicors.flask import CORS, cross_origin, same_origin
from wsgicors.headers import HeaderBuilder
from wsgicors.lines import PLAIN_NAMES, VARY_LINES, Author
from wsgicors.middleware import decide_actual

ROW = pytest.param
APP = "https://app.example.com"
EVIL = "https://evil.example"

# --- requests and their answers ------------------------------------------------------------------

EVERYBODY = {
    "allow_origins": "*",
    "allow_methods": "*",
    "allow_headers": "*",
    "expose_headers": "*",
}
PARTNERS = {
    "allow_origins": [APP, "https://*.partner.example", "null"],
    "allow_methods": "GET, PUT",
    "allow_headers": "Content-Type, X-Token",
    "expose_headers": "X-Total",
    "max_age": 600,
}
COOKIES = {
    "allow_origins": APP,
    "allow_credentials": True,
    "allow_methods": "*",
    "allow_headers": "*, Authorization",
    "expose_headers": "X-Total",
}
NOBODY = {"allow_origins": []}

DENIED = """
    403 Forbidden
    Content-Type: text/plain; charset=utf-8
    Content-Length: 62
    Vary: Origin

    Cross-origin request denied: this origin is not allowed here.
"""
UNSHARED = """
    200 OK
    Content-Type: text/plain
    Vary: Origin

    hello
"""


def get(origin=None, method="GET", **more):
    return {"origin": origin, "method": method, **more}


def ask(method, headers=None, origin=APP):
    return {"method": "OPTIONS", "origin": origin, "asks": method, "headers": headers}


TABLE = [
    ROW(
        EVERYBODY,
        get(APP),
        """
        200 OK
        Content-Type: text/plain
        Access-Control-Allow-Origin: *
        Access-Control-Expose-Headers: *

        hello
        """,
        id="actual, everybody: shared with all, no Vary",
    ),
    ROW(
        EVERYBODY,
        get(),
        """
        200 OK
        Content-Type: text/plain
        Access-Control-Allow-Origin: *
        Access-Control-Expose-Headers: *

        hello
        """,
        id="actual, everybody, no Origin: the same, as caches serve it to all",
    ),
    ROW(
        EVERYBODY,
        ask("PATCH", "x-a,x-b"),
        """
        204 No Content
        Access-Control-Allow-Origin: *
        Access-Control-Allow-Methods: *
        Access-Control-Allow-Headers: *
        """,
        id="preflight, everybody: literal wildcards, no Vary",
    ),
    ROW(
        PARTNERS,
        get(APP),
        """
        200 OK
        Content-Type: text/plain
        Access-Control-Allow-Origin: https://app.example.com
        Access-Control-Expose-Headers: X-Total
        Vary: Origin

        hello
        """,
        id="actual, origin allowed: shared with it, Vary",
    ),
    ROW(
        PARTNERS,
        get("https://eu.partner.example", method="PUT"),
        """
        200 OK
        Content-Type: text/plain
        Access-Control-Allow-Origin: https://eu.partner.example
        Access-Control-Expose-Headers: X-Total
        Vary: Origin

        hello
        """,
        id="actual, origin allowed by a pattern",
    ),
    ROW(
        PARTNERS,
        get("null"),
        """
        200 OK
        Content-Type: text/plain
        Access-Control-Allow-Origin: null
        Access-Control-Expose-Headers: X-Total
        Vary: Origin

        hello
        """,
        id="actual, null listed by name",
    ),
    ROW(PARTNERS, get(EVIL), UNSHARED, id="actual, origin not allowed: Vary alone"),
    ROW(
        PARTNERS,
        get(EVIL, method="DELETE"),
        UNSHARED,
        id="actual, method not allowed: the server's business",
    ),
    ROW(PARTNERS, get(), UNSHARED, id="actual, no Origin: Vary alone"),
    ROW(NOBODY, get(APP), UNSHARED, id="actual, nobody: Vary alone"),
    ROW(
        PARTNERS,
        ask("PUT", "content-type,x-token"),
        """
        204 No Content
        Access-Control-Allow-Origin: https://app.example.com
        Access-Control-Allow-Methods: GET, PUT
        Access-Control-Allow-Headers: Content-Type, X-Token
        Access-Control-Max-Age: 600
        Vary: Origin
        """,
        id="preflight, origin allowed: the full lists",
    ),
    ROW(
        PARTNERS,
        ask("DELETE", "x-other"),
        """
        204 No Content
        Access-Control-Allow-Origin: https://app.example.com
        Access-Control-Allow-Methods: GET, PUT
        Access-Control-Allow-Headers: Content-Type, X-Token
        Access-Control-Max-Age: 600
        Vary: Origin
        """,
        id="preflight, method and headers not allowed: the full lists all the same",
    ),
    ROW(
        PARTNERS,
        ask("PUT", origin=EVIL),
        DENIED,
        id="preflight, origin not allowed: 403, plain text, no Access-Control-* header",
    ),
    ROW(PARTNERS, ask("PUT", origin=""), DENIED, id="preflight, empty Origin: 403"),
    ROW(PARTNERS, ask("PUT", origin=f"{APP}/"), DENIED, id="preflight, Origin with a slash: 403"),
    ROW(NOBODY, ask("PUT"), DENIED, id="preflight, nobody: 403"),
    ROW(
        {"allow_origins": APP},
        ask("PUT"),
        """
        204 No Content
        Access-Control-Allow-Origin: https://app.example.com
        Access-Control-Allow-Methods: GET, HEAD, POST
        Vary: Origin
        """,
        id="preflight, nothing said of methods: the safelisted ones",
    ),
    ROW(
        COOKIES,
        get(APP),
        """
        200 OK
        Content-Type: text/plain
        Access-Control-Allow-Origin: https://app.example.com
        Access-Control-Allow-Credentials: true
        Access-Control-Expose-Headers: X-Total
        Vary: Origin

        hello
        """,
        id="actual, credentials",
    ),
    ROW(
        COOKIES, get(EVIL), UNSHARED, id="actual, credentials, origin not allowed: no word of them"
    ),
    ROW(
        COOKIES,
        ask("PATCH", "authorization,x-a"),
        """
        204 No Content
        Access-Control-Allow-Origin: https://app.example.com
        Access-Control-Allow-Credentials: true
        Access-Control-Allow-Methods: PATCH
        Access-Control-Allow-Headers: Authorization, x-a
        Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers
        """,
        id="preflight, credentials and wildcards: what was asked for, Vary",
    ),
    ROW(
        COOKIES,
        ask("PATCH", origin=EVIL),
        DENIED.replace(
            "Vary: Origin",
            "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        ),
        id="preflight, credentials and wildcards, origin not allowed: 403, the same Vary",
    ),
]


@pytest.mark.parametrize("check", [validator, LintMiddleware])
@pytest.mark.filterwarnings("ignore:204 responses must have an empty content length")
@pytest.mark.parametrize(("fields", "request_", "expected"), TABLE)
def test_the_answer_to(fields, request_, expected, check):
    inside = site()
    app = check(CORSMiddleware(check(inside), **fields))
    answered = answer(app, environ_of(**request_))
    assert str(answered) == written(expected)
    assert inside.calls == ([] if request_.get("asks") else [request_["method"]])
    assert answered.decision.headers == tuple(answered.headers[-len(answered.decision.headers) :])


@pytest.mark.parametrize(("fields", "request_", "expected"), TABLE)
def test_a_webtest_client_sees_the_same(fields, request_, expected):
    app = TestApp(CORSMiddleware(site(("Content-Length", "5")), **fields))
    sent = {
        name: value for name, value in environ_of(**request_).items() if name.startswith("HTTP_")
    }
    answered = app.request("/", method=request_["method"], environ=sent, expect_errors=True)
    seen = Answer(answered.status, answered.headerlist, answered.body, {})
    length = "Content-Type: text/plain\nContent-Length: 5\n"
    assert str(seen) == written(expected).replace("Content-Type: text/plain\n", length)


@pytest.mark.parametrize(
    ("request_", "is_preflight"),
    [
        ROW(
            {"method": "OPTIONS", "origin": APP, "asks": "PUT"},
            True,
            id="OPTIONS, Origin, requested method",
        ),
        ROW(
            {"method": "OPTIONS", "origin": APP, "asks": "?"},
            True,
            id="requested method that is none",
        ),
        ROW({"method": "OPTIONS", "origin": "?", "asks": "PUT"}, True, id="Origin that is none"),
        ROW({"method": "OPTIONS", "origin": APP, "asks": ""}, False, id="requested method empty"),
        ROW({"method": "OPTIONS", "origin": APP}, False, id="no requested method"),
        ROW({"method": "OPTIONS", "asks": "PUT"}, False, id="no Origin"),
        ROW(
            {"method": "OPTIONS", "origin": APP, "headers": "x-a"},
            False,
            id="requested headers alone",
        ),
        ROW({"method": "GET", "origin": APP, "asks": "PUT"}, False, id="GET"),
        ROW({"method": "options", "origin": APP, "asks": "PUT"}, False, id="options in lower case"),
    ],
)
def test_what_is_a_preflight(request_, is_preflight):
    inside = site()
    answer(CORSMiddleware(inside, allow_origins="*"), environ_of(**request_))
    assert inside.calls == ([] if is_preflight else [request_["method"]])


# --- sole author of Access-Control-*, co-author of Vary ------------------------------------------

TYPE = ("Content-Type", "text/plain")
SHARED = [("Access-Control-Allow-Origin", APP), ("Vary", "Origin")]


@pytest.mark.parametrize(
    ("fields", "written_", "sent"),
    [
        ROW({"allow_origins": APP}, [TYPE], [TYPE, *SHARED], id="nothing of ours"),
        ROW({"allow_origins": APP}, [], SHARED, id="nothing at all"),
        ROW(
            {"allow_origins": APP},
            [
                ("Access-Control-Allow-Origin", "*"),
                TYPE,
                ("Access-Control-Allow-Credentials", "true"),
            ],
            [TYPE, *SHARED],
            id="Access-Control-* dropped",
        ),
        ROW(
            {"allow_origins": APP},
            [("access-control-allow-origin", EVIL), ("ACCESS-CONTROL-ALLOW-ORIGIN", "null"), TYPE],
            [TYPE, *SHARED],
            id="Access-Control-* dropped in any case, however often",
        ),
        ROW(
            {"allow_origins": APP},
            [("Access-Control-Allow-Private-Network", "true"), ("Access-Control-New", "x")],
            SHARED,
            id="unknown Access-Control-* dropped",
        ),
        ROW(
            {"allow_origins": EVIL},
            [("Access-Control-Allow-Origin", "*"), TYPE],
            [TYPE, ("Vary", "Origin")],
            id="Access-Control-* dropped where the origin is denied",
        ),
        ROW(
            {"allow_origins": "*"},
            [("Access-Control-Allow-Origin", APP), ("Vary", "Origin")],
            [("Vary", "Origin"), ("Access-Control-Allow-Origin", "*")],
            id="everybody: Vary is the application's own",
        ),
        ROW(
            {"allow_origins": "*"},
            [("Vary", "a"), ("vary", "b,a")],
            [("Vary", "a"), ("vary", "b,a"), ("Access-Control-Allow-Origin", "*")],
            id="everybody: Vary is left alone",
        ),
        ROW(
            {"allow_origins": APP},
            [("Vary", "Accept-Encoding"), TYPE],
            [TYPE, SHARED[0], ("Vary", "Accept-Encoding, Origin")],
            id="Vary merged",
        ),
        ROW(
            {"allow_origins": APP},
            [("vary", "Accept-Encoding"), ("VARY", "Cookie, accept-encoding"), ("Vary", "")],
            [SHARED[0], ("Vary", "Accept-Encoding, Cookie, Origin")],
            id="several Vary lines become one, each name once",
        ),
        ROW(
            {"allow_origins": APP},
            [("Vary", "origin")],
            [SHARED[0], ("Vary", "origin")],
            id="Vary is complete already",
        ),
        ROW(
            {"allow_origins": APP},
            [("Vary", " ,a,, Origin\t,")],
            [SHARED[0], ("Vary", "a, Origin")],
            id="Vary with empty items",
        ),
        ROW(
            {"allow_origins": APP}, [("Vary", "*")], [SHARED[0], ("Vary", "*")], id="Vary: * stays"
        ),
        ROW(
            {"allow_origins": APP},
            [("Vary", "a"), ("Vary", "b, *")],
            [SHARED[0], ("Vary", "*")],
            id="Vary: * among others",
        ),
        ROW(
            {"allow_origins": APP},
            [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-A", "1"), ("x-a", "2")],
            [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-A", "1"), ("x-a", "2"), *SHARED],
            id="repeated lines of others are kept, in order",
        ),
        ROW(
            {"allow_origins": APP},
            [
                ("X-Access-Control-Allow-Origin", "*"),
                ("Timing-Allow-Origin", "*"),
                ("Variance", "x"),
            ],
            [
                ("X-Access-Control-Allow-Origin", "*"),
                ("Timing-Allow-Origin", "*"),
                ("Variance", "x"),
                *SHARED,
            ],
            id="names that only look alike are kept",
        ),
    ],
)
def test_lines_of_the_application(fields, written_, sent):
    app = CORSMiddleware(
        lambda environ, start_response: start_response("200 OK", written_) and [], **fields
    )
    before = list(written_)
    assert answer(app, environ_of(origin=APP)).headers == sent
    assert Author().with_headers(written_, HeaderBuilder(Policy(**fields)).actual(APP)) == sent
    assert written_ == before


CREDENTIALS = {"allow_origins": APP, "allow_credentials": True, "expose_headers": "X-Total"}


@pytest.mark.parametrize(
    ("fields", "exposed", "sent"),
    [
        ROW({"allow_origins": APP}, ["X-A"], "X-A", id="where the policy says nothing"),
        ROW({"allow_origins": APP}, ["X-A, x-b", "X-a"], "X-A, x-b", id="several lines"),
        ROW(CREDENTIALS, ["X-A, X-TOTAL"], "X-Total, X-A", id="added to those of the policy"),
        ROW(CREDENTIALS, ["*"], "X-Total", id="* with credentials, dropped"),
        ROW(CREDENTIALS, ["*, X-A"], "X-Total, X-A", id="* with credentials, among others"),
        ROW({"allow_origins": APP}, ["*"], "*", id="*"),
        ROW({"allow_origins": "*", "expose_headers": "*"}, ["X-A"], "*", id="* of the policy"),
        ROW({"allow_origins": "*"}, ["X-A"], "X-A", id="shared with everybody"),
        ROW({"allow_origins": APP}, ["", "a b, X\x00", "X-A"], "X-A", id="what is no name"),
        ROW({"allow_origins": APP}, ["", " , "], None, id="nothing"),
        ROW({"allow_origins": EVIL}, ["X-A"], None, id="origin not allowed"),
    ],
)
@pytest.mark.parametrize("is_flask", [False, True], ids=["middleware", "Flask"])
def test_names_that_the_application_exposes_are_merged(fields, exposed, sent, is_flask, caplog):
    lines = [("Access-Control-Expose-Headers", value) for value in exposed]
    app = site(*lines, ("X-A", "1"))
    if is_flask:
        inside = app
        app = flask.Flask(__name__)
        app.wsgi_app = inside
        CORS(app, **fields)
    else:
        app = CORSMiddleware(app, **fields)
    answered = answer(app, environ_of(origin=APP))
    assert answered.values("Access-Control-Expose-Headers") == ([] if sent is None else [sent])
    assert len(answered.values("Access-Control-Allow-Origin")) <= 1
    assert len(answered.values("Vary")) == (fields["allow_origins"] != "*")
    assert caplog.messages == []


def test_what_the_application_wrote_and_lost_is_told_once(caplog):
    names = ["Access-Control-Allow-Origin", "access-control-max-age", "ACCESS-CONTROL-ALLOW-ORIGIN"]
    app = CORSMiddleware(site(*[(name, "x") for name in names]), allow_origins=APP)
    for _ in range(3):
        answer(app, environ_of(origin=APP))
        answer(app, environ_of())
    told = [message.split("'")[1] for message in caplog.messages]
    assert told == ["Access-Control-Allow-Origin", "Access-Control-Max-Age"]
    assert all("the policy replaced it" in message for message in caplog.messages)
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    another = CORSMiddleware(site((names[0], "x")), allow_origins=APP)
    answer(another, environ_of())
    assert len(caplog.messages) == 3


def test_what_a_view_wrote_and_lost_is_told_once(caplog):
    app = flask_site(allow_origins=APP)
    app.after_request(
        lambda response: response.headers.set("Access-Control-Allow-Origin", "*") or response
    )
    for _ in range(2):
        assert answer(app, environ_of(origin=APP)).values("Access-Control-Allow-Origin") == [APP]
    (message,) = caplog.messages
    assert "'Access-Control-Allow-Origin'" in message


def test_what_is_told_of_lost_names_is_bounded(caplog):
    names = [(f"Access-Control-{number}\n", "x") for number in range(1000)]
    answer(CORSMiddleware(site(*names), allow_origins=APP), environ_of(origin=APP))
    assert 0 < len(caplog.messages) <= 100
    assert "\n" not in "".join(caplog.messages)


def test_what_a_layer_inside_wrote_is_not_told(caplog):
    answer(CORSMiddleware(around(site()), allow_origins=APP), environ_of(origin=APP))
    assert caplog.messages == []


def test_what_is_remembered_of_lines_is_bounded():
    for number in range(5000):
        lines = [(f"X-{number}", "1"), ("Vary", f"X-{number}")]
        sent = answer(around(site(*lines)), environ_of(origin=APP)).headers
        assert sent == [TYPE, lines[0], SHARED[0], ("Vary", f"X-{number}, Origin")]
    assert len(PLAIN_NAMES) <= 1024
    assert len(VARY_LINES) <= 1024


@pytest.mark.parametrize("plain", [[TYPE], [TYPE, ("X-A", "1")]], ids=["usual names", "others"])
def test_the_lists_that_are_handed_on_are_nobody_elses(plain):
    decision = HeaderBuilder(Policy(allow_origins=APP)).actual(APP)
    first = Author().with_headers(plain, decision)
    first.append(("X-Later", "1"))
    assert Author().with_headers(plain, decision) == [*plain, *SHARED]
    answered = answer(
        CORSMiddleware(site(), **PARTNERS), environ_of(method="OPTIONS", origin=APP, asks="PUT")
    )
    answered.headers.clear()
    again = answer(
        CORSMiddleware(site(), **PARTNERS), environ_of(method="OPTIONS", origin=APP, asks="PUT")
    )
    assert len(again.headers) == 5


@pytest.mark.parametrize(
    "kind",
    [tuple, dict.items, lambda lines: [list(line) for line in lines]],
    ids=["tuple", "items", "lists"],
)
@pytest.mark.parametrize("extra", [[], [("Vary", "a")]], ids=["usual names", "Vary"])
def test_header_lines_in_an_unusual_container_are_not_lost(kind, extra):
    lines = [TYPE, *extra]

    def application(environ, start_response):
        start_response("200 OK", kind(dict(lines)) if kind is dict.items else kind(lines))
        return []

    sent = answer(CORSMiddleware(application, allow_origins=APP), environ_of(origin=APP)).headers
    assert type(sent) is list
    assert [tuple(line) for line in sent] == [
        TYPE,
        SHARED[0],
        ("Vary", "a, Origin" if extra else "Origin"),
    ]


# --- PEP 3333 ------------------------------------------------------------------------------------


class Body:
    """An iterable that counts what is done to it."""

    def __init__(self, *chunks):
        self.chunks = list(chunks)
        self.closed = 0

    def __iter__(self):
        return iter(self.chunks)

    def close(self):
        self.closed += 1


def around(application):
    return CORSMiddleware(application, allow_origins=APP)


def fail(message):
    raise LookupError(message)


@pytest.mark.parametrize(
    "body",
    [[b"a"], (b"a",), iter([b"a"]), Body(b"a"), FileWrapper(io.BytesIO(b"a")), (c for c in [b"a"])],
    ids=["list", "tuple", "iterator", "object with close()", "file wrapper", "generator"],
)
@pytest.mark.parametrize("routes", [None, {"/": None}], ids=["governed", "not governed"])
def test_the_iterable_comes_back_as_the_same_object(body, routes):
    app = CORSMiddleware(lambda *args: body, allow_origins=APP, routes=routes)
    assert app(environ_of(origin=APP), lambda *args: None) is body


def test_close_is_called_once():
    body = Body(b"a", b"b")

    def application(environ, start_response):
        start_response("200 OK", [TYPE])
        return body

    answered = send(around(application), origin=APP)
    assert (answered.body, body.closed) == (b"ab", 1)


def test_nothing_is_read_ahead():
    steps = []

    def application(environ, start_response):
        steps.append("started")
        start_response("200 OK", [TYPE])
        yield b"a"
        steps.append("read on")

    iterable = around(application)(environ_of(origin=APP), lambda *args: None)
    assert steps == []
    next(iterable)
    assert steps == ["started"]


def test_a_generator_may_start_the_response_late():
    def application(environ, start_response):
        start_response("200 OK", [TYPE])
        yield b"a"
        yield b"b"

    answered = send(around(application), origin=APP)
    assert (answered.headers, answered.body) == ([TYPE, *SHARED], b"ab")


def test_write_is_handed_through():
    def application(environ, start_response):
        write = start_response("200 OK", [TYPE])
        write(b"a")
        write(b"b")
        return [b"c"]

    answered = send(around(application), origin=APP)
    assert (answered.headers, answered.body) == ([TYPE, *SHARED], b"abc")


def test_write_is_the_servers_own():
    def application(environ, start_response):
        return [start_response("200 OK", [TYPE])]

    write = object()
    assert around(application)(environ_of(), lambda *args: write) == [write]


def test_a_second_start_with_exc_info_carries_the_headers_once():
    def application(environ, start_response):
        start_response("200 OK", [TYPE, ("Vary", "a")])
        try:
            fail("too late for success")
        except LookupError:
            start_response(
                "500 Oh no", [TYPE, ("Access-Control-Allow-Origin", "*")], sys.exc_info()
            )
        return [b"failed"]

    answered = send(around(application), origin=APP)
    assert (answered.status, answered.headers) == ("500 Oh no", [TYPE, *SHARED])


def test_exc_info_after_the_headers_are_sent_reaches_the_server():
    def application(environ, start_response):
        start_response("200 OK", [TYPE])
        yield b"a"
        try:
            fail("while streaming")
        except LookupError:
            start_response("500 Oh no", [TYPE], sys.exc_info())

    with pytest.raises(LookupError, match="while streaming"):
        send(around(application), origin=APP)


class Failing(Body):
    def __iter__(self):
        fail("iteration")

    def close(self):
        fail("close")


@pytest.mark.parametrize(
    ("application", "use"),
    [
        ROW(lambda *args: fail("call"), lambda body: None, id="call"),
        ROW(lambda *args: Failing(), iter, id="iteration"),
        ROW(lambda *args: Failing(), lambda body: body.close(), id="close"),
    ],
)
def test_what_the_application_raises_is_not_caught(application, use, request):
    with pytest.raises(LookupError, match=request.node.callspec.id):
        use(around(application)(environ_of(origin=APP), lambda *args: None))


@pytest.mark.parametrize(
    "exc_info", [(), (None,), ((ValueError, ValueError(), None),)], ids=["none", "None", "some"]
)
def test_start_response_is_called_by_position_with_no_more_than_is_needed(exc_info):
    calls = []

    def start_response(*args, **kwargs):
        calls.append((args, kwargs))

    around(lambda environ, start: start("200 OK", [TYPE], *exc_info))(
        environ_of(origin=APP), start_response
    )
    ((args, kwargs),) = calls
    given_on = () if exc_info in ((), (None,)) else exc_info
    assert (args, kwargs) == (("200 OK", [TYPE, *SHARED], *given_on), {})


def test_the_application_is_called_by_position_with_the_environ_itself():
    seen = []
    environ = environ_of(origin=APP)
    around(lambda *args, **kwargs: seen.append((args, kwargs)) or [])(environ, None)
    (((handed, _), kwargs),) = seen
    assert handed is environ
    assert kwargs == {}


def test_nothing_is_kept_of_a_request():
    kept = Body()
    remembered = weakref.ref(kept)
    app = CORSMiddleware(
        site(), resolve=lambda environ, method: Policy(allow_origins=lambda o, e: True)
    )
    for request in (get(APP), ask("PUT")):
        answer(app, environ_of(**request, kept=kept))
    del kept
    gc.collect()
    assert remembered() is None


@pytest.mark.parametrize(
    "status",
    [
        "304 Not Modified",
        "204 No Content",
        "302 Found",
        "500 Oh no",
        "404 Not Found",
        "206 Partial Content",
    ],
)
def test_every_status_carries_the_headers(status):
    def application(environ, start_response):
        start_response(status, [])
        return []

    answered = answer(around(application), environ_of(origin=APP))
    assert (answered.status, answered.headers) == (status, SHARED)


def test_an_answered_preflight_has_one_empty_chunk_for_servers_that_wait_for_one():
    app = CORSMiddleware(site(), allow_origins=APP)
    chunks = app(environ_of(**ask("PUT")), lambda status, headers: None)
    assert list(chunks) == [b""]


# --- two layers around one another ---------------------------------------------------------------

INNER = {"allow_origins": EVIL, "allow_credentials": True, "expose_headers": "X-Inner"}


@pytest.mark.parametrize(
    ("outer", "request_", "expected"),
    [
        ROW(
            {"allow_origins": "*"},
            get(EVIL),
            """
            200 OK
            Content-Type: text/plain
            Vary: Origin
            Access-Control-Allow-Origin: *
            Access-Control-Expose-Headers: X-Inner

            hello
            """,
            id="everybody over a list, whose Vary is the application's",
        ),
        ROW(NOBODY, get(EVIL), UNSHARED, id="nobody over a list"),
        ROW(
            {"allow_origins": APP},
            get(APP),
            UNSHARED,
            id="a list over another, allowed outside",
        ),
        ROW({"allow_origins": APP}, get(EVIL), UNSHARED, id="a list over another, allowed inside"),
        ROW(
            {"allow_origins": APP}, ask("PUT", origin=EVIL), DENIED, id="preflight, allowed inside"
        ),
    ],
)
def test_of_two_layers_the_outer_one_is_the_author(outer, request_, expected):
    app = CORSMiddleware(CORSMiddleware(site(), **INNER), **outer)
    answered = answer(app, environ_of(**request_))
    assert str(answered) == written(expected)


def test_around_a_flask_application_that_governs_itself_the_middleware_is_the_author():
    app = flask.Flask(__name__)
    CORS(app, **INNER)
    app.add_url_rule("/", "index", lambda: "hello")
    answered = send(CORSMiddleware(app, allow_origins="*"), origin=EVIL)
    assert [line for line in answered.headers if line[0].startswith("Access")] == [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", "X-Inner"),
    ]


def test_where_the_outer_layer_does_not_govern_the_inner_one_does():
    inner = CORSMiddleware(site(), allow_origins=[APP, EVIL], allow_methods="PUT")
    app = CORSMiddleware(inner, allow_origins=APP, allow_methods="PUT", routes={"/in": None})
    assert callers(app, "/in", "PUT") == {APP, EVIL}
    assert callers(app, "/out", "PUT") == {APP}


@pytest.mark.parametrize("denied_inside", [False, True])
def test_where_the_inner_layer_does_not_govern_the_outer_one_does(denied_inside):
    app = flask.Flask(__name__)
    app.add_url_rule("/", "index", lambda: "hello")
    if denied_inside:
        app.wsgi_app = CORSMiddleware(app.wsgi_app, allow_origins=APP)
    CORS(app, allow_origins=[], endpoints={"index": None})
    sent = answer(CORSMiddleware(app, allow_origins="*"), environ_of(origin=EVIL))
    assert sent.values("Access-Control-Allow-Origin") == ["*"] * (not denied_inside)


def without_what_is_ours(environ):
    return {name: value for name, value in environ.items() if "wsgicors" not in name}


EVERYWHERE = {
    "the same environ": lambda app: app,
    "a copy of environ": lambda app: lambda environ, start: app({**environ}, start),
    "an environ of its own": lambda app: (
        lambda environ, start: app(without_what_is_ours(environ), start)
    ),
    "a dispatcher": lambda app: DispatcherMiddleware(app, {"/elsewhere": site()}),
    "lines written anew": lambda app: (
        lambda environ, start: app(
            dict(environ), lambda status, lines, *exc: start(status, list(Headers(lines)), *exc)
        )
    ),
    "another layer": lambda app: CORSMiddleware(app, allow_origins=[APP, EVIL]),
    "another layer and a copy": lambda app: CORSMiddleware(
        lambda environ, start: app({**environ}, start), allow_origins=[APP, EVIL]
    ),
    "another layer and an environ of its own": lambda app: CORSMiddleware(
        lambda environ, start: app(without_what_is_ours(environ), start),
        allow_origins=[APP, EVIL],
    ),
    "more that varies": lambda app: (
        lambda environ, start: app(
            without_what_is_ours(environ),
            lambda status, lines, *exc: start(status, [("Vary", "Cookie"), *lines], *exc),
        )
    ),
}


def flask_site(decorated=None, **fields):
    app = flask.Flask(__name__)
    view = cross_origin(**decorated)(lambda: "hello") if decorated else lambda: "hello"
    app.add_url_rule("/", "index", view, methods=["GET", "PUT"])
    if fields:
        CORS(app, **fields)
    return app


def decorated_flask_site(**fields):
    return flask_site(decorated=fields)


INSIDE = {
    "middleware": lambda **fields: CORSMiddleware(site(), **fields),
    "Flask": flask_site,
    "decorator alone": decorated_flask_site,
}


def flask_around(app, **fields):
    outer = flask.Flask("outer")
    outer.wsgi_app = app
    CORS(outer, **fields)
    return outer


OUTSIDE = {"middleware": CORSMiddleware, "Flask": flask_around}


@pytest.mark.parametrize("between", EVERYWHERE.values(), ids=EVERYWHERE)
@pytest.mark.parametrize("inside", INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize("outside", OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("outer", ["*", [APP, EVIL], "callable"], ids=str)
def test_what_a_layer_inside_denied_stays_denied(outside, between, inside, outer):
    origins = (lambda origin, environ: True) if outer == "callable" else outer
    app = outside(between(inside(allow_origins=[APP])), allow_origins=origins)
    denied = answer(app, environ_of(origin=EVIL))
    assert not any(name.startswith("Access-Control-") for name, _ in denied.headers)
    assert "Origin" in ",".join(denied.values("Vary"))
    assert (denied.decision.allowed, denied.decision.origin_allowed) == (False, False)
    allowed = answer(app, environ_of(origin=APP))
    assert allowed.values("Access-Control-Allow-Origin") == ["*" if outer == "*" else APP]
    assert allowed.decision.allowed


@pytest.mark.parametrize("inside", INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize("outside", OUTSIDE.values(), ids=OUTSIDE)
def test_what_browsers_send_though_a_layer_inside_denies_it_is_told(outside, inside, caplog):
    app = outside(inside(allow_origins=[APP]), allow_origins=[APP, EVIL], allow_methods="PUT")
    answer(app, environ_of(method="PUT", origin=EVIL))
    (line,) = [each.message for each in caplog.records if each.levelname == "WARNING"]
    assert line.startswith(f"'PUT' '/' of '{EVIL}' is denied by a layer, and allowed by another")
    assert "routes={'/path': None}" in line


@pytest.mark.parametrize(
    ("request_", "more"),
    [
        ROW({"method": "PUT", "origin": APP}, {}, id="allowed inside"),
        ROW({"method": "POST", "origin": EVIL}, {}, id="sent whatever a preflight says"),
        ROW({"method": "PUT", "origin": "https://third.example"}, {}, id="denied by both"),
        ROW({"method": "PUT"}, {}, id="no page"),
        ROW({"method": "PUT", "origin": EVIL}, {"refuse_denied": True}, id="refused inside"),
    ],
)
def test_what_a_preflight_does_not_permit_is_not_told_of_layers(request_, more, caplog):
    inner = CORSMiddleware(site(), allow_origins=[APP], **more)
    app = CORSMiddleware(inner, allow_origins=[APP, EVIL], allow_methods="PUT")
    answer(app, environ_of(**request_))
    assert caplog.messages == []


@pytest.mark.parametrize(
    "between", ["the same environ", "a copy of environ", "an environ of its own"]
)
@pytest.mark.parametrize("inside", INSIDE.values(), ids=INSIDE)
def test_what_a_layer_inside_refused_is_not_told_as_sent(between, inside, caplog):
    inner = EVERYWHERE[between](inside(allow_origins=[APP], refuse_denied=True))
    app = CORSMiddleware(inner, allow_origins="*", allow_methods="*")
    refused = answer(app, environ_of(method="PUT", origin=EVIL))
    assert refused.status.upper() == "403 FORBIDDEN"
    assert (refused.decision.allowed, refused.decision.refused) == (False, True)
    assert caplog.messages == []


def test_what_is_told_of_layers_claims_nothing_of_a_preflight_that_was_not_seen(caplog):
    app = CORSMiddleware(CORSMiddleware(site(), allow_origins=[]), allow_origins="*")
    answer(app, environ_of(method="PUT", origin=EVIL))
    (message,) = caplog.messages
    assert "Where it permits the method, browsers send the request" in message


@pytest.mark.parametrize("between", ["the same environ", "an environ of its own"])
def test_what_a_page_of_the_application_sends_is_not_told_of_layers(between, caplog):
    inner = EVERYWHERE[between](CORSMiddleware(site(), allow_origins=[]))
    environ = environ_of(method="PUT")
    environ["HTTP_ORIGIN"] = f"http://{environ['HTTP_HOST']}"
    answer(CORSMiddleware(inner, allow_origins="*"), environ)
    assert caplog.messages == []


@pytest.mark.parametrize("inside", INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize("outside", OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("kept", [[], [("X-A", "1")]], ids=["none", "another"])
def test_it_stays_denied_where_header_lines_are_lost_between(outside, inside, kept):
    inner = inside(allow_origins=[APP])

    def forgetful(environ, start_response):
        return inner(environ, lambda status, lines, *exc: start_response(status, kept, *exc))

    denied = answer(outside(forgetful, allow_origins="*"), environ_of(origin=EVIL))
    assert denied.values("Access-Control-Allow-Origin") == []


@pytest.mark.parametrize(
    ("between", "outer", "origin", "reason"),
    [
        ROW("the same environ", "*", EVIL, "origin-not-allowed", id="that of the layer inside"),
        ROW("an environ of its own", "*", EVIL, "refused-inside", id="which nobody knows"),
        ROW("an environ of its own", [APP], EVIL, "origin-not-allowed", id="that of both"),
        ROW("an environ of its own", "*", None, "no-origin", id="none, as nobody asked"),
    ],
)
def test_the_reason_is_told_of_what_a_layer_inside_denied(between, outer, origin, reason):
    inner = CORSMiddleware(site(), allow_origins="https://other.example")
    sent = answer(
        CORSMiddleware(EVERYWHERE[between](inner), allow_origins=outer), environ_of(origin=origin)
    )
    assert sent.decision.reason == reason
    assert sent.decision.allowed is (reason == "no-origin")


@pytest.mark.parametrize("vary", ["Origin, Cookie", "Cookie,origin", "*"])
def test_it_stays_denied_where_an_error_handler_between_answers_and_varies_alike(vary):
    inner = CORSMiddleware(site(), allow_origins="https://other.example")

    def handling(environ, start_response):
        def start(status, headers, *exc_info):
            return start_response("500 Internal Server Error", [("Vary", vary)], *exc_info)

        return inner({**environ}, start)

    sent = answer(CORSMiddleware(handling, allow_origins=APP), environ_of(origin=APP))
    assert sent.values("Access-Control-Allow-Origin") == []


@pytest.mark.parametrize("between", ["the same environ", "an environ of its own"])
@pytest.mark.parametrize("inside", INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize("outside", OUTSIDE.values(), ids=OUTSIDE)
def test_credentials_that_a_layer_inside_does_not_allow_are_not_allowed(outside, inside, between):
    for used in (False, True):
        app = outside(
            EVERYWHERE[between](inside(allow_origins=[APP], allow_credentials=used)),
            allow_origins=[APP],
            allow_credentials=True,
        )
        sent = answer(app, environ_of(origin=APP))
        assert sent.values("Access-Control-Allow-Origin") == [APP]
        assert sent.values("Access-Control-Allow-Credentials") == ["true"] * used


def test_what_a_layer_denied_whose_response_is_not_sent_does_not_count():
    first = CORSMiddleware(site(status="404 Not Found"), allow_origins=[EVIL])

    def cascade(environ, start_response):
        first(environ, lambda *started: None)
        return site()(environ, start_response)

    sent = answer(CORSMiddleware(cascade, allow_origins=[APP]), environ_of(origin=APP))
    assert sent.values("Access-Control-Allow-Origin") == [APP]


@pytest.mark.parametrize("order", [[EVIL, APP], [APP, EVIL]], ids=["denied first", "allowed first"])
def test_of_layers_beside_one_another_the_one_whose_response_is_sent_counts(order):
    first, second = [CORSMiddleware(site(), allow_origins=each) for each in order]

    def cascade(environ, start_response):
        first(environ, lambda *started: None)
        return second(environ, start_response)

    sent = answer(CORSMiddleware(cascade, allow_origins="*"), environ_of(origin=APP))
    assert sent.values("Access-Control-Allow-Origin") == ["*"] * (order[1] == APP)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_an_environ_that_is_served_again_and_again_does_not_grow(layers):
    app = site()
    for _ in range(layers):
        app = CORSMiddleware(app, allow_origins=APP)
    environ = environ_of(origin=APP)
    sizes = []
    for _ in range(3):
        assert answer(app, environ).headers == [TYPE, *SHARED]
        answer(app, {**environ, "HTTP_ORIGIN": EVIL})
        sizes.append(len(pickle.dumps({name: environ[name] for name in environ if "cors" in name})))
    assert sizes[1] == sizes[2]


def leaves(thing):
    """Go through all lists and mappings, as Django's report of a crash goes through ``environ``."""
    if isinstance(thing, dict):
        thing = list(thing.values())
    if isinstance(thing, (list, tuple)):
        return [leaf for each in thing for leaf in leaves(each)]
    return [repr(thing)]


@pytest.mark.parametrize("around_", [CORSMiddleware, flask_around], ids=["middleware", "Flask"])
def test_who_goes_through_environ_comes_out_and_sees_nothing_twice(around_):
    def application(environ, start_response):
        seen.extend(leaves(environ))
        start_response("200 OK", [TYPE])
        return [b""]

    seen = []
    inner = CORSMiddleware(application, allow_origins=APP, refuse_denied=True)
    answer(around_(inner, allow_origins=APP), environ_of(origin=APP, X_KEY="the secret"))
    assert len([leaf for leaf in seen if "the secret" in leaf]) == 1


@pytest.mark.parametrize("origin", [APP, EVIL])
def test_what_a_request_brought_is_freed_when_it_is_over(origin):
    """At once, and not when the garbage is collected: it may be an open file of a megabyte."""
    environ = environ_of(origin=origin)
    environ["brought"] = set()
    still_there = weakref.ref(environ["brought"])
    gc.disable()
    try:
        answer(CORSMiddleware(site(), allow_origins=APP), environ)
        del environ
        assert still_there() is None
    finally:
        gc.enable()


def test_lines_that_are_written_as_lists_are_taken():
    def application(environ, start_response):
        start_response("200 OK", [["Vary", "Cookie"], ["X-Id", "7"]])
        return [b""]

    # Not by way of the checks: servers take such lines, and the checks do not.
    app = CORSMiddleware(application, allow_origins=APP)
    # Once before, and once after the names are known.
    for _ in range(2):
        sent = answer(app, environ_of(origin=EVIL))
        assert sent.headers == [["X-Id", "7"], ("Vary", "Cookie, Origin")]


@pytest.mark.parametrize("around_", [CORSMiddleware, flask_around], ids=["middleware", "Flask"])
def test_no_line_is_lost_of_what_only_resembles_a_list(around_):
    def application(environ, start_response):
        start_response("200 OK", UserList([("Vary", "Cookie"), ("X-Id", "7"), ("X-Last", "8")]))
        return [b""]

    app = around_(application, allow_origins=APP)
    for _ in range(2):
        sent = answer(app, environ_of(origin=EVIL))
        assert sent.headers == [("X-Id", "7"), ("X-Last", "8"), ("Vary", "Cookie, Origin")]


@pytest.mark.parametrize("around_", EVERYWHERE.values(), ids=EVERYWHERE)
@pytest.mark.parametrize("outside", OUTSIDE.values(), ids=OUTSIDE)
def test_a_second_start_of_a_response_hears_of_a_layer_inside(outside, around_):
    """An error handler between starts the response again, with the answer of something else."""
    inner = CORSMiddleware(site(), allow_origins="https://other.example")

    def between(environ, start_response):
        start_response("200 OK", [TYPE])

        def start_again(status, headers, exc_info=None):
            # Not with the names that are known to be those of a layer.
            headers = [(f"{name} ".strip(), value) for name, value in headers]
            return start_response(status, headers, (ValueError, ValueError(), None))

        return inner({**environ}, start_again)

    app = around_(outside(between, allow_origins=APP))
    sent = answer(CORSMiddleware(app, allow_origins=APP), environ_of(origin=APP))
    assert sent.values("Access-Control-Allow-Origin") == []


def lines_of_its_own(app):
    """A middleware that writes header lines anew, and has one ``Vary`` of many."""

    def between(environ, start_response):
        def start(status, headers, *exc_info):
            vary = [value for name, value in headers if name == "Vary"]
            headers = [line for line in headers if line[0] != "Vary"]
            return start_response(status, [*headers, ("Vary", ", ".join(vary))], *exc_info)

        return app(environ, start)

    return between


@pytest.mark.parametrize("outside", OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("failures", [1, 2])
def test_what_is_denied_inside_stays_denied_where_a_call_that_failed_is_made_again(
    outside, failures
):
    calls = []

    def application(environ, start_response):
        calls.append(environ)
        if len(calls) <= failures:
            raise ConnectionError
        return site()(environ, start_response)

    inner = CORSMiddleware(application, allow_origins=[APP])

    def persistent(environ, start_response):
        for _ in range(failures):
            with contextlib.suppress(ConnectionError):
                return inner(environ, start_response)
        return inner(environ, start_response)

    app = outside(lines_of_its_own(persistent), allow_origins="*")
    assert answer(app, environ_of(origin=EVIL)).values("Access-Control-Allow-Origin") == []
    assert answer(app, environ_of(origin=APP)).values("Access-Control-Allow-Origin") == ["*"]
    assert len(calls) == failures + 2


def test_an_error_reaches_the_server_through_layers_as_it_came():
    error = (ValueError, ValueError("late"), None)

    def application(environ, start_response):
        start_response("200 OK", [TYPE])
        start_response("500 Internal Server Error", [TYPE], error)
        return []

    started = []
    layers = CORSMiddleware(CORSMiddleware(application, allow_origins=APP), allow_origins=APP)
    list(layers(environ_of(origin=APP), lambda *each: started.append(each)))
    assert [each[2:] for each in started] == [(), (error,)]


@pytest.mark.parametrize("vary", [["Origin", "Cookie"], ["Cookie", "Origin"]], ids=str)
def test_it_stays_denied_where_an_error_handler_varies_in_several_lines(vary):
    inner = CORSMiddleware(site(), allow_origins="https://other.example")

    def handling(environ, start_response):
        lines = [("Vary", value) for value in vary]
        return inner({**environ}, lambda status, *rest: start_response("500 Oh", lines))

    sent = answer(CORSMiddleware(handling, allow_origins=APP), environ_of(origin=APP))
    assert sent.values("Access-Control-Allow-Origin") == []


def test_what_is_denied_inside_varies_though_that_is_lost_between():
    inner = CORSMiddleware(site(), allow_origins="https://other.example")

    def forgetful(environ, start_response):
        return inner(environ, lambda status, *rest: start_response(status, [TYPE]))

    outer = CORSMiddleware(forgetful, allow_origins=APP, allow_credentials=True)
    assert answer(outer, environ_of(origin=APP)).headers == [TYPE, ("Vary", "Origin")]


ALLOWING = "Access-Control-Allow-Origin"


@pytest.mark.parametrize("outside", OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("outer", ["*", [APP]], ids=str)
@pytest.mark.parametrize(
    ("lines", "is_told"),
    [
        ROW([("Vary", "Origin")], True, id="Vary: Origin"),
        ROW([("vary", "Cookie,origin ")], True, id="among others"),
        ROW([("Vary", "Cookie"), ("Vary", "ORIGIN")], True, id="in several lines"),
        ROW([("Vary", "Origin"), (ALLOWING.lower(), APP)], False, id="allows somebody"),
        ROW([("Vary", "*")], False, id="varies by anything, which says nothing"),
        ROW([("Vary", "Cookie, X-Origin")], False, id="varies by something else"),
    ],
)
def test_what_varies_by_origin_and_allows_nobody_is_shared_and_told_of(
    outside, outer, lines, is_told, caplog
):
    app = outside(site(*lines), allow_origins=outer)
    for origin in (None, "http://127.0.0.1", APP, APP):
        sent = answer(app, environ_of(origin=origin))
        assert sent.decision.origin_allowed is bool(outer == "*" or origin == APP)
    told = [each for each in caplog.messages if "says 'Vary: Origin'" in each]
    assert len(told) == is_told
    # Under "*", the first page of all is one of these.
    assert all("the response of '/' is shared with 'http" in each for each in told)
    assert all("routes={'/path': None}" in each and "remove" in each for each in told)


def test_the_application_that_a_bridge_leads_to_is_told_of(caplog):
    inner = flask.Flask(__name__)
    inner.add_url_rule("/closed", "closed", same_origin(lambda: "secret"))
    inner.add_url_rule("/open", "open", lambda: "hello")
    app = CORSMiddleware(a2wsgi.ASGIMiddleware(a2wsgi.WSGIMiddleware(inner)), allow_origins="*")
    for path in ("/open", "/closed"):
        answer(app, environ_of(path, origin=EVIL))
    (told,) = [each for each in caplog.messages if "Vary" in each]
    assert "the response of '/closed' is shared with" in told


def failing(environ, start_response):
    raise KeyError("customer 4711")


def failing_late(environ, start_response):
    start_response("200 OK", [TYPE])
    raise KeyError("customer 4711")


def failing_in_flask(**fields):
    app = flask.Flask("example")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.add_url_rule("/", "index", lambda: {}["customer 4711"])
    CORS(app, **fields)
    return app


def answering_errors(app):
    def between(environ, start_response):
        try:
            return app(environ, start_response)
        except Exception as error:  # noqa: BLE001 - as a middleware that shows errors has it
            start_response("500 Internal Server Error", [TYPE], sys.exc_info())
            return [repr(error).encode()]

    return between


@pytest.mark.parametrize("outside", OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("between", ["the same environ", "a copy of environ"])
@pytest.mark.parametrize(
    "inside",
    [
        lambda **fields: CORSMiddleware(failing, **fields),
        lambda **fields: CORSMiddleware(failing_late, **fields),
        failing_in_flask,
    ],
)
@pytest.mark.parametrize(("origins", "is_shared"), [([], False), ([EVIL], False), ([APP], True)])
def test_what_is_answered_for_a_closed_layer_that_failed_is_shared_with_nobody(
    outside, between, inside, origins, is_shared
):
    inner = EVERYWHERE[between](inside(allow_origins=origins))
    sent = answer(outside(answering_errors(inner), allow_origins="*"), environ_of(origin=APP))
    assert sent.status == "500 Internal Server Error"
    assert bool(sent.values("Access-Control-Allow-Origin")) is is_shared


def test_so_it_is_where_the_layer_outside_answers_exceptions_itself():
    inner = CORSMiddleware(failing, allow_origins=[])
    app = CORSMiddleware(inner, allow_origins="*", answer_exceptions=True)
    sent = answer(app, environ_of(origin=APP))
    assert sent.status.startswith("500")
    assert sent.values("Access-Control-Allow-Origin") == []


def test_the_same_environ_can_be_served_twice():
    app, environ = around(site()), environ_of(origin=APP)
    assert answer(app, environ).headers == answer(app, environ).headers == [TYPE, *SHARED]


# --- a page of the application's own -------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "more", "is_foreign"),
    [
        ROW(EVIL, {"HTTP_SEC_FETCH_SITE": "cross-site"}, True, id="cross-site"),
        ROW(EVIL, {"HTTP_SEC_FETCH_SITE": "same-site"}, True, id="same site, but another origin"),
        ROW(EVIL, {"HTTP_SEC_FETCH_SITE": "same-origin"}, False, id="same origin"),
        ROW("null", {"HTTP_SEC_FETCH_SITE": "same-origin"}, False, id="same origin, hidden"),
        ROW(EVIL, {"HTTP_SEC_FETCH_SITE": "none"}, False, id="no page"),
        ROW(EVIL, {"HTTP_SEC_FETCH_SITE": "Same-Origin"}, True, id="as no browser writes it"),
        ROW(EVIL, {"HTTP_SEC_FETCH_SITE": "same-origin" * 99_999}, True, id="overlong"),
        ROW("https://api.example", {"HTTP_HOST": "api.example"}, False, id="Origin of Host"),
        ROW("https://api.example", {"HTTP_HOST": "API.Example"}, False, id="another case"),
        ROW("https://api.example", {"HTTP_HOST": "api.example:443"}, False, id="default port"),
        ROW("http://api.example", {"HTTP_HOST": "api.example:80"}, False, id="http, default port"),
        ROW("http://api.example", {"HTTP_HOST": "api.example:443"}, True, id="port of https"),
        ROW("https://api.example:8443", {"HTTP_HOST": "api.example:8443"}, False, id="port"),
        ROW("https://api.example", {"HTTP_HOST": "api.example:8443"}, True, id="another port"),
        ROW(
            "https://api.example:8443",
            {"HTTP_HOST": "api.example"},
            True,
            id="only the page's port",
        ),
        ROW("https://[::1]:5000", {"HTTP_HOST": "[::1]:5000"}, False, id="IPv6"),
        ROW("https://api.example.evil.net", {"HTTP_HOST": "api.example"}, True, id="longer name"),
        ROW("null", {"HTTP_HOST": "null"}, True, id="null"),
        ROW("", {"HTTP_HOST": ""}, True, id="empty"),
        ROW("https://", {"HTTP_HOST": ""}, True, id="nothing but a scheme"),
        ROW("https://" + "a" * 600, {"HTTP_HOST": "a" * 600}, True, id="overlong Origin and Host"),
        ROW(
            "https://api.example",
            {"HTTP_HOST": "api.example", "HTTP_SEC_FETCH_SITE": "cross-site"},
            True,
            id="Sec-Fetch-Site goes before Host",
        ),
        ROW(
            "https://api.example",
            {"HTTP_HOST": "api.example", "HTTP_SEC_FETCH_SITE": ""},
            False,
            id="empty Sec-Fetch-Site is none",
        ),
    ],
)
@pytest.mark.parametrize(
    "kind",
    [{}, {"routes": {"/x": None}}, {"resolve": lambda *asked: Policy(max_age=5)}, None],
    ids=["plain", "routes", "resolve", "Flask"],
)
def test_a_request_of_the_applications_own_page_is_no_denial(
    origin, more, is_foreign, kind, caplog
):
    caplog.set_level(logging.DEBUG, "wsgicors")
    make = flask_site if kind is None else functools.partial(CORSMiddleware, site(), **kind)
    app = make(allow_origins=[APP])
    sent = answer(app, environ_of(method="PUT", origin=origin, **more))
    assert sent.decision.reason == ("origin-not-allowed" if is_foreign else "same-origin")
    assert (sent.decision.allowed, sent.decision.origin_allowed) == (not is_foreign, False)
    assert len(caplog.messages) == is_foreign
    assert sent.values("Vary") == ["Origin"]
    assert sent.values("Access-Control-Allow-Origin") == []


def test_an_allowed_origin_is_allowed_wherever_it_is():
    app = CORSMiddleware(site(), allow_origins=[APP])
    for more in ({"HTTP_SEC_FETCH_SITE": "same-origin"}, {"HTTP_HOST": "app.example.com"}):
        assert answer(app, environ_of(origin=APP, **more)).decision.reason == "allowed"


def test_a_preflight_is_denied_wherever_it_comes_from():
    app = CORSMiddleware(site(), allow_origins=[APP])
    own = environ_of(**ask("PUT", origin=EVIL), HTTP_HOST="evil.example")
    assert answer(app, own).status == "403 Forbidden"


# --- what was decided ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ROW(get(APP), "allowed", id="allowed"),
        ROW(get(EVIL), "origin-not-allowed", id="origin not allowed"),
        ROW(get(), "no-origin", id="no origin"),
        ROW(ask("PUT"), "allowed", id="preflight, allowed"),
        ROW(ask("DELETE"), "method-not-allowed", id="preflight, method not allowed"),
        ROW(ask("PUT", "x-a"), "headers-not-allowed", id="preflight, header not allowed"),
        ROW(ask("PUT", origin=EVIL), "origin-not-allowed", id="preflight, origin not allowed"),
    ],
)
def test_the_decision_stands_in_the_environ(request_, reason):
    assert (
        answer(CORSMiddleware(site(), **PARTNERS), environ_of(**request_)).decision.reason == reason
    )


def test_the_application_can_read_the_decision():
    seen = []
    around(lambda environ, start: seen.append(environ["wsgicors.decision"].allowed) or [])(
        environ_of(origin=EVIL), None
    )
    assert seen == [False]


# --- the log -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        ROW(
            get(EVIL, path="/items"),
            "denied: origin-not-allowed, origin 'https://evil.example', 'GET' '/items',"
            " requested method None, requested headers None",
            id="actual",
        ),
        ROW(
            ask("DELETE", "x-a"),
            "denied: method-not-allowed, origin 'https://app.example.com', 'OPTIONS' '/',"
            " requested method 'DELETE', requested headers 'x-a'",
            id="preflight, method",
        ),
        ROW(
            ask("PUT", "x-a"),
            "denied: headers-not-allowed, origin 'https://app.example.com', 'OPTIONS' '/',"
            " requested method 'PUT', requested headers 'x-a'",
            id="preflight, headers",
        ),
        ROW(
            {**ask("P\nT", "\x1b[2J", "evil\r\nroot: ok"), "path": "/\u2028\xe4"},
            r"denied: origin-not-allowed, origin 'evil\r\nroot: ok', 'OPTIONS' '/\u2028\xe4',"
            r" requested method 'P\nT', requested headers '\x1b[2J'",
            id="hostile values, escaped",
        ),
        ROW(
            {**ask("P" * 999, "x" * 999, "o" * 999), "path": "/" * 999},
            "denied: origin-not-allowed, origin '{}'..., 'OPTIONS' '{}'...,"
            " requested method '{}'..., requested headers '{}'...".format(
                *(c * 80 for c in "o/Px")
            ),
            id="long values, cut",
        ),
    ],
)
def test_a_denial_is_told_in_one_line(request_, line, caplog):
    caplog.set_level(logging.DEBUG, "wsgicors")
    answer(CORSMiddleware(site(), **PARTNERS), environ_of(**request_))
    assert caplog.messages == [line]
    assert (caplog.records[0].name, caplog.records[0].levelname) == ("wsgicors", "DEBUG")


@pytest.mark.parametrize("request_", [get(APP), get(), ask("PUT"), ask("GET")])
def test_what_is_not_denied_is_not_told(request_, caplog):
    caplog.set_level(logging.DEBUG, "wsgicors")
    answer(CORSMiddleware(site(), **PARTNERS), environ_of(**request_))
    decide_actual(HeaderBuilder(Policy(**PARTNERS)), environ_of(**request_))
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("own", "root", "is_told"),
    [
        ROW(logging.DEBUG, logging.WARNING, True, id="the logger's own level"),
        ROW(logging.INFO, logging.DEBUG, False, id="which goes before the root's"),
        ROW(logging.NOTSET, logging.DEBUG, True, id="the root's level"),
        ROW(logging.NOTSET, logging.NOTSET, True, id="none at all"),
        ROW(logging.NOTSET, logging.WARNING, False, id="the usual levels"),
    ],
)
def test_a_denial_is_told_to_those_who_debug_alone(own, root, is_told, caplog):
    caplog.set_level(root)
    caplog.set_level(own, "wsgicors")
    caplog.handler.setLevel(logging.NOTSET)
    middleware = CORSMiddleware(site(), **PARTNERS)
    answer(middleware, environ_of(**get(EVIL)))
    assert len(caplog.messages) == is_told
    logging.disable(logging.DEBUG)
    try:
        answer(middleware, environ_of(**get(EVIL)))
    finally:
        logging.disable(logging.NOTSET)
    assert len(caplog.messages) == is_told


def test_importing_configures_no_logging():
    logger = logging.getLogger("wsgicors")
    assert (logger.handlers, logger.level, logger.propagate) == ([], logging.NOTSET, True)


# --- configuration -------------------------------------------------------------------------------


def policy_of(*args, **kwargs):
    return CORSMiddleware(site(), *args, **kwargs).policy


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ROW(lambda: policy_of(allow_origins=APP), Policy(allow_origins=APP), id="fields"),
        ROW(lambda: policy_of(Policy(allow_origins=APP)), Policy(allow_origins=APP), id="policy"),
        ROW(
            lambda: policy_of(Policy(allow_origins=EVIL, max_age=5), allow_origins=APP),
            Policy(allow_origins=APP, max_age=5),
            id="fields on top of a policy",
        ),
        ROW(
            lambda: policy_of(policy=Policy(allow_origins=APP)),
            Policy(allow_origins=APP),
            id="policy by name",
        ),
        ROW(lambda: policy_of(routes={"/": Policy(allow_origins=APP)}), None, id="routes alone"),
    ],
)
def test_ways_to_say_it(policy, expected):
    assert policy() == expected


@pytest.mark.parametrize(
    ("args", "fields", "found"),
    [
        ROW([], {}, [("allow_origins", "missing")], id="nothing said"),
        ROW(
            [],
            {"allow_methods": "PUT"},
            [("allow_origins", "missing")],
            id="nothing said of origins",
        ),
        ROW([], {"origins": "*"}, [("origins", "unknown-field")], id="unknown field"),
        ROW(["*"], {}, [("policy", "wrong-type")], id="a string for a policy"),
        ROW([{"allow_origins": "*"}], {}, [("policy", "wrong-type")], id="a dict for a policy"),
        ROW(
            [Policy(allow_origins="*")],
            {"allow_credentials": True},
            [("allow_origins", "wildcard-with-credentials")],
            id="conflict",
        ),
        ROW(
            [],
            {"allow_origins": "a", "max_age": -1},
            [("allow_origins", "no-scheme"), ("max_age", "out-of-range")],
            id="several",
        ),
    ],
)
def test_a_wrong_configuration_never_starts(args, fields, found):
    for make in (
        lambda: CORSMiddleware(site(), *args, **fields),
        lambda: cors(*args, **fields)(site()),
    ):
        with pytest.raises(ConfigError) as caught:
            make()
        assert [(problem.field, problem.reason) for problem in caught.value.problems] == found


def view(item=None):
    return "hello"


async def asgi(scope, receive, send):
    """An application of the other kind."""


class Listing:
    """An application as PEP 3333 shows one that is a class."""

    def __init__(self, environ, start_response):
        start_response("200 OK", [])

    def __iter__(self):
        return iter([b""])


@pytest.mark.parametrize(
    "app",
    [
        ROW(Listing, id="class"),
        ROW(Request.application(lambda request: Response()), id="wrapper of what takes a request"),
        ROW(functools.partial(lambda extra, environ, start: [], None), id="partial"),
        ROW(flask.Flask("example").wsgi_app, id="bound method"),
        ROW(LocalProxy(lambda: flask.Flask("example")), id="proxy"),
        ROW(flask.current_app, id="proxy that stands for nothing yet"),
        ROW(lambda *everything: [], id="what takes everything"),
        ROW(Mock(), id="mock"),
    ],
)
def test_what_takes_what_an_application_takes_is_taken(app):
    assert CORSMiddleware(app, allow_origins="*").app is app


@pytest.mark.parametrize("around", [CORSMiddleware, lambda app, **fields: cors(**fields)(app)])
@pytest.mark.parametrize(
    "app",
    [
        ROW(view, id="view"),
        ROW(lambda: "hello", id="lambda"),
        ROW(asgi, id="ASGI"),
        ROW(lambda request: "hello", id="what comes next in a middleware of Django"),
        ROW(lambda request, key: "hello", id="view of Django"),
        ROW(lambda context, request: "hello", id="view of Pyramid"),
    ],
)
def test_what_does_not_take_what_an_application_takes_is_refused(around, app):
    with pytest.raises(ConfigError) as caught:
        around(app, allow_origins="*")
    for part in ("takes environ and start_response", "write cross_origin", "in Django, write"):
        assert part in str(caught.value)


def test_an_application_may_call_what_it_takes_as_it_likes():
    for app in (
        lambda request, start_response: [],
        lambda e, s: [],
        lambda req, start: [],
        # What makes an application of a view takes anything, and hands on what it makes of that.
        lambda req, *args, **kw: [],
    ):
        assert CORSMiddleware(app, allow_origins=APP).app is app


def test_an_application_that_is_put_in_the_place_of_another_is_governed():
    middleware = CORSMiddleware(site(), allow_origins=[APP], routes={"/open": None})
    answer(middleware, environ_of())

    def closed(environ, start_response):
        start_response("401 Unauthorized", [])
        return [b""]

    middleware.app = closed
    for path in ("/", "/open"):
        assert answer(middleware, environ_of(path, origin=APP)).status == "401 Unauthorized"
    with pytest.raises(ConfigError, match="is not a WSGI application"):
        middleware.app = view
    assert middleware.app is closed


def test_a_crash_of_an_application_that_was_put_there_later_is_answered_too():
    middleware = CORSMiddleware(site(), allow_origins=[APP], answer_exceptions=True)
    middleware.app = lambda environ, start_response: {}["gone"]
    answered = answer(middleware, environ_of(origin=APP))
    assert answered.status == "500 Internal Server Error"
    assert answered.values("Access-Control-Allow-Origin") == [APP]


@pytest.mark.parametrize("app", ["app", None, [b"hello"]], ids=str)
@pytest.mark.parametrize("around", [CORSMiddleware, lambda app, **fields: cors(**fields)(app)])
def test_what_is_no_application_is_refused_with_what_to_write(around, app):
    with pytest.raises(ConfigError, match=r"write CORSMiddleware\(application, \.\.\.\)") as caught:
        around(app, allow_origins="*")
    assert [problem[:3] for problem in caught.value.problems] == [("app", app, "no-application")]


def test_decorator_without_parentheses_is_refused_with_what_to_write():
    with pytest.raises(ConfigError, match=r"write @cors\(allow_origins=\[\.\.\.\]\)"):
        cors(site())


def test_what_is_no_policy_is_refused_with_what_to_write():
    with pytest.raises(ConfigError) as caught:
        CORSMiddleware(site(), "*")
    assert str(caught.value) == "policy: '*' is not a Policy; write Policy(allow_origins=...)"


def test_the_decorator_is_the_middleware():
    @cors(Policy(max_age=5), allow_origins=APP, routes={"/open": Policy(allow_origins="*")})
    def application(environ, start_response):
        start_response("200 OK", [TYPE])
        return [b"hello"]

    assert isinstance(application, CORSMiddleware)
    assert application.policy == Policy(allow_origins=APP, max_age=5)
    assert send(application, "/open").values("Access-Control-Allow-Origin") == ["*"]
    assert inspect.isfunction(application.app)


def test_the_decorator_takes_resolve():
    application = cors(resolve=lambda environ, method: Policy(allow_origins=APP))(site())
    assert send(application, origin=APP).headers == [TYPE, *SHARED]


# --- swapping the policy at run time -------------------------------------------------------------


def test_a_policy_can_be_swapped():
    app = CORSMiddleware(site(), allow_origins=APP, allow_methods="PUT")
    app.policy = Policy(allow_origins=EVIL, allow_methods="PUT")
    assert app.policy == Policy(allow_origins=EVIL, allow_methods="PUT")
    assert callers(app, method="PUT") == {EVIL}


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override"])
@pytest.mark.parametrize("kind", ["policy", "route", "swap"])
def test_header_that_overrides_the_method_is_told_of_once(caplog, kind, name):
    said = Policy(allow_origins=APP, allow_headers=["X-Other", name])
    other = Policy(allow_origins=APP)
    app = CORSMiddleware(
        site(),
        said if kind == "policy" else other,
        routes={"/a": said, "/b": said} if kind == "route" else None,
    )
    app.policy = other if kind == "route" else said
    told = [record.getMessage() for record in caplog.records]
    assert [message.partition(":")[0] for message in told] == [f"allow_headers names {name}"]


@pytest.mark.parametrize(("has_resolve", "told"), [(False, 0), (True, 1)])
def test_header_that_overrides_the_method_wins_nothing_where_all_methods_are_allowed(
    caplog, has_resolve, told
):
    said = Policy(allow_origins=APP, allow_methods="*", allow_headers=["X-HTTP-Method-Override"])
    CORSMiddleware(site(), said, resolve=(lambda environ, method: said) if has_resolve else None)
    assert caplog.text.count("allow_headers names") == told


@pytest.mark.parametrize(
    ("said", "told"), [({}, 1), ({"refuse_denied": False}, 0), ({"refuse_denied": True}, 0)]
)
def test_a_swap_that_no_longer_refuses_is_told(caplog, said, told):
    app = CORSMiddleware(site(), allow_origins=APP, refuse_denied=True)
    app.policy = Policy(allow_origins=EVIL, **said)
    assert caplog.text.count("nothing is refused any more") == told
    app.policy = Policy(allow_origins=EVIL)
    app.policy = Policy(allow_origins=APP)
    assert caplog.text.count("nothing is refused any more") == 1 - (
        said == {"refuse_denied": False}
    )


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ROW(Policy(), "missing", id="not whole"),
        ROW(
            Policy(allow_origins="*", allow_credentials=True),
            "wildcard-with-credentials",
            id="contradiction",
        ),
        ROW(None, "wrong-type", id="None"),
        ROW("*", "wrong-type", id="string"),
    ],
)
def test_a_wrong_policy_leaves_the_old_one_in_force(policy, reason):
    app = CORSMiddleware(site(), allow_origins=APP)
    with pytest.raises(ConfigError) as caught:
        app.policy = policy
    assert [problem.reason for problem in caught.value.problems] == [reason]
    assert app.policy == Policy(allow_origins=APP)
    assert send(app, origin=APP).decision.allowed


@pytest.mark.parametrize(
    "kind",
    [{"routes": {"/": Policy(max_age=7)}}, {"resolve": lambda environ, method: Policy(max_age=7)}],
    ids=["routes", "resolve"],
)
def test_a_swapped_policy_is_the_new_base(kind):
    app = CORSMiddleware(site(), allow_origins=APP, **kind)
    app.policy = Policy(allow_origins=EVIL)
    answered = preflight(app, origin=EVIL)
    assert (answered.status, answered.values("Access-Control-Max-Age")) == ("204 No Content", ["7"])
    assert preflight(app, origin=APP).status == "403 Forbidden"


def test_a_wrong_base_leaves_routes_in_force():
    app = CORSMiddleware(site(), allow_origins=APP, routes={"/a": Policy(max_age=7)})
    with pytest.raises(ConfigError):
        app.policy = Policy(allow_origins="*", allow_credentials=True)
    assert send(app, "/a", origin=APP).decision.allowed


def test_a_request_under_way_keeps_the_policy_that_it_began_with():
    def application(environ, start_response):
        app.policy = Policy(allow_origins=EVIL)
        start_response("200 OK", [TYPE])
        return []

    app = CORSMiddleware(application, allow_origins=APP)
    assert answer(app, environ_of(origin=APP)).headers == [TYPE, *SHARED]
    assert answer(app, environ_of(origin=APP)).headers == [TYPE, ("Vary", "Origin")]


@pytest.mark.parametrize(
    "kind",
    [{}, {"routes": {"/x": None}}, {"resolve": lambda *asked: Policy(max_age=5)}],
    ids=["plain", "routes", "resolve"],
)
def test_while_policies_are_swapped_each_answer_is_of_one_of_them(kind):
    policies = [
        Policy(allow_origins=APP, allow_methods="PUT", allow_headers="X-A", max_age=1),
        Policy(
            allow_origins=[APP, EVIL],
            allow_methods="PATCH",
            allow_headers="X-B",
            max_age=2,
            allow_credentials=True,
        ),
    ]
    request = environ_of(**ask("PUT"))
    possible = [
        answer(CORSMiddleware(site(), policy, **kind), dict(request)).headers for policy in policies
    ]
    app = CORSMiddleware(site(), policies[0], **kind)
    seen = []

    def ask_once():
        seen.append(answer(app, dict(request)).headers)

    def swap(number):
        app.policy = policies[number % 2]

    at_once([ask_once] * 3, [functools.partial(swap, number) for number in range(300)])
    assert seen
    assert all(headers in possible for headers in seen)


def at_once(repeated, steps):
    """Take steps, while threads of their own repeat other things."""
    done = threading.Event()

    def repeat(action):
        while not done.is_set():
            action()

    threads = [threading.Thread(target=repeat, args=[action]) for action in repeated]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for step in steps:
            step()
    finally:
        done.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)


# --- whatever comes ------------------------------------------------------------------------------

KINDS = {
    "everybody": CORSMiddleware(site(), **EVERYBODY),
    "partners": CORSMiddleware(site(), **PARTNERS),
    "cookies": CORSMiddleware(site(), **COOKIES),
    "callable": CORSMiddleware(site(), allow_origins=lambda origin, environ: origin == APP),
    "routes": CORSMiddleware(
        site(), routes={"/": Policy(**PARTNERS), "/a": Policy(**COOKIES), "/b": None}
    ),
    "resolve": CORSMiddleware(site(), resolve=lambda environ, method: Policy(**COOKIES)),
}
hostile = (
    st.none()
    | anything
    | texts
    | st.text("\x00\r\n\x7f\xff,* ", max_size=9)
    | st.just("x" * 100_000)
)


@pytest.mark.parametrize("app", KINDS.values(), ids=KINDS)
@given(
    method=st.sampled_from(["GET", "OPTIONS", "OPTIONS", "", "\x00"]),
    path=texts | st.text("/.%\\abA2eE5c", max_size=20),
    origin=hostile | st.just(APP),
    asks=hostile | st.just("PUT"),
    headers=hostile | st.just("x-a"),
)
def test_whatever_comes_is_answered_and_opens_nothing(app, method, path, origin, asks, headers):
    answered = answer(app, environ_of(path, method, origin, asks, headers))
    assert answered.status in ("200 OK", "204 No Content", "403 Forbidden")
    allowed = answered.values("Access-Control-Allow-Origin")
    if app is KINDS["everybody"]:
        assert allowed == ["*"]
    elif allowed:
        assert allowed == [origin]
        assert origin in (APP, "null") or origin.endswith(".partner.example")
    for name, value in answered.headers:
        assert value.isascii(), name
        assert value.isprintable(), name


def test_exposed_names_and_vary_of_one_response_are_both_merged():
    decision = HeaderBuilder(Policy(allow_origins=APP)).actual(APP)
    written = [("Access-Control-Expose-Headers", "X-A"), ("Vary", "Cookie")]
    assert Author().with_headers(written, decision) == [
        ("Access-Control-Allow-Origin", APP),
        ("Access-Control-Expose-Headers", "X-A"),
        ("Vary", "Cookie, Origin"),
    ]


def test_a_wrapper_of_a_resolve_is_asked_for_what_it_takes_itself():
    def choose(path):
        return Policy(allow_origins="*")

    by_path = functools.wraps(choose)(lambda environ, method: choose(environ["PATH_INFO"]))
    app = CORSMiddleware(site(), resolve=by_path)
    assert send(app, origin=APP).values("Access-Control-Allow-Origin") == ["*"]


# --- a WebSocket that opens for whoever is denied -------------------------------------------------------

SHAKE = {"HTTP_UPGRADE": "websocket", "HTTP_CONNECTION": "Upgrade"}


@pytest.mark.parametrize(
    "more",
    [
        ROW({}, id="one policy"),
        ROW({"routes": {"/chat": Policy(allow_origins=[])}}, id="routes"),
        ROW({"resolve": lambda environ, method: Policy(allow_origins=[])}, id="resolve"),
        ROW({"allow_credentials": True}, id="credentials"),
    ],
)
def test_a_websocket_that_opens_for_a_page_that_is_denied_is_told_of_once(more, caplog):
    app = CORSMiddleware(site(), allow_origins=[APP], **more)
    for _ in range(2):
        assert send(app, "/chat/1", origin=EVIL, **SHAKE).status == "200 OK"
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("wsgicors", "WARNING")
    for part in ("'/chat/1'", repr(EVIL), "refuse_denied=True", "refuse_denied=False"):
        assert part in record.getMessage()


@pytest.mark.parametrize(
    ("fields", "request_"),
    [
        ROW({}, {"origin": APP, **SHAKE}, id="an origin that is allowed"),
        ROW({}, {"origin": EVIL}, id="no handshake"),
        ROW({}, {"origin": EVIL, "HTTP_UPGRADE": "h2c"}, id="another protocol"),
        ROW({}, {"origin": EVIL, "method": "POST", **SHAKE}, id="a POST"),
        ROW({}, {"origin": "https://127.0.0.1", **SHAKE}, id="a page of its own"),
        ROW({}, SHAKE, id="no browser"),
        ROW({"refuse_denied": True}, {"origin": EVIL, **SHAKE}, id="refused"),
        ROW({"refuse_denied": False}, {"origin": EVIL, **SHAKE}, id="it is meant"),
        ROW({"routes": {"/": None}}, {"origin": EVIL, **SHAKE}, id="not governed"),
    ],
)
def test_a_request_that_opens_no_websocket_for_a_stranger_is_not_told_of(fields, request_, caplog):
    send(CORSMiddleware(site(), allow_origins=[APP], **fields), "/chat", **request_)
    assert caplog.messages == []


# --- a decorator on a method ----------------------------------------------------------------------------


def test_a_decorator_on_a_method_says_what_to_write():
    with pytest.raises(ConfigError) as caught:

        class Application:
            @cors(allow_origins=[APP])
            def __call__(self, environ, start_response):
                return []

    (problem,) = caught.value.problems
    assert problem.reason == "no-application"
    for part in ("takes self", "self.app = cors(...)(self.app)", "cors(...)(Application())"):
        assert part in problem.message
    assert "Flask" not in problem.message


def test_a_view_of_three_parameters_that_is_no_method_is_taken_for_a_view():
    with pytest.raises(ConfigError, match="cross_origin"):
        cors(allow_origins=[APP])(lambda shop, item, color: "hello")


# --- a header that overrides the method, under "*" ------------------------------------------------------

OVERRIDE = "x-http-method-override"
READ = Policy(allow_origins=[APP], allow_headers="*")


@pytest.mark.parametrize(
    ("policy", "more"),
    [
        ROW(READ, {}, id="one policy"),
        ROW(READ.merge(Policy(allow_credentials=True)), {}, id="with credentials"),
        ROW(Policy(allow_origins="*"), {"routes": {"/api": READ}}, id="routes"),
        ROW(
            Policy(**EVERYBODY),
            {"resolve": lambda environ, method: READ.merge(Policy(allow_methods="*"))},
            id="resolve, which may have another policy for the other method",
        ),
    ],
)
def test_a_header_that_overrides_the_method_is_told_of_once_under_a_wildcard(policy, more, caplog):
    app = CORSMiddleware(site(), policy, **more)
    for _ in range(2):
        assert preflight(app, "/api", APP, "POST", headers=f"content-type,{OVERRIDE}")
        app.policy = app.policy.merge(Policy(max_age=5))
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("wsgicors", "WARNING")
    assert f'allow_headers="*" lets {OVERRIDE} pass for' in record.getMessage()


@pytest.mark.parametrize(
    ("policy", "request_"),
    [
        ROW(READ, {"headers": "content-type"}, id="another header"),
        ROW(READ, {}, id="no header"),
        ROW(READ, {"headers": OVERRIDE, "origin": EVIL}, id="denied"),
        ROW(READ.merge(Policy(allow_methods="*")), {"headers": OVERRIDE}, id="no method is won"),
        ROW(
            READ.merge(Policy(allow_headers=["Content-Type"])),
            {"headers": OVERRIDE},
            id="not granted",
        ),
    ],
)
def test_a_preflight_that_is_granted_no_other_method_is_not_told_of(policy, request_, caplog):
    preflight(CORSMiddleware(site(), policy), asks="POST", **{"origin": APP, **request_})
    assert caplog.messages == []

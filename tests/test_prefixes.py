"""What is told of prefixes that leave more open than a shorter one, or than a swap was to leave."""

from __future__ import annotations

import gc
import re
import sys

import pytest

from wsgicors import CORSMiddleware, Policy

APP, ADMIN, PARTNER = "https://app.example.com", "https://admin.example.com", "https://p.example"
BOTH = Policy(allow_origins=[APP, PARTNER], allow_credentials=True)
OPEN = Policy(allow_origins="*")
CLOSED = Policy(allow_origins=[])
ONE = Policy(allow_origins=[APP])
AGE = Policy(max_age=600)
REFUSING = Policy(refuse_denied=True)
ROW = pytest.param


def application(environ, start_response):
    start_response("200 OK", [])
    return [b""]


# --- what a longer prefix does not inherit ------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "routes", "told"),
    [
        ROW(
            BOTH,
            {"/admin": ONE.merge(REFUSING), "/admin/export": AGE},
            "routes['/admin/export']: what is left out there (allow_origins and refuse_denied) is not inherited"
            " from routes['/admin']",
            id="two fields",
        ),
        ROW(
            OPEN,
            {"/": ONE, "/pub/": AGE},
            "routes['/pub']: what is left out there (allow_origins)",
            id="the default",
        ),
        ROW(
            BOTH,
            {"/api": Policy(allow_credentials=False), "/api/v2": AGE},
            "Write allow_credentials=False there too",
            id="credentials",
        ),
        ROW(
            BOTH,
            {"/api": Policy(allow_credentials=[APP]), "/api/v2": AGE},
            "Write allow_credentials=[...] there too",
            id="credentials of some",
        ),
        ROW(ONE, {"/a": REFUSING, "/a/b/c": AGE}, "Write refuse_denied=True there", id="far below"),
        ROW(
            ONE,
            {"/a": REFUSING, "/a/b": Policy(allow_origins=[PARTNER])},
            "refuse_denied",
            id="other origins",
        ),
        ROW(
            Policy(allow_origins=lambda origin, environ: True),
            {"/a": ONE, "/a/b": AGE},
            "routes['/a/b']: what is left out there (allow_origins)",
            id="a callable",
        ),
        ROW(
            OPEN,
            {"/": ONE, **{f"/{number}": AGE for number in range(20)}},
            "routes['/5'] and 14 more: what is left out",
            id="very many",
        ),
    ],
)
def test_a_prefix_that_is_wider_than_a_shorter_one_is_told_of_once(base, routes, told, caplog):
    app = CORSMiddleware(application, base, routes=routes)
    app.policy = app.policy.merge(Policy(max_age=5))
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("wsgicors", "WARNING")
    assert told in record.getMessage()


@pytest.mark.parametrize(
    ("base", "routes"),
    [
        ROW(ONE, {"/a": BOTH, "/a/b": AGE}, id="narrower"),
        ROW(ONE, {"/a": OPEN, "/a/b": AGE}, id="everybody around"),
        ROW(ONE, {"/a": Policy(allow_origins=[APP]), "/a/b": AGE}, id="equal"),
        ROW(BOTH, {"/a": ONE, "/a/b": CLOSED}, id="nobody"),
        ROW(BOTH, {"/a": ONE, "/ab": AGE}, id="not below"),
        ROW(BOTH, {"/a": ONE, "/a/b": None}, id="not governed"),
        ROW(BOTH, {"/a": None, "/a/b": AGE}, id="not governed around"),
        ROW(BOTH, {"/a": ONE, "/a/b": Policy(allow_origins=[PARTNER])}, id="it is said"),
        ROW(ONE, {"/a": REFUSING, "/a/b": Policy(refuse_denied=False)}, id="refusal is said"),
        ROW(ONE, {"/a": REFUSING, "/a/feed": OPEN}, id="nobody to refuse"),
        ROW(ONE.merge(REFUSING), {"/a": REFUSING, "/a/b": AGE}, id="the base says it"),
        ROW(
            ONE,
            {"/a": REFUSING, "/a/b": Policy(refuse_denied=False), "/a/b/c": AGE},
            id="the nearest says otherwise",
        ),
        ROW(
            ONE,
            {"/a": Policy(allow_origins=["https://*.example.com"]), "/a/b": AGE},
            id="covered by a pattern",
        ),
        ROW(
            ONE,
            {
                "/a": Policy(allow_origins=[re.compile(r"https://a[a-z]+\.example\.com")]),
                "/a/b": AGE,
            },
            id="covered by an expression",
        ),
        ROW(
            Policy(allow_origins=[APP, PARTNER]),
            {"/a": Policy(allow_credentials=False), "/a/b": AGE},
            id="no credentials",
        ),
        ROW(
            BOTH,
            {"/a": Policy(allow_credentials=True), "/a/b": Policy(allow_origins=[ADMIN])},
            id="credentials as around",
        ),
    ],
)
def test_a_prefix_that_is_not_wider_is_not_told_of(base, routes, caplog):
    CORSMiddleware(application, base, routes=routes)
    assert caplog.messages == []


def test_a_swap_that_opens_a_prefix_is_told_of(caplog):
    app = CORSMiddleware(application, ONE, routes={"/a": ONE, "/a/b": AGE})
    assert caplog.messages == []
    app.policy = OPEN
    assert ["routes['/a/b']: what is left out" in each for each in caplog.messages] == [True]


def test_the_lists_that_were_compared_are_not_held():
    around = Policy(allow_origins=[APP, PARTNER])
    held = sys.getrefcount(around.allow_origins)
    CORSMiddleware(application, Policy(allow_origins=[ADMIN]), routes={"/a": around, "/a/b": AGE})
    gc.collect()
    held_now = sys.getrefcount(around.allow_origins)
    assert held_now == held


# --- a swap that is to close everything ---------------------------------------------------------------


@pytest.mark.parametrize("old", [ONE, None], ids=["base", "no base"])
def test_prefixes_that_still_share_after_a_swap_to_nobody_are_told_of(old, caplog):
    routes = {"/partners": Policy(allow_origins=[PARTNER]), "/": OPEN, "/shut": CLOSED, "/x": None}
    app = CORSMiddleware(application, old, routes=routes)
    caplog.clear()
    app.policy = CLOSED
    (message,) = caplog.messages
    assert "but it is only the base: routes['/partners'], routes['/'] still share" in message


def test_a_resolve_that_may_still_share_after_a_swap_to_nobody_is_told_of(caplog):
    app = CORSMiddleware(application, ONE, resolve=lambda environ, method: BOTH)
    app.policy = CLOSED.merge(Policy(allow_credentials=True))
    (message,) = caplog.messages
    assert "each policy that resolve returns and that sets allow_origins still shares" in message


@pytest.mark.parametrize(
    ("old", "routes", "new"),
    [
        ROW(ONE, None, CLOSED, id="no routes"),
        ROW(ONE, {"/a": AGE, "/b": CLOSED, "/c": None}, CLOSED, id="all are closed"),
        ROW(CLOSED, {"/a": ONE}, CLOSED.merge(AGE), id="it was closed before"),
        ROW(BOTH, {"/a": BOTH}, ONE, id="somebody is left"),
    ],
)
def test_a_swap_that_leaves_nothing_open_by_accident_is_not_told_of(old, routes, new, caplog):
    app = CORSMiddleware(application, old, routes=routes)
    app.policy = new
    assert caplog.messages == []

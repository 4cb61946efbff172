"""Whose policy governs: one for all, by path, or what a callable says."""

from __future__ import annotations

import contextlib
import gc
import logging
from collections import ChainMap, UserDict
from types import MappingProxyType

import flask
import pytest
from exchanges import ADMIN, answer, callers, environ_of, preflight, send, site, written
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import texts
from werkzeug.local import LocalProxy
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request

from wsgicors import ConfigError, CORSMiddleware, OriginCache, Policy
from wsgicors.errors import shown
from wsgicors.flask import CORS
from wsgicors.headers import HeaderBuilder
from wsgicors.resolvers import _Compiled
from wsgicors.testing import Browser, CORSError

ROW = pytest.param
APP = "https://app.example.com"
EVIL = "https://evil.example"


def named(name):
    """A policy that tells itself by the one origin that it allows."""
    return Policy(allow_origins=f"https://{name}.example")


def whose(app, path):
    """The name of the policy that governs a path; ``None`` if none does."""
    answers = {
        name: answer(app, environ_of(path, origin=f"https://{name}.example"))
        for name in ("base", "api", "v1", "other")
    }
    if answers["base"].decision is None:
        return None
    return next((name for name in answers if answers[name].decision.allowed), "nobody's")


def problems_of(*args, **kwargs):
    with pytest.raises(ConfigError) as caught:
        CORSMiddleware(site(), *args, **kwargs)
    return caught.value.problems


# --- routes --------------------------------------------------------------------------------------

BASE = named("base")
NESTED = {
    "/api": named("api"),
    "/api/v1": named("v1"),
    "/api/v1/open": None,
    "/other/": named("other"),
}


@pytest.mark.parametrize(
    ("base", "routes", "path", "governs"),
    [
        ROW(BASE, NESTED, "/", "base", id="root"),
        ROW(BASE, NESTED, "", "base", id="empty path"),
        ROW(BASE, NESTED, "/else", "base", id="no prefix fits"),
        ROW(BASE, NESTED, "/api", "api", id="the prefix itself"),
        ROW(BASE, NESTED, "/api/", "api", id="the prefix with a slash"),
        ROW(BASE, NESTED, "/api/v2/deep/down", "api", id="far below"),
        ROW(BASE, NESTED, "/api/v1/x", "v1", id="the longest prefix"),
        ROW(BASE, NESTED, "/api/v1/open", None, id="not governed"),
        ROW(BASE, NESTED, "/api/v1/open/x", None, id="below not governed"),
        ROW(BASE, NESTED, "/api/v1/opener", "v1", id="half a segment"),
        ROW(BASE, NESTED, "/apis", "base", id="more than a segment"),
        ROW(BASE, NESTED, "/ap", "base", id="less than a segment"),
        ROW(BASE, NESTED, "/API", "base", id="another case"),
        ROW(BASE, NESTED, "/api;v=1/x", "base", id="parameters of a segment"),
        ROW(BASE, NESTED, "/other", "other", id="prefix written with a slash"),
        ROW(BASE, NESTED, "/other/x", "other", id="below a prefix written with a slash"),
        ROW(BASE, NESTED, "/x/api", "base", id="prefix further inside"),
        ROW(BASE, {"/": named("other")}, "/x", "other", id="/ replaces the base"),
        ROW(BASE, {"/": None, "/api": named("api")}, "/x", None, id="/ not governed"),
        ROW(BASE, {"/": None, "/api": named("api")}, "/api", "api", id="/ not governed, but below"),
        ROW(BASE, {}, "/x", "base", id="no routes"),
        ROW(None, {"/api": named("api")}, "/x", None, id="no base: not governed"),
        ROW(None, {"/api": named("api")}, "/api", "api", id="no base: governed below"),
        ROW(
            BASE,
            {"/caf\xe9": named("api")},
            "/caf\xc3\xa9/x",
            "api",
            id="Unicode, as PEP 3333 has it",
        ),
        ROW(BASE, {"/a b": named("api")}, "/a b", "api", id="blank"),
        ROW(BASE, {"/a b": named("api")}, "/a+b", "base", id="plus is no blank"),
        ROW(BASE, {"/.well-known": named("api")}, "/.well-known/x", "api", id="name with a dot"),
        ROW(BASE, {"/api": named("api")}, "/api/100%", "api", id="percent sign"),
        ROW(BASE, {"/api": named("api")}, "/api/a...b/...", "api", id="three dots"),
    ],
)
def test_the_longest_prefix_of_whole_segments_governs(base, routes, path, governs):
    assert whose(CORSMiddleware(site(), base, routes=routes), path) == governs


@pytest.mark.parametrize(
    "path",
    [
        ROW("/public/../api", id="two dots"),
        ROW("/public/..", id="two dots at the end"),
        ROW("/../api", id="two dots at the start"),
        ROW("/./api", id="one dot"),
        ROW("/api/.", id="one dot at the end"),
        ROW("//api", id="two slashes"),
        ROW("/public//api", id="two slashes inside"),
        ROW("/api//", id="two slashes at the end"),
        ROW("/public/%2e%2e/api", id="dots, encoded twice"),
        ROW("/public/.%2E/api", id="dots, one of them encoded twice"),
        ROW("/public%2f..%2fapi", id="slashes, encoded twice"),
        ROW("/public/%2f/api", id="two slashes, one encoded twice"),
        ROW("/public\\..\\api", id="backslashes"),
        ROW("/public/..\\api", id="backslash and slash"),
        ROW("/public/\\api", id="backslash beside a slash"),
        ROW("/public%5c..%5capi", id="backslashes, encoded twice"),
        ROW("\\api", id="backslash at the start"),
        ROW("*", id="the asterisk of OPTIONS"),
        ROW("api", id="no slash"),
        ROW("http://api.example/api", id="a whole URL"),
    ],
)
@pytest.mark.parametrize(
    "default", [Policy(allow_origins="*"), None], ids=["everybody", "not governed"]
)
def test_a_path_that_can_be_read_in_two_ways_is_nobodys(default, path):
    app = CORSMiddleware(
        site(("Access-Control-Allow-Origin", "*")),
        routes={"/": default, "/api": Policy(allow_origins=APP)},
    )
    actual = answer(app, environ_of(path, origin=APP))
    assert str(actual) == "200 OK\nContent-Type: text/plain\nVary: Origin\n\nhello"
    refused = answer(app, environ_of(path, method="OPTIONS", origin=APP, asks="GET"))
    assert refused.status == "403 Forbidden"
    assert refused.headers[2:] == [("Vary", "Origin")]
    assert actual.decision.reason == refused.decision.reason == "ambiguous-path"


@pytest.mark.parametrize(
    "path",
    [
        ROW("/public%2fx/api", id="slash, encoded twice"),
        ROW("/private%2fx", id="slash after the prefix, encoded twice"),
        ROW("/%70rivate", id="letter, encoded twice"),
        ROW("/private\\x", id="backslash after the prefix"),
        ROW("/private%5cx", id="backslash after the prefix, encoded twice"),
        ROW("/caf%C3%A9/x", id="letter beyond ASCII, encoded twice"),
        ROW("/pri\xffvate", id="byte that is no UTF-8"),
        ROW("/pri%ffvate/x", id="byte that is no UTF-8, encoded twice"),
        ROW("/\x80caf\xc3\xa9", id="byte that is no UTF-8, beside some that are"),
        ROW("/private\n", id="line end"),
        ROW("/pri\tvate/x", id="tab"),
        ROW("/private%00", id="NUL, encoded twice"),
        ROW("/private?x", id="question mark"),
        ROW("/private#x", id="number sign"),
        ROW("/public/x\x7f", id="out of it"),
    ],
)
def test_a_path_whose_other_reading_has_another_policy_is_nobodys(path):
    policy, private = Policy(allow_origins="*"), Policy(allow_origins=APP)
    routes = dict.fromkeys(["/private", "/public", "/caf\xe9"], private)
    routes["/public/x"] = policy
    app = CORSMiddleware(site(), policy, routes=routes)
    assert answer(app, environ_of(path, origin=APP)).decision.reason == "ambiguous-path"


@pytest.mark.parametrize(
    "path",
    [
        "/caf\xc3\xa9/x",
        "/private/what?",
        "/private/100%",
        "/public/x/\xff",
        "/%/private",
        "/\xe9\n",
    ],
)
def test_a_path_that_leads_to_one_policy_in_all_readings_is_governed_by_that(path):
    private = Policy(allow_origins=APP)
    routes = {"/private": private, "/caf\xe9": private, "/public/x": private}
    decision = answer(CORSMiddleware(site(), private, routes=routes), environ_of(path, origin=APP))
    assert decision.decision.reason == "allowed"


def by_path(environ, method):
    """Choose as people do; a policy of its own each time, as people make them."""
    if environ["PATH_INFO"].startswith("/admin"):
        return Policy(allow_origins=ADMIN, refuse_denied=True)
    return None if environ["PATH_INFO"].startswith("/untouched") else Policy(allow_origins="*")


@pytest.mark.parametrize(
    "path",
    [
        ROW("//admin/pay", id="two slashes"),
        ROW("/./admin/pay", id="dot"),
        ROW("/public/../admin/pay", id="dots"),
        ROW("/public/%2e%2e/admin", id="dots, encoded twice"),
        ROW("/%61dmin", id="letter, encoded twice"),
        ROW("\\admin", id="backslash"),
        ROW("admin", id="no slash"),
        ROW("/admin/../public", id="out of it"),
        ROW("/untouched/../public", id="out of what is not governed"),
        ROW("/x/..//untouched", id="into what is not governed"),
        ROW("/ad\xffmin", id="byte that is no UTF-8"),
        ROW("/\x0badmin", id="control character"),
        ROW("/%ff%61dmin", id="byte that is no UTF-8, encoded twice"),
        ROW("/x/../ad\xc3min", id="dots, and half a letter"),
    ],
)
def test_a_path_of_which_resolve_says_two_things_is_nobodys(path):
    app = CORSMiddleware(site(), resolve=by_path)
    answer(app, environ_of("/admin"))
    read = answer(app, environ_of(path, origin=APP))
    assert (read.decision.reason, read.values("Vary")) == ("ambiguous-path", ["Origin"])
    refused = [
        answer(app, environ_of(path, method="POST", origin=APP)),
        answer(app, environ_of(path, method="OPTIONS", origin=APP, asks="PUT")),
    ]
    assert {each.status for each in refused} == {"403 Forbidden"}


@pytest.mark.parametrize("path", ["/x/../admin", "/%61dmin"])
def test_what_resolve_left_in_environ_does_not_answer_for_another_reading(path):
    def resolve(environ, method):
        request = environ.setdefault("our.request", Request(environ))
        return by_path({"PATH_INFO": request.path}, method)

    app = CORSMiddleware(site(), resolve=resolve)
    assert answer(app, environ_of(path, origin=APP)).decision.reason == "ambiguous-path"


def by_unsafe_method(environ, method):
    closed = Policy(allow_origins=[ADMIN], refuse_denied=True)
    return (
        closed
        if method in ("PUT", "PATCH", "DELETE")
        else Policy(allow_origins="*", allow_methods="*")
    )


def by_unsafe_method_asked_for(environ, method):
    return by_unsafe_method(environ, environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"])


@pytest.mark.parametrize("method", ["patch", "Patch", "delete"])
def test_a_method_that_frameworks_read_in_capitals_is_nobodys_where_those_have_another_policy(
    method,
):
    app = CORSMiddleware(site(), resolve=by_unsafe_method)
    answer(app, environ_of(method="PATCH"))
    assert preflight(app, asks=method).status == "403 Forbidden"
    assert answer(app, environ_of(method=method, origin=EVIL)).status == "403 Forbidden"
    told = CORSMiddleware(site(), resolve=by_unsafe_method_asked_for)
    assert preflight(told, asks=method).status == "403 Forbidden"


@pytest.mark.parametrize("method", ["get", "mkCol", "M-SEARCH"])
def test_a_method_in_any_case_that_has_one_policy_is_governed_by_that(method):
    app = CORSMiddleware(site(), resolve=by_unsafe_method)
    assert preflight(app, asks=method).values("Access-Control-Allow-Methods") == [method]
    assert answer(app, environ_of(method=method, origin=APP)).decision.allowed


def test_a_callable_is_asked_about_a_method_in_capitals_too():
    def allowed(origin, environ):
        return environ["REQUEST_METHOD"] != "PATCH"

    app = CORSMiddleware(site(), allow_origins=allowed, allow_methods="*")
    assert preflight(app, asks="patch").status == "403 Forbidden"


@pytest.mark.parametrize(
    "change",
    [
        lambda policies: policies.update({"/x": None}),
        lambda policies: policies.__setitem__("/x", Policy(allow_origins=[])),
        lambda policies: policies.pop("/"),
        lambda policies: policies.clear(),
        lambda policies: policies.setdefault("/x", None),
        lambda policies: policies.__delitem__("/"),
    ],
)
def test_policies_that_are_told_cannot_be_changed_without_effect(change):
    app = CORSMiddleware(site(), BASE)
    with pytest.raises(TypeError, match=r"write the policy in routes={prefix"):
        change(app.policies)
    assert {**app.policies} == app.policies == {"/": BASE}


TARGETS = ["REQUEST_URI", "RAW_URI"]


def sent(target, path, **more):
    """The environ of a request as servers make it of what they were asked for."""
    return {**environ_of(path, **more), **dict.fromkeys(TARGETS, target)}


def by_target(name):
    def resolve(environ, method):
        is_admin = environ[name].startswith("/admin")
        return Policy(allow_origins=ADMIN if is_admin else "*")

    return resolve


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize(
    ("target", "path"),
    [
        ROW("//admin?q=1", "//admin", id="two slashes"),
        ROW("/./admin", "/./admin", id="dot"),
        ROW("/public/../admin", "/admin", id="dots that the server has followed"),
        ROW("/%61dmin/pay", "/admin/pay", id="letter, encoded"),
        ROW("/%2561dmin/pay", "/%61dmin/pay", id="letter, encoded twice"),
        ROW("/public/%2e%2e/admin", "/public/../admin", id="dots, encoded"),
        ROW("/%5cadmin", "/\\admin", id="backslash"),
        ROW("http://api.example/admin", "/admin", id="a whole URL"),
        ROW("/shop//admin", "//admin", id="below the mount"),
    ],
)
def test_what_a_server_was_asked_for_is_read_in_all_ways_too(target, path, name):
    resolve = by_target(name)
    if target.startswith("/shop"):
        resolve = lambda environ, _: by_target(name)({name: environ[name][5:]}, _)  # noqa: E731
    read = answer(CORSMiddleware(site(), resolve=resolve), sent(target, path, origin=APP))
    assert read.decision.reason == "ambiguous-path"


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ROW("/public?next=//admin&q=%61", "/public", id="query"),
        ROW("/public/a%20b", "/public/a b", id="blank"),
        ROW("/public/caf%c3%a9", "/public/caf\xc3\xa9", id="letter beyond ASCII"),
        ROW("/prefix/public/a%2Cb", "/public/a,b", id="prefix that something has dropped"),
        ROW("", "", id="nothing"),
    ],
)
def test_a_target_that_says_one_thing_is_governed_by_that(target, path):
    app = CORSMiddleware(site(), resolve=by_target("REQUEST_URI"))
    assert answer(app, sent(target, path, origin=APP)).decision.allowed


@pytest.mark.parametrize("path", ["//admin", "/x/../admin", "/%61dmin"])
def test_a_callable_is_asked_about_all_readings_of_a_path(path):
    def allowed(origin, environ):
        return not environ["PATH_INFO"].startswith("/admin")

    app = CORSMiddleware(site(), allow_origins=allowed, allow_methods="PUT", refuse_denied=True)
    assert answer(app, environ_of("/public//x", origin=APP)).decision.allowed
    assert not answer(app, environ_of(path, origin=APP)).decision.allowed
    for more in ({"method": "PUT"}, {"method": "OPTIONS", "asks": "PUT"}):
        assert answer(app, environ_of(path, origin=APP, **more)).status == "403 Forbidden"


@pytest.mark.parametrize("path", ["//x", "/a/../b/", "/a%20b", "/a\\b", "/", "", "/x/"])
def test_a_path_of_which_resolve_says_one_thing_is_governed_by_that(path):
    app = CORSMiddleware(site(), resolve=lambda *_: Policy(allow_origins=[APP], max_age=7))
    assert answer(app, environ_of(path, origin=APP)).decision.allowed


def test_resolve_is_asked_once_for_a_path_that_can_be_read_in_one_way():
    asked = []
    app = CORSMiddleware(site(), resolve=lambda environ, _: asked.append(environ["PATH_INFO"]))
    answer(app, environ_of("/a/b.c/d-e", origin=APP))
    assert asked == ["/a/b.c/d-e"]
    asked.clear()
    answer(app, environ_of("/a//b/..", origin=APP))
    assert asked == ["/a//b/..", "/a/"]


def test_a_request_without_a_path_is_governed_by_the_default_of_all():
    environ = environ_of("/", origin=APP)
    del environ["PATH_INFO"]
    app = CORSMiddleware(site(), allow_origins=APP, routes={"/api": Policy(allow_origins=[])})
    assert answer(app, environ).decision.allowed


def test_without_routes_every_path_is_alike():
    app = CORSMiddleware(site(), allow_origins=APP)
    assert all(
        answer(app, environ_of(path, origin=APP)).decision.allowed
        for path in ("//", "/..", "*", "/%2e%2e")
    )


@given(st.text("/.%2eE5cC\\apib") | texts)
def test_any_path_is_governed_by_somebody_or_nobody(path):
    app = CORSMiddleware(site(), BASE, routes=NESTED)
    governs = whose(app, path)
    segments = path.split("/")
    if ".." in segments or "." in segments or "" in segments[1:-1]:
        assert governs == "nobody's"
    elif governs in ("api", "v1", None):
        assert path.startswith("/api")


def test_a_route_is_merged_into_the_base():
    app = CORSMiddleware(
        site(),
        Policy(allow_origins=EVIL, allow_methods="PUT", max_age=5),
        routes={"/api": Policy(allow_origins=APP, allow_headers="X-A")},
        allow_credentials=True,
    )
    assert str(preflight(app, "/api/x")) == written("""
        204 No Content
        Access-Control-Allow-Origin: https://app.example.com
        Access-Control-Allow-Credentials: true
        Access-Control-Allow-Methods: PUT
        Access-Control-Allow-Headers: X-A
        Access-Control-Max-Age: 5
        Vary: Origin
    """)


def test_what_is_not_governed_passes_untouched_preflights_too():
    lines = [
        ("access-control-allow-origin", "x"),
        ("Access-Control-Allow-Origin", "y"),
        ("vary", "a"),
    ]
    app = site(*lines)
    governed = CORSMiddleware(app, allow_origins="*", routes={"/internal": None})
    for request in ({"origin": APP}, {"method": "OPTIONS", "origin": APP, "asks": "PUT"}):
        answered = send(governed, "/internal", **request)
        assert (answered.status, answered.body) == ("200 OK", b"hello")
        assert answered.headers == [("Content-Type", "text/plain"), *lines]
        assert answered.decision is None
    assert app.calls == ["GET", "OPTIONS"]


def test_what_is_not_governed_gets_the_servers_own_start_response():
    seen = []
    app = CORSMiddleware(
        lambda *args: seen.append(args) or [], allow_origins="*", routes={"/": None}
    )
    environ, start_response = environ_of(), object()
    app(environ, start_response)
    assert seen == [(environ, start_response)]
    assert seen[0][1] is start_response


# --- where the application is mounted ------------------------------------------------------------


def test_a_route_that_repeats_where_the_application_is_mounted_is_told_of_once(caplog):
    app = CORSMiddleware(site(), BASE, routes={"/shop/internal": named("api"), "/shopping": None})
    for _ in range(3):
        assert whose(app, "/internal") == "base"
        answer(app, environ_of("/internal", SCRIPT_NAME="/shop"))
    (message,) = caplog.messages
    assert message.startswith(
        "routes['/shop/internal'] begins with '/shop', which is where requests"
    )
    assert message.endswith("so this one should probably be '/internal'")
    assert caplog.records[0].levelname == "WARNING"


@pytest.mark.parametrize(
    ("route", "mount", "instead"),
    [
        ROW("/shop", "/shop", "/", id="the mount itself"),
        ROW("/a/b/c", "/a/b", "/c", id="deeper"),
        ROW("/shop/x/", "/shop", "/x", id="a slash at the end"),
        ROW("/caf\xe9/x", "/caf\xc3\xa9", "/x", id="Unicode, as PEP 3333 has it"),
        ROW("/shopping", "/shop", None, id="half a segment"),
        ROW("/internal", "/shop", None, id="below the mount"),
        ROW("/", "/shop", None, id="the default of all"),
        ROW("/shop/x", "", None, id="mounted at the root"),
    ],
)
def test_which_routes_repeat_the_mount(route, mount, instead, caplog):
    app = CORSMiddleware(site(), BASE, routes={route: named("api")})
    answer(app, environ_of("/x", SCRIPT_NAME=mount))
    told = [message.rpartition("should probably be ")[2] for message in caplog.messages]
    assert told == ([] if instead is None else [repr(instead)])


def test_a_route_that_repeats_two_mounts_is_told_of_once(caplog):
    app = CORSMiddleware(site(), BASE, routes={"/shop/internal/x": named("api")})
    for mount in ("/shop", "/shop/internal"):
        answer(app, environ_of("/x", SCRIPT_NAME=mount))
    assert len(caplog.messages) == 1


def test_what_is_kept_of_mounts_is_bounded(caplog):
    app = CORSMiddleware(site(), BASE, routes={f"/m{number}/x": None for number in range(1000)})
    for number in range(1000):
        answer(app, environ_of("/x", SCRIPT_NAME=f"/m{number}"))
    assert 0 < len(caplog.messages) <= 64


# --- what sets no field ----------------------------------------------------------------------------

EMPTY = Policy()


def told_of_nothing_set(caplog):
    return [record for record in caplog.records if "sets no field" in record.getMessage()]


@pytest.mark.parametrize("route", ["/adm", "/adm/", "/"])
@pytest.mark.parametrize("more", [{}, {"trial": BASE}, {"answer_exceptions": True}], ids=str)
def test_a_route_that_sets_no_field_is_told_of_once(route, more, caplog):
    app = CORSMiddleware(site(), BASE, routes={route: EMPTY, "/other": None}, **more)
    assert whose(app, "/adm") == "base"
    app.policy = named("other")
    assert whose(app, "/adm") == "other"
    (record,) = told_of_nothing_set(caplog)
    assert (record.name, record.levelname) == ("wsgicors", "WARNING")
    for part in (
        f"routes[{route!r}]",
        "the base policy holds",
        "allow_origins=[]",
        "None",
        "leave",
    ):
        assert part in record.getMessage()


@pytest.mark.parametrize(
    "routes",
    [
        ROW({"/adm": None}, id="none"),
        ROW({"/adm": BASE}, id="the base itself"),
        ROW({"/adm": Policy(allow_origins=())}, id="nobody"),
        ROW({"/adm": Policy(max_age=0)}, id="a field"),
        ROW({"/adm": None, "/adm/open": EMPTY}, id="governed where what is around is not"),
        ROW({"/": None, "/adm": EMPTY}, id="governed where the rest is not"),
        ROW({"/adm/x": None, "/adm": Policy(max_age=1), "/adm/x/y/": EMPTY}, id="deeper"),
    ],
)
def test_a_route_that_says_anything_is_not_told_of(routes, caplog):
    CORSMiddleware(site(), BASE, routes=routes)
    assert told_of_nothing_set(caplog) == []


@pytest.mark.parametrize(
    "routes",
    [{"/adm": None, "/admin": EMPTY}, {"/": None, "/adm": BASE, "/adm/x": EMPTY}, {"/x": EMPTY}],
)
def test_a_route_beside_one_that_is_not_governed_says_nothing(routes, caplog):
    CORSMiddleware(site(), BASE, routes=routes)
    assert len(told_of_nothing_set(caplog)) == 1


def test_a_route_that_sets_no_field_where_nothing_is_set_is_an_error_alone(caplog):
    assert {problem.reason for problem in problems_of(routes={"/adm": EMPTY})} == {"missing"}
    assert not caplog.records


@pytest.mark.parametrize(
    "returned", [ROW(lambda: EMPTY, id="the same"), ROW(Policy, id="made anew each time")]
)
@pytest.mark.parametrize("more", [{}, {"trial": BASE}])
def test_a_resolve_that_sets_no_field_is_told_of_once(returned, more, caplog):
    app = CORSMiddleware(site(), BASE, resolve=lambda environ, method: returned(), **more)
    assert told_of_nothing_set(caplog) == []
    assert whose(app, "/") == "base"
    preflight(app)
    app.policy = named("other")
    assert whose(app, "/") == "other"
    (record,) = told_of_nothing_set(caplog)
    assert (record.name, record.levelname) == ("wsgicors", "WARNING")
    for part in ("resolve returned", "allow_origins=[]", "None", "the base policy itself"):
        assert part in record.getMessage()


def test_each_middleware_tells_of_a_resolve_that_sets_no_field(caplog):
    for _ in range(2):
        answer(CORSMiddleware(site(), BASE, resolve=lambda *asked: EMPTY), environ_of())
    assert len(told_of_nothing_set(caplog)) == 2


@pytest.mark.parametrize("returned", [None, BASE, Policy(max_age=5)])
def test_a_resolve_that_says_anything_is_not_told_of(returned, caplog):
    answer(CORSMiddleware(site(), BASE, resolve=lambda *asked: returned), environ_of())
    assert told_of_nothing_set(caplog) == []


# --- a refusal that refuses nothing ----------------------------------------------------------------

REFUSING, OPEN = Policy(refuse_denied=True), Policy(allow_origins="*")
IDLE = OPEN.merge(REFUSING)


@pytest.mark.parametrize(
    ("policy", "more"),
    [
        ROW(IDLE, {}, id="alone"),
        ROW(OPEN, {"refuse_denied": True}, id="with a field"),
        ROW(IDLE, {"routes": {"/a": None}}, id="base of routes that are not governed"),
        ROW(IDLE, {"routes": {"/a": Policy(max_age=1)}}, id="base of routes that are as open"),
        ROW(OPEN, {"routes": {"/a": REFUSING}}, id="route of an open base"),
        ROW(BASE, {"routes": {"/a": IDLE}}, id="route"),
        ROW(BASE, {"trial": IDLE}, id="trial"),
    ],
)
def test_what_refuses_nothing_is_an_error(policy, more):
    (problem,) = problems_of(policy, **more)
    assert (problem.field, problem.reason) == ("refuse_denied", "refuses-nothing")
    assert "refuse_denied=False" in problem.message


def test_swap_to_what_refuses_nothing_is_an_error():
    app = CORSMiddleware(site(), BASE)
    with pytest.raises(ConfigError):
        app.policy = IDLE
    assert app.policy == BASE


@pytest.mark.parametrize(
    ("policy", "more"),
    [
        ROW(IDLE, {"routes": {"/a": BASE}}, id="a route denies somebody"),
        ROW(BASE.merge(REFUSING), {"routes": {"/a": OPEN}}, id="an open route"),
        ROW(
            REFUSING,
            {"routes": {"/": OPEN, "/a": BASE}},
            id="a base that is not a policy of its own",
        ),
        ROW(IDLE, {"resolve": lambda environ, method: BASE}, id="resolve"),
    ],
)
def test_what_is_inherited_by_those_who_deny_may_stand_where_nobody_is_denied(policy, more):
    assert CORSMiddleware(site(), policy, **more)


# --- nothing is refused where nothing is returned --------------------------------------------------

REFUSING = Policy(allow_origins=[APP], refuse_denied=True)
FEED = Policy(allow_origins="*", refuse_denied=False)


def those_of_the_feed(environ, method):
    if environ["PATH_INFO"].startswith("/feed"):
        return FEED
    # What is forgotten here gives this, too.
    return None


@pytest.mark.parametrize(
    "resolve",
    [
        ROW(those_of_the_feed, id="ends without return"),
        ROW(lambda environ, method: {"/feed": FEED}.get(environ["PATH_INFO"]), id="look-up"),
        ROW(lambda environ, method: None if method == "POST" else FEED, id="method"),
    ],
)
@pytest.mark.parametrize("is_preflight", [True, False])
def test_writing_that_is_left_alone_where_the_base_refuses_is_told_once(
    caplog, resolve, is_preflight
):
    app = CORSMiddleware(site(), REFUSING, resolve=resolve, trial=Policy(allow_origins=[APP]))
    request = {"method": "OPTIONS", "asks": "POST"} if is_preflight else {"method": "POST"}
    for path in ("/admin", "/other"):
        answer(app, environ_of(path, origin=EVIL, **request))
    app.policy = REFUSING.merge(Policy(max_age=5))
    answer(app, environ_of("/admin", method="POST"))
    told = [each.getMessage() for each in caplog.records if "returned None" in each.getMessage()]
    assert [message.partition(",")[0] for message in told] == [
        "resolve returned None for 'POST' '/admin'"
    ]


@pytest.mark.parametrize(
    ("base", "resolve", "method"),
    [
        ROW(REFUSING, those_of_the_feed, "GET", id="reading"),
        ROW(named("base"), those_of_the_feed, "POST", id="nothing is refused anyway"),
        ROW(None, those_of_the_feed, "POST", id="no base"),
        ROW(REFUSING, lambda environ, method: REFUSING, "POST", id="the base"),
    ],
)
def test_what_is_left_alone_is_mostly_nothing_to_tell(caplog, base, resolve, method):
    app = CORSMiddleware(site(), base, resolve=resolve)
    answer(app, environ_of("/admin", origin=EVIL, method=method))
    assert "returned None" not in caplog.text


def test_what_is_only_on_trial_refuses_nothing_elsewhere(caplog):
    app = CORSMiddleware(site(), named("base"), resolve=those_of_the_feed, trial=REFUSING)
    answer(app, environ_of("/admin", origin=EVIL, method="POST"))
    assert "returned None" not in caplog.text


# --- a refusal that refuses nobody at one place ---------------------------------------------------

STRICT = BASE.merge(REFUSING)
MEANT = OPEN.merge(Policy(refuse_denied=False))


@pytest.mark.parametrize(
    ("policy", "routes", "told"),
    [
        ROW(STRICT, {"/feed": OPEN}, "routes['/feed']: everybody", id="route"),
        ROW(
            STRICT, {"/feed": OPEN, "/": OPEN, "/a": BASE}, "routes['/'], routes['/feed']: ", id="/"
        ),
        ROW(IDLE, {"/a": BASE}, "all other paths: everybody", id="base"),
        ROW(None, {"/": STRICT, "/a": REFUSING.merge(BASE)}, None, id="a list everywhere"),
        ROW(STRICT, {"/feed": MEANT, "/internal": None}, None, id="it is said"),
        ROW(BASE, {"/feed": OPEN}, None, id="nothing is refused"),
        ROW(
            STRICT,
            {f"/{number}": OPEN for number in range(20)},
            "routes['/5'] and 14 more: everybody",
            id="very many",
        ),
    ],
)
def test_route_for_everybody_where_others_are_refused_is_told_once(policy, routes, told, caplog):
    app = CORSMiddleware(site(), policy, routes=routes)
    if policy is not None:
        app.policy = app.policy.merge(Policy(max_age=5))
    assert [told in message for message in caplog.messages] == [True] * (told is not None)
    assert all(record.levelname == "WARNING" for record in caplog.records)
    assert all("write refuse_denied=False there" in message for message in caplog.messages)


def test_what_is_on_trial_alone_is_not_told(caplog):
    CORSMiddleware(site(), BASE, routes={"/feed": OPEN}, trial=STRICT)
    app = CORSMiddleware(site(), BASE, resolve=lambda environ, method: OPEN, trial=STRICT)
    answer(app, environ_of(method="POST"))
    assert caplog.messages == []


def reading(environ, method):
    return OPEN if method in ("GET", "HEAD") else BASE


def failing_for_post(environ, method):
    return OPEN if method == "GET" else 1 / 0


def not_governed_for_post(environ, method):
    return OPEN if method == "GET" else None


@pytest.mark.parametrize(
    ("resolve", "method", "is_told"),
    [
        ROW(lambda environ, method: OPEN, "GET", True, id="the same for all methods"),
        ROW(lambda environ, method: OPEN, "POST", True, id="a request that writes"),
        ROW(lambda environ, method: Policy(allow_origins="*"), "GET", True, id="another each time"),
        ROW(lambda environ, method: MEANT, "POST", False, id="it is said"),
        ROW(reading, "GET", False, id="everybody may read alone"),
        ROW(failing_for_post, "GET", False, id="it fails for what writes"),
        ROW(not_governed_for_post, "GET", False, id="what writes is not governed"),
    ],
)
def test_answer_of_resolve_for_everybody_where_others_are_refused_is_told_once(
    resolve, method, is_told, caplog
):
    app = CORSMiddleware(site(), STRICT, resolve=resolve)
    for _ in range(3):
        answer(app, environ_of("/x", method=method))
        app.policy = STRICT.merge(Policy(max_age=5))
    assert len(caplog.messages) == is_told
    said = "Policy(allow_origins='*'), from resolve for 'POST' '/x': everybody is allowed there"
    assert all(message.startswith(said) for message in caplog.messages)


def test_base_for_everybody_of_which_resolve_returns_something_narrower_is_not_told(caplog):
    app = CORSMiddleware(site(), IDLE, resolve=lambda environ, method: BASE)
    answer(app, environ_of(method="POST"))
    assert caplog.messages == []


def test_resolve_is_asked_about_what_writes_only_so_often(caplog):
    asked = []

    def resolve(environ, method):
        asked.append(method)
        return Policy(allow_origins="*") if method == "GET" else BASE

    app = CORSMiddleware(site(), STRICT, resolve=resolve)
    for _ in range(1000):
        answer(app, environ_of())
    assert asked.count("GET") == 1000
    assert 0 < asked.count("POST") <= 64
    assert caplog.messages == []


def test_policy_that_is_known_is_not_looked_at_again(caplog):
    asked = []

    def resolve(environ, method):
        asked.append(method)
        return reading(environ, method)

    app = CORSMiddleware(site(), STRICT, resolve=resolve)
    for _ in range(3):
        answer(app, environ_of())
    assert asked == ["GET", "POST", "GET", "GET"]


# --- routes that are wrong -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "instead"),
    [
        ROW("/admin/*", "/admin", id="glob"),
        ROW("/admin/**", "/admin", id="deep glob"),
        ROW("/api/v1/*", "/api/v1", id="glob below two segments"),
        ROW("^/api/v1/users/.*$", "/api/v1/users", id="expression below three"),
        ROW("/admin*", "/admin", id="glob without a slash"),
        ROW("/*", "/", id="glob of everything"),
        ROW("^/.*$", "/", id="expression for everything"),
        ROW("/admin/<path:p>", "/admin", id="Flask's converter"),
        ROW("/admin/<int:id>", "/admin", id="Flask's converter of numbers"),
        ROW("/admin/<id>/edit", "/admin", id="Flask's variable inside"),
        ROW("/admin/{id}", "/admin", id="braces"),
        ROW("/admin/{id:path}", "/admin", id="Starlette's converter"),
        ROW("/admin/:id", "/admin", id="colon"),
        ROW("/admin/[id]", "/admin", id="brackets"),
        ROW("/admin/%s", "/admin", id="Python's %s"),
        ROW("/admin/%d/edit", "/admin", id="Python's %d"),
        ROW("/admin/%(id)s", "/admin", id="Python's %(name)s"),
        ROW("/admin/user-%s", "/admin", id="Python's %s within a segment"),
        ROW("/admin/.*", "/admin", id="expression"),
        ROW("/admin.*", "/admin", id="expression without a slash"),
        ROW("/admin/.+", "/admin", id="expression, something"),
        ROW("^/admin", "/admin", id="expression with a start"),
        ROW("^/admin/.*$", "/admin", id="expression with a start and an end"),
        ROW("/admin$", "/admin", id="expression with an end"),
        ROW("/admin/?", "/admin", id="expression with a slash or none"),
        ROW("/admin(/.*)?", "/admin", id="expression with a group"),
        ROW("/admin/(a|b)", "/admin", id="expression with alternatives"),
        ROW("/admin/\\d+", "/admin", id="expression with digits"),
        ROW("/api/v[0-9]+/x", "/api", id="expression inside a segment"),
        ROW("/admin?x=1", "/admin", id="query"),
        ROW("/admin#top", "/admin", id="fragment"),
    ],
)
def test_a_route_that_is_a_pattern_is_refused_with_the_prefix_to_write(route, instead):
    (problem,) = problems_of(BASE, routes={route: named("api")})
    assert (problem.field, problem.value, problem.reason) == ("routes", route, "pattern")
    assert problem.message.startswith(f"in routes[{route!a}]: ")
    assert f"write {instead!r}" in problem.message
    assert CORSMiddleware(site(), BASE, routes={instead: named("api")})


@pytest.mark.parametrize(
    "route", ["/*/admin", "/<tenant>/feed", "/:tenant/feed", "/(feed|export)", "/%s/x", "/<tenant>"]
)
def test_nobody_is_told_to_write_all_paths_for_a_pattern_of_some(route):
    (problem,) = problems_of(BASE, routes={route: named("api")})
    assert problem.message.endswith("matches nothing; write each prefix, or use resolve")


@pytest.mark.parametrize(
    "route",
    [
        "/c++",
        "/$metadata",
        "/Foo_(bar)",
        "/projects:batch",
        "/~user",
        "/@me",
        "/a=b;c,d",
        "/.well-known",
    ],
)
def test_a_route_with_characters_that_paths_have_is_taken(route):
    assert whose(CORSMiddleware(site(), BASE, routes={route: named("api")}), f"{route}/x") == "api"


@pytest.mark.parametrize(
    "route",
    [
        ROW("", id="empty"),
        ROW("api", id="no slash"),
        ROW("/a//b", id="empty segment"),
        ROW("/a/../b", id="two dots"),
        ROW("/a/.", id="one dot"),
        ROW("//", id="two slashes"),
        ROW("/a\\..\\b", id="backslashes"),
        ROW("/a/%2e%2e/b", id="encoded dots"),
        ROW("/a%20b", id="percent encoding: PATH_INFO is decoded"),
        ROW(5, id="number"),
        ROW(None, id="None"),
        ROW(b"/a", id="bytes"),
        ROW("/\udce4", id="bytes that are no UTF-8"),
        ROW("/admin ", id="a blank at the end"),
        ROW("/ admin", id="a blank at the beginning"),
        ROW("/admin /users", id="a blank before a slash"),
        ROW("/admin,/internal", id="two prefixes"),
        ROW("/admin, /internal", id="two prefixes with a blank"),
    ],
)
def test_a_route_that_no_path_can_begin_with_is_refused(route):
    (problem,) = problems_of(BASE, routes={route: named("api")})
    assert problem == (
        "routes",
        route,
        "malformed",
        f"in routes[{route!a}]: write whole segments of a decoded path, such as '/api/v1'",
    )


@pytest.mark.parametrize("route", ["/api", "/caf\xe9"])
def test_a_route_that_stands_there_twice_is_refused(route):
    (problem,) = problems_of(BASE, routes={route: named("api"), route + "/": None})
    assert problem[:3] == ("routes", route + "/", "twice")
    assert problem.message == (
        f"in routes[{route + '/'!a}]: is there twice; a slash at the end makes no difference"
    )


def test_the_problems_of_all_routes_are_told_at_once():
    found = problems_of(
        allow_credentials=True,
        routes={
            "/a": Policy(allow_origins="*"),
            "/b": Policy(allow_origins="http://b.example"),
            "/c": None,
            "/d": named("d"),
            "/e": "https://e.example",
            "f": named("f"),
        },
    )
    base, *others = found
    assert base.message.startswith("nothing is shared by default")
    assert [(problem.message.partition(": ")[0], problem.reason) for problem in others] == [
        ("in routes['/a']", "wildcard-with-credentials"),
        ("in routes['/b']", "insecure-origin"),
        ("in routes['/e']", "wrong-type"),
        ("in routes['f']", "malformed"),
    ]


@pytest.mark.parametrize(
    "routes", [ROW(["/api"], id="list"), ROW("/api", id="string"), ROW(named("api"), id="policy")]
)
def test_routes_that_are_no_mapping_are_refused(routes):
    (problem,) = problems_of(BASE, routes=routes)
    assert problem[:3] == ("routes", routes, "wrong-type")
    assert problem.message == f"{shown(routes)} is not a mapping; write {{prefix: Policy(...)}}"


OF_0_7 = (
    "; for the keys of wsgicors 0.7 call wsgicors.compat.paste.make_middleware(app, policy=...)"
)
NO_POLICIES = [
    ROW(7, "Policy(allow_origins=...)", id="number"),
    ROW("https://a.example", "Policy(allow_origins=...)", id="origin"),
    ROW("free", f"Policy(allow_origins=...){OF_0_7}", id="name of a policy"),
    ROW({"policy": "free"}, f"Policy(**{{...}}){OF_0_7}", id="keys"),
    ROW({"allow_origins": "*"}, "Policy(**{...})", id="fields"),
    ROW({}, "Policy(**{...})", id="no fields"),
]


@pytest.mark.parametrize(("policy", "advice"), NO_POLICIES)
def test_what_is_no_policy_is_told_what_to_write(policy, advice):
    with pytest.raises(ConfigError) as caught:
        CORSMiddleware(site(), policy)
    (problem,) = caught.value.problems
    assert problem[:3] == ("policy", policy, "wrong-type")
    assert problem.message == f"{shown(policy)} is not a Policy; write {advice}"


@pytest.mark.parametrize(("policy", "advice"), NO_POLICIES)
def test_a_resolve_that_returns_no_policy_is_told_what_to_return(policy, advice, caplog):
    answer(CORSMiddleware(site(), BASE, resolve=lambda *asked: policy), environ_of())
    assert f"ConfigError: policy: {shown(policy)} is not a Policy; return {advice}" in caplog.text


def test_routes_may_not_be_changed_behind_the_middlewares_back():
    routes = {"/api": named("api")}
    app = CORSMiddleware(site(), BASE, routes=routes)
    assert whose(app, "/api") == "api"
    routes["/api"] = named("other")
    assert whose(app, "/api") == "api"
    app.policy = named("v1")
    assert (whose(app, "/api"), whose(app, "/")) == ("api", "v1")


# --- resolve -------------------------------------------------------------------------------------


def test_resolve_is_asked_with_the_method_of_the_actual_request():
    asked = []

    def resolve(environ, method):
        asked.append((environ["REQUEST_METHOD"], method))
        return Policy(allow_origins=APP)

    app = CORSMiddleware(site(), resolve=resolve)
    send(app, method="DELETE")
    send(app, method="OPTIONS", origin=APP)
    preflight(app, asks="PUT")
    assert asked == [("DELETE", "DELETE"), ("OPTIONS", "OPTIONS"), ("PUT", "PUT")]


DELETING = Policy(allow_origins=APP, allow_methods="*")


def by_method_of_environ(environ, method):
    return Policy(allow_origins=[]) if environ["REQUEST_METHOD"] == "DELETE" else DELETING


def by_method_of_request(environ, method):
    return by_method_of_environ({"REQUEST_METHOD": Request(environ).method}, method)


def by_requested_method(environ, method):
    requested = environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", environ["REQUEST_METHOD"])
    return by_method_of_environ({"REQUEST_METHOD": requested}, method)


@pytest.mark.parametrize(
    "resolve", [by_method_of_environ, by_method_of_request, by_requested_method]
)
def test_a_resolve_that_asks_environ_for_the_method_is_told_the_one_that_is_judged(resolve):
    app = CORSMiddleware(site(), resolve=resolve)
    assert preflight(app, asks="DELETE").status == "403 Forbidden"
    assert preflight(app, asks="PUT").values("Access-Control-Allow-Methods") == ["PUT"]
    assert (callers(app, method="DELETE"), callers(app, method="PUT")) == (set(), {APP})


@pytest.mark.parametrize(
    "resolve", [by_method_of_environ, by_method_of_request, by_requested_method]
)
def test_so_it_is_for_each_method_that_is_compared(resolve):
    def with_header(environ, method):
        policy = resolve(environ, method)
        return WITH_HEADER if policy is DELETING else WITHOUT

    assert max_ages(with_header, "PUT", "x-admin") == ["0"]


def test_what_resolve_does_to_the_environ_of_a_preflight_goes_no_further():
    def resolve(environ, method):
        environ["PATH_INFO"] = environ["our.tenant"] = "changed"

    environ = environ_of(method="OPTIONS", origin=APP, asks="DELETE")
    before = dict(environ)
    CORSMiddleware(lambda *_: [], resolve=resolve)(environ, lambda *_: None)
    assert environ == before


def test_what_resolve_puts_into_the_environ_of_an_actual_request_is_there():
    def resolve(environ, method):
        environ["our.tenant"] = "acme"

    environ = environ_of(origin=APP)
    answer(CORSMiddleware(site(), resolve=resolve), environ)
    assert environ["our.tenant"] == "acme"


def test_what_refuses_nobody_is_found_by_the_method_in_environ(caplog):
    everybody, some = (Policy(allow_origins=each, refuse_denied=True) for each in ("*", [APP]))
    resolve = lambda environ, _: some if environ["REQUEST_METHOD"] == "POST" else everybody  # noqa: E731
    send(CORSMiddleware(site(), resolve=resolve), origin=APP)
    assert caplog.messages == []


CALLED = Policy(allow_origins=lambda _, environ: environ["REQUEST_METHOD"] != "DELETE")


def test_a_callable_is_told_the_method_that_a_preflight_asks_about():
    app = CORSMiddleware(site(), CALLED, allow_methods=["PUT", "DELETE"])
    statuses = [preflight(app, asks=method).status for method in ("PUT", "DELETE")]
    assert statuses == ["204 No Content", "403 Forbidden"]


def noting(app, sent):
    """The application, which notes the methods of the requests that come to it."""

    def application(environ, start_response):
        sent.append(environ["REQUEST_METHOD"])
        return app(environ, start_response)

    return application


def put_and_delete(app):
    """Have a page first do what it may, and then what it may not."""
    browser = Browser(app, APP)
    assert browser.fetch("/", method="PUT").status == 200
    with pytest.raises(CORSError):
        browser.fetch("/", method="DELETE")


@pytest.mark.parametrize("methods", [["PUT", "DELETE"], "*"], ids=str)
def test_what_a_callable_grants_to_one_method_a_browser_does_not_remember_for_another(methods):
    sent = []
    inside = noting(site(), sent)
    put_and_delete(CORSMiddleware(inside, CALLED, allow_methods=methods, max_age=600))
    assert sent == ["PUT"]


def test_so_it_is_for_the_methods_that_a_url_routes_in_flask():
    app, sent = flask.Flask("example"), []
    CORS(app, allow_origins=CALLED.allow_origins, max_age=600)
    app.before_request(lambda: sent.append(flask.request.method))
    app.add_url_rule("/", "index", lambda: "", methods=["GET", "PUT", "DELETE"])
    put_and_delete(app)
    assert sent == ["PUT"]


@pytest.mark.parametrize(
    ("looks", "granted"),
    [
        (lambda environ: environ["HTTP_HOST"] and environ.get("PATH_INFO"), "PUT, DELETE"),
        (lambda environ: "REQUEST_METHOD" in environ, "PUT, DELETE"),
        (lambda environ: environ["REQUEST_METHOD"], "PUT"),
        (lambda environ: environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD"), "PUT"),
        (lambda environ: {**environ}, "PUT"),
        (dict, "PUT"),
        (lambda environ: environ.copy(), "PUT"),
        (lambda environ: environ | {}, "PUT"),
        (lambda environ: {} | environ, "PUT"),
        (lambda environ: [*environ.items()], "PUT"),
        (lambda environ: [*environ.values()], "PUT"),
        (lambda environ: environ.setdefault("REQUEST_METHOD", "GET"), "PUT"),
        (lambda environ: environ.pop("REQUEST_METHOD"), "PUT"),
        (lambda environ: [*environ.keys()], "PUT, DELETE"),
        (lambda environ: Request(environ).host, "PUT"),
    ],
)
@pytest.mark.parametrize("path", ["/", "//"])
def test_all_methods_are_granted_at_once_by_a_callable_that_does_not_look_for_the_method(
    looks, granted, path
):
    app = CORSMiddleware(
        site(),
        allow_origins=lambda _, environ: bool(looks(environ)),
        allow_methods=["PUT", "DELETE"],
    )
    # A path that can be read in two ways is asked about in copies, and so it is not told who looks.
    granted = granted if path == "/" else "PUT"
    for _ in range(2):
        answer = preflight(app, path, asks="PUT")
        assert answer.values("Access-Control-Allow-Methods") == [granted]
        assert ("Access-Control-Request-Method" in answer.values("Vary")[0]) is (granted == "PUT")


def test_a_cache_knows_of_no_method_so_all_are_granted_at_once():
    cache = OriginCache(lambda origin: True, seconds=60)
    app = CORSMiddleware(site(), allow_origins=cache, allow_methods=["PUT", "DELETE"])
    assert preflight(app, asks="PUT").values("Access-Control-Allow-Methods") == ["PUT, DELETE"]


@pytest.mark.parametrize("asks", ["PUT", "MOVE"])
def test_so_is_one_that_another_method_is_compared_by(asks):
    # The callable does not let the origin POST, which asks for no permission. So no header may go there.
    called = Policy(allow_origins=lambda _, environ: environ["REQUEST_METHOD"] != "POST")
    policy = WITH_HEADER.merge(called)
    assert max_ages(lambda *_: policy, asks, "x-admin") == ["0"]


def test_resolve_is_given_the_environ_itself():
    seen = []
    app = CORSMiddleware(site(), resolve=lambda environ, method: seen.append(environ))
    environ = environ_of()
    answer(app, environ)
    assert seen[0] is environ


def test_a_resolved_policy_is_merged_into_the_base():
    app = CORSMiddleware(
        site(), allow_origins=APP, max_age=5, resolve=lambda *asked: Policy(allow_methods="PUT")
    )
    assert str(preflight(app)) == written("""
        204 No Content
        Access-Control-Allow-Origin: https://app.example.com
        Access-Control-Allow-Methods: PUT
        Access-Control-Max-Age: 5
        Vary: Origin, Access-Control-Request-Method
    """)


def test_what_resolves_to_none_passes_untouched():
    app = CORSMiddleware(site(("Vary", "x")), allow_origins="*", resolve=lambda *asked: None)
    assert preflight(app).headers == [("Content-Type", "text/plain"), ("Vary", "x")]
    assert send(app, origin=APP).decision is None


def by_method(policies):
    return lambda environ, method: policies.get(method, Policy(allow_origins=[]))


def test_a_preflight_is_answered_for_the_method_that_it_asks_about():
    app = CORSMiddleware(
        site(),
        resolve=by_method(
            {
                "PUT": Policy(allow_origins=APP, allow_methods="GET, PUT, DELETE"),
                "DELETE": Policy(allow_origins=ADMIN, allow_methods="*"),
            }
        ),
    )
    assert str(preflight(app, asks="PUT")) == written("""
        204 No Content
        Access-Control-Allow-Origin: https://app.example.com
        Access-Control-Allow-Methods: PUT
        Vary: Origin, Access-Control-Request-Method
    """)
    assert callers(app, method="PUT") == {APP}
    assert callers(app, method="DELETE") == {ADMIN}
    assert callers(app, method="PATCH") == set()


def names_of(*names):
    return st.sampled_from(names).map(str.split)


# --- resolve, and what caches know of it ---------------------------------------------------------

OURS, PUBLIC = Policy(allow_origins=APP, allow_credentials=True), Policy(allow_origins="*")


def by_origin(environ, method):
    return OURS if environ.get("HTTP_ORIGIN") == APP else PUBLIC


@pytest.mark.parametrize(
    "resolve", [by_origin, lambda *asked: PUBLIC], ids=["by origin", "constant"]
)
@pytest.mark.parametrize("origin", [None, APP, EVIL, "null"])
def test_what_resolve_governs_varies_by_origin_whatever_the_policy(resolve, origin):
    app = CORSMiddleware(site(), resolve=resolve)
    assert send(app, origin=origin).values("Vary") == ["Origin"]
    vary = preflight(app, origin=origin or EVIL).values("Vary")
    assert vary == ["Origin, Access-Control-Request-Method"]


def test_what_a_base_alone_shares_with_everybody_varies_by_nothing():
    assert send(CORSMiddleware(site(), allow_origins="*"), origin=APP).values("Vary") == []


WITH_HEADER = Policy(
    allow_origins=APP,
    allow_methods="PUT, DELETE, PATCH, MOVE",
    allow_headers="X-Admin",
    max_age=600,
)
WITHOUT = Policy(allow_origins=APP, allow_methods="MOVE, COPY", max_age=600)


def max_ages(resolve, method, headers=None):
    return preflight(CORSMiddleware(site(), resolve=resolve), asks=method, headers=headers).values(
        "Access-Control-Max-Age"
    )


def test_headers_granted_to_one_method_are_not_remembered_for_another_that_a_policy_names():
    def resolve(environ, method):
        return WITHOUT if (environ["PATH_INFO"], method) == ("/", "MOVE") else WITH_HEADER

    assert max_ages(resolve, "PUT", "x-admin") == ["0"]


def test_nor_for_one_that_its_own_policy_alone_names():
    others = WITH_HEADER.merge(Policy(allow_methods="PUT"))
    policies = {"MOVE": WITH_HEADER.merge(Policy(allow_methods="MOVE, COPY")), "COPY": WITHOUT}
    assert max_ages(lambda _, method: policies.get(method, others), "MOVE", "x-admin") == ["0"]


def test_a_wildcard_is_no_method_that_resolve_is_asked_about():
    asked = []
    everything = WITH_HEADER.merge(Policy(allow_methods="*"))
    assert max_ages(lambda _, method: asked.append(method) or everything, "PUT") == ["600"]
    assert asked.count("PUT") == 1
    assert "*" not in asked


@pytest.mark.parametrize("method", ["PUT", "MOVE"])
def test_a_callable_is_given_the_request_wherever_methods_are_compared(method, caplog):
    allowed = lambda origin, environ: environ["PATH_INFO"] == "/"  # noqa: E731
    policies = {name: WITH_HEADER.merge(Policy(allow_origins=allowed)) for name in ("PUT", "MOVE")}
    assert max_ages(lambda _, name: policies.get(name, WITH_HEADER), method) == ["600"]
    assert not caplog.messages


def test_headers_granted_with_credentials_are_not_remembered_for_a_method_without():
    policy = WITH_HEADER.merge(Policy(allow_origins=[APP, EVIL]))
    one, other = (policy.merge(Policy(allow_credentials=[origin])) for origin in (APP, EVIL))
    assert max_ages(lambda _, method: other if method == "DELETE" else one, "PUT") == ["0"]
    assert max_ages(lambda _, method: one, "PUT") == ["600"]


def test_nor_for_one_that_no_policy_in_reach_names():
    resolve = lambda environ, method: WITHOUT if method == "COPY" else WITH_HEADER  # noqa: E731
    assert max_ages(resolve, "PUT", "x-admin") == ["600"]
    assert max_ages(resolve, "COPY") == ["0"]


@pytest.mark.parametrize("method", ["PUT", "MOVE", "COPY"])
def test_where_one_policy_governs_all_methods_its_answers_are_remembered(method):
    for policy in (WITH_HEADER, WITHOUT):
        assert max_ages(lambda *asked, policy=policy: policy, method) == ["600"]


def test_policies_that_name_ever_more_methods_are_not_remembered():
    def resolve(environ, method):
        return WITH_HEADER.merge(Policy(allow_methods=[method, method + "X"]))

    assert max_ages(resolve, "PUT") == ["0"]


def test_an_overlong_method_is_not_handed_to_resolve():
    asked = []
    app = CORSMiddleware(site(), resolve=lambda environ, method: asked.append(method) or PUBLIC)
    for length in (64, 65, 100_000):
        assert preflight(app, asks="x" * length).decision.reason == "method-not-allowed"
    assert max(map(len, asked)) == 64


policies_by_method = st.fixed_dictionaries(
    {
        method: st.none()
        | st.fixed_dictionaries(
            {
                "allow_origins": st.sampled_from([APP, f"{APP} {EVIL}", []]),
                "allow_methods": names_of("", "PUT", "PUT DELETE", "MOVE", "COPY MOVE PUT"),
                "allow_headers": names_of("", "X-A", "X-B", "X-A X-B", "*"),
                "allow_credentials": st.booleans(),
            },
            optional={"max_age": st.sampled_from([0, 600])},
        ).map(lambda fields: Policy(**fields))
        for method in ("POST", "PUT", "DELETE", "MOVE", "COPY")
    }
)
fetches = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["POST", "PUT", "DELETE", "MOVE", "COPY"]),
        "headers": st.sampled_from([{}, {"X-A": "1"}, {"X-B": "1"}, {"X-A": "1", "X-B": "1"}]),
        "credentials": st.sampled_from(["omit", "include"]),
    }
)


def is_sent(browser, inside, request):
    """Whether a request reaches the application, after its preflight or without one."""
    inside.calls.clear()
    with contextlib.suppress(CORSError):
        browser.fetch("/", **request)
    return request["method"] in inside.calls


@settings(max_examples=200)
@given(policies_by_method, st.lists(fetches, min_size=1, max_size=3), fetches)
def test_a_browser_with_a_past_sends_nothing_that_a_new_one_would_not(policies, past, request_):
    inside = site()
    app = CORSMiddleware(inside, resolve=by_method(policies))
    browser = Browser(app, APP)
    for earlier in past:
        is_sent(browser, inside, earlier)
    assert is_sent(browser, inside, request_) <= is_sent(Browser(app, APP), inside, request_)


def failing(environ, method):
    raise LookupError(environ["PATH_INFO"])


@pytest.mark.parametrize(
    "resolve",
    [
        ROW(failing, id="raises"),
        ROW(lambda *asked: "https://app.example.com", id="returns a string"),
        ROW(lambda *asked: {"allow_origins": "*"}, id="returns a dict"),
        ROW(lambda *asked: True, id="returns True"),
        ROW(lambda *asked: False, id="returns False"),
        ROW(lambda *asked: Policy, id="returns the class"),
        ROW(lambda *asked: Policy(), id="returns a policy that is not whole"),
        ROW(
            lambda *asked: Policy(allow_origins="*", allow_credentials=True),
            id="returns a contradiction",
        ),
    ],
)
def test_a_resolve_that_fails_shares_with_nobody(resolve, caplog):
    app = CORSMiddleware(site(("Access-Control-Allow-Origin", "*")), resolve=resolve)
    actual = answer(app, environ_of("/x\nroot logged in", origin=APP))
    assert str(actual) == "200 OK\nContent-Type: text/plain\nVary: Origin\n\nhello"
    refused = preflight(app)
    assert refused.status == "403 Forbidden"
    assert actual.decision.reason == refused.decision.reason == "resolve-failed"
    first = caplog.records[0]
    assert (first.name, first.levelname) == ("wsgicors", "ERROR")
    assert first.getMessage() == r"resolve failed for '/x\nroot logged in', so it is denied"
    assert first.exc_info


def test_a_resolve_that_cannot_be_asked_is_refused_before_it_is():
    with pytest.raises(ConfigError, match=r"write def resolve\(environ, method\)"):
        CORSMiddleware(site(), resolve=lambda environ: None)


def test_resolve_that_fails_for_a_preflight_is_asked_and_told_of_once(caplog):
    asked = []
    app = CORSMiddleware(
        site(), resolve=lambda environ, method: asked.append(method) or failing(environ, method)
    )
    assert preflight(app, asks="LOCK").status == "403 Forbidden"
    assert len(asked) == len(caplog.records) == 1


def test_what_a_resolve_raises_forges_no_line_of_the_log(caplog):
    app = CORSMiddleware(site(), resolve=failing)
    answer(app, environ_of("/x\r\nroot logged in\x1b[2J" + "y" * 9999))
    assert r"LookupError: /x\r\nroot logged in\x1b[2J" in caplog.text
    assert len(caplog.text) < 4000


@pytest.mark.parametrize("path", [None, "/" + "x" * 10_000], ids=["no path", "long path"])
def test_a_resolve_that_fails_is_logged_in_short(path, caplog):
    environ = environ_of(path or "/")
    if path is None:
        del environ["PATH_INFO"]
    assert answer(CORSMiddleware(site(), resolve=lambda *asked: 1), environ).status == "200 OK"
    assert len(caplog.records[0].getMessage()) < 150


async def asynchronous(environ, method):
    return Policy(allow_origins="*")


@pytest.mark.parametrize(
    "resolve",
    [
        ROW("app.resolve", id="string"),
        ROW({"/": None}, id="mapping"),
        ROW(Policy(allow_origins="*"), id="policy"),
        ROW(asynchronous, id="async function, which is never awaited"),
    ],
)
def test_a_resolve_that_cannot_be_called_is_refused(resolve):
    (problem,) = problems_of(resolve=resolve)
    assert problem[:3] == ("resolve", resolve, "wrong-type")
    assert problem.message.startswith(f"{shown(resolve)} is not a function")


def test_a_resolve_that_fails_for_methods_that_nobody_asked_about_is_no_error(caplog):
    def by_url_map(environ, method):
        adapter = Map([Rule("/items", methods=["GET"])]).bind_to_environ(environ)
        adapter.match()
        return Policy(allow_origins=APP, allow_headers=["X-Token"])

    app = CORSMiddleware(site(), resolve=by_url_map)
    with caplog.at_level(logging.DEBUG, "wsgicors"):
        allowed = answer(app, environ_of("/items", method="OPTIONS", origin=APP, asks="GET"))
        assert allowed.decision.allowed
        assert {record.levelname for record in caplog.records} == {"DEBUG"}
        denied = answer(app, environ_of("/items", method="OPTIONS", origin=APP, asks="PUT"))
    assert denied.decision.reason == "resolve-failed"
    assert [each.levelname for each in caplog.records].count("ERROR") == 1


@pytest.mark.parametrize(
    "resolve",
    [
        lambda method, environ: None,
        lambda http_method, x: None,
        lambda x, env: None,
        lambda origin, environ: None,
    ],
)
def test_a_resolve_whose_arguments_are_named_in_another_order_is_refused(resolve):
    (problem,) = problems_of(resolve=resolve)
    assert problem[:3] == ("resolve", resolve, "wrong-type")
    assert "is called as resolve(environ, method): write its arguments in this order" in (
        problem.message
    )


def test_a_policy_of_each_request_is_taken_for_none_of_them(caplog):
    """What was made of the first tenant's policy would govern all others."""
    tenants = [named("first"), named("second")]
    current = LocalProxy(lambda: tenants[0])
    app = CORSMiddleware(site(), resolve=lambda environ, method: current)
    for _ in tenants:
        assert callers(app, "/") == set()
        tenants.reverse()
    assert "is a LocalProxy, which may stand for something else" in caplog.text
    (problem,) = problems_of(BASE, routes={"/api": current})
    assert problem[:3] == ("policy", current, "wrong-type")


@pytest.mark.parametrize("kind", [dict, MappingProxyType, ChainMap, UserDict])
def test_routes_are_any_mapping_as_it_is_when_they_are_given(kind):
    routes = {"/api": Policy(allow_origins=ADMIN)}
    app = CORSMiddleware(site(), BASE, routes=kind(routes))
    routes.clear()
    app.policy = BASE
    assert callers(app, "/api") == {ADMIN}
    assert list(app.policies) == ["/", "/api"]


def test_routes_and_resolve_at_once_are_refused():
    (problem,) = problems_of(BASE, routes={}, resolve=failing)
    assert problem[:3] == ("resolve", None, "routes-and-resolve")
    assert problem.message == (
        "routes and resolve both choose the policy; write only one of them (resolve can do what routes does)"
    )


def test_policies_that_are_made_anew_each_time_are_each_their_own_and_soon_forgotten():
    names = iter(f"n{number}" for number in range(1000))
    app = CORSMiddleware(site(), resolve=lambda *asked: named(next(names)))
    before = number_of(Policy), number_of(HeaderBuilder)
    for number in range(1000):
        assert answer(app, environ_of(origin=f"https://n{number}.example")).decision.allowed
    assert (number_of(Policy), number_of(HeaderBuilder)) == before


def number_of(kind):
    gc.collect()
    return sum(issubclass(type(value), kind) for value in gc.get_objects())


def test_a_policy_that_comes_again_is_not_compiled_again(monkeypatch):
    compiled = []
    monkeypatch.setattr(
        "wsgicors.resolvers._Compiled",
        lambda policy, **varies: compiled.append(policy) or _Compiled(policy, **varies),
    )
    policies = [named("a"), named("b")]
    app = CORSMiddleware(
        site(), resolve=lambda environ, method: policies[len(environ["PATH_INFO"]) % 2]
    )
    for path in ("/", "/x", "/xx", "/xxx"):
        answer(app, environ_of(path))
    assert sorted(compiled, key=repr) == policies


def test_however_many_policies_there_are_each_is_compiled_once_and_told_apart(monkeypatch):
    compiled = []
    monkeypatch.setattr(
        "wsgicors.resolvers._Compiled",
        lambda policy, **varies: compiled.append(policy) or _Compiled(policy, **varies),
    )
    policies = [named(f"n{number}") for number in range(3000)]
    app = CORSMiddleware(
        site(), resolve=lambda environ, method: policies[int(environ["QUERY_STRING"])]
    )
    for _ in range(2):
        for number in range(3000):
            environ = environ_of(origin=f"https://n{number}.example", QUERY_STRING=str(number))
            assert answer(app, environ).decision.allowed
    assert len(compiled) == 3000


def test_a_policy_is_compiled_for_each_base_that_it_is_merged_into():
    shared = named("a")
    apps = [
        CORSMiddleware(site(), resolve=lambda environ, method: shared, expose_headers=[exposed])
        for exposed in ("X-One", "X-Two", "X-Three")
    ]
    for _ in range(2):
        for app, exposed in zip(apps, ("X-One", "X-Two", "X-Three")):
            answered = answer(app, environ_of(origin="https://a.example"))
            assert answered.values("Access-Control-Expose-Headers") == [exposed]


def test_a_policy_may_be_shared_by_any_number_of_middlewares():
    shared = named("a")
    apps = [CORSMiddleware(site(), resolve=lambda environ, method: shared) for _ in range(2000)]
    assert all(answer(app, environ_of(origin="https://a.example")).decision.allowed for app in apps)


def test_bases_that_are_swapped_leave_nothing_with_the_policies():
    shared = named("a")
    app = CORSMiddleware(site(), resolve=lambda environ, method: shared)
    other = CORSMiddleware(site(), resolve=lambda environ, method: shared)

    def swap(times):
        for base in range(times):
            app.policy = Policy(max_age=base)
            for each in (app, other):
                assert answer(each, environ_of(origin="https://a.example")).decision.allowed

    swap(3)
    before = number_of(HeaderBuilder)
    swap(20)
    assert number_of(HeaderBuilder) == before


@pytest.mark.parametrize("fields", [{}, {"allow_credentials": True, "allow_origins": APP}])
def test_what_a_policy_was_compiled_to_is_not_given_to_another_at_its_place(fields):
    kept = [named("a")]
    app = CORSMiddleware(site(), resolve=lambda *asked: kept[0])
    for number in range(200):
        kept[0] = Policy(**{"allow_origins": f"https://n{number}.example", **fields})
        origin = kept[0].allow_origins[0]
        assert answer(app, environ_of(origin=origin)).values("Access-Control-Allow-Origin") == [
            origin
        ]

"""``refuse_denied``: what a foreign page may not read, it may not do."""

from __future__ import annotations

import logging

import flask
import pytest
from exchanges import answer, environ_of, site
from werkzeug.middleware.proxy_fix import ProxyFix

from wsgicors import CORSMiddleware, Policy
from wsgicors.flask import CORS, cross_origin, same_origin
from wsgicors.requests import is_at, is_foreign, may_do_something, readings

ROW = pytest.param
TRUSTED = "https://trusted.example"
ATTACKER = "https://attacker.example"
HOST = {"HTTP_HOST": "example.com"}
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]


class Governed:
    """An application and what was called in it."""

    def __init__(self, make, **fields):
        self.calls = []
        self.app = make(self.calls, **fields)

    def ask(self, method="POST", path="/", origin=None, site=None, **more):
        if site is not None:
            more["HTTP_SEC_FETCH_SITE"] = site
        return answer(self.app, environ_of(path, method, origin, **{**HOST, **more}))


def middleware(calls, **fields):
    def application(environ, start_response):
        calls.append(environ["REQUEST_METHOD"])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b""]

    return CORSMiddleware(application, **fields)


def by_routes(calls, **fields):
    routes = {"/": Policy(**fields), "/other": Policy(allow_origins="*")}
    return middleware(calls, routes=routes)


def by_resolve(calls, **fields):
    policy = Policy(**fields)
    return middleware(calls, resolve=lambda environ, method: policy)


def flask_app(calls, declared=None, **fields):
    app = flask.Flask(__name__)

    def view():
        calls.append(flask.request.method)
        return "hello"

    if fields:
        app.before_request(lambda: calls.append("hook"))
        app.teardown_request(lambda error: calls.append("teardown"))
    declare = cross_origin(**declared) if declared else (lambda view: view)
    app.add_url_rule("/", "index", declare(view), methods=[*METHODS, "PATCH"])
    app.add_url_rule("/own", "own", same_origin(view), methods=METHODS)
    if fields:
        CORS(app, **fields)
    return app


def flask_behind_middleware(calls, **fields):
    app = flask_app([], allow_origins=[])
    del app.extensions["wsgicors"]
    app = flask_app(calls)
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start_response: inner({**environ}, start_response)
    CORS(app, **fields)
    return app


def decorator(calls, **fields):
    return flask_app(calls, declared=fields)


KINDS = {
    "middleware": middleware,
    "routes": by_routes,
    "resolve": by_resolve,
    "Flask": flask_app,
    "Flask behind middleware": flask_behind_middleware,
    "decorator alone": decorator,
}
every_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


# --- the rules of Go's net/http.CrossOriginProtection, as its own tests state them -----------------


@pytest.mark.parametrize(
    ("method", "site", "origin", "passes"),
    [
        ROW("POST", "same-origin", None, True, id="same-origin"),
        ROW("POST", "none", None, True, id="none"),
        ROW("POST", "cross-site", None, False, id="cross-site"),
        ROW("POST", "same-site", None, False, id="same-site"),
        ROW("POST", None, None, True, id="neither header"),
        ROW("POST", None, "https://example.com", True, id="no site, Origin of Host"),
        ROW("POST", None, ATTACKER, False, id="no site, another Origin"),
        ROW("POST", None, "null", False, id="no site, null"),
        ROW("GET", "cross-site", None, True, id="GET"),
        ROW("HEAD", "cross-site", None, True, id="HEAD"),
        ROW("OPTIONS", "cross-site", None, True, id="OPTIONS"),
        ROW("PUT", "cross-site", None, False, id="PUT"),
        ROW("PATCH", "cross-site", None, False, id="PATCH"),
        ROW("DELETE", "cross-site", None, False, id="DELETE"),
        ROW("POST", None, TRUSTED, True, id="trusted, no site"),
        ROW("POST", "cross-site", TRUSTED, True, id="trusted, cross-site"),
        ROW("POST", "cross-site", ATTACKER, False, id="not trusted, cross-site"),
        ROW("POST", "same-site", ATTACKER, False, id="not trusted, same-site"),
        ROW("POST", "same-origin", ATTACKER, True, id="same-origin goes before Origin"),
        ROW("POST", "cross-site", "https://example.com", False, id="cross-site before Host"),
        ROW("POST", "cross-site", "null", False, id="null, cross-site"),
        ROW("POST", None, "https://example.com:8443", False, id="another port"),
        ROW("POST", None, "http://trusted.example", False, id="another scheme than the trusted"),
    ],
)
@every_kind
def test_a_foreign_page_may_do_nothing_unless_it_is_trusted(make, method, site, origin, passes):
    governed = Governed(make, allow_origins=[TRUSTED], refuse_denied=True)
    answered = governed.ask(method, "/", origin, site)
    assert answered.status == ("200 OK" if passes else "403 Forbidden")
    assert (method in governed.calls) == passes
    assert answered.decision.refused == (not passes)
    if not passes:
        assert governed.calls == []
        assert answered.body.startswith(b"Cross-origin request denied")
        assert answered.values("Vary") == ["Origin"]
        assert not any(name.startswith("Access-Control") for name, _ in answered.headers)


@every_kind
def test_nothing_is_refused_unless_the_policy_says_so(make):
    for fields in ({}, {"refuse_denied": False}):
        governed = Governed(make, allow_origins=[TRUSTED], **fields)
        assert governed.ask("POST", "/", ATTACKER, "cross-site").status == "200 OK"
        assert "POST" in governed.calls


# Of the others, nobody inherits it who denies anybody, and that is an error.
@pytest.mark.parametrize("make", [by_resolve, flask_app, flask_behind_middleware])
def test_nothing_is_refused_where_everybody_is_allowed(make):
    governed = Governed(make, allow_origins="*", refuse_denied=True)
    for origin in (ATTACKER, "null", None, "x" * 999):
        assert governed.ask("POST", "/", origin, "cross-site").status == "200 OK"


# Flask alone answers a handshake at a rule that takes none before any view could.
@pytest.mark.parametrize("make", [*KINDS.values()][:-1], ids=[*KINDS][:-1])
@pytest.mark.parametrize("upgrade", ["websocket", "WebSocket", "h2c, websocket", "x" * 99_999])
def test_a_websocket_of_a_foreign_page_is_refused_although_it_is_a_get(make, upgrade):
    governed = Governed(make, allow_origins=[TRUSTED], refuse_denied=True)
    handshake = {"HTTP_UPGRADE": upgrade, "HTTP_CONNECTION": "Upgrade"}
    assert governed.ask("GET", "/", ATTACKER, **handshake).status == "403 Forbidden"
    assert governed.calls == []
    assert governed.ask("GET", "/", "https://example.com", **handshake).status != "403 Forbidden"
    assert governed.ask("GET", "/", TRUSTED, **handshake).status != "403 Forbidden"


def test_another_upgrade_is_none_of_its_business():
    governed = Governed(middleware, allow_origins=[TRUSTED], refuse_denied=True)
    assert governed.ask("GET", "/", ATTACKER, HTTP_UPGRADE="h2c").status == "200 OK"


@every_kind
def test_a_refusal_is_told_in_one_line(make, caplog):
    caplog.set_level(logging.DEBUG, "wsgicors")
    governed = Governed(make, allow_origins=[TRUSTED], refuse_denied=True)
    governed.ask("POST", "/", f"{ATTACKER}\nroot", "cross-site")
    told = [message for message in caplog.messages if message.startswith("refused: ")]
    assert len(told) == 1
    assert "origin 'https://attacker.example\\nroot', 'POST' '/'" in told[0]


def test_an_origin_that_a_callable_denies_is_refused():
    governed = Governed(
        middleware, allow_origins=lambda origin, environ: origin == TRUSTED, refuse_denied=True
    )
    assert governed.ask("POST", "/", ATTACKER, "cross-site").status == "403 Forbidden"
    assert governed.ask("POST", "/", TRUSTED, "cross-site").status == "200 OK"


def failing(environ, method):
    raise LookupError("no database")


@pytest.mark.parametrize(
    ("fields", "path", "status"),
    [
        ROW({"routes": {"/a": None}, "refuse_denied": True}, "/x/../a", 403, id="base"),
        ROW({"routes": {"/a": Policy(refuse_denied=True)}}, "/x/../a", 403, id="route"),
        ROW({"routes": {"/a": None}}, "/x/../a", 200, id="nobody"),
        ROW({"resolve": failing, "refuse_denied": True}, "/", 403, id="resolve raises, base"),
        ROW({"resolve": failing}, "/", 200, id="resolve raises, nobody"),
    ],
)
def test_where_it_is_not_known_who_governs_what_any_refuses_is_refused(fields, path, status):
    governed = Governed(middleware, allow_origins=[TRUSTED], **fields)
    assert governed.ask("POST", path, TRUSTED, "cross-site").status.startswith(str(status))
    assert governed.ask("POST", path, "https://example.com", "same-origin").status == "200 OK"


def test_a_resolve_that_raises_refuses_what_its_policies_refused():
    policies = iter([Policy(allow_origins=[TRUSTED], refuse_denied=True)])
    kept = []

    def resolve(environ, method):
        kept.append(next(policies))
        return kept[-1]

    governed = Governed(middleware, resolve=resolve)
    assert governed.ask("POST", "/", TRUSTED, "cross-site").status == "200 OK"
    assert governed.ask("POST", "/", TRUSTED, "cross-site").status == "403 Forbidden"


# --- in Flask --------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [flask_app, flask_behind_middleware])
@pytest.mark.parametrize("path", ["/nowhere", "/", "/own"])
def test_nothing_of_flask_runs_where_it_would_say_404_or_405_either(make, path):
    governed = Governed(make, allow_origins=[TRUSTED], refuse_denied=True)
    assert governed.ask("PURGE", path, ATTACKER, "cross-site").status == "403 Forbidden"
    assert governed.calls == []


def test_each_view_and_method_may_say_it_for_itself():
    app = flask.Flask(__name__)
    blueprint = flask.Blueprint("shop", __name__)
    strict = cross_origin(refuse_denied=True)

    class Items(flask.views.MethodView):
        def post(self):
            return "post"

        @strict
        def put(self):
            return "put"

    app.add_url_rule("/items", view_func=Items.as_view("items"))
    app.post("/free")(lambda: "free")
    app.add_url_rule("/view", "view", strict(lambda: "view"), methods=["POST"])
    blueprint.add_url_rule("/shop", "shop", lambda: "shop", methods=["POST"])
    app.register_blueprint(strict(blueprint))
    CORS(app, allow_origins=[TRUSTED])
    seen = {
        (method, path): answer(app, environ_of(path, method, ATTACKER)).status[:3]
        for method, path in [
            ("POST", "/items"),
            ("PUT", "/items"),
            ("POST", "/free"),
            ("POST", "/view"),
            ("POST", "/shop"),
        ]
    }
    assert seen == {
        ("POST", "/items"): "200",
        ("PUT", "/items"): "403",
        ("POST", "/free"): "200",
        ("POST", "/view"): "403",
        ("POST", "/shop"): "403",
    }


def test_a_view_may_be_exempt():
    app = flask.Flask(__name__)
    app.add_url_rule(
        "/hook", "hook", cross_origin(refuse_denied=False)(lambda: "hook"), methods=["POST"]
    )
    CORS(app, allow_origins=[TRUSTED], refuse_denied=True)
    assert answer(app, environ_of("/hook", "POST", ATTACKER)).status == "200 OK"
    assert answer(app, environ_of("/", "POST", ATTACKER)).status == "403 FORBIDDEN".title()


def test_a_refusal_inside_another_layer_stays_one():
    inner = CORSMiddleware(site(), allow_origins=[TRUSTED], refuse_denied=True)
    app = CORSMiddleware(inner, allow_origins="*")
    answered = answer(app, environ_of("/", "POST", ATTACKER, HTTP_SEC_FETCH_SITE="cross-site"))
    assert answered.status == "403 Forbidden"
    assert answered.values("Access-Control-Allow-Origin") == []


# --- what a request is -----------------------------------------------------------------------------


def test_behind_a_proxy_the_host_is_what_the_application_is_told():
    app = ProxyFix(
        CORSMiddleware(site(), allow_origins=[TRUSTED], refuse_denied=True), x_host=1, x_proto=1
    )
    told = {"HTTP_HOST": "10.0.0.7:8000", "HTTP_X_FORWARDED_HOST": "example.com"}
    assert answer(app, environ_of("/", "POST", "https://example.com", **told)).status == "200 OK"


def test_a_request_of_no_browser_is_not_foreign_and_a_post_may_do_something():
    assert not is_foreign({})
    assert may_do_something({"REQUEST_METHOD": "POST"})
    assert may_do_something({"REQUEST_METHOD": "get"})
    assert not may_do_something({"REQUEST_METHOD": "GET"})


def test_a_page_is_foreign_where_no_host_was_named():
    assert is_foreign({"HTTP_ORIGIN": "https://a.example"})


@pytest.mark.parametrize("overlong", ["HTTP_ORIGIN", "HTTP_HOST"])
def test_nothing_overlong_is_remembered(overlong):
    environ = {"HTTP_ORIGIN": ATTACKER, **HOST, overlong: "a" * 1100}
    looked_up = is_at.cache_info().misses
    assert is_foreign(environ)
    assert is_at.cache_info().misses == looked_up


@pytest.mark.parametrize(
    ("more", "number"),
    [
        ({"method": "PATCH"}, 0),
        ({"method": "patch"}, 2),
        ({"method": "?"}, 0),
        # It is not read through, because no framework knows such a method.
        ({"method": "a" * 65}, 0),
        ({"REQUEST_URI": "/?next=//" + "a" * 2**20}, 0),
        ({"REQUEST_URI": "//"}, 2),
    ],
    ids=lambda value: str(value)[:30],
)
def test_the_ways_in_which_a_request_can_be_read(more, number):
    assert len(readings(environ_of(**more))) == number

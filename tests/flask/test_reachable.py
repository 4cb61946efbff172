"""A prefix of ``routes`` that no URL of the application inside begins with is told of, and no other."""

from __future__ import annotations

import flask
import pytest
from exchanges import PAGE, environ_of
from flask_calls import actual
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, Map, Rule

from wsgicors import CORSMiddleware, Policy
from wsgicors.flask import CORS

ROW = pytest.param
CLOSED = Policy(allow_origins=[])


class Own(BaseConverter):
    regex = ".+"
    part_isolating = False


def application(*rules, kind=flask.Flask, **converters):
    app = kind("example")
    app.url_map.converters.update(converters)
    for rule in rules:
        app.add_url_rule(rule, rule.replace(".", ""), lambda **converted: "hello")
    return app


def told(app, *prefixes, caplog):
    """What is told of prefixes, each time that a request comes."""
    site = CORSMiddleware(app, allow_origins=[PAGE], routes=dict.fromkeys(prefixes, CLOSED))
    actual(site)
    actual(site)
    return [message for message in caplog.messages if message.startswith("routes[")]


def with_blueprints():
    app = flask.Flask("example")
    inner, outer = (flask.Blueprint(name, name) for name in ("inner", "outer"))
    inner.add_url_rule("/users", "users", lambda: "hello")
    outer.register_blueprint(inner, url_prefix="/admin")
    app.register_blueprint(outer, url_prefix="/api")
    return app


def mounted_within(app):
    """With a dispatcher where Flask has its place for middleware."""
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/shop": application("/internal/stock")})
    return app


@pytest.mark.parametrize(
    ("app", "prefix", "nearest"),
    [
        ROW(with_blueprints(), "/admin", "/api/admin", id="blueprint"),
        ROW(with_blueprints(), "/admin/users", "/api/admin/users", id="view of a blueprint"),
        ROW(application("/admin/users"), "/Admin", "/admin", id="case"),
        ROW(application("/admin/users"), "/Admin/", "/admin", id="slash at its end"),
        ROW(application("/admin/users"), "/site/admin", "/admin", id="mounted outside"),
        ROW(application("/admin/users"), "/admni", "/admin", id="misspelt"),
        ROW(application("/admin/<name>"), "/x/admin", "/admin", id="ahead of a converter"),
        ROW(application("/"), "/metrics", None, id="nothing like it"),
        *[
            ROW(application("/admin/users", rule), prefix, nearest, id=f"{prefix} beside {rule}")
            for rule, prefix, nearest in [
                ("/<int:id>", "/api/admin", "/admin"),
                ("/<int:id>", "/Admin", "/admin"),
                ("/<tenant>/orders", "/api/admin", "/admin"),
                ("/<lang>/p", "/Admin/users", "/admin/users"),
                ("/<slug>", "/admin/user", "/admin/users"),
                ("/<string(length=2):lang>", "/x/admin", "/admin"),
                ("/u/<int:id>/keys", "/u/id/keys", None),
                ("/v<int:version>/admin", "/v1/users", None),
            ]
        ],
        ROW(application("/admin"), "/admin/users", None, id="below a view"),
        ROW(application("/in").wsgi_app, "/In", "/in", id="its method"),
        ROW(
            DispatcherMiddleware(application("/a"), {"/shop": application("/internal/stock")}),
            "/internal",
            "/shop/internal",
            id="dispatcher",
        ),
        ROW(mounted_within(application("/a")), "/internal", "/shop/internal", id="within Flask"),
        ROW(
            DispatcherMiddleware(
                application("/a"),
                {"/x": DispatcherMiddleware(application("/b"), {"/y": application("/in")})},
            ),
            "/y/in",
            "/x/y/in",
            id="dispatcher in a dispatcher",
        ),
    ],
)
def test_a_prefix_that_no_url_begins_with_is_told_once(app, prefix, nearest, caplog):
    (message,) = told(app, prefix, caplog=caplog)
    assert message.startswith(
        f"routes['{prefix}'] is about no view: no URL of the application inside"
    )
    if nearest is None:
        assert "if that is meant" not in message
    else:
        assert f"write '{nearest}' if that is meant" in message
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def elsewhere(environ, start_response):
    start_response("404 Not Found", [])
    return []


class Rewriting(flask.Flask):
    def __call__(self, environ, start_response):
        return super().__call__({**environ, "PATH_INFO": "/"}, start_response)


class RoutedOtherwise(flask.Flask):
    def create_url_adapter(self, request):
        return super().create_url_adapter(request)


class MapOfItsOwn(Map):
    """It may match whatever it likes."""


def with_map_of_its_own():
    app = flask.Flask("example")
    app.url_map = MapOfItsOwn([Rule("/a", endpoint="a")])
    return app


def around_flask(middleware):
    app = application("/a")
    app.wsgi_app = middleware(app.wsgi_app)
    return app


@pytest.mark.parametrize(
    ("app", "prefix"),
    [
        ROW(with_blueprints(), "/api/admin", id="blueprint"),
        ROW(with_blueprints(), "/api/", id="around a blueprint"),
        ROW(application("/a"), "/", id="all"),
        ROW(application("/a"), "/static/private", id="below a converter"),
        ROW(application("/<tenant>/x"), "/acme", id="begins with a converter"),
        ROW(application("/v<int:version>/x"), "/v1", id="converter in a segment"),
        ROW(application("/<int:id>/x"), "/7/x", id="a number"),
        ROW(application("/<tenant>/<path:rest>"), "/acme/any/thing", id="a path behind a name"),
        ROW(application("/<uuid:id>"), "/something", id="another converter"),
        ROW(application("/<any(a,b):kind>/x"), "/a/x/y", id="a converter that may take anything"),
        ROW(application("/<own:it>", own=Own), "/x/y", id="one of its own"),
        ROW(application("/<int:id>/x", int=Own), "/x/y", id="another one for numbers"),
        ROW(DispatcherMiddleware(application("/a"), {"/shop": application("/b")}), "/shop"),
        ROW(DispatcherMiddleware(application("/a"), {"/shop/x": application("/b")}), "/shop"),
        ROW(DispatcherMiddleware(application("/a"), {"/shop": lambda *_: []}), "/shop/b"),
        ROW(DispatcherMiddleware(lambda *_: [], {"/shop": application("/b")}), "/b"),
        ROW(elsewhere, "/b", id="a function"),
        ROW(ProxyFix(application("/a")), "/b", id="other middleware"),
        ROW(around_flask(ProxyFix), "/b", id="other middleware within Flask"),
        ROW(around_flask(lambda inner: elsewhere), "/b", id="function within it"),
        ROW(application("/a", kind=Rewriting), "/b", id="rewrites paths"),
        ROW(application("/a", kind=RoutedOtherwise), "/b", id="routes in another way"),
        ROW(with_map_of_its_own(), "/b", id="a map of a class of its own"),
        ROW(CORSMiddleware(application("/a"), allow_origins=[]), "/b", id="a layer between"),
    ],
)
def test_what_may_have_an_effect_is_not_told(app, prefix, caplog):
    site = CORSMiddleware(app, allow_origins=[PAGE], routes={prefix: CLOSED})
    list(site(environ_of("/"), lambda status, headers, *exc_info: None))
    assert caplog.messages == []


def test_a_rule_that_only_builds_urls_matches_nothing(caplog):
    app = application("/a")
    app.url_map.add(Rule("/built", endpoint="/a", build_only=True))
    assert len(told(app, "/built", "/a", caplog=caplog)) == 1


def test_an_application_that_governs_itself_is_left_alone(caplog):
    app = application("/a")
    CORS(app, allow_origins=[])
    assert told(app, "/b", caplog=caplog) == []

"""What nobody could see before is looked at when Flask runs the application."""

from __future__ import annotations

import functools

import flask
import pytest
from exchanges import ADMIN, PAGE, callers
from flask.signals import request_started
from flask.views import MethodView
from flask_calls import actual, preflight
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from wsgicors import ConfigError, CORSMiddleware, Policy
from wsgicors.flask import CORS, cross_origin, same_origin, strays
from wsgicors.flask.declarations import Kept
from wsgicors.flask.running import _watch

EVIL = "https://evil.example"


def shared(app, **options):
    return CORSMiddleware(app, allow_origins=[PAGE], allow_credentials=True, **options)


def shop(*decorators):
    """An application with decorators on its view, the outermost first."""
    app = flask.Flask("example")
    app.calls = []
    view = lambda: app.calls.append("me") or "secret"  # noqa: E731 - each needs one of its own
    for decorator in reversed(decorators):
        is_route = decorator == "route"
        view = app.route("/me", methods=["GET", "PUT"])(view) if is_route else decorator(view)
    return app


class Held:
    def __init__(self, app):
        self.app = app


def served(get_app):
    return lambda *request: get_app()(*request)  # noqa: PLW0108 - it is asked each time


def by_call(app):
    def get_app(environ):
        return app

    return lambda environ, start: get_app(environ)(environ, start)


def by_cached_call(app):
    get_app = functools.lru_cache(maxsize=None)(lambda: app)
    return served(get_app)


def in_holder(app):
    holder = Held(app)
    return served(lambda: holder.app)


def in_set(app):
    apps = frozenset([app])
    return served(lambda: next(iter(apps)))


def in_config(app):
    outer = flask.Flask("outer")
    outer.config["SHOP"] = app
    return served(lambda: outer.config["SHOP"])


def in_generator(app):
    def application(environ, start_response):
        yield from get_app()(environ, start_response)

    def get_app():
        return app

    return application


HIDDEN = [by_call, by_cached_call, in_holder, in_set, in_config, in_generator]
SAID = [same_origin, cross_origin(allow_origins=[PAGE], refuse_denied=True)]


@pytest.mark.parametrize("hide", HIDDEN)
@pytest.mark.parametrize("decorator", SAID)
def test_decorator_above_the_route_is_found_wherever_the_application_is(hide, decorator):
    app = shop(decorator, "route")
    app.testing = True
    for _ in range(2):
        with pytest.raises(ConfigError, match="above the route"):
            actual(shared(hide(app)), "/me")
    assert app.calls == []


@pytest.mark.parametrize("hide", HIDDEN)
def test_decorator_below_the_route_is_in_force_wherever_the_application_is(hide):
    app = shop("route", same_origin)
    assert callers(shared(hide(app)), "/me") == set()
    assert app.calls


@pytest.mark.parametrize("decorator", SAID)
def test_decorator_above_the_route_is_found_where_nothing_else_is(decorator):
    app = shop(decorator, "route")
    app.testing = True
    for _ in range(2):
        with pytest.raises(ConfigError, match="above the route"):
            actual(app, "/me", "PUT", origin=EVIL)
    assert app.calls == []


def test_decorator_below_the_route_is_in_force_where_nothing_else_is():
    app = shop("route", SAID[1])
    assert actual(app, "/me", "PUT", origin=EVIL).status_code == 403
    assert actual(app, "/me", "PUT", origin=PAGE).text == "secret"
    assert app.calls == ["me"]


def test_what_is_declared_later_is_found_with_the_next_request():
    app = shop("route")
    app.testing = True
    assert actual(app, "/me").text == "secret"
    kept = same_origin(app.view_functions["<lambda>"])
    with pytest.raises(ConfigError, match="above the route"):
        actual(app, "/me")
    app.view_functions["<lambda>"] = kept
    assert actual(app, "/me").text == "secret"


def test_nothing_listens_where_all_that_is_declared_is_in_force(monkeypatch):
    monkeypatch.setattr(strays, "_decorated", Kept())
    for govern in (lambda app: None, lambda app: CORS(app, allow_origins=[PAGE])):
        app = shop("route", same_origin)
        govern(app)
        # Others may listen, too.
        assert _watch._look_at in request_started.receivers_for(None)
        actual(app, "/me")
        assert _watch._look_at not in request_started.receivers_for(None)


# --- requests that come past CORS(app) -----------------------------------------------------------


def past(app, **options):
    """What is served, taken before the extension is there."""
    taken = app.wsgi_app
    CORS(app, allow_origins=[PAGE], **options)
    return taken


@pytest.mark.parametrize("around", [ProxyFix, DispatcherMiddleware, lambda app: app])
def test_what_comes_past_the_extension_is_told_once(around, nothing_declared, caplog):
    served = around(past(shop("route")))
    for _ in range(2):
        assert actual(served, "/me").text == "secret"
    assert [record.getMessage()[:60] for record in caplog.records] == [
        "a request has come to the application 'example' past CORS(app)"[:60]
    ]


@pytest.mark.parametrize(
    "serve",
    [
        lambda app: past(app, refuse_denied=True),
        lambda app: shared(past(app)),
        lambda app: shared(ProxyFix(past(app)), routes={"/other": Policy(max_age=5)}),
    ],
)
def test_what_comes_past_the_extension_is_no_request_where_that_opens_a_door(serve):
    app = shop("route", same_origin)
    served = serve(app)
    for _ in range(2):
        for origin in (EVIL, PAGE):
            assert actual(served, "/me", "PUT", origin=origin).status_code == 500
    assert app.calls == []


def mounted(app):
    """Under another application that is governed, too."""
    outer = flask.Flask("outer")
    outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, {"/shop": app})
    CORS(outer, allow_origins=[PAGE], refuse_denied=True)
    return lambda environ, start_response: outer(
        {**environ, "PATH_INFO": "/shop" + environ["PATH_INFO"]}, start_response
    )


def added_later(app):
    app.wsgi_app = shared(ProxyFix(app.wsgi_app))
    return app


def with_an_environ_of_its_own(app):
    return lambda environ, start_response: app({**environ}, start_response)


@pytest.mark.parametrize(
    "around", [mounted, added_later, with_an_environ_of_its_own, shared, lambda app: app]
)
@pytest.mark.parametrize(
    "options", [{}, {"trial": {"allow_origins": []}}, {"endpoints": {"x": None}}]
)
def test_what_comes_through_the_extension_is_not_mistaken(around, options, caplog):
    app = shop("route", same_origin)
    app.add_url_rule("/x", "x", lambda: "x")
    CORS(app, allow_origins=[PAGE], refuse_denied=True, **options)
    served = around(app)
    for path in ("/me", "/x", "/missing"):
        preflight(served, path, "PUT")
        assert actual(served, path, origin=PAGE).status_code == (404 if path == "/missing" else 200)
    assert "past CORS" not in caplog.text


@pytest.mark.parametrize("between", [ProxyFix, with_an_environ_of_its_own])
def test_what_comes_through_a_middleware_between_is_not_mistaken(between, caplog):
    app = shop("route", same_origin)
    app.wsgi_app = between(app.wsgi_app)
    CORS(app, allow_origins=[PAGE], refuse_denied=True)
    assert actual(app, "/me", origin=PAGE).text == "secret"
    assert "past CORS" not in caplog.text


# --- classes whose decorators are replaced --------------------------------------------------------


def login(view):
    @functools.wraps(view)
    def logged_in(*args, **kwargs):
        return view(*args, **kwargs)

    return logged_in


class Account(MethodView):
    def get(self):
        return "read"

    def put(self):
        return "written"


def inherited(decorate):
    return type("Inner", (decorate(type("Base", (Account,), {})),), {"decorators": [login]})


def assigned(decorate):
    decorated = decorate(type("Outer", (Account,), {}))
    decorated.decorators = [login]
    return decorated


@pytest.mark.parametrize("view_class", [inherited, assigned])
@pytest.mark.parametrize(
    "hide", [lambda app: shared(app, allow_methods=["PUT"]), by_call, lambda app: app]
)
def test_what_is_declared_of_a_class_holds_though_its_decorators_are_replaced(view_class, hide):
    app = flask.Flask("example")
    admin = view_class(
        cross_origin(allow_origins=[PAGE], allow_methods=["PUT"], refuse_denied=True)
    )
    app.add_url_rule("/me", view_func=admin.as_view("me"))
    app.add_url_rule("/other", "other", lambda: "other", methods=["GET", "PUT"])
    served = hide(app)
    assert actual(served, "/me", "PUT", origin=EVIL).status_code == 403
    assert actual(served, "/me", "PUT", origin=PAGE).text == "written"
    assert callers(served, "/me", "PUT") == {PAGE}
    assert actual(served, "/other", "PUT", origin=EVIL).text == "other"


@pytest.mark.parametrize("view_class", [inherited, assigned])
def test_a_class_that_is_closed_stays_closed_though_its_decorators_are_replaced(view_class):
    app = flask.Flask("example")
    app.add_url_rule("/me", view_func=view_class(same_origin).as_view("me"))
    assert callers(shared(by_call(app)), "/me") == set()
    assert callers(app, "/me") == set()


def test_hooks_of_other_applications_are_left_as_they_are():
    app = flask.Flask("example")
    app.add_url_rule("/me", view_func=cross_origin(allow_origins=[PAGE])(Account).as_view("me"))
    assert callers(app, "/me") == {PAGE}
    assert app.before_request_funcs == {}


@pytest.mark.parametrize("decorate", [same_origin, cross_origin(allow_origins=[ADMIN])])
def test_a_copy_of_a_class_keeps_what_was_declared(decorate):
    """Slots can only be had by a new class, with all that stands in the other one."""
    decorated = decorate(type("Private", (MethodView,), {"get": lambda self: "read"}))
    copy = type("Private", (MethodView,), {**vars(decorated)})
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/me", view_func=copy.as_view("me"))
    assert callers(app, "/me") == set()


def test_a_method_that_the_request_class_overrides_is_refused():
    class Overriding(flask.Request):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            self.method = self.args.get("_method", self.method)

    class Items(MethodView):
        def post(self):
            return "posted"

        @cross_origin(allow_origins=[ADMIN], refuse_denied=True)
        def delete(self):
            done.append("deleted")
            return "deleted"

    done = []
    app = flask.Flask("example")
    app.request_class = Overriding
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/items", view_func=Items.as_view("items"))
    assert actual(app, "/items?_method=DELETE", "POST", origin=EVIL).status_code == 403
    assert done == []
    assert actual(app, "/items?_method=DELETE", "POST", origin=ADMIN).text == "deleted"


# --- views that refuse, wherever they run ---------------------------------------------------------


def refusing_application():
    """An application with a view that refuses, and what has run in it."""
    app = flask.Flask("example")
    app.calls = []
    CORS(app, allow_origins=[PAGE])

    @app.post("/safe")
    @cross_origin(refuse_denied=True)
    def safe():
        app.calls.append("safe")
        return "safe"

    @app.post("/other")
    def other():
        return "other"

    return app, safe


@pytest.mark.parametrize("register", ["teardown_request", "after_request"])
def test_a_view_that_refuses_breaks_nothing_after_the_response(register):
    app, safe = refusing_application()
    getattr(app, register)(lambda what: (safe(), what)[1])
    assert actual(app, "/other", "POST", origin=EVIL).text == "other"
    assert app.calls == []
    assert actual(app, "/other", "POST", origin=PAGE).text == "other"
    assert app.calls == ["safe"]


def test_a_request_that_a_hook_routes_anew_is_refused():
    app, _ = refusing_application()

    @app.before_request
    def route_anew():
        flask.request.url_rule = next(app.url_map.iter_rules("safe"))

    assert actual(app, "/other", "POST", origin=EVIL).status_code == 403
    assert app.calls == []
    assert actual(app, "/other", "POST", origin=PAGE).text == "safe"


def test_a_request_inside_of_another_is_refused():
    app, _ = refusing_application()

    @app.post("/old")
    def old():
        with app.request_context({**flask.request.environ, "PATH_INFO": "/safe"}):
            return app.full_dispatch_request()

    assert actual(app, "/old", "POST", origin=EVIL).status_code == 403
    assert app.calls == []
    assert actual(app, "/old", "POST", origin=PAGE).text == "safe"


def test_a_request_that_a_test_makes_by_hand_is_told_of_once(caplog):
    app, _ = refusing_application()
    for _ in range(2):
        with app.test_request_context("/other", method="POST"):
            assert app.full_dispatch_request().get_data(as_text=True) == "other"
    assert len([each for each in caplog.messages if "past CORS" in each]) == 1
    headers = {"Origin": EVIL, "Host": "api.example.com"}
    with app.test_request_context("/other", method="POST", headers=headers):
        app.testing = True
        with pytest.raises(ConfigError, match="past CORS"):
            app.full_dispatch_request()


# --- extensions without an application ------------------------------------------------------------


def test_an_extension_that_no_application_has_is_told_of_once(caplog):
    kept = CORS(allow_origins=[PAGE], refuse_denied=True)
    app = shop("route", SAID[1])
    for _ in range(2):
        actual(app, "/me")
    lines = [each for each in caplog.messages if "has no application so far" in each]
    assert len(lines) == 1
    assert lines[0].startswith("CORS(...) at flask/test_running.py:")
    kept.init_app(shop("route", SAID[1]))


def test_an_extension_that_some_application_has_is_not_told_of(caplog):
    kept = CORS(allow_origins=[PAGE])
    kept.init_app(shop("route"))
    actual(shop("route", SAID[1]), "/me")
    assert "has no application so far" not in caplog.text

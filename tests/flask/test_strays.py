"""What was declared and leads nowhere is told: above the route, or of what no route leads to."""

from __future__ import annotations

import functools
import gc
import json
import types

import flask
import pytest
from click.testing import CliRunner
from exchanges import PAGE, callers
from flask.cli import ScriptInfo
from flask.views import MethodView
from flask_calls import actual, preflight

from wsgicors import ConfigError
from wsgicors.flask import CORS, cross_origin, same_origin
from wsgicors.flask.command import cors_command

ROW = pytest.param


def with_header(view):
    @functools.wraps(view)
    def wrapper():
        return view()

    return wrapper


def made(*decorators):
    """An application in a factory, with decorators on its view, the outermost first."""
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    blueprint = flask.Blueprint("shop", __name__)
    view = lambda: "secret"  # noqa: E731 - each application needs one of its own
    routes = {"app": app.get("/secret", endpoint="secret"), "blueprint": blueprint.get("/secret")}
    view.__name__ = "secret"
    for decorator in reversed(decorators):
        view = routes.get(decorator, decorator)(view)
    app.register_blueprint(blueprint)
    return app


@pytest.mark.parametrize("route", ["app", "blueprint"])
@pytest.mark.parametrize(
    "above",
    [
        ROW([same_origin], id="same_origin"),
        ROW([cross_origin(max_age=5)], id="cross_origin"),
        ROW([cross_origin(max_age=5), same_origin], id="both"),
        ROW([same_origin, with_header], id="over another decorator"),
    ],
)
@pytest.mark.parametrize("below", [[], [with_header], [cross_origin(max_age=5)]])
@pytest.mark.parametrize("ask", [actual, preflight])
def test_decorator_above_the_route_is_found_at_the_first_check(route, above, below, ask):
    app = made(*above, route, *below)
    gc.collect()
    with pytest.raises(ConfigError) as caught:
        ask(app, "/secret")
    for part in ("above the route", "put it below the route", "/secret", "_origin at flask/"):
        assert part in str(caught.value)


@pytest.mark.parametrize("route", ["app", "blueprint"])
@pytest.mark.parametrize(
    "below",
    [[same_origin], [with_header, same_origin], [same_origin, with_header], [same_origin] * 2],
)
def test_decorator_below_the_route_is_not_mistaken_for_one_above(route, below):
    app = made(with_header, route, *below)
    assert callers(app, "/secret") == set()


def test_function_that_is_decorated_for_one_application_may_be_bare_in_another():
    def shared():
        return "shared"

    one, other = flask.Flask("one"), flask.Flask("other")
    one.add_url_rule("/", "index", same_origin(shared))
    other.add_url_rule("/", "index", shared)
    for app in (one, other):
        CORS(app, allow_origins=[PAGE])
    assert callers(other) == {PAGE}
    assert callers(one) == set()


@pytest.mark.parametrize("above", [[], [with_header], [cross_origin(max_age=5)]])
def test_function_may_be_bare_at_one_route_and_decorated_where_its_endpoint_was_set(above):
    def shared():
        return "shared"

    view = same_origin(shared)
    for decorator in above:
        view = decorator(view)
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/open", "open", shared)
    app.url_map.add(app.url_rule_class("/closed", endpoint="closed", methods=["GET"]))
    app.endpoint("closed")(view)
    assert callers(app, "/closed") == set()
    assert callers(app, "/open") == {PAGE}


class Called:
    """Its instances are views."""

    def __call__(self):
        return "secret"

    def method(self):
        return "secret"


def with_statement_on(kind):
    """An application of whose view something is said, but what the decorator gives back is lost."""
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])

    class Secrets(MethodView):
        def get(self):
            return "secret"

    def secret():
        return "secret"

    target, view = {
        "partial": [functools.partial(secret)] * 2,
        "instance": [Called()] * 2,
        "bound method": [Called().method] * 2,
        "method of a class": (Secrets.get, Secrets.as_view("secret")),
        "view of a class": [Secrets.as_view("secret")] * 2,
        "function under another decorator": (secret, with_header(secret)),
        "function in a cache": (secret, functools.lru_cache(secret)),
    }[kind]
    app.add_url_rule("/secret", "secret", view)
    same_origin(target)
    return app


@pytest.mark.parametrize(
    "kind",
    [
        "partial",
        "instance",
        "bound method",
        "method of a class",
        "view of a class",
        "function under another decorator",
        "function in a cache",
    ],
)
def test_decorator_whose_result_nobody_keeps_is_found_at_the_first_check(kind):
    app = with_statement_on(kind)
    gc.collect()
    with pytest.raises(ConfigError, match="pass its result to Flask"):
        actual(app, "/secret")


def test_method_that_a_subclass_closes_stays_open_in_its_base():
    class Items(MethodView):
        def get(self):
            return "items"

    class ClosedItems(Items):
        get = same_origin(Items.get)

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/items", view_func=Items.as_view("items"))
    app.add_url_rule("/closed", view_func=ClosedItems.as_view("closed"))
    gc.collect()
    assert (callers(app, "/items"), callers(app, "/closed")) == ({PAGE}, set())


def test_view_that_is_decorated_anew_is_what_its_last_decorator_says():
    def items():
        return "items"

    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    view = same_origin(items)
    view = cross_origin(allow_origins=[PAGE])(items)
    app.add_url_rule("/items", "items", with_header(view))
    gc.collect()
    assert callers(app, "/items") == {PAGE}


class Timed:
    """A decorator for functions and methods, as a class."""

    def __init__(self, view):
        self.view = view
        functools.update_wrapper(self, view)

    def __get__(self, instance, owner):
        return self if instance is None else types.MethodType(self, instance)

    def __call__(self, *args):
        return self.view(*args)


def test_decorated_method_is_not_mistaken_for_all_that_share_a_class_of_decorators():
    class Closed(MethodView):
        @same_origin
        @Timed
        def get(self):
            return "closed"

    class Open(MethodView):
        @Timed
        def get(self):
            return "open"

    app = flask.Flask("example")
    app.add_url_rule("/closed", view_func=Closed.as_view("closed"))
    app.add_url_rule("/open", view_func=Open.as_view("open"))
    CORS(app, allow_origins=[PAGE])
    Closed().get  # noqa: B018 - it is decorated as it is bound
    assert callers(app, "/open") == {PAGE}
    assert callers(app, "/closed") == set()


def test_function_that_nobody_keeps_is_not_mistaken_for_all_that_share_a_class_of_decorators():
    same_origin(with_header(Timed(lambda: "helper")))
    app = flask.Flask("example")
    app.add_url_rule("/", "index", Timed(lambda: "open"))
    CORS(app, allow_origins=[PAGE])
    assert callers(app) == {PAGE}


def told_by_command(app, *arguments):  # cut into lines as wide as a terminal
    script = ScriptInfo(create_app=lambda: app)
    return CliRunner().invoke(cors_command, arguments, obj=script).output


def test_command_tells_of_declarations_that_govern_no_route():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])

    @same_origin
    def never_registered():
        return "secret"

    @same_origin
    class NeverRegistered(MethodView):
        def get(self):
            return "secret"

    @app.get("/")
    @same_origin
    def registered():
        return "secret"

    forgotten = same_origin(flask.Blueprint("forgotten", __name__))
    elsewhere = same_origin(flask.Blueprint("elsewhere", __name__))
    flask.Flask("other").register_blueprint(elsewhere)
    app.add_url_rule("/hidden", "hidden", lambda: never_registered())  # noqa: PLW0108 - as is
    shown = "".join(told_by_command(app).split())
    strays = json.loads(told_by_command(app, "--format", "json"))["strays"]
    for name in ("never_registered", "NeverRegistered", "forgotten"):
        assert name in shown
        assert any(name in stray["what"] and "test_strays.py" in stray["where"] for stray in strays)
    assert not any(stray["what"].endswith(".registered") for stray in strays)
    assert not any(stray["what"] == elsewhere.name for stray in strays)
    assert forgotten.name == "forgotten"

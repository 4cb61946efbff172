"""The extension's life: factories, several applications, views and maps that change later."""

from __future__ import annotations

import functools
import subprocess
import sys
import threading
from pathlib import Path

import flask
import pytest
from exchanges import ADMIN, EVIL, PAGE, callers, refusal
from flask.views import MethodView
from flask_calls import actual, cors_headers, look_anew, preflight

from wsgicors import ConfigError
from wsgicors.flask import CORS, cross_origin, same_origin
from wsgicors.testing import Browser

ROW = pytest.param


def index():
    return "index"


def test_everything_is_closed_by_default():
    app = flask.Flask("example")
    app.add_url_rule("/", "index", index)
    CORS(app)
    with pytest.raises(ConfigError, match="nothing is shared by default"):
        actual(app)


def test_views_registered_before_init_app_are_governed():
    app = flask.Flask("example")
    app.add_url_rule("/", "index", cross_origin(max_age=60)(index), methods=["PUT"])
    CORS(app, allow_origins=[PAGE])
    assert cors_headers(preflight(app))["Max-Age"] == "60"
    assert callers(app, "/", "PUT") == {PAGE}


def test_views_registered_after_init_app_are_governed():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", "index", cross_origin(max_age=60)(index), methods=["PUT"])
    assert cors_headers(preflight(app))["Max-Age"] == "60"
    assert callers(app, "/", "PUT") == {PAGE}


def test_one_extension_governs_the_applications_of_a_factory():
    cors = CORS(max_age=60)

    def create_app(origin):
        app = flask.Flask("example")
        app.config["CORS_ALLOW_ORIGINS"] = [origin]
        app.add_url_rule("/", "index", index, methods=["PUT"])
        cors.init_app(app)
        return app

    pages, admin = create_app(PAGE), create_app(ADMIN)
    for app, origin in ((pages, PAGE), (admin, ADMIN), (pages, PAGE)):
        assert cors_headers(preflight(app, origin=origin))["Max-Age"] == "60"
        assert callers(app, "/", "PUT") == {origin}


def test_arguments_of_init_app_are_for_one_application():
    cors = CORS(allow_origins=[PAGE])
    first, second = flask.Flask("first"), flask.Flask("second")
    cors.init_app(first, allow_origins=[ADMIN])
    cors.init_app(second)
    assert (callers(first), callers(second)) == ({ADMIN}, {PAGE})


def test_one_view_in_two_applications_inherits_from_each():
    view = cross_origin(max_age=60)(index)
    for origin in (PAGE, ADMIN):
        app = flask.Flask("example")
        CORS(app, allow_origins=[origin])
        app.add_url_rule("/", "index", view)
        assert cors_headers(preflight(app, "/", "GET", origin=origin))["Max-Age"] == "60"
        assert callers(app) == {origin}


def test_one_blueprint_in_two_applications_inherits_from_each():
    blueprint = cross_origin(max_age=60)(flask.Blueprint("b", __name__))
    blueprint.add_url_rule("/", "index", index)
    for origin in (PAGE, ADMIN):
        app = flask.Flask("example")
        CORS(app, allow_origins=[origin])
        app.register_blueprint(blueprint)
        assert cors_headers(preflight(app, "/", "GET", origin=origin))["Max-Age"] == "60"


def test_blueprint_of_which_each_application_says_something_else_is_told_of(caplog):
    blueprint = flask.Blueprint("items", __name__)
    blueprint.add_url_rule("/", "index", lambda: "index")

    def create_app(origin):
        app = flask.Flask("example")
        CORS(app, allow_origins=[])
        cross_origin(allow_origins=[origin])(blueprint)
        app.register_blueprint(blueprint)
        return app

    create_app(PAGE)
    create_app(PAGE)
    cross_origin(max_age=5)(blueprint)
    assert not caplog.records
    create_app(ADMIN)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    for part in ("items", "@cross_origin at flask/", "Make one for each application"):
        assert part in record.getMessage()


def test_second_extension_on_an_application_is_refused():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    with pytest.raises(ConfigError, match="governs this application already"):
        CORS(app, allow_origins="*")
    assert callers(app) == {PAGE}


def test_refused_init_app_leaves_the_application_as_it_was():
    app = flask.Flask("example")
    app.config["CORS_MAX_AGE"] = -1
    cors = CORS(allow_origins=[PAGE])
    with pytest.raises(ConfigError):
        cors.init_app(app)
    app.config["CORS_MAX_AGE"] = 60
    cors.init_app(app)
    assert callers(app) == {PAGE}


def test_policies_follow_a_url_map_that_is_replaced():
    app = flask.Flask("example", static_folder=None)
    CORS(app, allow_origins=[])
    app.add_url_rule("/old", "old", cross_origin(allow_origins=[PAGE])(index), methods=["PUT"])
    assert callers(app, "/old", "PUT") == {PAGE}
    app.url_map = app.url_map_class()
    app.url_map.add(app.url_rule_class("/new", endpoint="new", methods=["PUT"]))
    app.view_functions["new"] = cross_origin(allow_origins=[ADMIN])(index)
    assert callers(app, "/new", "PUT") == {ADMIN}
    assert callers(app, "/old", "PUT") == set()


def test_policies_follow_a_view_function_that_is_replaced():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    view = cross_origin(allow_origins=[PAGE])(index)
    app.add_url_rule("/", "index", view, methods=["GET", "PUT"])
    assert callers(app) == callers(app, "/", "PUT") == {PAGE}
    app.view_functions["index"] = same_origin(index)
    assert callers(app) == callers(app, "/", "PUT") == set()
    app.view_functions["index"] = cross_origin(allow_origins=[ADMIN])(index)
    assert callers(app) == callers(app, "/", "PUT") == {ADMIN}


def test_policies_follow_view_functions_that_are_replaced_altogether():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    app.add_url_rule("/", "index", cross_origin(allow_origins=[PAGE])(index))
    assert callers(app) == {PAGE}
    app.view_functions = {name: same_origin(view) for name, view in app.view_functions.items()}
    assert callers(app) == set()


def test_policies_follow_a_view_that_was_decorated_before_it_came_into_use(nothing_declared):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", "index", index)
    decorated = same_origin(lambda: "decorated")
    # Whatever answers in the place of the view.
    cached = functools.wraps(decorated)(lambda: "cached")
    assert callers(app) == {PAGE}
    app.view_functions["index"] = cached
    assert callers(app) == set()


def test_policies_follow_a_blueprint_that_comes_after_the_first_preflight(nothing_declared):
    blueprint = same_origin(flask.Blueprint("shop", __name__))
    blueprint.add_url_rule("/late", "index", index)
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.before_request(lambda: "refused")
    assert preflight(app).status_code == 204
    app.register_blueprint(blueprint)
    assert cors_headers(actual(app, "/late")) == {"Vary": "Origin"}


@pytest.mark.parametrize(
    "decorator",
    [
        pytest.param(lambda view: view, id="one builder for all views"),
        pytest.param(cross_origin(max_age=60), id="builders by view"),
    ],
)
def test_policies_follow_a_blueprint_that_is_decorated_late(nothing_declared, decorator):
    blueprint = flask.Blueprint("shop", __name__)
    blueprint.add_url_rule("/", "index", decorator(index))
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.register_blueprint(blueprint)
    assert callers(app) == {PAGE}
    same_origin(blueprint)
    assert callers(app) == set()


def test_header_lines_in_an_unusual_container_are_not_lost():
    def inside(environ, start_response):
        start_response("200 OK", (("Content-Type", "text/plain"),))
        return [b"text"]

    app = flask.Flask("example")
    app.wsgi_app = inside
    CORS(app, allow_origins=[PAGE])
    response = actual(app)
    assert (response.content_type, response.access_control_allow_origin) == ("text/plain", PAGE)


def test_policies_follow_a_rule_that_is_added_to_the_map_in_use():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    assert actual(app, "/late").status_code == 404
    app.url_map.add(app.url_rule_class("/late", endpoint="late", methods=["PUT"]))
    app.view_functions["late"] = cross_origin(allow_origins=[PAGE])(index)
    assert callers(app, "/late", "PUT") == {PAGE}
    assert refusal(app, PAGE, "/late", "DELETE").reason == "method-not-allowed"


def test_policies_follow_a_rule_that_is_added_for_a_view_in_use():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", "index", same_origin(index), methods=["PUT"])
    assert callers(app, "/late", "PUT") == {PAGE}
    app.url_map.add(app.url_rule_class("/late", endpoint="index", methods=["PUT"]))
    assert actual(app, "/late", "PUT").text == "index"
    assert callers(app, "/late", "PUT") == set()


def test_preflight_does_not_count_as_the_first_request():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    preflight(app)
    app.add_url_rule("/", "index", index)
    assert actual(app).text == "index"


def test_extension_patches_nothing_of_flask():
    app, bare = flask.Flask("example"), flask.Flask("bare")
    CORS(app, allow_origins=[PAGE])
    assert set(vars(app)) - set(vars(bare)) == {"wsgi_app"}
    assert app.before_request_funcs == app.after_request_funcs == app.teardown_request_funcs == {}


def test_extension_adds_no_rules():
    app, bare = flask.Flask("example"), flask.Flask("bare")
    CORS(app, allow_origins=[PAGE])
    assert [str(rule) for rule in app.url_map.iter_rules()] == [
        str(rule) for rule in bare.url_map.iter_rules()
    ]


def test_middleware_around_or_inside_the_extension_works():
    app = flask.Flask("example")
    app.add_url_rule("/", "index", index)

    def marking(wsgi_app):
        def application(environ, start_response):
            def start(status, headers, exc_info=None):
                return start_response(
                    status, [*headers, ("X-Marked", "yes")], *filter(None, [exc_info])
                )

            return wsgi_app(environ, start)

        return application

    app.wsgi_app = marking(app.wsgi_app)
    CORS(app, allow_origins=[PAGE])
    app.wsgi_app = marking(app.wsgi_app)
    assert callers(app) == {PAGE}
    assert actual(app).headers.getlist("X-Marked") == ["yes", "yes"]
    assert preflight(app).headers.getlist("X-Marked") == ["yes"]


def test_middleware_that_starts_the_response_late_gets_the_policy_of_the_view():
    app = flask.Flask("example")
    app.add_url_rule("/", "index", cross_origin(allow_origins=[ADMIN])(index))
    app.add_url_rule("/other", "other", index)

    def buffering(wsgi_app):
        def application(environ, start_response):
            started = []
            body = wsgi_app(environ, lambda *arguments: started.append(arguments))
            start_response(*started[0])
            return body

        return application

    app.wsgi_app = buffering(app.wsgi_app)
    CORS(app, allow_origins=[PAGE])
    assert callers(app) == {ADMIN}
    with app.test_request_context("/other"):
        assert callers(app) == {ADMIN}


def test_application_called_from_a_view_of_another_has_its_own_policy():
    outer, inner = flask.Flask("outer"), flask.Flask("inner")
    inner.add_url_rule("/", "index", index)
    CORS(inner, allow_origins=[ADMIN])

    @outer.get("/")
    def relay():
        assert callers(inner) == {ADMIN}
        return "relayed"

    CORS(outer, allow_origins=[PAGE])
    assert callers(outer) == {PAGE}
    assert Browser(outer, PAGE).fetch("/").text == "relayed"


def test_threads_that_come_first_together_all_get_the_headers():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    for number in range(50):
        app.add_url_rule(f"/{number}", f"{number}", cross_origin(max_age=number)(index))
    barrier = threading.Barrier(8)
    answers = []

    def ask():
        barrier.wait()
        answers.append(cors_headers(preflight(app, "/7", "GET"))["Max-Age"])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["7"] * 8


@pytest.mark.parametrize(("closed", "at_least"), [("blueprint", 3), ("class", 20)])
def test_view_that_is_closed_while_threads_look_at_it_stays_closed(closed, at_least):
    program = [sys.executable, str(Path(__file__).with_name("racing.py")), closed]
    written = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True).stdout
    points, shared = written.split(maxsplit=1)
    assert (int(points) > at_least, shared.strip()) == (True, "[]")


def test_proxy_of_an_application_is_taken_for_what_it_stands_for():
    app = flask.Flask("example")
    app.add_url_rule("/", "index", index)
    with app.app_context():
        CORS(flask.current_app, allow_origins=[PAGE])
    assert callers(app) == {PAGE}
    with app.app_context(), pytest.raises(ConfigError, match="governs this application already"):
        CORS(allow_origins=[PAGE]).init_app(flask.current_app)


class Anything(flask.Flask):
    """An application that has every attribute, as those of Eve have."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda: None


def test_application_that_has_every_attribute_is_an_application():
    app = Anything("example")
    CORS(app, allow_origins=[PAGE])
    assert refusal(app, PAGE, "/") is None


def test_policies_follow_a_method_of_a_class_that_is_replaced():
    class Item(MethodView):
        def get(self):
            return "got"

        def put(self):
            return "put"

    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", view_func=Item.as_view("item"))
    closed = same_origin(lambda self: "closed")
    assert callers(app) == callers(app, "/", "PUT") == {PAGE}
    Item.get = closed
    assert callers(app) == callers(app, "/", "HEAD") == set()
    Item.put = closed
    assert callers(app, "/", "PUT") == set()


def late_method(app, closed):
    class Item(MethodView):
        def post(self):
            return "posted"

    app.add_url_rule("/", view_func=Item.as_view("item"))
    return lambda: setattr(Item, "post", closed(lambda self: "late"))


def late_view(app, closed):
    app.add_url_rule("/", "item", lambda: "posted", methods=["POST"])
    return lambda: app.view_functions.update(item=closed(lambda: "late"))


@pytest.mark.usefixtures("nothing_declared")
@pytest.mark.parametrize("late", [late_method, late_view])
@pytest.mark.parametrize("was_anything_said", [False, True])
def test_view_that_comes_late_refuses_what_it_says(late, was_anything_said):
    if was_anything_said:
        same_origin(lambda: "of another application")
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    put_in_place = late(app, cross_origin(refuse_denied=True))
    assert actual(app, "/", "POST", origin=EVIL).text == "posted"
    put_in_place()
    assert actual(app, "/", "POST", origin=EVIL).status_code == 403
    assert actual(app, "/", "POST").text == "late"


@pytest.mark.parametrize("decorate", [cross_origin(refuse_denied=True), same_origin])
def test_path_that_can_be_read_as_another_is_refused_where_anything_refuses(decorate):
    app, ran = flask.Flask("example"), []
    app.add_url_rule("/new", "new", lambda: "new", methods=["POST"])
    view = decorate(lambda name: ran.append(name) or "item")
    app.add_url_rule("/<name>", "item", view, methods=["POST"])
    CORS(app, allow_origins=[PAGE], refuse_denied=True)
    # Decoded once, it is an item; decoded twice, it is not.
    assert actual(app, "/%256eew", "POST", origin=EVIL).status_code == 403
    assert ran == []


def test_what_is_declared_while_a_policy_is_worked_out_is_not_forgotten(monkeypatch):
    blueprint = flask.Blueprint("shop", __name__)
    blueprint.add_url_rule("/", "index", cross_origin(max_age=60)(index))
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.register_blueprint(blueprint)
    resolver = app.extensions["wsgicors"]
    resolver.ensure_checked()
    governing = resolver._governing

    def slowly(own):
        found = governing(own)
        monkeypatch.setattr(resolver, "_governing", governing)
        same_origin(blueprint)
        return found

    monkeypatch.setattr(resolver, "_governing", slowly)
    actual(app)
    assert callers(app) == set()


def test_rule_that_is_added_ahead_of_another_counts_at_once():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/items/<name>", "item", index, methods=["PUT", "DELETE"])
    assert preflight(app, "/items/special", "PUT").access_control_allow_methods is not None
    # A function of its own: when this application is gone, others have the bare index.
    app.view_functions["special"] = same_origin(lambda: "special")
    app.url_map.add(app.url_rule_class("/items/special", endpoint="special", methods=["DELETE"]))
    assert preflight(app, "/items/special", "DELETE").status_code == 403
    granted = preflight(app, "/items/special", "PUT").headers["Access-Control-Allow-Methods"]
    assert granted == "PUT"


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override"])
def test_header_that_overrides_the_method_is_told_of_once(name, caplog):
    app = flask.Flask("example")
    app.add_url_rule("/", "index", cross_origin(allow_headers=[name])(index))
    app.add_url_rule("/other", "other", cross_origin(allow_headers=[name])(index))
    CORS(app, allow_origins=[PAGE])
    actual(app)
    look_anew()
    actual(app)
    told = [record for record in caplog.records if record.levelname == "WARNING"]
    assert [name in record.getMessage() for record in told] == [True]


OVERRIDING = ["X-HTTP-Method-Override"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ROW({}, 0, id="methods that the URL routes"),
        ROW({"allow_methods": "*"}, 0, id="all"),
        ROW({"allow_methods": ["GET", "PUT", "DELETE"]}, 0, id="all that are routed"),
        ROW({"allow_methods": ["GET", "PUT"]}, 1, id="not all that are routed"),
        ROW({"endpoints": {"items": {"allow_methods": ["GET", "PUT"]}}}, 1, id="fewer at a view"),
        ROW({"endpoints": {"items": None}}, 1, id="nothing at a view"),
    ],
)
def test_header_that_overrides_the_method_is_told_of_where_that_wins_a_method(fields, told, caplog):
    app = flask.Flask("example")
    app.add_url_rule("/items", "items", index, methods=["GET", "PUT", "DELETE"])
    CORS(app, allow_origins=[PAGE], allow_headers=OVERRIDING, **fields)
    actual(app, "/items")
    assert caplog.text.count("allow_headers names") == told


def test_header_that_overrides_the_method_is_told_of_where_a_method_is_closed(caplog):
    class Items(MethodView):
        def post(self):
            return "posted"

        @same_origin
        def delete(self):
            return "deleted"

    app = flask.Flask("example")
    app.add_url_rule("/items", view_func=Items.as_view("items"))
    CORS(app, allow_origins=[PAGE], allow_headers=OVERRIDING)
    actual(app, "/items", "POST")
    assert caplog.text.count("allow_headers names") == 1

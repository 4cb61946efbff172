"""Settings that are wrong only where they meet: one error for all, before anything is served."""

from __future__ import annotations

import itertools
import re
from contextlib import nullcontext, suppress
from pathlib import Path

import flask
import pytest
from exchanges import ADMIN, PAGE, callers
from flask.views import MethodView
from flask_calls import actual, preflight

from wsgicors import ConfigError
from wsgicors.flask import CORS, cross_origin
from wsgicors.testing import Browser, CORSError

ROW = pytest.param
HERE = rf"flask/{re.escape(Path(__file__).name)}:(\d+)"


def error_of(app, path="/"):
    with pytest.raises(ConfigError) as caught:
        actual(app, path)
    return caught.value


def line_of(text):
    """The number of the only line of this file that ends so."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    (number,) = [n for n, line in enumerate(lines, 1) if line.endswith(text)]
    return str(number)


def test_message_names_route_and_field_and_both_places_with_file_and_line():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE], allow_credentials=True)  # here: credentials

    @app.put("/items/<int:number>")
    @cross_origin(allow_origins="*")  # here: wildcard
    def put_item(number):
        return "put"

    error = error_of(app)
    (problem,) = error.problems
    assert (problem.field, problem.reason) == ("allow_origins", "wildcard-with-credentials")
    assert "PUT /items/<int:number>" in problem.message
    assert re.search(rf"allow_origins is set by @cross_origin at {HERE}", problem.message)[
        1
    ] == line_of("# here: wildcard")
    assert re.search(rf"allow_credentials is set by CORS\(...\) at {HERE}", problem.message)[
        1
    ] == line_of("# here: credentials")


def _config(app, fields):
    app.config.update({f"CORS_{name.upper()}": value for name, value in fields.items()})


@pytest.mark.parametrize(
    ("level", "place"),
    [
        ROW("config", r"app\.config\['CORS_ALLOW_CREDENTIALS'\]", id="config"),
        ROW("CORS()", rf"CORS\(...\) at {HERE}", id="CORS"),
        ROW("init_app()", rf"init_app\(...\) at {HERE}", id="init_app"),
        ROW("outer blueprint", rf"@cross_origin at {HERE}", id="outer blueprint"),
        ROW("inner blueprint", rf"@cross_origin at {HERE}", id="inner blueprint"),
        ROW("endpoints=", rf"endpoints\['outer.inner.item'\] at {HERE}", id="endpoints"),
        ROW("class", rf"@cross_origin at {HERE}", id="class"),
        ROW("method", rf"@cross_origin at {HERE}", id="method"),
    ],
)
def test_every_level_is_told_as_the_place_of_a_setting(level, place):
    said = {level: {"allow_credentials": True}}
    app = flask.Flask("example")
    _config(app, said.get("config", {}))
    cors = CORS(allow_origins=[], **said.get("CORS()", {}))

    class Item(MethodView):
        @cross_origin(allow_origins="*", **said.get("method", {}))
        def get(self):
            return "got"

    cross_origin(**said.get("class", {}))(Item)
    outer, inner = flask.Blueprint("outer", __name__), flask.Blueprint("inner", __name__)
    inner.add_url_rule("/item", view_func=Item.as_view("item"))
    outer.register_blueprint(cross_origin(**said.get("inner blueprint", {}))(inner))
    app.register_blueprint(cross_origin(**said.get("outer blueprint", {}))(outer))
    endpoints = {"outer.inner.item": said["endpoints="]} if "endpoints=" in said else {}
    cors.init_app(app, endpoints=endpoints, **said.get("init_app()", {}))
    problem = error_of(app).problems[0]
    assert re.search(f"allow_credentials is set by {place}", problem.message)
    assert "/item" in problem.message


def two_conflicts():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE], allow_credentials=True)
    app.add_url_rule("/", "index", lambda: "index")
    app.add_url_rule("/one", "one", cross_origin(allow_origins="*")(lambda: "one"))
    app.add_url_rule(
        "/two", "two", cross_origin(expose_headers="*")(lambda: "two"), methods=["PUT"]
    )
    return app


def test_problems_of_all_routes_are_told_at_once():
    text = str(error_of(two_conflicts()))
    assert text.startswith("2 problems in the CORS settings:")
    assert "GET /one" in text
    assert "PUT /two" in text


def test_problem_of_several_routes_is_told_once():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE], allow_credentials=True)
    blueprint = cross_origin(allow_origins="*")(flask.Blueprint("b", __name__))
    blueprint.add_url_rule("/one", "one", lambda: "one")
    blueprint.add_url_rule("/two", "two", lambda: "two")
    app.register_blueprint(blueprint)
    (problem,) = error_of(app).problems
    assert "GET /one" in problem.message
    assert "GET /two" in problem.message


def many_routes(**fields):
    """200 routes, of which each fifth says something harmless of its own."""
    app = flask.Flask("example", static_folder=None)
    CORS(app, **fields)
    for number in range(200):

        def view():
            return "item"

        view = cross_origin(max_age=number)(view) if number % 5 == 0 else view
        app.add_url_rule(f"/{number}", f"view{number}", view, methods=["GET", "PUT"])
    return app


def test_one_slip_in_the_application_is_one_short_problem_however_many_routes_it_has():
    (problem,) = error_of(many_routes(allow_origins="*", allow_credentials=True)).problems
    assert problem.message.startswith(
        'for every route: with allow_credentials, "*" does not mean everybody'
    )
    assert len(problem.message) < 500


def test_of_very_many_routes_the_first_are_named_and_the_others_counted():
    app = many_routes(allow_origins="*", allow_credentials=True)
    app.add_url_rule("/open", "open", cross_origin(allow_origins=[PAGE])(lambda: "open"))
    (problem,) = error_of(app).problems
    named = "for GET /1, PUT /1, GET /2, PUT /2, GET /3, PUT /3 and 395 more: "
    assert problem.message.startswith(named)


@pytest.mark.parametrize(
    "ask",
    [
        ROW(lambda app: actual(app, "/"), id="a view that is right"),
        ROW(lambda app: actual(app, "/one"), id="the view that is wrong"),
        ROW(lambda app: actual(app, "/missing"), id="no view at all"),
        ROW(lambda app: actual(app, "/", origin=None), id="no other origin"),
        ROW(lambda app: preflight(app, "/", "GET"), id="a preflight"),
    ],
)
def test_nothing_is_served_and_nothing_runs_until_it_is_mended(ask):
    app = two_conflicts()
    ran = []
    app.before_request(lambda: ran.append("before"))
    for _ in range(2):
        with pytest.raises(ConfigError):
            ask(app)
    assert ran == []


def test_everything_is_served_once_it_is_mended():
    app = flask.Flask("example")
    app.config.update(CORS_ALLOW_ORIGINS="*", CORS_ALLOW_CREDENTIALS=True)
    CORS(app)
    app.add_url_rule("/", "index", lambda: "index", methods=["PUT"])
    error_of(app)
    app.config["CORS_ALLOW_ORIGINS"] = [PAGE]
    assert callers(app, "/", "PUT") == {PAGE}
    assert Browser(app, PAGE).fetch("/", "PUT").text == "index"


def test_view_that_is_replaced_mends_it_too():
    app = two_conflicts()
    error_of(app)
    app.view_functions["one"] = app.view_functions["two"] = lambda: "mended"
    assert callers(app, "/one") == {PAGE}


def test_conflict_of_a_url_map_that_is_replaced_is_found():
    app = flask.Flask("example", static_folder=None)
    CORS(app, allow_origins=[PAGE], allow_credentials=True)
    app.add_url_rule("/", "index", lambda: "index")
    assert callers(app) == {PAGE}
    app.url_map = app.url_map_class()
    app.url_map.add(app.url_rule_class("/late", endpoint="late"))
    app.view_functions["late"] = cross_origin(allow_origins="*")(lambda: "late")
    assert "/late" in str(error_of(app))


@pytest.mark.parametrize(
    ("before", "error", "is_refused"),
    [
        # The first of all declarations is told to whoever knows any view. They look at all again.
        ROW(None, ConfigError, False, id="nothing"),
        ROW({}, CORSError, False, id="something"),
        ROW({"refuse_denied": True}, CORSError, True, id="a refusal"),
    ],
)
def test_conflict_of_a_view_that_is_replaced_later_is_never_served(
    nothing_declared, before, error, is_refused
):
    """Whatever was said before, of views of any application."""
    if before is not None:
        cross_origin(**before)(lambda: "of another application")
    app = flask.Flask("example", static_folder=None)
    CORS(app, allow_origins=[PAGE], allow_credentials=True)
    app.add_url_rule("/", "index", lambda: "index", methods=["PUT"])
    assert callers(app, "/", "PUT") == {PAGE}
    app.view_functions["index"] = cross_origin(allow_origins="*")(lambda: "late")
    with pytest.raises(error):
        Browser(app, PAGE).fetch("/", "PUT")
    with nullcontext() if is_refused else pytest.raises(ConfigError):
        assert actual(app, "/", "PUT").status_code == 403


def test_policy_that_lacks_its_origins_is_a_conflict():
    app = flask.Flask("example", static_folder=None)
    CORS(app, max_age=60)
    app.add_url_rule("/", "index", lambda: "index")
    assert "nothing is shared by default" in str(error_of(app))


def test_endpoint_that_does_not_exist_is_named_with_those_that_do():
    app = flask.Flask("example")
    CORS(app, allow_origins=[], endpoints={"statics": {"allow_origins": "*"}})
    (problem,) = error_of(app).problems
    assert (problem.field, problem.value, problem.reason) == (
        "endpoints",
        "statics",
        "unknown-endpoint",
    )
    assert "static" in problem.message


def test_wrong_field_of_an_endpoint_is_refused_at_once():
    with pytest.raises(ConfigError) as caught:
        CORS(allow_origins=[], endpoints={"static": {"origins": "*"}, "b.c": {"max_age": -1}})
    assert [problem.reason for problem in caught.value.problems] == [
        "unknown-field",
        "out-of-range",
    ]
    assert re.search(rf"endpoints\['static'\] at {HERE}.*write allow_origins", str(caught.value))


def test_wrong_config_key_that_comes_late_is_told_with_the_conflicts():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.config["CORS_MAX_AGE"] = "soon"
    assert "app.config['CORS_MAX_AGE']" in str(error_of(app))


def test_conflict_alone_without_the_extension_is_found_before_the_first_response():
    app = flask.Flask("example")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.config["CORS_ALLOW_CREDENTIALS"] = True
    app.add_url_rule("/right", "right", cross_origin(allow_origins=[PAGE])(lambda: "right"))
    app.add_url_rule("/wrong", "wrong", cross_origin(allow_origins="*")(lambda: "wrong"))
    error = error_of(app, "/right")
    assert "GET /wrong" in str(error)
    assert "app.config['CORS_ALLOW_CREDENTIALS']" in str(error)


def test_conflict_alone_is_a_500_that_runs_no_view():
    app = flask.Flask("example")
    ran = []
    app.add_url_rule(
        "/", "index", cross_origin(allow_origins="*", allow_credentials=True)(lambda: ran.append(1))
    )
    assert actual(app).status_code == 500
    assert ran == []


# --- a refusal that does not keep strangers out ----------------------------------------------------


def test_strangers_that_a_refusal_lets_act_are_told_with_where_each_setting_came_from():
    app = flask.Flask("example")
    previews = cross_origin(allow_origins=["https://app-*.vercel.app"])
    app.add_url_rule("/", "index", previews(lambda: "x"), methods=["POST"])
    app.config["CORS_ALLOW_CREDENTIALS"] = False
    CORS(app, allow_origins=[PAGE], refuse_denied=True)
    (problem,) = error_of(app).problems
    assert (problem.field, problem.reason) == ("allow_origins", "public-suffix")
    assert re.search(
        rf"; allow_origins is set by @cross_origin at {HERE}; refuse_denied is set by CORS\(...\) at {HERE}$",
        problem.message,
    )


# --- a refusal that refuses nothing ----------------------------------------------------------------


def add_post(app, decorate=lambda view: view, path="/"):
    app.add_url_rule(path, path, decorate(lambda: "posted"), methods=["POST"])


@pytest.mark.parametrize("of_config", [True, False])
def test_application_that_refuses_nothing_is_an_error(of_config):
    app = flask.Flask("example")
    add_post(app)
    app.config["CORS_REFUSE_DENIED"] = of_config
    CORS(app, allow_origins="*", **({} if of_config else {"refuse_denied": True}))
    (problem,) = error_of(app).problems
    assert (problem.field, problem.reason) == ("refuse_denied", "refuses-nothing")
    where = "app.config['CORS_REFUSE_DENIED']" if of_config else "CORS(...) at flask/"
    assert problem.message.startswith(where)


def test_view_that_refuses_nothing_is_an_error_though_others_refuse():
    app = flask.Flask("example")
    add_post(app, cross_origin(refuse_denied=True))
    add_post(app, cross_origin(allow_origins=[PAGE], refuse_denied=True), "/strict")
    CORS(app, allow_origins="*")
    (problem,) = error_of(app).problems
    assert re.match(rf"@cross_origin at {HERE}: nothing is refused", problem.message)


def test_open_view_may_inherit_a_refusal_and_an_open_application_may_pass_it_on():
    app = flask.Flask("example")
    add_post(app, cross_origin(allow_origins="*"), "/open")
    CORS(app, allow_origins=[PAGE], refuse_denied=True)
    assert callers(app, "/open", "POST") == {PAGE, ADMIN, "https://evil.example", "null"}
    passing_on = flask.Flask("example")
    add_post(passing_on, cross_origin(allow_origins=[PAGE]), "/strict")
    CORS(passing_on, allow_origins="*", refuse_denied=True)
    assert actual(passing_on, "/strict", "POST", origin=ADMIN).status_code == 403


class Declares:
    """A view that says something of a blueprint when it is looked at for the time of that number."""

    def __init__(self, blueprint, looks):
        self.blueprint, self.looks = blueprint, looks

    def __call__(self):
        return "hello"

    def __getattribute__(self, name):
        own = object.__getattribute__(self, "__dict__")
        own["looks"] -= 1
        if own["looks"] == 0:
            cross_origin(allow_origins="*")(own["blueprint"])
        return object.__getattribute__(self, name)


def test_a_conflict_that_is_declared_during_the_check_is_found_before_the_next_response():
    first_responses = 0
    for looks in itertools.count(1):
        app, blueprint = flask.Flask(__name__), flask.Blueprint("shop", __name__)
        blueprint.add_url_rule("/shop", "index", lambda: "shop")
        app.register_blueprint(blueprint)
        view = Declares(blueprint, 0)
        app.add_url_rule("/", "hello", view)
        CORS(app, allow_origins=[PAGE], allow_credentials=True)
        own = object.__getattribute__(view, "__dict__")
        own["looks"] = looks
        with suppress(ConfigError):
            first_responses += app.test_client().get("/").status_code == 200
        if own["looks"] > 0:
            break
        with pytest.raises(ConfigError, match="allow_credentials"):
            app.test_client().get("/")
    assert first_responses

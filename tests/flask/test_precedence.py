"""Whose word holds: every level of settings against every other, and fields that merge."""

from __future__ import annotations

import itertools

import flask
import pytest
from exchanges import ADMIN, EVERYBODY, PAGE, callers
from flask.views import MethodView, View
from flask_calls import actual, cors_headers, preflight
from hypothesis import given, settings
from hypothesis import strategies as st

from wsgicors import ConfigError, Policy
from wsgicors.flask import CORS, cross_origin, same_origin
from wsgicors.flask.declarations import Layer, said_of
from wsgicors.headers import HeaderBuilder

ROW = pytest.param

#: The levels of a `MethodView` in nested blueprints, the broadest first.
LEVELS = (
    "config",
    "CORS()",
    "init_app()",
    "outer blueprint",
    "inner blueprint",
    "endpoints=",
    "base class",
    "class",
    "view",
    "method",
)
PATH = "/outer/inner/item"


def application(said):
    """An application with one view, ``PUT`` and ``GET``, and what is said at each level of it."""
    app = flask.Flask("example")
    for field, value in said.get("config", {}).items():
        app.config[f"CORS_{field.upper()}"] = value
    cors = CORS(**said.get("CORS()", {}))
    endpoints = {"outer.inner.item": said["endpoints="]} if "endpoints=" in said else {}
    cors.init_app(app, endpoints=endpoints, **said.get("init_app()", {}))

    class Base(MethodView):
        def put(self):
            return "put"

    class Item(Base):
        @cross_origin(**said.get("method", {}))
        def get(self):
            return "got"

    cross_origin(**said.get("base class", {}))(Base)
    cross_origin(**said.get("class", {}))(Item)
    outer = flask.Blueprint("outer", __name__, url_prefix="/outer")
    inner = flask.Blueprint("inner", __name__, url_prefix="/inner")
    view = cross_origin(**said.get("view", {}))(Item.as_view("item"))
    inner.add_url_rule("/item", view_func=view)
    outer.register_blueprint(cross_origin(**said.get("inner blueprint", {}))(inner))
    app.register_blueprint(cross_origin(**said.get("outer blueprint", {}))(outer))
    return app


@pytest.mark.parametrize(("broad", "narrow"), list(itertools.combinations(LEVELS, 2)))
def test_narrow_level_replaces_what_it_sets_and_inherits_the_rest(broad, narrow):
    said = {
        broad: {"allow_origins": [ADMIN], "max_age": 60, "allow_headers": ["X-Broad"]},
        narrow: {"allow_origins": [PAGE], "allow_headers": ["X-Narrow"]},
    }
    if "config" not in said and "CORS()" not in said:
        said["config"] = {"allow_origins": []}
    app = application(said)
    assert callers(app, PATH, headers={"X-Narrow": "1"}) == {PAGE}
    lines = cors_headers(preflight(app, PATH, "GET"))
    assert (lines["Allow-Headers"], lines["Max-Age"]) == ("X-Narrow", "60")


def test_nearer_class_replaces_what_a_farther_one_says():
    """With three generations, so that their order shows."""

    @cross_origin(allow_origins=[ADMIN], max_age=60)
    class Oldest(MethodView):
        def get(self):
            return "item"

    @cross_origin(allow_origins=[PAGE])
    class Middle(Oldest):
        pass

    @cross_origin(allow_headers=["X-Token"])
    class Youngest(Middle):
        pass

    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    app.add_url_rule(PATH, view_func=Youngest.as_view("item"))
    assert callers(app, PATH, headers={"X-Token": "1"}) == {PAGE}
    assert cors_headers(preflight(app, PATH, "GET"))["Max-Age"] == "60"


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_alone_is_enough(level):
    app = application({level: {"allow_origins": [PAGE]}, **_closed_unless(level)})
    assert callers(app, PATH) == {PAGE}


def _closed_unless(level):
    # URLs that no route matches need a policy too, where nothing says so for the application.
    broadest = ("config", "CORS()", "init_app()")
    return {} if level in broadest else {"config": {"allow_origins": []}}


def test_method_says_nothing_for_its_sisters():
    app = application({"CORS()": {"allow_origins": [PAGE]}, "method": {"allow_origins": [ADMIN]}})
    assert callers(app, PATH, "PUT") == {PAGE}


FIELDS = {
    "allow_origins": st.sampled_from([[PAGE], [PAGE, ADMIN], [ADMIN]]),
    "allow_methods": st.sampled_from([["PUT"], ["PUT", "DELETE"], "*"]),
    "allow_headers": st.sampled_from([[], ["X-Token"], ["Content-Type", "X-Token"]]),
    "expose_headers": st.sampled_from([[], ["ETag"]]),
    "allow_credentials": st.booleans(),
    "max_age": st.sampled_from([0, 5, 86400]),
}


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(LEVELS[1:]),
        st.fixed_dictionaries({}, optional=FIELDS),
        max_size=len(LEVELS),
    )
)
def test_view_answers_as_its_levels_merged_by_hand(said):
    said = {"config": {"allow_origins": [PAGE], "allow_methods": ["PUT"]}, **said}
    merged = Policy()
    for level in LEVELS:
        merged = merged.merge(Policy(**said.get(level, {})))
    expected = HeaderBuilder(merged).actual(PAGE)
    assert cors_headers(actual(application(said), PATH)) == {
        name.replace("Access-Control-", ""): value for name, value in expected.headers
    }


# --- same_origin ----------------------------------------------------------------------------------


def test_same_origin_on_a_class_wins_over_all_levels_above_it():
    app = flask.Flask("example")
    app.config["CORS_ALLOW_ORIGINS"] = "*"
    CORS(app, allow_origins="*", endpoints={"b.item": {"allow_origins": "*"}})

    @cross_origin(allow_origins="*")
    class Base(MethodView):
        def delete(self):
            return "deleted"

    @same_origin
    class Item(Base):
        pass

    blueprint = flask.Blueprint("b", __name__)
    blueprint.add_url_rule("/item", view_func=Item.as_view("item"))
    app.register_blueprint(cross_origin(allow_origins="*")(blueprint))
    assert callers(app, "/item", "DELETE") == set()
    assert preflight(app, "/item", "DELETE").status_code == 403


def _method_view():
    class Item(MethodView):
        @same_origin
        def get(self):
            return "secret"

    return Item.as_view("item")


def _class_view():
    @same_origin()
    class Item(View):
        def dispatch_request(self):
            return "secret"

    return Item.as_view("item")


def _function_view():
    @same_origin
    def item():
        return "secret"

    return item


@pytest.mark.parametrize(
    "make_view",
    [
        ROW(_function_view, id="view function"),
        ROW(_class_view, id="View class"),
        ROW(_method_view, id="method of a MethodView"),
    ],
)
def test_same_origin_wins_over_blueprint_and_application(make_view):
    app = flask.Flask("example")
    CORS(app, allow_origins="*")
    blueprint = cross_origin(allow_origins="*")(flask.Blueprint("b", __name__))
    blueprint.add_url_rule("/item", "item", view_func=make_view())
    app.register_blueprint(blueprint)
    response = actual(app, "/item")
    assert response.text == "secret"
    assert cors_headers(response) == {"Vary": "Origin"}
    assert preflight(app, "/item", "GET").status_code == 403


def test_same_origin_blueprint_shares_nothing_but_what_a_view_shares():
    app = flask.Flask("example")
    CORS(app, allow_origins="*")
    blueprint = same_origin(flask.Blueprint("b", __name__))
    blueprint.add_url_rule("/closed", "closed", lambda: "closed")
    blueprint.add_url_rule("/open", "open", cross_origin(allow_origins=[PAGE])(lambda: "open"))
    app.register_blueprint(blueprint)
    assert callers(app, "/closed") == set()
    assert callers(app, "/open") == {PAGE}


def test_same_origin_keeps_credentials_of_the_application_harmless():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE], allow_credentials=True, expose_headers=["ETag"])
    app.add_url_rule("/item", "item", same_origin(lambda: "secret"))
    assert cors_headers(actual(app, "/item")) == {"Vary": "Origin"}


# --- blueprints -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("nothing_is_left")
def test_what_closes_a_blueprint_is_there_while_more_is_said_of_it(monkeypatch):
    blueprint = same_origin(flask.Blueprint("b", __name__))
    seen = []

    def is_closing(layer):
        # Another thread may look meanwhile.
        seen.append([each.policy.allow_origins for each in said_of(blueprint)])
        return layer.policy.allow_origins == ()

    monkeypatch.setattr(Layer, "is_closing", is_closing)
    cross_origin(allow_origins=PAGE)(blueprint)
    assert seen
    assert all(() in each for each in seen)
    assert [each.policy.allow_origins for each in said_of(blueprint)] == [(PAGE,), ()]


def test_one_blueprint_registered_twice_has_its_policy_under_both_prefixes():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    blueprint = cross_origin(allow_origins=[PAGE])(flask.Blueprint("items", __name__))
    blueprint.add_url_rule("/", "index", lambda: "items", methods=["PUT"])
    app.register_blueprint(blueprint, url_prefix="/v1")
    app.register_blueprint(blueprint, url_prefix="/v2", name="items_v2")
    assert callers(app, "/v1/", "PUT") == {PAGE}
    assert callers(app, "/v2/", "PUT") == {PAGE}


def test_one_blueprint_inside_two_others_inherits_from_each():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    shared = flask.Blueprint("shared", __name__, url_prefix="/shared")
    shared.add_url_rule("/", "index", lambda: "shared")
    for name, origin in (("pages", PAGE), ("admin", ADMIN)):
        outer = cross_origin(allow_origins=[origin])(flask.Blueprint(name, __name__))
        outer.register_blueprint(shared)
        app.register_blueprint(outer, url_prefix=f"/{name}")
    assert callers(app, "/pages/shared/") == {PAGE}
    assert callers(app, "/admin/shared/") == {ADMIN}


@pytest.mark.parametrize("when", ["before", "after"])
def test_blueprint_may_be_decorated_before_or_after_it_is_registered(when):
    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    blueprint = flask.Blueprint("items", __name__)
    blueprint.add_url_rule("/", "index", lambda: "items")
    if when == "after":
        app.register_blueprint(blueprint)
    cross_origin(allow_origins=[PAGE])(blueprint)
    if when == "before":
        app.register_blueprint(blueprint)
    assert callers(app) == {PAGE}


@pytest.mark.usefixtures("nothing_is_left")
def test_decorating_a_blueprint_gives_the_same_blueprint_back():
    blueprint = flask.Blueprint("items", __name__)
    assert cross_origin(allow_origins="*")(blueprint) is blueprint
    assert same_origin(blueprint) is blueprint


def test_static_files_of_a_blueprint_are_under_its_policy(tmp_path):
    (tmp_path / "font.woff2").write_bytes(b"font")
    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    blueprint = flask.Blueprint("fonts", __name__, static_folder=tmp_path, static_url_path="/files")
    app.register_blueprint(cross_origin(allow_origins="*")(blueprint), url_prefix="/fonts")
    assert callers(app, "/fonts/files/font.woff2") == EVERYBODY


# --- classes and their inheritance ----------------------------------------------------------------


def test_subclass_inherits_the_policies_of_class_and_methods():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])

    @cross_origin(allow_origins=[PAGE])
    class Base(MethodView):
        def get(self):
            return "got"

        @cross_origin(allow_origins=[ADMIN])
        def put(self):
            return "put"

    class Item(Base):
        pass

    app.add_url_rule("/item", view_func=Item.as_view("item"))
    assert callers(app, "/item") == {PAGE}
    assert callers(app, "/item", "PUT") == {ADMIN}


def test_overriding_a_method_leaves_the_policy_of_the_overridden_one_behind():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])

    class Base(MethodView):
        @cross_origin(allow_origins=[PAGE])
        def get(self):
            return "public"

    class Item(Base):
        def get(self):
            return "private"

    app.add_url_rule("/item", view_func=Item.as_view("item"))
    assert callers(app, "/item") == set()


def test_subclass_says_nothing_for_its_base():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])

    class Base(MethodView):
        def get(self):
            return "got"

    @cross_origin(allow_origins=[PAGE])
    class Item(Base):
        pass

    app.add_url_rule("/base", view_func=Base.as_view("base"))
    app.add_url_rule("/item", view_func=Item.as_view("item"))
    assert callers(app, "/base") == set()
    assert callers(app, "/item") == {PAGE}


def test_head_of_a_method_view_is_under_the_policy_of_get():
    app = application({"CORS()": {"allow_origins": []}, "method": {"allow_origins": [PAGE]}})
    assert callers(app, PATH, "HEAD") == {PAGE}


def test_head_method_of_its_own_has_its_own_policy():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])

    class Item(MethodView):
        @cross_origin(allow_origins=[PAGE])
        def get(self):
            return "got"

        @cross_origin(allow_origins=[ADMIN])
        def head(self):
            return ""

    app.add_url_rule("/item", view_func=Item.as_view("item"))
    assert callers(app, "/item", "HEAD") == {ADMIN}


def test_decorators_attribute_is_on_the_level_of_its_class():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])

    class Item(MethodView):
        decorators = (cross_origin(allow_origins=[PAGE]),)

        def get(self):
            return "got"

    app.add_url_rule("/item", view_func=Item.as_view("item"))
    assert callers(app, "/item") == {PAGE}


def test_same_origin_subclass_is_not_opened_by_the_decorators_it_inherits():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])

    class Base(MethodView):
        decorators = (cross_origin(allow_origins="*"),)

        def get(self):
            return "secret"

    @same_origin
    class Item(Base):
        pass

    app.add_url_rule("/item", view_func=Item.as_view("item"))
    assert callers(app, "/item") == set()


def test_subclass_may_open_with_decorators_what_its_base_keeps_closed():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])

    @same_origin
    class Base(MethodView):
        def get(self):
            return "got"

    class Item(Base):
        decorators = (cross_origin(allow_origins=[PAGE]),)

    app.add_url_rule("/item", view_func=Item.as_view("item"))
    assert callers(app, "/item") == {PAGE}


@pytest.mark.parametrize("is_inherited", [True, False])
def test_what_is_said_above_a_class_is_said_over_its_decorators(is_inherited):
    app = flask.Flask("example")
    CORS(app, allow_origins=[])

    class Base(MethodView):
        decorators = (cross_origin(allow_origins="*", max_age=5),)

        def get(self):
            return "got"

    item = type("Item", (Base,), {}) if is_inherited else Base
    view = cross_origin(allow_origins=[PAGE])(item).as_view("item")
    app.add_url_rule("/item", view_func=view)
    app.add_url_rule("/over", view_func=cross_origin(allow_origins=[ADMIN])(view), endpoint="over")
    assert callers(app, "/item") == {PAGE}
    assert callers(app, "/over") == {ADMIN}
    assert cors_headers(preflight(app, "/item", "GET"))["Max-Age"] == "5"


def test_view_made_of_a_class_may_be_decorated_apart_from_others_of_the_class():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])

    class Item(MethodView):
        def get(self):
            return "got"

    app.add_url_rule("/open", view_func=cross_origin(allow_origins=[PAGE])(Item.as_view("open")))
    app.add_url_rule("/closed", view_func=Item.as_view("closed"))
    assert callers(app, "/open") == {PAGE}
    assert callers(app, "/closed") == set()


# --- decorators on top of one another -------------------------------------------------------------


def test_of_two_decorators_on_a_view_the_upper_one_replaces_what_it_sets():
    app = flask.Flask("example")
    CORS(app, allow_origins=[])

    @app.get("/")
    @cross_origin(allow_origins=[PAGE])
    @cross_origin(allow_origins=[ADMIN], max_age=60)
    def index():
        return "index"

    assert cors_headers(preflight(app, "/", "GET"))["Max-Age"] == "60"
    assert callers(app) == {PAGE}


@pytest.mark.parametrize("inner", [True, False])
def test_blueprint_that_is_closed_is_not_opened_by_another_decorator_of_it(inner):
    app = flask.Flask("example")
    CORS(app, allow_origins=[])
    decorators = [same_origin, cross_origin(allow_origins=[PAGE], max_age=5)]
    blueprint = flask.Blueprint("items", __name__)
    for decorator in decorators if inner else reversed(decorators):
        decorator(blueprint)
    blueprint.add_url_rule("/", "index", lambda: "index")
    app.register_blueprint(blueprint)
    assert callers(app) == set()


# --- endpoints= -----------------------------------------------------------------------------------


def test_endpoints_speak_for_static_files(tmp_path):
    (tmp_path / "font.woff2").write_bytes(b"font")
    app = flask.Flask("example", static_folder=tmp_path, static_url_path="/static")
    CORS(app, allow_origins=[], endpoints={"static": {"allow_origins": "*"}})
    assert callers(app, "/static/font.woff2") == EVERYBODY
    assert callers(app) == set()


def test_endpoints_take_policies_too():
    app = flask.Flask("example")
    CORS(app, allow_origins=[], endpoints={"static": Policy(allow_origins=[PAGE])})
    assert callers(app, "/static/missing.js") == {PAGE}


def test_fields_of_an_endpoint_in_init_app_replace_those_of_the_constructor_one_by_one():
    app = flask.Flask("example")
    cors = CORS(allow_origins=[], endpoints={"static": {"allow_origins": "*", "max_age": 5}})
    cors.init_app(app, endpoints={"static": {"allow_origins": [PAGE]}})
    assert callers(app, "/static/missing.js") == {PAGE}
    assert preflight(app, "/static/x", "GET").headers["Access-Control-Max-Age"] == "5"


def test_endpoint_that_the_constructor_closes_stays_closed_where_init_app_says_something_else():
    app = flask.Flask("example")
    cors = CORS(allow_origins="*", endpoints={"static": {"allow_origins": []}, "index": None})
    cors.init_app(app, endpoints={"static": {"max_age": 10}, "index": None})
    app.add_url_rule("/", "index", lambda: "seen")
    assert callers(app, "/static/missing.js") == callers(app) == set()


def test_error_about_an_endpoint_that_two_places_name_names_both():
    app = flask.Flask("example")
    cors = CORS(allow_origins=[PAGE], endpoints={"static": {"allow_origins": "*"}})
    cors.init_app(app, endpoints={"static": {"allow_credentials": True}})
    with pytest.raises(ConfigError, match=r"at flask/\S+:\d+ and endpoints\['static'\] at flask/"):
        callers(app)


@pytest.mark.parametrize("said", [(None, {"max_age": 5}), ({"max_age": 5}, None)])
def test_endpoint_that_one_place_leaves_and_the_other_governs_is_refused(said):
    cors = CORS(allow_origins=[PAGE], endpoints={"static": said[0]})
    with pytest.raises(ConfigError, match=r"'static' is None in one of .* leave one of them out"):
        cors.init_app(flask.Flask("example"), endpoints={"static": said[1]})

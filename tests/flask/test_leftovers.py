"""What is left of Flask-CORS below ``CORS(app)`` is told of at the first check, wherever it stands."""

from __future__ import annotations

import functools
import sys

import flask
import flask_cors
import pytest
from exchanges import ADMIN, EVERYBODY, PAGE, callers, refusal
from flask.views import MethodView
from flask_calls import look_anew

from wsgicors.compat import flask_cors as compatible
from wsgicors.flask import CORS, cross_origin
from wsgicors.flask.leftovers import Leftovers

ROW = pytest.param
METHODS = ["GET", "PUT"]


def narrow(library):
    return library.cross_origin(origins=[ADMIN])


def narrow_function(library):
    """A view function of its own, because decorators write on what they are given."""

    def view():
        return "index"

    return narrow(library)(view)


def view(library, app):
    app.add_url_rule("/", "narrow", narrow_function(library), methods=METHODS)


def method(library, app):
    class Narrow(MethodView):
        get = put = staticmethod(narrow_function(library))

    app.add_url_rule("/", view_func=Narrow.as_view("narrow"))


def class_of_views(library, app):
    class Narrow(MethodView):
        decorators = (narrow(library),)

        def get(self):
            return "index"

        put = get

    app.add_url_rule("/", view_func=Narrow.as_view("narrow"))


def held_view(library, app):
    inner = narrow_function(library)

    def outer():
        return inner()

    app.add_url_rule("/", "narrow", outer, methods=METHODS)


def below_another(library, app):
    inner = narrow_function(library)

    @functools.wraps(inner)
    def outer():
        return inner()

    app.add_url_rule("/", "narrow", cross_origin(allow_origins="*")(outer), methods=METHODS)


def blueprint(library, app, **options):
    shop = flask.Blueprint("shop", __name__)
    library.CORS(shop, origins=[ADMIN], **options)
    shop.add_url_rule("/", "narrow", lambda: "index", methods=METHODS)
    app.register_blueprint(shop)


def nested_blueprint(library, app):
    outer, inner = flask.Blueprint("outer", __name__), flask.Blueprint("inner", __name__)
    library.CORS(inner, origins=[ADMIN])
    inner.add_url_rule("/", "narrow", lambda: "index", methods=METHODS)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)


def blueprint_around(library, app):
    outer, inner = flask.Blueprint("outer", __name__), flask.Blueprint("inner", __name__)
    library.CORS(outer, origins=[ADMIN])
    inner.add_url_rule("/", "narrow", lambda: "index", methods=METHODS)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)


def application(library, app):
    library.CORS(app, origins=[ADMIN])
    app.add_url_rule("/", "narrow", lambda: "index", methods=METHODS)


def extension_that_decorates_per_request(library, app):
    class Narrow(MethodView):
        method_decorators = (narrow(library),)

        def dispatch_request(self):
            return self.method_decorators[0](lambda: "index")()

    app.add_url_rule("/", view_func=Narrow.as_view("narrow"), methods=METHODS)


def the_same_per_method(library, app):
    class Narrow(MethodView):
        method_decorators = {"get": [narrow(library)]}  # noqa: RUF012 - as Flask-RESTful has it

        def get(self):
            return "index"

        put = get

    app.add_url_rule("/", view_func=Narrow.as_view("narrow"))


VIEW, DECORATOR = "endpoint 'narrow'", "write @cross_origin(...) of wsgicors.flask"
OF_BLUEPRINT = "write cross_origin(...)(blueprint) of wsgicors.flask"
PLACES = [
    ROW(view, VIEW, DECORATOR, id="view"),
    ROW(method, VIEW, DECORATOR, id="method"),
    ROW(class_of_views, VIEW, DECORATOR, id="class"),
    ROW(held_view, VIEW, DECORATOR, id="held"),
    ROW(below_another, VIEW, DECORATOR, id="below-another"),
    ROW(extension_that_decorates_per_request, VIEW, DECORATOR, id="per-request"),
    ROW(the_same_per_method, VIEW, DECORATOR, id="per-method"),
    ROW(blueprint, "blueprint 'shop'", OF_BLUEPRINT, id="blueprint"),
    ROW(nested_blueprint, "blueprint 'outer.inner'", OF_BLUEPRINT, id="nested"),
    ROW(blueprint_around, "blueprint 'outer'", OF_BLUEPRINT, id="around"),
]


def messages(caplog):
    return [record.getMessage() for record in caplog.records if "still in use" in record.msg]


@pytest.mark.parametrize("is_early", [True, False])
@pytest.mark.parametrize(
    ("make", "place", "instead"),
    [*PLACES, ROW(application, "the application", "write CORS(app, ...)", id="application")],
)
def test_flask_cors_is_told_of_once_before_anybody_whom_it_allows_asks(
    make, place, instead, is_early, caplog
):
    app = flask.Flask("half ported")
    if is_early:
        CORS(app, allow_origins="*")
    make(flask_cors, app)
    if not is_early:
        CORS(app, allow_origins="*")
    for _ in range(2):
        app.test_client().get("/nowhere")
        look_anew()
    (told,) = messages(caplog)
    assert f"Flask-CORS is still in use for {place}, but wsgicors is the author" in told
    assert "has no effect" in told
    assert instead in told
    assert callers(app) == EVERYBODY


@pytest.mark.parametrize(("make", "place", "instead"), PLACES)
def test_compatible_library_is_told_of_by_its_name(make, place, instead, caplog):
    app = flask.Flask("half ported")
    CORS(app, allow_origins="*")
    make(compatible, app)
    app.test_client().get("/nowhere")
    (told,) = messages(caplog)
    assert f"wsgicors.compat.flask_cors is still in use for {place}, below CORS(app)" in told
    assert instead in told


def test_each_place_is_told_of(caplog):
    app = flask.Flask("half ported")
    CORS(app, allow_origins="*")
    blueprint(flask_cors, app)
    for name in ("one", "two"):
        app.add_url_rule(f"/{name}", name, narrow_function(flask_cors))
    app.test_client().get("/")
    told = " ".join(messages(caplog))
    assert told.count("still in use") == 3
    assert all(name in told for name in ("endpoint 'one'", "endpoint 'two'", "blueprint 'shop'"))


@pytest.mark.parametrize("make", [view, blueprint])
@pytest.mark.parametrize("library", [flask_cors, compatible])
def test_what_is_not_governed_may_use_flask_cors(make, library, caplog):
    app = flask.Flask("half ported")
    make(library, app)
    name = "shop.narrow" if make is blueprint else "narrow"
    CORS(app, allow_origins=[PAGE], endpoints={name: None})
    assert callers(app) == callers(app, method="PUT") == {ADMIN}
    assert not messages(caplog)


@pytest.mark.parametrize("make", [view, blueprint, application])
def test_decorators_alone_leave_other_views_to_flask_cors(make, caplog):
    app = flask.Flask("half ported")
    make(flask_cors, app)
    app.add_url_rule("/ported", "ported", cross_origin(allow_origins=[PAGE])(lambda: "ported"))
    assert callers(app, "/ported") == {PAGE}
    assert callers(app) == {ADMIN}
    assert not messages(caplog)


def test_other_modules_are_none_of_flask_cors(caplog):
    namespace = {"__name__": "flask_corset.decorator"}
    exec("def hook(response):\n    return response\ndef view():\n    return hook('')", namespace)
    app = flask.Flask("example")
    app.after_request(namespace["hook"])
    app.add_url_rule("/", "index", namespace["view"])
    CORS(app, allow_origins="*")
    assert callers(app) == EVERYBODY
    assert not messages(caplog)


def test_nothing_is_looked_at_where_flask_cors_was_not_imported(monkeypatch):
    def not_to_be_asked():
        raise AssertionError("it was looked for")
        yield

    monkeypatch.delitem(sys.modules, "flask_cors")
    monkeypatch.delitem(sys.modules, "wsgicors.compat.flask_cors")
    leftovers = Leftovers(flask.Flask("example"), None, not_to_be_asked())
    assert not [*leftovers.told()]
    assert not leftovers.narrowing


# --- preflights ------------------------------------------------------------------------------------


def granted(app, method="PUT"):
    """The pages whose preflight is granted."""
    asked = {"Access-Control-Request-Method": method}
    client = app.test_client()
    answers = {page: client.options("/", headers={**asked, "Origin": page}) for page in EVERYBODY}
    return {page for page, answer in answers.items() if answer.status_code == 204}


def allowed(app, **request):
    """The pages that can make a call."""
    return {page for page in EVERYBODY if refusal(app, page, "/", **request) is None}


NARROW = [
    view,
    method,
    class_of_views,
    below_another,
    blueprint,
    nested_blueprint,
    blueprint_around,
]


@pytest.mark.parametrize("make", NARROW)
@pytest.mark.parametrize("origins", ["*", [PAGE, ADMIN]])
def test_preflights_are_no_wider_than_the_compatible_library_says(make, origins, caplog):
    app = flask.Flask("half ported")
    CORS(app, allow_origins=origins)
    make(compatible, app)
    # The preflights come first.
    assert granted(app) == allowed(app, method="PUT") == allowed(app) == {ADMIN}
    (told,) = messages(caplog)
    assert "only those whom both allow are allowed" in told
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_preflights_are_no_wider_than_cors_says(caplog):
    app = flask.Flask("half ported")
    CORS(app, allow_origins=[PAGE])
    view(compatible, app)
    assert granted(app) == allowed(app) == set()


def test_method_that_the_compatible_library_does_not_allow_is_not_granted():
    app = flask.Flask("half ported")
    CORS(app, allow_origins="*")
    decorate = compatible.cross_origin(origins=[ADMIN], methods=["DELETE"])
    app.add_url_rule("/", "narrow", decorate(lambda: ""), methods=["PUT", "DELETE"])
    assert granted(app, "PUT") == set()
    assert granted(app, "DELETE") == {ADMIN}


def test_credentials_are_granted_where_both_do():
    app = flask.Flask("half ported")
    CORS(app, allow_origins=[PAGE, ADMIN], allow_credentials=True)
    decorate = compatible.cross_origin(origins=[PAGE], supports_credentials=True)
    app.add_url_rule("/", "open", decorate(lambda: ""), methods=["PUT"])
    assert allowed(app, method="PUT", credentials="include") == {PAGE}


@pytest.mark.parametrize("resources", [{r"/admin/.*": {}, "/": {}}, r"/admin/.*", []])
def test_preflights_that_do_not_know_paths_are_told_of(resources, caplog):
    app = flask.Flask("half ported")
    CORS(app, allow_origins=[PAGE])
    blueprint(compatible, app, resources=resources)
    assert granted(app) == {PAGE}
    (told,) = messages(caplog)
    assert "preflights ask CORS(app) alone" in told


def test_all_paths_may_be_written_in_several_ways():
    for pattern in ("*", r"/*", r"/.*", ".*"):
        app = flask.Flask("half ported")
        CORS(app, allow_origins="*")
        blueprint(compatible, app, resources=pattern)
        assert granted(app) == {ADMIN}

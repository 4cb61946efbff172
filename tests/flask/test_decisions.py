"""``decision()`` and the signal ``denied``: what hooks, views and listeners are told of a request."""

from __future__ import annotations

import flask
import pytest
from exchanges import ADMIN, PAGE
from flask.views import MethodView
from flask_calls import actual, cors_headers, preflight

from wsgicors import CORSMiddleware, Policy
from wsgicors.compat import flask_cors as compatible
from wsgicors.flask import CORS, cross_origin, decision, denied, same_origin

STRANGER = "https://evil.example"
ROW = pytest.param


def application(*, governs=True, hooks=True, decorate=lambda view: view, **fields):
    """An application that keeps what it was told of each request."""
    app = flask.Flask("example")
    app.seen = []
    app.add_url_rule("/open", "open", decorate(lambda: _note(app)), methods=["GET", "PUT"])
    app.add_url_rule("/secret", "secret", same_origin(lambda: _note(app)), methods=["GET", "PUT"])
    if hooks:
        app.before_request(lambda: app.seen.append(decision()))
        app.after_request(lambda response: app.seen.append(decision()) or response)
    if governs:
        CORS(app, **{"allow_origins": [PAGE], **fields})
    return app


def _note(app):
    app.seen.append(decision())
    return "seen"


class Callable:
    """Says yes to one page, and counts."""

    def __init__(self):
        self.asked = 0

    def __call__(self, origin, environ):
        self.asked += 1
        return origin == PAGE and self.asked == 1


@pytest.fixture
def heard():
    """What listeners hear: the application and the reason."""
    heard = []

    def listen(app, decision):
        heard.append((app, decision.reason))

    with denied.connected_to(listen):
        yield heard


@pytest.mark.parametrize(
    ("path", "origin", "reason"),
    [
        ROW("/open", PAGE, "allowed", id="allowed"),
        ROW("/open", STRANGER, "origin-not-allowed", id="denied"),
        ROW("/open", None, "no-origin", id="no origin"),
        ROW("/open", "http://localhost", "same-origin", id="a page of its own"),
        ROW("/secret", PAGE, "origin-not-allowed", id="denied by the view"),
        ROW("/missing", PAGE, "allowed", id="no route"),
    ],
)
def test_decision_is_known_to_hooks_and_views(path, origin, reason):
    app = application()
    response = actual(app, path, origin=origin)
    assert {each.reason for each in app.seen} == {reason}
    assert len(app.seen) == (2 if path == "/missing" else 3)
    assert ("Allow-Origin" in cors_headers(response)) == app.seen[0].origin_allowed


@pytest.mark.parametrize("decorate", [same_origin, cross_origin(allow_origins=[ADMIN])])
def test_decision_is_known_where_there_are_decorators_alone(decorate):
    app = application(governs=False, decorate=decorate)
    actual(app, "/open")
    assert {each.reason for each in app.seen} == {"origin-not-allowed"}


def test_hooks_know_the_decision_about_a_preflight_that_they_see():
    app = application(governs=False, decorate=cross_origin(allow_origins=[PAGE]))
    assert preflight(app, "/open", "PUT").status_code == 204
    assert app.seen[0].reason == "allowed"
    preflight(app, "/open", "PATCH")
    assert app.seen[-1].reason == "method-not-allowed"


def without_keys_of_ours(environ):
    return {key: value for key, value in environ.items() if not key.startswith("wsgicors")}


@pytest.mark.parametrize(
    "moved", [None, dict, without_keys_of_ours], ids=["straight", "in a copy", "in a new environ"]
)
@pytest.mark.parametrize("refuses", [False, True])
def test_callable_is_asked_once_for_hooks_view_and_headers(refuses, moved):
    asked = Callable()
    app = application(governs=False)
    if moved:
        inner = app.wsgi_app
        app.wsgi_app = lambda environ, start_response: inner(moved(environ), start_response)
    CORS(app, allow_origins=asked, refuse_denied=refuses)
    response = actual(app, "/open", "PUT")
    assert asked.asked == 1
    assert cors_headers(response)["Allow-Origin"] == PAGE
    assert {each.allowed for each in app.seen} == {True}


def test_callable_is_asked_anew_for_each_request():
    asked = Callable()
    app = application(allow_origins=asked)
    assert [cors_headers(actual(app, "/open")).get("Allow-Origin") for _ in range(2)] == [
        PAGE,
        None,
    ]


def test_decision_says_that_a_request_is_to_be_refused():
    app = application(
        governs=False, decorate=cross_origin(allow_origins=[PAGE], refuse_denied=True)
    )
    assert actual(app, "/open", "PUT", origin=STRANGER).status_code == 403
    assert app.seen[0].refused


def test_there_is_no_decision_where_nothing_governs():
    assert decision() is None
    app = application(governs=False)
    actual(app, "/open")
    assert app.seen == [None] * 3
    with app.app_context():
        assert decision() is None
    app = application(endpoints={"open": None})
    actual(app, "/open")
    assert app.seen == [None] * 3


def test_decision_of_a_middleware_outside_is_known_where_nothing_else_governs():
    app = application(governs=False)
    app.wsgi_app = CORSMiddleware(app.wsgi_app, Policy(allow_origins=[PAGE]))
    actual(app, "/open")
    assert {each.reason for each in app.seen} == {"allowed"}


# --- where the compatibility layer decides ----------------------------------------------------------------


def guarded(decorate=lambda view: view, **options):
    """An application in the words of Flask-CORS, with the guard that the documentation shows."""
    app = application(governs=False, decorate=decorate)
    app.ran = []

    @app.before_request
    def refuse_denied():
        decided = decision()
        if decided is not None and not decided.allowed:
            flask.abort(403)
        app.ran.append(flask.request.path)

    if options:
        compatible.CORS(app, **options)
    return app


narrow = compatible.cross_origin(origins=[PAGE])


class Narrow(MethodView):
    get = compatible.cross_origin(origins=[PAGE])(lambda self: "seen")


def of_blueprint(app):
    blueprint = flask.Blueprint("shop", __name__)
    compatible.CORS(blueprint, origins=[PAGE])
    blueprint.add_url_rule("/shop", "shop", lambda: "seen", methods=["GET", "PUT"])
    app.register_blueprint(blueprint)


def of_method(app):
    app.add_url_rule("/shop", view_func=Narrow.as_view("shop"))


def of_view(app):
    app.add_url_rule("/shop", "shop", narrow(lambda: "seen"), methods=["GET", "PUT"])


def of_path(app):
    app.add_url_rule("/shop", "shop", lambda: "seen", methods=["GET", "PUT"])
    compatible.CORS(app, resources={"/shop": {"origins": [PAGE]}})


@pytest.mark.parametrize("is_governed", [False, True])
@pytest.mark.parametrize("narrow", [of_blueprint, of_method, of_view, of_path])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_guard_refuses_what_the_compatibility_layer_denies(narrow, is_governed, method):
    app = guarded(**({"resources": {"/other": {}}} if is_governed else {}))
    narrow(app)
    assert actual(app, "/shop", method, origin=STRANGER).status_code == 403
    assert app.ran == []
    assert {each.reason for each in app.seen} == {"origin-not-allowed"}
    app.seen.clear()
    response = actual(app, "/shop", method)
    assert response.status_code == 200
    assert cors_headers(response)["Allow-Origin"] == PAGE
    assert {each.reason for each in app.seen} == {"allowed"}
    actual(app, "/shop", method, origin=None)
    assert app.ran == ["/shop"] * 2


def test_narrower_view_counts_where_the_compatibility_layer_shares_the_rest_with_everybody():
    app = guarded(narrow, origins="*")
    assert actual(app, "/open", origin=STRANGER).status_code == 403
    assert preflight(app, "/open", "PUT", origin=STRANGER).status_code == 403
    assert actual(app, "/missing", origin=STRANGER).status_code == 404
    assert preflight(app, "/open", "PUT").status_code == 200
    assert app.ran == ["/missing", "/open"]


def test_preflight_for_a_method_that_leads_to_a_stricter_view_is_denied():
    app = guarded(origins="*")
    app.add_url_rule("/two", "two", lambda: "seen", methods=["GET"])
    strict = compatible.cross_origin(origins=[PAGE], automatic_options=False)
    app.add_url_rule("/two", "stricter", strict(lambda: "seen"), methods=["PUT"])
    assert preflight(app, "/two", "PUT", origin=STRANGER).status_code == 403
    assert {each.reason for each in app.seen} == {"method-not-allowed"}
    assert preflight(app, "/two", "PUT").status_code == 200


def test_stricter_decorator_of_ours_counts_in_the_compatibility_layer():
    app = guarded(origins="*")
    assert actual(app, "/secret", origin=STRANGER).status_code == 403
    assert actual(app, "/open", origin=STRANGER).status_code == 200
    assert app.ran == ["/open"]


def test_nothing_is_decided_where_the_compatibility_layer_does_not_govern():
    app = guarded(resources={"/api/.*": {"origins": [PAGE]}})
    actual(app, "/open", origin=STRANGER)
    assert app.seen == [None] * 3


def test_after_the_compatibility_layer_the_decision_is_that_of_the_response():
    hidden = compatible.cross_origin(origins=[ADMIN])(lambda: "seen")
    app = flask.Flask("example")
    seen = []
    app.after_request(lambda response: seen.append(decision().allowed) or response)
    app.add_url_rule("/", "view", lambda: flask.make_response(hidden()))
    compatible.CORS(app, origins=[PAGE])
    assert "Allow-Origin" not in cors_headers(actual(app))
    assert seen == [False]


@pytest.mark.parametrize("options", [{}, {"origins": [PAGE]}])
def test_denial_of_a_hidden_view_that_was_not_known_ahead_is_told_once(options, caplog):
    hidden = compatible.cross_origin(origins=[ADMIN])(lambda: "seen")
    app = guarded(lambda view: lambda: flask.make_response(hidden()), **options)
    actual(app, "/open", origin=ADMIN)
    assert "did not know that ahead" not in caplog.text
    actual(app, "/open")
    actual(app, "/open")
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "@cross_origin at flask/test_decisions.py" in record.message
    assert "did not know that ahead" in record.message


def test_asking_the_compatibility_layer_ahead_leaves_no_trace(caplog):
    app, seen = flask.Flask("example"), []
    app.before_request(lambda: seen.append(decision().allowed))
    # What says by itself who may read it, the layer leaves alone.
    app.add_url_rule("/", "view", lambda: ("seen", {"Access-Control-Allow-Origin": STRANGER}))
    compatible.CORS(app, origins=[PAGE])
    caplog.set_level("DEBUG", "wsgicors")
    response = app.test_client().get("/", headers={"Origin": STRANGER})
    assert cors_headers(response) == {"Allow-Origin": STRANGER}
    assert seen == [False]
    assert "wsgicors.decision" not in response.request.environ
    assert caplog.records == []


@pytest.mark.parametrize("is_governed", [False, True])
@pytest.mark.parametrize("narrow", [of_blueprint, of_method, of_view, of_path])
def test_each_denial_of_the_compatibility_layer_is_told_once(narrow, is_governed, heard):
    app = flask.Flask("example")
    if is_governed:
        compatible.CORS(app, origins=[PAGE])
    narrow(app)
    actual(app, "/shop")
    assert heard == []
    actual(app, "/shop", origin=STRANGER)
    assert heard == [(app, "origin-not-allowed")]


def test_refusal_in_the_compatibility_layer_is_told_once(heard):
    app = flask.Flask("example")
    strict = cross_origin(allow_origins=[PAGE], refuse_denied=True)
    app.add_url_rule("/", "view", strict(lambda: "seen"), methods=["PUT"])
    compatible.CORS(app, origins="*")
    for method in ("PUT", "DELETE"):
        assert actual(app, "/", method, origin=STRANGER).status_code == 403
    assert heard == [(app, "origin-not-allowed")] * 2


# --- the signal -----------------------------------------------------------------------------------------


def test_each_denial_is_told_once(heard):
    app = application(refuse_denied=True)
    actual(app, "/open")
    preflight(app, "/open", "PUT")
    actual(app, "/open", origin=None)
    assert heard == []
    preflight(app, "/open", "PUT", origin=STRANGER)
    preflight(app, "/open", "PATCH")
    actual(app, "/open", origin=STRANGER)
    actual(app, "/open", "PUT", origin=STRANGER)
    assert heard == [
        (app, "origin-not-allowed"),
        (app, "method-not-allowed"),
        (app, "origin-not-allowed"),
        (app, "origin-not-allowed"),
    ]


def test_each_denial_is_told_once_where_there_are_decorators_alone(heard):
    decorate = cross_origin(allow_origins=[PAGE], refuse_denied=True)
    app = application(governs=False, hooks=False, decorate=decorate)
    actual(app, "/open")
    assert heard == []
    preflight(app, "/open", "PUT", origin=STRANGER)
    actual(app, "/open", origin=STRANGER)
    actual(app, "/open", "PUT", origin=STRANGER)
    assert heard == [(app, "origin-not-allowed")] * 3


def test_denial_is_told_once_behind_middleware(heard):
    app = application(governs=False)
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start_response: inner(environ.copy(), start_response)
    CORS(app, allow_origins=[PAGE])
    preflight(app, "/open", "PUT", origin=STRANGER)
    actual(app, "/open", origin=STRANGER)
    assert heard == [(app, "origin-not-allowed")] * 2


def test_listener_of_one_application_hears_of_no_other():
    app, other, heard = application(), application(), []
    with denied.connected_to(lambda app, decision: heard.append(app), sender=app):
        actual(app, "/open", origin=STRANGER)
        actual(other, "/open", origin=STRANGER)
    assert heard == [app]


def test_listener_that_raises_is_logged_and_changes_nothing(caplog):
    def listen(app, decision):
        raise OSError("no collector")

    with denied.connected_to(listen):
        response = actual(application(), "/open", origin=STRANGER)
    assert (response.status_code, cors_headers(response)) == (200, {"Vary": "Origin"})
    assert "wsgicors.flask.denied" in caplog.text

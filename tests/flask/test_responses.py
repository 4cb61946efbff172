"""Every response carries its headers, however it came about; a preflight runs no hook, no view."""

from __future__ import annotations

import io

import flask
import pytest
from exchanges import ADMIN, PAGE, callers
from flask_calls import actual, cors_headers, preflight
from werkzeug.test import create_environ

from wsgicors import CORSMiddleware
from wsgicors.flask import CORS, cross_origin
from wsgicors.testing import Browser

ROW = pytest.param
SHARED = {"Allow-Origin": PAGE, "Vary": "Origin"}


class Overdrawn(Exception):
    pass


@pytest.fixture(params=["one builder for all views", "builders by view"])
def app(request, nothing_declared, tmp_path):
    """An application with a view for each way in which a response can come about."""
    decorated = request.param == "builders by view" and cross_origin()(lambda: "elsewhere")
    app = flask.Flask("example", static_folder=tmp_path, static_url_path="/static")
    (tmp_path / "font.woff2").write_bytes(b"0123456789")
    app.secret_key = "secret"
    CORS(app, allow_origins=[PAGE])
    _add_views(app, tmp_path)
    yield app
    del decorated  # which is remembered as long as it lives


def _add_views(app, folder):
    app.add_url_rule("/text", "text", lambda: "text")
    app.add_url_rule("/redirect", "redirect", lambda: flask.redirect("/text"))
    app.add_url_rule("/abort", "abort", lambda: flask.abort(403))
    app.add_url_rule(
        "/abort-response", "abort_response", lambda: flask.abort(flask.Response("no", 409))
    )
    app.add_url_rule("/teapot", "teapot", lambda: flask.abort(418))
    app.add_url_rule("/overdrawn", "overdrawn", _raises(Overdrawn))
    app.add_url_rule("/crash", "crash", _raises(ZeroDivisionError))
    app.add_url_rule("/nothing", "nothing", lambda: None)
    app.add_url_rule("/stream", "stream", lambda: flask.Response(iter(["a", "b"])))
    app.add_url_rule("/context", "context", _stream_with_context)
    app.add_url_rule("/file", "file", lambda: flask.send_file(io.BytesIO(b"file"), "text/plain"))
    app.add_url_rule(
        "/font", "font", lambda: flask.send_from_directory(folder, "font.woff2", conditional=True)
    )
    app.add_url_rule("/json", "json", lambda: {"a": 1})
    app.add_url_rule("/empty", "empty", _no_content)
    app.add_url_rule("/wsgi", "wsgi", lambda: _wsgi_application)
    app.register_error_handler(Overdrawn, lambda error: ("overdrawn", 402))
    app.register_error_handler(418, lambda error: ("handled", 418))


def _raises(error):
    def view():
        raise error

    return view


def _no_content():
    response = flask.Response(status=204)
    del response.headers["Content-Type"]  # which wsgiref.validate holds against Flask
    return response


def _stream_with_context():
    return flask.Response(flask.stream_with_context(part for part in ["path ", flask.request.path]))


def _wsgi_application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Access-Control-Allow-Origin", "*")])
    return [b"of another"]


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ROW("/text", 200, "text", id="text"),
        ROW("/json", 200, None, id="JSON"),
        ROW("/empty", 204, "", id="no content"),
        ROW("/redirect", 302, None, id="redirect"),
        ROW("/missing", 404, None, id="no such URL"),
        ROW("/static/missing", 404, None, id="no such static file"),
        ROW("/static/font.woff2", 200, "0123456789", id="static file"),
        ROW("/abort", 403, None, id="abort with a code"),
        ROW("/abort-response", 409, "no", id="abort with a response"),
        ROW("/teapot", 418, "handled", id="error handler for a code"),
        ROW("/overdrawn", 402, "overdrawn", id="error handler for an exception"),
        ROW("/crash", 500, None, id="unhandled exception"),
        ROW("/nothing", 500, None, id="view that returns nothing"),
        ROW("/stream", 200, "ab", id="stream"),
        ROW("/context", 200, "path /context", id="stream with context"),
        ROW("/file", 200, "file", id="file in memory"),
        ROW("/wsgi", 200, "of another", id="response of another WSGI application"),
    ],
)
def test_response_can_be_read_across_origins(app, path, status, body):
    response = actual(app, path)
    assert (response.status_code, cors_headers(response)) == (status, SHARED)
    assert body is None or response.text == body
    assert cors_headers(actual(app, path, origin=ADMIN)) == {"Vary": "Origin"}
    assert cors_headers(actual(app, path, origin=None)) == {"Vary": "Origin"}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_wrong_method_can_be_read_across_origins(app, method):
    response = actual(app, "/text", method)
    assert (response.status_code, cors_headers(response)) == (405, SHARED)


def test_crash_of_an_error_handler_can_be_read_across_origins(app):
    app.register_error_handler(403, lambda error: 1 / 0)
    response = actual(app, "/abort")
    assert (response.status_code, cors_headers(response)) == (500, SHARED)


def test_handler_for_500_can_be_read_across_origins(app):
    app.register_error_handler(
        500, lambda error: ({"error": type(error.original_exception).__name__}, 500)
    )
    response = Browser(app, origin=PAGE).fetch("/crash")
    assert (response.status, response.json()) == (500, {"error": "ZeroDivisionError"})


def test_error_handlers_of_a_blueprint_are_under_its_policy(app):
    blueprint = cross_origin(allow_origins=[ADMIN])(flask.Blueprint("b", __name__))
    blueprint.register_error_handler(Overdrawn, lambda error: ("of the blueprint", 402))
    blueprint.add_url_rule("/b", "b", _raises(Overdrawn))
    app.register_blueprint(blueprint)
    assert callers(app, "/b") == {ADMIN}
    assert Browser(app, ADMIN).fetch("/b").text == "of the blueprint"


@pytest.mark.parametrize(
    "refuse",
    [
        ROW(lambda: ("no", 401), id="with a response"),
        ROW(lambda: flask.abort(401), id="with abort"),
        ROW(lambda: flask.redirect("/login"), id="with a redirect"),
        ROW(_raises(ZeroDivisionError), id="with a crash"),
    ],
)
def test_before_request_that_refuses_can_be_read_across_origins(app, refuse):
    app.before_request(refuse)
    assert cors_headers(actual(app, "/text")) == SHARED
    assert cors_headers(actual(app, "/missing")) == SHARED


def test_before_request_of_a_blueprint_that_refuses_is_under_the_policy_of_the_view(app):
    blueprint = flask.Blueprint("b", __name__)
    blueprint.before_request(lambda: ("no", 401))
    blueprint.add_url_rule("/b", "b", cross_origin(allow_origins=[ADMIN])(lambda: "b"))
    app.register_blueprint(blueprint)
    assert callers(app, "/b") == {ADMIN}
    assert Browser(app, ADMIN).fetch("/b").status == 401


def test_after_request_that_crashes_does_not_take_the_headers_away(app):
    app.after_request(lambda response: 1 / 0)
    response = actual(app, "/text")
    assert (response.status_code, cors_headers(response)) == (500, SHARED)


def test_teardown_that_crashes_is_left_to_the_server(app):
    app.teardown_request(lambda error: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actual(app, "/text")


# --- conditional responses ------------------------------------------------------------------------


def test_not_modified_still_carries_the_headers(app):
    etag = actual(app, "/font").headers["ETag"]
    response = actual(app, "/font", headers={"If-None-Match": etag})
    assert (response.status_code, cors_headers(response)) == (304, SHARED)


def test_not_modified_static_file_still_carries_the_headers(app):
    modified = actual(app, "/static/font.woff2").headers["Last-Modified"]
    response = actual(app, "/static/font.woff2", headers={"If-Modified-Since": modified})
    assert (response.status_code, cors_headers(response)) == (304, SHARED)


def test_partial_content_still_carries_the_headers(app):
    response = actual(app, "/font", headers={"Range": "bytes=2-4"})
    assert (response.status_code, response.text, cors_headers(response)) == (206, "234", SHARED)


def test_range_that_cannot_be_satisfied_still_carries_the_headers(app):
    response = actual(app, "/font", headers={"Range": "bytes=50-60"})
    assert (response.status_code, cors_headers(response)) == (416, SHARED)


def test_head_carries_the_headers_of_get(app):
    assert cors_headers(actual(app, "/text", "HEAD")) == SHARED


# --- Vary -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "merged"),
    [
        ROW("Accept-Encoding", "Accept-Encoding, Origin", id="another name"),
        ROW("origin", "origin", id="already there"),
        ROW("Accept, ORIGIN, Cookie", "Accept, ORIGIN, Cookie", id="already among others"),
        ROW("*", "*", id="everything"),
    ],
)
def test_vary_of_the_view_is_merged_once(app, own, merged):
    app.add_url_rule("/own", "own", lambda: flask.Response(headers={"Vary": own}))
    assert cors_headers(actual(app, "/own"))["Vary"] == merged


def test_vary_of_the_session_is_merged_once(app):
    @app.get("/login")
    def login():
        flask.session["user"] = "me"
        return "in"

    response = actual(app, "/login")
    assert "session=" in response.headers["Set-Cookie"]
    assert cors_headers(response) == {"Allow-Origin": PAGE, "Vary": "Cookie, Origin"}


def test_session_goes_across_origins_with_credentials():
    app = flask.Flask("example")
    app.config.update(
        SECRET_KEY="secret", SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True
    )
    CORS(app, allow_origins=[PAGE], allow_credentials=True)

    @app.post("/login")
    def login():
        flask.session["user"] = "me"
        return "in"

    app.add_url_rule("/user", "user", lambda: flask.session.get("user", "nobody"))
    browser = Browser(app, origin=PAGE)
    browser.fetch("/login", method="POST", credentials="include")
    assert browser.fetch("/user", credentials="include").text == "me"
    assert browser.fetch("/user", credentials="omit").text == "nobody"


def test_wildcard_leaves_the_vary_of_the_session_alone():
    app = flask.Flask("example", static_folder=None)
    app.secret_key = "secret"
    CORS(app, allow_origins="*")
    app.add_url_rule("/user", "user", lambda: flask.session.get("user", "nobody"))
    assert cors_headers(actual(app, "/user")) == {"Allow-Origin": "*", "Vary": "Cookie"}


def test_headers_of_the_application_are_replaced(app):
    own = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}
    app.add_url_rule("/own", "own", lambda: flask.Response(headers=own))
    assert cors_headers(actual(app, "/own")) == SHARED
    assert cors_headers(actual(app, "/own", origin=ADMIN)) == {"Vary": "Origin"}


def test_headers_of_an_after_request_are_replaced(app):
    @app.after_request
    def old_way(response):
        response.headers.add("Access-Control-Allow-Origin", "*")
        return response

    assert cors_headers(actual(app, "/text")) == SHARED


# --- exceptions that are to be seen ---------------------------------------------------------------


@pytest.mark.parametrize("setting", ["TESTING", "PROPAGATE_EXCEPTIONS"])
@pytest.mark.parametrize("debug", [True, False])
def test_exceptions_reach_the_test_client(app, setting, debug):
    app.config[setting] = True
    app.debug = debug
    with pytest.raises(ZeroDivisionError):
        actual(app, "/crash")


def test_crash_in_debug_mode_can_be_read_across_origins(app, caplog):
    app.debug = True
    response = actual(app, "/crash")
    assert (response.status_code, cors_headers(response)) == (500, SHARED)
    assert "ZeroDivisionError" in caplog.text


def test_teardown_that_crashes_in_debug_mode_can_be_read_across_origins(app, caplog):
    app.debug = True
    app.teardown_request(lambda error: 1 / 0)
    starts = []

    def start_response(status, headers, exc_info=None):
        starts.append((status, dict(headers), exc_info))

    environ = create_environ("/text", headers={"Origin": PAGE})
    app.wsgi_app(environ, start_response)
    (first, _, _), (status, headers, exc_info) = starts
    assert (first, status) == ("200 OK", "500 INTERNAL SERVER ERROR")
    assert headers["Access-Control-Allow-Origin"] == PAGE
    # PEP 3333: a second start_response is refused without it.
    assert exc_info[0] is ZeroDivisionError
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("origin", "headers"),
    [
        ROW(None, {}, id="without Origin"),
        ROW(PAGE, {"Sec-Fetch-Mode": "navigate"}, id="a form that navigates"),
    ],
)
def test_crash_in_debug_mode_reaches_the_debugger_of_a_navigation(app, origin, headers):
    app.debug = True
    with pytest.raises(ZeroDivisionError):
        actual(app, "/crash", origin=origin, headers=headers)


def test_crash_in_debug_mode_can_be_read_below_another_layer(app):
    app.debug = True
    app.wsgi_app = CORSMiddleware(app.wsgi_app, allow_origins=[PAGE])
    assert actual(app, "/crash").status_code == 500


def test_crash_in_debug_mode_is_under_the_policy_of_the_view(app):
    app.debug = True
    app.add_url_rule("/own", "own", cross_origin(allow_origins=[ADMIN])(_raises(ZeroDivisionError)))
    assert callers(app, "/own") == {ADMIN}


# --- a preflight runs nothing ---------------------------------------------------------------------


def test_preflight_runs_no_hook_and_no_view(app):
    ran = []

    def noting(name):
        return lambda *arguments: ran.append(name) or (arguments[0] if name == "after" else None)

    app.before_request(noting("before"))
    app.after_request(noting("after"))
    app.teardown_request(noting("teardown"))
    app.teardown_appcontext(noting("teardown_appcontext"))
    app.url_value_preprocessor(noting("url values"))
    app.add_url_rule("/seen", "seen", lambda: ran.append("view") or "seen", methods=["PUT"])
    assert preflight(app, "/seen").status_code == 204
    assert preflight(app, "/seen", origin=ADMIN).status_code == 403
    assert ran == []
    actual(app, "/seen", "PUT")
    assert ran == ["url values", "before", "view", "after", "teardown", "teardown_appcontext"]


def test_preflight_sends_no_signals(app):
    sent = []
    receivers = {}
    for name in (
        "request_started",
        "request_finished",
        "request_tearing_down",
        "appcontext_pushed",
    ):
        receivers[name] = lambda sender, name=name, **arguments: sent.append(name)
        getattr(flask, name).connect(receivers[name], app)
    preflight(app, "/text", "GET")
    assert sent == []
    actual(app, "/text")
    assert sent == [
        "appcontext_pushed",
        "request_started",
        "request_finished",
        "request_tearing_down",
    ]


def test_preflight_of_a_crashing_view_is_answered(app):
    assert preflight(app, "/crash", "GET").status_code == 204


def test_actual_request_runs_its_hooks_once(app):
    ran = []
    app.before_request(lambda: ran.append("before"))
    app.teardown_request(lambda error: ran.append("teardown"))
    actual(app, "/text")
    assert ran == ["before", "teardown"]


def test_unread_stream_is_closed(app):
    closed = []

    class Stream:
        def __iter__(self):
            yield b"part"

        def close(self):
            closed.append(True)

    app.add_url_rule("/closing", "closing", lambda: flask.Response(Stream()))
    actual(app, "/closing")
    assert closed == [True]


def test_denied_origin_still_gets_its_response(app):
    # CORS keeps a page from reading, it does not keep a request from being served.
    response = actual(app, "/text", origin="https://evil.example")
    assert (response.status_code, response.text) == (200, "text")


# --- crashes in debug mode with decorators alone --------------------------------------------------


def debugged(decorate):
    """An application in debug mode without CORS(app), and what it hears of crashes."""
    app = flask.Flask("example")
    app.debug = True
    app.heard = []
    flask.got_request_exception.connect(
        app_hears := lambda sender, exception: app.heard.append(type(exception).__name__), app
    )
    app.app_hears = app_hears
    app.teardown_request(lambda error: app.heard.append(f"teardown {type(error).__name__}"))
    decorate(app)
    return app


def with_decorated_view(app):
    app.add_url_rule(
        "/crash", "crash", cross_origin(allow_origins=[PAGE])(_raises(ZeroDivisionError("é\udcff")))
    )


def with_decorated_blueprint(app):
    blueprint = cross_origin(allow_origins=[PAGE])(flask.Blueprint("b", __name__))
    blueprint.add_url_rule("/crash", "crash", _raises(ZeroDivisionError("é\udcff")))
    app.register_blueprint(blueprint)


def with_extension(app):
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/crash", "crash", _raises(ZeroDivisionError("é\udcff")))


DEBUGGED = [
    ROW(with_decorated_view, id="a decorated view"),
    ROW(with_decorated_blueprint, id="a decorated blueprint"),
    ROW(with_extension, id="the extension"),
]


@pytest.mark.parametrize("decorate", DEBUGGED)
def test_crash_in_debug_mode_is_a_traceback_that_a_script_can_read(decorate):
    app = debugged(decorate)
    for origin, shared in ((PAGE, SHARED), (ADMIN, {"Vary": "Origin"})):
        response = actual(app, "/crash", origin=origin)
        assert (response.status_code, cors_headers(response)) == (500, shared)
        assert response.content_type == "text/plain; charset=utf-8"
        assert "ZeroDivisionError: é\\udcff" in response.text
        assert app.heard == ["ZeroDivisionError", "teardown ZeroDivisionError"]
        app.heard.clear()


@pytest.mark.parametrize("decorate", DEBUGGED)
def test_crash_in_debug_mode_is_raised_to_whoever_is_no_script(decorate):
    app = debugged(decorate)
    actual(app, "/crash")
    for options in ({"origin": None}, {"headers": {"Sec-Fetch-Mode": "navigate"}}):
        with pytest.raises(ZeroDivisionError):
            actual(app, "/crash", **options)
    app.testing = True
    with pytest.raises(ZeroDivisionError):
        actual(app, "/crash")


def test_crash_of_a_view_that_nothing_was_said_of_is_raised_in_debug_mode():
    app = debugged(with_decorated_view)
    app.add_url_rule("/plain", "plain", _raises(ZeroDivisionError))
    actual(app, "/crash")
    with pytest.raises(ZeroDivisionError):
        actual(app, "/plain")


@pytest.mark.parametrize("decorate", DEBUGGED)
def test_error_handlers_still_answer_in_debug_mode(decorate):
    app = debugged(decorate)
    app.register_error_handler(ZeroDivisionError, lambda error: ("handled", 418))
    response = actual(app, "/crash")
    assert (response.status_code, response.text, cors_headers(response)) == (418, "handled", SHARED)

"""Middleware between ``CORS(app)`` and Flask: the policy is that of the view that Flask routes to."""

from __future__ import annotations

import threading

import flask
import pytest
from exchanges import ADMIN, PAGE, callers, refusal
from flask_calls import actual, cors_headers, granted_methods, preflight
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from wsgicors.flask import CORS, cross_origin, same_origin
from wsgicors.testing import Browser, CORSError

ROW = pytest.param


def changing(changes, *, copies=True):
    """A middleware that changes ``environ``, its own or the one that it was given."""

    def middleware(wsgi_app):
        def application(environ, start_response):
            inside = dict(environ) if copies else environ
            inside.update(changes(environ))
            return wsgi_app(inside, start_response)

        return application

    return middleware


def below(prefix):
    def changes(environ):
        path = environ["PATH_INFO"]
        if not path.startswith(prefix):
            return {}
        return {
            "SCRIPT_NAME": environ["SCRIPT_NAME"] + prefix,
            "PATH_INFO": path[len(prefix) :],
        }

    return changes


def making_new(changes):
    """A middleware that makes a new ``environ``, in which no key of anybody else's stands."""

    def middleware(wsgi_app):
        return lambda environ, start_response: wsgi_app(
            {**usual(environ), **changes(environ)}, start_response
        )

    return middleware


def usual(environ):
    return {
        key: value for key, value in environ.items() if not key.startswith(("wsgicors", "werk"))
    }


def making_new_later(changes):
    """The same, and the application is not called before the body is asked for."""

    def middleware(wsgi_app):
        def application(environ, start_response):
            yield from wsgi_app({**usual(environ), **changes(environ)}, start_response)

        return application

    return middleware


def making_new_elsewhere(changes):
    """The same, in another thread."""

    def middleware(wsgi_app):
        def application(environ, start_response):
            given, body = [], []

            def run():
                inside = {**usual(environ), **changes(environ)}
                body.extend(wsgi_app(inside, lambda *arguments: given.append(arguments)))

            thread = threading.Thread(target=run)
            thread.start()
            thread.join()
            start_response(*given[0])
            return body

        return application

    return middleware


MAKERS = [making_new, making_new_later, making_new_elsewhere]
MOVES = [
    ROW(below("/v1"), {}, "/v1/secret", id="a prefix"),
    ROW(lambda environ: {"PATH_INFO": "/secret"}, {}, "/anything", id="another path"),
    ROW(
        lambda environ: {"HTTP_HOST": "admin.example.com"},
        {"host": "admin.example.com"},
        "/secret",
        id="another host",
    ),
    ROW(
        lambda environ: {"wsgi.url_scheme": "https", "SCRIPT_NAME": "/v1"},
        {},
        "/secret",
        id="another scheme and mount point",
    ),
]


def moved(changes, rule, *, copies=True, decorator=same_origin, middleware=None, **fields):
    """An application with one view, in the way of which stands a middleware."""
    app = flask.Flask("example", host_matching=bool(rule), static_folder=None)
    app.reached = []

    @app.route("/secret", methods=["GET", "DELETE"], **rule)
    @decorator
    def secret():
        app.reached.append(flask.request.method)
        return "secret"

    app.wsgi_app = (middleware or changing(changes, copies=copies))(app.wsgi_app)
    CORS(app, **{"allow_origins": [PAGE], **fields})
    return app


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(("changes", "rule", "path"), MOVES)
def test_middleware_that_makes_a_new_environ_opens_no_closed_view(changes, rule, path, make):
    app = moved(changes, rule, middleware=make(changes))
    assert callers(app, path) == callers(app, path, "DELETE") == set()
    app.reached.clear()
    with pytest.raises(CORSError):
        Browser(app, PAGE).fetch(path, "DELETE")
    assert "DELETE" not in app.reached


@pytest.mark.parametrize(("changes", "rule", "path"), MOVES)
def test_middleware_that_makes_a_new_environ_closes_no_open_view(changes, rule, path):
    decorator = cross_origin(allow_origins=[ADMIN])
    app = moved(changes, rule, decorator=decorator, middleware=making_new(changes))
    assert callers(app, path) == callers(app, path, "DELETE") == {ADMIN}


@pytest.mark.parametrize("make", [making_new_later, making_new_elsewhere])
def test_request_that_cannot_be_told_from_others_is_denied_out_loud(make, caplog):
    app = moved(below("/v1"), {}, decorator=cross_origin(max_age=1), middleware=make(below("/v1")))
    assert callers(app, "/v1/secret") == callers(app, "/v1/secret", "DELETE") == set()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "Copy environ there" in caplog.text


@pytest.mark.parametrize("make", MAKERS)
def test_denied_request_does_nothing_behind_a_middleware_that_makes_a_new_environ(make):
    app = moved(below("/v1"), {}, refuse_denied=True, middleware=make(below("/v1")))
    assert actual(app, "/v1/secret", "DELETE").status_code == 403
    assert app.reached == []


@pytest.mark.parametrize("environ_for", [usual, dict])
def test_request_that_a_view_sends_to_its_own_application_opens_no_closed_view(environ_for):
    def sending():
        flask.current_app.inner(
            {**environ_for(flask.request.environ), "PATH_INFO": "/open"}, lambda *arguments: None
        )
        return "closed"

    app = flask.Flask("example", static_folder=None)
    app.inner = app.wsgi_app
    app.wsgi_app = making_new(lambda environ: {})(app.wsgi_app)
    app.add_url_rule("/open", "open", cross_origin(allow_origins="*")(lambda: "open"))
    app.add_url_rule("/closed", "closed", same_origin(sending))
    CORS(app, allow_origins=[])
    assert callers(app, "/closed") == set()
    assert callers(app, "/open") >= {PAGE, ADMIN}


def test_request_that_is_sent_to_another_path_where_nothing_is_found_is_under_the_policy_there():
    def trying_index(wsgi_app):
        def application(environ, start_response):
            statuses = []
            body = wsgi_app(dict(environ), lambda *arguments: statuses.append(arguments))
            if statuses[0][0].startswith("404"):
                return wsgi_app({**environ, "PATH_INFO": "/"}, start_response)
            start_response(*statuses[0])
            return body

        return application

    app = flask.Flask("example", static_folder=None)
    app.add_url_rule("/", "index", cross_origin(allow_origins=[PAGE])(lambda: "index"))
    app.wsgi_app = trying_index(app.wsgi_app)
    CORS(app, allow_origins=[])
    assert callers(app, "/anything") == {PAGE}


@pytest.mark.parametrize("copies", [True, False])
@pytest.mark.parametrize(("changes", "rule", "path"), MOVES)
def test_request_that_is_moved_to_a_closed_view_stays_out(changes, rule, path, copies):
    app = moved(changes, rule, copies=copies)
    assert callers(app, path) == callers(app, path, "DELETE") == set()
    app.reached.clear()
    with pytest.raises(CORSError):
        Browser(app, PAGE).fetch(path, "DELETE")
    assert app.reached == []


@pytest.mark.parametrize("copies", [True, False])
@pytest.mark.parametrize(("changes", "rule", "path"), MOVES)
def test_request_that_is_moved_to_an_open_view_gets_there(changes, rule, path, copies):
    decorator = cross_origin(allow_origins=[ADMIN])
    app = moved(changes, rule, copies=copies, decorator=decorator)
    assert callers(app, path) == callers(app, path, "DELETE") == {ADMIN}
    assert granted_methods(preflight(app, path, "DELETE", origin=ADMIN)) == {
        "GET",
        "HEAD",
        "DELETE",
        "OPTIONS",
    }


def test_method_that_is_not_routed_there_is_not_granted():
    app = moved(below("/v1"), {}, decorator=cross_origin(max_age=60))
    assert refusal(app, PAGE, "/v1/secret", "PATCH").reason == "method-not-allowed"
    response = actual(app, "/v1/secret", "PATCH")
    assert (response.status_code, response.access_control_allow_origin) == (405, PAGE)


def test_wrong_method_of_a_closed_view_is_closed_too():
    app = moved(below("/v1"), {})
    response = actual(app, "/v1/secret", "PATCH")
    assert (response.status_code, cors_headers(response)) == (405, {"Vary": "Origin"})


def test_proxy_fix_inside_is_believed():
    app = flask.Flask("example", host_matching=True, static_folder=None)
    app.add_url_rule("/", "admin", same_origin(lambda: "admin"), host="admin.example.com")
    app.add_url_rule("/", "page", lambda: "page", host="api.example.com")
    app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1)
    CORS(app, allow_origins=[PAGE])
    proxied = {
        host: changing(lambda environ, host=host: {"HTTP_X_FORWARDED_HOST": host})(app)
        for host in ("admin.example.com", "api.example.com")
    }
    assert callers(proxied["api.example.com"]) == {PAGE}
    assert callers(proxied["admin.example.com"]) == set()


def test_dispatcher_inside_leads_to_the_view_below_its_prefix():
    app = flask.Flask("example", static_folder=None)
    app.add_url_rule("/secret", "secret", same_origin(lambda: "secret"), methods=["DELETE"])
    app.wsgi_app = DispatcherMiddleware(lambda *arguments: None, {"/v1": app.wsgi_app})
    CORS(app, allow_origins=[PAGE])
    assert callers(app, "/v1/secret", "DELETE") == set()


def other_application(status):
    def application(environ, start_response):
        start_response(status, [("Content-Type", "text/plain")])
        return [b"other"]

    return application


@pytest.mark.parametrize("status", ["200 OK", "404 NOT FOUND", "405 METHOD NOT ALLOWED"])
def test_request_that_never_comes_to_flask_is_under_the_policy_of_all(status):
    app = flask.Flask("example")
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/other": other_application(status)})
    CORS(app, allow_origins=[PAGE])
    assert callers(app, "/other/x") == callers(app, "/other/x", "DELETE") == {PAGE}


@pytest.mark.parametrize(
    "status", ["400 BAD REQUEST", "401 UNAUTHORIZED", "403 FORBIDDEN", "503 SERVICE UNAVAILABLE"]
)
def test_preflight_that_somebody_refuses_on_the_way_is_denied(status):
    app = flask.Flask("example")
    app.wsgi_app = other_application(status)
    CORS(app, allow_origins="*")
    assert preflight(app).status_code == 403
    # What refuses it can be read, like any other response.
    assert actual(app).access_control_allow_origin == "*"


def test_middleware_that_answers_any_options_opens_no_closed_view():
    def answering(wsgi_app):
        def application(environ, start_response):
            is_options = environ["REQUEST_METHOD"] == "OPTIONS"
            return (other if is_options else wsgi_app)(environ, start_response)

        return application

    other = other_application("200 OK")
    app = flask.Flask("example")
    app.add_url_rule("/secret", "secret", same_origin(lambda: "secret"), methods=["DELETE"])
    app.add_url_rule("/open", "open", lambda: "open", methods=["DELETE"])
    app.wsgi_app = answering(app.wsgi_app)
    CORS(app, allow_origins=[PAGE])
    assert callers(app, "/secret", "DELETE") == set()
    assert callers(app, "/open", "DELETE") == {PAGE}


def test_application_mounted_inside_keeps_its_denial_of_a_preflight():
    app, mounted = flask.Flask("example"), flask.Flask("mounted")
    mounted.add_url_rule("/items", "items", lambda: "items", methods=["DELETE"])
    CORS(mounted, allow_origins=[ADMIN])
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/mounted": mounted})
    CORS(app, allow_origins="*")
    assert preflight(app, "/mounted/items", "DELETE", origin=PAGE).status_code == 403
    assert preflight(app, "/mounted/items", "DELETE", origin=ADMIN).status_code == 204


def test_applications_that_are_tried_one_after_the_other_are_told_apart():
    def cascade(environ, start_response):
        status = []
        body = first(environ, lambda *arguments: status.append(arguments))
        if not status[0][0].startswith("404"):
            start_response(*status[0])
            return body
        return inner(environ, start_response)

    first, app = flask.Flask("first"), flask.Flask("example")
    CORS(first, allow_origins=[ADMIN])
    app.add_url_rule("/items", "items", cross_origin(allow_origins=[PAGE])(lambda: "items"))
    inner, app.wsgi_app = app.wsgi_app, cascade
    CORS(app, allow_origins=[])
    assert actual(app, "/items").access_control_allow_origin == PAGE


def behind_middleware():
    app = flask.Flask("example")
    app.wsgi_app = changing(lambda environ: {})(app.wsgi_app)
    app.ran = []
    return app


def noting(app, name):
    return lambda *arguments: app.ran.append(name)


def test_preflight_behind_middleware_runs_no_hook_and_no_view():
    app = behind_middleware()
    blueprint = flask.Blueprint("shop", __name__)
    blueprint.before_request(noting(app, "of the blueprint"))
    blueprint.url_value_preprocessor(noting(app, "values of the blueprint"))
    blueprint.add_url_rule("/", "index", noting(app, "view"), methods=["PUT"])
    app.url_value_preprocessor(noting(app, "values, early"))
    CORS(app, allow_origins=[PAGE])
    app.register_blueprint(blueprint)
    app.before_request(noting(app, "before"))
    app.url_value_preprocessor(noting(app, "values, late"))
    assert preflight(app).status_code == 204
    assert preflight(app, origin=ADMIN).status_code == 403
    assert app.ran == []


def test_preflight_behind_middleware_comes_before_a_hook_that_puts_itself_first():
    app = behind_middleware()
    CORS(app, allow_origins=[PAGE])
    assert preflight(app).status_code == 204
    app.url_value_preprocessors[None].insert(0, noting(app, "first"))
    app.before_request_funcs.setdefault(None, []).insert(0, noting(app, "before"))
    assert preflight(app).status_code == 204
    assert app.ran == []
    assert app.url_value_preprocessors[None][1:].count(app.url_value_preprocessors[None][0]) == 0


def test_preflight_behind_middleware_of_an_unknown_url_is_under_the_policy_of_all():
    app = behind_middleware()
    CORS(app, allow_origins=[PAGE])
    app.before_request(lambda: flask.abort(401))
    assert callers(app, "/missing", "PUT") == {PAGE}
    assert actual(app, "/missing", origin=ADMIN).access_control_allow_origin is None


@pytest.mark.parametrize(
    "handle",
    [
        ROW(lambda app: app.register_error_handler(Exception, lambda error: ("no", 500)), id="all"),
        ROW(lambda app: app.config.update(TRAP_HTTP_EXCEPTIONS=True), id="trapped"),
        ROW(lambda app: app.config.update(TRAP_HTTP_EXCEPTIONS=True, TESTING=True), id="raised"),
        ROW(lambda app: app.after_request(lambda response: 1 / 0), id="crash afterwards"),
    ],
)
def test_nothing_inside_changes_the_answer_to_a_preflight(handle):
    app = behind_middleware()
    handle(app)
    app.add_url_rule("/", "index", lambda: "index", methods=["PUT"])
    CORS(app, allow_origins=[PAGE])
    assert callers(app, "/", "PUT") == {PAGE}


def test_middleware_that_crashes_is_left_to_the_server():
    app = flask.Flask("example")
    app.wsgi_app = lambda environ, start_response: 1 / 0
    CORS(app, allow_origins=[PAGE])
    with pytest.raises(ZeroDivisionError):
        preflight(app)


def test_subclass_with_a_wsgi_app_of_its_own_moves_requests_too():
    class Prefixed(flask.Flask):
        def wsgi_app(self, environ, start_response):
            return super().wsgi_app({**environ, **below("/v1")(environ)}, start_response)

    app = Prefixed("example", static_folder=None)
    app.add_url_rule("/secret", "secret", same_origin(lambda: "secret"), methods=["DELETE"])
    CORS(app, allow_origins=[PAGE])
    assert callers(app, "/v1/secret", "DELETE") == set()


def test_method_that_a_middleware_overrides_is_the_one_that_counts():
    def overriding(environ):
        return {"REQUEST_METHOD": environ.get("HTTP_X_HTTP_METHOD", environ["REQUEST_METHOD"])}

    app = flask.Flask("example", static_folder=None)
    app.add_url_rule("/", "get", lambda: "get", methods=["POST"])
    app.add_url_rule("/", "delete", same_origin(lambda: "deleted"), methods=["DELETE"])
    app.wsgi_app = changing(overriding)(app.wsgi_app)
    CORS(app, allow_origins=[PAGE])
    response = actual(app, "/", "POST", headers={"X-HTTP-Method": "DELETE"})
    assert (response.text, response.access_control_allow_origin) == ("deleted", None)


def test_middleware_that_is_put_around_later_is_outside():
    app = flask.Flask("example", static_folder=None)
    app.add_url_rule("/secret", "secret", same_origin(lambda: "secret"), methods=["DELETE"])
    CORS(app, allow_origins=[PAGE])
    app.wsgi_app = changing(below("/v1"))(app.wsgi_app)
    assert callers(app, "/v1/secret", "DELETE") == set()
    assert app.url_value_preprocessors == {}


FOREIGN = {"Sec-Fetch-Site": "cross-site"}


def mounting(mounted, **fields):
    """An application with another one mounted inside."""
    app = flask.Flask("example")
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/mounted": mounted})
    CORS(app, **fields)
    return app


def saving(saved, refuses=()):
    """An application that notes what it is sent, and answers some methods with 401."""
    mounted = flask.Flask("mounted")

    @mounted.before_request
    def ask_for_a_login():
        if flask.request.method in refuses:
            flask.abort(401)

    mounted.add_url_rule(
        "/", "save", lambda: str(saved.append(flask.request.data)), methods=["POST"]
    )
    return mounted


@pytest.mark.parametrize("refuses", [(), ("OPTIONS",)])
def test_refused_request_does_nothing_in_an_application_mounted_inside(refuses):
    saved = []
    app = mounting(saving(saved, refuses), allow_origins=[PAGE], refuse_denied=True)
    answer = actual(app, "/mounted/", "POST", origin=ADMIN, headers=FOREIGN, data=b"x")
    assert (answer.status_code, saved) == (403, [])


def test_allowed_request_comes_once_and_whole_to_an_application_mounted_inside():
    saved = []
    app = mounting(saving(saved), allow_origins=[PAGE], refuse_denied=True)
    answer = actual(app, "/mounted/", "POST", headers=FOREIGN, data=b"all of it")
    assert (answer.status_code, saved) == (200, [b"all of it"])


@pytest.mark.parametrize("sent", ["GET", "POST"])
def test_request_of_which_a_middleware_makes_a_refused_one_does_nothing(sent):
    app = flask.Flask("example", static_folder=None)
    deleted = []
    app.add_url_rule("/", "read", lambda: "read", methods=["GET", "POST"])
    strict = cross_origin(allow_origins=[PAGE], refuse_denied=True)
    app.add_url_rule("/", "delete", strict(lambda: str(deleted.append(1))), methods=["DELETE"])
    app.wsgi_app = changing(
        lambda environ: {"REQUEST_METHOD": "DELETE"} if environ["QUERY_STRING"] else {}
    )(app.wsgi_app)
    CORS(app, allow_origins="*")
    assert actual(app, "/", sent, origin=ADMIN, headers=FOREIGN).status_code == 200
    answer = actual(app, "/?_method=DELETE", sent, origin=ADMIN, headers=FOREIGN)
    assert (answer.status_code, answer.access_control_allow_origin) == (403, None)
    assert deleted == []
    assert actual(app, "/?_method=DELETE", sent, headers=FOREIGN).status_code == 200


# --- what something on the way answers in the place of a view -------------------------------------


def serving(path):
    """A middleware that answers for a path, as a server of files does."""

    def middleware(wsgi_app):
        def application(environ, start_response):
            is_there = environ["PATH_INFO"] == path and environ["REQUEST_METHOD"] == "GET"
            return (other_application("200 OK") if is_there else wsgi_app)(environ, start_response)

        return application

    return middleware


def keeping(wsgi_app):
    """A cache, whatever the response says of that."""
    kept = {}

    def application(environ, start_response):
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "GET":
            return wsgi_app(environ, start_response)
        if path not in kept:
            told = []
            body = b"".join(wsgi_app(environ, lambda *arguments: told.extend(arguments)))
            kept[path] = (*told[:2], body)
        status, headers, body = kept[path]
        start_response(status, headers)
        return [body]

    return application


CLOSED = {"allow_origins": []}


@pytest.mark.parametrize(
    ("said", "path", "expected"),
    [
        ROW(CLOSED, "/static/a.txt", set(), id="closed"),
        ROW({"allow_origins": [ADMIN]}, "/static/a.txt", {ADMIN}, id="narrower"),
        ROW({"allow_origins": "*"}, "/static/a.txt", {PAGE, ADMIN}, id="wider"),
        ROW(None, "/static/a.txt", {PAGE, ADMIN}, id="not governed"),
        ROW(CLOSED, "/a.txt", {PAGE, ADMIN}, id="not routed"),
        ROW(CLOSED, "/item", {PAGE, ADMIN}, id="of an open view"),
    ],
)
def test_what_is_served_in_the_place_of_a_view_is_shared_with_no_more(said, path, expected):
    app = flask.Flask("example")
    app.add_url_rule("/item", "item", lambda: "item")
    app.wsgi_app = serving(path)(app.wsgi_app)
    CORS(app, allow_origins=[PAGE, ADMIN], endpoints={"static": said})
    assert {
        page for page in (PAGE, ADMIN) if actual(app, path, origin=page).access_control_allow_origin
    } == expected


def test_what_is_served_in_the_place_of_a_closed_view_is_for_nobody_without_an_origin_too():
    app = flask.Flask("example")
    app.wsgi_app = changing(lambda environ: {"PATH_INFO": "/elsewhere"}, copies=False)(
        serving("/elsewhere")(app.wsgi_app)
    )
    CORS(app, allow_origins="*", endpoints={"static": CLOSED})
    assert cors_headers(actual(app, "/static/a.txt", origin=None)) == {"Vary": "Origin"}
    assert cors_headers(actual(app, "/a.txt", origin=None)) == {"Allow-Origin": "*"}


def test_what_is_served_in_the_place_of_a_view_carries_no_more_credentials():
    app = flask.Flask("example")
    app.wsgi_app = serving("/static/a.txt")(app.wsgi_app)
    CORS(
        app,
        allow_origins=[PAGE],
        allow_credentials=True,
        endpoints={"static": {"allow_credentials": False}},
    )
    assert "Allow-Credentials" not in cors_headers(actual(app, "/static/a.txt"))
    assert "Allow-Credentials" in cors_headers(actual(app, "/other"))


def test_answer_of_a_closed_view_that_is_kept_on_the_way_stays_closed():
    app = flask.Flask("example")
    app.add_url_rule("/me", "me", same_origin(lambda: "me"))
    app.add_url_rule("/", "index", lambda: "index")
    app.wsgi_app = keeping(app.wsgi_app)
    CORS(app, allow_origins="*")
    for _ in range(2):
        assert cors_headers(actual(app, "/me")) == {"Vary": "Origin"}
        assert cors_headers(actual(app)) == {"Allow-Origin": "*"}


# --- applications that do not run the hooks of Flask ------------------------------------------------


class Hookless(flask.Flask):
    def preprocess_request(self):
        return None


class HooklessByItself(flask.Flask):
    def full_dispatch_request(self):
        try:
            answer = self.dispatch_request()
        except Exception as error:  # noqa: BLE001 - as Flask does it
            answer = self.handle_user_exception(error)
        return self.finalize_request(answer)


def hookless_instance(name):
    app = flask.Flask(name)
    app.preprocess_request = lambda: None
    return app


def hookless(make, middleware, ran, **fields):
    app = make("example")
    closed = cross_origin(allow_origins=[], refuse_denied=True)
    app.add_url_rule(
        "/secret", "secret", closed(lambda: ran.append("") or "seen"), methods=["GET", "POST"]
    )
    app.add_url_rule("/", "index", lambda: "index", methods=["GET", "PUT"])
    app.wsgi_app = middleware(app.wsgi_app)
    CORS(app, allow_origins=[PAGE], **fields)
    return app


def unchanged(environ):
    return {}


@pytest.mark.skipif(
    not hasattr(flask.signals.request_started, "receivers"),
    reason="Flask 2.2 has no signals without blinker",
)
@pytest.mark.parametrize("make", [Hookless, hookless_instance])
@pytest.mark.parametrize(
    ("middleware", "before"),
    [
        ROW(changing(unchanged), "", id="as it came"),
        ROW(changing(below("/v1")), "/v1", id="moved"),
        ROW(making_new(below("/v1")), "/v1", id="made new"),
        ROW(keeping, "", id="answered later"),
    ],
)
def test_policies_hold_where_an_application_runs_no_hooks(make, middleware, before, caplog):
    ran = []
    app = hookless(make, middleware, ran)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert actual(app, f"{before}/secret", "POST", headers=foreign).status_code == 403
    assert ran == []
    assert callers(app, f"{before}/secret") == callers(app, f"{before}/secret", "POST") == set()
    assert callers(app, f"{before}/", "PUT") == {PAGE}
    assert caplog.messages == []


@pytest.mark.parametrize("before", ["", "/v1"])
def test_nothing_is_shared_where_nobody_can_tell_which_view_answers_without_hooks(before, caplog):
    ran = []
    app = hookless(HooklessByItself, changing(below("/v1")), ran)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert actual(app, f"{before}/secret", "POST", headers=foreign).status_code == 403
    assert ran == []
    for path in ("/", "/secret", "/nowhere"):
        assert cors_headers(actual(app, before + path)) == {"Vary": "Origin"}
        assert preflight(app, before + path).status_code == 403
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "'example' has answered without the hooks" in record.getMessage()
    assert "a full_dispatch_request of its own" in record.getMessage()


def test_what_something_else_answers_is_shared_as_ever_where_an_application_runs_no_hooks(caplog):
    app = hookless(HooklessByItself, serving("/file"), [])
    assert cors_headers(actual(app, "/file"))["Allow-Origin"] == PAGE
    with hookless_instance("other").test_request_context():
        assert cors_headers(actual(app, "/file"))["Allow-Origin"] == PAGE
    assert caplog.messages == []


def test_request_that_fails_before_any_hook_is_shared_as_the_application_says(caplog):
    class Sessions(flask.sessions.SecureCookieSessionInterface):
        def open_session(self, app, request):
            raise OSError

    app = hookless(HooklessByItself, changing(unchanged), [])
    app.session_interface = Sessions()
    response = actual(app, "/nowhere")
    assert (response.status_code, response.access_control_allow_origin) == (500, PAGE)
    assert not any("hooks" in message for message in caplog.messages)

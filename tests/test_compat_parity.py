"""Programs as they are found, under Flask-CORS and in its place: browsers see the same, or less."""

from __future__ import annotations

import importlib
import inspect
import itertools
import re
from enum import Enum

import flask
import flask_cors
import pytest
from exchanges import ADMIN, EVIL, PAGE
from flask import Blueprint, Flask, abort, jsonify, redirect, request
from flask.views import MethodView
from werkzeug.local import LocalProxy
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from wsgicors.compat import flask_cors as ours
from wsgicors.testing import Browser, CORSError

ROW = pytest.param
PAGES = (PAGE, ADMIN, f"{PAGE}:8443", "http://localhost:5173", "null")
PATHS = ("/items", "/api/items", "/api/private/a", "/missing", "/slash", "/v1/items")
CALLS = (
    ("GET", {}, "include"),
    ("GET", {"Authorization": "Bearer 1"}, "omit"),
    ("POST", {"Content-Type": "application/json"}, "omit"),
    ("PUT", {"X-Token": "1"}, "include"),
    ("DELETE", {}, "omit"),
)


class Known(str, Enum):
    PAGE = PAGE


def outcomes(app, pages=PAGES):
    """What each page gets from each call: the status, the text, and the headers that its script can read."""
    found = {}
    for page, path, (method, headers, credentials) in itertools.product(pages, PATHS, CALLS):
        key = (page, path, method, *headers)
        found[key] = outcome(app, page, path, method, headers=headers, credentials=credentials)
    return found


def outcome(app, page, path, method="GET", **more):
    try:
        response = Browser(app, page).fetch(path, method, **more)
    except CORSError:
        return None
    readable = {name.lower() for name in response.headers if name.lower().startswith("x-")}
    return response.status, response.text, frozenset(readable)


def bare():
    """An application with views of the usual kinds."""
    app = Flask("program")
    every = ["GET", "POST", "PUT", "DELETE"]
    app.add_url_rule("/items", "items", items, methods=every)
    app.add_url_rule("/api/items", "api", lambda: "api", methods=["GET", "PUT"])
    app.add_url_rule("/api/private/a", "private", lambda: abort(401), methods=every)
    app.add_url_rule("/slash/", "slash", lambda: "slash", methods=every)
    return app


def items():
    response = jsonify(["bread"])
    response.headers["X-Total"] = "1"
    return response


def governed(**options):
    """A program that calls ``CORS(app, **options)``."""

    def program(lib):
        app = bare()
        lib.CORS(app, **options)
        return app

    return program


def configured(before=(), after=(), **options):
    """A program that sets keys in its configuration, before and after ``CORS(app)``."""

    def program(lib):
        app = bare()
        app.config.update(before)
        lib.CORS(app, **options)
        app.config.update(after)
        return app

    return program


def decorated(*positional, **options):
    """A program that decorates a view and has no ``CORS(app)``."""

    def program(lib):
        app = bare()
        view = lib.cross_origin(*positional, **options)(lambda: "v1")
        app.add_url_rule("/v1/items", "v1", view, methods=["GET", "PUT"])
        return app

    return program


def in_context(lib):
    app = bare()
    with app.app_context():
        lib.CORS(flask.current_app)
    return app


def class_views(lib):
    class Items(MethodView):
        @lib.cross_origin()
        def get(self):
            return "get"

        @lib.cross_origin(origins=ADMIN)
        def put(self):
            return "put"

    class Whole(MethodView):
        decorators = (lib.cross_origin(origins=[PAGE]),)

        def get(self):
            return "get"

        def delete(self):
            return "delete"

    app = Flask("program")
    app.add_url_rule("/items", view_func=Items.as_view("items"))
    app.add_url_rule("/v1/items", view_func=Whole.as_view("whole"))
    return app


def two_views_of_one_url(lib):
    app = Flask("program")
    app.add_url_rule("/items", "get", lib.cross_origin()(lambda: "get"), methods=["GET"])
    app.add_url_rule("/items", "post", lib.cross_origin()(lambda: "post"), methods=["POST"])
    return app


def error_handler(lib):
    app = bare()

    @app.errorhandler(404)
    @app.errorhandler(401)
    @lib.cross_origin()
    def failed(error):
        return jsonify(error=error.code), error.code

    return app


def own_origin(lib):
    app = bare()

    @app.get("/v1/items")
    def own():
        return "own", {"Access-Control-Allow-Origin": PAGE}

    @app.route("/own-preflight", methods=["PUT", "OPTIONS"])
    def own_preflight():
        narrow = {"Access-Control-Allow-Origin": PAGE, "Access-Control-Allow-Methods": "PUT"}
        return "own", narrow

    lib.CORS(app)
    return app


def own_exposed(lib):
    app = bare()

    @app.get("/v1/items")
    def own():
        return "own", {"Access-Control-Expose-Headers": "X-Own", "X-Own": "1", "X-Other": "1"}

    lib.CORS(app, origins=[PAGE], expose_headers="X-Other")
    return app


def refusing_hook(lib):
    app = bare()

    @app.before_request
    def refuse():
        is_strange = request.headers.get("Origin") != ADMIN
        if request.path.startswith("/api") or (request.method == "OPTIONS" and is_strange):
            abort(403)

    lib.CORS(app)
    return app


def answering_hook(lib):
    app = bare()

    @app.before_request
    def answer():
        return flask.Response() if request.method == "OPTIONS" else None

    lib.CORS(app, origins=[PAGE])
    return app


def moved(lib):
    """What the application sees as ``/api/private/a`` comes as ``/v1/api/private/a``."""
    app = bare()
    inner = app.wsgi_app
    app.wsgi_app = DispatcherMiddleware(inner, {"/v1": inner})
    lib.CORS(app, resources={r"/items": {"origins": ADMIN}, r"/*": {"origins": PAGE}})
    return app


def mounted(lib):
    """Another application inside, which shares with fewer."""
    app, admin = bare(), bare()
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/v1": admin.wsgi_app})
    lib.CORS(admin, origins=[ADMIN])
    lib.CORS(app)
    return app


def redirected(lib):
    app = bare()
    app.add_url_rule("/v1/items", "old", lambda: redirect("/items"), methods=["GET", "PUT"])
    lib.CORS(app, origins=[PAGE], supports_credentials=True)
    return app


def blueprints(lib):
    app = Flask("program")
    api = Blueprint("api", "program", url_prefix="/api")
    api.add_url_rule("/items", "items", lambda: "items", methods=["GET", "PUT"])
    lib.CORS(api, origins=[PAGE], supports_credentials=True)
    app.register_blueprint(api)
    app.add_url_rule("/", "index", lambda: "index")
    return app


def twice(lib):
    app = bare()
    lib.CORS(app, origins=[PAGE])
    lib.CORS(app, origins=[ADMIN])
    return app


def stacked(lib):
    app = bare()
    view = lib.cross_origin(origins=[PAGE])(lib.cross_origin(origins=[ADMIN])(lambda: "v1"))
    app.add_url_rule("/v1/items", "v1", view, methods=["GET", "PUT"])
    lib.CORS(app)
    return app


def called_by_another_view(lib):
    app = bare()
    inner = lib.cross_origin(origins=[ADMIN])(lambda: "inner")
    app.add_url_rule("/v1/items", "v1", lambda: inner().get_data() + b"!", methods=["GET"])
    lib.CORS(app, origins=[PAGE])
    return app


def own_decorator(origins):
    """A program that puts the headers on by itself, with functions of ``flask_cors.core``."""

    def program(lib):
        app = bare()

        @app.route("/v1/items", methods=["GET", "PUT", "OPTIONS"])
        def own():
            options = {"origins": origins, "supports_credentials": True}
            response = flask.make_response("own" if request.method != "OPTIONS" else "")
            return lib.core.set_cors_headers(response, lib.core.get_cors_options(app, options))

        lib.CORS(app, resources={r"/items": {}, r"/v1/*": {"origins": ADMIN}})
        return app

    return program


def own_middleware(lib):
    """A program that refuses ahead of Flask, and puts the headers on this response, too."""
    app = bare()
    app.config["CORS_ORIGINS"] = [PAGE, ADMIN]

    def refuse(environ, start_response):
        if environ["REQUEST_METHOD"] == "OPTIONS":
            return inner(environ, start_response)
        asked = flask.Request(environ)
        options = lib.core.get_cors_options(app)
        headers = lib.core.get_cors_headers(
            options=options, request_headers=asked.headers, request_method=asked.method
        )
        start_response("401 Unauthorized", list(headers.items()))
        return [b"login"]

    inner, app.wsgi_app = app.wsgi_app, refuse
    lib.CORS(app)
    return app


def own_lines(*lines, is_outside=False, **options):
    """A program with a hook that adds header lines to each response, as tutorials have it."""

    def program(lib):
        app = bare()

        def add(response):
            for name, value in lines:
                response.headers.add(f"Access-Control-Allow-{name}", value)
            return response

        # Of hooks, the one that was registered last is called first.
        if is_outside:
            app.after_request(add)
        lib.CORS(app, **options)
        if not is_outside:
            app.after_request(add)
        return app

    return program


SAME = [
    ROW(governed(), id="bare"),
    ROW(governed(origins=[PAGE, ADMIN]), id="origins"),
    ROW(governed(origins=PAGE.upper()), id="capitals"),
    ROW(governed(origins=[PAGE, "null"]), id="null"),
    ROW(governed(origins="http://localhost:*"), id="any-port"),
    ROW(governed(origins=r"https://\w+\.example\.com$"), id="expression"),
    ROW(governed(origins=r"https?://(localhost|127\.0\.0\.1):*"), id="expression-without-an-end"),
    ROW(
        governed(origins=r"(?i)HTTPS://APP\.EXAMPLE\.COM|https://admin\.example\.com"),
        id="flags-in-front",
    ),
    ROW(
        governed(origins=re.compile("https://app  # ours\n.example.com #", re.VERBOSE)),
        id="verbose",
    ),
    ROW(governed(origins=re.compile(r"https://app\.example\.com(:\d+)?$")), id="compiled"),
    ROW(governed(origins=re.compile(".*")), id="compiled-any"),
    ROW(governed(origins="^"), id="any-by-its-beginning"),
    ROW(governed(origins=r"^(null|https://app\.example\.com)$"), id="expression-with-null"),
    ROW(
        governed(origins=r"(^https://app\.example\.com$|^https://admin\.e.*)"),
        id="ends-in-branches",
    ),
    ROW(governed(origins=[PAGE], supports_credentials=True), id="credentials"),
    ROW(governed(origins=PAGE, methods=["GET"]), id="methods"),
    ROW(governed(methods="get, put"), id="methods-in-a-string"),
    ROW(governed(methods=["TRACE", "PUT"]), id="forbidden-methods"),
    ROW(governed(methods="*"), id="any-method-means-none"),
    ROW(governed(methods=[]), id="no-methods"),
    ROW(governed(allow_headers=["content-type", "X-Token"]), id="headers"),
    ROW(governed(allow_headers="Content-Type, X-Token"), id="headers-in-one-string"),
    ROW(governed(allow_headers=r"x-.*"), id="header-expression"),
    ROW(governed(allow_headers=[re.compile("[a-z]+$"), "X-Token"]), id="header-expressions"),
    ROW(
        governed(allow_headers=["Origin", "X-Requested-With", "Content-Type", "Accept", "Cookie"]),
        id="forbidden-headers",
    ),
    ROW(governed(expose_headers=["X-Total", "Set-Cookie"]), id="exposed"),
    ROW(governed(expose_headers="*"), id="any-exposed"),
    ROW(
        governed(origins=[PAGE], expose_headers=["*", "X-Total"], supports_credentials=True),
        id="any-exposed-with-credentials",
    ),
    ROW(governed(max_age=999999999), id="long-age"),
    ROW(governed(max_age="soon"), id="no-age"),
    ROW(governed(origins="".split(",")), id="empty-environment"),
    ROW(governed(origins=[Known.PAGE]), id="members-of-an-enum"),
    ROW(governed(origins=LocalProxy(lambda: PAGE)), id="proxy-of-a-string"),
    ROW(governed(origins=LocalProxy(lambda: [PAGE])), id="proxy-of-a-list"),
    ROW(governed(resources=[{"/api/*": {"origins": PAGE}}, None]), id="list-of-dicts"),
    ROW(governed(resources=[b"/api/*", "/items"]), id="list-with-bytes"),
    ROW(governed(resources={"/api/*": [("origins", PAGE)]}), id="options-in-pairs"),
    ROW(governed(origins=f"{PAGE},{ADMIN}"), id="origins-in-one-string"),
    ROW(governed(origins=["app.example.com", f"{PAGE}/", f"{ADMIN}:443"]), id="no-origins"),
    ROW(governed(origins="https://*.example.com"), id="pattern-that-never-matched"),
    ROW(governed(orgins=PAGE), id="misspelled"),
    ROW(governed(CORS_EXPOSE_HEADERS=["*"]), id="key-as-argument"),
    ROW(governed(resources={r"/api/*": {"origins": PAGE}}), id="resources"),
    ROW(governed(resources=[r"/api/*", "/items"], origins=PAGE), id="list-of-resources"),
    ROW(
        governed(resources={"/api/private/.*": {"origins": ADMIN}, "/api/.*": {"methods": "GET"}}),
        id="most-specific-resource",
    ),
    ROW(configured(before={"CORS_ORIGINS": PAGE, "CORS_METHODS": "GET"}), id="config"),
    ROW(configured(after={"CORS_ORIGINS": PAGE}), id="config-too-late"),
    ROW(configured(after={"CORS_HEADERS": "Content-Type"}), id="CORS_HEADERS-too-late"),
    ROW(
        configured(before={"CORS_HEADERS": "X", "CORS_OPTIONS": {}, "CORS_ENABLED": True}),
        id="keys-of-others",
    ),
    ROW(decorated(), id="decorator"),
    ROW(decorated(origins=[PAGE], supports_credentials=True), id="decorator-with-credentials"),
    ROW(decorated("*"), id="positional-string"),
    ROW(decorated(Flask("other")), id="positional-application"),
    ROW(decorated(automatic_options=False), id="no-automatic-options"),
    ROW(decorated(origins=PAGE, methods=["GET"], max_age=60), id="decorator-with-methods"),
    ROW(in_context, id="current_app"),
    ROW(class_views, id="class-views"),
    ROW(two_views_of_one_url, id="two-views-of-one-url"),
    ROW(error_handler, id="error-handler"),
    ROW(own_origin, id="own-origin"),
    ROW(own_exposed, id="own-exposed"),
    ROW(own_lines(("Credentials", "true"), origins=[PAGE]), id="own-credentials"),
    ROW(own_lines(("credentials", "true"), origins=[PAGE]), id="own-credentials-in-lower-case"),
    ROW(
        own_lines(("Credentials", "true"), origins=[PAGE], is_outside=True),
        id="own-credentials-outside",
    ),
    ROW(
        own_lines(("Headers", "X-Token"), ("Methods", "PUT,DELETE"), origins=PAGE, methods="GET"),
        id="own-lists",
    ),
    ROW(
        own_lines(
            ("Headers", "*"), ("Methods", "*"), origins=PAGE, methods="GET", allow_headers=[]
        ),
        id="own-lists-of-all",
    ),
    ROW(refusing_hook, id="refusing-hook"),
    ROW(answering_hook, id="answering-hook"),
    ROW(moved, id="moved"),
    ROW(mounted, id="mounted"),
    ROW(redirected, id="redirected"),
    ROW(blueprints, id="blueprints"),
    ROW(twice, id="twice"),
    ROW(stacked, id="stacked"),
    ROW(called_by_another_view, id="called-by-another-view"),
    ROW(own_decorator([PAGE]), id="own-decorator"),
    ROW(own_decorator(EVIL), id="own-decorator-that-denies"),
    ROW(own_middleware, id="own-middleware"),
]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("program", SAME)
def test_browsers_see_the_same(program):
    before, now = outcomes(program(flask_cors)), outcomes(program(ours))
    assert {key: value for key, value in now.items() if value != before[key]} == {}


def blueprint_under_an_application(lib):
    app = Flask("program")
    api = Blueprint("api", "program", url_prefix="/api")
    api.add_url_rule("/items", "items", lambda: "items", methods=["GET", "PUT"])
    lib.CORS(api, origins=[ADMIN])
    lib.CORS(app)
    app.register_blueprint(api)
    return app


def preflight_of_a_stricter_view(lib):
    app = Flask("program")
    app.add_url_rule("/items", "get", lib.cross_origin()(lambda: "get"), methods=["GET"])
    put = lib.cross_origin(origins=[ADMIN])(lambda: "put")
    app.add_url_rule("/items", "put", put, methods=["PUT"])
    app.add_url_rule("/items", "delete", lambda: "delete", methods=["DELETE"])
    return app


NARROWER = [
    ROW(own_decorator("*"), [PAGE], id="own-decorator-with-credentials-for-anybody"),
    ROW(
        governed(origins=r"https://app\.example\.com"),
        [f"{PAGE}.evil.net", f"{PAGE}evil.net"],
        id="expression-without-an-end",
    ),
    ROW(decorated(supports_credentials=True), [EVIL], id="any-origin-with-credentials"),
    ROW(own_lines(("Credentials", "true")), [EVIL], id="own-credentials-for-anybody"),
    ROW(blueprint_under_an_application, [EVIL], id="blueprint-under-an-application"),
]


@pytest.mark.parametrize("option", ["origins", "methods", "allow_headers", "expose_headers"])
def test_what_can_be_read_once_is_nothing_and_told(option):
    def once():
        return {option: iter({"origins": [PAGE], "methods": ["PUT"]}.get(option, ["X-Total"]))}

    with pytest.warns(UserWarning, match=rf"{option}: .* can be read only once.* Write {option}="):
        now = outcomes(governed(**once())(ours), [PAGE])
    assert now == outcomes(governed(**once())(flask_cors), [PAGE])


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("program", "pages"), NARROWER)
def test_what_would_open_a_door_is_narrowed(program, pages):
    before, now = outcomes(program(flask_cors), pages), outcomes(program(ours), pages)
    lost = {key for key, value in before.items() if value != now[key]}
    assert lost
    assert {now[key] for key in lost} == {None}


def test_method_that_leads_to_a_stricter_view_is_not_granted():
    app = preflight_of_a_stricter_view(ours)
    asked = {"Origin": EVIL, "Access-Control-Request-Method": "GET"}
    granted = app.test_client().options("/items", headers=asked)
    assert "GET" in granted.headers["Access-Control-Allow-Methods"]
    for method in ("PUT", "DELETE"):
        assert method not in granted.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("module", ["core", "decorator", "extension"])
def test_every_function_may_be_imported(module):
    there, here = (
        importlib.import_module(f"{lib.__name__}.{module}") for lib in (flask_cors, ours)
    )
    names = {
        name
        for name, function in inspect.getmembers(there, inspect.isfunction)
        if function.__module__ == there.__name__ and not name.startswith("_")
    }
    assert names - set(dir(here)) == set()


def test_every_constant_may_be_imported():
    constants = {name for name in dir(flask_cors.core) if name.isupper() and name[0] != "_"}
    assert constants - set(dir(ours.core)) == set()


@pytest.mark.parametrize("name", ["serialize_option", "get_cors_origins", "parse_resources"])
def test_function_that_is_not_here_says_so_when_it_is_called(name):
    with pytest.raises(NotImplementedError, match=f"{name} is .* keep this program to Flask-CORS"):
        getattr(ours.core, name)({}, "origins")


TEXTS = ("http://*.example.com", "*", PAGE, r"https://\w+", "a?", "[", re.compile("a"))


def test_text_is_taken_for_an_expression_as_by_flask_cors():
    for text in TEXTS:
        assert ours.core.probably_regex(text) == flask_cors.core.probably_regex(text)


@pytest.mark.parametrize("is_strict", [True, False])
def test_text_matches_as_in_flask_cors(is_strict):
    patterns = [*TEXTS, PAGE.upper(), re.compile("HTTPS"), re.compile("https"), re.compile("$")]
    for pattern in patterns:
        arguments = (PAGE, [pattern, "none"], is_strict)
        expected = flask_cors.core.try_match_any_pattern(*arguments)
        assert ours.core.try_match_any_pattern(*arguments) == expected


UNUSABLE = [
    ROW({"origins": None}, id="None-as-origins"),
    ROW({"origins": [7, b"https://app.example.com"]}, id="no-strings"),
    ROW({"origins": lambda origin: True}, id="callable"),
    ROW({"origins": re.compile(b".*")}, id="expression-for-bytes"),
]


@pytest.mark.parametrize("options", UNUSABLE)
def test_what_never_matches_is_told_and_shares_with_nobody(options):
    app = bare()
    with pytest.warns(UserWarning, match="origins: .* is ignored"):
        ours.CORS(app, **options)
    assert set(outcomes(app).values()) == {None}


@pytest.mark.parametrize("options", [{"methods": None}, {"allow_headers": None}])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_none_is_an_empty_list(options):
    assert outcome(governed(**options)(ours), PAGE, "/items", "PUT", headers={"X-A": "1"}) is None

"""An application that was written for Flask-CORS runs after its import is changed."""

from __future__ import annotations

import functools
import gc
import os
import re
import subprocess
import sys
import warnings
from datetime import timedelta

import pytest
from click.testing import CliRunner
from exchanges import ADMIN, EVERYBODY, EVIL, PAGE, callers, refusal
from flask import Blueprint, Flask, abort
from flask.cli import ScriptInfo
from flask.signals import request_started
from flask.views import MethodView

from wsgicors import ConfigError, CORSMiddleware, flask
from wsgicors.compat.flask_cors import CORS, core, cross_origin, views
from wsgicors.flask.command import cors_command

ROW = pytest.param


def get(app, path="/", origin=PAGE):
    return app.test_client().get(path, headers={"Origin": origin})


def preflight(app, path="/", origin=PAGE):
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    return app.test_client().options(path, headers=asked)


def shared_with(response):
    return response.headers.get("Access-Control-Allow-Origin")


def application(*, config=None, **options):
    """An application with a view for every path, governed by ``CORS`` with these options."""
    app = Flask("ported")
    app.config.update(config or {})
    app.add_url_rule("/", "root", lambda: "root", methods=["GET", "PUT"])
    app.add_url_rule("/<path:path>", "any", lambda path: path, methods=["GET", "PUT"])
    CORS(app, **options)
    return app


# --- what the introduction of Flask-CORS shows ----------------------------------------------------


def test_bare_extension_shares_every_route_with_everybody():
    app = application()
    assert callers(app, method="DELETE", headers={"X-Token": "1"}) == EVERYBODY
    assert "PUT" in preflight(app).headers["Access-Control-Allow-Methods"]


def test_resources_share_only_the_paths_that_they_name():
    app = application(resources={r"/api/*": {"origins": PAGE}})
    assert callers(app, "/api/v1/users") == {PAGE}
    assert callers(app, "/page") == set()
    assert "Vary" not in get(app, "/page").headers


def test_error_in_a_resource_names_it():
    wrong = {"/api/*": {"origins": PAGE}, "/public": {"origins": "*"}}
    with pytest.raises(ConfigError) as caught:
        application(resources=wrong, supports_credentials=True)
    (problem,) = caught.value.problems
    assert problem.message.startswith(
        'for the path /public: with supports_credentials, "*" does not mean everybody'
    )


def test_bare_decorator_shares_its_view_alone():
    app = Flask("ported")
    app.add_url_rule("/", "index", cross_origin()(lambda: "hello"), methods=["GET", "PUT"])
    app.add_url_rule("/other", "other", lambda: "other")
    assert callers(app, method="PUT") == EVERYBODY
    assert callers(app, "/other") == set()


def test_factory_initialises_later_and_may_say_more():
    cors = CORS(origins=PAGE, max_age=5)
    app = Flask("ported")
    cors.init_app(app, max_age=60)
    assert preflight(app).headers["Access-Control-Max-Age"] == "60"
    assert callers(app) == {PAGE}


def test_application_that_has_every_attribute_is_an_application():
    class Anything(Flask):
        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return lambda: None

    app = Anything("ported")
    CORS(app, origins=PAGE)
    assert shared_with(get(app)) == PAGE


# --- each option ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origins", "allowed", "denied"),
    [
        ROW(PAGE, PAGE, ADMIN, id="string"),
        ROW("https://APP.example.com", PAGE, ADMIN, id="string-in-capitals"),
        ROW([PAGE, ADMIN], ADMIN, EVIL, id="list"),
        ROW({PAGE}, PAGE, ADMIN, id="set"),
        ROW(re.compile(r"https://\w+\.example\.com$"), PAGE, EVIL, id="compiled"),
        ROW(r"https://\w+\.example\.com$", PAGE, EVIL, id="looks-like-a-regex"),
        ROW("https?://app.example.com$", PAGE, EVIL, id="optional-character"),
        ROW(
            "http://localhost:*",
            "http://localhost:5173",
            "http://localhost.evil.net",
            id="pattern-of-ports",
        ),
    ],
)
def test_origins(origins, allowed, denied):
    assert callers(application(origins=origins), pages={allowed, denied}) == {allowed}


@pytest.mark.parametrize("origins", ["*", ["*"], r".*", [PAGE, "*"]])
def test_any_origin_in_whatever_form_is_a_star(origins):
    assert shared_with(get(application(origins=origins), origin=EVIL)) == "*"


@pytest.mark.parametrize("methods", ["get, put", ["get", "put"]])
def test_methods_may_be_in_lower_case(methods):
    app = application(methods=methods)
    assert preflight(app).headers["Access-Control-Allow-Methods"] == "GET, PUT"
    assert refusal(app, PAGE, "/", "DELETE").reason == "method-not-allowed"


@pytest.mark.parametrize(
    ("options", "header", "value"),
    [
        ROW({}, "Allow-Headers", "*, Authorization", id="any-header-and-authorization"),
        ROW({"allow_headers": "X-A"}, "Allow-Headers", "X-A", id="header"),
        ROW({"allow_headers": ["X-A", "X-B"]}, "Allow-Headers", "X-A, X-B", id="headers"),
        ROW({"max_age": 60}, "Max-Age", "60", id="seconds"),
        ROW({"max_age": "60"}, "Max-Age", "60", id="numeric-string"),
        ROW({"max_age": timedelta(minutes=1)}, "Max-Age", "60", id="timedelta"),
        ROW({"max_age": None}, "Max-Age", None, id="no-max-age"),
        ROW(
            {"origins": PAGE, "supports_credentials": True},
            "Allow-Credentials",
            "true",
            id="credentials",
        ),
    ],
)
def test_option_of_a_preflight(options, header, value):
    assert preflight(application(**options)).headers.get(f"Access-Control-{header}") == value


def test_exposed_headers():
    app = application(expose_headers=["X-A", "X-B"])
    assert get(app).headers["Access-Control-Expose-Headers"] == "X-A, X-B"


@pytest.mark.parametrize(
    "option",
    [
        "send_wildcard",
        "vary_header",
        "intercept_exceptions",
        "always_send",
        "allow_private_network",
    ],
)
@pytest.mark.parametrize(
    "use",
    [
        ROW(lambda options: CORS(Flask("ported"), **options), id="extension"),
        ROW(lambda options: CORS().init_app(Flask("ported"), **options), id="init_app"),
        ROW(lambda options: CORS(Flask("ported"), resources={"/": options}), id="resource"),
        ROW(lambda options: cross_origin(**options), id="decorator"),
        ROW(
            lambda options: application(config={f"CORS_{name.upper()}": 1 for name in options}),
            id="config",
        ),
    ],
)
def test_option_without_meaning_is_ignored_with_one_warning(use, option):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        use({option: True})
    assert [str(warning.message).split(":")[0] for warning in caught] == [f"{option} is ignored"]


def test_warning_points_at_who_wrote_the_option():
    with pytest.warns(UserWarning, match="have replaced") as caught:
        cross_origin(allow_private_network=True)
    assert caught[0].filename == __file__


# --- what is wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ROW(
            {"supports_credentials": True},
            ["origins: ", 'with supports_credentials, "*" does not mean everybody'],
            id="any-origin-with-credentials",
        ),
        ROW(
            {"origins": r"https?://.*", "supports_credentials": True},
            ["origins: ", "with supports_credentials"],
            id="regex-for-any-origin-with-credentials",
        ),
        ROW(
            {"origins": "http://a.example", "supports_credentials": True},
            ["origins: ", "dangerously_allow_insecure_origins"],
            id="insecure-origin-with-credentials",
        ),
        ROW({"origins": "https://(a"}, ["is not a regular expression"], id="bad-regex"),
        ROW({"origins": ["(.*"]}, ["is not a regular expression"], id="any-but-open"),
        ROW({"origins": ".*)"}, ["is not a regular expression"], id="any-but-never-opened"),
        ROW({"resources": None}, ["resources: None"], id="resource"),
        ROW({"resources": "/(a"}, ["is not a regular expression"], id="resource-regex"),
    ],
)
def test_error_speaks_of_the_options_as_they_were_written(options, words):
    with pytest.raises(ConfigError) as caught:
        application(**options)
    ours = set(re.findall(r"\ballow_(?:origins|credentials|methods)\b", str(caught.value)))
    assert ours <= options.keys()
    for word in words:
        assert word in str(caught.value)


def test_insecure_origin_can_be_insisted_on():
    app = application(
        origins="http://a.example",
        supports_credentials=True,
        dangerously_allow_insecure_origins=True,
    )
    pages = {"http://a.example"}
    assert callers(app, pages=pages, credentials="include") == pages


def test_any_origin_with_credentials_on_a_view_goes_without_credentials(caplog):
    app = Flask("ported")
    app.testing = True
    app.add_url_rule("/", "index", cross_origin(supports_credentials=True)(lambda: "open"))
    assert callers(app) == EVERYBODY
    assert refusal(app, PAGE, "/", credentials="include").reason == "allow-origin-wildcard"
    (record,) = caplog.records
    assert "@cross_origin at tests/test_compat_flask_cors.py:" in record.message
    assert "without credentials: origins: " in record.message


def test_application_that_wsgicors_flask_governs_is_refused():
    app = Flask("ported")
    flask.CORS(app, allow_origins=PAGE)
    with pytest.raises(ConfigError, match="governs this application already"):
        CORS(app)


def test_view_that_wsgicors_flask_closes_stays_closed():
    app = application()
    app.add_url_rule("/secret", "secret", flask.same_origin(lambda: "secret"), methods=["PUT"])
    shown = flask.cross_origin(allow_origins=[PAGE])(lambda: "shown")
    app.add_url_rule("/shown", "shown", shown, methods=["PUT"])
    assert callers(app, "/secret", "PUT") == set()
    assert callers(app, "/shown", "PUT") == {PAGE}


STRICT = {"allow_origins": [PAGE], "refuse_denied": True}


def strict_view(app, view):
    app.add_url_rule("/", "pay", flask.cross_origin(**STRICT)(view), methods=["POST"])


def strict_method(app, view):
    class Pay(MethodView):
        post = flask.cross_origin(**STRICT)(lambda self: view())

    app.add_url_rule("/", view_func=Pay.as_view("pay"))


def strict_class(app, view):
    class Pay(MethodView):
        def post(self):
            return view()

    app.add_url_rule("/", view_func=flask.cross_origin(**STRICT)(Pay).as_view("pay"))


def strict_blueprint(app, view):
    blueprint = flask.cross_origin(**STRICT)(Blueprint("shop", __name__))
    # The narrower of the two still counts, and the other one opens nothing.
    CORS(blueprint, origins=[EVIL, PAGE])
    blueprint.add_url_rule("/", "pay", view, methods=["POST"])
    app.register_blueprint(blueprint)


def blueprint_that_becomes_strict_late(app, view):
    blueprint = Blueprint("shop", __name__)
    blueprint.add_url_rule("/", "pay", view, methods=["POST"])
    app.register_blueprint(blueprint)
    flask.cross_origin(**STRICT)(blueprint)


def closed_in_strict_blueprint(app, view):
    blueprint = flask.cross_origin(**STRICT)(Blueprint("shop", __name__))
    open_to_pages = flask.cross_origin(allow_origins=[PAGE])(flask.same_origin(view))
    blueprint.add_url_rule("/", "pay", open_to_pages, methods=["POST"])
    app.register_blueprint(blueprint)


STRICT_ONES = [
    strict_view,
    strict_method,
    strict_class,
    strict_blueprint,
    blueprint_that_becomes_strict_late,
    closed_in_strict_blueprint,
]
CROSS_SITE = {"Sec-Fetch-Site": "cross-site"}


def strict(make, *, is_early=True):
    """An application with a view that refuses, and what has run in it."""
    app, ran = Flask("half ported"), []
    app.before_request(lambda: ran.append("hook"))
    if is_early:
        CORS(app, origins=[PAGE, ADMIN])
    make(app, lambda: ran.append("view") or "paid")
    app.add_url_rule("/open", "open", lambda: ran.append("open") or "open", methods=["POST"])
    if not is_early:
        CORS(app, origins=[PAGE, ADMIN])
    return app, ran


@pytest.mark.parametrize("make", STRICT_ONES)
@pytest.mark.parametrize("is_early", [True, False])
@pytest.mark.parametrize(
    "headers",
    [
        ROW({"Origin": EVIL}, id="stranger"),
        ROW({"Origin": ADMIN, **CROSS_SITE}, id="shared-elsewhere"),
        ROW(CROSS_SITE, id="without-origin"),
    ],
)
def test_what_a_decorator_of_wsgicors_flask_refuses_does_nothing(make, is_early, headers):
    app, ran = strict(make, is_early=is_early)
    response = app.test_client().post("/", headers=headers)
    assert (response.status_code, shared_with(response), ran) == (403, None, [])


@pytest.mark.parametrize("make", STRICT_ONES)
def test_what_is_not_denied_or_not_foreign_is_not_refused(make):
    app, ran = strict(make)
    allowed = {"Origin": PAGE} if make is not closed_in_strict_blueprint else {}
    for headers in (allowed, {}, {"Origin": EVIL, "Sec-Fetch-Site": "same-origin"}):
        assert app.test_client().post("/", headers=headers).text == "paid"
    assert app.test_client().post("/open", headers={"Origin": EVIL}).text == "open"
    assert ran == [*["hook", "view"] * 3, "hook", "open"]


@pytest.mark.parametrize("make", [strict_view, strict_class, strict_blueprint])
def test_method_that_is_not_routed_is_refused_with_the_others(make):
    app, ran = strict(make)
    assert app.test_client().delete("/", headers={"Origin": EVIL}).status_code == 403
    assert ran == []


def test_websocket_that_a_decorator_of_wsgicors_flask_refuses_does_nothing():
    app, ran = Flask("half ported"), []
    view = flask.cross_origin(**STRICT)(lambda: ran.append("view") or "")
    app.add_url_rule("/", "chat", view, websocket=True)
    CORS(app, origins=[PAGE])
    handshake = {"Connection": "Upgrade", "Upgrade": "websocket", "Origin": EVIL}
    assert app.test_client().get("/", headers=handshake).status_code == 403
    assert ran == []
    assert app.test_client().get("/", headers={**handshake, "Origin": PAGE}).status_code == 200


def test_view_that_is_shared_with_fewer_stays_so_below_wsgicors_flask():
    app = Flask("ported")
    view = cross_origin(origins=[ADMIN])(lambda: "narrow")
    app.add_url_rule("/", "narrow", view, methods=["GET", "PUT"])
    flask.CORS(app, allow_origins="*")
    shared = {page for page in EVERYBODY if refusal(app, page, "/") is None}
    assert shared == {ADMIN}


def test_decorator_that_wsgicors_flask_cannot_find_is_told_that_preflights_do_not_know_it(caplog):
    def view():
        return cross_origin(origins=[ADMIN])(lambda: "narrow")()

    app = Flask("half ported")
    app.add_url_rule("/", "narrow", view)
    flask.CORS(app, allow_origins=[PAGE])
    assert shared_with(get(app)) is None
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "@cross_origin at tests/" in record.message
    assert "import cross_origin from wsgicors.flask" in record.message


# --- where options come from --------------------------------------------------------------------------


def test_config_says_less_than_arguments():
    config = {"CORS_ORIGINS": [PAGE], "CORS_MAX_AGE": 60, "CORS_RESOURCES": r"/api/.*"}
    app = application(config=config, max_age=5)
    assert callers(app, "/api/items", "PUT") == {PAGE}
    assert preflight(app, "/api/items").headers["Access-Control-Max-Age"] == "5"
    assert callers(app, "/page") == set()


@pytest.mark.parametrize("is_governed", [False, True])
def test_config_narrows_a_bare_decorator(is_governed):
    app = Flask("ported")
    app.config.update(CORS_ORIGINS=PAGE, CORS_SUPPORTS_CREDENTIALS=True)
    app.add_url_rule("/", "index", cross_origin()(lambda: "hello"))
    if is_governed:
        CORS(app, resources="/nothing", origins="*", supports_credentials=False)
    assert callers(app, credentials="include") == {PAGE}


def test_two_applications_may_share_a_view_but_not_their_config():
    view = cross_origin()(lambda: "hello")
    apps = [Flask("one"), Flask("two")]
    for app, origin in zip(apps, (PAGE, ADMIN)):
        app.config["CORS_ORIGINS"] = origin
        app.add_url_rule("/", "index", view)
    assert [callers(app) for app in apps] == [{PAGE}, {ADMIN}]


def test_decorator_does_not_inherit_from_the_extension():
    app = Flask("ported")
    app.add_url_rule("/", "index", cross_origin(origins=ADMIN)(lambda: "hello"), methods=["PUT"])
    CORS(app, origins=PAGE, supports_credentials=True, max_age=60)
    assert callers(app, method="PUT") == {ADMIN}
    answer = preflight(app, origin=ADMIN)
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Access-Control-Max-Age" not in answer.headers


def test_options_of_a_resource_replace_those_of_the_extension():
    app = application(
        origins=PAGE, max_age=60, resources={"/a": {"origins": ADMIN}, "/b": {"max_age": 5}}
    )
    assert preflight(app, "/a", origin=ADMIN).headers["Access-Control-Max-Age"] == "60"
    assert preflight(app, "/b").headers["Access-Control-Max-Age"] == "5"


# --- paths -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [list, reversed])
def test_most_specific_resource_decides_in_whatever_order_they_are_written(turn):
    rules = [
        (r"/api/*", "https://general.example"),
        (r"/api/admin/.*", "https://longer.example"),
        (re.compile(r"/api/x\d"), "https://compiled.example"),
        ("/api/admin/exact", "https://path.example"),
        ("/api", "https://short.example"),
    ]
    app = application(resources={key: {"origins": origin} for key, origin in turn(rules)})
    decided = {
        "/api/items": "https://general.example",
        "/api/admin/users": "https://longer.example",
        "/api/x7": "https://compiled.example",
        "/api/admin/exact": "https://path.example",
        "/api": "https://short.example",
    }
    for path, origin in decided.items():
        assert callers(app, path, pages=set(decided.values())) == {origin}, path


@pytest.mark.parametrize("resources", ["/api/.*", ["/api/.*"], [re.compile("/api/.*")]])
def test_resources_may_be_a_pattern_or_a_list(resources):
    app = application(resources=resources, origins=PAGE)
    assert callers(app, "/api/a") == {PAGE}
    assert callers(app, "/a") == set()


def test_only_resources_in_a_star_mean_all_paths():
    assert callers(application(resources="*"), "/any/path") == EVERYBODY


@pytest.mark.parametrize(
    "path",
    [
        ROW("/public/../private/a", id="CVE-2020-25032"),
        ROW("/public/%2e%2e/private/a", id="encoded-dots"),
        ROW("/public/%252e%252e/private/a", id="dots-encoded-twice"),
        ROW("/public/..%5cprivate/a", id="backslash"),
        ROW("/public/..%2fprivate/a", id="encoded-slash"),
        ROW("/public//../../private/a", id="empty-segments"),
        ROW("/x//private/a/../../../public/a", id="private-inside"),
    ],
)
def test_path_that_can_be_read_as_of_two_resources_is_shared_with_nobody(path):
    app = application(
        resources={r"/public/.*": {"origins": "*"}, r"/private/.*": {"origins": ADMIN}}
    )
    for origin in (EVIL, ADMIN):
        assert shared_with(get(app, path, origin)) is None
        assert shared_with(preflight(app, path, origin=origin)) is None


@pytest.mark.parametrize(
    ("path", "pages"),
    [
        ROW("/service+prefix/a", {ADMIN}, id="CVE-2024-6844-plus-is-no-blank"),
        ROW("/Service+Prefix/a", set(), id="CVE-2024-6866-case-counts"),
        ROW("/service%2Bprefix/a", {ADMIN}, id="encoded-plus"),
        ROW("/service prefix/a", set(), id="blank-is-no-plus"),
    ],
)
def test_path_is_compared_as_it_is(path, pages):
    app = application(resources={r"/service\+prefix/.*": {"origins": ADMIN}})
    assert callers(app, path) == pages


def test_path_is_read_as_flask_reads_it():
    assert callers(application(resources="/café"), "/caf%C3%A9") == EVERYBODY


def test_longer_pattern_is_not_overtaken_by_a_broader_one():
    """The order that CVE-2024-6839 is about."""
    app = application(resources={r"/api/*": {"origins": "*"}, r"/api/users/me": {"origins": ADMIN}})
    assert callers(app, "/api/users/me") == {ADMIN}


@pytest.mark.parametrize("path", ["/public/", "/public/100%25", "/public/caf%C3%A9", "/public/a+b"])
def test_ordinary_path_has_one_reading(path):
    app = application(resources={r"/public/(?!$)|/public/$": {"origins": "*"}, "/x": {}})
    assert callers(app, path) == EVERYBODY


# --- around views ----------------------------------------------------------------------------------


def test_errors_carry_the_headers():
    app = application(origins=PAGE)
    app.add_url_rule("/crash", "crash", lambda: 1 // 0)
    app.add_url_rule("/denied", "denied", lambda: abort(401))
    assert callers(app, "/crash") == {PAGE}
    assert callers(app, "/denied") == {PAGE}


@pytest.mark.parametrize("order", ["before", "after"])
def test_blueprint_speaks_for_its_own_views(order):
    app = Flask("ported")
    if order == "before":
        CORS(app, origins=ADMIN)
    blueprint = Blueprint("api", "ported", url_prefix="/api")
    blueprint.add_url_rule("/items", "items", lambda: "items", methods=["GET", "PUT"])
    blueprint.add_url_rule(
        "/own", "own", cross_origin(origins=EVIL)(lambda: "own"), methods=["GET"]
    )
    CORS(blueprint, origins=PAGE, supports_credentials=True)
    app.register_blueprint(blueprint)
    app.add_url_rule("/", "index", lambda: "index")
    if order == "after":
        CORS(app, origins=ADMIN)
    assert callers(app, "/api/items", "PUT", credentials="include") == {PAGE}
    assert callers(app) == {ADMIN}
    assert callers(app, "/api/own") == {EVIL}
    refused = refusal(app, EVIL, "/api/own", credentials="include")
    assert refused.reason == "allow-credentials-missing"


def test_blueprint_without_extension_leaves_other_views_alone():
    outer, inner = Blueprint("outer", "ported"), Blueprint("inner", "ported", url_prefix="/in")
    inner.add_url_rule("/a", "a", lambda: "a")
    inner.add_url_rule("/b", "b", lambda: "b")
    CORS(inner, origins=ADMIN, resources="/in/a")
    CORS(outer, origins=PAGE)
    outer.register_blueprint(inner)
    app = Flask("ported")
    app.config["CORS_ORIGINS"] = EVIL
    app.register_blueprint(outer)
    app.add_url_rule("/", "index", lambda: "index")
    assert callers(app, "/in/a") == {ADMIN}
    assert callers(app, "/in/b") == {PAGE}
    assert "Vary" not in get(app, "/").headers


@pytest.mark.parametrize("is_governed", [False, True])
def test_method_of_a_view_class_keeps_its_own_options(is_governed):
    class Items(MethodView):
        @cross_origin(origins=PAGE)
        def get(self):
            return "items"

        def put(self):
            return "put"

    app = Flask("ported")
    app.add_url_rule("/", view_func=Items.as_view("items"))
    if is_governed:
        CORS(app, resources="/nothing")
    assert callers(app) == {PAGE}
    assert callers(app, method="PUT") == set()


def test_two_extensions_may_have_a_resource_each():
    app = application(resources="/a", origins=PAGE)
    CORS(app, resources="/b", origins=ADMIN)
    assert callers(app, "/a") == {PAGE}
    assert callers(app, "/b") == {ADMIN}


# --- what programs import --------------------------------------------------------------------------


def test_star_brings_the_extension_and_the_decorator_alone():
    names = {}
    exec("from wsgicors.compat.flask_cors import *", names)
    assert names.keys() - {"__builtins__"} == {"CORS", "cross_origin"}


PROGRAM = """
import flask, flask_cors
from flask_cors import *
from flask_cors.core import ACL_ORIGIN, ALL_METHODS, RegexObject
from flask_cors.decorator import cross_origin
from flask_cors.extension import CORS as Extension
from flask_cors.version import __version__

assert CORS is Extension and flask_cors.__version__ == __version__
app = flask.Flask("program")
CORS(app, origins=["https://app.example.com"])
app.add_url_rule("/", "index", cross_origin()(lambda: "index"))
print(CORS.__module__, app.test_client().get("/").headers[ACL_ORIGIN])
"""


def test_program_that_cannot_be_edited_runs_with_it(tmp_path):
    """As the documentation says it, with Flask-CORS installed."""
    (tmp_path / "flask_cors.py").write_text("import wsgicors.compat.flask_cors.instead\n")
    (tmp_path / "program").write_text(PROGRAM)
    command = [sys.executable, tmp_path / "program"]
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    environ = {**os.environ, "PYTHONPATH": path}
    output = subprocess.check_output(command, env=environ, text=True, timeout=60)
    assert output == "wsgicors.compat.flask_cors.extension *\n"


def test_bare_decorator_says_what_is_missing():
    with pytest.raises(ConfigError, match=r"write @cross_origin\(\)"):

        @cross_origin
        def view():
            return "view"


@pytest.mark.parametrize("ignored", ["*", Flask("other")])
def test_positional_argument_is_ignored_with_a_warning(ignored):
    with pytest.warns(UserWarning, match="@cross_origin: .* is ignored") as caught:
        cross_origin(ignored)
    assert caught[0].filename == __file__


def test_options_that_a_program_asks_for_each_time_are_told_of_once(caplog):
    app = Flask("ported")
    core._log_once.cache_clear()
    for _ in range(3):
        core.get_cors_options(app, {"supports_credentials": True})
    (record,) = caplog.records
    assert record.message.startswith("get_cors_options: without credentials: origins: ")


# --- app.config --------------------------------------------------------------------------------------


def test_keys_stay_readable():
    config = {"CORS_ORIGINS": [PAGE], "CORS_MAX_AGE": 60}
    app = application(config=config)
    callers(app)
    assert {key: app.config[key] for key in config} == config


def test_keys_that_flask_cors_never_read_are_ignored_with_a_warning_each():
    keys = ("CORS_HEADERS", "CORS_OPTIONS", "CORS_ENABLED")
    with pytest.warns(UserWarning, match="does not read it") as caught:
        app = application(config=dict.fromkeys(keys, "Content-Type"))
    assert [next(key for key in keys if key in str(each.message)) for each in caught] == [*keys]
    assert callers(app, method="PUT", headers={"Authorization": "1"}) == EVERYBODY


def test_keys_that_nobody_reads_are_told_of_once_if_they_come_late(caplog):
    with pytest.warns(UserWarning, match="CORS_ENABLED"):
        app = application(config={"CORS_ENABLED": True})
    app.config["CORS_HEADERS"] = "Content-Type"
    for _ in range(2):
        assert callers(app, method="PUT", headers={"Authorization": "1"}) == EVERYBODY
    told = [each.getMessage() for each in caplog.records if "does not read it" in each.message]
    assert told == [
        "app.config['CORS_HEADERS'] is ignored: Flask-CORS does not read it; write CORS_ALLOW_HEADERS"
    ]


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("CORS_ORIGIN", "write CORS_ORIGINS"),
        ("CORS_ALLOW_ORIGINS", "write CORS_ORIGINS"),
        (
            "CORS_REFUSE_DENIED",
            "it refuses nothing; write CORS(app, refuse_denied=True) of wsgicors",
        ),
        ("CORS_ENABLED", "leave it out"),
    ],
)
def test_who_wrote_a_key_to_close_something_is_told_how_to_write_it(key, advice):
    with pytest.warns(UserWarning, match="does not read it") as caught:
        application(config={key: "https://app.example.com"})
    assert f"does not read it; {advice}" in str(caught[0].message)


def test_who_wants_to_refuse_is_told_that_this_library_refuses_nothing():
    with pytest.warns(UserWarning, match=r"refuses nothing; write CORS\(app, refuse_denied=True\)"):
        application(refuse_denied=True)


def test_list_in_the_configuration_that_changes_is_seen_by_decorators():
    app = Flask("ported")
    app.config["CORS_ORIGINS"] = [PAGE]
    app.add_url_rule("/", "index", cross_origin()(lambda: "hello"))
    assert callers(app) == {PAGE}
    app.config["CORS_ORIGINS"].append(ADMIN)
    assert callers(app) == {PAGE, ADMIN}


# --- what is told ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ROW(
            {"origins": r"https://app\.example\.com"},
            r"has no \$ at its end.*Write \$ at",
            id="no-end",
        ),
        ROW({"origins": re.compile("https://a")}, r"has no \$ at", id="compiled-without-an-end"),
        ROW(
            {"origins": r"(?i)(?s)https://app\.example\.com"},
            r"has no \$ at its end",
            id="several-flags-and-no-end",
        ),
        ROW({"origins": r"app\.example\.com$"}, "matches no origin", id="never-matches"),
        ROW({"origins": r"app\.example\.com"}, "matches no origin", id="never-nor-has-an-end"),
        ROW({"origins": "^null$"}, "allows 'null' alone: it matches no origin", id="null"),
        ROW({"origins": [PAGE, r"https://a\.example/$"]}, "matches no origin", id="a-path"),
        ROW({"origins": "https://*.example.com"}, r"for subdomains write", id="no-pattern"),
        ROW({"origins": "app.example.com"}, "write 'https://app.example.com'", id="no-scheme"),
        ROW({"origins": [""]}, "'' is ignored.*it is empty", id="empty"),
        ROW({"origins": f"{PAGE},{ADMIN}"}, "write a list of strings", id="one-string"),
        ROW({"origins": [None]}, "it is no string", id="None"),
        ROW({"methods": ["TRACE"]}, "methods: 'TRACE' is ignored", id="method"),
        ROW({"methods": "*"}, "write the methods", id="any-method"),
        ROW({"allow_headers": ["Cookie"]}, "allow_headers: 'Cookie' is ignored", id="header"),
        ROW({"expose_headers": "Set-Cookie"}, "expose_headers: 'Set-Cookie'", id="exposed"),
        ROW({"max_age": "10m"}, "max_age: '10m' is ignored", id="age"),
        ROW({"max_age": 10**6}, "is cut to 86400", id="long-age"),
        ROW({"supports_credentials": "false"}, "'false' is read as False", id="flag"),
        ROW({"orgins": PAGE}, "'orgins' is ignored: .*; write origins", id="misspelled"),
        ROW({"allow_origins": PAGE}, "write origins", id="name-of-ours"),
        ROW({"pineapple": 1}, "the options are origins, ", id="unknown"),
        ROW({"resources": {"/a": {"orgins": 1}, "/b": {"orgins": 1}}}, "write origins", id="twice"),
    ],
)
def test_what_flask_cors_ignored_is_ignored_with_one_warning(options, words):
    with pytest.warns(UserWarning, match=words) as caught:
        application(**options)
    (warning,) = caught
    assert warning.filename == __file__


def test_error_says_where_the_program_says_so_and_which_key_may_say_else():
    with pytest.raises(ConfigError) as caught:
        application(supports_credentials=True)
    (problem,) = caught.value.problems
    assert "tests/test_compat_flask_cors.py:" in problem.message
    assert "app.config['CORS_ORIGINS']" in problem.message
    assert "callable" not in problem.message
    assert "[...]" not in problem.message


SLOW = r"/(a+)+$"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ROW({"resources": SLOW}, "resources: '/(a+)+$' can take very long", id="path"),
        ROW({"resources": {"/": {}, re.compile(SLOW): {}}}, "can take very long", id="compiled"),
        ROW({"allow_headers": ["x-a", "x-(.*-)*.*id$"]}, "allow_headers: 'x-(.*-)*", id="header"),
        ROW({"resources": "( +)+x"}, "can take very long", id="no-character-of-origins"),
    ],
)
def test_expression_for_what_a_client_sends_that_can_take_very_long_is_refused(options, words):
    with pytest.raises(ConfigError, match=re.escape(words)):
        application(**options)


def test_long_path_is_not_put_to_an_expression_that_can_take_long():
    with pytest.warns(UserWarning, match="paths of more than 74 characters are shared with nobody"):
        app = application(resources={"/.*a.*b.*c.*d": {"origins": PAGE}, "/.*": {}})
    assert [shared_with(get(app, "/" + "a" * length)) for length in (70, 75)] == ["*", None]


def test_long_name_of_a_header_is_not_put_to_an_expression_that_can_take_long():
    app = application(allow_headers=r"x-.*a.*b.*c.*d$")
    for name, words in (("x-abcd", "x-abcd"), (f"x-abc{'a' * 90}d", None)):
        asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": name}
        answer = app.test_client().options("/", headers={"Origin": PAGE, **asked})
        assert answer.headers.get("Access-Control-Allow-Headers") == words


@pytest.mark.parametrize(
    "origins", [r"https://a\.example|https://b\.example$", "^https://", "(a://b$)?"]
)
def test_expression_of_which_a_branch_has_no_end_is_told(origins):
    with pytest.warns(UserWarning, match="no \\$ at its end .*or .* if all of them are meant"):
        application(origins=origins)


def test_application_that_allows_credentials_itself_is_told_where_that_would_open_a_door(caplog):
    app = application(supports_credentials=False)
    app.after_request_funcs[None].append(with_credentials)
    assert [shared_with(get(app)) for _ in range(2)] == ["*", "*"]
    (record,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert "Credentials: true, which the application sends, is left out" in record.getMessage()


def with_credentials(response):
    response.headers["Access-Control-Allow-Credentials"] = "true"
    return response


def blueprint_within(around):
    """A blueprint that shares with PAGE, inside of something that shares with ADMIN too."""
    app, api = Flask("ported"), Blueprint("api", "ported")
    api.add_url_rule("/", "root", lambda: "root")
    api.add_url_rule("/own", "own", cross_origin(origins=[ADMIN])(lambda: "own"))
    CORS(api, origins=[PAGE])
    outer = Blueprint("outer", "ported") if around == "blueprint" else app
    CORS(outer, origins=[PAGE, ADMIN])
    outer.register_blueprint(api)
    if outer is not app:
        app.register_blueprint(outer)
    return app


@pytest.mark.parametrize("around", ["application", "blueprint"])
def test_blueprint_that_is_shared_with_fewer_than_what_is_around_it_is_told_once(around, caplog):
    app = blueprint_within(around)
    assert [shared_with(get(app, origin=origin)) for origin in (PAGE, EVIL)] == [PAGE, None]
    assert shared_with(get(app, "/own", ADMIN)) == ADMIN
    assert shared_with(get(app, "/own", PAGE)) is None
    assert not caplog.records
    assert [shared_with(get(app, origin=ADMIN)) for _ in range(2)] == [None, None]
    (record,) = caplog.records
    assert "name it in both" in record.getMessage()


def test_error_shows_an_expression_as_the_program_wrote_it():
    with pytest.raises(ConfigError, match=r"^origins: 'https://\.\*example\\\\\.com' also allows"):
        application(origins=r"https://.*example\.com", supports_credentials=True)


# --- no setting becomes an error of the server ----------------------------------------------------------


def test_view_whose_settings_would_open_a_door_is_shared_with_nobody(caplog):
    app = Flask("ported")
    app.config.update(CORS_ORIGINS=["https://(a"], CORS_SUPPORTS_CREDENTIALS=True)
    app.add_url_rule("/", "index", cross_origin()(lambda: "hello"))
    assert callers(app) == set()
    assert get(app).status_code == 200
    assert [record.message.split(": ")[1] for record in caplog.records] == [
        "without credentials",
        "shared with nobody",
    ]


LONG = ROW("x-" + "a" * 100_000, id="long")


@pytest.mark.parametrize("asked", ["cookie", LONG, "x-a,,", "x-\u00e9", "*"])
def test_header_that_an_expression_matches_is_granted_only_if_it_can_be(asked):
    app = application(allow_headers=r".+$")
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": asked,
    }
    answer = app.test_client().options("/", headers=asked)
    assert answer.status_code == 200
    assert answer.headers.get("Access-Control-Allow-Headers", "x-a") in ("x-a", "*")


def test_closed_view_of_wsgicors_flask_that_another_view_runs_stays_closed(caplog):
    app = Flask("example")
    views = {"secret": flask.same_origin(lambda: "secret"), "open": lambda: "open"}
    app.add_url_rule("/<name>", "index", lambda name: views[name](), methods=["GET", "POST"])
    CORS(app, origins=[PAGE], supports_credentials=True)
    client = app.test_client()
    assert client.get("/open", headers={"Origin": PAGE}).access_control_allow_origin == PAGE
    for _ in range(2):
        answer = client.get("/secret", headers={"Origin": PAGE})
        assert (answer.text, answer.access_control_allow_origin) == ("secret", None)
    assert "shared with nobody" in caplog.text


# --- decorators above the route --------------------------------------------------------------------


OURS = cross_origin(origins=PAGE)


def with_header(view):
    @functools.wraps(view)
    def wrapper():
        return view()

    return wrapper


def decorated(*decorators, around):
    """An application, with decorators on its view, the outermost first.

    :param around: what shares it: ``CORS(app)``, ``CORS(blueprint)`` or another view's decorator.
    """
    app, blueprint = Flask("ported"), Blueprint("shop", "ported")
    routes = {"route": blueprint.get("/me")}
    view = lambda: "secret"  # noqa: E731 - each application needs one of its own
    view.__name__ = "me"
    for decorator in reversed(decorators):
        view = routes.get(decorator, decorator)(view)
    app.get("/other")(cross_origin(origins=PAGE)(lambda: "other"))
    if around != "decorator":
        CORS(app if around == "application" else blueprint, origins=PAGE)
    app.register_blueprint(blueprint)
    return app


AROUND = pytest.mark.parametrize("around", ["application", "blueprint", "decorator"])


@AROUND
@pytest.mark.parametrize(
    "decorators",
    [
        ROW([flask.same_origin, "route"], id="above the route"),
        ROW([flask.cross_origin(max_age=5), "route"], id="with fields"),
        ROW([flask.same_origin, with_header, "route", with_header], id="beside other decorators"),
        ROW([cross_origin(origins=PAGE), flask.same_origin, "route"], id="below one of ours"),
    ],
)
def test_decorator_of_wsgicors_flask_above_the_route_is_an_error(around, decorators):
    app = decorated(*decorators, around=around)
    path = "/other" if around == "decorator" else "/me"
    response = get(app, path)
    assert (response.status_code, shared_with(response)) == (500, None)
    assert b"secret" not in response.data
    app.testing = True
    for _ in range(2):
        with pytest.raises(ConfigError, match="put it below the route"):
            get(app, path)


@AROUND
def test_decorator_of_wsgicors_flask_whose_result_nobody_keeps_is_an_error(around):
    app = decorated("route", cross_origin(origins=PAGE), around=around)
    flask.same_origin(app.view_functions["shop.me"])
    app.testing = True
    with pytest.raises(ConfigError, match="pass its result to Flask"):
        get(app, "/me")


@AROUND
@pytest.mark.parametrize(
    "decorators",
    [
        ["route", flask.same_origin],
        ["route", flask.same_origin, cross_origin(origins=PAGE)],
        ["route", cross_origin(origins=PAGE), flask.same_origin],
        ["route", with_header, flask.same_origin],
    ],
)
def test_decorator_of_wsgicors_flask_below_the_route_is_none(around, decorators):
    app = decorated(*decorators, around=around)
    assert callers(app, "/me") == set()
    assert callers(app, "/other") == {PAGE}


def without_effect(caplog):
    return [record for record in caplog.records if "has no effect" in record.getMessage()]


@AROUND
@pytest.mark.parametrize(
    "decorators",
    [
        ROW([cross_origin(origins=ADMIN), "route"], id="above the route"),
        ROW([cross_origin(origins=ADMIN), with_header, "route"], id="above another decorator"),
        ROW([cross_origin(origins=ADMIN), "route", with_header], id="above the route of another"),
        ROW([cross_origin(origins=ADMIN), "route", OURS], id="above one of ours"),
    ],
)
def test_decorator_above_the_route_is_ignored_with_one_warning(around, decorators, caplog):
    app = decorated(*decorators, around=around)
    for path in ("/other", "/me", "/me"):
        assert get(app, path).status_code == 200
    (record,) = without_effect(caplog)
    assert (record.name, record.levelname) == ("wsgicors", "WARNING")
    for part in ("@cross_origin at tests/", "endpoint 'shop.me' (/me)", "put it below the route"):
        assert part in record.getMessage()


needs_signals = pytest.mark.skipif(
    not hasattr(request_started, "receivers"), reason="Flask 2.2 has no signals without blinker"
)


@needs_signals
@pytest.mark.parametrize(
    "share",
    [
        ROW(lambda app: app, id="alone"),
        ROW(lambda app: CORSMiddleware(app, allow_origins=[PAGE]), id="CORSMiddleware"),
    ],
)
def test_decorator_above_the_only_route_is_told_of_where_nothing_else_is_in_use(share, caplog):
    app = Flask("ported")

    @cross_origin(origins=ADMIN)
    @app.get("/me")
    def me():
        return "me"

    shared = share(app)
    assert callers(shared, "/me") == (set() if shared is app else {PAGE})
    (record,) = without_effect(caplog)
    for part in ("@cross_origin at tests/", "endpoint 'me' (/me)", "put it below the route"):
        assert part in record.getMessage()


@needs_signals
def test_nothing_listens_to_requests_once_all_decorators_are_known_to_have_a_route():
    gc.collect()
    views._undecided.clear()
    app = Flask("ported")
    app.get("/me")(cross_origin(origins=ADMIN)(lambda: "me"))
    assert views._undecided
    assert views._tell_of_decorators in request_started.receivers_for(None)
    assert callers(app, "/me") == {ADMIN}
    assert views._tell_of_decorators not in request_started.receivers_for(None)


@AROUND
def test_decorator_whose_result_nobody_keeps_is_ignored_with_one_warning(around, caplog):
    app = decorated("route", around=around)
    cross_origin(origins=ADMIN)(app.view_functions["shop.me"])
    assert get(app, "/other").status_code == 200
    assert len(without_effect(caplog)) == 1


@AROUND
@pytest.mark.parametrize(
    "decorators",
    [
        ["route", cross_origin(origins=ADMIN)],
        ["route", with_header, cross_origin(origins=ADMIN), with_header],
        ["route", cross_origin(origins=ADMIN), cross_origin(origins=PAGE)],
    ],
)
def test_decorator_below_a_route_is_not_told_of(around, decorators, caplog):
    app = decorated(*decorators, around=around)
    assert {get(app, path).status_code for path in ("/other", "/me")} == {200}
    assert without_effect(caplog) == []


def test_decorated_view_of_several_applications_is_not_told_of(caplog):
    def index():
        return "index"

    apps = [Flask("one"), Flask("two")]
    for app in apps:
        CORS(app, origins=PAGE)
        app.add_url_rule("/", view_func=cross_origin(origins=ADMIN)(index))
    assert [shared_with(get(app, origin=ADMIN)) for app in apps] == [ADMIN, ADMIN]
    assert without_effect(caplog) == []


def test_view_that_is_decorated_anew_each_time_leaves_nothing_behind():
    def index():
        return "index"

    for _ in range(100):
        cross_origin(origins=ADMIN)(index)
    assert len(views._places.get(index)) == 1


def test_endless_chain_of_wrapped_views_ends():
    class Endless:
        __name__ = "endless"

        def __getattr__(self, name):
            if name in ("methods", "required_methods", "provide_automatic_options"):
                raise AttributeError(name)
            return Endless()

        def __call__(self):
            return "endless"

    app = Flask(__name__)
    CORS(app, origins=PAGE)
    app.add_url_rule("/", view_func=Endless())
    assert shared_with(get(app)) == PAGE


def test_command_tells_of_a_decorator_above_the_route():
    app = decorated(flask.same_origin, "route", around="application")
    result = CliRunner().invoke(cors_command, obj=ScriptInfo(create_app=lambda: app))
    assert result.exit_code == 1
    assert "above the route" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("used", "told"),
    [
        (lambda app, of: of.cross_origin(origins=PAGE), "endpoint 'admin'"),
        (lambda app, of: of.CORS(app, origins=PAGE), "the application"),
        (lambda app, of: None, None),
    ],
)
def test_flask_cors_that_is_still_in_use_is_told_of_once(used, told, caplog):
    import flask_cors

    app = Flask("example")
    decorate = used(app, flask_cors)
    view = lambda: "users"  # noqa: E731 - each needs one of its own
    app.add_url_rule("/", "admin", decorate(view) if callable(decorate) else view)
    CORS(app, origins=[PAGE, ADMIN])
    for _ in range(2):
        app.test_client().get("/", headers={"Origin": ADMIN})
    lines = [each.getMessage() for each in caplog.records if "itself is still in use" in each.msg]
    assert [f"for {told}, beside" in line for line in lines] == [True] * (told is not None)

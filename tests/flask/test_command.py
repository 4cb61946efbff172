"""``flask cors``: what it says of an application, to whom, and with which exit status."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys

import pytest
from flask import Blueprint, Flask, current_app
from flask.views import MethodView
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule

from wsgicors import CORSMiddleware
from wsgicors.compat import flask_cors as compatible
from wsgicors.flask import CORS, cross_origin, same_origin
from wsgicors.flask.command import cors_command
from wsgicors.testing import Browser, CORSError

APP, ADMIN = "https://app.example.com", "https://admin.example.com"


def view(**url_values):
    return "seen"


class Basket(MethodView):
    def get(self):
        return "seen"

    @cross_origin(allow_headers=["X-Key"])
    def post(self):
        return "seen"


def is_partner(origin, environ):
    return current_app.name == __name__ and origin == "https://partner.example"


def create_shop():
    """An application with something said in every place where something can be said."""
    app = Flask(__name__)
    app.config["CORS_MAX_AGE"] = "600"
    CORS(
        app,
        allow_origins=[APP],
        allow_headers=["Content-Type"],
        endpoints={"static": {"allow_origins": "*"}},
    )
    admin = Blueprint("admin", __name__, url_prefix="/admin")
    cross_origin(allow_origins=[ADMIN], allow_credentials=True)(admin)
    admin.add_url_rule("/users", "users", view)
    admin.add_url_rule("/reindex", "reindex", same_origin(lambda: "seen"), methods=["POST"])
    app.register_blueprint(admin)
    app.add_url_rule("/basket", view_func=Basket.as_view("basket"))
    app.add_url_rule("/items/<int:id>", "get_item", view)
    put_item = cross_origin(allow_origins=[ADMIN], expose_headers=["X-Total"])(lambda **url: "seen")
    app.add_url_rule("/items/<int:id>", "put_item", put_item, methods=["PUT"])
    partners = cross_origin(allow_origins=is_partner)(lambda: "seen")
    app.add_url_rule("/partners", "partners", partners)
    fonts = cross_origin(allow_origins=[re.compile("https://[ab].example"), "http://localhost:*"])
    app.add_url_rule("/fonts/<path:name>", "fonts", fonts(lambda name: "seen"))
    read_only = cross_origin(allow_methods=["GET"])(lambda: "seen")
    app.add_url_rule("/prices", "prices", read_only, methods=["GET", "PATCH", "POST"])
    return app


def create_half_decorated():
    """No extension, one decorated view."""
    app = Flask(__name__)
    app.add_url_rule("/shared", "shared", cross_origin(allow_origins="*")(lambda: "seen"))
    app.add_url_rule("/other", "other", view, methods=["POST"])
    return app


def create_contradicting():
    """Two conflicts that only merging brings out."""
    app = Flask(__name__)
    CORS(app, allow_origins=[APP], allow_credentials=True)
    app.add_url_rule("/feed", "feed", cross_origin(allow_origins="*")(lambda: "seen"))
    app.add_url_rule("/count", "count", cross_origin(expose_headers="*")(lambda: "seen"))
    return app


def create_misspelled():
    """Wrong by itself, so that loading the application fails."""
    return CORS(Flask(__name__), orgins=APP)


def invoke(app, *arguments, width=160, **extra):
    environment = {"COLUMNS": str(width), **extra}
    return app.test_cli_runner().invoke(cors_command, arguments, env=environment)


def output_of(app, *arguments, **environment):
    result = invoke(app, *arguments, **environment)
    assert result.exit_code == 0, result.output
    return result.output


def words_of(app, *arguments, **environment):
    """The output without regard to where its lines end."""
    return " ".join(output_of(app, *arguments, **environment).split())


def routes_of(app, *arguments):
    """The routes as JSON, by rule and first method."""
    routes = json.loads(output_of(app, "--format", "json", *arguments))["routes"]
    return {(route["rule"], *route["methods"][:1]): route for route in routes}


def flask_cors(factory, *arguments, **options):
    """``flask --app ... cors`` as a process of its own."""
    command = [sys.executable, "-m", "flask", "--app", f"{__file__}:{factory}", "cors", *arguments]
    options.setdefault("stdout", subprocess.PIPE)
    environment = {**os.environ, "COLUMNS": "80", **options.pop("env", {})}
    return subprocess.run(
        command, stderr=subprocess.PIPE, env=environment, timeout=60, check=False, **options
    )


# --- the table ------------------------------------------------------------------------------------

SAID_OF_ROUTES = [
    pytest.param(
        ("/items/<int:id>", "PUT", "put_item"),
        {"allow_origins": ADMIN, "expose_headers": "X-Total", "max_age": "600 s"},
        id="view",
    ),
    pytest.param(
        ("/admin/users", "GET", "admin.users"),
        {"allow_origins": ADMIN, "allow_headers": "Content-Type", "allow_credentials": "true"},
        id="blueprint",
    ),
    pytest.param(
        ("/admin/reindex", "POST", "admin.reindex"), {"allow_origins": "nobody"}, id="same origin"
    ),
    pytest.param(("/basket", "POST", "basket"), {"allow_headers": "X-Key"}, id="method of a class"),
    pytest.param(
        ("/static/<path:filename>", "GET", "static"), {"allow_origins": "*"}, id="endpoints"
    ),
    pytest.param(
        ("/partners", "GET", "partners"),
        {"allow_origins": f"callable {__name__}.is_partner"},
        id="callable",
    ),
    pytest.param(
        ("/fonts/<path:name>", "GET", "fonts"),
        {"allow_origins": "regex https://[ab].example http://localhost:*"},
        id="regex and pattern",
    ),
    pytest.param(
        ("/prices", "GET, PATCH, POST", "prices"), {"allow_methods": "GET"}, id="allowed methods"
    ),
    pytest.param(
        ("URLs that no route matches", "", ""),
        {"allow_origins": APP, "max_age": "600 s"},
        id="no route",
    ),
]


def list_in(text):
    """The fields that are said of each route, without the marks; neighbours share them."""
    found = {}
    for block in text.partition("\n[1] ")[0].split("\n\n"):
        lines = block.splitlines()
        fields = [re.fullmatch(r"    (\w+) +(.+?)( \[\d+\])*", line) for line in lines]
        said = {field[1]: field[2].replace(",", "") for field in fields if field}
        for line, field in zip(lines, fields):
            if not field and said:
                found[tuple([*line.split("  "), "", ""][:3])] = said
    return found


@pytest.mark.parametrize(("title", "said"), SAID_OF_ROUTES)
def test_list_says_what_each_route_shares(title, said):
    found = list_in(output_of(create_shop(), width=100))[title]
    assert {name: text for name, text in found.items() if name in said} == said


@pytest.mark.parametrize("width", [80, 200])
def test_every_mark_stands_for_the_place_where_the_field_was_set(width):
    text = output_of(create_shop(), width=width)
    legend = dict(re.findall(r"^\[(\d+)\] (.+)$", text, re.MULTILINE))
    marks = re.findall(r"(\S+) \[(\d+)\]", text.replace("\n\n", "\n"))
    found = {(value, re.sub(r" at .*", "", legend[mark])) for value, mark in marks}
    assert found >= {
        (APP, "CORS(...)"),
        ("s", "app.config['CORS_MAX_AGE']"),
        ("nobody", "@same_origin"),
        ("X-Total", "@cross_origin"),
        ("*", "endpoints['static']"),
    }
    assert set(legend) == {mark for _, mark in marks}


@pytest.mark.parametrize("width", [40, 60, 80, 139, 140, 160, 300])
@pytest.mark.parametrize("question", [[], ["--origin", APP]], ids=["overview", "answers"])
def test_no_line_is_wider_than_the_terminal(width, question):
    lines = output_of(create_shop(), *question, width=width).splitlines()
    assert max(map(len, lines)) <= width


def test_groups_and_their_routes_stand_in_order():
    app = Flask(__name__, static_folder=None)
    CORS(app, allow_origins=[APP])
    for path in ("/c", "/a", "/d"):
        app.add_url_rule(path, path, view)
    app.add_url_rule("/b", "b", same_origin(lambda: "seen"))
    titles = [title[0] for title in list_in(output_of(app))]
    assert titles == ["/a", "/c", "/d", "URLs that no route matches", "/b"]


def test_methods_with_policies_of_their_own_have_rows_of_their_own_and_a_note():
    text = output_of(create_shop(), width=200)
    assert {title for title in list_in(text) if title[0] in ("/basket", "/items/<int:id>")} == {
        ("/basket", "GET", "basket"),
        ("/basket", "POST", "basket"),
        ("/items/<int:id>", "GET", "get_item"),
        ("/items/<int:id>", "PUT", "put_item"),
    }
    assert "The methods of /basket, /items/<int:id> have different policies." in text


def test_no_note_on_differing_methods_where_none_differ():
    app = Flask(__name__)
    CORS(app, allow_origins=[APP])
    app.add_url_rule("/items", "get", view)
    app.add_url_rule("/items", "post", view, methods=["POST"])
    assert "have different policies" not in output_of(app)


def test_head_is_listed_only_where_get_has_another_policy():
    class Page(MethodView):
        def get(self):
            return "seen"

        @same_origin
        def head(self):
            return ""

    app = Flask(__name__, static_folder=None)
    CORS(app, allow_origins=[APP])
    app.add_url_rule("/page", view_func=Page.as_view("page"))
    app.add_url_rule("/other", "other", view)
    titles = [title[:2] for title in list_in(output_of(app, width=200))]
    assert titles == [
        ("/other", "GET"),
        ("/page", "GET"),
        ("URLs that no route matches", ""),
        ("/page", "HEAD"),
    ]


def test_options_is_listed_only_where_the_application_answers_it():
    app = Flask(__name__, static_folder=None)
    CORS(app, allow_origins=[APP])
    app.add_url_rule("/automatic", "automatic", view)
    app.add_url_rule("/decorated", "decorated", cross_origin(max_age=5)(lambda: "seen"))
    app.add_url_rule("/explicit", "explicit", view, methods=["OPTIONS"])
    titles = [title[:2] for title in list_in(output_of(app, width=200)) if title[1]]
    assert sorted(titles) == [
        ("/automatic", "GET"),
        ("/decorated", "GET"),
        ("/explicit", "OPTIONS"),
    ]


def test_rules_that_only_build_urls_are_no_routes():
    app = create_shop()
    app.url_map.add(Rule("/elsewhere", endpoint="elsewhere", build_only=True))
    assert "elsewhere" not in output_of(app)


def test_hosts_and_subdomains_belong_to_the_route():
    app = Flask(__name__, static_folder=None, subdomain_matching=True)
    app.config["SERVER_NAME"] = "example.com"
    CORS(app, allow_origins=[APP])
    app.add_url_rule("/items", "api", view, subdomain="api")
    by_host = Flask(__name__, static_folder=None, host_matching=True)
    CORS(by_host, allow_origins=[APP])
    by_host.add_url_rule("/items", "shop", view, host="shop.example.com")
    assert "api.example.com/items  GET  api" in output_of(app, width=80)
    assert "shop.example.com/items  GET  shop" in output_of(by_host, width=80)


def test_long_list_of_origins_is_cut_in_the_table_and_whole_in_json():
    app = Flask(__name__, static_folder=None)
    CORS(app, allow_origins=[f"https://{number}.example" for number in range(100)])
    assert "https://4.example, and 95 more" in words_of(app, width=80)
    assert len(routes_of(app)[(None,)]["policy"]["allow_origins"]) == 100


def test_what_looks_like_markup_is_printed_as_it_is():
    app = Flask(__name__, static_folder=None)
    CORS(app, allow_origins=[APP])
    app.add_url_rule("/[bold]/:smile:/[/x]", "odd", view)
    assert "/[bold]/:smile:/[/x]" in output_of(app)


def test_routes_of_one_host_stand_together():
    app = Flask(__name__, static_folder=None, host_matching=True)
    CORS(app, allow_origins=[APP])
    for endpoint, (path, host) in enumerate([("/a", "b"), ("/b", "a"), ("/a", "a"), ("/b", "b")]):
        app.add_url_rule(path, str(endpoint), view, host=host)
    titles = [title[0] for title in list_in(output_of(app, width=200))][:-1]
    assert titles == ["a/a", "a/b", "b/a", "b/b"]


def test_fields_stand_in_the_order_of_the_policy():
    said = list_in(output_of(create_shop()))["/admin/users", "GET", "admin.users"]
    assert list(said) == ["allow_origins", "allow_headers", "allow_credentials", "max_age"]


def test_names_of_fields_stay_whole_where_there_is_little_room():
    assert re.search(
        r"^    allow_credentials  true", output_of(create_shop(), width=36), re.MULTILINE
    )


def test_method_alone_keeps_the_routes_that_take_it():
    table = list_in(output_of(create_shop(), "--method", "put", width=200))
    assert list(table) == [("/items/<int:id>", "PUT", "put_item")]


@pytest.mark.parametrize("question", [[], ["--origin", APP]], ids=["overview", "answers"])
def test_method_that_no_route_takes_is_said_to_be_so(question):
    assert output_of(create_shop(), "--method", "LINK", *question) == (
        "No route takes this method or path.\n"
    )


def test_many_routes_that_share_policies_are_said_in_few_lines(nothing_declared):
    app = Flask(__name__, static_folder=None)
    CORS(app, allow_origins=[APP], allow_headers=["Content-Type"], max_age=60)
    for number in range(29):
        kind = number % 3
        shared = cross_origin(max_age=kind, expose_headers=["ETag"], allow_methods="*")
        route = shared(lambda: "seen") if kind else lambda: "seen"
        app.add_url_rule(f"/{number}", f"view_{number}", route)
    assert len(output_of(app, width=80).splitlines()) < 29 + 40


@pytest.mark.parametrize(
    ("path", "rules"),
    [
        pytest.param("/admin", {"/admin/users", "/admin/reindex"}, id="part of the site"),
        pytest.param("/admin/*", {"/admin/users", "/admin/reindex"}, id="with an asterisk"),
        pytest.param("/adm", set(), id="no whole segment"),
        pytest.param("/items/<int:id>", {"/items/<int:id>"}, id="rule"),
        pytest.param("/items/7", {"/items/<int:id>"}, id="URL"),
        pytest.param("/items/seven", set(), id="URL that no rule matches"),
    ],
)
def test_path_keeps_the_routes_at_it_and_below(path, rules):
    routes = json.loads(output_of(create_shop(), "--format", "json", "--path", path))["routes"]
    assert {route["rule"] for route in routes} == rules


def test_what_endpoints_leave_is_not_governed():
    app = Flask(__name__)
    CORS(app, allow_origins=[APP], endpoints={"static": None})
    static = ("/static/<path:filename>", "GET", "static")
    assert list_in(output_of(app))[static] == {"allow_origins": "not governed"}
    assert "unknown /static/<path:filename> GET" in words_of(app, "--origin", APP)


def test_trial_is_told_and_changes_nothing():
    app, tried = Flask(__name__), Flask(__name__)
    CORS(app, allow_origins=[APP])
    CORS(tried, allow_origins=[APP], trial={"allow_origins": []})
    assert list_in(output_of(tried)) == list_in(output_of(app))
    assert "Other settings are on trial" in words_of(tried)
    assert "on trial" not in words_of(app)


def test_credentials_for_some_and_refusal_are_told():
    app = Flask(__name__, static_folder=None)
    CORS(app, allow_origins=[APP, ADMIN], allow_credentials=[ADMIN], refuse_denied=True)
    app.add_url_rule("/items", "items", view, methods=["PUT"])
    said = list_in(output_of(app))["/items", "PUT", "items"]
    assert (said["allow_credentials"], said["refuse_denied"]) == (ADMIN, "true")
    answers = [
        routes_of(app, "--origin", origin)["/items", "PUT"]["browser"][0]
        for origin in (APP, ADMIN, "https://evil.example")
    ]
    assert [answer["allowed_with_credentials"] for answer in answers] == [False, True, False]
    assert [answer["allowed"] for answer in answers] == [True, True, False]


# --- WebSockets -----------------------------------------------------------------------------------


def create_with_sockets():
    app = Flask(__name__, static_folder=None)
    CORS(app, allow_origins=[APP])
    app.add_url_rule("/inbox", "inbox", same_origin(lambda: "seen"), websocket=True)
    kept = cross_origin(refuse_denied=True)(lambda: "seen")
    app.add_url_rule("/kept", "kept", kept, websocket=True)
    app.add_url_rule("/kept", "items", view)
    return app


def test_websocket_is_listed_as_one():
    listed = list_in(output_of(create_with_sockets()))
    assert listed["/inbox", "WebSocket", "inbox"]["allow_origins"].startswith("nobody")
    assert listed["/kept", "WebSocket", "kept"]["refuse_denied"] == "true"
    routes = json.loads(output_of(create_with_sockets(), "--format", "json"))["routes"]
    sockets = {(route["endpoint"], route["is_socket"]) for route in routes}
    assert sockets == {("inbox", True), ("kept", True), ("items", False), (None, False)}


@pytest.mark.parametrize(
    ("origin", "path", "said", "reason"),
    [
        ("https://evil.example", "/inbox", "allowed", "socket"),
        (APP, "/inbox", "allowed", "socket"),
        ("https://evil.example", "/kept", "denied", "allow-origin-missing"),
        (APP, "/kept", "allowed", "allowed"),
    ],
)
def test_what_a_page_could_do_with_a_websocket_is_told(origin, path, said, reason):
    # No script sets headers there.
    arguments = ("--origin", origin, "--path", path, "--header", "X-Token: 1")
    text = words_of(create_with_sockets(), *arguments)
    assert f"{said} {path} WebSocket" in text
    advice = (
        "refuse_denied is not set. Browsers do not apply CORS to WebSockets: the page can connect"
    )
    assert (advice in text) is ("write refuse_denied=True" in text) is (reason == "socket")
    output = json.loads(output_of(create_with_sockets(), "--format", "json", *arguments))
    verdict = next(each for each in output["routes"] if each["is_socket"])["browser"][0]
    assert verdict["reason"] == reason
    assert verdict["allowed"] is verdict["allowed_with_credentials"] is (said == "allowed")


@pytest.mark.parametrize("origin", [APP, "https://evil.example"])
def test_notes_about_requests_do_not_stand_below_websockets(origin):
    text = words_of(create_with_sockets(), "--origin", origin, "--path", "/inbox")
    assert "still reaches its view" not in text
    assert "depend on allow_credentials" not in text
    assert "This is about requests" not in text
    assert "still reaches its view" in words_of(
        create_with_sockets(), "--origin", "https://evil.example", "--path", "/kept"
    )


# --- applications without the extension ----------------------------------------------------------


def test_without_the_extension_only_decorated_views_are_governed():
    text = output_of(create_half_decorated(), width=200)
    assert {title[0]: fields["allow_origins"] for title, fields in list_in(text).items()} == {
        "/other": "not governed",
        "/shared": "*",
        "/static/<path:filename>": "not governed",
    }
    assert "CORS(app) is not in use" in text


def create_compatible(*origins, **options):
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/api/items", "items", view)
    app.add_url_rule("/fonts", "fonts", compatible.cross_origin(origins=ADMIN)(lambda: "seen"))
    resources = {"/api/*": {"origins": [*origins], **options}, "/public": {}}
    compatible.CORS(app, resources=resources)
    compatible.CORS(app, origins=APP)
    return app


def test_resources_of_flask_cors_are_listed_and_what_its_decorator_says():
    listed = {
        title[0]: fields for title, fields in list_in(output_of(create_compatible(APP))).items()
    }
    assert {rule: fields["allow_origins"].split()[0] for rule, fields in listed.items()} == {
        "/api/items": "as",
        "/fonts": ADMIN,
        "paths like /api/*": APP,
        "the path /public": "*",
        "all paths, in call 2 of CORS": APP,
    }
    text = words_of(create_compatible(APP))
    assert "that fits decides" in text
    assert "not in use" not in text
    assert json.loads(output_of(create_compatible(APP), "--format", "json"))["governs_paths"]


def create_compatible_without_extension(*, has_blueprint):
    app = Flask(__name__, static_folder=None)
    api = Blueprint("api", __name__, url_prefix="/api")
    api.add_url_rule("/items", "items", view)
    if has_blueprint:
        compatible.CORS(
            api, resources={"/api/a.*": {"origins": APP}, "/api/.*": {"origins": ADMIN}}
        )
    app.register_blueprint(api)
    app.add_url_rule("/fonts", "fonts", compatible.cross_origin(origins=ADMIN)(lambda: "seen"))
    return app


def test_what_a_decorator_of_flask_cors_says_is_listed_without_an_extension():
    text = output_of(create_compatible_without_extension(has_blueprint=False))
    found = {
        title[0]: fields["allow_origins"].split()[0] for title, fields in list_in(text).items()
    }
    assert found == {"/fonts": ADMIN, "/api/items": "not"}
    assert "CORS(app) is not in use" in text


def test_what_flask_cors_was_told_of_a_blueprint_is_listed(tmp_path):
    app = create_compatible_without_extension(has_blueprint=True)
    found = {title[0]: fields["allow_origins"] for title, fields in list_in(output_of(app)).items()}
    assert {title: said.split()[0] for title, said in found.items()} == {
        "/api/items": "as",
        "/fonts": ADMIN,
        "paths like /api/a.*, in the blueprint api": APP,
        "paths like /api/.*, in the blueprint api": ADMIN,
    }
    assert "those of blueprints for their own routes" in words_of(app)
    file = saved(app, tmp_path)
    closed = create_compatible_without_extension(has_blueprint=False)
    assert (
        "the blueprint api: is not there any more" in invoke(closed, "--against", str(file)).stdout
    )


def test_what_a_browser_could_do_at_the_paths_of_resources_is_told():
    text = words_of(create_compatible(APP, methods=["GET", "PUT"]), "--origin", ADMIN)
    assert "unknown /api/items GET No decorator says anything. Its path decides" in text
    assert "denied paths like /api/* GET, PUT allow_origins is set by" in text
    assert "allowed the path /public GET, POST" in text


def test_resource_that_lets_more_in_is_told_in_a_review(tmp_path):
    file = saved(create_compatible(APP), tmp_path)
    assert "Nothing has changed" in output_of(create_compatible(APP), "--against", str(file))
    result = invoke(create_compatible(APP, ADMIN), "--against", str(file))
    assert result.exit_code == 1
    assert f"paths like /api/*: allow_origins: {ADMIN} is allowed now" in result.stdout


def test_an_origin_stays_whole_on_a_narrow_terminal():
    app, origin = Flask(__name__), "https://deploy-preview-12--a-long-name.example.com"
    CORS(app, allow_origins=[APP, origin])
    lines = output_of(app, width=40).splitlines()
    assert any(APP in line for line in lines)
    assert any(origin in line for line in lines)
    assert all(len(line) <= 40 or " " not in line.strip() for line in lines)


def test_with_the_extension_nothing_is_said_to_be_missing():
    assert "not in use" not in output_of(create_shop())


def test_what_is_not_governed_is_neither_allowed_nor_denied():
    lines = output_of(create_half_decorated(), "--origin", APP).splitlines()
    start = lines.index("unknown  /other  POST")
    assert lines[start + 1].startswith("unknown  /static/")
    assert lines[start + 2].strip().startswith("Neither CORS(app) nor a decorator governs it")
    (answer,) = routes_of(create_half_decorated(), "--origin", APP)["/other", "POST"]["browser"]
    assert answer == {
        "method": "POST",
        "allowed": None,
        "allowed_with_credentials": None,
        "reason": "not-governed",
        "field": None,
        "remedy": "",
    }


def test_remedy_for_a_preflight_is_as_short_as_for_a_request():
    text = words_of(create_shop(), "--origin", "https://evil.example", "--method", "PUT")
    assert 'Add "https://evil.example" to allow_origins.' in text
    assert "mend the error" not in text


def test_what_holds_for_many_routes_is_said_once():
    app = Flask(__name__)
    CORS(app, allow_origins=[APP])
    for number in range(300):
        app.add_url_rule(f"/{number}", f"view{number}", view)
    text = output_of(app, "--origin", APP)
    assert text.count("allowed  /") == 301
    assert text.count("allow_origins is set by") == 1


def test_who_asks_without_headers_is_told_how_to_ask_about_json():
    assert 'ask with --header "Content-Type: application/json"' in words_of(
        create_shop(), "--origin", APP
    )
    assert "--header" not in words_of(create_shop(), "--origin", APP, "--header", "X-A")


def test_application_without_routes_is_said_to_have_none():
    app = Flask(__name__, static_folder=None)
    CORS(app, allow_origins=[APP])
    assert "No route takes this" in output_of(app, "--origin", APP)


def test_middleware_outside_is_told_of_behind_others_too():
    app = create_half_decorated()
    app.wsgi_app = ProxyFix(CORSMiddleware(app.wsgi_app, allow_origins="*"))
    assert "A CORSMiddleware is around app.wsgi_app" in output_of(app)
    assert "CORSMiddleware" not in output_of(create_half_decorated())


def create_open():
    app = Flask(__name__)
    CORS(app, allow_origins="*")
    return app


def create_bare():
    return Flask(__name__)


NOTES = {
    "unset": "A field that is left out is unset",
    "credentials": "Credentials are cookies",
    "sent": "still reaches its view",
    "decorated": "CORS(app) is not in use",
}


@pytest.mark.parametrize(
    ("factory", "question", "expected"),
    [
        pytest.param(create_open, [], {"unset"}, id="governed"),
        pytest.param(create_half_decorated, [], {"unset", "decorated"}, id="half decorated"),
        pytest.param(create_bare, [], {"decorated"}, id="not governed"),
        pytest.param(create_open, ["--origin", APP], {"credentials"}, id="all allowed"),
        pytest.param(
            create_open, ["--origin", APP, "--header", "X-Key"], {"sent"}, id="all denied"
        ),
        pytest.param(create_shop, ["--origin", APP], {"credentials", "sent"}, id="some of each"),
        pytest.param(create_bare, ["--origin", APP], {"decorated"}, id="unknown"),
    ],
)
def test_notes_are_those_that_apply(factory, question, expected):
    text = words_of(factory(), *question)
    assert {name for name, note in NOTES.items() if note in text} == expected


# --- what a browser could do ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(
            ["--origin", APP],
            r"allowed /basket GET (allowed \S+ [A-Z, ]+ )*allow_origins is set by CORS\(...\) at \S+:\d+;"
            " only without",
            id="allowed",
        ),
        pytest.param(
            ["--origin", ADMIN],
            r"allowed /admin/users GET allow_origins is set by @cross_origin at \S+; also with",
            id="allowed with credentials",
        ),
        pytest.param(
            ["--origin", ADMIN],
            r"denied /admin/reindex POST allow_origins is set by @same_origin at \S+:\d+, which shares it"
            r" with no other origin. If this origin is to be allowed, write @cross_origin",
            id="origin of a view that is closed",
        ),
        pytest.param(
            ["--origin", "https://other.example"],
            r"allow_origins is set by CORS\(...\) at \S+:\d+, which does not allow it. Add"
            r' "https://other.example" to allow_origins.',
            id="origin",
        ),
        pytest.param(
            ["--origin", APP, "--method", "PATCH"],
            r"denied /prices PATCH allow_methods is set by @cross_origin at \S+, which does not"
            r' allow it. Add "PATCH" to allow_methods.',
            id="method",
        ),
        pytest.param(
            ["--origin", APP, "--header", "X-Other", "--header", "Content-Type"],
            r"sending X-Other, sending Content-Type: .* denied /basket POST allow_headers is set by"
            r' \S+ at \S+, which does not allow it. Add "content-type", "x-other"',
            id="headers",
        ),
        pytest.param(
            ["--origin", APP, "--header", "Content-Type: text/plain"],
            "allowed /basket POST",
            id="header with a value that needs no preflight",
        ),
    ],
)
def test_answers_tell_what_a_browser_could_do_and_why(arguments, said):
    assert re.search(said, words_of(create_shop(), *arguments))


def test_unset_field_that_denies_is_said_to_be_unset():
    app = create_half_decorated()
    text = words_of(app, "--origin", APP, "--header", "X-Key")
    assert (
        'allow_headers is not set, which does not allow it. Add "x-key" to allow_headers.' in text
    )


def test_methods_are_as_case_sensitive_as_in_a_browser():
    app = Flask(__name__)
    CORS(app, allow_origins=[APP])
    app.add_url_rule("/items", "items", view, methods=["PATCH", "PUT"])
    spelled = {
        name: words_of(app, "--origin", APP, "--method", name) for name in ("patch", "put", "PATCH")
    }
    assert "denied /items patch" in spelled["patch"]
    assert 'Fetch with method="PATCH"' in spelled["patch"]
    assert "allowed /items PUT" in spelled["put"]
    assert "allowed /items PATCH" in spelled["PATCH"]


def test_callable_is_asked_within_the_application():
    answers = routes_of(create_shop(), "--origin", "https://partner.example")
    assert answers["/partners", "GET"]["browser"][0]["allowed"] is True


URLS = {
    "/admin/reindex": "/admin/reindex",
    "/admin/users": "/admin/users",
    "/basket": "/basket",
    "/fonts/<path:name>": "/fonts/serif.woff2",
    "/items/<int:id>": "/items/7",
    "/partners": "/partners",
    "/prices": "/prices",
    "/static/<path:filename>": "/static/style.css",
}


def browser_is_allowed(app, origin, path, method, headers, credentials):
    browser = Browser(app, origin)
    try:
        with app.app_context():
            browser.fetch(path, method, headers=headers, credentials=credentials)
    except CORSError:
        return False
    return True


@pytest.mark.parametrize("headers", [[], [("X-Key", "1")], [("Content-Type", "application/json")]])
@pytest.mark.parametrize(
    "origin", [APP, ADMIN, "http://localhost:5173", "https://b.example", "null"]
)
def test_answers_are_what_a_browser_does_to_the_application(origin, headers):
    app = create_shop()
    asked = itertools.chain.from_iterable(("--header", ": ".join(header)) for header in headers)
    claimed, done = {}, {}
    for (rule, *_), route in routes_of(create_shop(), "--origin", origin, *asked).items():
        for answer in route["browser"]:
            case = (rule, answer["method"])
            claimed[case] = (answer["allowed"], answer["allowed_with_credentials"])
            done[case] = tuple(
                browser_is_allowed(app, origin, URLS[rule], answer["method"], headers, credentials)
                for credentials in ("omit", "include")
            )
    assert claimed == done
    assert len(claimed) > len(URLS)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["--origin", APP + "/"], f"write '{APP}'", id="origin with a path"),
        pytest.param(["--origin", "https://*.example.com"], "is a pattern", id="pattern"),
        pytest.param(["--origin", APP, "--method", "TRACE"], "forbidden method", id="method"),
        pytest.param(["--origin", APP, "--header", "Cookie"], "set Cookie", id="header"),
        pytest.param(
            ["--origin", APP, "--header", "X Y"], "is not a header of HTTP", id="no header"
        ),
        pytest.param(["--header", "X-Key"], "add --origin", id="header without origin"),
        pytest.param(["--format", "xml"], "xml", id="format"),
    ],
)
def test_question_that_no_browser_could_ask_is_a_usage_error(arguments, complaint):
    result = invoke(create_shop(), *arguments)
    assert result.exit_code == 2
    assert complaint in result.output


# --- for machines --------------------------------------------------------------------------------


def test_json_has_every_field_and_where_it_was_set():
    route = routes_of(create_shop())["/items/<int:id>", "PUT"]
    sources = {field: re.sub(r" at .*", "", place) for field, place in route.pop("sources").items()}
    assert route == {
        "host": None,
        "rule": "/items/<int:id>",
        "endpoint": "put_item",
        "methods": ["PUT"],
        "is_by_path": False,
        "is_socket": False,
        "methods_differ": True,
        "policy": {
            "allow_origins": [ADMIN],
            "allow_methods": None,
            "allow_headers": ["Content-Type"],
            "expose_headers": ["X-Total"],
            "allow_credentials": None,
            "max_age": 600,
            "refuse_denied": None,
            "dangerously_allow_insecure_origins": None,
            "dangerously_allow_public_suffixes": None,
        },
    }
    assert sources == {
        "allow_origins": "@cross_origin",
        "allow_headers": "CORS(...)",
        "expose_headers": "@cross_origin",
        "max_age": "app.config['CORS_MAX_AGE']",
    }


def test_json_has_names_for_what_is_no_text():
    routes = routes_of(create_shop())
    assert routes["/partners", "GET"]["policy"]["allow_origins"] == {
        "callable": f"{__name__}.is_partner"
    }
    assert routes["/fonts/<path:name>", "GET"]["policy"]["allow_origins"] == [
        {"regex": "https://[ab].example"},
        "http://localhost:*",
    ]
    assert routes["/static/<path:filename>", "GET"]["policy"]["allow_origins"] == "*"


def test_json_has_the_answers_of_a_browser():
    routes = routes_of(create_shop(), "--origin", APP, "--method", "PATCH")
    assert routes["/prices", "PATCH"]["browser"] == [
        {
            "method": "PATCH",
            "allowed": False,
            "allowed_with_credentials": False,
            "reason": "method-not-allowed",
            "field": "allow_methods",
            "remedy": 'Add "PATCH" to allow_methods.',
        }
    ]
    assert len(routes) == 1


def test_json_has_no_policy_for_what_is_not_governed():
    route = routes_of(create_half_decorated())["/other", "POST"]
    assert (route["policy"], route["sources"]) == (None, {})


# --- saved, and compared --------------------------------------------------------------------------


def create_rearranged():
    """The same as the shop, said in another order and elsewhere."""
    app = Flask(__name__)
    for path, endpoint, view_, methods in (
        ("/prices", "prices", cross_origin(allow_methods="GET")(lambda: "seen"), _ALL),
        ("/fonts/<path:name>", "fonts", cross_origin(allow_origins=_FONTS)(lambda name: ""), None),
        ("/partners", "partners", cross_origin(allow_origins=is_partner)(lambda: "seen"), None),
        ("/items/<int:id>", "put", _put, ["PUT"]),
        ("/items/<int:id>", "get", lambda **url: "seen", None),
    ):
        app.add_url_rule(path, endpoint, view_, methods=methods)
    app.add_url_rule("/basket", view_func=Basket.as_view("basket"))
    admin = Blueprint("admin", __name__, url_prefix="/admin")
    admin.add_url_rule("/reindex", "reindex", same_origin(lambda: "seen"), methods=["POST"])
    users = cross_origin(allow_origins=[ADMIN], allow_credentials=True)(lambda: "seen")
    admin.add_url_rule("/users", "users", users)
    app.register_blueprint(admin)
    app.config.update(CORS_ALLOW_ORIGINS=APP, CORS_ALLOW_HEADERS="content-type")
    CORS(app, max_age=600, endpoints={"static": {"allow_origins": "*"}})
    return app


_ALL = ["POST", "PATCH", "GET"]
_FONTS = ["http://localhost:*", re.compile("https://[ab].example")]
_put = cross_origin(allow_origins=ADMIN, expose_headers="x-total")(lambda **url: "seen")


def saved(app, tmp_path):
    file = tmp_path / "cors.json"
    assert output_of(app, "--save", str(file)).startswith("Saved ")
    return file


def test_what_is_saved_is_what_each_route_shares(tmp_path):
    policies = json.loads(saved(create_shop(), tmp_path).read_text())["policies"]
    said = {rule: policy for policy in policies for rule in policy["rules"]}
    assert said["POST /admin/reindex"]["allow_origins"] == []
    assert said["PUT /items/<int:id>"]["allow_origins"] == [ADMIN]
    assert said["URLs that no route matches"]["allow_origins"] == [APP]
    assert said["GET /partners"]["allow_origins"] == {"callable": f"{__name__}.is_partner"}
    assert len(said) == 13


def test_the_same_said_elsewhere_and_in_another_order_is_no_change(tmp_path):
    file = saved(create_shop(), tmp_path)
    assert "Nothing has changed" in output_of(create_rearranged(), "--against", str(file))
    text = file.read_text()
    assert saved(create_rearranged(), tmp_path).read_text() == text
    assert ".py" not in text


def test_the_bytes_are_the_same_in_every_process(tmp_path):
    texts = set()
    for number, seed in enumerate(("0", "1", "2")):
        file = tmp_path / str(number)
        finished = flask_cors("create_shop", "--save", str(file), env={"PYTHONHASHSEED": seed})
        assert finished.returncode == 0, finished.stderr
        texts.add(file.read_bytes())
    assert len(texts) == 1


def test_name_of_the_server_is_not_saved(tmp_path):
    texts = []
    for name in ("one.example", "two.example"):
        app = Flask(__name__, static_folder=None, subdomain_matching=True)
        app.config["SERVER_NAME"] = name
        CORS(app, allow_origins=[APP])
        app.add_url_rule("/items", "api", view, subdomain="api")
        texts.append(saved(app, tmp_path).read_text())
    assert texts[0] == texts[1]


def test_change_is_told_by_route_and_field_with_status_1(tmp_path):
    file = saved(create_shop(), tmp_path)
    app = create_shop()
    app.view_functions["prices"] = cross_origin(allow_origins=[APP, ADMIN])(lambda: "seen")
    app.add_url_rule("/new", "new", view)
    result = invoke(app, "--against", str(file))
    assert result.exit_code == 1
    prices = "  GET /prices, PATCH /prices, POST /prices"
    assert result.stdout.splitlines() == [
        "Wider than before:",
        f"  GET /new: is new: shared with {APP}",
        f"{prices}: allow_origins: {ADMIN} is allowed now",
        f"{prices}: allow_methods: what the URL routes; it was only GET",
    ]


@pytest.mark.parametrize("text", [None, "{", '{"wsgicors": 99, "policies": []}'])
def test_file_that_is_none_is_told_in_one_line_with_status_2(text, tmp_path):
    file = tmp_path / "cors.json"
    if text is not None:
        file.write_text(text)
    result = invoke(create_shop(), "--against", str(file))
    assert result.exit_code == 2
    assert re.fullmatch(
        r"Error: .*cors\.json (cannot be read|is not a saved review).*\n", result.output
    )


def test_review_is_about_all_routes(tmp_path):
    result = invoke(create_shop(), "--save", str(tmp_path / "cors.json"), "--path", "/admin")
    assert result.exit_code == 2
    assert "are for all routes" in result.output
    assert not list(tmp_path.iterdir())


def test_what_the_routes_do_not_tell_is_told_beside_a_review(tmp_path):
    app = Flask(__name__)
    compatible.CORS(app, resources={"/api/*": {"origins": APP}})
    result = invoke(app, "--save", str(tmp_path / "cors.json"))
    assert "the first path in the list that fits decides" in result.output


# --- exit statuses -------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["--format", "json"], ["--origin", APP]])
def test_conflicts_are_told_in_full_with_status_1(arguments):
    finished = flask_cors("create_contradicting", *arguments)
    complaint = finished.stderr.decode()
    assert (finished.returncode, finished.stdout) == (1, b"")
    assert "2 problems in the CORS settings" in complaint
    assert re.search(r"GET /feed.*allow_origins is set by @cross_origin at \S+:\d+", complaint)
    assert re.search(r"GET /count.*allow_credentials is set by CORS\(...\) at \S+:\d+", complaint)


def test_setting_that_is_wrong_by_itself_is_told_without_a_traceback():
    finished = flask_cors("create_misspelled")
    assert (finished.returncode, finished.stdout) == (1, b"")
    assert finished.stderr == b"Error: orgins: there is no field 'orgins'; write allow_origins\n"


def test_something_else_in_the_place_of_the_extension_is_an_error():
    app = create_half_decorated()
    app.extensions["wsgicors"] = "something else"
    result = invoke(app)
    assert result.exit_code == 1
    assert "app.extensions['wsgicors'] is 'something else'" in result.output


@pytest.fixture
def without_rich(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rich", None)


@pytest.mark.usefixtures("without_rich")
@pytest.mark.parametrize("question", [[], ["--origin", APP]], ids=["overview", "answers"])
def test_rich_is_not_needed(question):
    assert "/prices  " in output_of(create_shop(), *question)


@pytest.mark.usefixtures("without_rich")
def test_without_rich_machines_and_pipelines_are_served():
    assert routes_of(create_shop())["/prices", "GET"]["endpoint"] == "prices"
    assert invoke(create_contradicting()).exit_code == 1


# --- terminals and pipes -------------------------------------------------------------------------


def create_foreign():
    """A route in a script that ASCII does not have."""
    app = Flask(__name__, static_folder=None)
    CORS(app, allow_origins=[APP])
    app.add_url_rule("/größe", "size", view)
    return app


@pytest.mark.parametrize("width", ["80", "160"])
def test_pipe_that_knows_ascii_alone_gets_ascii_alone(width):
    finished = flask_cors("create_foreign", env={"PYTHONIOENCODING": "ascii", "COLUMNS": width})
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.isascii()
    assert rb"/gr\xf6\xdfe" in finished.stdout


def test_pipe_gets_no_colours():
    finished = flask_cors("create_shop", "--origin", APP, env={"TERM": "xterm-256color"})
    assert finished.returncode == 0, finished.stderr
    assert b"denied" in finished.stdout
    assert b"\x1b" not in finished.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_terminal_gets_colours_and_the_same_words(nothing_declared):
    reader, writer = os.openpty()
    finished = flask_cors(
        "create_half_decorated", "--origin", APP, stdout=writer, env={"TERM": "xterm-256color"}
    )
    output = os.read(reader, 65536)
    os.close(writer)
    os.close(reader)
    assert finished.returncode == 0, finished.stderr
    assert b"\x1b[32mallowed" in output
    plain = re.sub(rb"\x1b\[[0-9;]*m|\r", b"", output).decode()
    words = output_of(create_half_decorated(), "--origin", APP, width=80).split()
    # What other applications of this file declare governs nothing there.
    assert plain.split()[: len(words)] == words

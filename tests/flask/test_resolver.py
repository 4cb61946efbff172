"""Where a preflight is routed, and its answer there: as Flask would route the actual request."""

from __future__ import annotations

import contextlib
import gc
import itertools
import logging
import tracemalloc

import flask
import pytest
from exchanges import ADMIN, PAGE, answer, callers, environ_of, refusal
from flask.views import MethodView
from flask_calls import actual, cors_headers, granted_methods, preflight
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, Rule, ValidationError
from werkzeug.test import create_environ

from wsgicors.flask import CORS, cross_origin, same_origin
from wsgicors.flask.resolver import UrlMapResolver
from wsgicors.testing import Browser, CORSError

ROW = pytest.param


def closed_application(**options):
    """An application that shares nothing but what its views share."""
    app = flask.Flask("example", **options)
    CORS(app, allow_origins=[])
    return app


def view(name):
    return lambda **arguments: name


def for_page(name):
    return cross_origin(allow_origins=[PAGE])(view(name))


def for_admin(name):
    return cross_origin(allow_origins=[ADMIN])(view(name))


# --- one builder for all views -------------------------------------------------------------------


def has_one_builder(**options):
    app = flask.Flask("example")
    app.add_url_rule("/", "index", view("index"))
    CORS(app, allow_origins=[PAGE], **options)
    assert callers(app) == {PAGE}
    return app.extensions["wsgicors"].for_all is not None


def test_one_builder_is_there_for_all_where_nothing_is_said_of_any_view(nothing_declared):
    assert has_one_builder()


def test_one_builder_is_not_enough_where_something_is_said_of_any_view(nothing_declared):
    decorated = for_admin("elsewhere")
    assert not has_one_builder()
    assert decorated() == "elsewhere"


def test_one_builder_is_not_enough_where_something_is_said_of_an_endpoint(nothing_declared):
    assert not has_one_builder(endpoints={"static": {"allow_origins": [ADMIN]}})


def test_one_builder_is_not_even_there_for_a_moment(monkeypatch):
    def remember(resolver, name, value):
        values.setdefault(name, []).append(value)
        object.__setattr__(resolver, name, value)

    values = {}
    monkeypatch.setattr(UrlMapResolver, "__setattr__", remember)
    decorated = for_admin("elsewhere")
    assert not has_one_builder()
    assert set(values["for_all"]) == {None}
    assert decorated() == "elsewhere"


def test_what_is_declared_while_views_are_looked_at_counts(nothing_declared):
    class Lazy:
        __name__ = "lazy"
        required_methods, methods, provide_automatic_options = (), None, None

        def __getattr__(self, name):
            same_origin(blueprint)
            raise AttributeError(name)

    blueprint = flask.Blueprint("admin", __name__)
    blueprint.add_url_rule("/admin", "index", view("admin"))
    app = flask.Flask("example", static_folder=None)
    CORS(app, allow_origins=[PAGE])
    app.register_blueprint(blueprint)
    app.add_url_rule("/lazy", "lazy", Lazy())
    assert callers(app, "/admin") == set()


# --- which view -----------------------------------------------------------------------------------


def test_two_views_on_one_url_each_answer_for_their_own_method():
    app = closed_application()
    app.add_url_rule("/items/<int:number>", "put", for_page("put"), methods=["PUT"])
    app.add_url_rule("/items/<int:number>", "delete", for_admin("delete"), methods=["DELETE"])
    assert callers(app, "/items/1", "PUT") == {PAGE}
    assert callers(app, "/items/1", "DELETE") == {ADMIN}


@pytest.mark.parametrize("number_first", [True, False])
def test_overlapping_rules_are_told_apart_by_their_converters(number_first):
    app = closed_application()
    rules = [
        ("/items/<int:number>", "number", for_page("number")),
        ("/items/<name>", "name", for_admin("name")),
    ]
    for rule in rules if number_first else reversed(rules):
        app.add_url_rule(*rule, methods=["PUT"])
    assert callers(app, "/items/5", "PUT") == {PAGE}
    assert callers(app, "/items/five", "PUT") == {ADMIN}
    assert callers(app, "/items/-5", "PUT") == {ADMIN}


def test_url_that_two_rules_match_with_different_methods_has_the_policies_of_both():
    app = closed_application()
    app.add_url_rule("/items/<int:number>", "number", for_page("number"), methods=["PUT"])
    app.add_url_rule("/items/<name>", "name", for_admin("name"), methods=["DELETE"])
    assert callers(app, "/items/5", "PUT") == {PAGE}
    assert callers(app, "/items/5", "DELETE") == {ADMIN}
    assert granted_methods(preflight(app, "/items/5", "PUT")) == {"PUT"}


class CapitalConverter(BaseConverter):
    regex = "[A-Z]+"


def test_converters_of_the_application_route_preflights_too():
    app = closed_application()
    app.url_map.converters["capital"] = CapitalConverter
    app.add_url_rule("/<capital:name>", "capital", for_page("capital"), methods=["PUT"])
    app.add_url_rule("/<name>", "any", for_admin("any"), methods=["PUT"])
    assert callers(app, "/ABC", "PUT") == {PAGE}
    assert callers(app, "/abc", "PUT") == {ADMIN}


@pytest.mark.parametrize(
    "path", ["/files/a/b", "/files/%C3%A9", "/files/%2e%2e/x", "/files/a%00b", "/files/%ff"]
)
def test_path_converter_takes_whatever_flask_takes(path):
    app = closed_application()
    app.add_url_rule("/files/<path:name>", "files", for_page("files"), methods=["PUT"])
    assert preflight(app, path).status_code == 204
    assert cors_headers(actual(app, path, "PUT"))["Allow-Origin"] == PAGE


def test_converter_that_raises_denies_the_preflight_and_logs_why(caplog):
    class Broken(BaseConverter):
        def to_python(self, value):
            raise ZeroDivisionError("in the converter")

    app = closed_application()
    app.url_map.converters["broken"] = Broken
    app.add_url_rule("/<broken:name>", "broken", for_page("broken"))
    response = preflight(app, "/x", "GET")
    assert (response.status_code, cors_headers(response).get("Allow-Origin")) == (403, None)
    assert "in the converter" in caplog.text


class NamedByConfig(BaseConverter):
    """As one that asks a database, which takes the application context too."""

    def to_python(self, value):
        if value not in flask.current_app.config["NAMES"]:
            raise ValidationError
        return value


@pytest.mark.parametrize("within", [True, False])
def test_converter_that_needs_the_application_is_routed_in_its_context(within, caplog):
    app = closed_application()
    app.config["NAMES"] = ["bread"]
    app.url_map.converters["named"] = NamedByConfig
    app.add_url_rule("/<named:name>", "named", for_page("named"), methods=["GET", "PUT"])
    app.add_url_rule("/plain", "plain", for_admin("plain"), methods=["PUT"])
    torn_down = []
    app.teardown_appcontext(torn_down.append)
    with app.app_context() if within else contextlib.nullcontext():
        assert preflight(app, "/bread", "PUT").status_code == 204
        assert len(torn_down) == (0 if within else 1)
        assert callers(app, "/bread") == callers(app, "/bread", "PUT") == {PAGE}
        assert callers(app, "/butter", "PUT") == set()
        assert callers(app, "/plain", "PUT") == {ADMIN}
    response = actual(app, "/bread", "DELETE")
    assert (response.status_code, response.access_control_allow_origin) == (405, PAGE)
    assert caplog.text == ""


def test_converter_that_raises_forges_no_line_of_the_log(caplog):
    class Broken(BaseConverter):
        regex = r"[\s\S]+"

        def to_python(self, value):
            raise LookupError(value)

    app = closed_application()
    app.url_map.converters["broken"] = Broken
    app.add_url_rule("/<broken:name>", "broken", for_page("broken"))
    preflight(app, "/a%0d%0aCRITICAL forged%1b[31m" + "x" * 5000, "GET")
    assert "forged" in caplog.text
    assert not any(line.startswith("CRITICAL forged") for line in caplog.text.splitlines())
    assert "\x1b" not in caplog.text
    assert "x" * 500 not in caplog.text


def test_port_of_the_server_may_be_a_number():
    app = closed_application()
    app.add_url_rule("/", "index", for_page("index"), methods=["PUT"])
    for host in ({}, {"HTTP_HOST": "localhost:8000"}):
        environ = create_environ("/", method="OPTIONS", headers=asking("PUT"))
        del environ["HTTP_HOST"]
        statuses = []
        environ.update(host, SERVER_PORT=8000)
        app(environ, lambda status, headers, exc_info=None: statuses.append(status))  # noqa: B023
        assert statuses == ["204 No Content"]


def asking(method):
    return {"Origin": PAGE, "Access-Control-Request-Method": method}


def test_made_up_methods_are_not_remembered():
    app = closed_application()
    app.url_map.add(Rule("/any", endpoint="any"))
    app.url_map.add(Rule("/old", endpoint="old", redirect_to="any"))
    app.view_functions["any"] = cross_origin(allow_origins=[PAGE])(view("any"))
    environ = create_environ("/any", method="OPTIONS", headers=asking("GET"))

    def ask(prefix):
        for path, number in itertools.product(["/any", "/old"], range(1100)):
            headers = {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": f"{prefix}{number}"}
            app({**environ, **headers, "PATH_INFO": path}, lambda *arguments: None)
        gc.collect()
        return len(gc.get_objects())

    ask("A")
    before = ask("B")
    assert ask("C") - before < 100


def test_hosts_are_remembered_up_to_a_bound():
    app = closed_application()
    app.add_url_rule("/", "index", for_page("index"), methods=["PUT"])
    environ = create_environ("/", method="OPTIONS", headers=asking("PUT"))
    for number in range(1100):
        app({**environ, "HTTP_HOST": f"h{number}.example.com"}, lambda *arguments: None)
    assert len(app.extensions["wsgicors"]._places._adapters) <= 1024


@pytest.mark.parametrize(
    "name", ["HTTP_HOST", "HTTP_ACCESS_CONTROL_REQUEST_METHOD", "HTTP_ORIGIN", "HTTP_UPGRADE"]
)
def test_overlong_header_takes_no_memory(name):
    app = closed_application()
    app.add_url_rule("/<path:name>", "index", for_page("index"), methods=["PUT"])
    environ = create_environ("/a", method="OPTIONS", headers=asking("PUT"))
    app({**environ}, lambda *arguments: None)
    hostile = {**environ, name: "a" * 2**20}
    tracemalloc.start()
    try:
        app(hostile, lambda *arguments: None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 65536


@pytest.mark.parametrize("method", ["OPTIONS", "DELETE"])
def test_overlong_host_is_denied_without_an_error(method, caplog):
    app = closed_application()
    app.add_url_rule("/", "index", for_page("index"), methods=["PUT"])
    environ = create_environ("/", method=method, headers=asking("PUT"))
    environ["HTTP_HOST"] = "a" * 2000
    b"".join(app(environ, lambda *arguments: None))
    assert environ["wsgicors.decision"].allowed is False
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_method_names_are_case_sensitive():
    app = closed_application()
    app.add_url_rule("/", "index", for_page("index"), methods=["PATCH"])
    assert callers(app, "/", "PATCH") == {PAGE}
    assert refusal(app, PAGE, "/", "patch").reason == "method-not-allowed"


@pytest.mark.parametrize("method", ["BREW", "É", "PUT,DELETE", "A" * 5000, "PUT\tDELETE", "*"])
def test_made_up_methods_are_never_granted(method):
    app = closed_application()
    app.add_url_rule("/", "index", for_page("index"), methods=["PUT"])
    response = preflight(app, "/", method.encode().decode("latin-1"))
    assert granted_methods(response) == {"OPTIONS", "PUT"}


# --- what a URL routes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("routed", "granted"),
    [
        ROW(["GET"], {"GET", "HEAD", "OPTIONS"}, id="GET brings HEAD and OPTIONS"),
        ROW(["PUT"], {"PUT", "OPTIONS"}, id="PUT"),
        ROW(
            ["GET", "PATCH", "DELETE"], {"GET", "HEAD", "OPTIONS", "PATCH", "DELETE"}, id="several"
        ),
        ROW(["OPTIONS"], {"OPTIONS"}, id="OPTIONS alone"),
        ROW(["PROPFIND"], {"PROPFIND", "OPTIONS"}, id="a method of WebDAV"),
        ROW(["TRACE", "PUT"], {"PUT", "OPTIONS"}, id="never a forbidden one"),
    ],
)
@pytest.mark.parametrize("decorated", [True, False])
def test_unset_allow_methods_means_what_the_url_routes(routed, granted, decorated):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    index = for_page("index") if decorated else view("index")
    app.add_url_rule("/", "index", index, methods=routed)
    asked_about = min(granted - {"OPTIONS"} or granted)
    assert granted_methods(preflight(app, "/", asked_about)) == granted


def test_unset_allow_methods_adds_up_the_views_of_a_url():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/", "get", view("get"), methods=["GET"])
    app.add_url_rule("/", "put", view("put"), methods=["PUT"])
    assert granted_methods(preflight(app, "/", "PUT")) == {"GET", "HEAD", "OPTIONS", "PUT"}


def test_unset_allow_methods_means_the_methods_of_a_method_view():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])

    class Item(MethodView):
        def get(self):
            return "got"

        def patch(self):
            return "patched"

    app.add_url_rule("/", view_func=Item.as_view("item"))
    assert granted_methods(preflight(app, "/", "PATCH")) == {"GET", "HEAD", "OPTIONS", "PATCH"}


def test_set_allow_methods_narrows_what_the_url_routes():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE], allow_methods=["GET", "PUT"])
    app.add_url_rule("/", "index", view("index"), methods=["GET", "PUT", "DELETE"])
    assert granted_methods(preflight(app, "/", "DELETE")) == {"GET", "PUT"}
    assert refusal(app, PAGE, "/", "DELETE").reason == "method-not-allowed"


def test_rule_for_any_method_under_one_policy_grants_all():
    app = flask.Flask("example", static_folder=None)
    CORS(app, allow_origins=[PAGE], allow_methods=["GET", "PUT", "PATCH"])
    app.url_map.add(Rule("/<path:path>", endpoint="any"))
    app.view_functions["any"] = view("any")
    response = preflight(app, "/a/b", "PUT")
    assert granted_methods(response) == {"GET", "PUT", "PATCH"}
    assert response.headers["Vary"] == "Origin"


def test_rule_for_any_method_of_a_class_grants_one_at_a_time():
    class Item(MethodView):
        def put(self):
            return "put"

        @same_origin
        def purge(self):
            return "purged"

    app = flask.Flask("example", static_folder=None)
    CORS(app, allow_origins=[PAGE])
    app.url_map.add(Rule("/", endpoint="item"))
    app.view_functions["item"] = Item.as_view("item")
    assert granted_methods(preflight(app, "/", "PUT")) == {"PUT"}
    assert preflight(app, "/", "PURGE").status_code == 403


def test_rule_without_methods_routes_the_one_that_is_asked_about():
    app = closed_application()
    app.url_map.add(Rule("/", endpoint="any"))
    app.view_functions["any"] = for_page("any")
    assert callers(app, "/", "PATCH") == {PAGE}
    assert callers(app, "/", "PUT") == {PAGE}


# --- no cached preflight of one method lets another through ---------------------------------------


def test_methods_with_different_policies_are_granted_one_at_a_time():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE], allow_methods=["GET", "PUT", "DELETE"])
    app.add_url_rule("/item", "put", view("put"), methods=["PUT"])
    app.add_url_rule("/item", "delete", same_origin(view("delete")), methods=["DELETE"])
    response = preflight(app, "/item", "PUT")
    assert cors_headers(response) == {
        "Allow-Origin": PAGE,
        "Allow-Methods": "PUT",
        "Vary": "Origin, Access-Control-Request-Method",
    }
    assert callers(app, "/item", "DELETE") == set()


def test_methods_with_one_policy_are_granted_together():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/item", "put", for_page("put"), methods=["PUT"])
    app.add_url_rule("/item", "delete", for_page("delete"), methods=["DELETE"])
    browser = Browser(app, PAGE)
    assert len(browser.fetch("/item", "PUT").exchanges) == 2
    assert len(browser.fetch("/item", "DELETE").exchanges) == 1
    assert refusal(app, PAGE, "/item", "PATCH").reason == "method-not-allowed"


def test_method_that_says_more_is_granted_together_with_its_sisters_where_nothing_differs():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])

    class Item(MethodView):
        def get(self):
            return "got"

        @cross_origin(allow_origins=[PAGE])
        def put(self):
            return "put"

    app.add_url_rule("/item", view_func=Item.as_view("item"))
    assert granted_methods(preflight(app, "/item", "PUT")) == {"GET", "HEAD", "OPTIONS", "PUT"}


@pytest.mark.parametrize(
    "rules",
    [
        ROW([("/item", "PUT", "open"), ("/item", "DELETE", "closed")], id="two views on one rule"),
        ROW(
            [("/<name>", "PUT", "open"), ("/item", "DELETE", "closed")],
            id="a converter beside a fixed path",
        ),
        ROW(
            [("/item/", "PUT", "open"), ("/item", "DELETE", "closed")],
            id="a slash at the end of one",
        ),
        ROW(
            [
                ("/item/", "PUT", "open"),
                ("/item/", "DELETE", "open"),
                ("/item", "DELETE", "closed"),
            ],
            id="another DELETE behind the slash",
        ),
        ROW([("/item", "DELETE", "closed"), ("/item", None, "open")], id="a rule for every method"),
    ],
)
@pytest.mark.parametrize(
    "fields",
    [ROW({}, id="methods unset"), ROW({"allow_methods": ["PUT", "DELETE"]}, id="methods listed")],
)
def test_cached_preflight_for_put_never_carries_a_delete_to_a_same_origin_view(rules, fields):
    app = flask.Flask("example")
    CORS(app, allow_origins=[], **fields)
    reached = []
    decorators = {"open": cross_origin(allow_origins=[PAGE]), "closed": same_origin}

    def recorded(word):
        return lambda **arguments: reached.append(f"{flask.request.method} {word}") or word

    for number, (rule, method, word) in enumerate(rules):
        app.url_map.add(Rule(rule, endpoint=f"{number}", methods=method and [method]))
        app.view_functions[f"{number}"] = decorators[word](recorded(word))
    browser = Browser(app, origin=PAGE)
    assert browser.fetch("/item", method="PUT").text == "open"
    with pytest.raises(CORSError):
        browser.fetch("/item", method="DELETE")
    assert reached == ["PUT open"]


def test_cached_preflight_of_a_lax_slash_never_carries_a_delete_to_a_same_origin_view():
    app = closed_application()
    app.url_map.strict_slashes = False
    app.add_url_rule("/item/", "put", for_page("put"), methods=["PUT"])
    app.add_url_rule("/item/", "delete", same_origin(view("delete")), methods=["DELETE"])
    browser = Browser(app, origin=PAGE)
    assert browser.fetch("/item", method="PUT").text == "put"
    with pytest.raises(CORSError) as caught:
        browser.fetch("/item", method="DELETE")
    assert caught.value.exchanges[-1].request.method == "OPTIONS"


def test_cached_preflight_never_carries_headers_to_a_method_that_does_not_allow_them():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule(
        "/item", "put", cross_origin(allow_headers=["X-Force"])(view("put")), methods=["PUT"]
    )
    app.add_url_rule("/item", "delete", view("delete"), methods=["DELETE"])
    browser = Browser(app, origin=PAGE)
    browser.fetch("/item", method="PUT", headers={"X-Force": "1"})
    browser.fetch("/item", method="DELETE")
    with pytest.raises(CORSError):
        browser.fetch("/item", method="DELETE", headers={"X-Force": "1"})


def test_cached_preflight_never_carries_headers_to_a_simple_request():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule(
        "/item", "put", cross_origin(allow_headers=["X-Force"])(view("put")), methods=["PUT"]
    )
    app.add_url_rule("/item", "post", view("post"), methods=["POST"])
    browser = Browser(app, origin=PAGE)
    browser.fetch("/item", method="PUT", headers={"X-Force": "1"})
    with pytest.raises(CORSError):
        browser.fetch("/item", method="POST", headers={"X-Force": "1"})


# --- hosts, subdomains, prefixes, proxies ---------------------------------------------------------


def test_host_matching_tells_hosts_apart():
    app = flask.Flask("example", host_matching=True, static_folder=None)
    CORS(app, allow_origins=[])
    app.add_url_rule("/", "page", for_page("page"), methods=["PUT"], host="api.example.com")
    app.add_url_rule(
        "/", "admin", for_admin("admin"), methods=["PUT"], host="<name>.internal.example.com"
    )
    assert callers(app, "https://api.example.com/", "PUT") == {PAGE}
    assert callers(app, "https://x.internal.example.com/", "PUT") == {ADMIN}
    assert callers(app, "https://other.example.com/", "PUT") == set()


def subdomain_application():
    app = flask.Flask("example", subdomain_matching=True)
    app.config["SERVER_NAME"] = "example.com"
    CORS(app, allow_origins=[])
    app.add_url_rule("/", "page", for_page("page"), methods=["PUT"], subdomain="api")
    app.add_url_rule(
        "/", "admin", for_admin("admin"), methods=["PUT"], subdomain="<tenant>.internal"
    )
    app.add_url_rule("/", "root", for_admin("root"), methods=["PUT"])
    return app


@pytest.mark.parametrize(
    ("host", "origin"),
    [("api.example.com", PAGE), ("x.internal.example.com", ADMIN), ("example.com", ADMIN)],
)
def test_subdomains_below_server_name_are_told_apart(host, origin):
    assert callers(subdomain_application(), f"https://{host}/", "PUT") == {origin}


@pytest.mark.filterwarnings("ignore:Current server name")
def test_host_outside_of_server_name_is_under_the_policy_of_the_application():
    app = subdomain_application()
    assert callers(app, "https://elsewhere.net/", "PUT") == set()
    assert actual(app, method="PUT", base_url="https://elsewhere.net").status_code == 404


def test_prefix_of_the_server_is_not_part_of_the_routed_path():
    app = closed_application()
    app.add_url_rule("/items/", "items", for_page("items"), methods=["PUT"])
    app.add_url_rule("/api/items/", "other", for_admin("other"), methods=["PUT"])
    mounted = DispatcherMiddleware(closed_application(), {"/api": app})
    assert callers(mounted, "/api/items/", "PUT") == {PAGE}
    assert callers(mounted, "/api/items", "PUT") == {PAGE}


def test_dispatcher_outside_gives_each_application_its_own_policies():
    first, second = closed_application(), closed_application()
    first.add_url_rule("/items", "items", for_page("first"), methods=["PUT"])
    second.add_url_rule("/items", "items", for_admin("second"), methods=["PUT"])
    both = DispatcherMiddleware(first, {"/second": second})
    assert callers(both, "/items", "PUT") == {PAGE}
    assert callers(both, "/second/items", "PUT") == {ADMIN}


def test_dispatcher_inside_does_not_lend_a_view_s_policy_to_a_mounted_application():
    app, mounted = flask.Flask("example"), flask.Flask("mounted")
    app.add_url_rule("/items", "items", for_page("public"))
    mounted.add_url_rule("/items", "items", view("private"))
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/mounted": mounted})
    CORS(app, allow_origins=[])
    assert actual(app, "/mounted/items").text == "private"
    assert callers(app, "/mounted/items") == set()
    assert callers(app, "/items") == {PAGE}
    # Nor when the other endpoint of that name has been looked up before.
    assert callers(app, "/mounted/items") == set()


def test_dispatcher_inside_never_yields_two_values():
    app, mounted = flask.Flask("example"), flask.Flask("mounted")
    CORS(mounted, allow_origins="*")
    mounted.add_url_rule("/items", "items", view("items"))
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/mounted": mounted})
    CORS(app, allow_origins=[PAGE])
    assert cors_headers(actual(app, "/mounted/items")) == {"Allow-Origin": PAGE, "Vary": "Origin"}


def test_proxy_fix_outside_is_believed():
    app = flask.Flask("example", host_matching=True, static_folder=None)
    CORS(app, allow_origins=[])
    app.add_url_rule("/", "page", for_page("page"), methods=["PUT"], host="api.example.com")
    app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1, x_proto=1, x_prefix=1)

    def proxy(environ, start_response):
        forwarded = {"HTTP_X_FORWARDED_HOST": "api.example.com", "HTTP_X_FORWARDED_PROTO": "https"}
        backend = {"HTTP_HOST": "backend:8000", "wsgi.url_scheme": "http"}
        return app({**environ, **forwarded, **backend}, start_response)

    assert callers(proxy, "/", "PUT") == {PAGE}


def test_untrusted_host_of_the_request_is_no_crash():
    app = closed_application()
    app.config["TRUSTED_HOSTS"] = ["api.example.com"]
    app.add_url_rule("/", "index", for_page("index"), methods=["PUT"])
    assert callers(app, "https://api.example.com/", "PUT") == {PAGE}
    assert preflight(app, base_url="https://evil.example").status_code in (204, 403)


# --- redirects of the URL map ---------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/items", "/items/"])
def test_preflight_is_never_redirected_for_a_slash(path):
    app = closed_application()
    app.add_url_rule("/items/", "items", for_page("items"), methods=["PUT"])
    assert callers(app, path, "PUT") == {PAGE}
    assert granted_methods(preflight(app, path)) == {"OPTIONS", "PUT"}


def test_redirect_for_a_slash_is_under_the_policy_of_the_view_behind_it():
    app = closed_application()
    app.add_url_rule("/items/", "items", for_page("items"))
    assert callers(app, "/items") == {PAGE}
    response = Browser(app, origin=PAGE).fetch("/items")
    assert [exchange.response.status for exchange in response.exchanges] == [308, 200]
    assert response.text == "items"


@pytest.mark.parametrize("path", ["/items", "/items/"])
def test_lax_slashes_are_one_url(path):
    app = closed_application()
    app.add_url_rule("/items/", "items", for_page("items"), methods=["PUT"], strict_slashes=False)
    assert callers(app, path, "PUT") == {PAGE}
    assert granted_methods(preflight(app, path)) == {"OPTIONS", "PUT"}


def test_slash_too_many_is_not_the_view():
    app = closed_application()
    app.add_url_rule("/items", "items", for_page("items"), methods=["PUT"])
    assert callers(app, "/items/", "PUT") == set()


def test_merged_slashes_are_under_the_policy_of_the_view():
    app = closed_application()
    app.add_url_rule("/a/b", "b", for_page("b"), methods=["GET", "PUT"])
    assert callers(app, "/a//b", "PUT") == {PAGE}
    assert granted_methods(preflight(app, "/a//b")) == {"GET", "HEAD", "OPTIONS", "PUT"}
    assert actual(app, "/a//b").status_code == 308


def test_redirect_for_defaults_is_under_the_policy_of_the_view():
    app = closed_application()
    pages = for_page("pages")
    app.add_url_rule("/pages/", "pages", pages, defaults={"number": 1}, methods=["GET", "PUT"])
    app.add_url_rule("/pages/<int:number>", "pages", pages, methods=["GET", "PUT"])
    assert callers(app, "/pages/1", "PUT") == {PAGE}
    assert actual(app, "/pages/1").status_code == 308
    assert callers(app, "/pages/2", "PUT") == {PAGE}
    assert callers(app, "/pages/", "PUT") == {PAGE}


def test_redirect_of_a_rule_is_followed_within_the_application():
    app = closed_application()
    app.url_map.add(Rule("/old", endpoint="old", redirect_to="new", methods=["GET", "PUT"]))
    app.add_url_rule("/new", "new", for_page("new"), methods=["GET", "PUT"])
    assert callers(app, "/old", "PUT") == {PAGE}
    assert Browser(app, origin=PAGE).fetch("/old", method="PUT").text == "new"


def test_redirect_of_a_rule_to_elsewhere_is_under_the_policy_of_the_application():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.url_map.add(
        Rule("/old", endpoint="old", redirect_to="https://elsewhere.example/", methods=["GET"])
    )
    response = actual(app, "/old")
    assert (response.status_code, cors_headers(response)["Allow-Origin"]) == (308, PAGE)


def test_redirect_that_needs_the_application_is_followed_in_its_context():
    app = closed_application()
    app.config["NEWEST"] = "new"
    newest = lambda adapter: flask.current_app.config["NEWEST"]  # noqa: E731
    app.url_map.add(Rule("/old", endpoint="old", redirect_to=newest, methods=["PUT"]))
    app.add_url_rule("/new", "new", for_page("new"), methods=["PUT"])
    assert callers(app, "/old", "PUT") == {PAGE}


def test_rules_that_redirect_to_one_another_end():
    app = closed_application()
    app.url_map.add(Rule("/a", endpoint="a", redirect_to="b"))
    app.url_map.add(Rule("/b", endpoint="b", redirect_to="a"))
    assert callers(app, "/a", "PUT") == set()


def test_websocket_rule_is_not_mistaken_for_the_view_on_its_url():
    app = closed_application()
    app.url_map.add(Rule("/feed", endpoint="socket", websocket=True))
    app.view_functions["socket"] = for_admin("socket")
    app.add_url_rule("/feed", "feed", for_page("feed"), methods=["PUT"])
    assert callers(app, "/feed", "PUT") == {PAGE}


@pytest.mark.parametrize(
    "rule",
    [
        ROW({"websocket": True}, id="websocket"),
        ROW({"redirect_to": "https://elsewhere.example/"}, id="redirect to elsewhere"),
    ],
)
def test_url_without_a_view_grants_no_more_than_it_routes(rule):
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.url_map.add(Rule("/feed", endpoint="feed", methods=["GET"], **rule))
    assert actual(app, "/feed", "PUT").status_code == 405
    assert refusal(app, PAGE, "/feed", "PUT").reason == "method-not-allowed"


# --- nothing there --------------------------------------------------------------------------------


def test_unknown_url_is_a_404_that_the_page_can_read():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    response = Browser(app, origin=PAGE).fetch("/missing", method="PUT")
    assert response.status == 404
    assert "Not Found" in response.text


def test_wrong_method_is_a_405_that_the_page_can_read():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/item", "item", view("item"), methods=["GET"])
    response = Browser(app, origin=PAGE).fetch("/item", method="POST")
    assert response.status == 405


def test_wrong_method_is_under_the_policy_of_the_view():
    app = closed_application()
    app.add_url_rule("/item", "item", for_page("item"), methods=["GET"])
    assert actual(app, "/item", "POST").status_code == 405
    assert callers(app, "/item", "POST") == {PAGE}
    assert granted_methods(preflight(app, "/item", "PUT")) == {"GET", "HEAD", "OPTIONS"}


def test_wrong_method_is_under_the_policy_of_the_blueprint():
    app = closed_application()
    blueprint = cross_origin(allow_origins=[PAGE])(flask.Blueprint("b", __name__))
    blueprint.add_url_rule("/item", "get", view("get"), methods=["GET"])
    blueprint.add_url_rule("/item", "put", view("put"), methods=["PUT"])
    app.register_blueprint(blueprint)
    assert actual(app, "/item", "POST").status_code == 405
    assert callers(app, "/item", "POST") == {PAGE}


def test_wrong_method_on_views_that_disagree_is_under_the_policy_of_the_application():
    app = flask.Flask("example")
    CORS(app, allow_origins=[ADMIN])
    app.add_url_rule("/item", "get", for_page("get"), methods=["GET"])
    app.add_url_rule("/item", "put", same_origin(view("put")), methods=["PUT"])
    assert actual(app, "/item", "POST").status_code == 405
    assert callers(app, "/item", "POST") == {ADMIN}


# --- OPTIONS that is no preflight -----------------------------------------------------------------

NO_PREFLIGHT = [
    ROW({}, id="plain"),
    ROW({"Origin": PAGE}, id="with Origin alone"),
    ROW({"Access-Control-Request-Method": "PUT"}, id="with a requested method alone"),
    ROW({"Origin": PAGE, "Access-Control-Request-Method": ""}, id="with an empty requested method"),
]


@pytest.mark.parametrize("headers", NO_PREFLIGHT)
@pytest.mark.parametrize("decorate", [ROW(view, id="undecorated"), ROW(for_page, id="decorated")])
def test_automatic_options_still_answers(headers, decorate):
    app = closed_application()
    app.add_url_rule("/", "index", decorate("index"), methods=["GET", "PUT"])
    response = actual(app, "/", "OPTIONS", origin=None, headers=headers)
    assert response.status_code == 200
    assert set(response.allow) == {"GET", "HEAD", "OPTIONS", "PUT"}


@pytest.mark.parametrize("headers", NO_PREFLIGHT)
@pytest.mark.parametrize("decorate", [ROW(view, id="undecorated"), ROW(for_page, id="decorated")])
def test_explicit_options_view_still_answers(headers, decorate):
    app = closed_application()
    app.add_url_rule("/", "index", decorate("of the view"), methods=["GET", "OPTIONS"])
    assert actual(app, "/", "OPTIONS", origin=None, headers=headers).text == "of the view"


def test_explicit_options_view_is_not_called_for_a_preflight():
    app = closed_application()
    called = []
    app.add_url_rule(
        "/",
        "index",
        cross_origin(allow_origins=[PAGE])(lambda: called.append(1) or ""),
        methods=["OPTIONS"],
    )
    assert preflight(app, "/", "OPTIONS").status_code == 204
    assert called == []


def test_explicit_options_view_ahead_of_others_still_answers_under_its_own_policy():
    app = closed_application()
    app.add_url_rule("/", "options", for_admin("of the view"), methods=["OPTIONS"])
    app.add_url_rule("/", "put", for_page("put"), methods=["PUT"])
    assert actual(app, "/", "OPTIONS").text == "of the view"
    assert callers(app, "/", "OPTIONS") == {ADMIN}
    assert callers(app, "/", "PUT") == {PAGE}


def test_options_method_of_a_method_view_still_answers():
    app = closed_application()

    @cross_origin(allow_origins=[PAGE])
    class Item(MethodView):
        def put(self):
            return "put"

        def options(self):
            return "of the class"

    app.add_url_rule("/", view_func=Item.as_view("item"))
    assert actual(app, "/", "OPTIONS").text == "of the class"
    assert callers(app, "/", "PUT") == {PAGE}


def test_denied_preflight_is_logged_without_its_line_ends(caplog):
    app = closed_application()
    with caplog.at_level(logging.DEBUG, "wsgicors"):
        preflight(app, "/a%0d%0aforged")
    assert "\n" not in caplog.messages[0]
    assert "origin-not-allowed" in caplog.messages[0]


# --- paths that a server leaves encoded ----------------------------------------------------------


def test_a_preflight_of_a_path_that_leads_elsewhere_when_decoded_is_nobodys():
    app = flask.Flask("example")
    CORS(app, allow_origins=[PAGE])
    app.add_url_rule("/secret", "secret", same_origin(view("secret")), methods=["PUT"])
    app.add_url_rule("/items/<name>", "item", view("item"), methods=["PUT"])
    asks = {"method": "OPTIONS", "origin": PAGE, "asks": "PUT"}
    assert answer(app, environ_of("/items/a%20b", **asks)).status == "204 No Content"
    assert answer(app, environ_of("/%73ecret", **asks)).status == "403 Forbidden"

"""Every published vulnerability of another CORS library, tried on both front doors of this one."""

from __future__ import annotations

import logging
import posixpath
import re
import tracemalloc
from urllib.parse import unquote

import flask
import pytest
from exchanges import EVERYBODY, answer, callers, environ_of

from wsgicors import ConfigError, CORSMiddleware, Policy
from wsgicors.flask import CORS, cross_origin
from wsgicors.testing import Browser

ROW = pytest.param
APP = "https://app.example.com"
EVIL = "https://evil.example"


def by_middleware(policies, **base):
    """An application that reads paths as generously as any ever did, behind the middleware."""

    def application(environ, start_response):
        path = unquote(environ["PATH_INFO"]).replace("\\", "/")
        start_response(
            "200 OK",
            [("Content-Type", "text/plain"), ("Access-Control-Allow-Private-Network", "true")],
        )
        return [posixpath.normpath(f"/{path.lstrip('/')}").encode()]

    routes = {path: Policy(**fields) for path, fields in policies.items()}
    return CORSMiddleware(application, routes=routes or None, **base)


def by_flask(policies, **base):
    """A Flask application with a view for each path."""
    app = flask.Flask(__name__, static_folder=None)
    CORS(app, **base)
    app.add_url_rule("/", "index", lambda: private_network("/"))
    for path, fields in policies.items():
        view = cross_origin(**fields)(lambda path=path: private_network(path))
        app.add_url_rule(path, path.replace(".", "_"), view)
    return app


def private_network(body):
    return body, {"Access-Control-Allow-Private-Network": "true"}


@pytest.fixture(params=[by_middleware, by_flask], ids=["middleware", "flask"])
def govern(request):
    """A site whose paths have the given policies, and all others the base."""
    return request.param


OPEN, CLOSED = {"allow_origins": "*", "allow_headers": "X-Token"}, {"allow_origins": []}


def pages_at(app, path):
    """What is served there, and the pages that can read it and have their preflights granted."""
    text = Browser(app, "https://api.example.com").fetch(path).text
    return text, callers(app, path, headers={"X-Token": "1"})


def pages_of(fields):
    return EVERYBODY if fields is OPEN else set()


def shared_with(app, path, origin=EVIL):
    """The same for a path or an origin that no browser writes so, and a hostile client does."""
    actual = answer(app, environ_of(path, origin=origin))
    preflighted = answer(app, environ_of(path, method="OPTIONS", origin=origin, asks="GET"))
    may_read = bool(actual.values("Access-Control-Allow-Origin"))
    may_send = bool(preflighted.values("Access-Control-Allow-Origin"))
    assert preflighted.status == ("204 No Content" if may_send else "403 Forbidden")
    return actual.body.decode(), may_read, may_send


TRICKS = [
    ROW("/public/../private", id="dot segments"),
    ROW("/public/./../private", id="both dot segments"),
    ROW("/public//../private", id="dot segments and an empty one"),
    ROW("/public/..//private", id="dot segments before an empty one"),
    ROW("/public/%2e%2e/private", id="encoded dots"),
    ROW("/public%2f..%2fprivate", id="encoded slashes"),
    ROW("/public/..%2fprivate", id="encoded slash behind dots"),
    ROW("/public\\..\\private", id="backslashes"),
    ROW("/public%5c..%5cprivate", id="encoded backslashes"),
    ROW("//private", id="empty segment"),
    ROW("/./private", id="dot segment at the start"),
    ROW("/public/../private/", id="slash at the end"),
]


@pytest.mark.parametrize("path", TRICKS)
def test_cve_2020_25032_and_cve_2019_18978_a_path_in_disguise_gets_no_other_paths_policy(
    govern, path
):
    """Flask-CORS and rack-cors matched the path as it was sent; it was served normalized."""
    app = govern({"/public": OPEN, "/private": CLOSED}, allow_origins="*")
    served, may_read, may_send = shared_with(app, path)
    assert served == "/private" or govern is by_flask
    if served == "/private":
        assert (may_read, may_send) == (False, False)


@pytest.mark.parametrize("order", [1, -1], ids=["broad first", "narrow first"])
def test_cve_2024_6839_the_narrower_of_two_settings_holds(govern, order):
    """Flask-CORS tried its path expressions by the length of their text, not by what they match."""
    policies = {
        "/a-long-but-broad-prefix": OPEN,
        "/a-long-but-broad-prefix/b": CLOSED,
        "/c": CLOSED,
        "/c/a-longer-and-narrower-one": OPEN,
    }
    app = govern(dict(list(policies.items())[::order]), allow_origins=[])
    for path, fields in policies.items():
        assert pages_at(app, path) == (path, pages_of(fields))


@pytest.mark.parametrize(
    ("plus", "blank"), [(OPEN, CLOSED), (CLOSED, OPEN)], ids=["plus open", "blank open"]
)
def test_cve_2024_6844_a_plus_in_a_path_is_a_plus(govern, plus, blank):
    """Flask-CORS read it as a blank, as in a query, and applied another path's setting."""
    app = govern({"/a+b": plus, "/a b": blank}, allow_origins=[])
    assert pages_at(app, "/a+b") == ("/a+b", pages_of(plus))
    assert pages_at(app, "/a b") == ("/a b", pages_of(blank))


@pytest.mark.parametrize(
    ("upper", "lower"), [(OPEN, CLOSED), (CLOSED, OPEN)], ids=["upper open", "lower open"]
)
def test_cve_2024_6866_the_case_of_a_path_counts(govern, upper, lower):
    """Flask-CORS matched paths in any case, where the URL map tells them apart."""
    app = govern({"/Admin": upper, "/admin": lower}, allow_origins=[])
    assert pages_at(app, "/Admin") == ("/Admin", pages_of(upper))
    assert pages_at(app, "/admin") == ("/admin", pages_of(lower))


@pytest.mark.parametrize(
    "request_",
    [
        ROW({"path": "/\r\n2024-01-01 INFO root logged in"}, id="path"),
        ROW({"origin": f"{EVIL}\r\nroot logged in"}, id="Origin"),
        ROW({"method": "OPTIONS", "asks": "PUT\nroot logged in"}, id="requested method"),
        ROW(
            {"method": "OPTIONS", "asks": "PUT", "headers": "x\x85root logged in\u2028"},
            id="requested headers",
        ),
    ],
)
def test_cve_2024_1681_nothing_that_a_client_sends_begins_a_line_of_the_log(
    govern, request_, caplog
):
    """Flask-CORS wrote the path into its debug log as it was."""
    caplog.set_level(logging.DEBUG, "wsgicors")
    answer(govern({}, allow_origins=APP), environ_of(**{"origin": EVIL, **request_}))
    assert all(message.isascii() and message.isprintable() for message in caplog.messages)
    assert caplog.messages[0].startswith("denied: ")


@pytest.mark.parametrize(
    "request_",
    [{"method": "GET"}, {"method": "OPTIONS", "asks": "GET"}],
    ids=["actual", "preflight"],
)
@pytest.mark.parametrize("origins", ["*", APP])
def test_cve_2024_6221_access_to_private_networks_is_never_granted(govern, origins, request_):
    """Flask-CORS granted it by default; here not even the application can."""
    app = govern({}, allow_origins=origins)
    environ = environ_of(origin=APP, HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK="true", **request_)
    answered = answer(app, environ)
    assert answered.decision.allowed
    assert answered.values("Access-Control-Allow-Private-Network") == []


def start(app):
    answer(app, environ_of(origin=APP))


@pytest.mark.parametrize(
    ("origins", "reason"),
    [
        ROW("*", "wildcard-with-credentials", id="CVE-2018-20744 and CVE-2024-25124: everybody"),
        ROW(["*"], "wildcard-with-credentials", id="everybody, in a list"),
        ROW("null", "null-with-credentials", id="null, which anybody can be"),
        ROW("https://*", "wildcard", id="every host"),
        ROW("h*", "no-scheme", id="everything that begins with h"),
        ROW("https://*.com", "public-suffix", id="a whole top-level domain"),
        ROW([re.compile(".*")], "matches-any-origin", id="regular expression for everybody"),
        ROW(
            [re.compile("https?://.+")],
            "matches-any-origin",
            id="regular expression for all of the web",
        ),
    ],
)
def test_any_origin_with_credentials_never_starts(govern, origins, reason):
    """rs/cors, Tomcat and fiber answered any origin with itself and with credentials."""
    with pytest.raises(ConfigError) as caught:
        start(govern({}, allow_origins=origins, allow_credentials=True))
    assert {problem.reason for problem in caught.value.problems} == {reason}


def test_cve_2018_8014_and_cve_2023_49803_nothing_is_shared_by_default(govern):
    """Tomcat and koa shared with everybody unless told otherwise."""
    with pytest.raises(ConfigError) as caught:
        start(govern({}))
    assert {problem.reason for problem in caught.value.problems} == {"missing"}


@pytest.mark.parametrize("origin", [EVIL, "null", "", "x", f"{EVIL}\r\nSet-Cookie: a=b"])
def test_cve_2023_49803_an_origin_is_never_reflected_for_everybody(govern, origin):
    """Any origin was answered with itself by koa."""
    app = govern({}, allow_origins="*")
    for request in ({"method": "GET"}, {"method": "OPTIONS", "asks": "GET"}):
        answered = answer(app, environ_of(origin=origin, **request))
        assert answered.values("Access-Control-Allow-Origin") == ["*"]
        assert answered.values("Access-Control-Allow-Credentials") == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ROW("https://example.com/*", "path", id="path of the advisory"),
        ROW("http://localhost/*", "path", id="other path of the advisory"),
        ROW("https://example.com*", "wildcard", id="wildcard at the end"),
        ROW("https://example.*", "wildcard", id="wildcard for the top level"),
        ROW("https://*example.com", "wildcard", id="wildcard without a dot"),
        ROW("https://api.*.example.com", "wildcard", id="wildcard in the middle"),
        ROW("http*://example.com", "wildcard", id="wildcard in the scheme"),
    ],
)
def test_cve_2019_25211_a_wildcard_stands_only_where_it_is_understood(govern, pattern, reason):
    """To gin `https://example.com/*` was a prefix, even of `https://example.community`."""
    with pytest.raises(ConfigError) as caught:
        start(govern({}, allow_origins=pattern))
    assert {problem.reason for problem in caught.value.problems} == {reason}


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.community",
        "https://a.example.community",
        "https://aexample.com",
        "https://a.example.com.evil.example",
        "https://evil.example/.example.com",
        "https://evil.example?.example.com",
        "https://a.example.com@evil.example",
        "http://localhost.example.com",
        "http://localhost:3000.evil.example",
        "http://localhost:x@evil.example",
    ],
)
def test_cve_2019_25211_a_wildcard_matches_no_longer_host(govern, origin):
    app = govern(
        {}, allow_origins=["https://*.example.com", "http://localhost:*"], allow_credentials=True
    )
    assert shared_with(app, "/", origin)[1:] == (False, False)


@pytest.mark.parametrize(
    "fields",
    [
        ROW({"allow_origins": "*", "allow_headers": "*"}, id="everybody, all headers"),
        ROW({"allow_origins": APP, "allow_headers": "X-A"}, id="listed headers"),
        ROW(
            {
                "allow_origins": APP,
                "allow_headers": "*",
                "allow_methods": "*",
                "allow_credentials": True,
            },
            id="headers on request",
        ),
    ],
)
@pytest.mark.parametrize(
    "hostile",
    [
        ROW({"headers": "," * (1 << 20)}, id="commas"),
        ROW({"headers": "x-a," * (1 << 18)}, id="names"),
        ROW({"headers": "x" * (1 << 20)}, id="one name"),
        ROW({"origin": "https://" + "a." * (1 << 19)}, id="origin"),
        ROW({"origin": "," * (1 << 20)}, id="origin of commas"),
    ],
)
def test_go_2024_2883_a_long_request_costs_no_more_memory_than_a_short_one(govern, fields, hostile):
    """rs/cors allocated for every comma of Access-Control-Request-Headers."""
    app = govern({}, **fields)
    usual = {"method": "OPTIONS", "origin": APP, "asks": "PUT", "headers": "x-a"}
    answer(app, environ_of(**usual))
    environ = environ_of(**{**usual, **hostile})
    tracemalloc.start()
    try:
        answered = answer(app, environ)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 1024
    assert sum(len(value) for _, value in answered.headers) < 500


# --- later ones ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin", ["https://barfoo.com", "https://foobar.com", "https://xfoo.com", "https://o.com"]
)
def test_ghsa_vhxv_fg4m_p2w8_hosts_with_a_common_end_admit_no_mixture(govern, origin):
    """jub0bs/cors, for ``https://foo.com`` and ``https://bar.com``, let ``https://barfoo.com`` in."""
    app = govern({}, allow_origins=["https://foo.com", "https://bar.com"], allow_credentials=True)
    assert shared_with(app, "/", origin)[1:] == (False, False)


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.com.evil.example",
        "https://app.example.com:443.evil.example",
        "https://app.example.comevil.example",
        "https://app.example.com@evil.example",
        "https://APP.example.com",
        "xhttps://app.example.com",
    ],
)
@pytest.mark.parametrize(
    "allowed", [ROW(APP, id="text"), ROW(re.compile(r"https://app\.example\.com"), id="expression")]
)
def test_cve_2026_37737_an_origin_is_matched_in_full(govern, allowed, origin):
    """sanic-cors searched; CVE-2026-40110 (Jupyter Server) is the same with ``re.match``."""
    app = govern({}, allow_origins=[allowed], allow_credentials=True)
    assert shared_with(app, "/", origin)[1:] == (False, False)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example/.wails.localhost",
        "https://a.wails.localhost.evil.example",
        "http://wails.evil.example",
        "wails://evil.example",
        "wails://wails.evil.example",
        "wails://wails/",
        "wails://",
    ],
)
def test_cve_2026_34157_an_application_is_its_whole_origin(govern, origin):
    """Wails compared a part; CVE-2026-42184 (Tauri) took the first name of the host alone."""
    trusted = ["wails://wails", "http://wails.localhost", "https://*.wails.localhost"]
    app = govern({}, allow_origins=trusted, allow_credentials=True)
    assert shared_with(app, "/", origin)[1:] == (False, False)


@pytest.mark.parametrize("path", ["/hooks", "/hooksx", "/Hooks/", "/hooks/../admin", "//hooks/"])
def test_go_2025_3955_a_way_past_the_policy_is_no_wider_than_it_is_written(path):
    """Go's ``CrossOriginProtection`` let more paths past than the pattern named."""
    app = by_middleware({"/hooks/open": {"allow_origins": "*"}}, allow_origins=[])
    assert shared_with(app, path, "https://evil.example")[1:] == (False, False)

"""The browser as a test tool: applications that are right, applications that are broken."""

from __future__ import annotations

import dataclasses
import io
import pickle
import warnings
from wsgiref.validate import validator

import flask
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsgicors import CORSMiddleware
from wsgicors.fetch import transcript
from wsgicors.testing import (
    CHROMIUM,
    FIREFOX,
    STANDARD,
    WEBKIT,
    Browser,
    CORSError,
    NetworkError,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # WebOb imports cgi
    import webtest

ROW = pytest.param
PAGE = "https://app.example.com"


def server(*headers, status="200 OK", body=b"hello", preflight=None):
    """An application that knows no CORS but the headers that it is given.

    ``preflight`` is what it answers to OPTIONS, if that is something else: status and headers.
    """

    def application(environ, start_response):
        if environ["REQUEST_METHOD"] == "OPTIONS" and preflight is not None:
            start_response(preflight[0], list(preflight[1:]))
            return [b""]
        start_response(status, [("Content-Type", "text/plain"), *headers])
        return [body]

    return application


def echo(environ, start_response):
    """An application that tells what it was sent, to everybody."""
    start_response(
        "200 OK",
        [
            ("Content-Type", "application/json"),
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Methods", "*"),
            ("Access-Control-Allow-Headers", "*"),
        ],
    )
    length = int(environ.get("CONTENT_LENGTH") or 0)
    told = {
        **{key: value for key, value in environ.items() if isinstance(value, str)},
        "body": environ["wsgi.input"].read(length).decode("latin-1"),
    }
    return [flask.json.dumps(told).encode()]


# --- requests reach the application --------------------------------------------------------------


def test_request_arrives_as_a_server_would_pass_it_on():
    sent = Browser(validator(echo)).fetch(
        "/ä/%2F?q=ü&r=1", "POST", headers={"X-A": "1"}, body="hellö"
    )
    environ = sent.json()
    assert environ["REQUEST_METHOD"] == "POST"
    assert environ["PATH_INFO"] == "/ä//".encode().decode("latin-1")
    assert environ["QUERY_STRING"] == "q=%C3%BC&r=1"
    assert environ["HTTP_HOST"] == "api.example.com"
    assert environ["wsgi.url_scheme"] == "https"
    assert environ["CONTENT_TYPE"] == "text/plain;charset=UTF-8"
    assert environ["CONTENT_LENGTH"] == "6"
    assert environ["HTTP_ORIGIN"] == PAGE
    assert environ["HTTP_X_A"] == "1"
    assert environ["body"] == "hellö".encode().decode("latin-1")


def test_path_that_begins_with_two_slashes_is_no_host():
    sent = Browser(echo).fetch("https://api.example.com//other.example/x").json()
    assert (sent["HTTP_HOST"], sent["PATH_INFO"]) == ("api.example.com", "//other.example/x")


@pytest.mark.parametrize(
    ("base_url", "path_or_url", "url"),
    [
        ROW("https://api.example.com", "items", "https://api.example.com/items", id="plain"),
        ROW("https://a.example/v1/", "items", "https://a.example/v1/items", id="below a path"),
        ROW("https://a.example/v1/", "/items", "https://a.example/items", id="from the root"),
        ROW("http://localhost:8000", "/items", "http://localhost:8000/items", id="port"),
        ROW("https://a.example", "https://b.example/", "https://b.example/", id="another host"),
    ],
)
def test_relative_urls_are_relative_to_the_base(base_url, path_or_url, url):
    response = Browser(echo, base_url=base_url).fetch(path_or_url)
    assert response.url == url
    assert response.json()["HTTP_HOST"] == url.split("/")[2]


def flask_application():
    app = flask.Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "hello")
    app.wsgi_app = CORSMiddleware(app.wsgi_app, allow_origins="*")
    return app


def generator_application(environ, start_response):
    yield from server(("Access-Control-Allow-Origin", "*"))(environ, start_response)


def writing_application(environ, start_response):
    write = start_response("200 OK", [("Access-Control-Allow-Origin", "*")])
    write(b"hel")
    return [b"lo"]


@pytest.mark.parametrize(
    "app",
    [
        ROW(server(("Access-Control-Allow-Origin", "*")), id="function"),
        ROW(CORSMiddleware(server(), allow_origins="*"), id="middleware"),
        ROW(flask_application(), id="Flask"),
        ROW(webtest.TestApp(CORSMiddleware(server(), allow_origins="*")), id="WebTest"),
        ROW(validator(CORSMiddleware(server(), allow_origins="*")), id="under a validator"),
        ROW(generator_application, id="generator"),
        ROW(writing_application, id="write()"),
    ],
)
def test_any_wsgi_application_can_be_fetched_from(app):
    assert Browser(app).fetch("/").text == "hello"


def test_what_is_no_application_is_a_type_error():
    with pytest.raises(TypeError, match="neither a WSGI application"):
        Browser("application")


def test_client_for_tests_is_led_to_its_application():
    client = flask_application().test_client()
    with pytest.raises(TypeError, match=r"is a test client.*write Browser\(client.application\)"):
        Browser(client)
    assert Browser(client.application).fetch("/").text == "hello"


def test_wrong_origin_of_the_page_is_named_with_the_right_one():
    with pytest.raises(
        ValueError, match=r"origin 'https://a.example/' has a path.* write 'https://a"
    ):
        Browser(server(), origin="https://a.example/")


def test_response_is_closed():
    body = io.BytesIO(b"hello")

    def application(environ, start_response):
        start_response("200 OK", [("Access-Control-Allow-Origin", "*")])
        return body

    assert Browser(application).fetch("/").text == "hello"
    assert body.closed


def test_what_the_application_raises_comes_through():
    def application(environ, start_response):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        Browser(application).fetch("/")


# --- what comes of it ----------------------------------------------------------------------------


def test_response_and_exchanges():
    app = CORSMiddleware(server(("X-Total", "1")), allow_origins=PAGE, allow_methods="PUT")
    response = Browser(app).fetch("/items", method="PUT")
    assert (response.status, response.ok, response.text) == (200, True, "hello")
    assert "X-Total" not in response.headers
    preflight, actual = response.exchanges
    assert (preflight.kind, preflight.request.method) == ("preflight", "OPTIONS")
    assert preflight.response.status == 204
    assert (actual.kind, actual.request.url) == ("actual", "https://api.example.com/items")
    assert ("X-Total", "1") in actual.response.headers


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ROW("status_code", "write status$", id="requests"),
        ROW("get_json", r"write json\(\)", id="Werkzeug"),
        ROW("cookies", "or refused_cookies", id="cookies"),
    ],
)
def test_names_of_other_libraries_lead_to_those_of_a_response(name, advice):
    response = Browser(server(), origin="https://api.example.com").fetch("/")
    with pytest.raises(AttributeError, match=f"Response has no {name}; .*{advice}"):
        getattr(response, name)
    assert not hasattr(response, "statuss")
    with pytest.raises(AttributeError, match="HTTPResponse has no data; write body"):
        _ = response.exchanges[0].response.data


@pytest.mark.parametrize(
    ("name", "advice"), [("get", r"fetch\(path\)"), ("post", r'fetch\(path, method="POST"\)')]
)
def test_names_of_test_clients_lead_to_fetch(name, advice):
    with pytest.raises(AttributeError, match=f"Browser has no {name}; write {advice}"):
        getattr(Browser(server()), name)
    with pytest.raises(AttributeError, match="'Browser' object has no attribute 'fetchh'"):
        _ = Browser(server()).fetchh


def test_refusal_reads_like_a_good_colleague():
    preflight = ["204 No Content", ("Access-Control-Allow-Origin", PAGE)]
    preflight.append(("Access-Control-Allow-Methods", "GET, POST"))
    with pytest.raises(CORSError) as caught:
        Browser(server(preflight=preflight)).fetch("/items/1", method="PUT")
    error = caught.value
    assert str(error) == (
        "PUT https://api.example.com/items/1 by a page of https://app.example.com failed:"
        " method-not-allowed\n"
        "\n"
        "The answer to the preflight does not allow the method PUT"
        " (Access-Control-Allow-Methods: GET, POST).\n"
        'Add "PUT" to allow_methods.\n'
        "More: python -m wsgicors explain method-not-allowed\n"
        "\n"
        "> OPTIONS https://api.example.com/items/1\n"
        ">   Access-Control-Request-Method: PUT\n"
        ">   Origin: https://app.example.com\n"
        "< 204\n"
        "<   Access-Control-Allow-Origin: https://app.example.com\n"
        "<   Access-Control-Allow-Methods: GET, POST"
    )
    assert error.reason == "method-not-allowed"
    assert error.remedy == 'Add "PUT" to allow_methods.'
    assert error.request.method == "PUT"
    assert [exchange.kind for exchange in error.exchanges] == ["preflight"]


def test_long_values_are_cut_in_the_text_and_whole_in_the_exchanges():
    app = server(("Access-Control-Allow-Origin", "https://" + "a" * 5000))
    with pytest.raises(CORSError) as caught:
        Browser(app).fetch("/")
    assert len(max(str(caught.value).splitlines(), key=len)) < 400
    assert "a" * 5000 in caught.value.exchanges[0].response.headers[1][1]


@pytest.mark.parametrize("name", ["Access-Control-Allow-Origin", "Location", "Vary"])
def test_what_a_server_sends_cannot_command_the_terminal(name):
    app = server((name, "\x1b[2J\u202e"), preflight=["302 Found", (name, "\x1b[2J\u202e")])
    for options in ({}, {"method": "PUT"}):
        with pytest.raises(CORSError) as caught:
            Browser(app).fetch("/", **options)
        assert str(caught.value).replace("\n", "").isprintable()
        assert "x1b[2J" in str(caught.value)


def test_text_shows_the_headers_that_bear_on_the_outcome():
    app = server(("Set-Cookie", "b=2"), ("Vary", "Origin"), ("Server", "x"), ("Location", "/b"))
    browser = Browser(app, origin="https://api.example.com")
    browser.set_cookie("a=1")
    browser.fetch("/")
    response = browser.fetch("/", "POST", headers={"Authorization": "x"}, body="x")
    assert transcript(response.exchanges) == [
        "> POST https://api.example.com/",
        ">   Authorization: x",
        ">   Content-Type: text/plain;charset=UTF-8",
        ">   Origin: https://api.example.com",
        ">   Cookie: a=1; b=2",
        "< 200",
        "<   Content-Type: text/plain",
        "<   Set-Cookie: b=2",
        "<   Vary: Origin",
        "<   Location: /b",
    ]


def test_error_survives_the_way_between_processes():
    with pytest.raises(CORSError) as caught:
        Browser(server()).fetch("/")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.reason) == (str(caught.value), "allow-origin-missing")


def test_every_failure_of_a_fetch_is_a_type_error_as_in_a_script():
    assert issubclass(CORSError, NetworkError)
    assert issubclass(NetworkError, TypeError)


def test_header_that_browsers_keep_to_themselves_is_dropped_with_a_warning():
    browser = Browser(echo)
    with pytest.warns(UserWarning, match="no browser lets a script set Cookie") as warned:
        response = browser.fetch("/", headers={"Cookie": "a=1"})
    assert warned[0].filename == __file__
    assert "HTTP_COOKIE" not in response.json()


@pytest.mark.parametrize("origin", ["https://app.example.com/", "app.example.com", "*"])
def test_wrong_origin_of_the_page_is_told_at_once(origin):
    with pytest.raises(ValueError):
        Browser(echo, origin)


# --- JSON ----------------------------------------------------------------------------------------


def test_json_is_sent_as_a_script_would_and_asks_first():
    response = Browser(echo).fetch("/items", json={"name": "\u00e9"})
    sent = response.json()
    assert [exchange.request.method for exchange in response.exchanges] == ["OPTIONS", "POST"]
    assert (sent["CONTENT_TYPE"], sent["body"]) == ("application/json", r'{"name": "\u00e9"}')


def test_json_leaves_method_and_type_to_whoever_says_them():
    headers = {"Content-Type": "application/problem+json"}
    sent = Browser(echo).fetch("/items", "PUT", json=None, headers=headers).json()
    assert (sent["REQUEST_METHOD"], sent["body"]) == ("PUT", "null")
    assert sent["CONTENT_TYPE"] == "application/problem+json"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ROW({"method": "POST", "body": {"a": 1}}, "for JSON write json=", id="dict"),
        ROW({"method": "POST", "body": [1]}, "neither text nor bytes", id="list"),
        ROW({"json": {}, "body": "x"}, "write json= or body=, not both", id="both"),
        ROW({"method": "GET", "json": {}}, 'a GET has no body; write method="POST"', id="GET"),
    ],
)
def test_a_body_that_is_none_is_told_with_what_to_write(options, said):
    with pytest.raises(TypeError, match=said):
        Browser(echo).fetch("/", **options)


# --- cookies that are not kept -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("set_cookie", "page", "engine", "attribute", "reason"),
    [
        ROW("id=1; SameSite=Lax", "https://a.example", STANDARD, "SameSite", "Lax and", id="Lax"),
        ROW(
            "id=1; SameSite=Strict",
            "https://a.example",
            STANDARD,
            "SameSite",
            "Strict",
            id="Strict",
        ),
        ROW("id=1", "https://a.example", STANDARD, "SameSite", "counts as Lax", id="nothing said"),
        ROW("id=1; SameSite=None", PAGE, STANDARD, "SameSite", "needs Secure", id="not Secure"),
        ROW("id=1; Domain=x.com", PAGE, STANDARD, "Domain", "'x.com'", id="another domain"),
        ROW("id=1; Domain=com", PAGE, STANDARD, "Domain", "'com'", id="public suffix"),
        ROW("__Host-id=1; Secure", PAGE, STANDARD, "__Host-", "Path=/", id="__Host-"),
        ROW("__Secure-id=1", PAGE, STANDARD, "__Secure-", "Secure", id="__Secure-"),
        ROW(
            "id=1; SameSite=None; Secure",
            "https://a.example",
            WEBKIT,
            "third-party",
            "of another site",
            id="tracking prevention",
        ),
    ],
)
def test_a_cookie_that_is_not_kept_is_told(set_cookie, page, engine, attribute, reason):
    app = CORSMiddleware(
        server(("Set-Cookie", set_cookie + "; Path=/login")),
        allow_origins=page,
        allow_credentials=True,
    )
    browser = Browser(app, page, "https://api.example.com/x/", engine=engine)
    (refused,) = browser.fetch("/", credentials="include").refused_cookies
    assert (refused.name, refused.attribute) == (set_cookie.partition("=")[0], attribute)
    assert reason in refused.reason
    assert list(browser.agent.cookies) == []


def test_a_secure_cookie_over_plain_http_is_told():
    app = CORSMiddleware(server(("Set-Cookie", "id=1; Secure")), allow_origins="http://a.example")
    browser = Browser(app, "http://api.example", "http://api.example")
    (refused,) = browser.fetch("/").refused_cookies
    assert refused == ("id", "Secure", "http://api.example is not https")


def test_a_cookie_for_a_fetch_without_credentials_is_told():
    app = CORSMiddleware(server(("Set-Cookie", "id=1; Secure")), allow_origins=PAGE)
    (refused,) = Browser(app).fetch("/").refused_cookies
    assert (refused.attribute, refused.name) == ("credentials", "id")
    assert 'credentials="include"' in refused.reason


def test_a_cookie_that_is_kept_is_not_told():
    assert Browser(login).fetch("/login", "POST", credentials="include").refused_cookies == ()


# --- what the browser remembers ------------------------------------------------------------------


def login(environ, start_response):
    """Set a cookie at /login, and tell what cookies came."""
    headers = [
        ("Access-Control-Allow-Origin", PAGE),
        ("Access-Control-Allow-Credentials", "true"),
    ]
    if environ["PATH_INFO"] == "/login":
        headers.append(("Set-Cookie", "id=1; Path=/; Secure; HttpOnly; SameSite=Lax"))
    start_response("200 OK", headers)
    return [environ.get("HTTP_COOKIE", "").encode()]


def test_login_holds_within_a_site():
    browser = Browser(login)
    browser.fetch("/login", method="POST", credentials="include")
    assert browser.fetch("/", credentials="include").text == "id=1"
    assert browser.fetch("/").text == ""


def test_login_does_not_hold_across_sites_without_same_site_none():
    app = CORSMiddleware(login, allow_origins="https://other.example", allow_credentials=True)
    browser = Browser(app, origin="https://other.example")
    browser.fetch("/login", method="POST", credentials="include")
    assert browser.fetch("/", credentials="include").text == ""


def test_cookie_can_be_brought_along():
    browser = Browser(login)
    browser.set_cookie("id=2", "/x/")
    assert browser.fetch("/x/", credentials="include").text == "id=2"
    assert browser.fetch("/", credentials="include").text == ""


def test_cookie_that_browsers_refuse_is_told():
    with pytest.raises(ValueError, match=r"no browser takes .*SameSite=None needs Secure"):
        Browser(login).set_cookie("id=1; SameSite=None")


def methods_sent(browser, clock=None):
    return [exchange.request.method for exchange in browser.fetch("/", "PUT").exchanges]


def test_clock_makes_preflights_expire():
    now = 0.0
    app = CORSMiddleware(server(), allow_origins=PAGE, allow_methods="PUT", max_age=86400)
    browser = Browser(app, engine=CHROMIUM, clock=lambda: now)
    assert methods_sent(browser) == ["OPTIONS", "PUT"]
    now = 7199.0
    assert methods_sent(browser) == ["PUT"]
    now = 7200.0
    assert methods_sent(browser) == ["OPTIONS", "PUT"]


def test_two_browsers_share_nothing():
    app = CORSMiddleware(server(), allow_origins=PAGE, allow_methods="PUT", max_age=600)
    assert methods_sent(Browser(app)) == methods_sent(Browser(app)) == ["OPTIONS", "PUT"]


# --- advice --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "options", "reason", "advice"),
    [
        ROW(
            server(),
            {},
            "allow-origin-missing",
            ['Add "https://app.example.com" to allow_origins.'],
            id="no CORS at all",
        ),
        ROW(
            server(status="500 Internal Server Error"),
            {},
            "allow-origin-missing",
            ["Read the server's log first"],
            id="a crash",
        ),
        ROW(
            server(status="404 Not Found"),
            {},
            "allow-origin-missing",
            [
                "Its status is 404. The server that answered has nothing at this URL.",
                "Check the URL",
            ],
            id="an error page",
        ),
        ROW(
            server(preflight=["401 Unauthorized"]),
            {"method": "PUT"},
            "allow-origin-missing",
            ["asks the preflight for a login", "before the login"],
            id="login for a preflight",
        ),
        ROW(
            server(preflight=["405 Method Not Allowed"]),
            {"method": "PUT"},
            "allow-origin-missing",
            ["Nothing answers preflights (OPTIONS)"],
            id="no OPTIONS",
        ),
        ROW(
            server(preflight=["404 Not Found", ("Access-Control-Allow-Origin", "*")]),
            {"method": "PUT"},
            "preflight-status",
            ["Nothing answers preflights (OPTIONS)"],
            id="no OPTIONS, with a header on everything",
        ),
        ROW(
            server(preflight=["400 Bad Request", ("Access-Control-Allow-Origin", "*")]),
            {"method": "PUT"},
            "preflight-status",
            ["Answer preflights with 204."],
            id="another status",
        ),
        ROW(
            server(preflight=["308 Permanent Redirect", ("Location", "/items/")]),
            {"method": "PUT"},
            "preflight-redirect",
            ["/items/", "Fetch the final URL"],
            id="trailing slash",
        ),
        ROW(
            server(("Access-Control-Allow-Origin", PAGE + "/")),
            {},
            "allow-origin-mismatch",
            ["do not write an origin like that", f'as in "{PAGE}"'],
            id="slash in Allow-Origin",
        ),
        ROW(
            server(("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Origin", "*")),
            {},
            "allow-origin-multiple",
            [f"{PAGE}, *", "only one layer"],
            id="two layers",
        ),
        ROW(
            server(("Access-Control-Allow-Origin", "*")),
            {"credentials": "include"},
            "allow-origin-wildcard",
            [f'Write "{PAGE}" in allow_origins in place of "*"', "allow_credentials=True"],
            id="wildcard with credentials",
        ),
        ROW(
            server(
                ("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Credentials", "True")
            ),
            {"credentials": "include"},
            "allow-credentials-missing",
            ["Access-Control-Allow-Credentials: True, but", "Only the word true counts"],
            id="True with a capital letter",
        ),
        ROW(
            CORSMiddleware(server(), allow_origins=PAGE, allow_methods="PATCH"),
            {"method": "patch"},
            "method-not-allowed",
            ['method="PATCH"', "Upper and lower case are different"],
            id="method in lower case",
        ),
        ROW(
            CORSMiddleware(server(), allow_origins="*", allow_headers="*"),
            {"headers": {"Authorization": "x"}},
            "headers-not-allowed",
            ['Add "authorization" to allow_headers, beside "*".'],
            id="authorization under a wildcard",
        ),
        ROW(
            server(
                preflight=[
                    "204 No Content",
                    ("Access-Control-Allow-Origin", PAGE),
                    ("Access-Control-Allow-Credentials", "true"),
                    ("Access-Control-Allow-Headers", "*"),
                ]
            ),
            {"headers": {"X-A": "1", "X-B": "2"}, "credentials": "include"},
            "headers-not-allowed",
            ['where "*" is a plain name', 'Add "x-a", "x-b" to allow_headers.'],
            id="wildcard for headers with credentials",
        ),
        ROW(
            server(
                preflight=[
                    "204 No Content",
                    ("Access-Control-Allow-Origin", PAGE),
                    ("Access-Control-Allow-Methods", "GET PUT"),
                ]
            ),
            {"method": "PUT"},
            "allow-methods-malformed",
            ["Access-Control-Allow-Methods: GET PUT", "with commas between them", "allow_methods="],
            id="blanks in place of commas",
        ),
    ],
)
def test_refusal_says_what_to_change(app, options, reason, advice):
    with pytest.raises(CORSError) as caught:
        Browser(app).fetch("/items", **options)
    assert caught.value.reason == reason
    for sentence in advice:
        assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "options", "change"),
    [
        ROW({"allow_origins": []}, {}, {"allow_origins": PAGE}, id="origin"),
        ROW(
            {"allow_origins": "*"},
            {"credentials": "include"},
            {"allow_origins": PAGE, "allow_credentials": True},
            id="credentials in place of a wildcard",
        ),
        ROW(
            {"allow_origins": PAGE},
            {"credentials": "include"},
            {"allow_credentials": True},
            id="credentials",
        ),
        ROW({"allow_origins": PAGE}, {"method": "PUT"}, {"allow_methods": "PUT"}, id="method"),
        ROW(
            {"allow_origins": PAGE},
            {"headers": {"X-A": "1", "X-B": "2"}},
            {"allow_headers": "x-a, x-b"},
            id="headers",
        ),
        ROW(
            {"allow_origins": PAGE, "allow_headers": "*"},
            {"headers": {"Authorization": "x"}},
            {"allow_headers": ["*", "authorization"]},
            id="authorization",
        ),
    ],
)
def test_change_that_is_advised_lets_the_request_through(wrong, options, change):
    with pytest.raises(CORSError) as caught:
        Browser(CORSMiddleware(server(), **wrong)).fetch("/", **options)
    for field in change:
        assert field in caught.value.remedy
    assert Browser(CORSMiddleware(server(), **{**wrong, **change})).fetch("/", **options).ok


# --- both halves of the protocol -----------------------------------------------------------------

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "patch"]
NAMES = ["Authorization", "Content-Type", "X-A", "x-b"]


def subsets(items):
    return st.lists(st.sampled_from(items), unique=True)


@settings(max_examples=300)
@given(
    origins=subsets([PAGE, "https://*.example.com", "https://other.example"]),
    methods=st.one_of(st.just("*"), subsets(METHODS)),
    headers=st.one_of(st.just(["*"]), subsets(NAMES), st.just(["*", "Authorization"])),
    allow_credentials=st.booleans(),
    method=st.sampled_from(METHODS),
    names=subsets(NAMES),
    credentials=st.sampled_from(["omit", "same-origin", "include"]),
)
def test_policy_means_to_the_browser_what_it_says(
    origins, methods, headers, allow_credentials, method, names, credentials
):
    app = CORSMiddleware(
        server(),
        allow_origins=origins,
        allow_methods=methods,
        allow_headers=headers,
        allow_credentials=allow_credentials,
    )
    covered = {name.lower() for name in headers}
    if "*" in covered:
        covered |= {name.lower() for name in names if name != "Authorization"}
    is_allowed = (
        (PAGE in origins or "https://*.example.com" in origins)
        and (methods == "*" or method in methods or method in ("GET", "HEAD", "POST"))
        and covered.issuperset(name.lower() for name in names)
        and (allow_credentials or credentials != "include")
    )
    fetch_headers = dict.fromkeys(names, "application/json")
    try:
        Browser(app).fetch("/", method=method, headers=fetch_headers, credentials=credentials)
    except CORSError as error:
        assert not is_allowed, error
    else:
        assert is_allowed


def test_engine_can_be_made_up():
    engine = dataclasses.replace(FIREFOX, wildcard_covers_authorization=False)
    app = CORSMiddleware(server(), allow_origins="*", allow_headers="*")
    with pytest.raises(CORSError):
        Browser(app, engine=engine).fetch("/", headers={"Authorization": "x"})
    assert Browser(app, engine=FIREFOX).fetch("/", headers={"Authorization": "x"}).ok

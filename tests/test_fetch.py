"""Whole fetches, played against written answers: what is sent, and what comes of it."""

from __future__ import annotations

import pytest

from wsgicors.fetch import (
    CHROMIUM,
    FIREFOX,
    STANDARD,
    WEBKIT,
    CORSError,
    HTTPResponse,
    NetworkError,
    Request,
    UserAgent,
    fetch,
    fields,
    parse_url,
    run,
)

ROW = pytest.param
PAGE = "https://app.example"
API = "https://api.example/"
ORIGIN = "Access-Control-Allow-Origin"
CREDENTIALS = "Access-Control-Allow-Credentials"
METHODS = "Access-Control-Allow-Methods"
HEADERS = "Access-Control-Allow-Headers"


def ok(*headers, status=200, body=b"", **allow):
    names = {"origin": ORIGIN, "credentials": CREDENTIALS, "methods": METHODS, "headers": HEADERS}
    lines = tuple((names[field], value) for field, value in allow.items())
    return HTTPResponse(status, (*headers, *lines), body)


def redirect(location, status=302, **allow):
    return ok(("Location", location), status=status, **allow)


class Wire:
    """Answers in turn, and keeps what was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = []

    def __call__(self, request):
        self.sent.append(request)
        return self.answers.pop(0)

    def header(self, name):
        return [fields.get(request.headers, name) for request in self.sent]


def play(wire, url=API, agent=None, **options):
    request = Request.from_script(url, **{"origin": PAGE, **options})
    response = run(fetch(request, agent), wire)
    assert not wire.answers, "more answers than requests"
    return response


def refused(wire, url=API, agent=None, **options):
    with pytest.raises(NetworkError) as caught:
        play(wire, url, agent, **options)
    assert not wire.answers, "more answers than requests"
    assert [exchange.request for exchange in caught.value.exchanges] == wire.sent
    return caught.value


# --- the arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ROW({"mode": "navigate"}, "mode='navigate'", id="mode of pages"),
        ROW({"credentials": "always"}, "credentials='always'", id="credentials"),
        ROW({"redirect": "never"}, "redirect='never'", id="redirect"),
        ROW({"method": "TRACE"}, "forbidden", id="forbidden method"),
        ROW({"method": "GET /"}, "not a method", id="method that is no token"),
        ROW({"url": "/items"}, "not an absolute URL", id="relative URL"),
        ROW({"url": "https://u:p@a.example/"}, "credentials", id="credentials in the URL"),
        ROW({"headers": {"X A": "1"}}, "not a header", id="header name that is no token"),
        ROW({"headers": {"X-A": "1\r\nX-B: 2"}}, "not a header", id="header value with a line end"),
        ROW({"body": b"x"}, "a GET has no body", id="body of a GET"),
        ROW({"method": "HEAD", "body": ""}, "a HEAD has no body", id="body of a HEAD"),
        ROW({"mode": "no-cors", "method": "PUT"}, "no-cors", id="PUT without CORS"),
    ],
)
def test_what_no_browser_sends_is_a_type_error(options, said):
    with pytest.raises(TypeError, match=said) as caught:
        Request.from_script(**{"url": API, "origin": PAGE, **options})
    assert not isinstance(caught.value, NetworkError)


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ROW("https://*.example", "a page has one origin", id="pattern"),
        ROW("app.example", "write 'https://app.example'", id="host"),
        ROW("https://a.example/", "write 'https://a.example'", id="path"),
        ROW("", "empty", id="empty"),
    ],
)
def test_page_has_one_serialized_origin(origin, said):
    with pytest.raises(ValueError, match=said):
        Request.from_script(API, origin=origin)


@pytest.mark.parametrize(
    ("mode", "headers", "kept", "dropped"),
    [
        ROW("cors", {"X-A": " 1\t"}, (("X-A", "1"),), (), id="values are stripped"),
        ROW("cors", [("A", "1"), ("A", "2")], (("A", "1"), ("A", "2")), (), id="pairs"),
        ROW("cors", {"Cookie": "a=b", "X-A": "1"}, (("X-A", "1"),), ("Cookie",), id="forbidden"),
        ROW("no-cors", {"Accept": "a/b", "X-A": "1"}, (("Accept", "a/b"),), ("X-A",), id="no-cors"),
    ],
)
def test_headers_that_no_script_can_set_are_dropped(mode, headers, kept, dropped):
    request = Request.from_script(API, origin=PAGE, mode=mode, headers=headers)
    assert (request.headers, request.dropped) == (kept, dropped)


@pytest.mark.parametrize(
    ("body", "headers", "sent"),
    [
        ROW("ü", {}, "text/plain;charset=UTF-8", id="text"),
        ROW("{}", {"content-type": "application/json"}, "application/json", id="text with a type"),
        ROW(b"x", {}, None, id="bytes"),
    ],
)
def test_text_is_text_plain_unless_told(body, headers, sent):
    wire = Wire(ok())
    play(wire, f"{PAGE}/", method="POST", body=body, headers=headers)
    assert wire.header("Content-Type") == [sent]
    assert wire.sent[0].body == (body if isinstance(body, bytes) else body.encode())


@pytest.mark.parametrize(
    ("engine", "sent"),
    [(CHROMIUM, "text/plain; a=\xe9"), (FIREFOX, "text/plain;charset=UTF-8")],
)
def test_text_is_text_plain_where_the_engine_keeps_no_other_type(engine, sent):
    wire, headers = Wire(ok()), {"Content-Type": "text/plain; a=\xe9"}
    play(wire, agent=UserAgent(engine), method="POST", body="x", mode="no-cors", headers=headers)
    assert wire.header("Content-Type") == [sent]


# --- which requests are sent ---------------------------------------------------------------------


def test_simple_request_is_not_preflighted():
    wire = Wire(ok(origin="*"))
    play(wire, method="POST", body="x", headers={"Accept-Language": "de"})
    assert [request.method for request in wire.sent] == ["POST"]
    assert wire.sent[0].body == b"x"
    assert wire.header("Accept") == ["*/*"]


def test_preflight_asks_for_method_and_unsafe_headers():
    wire = Wire(ok(origin=PAGE, methods="PUT", headers="x-b, x-a, content-type"), ok(origin=PAGE))
    play(
        wire,
        method="put",
        headers={"X-B": "1", "x-a": "2", "Accept": "*/*", "Content-Type": "application/json"},
        body=b"{}",
    )
    preflight, actual = wire.sent
    assert (preflight.method, preflight.url, preflight.body) == ("OPTIONS", API, b"")
    asked = [line for line in preflight.headers if line[0].startswith(("A", "Origin", "X"))]
    assert asked == [
        ("Accept", "*/*"),
        ("Access-Control-Request-Method", "PUT"),
        ("Access-Control-Request-Headers", "content-type,x-a,x-b"),
        ("Origin", PAGE),
    ]
    assert (actual.method, actual.body) == ("PUT", b"{}")
    assert "Access-Control" not in str(actual.headers)


def test_preflight_without_unsafe_headers_asks_for_none():
    wire = Wire(ok(origin=PAGE, methods="PUT"), ok(origin=PAGE))
    play(wire, method="PUT")
    assert wire.header("Access-Control-Request-Headers") == [None, None]


def test_same_origin_request_needs_no_preflight_and_no_permission():
    wire = Wire(ok(("X-Total", "1"), ("Set-Cookie", "a=1")))
    response = play(wire, PAGE + "/x", method="DELETE", headers={"X-A": "1"})
    assert (response.type, dict(response.headers)) == ("basic", {"x-total": "1"})


@pytest.mark.parametrize(
    ("url", "options", "origin"),
    [
        ROW(API, {}, PAGE, id="another origin"),
        ROW(API, {"method": "POST"}, PAGE, id="another origin, POST"),
        ROW(PAGE, {}, None, id="same origin"),
        ROW(PAGE, {"method": "HEAD"}, None, id="same origin, HEAD"),
        ROW(PAGE, {"method": "POST"}, PAGE, id="same origin, POST"),
        ROW(PAGE, {"method": "DELETE"}, PAGE, id="same origin, DELETE"),
        ROW(PAGE + ":8443", {}, PAGE, id="another port"),
        ROW(API, {"mode": "no-cors"}, None, id="no-cors"),
        ROW(API, {"mode": "no-cors", "method": "POST"}, PAGE, id="no-cors, POST"),
        ROW(API, {"origin": "null"}, "null", id="opaque origin"),
    ],
)
def test_origin_header(url, options, origin):
    wire = Wire(ok(origin="*"))
    play(wire, url, **options)
    assert wire.header("Origin") == [origin]


@pytest.mark.parametrize(
    ("page", "url", "referer"),
    [
        ROW(PAGE, API, PAGE + "/", id="https to https"),
        ROW("http://app.example", "http://api.example/", "http://app.example/", id="http to http"),
        ROW("http://localhost:1", "http://api.example/", None, id="trustworthy to http"),
        ROW("null", API, None, id="opaque origin"),
    ],
)
def test_referer_is_the_origin_as_no_more_is_known(page, url, referer):
    wire = Wire(ok(origin="*"))
    play(wire, url, origin=page)
    assert wire.header("Referer") == [referer]


@pytest.mark.parametrize(
    ("url", "mode", "site"),
    [
        ROW(PAGE, "cors", "same-origin", id="same origin"),
        ROW("https://www.app.example/", "no-cors", "same-site", id="same site"),
        ROW(API, "cors", "cross-site", id="another site"),
        ROW("http://localhost:8001/", "cors", "cross-site", id="another scheme"),
    ],
)
def test_fetch_metadata(url, mode, site):
    wire = Wire(ok(origin="*"))
    play(wire, url, mode=mode)
    assert wire.header("Sec-Fetch-Site") == [site]
    assert wire.header("Sec-Fetch-Mode") == [mode]
    assert wire.header("Sec-Fetch-Dest") == ["empty"]


def test_fetch_metadata_is_kept_from_plain_http():
    wire = Wire(ok(origin="*"))
    play(wire, "http://api.example/", origin="http://app.example")
    assert wire.header("Sec-Fetch-Site") == [None]


# --- the CORS check ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allow", "credentials", "reason"),
    [
        ROW({}, "omit", "allow-origin-missing", id="nothing"),
        ROW({"origin": PAGE}, "omit", None, id="the origin"),
        ROW({"origin": "*"}, "omit", None, id="wildcard"),
        ROW({"origin": "*"}, "same-origin", None, id="wildcard, credentials same-origin"),
        ROW({"origin": ""}, "omit", "allow-origin-mismatch", id="empty"),
        ROW({"origin": PAGE + "/"}, "omit", "allow-origin-mismatch", id="trailing slash"),
        ROW({"origin": PAGE.upper()}, "omit", "allow-origin-mismatch", id="upper case"),
        ROW({"origin": "null"}, "omit", "allow-origin-mismatch", id="null"),
        ROW({"origin": API[:-1]}, "omit", "allow-origin-mismatch", id="another"),
        ROW({"origin": f"{PAGE}, {PAGE}"}, "omit", "allow-origin-multiple", id="two in one"),
        ROW({"origin": f"{PAGE},{PAGE}"}, "omit", "allow-origin-multiple", id="two, no blank"),
        ROW({"origin": f"{PAGE} {API}"}, "omit", "allow-origin-multiple", id="two with a blank"),
        ROW(
            {"origin": "*", "credentials": "true"},
            "include",
            "allow-origin-wildcard",
            id="wildcard, credentials include",
        ),
        ROW({"origin": PAGE}, "include", "allow-credentials-missing", id="no allow-credentials"),
        ROW({"origin": PAGE, "credentials": "true"}, "include", None, id="allow-credentials"),
        ROW(
            {"origin": PAGE, "credentials": "True"},
            "include",
            "allow-credentials-missing",
            id="True is not true",
        ),
    ],
)
def test_cors_check(allow, credentials, reason):
    wire = Wire(ok(**allow, body=b"secret"))
    if reason is None:
        assert play(wire, credentials=credentials).body == b"secret"
    else:
        error = refused(wire, credentials=credentials)
        assert isinstance(error, CORSError)
        assert error.reason == reason


def test_two_allow_origin_headers_are_one_too_many():
    assert refused(Wire(ok((ORIGIN, PAGE), (ORIGIN, PAGE)))).reason == "allow-origin-multiple"


def test_status_of_the_response_does_not_matter():
    assert play(Wire(ok(origin="*", status=500))).status == 500


# --- preflights ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ROW(ok(), "allow-origin-missing", id="no CORS at all"),
        ROW(ok(origin=API), "allow-origin-mismatch", id="another origin"),
        ROW(ok(status=403), "allow-origin-missing", id="refused without a header"),
        ROW(ok(status=403, origin="*", methods="PUT", headers="x-a"), "preflight-status", id="403"),
        ROW(ok(status=300, origin="*", methods="PUT", headers="x-a"), "preflight-status", id="300"),
        ROW(redirect("/x", 308, origin="*", methods="PUT"), "preflight-redirect", id="redirect"),
        ROW(ok(origin="*", methods="P U T"), "allow-methods-malformed", id="malformed methods"),
        ROW(
            ok(origin="*", methods="PUT", headers="x a"),
            "allow-headers-malformed",
            id="malformed headers",
        ),
        ROW(ok(origin="*", headers="x-a"), "method-not-allowed", id="no methods"),
        ROW(ok(origin="*", methods="put", headers="x-a"), "method-not-allowed", id="case"),
        ROW(ok(origin="*", methods="PUT"), "headers-not-allowed", id="no headers"),
    ],
)
def test_preflight_that_ends_the_fetch(answer, reason):
    error = refused(Wire(answer), method="PUT", headers={"X-A": "1"})
    assert isinstance(error, CORSError)
    assert error.reason == reason


@pytest.mark.parametrize("status", [200, 204, 299])
def test_preflight_with_an_ok_status_lets_the_request_through(status):
    wire = Wire(ok(origin="*", methods="*", headers="*", status=status), ok(origin="*"))
    play(wire, method="PUT", headers={"X-A": "1"})


def test_preflight_alone_does_not_share_the_response():
    wire = Wire(ok(origin=PAGE, methods="PUT"), ok())
    assert refused(wire, method="PUT").reason == "allow-origin-missing"


def test_preflight_for_credentials_must_allow_them():
    wire = Wire(ok(origin=PAGE, methods="PUT"))
    error = refused(wire, method="PUT", credentials="include")
    assert error.reason == "allow-credentials-missing"


def test_preflight_never_has_credentials():
    agent = UserAgent()
    agent.cookies.store("a=1; Secure; SameSite=None", parse_url(API), same_site=True, now=0)
    allow = {"origin": PAGE, "credentials": "true", "methods": "PUT", "headers": "authorization"}
    wire = Wire(ok(("Set-Cookie", "b=2; Secure; SameSite=None"), **allow), ok(**allow))
    headers = {"Authorization": "Bearer x"}
    play(wire, agent=agent, method="PUT", credentials="include", headers=headers)
    assert wire.header("Cookie") == [None, "a=1"]
    assert wire.header("Authorization") == [None, "Bearer x"]


def test_every_engine_lets_wildcards_cover_authorization():
    answers = [ok(origin="*", headers="*"), ok(origin="*")]
    headers = {"Authorization": "Bearer x"}
    assert refused(Wire(answers[0]), headers=headers).reason == "headers-not-allowed"
    for engine in (CHROMIUM, FIREFOX, WEBKIT):
        play(Wire(*answers), agent=UserAgent(engine), headers=headers)


# --- the preflight cache -------------------------------------------------------------------------


def test_preflight_is_sent_once_until_it_is_too_old():
    now = 0
    agent = UserAgent(clock=lambda: now)
    allow = ok(("Access-Control-Max-Age", "60"), origin="*", methods="PUT")
    play(Wire(allow, ok(origin="*")), agent=agent, method="PUT")
    now = 59
    play(Wire(ok(origin="*")), agent=agent, method="PUT")
    now = 60
    play(Wire(allow, ok(origin="*")), agent=agent, method="PUT")


def test_failed_request_clears_the_cache_of_its_url():
    agent = UserAgent()
    allow = ok(origin="*", methods="PUT")
    play(Wire(allow, ok(origin="*")), agent=agent, method="PUT")
    refused(Wire(ok()), agent=agent, method="PUT")
    play(Wire(allow, ok(origin="*")), agent=agent, method="PUT")


def test_refused_preflight_is_not_kept():
    agent = UserAgent()
    refused(Wire(ok(origin="*", methods="PUT")), agent=agent, method="PUT", headers={"X-A": "1"})
    play(Wire(ok(origin="*", methods="PUT"), ok(origin="*")), agent=agent, method="PUT")


# --- what a script may read ----------------------------------------------------------------------

ALL = (
    ("Cache-Control", "no-store"),
    ("Content-Language", "en"),
    ("Content-Length", "5"),
    ("Content-Type", "text/plain"),
    ("Expires", "0"),
    ("Last-Modified", "0"),
    ("Pragma", "x"),
    ("ETag", "x"),
    ("X-Total", "1"),
    ("Set-Cookie", "a=1"),
)
SAFE = "cache-control content-language content-length content-type expires last-modified pragma"


@pytest.mark.parametrize(
    ("expose", "credentials", "names"),
    [
        ROW(None, "omit", SAFE, id="the safelisted"),
        ROW("X-Total", "omit", SAFE + " x-total", id="one more"),
        ROW("x-total, ETAG", "include", SAFE + " etag x-total", id="case does not matter"),
        ROW("Set-Cookie, Set-Cookie2", "include", SAFE, id="never Set-Cookie"),
        ROW("X Total", "omit", SAFE, id="malformed"),
        ROW(
            "*",
            "omit",
            SAFE + " etag x-total access-control-allow-origin access-control-allow-credentials"
            " access-control-expose-headers",
            id="wildcard",
        ),
        ROW("*", "include", SAFE, id="wildcard with credentials"),
    ],
)
def test_readable_headers_across_origins(expose, credentials, names):
    exposed = () if expose is None else (("Access-Control-Expose-Headers", expose),)
    answer = ok(*ALL, *exposed, origin=PAGE, credentials="true", body=b"hello")
    response = play(Wire(answer), credentials=credentials)
    assert (response.type, response.status, response.text) == ("cors", 200, "hello")
    assert set(response.headers) == set(names.split())


def test_several_values_of_a_header_are_read_as_one():
    response = play(Wire(ok(("Pragma", "a"), ("pragma", "b"), origin="*")))
    assert (response.headers["PRAGMA"], len(response.headers)) == ("a, b", 1)


def test_header_that_is_hidden_says_how_to_show_it():
    response = play(Wire(ok(("X-Total", "1"), origin="*")))
    with pytest.raises(KeyError, match=r"add \W+X-Total\W+ to expose_headers"):
        response.headers["X-Total"]
    with pytest.raises(KeyError, match=r"^'X-None'$"):
        response.headers["X-None"]


def test_opaque_response_tells_nothing():
    response = play(Wire(ok(*ALL, body=b"secret")), mode="no-cors")
    assert response[:5] == ("opaque", "", 0, {}, b"")


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ROW("HEAD", 200, id="HEAD"),
        *(ROW("GET", code, id=str(code)) for code in (204, 205, 304)),
    ],
)
def test_body_that_must_not_be_is_not_read(method, status):
    assert play(Wire(ok(origin="*", status=status, body=b"x")), method=method).body == b""


def test_json_is_read_as_utf8():
    assert play(Wire(ok(origin="*", body='\ufeff{"a": "ü"}'.encode()))).json() == {"a": "ü"}


def test_body_that_is_no_utf8_is_read_all_the_same():
    assert play(Wire(ok(origin="*", body=b"a\xff"))).text == "a\ufffd"


@pytest.mark.parametrize(("status", "is_ok"), [(200, True), (299, True), (300, False)])
def test_ok_is_a_status_from_200_to_299(status, is_ok):
    assert play(Wire(ok(origin="*", status=status))).ok is is_ok


# --- modes ---------------------------------------------------------------------------------------


def test_same_origin_mode_sends_nothing_elsewhere():
    error = refused(Wire(), mode="same-origin")
    assert (error.reason, isinstance(error, CORSError)) == ("same-origin-mode", False)


def test_same_origin_mode_is_not_led_elsewhere():
    wire = Wire(redirect(API))
    assert refused(wire, PAGE, mode="same-origin").reason == "same-origin-mode"


@pytest.mark.parametrize("redirect_mode", ["error", "manual"])
def test_no_cors_mode_must_follow_redirects(redirect_mode):
    assert refused(Wire(), mode="no-cors", redirect=redirect_mode).reason == "no-cors-redirect"


def test_cors_mode_is_for_http():
    assert refused(Wire(), "ftp://api.example/", origin="http://app.example").reason == "not-http"


@pytest.mark.parametrize(
    ("page", "url", "is_blocked"),
    [
        ROW(PAGE, "http://api.example/", True, id="https page, http server"),
        ROW(PAGE, "http://localhost:8000/", False, id="https page, local server"),
        ROW("http://localhost:5173", "http://api.example/", False, id="local page, http server"),
        ROW("http://app.example", API, False, id="http page, https server"),
    ],
)
def test_https_page_loads_nothing_over_http(page, url, is_blocked):
    if is_blocked:
        assert refused(Wire(), url, origin=page).reason == "mixed-content"
    else:
        play(Wire(ok(origin="*")), url, origin=page)


@pytest.mark.parametrize("origin", ["file://", "app://.", "tauri://localhost"])
def test_a_page_without_a_host_asks_like_any_other(origin):
    cookie = ("Set-Cookie", "a=1; SameSite=Lax")
    permission = ok(origin=origin, methods="PUT", credentials="true")
    wire = Wire(permission, ok(cookie, origin=origin, credentials="true"))
    response = play(wire, method="PUT", origin=origin, credentials="include")
    assert (response.status, wire.sent[0].method) == (200, "OPTIONS")
    assert [cookie.attribute for cookie in response.refused_cookies] == ["SameSite"]


@pytest.mark.parametrize(
    ("port", "engine", "is_blocked"),
    [
        ROW("6000", STANDARD, True, id="X11"),
        ROW("10080", CHROMIUM, True, id="amanda"),
        ROW("4190", FIREFOX, True, id="sieve"),
        ROW("4190", CHROMIUM, False, id="sieve, Chromium"),
        ROW("8080", STANDARD, False, id="ordinary"),
    ],
)
def test_ports_of_other_protocols_are_sent_nothing(port, engine, is_blocked):
    url = f"https://api.example:{port}/"
    if is_blocked:
        error = refused(Wire(), url, UserAgent(engine), method="PUT")
        assert (error.reason, port in error.why) == ("unsafe-port", True)
        moved = Wire(redirect(url, origin="*"))
        assert refused(moved, agent=UserAgent(engine)).reason == "unsafe-port"
    else:
        play(Wire(ok(origin="*")), url, UserAgent(engine))


def test_webkit_loads_nothing_over_http_from_this_machine_either():
    page, url = PAGE, "http://localhost:8000/"
    assert refused(Wire(), url, UserAgent(WEBKIT), origin=page).reason == "mixed-content"


@pytest.mark.parametrize("status", [100, 101, 103, 199])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_status_that_only_announces_an_answer_is_none(status, method):
    error = refused(Wire(HTTPResponse(status, ok(origin="*").headers)), method=method)
    assert error.reason == "status-not-final"
    assert len(error.exchanges) == 1


# --- credentials ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "options", "is_sent"),
    [
        ROW(PAGE, {}, True, id="same origin by default"),
        ROW(PAGE, {"credentials": "omit"}, False, id="same origin, omit"),
        ROW(PAGE, {"credentials": "include"}, True, id="same origin, include"),
        ROW(API, {}, False, id="another origin by default"),
        ROW(API, {"credentials": "include"}, True, id="another origin, include"),
        ROW(API, {"mode": "no-cors"}, False, id="no-cors by default"),
        ROW(API, {"mode": "no-cors", "credentials": "include"}, True, id="no-cors, include"),
        ROW(API, {"origin": "null", "credentials": "include"}, True, id="opaque origin, include"),
    ],
)
def test_credentials_mode_says_whether_cookies_travel(url, options, is_sent):
    agent = UserAgent()
    for home in (PAGE, API):
        agent.cookies.store("a=1; Secure; SameSite=None", parse_url(home), same_site=True, now=0)
    origin = options.get("origin", PAGE)
    cookie = ("Set-Cookie", "b=2; Secure; SameSite=None")
    wire = Wire(ok(cookie, origin=origin, credentials="true"))
    play(wire, url, agent, **options)
    assert wire.header("Cookie") == ["a=1" if is_sent else None]
    assert any(cookie.name == "b" for cookie in agent.cookies) is is_sent


def test_cookie_of_a_response_that_is_refused_is_kept_all_the_same():
    agent = UserAgent()
    wire = Wire(ok(("Set-Cookie", "a=1; Secure; SameSite=None")))
    refused(wire, agent=agent, credentials="include")
    assert [cookie.name for cookie in agent.cookies] == ["a"]


# --- redirects -----------------------------------------------------------------------------------


def test_redirect_is_followed():
    wire = Wire(redirect("b?c", origin="*"), ok(origin="*", body=b"there"))
    response = play(wire, API + "a")
    assert (response.url, response.text) == (API + "b?c", "there")
    assert [exchange.kind for exchange in response.exchanges] == ["actual", "actual"]


def test_redirect_without_location_is_a_response():
    assert play(Wire(ok(status=302, origin="*"))).status == 302


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_must_pass_the_cors_check_too(status):
    assert refused(Wire(redirect(API + "b", status))).reason == "allow-origin-missing"


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("PUT", 301, "PUT"),
        ("PUT", 302, "PUT"),
        ("PUT", 303, "GET"),
        ("HEAD", 303, "HEAD"),
    ],
)
def test_method_after_a_redirect(method, status, then):
    body = None if method == "HEAD" else "x"
    wire = Wire(redirect("/b", status), ok())
    play(wire, PAGE, method=method, body=body)
    assert wire.sent[1].method == then
    keeps_body = body is not None and then == method
    assert wire.sent[1].body == (b"x" if keeps_body else b"")
    assert (wire.header("Content-Type")[1] is not None) is keeps_body


def test_headers_about_the_body_go_with_it():
    names = ["Content-Encoding", "Content-Language", "Content-Location", "Content-Type"]
    headers = {**{name.lower(): "en" for name in names}, "X-A": "1"}
    wire = Wire(redirect("/b", 303), ok())
    play(wire, PAGE, method="POST", body=b"x", headers=headers)
    assert [wire.header(name)[1] for name in [*names, "X-A"]] == [None] * 4 + ["1"]


@pytest.mark.parametrize(
    ("first", "second", "is_kept"),
    [
        ROW(API, API + "b", True, id="same origin"),
        ROW(API, "https://other.example/", False, id="another origin"),
        ROW(API, "https://api.example:8443/", False, id="another port"),
    ],
)
def test_authorization_stays_with_its_origin(first, second, is_kept):
    allow = {"origin": "*", "headers": "authorization"}
    again = [ok(**allow)] if is_kept else []
    wire = Wire(ok(**allow), redirect(second, **allow), *again, ok(**allow))
    play(wire, first, headers={"Authorization": "Bearer x"})
    assert wire.header("Authorization")[-1] == ("Bearer x" if is_kept else None)


@pytest.mark.parametrize(
    ("hops", "origin"),
    [
        ROW([API, API + "b"], PAGE, id="one foreign origin"),
        ROW([PAGE + "/a", API], PAGE, id="from home to a foreign origin"),
        ROW([PAGE + "/a", API, API + "b"], PAGE, id="from home to one foreign origin, twice"),
        ROW([API, "https://other.example/"], "null", id="from one foreign origin to another"),
        ROW([API, PAGE + "/a"], "null", id="back home"),
        ROW([API, "https://other.example/", API], "null", id="there and back"),
    ],
)
def test_origin_after_redirects(hops, origin):
    answers = [redirect(url, origin="*") for url in hops[1:]]
    wire = Wire(*answers, ok(origin="*"))
    assert play(wire, hops[0]).type == "cors"
    assert wire.header("Origin")[-1] == origin


def test_way_back_home_remains_across_origins():
    wire = Wire(redirect(PAGE + "/a", origin="*"), ok())
    error = refused(wire)
    assert error.reason == "allow-origin-missing"
    assert "Every site can open a page with this origin." in error.why


def test_way_back_home_is_preflighted():
    allow = {"origin": "*", "methods": "PUT"}
    wire = Wire(ok(**allow), redirect(PAGE + "/a", 307, **allow), ok(**allow), ok(**allow))
    play(wire, method="PUT")
    assert [request.method for request in wire.sent] == ["OPTIONS", "PUT", "OPTIONS", "PUT"]


@pytest.mark.parametrize(
    ("agent", "origin"),
    [
        ROW(UserAgent(), "null", id="standard"),
        ROW(UserAgent(CHROMIUM), "null", id="Chromium"),
        ROW(UserAgent(FIREFOX), PAGE, id="Firefox"),
        ROW(UserAgent(WEBKIT), "null", id="WebKit"),
    ],
)
def test_origin_in_the_preflight_after_a_redirect(agent, origin):
    allow = {"origin": "*", "methods": "PUT"}
    wire = Wire(
        ok(**allow), redirect("https://other.example/", 307, **allow), ok(**allow), ok(**allow)
    )
    play(wire, agent=agent, method="PUT")
    assert wire.header("Origin") == [PAGE, PAGE, origin, "null"]


def test_redirect_is_preflighted_for_its_own_url():
    allow = {"origin": "*", "methods": "PUT"}
    wire = Wire(ok(**allow), redirect("/b", 307, **allow), ok(**allow), ok(**allow))
    play(wire, method="PUT")
    assert [request.method for request in wire.sent] == ["OPTIONS", "PUT", "OPTIONS", "PUT"]
    assert wire.sent[2].url == API + "b"


def test_redirects_end_after_twenty():
    wire = Wire(*[redirect("/a", origin="*") for _ in range(20)], ok(origin="*"))
    assert play(wire).status == 200
    wire = Wire(*[redirect("/a", origin="*") for _ in range(21)])
    assert refused(wire).reason == "too-many-redirects"


@pytest.mark.parametrize(
    ("url", "location", "is_refused"),
    [
        ROW(API, "https://u:p@api.example/", True, id="across origins"),
        ROW(API, "https://u@app.example/", True, id="back home"),
        ROW(PAGE, "https://u:p@api.example/", True, id="from home to a foreign origin"),
        ROW(PAGE, "https://u:p@app.example/b", False, id="at home"),
    ],
)
def test_redirect_to_a_url_with_credentials(url, location, is_refused):
    if is_refused:
        wire = Wire(redirect(location, origin="*"))
        assert refused(wire, url).reason == "redirect-with-credentials"
    else:
        wire = Wire(redirect(location), ok())
        play(wire, url)
        assert wire.sent[1].url == "https://app.example/b"


def test_redirect_to_a_url_with_credentials_concerns_cors_alone():
    wire = Wire(redirect("https://u:p@other.example/"), ok())
    assert play(wire, mode="no-cors").type == "opaque"


@pytest.mark.parametrize("location", ["mailto:a@b.example", "ftp://a.example/", "https://:x/"])
def test_redirect_to_no_http_url_fails(location):
    assert refused(Wire(redirect(location, origin="*"))).reason == "redirect-malformed"


def test_empty_location_is_the_same_url():
    wire = Wire(redirect("", origin="*"), ok(origin="*"))
    assert play(wire, API + "a").url == API + "a"


def test_two_locations_are_one_too_many():
    wire = Wire(ok(("Location", "/a"), ("Location", "/a"), status=302, origin="*"))
    assert refused(wire).reason == "redirect-malformed"


def test_redirect_to_plain_http_is_mixed_content():
    assert refused(Wire(redirect("http://api.example/", origin="*"))).reason == "mixed-content"


def test_redirect_mode_error_fails():
    error = refused(Wire(redirect("/a", origin="*")), redirect="error")
    assert (error.reason, isinstance(error, CORSError)) == ("redirect-refused", False)


def test_redirect_mode_manual_hides_the_redirect():
    response = play(Wire(redirect("/a", origin="*")), redirect="manual")
    assert response[:5] == ("opaqueredirect", API, 0, {}, b"")


def test_redirect_mode_manual_leaves_other_responses_alone():
    response = play(Wire(ok(origin="*", body=b"x")), redirect="manual")
    assert (response.type, response.text) == ("cors", "x")

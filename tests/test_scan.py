"""The scan finds each hole of a server that is broken on purpose, over a socket, and none in ours."""

from __future__ import annotations

import json
import re
from pathlib import Path

import flask
import flask_cors
import pytest
from serving import served, served_by_uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware as StarletteCORS
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from werkzeug.wrappers import Request, Response

from wsgicors import CORSMiddleware
from wsgicors.check.command import main
from wsgicors.check.findings import SEVERITIES
from wsgicors.check.hostile import example_of, resembling
from wsgicors.check.mistakes import MISTAKES
from wsgicors.diagnosis import parse_pattern
from wsgicors.flask import CORS
from wsgicors.origins import OriginSet, is_origin

ROW = pytest.param
GUIDE = Path(__file__).parent.parent / "docs" / "check.rst"
APP = "https://app.example.com"

# --- servers that compare origins wrongly --------------------------------------------------------


def matching(pattern):
    return lambda origin: re.fullmatch(pattern, origin) is not None


def meant_or(decide):
    return lambda origin: origin == APP or decide(origin)


def starting(text):
    return meant_or(lambda origin: origin.startswith(text))


def ending(text):
    return meant_or(lambda origin: origin.startswith("https:") and origin.endswith(text))


# Each lets in more than APP: the way in which it decides, and what is to be found.
MISTAKEN = [
    ROW(lambda origin: True, ["any-origin"], id="whoever asks"),
    ROW(lambda origin: origin in (APP, "null"), ["null-origin"], id="null"),
    ROW(lambda origin: origin.startswith(APP), ["prefix"], id="beginning"),
    ROW(matching(r"https://app\.example\.com([a-z]+\.[a-z]+)?"), ["prefix"], id="no dot between"),
    ROW(matching(r"https://[a-z.]*example\.com"), ["suffix", "subdomain"], id="end"),
    ROW(lambda origin: "app.example.com" in origin, ["http-twin", "prefix", "subdomain"], id="in"),
    ROW(meant_or(lambda origin: "localhost" in origin), ["local-name"], id="localhost somewhere"),
    ROW(starting("http://localhost"), ["local-name"], id="localhost at the beginning"),
    ROW(starting("https://localhost"), ["local-name"], id="localhost over https"),
    ROW(starting("http://127.0.0.1"), ["local-name"], id="127.0.0.1 at the beginning"),
    ROW(
        meant_or(matching(r"http://.*localhost.*:\d+")), ["local-name"], id="localhost with a port"
    ),
    ROW(meant_or(matching(r"https?://\d+\.\d+\.\d+\.\d+(:\d+)?")), ["address"], id="any address"),
    ROW(meant_or(matching(r"http://\[[0-9a-f:]+\]")), ["address"], id="any IPv6 address"),
    ROW(starting("http://192.168."), ["address"], id="any address at home"),
    ROW(starting("http://10."), ["address"], id="any address at work"),
    ROW(starting("chrome-extension://"), ["extension"], id="any Chromium extension"),
    ROW(starting("moz-extension://"), ["extension"], id="any Firefox extension"),
    ROW(starting("safari-web-extension://"), ["extension"], id="any Safari extension"),
    ROW(meant_or("file://".__eq__), ["local-file"], id="files"),
    ROW(ending(".github.io"), ["shared-host"], id="GitHub Pages"),
    ROW(ending(".vercel.app"), ["shared-host"], id="Vercel"),
    ROW(ending(".web.app"), ["shared-host"], id="Firebase"),
    ROW(ending(".herokuapp.com"), ["shared-host"], id="Heroku"),
    ROW(ending(".ngrok.io"), ["shared-host"], id="ngrok"),
    ROW(ending(".azurewebsites.net"), ["shared-host"], id="Azure"),
    ROW(matching("https://app.example.com"), ["unescaped-dot"], id="unescaped dot"),
    ROW(lambda origin: origin in APP, ["shortened"], id="in a text"),
    ROW(lambda origin: origin in f"{APP}:8443, {APP}", ["shortened"], id="in a text with a port"),
    ROW(APP.startswith, ["shortened"], id="the beginning of what is allowed"),
    ROW(matching(r"https://app\.example\.[a-z]+"), ["other-suffix"], id="any end"),
    ROW(matching(r"https://app\.example\.[a-z]{2,3}"), ["other-suffix"], id="any short end"),
    ROW(matching(r"https://app\.example\.com([_].*)?"), ["special-characters"], id="underscore"),
    ROW(matching(r"https://app\.example\.com([{].*)?"), ["special-characters"], id="brace"),
    ROW(matching(r"https://app\.example\.com([`].*)?"), ["special-characters"], id="backtick"),
    ROW(matching(r"https://app\.example\.com([!].*)?"), ["special-characters"], id="exclamation"),
    ROW(matching(r"https://[a-z.]+\.com"), ["public-suffix"], id="public suffix"),
    ROW(matching(r"https?://app\.example\.com"), ["http-twin"], id="http"),
    ROW(matching(r"https://([a-z]+\.)?app\.example\.com"), ["subdomain"], id="below"),
    ROW(matching(r"https://[a-z]+\.example\.com"), ["subdomain"], id="beside"),
    ROW(matching(r"https://app\.example\.com(:\d+)?"), ["other-port"], id="any port"),
    ROW(lambda origin: origin.lower() == APP, ["loose-comparison"], id="case"),
    ROW(lambda origin: origin.rstrip(".") == APP, ["loose-comparison"], id="dot at the end"),
    ROW(lambda origin: origin.partition("@")[0] == APP, ["loose-comparison"], id="user name"),
]


def comparing(decide, *, credentials):
    """A server that does all well, but for the way in which it decides."""

    @Request.application
    def application(request):
        response = Response("hello", headers={"Vary": "Origin"})
        origin = request.headers.get("Origin", "")
        if origin and decide(origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "PUT"
            if credentials:
                response.headers["Access-Control-Allow-Credentials"] = "true"
        return response

    return application


@pytest.mark.parametrize("credentials", [True, False], ids=["with", "without"])
@pytest.mark.parametrize(("decide", "kinds"), MISTAKEN)
def test_each_mistake_is_found_and_no_other(decide, kinds, credentials, capsys):
    with served(comparing(decide, credentials=credentials)) as url:
        status, told = scanned(capsys, url, "--origin", APP)
    found = {finding["reason"]: finding["severity"] for finding in told["findings"]}
    assert status == 1
    assert set(found) == set(kinds)
    for kind in kinds:
        mistake = MISTAKES[kind]
        severity = mistake.with_credentials if credentials else mistake.without_credentials
        assert found[kind] == severity


def test_every_mistake_is_built_into_a_server():
    tried = {kind for row in MISTAKEN for kind in row.values[1]}
    assert tried | {"insecure-origin"} == set(MISTAKES)


def test_the_guide_tells_each_mistake_with_its_severity():
    rows = re.findall(r"^([a-z-]+) +([a-z]+) +([a-z]+) +", GUIDE.read_text("utf-8"), re.MULTILINE)
    told = {kind: tuple(severities) for kind, *severities in rows if kind in MISTAKES}
    assert told == {kind: mistake[:2] for kind, mistake in MISTAKES.items()}


def scanned(capsys, target, *arguments):
    status = main([target, "--scan", "--json", *arguments])
    return status, json.loads(capsys.readouterr().out)


def reasons(told):
    return [finding["reason"] for finding in told["findings"]]


def mistakes(told):
    """What holds for these peers from release to release: who is let in."""
    return [reason for reason in reasons(told) if reason in MISTAKES]


# --- servers whose answers depend on more --------------------------------------------------------


@Request.application
def trusting_cookies(request):
    """As Starlette does: the wildcard for all, but the origin for whoever has a cookie."""
    origin = request.headers.get("Origin", "*") if request.cookies else "*"
    headers = {"Access-Control-Allow-Origin": origin, "Vary": "Origin, Cookie"}
    if origin != "*":
        headers["Access-Control-Allow-Credentials"] = "true"
    return Response("hello", headers=headers)


@Request.application
def trusting_preflights(request):
    headers = {"Vary": "Origin"}
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        headers["Access-Control-Allow-Credentials"] = "true"
        headers["Access-Control-Allow-Methods"] = "PUT"
    return Response("hello", headers=headers)


@Request.application
def refusing_by_status(request):
    """It repeats the origin, but browsers take no heed of such an answer to a preflight."""
    if request.method != "OPTIONS":
        return Response("hello")
    headers = {"Access-Control-Allow-Origin": request.headers["Origin"]}
    return Response("no", 403, headers=headers)


def test_what_is_let_in_with_a_cookie_only_is_found(capsys):
    with served(trusting_cookies) as url:
        _, told = scanned(capsys, url)
    (finding,) = told["findings"]
    assert (finding["reason"], finding["severity"]) == ("any-origin", "critical")
    assert ["Cookie", "wsgicors-check=1"] in finding["exchange"]["request"]["headers"]


def test_what_is_let_in_by_preflights_only_is_found(capsys):
    with served(trusting_preflights) as url:
        _, told = scanned(capsys, url)
    (finding,) = told["findings"]
    assert (finding["reason"], finding["severity"]) == ("any-origin", "critical")
    assert finding["exchange"]["kind"] == "preflight"
    assert "can send requests that need a preflight" in finding["why"]


def test_a_preflight_that_fails_lets_nobody_in(capsys):
    with served(refusing_by_status) as url:
        assert scanned(capsys, url)[1]["findings"] == []


def test_a_worse_mistake_without_credentials_does_not_hide_one_with_them(capsys):
    @Request.application
    def application(request):
        origin = request.headers.get("Origin", "*")
        headers = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        if origin.startswith(APP):
            headers["Access-Control-Allow-Credentials"] = "true"
        return Response("hello", headers=headers)

    with served(application) as url:
        _, told = scanned(capsys, url, "--origin", APP)
    found = [(finding["reason"], finding["severity"]) for finding in told["findings"]]
    assert found == [("prefix", "high"), ("any-origin", "low")]


def test_only_those_with_credentials_are_told_of_a_mistake_that_grants_them(capsys):
    @Request.application
    def application(request):
        origin = request.headers.get("Origin", "")
        headers = {"Vary": "Origin"}
        if origin.endswith(".example.com") and origin.startswith("https:"):
            headers["Access-Control-Allow-Origin"] = origin
        if origin == "https://evil.example.com":
            headers["Access-Control-Allow-Credentials"] = "true"
        return Response("hello", headers=headers)

    with served(application) as url:
        _, told = scanned(capsys, url, "--origin", APP)
    (finding,) = told["findings"]
    assert (finding["reason"], finding["severity"]) == ("subdomain", "medium")
    assert finding["origins"] == ["https://evil.example.com"]


# --- single responses that are wrong -------------------------------------------------------------


def answering(actual, preflight=(), status=204, vary="Origin"):
    """A server that gives APP these headers (``actual`` in answers to preflights, too)."""

    @Request.application
    def application(request):
        response = Response("hello", headers={"Vary": vary} if vary else {})
        if request.method == "OPTIONS":
            response.status_code = status
        if request.headers.get("Origin") == APP:
            response.headers.extend(actual)
            if request.method == "OPTIONS":
                response.headers.extend(preflight)
        return response

    return application


ALLOW = ("Access-Control-Allow-Origin", APP)
CREDENTIALS = ("Access-Control-Allow-Credentials", "true")
METHODS = "Access-Control-Allow-Methods"

FAULTY = [
    ROW(
        answering([ALLOW], vary=None),
        ["vary-incomplete", "vary-missing"],
        id="no Vary",
    ),
    ROW(
        answering([ALLOW, ("Vary", "Accept-Encoding, origin")], vary="Accept-Encoding"),
        ["vary-incomplete"],
        id="Vary only where allowed",
    ),
    ROW(
        answering([ALLOW, ("Access-Control-Allow-Origin", APP)]),
        ["allow-origin-multiple", "known-origin-refused"],
        id="header twice",
    ),
    ROW(
        answering([("Access-Control-Allow-Origin", f"{APP},https://www.example.com")]),
        ["allow-origin-multiple", "known-origin-refused"],
        id="list of origins",
    ),
    ROW(
        answering([("Access-Control-Allow-Origin", f"{APP}/")]),
        ["allow-origin-malformed", "known-origin-refused"],
        id="slash at the end",
    ),
    ROW(answering([]), ["known-origin-refused"], id="refused"),
    ROW(
        answering([("Access-Control-Allow-Origin", "*"), CREDENTIALS]),
        ["wildcard-with-credentials"],
        id="wildcard with credentials",
    ),
    ROW(
        answering([ALLOW, ("Access-Control-Allow-Credentials", "True")]),
        ["allow-credentials-malformed"],
        id="credentials in upper case",
    ),
    ROW(
        answering([ALLOW, ("Location", "/login")], status=302),
        ["preflight-redirect"],
        id="preflight redirected",
    ),
    ROW(answering([ALLOW], status=401), ["preflight-status"], id="preflight needs login"),
    ROW(answering([ALLOW], status=405), ["preflight-status"], id="preflight not implemented"),
    ROW(
        answering([ALLOW], [("Access-Control-Max-Age", "604800")]),
        ["max-age-above-ceiling"],
        id="a week",
    ),
    ROW(
        answering([ALLOW], [("Access-Control-Max-Age", "9" * 5000)]),
        ["max-age-above-ceiling"],
        id="for ever",
    ),
    ROW(
        answering([ALLOW], [("Access-Control-Max-Age", "1h")]),
        ["max-age-malformed"],
        id="an hour",
    ),
    ROW(
        answering([ALLOW], [(METHODS, "GET, TRACE")]),
        ["allow-methods-useless"],
        id="forbidden method",
    ),
    ROW(answering([ALLOW], [(METHODS, "put")]), ["allow-methods-useless"], id="lower case"),
    ROW(answering([ALLOW], [(METHODS, "GET PUT")]), ["allow-methods-malformed"], id="no commas"),
    ROW(
        answering([ALLOW, CREDENTIALS], [(METHODS, "*")]),
        ["wildcard-list-with-credentials"],
        id="any method with credentials",
    ),
    ROW(
        answering([ALLOW], [("Access-Control-Allow-Headers", "Content-Type, Cookie")]),
        ["allow-headers-useless"],
        id="forbidden request header",
    ),
    ROW(
        answering([ALLOW, ("Access-Control-Expose-Headers", "ETag, Set-Cookie")]),
        ["expose-headers-useless"],
        id="forbidden response header",
    ),
]


@pytest.mark.parametrize(("application", "faults"), FAULTY)
def test_each_fault_is_found_and_no_other(application, faults, capsys):
    with served(application) as url:
        status, told = scanned(capsys, url, "--origin", APP)
    assert status == 1
    assert sorted(reasons(told)) == faults
    assert {finding["severity"] for finding in told["findings"]} == {"low"}
    assert all(f"``{fault}``" in GUIDE.read_text("utf-8") for fault in faults)


def test_a_preflight_that_needs_a_login_is_found_whoever_asks(capsys):
    @Request.application
    def application(request):
        return Response("who is it?", 401 if request.method == "OPTIONS" else 200)

    with served(application) as url:
        _, told = scanned(capsys, url)
    (finding,) = told["findings"]
    assert finding["reason"] == "preflight-status"
    assert "Let the CORS layer answer preflights before the login" in finding["remedy"]


@pytest.mark.parametrize(
    "application",
    [
        ROW(answering([ALLOW], [("Access-Control-Max-Age", "0086400")]), id="a day"),
        ROW(answering([ALLOW], [(METHODS, "*")]), id="any method without credentials"),
        ROW(answering([ALLOW, CREDENTIALS], vary="*"), id="Vary: *"),
        ROW(answering([ALLOW], [(METHODS, "patch")]), id="method that browsers leave as it is"),
    ],
)
def test_what_is_in_order_is_no_fault(application, capsys):
    with served(application) as url:
        assert scanned(capsys, url, "--origin", APP)[1]["findings"] == []


def test_the_gravest_is_told_first(capsys):
    server = comparing(lambda origin: "app.example.com" in origin, credentials=True)
    with served(server) as url:
        _, told = scanned(capsys, url, "--origin", "https://www.example.org", "--origin", APP)
    severities = [finding["severity"] for finding in told["findings"]]
    assert severities == sorted(severities, key=SEVERITIES.index)
    assert len(set(severities)) == 3


# --- who is meant to be allowed ------------------------------------------------------------------


def test_an_insecure_origin_is_found_though_it_is_known(capsys):
    known = "http://app.example.com"
    with served(comparing(known.__eq__, credentials=True)) as url:
        _, told = scanned(capsys, url, "--origin", known)
    assert reasons(told) == ["insecure-origin"]
    with served(comparing(known.__eq__, credentials=False)) as url:
        assert scanned(capsys, url, "--origin", known)[1]["findings"] == []


@pytest.mark.parametrize("known", ["http://localhost:5173", "http://127.0.0.1:8000"])
def test_this_machine_is_no_insecure_origin(known, capsys):
    with served(comparing(known.__eq__, credentials=True)) as url:
        assert scanned(capsys, url, "--origin", known)[1]["findings"] == []


def test_null_is_in_order_where_it_is_known_but_never_with_credentials(capsys):
    with served(comparing("null".__eq__, credentials=False)) as url:
        assert scanned(capsys, url, "--origin", "null")[1]["findings"] == []
    with served(comparing("null".__eq__, credentials=True)) as url:
        assert reasons(scanned(capsys, url, "--origin", "null")[1]) == ["null-origin"]


def test_a_pattern_covers_what_it_is_meant_to(capsys):
    with served(comparing(matching(r"https://([a-z]+\.)+example\.com"), credentials=True)) as url:
        assert scanned(capsys, url, "--origin", "https://*.example.com")[1]["findings"] == []


def test_a_pattern_need_not_be_allowed_in_full(capsys):
    with served(comparing(APP.__eq__, credentials=True)) as url:
        assert scanned(capsys, url, "--origin", "https://*.example.com")[1]["findings"] == []


def test_a_server_that_names_an_origin_betrays_it(capsys):
    @Request.application
    def application(request):
        asked = request.headers.get("Origin", "")
        named = asked if asked.startswith(APP) else APP
        return Response("hello", headers={"Access-Control-Allow-Origin": named, "Vary": "Origin"})

    with served(application) as url:
        _, told = scanned(capsys, url)
    assert told["known_origins"] == [APP]
    assert reasons(told) == ["prefix"]


def test_a_server_that_names_one_origin_for_all_needs_no_vary(capsys):
    @Request.application
    def application(request):
        return Response("hello", headers={"Access-Control-Allow-Origin": APP})

    with served(application) as url:
        assert scanned(capsys, url)[1]["findings"] == []


def test_without_a_known_origin_names_like_the_servers_own_are_tried(capsys):
    with served(lambda environ, start_response: start_response("200 OK", []) and ()) as url:
        _, told = scanned(capsys, url)
    assert url.replace("localhost", "localhost.evil.example") in told["hostile_origins"]


PATTERNS = [
    "https://example.com",
    "https://app.example.com:8443",
    "https://*.example.co.uk",
    "http://localhost:5173",
    "http://127.0.0.1:*",
    "http://[::1]:8000",
    "app-scheme://localhost",
    "https://shop.github.io:65535",
]


@pytest.mark.parametrize("text", PATTERNS)
def test_hostile_origins_are_strange_to_the_pattern_that_they_resemble(text):
    pattern = parse_pattern(text)
    trusted = OriginSet([text])
    hostile = list(resembling(pattern))
    assert example_of(pattern) in trusted
    assert len({origin for _, origin in hostile}) == len(hostile)
    for kind, origin in hostile:
        is_meant = kind in ("subdomain", "other-port") and "*" in text
        assert (origin in trusted) <= is_meant
        assert is_origin(origin) or kind in ("loose-comparison", "special-characters")


@pytest.mark.parametrize(
    ("text", "kind", "origin"),
    [
        ROW(APP, "prefix", "https://app.example.com.evil.example", id="prefix"),
        ROW(APP, "suffix", "https://evilexample.com", id="suffix"),
        ROW(APP, "public-suffix", "https://evil.com", id="public suffix"),
        ROW("https://a.github.io", "public-suffix", "https://evil.github.io", id="private suffix"),
        ROW(APP, "unescaped-dot", "https://appxexample.com", id="dot"),
        ROW("https://a.co.uk", "unescaped-dot", "https://axco.uk", id="dot before a suffix"),
        ROW("https://*.a.com", "unescaped-dot", "https://wwwxa.com", id="dot behind a wildcard"),
        ROW("http://a.com:80000"[:-1], "other-port", "http://a.com:1337", id="high port"),
        ROW("http://a.com:3000", "other-port", "http://a.com:30000", id="longer port"),
        ROW("https://a.com:8443", "suffix", "https://evila.com:8443", id="with the port"),
        ROW("https://a.com:8443", "shortened", "https://a.co", id="without the port"),
        ROW("https://a.co.uk", "other-suffix", "https://a.evl", id="another suffix"),
    ],
)
def test_hostile_origin_is_made_from_the_trusted_one(text, kind, origin):
    assert (kind, origin) in list(resembling(parse_pattern(text)))


# --- what is asked -------------------------------------------------------------------------------


def test_nothing_is_sent_that_could_change_anything(capsys):
    methods = set()

    @Request.application
    def application(request):
        methods.add((request.method, request.headers.get("Access-Control-Request-Method")))
        return Response("hello")

    with served(application) as url:
        _, told = scanned(capsys, url, "--method", "DELETE", "--header", "X-Token: 1")
    assert methods == {("GET", None), ("OPTIONS", "DELETE"), ("WSGICORS-CHECK", None)}
    assert told["requests"] == 3 + 3 * len(told["hostile_origins"])


def test_headers_go_with_the_requests_and_are_asked_for_in_preflights(capsys):
    seen = set()

    @Request.application
    def application(request):
        names = ("X-Token", "Access-Control-Request-Headers")
        seen.add((request.method, *map(request.headers.get, names)))
        return Response("hello")

    with served(application) as url:
        scanned(capsys, url, "--header", "X-Token: 1")
    assert seen >= {("GET", "1", None), ("OPTIONS", None, "x-token")}


def test_the_server_is_sent_no_more_than_there_is_reason_to(capsys):
    known = [f"--origin=https://a{number}.example.com" for number in range(20)]
    with served(comparing(lambda origin: False, credentials=False)) as url:
        assert main([url, "--scan", *known]) == 2
    message = "wsgicors check: gave up after 600 requests; ask about fewer origins\n"
    assert capsys.readouterr().err == message


def acting(told):
    return [finding["reason"] for finding in told["information"]]


def test_a_server_that_lets_strangers_act_is_told_of_as_information(capsys):
    with served(comparing(APP.__eq__, credentials=True)) as url:
        status, told = scanned(capsys, url, "--origin", APP)
        assert main([url, "--scan", "--origin", APP, "--fail-on", "information"]) == 1
    assert (status, told["findings"], acting(told)) == (0, [], ["strangers-can-act"])
    assert told["information"][0]["severity"] == "information"
    assert "INFORMATION: strangers-can-act" in capsys.readouterr().out


def test_our_own_server_that_refuses_strangers_is_not(capsys):
    app = CORSMiddleware(site, allow_origins=[APP], refuse_denied=True)
    with served(app) as url:
        status, told = scanned(capsys, url, "--origin", APP)
    assert (status, told["findings"], acting(told)) == (0, [], [])


def test_a_server_that_refuses_strangers_by_itself_is_not(capsys):
    @Request.application
    def application(request):
        is_strange = request.headers.get("Sec-Fetch-Site") == "cross-site"
        return Response(
            "no", 403 if is_strange and request.method not in ("GET", "OPTIONS") else 200
        )

    with served(application) as url:
        assert acting(scanned(capsys, url)[1]) == []


@pytest.mark.parametrize(
    ("severity", "status"), [("critical", 0), ("high", 0), ("medium", 1), ("low", 1)]
)
def test_what_fails_is_said_by_severity(severity, status, capsys):
    server = comparing(lambda origin: origin.endswith("://app.example.com:1337"), credentials=True)
    with served(server) as url:
        assert main([url, "--scan", "--origin", APP, "--fail-on", severity]) == status


# --- our own servers, and other people's ---------------------------------------------------------


def site(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


OURS = [
    ROW({"allow_origins": [APP]}, [APP], id="one origin"),
    ROW(
        {
            "allow_origins": [APP, "https://*.partner.example", "http://localhost:*"],
            "allow_credentials": True,
            "allow_methods": "*",
            "allow_headers": "*",
            "expose_headers": "ETag",
            "max_age": 86400,
        },
        [APP, "https://*.partner.example", "http://localhost:*"],
        id="patterns with credentials",
    ),
    ROW({"allow_origins": "*"}, [], id="everybody"),
    ROW({"allow_origins": "*", "allow_headers": "*", "expose_headers": "*"}, [APP], id="wildcards"),
    ROW({"allow_origins": []}, [], id="nobody"),
    ROW({"allow_origins": ["null", APP]}, ["null", APP], id="null"),
    ROW(
        {"allow_origins": lambda origin, environ: origin == APP, "allow_credentials": True},
        [APP],
        id="callable",
    ),
    ROW({"allow_origins": re.compile(r"https://app\.example\.com")}, [APP], id="expression"),
]


def our_flask(**policy):
    app = flask.Flask("ours")
    CORS(app, **policy)
    app.add_url_rule("/", view_func=lambda: "hello", endpoint="hello", methods=["GET", "PUT"])
    return app


@pytest.mark.parametrize("front_door", [lambda **policy: CORSMiddleware(site, **policy), our_flask])
@pytest.mark.parametrize(("policy", "known"), OURS)
def test_nothing_is_found_in_our_own(policy, known, front_door, capsys):
    with served(front_door(**policy)) as url:
        status, told = scanned(capsys, url, *(f"--origin={origin}" for origin in known))
    assert (status, told["findings"]) == (0, [])


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ROW({"origins": "*", "supports_credentials": True}, ["any-origin"], id="open"),
        ROW({"origins": "*"}, ["any-origin"], id="everybody, by name"),
        ROW({"origins": APP}, ["loose-comparison"], id="one origin"),
    ],
)
def test_flask_cors_is_scanned(options, found, capsys):
    app = flask.Flask("theirs")
    flask_cors.CORS(app, **options)
    app.add_url_rule("/", view_func=lambda: "hello", endpoint="hello", methods=["GET", "PUT"])
    with served(app) as url:
        _, told = scanned(capsys, url, "--origin", APP)
    assert mistakes(told) == found


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ROW({"allow_origins": ["*"], "allow_credentials": True}, ["any-origin"], id="open"),
        ROW({"allow_origins": [APP]}, [], id="one origin"),
    ],
)
def test_starlette_is_scanned(options, found, capsys):
    app = Starlette(
        routes=[Route("/", lambda request: PlainTextResponse("hello"))],
        middleware=[Middleware(StarletteCORS, allow_methods=["GET", "PUT"], **options)],
    )
    with served_by_uvicorn(app) as url:
        _, told = scanned(capsys, url, "--origin", APP)
    assert mistakes(told) == found

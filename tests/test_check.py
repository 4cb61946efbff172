"""`python -m wsgicors check` against real servers, on real sockets: what it says and how it ends."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import pty
import re
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import flask
import pytest
import trustme
import werkzeug
from hypothesis import given, settings
from hypothesis import strategies as st
from serving import served, served_by_uvicorn
from werkzeug.wrappers import Response

from wsgicors import CORSMiddleware, loading
from wsgicors.check import target
from wsgicors.check.command import main
from wsgicors.check.notes import notes
from wsgicors.check.report import Page, write_scan, write_verdict
from wsgicors.check.scan import scan
from wsgicors.check.verdict import judge
from wsgicors.fetch import HTTPResponse, Request
from wsgicors.flask import CORS
from wsgicors.testing import Browser, CORSError

ROW = pytest.param
APP = "https://app.example.com"
ALLOW = "Access-Control-Allow-Origin"
GUIDE = Path(__file__).parent.parent / "docs" / "check.rst"


@pytest.fixture(autouse=True)
def width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")


@werkzeug.Request.application
def shop(request):
    """Answers preflights and requests of APP as a careful server in any language would."""
    headers = {"Vary": "Origin", "ETag": '"1"', ALLOW: APP}
    if request.method != "OPTIONS":
        return Response("hello", headers=headers)
    headers["Access-Control-Allow-Methods"] = "PUT"
    headers["Access-Control-Allow-Headers"] = "x-token"
    return Response(status=204, headers=headers)


@pytest.fixture(scope="module")
def url():
    with served(shop) as url:
        yield f"{url}/items"


# --- what it says --------------------------------------------------------------------------------


def said(capsys, url):
    """What was printed, the same for every port."""
    return capsys.readouterr().out.replace(re.search(r":\d+", url)[0], ":8000")


def test_what_is_allowed_is_told_step_by_step(url, capsys):
    asked = ["--origin", APP, "--method", "PUT", "--header", "X-Token: 1"]
    assert main([url, *asked]) == 0
    assert said(capsys, url) == textwrap.dedent("""\
        A page of origin https://app.example.com asks for PUT
        http://localhost:8000/items.

        1. The browser asks for permission (preflight):
          > OPTIONS http://localhost:8000/items
          >   Access-Control-Request-Method: PUT
          >   Access-Control-Request-Headers: x-token
          >   Origin: https://app.example.com
          < 204
          <   Vary: Origin
          <   Access-Control-Allow-Origin: https://app.example.com
          <   Access-Control-Allow-Methods: PUT
          <   Access-Control-Allow-Headers: x-token
          <   Content-Type: text/plain; charset=utf-8

        2. The browser sends the request:
          > PUT http://localhost:8000/items
          >   Origin: https://app.example.com
          < 200
          <   Vary: Origin
          <   Access-Control-Allow-Origin: https://app.example.com
          <   Content-Type: text/plain; charset=utf-8

        ALLOWED: the script can read the response (status 200).
        Hidden from it: connection, date, etag, server, vary
          (expose_headers, Access-Control-Expose-Headers).

        Note: http://localhost:8000/items is a private or loopback
          address, and https://app.example.com is a public site.
          Chromium lets such a page in only if the page came over
          https, and only after the user has agreed (Local Network
          Access).
          While you develop, open the page from the same network or
          machine, or agree when the browser asks. No CORS header
          helps here.
          More: python -m wsgicors explain local-network-access

        2 requests sent.
        """)


def test_what_is_refused_is_told_with_the_change_that_would_allow_it(url, capsys):
    assert main([url, "--origin", "http://localhost:3000", "--method", "DELETE"]) == 1
    assert said(capsys, url).partition("REFUSED")[2] == textwrap.dedent("""\
        : allow-origin-mismatch
        The answer to the preflight is for https://app.example.com,
        but the page's origin is http://localhost:3000.

        To allow it: Add "http://localhost:3000" to allow_origins.
        More: python -m wsgicors explain allow-origin-mismatch

        In any programming language, the answer to step 1 should
        have
          status 204
          Access-Control-Allow-Origin: http://localhost:3000
          Access-Control-Allow-Methods: DELETE

        1 request sent.
        """)


def test_the_guide_shows_what_is_printed():
    request = Request.from_script("https://api.example.com/items", method="PUT", origin=APP)
    answer = ((ALLOW, APP), ("Access-Control-Allow-Methods", "GET"))
    verdict = judge(request, lambda _: HTTPResponse(204, answer))
    page = Page(100, colour=False)
    write_verdict(page, verdict, notes(verdict))
    assert textwrap.indent(str(page), "   ") in GUIDE.read_text("utf-8")


def test_a_finding_is_told_with_what_was_sent_and_what_to_write_instead(capsys):
    @werkzeug.Request.application
    def reflecting(request):
        return Response("hello", headers={ALLOW: request.headers.get("Origin", "*"), "Vary": "*"})

    with served(reflecting) as url:
        assert main([url, "--scan", "--origin", APP]) == 1
    assert said(capsys, url) == textwrap.dedent("""\
        Asked http://localhost:8000/ from 71 origins that it should
        not trust.
        Assumed to be allowed: https://app.example.com.

        LOW: any-origin
          > GET http://localhost:8000/
          >   Origin: https://evil.example
          < 200
          <   Access-Control-Allow-Origin: https://evil.example
          <   Vary: *
          <   Content-Type: text/plain; charset=utf-8
          Why: Every origin that asks is allowed, so every site that
            a user visits can read the response, but without the
            user's cookies.
          Instead: Copy Origin into Access-Control-Allow-Origin only
            if it is on a list
            (allow_origins=["https://app.example.com"]). If
            everybody may read it, send "*" without
            Access-Control-Allow-Credentials (allow_origins="*").

        INFORMATION: strangers-can-act
          > WSGICORS-CHECK http://localhost:8000/
          >   Cookie: wsgicors-check=1
          >   Origin: https://evil.example
          < 200
          <   Access-Control-Allow-Origin: https://evil.example
          <   Vary: *
          <   Content-Type: text/plain; charset=utf-8
          Why: A request with an unknown method gets the same answer
            from every origin. So a stranger's page can probably
            send requests that change something, with the user's
            cookies. It cannot read the answer.
          Instead: If cookies tell who the user is, refuse such
            requests of other origins (refuse_denied=True), or ask
            for a token that strangers do not know.

        Found: 1 low.
        219 requests sent.
        """)


def test_others_that_are_let_in_likewise_are_told(capsys):
    @werkzeug.Request.application
    def careless(request):
        origin = request.headers.get("Origin", "")
        return Response("hello", headers={ALLOW: origin if origin.startswith(APP) else APP})

    with served(careless) as url:
        main([url, "--scan", "--origin", APP])
    assert "Likewise: https://app.example.comevil.example" in said(capsys, url)


def test_of_many_others_that_are_let_in_the_first_are_told(capsys):
    known = [f"https://{name}.example.com" for name in ("app", "www", "api", "old")]

    @werkzeug.Request.application
    def careless(request):
        origin = request.headers.get("Origin", "")
        is_like_one = origin.startswith(tuple(known))
        return Response("hello", headers={ALLOW: origin if is_like_one else APP})

    with served(careless) as url:
        main([url, "--scan", *(f"--origin={origin}" for origin in known)])
    assert "and 3 more\n" in said(capsys, url)


@pytest.mark.parametrize(
    ("allowed", "outcome"),
    [
        ROW("*", "NOTHING FOUND: everybody may read this, but not with", id="everybody"),
        ROW(APP, "NOTHING FOUND: none of them was allowed. The headers", id="one"),
    ],
)
def test_nothing_found_is_said_of_whom_is_let_in(allowed, outcome, capsys):
    with served(Response("hello", headers={ALLOW: allowed})) as url:
        assert main([url, "--scan"]) == 0
    assert outcome in capsys.readouterr().out


def test_a_scan_of_an_error_says_so(capsys):
    with served(Response("not here", 404)) as url:
        assert main([url, "--scan"]) == 0
    printed = capsys.readouterr().out
    assert "A plain GET is answered with 404. If that is an error" in printed
    assert "Name the allowed origins with --origin" in printed


def test_without_an_origin_an_example_stands_in(url, capsys):
    assert main([url]) == 0
    printed = capsys.readouterr().out
    assert f"A page of origin {APP} asks" in printed
    assert "Name the page's origin with --origin." in printed


def test_every_origin_is_asked_about(url, capsys):
    assert main([url, "--origin", APP, "--origin", "https://www.example.com"]) == 1
    printed = capsys.readouterr().out
    assert (printed.count("ALLOWED"), printed.count("REFUSED")) == (1, 1)
    assert "2 requests sent." in printed
    assert "Say with --origin" not in printed


def test_a_page_of_the_server_itself_needs_no_cors(url, capsys):
    assert main([url, "--origin", url.removesuffix("/items")]) == 0
    assert "the page and the URL have the same origin" in capsys.readouterr().out


def test_nothing_is_sent_where_a_browser_would_not(capsys):
    assert main(["http://api.example.com/", "--origin", APP]) == 1
    printed = capsys.readouterr().out
    assert "REFUSED: mixed-content" in printed
    assert "0 requests sent." in printed
    assert "In any programming language" not in printed


@pytest.mark.parametrize("more", [[], ["--scan"]], ids=["verdict", "scan"])
def test_lines_fit(url, more, capsys, monkeypatch):
    asked = [url, "--origin", "https://www.example.com", "--header", "X-Token: 1", *more]
    main(asked)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 60
    monkeypatch.setenv("COLUMNS", "1000")
    main(asked)
    assert 60 < max(map(len, capsys.readouterr().out.splitlines())) <= 100


def test_what_does_not_fit_is_not_taken_apart(url, capsys):
    origin = f"https://{'a' * 60}.example.com"
    main([url, "--origin", origin])
    assert f"\n{origin}\n" in capsys.readouterr().out


# --- what is to be changed -----------------------------------------------------------------------


def fixed(status=200, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response("hello", status, {f"Access-Control-{name}": named[name] for name in named})


@pytest.mark.parametrize(
    ("response", "asked", "reason", "needed"),
    [
        ROW(
            fixed(),
            [],
            "allow-origin-missing",
            {ALLOW: APP, "Vary": "Origin"},
            id="no header",
        ),
        ROW(
            fixed(Allow_Origin="*"),
            ["--credentials"],
            "allow-origin-wildcard",
            {ALLOW: APP, "Access-Control-Allow-Credentials": "true", "Vary": "Origin"},
            id="wildcard with credentials",
        ),
        ROW(
            fixed(Allow_Origin=APP),
            ["--credentials"],
            "allow-credentials-missing",
            {ALLOW: APP, "Access-Control-Allow-Credentials": "true", "Vary": "Origin"},
            id="no credentials",
        ),
        ROW(
            fixed(Allow_Origin=APP),
            ["--method", "put"],
            "method-not-allowed",
            {ALLOW: APP, "Access-Control-Allow-Methods": "PUT"},
            id="method",
        ),
        ROW(
            fixed(Allow_Origin=APP),
            ["--header", "X-B: 1", "--header", "x-a:2"],
            "headers-not-allowed",
            {
                ALLOW: APP,
                "Access-Control-Allow-Methods": "GET",
                "Access-Control-Allow-Headers": "x-a,x-b",
            },
            id="headers",
        ),
        ROW(
            fixed(405, Allow_Origin=APP),
            ["--method", "PUT"],
            "preflight-status",
            {ALLOW: APP, "Access-Control-Allow-Methods": "PUT"},
            id="status",
        ),
        ROW(
            fixed(),
            ["--origin", "null"],
            "allow-origin-missing",
            {},
            id="nobody is advised to trust null",
        ),
    ],
)
def test_the_headers_that_would_help_are_named(response, asked, reason, needed, capsys):
    origin = [] if "--origin" in asked else ["--origin", APP]
    with served(response) as url:
        assert main([url, "--json", *origin, *asked]) == 1
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert (check["allowed"], check["reason"]) == (False, reason)
    assert dict(check["headers_to_send"]) == needed


def test_no_header_helps_against_a_redirect_with_a_password(capsys):
    response = fixed(302, Allow_Origin=APP)
    response.headers["Location"] = "http://user:secret@localhost/"
    with served(response) as url:
        assert main([url, "--json", "--origin", APP]) == 1
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert (check["reason"], check["headers_to_send"]) == ("redirect-with-credentials", [])


@pytest.mark.parametrize("changed", [{}, {"Access-Control-Allow-Credentials": "true"}])
def test_the_advice_works(changed, capsys):
    """What a refusal says to send is sent, and the next try gets further, until it is allowed."""
    sent = {"OPTIONS": {}, "PUT": {}}

    @werkzeug.Request.application
    def following(request):
        status = 204 if request.method == "OPTIONS" else 200
        return Response(status=status, headers=sent[request.method])

    asked = ["--json", "--origin", APP, "--method", "PUT", "--header", "X-Token: 1"]
    asked += ["--credentials"] if changed else []
    with served(following) as url:
        for tries in itertools.count(1):
            status = main([url, *asked])
            (check,) = json.loads(capsys.readouterr().out)["checks"]
            if status == 0:
                break
            sent[check["exchanges"][-1]["request"]["method"]].update(check["headers_to_send"])
            assert tries < 3
    assert changed.items() <= sent["OPTIONS"].items()
    assert changed.items() <= sent["PUT"].items()


# --- the true cause ------------------------------------------------------------------------------

OTHER = "https://other.example"
ADD = f'Add "{APP}" to allow_origins'


def in_front(status, **headers):
    return Response("no", status, {name.replace("_", "-"): headers[name] for name in headers})


CAUSES = [
    ROW(in_front(301, Location="/items/"), [], "redirect-in-front", ["/items/"], id="slash"),
    ROW(in_front(302, Location=f"{OTHER}/login"), [], "redirect-in-front", ["/login"], id="login"),
    ROW(in_front(308, Location=f"{OTHER}/"), [], "redirect-in-front", [OTHER], id="moved"),
    ROW(
        in_front(302, Location="/items/", Vary="Origin"),
        [],
        "redirect-in-front",
        ["/items/"],
        id="slash, by a server that varies",
    ),
    ROW(
        in_front(404, Vary="Origin"),
        [],
        "origin-not-listed",
        ["is not in allow_origins, add it", "correct the error first"],
        id="error of a server that varies",
    ),
    ROW(in_front(400), [], "bad-request", ["400"], id="400"),
    ROW(in_front(401), [], "login-in-front", ["answer before the login"], id="401"),
    ROW(in_front(403), [], "refused-in-front", ["firewall"], id="403"),
    ROW(in_front(403, Server="AirTunes/595"), [], "airplay", ["5000", "AirTunes"], id="AirPlay"),
    ROW(in_front(404), [], "not-found", ["nothing at this URL"], id="404"),
    ROW(in_front(405), [], "method-not-routed", ["GET"], id="405"),
    ROW(in_front(413), [], "too-large", ["limit"], id="413"),
    ROW(in_front(418), [], "bad-request", ["418"], id="another status"),
    ROW(in_front(429), [], "too-many-requests", ["the number of requests"], id="429"),
    ROW(in_front(500), [], "server-failed", ["server's log"], id="500"),
    ROW(in_front(503, Server="nginx"), [], "gateway-failed", ["nginx"], id="503"),
    ROW(
        in_front(401, Server="nginx"),
        ["--method", "PUT"],
        "preflight-login",
        ["never has credentials", "nginx"],
        id="login for a preflight",
    ),
    ROW(
        in_front(405),
        ["--method", "PUT"],
        "preflight-not-answered",
        ["Nothing answers preflights"],
        id="no OPTIONS",
    ),
    ROW(
        in_front(200, Allow="GET, HEAD, OPTIONS"),
        ["--method", "PUT"],
        "automatic-options",
        ["Flask's automatic OPTIONS"],
        id="OPTIONS without CORS",
    ),
    ROW(
        in_front(200, Access_Control_Allow_Origin=OTHER, Vary="Accept, Origin"),
        [],
        "cached-answer",
        ["proxy_ignore_headers", OTHER],
        id="another origin's answer",
    ),
    ROW(
        in_front(200, Vary="Origin", X_Cache="HIT from edge"),
        [],
        "cached-answer",
        ["a cache on the way probably sent"],
        id="nobody's answer from a cache",
    ),
    ROW(
        in_front(200, Access_Control_Allow_Origin=APP, Access_Control_Allow_Credentials="True"),
        ["--credentials"],
        "allow-credentials-malformed",
        ["in lower case"],
        id="True",
    ),
    ROW(
        in_front(200, Access_Control_Allow_Origin=f"{APP}/"),
        [],
        "allow-origin-malformed",
        ["no slash at the end"],
        id="slash behind the origin",
    ),
    ROW(
        in_front(200, Access_Control_Allow_Origin="https://*.example.com"),
        [],
        "allow-origin-malformed",
        [f'as in "{APP}"'],
        id="pattern for an origin",
    ),
    ROW(
        fixed(Allow_Origin=APP, Allow_Headers="Content-Type"),
        ["--header", "Access-Control-Allow-Origin: *", "--header", "X-A: 1"],
        "response-header-in-request",
        ['Remove "access-control-allow-origin"', "Only servers send"],
        id="header of the server",
    ),
    ROW(
        fixed(Allow_Origin=APP, Allow_Headers="*"),
        ["--header", "Authorization: x"],
        "authorization-beside-wildcard",
        ['beside "*"'],
        id="authorization",
    ),
    ROW(
        fixed(Allow_Origin=APP, Allow_Methods="GET, HEAD, OPTIONS, POST"),
        ["--method", "DELETE"],
        "routed-methods",
        ["another URL may take DELETE"],
        id="methods of the route",
    ),
    ROW(
        fixed(Allow_Origin=APP, Allow_Methods="PATCH"),
        ["--method", "patch"],
        "method-in-lower-case",
        ['method="PATCH"'],
        id="method in lower case",
    ),
]


@pytest.mark.parametrize(("response", "asked", "cause", "parts"), CAUSES)
def test_the_true_cause_is_named_and_no_other(response, asked, cause, parts, capsys):
    with served(response) as url:
        assert main([url, "--json", "--origin", APP, *asked]) == 1
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert check["cause"] == cause
    assert check["more"] == f"troubleshooting.html#{cause}"
    for part in parts:
        assert part in f"{check['why']} {check['remedy']}"
    assert not check["remedy"].startswith(ADD)


def test_a_preflight_whose_permission_a_proxy_took_away_is_not_called_one_without_cors(capsys):
    with served(in_front(204, Access_Control_Allow_Headers="X-A", Allow="PUT")) as url:
        assert main([url, "--json", "--origin", APP, "--method", "PUT"]) == 1
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert check["cause"] is None
    assert "which server, proxy or error page sent it" in check["remedy"]


@pytest.mark.parametrize(
    "listed", ["GET, POST, OPTIONS", "GET, HEAD, POST", "DELETE, GET, OPTIONS"]
)
def test_methods_that_somebody_listed_are_not_taken_for_those_of_a_route(listed, capsys):
    with served(fixed(Allow_Origin=APP, Allow_Methods=listed)) as url:
        main([url, "--json", "--origin", APP, "--method", "PUT"])
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert (check["cause"], check["remedy"]) == (None, 'Add "PUT" to allow_methods.')


def test_method_that_a_url_of_flask_does_not_route_is_told_so():
    app = flask.Flask("example")
    CORS(app, allow_origins=[APP])
    app.add_url_rule("/items", "items", lambda: "items")
    with pytest.raises(CORSError) as caught:
        Browser(app, origin=APP).fetch("/items", "DELETE")
    assert caught.value.cause == "routed-methods"


def test_what_refuse_denied_refuses_is_named_as_such(capsys):
    with served(CORSMiddleware(shop, allow_origins=OTHER, refuse_denied=True)) as url:
        for method, cause in (("POST", "refuse-denied"), ("GET", "origin-denied")):
            assert main([url, "--json", "--origin", APP, "--method", method]) == 1
            (check,) = json.loads(capsys.readouterr().out)["checks"]
            assert check["cause"] == cause
    assert "allow_origins" in check["remedy"]


def test_our_own_refusal_of_a_preflight_is_no_riddle(capsys):
    with served(CORSMiddleware(shop, allow_origins=OTHER)) as url:
        assert main([url, "--json", "--origin", APP, "--method", "PUT"]) == 1
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert check["cause"] == "origin-denied"
    assert check["remedy"] == f"{ADD}."


# --- what there is to know beside the outcome ----------------------------------------------------


def noted(capsys, *arguments):
    status = main([*arguments, "--json"])
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    return status, check["notes"]


@pytest.mark.parametrize(
    ("origin", "is_noted"),
    [
        ROW(APP, True, id="a public page"),
        ROW("http://localhost:5173", False, id="a page of this machine"),
        ROW("https://192.168.1.20", False, id="a page of this network"),
        ROW("null", False, id="a page of nowhere"),
    ],
)
def test_a_public_page_that_asks_this_machine_meets_local_network_access(origin, is_noted, capsys):
    with served(fixed(Allow_Origin="*")) as url:
        status, notes = noted(capsys, url, "--origin", origin)
    assert status == 0
    assert [note["reason"] for note in notes] == ["local-network-access"] * is_noted


def without_origin(app):
    """A proxy that does not pass Origin on."""

    def proxy(environ, start_response):
        environ.pop("HTTP_ORIGIN", None)
        return app(environ, start_response)

    return proxy


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_proxy_that_may_have_removed_the_origin_is_told_of(method, capsys):
    page, told = "http://localhost:1", ["origin-removed"]
    allowing, denying = (
        CORSMiddleware(in_front(200), allow_origins=each) for each in (page, OTHER)
    )
    reasons = []
    for app in (without_origin(allowing), denying, in_front(404)):
        with served(app) as url:
            status, notes = noted(capsys, url, "--origin", page, "--method", method)
        assert status == 1
        reasons.append([note["reason"] for note in notes])
    # Whoever refuses a preflight for its origin has seen that.
    assert reasons == [told, told if method == "GET" else [], []]


@pytest.mark.parametrize(
    ("attributes", "attribute"),
    [
        ROW("SameSite=Lax", "SameSite", id="Lax"),
        ROW("", "SameSite", id="nothing said"),
        ROW("SameSite=None", "SameSite", id="None without Secure"),
        ROW("Domain=other.example; SameSite=None; Secure", "Domain", id="another domain"),
        ROW("SameSite=None; Secure", None, id="as it should be"),
    ],
)
def test_a_cookie_that_is_not_kept_is_told_and_changes_nothing(attributes, attribute, capsys):
    allowed = fixed(Allow_Origin="http://localhost:1", Allow_Credentials="true")
    allowed.headers["Set-Cookie"] = f"id=1; {attributes}"
    with served(allowed) as url:
        elsewhere = url.replace("localhost", "127.0.0.1")
        asked = [elsewhere, "--origin", "http://localhost:1", "--credentials"]
        status, notes = noted(capsys, *asked)
        assert main(asked) == 0
    assert status == 0
    assert [note["reason"] for note in notes] == ["cookie-refused"] * bool(attribute)
    assert ("Note: The browser does not keep the cookie id" in capsys.readouterr().out) == bool(
        notes
    )
    for note in notes:
        assert f"because of its {attribute}:" in note["why"]


# --- what is sent --------------------------------------------------------------------------------


def recording(requests, **headers):
    @werkzeug.Request.application
    def application(request):
        requests.append((request.method, request.path, dict(request.headers)))
        return Response("hello", headers={ALLOW: APP, **headers})

    return application


@pytest.mark.parametrize(
    ("asked", "cookie"),
    [ROW([], None, id="without"), ROW(["--credentials"], "wsgicors-check=1", id="with")],
)
def test_a_cookie_goes_with_credentials_only(asked, cookie, capsys):
    requests = []
    with served(recording(requests)) as url:
        main([url, "--origin", APP, *asked])
    assert [headers.get("Cookie") for _, _, headers in requests] == [cookie]


def test_cookies_of_the_server_do_not_come_back(capsys):
    requests = []
    with served(recording(requests, **{"Set-Cookie": "id=1"})) as url:
        main([url, "--scan"])
    cookies = {headers.get("Cookie") for _, _, headers in requests}
    assert cookies == {None, "wsgicors-check=1"}


def test_a_redirect_is_followed_as_browsers_do(capsys):
    @werkzeug.Request.application
    def moving(request):
        if request.path == "/items":
            return Response("hello", headers={ALLOW: APP})
        return Response(status=301, headers={ALLOW: APP, "Location": "/items"})

    with served(moving) as url:
        assert main([url, "--origin", APP]) == 0
    printed = capsys.readouterr().out
    assert "2. The browser sends the request:" in printed
    assert "2 requests sent." in printed


@pytest.mark.parametrize(
    "location", ["javascript:alert(1)", "http://[::", "/\x1b[2J", "http://a:b/"]
)
def test_a_redirect_to_what_is_no_url_is_a_refusal(location, capsys):
    answer = f"HTTP/1.1 302 Found\r\n{ALLOW}: {APP}\r\nLocation: {location}\r\n\r\n"
    with listening(answer.encode()) as url:
        assert main([url, "--origin", APP, "--method", "PUT"]) == 1
    printed = capsys.readouterr()
    assert ("REFUSED: preflight-redirect" in printed.out, printed.err) == (True, "")


def test_a_page_that_is_a_file_can_ask(url, capsys):
    assert main([url, "--origin", "file://"]) == 1
    assert "for https://app.example.com, but the page's origin is file://" in " ".join(
        capsys.readouterr().out.split()
    )


def test_a_loop_of_redirects_has_an_end(capsys):
    loop = Response(status=307, headers={ALLOW: APP, "Location": "/"})
    with served(loop) as url:
        assert main([url, "--origin", APP]) == 1
    printed = capsys.readouterr().out
    assert "REFUSED: too-many-redirects" in printed
    assert "21 requests sent." in printed


def test_the_body_is_not_waited_for(capsys):
    asked = threading.Event()

    def ticking(environ, start_response):
        start_response("200 OK", [(ALLOW, APP)])
        for _ in range(200):
            yield b"data: tick\n\n"
            if asked.wait(0.1):
                return

    with served(ticking) as url:
        began = time.monotonic()
        status = main([url, "--origin", APP])
        took = time.monotonic() - began
        asked.set()
    assert status == 0
    assert took < 10


def test_any_language_will_do(capsys):
    async def asgi(scope, receive, send):
        headers = [(b"access-control-allow-origin", APP.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello"})

    with served_by_uvicorn(asgi) as url:
        assert main([url, "--origin", APP]) == 0
        assert main([url, "--origin", "https://www.example.com"]) == 1


# --- applications --------------------------------------------------------------------------------

SHOP = """\
from wsgicors import CORSMiddleware

def site(environ, start_response):
    path = environ["PATH_INFO"] + "?" + environ["QUERY_STRING"]
    start_response("200 OK", [("X-Path", path.encode().hex()), ("X-Blank", " 1 ")])
    return [b"hello"]

def broken(environ, start_response):
    raise ValueError("out of\\nbread")

def exiting(environ, start_response):
    raise SystemExit(3)

def late(environ, start_response):
    import time
    time.sleep(0.4)
    return site(environ, start_response)

def generating(environ, start_response):
    raise LookupError("out of milk")
    yield b""

def make():
    return site

def broken_factory():
    return {}["OVEN"]

def choosy(flour):
    return site

async def asgi(scope, receive, send): ...

class Namespace:
    app = CORSMiddleware(site, allow_origins="https://app.example.com")

nothing = None
"""


@pytest.fixture
def shop_module(tmp_path, monkeypatch):
    (tmp_path / "breadshop.py").write_text(SHOP)
    (tmp_path / "ruins.py").write_text("raise SystemExit('not\\ntoday')")
    (tmp_path / "leaning.py").write_text("import ruined.deep")
    (tmp_path / "ruined").mkdir()
    (tmp_path / "ruined" / "deep.py").write_text("import json\njson.loads('{')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    yield
    for name in ("breadshop", "ruined", "breadstall"):
        sys.modules.pop(name, None)


def test_an_application_is_found_in_the_current_directory(shop_module):
    command = [sys.executable, "-m", "wsgicors", "check", "breadshop:Namespace.app/items"]
    search = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    asked = [*command, "--json", "--origin", APP]
    result = subprocess.run(asked, capture_output=True, text=True, check=True, env=search)
    told = json.loads(result.stdout)
    assert (told["url"], told["requests"]) == ("https://localhost/items", 1)


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ROW("", "/?", id="none"),
        ROW("/items?page=2", "/items?page=2", id="query"),
        ROW("/caf\u00e9", "/caf\u00c3\u00a9?", id="not ASCII"),
        ROW("//items", "//items?", id="two slashes"),
    ],
)
def test_a_path_behind_the_application_is_asked_for(shop_module, path, seen, capsys):
    main([f"breadshop:Namespace.app{path}", "--json", "--origin", APP])
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    headers = dict(check["exchanges"][0]["response"]["headers"])
    assert bytes.fromhex(headers["X-Path"]).decode() == seen


def test_a_function_that_makes_an_application_is_called(shop_module, capsys):
    main(["breadshop:make()/items", "--json", "--origin", APP])
    assert json.loads(capsys.readouterr().out)["url"] == "https://localhost/items"


def test_what_an_application_prints_is_no_part_of_the_report(shop_module, capsys):
    Path("breadshop.py").write_text(
        f"print('loading')\n{SHOP}".replace("    path =", "    print(1); path =")
    )
    main(["breadshop:make()", "--json", "--origin", APP])
    printed = capsys.readouterr()
    assert json.loads(printed.out)["requests"] == 1
    assert printed.err.splitlines() == ["loading", "1"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ROW(
            "breadstall:site",
            [
                "breadstall:site is not yet imported after 0.1 seconds; it is at breadstall.py, line 2",
                'If that line starts a server, put it below: if __name__ == "__main__":',
            ],
            id="import",
        ),
        ROW(
            "breadshop:late",
            [
                "breadshop:late has not yet answered GET https://localhost/ after 0.1",
                "breadshop.py, line",
            ],
            id="answer",
        ),
    ],
)
def test_what_takes_long_is_told_with_its_line(shop_module, name, told, capsys, monkeypatch):
    Path("breadstall.py").write_text(
        "import breadshop, time\ntime.sleep(0.4)\nsite = breadshop.site"
    )
    monkeypatch.setattr(loading, "PATIENCE", 0.1)
    assert main([name, "--origin", APP]) == 1
    said = capsys.readouterr().err
    assert said.count("wsgicors: ") == 1
    assert all(part in said for part in told)


def test_an_application_is_told_as_it_would_be_over_a_socket(shop_module, capsys):
    main(["breadshop:Namespace.app", "--json", "--origin", APP])
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    headers = dict(check["exchanges"][0]["response"]["headers"])
    assert headers["X-Blank"] == "1"
    assert "Content-Type" not in headers


def test_what_an_application_sends_cannot_command_a_terminal(capsys, monkeypatch):
    red = "\x1b[31mred"
    headers = {"Set-Cookie": f"{red}=1; SameSite=None; Domain={red}", "Server": red}
    for sent in ({ALLOW: f"https://{red}"}, {ALLOW: "*", **headers}, {"Location": red, **headers}):
        evil = Response("hello", 302 if "Location" in sent else 200, sent)
        monkeypatch.setattr(sys.modules[__name__], "evil", evil, raising=False)
        for asked in ([], ["--scan"]):
            main([f"{__name__}:evil", *asked])
            assert "\x1b" not in capsys.readouterr().out


# --- where no answer is to be had ----------------------------------------------------------------


def assert_unaskable(capsys, arguments, *parts):
    """One clear line, and nothing else."""
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    for part in ("wsgicors check: ", *parts):
        assert part in line


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ROW("", ["'' is neither a URL"], id="empty"),
        ROW("shop", ["with the scheme", "shop:app/items"], id="a word"),
        ROW("localhost:8000/x", ["no scheme: write http://localhost:8000/x"], id="no scheme"),
        ROW("api.example.com/items", ["write https://api.example.com/items"], id="host and path"),
        ROW("ftp://localhost/", ["is neither"], id="another scheme"),
        ROW("http://[::1", ["is no URL", "IPv6"], id="half an address"),
        ROW("http://localhost:99999/", ["is no URL: Port out of range"], id="no port"),
        ROW("http://user:secret@localhost/", ["leave user and password out"], id="password"),
        ROW("http://nowhere.invalid/", ["cannot ask http://nowhere.invalid/: "], id="no host"),
        ROW("http://a..b/", ["cannot ask http://a..b/: "], id="no host name"),
        ROW("breadshop:ap", ["cannot import breadshop:ap", "no attribute 'ap'"], id="no name"),
        ROW("cakeshop:app", ["No module named 'cakeshop'", "looked in /"], id="no module"),
        ROW("breadshop.py:app", ["write breadshop:app"], id="file"),
        ROW("./breadshop.py", ["name the application in it, breadshop:app"], id="only a file"),
        ROW("ruins:app", ["SystemExit: not today (ruins.py, line 1)"], id="module that exits"),
        ROW("leaning:app", ["JSONDecodeError", "(ruined/deep.py, line 2)"], id="deep failure"),
        ROW("breadshop:make", ["if it makes one, write breadshop:make()"], id="factory"),
        ROW("breadshop:broken_factory()", ["KeyError: 'OVEN' (breadshop.py"], id="failing factory"),
        ROW("breadshop:choosy()", ["1 required positional argument"], id="factory that asks"),
        ROW("breadshop:choosy", ["write a module that calls it"], id="choosy factory uncalled"),
        ROW("breadshop:asgi", ["if it is an ASGI"], id="ASGI"),
        ROW("breadshop:nothing", ["cannot be called"], id="not callable"),
        ROW("breadshop:broken", ["GET https://localhost/: ValueError: out of bread"], id="raises"),
        ROW("breadshop:exiting", ["GET https://localhost/: SystemExit: 3"], id="exits"),
        ROW("breadshop:generating", ["LookupError: out of milk"], id="raises late"),
    ],
)
def test_what_cannot_be_asked_is_one_line(shop_module, text, parts, capsys):
    assert_unaskable(capsys, [text], *parts)


@contextlib.contextmanager
def listening(answer=None):
    """A server that takes one connection and says this, or nothing for as long as it lasts."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def serve():
            connection, _ = server.accept()
            with connection:
                if answer is None:
                    done.wait(30)
                else:
                    connection.recv(65536)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            done.set()
            thread.join()


def test_a_refused_connection_is_one_line(capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    assert_unaskable(capsys, [url], f"cannot ask {url}: Connection refused; does a server run")


def test_a_server_that_does_not_answer_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr(target, "TIMEOUT", 0.3)
    with listening() as url:
        began = time.monotonic()
        assert_unaskable(capsys, [url, "--scan"], f"cannot ask {url}: no answer within 0.3 seconds")
        assert time.monotonic() - began < 10


@contextlib.contextmanager
def dripping(first, again, wrapped=contextlib.nullcontext):
    """A server that sends this at once, and that again and again for as long as anybody listens."""
    done = threading.Event()

    def serve(server):
        with contextlib.suppress(OSError):
            while not done.is_set():
                connection, _ = server.accept()
                with connection, contextlib.suppress(OSError), wrapped(connection) as talking:
                    talking.recv(65536)
                    talking.sendall(first)
                    while not done.wait(0.02):
                        talking.sendall(again)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=[server])
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            done.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ROW(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", id="early hints"),
        ROW(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="go on"),
        ROW(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a", id="a header byte by byte"),
        ROW(b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n", id="header after header"),
        ROW(b"HTTP", b"", id="half a status line"),
    ],
)
@pytest.mark.parametrize("more", [[], ["--scan"]], ids=["verdict", "scan"])
def test_an_answer_that_never_ends_is_one_line(first, again, more, capsys, monkeypatch):
    monkeypatch.setattr(target, "TIMEOUT", 0.3)
    with dripping(first, again) as url:
        began = time.monotonic()
        message = f"cannot ask {url}: no answer within 0.3 seconds"
        assert_unaskable(capsys, [url, "--origin", APP, *more], message)
        assert time.monotonic() - began < 5


def test_a_deadline_is_for_one_exchange_and_not_for_all(capsys, monkeypatch):
    monkeypatch.setattr(target, "TIMEOUT", 0.5)

    @werkzeug.Request.application
    def slow(request):
        time.sleep(0.2)
        return Response("hello", 204, {ALLOW: APP, "Access-Control-Allow-Methods": "PUT"})

    with served(slow) as url:
        asked = [url, *["--origin", APP] * 3, "--method", "PUT"]
        assert main(asked) == 0
    assert "6 requests sent." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        ROW(b"", "disconnected", id="nothing"),
        ROW(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "illegal", id="another protocol"),
    ],
)
def test_a_server_that_speaks_no_http_is_one_line(answer, part, capsys):
    with listening(answer) as url:
        assert_unaskable(capsys, [url], f"cannot ask {url}: ", part)


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def secure_url(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with served(shop, ssl_context=context) as url:
        yield url


def test_an_answer_over_tls_that_never_ends_is_one_line(authority, capsys, monkeypatch):
    monkeypatch.setattr(target, "TIMEOUT", 0.5)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with authority.cert_pem.tempfile() as path:
        monkeypatch.setenv("SSL_CERT_FILE", path)
        secured = functools.partial(context.wrap_socket, server_side=True)
        with dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a", secured) as plain:
            url = plain.replace("http:", "https:")
            assert_unaskable(capsys, [url], f"cannot ask {url}: no answer within 0.5 seconds")


def test_a_certificate_that_nobody_vouches_for_is_one_line(secure_url, capsys):
    parts = ("the TLS certificate is not trusted (", "SSL_CERT_FILE")
    assert_unaskable(capsys, [secure_url], f"cannot ask {secure_url}/: ", *parts)


def test_a_certificate_for_another_host_is_one_line(authority, secure_url, capsys, monkeypatch):
    with authority.cert_pem.tempfile() as path:
        monkeypatch.setenv("SSL_CERT_FILE", path)
        elsewhere = secure_url.replace("localhost", "127.0.0.1")
        # Whoever trusts its authority gets no further.
        parts = ("the TLS certificate is not trusted (", "or ask by its name")
        assert_unaskable(capsys, [elsewhere], *parts)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ROW("SSL_CERT_FILE", "missing.pem", id="no file"),
        ROW("SSL_CERT_FILE", __file__, id="another file"),
        ROW("HTTPS_PROXY", "ftp://proxy.example", id="proxy of another scheme"),
        ROW("ALL_PROXY", "socks5://localhost:1", id="proxy that needs another package"),
    ],
)
def test_an_environment_that_is_wrong_is_one_line(name, value, url, capsys, monkeypatch):
    for other in list(os.environ):
        if other.upper().endswith("_PROXY") or other.startswith("SSL_CERT_"):
            monkeypatch.delenv(other)
    monkeypatch.setenv(name, value)
    assert_unaskable(capsys, [url], "cannot ask anybody: ", f"look at {name} in the environment")


def test_an_authority_of_ones_own_can_be_trusted(authority, secure_url, capsys, monkeypatch):
    with authority.cert_pem.tempfile() as path:
        monkeypatch.setenv("SSL_CERT_FILE", path)
        assert main([secure_url, "--origin", APP]) == 0


def test_https_where_only_http_is_spoken_is_one_line(url, capsys):
    asked = url.replace("http:", "https:")
    assert_unaskable(capsys, [asked], "TLS failed", "does the server speak https there?")


def test_an_interrupt_is_one_line(hearing_interrupts, tmp_path):
    command = [sys.executable, "-m", "wsgicors", "check"]
    search = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        process = subprocess.Popen(
            [*command, url], stderr=subprocess.PIPE, text=True, env=search, cwd=tmp_path
        )
        connection, _ = server.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=20)
    assert (process.returncode, told) == (2, "wsgicors check: stopped\n")


PIECES = st.sampled_from(
    "* null true https://app.example.com http:// https://[ a..b @ :99999 : / // 1.2.3 xn-- PUT ,"
    " max-age= expires= domain=. ;secure;samesite=none 99999999999 - \xe9 \x80 \xb2 \x1b ..".split()
)
RESPONSES = st.builds(
    HTTPResponse,
    st.sampled_from([200, 204, 302, 307, 401, 404, 500]),
    st.lists(
        st.tuples(
            st.sampled_from(
                [ALLOW, "Location", "Set-Cookie", "Vary"]
                + [f"Access-Control-Allow-{what}" for what in ("Credentials", "Headers", "Methods")]
                + [f"Access-Control-{what}" for what in ("Expose-Headers", "Max-Age")]
            ),
            st.lists(PIECES, max_size=5).map(" ".join),
        ),
        max_size=6,
    ).map(tuple),
)
REQUESTS = st.builds(
    lambda **script: Request.from_script("https://localhost/", **script),
    origin=st.sampled_from([APP, "null", "http://localhost:5173"]),
    method=st.sampled_from(["GET", "PUT"]),
    credentials=st.sampled_from(["include", "same-origin"]),
)


@given(request=REQUESTS, data=st.data())
def test_whatever_a_server_answers_there_is_a_verdict(request, data):
    page = Page(60, colour=False)
    verdict = judge(request, lambda _: data.draw(RESPONSES))
    write_verdict(page, verdict, notes(verdict))
    assert re.search("^(ALLOWED|REFUSED): ", str(page), re.MULTILINE)
    assert str(page).isascii()
    assert "\x1b" not in str(page)


@settings(max_examples=30)
@given(request=REQUESTS, responses=st.lists(RESPONSES, min_size=1, max_size=4))
def test_whatever_a_server_answers_it_can_be_scanned(request, responses):
    page = Page(60, colour=False)
    answers = itertools.cycle(responses)
    write_scan(page, "https://localhost/", scan(request, [], lambda _: next(answers)))
    assert re.search("^(Found|NOTHING FOUND): ", str(page), re.MULTILINE)
    assert str(page).isascii()
    assert "\x1b" not in str(page)


# --- arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ROW([], "arguments are required: TARGET", id="no target"),
        ROW(["--origin", f"{APP}/"], f"write '{APP}'", id="origin with a slash"),
        ROW(["--origin", "https://*.example.com"], "a page has one origin", id="pattern"),
        ROW(["--scan", "--origin", "*"], "argument --origin", id="wildcard"),
        ROW(["--method", "TRACE"], "TRACE is a forbidden method", id="forbidden method"),
        ROW(["--method", "GE T"], "is not a method of HTTP", id="no method"),
        ROW(["--header", "X-Token"], 'write "X-Token: VALUE"', id="header without a value"),
        ROW(["--header", "X-Token=a b"], 'write "X-Token: a b"', id="header as in a shell"),
        ROW(["--header", "Cookie: a=1"], "no browser lets a script set Cookie", id="forbidden"),
        ROW(["--scan", "--credentials"], "leave out --credentials", id="credentials in a scan"),
    ],
)
def test_arguments_that_make_no_sense_are_a_usage_error(url, arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main([url, *arguments] if arguments else [])
    assert stop.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err


# --- for machines and for terminals --------------------------------------------------------------


def test_json_has_stable_keys(url, capsys):
    main([url, "--json", "--origin", APP, "--method", "PUT"])
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["url", "requests", "checks"]
    (check,) = told["checks"]
    assert list(check) == [
        "origin",
        "method",
        "url",
        "credentials",
        "allowed",
        "status",
        "hidden_headers",
        "reason",
        "why",
        "remedy",
        "headers_to_send",
        "exchanges",
        "cause",
        "more",
        "notes",
    ]
    assert [exchange["kind"] for exchange in check["exchanges"]] == ["preflight", "actual"]
    assert list(check["exchanges"][0]) == ["kind", "request", "response"]
    assert list(check["exchanges"][0]["request"]) == ["method", "url", "headers"]
    assert list(check["exchanges"][0]["response"]) == ["status", "headers"]


def test_json_of_a_scan_has_stable_keys(url, capsys):
    main([url, "--json", "--scan", "--origin", "https://www.example.com"])
    told = json.loads(capsys.readouterr().out)
    assert list(told) == [
        "url",
        "requests",
        "known_origins",
        "hostile_origins",
        "status",
        "public",
        "findings",
        "information",
    ]
    (finding,) = told["findings"]
    assert list(finding) == ["severity", "reason", "why", "remedy", "origins", "exchange"]
    assert finding["reason"] == "known-origin-refused"


def on_a_terminal(url, **environment):
    """What the command writes to a terminal of 60 columns."""
    ours, theirs = pty.openpty()
    search = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment}
    command = [sys.executable, "-m", "wsgicors", "check", url]
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen(command, stdout=theirs, env={**os.environ, **search})
        os.close(theirs)
        written = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end was closed
            while True:
                chunk = terminal.read(65536)
                if not chunk:
                    break
                written += chunk
        process.wait(20)
    return written.decode()


def test_colour_is_for_terminals_and_beside_the_word(url, capsys):
    assert "\x1b[32mALLOWED\x1b[0m: the script can read" in on_a_terminal(url, TERM="xterm")
    assert "\x1b" not in on_a_terminal(url, TERM="xterm", NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(url, TERM="dumb")
    main([url])
    assert "\x1b" not in capsys.readouterr().out


def test_our_own_middleware_passes(capsys):
    with served(CORSMiddleware(shop, allow_origins=APP, allow_methods="PUT")) as url:
        assert main([url, "--origin", APP, "--method", "PUT"]) == 0
        assert main([url, "--origin", APP, "--method", "DELETE"]) == 1

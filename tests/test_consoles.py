"""The words of the consoles in the catalogue are those of the engines, and none is missing there."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from browser.consoles import console, matches
from browser.engines import CHROMIUM, ENGINES, FIREFOX, WEBKIT
from browser.laboratory import Identity
from serving import running, served
from werkzeug.wrappers import Request, Response

from wsgicors.fetch.catalogue import CATALOGUE, CAUSES, NOTES, REASONS
from wsgicors.fetch.messages import MODES

PAGE = Path(__file__).parent.parent / "docs" / "troubleshooting.rst"
ALLOW = "Access-Control-Allow-"
TO_PAGE = {f"{ALLOW}Origin": "$page"}
TO_OTHER = {f"{ALLOW}Origin": "https://other.example"}
TO_ALL = {f"{ALLOW}Origin": "*"}
LISTS = {f"{ALLOW}Methods": "GET PUT", f"{ALLOW}Headers": "X-A X-B"}
COOKIES = {**TO_PAGE, f"{ALLOW}Credentials": "true"}
PUT = {"method": "PUT"}
TOKEN = {"headers": {"X-Token": "1"}}
INCLUDE = {"credentials": "include"}

# What a script asks for, the answer, and that to a preflight: a status and headers.
CASES = {
    "missing": ({}, (200, {}), None),
    "missing-error": ({}, (404, {}), None),
    "missing-preflight": (PUT, (200, {}), (204, {})),
    "missing-redirect": ({}, (302, {"Location": "$other/missing"}), None),
    "missing-after-redirect": ({}, (302, {**TO_PAGE, "Location": "$other/missing"}), None),
    "denied": (PUT, (200, {}), (403, {})),
    "mismatch": ({}, (200, TO_OTHER), None),
    "mismatch-preflight": (PUT, (200, {}), (204, TO_OTHER)),
    "invalid": ({}, (200, {f"{ALLOW}Origin": "other"}), None),
    "twice": ({}, (200, {f"{ALLOW}Origin": ["*", "*"]}), None),
    "multiple": ({}, (200, {f"{ALLOW}Origin": "$page, https://other.example"}), None),
    "wildcard": (INCLUDE, (200, TO_ALL), None),
    "credentials": (INCLUDE, (200, TO_PAGE), None),
    "redirect": (PUT, (200, {}), (302, {**TO_PAGE, "Location": "/missing"})),
    "status": (PUT, (200, {}), (405, TO_PAGE)),
    "methods": (PUT, (200, {}), (204, {**TO_PAGE, **LISTS})),
    "headers": (TOKEN, (200, {}), (204, {**TO_PAGE, f"{ALLOW}Headers": "X-A X-B"})),
    "method": (PUT, (200, {}), (204, TO_PAGE)),
    "header": (TOKEN, (200, {}), (204, TO_PAGE)),
    "star": (
        {"headers": {"Authorization": "x"}},
        (200, TO_PAGE),
        (204, {**TO_PAGE, f"{ALLOW}Headers": "*"}),
    ),
    "password": ({}, (302, {**TO_PAGE, "Location": "https://u:p@127.0.0.1/"}), None),
    "data": ({}, (302, {**TO_PAGE, "Location": "data:text/plain,x"}), None),
    "socket": ({}, (302, {**TO_PAGE, "Location": "ws://localhost/"}), None),
    "no-redirect": ({"redirect": "error"}, (302, {**TO_PAGE, "Location": "/missing"}), None),
    "loop": ({}, (302, {**TO_PAGE, "Location": "/loop"}), None),
    "own": ({"mode": MODES[2]}, (200, {}), None),
    "opaque": ({"mode": MODES[1], "redirect": "error"}, (200, {}), None),
    "mixed": ("http://mixed.example/", None, None),
    "port": ("https://127.0.0.1:6000/", None, None),
    "scheme": ("chrome-extension://abc/x", None, None),
    "no-scheme": ("localhost:5000/items", None, None),
    "file": ("file:///items.json", None, None),
    "cookie-none": (INCLUDE, (200, {**COOKIES, "Set-Cookie": "n=1; SameSite=None"}), None),
    "cookie-lax": (INCLUDE, (200, {**COOKIES, "Set-Cookie": "l=1; SameSite=Lax"}), None),
    "cookie-domain": (
        INCLUDE,
        (200, {**COOKIES, "Set-Cookie": "d=1; SameSite=None; Secure; Domain=other.example"}),
        None,
    ),
    "cookie-host": (
        INCLUDE,
        (200, {**COOKIES, "Set-Cookie": "__Host-h=1; SameSite=None; Secure; Path=/x"}),
        None,
    ),
}
# People still have it: Chromium 150 says nothing of CORS where it refuses such a redirect.
SAID_BEFORE = {"Cross origin requests are only supported for protocol schemes: ..."}
# What none of these brings about, but other tests below.
ELSEWHERE = ("cors-disabled", "local-network-access", "no-connection")
SCRIPT = """
const cases = $cases;
for (const [url, options] of cases) {
  try { await fetch(url, { ...options, signal: AbortSignal.timeout(5000) }); } catch { }
  await new Promise((resolve) => setTimeout(resolve, 100));
}
await fetch("/done", { method: "POST" });
"""


class Fetching:
    """A page that fetches, and tells when it is through; whom headers let in may read it."""

    def __init__(self):
        self.done = threading.Event()
        #: What is fetched, each a URL and the options.
        self.fetches = []

    def __call__(self, environ, start_response):
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request):
        if request.path == "/done":
            self.done.set()
        script = SCRIPT.replace("$cases", json.dumps(self.fetches))
        html = f'<link rel="icon" href="data:,"><script type="module">{script}</script>'
        headers = {**TO_ALL, f"{ALLOW}Private-Network": "true"}
        return Response(f"<!doctype html>{html}", mimetype="text/html", headers=headers)


class Bench(Fetching):
    """The servers of the cases; ``said`` is what an engine's console says of them."""

    def __init__(self, engine):
        super().__init__()
        identity = Identity(["localhost", "127.0.0.1"])
        with served(self, identity.context) as page, served(self, identity.context) as other:
            self._page = page
            elsewhere = other.replace("localhost", "127.0.0.1")
            self.fetches = [
                (asked, {}) if isinstance(asked, str) else (f"{elsewhere}/{name}", asked)
                for name, (asked, *_) in CASES.items()
            ]
            ports = map(port_of, (page, other))
            trust = {"cert_override.txt": "".join(map(identity.trusted_by_firefox, ports))}
            self.said = console(engine, f"{page}/", self.done.is_set, trust)

    def _answer(self, request):
        name = request.path.strip("/")
        if name in CASES:
            return self._case(request, *CASES[name][1:])
        return super()._answer(request)

    def _case(self, request, actual, preflight):
        status, headers = preflight if preflight and request.method == "OPTIONS" else actual
        response = Response("hello", status)
        for name, value in headers.items():
            for line in [value] if isinstance(value, str) else value:
                filled = line.replace("$page", self._page).replace("$other", self._page)
                response.headers.add(name, filled)
        response.autocorrect_location_header = False
        return response


def port_of(url):
    return int(url.rpartition(":")[2])


@pytest.mark.browser
@pytest.mark.parametrize("engine", ENGINES, ids=[engine.name for engine in ENGINES])
def test_the_catalogue_has_the_words_of_the_console(engine):
    said = Bench(engine).said
    tried = [entry for code, entry in CATALOGUE.items() if code not in ELSEWHERE]
    words = {message for entry in tried for message in getattr(entry, engine.name)}
    missing = {message for message in words if not any(matches(message, said))}
    assert missing <= SAID_BEFORE
    about_cors = [line for line in said if "CORS" in line or "Access-Control" in line]
    found = {line for message in words for line in matches(message, about_cors)}
    assert len(about_cors) > 15
    assert set(about_cors) - found == set()


@pytest.mark.browser
def test_the_catalogue_has_what_firefox_says_where_cors_is_switched_off():
    setting = 'user_pref("content.cors.disable", true);'
    engine = FIREFOX._replace(files={"user.js": FIREFOX.files["user.js"] + setting})
    app = Fetching()
    with served(app) as page, served(Fetching()) as other:
        app.fetches = [(other, {})]
        said = console(engine, page, app.done.is_set)
    (message,) = CATALOGUE["cors-disabled"].firefox
    about_cors = [line for line in said if "CORS" in line]
    assert about_cors
    assert list(matches(message, about_cors)) == about_cors


@pytest.mark.browser
def test_the_catalogue_has_what_chromium_says_of_a_public_page_and_a_private_address():
    words, said, app = CATALOGUE["local-network-access"].chromium, [], Fetching()
    context = Identity(["localhost"]).context
    with served(app, context) as secure, served(app) as plain, served(app) as private:
        app.fetches = [(private, {}), (private, {"targetAddressSpace": "local"})]
        for page in (secure, plain.replace("localhost", "public.example")):
            said += console(in_public(port_of(page)), page, app.done.is_set)
            app.done.clear()
    assert {message for message in words if not any(matches(message, said))} == set()
    blocked = [line for line in said if "CORS" in line]
    assert len(blocked) == 4
    assert {line for message in words for line in matches(message, blocked)} == set(blocked)


@pytest.mark.browser
@pytest.mark.parametrize("engine", ENGINES, ids=[engine.name for engine in ENGINES])
def test_the_catalogue_has_what_the_console_says_of_servers_that_are_not_reached(engine):
    app = Fetching()
    with served(app) as page, out_of_reach() as urls:
        # What WebKit writes is about preflights alone.
        app.fetches = [(url, options) for url in urls for options in ({}, PUT)]
        said = console(wary(engine), page, app.done.is_set)
    words = getattr(CATALOGUE["no-connection"], engine.name)
    assert {message for message in words if not any(matches(message, said))} == set()
    told = [line for line in said if any(part in line for part in ("net::", "CORS", "cannot load"))]
    assert len(told) >= len(urls)
    assert {line for message in words for line in matches(message, told)} == set(told)


def wary(engine):
    """An engine that does not trust whatever certificate it is shown."""
    trusting = ("--ignore-certificate-errors", "--ignore-tls-errors")
    return engine._replace(arguments=[each for each in engine.arguments if each not in trusting])


@contextmanager
def out_of_reach():
    """URLs where nobody answers, or nobody whom a browser trusts."""
    with ExitStack() as stack:
        silent, resetting = (stack.enter_context(hearing(each)) for each in (Silent, Resetting))
        plain = stack.enter_context(served(Fetching()))
        unknown = stack.enter_context(served(Fetching(), Identity(["localhost"]).context))
        with socket.create_server(("127.0.0.1", 0)) as ended:
            port = ended.getsockname()[1]
        yield (
            f"http://127.0.0.1:{port}/",
            silent,
            resetting,
            plain.replace("http:", "https:"),
            unknown,
            "http://nobody.invalid/",
        )


@contextmanager
def hearing(handler):
    """A server that hears requests, and does not speak HTTP."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server, running(server):
        yield f"http://127.0.0.1:{server.server_address[1]}/"


class Silent(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(1024)


class Resetting(Silent):
    def handle(self):
        super().handle()
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.request.close()


def in_public(port):
    """A Chromium that takes a server of this machine for one of the public network."""
    arguments = (
        f"--ip-address-space-overrides=127.0.0.1:{port}=public",
        "--host-resolver-rules=MAP public.example 127.0.0.1",
    )
    return CHROMIUM._replace(arguments=(*arguments, *CHROMIUM.arguments))


def test_the_documentation_follows_from_the_catalogue():
    namespace = {"__file__": str(PAGE.with_name("write_refusals.py")), "__name__": "docs"}
    exec(PAGE.with_name("write_refusals.py").read_text("utf-8"), namespace)
    _, beginning, rest = PAGE.read_text("utf-8").partition(namespace["BEGINNING"])
    assert beginning
    assert rest == namespace["written"](), "run: python docs/write_refusals.py"


def test_every_code_has_an_anchor_and_every_message_is_on_the_page():
    text = PAGE.read_text("utf-8")
    for code, entry in CATALOGUE.items():
        assert f"\n.. _{code}:\n" in text
        for engine in (CHROMIUM, FIREFOX, WEBKIT):
            assert all(message in text for message in getattr(entry, engine.name))


def test_no_code_means_two_things():
    assert len(CATALOGUE) == len(REASONS) + len(CAUSES) + len(NOTES)


@pytest.mark.parametrize(
    "message",
    [
        "that is not equal to the supplied origin",
        "contains the invalid value",
        "Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin'",
        "(redirected from",
        "only supported for protocol schemes",
        "Permission was denied",
        "address space",
        "Access-Control-Allow-Origin\N{RIGHT SINGLE QUOTATION MARK} missing)",
        "(Reason: CORS request did not succeed)",
        "is not allowed by Access-Control-Allow-Origin",
        "due to access control checks",
    ],
)
def test_what_people_paste_is_on_the_page(message):
    assert message in PAGE.read_text("utf-8")

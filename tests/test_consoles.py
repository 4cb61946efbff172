"""The words of the consoles in the catalogue are those of the engines, and none is missing there."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from browser.consoles import console, matches
from browser.engines import CHROMIUM, ENGINES, FIREFOX, WEBKIT
from browser.laboratory import Identity
from serving import served
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
    "no-redirect": ({"redirect": "error"}, (302, {**TO_PAGE, "Location": "/missing"}), None),
    "loop": ({}, (302, {**TO_PAGE, "Location": "/loop"}), None),
    "own": ({"mode": MODES[2]}, (200, {}), None),
    "opaque": ({"mode": MODES[1], "redirect": "error"}, (200, {}), None),
    "mixed": ("http://mixed.example/", None, None),
    "scheme": ("chrome-extension://abc/x", None, None),
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
# What no server of this machine brings about; read in the programs themselves.
NOT_TRIED = (
    "Cross origin requests are only supported for protocol schemes: ...",
    "address space",
    "CORS disabled",
    "Multiple CORS header",
    "net::ERR",
)
SCRIPT = """
const cases = $cases;
for (const [url, options] of cases) {
  try { await fetch(url, { ...options, signal: AbortSignal.timeout(5000) }); } catch { }
  await new Promise((resolve) => setTimeout(resolve, 100));
}
await fetch("/done", { method: "POST" });
"""


class Bench:
    """The servers of the cases; ``said`` is what an engine's console says of them."""

    def __init__(self, engine):
        self._done = threading.Event()
        identity = Identity(["localhost", "127.0.0.1"])
        with served(self, identity.context) as page, served(self, identity.context) as other:
            self._page, self._other = page, other
            ports = [int(url.rpartition(":")[2]) for url in (page, other)]
            trust = {"cert_override.txt": "".join(map(identity.trusted_by_firefox, ports))}
            self.said = console(engine, f"{page}/", self._done.is_set, trust)

    def __call__(self, environ, start_response):
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request):
        name = request.path.strip("/")
        if name == "done":
            self._done.set()
        if name in CASES:
            return self._case(request, *CASES[name][1:])
        html = f'<link rel="icon" href="data:,"><script type="module">{self._script()}</script>'
        return Response(f"<!doctype html>{html}", mimetype="text/html")

    def _case(self, request, actual, preflight):
        status, headers = preflight if preflight and request.method == "OPTIONS" else actual
        response = Response("hello", status)
        for name, value in headers.items():
            filled = value.replace("$page", self._page).replace("$other", self._page)
            response.headers[name] = filled
        response.autocorrect_location_header = False
        return response

    def _script(self):
        elsewhere = self._other.replace("localhost", "127.0.0.1")
        fetches = [
            (asked, {}) if isinstance(asked, str) else (f"{elsewhere}/{name}", asked)
            for name, (asked, *_) in CASES.items()
        ]
        return SCRIPT.replace("$cases", json.dumps(fetches))


@pytest.mark.browser
@pytest.mark.parametrize("engine", ENGINES, ids=[engine.name for engine in ENGINES])
def test_the_catalogue_has_the_words_of_the_console(engine):
    said = Bench(engine).said
    words = {message for entry in CATALOGUE.values() for message in getattr(entry, engine.name)}
    tried = {message for message in words if not any(part in message for part in NOT_TRIED)}
    assert {message for message in tried if not any(matches(message, said))} == set()
    about_cors = [line for line in said if "CORS" in line or "Access-Control" in line]
    found = {line for message in words for line in matches(message, about_cors)}
    assert len(about_cors) > 15
    assert set(about_cors) - found == set()


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

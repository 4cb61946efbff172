"""The guide's section: the request headers."""

from __future__ import annotations

from ...fetch.sentences import N_
from ..checks import PAGE, has, lacks, preflights, reads, refused, status
from ..scenario import Group, Scenario
from .parts import SHARED_WITH_ALL, SHARED_WITH_PAGE, fetch

GROUP = Group(
    "request-headers",
    N_("The request headers"),
    (
        Scenario(
            id="origin",
            title=N_("Origin"),
            why=N_("Scheme, host and port of the page, never its path. The server decides by it."),
            steps=(fetch("/items", method="POST", body="guest"),),
            policy=SHARED_WITH_PAGE,
            checks=(reads(), has("request", "Origin", PAGE)),
        ),
        Scenario(
            id="origin-null-refused",
            title=N_("Origin: null from a sandboxed frame"),
            why=N_(
                "A sandboxed frame has an opaque origin, written null. That is not the origin of the page."
            ),
            steps=({"do": "sandboxed-fetch", "path": "/items"},),
            policy=SHARED_WITH_PAGE,
            checks=(refused(), status(200), has("request", "Origin", "null")),
            allowed=False,
        ),
        Scenario(
            id="origin-null-listed",
            title=N_("Origin: null, listed by name"),
            why=N_(
                'A policy can list "null", but never with credentials: any page can take on that origin.'
            ),
            steps=({"do": "sandboxed-fetch", "path": "/items"},),
            policy={"allow_origins": [PAGE, "null"]},
            checks=(
                reads(),
                has("request", "Origin", "null"),
                has("answer", "Access-Control-Allow-Origin", "null"),
            ),
        ),
        Scenario(
            id="origin-null-all",
            title=N_("Origin: null, shared with everybody"),
            why=N_("A page without an origin may read what everybody may read."),
            steps=({"do": "sandboxed-fetch", "path": "/items"},),
            policy=SHARED_WITH_ALL,
            checks=(
                reads(),
                has("request", "Origin", "null"),
                has("answer", "Access-Control-Allow-Origin", "*"),
            ),
        ),
        Scenario(
            id="request-method",
            title=N_("Access-Control-Request-Method"),
            why=N_(
                "The preflight names the method of the actual request. Here the extra header makes a GET ask first."
            ),
            steps=(fetch("/items", headers={"X-Trace": "1"}),),
            policy={"allow_origins": [PAGE], "allow_headers": ["X-Trace"]},
            checks=(
                reads(),
                has("preflight", "Access-Control-Request-Method", "GET"),
                lacks("request", "Access-Control-Request-Method"),
            ),
        ),
        Scenario(
            id="request-headers",
            title=N_("Access-Control-Request-Headers"),
            why=N_(
                "Only the names that are not safelisted: in lower case, sorted, with no space between them."
            ),
            steps=(fetch("/items", headers={"X-Zebra": "1", "Accept": "text/html", "X-Ant": "1"}),),
            policy={"allow_origins": [PAGE], "allow_headers": ["X-Ant", "X-Zebra"]},
            checks=(
                reads(),
                has("preflight", "Access-Control-Request-Headers", "x-ant,x-zebra"),
                lacks("request", "Access-Control-Request-Headers"),
            ),
        ),
        Scenario(
            id="forbidden-headers",
            title=N_("A script that tries to set them itself"),
            why=N_(
                "These are forbidden request-headers. The browser drops what the script sets and writes its own."
            ),
            steps=(
                fetch(
                    "/items",
                    headers={
                        "Origin": "https://app.example.com",
                        "Access-Control-Request-Method": "PUT",
                    },
                ),
            ),
            policy=SHARED_WITH_PAGE,
            checks=(
                reads(),
                preflights(0),
                has("request", "Origin", PAGE),
                lacks("request", "Access-Control-Request-Method"),
            ),
        ),
    ),
)

"""The guide's section: simple requests."""

from __future__ import annotations

from ...fetch.sentences import N_
from ..checks import PAGE, has, lacks, preflights, reads, refused, status
from ..scenario import Group, Scenario
from .parts import SHARED_WITH_ALL, SHARED_WITH_ANOTHER, SHARED_WITH_PAGE, fetch

GROUP = Group(
    "simple",
    N_("Simple requests"),
    (
        Scenario(
            id="simple-get-all",
            title=N_("GET, shared with everybody"),
            why=N_(
                "The value * shares with every origin. The answer is the same for all, so it needs no Vary."
            ),
            steps=(fetch("/items"),),
            policy=SHARED_WITH_ALL,
            checks=(
                reads(),
                preflights(0),
                has("answer", "Access-Control-Allow-Origin", "*"),
                lacks("answer", "Vary"),
            ),
        ),
        Scenario(
            id="simple-get-one",
            title=N_("GET, shared with one origin"),
            why=N_(
                "The answer names one origin. Vary: Origin keeps caches from giving it to another one."
            ),
            steps=(fetch("/items"),),
            policy=SHARED_WITH_PAGE,
            checks=(
                reads(),
                preflights(0),
                has("answer", "Access-Control-Allow-Origin", PAGE),
                has("answer", "Vary", "Origin"),
            ),
        ),
        Scenario(
            id="simple-head",
            title=N_("HEAD"),
            why=N_("HEAD is a CORS-safelisted method, so there is no preflight."),
            steps=(fetch("/items", method="HEAD"),),
            policy=SHARED_WITH_PAGE,
            checks=(reads(), preflights(0), has("answer", "Access-Control-Allow-Origin", PAGE)),
        ),
        Scenario(
            id="simple-post-form",
            title=N_("POST of a form"),
            why=N_(
                "HTML forms could always send this to other origins, so a script needs no permission to send it."
            ),
            steps=(
                fetch(
                    "/items",
                    method="POST",
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                    body="name=guest",
                ),
            ),
            policy=SHARED_WITH_PAGE,
            checks=(reads(), preflights(0), has("request", "Origin", PAGE)),
        ),
        Scenario(
            id="simple-post-text",
            title=N_("POST of plain text, safelisted headers"),
            why=N_(
                "text/plain and Accept-Language are safe by the standard: they need no preflight."
            ),
            steps=(
                fetch(
                    "/items",
                    method="POST",
                    headers={
                        "Content-Type": "text/plain",
                        "Accept-Language": "en",
                        "Content-Language": "en",
                    },
                    body="guest",
                ),
            ),
            policy=SHARED_WITH_PAGE,
            checks=(reads(), preflights(0), has("request", "Accept-Language", "en")),
        ),
        Scenario(
            id="simple-post-refused",
            title=N_("POST, not shared with the page"),
            why=N_(
                "CORS guards the reading only. A simple request still reaches the server, which carries it out."
            ),
            steps=(
                fetch(
                    "/items", method="POST", headers={"Content-Type": "text/plain"}, body="guest"
                ),
            ),
            policy=SHARED_WITH_ANOTHER,
            checks=(
                refused(),
                status(200),
                lacks("answer", "Access-Control-Allow-Origin"),
                has("answer", "Vary", "Origin"),
            ),
            allowed=False,
        ),
        Scenario(
            id="simple-post-not-done",
            title=N_("POST, not shared with the page, with refuse_denied"),
            why=N_(
                "With refuse_denied, wsgicors refuses the request itself. The application does not see it."
            ),
            steps=(
                fetch(
                    "/items", method="POST", headers={"Content-Type": "text/plain"}, body="guest"
                ),
            ),
            policy={**SHARED_WITH_ANOTHER, "refuse_denied": True},
            checks=(
                refused(),
                status(403),
                lacks("answer", "Access-Control-Allow-Origin"),
            ),
            allowed=False,
        ),
    ),
)

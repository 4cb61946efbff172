"""The guide's section: credentials and wildcards."""

from __future__ import annotations

from ..checks import (
    PAGE,
    actuals,
    exposes,
    has,
    hides,
    lacks,
    preflight_status,
    reads,
    refused,
    status,
)
from ..scenario import ByHand, Group, Scenario
from ..words import N_
from .parts import ALLOW_ALL, ALLOW_CREDENTIALS, ALLOW_PAGE, LOGIN, SHARED_WITH_ALL, fetch

GROUP = Group(
    "wildcards",
    N_("Credentials and wildcards"),
    (
        Scenario(
            id="wildcard-origin-include",
            title=N_("Allow-Origin: * and a request with credentials"),
            why=N_("With credentials * is no wildcard: the response is thrown away."),
            steps=(fetch("/items", credentials="include"),),
            policy=SHARED_WITH_ALL,
            checks=(refused(), status(200), has("answer", "Access-Control-Allow-Origin", "*")),
            allowed=False,
        ),
        Scenario(
            id="wildcard-origin-true",
            title=N_("Allow-Origin: * beside Allow-Credentials: true"),
            why=N_("The pair means nothing to a browser; wsgicors refuses to be configured so."),
            steps=(fetch("/items", credentials="include"),),
            by_hand=ByHand(actual=(ALLOW_ALL, ALLOW_CREDENTIALS)),
            checks=(refused(), status(200)),
            allowed=False,
        ),
        Scenario(
            id="wildcard-headers",
            title=N_("Allow-Headers: * with credentials"),
            why=N_("It then names a header called *, and no other."),
            steps=(fetch("/items", credentials="include", headers={"X-Trace": "1"}),),
            by_hand=ByHand(
                preflight=(ALLOW_PAGE, ALLOW_CREDENTIALS, ("Access-Control-Allow-Headers", "*"))
            ),
            checks=(refused(), preflight_status(204), actuals(0)),
            allowed=False,
        ),
        Scenario(
            id="wildcard-methods",
            title=N_("Allow-Methods: * with credentials"),
            why=N_("It then names a method called *, and no other."),
            steps=(fetch("/items/1", method="PUT", credentials="include"),),
            by_hand=ByHand(
                preflight=(ALLOW_PAGE, ALLOW_CREDENTIALS, ("Access-Control-Allow-Methods", "*"))
            ),
            checks=(refused(), preflight_status(204), actuals(0)),
            allowed=False,
        ),
        Scenario(
            id="wildcard-expose",
            title=N_("Expose-Headers: * with credentials"),
            why=N_("The response is readable, but the * exposes nothing."),
            steps=(fetch("/items", credentials="include"),),
            by_hand=ByHand(
                actual=(
                    ALLOW_PAGE,
                    ALLOW_CREDENTIALS,
                    ("Access-Control-Expose-Headers", "*"),
                    ("X-Trace", "1"),
                )
            ),
            checks=(reads(), hides("X-Trace")),
        ),
        Scenario(
            id="wildcards-answered",
            title=N_("Any method and any header with credentials, by wsgicors"),
            why=N_(
                'allow_methods="*" and allow_headers="*" with credentials are answered with what was asked for.'
            ),
            steps=(
                fetch("/items/1", method="PUT", credentials="include", headers={"X-Trace": "1"}),
            ),
            policy={
                "allow_origins": [PAGE],
                "allow_methods": "*",
                "allow_headers": "*",
                "allow_credentials": True,
            },
            checks=(
                reads(),
                has("preflight answer", "Access-Control-Allow-Methods", "PUT"),
                has("preflight answer", "Access-Control-Allow-Headers", "x-trace"),
            ),
        ),
        Scenario(
            id="wildcards-without-credentials",
            title=N_("Every wildcard, without credentials"),
            why=N_(
                "Without credentials * does mean all: any origin, method and header, and every response header exposed."
            ),
            steps=(fetch("/report", method="PUT", headers={"X-Trace": "1"}),),
            policy={
                "allow_origins": "*",
                "allow_methods": "*",
                "allow_headers": "*",
                "expose_headers": "*",
            },
            checks=(
                reads(),
                has("preflight answer", "Access-Control-Allow-Methods", "*"),
                has("preflight answer", "Access-Control-Allow-Headers", "*"),
                exposes("X-Total-Count", "42"),
            ),
        ),
        Scenario(
            id="wildcard-cookie-ignored",
            title=N_("Cookie in a response with Allow-Origin: *"),
            why=N_(
                "What * shares was asked for without credentials, and the cookie of such a response is not kept."
            ),
            steps=(
                fetch("/login", method="POST", site="same-site"),
                fetch("/account", credentials="include", site="same-site"),
            ),
            policy=SHARED_WITH_ALL,
            checks=(
                reads(step=0),
                refused(),
                has("request", "Origin", PAGE),
                lacks("request", "Cookie"),
                status(401),
            ),
            allowed=False,
        ),
        Scenario(
            id="wildcard-cookie-kept",
            title=N_("Cookie in a response that is thrown away"),
            why=N_(
                "By the standard cookies are kept before the CORS check: the refused response may still log the user in."
            ),
            steps=(LOGIN, fetch("/account", credentials="include", site="same-site")),
            policy=SHARED_WITH_ALL,
            checks=(
                refused(step=0),
                refused(),
                has("request", "Cookie", "session=guest"),
                status(200),
            ),
            allowed=False,
        ),
    ),
)

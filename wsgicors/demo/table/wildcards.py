"""The guide's section: credentials and wildcards."""

from __future__ import annotations

from ...fetch.sentences import N_
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
from .parts import ALLOW_ALL, ALLOW_CREDENTIALS, ALLOW_PAGE, LOGIN, SHARED_WITH_ALL, fetch

GROUP = Group(
    "wildcards",
    N_("Credentials and wildcards"),
    (
        Scenario(
            id="wildcard-origin-include",
            title=N_("Allow-Origin: * and a request with credentials"),
            why=N_("With credentials, * is not a wildcard. The browser throws the response away."),
            steps=(fetch("/items", credentials="include"),),
            policy=SHARED_WITH_ALL,
            checks=(refused(), status(200), has("answer", "Access-Control-Allow-Origin", "*")),
            allowed=False,
        ),
        Scenario(
            id="wildcard-origin-true",
            title=N_("Allow-Origin: * beside Allow-Credentials: true"),
            why=N_(
                "Browsers do not accept this pair of headers, and wsgicors does not accept such a policy."
            ),
            steps=(fetch("/items", credentials="include"),),
            by_hand=ByHand(actual=(ALLOW_ALL, ALLOW_CREDENTIALS)),
            checks=(refused(), status(200)),
            allowed=False,
        ),
        Scenario(
            id="wildcard-headers",
            title=N_("Allow-Headers: * with credentials"),
            why=N_("With credentials, * is the name of a header called *, and of no other."),
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
            why=N_("With credentials, * is the name of a method called *, and of no other."),
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
            why=N_("The script can read the response, but * exposes no header."),
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
                'With credentials, wsgicors answers allow_methods="*" and allow_headers="*" with the names that were asked for.'
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
                "Without credentials, * means all: any origin, method and header, and every response header exposed."
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
                "The first request has no credentials, so the browser does not keep its cookie. Then the second one is refused, because * is not for credentials."
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
                "By the standard, the browser keeps cookies before the CORS check. A refused response may still log the user in."
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

"""The guide's section: the response headers."""

from __future__ import annotations

from ...fetch.sentences import N_
from ..checks import (
    PAGE,
    Check,
    actuals,
    exposes,
    has,
    hides,
    lacks,
    preflights,
    reads,
    refused,
    status,
)
from ..scenario import ByHand, Group, Scenario
from .parts import ALLOW_PAGE, SHARED_WITH_PAGE, fetch, wait

GROUP = Group(
    "response-headers",
    N_("The response headers"),
    (
        Scenario(
            id="allow-origin-slash",
            title=N_("Access-Control-Allow-Origin with a trailing slash"),
            why=N_("The value must be the origin, byte for byte."),
            steps=(fetch("/items"),),
            by_hand=ByHand(actual=(("Access-Control-Allow-Origin", f"{PAGE}/"),)),
            checks=(refused(), status(200)),
            allowed=False,
        ),
        Scenario(
            id="allow-origin-twice",
            title=N_("Access-Control-Allow-Origin twice"),
            why=N_(
                "Two layers wrote the header, for example the application and a proxy. Browsers then accept neither value."
            ),
            steps=(fetch("/items"),),
            by_hand=ByHand(actual=(ALLOW_PAGE, ALLOW_PAGE)),
            checks=(refused(), status(200)),
            allowed=False,
        ),
        Scenario(
            id="allow-origin-sole-author",
            title=N_("Access-Control-Allow-Origin from the application too"),
            why=N_("wsgicors replaces what the view wrote, so exactly one value arrives."),
            steps=(fetch("/own-headers"),),
            policy=SHARED_WITH_PAGE,
            checks=(reads(), has("answer", "Access-Control-Allow-Origin", PAGE)),
        ),
        Scenario(
            id="expose-headers",
            title=N_("Access-Control-Expose-Headers"),
            why=N_(
                "A script reads the safelisted response headers and the exposed ones. It never reads Set-Cookie."
            ),
            steps=(fetch("/report"),),
            policy={"allow_origins": [PAGE], "expose_headers": ["X-Total-Count"]},
            checks=(
                reads(),
                exposes("X-Total-Count", "42"),
                exposes("Content-Type", "application/json"),
                hides("X-Internal"),
            ),
        ),
        Scenario(
            id="expose-nothing",
            title=N_("No Access-Control-Expose-Headers"),
            why=N_("The script can read the body, but not the header."),
            steps=(fetch("/report"),),
            policy=SHARED_WITH_PAGE,
            checks=(reads(), hides("X-Total-Count"), hides("X-Internal")),
        ),
        Scenario(
            id="max-age",
            title=N_("Access-Control-Max-Age: 600"),
            why=N_("The browser keeps the answer for ten minutes: three requests, one preflight."),
            steps=(fetch("/items/1", method="PUT"),) * 3,
            policy={"allow_origins": [PAGE], "allow_methods": ["PUT"], "max_age": 600},
            checks=(
                reads(),
                has("preflight answer", "Access-Control-Max-Age", "600"),
                preflights(1),
                actuals(3),
            ),
            departs=Check(
                N_("Firefox keeps the second answer that has a Max-Age, not the first"),
                preflights(2).holds,
            ),
        ),
        Scenario(
            id="max-age-zero",
            title=N_("Access-Control-Max-Age: 0"),
            why=N_("The browser keeps nothing. Each request has a preflight of its own."),
            steps=(fetch("/items/1", method="PUT"),) * 2,
            policy={"allow_origins": [PAGE], "allow_methods": ["PUT"], "max_age": 0},
            checks=(
                reads(),
                has("preflight answer", "Access-Control-Max-Age", "0"),
                preflights(2),
                actuals(2),
            ),
        ),
        Scenario(
            id="max-age-default",
            title=N_("No Access-Control-Max-Age: five seconds"),
            why=N_(
                "Without the header, the browser keeps the answer for five seconds, as the standard says."
            ),
            steps=(
                fetch("/items/1", method="PUT"),
                fetch("/items/1", method="PUT"),
                wait(5.5),
                fetch("/items/1", method="PUT"),
            ),
            policy={"allow_origins": [PAGE], "allow_methods": ["PUT"]},
            checks=(
                reads(),
                lacks("preflight answer", "Access-Control-Max-Age"),
                preflights(2),
                actuals(3),
            ),
        ),
        Scenario(
            id="allow-credentials-case",
            title=N_("Access-Control-Allow-Credentials: True"),
            why=N_("The only value is true, in lower case. Browsers ignore every other one."),
            steps=(fetch("/items", credentials="include"),),
            by_hand=ByHand(actual=(ALLOW_PAGE, ("Access-Control-Allow-Credentials", "True"))),
            checks=(refused(), status(200)),
            allowed=False,
        ),
        Scenario(
            id="allow-methods",
            title=N_("Access-Control-Allow-Methods"),
            why=N_("A list of methods. The browser compares them byte for byte."),
            steps=(fetch("/items/1", method="PATCH"),),
            policy={"allow_origins": [PAGE], "allow_methods": ["PUT", "PATCH", "DELETE"]},
            checks=(
                reads(),
                has("preflight answer", "Access-Control-Allow-Methods", "PUT, PATCH, DELETE"),
            ),
        ),
        Scenario(
            id="allow-methods-case",
            title=N_("Access-Control-Allow-Methods and a lower-case method"),
            why=N_(
                "Browsers correct put to PUT, but they leave patch as it is. And patch is not PATCH."
            ),
            steps=(fetch("/items/1", method="patch"),),
            policy={"allow_origins": [PAGE], "allow_methods": ["PUT", "PATCH", "DELETE"]},
            checks=(
                refused(),
                has("preflight", "Access-Control-Request-Method", "patch"),
                actuals(0),
            ),
            allowed=False,
        ),
        Scenario(
            id="allow-headers",
            title=N_("Access-Control-Allow-Headers"),
            why=N_("A list of header names. Upper and lower case make no difference."),
            steps=(fetch("/items", headers={"x-trace": "1"}),),
            policy={"allow_origins": [PAGE], "allow_headers": ["X-Trace", "X-Requested-By"]},
            checks=(
                reads(),
                has("preflight answer", "Access-Control-Allow-Headers", "X-Trace, X-Requested-By"),
            ),
        ),
    ),
)

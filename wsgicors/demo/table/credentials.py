"""The guide's section: requests with credentials."""

from __future__ import annotations

from ...fetch.sentences import N_
from ..checks import PAGE, has, lacks, preflights, reads, refused, status
from ..scenario import Group, Scenario
from .parts import LOGIN, SHARED_WITH_PAGE, WITH_CREDENTIALS, fetch

GROUP = Group(
    "credentials",
    N_("Requests with credentials"),
    (
        Scenario(
            id="credentials-include",
            title=N_('Cookie, credentials: "include"'),
            why=N_(
                "The browser sends the cookie. The script reads the response because the server says Allow-Credentials: true."
            ),
            steps=(LOGIN, fetch("/account", credentials="include", site="same-site")),
            policy=WITH_CREDENTIALS,
            checks=(
                reads(),
                preflights(0),
                has("request", "Cookie", "session=guest"),
                has("answer", "Access-Control-Allow-Credentials", "true"),
                has("answer", "Access-Control-Allow-Origin", PAGE),
                has("answer", "Vary", "Origin"),
            ),
        ),
        Scenario(
            id="credentials-xhr",
            title=N_("Cookie, withCredentials = true"),
            why=N_("The same with XMLHttpRequest."),
            steps=(
                LOGIN,
                {"do": "xhr", "path": "/account", "withCredentials": True, "site": "same-site"},
            ),
            policy=WITH_CREDENTIALS,
            checks=(reads(), has("request", "Cookie", "session=guest")),
        ),
        Scenario(
            id="credentials-same-origin",
            title=N_('Cookie, credentials: "same-origin"'),
            why=N_(
                "This is the default. The browser sends no cookie to another origin, whatever the server allows."
            ),
            steps=(LOGIN, fetch("/account", credentials="same-origin", site="same-site")),
            policy=WITH_CREDENTIALS,
            checks=(reads(401), lacks("request", "Cookie")),
        ),
        Scenario(
            id="credentials-omit",
            title=N_('Cookie, credentials: "omit"'),
            why=N_("The browser sends no cookie, and would keep none from the response."),
            steps=(LOGIN, fetch("/account", credentials="omit", site="same-site")),
            policy=WITH_CREDENTIALS,
            checks=(reads(401), lacks("request", "Cookie")),
        ),
        Scenario(
            id="credentials-for-some",
            title=N_("Credentials for the page, reading for everybody"),
            why=N_(
                "allow_credentials can be a list. The origins in it may use credentials, and all others may only read."
            ),
            steps=(LOGIN, fetch("/account", credentials="include", site="same-site")),
            policy={"allow_origins": "*", "allow_credentials": [PAGE]},
            checks=(
                reads(),
                has("request", "Cookie", "session=guest"),
                has("answer", "Access-Control-Allow-Origin", PAGE),
                has("answer", "Access-Control-Allow-Credentials", "true"),
                has("answer", "Vary", "Origin"),
            ),
        ),
        Scenario(
            id="credentials-refused",
            title=N_("Credentialed GET without Allow-Credentials"),
            why=N_(
                "There is no preflight. The server answers, and the browser throws the response away."
            ),
            steps=(fetch("/items", credentials="include"),),
            policy=SHARED_WITH_PAGE,
            checks=(
                refused(),
                preflights(0),
                status(200),
                has("answer", "Access-Control-Allow-Origin", PAGE),
                lacks("answer", "Access-Control-Allow-Credentials"),
            ),
            allowed=False,
        ),
        Scenario(
            id="http-authentication",
            title=N_("HTTP authentication, set by the script"),
            why=N_(
                "Authorization is not a safelisted header. The policy must name it, because * does not cover it."
            ),
            steps=(fetch("/account", headers={"Authorization": "Basic YXJ1bjpzZWNyZXQ="}),),
            policy={"allow_origins": [PAGE], "allow_headers": ["Authorization"]},
            checks=(
                reads(),
                has("preflight", "Access-Control-Request-Headers", "authorization"),
                lacks("preflight", "Authorization"),
                has("request", "Authorization", "Basic YXJ1bjpzZWNyZXQ="),
            ),
        ),
    ),
)

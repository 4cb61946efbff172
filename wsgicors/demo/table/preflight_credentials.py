"""The guide's section: preflights and credentials."""

from __future__ import annotations

from ...fetch.sentences import N_
from ..checks import PAGE, actuals, has, lacks, preflight_status, preflights, reads, refused
from ..scenario import ByHand, Group, Scenario
from .parts import ALLOW_CREDENTIALS, ALLOW_PAGE, LOGIN, fetch

GROUP = Group(
    "preflight-credentials",
    N_("Preflights and credentials"),
    (
        Scenario(
            id="preflight-without-credentials",
            title=N_("Preflight ahead of authentication"),
            why=N_(
                "A preflight never carries credentials. wsgicors answers it before the code that asks for a session."
            ),
            steps=(LOGIN, fetch("/account", method="PUT", credentials="include", site="same-site")),
            policy={"allow_origins": [PAGE], "allow_methods": ["PUT"], "allow_credentials": True},
            checks=(
                reads(),
                preflights(1),
                lacks("preflight", "Cookie"),
                preflight_status(204),
                has("preflight answer", "Access-Control-Allow-Credentials", "true"),
                has("request", "Cookie", "session=guest"),
            ),
        ),
        Scenario(
            id="preflight-behind-login",
            title=N_("Preflight that meets the login first"),
            why=N_(
                "A server that asks for a session before it looks at CORS refuses every preflight."
            ),
            steps=(fetch("/account", method="PUT", credentials="include"),),
            by_hand=ByHand(
                401,
                preflight=(ALLOW_PAGE, ALLOW_CREDENTIALS, ("Access-Control-Allow-Methods", "PUT")),
            ),
            checks=(refused(), lacks("preflight", "Cookie"), preflight_status(401), actuals(0)),
            allowed=False,
        ),
        Scenario(
            id="preflight-no-allow-credentials",
            title=N_("Preflight answer without Allow-Credentials"),
            why=N_("The answer to the preflight must already allow credentials."),
            steps=(fetch("/items/1", method="PUT", credentials="include"),),
            policy={"allow_origins": [PAGE], "allow_methods": ["PUT"]},
            checks=(
                refused(),
                preflight_status(204),
                lacks("preflight answer", "Access-Control-Allow-Credentials"),
                actuals(0),
            ),
            allowed=False,
        ),
    ),
)

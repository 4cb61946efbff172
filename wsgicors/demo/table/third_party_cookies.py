"""The guide's section: third-party cookies."""

from __future__ import annotations

from ...fetch.sentences import N_
from ..checks import has, lacks, reads
from ..scenario import Group, Scenario
from .parts import WITH_CREDENTIALS, fetch

GROUP = Group(
    "third-party-cookies",
    N_("Third-party cookies"),
    (
        Scenario(
            id="same-site-cookie",
            title=N_("SameSite=Lax cookie to another site"),
            why=N_(
                "CORS allows the request. But browsers keep no Lax cookie from another site, and send none to it."
            ),
            steps=(
                fetch("/login", method="POST", credentials="include"),
                fetch("/account", credentials="include"),
            ),
            policy=WITH_CREDENTIALS,
            checks=(
                reads(step=0),
                has("answer", "Access-Control-Allow-Credentials", "true"),
                lacks("request", "Cookie"),
                reads(401),
            ),
        ),
        Scenario(
            id="third-party-cookie",
            title=N_("SameSite=None cookie to another site"),
            why=N_(
                "The browser's rules for third-party cookies decide whether it is sent. CORS allows both."
            ),
            steps=(
                fetch("/login?samesite=None", method="POST", credentials="include"),
                fetch("/items", credentials="include"),
            ),
            policy=WITH_CREDENTIALS,
            checks=(
                reads(step=0),
                reads(),
                has("answer", "Access-Control-Allow-Credentials", "true"),
            ),
        ),
    ),
)

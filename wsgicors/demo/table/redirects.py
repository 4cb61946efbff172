"""The guide's section: preflights and redirects."""

from __future__ import annotations

from ...fetch.sentences import N_
from ..checks import PAGE, actuals, finds, has, preflight_status, preflights, reads, refused
from ..scenario import ByHand, Group, Scenario
from .parts import ALLOW_PAGE, SHARED_WITH_ALL, SHARED_WITH_PAGE, fetch

GROUP = Group(
    "redirects",
    N_("Preflights and redirects"),
    (
        Scenario(
            id="preflight-redirected",
            title=N_("Preflight answered with a redirect"),
            why=N_(
                "Browsers follow no redirect of a preflight. The Fetch standard asks for a status from 200 to 299."
            ),
            steps=(fetch("/folder", method="PUT"),),
            by_hand=ByHand(
                307,
                preflight=(
                    ALLOW_PAGE,
                    ("Access-Control-Allow-Methods", "PUT"),
                    ("Location", "/items"),
                ),
            ),
            checks=(refused(), preflights(1), preflight_status(307), actuals(0)),
            allowed=False,
        ),
        Scenario(
            id="slash-redirect",
            title=N_("Flask's trailing-slash redirect"),
            why=N_(
                "wsgicors answers the preflight before Flask redirects. The actual request follows the redirect, with a second preflight."
            ),
            steps=(fetch("/folder", method="PUT"),),
            policy={"allow_origins": [PAGE], "allow_methods": ["PUT"]},
            checks=(
                reads(),
                finds("redirected", True, N_("The response is marked as redirected")),
                preflights(2),
                preflight_status(204),
                actuals(2),
            ),
        ),
        Scenario(
            id="actual-redirected",
            title=N_("Redirect of a simple request"),
            why=N_(
                "A server may redirect an actual request. It must share the redirect itself too."
            ),
            steps=(fetch("/moved"),),
            policy=SHARED_WITH_PAGE,
            checks=(
                reads(),
                finds("redirected", True, N_("The response is marked as redirected")),
                actuals(2),
                has("request", "Origin", PAGE),
            ),
        ),
        Scenario(
            id="redirected-elsewhere",
            title=N_("Redirect to a third origin"),
            why=N_(
                "After a redirect from one foreign origin to another, the browser sends Origin: null."
            ),
            steps=(fetch("/moved-elsewhere"),),
            policy=SHARED_WITH_ALL,
            checks=(reads(), actuals(2), has("request", "Origin", "null")),
        ),
        Scenario(
            id="redirected-elsewhere-refused",
            title=N_("Redirect to a third origin that lists only the page"),
            why=N_("The policy allows the origin of the page, and null is not that origin."),
            steps=(fetch("/moved-elsewhere"),),
            policy=SHARED_WITH_PAGE,
            checks=(refused(), actuals(2), has("request", "Origin", "null")),
            allowed=False,
        ),
    ),
)

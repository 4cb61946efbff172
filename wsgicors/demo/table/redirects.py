"""The guide's section: preflights and redirects."""

from __future__ import annotations

from ..checks import PAGE, actuals, finds, has, preflight_status, preflights, reads, refused
from ..scenario import ByHand, Group, Scenario
from ..words import N_
from .parts import ALLOW_PAGE, SHARED_WITH_ALL, SHARED_WITH_PAGE, fetch

GROUP = Group(
    "redirects",
    N_("Preflights and redirects"),
    (
        Scenario(
            id="preflight-redirected",
            title=N_("Preflight answered with a redirect"),
            why=N_(
                "Browsers follow no redirect of a preflight: the Fetch standard wants an ok status."
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
                "wsgicors answers the preflight ahead of the redirect; the actual request then follows it, asking anew."
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
            why=N_("An actual request may be redirected; the redirect itself must be shared too."),
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
                "After a redirect from one foreign origin to another the request's origin is tainted: Origin: null."
            ),
            steps=(fetch("/moved-elsewhere"),),
            policy=SHARED_WITH_ALL,
            checks=(reads(), actuals(2), has("request", "Origin", "null")),
        ),
        Scenario(
            id="redirected-elsewhere-refused",
            title=N_("Redirect to a third origin that lists only the page"),
            why=N_("The page's own origin is allowed there, but null is not the page's origin."),
            steps=(fetch("/moved-elsewhere"),),
            policy=SHARED_WITH_PAGE,
            checks=(refused(), actuals(2), has("request", "Origin", "null")),
            allowed=False,
        ),
    ),
)

"""The guide's section: when a check fails."""

from __future__ import annotations

from ...fetch.sentences import N_
from ..checks import PAGE, fails_with, has, logs, reads, status
from ..scenario import Group, Scenario
from .parts import SHARED_WITH_ANOTHER, SHARED_WITH_PAGE, fetch

GROUP = Group(
    "failed-checks",
    N_("When a check fails"),
    (
        Scenario(
            id="failed-check",
            title=N_("A failed check, seen from the script"),
            why=N_(
                "The script learns neither status nor reason. The browser's console and the server's log show them."
            ),
            steps=(fetch("/items"),),
            policy=SHARED_WITH_ANOTHER,
            checks=(
                fails_with(
                    "TypeError", N_("All that fetch() tells is its usual exception ({name})")
                ),
                status(200),
                logs("denied"),
            ),
            allowed=False,
        ),
        Scenario(
            id="error-not-found",
            title=N_("404, readable"),
            why=N_("Errors carry the headers too, so the script sees the 404."),
            steps=(fetch("/nowhere"),),
            policy=SHARED_WITH_PAGE,
            checks=(reads(404), has("answer", "Access-Control-Allow-Origin", PAGE)),
        ),
        Scenario(
            id="error-crash",
            title=N_("500 from an unhandled exception, readable"),
            why=N_("The script sees a crash in a view as a crash, not as a CORS error."),
            steps=(fetch("/crash"),),
            policy=SHARED_WITH_PAGE,
            checks=(reads(500), has("answer", "Access-Control-Allow-Origin", PAGE)),
        ),
    ),
)

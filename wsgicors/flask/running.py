"""Flask tells which application runs. What nobody could see from the outside is looked at then.

An application may be made by a function, held where nothing leads to it, or served without anything of
ours around it. Its first request comes all the same, and Flask's signal with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask
from flask.signals import request_started

from ..errors import ConfigError, Problem, shown
from ..inspections import NEWS
from ..layers import LAYER, waiting
from ..logs import logger
from ..middleware import is_effective_and_foreign
from ..requests import is_preflight
from .alone import (
    answer_for_replaced_views,
    answer_for_silent_views,
    is_any_too_late,
    tell_of_late_blueprints,
)
from .beside import tell_if_beside
from .extension import WAITING
from .inspection import ensure_placed, see_to_responses
from .settings import EXTENSION, SITE
from .strays import is_any_undecided

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The key in ``app.extensions``: the news that were known when nothing was wrong.
_LOOKED_AT = "wsgicors-looked-at"
# The key of whether somebody was told that requests come past `CORS`.
_TOLD = "wsgicors-told-of-detour"


class _Watch:
    """What looks at each application with its first request, until nothing is left to be found."""

    def __init__(self) -> None:
        NEWS.read_on(self)
        # What stands in a list of a class declares nothing until it is applied.
        self._inspect_anew()

    def _inspect_anew(self) -> None:
        # Flask 2.2 has no signals without blinker.
        if hasattr(request_started, "receivers"):
            request_started.connect(self._look_at, weak=False)

    def _look_at(self, app: flask.Flask, **_: Any) -> None:
        """Look at an application that has got a request.

        :raises ConfigError: with what is wrong there; again each time, until it is mended.
        """
        latest = NEWS.latest
        see_to = _see_to_governed if EXTENSION in app.extensions else _see_to_alone
        if app.extensions.get(_LOOKED_AT) is latest or not see_to(app, flask.request.environ):
            return
        app.extensions[_LOOKED_AT] = latest
        tell_of_late_blueprints(app)
        answer_for_replaced_views(app)
        if not (is_any_undecided() or is_any_too_late()):
            request_started.disconnect(self._look_at)
        if NEWS.latest is not latest:
            self._inspect_anew()


_watch = _Watch()


def _see_to_alone(app: flask.Flask, environ: WSGIEnvironment) -> bool:
    ensure_placed(app)
    for waiting_one in [*WAITING]:
        WAITING.discard(waiting_one)
        logger.warning(_NO_APPLICATION, waiting_one.where, shown(app.name))
    tell_if_beside(app, environ)
    answer_for_silent_views(app)
    if environ.get(LAYER) is not None:
        see_to_responses(app)
    return True


def _see_to_governed(app: flask.Flask, environ: WSGIEnvironment) -> bool:
    # A preflight comes here where nothing of ours answers it, and so it tells nothing.
    if is_preflight(environ):
        return False
    return not _came_past(app, environ) or _see_to_detour(app, environ)


def _came_past(app: flask.Flask, environ: WSGIEnvironment) -> bool:
    """Whether a request has not come through what `CORS` has put around an application."""
    site = app.extensions.get(SITE)
    return site is not None and all(response[1] is not site for response in waiting(environ))


def _see_to_detour(app: flask.Flask, environ: WSGIEnvironment) -> bool:
    """Tell of a request that has come past `CORS`.

    :returns: whether the next one need not be looked at.
    :raises ConfigError: if that opens what is closed.
    """
    resolver = app.extensions[EXTENSION]
    resolver.ensure_checked()
    is_refused = resolver.refuses and is_effective_and_foreign(environ)
    if is_refused or environ.get(LAYER) is not None:
        message = _PAST.format(shown(app.name))
        raise ConfigError([Problem("app", app, "past-the-extension", message)])
    # A test may do so, and what comes later may come past it, too.
    if _TOLD not in app.extensions:
        app.extensions[_TOLD] = True
        logger.warning(_PAST.format(shown(app.name)))
    return not resolver.refuses


_NO_APPLICATION = (
    "%s has no application so far, and %s answers requests without it; write cors.init_app(app) in the function"
    " that makes the application"
)
_PAST = (
    "a request has come to the application {} past CORS(app), so that what is said there is not in force. What"
    " is served was taken from the application before CORS(app) was called. Take it after that, or serve the"
    " application itself"
)

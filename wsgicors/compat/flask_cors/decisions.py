"""The decision about the request under way.

A browser keeps the answer to a preflight for the URL, so that it must name no method that leads to
a view of other settings.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Callable

import flask
from werkzeug.datastructures import Headers

from ...middleware import decide_actual, is_logged, log_denial
from ...names import CREDENTIALS
from ...outcomes import outcome
from ...requests import is_preflight
from .settings import ALLOW_HEADERS, ALLOW_METHODS, listed_in, share, speaks_for_itself, with_own
from .views import lead_to, settings_of_paths, settings_of_view

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from ...headers import Decision, HeaderBuilder
    from .settings import Settings


def decided(
    response: Response, settings: Settings, others: Callable[[], Settings | None]
) -> Decision:
    """Decide about the request.

    What the application allows on the response by itself is allowed too, as Flask-CORS adds its own to it.

    :param response: as the application has made it.
    :param settings: those of whoever answers it.
    :param others: gives those of the views of this URL that have none of their own.
    """
    own = list(Headers(response.headers))
    environ = flask.request.environ
    by_others = others() if is_preflight(environ) else None
    if listed_in(own, CREDENTIALS[0]) == ["true"]:
        settings = settings.with_credentials
        by_others = by_others and by_others.with_credentials
    if not is_preflight(environ):
        return settings.actual(environ)
    decision = _preflight(settings, by_others, own)
    if not decision.allowed and is_logged(logging.DEBUG):
        log_denial(environ, decision)
    return decision


def decided_ahead(settings: Settings, others: Callable[[], Settings | None]) -> Decision:
    """What will be decided, unless the application allows more on the response by itself.

    :param settings: as for `decided`.
    :param others: likewise.
    """
    environ = flask.request.environ
    if is_preflight(environ):
        return _preflight(settings, others(), [])
    return settings.ahead(environ)


def share_as_decided(response: Response, settings: Settings) -> Decision:
    """Put on a response what the settings of its own view say.

    What the view says by itself stays, and is shared at most with those whom both admit.
    """
    decision = decided(response, settings, settings_of_paths)
    if not (decision.origin_allowed and speaks_for_itself(response)):
        share(response, decision, flask.request.environ)
    return decision


def decided_by(builder: HeaderBuilder) -> Decision:
    """Decide about the request as `wsgicors.flask` would."""
    environ = flask.request.environ
    if not is_preflight(environ):
        return decide_actual(builder, environ)
    return outcome(builder, environ, is_preflight=True)


def _preflight(settings: Settings, others: Settings | None, own: list[tuple[str, str]]) -> Decision:
    environ = flask.request.environ
    is_granted = _is_granted(settings, others)
    decision = settings.preflight(environ, tuple(filter(is_granted, settings.methods)))
    if not decision.origin_allowed:
        return decision
    method = environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"]
    # Any method would be that of a stricter view, too.
    methods = [method if name == "*" else name for name in listed_in(own, ALLOW_METHODS)]
    names = {
        ALLOW_METHODS: filter(is_granted, methods),
        ALLOW_HEADERS: listed_in(own, ALLOW_HEADERS),
    }
    return with_own(decision, names)


def _is_granted(settings: Settings, others: Settings | None) -> Callable[[str], bool]:
    """Whether the view that a method leads to admits the origin too."""
    environ = flask.request.environ
    here = flask.request.endpoint
    adapter: Any = flask.current_app.create_url_adapter(flask.request)

    def is_granted(method: str) -> bool:
        endpoint = lead_to(adapter, method)
        own = settings_of_view(endpoint, method)
        if own is None:
            own = settings if endpoint in (None, here) else others
        return own is settings or (own is not None and own.admits(environ, method))

    return is_granted

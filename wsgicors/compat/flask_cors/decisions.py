"""The decision about the request under way.

A browser keeps the answer to a preflight for the URL, so that it must name no method that leads to
a view of other settings.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Callable

import flask

from ...middleware import decide_actual, is_logged, log_denial
from ...requests import is_preflight
from .settings import share, speaks_for_itself
from .views import lead_to, settings_of_paths, settings_of_view

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from ...headers import Decision, HeaderBuilder
    from .settings import Settings


def decided(settings: Settings, others: Callable[[], Settings | None]) -> Decision:
    """Decide about the request.

    :param settings: those of whoever answers it.
    :param others: gives those of the views of this URL that have none of their own.
    """
    environ = flask.request.environ
    return _preflight(settings, others()) if is_preflight(environ) else settings.actual(environ)


def share_as_decided(response: Response, settings: Settings) -> None:
    """Put on a response what the settings of its own view say.

    What the view says by itself stays, and is shared at most with those whom both admit.
    """
    decision = decided(settings, settings_of_paths)
    if not (decision.origin_allowed and speaks_for_itself(response)):
        share(response, decision, flask.request.environ)


def decided_by(builder: HeaderBuilder) -> Decision:
    """Decide about the request as `wsgicors.flask` would."""
    environ = flask.request.environ
    if not is_preflight(environ):
        return decide_actual(builder, environ)
    return builder.preflight(
        environ["HTTP_ORIGIN"],
        environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"],
        environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"),
        environ,
    )


def _preflight(settings: Settings, others: Settings | None) -> Decision:
    environ = flask.request.environ
    granted = tuple(filter(_is_granted(settings, others), settings.methods))
    decision = settings.preflight(environ, granted)
    if not decision.allowed and is_logged(logging.DEBUG):
        log_denial(environ, decision)
    return decision


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

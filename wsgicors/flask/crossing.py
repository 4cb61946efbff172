"""The way through the middleware that stands between ``CORS(app)`` and Flask.

Such a middleware may move a request to another path, host or prefix, in an ``environ`` of its own.
Then only Flask knows the view. So a hook that Flask runs before all others works out what governs,
from Flask's own request, and a `Passage` in ``environ`` carries that out: a copy of ``environ`` holds
the same one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import flask
from flask import Flask

from ..headers import ANSWERS, HeaderBuilder
from ..policy import Policy

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from .resolver import UrlMapResolver

# What an application says that has never heard of CORS. Anything else is said by somebody who does
# not let a request through: log in first, come again later, or another CORS layer's denial.
_UNSUSPICIOUS = ("2", "3", "404", "405", "501")
_REFUSED_INSIDE = HeaderBuilder(Policy(allow_origins=()), "refused-inside")


def is_routed_as_it_came(app: Flask) -> bool:
    """Whether a request that comes to an application now is the one that it will route."""
    is_bare = getattr(app.wsgi_app, "__func__", None) is Flask.wsgi_app
    return is_bare and type(app).request_context is Flask.request_context


class Passage:
    """One request on its way to Flask and back."""

    __slots__ = ("builder", "has_arrived", "method", "request")

    def __init__(self, builder: HeaderBuilder | None, method: str | None) -> None:
        #: What governs: that of URLs without a route, until Flask has routed the request.
        self.builder = builder
        #: The method that a preflight asks about; ``None`` for an actual request.
        self.method = method
        self.has_arrived = False
        #: What arrived, if it is an actual request.
        self.request: flask.Request | None = None


class Crossing:
    """Sends requests through, and has Flask say what governs them.

    :param app: the application.
    :param wsgi_app: what stands between here and Flask, with Flask in it.
    :param resolver: who says what governs.
    """

    def __init__(self, app: Flask, wsgi_app: WSGIApplication, resolver: UrlMapResolver) -> None:
        self._app = app
        self._wsgi_app = wsgi_app
        self._resolver = resolver
        # Applications may be mounted in one another, each with a crossing of its own.
        self._key = f"wsgicors.flask.passage.{id(self)}"
        self._lock = threading.Lock()
        # One and the same, so that it is known again.
        self._hook = self._arrive

    def begin(self, environ: WSGIEnvironment, method: str | None = None) -> Passage:
        """Have a request noticed where it arrives."""
        hooks = self._app.url_value_preprocessors.get(None)
        if not hooks or hooks[0] is not self._hook:
            self._come_first()
        # The same for all copies of it.
        environ.setdefault(ANSWERS, {})
        passage = environ[self._key] = Passage(self._resolver.default, method)
        return passage

    def builder_of_preflight(self, environ: WSGIEnvironment, method: str) -> HeaderBuilder | None:
        """Whose policy governs the request that a preflight asks about.

        No view is run, and no hook of the application's before the answer is known.
        """
        inside = environ.copy()
        passage = self.begin(inside, method)
        try:
            status = _status(self._wsgi_app, inside)
        except Exception:
            if not passage.has_arrived:
                raise
        if passage.has_arrived:
            return passage.builder
        return self._answered_on_the_way(environ, method, status)

    def _answered_on_the_way(
        self, environ: WSGIEnvironment, method: str, status: str
    ) -> HeaderBuilder | None:
        """The policy of all, if nothing tells that what follows is for somebody to whom it is closed."""
        # Whom somebody refused may be let through with the next request.
        if not status.startswith(_UNSUSPICIOUS):
            return _REFUSED_INSIDE
        # Who answers any OPTIONS may let what follows through to Flask, as it is.
        origin = environ.get("HTTP_ORIGIN")
        routed, nowhere = self._resolver(environ, method), self._resolver.nowhere(origin)
        is_closed = routed is not None and not routed.actual(origin, environ).origin_allowed
        return routed if is_closed else nowhere

    def _come_first(self) -> None:
        # Flask runs these before `before_request`, and both before it raises what routing raised.
        with self._lock:
            hooks = self._app.url_value_preprocessors[None]
            hooks[:] = [self._hook, *(hook for hook in hooks if hook is not self._hook)]

    def _arrive(self, endpoint: str | None, values: Any) -> None:
        request = flask.request._get_current_object()  # type: ignore[attr-defined]
        passage = request.environ.get(self._key)
        if passage is None:
            return
        passage.has_arrived = True
        if passage.method is None:
            passage.request = request
            passage.builder = self._resolver.builder_where_routed(request)
        else:
            passage.builder = self._resolver(request.environ, passage.method)
            flask.abort(flask.Response(status=204))


def _status(app: WSGIApplication, environ: WSGIEnvironment) -> str:
    """The status that an application answers with, once it has started to."""
    statuses: list[str] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        statuses.append(status)
        return lambda data: None

    body: Iterable[bytes] = app(environ, start_response)
    try:
        next((True for _ in body if statuses), None)
    finally:
        getattr(body, "close", lambda: None)()
    return statuses[-1] if statuses else ""

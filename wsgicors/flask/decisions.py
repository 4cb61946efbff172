"""The decision about the request under way, for hooks and views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import flask

from ..admission import ANSWERS
from ..layers import DECISION
from ..outcomes import outcome
from ..requests import is_preflight
from .alone import resolver_of
from .resolver import UrlMapResolver
from .under_way import app_under_way, request_under_way

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from ..headers import Decision, HeaderBuilder

#: What decides about requests by itself; each gives ``None`` where it does not govern one.
OTHERS: list[Callable[[flask.Request], Decision | None]] = []


def decision() -> Decision | None:
    """The decision about the request under way, which the headers of its response will say.

    It is known in ``before_request``, in views and in ``after_request``. ``None`` where nothing
    governs the request, and outside of one.

    :raises ConfigError: if the settings of the application are wrong.

    >>> from wsgicors.flask import CORS
    >>> app = flask.Flask("example")
    >>> cors = CORS(app, allow_origins=["https://app.example.com"])
    >>> @app.get("/")
    ... def index():
    ...     return decision().reason
    >>> app.test_client().get("/", headers={"Origin": "https://evil.example"}).text
    'origin-not-allowed'
    """
    if not flask.has_request_context():
        return None
    request = request_under_way()
    resolver = resolver_of(app_under_way())
    decided = None
    if isinstance(resolver, UrlMapResolver):
        decided = decided_by(resolver, request)
    for other in OTHERS:
        if decided is None:
            decided = other(request)
    # Middleware outside decides by itself.
    if decided is None:
        decided = request.environ.get(DECISION)
    return decided


def decided_by(resolver: UrlMapResolver, request: flask.Request) -> Decision | None:
    """What a resolver makes of a request that Flask has routed; ``None`` if it does not govern it."""
    builder = _builder(resolver, request)
    if builder is None:
        return None
    request.environ.setdefault(ANSWERS, {})
    return outcome(builder, request.environ, is_preflight(request.environ))


def _builder(resolver: UrlMapResolver, request: flask.Request) -> HeaderBuilder | None:
    if resolver.checked_map is not flask.current_app.url_map:
        resolver.ensure_checked()
    environ: WSGIEnvironment = request.environ
    if is_preflight(environ):
        return resolver(environ, environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"])
    return resolver.for_all or resolver.builder_where_routed(request)

"""The way through the middleware that stands between ``CORS(app)`` and Flask.

Such a middleware may move a request to another path, host or prefix, in an ``environ`` of its own.
Then only Flask knows the view. So a hook that Flask runs before all others works out what governs,
from Flask's own request, and a `Passage` carries that out. It stands in ``environ``, of which a copy
holds the same one, and in the context of the call, for a middleware that makes a new ``environ``. Where
a request has lost its passage nevertheless, nobody knows which one it is: all that may be it are denied.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import flask
from flask import Flask
from flask.signals import request_started

from ..admission import ANSWERS
from ..errors import shown
from ..forks import Lock
from ..headers import HeaderBuilder
from ..logs import logger
from ..middleware import is_effective_and_foreign, refusal
from ..policy import Policy
from .common import NOBODY, REFUSING
from .under_way import request_under_way

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from .resolver import UrlMapResolver

#: In ``environ``: the request that came to Flask through what stands between; ``None`` if none did.
ARRIVED = "wsgicors.flask.arrived"
# What an application says that has never heard of CORS. Anything else is said by somebody who does
# not let a request through: log in first, come again later, or another CORS layer's denial.
_UNSUSPICIOUS = ("2", "3", "404", "405", "501")
_REFUSED_INSIDE = HeaderBuilder(Policy(allow_origins=()), "refused-inside")
_UNHOOKED = HeaderBuilder(NOBODY.merge(REFUSING), "refused-inside")
# What Flask runs its hooks in.
_DISPATCHERS = ("wsgi_app", "full_dispatch_request", "preprocess_request")
_RUNS_NO_HOOKS = (
    "the application %s has answered without the hooks that Flask runs for each request, because it has a %s of"
    " its own. As a middleware stands between CORS(app) and Flask, nobody can tell which view answers, and the"
    " response is shared with nobody. Call the method of Flask there (super()), or put the middleware around the"
    " application after CORS(app)"
)
_LOST = (
    "a middleware between CORS(app) and Flask makes a new environ, and calls Flask later or in another"
    " thread. Then nobody can tell which request it is, and every request that it may be is denied. Copy"
    " environ there, or put the"
    " middleware around the application after CORS(app)"
)


def is_routed_as_it_came(app: Flask) -> bool:
    """Whether a request that comes to an application now is the one that it will route."""
    is_bare = getattr(app.wsgi_app, "__func__", None) is Flask.wsgi_app
    return is_bare and type(app).request_context is Flask.request_context


class Passage:
    """One request on its way to Flask and back.

    :param crossing: who sent it.
    :param method: the method that a preflight asks about; ``None`` for an actual request.
    :param answers: what callables have said of it.
    """

    __slots__ = (
        "answers",
        "builder",
        "crossing",
        "has_arrived",
        "is_unhooked",
        "last_lost",
        "method",
        "outer",
        "request",
    )

    def __init__(
        self,
        crossing: Crossing,
        builder: HeaderBuilder | None,
        method: str | None,
        answers: object,
    ) -> None:
        self.crossing = crossing
        self.answers = answers
        #: What governs: that of URLs without a route, until Flask has routed the request.
        self.builder = builder
        self.method = method
        self.has_arrived = False
        #: Whether Flask was seen to answer, though it did not arrive.
        self.is_unhooked = False
        #: What arrived.
        self.request: flask.Request | None = None
        #: The last one that was lost before.
        self.last_lost = crossing.last_lost
        #: The one in the way of which it stands: applications may be mounted in one another.
        self.outer: Passage | None = None


_on_the_way: ContextVar[Passage | None] = ContextVar("wsgicors.flask.passage", default=None)


@contextmanager
def _being_on_the_way(passage: Passage) -> Iterator[None]:
    passage.outer = _on_the_way.get()
    token = _on_the_way.set(passage)
    try:
        yield
    finally:
        _on_the_way.reset(token)


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
        #: Stands for the last request that came to Flask without a passage.
        self.last_lost = object()
        self._is_loss_told = False
        self._is_unhooked_told = False
        #: The methods of Flask that run its hooks, and in whose place the application has its own.
        self._dispatchers: list[str] = []
        # Applications may be mounted in one another, each with a crossing of its own.
        self._key = f"wsgicors.flask.passage.{id(self)}"
        self._lock = Lock()
        # One and the same, so that it is known again.
        self._hook = self._arrive

    def _begun(self, environ: WSGIEnvironment, method: str | None = None) -> Passage:
        """Have a request noticed where it arrives."""
        hooks = self._app.url_value_preprocessors.get(None)
        if not hooks or hooks[0] is not self._hook:
            self._come_first()
        # The same for all copies of it.
        answers = environ.setdefault(ANSWERS, {})
        passage = environ[self._key] = Passage(self, self._resolver.default, method, answers)
        return passage

    def send(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let an actual request through."""
        return self._sent(self._begun(environ), environ, start_response)

    def _sent(
        self, passage: Passage, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if self._dispatchers:
            start_response = self._noticing(passage, start_response)
        with _being_on_the_way(passage):
            return self._wsgi_app(environ, start_response)

    def builder_of_response(self, environ: WSGIEnvironment, path: str) -> HeaderBuilder | None:
        """Whose policy governs the response to an actual request.

        :param path: ``PATH_INFO`` as it came.
        """
        passage: Passage = environ[self._key]
        environ[ARRIVED] = passage.request
        if passage.has_arrived:
            return self._resolver.met(passage.builder, passage.request)
        # A cache, or a server of files, may answer with what the view there shares with fewer.
        return self._if_nobody_knows(passage) or self._resolver.in_common(
            passage.builder, self._resolver.builder_of_url(environ, path)
        )

    def builder_ahead(self, environ: WSGIEnvironment, method: str) -> HeaderBuilder | None:
        """Whose policy governs the request that a preflight asks about, or one that may be refused.

        No view is run, and no hook of the application's before the answer is known.
        """
        if environ["REQUEST_METHOD"] != "OPTIONS":
            return self._builder_of_refusal(environ, method)
        # Whom somebody refused may be let through with the next request.
        return self._builder_there(environ, method, _REFUSED_INSIDE)

    def _builder_of_refusal(self, environ: WSGIEnvironment, method: str) -> HeaderBuilder | None:
        """Whose policy may refuse a request, before anything sees it.

        A preflight is sent through in its place: a POST would do something where it never comes to Flask.
        """
        asking = {**environ, "REQUEST_METHOD": "OPTIONS"}
        asking["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] = method
        # The body is for whoever gets the request itself.
        asking.update({"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"})
        builder = self._builder_there(asking, method, self._resolver.default)
        environ[ARRIVED] = asking[ARRIVED]
        return builder

    def _builder_there(
        self, environ: WSGIEnvironment, method: str, if_refused: HeaderBuilder | None
    ) -> HeaderBuilder | None:
        """Whose policy governs a request where it comes to.

        :param environ: of a preflight.
        :param method: of the request.
        :param if_refused: the answer where somebody on the way does not let the preflight through.
        """
        inside = environ.copy()
        passage = self._begun(inside, method)
        try:
            status = _status(functools.partial(self._sent, passage), inside)
        except Exception:
            if not passage.has_arrived:
                raise
        environ[ARRIVED] = passage.request
        if passage.has_arrived:
            return passage.builder
        unknown = self._if_nobody_knows(passage)
        if unknown is not None:
            return unknown
        if not status.startswith(_UNSUSPICIOUS):
            return if_refused
        return self._answered_on_the_way(environ, method)

    def _answered_on_the_way(self, environ: WSGIEnvironment, method: str) -> HeaderBuilder | None:
        """The policy of all, if nothing tells that what follows is for somebody to whom it is closed."""
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
            self._dispatchers = _own_dispatchers(self._app)
            # Flask sends it right before its hooks; without blinker, Flask 2.2 has no signals.
            if self._dispatchers and hasattr(request_started, "receivers"):
                request_started.connect(self._start, sender=self._app)

    def _start(self, app: Flask, **_: Any) -> None:
        self._arrive(None, None)

    def _noticing(self, passage: Passage, start_response: StartResponse) -> StartResponse:
        """Notice that Flask answers, which needs to run no hook for that."""

        def start(status: str, headers: Any, *exc_info: Any) -> Any:
            if not passage.has_arrived and self._is_under_way(passage):
                passage.is_unhooked = True
            return start_response(status, headers, *exc_info)

        return start

    def _is_under_way(self, passage: Passage) -> bool:
        """Whether Flask answers just now, having routed the request."""
        if not flask.has_request_context() or flask.current_app != self._app:
            return False
        request = request_under_way()
        is_routed = request.url_rule is not None or request.routing_exception is not None
        return is_routed and self._passage_of(request) is passage

    def _if_nobody_knows(self, passage: Passage) -> HeaderBuilder | None:
        """What governs a request that may have come to Flask, and did not arrive."""
        if self._may_be_lost(passage):
            return _REFUSED_INSIDE
        if not passage.is_unhooked:
            return None
        if not self._is_unhooked_told:
            self._is_unhooked_told = True
            logger.error(_RUNS_NO_HOOKS, shown(self._app.name), " and a ".join(self._dispatchers))
        return _UNHOOKED

    def _may_be_lost(self, passage: Passage) -> bool:
        """Whether a request that did not arrive may be one that came without its passage."""
        may_be_lost = not passage.has_arrived and passage.last_lost is not self.last_lost
        if may_be_lost and not self._is_loss_told:
            self._is_loss_told = True
            logger.error(_LOST)
        return may_be_lost

    def _passage_of(self, request: flask.Request) -> Passage | None:
        passage: Passage | None = request.environ.get(self._key) or _on_the_way.get()
        while passage is not None and passage.crossing is not self:
            passage = passage.outer
        return passage

    def _arrive(self, endpoint: str | None, values: Any) -> None:
        request = request_under_way()
        passage = self._passage_of(request)
        if passage is None:
            self._lose(request)
            return
        request.environ.setdefault(ANSWERS, passage.answers)
        if passage.method is None:
            self._note(passage, request)
        else:
            passage.has_arrived, passage.request = True, request
            passage.builder = self._resolver(request.environ, passage.method)
            flask.abort(flask.Response(status=204))

    def _lose(self, request: flask.Request) -> None:
        self.last_lost = object()
        # It may be sent to find out what governs it, and must not do anything then.
        if self._resolver.refuses and is_effective_and_foreign(request.environ):
            flask.abort(403)

    def _note(self, passage: Passage, request: flask.Request) -> None:
        """Have the response governed by what governs where it arrived, each time that it did."""
        builder = self._resolver.builder_where_routed(request)
        earlier = passage.request
        # Another view may have sent it, or somebody has tried another path where this one was not found.
        if earlier is not None and earlier.url_rule is not None:
            met = self._resolver.met(passage.builder, earlier)
            builder = self._resolver.in_common(met, builder)
        passage.has_arrived, passage.builder, passage.request = True, builder, request
        # What stands between may have made another method of it, or let through what it said it would not.
        if self._resolver.refuses and refusal(builder, request.environ) is not None:
            flask.abort(403)


def _own_dispatchers(app: Flask) -> list[str]:
    of_class = [each for each in _DISPATCHERS if getattr(type(app), each) != getattr(Flask, each)]
    # All that is put around an application takes the place of its `wsgi_app`.
    return [*of_class, *(each for each in _DISPATCHERS[1:] if each in vars(app))]


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

"""Options put to use: the headers of one response, asked of the header builder.

A preflight is a request like any other to Flask-CORS: what the application answers to it stays
as it is, and gets headers. So nothing is allowed here that the application itself refuses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers

from ...errors import ConfigError
from ...flask.settings import Effective
from ...headers import HeaderBuilder
from ...layers import DECISION, is_noticed
from ...lines import Author
from ...middleware import decide_actual
from .options import Note, Options, header_expressions, is_honoured, policy_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.wrappers import Response

    from ...headers import Decision

#: The key in ``environ`` for the response that headers were put on already.
EVALUATED = "wsgicors.flask_cors.evaluated"
_author = Author()
_ALLOW_ORIGIN = "access-control-allow-origin"
_REQUEST_HEADERS = "HTTP_ACCESS_CONTROL_REQUEST_HEADERS"
_MAX_LENGTH = 2048
_ALLOW_METHODS = "Access-Control-Allow-Methods"
_ALLOW_HEADERS = "Access-Control-Allow-Headers"
_LISTS = (_ALLOW_METHODS, _ALLOW_HEADERS, "Access-Control-Max-Age")


class Settings:
    """Options, translated and compiled.

    :param options: all of them, the defaults among them.
    :param note: told of what is ignored.
    :param where: the place in which somebody wrote them.
    :raises ConfigError: if one cannot be translated, or if some would open a door together.
    """

    def __init__(self, options: Options, note: Note, where: str = "") -> None:
        self._expressions = header_expressions(options)
        self._policy = policy_of(options, note)
        self._builder = HeaderBuilder(self._policy)
        #: The methods that a preflight may be granted.
        self.methods: tuple[str, ...] = self._policy.allow_methods or ()  # type: ignore[assignment]
        #: Whether a decorator answers ``OPTIONS`` in the stead of its view.
        self.automatic_options = bool(options.get("automatic_options"))
        #: What they mean as a policy, for reports.
        self.effective = Effective(self._policy, dict.fromkeys(self._policy.settings(), where))

    def admits(self, environ: WSGIEnvironment, method: str | None = None) -> bool:
        """Whether the origin of a request is allowed, and a method in its preflight, if one is given."""
        has_method = method is None or method in self.methods
        return (
            has_method and self._builder.actual(environ.get("HTTP_ORIGIN"), environ).origin_allowed
        )

    def actual(self, environ: WSGIEnvironment) -> Decision:
        """Decide about a request that is no preflight."""
        return decide_actual(self._builder, environ)

    def preflight(self, environ: WSGIEnvironment, methods: tuple[str, ...]) -> Decision:
        """Decide about a preflight.

        :param methods: those of `methods` that may be granted at this URL.
        """
        method = environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"]
        asked = environ.get(_REQUEST_HEADERS)
        # What an expression may match, the policy does not know.
        known = None if self._expressions else asked
        decision = self._builder.preflight(environ["HTTP_ORIGIN"], method, known, environ)
        if not decision.origin_allowed:
            return decision
        if method.upper() not in methods:
            # Flask-CORS then names neither methods nor headers.
            return _with_lists(decision, dict.fromkeys(_LISTS, ()))
        lists = {_ALLOW_METHODS: methods}
        if self._expressions:
            lists[_ALLOW_HEADERS] = self._headers(asked or "")
        return _with_lists(decision, lists)

    def _headers(self, asked: str) -> tuple[str, ...]:
        """The allowed names, and those asked for that an expression matches."""
        # No browser asks for as much.
        names = [] if len(asked) > _MAX_LENGTH else [name.strip() for name in asked.split(",")]
        matching = [name for name in names if any(e.match(name) for e in self._expressions)]
        return (
            *(self._policy.allow_headers or ()),
            *(name for name in matching if is_honoured("allow_headers", name)),
        )


def _with_lists(decision: Decision, lists: Mapping[str, tuple[str, ...]]) -> Decision:
    """A decision that names other methods or headers."""
    said = [(name, ", ".join(names)) for name, names in lists.items() if names]
    kept = [line for line in decision.lines if line[0] not in lists]
    return replace(decision, lines=[*said, *kept])


NOBODY = Settings({"origins": (), "allow_headers": ()}, lambda note: None)


def narrowed(options: Options, note: Note, where: str = "") -> Settings:
    """The settings that options stand for; without credentials or of nobody, where they would open a door."""
    try:
        return Settings(options, note, where)
    except ConfigError as error:
        note(f"without credentials: {error}")
    try:
        return Settings({**options, "supports_credentials": False}, note, where)
    except ConfigError as error:
        note(f"shared with nobody: {error}")
        return NOBODY


def share(response: Response, decision: Decision, environ: WSGIEnvironment) -> None:
    """Put the headers of a decision on a response."""
    environ[DECISION] = decision
    is_noticed(environ, response.status)
    # New ones: those of the response may be the application's own, and of any kind.
    response.headers = Headers(_author.with_headers(list(Headers(response.headers)), decision))


def speaks_for_itself(response: Response) -> bool:
    """Whether the application has said on a response who may read it."""
    return any(name.lower() == _ALLOW_ORIGIN for name, _ in Headers(response.headers))

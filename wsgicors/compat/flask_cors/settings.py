"""Options put to use: the headers of one response, asked of the header builder.

A preflight is a request like any other to Flask-CORS: what the application answers to it stays
as it is, and gets headers. So nothing is allowed here that the application itself refuses.
"""

from __future__ import annotations

import functools
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers

from ...errors import ConfigError
from ...flask.settings import Effective
from ...flask.under_way import app_under_way
from ...headers import HeaderBuilder
from ...layers import DECISION, is_noticed
from ...lines import Author
from ...middleware import decide_actual
from ...names import CREDENTIALS
from ...outcomes import outcome
from ...requests import is_preflight
from .options import (
    Note,
    Options,
    header_expressions,
    is_honoured,
    longest_text,
    policy_of,
    without_iterators,
)
from .views import look_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from re import Pattern

    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.wrappers import Response

    from ...headers import Decision

logger = logging.getLogger("wsgicors")

#: The key in ``environ`` for the response that headers were put on already.
EVALUATED = "wsgicors.flask_cors.evaluated"
#: The key in ``environ`` for what a hook has decided.
DECIDED = "wsgicors.flask_cors.decided"
#: The key in ``environ`` for what was said ahead of it.
AHEAD = "wsgicors.flask_cors.ahead"
_author = Author()
_ALLOW = "access-control-allow-"
_ALLOW_ORIGIN = "access-control-allow-origin"
_REQUEST_HEADERS = "HTTP_ACCESS_CONTROL_REQUEST_HEADERS"
_MAX_LENGTH = 2048
ALLOW_METHODS = "Access-Control-Allow-Methods"
ALLOW_HEADERS = "Access-Control-Allow-Headers"
_LISTS = (ALLOW_METHODS, ALLOW_HEADERS, "Access-Control-Max-Age")


class Settings:
    """Options, translated and compiled.

    :param options: all of them, the defaults among them.
    :param note: told of what is ignored.
    :param where: the place in which somebody wrote them.
    :raises ConfigError: if one cannot be translated, or if some would open a door together.
    """

    def __init__(self, options: Options, note: Note, where: str = "") -> None:
        self._options = options = without_iterators(options, note)
        #: The place in which somebody wrote them, for people.
        self.where = where
        self._expressions = header_expressions(options)
        self._policy = policy_of(options, note)
        self._builder = HeaderBuilder(self._policy)
        #: The methods that a preflight may be granted.
        self.methods: tuple[str, ...] = self._policy.allow_methods or ()  # type: ignore[assignment]
        #: Whether a decorator answers ``OPTIONS`` in the stead of its view.
        self.automatic_options = bool(options.get("automatic_options"))
        #: What they mean as a policy, for reports.
        self.effective = Effective(self._policy, dict.fromkeys(self._policy.settings(), where))

    @functools.cached_property
    def with_credentials(self) -> Settings:
        """The same with credentials, unless that would open a door."""
        options = {**self._options, "supports_credentials": True}
        try:
            return Settings(options, lambda note: None, self.where)
        except ConfigError as error:
            problem = error
        header = ": ".join(CREDENTIALS)
        logger.error(
            "%s: %s, which the application sends, is left out: %s", self.where, header, problem
        )
        return self

    def admits(self, environ: WSGIEnvironment, method: str | None = None) -> bool:
        """Whether the origin of a request is allowed, and a method in its preflight, if one is given."""
        has_method = method is None or method in self.methods
        return (
            has_method and self._builder.actual(environ.get("HTTP_ORIGIN"), environ).origin_allowed
        )

    def actual(self, environ: WSGIEnvironment) -> Decision:
        """Decide about a request that is no preflight."""
        return decide_actual(self._builder, environ)

    def ahead(self, environ: WSGIEnvironment) -> Decision:
        """What :meth:`actual` will decide."""
        return outcome(self._builder, environ, is_preflight=False)

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
            if decision.allowed:
                # The method leads to a view that is stricter.
                decision = replace(decision, allowed=False, reason="method-not-allowed")
            # Flask-CORS then names neither methods nor headers.
            return _with_lists(decision, dict.fromkeys(_LISTS, ()))
        lists = {ALLOW_METHODS: methods}
        if self._expressions:
            lists[ALLOW_HEADERS] = self._headers(asked or "")
        return _with_lists(decision, lists)

    def _headers(self, asked: str) -> tuple[str, ...]:
        """The allowed names, and those asked for that an expression matches."""
        # No browser asks for as much.
        names = [] if len(asked) > _MAX_LENGTH else [name.strip() for name in asked.split(",")]
        matching = [name for name in names if any(map(_matches(name), self._expressions))]
        return (
            *(self._policy.allow_headers or ()),
            *(name for name in matching if is_honoured("allow_headers", name)),
        )


def _matches(name: str) -> Callable[[Pattern[str]], bool]:
    def match(expression: Pattern[str]) -> bool:
        is_short = len(name) <= longest_text("allow_headers", expression)
        return is_short and expression.match(name) is not None

    return match


def with_own(decision: Decision, own: Mapping[str, Iterable[str]]) -> Decision:
    """A decision that names also what an application names by itself in the answer to a preflight."""
    said = {name: listed_in(decision.lines, name) for name in own}
    return _with_lists(
        decision, {name: tuple(dict.fromkeys([*said[name], *names])) for name, names in own.items()}
    )


def listed_in(headers: Iterable[tuple[str, str]], name: str) -> list[str]:
    """The items of all headers of a name."""
    values = ",".join(value for each, value in headers if each.lower() == name.lower())
    return [item.strip() for item in values.split(",") if item.strip()]


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
    """Put the headers of a decision on a response.

    :raises ConfigError: if a decorator of `wsgicors.flask` has no effect, which may have been to close a view.
    """
    look_at(app_under_way())
    environ[DECISION] = decision
    is_noticed(environ, response.status)
    # New ones: those of the response may be the application's own, and of any kind.
    own = [line for line in Headers(response.headers) if not _is_idle(line, decision, environ)]
    response.headers = Headers(_author.with_headers(own, decision))


def _is_idle(line: tuple[str, str], decision: Decision, environ: WSGIEnvironment) -> bool:
    """Whether a header of the application's does nothing beside those of the decision."""
    name = line[0].lower()
    if not name.startswith(_ALLOW):
        return False
    if name in _OF_PREFLIGHTS and not is_preflight(environ):
        return True
    said = listed_in(decision.lines, name)
    return bool(said) and set(listed_in([line], name)) <= set(said)


_OF_PREFLIGHTS = (ALLOW_METHODS.lower(), ALLOW_HEADERS.lower())


def speaks_for_itself(response: Response) -> bool:
    """Whether the application has said on a response who may read it."""
    return any(name.lower() == _ALLOW_ORIGIN for name, _ in Headers(response.headers))

"""The header builder: a whole policy compiled once, then asked for the headers of a response.

Plain strings in, a `Decision` out; knows nothing of WSGI or Flask. Whatever the policy alone
decides is decided in `HeaderBuilder.__init__`; what is left for a request is to look its
origin up.

The rules are those of the Fetch standard, `"CORS protocol"
<https://fetch.spec.whatwg.org/#http-cors-protocol>`_.
"""

from __future__ import annotations

import copy
import functools
import sys
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from .admission import EITHER_USE, Credentialed, Origins
from .errors import ConfigError
from .grants import (
    MAX_REQUEST_HEADERS,
    Grants,
    Methods,
    credentials_line,
    joined,
    line,
    requested_names,
    vary_line,
)
from .logs import logger
from .names import (
    ALLOW_ORIGIN,
    FORBIDDEN_METHODS,
    MAX_METHOD_LENGTH,
    SAFE_METHODS,
    SAFELISTED_METHODS,
)
from .origins import MAX_ORIGIN_LENGTH
from .requests import Asked, with_method

if TYPE_CHECKING:
    from types import FrameType

    from typing_extensions import Self

    from .names import HeaderLine, HeaderLines
    from .policy import Policy

# What a client asks for is read up to this length; no browser comes near it.
_MAX_REQUEST_HEADERS_LENGTH = 2048

# No browser writes these, and no policy grants them.
_OVERLONG_ORIGIN = _OVERLONG_METHOD = ""
_OVERLONG_HEADERS = "," * MAX_REQUEST_HEADERS
# Answers that were given are remembered, because browsers ask the same again and again; that many
# for each builder.
_MAX_REMEMBERED = 1024


class _Decision:
    """A decision that is being made, so that it can still be filled in."""

    # Slots are read faster than anything else, and every request reads some.
    __slots__ = ("allowed", "lines", "origin_allowed", "reason", "refused", "vary")


@dataclass(frozen=True, init=False)
class Decision(_Decision):
    """What was decided about one request; stands in ``environ["wsgicors.decision"]``."""

    __slots__ = ()

    #: ``False`` if a browser will not go on, with sending the request or with sharing the response.
    allowed: bool
    #: ``allowed``, ``no-origin``, ``same-origin`` (a page of the application's own),
    #: ``origin-not-allowed``, ``method-not-allowed``, ``headers-not-allowed``, ``ambiguous-path``,
    #: ``resolve-failed`` or ``refused-inside`` (by a layer inside).
    reason: str
    #: Whether the origin itself is allowed, so that the response says so.
    origin_allowed: bool
    # `headers`, as what they are added to is: two lists are joined faster than a list and a tuple.
    lines: list[HeaderLine]
    #: The names of the request headers that the answer depends on.
    vary: tuple[str, ...]
    #: Whether the application was not called, because of ``refuse_denied``.
    refused: bool

    def __new__(
        cls,
        allowed: bool,
        reason: str,
        origin_allowed: bool,
        lines: list[HeaderLine],
        vary: tuple[str, ...],
        refused: bool,
    ) -> Self:
        """Fill in all of it, and then freeze it.

        An origin that was never seen before waits for this. It takes half the time that what ``dataclass``
        would write takes.
        """
        decision: Any = _Decision()
        decision.allowed = allowed
        decision.reason = reason
        decision.origin_allowed = origin_allowed
        decision.lines = lines
        decision.vary = vary
        decision.refused = refused
        decision.__class__ = cls
        return decision  # type: ignore[no-any-return]

    @property
    def headers(self) -> HeaderLines:
        """The lines for the response, ``Vary`` the last of them.

        They take the place of all ``Access-Control-*`` lines that the application wrote.
        """
        return tuple(self.lines)

    def __hash__(self) -> int:
        return hash((self.reason, self.headers))

    def __reduce__(self) -> tuple[Any, ...]:
        """What a copy is made of, whose lines are its own."""
        made_of = (
            self.allowed,
            self.reason,
            self.origin_allowed,
            self.lines,
            self.vary,
            self.refused,
        )
        return type(self), made_of

    def __bool__(self) -> bool:
        """That there is a decision, which may be a denial. Who takes a denial for true is told so once.

        >>> from wsgicors import Policy
        >>> denial = HeaderBuilder(Policy(allow_origins="https://a.example")).actual("https://b.example")
        >>> denial.allowed, bool(denial)
        (False, True)
        """
        if not self.allowed:
            _tell_of_truth(sys._getframe(1))
        return True


# Places in the source, so there are not many.
_told_of_truth: set[tuple[str, int]] = set()


# Who asks for one of these knows what a decision is.
_ANSWERS = frozenset(["allowed", "reason", "origin_allowed", "refused"])


def _tell_of_truth(frame: FrameType) -> None:
    place = frame.f_code.co_filename, frame.f_lineno
    if place not in _told_of_truth and _ANSWERS.isdisjoint(frame.f_code.co_names):
        _told_of_truth.add(place)
        logger.warning(_DENIED_IS_TRUE, PurePath(place[0]).name, place[1])


_DENIED_IS_TRUE = (
    "%s:%s asks whether a decision is true. It is, although it denies. Write decision.allowed to know whether it"
    " allows, or decision is not None to know whether there is one"
)


class HeaderBuilder:
    """A policy put to use: it answers for the headers of preflights and of actual responses.

    :param policy: a whole policy.
    :param denial: the reason to give for denials, where it is not the origin.
    :param varies: whether another policy may govern requests of other origins, so that all answers
        depend on ``Origin``.
    :raises ConfigError: if the policy is not whole or contradicts itself.

    >>> from wsgicors import Policy
    >>> builder = HeaderBuilder(Policy(allow_origins="https://a.example", allow_methods="PUT"))
    >>> for line in builder.preflight("https://a.example", "PUT").headers:
    ...     print(*line)
    Access-Control-Allow-Origin https://a.example
    Access-Control-Allow-Methods PUT
    Vary Origin
    >>> builder.actual("https://evil.example").headers
    (('Vary', 'Origin'),)
    """

    # Of a hundred thousand tenants each has one, and what is near one another is read faster.
    __slots__ = (
        "__weakref__",
        "_anybody",
        "_compiled_preflights",
        "_credentialed",
        "_denied",
        "_learned",
        "_max_age",
        "_methods",
        "_origins",
        "_shared",
        "_vary",
        "no_origin",
        "otherwise",
        "policy",
        "ready",
        "refused",
        "same_origin",
        "without_origin",
    )

    def __init__(
        self, policy: Policy, denial: str = "origin-not-allowed", *, varies: bool = False
    ) -> None:
        problems = policy.conflicts()
        if problems:
            raise ConfigError(problems)
        self.policy = policy
        self._origins = Origins(policy)
        self._credentialed = Credentialed(policy)
        self._compile_actual(denial, varies)
        self._methods, self._max_age = Methods(policy), policy.max_age
        self._compiled_preflights: _Preflights | None = None

    def _compile_actual(self, denial: str, varies: bool) -> None:
        is_same_for_all = self._origins.is_wildcard and not self._credentialed.depends_on_origin
        self._vary = vary = () if is_same_for_all and not varies else ("Origin",)
        exposed = line("Access-Control-Expose-Headers", joined(self.policy.expose_headers))
        #: What stands for whichever origin, without credentials and with them; where nothing does, it
        #: stands there itself.
        self._anybody = ("*", "") if self._origins.is_wildcard else ("", "")
        #: All that follows, likewise.
        self._shared = [credentials_line(use) + exposed + vary_line(vary) for use in EITHER_USE]
        self._denied = Decision(False, denial, False, [*vary_line(vary)], vary, False)
        # The decisions about actual requests that are known beforehand:
        #: without ``Origin``,
        self.no_origin = replace(self._denied, allowed=True, reason="no-origin")
        self.without_origin = self.no_origin
        #: of a page of the application's own, if its origin is not allowed,
        self.same_origin = replace(self._denied, allowed=True, reason="same-origin")
        #: with any that is not `ready`, where that is the same for all of them,
        self.otherwise: Decision | None = None
        if self._origins.is_wildcard:
            self.without_origin = self._shared_with("*")
            self.otherwise = self.without_origin if self._credentialed.are_all_listed else None
        elif self._origins.are_all_listed:
            self.otherwise = self._denied
        #: and with one that is listed or was learned.
        self.ready = {origin: self._shared_with(origin) for origin in self._listed()}
        #: For a request that is to be refused, where the policy says so.
        self.refused: Decision | None = None
        if self.policy.refuse_denied and not self._origins.is_wildcard:
            self.refused = replace(self._denied, refused=True)
            # A foreign page may have sent it, which is looked at as a denial is.
            self.without_origin = replace(self.no_origin, allowed=False)
        #: The origins that were learned by asking, the oldest first.
        self._learned: deque[str] | None = None

    def _listed(self) -> list[str]:
        return self._credentialed.listed if self._origins.is_wildcard else self._origins.listed

    @property
    def _preflights(self) -> _Preflights:
        # Compiled when the first one comes: of a hundred thousand tenants, most never see one.
        compiled = self._compiled_preflights
        if compiled is None:
            compiled = _Preflights(self, self._methods, self._max_age)
            self._compiled_preflights = compiled
        return compiled

    def routed(self, methods: str | tuple[str, ...]) -> HeaderBuilder:
        """The builder for a URL that takes certain methods, which an unset ``allow_methods`` then means.

        :param methods: those that the URL takes, or ``"*"`` for any.
        """
        if self.policy.allow_methods is not None:
            return self
        known = self._preflights.routed
        if methods not in known:
            names = "*" if methods == "*" else tuple(sorted(set(methods) - FORBIDDEN_METHODS))
            known[methods] = self._with_methods(Methods(self.policy, names), self.policy.max_age)
        return known[methods]

    def beside(
        self,
        others: Iterable[tuple[str, HeaderBuilder | None]],
        origin: str | None,
        environ: Any = None,
        looked_at: str | None = None,
    ) -> HeaderBuilder:
        """The builder for one method of a URL whose other methods have policies of their own.

        A browser remembers the answer to a preflight for the URL, not for the method that it asked
        about (Fetch, "CORS-preflight cache"). So the answer must not grant what the policy of another
        method would not: it names the requested method alone. Request headers once granted, however,
        go with any other method that needs no grant, or has one. Where that would change what a
        request may do under the policy of the other method, the answer is not to be remembered.

        :param others: the other methods and their builders, ``None`` for one that is not governed.
        :param origin: whose preflight it is.
        :param environ: handed to a callable ``allow_origins``.
        :param looked_at: the requested method, if it is not among those that the builders of the
            other methods will be compared with. Then what they grant is compared here, too.
        """
        if looked_at is not None:
            others = list(others)
        is_harmless = self._is_harmless_to_all(others, origin, environ) and (
            looked_at is None
            or not any(
                self._is_harmed_by(other, name, looked_at, origin, environ)
                for name, other in others
            )
        )
        return self._alone(self.policy.max_age if is_harmless else 0)

    def _alone(self, max_age: int | None) -> HeaderBuilder:
        """The builder whose answers name the requested method alone."""
        known = self._preflights.alone
        if max_age not in known:
            known[max_age] = self._with_methods(self._methods.one_at_a_time(), max_age)
        return known[max_age]

    def _is_harmless_to_all(
        self, others: Iterable[tuple[str, HeaderBuilder | None]], origin: str | None, environ: Any
    ) -> bool:
        return not self.policy.allow_headers or all(
            self._is_harmless_to(method, other, origin, environ) for method, other in others
        )

    def _is_harmed_by(
        self,
        other: HeaderBuilder | None,
        its_method: str,
        method: str,
        origin: str | None,
        environ: Any,
    ) -> bool:
        """Whether headers that are granted to another method must not go with the one of this builder."""
        return (
            other is not None
            and bool(other.policy.allow_headers)
            and other._admits(its_method, origin, environ)
            and not other._is_harmless_to(method, self, origin, environ)
        )

    def _is_harmless_to(
        self, method: str, other: HeaderBuilder | None, origin: str | None, environ: Any
    ) -> bool:
        """Whether headers that are granted here may go with another method."""
        if method in SAFE_METHODS:
            return True
        if other is None:
            return False
        if not other._admits(method, origin, environ):
            return method not in SAFELISTED_METHODS
        return other._preflights.grants_for(origin).cover(self._preflights.grants_for(origin))

    def _admits(self, method: str, origin: str | None, environ: Any) -> bool:
        """Whether an origin may read the response to a request with a method, which a preflight asks about."""
        return self.actual(origin, self._asked_about(environ, method)).origin_allowed

    def _asked_about(self, environ: Any, method: str) -> Any:
        """What a callable is handed for a preflight: the request that it is about."""
        if environ and self._origins.is_dynamic and environ.get("REQUEST_METHOD", method) != method:
            return with_method(environ, method)
        return environ

    def _with_methods(self, methods: Methods, max_age: int | None) -> HeaderBuilder:
        # What is learned of origins is common to both.
        self._learned = self._learned if self._learned is not None else deque()
        builder = copy.copy(self)
        builder._methods, builder._max_age = methods, max_age
        builder._compiled_preflights = None
        return builder

    def actual(self, origin: str | None, environ: Any = None) -> Decision:
        """Decide about a request that is no preflight (Fetch, "CORS check").

        :param origin: the ``Origin`` header, ``None`` if there is none.
        :param environ: handed to a callable ``allow_origins``.
        """
        if origin is None:
            return self.without_origin
        # Its length first: to look a text up is to read all of it. And once, because another thread may
        # have it forgotten meanwhile.
        known = self.ready.get(origin) if len(origin) <= MAX_ORIGIN_LENGTH else None
        if known is None:
            known = self.otherwise
        return self.decide(origin, environ) if known is None else known

    def decide(self, origin: str, environ: Any = None) -> Decision:
        """Decide about an origin of which nothing is known beforehand."""
        origins = self._origins
        if len(origin) > MAX_ORIGIN_LENGTH:
            return self.without_origin if origins.is_wildcard else self._denied
        is_allowed = origins.is_wildcard or origins.admit(origin, environ)
        decision = self._shared_with(origin) if is_allowed else self._denied
        if origins.is_dynamic:
            return decision
        # Ready for the next time, with those about the last origins that were asked about.
        learned = self._learned
        if learned is None:
            # Made late: it takes more memory than most builders altogether, which learn nothing.
            learned = self._learned = deque()
        if len(learned) >= _MAX_REMEMBERED:
            self.ready.pop(learned.popleft(), None)
        learned.append(origin)
        self.ready[origin] = decision
        return decision

    def preflight(
        self, origin: str, method: str, headers: str | None = None, environ: Any = None
    ) -> Decision:
        """Decide about a preflight (Fetch, "CORS-preflight fetch").

        The answer grants the origin all that the policy allows, also where the requested method or
        headers are not among it: the browser then names the one that is missing.

        :param origin: the ``Origin`` header.
        :param method: the ``Access-Control-Request-Method`` header.
        :param headers: the ``Access-Control-Request-Headers`` header, ``None`` if there is none.
        :param environ: handed to a callable ``allow_origins``.
        """
        # What is too long to be looked at is all the same, whatever it is.
        if len(origin) > MAX_ORIGIN_LENGTH:
            origin = _OVERLONG_ORIGIN
        if len(method) > MAX_METHOD_LENGTH:
            method = _OVERLONG_METHOD
        if headers is not None and len(headers) > _MAX_REQUEST_HEADERS_LENGTH:
            headers = _OVERLONG_HEADERS
        preflights = self._compiled_preflights or self._preflights
        if self._origins.is_dynamic:
            asked = None if environ is None else Asked(environ, method)
            return preflights.decide(origin, method, headers, asked)
        return preflights.remembered(origin, method, headers)

    def allowing(self, origin: str, environ: Any = None) -> HeaderLine | None:
        """The line that allows an origin; ``None`` if it is not allowed.

        :param origin: the ``Origin`` header.
        :param environ: handed to a callable ``allow_origins``.
        """
        known = self.ready.get(origin, self.otherwise)
        if known is not None:
            return known.lines[0] if known.origin_allowed else None
        is_allowed = self._origins.is_wildcard or self._origins.admit(origin, environ)
        if not is_allowed:
            return None
        return (ALLOW_ORIGIN, self._anybody[self._credentialed.admit(origin)] or origin)

    def _shared_with(self, origin: str) -> Decision:
        with_credentials = self._credentialed.admit(origin)
        allowing = (ALLOW_ORIGIN, self._anybody[with_credentials] or origin)
        lines = [allowing, *self._shared[with_credentials]]
        # Called by name: what Python does to call a class takes a quarter of the time of this.
        return Decision.__new__(Decision, True, "allowed", True, lines, self._vary, False)


class _Preflights:
    """A builder's answers to preflights.

    :param methods: those that may be granted.
    :param max_age: for how long a browser may remember them, in seconds.
    """

    def __init__(self, builder: HeaderBuilder, methods: Methods, max_age: int | None) -> None:
        self._builder = builder
        self._credentialed = builder._credentialed
        self._max_age = max_age
        #: What is granted without credentials and, where any origin may use them, with them.
        self._grants = [Grants(builder.policy, methods, use) for use in self._credentialed.uses]
        varied = (*builder._vary, *(name for each in self._grants for name in each.vary))
        self._vary = vary = tuple(dict.fromkeys(varied))
        self._denied = replace(builder._denied, lines=[*vary_line(vary)], vary=vary)
        self._after_grants = line("Access-Control-Max-Age", _text(max_age)) + vary_line(vary)
        # The instance's own: what is remembered goes when the builder goes.
        self.remembered = functools.lru_cache(maxsize=_MAX_REMEMBERED)(self.decide)
        self._granted = functools.lru_cache(maxsize=_MAX_REMEMBERED)(self._grant)
        #: Builders of the same policy: for one method at a time, by how long that may be remembered,
        self.alone: dict[int | None, HeaderBuilder] = {}
        #: and by the methods of a URL.
        self.routed: dict[str | tuple[str, ...], HeaderBuilder] = {}

    def decide(
        self, origin: str, method: str, headers: str | None, environ: Any = None
    ) -> Decision:
        allowing = self._builder.allowing(origin, environ)
        if allowing is None:
            return self._denied
        if isinstance(environ, Asked) and environ.is_method_read:
            # What a callable says of this method, it need not say of another one.
            alone = self._builder._alone(self._max_age)._preflights
            return alone._answer(origin, allowing, method, headers)
        return self._answer(origin, allowing, method, headers)

    def _answer(
        self, origin: str, allowing: HeaderLine, method: str, headers: str | None
    ) -> Decision:
        reason, granted = self._granted(self._credentialed.admit(origin), method, headers)
        lines = [allowing, *granted]
        is_granted = reason == "allowed"
        return Decision.__new__(Decision, is_granted, reason, True, lines, self._vary, False)

    def _grant(
        self, with_credentials: bool, method: str, headers: str | None
    ) -> tuple[str, HeaderLines]:
        """Whether a browser goes on or why not, and all lines behind the origin's."""
        names = requested_names(headers)
        grants = self._grants[-with_credentials]
        return grants.reason(method, names), grants.granted(method, names) + self._after_grants

    def grants_for(self, origin: str | None) -> Grants:
        """What is granted to an origin, if it is allowed."""
        # Without credentials first; where there are no others, the last is the same.
        return self._grants[-(origin is not None and self._credentialed.admit(origin))]


def bounded_method(method: str) -> str:
    """The same, unless it is too long to be looked at: then one that no policy names."""
    return method if len(method) <= MAX_METHOD_LENGTH else _OVERLONG_METHOD


def _text(value: int | None) -> str:
    return "" if value is None else str(value)

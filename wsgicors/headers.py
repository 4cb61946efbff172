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
import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Callable

from .errors import ConfigError, log_exception, shown
from .names import (
    FORBIDDEN_METHODS,
    SAFE_METHODS,
    SAFELISTED_METHODS,
    TOKEN,
    is_forbidden_request_header,
)
from .origins import MAX_ORIGIN_LENGTH, OriginSet, is_origin, read_pattern

if TYPE_CHECKING:
    from typing_extensions import Self

    from .policy import Policy

logger = logging.getLogger("wsgicors")

HeaderLine = tuple[str, str]
HeaderLines = tuple[HeaderLine, ...]

# What a client asks for is read up to these bounds; no browser comes near them.
_MAX_METHOD_LENGTH = 64
_MAX_REQUEST_HEADERS_LENGTH = 2048
_MAX_REQUEST_HEADERS = 128

# No browser writes these, and no policy grants them.
_OVERLONG_ORIGIN = _OVERLONG_METHOD = ""
_OVERLONG_HEADERS = "," * _MAX_REQUEST_HEADERS
# Answers that were given are remembered, because browsers ask the same again and again; that many
# for each builder.
_MAX_REMEMBERED = 1024

#: Where in ``environ`` there is a place for what callables answer about a request, which may be needed
#: twice: another time they might say something else.
ANSWERS = "wsgicors.answers"
CREDENTIALS = ("Access-Control-Allow-Credentials", "true")
#: Names that are objects of their own, so that a line can be known to be one of ours.
ALLOW_ORIGIN, VARY = (str(name, "ascii") for name in (b"Access-Control-Allow-Origin", b"Vary"))
_ALLOW_METHODS = "Access-Control-Allow-Methods"
_ALLOW_HEADERS = "Access-Control-Allow-Headers"
_REQUEST_METHOD = "Access-Control-Request-Method"
_REQUEST_HEADERS = "Access-Control-Request-Headers"
# Without credentials, with them.
_EITHER_USE = (False, True)


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
        self._origins = _Origins(policy)
        self._credentialed = _Credentialed(policy)
        self._compile_actual(denial, varies)
        self._methods, self._max_age = _Methods(policy), policy.max_age
        self._compiled_preflights: _Preflights | None = None

    def _compile_actual(self, denial: str, varies: bool) -> None:
        is_same_for_all = self._origins.is_wildcard and not self._credentialed.depends_on_origin
        self._vary = vary = () if is_same_for_all and not varies else ("Origin",)
        exposed = _line("Access-Control-Expose-Headers", _joined(self.policy.expose_headers))
        #: All that follows the origin, without credentials and with them.
        self._shared = [_credentials_line(use) + exposed + _vary_line(vary) for use in _EITHER_USE]
        self._denied = Decision(False, denial, False, [*_vary_line(vary)], vary, False)
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
            known[methods] = self._with_methods(_Methods(self.policy, names), self.policy.max_age)
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
            or not any(self._is_harmed_by(other, looked_at, origin, environ) for _, other in others)
        )
        known = self._preflights.beside
        if is_harmless not in known:
            max_age = self.policy.max_age if is_harmless else 0
            known[is_harmless] = self._with_methods(self._methods.one_at_a_time(), max_age)
        return known[is_harmless]

    def _is_harmless_to_all(
        self, others: Iterable[tuple[str, HeaderBuilder | None]], origin: str | None, environ: Any
    ) -> bool:
        return not self.policy.allow_headers or all(
            self._is_harmless_to(method, other, origin, environ) for method, other in others
        )

    def _is_harmed_by(
        self, other: HeaderBuilder | None, method: str, origin: str | None, environ: Any
    ) -> bool:
        """Whether headers that are granted to another method must not go with the one of this builder."""
        return (
            other is not None
            and bool(other.policy.allow_headers)
            and other.actual(origin, environ).origin_allowed
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
        if not other.actual(origin, environ).origin_allowed:
            return method not in SAFELISTED_METHODS
        return other._preflights.grants_for(origin).cover(self._preflights.grants_for(origin))

    def _with_methods(self, methods: _Methods, max_age: int | None) -> HeaderBuilder:
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
        if len(origin) <= MAX_ORIGIN_LENGTH and (known := self.ready.get(origin)):
            return known
        return self.otherwise or self.decide(origin, environ)

    def decide(self, origin: str, environ: Any = None) -> Decision:
        """Decide about an origin of which nothing is known beforehand."""
        if len(origin) > MAX_ORIGIN_LENGTH:
            return self.without_origin if self._origins.is_wildcard else self._denied
        is_allowed = self._origins.is_wildcard or self._origins.admit(origin, environ)
        decision = self._shared_with(origin) if is_allowed else self._denied
        if not self._origins.is_dynamic:
            self._learn(origin, decision)
        return decision

    def _learn(self, origin: str, decision: Decision) -> None:
        """Have a decision ready for the next time, for the last origins that were asked about."""
        learned = self._learned
        if learned is None:
            # Made late: it takes more memory than most builders altogether, which learn nothing.
            learned = self._learned = deque()
        if len(learned) >= _MAX_REMEMBERED:
            self.ready.pop(learned.popleft(), None)
        learned.append(origin)
        self.ready[origin] = decision

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
        if len(method) > _MAX_METHOD_LENGTH:
            method = _OVERLONG_METHOD
        if headers is not None and len(headers) > _MAX_REQUEST_HEADERS_LENGTH:
            headers = _OVERLONG_HEADERS
        preflights = self._compiled_preflights or self._preflights
        if self._origins.is_dynamic:
            return preflights.decide(origin, method, headers, environ)
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
        return self._allowing(origin) if is_allowed else None

    def _allowing(self, origin: str) -> HeaderLine:
        if self._origins.is_wildcard and not self._credentialed.admit(origin):
            origin = "*"
        return (ALLOW_ORIGIN, origin)

    def _shared_with(self, origin: str) -> Decision:
        with_credentials = self._credentialed.admit(origin)
        is_anybody = self._origins.is_wildcard and not with_credentials
        allowing = (ALLOW_ORIGIN, "*" if is_anybody else origin)
        lines = [allowing, *self._shared[with_credentials]]
        return Decision(True, "allowed", True, lines, self._vary, False)


class _Preflights:
    """A builder's answers to preflights.

    :param methods: those that may be granted.
    :param max_age: for how long a browser may remember them, in seconds.
    """

    def __init__(self, builder: HeaderBuilder, methods: _Methods, max_age: int | None) -> None:
        self._builder = builder
        self._credentialed = builder._credentialed
        #: What is granted without credentials and, where any origin may use them, with them.
        self._grants = [_Grants(builder.policy, methods, use) for use in self._credentialed.uses]
        varied = (*builder._vary, *(name for each in self._grants for name in each.vary))
        self._vary = vary = tuple(dict.fromkeys(varied))
        self._denied = replace(builder._denied, lines=[*_vary_line(vary)], vary=vary)
        self._after_grants = _line("Access-Control-Max-Age", _text(max_age)) + _vary_line(vary)
        # The instance's own: what is remembered goes when the builder goes.
        self.remembered = functools.lru_cache(maxsize=_MAX_REMEMBERED)(self.decide)
        self._granted = functools.lru_cache(maxsize=_MAX_REMEMBERED)(self._grant)
        #: Builders of the same policy, by whether an answer may be remembered beside other methods,
        self.beside: dict[bool, HeaderBuilder] = {}
        #: and by the methods of a URL.
        self.routed: dict[str | tuple[str, ...], HeaderBuilder] = {}

    def decide(
        self, origin: str, method: str, headers: str | None, environ: Any = None
    ) -> Decision:
        allowing = self._builder.allowing(origin, environ)
        if allowing is None:
            return self._denied
        reason, granted = self._granted(self._credentialed.admit(origin), method, headers)
        lines = [allowing, *granted]
        return Decision(reason == "allowed", reason, True, lines, self._vary, False)

    def _grant(
        self, with_credentials: bool, method: str, headers: str | None
    ) -> tuple[str, HeaderLines]:
        """Whether a browser goes on or why not, and all lines behind the origin's."""
        names = _requested_names(headers)
        grants = self._grants[-with_credentials]
        return grants.reason(method, names), grants.granted(method, names) + self._after_grants

    def grants_for(self, origin: str | None) -> _Grants:
        """What is granted to an origin, if it is allowed."""
        # Without credentials first; where there are no others, the last is the same.
        return self._grants[-(origin is not None and self._credentialed.admit(origin))]


class _Origins:
    """``allow_origins``: who is listed by name, and whether any others are admitted."""

    def __init__(self, policy: Policy) -> None:
        origins: Any = policy.allow_origins
        self.is_wildcard = origins == "*"
        self.is_dynamic = callable(origins)
        self._predicate = origins if self.is_dynamic else None
        self._items = _Items(() if self.is_wildcard or self.is_dynamic else origins)
        self.listed = self._items.listed
        self.are_all_listed = not self.is_dynamic and self._items.are_all_listed
        #: Whether there is anything to ask beyond patterns.
        self._is_asked = self.is_dynamic or self._items.has_expressions
        # The list in its place says itself who may use credentials.
        self._is_guarded = policy.allow_credentials is True
        self._takes_insecure = bool(policy.dangerously_allow_insecure_origins)

    def admit(self, origin: str, environ: Any) -> bool:
        """Whether an origin that is not listed is allowed."""
        if origin in self._items.patterns:
            return True
        if not self._is_asked or not (is_origin(origin) or (origin == "null" and self.is_dynamic)):
            return False
        if self._predicate is None:
            is_admitted = self._items.match(origin)
        else:
            is_admitted = _says_yes(self._predicate, origin, environ)
        if is_admitted and self._is_guarded:
            return _may_use_credentials(origin, self._takes_insecure, "is denied")
        return is_admitted


class _Credentialed:
    """``allow_credentials``: which of the allowed origins may use them."""

    def __init__(self, policy: Policy) -> None:
        said: Any = policy.allow_credentials
        self.depends_on_origin = isinstance(said, tuple)
        self._always = said is True
        self._items = _Items(said if self.depends_on_origin else ())
        self.listed = self._items.listed
        self._exact = frozenset(self.listed)
        self.are_all_listed = self._items.are_all_listed
        self._takes_insecure = bool(policy.dangerously_allow_insecure_origins)
        #: Whether grants are used without credentials, with them, or either way.
        self.uses = _EITHER_USE if self.depends_on_origin else (self._always,)

    def admit(self, origin: str) -> bool:
        """Whether an origin may use credentials, if it is allowed."""
        if not self.depends_on_origin:
            return self._always
        if origin in self._exact or origin in self._items.patterns:
            return True
        if not is_origin(origin) or not self._items.match(origin):
            return False
        return _may_use_credentials(origin, self._takes_insecure, "uses no credentials")


class _Items:
    """A list of origins, patterns and compiled expressions, sorted by how they are looked up."""

    def __init__(self, items: Iterable[Any]) -> None:
        items = list(items)
        texts = [item for item in items if isinstance(item, str)]
        self._expressions = [item for item in items if not isinstance(item, str)]
        self.listed = [text for text in texts if "*" not in text]
        self.patterns = OriginSet(text for text in texts if "*" in text)
        self.has_expressions = bool(self._expressions)
        self.are_all_listed = not (self.patterns or self.has_expressions)

    def match(self, origin: str) -> bool:
        """Whether an expression admits an origin."""
        return any(expression.fullmatch(origin) for expression in self._expressions)


def _may_use_credentials(origin: str, takes_insecure: bool, otherwise: str) -> bool:
    """Whether an origin that was not listed as it is may use credentials: it must be whose it says.

    :param otherwise: what becomes of it if it may not, for the log.
    """
    pattern = read_pattern(origin)
    if pattern is None or pattern.is_anybodys:
        return False
    if pattern.is_secure or takes_insecure:
        return True
    logger.warning(_NOT_HTTPS, shown(origin), otherwise)
    return False


_NOT_HTTPS = (
    "%s is not https, so it %s although the policy allows it: with allow_credentials, whoever controls the"
    " network can pretend to be it; use https there, or set dangerously_allow_insecure_origins=True"
)


class _Grants:
    """What a preflight grants an allowed origin, with credentials or without."""

    def __init__(self, policy: Policy, methods: _Methods, with_credentials: bool) -> None:
        self._with_credentials = with_credentials
        self._credentials = _credentials_line(with_credentials)
        self._methods = methods.used(with_credentials)
        self._headers = _RequestHeaders(policy, with_credentials)
        self.vary = self._methods.vary + self._headers.vary
        #: Where the answer does not repeat what was asked for.
        self._lines = self._credentials + self._methods.lines + self._headers.lines

    def reason(self, method: str, names: tuple[str, ...] | None) -> str:
        """Whether a browser goes on, or why not."""
        if not self._methods.allow(method):
            return "method-not-allowed"
        return "allowed" if self._headers.allow(names) else "headers-not-allowed"

    def granted(self, method: str, names: tuple[str, ...] | None) -> HeaderLines:
        """The lines between the origin and ``Access-Control-Max-Age``."""
        if not self.vary:
            return self._lines
        return self._credentials + self._methods.granted(method) + self._headers.granted(names)

    def cover(self, other: _Grants) -> bool:
        """Whether all that a request with other grants may carry is granted here."""
        return self._headers.cover(other._headers) and (
            self._with_credentials >= other._with_credentials
        )


class _Methods:
    """``allow_methods`` and the header that speaks for it.

    :param names: what the field means where it is unset.
    :param alone: whether to grant the requested method only.
    """

    def __init__(
        self, policy: Policy, names: str | tuple[str, ...] = SAFELISTED_METHODS, alone: bool = False
    ) -> None:
        methods = names if policy.allow_methods is None else policy.allow_methods
        self._policy = policy
        self._methods = methods
        self._names = None if methods == "*" else frozenset(methods)
        self.lines = _line(_ALLOW_METHODS, _joined(methods))
        self.vary = (_REQUEST_METHOD,) if alone else ()

    def one_at_a_time(self) -> _Methods:
        return _Methods(self._policy, self._methods, alone=True)

    def used(self, with_credentials: bool) -> _Methods:
        """The same where credentials are used: a ``"*"`` would then stand for a method of that name."""
        return self.one_at_a_time() if with_credentials and self._names is None else self

    def allow(self, method: str) -> bool:
        """Whether a browser goes on (Fetch, "CORS-preflight fetch", step 7.5)."""
        return method in SAFELISTED_METHODS or self._is_granted(method)

    def granted(self, method: str) -> HeaderLines:
        """The header in the answer to one request."""
        if not self.vary:
            return self.lines
        return _line(_ALLOW_METHODS, method) if self._is_granted(method) else ()

    def _is_granted(self, method: str) -> bool:
        return _is_method(method) if self._names is None else method in self._names


class _RequestHeaders:
    """``allow_headers`` and the header that speaks for it; all names here are in lower case."""

    def __init__(self, policy: Policy, with_credentials: bool) -> None:
        names = policy.allow_headers or ()
        self._is_wildcard = "*" in names
        # A "*" would stand for a header of that name.
        self._reflects = self._is_wildcard and with_credentials
        self._explicit = [name for name in names if name != "*"]
        self._names = frozenset(name.lower() for name in self._explicit)
        self.lines = _line(_ALLOW_HEADERS, _joined(names))
        self.vary = (_REQUEST_HEADERS,) if self._reflects else ()

    def allow(self, names: tuple[str, ...] | None) -> bool:
        """Whether a browser goes on (Fetch, "CORS-preflight fetch", steps 7.5 to 7.7)."""
        if names is None:
            return False
        if self._is_wildcard:
            return all(name in self._names or self._is_covered(name) for name in names)
        return self._names.issuperset(names)

    def cover(self, other: _RequestHeaders) -> bool:
        """Whether all that another policy grants is granted here."""
        return self._names >= other._names and self._is_wildcard >= other._is_wildcard

    def granted(self, names: tuple[str, ...] | None) -> HeaderLines:
        if not self._reflects:
            return self.lines
        asked = [name for name in names or () if self._is_covered(name)]
        others = (name for name in dict.fromkeys(asked) if name not in self._names)
        return _line(_ALLOW_HEADERS, ", ".join([*self._explicit, *others]))

    @staticmethod
    def _is_covered(name: str) -> bool:
        """Whether ``"*"`` stands for a header (Fetch, "CORS non-wildcard request-header name")."""
        return (
            name != "authorization"
            and TOKEN.fullmatch(name) is not None
            and not is_forbidden_request_header(name)
        )


def _says_yes(predicate: Callable[[str, Any], bool], origin: str, environ: Any) -> bool:
    """Ask a callable of the user's; once, where somebody has put a place for answers into ``environ``."""
    answers = None if environ is None else environ.get(ANSWERS)
    if answers is None:
        return _asked(predicate, origin, environ)
    # Where an application is mounted, it is asked about another path.
    key = (id(predicate), origin, environ.get("SCRIPT_NAME"), environ.get("PATH_INFO"))
    if key not in answers:
        # With the callable, so that no other can have the same identity meanwhile.
        answers[key] = (_asked(predicate, origin, environ), predicate)
    is_yes: bool = answers[key][0]
    return is_yes


def _asked(predicate: Callable[[str, Any], bool], origin: str, environ: Any) -> bool:
    """What a callable says, which can only ever open the door by saying exactly ``True``."""
    try:
        answer = predicate(origin, environ)
    except Exception:  # noqa: BLE001 - it is logged, and denies
        log_exception(
            logger, "allow_origins raised an exception for %s, so it is denied", shown(origin)
        )
        return False
    if not isinstance(answer, bool):
        message = "allow_origins returned %s for %s, so it is denied: return True or False"
        logger.error(message, shown(answer), shown(origin))
    return answer is True


def _requested_names(headers: str | None) -> tuple[str, ...] | None:
    """The names in ``Access-Control-Request-Headers``; ``None`` if there are too many to look at."""
    if not headers:
        return ()
    if headers.count(",") >= _MAX_REQUEST_HEADERS:
        return None
    # RFC 9110, section 5.6.1: empty elements of a list do not count.
    names = [name.strip(" \t") for name in headers.lower().split(",")]
    return tuple([name for name in names if name])


def bounded_method(method: str) -> str:
    """The same, unless it is too long to be looked at: then one that no policy names."""
    return method if len(method) <= _MAX_METHOD_LENGTH else _OVERLONG_METHOD


def _is_method(method: str) -> bool:
    return TOKEN.fullmatch(method) is not None and method.upper() not in FORBIDDEN_METHODS


def _joined(names: str | Iterable[str] | None) -> str:
    return names if isinstance(names, str) else ", ".join(names or ())


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _credentials_line(with_credentials: bool) -> HeaderLines:
    return _line("Access-Control-Allow-Credentials", "true" if with_credentials else "")


@functools.lru_cache(maxsize=64)
def _vary_line(vary: tuple[str, ...]) -> HeaderLines:
    # One object for all builders is near, however many they are.
    return _line(VARY, ", ".join(vary))


def _line(name: str, value: str) -> HeaderLines:
    """One line, or none if there is nothing to say."""
    return ((name, value),) if value else ()

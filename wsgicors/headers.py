"""The header builder: a whole policy compiled once, then asked for the headers of a response.

Plain strings in, a `Decision` out; knows nothing of WSGI or Flask. Whatever the policy alone
decides is decided in `HeaderBuilder.__init__`; what is left for a request is to look its
origin up.

The rules are those of the Fetch standard, `"CORS protocol"
<https://fetch.spec.whatwg.org/#http-cors-protocol>`_.
"""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Any, Callable, Iterable, NamedTuple, Pattern, Tuple, Union

from .errors import ConfigError, shown
from .origins import OriginSet, is_origin
from .policy import FORBIDDEN_METHODS, SAFELISTED_METHODS, TOKEN, is_forbidden_request_header

if TYPE_CHECKING:
    from .policy import Policy

logger = logging.getLogger("wsgicors")

HeaderLine = Tuple[str, str]
HeaderLines = Tuple[HeaderLine, ...]

# What a client asks for is read, and repeated, up to these bounds; no browser comes near them.
_MAX_METHOD_LENGTH = 64
_MAX_REQUEST_HEADERS_LENGTH = 2048
_MAX_REQUEST_HEADERS = 128

_REQUEST_METHOD = "Access-Control-Request-Method"
_REQUEST_HEADERS = "Access-Control-Request-Headers"


class Decision(NamedTuple):
    """What was decided about one request; stands in ``environ["wsgicors.decision"]``."""

    #: Whether a browser will go on: with sending the request, or with sharing the response.
    allowed: bool
    #: ``allowed``, ``no-origin``, ``origin-not-allowed``, ``method-not-allowed``,
    #: ``headers-not-allowed``, ``ambiguous-path`` or ``resolve-failed``.
    reason: str
    #: Whether the origin itself is allowed, so that the response says so.
    origin_allowed: bool
    #: The lines for the response, ``Vary`` the last of them. They take the place of all
    #: ``Access-Control-*`` lines that the application wrote.
    headers: HeaderLines
    #: The names of the request headers that the answer depends on.
    vary: tuple[str, ...]


class HeaderBuilder:
    """A policy put to use: it answers for the headers of preflights and of actual responses.

    :param policy: a whole policy.
    :param denial: the reason to give for denials, where it is not the origin.
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

    def __init__(self, policy: Policy, denial: str = "origin-not-allowed") -> None:
        problems = policy.conflicts()
        if problems:
            raise ConfigError(problems)
        self.policy = policy
        self._methods = _Methods(policy.allow_methods, policy)
        self._request_headers = _RequestHeaders(policy)
        self._compile_actual(denial)
        self._compile_preflight()

    def _compile_actual(self, denial: str) -> None:
        origins = self.policy.allow_origins
        self._credentials = _line(
            "Access-Control-Allow-Credentials", "true" if self.policy.allow_credentials else ""
        )
        exposed = _line("Access-Control-Expose-Headers", _joined(self.policy.expose_headers))
        self._vary = () if origins == "*" else ("Origin",)
        self._shared = self._credentials + exposed + _vary_line(self._vary)
        self._everybody = self._actual_shared_with("*") if origins == "*" else None
        self._denied = Decision(False, denial, False, _vary_line(self._vary), self._vary)
        exact, self._admits_further = _split_origins(origins)
        #: The answer for each origin that is listed as it is, and for no origin at all.
        self._known: dict[str | None, Decision] = {
            origin: self._actual_shared_with(origin) for origin in exact
        }
        self._known[None] = self._denied._replace(reason="no-origin")

    def _compile_preflight(self) -> None:
        max_age = self.policy.max_age
        self._max_age = _line("Access-Control-Max-Age", "" if max_age is None else str(max_age))
        self._preflight_vary = self._vary + self._methods.vary + self._request_headers.vary
        self._preflight_denied = self._denied._replace(
            headers=_vary_line(self._preflight_vary), vary=self._preflight_vary
        )
        #: What follows the origin in every answer, unless the answer repeats what was asked for.
        self._granted = (
            self._credentials
            + self._methods.lines
            + self._request_headers.lines
            + self._max_age
            + _vary_line(self._preflight_vary)
        )
        self._reflects = self._preflight_vary != self._vary

    def routed(self, methods: Iterable[str]) -> HeaderBuilder:
        """The same builder, but where the policy leaves ``allow_methods`` unset it means these.

        :param methods: those that a URL really takes.
        """
        if self.policy.allow_methods is not None:
            return self
        builder = copy.copy(self)
        builder._methods = _Methods(tuple(sorted(set(methods) - FORBIDDEN_METHODS)), self.policy)
        builder._compile_preflight()
        return builder

    def actual(self, origin: str | None, environ: Any = None) -> Decision:
        """Decide about a request that is no preflight (Fetch, "CORS check").

        :param origin: the ``Origin`` header, ``None`` if there is none.
        :param environ: handed to a callable ``allow_origins``.
        """
        if self._everybody is not None:
            return self._everybody
        decision = self._known.get(origin)
        if decision is not None:
            return decision
        if origin is not None and self._admits_further(origin, environ):
            return self._actual_shared_with(origin)
        return self._denied

    def preflight(
        self,
        origin: str | None,
        method: str,
        headers: str | None = None,
        environ: Any = None,
        *,
        alone: bool = False,
        cached: bool = True,
    ) -> Decision:
        """Decide about a preflight (Fetch, "CORS-preflight fetch").

        The answer grants the origin all that the policy allows, also where the requested method or
        headers are not among it: the browser then names the one that is missing.

        :param origin: the ``Origin`` header.
        :param method: the ``Access-Control-Request-Method`` header.
        :param headers: the ``Access-Control-Request-Headers`` header, ``None`` if there is none.
        :param environ: handed to a callable ``allow_origins``.
        :param alone: grant no method but the requested one, because others of the same URL have
            policies of their own.
        :param cached: ``False`` forbids the browser to remember the answer.
        """
        shared = self.actual(origin, environ)
        if not shared.origin_allowed:
            return self._preflight_denied
        names = _requested_names(headers)
        reason = self._preflight_reason(method, names)
        vary = self._preflight_vary
        granted = self._granted
        if self._reflects or alone or not cached:
            if alone and _REQUEST_METHOD not in vary:
                vary = (*vary, _REQUEST_METHOD)
            granted = (
                self._credentials
                + (self._methods.reflected(method) if alone else self._methods.granted(method))
                + self._request_headers.granted(names)
                + (self._max_age if cached else _line("Access-Control-Max-Age", "0"))
                + _vary_line(vary)
            )
        return Decision(reason == "allowed", reason, True, (shared.headers[0], *granted), vary)

    def _preflight_reason(self, method: str, names: tuple[str, ...] | None) -> str:
        if not self._methods.allow(method):
            return "method-not-allowed"
        return "allowed" if self._request_headers.allow(names) else "headers-not-allowed"

    def _actual_shared_with(self, origin: str) -> Decision:
        line = ("Access-Control-Allow-Origin", origin)
        return Decision(True, "allowed", True, (line, *self._shared), self._vary)


class MethodBuilder:
    """The builder for one method of a URL whose other methods have policies of their own.

    A browser remembers the answer to a preflight for the URL, not for the method that it asked
    about (Fetch, "CORS-preflight cache"). So the answer must not grant what another method's
    policy would not: it names the requested method alone. Granted *headers* it would carry over
    to GET, HEAD and POST, which need no method to be granted; where one of those has other
    origins, headers or credentials in its policy, the answer is not to be remembered.

    :param builder: of the requested method's policy.
    :param others: gives the builders of the safelisted methods, ``None`` for one that is not governed.
    """

    def __init__(
        self, builder: HeaderBuilder, others: Callable[[], Iterable[HeaderBuilder | None]]
    ) -> None:
        self._builder = builder
        self._others = others
        self.actual = builder.actual

    def preflight(
        self, origin: str | None, method: str, headers: str | None = None, environ: Any = None
    ) -> Decision:
        """Like `HeaderBuilder.preflight`."""
        policy = self._builder.policy
        cached = not policy.allow_headers or all(
            other is not None and _grants_alike(policy, other.policy) for other in self._others()
        )
        return self._builder.preflight(origin, method, headers, environ, alone=True, cached=cached)


#: What answers for headers: whoever is given one need not know which.
Builder = Union[HeaderBuilder, MethodBuilder]


def _grants_alike(policy: Policy, other: Policy) -> bool:
    """Whether whoever may send headers under one policy may send them under the other."""
    return (
        policy.allow_origins == other.allow_origins
        and policy.allow_headers == other.allow_headers
        and bool(policy.allow_credentials) == bool(other.allow_credentials)
    )


class _Methods:
    """``allow_methods`` and the header that speaks for it."""

    def __init__(self, methods: str | tuple[str, ...] | None, policy: Policy) -> None:
        methods = SAFELISTED_METHODS if methods is None else methods
        self._names = None if methods == "*" else frozenset(methods)
        self._reflects = self._names is None and bool(policy.allow_credentials)
        self.lines = _methods_line("" if self._reflects else _joined(methods))
        self.vary = (_REQUEST_METHOD,) if self._reflects else ()

    def allow(self, method: str) -> bool:
        """Whether a browser goes on (Fetch, "CORS-preflight fetch", step 7.4)."""
        if self._names is None:
            return _is_method(method)
        return method in self._names or method in SAFELISTED_METHODS

    def granted(self, method: str) -> HeaderLines:
        return self.reflected(method) if self._reflects else self.lines

    def reflected(self, method: str) -> HeaderLines:
        """The requested method alone, if it is granted at all."""
        is_granted = _is_method(method) if self._names is None else method in self._names
        return _methods_line(method if is_granted else "")


class _RequestHeaders:
    """``allow_headers`` and the header that speaks for it; all names here are in lower case."""

    def __init__(self, policy: Policy) -> None:
        names = policy.allow_headers or ()
        self._is_wildcard = "*" in names
        self._reflects = self._is_wildcard and bool(policy.allow_credentials)
        self._explicit = [name for name in names if name != "*"]
        self._names = frozenset(name.lower() for name in self._explicit)
        self.lines = _headers_line("" if self._reflects else _joined(names))
        self.vary = (_REQUEST_HEADERS,) if self._reflects else ()

    def allow(self, names: tuple[str, ...] | None) -> bool:
        """Whether a browser goes on (Fetch, "CORS-preflight fetch", steps 7.5 to 7.7)."""
        if names is None:
            return False
        if self._is_wildcard:
            return "authorization" not in names or "authorization" in self._names
        return self._names.issuperset(names)

    def granted(self, names: tuple[str, ...] | None) -> HeaderLines:
        if not self._reflects:
            return self.lines
        asked = [name for name in names or () if self._is_worth_repeating(name)]
        return _headers_line(", ".join([*self._explicit, *dict.fromkeys(asked)]))

    def _is_worth_repeating(self, name: str) -> bool:
        if name in self._names or name == "authorization":
            return False
        return bool(TOKEN.fullmatch(name)) and not is_forbidden_request_header(name)


def _split_origins(origins: Any) -> tuple[list[str], Callable[[str, Any], bool]]:
    """The origins that are listed as they are, and a check for all others."""
    if origins == "*":
        return [], _nobody
    if callable(origins):
        return [], _guarded(origins)
    texts = [item for item in origins if isinstance(item, str)]
    exact = [text for text in texts if "*" not in text]
    patterns = OriginSet(text for text in texts if "*" in text)
    expressions = [item for item in origins if not isinstance(item, str)]
    if expressions:
        return exact, lambda origin, environ: origin in patterns or _matches(expressions, origin)
    if patterns:
        return exact, lambda origin, environ: origin in patterns
    return exact, _nobody


def _nobody(origin: str, environ: Any) -> bool:
    return False


def _matches(expressions: list[Pattern[str]], origin: str) -> bool:
    return is_origin(origin) and any(expression.fullmatch(origin) for expression in expressions)


def _guarded(predicate: Callable[[str, Any], bool]) -> Callable[[str, Any], bool]:
    """A callable of the user's that can only ever open the door by saying exactly ``True``."""

    def admits(origin: str, environ: Any) -> bool:
        if not is_origin(origin):
            return False
        try:
            answer = predicate(origin, environ)
        except Exception:
            logger.exception("allow_origins raised for %s, which is denied", shown(origin))
            return False
        if not isinstance(answer, bool):
            logger.error(
                "allow_origins returned %s for %s, which is denied: return True or False",
                shown(answer),
                shown(origin),
            )
        return answer is True

    return admits


def _requested_names(headers: str | None) -> tuple[str, ...] | None:
    """The names in ``Access-Control-Request-Headers``; ``None`` if there are too many to look at."""
    if not headers:
        return ()
    if len(headers) > _MAX_REQUEST_HEADERS_LENGTH or headers.count(",") >= _MAX_REQUEST_HEADERS:
        return None
    return tuple([name.strip(" \t") for name in headers.lower().split(",")])


def _is_method(method: str) -> bool:
    return (
        len(method) <= _MAX_METHOD_LENGTH
        and TOKEN.fullmatch(method) is not None
        and method.upper() not in FORBIDDEN_METHODS
    )


def _joined(names: str | Iterable[str] | None) -> str:
    return names if isinstance(names, str) else ", ".join(names or ())


def _methods_line(value: str) -> HeaderLines:
    return _line("Access-Control-Allow-Methods", value)


def _headers_line(value: str) -> HeaderLines:
    return _line("Access-Control-Allow-Headers", value)


def _vary_line(vary: tuple[str, ...]) -> HeaderLines:
    return _line("Vary", ", ".join(vary))


def _line(name: str, value: str) -> HeaderLines:
    """One line, or none if there is nothing to say."""
    return ((name, value),) if value else ()

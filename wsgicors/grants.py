"""What a preflight grants an origin that is allowed: methods, request headers, credentials."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .names import (
    FORBIDDEN_METHODS,
    SAFELISTED_METHODS,
    TOKEN,
    VARY,
    is_forbidden_request_header,
)

if TYPE_CHECKING:
    from .names import HeaderLines
    from .policy import Policy

_ALLOW_METHODS = "Access-Control-Allow-Methods"
_ALLOW_HEADERS = "Access-Control-Allow-Headers"
_REQUEST_METHOD = "Access-Control-Request-Method"
_REQUEST_HEADERS = "Access-Control-Request-Headers"
# No browser asks for so many.
MAX_REQUEST_HEADERS = 128


class Grants:
    """What a preflight grants an allowed origin, with credentials or without."""

    def __init__(self, policy: Policy, methods: Methods, with_credentials: bool) -> None:
        self._with_credentials = with_credentials
        self._credentials = credentials_line(with_credentials)
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

    def cover(self, other: Grants) -> bool:
        """Whether all that a request with other grants may carry is granted here."""
        return self._headers.cover(other._headers) and (
            self._with_credentials >= other._with_credentials
        )


class Methods:
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
        self.lines = line(_ALLOW_METHODS, joined(methods))
        self.vary = (_REQUEST_METHOD,) if alone else ()

    def one_at_a_time(self) -> Methods:
        """The same, where the answer names the requested method alone."""
        return Methods(self._policy, self._methods, alone=True)

    def used(self, with_credentials: bool) -> Methods:
        """The same where credentials are used: a ``"*"`` would then stand for a method of that name."""
        return self.one_at_a_time() if with_credentials and self._names is None else self

    def allow(self, method: str) -> bool:
        """Whether a browser goes on (Fetch, "CORS-preflight fetch", step 7.5)."""
        return method in SAFELISTED_METHODS or self._is_granted(method)

    def granted(self, method: str) -> HeaderLines:
        """The header in the answer to one request."""
        if not self.vary:
            return self.lines
        return line(_ALLOW_METHODS, method) if self._is_granted(method) else ()

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
        self.lines = line(_ALLOW_HEADERS, joined(names))
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
        return line(_ALLOW_HEADERS, ", ".join([*self._explicit, *others]))

    @staticmethod
    def _is_covered(name: str) -> bool:
        """Whether ``"*"`` stands for a header (Fetch, "CORS non-wildcard request-header name")."""
        return (
            name != "authorization"
            and TOKEN.fullmatch(name) is not None
            and not is_forbidden_request_header(name)
        )


def requested_names(headers: str | None) -> tuple[str, ...] | None:
    """The names in ``Access-Control-Request-Headers``; ``None`` if there are too many to look at."""
    if not headers:
        return ()
    if headers.count(",") >= MAX_REQUEST_HEADERS:
        return None
    # RFC 9110, section 5.6.1: empty elements of a list do not count.
    names = [name.strip(" \t") for name in headers.lower().split(",")]
    return tuple([name for name in names if name])


def _is_method(method: str) -> bool:
    return TOKEN.fullmatch(method) is not None and method.upper() not in FORBIDDEN_METHODS


def joined(names: str | Iterable[str] | None) -> str:
    """Names as a header has them."""
    return names if isinstance(names, str) else ", ".join(names or ())


def credentials_line(with_credentials: bool) -> HeaderLines:
    """The line that allows credentials, or none."""
    return line("Access-Control-Allow-Credentials", "true" if with_credentials else "")


@functools.lru_cache(maxsize=64)
def vary_line(vary: tuple[str, ...]) -> HeaderLines:
    """The line that names what an answer depends on, or none; one object for all builders."""
    return line(VARY, ", ".join(vary))


def line(name: str, value: str) -> HeaderLines:
    """One line, or none if there is nothing to say."""
    return ((name, value),) if value else ()

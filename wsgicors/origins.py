"""Origins and the patterns that name them: parse, validate, match. Knows nothing of HTTP.

An origin is what a browser writes into its ``Origin`` header: scheme, host and, unless it is
the scheme's own, port (`HTML standard, "serialization of an origin"
<https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin>`_).
Serialization is canonical, so that two origins are the same exactly if their texts are.
Whatever is not written in that one way was not written by a browser, and matches nothing.

A pattern is an origin in which a leading ``*.`` may stand for one or more labels of subdomain,
and a port of ``*`` for any port::

    pattern = scheme "://" [ "*." ] host [ ":" ( port / "*" ) ]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from .hosts import canonical_ipv6, is_canonical_ipv4, is_loopback
from .suffixes import is_registry

#: No origin that is longer, in bytes, is looked at: a host has at most 253.
MAX_ORIGIN_LENGTH = 512

_MAX_HOST_LENGTH = 253
DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}

# Lower case only: a browser has lowered scheme and host before it writes them. The URL standard
# would admit more characters in a host (such as "!" or "}"), which no registry gives out and
# which hand-written checks have been fooled with; they are left out.
_LABEL = r"[a-z0-9_-]{1,63}"
# From 1 to 65535.
PORT = r"(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_GRAMMAR = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<subdomains>\*\.)?"
    rf"(?P<host>\[[0-9a-f:]+\]|{_LABEL}(?:\.{_LABEL})*)"
    rf"(?::(?P<port>\*|{PORT}))?"
)
# URL standard, "ends in a number checker": such a host is an IPv4 address or nothing.
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


class OriginPattern(NamedTuple):
    """A pattern (or, without wildcards, an origin) taken apart."""

    scheme: str
    #: Without the ``*.`` of a wildcard; an IPv6 address keeps its brackets.
    host: str
    #: Digits, ``"*"`` for any, or ``""`` for the scheme's own.
    port: str
    subdomains: bool

    @property
    def is_secure(self) -> bool:
        """Whether nobody on the network can pose as it: https, or this very machine."""
        return self.scheme == "https" or is_loopback(self.host)

    @property
    def covers_strangers(self) -> bool:
        """Whether its wildcard covers names that anybody can register."""
        return self.subdomains and not is_loopback(self.host) and is_registry(self.host)


def is_origin(text: str) -> bool:
    """Whether a text is an origin as a browser would have serialized it (``null`` is not).

    >>> is_origin("http://localhost:5173"), is_origin("https://example.com:443")
    (True, False)
    """
    return len(text) <= MAX_ORIGIN_LENGTH and "*" not in text and read_pattern(text) is not None


class OriginSet:
    """Patterns compiled to be asked, at a cost that their number does not change.

    Every pattern stands in one set as it is written. An origin is in if one of the few
    patterns that could match it, one for each label of its host, stands there.

    :param patterns: texts that are patterns.

    >>> origins = OriginSet(["https://*.example.com", "http://localhost:*"])
    >>> "https://a.b.example.com" in origins, "http://localhost:5173" in origins
    (True, True)
    >>> "https://example.com" in origins, "https://a.example.com.evil.net" in origins
    (False, False)
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = frozenset(patterns)
        read = (read_pattern(text) for text in self._patterns if "*" in text)
        wildcards = [pattern for pattern in read if pattern is not None]
        self._any_port = any(pattern.port == "*" for pattern in wildcards)
        #: How many labels stand behind the ``*.`` of the patterns.
        self._depths = {pattern.host.count(".") + 1 for pattern in wildcards if pattern.subdomains}

    def __contains__(self, origin: str) -> bool:
        if len(origin) > MAX_ORIGIN_LENGTH:
            return False
        if origin in self._patterns:
            return "*" not in origin
        scheme, _, rest = origin.partition("://")
        host, port = _split_port(rest)
        if self._has(scheme, "", host, port):
            return is_origin(origin)
        # A pattern that is found is known to be right, so that only what its "*" stands for is not.
        for depth in self._depths:
            labels = host.rsplit(".", depth)
            if len(labels) > depth and self._has(scheme, "*.", host[len(labels[0]) + 1 :], port):
                return _is_below_wildcard(labels[0], host, port, scheme)
        return False

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def _has(self, scheme: str, wildcard: str, host: str, port: str) -> bool:
        """Whether a wildcard pattern stands there for this port, or for any."""
        if wildcard and f"{scheme}://{wildcard}{host}{port}" in self._patterns:
            return True
        return self._any_port and f"{scheme}://{wildcard}{host}:*" in self._patterns


_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PORT_PART = re.compile(f":{PORT}")


def _is_below_wildcard(subdomain: str, host: str, port: str, scheme: str) -> bool:
    return (
        _SUBDOMAIN.fullmatch(subdomain) is not None
        and len(host) <= _MAX_HOST_LENGTH
        and (
            not port
            or (_PORT_PART.fullmatch(port) is not None and _is_canonical_port(port[1:], scheme))
        )
    )


def _split_port(rest: str) -> tuple[str, str]:
    """The host and, with its colon, the port of what follows the scheme."""
    host, colon, port = rest.rpartition(":")
    # The colon of an IPv6 address is none of a port.
    return (host, colon + port) if colon and not port.endswith("]") else (rest, "")


def read_pattern(text: str) -> OriginPattern | None:
    """Take an origin pattern apart; ``None`` if the text is none."""
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        return None
    scheme, subdomains, host, port = match.groups(default="")
    if not _is_canonical_host(host, bool(subdomains)) or not _is_canonical_port(port, scheme):
        return None
    return OriginPattern(scheme, host, port, bool(subdomains))


def _is_canonical_host(host: str, below_wildcard: bool) -> bool:
    if host.startswith("["):
        return not below_wildcard and host == canonical_ipv6(host)
    if _ENDS_IN_A_NUMBER.fullmatch(host):
        return not below_wildcard and is_canonical_ipv4(host)
    return len(host) <= _MAX_HOST_LENGTH


def _is_canonical_port(port: str, scheme: str) -> bool:
    return port == "" or port != DEFAULT_PORTS.get(scheme)

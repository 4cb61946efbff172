"""Origins and the patterns that name them: parse, validate, match. Knows nothing of HTTP.

An origin is what a browser writes into its ``Origin`` header: scheme, host and, unless it is
the scheme's own, port (`HTML standard, "serialization of an origin"
<https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin>`_).
Serialization is canonical, so that two origins are the same exactly if their texts are.
Whatever is not written in that one way was not written by a browser, and matches nothing.

A pattern is an origin in which ``*`` may stand for one or more labels of subdomain, for one or more
letters, digits or hyphens within the leftmost label, and for any port::

    pattern = scheme "://" [ "*." / label "." ] host [ ":" ( port / "*" ) ]
    label   = *character "*" *character        ; not "*" alone

Schemes beside those of the network belong to applications and extensions, which give themselves
whatever host they like, or none: ``tauri://localhost``, ``app://.``, ``file://``. Of these,
``scheme://*`` is any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from .hosts import canonical_ipv6, is_canonical_ipv4, is_loopback
from .suffixes import is_directly_below_registry, is_registry

#: No origin that is longer, in bytes, is looked at: a host has at most 253.
MAX_ORIGIN_LENGTH = 512

_MAX_HOST_LENGTH = 253
MAX_LABEL_LENGTH = 63
#: Of the schemes of the network (URL standard, "special scheme").
DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}

# Lower case only: a browser has lowered scheme and host before it writes them. The URL standard
# would admit more characters in a host (such as "!" or "}"), which no registry gives out and
# which hand-written checks have been fooled with; they are left out.
_LABEL = r"[a-z0-9_-]{1,63}"
# From 1 to 65535.
PORT = r"(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_GRAMMAR = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?:(?P<label>\*|[a-z0-9_-]+\*[a-z0-9_-]*|\*[a-z0-9_-]+)\.)?"
    rf"(?P<host>\[[0-9a-f:]+\]|{_LABEL}(?:\.{_LABEL})*)"
    rf"(?::(?P<port>\*|{PORT}))?"
)
# The host of such a scheme is opaque (URL standard): no browser lowers or resolves it.
_OF_AN_APPLICATION = re.compile(
    rf"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:(?P<any>\*)|(?P<host>[A-Za-z0-9._~%-]*)(?::(?P<port>{PORT}))?)"
)
# URL standard, "ends in a number checker": such a host is an IPv4 address or nothing.
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


class OriginPattern(NamedTuple):
    """A pattern (or, without wildcards, an origin) taken apart."""

    scheme: str
    #: Without a leftmost label that holds ``*``; an IPv6 address keeps its brackets.
    host: str
    #: Digits, ``"*"`` for any, or ``""`` for the scheme's own.
    port: str
    #: The leftmost label if it holds ``*``: ``"*"`` for one or more labels, ``"pr-*"``, or ``""``.
    label: str

    @property
    def is_exact(self) -> bool:
        """Whether it is one origin."""
        return not self.label and "*" not in (self.host, self.port)

    @property
    def is_of_an_application(self) -> bool:
        """Whether its scheme is none of the network's, but an application's or an extension's."""
        return self.scheme not in DEFAULT_PORTS

    @property
    def is_secure(self) -> bool:
        """Whether nobody on the network can pose as it: https, an application, or this very machine."""
        return self.scheme == "https" or self.is_of_an_application or is_loopback(self.host)

    @property
    def is_anybodys(self) -> bool:
        """Whether any file, application or extension that somebody installed has it, or can have it."""
        return self.scheme == "file" or (self.is_of_an_application and not self.is_exact)

    @property
    def covers_strangers(self) -> bool:
        """Whether its wildcard covers names that anybody can register."""
        return bool(self.label) and not is_loopback(self.host) and is_registry(self.host)


def is_origin(text: str) -> bool:
    """Whether a text is an origin as a browser would have serialized it (``null`` is not).

    >>> is_origin("http://localhost:5173"), is_origin("https://example.com:443")
    (True, False)
    """
    return len(text) <= MAX_ORIGIN_LENGTH and "*" not in text and read_pattern(text) is not None


class OriginSet:
    """Patterns compiled to be asked, at a cost that their number does not change.

    Every pattern stands in one set as it is written. An origin is in if one of the few
    patterns that could match it stands there: one for each label of its host, and those of the same
    length for its leftmost label.

    :param patterns: texts that are patterns.

    >>> origins = OriginSet(["https://*.example.com", "https://pr-*.example.dev", "http://localhost:*"])
    >>> "https://a.b.example.com" in origins, "http://localhost:5173" in origins
    (True, True)
    >>> "https://pr-7.example.dev" in origins, "https://pr-.example.dev" in origins
    (True, False)
    >>> "https://example.com" in origins, "https://a.example.com.evil.net" in origins
    (False, False)
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = frozenset(patterns)
        read = (read_pattern(text) for text in self._patterns if "*" in text)
        wildcards = [pattern for pattern in read if pattern is not None]
        self._any_port = any(pattern.port == "*" for pattern in wildcards)
        self._any_of_scheme = any(pattern.host == "*" for pattern in wildcards)
        #: How many labels stand behind the ``*.`` of the patterns.
        self._depths = sorted({_depth(pattern) for pattern in wildcards if pattern.label == "*"})
        #: By what stands around the leftmost label: how much of it stands before and after its ``*``, and
        #: the labels themselves.
        self._labels: dict[str, _Labels] = {}
        for scheme, host, port, label in wildcards:
            if label not in ("", "*"):
                before, _, after = label.partition("*")
                around = f"{scheme}://.{host}{port and ':'}{port}"
                lengths, labels = self._labels.setdefault(around, (set(), set()))
                lengths.add((len(before), len(after)))
                labels.add(label)

    def __contains__(self, origin: str) -> bool:
        if len(origin) > MAX_ORIGIN_LENGTH:
            return False
        if origin in self._patterns:
            return "*" not in origin
        scheme, slashes, host = origin.partition("://")
        if self._any_of_scheme and f"{scheme}://*" in self._patterns:
            return is_origin(origin)
        port = ""
        if ":" in host:
            host, port = _split_port(host)
            if port and not _is_port_part(port, scheme):
                return False
        scheme += slashes
        # What a pattern spells out is known to be right, so that only what its "*" stands for is not.
        return len(host) <= _MAX_HOST_LENGTH and (
            (self._any_port and f"{scheme}{host}:*" in self._patterns)
            or self._has(scheme, host, port)
            or (self._any_port and self._has(scheme, host, ":*"))
        )

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def _has(self, scheme: str, host: str, port: str) -> bool:
        """Whether a wildcard pattern that stands there for a port covers a host."""
        for depth in self._depths:
            name = host.rsplit(".", depth)[0]
            if f"{scheme}*{host[len(name) :]}{port}" in self._patterns:
                return _is_subdomain(name)
        return bool(self._labels) and self._has_label(scheme, host, port)

    def _has_label(self, scheme: str, host: str, port: str) -> bool:
        label, dot, parent = host.partition(".")
        lengths, labels = self._labels.get(f"{scheme}{dot}{parent}{port}", _NO_LABELS)
        for before, after in lengths:
            end = len(label) - after
            if f"{label[:before]}*{label[end:]}" in labels:
                covered = label[before:end]
                if covered and not covered.strip(_WITHIN_LABEL) and len(label) <= MAX_LABEL_LENGTH:
                    return True
        return False


_Labels = tuple[set[tuple[int, int]], set[str]]
_NO_LABELS: _Labels = (set(), set())
_LABEL_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-"
_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_WITHIN_LABEL = "abcdefghijklmnopqrstuvwxyz0123456789-"
_PORT_PART = re.compile(f":{PORT}")
_DEFAULT_PORT_PARTS = {scheme: f":{port}" for scheme, port in DEFAULT_PORTS.items()}


def _is_subdomain(name: str) -> bool:
    # One label, which is what most are, is told in a quarter of the time by what stripping leaves.
    if 0 < len(name) <= MAX_LABEL_LENGTH and not name.strip(_LABEL_CHARACTERS):
        return True
    return _SUBDOMAIN.fullmatch(name) is not None


def _depth(pattern: OriginPattern) -> int:
    return pattern.host.count(".") + 1


def _is_port_part(port: str, scheme: str) -> bool:
    return port != _DEFAULT_PORT_PARTS.get(scheme) and _PORT_PART.fullmatch(port) is not None


def _split_port(rest: str) -> tuple[str, str]:
    """The host and, with its colon, the port of what follows the scheme."""
    host, colon, port = rest.rpartition(":")
    # The colon of an IPv6 address is none of a port.
    return (host, colon + port) if colon and not port.endswith("]") else (rest, "")


def read_pattern(text: str) -> OriginPattern | None:
    """Take an origin pattern apart; ``None`` if the text is none."""
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        return _read_opaque(text)
    scheme, label, host, port = match.groups(default="")
    pattern = OriginPattern(scheme, host, port, label)
    return pattern if pattern.is_of_an_application or _is_canonical(pattern) else None


def _read_opaque(text: str) -> OriginPattern | None:
    match = _OF_AN_APPLICATION.fullmatch(text)
    if match is None or match["scheme"] in DEFAULT_PORTS:
        return None
    return OriginPattern(match["scheme"], match["any"] or match["host"], match["port"] or "", "")


def _is_canonical(pattern: OriginPattern) -> bool:
    return (
        _is_canonical_host(pattern.host, pattern.label)
        and _is_canonical_port(pattern.port, pattern.scheme)
        and (pattern.label in ("", "*") or _is_canonical_label(pattern.label, pattern.host))
    )


def _is_canonical_label(label: str, host: str) -> bool:
    """Whether a label that holds ``*`` leaves out what only a registry could cover."""
    return len(label) <= MAX_LABEL_LENGTH and not is_directly_below_registry(f"{label}.{host}")


def _is_canonical_host(host: str, label: str) -> bool:
    if host.startswith("["):
        return not label and host == canonical_ipv6(host)
    if _ENDS_IN_A_NUMBER.fullmatch(host):
        return not label and is_canonical_ipv4(host)
    return len(host) <= _MAX_HOST_LENGTH


def _is_canonical_port(port: str, scheme: str) -> bool:
    return port != DEFAULT_PORTS.get(scheme)

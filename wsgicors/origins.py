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

import functools
import ipaddress
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

#: No origin that is longer, in bytes, is looked at: a host has at most 253.
MAX_ORIGIN_LENGTH = 512

_MAX_HOST_LENGTH = 253
_DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}

# Lower case only: a browser has lowered scheme and host before it writes them. The URL standard
# would admit more characters in a host (such as "!" or "}"), which no registry gives out and
# which hand-written checks have been fooled with; they are left out.
_LABEL = r"[a-z0-9_-]{1,63}"
# From 1 to 65535.
_PORT = r"(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_GRAMMAR = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<subdomains>\*\.)?"
    rf"(?P<host>\[[0-9a-f:]+\]|{_LABEL}(?:\.{_LABEL})*)"
    rf"(?::(?P<port>\*|{_PORT}))?"
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


class OriginError(ValueError):
    """Raised for a text that is no origin pattern.

    :param reason: a short code, stable from release to release.
    :param message: what is wrong, and what to write instead, without the text itself.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def parse_pattern(text: str) -> OriginPattern:
    """Take an origin pattern apart.

    :param text: such as ``https://*.example.com:*``.
    :raises OriginError: if it is none, with what to write instead.

    >>> parse_pattern("https://*.example.com")
    OriginPattern(scheme='https', host='example.com', port='', subdomains=True)
    >>> parse_pattern("https://example.com/")
    Traceback (most recent call last):
        ...
    wsgicors.origins.OriginError: has a path, a query or a fragment: an origin has none; write 'https://example.com'
    """
    pattern = _parse(text) if len(text) <= MAX_ORIGIN_LENGTH else None
    if pattern is None:
        raise _diagnosed(text)
    return pattern


def is_origin(text: str) -> bool:
    """Whether a text is an origin as a browser would have serialized it (``null`` is not).

    >>> is_origin("http://localhost:5173"), is_origin("https://example.com:443")
    (True, False)
    """
    return len(text) <= MAX_ORIGIN_LENGTH and "*" not in text and _parse(text) is not None


class OriginSet:
    """Patterns compiled to be asked, at a cost that their number does not change.

    Every pattern stands in one set as it is written. An origin is in if one of the few
    patterns that could match it, one for each label of its host, stands there.

    :param patterns: texts that :func:`parse_pattern` takes.

    >>> origins = OriginSet(["https://*.example.com", "http://localhost:*"])
    >>> "https://a.b.example.com" in origins, "http://localhost:5173" in origins
    (True, True)
    >>> "https://example.com" in origins, "https://a.example.com.evil.net" in origins
    (False, False)
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = frozenset(patterns)
        wildcards = [parse_pattern(text) for text in self._patterns if "*" in text]
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
_PORT_PART = re.compile(f":{_PORT}")


def _is_below_wildcard(subdomain: str, host: str, port: str, scheme: str) -> bool:
    return (
        _SUBDOMAIN.fullmatch(subdomain) is not None
        and len(host) <= _MAX_HOST_LENGTH
        and (
            not port
            or (_PORT_PART.fullmatch(port) is not None and _is_canonical_port(port[1:], scheme))
        )
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by name or address (Secure Contexts, section 3.1).

    >>> is_loopback("app.localhost"), is_loopback("[::1]"), is_loopback("localhost.evil.net")
    (True, True, False)
    """
    return (
        host in ("localhost", "[::1]")
        or host.endswith(".localhost")
        or (host.startswith("127.") and _is_canonical_ipv4(host))
    )


def is_registry(host: str) -> bool:
    """Whether strangers can have names below a host: a public suffix, or a parent of one.

    A name of one label that is on no list (``https://*.corp``) counts as one too.

    >>> is_registry("com"), is_registry("github.io"), is_registry("example.com")
    (True, True, False)
    >>> is_registry("amazonaws.com")  # everybody's buckets are in s3.amazonaws.com
    True
    """
    return _public_suffixes().is_public(host) or host in _parents_of_public_suffixes()


def registrable_domain(host: str) -> str | None:
    """What of a host somebody has registered (URL standard); ``None`` for an address or a public suffix.

    >>> registrable_domain("api.example.co.uk"), registrable_domain("co.uk"), registrable_domain("127.0.0.1")
    ('example.co.uk', None, None)
    """
    if host.startswith("[") or _is_canonical_ipv4(host):
        return None
    return _public_suffixes().privatesuffix(host)


@functools.cache
def _public_suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@functools.cache
def _parents_of_public_suffixes() -> frozenset[str]:
    """All names of two or more labels that have a public suffix below them."""
    from publicsuffixlist import PSLFILE

    lines = Path(PSLFILE).read_text(encoding="utf-8").splitlines()
    rules = [line.split()[0] for line in lines if line.strip() and not line.startswith("//")]
    names = [rule.lstrip("!").encode("idna").decode("ascii") for rule in rules]
    return frozenset(
        parent for name in names for parent in _parents(name, name.count(".")) if "." in parent
    )


def _parents(host: str, most_labels: int) -> Iterator[str]:
    """The names that a host is below, the longest first, of so many labels at the most."""
    labels = host.split(".")
    for first in range(max(1, len(labels) - most_labels), len(labels)):
        yield ".".join(labels[first:])


def _split_port(rest: str) -> tuple[str, str]:
    """The host and, with its colon, the port of what follows the scheme."""
    host, colon, port = rest.rpartition(":")
    # The colon of an IPv6 address is none of a port.
    return (host, colon + port) if colon and not port.endswith("]") else (rest, "")


def _parse(text: str) -> OriginPattern | None:
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        return None
    scheme, subdomains, host, port = match.groups(default="")
    if not _is_canonical_host(host, bool(subdomains)) or not _is_canonical_port(port, scheme):
        return None
    return OriginPattern(scheme, host, port, bool(subdomains))


def _is_canonical_host(host: str, below_wildcard: bool) -> bool:
    if host.startswith("["):
        return not below_wildcard and host == _canonical_ipv6(host)
    if _ENDS_IN_A_NUMBER.fullmatch(host):
        return not below_wildcard and _is_canonical_ipv4(host)
    return len(host) <= _MAX_HOST_LENGTH


def _is_canonical_port(port: str, scheme: str) -> bool:
    return port == "" or port != _DEFAULT_PORTS.get(scheme)


def _is_canonical_ipv4(host: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False


def _canonical_ipv6(host: str) -> str | None:
    """The URL standard's serialization of a bracketed address ("IPv6 serializer")."""
    try:
        address = ipaddress.IPv6Address(host[1:-1])
    except ValueError:
        return None
    if address.ipv4_mapped is not None:
        # Python 3.13 writes these as ::ffff:1.2.3.4, browsers in hexadecimal.
        high, low = divmod(int(address.ipv4_mapped), 1 << 16)
        return f"[::ffff:{high:x}:{low:x}]"
    return f"[{address.compressed}]"


# What can be wrong with a pattern, most telling first: a code, how the text gives it away, and
# what to say of it.
_FAULTS = [
    (reason, re.compile(sign, re.DOTALL | re.IGNORECASE | re.ASCII), wrong)
    for reason, sign, wrong in [
        ("empty", r"$", "is empty"),
        ("not-ascii", r".*[^\x00-\x7f]", "is not ASCII: browsers send such a host in Punycode"),
        (
            "regular-expression",
            r".*(?:[\\^$|()]|\.\+|://\.\*)|\.\*",
            "looks like a regular expression: compile it with re.compile(); it must match in full",
        ),
        ("blank-or-control", r".*[\x00-\x20\x7f]", "holds a blank or a control character"),
        ("no-scheme", r"(?!.*://)", "has no scheme"),
        ("user-info", r".*://[^/?#]*@", "holds user information: no browser sends that"),
        ("path", r".*://[^/?#]*[/?#]", "has a path, a query or a fragment: an origin has none"),
        ("upper-case", r"(?-i:.*[A-Z])", "is not in lower case, as browsers send it"),
        ("trailing-dot", r".*\.(?::.*)?$", "has a host that ends in a dot"),
        (
            "default-port",
            r"(?:http|ws)://[^/]*:80$|(?:https|wss)://[^/]*:443$|ftp://[^/]*:21$",
            "names its scheme's default port, which browsers leave out",
        ),
        (
            "wildcard",
            r"(?=.*\*)(?!(?:[^*:/]+://)?(?:\*\.)?(?:\[[^*\]]*\]|[^*:]+)(?::[^:/]*)?$)",
            (
                'may hold "*" only for subdomains (https://*.example.com) and for any port'
                ' (http://localhost:*); every origin is allow_origins="*"'
            ),
        ),
        (
            "port",
            rf".*://(?:\[[^\]]*\]|[^:\[]*):(?!(?:{_PORT}|\*)$)",
            "has a port that is not a number from 1 to 65535",
        ),
        (
            "ip-address",
            r".*://(?:\*\.)?(?:\[|(?:[^/]*\.)?(?:[0-9]+|0x[0-9a-f]*)$)",
            "has an IP address that is not one address in the form that browsers write",
        ),
        ("malformed", r"", "is no origin, scheme://host or scheme://host:port"),
    ]
]
_LOOSELY = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?:[^@/?#\\]*@)?"
    r"(?P<host>\[[^\]]*\]|[^:/?#\s\\]*)(?::(?P<port>[0-9]+|\*))?(?=[/?#]|$)",
    re.ASCII,
)


def _diagnosed(text: str) -> OriginError:
    if len(text) > MAX_ORIGIN_LENGTH:
        return OriginError("too-long", f"is longer than {MAX_ORIGIN_LENGTH} bytes")
    reason, wrong = next((code, wrong) for code, sign, wrong in _FAULTS if sign.match(text))
    meant = _repaired(text)
    if meant is not None:
        return OriginError(reason, f"{wrong}; write {meant!r}")
    if reason == "not-ascii":
        wrong += ' (pip install "wsgicors[idna]" to have it shown here)'
    return OriginError(reason, wrong)


def _repaired(text: str) -> str | None:
    """The pattern that was probably meant, if there is one."""
    if text.strip().lower() == "null":
        return "null"
    match = _LOOSELY.match(text.strip().lower())
    if match is None:
        return None
    subdomains, host = _split_wildcard(_in_punycode(match["host"].rstrip(".")))
    if host.startswith("["):
        host = _canonical_ipv6(host) or host
    scheme = match["scheme"] or ("http" if is_loopback(host) else "https")
    port = (match["port"] or "").lstrip("0")
    if port in ("", _DEFAULT_PORTS.get(scheme)):
        meant = f"{scheme}://{subdomains}{host}"
    else:
        meant = f"{scheme}://{subdomains}{host}:{port}"
    return None if _parse(meant) is None else meant


def _split_wildcard(host: str) -> tuple[str, str]:
    """Read the ``.example.com`` of cookies and of Django as ``*.example.com`` too."""
    bare = host[1:] if host.startswith("*.") else host
    return ("*.", bare[1:]) if bare.startswith(".") else ("", bare)


def _in_punycode(host: str) -> str:
    """The host as a browser writes it; unchanged where that cannot be told."""
    if host.isascii():
        return host
    wildcard, bare = _split_wildcard(host)
    try:
        return wildcard + _to_ascii(bare)
    except UnicodeError:
        return host


def _to_ascii(name: str) -> str:
    """UTS 46 without transitional processing, as the URL standard has it ("domain to ASCII").

    :raises UnicodeError: if the name is not valid, or if only the idna package could tell.
    """
    try:
        import idna
    except ImportError:
        encoded = name.encode("idna").decode("ascii")
        # Python's own codec is of 2003. It maps a few characters ("ß") to other names, and
        # advice to open the door to another name would be worse than none.
        if encoded.encode("ascii").decode("idna") != name:
            raise UnicodeError(f"{name!r} differs between IDNA 2003 and 2008") from None
        return encoded
    return idna.encode(name, uts46=True).decode("ascii")

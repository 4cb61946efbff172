"""URLs, the origins and the sites that they belong to; knows nothing of CORS.

A simplification, owned up to: URLs are taken apart by :mod:`urllib.parse`, which is close to
the URL standard for what servers write in earnest, but does not repair what a browser repairs
(blanks inside, backslashes for slashes). Hosts are ASCII: write an international name in
Punycode.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from ..hosts import canonical_ipv6, is_loopback
from ..suffixes import registrable_domain
from .engines import STANDARD, Engine

# Of a URL whose scheme is special.
_HOST_MISSING = re.compile(r"([a-z][a-z0-9+.-]*:)?//([?#]|$)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Fetch standard, "port blocking".
UNSAFE_PORTS = frozenset(
    """0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115
    117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587
    601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669
    6679 6697 10080""".split()
)
# What a browser leaves as it is in a path or query; "%" too, since it may be an escape already.
_URL_CHARACTERS = "!$%&'()*+,-./:;=?@[]^_`{|}~"


class URL(NamedTuple):
    """A URL with a host, taken apart.

    >>> parse_url("https://user@Example.com:443/a?b#c")
    URL(scheme='https', credentials='user', host='example.com', port='', target='/a?b', fragment='c')
    """

    scheme: str
    #: ``user`` or ``user:password``; empty if there are none.
    credentials: str
    #: In lower case; an IPv6 address with its brackets.
    host: str
    #: Digits, or empty for the scheme's own.
    port: str
    #: Path and query, beginning with a slash.
    target: str
    #: What never crosses the wire.
    fragment: str = ""

    @property
    def origin(self) -> str:
        """The origin, serialized; of other schemes than HTTP(S), ``null``.

        URL standard, `"origin" <https://url.spec.whatwg.org/#origin>`_.
        """
        if not self.is_http:
            return "null"
        return f"{self.scheme}://{self._host_and_port}"

    @property
    def is_http(self) -> bool:
        """Whether the scheme is ``http`` or ``https``."""
        return self.scheme in _DEFAULT_PORTS

    @property
    def is_potentially_trustworthy(self) -> bool:
        """Whether nobody on the network can read along: https, or this very machine.

        Secure Contexts, `section 3.1
        <https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy>`_.
        """
        return self.scheme == "https" or is_loopback(self.host)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def __str__(self) -> str:
        """The URL as it crosses the wire: without credentials."""
        return f"{self.scheme}://{self._host_and_port}{self.target}"

    @property
    def href(self) -> str:
        """The URL as a script sees it: with credentials."""
        at = f"{self.credentials}@" if self.credentials else ""
        return f"{self.scheme}://{at}{self._host_and_port}{self.target}"

    @property
    def _host_and_port(self) -> str:
        return f"{self.host}:{self.port}" if self.port else self.host


def parse_url(text: str, base: URL | None = None) -> URL:
    """Take a URL apart.

    :param base: what a relative URL is relative to.
    :raises ValueError: if it is no absolute URL with a host.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!a} is not text; write a URL")  # noqa: TRY004 - as for any other text
    text = text.strip()
    # urljoin() takes a URL without its host for a relative one.
    if _HOST_MISSING.match(text):
        raise ValueError(f"{text!r} has no host")
    parts = urlsplit(urljoin(str(base), text) if base else text)
    host = (parts.hostname or "").lower()
    if not parts.scheme or not host or not host.isascii():
        raise ValueError(f"{text!r} is not an absolute URL with an ASCII host")
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else str(parts.port)
    query = f"?{parts.query}" if parts.query else ""
    return URL(
        scheme=parts.scheme,
        credentials=parts.netloc.rpartition("@")[0],
        host=_in_brackets(host) if ":" in host else _in_four_numbers(host),
        port=port,
        target=quote((parts.path or "/") + query, safe=_URL_CHARACTERS),
        fragment=parts.fragment,
    )


def _in_brackets(address: str) -> str:
    """An IPv6 address as browsers write it."""
    return canonical_ipv6(f"[{address}]") or f"[{address}]"


def _in_four_numbers(host: str) -> str:
    """An IPv4 address as browsers write it: ``127.1`` and ``0x7f000001`` are ``127.0.0.1``."""
    if not host.rpartition(".")[2].startswith(tuple("0123456789")):
        return host
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return host


def page_at(origin: str) -> URL | None:
    """Where a page is, as far as its origin tells; ``None`` for ``null`` and for a file."""
    return None if origin == "null" or _HOST_MISSING.match(origin) else parse_url(origin)


def is_same_site(origin: str, other: str, engine: Engine = STANDARD) -> bool:
    """Whether two serialized origins are of one site: scheme and registered name are the same.

    HTML standard, `"schemelessly same site" and "same site"
    <https://html.spec.whatwg.org/multipage/browsers.html#same-site>`_.

    >>> is_same_site("https://app.example.com", "https://api.example.com")
    True
    >>> is_same_site("https://a.github.io", "https://b.github.io")
    False
    """
    one, two = page_at(origin), page_at(other)
    if one is None or two is None:
        return False
    return origin == other or _site(one, engine) == _site(two, engine)


def _site(url: URL, engine: Engine) -> tuple[str, str]:
    scheme = url.scheme if engine.sites_have_schemes else ""
    if is_loopback(url.host) and not engine.has_sites_below_localhost:
        return scheme, url.host
    return scheme, registrable_domain(url.host) or url.host


def is_address(host: str) -> bool:
    """Whether a host is an IP address and no name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True

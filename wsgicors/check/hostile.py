"""Origins that resemble one that is trusted, each made to slip past one mistake; asks nobody.

``evil`` is the attacker's name everywhere. Nothing is sent to these hosts: they only stand in
the ``Origin`` header.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..origins import OriginPattern
from ..suffixes import registrable_domain

#: An origin that resembles none (``.example`` is nobody's: RFC 2606).
STRANGER = "https://evil.example"

# Browsers take these in the name of a subdomain, hand-written patterns often do not expect them.
_SPECIAL_CHARACTERS = "_{`!"
_ANOTHER_PORT = "1337"
# The identity of a Chromium extension is made of the letters a to p.
_AS_ID = str.maketrans("v", "o")


# Where anybody can have a name within a minute.
_SHARED_HOSTS = (
    "amplifyapp.com appspot.com azurestaticapps.net azurewebsites.net blogspot.com cloudfront.net"
    " codesandbox.io csb.app deno.dev firebaseapp.com fly.dev github.io gitlab.io glitch.me"
    " herokuapp.com lovable.app netlify.app ngrok-free.app ngrok.app ngrok.io onrender.com pages.dev"
    " railway.app replit.app run.app s3.amazonaws.com surge.sh trycloudflare.com vercel.app web.app"
    " workers.dev"
).split()


class Hostile(NamedTuple):
    """An origin that should not be trusted."""

    #: Which mistake would let it in.
    kind: str
    origin: str


#: Those that resemble nobody in particular, but what many servers are told to trust.
COMMON = (
    Hostile("any-origin", STRANGER),
    Hostile("null-origin", "null"),
    Hostile("local-name", "http://localhost.evil.example"),
    Hostile("local-name", "https://localhost.evil.example"),
    Hostile("local-name", "http://localhost.evil.example:3000"),
    Hostile("local-name", "http://127.0.0.1.evil.example"),
    Hostile("local-name", "http://evil-localhost.example"),
    Hostile("address", "http://203.0.113.66"),
    Hostile("address", "https://203.0.113.66"),
    Hostile("address", "http://203.0.113.66:8080"),
    Hostile("address", "http://192.168.66.66"),
    Hostile("address", "http://10.66.66.66:3000"),
    Hostile("address", "http://172.16.66.66"),
    Hostile("address", "http://[2001:db8::66]"),
    Hostile("address", "http://192.168.evil.example"),
    Hostile("extension", f"chrome-extension://{'evil'.translate(_AS_ID) * 8}"),
    Hostile("extension", "moz-extension://00000000-0000-4000-8000-000000000666"),
    Hostile("extension", "safari-web-extension://00000000-0000-4000-8000-000000000666"),
    Hostile("extension", "vscode-webview://00000000-0000-4000-8000-000000000666"),
    Hostile("local-file", "file://"),
    *(Hostile("shared-host", f"https://evil.{suffix}") for suffix in _SHARED_HOSTS),
)


def example_of(pattern: OriginPattern) -> str:
    """An origin that matches a pattern.

    >>> from wsgicors.diagnosis import parse_pattern
    >>> example_of(parse_pattern("https://*.example.com:*"))
    'https://www.example.com'
    """
    return _origin(*_filled_in(pattern)[:3])


def resembling(trusted: OriginPattern) -> Iterator[Hostile]:
    """The hostile origins that belong to a trusted one.

    :param trusted: a pattern; its wildcards are filled in.

    >>> from wsgicors.diagnosis import parse_pattern
    >>> for kind, origin in list(resembling(parse_pattern("https://example.com")))[:3]:
    ...     print(kind, origin)
    http-twin http://example.com
    other-port https://example.com:1337
    loose-comparison https://EXAMPLE.COM
    """
    scheme, host, port, _ = _filled_in(trusted)
    if scheme == "https":
        yield Hostile("http-twin", _origin("http", host, port))
    yield Hostile("other-port", _origin(scheme, host, _other_port(port)))
    if host.upper() != host:
        yield Hostile("loose-comparison", _origin(scheme, host.upper(), port))
    if not host.startswith("["):
        for kind, name in _names(host):
            yield Hostile(kind, _origin(scheme, name, port))
    if registrable_domain(host):
        # A port behind it would be part of no longer text.
        yield Hostile("shortened", _origin(scheme, host[:-1], ""))


def _filled_in(pattern: OriginPattern) -> OriginPattern:
    label = pattern.label.replace("*", "www")
    host = pattern.host.replace("*", "any")
    return OriginPattern(
        pattern.scheme, f"{label}.{host}" if label else host, pattern.port.strip("*"), ""
    )


def _origin(scheme: str, host: str, port: str) -> str:
    return f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"


def _other_port(port: str) -> str:
    """If it can be, one that begins with the port that is trusted."""
    return f"{port}0" if port and int(port) <= 6553 else _ANOTHER_PORT


def _names(host: str) -> Iterator[tuple[str, str]]:
    yield "prefix", f"{host}.evil.example"
    yield "prefix", f"{host}evil.example"
    for character in _SPECIAL_CHARACTERS:
        yield "special-characters", f"{host}{character}.evil.example"
    yield "loose-comparison", f"{host}."
    yield "loose-comparison", f"{host}@evil.example"
    domain = registrable_domain(host)
    if domain:
        yield from _neighbours(host, domain)


def _neighbours(host: str, domain: str) -> Iterator[tuple[str, str]]:
    """Names near a name that somebody has registered."""
    suffix = domain.partition(".")[2]
    yield "suffix", f"evil{domain}"
    yield "public-suffix", f"evil.{suffix}"
    # Of as many letters as most have; and there is none of that name.
    yield "other-suffix", f"{host.removesuffix(suffix)}evl"
    yield "subdomain", f"evil.{host}"
    if host != domain:
        yield "subdomain", f"evil.{domain}"
        yield "subdomain", f"evil{host}"
    for place, character in enumerate(host):
        name = f"{host[:place]}x{host[place + 1 :]}"
        if character == "." and registrable_domain(name) not in (None, domain):
            yield "unescaped-dot", name

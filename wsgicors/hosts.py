"""Hosts as browsers write them: this machine's own names, and addresses; knows nothing of origins."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by name or address (Secure Contexts, section 3.1).

    >>> is_loopback("app.localhost"), is_loopback("[::1]"), is_loopback("localhost.evil.net")
    (True, True, False)
    """
    return (
        host in ("localhost", "[::1]")
        or host.endswith(".localhost")
        or (host.startswith("127.") and is_canonical_ipv4(host))
    )


def is_canonical_ipv4(host: str) -> bool:
    """Whether a host is an IPv4 address as browsers write it (URL standard, "IPv4 serializer")."""
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False


def canonical_ipv6(host: str) -> str | None:
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

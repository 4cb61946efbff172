"""What goes wrong beside a request, though the request may be allowed; decides on no outcome."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..fetch import parse_url
from ..fetch.catalogue import NOTES, link
from ..fetch.refusals import printable
from ..hosts import is_loopback

if TYPE_CHECKING:
    from ..fetch import NetworkError
    from ..fetch.urls import URL
    from .verdict import Verdict

# Who refuses for the origin was told of it.
_REFUSED = 403
# Local Network Access, "IP address space": what it calls local and loopback.
_LOCAL = tuple(
    map(
        ipaddress.ip_network,
        "10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16"
        " ::1/128 fc00::/7 fe80::/10".split(),
    )
)


class Note(NamedTuple):
    """Something to know."""

    #: A short code that stays the same from release to release.
    reason: str
    #: What happens.
    why: str
    #: What to change.
    remedy: str

    @property
    def more(self) -> str:
        """Where the documentation tells more."""
        return link(self.reason)


def notes(verdict: Verdict, *, is_served: bool = True) -> tuple[Note, ...]:
    """What there is to know beside the outcome.

    :param is_served: whether the URL is where the server really is.
    """
    return tuple(_notes(verdict, is_served))


def _notes(verdict: Verdict, is_served: bool) -> Iterator[Note]:
    request, response, refusal = verdict
    is_sent = refusal is None or refusal.reason not in ("mixed-content", "unsafe-port")
    if is_served and is_sent and _is_public(request.origin) and _is_local(request.url):
        yield _note("local-network-access", url=request.url, origin=request.origin)
    if is_served and refusal is not None and _is_as_without_origin(refusal):
        yield _note("origin-removed", origin=request.origin)
    for cookie in response.refused_cookies if response else ():
        yield _note("cookie-refused", **cookie._replace(name=printable(cookie.name))._asdict())


def _is_as_without_origin(refusal: NetworkError) -> bool:
    """Whether the answer is what an allowed origin gets too, if the server is not told of it."""
    return refusal.cause == "origin-denied" and refusal.exchanges[-1].response.status != _REFUSED


def _note(code: str, **told: Any) -> Note:
    entry = NOTES[code]
    return Note(code, entry.what.format(**told), entry.change.format(**told))


def _is_public(origin: str) -> bool:
    return origin.startswith(("http://", "https://")) and not _is_local(parse_url(origin))


def _is_local(url: URL) -> bool:
    try:
        address = ipaddress.ip_address(url.host.strip("[]"))
    except ValueError:
        return is_loopback(url.host) or url.host.endswith(".local")
    return any(address in network for network in _LOCAL)

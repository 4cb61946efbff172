"""Redirects: where one leads, and what it makes of a request; whether it is refused, others say."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import fields
from .urls import parse_url

if TYPE_CHECKING:
    from .engines import Engine
    from .fields import HeaderList
    from .messages import HTTPResponse, Request
    from .urls import URL


def redirect_taints(origin: str, url_list: list[URL]) -> bool:
    """Whether a request has lost its origin: it left, and was then sent elsewhere.

    Fetch standard, `"redirect-taint"
    <https://fetch.spec.whatwg.org/#concept-request-tainted-origin>`_.
    """
    return any(
        previous.origin not in (url.origin, origin) for previous, url in zip(url_list, url_list[1:])
    )


def has_location(response: HTTPResponse, engine: Engine) -> bool:
    """Whether a redirect leads anywhere at all."""
    location = fields.get(response.headers, "Location")
    return location is not None and (location != "" or engine.empty_location == "same")


def location_url(response: HTTPResponse, url: URL) -> URL:
    """Where a response redirects to.

    Fetch standard, `"location URL"
    <https://fetch.spec.whatwg.org/#concept-response-location-url>`_.

    :param url: where the response came from.
    :raises ValueError: if its ``Location`` is no single URL.
    """
    locations = fields.values(response.headers, "Location")
    if len(locations) != 1:
        raise ValueError(f"there are {len(locations)} Location headers")
    target = parse_url(locations[0], url)
    return target._replace(fragment=target.fragment or url.fragment)


def leads_to_url(response: HTTPResponse, url: URL) -> bool:
    """Whether a response redirects to a URL, of whatever scheme."""
    scheme, colon, _ = (fields.get(response.headers, "Location") or "").partition(":")
    if colon and scheme.isalpha() and scheme.lower() not in ("http", "https"):
        return True
    try:
        location_url(response, url)
    except ValueError:
        return False
    return True


class Redirect(NamedTuple):
    """One redirect that is followed.

    Fetch standard, `"HTTP-redirect fetch" <https://fetch.spec.whatwg.org/#http-redirect-fetch>`_,
    steps 12 and 13.
    """

    #: The request that was answered with it.
    request: Request
    status: int
    #: Where it leads.
    url: URL
    #: The request as it was before all redirects.
    script: Request
    #: Whether the request has been to another origin, or goes there now.
    is_cors: bool
    engine: Engine

    @property
    def result(self) -> Request:
        """The request as it goes on."""
        request = self.request._replace(url=self.url, headers=self._headers())
        return request._replace(method="GET", body=None) if self._turns_into_get else request

    @property
    def asked_headers(self) -> HeaderList:
        """The headers that a preflight for it asks for, as far as they are unsafe."""
        if self.engine.asks_for_lost_headers == "all":
            return self.script.headers
        if self.engine.asks_for_lost_headers == "earlier":
            return fields.without(self.script.headers, self._taken_from(self.request))
        return self.result.headers

    @property
    def _crosses(self) -> bool:
        return self.request.url.origin != self.url.origin

    @property
    def _turns_into_get(self) -> bool:
        is_lost = self._crosses and self.request.method == "DELETE"
        return _turns_into_get(self.request.method, self.status) or (
            is_lost and self.engine.turns_delete_into_get
        )

    def _headers(self) -> HeaderList:
        by_script = self.engine.lost_headers_return == "script"
        taken = self._taken_from(self.script if by_script else self.request)
        headers = fields.without((*self.request.headers, *self._returned()), taken)
        if self.url.origin == self.request.origin or self.engine.keeps_device_hints:
            return headers
        return tuple(header for header in headers if not fields.is_device_hint(header[0]))

    def _taken_from(self, request: Request) -> frozenset[str]:
        """The (lower-case) names of the headers that such a request does not keep."""
        names: frozenset[str] = frozenset()
        if _turns_into_get(request.method, self.status):
            names |= fields.REQUEST_BODY_HEADER_NAMES
        if self._crosses:
            names |= fields.CORS_NON_WILDCARD_REQUEST_HEADER_NAMES
        return names

    def _returned(self) -> HeaderList:
        """What earlier redirects took away, and this one brings back."""
        present = {name.lower() for name, _ in self.request.headers}
        lost = fields.without(self.script.headers, present)
        if self.engine.lost_headers_return == "script":
            return lost
        if self.engine.lost_headers_return == "across" and self.is_cors:
            return _named(lost, fields.REQUEST_BODY_HEADER_NAMES)
        if self.engine.lost_headers_return == "across" and self.status in (307, 308):
            return _named(lost, frozenset({"content-type"}))
        return ()


def _named(headers: HeaderList, names: frozenset[str]) -> HeaderList:
    return tuple(header for header in headers if header[0].lower() in names)


def _turns_into_get(method: str, status: int) -> bool:
    if status == 303:
        return method not in ("GET", "HEAD")
    return status in (301, 302) and method == "POST"

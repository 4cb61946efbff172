"""The single decisions of a fetch, each a function of values; their order is not known here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsgicors.policy import FORBIDDEN_RESPONSE_HEADERS

from . import fields, refusals
from .urls import parse_url

if TYPE_CHECKING:
    from .engines import Engine
    from .fields import HeaderList
    from .messages import HTTPResponse, Request
    from .refusals import Refusal
    from .urls import URL


def cors_check(
    origin: str, response: HTTPResponse, *, credentials: bool, subject: str
) -> Refusal | None:
    """Say what keeps a response from a page, ``None`` if nothing does.

    Fetch standard, `"CORS check" <https://fetch.spec.whatwg.org/#concept-cors-check>`_.

    :param origin: what the request said in ``Origin``.
    :param credentials: whether the credentials mode is ``include``.
    :param subject: what to call the response.
    """
    allowed = fields.get(response.headers, "Access-Control-Allow-Origin")
    if allowed is None:
        return refusals.allow_origin_missing(origin, response, subject)
    if allowed == "*" and not credentials:
        return None
    if allowed != origin:
        return _wrong_origin(origin, allowed, subject)
    if not credentials:
        return None
    allow_credentials = fields.get(response.headers, "Access-Control-Allow-Credentials")
    if allow_credentials == "true":
        return None
    return refusals.allow_credentials_missing(allow_credentials, subject)


def _wrong_origin(origin: str, allowed: str, subject: str) -> Refusal:
    if allowed == "*":
        return refusals.allow_origin_wildcard(origin, subject)
    if "," in allowed or " " in allowed:
        return refusals.allow_origin_multiple(allowed, subject)
    return refusals.allow_origin_mismatch(origin, allowed, subject)


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


def redirected(
    request: Request, status: int, url: URL, *, script: Request, is_cors: bool, engine: Engine
) -> Request:
    """The request as it is after a redirect.

    Fetch standard, `"HTTP-redirect fetch" <https://fetch.spec.whatwg.org/#http-redirect-fetch>`_,
    steps 12 and 13.

    :param script: the request as it was before all redirects.
    :param is_cors: whether it has been to another origin, or goes there now.
    """
    crosses = request.url.origin != url.origin
    method = script.method if engine.lost_headers_return == "script" else request.method
    returned = _returned(request, status, script=script, is_cors=is_cors, engine=engine)
    taken = _taken(method, status, crosses=crosses)
    headers = fields.without((*request.headers, *returned), taken)
    if url.origin != request.origin and not engine.keeps_device_hints:
        headers = tuple(header for header in headers if not fields.is_device_hint(header[0]))
    if _turns_into_get(request.method, status) or (
        crosses and request.method == "DELETE" and engine.turns_delete_into_get
    ):
        request = request._replace(method="GET", body=None)
    return request._replace(url=url, headers=headers)


def asked_for(
    request: Request, status: int, url: URL, *, script: Request, now: Request, engine: Engine
) -> HeaderList:
    """The headers that a preflight after a redirect asks for, as far as they are unsafe.

    :param request: as it was before the redirect.
    :param script: the request as it was before all redirects.
    :param now: as it is after the redirect, whose headers the standard looks at.
    """
    if engine.asks_for_lost_headers == "all":
        return script.headers
    if engine.asks_for_lost_headers == "earlier":
        crosses = request.url.origin != url.origin
        return fields.without(script.headers, _taken(request.method, status, crosses=crosses))
    return now.headers


def _taken(method: str, status: int, *, crosses: bool) -> frozenset[str]:
    """The (lower-case) names of the headers that a redirect takes away."""
    names = fields.REQUEST_BODY_HEADER_NAMES if _turns_into_get(method, status) else frozenset()
    return names | fields.CORS_NON_WILDCARD_REQUEST_HEADER_NAMES if crosses else names


def _returned(
    request: Request, status: int, *, script: Request, is_cors: bool, engine: Engine
) -> HeaderList:
    """What earlier redirects took away, and this one brings back."""
    lost = fields.without(script.headers, {name.lower() for name, _ in request.headers})
    if engine.lost_headers_return == "script":
        return lost
    if engine.lost_headers_return == "across" and is_cors:
        return _named(lost, fields.REQUEST_BODY_HEADER_NAMES)
    if engine.lost_headers_return == "across" and status in (307, 308):
        return _named(lost, frozenset({"content-type"}))
    return ()


def _named(headers: HeaderList, names: frozenset[str]) -> HeaderList:
    return tuple(header for header in headers if header[0].lower() in names)


def _turns_into_get(method: str, status: int) -> bool:
    if status == 303:
        return method not in ("GET", "HEAD")
    return status in (301, 302) and method == "POST"


def exposed_header_names(headers: fields.HeaderList, *, credentials: bool) -> frozenset[str]:
    """The (lower-case) names of the headers that a script may read across origins.

    Fetch standard, `"CORS filtered response"
    <https://fetch.spec.whatwg.org/#concept-filtered-response-cors>`_ and "main fetch", step 14.1.
    """
    try:
        listed = fields.extract_list(headers, "Access-Control-Expose-Headers") or ()
    except fields.MalformedField:
        listed = ()
    names = {name.lower() for name in listed}
    if "*" in names and not credentials:
        names = {name.lower() for name, _ in headers}
    return (fields.CORS_SAFELISTED_RESPONSE_HEADER_NAMES | names) - FORBIDDEN_RESPONSE_HEADERS

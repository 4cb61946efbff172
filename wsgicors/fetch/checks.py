"""The single decisions of a fetch, each a function of values; their order is not known here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..names import FORBIDDEN_RESPONSE_HEADERS
from . import fields, refusals

if TYPE_CHECKING:
    from .messages import Exchange
    from .refusals import Refusal
    from .sentences import Part


def cors_check(
    origin: str, exchange: Exchange, *, credentials: bool, subject: Part
) -> Refusal | None:
    """Say what keeps a response from a page, ``None`` if nothing does.

    Fetch standard, `"CORS check" <https://fetch.spec.whatwg.org/#concept-cors-check>`_.

    :param origin: what the request said in ``Origin``.
    :param exchange: the response, and what it answers.
    :param credentials: whether the credentials mode is ``include``.
    :param subject: what to call the response.
    """
    response = exchange.response
    allowed = fields.get(response.headers, "Access-Control-Allow-Origin")
    if allowed is None:
        return refusals.allow_origin_missing(origin, exchange, subject)
    if allowed == "*" and not credentials:
        return None
    if allowed != origin:
        return _wrong_origin(origin, allowed, exchange, subject)
    if not credentials:
        return None
    allow_credentials = fields.get(response.headers, "Access-Control-Allow-Credentials")
    if allow_credentials == "true":
        return None
    return refusals.allow_credentials_missing(allow_credentials, subject)


def _wrong_origin(origin: str, allowed: str, exchange: Exchange, subject: Part) -> Refusal:
    if allowed == "*":
        return refusals.allow_origin_wildcard(origin, subject)
    if "," in allowed or " " in allowed:
        return refusals.allow_origin_multiple(allowed, subject)
    return refusals.allow_origin_mismatch(origin, allowed, exchange, subject)


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

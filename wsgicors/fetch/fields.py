"""Methods and header fields as the Fetch standard sorts them; knows no URL and no exchange.

Every rule is one small function named after its term in the standard, which its docstring
links. Header values are strings of Latin-1 characters, one for each byte on the wire, so that
a length in characters is a length in bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ..names import FORBIDDEN_METHODS, NORMALIZED_METHODS, TOKEN
from ..names import is_forbidden_request_header as is_forbidden_request_header_name
from .engines import STANDARD, Engine

#: A header list: names as they were written, with their values, in order.
HeaderList = tuple[tuple[str, str], ...]

#: `CORS non-wildcard request-header name
#: <https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name>`_: no ``*`` covers it.
CORS_NON_WILDCARD_REQUEST_HEADER_NAMES = frozenset({"authorization"})

#: `CORS-safelisted response-header name
#: <https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name>`_.
CORS_SAFELISTED_RESPONSE_HEADER_NAMES = frozenset(
    {
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    }
)

#: `Request-body-header name <https://fetch.spec.whatwg.org/#request-body-header-name>`_.
REQUEST_BODY_HEADER_NAMES = frozenset(
    {"content-encoding", "content-language", "content-location", "content-type"}
)

_METHOD_OVERRIDE_NAMES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})
_NO_CORS_SAFELISTED_NAMES = frozenset(
    {"accept", "accept-language", "content-language", "content-type"}
)
_CONDITIONAL_NAMES = frozenset(
    {"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"}
)
_FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})

_MAX_SAFELISTED_VALUE = 128
_MAX_SAFELISTED_VALUES = 1024

_HEADER_VALUE = re.compile(r"[\x01-\x09\x0b\x0c\x0e-\xff]*")
_HTTP_WHITESPACE = "\t\n\r "
# MIME Sniffing, "parse a MIME type"; parameters do not matter here.
_MIME_ESSENCE = re.compile(
    rf"[{_HTTP_WHITESPACE}]*(?P<essence>{TOKEN.pattern}/{TOKEN.pattern})"
    rf"[{_HTTP_WHITESPACE}]*(?:;.*)?",
    re.DOTALL,
)
_DELTA_SECONDS = re.compile(r"[0-9]+")
_MAX_DELTA_SECONDS = 2**31
_SINGLE_RANGE = re.compile(r"bytes=(?P<start>[0-9]+)-(?P<end>[0-9]*)")
# Fetch, "CORS-unsafe request-header byte"
_CORS_UNSAFE_BYTE = re.compile(r'[\x00-\x08\x0a-\x1f"():<>?@\[\\\]{}\x7f]')
_LANGUAGE = re.compile(r"[0-9A-Za-z *,\-.;=]*")


class MalformedField(ValueError):
    """Raised for a header whose value does not follow its own grammar.

    :param name: the header at fault.
    :param value: what stood there.
    """

    def __init__(self, name: str, value: str) -> None:
        super().__init__(name, value)
        self.name = name
        self.value = value


def is_token(text: str) -> bool:
    """Whether a text is a token of HTTP, as methods and header names must be (RFC 9110, 5.6.2)."""
    return TOKEN.fullmatch(text) is not None


def is_header_value(text: str) -> bool:
    """Whether a text can be a header value: bytes, none of them NUL, CR or LF.

    Fetch standard, `"header value" <https://fetch.spec.whatwg.org/#header-value>`_.
    """
    return _HEADER_VALUE.fullmatch(text) is not None


def normalize_value(text: str) -> str:
    """A header value without the whitespace around it.

    Fetch standard, `"normalize" <https://fetch.spec.whatwg.org/#concept-header-value-normalize>`_.
    """
    return text.strip(_HTTP_WHITESPACE)


def values(headers: HeaderList, name: str) -> list[str]:
    """The values of all headers of a name, in order."""
    return [value for other, value in headers if other.lower() == name.lower()]


def get(headers: HeaderList, name: str) -> str | None:
    """All values of a header as one, ``None`` if it is not there.

    Fetch standard, `"get" <https://fetch.spec.whatwg.org/#concept-header-list-get>`_.

    >>> get((("Vary", "Origin"), ("vary", "Cookie")), "Vary")
    'Origin, Cookie'
    """
    found = values(headers, name)
    return ", ".join(found) if found else None


def without(headers: HeaderList, names: Iterable[str]) -> HeaderList:
    """The header list without the headers of these (lower-case) names."""
    return tuple(header for header in headers if header[0].lower() not in names)


def with_default(headers: HeaderList, name: str, value: str) -> HeaderList:
    """The header list, with this header added if there is none of its name."""
    return headers if get(headers, name) is not None else (*headers, (name, value))


def combined(headers: HeaderList) -> HeaderList:
    """The header list with one line for each name.

    >>> combined((("X-A", "1"), ("X-B", "2"), ("x-a", "3")))
    (('X-A', '1, 3'), ('X-B', '2'))
    """
    first = {name.lower(): name for name, _ in reversed(headers)}
    order = dict.fromkeys(name.lower() for name, _ in headers)
    return tuple((first[name], ", ".join(values(headers, name))) for name in order)


def extract_list(headers: HeaderList, name: str) -> tuple[str, ...] | None:
    """The items of a header that is a list of names, ``None`` if it is not there.

    Fetch standard, `"extract header list values"
    <https://fetch.spec.whatwg.org/#extract-header-list-values>`_.

    :raises MalformedField: if an item is no token.

    >>> extract_list((("Access-Control-Expose-Headers", "A, B"),), "Access-Control-Expose-Headers")
    ('A', 'B')
    """
    combined = get(headers, name)
    if combined is None:
        return None
    # RFC 9110, section 5.6.1.2: empty items are to be ignored.
    items = tuple(filter(None, (item.strip("\t ") for item in combined.split(","))))
    if not all(map(is_token, items)):
        raise MalformedField(name, combined)
    return items


def delta_seconds(value: str) -> int | None:
    """A number of seconds, ``None`` if a value is none; too large a one counts as 2 to the 31st.

    RFC 9111, section 1.2.2.

    >>> delta_seconds("600"), delta_seconds("10 minutes")
    (600, None)
    """
    if _DELTA_SECONDS.fullmatch(value) is None:
        return None
    digits = value.lstrip("0") or "0"
    # The length first: int() refuses thousands of digits.
    return _MAX_DELTA_SECONDS if len(digits) > 10 else min(int(digits), _MAX_DELTA_SECONDS)


def int64_seconds(value: str) -> int | None:
    """A number of seconds as engines read it that take any integer of 64 bits; no less than 0.

    >>> int64_seconds("+600"), int64_seconds("-1"), int64_seconds("9" * 20)
    (600, 0, None)
    """
    digits = value[1:] if value[:1] in ("+", "-") else value
    seconds = delta_seconds(digits)
    if seconds is None or len(digits.lstrip("0")) > 19:
        return None
    return 0 if value.startswith("-") else seconds


def normalize_method(method: str) -> str:
    """The method as a browser sends it: only six are put in upper case.

    Fetch standard, `"normalize" <https://fetch.spec.whatwg.org/#concept-method-normalize>`_.

    >>> normalize_method("delete"), normalize_method("patch")
    ('DELETE', 'patch')
    """
    return method.upper() if method.upper() in NORMALIZED_METHODS else method


def is_forbidden_method(method: str) -> bool:
    """Whether no script can use a method.

    Fetch standard, `"forbidden method" <https://fetch.spec.whatwg.org/#forbidden-method>`_.
    """
    return method.upper() in FORBIDDEN_METHODS


def is_forbidden_request_header(name: str, value: str) -> bool:
    """Whether no script can set a header, some of them only to certain values.

    Fetch standard, `"forbidden request-header"
    <https://fetch.spec.whatwg.org/#forbidden-request-header>`_.

    >>> is_forbidden_request_header("Cookie", "a=b")
    True
    >>> is_forbidden_request_header("X-HTTP-Method-Override", "PUT, TRACE")
    True
    """
    if is_forbidden_request_header_name(name):
        return True
    return name.lower() in _METHOD_OVERRIDE_NAMES and any(
        is_forbidden_method(method.strip("\t ")) for method in value.split(",")
    )


def is_cors_safelisted_request_header(name: str, value: str, engine: Engine = STANDARD) -> bool:
    """Whether a header needs no preflight.

    Fetch standard, `"CORS-safelisted request-header"
    <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>`_.

    >>> is_cors_safelisted_request_header("Content-Type", "text/plain;charset=UTF-8")
    True
    >>> is_cors_safelisted_request_header("Content-Type", "application/json")
    False
    """
    if not (value.isascii() or engine.safelists_beyond_ascii):
        return False
    is_safe: Callable[[str], bool] | None = _SAFELIST.get(name.lower())
    if is_safe is None and engine.safelists_client_hints:
        is_safe = _CLIENT_HINTS.get(name.lower())
    return is_safe is not None and len(value) <= _MAX_SAFELISTED_VALUE and is_safe(value)


def is_no_cors_safelisted_request_header(name: str, value: str, engine: Engine = STANDARD) -> bool:
    """Whether a script can set a header in ``no-cors`` mode.

    Fetch standard, `"no-CORS-safelisted request-header"
    <https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header>`_.
    """
    lower = name.lower()
    return lower in _NO_CORS_SAFELISTED_NAMES and is_cors_safelisted_request_header(
        lower, value, engine
    )


def cors_unsafe_request_header_names(
    headers: HeaderList, engine: Engine = STANDARD
) -> tuple[str, ...]:
    """The names of the headers that need a preflight, in lower case and sorted.

    Fetch standard, `"CORS-unsafe request-header names"
    <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>`_.

    >>> cors_unsafe_request_header_names((("X-B", ""), ("Accept", "*/*"), ("X-a", "")))
    ('x-a', 'x-b')
    """
    safe = [header for header in headers if is_cors_safelisted_request_header(*header, engine)]
    if sum(len(value) for _, value in safe) > _MAX_SAFELISTED_VALUES:
        safe = []
    names = [header[0].lower() for header in headers if header not in safe]
    return tuple(sorted(names if engine.repeats_header_names else set(names)))


def is_cors_response_header_name(name: str) -> bool:
    """Whether a header is one with which a server grants, and no request has it."""
    lower = name.lower()
    return lower.startswith("access-control-") and not lower.startswith("access-control-request-")


def is_device_hint(name: str) -> bool:
    """Whether a header is a client hint that tells of the device or its network."""
    return name.lower() in _CLIENT_HINTS and name.lower() != "save-data"


def is_conditional(headers: HeaderList) -> bool:
    """Whether a script asks for what changed, which the HTTP cache then leaves to it.

    Fetch standard, `"HTTP-network-or-cache fetch"
    <https://fetch.spec.whatwg.org/#http-network-or-cache-fetch>`_, step 8.17.
    """
    return any(name.lower() in _CONDITIONAL_NAMES for name, _ in headers)


def mime_essence(value: str) -> str | None:
    """The essence of a MIME type, ``None`` if it is not one (MIME Sniffing, section 4.4)."""
    match = _MIME_ESSENCE.fullmatch(value)
    return match and match["essence"].lower()


def _has_no_unsafe_byte(value: str) -> bool:
    return _CORS_UNSAFE_BYTE.search(value) is None


def _is_language(value: str) -> bool:
    return _LANGUAGE.fullmatch(value) is not None


def _is_form_type(value: str) -> bool:
    return _has_no_unsafe_byte(value) and mime_essence(value) in _FORM_TYPES


def _is_simple_range(value: str) -> bool:
    """Whether a value is one range that has a start.

    Fetch standard, `"parse a single range header value"
    <https://fetch.spec.whatwg.org/#simple-range-header-value>`_.
    """
    match = _SINGLE_RANGE.fullmatch(value)
    return match is not None and (not match["end"] or int(match["start"]) <= int(match["end"]))


def _is_decimal(value: str) -> bool:
    return re.fullmatch(r"[0-9]+(\.[0-9]+)?", value) is not None


def _is_on(value: str) -> bool:
    return value.lower() == "on"


_SAFELIST = {
    "accept": _has_no_unsafe_byte,
    "accept-language": _is_language,
    "content-language": _is_language,
    "content-type": _is_form_type,
    "range": _is_simple_range,
}

_CLIENT_HINTS = {
    "device-memory": _is_decimal,
    "downlink": _is_decimal,
    "dpr": _is_decimal,
    "rtt": str.isdecimal,
    "save-data": _is_on,
    "viewport-width": str.isdecimal,
    "width": str.isdecimal,
}

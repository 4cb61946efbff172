"""The values that go in and out of a fetch: requests and responses; knows none of the checks.

A `Request` is what a script asked for, a `Response` what it may read of the answer. An
`Exchange` is what crossed the wire in between, and a script sees nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, TypeVar, Union

from ..diagnosis import OriginError, parse_pattern
from ..errors import shown
from ..names import SAFELISTED_METHODS
from ..origins import is_origin
from . import fields, urls

if TYPE_CHECKING:
    from .cookies import RefusedCookie
    from .fields import HeaderList

Class = TypeVar("Class")
#: How the headers of a request may be written.
HeadersInit = Union[Mapping[str, str], Iterable[tuple[str, str]]]

MODES = ("cors", "no-cors", "same-origin")
CREDENTIALS = ("omit", "same-origin", "include")
REDIRECTS = ("follow", "error", "manual")


class Request(NamedTuple):
    """What a script hands to ``fetch()``, checked and normalised as a browser does.

    Make one with :meth:`from_script`.
    """

    method: str
    url: urls.URL
    #: The serialized origin of the page, or ``null``.
    origin: str
    headers: HeaderList = ()
    body: bytes | None = None
    #: What the body is if no header says otherwise; empty for bytes, which may be anything.
    body_type: str = ""
    mode: str = "cors"
    credentials: str = "same-origin"
    redirect: str = "follow"
    #: The headers that the script set in vain: no browser sends them.
    dropped: tuple[str, ...] = ()

    @classmethod
    def from_script(
        cls,
        url: str,
        *,
        origin: str,
        method: str = "GET",
        headers: HeadersInit | None = None,
        body: bytes | str | None = None,
        mode: str = "cors",
        credentials: str = "same-origin",
        redirect: str = "follow",
    ) -> Request:
        """Take the arguments of ``fetch()``.

        Fetch standard, `"Request class", the constructor
        <https://fetch.spec.whatwg.org/#dom-request>`_.

        :param url: an absolute URL.
        :param origin: the origin of the page that the script runs in, or ``null``.
        :param body: text goes as UTF-8, and as ``text/plain`` if no header says otherwise.
        :param mode: ``cors``, ``no-cors`` or ``same-origin``.
        :param credentials: ``omit``, ``same-origin`` or ``include``.
        :param redirect: ``follow``, ``error`` or ``manual``.
        :raises TypeError: for what the constructor refuses, which no browser sends.
        :raises ValueError: if ``origin`` is not an origin.

        >>> request = Request.from_script(
        ...     "https://api.example.com/", origin="https://app.example.com", method="put"
        ... )
        >>> request.method
        'PUT'
        """
        _check_choice("mode", mode, MODES)
        _check_choice("credentials", credentials, CREDENTIALS)
        _check_choice("redirect", redirect, REDIRECTS)
        kept, dropped = _guarded(_pairs(headers), mode)
        if not isinstance(body, (str, bytes, type(None))):
            raise TypeError(
                f"body={shown(body)} is neither text nor bytes: for JSON write json=... in"
                " Browser.fetch(), or body=json.dumps(...)"
            )
        return cls(
            method=_checked_method(method, mode, has_body=body is not None),
            url=_checked_url(url),
            origin=checked_origin(origin),
            headers=kept,
            body=body.encode() if isinstance(body, str) else body,
            body_type="text/plain;charset=UTF-8" if isinstance(body, str) else "",
            mode=mode,
            credentials=credentials,
            redirect=redirect,
            dropped=dropped,
        )


class HTTPRequest(NamedTuple):
    """A request as it crosses the wire; ``Host`` and ``Content-Length`` are the transport's."""

    method: str
    #: Absolute, without credentials and fragment.
    url: str
    headers: HeaderList
    body: bytes = b""


def hinting(names: Mapping[str, str]) -> Callable[[type[Class]], type[Class]]:
    """Have instances of a class say what to write for a name that other libraries use.

    :param names: of attributes that the class does not have, and what to write.
    """

    def decorate(each: type[Class]) -> type[Class]:
        def missing(self: Class, name: str) -> Any:
            if name in names:
                raise AttributeError(f"{each.__name__} has no {name}; write {names[name]}")
            # Python itself knows what is spelled almost so.
            return object.__getattribute__(self, name)

        each.__getattr__ = missing  # type: ignore[attr-defined]
        return each

    return decorate


# What requests, httpx, Werkzeug and WebTest call it.
_ON_THE_WIRE = {
    **dict.fromkeys(("status_code", "status_int"), "status"),
    **dict.fromkeys(("content", "data", "get_data"), "body"),
}
_TO_BE_READ = {
    **_ON_THE_WIRE,
    "get_json": "json()",
    "content_type": "headers['content-type']",
    "mimetype": "headers['content-type']",
    "raise_for_status": "assert response.ok",
    "history": "exchanges",
    "request": "exchanges[-1].request",
    "cookies": "exchanges, whose responses have Set-Cookie, or refused_cookies",
}


@hinting(_ON_THE_WIRE)
class HTTPResponse(NamedTuple):
    """A response as the server sent it."""

    status: int
    headers: HeaderList
    body: bytes = b""


class Exchange(NamedTuple):
    """One request and its response, both whole."""

    #: ``preflight`` or ``actual``.
    kind: str
    request: HTTPRequest
    response: HTTPResponse


class ReadableHeaders(Mapping[str, str]):
    """The headers of a response that a script can read, as a mapping that ignores case.

    :param readable: those headers.
    :param hidden: the names of the others.

    >>> headers = ReadableHeaders((("Content-Type", "text/plain"),), ("x-total",))
    >>> headers["content-type"]
    'text/plain'
    >>> headers["X-Total"]
    Traceback (most recent call last):
        ...
    KeyError: 'The server sent X-Total, but no script can read it: add "X-Total" to expose_headers.'
    """

    def __init__(self, readable: HeaderList, hidden: Iterable[str] = ()) -> None:
        self._readable = readable
        self._hidden = frozenset(hidden)

    def __getitem__(self, name: str) -> str:
        value = fields.get(self._readable, name)
        if value is None:
            raise KeyError(self._absence(name))
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({name.lower() for name, _ in self._readable}))

    def __len__(self) -> int:
        return len(set(self))

    def __repr__(self) -> str:
        return f"ReadableHeaders({dict(self)})"

    def _absence(self, name: str) -> str:
        if name.lower() not in self._hidden:
            return name
        return f'The server sent {name}, but no script can read it: add "{name}" to expose_headers.'


@hinting(_TO_BE_READ)
class Response(NamedTuple):
    """What a script may read of the answer, with all that crossed the wire for it."""

    #: ``basic``, ``cors``, ``opaque`` or ``opaqueredirect``.
    type: str
    #: Where it came from in the end; empty where a script must not know.
    url: str
    #: 0 where a script must not know.
    status: int
    headers: ReadableHeaders
    body: bytes
    #: Every exchange in order, preflights included.
    exchanges: tuple[Exchange, ...]
    #: The cookies on the way that the browser did not keep, each with the attribute at fault.
    refused_cookies: tuple[RefusedCookie, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the status is from 200 to 299."""
        return 200 <= self.status <= 299

    @property
    def text(self) -> str:
        """The body as a script's ``text()`` reads it: always as UTF-8."""
        return self.body.decode("utf-8-sig", errors="replace")

    def json(self) -> Any:
        """The body as a script's ``json()`` reads it.

        :raises ValueError: if it is not JSON.
        """
        return json.loads(self.text)


def checked_origin(origin: str) -> str:
    """The origin of a page, as it is.

    :raises ValueError: if it is neither ``null`` nor one origin, with what to write instead.

    >>> checked_origin("https://app.example.com/")
    Traceback (most recent call last):
        ...
    ValueError: origin 'https://app.example.com/' has a path, ...; write 'https://app.example.com'
    """
    if not isinstance(origin, str):
        raise ValueError(  # noqa: TRY004 - as for every other origin that is none
            f'origin={shown(origin)} is not text; write origin="https://app.example.com"'
        )
    if origin != "null" and not is_origin(origin):
        try:
            parse_pattern(origin)
        except OriginError as error:
            raise ValueError(f"origin {origin!r} {error}") from None
        raise ValueError(f"{origin!r} is a pattern; a page has one origin")
    return origin


def _check_choice(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise TypeError(f"{option}={value!r} must be one of {', '.join(map(repr, choices))}")


def _checked_url(text: str) -> urls.URL:
    try:
        url = urls.parse_url(text)
    except ValueError as error:
        raise TypeError(str(error)) from None
    if url.credentials:
        raise TypeError(f"{url} was written with credentials in it, which fetch() refuses")
    return url


def _checked_method(written: Any, mode: str, *, has_body: bool) -> str:
    if not isinstance(written, str) or not fields.is_token(written):
        raise TypeError(f'{shown(written)} is not a method of HTTP; write method="PUT"')
    method = written
    if fields.is_forbidden_method(method):
        raise TypeError(
            f"{method} is a forbidden method: fetch() refuses it, whatever a server says"
        )
    method = fields.normalize_method(method)
    if mode == "no-cors" and method not in SAFELISTED_METHODS:
        raise TypeError(f'mode="no-cors" takes {", ".join(SAFELISTED_METHODS)} only, not {method}')
    if has_body and method in ("GET", "HEAD"):
        raise TypeError(f'a {method} has no body; write method="POST", or leave the body out')
    return method


def pairs_of(headers: HeadersInit | None) -> HeaderList:
    """The names and values of headers, whichever way they are written.

    :raises TypeError: if they are neither a mapping nor pairs of texts.
    """
    items: Any = headers.items() if isinstance(headers, Mapping) else headers or ()
    try:
        pairs = tuple((name, value) for name, value in items)
    except (TypeError, ValueError):
        raise TypeError(f"headers={shown(headers)} {_NO_HEADERS}") from None
    for pair in pairs:
        if not all(isinstance(each, str) for each in pair):
            raise TypeError(f"headers: {shown(pair)} {_NO_HEADERS}")
    return pairs


_NO_HEADERS = (
    'is not a header of text; write headers={"X-Token": "1"}, or pairs such as ("X-Token", "1")'
)


def _pairs(headers: HeadersInit | None) -> HeaderList:
    return tuple(_checked_header(name, value) for name, value in pairs_of(headers))


def _checked_header(name: str, value: str) -> tuple[str, str]:
    """Fetch standard, `"validate" <https://fetch.spec.whatwg.org/#headers-validate>`_."""
    value = fields.normalize_value(value)
    if not fields.is_token(name) or not fields.is_header_value(value):
        raise TypeError(f"{name!r}: {value!r} is not a header of HTTP")
    return name, value


def _guarded(headers: HeaderList, mode: str) -> tuple[HeaderList, tuple[str, ...]]:
    """The headers that a script may set, and the names of the others.

    Fetch standard, `"Headers class", guards <https://fetch.spec.whatwg.org/#headers-guard>`_.
    """
    kept: HeaderList = ()
    dropped = []
    for name, value in headers:
        if _passes_guard(name, ", ".join([*fields.values(kept, name), value]), mode):
            kept = (*kept, (name, value))
        else:
            dropped.append(name)
    return kept, tuple(dropped)


def _passes_guard(name: str, value: str, mode: str) -> bool:
    if fields.is_forbidden_request_header(name, value):
        return False
    return mode != "no-cors" or fields.is_no_cors_safelisted_request_header(name, value)

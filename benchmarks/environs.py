"""The server's side of WSGI: what it hands to an application, new each time. Knows no library."""

from __future__ import annotations

import io
import itertools
import random
from typing import Any, Callable

Environ = dict[str, Any]
Draw = Callable[[], list[Environ]]

ORIGIN = "https://app.example.com"
FOREIGN = "https://app.example.org"

# What gunicorn makes of a request that a browser's fetch() has sent.
_FROM_A_BROWSER: Environ = {
    "wsgi.errors": io.StringIO(),
    "wsgi.version": (1, 0),
    "wsgi.multithread": False,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
    "wsgi.file_wrapper": None,
    "wsgi.input_terminated": True,
    "wsgi.input": io.BytesIO(),
    "wsgi.url_scheme": "https",
    "SERVER_SOFTWARE": "gunicorn",
    "REQUEST_METHOD": "GET",
    "QUERY_STRING": "page=2",
    "RAW_URI": "/items/7?page=2",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_HOST": "api.example.com",
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "HTTP_ACCEPT": "*/*",
    "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.5",
    "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
    "HTTP_CONNECTION": "keep-alive",
    "HTTP_SEC_FETCH_MODE": "cors",
    "HTTP_SEC_FETCH_SITE": "same-origin",
    "REMOTE_ADDR": "127.0.0.1",
    "REMOTE_PORT": "51234",
    "SERVER_NAME": "api.example.com",
    "SERVER_PORT": "443",
    "PATH_INFO": "/items/7",
    "SCRIPT_NAME": "",
}
_PREFLIGHT = {
    "REQUEST_METHOD": "OPTIONS",
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "PUT",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "content-type,x-token",
}
_READ_FROM_THE_SOCKET = (
    "REQUEST_METHOD",
    "PATH_INFO",
    "HTTP_ORIGIN",
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS",
    "HTTP_COOKIE",
    "HTTP_HOST",
    "HTTP_SEC_FETCH_SITE",
)


def actual(origin: str | None = ORIGIN) -> Environ:
    """A GET request, from a script of that origin."""
    if origin is None:
        return _FROM_A_BROWSER
    site = "cross-site" if origin == FOREIGN else "same-site"
    return {**_FROM_A_BROWSER, "HTTP_ORIGIN": origin, "HTTP_SEC_FETCH_SITE": site}


def over_http(environ: Environ) -> Environ:
    """The same request without TLS, where browsers do not tell which site it is from."""
    plain = {"wsgi.url_scheme": "http", "SERVER_PORT": "80"}
    told = {name: value for name, value in environ.items() if "SEC_FETCH" not in name}
    return {**told, **plain}


def preflight(origin: str = ORIGIN, headers: str | None = None) -> Environ:
    """A preflight for PUT.

    :param headers: in the place of the two that are asked for ordinarily.
    """
    asked = {} if headers is None else {"HTTP_ACCESS_CONTROL_REQUEST_HEADERS": headers}
    return {**actual(origin), **_PREFLIGHT, **asked}


REQUESTS: dict[str, Environ] = {
    "allowed": actual(),
    "denied": actual(FOREIGN),
    "denied, over plain http": over_http(actual(FOREIGN)),
    "no origin": actual(None),
    "preflight": preflight(),
    "denied preflight": preflight(FOREIGN),
}


def received(environ: Environ) -> Environ:
    """The same request once more, as if it had just been read from a socket.

    Strings that a server has just read are new objects: nobody has computed their hash yet, and
    none of them *is* the string of the policy. Reused ones would hide that work.
    """
    copy = dict(environ)
    for key in _READ_FROM_THE_SOCKET:
        if key in copy:
            copy[key] = copy[key].encode("latin-1").decode("latin-1")
    return copy


def start_response(
    status: str, headers: list[tuple[str, str]], exc_info: Any = None
) -> Callable[[bytes], object]:
    """A server's, doing nothing: the sending is not what is measured."""
    return _write


def _write(data: bytes) -> None:
    raise NotImplementedError("no application here uses write()")


def repeated(environ: Environ, times: int, **another: Callable[[], str]) -> Draw:
    """Draws the same request, so many times.

    :param another: gives the value of that key, anew for each of them.
    """

    def draw() -> list[Environ]:
        changes = [{key: value() for key, value in another.items()} for _ in range(times)]
        return [received({**environ, **change}) for change in changes]

    return draw


def numbered(text: str) -> Callable[[], str]:
    """Puts the next number in the place of the braces of a text, whenever it is called."""
    numbers = itertools.count(1)
    return lambda: text.format(next(numbers))


def at_another_url(environ: Environ, times: int, path: str = "/items/{}") -> Draw:
    """Draws so many requests, each for a URL that nobody has asked for before."""
    return repeated(environ, times, PATH_INFO=numbered(path))


# --- origins by number --------------------------------------------------------------------------


def exact_origin(number: int) -> str:
    """The origin of one of many shops."""
    return f"https://shop-{number}.example.com"


#: The kinds of patterns, each with a number of a tenant to come, by what they leave open.
PATTERNS = {
    "a wildcard": "https://*.tenant-{}.example.net",
    "a wildcard in a label": "https://pr-*.tenant-{}.example.dev",
    "any port": "http://tenant-{}.example.org:*",
}


def below(pattern: str, number: int) -> str:
    """One of the origins that a pattern allows."""
    return pattern.replace("*", str(1024 + number % 64_000))


def any_shop(shops: int) -> Callable[[], str]:
    """The origin of any of so many shops."""
    return lambda: exact_origin(random.randrange(shops))


def always_another(patterns: Callable[[], str]) -> Callable[[], str]:
    """An origin that has never asked before, of whichever pattern is given."""
    numbers = itertools.count()
    return lambda: below(patterns(), next(numbers))


def any_tenant(pattern: str, tenants: int) -> Callable[[], str]:
    """The pattern of any of so many tenants."""
    return lambda: pattern.format(random.randrange(tenants))

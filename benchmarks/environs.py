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
    "RAW_URI": "/items?page=2",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_HOST": "api.example.com",
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "HTTP_ACCEPT": "*/*",
    "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.5",
    "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
    "HTTP_CONNECTION": "keep-alive",
    "HTTP_SEC_FETCH_MODE": "cors",
    "REMOTE_ADDR": "127.0.0.1",
    "REMOTE_PORT": "51234",
    "SERVER_NAME": "api.example.com",
    "SERVER_PORT": "443",
    "PATH_INFO": "/items",
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
)


def actual(origin: str | None = ORIGIN) -> Environ:
    """A GET request, from a script of that origin."""
    return _FROM_A_BROWSER if origin is None else {**_FROM_A_BROWSER, "HTTP_ORIGIN": origin}


def preflight(origin: str = ORIGIN, headers: str | None = None) -> Environ:
    """A preflight for PUT.

    :param headers: in the place of the two that are asked for ordinarily.
    """
    asked = {} if headers is None else {"HTTP_ACCESS_CONTROL_REQUEST_HEADERS": headers}
    return {**actual(origin), **_PREFLIGHT, **asked}


REQUESTS: dict[str, Environ] = {
    "allowed": actual(),
    "denied": actual(FOREIGN),
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


def repeated(environ: Environ, times: int) -> Draw:
    """Draws the same request, so many times."""
    return lambda: [received(environ) for _ in range(times)]


def from_origins(environ: Environ, origin: Callable[[], str], times: int) -> Draw:
    """Draws so many requests, each from the next origin that is given."""
    return lambda: [received({**environ, "HTTP_ORIGIN": origin()}) for _ in range(times)]


# --- origins by number --------------------------------------------------------------------------


def exact_origin(number: int) -> str:
    """The origin of one of many shops."""
    return f"https://shop-{number}.example.com"


def tenant(number: int) -> str:
    """The domain of one of many tenants, who have origins below it."""
    return f"tenant-{number}.example.net"


def any_shop(shops: int) -> Callable[[], str]:
    """The origin of any of so many shops."""
    return lambda: exact_origin(random.randrange(shops))


def always_another(domain: Callable[[], str]) -> Callable[[], str]:
    """An origin that has never asked before, below a domain."""
    numbers = itertools.count()
    return lambda: f"https://app-{next(numbers)}.{domain()}"

"""What kind of request an ``environ`` is; knows no policy and answers nothing."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .names import MAX_METHOD_LENGTH, SAFE_METHODS
from .origins import MAX_ORIGIN_LENGTH
from .paths import READINGS, is_plain, reread

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_DEFAULT_PORTS = {"http": "80", "https": "443"}
# The same pages ask the same hosts again and again.
_MAX_REMEMBERED = 1024
#: Of an origin and a host together, as far as they are compared.
MAX_LENGTH = 2 * MAX_ORIGIN_LENGTH
# Fetch Metadata, "Sec-Fetch-Site": the page is the application's own, or there is no page.
NOT_FOREIGN = ("same-origin", "none")
# No browser asks for so long a list of protocols.
_MAX_UPGRADE_LENGTH = 256
_ASKS = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"
_METHODS = ("REQUEST_METHOD", _ASKS)
# Where servers say what they were asked for, as it came: the path and the query.
_TARGETS = ("REQUEST_URI", "RAW_URI")


def is_preflight(environ: WSGIEnvironment) -> bool:
    """Whether a request is a preflight (Fetch, "CORS-preflight request")."""
    return (
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
        and environ["REQUEST_METHOD"] == "OPTIONS"
        and "HTTP_ORIGIN" in environ
        and environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] != ""
    )


def is_foreign(environ: WSGIEnvironment) -> bool:
    """Whether a page of another origin made a browser send a request.

    Browsers say so in ``Sec-Fetch-Site``. Where one does not, an ``Origin`` must be that of ``Host``,
    whose scheme nobody knows behind a proxy. A request with neither comes from no browser.

    >>> is_foreign({"HTTP_SEC_FETCH_SITE": "cross-site"})
    True
    >>> is_foreign({"HTTP_ORIGIN": "https://api.example.com", "HTTP_HOST": "api.example.com"})
    False
    """
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site:
        return site not in NOT_FOREIGN
    if "HTTP_ORIGIN" not in environ:
        return False
    origin, host = environ["HTTP_ORIGIN"], environ.get("HTTP_HOST", "")
    # The lengths first: to look something up is to read all of it.
    return len(origin) + len(host) > MAX_LENGTH or not is_at(origin, host)


@functools.lru_cache(maxsize=_MAX_REMEMBERED)
def is_at(origin: str, host: str) -> bool:
    """Whether the host and port of an origin are those of a ``Host`` header."""
    scheme, _, authority = origin.partition("://")
    is_same = host.lower() in (authority, f"{authority}:{_DEFAULT_PORTS.get(scheme)}")
    return is_same and authority != ""


def may_do_something(environ: WSGIEnvironment) -> bool:
    """Whether a request may have effects: by its method, or because it opens a WebSocket."""
    if environ["REQUEST_METHOD"] not in SAFE_METHODS:
        return True
    upgrade = environ.get("HTTP_UPGRADE", "")
    return len(upgrade) > _MAX_UPGRADE_LENGTH or "websocket" in upgrade.lower()


class Asked(dict[str, Any]):
    """The request that a preflight asks about; it knows whether somebody has looked for its method."""

    __slots__ = ("is_method_read",)

    def __init__(self, environ: WSGIEnvironment, method: str) -> None:
        super().__init__(environ)
        _set_method(self, method)
        self.is_method_read = False

    def __getitem__(self, name: str) -> Any:
        self._look_for(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """What `dict.get` gives."""
        self._look_for(name)
        return super().get(name, default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        """What `dict.setdefault` gives."""
        self._look_for(name)
        return super().setdefault(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        """What `dict.pop` gives."""
        self._look_for(name)
        return super().pop(name, *default)

    # Who makes a copy finds all that is in it.

    def __iter__(self) -> Iterator[str]:
        self.is_method_read = True
        return super().__iter__()

    def __or__(self, other: Any) -> Any:
        return {**self} | other

    def __ror__(self, other: Any) -> Any:
        return other | {**self}

    def items(self) -> Any:
        """What `dict.items` gives."""
        self.is_method_read = True
        return super().items()

    def values(self) -> Any:
        """What `dict.values` gives."""
        self.is_method_read = True
        return super().values()

    def copy(self) -> WSGIEnvironment:
        """What `dict.copy` gives."""
        self.is_method_read = True
        return super().copy()

    def _look_for(self, name: str) -> None:
        if name in _METHODS:
            self.is_method_read = True


def with_method(environ: WSGIEnvironment, method: str) -> WSGIEnvironment:
    """The same request with another method, such as the one that a preflight asks about.

    Whoever looks for the method finds this one, wherever it is looked for.
    """
    asked = {**environ}
    _set_method(asked, method)
    return asked


def _set_method(environ: WSGIEnvironment, method: str) -> None:
    environ["REQUEST_METHOD"] = method
    if _ASKS in environ:
        environ[_ASKS] = method


def readings(environ: WSGIEnvironment) -> Sequence[WSGIEnvironment]:
    """The same request in all the ways in which it can be read; nothing if there is but one.

    A path may be tidied or decoded once more, and frameworks read a method in capitals. What is left in one
    ``environ``, such as a request that was made of it, must not answer for another. So each is a copy.
    """
    path: str = environ.get("PATH_INFO", "")
    uri: str = environ.get("REQUEST_URI") or path
    raw: str = environ.get("RAW_URI") or path
    method: str = environ.get("REQUEST_METHOD", "")
    if (
        (len(method) > MAX_METHOD_LENGTH or method == method.upper())
        and is_plain(path)
        and (uri == path or _is_plain(uri))
        and (raw in (path, uri) or _is_plain(raw))
    ):
        return ()
    targets: dict[str, str] = {name: environ[name] for name in _TARGETS if environ.get(name)}
    capitals = method.upper()
    asks = [_ASKS] if environ.get(_ASKS) == method else []
    read = [{"PATH_INFO": path, **targets, **dict.fromkeys(["REQUEST_METHOD", *asks], method)}]
    for reading in READINGS:
        other = {name: reread(target, reading) for name, target in targets.items()}
        other["PATH_INFO"] = reading(path)
        methods = [dict.fromkeys(["REQUEST_METHOD", *asks], each) for each in (method, capitals)]
        read += [{**other, **each} for each in methods]
    different = [each for number, each in enumerate(read) if each not in read[:number]]
    return [{**environ, **each} for each in different] if len(different) > 1 else ()


def _is_plain(target: str) -> bool:
    # The query may be long, and is left where it is.
    end = target.find("?")
    return is_plain(target if end < 0 else target[:end])

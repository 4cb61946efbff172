"""Paths that servers and frameworks may read differently, and all that they may read."""

from __future__ import annotations

import re
from typing import Callable
from urllib.parse import quote, unquote

# What a server is asked for may be a whole URL.
_SCHEME_AND_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Behind these, a program that makes a URL of a path has a query or a fragment.
_END = re.compile(r"[?#]")
# What stands in a path as it is (RFC 3986, "pchar").
_UNQUOTED = "/~!$&'()*+,;=:@"


def is_ambiguous(path: str) -> bool:
    """Whether a server and a framework could take a path for different ones.

    That is so for ``.``, ``..`` and empty segments inside, also behind a second percent-encoding
    or with backslashes, and for a path that does not begin with a slash.
    """
    if not path.startswith("/"):
        return path != ""
    if "/." not in path and "//" not in path and "\\" not in path and "%" not in path:
        return False
    segments = unquote(path).replace("\\", "/").split("/")
    return "" in segments[1:-1] or "." in segments or ".." in segments


def is_plain(path: str) -> bool:
    """Whether there is but one way to read a path; may be ``False`` though there is.

    >>> is_plain("/admin"), is_plain("//admin"), is_plain("/%61dmin"), is_plain("/admin?")
    (True, False, False, False)
    """
    if "%" in path or "//" in path or "/." in path or "\\" in path or "?" in path or "#" in path:
        return False
    is_legible = path.isprintable() if path.isascii() else path == _cleaned(path)
    return is_legible and (path[:1] == "/" or not path)


def _tidied(path: str) -> str:
    """A path without ``.``, ``..`` and empty segments inside."""
    if not path:
        return path
    kept: list[str] = []
    *_, last = segments = path.split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if kept and last in ("", ".", "..") else "")


def other_readings(path: str) -> set[str]:
    """What a framework reads that decodes a path once more, or takes it for something else in another way."""
    decoded = _decoded(path)
    read = {path, decoded, _slashed(path), _slashed(decoded)}
    return (read | set(map(_cleaned, read))) - {path}


def _decoded(path: str) -> str:
    return unquote(path, "latin-1")


def _slashed(path: str) -> str:
    return path.replace("\\", "/")


def _cleaned(path: str) -> str:
    r"""A path without what some leave out: bytes that are no UTF-8, control characters, what looks like a query.

    >>> _cleaned("/ad\xffmin\n"), _cleaned("/admin?x#y")
    ('/admin', '/admin')
    """
    path = _CONTROL.sub("", _END.split(path, 1)[0])
    return path.encode("latin-1", "ignore").decode("utf-8", "ignore").encode().decode("latin-1")


_WHOLE: tuple[Callable[[str], str], ...] = (
    lambda path: path,
    _decoded,
    _slashed,
    lambda path: _slashed(_decoded(path)),
    _tidied,
    lambda path: _tidied(_decoded(path)),
    lambda path: _tidied(_slashed(path)),
    lambda path: _tidied(_slashed(_decoded(path))),
)
#: What servers and frameworks may do to a path, of which each makes another reading.
READINGS = (*_WHOLE, *(lambda path, read=read: _cleaned(read(path)) for read in _WHOLE))


def reread(target: str, reading: Callable[[str], str]) -> str:
    """What a server is asked for, with another reading of its path: encoded, with the query.

    >>> reread("http://api.example/%61dmin?q=%61", READINGS[0])
    '/admin?q=%61'
    """
    path, mark, query = target.partition("?")
    path = reading(_decoded(_SCHEME_AND_HOST.sub("", path, count=1)))
    return quote(path, _UNQUOTED, "latin-1", "replace") + mark + query

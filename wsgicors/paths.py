"""Paths that servers and frameworks may read differently, and all that they may read."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote


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


def readings_of(path: str) -> Iterable[str]:
    """What servers and frameworks may make of a path, other than what it is."""
    readings = other_readings(path)
    if not readings and not is_ambiguous(path):
        return ()
    whole = [path, *readings]
    return [each for each in dict.fromkeys([*whole, *map(_tidied, whole)]) if each != path]


def _tidied(path: str) -> str:
    """A path without ``.``, ``..`` and empty segments inside."""
    kept: list[str] = []
    *_, last = segments = path.split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if kept and last in ("", ".", "..") else "")


def other_readings(path: str) -> list[str]:
    """What a framework that decodes a path once more, or takes backslashes for slashes, reads."""
    if "%" not in path and "\\" not in path:
        return []
    decoded = unquote(path, "latin-1")
    return [decoded, path.replace("\\", "/"), decoded.replace("\\", "/")]

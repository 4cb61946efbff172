"""What the differential asks: cases as values, and how to make one simpler; knows no browser.

A case is a page, the URLs that it fetches with all that they answer, and the fetches. In header
values stand for what is known only when servers listen: ``$page`` for the origin of the page,
``$other`` for one that takes no part, ``$0``, ``$1`` ... for the URLs of the hops, ``$path`` for
the path that they have in common, and no other case.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional

HeaderLines = tuple[tuple[str, str], ...]

_NAMES_HOP = re.compile(r"\$(?:scheme|host)?(\d+)")


@dataclass(frozen=True)
class Place:
    """The origin of a page or a server: a name of this machine, and which of three ports."""

    host: str = "localhost"
    port: int = 0


#: The port at which TLS is spoken.
SECURE = 2

#: Where a page is sandboxed, so that its origin is ``null``; no server has this name.
SANDBOX = Place("sandbox.localhost")


@dataclass(frozen=True)
class Answer:
    """One response."""

    status: int = 200
    headers: HeaderLines = ()


@dataclass(frozen=True)
class Hop:
    """A URL and its answers: one after the other, and the last one from then on."""

    place: Place = Place(port=1)
    actuals: tuple[Answer, ...] = (Answer(),)
    preflights: tuple[Answer, ...] = (Answer(),)
    #: Fields of a policy; ``CORSMiddleware`` then answers the preflights, and adds its headers.
    policy: HeaderLines = ()


@dataclass(frozen=True)
class Step:
    """One ``fetch()`` of the first hop's URL."""

    method: str = "GET"
    headers: HeaderLines = ()
    body: Optional[str] = None  # noqa: UP045 - read at run time, by Python 3.9 too
    mode: str = "cors"
    credentials: str = "same-origin"
    redirect: str = "follow"
    #: Seconds to let pass before.
    pause: float = 0.0


@dataclass(frozen=True)
class Case:
    """A page and what it fetches, in order."""

    page: Place = Place()
    hops: tuple[Hop, ...] = (Hop(),)
    steps: tuple[Step, ...] = (Step(),)

    @property
    def is_whole(self) -> bool:
        """Whether there is something to fetch, an answer to everything, and each hop that is named."""
        answers = [each for hop in self.hops for each in (hop.actuals, hop.preflights)]
        return all((self.hops, self.steps, *answers)) and self._names_its_own_hops

    @property
    def _names_its_own_hops(self) -> bool:
        answers = [each for hop in self.hops for each in (*hop.actuals, *hop.preflights)]
        values = [value for answer in answers for _, value in answer.headers]
        named = [int(number) for value in values for number in _NAMES_HOP.findall(value)]
        return max(named, default=0) < len(self.hops)


def simpler(case: Case) -> Iterator[Case]:
    """The cases that lack one thing of this one, or have one thing as usual."""
    return (each for each in _simpler(case) if each.is_whole)


def _simpler(value: Any) -> Iterator[Any]:
    if dataclasses.is_dataclass(value):
        yield from _with_one_field_as_usual(value)
    elif isinstance(value, tuple) and not _is_header_line(value):
        yield from _with_one_item_less(value)


def _with_one_field_as_usual(value: Any) -> Iterator[Any]:
    for name, own, usual in _unusual(value):
        yield dataclasses.replace(value, **{name: usual})
        for each in _simpler(own):
            yield dataclasses.replace(value, **{name: each})


def _with_one_item_less(items: tuple[Any, ...]) -> Iterator[Any]:
    for index, item in enumerate(items):
        yield items[:index] + items[index + 1 :]
        for each in _simpler(item):
            yield (*items[:index], each, *items[index + 1 :])


def _is_header_line(value: tuple[Any, ...]) -> bool:
    return all(isinstance(item, str) for item in value)


def _unusual(value: Any) -> list[tuple[str, Any, Any]]:
    """The fields that differ from their defaults: name, value and default."""
    fields = [
        (each.name, getattr(value, each.name), each.default) for each in dataclasses.fields(value)
    ]
    return [each for each in fields if each[1] != each[2]]


def written(value: Any, indent: str = "") -> str:
    """A case as it is written in Python, without what is usual."""
    if dataclasses.is_dataclass(value):
        items = [f"{name}={written(own, indent + '    ')}" for name, own, _ in _unusual(value)]
        return _call(type(value).__name__, items, indent)
    if isinstance(value, tuple) and not _is_header_line(value):
        return _call("", [written(item, indent + "    ") + "," for item in value], indent)
    return repr(value)


def _call(name: str, items: list[str], indent: str) -> str:
    if len(items) <= 1 and "\n" not in "".join(items):
        return f"{name}({''.join(items)})"
    lines = "".join(f"\n{indent}    {item.rstrip(',')}," for item in items)
    return f"{name}({lines}\n{indent})"

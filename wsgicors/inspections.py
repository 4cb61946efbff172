"""What is looked at in an application ahead of its first request, and again when there is news.

The middleware does not know what it stands around. Who does, says here what can be wrong inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Protocol
from weakref import WeakSet

from .errors import ConfigError
from .forks import Lock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .errors import Problem

#: Each is given a WSGI application, and tells what is wrong there; nothing, where it is none of its own.
INSPECTIONS: list[Callable[[object], Iterable[Problem]]] = []


def inspect(app: object) -> None:
    """Look at a WSGI application.

    :raises ConfigError: with everything that is wrong there.
    """
    problems = [problem for inspection in INSPECTIONS for problem in inspection(app)]
    if problems:
        raise ConfigError(problems)


class Inspector(Protocol):
    """Whoever has an application looked at."""

    def _inspect_anew(self) -> None:
        """Have it looked at ahead of the next request."""


class _News:
    """Tells those who have looked that there may be more to be seen."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inspectors: WeakSet[Inspector] = WeakSet()
        #: Stands for all that is known by now.
        self.latest = object()

    def read_on(self, inspector: Inspector) -> object:
        """Have somebody told, as long as it lives; what stands for all that is known by now."""
        with self._lock:
            self._inspectors.add(inspector)
            return self.latest

    def come(self) -> None:
        """Have everybody look again."""
        with self._lock:
            self.latest = object()
            inspectors = list(self._inspectors)
        for each in inspectors:
            each._inspect_anew()


NEWS = _News()

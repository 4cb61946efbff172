"""Locks in processes that fork; knows nothing of what they guard."""

from __future__ import annotations

import os
import threading
from weakref import WeakSet


class Lock:
    """A lock that is free in a process that was forked while somebody held it.

    The thread that held it is in the other process, so that nobody would ever release it.

    >>> with Lock():
    ...     pass
    """

    def __init__(self) -> None:
        self._begin()
        _locks.add(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


_locks: WeakSet[Lock] = WeakSet()


def _begin_in_forked_process() -> None:
    for lock in _locks:
        lock._begin()


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(after_in_child=_begin_in_forked_process)

"""What begins anew in a process that was forked: locks, and whatever else asks for it."""

from __future__ import annotations

import itertools
import os
import threading
from typing import Protocol
from weakref import WeakValueDictionary


class Forked(Protocol):
    """Something that begins anew in each process that is forked."""

    def start_anew(self) -> None:
        """Begin anew: nobody but the thread that forked is here any more."""


class Lock:
    """A lock that is free in a process that was forked while somebody held it.

    The thread that held it is in the other process, so that nobody would ever release it. The thread
    that forks may have held it itself (a signal came), and then still releases what it took.

    >>> with Lock():
    ...     pass
    """

    def __init__(self) -> None:
        self._held: list[threading.Lock] = []
        self.start_anew()
        begin_in_forked_processes(self)

    def start_anew(self) -> None:
        """Be free, whoever holds it."""
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        lock = self._lock
        lock.acquire()
        self._held.append(lock)

    def __exit__(self, *_: object) -> None:
        self._held.pop().release()


# In the order in which they came, so that a lock is free before that which it guards begins.
_forked: WeakValueDictionary[int, Forked] = WeakValueDictionary()
_numbers = itertools.count()


def begin_in_forked_processes(forked: Forked) -> None:
    """Have something begin anew in each process that is forked, for as long as it lives."""
    _forked[next(_numbers)] = forked


def _begin_all_anew() -> None:
    for forked in _forked.values():
        forked.start_anew()


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(after_in_child=_begin_all_anew)

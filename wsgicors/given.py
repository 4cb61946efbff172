"""Mappings that somebody gave, which are read once: what is changed in them afterwards has no effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

from .errors import Problem, few, shown


class Given:
    """A mapping, and what was read in it.

    Only a ``dict`` is looked at again: reading something else may do anything.

    :param name: the argument that it was given as.
    :param mapping: what was given.
    :param reader: who has read it, for people.
    :param remedy: what to write instead of changing it later.
    """

    def __init__(self, name: str, mapping: object, reader: str, remedy: str) -> None:
        self._name = name
        self._mapping = mapping if isinstance(mapping, dict) else {}
        self._reader = reader
        self._remedy = remedy
        self._read = _read(self._mapping)
        self._is_compared = False
        _all.add(self)

    def problems(self) -> list[Problem]:
        """What is there now and was not read, or the other way round; when it was not there once, never again."""
        if self._is_compared:
            return []
        now = _read(self._mapping)
        changed = [key for key in {**now, **self._read} if not self._has_read(key, now)]
        if not changed or self._is_meant_for_another(now):
            self._is_compared = True
            return []
        keys = few([shown(key) for key in changed])
        message = f"{keys} was set, changed or removed after {self._reader} had read it, so that has no effect"
        return [Problem(self._name, changed[0], "changed-too-late", f"{message}; {self._remedy}")]

    def _has_read(self, key: object, now: dict[Any, Any]) -> bool:
        return key in now and key in self._read and bool(now[key] == self._read[key])

    def _is_meant_for_another(self, now: dict[Any, Any]) -> bool:
        """Whether somebody else has read the same mapping as it is now."""
        return any(each._mapping is self._mapping and each._read == now for each in [*_all])


_all: WeakSet[Given] = WeakSet()


def _read(mapping: dict[Any, Any]) -> dict[Any, Any]:
    """A copy, with the fields that are said of each key."""
    return {key: dict(said) if isinstance(said, Mapping) else said for key, said in mapping.items()}

"""Memories of a bounded size."""

from __future__ import annotations

from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def remember(memory: dict[Key, Value], key: Key, value: Value, size: int) -> None:
    """Remember a value, after everything else was forgotten if that is too much.

    :param size: how much may be remembered.
    """
    if len(memory) >= size:
        memory.clear()
    memory[key] = value

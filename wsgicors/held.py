"""What the parts of a WSGI application hold, and may hand requests on to; calls none of them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from types import CellType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

from werkzeug.local import LocalProxy

CONTAINERS = (dict, list, tuple)
# An application, with or without ``self``: it takes ``environ`` and ``start_response``, by any name.
_ARGUMENTS = (2, 3)

#: A thing, and what it is called where it is held; nothing where it merely stands for its holder.
Named = tuple[str, Any]


def get(thing: Any, name: str) -> Any:
    """An attribute; ``None`` where there is none, or where it cannot be had."""
    try:
        return getattr(thing, name, None)
    except Exception:  # noqa: BLE001 - proxies and properties may raise anything
        return None


def meant(thing: Any) -> Any:
    """What a proxy stands for just now, if anything; whatever else as it is."""
    if type(thing) is not LocalProxy:
        return thing
    try:
        return thing._get_current_object()
    except RuntimeError:
        return None


def may_lead_on(thing: object) -> bool:
    """Whether it may hand a request on, or hold what does."""
    kind = type(thing)
    return issubclass(kind, CONTAINERS) or (callable(thing) and not issubclass(kind, type))


def values_of(instance: Any) -> list[Any]:
    """What an instance holds, in its slots and its ``__dict__``."""
    return [value for _, value in _attributes(instance)]


def held_by_function(function: FunctionType) -> Iterator[Any]:
    """What a function holds in its closure and its defaults."""
    return (value for _, value in _kept(function))


def held(thing: Any) -> Iterable[Named]:
    """What a part of a WSGI application holds, or names, and may hand requests on to."""
    # What it says of its class may be said of something else.
    found = (names for kinds, names in _HELD if issubclass(type(thing), kinds))
    return next(found, _held_by_instance)(thing)


def _attributes(instance: Any) -> list[Named]:
    slots = [
        (name, get(instance, name))
        for each in type(instance).__mro__
        for name, thing in vars(each).items()
        if isinstance(thing, MemberDescriptorType)
    ]
    return [*slots, *(get(instance, "__dict__") or {}).items()]


def _kept(function: FunctionType) -> Iterator[Named]:
    code, defaults = function.__code__, function.__defaults__ or ()
    yield from zip(code.co_freevars, map(_content, function.__closure__ or ()))
    first = code.co_argcount - len(defaults)
    yield from zip(code.co_varnames[first : code.co_argcount], defaults)
    yield from (function.__kwdefaults__ or {}).items()


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is not filled yet
        return None


def _held_by_function(function: FunctionType) -> Iterator[Named]:
    yield "", get(function, "__wrapped__")
    yield from _kept(function)
    code = function.__code__
    if code.co_argcount in _ARGUMENTS or code.co_flags & inspect.CO_VARARGS:
        named = [(name, function.__globals__.get(name)) for name in code.co_names]
        modules = [each for _, each in named if type(each) is ModuleType]
        yield from named
        yield from ((name, get(module, name)) for module in modules for name in code.co_names)


def _held_by_method(method: MethodType) -> Iterator[Named]:
    yield from (("", method.__func__), ("", method.__self__))
    if not callable(method.__self__):
        yield from _attributes(method.__self__)


def _held_by_instance(instance: Any) -> Iterator[Named]:
    yield from (("", get(instance, "__wrapped__")), ("", get(type(instance), "__call__")))
    yield from _attributes(instance)


def _held_by_partial(partial: functools.partial[Any]) -> Iterator[Named]:
    yield "", partial.func
    yield from _numbered(partial.args)
    yield from partial.keywords.items()


def _numbered(things: Iterable[Any]) -> Iterator[Named]:
    return ((f"[{number}]", thing) for number, thing in enumerate(things))


def _by_key(things: dict[Any, Any]) -> Iterator[Named]:
    # What other keys look like may be another thing on each machine.
    for number, (key, thing) in enumerate(dict.items(things)):
        yield f"[{key if isinstance(key, str) else number}]", thing


_HELD: tuple[tuple[type | tuple[type, ...], Callable[[Any], Iterable[Named]]], ...] = (
    (dict, _by_key),
    ((list, tuple), _numbered),
    (FunctionType, _held_by_function),
    (MethodType, _held_by_method),
    (functools.partial, _held_by_partial),
)

"""From what Flask has as a view to what then runs: one walk, wherever a declaration is looked for.

Calls nothing but what looks an attribute up. What only may run, because a view holds it without
saying that it stands for it, is kept apart: it can close a view, and never open one.
"""

from __future__ import annotations

import functools
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FunctionType, MethodType, ModuleType
from typing import Any

from flask import Flask
from werkzeug.utils import cached_property

from ..held import get, held_by_function, values_of
from .declarations import declared_classes, said_of

# Views are wrapped a few times, and hold a few things; what goes on for ever is not followed.
_MOST = 128
_CACHED = (cached_property, functools.cached_property)
#: Where `functools.partialmethod` stands, in each release of Python.
_PARTIAL_METHODS = ("_partialmethod", "__partialmethod__")


class Links:
    """What a view leads to, from the outside in.

    :param view: what Flask has as a view, or what a class has as a method.
    """

    def __init__(self, view: Any) -> None:
        #: What stands around the view, on the view's own level.
        self.around: list[Any] = []
        #: What stands within a bound method or an instance, on the level of a method.
        self.within: list[Any] = []
        #: The classes that the view was made of.
        self.classes: list[type] = []
        # By identity; the lists hold what is seen.
        self._seen: set[int] = set()
        if view is not None:
            self._follow(view, self.around)

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain(self.around, self.within)

    def _follow(self, view: Any, level: list[Any]) -> None:
        if id(view) in self._seen or len(self._seen) >= _MOST:
            return
        self._seen.add(id(view))
        level.append(view)
        for owner in _owners(view):
            if not any(owner is each for each in self.classes):
                self.classes.append(owner)
        # Most are functions that stand for nothing else, which is quickly told.
        if type(view) is FunctionType:
            if view.__dict__:
                self._follow_all(_around(view), level)
            return
        self._follow_all(_within(view), self.within)
        self._follow_all(_around(view), level)

    def _follow_all(self, views: Iterable[Any], level: list[Any]) -> None:
        for each in views:
            self._follow(each, level)


def method_of(view_class: Any, method: str) -> Callable[..., Any] | None:
    """The method of a ``MethodView`` that answers, as `MethodView.dispatch_request` finds it."""
    fallback = getattr(view_class, "get", None) if method == "HEAD" else None
    found: Callable[..., Any] | None = getattr(view_class, method.lower(), fallback)
    return found


def held_by(views: Iterable[Any], *, by_any_method: bool = False) -> list[Any]:
    """What views hold without standing for it, and may therefore run; without the views themselves.

    :param by_any_method: whether that is what any method of a view class holds, too.
    """
    looked_at = list(views)
    linked = len(looked_at)
    seen = set(map(id, looked_at))
    for each in looked_at:
        for thing in (*_held(each), *(_written_in_class(each) if by_any_method else ())):
            if id(thing) not in seen and len(looked_at) < _MOST and _may_run(thing):
                seen.add(id(thing))
                looked_at.append(thing)
    return looked_at[linked:]


# Nothing can be said of these, nor of their classes.
_MERE_VALUES = frozenset(
    [type(None), bool, int, float, str, bytes, tuple, list, dict, set, frozenset]
)


def _may_run(thing: Any) -> bool:
    """Whether it can be called, or has methods of a decorated class."""
    if type(thing) in _MERE_VALUES:
        return False
    return callable(thing) or any(map(said_of, type(thing).__mro__))


def _is_instance(view: Any) -> bool:
    """Whether it is called by the ``__call__`` of a class that somebody wrote."""
    return not isinstance(view, (FunctionType, MethodType, type, ModuleType))


def _owners(view: Any) -> Iterator[type]:
    view_class = get(view, "view_class")
    if isinstance(view_class, type):
        yield view_class
    if isinstance(view, type):
        yield view
    elif isinstance(view, FunctionType):
        yield from _classes_with(view)
    elif get(view, "__func__") is not None:
        owner = get(view, "__self__")
        yield owner if isinstance(owner, type) else type(owner)
    else:
        yield type(view)


def stands_in_class(function: FunctionType) -> bool:
    """Whether a function was written in the body of a class."""
    holder = function.__qualname__.rpartition(".")[0]
    return holder != "" and not holder.endswith("<locals>")


def _classes_with(function: FunctionType) -> Iterable[type]:
    """The decorated classes in which a function stands that was taken out of one."""
    if not stands_in_class(function):
        return ()
    known = _classes_by_function.get()
    if known is not None:
        return known.get(id(function), ())
    name = function.__name__
    return [each for each in declared_classes() if vars(each).get(name) is function]


_classes_by_function: ContextVar[dict[int, list[type]] | None] = ContextVar(
    "wsgicors.flask.classes", default=None
)


@contextmanager
def many_views() -> Iterator[None]:
    """Look at all classes once, for as long as the views of a whole application are looked at."""
    known: dict[int, list[type]] = {}
    for each in declared_classes():
        for name, thing in vars(each).items():
            if isinstance(thing, FunctionType) and thing.__name__ == name:
                known.setdefault(id(thing), []).append(each)
    token = _classes_by_function.set(known)
    try:
        yield
    finally:
        _classes_by_function.reset(token)


def _within(view: Any) -> Iterator[Any]:
    function = get(view, "__func__")
    if function is not None:
        yield function
    elif _is_instance(view) and callable(view):
        call = get(type(view), "__call__")
        if isinstance(call, FunctionType) or get(call, "__wrapped__") is not None:
            yield call


def _around(view: Any) -> Iterator[Any]:
    # A bound method lends out what its function has.
    if isinstance(view, MethodType):
        return
    yield from filter(callable, [get(view, "__wrapped__")])
    for name in _PARTIAL_METHODS:
        yield from filter(callable, [get(get(view, name), "func")])
    if isinstance(view, (functools.partial, functools.partialmethod)):
        yield view.func
    elif _is_instance(view):
        yield from (each for each in _attributes(view) if _stands_for(view, each))
    # Who copies all that a decorated view has says that it stands for what that one stands for, and
    # passes the decorated one by. The methods that it requires are its own. Last, because otherwise it is
    # found where it stands.
    yield from filter(callable, [get(get(view, "required_methods"), "decorated")])


def _attributes(instance: Any) -> Iterator[Any]:
    """The values of an instance's attributes, with those that are computed when first asked for."""
    names = {"view"}
    for each in type(instance).__mro__:
        names.update(name for name, value in vars(each).items() if isinstance(value, _CACHED))
    # What imports a view may change the attributes.
    yield from [get(instance, name) for name in sorted(names)]
    yield from values_of(instance)


def _stands_for(instance: Any, view: Any) -> bool:
    """Whether an instance bears the name of a view that it holds, as one that is imported lazily."""
    if not callable(view) or isinstance(view, type):
        return False
    name = get(instance, "__name__")
    module = sys.modules.get(str(get(instance, "__module__")))
    named = isinstance(name, str) and get(view, "__name__") == name
    return named or (isinstance(name, str) and get(module, name) is view)


def _held(view: Any) -> Iterable[Any]:
    if isinstance(view, FunctionType):
        # What a class has made runs this of it, which may have been written in a function.
        dispatch = get(get(view, "view_class"), "dispatch_request")
        held = () if holds_nothing(view) else held_by_function(view)
        return held if dispatch is None else [*held, dispatch]
    if isinstance(view, functools.partial):
        return [view.func, *view.args, *view.keywords.values()]
    if isinstance(view, MethodType):
        return [view.__func__, view.__self__, *values_of(view.__self__)]
    # An application holds all of its views, and a class makes none by itself.
    return [] if isinstance(view, (type, ModuleType, Flask)) else values_of(view)


def _written_in_class(view: Any) -> Iterable[Any]:
    view_class = get(view, "view_class")
    return vars(view_class).values() if isinstance(view_class, type) else ()


def holds_nothing(function: Any) -> bool:
    """Whether a function has neither a closure nor defaults."""
    return not (function.__closure__ or function.__defaults__ or function.__kwdefaults__)

"""Decorated view classes: the views that they make answer for them, and their methods are watched."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable

from flask.views import View, http_method_funcs

from .declarations import Layer, said_of
from .gone import note_view_of
from .settings import frames
from .stand_ins import wrapper_of


def answer_alone_in_class(view_class: Any) -> None:
    """Have the views that a class makes decorated, so that they can answer alone."""
    if not issubclass(view_class, View):
        return
    view_class.provide_automatic_options = False
    if any(isinstance(vars(each).get("as_view"), _AsView) for each in view_class.__mro__):
        return
    own: Any = vars(view_class).get("as_view")

    @functools.wraps(View.as_view)
    def as_view(cls: type[View], *args: Any, **kwargs: Any) -> Any:
        # Who copies a class, as for slots, copies this into one that does not inherit from it.
        is_copy = not issubclass(cls, view_class)
        inherited: Any = super(cls if is_copy else view_class, cls)
        make = inherited.as_view if own is None else own.__get__(None, cls)
        lineage = [*cls.__mro__, view_class] if is_copy else cls.__mro__
        note_view_of(lineage)
        layers = tuple(layer for each in lineage for layer in said_of(each))
        return wrapper_of(layers, make(*args, **kwargs))

    view_class.as_view = _AsView(as_view)


def watch_methods(layer: Layer, view_class: type) -> None:
    """Have it noticed when the methods of a class run that something else calls than its own view."""
    for name, method in [*vars(view_class).items()]:
        if inspect.isfunction(method) and name in _ANSWERING:
            setattr(view_class, name, wrapper_of((layer,), method))


_ANSWERING = frozenset([*http_method_funcs, "dispatch_request"])


class _AsView(classmethod):  # type: ignore[type-arg]
    """The ``as_view`` of a class whose views answer for what was said of the class.

    That is not left to one of its ``decorators``. A class that inherits from it may have others in their place.
    """


_AS_VIEW = View.as_view.__func__.__code__  # type: ignore[attr-defined]


def _class_that_makes_a_view() -> type | None:
    """The class whose ``as_view`` is running, and applies its ``decorators``."""
    return next((frame.f_locals["cls"] for frame in frames() if frame.f_code is _AS_VIEW), None)


def look_for_class(view: Callable[..., Any]) -> None:
    """Have the class answer alone that is being made around a method, or that makes a view."""
    view_class = _class_that_makes_a_view()
    if view_class is not None:
        view_class.provide_automatic_options = False  # type: ignore[attr-defined]
    holder = view.__qualname__.rpartition(".")[0]
    if holder and not holder.endswith("<locals>"):
        for frame in frames():
            is_body = not frame.f_code.co_flags & inspect.CO_OPTIMIZED
            if is_body and frame.f_locals.get("__qualname__") == holder:
                frame.f_locals[_ClassToBe.NAME] = _ClassToBe()


class _ClassToBe:
    """What stands in a class until the class is there, and then has it answer alone.

    A function is not told of which class it becomes a method; a decorator has to give one back
    nevertheless, because extensions look for functions in classes.
    """

    NAME = "_wsgicors_class_to_be"

    def __set_name__(self, owner: type, name: str) -> None:
        delattr(owner, name)
        answer_alone_in_class(owner)

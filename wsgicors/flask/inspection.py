"""Flask applications inside of whatever shares what they answer, looked at ahead of the first request.

A decorator above the route leaves no trace in the view that Flask has. Where `CORS` governs, its own
check finds it. What shares the view from the outside knows no views, so that it is told here.
"""

from __future__ import annotations

import functools
import inspect
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from flask import Flask, has_request_context
from werkzeug.local import LocalProxy

from ..errors import ConfigError
from ..inspections import INSPECTIONS, NEWS
from ..logs import logger
from ..middleware import CORSMiddleware
from ..names import SAFELISTED_METHODS
from .links import get, held_by_function, many_views, values_of
from .settings import blueprint_layers
from .strays import UNUSED, above_routes, idle
from .views import Views

if TYPE_CHECKING:
    from ..errors import Problem

# The key in ``app.extensions``: the news, the URL map and the number of views with which nothing was wrong.
_PLACED = "wsgicors-placed"
# What is around an application holds a few things; what goes on for ever is not followed.
_MOST = 1024
_CONTAINERS = (dict, list, tuple)
# An application, with or without ``self``: it takes ``environ`` and ``start_response``, by any name.
_ARGUMENTS = (2, 3)


def ensure_placed(app: Flask) -> None:
    """See to it that nothing is declared above a route of an application.

    :raises ConfigError: if anything is; again each time, until it is mended.
    """
    problems = misplaced(app)
    if problems:
        raise ConfigError(problems)


def misplaced(app: Flask) -> list[Problem]:
    """What is declared above the routes of an application."""
    # Flask takes no route after its first request, so that the same number are the same.
    looked_at = (NEWS.latest, app.url_map, len(app.view_functions))
    if app.extensions.get(_PLACED) == looked_at:
        return []
    with many_views():
        problems = list(above_routes(app, Views(app)))
    if not problems:
        app.extensions[_PLACED] = looked_at
    return problems


def misplaced_inside(wsgi_app: object, besides: Flask | None = None) -> Iterator[Problem]:
    """What is declared above the routes of all applications that a WSGI application leads to.

    :param besides: an application that looks at its own routes.
    """
    for app in applications(wsgi_app):
        if app is not besides:
            yield from misplaced(app)
            see_to_responses(app)
    # Of applications that cannot be seen from here, too.
    for where, what in idle():
        logger.warning(UNUSED, where, what)


INSPECTIONS.append(misplaced_inside)


def see_to_responses(app: Flask) -> None:
    """Have what is declared hold for all responses of an application that nothing of its own governs."""
    for see_to in SHARED_FROM_OUTSIDE if _is_anything_said(app) else ():
        see_to(app)


def _is_anything_said(app: Flask) -> bool:
    """Whether anything is declared of the views of an application, and not only of those of another one."""
    views = Views(app)
    with many_views():
        return any(
            any(blueprint_layers(app, rule.endpoint)) or any(views.said(rule.endpoint, method)[:2])
            for rule in app.url_map.iter_rules()
            for method in rule.methods or SAFELISTED_METHODS
        )


#: What sees to the responses of applications that something else shares.
SHARED_FROM_OUTSIDE: list[Callable[[Flask], None]] = []


def tell_of_decorator() -> None:
    """Have applications looked at anew, because something was decorated."""
    # Within a request, it is what runs for that. Some decorate anew for each.
    if not has_request_context():
        NEWS.come()


def applications(
    wsgi_app: object, is_end: Callable[[object], bool] = lambda thing: False
) -> Iterator[Flask]:
    """The Flask applications that a WSGI application leads to, as far as it can be seen from the outside.

    :param is_end: whether what is behind something does not count.
    """
    first = _meant(wsgi_app)
    seen = {id(first): first}
    # A list of very many things is looked at after all that stands beside it.
    soon, later = deque([first]), deque[Any]()
    while soon or later:
        thing = (soon or later).popleft()
        if issubclass(type(thing), Flask):
            yield thing
        for each in map(_meant, _within(thing)):
            if id(each) not in seen and len(seen) < _MOST and _may_lead_on(each):
                seen[id(each)] = each
                if is_end(each):
                    continue
                (later if issubclass(type(each), _CONTAINERS) else soon).append(each)


def _meant(thing: Any) -> Any:
    """What a proxy stands for just now, if anything; whatever else as it is."""
    if type(thing) is not LocalProxy:
        return thing
    try:
        return thing._get_current_object()
    except RuntimeError:
        return None


def _may_lead_on(thing: object) -> bool:
    kind = type(thing)
    return issubclass(kind, _CONTAINERS) or (callable(thing) and not issubclass(kind, type))


def _within(thing: Any) -> Iterable[Any]:
    """What a part of a WSGI application holds, or names, and may hand requests on to."""
    # What it says of its class may be said of something else.
    found = (held for kinds, held in _HELD if issubclass(type(thing), kinds))
    return next(found, _held_by_instance)(thing)


def _held_by_function(function: FunctionType) -> Iterator[Any]:
    yield get(function, "__wrapped__")
    yield from held_by_function(function)
    code = function.__code__
    if code.co_argcount in _ARGUMENTS or code.co_flags & inspect.CO_VARARGS:
        named = [function.__globals__.get(name) for name in code.co_names]
        modules = [each for each in named if type(each) is ModuleType]
        yield from named
        yield from (get(module, name) for module in modules for name in code.co_names)


def _held_by_method(method: MethodType) -> Iterator[Any]:
    yield from (method.__func__, method.__self__)
    if not callable(method.__self__):
        yield from values_of(method.__self__)


def _held_by_instance(instance: Any) -> Iterator[Any]:
    yield from (get(instance, "__wrapped__"), get(type(instance), "__call__"))
    yield from values_of(instance)


_HELD: tuple[tuple[type | tuple[type, ...], Callable[[Any], Iterable[Any]]], ...] = (
    (Flask, lambda app: [vars(app).get("wsgi_app")]),
    (CORSMiddleware, lambda middleware: [middleware.app]),
    (dict, lambda held: [*dict.values(held)]),
    ((list, tuple), lambda held: [*held]),
    (FunctionType, _held_by_function),
    (MethodType, _held_by_method),
    (functools.partial, lambda held: [held.func, *held.args, *held.keywords.values()]),
)

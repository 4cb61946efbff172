"""What the decorators take, and what to write instead of anything else."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import flask
from flask.views import View

from ..errors import Problem, shown
from ..held import get
from ..middleware import CORSMiddleware
from ..vocabulary import without_name
from .declarations import Layer

_ENDPOINTS = "CORS(app, ..., endpoints={...})"
_TAKES = "takes a view, a method, a class whose methods are views, or a blueprint"


def misplaced_argument(argument: object) -> Problem:
    """What is wrong with `cross_origin` of something that has no name."""
    if not (callable(argument) or isinstance(argument, flask.Blueprint)):
        return without_name("cross_origin", argument)
    message = (
        "write @cross_origin(...) with parentheses and fields, such as"
        ' @cross_origin(allow_origins=["https://app.example.com"])'
    )
    return Problem("cross_origin", argument, "positional-argument", message)


def wrong_target(target: object, layer: Layer) -> Problem | None:
    """Why something cannot be decorated, and what to write instead; ``None`` if it can."""
    for is_it, reason, advice in _WRONG:
        if is_it(target):
            message = f"{layer.where}: {shown(target)} {advice}"
            return Problem("decorator", target, reason, message)
    return None


def application(app: Any) -> Any:
    """What a proxy of an application stands for just now, such as `current_app`; anything else as it is."""
    # An application may have any attribute that it is asked for, as those of Eve do.
    is_itself = issubclass(type(app), flask.Flask)
    return app if is_itself else getattr(app, "_get_current_object", lambda: app)()


def no_application(app: object, what: str = "CORS") -> Problem | None:
    """Why ``CORS`` cannot govern something, and what to write instead; ``None`` if it can.

    :param what: what is to take it, if that is something else.
    """
    if isinstance(app, flask.Flask):
        return None
    if what != "CORS":
        message = f"{shown(app)} is not a Flask application; write {what}(app)"
        return Problem("app", app, "no-application", message)
    inside = [name for name in _INSIDE if _has_inside(app, name)]
    if isinstance(app, flask.Blueprint):
        advice = "write cross_origin(...)(blueprint), or same_origin(blueprint)"
    elif inside:
        advice = f"its {inside[0]} is one, so write CORS(app.{inside[0]}, ...)"
    elif is_wsgi(app):
        advice = "for any other WSGI application write CORSMiddleware(app, ...)"
    else:
        advice = "write CORS(app, ...)"
    message = f"CORS takes a Flask application, and {shown(app)} is not one; {advice}"
    return Problem("app", app, "no-application", message)


#: Where frameworks on top of Flask have its application: Connexion, Dash.
_INSIDE = ("app", "server")


def _has_inside(app: object, name: str) -> bool:
    return isinstance(get(app, name), flask.Flask)


def _is_on_top(target: object, name: str) -> bool:
    # A view may hold its application, and an extension does; neither runs it.
    return _has_inside(target, name) and callable(get(target, "run"))


def is_namespace(target: object) -> bool:
    """Whether it is a namespace of Flask-RESTX, or what decorates its views in the same way."""
    return (
        not isinstance(target, type)
        and isinstance(get(target, "decorators"), list)
        and callable(get(target, "add_resource"))
    )


def _is_application(target: object) -> bool:
    return isinstance(target, flask.Flask) or (
        isinstance(target, type) and issubclass(target, flask.Flask)
    )


def is_wsgi(target: Any) -> bool:
    """Whether it is called with ``environ`` and ``start_response``."""
    if isinstance(target, CORSMiddleware) or get(target, "wsgi_app") is not None:
        return True
    called = get(target, "__call__") if isinstance(target, type) else target
    names = list(_positional(called))[-2:]
    return "start_response" in names or names[:-1] == ["environ"]


def _positional(function: Any) -> Iterator[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except Exception:  # noqa: BLE001 - it has none, or what it is refuses to be looked at
        return
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    yield from (each.name for each in parameters if each.kind in kinds)


def _is_late_namespace(target: object) -> bool:
    return is_namespace(target) and _has_resources(target) and get(target, "apis") != []


def _has_resources(namespace: object) -> bool:
    # An Api that has an application makes the views at once, and keeps only the names of their endpoints.
    endpoints = get(namespace, "endpoints")
    is_named = isinstance(endpoints, set) and not endpoints <= _ENDPOINTS_OF_APIS
    return is_named or bool(get(namespace, "resources"))


#: What a fresh Api of Flask-RESTX has: its own description.
_ENDPOINTS_OF_APIS = frozenset(["specs"])


def _makes_namespaces(target: object) -> bool:
    """Whether it is a class of what Flask-RESTful and Flask-RESTX add view classes to."""
    return (
        isinstance(target, type)
        and not issubclass(target, View)
        and any(str(each.__module__).startswith(_REST) for each in target.__mro__)
    )


_REST = ("flask_restful", "flask_restx")


def _makes_no_views(target: object) -> bool:
    """Whether it is a class without anything that could be a view."""
    return isinstance(target, type) and (
        issubclass(target, (BaseException, flask.Blueprint)) or not any(_possible_views(target))
    )


def _possible_views(view_class: type) -> Iterator[Any]:
    for each in view_class.__mro__:
        for name, thing in vars(each).items():
            if name == "__call__" or not name.startswith("_"):
                is_method = isinstance(thing, (classmethod, staticmethod)) or inspect.isroutine(
                    thing
                )
                if is_method and each.__module__ != "builtins":
                    yield thing


def _is_no_view(target: object) -> bool:
    is_one = isinstance(target, (flask.Blueprint, classmethod, staticmethod))
    return not (is_one or is_namespace(target) or callable(target))


_WRONG: tuple[tuple[Callable[[Any], bool], str, str], ...] = (
    (
        _is_application,
        "application",
        "is an application; write CORS(app, ...), with allow_origins=[] to share it with nobody",
    ),
    *(
        (
            functools.partial(_is_on_top, name=name),
            "application",
            f"is an application; write CORS(app.{name}, ...), with allow_origins=[] to share it with nobody",
        )
        for name in _INSIDE
    ),
    (
        _makes_namespaces,
        "no-view-class",
        "is no view class; decorate what you make of it, before you add the first resource: same_origin(api)",
    ),
    (
        _is_late_namespace,
        "late-namespace",
        "has resources already; decorate it before you add the first one, or decorate the resources",
    ),
    (
        is_wsgi,
        "wsgi-application",
        f"is a WSGI application, and this {_TAKES}; write CORSMiddleware(app, ...)",
    ),
    (
        _makes_no_views,
        "no-view-class",
        f"has no method that could be a view, and this {_TAKES}; decorate the view itself",
    ),
    (
        lambda target: isinstance(target, str),
        "wrong-target",
        f"is a string, and this {_TAKES}; for an endpoint that cannot be decorated write {_ENDPOINTS}",
    ),
    (
        _is_no_view,
        "wrong-target",
        f"cannot be decorated: this {_TAKES}; write it above the function, below the route",
    ),
)

"""Functions that make an application, a blueprint or a view, and were decorated in the place of these.

They are no views, so what was said closes nothing. They are known by what they give back.
"""

from __future__ import annotations

from itertools import chain
from types import FunctionType
from typing import TYPE_CHECKING, Any

import flask

from ..errors import ConfigError, Problem, shown
from ..held import get
from .declarations import Layer
from .links import Links, method_of
from .settings import frames
from .targets import is_wsgi
from .under_way import app_under_way, request_under_way

if TYPE_CHECKING:
    from .strays import RequiredMethods

_DISPATCHES = flask.Flask.wsgi_app.__code__


def refuse_maker(layer: Layer, view: Any, required: RequiredMethods, made: object) -> None:
    """Refuse a declaration, if it was made of what makes views.

    :param view: what was decorated.
    :param required: the methods that it requires as a view.
    :param made: what it has given back.
    :raises ConfigError: with what to write.
    """
    kind = _kind(made)
    if not kind or (_is_for_request() and (kind == "function" or _is_answer(required))):
        return
    # The next time that it makes something, too.
    required.are_used = False
    name = get(view, "__qualname__") or type(view).__qualname__
    message = _MESSAGES[kind].format(layer.where, shown(name), shown(made))
    raise ConfigError([Problem("decorator", view, "decorated-maker", message)])


def _kind(made: object) -> str:
    """What was made; nothing, if a view may give it back."""
    # A proxy says that it is of the class of what it stands for.
    if issubclass(type(made), flask.Flask):
        return "application"
    if issubclass(type(made), flask.Blueprint):
        return "blueprint"
    is_view = issubclass(type(made), (FunctionType, type))
    return "function" if is_view and not is_wsgi(made) else ""


def _is_for_request() -> bool:
    """Whether it is called because a request has come, and not where somebody has made one current."""
    return flask.has_request_context() and any(frame.f_code is _DISPATCHES for frame in frames())


def _is_answer(required: RequiredMethods) -> bool:
    """Whether it is the answer to the request under way, for which Flask takes any WSGI application."""
    app, request = app_under_way(), request_under_way()
    links = Links(app.view_functions.get(request.endpoint or ""))
    methods = (Links(method_of(each, request.method)) for each in links.classes)
    leading = (get(each, "required_methods") for each in chain(links, *methods))
    return any(each is required for each in leading)


_MESSAGES = {
    "application": (
        "{0} is said of {1}, which is no view: it makes the application {2}. Leave it out there, and write"
        " CORS(app, ...) of what it makes"
    ),
    "blueprint": (
        "{0} is said of {1}, which is no view: it makes the blueprint {2}. Leave it out there, and decorate what"
        " it makes, before you register it: same_origin(blueprint), or cross_origin(...)(blueprint)"
    ),
    "function": (
        "{0} is said of {1}, which is no view: it makes {2}. Leave it out there, and decorate what it makes:"
        " same_origin(view), or cross_origin(...)(view)"
    ),
}

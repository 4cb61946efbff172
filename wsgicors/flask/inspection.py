"""Flask applications inside of whatever shares what they answer, looked at ahead of the first request.

A decorator above the route leaves no trace in the view that Flask has. Where `CORS` governs, its own
check finds it. What shares the view from the outside knows no views, so that it is told here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from flask import Flask, has_request_context

from ..errors import ConfigError
from ..held import CONTAINERS, held, may_lead_on, meant
from ..inspections import INSPECTIONS, NEWS
from ..logs import logger
from ..middleware import CORSMiddleware
from ..names import SAFELISTED_METHODS
from .links import many_views
from .settings import blueprint_layers
from .strays import above_routes, idle
from .views import Views

if TYPE_CHECKING:
    from ..errors import Problem

# The key in ``app.extensions``: the news, the URL map and the number of views with which nothing was wrong.
_PLACED = "wsgicors-placed"
# What is around an application holds a few things; what goes on for ever is not followed.
_MOST = 1024


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
    for sentence, where, what in idle():
        logger.warning(sentence, where, what)


INSPECTIONS.append(misplaced_inside)


def see_to_responses(app: Flask) -> None:
    """Have what is declared hold for all responses of an application that nothing of its own governs."""
    for see_to in SHARED_FROM_OUTSIDE if is_anything_said(app) else ():
        see_to(app)


def is_anything_said(app: Flask) -> bool:
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
    first = meant(wsgi_app)
    seen = {id(first): first}
    # A list of very many things is looked at after all that stands beside it.
    soon, later = deque([first]), deque[Any]()
    while soon or later:
        thing = (soon or later).popleft()
        if issubclass(type(thing), Flask):
            yield thing
        for each in map(meant, _within(thing)):
            if id(each) not in seen and len(seen) < _MOST and may_lead_on(each):
                seen[id(each)] = each
                if is_end(each):
                    continue
                (later if issubclass(type(each), CONTAINERS) else soon).append(each)


def _within(thing: Any) -> Iterable[Any]:
    """What a part of a WSGI application holds, or names, and may hand requests on to."""
    if issubclass(type(thing), Flask):
        return [vars(thing).get("wsgi_app")]
    if issubclass(type(thing), CORSMiddleware):
        return [thing.app]
    return (each for _, each in held(thing))

"""What is left of Flask-CORS in an application whose headers are written here.

It still runs there, and may have been told to allow less than what is in force. Nothing would show that
before somebody whom it allows is denied.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from ..errors import shown
from ..held import get
from .links import holds_nothing
from .rules import methods_of
from .views import Views, is_bare

if TYPE_CHECKING:
    from flask import Flask

    from .declarations import Layer

    #: By endpoint and method, whom something else admits there.
    Narrowing = Mapping[tuple[Any, str], Layer]

#: What knows whom the compatible library admits, for some endpoints of an application.
NARROWINGS: list[Callable[[Flask, Iterable[Any]], Narrowing]] = []

_FLASK_CORS = "flask_cors"
_COMPATIBLE = "wsgicors.compat.flask_cors"
_LIBRARIES = (_FLASK_CORS, _COMPATIBLE)


class _Place(NamedTuple):
    """Where one of the libraries is still in use."""

    library: str
    #: What it is in use for, for people.
    name: str
    #: What to write instead.
    instead: str
    endpoints: tuple[Any, ...]


class Leftovers:
    """The places in which Flask-CORS, or what is compatible with it, is still in use.

    :param app: the application.
    :param views: its views.
    :param governed: the endpoints whose headers are written here.
    """

    def __init__(self, app: Flask, views: Views, governed: Iterable[Any]) -> None:
        is_any_there = not sys.modules.keys().isdisjoint(_LIBRARIES)
        self._places = list(_places(app, views, list(governed))) if is_any_there else []
        #: What preflights are narrowed to. What has an effect on responses is to have one on these, too.
        self.narrowing: dict[tuple[Any, str], Layer] = {}
        endpoints = [
            each
            for place in self._places
            if place.library == _COMPATIBLE
            for each in place.endpoints
        ]
        for narrowing in NARROWINGS if endpoints else ():
            self.narrowing.update(narrowing(app, endpoints))

    def told(self) -> Iterator[tuple[str, str, str]]:
        """What to say of each place: a sentence and what stands in it."""
        narrowed = {endpoint for endpoint, _ in self.narrowing}
        for place in self._places:
            sentence = _NO_EFFECT
            if place.library == _COMPATIBLE:
                sentence = _NARROWED if narrowed.issuperset(place.endpoints) else _NO_PREFLIGHTS
            yield sentence, place.name, place.instead


_NO_EFFECT = (
    "Flask-CORS is still in use for %s, but wsgicors is the author of these headers. So what Flask-CORS was told"
    " has no effect, also where it allows less; write %s of wsgicors.flask instead"
)
_NARROWED = (
    "wsgicors.compat.flask_cors is still in use for %s, below CORS(app) of wsgicors.flask. So only those whom"
    " both allow are allowed; write %s of wsgicors.flask instead"
)
_NO_PREFLIGHTS = (
    "wsgicors.compat.flask_cors is still in use for %s, below CORS(app) of wsgicors.flask. Responses are shared"
    " with those whom both allow, but preflights ask CORS(app) alone; write %s of wsgicors.flask instead"
)


def flask_cors_in_use(app: Flask) -> Iterator[str]:
    """Where Flask-CORS itself is in use in an application, for people."""
    if _FLASK_CORS in sys.modules:
        endpoints = dict.fromkeys(rule.endpoint for rule in app.url_map.iter_rules())
        for place in _places(app, Views(app), list(endpoints)):
            if place.library == _FLASK_CORS:
                yield place.name


def _places(app: Flask, views: Views, endpoints: list[Any]) -> Iterator[_Place]:
    for endpoint in endpoints:
        for library in _libraries(_that_may_run(app, views, endpoint)):
            yield _Place(library, f"endpoint {shown(endpoint)}", "@cross_origin(...)", (endpoint,))
    for name, hooks in app.after_request_funcs.items():
        place, instead, within = "the application", "CORS(app, ...)", tuple(endpoints)
        if name is not None:
            place, instead = f"blueprint {shown(name)}", "cross_origin(...)(blueprint)"
            within = tuple(each for each in endpoints if str(each).startswith(f"{name}."))
        for library in _libraries(hooks) if within else ():
            yield _Place(library, place, instead, within)


def _libraries(things: Iterable[Any]) -> Iterable[str]:
    """The libraries that some functions are of, each once."""
    return dict.fromkeys(filter(None, map(_library, things)))


def _library(thing: Any) -> str | None:
    # Its module is that of the view, by `functools.wraps`.
    namespace = get(thing, "__globals__")
    module = namespace.get("__name__") if isinstance(namespace, dict) else None
    return next((each for each in _LIBRARIES if f"{module}.".startswith(f"{each}.")), None)


def _that_may_run(app: Flask, views: Views, endpoint: Any) -> Iterable[Any]:
    """All that a view leads to, holds or is decorated with for each request."""
    view = app.view_functions.get(endpoint)
    if is_bare(view) and holds_nothing(view):
        return ()
    looked_at = views.view(endpoint, view)
    reached = (looked_at.reached(method) for method in methods_of(app.url_map, endpoint))
    return chain(*reached, _decorators_per_request(view))


def _decorators_per_request(view: Any) -> Iterable[Any]:
    """What Flask-RESTful decorates the methods of a class with as it calls them."""
    decorators = get(get(view, "view_class"), "method_decorators")
    groups = decorators.values() if isinstance(decorators, Mapping) else [decorators]
    return chain.from_iterable(each for each in groups if isinstance(each, (list, tuple)))

"""What is told of endpoints and blueprints that settings do not hold for, though somebody may think so.

They were said of the names in ``endpoints=``, or by the decorator of a blueprint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from ..configuration import is_same
from ..errors import few, shown
from ..held import get
from .declarations import said_of
from .neighbours import Neighbours
from .rules import with_methods
from .twice import is_narrower

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

    from .declarations import Layer
    from .resolver import UrlMapResolver


class _Saying(NamedTuple):
    """What is said of an endpoint or, with ``.*``, of a blueprint."""

    name: str
    layer: Layer
    #: The place in the code, and the name where the place does not tell it.
    place: str
    is_decorator: bool


def told_of_endpoints(app: Flask, resolver: UrlMapResolver) -> Iterator[tuple[str, ...]]:
    """The sentences, each with its values; the first of them is the place in the code.

    :param resolver: in which nothing is wrong.
    """
    endpoints = resolver.endpoints
    for where in endpoints.empty():
        yield _EMPTY, where
    for where, name in endpoints.namesakes(rule.endpoint for rule in app.url_map.iter_rules()):
        yield _NAMESAKE, where, shown(name)
    neighbours = Neighbours(app, resolver)
    sayings = [*_sayings(app, resolver)]
    decorated = (each for each in sayings if each.is_decorator)
    without_views = (each for each in decorated if not neighbours.has_views(each.name[:-2]))
    yield from ((_NO_VIEWS, each.place) for each in without_views)
    views = _views_with_namesakes(app) if sayings else []
    yield from _told_of_neighbours(sayings, neighbours)
    for saying in sayings:
        others = (app.url_map.iter_rules(each) for each in _elsewhere(saying.name, views))
        wider = _wider(saying.layer, chain.from_iterable(others), resolver)
        if wider:
            sentence = _SAME_VIEWS_AS_DECORATED if saying.is_decorator else _SAME_VIEWS
            yield sentence, saying.place, few(wider)


def _sayings(app: Flask, resolver: UrlMapResolver) -> Iterator[_Saying]:
    for name, layer in resolver.endpoints.by_name().items():
        yield _Saying(name, layer, layer.where, is_decorator=False)
    for name, blueprint in app.blueprints.items():
        for layer in said_of(blueprint):
            place = f"{layer.where} (blueprint {shown(name)})"
            yield _Saying(f"{name}.*", layer, place, is_decorator=True)


def _told_of_neighbours(
    sayings: Iterable[_Saying], neighbours: Neighbours
) -> Iterator[tuple[str, ...]]:
    # Many blueprints may share a prefix.
    places: dict[tuple[str, ...], list[str]] = {}
    for saying in sayings:
        found = _neighbours(saying, neighbours) if saying.name.endswith(".*") else None
        if found:
            remedy = _DECORATE_THEM if saying.is_decorator else _NAME_THEM
            places.setdefault((*found, remedy), []).append(saying.place)
    for (sentence, *values), alike in places.items():
        yield sentence, few(alike), *values


def _neighbours(saying: _Saying, neighbours: Neighbours) -> tuple[str, str, str] | None:
    """A sentence, what all URLs of a blueprint begin with, and the endpoints there that the sentence is about."""
    blueprint, layer = saying.name[:-2], saying.layer
    if layer.is_closing():
        prefix, still_open = neighbours.not_closed(blueprint)
        if still_open:
            return _NEIGHBOURS, prefix, few(still_open)
    if layer.policy.refuse_denied:
        prefix, not_refused = neighbours.not_refused(blueprint)
        if not_refused:
            return _NEIGHBOURS_NOT_REFUSED, prefix, few(not_refused)
    return None


class _OneView(NamedTuple):
    """A view that may have several endpoints."""

    view: Any
    endpoints: list[str]


def _views_with_namesakes(app: Flask) -> list[_OneView]:
    views: dict[int, _OneView] = {}
    routed = {rule.endpoint for rule in app.url_map.iter_rules()}
    for endpoint, view in app.view_functions.items():
        if endpoint in routed:
            one = _innermost(view)
            views.setdefault(id(one), _OneView(one, [])).endpoints.append(endpoint)
    return [one for one in views.values() if len(one.endpoints) > 1]


def _innermost(view: Any) -> Any:
    """What runs in the end: a function without its decorators, or a class that is made without arguments."""
    seen: list[Any] = []
    while get(view, "__wrapped__") is not None and not any(view is each for each in seen):
        seen.append(view)
        view = view.__wrapped__
    view_class = get(view, "view_class")
    if view_class is None or type(view) is not FunctionType:
        return view
    # What `as_view` was given. One class may be very different views with it.
    cells = dict(zip(view.__code__.co_freevars, view.__closure__ or ()))
    given = [cells.get(name) for name in ("class_args", "class_kwargs")]
    return view_class if all(cell and not cell.cell_contents for cell in given) else view


def _elsewhere(name: str, views: Iterable[_OneView]) -> Iterator[str]:
    """The other endpoints of the views that are named.

    :param name: that of an endpoint or, with ``.*``, of a blueprint.
    """
    for view, endpoints in views:
        own = [endpoint for endpoint in endpoints if _is_named(endpoint, name)]
        others = [endpoint for endpoint in endpoints if endpoint not in own] if own else []
        # One function may be many views of a blueprint, each with a name of its own.
        names = {_last(endpoint) for endpoint in own}
        is_one = not name.endswith(".*") or len(names) == 1 or get(view, "__name__") in names
        yield from (each for each in others if is_one or _last(each) in names)


def _last(endpoint: str) -> str:
    return endpoint.rpartition(".")[2]


def _is_named(endpoint: str, name: str) -> bool:
    is_below = name.endswith(".*") and endpoint.startswith(name[:-1])
    return is_below or endpoint == name


def _wider(layer: Layer, rules: Iterable[Rule], resolver: UrlMapResolver) -> list[str]:
    """The endpoints where what is said of all of the application lets in more than a layer."""
    everywhere = resolver.unrouted()
    if everywhere is None:
        return []
    said = everywhere.policy.settings()
    fields = [
        field
        for field, value in layer.policy.settings().items()
        if field != "max_age"
        # What is false is the same as what is not said.
        and not is_same(value or None, said.get(field) or None)
        and is_narrower(field, said.get(field), value)
    ]
    return [
        *dict.fromkeys(
            shown(rule.endpoint)
            for effective, alike in resolver.groups(with_methods(rules if fields else ()))
            for rule, _ in alike
            if any(
                effective.sources.get(field) == everywhere.sources.get(field) for field in fields
            )
        )
    ]


_EMPTY = (
    '%s sets no field, so what is said more broadly holds there as it is; write {"allow_origins": []} to share'
    " with nobody, None to leave it alone, or leave the entry out"
)
_NO_VIEWS = (
    "%s has no effect: the blueprint is registered, and has no view. If views of the application, of an Api or"
    " of another blueprint are meant, make them views of this one, or decorate them"
)
_NAMESAKE = (
    "%s is about the one view of this name. There is a blueprint of the same name; if its views are meant,"
    " write %s"
)
_NEIGHBOURS = (
    "%s: that closes views whose URLs begin with %s. Other endpoints have such URLs, too, and are not closed:"
    " %s. %s"
)
_NEIGHBOURS_NOT_REFUSED = (
    "%s: that refuses what is denied, in views whose URLs begin with %s. Other endpoints have such URLs, too,"
    " and refuse nobody: %s. %s"
)
_NAME_THEM = "Name them in endpoints, too"
_DECORATE_THEM = "Decorate them, or name them in endpoints=... of CORS(app, ...)"
_SAME_VIEWS = (
    "%s is about one endpoint of a view that has more of them, at which it does not hold: %s. Name them in"
    " endpoints, too"
)
_SAME_VIEWS_AS_DECORATED = (
    "%s does not hold at other endpoints of its views: %s. Decorate the views themselves, or name these endpoints"
    " in endpoints=... of CORS(app, ...)"
)

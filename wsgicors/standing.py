"""The layers of an application, each with where it stands: around another one, in a mount, in what holds it.

What can be found is what is held: nothing is called, and no framework is imported for that.
"""

from __future__ import annotations

import functools
import gc
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from types import FrameType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from .held import CONTAINERS, get, held, may_lead_on, meant, values_of
from .middleware import CORSMiddleware
from .reachable import is_dispatcher

# What middleware and frameworks call what they wrap.
_WRAPPED = ("app", "wsgi_app", "application", "_app", "wrapped", "__wrapped__")
# An application holds a few things; what goes on for ever is not followed.
_MOST = 4096
_MOST_IN_ANY_WAY = 1_000_000
# These lead to all that there is in a program.
_OF_ALL = (type, ModuleType, FrameType)
_OPEN = (*CONTAINERS, FunctionType, MethodType, functools.partial)


class Layer(NamedTuple):
    """A layer, and where it stands."""

    #: What the paths of the requests that come to it begin with.
    mount: str
    #: How many layers a request has come to then, with this one.
    number: int
    #: What it is held as, where that is needed to tell it from another one.
    name: str
    #: ``None`` where there is none, though there is one for other mounts of the same dispatcher.
    middleware: CORSMiddleware | None
    #: All mounts of the dispatchers around it.
    mounts: tuple[str, ...]


class _Place(NamedTuple):
    """Where something stands."""

    mount: str = ""
    #: How many layers stand around it.
    around: int = 0
    name: str = ""
    #: What it is called by what wraps it, if anything does.
    wrapped_as: str = ""
    mounts: tuple[str, ...] = ()
    #: The dispatchers around it, by their identity.
    dispatchers: tuple[int, ...] = ()
    #: Whether requests are handed on to it for sure.
    is_application: bool = True

    def held_as(self, name: str) -> _Place:
        if name in _WRAPPED:
            return self._replace(wrapped_as=name, is_application=True)
        link = "." if name and self.name and not name.startswith("[") else ""
        return self._replace(name=f"{self.name}{link}{name}", is_application=False)


class Layers:
    """All layers of an application that can be found."""

    def __init__(self, app: object) -> None:
        #: The applications of Flask that were found, each with its mount.
        self.flask_apps: list[tuple[str, Any]] = []
        #: What could not be looked into, for people.
        self.unseen: dict[str, None] = {}
        self._found: list[tuple[_Place, CORSMiddleware | None]] = []
        #: Where what each dispatcher hands requests on to stands.
        self._dispatched: list[list[_Place]] = []
        # By identity, which is that of nothing else as long as it is kept. In each mount it is another layer.
        self._seen: dict[tuple[int, str], Any] = {}
        # A list of very many things is looked at after all that stands beside it.
        self._soon, self._later = deque[tuple[Any, _Place]](), deque[tuple[Any, _Place]]()
        self._enter(app, _Place())
        while self._soon or self._later:
            thing, place = (self._soon or self._later).popleft()
            for each, where in self._within(thing, place):
                self._enter(each, where)
        more = _held_in_any_way(app) - {id(middleware) for _, middleware in self._found}
        if more:
            self.unseen[_MORE.format(len(more))] = None

    def __iter__(self) -> Iterator[Layer]:
        """The outermost first."""
        found = sorted([*self._found, *self._ungoverned()], key=lambda each: each[0].around)
        at = Counter((place.mount, place.around) for place, _ in found)
        several = {mount for (mount, _), times in at.items() if times > 1}
        taken: Counter[object] = Counter()
        for place, middleware in found:
            is_told_apart = place.mount in several or "[/" in place.name
            name = (place.name or place.wrapped_as) if is_told_apart else ""
            key = (place.mount, place.around, name)
            taken[key] += 1
            if taken[key] > 1:
                name = f"{name} ({taken[key]})".lstrip()
            yield Layer(place.mount, place.around + 1, name, middleware, place.mounts)

    def _enter(self, held_: Any, place: _Place) -> None:
        """Have something looked at."""
        thing = meant(held_)
        if place.is_application and _is_closed(thing, held_):
            self.unseen[_CLOSED.format(place.mount or "/", type(held_).__name__)] = None
        if not may_lead_on(thing) or (id(thing), place.mount) in self._seen:
            return
        if len(self._seen) >= _MOST:
            self.unseen[_TOO_MUCH] = None
            return
        self._seen[id(thing), place.mount] = thing
        (self._later if issubclass(type(thing), CONTAINERS) else self._soon).append((thing, place))

    def _within(self, thing: Any, place: _Place) -> Iterable[tuple[Any, _Place]]:
        """What something may hand requests on to, and where that stands."""
        if issubclass(type(thing), CORSMiddleware):
            self._found.append((place, thing))
            return [(thing.app, place._replace(around=place.around + 1, is_application=True))]
        if is_dispatcher(thing):
            return self._below(thing, place)
        if _is_flask(thing):
            self.flask_apps.append((place.mount, thing))
            return [(vars(thing).get("wsgi_app"), place)]
        return (
            (each, place.held_as(name)) for name, each in (*held(thing), *_of_class(type(thing)))
        )

    def _below(self, dispatcher: Any, place: _Place) -> list[tuple[Any, _Place]]:
        """The applications of a dispatcher, of which the mounted ones go first."""
        if id(dispatcher) in place.dispatchers:
            return []
        mounted = {f"{place.mount}{mount}": app for mount, app in dispatcher.mounts.items()}
        below = place._replace(
            mounts=(*place.mounts, *mounted),
            dispatchers=(*place.dispatchers, id(dispatcher)),
            is_application=True,
        )
        applications = {place.mount: dispatcher.app, **mounted}
        places = [(app, below._replace(mount=mount)) for mount, app in applications.items()]
        self._dispatched.append([each for _, each in places])
        return places

    def _ungoverned(self) -> Iterator[tuple[_Place, None]]:
        """The mounts that have no layer, where others of the same dispatcher have one."""
        governed = {(place.around, place.mount) for place, _ in self._found}
        for places in self._dispatched:
            those = [(place.around, place.mount) for place in places]
            if any(_is_below(each, other) for each in governed for other in those):
                for place, each in zip(places, those):
                    if each not in governed:
                        governed.add(each)
                        yield place, None


_CLOSED = (
    "What is at {} cannot be looked into ({}): a CORSMiddleware inside is not among the rules."
)
_TOO_MUCH = (
    "The application holds too many things to look at all of them: a CORSMiddleware that only they lead to is"
    " not among the rules."
)
_MORE = (
    "The application also holds {} CORSMiddleware, and it cannot be seen which requests come to it: it is not"
    " among the rules."
)


def _held_in_any_way(app: object) -> set[int]:
    """Each middleware that an application holds, also where nothing tells that it is called; by identity."""
    seen = {id(app): app}
    waiting = [app]
    while waiting and len(seen) < _MOST_IN_ANY_WAY:
        for each in _referents(waiting.pop()):
            if id(each) not in seen and not issubclass(type(each), _OF_ALL):
                seen[id(each)] = each
                waiting.append(each)
    return {key for key, each in seen.items() if issubclass(type(each), CORSMiddleware)}


def _referents(thing: Any) -> Iterable[Any]:
    if type(thing) is not FunctionType:
        return gc.get_referents(thing)
    names = thing.__globals__
    named = (names.get(name) for name in thing.__code__.co_names)
    governing = (each for each in named if issubclass(type(each), CORSMiddleware))
    return [*governing, *(each for each in gc.get_referents(thing) if each is not names)]


def _of_class(kind: type) -> Iterator[tuple[str, Any]]:
    """The layers that all instances of a class share."""
    for each in kind.__mro__:
        for name, thing in vars(each).items():
            if issubclass(type(thing), CORSMiddleware) or is_dispatcher(thing):
                yield name, thing


def _is_below(governed: tuple[int, str], other: tuple[int, str]) -> bool:
    return governed[0] == other[0] and f"{governed[1]}/".startswith(f"{other[1]}/")


def _is_closed(thing: Any, held_: Any) -> bool:
    """Whether something may hand requests on, and it cannot be seen to what."""
    if thing is None:
        return held_ is not None  # a proxy that stands for nothing now
    if issubclass(type(thing), (*_OPEN, type)) or not callable(thing):
        return False
    call = get(type(thing), "__call__")
    return not (isinstance(call, FunctionType) or any(map(may_lead_on, values_of(thing))))


def _is_flask(thing: object) -> bool:
    # Where it is not loaded, nothing is made of it.
    flask = sys.modules.get("flask")
    return flask is not None and issubclass(type(thing), flask.Flask)

"""What was said of a view, for one method: on its classes, around it, and on its method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from flask.views import View as FlaskView

from ..held import get, held_by_function
from .declarations import Layer, said_of
from .gone import note_view_of
from .links import Links, held_by, holds_nothing, method_of, stands_in_class

if TYPE_CHECKING:
    from flask import Flask


#: Classes, names in them, and what stood there, one after the other: there are very many of these.
Spots = tuple[Any, ...]


def are_as_they_were(spots: Spots) -> bool:
    """Whether nothing else stands there by now."""
    each = iter(spots)
    return all(_lasting(get(owner, name)) is thing for owner, name, thing in zip(each, each, each))


def _spots(owners: Iterable[type], names: Iterable[str]) -> Spots:
    pairs = product(owners, names)
    return tuple(one for owner, name in pairs for one in (owner, name, _lasting(get(owner, name))))


class Said(NamedTuple):
    """What was said of a view, for one method."""

    #: All that counts, the broadest first.
    layers: tuple[Layer, ...] = ()
    #: Of things that it holds, and may therefore run, without standing for them.
    held: tuple[Layer, ...] = ()
    #: Where something else may stand later.
    spots: Spots = ()
    #: Whether another method may have settings of its own.
    is_of_method: bool = False


class View:
    """What Flask has as a view.

    :param view: the view; ``None`` if there is none.
    """

    __slots__ = (
        "_all_classes",
        "_broad",
        "_classes",
        "_held",
        "_linked",
        "_said",
        "_spots",
        "_within",
        "view",
    )

    def __init__(self, view: Any) -> None:
        links = Links(view)
        self.view = view
        self._all_classes = links.classes
        note_view_of(one for each in links.classes for one in each.__mro__)
        #: Those of Flask, which have methods that answer.
        self._classes = tuple(each for each in links.classes if issubclass(each, FlaskView))
        others = [each for each in links.classes if not issubclass(each, FlaskView)]
        # Read ahead of what stands there, so that what comes meanwhile is seen to be new.
        self._spots = _spots(self._classes, ("dispatch_request", "method_decorators"))
        self._spots += _spots(others, ("__call__",))
        dispatchers = [get(each, "dispatch_request") for each in self._classes]
        around = [*links.around, *(link for each in dispatchers for link in Links(each))]
        self._within = tuple(links.within)
        self._linked = (*around, *links.within)
        self._broad = tuple(_said_broadly(links.classes, around))
        self._held: list[View] | None = None
        self._said: dict[str, Said] = {}

    def said(self, method: str, is_made_up: bool = False) -> Said:
        """What was said, for one method.

        :param is_made_up: whether a client may have made it up, so that it is not to be remembered.
        """
        method = method if self._differs_by_method() else ""
        said = self._said.get(method)
        if said is None or not are_as_they_were(said.spots):
            said = self._found(method)
            if not is_made_up:
                self._said[method] = said
        return said

    def is_current(self) -> bool:
        """Whether what all of its methods have in common is still what it was."""
        return are_as_they_were(self._spots)

    def _found(self, method: str) -> Said:
        names = dict.fromkeys((method.lower(), "get"))
        spots = self._spots + _spots(self._classes, names)
        for each in self._held_views():
            spots += _spots(each._classes, names)
        methods = self._methods(method)
        held = tuple(
            layer
            for each in [*self._held_views(), *map(View, held_by(methods))]
            for layer in each.layers_and_held(method)
        )
        return Said(self._layers(method, methods), held, spots, self._differs_by_method())

    def _held_views(self) -> list[View]:
        """What it holds, whatever the method."""
        if self._held is None:
            self._held = [*map(View, held_by(self._linked))]
        return self._held

    def _differs_by_method(self) -> bool:
        return bool(self._classes) or any(each._classes for each in self._held_views())

    def reached(self, method: str) -> list[Any]:
        """All that it leads to, for one method, and may therefore run."""
        views = [self, *self._held_views()]
        linked = [link for each in views for link in each._linked]
        methods = [link for each in views for link in each._methods(method)]
        return [*linked, *held_by(linked), *methods, *held_by(methods)]

    def made_of(self) -> Iterable[type]:
        """The classes that it is made of, also where an extension has an instance in a closure."""
        held = self.held_in_closures()
        inside = [get(each, "view_class") if callable(each) else type(each) for each in held]
        classes = [*self._all_classes, *(each for each in inside if isinstance(each, type))]
        # By identity: whoever makes classes may say how they compare.
        return {id(each): each for each in classes}.values()

    def held_in_closures(self) -> list[Any]:
        """What the functions hold that it leads to, such as what an extension made them for."""
        functions = [
            each for each in self._linked if type(each) is FunctionType and each.__closure__
        ]
        return [thing for each in functions for thing in held_by_function(each)]

    def _methods(self, method: str) -> list[Any]:
        return [link for each in self._classes for link in Links(method_of(each, method))]

    def _layers(self, method: str, methods: list[Any]) -> tuple[Layer, ...]:
        declared = [_of_method_decorators(each, method) for each in self._classes]
        decorators = [layer for layers in declared for layer in layers]
        narrow = _on_one_level([decorators, *map(said_of, [*self._within, *methods])])
        return self._broad + tuple(narrow)

    def layers_and_held(self, method: str) -> Iterator[Layer]:
        """All that was said of it for a method, and of what its method holds."""
        methods = self._methods(method)
        yield from self._layers(method, methods)
        for thing in held_by(methods):
            yield from View(thing).layers_of_none()

    def layers_of_none(self) -> tuple[Layer, ...]:
        """All that was said, where no method is asked for."""
        return self._layers("", self._methods(""))


def _said_broadly(classes: Iterable[type], around: list[Any]) -> Iterator[Layer]:
    """What was said of a view and its classes, the broadest first."""
    own_classes = []
    for each in classes:
        lineage = [one for one in each.__mro__ if said_of(one) or "decorators" in vars(one)]
        for ancestor in reversed(lineage[1:]):
            yield from said_of(ancestor)
        # A class passes its ``decorators`` on together with what was said of itself.
        own_classes += lineage[:1]
    # What is said above a class stands around what its ``decorators`` say, as both do in its source.
    at = _made_by_class(around)
    yield from _on_one_level(map(said_of, [*around[:at], *own_classes, *around[at:]]))


def _made_by_class(around: list[Any]) -> int:
    """Where among the views around one another the one stands that a class of Flask has made.

    Flask tells it the class. Those further in are what the ``decorators`` of the class were given.
    """
    told = [at for at, link in enumerate(around) if get(link, "view_class") is not None]
    return told[-1] if told else len(around)


_NOTHING = Said()


class Views:
    """The views of an application, each of which is looked at once, and again where it is another one.

    Remembers as much as there are views and methods.

    :param app: the application.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._known: dict[Any, View] = {}

    def said(self, endpoint: Any, method: str, is_made_up: bool = False) -> Said:
        """What was said of the view of an endpoint, for one method.

        :param is_made_up: whether a client may have made the method up.
        """
        view = self._app.view_functions.get(endpoint)
        if is_bare(view) and holds_nothing(view):
            return _NOTHING
        return self.view(endpoint, view).said(method, is_made_up)

    def view(self, endpoint: Any, view: Any) -> View:
        """The view of an endpoint."""
        known = self._known
        looked_at = known.get(endpoint)
        if looked_at is None or looked_at.view is not view or not looked_at.is_current():
            looked_at = known[endpoint] = View(view)
        return looked_at

    def forget(self) -> None:
        """Look at all of them anew."""
        # Replaced and not emptied: whoever is at work then remembers it where nobody looks.
        self._known = {}


def is_bare(view: object) -> bool:
    """Whether a view is a function of which nothing was said, and which stands for nothing else."""
    if type(view) is not FunctionType or view.__dict__ or said_of(view):
        return False
    return not stands_in_class(view)


def declares_per_request(view: Any) -> bool:
    """Whether what is said of a view shows only when it is called."""
    return bool(get(get(view, "view_class"), "method_decorators"))


def _of_method_decorators(view_class: type, method: str) -> list[Layer]:
    """What Flask-RESTful declares for each request: it has the methods decorated as it calls them."""
    decorators = get(view_class, "method_decorators") or ()
    if isinstance(decorators, Mapping):
        decorators = decorators.get(method.lower(), ())
    declared = [get(link, "declares") for each in decorators for link in Links(each)]
    return [layer for layer in declared if isinstance(layer, Layer)]


def _on_one_level(groups: Iterable[list[Layer]]) -> list[Layer]:
    """What was said of things that stand around one another, from the outside in.

    The outer says more, but what is shared with nobody stays so.
    """
    layers = [layer for group in reversed(list(groups)) for layer in group]
    return sorted(layers, key=Layer.is_closing)


def _lasting(thing: Any) -> Any:
    """What is the same each time, where an attribute of a class is bound anew each time."""
    return get(thing, "__func__") or thing

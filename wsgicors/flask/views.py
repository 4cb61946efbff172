"""What was said of a view, for one method: on its classes, around it, and on its method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType
from typing import Any, NamedTuple

from flask.views import View as FlaskView

from .declarations import Layer, said_of
from .links import Links, get, held_by, method_of


class Spot(NamedTuple):
    """A class, a name in it, and what stood there."""

    owner: type
    name: str
    thing: Any

    def is_as_it_was(self) -> bool:
        """Whether nothing else stands there by now."""
        return _lasting(get(self.owner, self.name)) is self.thing


class View:
    """What Flask has as a view, asked for one method.

    :param view: the view; ``None`` if there is none.
    :param method: the method.
    """

    def __init__(self, view: Any, method: str) -> None:
        links = Links(view)
        self._around, self._classes = links.around, links.classes
        self._within, self._outside = list(links.within), list[Any]()
        #: Where something else may stand later.
        self.spots: list[Spot] = []
        self._decorators: list[Layer] = []
        for each in links.classes:
            self._look_into(each, method)

    def _look_into(self, view_class: type, method: str) -> None:
        if not issubclass(view_class, FlaskView):
            self._note(view_class, "__call__")
            return
        self._decorators += _of_method_decorators(view_class, method)
        self._outside += Links(get(view_class, "dispatch_request"))
        self._within += Links(method_of(view_class, method))
        for name in (method.lower(), "get", "dispatch_request", "method_decorators"):
            self._note(view_class, name)

    def _note(self, owner: type, name: str) -> None:
        self.spots.append(Spot(owner, name, _lasting(get(owner, name))))

    def links(self) -> list[Any]:
        """All that it leads to."""
        return [*self._around, *self._outside, *self._within]

    def layers(self) -> Iterator[Layer]:
        """All that was said, the broadest first."""
        own_classes = []
        for each in self._classes:
            lineage = [one for one in each.__mro__ if said_of(one) or "decorators" in vars(one)]
            for ancestor in reversed(lineage[1:]):
                yield from said_of(ancestor)
            # A class passes its ``decorators`` on together with what was said of itself.
            own_classes += lineage[:1]
        yield from _on_one_level(map(said_of, [*self._around, *self._outside, *own_classes]))
        yield from _on_one_level([self._decorators, *map(said_of, self._within)])

    def held(self) -> list[Layer]:
        """What was said of things that it holds, and may therefore run, without standing for them."""
        things = held_by(self.links())
        return [layer for thing in things for layer in View(thing, "").layers()]


def is_bare(view: object) -> bool:
    """Whether a view is a function of which nothing was said, and which stands for nothing else."""
    if type(view) is not FunctionType or view.__dict__ or said_of(view):
        return False
    holder = view.__qualname__.rpartition(".")[0]
    return not holder or holder.endswith("<locals>")


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
    return sorted(layers, key=lambda layer: layer.policy.allow_origins == ())


def _lasting(thing: Any) -> Any:
    """What is the same each time, where an attribute of a class is bound anew each time."""
    return get(thing, "__func__") or thing
